//! Queries on what the figures are made from, on weights and on sealed months.
use crate::{
    case,
    domain::{
        case::{Command, Event, Kind, Payload, Stage},
        id::{AccountId, CaseId, OfficeId, PersonId},
        rates::{Period, Weights},
    },
    entity::{account, case::Column, case_event, oversight_weights, sealed_month, unit},
    error::{AppError, AppResult},
    platform::db::{WriteTx, is_duplicate},
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::OnConflict,
};
use std::collections::{BTreeMap, HashMap};

type Time = DateTime<Utc>;

/// Cases whose events are read at a time.
pub const CHUNK: usize = 300;

/// Numbers and kinds of cases.
pub type Numbered = BTreeMap<CaseId, (String, Kind)>;

/// Every case that a period may count something of, see `CaseFacts::concerns`. Each condition has
/// an index of its own, so a month is found among a million cases without reading them.
pub async fn concerned(
    db: &impl ConnectionTrait,
    office: OfficeId,
    period: &Period,
    kind: Option<Kind>,
) -> AppResult<Numbered> {
    let quiet = || Condition::all().add(Column::UpdatedAt.lt(period.from));
    let due = |column: Column| {
        let from = quiet().add(column.gte(period.from));
        from.add(column.lt(period.to))
    };
    let mut found = Numbered::new();
    for condition in [
        Condition::all().add(Column::UpdatedAt.gte(period.from)),
        quiet().add(Column::Stage.is_in(Stage::OPEN.iter().copied())),
        due(Column::CitizenDueAt),
        due(Column::UnitDueAt),
        due(Column::ResponseDueAt),
    ] {
        let mut query = crate::entity::case::Entity::find()
            .select_only()
            .columns([Column::Id, Column::Number, Column::Kind])
            .filter(Column::OfficeId.eq(office))
            .filter(Column::RecordedAt.lt(period.to))
            .filter(condition);
        // Without the kind the index by office, kind and stage could not be used for open cases.
        let kinds = kind.map_or(Kind::ALL.to_vec(), |kind| vec![kind]);
        query = query.filter(Column::Kind.is_in(kinds));
        let rows: Vec<(CaseId, String, Kind)> = query.into_tuple().all(db).await?;
        found.extend(
            rows.into_iter()
                .map(|(id, number, kind)| (id, (number, kind))),
        );
    }
    Ok(found)
}

/// The events of some cases, in order, as far as they were recorded before an instant.
pub async fn events(
    db: &impl ConnectionTrait,
    ids: &[CaseId],
    before: Option<Time>,
) -> AppResult<HashMap<CaseId, Vec<Event>>> {
    let mut query = case_event::Entity::find()
        .filter(case_event::Column::CaseId.is_in(ids.iter().copied()))
        .order_by_asc(case_event::Column::CaseId)
        .order_by_asc(case_event::Column::Seq);
    if let Some(before) = before {
        query = query.filter(case_event::Column::RecordedMs.lt(before.timestamp_millis()));
    }
    let mut found: HashMap<CaseId, Vec<Event>> = HashMap::new();
    for row in query.all(db).await? {
        found
            .entry(row.case_id)
            .or_default()
            .push(case::store::event(&row)?);
    }
    Ok(found)
}

/// Cases recorded in a stretch of time that may be the same matter again, with who reported them
/// first.
pub async fn reported(
    db: &impl ConnectionTrait,
    office: OfficeId,
    (from, to): (Time, Time),
) -> AppResult<Vec<(CaseId, Kind, PersonId)>> {
    let counted = Kind::ALL
        .iter()
        .copied()
        .filter(|kind| kind.counts_in_rates());
    let cases: Vec<(CaseId, Kind)> = crate::entity::case::Entity::find()
        .select_only()
        .columns([Column::Id, Column::Kind])
        .filter(Column::OfficeId.eq(office))
        .filter(Column::RecordedAt.gte(from))
        .filter(Column::RecordedAt.lt(to))
        .filter(Column::Kind.is_in(counted))
        .order_by_asc(Column::Id)
        .into_tuple()
        .all(db)
        .await?;
    let mut found = Vec::new();
    for chunk in cases.chunks(CHUNK) {
        let kinds: HashMap<_, _> = chunk.iter().copied().collect();
        let rows: Vec<(CaseId, String)> = case_event::Entity::find()
            .select_only()
            .columns([case_event::Column::CaseId, case_event::Column::Payload])
            .filter(case_event::Column::CaseId.is_in(kinds.keys().copied()))
            .filter(case_event::Column::Seq.eq(1))
            .order_by_asc(case_event::Column::CaseId)
            .into_tuple()
            .all(db)
            .await?;
        for (id, payload) in rows {
            let payload: Payload = serde_json::from_str(&payload)?;
            if let (Command::Report { reporter, .. }, Some(kind)) = (payload.data, kinds.get(&id))
                && let Some(person) = reporter
            {
                found.push((id, *kind, person));
            }
        }
    }
    Ok(found)
}

