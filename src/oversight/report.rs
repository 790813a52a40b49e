//! Figures as they are told: with their names, formulas and the addresses of their rows, in the
//! reader's language.
use super::reading::{Board, Names};
use crate::{
    domain::{
        case::Kind,
        id::{AreaId, UnitId},
        rates::{
            Composite, Durations, FORMULA, Figure, Figures, RateKind, Standing, Verdict, Weights,
            Why, by_unit, composite, rank,
        },
    },
    platform::text::{self, Lang},
};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// 指标
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CaseRate {
    pub code: &'static str,
    pub label: String,
    pub k: u64,
    pub n: u64,
    /// Two decimals, such as `93.72`; nothing for nothing of nothing.
    pub percent: Option<String>,
    /// What was looked at and left out, by reason.
    pub excluded: Vec<LeftOut>,
    /// What k and n are, in words.
    pub formula: String,
    pub formula_version: &'static str,
    /// Whether more is better (`more`), worse (`less`) or neither.
    pub better: &'static str,
    /// Where the rows behind it are.
    pub rows: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LeftOut {
    pub code: &'static str,
    pub label: String,
    pub n: u64,
}

/// 三率综合
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CompositeScore {
    /// Points out of 100 with two decimals; nothing when one of the three has no cases.
    pub points: Option<String>,
    /// The smallest n of the three.
    pub n: u64,
    pub weights: RateWeights,
    pub formula: String,
    pub formula_version: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RateWeights {
    pub response: u8,
    pub solved: u8,
    pub satisfied: u8,
}

/// 处置时长, in working minutes of the office.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct HandlingTime {
    pub n: u64,
    pub mean: Option<i64>,
    pub median: Option<i64>,
    pub p90: Option<i64>,
    /// The same with the time on hold.
    pub mean_with_hold: Option<i64>,
    pub median_with_hold: Option<i64>,
    pub p90_with_hold: Option<i64>,
}

/// A rung of the ladder of matches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MatchRung {
    pub code: String,
    pub label: String,
    pub matches: u64,
    pub persons: u64,
}

/// A unit in the ranking.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct UnitStanding {
    pub unit: String,
    pub name: String,
    /// Nothing when the sample is too small to be ranked.
    pub place: Option<usize>,
    /// What units are ranked by: the weighed lower Wilson bounds, in points.
    pub low: Option<String>,
    /// The three rates put together, in points.
    pub points: Option<String>,
    pub n: u64,
    pub rates: Vec<CaseRate>,
}

/// Figures of a period.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CaseRates {
    pub from: String,
    /// Last day, included.
    pub to: String,
    pub as_of: String,
    pub unit: Option<String>,
    pub area: Option<String>,
    pub kind: Option<&'static str>,
    pub formula_version: &'static str,
    pub rates: Vec<CaseRate>,
    pub composite: CompositeScore,
    pub handling_time: HandlingTime,
    /// Of the interests shown in the period; empty when one unit is asked for.
    pub employment: Vec<MatchRung>,
    /// Empty when one unit is asked for.
    pub ranking: Vec<UnitStanding>,
}

/// Whom figures are told, and where their rows are.
#[derive(Clone, Debug)]
pub struct Reader {
    pub lang: Lang,
    /// Address of the rows without its query.
    pub rows: &'static str,
}

impl Reader {
    pub fn say(&self, key: &str) -> String {
        text::say::<&str>(self.lang, key, &[])
    }

    pub fn rate(&self, rate: RateKind) -> String {
        self.say(&format!("oversight.rate.{}", rate.code()))
    }

    pub fn formula(&self, rate: RateKind) -> String {
        self.say(&format!("oversight.formula.{}", rate.code()))
    }

    /// Why something counts or not; what happened or did not is the matter of the rate.
    pub fn why(&self, rate: RateKind, why: Why) -> String {
        let own = format!("oversight.why.{}.{}", rate.code(), why.code());
        text::find::<&str>(self.lang, &own, &[])
            .unwrap_or_else(|| self.say(&format!("oversight.why.{}", why.code())))
    }

