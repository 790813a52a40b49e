//! Making and changing accounts, their passwords, sessions and tokens.
use super::{
    lists, sign_in,
    store::{self, Access, NewAccount},
};
use crate::{
    domain::{
        fault::{Faults, FieldFault},
        id::{AccountId, ApiTokenId, EmployerId, OfficeId, UnitId, WebSessionId},
        office::Office,
        password::{self, CLASSIFIED_HISTORY},
        role::Role,
    },
    entity::account,
    error::{AppError, AppResult},
    platform::{
        App,
        db::WriteTx,
        once::{Done, Once},
        secret,
    },
};
use chrono::TimeDelta;

pub use super::sign_in::{IDLE, LIFE, SignIn, sign_in, sign_out};

/// What an account is made from; the password is hashed here.
pub struct Add {
    pub login: String,
    pub name: String,
    pub role: Role,
    pub unit: Option<UnitId>,
    pub employer: Option<EmployerId>,
    pub password: String,
    /// The first sign-in asks for a new password.
    pub must_change: bool,
}

/// # Errors
/// 409 `login_taken`.
pub async fn add(app: &App, add: Add) -> AppResult<AccountId> {
    let done = add_once(app, Once::unkeyed(), None, add, false).await?;
    Ok(done.value)
}

pub(super) async fn add_once(
    app: &App,
    once: Once,
    by: Option<Admin>,
    add: Add,
    leader: bool,
) -> AppResult<Done<AccountId>> {
    let office = app.settings.office;
    let new = prepare(app, office, add).await?;
    app.db
        .write_once(once, move |tx| async move {
            let account = store::insert(&tx, new).await?;
            if leader {
                lists::set_leader(&tx, account.id, true).await?;
            }
            if let Some(by) = by {
                by.record(&tx, account.id, "account_added", &account.role.code())
                    .await?;
            }
            Ok(account.id)
        })
        .await
}

/// The row of an account to be inserted in a caller's transaction: hashing takes too long to be
/// done inside one.
pub async fn prepare(app: &App, office: OfficeId, add: Add) -> AppResult<NewAccount> {
    Ok(NewAccount {
        office,
        login: add.login.trim().to_lowercase(),
        name: add.name,
        role: add.role,
        unit: add.unit,
        employer: add.employer,
        password_hash: app.passwords.hash(add.password).await?,
        must_change: add.must_change,
    })
}

/// An API token, shown this once; only its hash is stored. `None` when this intent was carried out
/// before: nobody can say it again.
pub async fn add_token_once(
    app: &App,
    once: Once,
    account: AccountId,
    label: String,
) -> AppResult<Option<String>> {
    let token = secret::token();
    let hash = secret::token_hash(&token);
    let done = app.db.write_once(once, move |tx| async move {
        store::insert_token(&tx, account, hash, label).await
    });
    let replayed = done.await?.replayed;
    Ok((!replayed).then_some(token))
}

pub async fn add_token(app: &App, account: AccountId, label: String) -> AppResult<String> {
    let token = add_token_once(app, Once::unkeyed(), account, label).await?;
    token.ok_or_else(|| anyhow::anyhow!("a new token was not new").into())
}

pub(super) async fn revoke_token(app: &App, account: AccountId, id: ApiTokenId) -> AppResult<()> {
    app.db
        .write(move |tx| async move { lists::revoke_token(&tx, account, id).await })
        .await
}

pub(super) async fn end_session(app: &App, account: AccountId, id: WebSessionId) -> AppResult<()> {
    app.db
        .write(move |tx| async move { lists::end_session(&tx, account, id).await })
        .await
}

/// Ends all sessions of an account but the one that asks.
pub(super) async fn end_others(app: &App, account: AccountId, keep: String) -> AppResult<()> {
    app.db
        .write(move |tx| async move { lists::end_sessions(&tx, account, Some(&keep)).await })
        .await
}

/// Checks a new password against the rules and the office's profile.
///
/// # Errors
/// 422 at `new`.
pub fn check_password(app: &App, new: &str, login: &str, name: &str) -> AppResult<()> {
    let office = app.sign.get();
    let words = [login, name, &office.name];
    password::check(new, &words, office.site.classified_passwords)
        .map_err(|fault| Faults::one("new", fault).into())
}

/// Who changes a password, from where, with which session.
pub(super) struct Change {
    pub account: AccountId,
    pub current: String,
    pub new: String,
    pub ip: String,
    pub device: String,
}

