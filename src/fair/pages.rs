//! What the templates of this capability get.
use crate::{
    domain::floor::{Place, RowLabel},
    platform::{
        form::Form,
        home::Coming,
        page::{Flash, Page},
    },
};
use chrono::DateTime;
use serde::Serialize;

/// A choice in a form.
#[derive(Clone, Debug, Serialize)]
pub struct Choice {
    pub value: String,
    pub label: String,
}

impl Choice {
    fn sample(value: &str, label: &str) -> Self {
        Self {
            value: value.into(),
            label: label.into(),
        }
    }
}

/// The booths drawn: numbers for the macro `booth_map`, which `booth_list` says as a list.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Drawing {
    pub width: u32,
    pub height: u32,
    pub rows: Vec<RowLabel>,
    pub booths: Vec<Drawn>,
}

/// One booth.
#[derive(Clone, Debug, Serialize)]
pub struct Drawn {
    pub label: String,
    pub name: Option<String>,
    pub title: String,
    pub detail: Option<String>,
    pub href: Option<String>,
    pub mine: bool,
    /// 0 to 4, while lines are being called.
    pub heat: Option<u8>,
    pub state: &'static str,
    #[serde(flatten)]
    pub place: Place,
}

impl Drawing {
    fn sample() -> Self {
        let booth = |n: u32, state: &'static str, name: Option<&str>| Drawn {
            label: format!("A{n:02}"),
            name: name.map(str::to_owned),
            title: format!("A{n:02}"),
            detail: (n == 1).then(|| "北侧".into()),
            href: (n > 1).then(|| "?booth=A02".into()),
            mine: n == 3,
            heat: None,
            state,
            place: Place {
                x: 0,
                y: 22 + n * 62,
                w: 86,
                h: 58,
            },
        };
        Self {
            width: 358,
            height: 300,
            rows: vec![RowLabel {
                label: "A".into(),
                x: 43,
                y: 16,
            }],
            booths: vec![
                booth(1, "free", None),
                booth(2, "held", None),
                booth(3, "taken", Some("陇上云仓")),
            ],
        }
    }
}

/// What every page about a fair says of it.
#[derive(Clone, Debug, Serialize)]
pub struct Head {
    pub slug: String,
    pub title: String,
    pub venue: String,
    pub address: String,
    pub starts_at: String,
    pub ends_at: String,
    pub status: String,
    pub stage: String,
    pub registration_opens_at: String,
    pub registration_closes_at: String,
}

impl Head {
    pub(super) fn sample() -> Self {
        Self {
            slug: "starlight".into(),
            title: "星光就业集市".into(),
            venue: "金城公园".into(),
            address: "金城公园西门广场".into(),
            starts_at: "2026-07-19T11:00:00Z".into(),
            ends_at: "2026-07-19T14:00:00Z".into(),
            status: "published".into(),
            stage: "registering".into(),
            registration_opens_at: "2026-07-01T00:00:00Z".into(),
            registration_closes_at: "2026-07-19T13:30:00Z".into(),
        }
    }

    fn at(stage: &str) -> Self {
        Self {
            stage: stage.into(),
            ..Self::sample()
        }
    }
}

/// 首页: fairs now and then, and the way to the desk.
#[derive(Serialize)]
pub struct HomePage {
    pub upcoming: Vec<Head>,
    pub past: Vec<Head>,
    /// The next desks.
    pub desks: Vec<Coming>,
}

impl Page for HomePage {
    const TEMPLATE: &'static str = "fair/home.html";

    fn samples() -> Vec<Self> {
        vec![
            Self {
                upcoming: Vec::new(),
                past: Vec::new(),
                desks: Vec::new(),
            },
            Self {
                upcoming: vec![Head::sample(), Head::at("running"), Head::at("cancelled")],
                past: vec![Head::at("ended")],
                desks: [true, false]
                    .map(|now| Coming {
                        starts_at: DateTime::UNIX_EPOCH,
                        when: "11月27日 周五 18:00–20:00".into(),
                        place: "南门岗亭旁".into(),
                        kind: "办公桌".into(),
                        now,
                    })
                    .into(),
            },
        ]
    }
}

