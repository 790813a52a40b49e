//! What the templates of this capability get.
use crate::platform::{
    form::Form,
    page::{Flash, Page},
};
use serde::Serialize;

/// A choice in a form.
#[derive(Clone, Debug, Serialize)]
pub struct Choice {
    pub value: String,
    pub label: String,
}

/// A link that may be the current one.
#[derive(Clone, Debug, Serialize)]
pub struct Filter {
    pub href: String,
    pub label: String,
    pub current: bool,
}

/// A session as anybody may see it: duties, never people.
#[derive(Clone, Debug, Serialize)]
pub struct Shown {
    pub key: String,
    pub day: String,
    pub weekday: String,
    pub hours: String,
    pub kind: String,
    pub site: String,
    pub address: String,
    pub note: String,
    /// planned, now, over or cancelled
    pub state: &'static str,
    /// Why it is on this day, when the week does not say so.
    pub cause: Option<String>,
    pub reason: String,
    pub provisional: bool,
    pub duties: Vec<String>,
}

/// A day with its sessions.
#[derive(Clone, Debug, Serialize)]
pub struct Day<S> {
    pub date: String,
    pub weekday: String,
    pub today: bool,
    pub sessions: Vec<S>,
}

/// A person at a session.
#[derive(Clone, Debug, Serialize)]
pub struct Person {
    pub id: String,
    pub name: String,
    pub duty: String,
    pub organisation: String,
    pub all_round: bool,
    /// Staggered hours, when they are not those of the session.
    pub hours: Option<String>,
    pub planned: i64,
    pub served: Option<i64>,
    pub standing: bool,
}

/// A session as the office sees it.
#[derive(Clone, Debug, Serialize)]
pub struct Staffed {
    #[serde(flatten)]
    pub session: Shown,
    pub public: bool,
    pub people: Vec<Person>,
    pub warnings: Vec<String>,
}

/// 公开日历: a week of desks.
#[derive(Serialize)]
pub struct WeekPage {
    pub from: String,
    pub to: String,
    pub now: Vec<Shown>,
    pub next: Option<Shown>,
    pub days: Vec<Day<Shown>>,
    pub sites: Vec<Filter>,
    pub before: String,
    pub after: String,
    pub this_week: Option<String>,
    pub feed: String,
    /// The same address for programs that subscribe.
    pub subscribe: String,
}

/// 谁在岗: now, and the week.
#[derive(Serialize)]
pub struct DeskPage {
    pub now: Vec<Staffed>,
    pub days: Vec<Day<Staffed>>,
    pub from: String,
    pub to: String,
    pub before: String,
    pub after: String,
    pub this_week: Option<String>,
    pub warnings: usize,
    pub sites: usize,
    pub may_write: bool,
}

/// A site as a line.
#[derive(Clone, Debug, Serialize)]
pub struct SiteLine {
    pub id: String,
    pub name: String,
    pub area: String,
    pub address: String,
    pub active: bool,
    pub patterns: usize,
}

/// 点位
#[derive(Serialize)]
pub struct SitesPage {
    pub sites: Vec<SiteLine>,
    pub areas: Vec<Choice>,
    pub form: Form,
    pub may_write: bool,
    pub flash: Option<Flash>,
}

/// A pattern as a line.
#[derive(Clone, Debug, Serialize)]
pub struct PatternLine {
    pub id: String,
    pub kind: String,
    pub weekday: String,
    pub hours: String,
    pub band: String,
    pub starts_on: String,
    pub ends_on: Option<String>,
    pub on_holiday: String,
    pub on_moved_days: bool,
    pub public: bool,
    pub over: bool,
    pub people: usize,
}

/// 点位: one, with its patterns.
#[derive(Serialize)]
pub struct SitePage {
    pub site: SiteLine,
    pub code: String,
    pub note: String,
    pub version: i64,
    pub patterns: Vec<PatternLine>,
    pub next: Option<Shown>,
    pub areas: Vec<Choice>,
    pub form: Form,
    pub may_write: bool,
    pub fault: Option<String>,
    pub flash: Option<Flash>,
}