/// All units of the office, in use or not.
pub async fn units(db: &impl ConnectionTrait, office: OfficeId) -> AppResult<Vec<unit::Model>> {
    Ok(unit::Entity::find()
        .filter(unit::Column::OfficeId.eq(office))
        .order_by_asc(unit::Column::Name)
        .order_by_asc(unit::Column::Id)
        .all(db)
        .await?)
}

/// What an account is called.
pub async fn name(
    db: &impl ConnectionTrait,
    office: OfficeId,
    id: AccountId,
) -> AppResult<Option<String>> {
    let found = account::Entity::find_by_id(id)
        .filter(account::Column::OfficeId.eq(office))
        .one(db)
        .await?;
    Ok(found.map(|account| account.name))
}

/// The office's weights, or those everybody begins with.
pub async fn weights(db: &impl ConnectionTrait, office: OfficeId) -> AppResult<Weights> {
    let row = oversight_weights::Entity::find()
        .filter(oversight_weights::Column::OfficeId.eq(office))
        .one(db)
        .await?;
    let part = |number: i32| u8::try_from(number).unwrap_or_default();
    let read = row.and_then(|row| {
        Weights::new(part(row.response), part(row.solved), part(row.satisfied)).ok()
    });
    Ok(read.unwrap_or_default())
}

pub async fn set_weights(
    tx: &WriteTx,
    office: OfficeId,
    by: AccountId,
    weights: Weights,
) -> AppResult<()> {
    use oversight_weights::Column;
    let row = oversight_weights::ActiveModel {
        office_id: Set(office),
        response: Set(weights.response.into()),
        solved: Set(weights.solved.into()),
        satisfied: Set(weights.satisfied.into()),
        updated_at: Set(tx.now),
        updated_by: Set(Some(by)),
        ..Default::default()
    };
    let again = OnConflict::column(Column::OfficeId)
        .update_columns([
            Column::Response,
            Column::Solved,
            Column::Satisfied,
            Column::UpdatedAt,
            Column::UpdatedBy,
        ])
        .to_owned();
    oversight_weights::Entity::insert(row)
        .on_conflict(again)
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

/// All sealed months of an office in the order in which they were sealed.
pub async fn sealed(
    db: &impl ConnectionTrait,
    office: OfficeId,
) -> AppResult<Vec<sealed_month::Model>> {
    Ok(sealed_month::Entity::find()
        .filter(sealed_month::Column::OfficeId.eq(office))
        .order_by_asc(sealed_month::Column::Id)
        .all(db)
        .await?)
}

/// Offices that sealed anything.
pub async fn sealing_offices(db: &impl ConnectionTrait) -> AppResult<Vec<OfficeId>> {
    Ok(sealed_month::Entity::find()
        .select_only()
        .column(sealed_month::Column::OfficeId)
        .distinct()
        .order_by_asc(sealed_month::Column::OfficeId)
        .into_tuple()
        .all(db)
        .await?)
}

pub async fn sealed_month(
    db: &impl ConnectionTrait,
    office: OfficeId,
    month: &str,
) -> AppResult<Option<sealed_month::Model>> {
    Ok(sealed_month::Entity::find()
        .filter(sealed_month::Column::OfficeId.eq(office))
        .filter(sealed_month::Column::Month.eq(month))
        .one(db)
        .await?)
}

/// The hash of the month that was sealed last; empty before the first.
pub async fn last_hash(tx: &WriteTx, office: OfficeId) -> AppResult<String> {
    let last = sealed_month::Entity::find()
        .filter(sealed_month::Column::OfficeId.eq(office))
        .order_by_desc(sealed_month::Column::Id)
        .one(tx.conn())
        .await?;
    Ok(last.map(|row| row.hash).unwrap_or_default())
}

/// # Errors
/// 409 `month_sealed` when somebody else was first.
pub async fn insert(tx: &WriteTx, row: sealed_month::Model) -> AppResult<()> {
    let mut row: sealed_month::ActiveModel = row.into();
    row.id = NotSet;
    match sealed_month::Entity::insert(row)
        .exec_without_returning(tx.conn())
        .await
    {
        Ok(_) => Ok(()),
        Err(error) if is_duplicate(&error) => Err(AppError::conflict("month_sealed")),
        Err(error) => Err(error.into()),
    }
}