/// A unit and its part, in words.
#[derive(Clone, Debug, Serialize)]
pub struct HostLine {
    pub name: String,
    pub part: String,
}

/// An item of the side programme.
#[derive(Clone, Debug, Serialize)]
pub struct ProgrammeLine {
    pub id: String,
    pub starts_at: String,
    pub ends_at: String,
    pub kind: String,
    pub title: String,
    pub place: String,
    pub host: String,
}

impl ProgrammeLine {
    fn sample() -> Self {
        Self {
            id: "3".into(),
            starts_at: "2026-07-19T11:30:00Z".into(),
            ends_at: "2026-07-19T12:00:00Z".into(),
            kind: "policy".into(),
            title: "就业补贴政策宣讲".into(),
            place: "主舞台".into(),
            host: "区就业创业促进中心".into(),
        }
    }
}

/// 集市公开页
#[derive(Serialize)]
pub struct FairPage {
    pub fair: Head,
    /// A seeker can register now.
    pub registers: bool,
    /// Every place is given away.
    pub full: bool,
    pub hosts: Vec<HostLine>,
    pub groups: Vec<String>,
    pub programme: Vec<ProgrammeLine>,
    pub employers: i64,
    pub postings: i64,
    pub capacity: i64,
    pub registered: i64,
    pub notice: String,
    pub intro: String,
}

impl Page for FairPage {
    const TEMPLATE: &'static str = "fair/public.html";

    fn samples() -> Vec<Self> {
        let page = |stage: &str, registers| Self {
            fair: Head::at(stage),
            registers,
            full: false,
            hosts: vec![HostLine {
                name: "区妇联".into(),
                part: "co_host".into(),
            }],
            groups: vec!["hard_to_place".into(), "graduate".into()],
            programme: vec![ProgrammeLine::sample()],
            employers: 31,
            postings: 120,
            capacity: 800,
            registered: 400,
            notice: "请带身份证。".into(),
            intro: "第一段\n第二段".into(),
        };
        let bare = Self {
            hosts: Vec::new(),
            groups: Vec::new(),
            programme: Vec::new(),
            notice: String::new(),
            intro: String::new(),
            ..page("cancelled", false)
        };
        let full = Self {
            registered: 800,
            full: true,
            ..page("registering", false)
        };
        vec![
            page("registering", true),
            page("upcoming", false),
            page("closed", false),
            page("running", true),
            page("ended", false),
            full,
            bare,
        ]
    }
}

/// 摊位图
#[derive(Serialize)]
pub struct MapPage {
    pub fair: Head,
    /// Standing, for a phone.
    pub plan: Drawing,
    /// Lying, for a wide page.
    pub lying: Drawing,
    pub taken: usize,
    /// Until when the awnings tell how many wait, such as `19:41`; none before and after.
    pub as_of: Option<String>,
    /// The page of the ticket that this telephone knows, whose employers are outlined.
    pub ticket: Option<String>,
}

impl Page for MapPage {
    const TEMPLATE: &'static str = "fair/map.html";

    fn samples() -> Vec<Self> {
        let page = |plan: Drawing, taken| Self {
            fair: Head::sample(),
            lying: plan.clone(),
            plan,
            taken,
            as_of: None,
            ticket: None,
        };
        let mut busy = Drawing::sample();
        for (booth, heat) in busy.booths.iter_mut().zip(0..) {
            booth.heat = (booth.state == "taken").then_some(heat);
        }
        let evening = Self {
            as_of: Some("19:41".into()),
            ticket: Some("/T/7K3M9QX2WZ4H8N6P".into()),
            ..page(busy, 1)
        };
        vec![
            page(Drawing::sample(), 1),
            page(Drawing::default(), 0),
            evening,
        ]
    }
}

/// A fair in the list of the office.
#[derive(Clone, Serialize)]
pub struct FairRow {
    pub fair: Head,
    pub registered: i64,
    pub capacity: i64,
    pub booths: i64,
    pub taken: i64,
}

