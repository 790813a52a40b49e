//! Planning an evening on pages: the list, the form, and everything that has to be done for it.
use super::{
    commands,
    form::{self, FORM, Typed},
    pages::{EditPage, FairRow, FairsPage, SettingsPage, Way},
    plan,
    routes_api::PLANNERS,
    store::{self, Shown},
    view,
};
use crate::{
    account::Actor,
    domain::{
        fair::{FairStatus, FairTask},
        id::FairId,
        role::Role,
        text::choice,
    },
    entity::fair::Model,
    error::{AppError, AppResult, FieldError},
    platform::{
        App,
        api::{PageQuery, Query},
        form::{Form, Sent},
        once::Once,
        page::{Flash, Said, View},
    },
};
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

const PAGE: u64 = 20;
const LIST: &str = "/office/fairs";

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    cursor: String,
}

pub async fn list(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Query(asked): Query<Asked>,
) -> AppResult<Response> {
    let (db, now) = (app.db.read(), app.db.now());
    let page = PageQuery {
        limit: Some(PAGE),
        cursor: Some(asked.cursor).filter(|cursor| !cursor.is_empty()),
    };
    let before = page.after()?;
    let shown = match (actor.role, actor.unit) {
        (Role::CoHost, Some(unit)) => Shown::HostedBy(unit),
        (Role::CoHost, None) => return Err(AppError::forbidden()),
        _ => Shown::All,
    };
    let mut fairs = store::list(db, actor.office, shown, before, PAGE + 1).await?;
    let limit = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let more = fairs.len() > limit;
    fairs.truncate(limit);
    let next = fairs.last().filter(|_| more);
    let next = next.map(|fair| format!("{LIST}?cursor={}", fair.id));
    let ids: Vec<FairId> = fairs.iter().map(|fair| fair.id).collect();
    let counts = store::counts(db, &ids).await?;
    let row = |fair: &Model| {
        let (booths, taken) = counts.get(&fair.id).copied().unwrap_or_default();
        FairRow {
            fair: view::head(fair, now),
            registered: fair.registered,
            capacity: fair.capacity,
            booths,
            taken,
        }
    };
    view.show(FairsPage {
        rows: fairs.iter().map(row).collect(),
        next,
        first: before.map(|_| LIST.to_owned()),
        plans: actor.is(PLANNERS),
    })
}

/// A form page with its choices; `seen` is the fair that is changed.
async fn edit_of(
    app: &App,
    view: &View,
    actor: &Actor,
    form: Form,
    seen: Option<&Model>,
) -> AppResult<EditPage> {
    let units = store::units(app.db.read(), actor.office).await?;
    Ok(EditPage {
        fair: seen.map(|fair| view::head(fair, app.db.now())),
        kinds: view::kinds(view),
        groups: view::groups(view),
        units: view::units(units),
        preview: form
            .values
            .get("booths")
            .filter(|_| !form.errors.contains_key("booths"))
            .and_then(|text| view::preview(text)),
        version: seen.map(|fair| fair.version),
        fault: None,
        form,
    })
}

pub async fn new_page(State(app): State<App>, view: View, actor: Actor) -> AppResult<Response> {
    let form = Form::filled([("kind", "on_site".to_owned())]);
    view.show(edit_of(&app, &view, &actor, form, None).await?)
}

pub async fn create(
    State(app): State<App>,
    view: View,
    actor: Actor,
    sent: Sent,
) -> AppResult<Response> {
    if sent.has("preview") {
        return look_first(&app, &view, &actor, &sent, None).await;
    }
    match make(&app, &actor, &sent).await {
        Ok(id) => {
            let fair = store::find_by_id(app.db.read(), actor.office, id).await?;
            Ok(to(&fair.slug, "made"))
        }
        Err(error) => retry(&app, &view, &actor, &sent, None, error).await,
    }
}

async fn make(app: &App, actor: &Actor, sent: &Sent) -> AppResult<FairId> {
    let details = form::details(&Typed::of(sent), &FORM)?;
    let details = form::ahead(details, app.db.now())?;
    let once = sent.once(&format!("fair {}", actor.account))?;
    let done = commands::create(app, actor.office, details, once).await?;
    Ok(done.value)
}

