//! What the templates of this capability get.
use crate::{
    person::consent::Notice,
    platform::{form::Form, page::Page, text, text::Lang},
    queue::Board,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// A choice in a form or a filter.
#[derive(Clone, Debug, Serialize)]
pub struct Choice {
    pub value: String,
    pub label: String,
}

/// The choices of all forms about a match, by their list.
pub type Choices = BTreeMap<&'static str, Vec<Choice>>;

const LISTS: &[(&str, &[&str])] = &[
    ("attended", &["yes", "no_show_seeker", "no_show_employer"]),
    ("check", &["30", "90"]),
    ("complaint", &["fees", "fraud", "other"]),
    ("consent", &["in_person", "phone", "signed", "message"]),
    (
        "contract",
        &["full_time", "part_time", "agency", "flexible", "trainee"],
    ),
    (
        "decline",
        &[
            "pay",
            "distance",
            "hours",
            "placed_elsewhere",
            "family",
            "other",
        ],
    ),
    (
        "evidence",
        &[
            "contract",
            "social_insurance",
            "payslip",
            "site_visit",
            "seeker_confirmed",
            "employer_statement",
        ],
    ),
    (
        "not_selected",
        &[
            "skills",
            "experience",
            "certificate",
            "schedule",
            "pay_expectation",
            "position_filled",
            "no_show",
        ],
    ),
    (
        "reject",
        &[
            "posting_closed",
            "below_age",
            "hard_requirement",
            "duplicate_person",
        ],
    ),
    ("retained", &["retained", "left", "unreachable"]),
    ("share", &["name", "phone", "wanted"]),
    (
        "told",
        &[
            "in_person",
            "phone",
            "wechat",
            "sms",
            "letter",
            "tracking_page",
        ],
    ),
    ("unit", &["month", "day", "hour", "piece"]),
    ("withdraw", &["placed_elsewhere", "changed_mind", "other"]),
    ("yes_no", &["yes", "no"]),
];

/// Every list with its words in the reader's language.
pub fn choices(lang: Lang) -> Choices {
    let list = |(name, codes): &(&'static str, &[&'static str])| {
        let choice = |code: &&'static str| Choice {
            value: (*code).to_owned(),
            label: text::say::<&str>(lang, &format!("matching.{name}.{code}"), &[]),
        };
        (*name, codes.iter().map(choice).collect())
    };
    LISTS.iter().map(list).collect()
}

/// The evening as these pages name it.
#[derive(Clone, Debug, Serialize)]
pub struct Evening {
    pub slug: String,
    pub title: String,
    pub venue: String,
    pub starts_at: String,
    pub ends_at: String,
    pub over: bool,
    pub cancelled: bool,
}

impl Evening {
    fn sample() -> Self {
        Self {
            slug: "starlight".into(),
            title: "星光就业集市".into(),
            venue: "土门墩文化广场".into(),
            starts_at: "2026-07-19T10:30:00Z".into(),
            ends_at: "2026-07-19T13:30:00Z".into(),
            over: false,
            cancelled: false,
        }
    }
}

/// A posting in a list.
#[derive(Clone, Debug, Serialize)]
pub struct Job {
    pub id: String,
    pub title: String,
    pub employer: String,
    pub booth: Option<String>,
    pub pay: String,
    pub headcount: i32,
    /// Where the reader shows interest, or sees the match there is.
    pub href: String,
    /// The reader has an open match for it.
    pub taken: bool,
}

impl Job {
    fn sample() -> Self {
        Self {
            id: "1".into(),
            title: "仓储分拣员".into(),
            employer: "陇上云仓供应链有限公司".into(),
            booth: Some("A01".into()),
            pay: "4500—6000 元/月".into(),
            headcount: 5,
            href: "/f/starlight/interest/1".into(),
            taken: false,
        }
    }
}

