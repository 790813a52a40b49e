//! What the templates of this capability get.
use crate::{
    case::{FactLine, pages::LoopStep},
    platform::{
        form::Form,
        page::{Flash, Page},
    },
};
use serde::Serialize;

/// A link that may be the current one.
#[derive(Clone, Debug, Serialize)]
pub struct Pill {
    pub href: String,
    pub label: String,
    pub current: bool,
}

/// A published case as everybody may see it.
#[derive(Clone, Debug, Serialize)]
pub struct Card {
    pub href: String,
    pub title: String,
    pub text: String,
    pub kind: String,
    pub community: String,
    pub state: String,
    pub tone: &'static str,
    pub steps: Vec<LoopStep>,
    pub reported_on: String,
    /// Empty while it is open.
    pub closed_on: String,
    /// Calendar days from the report to the closing, or to today.
    pub days: i64,
    /// Addresses of the published pictures.
    pub before: Vec<String>,
    pub after: Vec<String>,
}

/// Cases of a community; empty where it would tell of too few.
#[derive(Clone, Debug, Serialize)]
pub struct CountLine {
    pub name: String,
    pub all: String,
    pub closed: String,
}

/// A meeting as it is announced, or as it was held.
#[derive(Clone, Debug, Serialize)]
pub struct MeetingLine {
    pub href: String,
    pub title: String,
    /// RFC 3339
    pub at: String,
    pub place: String,
    pub agenda: String,
    pub held: bool,
    pub attendance: u32,
    pub minutes: String,
    /// Each option with its votes.
    pub votes: Vec<(String, u32)>,
}

/// 进度公示栏
#[derive(Debug, Serialize)]
pub struct BoardPage {
    pub cards: Vec<Card>,
    pub kinds: Vec<Pill>,
    pub areas: Vec<Pill>,
    pub counts: Vec<CountLine>,
    pub meetings: Vec<MeetingLine>,
    /// With other words than those of an empty board.
    pub narrowed: bool,
    pub next: String,
    pub first: String,
    pub print: String,
}

/// 公示: one case.
#[derive(Debug, Serialize)]
pub struct BoardCasePage {
    pub card: Card,
    /// Where a suggestion can be seconded; empty for other kinds.
    pub idea: String,
}

/// 公示 on paper.
#[derive(Debug, Serialize)]
pub struct BoardPrintPage {
    pub cards: Vec<Card>,
    pub counts: Vec<CountLine>,
    /// RFC 3339
    pub at: String,
}

/// A suggestion in the list.
#[derive(Clone, Debug, Serialize)]
pub struct IdeaLine {
    pub href: String,
    pub title: String,
    pub community: String,
    pub state: String,
    pub tone: &'static str,
    pub seconds: usize,
    /// Support is asked for.
    pub open: bool,
}

/// 金点子
#[derive(Debug, Serialize)]
pub struct IdeasPage {
    pub ideas: Vec<IdeaLine>,
    pub meetings: Vec<MeetingLine>,
    /// The reader brought a key.
    pub known: bool,
    pub next: String,
    pub first: String,
    pub flash: Option<Flash>,
}

/// What was decided about a suggestion.
#[derive(Clone, Debug, Serialize)]
pub struct DecidedLine {
    pub decision: String,
    pub tone: &'static str,
    pub reasons: String,
    pub owner: String,
    pub due_on: String,
    /// RFC 3339
    pub at: String,
}

/// 金点子: one.
#[derive(Debug, Serialize)]
pub struct IdeaPage {
    pub card: Card,
    pub seconds: usize,
    /// Support is asked for.
    pub open: bool,
    /// The reader brought a key.
    pub known: bool,
    /// Empty, author or supporter: what the reader is to it already.
    pub part: &'static str,
    pub meetings: Vec<MeetingLine>,
    pub decided: Option<DecidedLine>,
    pub trouble: Option<String>,
    pub form: Form,
    pub flash: Option<Flash>,
}

