//! Figures made from entries: never a bare percentage, always k, n and what was left out.
use super::{
    FORMULA,
    count::{Context, Entry, entries, funnel, minutes},
    fact::CaseFacts,
    kind::{RateKind, Verdict, Why},
};
use crate::domain::{
    funnel::Rate,
    id::{CaseId, UnitId},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// 指标值
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figure {
    pub k: u64,
    pub n: u64,
    /// Left out, by reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub excluded: BTreeMap<Why, u64>,
}

impl Figure {
    pub fn rate(&self) -> Rate {
        Rate::new(self.k, self.n)
    }

    pub fn left_out(&self) -> u64 {
        self.excluded.values().sum()
    }
}

/// Counts what a rate looked at.
pub fn figure<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Figure {
    let mut figure = Figure::default();
    for entry in entries {
        match entry.verdict {
            Verdict::In => {
                figure.k += 1;
                figure.n += 1;
            }
            Verdict::Out => figure.n += 1,
            Verdict::Excluded => *figure.excluded.entry(entry.why).or_default() += 1,
        }
    }
    figure
}

/// 处置时长, in working minutes; `held` with the time on hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Durations {
    pub n: u64,
    pub mean: Option<i64>,
    pub median: Option<i64>,
    pub p90: Option<i64>,
    pub mean_held: Option<i64>,
    pub median_held: Option<i64>,
    pub p90_held: Option<i64>,
}

impl Durations {
    pub fn of(took: impl IntoIterator<Item = (i64, i64)>) -> Self {
        let (mut ran, mut held): (Vec<i64>, Vec<i64>) = took.into_iter().unzip();
        ran.sort_unstable();
        held.sort_unstable();
        Self {
            n: ran.len() as u64,
            mean: mean(&ran),
            median: nearest(&ran, 50),
            p90: nearest(&ran, 90),
            mean_held: mean(&held),
            median_held: nearest(&held, 50),
            p90_held: nearest(&held, 90),
        }
    }
}

/// Rounded down to whole minutes.
fn mean(sorted: &[i64]) -> Option<i64> {
    sorted
        .iter()
        .sum::<i64>()
        .checked_div(i64::try_from(sorted.len()).ok()?)
}

/// The smallest value that at least so many per cent do not exceed (nearest rank).
fn nearest(sorted: &[i64], percent: usize) -> Option<i64> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

/// One rung of the ladder of matches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rung {
    pub rung: String,
    pub matches: u64,
    pub persons: u64,
}

/// All figures of some cases.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    pub formula: String,
    pub rates: BTreeMap<RateKind, Figure>,
    pub durations: Durations,
    pub ladder: Vec<Rung>,
}

impl Figures {
    /// Counts all rates over some cases, or what one unit had to do with them; the order of the
    /// cases does not matter. Matches have no unit.
    pub fn count<'a>(
        cases: &(impl Iterator<Item = (CaseId, &'a CaseFacts)> + Clone),
        unit: Option<UnitId>,
        ctx: &Context,
    ) -> Self {
        let mine = |of: Option<UnitId>| unit.is_none() || unit == of;
        let of = |rate| {
            let found: Vec<_> = cases
                .clone()
                .flat_map(|(id, case)| entries(rate, id, case, ctx))
                .collect();
            figure(found.iter().filter(|entry| mine(entry.unit)))
        };
        let took = cases
            .clone()
            .flat_map(|(_, case)| minutes(case, ctx))
            .filter(|(_, _, of)| mine(*of));
        let matches = cases.clone().filter(|_| unit.is_none());
        let ladder = funnel(matches.map(|(_, case)| case), &ctx.period);
        Self {
            formula: FORMULA.to_owned(),
            rates: RateKind::ALL
                .iter()
                .map(|rate| (*rate, of(*rate)))
                .collect(),
            durations: Durations::of(took.map(|(ran, held, _)| (ran, held))),
            ladder: ladder
                .steps()
                .iter()
                .map(|step| Rung {
                    rung: step.rung.code(),
                    matches: step.matches,
                    persons: step.persons,
                })
                .collect(),
        }
    }

    pub fn of(&self, rate: RateKind) -> Figure {
        self.rates.get(&rate).cloned().unwrap_or_default()
    }
}

/// Some rates of every unit that had to do with any of the cases.
pub fn by_unit<'a>(
    cases: impl IntoIterator<Item = (CaseId, &'a CaseFacts)>,
    rates: &[RateKind],
    ctx: &Context,
) -> BTreeMap<UnitId, BTreeMap<RateKind, Figure>> {
    let mut found: BTreeMap<UnitId, BTreeMap<RateKind, Vec<Entry>>> = BTreeMap::new();
    for (id, case) in cases {
        for rate in rates {
            for entry in entries(*rate, id, case, ctx) {
                let Some(unit) = entry.unit else { continue };
                let of_unit = found.entry(unit).or_default();
                of_unit.entry(*rate).or_default().push(entry);
            }
        }
    }
    let figures = |rates: BTreeMap<RateKind, Vec<Entry>>| {
        let rates = rates.into_iter();
        rates
            .map(|(rate, entries)| (rate, figure(&entries)))
            .collect()
    };
    let units = found.into_iter();
    units.map(|(unit, rates)| (unit, figures(rates))).collect()
}
