//! The desk in the office and on the square.
use super::{
    arrivals,
    pages::NewPage,
    show::{self, Asked},
};
use crate::{
    account::{Actor, Routes},
    domain::{fault::Faults, ticket::Code},
    entity::{fair, registration},
    error::{AppError, AppResult},
    platform::{
        App,
        api::Query,
        form::{Form, Sent},
        page::{self, Said, View},
    },
    seeker::{
        Matches, commands,
        fairs::{self, FairLine},
        holder, notices,
        on_behalf::{self, Entered},
        roles::DESK,
        source::Channel,
        store, ticket,
    },
};
use axum::{
    Extension,
    extract::{Path, State},
    handler::Handler,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

pub fn routes(matches: Matches) -> Routes {
    let hook = Extension(matches);
    Routes::new()
        .get(DESK, "/office/fairs/{fair}/registrations", list)
        .get(DESK, "/office/fairs/{fair}/registrations/new", blank)
        .post(DESK, "/office/fairs/{fair}/registrations/new", register)
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
        .get(DESK, "/office/fairs/{fair}/registrations/{uid}", one)
        .post(
            DESK,
            "/office/fairs/{fair}/registrations/{uid}/reprint",
            reprint,
        )
        .post(DESK, "/office/fairs/{fair}/registrations/{uid}/codes", join)
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
    let by_form = (Channel::Desk, &sent);
    match on_behalf::by_form(&app, &actor, view.lang, &fair, by_form).await {
        Ok(Entered::Known(row)) => Ok(to_ticket(&slug, &row, "known")),
        Ok(Entered::Joined(row)) => Ok(to_ticket(&slug, &row, "joined")),
        Ok(Entered::New(id)) => {
            let row = store::by_id(app.db.read(), id).await?;
            let row = row.ok_or_else(AppError::not_found)?;
            let secret = ticket::secret_of(&app.keys, &row)?;
            view.show(show::slip(&app, &fair, row, &secret).await?)
        }
        Err(error) => refuse(&app, &view, &fair, &sent, error).await,
    }
}

/// To the page of a registration, which says what was done.
fn to_ticket(slug: &str, row: &registration::Model, said: &str) -> Response {
    let to = format!("/office/fairs/{slug}/registrations/{}?said={said}", row.uid);
    Redirect::to(&to).into_response()
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
    Query(said): Query<Said>,
) -> AppResult<Response> {
    let (fair, row) = find(&app, &actor, &slug, &uid).await?;
    let mut page = show::one(&app, &fair, row).await?;
    page.flash = said.flash(&view, "seeker.registration");
    view.show(page)
}

/// Lets the code of a blank ticket in the person's hand lead to the ticket that he has.
async fn join(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path((slug, uid)): Path<(String, String)>,
    sent: Sent,
) -> AppResult<Response> {
    let (fair, row) = find(&app, &actor, &slug, &uid).await?;
    let code = Code::parse(ticket::last_part(sent.get("code")));
    let joined = match code {
        Ok(code) => commands::join_blank(&app, &actor, &row, &code).await,
        Err(fault) => Err(Faults::one("code", fault).into()),
    };
    match joined {
        Ok(()) => Ok(to_ticket(&slug, &row, "joined")),
        Err(error) => {
            let form = Form::retry(view.lang, &sent, error)?;
            let mut page = show::one(&app, &fair, row).await?;
            page.form = form;
            view.show_with(StatusCode::UNPROCESSABLE_ENTITY, page)
        }
    }
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
