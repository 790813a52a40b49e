//! Queries on fairs, their hosts, tasks and programme; always within one office.
use crate::{
    domain::{
        booking::BookingStatus,
        booth::Booth,
        fair::{FairKind, FairStatus, FairTask, HostPart, ProgrammeKind, Times},
        group::TargetGroup,
        id::{AccountId, BoothId, FairId, OfficeId, UnitId},
    },
    entity::{
        booth,
        fair::{self, Column, Entity, Model},
        fair_host, fair_programme, fair_task, participation, poster, unit,
    },
    error::{AppError, AppResult},
    platform::db::{WriteTx, is_duplicate},
};
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, JoinType, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, LockType, SimpleExpr},
};
use std::collections::HashMap;

/// What the office says about an evening.
#[derive(Clone, Debug)]
pub struct Facts {
    pub slug: String,
    pub title: String,
    pub kind: FairKind,
    pub venue: String,
    pub address: String,
    pub times: Times,
    pub capacity: i64,
    pub expected: i64,
    pub hold_minutes: i32,
    pub target_groups: Vec<TargetGroup>,
    pub gates: Vec<String>,
    pub plan: String,
    pub notice: String,
    pub intro: String,
    pub filing_no: Option<String>,
    pub permit_no: Option<String>,
}

impl Facts {
    fn row(self) -> AppResult<fair::ActiveModel> {
        Ok(fair::ActiveModel {
            slug: Set(self.slug),
            title: Set(self.title),
            kind: Set(self.kind),
            venue: Set(self.venue),
            address: Set(self.address),
            starts_at: Set(self.times.starts_at),
            ends_at: Set(self.times.ends_at),
            registration_opens_at: Set(self.times.registration_opens_at),
            registration_closes_at: Set(self.times.registration_closes_at),
            capacity: Set(self.capacity),
            expected: Set(self.expected),
            hold_minutes: Set(self.hold_minutes),
            target_groups: Set(serde_json::to_value(self.target_groups)?),
            gates: Set(serde_json::to_value(self.gates)?),
            plan: Set(self.plan),
            notice: Set(self.notice),
            intro: Set(self.intro),
            filing_no: Set(self.filing_no),
            permit_no: Set(self.permit_no),
            ..Default::default()
        })
    }
}

fn taken(error: sea_orm::DbErr) -> AppError {
    if is_duplicate(&error) {
        AppError::conflict("slug_taken")
    } else {
        error.into()
    }
}

/// # Errors
/// 409 `slug_taken`.
pub async fn insert(tx: &WriteTx, office: OfficeId, facts: Facts) -> AppResult<FairId> {
    let row = fair::ActiveModel {
        office_id: Set(office),
        status: Set(FairStatus::Draft),
        registered: Set(0),
        version: Set(1),
        created_at: Set(tx.now),
        ..facts.row()?
    };
    let inserted = Entity::insert(row).exec(tx.conn()).await;
    inserted.map(|row| row.last_insert_id).map_err(taken)
}

/// Writes changed facts onto the version that was looked at; never below those registered.
///
/// # Errors
/// 409 `stale`, `slug_taken`.
pub async fn update(tx: &WriteTx, seen: &Model, facts: Facts) -> AppResult<()> {
    let capacity = facts.capacity;
    let row = fair::ActiveModel {
        version: Set(seen.version + 1),
        ..facts.row()?
    };
    let done = Entity::update_many()
        .set(row)
        .filter(Column::Id.eq(seen.id))
        .filter(Column::Version.eq(seen.version))
        .filter(Column::Registered.lte(capacity))
        .exec(tx.conn())
        .await
        .map_err(taken)?;
    changed(done.rows_affected)
}

/// # Errors
/// 409 `stale`.
pub async fn set_status(tx: &WriteTx, seen: &Model, status: FairStatus) -> AppResult<()> {
    let mut row = fair::ActiveModel {
        status: Set(status),
        version: Set(seen.version + 1),
        ..Default::default()
    };
    if status == FairStatus::Published {
        row.published_at = Set(Some(tx.now));
    }
    let done = Entity::update_many()
        .set(row)
        .filter(Column::Id.eq(seen.id))
        .filter(Column::Version.eq(seen.version))
        .exec(tx.conn())
        .await?;
    changed(done.rows_affected)
}

