//! Two dialects, one way in. Reads use [`Db::read`]; every write is a closure handed to
//! [`Db::write`], because only [`WriteTx`] can write and only this module can make one.
//!
//! On SQLite one writer task runs many waiting closures in one `BEGIN IMMEDIATE` transaction, each
//! in its own savepoint, and answers after the one commit (group commit, `synchronous=FULL`: an
//! answer means that it survives a power cut). On PostgreSQL each closure is a transaction of the
//! pool, run in a task of its own, because a cancelled `BEGIN` would leave a pooled connection
//! inside a transaction. Writers wait their turn before they ask for a connection: a crowd is no
//! reason to say that the database is away, and some connections stay free for reading.
use super::{clock::SharedClock, metrics::Load};
use crate::error::{AppError, AppResult};
use anyhow::{Context, anyhow};
use chrono::{DateTime, Utc};
use futures_util::{FutureExt, future::BoxFuture};
use migrations::MigratorTrait;
use sea_orm::{
    AccessMode, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction,
    DbBackend, DbErr, IsolationLevel, SqliteTransactionMode, TransactionOptions, TransactionTrait,
    sqlx::{
        self, Executor,
        postgres::PgConnection,
        sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
    },
};
use std::{
    any::Any,
    panic::AssertUnwindSafe,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};

/// Closures that one commit serves at most.
const BATCH: usize = 64;
/// Closures that may wait; beyond it callers wait to be let in.
const QUEUE: usize = 1024;
const READERS: u32 = 4;
/// Writing transactions at a time on PostgreSQL, of the [`CONNECTIONS`] there are.
const WRITERS: usize = 12;
const CONNECTIONS: u32 = 16;
/// So long somebody waits for a connection to PostgreSQL before he is told to come again. For the
/// turn to write he waits as long as the database answers, see [`Db::away`].
const ADMISSION: Duration = Duration::from_secs(2);
/// A closure is milliseconds of work; this stops one that hangs.
const PATIENCE: Duration = Duration::from_secs(5);

/// An open write transaction, with the instant at which everything in it happens.
pub struct WriteTx {
    tx: Arc<DatabaseTransaction>,
    pub now: DateTime<Utc>,
}

impl WriteTx {
    pub fn conn(&self) -> &DatabaseTransaction {
        &self.tx
    }

    /// The same transaction, for a step that wraps another.
    pub(super) fn share(&self) -> Self {
        Self {
            tx: self.tx.clone(),
            now: self.now,
        }
    }
}

#[derive(Clone)]
pub struct Db {
    readers: DatabaseConnection,
    writer: Writer,
    /// The database itself, past any pooler.
    server: DatabaseConnection,
    clock: SharedClock,
    load: Load,
    away: watch::Sender<bool>,
}

#[derive(Clone)]
enum Writer {
    /// The queue of the one writing task.
    Queue(mpsc::Sender<Job>),
    /// Connections, and the turns of those who write.
    Pool(DatabaseConnection, Arc<Semaphore>),
}

type Answer = AppResult<Box<dyn Any + Send>>;

struct Job {
    work: Box<dyn FnOnce(WriteTx) -> BoxFuture<'static, Answer> + Send>,
    reply: oneshot::Sender<Answer>,
}

impl Db {
    /// Opens `sqlite://PATH` or `postgres://…` and brings the schema up to date unless told not to.
    pub async fn open(url: &str, clock: SharedClock, migrate: bool) -> anyhow::Result<Self> {
        if let Some(path) = sqlite_path(url) {
            let writing = Database::connect(sqlite(&path, 1, false)).await?;
            if migrate {
                migrations::Migrator::up(&writing, None).await?;
            }
            let readers = Database::connect(sqlite(&path, READERS, true)).await?;
            let (queue, jobs) = mpsc::channel(QUEUE);
            let load = Load::default();
            let writing = write_in_batches(writing, jobs, clock.clone(), load.clone());
            tokio::spawn(writing);
            return Ok(Self {
                server: readers.clone(),
                readers,
                writer: Writer::Queue(queue),
                clock,
                load,
                away: watch::Sender::new(false),
            });
        }
        let pool = Database::connect(postgres(url)).await?;
        if migrate {
            migrate_postgres(&pool).await?;
        }
        let writer = Writer::Pool(pool.clone(), Arc::new(Semaphore::new(WRITERS)));
        Ok(Self {
            readers: pool.clone(),
            writer,
            server: pool,
            clock,
            load: Load::default(),
            away: watch::Sender::new(false),
        })
    }

