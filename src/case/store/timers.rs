//! What the timers look for: cases on which the program acts by itself, by id.
use super::list::is_open;
use crate::{
    domain::{
        case::{Kind, Stage},
        id::{CaseId, OfficeId},
    },
    entity::case::{Column, Entity},
    error::AppResult,
};
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

/// A case that a timer has to look at.
pub type Due = (CaseId, OfficeId);

async fn found(
    db: &impl ConnectionTrait,
    which: Condition,
    after: CaseId,
    limit: u64,
) -> AppResult<Vec<Due>> {
    // Timers look every minute, also when there is nothing: never at what has ended.
    Ok(Entity::find()
        .select_only()
        .column(Column::Id)
        .column(Column::OfficeId)
        .filter(is_open())
        .filter(which)
        .filter(Column::Id.gt(after))
        .order_by_asc(Column::Id)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await?)
}

/// 督办: open cases whose deadline passed or that were sent back twice, and that nobody supervises yet.
pub async fn to_supervise(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    after: CaseId,
    limit: u64,
) -> AppResult<Vec<Due>> {
    let at_employer = Condition::any()
        .add(Column::Kind.ne(Kind::EmploymentMatch))
        .add(Column::Stage.is_in([Stage::Dispatched, Stage::Handling]));
    let late = Condition::all().add(Column::DueAt.lt(now)).add(at_employer);
    let sent_back = Condition::all()
        .add(Column::ReworkNo.gte(2))
        .add(Column::Kind.ne(Kind::EmploymentMatch));
    let which = Condition::all()
        .add(Column::Supervised.eq(false))
        .add(Column::Stage.is_in(Stage::OPEN.iter().copied()))
        .add(Condition::any().add(late).add(sent_back));
    found(db, which, after, limit).await
}

/// 恢复办理: suspended cases whose day of review has come.
pub async fn to_review(
    db: &impl ConnectionTrait,
    today: NaiveDate,
    after: CaseId,
    limit: u64,
) -> AppResult<Vec<Due>> {
    let which = Condition::all()
        .add(Column::ReviewOn.lte(today))
        .add(Column::Stage.eq(Stage::Suspended));
    found(db, which, after, limit).await
}

/// 升级: supervised cases of the kinds that count, still late on a deadline before `over`.
pub async fn to_escalate(
    db: &impl ConnectionTrait,
    over: DateTime<Utc>,
    after: CaseId,
    limit: u64,
) -> AppResult<Vec<Due>> {
    let kinds = Kind::ALL.iter().filter(|kind| kind.counts_in_rates());
    let which = Condition::all()
        .add(Column::DueAt.lt(over))
        .add(Column::Supervised.eq(true))
        .add(Column::Level.eq(0))
        .add(Column::Kind.is_in(kinds.copied()))
        .add(Column::Stage.is_in([Stage::Accepted, Stage::Dispatched, Stage::Handling]));
    found(db, which, after, limit).await
}
