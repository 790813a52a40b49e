//! The desk in the office and on the square.
use super::{
    arrivals,
    pages::NewPage,
    show::{self, Asked},
};
use crate::{
    account::{Actor, Routes},
    domain::{
        fault::{Faults, FieldFault},
        id::RegistrationId,
        ticket::Code,
    },
    entity::{fair, registration},
    error::{AppError, AppResult},
    platform::{
        App,
        form::{Form, Sent},
        page::{self, View},
    },
    seeker::{
        Matches,
        commands::{self, NewRegistration},
        fairs::{self, FairLine},
        form, holder,
        notices::{self, Agreed},
        roles::DESK,
        source::Channel,
        store, ticket,
    },
};
use axum::{
    Extension,
    extract::{Path, Query, State},
    handler::Handler,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

pub fn routes(matches: Matches) -> Routes {
    let hook = Extension(matches);
    Routes::new()
        .get(DESK, "/office/fairs/{fair}/registrations", list)
        .get(
            DESK,
            "/office/fairs/{fair}/registrations/arrivals",
            arrivals::blank,
        )
        .post(
            DESK,
            "/office/fairs/{fair}/registrations/arrivals",
            arrivals::enter,
        )
        .get(DESK, "/office/fairs/{fair}/registrations/new", blank)
        .post(DESK, "/office/fairs/{fair}/registrations/new", register)
        .get(DESK, "/office/fairs/{fair}/registrations/{uid}", one)
        .post(
            DESK,
            "/office/fairs/{fair}/registrations/{uid}/reprint",
            reprint,
        )
        .post(
            DESK,
            "/office/fairs/{fair}/registrations/{uid}/withdraw",
            withdraw.layer(hook),
        )
}

#[derive(Deserialize)]
struct ListQuery {
    #[serde(default)]
    channel: String,
    #[serde(default)]
    q: String,
    #[serde(default)]
    before: String,
}

async fn list(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(slug): Path<String>,
    Query(query): Query<ListQuery>,
) -> AppResult<Response> {
    let fair = fairs::for_staff(&app, &actor, &slug).await?;
    let asked = Asked {
        channel: Channel::from_code(&query.channel),
        q: query.q.trim().chars().take(100).collect(),
        before: query.before.parse().ok(),
    };
    view.show(show::list(&app, &fair, asked).await?)
}

async fn new_page(app: &App, view: &View, fair: &fair::Model, form: Form) -> AppResult<NewPage> {
    Ok(NewPage {
        fair: FairLine::from(fair),
        offered: holder::offered(view.lang),
        notices: notices::of(app, fair.office_id, view.lang).await?,
        trouble: None,
        form,
    })
}

async fn blank(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(slug): Path<String>,
) -> AppResult<Response> {
    let fair = fairs::for_staff(&app, &actor, &slug).await?;
    view.show(new_page(&app, &view, &fair, Form::blank()).await?)
}

async fn register(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(slug): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let fair = fairs::for_staff(&app, &actor, &slug).await?;
    match enter(&app, &actor, &view, &fair, &sent).await {
        Ok(id) => {
            let row = store::by_id(app.db.read(), id).await?;
            let row = row.ok_or_else(AppError::not_found)?;
            let secret = ticket::secret_of(&app.keys, &row)?;
            view.show(show::slip(&app, &fair, row, &secret).await?)
        }
        Err(error) => refuse(&app, &view, &fair, &sent, error).await,
    }
}

async fn enter(
    app: &App,
    actor: &Actor,
    view: &View,
    fair: &fair::Model,
    sent: &Sent,
) -> AppResult<RegistrationId> {
    let wish = form::wish(sent)?;
    let notices = notices::of(app, fair.office_id, view.lang).await?;
    let new = NewRegistration {
        wish,
        area: None,
        source: Channel::Desk.into(),
        agreed: Agreed::from(&notices),
        code: on_paper(sent.get("code"))?,
        by: Some(actor.account),
    };
    let once = sent.once(&format!("{} desk {}", actor.account, fair.id))?;
    Ok(commands::register(app, fair, once, new).await?.value)
}

/// The code of the blank ticket that somebody got, if he got one.
fn on_paper(raw: &str) -> Result<Option<Code>, Faults> {
    match Code::parse(raw) {
        Ok(code) => Ok(Some(code)),
        Err(FieldFault::Required) => Ok(None),
        Err(fault) => Err(Faults::one("code", fault)),
    }
}

async fn refuse(
    app: &App,
    view: &View,
    fair: &fair::Model,
    sent: &Sent,
    error: AppError,
) -> AppResult<Response> {
    let mut page = new_page(app, view, fair, Form::again(view.lang, sent, &error)).await?;
    let AppError::Problem(problem) = error else {
        return Err(error);
    };
    if problem.errors.is_empty() {
        page.trouble = Some(page::problem_text(view.lang, &problem));
    }
    view.show_with(problem.status, page)
}

async fn find(
    app: &App,
    actor: &Actor,
    slug: &str,
    uid: &str,
) -> AppResult<(fair::Model, registration::Model)> {
    let fair = fairs::for_staff(app, actor, slug).await?;
    let row = store::by_uid(app.db.read(), fair.id, uid).await?;
    Ok((fair, row.ok_or_else(AppError::not_found)?))
}

async fn one(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path((slug, uid)): Path<(String, String)>,
) -> AppResult<Response> {
    let (fair, row) = find(&app, &actor, &slug, &uid).await?;
    view.show(show::one(&app, &fair, row).await?)
}

/// Prints a ticket again: for who lost the phone, or has none.
async fn reprint(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path((slug, uid)): Path<(String, String)>,
) -> AppResult<Response> {
    let (fair, row) = find(&app, &actor, &slug, &uid).await?;
    let secret = commands::reprint(&app, &actor, &row).await?;
    view.show(show::slip(&app, &fair, row, &secret).await?)
}

async fn withdraw(
    State(app): State<App>,
    Extension(matches): Extension<Matches>,
    actor: Actor,
    Path((slug, uid)): Path<(String, String)>,
) -> AppResult<Response> {
    let (_, row) = find(&app, &actor, &slug, &uid).await?;
    commands::withdraw(&app, matches, &row, Some(&actor)).await?;
    let back = format!("/office/fairs/{slug}/registrations/{uid}");
    Ok(Redirect::to(&back).into_response())
}
