//! A fair as it may look, for the samples of the pages.
use super::{
    board::{Board, board},
    facts::{Facts, Key, MatchRead, Source, VisitorRead},
    measure::{Dimension, Marks, Measure, Unit},
    pages::{PrintPage, RowsPage},
    paper::PaperPage,
    picture::{
        EmployerAt, Event, Fair, GateCount, Names, Picture, PostingAt, Reading, Stage, StreamAt,
        Supply,
    },
    query::{Question, What},
    report::{self, Columns, Reader, Report, Tally},
    rows::{Listing, Row},
};
use crate::{
    domain::{
        fair::{FairKind, HostPart},
        id::{
            AreaId, CaseId, EmployerId, FairId, ParticipationId, PersonId, PosterId, PostingId,
            RegistrationId, StreamId,
        },
    },
    platform::text::Lang,
};
use chrono::{DateTime, TimeDelta, Utc};

fn evening() -> DateTime<Utc> {
    DateTime::from_timestamp(1_784_460_600, 0).unwrap_or_default()
}

fn fair() -> Fair {
    Fair {
        id: FairId(1),
        slug: "starlight-2026".into(),
        title: "星光就业集市".into(),
        kind: FairKind::OnSite,
        venue: "城市公园".into(),
        address: "西津东路 1 号".into(),
        starts_at: evening(),
        ends_at: evening() + TimeDelta::hours(3),
        filing_no: Some("七人社招备〔2026〕12 号".into()),
        permit_no: None,
        hosts: vec![
            (HostPart::Host, "土门墩街道办事处".into()),
            (HostPart::CoHost, "区妇联".into()),
            (HostPart::CoHost, "区工商联".into()),
        ],
    }
}

fn visitor(id: i64) -> VisitorRead {
    VisitorRead {
        id: RegistrationId(id),
        person: PersonId(id),
        community: (id % 3 != 0).then_some(AreaId(id % 3)),
        source: match id % 4 {
            0 => Source::Poster(PosterId(1)),
            1 => Source::Booth(ParticipationId(1)),
            2 => Source::Stream(StreamId(1)),
            _ => Source::Channel("desk".into()),
        },
        stream: (id % 4 == 2).then_some(StreamId(1)),
        groups: match id % 3 {
            0 => vec!["graduate".into()],
            1 => vec!["woman".into(), "low_income".into()],
            _ => Vec::new(),
        },
        withdrawn: id % 11 == 0,
        came: (id % 2 == 0).then_some(29_741_010 + id),
        gate: (id % 2 == 0).then(|| "东门".into()),
        inside: id % 4 == 0,
    }
}

fn a_match(id: i64) -> MatchRead {
    let reached = usize::try_from(id % 6).unwrap_or_default();
    let mut marks = Marks::default().with(Measure::LADDER.into_iter().take(1 + reached));
    if marks.has(Measure::Verified) {
        marks.add(Measure::Retained30);
        marks.add(Measure::Pending90);
    }
    MatchRead {
        case: CaseId(id),
        person: PersonId(id),
        posting: PostingId(1 + id % 2),
        employer: EmployerId(1 + id % 2),
        stream: None,
        marks,
    }
}

fn full() -> Picture {
    let employers = ["黄河物业服务有限公司", "星火电商服务部"];
    let postings = ["仓储分拣员", "物业客服专员"];
    let two = || (1..).zip([0_usize, 1]);
    let names = Names {
        areas: [
            (AreaId(1), "民乐路社区".into()),
            (AreaId(2), "建工社区".into()),
        ]
        .into(),
        employers: two()
            .map(|(id, n)| (EmployerId(id), employers[n].into()))
            .collect(),
        postings: two()
            .map(|(id, n)| (PostingId(id), postings[n].into()))
            .collect(),
        posters: [(PosterId(1), "地铁站出口".into())].into(),
        participations: [(ParticipationId(1), EmployerId(1))].into(),
        streams: [(StreamId(1), "星光直播第一场".into())].into(),
    };
    let supply = Supply {
        employers: two()
            .map(|(id, n)| EmployerAt {
                id: EmployerId(id),
                name: employers[n].into(),
                booth: Some(format!("A0{id}")),
            })
            .collect(),
        postings: two()
            .map(|(id, n)| PostingAt {
                id: PostingId(id),
                employer: EmployerId(id),
                title: postings[n].into(),
                headcount: 8,
                pay_min: 400_000,
                pay_max: 600_000,
                pay_unit: "month".into(),
            })
            .collect(),
    };
    let known = [Key::Employer(EmployerId(1)), Key::Stream(StreamId(1))];
    Picture {
        fair: fair(),
        as_of: evening() + TimeDelta::minutes(72),
        facts: Facts::new(
            (1..=40).map(visitor).collect(),
            (1..=30).map(a_match).collect(),
            known,
        ),
        names,
        supply,
        gates: vec![GateCount {
            gate: "东门".into(),
            entries: 27,
        }],
        streams: vec![stream()],
    }
}

