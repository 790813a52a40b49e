//! The door behind the poster.
use super::{
    Matches,
    commands::{self, NewRegistration},
    desk,
    door::{self, Door},
    fairs::{self, FairLine},
    form, gate, holder,
    notices::{self, Agreed},
    pages::{RegisterPage, ShutPage},
    paper, poster, routes_api,
    source::Codes,
    store, ticket,
};
use crate::{
    account::{Audience, Routes},
    domain::id::RegistrationId,
    entity::fair,
    error::{AppError, AppResult},
    platform::{
        App,
        api::Query,
        form::{Form, Sent},
        page::{self, View},
    },
};
use axum::{
    extract::{ConnectInfo, Path, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use std::net::SocketAddr;

/// Everything of this capability. `matches` is what the one above adds to a ticket.
pub fn routes(matches: Matches) -> Routes {
    Routes::new()
        .get(Audience::Anyone, "/f/{fair}/register", register_page)
        .post(Audience::Anyone, "/f/{fair}/register", register)
        .merge(routes_api::routes())
        .merge(holder::routes(matches))
        .merge(gate::routes())
        .merge(desk::routes(matches))
        .merge(paper::routes())
        .merge(poster::routes())
}

async fn blank(
    app: &App,
    view: &View,
    fair: &fair::Model,
    codes: Codes,
) -> AppResult<RegisterPage> {
    Ok(RegisterPage {
        fair: FairLine::from(fair),
        hosts: store::hosts(app.db.read(), fair.id).await?,
        offered: holder::offered(view.lang),
        notices: notices::of(app, fair.office_id, view.lang).await?,
        codes,
        trouble: None,
        form: Form::blank(),
    })
}

fn shut(
    view: &View,
    status: StatusCode,
    fair: &fair::Model,
    why: &'static str,
) -> AppResult<Response> {
    let fair = FairLine::from(fair);
    view.show_with(status, ShutPage { fair, why })
}

async fn register_page(
    State(app): State<App>,
    view: View,
    Path(slug): Path<String>,
    Query(codes): Query<Codes>,
) -> AppResult<Response> {
    let fair = fairs::for_public(&app, &slug).await?;
    match door::door(&fair, app.db.now()) {
        Door::Open => view.show(blank(&app, &view, &fair, codes).await?),
        closed => shut(&view, StatusCode::OK, &fair, closed.code()),
    }
}

async fn register(
    State(app): State<App>,
    view: View,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(slug): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let fair = fairs::for_public(&app, &slug).await?;
    let done = match app.limits.registration_from(peer.ip()) {
        Ok(()) => enter(&app, &view, &fair, &sent).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(id) => {
            let row = store::by_id(app.db.read(), id).await?;
            let row = row.ok_or_else(AppError::not_found)?;
            let secret = ticket::secret_of(&app.keys, &row)?;
            let to = format!("/T/{}?new=1", secret.in_full());
            Ok(Redirect::to(&to).into_response())
        }
        Err(error) => refuse(&app, &view, &fair, &sent, error).await,
    }
}

async fn enter(
    app: &App,
    view: &View,
    fair: &fair::Model,
    sent: &Sent,
) -> AppResult<RegistrationId> {
    let wish = form::wish(sent)?;
    let notices = notices::of(app, fair.office_id, view.lang).await?;
    let source = codes(sent).source(app.db.read(), fair.id).await?;
    let new = NewRegistration {
        wish,
        area: None,
        source,
        agreed: Agreed::from(&notices),
        code: None,
        by: None,
    };
    let once = sent.once(&format!("public register {}", fair.id))?;
    Ok(commands::register(app, fair, once, new).await?.value)
}

fn codes(sent: &Sent) -> Codes {
    let code = |name| sent.get(name).chars().take(32).collect();
    Codes {
        p: code("p"),
        b: code("b"),
        s: code("s"),
    }
}

/// A shut door is told in plain words; for the rest the form comes again with what was typed.
async fn refuse(
    app: &App,
    view: &View,
    fair: &fair::Model,
    sent: &Sent,
    error: AppError,
) -> AppResult<Response> {
    let why = match error.code() {
        Some("already_registered") => Some("already_registered"),
        Some("fair_full") => Some("full"),
        Some("registration_closed") => Some("closed"),
        Some("registration_not_open") => Some("not_yet"),
        Some("fair_cancelled") => Some("cancelled"),
        _ => None,
    };
    if let Some(why) = why {
        return shut(view, StatusCode::CONFLICT, fair, why);
    }
    let mut page = blank(app, view, fair, codes(sent)).await?;
    page.form = Form::again(view.lang, sent, &error);
    let AppError::Problem(problem) = error else {
        return Err(error);
    };
    if problem.errors.is_empty() {
        page.trouble = Some(page::problem_text(view.lang, &problem));
    }
    let mut response = view.show_with(problem.status, page)?;
    if let Some(seconds) = problem.retry_after {
        let headers = response.headers_mut();
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    Ok(response)
}
