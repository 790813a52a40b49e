//! Many cases at once, and kept views, over the API.
use super::{
    bulk::{self, Order, Pick},
    routes::{BULK, STAFF},
    views,
};
use crate::{
    account::{Actor, Routes},
    case::store,
    domain::{
        case::Action,
        fault::{Faults, FieldFault},
        id::LedgerViewId,
    },
    entity::ledger_view,
    error::{AppError, AppResult},
    platform::{
        App,
        api::{Call, Members, ProblemDocument, answer, created},
        once::Done,
        text::Lang,
    },
};
use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::routes;

pub fn add(routes: Routes) -> Routes {
    routes
        .api(BULK, routes!(many))
        .api(STAFF, routes!(kept, keep))
        .api(STAFF, routes!(remove))
}

/// The action, the cases, and the fields of the action: for dispatch lead (an id, or rule), `co_units`,
/// `due_at`; for accept category, urgency; for supervise `due_on`, reason.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body, which is read as an object")]
struct NewOrder {
    /// dispatch, accept or supervise
    action: String,
    /// At most 200.
    items: Vec<OrderItem>,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body, which is read as an object")]
struct OrderItem {
    no: String,
    expected_seq: u64,
}

#[derive(Serialize, ToSchema)]
struct BulkResults {
    results: Vec<ItemResult>,
}

/// What became of one case, in the order in which they were asked for.
#[derive(Serialize, ToSchema)]
struct ItemResult {
    no: String,
    done: bool,
    /// The status that the action alone would have been answered with.
    status: u16,
    /// Last event of the case, when it was done or when somebody else was faster.
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    guard: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

/// Takes one action on many cases, each by itself: one that is refused never stops the others.
#[utoipa::path(post, path = "/api/v1/cases/bulk", tag = "cases", request_body = NewOrder,
    responses((status = 200, body = BulkResults), (status = 403, body = ProblemDocument),
        (status = 422, body = ProblemDocument)))]
async fn many(
    State(app): State<App>,
    lang: Lang,
    actor: Actor,
    call: Call<Members>,
) -> AppResult<Response> {
    let Members(fields) = call.body;
    let order = order(fields)?;
    let (verdicts, replayed) = bulk::apply(&app, &actor, &order, &call.once).await?;
    let results = verdicts.iter().map(|verdict| {
        let mut result = ItemResult {
            no: verdict.pick.number.clone(),
            done: true,
            status: 200,
            seq: verdict.done.as_ref().ok().copied().flatten(),
            code: None,
            guard: None,
            detail: None,
        };
        if let Some((why, problem)) = bulk::why(lang, &order, verdict) {
            let member = |name: &str| problem.extra.get(name);
            result.done = false;
            result.status = problem.status.as_u16();
            result.seq = member("seq").and_then(Value::as_u64);
            result.guard = member("guard").and_then(Value::as_str).map(str::to_owned);
            result.code = Some(problem.code.clone());
            result.detail = Some(why);
        }
        result
    });
    let value = BulkResults {
        results: results.collect(),
    };
    Ok(answer(StatusCode::OK, Done { value, replayed }))
}

fn order(mut fields: Map<String, Value>) -> Result<Order, Faults> {
    let mut faults = Faults::new();
    let action = match fields.remove("action") {
        None | Some(Value::Null) => Err(FieldFault::Required),
        Some(Value::String(code)) => Action::from_code(&code).ok_or(FieldFault::UnknownChoice),
        Some(_) => Err(FieldFault::Format),
    };
    let action = faults.take("action", action);
    let items = match fields.remove("items") {
        None | Some(Value::Null) => Err(FieldFault::Required),
        Some(Value::Array(items)) if items.len() > bulk::MOST => {
            Err(FieldFault::TooMany { max: bulk::MOST })
        }
        Some(Value::Array(items)) => Ok(items),
        Some(_) => Err(FieldFault::Format),
    };
    let mut picks = Vec::new();
    for (at, item) in faults
        .take("items", items)
        .into_iter()
        .flatten()
        .enumerate()
    {
        let read = serde_json::from_value::<ReadItem>(item).map_err(|_| FieldFault::Format);
        picks.extend(faults.take(format!("items/{at}"), read).map(|item| Pick {
            number: item.no,
            seq: item.expected_seq,
        }));
    }
    let action = faults.into_result(action)?;
    let order = Order {
        action,
        picks,
        fields,
    };
    order.check()?;
    Ok(order)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadItem {
    no: String,
    expected_seq: u64,
}

/// A kept view.
#[derive(Serialize, ToSchema)]
struct ViewOut {
    id: String,
    name: String,
    /// What `GET /cases` is asked with.
    query: String,
    /// The ledger opens with it.
    opens_first: bool,
    /// The caller's own; others are shared by his unit.
    own: bool,
    shared: bool,
}

#[derive(Serialize, ToSchema)]
struct Views {
    items: Vec<ViewOut>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewView {
    name: String,
    /// Filters and order, such as `stage=accepted&sort=due`.
    query: String,
    #[serde(default)]
    opens_first: bool,
    /// With the unit that the caller leads.
    #[serde(default)]
    shared: bool,
}

fn view_out(actor: &Actor, view: ledger_view::Model) -> ViewOut {
    let own = view.account_id == actor.account;
    ViewOut {
        id: view.id.to_string(),
        name: view.name,
        query: view.query,
        opens_first: view.opens_first && own,
        own,
        shared: view.unit_id.is_some(),
    }
}

/// The caller's views, and those his unit shares.
#[utoipa::path(get, path = "/api/v1/cases/views", tag = "cases",
    responses((status = 200, body = Views)))]
async fn kept(State(app): State<App>, actor: Actor) -> AppResult<Json<Views>> {
    let views = store::views(app.db.read(), &actor).await?;
    Ok(Json(Views {
        items: views
            .into_iter()
            .map(|view| view_out(&actor, view))
            .collect(),
    }))
}

/// Keeps a view, at most 20.
#[utoipa::path(post, path = "/api/v1/cases/views", tag = "cases", request_body = NewView,
    responses((status = 201, body = ViewOut), (status = 422, body = ProblemDocument)))]
async fn keep(State(app): State<App>, actor: Actor, call: Call<NewView>) -> AppResult<Response> {
    let asked = views::Asked {
        name: call.body.name,
        query: call.body.query,
        opens_first: call.body.opens_first,
        shared: call.body.shared,
    };
    let done = views::keep(&app, &actor, &asked, call.once).await?;
    let views = store::views(app.db.read(), &actor).await?;
    let view = views.into_iter().find(|view| view.id == done.value);
    let view = view.ok_or_else(AppError::not_found)?;
    Ok(created(done.map(|_| view_out(&actor, view))))
}

/// Removes a view of the caller's own.
#[utoipa::path(delete, path = "/api/v1/cases/views/{id}", tag = "cases",
    params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = ProblemDocument)))]
async fn remove(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<String>,
) -> AppResult<StatusCode> {
    let id: LedgerViewId = id.parse().map_err(|_| AppError::not_found())?;
    views::remove(&app, &actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