fn stream() -> StreamAt {
    let reading = |id: i64, platform: &str, views| Reading {
        id,
        platform: platform.into(),
        at: evening() + TimeDelta::minutes(id),
        views,
        evidence_url: String::new(),
    };
    StreamAt {
        id: StreamId(1),
        title: "星光直播第一场".into(),
        host: "七里河区零工市场".into(),
        starts_at: evening(),
        ends_at: evening() + TimeDelta::hours(2),
        readings: vec![reading(1, "抖音", 2380), reading(2, "视频号", 1204)],
        postings: vec![(PostingId(1), 12)],
    }
}

fn empty() -> Picture {
    Picture {
        fair: fair(),
        as_of: evening(),
        facts: Facts::new(Vec::new(), Vec::new(), []),
        names: Names::default(),
        supply: Supply::default(),
        gates: Vec::new(),
        streams: Vec::new(),
    }
}

fn readers() -> [Reader; 2] {
    let reader = |rows: Option<&str>| Reader {
        lang: Lang::Zh,
        rows: rows.map(str::to_owned),
    };
    [
        reader(None),
        reader(Some("/office/fairs/starlight-2026/tally/rows")),
    ]
}

/// Empty and full, with and without rows.
fn all() -> Vec<(Tally, Reader)> {
    let mut all = Vec::new();
    for reader in readers() {
        all.push((Tally::of(empty()), reader.clone()));
        all.push((Tally::of(full()), reader));
    }
    all
}

/// An empty square and a full one.
pub fn boards() -> Vec<Board> {
    let stage = Stage {
        booths: (1..=8).map(|n| (format!("A0{n}"), "A".into(), n)).collect(),
        events: vec![
            Event {
                at: evening() + TimeDelta::minutes(70),
                employer: EmployerId(1),
                measure: Measure::Agreement,
            };
            2
        ],
        programme: vec![(
            evening() + TimeDelta::minutes(90),
            evening() + TimeDelta::minutes(120),
            "就业政策宣讲".into(),
            "主舞台".into(),
        )],
    };
    vec![
        board(&Tally::of(empty()), &Stage::default()),
        board(&Tally::of(full()), &stage),
    ]
}

pub fn tallies() -> Vec<(Report, Reader)> {
    all()
        .into_iter()
        .map(|(tally, reader)| {
            let report = report::report(&tally, &reader, Columns::One(Unit::Persons));
            (report, reader)
        })
        .collect()
}

pub fn prints() -> Vec<PrintPage> {
    all()
        .into_iter()
        .map(|(tally, reader)| PrintPage::new(&tally, &reader))
        .collect()
}

pub fn papers() -> Vec<PaperPage> {
    let gates = [vec!["东门".to_owned(), "南门".to_owned()], Vec::new()];
    all()
        .into_iter()
        .zip(gates)
        .map(|((tally, reader), gates)| PaperPage::new(&tally.picture, gates, &reader))
        .collect()
}

pub fn rows() -> Vec<RowsPage> {
    let [_, reader] = readers();
    let matched = Row {
        id: "12".into(),
        ticket: Some("K7M2Q9".into()),
        name: Some("王**".into()),
        registered_at: Some(evening().to_rfc3339()),
        case: Some("TMD-2026-000123-4".into()),
        posting: Some("仓储分拣员".into()),
        employer: Some("黄河物业服务有限公司".into()),
        booth: Some("A01".into()),
        rung: Some("verified"),
        matched_at: Some(evening().to_rfc3339()),
        placed_on: Some("2026-08-01".into()),
        ..Row::default()
    };
    let reading = Row {
        id: "3".into(),
        stream: Some("星光直播第一场".into()),
        platform: Some("抖音".into()),
        views: Some(2380),
        at: Some(evening().to_rfc3339()),
        evidence_url: Some("https://example.com/1".into()),
        ..Row::default()
    };
    let page = |what, rows: Vec<Row>, within: Option<&str>| {
        let question = Question {
            what,
            by: Dimension::Fair,
            key: "all".into(),
        };
        let listing = Listing {
            key: Key::All,
            total: rows.len() as u64,
            next: rows.last().map(|row| row.id.clone()),
            rows,
        };
        let fair = ("starlight-2026".to_owned(), "星光就业集市".to_owned());
        let within = within.map(str::to_owned);
        RowsPage::new(fair, &reader, &question, within, listing, ("/rows?", true))
    };
    vec![
        page(
            What::Of(Measure::Verified, Unit::Matches),
            vec![matched],
            Some("按社区：民乐路社区"),
        ),
        page(What::Views, vec![reading], None),
        page(What::Entries, Vec::new(), None),
    ]
}
