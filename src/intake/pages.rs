//! What the templates of intake get.
use crate::{
    case::{
        FactLine,
        pages::{ActionForm, Choice, Entry, LoopStep},
    },
    platform::{
        form::Form,
        page::{Flash, Page},
    },
};
use serde::Serialize;

/// Categories under the name of their group.
#[derive(Clone, Debug, Serialize)]
pub struct Group {
    pub label: String,
    pub options: Vec<Choice>,
}

/// A case that looks like the one being written down.
#[derive(Clone, Debug, Serialize)]
pub struct Similar {
    pub number: String,
    pub title: String,
    pub state: String,
    pub tone: &'static str,
    /// RFC 3339
    pub at: String,
}

/// 您在哪里: the place behind a banner's or a door's code.
#[derive(Clone, Debug, Serialize)]
pub struct Here {
    pub code: String,
    pub name: String,
    /// The next desk there, in words.
    pub next: String,
}

/// 报事
#[derive(Debug, Serialize)]
pub struct ReportPage {
    /// Where the form is sent, and where its other kinds lie.
    pub at: String,
    pub here: Option<Here>,
    pub kind: String,
    pub kinds: Vec<Choice>,
    pub groups: Vec<Group>,
    pub areas: Vec<Choice>,
    /// What is told about personal data, a short paragraph each.
    pub notice: Vec<String>,
    pub similar: Vec<Similar>,
    pub trouble: Option<String>,
    pub form: Form,
}

/// 已一并跟进
#[derive(Debug, Serialize)]
pub struct JoinedPage {
    pub number: String,
    pub href: String,
}

/// 登记诉求: one form for everything that comes to the desk.
#[derive(Debug, Serialize)]
pub struct NewPage {
    pub kind: String,
    pub kinds: Vec<Choice>,
    pub groups: Vec<Group>,
    pub areas: Vec<Choice>,
    pub channels: Vec<Choice>,
    pub urgencies: Vec<Choice>,
    /// What may follow at once.
    pub thens: Vec<Choice>,
    pub similar: Vec<Similar>,
    /// The desk at which somebody sits now.
    pub site: Option<Here>,
    /// What was read out of a pasted message and is to be looked at again.
    pub doubts: Vec<String>,
    pub pasted: String,
    /// Taken in by this account, newest first.
    pub recent: Vec<Similar>,
    pub trouble: Option<String>,
    pub flash: Option<Flash>,
    pub form: Form,
}

/// 已登记
#[derive(Debug, Serialize)]
pub struct DonePage {
    pub number: String,
    pub title: String,
    pub state: String,
    pub tone: &'static str,
    pub url: String,
    /// SVG
    pub qr: String,
    pub next_desk: String,
    /// Addresses for the other parties, masked.
    pub others: Vec<FactLine>,
}

/// 回执
#[derive(Debug, Serialize)]
pub struct SlipPage {
    pub number: String,
    pub title: String,
    pub at: String,
    pub url: String,
    /// SVG
    pub qr: String,
    pub next_desk: String,
    pub phone: String,
}

/// 办理进度: what stands behind a key.
#[derive(Debug, Serialize)]
pub struct TrackPage {
    /// `/K/…`
    pub base: String,
    /// The picture of the key, as an address that needs no request.
    pub qr: String,
    pub number: String,
    pub title: String,
    pub state: String,
    pub tone: &'static str,
    /// Just sent.
    pub new: bool,
    /// The case is part of another one now.
    pub merged: Option<String>,
    pub due: String,
    pub steps: Vec<LoopStep>,
    pub timeline: Vec<Entry>,
    /// Whoever reported it may act; others only look.
    pub own: bool,
    pub refused: Option<String>,
    pub first: Option<ActionForm>,
    pub others: Vec<ActionForm>,
    pub next_desk: String,
    pub flash: Option<Flash>,
}

/// A row of an imported table.
#[derive(Clone, Debug, Serialize)]
pub struct ImportRow {
    pub line: usize,
    pub source_ref: String,
    pub what: String,
    /// Key below `intake.import.fate`: new, changed, same, faulty
    pub fate: &'static str,
    pub note: String,
    /// The case that came of it.
    pub number: String,
}

