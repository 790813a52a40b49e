//! The facts of the cases of a period, read in one snapshot, and what is counted among them.
use super::store;
use crate::{
    domain::{
        calendar::Calendar,
        case::{Code, Kind, Stage},
        id::{AreaId, CaseId, OfficeId, UnitId},
        rates::{CaseFacts, Context, Entry, Figures, Period, RateKind, Recurrences, entries},
    },
    error::AppResult,
};
use anyhow::anyhow;
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::ConnectionTrait;
use std::collections::BTreeSet;

/// How long after a closing the same matter may come again.
const RECURS_WITHIN: TimeDelta = TimeDelta::days(90);

/// How much is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Everything there is now.
    Now(DateTime<Utc>),
    /// What was recorded before an instant.
    Before(DateTime<Utc>),
}

impl Cut {
    pub const fn as_of(self) -> DateTime<Utc> {
        match self {
            Self::Now(at) | Self::Before(at) => at,
        }
    }

    const fn before(self) -> Option<DateTime<Utc>> {
        match self {
            Self::Now(_) => None,
            Self::Before(at) => Some(at),
        }
    }
}

/// A case of the period.
#[derive(Clone, Debug)]
pub struct Case {
    pub id: CaseId,
    pub number: String,
    pub facts: CaseFacts,
}

/// All cases of a period, as far as they are known.
#[derive(Clone, Debug)]
pub struct Picture {
    pub period: Period,
    pub as_of: DateTime<Utc>,
    /// In the order of their ids.
    pub cases: Vec<Case>,
    recurrences: Recurrences,
    calendar: Calendar,
}

/// Which of them are asked for.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    pub unit: Option<UnitId>,
    /// An area with everything in it.
    pub areas: Option<BTreeSet<AreaId>>,
    pub kind: Option<Kind>,
    pub category: Option<String>,
}

impl Scope {
    fn has(&self, case: &CaseFacts) -> bool {
        let area = self.areas.as_ref();
        let category = case.category.as_ref().map(Code::as_str);
        self.kind.is_none_or(|kind| kind == case.kind)
            && area.is_none_or(|areas| case.area.is_some_and(|area| areas.contains(&area)))
            && self
                .category
                .as_deref()
                .is_none_or(|asked| category == Some(asked))
    }
}

impl Picture {
    pub fn empty(period: Period, as_of: DateTime<Utc>) -> Self {
        Self {
            period,
            as_of,
            cases: Vec::new(),
            recurrences: Recurrences::default(),
            calendar: Calendar::office(),
        }
    }

    pub fn context(&self) -> Context<'_> {
        Context {
            period: self.period,
            as_of: self.as_of,
            calendar: &self.calendar,
            recurrences: &self.recurrences,
        }
    }

    pub fn within<'a>(&'a self, scope: &'a Scope) -> impl Iterator<Item = &'a Case> + Clone {
        self.cases.iter().filter(|case| scope.has(&case.facts))
    }

    pub fn figures(&self, scope: &Scope) -> Figures {
        let cases = self.within(scope).map(|case| (case.id, &case.facts));
        Figures::count(&cases, scope.unit, &self.context())
    }

    /// What a rate looks at in one case.
    pub fn entries(&self, rate: RateKind, case: &Case, unit: Option<UnitId>) -> Vec<Entry> {
        let mut found = entries(rate, case.id, &case.facts, &self.context());
        found.retain(|entry| unit.is_none() || entry.unit == unit);
        found
    }
}

/// Reads a period.
pub async fn read(
    db: &impl ConnectionTrait,
    office: OfficeId,
    period: Period,
    cut: Cut,
    kind: Option<Kind>,
) -> AppResult<Picture> {
    let mut picture = Picture::empty(period, cut.as_of());
    let numbered = store::concerned(db, office, &period, kind).await?;
    let numbered: Vec<_> = numbered.into_iter().collect();
    for chunk in numbered.chunks(store::CHUNK) {
        let ids: Vec<_> = chunk.iter().map(|(id, _)| *id).collect();
        let mut events = store::events(db, &ids, cut.before()).await?;
        for (id, (number, kind)) in chunk {
            let Some(events) = events.remove(id) else {
                continue;
            };
            let facts = facts(*kind, number, &events)?;
            if facts.concerns(&period) {
                picture.cases.push(Case {
                    id: *id,
                    number: number.clone(),
                    facts,
                });
            }
        }
    }
    picture.recurrences = recurrences(db, office, &picture, cut).await?;
    Ok(picture)
}

fn facts(kind: Kind, number: &str, events: &[crate::domain::case::Event]) -> AppResult<CaseFacts> {
    let facts = CaseFacts::of(kind, events);
    Ok(facts.map_err(|error| anyhow!("{number}: {error}"))?)
}

/// Later cases of those whose case was closed in the period.
async fn recurrences(
    db: &impl ConnectionTrait,
    office: OfficeId,
    picture: &Picture,
    cut: Cut,
) -> AppResult<Recurrences> {
    let mut found = Recurrences::default();
    let people: BTreeSet<_> = picture
        .cases
        .iter()
        .filter(|case| case.facts.kind.counts_in_rates() && case.facts.stage != Stage::Voided)
        .filter(|case| case.facts.cycles.iter().any(|cycle| cycle.closed.is_some()))
        .filter_map(|case| case.facts.person)
        .collect();
    if people.is_empty() {
        return Ok(found);
    }
    let stretch = (picture.period.from, picture.period.to + RECURS_WITHIN);
    let reported = store::reported(db, office, stretch).await?;
    let again: Vec<_> = reported
        .into_iter()
        .filter(|(_, _, person)| people.contains(person))
        .collect();
    for chunk in again.chunks(store::CHUNK) {
        let ids: Vec<_> = chunk.iter().map(|(id, _, _)| *id).collect();
        let mut events = store::events(db, &ids, cut.before()).await?;
        for (id, kind, _) in chunk {
            if let Some(events) = events.remove(id) {
                found.add(*id, &facts(*kind, "", &events)?);
            }
        }
    }
    Ok(found)
}
