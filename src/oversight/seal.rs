//! 封存: what is written when a month is sealed, and the proof that it still comes out the same.
use super::{
    gather::{self, Case, Cut, Picture, Scope},
    store,
};
use crate::{
    domain::{
        id::OfficeId,
        rates::{
            FORMULA, Period, RateKind, Verdict, Weights, by_unit,
            seal::{Snapshot, Stamp, UnitKey},
        },
        rota,
    },
    entity::sealed_month::Model,
    error::AppResult,
};
use anyhow::anyhow;
use chrono::NaiveDate;
use sea_orm::ConnectionTrait;
use std::collections::BTreeMap;

/// The days of a month as it is stored.
///
/// # Errors
/// When it is none.
pub fn days(month: &str) -> AppResult<(NaiveDate, NaiveDate)> {
    let days = rota::month(month);
    Ok(days.map_err(|_| anyhow!("{month:?} is no month"))?)
}

/// The figures of a month as a snapshot.
pub fn snapshot(month: &str, picture: &Picture, weights: Weights) -> Snapshot {
    let cases = || picture.cases.iter().map(|case| (case.id, &case.facts));
    let desk: Vec<_> = RateKind::ALL
        .iter()
        .copied()
        .filter(|rate| !rate.of_market())
        .collect();
    let units = by_unit(cases(), &desk, &picture.context());
    Snapshot {
        formula: FORMULA.to_owned(),
        month: month.to_owned(),
        weights,
        cases: picture.cases.len() as u64,
        office: picture.figures(&Scope::default()),
        units: units
            .into_iter()
            .map(|(unit, rates)| (UnitKey(unit), rates))
            .collect(),
        categories: categories(picture),
    }
}

fn categories(picture: &Picture) -> BTreeMap<String, u64> {
    let mut found = BTreeMap::new();
    for case in &picture.cases {
        let entries = picture.entries(RateKind::Found, case, None);
        let counted = entries.iter().any(|e| e.verdict != Verdict::Excluded);
        if let (true, Some(category)) = (counted, &case.facts.category) {
            *found.entry(category.as_str().to_owned()).or_default() += 1;
        }
    }
    found
}

/// The figures of a sealed month, as they were written; none when somebody wrote something else.
pub fn read(row: &Model) -> Option<Snapshot> {
    serde_json::from_str(&row.snapshot).ok()
}

/// Whether the record of a sealed month is the one that was written.
pub fn is_whole(row: &Model) -> bool {
    hash(row) == row.hash
}

/// The hash that a sealed month must have.
pub fn hash(row: &Model) -> String {
    let stamp = Stamp {
        office: row.office_id.0,
        month: &row.month,
        formula: &row.formula,
        as_of_ms: row.as_of.timestamp_millis(),
        sealed_ms: row.sealed_at.timestamp_millis(),
        sealed_by: row.sealed_by.0,
        prev_hash: &row.prev_hash,
    };
    stamp.hash(&row.snapshot)
}

/// The cases of a sealed month as they were known then.
pub async fn then(db: &impl ConnectionTrait, row: &Model) -> AppResult<Picture> {
    let (first, last) = days(&row.month)?;
    let period = Period::days(first, last);
    gather::read(db, row.office_id, period, Cut::Before(row.as_of), None).await
}

/// Why a sealed month is not what it was; nothing when it is. One made by other formulas is only
/// held against its hash.
pub fn fault(row: &Model, picture: &Picture) -> Option<String> {
    if !is_whole(row) {
        return Some("its record was changed".into());
    }
    if row.formula != FORMULA {
        return None;
    }
    let Some(sealed) = read(row) else {
        return Some("its figures cannot be read".into());
    };
    let again = snapshot(&row.month, picture, sealed.weights);
    let differs = again.differs(&sealed);
    differs.map(|what| format!("{what} does not come out as it was sealed"))
}

/// What a verification of sealed months found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    pub months: usize,
    /// The first month that differs, and what is wrong with it.
    pub broken: Option<(String, String)>,
}

/// Recomputes every sealed month of every office from the events recorded before it was sealed, and
/// stops at the first that differs.
pub async fn verify(db: &impl ConnectionTrait) -> AppResult<Verified> {
    let mut found = Verified::default();
    for office in store::sealing_offices(db).await? {
        if let Some(broken) = verify_office(db, office, &mut found.months).await? {
            found.broken = Some(broken);
            return Ok(found);
        }
    }
    Ok(found)
}

async fn verify_office(
    db: &impl ConnectionTrait,
    office: OfficeId,
    months: &mut usize,
) -> AppResult<Option<(String, String)>> {
    let mut last = String::new();
    for row in store::sealed(db, office).await? {
        if row.prev_hash != last {
            let why = "it does not follow the month sealed before it";
            return Ok(Some((row.month, why.into())));
        }
        let picture = then(db, &row).await?;
        if let Some(why) = fault(&row, &picture) {
            return Ok(Some((row.month, why)));
        }
        last = row.hash;
        *months += 1;
    }
    Ok(None)
}

/// 后续更正: a case that counts otherwise now than when the month was sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    pub rate: RateKind,
    pub number: String,
    /// How it counted and why, then and now; empty when it did not count at all.
    pub then: Vec<(Verdict, crate::domain::rates::Why)>,
    pub now: Vec<(Verdict, crate::domain::rates::Why)>,
}

/// What later events changed, rate by rate.
pub fn corrections(then: &Picture, now: &Picture) -> Vec<Correction> {
    let old: BTreeMap<_, _> = then.cases.iter().map(|case| (case.id, case)).collect();
    let new: BTreeMap<_, _> = now.cases.iter().map(|case| (case.id, case)).collect();
    let mut ids: Vec<_> = old.keys().chain(new.keys()).copied().collect();
    ids.sort_unstable();
    ids.dedup();
    let judged = |picture: &Picture, rate, case: Option<&&Case>| -> Vec<_> {
        let entries = case.map(|case| picture.entries(rate, case, None));
        let entries = entries.unwrap_or_default().into_iter();
        entries.map(|entry| (entry.verdict, entry.why)).collect()
    };
    let mut found = Vec::new();
    for rate in RateKind::ALL {
        for id in &ids {
            let (was, is) = (old.get(id), new.get(id));
            let (before, after) = (judged(then, *rate, was), judged(now, *rate, is));
            if let (true, Some(case)) = (before != after, is.or(was)) {
                found.push(Correction {
                    rate: *rate,
                    number: case.number.clone(),
                    then: before,
                    now: after,
                });
            }
        }
    }
    found
}
