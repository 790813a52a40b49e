//! Matches for machines: the seeker's mini-program, and the employer's scanner.
use super::{
    commands::{self, Interest},
    form::{self, Share, Through},
    routes_employer as employer,
    store::{self, Found},
    view,
};
use crate::{
    account::Actor,
    case::{door, store as ledger},
    domain::{
        case::{InterestChannel, Outcome, ShareField, Stage, Step, Text},
        fault::{Faults, FieldFault},
        id::PostingId,
    },
    error::{AppError, AppResult},
    person::consent::{self, Notice, Purpose},
    platform::{
        App,
        api::{Call, ProblemDocument, answer, created, figure},
        once::Done,
        text::Lang,
    },
    posting::store as postings,
    seeker::ticket::{self, Ticket},
};
use axum::{
    Json,
    extract::{ConnectInfo, Path, State},
    http::StatusCode,
    response::Response,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use utoipa::ToSchema;

/// 登记意向
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InterestBody {
    /// Id of a posting of the ticket's evening.
    #[serde(deserialize_with = "figure")]
    #[schema(value_type = String)]
    posting: String,
    /// What the employer may see: name, phone, wanted.
    #[serde(default)]
    share: Vec<String>,
}

/// 扫码登记
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScanBody {
    /// Secret of a ticket, or its whole address. One of `ticket` and `code` is needed.
    #[serde(default)]
    ticket: String,
    /// Code printed on the ticket.
    #[serde(default)]
    code: String,
    /// Id of one of the employer's postings; not needed when it has one, or when a match stands.
    #[serde(default, deserialize_with = "figure")]
    #[schema(value_type = Option<String>)]
    posting: String,
    /// Read by the seeker as well.
    #[serde(default)]
    note: Option<String>,
    /// 1 to 5.
    #[serde(default)]
    rating: Option<i64>,
}

/// 对接, as a case
#[derive(Serialize, ToSchema)]
pub struct MatchOut {
    no: String,
    kind: &'static str,
    stage: &'static str,
    step: Option<&'static str>,
    outcome: Option<&'static str>,
    seq: u64,
    posting: Named,
    employer: Named,
    booth: Option<String>,
    /// What the seeker lets the employer see now.
    share: Vec<&'static str>,
    person: PersonOut,
    rating: Option<i32>,
    employer_due_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

#[derive(Serialize, ToSchema)]
struct Named {
    id: String,
    name: String,
}

/// Who applies: masked, with the name in full when it is shared.
#[derive(Serialize, ToSchema)]
struct PersonOut {
    masked_name: String,
    /// Code of the ticket.
    code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wanted: Option<String>,
}

/// 手机号, opened
#[derive(Serialize, ToSchema)]
pub struct PhoneOut {
    phone: String,
}

async fn out(app: &App, lang: Lang, found: &Found) -> AppResult<MatchOut> {
    let shelf = view::shelf(app, found.row.office_id, std::slice::from_ref(found)).await?;
    let (state, posting) = (ledger::state(&found.case)?, shelf.posting(found)?);
    let who = view::applicant(app, lang, found, &shelf).await?;
    let shown = commands::shown_to_employer(app, found).await?;
    let full = shown.contains(&ShareField::Name).then_some(who.name);
    Ok(MatchOut {
        no: found.case.number.clone(),
        kind: found.case.kind.code(),
        stage: found.case.stage.code(),
        step: found.case.step.map(Step::code),
        outcome: found.case.outcome.map(Outcome::code),
        seq: state.seq,
        posting: Named {
            id: posting.id.to_string(),
            name: posting.title.clone(),
        },
        employer: Named {
            id: found.row.employer_id.to_string(),
            name: shelf.employer(found),
        },
        booth: shelf.booth(found),
        share: shown.iter().map(|field| field.code()).collect(),
        person: PersonOut {
            masked_name: view::shown_name(lang, &shelf.card(found)),
            code: shelf.registration(found)?.code.clone(),
            name: full,
            wanted: who.wanted,
        },
        rating: found.row.rating,
        employer_due_at: state
            .due
            .unit
            .filter(|_| state.stage == Stage::Dispatched)
            .map(|due| due.at),
        created_at: found.row.created_at,
    })
}

/// Interest of a ticket's holder in a posting. Where the posting says so it goes to the employer
/// at once, else the office refers it.
#[utoipa::path(post, path = "/api/v1/tickets/{secret}/interests", tag = "matches",
    params(("secret" = String, Path)), request_body = InterestBody,
    responses((status = 201, body = MatchOut), (status = 404, body = ProblemDocument),
        (status = 409, body = ProblemDocument), (status = 410, body = ProblemDocument),
        (status = 422, body = ProblemDocument), (status = 429, body = ProblemDocument)))]
pub async fn interest(
    State(app): State<App>,
    lang: Lang,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(secret): Path<String>,
    call: Call<InterestBody>,
) -> AppResult<Response> {
    let office = app.settings.office;
    let ticket = ticket::open(&app, &secret, peer.ip()).await?;
    let new = read_interest(&app, lang, &ticket, &call.body).await?;
    let by = door::holder(ticket.person);
    let done = commands::interest(&app, office, by, call.once, new).await?;
    let found = store::by_number(app.db.read(), office, &done.value.number).await?;
    let shown = out(&app, lang, &found).await?;
    Ok(created(done.map(|_| shown)))
}

