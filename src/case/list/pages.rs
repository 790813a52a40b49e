//! What the templates of the list get.
use crate::case::{pages::Choice, words::Term};
use crate::platform::{
    form::Form,
    page::{Flash, Page},
};
use serde::Serialize;
use std::collections::BTreeMap;

/// A filter with its count.
#[derive(Clone, Debug, Serialize)]
pub struct Pill {
    pub label: String,
    pub href: String,
    /// `12`, `10000+`, or none when counting would cost too much.
    pub count: Option<String>,
    pub current: bool,
}

/// A mark beside a state.
#[derive(Clone, Debug, Serialize)]
pub struct Mark {
    pub label: String,
    pub tone: &'static str,
}

/// A case in the list.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    pub number: String,
    /// Number and last event, as a tick sends it.
    pub pick: String,
    pub title: String,
    pub href: String,
    /// Who, what and where, below the title.
    pub note: String,
    pub source: String,
    pub lead: String,
    pub due: Option<Term>,
    pub state: String,
    pub tone: &'static str,
    /// 督办、升级、重新受理、返工、险情
    pub marks: Vec<Mark>,
    /// When it was recorded, RFC 3339.
    pub recorded_at: String,
}

/// One condition of the filter, and the list without it.
#[derive(Clone, Debug, Serialize)]
pub struct Condition {
    pub label: String,
    pub value: String,
    pub href: String,
}

/// What the box of filters offers.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Offers {
    pub units: Vec<Choice>,
    pub areas: Vec<Choice>,
    pub groups: Vec<Choice>,
    pub categories: Vec<Choice>,
    pub channels: Vec<Choice>,
    pub urgencies: Vec<Choice>,
}

/// 台账
#[derive(Debug, Default, Serialize)]
pub struct LedgerPage {
    /// All, and the queues of open cases.
    pub queues: Vec<Pill>,
    pub stages: Vec<Pill>,
    pub kinds: Vec<Pill>,
    pub orders: Vec<Pill>,
    /// Kept views, the reader's and his unit's.
    pub views: Vec<Pill>,
    pub q: String,
    /// The box of filters as it was filled in.
    pub form: Form,
    pub offers: Offers,
    /// Other words of the address, kept by the box and by the search.
    pub box_keeps: Vec<(&'static str, String)>,
    pub search_keeps: BTreeMap<&'static str, String>,
    /// What the box filters by now.
    pub conditions: Vec<Condition>,
    /// This list in the form in which it is kept; blank when there is nothing to keep.
    pub query: String,
    pub rows: Vec<Row>,
    pub next: Option<String>,
    pub first: Option<String>,
    /// Why nothing is shown: "", mine or filter
    pub nothing: &'static str,
    /// Whether the reader works for the office: filters, views, paper.
    pub staff: bool,
    /// Whether cases may be ticked.
    pub bulk: bool,
    pub leader: bool,
    pub print: String,
    pub book: String,
    pub here: String,
    pub flash: Option<Flash>,
}

fn pill(label: &str, count: Option<&str>, current: bool) -> Pill {
    Pill {
        label: label.into(),
        href: "/cases?kind=mailbox".into(),
        count: count.map(str::to_owned),
        current,
    }
}

fn choice(value: &str, label: &str) -> Choice {
    Choice::new(value, label)
}

impl Row {
    fn sample(due: Option<Term>, marked: bool) -> Self {
        let mark = Mark {
            label: "督办".into(),
            tone: "bad",
        };
        Self {
            number: "JD-2026-000001".into(),
            pick: "JD-2026-000001.3".into(),
            title: "仓储分拣员".into(),
            href: "/cases/JD-2026-000001".into(),
            note: "张** · 陇上云仓 A01".into(),
            source: "集市扫码".into(),
            lead: "陇上云仓".into(),
            due,
            state: "已约面试".into(),
            tone: "warn",
            marks: if marked { vec![mark] } else { Vec::new() },
            recorded_at: "2026-07-19T11:40:00Z".into(),
        }
    }

