//! Instances on one PostgreSQL tell each other which fair changed (`NOTIFY`), so that watchers of
//! one see at once what was done on another, and who passed a limit, so that it is one for all.
//! Nothing depends on it: a word that is lost, because a connection broke or a pooler does not pass
//! it on, is made up for by looking every two seconds, and a limit is then counted by each for itself.
use super::{App, secret};
use crate::domain::id::FairId;
use futures_util::{Stream, StreamExt, stream};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement,
    sqlx::{
        self,
        postgres::{PgConnectOptions, PgListener, PgPoolOptions},
    },
};
use std::{pin::pin, time::Duration};
use tokio::time::sleep;
use tokio_stream::wrappers::UnboundedReceiverStream;

/// What happens within so long is told together.
const TOGETHER: Duration = Duration::from_millis(100);
/// Words of one message at most: it may have 8,000 bytes.
const MOST: usize = 256;
/// How long to wait after the connection broke.
const AGAIN: Duration = Duration::from_secs(1);

/// Each schema has a channel of its own.
const CHANNEL: &str = "'nightfair_' || current_schema()";

/// Joins the instances on the same database; an embedded one has no others.
pub fn join(app: &App) {
    let read = app.db.read();
    if read.get_database_backend() != DbBackend::Postgres {
        return;
    }
    let own = secret::uid();
    let fairs = UnboundedReceiverStream::new(app.live.changed()).map(|fair| fair.0.to_string());
    let limits = UnboundedReceiverStream::new(app.limits.passed()).map(|passed| passed.to_string());
    tokio::spawn(tell(
        read.clone(),
        own.clone(),
        stream::select(fairs, limits),
    ));
    tokio::spawn(hear(app.clone(), own));
}

async fn tell(db: DatabaseConnection, own: String, words: impl Stream<Item = String>) {
    let mut messages = pin!(words.ready_chunks(MOST));
    while let Some(mut named) = messages.next().await {
        named.sort_unstable();
        // That a fair changed is said once; everybody who passed a limit counts.
        named.dedup_by(|one, other| one == other && is_fair(one).is_some());
        let message = format!("{own} {}", named.join(" "));
        let told: Result<_, DbErr> = db
            .execute_raw(Statement::from_sql_and_values(
                DbBackend::Postgres,
                format!("SELECT pg_notify({CHANNEL}, $1)"),
                [message.into()],
            ))
            .await;
        if let Err(error) = told {
            tracing::debug!(%error, "other instances were not told");
        }
        sleep(TOGETHER).await;
    }
}

async fn hear(app: App, own: String) {
    let pool = app.db.server().get_postgres_connection_pool();
    let options = pool.connect_options();
    loop {
        if let Err(error) = listen(&app, &options, &own).await {
            tracing::debug!(%error, "other instances are not heard");
        }
        sleep(AGAIN).await;
    }
}

/// Until the connection breaks.
async fn listen(app: &App, options: &PgConnectOptions, own: &str) -> Result<(), sqlx::Error> {
    let one = PgPoolOptions::new().max_connections(1);
    let pool = one.connect_lazy_with(options.clone());
    let mut ear = PgListener::connect_with(&pool).await?;
    ear.eager_reconnect(false);
    let channel = sqlx::AssertSqlSafe(format!("SELECT {CHANNEL}"));
    let channel: String = sqlx::query_scalar(channel).fetch_one(&mut ear).await?;
    ear.listen(&channel).await?;
    app.live.heard_all();
    while let Some(news) = ear.try_recv().await? {
        let mut words = news.payload().split(' ');
        if words.next() == Some(own) {
            continue;
        }
        for word in words {
            if let Some(fair) = is_fair(word) {
                app.live.heard(fair);
            } else if let Ok(passed) = word.parse() {
                app.limits.heard(&passed);
            }
        }
    }
    Ok(())
}

fn is_fair(word: &str) -> Option<FairId> {
    word.parse().ok().map(FairId)
}