/// The form with the booths drawn as they were typed; nothing is written.
async fn look_first(
    app: &App,
    view: &View,
    actor: &Actor,
    sent: &Sent,
    seen: Option<&Model>,
) -> AppResult<Response> {
    let mut faults = crate::domain::fault::Faults::new();
    faults.take("booths", crate::domain::booth::plan(sent.get("booths")));
    let wrong = !faults.is_empty();
    let form = Form::again(view.lang, sent, &AppError::from(faults));
    let page = edit_of(app, view, actor, form, seen).await?;
    let status = if wrong {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    view.show_with(status, kept(page, sent))
}

/// The version that the form showed at first, so that a stale form stays stale.
fn kept(page: EditPage, sent: &Sent) -> EditPage {
    let version = sent.get("version").parse().ok();
    EditPage {
        version: page.version.and(version),
        ..page
    }
}

async fn retry(
    app: &App,
    view: &View,
    actor: &Actor,
    sent: &Sent,
    seen: Option<&Model>,
    error: AppError,
) -> AppResult<Response> {
    let error = to_field(error);
    let (status, form, fault) = view::again(view, sent, error)?;
    let page = edit_of(app, view, actor, form, seen).await?;
    let page = EditPage {
        fault,
        ..kept(page, sent)
    };
    view.show_with(status, page)
}

/// A fault of the whole that belongs to one field of the form.
fn to_field(error: AppError) -> AppError {
    if error.code() != Some("slug_taken") {
        return error;
    }
    AppError::invalid(vec![FieldError {
        field: "slug".into(),
        code: "taken".into(),
        params: Vec::new(),
    }])
}

pub async fn edit_page(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(slug): Path<String>,
) -> AppResult<Response> {
    let fair = commands::look(&app, &actor, &slug).await?;
    if fair.status == FairStatus::Cancelled {
        return Err(AppError::conflict("fair_cancelled"));
    }
    let hosts = store::hosts(app.db.read(), &[fair.id]).await?;
    let hosts: Vec<_> = hosts.into_iter().map(|(_, host)| host).collect();
    let form = view::filled(&fair, &hosts);
    view.show(edit_of(&app, &view, &actor, form, Some(&fair)).await?)
}

pub async fn edit(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(slug): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let fair = commands::look(&app, &actor, &slug).await?;
    if sent.has("preview") {
        return look_first(&app, &view, &actor, &sent, Some(&fair)).await;
    }
    match change(&app, &actor, &fair, &sent).await {
        Ok(slug) => Ok(to(&slug, "saved")),
        Err(error) => retry(&app, &view, &actor, &sent, Some(&fair), error).await,
    }
}

async fn change(app: &App, actor: &Actor, fair: &Model, sent: &Sent) -> AppResult<String> {
    let mut details = form::details(&Typed::of(sent), &FORM)?;
    if details.facts.times.ends_at != fair.ends_at {
        details = form::ahead(details, app.db.now())?;
    }
    let version = sent.get("version").parse();
    let version = version.map_err(|_| AppError::conflict("stale"))?;
    let slug = details.facts.slug.clone();
    commands::change(app, actor.office, fair.slug.clone(), version, details).await?;
    Ok(slug)
}

fn to(slug: &str, said: &str) -> Response {
    Redirect::to(&format!("{LIST}/{slug}?said={said}")).into_response()
}

pub async fn settings(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(slug): Path<String>,
    Query(said): Query<Said>,
) -> AppResult<Response> {
    let fair = commands::look(&app, &actor, &slug).await?;
    let page = settings_of(&app, &view, &actor, &fair).await?;
    view.show(SettingsPage {
        flash: said.flash(&view, "fair"),
        ..page
    })
}

async fn settings_of(
    app: &App,
    view: &View,
    actor: &Actor,
    fair: &Model,
) -> AppResult<SettingsPage> {
    let (db, now) = (app.db.read(), app.db.now());
    let hosts = store::hosts(db, &[fair.id]).await?;
    let everybody = plan::everybody(app, fair).await?;
    let booths = everybody.stalls.len();
    let taken = everybody.stalls.iter().filter(|s| s.stand.is_some());
    let obstacles = if fair.status == FairStatus::Draft {
        commands::obstacles(fair, booths, now)
    } else {
        Vec::new()
    };
    Ok(SettingsPage {
        fair: view::head(fair, now),
        flash: None,
        obstacles,
        tasks: view::task_lines(store::tasks(db, fair.id).await?, now),
        programme: view::programme_lines(store::programme(db, fair.id).await?),
        hosts: view::host_lines(hosts.into_iter().map(|(_, host)| host).collect()),
        groups: view::code_list(&fair.target_groups),
        kinds: view::programme_kinds(view),
        form: item_form(fair),
        registered: fair.registered,
        capacity: fair.capacity,
        expected: fair.expected,
        booths,
        taken: taken.count(),
        waiting: everybody.line.len(),
        filing_no: fair.filing_no.clone(),
        permit_no: fair.permit_no.clone(),
        plans: actor.is(PLANNERS),
        public_url: format!("{}/f/{}", app.settings.public_url, fair.slug),
        ways: ways(actor.role, fair),
    })
}

/// A new item of the programme begins with the evening.
fn item_form(fair: &Model) -> Form {
    Form::filled([
        ("starts_at", view::local(fair.starts_at)),
        ("ends_at", view::local(fair.ends_at)),
    ])
}

/// Key of the words, the rest of the address, icon, who gets it, and whether only once published.
type Entry = (
    &'static str,
    &'static str,
    &'static str,
    &'static [Role],
    bool,
);

/// Who sees an evening from the office's side.
pub const HOSTS: &[Role] = &[
    Role::OfficeAdmin,
    Role::PlacementOfficer,
    Role::CoHost,
    Role::Board,
    Role::Secretary,
];
const STUDY: &[Role] = &[Role::OfficeAdmin, Role::PlacementOfficer, Role::CoHost];

const WAYS: &[Entry] = &[
    ("booths", "/office/fairs/{}/booths", "booth", HOSTS, false),
    ("print", "/office/fairs/{}/print", "print", HOSTS, false),
    ("posters", "/office/fairs/{}/posters", "qr", PLANNERS, false),
    (
        "registrations",
        "/office/fairs/{}/registrations",
        "people",
        PLANNERS,
        false,
    ),
    (
        "postings",
        "/office/postings?status=all&fair={}",
        "work",
        STUDY,
        false,
    ),
    ("streams", "/office/fairs/{}/streams", "live", HOSTS, false),
    ("gate", "/gate/{}", "scan", PLANNERS, true),
    (
        "reconcile",
        "/office/fairs/{}/reconcile",
        "swap",
        PLANNERS,
        true,
    ),
    ("tally", "/office/fairs/{}/tally", "chart", HOSTS, false),
    ("screen", "/f/{}/screen", "chart", HOSTS, true),
    ("public", "/f/{}", "link", HOSTS, true),
];

fn ways(role: Role, fair: &Model) -> Vec<Way> {
    let shown = fair.published_at.is_some();
    WAYS.iter()
        .filter(|(_, _, _, roles, once_shown)| roles.contains(&role) && (shown || !once_shown))
        .map(|(key, href, icon, ..)| Way {
            key,
            href: href.replace("{}", &fair.slug),
            icon,
        })
        .collect()
}

/// The settings with why the last action was refused.
async fn refused(
    app: &App,
    view: &View,
    actor: &Actor,
    slug: &str,
    error: AppError,
) -> AppResult<Response> {
    let (status, flash) = view::refusal(view, error)?;
    let fair = commands::look(app, actor, slug).await?;
    let page = settings_of(app, view, actor, &fair).await?;
    let flash = Some(flash);
    view.show_with(status, SettingsPage { flash, ..page })
}

pub async fn publish(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(slug): Path<String>,
) -> AppResult<Response> {
    match commands::publish(&app, actor.office, slug.clone(), Once::unkeyed()).await {
        Ok(_) => Ok(to(&slug, "published")),
        Err(error) => refused(&app, &view, &actor, &slug, error).await,
    }
}

pub async fn cancel(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(slug): Path<String>,
) -> AppResult<Response> {
    match commands::cancel(&app, actor.office, slug.clone()).await {
        Ok(()) => Ok(to(&slug, "cancelled")),
        Err(error) => refused(&app, &view, &actor, &slug, error).await,
    }
}

pub async fn tick(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(slug): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let task: FairTask = choice(sent.get("task")).map_err(|_| AppError::not_found())?;
    let done = sent.get("done") == "yes";
    let ticked = match form::note(sent.get("note")) {
        Ok(note) => {
            let slug = slug.clone();
            commands::tick(&app, actor.clone(), slug, task, done, note).await
        }
        Err(faults) => Err(faults.into()),
    };
    let Err(error) = ticked else {
        return Ok(to(&slug, if done { "ticked" } else { "opened" }));
    };
    if error.field_errors().is_empty() {
        return refused(&app, &view, &actor, &slug, error).await;
    }
    let (status, flash) = view::refusal(&view, error)?;
    let fair = commands::look(&app, &actor, &slug).await?;
    let mut page = settings_of(&app, &view, &actor, &fair).await?;
    let line = page.tasks.iter_mut();
    for line in line.filter(|line| line.code == sent.get("task")) {
        sent.get("note").clone_into(&mut line.note);
        line.fault = Some(flash.text.clone());
    }
    view.show_with(status, page)
}

pub async fn add_item(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(slug): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let done = match form::item(&sent) {
        Ok(item) => {
            let once = sent.once(&format!("programme {} {slug}", actor.account))?;
            commands::add_item(&app, actor.office, slug.clone(), item, once).await
        }
        Err(faults) => Err(faults.into()),
    };
    let Err(error) = done else {
        return Ok(to(&slug, "item_added"));
    };
    let fair = commands::look(&app, &actor, &slug).await?;
    let (status, form, fault) = view::again(&view, &sent, error)?;
    let page = settings_of(&app, &view, &actor, &fair).await?;
    let page = SettingsPage {
        form,
        flash: fault.map(|text| Flash { tone: "bad", text }),
        ..page
    };
    view.show_with(status, page)
}

pub async fn remove_item(
    State(app): State<App>,
    actor: Actor,
    Path((slug, item)): Path<(String, String)>,
) -> AppResult<Response> {
    let item = view::id(&item)?;
    commands::remove_item(&app, actor.office, slug.clone(), item).await?;
    Ok(to(&slug, "item_removed"))
}