    fn samples() -> Vec<Self> {
        let late = Term {
            text: "剩 3 小时".into(),
            tone: "soon",
            at: "2026-07-22T10:00:00Z".into(),
        };
        vec![Self::sample(Some(late), true), Self::sample(None, false)]
    }
}

impl LedgerPage {
    fn sample(rows: Vec<Row>, nothing: &'static str) -> Self {
        Self {
            queues: vec![
                pill("全部", Some("10000+"), true),
                pill("待我办理", Some("3"), false),
            ],
            stages: vec![
                pill("已登记", Some("3"), false),
                pill("已结案", None, false),
            ],
            kinds: vec![
                pill("全部种类", None, true),
                pill("岗位对接", Some("3"), false),
            ],
            orders: vec![pill("最新", None, true), pill("期限", None, false)],
            views: vec![pill("市政超期", None, true)],
            form: Form::filled([("unit", "3".to_owned())]),
            offers: Offers {
                units: vec![choice("3", "市政养护")],
                areas: vec![choice("1", "星光街道"), choice("2", "　民乐社区")],
                groups: vec![choice("public_facilities", "公共设施")],
                categories: vec![choice("lighting", "照明")],
                channels: vec![choice("hotline", "12345 热线")],
                urgencies: vec![choice("ordinary", "一般")],
            },
            box_keeps: vec![("show", "mine".into())],
            search_keeps: BTreeMap::from([("show", "mine".into()), ("unit", "3".into())]),
            conditions: vec![Condition {
                label: "承办".into(),
                value: "市政养护".into(),
                href: "/cases?show=mine".into(),
            }],
            query: "unit=3&show=mine".into(),
            next: (!rows.is_empty()).then(|| "/cases?cursor=7".into()),
            rows,
            nothing,
            staff: true,
            bulk: true,
            leader: true,
            print: "/cases/print".into(),
            book: "/cases.xlsx".into(),
            here: "/cases?unit=3&show=mine".into(),
            ..Self::default()
        }
    }
}

impl Page for LedgerPage {
    const TEMPLATE: &'static str = "case/ledger.html";

    fn samples() -> Vec<Self> {
        let mut wrong = Self::sample(vec![], "filter");
        wrong
            .form
            .errors
            .insert("to".into(), "不能早于开始。".into());
        wrong
            .form
            .faults
            .push(("to".into(), "不能早于开始。".into()));
        vec![
            Self::sample(Row::samples(), ""),
            Self {
                staff: false,
                bulk: false,
                leader: false,
                views: vec![],
                conditions: vec![],
                query: String::new(),
                flash: Some(Flash::ok("已保存。".into())),
                ..Self::sample(Row::samples(), "")
            },
            Self::sample(vec![], ""),
            Self::sample(vec![], "mine"),
            wrong,
        ]
    }
}

/// A view as the page of views shows it.
#[derive(Debug, Serialize)]
pub struct KeptView {
    pub id: String,
    pub name: String,
    pub href: String,
    /// What it filters by, in words.
    pub words: String,
    pub opens_first: bool,
    pub shared: bool,
    /// Who shares it, when it is somebody else's.
    pub by: String,
    pub form: Form,
}

/// 台账视图
#[derive(Debug, Default, Serialize)]
pub struct ViewsPage {
    /// A new one: what it filters by, and its form.
    pub new: Option<(String, Form)>,
    pub own: Vec<KeptView>,
    pub shared: Vec<KeptView>,
    pub most: usize,
    pub leader: bool,
    pub flash: Option<Flash>,
}

impl Page for ViewsPage {
    const TEMPLATE: &'static str = "case/views.html";