/// 摊位页, behind the code at the booth
#[derive(Serialize)]
pub struct BoothPage {
    pub evening: Evening,
    pub code: String,
    pub employer: String,
    pub intro: String,
    /// Where it stands now; nowhere when it left.
    pub booth: Option<String>,
    pub jobs: Vec<Job>,
    /// Its line, while numbers are given out.
    pub line: Option<Board>,
}

impl Page for BoothPage {
    const TEMPLATE: &'static str = "matching/booth.html";

    fn samples() -> Vec<Self> {
        let usual = || Self {
            evening: Evening::sample(),
            code: "7K3M9QX2".into(),
            employer: "陇上云仓供应链有限公司".into(),
            intro: "西北仓配。".into(),
            booth: Some("A01".into()),
            jobs: vec![Job::sample()],
            line: Some(Board::sample()),
        };
        let over = Evening {
            over: true,
            ..Evening::sample()
        };
        let cancelled = Evening {
            cancelled: true,
            ..Evening::sample()
        };
        vec![
            usual(),
            Self {
                booth: None,
                jobs: vec![],
                line: None,
                ..usual()
            },
            Self {
                evening: over,
                ..usual()
            },
            Self {
                evening: cancelled,
                ..usual()
            },
        ]
    }
}

/// 我是谁: a telephone that does not know its ticket
#[derive(Serialize)]
pub struct IdentifyPage {
    pub evening: Evening,
    pub job: Job,
    pub register_href: String,
    pub form: Form,
}

impl Page for IdentifyPage {
    const TEMPLATE: &'static str = "matching/identify.html";

    fn samples() -> Vec<Self> {
        vec![Self {
            evening: Evening::sample(),
            job: Job::sample(),
            register_href: "/f/starlight/register".into(),
            form: Form::blank(),
        }]
    }
}

/// 本场岗位, for the holder of a ticket
#[derive(Serialize)]
pub struct JobsPage {
    pub evening: Evening,
    pub base: String,
    pub q: String,
    pub jobs: Vec<Job>,
    pub next: Option<String>,
    pub first: Option<String>,
}

impl Page for JobsPage {
    const TEMPLATE: &'static str = "matching/jobs.html";

    fn samples() -> Vec<Self> {
        let usual = || Self {
            evening: Evening::sample(),
            base: "/T/04HMASW9NF6YY093".into(),
            q: String::new(),
            jobs: vec![
                Job::sample(),
                Job {
                    taken: true,
                    booth: None,
                    ..Job::sample()
                },
            ],
            next: Some("/T/x/jobs?cursor=3".into()),
            first: None,
        };
        vec![
            usual(),
            Self {
                q: "电工".into(),
                jobs: vec![],
                next: None,
                ..usual()
            },
        ]
    }
}

fn sample_notice() -> Notice {
    Notice {
        version: "2026-11",
        title: "向用人单位提供联系方式".into(),
        parts: vec!["接收方：陇上云仓，仅此一家。".into()],
        agree: "我同意向这家单位提供勾选的信息".into(),
    }
}

/// 登记意向: the seeker decides what the employer may see
#[derive(Serialize)]
pub struct InterestPage {
    pub evening: Evening,
    pub base: String,
    pub name: String,
    pub job: Job,
    pub choices: Choices,
    /// Codes of what this employer may see already.
    pub shared: Vec<String>,
    pub notice: Notice,
    pub trouble: Option<String>,
    pub form: Form,
}

impl Page for InterestPage {
    const TEMPLATE: &'static str = "matching/interest.html";

    fn samples() -> Vec<Self> {
        let usual = || Self {
            evening: Evening::sample(),
            base: "/T/04HMASW9NF6YY093".into(),
            name: "张**".into(),
            job: Job::sample(),
            choices: choices(Lang::Zh),
            shared: vec!["phone".into()],
            notice: sample_notice(),
            trouble: None,
            form: Form::blank(),
        };
        vec![
            usual(),
            Self {
                trouble: Some("这个岗位已结束。".into()),
                shared: vec![],
                ..usual()
            },
        ]
    }
}

/// A dated entry of the timeline.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    pub title: String,
    pub by: String,
    pub at: String,
    pub text: Option<String>,
    pub tone: &'static str,
}