    pub fn verdict(&self, verdict: Verdict) -> String {
        self.say(&format!("oversight.counted.{}", verdict.code()))
    }

    /// A figure of a rate; `query` is the question whose rows it opens.
    pub fn told(&self, rate: RateKind, figure: &Figure, query: &str) -> CaseRate {
        let excluded = figure.excluded.iter();
        CaseRate {
            code: rate.code(),
            label: self.rate(rate),
            k: figure.k,
            n: figure.n,
            percent: figure.rate().percent(),
            excluded: excluded
                .map(|(why, n)| LeftOut {
                    code: why.code(),
                    label: self.why(rate, *why),
                    n: *n,
                })
                .collect(),
            formula: self.formula(rate),
            formula_version: FORMULA,
            better: rate.tone(),
            rows: format!("{}?rate={}&{query}", self.rows, rate.code()),
        }
    }
}

/// Hundredths of a point as points.
pub fn points(hundredths: u64) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// The parts of 三率, in the order of their weights.
pub fn three(of: impl Fn(RateKind) -> Figure) -> [Figure; 3] {
    RateKind::THREE.map(of)
}

pub fn score(reader: &Reader, figures: &Figures, weights: Weights) -> CompositeScore {
    let parts = three(|rate| figures.of(rate));
    let rates = [parts[0].rate(), parts[1].rate(), parts[2].rate()];
    let Composite { value, n } = composite(rates, weights);
    let holes = [
        ("response", weights.response.to_string()),
        ("solved", weights.solved.to_string()),
        ("satisfied", weights.satisfied.to_string()),
    ];
    CompositeScore {
        points: value.map(points),
        n,
        weights: RateWeights {
            response: weights.response,
            solved: weights.solved,
            satisfied: weights.satisfied,
        },
        formula: text::say(reader.lang, "oversight.formula.composite", &holes),
        formula_version: FORMULA,
    }
}

pub fn handling_time(of: &Durations) -> HandlingTime {
    HandlingTime {
        n: of.n,
        mean: of.mean,
        median: of.median,
        p90: of.p90,
        mean_with_hold: of.mean_held,
        median_with_hold: of.median_held,
        p90_with_hold: of.p90_held,
    }
}

pub fn ladder(reader: &Reader, figures: &Figures) -> Vec<MatchRung> {
    figures
        .ladder
        .iter()
        .map(|rung| MatchRung {
            label: reader.say(&format!("rung.{}", rung.rung)),
            code: rung.rung.clone(),
            matches: rung.matches,
            persons: rung.persons,
        })
        .collect()
}

/// The units of a period in the order of the ranking.
pub fn ranking(reader: &Reader, board: &Board) -> Vec<UnitStanding> {
    if board.question.unit.is_some() {
        return Vec::new();
    }
    let cases = board.picture.within(&board.scope);
    let cases = cases.map(|case| (case.id, &case.facts));
    let found = by_unit(cases, &RateKind::THREE, &board.picture.context());
    standings(reader, &board.names, found, board.weights, |unit| {
        let mut question = board.question.clone();
        question.unit = Some(unit);
        question.query()
    })
}

/// Ranks units by what was counted of each; `query` is where a unit's rows are.
pub fn standings(
    reader: &Reader,
    names: &Names,
    found: BTreeMap<UnitId, BTreeMap<RateKind, Figure>>,
    weights: Weights,
    query: impl Fn(UnitId) -> String,
) -> Vec<UnitStanding> {
    let units = found.into_iter().map(|(unit, rates)| {
        let of = |rate| rates.get(&rate).cloned().unwrap_or_default();
        (unit, three(of))
    });
    let standings = rank(units, weights);
    let told = |standing: Standing| {
        let query = query(standing.unit);
        let rates = RateKind::THREE.into_iter().zip(&standing.parts);
        UnitStanding {
            unit: standing.unit.to_string(),
            name: names.units.get(&standing.unit).cloned().unwrap_or_default(),
            place: standing.place,
            low: standing.low.map(|low| format!("{low:.2}")),
            points: standing.composite.value.map(points),
            n: standing.composite.n,
            rates: rates
                .map(|(rate, figure)| reader.told(rate, figure, &query))
                .collect(),
        }
    };
    // A unit that was only passed by has nothing to be compared by.
    let some = |standing: &Standing| standing.parts.iter().any(|part| part.n > 0);
    standings.into_iter().filter(some).map(told).collect()
}

