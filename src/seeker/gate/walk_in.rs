//! 现场登记: somebody came without a ticket; a few words, the notice read aloud, and in.
use super::{
    Direction, Scan, Token,
    pages::WalkInPage,
    routes::{AtGate, nonce, tell},
    show,
};
use crate::{
    account::Actor,
    domain::id::RegistrationId,
    entity::{fair, registration},
    error::AppResult,
    platform::{
        App,
        api::Query,
        form::{Form, Sent},
        page::View,
    },
    seeker::{
        commands::{self, InHand, NewRegistration},
        fairs::{self, FairLine},
        form, holder,
        notices::{self, Agreed},
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
    match enter(&app, &actor, &view, &fair, &sent).await {
        Ok(Entered::New(id)) => {
            let token = Token::Registration(id);
            let scan = Scan::here(token, gate, Direction::In, nonce(&sent));
            tell(&app, &actor, &view, &fair, scan).await
        }
        Ok(Entered::Known(row)) => known(&app, &view, &fair, gate, *row).await,
        Err(error) if !error.field_errors().is_empty() => {
            let form = Form::again(view.lang, &sent, &error);
            let page = page(&app, &view, &fair, gate, form).await?;
            view.show_with(StatusCode::UNPROCESSABLE_ENTITY, page)
        }
        Err(error) => Err(error),
    }
}

enum Entered {
    New(RegistrationId),
    /// The number has a ticket; a blank one in the person's hand leads to it now.
    Known(Box<registration::Model>),
}

async fn enter(
    app: &App,
    actor: &Actor,
    view: &View,
    fair: &fair::Model,
    sent: &Sent,
) -> AppResult<Entered> {
    let (wish, code) = form::wish_and_blank(sent)?;
    let phone = wish.contact.phone.clone();
    let notices = notices::of(app, fair.office_id, view.lang).await?;
    let new = NewRegistration {
        wish,
        area: None,
        source: Channel::Gate.into(),
        agreed: Agreed::from(&notices),
        code: code.clone().map(InHand::Blank),
        by: Some(actor.account),
    };
    let once = sent.once(&format!("{} walk-in {}", actor.account, fair.id))?;
    match commands::register(app, fair, once, new).await {
        Ok(done) => Ok(Entered::New(done.value)),
        Err(error) if error.code() == Some("already_registered") => {
            let row = commands::registered(app, fair, &phone).await?;
            let row = row.ok_or(error)?;
            if let Some(code) = code {
                commands::join_blank(app, actor, &row, &code).await?;
            }
            Ok(Entered::Known(Box::new(row)))
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
