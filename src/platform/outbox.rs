//! Work to do after commit. Enqueueing needs a `WriteTx`, so a job exists exactly if its cause does.
//!
//! Workers take jobs under a lease and run them outside of any transaction: at least once, and
//! under the same uid at every attempt, so that a receiver can tell a repeat. A worker that dies
//! leaves its lease to run out; one that comes back late finds its lease gone and settles nothing.
//! A job that fails waits longer each time and is parked in the end, where somebody sees it.
use super::{App, db::WriteTx, secret};
use crate::{
    domain::id::{OfficeId, OutboxId},
    entity::outbox::{ActiveModel, Column, Entity, Model},
    error::{AppError, AppResult},
};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::BoxFuture;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{Expr, LockBehavior, LockType},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::time::Duration;

/// How long a worker has a job to itself; a handler gets less.
pub const LEASE: TimeDelta = TimeDelta::minutes(2);
const PATIENCE: Duration = Duration::from_mins(1);
/// A job that failed so often is parked.
pub const ATTEMPTS: i32 = 8;
/// Jobs that one claim takes at most, and claims of one round.
const BATCH: u64 = 16;
const BATCHES: usize = 64;
const LONGEST_ERROR: usize = 300;

/// Something to be done once its transaction is durable; `TOPIC` names it in the table.
pub trait Job: Serialize + DeserializeOwned {
    const TOPIC: &'static str;
}

/// Puts a job into the caller's transaction; answers with its uid.
pub async fn enqueue<J: Job>(tx: &WriteTx, office: OfficeId, job: &J) -> AppResult<String> {
    let uid = secret::uid();
    let row = ActiveModel {
        office_id: Set(Some(office)),
        uid: Set(uid.clone()),
        topic: Set(J::TOPIC.into()),
        payload: Set(serde_json::to_value(job)?),
        created_at: Set(tx.now),
        due_at: Set(tx.now),
        attempts: Set(0),
        ..Default::default()
    };
    Entity::insert(row).exec(tx.conn()).await?;
    Ok(uid)
}

/// A job as its handler gets it.
#[derive(Clone, Debug)]
pub struct Item {
    pub id: OutboxId,
    /// The same at every attempt.
    pub uid: String,
    pub office: OfficeId,
    pub topic: String,
    /// 1 the first time.
    pub attempt: i32,
    pub created_at: DateTime<Utc>,
    payload: Value,
    lease: String,
}

impl Item {
    /// What was enqueued.
    ///
    /// # Errors
    /// When an older program enqueued it in another shape.
    pub fn job<J: Job>(&self) -> AppResult<J> {
        Ok(serde_json::from_value(self.payload.clone())?)
    }
}

/// What is done with the jobs of a topic. It may run twice for one job.
#[derive(Clone, Copy)]
pub struct Handler {
    pub topic: &'static str,
    pub run: fn(App, Item) -> BoxFuture<'static, AppResult<()>>,
}

/// What a round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    pub done: usize,
    pub failed: usize,
}

/// Runs everything that is due. Several may do so at once.
pub async fn round(app: &App, handlers: &[Handler]) -> AppResult<Round> {
    let topics: Vec<&'static str> = handlers.iter().map(|one| one.topic).collect();
    let mut round = Round::default();
    for _ in 0..BATCHES {
        // Asking costs less than a transaction that finds nothing.
        let waiting = due(app.settings.office, app.db.now(), &topics);
        if Entity::find()
            .filter(waiting)
            .one(app.db.read())
            .await?
            .is_none()
        {
            break;
        }
        let items = claim(app, &topics).await?;
        if items.is_empty() {
            break;
        }
        for item in items {
            let ran = run(app, handlers, item.clone()).await;
            round.done += usize::from(ran.is_ok());
            round.failed += usize::from(ran.is_err());
            settle(app, item, ran).await?;
        }
    }
    Ok(round)
}

async fn run(app: &App, handlers: &[Handler], item: Item) -> AppResult<()> {
    let Some(handler) = handlers.iter().find(|one| one.topic == item.topic) else {
        return Err(anyhow::anyhow!("nobody does {}", item.topic).into());
    };
    match tokio::time::timeout(PATIENCE, (handler.run)(app.clone(), item)).await {
        Ok(ran) => ran,
        Err(_) => Err(anyhow::anyhow!("took too long").into()),
    }
}

