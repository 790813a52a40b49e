//! The board, suggestions and announcements for machines.
use super::{
    commands::{self, Seen},
    routes_ideas::{explained, holder},
    routes_office::EDIT,
    store::{self, NewDraft},
    view,
};
use crate::{
    account::{Actor, Audience, Routes},
    case::{
        deliberation::Deliberation,
        public::{self, Published, Wanted},
    },
    domain::{
        case::{Decision, Kind, Outcome, Stage},
        fault::{Faults, FieldFault},
        id::{AnnouncementId, CaseId},
        notice::{Source, State as At},
    },
    entity::{announcement, outbox as outbox_row},
    error::{AppError, AppResult},
    intake,
    platform::{
        App,
        api::{Call, List, PageQuery, ProblemDocument, Query, created},
        outbox,
        text::Lang,
    },
};
use axum::{
    Json,
    extract::{ConnectInfo, Path, State},
    response::Response,
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

pub fn routes() -> Routes {
    use Audience::Anyone;
    Routes::new()
        .api(Anyone, routes!(board))
        .api(Anyone, routes!(board_one))
        .api(Anyone, routes!(idea))
        .api(Anyone, routes!(second))
        .api(EDIT, routes!(list, write))
        .api(EDIT, routes!(send))
}

/// Which published cases.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct BoardQuery {
    /// Code or id of a community.
    community: Option<String>,
    /// resident_request, patrol_finding, suggestion, mailbox
    kind: Option<String>,
}

/// A published case.
#[derive(Serialize, ToSchema)]
pub struct BoardOut {
    /// Names it in public addresses.
    id: String,
    #[schema(value_type = String)]
    kind: Kind,
    title: String,
    text: String,
    community: Option<String>,
    #[schema(value_type = String)]
    stage: Stage,
    #[schema(value_type = Option<String>)]
    outcome: Option<Outcome>,
    /// Where it stands, in words.
    state: String,
    reported_on: NaiveDate,
    closed_on: Option<NaiveDate>,
    /// Calendar days from the report to the closing, or to today.
    days: i64,
    url: String,
    /// Addresses of the published pictures.
    before: Vec<String>,
    after: Vec<String>,
}

fn board_out(app: &App, lang: Lang, one: Published) -> BoardOut {
    let (state, _) = one.state(lang);
    let url = format!("{}/board/{}", app.settings.public_url, one.uid);
    let photos = |places: &[usize]| {
        let photo = |place: &usize| format!("{url}/photos/{place}");
        places.iter().map(photo).collect()
    };
    BoardOut {
        kind: one.kind,
        community: one.area.as_ref().map(|(_, name)| name.clone()),
        stage: one.stage,
        outcome: one.outcome,
        state,
        reported_on: one.reported_on,
        closed_on: one.closed_on,
        days: one.days,
        before: photos(&one.before),
        after: photos(&one.after),
        id: one.uid,
        title: one.title,
        text: one.text,
        url,
    }
}

async fn wanted(app: &App, asked: &BoardQuery) -> AppResult<Wanted> {
    let mut faults = Faults::new();
    let kind = match asked.kind.as_deref().unwrap_or_default() {
        "" => None,
        code => {
            let known = view::kinds().find(|kind| kind.code() == code);
            if known.is_none() {
                faults.add("kind", FieldFault::UnknownChoice);
            }
            known
        }
    };
    let area = match asked.community.as_deref().unwrap_or_default() {
        "" => None,
        named => {
            let (db, office) = (app.db.read(), app.settings.office);
            let known = intake::store::area_named(db, office, named).await?;
            if known.is_none() {
                faults.add("community", FieldFault::NotFound);
            }
            known.map(|area| area.id)
        }
    };
    Ok(faults.into_result(Some(Wanted {
        area,
        kind,
        closed: None,
    }))?)
}

/// What was published, newest first.
#[utoipa::path(get, path = "/api/v1/board", tag = "board", params(BoardQuery, PageQuery),
    responses((status = 200, body = List<BoardOut>), (status = 422, body = ProblemDocument)))]