/// 面谈
#[derive(Clone, Debug, Serialize)]
pub struct Meeting {
    pub at: String,
    pub place: String,
}

/// 录用意向
#[derive(Clone, Debug, Serialize)]
pub struct Offered {
    pub pay: String,
    pub start_on: String,
    pub contract: String,
}

/// One match as every side sees it.
#[derive(Clone, Debug, Serialize)]
pub struct Sheet {
    pub number: String,
    pub seq: u64,
    pub title: String,
    pub pay: String,
    pub employer: String,
    pub booth: Option<String>,
    pub evening: Evening,
    /// Key below `matching.state`.
    pub state: &'static str,
    pub tone: &'static str,
    pub stage: &'static str,
    /// Until when the employer answers.
    pub employer_due: Option<String>,
    pub late: bool,
    pub meeting: Option<Meeting>,
    pub offered: Option<Offered>,
    pub started_on: Option<String>,
    pub evidence: Option<&'static str>,
    pub entries: Vec<Entry>,
}

impl Sheet {
    fn sample() -> Self {
        Self {
            number: "JD-2026-000001".into(),
            seq: 3,
            title: "仓储分拣员".into(),
            pay: "4500—6000 元/月".into(),
            employer: "陇上云仓供应链有限公司".into(),
            booth: Some("A01".into()),
            evening: Evening::sample(),
            state: "offered",
            tone: "warn",
            stage: "handling",
            employer_due: Some("2026-07-22T10:00:00Z".into()),
            late: false,
            meeting: Some(Meeting {
                at: "2026-07-19T11:40:00Z".into(),
                place: "A01".into(),
            }),
            offered: Some(Offered {
                pay: "5200 元/月".into(),
                start_on: "2026-07-27".into(),
                contract: "全日制劳动合同".into(),
            }),
            started_on: Some("2026-07-27".into()),
            evidence: Some("contract"),
            entries: vec![Entry {
                title: "登记意向".into(),
                by: "求职者".into(),
                at: "2026-07-19T11:30:00Z".into(),
                text: Some("扫摊位二维码".into()),
                tone: "now",
            }],
        }
    }
}

/// What fills the forms of a match before anybody typed.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Preset {
    pub pay: String,
    pub unit: String,
    pub contract: String,
    pub start_on: String,
    pub today: String,
    pub started_on: String,
    pub check: String,
    pub place: String,
}

impl Preset {
    fn sample() -> Self {
        Self {
            pay: "4500".into(),
            unit: "month".into(),
            contract: "full_time".into(),
            start_on: "2026-07-27".into(),
            today: "2026-07-19".into(),
            started_on: "2026-07-19".into(),
            check: "30".into(),
            place: "A01".into(),
        }
    }
}

/// The moves of a page: what can be done, and which of the forms was sent.
#[derive(Clone, Debug, Serialize)]
pub struct Moves {
    /// Address to which the forms are sent.
    pub url: String,
    pub seq: u64,
    /// Codes; the first is the one to take.
    pub may: Vec<&'static str>,
    /// The move that was refused.
    pub asked: String,
    pub form: Form,
    pub preset: Preset,
    /// Staff act for somebody and say how that person agreed.
    pub on_behalf: bool,
    /// The seeker speaks.
    pub own: bool,
}

