//! One's own account: password, devices, API tokens.
use super::{
    Actor, Audience, MustChange, Peer, Routes,
    commands::{self, Change},
    device, form, lists,
    pages::{AccountPage, PasswordPage, SecretPage, SessionRow, TokenRow},
    routes::words,
    session::{cookie, cookie_hash, home},
};
use crate::{
    domain::{
        fault::{Faults, FieldFault},
        id::{ApiTokenId, WebSessionId},
        password,
    },
    entity::web_session,
    error::{AppError, AppResult},
    platform::{
        App,
        api::Query,
        form::{Form, Sent},
        page::{Said, View},
    },
};
use axum::{
    Extension,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use axum_extra::extract::CookieJar;

pub fn routes() -> Routes {
    Routes::new()
        .get(Audience::SignedIn, "/account", account)
        .get(Audience::SignedIn, "/account/password", password_page)
        .post(Audience::SignedIn, "/account/password", change_password)
        .post(
            Audience::SignedIn,
            "/account/sessions/{session}/end",
            end_session,
        )
        .post(
            Audience::SignedIn,
            "/account/sessions/end-others",
            end_others,
        )
        .post(Audience::SignedIn, "/account/tokens", add_token)
        .post(
            Audience::SignedIn,
            "/account/tokens/{token}/revoke",
            revoke_token,
        )
}

async fn account(
    State(app): State<App>,
    actor: Actor,
    view: View,
    headers: HeaderMap,
    Query(said): Query<Said>,
) -> AppResult<Response> {
    let mut page = own(&app, &actor, &headers).await?;
    page.flash = said.flash(&view, "account");
    view.show(page)
}

async fn own(app: &App, actor: &Actor, headers: &HeaderMap) -> AppResult<AccountPage> {
    let db = app.db.read();
    let account = lists::account(db, actor.office, actor.account).await?;
    let units = lists::units(db, actor.office).await?;
    let here = cookie_hash(&app.settings, headers);
    let session = |session: web_session::Model| SessionRow {
        id: session.id,
        device: device::words(&session.device),
        since: session.created_at,
        seen: session.seen_at,
        current: Some(session.token_hash) == here,
    };
    let sessions = lists::sessions(db, actor.account, app.db.now()).await?;
    let tokens = lists::tokens(db, actor.account).await?;
    Ok(AccountPage {
        flash: None,
        login: account.login,
        unit: units
            .into_iter()
            .find(|unit| Some(unit.id) == account.unit_id)
            .map(|unit| unit.name),
        leader: account.leader,
        password_changed: account.password_changed_at,
        sessions: sessions.into_iter().map(session).collect(),
        tokens: tokens
            .into_iter()
            .map(|token| TokenRow {
                id: token.id,
                label: token.label,
                since: token.created_at,
            })
            .collect(),
        form: Form::blank(),
    })
}

async fn password_page(
    State(app): State<App>,
    view: View,
    forced: Option<Extension<MustChange>>,
) -> AppResult<Response> {
    view.show(password_form(&app, forced.is_some(), Form::blank()))
}

fn password_form(app: &App, forced: bool, form: Form) -> PasswordPage {
    PasswordPage {
        form,
        forced,
        fault: None,
        shortest: password::SHORTEST,
        classified: app.sign.get().site.classified_passwords,
    }
}

async fn change_password(
    State(app): State<App>,
    actor: Actor,
    view: View,
    forced: Option<Extension<MustChange>>,
    peer: Peer,
    jar: CookieJar,
    sent: Sent,
) -> AppResult<Response> {
    let change = Change {
        account: actor.account,
        current: sent.get("current").to_owned(),
        new: sent.get("new").to_owned(),
        ip: peer.ip.to_string(),
        device: peer.device,
    };
    let done = async {
        if sent.get("new") != sent.get("again") {
            return Err(Faults::one("again", FieldFault::Mismatch).into());
        }
        commands::change_password(&app, change).await
    };
    match done.await {
        Ok(token) => {
            let to = if forced.is_some() {
                home(actor.role)
            } else {
                "/account?said=password"
            };
            Ok((jar.add(cookie(&app.settings, token)), Redirect::to(to)).into_response())
        }
        Err(error) => refuse(&app, &view, forced.is_some(), error),
    }
}

/// The form again, without anything that was typed: passwords are never sent back.
fn refuse(app: &App, view: &View, forced: bool, error: AppError) -> AppResult<Response> {
    let form = Form::again(view.lang, &Sent::default(), &error);
    match error {
        AppError::Problem(problem) if problem.retry_after.is_some() => {
            let mut page = password_form(app, forced, form);
            page.fault = Some(words(view, &problem));
            view.show_with(problem.status, page)
        }
        error if error.field_errors().is_empty() => Err(error),
        _ => {
            let page = password_form(app, forced, form);
            view.show_with(StatusCode::UNPROCESSABLE_ENTITY, page)
        }
    }
}

async fn end_session(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<WebSessionId>,
) -> AppResult<Redirect> {
    commands::end_session(&app, actor.account, id).await?;
    Ok(Redirect::to("/account?said=session_ended"))
}

async fn end_others(
    State(app): State<App>,
    actor: Actor,
    headers: HeaderMap,
) -> AppResult<Redirect> {
    let here = cookie_hash(&app.settings, &headers).unwrap_or_default();
    commands::end_others(&app, actor.account, here).await?;
    Ok(Redirect::to("/account?said=others_ended"))
}

async fn add_token(
    State(app): State<App>,
    actor: Actor,
    view: View,
    headers: HeaderMap,
    sent: Sent,
) -> AppResult<Response> {
    let done = async {
        let label = form::name(sent.get("label")).map_err(|fault| Faults::one("label", fault))?;
        let once = sent.once(&format!("{} /account/tokens", actor.account))?;
        commands::add_token_once(&app, once, actor.account, label).await
    };
    match done.await {
        Ok(secret) => view.show(SecretPage {
            what: "token",
            login: String::new(),
            secret,
            next: "/account".into(),
        }),
        Err(error) => {
            let form = Form::retry(view.lang, &sent, error)?;
            let page = own(&app, &actor, &headers).await?;
            view.show_with(
                StatusCode::UNPROCESSABLE_ENTITY,
                AccountPage { form, ..page },
            )
        }
    }
}

async fn revoke_token(
    State(app): State<App>,
    actor: Actor,
    Path(id): Path<ApiTokenId>,
) -> AppResult<Redirect> {
    commands::revoke_token(&app, actor.account, id).await?;
    Ok(Redirect::to("/account?said=token_revoked"))
}
