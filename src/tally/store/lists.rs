//! The rows of lists, by their ids.
use crate::{
    domain::id::{CaseId, CheckInId, FairId, OfficeId, RegistrationId},
    entity::{case, check_in, job_match, registration},
    error::AppResult,
    person,
    platform::secret::Keys,
    tally::rows::Part,
};
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::HashMap;

/// Ids in one query: both databases bound the number of values, SQLite at 32,766.
const AT_ONCE: usize = 5000;

/// A registration as a list shows it.
pub struct Registered {
    pub id: RegistrationId,
    pub code: String,
    /// Masked; nothing when the person was erased.
    pub name: Option<String>,
    pub at: DateTime<Utc>,
    pub first_in_at: Option<DateTime<Utc>>,
    pub first_gate: Option<String>,
}

pub async fn registrations(
    db: &impl ConnectionTrait,
    office: OfficeId,
    keys: &Keys,
    ids: &[RegistrationId],
) -> AppResult<Vec<Registered>> {
    let mut shown = Vec::with_capacity(ids.len());
    for part in ids.chunks(AT_ONCE) {
        let rows = registration::Entity::find()
            .filter(registration::Column::Id.is_in(part.iter().copied()))
            .all(db)
            .await?;
        let people: Vec<_> = rows.iter().map(|r| r.person_id).collect();
        let cards = person::cards(db, keys, office, &people).await?;
        shown.extend(rows.into_iter().map(|row| {
            Registered {
                id: row.id,
                name: cards
                    .get(&row.person_id)
                    .filter(|card| !card.erased)
                    .map(|card| card.name.clone()),
                code: row.code,
                at: row.registered_at,
                first_in_at: row.first_in_at,
                first_gate: row.first_gate,
            }
        }));
    }
    Ok(shown)
}

/// A match as a list shows it.
pub struct Progress {
    pub number: String,
    pub created_at: DateTime<Utc>,
    pub placed_on: Option<NaiveDate>,
}

pub async fn stages(
    db: &impl ConnectionTrait,
    ids: &[CaseId],
) -> AppResult<HashMap<CaseId, Progress>> {
    let mut stages = HashMap::with_capacity(ids.len());
    for part in ids.chunks(AT_ONCE) {
        let numbers: Vec<(CaseId, String)> = case::Entity::find()
            .filter(case::Column::Id.is_in(part.iter().copied()))
            .select_only()
            .columns([case::Column::Id, case::Column::Number])
            .into_tuple()
            .all(db)
            .await?;
        let mut numbers: HashMap<_, _> = numbers.into_iter().collect();
        let matches: Vec<(CaseId, DateTime<Utc>, Option<NaiveDate>)> = job_match::Entity::find()
            .filter(job_match::Column::CaseId.is_in(part.iter().copied()))
            .select_only()
            .columns([
                job_match::Column::CaseId,
                job_match::Column::CreatedAt,
                job_match::Column::PlacedOn,
            ])
            .into_tuple()
            .all(db)
            .await?;
        stages.extend(matches.into_iter().map(|(id, created_at, placed_on)| {
            let progress = Progress {
                number: numbers.remove(&id).unwrap_or_default(),
                created_at,
                placed_on,
            };
            (id, progress)
        }));
    }
    Ok(stages)
}

/// An admission at a gate.
pub struct Entry {
    pub id: CheckInId,
    pub registration: Option<RegistrationId>,
    pub gate: String,
    pub at: DateTime<Utc>,
}

/// Admissions after the cursor, one more than fit the page.
pub async fn entries(
    db: &impl ConnectionTrait,
    fair: FairId,
    gate: Option<&str>,
    part: Part,
) -> AppResult<Vec<Entry>> {
    use check_in::Column;
    let mut query = check_in::Entity::find()
        .filter(Column::FairId.eq(fair))
        .filter(Column::Direction.eq("in"))
        .filter(Column::Result.eq("admitted"))
        .filter(Column::Id.gt(part.after.unwrap_or(i64::MIN)));
    if let Some(gate) = gate {
        query = query.filter(Column::Gate.eq(gate));
    }
    let rows: Vec<(CheckInId, Option<RegistrationId>, String, DateTime<Utc>)> = query
        .order_by_asc(Column::Id)
        .limit(part.limit.saturating_add(1))
        .select_only()
        .columns([
            Column::Id,
            Column::RegistrationId,
            Column::Gate,
            Column::ScannedAt,
        ])
        .into_tuple()
        .all(db)
        .await?;
    let entries = rows.into_iter().map(|(id, registration, gate, at)| Entry {
        id,
        registration,
        gate,
        at,
    });
    Ok(entries.collect())
}