fn changed(rows: u64) -> AppResult<()> {
    if rows == 1 {
        Ok(())
    } else {
        Err(AppError::conflict("stale"))
    }
}

/// Any fair of the office, drafts included.
///
/// # Errors
/// 404.
pub async fn find(db: &impl ConnectionTrait, office: OfficeId, slug: &str) -> AppResult<Model> {
    Entity::find()
        .filter(Column::OfficeId.eq(office))
        .filter(Column::Slug.eq(slug))
        .one(db)
        .await?
        .ok_or_else(AppError::not_found)
}

/// The fair whose booths the transaction is about to change. Who else changes them waits until it
/// ends: a booth and the line of those who wait are several rows, and two who take them in another
/// order would wait for each other. Rows that only refer to the fair do not wait.
///
/// # Errors
/// 404.
pub async fn find_to_place(tx: &WriteTx, office: OfficeId, slug: &str) -> AppResult<Model> {
    to_place(tx, office, Column::Slug.eq(slug)).await
}

/// [`find_to_place`] by the key of its row.
///
/// # Errors
/// 404.
pub async fn find_to_place_by_id(tx: &WriteTx, office: OfficeId, id: FairId) -> AppResult<Model> {
    to_place(tx, office, Column::Id.eq(id)).await
}

async fn to_place(tx: &WriteTx, office: OfficeId, which: SimpleExpr) -> AppResult<Model> {
    Entity::find()
        .filter(Column::OfficeId.eq(office))
        .filter(which)
        .lock(LockType::NoKeyUpdate)
        .one(tx.conn())
        .await?
        .ok_or_else(AppError::not_found)
}

/// A fair the public may see: published, or cancelled after it was.
///
/// # Errors
/// 404.
pub async fn find_shown(
    db: &impl ConnectionTrait,
    office: OfficeId,
    slug: &str,
) -> AppResult<Model> {
    let fair = find(db, office, slug).await?;
    if fair.published_at.is_some() {
        Ok(fair)
    } else {
        Err(AppError::not_found())
    }
}

/// A published fair that is not over at `now`.
///
/// # Errors
/// 404 when there is none, 409 `fair_not_open` when it is not open.
pub async fn find_open(
    db: &impl ConnectionTrait,
    office: OfficeId,
    slug: &str,
    now: DateTime<Utc>,
) -> AppResult<Model> {
    let fair = find_shown(db, office, slug).await?;
    if fair.status == FairStatus::Published && now < fair.ends_at {
        Ok(fair)
    } else {
        Err(AppError::conflict("fair_not_open"))
    }
}

/// # Errors
/// 404.
pub async fn find_by_id(
    db: &impl ConnectionTrait,
    office: OfficeId,
    id: FairId,
) -> AppResult<Model> {
    Entity::find_by_id(id)
        .filter(Column::OfficeId.eq(office))
        .one(db)
        .await?
        .ok_or_else(AppError::not_found)
}

/// Which fairs a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Drafts included.
    All,
    /// What the public may see.
    Public,
    /// Those that this unit hosts with others.
    HostedBy(UnitId),
}

/// A page of fairs, newest first by when they were made; `before` is the last id before.
pub async fn list(
    db: &impl ConnectionTrait,
    office: OfficeId,
    shown: Shown,
    before: Option<i64>,
    limit: u64,
) -> AppResult<Vec<Model>> {
    let mut query = Entity::find().filter(Column::OfficeId.eq(office));
    query = match shown {
        Shown::All => query,
        Shown::Public => query.filter(Column::PublishedAt.is_not_null()),
        Shown::HostedBy(unit) => query.filter(
            Column::Id.in_subquery(
                fair_host::Entity::find()
                    .select_only()
                    .column(fair_host::Column::FairId)
                    .filter(fair_host::Column::UnitId.eq(unit))
                    .into_query(),
            ),
        ),
    };
    if let Some(before) = before {
        query = query.filter(Column::Id.lt(before));
    }
    Ok(query.order_by_desc(Column::Id).limit(limit).all(db).await?)
}

