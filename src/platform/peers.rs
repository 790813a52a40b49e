//! Instances on one PostgreSQL tell each other which fair changed (`NOTIFY`), so that watchers of
//! one see at once what was done on another. Nothing depends on it: a word that is lost, because a
//! connection broke or a pooler does not pass it on, is made up for by looking every two seconds.
use super::{App, live::Live, secret};
use crate::domain::id::FairId;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement,
    sqlx::{
        self,
        postgres::{PgConnectOptions, PgListener, PgPoolOptions},
    },
};
use std::{collections::BTreeSet, time::Duration};
use tokio::{sync::mpsc::UnboundedReceiver, time::sleep};

/// Changes of so long are told together.
const TOGETHER: Duration = Duration::from_millis(100);
/// Fairs that one message names at most.
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
    tokio::spawn(tell(read.clone(), own.clone(), app.live.changed()));
    tokio::spawn(hear(app.db.server().clone(), own, app.live.clone()));
}

async fn tell(db: DatabaseConnection, own: String, mut changed: UnboundedReceiver<FairId>) {
    let mut fairs = Vec::new();
    while changed.recv_many(&mut fairs, MOST).await > 0 {
        let named: BTreeSet<String> = fairs.drain(..).map(|fair| fair.0.to_string()).collect();
        let named: Vec<String> = named.into_iter().collect();
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

async fn hear(db: DatabaseConnection, own: String, live: Live) {
    let options = db.get_postgres_connection_pool().connect_options();
    loop {
        if let Err(error) = listen(&options, &own, &live).await {
            tracing::debug!(%error, "other instances are not heard");
        }
        sleep(AGAIN).await;
    }
}

/// Until the connection breaks.
async fn listen(options: &PgConnectOptions, own: &str, live: &Live) -> Result<(), sqlx::Error> {
    let one = PgPoolOptions::new().max_connections(1);
    let pool = one.connect_lazy_with(options.clone());
    let mut ear = PgListener::connect_with(&pool).await?;
    ear.eager_reconnect(false);
    let channel = sqlx::AssertSqlSafe(format!("SELECT {CHANNEL}"));
    let channel: String = sqlx::query_scalar(channel).fetch_one(&mut ear).await?;
    ear.listen(&channel).await?;
    live.heard_all();
    while let Some(news) = ear.try_recv().await? {
        let mut words = news.payload().split(' ');
        if words.next() != Some(own) {
            words
                .filter_map(|word| word.parse().ok())
                .for_each(|fair| live.heard(FairId(fair)));
        }
    }
    Ok(())
}
