//! What the templates of this capability get.
use crate::{
    domain::{
        id::{AccountId, ApiTokenId, WebSessionId},
        password,
        role::Role,
    },
    platform::{
        form::Form,
        page::{Flash, Page},
    },
};
use chrono::{DateTime, TimeZone, Utc};
use serde::Serialize;

#[derive(Serialize)]
pub struct SignInPage {
    pub form: Form,
    /// Where to go afterwards; a path of this site.
    pub back: String,
    /// Why it did not work, in words.
    pub fault: Option<String>,
}

#[derive(Serialize)]
pub struct PasswordPage {
    pub form: Form,
    /// Nothing else is open until the password is changed.
    pub forced: bool,
    pub fault: Option<String>,
    pub shortest: usize,
    pub classified: bool,
}

#[derive(Serialize)]
pub struct SessionRow {
    pub id: WebSessionId,
    pub device: String,
    pub since: DateTime<Utc>,
    pub seen: DateTime<Utc>,
    pub current: bool,
}

#[derive(Serialize)]
pub struct TokenRow {
    pub id: ApiTokenId,
    pub label: String,
    pub since: DateTime<Utc>,
}

/// 我的账号
#[derive(Serialize)]
pub struct AccountPage {
    pub flash: Option<Flash>,
    pub login: String,
    pub unit: Option<String>,
    pub leader: bool,
    pub password_changed: DateTime<Utc>,
    pub sessions: Vec<SessionRow>,
    pub tokens: Vec<TokenRow>,
    pub form: Form,
}

/// A secret that is shown this once.
#[derive(Serialize)]
pub struct SecretPage {
    /// token, new_account, reset
    pub what: &'static str,
    pub login: String,
    /// `None` when the page was asked for a second time.
    pub secret: Option<String>,
    pub next: String,
}

#[derive(Serialize)]
pub struct SetupPage {
    pub token: String,
    pub form: Form,
    pub shortest: usize,
}

#[derive(Serialize)]
pub struct SettingsPage {
    pub flash: Option<Flash>,
    pub form: Form,
}

#[derive(Clone, Serialize)]
pub struct Choice {
    pub value: String,
    pub label: String,
}

#[derive(Serialize)]
pub struct AccountRow {
    pub id: AccountId,
    pub login: String,
    pub name: String,
    pub role: Role,
    pub unit: Option<String>,
    pub leader: bool,
    pub disabled: bool,
    pub must_change: bool,
}

#[derive(Serialize)]
pub struct RoleFilter {
    pub label: String,
    pub href: String,
    pub current: bool,
    pub count: i64,
}

#[derive(Serialize)]
pub struct AccountsPage {
    pub roles: Vec<RoleFilter>,
    pub role: String,
    pub q: String,
    pub accounts: Vec<AccountRow>,
    pub next: String,
    pub first: String,
}

#[derive(Serialize)]
pub struct NewAccountPage {
    pub form: Form,
    pub roles: Vec<Choice>,
    pub units: Vec<Choice>,
}

#[derive(Serialize)]
pub struct StaffPage {
    pub flash: Option<Flash>,
    pub account: AccountRow,
    /// One's own account keeps its role and stays enabled.
    pub own: bool,
    pub created: DateTime<Utc>,
    pub sessions: usize,
    pub form: Form,
    pub roles: Vec<Choice>,
    pub units: Vec<Choice>,
}

#[derive(Serialize)]
pub struct RecordRow {
    pub at: DateTime<Utc>,
    pub who: String,
    pub action: String,
    pub subject: String,
    pub reason: String,
    pub ip: String,
}

#[derive(Serialize)]
pub struct RecordsPage {
    pub form: Form,
    pub actions: Vec<Choice>,
    pub rows: Vec<RecordRow>,
    pub next: String,
    pub first: String,
}

/// An instant for samples.
fn evening() -> DateTime<Utc> {
    Utc.timestamp_opt(1_784_460_600, 0)
        .single()
        .unwrap_or_default()
}

fn sample_row(role: Role, disabled: bool) -> AccountRow {
    AccountRow {
        id: AccountId(1),
        login: "wangfang".into(),
        name: "王芳".into(),
        role,
        unit: disabled.then(|| "民乐社区居委会".into()),
        leader: disabled,
        disabled,
        must_change: !disabled,
    }
}

fn choice(value: &str) -> Choice {
    Choice {
        value: value.into(),
        label: value.into(),
    }
}

impl Page for SignInPage {
    const TEMPLATE: &'static str = "account/sign_in.html";