/// Published fairs that are not over, the next one first.
pub async fn upcoming(
    db: &impl ConnectionTrait,
    office: OfficeId,
    now: DateTime<Utc>,
    limit: u64,
) -> AppResult<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::OfficeId.eq(office))
        .filter(Column::PublishedAt.is_not_null())
        .filter(Column::EndsAt.gt(now))
        .order_by_asc(Column::StartsAt)
        .limit(limit)
        .all(db)
        .await?)
}

/// Published fairs that are over, the last one first.
pub async fn past(
    db: &impl ConnectionTrait,
    office: OfficeId,
    now: DateTime<Utc>,
    limit: u64,
) -> AppResult<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::OfficeId.eq(office))
        .filter(Column::PublishedAt.is_not_null())
        .filter(Column::EndsAt.lte(now))
        .order_by_desc(Column::StartsAt)
        .limit(limit)
        .all(db)
        .await?)
}

/// 主办协办: a unit and its part in a fair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    pub unit: UnitId,
    pub name: String,
    pub part: HostPart,
}

pub async fn hosts(db: &impl ConnectionTrait, fairs: &[FairId]) -> AppResult<Vec<(FairId, Host)>> {
    if fairs.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(FairId, UnitId, HostPart, String)> = fair_host::Entity::find()
        .select_only()
        .column(fair_host::Column::FairId)
        .column(fair_host::Column::UnitId)
        .column(fair_host::Column::Part)
        .column(unit::Column::Name)
        .join(
            JoinType::InnerJoin,
            fair_host::Entity::belongs_to(unit::Entity)
                .from(fair_host::Column::UnitId)
                .to(unit::Column::Id)
                .into(),
        )
        .filter(fair_host::Column::FairId.is_in(fairs.iter().copied()))
        .order_by_asc(fair_host::Column::Id)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(fair, unit, part, name)| (fair, Host { unit, name, part }))
        .collect())
}

/// Whether a unit has a part in a fair.
pub async fn is_host(db: &impl ConnectionTrait, fair: FairId, unit: UnitId) -> AppResult<bool> {
    let row = fair_host::Entity::find()
        .filter(fair_host::Column::FairId.eq(fair))
        .filter(fair_host::Column::UnitId.eq(unit))
        .one(db)
        .await?;
    Ok(row.is_some())
}

pub async fn set_hosts(
    tx: &WriteTx,
    fair: FairId,
    hosts: Vec<(UnitId, HostPart)>,
) -> AppResult<()> {
    fair_host::Entity::delete_many()
        .filter(fair_host::Column::FairId.eq(fair))
        .exec(tx.conn())
        .await?;
    if hosts.is_empty() {
        return Ok(());
    }
    let rows = hosts
        .into_iter()
        .map(|(unit, part)| fair_host::ActiveModel {
            fair_id: Set(fair),
            unit_id: Set(unit),
            part: Set(part),
            ..Default::default()
        });
    fair_host::Entity::insert_many(rows).exec(tx.conn()).await?;
    Ok(())
}

/// The office's active units, for choosing hosts.
pub async fn units(
    db: &impl ConnectionTrait,
    office: OfficeId,
) -> AppResult<Vec<(UnitId, String, String)>> {
    Ok(unit::Entity::find()
        .select_only()
        .column(unit::Column::Id)
        .column(unit::Column::Name)
        .column(unit::Column::Kind)
        .filter(unit::Column::OfficeId.eq(office))
        .filter(unit::Column::Active.eq(true))
        .order_by_asc(unit::Column::Id)
        .into_tuple()
        .all(db)
        .await?)
}

pub async fn tasks(db: &impl ConnectionTrait, fair: FairId) -> AppResult<Vec<fair_task::Model>> {
    Ok(fair_task::Entity::find()
        .filter(fair_task::Column::FairId.eq(fair))
        .all(db)
        .await?)
}