/// Sets one's own password; every session ends and a new one begins, whose cookie value is answered.
///
/// # Errors
/// 422 at `current` or `new`; 429 when the current one was guessed wrong too often.
pub(super) async fn change_password(app: &App, change: Change) -> AppResult<String> {
    let id = change.account;
    let account = lists::account(app.db.read(), app.settings.office, id).await?;
    check_password(app, &change.new, &account.login, &account.name)?;
    sign_in::attempt(app, account.office_id, &account.login, &change.ip).await?;
    let fits = change.current.chars().count() <= password::LONGEST;
    let stored = Some(account.password_hash.clone());
    if !fits || !app.passwords.verify(change.current, stored).await? {
        return Err(Faults::one("current", FieldFault::Mismatch).into());
    }
    forgive(app, &account).await?;
    refuse_used(app, &account, &change.new).await?;
    let hash = app.passwords.hash(change.new).await?;
    let token = secret::token();
    let token_hash = secret::token_hash(&token);
    app.db
        .write(move |tx| async move {
            lists::set_password(&tx, &account, hash, false).await?;
            lists::end_sessions(&tx, id, None).await?;
            let end = tx.now + sign_in::IDLE;
            store::insert_session(&tx, id, token_hash, change.device, end).await?;
            record(&tx, &account, id, "password_changed", "", &change.ip).await
        })
        .await?;
    Ok(token)
}

/// The current password was right: what comes next is no guess.
async fn forgive(app: &App, account: &account::Model) -> AppResult<()> {
    let (office, login) = (account.office_id, account.login.clone());
    app.db
        .write(move |tx| async move { store::forgive(&tx, office, &login).await })
        .await
}

/// The current password never serves again at once; the classified profile refuses the last five.
async fn refuse_used(app: &App, account: &account::Model, new: &str) -> AppResult<()> {
    let mut used = vec![account.password_hash.clone()];
    if app.sign.get().site.classified_passwords {
        used.extend(lists::old_passwords(app.db.read(), account.id, CLASSIFIED_HISTORY - 1).await?);
    }
    for hash in used {
        if app.passwords.verify(new.to_owned(), Some(hash)).await? {
            return Err(Faults::one("new", FieldFault::PasswordReused).into());
        }
    }
    Ok(())
}

async fn record(
    tx: &WriteTx,
    subject: &account::Model,
    by: AccountId,
    action: &str,
    reason: &str,
    ip: &str,
) -> AppResult<()> {
    let access = Access {
        office: subject.office_id,
        account: Some(by),
        action,
        subject: "accounts",
        subject_id: Some(subject.id.0),
        reason,
        ip,
    };
    store::record_access(tx, access).await
}

/// Who administers accounts, and from where.
#[derive(Clone)]
pub struct Admin {
    pub office: OfficeId,
    /// Nobody for the command line.
    pub account: Option<AccountId>,
    pub ip: String,
}

impl Admin {
    async fn record(
        &self,
        tx: &WriteTx,
        subject: AccountId,
        action: &str,
        reason: &str,
    ) -> AppResult<()> {
        let access = Access {
            office: self.office,
            account: self.account,
            action,
            subject: "accounts",
            subject_id: Some(subject.0),
            reason,
            ip: &self.ip,
        };
        store::record_access(tx, access).await
    }
}

/// Gives an account a password for one use; its sessions and tokens end.
pub async fn reset_password(app: &App, by: Admin, id: AccountId) -> AppResult<String> {
    let password = secret::one_time_password();
    set_password(app, by, id, password.clone(), true).await?;
    Ok(password)
}

/// Sets somebody's password; their sessions and tokens end.
pub async fn set_password(
    app: &App,
    by: Admin,
    id: AccountId,
    password: String,
    must_change: bool,
) -> AppResult<()> {
    let hash = app.passwords.hash(password).await?;
    app.db
        .write(move |tx| async move {
            let account = lists::account(tx.conn(), by.office, id).await?;
            store::forgive(&tx, by.office, &account.login).await?;
            lists::set_password(&tx, &account, hash, must_change).await?;
            lists::end_sessions(&tx, id, None).await?;
            lists::revoke_tokens(&tx, id).await?;
            by.record(&tx, id, "password_reset", "").await
        })
        .await
}

/// Shuts an account out at once, or lets it in again.
///
/// # Errors
/// 409 `own_account`, `last_admin`.
pub async fn switch(app: &App, by: Admin, id: AccountId, disabled: bool) -> AppResult<()> {
    app.db
        .write(move |tx| async move {
            let account = lists::account(tx.conn(), by.office, id).await?;
            if disabled {
                if by.account == Some(id) {
                    return Err(AppError::conflict("own_account"));
                }
                keep_an_admin(&tx, &account).await?;
                lists::end_sessions(&tx, id, None).await?;
            }
            lists::set_disabled(&tx, id, disabled).await?;
            let action = if disabled {
                "account_disabled"
            } else {
                "account_enabled"
            };
            by.record(&tx, id, action, "").await
        })
        .await
}

