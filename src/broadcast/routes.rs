use super::{
    commands,
    form::{self, Typed, TypedCount},
    pages::{StreamFormPage, StreamPage, StreamsPage},
    routes_api, store, view,
};
use crate::{
    account::{Actor, Audience, Routes},
    domain::{broadcast::Platform, id::StreamId, role::Role},
    entity::{fair, stream},
    error::{AppError, AppResult},
    platform::{
        App,
        api::Query,
        files,
        form::{Form, Sent},
        page::{self, View},
        qr,
    },
    posting,
};
use axum::{
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use serde_json::json;
use utoipa_axum::routes;

/// Those who run the studio: the office, and a co-host for the fairs it hosts.
const STUDIO: &[Role] = &[Role::OfficeAdmin, Role::PlacementOfficer, Role::CoHost];
const WORK: Audience = Audience::Roles(STUDIO);
const LOOK: Audience = Audience::Roles(&[
    Role::OfficeAdmin,
    Role::PlacementOfficer,
    Role::CoHost,
    Role::Secretary,
    Role::Board,
]);

pub fn routes() -> Routes {
    let at = |rest: &str| format!("/office/fairs/{{fair}}/streams{rest}");
    Routes::new()
        .get(LOOK, &at(""), list)
        .get(WORK, &at("/new"), new_page)
        .post(WORK, &at("/new"), create)
        .get(LOOK, &at("/{id}"), one)
        .get(WORK, &at("/{id}/edit"), edit_page)
        .post(WORK, &at("/{id}/edit"), edit)
        .post(WORK, &at("/{id}/views"), record)
        .get(LOOK, &at("/{id}/views/{count}/picture"), picture)
        .post(WORK, &at("/{id}/postings"), present)
        .post(WORK, &at("/{id}/postings/{posting}/remove"), withdraw)
        .get(LOOK, &at("/{id}/qr.svg"), code)
        .api(Audience::Anyone, routes!(routes_api::list))
        .api(WORK, routes!(routes_api::create))
        .api(WORK, routes!(routes_api::record))
        .api(WORK, routes!(routes_api::present))
}

async fn list(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(slug): Path<String>,
) -> AppResult<Response> {
    let fair = posting::store::fair_for(app.db.read(), &actor, &slug).await?;
    let streams = view::lines(&app, &view, &fair).await?;
    view.show(StreamsPage {
        fair: view::fair_line(&fair),
        total: streams.iter().map(|stream| stream.views).sum(),
        registrations: streams.iter().map(|stream| stream.registrations).sum(),
        streams,
        may_write: actor.is(STUDIO),
    })
}

fn base(fair: &fair::Model, id: StreamId) -> String {
    format!("/office/fairs/{}/streams/{id}", fair.slug)
}

fn form_page(
    view: &View,
    fair: &fair::Model,
    form: Form,
    change: Option<&stream::Model>,
) -> StreamFormPage {
    let action = match change {
        Some(stream) => format!("{}/edit", base(fair, stream.id)),
        None => format!("/office/fairs/{}/streams/new", fair.slug),
    };
    StreamFormPage {
        fair: view::fair_line(fair),
        form,
        platforms: view::choices(view, view::every_platform()),
        action,
        version: change.map(|stream| stream.version),
        fault: None,
    }
}

async fn new_page(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(slug): Path<String>,
) -> AppResult<Response> {
    let fair = posting::store::fair_for(app.db.read(), &actor, &slug).await?;
    let form = Form::filled([
        ("starts_at", view::local(fair.starts_at)),
        ("ends_at", view::local(fair.ends_at)),
    ]);
    view.show(form_page(&view, &fair, form, None))
}

async fn create(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(slug): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let fair = posting::store::fair_for(app.db.read(), &actor, &slug).await?;
    let made = match form::plan(&Typed::of(&sent)) {
        Ok(plan) => {
            let once = sent.once(&format!("stream {} {slug}", actor.account))?;
            commands::open(&app, actor, slug, plan, once).await
        }
        Err(faults) => Err(faults.into()),
    };
    match made {
        Ok(done) => Ok(to(&fair, done.value, "saved")),
        Err(error) => again(&view, &sent, error, |form, fault| {
            let page = form_page(&view, &fair, form, None);
            view.show_with(
                StatusCode::UNPROCESSABLE_ENTITY,
                StreamFormPage { fault, ..page },
            )
        }),
    }
}

fn to(fair: &fair::Model, id: StreamId, done: &str) -> Response {
    Redirect::to(&format!("{}?done={done}", base(fair, id))).into_response()
}

/// The form again with what is wrong; errors that no form can mend go on.
fn again(
    view: &View,
    sent: &Sent,
    error: AppError,
    show: impl FnOnce(Form, Option<String>) -> AppResult<Response>,
) -> AppResult<Response> {
    let form = Form::again(view.lang, sent, &error);
    match error {
        AppError::Problem(problem) => match problem.status {
            _ if !problem.errors.is_empty() => show(form, None),
            StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY => {
                show(form, Some(page::problem_text(view.lang, &problem)))
            }
            _ => Err(AppError::Problem(problem)),
        },
        error @ AppError::Internal(_) => Err(error),
    }
}

/// The stream of an address, of the fair in the same address.
async fn found(
    app: &App,
    actor: &Actor,
    slug: &str,
    id: &str,
) -> AppResult<(stream::Model, fair::Model)> {
    let id = id.parse().map_err(|_| AppError::not_found())?;
    let (stream, fair) = commands::find(app, actor, id).await?;
    if fair.slug == slug {
        Ok((stream, fair))
    } else {
        Err(AppError::not_found())
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    done: String,
}

async fn one(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path((slug, id)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> AppResult<Response> {
    let (stream, fair) = found(&app, &actor, &slug, &id).await?;
    let page = view::page(&app, &view, &stream, &fair).await?;
    let known = ["saved", "recorded", "presented", "removed"];
    let flash = known.contains(&asked.done.as_str()).then(|| {
        let text = view.say::<&str>(&format!("broadcast.done.{}", asked.done), &[]);
        json!({ "tone": "ok", "text": text })
    });
    view.show(StreamPage {
        may_write: actor.is(STUDIO),
        flash,
        ..page
    })
}

async fn edit_page(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path((slug, id)): Path<(String, String)>,
) -> AppResult<Response> {
    let (stream, fair) = found(&app, &actor, &slug, &id).await?;
    let form = Form::filled([
        ("title", stream.title.clone()),
        ("host", stream.host.clone()),
        ("url", stream.url.clone()),
        ("starts_at", view::local(stream.starts_at)),
        ("ends_at", view::local(stream.ends_at)),
    ]);
    let chosen = store::platforms(&stream);
    let form = form.choose("platforms", chosen.into_iter().map(Platform::code));
    view.show(form_page(&view, &fair, form, Some(&stream)))
}

async fn edit(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path((slug, id)): Path<(String, String)>,
    sent: Sent,
) -> AppResult<Response> {
    let (stream, fair) = found(&app, &actor, &slug, &id).await?;
    let version = sent.get("version").parse().unwrap_or(stream.version);
    let done = match form::plan(&Typed::of(&sent)) {
        Ok(plan) => commands::change(&app, actor, stream.id, version, plan).await,
        Err(faults) => Err(faults.into()),
    };
    match done {
        Ok(()) => Ok(to(&fair, stream.id, "saved")),
        Err(error) => again(&view, &sent, error, |form, fault| {
            let page = form_page(&view, &fair, form, Some(&stream));
            view.show_with(
                StatusCode::UNPROCESSABLE_ENTITY,
                StreamFormPage { fault, ..page },
            )
        }),
    }
}

async fn record(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path((slug, id)): Path<(String, String)>,
    mut sent: Sent,
) -> AppResult<Response> {
    let (stream, fair) = found(&app, &actor, &slug, &id).await?;
    let picture = sent.take_file("picture");
    let once = sent.once(&format!("views {} {}", actor.account, stream.id))?;
    let typed = TypedCount::of(&sent);
    match commands::record(&app, actor, stream.id, typed, picture, once).await {
        Ok(_) => Ok(to(&fair, stream.id, "recorded")),
        Err(error) => {
            let page = view::page(&app, &view, &stream, &fair).await?;
            again(&view, &sent, error, |count_form, fault| {
                let page = StreamPage {
                    count_form,
                    fault,
                    may_write: true,
                    ..page
                };
                view.show_with(StatusCode::UNPROCESSABLE_ENTITY, page)
            })
        }
    }
}

async fn picture(
    State(app): State<App>,
    actor: Actor,
    Path((slug, id, count)): Path<(String, String, String)>,
) -> AppResult<Response> {
    let (stream, _) = found(&app, &actor, &slug, &id).await?;
    let count = count.parse().map_err(|_| AppError::not_found())?;
    let file = store::evidence(app.db.read(), stream.id, count).await?;
    let row = files::find(app.db.read(), actor.office, file).await?;
    let bytes = app.files.read(&row).await?;
    Ok(([(header::CONTENT_TYPE, row.mime)], bytes).into_response())
}

async fn present(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path((slug, id)): Path<(String, String)>,
    sent: Sent,
) -> AppResult<Response> {
    let (stream, fair) = found(&app, &actor, &slug, &id).await?;
    let (posting, minute) = (
        sent.get("posting").to_owned(),
        sent.get("minute").to_owned(),
    );
    match commands::present(&app, actor, stream.id, posting, minute).await {
        Ok(()) => Ok(to(&fair, stream.id, "presented")),
        Err(error) => {
            let page = view::page(&app, &view, &stream, &fair).await?;
            again(&view, &sent, error, |mark_form, fault| {
                let page = StreamPage {
                    mark_form,
                    fault,
                    may_write: true,
                    ..page
                };
                view.show_with(StatusCode::UNPROCESSABLE_ENTITY, page)
            })
        }
    }
}

async fn withdraw(
    State(app): State<App>,
    actor: Actor,
    Path((slug, id, posting)): Path<(String, String, String)>,
) -> AppResult<Response> {
    let (stream, fair) = found(&app, &actor, &slug, &id).await?;
    let posting = posting.parse().map_err(|_| AppError::not_found())?;
    commands::withdraw(&app, actor, stream.id, posting).await?;
    Ok(to(&fair, stream.id, "removed"))
}

/// The code for the studio: whoever registers through it counts for this stream.
async fn code(
    State(app): State<App>,
    actor: Actor,
    Path((slug, id)): Path<(String, String)>,
) -> AppResult<Response> {
    let (stream, fair) = found(&app, &actor, &slug, &id).await?;
    let svg = qr::svg(&routes_api::register_url(&app, &fair.slug, &stream.code))?;
    Ok(([(header::CONTENT_TYPE, "image/svg+xml")], svg).into_response())
}
