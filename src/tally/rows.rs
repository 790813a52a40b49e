//! The rows behind a figure: masked, a page at a time, in the order of their ids.
use super::{
    facts::{Key, Match},
    measure::{Dimension, Unit},
    picture::{Picture, PostingAt},
    query::{Question, What},
    store::{self, Progress, Registered},
};
use crate::{
    domain::id::{CaseId, OfficeId, RegistrationId},
    error::AppResult,
    platform::secret::Keys,
};
use sea_orm::ConnectionTrait;
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;

/// 明细行: what may be shown of one thing that a figure counts. Names are masked; there is no phone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Row {
    /// The cursor after this row.
    pub id: String,
    /// Ticket code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// Such as `王**`; nothing when the person was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registered_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checked_in_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gate: Option<String>,
    /// Number of the match's case; of a person, the one that went furthest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub posting: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub employer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub booth: Option<String>,
    /// The furthest rung reached: `interest` … `verified`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rung: Option<&'static str>,
    /// When the interest was shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matched_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placed_on: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headcount: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// Cumulative reading of the platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub views: Option<i64>,
    /// When it happened: the admission, the reading.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence_url: Option<String>,
}

/// A page of rows.
pub struct Listing {
    /// The row of the table whose figure it is.
    pub key: Key,
    /// All rows, not only those of this page.
    pub total: u64,
    pub rows: Vec<Row>,
    pub next: Option<String>,
}

/// Which part of the rows.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    pub after: Option<i64>,
    pub limit: u64,
}

/// What rows are made with: the snapshot they are read from, and the keys that open names.
pub struct Source<'a, C> {
    pub db: &'a C,
    pub keys: &'a Keys,
    pub office: OfficeId,
    pub picture: &'a Picture,
}

/// The rows of a figure.
///
/// # Errors
/// 404 when the table has no row of that key.
pub async fn rows<C: ConnectionTrait>(
    source: &Source<'_, C>,
    question: &Question,
    part: Part,
) -> AppResult<Listing> {
    let facts = &source.picture.facts;
    let (row, key) = question.row(facts)?;
    let by = question.by;
    let (total, mut rows) = match question.what {
        What::Of(measure, Unit::Persons) => {
            let found = facts.persons(measure, by, row);
            let page = cut(&found, part, |at| facts.visitors[at as usize].id.0);
            (found.len() as u64, persons(source, by, row, page).await?)
        }
        What::Of(measure, Unit::Matches) => {
            let found = facts.matches(measure, by, row);
            let page = cut(&found, part, |at| facts.matches[at as usize].case.0);
            let page: Vec<_> = page.iter().map(|at| &facts.matches[*at as usize]).collect();
            (found.len() as u64, matches(source, &page).await?)
        }
        What::Entries => entries(source, &key, part).await?,
        What::Employers | What::Postings | What::Headcount | What::Views => {
            let found = few(source.picture, question.what, &key);
            let total = found.len() as u64;
            let rest = found.into_iter().filter(|row| {
                let id = row.id.parse::<i64>().unwrap_or(i64::MAX);
                part.after.is_none_or(|after| id > after)
            });
            (total, rest.collect())
        }
    };
    let limit = fit(part);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|row| row.id.clone());
    Ok(Listing {
        key,
        total,
        rows,
        next,
    })
}

/// Rows that fit a page.
fn fit(part: Part) -> usize {
    usize::try_from(part.limit).unwrap_or(usize::MAX)
}

/// The places after the cursor, one more than fit a page.
fn cut(found: &[u32], part: Part, id: impl Fn(u32) -> i64) -> &[u32] {
    let from = part
        .after
        .map_or(0, |after| found.partition_point(|at| id(*at) <= after));
    let to = found
        .len()
        .min(from.saturating_add(fit(part)).saturating_add(1));
    &found[from..to]
}

async fn persons<C: ConnectionTrait>(
    source: &Source<'_, C>,
    by: Dimension,
    row: u32,
    page: &[u32],
) -> AppResult<Vec<Row>> {
    let facts = &source.picture.facts;
    let furthest = facts.furthest(by, row);
    let best: Vec<&Match> = page
        .iter()
        .filter_map(|at| furthest.get(at).copied())
        .collect();
    let stages = stages(source, &best).await?;
    let people = people(source, page.iter().copied()).await?;
    Ok(page
        .iter()
        .map(|at| {
            let id = facts.visitors[*at as usize].id;
            let mut row = people.get(&id).cloned().unwrap_or_default();
            row.id = id.to_string();
            match furthest.get(at) {
                Some(entry) => told(source.picture, row, entry, &stages),
                None => row,
            }
        })
        .collect())
}

async fn matches<C: ConnectionTrait>(
    source: &Source<'_, C>,
    page: &[&Match],
) -> AppResult<Vec<Row>> {
    let facts = &source.picture.facts;
    let stages = stages(source, page).await?;
    let people = people(source, page.iter().map(|entry| entry.visitor)).await?;
    Ok(page
        .iter()
        .map(|entry| {
            let id = facts.visitors[entry.visitor as usize].id;
            let mut row = people.get(&id).cloned().unwrap_or_default();
            row.id = entry.case.to_string();
            told(source.picture, row, entry, &stages)
        })
        .collect())
}

