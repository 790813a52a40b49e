//! What the templates of this capability get.
use crate::platform::{
    form::Form,
    page::{Flash, Page},
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

/// One entry of a list of choices.
#[derive(Clone, Serialize)]
pub struct Choice {
    pub value: String,
    pub label: String,
    pub hint: String,
}

impl Choice {
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            label: label.into(),
            hint: String::new(),
        }
    }
}

/// One of the four parts of the rules.
#[derive(Serialize)]
pub struct Part {
    pub key: &'static str,
    pub href: &'static str,
    pub icon: &'static str,
    /// What is in it, in figures.
    pub state: String,
    pub tone: &'static str,
}

#[derive(Serialize)]
pub struct RulesPage {
    pub parts: Vec<Part>,
    pub may_write: bool,
}

#[derive(Serialize)]
pub struct CategoryLine {
    pub code: String,
    pub name: String,
    pub kinds: String,
    pub traits: String,
    pub urgency: String,
    pub open_cases: i64,
    pub enabled: bool,
}

#[derive(Serialize)]
pub struct GroupBlock {
    pub code: String,
    pub name: String,
    pub categories: Vec<CategoryLine>,
}

#[derive(Serialize)]
pub struct CategoriesPage {
    pub flash: Option<Flash>,
    pub groups: Vec<GroupBlock>,
    pub may_write: bool,
}

#[derive(Serialize)]
pub struct CategoryPage {
    pub flash: Option<Flash>,
    pub fault: Option<String>,
    /// None for a new one.
    pub code: Option<String>,
    pub name: String,
    pub enabled: bool,
    pub open_cases: i64,
    pub version: i64,
    pub may_write: bool,
    pub form: Form,
    pub groups: Vec<Choice>,
    pub kinds: Vec<Choice>,
    pub urgencies: Vec<Choice>,
    pub traits: Vec<Choice>,
}

#[derive(Serialize)]
pub struct GroupPage {
    /// None for a new one.
    pub code: Option<String>,
    pub name: String,
    pub form: Form,
}

#[derive(Serialize)]
pub struct LimitLine {
    pub code: String,
    pub about: String,
    pub term: String,
    pub calendar: String,
    pub warn: i32,
    pub version: i32,
    pub enabled: bool,
}

/// The time limits of one clock, the most particular first.
#[derive(Serialize)]
pub struct ClockBlock {
    pub code: &'static str,
    pub name: String,
    pub rules: Vec<LimitLine>,
}

#[derive(Serialize)]
pub struct LimitsPage {
    pub flash: Option<Flash>,
    pub clocks: Vec<ClockBlock>,
    pub may_write: bool,
}

#[derive(Serialize)]
pub struct VersionLine {
    pub version: i32,
    pub about: String,
    pub term: String,
    pub calendar: String,
    pub at: DateTime<Utc>,
    pub by: String,
    pub enabled: bool,
}

#[derive(Serialize)]
pub struct LimitPage {
    pub flash: Option<Flash>,
    pub fault: Option<String>,
    /// None for a new one.
    pub code: Option<String>,
    /// In one sentence.
    pub words: String,
    pub enabled: bool,
    pub version: i32,
    pub may_write: bool,
    pub form: Form,
    pub clocks: Vec<Choice>,
    pub kinds: Vec<Choice>,
    pub categories: Vec<Choice>,
    pub urgencies: Vec<Choice>,
    pub units: Vec<Choice>,
    pub calendars: Vec<Choice>,
    /// When a case that begins now would be due.
    pub due_now: Option<DateTime<Utc>>,
    pub provisional: bool,
    pub history: Vec<VersionLine>,
}

#[derive(Serialize)]
pub struct DispatchLine {
    pub id: String,
    pub about: String,
    pub area: String,
    pub lead: String,
    pub co_units: String,
    pub priority: i32,
    pub enabled: bool,
    /// The lead unit is no longer in use, so the rule is passed over.
    pub lead_gone: bool,
}

/// What the try-out found, the winner first.
#[derive(Serialize)]
pub struct Trial {
    pub about: String,
    pub area: String,
    pub rules: Vec<DispatchLine>,
    /// Why the first of them wins.
    pub why: String,
}

