//! Queries on who stands where. Each change is one conditional statement; the two partial unique
//! indexes on participations refuse what two of them together would break.
use crate::{
    domain::{
        booking::{self, BookingStatus, Evening, HoldFacts, HoldRefusal},
        employer::EmployerStatus,
        fair::FairStatus,
        id::{BoothId, EmployerId, FairId, OfficeId, ParticipationId},
        ticket::Code,
    },
    entity::{
        booth, employer, fair,
        participation::{self, Column, Entity, Model},
    },
    error::{AppError, AppResult},
    platform::{
        clock::beijing,
        db::{WriteTx, is_duplicate},
        secret,
    },
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{Expr, ExprTrait},
};
use std::collections::HashMap;

/// # Errors
/// 404 when the plan has no such booth.
pub async fn find_booth(
    db: &impl ConnectionTrait,
    fair: FairId,
    label: &str,
) -> AppResult<booth::Model> {
    booth::Entity::find()
        .filter(booth::Column::FairId.eq(fair))
        .filter(booth::Column::Label.eq(label))
        .one(db)
        .await?
        .ok_or_else(AppError::not_found)
}

/// Everybody who has a booth or waits for one.
pub async fn active(db: &impl ConnectionTrait, fair: FairId) -> AppResult<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::FairId.eq(fair))
        .filter(Column::Active.eq(true))
        .order_by_asc(Column::Id)
        .all(db)
        .await?)
}

/// Where an employer stands at a fair now, if it does.
pub async fn stand(
    db: &impl ConnectionTrait,
    fair: FairId,
    employer: EmployerId,
) -> AppResult<Option<Model>> {
    Ok(Entity::find()
        .filter(Column::FairId.eq(fair))
        .filter(Column::EmployerId.eq(employer))
        .filter(Column::Active.eq(true))
        .one(db)
        .await?)
}

/// Who has a booth now.
pub async fn occupant(db: &impl ConnectionTrait, booth: BoothId) -> AppResult<Option<Model>> {
    Ok(Entity::find()
        .filter(Column::BoothId.eq(booth))
        .filter(Column::Active.eq(true))
        .one(db)
        .await?)
}

/// A participation of this fair.
///
/// # Errors
/// 404.
pub async fn find(
    db: &impl ConnectionTrait,
    fair: FairId,
    id: ParticipationId,
) -> AppResult<Model> {
    Entity::find_by_id(id)
        .filter(Column::FairId.eq(fair))
        .one(db)
        .await?
        .ok_or_else(AppError::not_found)
}

fn to_fair() -> sea_orm::RelationDef {
    Entity::belongs_to(fair::Entity)
        .from(Column::FairId)
        .to(fair::Column::Id)
        .into()
}

/// The participation that a booth's QR names, whatever became of it.
///
/// # Errors
/// 404 when the office has none with this code.
pub async fn by_code(db: &impl ConnectionTrait, office: OfficeId, code: &str) -> AppResult<Model> {
    Entity::find()
        .join(JoinType::InnerJoin, to_fair())
        .filter(fair::Column::OfficeId.eq(office))
        .filter(Column::Code.eq(code))
        .one(db)
        .await?
        .ok_or_else(AppError::not_found)
}

/// An employer's participations, newest first.
pub async fn of_employer(
    db: &impl ConnectionTrait,
    office: OfficeId,
    employer: EmployerId,
) -> AppResult<Vec<Model>> {
    Ok(Entity::find()
        .join(JoinType::InnerJoin, to_fair())
        .filter(fair::Column::OfficeId.eq(office))
        .filter(Column::EmployerId.eq(employer))
        .order_by_desc(Column::Id)
        .limit(200)
        .all(db)
        .await?)
}

