//! 报事: the pages behind a banner's or a door's code, and the one without a place.
use super::{
    commands::{self, By, Join, Report},
    form::{self, MOST_PICTURES, Raw, Speaker},
    keys,
    pages::{JoinedPage, ReportPage},
    place, show, store,
};
use crate::{
    account::{Audience, Routes},
    case::{files, words},
    domain::{
        case::{Action, Channel, Kind, Stage},
        fault::{Faults, FieldFault},
        id::AreaId,
    },
    error::{AppError, AppResult},
    platform::{
        App,
        api::Query,
        form::{Form, Sent},
        once::Once,
        page::{self, View, sealed},
        qr,
    },
};
use axum::{
    extract::{ConnectInfo, Path, State},
    http::header,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use std::net::SocketAddr;

type Peer = ConnectInfo<SocketAddr>;

/// What the public brings; the other kinds begin inside the office.
const PUBLIC: &[Kind] = &[Kind::ResidentRequest, Kind::Suggestion, Kind::Mailbox];

pub fn routes() -> Routes {
    use Audience::Anyone;
    Routes::new()
        .get(Anyone, "/report", blank)
        .post(Anyone, "/report", send)
        .get(Anyone, "/D/{code}", blank_here)
        .get(Anyone, "/d/{code}", blank_here)
        .post(Anyone, "/D/{code}", send_here)
        .get(Anyone, "/D/{code}/qr.svg", banner)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    kind: String,
}

/// A kind that the public may bring; anything else is an ordinary request.
fn kind(code: &str) -> Kind {
    Kind::from_code(code)
        .filter(|kind| PUBLIC.contains(kind))
        .unwrap_or(Kind::ResidentRequest)
}

async fn blank(
    State(app): State<App>,
    view: View,
    Query(asked): Query<Asked>,
) -> AppResult<Response> {
    view.show(report_page(&app, &view, None, kind(&asked.kind), Form::blank()).await?)
}

async fn blank_here(
    State(app): State<App>,
    view: View,
    Path(code): Path<String>,
    Query(asked): Query<Asked>,
) -> AppResult<Response> {
    view.show(report_page(&app, &view, Some(&code), kind(&asked.kind), Form::blank()).await?)
}

async fn send(State(app): State<App>, view: View, peer: Peer, sent: Sent) -> AppResult<Response> {
    answer(&app, &view, peer, None, sent).await
}

async fn send_here(
    State(app): State<App>,
    view: View,
    peer: Peer,
    Path(code): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    answer(&app, &view, peer, Some(&code), sent).await
}

/// The code of a banner or a door as it stands in the table: a scanner may have changed its case.
async fn place_of(app: &App, view: &View, code: &str) -> AppResult<(super::pages::Here, AreaId)> {
    let office = app.settings.office;
    let found = match show::here(app, view.lang, office, code).await? {
        None => show::here(app, view.lang, office, &code.to_uppercase()).await?,
        found => found,
    };
    found.ok_or_else(AppError::not_found)
}

async fn report_page(
    app: &App,
    view: &View,
    code: Option<&str>,
    kind: Kind,
    form: Form,
) -> AppResult<ReportPage> {
    let office = app.settings.office;
    let here = match code {
        Some(code) => Some(place_of(app, view, code).await?),
        None => None,
    };
    let at = match &here {
        Some((here, _)) => format!("/D/{}", here.code),
        None => "/report".to_owned(),
    };
    let areas = match here {
        Some(_) => Vec::new(),
        None => show::areas(app, office).await?,
    };
    let kinds = PUBLIC.iter().map(|kind| {
        let label = view.say::<&str>(&format!("intake.kind.{kind}"), &[]);
        show::choice(kind.code(), label)
    });
    Ok(ReportPage {
        at,
        here: here.map(|(here, _)| here),
        kind: kind.code().to_owned(),
        kinds: kinds.collect(),
        groups: show::groups(app, office, kind, view.lang).await?,
        areas,
        notice: show::notice(app, office, view.lang).await?,
        similar: Vec::new(),
        trouble: None,
        form,
    })
}

async fn answer(
    app: &App,
    view: &View,
    peer: Peer,
    code: Option<&str>,
    mut sent: Sent,
) -> AppResult<Response> {
    let kind = kind(sent.get("kind"));
    let done = match app.limits.registration_from(peer.0.ip()) {
        Ok(()) => take(app, view, code, kind, &mut sent).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(Taken::Answered(to)) => Ok(sealed(Redirect::to(&to).into_response())),
        Ok(Taken::Joined(page)) => Ok(sealed(view.show(page)?)),
        Ok(Taken::Similar(similar)) => {
            let mut page = report_page(app, view, code, kind, again(&sent, view, None)).await?;
            page.similar = similar;
            view.show(page)
        }
        Err(error) => {
            let error = words::explain(view.lang, kind, Action::Report, Stage::Registered, error);
            let form = again(&sent, view, Some(&error));
            let mut page = report_page(app, view, code, kind, form).await?;
            let AppError::Problem(problem) = error else {
                return Err(error);
            };
            if problem.errors.is_empty() {
                page.trouble = Some(page::problem_text(view.lang, &problem));
            }
            view.show_with(problem.status, page)
        }
    }
}

fn again(sent: &Sent, view: &View, error: Option<&AppError>) -> Form {
    let quiet = AppError::not_found();
    Form::again(view.lang, sent, error.unwrap_or(&quiet))
}

enum Taken {
    /// Where the new case is followed.
    Answered(String),
    Joined(JoinedPage),
    /// There is something like it; the reporter chooses.
    Similar(Vec<super::pages::Similar>),
}

async fn take(
    app: &App,
    view: &View,
    code: Option<&str>,
    kind: Kind,
    sent: &mut Sent,
) -> AppResult<Taken> {
    let (office, db) = (app.settings.office, app.db.read());
    let mut raw = Raw::of(sent);
    // Only what the public form asks counts, whatever was sent along.
    raw.then = String::new();
    raw.urgency = String::new();
    raw.title = String::new();
    raw.channel = String::new();
    let channel = match code {
        Some(code) => {
            let (here, area) = place_of(app, view, code).await?;
            let site = store::site_by_code(db, office, &here.code).await?;
            raw.area = site.as_ref().map_or(area.to_string(), |_| String::new());
            raw.site = site.map(|site| site.code).unwrap_or_default();
            Channel::Qr
        }
        None => Channel::Web,
    };
    let mut faults = Faults::new();
    let read = form::read(&raw, kind, channel, &mut faults);
    // Nobody sees this field; only programs that fill in everything write into it.
    if !sent.get("homepage").is_empty() {
        faults.add("homepage", FieldFault::Format);
    }
    let place = place::resolve(db, office, &raw, &mut faults).await?;
    let (mut read, place) = faults.into_result(read.zip(place))?;
    read.attachments.clear();
    let once = sent.once(if sent.get("join").is_empty() {
        "public report"
    } else {
        "public join"
    })?;
    if let Ok(number) = commands::number(sent.get("join")) {
        return joined(app, &number.to_string(), (read.speaker, channel), once).await;
    }
    if let Some(number) = app.db.answered::<String>(&once).await? {
        let key = own_key(app, &number).await?;
        return Ok(Taken::Answered(format!("/K/{key}?new=1")));
    }
    if kind == Kind::ResidentRequest && sent.get("anew").is_empty() {
        let at = (kind, raw.category.as_str());
        let similar = show::similar(app, view.lang, office, at, place.area).await?;
        if !similar.is_empty() {
            return Ok(Taken::Similar(similar));
        }
    }
    let report = Report {
        office,
        read,
        place,
        uploads: pictures(sent)?,
        by: By::Resident,
        row_hash: None,
    };
    let number = commands::report(app, report, once).await?.value;
    let key = own_key(app, &number).await?;
    Ok(Taken::Answered(format!("/K/{key}?new=1")))
}

/// Follows a case that is there instead of opening another.
async fn joined(
    app: &App,
    number: &str,
    (speaker, channel): (Speaker, Channel),
    once: Once,
) -> AppResult<Taken> {
    let (office, db) = (app.settings.office, app.db.read());
    let case = crate::case::store::by_number(db, office, number).await?;
    let join = Join {
        office,
        case: case.id,
        speaker,
        by: None,
        channel,
    };
    let person = commands::join(app, join, once).await?.value;
    let row = store::key_of(db, case.id, person).await?;
    let key = keys::open(&app.keys, &row.ok_or_else(AppError::not_found)?)?;
    Ok(Taken::Joined(JoinedPage {
        number: case.number,
        href: format!("/K/{}", key.in_full()),
    }))
}

/// The pictures of a form.
///
/// # Errors
/// 422 at `files` when there are too many.
pub fn pictures(sent: &mut Sent) -> AppResult<Vec<Vec<u8>>> {
    let mut uploads = Vec::new();
    while let Some(upload) = sent.take_file("files") {
        uploads.push(upload);
    }
    if uploads.len() > MOST_PICTURES {
        let fault = FieldFault::TooMany { max: MOST_PICTURES };
        return Err(files::on_field(Faults::one("files", fault).into(), "files"));
    }
    Ok(uploads)
}

/// The key of whoever reported a case.
pub async fn own_key(app: &App, number: &str) -> AppResult<String> {
    let (db, office) = (app.db.read(), app.settings.office);
    let case = crate::case::store::by_number(db, office, number).await?;
    let person = crate::case::store::state(&case)?.person;
    let person = person.ok_or_else(AppError::not_found)?;
    let row = store::key_of(db, case.id, person).await?;
    let key = keys::open(&app.keys, &row.ok_or_else(AppError::not_found)?)?;
    Ok(key.in_full().to_owned())
}

/// The code for a banner or a door, to be printed.
async fn banner(
    State(app): State<App>,
    view: View,
    Path(code): Path<String>,
) -> AppResult<Response> {
    let (here, _) = place_of(&app, &view, &code).await?;
    let svg = qr::svg(&format!("{}/D/{}", app.settings.public_url, here.code))?;
    Ok(([(header::CONTENT_TYPE, "image/svg+xml")], svg).into_response())
}