impl Moves {
    fn sample(may: &[&'static str], on_behalf: bool) -> Self {
        Self {
            url: "/employer/matches/JD-2026-000001".into(),
            seq: 3,
            may: may.to_vec(),
            asked: String::new(),
            form: Form::blank(),
            preset: Preset::sample(),
            on_behalf,
            own: false,
        }
    }
}

/// Every move that a page may offer, for samples.
const EVERY: &[&str] = &[
    "met",
    "acknowledge",
    "interview_set",
    "interviewed",
    "offer",
    "offer_accept",
    "offer_decline",
    "not_selected",
    "submit_result",
    "verify_pass",
    "verify_fail",
    "callback",
    "close",
    "retention",
    "accept",
    "reject",
    "refer",
    "expire",
    "appeal",
    "reopen",
    "update",
    "escalate",
    "withdraw",
];

/// 我的对接: one match as its seeker sees it
#[derive(Serialize)]
pub struct SeekerMatchPage {
    pub base: String,
    pub sheet: Sheet,
    pub moves: Moves,
    pub choices: Choices,
    /// What the employer sees now, by code.
    pub shared: Vec<String>,
    /// Sharing can still be changed.
    pub may_share: bool,
    pub notice: Notice,
    pub share_form: Form,
    pub trouble: Option<String>,
    /// Key below `matching.said`.
    pub said: Option<&'static str>,
}

impl Page for SeekerMatchPage {
    const TEMPLATE: &'static str = "matching/mine.html";

    fn samples() -> Vec<Self> {
        let usual = |may: &[&'static str]| Self {
            base: "/T/04HMASW9NF6YY093".into(),
            sheet: Sheet::sample(),
            moves: Moves {
                own: true,
                ..Moves::sample(may, false)
            },
            choices: choices(Lang::Zh),
            shared: vec!["phone".into(), "name".into()],
            may_share: true,
            notice: sample_notice(),
            share_form: Form::blank(),
            trouble: None,
            said: Some("interest"),
        };
        vec![
            usual(EVERY),
            Self {
                shared: vec![],
                may_share: false,
                trouble: Some("他人已先行更新。".into()),
                said: None,
                ..usual(&[])
            },
        ]
    }
}

/// A link that filters a list.
#[derive(Clone, Debug, Serialize)]
pub struct Tab {
    pub label: String,
    pub href: String,
    pub current: bool,
    pub count: Option<i64>,
}

/// A match as a line of a list.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    pub number: String,
    pub href: String,
    pub title: String,
    pub employer: String,
    pub booth: Option<String>,
    pub pay: String,
    /// Masked, or what the seeker shares.
    pub name: String,
    pub tail: String,
    /// Code of the ticket.
    pub code: String,
    /// Names the person in addresses of staff pages.
    pub person: String,
    /// Key below `matching.state`.
    pub state: &'static str,
    pub tone: &'static str,
    pub due: Option<String>,
    pub late: bool,
    pub at: String,
}

impl Line {
    fn sample() -> Self {
        Self {
            number: "JD-2026-000001".into(),
            href: "/employer/matches/JD-2026-000001".into(),
            title: "仓储分拣员".into(),
            employer: "陇上云仓供应链有限公司".into(),
            booth: Some("A01".into()),
            pay: "4500—6000 元/月".into(),
            name: "张**".into(),
            tail: "6608".into(),
            code: "7K3M9QX2".into(),
            person: "0a".into(),
            state: "dispatched",
            tone: "info",
            due: Some("2026-07-22T10:00:00Z".into()),
            late: true,
            at: "2026-07-19T11:30:00Z".into(),
        }
    }
}

/// 应聘意向: an employer's queue
#[derive(Serialize)]
pub struct QueuePage {
    pub tabs: Vec<Tab>,
    pub lines: Vec<Line>,
    pub postings: Vec<Choice>,
    pub posting: String,
    pub tab: &'static str,
    pub q: String,
    pub next: Option<String>,
    pub first: Option<String>,
}

impl Page for QueuePage {
    const TEMPLATE: &'static str = "matching/queue.html";

    fn samples() -> Vec<Self> {
        let tab = Tab {
            label: "待回应".into(),
            href: "/employer/matches?tab=answer".into(),
            current: true,
            count: Some(3),
        };
        let usual = || Self {
            tabs: vec![tab.clone()],
            lines: vec![
                Line::sample(),
                Line {
                    late: false,
                    due: None,
                    booth: None,
                    ..Line::sample()
                },
            ],
            postings: vec![Choice {
                value: "1".into(),
                label: "仓储分拣员".into(),
            }],
            posting: String::new(),
            tab: "answer",
            q: String::new(),
            next: Some("/employer/matches?cursor=1".into()),
            first: None,
        };
        vec![
            usual(),
            Self {
                lines: vec![],
                postings: vec![],
                q: "7K3M9QX2".into(),
                next: None,
                ..usual()
            },
        ]
    }
}