/// 集市列表
#[derive(Serialize)]
pub struct FairsPage {
    pub rows: Vec<FairRow>,
    pub next: Option<String>,
    pub first: Option<String>,
    /// May plan fairs.
    pub plans: bool,
}

impl Page for FairsPage {
    const TEMPLATE: &'static str = "fair/list.html";

    fn samples() -> Vec<Self> {
        let row = FairRow {
            fair: Head::sample(),
            registered: 400,
            capacity: 800,
            booths: 32,
            taken: 31,
        };
        vec![
            Self {
                rows: Vec::new(),
                next: None,
                first: None,
                plans: true,
            },
            Self {
                rows: vec![row],
                next: Some("/office/fairs?cursor=1".into()),
                first: Some("/office/fairs".into()),
                plans: false,
            },
        ]
    }
}

/// 集市编辑: a new fair, or one that is changed.
#[derive(Serialize)]
pub struct EditPage {
    /// The fair that is changed; nothing for a new one.
    pub fair: Option<Head>,
    pub form: Form,
    pub kinds: Vec<Choice>,
    pub groups: Vec<Choice>,
    pub units: Vec<Choice>,
    /// The booths as typed, drawn.
    pub preview: Option<Drawing>,
    /// The version of the fair that the form shows.
    pub version: Option<i64>,
    /// What is wrong with the whole.
    pub fault: Option<String>,
}

impl Page for EditPage {
    const TEMPLATE: &'static str = "fair/edit.html";

    fn samples() -> Vec<Self> {
        let page = |fair, preview| Self {
            fair,
            form: Form::blank(),
            kinds: vec![Choice::sample("on_site", "线下")],
            groups: vec![Choice::sample("graduate", "高校毕业生")],
            units: vec![Choice::sample("2", "区妇联")],
            preview,
            version: None,
            fault: None,
        };
        let changed = Self {
            version: Some(3),
            fault: Some("他人已先行更新。".into()),
            ..page(Some(Head::sample()), Some(Drawing::sample()))
        };
        let bare = Self {
            units: Vec::new(),
            ..page(None, Some(Drawing::default()))
        };
        vec![page(None, None), bare, changed]
    }
}

/// A line of the filing list.
#[derive(Clone, Serialize)]
pub struct TaskLine {
    pub code: String,
    pub due_on: Option<String>,
    pub done_at: Option<String>,
    pub note: String,
    /// Not done and the day is over.
    pub late: bool,
    /// What is wrong with the note that was typed.
    pub fault: Option<String>,
}

/// A page about this evening.
#[derive(Clone, Serialize)]
pub struct Way {
    /// `fair.way.<key>` are its words.
    pub key: &'static str,
    pub href: String,
    pub icon: &'static str,
}

/// 集市设置: everything the office has to do for an evening.
#[derive(Serialize)]
pub struct SettingsPage {
    pub fair: Head,
    pub flash: Option<Flash>,
    /// What keeps it from being published.
    pub obstacles: Vec<&'static str>,
    pub tasks: Vec<TaskLine>,
    pub programme: Vec<ProgrammeLine>,
    pub hosts: Vec<HostLine>,
    pub groups: Vec<String>,
    pub kinds: Vec<Choice>,
    pub form: Form,
    pub registered: i64,
    pub capacity: i64,
    pub expected: i64,
    pub booths: usize,
    pub taken: usize,
    pub waiting: usize,
    pub filing_no: Option<String>,
    pub permit_no: Option<String>,
    pub plans: bool,
    pub public_url: String,
    /// Where this person goes on from here.
    pub ways: Vec<Way>,
}

impl Page for SettingsPage {
    const TEMPLATE: &'static str = "fair/settings.html";