/// 排班规律表单
#[derive(Serialize)]
pub struct PatternFormPage {
    /// The pattern that is changed.
    pub pattern: Option<PatternLine>,
    pub version: Option<i64>,
    pub sites: Vec<Choice>,
    pub kinds: Vec<Choice>,
    pub weekdays: Vec<Choice>,
    pub bands: Vec<Choice>,
    pub holidays: Vec<Choice>,
    pub form: Form,
    pub fault: Option<String>,
}

/// A standing person of a pattern.
#[derive(Clone, Debug, Serialize)]
pub struct StandingLine {
    pub id: i64,
    pub name: String,
    pub duty: String,
    pub organisation: String,
    pub all_round: bool,
    pub hours: Option<String>,
    pub starts_on: String,
    pub ends_on: Option<String>,
    pub over: bool,
}

/// 排班规律: one, with its people and the sessions to come.
#[derive(Serialize)]
pub struct PatternPage {
    pub pattern: PatternLine,
    pub site: SiteLine,
    pub version: i64,
    pub people: Vec<StandingLine>,
    pub members: Vec<Choice>,
    pub sessions: Vec<Staffed>,
    pub form: Form,
    pub may_write: bool,
    pub fault: Option<String>,
    pub flash: Option<Flash>,
}

/// 加场表单
#[derive(Serialize)]
pub struct ExtraPage {
    pub sites: Vec<Choice>,
    pub kinds: Vec<Choice>,
    pub bands: Vec<Choice>,
    pub form: Form,
    pub fault: Option<String>,
}

/// A swap as it was recorded.
#[derive(Clone, Debug, Serialize)]
pub struct SwapLine {
    pub from: String,
    pub to: String,
    pub back: Option<String>,
    pub reason: String,
    pub at: String,
}

/// 场次: one, with everything about it.
#[derive(Serialize)]
pub struct SessionPage {
    pub line: Staffed,
    pub site_id: String,
    pub pattern_id: Option<String>,
    pub swaps: Vec<SwapLine>,
    pub members: Vec<Choice>,
    /// Those on the session, to be swapped away.
    pub here: Vec<Choice>,
    /// Sessions that may be given in return.
    pub others: Vec<Choice>,
    pub add: Form,
    pub swap: Form,
    pub served: Form,
    pub cancel: Form,
    pub over: bool,
    pub may_write: bool,
    pub fault: Option<String>,
    pub flash: Option<Flash>,
}

/// A person of the rota as a line.
#[derive(Clone, Debug, Serialize)]
pub struct MemberLine {
    pub id: String,
    pub name: String,
    pub duty: String,
    pub organisation: String,
    pub all_round: bool,
    pub account: bool,
    pub active: bool,
}

/// 值守人员
#[derive(Serialize)]
pub struct MembersPage {
    pub members: Vec<MemberLine>,
    pub accounts: Vec<Choice>,
    pub duties: Vec<Choice>,
    pub form: Form,
    pub may_write: bool,
    pub fault: Option<String>,
    pub flash: Option<Flash>,
}

/// 值守人员: one.
#[derive(Serialize)]
pub struct MemberPage {
    pub member: MemberLine,
    pub version: i64,
    pub duties: Vec<Choice>,
    pub sessions: Vec<Staffed>,
    pub form: Form,
    pub may_write: bool,
    pub fault: Option<String>,
    pub flash: Option<Flash>,
}

/// 月排班表
#[derive(Serialize)]
pub struct MonthPage {
    pub month: String,
    pub before: String,
    pub after: String,
    pub days: Vec<Day<Staffed>>,
    pub sessions: usize,
    pub warnings: usize,
    pub copied: Form,
    pub may_write: bool,
    pub flash: Option<Flash>,
}

/// 月排班表 on paper.
#[derive(Serialize)]
pub struct PrintPage {
    pub month: String,
    pub days: Vec<Day<Staffed>>,
    pub at: String,
}

/// Hours of one person in a month, in minutes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HoursLine {
    pub name: String,
    pub duty: String,
    pub organisation: String,
    pub sessions: usize,
    pub planned: i64,
    pub served: i64,
    /// Sessions that are over and not confirmed yet.
    pub open: usize,
}