/// Somebody who was found by a ticket: masked.
#[derive(Clone, Debug, Serialize)]
pub struct Holder {
    pub name: String,
    pub code: String,
    pub number: String,
}

impl Holder {
    fn sample() -> Self {
        Self {
            name: "张**".into(),
            code: "7K3M9QX2".into(),
            number: "0217".into(),
        }
    }
}

/// 扫码登记: an employer has a ticket before it
#[derive(Serialize)]
pub struct ScanPage {
    pub entry: String,
    pub found: Option<Holder>,
    /// Matches that stand already with this person.
    pub lines: Vec<Line>,
    pub postings: Vec<Choice>,
    pub trouble: Option<String>,
    pub form: Form,
}

impl Page for ScanPage {
    const TEMPLATE: &'static str = "matching/scan.html";

    fn samples() -> Vec<Self> {
        let blank = || Self {
            entry: String::new(),
            found: None,
            lines: vec![],
            postings: vec![],
            trouble: None,
            form: Form::blank(),
        };
        let job = Choice {
            value: "1".into(),
            label: "仓储分拣员".into(),
        };
        vec![
            blank(),
            Self {
                trouble: Some("没有找到".into()),
                ..blank()
            },
            Self {
                found: Some(Holder::sample()),
                lines: vec![Line::sample()],
                postings: vec![job],
                entry: "7K3M9QX2".into(),
                ..blank()
            },
            Self {
                found: Some(Holder::sample()),
                entry: "7K3M9QX2".into(),
                ..blank()
            },
        ]
    }
}

/// A number that was called, at the booth of whoever called it.
#[derive(Clone, Debug, Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the template asks each by itself"
)]
pub struct Seat {
    pub number: i64,
    /// At the table.
    pub here: bool,
    /// Called by the reader.
    pub mine: bool,
    /// Until when it is awaited, such as `19:42`.
    pub until: Option<String>,
    /// It was awaited long enough.
    pub late: bool,
    /// It was called in vain before: the next time it is out.
    pub last: bool,
    /// Without a ticket.
    pub paper: bool,
    pub holder: Option<Holder>,
}

impl Seat {
    fn sample() -> Self {
        Self {
            number: 12,
            here: true,
            mine: true,
            until: None,
            late: false,
            last: false,
            paper: false,
            holder: Some(Holder::sample()),
        }
    }

    fn awaited(number: i64, late: bool) -> Self {
        Self {
            number,
            here: false,
            until: Some("19:42".into()),
            late,
            last: late,
            paper: late,
            holder: None,
            ..Self::sample()
        }
    }
}

/// Whoever is at the table, and what can come of it now.
#[derive(Clone, Debug, Serialize)]
pub struct AtTable {
    pub holder: Holder,
    /// Code of the ticket.
    pub entry: String,
    /// The match that goes on.
    pub current: Option<Line>,
    pub moves: Option<Moves>,
    /// It was not referred to the employer yet.
    pub waits: bool,
    /// Others that there are.
    pub lines: Vec<Line>,
    /// Postings without a match so far.
    pub postings: Vec<Choice>,
}

/// 摊位工作台: the line and the table of a booth, on the telephone of whoever stands there
#[derive(Serialize)]
pub struct AtBoothPage {
    pub evening: Evening,
    pub board: Board,
    pub seats: Vec<Seat>,
    pub person: Option<AtTable>,
    pub choices: Choices,
    /// What was typed and not found.
    pub entry: String,
    pub trouble: Option<String>,
    /// Key below `matching.at.said`.
    pub said: Option<&'static str>,
    /// The number it is said of.
    pub number: Option<i64>,
    pub form: Form,
}

