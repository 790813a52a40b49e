//! Listens to the heart of PostgreSQL over a connection of its own. When it stops beating, requests
//! that wait for an answer are told at once to come again, instead of one after the other when its
//! own patience ends, and nobody waits on a connection that will never answer.
use super::db::Db;
use sea_orm::{
    DbBackend,
    sqlx::{
        self, Connection,
        postgres::{PgConnectOptions, PgConnection},
    },
};
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval, timeout};

/// How often the database is asked.
const EACH: Duration = Duration::from_millis(500);
/// A database that takes longer for the smallest question does not answer.
const PATIENCE: Duration = Duration::from_millis(2500);

/// Keeps [`Db::away`] up to date; an embedded database is never away.
pub fn watch(db: &Db) {
    if db.read().get_database_backend() == DbBackend::Postgres {
        tokio::spawn(listen(db.clone()));
    }
}

async fn listen(db: Db) {
    let options = db.server().get_postgres_connection_pool().connect_options();
    let mut open = None;
    let mut tick = interval(EACH);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let away = match timeout(PATIENCE, writes(&mut open, &options)).await {
            Ok(Ok(true)) => None,
            Ok(Ok(false)) => Some("a standby that does not write".to_owned()),
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => Some("no answer".to_owned()),
        };
        let changed = db.presence().send_if_modified(|was| {
            let before = std::mem::replace(was, away.is_some());
            before != *was
        });
        match away {
            Some(why) if changed => tracing::error!(why, "the database is away"),
            None if changed => tracing::warn!("the database is back"),
            _ => {}
        }
    }
}

/// Whether the database takes writes. A connection that failed, or leads to a standby, is dropped:
/// the next one may lead to another server.
async fn writes(
    open: &mut Option<PgConnection>,
    options: &PgConnectOptions,
) -> Result<bool, sqlx::Error> {
    let mut connection = match open.take() {
        Some(open) => open,
        None => PgConnection::connect_with(options).await?,
    };
    let standby = sqlx::query_scalar("SELECT pg_is_in_recovery()").persistent(false);
    let standby: bool = standby.fetch_one(&mut connection).await?;
    if !standby {
        *open = Some(connection);
    }
    Ok(!standby)
}