/// 值守时长: a month.
#[derive(Serialize)]
pub struct HoursPage {
    pub month: String,
    pub before: String,
    pub after: String,
    pub lines: Vec<HoursLine>,
    pub total: HoursLine,
    pub may_write: bool,
}

fn choices() -> Vec<Choice> {
    vec![Choice {
        value: "1".into(),
        label: "民乐社区南门".into(),
    }]
}

fn shown(state: &'static str) -> Shown {
    Shown {
        key: "w12-20261125".into(),
        day: "2026-11-25".into(),
        weekday: "周三".into(),
        hours: "12:00–14:00".into(),
        kind: "办公桌".into(),
        site: "南门岗亭旁".into(),
        address: "民乐路 12 号南门".into(),
        note: "雨天移到门厅".into(),
        state,
        cause: (state == "planned").then(|| "节假日顺延".into()),
        reason: if state == "cancelled" {
            "暴雨".into()
        } else {
            String::new()
        },
        provisional: state == "planned",
        duties: vec!["民警".into(), "医生".into()],
    }
}

fn staffed(state: &'static str) -> Staffed {
    Staffed {
        session: shown(state),
        public: state != "planned",
        people: vec![Person {
            id: "3".into(),
            name: "王芳".into(),
            duty: "社区工作者".into(),
            organisation: "民乐社区".into(),
            all_round: true,
            hours: Some("12:00–13:00".into()),
            planned: 60,
            served: (state == "over").then_some(55),
            standing: state == "now",
        }],
        warnings: if state == "now" {
            vec!["13:00–14:00 没有百通岗".into()]
        } else {
            Vec::new()
        },
    }
}

fn days<S: Clone>(sessions: Vec<S>) -> Vec<Day<S>> {
    let day = |today, sessions| Day {
        date: "2026-11-25".into(),
        weekday: "周三".into(),
        today,
        sessions,
    };
    vec![day(true, sessions), day(false, Vec::new())]
}

fn site(active: bool) -> SiteLine {
    SiteLine {
        id: "1".into(),
        name: "南门岗亭旁".into(),
        area: "民乐社区".into(),
        address: "民乐路 12 号南门".into(),
        active,
        patterns: 3,
    }
}

fn pattern(over: bool) -> PatternLine {
    PatternLine {
        id: "12".into(),
        kind: "办公桌".into(),
        weekday: "周三".into(),
        hours: "12:00–14:00".into(),
        band: "午间".into(),
        starts_on: "2026-11-01".into(),
        ends_on: over.then(|| "2026-11-20".into()),
        on_holiday: "停办".into(),
        on_moved_days: over,
        public: !over,
        over,
        people: 3,
    }
}

fn member(active: bool) -> MemberLine {
    MemberLine {
        id: "3".into(),
        name: "王芳".into(),
        duty: "社区工作者".into(),
        organisation: "民乐社区".into(),
        all_round: active,
        account: active,
        active,
    }
}

fn flash() -> Flash {
    Flash::ok("已保存。".into())
}

impl Page for WeekPage {
    const TEMPLATE: &'static str = "desk/week.html";

    fn samples() -> Vec<Self> {
        let page = |now: Vec<Shown>, next: Option<Shown>, sessions| Self {
            from: "2026-11-23".into(),
            to: "2026-11-29".into(),
            now,
            next,
            days: days(sessions),
            sites: Vec::new(),
            before: "/desk?week=2026-11-16".into(),
            after: "/desk?week=2026-11-30".into(),
            this_week: None,
            feed: "https://fair.example.test/desk/calendar.ics".into(),
            subscribe: "webcal://fair.example.test/desk/calendar.ics".into(),
        };
        let mut full = page(
            vec![shown("now")],
            None,
            vec![shown("now"), shown("cancelled"), shown("planned")],
        );
        full.this_week = Some("/desk".into());
        full.sites = vec![Filter {
            href: "/desk?site=1".into(),
            label: "南门岗亭旁".into(),
            current: true,
        }];
        vec![
            page(Vec::new(), None, Vec::new()),
            page(Vec::new(), Some(shown("planned")), Vec::new()),
            full,
        ]
    }
}