impl AtTable {
    fn fresh() -> Self {
        Self {
            holder: Holder::sample(),
            entry: "7K3M9QX2".into(),
            current: None,
            moves: None,
            waits: false,
            lines: vec![],
            postings: vec![Choice {
                value: "1".into(),
                label: "仓储分拣员".into(),
            }],
        }
    }

    fn sample() -> Self {
        Self {
            current: Some(Line::sample()),
            moves: Some(Moves::sample(&["met", "offer", "not_selected"], false)),
            lines: vec![Line::sample()],
            ..Self::fresh()
        }
    }
}

impl AtBoothPage {
    fn sample() -> Self {
        Self {
            evening: Evening::sample(),
            board: Board::sample(),
            seats: vec![Seat::sample(), Seat::awaited(13, false)],
            person: Some(AtTable::sample()),
            choices: choices(Lang::Zh),
            entry: String::new(),
            trouble: None,
            said: Some("called"),
            number: Some(13),
            form: Form::blank(),
        }
    }

    fn refused() -> Self {
        let mut again = Form::filled([("entry", "7K3".into())]);
        for name in ["entry", "ticket"] {
            again.errors.insert(name.into(), "请填写此项".into());
            again.faults.push((name.into(), "请填写此项".into()));
        }
        Self {
            seats: vec![Seat::awaited(13, true)],
            person: Some(AtTable::fresh()),
            board: Board {
                paused: Some("用餐，20:10 继续".into()),
                ..Board::sample()
            },
            trouble: Some("13 号还有时间".into()),
            said: None,
            number: None,
            form: again,
            ..Self::sample()
        }
    }
}

impl Page for AtBoothPage {
    const TEMPLATE: &'static str = "matching/at_booth.html";

    fn samples() -> Vec<Self> {
        vec![
            Self::sample(),
            Self::refused(),
            Self {
                seats: vec![],
                person: Some(AtTable {
                    current: Some(Line::sample()),
                    waits: true,
                    postings: vec![],
                    ..AtTable::fresh()
                }),
                ..Self::sample()
            },
            Self {
                seats: vec![],
                person: None,
                board: Board {
                    shut: Some("queue_over"),
                    waiting: vec![],
                    count: 0,
                    minutes: None,
                    ..Board::sample()
                },
                said: Some("empty"),
                number: None,
                ..Self::sample()
            },
        ]
    }
}

/// 摊位工作台, when there is none tonight or more than one
#[derive(Serialize)]
pub struct BoothsPage {
    /// Code of the booth, and its evening.
    pub booths: Vec<(String, Evening)>,
}

impl Page for BoothsPage {
    const TEMPLATE: &'static str = "matching/booths.html";

    fn samples() -> Vec<Self> {
        let booth = ("7K3M9QX2".to_owned(), Evening::sample());
        vec![
            Self {
                booths: vec![booth],
            },
            Self { booths: vec![] },
        ]
    }
}

/// Who applies, as far as the employer sees it.
#[derive(Clone, Debug, Serialize)]
pub struct Applicant {
    pub name: String,
    pub code: String,
    pub number: String,
    /// Codes of what is shared.
    pub shared: Vec<String>,
    pub wanted: Option<String>,
    pub groups: Vec<String>,
    /// Opened, once.
    pub phone: Option<String>,
}

/// 一件对接, as the employer sees it
#[derive(Serialize)]
pub struct EmployerMatchPage {
    pub sheet: Sheet,
    pub who: Applicant,
    pub moves: Moves,
    pub choices: Choices,
    pub rating: Option<i32>,
    /// Not referred to the employer yet.
    pub waits: bool,
    pub trouble: Option<String>,
    pub said: Option<&'static str>,
}

impl Page for EmployerMatchPage {
    const TEMPLATE: &'static str = "matching/match.html";