/// An announcement as a line.
#[derive(Clone, Debug, Serialize)]
pub struct AnnouncementLine {
    pub href: String,
    /// Its first line.
    pub title: String,
    pub source: String,
    pub state: String,
    pub tone: &'static str,
    /// RFC 3339
    pub at: String,
    pub by: String,
}

/// A message that was given up.
#[derive(Clone, Debug, Serialize)]
pub struct ParkedLine {
    pub id: String,
    pub topic: String,
    pub attempts: i32,
    pub error: String,
    /// RFC 3339
    pub at: String,
}

/// 公告
#[derive(Debug, Serialize)]
pub struct AnnouncementsPage {
    pub drafts: Vec<AnnouncementLine>,
    pub settled: Vec<AnnouncementLine>,
    /// Messages on their way.
    pub waiting: u64,
    pub parked: Vec<ParkedLine>,
    pub next: String,
    pub first: String,
    pub flash: Option<Flash>,
}

/// 拟公告
#[derive(Debug, Serialize)]
pub struct NewAnnouncementPage {
    /// What it may be about.
    pub sources: Vec<Pill>,
    pub source: String,
    pub cause: String,
    /// Nothing can be told of it now.
    pub nothing: bool,
    pub form: Form,
}

/// 公告: one.
#[derive(Debug, Serialize)]
pub struct AnnouncementPage {
    pub id: String,
    pub line: AnnouncementLine,
    pub body: String,
    pub draft: bool,
    pub version: i64,
    /// What in it says too much, each with its sort.
    pub found: Vec<FactLine>,
    /// Name of the message.
    pub message: String,
    pub form: Form,
    pub flash: Option<Flash>,
}

/// A seeker, masked.
#[derive(Clone, Debug, Serialize)]
pub struct SeekerLine {
    pub id: String,
    pub who: String,
    pub wanted: String,
}

/// A fair with those who found nothing there.
#[derive(Clone, Debug, Serialize)]
pub struct UnmatchedFair {
    pub id: String,
    pub title: String,
    /// RFC 3339
    pub ended_at: String,
    pub total: usize,
    pub seekers: Vec<SeekerLine>,
    pub once: String,
}

/// 未对接求职者
#[derive(Debug, Serialize)]
pub struct UnmatchedPage {
    pub fairs: Vec<UnmatchedFair>,
    /// Requests that one click opens at most.
    pub most: usize,
    pub flash: Option<Flash>,
}

const AT: &str = "2026-11-25T02:00:00Z";

fn pill(label: &str, current: bool) -> Pill {
    Pill {
        href: "/board?kind=suggestion".into(),
        label: label.into(),
        current,
    }
}

impl Card {
    fn sample(closed: bool) -> Self {
        Self {
            href: "/board/0123456789abcdef".into(),
            title: "小区东侧巷道照明".into(),
            text: "已加装 2 盏 LED 灯。\n晚上试亮正常。".into(),
            kind: "居民诉求".into(),
            community: "民乐路社区".into(),
            state: "已结案".into(),
            tone: "ok",
            steps: vec![LoopStep {
                label: "报事".into(),
                note: String::new(),
                state: "done",
            }],
            reported_on: "2026-11-23".into(),
            closed_on: if closed {
                "2026-11-25".into()
            } else {
                String::new()
            },
            days: 2,
            before: if closed {
                vec!["/board/0123456789abcdef/photos/0".into()]
            } else {
                Vec::new()
            },
            after: if closed {
                vec!["/board/0123456789abcdef/photos/1".into()]
            } else {
                Vec::new()
            },
        }
    }
}

fn meeting(held: bool) -> MeetingLine {
    MeetingLine {
        href: "/ideas/0123456789abcdef".into(),
        title: "花坛改成停车位".into(),
        at: AT.into(),
        place: "社区二楼会议室".into(),
        agenda: "是否改、怎么改".into(),
        held,
        attendance: 31,
        minutes: "多数同意先改一半。".into(),
        votes: vec![("同意".into(), 25), ("不同意".into(), 6)],
    }
}

