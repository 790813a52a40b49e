//! The gate for machines: scanners, and phones that were without a network.
use super::{
    Direction, FirstSeen, Holder, Scan,
    answer::Answer,
    commands,
    form::ScanBody,
    merge,
    pack::{self, Pack},
};
use crate::{
    account::{Actor, Routes, list_mark},
    domain::text::Line,
    entity::fair,
    error::{AppError, AppResult, Problem},
    platform::{
        App,
        api::{Call, FieldProblem, ProblemDocument, Query},
        page::{fault_text, problem_text},
        text::Lang,
    },
    seeker::{fairs, roles::GATE},
};
use axum::{
    Json,
    extract::{Path, State},
};
use axum_extra::extract::cookie::CookieJar;
use chrono::{DateTime, Utc};
use futures_util::{StreamExt, stream};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa_axum::routes;

/// Reports in one batch at most.
const BATCH: usize = 500;
/// Reports looked at side by side: one commit serves them all.
const ABREAST: usize = 32;

pub fn routes() -> Routes {
    Routes::new()
        .api(GATE, routes!(check_in))
        .api(GATE, routes!(check_in_many))
        .api(GATE, routes!(hand_out))
}

/// 核验结果
#[derive(Serialize, utoipa::ToSchema)]
pub struct Checked {
    pub nonce: String,
    /// admitted, already_in, left or refused
    pub result: String,
    /// Why it was refused: unknown, other_fair, withdrawn, fair_cancelled, full or not_inside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub direction: Direction,
    /// Came back after having gone out.
    pub again: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<Holder>,
    /// Where and when the holder was admitted first, if before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_seen: Option<FirstSeen>,
    pub recorded_at: DateTime<Utc>,
    /// The server's clock, for devices to set theirs by.
    pub now: DateTime<Utc>,
}

impl Checked {
    pub fn of(nonce: String, answer: Answer, now: DateTime<Utc>) -> Self {
        use super::Verdict;
        Self {
            nonce,
            result: answer.verdict.code().into(),
            reason: answer.verdict.reason().map(|reason| reason.code().into()),
            direction: answer.direction,
            again: answer.verdict == Verdict::Admitted { again: true },
            person: answer.person,
            first_seen: answer.first_seen,
            recorded_at: answer.recorded_at,
            now,
        }
    }
}

/// One scan at a gate. The same nonce gets the same answer and counts once.
#[utoipa::path(post, path = "/api/v1/fairs/{fair}/check-ins", tag = "gate",
    params(("fair" = String, Path)), request_body = ScanBody,
    responses((status = 200, body = Checked), (status = 404, body = ProblemDocument),
        (status = 422, body = ProblemDocument)))]
async fn check_in(
    State(app): State<App>,
    actor: Actor,
    Path(slug): Path<String>,
    call: Call<ScanBody>,
) -> AppResult<Json<Checked>> {
    let fair = fairs::for_staff(&app, &actor, &slug).await?;
    let now = app.db.now();
    let scan = call.body.read(&fairs::gates(&fair))?;
    let scan = believed(scan, &fair, (None, now));
    let nonce = scan.nonce.clone();
    let answer = commands::check_in(&app, &fair, actor.account, scan).await?;
    Ok(Json(Checked::of(nonce, answer, now)))
}

/// When the device sent a report, by its clock, if it says so; and when that arrived.
pub type Sent = (Option<DateTime<Utc>>, DateTime<Utc>);

pub fn believed(mut scan: Scan, fair: &fair::Model, (sent, now): Sent) -> Scan {
    scan.scanned_at = scan
        .scanned_at
        .and_then(|at| merge::corrected(at, scan.measured, sent, now, fair.created_at));
    scan
}

/// 一批核验
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Batch {
    /// At most 500.
    #[schema(value_type = Vec<ScanBody>)]
    items: Vec<Value>,
    /// The device's clock when it sent this: scans that do not say by how much it was wrong are
    /// set right by it.
    sent_at: Option<DateTime<Utc>>,
}

