use super::{
    beside, check,
    commands::{self, Act},
    desk::{self, Tried},
    door::{READERS, Reader, Sight},
    files, form,
    hook::Hooks,
    list,
    pages::Opened,
    routes_api, store, words,
};
use crate::{
    account::{Actor, Audience, Peer, Routes},
    domain::{
        case::{Action, Command},
        fault::{Faults, FieldFault},
        id::FileId,
    },
    entity::case::Model,
    error::{AppError, AppResult},
    person,
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
        .post(READ, "/cases/{no}/children", child.layer(hook))
        .post(READ, "/cases/{no}/people/{party}", reveal.layer(hook))
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
    let mut tried = Trying {
        number: case.number.clone(),
        action,
        chosen: pictures.iter().any(|field| sent.has_file(field.name)),
        kept: Vec::new(),
    };
    let taken = match keep_first(&app, &actor, &case, &mut tried, &mut sent).await {
        Ok(()) => take(&app, &actor, &case, action, &mut sent).await,
        Err(error) => Err(error),
    };
    match taken {
        Ok(Taken::Done) => {
            let back = format!("/cases/{}?said=done", case.number);
            Ok(Redirect::to(&back).into_response())
        }
        Ok(Taken::ToLookAt) => look(&app, hooks, &view, &actor, (&case, tried), &sent).await,
        Err(error) => again(&app, hooks, &view, &actor, (tried, &sent), error).await,
    }
}

/// An action on its way, for the page that may come back.
struct Trying {
    number: String,
    action: Action,
    /// Pictures were chosen, which a browser forgets with the page.
    chosen: bool,
    /// Those that were kept, because the form comes back to be looked at.
    kept: Vec<String>,
}

enum Taken {
    Done,
    /// Nothing happened yet: it is to be looked at first.
    ToLookAt,
}

/// Pictures of an action that is looked at first are kept before, and chosen by their ids.
async fn keep_first(
    app: &App,
    actor: &Actor,
    case: &Model,
    tried: &mut Trying,
    sent: &mut Sent,
) -> AppResult<()> {
    if tried.action != Action::Publish {
        return Ok(());
    }
    while let Some(upload) = sent.take_file("files") {
        let stored = app.files.keep_picture(upload).await;
        let stored = stored.map_err(|error| files::on_field(error, "files"))?;
        let id = commands::keep(app, case.office_id, actor.account, stored).await?;
        sent.put("files", id.to_string());
        sent.put("kept", id.to_string());
    }
    tried.chosen = false;
    // Those of now, and those of the time before when the form came back.
    tried.kept = sent.all("kept").into_iter().map(str::to_owned).collect();
    Ok(())
}

async fn take(
    app: &App,
    actor: &Actor,
    case: &Model,
    action: Action,
    sent: &mut Sent,
) -> AppResult<Taken> {
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
        people: form::newcomers(action, sent)?,
        by: super::door::acting(app.db.read(), actor).await?,
        once,
    };
    if check::asks_first(action) && !check::looked_at(sent)? {
        commands::rehearse(app, act).await?;
        return Ok(Taken::ToLookAt);
    }
    commands::act_once(app, act).await?;
    Ok(Taken::Done)
}

/// The form again with what it would bring about.
async fn look(
    app: &App,
    hooks: Hooks,
    view: &View,
    actor: &Actor,
    (case, trying): (&Model, Trying),
    sent: &Sent,
) -> AppResult<Response> {
    let check = check::of(app, view.lang, actor, (case, trying.action), sent).await?;
    let nothing_wrong = Faults::new().into();
    let tried = Tried {
        action: trying.action,
        form: Form::again(view.lang, sent, &nothing_wrong),
        refused: None,
        files_again: false,
        since: None,
        check: Some(check),
        kept: check::kept(view.lang, case, &trying.kept),
    };
    let desk = desk::open(app, view.lang, actor, case).await?;
    view.show(desk::page(app, hooks, case, desk, Some(tried)).await?)
}