    fn samples() -> Vec<Self> {
        let page = |fault: Option<&str>| Self {
            form: Form::blank(),
            back: "/office".into(),
            fault: fault.map(str::to_owned),
        };
        vec![page(None), page(Some("账号或密码不正确。"))]
    }
}

impl Page for PasswordPage {
    const TEMPLATE: &'static str = "account/password.html";

    fn samples() -> Vec<Self> {
        let page = |forced: bool| Self {
            form: Form::blank(),
            forced,
            fault: forced.then(|| "请稍后再试。".into()),
            shortest: password::SHORTEST,
            classified: forced,
        };
        vec![page(false), page(true)]
    }
}

impl Page for AccountPage {
    const TEMPLATE: &'static str = "account/account.html";

    fn samples() -> Vec<Self> {
        let session = |current| SessionRow {
            id: WebSessionId(1),
            device: "Chrome · Windows".into(),
            since: evening(),
            seen: evening(),
            current,
        };
        let token = TokenRow {
            id: ApiTokenId(1),
            label: "统计大屏".into(),
            since: evening(),
        };
        let page = |unit: Option<&str>, sessions, tokens| Self {
            flash: unit.map(|_| Flash::ok("已保存。".into())),
            login: "wangfang".into(),
            unit: unit.map(str::to_owned),
            leader: unit.is_some(),
            password_changed: evening(),
            sessions,
            tokens,
            form: Form::blank(),
        };
        vec![
            page(None, vec![session(true)], vec![]),
            page(
                Some("民乐社区"),
                vec![session(true), session(false)],
                vec![token],
            ),
        ]
    }
}

impl Page for SecretPage {
    const TEMPLATE: &'static str = "account/secret.html";

    fn samples() -> Vec<Self> {
        ["token", "new_account", "reset"]
            .into_iter()
            .flat_map(|what| [Some("k7mf-2xqd-9ptz-ecvh".to_owned()), None].map(|s| (what, s)))
            .map(|(what, secret)| Self {
                what,
                login: "wangfang".into(),
                secret,
                next: "/account".into(),
            })
            .collect()
    }
}

impl Page for SetupPage {
    const TEMPLATE: &'static str = "account/setup.html";

    fn samples() -> Vec<Self> {
        vec![Self {
            token: "x".into(),
            form: Form::blank(),
            shortest: password::SHORTEST,
        }]
    }
}

impl Page for SettingsPage {
    const TEMPLATE: &'static str = "office/settings.html";

    fn samples() -> Vec<Self> {
        vec![Self {
            flash: None,
            form: Form::blank(),
        }]
    }
}

impl Page for AccountsPage {
    const TEMPLATE: &'static str = "office/accounts.html";

    fn samples() -> Vec<Self> {
        let page = |accounts| Self {
            roles: vec![RoleFilter {
                label: "书记".into(),
                href: "?role=secretary".into(),
                current: true,
                count: 1,
            }],
            role: "secretary".into(),
            q: String::new(),
            accounts,
            next: "?after=x".into(),
            first: String::new(),
        };
        let rows = vec![
            sample_row(Role::Secretary, false),
            sample_row(Role::Employer, true),
        ];
        vec![page(vec![]), page(rows)]
    }
}

impl Page for NewAccountPage {
    const TEMPLATE: &'static str = "office/account_new.html";

    fn samples() -> Vec<Self> {
        vec![Self {
            form: Form::blank(),
            roles: vec![choice("secretary")],
            units: vec![choice("1")],
        }]
    }
}

impl Page for StaffPage {
    const TEMPLATE: &'static str = "office/account.html";

    fn samples() -> Vec<Self> {
        let page = |role, own: bool, disabled| Self {
            flash: None,
            account: sample_row(role, disabled),
            own,
            created: evening(),
            sessions: usize::from(own),
            form: Form::blank(),
            roles: vec![choice("secretary")],
            units: vec![choice("1")],
        };
        vec![
            page(Role::OfficeAdmin, true, false),
            page(Role::Secretary, false, false),
            page(Role::Employer, false, true),
        ]
    }
}

impl Page for RecordsPage {
    const TEMPLATE: &'static str = "office/access_records.html";

    fn samples() -> Vec<Self> {
        let row = || RecordRow {
            at: evening(),
            who: "王芳".into(),
            action: "查看联系方式".into(),
            subject: "人员 12".into(),
            reason: "电话回访".into(),
            ip: "10.0.0.8".into(),
        };
        let page = |rows: Vec<RecordRow>| Self {
            form: Form::blank(),
            actions: vec![choice("reveal")],
            next: if rows.is_empty() {
                String::new()
            } else {
                "?before=1".into()
            },
            first: String::new(),
            rows,
        };
        vec![page(vec![]), page(vec![row()])]
    }
}
