//! 金点子: what residents suggest, who supports it, how it is deliberated and decided.
use super::{
    commands,
    pages::{IdeaPage, IdeasPage},
    routes as board, view,
};
use crate::{
    account::{Audience, Routes},
    case::{
        public::{self, Wanted},
        store, words,
    },
    domain::{
        case::{Action, Kind, Stage},
        id::{CaseId, PersonId},
    },
    error::{AppError, AppResult},
    intake::keys,
    platform::{
        App,
        api::Query,
        form::{Form, Sent},
        page::{self, Said, View, sealed},
    },
};
use axum::{
    extract::{ConnectInfo, Path, State},
    response::{IntoResponse, Redirect, Response},
};
use axum_extra::extract::{
    CookieJar,
    cookie::{Cookie, SameSite},
};
use serde::Deserialize;
use std::net::SocketAddr;

type Peer = ConnectInfo<SocketAddr>;

/// Ideas of a page.
const PAGE: u64 = 20;
/// The key that a resident brought, until the browser is closed; sent to nothing but these pages.
const COOKIE: &str = "idea_key";

pub fn routes() -> Routes {
    use Audience::Anyone;
    Routes::new()
        .get(Anyone, "/ideas", ideas)
        .post(Anyone, "/ideas/key", bring)
        .get(Anyone, "/ideas/{uid}", idea)
        .post(Anyone, "/ideas/{uid}/second", second)
}

/// Who holds a key of the office.
///
/// # Errors
/// 404 for a key there is none of; 429 for who tries many.
pub async fn holder(app: &App, raw: &str, peer: Peer) -> AppResult<PersonId> {
    match keys::find(app.db.read(), &app.keys, app.settings.office, raw).await {
        Err(error) if error.code() == Some("not_found") => {
            app.limits.guess_from(peer.0.ip())?;
            Err(error)
        }
        found => Ok(found?.person_id),
    }
}

/// The key in the reader's cookie, if there is still one like it.
async fn brought(app: &App, jar: &CookieJar) -> AppResult<Option<PersonId>> {
    let Some(cookie) = jar.get(COOKIE) else {
        return Ok(None);
    };
    match keys::find(
        app.db.read(),
        &app.keys,
        app.settings.office,
        cookie.value(),
    )
    .await
    {
        Ok(row) => Ok(Some(row.person_id)),
        Err(error) if error.code() == Some("not_found") => Ok(None),
        Err(error) => Err(error),
    }
}

fn remembered(app: &App, jar: CookieJar, key: &str) -> CookieJar {
    let key = key.trim().trim_end_matches('/');
    let key = key.rsplit('/').next().unwrap_or(key).to_owned();
    jar.add(
        Cookie::build((COOKIE, key))
            .path("/ideas")
            .secure(app.settings.secure())
            .http_only(true)
            .same_site(SameSite::Lax),
    )
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    before: String,
}

async fn ideas(
    State(app): State<App>,
    view: View,
    jar: CookieJar,
    Query(asked): Query<Asked>,
    Query(said): Query<Said>,
) -> AppResult<Response> {
    let office = app.settings.office;
    let wanted = Wanted {
        kind: Some(Kind::Suggestion),
        ..Wanted::default()
    };
    let before = asked.before.parse::<CaseId>().ok();
    let mut found = public::list(&app, office, &wanted, before, PAGE + 1).await?;
    let next = board::cut(&mut found, PAGE);
    let ids: Vec<CaseId> = found.iter().map(|one| one.case).collect();
    let rows = store::many(app.db.read(), office, &ids).await?;
    let mut lines = Vec::new();
    for one in &found {
        let row = rows.iter().find(|row| row.id == one.case);
        let idea = row
            .map(store::state)
            .transpose()?
            .and_then(|state| state.idea);
        let seconds = idea.map_or(0, |idea| idea.seconded_by.len());
        lines.push(view::idea(view.lang, one, seconds));
    }
    let page = IdeasPage {
        ideas: lines,
        meetings: if before.is_none() {
            board::meetings(&app, None).await?
        } else {
            Vec::new()
        },
        known: brought(&app, &jar).await?.is_some(),
        next: next.map_or_else(String::new, |at| format!("/ideas?before={at}")),
        first: before.map_or_else(String::new, |_| "/ideas".into()),
        flash: said.flash(&view, "notice"),
    };
    Ok(sealed(view.show(page)?))
}