    /// The same database through a pooler that hands a connection to somebody else after each
    /// transaction: whatever is asked is asked in one, and no prepared statement outlives it.
    pub async fn through(mut self, pooler: &str) -> anyhow::Result<Self> {
        let writing = Database::connect(pooled(pooler)).await?;
        let mut reading = pooled(pooler);
        reading
            .connect_lazy(true)
            .map_sqlx_postgres_pool_opts(|pool| {
                pool.after_connect(|conn, _| Box::pin(begin_reading(conn)))
                    .before_acquire(|conn, _| {
                        Box::pin(async { begin_reading(conn).await.map(|()| true) })
                    })
                    .after_release(|conn, _| {
                        Box::pin(async { conn.execute("COMMIT").await.map(|_| true) })
                    })
            });
        self.readers = Database::connect(reading).await?;
        self.writer = Writer::Pool(writing, Arc::new(Semaphore::new(WRITERS)));
        Ok(self)
    }

    /// A connection for reading; on SQLite it cannot write.
    pub fn read(&self) -> &DatabaseConnection {
        &self.readers
    }

    /// The database itself, for what belongs to a connection and not to a transaction.
    pub(super) fn server(&self) -> &DatabaseConnection {
        &self.server
    }

    /// How busy the writing half is.
    pub fn load(&self) -> &Load {
        &self.load
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Ends as soon as the database is known not to answer; never, while it does.
    pub async fn away(&self) {
        // The other end lives as long as this one.
        drop(self.away.subscribe().wait_for(|away| *away).await);
    }

    /// Where the watch over the database says whether it is away.
    pub(super) fn presence(&self) -> &watch::Sender<bool> {
        &self.away
    }

    /// Runs `work` in a transaction and answers after it is durable. An error rolls back everything
    /// that `work` did and nothing else. Never call this inside `work`.
    pub async fn write<T, W, F>(&self, work: W) -> AppResult<T>
    where
        T: Send + 'static,
        W: FnOnce(WriteTx) -> F + Send + 'static,
        F: Future<Output = AppResult<T>> + Send + 'static,
    {
        let _asked = self.load.ask();
        match &self.writer {
            Writer::Queue(queue) => {
                let (reply, answer) = oneshot::channel();
                let work = Box::new(move |tx| {
                    work(tx)
                        .map(|done| done.map(|value| Box::new(value) as Box<dyn Any + Send>))
                        .boxed()
                });
                queue
                    .send(Job { work, reply })
                    .await
                    .map_err(|_| AppError::unavailable())?;
                let value = answer.await.map_err(|_| AppError::unavailable())??;
                let value = value
                    .downcast::<T>()
                    .map_err(|_| anyhow!("a write answered with another type"))?;
                Ok(*value)
            }
            Writer::Pool(pool, turns) => {
                let turn = turns.clone().acquire_owned().await;
                let turn = turn.map_err(|_| AppError::unavailable())?;
                let (pool, now) = (pool.clone(), self.clock.now());
                tokio::spawn(async move {
                    let tx = pool.begin().await?;
                    let done = conclude(tx, now, work).await;
                    drop(turn);
                    done
                })
                .await
                .context("a write did not come to its end")?
            }
        }
    }

    /// Several queries on one unchanging picture of the data.
    pub async fn snapshot<T, W, F>(&self, work: W) -> AppResult<T>
    where
        T: Send + 'static,
        W: FnOnce(Arc<DatabaseTransaction>) -> F + Send + 'static,
        F: Future<Output = AppResult<T>> + Send + 'static,
    {
        let conn = match &self.writer {
            Writer::Queue(_) => self.readers.clone(),
            Writer::Pool(pool, _) => pool.clone(),
        };
        tokio::spawn(async move {
            let tx = Arc::new(begin_snapshot(&conn).await?);
            let value = work(tx.clone()).await?;
            if let Some(tx) = Arc::into_inner(tx) {
                tx.commit().await?;
            }
            Ok(value)
        })
        .await
        .context("a snapshot did not come to its end")?
    }
}

fn postgres(url: &str) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(CONNECTIONS)
        .acquire_timeout(ADMISSION)
        .max_lifetime(Duration::from_mins(30))
        .sqlx_logging(false);
    options
}

/// A statement that is kept would be kept on a connection that somebody else has next.
fn pooled(url: &str) -> ConnectOptions {
    let mut options = postgres(url);
    options.map_sqlx_postgres_opts(|server| server.statement_cache_capacity(0));
    options
}

async fn begin_reading(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    conn.execute("BEGIN READ ONLY").await.map(drop)
}

