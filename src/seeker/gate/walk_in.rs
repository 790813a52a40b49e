//! 现场登记: somebody came without a ticket; a few words, the notice read aloud, and in.
use super::{
    Direction, Scan, Token,
    pages::WalkInPage,
    routes::{AtGate, nonce, tell},
    show,
};
use crate::{
    account::Actor,
    entity::{fair, registration},
    error::AppResult,
    platform::{
        App,
        api::Query,
        form::{Form, Sent},
        page::View,
    },
    seeker::{
        fairs::{self, FairLine},
        holder, notices,
        on_behalf::{self, Entered},
        source::Channel,
    },
};
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

async fn page(
    app: &App,
    view: &View,
    fair: &fair::Model,
    gate: String,
    form: Form,
) -> AppResult<WalkInPage> {
    Ok(WalkInPage {
        fair: FairLine::from(fair),
        gate,
        offered: holder::offered(view.lang),
        notices: notices::of(app, fair.office_id, view.lang).await?,
        form,
    })
}

pub async fn form_page(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(slug): Path<String>,
    Query(at): Query<AtGate>,
    Query(holds): Query<Holds>,
) -> AppResult<Response> {
    let fair = fairs::for_staff(&app, &actor, &slug).await?;
    let code = holds.code.chars().take(40).collect();
    let form = Form::filled([("code", code)]);
    match show::chosen(&fair, &at.gate) {
        Some(gate) => view.show(page(&app, &view, &fair, gate, form).await?),
        None => Ok(Redirect::to(&format!("/gate/{slug}")).into_response()),
    }
}

/// What somebody holds who was scanned and is not known.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Holds {
    code: String,
}

/// Registers and admits.
pub async fn register(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(slug): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let fair = fairs::for_staff(&app, &actor, &slug).await?;
    let Some(gate) = show::chosen(&fair, sent.get("gate")) else {
        return Ok(Redirect::to(&format!("/gate/{slug}")).into_response());
    };
    let by_form = (Channel::Gate, &sent);
    match on_behalf::by_form(&app, &actor, view.lang, &fair, by_form).await {
        Ok(Entered::New(id)) => {
            let token = Token::Registration(id);
            let scan = Scan::here(token, gate, Direction::In, nonce(&sent));
            tell(&app, &actor, &view, &fair, scan).await
        }
        Ok(Entered::Known(row) | Entered::Joined(row)) => {
            known(&app, &view, &fair, gate, *row).await
        }
        Err(error) if !error.field_errors().is_empty() => {
            let form = Form::again(view.lang, &sent, &error);
            let page = page(&app, &view, &fair, gate, form).await?;
            view.show_with(StatusCode::UNPROCESSABLE_ENTITY, page)
        }
        Err(error) => Err(error),
    }
}

/// The number is registered already: the steward sees whom it names, masked, and decides.
async fn known(
    app: &App,
    view: &View,
    fair: &fair::Model,
    gate: String,
    row: registration::Model,
) -> AppResult<Response> {
    let mut page = show::gate(app, fair, Some(gate)).await?;
    page.candidates = vec![show::candidate(app, fair, row).await?];
    view.show(page)
}