/// Makes the tasks that are not there yet, and moves the days of those not done.
pub async fn plan_tasks(
    tx: &WriteTx,
    fair: FairId,
    due: Vec<(FairTask, NaiveDate)>,
) -> AppResult<()> {
    let known = tasks(tx.conn(), fair).await?;
    for (code, day) in due {
        match known.iter().find(|task| task.code == code) {
            None => {
                let row = fair_task::ActiveModel {
                    fair_id: Set(fair),
                    code: Set(code),
                    due_on: Set(Some(day)),
                    note: Set(String::new()),
                    ..Default::default()
                };
                fair_task::Entity::insert(row).exec(tx.conn()).await?;
            }
            Some(task) if task.done_at.is_none() && task.due_on != Some(day) => {
                fair_task::Entity::update_many()
                    .col_expr(fair_task::Column::DueOn, Expr::value(day))
                    .filter(fair_task::Column::Id.eq(task.id))
                    .exec(tx.conn())
                    .await?;
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Ticks a task off or opens it again, with a note such as a number or an exemption.
///
/// # Errors
/// 404 when the fair has no such task.
pub async fn tick(
    tx: &WriteTx,
    fair: FairId,
    code: FairTask,
    done_by: Option<AccountId>,
    note: String,
) -> AppResult<()> {
    let row = fair_task::ActiveModel {
        done_at: Set(done_by.map(|_| tx.now)),
        done_by: Set(done_by),
        note: Set(note),
        ..Default::default()
    };
    let done = fair_task::Entity::update_many()
        .set(row)
        .filter(fair_task::Column::FairId.eq(fair))
        .filter(fair_task::Column::Code.eq(code))
        .exec(tx.conn())
        .await?;
    if done.rows_affected == 0 {
        return Err(AppError::not_found());
    }
    Ok(())
}

/// 同期活动: one item of the side programme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub kind: ProgrammeKind,
    pub title: String,
    pub place: String,
    pub host: String,
}

pub async fn programme(
    db: &impl ConnectionTrait,
    fair: FairId,
) -> AppResult<Vec<fair_programme::Model>> {
    Ok(fair_programme::Entity::find()
        .filter(fair_programme::Column::FairId.eq(fair))
        .order_by_asc(fair_programme::Column::StartsAt)
        .order_by_asc(fair_programme::Column::Id)
        .all(db)
        .await?)
}

pub async fn add_item(tx: &WriteTx, fair: FairId, item: Item) -> AppResult<()> {
    let row = fair_programme::ActiveModel {
        fair_id: Set(fair),
        starts_at: Set(item.starts_at),
        ends_at: Set(item.ends_at),
        kind: Set(item.kind),
        title: Set(item.title),
        place: Set(item.place),
        host: Set(item.host),
        ..Default::default()
    };
    fair_programme::Entity::insert(row).exec(tx.conn()).await?;
    Ok(())
}

/// # Errors
/// 404 when the fair has no such item.
pub async fn remove_item(tx: &WriteTx, fair: FairId, item: i64) -> AppResult<()> {
    let done = fair_programme::Entity::delete_many()
        .filter(fair_programme::Column::FairId.eq(fair))
        .filter(fair_programme::Column::Id.eq(item))
        .exec(tx.conn())
        .await?;
    if done.rows_affected == 0 {
        return Err(AppError::not_found());
    }
    Ok(())
}

/// How many booths each of these fairs has, and how many of them somebody has.
pub async fn counts(
    db: &impl ConnectionTrait,
    fairs: &[FairId],
) -> AppResult<HashMap<FairId, (i64, i64)>> {
    if fairs.is_empty() {
        return Ok(HashMap::new());
    }
    let booths: Vec<(FairId, i64)> = booth::Entity::find()
        .select_only()
        .column(booth::Column::FairId)
        .column_as(Expr::col(booth::Column::Id).count(), "n")
        .filter(booth::Column::FairId.is_in(fairs.iter().copied()))
        .group_by(booth::Column::FairId)
        .into_tuple()
        .all(db)
        .await?;
    let taken: Vec<(FairId, i64)> = participation::Entity::find()
        .select_only()
        .column(participation::Column::FairId)
        .column_as(Expr::col(participation::Column::Id).count(), "n")
        .filter(participation::Column::FairId.is_in(fairs.iter().copied()))
        .filter(participation::Column::Active.eq(true))
        .filter(participation::Column::BoothId.is_not_null())
        .group_by(participation::Column::FairId)
        .into_tuple()
        .all(db)
        .await?;
    let mut counts: HashMap<FairId, (i64, i64)> =
        booths.into_iter().map(|(fair, n)| (fair, (n, 0))).collect();
    for (fair, n) in taken {
        counts.entry(fair).or_default().1 = n;
    }
    Ok(counts)
}

/// How many booths are booked: each gets a sign.
pub async fn booked(db: &impl ConnectionTrait, fair: FairId) -> AppResult<u64> {
    Ok(participation::Entity::find()
        .filter(participation::Column::FairId.eq(fair))
        .filter(participation::Column::Active.eq(true))
        .filter(participation::Column::Status.eq(BookingStatus::Booked))
        .count(db)
        .await?)
}

/// How many posters a fair has.
pub async fn posters(db: &impl ConnectionTrait, fair: FairId) -> AppResult<u64> {
    Ok(poster::Entity::find()
        .filter(poster::Column::FairId.eq(fair))
        .count(db)
        .await?)
}

/// The booths of a fair by label.
pub async fn booths(
    db: &impl ConnectionTrait,
    fair: FairId,
) -> AppResult<HashMap<String, booth::Model>> {
    let rows = booth::Entity::find()
        .filter(booth::Column::FairId.eq(fair))
        .all(db)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.label.clone(), row))
        .collect())
}