/// The page again with what was typed: faults at their fields, a refusal above, and what happened
/// meanwhile when somebody else was faster.
async fn again(
    app: &App,
    hooks: Hooks,
    view: &View,
    actor: &Actor,
    (trying, sent): (Trying, &Sent),
    error: AppError,
) -> AppResult<Response> {
    // As it is now, not as it was when the form came in.
    let case = find(app, actor, &trying.number).await?;
    let error = words::explain(view.lang, case.kind, trying.action, case.stage, error);
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
        action: trying.action,
        form: Form::again(view.lang, sent, &error),
        refused,
        files_again: trying.chosen,
        since: stale
            .then(|| sent.get("expected_seq").parse().ok())
            .flatten(),
        check: None,
        kept: check::kept(view.lang, &case, &trying.kept),
    };
    let status = problem.status;
    let desk = desk::open(app, view.lang, actor, &case).await?;
    let page = desk::page(app, hooks, &case, desk, Some(tried)).await?;
    view.show_with(status, page)
}

/// 立子办件
async fn child(
    State(app): State<App>,
    Extension(hooks): Extension<Hooks>,
    view: View,
    actor: Actor,
    Path(number): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let case = find(&app, &actor, &number).await?;
    let once = sent.once(&format!("{} child of {}", actor.account, case.id))?;
    let by = super::door::acting(app.db.read(), &actor).await?;
    let opened = match form::child(&sent) {
        Ok(child) => {
            let of = (case.office_id, case.id);
            commands::open_child(&app, of, child, by, once).await
        }
        Err(error) => Err(error),
    };
    let error = match opened {
        Ok(done) => {
            return Ok(Redirect::to(&format!("/cases/{}", done.value)).into_response());
        }
        Err(error) => words::explain(view.lang, case.kind, Action::Link, case.stage, error),
    };
    let form = Form::retry(view.lang, &sent, error)?;
    let desk = desk::open(&app, view.lang, &actor, &case).await?;
    let child = desk.child(form);
    let mut page = desk::page(&app, hooks, &case, desk, None).await?;
    page.child = child;
    view.show_with(StatusCode::UNPROCESSABLE_ENTITY, page)
}

/// The name and number of somebody of the case, for a reason that is kept.
async fn reveal(
    State(app): State<App>,
    Extension(hooks): Extension<Hooks>,
    view: View,
    actor: Actor,
    peer: Peer,
    Path((number, party)): Path<(String, String)>,
    sent: Sent,
) -> AppResult<Response> {
    let case = find(&app, &actor, &number).await?;
    let desk = desk::open(&app, view.lang, &actor, &case).await?;
    if !beside::may_reach(&desk.actor, &desk.seen.state) {
        return Err(AppError::forbidden());
    }
    let party: i64 = party.parse().map_err(|_| AppError::not_found())?;
    let people = store::rows::parties_of(app.db.read(), case.id).await?;
    let person = people.into_iter().find(|row| row.id == party);
    let person = person
        .and_then(|row| row.person_id)
        .ok_or_else(AppError::not_found)?;
    let ip = peer.ip.to_string();
    let mut page = desk::page(&app, hooks, &case, desk, None).await?;
    match person::reveal(&app, &actor, person, sent.get("reason"), ip).await {
        Ok(opened) => {
            for line in page.people.iter_mut().filter(|line| line.id == party) {
                line.opened = Some(Opened {
                    name: opened.name.clone(),
                    phone: opened.phone.clone(),
                });
            }
            view.show(page)
        }
        Err(error) => {
            page.reason = Form::retry(view.lang, &sent, error)?;
            page.reason.values.insert("party".into(), party.to_string());
            view.show_with(StatusCode::UNPROCESSABLE_ENTITY, page)
        }
    }
}

/// A picture of a record that the reader may see.
async fn picture(
    State(app): State<App>,
    actor: Actor,
    Path((number, file)): Path<(String, String)>,
) -> AppResult<Response> {
    let case = find(&app, &actor, &number).await?;
    let file: FileId = file.parse().map_err(|_| AppError::not_found())?;
    let (mime, bytes) =
        files::open(&app, Reader::of(&actor), &case, file, Some(actor.account)).await?;
    Ok(([(header::CONTENT_TYPE, mime)], bytes).into_response())
}