#[derive(Serialize, utoipa::ToSchema)]
struct Results {
    /// In the order of the items.
    results: Vec<Outcome>,
    /// The server's clock, for devices to set theirs by.
    now: DateTime<Utc>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[serde(untagged)]
enum Outcome {
    Checked(Box<Checked>),
    Faulty(Faulty),
}

/// An item that could not be taken; the others of its batch are not touched by it.
#[derive(Serialize, utoipa::ToSchema)]
struct Faulty {
    /// As it came, if it came.
    nonce: Option<String>,
    /// Always `invalid`.
    result: &'static str,
    code: String,
    detail: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldProblem>,
}

/// Scans made without a network, each looked at by itself: a bad one never rejects the batch.
#[utoipa::path(post, path = "/api/v1/fairs/{fair}/check-ins/batch", tag = "gate",
    params(("fair" = String, Path)), request_body = Batch,
    responses((status = 200, body = Results), (status = 404, body = ProblemDocument),
        (status = 422, body = ProblemDocument)))]
async fn check_in_many(
    State(app): State<App>,
    actor: Actor,
    lang: Lang,
    Path(slug): Path<String>,
    call: Call<Batch>,
) -> AppResult<Json<Results>> {
    let fair = fairs::for_staff(&app, &actor, &slug).await?;
    let (items, sent) = (call.body.items, (call.body.sent_at, app.db.now()));
    if items.len() > BATCH {
        return Err(AppError::unprocessable("batch_too_large"));
    }
    let gates = fairs::gates(&fair);
    let results = stream::iter(items)
        .map(|item| one(&app, &actor, (&fair, sent), &gates, lang, item))
        .buffered(ABREAST)
        .collect()
        .await;
    Ok(Json(Results {
        results,
        now: app.db.now(),
    }))
}

async fn one(
    app: &App,
    actor: &Actor,
    (fair, sent): (&fair::Model, Sent),
    gates: &[String],
    lang: Lang,
    item: Value,
) -> Outcome {
    let nonce = item.get("nonce").and_then(Value::as_str).map(str::to_owned);
    let scan = serde_json::from_value::<ScanBody>(item)
        .map_err(|error| AppError::unprocessable("wrong_shape").param("where", error.to_string()));
    let done = match scan.and_then(|body| body.read(gates)) {
        Ok(scan) => {
            let scan = believed(scan, fair, sent);
            commands::check_in(app, fair, actor.account, scan).await
        }
        Err(error) => Err(error),
    };
    match done {
        Ok(answer) => {
            let nonce = nonce.unwrap_or_default();
            Outcome::Checked(Box::new(Checked::of(nonce, answer, sent.1)))
        }
        Err(error) => Outcome::Faulty(faulty(lang, nonce, error)),
    }
}

fn faulty(lang: Lang, nonce: Option<String>, error: AppError) -> Faulty {
    let problem = match error {
        AppError::Problem(problem) => *problem,
        AppError::Internal(cause) => {
            tracing::error!(error = ?cause, "a scan of a batch failed");
            Problem::new(axum::http::StatusCode::SERVICE_UNAVAILABLE, "unavailable")
        }
    };
    Faulty {
        nonce,
        result: "invalid",
        detail: problem_text(lang, &problem),
        errors: problem
            .errors
            .iter()
            .map(|error| FieldProblem {
                pointer: format!("/{}", error.field),
                code: error.code.clone(),
                detail: fault_text(lang, error),
            })
            .collect(),
        code: problem.code,
    }
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct GateQuery {
    /// Name of the gate that the device stands at.
    gate: Option<String>,
    /// Names the device among those of its gate, as its scans do.
    device: Option<String>,
}

/// What a scanner needs when the network is gone: hashes and masked names, no telephone numbers.
#[utoipa::path(get, path = "/api/v1/fairs/{fair}/pack", tag = "gate",
    params(("fair" = String, Path), GateQuery),
    responses((status = 200, body = Pack), (status = 404, body = ProblemDocument)))]
async fn hand_out(
    jar: CookieJar,
    State(app): State<App>,
    actor: Actor,
    Path(slug): Path<String>,
    Query(query): Query<GateQuery>,
) -> AppResult<(CookieJar, Json<Pack>)> {
    let fair = fairs::for_staff(&app, &actor, &slug).await?;
    let name = |said: Option<String>, longest| {
        let line = Line::optional(&said.unwrap_or_default(), longest).unwrap_or_default();
        line.map(String::from).unwrap_or_default()
    };
    let (gate, device) = (name(query.gate, 40), name(query.device, 64));
    let pack = pack::make(&app, &actor, &fair, (&gate, &device)).await?;
    Ok((jar.add(list_mark(&app.settings)), Json(pack)))
}
