//! The gate in a browser: works without a script, with a scanner gun, and from a chat program's
//! own scanner.
use super::{
    Direction, Scan, Token, commands,
    form::{self, Entry, Found},
    pages::GatesPage,
    photo, reconcile, routes_api, routes_walk_in, shell, show, walk_in,
};
use crate::{
    account::{Actor, Routes},
    domain::{
        contact::PersonName,
        fault::{Faults, FieldFault},
        ticket::Code,
    },
    entity::{fair, registration},
    error::{AppError, AppResult},
    platform::{
        App,
        api::Query,
        form::{Form, Sent},
        page::View,
        secret,
    },
    seeker::{
        fairs::{self, FairLine},
        roles::GATE,
        store as registrations,
    },
};
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

pub fn routes() -> Routes {
    routes_api::routes()
        .merge(reconcile::routes())
        .merge(routes_walk_in::routes())
        .merge(shell::routes())
        .get(GATE, "/gate", choose_fair)
        .get(GATE, "/gate/{fair}", gate)
        .post(GATE, "/gate/{fair}", check)
        .post(GATE, "/gate/{fair}/photo", photo::look)
        .get(GATE, "/gate/{fair}/walk-in", walk_in::form_page)
        .post(GATE, "/gate/{fair}/walk-in", walk_in::register)
}

async fn choose_fair(State(app): State<App>, actor: Actor, view: View) -> AppResult<Response> {
    let fairs = fairs::coming(&app, &actor).await?;
    let now = app.db.now();
    let running: Vec<_> = fairs.iter().filter(|fair| fair.starts_at <= now).collect();
    if let [only] = running[..] {
        return Ok(Redirect::to(&format!("/gate/{}", only.slug)).into_response());
    }
    view.show(GatesPage {
        fairs: fairs.iter().map(FairLine::from).collect(),
    })
}

#[derive(Deserialize)]
pub struct AtGate {
    #[serde(default)]
    pub gate: String,
}

async fn gate(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(slug): Path<String>,
    Query(at): Query<AtGate>,
) -> AppResult<Response> {
    let fair = fairs::for_staff(&app, &actor, &slug).await?;
    let chosen = show::chosen(&fair, &at.gate);
    let page = show::gate(&app, &fair, chosen).await?;
    view.show(show::with_scanner(&app, &view, page)?)
}

/// The view that a steward gets who opened a ticket's address with another scanner.
pub async fn confirm(
    app: &App,
    view: &View,
    fair: &fair::Model,
    row: registration::Model,
) -> AppResult<Response> {
    let mut page = show::gate(app, fair, show::chosen(fair, "")).await?;
    page.candidates = vec![show::candidate(app, fair, row).await?];
    view.show(page)
}

async fn check(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(slug): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let fair = fairs::for_staff(&app, &actor, &slug).await?;
    let mut faults = Faults::new();
    let gate = show::chosen(&fair, sent.get("gate"));
    let gate = gate.ok_or(FieldFault::Required);
    let gate = faults.take("gate", gate);
    let entry = faults.take("entry", form::entry(sent.get("entry")));
    match faults.into_result(gate.zip(entry)) {
        Ok((gate, Entry::Ticket(found))) => {
            scan(&app, &actor, &view, (&fair, gate, found), &sent).await
        }
        Ok((gate, Entry::Tail { surname, tail })) => {
            pick(&app, &view, &fair, gate, (&surname, &tail)).await
        }
        Err(faults) => {
            let mut page = show::gate(&app, &fair, show::chosen(&fair, sent.get("gate"))).await?;
            page.form = Form::again(view.lang, &sent, &AppError::from(faults));
            view.show_with(StatusCode::UNPROCESSABLE_ENTITY, page)
        }
    }
}

/// Those whom a surname and four digits may mean.
async fn pick(
    app: &App,
    view: &View,
    fair: &fair::Model,
    gate: String,
    who: (&PersonName, &str),
) -> AppResult<Response> {
    let mut page = show::gate(app, fair, Some(gate)).await?;
    page.candidates = show::by_tail(app, fair, who).await?;
    page.nobody = page.candidates.is_empty();
    view.show(page)
}

/// A ticket or code was given: look, and show the verdict over a fresh field.
pub async fn scan(
    app: &App,
    actor: &Actor,
    view: &View,
    (fair, gate, found): (&fair::Model, String, Found),
    sent: &Sent,
) -> AppResult<Response> {
    let token = match found {
        Found::Secret(secret) => Token::Secret(secret),
        Found::Code(code, Some((surname, tail))) if !is_known(app, fair, &code).await? => {
            return pick(app, view, fair, gate, (&surname, &tail)).await;
        }
        Found::Code(code, _) => Token::Code(code),
    };
    let scan = Scan::here(token, gate, direction(sent), nonce(sent));
    tell(app, actor, view, fair, scan).await
}

/// Looks at a scan and shows the verdict.
pub async fn tell(
    app: &App,
    actor: &Actor,
    view: &View,
    fair: &fair::Model,
    scan: Scan,
) -> AppResult<Response> {
    let gate = scan.gate.clone();
    let code = match &scan.token {
        Token::Code(code) => Some(code.clone()),
        _ => None,
    };
    let answer = commands::check_in(app, fair, actor.account, scan).await?;
    let mut page = show::gate(app, fair, Some(gate)).await?;
    page.verdict = Some(show::verdict(answer, code));
    view.show(page)
}

async fn is_known(app: &App, fair: &fair::Model, code: &Code) -> AppResult<bool> {
    let row = registrations::by_code(app.db.read(), fair.id, code).await?;
    Ok(row.is_some())
}

pub fn direction(sent: &Sent) -> Direction {
    Direction::from_code(sent.get("direction")).unwrap_or_default()
}

/// The intent of a form is its nonce: a page sent twice is one scan. Each button of a page is an
/// intent of its own.
pub fn nonce(sent: &Sent) -> String {
    let once = sent.get("once");
    let good = (8..=32).contains(&once.len()) && once.bytes().all(|b| b.is_ascii_alphanumeric());
    if !good {
        return format!("page-{}", secret::uid());
    }
    let content = ["direction", "entry", "phone", "code", "time"].map(|name| sent.get(name));
    let content = content.join("\n");
    format!("page-{once}-{}", &secret::token_hash(&content)[..12])
}