#[derive(Serialize)]
pub struct DispatchPage {
    pub flash: Option<Flash>,
    pub rules: Vec<DispatchLine>,
    pub trial: Option<Trial>,
    pub form: Form,
    pub categories: Vec<Choice>,
    pub areas: Vec<Choice>,
    pub may_write: bool,
}

#[derive(Serialize)]
pub struct DispatchRulePage {
    pub fault: Option<String>,
    /// None for a new one.
    pub id: Option<String>,
    pub words: String,
    pub enabled: bool,
    pub version: i64,
    pub may_write: bool,
    pub form: Form,
    pub abouts: Vec<Choice>,
    pub areas: Vec<Choice>,
    pub units: Vec<Choice>,
}

/// One day of the year view.
#[derive(Clone, Serialize)]
pub struct DayCell {
    pub day: u32,
    /// off, moved, own_off, own_on, week or rest
    pub state: &'static str,
    /// What the day is called, for those who hover or listen.
    pub title: String,
}

#[derive(Serialize)]
pub struct Month {
    pub number: u32,
    /// Cells before the first day.
    pub lead: u32,
    pub days: Vec<DayCell>,
}

#[derive(Serialize)]
pub struct OwnLine {
    pub date: NaiveDate,
    pub weekday: String,
    pub what: String,
    pub note: String,
}

#[derive(Serialize)]
pub struct DeskLine {
    pub name: String,
    pub calendar: String,
    pub hours: String,
}

/// How far a walk through the open cases has come.
#[derive(Serialize)]
pub struct RunLine {
    pub text: String,
    pub tone: &'static str,
}

#[derive(Serialize)]
pub struct CalendarPage {
    pub flash: Option<Flash>,
    pub fault: Option<String>,
    pub year: i32,
    /// Years that can be looked at: label, address, whether it is this one.
    pub years: Vec<YearTab>,
    pub provisional: bool,
    pub source: String,
    pub published: Option<NaiveDate>,
    pub working_days: usize,
    pub months: Vec<Month>,
    pub own_days: Vec<OwnLine>,
    pub hours: Form,
    pub own: Form,
    pub desks: Vec<DeskLine>,
    pub run: Option<RunLine>,
    pub may_write: bool,
}

#[derive(Serialize)]
pub struct YearTab {
    pub label: String,
    pub href: String,
    pub current: bool,
}

#[derive(Serialize)]
pub struct ChangeLine {
    pub date: NaiveDate,
    pub weekday: String,
    pub before: String,
    pub after: String,
}

#[derive(Serialize)]
pub struct NoticePreview {
    pub year: i32,
    pub off: usize,
    pub worked: usize,
    pub changes: Vec<ChangeLine>,
    pub doubts: Vec<String>,
    /// Open cases whose deadline would move, in words.
    pub moves: String,
    /// The notice again, handed to the final step.
    pub table: String,
    pub source: String,
    pub published: NaiveDate,
    pub once: String,
}

#[derive(Serialize)]
pub struct NoticePage {
    /// Why the notice cannot be taken.
    pub fault: Option<String>,
    pub form: Form,
    pub preview: Option<NoticePreview>,
}

impl Page for RulesPage {
    const TEMPLATE: &'static str = "rulebook/rules.html";

    fn samples() -> Vec<Self> {
        let part = |key, tone| Part {
            key,
            href: "/office/rules/categories",
            icon: "filter",
            state: "59 个类别，10 组".into(),
            tone,
        };
        vec![
            Self {
                parts: vec![part("categories", ""), part("limits", "")],
                may_write: true,
            },
            Self {
                parts: vec![part("dispatch", ""), part("calendar", "warn")],
                may_write: false,
            },
        ]
    }
}

fn choices() -> Vec<Choice> {
    vec![
        Choice::new("facilities", "公共设施"),
        Choice {
            hint: "须写明地点".into(),
            ..Choice::new("place", "有地点")
        },
    ]
}

impl Page for CategoriesPage {
    const TEMPLATE: &'static str = "rulebook/categories.html";