impl Page for DeskPage {
    const TEMPLATE: &'static str = "desk/office.html";

    fn samples() -> Vec<Self> {
        let page = |sites, now: Vec<Staffed>, sessions, may_write| Self {
            warnings: now.iter().map(|line| line.warnings.len()).sum(),
            now,
            days: days(sessions),
            from: "2026-11-23".into(),
            to: "2026-11-29".into(),
            before: "/office/desk?week=2026-11-16".into(),
            after: "/office/desk?week=2026-11-30".into(),
            this_week: None,
            sites,
            may_write,
        };
        vec![
            page(0, Vec::new(), Vec::new(), true),
            page(
                2,
                vec![staffed("now")],
                vec![staffed("now"), staffed("over"), staffed("cancelled")],
                false,
            ),
        ]
    }
}

impl Page for SitesPage {
    const TEMPLATE: &'static str = "desk/sites.html";

    fn samples() -> Vec<Self> {
        let page = |sites, areas, may_write| Self {
            sites,
            areas,
            form: Form::blank(),
            may_write,
            flash: Some(flash()),
        };
        vec![
            page(Vec::new(), Vec::new(), true),
            page(Vec::new(), choices(), true),
            page(vec![site(true), site(false)], choices(), false),
        ]
    }
}

impl Page for SitePage {
    const TEMPLATE: &'static str = "desk/site.html";

    fn samples() -> Vec<Self> {
        let page = |active, patterns, may_write| Self {
            site: site(active),
            code: "7K3M9QX2".into(),
            note: String::new(),
            version: 1,
            patterns,
            next: active.then(|| shown("planned")),
            areas: choices(),
            form: Form::blank(),
            may_write,
            fault: (!active).then(|| "请改正".into()),
            flash: None,
        };
        vec![
            page(true, vec![pattern(false), pattern(true)], true),
            page(false, Vec::new(), true),
            page(true, Vec::new(), false),
        ]
    }
}

impl Page for PatternFormPage {
    const TEMPLATE: &'static str = "desk/pattern_form.html";

    fn samples() -> Vec<Self> {
        let page = |pattern: Option<PatternLine>| Self {
            version: pattern.as_ref().map(|_| 2),
            fault: pattern.as_ref().map(|_| "请改正".into()),
            pattern,
            sites: choices(),
            kinds: choices(),
            weekdays: choices(),
            bands: choices(),
            holidays: choices(),
            form: Form::blank(),
        };
        vec![page(None), page(Some(pattern(false)))]
    }
}

impl Page for PatternPage {
    const TEMPLATE: &'static str = "desk/pattern.html";

    fn samples() -> Vec<Self> {
        let person = |over: bool| StandingLine {
            id: 4,
            name: "王芳".into(),
            duty: "社区工作者".into(),
            organisation: "民乐社区".into(),
            all_round: true,
            hours: over.then(|| "12:00–13:00".into()),
            starts_on: "2026-11-01".into(),
            ends_on: over.then(|| "2026-11-20".into()),
            over,
        };
        let page = |over, people, members, may_write| Self {
            pattern: pattern(over),
            site: site(true),
            version: 1,
            people,
            members,
            sessions: if over {
                Vec::new()
            } else {
                vec![staffed("planned")]
            },
            form: Form::blank(),
            may_write,
            fault: over.then(|| "请改正".into()),
            flash: None,
        };
        vec![
            page(false, vec![person(false), person(true)], choices(), true),
            page(true, Vec::new(), Vec::new(), true),
            page(false, Vec::new(), Vec::new(), false),
        ]
    }
}

impl Page for ExtraPage {
    const TEMPLATE: &'static str = "desk/extra.html";

    fn samples() -> Vec<Self> {
        let page = |fault: Option<&str>| Self {
            sites: choices(),
            kinds: choices(),
            bands: choices(),
            form: Form::blank(),
            fault: fault.map(str::to_owned),
        };
        vec![page(None), page(Some("请改正"))]
    }
}

