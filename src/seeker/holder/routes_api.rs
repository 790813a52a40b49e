//! The ticket for machines, in the hand of its holder.
use super::show;
use crate::{
    account::{Audience, Routes},
    error::AppResult,
    person,
    platform::{App, api::ProblemDocument, text::Lang},
    seeker::{MatchRow, Matches, QueueRow, commands, gate::FirstSeen},
};
use axum::{
    Extension, Json,
    extract::{ConnectInfo, Path, State},
    http::StatusCode,
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::net::SocketAddr;
use utoipa_axum::{router::UtoipaMethodRouter, routes};

pub fn routes(matches: Matches) -> Routes {
    Routes::new()
        .api(Audience::Anyone, hooked(routes!(ticket), matches))
        .api(Audience::Anyone, hooked(routes!(withdraw), matches))
}

fn hooked(route: UtoipaMethodRouter<App>, matches: Matches) -> UtoipaMethodRouter<App> {
    let (schemas, paths, handler) = route;
    (schemas, paths, handler.layer(Extension(matches)))
}

/// 入场券, as far as a machine of its holder sees it: masked
#[derive(Serialize, utoipa::ToSchema)]
struct TicketState {
    fair: String,
    title: String,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    venue: String,
    number: i64,
    code: String,
    masked_name: String,
    /// Last four digits of the telephone number.
    phone_tail: String,
    /// not_arrived, inside or left
    state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_seen: Option<FirstSeen>,
    registered_at: DateTime<Utc>,
    matches: Vec<MatchRow>,
    /// Numbers in the lines at booths.
    queues: Vec<QueueRow>,
}

/// State of a ticket and the matches of its holder.
#[utoipa::path(get, path = "/api/v1/tickets/{secret}", tag = "seekers",
    params(("secret" = String, Path)),
    responses((status = 200, body = TicketState), (status = 404, body = ProblemDocument),
        (status = 410, body = ProblemDocument), (status = 429, body = ProblemDocument)))]
async fn ticket(
    State(app): State<App>,
    Extension(matches): Extension<Matches>,
    lang: Lang,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(secret): Path<String>,
) -> AppResult<Json<TicketState>> {
    let held = show::open(&app, &secret, peer.ip()).await?;
    let (row, fair) = (held.row, held.fair);
    let card = person::card(app.db.read(), &app.keys, fair.office_id, row.person_id).await?;
    Ok(Json(TicketState {
        first_seen: FirstSeen::of(&row),
        state: show::state(&row).into(),
        matches: (matches.of)(app.clone(), row.id, lang).await?,
        queues: (matches.queues)(app.clone(), row.id).await?,
        fair: fair.slug,
        title: fair.title,
        starts_at: fair.starts_at,
        ends_at: fair.ends_at,
        venue: fair.venue,
        number: row.number,
        code: row.code,
        masked_name: card.name,
        phone_tail: card.tail,
        registered_at: row.registered_at,
    }))
}

/// Withdraws the registration and erases what it brought; with the last standing ticket of a
/// person everything personal goes. Doing it again is as good.
#[utoipa::path(delete, path = "/api/v1/tickets/{secret}", tag = "seekers",
    params(("secret" = String, Path)),
    responses((status = 204), (status = 404, body = ProblemDocument),
        (status = 410, body = ProblemDocument), (status = 429, body = ProblemDocument)))]
async fn withdraw(
    State(app): State<App>,
    Extension(matches): Extension<Matches>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(secret): Path<String>,
) -> AppResult<StatusCode> {
    let held = show::open(&app, &secret, peer.ip()).await?;
    commands::withdraw(&app, matches, &held.row, None).await?;
    Ok(StatusCode::NO_CONTENT)
}