/// Begins to read one unchanging picture of the data; on SQLite it is that of the first query.
pub(super) async fn begin_snapshot(
    conn: &DatabaseConnection,
) -> Result<DatabaseTransaction, DbErr> {
    match conn.get_database_backend() {
        DbBackend::Postgres => {
            let level = Some(IsolationLevel::RepeatableRead);
            conn.begin_with_config(level, Some(AccessMode::ReadOnly))
                .await
        }
        _ => conn.begin().await,
    }
}

/// The one connection through which a database is filled from an archive; on SQLite it does not
/// look at foreign keys, whoever fills it does at the end.
pub(super) async fn connect_to_fill(url: &str) -> Result<DatabaseConnection, DbErr> {
    let mut options = match sqlite_path(url) {
        Some(path) => sqlite(&path, 1, false),
        None => ConnectOptions::new(url),
    };
    options
        .max_connections(1)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(|file| durable(file).create_if_missing(true).foreign_keys(false));
    Database::connect(options).await
}

/// A connection that only looks, and leaves the settings of the database as they are.
pub async fn connect_to_look(url: &str) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(match sqlite_path(url) {
        Some(path) => format!("sqlite://{}?mode=ro", path.display()),
        None => url.to_owned(),
    });
    options.max_connections(1).sqlx_logging(false);
    Database::connect(options).await
}

/// A reading connection to an embedded database, as the serving program has it.
pub(super) async fn connect_as_reader(path: &Path) -> Result<DatabaseConnection, DbErr> {
    Database::connect(sqlite(path, 1, true)).await
}

/// The file of an embedded database.
pub fn sqlite_path(url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("sqlite:")?;
    Some(PathBuf::from(path.trim_start_matches("//")))
}

/// Names of the schema steps that a database still has to take; changes nothing.
pub async fn pending(url: &str) -> anyhow::Result<Vec<String>> {
    let conn = Database::connect(ConnectOptions::new(match sqlite_path(url) {
        Some(path) => format!("sqlite://{}?mode=rwc", path.display()),
        None => url.to_owned(),
    }))
    .await?;
    let steps = migrations::Migrator::get_pending_migrations_read_only(&conn).await?;
    Ok(steps.iter().map(|step| step.name().to_owned()).collect())
}

/// Whether a write failed because of a unique index: the messages differ by database, this does not.
pub fn is_duplicate(error: &DbErr) -> bool {
    matches!(
        error.sql_err(),
        Some(sea_orm::SqlErr::UniqueConstraintViolation(_))
    )
}

/// Whether a trigger of ours refused the row (`RAISE EXCEPTION` on PostgreSQL). On SQLite, where one
/// writes at a time, nobody can come between a reader's look and his row.
pub fn is_refused(error: &DbErr) -> bool {
    crate::error::sqlstate(error).as_deref() == Some("P0001")
}

/// Begins to change the schema of PostgreSQL. Several programs may want to at once: the advisory
/// lock lets one.
pub(super) async fn begin_schema(pool: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let tx = pool.begin().await?;
    tx.execute_unprepared("SELECT pg_advisory_xact_lock(716254)")
        .await?;
    Ok(tx)
}

async fn migrate_postgres(pool: &DatabaseConnection) -> anyhow::Result<()> {
    let tx = begin_schema(pool).await?;
    migrations::Migrator::up(&tx, None).await?;
    tx.commit().await?;
    Ok(())
}

/// Runs one closure in `tx` and ends the transaction as the closure did.
async fn conclude<T, W, F>(tx: DatabaseTransaction, now: DateTime<Utc>, work: W) -> AppResult<T>
where
    W: FnOnce(WriteTx) -> F,
    F: Future<Output = AppResult<T>>,
{
    let tx = Arc::new(tx);
    let done = work(WriteTx {
        tx: tx.clone(),
        now,
    })
    .await;
    let tx = Arc::into_inner(tx).context("a write kept its transaction")?;
    match done {
        Ok(value) => tx.commit().await.map(|()| value).map_err(AppError::from),
        Err(error) => tx.rollback().await.map_err(AppError::from).and(Err(error)),
    }
}

/// Begins to write to SQLite; whoever else writes waits from here on.
pub(super) async fn begin_immediate(
    conn: &DatabaseConnection,
) -> Result<DatabaseTransaction, DbErr> {
    let immediate = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    conn.begin_with_options(immediate).await
}