async fn board(
    State(app): State<App>,
    lang: Lang,
    Query(asked): Query<BoardQuery>,
    Query(page): Query<PageQuery>,
) -> AppResult<Json<List<BoardOut>>> {
    let wanted = wanted(&app, &asked).await?;
    let limit = page.limit()?;
    let before = page.after()?.map(CaseId);
    let office = app.settings.office;
    let mut found = public::list(&app, office, &wanted, before, limit + 1).await?;
    let next = super::routes::cut(&mut found, limit);
    let items = found.into_iter().map(|one| board_out(&app, lang, one));
    Ok(Json(List {
        items: items.collect(),
        next: next.map(|id| id.to_string()),
    }))
}

/// One published case.
#[utoipa::path(get, path = "/api/v1/board/{id}", tag = "board", params(("id" = String, Path)),
    responses((status = 200, body = BoardOut), (status = 404, body = ProblemDocument)))]
async fn board_one(
    State(app): State<App>,
    lang: Lang,
    Path(id): Path<String>,
) -> AppResult<Json<BoardOut>> {
    let one = public::one(&app, app.settings.office, &id).await?;
    Ok(Json(board_out(&app, lang, one)))
}

/// A suggestion with its supporters as a number, its meetings and what was decided.
#[derive(Serialize, ToSchema)]
pub struct IdeaOut {
    #[serde(flatten)]
    case: BoardOut,
    seconds: usize,
    /// Support is asked for.
    open: bool,
    meetings: Vec<MeetingOut>,
    decided: Option<DecidedOut>,
}

#[derive(Serialize, ToSchema)]
struct MeetingOut {
    at: DateTime<Utc>,
    place: String,
    agenda: String,
    /// Absent before it was held.
    held: Option<MinutesOut>,
}

#[derive(Serialize, ToSchema)]
struct MinutesOut {
    attendance: u32,
    minutes: String,
    votes: Vec<VotesOut>,
}

#[derive(Serialize, ToSchema)]
struct VotesOut {
    option: String,
    votes: u32,
}

#[derive(Serialize, ToSchema)]
struct DecidedOut {
    /// adopted, in_part or deferred; absent when it was not adopted.
    #[schema(value_type = Option<String>)]
    decision: Option<Decision>,
    reasons: String,
    owner: Option<String>,
    due_on: Option<NaiveDate>,
    at: DateTime<Utc>,
}

fn idea_out(app: &App, lang: Lang, (one, read): (Published, Deliberation)) -> IdeaOut {
    let meetings = read.meetings.into_iter().map(|meeting| MeetingOut {
        at: meeting.at,
        place: meeting.place,
        agenda: meeting.agenda,
        held: meeting.held.map(|held| MinutesOut {
            attendance: held.attendance,
            minutes: held.minutes,
            votes: held
                .votes
                .into_iter()
                .map(|(option, votes)| VotesOut { option, votes })
                .collect(),
        }),
    });
    IdeaOut {
        seconds: read.seconds,
        open: view::is_open(one.stage),
        meetings: meetings.collect(),
        decided: read.decided.map(|one| DecidedOut {
            decision: one.decision,
            reasons: one.reasons,
            owner: one.owner,
            due_on: one.due_on,
            at: one.at,
        }),
        case: board_out(app, lang, one),
    }
}

/// One published suggestion.
#[utoipa::path(get, path = "/api/v1/ideas/{id}", tag = "board", params(("id" = String, Path)),
    responses((status = 200, body = IdeaOut), (status = 404, body = ProblemDocument)))]
async fn idea(
    State(app): State<App>,
    lang: Lang,
    Path(id): Path<String>,
) -> AppResult<Json<IdeaOut>> {
    let read = commands::read(&app, app.settings.office, &id).await?;
    Ok(Json(idea_out(&app, lang, read)))
}

/// 查询码 of any case of the resident.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SecondBody {
    key: String,
}

#[derive(Serialize, ToSchema)]
struct SecondOut {
    id: String,
    /// Supporters now.
    seconds: usize,
}

/// Supports a suggestion. Whoever holds the key to a case and left a telephone does so once, and
/// not for what he wrote himself.
#[utoipa::path(post, path = "/api/v1/ideas/{id}/seconds", tag = "board",
    params(("id" = String, Path)), request_body = SecondBody,
    responses((status = 201, body = SecondOut), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument),
        (status = 422, body = ProblemDocument), (status = 429, body = ProblemDocument)))]