    fn samples() -> Vec<Self> {
        let who = Applicant {
            name: "张**".into(),
            code: "7K3M9QX2".into(),
            number: "0217".into(),
            shared: vec!["phone".into(), "wanted".into()],
            wanted: Some("分拣".into()),
            groups: vec![],
            phone: None,
        };
        let usual = |may: &[&'static str]| Self {
            sheet: Sheet::sample(),
            who: who.clone(),
            moves: Moves::sample(may, false),
            choices: choices(Lang::Zh),
            rating: Some(4),
            waits: false,
            trouble: None,
            said: Some("act"),
        };
        let opened = Applicant {
            phone: Some("13000000000".into()),
            ..who.clone()
        };
        let closed = Applicant {
            shared: vec![],
            wanted: None,
            ..who.clone()
        };
        vec![
            usual(EVERY),
            Self {
                who: opened,
                ..usual(&["acknowledge"])
            },
            Self {
                who: closed,
                waits: true,
                rating: None,
                trouble: Some("他人已先行更新。".into()),
                said: None,
                ..usual(&[])
            },
        ]
    }
}

/// A match with what the office does about it next.
#[derive(Clone, Debug, Serialize)]
pub struct Work {
    pub line: Line,
    pub sheet: Sheet,
    pub moves: Moves,
    /// `retention_30` and the day on which it is due.
    pub follow_up: Option<(String, String)>,
    pub told: bool,
}

/// 对接工作台: the placement officer's queues
#[derive(Serialize)]
pub struct WorkPage {
    pub tabs: Vec<Tab>,
    pub queue: &'static str,
    pub works: Vec<Work>,
    pub choices: Choices,
    pub trouble: Option<(String, String)>,
    pub said: Option<&'static str>,
    pub may_add: bool,
    pub next: Option<String>,
    pub first: Option<String>,
}

impl Page for WorkPage {
    const TEMPLATE: &'static str = "matching/office.html";

    fn samples() -> Vec<Self> {
        let work = |number: &str, may: &[&'static str]| Work {
            line: Line {
                number: number.into(),
                ..Line::sample()
            },
            sheet: Sheet::sample(),
            moves: Moves::sample(may, true),
            follow_up: Some(("retention_30".into(), "2026-08-26".into())),
            told: true,
        };
        let tab = Tab {
            label: "待推荐".into(),
            href: "/office/matches".into(),
            current: true,
            count: Some(2),
        };
        let usual = || Self {
            tabs: vec![tab.clone()],
            queue: "refer",
            works: vec![work("JD-2026-000001", EVERY), work("JD-2026-000002", &[])],
            choices: choices(Lang::Zh),
            trouble: Some((
                "JD-2026-000001".into(),
                "不能自己核实自己申报的到岗。".into(),
            )),
            said: Some("act"),
            may_add: true,
            next: None,
            first: None,
        };
        vec![
            usual(),
            Self {
                works: vec![],
                trouble: None,
                said: None,
                ..usual()
            },
        ]
    }
}

/// 代办登记意向, at the desk
#[derive(Serialize)]
pub struct OnBehalfPage {
    pub fairs: Vec<Choice>,
    pub fair: String,
    pub entry: String,
    pub found: Option<Holder>,
    pub postings: Vec<Choice>,
    pub choices: Choices,
    pub notice: Option<Notice>,
    pub trouble: Option<String>,
    pub form: Form,
}

impl Page for OnBehalfPage {
    const TEMPLATE: &'static str = "matching/on_behalf.html";

    fn samples() -> Vec<Self> {
        let job = |value: &str| Choice {
            value: value.into(),
            label: "仓储分拣员 · 陇上云仓".into(),
        };
        let blank = || Self {
            fairs: vec![job("starlight")],
            fair: "starlight".into(),
            entry: String::new(),
            found: None,
            postings: vec![],
            choices: choices(Lang::Zh),
            notice: None,
            trouble: None,
            form: Form::blank(),
        };
        vec![
            blank(),
            Self {
                trouble: Some("没有找到".into()),
                fairs: vec![],
                ..blank()
            },
            Self {
                found: Some(Holder::sample()),
                postings: vec![job("1")],
                notice: Some(sample_notice()),
                entry: "217".into(),
                ..blank()
            },
        ]
    }
}
