//! What the templates of this capability get.
use crate::platform::{form::Form, page::Page};
use serde::Serialize;

/// A number that was called.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Called {
    pub number: i64,
    /// Until when it is awaited, such as `19:42`.
    pub until: Option<String>,
}

/// 摊位队列, as everybody may see it: numbers, nobody's name
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Board {
    /// Code of the booth.
    pub code: String,
    /// Such as `A01`; empty when the employer has none now.
    pub booth: String,
    pub employer: String,
    /// Title of the evening.
    pub evening: String,
    pub slug: String,
    /// Why no number is given out, if none is.
    pub shut: Option<&'static str>,
    /// The last one first.
    pub called: Vec<Called>,
    /// At the table now.
    pub here: Vec<Called>,
    /// The next numbers, in their order.
    pub waiting: Vec<i64>,
    /// How many wait.
    pub count: u64,
    /// About how many minutes whoever takes a number now waits; none while there is no pace yet.
    pub minutes: Option<i64>,
    /// What those who wait are told while nobody is called.
    pub paused: Option<String>,
    pub at: String,
}

impl Board {
    /// A line in the middle of an evening.
    pub fn sample() -> Self {
        let called = |number, until: Option<&str>| Called {
            number,
            until: until.map(str::to_owned),
        };
        Self {
            code: "7K3M9QX2".into(),
            booth: "A01".into(),
            employer: "陇上云仓供应链有限公司".into(),
            evening: "星光就业集市".into(),
            slug: "starlight".into(),
            shut: None,
            called: vec![called(12, Some("19:42"))],
            here: vec![called(11, None)],
            waiting: vec![13, 14, 9, 15],
            count: 4,
            minutes: Some(24),
            paused: None,
            at: "2026-07-19T11:39:00Z".into(),
        }
    }

    fn empty() -> Self {
        Self {
            called: vec![],
            here: vec![],
            waiting: vec![],
            count: 0,
            minutes: None,
            ..Self::sample()
        }
    }
}

/// 叫号屏: a line on any screen
#[derive(Serialize)]
pub struct BoardPage {
    pub board: Board,
    /// The code at the booth, as SVG.
    pub qr: String,
}

impl Page for BoardPage {
    const TEMPLATE: &'static str = "queue/board.html";

    fn samples() -> Vec<Self> {
        let paused = Board {
            paused: Some("面试官用餐，20:10 继续叫号".into()),
            ..Board::sample()
        };
        let shut = Board {
            shut: Some("queue_over"),
            booth: String::new(),
            ..Board::empty()
        };
        [Board::sample(), Board::empty(), paused, shut]
            .map(|board| Self {
                board,
                qr: "<svg></svg>".into(),
            })
            .into()
    }
}

/// 取号
#[derive(Serialize)]
pub struct NumberPage {
    pub board: Board,
    /// This telephone knows its ticket: `0217`.
    pub known: Option<String>,
    pub register_href: String,
    pub trouble: Option<String>,
    pub form: Form,
}

impl Page for NumberPage {
    const TEMPLATE: &'static str = "queue/number.html";

    fn samples() -> Vec<Self> {
        let usual = |board: Board| Self {
            board,
            known: Some("0217".into()),
            register_href: "/f/starlight/register?b=7K3M9QX2".into(),
            trouble: None,
            form: Form::blank(),
        };
        let mut again = Form::filled([("code", "7K3".into()), ("tail", String::new())]);
        again.errors.insert("code".into(), "格式不对".into());
        again.faults.push(("code".into(), "格式不对".into()));
        vec![
            usual(Board::sample()),
            Self {
                known: None,
                form: again,
                ..usual(Board::empty())
            },
            Self {
                known: None,
                trouble: Some("已经在三个摊位排队".into()),
                ..usual(Board {
                    shut: Some("queue_not_yet"),
                    ..Board::empty()
                })
            },
            usual(Board {
                paused: Some(String::new()),
                ..Board::sample()
            }),
        ]
    }
}

/// A booth with its line, in a list.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    pub code: String,
    pub booth: String,
    pub employer: String,
    pub waiting: i64,
    pub paused: bool,
    pub board: String,
}

impl Line {
    fn sample() -> Self {
        Self {
            code: "7K3M9QX2".into(),
            booth: "A01".into(),
            employer: "陇上云仓供应链有限公司".into(),
            waiting: 4,
            paused: false,
            board: "/B/7K3M9QX2/queue".into(),
        }
    }
}

/// 各摊位排队, for the holder of a ticket
#[derive(Serialize)]
pub struct LinesPage {
    pub base: String,
    pub title: String,
    pub slug: String,
    pub lines: Vec<Line>,
    /// Why no numbers are given out at all.
    pub shut: Option<&'static str>,
    pub trouble: Option<String>,
    pub once: String,
}

impl Page for LinesPage {
    const TEMPLATE: &'static str = "queue/lines.html";

    fn samples() -> Vec<Self> {
        let usual = || Self {
            base: "/T/04HMASW9NF6YY093".into(),
            title: "星光就业集市".into(),
            slug: "starlight".into(),
            lines: vec![
                Line::sample(),
                Line {
                    waiting: 0,
                    paused: true,
                    ..Line::sample()
                },
            ],
            shut: None,
            trouble: None,
            once: "0a".into(),
        };
        vec![
            usual(),
            Self {
                lines: vec![],
                shut: Some("queue_not_yet"),
                trouble: Some("已经在三个摊位排队".into()),
                ..usual()
            },
        ]
    }
}

/// A number that was given out on paper.
#[derive(Clone, Debug, Serialize)]
pub struct Slip {
    pub number: i64,
    pub booth: String,
    pub employer: String,
    pub ahead: u64,
    /// Of the board, as SVG, for whoever looks it up for somebody.
    pub qr: String,
    pub print: String,
}

impl Slip {
    fn sample() -> Self {
        Self {
            number: 12,
            booth: "A01".into(),
            employer: "陇上云仓供应链有限公司".into(),
            ahead: 3,
            qr: "<svg></svg>".into(),
            print: "/gate/starlight/queues/7K3M9QX2/12".into(),
        }
    }
}

/// 发号: numbers for people without a telephone, at the gate or the desk
#[derive(Serialize)]
pub struct GivePage {
    pub title: String,
    pub slug: String,
    pub lines: Vec<Line>,
    pub given: Option<Slip>,
    pub trouble: Option<String>,
    pub form: Form,
}

impl Page for GivePage {
    const TEMPLATE: &'static str = "queue/give.html";

    fn samples() -> Vec<Self> {
        let usual = || Self {
            title: "星光就业集市".into(),
            slug: "starlight".into(),
            lines: vec![Line::sample()],
            given: None,
            trouble: None,
            form: Form::blank(),
        };
        vec![
            usual(),
            Self {
                given: Some(Slip::sample()),
                ..usual()
            },
            Self {
                lines: vec![],
                trouble: Some("本场集市已结束".into()),
                ..usual()
            },
        ]
    }
}

/// 排队号条
#[derive(Serialize)]
pub struct SlipPage {
    pub title: String,
    pub slug: String,
    pub slip: Slip,
    pub at: String,
}

impl Page for SlipPage {
    const TEMPLATE: &'static str = "queue/slip.html";

    fn samples() -> Vec<Self> {
        vec![Self {
            title: "星光就业集市".into(),
            slug: "starlight".into(),
            slip: Slip::sample(),
            at: "2026-07-19T11:39:00Z".into(),
        }]
    }
}