    fn samples() -> Vec<Self> {
        let line = |enabled| CategoryLine {
            code: "lighting".into(),
            name: "照明".into(),
            kinds: "居民诉求、巡查发现".into(),
            traits: "有地点、可自办".into(),
            urgency: "一般".into(),
            open_cases: 12,
            enabled,
        };
        let group = |categories| GroupBlock {
            code: "facilities".into(),
            name: "公共设施".into(),
            categories,
        };
        let page = |groups, may_write| Self {
            flash: None,
            groups,
            may_write,
        };
        vec![
            page(
                vec![group(vec![line(true), line(false)]), group(vec![])],
                true,
            ),
            page(vec![group(vec![line(true)])], false),
        ]
    }
}

impl Page for CategoryPage {
    const TEMPLATE: &'static str = "rulebook/category.html";

    fn samples() -> Vec<Self> {
        let page = |code: Option<&str>, enabled, may_write| Self {
            flash: None,
            fault: None,
            code: code.map(str::to_owned),
            name: "照明".into(),
            enabled,
            open_cases: 12,
            version: 1,
            may_write,
            form: Form::blank(),
            groups: choices(),
            kinds: choices(),
            urgencies: choices(),
            traits: choices(),
        };
        let refused = Self {
            fault: Some("刚刚有人改过。".into()),
            ..page(Some("lighting"), false, true)
        };
        vec![
            page(None, true, true),
            page(Some("lighting"), true, true),
            page(Some("lighting"), true, false),
            refused,
        ]
    }
}

impl Page for GroupPage {
    const TEMPLATE: &'static str = "rulebook/group.html";

    fn samples() -> Vec<Self> {
        let page = |code: Option<&str>| Self {
            code: code.map(str::to_owned),
            name: "公共设施".into(),
            form: Form::blank(),
        };
        vec![page(None), page(Some("facilities"))]
    }
}

impl Page for LimitsPage {
    const TEMPLATE: &'static str = "rulebook/limits.html";

    fn samples() -> Vec<Self> {
        let line = |enabled| LimitLine {
            code: "ordinary.unit".into(),
            about: "全部办件".into(),
            term: "5 个工作日".into(),
            calendar: "本单位工作时间".into(),
            warn: 80,
            version: 2,
            enabled,
        };
        let clock = |rules| ClockBlock {
            code: "unit",
            name: "承办期限".into(),
            rules,
        };
        let page = |may_write| Self {
            flash: None,
            clocks: vec![clock(vec![line(true), line(false)]), clock(vec![])],
            may_write,
        };
        vec![page(true), page(false)]
    }
}

impl Page for LimitPage {
    const TEMPLATE: &'static str = "rulebook/limit.html";

    fn samples() -> Vec<Self> {
        let at = DateTime::UNIX_EPOCH;
        let version = |enabled| VersionLine {
            version: 1,
            about: "全部办件".into(),
            term: "5 个工作日".into(),
            calendar: "本单位工作时间".into(),
            at,
            by: "王芳".into(),
            enabled,
        };
        let page = |code: Option<&str>, enabled, may_write| Self {
            flash: None,
            fault: None,
            code: code.map(str::to_owned),
            words: "承办期限：全部办件，5 个工作日".into(),
            enabled,
            version: 1,
            may_write,
            form: Form::blank(),
            clocks: choices(),
            kinds: choices(),
            categories: choices(),
            urgencies: choices(),
            units: choices(),
            calendars: choices(),
            due_now: code.map(|_| at),
            provisional: enabled,
            history: vec![version(true), version(false)],
        };
        let refused = Self {
            fault: Some("已有适用范围相同的规则。".into()),
            ..page(None, true, true)
        };
        vec![
            refused,
            page(Some("ordinary.unit"), true, true),
            page(Some("ordinary.unit"), false, true),
            page(Some("ordinary.unit"), true, false),
        ]
    }
}

impl DispatchLine {
    fn sample(enabled: bool) -> Self {
        Self {
            id: "3".into(),
            about: "照明".into(),
            area: "民乐路社区".into(),
            lead: "市政管理科".into(),
            co_units: if enabled {
                "城管中队".into()
            } else {
                String::new()
            },
            priority: 0,
            enabled,
            lead_gone: !enabled,
        }
    }
}

impl Page for DispatchPage {
    const TEMPLATE: &'static str = "rulebook/dispatch.html";