impl Page for SessionPage {
    const TEMPLATE: &'static str = "desk/session.html";

    fn samples() -> Vec<Self> {
        let swap = |back: Option<&str>| SwapLine {
            from: "王芳".into(),
            to: "李明".into(),
            back: back.map(str::to_owned),
            reason: "家中有事".into(),
            at: "2026-11-20T02:00:00Z".into(),
        };
        let page = |state: &'static str, may_write| Self {
            line: staffed(state),
            site_id: "1".into(),
            pattern_id: (state != "over").then(|| "12".into()),
            swaps: vec![swap(None), swap(Some("11月27日 18:00"))],
            members: choices(),
            here: choices(),
            others: choices(),
            add: Form::blank(),
            swap: Form::blank(),
            served: Form::blank(),
            cancel: Form::blank(),
            over: state == "over",
            may_write,
            fault: (state == "now").then(|| "请改正".into()),
            flash: None,
        };
        let mut bare = page("planned", true);
        bare.line.people.clear();
        bare.swaps.clear();
        bare.members.clear();
        vec![
            bare,
            page("now", true),
            page("over", true),
            page("cancelled", true),
            page("over", false),
        ]
    }
}

impl Page for MembersPage {
    const TEMPLATE: &'static str = "desk/members.html";

    fn samples() -> Vec<Self> {
        let page = |members: Vec<MemberLine>, may_write| Self {
            fault: members.is_empty().then(|| "请改正".into()),
            members,
            accounts: choices(),
            duties: choices(),
            form: Form::blank(),
            may_write,
            flash: None,
        };
        vec![
            page(Vec::new(), true),
            page(vec![member(true), member(false)], false),
        ]
    }
}

impl Page for MemberPage {
    const TEMPLATE: &'static str = "desk/member.html";

    fn samples() -> Vec<Self> {
        let page = |active, may_write| Self {
            member: member(active),
            version: 1,
            duties: choices(),
            sessions: if active {
                vec![staffed("planned")]
            } else {
                Vec::new()
            },
            form: Form::blank(),
            may_write,
            fault: (!active).then(|| "请改正".into()),
            flash: None,
        };
        vec![page(true, true), page(false, true), page(true, false)]
    }
}

impl Page for MonthPage {
    const TEMPLATE: &'static str = "desk/month.html";

    fn samples() -> Vec<Self> {
        let page = |sessions: Vec<Staffed>, may_write| Self {
            month: "2026-11-01".into(),
            before: "/office/desk/month?month=2026-10".into(),
            after: "/office/desk/month?month=2026-12".into(),
            sessions: sessions.len(),
            warnings: sessions.iter().map(|line| line.warnings.len()).sum(),
            days: days(sessions),
            copied: Form::blank(),
            may_write,
            flash: None,
        };
        vec![
            page(Vec::new(), true),
            page(vec![staffed("now"), staffed("cancelled")], true),
            page(vec![staffed("over")], false),
        ]
    }
}

impl Page for PrintPage {
    const TEMPLATE: &'static str = "desk/print.html";

    fn samples() -> Vec<Self> {
        let page = |sessions| Self {
            month: "2026-11-01".into(),
            days: days(sessions),
            at: "2026-11-25T02:00:00Z".into(),
        };
        vec![
            page(Vec::new()),
            page(vec![staffed("over"), staffed("cancelled")]),
        ]
    }
}

impl Page for HoursPage {
    const TEMPLATE: &'static str = "desk/hours.html";

    fn samples() -> Vec<Self> {
        let line = |name: &str| HoursLine {
            name: name.into(),
            duty: "志愿者".into(),
            organisation: "社工站".into(),
            sessions: 4,
            planned: 480,
            served: 450,
            open: 1,
        };
        let page = |lines: Vec<HoursLine>| Self {
            may_write: !lines.is_empty(),
            month: "2026-11-01".into(),
            before: "/office/desk/hours?month=2026-10".into(),
            after: "/office/desk/hours?month=2026-12".into(),
            lines,
            total: line(""),
        };
        vec![page(Vec::new()), page(vec![line("张强")])]
    }
}