/// The evenings at which an employer came or was missed, since `since`.
pub async fn evenings(
    db: &impl ConnectionTrait,
    employer: EmployerId,
    since: Option<DateTime<Utc>>,
) -> AppResult<Vec<Evening>> {
    let ended = Condition::any()
        .add(Column::Status.eq(BookingStatus::NoShow))
        .add(Column::ArrivedAt.is_not_null());
    let mut query = Entity::find()
        .select_only()
        .column(Column::Status)
        .column(fair::Column::StartsAt)
        .join(JoinType::InnerJoin, to_fair())
        .filter(Column::EmployerId.eq(employer))
        .filter(ended)
        .order_by_desc(fair::Column::StartsAt)
        .limit(20);
    if let Some(since) = since {
        query = query.filter(fair::Column::StartsAt.gt(since));
    }
    let rows: Vec<(BookingStatus, DateTime<Utc>)> = query.into_tuple().all(db).await?;
    Ok(rows
        .into_iter()
        .map(|(status, at)| Evening {
            on: beijing(at).date_naive(),
            came: status != BookingStatus::NoShow,
        })
        .collect())
}

/// Asks the rules whether this employer may hold a booth of this fair or wait for one.
pub async fn may_hold(
    db: &impl ConnectionTrait,
    fair: &fair::Model,
    employer: &employer::Model,
    current: Option<BookingStatus>,
    now: DateTime<Utc>,
) -> AppResult<Result<(), HoldRefusal>> {
    let history = evenings(db, employer.id, employer.pardoned_at).await?;
    let approved = employer.status == EmployerStatus::Approved;
    Ok(booking::may_hold(&HoldFacts {
        now,
        fair_ends_at: fair.ends_at,
        fair_is_open: fair.status == FairStatus::Published,
        verified_at: employer.verified_at.filter(|_| approved),
        current,
        history: &history,
    }))
}

/// The labels of booths.
pub async fn labels(
    db: &impl ConnectionTrait,
    ids: Vec<BoothId>,
) -> AppResult<HashMap<BoothId, String>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(BoothId, String)> = booth::Entity::find()
        .select_only()
        .column(booth::Column::Id)
        .column(booth::Column::Label)
        .filter(booth::Column::Id.is_in(ids))
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// Who takes which booth until when.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    pub fair: FairId,
    pub employer: EmployerId,
    pub booth: BoothId,
    pub until: DateTime<Utc>,
}

/// A new hold.
///
/// # Errors
/// 409 `booth_taken` when an index refused; the caller finds out which.
pub async fn insert_hold(tx: &WriteTx, claim: Claim) -> AppResult<ParticipationId> {
    let row = participation::ActiveModel {
        status: Set(BookingStatus::Held),
        booth_id: Set(Some(claim.booth)),
        held_until: Set(Some(claim.until)),
        ..fresh(tx, claim.fair, claim.employer)
    };
    insert(tx, row, "booth_taken").await
}

/// A new place in the waiting line.
///
/// # Errors
/// 409 `already_waiting` when the employer has a place already.
pub async fn insert_waiting(
    tx: &WriteTx,
    fair: FairId,
    employer: EmployerId,
) -> AppResult<ParticipationId> {
    let row = participation::ActiveModel {
        status: Set(BookingStatus::Waiting),
        waiting_since: Set(Some(tx.now)),
        ..fresh(tx, fair, employer)
    };
    insert(tx, row, "already_waiting").await
}

fn fresh(tx: &WriteTx, fair: FairId, employer: EmployerId) -> participation::ActiveModel {
    participation::ActiveModel {
        fair_id: Set(fair),
        employer_id: Set(employer),
        code: Set(Code::from_bytes(secret::random()).into_string()),
        active: Set(true),
        staff: Set(2),
        needs: Set(String::new()),
        version: Set(1),
        created_at: Set(tx.now),
        ..Default::default()
    }
}

async fn insert(
    tx: &WriteTx,
    row: participation::ActiveModel,
    refused: &str,
) -> AppResult<ParticipationId> {
    match Entity::insert(row).exec(tx.conn()).await {
        Ok(inserted) => Ok(inserted.last_insert_id),
        Err(error) if is_duplicate(&error) => Err(AppError::conflict(refused)),
        Err(error) => Err(error.into()),
    }
}

