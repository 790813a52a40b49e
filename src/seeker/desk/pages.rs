//! The pages of the desk. Everybody is masked.
use crate::{
    person::Card,
    platform::{
        form::Form,
        page::{Flash, Page},
    },
    seeker::{fairs::FairLine, holder::Choice, notices::Notices},
};
use serde::Serialize;

/// A line of the list.
#[derive(Clone, Serialize)]
pub struct RegistrationLine {
    pub uid: String,
    pub number: String,
    pub code: String,
    pub person: Card,
    pub groups: Vec<String>,
    /// Key below `seeker.channel`.
    pub channel: String,
    /// Key below `seeker.state`; withdrawn as well.
    pub state: &'static str,
    pub registered_at: String,
}

impl RegistrationLine {
    fn sample() -> Self {
        Self {
            uid: "0a".into(),
            number: "0217".into(),
            code: "7K3M9QX2".into(),
            person: Card {
                uid: "0b".into(),
                name: "张**".into(),
                tail: "6608".into(),
                erased: false,
            },
            groups: vec!["graduate".into()],
            channel: "poster".into(),
            state: "inside",
            registered_at: "2026-07-10T01:00:00Z".into(),
        }
    }
}

/// A choice of the filter.
#[derive(Serialize)]
pub struct ChannelCount {
    pub code: String,
    pub count: i64,
    pub current: bool,
}

/// 报名名单
#[derive(Serialize)]
pub struct RegistrationsPage {
    pub fair: FairLine,
    pub channels: Vec<ChannelCount>,
    pub total: i64,
    pub channel: String,
    pub q: String,
    /// What was typed is neither a code nor surname and digits.
    pub unclear: bool,
    pub lines: Vec<RegistrationLine>,
    pub next: String,
    pub first: String,
}

impl Page for RegistrationsPage {
    const TEMPLATE: &'static str = "seeker/registrations.html";

    fn samples() -> Vec<Self> {
        let withdrawn = RegistrationLine {
            state: "withdrawn",
            person: Card {
                erased: true,
                ..Card::default()
            },
            groups: vec![],
            ..RegistrationLine::sample()
        };
        let page = |q: &str, lines| Self {
            fair: FairLine::sample(),
            channels: vec![ChannelCount {
                code: "poster".into(),
                count: 2,
                current: true,
            }],
            total: 2,
            channel: String::new(),
            q: q.into(),
            unclear: !q.is_empty(),
            lines,
            next: "/".into(),
            first: String::new(),
        };
        vec![
            page("", vec![RegistrationLine::sample(), withdrawn]),
            page("?", vec![]),
        ]
    }
}

/// 代办报名
#[derive(Serialize)]
pub struct NewPage {
    pub fair: FairLine,
    pub offered: Vec<Choice>,
    pub notices: Notices,
    pub trouble: Option<String>,
    pub form: Form,
}

impl Page for NewPage {
    const TEMPLATE: &'static str = "seeker/new.html";

    fn samples() -> Vec<Self> {
        [None, Some("名额已满。".to_owned())]
            .map(|trouble| Self {
                fair: FairLine::sample(),
                offered: vec![Choice {
                    value: "graduate".into(),
                    label: "高校毕业生".into(),
                }],
                notices: Notices::sample(),
                trouble,
                form: Form::blank(),
            })
            .into()
    }
}

/// A line of a gate's sheet that was kept just now.
#[derive(Serialize)]
pub struct ArrivalDone {
    pub name: String,
    pub number: String,
    pub at: String,
    /// Key below `seeker.result`.
    pub result: &'static str,
}

/// 补录到场
#[derive(Serialize)]
pub struct ArrivalsPage {
    pub fair: FairLine,
    pub gates: Vec<String>,
    /// `19:42`, while the evening runs.
    pub now: String,
    pub done: Option<ArrivalDone>,
    pub trouble: Option<String>,
    pub form: Form,
}

impl Page for ArrivalsPage {
    const TEMPLATE: &'static str = "seeker/arrivals.html";

    fn samples() -> Vec<Self> {
        let page = |now: &str, done, trouble| Self {
            fair: FairLine::sample(),
            gates: vec!["东门".into(), "南门".into()],
            now: now.into(),
            done,
            trouble,
            form: Form::blank(),
        };
        let done = ArrivalDone {
            name: "张**".into(),
            number: "0217".into(),
            at: "2026-07-19T11:02:00Z".into(),
            result: "admitted",
        };
        vec![
            page("19:42", None, None),
            page("", Some(done), None),
            page("", None, Some("这张入场券已撤回。".into())),
        ]
    }
}

/// A scan in the history of a registration.
#[derive(Serialize)]
pub struct ScanLine {
    pub at: String,
    pub gate: String,
    /// Key below `seeker.result`.
    pub result: String,
    pub offline: bool,
}

/// 报名详情
#[derive(Serialize)]
pub struct RegistrationPage {
    pub fair: FairLine,
    pub line: RegistrationLine,
    pub wanted: String,
    /// Who registered on behalf.
    pub by: Option<String>,
    pub community: Option<String>,
    pub place: Option<String>,
    pub scans: Vec<ScanLine>,
    pub others: bool,
    /// Further codes that lead to the ticket.
    pub codes: Vec<String>,
    pub flash: Option<Flash>,
    pub form: Form,
}

impl Page for RegistrationPage {
    const TEMPLATE: &'static str = "seeker/registration.html";

    fn samples() -> Vec<Self> {
        let scan = || ScanLine {
            at: "2026-07-19T11:02:00Z".into(),
            gate: "东门".into(),
            result: "admitted".into(),
            offline: true,
        };
        let page = || Self {
            fair: FairLine::sample(),
            line: RegistrationLine::sample(),
            wanted: "电工".into(),
            by: Some("李敏".into()),
            community: Some("民乐路社区".into()),
            place: Some("民乐路社区公告栏".into()),
            scans: vec![scan()],
            others: true,
            codes: vec!["9QX27K3M".into()],
            flash: None,
            form: Form::blank(),
        };
        let gone = RegistrationLine {
            state: "withdrawn",
            person: Card {
                erased: true,
                ..Card::default()
            },
            ..RegistrationLine::sample()
        };
        vec![
            page(),
            Self {
                line: gone,
                wanted: String::new(),
                by: None,
                community: None,
                place: None,
                scans: vec![],
                others: false,
                codes: vec![],
                ..page()
            },
        ]
    }
}

/// 纸质入场券
#[derive(Serialize)]
pub struct SlipPage {
    pub fair: FairLine,
    pub uid: String,
    pub number: String,
    pub code: String,
    pub name: String,
    pub tail: String,
    pub gates: Vec<String>,
    /// The drawing of the QR.
    pub qr: String,
}

impl Page for SlipPage {
    const TEMPLATE: &'static str = "seeker/slip.html";

    fn samples() -> Vec<Self> {
        vec![Self {
            fair: FairLine::sample(),
            uid: "0a".into(),
            number: "0217".into(),
            code: "7K3M9QX2".into(),
            name: "张**".into(),
            tail: "6608".into(),
            gates: vec!["东门".into(), "南门".into()],
            qr: "<svg></svg>".into(),
        }]
    }
}
