//! Lines for machines: the seeker's mini-program, the booth's own terminal, a board.
use super::{
    commands::{self, Taker},
    pages::Board,
    routes::named_ticket,
    stand, view,
};
use crate::{
    account::{Actor, Audience, Routes},
    domain::role::Role,
    error::AppResult,
    platform::{
        App,
        api::{Call, ProblemDocument, answer, created},
    },
    seeker::{QueueRow, ticket},
};
use axum::{
    Json,
    extract::{ConnectInfo, Path, State},
    http::StatusCode,
    response::Response,
};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use utoipa::ToSchema;
use utoipa_axum::routes;

type Peer = ConnectInfo<SocketAddr>;

const EMPLOYER: Audience = Audience::Roles(&[Role::Employer]);
/// The booth's own staff, and whoever gives out numbers on paper.
const GIVE: Audience = Audience::Roles(&[
    Role::OfficeAdmin,
    Role::PlacementOfficer,
    Role::GateSteward,
    Role::CommunityClerk,
    Role::Employer,
]);

pub fn routes() -> Routes {
    Routes::new()
        .api(Audience::Anyone, routes!(board))
        .api(Audience::Anyone, routes!(take))
        .api(Audience::Anyone, routes!(leave))
        .api(GIVE, routes!(give))
        .api(EMPLOYER, routes!(call))
}

/// 取号
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TakeBody {
    /// Code of the booth, as its QR carries it.
    booth: String,
}

/// 发纸号
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GiveBody {
    /// Code of a ticket, for who has one.
    #[serde(default)]
    ticket: String,
}

/// 叫号
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CallBody {
    /// The number that is done.
    #[serde(default)]
    finished: Option<i64>,
}

/// A number that was given out.
#[derive(Serialize, ToSchema)]
struct NumberOut {
    number: i64,
    /// How many are called before it.
    ahead: u64,
}

/// Who was called; null when nobody waits.
#[derive(Serialize, ToSchema)]
struct CalledOut {
    called: Option<i64>,
}

/// The line at a booth: numbers, nobody's name.
#[utoipa::path(get, path = "/api/v1/booths/{participation}/queue", tag = "queues",
    params(("participation" = String, Path)),
    responses((status = 200, body = Board), (status = 404, body = ProblemDocument)))]
async fn board(State(app): State<App>, Path(code): Path<String>) -> AppResult<Json<Board>> {
    let stand = stand::by_code(&app, &code).await?;
    Ok(Json(view::board(&app, &stand).await?))
}

/// Takes a number for a ticket. Who stands in the line already gets the same number again.
#[utoipa::path(post, path = "/api/v1/tickets/{secret}/queues", tag = "queues",
    params(("secret" = String, Path)), request_body = TakeBody,
    responses((status = 201, body = QueueRow), (status = 404, body = ProblemDocument),
        (status = 409, body = ProblemDocument), (status = 410, body = ProblemDocument),
        (status = 422, body = ProblemDocument), (status = 429, body = ProblemDocument)))]
async fn take(
    State(app): State<App>,
    ConnectInfo(peer): Peer,
    Path(secret): Path<String>,
    call: Call<TakeBody>,
) -> AppResult<Response> {
    let ticket = ticket::open(&app, &secret, peer.ip()).await?;
    let stand = stand::by_code(&app, &call.body.booth).await?;
    let taker = Taker {
        ticket: Some(ticket.id),
        given_by: None,
    };
    let done = commands::take(&app, &stand, taker, call.once).await?;
    let row = view::row_at(&app, ticket.id, &stand).await?;
    Ok(created(done.map(|_| row)))
}

/// Gives a number back. Doing it again is as good.
#[utoipa::path(delete, path = "/api/v1/tickets/{secret}/queues/{participation}", tag = "queues",
    params(("secret" = String, Path), ("participation" = String, Path)),
    responses((status = 204), (status = 404, body = ProblemDocument),
        (status = 410, body = ProblemDocument), (status = 429, body = ProblemDocument)))]
async fn leave(
    State(app): State<App>,
    ConnectInfo(peer): Peer,
    Path((secret, code)): Path<(String, String)>,
) -> AppResult<StatusCode> {
    let ticket = ticket::open(&app, &secret, peer.ip()).await?;
    let stand = stand::by_code(&app, &code).await?;
    commands::leave(&app, &stand, ticket.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives out a number on paper: an employer at its own booth, the office at all.
#[utoipa::path(post, path = "/api/v1/booths/{participation}/queue/numbers", tag = "queues",
    params(("participation" = String, Path)), request_body = GiveBody,
    responses((status = 201, body = NumberOut), (status = 404, body = ProblemDocument),
        (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
async fn give(
    State(app): State<App>,
    actor: Actor,
    Path(code): Path<String>,
    call: Call<GiveBody>,
) -> AppResult<Response> {
    let stand = stand::to_give(&app, &actor, &code).await?;
    let ticket = match call.body.ticket.trim() {
        "" => None,
        named => Some(named_ticket(&app, &stand, named).await?.id),
    };
    let taker = Taker {
        ticket,
        given_by: Some(actor.account),
    };
    let done = commands::take(&app, &stand, taker, call.once).await?;
    let ahead = view::ahead_of(&app, &stand, done.value.number).await?;
    Ok(created(done.map(|given| NumberOut {
        number: given.number,
        ahead,
    })))
}

/// Calls the next number, once the finished one is done.
#[utoipa::path(post, path = "/api/v1/booths/{participation}/queue/calls", tag = "queues",
    params(("participation" = String, Path)), request_body = CallBody,
    responses((status = 200, body = CalledOut), (status = 404, body = ProblemDocument),
        (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
async fn call(
    State(app): State<App>,
    actor: Actor,
    Path(code): Path<String>,
    call: Call<CallBody>,
) -> AppResult<Response> {
    let stand = stand::own(&app, &actor, &code).await?;
    let finished = call.body.finished;
    let done = commands::call_next(&app, &stand, actor.account, finished, call.once).await?;
    Ok(answer(
        StatusCode::OK,
        done.map(|called| CalledOut {
            called: called.number,
        }),
    ))
}
