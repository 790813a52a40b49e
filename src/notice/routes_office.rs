//! 公告与跟进: what staff send to the residents' group, and whom the desk takes over from a fair.
use super::{
    commands::{self, Seen},
    compose,
    pages::{
        AnnouncementPage, AnnouncementsPage, NewAnnouncementPage, ParkedLine, Pill, SeekerLine,
        UnmatchedFair, UnmatchedPage,
    },
    store::{self, NewDraft},
    view,
};
use crate::{
    account::{Actor, Audience, Routes},
    case::{self, FactLine, public},
    desk,
    domain::{
        calendar::day_of,
        id::{AccountId, AnnouncementId, FairId, OutboxId, RegistrationId},
        notice::{Source, State},
        role::Role,
        rota::{Key, monday},
        text::choice,
    },
    entity::announcement,
    error::{AppError, AppResult},
    person,
    platform::{
        App,
        api::Query,
        form::{Form, Sent},
        outbox,
        page::{Said, View},
        secret,
    },
};
use axum::{
    extract::{Path, State as Reach},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use chrono::Days;
use serde::Deserialize;
use std::collections::HashMap;

/// Who tells the residents' group something.
pub const EDITORS: &[Role] = &[Role::OfficeAdmin, Role::Secretary, Role::CommunityClerk];
/// Who takes seekers over: those who may report for somebody, and find the case again.
pub const FOLLOWERS: &[Role] = &[Role::PlacementOfficer, Role::CommunityClerk];
pub const EDIT: Audience = Audience::Roles(EDITORS);
const FOLLOW: Audience = Audience::Roles(FOLLOWERS);

/// Drafts on the page at most; older ones are looked at when these are settled.
const DRAFTS: u64 = 50;
const SETTLED: u64 = 20;
/// Seekers of a fair on the page, and requests that one click opens.
const MOST: usize = 100;
/// Published cases to choose from.
const CHOICES: u64 = 10;

pub fn routes() -> Routes {
    let at = |rest: &str| format!("/office/announcements{rest}");
    Routes::new()
        .get(EDIT, &at(""), list)
        .get(EDIT, &at("/new"), blank)
        .post(EDIT, &at("/new"), write)
        .get(EDIT, &at("/{id}"), one)
        .post(EDIT, &at("/{id}"), rewrite)
        .post(EDIT, &at("/{id}/send"), send)
        .post(EDIT, &at("/{id}/drop"), drop_draft)
        .post(EDIT, "/office/outbox/{id}/again", again)
        .get(FOLLOW, "/office/unmatched", unmatched)
        .post(FOLLOW, "/office/unmatched", follow_up)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    before: String,
    source: String,
    cause: String,
}

async fn names(app: &App, actor: &Actor) -> AppResult<HashMap<AccountId, String>> {
    let people = case::store::people(app.db.read(), actor.office).await?;
    Ok(people
        .accounts
        .into_iter()
        .map(|(id, (name, _))| (id, name))
        .collect())
}

async fn list(
    Reach(app): Reach<App>,
    actor: Actor,
    view: View,
    Query(asked): Query<Asked>,
    Query(said): Query<Said>,
) -> AppResult<Response> {
    let (db, office) = (app.db.read(), actor.office);
    let before = asked.before.parse::<AnnouncementId>().ok();
    let drafts = match before {
        None => store::list(db, office, Some(State::Draft), None, DRAFTS).await?,
        Some(_) => Vec::new(),
    };
    let mut settled = store::settled(db, office, before, SETTLED + 1).await?;
    let more = settled.len() > usize::try_from(SETTLED).unwrap_or(usize::MAX);
    settled.truncate(usize::try_from(SETTLED).unwrap_or(usize::MAX));
    let next = settled.last().filter(|_| more);
    let next = next.map_or_else(String::new, |row| {
        format!("/office/announcements?before={}", row.id)
    });
    let messages = settled.iter().filter_map(|row| row.message.clone());
    let messages = outbox::messages(db, messages.collect()).await?;
    let names = names(&app, &actor).await?;
    let line = |row: &announcement::Model| {
        let message = messages
            .iter()
            .find(|one| Some(&one.uid) == row.message.as_ref());
        let by = row.settled_by.or(row.created_by);
        let by = by.and_then(|id| names.get(&id).cloned());
        view::announcement(&view, row, message, by)
    };
    let parked = outbox::parked(db, office).await?;
    view.show(AnnouncementsPage {
        drafts: drafts.iter().map(line).collect(),
        settled: settled.iter().map(line).collect(),
        waiting: outbox::waiting(db, office).await?.0,
        parked: parked.iter().map(|row| parked_line(&view, row)).collect(),
        next,
        first: before.map_or_else(String::new, |_| "/office/announcements".into()),
        flash: said.flash(&view, "notice"),
    })
}

fn parked_line(view: &View, row: &crate::entity::outbox::Model) -> ParkedLine {
    let key = format!("outbox_topic.{}", row.topic);
    ParkedLine {
        id: row.id.to_string(),
        topic: crate::platform::text::find::<&str>(view.lang, &key, &[])
            .unwrap_or_else(|| row.topic.clone()),
        attempts: row.attempts,
        error: row.last_error.clone().unwrap_or_default(),
        at: row.parked_at.unwrap_or(row.due_at).to_rfc3339(),
    }
}

/// What an announcement may be about now, each with its address.
async fn sources(app: &App, view: &View, asked: &Asked) -> AppResult<Vec<Pill>> {
    let at = |source: Source, cause: &str| {
        let query = if cause.is_empty() {
            String::new()
        } else {
            format!("&cause={cause}")
        };
        format!("/office/announcements/new?source={}{query}", source.code())
    };
    let chosen =
        |source: Source, cause: &str| asked.source == source.code() && asked.cause == cause;
    let plain = |source: Source| {
        let label = view.say::<&str>(&format!("announcement_source.{}", source.code()), &[]);
        let current = chosen(source, "") || (source == Source::Free && asked.source.is_empty());
        view::pill(label, at(source, ""), current)
    };
    let mut pills = vec![plain(Source::Free), plain(Source::Week)];
    for meeting in super::routes::meetings(app, None).await? {
        let uid = meeting.href.trim_start_matches("/ideas/").to_owned();
        let label = view.say("notice.about_meeting", &[("title", meeting.title)]);
        let current = chosen(Source::Meeting, &uid);
        pills.push(view::pill(label, at(Source::Meeting, &uid), current));
    }
    let wanted = public::Wanted::default();
    for one in public::list(app, app.settings.office, &wanted, None, CHOICES).await? {
        let label = view.say("notice.about_case", &[("title", one.title.clone())]);
        let current = chosen(Source::Case, &one.uid);
        pills.push(view::pill(label, at(Source::Case, &one.uid), current));
    }
    Ok(pills)
}

fn source(code: &str) -> Source {
    choice(code).unwrap_or(Source::Free)
}

/// What can be said about it, and the case it is about.
async fn composed(
    app: &App,
    view: &View,
    asked: &Asked,
) -> AppResult<(Option<String>, Option<crate::domain::id::CaseId>)> {
    let (db, office, lang) = (app.db.read(), app.settings.office, view.lang);
    let url = &app.settings.public_url;
    match source(&asked.source) {
        Source::Free => Ok((Some(String::new()), None)),
        Source::Week => {
            let today = day_of(app.db.now());
            let first = monday(today)
                .checked_add_days(Days::new(7))
                .unwrap_or(today);
            let last = first.checked_add_days(Days::new(6)).unwrap_or(first);
            let table = desk::table(db, office, first, last).await?;
            Ok((compose::week(lang, &table, url), None))
        }
        Source::Change => {
            let key: Key = asked.cause.parse().map_err(|_| AppError::not_found())?;
            let session = desk::store::session(db, office, key).await?;
            let site = desk::store::site(db, office, session.site).await?;
            let body = compose::change(lang, &session, Some(&site), app.db.now(), url);
            Ok((body, None))
        }
        Source::Case => {
            let one = public::one(app, office, &asked.cause).await?;
            Ok((Some(compose::case(lang, &one, url)), Some(one.case)))
        }
        Source::Meeting => {
            let (one, read) = commands::read(app, office, &asked.cause).await?;
            let meeting = read.coming(app.db.now());
            let body = meeting.map(|meeting| compose::meeting(lang, &one, meeting, url));
            Ok((body, Some(one.case)))
        }
    }
}

async fn new_page(
    app: &App,
    view: &View,
    asked: &Asked,
    form: Option<Form>,
) -> AppResult<NewAnnouncementPage> {
    let (body, _) = composed(app, view, asked).await?;
    let nothing = body.is_none();
    let body = body.unwrap_or_default();
    Ok(NewAnnouncementPage {
        sources: sources(app, view, asked).await?,
        source: source(&asked.source).code(),
        cause: asked.cause.clone(),
        nothing,
        form: form.unwrap_or_else(|| Form::filled([("body", body)])),
    })
}

async fn blank(
    Reach(app): Reach<App>,
    view: View,
    Query(asked): Query<Asked>,
) -> AppResult<Response> {
    view.show(new_page(&app, &view, &asked, None).await?)
}

async fn write(
    Reach(app): Reach<App>,
    actor: Actor,
    view: View,
    sent: Sent,
) -> AppResult<Response> {
    let asked = Asked {
        source: sent.get("source").to_owned(),
        cause: sent.get("cause").to_owned(),
        ..Asked::default()
    };
    let (_, case) = composed(&app, &view, &asked).await?;
    let new = NewDraft {
        office: actor.office,
        source: source(&asked.source),
        cause: None,
        case,
        body: sent.get("body").to_owned(),
        by: Some(actor.account),
    };
    let once = sent.once(&format!("{} announcement", actor.account))?;
    match commands::write(&app, new, once).await {
        Ok(done) => Ok(to(done.value, "kept")),
        Err(error) => {
            let form = Form::retry(view.lang, &sent, error)?;
            let page = new_page(&app, &view, &asked, Some(form)).await?;
            view.show_with(StatusCode::UNPROCESSABLE_ENTITY, page)
        }
    }
}

fn to(id: AnnouncementId, said: &str) -> Response {
    Redirect::to(&format!("/office/announcements/{id}?said={said}")).into_response()
}

fn id(raw: &str) -> AppResult<AnnouncementId> {
    raw.parse().map_err(|_| AppError::not_found())
}

async fn page(
    app: &App,
    actor: &Actor,
    view: &View,
    id: AnnouncementId,
) -> AppResult<AnnouncementPage> {
    let db = app.db.read();
    let row = store::find(db, actor.office, id).await?;
    let draft = row.state == State::Draft;
    let found = if draft {
        commands::traces(app, &row).await?
    } else {
        Vec::new()
    };
    let message = row.message.clone().unwrap_or_default();
    let messages = outbox::messages(db, vec![message.clone()]).await?;
    let names = names(app, actor).await?;
    let by = row.settled_by.or(row.created_by);
    let by = by.and_then(|id| names.get(&id).cloned());
    let fact = |one: crate::domain::personal::Found| FactLine {
        label: view.say::<&str>(&format!("notice.trace.{}", one.trace.code()), &[]),
        value: one.words,
        href: None,
    };
    Ok(AnnouncementPage {
        id: id.to_string(),
        line: view::announcement(view, &row, messages.first(), by),
        draft,
        version: row.version,
        found: found.into_iter().map(fact).collect(),
        message,
        form: Form::filled([("body", row.body.clone())]),
        body: row.body,
        flash: None,
    })
}

async fn one(
    Reach(app): Reach<App>,
    actor: Actor,
    view: View,
    Path(raw): Path<String>,
    Query(said): Query<Said>,
) -> AppResult<Response> {
    let mut page = page(&app, &actor, &view, id(&raw)?).await?;
    page.flash = said.flash(&view, "notice");
    view.show(page)
}

fn seen(actor: &Actor, raw: &str, sent: &Sent) -> AppResult<Seen> {
    Ok(Seen {
        office: actor.office,
        by: actor.account,
        id: id(raw)?,
        version: sent.get("version").trim().parse().unwrap_or(0),
    })
}

/// The page again with what is wrong with the words.
async fn refused(
    app: &App,
    actor: &Actor,
    view: &View,
    (raw, sent): (&str, &Sent),
    error: AppError,
) -> AppResult<Response> {
    let mut page = page(app, actor, view, id(raw)?).await?;
    let typed = sent.has("body");
    let form = Form::retry(view.lang, sent, error)?;
    if typed {
        page.form = form;
    } else {
        page.form.errors = form.errors;
        page.form.faults = form.faults;
    }
    view.show_with(StatusCode::UNPROCESSABLE_ENTITY, page)
}

async fn rewrite(
    Reach(app): Reach<App>,
    actor: Actor,
    view: View,
    Path(raw): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let seen = seen(&actor, &raw, &sent)?;
    match commands::rewrite(&app, seen, sent.get("body")).await {
        Ok(()) => Ok(to(seen.id, "kept")),
        Err(error) => refused(&app, &actor, &view, (&raw, &sent), error).await,
    }
}

async fn send(
    Reach(app): Reach<App>,
    actor: Actor,
    view: View,
    Path(raw): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let seen = seen(&actor, &raw, &sent)?;
    match commands::send(&app, seen).await {
        Ok(()) => Ok(to(seen.id, "sent")),
        Err(error) => refused(&app, &actor, &view, (&raw, &sent), error).await,
    }
}

async fn drop_draft(
    Reach(app): Reach<App>,
    actor: Actor,
    Path(raw): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    commands::drop_draft(&app, seen(&actor, &raw, &sent)?).await?;
    Ok(Redirect::to("/office/announcements?said=dropped").into_response())
}

/// Lets a message that was given up be tried again.
async fn again(
    Reach(app): Reach<App>,
    actor: Actor,
    Path(raw): Path<String>,
) -> AppResult<Response> {
    let id: OutboxId = raw.parse().map_err(|_| AppError::not_found())?;
    outbox::revive(&app, actor.office, id).await?;
    Ok(Redirect::to("/office/announcements?said=again").into_response())
}

async fn unmatched(
    Reach(app): Reach<App>,
    actor: Actor,
    view: View,
    Query(said): Query<Said>,
) -> AppResult<Response> {
    let (db, office) = (app.db.read(), actor.office);
    let mut fairs = Vec::new();
    for fair in store::ended(db, office, app.db.now()).await? {
        let seekers = store::seekers(db, office, fair.id).await?;
        let shown = &seekers[..seekers.len().min(MOST)];
        let people: Vec<_> = shown.iter().map(|row| row.person_id).collect();
        let cards = person::cards(db, &app.keys, office, &people).await?;
        let line = |row: &crate::entity::registration::Model| SeekerLine {
            id: row.id.to_string(),
            who: cards.get(&row.person_id).map_or_else(String::new, |card| {
                case::words::masked(view.lang, &card.name, &card.tail)
            }),
            wanted: row.wanted.clone(),
        };
        fairs.push(UnmatchedFair {
            id: fair.id.to_string(),
            title: fair.title.clone(),
            ended_at: fair.ends_at.to_rfc3339(),
            total: seekers.len(),
            seekers: shown.iter().map(line).collect(),
            once: secret::uid(),
        });
    }
    view.show(UnmatchedPage {
        fairs,
        most: MOST,
        flash: said.flash(&view, "notice"),
    })
}

async fn follow_up(Reach(app): Reach<App>, actor: Actor, sent: Sent) -> AppResult<Response> {
    let (db, office) = (app.db.read(), actor.office);
    let id: FairId = sent
        .get("fair")
        .parse()
        .map_err(|_| AppError::not_found())?;
    let fairs = store::ended(db, office, app.db.now()).await?;
    let fair = fairs.into_iter().find(|fair| fair.id == id);
    let fair = fair.ok_or_else(AppError::not_found)?;
    let ids: Vec<RegistrationId> = sent
        .all("seeker")
        .into_iter()
        .filter_map(|raw| raw.parse().ok())
        .collect();
    // Whoever chose none by name means those that are shown.
    let asked = sent.all("seeker").len();
    if asked != ids.len() {
        return Err(AppError::not_found());
    }
    let seekers = store::chosen(store::seekers(db, office, fair.id).await?, &ids, MOST);
    let opened = commands::follow_up(&app, &actor, &fair, seekers).await?;
    let said = if opened == 0 {
        "followed_before"
    } else {
        "followed"
    };
    Ok(Redirect::to(&format!("/office/unmatched?said={said}")).into_response())
}
