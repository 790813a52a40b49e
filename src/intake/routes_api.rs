//! Reporting and following over the API.
use super::{
    commands::{self, By, Report},
    form::{self, Raw},
    place,
    routes_resident::own_key,
    show,
    track::{self, Asked},
};
use crate::{
    account::{Audience, Routes},
    case::{ActionOut, EventOut, pages::LoopStep, words},
    domain::{
        case::{Action, Channel, Command, Kind, Outcome, Stage, Step},
        fault::{Faults, FieldFault},
        id::FileId,
    },
    error::{AppError, AppResult},
    platform::{
        App,
        api::{Call, Members, ProblemDocument, answer, created},
        form::Sent,
        once::Done,
        page::sealed,
        text::Lang,
    },
};
use axum::{
    Json,
    extract::{ConnectInfo, Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::net::SocketAddr;
use utoipa::ToSchema;
use utoipa_axum::routes;

pub fn routes() -> Routes {
    use Audience::Anyone;
    Routes::new()
        .api(Anyone, routes!(request))
        .api(Anyone, routes!(upload))
        .api(Anyone, routes!(follow))
        .api(Anyone, routes!(act))
}

/// 诉求
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
struct RequestBody {
    /// resident_request (when absent), suggestion or mailbox.
    kind: String,
    /// Code of a category.
    category: String,
    text: String,
    /// Code of a banner, a building's door or an area.
    place: String,
    address: String,
    lat: Option<f64>,
    lng: Option<f64>,
    name: String,
    phone: String,
    /// mini_program, web or api (when absent).
    channel: String,
    /// Ids that `/api/v1/requests/files` gave.
    attachments: Vec<String>,
}

/// 查询码
#[derive(Serialize, ToSchema)]
struct RequestOut {
    no: String,
    /// Whoever has it follows the case.
    key: String,
    track_url: String,
    /// The next desk in that community, in words.
    #[serde(skip_serializing_if = "String::is_empty")]
    next_desk: String,
}

/// A picture that a report may name.
#[derive(Serialize, ToSchema)]
struct PictureOut {
    id: String,
}

/// A case as whoever holds a key to it sees it.
#[derive(Serialize, ToSchema)]
struct TrackOut {
    no: String,
    title: String,
    #[schema(value_type = String)]
    kind: Kind,
    #[schema(value_type = String)]
    stage: Stage,
    #[schema(value_type = Option<String>)]
    step: Option<Step>,
    #[schema(value_type = Option<String>)]
    outcome: Option<Outcome>,
    /// Where it stands, in words.
    state: String,
    /// Until when an answer was promised.
    due_at: Option<DateTime<Utc>>,
    merged_into: Option<String>,
    seq: u64,
    steps: Vec<StepOut>,
    timeline: Vec<EventOut>,
    /// What may be done now; empty for who did not report it.
    actions: Vec<ActionOut>,
}

/// One of the four steps of the loop.
#[derive(Serialize, ToSchema)]
struct StepOut {
    label: String,
    note: String,
    /// done, now, stopped or todo
    state: &'static str,
}

/// Takes in what a resident reports; no account is needed. A number is enough to be called back,
/// and even that may be left out.
#[utoipa::path(post, path = "/api/v1/requests", tag = "requests", request_body = RequestBody,
    responses((status = 201, body = RequestOut), (status = 409, body = ProblemDocument),
        (status = 422, body = ProblemDocument), (status = 429, body = ProblemDocument)))]
async fn request(
    State(app): State<App>,
    lang: Lang,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    call: Call<RequestBody>,
) -> AppResult<Response> {
    app.limits.registration_from(peer.ip())?;
    let (office, db) = (app.settings.office, app.db.read());
    let mut faults = Faults::new();
    let kind = faults.take("kind", public_kind(&call.body.kind));
    let body = call.body;
    let on_site = super::store::site_by_code(db, office, body.place.trim()).await?;
    let raw = Raw {
        category: body.category,
        text: body.text,
        channel: body.channel,
        area: on_site.as_ref().map_or(body.place, |_| String::new()),
        site: on_site.map(|site| site.code).unwrap_or_default(),
        address: body.address,
        lat: body.lat,
        lng: body.lng,
        name: body.name,
        phone: body.phone,
        attachments: body.attachments,
        ..Raw::default()
    };
    let kind = kind.unwrap_or(Kind::ResidentRequest);
    let read = form::read(&raw, kind, Channel::Api, &mut faults);
    let place = place::resolve(db, office, &raw, &mut faults).await?;
    let (read, place) = faults.into_result(read.zip(place)).map_err(|faults| {
        // The body calls both ways to name a place by one word.
        AppError::from(renamed(&faults))
    })?;
    let report = Report {
        office,
        read,
        place,
        uploads: Vec::new(),
        by: By::Resident,
        row_hash: None,
    };
    let done = commands::report(&app, report, call.once).await;
    let done =
        done.map_err(|error| words::explain(lang, kind, Action::Report, Stage::Registered, error))?;
    let key = own_key(&app, &done.value).await?;
    let case = crate::case::store::by_number(db, office, &done.value).await?;
    let next_desk = show::next_desk(&app, lang, office, (None, case.area_id)).await?;
    let out = RequestOut {
        no: done.value.clone(),
        track_url: format!("{}/K/{key}", app.settings.public_url),
        key,
        next_desk,
    };
    Ok(sealed(created(done.map(|_| out))))
}