async fn second(
    State(app): State<App>,
    lang: Lang,
    peer: ConnectInfo<SocketAddr>,
    Path(id): Path<String>,
    call: Call<SecondBody>,
) -> AppResult<Response> {
    let office = app.settings.office;
    public::one(&app, office, &id).await?;
    let person = holder(&app, &call.body.key, peer).await;
    let person = person.map_err(|error| match error.code() {
        Some("not_found") => AppError::from(Faults::one("key", FieldFault::NotFound)),
        _ => error,
    })?;
    let done = commands::second(&app, office, &id, person, call.once).await;
    let done = done.map_err(|error| explained(lang, error))?;
    Ok(created(done.map(|seconds| SecondOut { id, seconds })))
}

/// An announcement to the residents' group.
#[derive(Serialize, ToSchema)]
pub struct AnnouncementOut {
    id: String,
    source: Source,
    state: At,
    body: String,
    version: i64,
    created_at: DateTime<Utc>,
    settled_at: Option<DateTime<Utc>>,
    /// Name of the message, the same at every attempt.
    message: Option<String>,
    /// The message left.
    delivered_at: Option<DateTime<Utc>>,
}

fn out(row: announcement::Model, messages: &[outbox_row::Model]) -> AnnouncementOut {
    let message = messages
        .iter()
        .find(|one| Some(&one.uid) == row.message.as_ref());
    AnnouncementOut {
        id: row.id.to_string(),
        source: row.source,
        state: row.state,
        version: row.version,
        created_at: row.created_at,
        settled_at: row.settled_at,
        delivered_at: message.and_then(|one| one.done_at),
        message: row.message,
        body: row.body,
    }
}

/// Announcements, newest first.
#[utoipa::path(get, path = "/api/v1/announcements", tag = "board", params(PageQuery),
    responses((status = 200, body = List<AnnouncementOut>), (status = 403, body = ProblemDocument)))]
async fn list(
    State(app): State<App>,
    actor: Actor,
    Query(page): Query<PageQuery>,
) -> AppResult<Json<List<AnnouncementOut>>> {
    let (db, limit) = (app.db.read(), page.limit()?);
    let before = page.after()?.map(AnnouncementId);
    let mut rows = store::list(db, actor.office, None, before, limit + 1).await?;
    let fits = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > fits;
    rows.truncate(fits);
    let next = rows.last().filter(|_| more).map(|row| row.id.to_string());
    let uids = rows.iter().filter_map(|row| row.message.clone());
    let messages = outbox::messages(db, uids.collect()).await?;
    let items = rows.into_iter().map(|row| out(row, &messages));
    Ok(Json(List {
        items: items.collect(),
        next,
    }))
}

/// The words of an announcement.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AnnouncementBody {
    body: String,
}

/// Writes a draft down.
#[utoipa::path(post, path = "/api/v1/announcements", tag = "board", request_body = AnnouncementBody,
    responses((status = 201, body = AnnouncementOut), (status = 422, body = ProblemDocument)))]
async fn write(
    State(app): State<App>,
    actor: Actor,
    call: Call<AnnouncementBody>,
) -> AppResult<Response> {
    let new = NewDraft {
        office: actor.office,
        source: Source::Free,
        cause: None,
        case: None,
        body: call.body.body,
        by: Some(actor.account),
    };
    let done = commands::write(&app, new, call.once).await?;
    let row = store::find(app.db.read(), actor.office, done.value).await?;
    Ok(created(done.map(|_| out(row, &[]))))
}

/// Which version of an announcement was seen.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SendBody {
    version: i64,
}

/// Sends a draft after it was checked: it says who nobody is and where nobody lives.
#[utoipa::path(post, path = "/api/v1/announcements/{id}/send", tag = "board",
    params(("id" = String, Path)), request_body = SendBody,
    responses((status = 200, body = AnnouncementOut), (status = 404, body = ProblemDocument),
        (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
async fn send(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<String>,
    call: Call<SendBody>,
) -> AppResult<Json<AnnouncementOut>> {
    let seen = Seen {
        office: actor.office,
        by: actor.account,
        id: id.parse().map_err(|_| AppError::not_found())?,
        version: call.body.version,
    };
    commands::send(&app, seen).await?;
    let row = store::find(app.db.read(), actor.office, seen.id).await?;
    Ok(Json(out(row, &[])))
}
