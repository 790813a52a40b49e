//! Rules over the API.
use super::{
    book::{self, Book},
    commands,
    dispatch::lead_for,
    form::{self, TypedCategory, TypedDispatch, TypedLimit},
    routes::{EDIT, READ},
    store, view as words,
};
use crate::{
    account::{Actor, Audience, Routes},
    domain::{
        case::{ClockKind, Code, Kind, Urgency},
        fault::{Faults, FieldFault},
        id::{AreaId, DispatchRuleId},
    },
    entity::{category, dispatch_rule, sla_rule},
    error::{AppError, AppResult},
    platform::{
        App,
        api::{Call, List, ProblemDocument, Query, created},
        text::Lang,
    },
};
use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

pub fn add(routes: Routes) -> Routes {
    routes
        .api(Audience::Anyone, routes!(categories))
        .api(EDIT, routes!(add_category))
        .api(EDIT, routes!(change_category))
        .api(EDIT, routes!(switch_category))
        .api(READ, routes!(limits))
        .api(EDIT, routes!(add_limit))
        .api(EDIT, routes!(change_limit))
        .api(EDIT, routes!(switch_limit))
        .api(READ, routes!(dispatch_rules))
        .api(EDIT, routes!(add_dispatch))
        .api(EDIT, routes!(change_dispatch))
        .api(EDIT, routes!(switch_dispatch))
        .api(EDIT, routes!(remove_dispatch))
        .api(READ, routes!(suggest))
}

/// Which categories.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// Only those that serve this kind of case.
    kind: String,
}

/// A category as anybody may choose it.
#[derive(Serialize, ToSchema)]
pub struct CategoryOut {
    code: String,
    /// In the reader's language.
    name: String,
    group: CategoryGroupOut,
    #[schema(value_type = Vec<String>)]
    kinds: Vec<Kind>,
    /// The place has to be told.
    place: bool,
    /// A question, which is answered rather than handled.
    consult: bool,
    public_hazard: bool,
    #[schema(value_type = String)]
    urgency: Urgency,
    /// Within how many metres another open case is taken for the same.
    radius_m: i32,
    version: i64,
}

#[derive(Serialize, ToSchema)]
pub struct CategoryGroupOut {
    code: String,
    name: String,
}

fn out(lang: Lang, book: &Book, one: &category::Model) -> CategoryOut {
    let group = book
        .groups()
        .iter()
        .find(|group| group.code == one.group_code);
    let kinds = Kind::ALL.iter().copied();
    CategoryOut {
        code: one.code.clone(),
        name: book::name(lang, one).to_owned(),
        group: CategoryGroupOut {
            code: one.group_code.clone(),
            name: group.map_or_else(String::new, |group| {
                book::group_name(lang, group).to_owned()
            }),
        },
        kinds: kinds.filter(|kind| book::serves(one, *kind)).collect(),
        place: one.place,
        consult: one.consult,
        public_hazard: one.public_hazard,
        urgency: one.urgency,
        radius_m: one.radius_m,
        version: one.version,
    }
}

/// The categories in use, in the order of lists; names by Accept-Language.
#[utoipa::path(get, path = "/api/v1/categories", tag = "rules", params(Wanted),
    responses((status = 200, body = List<CategoryOut>), (status = 422, body = ProblemDocument)))]
pub async fn categories(
    State(app): State<App>,
    lang: Lang,
    Query(wanted): Query<Wanted>,
) -> AppResult<Json<List<CategoryOut>>> {
    let book = Book::of(app.db.read(), app.settings.office).await?;
    let kind = match wanted.kind.as_str() {
        "" => None,
        code => match Kind::from_code(code) {
            Some(kind) => Some(kind),
            None => return Err(Faults::one("kind", FieldFault::UnknownChoice).into()),
        },
    };
    let fits =
        |one: &&category::Model| one.enabled && kind.is_none_or(|kind| book::serves(one, kind));
    let items = book.categories().iter().filter(fits);
    Ok(Json(List {
        items: items.map(|one| out(lang, &book, one)).collect(),
        next: None,
    }))
}

/// What a rule is called.
#[derive(Serialize, ToSchema)]
pub struct RuleName {
    code: String,
}

/// Adds a category.
#[utoipa::path(post, path = "/api/v1/categories", tag = "rules", request_body = TypedCategory,
    responses((status = 201, body = RuleName), (status = 422, body = ProblemDocument)))]
pub async fn add_category(
    State(app): State<App>,
    actor: Actor,
    call: Call<TypedCategory>,
) -> AppResult<Response> {
    let new = form::category(&call.body, None)?;
    let done = commands::add_category(&app.db, &actor, new, call.once).await?;
    Ok(created(done.map(|code| RuleName { code })))
}