    fn samples() -> Vec<Self> {
        let page = |rules: Vec<DispatchLine>, trial, may_write| Self {
            flash: None,
            rules,
            trial,
            form: Form::blank(),
            categories: choices(),
            areas: choices(),
            may_write,
        };
        let trial = |rules: Vec<DispatchLine>| Trial {
            about: "照明".into(),
            area: "民乐路社区".into(),
            why: if rules.is_empty() {
                String::new()
            } else {
                "指定了这个类别".into()
            },
            rules,
        };
        let (on, off) = (DispatchLine::sample(true), DispatchLine::sample(false));
        vec![
            page(vec![], None, true),
            page(
                vec![on, off],
                Some(trial(vec![DispatchLine::sample(true)])),
                true,
            ),
            page(vec![DispatchLine::sample(true)], Some(trial(vec![])), false),
        ]
    }
}

impl Page for DispatchRulePage {
    const TEMPLATE: &'static str = "rulebook/dispatch_rule.html";

    fn samples() -> Vec<Self> {
        let page = |id: Option<&str>, enabled, may_write| Self {
            fault: None,
            id: id.map(str::to_owned),
            words: "照明 → 市政管理科".into(),
            enabled,
            version: 1,
            may_write,
            form: Form::blank(),
            abouts: choices(),
            areas: choices(),
            units: if enabled { choices() } else { vec![] },
        };
        vec![
            page(None, true, true),
            page(None, false, true),
            page(Some("3"), true, true),
            page(Some("3"), false, true),
            page(Some("3"), true, false),
        ]
    }
}

impl Page for CalendarPage {
    const TEMPLATE: &'static str = "rulebook/calendar.html";

    fn samples() -> Vec<Self> {
        let states = ["week", "rest", "off", "moved", "own_off", "own_on"];
        let cells = states.into_iter().zip(1..).map(|(state, day)| DayCell {
            day,
            state,
            title: "5月1日 劳动节".into(),
        });
        let month = Month {
            number: 5,
            lead: 4,
            days: cells.collect(),
        };
        let own = OwnLine {
            date: NaiveDate::default(),
            weekday: "周一".into(),
            what: "不上班".into(),
            note: "停电检修".into(),
        };
        let desk = DeskLine {
            name: "民乐路南门".into(),
            calendar: "desk:MLN".into(),
            hours: "周一 08:30–10:30".into(),
        };
        let run = RunLine {
            text: "正在重算".into(),
            tone: "warn",
        };
        let page = |full: bool| Self {
            flash: None,
            fault: (!full).then(|| "没有权限".into()),
            year: 2026,
            years: vec![YearTab {
                label: "2026".into(),
                href: "/office/rules/calendar?year=2026".into(),
                current: true,
            }],
            provisional: !full,
            source: "国务院办公厅通知".into(),
            published: full.then(NaiveDate::default),
            working_days: 248,
            months: Vec::new(),
            own_days: Vec::new(),
            hours: Form::blank(),
            own: Form::blank(),
            desks: Vec::new(),
            run: None,
            may_write: full,
        };
        let full = Self {
            months: vec![month],
            own_days: vec![own],
            desks: vec![desk],
            run: Some(run),
            ..page(true)
        };
        vec![page(false), full]
    }
}

impl Page for NoticePage {
    const TEMPLATE: &'static str = "rulebook/notice.html";

    fn samples() -> Vec<Self> {
        let change = ChangeLine {
            date: NaiveDate::default(),
            weekday: "周六".into(),
            before: "周末".into(),
            after: "上班（春节）".into(),
        };
        let preview = |changes, doubts| NoticePreview {
            year: 2027,
            off: 33,
            worked: 6,
            changes,
            doubts,
            moves: "3 件".into(),
            table: "2027-01-01,off,new_year".into(),
            source: "通知".into(),
            published: NaiveDate::default(),
            once: "x".into(),
        };
        let page = |preview| Self {
            fault: None,
            form: Form::blank(),
            preview,
        };
        let unreadable = Self {
            fault: Some("看不懂".into()),
            ..page(None)
        };
        vec![
            page(None),
            unreadable,
            page(Some(preview(vec![], vec![]))),
            page(Some(preview(vec![change], vec!["放假不足 13 天".into()]))),
        ]
    }
}