/// 工单导入
#[derive(Debug, Serialize)]
pub struct ImportPage {
    pub rows: Vec<ImportRow>,
    pub new: usize,
    pub changed: usize,
    pub same: usize,
    pub faulty: usize,
    /// Columns that were not understood.
    pub unused: Vec<String>,
    pub groups: Vec<Group>,
    /// Kept for the second step; empty before there is a table.
    pub table: String,
    pub source: String,
    pub fallback: String,
    pub done: bool,
    pub trouble: Option<String>,
    pub form: Form,
}

/// 点位标牌: one sheet for a banner or a building's door.
#[derive(Debug, Serialize)]
pub struct BannerPage {
    pub place: String,
    pub code: String,
    pub url: String,
    /// SVG
    pub qr: String,
    /// The next desk there, in words.
    pub next: String,
}

/// A place that has a code.
#[derive(Clone, Debug, Serialize)]
pub struct Coded {
    pub name: String,
    pub code: String,
}

/// 二维码标牌
#[derive(Debug, Serialize)]
pub struct BannersPage {
    pub rows: Vec<Coded>,
}

impl Page for BannerPage {
    const TEMPLATE: &'static str = "intake/banner.html";

    fn samples() -> Vec<Self> {
        vec![Self {
            place: "民乐路 3 号院东门".into(),
            code: "MINLE-E".into(),
            url: "https://example.org/D/MINLE-E".into(),
            qr: QR.into(),
            next: String::new(),
        }]
    }
}

impl Page for BannersPage {
    const TEMPLATE: &'static str = "intake/banners.html";

    fn samples() -> Vec<Self> {
        let row = Coded {
            name: "民乐路 3 号院东门".into(),
            code: "MINLE-E".into(),
        };
        vec![Self { rows: vec![] }, Self { rows: vec![row] }]
    }
}

fn choice(value: &str, label: &str) -> Choice {
    Choice::new(value, label)
}

fn groups() -> Vec<Group> {
    vec![Group {
        label: "公共设施".into(),
        options: vec![choice("lighting", "照明")],
    }]
}

fn similar() -> Similar {
    Similar {
        number: "TMD-2026-000123".into(),
        title: "照明·民乐社区".into(),
        state: "处置中".into(),
        tone: "warn",
        at: "2026-11-25T02:00:00Z".into(),
    }
}

fn here() -> Here {
    Here {
        code: "MINLE".into(),
        name: "民乐路社区 3 号院".into(),
        next: "11月27日 18:00–20:00".into(),
    }
}

const QR: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 9 9\"></svg>";

fn wrong() -> Form {
    let mut form = Form::filled([("text", "灯坏了".into())]);
    form.errors.insert("category".into(), "请选择类别。".into());
    form.faults.push(("category".into(), "请选择类别。".into()));
    form
}

impl Page for ReportPage {
    const TEMPLATE: &'static str = "intake/report.html";

    fn samples() -> Vec<Self> {
        let page = |here, form, similar, trouble: Option<&str>| Self {
            at: "/D/MINLE".into(),
            here,
            kind: "resident_request".into(),
            kinds: vec![
                choice("resident_request", "居民诉求"),
                choice("suggestion", "金点子"),
            ],
            groups: groups(),
            areas: vec![choice("1", "民乐社区")],
            notice: vec!["姓名和电话只用于联系您。".into()],
            similar,
            trouble: trouble.map(str::to_owned),
            form,
        };
        vec![
            page(Some(here()), Form::blank(), vec![], None),
            page(None, wrong(), vec![similar()], Some("系统正忙。")),
        ]
    }
}

impl Page for JoinedPage {
    const TEMPLATE: &'static str = "intake/joined.html";

    fn samples() -> Vec<Self> {
        vec![Self {
            number: "TMD-2026-000123".into(),
            href: "/K/0123456789ABCDEF".into(),
        }]
    }
}

impl Page for NewPage {
    const TEMPLATE: &'static str = "intake/new.html";

