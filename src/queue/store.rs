//! Queries on lines and numbers. Whoever changes a line holds its row until the transaction ends;
//! each change of a number is one statement that says what it found.
use crate::{
    domain::{
        id::{
            AccountId, BoothQueueId, FairId, OfficeId, ParticipationId, QueuePlaceId,
            RegistrationId,
        },
        queue::{Call, PlaceState, Taken, Waiting},
    },
    entity::{booth, booth_queue, employer, participation, queue_place, registration},
    error::{AppError, AppResult},
    platform::db::{WriteTx, is_duplicate},
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, JoinType, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, RelationDef,
    sea_query::{Expr, ExprTrait, OnConflict},
};
use std::collections::HashMap;

/// Calls that a pace is made of, and some more.
const CALLS_LOOKED_AT: u64 = 12;

/// The line of a participation, if anybody ever took a number.
pub async fn find(
    db: &impl ConnectionTrait,
    participation: ParticipationId,
) -> AppResult<Option<booth_queue::Model>> {
    Ok(booth_queue::Entity::find()
        .filter(booth_queue::Column::ParticipationId.eq(participation))
        .one(db)
        .await?)
}

/// Every line of an evening, by participation.
pub async fn of_fair(
    db: &impl ConnectionTrait,
    fair: FairId,
) -> AppResult<HashMap<ParticipationId, booth_queue::Model>> {
    let rows = booth_queue::Entity::find()
        .filter(booth_queue::Column::FairId.eq(fair))
        .all(db)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.participation_id, row))
        .collect())
}

/// The line of a participation, made when it is the first time, held until the transaction ends.
pub async fn hold(
    tx: &WriteTx,
    fair: FairId,
    participation: ParticipationId,
) -> AppResult<booth_queue::Model> {
    use booth_queue::{Column, Entity};
    let row = booth_queue::ActiveModel {
        fair_id: Set(fair),
        participation_id: Set(participation),
        last_number: Set(0),
        paused_at: Set(None),
        pause_word: Set(String::new()),
        ..Default::default()
    };
    let once = OnConflict::column(Column::ParticipationId)
        .do_nothing()
        .to_owned();
    Entity::insert(row)
        .on_conflict(once)
        .exec_without_returning(tx.conn())
        .await?;
    let row = Entity::find()
        .filter(Column::ParticipationId.eq(participation))
        .lock_exclusive()
        .one(tx.conn())
        .await?;
    row.ok_or_else(AppError::unavailable)
}

/// The standing registration, held until the transaction ends: it takes one number after the other,
/// and is withdrawn before or after.
pub async fn hold_ticket(
    tx: &WriteTx,
    id: RegistrationId,
) -> AppResult<Option<registration::Model>> {
    Ok(registration::Entity::find_by_id(id)
        .filter(registration::Column::Status.eq("active"))
        .lock_exclusive()
        .one(tx.conn())
        .await?)
}

/// A participation of the office, as it stands in this transaction.
pub async fn participation(
    db: &impl ConnectionTrait,
    id: ParticipationId,
) -> AppResult<participation::Model> {
    let row = participation::Entity::find_by_id(id).one(db).await?;
    row.ok_or_else(AppError::not_found)
}

/// A number to be given out.
pub struct New {
    pub registration: Option<RegistrationId>,
    pub taken: Taken,
    pub given_by: Option<AccountId>,
}