async fn read_interest(
    app: &App,
    lang: Lang,
    ticket: &Ticket,
    body: &InterestBody,
) -> AppResult<Interest> {
    let mut faults = Faults::new();
    let id: Result<PostingId, _> = body.posting.trim().parse();
    let id = faults.take("posting", id.map_err(|_| FieldFault::NotFound));
    let fields = form::fields(body.share.iter().map(String::as_str));
    let fields = faults.take("share", fields);
    let (id, fields) = faults.into_result(id.zip(fields))?;
    let (db, office) = (app.db.read(), app.settings.office);
    let Ok(posting) = postings::find(db, office, id).await else {
        return Err(Faults::one("posting", FieldFault::NotFound).into());
    };
    let employer = store::employer(db, office, posting.employer_id).await?;
    let collector = consent::collector(db, office, lang).await?;
    let purpose = Purpose::ShareContact;
    let notice = Notice::of(purpose, lang, &collector, &employer.name);
    let through = Through {
        channel: "api",
        recorded_by: None,
    };
    Ok(Interest {
        registration: ticket.id,
        posting: id,
        channel: InterestChannel::Qr,
        share: Some(Share::new(fields, &notice, through)),
        rating: None,
        note: None,
        scanned_by: None,
    })
}

/// An employer has a ticket before it: opens the match, or finds the one that stands. Without the
/// seeker's agreement the answer holds a masked name and the code.
#[utoipa::path(post, path = "/api/v1/fairs/{fair}/scans", tag = "matches",
    params(("fair" = String, Path)), request_body = ScanBody,
    responses((status = 200, body = MatchOut), (status = 201, body = MatchOut),
        (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument),
        (status = 410, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
pub async fn scan(
    State(app): State<App>,
    lang: Lang,
    actor: Actor,
    Path(slug): Path<String>,
    call: Call<ScanBody>,
) -> AppResult<Response> {
    let fair = employer::evening_of(&app, &actor, &slug).await?;
    let (note, rating) = remarks(&call.body)?;
    let body = &call.body;
    let ticket = match (body.ticket.trim(), body.code.trim()) {
        ("", "") => return Err(Faults::one("ticket", FieldFault::Required).into()),
        ("", code) => ticket::by_code(&app, fair.id, code).await?,
        (secret, _) => ticket::by_secret(&app, actor.office, secret).await?,
    };
    if ticket.fair != fair.id {
        return Err(AppError::not_found());
    }
    let named = named(&app, &actor, &ticket, body).await?;
    if let Some(standing) = standing(&app, &actor, &ticket, named).await? {
        commands::remark(
            &app,
            &standing,
            door::acting(app.db.read(), &actor).await?,
            (note, rating),
        )
        .await?;
        let found = store::by_number(app.db.read(), actor.office, &standing.case.number).await?;
        let value = out(&app, lang, &found).await?;
        let done = Done {
            value,
            replayed: false,
        };
        return Ok(answer(StatusCode::OK, done));
    }
    let posting = match named {
        Some(named) => named,
        None => only_posting(&app, &actor, &ticket).await?,
    };
    let new = Interest {
        rating,
        note,
        ..employer::presented(&actor, &ticket, posting)
    };
    let by = door::holder(ticket.person);
    let done = commands::interest(&app, actor.office, by, call.once, new).await?;
    let found = store::by_number(app.db.read(), actor.office, &done.value.number).await?;
    let shown = out(&app, lang, &found).await?;
    Ok(created(done.map(|_| shown)))
}

fn remarks(body: &ScanBody) -> AppResult<(Option<Text>, Option<i32>)> {
    let mut faults = Faults::new();
    let note = body.note.as_deref().filter(|note| !note.trim().is_empty());
    let note = faults.take("note", note.map(Text::new).transpose());
    let rating = faults.take("rating", body.rating.map(form::rating).transpose());
    Ok(faults.into_result(note.zip(rating))?)
}

/// The open match with this employer, for the posting that was named if one was.
async fn standing(
    app: &App,
    actor: &Actor,
    ticket: &Ticket,
    named: Option<PostingId>,
) -> AppResult<Option<Found>> {
    let found = store::with_employer(app.db.read(), ticket.id, actor.employer()?).await?;
    let wanted = |one: &Found| named.is_none_or(|named| one.row.posting_id == named);
    Ok(found.into_iter().find(|one| one.row.open && wanted(one)))
}

/// The posting that was named, when it is the employer's.
async fn named(
    app: &App,
    actor: &Actor,
    ticket: &Ticket,
    body: &ScanBody,
) -> AppResult<Option<PostingId>> {
    let raw = body.posting.trim();
    if raw.is_empty() {
        return Ok(None);
    }
    let id: Result<PostingId, _> = raw.parse();
    let id = id.map_err(|_| Faults::one("posting", FieldFault::NotFound))?;
    employer::own_posting(app, actor, ticket, id).await?;
    Ok(Some(id))
}

/// The only posting that the employer has at the evening.
async fn only_posting(app: &App, actor: &Actor, ticket: &Ticket) -> AppResult<PostingId> {
    let own = store::published(app.db.read(), ticket.fair, Some(actor.employer()?)).await?;
    match &own[..] {
        [only] => Ok(only.id),
        _ => Err(Faults::one("posting", FieldFault::Required).into()),
    }
}

/// Opens the telephone number that a seeker shares with this employer; the access is recorded.
#[utoipa::path(post, path = "/api/v1/matches/{no}/phone", tag = "matches",
    params(("no" = String, Path)),
    responses((status = 200, body = PhoneOut), (status = 404, body = ProblemDocument),
        (status = 409, body = ProblemDocument)))]
pub async fn phone(
    State(app): State<App>,
    actor: Actor,
    Path(number): Path<String>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
) -> AppResult<Json<PhoneOut>> {
    let found = employer::own(&app, &actor, &number).await?;
    let phone = commands::open_phone(&app, &actor, &found, peer.ip().to_string()).await?;
    Ok(Json(PhoneOut { phone }))
}
