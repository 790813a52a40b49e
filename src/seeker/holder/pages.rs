//! The ticket and the pages behind it. No script, one answer each.
use crate::{
    platform::{form::Form, page::Page},
    seeker::{MatchRow, QueueRow, fairs::FairLine, notices::Notices},
};
use serde::Serialize;

/// A choice of a form.
#[derive(Clone, Debug, Serialize)]
pub struct Choice {
    pub value: String,
    pub label: String,
}

/// 首次入场
#[derive(Clone, Debug, Serialize)]
pub struct Arrival {
    pub at: String,
    pub gate: String,
}

/// 入场券
#[derive(Clone, Debug, Serialize)]
pub struct TicketPage {
    pub fair: FairLine,
    pub hosts: Vec<String>,
    /// Address of the ticket, below which its other pages lie.
    pub base: String,
    /// `0217`
    pub number: String,
    pub code: String,
    /// The QR as a data address, so that the ticket shows without another request.
    pub qr: String,
    pub name: String,
    pub tail: String,
    /// Codes of groups.
    pub groups: Vec<String>,
    /// `not_arrived`, `inside` or `left`.
    pub state: &'static str,
    pub arrival: Option<Arrival>,
    pub matches: Vec<MatchRow>,
    /// Numbers in the lines at booths.
    pub queues: Vec<QueueRow>,
    /// The evening is over.
    pub over: bool,
    /// Just registered: the page says so once.
    pub fresh: bool,
    pub amended: bool,
    /// What happened to a number: taken or left.
    pub queued: Option<&'static str>,
}

impl TicketPage {
    fn sample() -> Self {
        Self {
            fair: FairLine::sample(),
            hosts: vec!["土门墩街道".into(), "就业创业促进中心".into()],
            base: "/T/04HMASW9NF6YY093".into(),
            number: "0217".into(),
            code: "7K3M9QX2".into(),
            qr: "data:image/png;base64,".into(),
            name: "张**".into(),
            tail: "6608".into(),
            groups: vec!["graduate".into()],
            state: "not_arrived",
            arrival: None,
            matches: vec![],
            queues: vec![],
            over: false,
            fresh: true,
            amended: false,
            queued: None,
        }
    }
}

/// A number in a line, as tickets show it.
fn queued(state: &str, minutes: Option<i64>) -> QueueRow {
    QueueRow {
        queue: 1,
        booth: "A01".into(),
        employer: "陇上云仓".into(),
        number: 12,
        state: state.into(),
        ahead: 3,
        minutes,
        come_at: minutes.map(|_| "19:42".into()),
        until: (state == "called").then(|| "19:45".into()),
        once_missed: minutes.is_none(),
        paused: (state == "waiting" && minutes.is_none()).then(String::new),
        href: "/T/04HMASW9NF6YY093/queues/7K3M9QX2".into(),
        board: "/B/7K3M9QX2/queue".into(),
        again: "/B/7K3M9QX2/number".into(),
    }
}

impl Page for TicketPage {
    const TEMPLATE: &'static str = "seeker/ticket.html";

    fn samples() -> Vec<Self> {
        let row = |booth: &str, tone: &str| MatchRow {
            number: "JD-2026-000001".into(),
            title: "仓储分拣员".into(),
            employer: "陇上云仓".into(),
            booth: booth.into(),
            pay: "4500–6000 元/月".into(),
            state: "已投递".into(),
            tone: tone.into(),
            href: "/".into(),
        };
        let came = Arrival {
            at: "2026-07-19T11:02:00Z".into(),
            gate: "东门".into(),
        };
        vec![
            Self::sample(),
            Self {
                state: "inside",
                arrival: Some(came.clone()),
                matches: vec![row("A01", "info"), row("", "ok")],
                queues: vec![
                    queued("called", None),
                    queued("here", None),
                    queued("waiting", Some(18)),
                    queued("waiting", None),
                    queued("missed", None),
                    queued("shut", None),
                ],
                queued: Some("taken"),
                fresh: false,
                amended: true,
                ..Self::sample()
            },
            Self {
                state: "left",
                arrival: Some(came),
                over: true,
                groups: vec![],
                fresh: false,
                ..Self::sample()
            },
            Self {
                fair: FairLine {
                    cancelled: true,
                    notice: String::new(),
                    ..FairLine::sample()
                },
                hosts: vec![],
                ..Self::sample()
            },
        ]
    }
}

/// 保存二维码: a picture with an address of its own, because saving by a long press needs one.
#[derive(Serialize)]
pub struct QrPage {
    pub fair: FairLine,
    pub base: String,
    pub number: String,
    pub code: String,
    /// The same picture as its file, for as long as that is under way.
    pub qr: String,
}

impl Page for QrPage {
    const TEMPLATE: &'static str = "seeker/qr.html";

    fn samples() -> Vec<Self> {
        vec![Self {
            fair: FairLine::sample(),
            base: "/T/04HMASW9NF6YY093".into(),
            number: "0217".into(),
            code: "7K3M9QX2".into(),
            qr: "data:image/png;base64,".into(),
        }]
    }
}

/// 我的信息
#[derive(Serialize)]
pub struct MinePage {
    pub fair: FairLine,
    pub base: String,
    pub name: String,
    pub tail: String,
    pub wanted: String,
    pub groups: Vec<String>,
    pub offered: Vec<Choice>,
    pub registered_at: String,
    /// Key below `seeker.channel`.
    pub channel: String,
    pub notices: Notices,
    pub form: Form,
    /// The form in which the number is asked before the copy is handed out.
    pub copy: Form,
}

impl Page for MinePage {
    const TEMPLATE: &'static str = "seeker/mine.html";

    fn samples() -> Vec<Self> {
        vec![Self {
            fair: FairLine::sample(),
            base: "/T/04HMASW9NF6YY093".into(),
            name: "张**".into(),
            tail: "6608".into(),
            wanted: "电工".into(),
            groups: vec!["graduate".into()],
            offered: vec![Choice {
                value: "graduate".into(),
                label: "高校毕业生".into(),
            }],
            registered_at: "2026-07-10T01:00:00Z".into(),
            channel: "poster".into(),
            notices: Notices::sample(),
            form: Form::blank(),
            copy: Form::blank(),
        }]
    }
}

/// 撤回并删除, before it happens
#[derive(Serialize)]
pub struct WithdrawPage {
    pub fair: FairLine,
    pub base: String,
    pub name: String,
    /// The person holds other tickets, which stay.
    pub others: bool,
    pub matches: usize,
}

impl Page for WithdrawPage {
    const TEMPLATE: &'static str = "seeker/withdraw.html";

    fn samples() -> Vec<Self> {
        [(false, 0), (true, 2)]
            .map(|(others, matches)| Self {
                fair: FairLine::sample(),
                base: "/T/04HMASW9NF6YY093".into(),
                name: "张**".into(),
                others,
                matches,
            })
            .into()
    }
}

/// 已撤回
#[derive(Serialize)]
pub struct WithdrawnPage {
    pub fair: FairLine,
}

impl Page for WithdrawnPage {
    const TEMPLATE: &'static str = "seeker/withdrawn.html";

    fn samples() -> Vec<Self> {
        vec![Self {
            fair: FairLine::sample(),
        }]
    }
}