    fn samples() -> Vec<Self> {
        let task = |code: &str, done: bool, late| TaskLine {
            code: code.into(),
            due_on: Some("2026-07-04".into()),
            done_at: done.then(|| "2026-07-01T00:00:00Z".into()),
            note: if done {
                "甘备2026-7".into()
            } else {
                String::new()
            },
            late,
            fault: late.then(|| "最多 200 个字".into()),
        };
        let page = |status: &str, obstacles, plans| Self {
            fair: Head {
                status: status.into(),
                ..Head::at(status)
            },
            flash: None,
            obstacles,
            tasks: vec![task("filing", true, false), task("work_plan", false, true)],
            programme: vec![ProgrammeLine::sample()],
            hosts: vec![HostLine {
                name: "区妇联".into(),
                part: "co_host".into(),
            }],
            groups: vec!["graduate".into()],
            kinds: vec![Choice::sample("policy", "政策宣讲")],
            form: Form::blank(),
            registered: 400,
            capacity: 800,
            expected: 1200,
            booths: 32,
            taken: 30,
            waiting: 2,
            filing_no: None,
            permit_no: None,
            plans,
            public_url: "https://fair.test/f/starlight".into(),
            ways: vec![Way {
                key: "booths",
                href: "/office/fairs/starlight/booths".into(),
                icon: "booth",
            }],
        };
        let shown = Self {
            fair: Head::at("registering"),
            flash: Some(Flash::ok("已保存。".into())),
            programme: Vec::new(),
            hosts: Vec::new(),
            groups: Vec::new(),
            ..page("published", Vec::new(), false)
        };
        vec![
            page("draft", vec!["permit", "no_booths", "over"], true),
            page("draft", Vec::new(), true),
            page("cancelled", Vec::new(), true),
            shown,
        ]
    }
}

/// A booth and who has it, for the office.
#[derive(Clone, Serialize)]
pub struct StallRow {
    pub label: String,
    pub side: String,
    pub state: &'static str,
    pub participation: Option<String>,
    pub employer: Option<String>,
    pub employer_id: Option<String>,
    pub status: Option<String>,
    pub held_until: Option<String>,
    pub arrived_at: Option<String>,
    pub staff: i32,
    pub needs: String,
    pub code: Option<String>,
    /// Booked, not there, and half an hour over.
    pub late: bool,
}

impl StallRow {
    fn sample(status: Option<&str>, late: bool) -> Self {
        let taken = status.is_some();
        Self {
            label: "A01".into(),
            side: "北侧".into(),
            state: match status {
                None => "free",
                Some("held") => "held",
                Some(_) => "taken",
            },
            participation: taken.then(|| "12".into()),
            employer: taken.then(|| "陇上云仓供应链有限公司".into()),
            employer_id: taken.then(|| "7".into()),
            status: status.map(str::to_owned),
            held_until: (status == Some("held")).then(|| "2026-07-19T11:00:00Z".into()),
            arrived_at: (status == Some("booked") && !late).then(|| "2026-07-19T10:50:00Z".into()),
            staff: 2,
            needs: "用电".into(),
            code: taken.then(|| "7K3M9QX2".into()),
            late,
        }
    }
}

/// Somebody who waits for a booth.
#[derive(Clone, Serialize)]
pub struct WaitRow {
    pub participation: String,
    pub employer: String,
    pub since: Option<String>,
}

/// 摊位总览
#[derive(Serialize)]
pub struct StallsPage {
    pub fair: Head,
    pub flash: Option<Flash>,
    pub plan: Drawing,
    pub lying: Drawing,
    pub rows: Vec<StallRow>,
    pub line: Vec<WaitRow>,
    /// The booth that was picked, with what can be done.
    pub picked: Option<StallRow>,
    pub labels: Vec<Choice>,
    pub employers: Vec<Choice>,
    pub form: Form,
    pub free: usize,
    pub held: usize,
    pub taken: usize,
    pub arrived: usize,
    /// May change bookings.
    pub acts: bool,
}

impl Page for StallsPage {
    const TEMPLATE: &'static str = "fair/stalls.html";

