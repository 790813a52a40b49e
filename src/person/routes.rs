//! The page of one person: masked, opened for a reason, corrected at the desk.
use super::{commands, form, pages::Opened, show};
use crate::{
    account::{Actor, Audience, Routes},
    domain::role::Role,
    error::{AppError, AppResult},
    platform::{
        App,
        api::Query,
        form::{Form, Sent},
        page::View,
    },
};
use axum::{
    extract::{ConnectInfo, Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use std::net::SocketAddr;

/// Who may open a person's page at all.
pub const OPENERS: &[Role] = &[
    Role::OfficeAdmin,
    Role::PlacementOfficer,
    Role::CommunityClerk,
];
const STAFF: Audience = Audience::Roles(OPENERS);

pub fn routes() -> Routes {
    Routes::new()
        .get(STAFF, "/office/persons/{uid}", page)
        .post(STAFF, "/office/persons/{uid}", correct)
        .post(STAFF, "/office/persons/{uid}/reveal", reveal)
        .post(STAFF, "/office/persons/{uid}/id-number", id_number)
}

#[derive(Deserialize)]
struct Done {
    done: Option<String>,
}

async fn page(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(uid): Path<String>,
    Query(query): Query<Done>,
) -> AppResult<Response> {
    let mut page = show::person(&app, &actor, view.lang, &uid).await?;
    page.done = ["corrected", "id_number_kept"]
        .into_iter()
        .find(|done| query.done.as_deref() == Some(done));
    view.show(page)
}

async fn reveal(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(uid): Path<String>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    sent: Sent,
) -> AppResult<Response> {
    let person = show::id_of(&app, &actor, &uid).await?;
    let ip = peer.ip().to_string();
    match commands::reveal(&app, &actor, person, sent.get("reason"), ip).await {
        Ok(revealed) => {
            let mut page = show::person(&app, &actor, view.lang, &uid).await?;
            page.opened = Some(Opened::from(revealed));
            view.show(page)
        }
        Err(error) => again(&app, &actor, &view, &uid, ("reveal", &sent, error)).await,
    }
}

async fn correct(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(uid): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let person = show::id_of(&app, &actor, &uid).await?;
    let done = match form::contact(&sent) {
        Ok(contact) => commands::correct_one(&app, &actor, person, contact).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => Ok(back(&uid, "corrected")),
        Err(error) => again(&app, &actor, &view, &uid, ("correct", &sent, error)).await,
    }
}

async fn id_number(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(uid): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let person = show::id_of(&app, &actor, &uid).await?;
    let done = match form::id_number(&sent) {
        Ok(number) => {
            let notice = show::id_notice(&app, &actor, view.lang).await?;
            commands::add_id_number(&app, &actor, person, number, notice.hash()).await
        }
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => Ok(back(&uid, "id_number_kept")),
        Err(error) => again(&app, &actor, &view, &uid, ("id_number", &sent, error)).await,
    }
}

fn back(uid: &str, done: &str) -> Response {
    Redirect::to(&format!("/office/persons/{uid}?done={done}")).into_response()
}

/// The page again, with what is wrong beside its field.
async fn again(
    app: &App,
    actor: &Actor,
    view: &View,
    uid: &str,
    (asked, sent, error): (&'static str, &Sent, AppError),
) -> AppResult<Response> {
    if error.field_errors().is_empty() {
        return Err(error);
    }
    let mut page = show::person(app, actor, view.lang, uid).await?;
    page.form = Form::again(view.lang, sent, &error);
    page.asked = asked;
    view.show_with(StatusCode::UNPROCESSABLE_ENTITY, page)
}