    fn samples() -> Vec<Self> {
        let view = |by: &str| KeptView {
            id: "3".into(),
            name: "市政超期".into(),
            href: "/cases?unit=3&show=overdue".into(),
            words: "承办：市政养护；超期".into(),
            opens_first: by.is_empty(),
            shared: true,
            by: by.into(),
            form: Form::filled([("name", "市政超期".to_owned())]),
        };
        let mut wrong = Form::filled([("query", "unit=3".to_owned())]);
        wrong.errors.insert("name".into(), "请填写。".into());
        wrong.faults.push(("name".into(), "请填写。".into()));
        vec![
            Self {
                own: vec![view("")],
                shared: vec![view("李敏")],
                most: 20,
                leader: true,
                ..Self::default()
            },
            Self {
                new: Some(("承办：市政养护".into(), wrong)),
                most: 20,
                flash: Some(Flash::ok("已删除。".into())),
                ..Self::default()
            },
        ]
    }
}

/// What became, or would become, of one of several cases.
#[derive(Clone, Debug, Serialize)]
pub struct BulkRow {
    pub number: String,
    pub pick: String,
    pub title: String,
    pub href: String,
    pub state: String,
    /// Who would lead it.
    pub lead: String,
    /// "" not asked yet, ok, or refused
    pub verdict: &'static str,
    /// Why it is refused.
    pub why: String,
}

/// 批量办理
#[derive(Debug, Default, Serialize)]
pub struct BulkPage {
    /// choose, preview or done
    pub step: &'static str,
    pub action: &'static str,
    /// What the button says.
    pub label: String,
    pub form: Form,
    pub units: Vec<Choice>,
    pub urgencies: Vec<Choice>,
    pub rows: Vec<BulkRow>,
    /// How many go, and how many are refused.
    pub going: usize,
    pub refused: usize,
    /// The list from which they were ticked.
    pub back: String,
}

impl Page for BulkPage {
    const TEMPLATE: &'static str = "case/bulk.html";

    fn samples() -> Vec<Self> {
        let row = |verdict: &'static str| BulkRow {
            number: "JD-2026-000001".into(),
            pick: "JD-2026-000001.3".into(),
            title: "楼道灯不亮".into(),
            href: "/cases/JD-2026-000001".into(),
            state: "已受理".into(),
            lead: "市政养护".into(),
            verdict,
            why: if verdict == "refused" {
                "已派单。".into()
            } else {
                String::new()
            },
        };
        let page = |step: &'static str, action: &'static str, rows: Vec<BulkRow>| Self {
            step,
            action,
            label: "派单".into(),
            form: Form::blank(),
            units: vec![choice("3", "市政养护")],
            urgencies: vec![choice("ordinary", "一般")],
            going: rows.iter().filter(|row| row.verdict == "ok").count(),
            refused: rows.iter().filter(|row| row.verdict == "refused").count(),
            rows,
            back: "/cases?stage=accepted".into(),
        };
        vec![
            page("choose", "dispatch", vec![row("")]),
            page("choose", "accept", vec![]),
            page("preview", "supervise", vec![row("ok"), row("refused")]),
            page("preview", "dispatch", vec![row("refused")]),
            page("done", "dispatch", vec![row("ok"), row("refused")]),
        ]
    }
}

/// 台账打印
#[derive(Debug, Serialize)]
pub struct LedgerPrintPage {
    /// What is filtered by, in words.
    pub words: String,
    pub at: String,
    pub by: String,
    pub rows: Vec<Row>,
    /// So many are printed at most, when there are more.
    pub cut: Option<u64>,
    /// Over number and last hash of each case that is printed.
    pub seal: String,
}

impl Page for LedgerPrintPage {
    const TEMPLATE: &'static str = "case/print.html";

    fn samples() -> Vec<Self> {
        let page = |rows: Vec<Row>, cut| Self {
            words: "承办：市政养护".into(),
            at: "2026-07-19T11:40:00Z".into(),
            by: "李敏".into(),
            rows,
            cut,
            seal: "9f2c".repeat(16),
        };
        vec![page(Row::samples(), None), page(vec![], Some(500))]
    }
}