/// Gives somebody who waits a booth to decide on; `false` when they no longer wait.
///
/// # Errors
/// 409 `booth_taken` when the booth is not free.
pub async fn offer(
    tx: &WriteTx,
    waiting: ParticipationId,
    booth: BoothId,
    until: DateTime<Utc>,
) -> AppResult<bool> {
    let done = bump(Entity::update_many())
        .col_expr(Column::Status, Expr::value(BookingStatus::Held))
        .col_expr(Column::BoothId, Expr::value(booth))
        .col_expr(Column::HeldUntil, Expr::value(until))
        .filter(Column::Id.eq(waiting))
        .filter(Column::Status.eq(BookingStatus::Waiting))
        .filter(Column::Active.eq(true))
        .exec(tx.conn())
        .await;
    match done {
        Ok(done) => Ok(done.rows_affected == 1),
        Err(error) if is_duplicate(&error) => Err(AppError::conflict("booth_taken")),
        Err(error) => Err(error.into()),
    }
}

type Update = sea_orm::UpdateMany<Entity>;

fn bump(update: Update) -> Update {
    update.col_expr(Column::Version, Expr::col(Column::Version).add(1))
}

/// The next in the waiting line whose papers are in order.
pub async fn next_waiting(db: &impl ConnectionTrait, fair: FairId) -> AppResult<Option<Model>> {
    let to_employer: sea_orm::RelationDef = Entity::belongs_to(employer::Entity)
        .from(Column::EmployerId)
        .to(employer::Column::Id)
        .into();
    Ok(Entity::find()
        .join(JoinType::InnerJoin, to_employer)
        .filter(Column::FairId.eq(fair))
        .filter(Column::Active.eq(true))
        .filter(Column::Status.eq(BookingStatus::Waiting))
        .filter(employer::Column::Status.eq(EmployerStatus::Approved))
        .order_by_asc(Column::WaitingSince)
        .order_by_asc(Column::Id)
        .one(db)
        .await?)
}

/// Makes a hold a booking while it lasts; `false` when it did not last.
pub async fn confirm(tx: &WriteTx, hold: ParticipationId, booth: BoothId) -> AppResult<bool> {
    let done = bump(Entity::update_many())
        .col_expr(Column::Status, Expr::value(BookingStatus::Booked))
        .col_expr(Column::BookedAt, Expr::value(tx.now))
        .col_expr(Column::HeldUntil, Expr::value(None::<DateTime<Utc>>))
        .filter(Column::Id.eq(hold))
        .filter(Column::BoothId.eq(booth))
        .filter(Column::Status.eq(BookingStatus::Held))
        .filter(Column::Active.eq(true))
        .filter(Column::HeldUntil.gt(tx.now))
        .exec(tx.conn())
        .await?;
    Ok(done.rows_affected == 1)
}

/// Ends a participation that still has its booth or its place in the line; `false` when it was
/// over already.
pub async fn end(tx: &WriteTx, id: ParticipationId, status: BookingStatus) -> AppResult<bool> {
    let done = ended(status, tx.now)
        .filter(Column::Id.eq(id))
        .exec(tx.conn())
        .await?;
    Ok(done.rows_affected == 1)
}

/// Ends a hold whose time is over; `false` when it was confirmed or ended before.
pub async fn expire(tx: &WriteTx, id: ParticipationId) -> AppResult<bool> {
    let done = ended(BookingStatus::Released, tx.now)
        .filter(Column::Id.eq(id))
        .filter(Column::Status.eq(BookingStatus::Held))
        .filter(Column::HeldUntil.lte(tx.now))
        .exec(tx.conn())
        .await?;
    Ok(done.rows_affected == 1)
}

fn ended(status: BookingStatus, now: DateTime<Utc>) -> Update {
    bump(Entity::update_many())
        .col_expr(Column::Status, Expr::value(status))
        .col_expr(Column::Active, Expr::value(false))
        .col_expr(Column::HeldUntil, Expr::value(None::<DateTime<Utc>>))
        .col_expr(Column::ReleasedAt, Expr::value(now))
        .filter(Column::Active.eq(true))
}