    fn samples() -> Vec<Self> {
        let page = |picked: Option<StallRow>, acts| Self {
            fair: Head::sample(),
            flash: None,
            plan: Drawing::sample(),
            lying: Drawing::sample(),
            rows: vec![
                StallRow::sample(None, false),
                StallRow::sample(Some("held"), false),
                StallRow::sample(Some("booked"), true),
            ],
            line: vec![WaitRow {
                participation: "5".into(),
                employer: "河畔面馆".into(),
                since: Some("2026-07-18T00:00:00Z".into()),
            }],
            picked,
            labels: vec![Choice::sample("A02", "A02")],
            employers: vec![Choice::sample("7", "陇上云仓")],
            form: Form::blank(),
            free: 1,
            held: 1,
            taken: 30,
            arrived: 20,
            acts,
        };
        let empty = Self {
            rows: Vec::new(),
            line: Vec::new(),
            ..page(None, false)
        };
        vec![
            empty,
            page(Some(StallRow::sample(None, false)), true),
            page(Some(StallRow::sample(Some("held"), false)), true),
            page(Some(StallRow::sample(Some("booked"), false)), true),
            page(Some(StallRow::sample(Some("booked"), true)), true),
        ]
    }
}

/// A posting on a booth's sign.
#[derive(Clone, Serialize)]
pub struct SignPosting {
    pub title: String,
    pub pay: String,
}

/// 摊位牌: one sheet, in the words of the macro `booth_sign`.
#[derive(Clone, Serialize)]
pub struct Sign {
    pub band: String,
    pub booth: String,
    pub employer: String,
    pub postings: Vec<SignPosting>,
    /// That there are more postings than the sheet has room for.
    pub more: String,
    pub qr: String,
    pub label: String,
    pub ask: String,
    pub lines: Vec<String>,
    pub help: String,
    pub foot: String,
}

/// 打印摊位牌
#[derive(Serialize)]
pub struct SignsPage {
    pub fair: Head,
    pub signs: Vec<Sign>,
}

impl Page for SignsPage {
    const TEMPLATE: &'static str = "fair/signs.html";

    fn samples() -> Vec<Self> {
        let sign = Sign {
            band: "星光就业集市".into(),
            booth: "A05".into(),
            employer: "陇上云仓供应链有限公司".into(),
            postings: vec![SignPosting {
                title: "分拣员".into(),
                pay: "4500—6000元/月".into(),
            }],
            more: String::new(),
            qr: "<svg viewBox=\"0 0 1 1\"></svg>".into(),
            label: "二维码".into(),
            ask: "微信扫一扫".into(),
            lines: vec!["不用下载".into()],
            help: "扫不了码？".into(),
            foot: "街道办事处".into(),
        };
        let page = |signs| Self {
            fair: Head::sample(),
            signs,
        };
        vec![page(Vec::new()), page(vec![sign])]
    }
}

/// Something that is printed for an evening.
#[derive(Clone, Serialize)]
pub struct Paper {
    /// `fair.paper.<key>` are its words.
    pub key: &'static str,
    pub href: String,
    pub icon: &'static str,
    /// How many sheets, or people on it, there are; none when anybody may have as many as he likes.
    pub count: Option<u64>,
}

/// 打印
#[derive(Serialize)]
pub struct PapersPage {
    pub fair: Head,
    pub papers: Vec<Paper>,
}

impl Page for PapersPage {
    const TEMPLATE: &'static str = "fair/papers.html";

    fn samples() -> Vec<Self> {
        let paper = |key, count| Paper {
            key,
            href: "/".into(),
            icon: "print",
            count,
        };
        let keys = [
            "posters", "signs", "roster", "blanks", "paper", "tally", "month",
        ];
        vec![Self {
            fair: Head::sample(),
            papers: keys
                .into_iter()
                .zip([Some(0), Some(31), Some(400), None, None, None, None])
                .map(|(key, count)| paper(key, count))
                .collect(),
        }]
    }
}

/// Where an employer stands at a fair.
#[derive(Clone, Serialize)]
pub struct Stand {
    pub participation: String,
    pub label: Option<String>,
    pub status: String,
    pub held_until: Option<String>,
    /// Minutes left of a hold.
    pub minutes: Option<i64>,
    /// Place in the waiting line, from 1.
    pub position: Option<usize>,
    pub staff: i32,
    pub needs: String,
}