/// Changes a category; its code stays.
#[utoipa::path(post, path = "/api/v1/categories/{code}", tag = "rules", request_body = TypedCategory,
    responses((status = 200, body = RuleName), (status = 404, body = ProblemDocument),
        (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
pub async fn change_category(
    State(app): State<App>,
    actor: Actor,
    Path(code): Path<String>,
    call: Call<TypedCategory>,
) -> AppResult<Json<RuleName>> {
    let known = Code::new(&code).map_err(|_| AppError::not_found())?;
    let new = form::category(&call.body, Some(known))?;
    let seen = seen(&call.body.version)?;
    commands::change_category(&app.db, &actor, code.clone(), seen, new).await?;
    Ok(Json(RuleName { code }))
}

/// The version that the caller saw.
fn seen<T: std::str::FromStr>(version: &str) -> Result<T, Faults> {
    let fault = match version {
        "" => FieldFault::Required,
        _ => FieldFault::Format,
    };
    version.parse().map_err(|_| Faults::one("version", fault))
}

/// In use or not.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Switch {
    enabled: bool,
}

/// Switches a category on or off; cases that have it keep it.
#[utoipa::path(post, path = "/api/v1/categories/{code}/switch", tag = "rules", request_body = Switch,
    responses((status = 204), (status = 404, body = ProblemDocument)))]
pub async fn switch_category(
    State(app): State<App>,
    actor: Actor,
    Path(code): Path<String>,
    call: Call<Switch>,
) -> AppResult<StatusCode> {
    commands::switch_category(&app.db, &actor, code, call.body.enabled).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The newest version of a time limit.
#[derive(Serialize, ToSchema)]
pub struct LimitOut {
    code: String,
    version: i32,
    #[schema(value_type = String)]
    clock: ClockKind,
    #[schema(value_type = Option<String>)]
    kind: Option<Kind>,
    category: Option<String>,
    #[schema(value_type = Option<String>)]
    urgency: Option<Urgency>,
    consult: bool,
    amount: i32,
    /// work_minutes, work_days, natural_days, months
    unit: String,
    calendar: String,
    warn_at_pct: i32,
    enabled: bool,
    changed_at: DateTime<Utc>,
}

impl From<sla_rule::Model> for LimitOut {
    fn from(row: sla_rule::Model) -> Self {
        Self {
            code: row.code,
            version: row.version,
            clock: row.clock,
            kind: row.kind,
            category: row.category,
            urgency: row.urgency,
            consult: row.consult,
            amount: row.amount,
            unit: row.unit,
            calendar: row.calendar,
            warn_at_pct: row.warn_at_pct,
            enabled: row.enabled,
            changed_at: row.changed_at,
        }
    }
}

/// The time limits, each in its newest version.
#[utoipa::path(get, path = "/api/v1/rules/limits", tag = "rules",
    responses((status = 200, body = List<LimitOut>)))]
pub async fn limits(State(app): State<App>, actor: Actor) -> AppResult<Json<List<LimitOut>>> {
    let versions = store::rule_versions(app.db.read(), actor.office).await?;
    let newest = store::newest(versions).into_iter();
    Ok(Json(List {
        items: newest.map(LimitOut::from).collect(),
        next: None,
    }))
}

/// Adds a time limit.
#[utoipa::path(post, path = "/api/v1/rules/limits", tag = "rules", request_body = TypedLimit,
    responses((status = 201, body = RuleName), (status = 409, body = ProblemDocument),
        (status = 422, body = ProblemDocument)))]
pub async fn add_limit(
    State(app): State<App>,
    actor: Actor,
    call: Call<TypedLimit>,
) -> AppResult<Response> {
    let new = form::limit(&call.body)?;
    let done = commands::add_limit(&app.db, &actor, new, call.once).await?;
    Ok(created(done.map(|code| RuleName { code })))
}

/// What became of a time limit.
#[derive(Serialize, ToSchema)]
pub struct LimitVersion {
    code: String,
    version: u32,
}

/// A new version of a time limit; earlier ones stay, because events name them.
#[utoipa::path(post, path = "/api/v1/rules/limits/{code}", tag = "rules", request_body = TypedLimit,
    responses((status = 200, body = LimitVersion), (status = 404, body = ProblemDocument),
        (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
pub async fn change_limit(
    State(app): State<App>,
    actor: Actor,
    Path(code): Path<String>,
    call: Call<TypedLimit>,
) -> AppResult<Json<LimitVersion>> {
    let new = form::limit(&call.body)?;
    let seen = seen(&call.body.version)?;
    let version = commands::change_limit(&app.db, &actor, code.clone(), seen, new).await?;
    Ok(Json(LimitVersion { code, version }))
}

/// Takes a time limit out of use or back into it.
#[utoipa::path(post, path = "/api/v1/rules/limits/{code}/switch", tag = "rules", request_body = Switch,
    responses((status = 204), (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument)))]