fn counts() -> Vec<CountLine> {
    vec![
        CountLine {
            name: "民乐路社区".into(),
            all: "31".into(),
            closed: "28".into(),
        },
        CountLine {
            name: "天湖社区".into(),
            all: String::new(),
            closed: String::new(),
        },
    ]
}

impl Page for BoardPage {
    const TEMPLATE: &'static str = "notice/board.html";

    fn samples() -> Vec<Self> {
        let page = |cards: Vec<Card>, narrowed, next: &str| Self {
            kinds: vec![pill("全部", true), pill("金点子", false)],
            areas: if cards.is_empty() {
                Vec::new()
            } else {
                vec![pill("民乐路社区", false)]
            },
            counts: if cards.is_empty() {
                Vec::new()
            } else {
                counts()
            },
            meetings: if narrowed {
                Vec::new()
            } else {
                vec![meeting(false)]
            },
            cards,
            narrowed,
            next: next.into(),
            first: next.into(),
            print: "/board/print".into(),
        };
        vec![
            page(Vec::new(), false, ""),
            page(Vec::new(), true, ""),
            page(
                vec![Card::sample(true), Card::sample(false)],
                false,
                "/board?before=1",
            ),
        ]
    }
}

impl Page for BoardCasePage {
    const TEMPLATE: &'static str = "notice/case.html";

    fn samples() -> Vec<Self> {
        let page = |closed, idea: &str| Self {
            card: Card::sample(closed),
            idea: idea.into(),
        };
        vec![page(true, ""), page(false, "/ideas/0123456789abcdef")]
    }
}

impl Page for BoardPrintPage {
    const TEMPLATE: &'static str = "notice/print.html";

    fn samples() -> Vec<Self> {
        let page = |cards: Vec<Card>| Self {
            counts: if cards.is_empty() {
                Vec::new()
            } else {
                counts()
            },
            cards,
            at: AT.into(),
        };
        vec![
            page(Vec::new()),
            page(vec![Card::sample(true), Card::sample(false)]),
        ]
    }
}

impl Page for IdeasPage {
    const TEMPLATE: &'static str = "notice/ideas.html";

    fn samples() -> Vec<Self> {
        let line = |open| IdeaLine {
            href: "/ideas/0123456789abcdef".into(),
            title: "花坛改成停车位".into(),
            community: "民乐路社区".into(),
            state: "处置中".into(),
            tone: "warn",
            seconds: 12,
            open,
        };
        let page = |ideas: Vec<IdeaLine>| Self {
            known: !ideas.is_empty(),
            flash: (!ideas.is_empty()).then(|| Flash::ok("已记住查询码。".into())),
            meetings: if ideas.is_empty() {
                Vec::new()
            } else {
                vec![meeting(false)]
            },
            ideas,
            next: String::new(),
            first: String::new(),
        };
        vec![page(Vec::new()), page(vec![line(true), line(false)])]
    }
}

impl Page for IdeaPage {
    const TEMPLATE: &'static str = "notice/idea.html";

    fn samples() -> Vec<Self> {
        let page = |open: bool, known, part| Self {
            card: Card::sample(!open),
            seconds: 12,
            open,
            known,
            part,
            meetings: if open {
                Vec::new()
            } else {
                vec![meeting(true), meeting(false)]
            },
            decided: (!open).then(|| DecidedLine {
                decision: "采纳".into(),
                tone: "ok",
                reasons: "多数同意，资金已落实。".into(),
                owner: "安居物业".into(),
                due_on: "2026-12-25".into(),
                at: AT.into(),
            }),
            trouble: (part == "author").then(|| "不能附议自己的金点子。".into()),
            form: Form::blank(),
            flash: (part == "supporter").then(|| Flash::ok("已附议。".into())),
        };
        let mut refused = page(false, false, "");
        if let Some(decided) = &mut refused.decided {
            decided.owner.clear();
            decided.due_on.clear();
        }
        vec![
            page(true, false, ""),
            page(true, true, ""),
            page(true, true, "author"),
            page(true, true, "supporter"),
            refused,
        ]
    }
}