/// 带查询码来附议: the way from a tracking page, whose address must not be told to others.
async fn bring(
    State(app): State<App>,
    jar: CookieJar,
    peer: Peer,
    sent: Sent,
) -> AppResult<Response> {
    let key = sent.get("key");
    holder(&app, key, peer).await?;
    let jar = remembered(&app, jar, key);
    Ok(sealed(
        (jar, Redirect::to("/ideas?said=key_known")).into_response(),
    ))
}

async fn idea(
    State(app): State<App>,
    view: View,
    jar: CookieJar,
    Path(uid): Path<String>,
    Query(said): Query<Said>,
) -> AppResult<Response> {
    let mut page = idea_page(&app, &view, &uid, &jar).await?;
    page.flash = said.flash(&view, "notice");
    Ok(sealed(view.show(page)?))
}

async fn idea_page(app: &App, view: &View, uid: &str, jar: &CookieJar) -> AppResult<IdeaPage> {
    let (lang, office) = (view.lang, app.settings.office);
    let (published, read) = commands::read(app, office, uid).await?;
    let holder = brought(app, jar).await?;
    let part = match holder {
        Some(person) => commands::part_of(app, office, published.case, person).await?,
        None => "",
    };
    let meetings = read.meetings.iter().rev();
    Ok(IdeaPage {
        card: view::card(lang, &published),
        seconds: read.seconds,
        open: view::is_open(published.stage),
        known: holder.is_some(),
        part,
        meetings: meetings
            .map(|meeting| view::meeting(&published, meeting))
            .collect(),
        decided: read.decided.map(|one| view::decided(lang, one)),
        trouble: None,
        form: Form::blank(),
        flash: None,
    })
}

async fn second(
    State(app): State<App>,
    view: View,
    jar: CookieJar,
    peer: Peer,
    Path(uid): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let office = app.settings.office;
    public::one(&app, office, &uid).await?;
    let typed = sent.get("key").trim().to_owned();
    let person = if typed.is_empty() {
        brought(&app, &jar)
            .await?
            .ok_or_else(|| no_key("key_needed"))
    } else {
        match holder(&app, &typed, peer).await {
            Err(error) if error.code() == Some("not_found") => Err(no_key("key_unknown")),
            found => found,
        }
    };
    let done = match person {
        Ok(person) => {
            let once = sent.once(&format!("second {uid} {person}"))?;
            commands::second(&app, office, &uid, person, once).await
        }
        Err(error) => Err(error),
    };
    match done {
        Ok(_) => {
            let jar = if typed.is_empty() {
                jar
            } else {
                remembered(&app, jar, &typed)
            };
            let to = format!("/ideas/{uid}?said=seconded");
            Ok(sealed((jar, Redirect::to(&to)).into_response()))
        }
        Err(error) => {
            let error = explained(view.lang, error);
            let AppError::Problem(problem) = &error else {
                return Err(error);
            };
            let mut page = idea_page(&app, &view, &uid, &jar).await?;
            page.trouble = Some(page::problem_text(view.lang, problem));
            page.form = Form::again(view.lang, &sent, &error);
            Ok(sealed(view.show_with(problem.status, page)?))
        }
    }
}

fn no_key(code: &str) -> AppError {
    AppError::unprocessable(code)
}

/// Refusals of the core in the words of this page.
pub fn explained(lang: crate::platform::text::Lang, error: AppError) -> AppError {
    let (kind, action) = (Kind::Suggestion, Action::Second);
    words::explain(lang, kind, action, Stage::Accepted, error)
}