/// Marks a booked employer as missing; `false` when it came, or is not booked.
pub async fn miss(tx: &WriteTx, id: ParticipationId) -> AppResult<bool> {
    let done = ended(BookingStatus::NoShow, tx.now)
        .filter(Column::Id.eq(id))
        .filter(Column::Status.eq(BookingStatus::Booked))
        .filter(Column::ArrivedAt.is_null())
        .exec(tx.conn())
        .await?;
    Ok(done.rows_affected == 1)
}

/// Notes that a booked employer is there; the first time counts.
pub async fn arrive(tx: &WriteTx, id: ParticipationId) -> AppResult<()> {
    bump(Entity::update_many())
        .col_expr(Column::ArrivedAt, Expr::value(tx.now))
        .filter(Column::Id.eq(id))
        .filter(Column::Status.eq(BookingStatus::Booked))
        .filter(Column::Active.eq(true))
        .filter(Column::ArrivedAt.is_null())
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// Puts a participation at another booth, or at none for a moment; its code stays.
///
/// # Errors
/// 409 `booth_taken`, `stale`.
pub async fn move_to(tx: &WriteTx, seen: &Model, booth: Option<BoothId>) -> AppResult<()> {
    let done = Entity::update_many()
        .col_expr(Column::BoothId, Expr::value(booth))
        .filter(Column::Id.eq(seen.id))
        .filter(Column::Active.eq(true))
        .exec(tx.conn())
        .await;
    match done {
        Ok(done) if done.rows_affected == 1 => Ok(()),
        Ok(_) => Err(AppError::conflict("stale")),
        Err(error) if is_duplicate(&error) => Err(AppError::conflict("booth_taken")),
        Err(error) => Err(error.into()),
    }
}

/// How many people come and what they need.
///
/// # Errors
/// 409 `stale` when the participation is over.
pub async fn equip(tx: &WriteTx, id: ParticipationId, staff: i32, needs: String) -> AppResult<()> {
    let done = bump(Entity::update_many())
        .col_expr(Column::Staff, Expr::value(staff))
        .col_expr(Column::Needs, Expr::value(needs))
        .filter(Column::Id.eq(id))
        .filter(Column::Active.eq(true))
        .exec(tx.conn())
        .await?;
    if done.rows_affected == 1 {
        Ok(())
    } else {
        Err(AppError::conflict("stale"))
    }
}

/// Holds whose time is over, with their fairs.
pub async fn overdue(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    limit: u64,
) -> AppResult<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::Active.eq(true))
        .filter(Column::Status.eq(BookingStatus::Held))
        .filter(Column::HeldUntil.lte(now))
        .order_by_asc(Column::HeldUntil)
        .limit(limit)
        .all(db)
        .await?)
}

/// Open fairs at which somebody waits.
pub async fn fairs_with_line(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
) -> AppResult<Vec<fair::Model>> {
    let ids: Vec<FairId> = Entity::find()
        .select_only()
        .column(Column::FairId)
        .distinct()
        .filter(Column::Active.eq(true))
        .filter(Column::Status.eq(BookingStatus::Waiting))
        .into_tuple()
        .all(db)
        .await?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(fair::Entity::find()
        .filter(fair::Column::Id.is_in(ids))
        .filter(fair::Column::Status.eq(FairStatus::Published))
        .filter(fair::Column::EndsAt.gt(now))
        .all(db)
        .await?)
}

/// Booths that nobody has, not even with a hold whose time is over.
pub async fn vacant(db: &impl ConnectionTrait, fair: FairId) -> AppResult<Vec<booth::Model>> {
    let taken: Vec<Option<BoothId>> = Entity::find()
        .select_only()
        .column(Column::BoothId)
        .filter(Column::FairId.eq(fair))
        .filter(Column::Active.eq(true))
        .filter(Column::BoothId.is_not_null())
        .into_tuple()
        .all(db)
        .await?;
    let taken: Vec<BoothId> = taken.into_iter().flatten().collect();
    let mut query = booth::Entity::find().filter(booth::Column::FairId.eq(fair));
    if !taken.is_empty() {
        query = query.filter(booth::Column::Id.is_not_in(taken));
    }
    Ok(query.order_by_asc(booth::Column::Id).all(db).await?)
}
