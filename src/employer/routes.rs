use super::{
    commands::{self, FirstPassword, Register, Uploads, lane},
    form,
    pages::{CompanyPage, DossierPage, EmployersPage, JoinPage, NewEmployerPage},
    routes_api::{self, REVIEWERS},
    store::{self, Filter},
    view,
};
use crate::{
    account::{
        self, Actor, Audience, Routes,
        commands::SignIn,
        session::{cookie, home},
    },
    domain::{
        employer::{Decision, EmployerStatus},
        fault::{Faults, FieldFault},
        id::{EmployerId, FileId},
        role::Role,
        text::choice,
    },
    entity::employer::Model,
    error::{AppError, AppResult, FieldError},
    platform::{
        App,
        api::{PageQuery, Query},
        files,
        form::{Form, Sent},
        page::View,
        text::{self, Lang},
    },
};
use axum::{
    extract::{ConnectInfo, Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use axum_extra::extract::CookieJar;
use serde::Deserialize;
use std::net::SocketAddr;
use utoipa_axum::routes;

const EMPLOYER: Audience = Audience::Roles(&[Role::Employer]);
const REVIEW: Audience = Audience::Roles(REVIEWERS);
const OFFICE: Audience = Audience::Roles(&[Role::OfficeAdmin, Role::PlacementOfficer]);
const PAGE: u64 = 50;

pub fn routes() -> Routes {
    Routes::new()
        .get(Audience::Anyone, "/employer/join", join_page)
        .post(Audience::Anyone, "/employer/join", join)
        .get(EMPLOYER, "/employer/company", company_page)
        .post(EMPLOYER, "/employer/company", company)
        .get(EMPLOYER, "/employer/company/papers/{which}", own_paper)
        .get(REVIEW, "/office/employers", list)
        .get(REVIEW, "/office/employers/new", new_page)
        .post(REVIEW, "/office/employers/new", create)
        .get(REVIEW, "/office/employers/{id}", dossier)
        .post(REVIEW, "/office/employers/{id}/review", review)
        .post(REVIEW, "/office/employers/{id}/reveal", reveal)
        .post(OFFICE, "/office/employers/{id}/pardon", pardon)
        .get(REVIEW, "/office/employers/{id}/papers/{which}", paper)
        .api(REVIEW, routes!(routes_api::create))
        .api(REVIEW, routes!(routes_api::list))
        .api(REVIEW, routes!(routes_api::one))
        .api(REVIEW, routes!(routes_api::review))
}

/// A fault of the whole that belongs to one field of the form.
fn to_field(error: AppError) -> AppError {
    let field = match error.code() {
        Some("employer_exists") => ("uscc", "employer_exists"),
        Some("login_taken") => ("login", "taken"),
        _ => return error,
    };
    AppError::invalid(vec![FieldError {
        field: field.0.into(),
        code: field.1.into(),
        params: Vec::new(),
    }])
}

/// The form again when fields are wrong; any other error as it is.
fn again(view: &View, sent: &Sent, error: AppError) -> AppResult<Form> {
    let error = to_field(error);
    if error.field_errors().is_empty() {
        return Err(error);
    }
    let mut form = Form::again(view.lang, sent, &error);
    form.values.remove("password");
    Ok(form)
}

fn uploads(sent: &mut Sent) -> Uploads {
    Uploads {
        licence: sent.take_file("licence"),
        authority: sent.take_file("authority"),
    }
}

async fn join_page(view: View) -> AppResult<Response> {
    let choices = view::choices(&view);
    let form = Form::blank();
    view.show(JoinPage { form, choices })
}

async fn join(
    State(app): State<App>,
    view: View,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    jar: CookieJar,
    mut sent: Sent,
) -> AppResult<Response> {
    app.limits.guess_from(peer.ip())?;
    match register(&app, &mut sent).await {
        Ok(()) => {
            let sign_in = SignIn {
                login: sent.get("login").to_owned(),
                password: sent.get("password").to_owned(),
                ip: peer.ip().to_string(),
                device: device(&headers),
            };
            let (token, _) = account::commands::sign_in(&app, sign_in).await?;
            let jar = jar.add(cookie(&app.settings, token));
            Ok((jar, Redirect::to(home(Role::Employer))).into_response())
        }
        Err(error) => {
            let form = again(&view, &sent, error)?;
            let choices = view::choices(&view);
            view.show_with(StatusCode::UNPROCESSABLE_ENTITY, JoinPage { form, choices })
        }
    }
}

fn device(headers: &HeaderMap) -> String {
    let agent = headers.get(header::USER_AGENT);
    let agent = agent.and_then(|v| v.to_str().ok()).unwrap_or_default();
    agent.chars().take(120).collect()
}

async fn register(app: &App, sent: &mut Sent) -> AppResult<()> {
    let joined = form::join(sent)?;
    let once = sent.once("join")?;
    let asked = Register {
        details: joined.details,
        uploads: uploads(sent),
        promised: true,
        source: None,
        entry: Some((joined.entry, FirstPassword::ChosenByThem)),
    };
    commands::register(app, app.settings.office, asked, once).await?;
    Ok(())
}

async fn company_page(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Query(query): Query<Saved>,
) -> AppResult<Response> {
    let employer = store::find(app.db.read(), actor.office, actor.employer()?).await?;
    let form = filled(&app, &employer)?;
    let page = company_of(&app, &view, &employer, form, query.saved.is_some())?;
    view.show(page)
}

#[derive(Deserialize)]
struct Saved {
    saved: Option<String>,
}

fn company_of(
    app: &App,
    view: &View,
    employer: &Model,
    form: Form,
    saved: bool,
) -> AppResult<CompanyPage> {
    Ok(CompanyPage {
        form,
        choices: view::choices(view),
        card: view::card(app, employer, None),
        facts: view::facts(app, employer)?,
        saved,
    })
}

/// The employer sees its own contact in full: it is its own.
fn filled(app: &App, employer: &Model) -> AppResult<Form> {
    let (name, phone) = commands::contact(&app.keys, employer)?;
    let name = name.map(|name| name.in_full().to_owned());
    let phone = phone.map(|phone| phone.in_full().to_owned());
    Ok(Form::filled(view::values(
        employer,
        name.unwrap_or_default(),
        phone.unwrap_or_default(),
    )))
}

async fn company(
    State(app): State<App>,
    view: View,
    actor: Actor,
    mut sent: Sent,
) -> AppResult<Response> {
    let id = actor.employer()?;
    match mend(&app, &actor, id, &mut sent).await {
        Ok(()) => Ok(Redirect::to("/employer/company?saved=1").into_response()),
        Err(error) => {
            let form = again(&view, &sent, error)?;
            let employer = store::find(app.db.read(), actor.office, id).await?;
            let page = company_of(&app, &view, &employer, form, false)?;
            view.show_with(StatusCode::UNPROCESSABLE_ENTITY, page)
        }
    }
}

async fn mend(app: &App, actor: &Actor, id: EmployerId, sent: &mut Sent) -> AppResult<()> {
    let details = form::company(sent)?;
    commands::mend(app, actor.office, id, details, uploads(sent)).await
}

#[derive(Deserialize)]
struct ListQuery {
    status: Option<String>,
    q: Option<String>,
    cursor: Option<String>,
}

async fn list(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Query(query): Query<ListQuery>,
) -> AppResult<Response> {
    let status = query.status.as_deref().unwrap_or_default();
    let filter = Filter {
        status: choice::<EmployerStatus>(status).ok(),
        source: lane(&actor)?,
        words: view::words(query.q.as_deref()),
    };
    let page = PageQuery {
        limit: Some(PAGE),
        cursor: query.cursor.clone(),
    };
    let after = page.after()?;
    let db = app.db.read();
    let mut rows = store::list(db, actor.office, &filter, after, PAGE + 1).await?;
    let next = view::next_of(&mut rows, PAGE, |row| row.id.0);
    let counts = store::counts(db, actor.office, &filter).await?;
    let units = store::unit_names(db, actor.office).await?;
    let source = |row: &Model| {
        row.source_unit_id
            .and_then(|unit| units.get(&unit).cloned())
    };
    view.show(EmployersPage {
        tabs: view::tabs(&counts, &filter),
        q: filter.words.clone().unwrap_or_default(),
        status: view::status_code(&filter),
        cards: rows
            .iter()
            .map(|row| view::card(&app, row, source(row)))
            .collect(),
        next: next
            .map(|cursor| view::list_href(filter.status, filter.words.as_deref(), Some(&cursor))),
        first: after.map(|_| view::list_href(filter.status, filter.words.as_deref(), None)),
    })
}

async fn new_page(view: View) -> AppResult<Response> {
    let choices = view::choices(&view);
    let form = Form::blank();
    view.show(NewEmployerPage { form, choices })
}

async fn create(
    State(app): State<App>,
    view: View,
    actor: Actor,
    mut sent: Sent,
) -> AppResult<Response> {
    match bring(&app, &actor, &mut sent).await {
        Ok(id) => Ok(Redirect::to(&format!("/office/employers/{id}")).into_response()),
        Err(error) => {
            let form = again(&view, &sent, error)?;
            let choices = view::choices(&view);
            view.show_with(
                StatusCode::UNPROCESSABLE_ENTITY,
                NewEmployerPage { form, choices },
            )
        }
    }
}

async fn bring(app: &App, actor: &Actor, sent: &mut Sent) -> AppResult<EmployerId> {
    let brought = form::brought(sent)?;
    let once = sent.once(&format!("bring {}", actor.account))?;
    let asked = Register {
        details: brought.details,
        uploads: uploads(sent),
        promised: brought.promised,
        source: lane(actor)?,
        entry: brought.entry.map(|entry| (entry, FirstPassword::GivenByUs)),
    };
    Ok(commands::register(app, actor.office, asked, once)
        .await?
        .value)
}

/// What a visit to a file shows besides the file: its forms, and a phone just opened.
#[derive(Default)]
struct Desk {
    form: Option<Form>,
    reveal: Option<Form>,
    pardon: Option<Form>,
    phone: Option<String>,
}

async fn dossier_of(
    app: &App,
    actor: &Actor,
    id: EmployerId,
    desk: Desk,
) -> AppResult<DossierPage> {
    let employer = commands::look(app, actor, id).await?;
    let units = store::unit_names(app.db.read(), actor.office).await?;
    let source = employer
        .source_unit_id
        .and_then(|unit| units.get(&unit).cloned());
    Ok(DossierPage {
        card: view::card(app, &employer, source),
        facts: view::facts(app, &employer)?,
        form: desk.form.unwrap_or_else(Form::blank),
        reveal: desk.reveal.unwrap_or_else(Form::blank),
        pardon: desk.pardon.unwrap_or_else(Form::blank),
        phone: desk.phone,
        full: actor.role != Role::CoHost,
    })
}

async fn dossier(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(id): Path<String>,
) -> AppResult<Response> {
    let page = dossier_of(&app, &actor, view::id(&id)?, Desk::default()).await?;
    view.show(page)
}

async fn review(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(id): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let id = view::id(&id)?;
    match decide(&app, &actor, id, &sent).await {
        Ok(()) => Ok(Redirect::to(&format!("/office/employers/{id}")).into_response()),
        Err(error) => {
            let form = Some(again(&view, &sent, error)?);
            let desk = Desk {
                form,
                ..Desk::default()
            };
            let page = dossier_of(&app, &actor, id, desk).await?;
            view.show_with(StatusCode::UNPROCESSABLE_ENTITY, page)
        }
    }
}

/// With papers missing the page asks whether the originals were seen.
async fn decide(app: &App, actor: &Actor, id: EmployerId, sent: &Sent) -> AppResult<()> {
    let mut review = form::review(sent.get("decision"), sent.get("reason"))?;
    let employer = commands::look(app, actor, id).await?;
    let lacks = !view::missing(app, &employer).is_empty();
    if review.decision == Decision::Approve && lacks {
        if sent.get("originals") != "yes" {
            return Err(Faults::one("originals", FieldFault::Required).into());
        }
        review.reason = Some(
            review
                .reason
                .unwrap_or_else(|| text::say::<&str>(Lang::Zh, "employer.originals_seen", &[])),
        );
    }
    commands::review(app, actor.clone(), id, review).await
}

async fn reveal(
    State(app): State<App>,
    view: View,
    actor: Actor,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(id): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let id = view::id(&id)?;
    let reason = match form::reason(&sent) {
        Ok(reason) => reason,
        Err(faults) => {
            let reveal = Some(again(&view, &sent, faults.into())?);
            let page = dossier_of(
                &app,
                &actor,
                id,
                Desk {
                    reveal,
                    ..Desk::default()
                },
            )
            .await?;
            return view.show_with(StatusCode::UNPROCESSABLE_ENTITY, page);
        }
    };
    let ip = peer.ip().to_string();
    let phone = commands::reveal(&app, actor.clone(), id, reason, ip).await?;
    let phone = phone.map(|phone| phone.in_full().to_owned());
    let page = dossier_of(
        &app,
        &actor,
        id,
        Desk {
            phone,
            ..Desk::default()
        },
    )
    .await?;
    view.show(page)
}

async fn pardon(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(id): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let id = view::id(&id)?;
    match form::reason(&sent) {
        Ok(reason) => {
            commands::pardon(&app, actor, id, reason).await?;
            Ok(Redirect::to(&format!("/office/employers/{id}")).into_response())
        }
        Err(faults) => {
            let pardon = Some(again(&view, &sent, faults.into())?);
            let page = dossier_of(
                &app,
                &actor,
                id,
                Desk {
                    pardon,
                    ..Desk::default()
                },
            )
            .await?;
            view.show_with(StatusCode::UNPROCESSABLE_ENTITY, page)
        }
    }
}

async fn own_paper(
    State(app): State<App>,
    actor: Actor,
    Path(which): Path<String>,
) -> AppResult<Response> {
    let employer = store::find(app.db.read(), actor.office, actor.employer()?).await?;
    picture(&app, &employer, &which).await
}

async fn paper(
    State(app): State<App>,
    actor: Actor,
    Path((id, which)): Path<(String, String)>,
) -> AppResult<Response> {
    let employer = commands::look(&app, &actor, view::id(&id)?).await?;
    picture(&app, &employer, &which).await
}

async fn picture(app: &App, employer: &Model, which: &str) -> AppResult<Response> {
    let file: Option<FileId> = match which {
        "licence" => employer.licence_file_id,
        "authority" => employer.authority_file_id,
        _ => None,
    };
    let file = file.ok_or_else(AppError::not_found)?;
    let row = files::find(app.db.read(), employer.office_id, file).await?;
    let bytes = app.files.read(&row).await?;
    Ok(([(header::CONTENT_TYPE, row.mime)], bytes).into_response())
}
