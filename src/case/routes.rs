use super::{
    commands::{self, Act},
    desk::{self, Tried},
    door::{READERS, Reader, Sight},
    files, form,
    hook::Hooks,
    list, routes_api, store, words,
};
use crate::{
    account::{Actor, Audience, Routes},
    domain::{
        case::{Action, Command},
        fault::{Faults, FieldFault},
        id::FileId,
    },
    entity::case::Model,
    error::{AppError, AppResult},
    platform::{
        App,
        api::Query,
        form::{Form, Sent},
        page::{Said, View, problem_text},
    },
};
use axum::{
    Extension,
    extract::{Path, State},
    handler::Handler,
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};

const READ: Audience = Audience::Roles(READERS);

/// The doors of the ledger; `hooks` are the details of the kinds that capabilities above bring.
pub fn routes(hooks: Hooks) -> Routes {
    let hook = Extension(hooks);
    list::routes::add(routes_api::routes(hooks), hooks)
        .get(READ, "/cases/{no}", case_page.layer(hook))
        .post(READ, "/cases/{no}/actions", act.layer(hook))
        .get(READ, "/cases/{no}/files/{file}", picture)
}

async fn find(app: &App, actor: &Actor, number: &str) -> AppResult<Model> {
    store::find_for(app.db.read(), actor.office, Sight::of(actor), number).await
}

async fn case_page(
    State(app): State<App>,
    Extension(hooks): Extension<Hooks>,
    view: View,
    actor: Actor,
    Path(number): Path<String>,
    Query(said): Query<Said>,
) -> AppResult<Response> {
    let case = find(&app, &actor, &number).await?;
    let desk = desk::open(&app, view.lang, &actor, &case).await?;
    let mut page = desk::page(&app, hooks, &case, desk, None).await?;
    page.flash = said.flash(&view, "case");
    view.show(page)
}

async fn act(
    State(app): State<App>,
    Extension(hooks): Extension<Hooks>,
    view: View,
    actor: Actor,
    Path(number): Path<String>,
    mut sent: Sent,
) -> AppResult<Response> {
    let case = find(&app, &actor, &number).await?;
    let action = Action::from_code(sent.get("action"))
        .filter(|action| Command::fields(case.kind, *action).is_some());
    let action = action.ok_or_else(|| Faults::one("action", FieldFault::UnknownChoice))?;
    let pictures = files::fields(case.kind, action);
    let chosen = pictures.iter().any(|field| sent.has_file(field.name));
    match take(&app, &actor, &case, action, &mut sent).await {
        Ok(()) => {
            let back = format!("/cases/{}?said=done", case.number);
            Ok(Redirect::to(&back).into_response())
        }
        Err(error) => {
            again(
                &app,
                hooks,
                &view,
                &actor,
                (&case.number, action, &sent, chosen),
                error,
            )
            .await
        }
    }
}

async fn take(
    app: &App,
    actor: &Actor,
    case: &Model,
    action: Action,
    sent: &mut Sent,
) -> AppResult<()> {
    let seen = sent.get("expected_seq").parse();
    let seen = seen.map_err(|_| Faults::one("expected_seq", FieldFault::Format))?;
    let once = sent.once(&format!("{} case {} {action}", actor.account, case.id))?;
    let mut uploads = Vec::new();
    for field in files::fields(case.kind, action) {
        while let Some(upload) = sent.take_file(field.name) {
            uploads.push((field.name, upload));
        }
    }
    let act = Act {
        office: case.office_id,
        id: case.id,
        kind: case.kind,
        action,
        expected_seq: Some(seen),
        fields: form::fields(case.kind, action, sent),
        uploads,
        by: super::door::acting(app.db.read(), actor).await?,
        once,
    };
    commands::act_once(app, act).await?;
    Ok(())
}

/// The page again with what was typed: faults at their fields, a refusal above, and what happened
/// meanwhile when somebody else was faster.
async fn again(
    app: &App,
    hooks: Hooks,
    view: &View,
    actor: &Actor,
    (number, action, sent, chosen): (&str, Action, &Sent, bool),
    error: AppError,
) -> AppResult<Response> {
    // As it is now, not as it was when the form came in.
    let case = find(app, actor, number).await?;
    let error = words::explain(view.lang, case.kind, action, case.stage, error);
    let AppError::Problem(problem) = &error else {
        return Err(error);
    };
    let kept = [
        StatusCode::CONFLICT,
        StatusCode::FORBIDDEN,
        StatusCode::UNPROCESSABLE_ENTITY,
    ];
    if !kept.contains(&problem.status) {
        return Err(error);
    }
    let stale = problem.code == "stale";
    let refused = match (stale, problem.errors.is_empty()) {
        (true, _) => Some((
            view.say::<&str>("case.stale", &[]),
            view.say::<&str>("case.stale_text", &[]),
        )),
        (false, true) => Some((String::new(), problem_text(view.lang, problem))),
        (false, false) => None,
    };
    let tried = Tried {
        action,
        form: Form::again(view.lang, sent, &error),
        refused,
        files_again: chosen,
        since: stale
            .then(|| sent.get("expected_seq").parse().ok())
            .flatten(),
    };
    let status = problem.status;
    let desk = desk::open(app, view.lang, actor, &case).await?;
    let page = desk::page(app, hooks, &case, desk, Some(tried)).await?;
    view.show_with(status, page)
}

/// A picture of a record that the reader may see.
async fn picture(
    State(app): State<App>,
    actor: Actor,
    Path((number, file)): Path<(String, String)>,
) -> AppResult<Response> {
    let case = find(&app, &actor, &number).await?;
    let file: FileId = file.parse().map_err(|_| AppError::not_found())?;
    let (mime, bytes) = files::open(&app, Reader::of(&actor), &case, file).await?;
    Ok(([(header::CONTENT_TYPE, mime)], bytes).into_response())
}
