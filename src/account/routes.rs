use super::{
    Audience, Routes,
    commands::{self, SignIn},
    pages::SignInPage,
    session::{cookie, cookie_name, home},
};
use crate::{
    error::{AppError, AppResult},
    platform::{
        App,
        form::{Form, Sent},
        page::{self, View, own_path},
    },
};
use axum::{
    extract::{ConnectInfo, Query, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use axum_extra::extract::CookieJar;
use serde::Deserialize;
use std::net::SocketAddr;

pub fn routes() -> Routes {
    Routes::new()
        .get(Audience::Anyone, "/sign-in", sign_in_page)
        .post(Audience::Anyone, "/sign-in", sign_in)
        .post(Audience::Anyone, "/sign-out", sign_out)
}

#[derive(Deserialize)]
struct Back {
    back: Option<String>,
}

async fn sign_in_page(view: View, Query(query): Query<Back>) -> AppResult<Response> {
    let back = query
        .back
        .as_deref()
        .map_or(String::new(), |back| own_path(Some(back)).to_owned());
    view.show(SignInPage {
        form: Form::blank(),
        back,
        fault: None,
    })
}

async fn sign_in(
    State(app): State<App>,
    view: View,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    jar: CookieJar,
    sent: Sent,
) -> AppResult<Response> {
    let device = headers
        .get(header::USER_AGENT)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    let asked = SignIn {
        login: sent.get("login").chars().take(64).collect(),
        password: sent.get("password").chars().take(128).collect(),
        ip: peer.ip().to_string(),
        device: device.chars().take(120).collect(),
    };
    match commands::sign_in(&app, asked).await {
        Ok((token, account)) => {
            let back = sent.get("back");
            let to = if back.is_empty() {
                home(account.role)
            } else {
                own_path(Some(back))
            };
            Ok((jar.add(cookie(&app.settings, token)), Redirect::to(to)).into_response())
        }
        Err(error) => refuse(&view, &sent, error),
    }
}

/// The form again, with the login but never the password.
fn refuse(view: &View, sent: &Sent, error: AppError) -> AppResult<Response> {
    let AppError::Problem(problem) = error else {
        return Err(error);
    };
    let form = Form::filled([("login", sent.get("login").to_owned())]);
    let back = sent.get("back").to_owned();
    let fault = Some(page::problem_text(view.lang, &problem));
    let mut response = view.show_with(problem.status, SignInPage { form, back, fault })?;
    if let Some(seconds) = problem.retry_after {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    Ok(response)
}

async fn sign_out(State(app): State<App>, jar: CookieJar) -> AppResult<Response> {
    let name = cookie_name(&app.settings);
    if let Some(session) = jar.get(name) {
        commands::sign_out(&app, session.value()).await?;
    }
    let clear = (HeaderName::from_static("clear-site-data"), "\"cache\"");
    let jar = jar.remove(cookie(&app.settings, String::new()));
    Ok((
        StatusCode::SEE_OTHER,
        jar,
        [clear],
        [(header::LOCATION, "/")],
    )
        .into_response())
}
