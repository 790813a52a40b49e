//! Figures as they may look, for the samples of the pages: none, and a busy month.
use super::{
    gather::{Picture, Scope},
    pages::{
        Choice, CorrectionLine, FiguresPage, FiguresPrintPage, Link, PublicFiguresPage,
        PublicMonth, RateRowsPage, SealFacts, SealedLine, SealedMonthPage, SealedPage, Shown,
        WeightsPage,
    },
    public,
    query::Question,
    reading::{Board, Names},
    report::{self, Heat, HeatTable, Reader},
    routes::ROWS,
    rows::RateRow,
};
use crate::{
    domain::{
        id::UnitId,
        rates::{Figure, Period, RateKind, Weights, Why},
    },
    platform::{form::Form, page::Flash, text::Lang},
};
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::BTreeMap;

const READER: Reader = Reader {
    lang: Lang::Zh,
    rows: ROWS,
};
const AT: &str = "2026-08-03T01:00:00+00:00";

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_785_718_800, 0).unwrap_or_default()
}

fn july() -> Question {
    let day = |day| NaiveDate::from_ymd_opt(2026, 7, day).unwrap_or_default();
    Question::month((day(1), day(31)))
}

fn figure(k: u64, n: u64) -> Figure {
    Figure {
        k,
        n,
        excluded: BTreeMap::from([(Why::NoReporter, 2), (Why::NotDue, 11)]),
    }
}

fn empty() -> Board {
    let question = july();
    let Period { from, to } = question.period();
    Board {
        scope: Scope::default(),
        picture: Picture::empty(Period { from, to }, now()),
        names: Names {
            units: BTreeMap::from([
                (UnitId(1), "民乐路社区居委会".to_owned()),
                (UnitId(2), "安居物业公司".to_owned()),
            ]),
            areas: Vec::new(),
            categories: Vec::new(),
        },
        weights: Weights::default(),
        question,
    }
}

fn nothing() -> Shown {
    Shown::new(report::report(&READER, &empty()), Lang::Zh)
}

fn busy() -> Shown {
    let mut told = report::report(&READER, &empty());
    let query = july().query();
    let rates = (0_u64..).zip(RateKind::ALL);
    told.rates = rates
        .map(|(at, rate)| READER.told(*rate, &figure(90 - at * 3, 97), &query))
        .collect();
    told.composite.points = Some("92.31".into());
    told.composite.n = 86;
    told.handling_time.n = 80;
    for minutes in [
        &mut told.handling_time.mean,
        &mut told.handling_time.median,
        &mut told.handling_time.p90,
        &mut told.handling_time.mean_with_hold,
        &mut told.handling_time.median_with_hold,
        &mut told.handling_time.p90_with_hold,
    ] {
        *minutes = Some(1_234);
    }
    let unit = |k, n| RateKind::THREE.map(|rate| (rate, figure(k, n))).into();
    let units = BTreeMap::from([(UnitId(1), unit(45, 50)), (UnitId(2), unit(3, 3))]);
    told.ranking = report::standings(&READER, &empty().names, units, Weights::default(), |_| {
        query.clone()
    });
    Shown::new(told, Lang::Zh)
}

fn link(label: &str, current: bool) -> Link {
    Link {
        label: label.into(),
        href: "/office/figures?month=2026-07".into(),
        current,
    }
}

pub fn figures() -> Vec<FiguresPage> {
    let choice = |value: &str, label: &str| Choice {
        value: value.into(),
        label: label.into(),
    };
    let cell = |n: u64, level: u64| Heat {
        n,
        href: (n > 0).then(|| ROWS.to_owned()),
        level,
    };
    let page = FiguresPage {
        form: Form::filled([("from", "2026-07-01".into()), ("to", "2026-07-31".into())]),
        months: vec![link("2026-08", false), link("2026-07", true)],
        units: vec![choice("1", "民乐路社区居委会")],
        areas: vec![choice("1", "民乐路社区")],
        kinds: vec![choice("resident_request", "居民诉求")],
        unit: None,
        own_unit: false,
        shown: busy(),
        heat: HeatTable {
            columns: vec!["民乐路社区".into(), "龚家湾社区".into()],
            rows: vec![
                ("照明".into(), vec![cell(12, 4), cell(3, 1)]),
                ("停车".into(), vec![cell(0, 0), cell(6, 2)]),
            ],
        },
        query: july().query(),
        month: Some("2026-07".into()),
        sealed: false,
        may_seal: true,
    };
    let own = FiguresPage {
        unit: Some("安居物业公司".into()),
        own_unit: true,
        may_seal: false,
        ..page.clone()
    };
    let none = FiguresPage {
        shown: nothing(),
        heat: HeatTable::default(),
        month: None,
        ..page.clone()
    };
    vec![
        FiguresPage {
            sealed: true,
            ..page.clone()
        },
        page,
        own,
        none,
    ]
}