/// Everything about a period.
pub fn report(reader: &Reader, board: &Board) -> CaseRates {
    let figures = board.picture.figures(&board.scope);
    let query = board.question.query();
    let whole = board.question.unit.is_none();
    CaseRates {
        from: board.question.first.to_string(),
        to: board.question.last.to_string(),
        as_of: board.picture.as_of.to_rfc3339(),
        unit: board.question.unit.map(|id| id.to_string()),
        area: board.question.area.map(|id| id.to_string()),
        kind: board.question.kind.map(Kind::code),
        formula_version: FORMULA,
        rates: RateKind::ALL
            .iter()
            .filter(|rate| whole || !rate.of_market())
            .map(|rate| reader.told(*rate, &figures.of(*rate), &query))
            .collect(),
        composite: score(reader, &figures, board.weights),
        handling_time: handling_time(&figures.durations),
        // Matches have no unit.
        employment: if whole {
            ladder(reader, &figures)
        } else {
            Vec::new()
        },
        ranking: ranking(reader, board),
    }
}

impl CaseRates {
    pub fn rate(&self, rate: RateKind) -> Option<&CaseRate> {
        self.rates.iter().find(|told| told.code == rate.code())
    }
}

/// A cell of the heat table: how many cases, and where they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Heat {
    pub n: u64,
    pub href: Option<String>,
    /// 0 to 4, against the fullest cell.
    pub level: u64,
}

/// 分类 × 区域: cases registered in the period.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct HeatTable {
    pub columns: Vec<String>,
    pub rows: Vec<(String, Vec<Heat>)>,
}

pub fn heat(reader: &Reader, board: &Board) -> HeatTable {
    let mut counts: BTreeMap<(String, Option<AreaId>), u64> = BTreeMap::new();
    for case in board.picture.within(&board.scope) {
        let entries = board
            .picture
            .entries(RateKind::Found, case, board.scope.unit);
        let counted = entries.iter().any(|e| e.verdict != Verdict::Excluded);
        let Some(category) = case.facts.category.as_ref().filter(|_| counted) else {
            continue;
        };
        let place = case.facts.area.and_then(|area| board.names.community(area));
        let key = (category.as_str().to_owned(), place.map(|place| place.id));
        *counts.entry(key).or_default() += 1;
    }
    let used = |area: Option<AreaId>| counts.keys().any(|(_, at)| *at == area);
    let areas = board.names.areas.iter();
    let mut columns: Vec<_> = areas
        .filter(|place| used(Some(place.id)))
        .map(|place| (Some(place.id), place.name.clone()))
        .collect();
    if used(None) {
        columns.push((None, reader.say("oversight.no_area")));
    }
    let peak = counts.values().copied().max().unwrap_or(1);
    let mut categories: Vec<_> = counts
        .keys()
        .map(|(category, _)| category.clone())
        .collect();
    categories.dedup();
    let cell = |category: &str, area: Option<AreaId>| {
        let n = counts
            .get(&(category.to_owned(), area))
            .copied()
            .unwrap_or(0);
        let href = area.filter(|_| n > 0).map(|area| {
            let mut question = board.question.clone();
            question.area = Some(area);
            question.category = Some(category.to_owned());
            format!("{}?rate=found&{}", reader.rows, question.query())
        });
        Heat {
            n,
            href,
            level: (n * 4).div_ceil(peak),
        }
    };
    HeatTable {
        rows: categories
            .into_iter()
            .map(|code| {
                let cells = columns.iter().map(|(area, _)| cell(&code, *area));
                (board.names.category(reader.lang, &code), cells.collect())
            })
            .collect(),
        columns: columns.into_iter().map(|(_, name)| name).collect(),
    }
}
