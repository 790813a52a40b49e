//! The first start of an empty installation.
use super::{
    Audience, Peer, Routes,
    commands::{self, Setup},
    form,
    pages::SetupPage,
    session::cookie,
};
use crate::{
    domain::{fault::Faults, password},
    error::{AppError, AppResult},
    platform::{
        App,
        form::{Form, Sent},
        page::View,
    },
};
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use axum_extra::extract::CookieJar;

pub fn routes() -> Routes {
    Routes::new()
        .get(Audience::Anyone, "/setup/{token}", page)
        .post(Audience::Anyone, "/setup/{token}", set_up)
}

async fn page(
    State(app): State<App>,
    view: View,
    peer: Peer,
    Path(token): Path<String>,
) -> AppResult<Response> {
    app.limits.guess_from(peer.ip)?;
    commands::check_setup(&app, &token).await?;
    let form = Form::blank();
    view.show(of(token, form))
}

fn of(token: String, form: Form) -> SetupPage {
    SetupPage {
        token,
        form,
        shortest: password::SHORTEST,
    }
}

async fn set_up(
    State(app): State<App>,
    view: View,
    peer: Peer,
    Path(token): Path<String>,
    jar: CookieJar,
    sent: Sent,
) -> AppResult<Response> {
    app.limits.guess_from(peer.ip)?;
    commands::check_setup(&app, &token).await?;
    let done = async {
        let setup = read(&sent, peer.device)?;
        commands::set_up(&app, &token, setup).await
    };
    match done.await {
        Ok(session) => {
            let jar = jar.add(cookie(&app.settings, session));
            Ok((jar, Redirect::to("/office")).into_response())
        }
        Err(error) => {
            let mut form = Form::retry(view.lang, &sent, error)?;
            for secret in ["new", "again"] {
                form.values.remove(secret);
                form.chosen.remove(secret);
            }
            view.show_with(StatusCode::UNPROCESSABLE_ENTITY, of(token, form))
        }
    }
}

/// All faults of the form at once, the password's too.
fn read(sent: &Sent, device: String) -> AppResult<Setup> {
    let words = [sent.get("login"), sent.get("name"), sent.get("office_name")];
    let rule = password::check(sent.get("new"), &words, false);
    let mut faults = Faults::new();
    let first = match form::setup(sent) {
        Ok(first) => Some(first),
        Err(found) => {
            faults = found;
            None
        }
    };
    let fits = faults.take("new", rule);
    let (first, ()) = faults
        .into_result(first.zip(fits))
        .map_err(AppError::from)?;
    Ok(Setup {
        office: first.office,
        login: first.login,
        name: first.name,
        password: sent.get("new").to_owned(),
        device,
    })
}