pub fn rows() -> Vec<RateRowsPage> {
    let row = RateRow {
        id: "1000".into(),
        case: "JD-2026-000001".into(),
        kind: "resident_request",
        unit: Some("安居物业公司".into()),
        counted: "out",
        why: "late",
        reason: READER.why(RateKind::Response, Why::Late),
        at: AT.into(),
    };
    let page = RateRowsPage {
        rate: READER.told(RateKind::Response, &figure(45, 50), &july().query()),
        from: "2026-07-01".into(),
        to: "2026-07-31".into(),
        within: vec!["安居物业公司".into()],
        counted: vec![link("全部", true), link("计入分子", false)],
        total: 61,
        rows: vec![
            RateRow {
                unit: None,
                counted: "in",
                ..row.clone()
            },
            RateRow {
                counted: "excluded",
                ..row.clone()
            },
            row,
        ],
        opens: true,
        back: "/office/figures".into(),
        next: Some(ROWS.into()),
        first: Some(ROWS.into()),
    };
    let empty = RateRowsPage {
        rate: READER.told(RateKind::Retained90, &Figure::default(), ""),
        within: Vec::new(),
        total: 0,
        rows: Vec::new(),
        opens: false,
        next: None,
        first: None,
        ..page.clone()
    };
    vec![page, empty]
}

pub fn prints() -> Vec<FiguresPrintPage> {
    vec![
        FiguresPrintPage {
            unit: None,
            shown: busy(),
        },
        FiguresPrintPage {
            unit: Some("安居物业公司".into()),
            shown: nothing(),
        },
    ]
}

pub fn weights() -> Vec<WeightsPage> {
    vec![WeightsPage {
        form: Form::filled([("response", "30".into()), ("solved", "35".into())]),
        flash: Some(Flash::ok("已保存".into())),
    }]
}

pub fn sealed() -> Vec<SealedPage> {
    let line = SealedLine {
        month: "2026-07".into(),
        sealed_at: AT.into(),
        by: "王书记".into(),
        hash: "0".repeat(64),
        rates: RateKind::THREE
            .map(|rate| READER.told(rate, &figure(45, 50), ""))
            .into(),
    };
    vec![
        SealedPage {
            months: vec![line],
            open: vec!["2026-06".into()],
            may_seal: true,
        },
        SealedPage {
            months: Vec::new(),
            open: Vec::new(),
            may_seal: false,
        },
    ]
}

pub fn months() -> Vec<SealedMonthPage> {
    let open = SealedMonthPage {
        month: "2026-07".into(),
        seal: None,
        shown: busy(),
        corrections: Vec::new(),
        further: 0,
        over: true,
        may_seal: true,
        once: "1".into(),
        opens: true,
        flash: None,
    };
    let seal = SealFacts {
        sealed_at: AT.into(),
        as_of: AT.into(),
        by: "王书记".into(),
        hash: "0".repeat(64),
        prev_hash: String::new(),
        formula: "case-rates/1".into(),
        fault: None,
    };
    let line = CorrectionLine {
        rate: "满意率".into(),
        case: "JD-2026-000001".into(),
        then: "满意".into(),
        now: "不满意".into(),
    };
    vec![
        SealedMonthPage {
            seal: Some(seal.clone()),
            ..open.clone()
        },
        SealedMonthPage {
            seal: Some(SealFacts {
                fault: Some("response does not come out as it was sealed".into()),
                prev_hash: "1".repeat(64),
                ..seal
            }),
            corrections: vec![line],
            further: 3,
            opens: false,
            ..open.clone()
        },
        SealedMonthPage {
            over: false,
            shown: nothing(),
            ..open.clone()
        },
        SealedMonthPage {
            may_seal: false,
            ..open
        },
    ]
}

pub fn public() -> Vec<PublicFiguresPage> {
    let none = public::page(&READER, &[]);
    let few = [(45, 50), (48, 50), (3, 50), (2, 4), (50, 50), (0, 0)];
    let rates = RateKind::ALL.iter().zip(few);
    let month = PublicMonth {
        month: "2026-07".into(),
        rates: rates
            .map(|(rate, (k, n))| public::told(&READER, *rate, &figure(k, n)))
            .collect(),
        sealed_at: AT.into(),
        hash: "0".repeat(64),
    };
    let full = PublicFiguresPage {
        months: vec![month],
        ..none.clone()
    };
    vec![none, full]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::rates::Figures;

    #[test]
    fn a_busy_month_shows_every_rate_with_its_k_and_n() {
        let shown = busy();
        let grouped: usize = shown.groups.iter().map(|group| group.rates.len()).sum();
        assert_eq!(grouped + shown.three.len(), RateKind::ALL.len());
        let ctx = empty();
        let none: Figures = ctx.picture.figures(&Scope::default());
        assert_eq!(none.rates.len(), RateKind::ALL.len());
    }
}