async fn stages<C: ConnectionTrait>(
    source: &Source<'_, C>,
    page: &[&Match],
) -> AppResult<HashMap<CaseId, Progress>> {
    let cases: Vec<_> = page.iter().map(|entry| entry.case).collect();
    store::stages(source.db, &cases).await
}

/// Ticket, masked name and times of registrations.
async fn people<C: ConnectionTrait>(
    source: &Source<'_, C>,
    visitors: impl Iterator<Item = u32>,
) -> AppResult<HashMap<RegistrationId, Row>> {
    let facts = &source.picture.facts;
    let ids: Vec<_> = visitors.map(|at| facts.visitors[at as usize].id).collect();
    let found = store::registrations(source.db, source.office, source.keys, &ids).await?;
    Ok(found.into_iter().map(|r| (r.id, registered(r))).collect())
}

fn registered(registered: Registered) -> Row {
    Row {
        ticket: Some(registered.code),
        name: registered.name,
        registered_at: Some(registered.at.to_rfc3339()),
        checked_in_at: registered.first_in_at.map(|at| at.to_rfc3339()),
        gate: registered.first_gate,
        ..Row::default()
    }
}

/// Adds what a match says.
fn told(picture: &Picture, row: Row, entry: &Match, stages: &HashMap<CaseId, Progress>) -> Row {
    let facts = &picture.facts;
    let (posting, employer) = facts.about(entry);
    let stage = stages.get(&entry.case);
    Row {
        case: stage.map(|stage| stage.number.clone()),
        posting: picture.names.postings.get(&posting).cloned(),
        employer: picture.names.employers.get(&employer).cloned(),
        booth: picture.supply.booth(employer).map(ToOwned::to_owned),
        rung: Some(entry.rung().code()),
        matched_at: stage.map(|stage| stage.created_at.to_rfc3339()),
        placed_on: stage
            .and_then(|stage| stage.placed_on)
            .map(|day| day.to_string()),
        ..row
    }
}

async fn entries<C: ConnectionTrait>(
    source: &Source<'_, C>,
    key: &Key,
    part: Part,
) -> AppResult<(u64, Vec<Row>)> {
    let picture = source.picture;
    let gate = match key {
        // Nobody is counted as an entry before being let in.
        Key::Gate(None) => return Ok((0, Vec::new())),
        Key::Gate(Some(gate)) => Some(gate.as_str()),
        _ => None,
    };
    let total = match gate {
        None => picture.entries(),
        Some(gate) => {
            let at = picture.gates.iter().find(|g| g.gate == gate);
            at.map_or(0, |g| g.entries)
        }
    };
    let found = store::entries(source.db, picture.fair.id, gate, part).await?;
    let ids: Vec<_> = found.iter().filter_map(|e| e.registration).collect();
    let people = store::registrations(source.db, source.office, source.keys, &ids).await?;
    let people: HashMap<_, _> = people.into_iter().map(|r| (r.id, registered(r))).collect();
    let rows = found.into_iter().map(|entry| {
        let person = entry.registration.and_then(|id| people.get(&id).cloned());
        Row {
            id: entry.id.to_string(),
            gate: Some(entry.gate),
            at: Some(entry.at.to_rfc3339()),
            ..person.unwrap_or_default()
        }
    });
    Ok((total, rows.collect()))
}

/// Rows of what a fair has few of, from the picture itself.
fn few(picture: &Picture, what: What, key: &Key) -> Vec<Row> {
    let mut found: Vec<(i64, Row)> = match what {
        What::Employers => picture
            .supply
            .employers
            .iter()
            .map(|at| {
                let (_, headcount) = picture.supply.of_employer(at.id);
                let row = Row {
                    employer: Some(at.name.clone()),
                    booth: at.booth.clone(),
                    headcount: Some(headcount),
                    ..Row::default()
                };
                (at.id.0, row)
            })
            .collect(),
        What::Views => readings(picture, key),
        _ => picture
            .supply
            .postings
            .iter()
            .filter(|posting| match key {
                Key::Employer(id) => posting.employer == *id,
                Key::Posting(id) => posting.id == *id,
                _ => true,
            })
            .map(|at| (at.id.0, posting(picture, at)))
            .collect(),
    };
    found.sort_by_key(|(id, _)| *id);
    let numbered = found.into_iter().map(|(id, row)| Row {
        id: id.to_string(),
        ..row
    });
    numbered.collect()
}

fn posting(picture: &Picture, posting: &PostingAt) -> Row {
    Row {
        posting: Some(posting.title.clone()),
        employer: picture.names.employers.get(&posting.employer).cloned(),
        booth: picture
            .supply
            .booth(posting.employer)
            .map(ToOwned::to_owned),
        headcount: Some(posting.headcount),
        ..Row::default()
    }
}

fn readings(picture: &Picture, key: &Key) -> Vec<(i64, Row)> {
    let sessions = picture.streams.iter().filter(|session| match key {
        Key::Stream(id) => session.id == *id,
        _ => true,
    });
    sessions
        .flat_map(|session| {
            session.readings.iter().map(|reading| {
                let row = Row {
                    stream: Some(session.title.clone()),
                    platform: Some(reading.platform.clone()),
                    views: Some(reading.views),
                    at: Some(reading.at.to_rfc3339()),
                    evidence_url: Some(reading.evidence_url.clone()).filter(|url| !url.is_empty()),
                    ..Row::default()
                };
                (reading.id, row)
            })
        })
        .collect()
}