/// A program serves one office, and only its jobs.
fn due(office: OfficeId, now: DateTime<Utc>, topics: &[&'static str]) -> Condition {
    Condition::all()
        .add(Column::DoneAt.is_null())
        .add(Column::ParkedAt.is_null())
        .add(Column::DueAt.lte(now))
        .add(Column::OfficeId.eq(office))
        .add(Column::Topic.is_in(topics.iter().copied()))
        .add(free(now))
}

fn free(now: DateTime<Utc>) -> Condition {
    Condition::any()
        .add(Column::LeasedUntil.is_null())
        .add(Column::LeasedUntil.lte(now))
}

/// Takes some jobs that nobody has now.
pub async fn claim(app: &App, topics: &[&'static str]) -> AppResult<Vec<Item>> {
    let (topics, office) = (topics.to_vec(), app.settings.office);
    app.db
        .write(move |tx| async move {
            let rows = Entity::find()
                .filter(due(office, tx.now, &topics))
                .order_by_asc(Column::DueAt)
                .order_by_asc(Column::Id)
                .limit(BATCH)
                .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
                .all(tx.conn())
                .await?;
            let lease = secret::uid();
            let mut items = Vec::new();
            for row in rows {
                if take(&tx, &row, &lease).await? {
                    items.extend(item(row, &lease));
                }
            }
            Ok(items)
        })
        .await
}

/// The condition of the update decides, whoever looked first.
async fn take(tx: &WriteTx, row: &Model, lease: &str) -> AppResult<bool> {
    use sea_orm::sea_query::ExprTrait;
    let taken = Entity::update_many()
        .col_expr(Column::Lease, Expr::value(lease))
        .col_expr(Column::LeasedUntil, Expr::value(tx.now + LEASE))
        .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
        .filter(Column::Id.eq(row.id))
        .filter(Column::DoneAt.is_null())
        .filter(Column::Attempts.eq(row.attempts))
        .filter(free(tx.now))
        .exec(tx.conn())
        .await?;
    Ok(taken.rows_affected == 1)
}

fn item(row: Model, lease: &str) -> Option<Item> {
    Some(Item {
        id: row.id,
        uid: row.uid,
        office: row.office_id?,
        topic: row.topic,
        attempt: row.attempts + 1,
        created_at: row.created_at,
        payload: row.payload,
        lease: lease.to_owned(),
    })
}

/// Notes how a job went, unless its lease ran out meanwhile and somebody else has it.
pub async fn settle(app: &App, item: Item, ran: AppResult<()>) -> AppResult<()> {
    app.db
        .write(move |tx| async move {
            let of_this = Entity::update_many()
                .filter(Column::Id.eq(item.id))
                .filter(Column::Lease.eq(&item.lease))
                .col_expr(Column::Lease, Expr::value(Option::<String>::None))
                .col_expr(
                    Column::LeasedUntil,
                    Expr::value(Option::<DateTime<Utc>>::None),
                );
            let settled = match ran {
                Ok(()) => of_this
                    .col_expr(Column::DoneAt, Expr::value(tx.now))
                    .col_expr(Column::LastError, Expr::value(Option::<String>::None)),
                Err(error) => {
                    let told: String = error.to_string().chars().take(LONGEST_ERROR).collect();
                    tracing::warn!(topic = item.topic, attempt = item.attempt, %error, "a job failed");
                    let again = of_this
                        .col_expr(Column::LastError, Expr::value(told))
                        .col_expr(Column::DueAt, Expr::value(tx.now + pause(item.attempt)));
                    if item.attempt >= ATTEMPTS {
                        again.col_expr(Column::ParkedAt, Expr::value(tx.now))
                    } else {
                        again
                    }
                }
            };
            settled.exec(tx.conn()).await?;
            Ok(())
        })
        .await
}

/// Ten seconds, then three times as long each time, six hours at most.
fn pause(attempt: i32) -> TimeDelta {
    let times = 3_i32.pow(u32::try_from(attempt - 1).unwrap_or(0).min(8));
    (TimeDelta::seconds(10) * times).min(TimeDelta::hours(6))
}

/// Jobs that were given up, the oldest first.
pub async fn parked(db: &impl ConnectionTrait, office: OfficeId) -> AppResult<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::OfficeId.eq(office))
        .filter(Column::ParkedAt.is_not_null())
        .filter(Column::DoneAt.is_null())
        .order_by_asc(Column::Id)
        .limit(100)
        .all(db)
        .await?)
}

/// How many jobs wait, and how many were given up.
pub async fn waiting(db: &impl ConnectionTrait, office: OfficeId) -> AppResult<(u64, u64)> {
    let open = Entity::find()
        .filter(Column::OfficeId.eq(office))
        .filter(Column::DoneAt.is_null());
    let given_up = open.clone().filter(Column::ParkedAt.is_not_null());
    let waiting = open.filter(Column::ParkedAt.is_null());
    Ok((waiting.count(db).await?, given_up.count(db).await?))
}

/// The rows of some messages, to tell how far each is.
pub async fn messages(db: &impl ConnectionTrait, uids: Vec<String>) -> AppResult<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::Uid.is_in(uids))
        .all(db)
        .await?)
}

/// Lets a job that was given up be tried again, under the same uid.
///
/// # Errors
/// 404 when the office has no such job; 409 `not_parked` when it was not given up.
pub async fn revive(app: &App, office: OfficeId, id: OutboxId) -> AppResult<()> {
    app.db
        .write(move |tx| async move {
            let row = Entity::find_by_id(id)
                .filter(Column::OfficeId.eq(office))
                .one(tx.conn())
                .await?
                .ok_or_else(AppError::not_found)?;
            if row.parked_at.is_none() || row.done_at.is_some() {
                return Err(AppError::conflict("not_parked"));
            }
            Entity::update_many()
                .col_expr(Column::ParkedAt, Expr::value(Option::<DateTime<Utc>>::None))
                .col_expr(Column::Attempts, Expr::value(0))
                .col_expr(Column::DueAt, Expr::value(tx.now))
                .filter(Column::Id.eq(id))
                .exec(tx.conn())
                .await?;
            Ok(())
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end() {
        let seconds: Vec<i64> = (1..=12).map(|n| pause(n).num_seconds()).collect();
        assert_eq!(seconds[..4], [10, 30, 90, 270]);
        assert_eq!(seconds[11], 6 * 3600);
        assert!(seconds.is_sorted());
    }
}