async fn write_in_batches(
    conn: DatabaseConnection,
    mut jobs: mpsc::Receiver<Job>,
    clock: SharedClock,
    load: Load,
) {
    let mut waiting = Vec::with_capacity(BATCH);
    while !waiting.is_empty() || jobs.recv_many(&mut waiting, BATCH).await > 0 {
        let outer = match begin_immediate(&conn).await {
            Ok(outer) => outer,
            Err(error) => {
                tracing::error!(%error, "no write transaction");
                waiting
                    .drain(..)
                    .for_each(|job| answer(job.reply, Err(AppError::unavailable())));
                renew(&conn).await;
                continue;
            }
        };
        let (done, lost, rest) = run_batch(&outer, std::mem::take(&mut waiting), &*clock).await;
        waiting = rest;
        let ended = if lost {
            Err(DbErr::Custom("batch lost".into()))
        } else {
            outer.commit().await
        };
        let failed = ended.is_err();
        if let Err(error) = ended {
            tracing::error!(%error, "write batch not committed");
        } else {
            load.committed(done.len());
        }
        for (reply, value) in done {
            answer(
                reply,
                if failed {
                    value.and(Err(AppError::unavailable()))
                } else {
                    value
                },
            );
        }
        if failed {
            renew(&conn).await;
        }
    }
}

type Answered = (oneshot::Sender<Answer>, Answer);

/// Runs each job in its savepoint. When SQLite has rolled the whole transaction back by itself
/// (disk full, I/O error) the savepoint is gone: then the batch is lost, and the jobs not yet
/// started are handed back for the next one.
async fn run_batch(
    outer: &DatabaseTransaction,
    jobs: Vec<Job>,
    clock: &dyn super::clock::Clock,
) -> (Vec<Answered>, bool, Vec<Job>) {
    let mut done = Vec::with_capacity(jobs.len());
    let mut queue = jobs.into_iter();
    while let Some(job) = queue.next() {
        match run_one(outer, job.work, clock.now()).await {
            Ok(value) => done.push((job.reply, value)),
            Err(error) => {
                tracing::error!(%error, "write transaction lost");
                answer(job.reply, Err(AppError::unavailable()));
                return (done, true, queue.collect());
            }
        }
    }
    (done, false, Vec::new())
}

async fn run_one(
    outer: &DatabaseTransaction,
    work: Box<dyn FnOnce(WriteTx) -> BoxFuture<'static, Answer> + Send>,
    now: DateTime<Utc>,
) -> Result<Answer, DbErr> {
    let savepoint = Arc::new(outer.begin().await?);
    let tx = WriteTx {
        tx: savepoint.clone(),
        now,
    };
    let guarded = AssertUnwindSafe(async move { work(tx).await }).catch_unwind();
    let value = match tokio::time::timeout(PATIENCE, guarded).await {
        Err(_) => {
            tracing::error!("a write took too long and was given up");
            Err(AppError::unavailable())
        }
        Ok(Err(_)) => Err(anyhow!("a write panicked").into()),
        Ok(Ok(value)) => value,
    };
    let Some(savepoint) = Arc::into_inner(savepoint) else {
        return Err(DbErr::Custom("a write kept its transaction".into()));
    };
    match &value {
        Ok(_) => savepoint.commit().await?,
        Err(_) => savepoint.rollback().await?,
    }
    Ok(value)
}

/// A caller who went away does not matter: the write stands.
fn answer(reply: oneshot::Sender<Answer>, value: Answer) {
    drop(reply.send(value));
}

/// The driver counts transaction depth by itself and may be out of step: take a new connection.
async fn renew(conn: &DatabaseConnection) {
    match conn.get_sqlite_connection_pool().acquire().await {
        Ok(old) => {
            if let Err(error) = old.close().await {
                tracing::warn!(%error, "old writing connection did not close");
            }
        }
        Err(error) => tracing::error!(%error, "no writing connection"),
    }
}

/// An answer means that it is on the disk.
fn durable(file: SqliteConnectOptions) -> SqliteConnectOptions {
    file.journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5))
}

fn sqlite(path: &Path, connections: u32, read_only: bool) -> ConnectOptions {
    let mut options = ConnectOptions::new(format!("sqlite://{}", path.display()));
    options
        .max_connections(connections)
        .min_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .acquire_timeout(Duration::from_secs(5))
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(move |file: SqliteConnectOptions| {
            let file = durable(file)
                .foreign_keys(true)
                .pragma("temp_store", "memory")
                .pragma("cache_size", if read_only { "-4096" } else { "-16384" })
                // What is erased is overwritten, not only unlinked.
                .pragma("secure_delete", "on");
            if read_only {
                file.read_only(true).pragma("query_only", "1")
            } else {
                file.create_if_missing(true)
            }
        });
    options
}
