//! Employers over the API.
use super::{
    commands::{self, Register, Uploads, lane},
    form::{self, CALL, Typed, details},
    store::{self, Filter},
    view,
};
use crate::{
    account::Actor,
    domain::{
        employer::{Decision, EmployerKind, EmployerStatus, Industry, Paper, Scale},
        fault::{Faults, FieldFault},
        id::{EmployerId, UnitId},
        role::Role,
        text::choice,
    },
    error::{AppError, AppResult},
    platform::{
        App,
        api::{Call, List, PageQuery, ProblemDocument, Query, created},
    },
};
use axum::{
    Json,
    extract::{Path, State},
    response::Response,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEmployer {
    #[serde(default)]
    name: String,
    /// 统一社会信用代码
    #[serde(default)]
    uscc: String,
    #[schema(value_type = EmployerKind)]
    #[serde(default)]
    kind: String,
    /// Section letter of GB/T 4754, or its Chinese name.
    #[schema(value_type = Industry)]
    #[serde(default)]
    industry: String,
    #[serde(default)]
    contact: ContactIn,
    #[serde(default)]
    address: String,
    #[schema(value_type = Option<Scale>)]
    #[serde(default)]
    scale: String,
    #[serde(default)]
    legal_person: String,
    /// Needed for agencies and dispatchers.
    #[serde(default)]
    permit_no: String,
    /// Last day of the licence.
    #[serde(default)]
    licence_until: String,
    #[serde(default)]
    intro: String,
    /// Promises to charge seekers nothing.
    #[serde(default)]
    promise: bool,
    /// The co-host that brings it, when the office says so; a co-host always brings its own.
    #[serde(default)]
    source_unit: Option<String>,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ContactIn {
    #[serde(default)]
    name: String,
    #[serde(default)]
    phone: String,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewIn {
    #[schema(value_type = Decision)]
    #[serde(default)]
    decision: String,
    /// Needed to return and to reject.
    #[serde(default)]
    reason: String,
}

/// An employer as the office sees it; its contact is masked.
#[derive(Serialize, ToSchema)]
pub struct EmployerOut {
    id: String,
    name: String,
    uscc: String,
    kind: EmployerKind,
    industry: Industry,
    scale: Option<Scale>,
    address: String,
    status: EmployerStatus,
    status_reason: Option<String>,
    contact: ContactOut,
    /// Papers that are not there.
    missing: Vec<Paper>,
    source_unit: Option<String>,
    verified_at: Option<chrono::DateTime<chrono::Utc>>,
    created_at: chrono::DateTime<chrono::Utc>,
}

#[derive(Serialize, ToSchema)]
struct ContactOut {
    name: String,
    phone: String,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// pending, returned, approved or rejected
    status: Option<String>,
    q: Option<String>,
    limit: Option<u64>,
    cursor: Option<String>,
}

fn typed(new: &NewEmployer) -> Typed {
    Typed {
        name: new.name.clone(),
        uscc: new.uscc.clone(),
        kind: new.kind.clone(),
        industry: new.industry.clone(),
        scale: new.scale.clone(),
        address: new.address.clone(),
        legal_person: new.legal_person.clone(),
        permit_no: new.permit_no.clone(),
        licence_until: new.licence_until.clone(),
        intro: new.intro.clone(),
        contact_name: new.contact.name.clone(),
        contact_phone: new.contact.phone.clone(),
    }
}

async fn out(app: &App, actor: &Actor, id: EmployerId) -> AppResult<EmployerOut> {
    let employer = commands::look(app, actor, id).await?;
    show(app, &employer)
}

fn show(app: &App, employer: &crate::entity::employer::Model) -> AppResult<EmployerOut> {
    let (name, phone) = view::masked_contact(app, employer)?;
    Ok(EmployerOut {
        id: employer.id.to_string(),
        name: employer.name.clone(),
        uscc: employer.uscc.clone(),
        kind: employer.kind,
        industry: employer.industry,
        scale: employer.scale,
        address: employer.address.clone(),
        status: employer.status,
        status_reason: employer.status_reason.clone(),
        contact: ContactOut { name, phone },
        missing: view::missing(app, employer),
        source_unit: employer.source_unit_id.map(|unit| unit.to_string()),
        verified_at: employer.verified_at,
        created_at: employer.created_at,
    })
}

/// Registers an employer; it waits for review.
#[utoipa::path(post, path = "/api/v1/employers", tag = "employers", request_body = NewEmployer,
    responses((status = 201, body = EmployerOut), (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
pub async fn create(
    State(app): State<App>,
    actor: Actor,
    call: Call<NewEmployer>,
) -> AppResult<Response> {
    let mut faults = Faults::new();
    let details = details(&typed(&call.body), &CALL, &mut faults);
    let details = faults.into_result(details)?;
    let source = match lane(&actor)? {
        Some(unit) => Some(unit),
        None => known_unit(&app, &actor, call.body.source_unit).await?,
    };
    let asked = Register {
        details,
        uploads: Uploads::default(),
        promised: call.body.promise,
        source,
        entry: None,
    };
    let done = commands::register(&app, actor.office, asked, call.once).await?;
    let shown = out(&app, &actor, done.value).await?;
    Ok(created(done.map(|_| shown)))
}

async fn known_unit(app: &App, actor: &Actor, unit: Option<String>) -> AppResult<Option<UnitId>> {
    let Some(unit) = unit else { return Ok(None) };
    let names = store::unit_names(app.db.read(), actor.office).await?;
    let known = unit.parse().ok().filter(|unit| names.contains_key(unit));
    let missing = || Faults::one("source_unit", FieldFault::NotFound).into();
    known.map(Some).ok_or_else(missing)
}

/// The office's verdict.
#[utoipa::path(post, path = "/api/v1/employers/{id}/review", tag = "employers", request_body = ReviewIn,
    params(("id" = String, Path)),
    responses((status = 200, body = EmployerOut), (status = 404, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
pub async fn review(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<String>,
    call: Call<ReviewIn>,
) -> AppResult<Json<EmployerOut>> {
    let id = view::id(&id)?;
    let review = form::review(&call.body.decision, &call.body.reason)?;
    commands::review(&app, actor.clone(), id, review).await?;
    Ok(Json(out(&app, &actor, id).await?))
}

/// Employers, newest first; a co-host sees those it brought.
#[utoipa::path(get, path = "/api/v1/employers", tag = "employers", params(ListQuery),
    responses((status = 200, body = List<EmployerOut>), (status = 400, body = ProblemDocument)))]
pub async fn list(
    State(app): State<App>,
    actor: Actor,
    Query(query): Query<ListQuery>,
) -> AppResult<Json<List<EmployerOut>>> {
    let page = PageQuery {
        limit: query.limit,
        cursor: query.cursor,
    };
    let status = form::optional(query.status.as_deref().unwrap_or_default(), choice)
        .map_err(|fault| AppError::from(Faults::one("status", fault)))?;
    let filter = Filter {
        status,
        source: lane(&actor)?,
        words: query.q.filter(|words| !words.trim().is_empty()),
    };
    let limit = page.limit()?;
    let mut rows = store::list(
        app.db.read(),
        actor.office,
        &filter,
        page.after()?,
        limit + 1,
    )
    .await?;
    let next = view::next_of(&mut rows, limit, |row| row.id.0);
    let items = rows
        .iter()
        .map(|row| show(&app, row))
        .collect::<AppResult<_>>()?;
    Ok(Json(List { items, next }))
}

/// One employer.
#[utoipa::path(get, path = "/api/v1/employers/{id}", tag = "employers", params(("id" = String, Path)),
    responses((status = 200, body = EmployerOut), (status = 404, body = ProblemDocument)))]
pub async fn one(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<String>,
) -> AppResult<Json<EmployerOut>> {
    Ok(Json(out(&app, &actor, view::id(&id)?).await?))
}

/// Roles that register and review employers.
pub const REVIEWERS: &[Role] = &[Role::OfficeAdmin, Role::PlacementOfficer, Role::CoHost];
