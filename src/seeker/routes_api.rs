//! Registration and ticket for machines: mini-programs and the office's own tools.
use super::{
    commands::{self, NewRegistration},
    fairs,
    form::Raw,
    notices::{self, Agreed},
    source::{Channel, Codes, Source},
    store, ticket,
};
use crate::{
    account::{Audience, Routes},
    domain::{
        fault::{Faults, FieldFault},
        id::{AreaId, RegistrationId},
        ticket::Secret,
    },
    entity::{fair, registration},
    error::{AppError, AppResult},
    person::consent::Notice,
    platform::{
        App,
        api::{Call, ProblemDocument, created},
        text::Lang,
    },
};
use axum::{
    Json,
    extract::{ConnectInfo, Path, State},
    response::Response,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use utoipa_axum::routes;

pub fn routes() -> Routes {
    Routes::new()
        .api(Audience::Anyone, routes!(register))
        .api(Audience::Anyone, routes!(consent))
}

/// The notice to show before a registration, and its version.
#[utoipa::path(get, path = "/api/v1/fairs/{fair}/consent", tag = "seekers",
    params(("fair" = String, Path)),
    responses((status = 200, body = Notice), (status = 404, body = ProblemDocument)))]
async fn consent(
    State(app): State<App>,
    lang: Lang,
    Path(slug): Path<String>,
) -> AppResult<Json<Notice>> {
    let fair = fairs::for_public(&app, &slug).await?;
    let notices = notices::of(&app, fair.office_id, lang).await?;
    Ok(Json(notices.registration))
}

/// 报名
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct RegistrationBody {
    /// Name, or what to call the person.
    name: String,
    /// A mainland mobile number in any spelling.
    phone: String,
    #[serde(default)]
    wanted: String,
    /// Codes of target groups.
    #[serde(default)]
    groups: Vec<String>,
    /// Code or name of a community of the office.
    #[serde(default)]
    community: Option<String>,
    consent: ConsentBody,
    /// Code of a poster, a booth or a broadcast.
    #[serde(default)]
    source: Option<String>,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ConsentBody {
    /// Version of the notice that the person agreed to.
    version: String,
}

#[derive(Serialize, utoipa::ToSchema)]
struct Registered {
    #[schema(value_type = String)]
    id: RegistrationId,
    ticket: Issued,
    #[expect(
        clippy::struct_field_names,
        reason = "this is its name in the interface"
    )]
    registered_at: DateTime<Utc>,
}

/// 入场券
#[derive(Serialize, utoipa::ToSchema)]
struct Issued {
    secret: String,
    code: String,
    number: i64,
    url: String,
    qr_svg_url: String,
}

/// Registers somebody for an evening; the answer is the ticket.
#[utoipa::path(post, path = "/api/v1/fairs/{fair}/registrations", tag = "seekers",
    params(("fair" = String, Path)), request_body = RegistrationBody,
    responses((status = 201, body = Registered), (status = 404, body = ProblemDocument),
        (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument),
        (status = 429, body = ProblemDocument)))]
async fn register(
    State(app): State<App>,
    lang: Lang,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(slug): Path<String>,
    call: Call<RegistrationBody>,
) -> AppResult<Response> {
    app.limits.registration_from(peer.ip())?;
    let fair = fairs::for_public(&app, &slug).await?;
    let new = read(&app, &fair, lang, &call.body).await?;
    let done = commands::register(&app, &fair, call.once, new).await?;
    let row = store::by_id(app.db.read(), done.value).await?;
    let row = row.ok_or_else(AppError::not_found)?;
    let secret = ticket::secret_of(&app.keys, &row)?;
    Ok(created(done.map(|_| registered(&app, &row, &secret))))
}

fn registered(app: &App, row: &registration::Model, secret: &Secret) -> Registered {
    let url = format!("{}/T/{}", app.settings.public_url, secret.in_full());
    Registered {
        id: row.id,
        ticket: Issued {
            secret: secret.in_full().to_owned(),
            code: row.code.clone(),
            number: row.number,
            qr_svg_url: format!("{url}/qr.svg"),
            url,
        },
        registered_at: row.registered_at,
    }
}

async fn read(
    app: &App,
    fair: &fair::Model,
    lang: Lang,
    body: &RegistrationBody,
) -> AppResult<NewRegistration> {
    let mut faults = Faults::new();
    let raw = Raw {
        name: &body.name,
        phone: &body.phone,
        wanted: &body.wanted,
        groups: body.groups.iter().map(String::as_str).collect(),
        consent: true,
    };
    let wish = raw.read(&mut faults);
    let notices = notices::of(app, fair.office_id, lang).await?;
    if body.consent.version.trim() != notices.registration.version {
        faults.add("consent/version", FieldFault::UnknownChoice);
    }
    let area = faults.take("community", community(app, fair, body).await?);
    let source = faults.take("source", source(app, fair, body).await?);
    let read = || {
        Some(NewRegistration {
            wish: wish?,
            area: area?,
            source: source?,
            agreed: Agreed::from(&notices),
            code: None,
            by: None,
        })
    };
    Ok(faults.into_result(read())?)
}

type Read<T> = Result<T, FieldFault>;

async fn community(
    app: &App,
    fair: &fair::Model,
    body: &RegistrationBody,
) -> AppResult<Read<Option<AreaId>>> {
    let named = body.community.as_deref().unwrap_or_default().trim();
    if named.is_empty() {
        return Ok(Ok(None));
    }
    let found = store::community(app.db.read(), fair.office_id, named).await?;
    Ok(found.map(Some).ok_or(FieldFault::NotFound))
}

async fn source(app: &App, fair: &fair::Model, body: &RegistrationBody) -> AppResult<Read<Source>> {
    let code = body.source.as_deref().unwrap_or_default().trim();
    if code.is_empty() {
        return Ok(Ok(Channel::Api.into()));
    }
    let found = Codes::any(code).source(app.db.read(), fair.id).await?;
    Ok(match found.channel {
        Channel::Direct => Err(FieldFault::NotFound),
        _ => Ok(found),
    })
}