    fn samples() -> Vec<Self> {
        let page = |kind: &str, form| Self {
            kind: kind.into(),
            kinds: vec![
                choice("resident_request", "居民诉求"),
                choice("mediation", "矛盾调解"),
            ],
            groups: groups(),
            areas: vec![choice("1", "民乐社区")],
            channels: vec![choice("desk", "流动办公桌")],
            urgencies: vec![choice("ordinary", "一般")],
            thens: vec![choice("register", "只登记"), choice("answer", "当场答复")],
            similar: vec![],
            site: None,
            doubts: vec![],
            pasted: String::new(),
            recent: vec![],
            trouble: None,
            flash: None,
            form,
        };
        vec![
            page("resident_request", Form::blank()),
            Self {
                similar: vec![similar()],
                site: Some(here()),
                doubts: vec!["没有找到电话。".into()],
                pasted: "王阿姨：路灯坏了".into(),
                recent: vec![similar()],
                trouble: Some("系统正忙。".into()),
                flash: Some(Flash::ok("已登记。".into())),
                ..page("mediation", wrong())
            },
        ]
    }
}

impl Page for DonePage {
    const TEMPLATE: &'static str = "intake/done.html";

    fn samples() -> Vec<Self> {
        vec![Self {
            number: "TMD-2026-000123".into(),
            title: "照明·民乐社区".into(),
            state: "已登记".into(),
            tone: "info",
            url: "https://example.org/K/0123456789ABCDEF".into(),
            qr: QR.into(),
            next_desk: "11月27日 18:00–20:00".into(),
            others: vec![FactLine {
                label: "王** 8000".into(),
                value: "https://example.org/K/0123456789ABCDEF".into(),
                href: None,
            }],
        }]
    }
}

impl Page for SlipPage {
    const TEMPLATE: &'static str = "intake/slip.html";

    fn samples() -> Vec<Self> {
        vec![Self {
            number: "TMD-2026-000123".into(),
            title: "照明·民乐社区".into(),
            at: "2026-11-25T02:00:00Z".into(),
            url: "https://example.org/K/0123456789ABCDEF".into(),
            qr: QR.into(),
            next_desk: String::new(),
            phone: "0931-0000000".into(),
        }]
    }
}

impl Page for TrackPage {
    const TEMPLATE: &'static str = "intake/track.html";

    fn samples() -> Vec<Self> {
        let page = || Self {
            base: "/K/0123456789ABCDEF".into(),
            qr: "data:image/png;base64,".into(),
            number: "TMD-2026-000123".into(),
            title: "照明·民乐社区".into(),
            state: "处置中".into(),
            tone: "warn",
            new: true,
            merged: None,
            due: "剩 3 小时".into(),
            steps: vec![LoopStep {
                label: "报事".into(),
                note: "11月25日 10:00".into(),
                state: "now",
            }],
            timeline: vec![Entry::sample()],
            own: true,
            refused: None,
            first: Some(ActionForm::sample("callback")),
            others: vec![ActionForm::sample("withdraw")],
            next_desk: "11月27日 18:00–20:00".into(),
            flash: None,
        };
        vec![
            page(),
            Self {
                new: false,
                merged: Some("TMD-2026-000100".into()),
                due: String::new(),
                own: false,
                refused: Some("现在不能这样做。".into()),
                first: None,
                others: vec![],
                timeline: vec![],
                next_desk: String::new(),
                flash: Some(Flash::ok("已登记。".into())),
                ..page()
            },
        ]
    }
}

impl Page for ImportPage {
    const TEMPLATE: &'static str = "intake/import.html";

    fn samples() -> Vec<Self> {
        let row = |fate, number: &str| ImportRow {
            line: 2,
            source_ref: "W-1".into(),
            what: "路灯不亮".into(),
            fate,
            note: "没有类别，按「照明」登记。".into(),
            number: number.into(),
        };
        let page = |rows: Vec<ImportRow>, done| Self {
            new: rows.len(),
            changed: 0,
            same: 0,
            faulty: 0,
            unused: vec![],
            groups: groups(),
            table: if rows.is_empty() {
                String::new()
            } else {
                "[]".into()
            },
            rows,
            source: "12345".into(),
            fallback: "lighting".into(),
            done,
            trouble: None,
            form: Form::blank(),
        };
        vec![
            page(vec![], false),
            Self {
                unused: vec!["备注".into()],
                ..page(vec![row("new", ""), row("faulty", "")], false)
            },
            page(vec![row("changed", "TMD-2026-000123")], true),
            Self {
                trouble: Some("这不是表格。".into()),
                ..page(vec![], false)
            },
        ]
    }
}