async fn keep_an_admin(tx: &WriteTx, account: &account::Model) -> AppResult<()> {
    let admin = account.role == Role::OfficeAdmin && account.disabled_at.is_none();
    if admin && lists::other_admins(tx.conn(), account).await? == 0 {
        return Err(AppError::conflict("last_admin"));
    }
    Ok(())
}

/// What an administrator changes of a member of staff.
pub struct Staff {
    pub name: String,
    pub role: Role,
    pub unit: Option<UnitId>,
    pub leader: bool,
}

/// # Errors
/// 409 `own_account` for one's own role, `last_admin`, `employer_account` for accounts that act
/// for an employer.
pub(super) async fn change_staff(
    app: &App,
    by: Admin,
    id: AccountId,
    staff: Staff,
) -> AppResult<()> {
    app.db
        .write(move |tx| async move {
            let account = lists::account(tx.conn(), by.office, id).await?;
            let role_changes = account.role != staff.role;
            if role_changes {
                if account.role == Role::Employer || staff.role == Role::Employer {
                    return Err(AppError::conflict("employer_account"));
                }
                if by.account == Some(id) {
                    return Err(AppError::conflict("own_account"));
                }
                keep_an_admin(&tx, &account).await?;
                lists::end_sessions(&tx, id, None).await?;
                let reason = format!("{} → {}", account.role.code(), staff.role.code());
                by.record(&tx, id, "role_change", &reason).await?;
            }
            lists::set_staff(&tx, id, staff).await
        })
        .await
}

/// Writes what the office says about itself, and puts it on the sign at once.
pub(super) async fn change_office(app: &App, by: Admin, office: Office) -> AppResult<()> {
    let new = office.clone();
    app.db
        .write(move |tx| async move {
            lists::set_office(&tx, by.office, &new).await?;
            let access = Access {
                office: by.office,
                account: by.account,
                action: "office_changed",
                subject: "offices",
                subject_id: Some(by.office.0),
                reason: "",
                ip: &by.ip,
            };
            store::record_access(&tx, access).await
        })
        .await?;
    app.sign.set(office);
    Ok(())
}

/// Takes over what another instance wrote on the sign, and clears what has run out.
pub async fn keep_house(app: &App) -> AppResult<()> {
    app.sign
        .set(lists::office(app.db.read(), app.settings.office).await?);
    app.db
        .write(|tx| async move { lists::clear(&tx).await })
        .await
}

/// Time that a first-run link is valid.
const SETUP: TimeDelta = TimeDelta::minutes(30);

/// A one-time link with which a new installation gets its first administrator: there is no default
/// password anywhere.
pub async fn open_setup(app: &App) -> AppResult<String> {
    let token = secret::token();
    let hash = secret::token_hash(&token);
    app.db
        .write(move |tx| async move { store::insert_setup(&tx, hash, tx.now + SETUP).await })
        .await?;
    Ok(token)
}

/// # Errors
/// 404 for a link that never was; 410 `setup_used` or `setup_expired`.
pub(super) async fn check_setup(app: &App, token: &str) -> AppResult<()> {
    let link = lists::setup(app.db.read(), &secret::token_hash(token)).await?;
    let any = store::any(app.db.read(), app.settings.office).await?;
    match link {
        None => Err(AppError::not_found()),
        Some(link) if link.used_at.is_some() || any => Err(AppError::gone("setup_used")),
        Some(link) if link.expires_at <= app.db.now() => Err(AppError::gone("setup_expired")),
        Some(_) => Ok(()),
    }
}

/// What the first set-up asks.
pub(super) struct Setup {
    pub office: Office,
    pub login: String,
    pub name: String,
    pub password: String,
    pub device: String,
}

/// Names the office and makes its first administrator, once; answers a session's cookie value.
///
/// # Errors
/// As [`check_setup`].
pub(super) async fn set_up(app: &App, link: &str, setup: Setup) -> AppResult<String> {
    check_setup(app, link).await?;
    let id = app.settings.office;
    let admin = Add {
        login: setup.login,
        name: setup.name,
        role: Role::OfficeAdmin,
        unit: None,
        employer: None,
        password: setup.password,
        must_change: false,
    };
    let admin = prepare(app, id, admin).await?;
    let link = secret::token_hash(link);
    let token = secret::token();
    let hash = secret::token_hash(&token);
    let office = setup.office.clone();
    app.db
        .write(move |tx| async move {
            if !lists::use_setup(&tx, &link).await? || store::any(tx.conn(), id).await? {
                return Err(AppError::gone("setup_used"));
            }
            lists::set_office(&tx, id, &office).await?;
            let admin = store::insert(&tx, admin).await?;
            store::insert_session(&tx, admin.id, hash, setup.device, tx.now + IDLE).await
        })
        .await?;
    app.sign.set(setup.office);
    Ok(token)
}