/// Brings the booths of a fair in line with a new plan. Booths that stay keep their bookings.
///
/// # Errors
/// 422 on field `booths` naming the booths that somebody has and the plan leaves out.
pub async fn replan(tx: &WriteTx, fair: FairId, plan: &[Booth]) -> AppResult<()> {
    let mut known = booths(tx.conn(), fair).await?;
    let mut fresh = Vec::new();
    for planned in plan {
        match known.remove(&planned.label) {
            None => fresh.push(booth_row(fair, planned)),
            Some(row) if row.side != planned.side => {
                booth::Entity::update_many()
                    .col_expr(booth::Column::Side, Expr::value(planned.side.clone()))
                    .filter(booth::Column::Id.eq(row.id))
                    .exec(tx.conn())
                    .await?;
            }
            Some(_) => {}
        }
    }
    remove(tx, known.into_values().collect()).await?;
    if !fresh.is_empty() {
        booth::Entity::insert_many(fresh).exec(tx.conn()).await?;
    }
    Ok(())
}

fn booth_row(fair: FairId, planned: &Booth) -> booth::ActiveModel {
    booth::ActiveModel {
        fair_id: Set(fair),
        label: Set(planned.label.clone()),
        line: Set(planned.row.clone()),
        position: Set(i32::from(planned.number)),
        side: Set(planned.side.clone()),
        ..Default::default()
    }
}

/// Takes booths out of the plan, unless somebody has them.
async fn remove(tx: &WriteTx, gone: Vec<booth::Model>) -> AppResult<()> {
    if gone.is_empty() {
        return Ok(());
    }
    let ids: Vec<BoothId> = gone.iter().map(|row| row.id).collect();
    let taken: Vec<Option<BoothId>> = participation::Entity::find()
        .select_only()
        .column(participation::Column::BoothId)
        .filter(participation::Column::BoothId.is_in(ids.clone()))
        .filter(participation::Column::Active.eq(true))
        .into_tuple()
        .all(tx.conn())
        .await?;
    let mut labels: Vec<_> = gone
        .iter()
        .filter(|row| taken.contains(&Some(row.id)))
        .map(|row| row.label.clone())
        .collect();
    if !labels.is_empty() {
        labels.sort();
        return Err(in_use(&labels));
    }
    participation::Entity::update_many()
        .col_expr(participation::Column::BoothId, Expr::value(None::<i64>))
        .filter(participation::Column::BoothId.is_in(ids.clone()))
        .filter(participation::Column::Active.eq(false))
        .exec(tx.conn())
        .await?;
    let done = booth::Entity::delete_many()
        .filter(booth::Column::Id.is_in(ids))
        .exec(tx.conn())
        .await;
    match done {
        Ok(_) => Ok(()),
        // Somebody took one in this moment.
        Err(error)
            if matches!(
                error.sql_err(),
                Some(sea_orm::SqlErr::ForeignKeyConstraintViolation(_))
            ) =>
        {
            Err(AppError::conflict("stale"))
        }
        Err(error) => Err(error.into()),
    }
}

fn in_use(labels: &[String]) -> AppError {
    AppError::invalid(vec![crate::error::FieldError {
        field: "booths".into(),
        code: "booth_in_use".into(),
        params: vec![("labels", labels.join("、"))],
    }])
}
