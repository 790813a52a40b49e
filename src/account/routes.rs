use super::{
    Audience, Peer, Routes,
    commands::{self, SignIn},
    list_mark,
    pages::SignInPage,
    routes_office, routes_own, routes_setup,
    session::{CHANGE_PASSWORD, cookie, cookie_name, home},
    sign_in as attempt,
};
use crate::{
    error::{AppError, AppResult, Problem},
    platform::{
        App,
        api::Query,
        form::{Form, Sent},
        page::{self, View, own_path},
    },
};
use axum::{
    extract::State,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use axum_extra::extract::CookieJar;
use serde::Deserialize;

pub fn routes() -> Routes {
    Routes::new()
        .get(Audience::Anyone, "/sign-in", sign_in_page)
        .post(Audience::Anyone, "/sign-in", sign_in)
        .post(Audience::Anyone, "/sign-out", sign_out)
        .merge(routes_own::routes())
        .merge(routes_office::routes())
        .merge(routes_setup::routes())
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
    peer: Peer,
    jar: CookieJar,
    sent: Sent,
) -> AppResult<Response> {
    let asked = SignIn {
        login: sent.get("login").chars().take(64).collect(),
        password: sent.get("password").to_owned(),
        ip: peer.ip.to_string(),
        device: peer.device,
    };
    match attempt::sign_in(&app, asked).await {
        Ok((token, account)) => {
            let back = sent.get("back");
            let to = if account.must_change {
                CHANGE_PASSWORD
            } else if back.is_empty() {
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
    let fault = Some(words(view, &problem));
    let mut response = view.show_with(problem.status, SignInPage { form, back, fault })?;
    if let Some(seconds) = problem.retry_after {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    Ok(response)
}

/// Why a password was not taken; how long to wait is said in words.
pub fn words(view: &View, problem: &Problem) -> String {
    let Some(seconds) = problem.retry_after else {
        return page::problem_text(view.lang, problem);
    };
    let (key, number) = if seconds > 90 {
        ("account.wait_minutes", seconds.div_ceil(60))
    } else {
        ("account.wait_seconds", seconds)
    };
    view.say(key, &[("n", number.to_string())])
}

async fn sign_out(State(app): State<App>, jar: CookieJar) -> AppResult<Response> {
    let name = cookie_name(&app.settings);
    if let Some(session) = jar.get(name) {
        commands::sign_out(&app, session.value()).await?;
    }
    let clear = (HeaderName::from_static("clear-site-data"), "\"cache\"");
    let jar = jar
        .remove(cookie(&app.settings, String::new()))
        .remove(list_mark(&app.settings));
    Ok((
        StatusCode::SEE_OTHER,
        jar,
        [clear],
        [(header::LOCATION, "/")],
    )
        .into_response())
}
