//! The limit the product is measured against: a bare handler in the same program doing the least
//! possible work through the same libraries.
use crate::{
    entity::outbox,
    error::AppResult,
    platform::{clock::SystemClock, db::Db},
};
use anyhow::Result;
use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Path, State},
    http::header,
    response::{Html, IntoResponse},
    routing::{get, post},
};
use futures_util::{StreamExt, stream};
use minijinja::{Environment, context};
use sea_orm::{ActiveValue::Set, EntityTrait, QueryOrder, QuerySelect};
use std::{net::TcpListener, sync::Arc};
use tokio::sync::broadcast;
use tokio_stream::wrappers::BroadcastStream;

/// A page of about 24 KB when it shows 60 rows.
const PAGE: &str = "<!doctype html><title>{{ title }}</title><table>{% for row in rows %}<tr><td>{{ row.id }}</td>\
    <td>{{ row.topic }}</td><td>{{ row.payload }}</td></tr>{% endfor %}</table>";
const ROWS: usize = 60;

#[derive(Clone)]
struct Bare {
    db: Db,
    templates: Arc<Environment<'static>>,
    rows: Arc<Vec<minijinja::Value>>,
    events: broadcast::Sender<Bytes>,
}

/// Serves the bare handlers until the process ends.
pub async fn serve(database: &str, listener: TcpListener) -> Result<()> {
    let db = Db::open(database, Arc::new(SystemClock), true).await?;
    let mut templates = Environment::new();
    templates.add_template("page.html", PAGE)?;
    for _ in 0..ROWS {
        insert(&db).await?;
    }
    let rows = read_rows(&db).await?;
    let bare = Bare {
        db,
        templates: Arc::new(templates),
        rows: Arc::new(rows),
        events: broadcast::channel(16).0,
    };
    let router = Router::new()
        .route(
            "/insert",
            post(|State(bare): State<Bare>| async move { insert(&bare.db).await }),
        )
        .route(
            "/memory",
            get(|State(bare): State<Bare>| async move { page(&bare.templates, &bare.rows) }),
        )
        .route("/rows", get(from_rows))
        .route("/row/{id}", get(by_key))
        .route("/events", get(events))
        .route("/touch", post(touch))
        .with_state(bare);
    axum_server::from_tcp(listener)?
        .serve(router.into_make_service())
        .await?;
    Ok(())
}

async fn insert(db: &Db) -> AppResult<&'static str> {
    db.write(|tx| async move {
        let row = outbox::ActiveModel {
            uid: Set(crate::platform::secret::uid()),
            topic: Set("bench".into()),
            payload: Set(serde_json::json!({ "text": "夜集".repeat(60) })),
            created_at: Set(tx.now),
            due_at: Set(tx.now),
            attempts: Set(0),
            ..Default::default()
        };
        outbox::Entity::insert(row).exec(tx.conn()).await?;
        Ok("ok")
    })
    .await
}

async fn from_rows(State(bare): State<Bare>) -> AppResult<Html<String>> {
    page(&bare.templates, &read_rows(&bare.db).await?)
}

async fn read_rows(db: &Db) -> AppResult<Vec<minijinja::Value>> {
    let rows = outbox::Entity::find()
        .order_by_asc(outbox::Column::Id)
        .limit(60)
        .all(db.read())
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| context! { id => row.id.0, topic => row.topic, payload => row.payload.to_string() })
        .collect())
}

fn page(templates: &Environment<'_>, rows: &[minijinja::Value]) -> AppResult<Html<String>> {
    let template = templates.get_template("page.html")?;
    Ok(Html(
        template.render(context! { title => "limit", rows => rows })?,
    ))
}

/// An event of the size that the product sends.
fn event() -> Bytes {
    Bytes::from(format!("data: {}\n\n", "夜".repeat(700)))
}

async fn events(State(bare): State<Bare>) -> impl IntoResponse {
    let first = stream::once(async { Ok(event()) });
    let news = BroadcastStream::new(bare.events.subscribe());
    let kind = [(header::CONTENT_TYPE, "text/event-stream")];
    (kind, Body::from_stream(first.chain(news)))
}

async fn touch(State(bare): State<Bare>) -> &'static str {
    // Nobody listens: nothing to tell.
    drop(bare.events.send(event()));
    "ok"
}

async fn by_key(State(bare): State<Bare>, Path(id): Path<i64>) -> AppResult<String> {
    let id = crate::domain::id::OutboxId(id);
    let row = outbox::Entity::find_by_id(id).one(bare.db.read()).await?;
    Ok(row.map(|row| row.topic).unwrap_or_default())
}