pub async fn switch_limit(
    State(app): State<App>,
    actor: Actor,
    Path(code): Path<String>,
    call: Call<Switch>,
) -> AppResult<StatusCode> {
    commands::switch_limit(&app.db, &actor, code, call.body.enabled).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A dispatch rule.
#[derive(Serialize, ToSchema)]
pub struct DispatchRuleOut {
    id: String,
    /// `any`, `group:` and a code, or `category:` and a code
    about: String,
    area: Option<String>,
    lead: String,
    co_units: Vec<String>,
    priority: i32,
    enabled: bool,
    version: i64,
}

impl From<dispatch_rule::Model> for DispatchRuleOut {
    fn from(row: dispatch_rule::Model) -> Self {
        let rule = store::rule(&row);
        Self {
            id: row.id.to_string(),
            about: words::about_value(&rule.about),
            area: rule.area.map(|area| area.to_string()),
            lead: rule.lead.to_string(),
            co_units: rule.co_units.iter().map(ToString::to_string).collect(),
            priority: row.priority,
            enabled: row.enabled,
            version: row.version,
        }
    }
}

/// The dispatch rules, in use or not.
#[utoipa::path(get, path = "/api/v1/rules/dispatch", tag = "rules",
    responses((status = 200, body = List<DispatchRuleOut>)))]
pub async fn dispatch_rules(
    State(app): State<App>,
    actor: Actor,
) -> AppResult<Json<List<DispatchRuleOut>>> {
    let rules = store::dispatch_rules(app.db.read(), actor.office).await?;
    Ok(Json(List {
        items: rules.into_iter().map(DispatchRuleOut::from).collect(),
        next: None,
    }))
}

/// What was made.
#[derive(Serialize, ToSchema)]
pub struct DispatchRuleMade {
    id: String,
}

/// Adds a dispatch rule.
#[utoipa::path(post, path = "/api/v1/rules/dispatch", tag = "rules", request_body = TypedDispatch,
    responses((status = 201, body = DispatchRuleMade), (status = 422, body = ProblemDocument)))]
pub async fn add_dispatch(
    State(app): State<App>,
    actor: Actor,
    call: Call<TypedDispatch>,
) -> AppResult<Response> {
    let new = form::dispatch(&call.body)?;
    let done = commands::add_dispatch(&app.db, &actor, new, call.once).await?;
    Ok(created(
        done.map(|id| DispatchRuleMade { id: id.to_string() }),
    ))
}

/// Changes a dispatch rule.
#[utoipa::path(post, path = "/api/v1/rules/dispatch/{id}", tag = "rules", request_body = TypedDispatch,
    responses((status = 204), (status = 404, body = ProblemDocument),
        (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
pub async fn change_dispatch(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<DispatchRuleId>,
    call: Call<TypedDispatch>,
) -> AppResult<StatusCode> {
    let new = form::dispatch(&call.body)?;
    let seen = seen(&call.body.version)?;
    commands::change_dispatch(&app.db, &actor, id, seen, new).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a dispatch rule out of use or back into it.
#[utoipa::path(post, path = "/api/v1/rules/dispatch/{id}/switch", tag = "rules", request_body = Switch,
    responses((status = 204), (status = 404, body = ProblemDocument)))]
pub async fn switch_dispatch(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<DispatchRuleId>,
    call: Call<Switch>,
) -> AppResult<StatusCode> {
    commands::switch_dispatch(&app.db, &actor, id, call.body.enabled).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Removes a dispatch rule; cases that went by it stay where they are.
#[utoipa::path(delete, path = "/api/v1/rules/dispatch/{id}", tag = "rules",
    responses((status = 204), (status = 404, body = ProblemDocument)))]
pub async fn remove_dispatch(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<DispatchRuleId>,
) -> AppResult<StatusCode> {
    commands::remove_dispatch(&app.db, &actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a case would be about, and where.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct Place {
    /// Code of a category.
    category: String,
    /// Id of an area.
    area: String,
}

/// What the rules say.
#[derive(Serialize, ToSchema)]
pub struct SuggestedOut {
    /// Id of the unit that leads; none when no rule fits.
    lead: Option<String>,
    co_units: Vec<String>,
    rule: Option<String>,
}

/// Which unit a case would go to by rule.
#[utoipa::path(get, path = "/api/v1/rules/dispatch/suggestion", tag = "rules", params(Place),
    responses((status = 200, body = SuggestedOut), (status = 404, body = ProblemDocument)))]
pub async fn suggest(
    State(app): State<App>,
    actor: Actor,
    Query(place): Query<Place>,
) -> AppResult<Json<SuggestedOut>> {
    let area: Option<AreaId> = match place.area.as_str() {
        "" => None,
        id => Some(id.parse().map_err(|_| AppError::not_found())?),
    };
    let category = Some(place.category.as_str()).filter(|code| !code.is_empty());
    let found = lead_for(app.db.read(), actor.office, category, area).await?;
    Ok(Json(match found {
        Some(found) => SuggestedOut {
            lead: Some(found.lead.to_string()),
            co_units: found.co_units.iter().map(ToString::to_string).collect(),
            rule: Some(found.rule.to_string()),
        },
        None => SuggestedOut {
            lead: None,
            co_units: Vec::new(),
            rule: None,
        },
    }))
}