/// Gives out the next number of a line that is held; `None` when the ticket has one.
pub async fn insert(
    tx: &WriteTx,
    queue: &booth_queue::Model,
    new: New,
) -> AppResult<Option<Waiting>> {
    let waiting = Waiting::arrived(queue.last_number + 1);
    booth_queue::Entity::update_many()
        .col_expr(booth_queue::Column::LastNumber, Expr::value(waiting.number))
        .filter(booth_queue::Column::Id.eq(queue.id))
        .exec(tx.conn())
        .await?;
    let row = queue_place::ActiveModel {
        queue_id: Set(queue.id),
        number: Set(waiting.number),
        turn: Set(waiting.turn),
        registration_id: Set(new.registration),
        taken: Set(new.taken),
        state: Set(PlaceState::Waiting),
        open: Set(true),
        calls_in_vain: Set(0),
        taken_at: Set(tx.now),
        waiting_since: Set(tx.now),
        given_by: Set(new.given_by),
        ..Default::default()
    };
    let made = queue_place::Entity::insert(row)
        .exec_without_returning(tx.conn())
        .await;
    match made {
        Ok(_) => Ok(Some(waiting)),
        Err(error) if is_duplicate(&error) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Everybody who stands in a line or at its table, in the order of the line.
pub async fn open(
    db: &impl ConnectionTrait,
    queue: BoothQueueId,
) -> AppResult<Vec<queue_place::Model>> {
    use queue_place::{Column, Entity};
    Ok(Entity::find()
        .filter(Column::QueueId.eq(queue))
        .filter(Column::Open.eq(true))
        .order_by_asc(Column::Turn)
        .order_by_asc(Column::Number)
        .all(db)
        .await?)
}

/// Those among them who wait.
pub fn waiting(open: &[queue_place::Model]) -> Vec<Waiting> {
    let waiting = open.iter().filter(|row| row.state == PlaceState::Waiting);
    waiting.map(of_row).collect()
}

pub fn of_row(row: &queue_place::Model) -> Waiting {
    Waiting {
        turn: row.turn,
        number: row.number,
    }
}

/// How many wait at each booth of an evening where anybody does.
pub async fn counts(
    db: &impl ConnectionTrait,
    fair: FairId,
) -> AppResult<HashMap<ParticipationId, i64>> {
    use queue_place::Column;
    let rows: Vec<(ParticipationId, i64)> = queue_place::Entity::find()
        .join(JoinType::InnerJoin, to_queue())
        .filter(booth_queue::Column::FairId.eq(fair))
        .filter(Column::State.eq(PlaceState::Waiting))
        .select_only()
        .column(booth_queue::Column::ParticipationId)
        .column_as(Column::Id.count(), "n")
        .group_by(booth_queue::Column::ParticipationId)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

fn to_queue() -> RelationDef {
    queue_place::Entity::belongs_to(booth_queue::Entity)
        .from(queue_place::Column::QueueId)
        .to(booth_queue::Column::Id)
        .into()
}

/// The last calls of a line.
pub async fn calls(db: &impl ConnectionTrait, queue: BoothQueueId) -> AppResult<Vec<Call>> {
    use queue_place::Column;
    let rows: Vec<(DateTime<Utc>, DateTime<Utc>)> = queue_place::Entity::find()
        .select_only()
        .column(Column::CalledAt)
        .column(Column::WaitingSince)
        .filter(Column::QueueId.eq(queue))
        .filter(Column::CalledAt.is_not_null())
        .order_by_desc(Column::CalledAt)
        .limit(CALLS_LOOKED_AT)
        .into_tuple()
        .all(db)
        .await?;
    let call = |(at, since)| Call {
        at,
        waiting_since: since,
    };
    Ok(rows.into_iter().map(call).collect())
}

/// Gives a bare number to a ticket.
pub async fn belong(tx: &WriteTx, id: QueuePlaceId, ticket: RegistrationId) -> AppResult<()> {
    queue_place::Entity::update_many()
        .col_expr(queue_place::Column::RegistrationId, Expr::value(ticket))
        .filter(queue_place::Column::Id.eq(id))
        .filter(queue_place::Column::RegistrationId.is_null())
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// A number of a line.
///
/// # Errors
/// 404 when it was never given out.
pub async fn by_number(
    db: &impl ConnectionTrait,
    queue: BoothQueueId,
    number: i64,
) -> AppResult<queue_place::Model> {
    let row = queue_place::Entity::find()
        .filter(queue_place::Column::QueueId.eq(queue))
        .filter(queue_place::Column::Number.eq(number))
        .one(db)
        .await?;
    row.ok_or_else(AppError::not_found)
}

/// Numbers of a ticket that stand in line, and those that were out since then, the oldest first.
pub async fn of_ticket(
    db: &impl ConnectionTrait,
    ticket: RegistrationId,
    out_since: DateTime<Utc>,
) -> AppResult<Vec<(queue_place::Model, booth_queue::Model)>> {
    use queue_place::Column;
    let missed = Column::State
        .eq(PlaceState::Missed)
        .and(Column::EndedAt.gte(out_since));
    let shown = Condition::any().add(Column::Open.eq(true)).add(missed);
    with_queue(db, ticket, shown).await
}

/// Every number that a ticket ever took.
pub async fn all_of_ticket(
    db: &impl ConnectionTrait,
    ticket: RegistrationId,
) -> AppResult<Vec<(queue_place::Model, booth_queue::Model)>> {
    with_queue(db, ticket, Condition::all()).await
}

async fn with_queue(
    db: &impl ConnectionTrait,
    ticket: RegistrationId,
    which: Condition,
) -> AppResult<Vec<(queue_place::Model, booth_queue::Model)>> {
    let places = queue_place::Entity::find()
        .filter(queue_place::Column::RegistrationId.eq(ticket))
        .filter(which)
        .order_by_asc(queue_place::Column::Id)
        .all(db)
        .await?;
    if places.is_empty() {
        return Ok(Vec::new());
    }
    let queues = booth_queue::Entity::find()
        .filter(booth_queue::Column::Id.is_in(places.iter().map(|place| place.queue_id)))
        .all(db)
        .await?;
    let queues: HashMap<_, _> = queues.into_iter().map(|row| (row.id.0, row)).collect();
    let both = |place: queue_place::Model| {
        let queue = queues.get(&place.queue_id.0)?.clone();
        Some((place, queue))
    };
    Ok(places.into_iter().filter_map(both).collect())
}

/// The open number of a ticket in a line.
pub async fn of_ticket_in(
    db: &impl ConnectionTrait,
    queue: BoothQueueId,
    ticket: RegistrationId,
) -> AppResult<Option<queue_place::Model>> {
    use queue_place::Column;
    Ok(queue_place::Entity::find()
        .filter(Column::QueueId.eq(queue))
        .filter(Column::RegistrationId.eq(ticket))
        .filter(Column::Open.eq(true))
        .one(db)
        .await?)
}

/// In how many lines a ticket stands.
pub async fn lines_of(db: &impl ConnectionTrait, ticket: RegistrationId) -> AppResult<u64> {
    use queue_place::Column;
    Ok(queue_place::Entity::find()
        .filter(Column::RegistrationId.eq(ticket))
        .filter(Column::Open.eq(true))
        .count(db)
        .await?)
}

/// Calls whoever waits; false when somebody else did, or it went away meanwhile.
pub async fn call(
    tx: &WriteTx,
    queue: BoothQueueId,
    number: i64,
    by: Option<AccountId>,
) -> AppResult<bool> {
    use queue_place::Column;
    let done = queue_place::Entity::update_many()
        .col_expr(Column::State, Expr::value(PlaceState::Called))
        .col_expr(Column::CalledAt, Expr::value(tx.now))
        .col_expr(Column::CalledBy, Expr::value(by))
        .filter(Column::QueueId.eq(queue))
        .filter(Column::Number.eq(number))
        .filter(Column::State.eq(PlaceState::Waiting))
        .exec(tx.conn())
        .await?;
    Ok(done.rows_affected == 1)
}

/// Whoever was called stands at the table.
pub async fn come(tx: &WriteTx, id: QueuePlaceId) -> AppResult<bool> {
    use queue_place::Column;
    let done = queue_place::Entity::update_many()
        .col_expr(Column::State, Expr::value(PlaceState::Here))
        .col_expr(Column::CameAt, Expr::value(tx.now))
        .filter(Column::Id.eq(id))
        .filter(Column::State.eq(PlaceState::Called))
        .exec(tx.conn())
        .await?;
    Ok(done.rows_affected == 1)
}

/// Whoever was called in vain waits again.
pub async fn put_back(tx: &WriteTx, place: &queue_place::Model, turn: i64) -> AppResult<bool> {
    use queue_place::Column;
    let done = queue_place::Entity::update_many()
        .col_expr(Column::State, Expr::value(PlaceState::Waiting))
        .col_expr(Column::Turn, Expr::value(turn))
        .col_expr(Column::WaitingSince, Expr::value(tx.now))
        .col_expr(Column::CallsInVain, Expr::value(place.calls_in_vain + 1))
        .filter(Column::Id.eq(place.id))
        .filter(Column::State.eq(PlaceState::Called))
        .exec(tx.conn())
        .await?;
    Ok(done.rows_affected == 1)
}

/// A number leaves the line in that way, from one of the given states.
pub async fn end(
    tx: &WriteTx,
    id: QueuePlaceId,
    from: &[PlaceState],
    state: PlaceState,
) -> AppResult<bool> {
    use queue_place::Column;
    let done = queue_place::Entity::update_many()
        .col_expr(Column::State, Expr::value(state))
        .col_expr(Column::Open, Expr::value(false))
        .col_expr(Column::EndedAt, Expr::value(tx.now))
        .filter(Column::Id.eq(id))
        .filter(Column::State.is_in(from.iter().copied()))
        .exec(tx.conn())
        .await?;
    Ok(done.rows_affected == 1)
}

/// A ticket leaves every line.
pub async fn end_all(tx: &WriteTx, ticket: RegistrationId) -> AppResult<()> {
    use queue_place::Column;
    queue_place::Entity::update_many()
        .col_expr(Column::State, Expr::value(PlaceState::Left))
        .col_expr(Column::Open, Expr::value(false))
        .col_expr(Column::EndedAt, Expr::value(tx.now))
        .filter(Column::RegistrationId.eq(ticket))
        .filter(Column::Open.eq(true))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// Stops calling, with a word for those who wait, or goes on.
pub async fn pause(tx: &WriteTx, queue: BoothQueueId, word: Option<String>) -> AppResult<()> {
    use booth_queue::Column;
    let at = word.as_ref().map(|_| tx.now);
    booth_queue::Entity::update_many()
        .col_expr(Column::PausedAt, Expr::value(at))
        .col_expr(Column::PauseWord, Expr::value(word.unwrap_or_default()))
        .filter(Column::Id.eq(queue))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// Names of employers, and labels of the booths at which they stand.
pub async fn signs(
    db: &impl ConnectionTrait,
    office: OfficeId,
    stands: &[participation::Model],
) -> AppResult<(HashMap<i64, String>, HashMap<i64, String>)> {
    let names: Vec<(i64, String)> = employer::Entity::find()
        .select_only()
        .columns([employer::Column::Id, employer::Column::Name])
        .filter(employer::Column::OfficeId.eq(office))
        .filter(employer::Column::Id.is_in(stands.iter().map(|stand| stand.employer_id)))
        .into_tuple()
        .all(db)
        .await?;
    let labels: Vec<(i64, String)> = booth::Entity::find()
        .select_only()
        .columns([booth::Column::Id, booth::Column::Label])
        .filter(booth::Column::Id.is_in(stands.iter().filter_map(|stand| stand.booth_id)))
        .into_tuple()
        .all(db)
        .await?;
    Ok((names.into_iter().collect(), labels.into_iter().collect()))
}

/// Those who stand at a booth of an evening, in the order of booths.
pub async fn stands(
    db: &impl ConnectionTrait,
    fair: FairId,
) -> AppResult<Vec<participation::Model>> {
    use crate::domain::booking::BookingStatus;
    Ok(participation::Entity::find()
        .filter(participation::Column::FairId.eq(fair))
        .filter(participation::Column::Active.eq(true))
        .filter(participation::Column::Status.eq(BookingStatus::Booked))
        .filter(participation::Column::BoothId.is_not_null())
        .order_by_asc(participation::Column::BoothId)
        .all(db)
        .await?)
}