fn line(state: &str, tone: &'static str) -> AnnouncementLine {
    AnnouncementLine {
        href: "/office/announcements/3".into(),
        title: "【下周流动办公桌】".into(),
        source: "一周安排".into(),
        state: state.into(),
        tone,
        at: AT.into(),
        by: "王芳".into(),
    }
}

impl Page for AnnouncementsPage {
    const TEMPLATE: &'static str = "notice/announcements.html";

    fn samples() -> Vec<Self> {
        let page = |drafts: Vec<AnnouncementLine>| Self {
            settled: if drafts.is_empty() {
                Vec::new()
            } else {
                vec![line("已送出", "ok"), line("已弃用", "")]
            },
            waiting: u64::from(!drafts.is_empty()),
            parked: if drafts.is_empty() {
                Vec::new()
            } else {
                vec![ParkedLine {
                    id: "7".into(),
                    topic: "发送公告".into(),
                    attempts: 8,
                    error: "cannot write into the outbox folder".into(),
                    at: AT.into(),
                }]
            },
            next: String::new(),
            first: String::new(),
            flash: (!drafts.is_empty()).then(|| Flash::ok("已发出。".into())),
            drafts,
        };
        vec![page(Vec::new()), page(vec![line("草稿", "warn")])]
    }
}

impl Page for NewAnnouncementPage {
    const TEMPLATE: &'static str = "notice/new.html";

    fn samples() -> Vec<Self> {
        let page = |nothing, body: &str| Self {
            sources: vec![pill("自拟", true), pill("一周安排", false)],
            source: "free".into(),
            cause: String::new(),
            nothing,
            form: Form::filled([("body", body.into())]),
        };
        vec![page(false, "【下周流动办公桌】"), page(true, "")]
    }
}

impl Page for AnnouncementPage {
    const TEMPLATE: &'static str = "notice/announcement.html";

    fn samples() -> Vec<Self> {
        let page = |draft, found| Self {
            id: "3".into(),
            line: line("草稿", "warn"),
            body: "【下周流动办公桌】\n周一 8:30–10:30 南门".into(),
            draft,
            version: 1,
            found,
            message: if draft {
                String::new()
            } else {
                "0123456789abcdef0123456789abcdef".into()
            },
            form: Form::filled([("body", "【下周流动办公桌】".into())]),
            flash: (!draft).then(|| Flash::ok("已发出。".into())),
        };
        let trace = FactLine {
            label: "手机号".into(),
            value: "13800138000".into(),
            href: None,
        };
        vec![
            page(true, Vec::new()),
            page(true, vec![trace]),
            page(false, Vec::new()),
        ]
    }
}

impl Page for UnmatchedPage {
    const TEMPLATE: &'static str = "notice/unmatched.html";

    fn samples() -> Vec<Self> {
        let page = |seekers: Vec<SeekerLine>, fairs| Self {
            fairs: if fairs {
                vec![UnmatchedFair {
                    id: "1".into(),
                    title: "星光就业夜市".into(),
                    ended_at: AT.into(),
                    total: seekers.len(),
                    seekers,
                    once: "1".into(),
                }]
            } else {
                Vec::new()
            },
            most: 100,
            flash: fairs.then(|| Flash::ok("已登记 3 件。".into())),
        };
        let seeker = SeekerLine {
            id: "1".into(),
            who: "王** 8000".into(),
            wanted: "文员".into(),
        };
        vec![
            page(Vec::new(), false),
            page(Vec::new(), true),
            page(vec![seeker], true),
        ]
    }
}
