//! Streams over the API.
use super::{
    commands,
    form::{self, Typed, TypedCount},
    store::{self, PublicStream},
};
use crate::{
    account::Actor,
    domain::{
        broadcast::{Platform, Sums},
        id::StreamId,
    },
    error::{AppError, AppResult},
    platform::{
        App,
        api::{Call, List, ProblemDocument, created, figure},
    },
    posting,
};
use axum::{
    Json,
    extract::{Path, State},
    response::Response,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A stream as anybody sees it.
#[derive(Serialize, ToSchema)]
pub struct StreamOut {
    id: String,
    title: String,
    host: String,
    platforms: Vec<Platform>,
    url: String,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    live: bool,
    /// The newest cumulative count of each platform, and their sum.
    views: Sums,
    postings: Vec<MarkOut>,
}

#[derive(Serialize, ToSchema)]
struct MarkOut {
    posting: String,
    title: String,
    minute: i32,
}

impl From<PublicStream> for StreamOut {
    fn from(stream: PublicStream) -> Self {
        Self {
            id: stream.id.to_string(),
            title: stream.title,
            host: stream.host,
            platforms: stream.platforms,
            url: stream.url,
            starts_at: stream.starts_at,
            ends_at: stream.ends_at,
            live: stream.live,
            views: stream.views,
            postings: stream
                .postings
                .into_iter()
                .map(|mark| MarkOut {
                    posting: mark.posting.to_string(),
                    title: mark.title,
                    minute: mark.minute,
                })
                .collect(),
        }
    }
}

/// What a new stream is called by.
#[derive(Serialize, ToSchema)]
pub struct Opened {
    id: String,
    /// Names the stream as a source of registrations.
    code: String,
    /// Where people register through it.
    register_url: String,
}

#[derive(Serialize, ToSchema)]
pub struct Recorded {
    id: String,
    views: Sums,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MarkIn {
    posting: String,
    /// Counted from the beginning of the stream.
    #[serde(deserialize_with = "figure")]
    #[schema(value_type = i64)]
    minute: String,
}

fn id(text: &str) -> AppResult<StreamId> {
    text.parse().map_err(|_| AppError::not_found())
}

/// 报名链接 of a stream.
pub fn register_url(app: &App, slug: &str, code: &str) -> String {
    format!("{}/f/{slug}/register?s={code}", app.settings.public_url)
}

/// The streams of a fair.
#[utoipa::path(get, path = "/api/v1/fairs/{fair}/streams", tag = "streams", params(("fair" = String, Path)),
    responses((status = 200, body = List<StreamOut>), (status = 404, body = ProblemDocument)))]
pub async fn list(
    State(app): State<App>,
    Path(fair): Path<String>,
) -> AppResult<Json<List<StreamOut>>> {
    let (db, now) = (app.db.read(), app.db.now());
    let fair = posting::store::public_fair(db, app.settings.office, &fair).await?;
    let streams = store::public_streams(db, fair.id, now).await?;
    let items = streams.into_iter().map(StreamOut::from).collect();
    Ok(Json(List { items, next: None }))
}

/// Plans a stream.
#[utoipa::path(post, path = "/api/v1/fairs/{fair}/streams", tag = "streams", request_body = Typed,
    params(("fair" = String, Path)),
    responses((status = 201, body = Opened), (status = 404, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
pub async fn create(
    State(app): State<App>,
    actor: Actor,
    Path(fair): Path<String>,
    call: Call<Typed>,
) -> AppResult<Response> {
    posting::store::fair_for(app.db.read(), &actor, &fair).await?;
    let plan = form::plan(&call.body)?;
    let done = commands::open(&app, actor.clone(), fair, plan, call.once).await?;
    let (stream, fair) = commands::find(&app, &actor, done.value).await?;
    Ok(created(done.map(|id| Opened {
        id: id.to_string(),
        register_url: register_url(&app, &fair.slug, &stream.code),
        code: stream.code,
    })))
}

/// Notes what a platform shows.
#[utoipa::path(post, path = "/api/v1/streams/{id}/views", tag = "streams", request_body = TypedCount,
    params(("id" = String, Path)),
    responses((status = 201, body = Recorded), (status = 404, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
pub async fn record(
    State(app): State<App>,
    actor: Actor,
    Path(stream): Path<String>,
    call: Call<TypedCount>,
) -> AppResult<Response> {
    let stream = id(&stream)?;
    let done = commands::record(&app, actor, stream, call.body, None, call.once).await?;
    let counts = store::counts(app.db.read(), &[stream]).await?;
    let known = counts.get(&stream).map(|rows| store::view_counts(rows));
    let views = crate::domain::broadcast::sums(&known.unwrap_or_default());
    Ok(created(done.map(|id| Recorded {
        id: id.to_string(),
        views,
    })))
}

/// Notes that a posting was presented.
#[utoipa::path(post, path = "/api/v1/streams/{id}/postings", tag = "streams", request_body = MarkIn,
    params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
pub async fn present(
    State(app): State<App>,
    actor: Actor,
    Path(stream): Path<String>,
    call: Call<MarkIn>,
) -> AppResult<axum::http::StatusCode> {
    let MarkIn { posting, minute } = call.body;
    commands::present(&app, actor, id(&stream)?, posting, minute).await?;
    Ok(axum::http::StatusCode::NO_CONTENT)
}