fn public_kind(code: &str) -> Result<Kind, FieldFault> {
    match code.trim() {
        "" | "resident_request" => Ok(Kind::ResidentRequest),
        "suggestion" => Ok(Kind::Suggestion),
        "mailbox" => Ok(Kind::Mailbox),
        _ => Err(FieldFault::UnknownChoice),
    }
}

fn renamed(faults: &Faults) -> Faults {
    let mut told = Faults::new();
    for (field, fault) in faults.iter() {
        let field = match field {
            "area" | "site" => "place",
            other => other,
        };
        told.add(field.to_owned(), fault.clone());
    }
    told
}

/// Keeps a picture (form field `file`: JPEG, PNG or WebP) that a report may name. It is drawn anew,
/// without its place and time.
#[utoipa::path(post, path = "/api/v1/requests/files", tag = "requests",
    request_body(content = String, content_type = "multipart/form-data"),
    responses((status = 201, body = PictureOut), (status = 413, body = ProblemDocument),
        (status = 422, body = ProblemDocument), (status = 429, body = ProblemDocument)))]
async fn upload(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut sent: Sent,
) -> AppResult<Response> {
    app.limits.registration_from(peer.ip())?;
    let upload = sent.take_file("file");
    let upload = upload.ok_or_else(|| Faults::one("file", FieldFault::Required))?;
    let id: FileId = commands::keep(&app, app.settings.office, upload).await?;
    let done = Done {
        value: PictureOut { id: id.to_string() },
        replayed: false,
    };
    Ok(created(done))
}

async fn shown(app: &App, lang: Lang, held: &track::Held) -> AppResult<TrackOut> {
    let at = format!(
        "/K/{}/files",
        super::keys::open(&app.keys, &held.row)?.in_full()
    );
    let seen = track::timeline(app, lang, held, &at).await?;
    let actions = if held.own {
        track::forms(app, lang, held).await?
    } else {
        Vec::new()
    };
    let due = seen.state.due.citizen.as_ref();
    Ok(TrackOut {
        no: held.case.number.clone(),
        title: held.case.title.clone(),
        kind: held.case.kind,
        stage: held.case.stage,
        step: held.case.step,
        outcome: held.case.outcome,
        state: seen.words.clone(),
        due_at: due.filter(|_| held.case.stage.is_open()).map(|due| due.at),
        merged_into: seen.state.merged_into.as_ref().map(ToString::to_string),
        seq: seen.state.seq,
        steps: seen.steps.into_iter().map(step).collect(),
        timeline: seen.timeline.iter().map(EventOut::from).collect(),
        actions: actions.into_iter().map(ActionOut::from).collect(),
    })
}

fn step(step: LoopStep) -> StepOut {
    StepOut {
        label: step.label,
        note: step.note,
        state: step.state,
    }
}

/// One case as the holder of its key sees it.
#[utoipa::path(get, path = "/api/v1/track/{key}", tag = "requests", params(("key" = String, Path)),
    responses((status = 200, body = TrackOut), (status = 404, body = ProblemDocument),
        (status = 429, body = ProblemDocument)))]
async fn follow(
    State(app): State<App>,
    lang: Lang,
    peer: ConnectInfo<SocketAddr>,
    Path(key): Path<String>,
) -> AppResult<Response> {
    let held = track::open(&app, &key, peer).await?;
    let out = shown(&app, lang, &held).await?;
    Ok(sealed(Json(out).into_response()))
}

/// The action and its fields; `expected_seq` may be left out.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body, which is read as an object")]
struct TrackAction {
    action: String,
    expected_seq: Option<u64>,
}

/// What whoever reported a case does: adds something, rates, asks for it to be opened again.
#[utoipa::path(post, path = "/api/v1/track/{key}/actions", tag = "requests",
    params(("key" = String, Path)), request_body = TrackAction,
    responses((status = 200, body = TrackOut), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument),
        (status = 422, body = ProblemDocument)))]
async fn act(
    State(app): State<App>,
    lang: Lang,
    peer: ConnectInfo<SocketAddr>,
    Path(key): Path<String>,
    call: Call<Members>,
) -> AppResult<Response> {
    let held = track::open(&app, &key, peer).await?;
    let Members(mut fields) = call.body;
    let named = fields.remove("action");
    let action = named
        .as_ref()
        .and_then(Value::as_str)
        .and_then(Action::from_code)
        .filter(|action| Command::fields(held.case.kind, *action).is_some())
        .ok_or_else(|| Faults::one("action", FieldFault::UnknownChoice))?;
    let seen = match fields.remove("expected_seq") {
        None | Some(Value::Null) => None,
        Some(seen) => {
            let seen = seen.as_u64();
            Some(seen.ok_or_else(|| Faults::one("expected_seq", FieldFault::Format))?)
        }
    };
    let asked = Asked {
        fields,
        uploads: Vec::new(),
        once: call.once,
    };
    track::take(&app, lang, &held, (action, seen), asked).await?;
    let held = track::open(&app, &key, peer).await?;
    let done = Done {
        value: shown(&app, lang, &held).await?,
        replayed: false,
    };
    Ok(sealed(answer(StatusCode::OK, done)))
}