impl Stand {
    fn sample(status: &str) -> Self {
        Self {
            participation: "12".into(),
            label: (status != "waiting").then(|| "A05".into()),
            status: status.into(),
            held_until: (status == "held").then(|| "2026-07-19T11:00:00Z".into()),
            minutes: (status == "held").then_some(12),
            position: (status == "waiting").then_some(2),
            staff: 2,
            needs: "用电".into(),
        }
    }
}

/// An evening on an employer's home page.
#[derive(Clone, Serialize)]
pub struct Evening {
    pub fair: Head,
    pub stand: Option<Stand>,
}

/// 用人单位首页
#[derive(Serialize)]
pub struct PortalPage {
    pub name: String,
    pub status: String,
    pub reason: Option<String>,
    /// Codes of the papers that are not there.
    pub missing: Vec<&'static str>,
    /// `portal.next.<code>` says what to do next.
    pub next: &'static str,
    /// Where the next step is done.
    pub next_href: Option<String>,
    pub evenings: Vec<Evening>,
}

impl Page for PortalPage {
    const TEMPLATE: &'static str = "fair/portal.html";

    fn samples() -> Vec<Self> {
        let page = |status: &str, next: &'static str, stand: Option<Stand>| Self {
            name: "陇上云仓供应链有限公司".into(),
            status: status.into(),
            reason: (status != "approved").then(|| "请补传委托书。".into()),
            missing: vec!["authority"],
            next,
            next_href: (next != "rejected").then(|| "/employer/company".into()),
            evenings: vec![Evening {
                fair: Head::sample(),
                stand,
            }],
        };
        let none = Self {
            evenings: Vec::new(),
            missing: Vec::new(),
            next_href: None,
            ..page("approved", "none", None)
        };
        vec![
            page("pending", "wait_review", None),
            page("returned", "complete", None),
            page("rejected", "rejected", None),
            page("approved", "verify_again", None),
            page("approved", "pick", None),
            page("approved", "confirm", Some(Stand::sample("held"))),
            page("approved", "wait_booth", Some(Stand::sample("waiting"))),
            page("approved", "post", Some(Stand::sample("booked"))),
            none,
        ]
    }
}

/// 选摊位: an employer at one fair.
#[derive(Serialize)]
pub struct PickPage {
    pub fair: Head,
    pub flash: Option<Flash>,
    pub stand: Option<Stand>,
    /// A booth that was touched, to be held.
    pub picked: Option<String>,
    /// Free booths to take instead of one that somebody else was given.
    pub instead: Vec<String>,
    /// Why no booth can be taken, in words.
    pub refusal: Option<String>,
    pub plan: Drawing,
    pub lying: Drawing,
    pub free: usize,
    pub waiting: usize,
    pub hold_minutes: i32,
    pub form: Form,
}

impl Page for PickPage {
    const TEMPLATE: &'static str = "fair/pick.html";

    fn samples() -> Vec<Self> {
        let page = |stand: Option<Stand>, picked: Option<&str>, free| Self {
            fair: Head::sample(),
            flash: None,
            stand,
            picked: picked.map(str::to_owned),
            instead: Vec::new(),
            refusal: None,
            plan: Drawing::sample(),
            lying: Drawing::sample(),
            free,
            waiting: 1,
            hold_minutes: 15,
            form: Form::blank(),
        };
        let refused = Self {
            refusal: Some("单位尚未通过审核。".into()),
            ..page(None, None, 3)
        };
        let late = Self {
            flash: Some(Flash {
                tone: "bad",
                text: "这个摊位刚刚被别家占用。".into(),
            }),
            instead: vec!["A06".into(), "A07".into()],
            ..page(None, None, 2)
        };
        vec![
            page(None, None, 3),
            page(None, Some("A01"), 3),
            page(None, None, 0),
            page(Some(Stand::sample("held")), None, 3),
            page(Some(Stand::sample("booked")), None, 3),
            page(Some(Stand::sample("waiting")), None, 0),
            refused,
            late,
        ]
    }
}
