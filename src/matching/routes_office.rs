//! What the office does about matches: refer, verify, call, follow up, and take in at the desk.
use super::{
    commands, form,
    hooks::{self, OnBehalf},
    moves::Side,
    pages::{Choice, Holder, OnBehalfPage, Tab, Work, WorkPage, choices},
    routes_seeker::{again, cursor, next_of, said},
    store::{self, Found, Wanted},
    view::{self, Reader, Shelf},
};
use crate::{
    account::Actor,
    case::{door, store as ledger},
    domain::{
        case::{Limits, Stage},
        fault::{Faults, FieldFault},
        id::FairId,
        moment,
        role::Role,
        ticket as codes,
    },
    error::{AppError, AppResult},
    fair::store as fairs,
    person::{
        self,
        consent::{self, Notice, Purpose},
    },
    platform::{
        App,
        api::Query,
        form::{Form, Sent},
        page::View,
        text::Lang,
    },
    seeker::ticket,
};
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use chrono::{NaiveDate, TimeDelta};
use serde::Deserialize;

const LIST: &str = "/office/matches";
const PAGE: u64 = 30;
/// Rows that are looked through for what is to be verified or called.
const MANY: u64 = 200;

/// The queues, in the order of the work.
const QUEUES: &[&str] = &["refer", "verify", "call", "follow_up", "silent"];

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    queue: String,
    cursor: String,
    said: String,
}

/// What stands in a queue.
struct Queue {
    found: Vec<(Found, Option<(String, String)>)>,
    next: Option<String>,
}

fn side(actor: &Actor) -> Side {
    if actor.role == Role::CommunityClerk {
        Side::Desk
    } else {
        Side::Office
    }
}

pub async fn work(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Query(asked): Query<Asked>,
) -> AppResult<Response> {
    let queue = name(&asked.queue, &actor);
    let before = cursor(&asked.cursor)?;
    let mut page = work_page(&app, view.lang, &actor, (queue, before)).await?;
    page.said = said(&asked.said);
    view.show(page)
}

/// A clerk's work is calling people.
fn name(asked: &str, actor: &Actor) -> &'static str {
    let known = QUEUES.iter().find(|queue| **queue == asked);
    let usual = match side(actor) {
        Side::Desk => "call",
        _ => "refer",
    };
    known.copied().unwrap_or(usual)
}

async fn work_page(
    app: &App,
    lang: Lang,
    actor: &Actor,
    (queue, before): (&'static str, Option<i64>),
) -> AppResult<WorkPage> {
    let Queue { found, next } = content(app, actor, queue, before).await?;
    let rows: Vec<Found> = found.iter().map(|(one, _)| one.clone()).collect();
    let shelf = view::shelf(app, actor.office, &rows).await?;
    let mut works = Vec::with_capacity(found.len());
    for (one, follow_up) in found {
        works.push(work_of(app, lang, actor, (&one, &shelf, follow_up)).await?);
    }
    let at = |cursor: &str| format!("{LIST}?queue={queue}&cursor={cursor}");
    Ok(WorkPage {
        tabs: tabs(app, lang, actor, queue).await?,
        queue,
        works,
        choices: choices(lang),
        trouble: None,
        said: None,
        may_add: true,
        next: next.map(|next| at(&next)),
        first: before.map(|_| at("")),
    })
}

type Row<'a> = (&'a Found, &'a Shelf, Option<(String, String)>);

async fn work_of(
    app: &App,
    lang: Lang,
    actor: &Actor,
    (found, shelf, follow_up): Row<'_>,
) -> AppResult<Work> {
    let side = side(actor);
    let url = format!("{LIST}/{}", found.case.number);
    let state = ledger::state(&found.case)?;
    let mut moves = view::moves_of(app, found, shelf, (side, url))?;
    if let Some((what, _)) = &follow_up {
        what.trim_start_matches("retention_")
            .clone_into(&mut moves.preset.check);
    }
    let line = shelf.line(lang, found, "/cases", app.db.now())?;
    Ok(Work {
        sheet: view::sheet(app, Reader { lang, side }, found, shelf).await?,
        told: state.callbacks_now().any(|note| note.reached),
        line,
        moves,
        follow_up,
    })
}

/// Days between which a follow-up of today may lie.
fn window(today: NaiveDate) -> (NaiveDate, NaiveDate) {
    let limits = Limits::default();
    (
        today - TimeDelta::days(limits.retention_after_days),
        today + TimeDelta::days(limits.retention_before_days),
    )
}

fn wanted(queue: &str, now: chrono::DateTime<chrono::Utc>) -> Wanted {
    let stages = match queue {
        "refer" => vec![Stage::Registered, Stage::Accepted],
        "silent" => vec![Stage::Dispatched],
        _ => vec![Stage::Verifying],
    };
    Wanted {
        stages,
        silent_since: (queue == "silent").then_some(now),
        ..Wanted::default()
    }
}

async fn content(app: &App, actor: &Actor, queue: &str, before: Option<i64>) -> AppResult<Queue> {
    let (db, now) = (app.db.read(), app.db.now());
    if queue == "follow_up" {
        let due = store::follow_ups(db, actor.office, window(moment::today(now))).await?;
        let found = due
            .into_iter()
            .map(|(one, what, day)| (one, Some((what.code().to_owned(), day.to_string()))));
        let found = found.collect();
        return Ok(Queue { found, next: None });
    }
    let mut rows = if matches!(queue, "verify" | "call") {
        verifying(app, actor, queue).await?
    } else {
        store::list(db, actor.office, &wanted(queue, now), before, PAGE + 1).await?
    };
    let next = match queue {
        "verify" | "call" => None,
        _ => next_of(&mut rows, |one| one.row.case_id.0),
    };
    let found = rows.into_iter().map(|one| (one, None)).collect();
    Ok(Queue { found, next })
}

/// Claims of start: without a verification to be checked, with one the seeker is to be called.
async fn verifying(app: &App, actor: &Actor, queue: &str) -> AppResult<Vec<Found>> {
    let wanted = wanted(queue, app.db.now());
    let rows = store::list(app.db.read(), actor.office, &wanted, None, MANY).await?;
    let mut kept = Vec::new();
    for one in rows {
        if ledger::state(&one.case)?.verified == (queue == "call") {
            kept.push(one);
        }
    }
    Ok(kept)
}

async fn tabs(app: &App, lang: Lang, actor: &Actor, current: &str) -> AppResult<Vec<Tab>> {
    let (db, now) = (app.db.read(), app.db.now());
    let mut tabs = Vec::new();
    for queue in QUEUES {
        let count = match *queue {
            "follow_up" => {
                let today = window(moment::today(now));
                store::follow_ups(db, actor.office, today).await?.len()
            }
            "verify" | "call" => verifying(app, actor, queue).await?.len(),
            _ => {
                let count = store::count(db, actor.office, &wanted(queue, now)).await?;
                usize::try_from(count).unwrap_or(usize::MAX)
            }
        };
        tabs.push(Tab {
            label: crate::platform::text::say::<&str>(
                lang,
                &format!("matching.queue.{queue}"),
                &[],
            ),
            href: format!("{LIST}?queue={queue}"),
            current: *queue == current,
            count: i64::try_from(count).ok(),
        });
    }
    Ok(tabs)
}

pub async fn act(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(number): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let found = store::by_number(app.db.read(), actor.office, &number).await?;
    let queue = name(sent.get("queue"), &actor);
    let done = match form::action(&sent, side(&actor)) {
        Ok(action) => {
            let once = sent.once(&format!("account:{} {number}", actor.account))?;
            let by = door::acting(app.db.read(), &actor).await?;
            commands::act(&app, &found, by, action, once).await
        }
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => {
            let to = format!("{LIST}?queue={queue}&said=act");
            Ok(Redirect::to(&to).into_response())
        }
        Err(error) => refused(&app, &view, &actor, (&number, queue, &sent), error).await,
    }
}

/// The queue again, with the refusal at the match that it is about.
async fn refused(
    app: &App,
    view: &View,
    actor: &Actor,
    (number, queue, sent): (&str, &'static str, &Sent),
    error: AppError,
) -> AppResult<Response> {
    let mut page = work_page(app, view.lang, actor, (queue, None)).await?;
    let at = page
        .works
        .iter()
        .position(|work| work.line.number == number);
    let at = if let Some(at) = at {
        at
    } else {
        // It left the queue meanwhile, or stands on another page of it.
        let found = store::by_number(app.db.read(), actor.office, number).await?;
        let shelf = view::shelf(app, actor.office, std::slice::from_ref(&found)).await?;
        let work = work_of(app, view.lang, actor, (&found, &shelf, None)).await?;
        page.works.insert(0, work);
        0
    };
    let (status, words) = again(view.lang, sent, error, &mut page.works[at].moves)?;
    page.trouble = words.map(|words| (number.to_owned(), words));
    let work = page.works.remove(at);
    page.works.insert(0, work);
    view.show_with(status, page)
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Searched {
    fair: String,
    entry: String,
}

/// Finds a registration by code or number, then asks for posting and consent.
pub async fn on_behalf(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Query(asked): Query<Searched>,
) -> AppResult<Response> {
    let page = desk_page(&app, &view, &actor, (&asked.fair, &asked.entry)).await?;
    let status = if page.trouble.is_some() {
        StatusCode::NOT_FOUND
    } else {
        StatusCode::OK
    };
    view.show_with(status, page)
}

async fn desk_page(
    app: &App,
    view: &View,
    actor: &Actor,
    (slug, entry): (&str, &str),
) -> AppResult<OnBehalfPage> {
    let (db, lang) = (app.db.read(), view.lang);
    let fairs = store::fairs(db, actor.office).await?;
    let chosen = fairs
        .iter()
        .find(|fair| fair.slug == slug)
        .or(fairs.first());
    let mut page = OnBehalfPage {
        fair: chosen.map(|fair| fair.slug.clone()).unwrap_or_default(),
        entry: entry.chars().take(60).collect(),
        found: None,
        postings: Vec::new(),
        choices: choices(lang),
        notice: None,
        trouble: None,
        form: Form::blank(),
        fairs: fairs
            .iter()
            .map(|fair| Choice {
                value: fair.slug.clone(),
                label: fair.title.clone(),
            })
            .collect(),
    };
    let Some(fair) = chosen.filter(|_| !entry.trim().is_empty()) else {
        return Ok(page);
    };
    let Some(ticket) = hooks::by_code_or_number(app, fair.id, entry).await? else {
        page.trouble = Some(view.say::<&str>("matching.desk.nobody", &[]));
        return Ok(page);
    };
    let ticket = ticket::by_id(app, ticket).await?;
    let card = person::card(db, &app.keys, actor.office, ticket.person).await?;
    page.found = Some(Holder {
        name: view::shown_name(lang, &card),
        code: codes::grouped(&ticket.code),
        number: format!("{:04}", ticket.number),
    });
    page.postings = open_postings(app, actor, fair.id).await?;
    page.notice = Some(aloud(app, actor, view).await?);
    Ok(page)
}

/// The notice before a posting is chosen: the employer is named by the one chosen.
async fn aloud(app: &App, actor: &Actor, view: &View) -> AppResult<Notice> {
    let collector = consent::collector(app.db.read(), actor.office, view.lang).await?;
    let chosen = view.say::<&str>("matching.desk.chosen_employer", &[]);
    Ok(Notice::of(
        Purpose::ShareContact,
        view.lang,
        &collector,
        &chosen,
    ))
}

async fn open_postings(app: &App, actor: &Actor, fair: FairId) -> AppResult<Vec<Choice>> {
    let (db, now) = (app.db.read(), app.db.now());
    let fair = fairs::find_by_id(db, actor.office, fair).await?;
    let all = crate::posting::store::Wanted::default();
    let rows = crate::posting::store::visible_list(db, &fair, &all, now, None, 500).await?;
    let stands = crate::posting::store::stands(db, Some(fair.id), &rows).await?;
    let mut choices: Vec<Choice> = rows
        .iter()
        .filter_map(|row| {
            let stand = stands.get(&row.employer_id)?;
            let booth = stand.booth.as_deref().unwrap_or_default();
            // The number is what sheets of paper name a posting by.
            let label = format!(
                "{booth} {} · {} · {}",
                row.title, stand.employer.name, row.id
            );
            Some(Choice {
                value: row.id.to_string(),
                label: label.trim().to_owned(),
            })
        })
        .collect();
    choices.sort_by(|a, b| a.label.cmp(&b.label));
    Ok(choices)
}

pub async fn record(
    State(app): State<App>,
    view: View,
    actor: Actor,
    sent: Sent,
) -> AppResult<Response> {
    let (slug, entry) = (sent.get("fair"), sent.get("entry"));
    match desk_interest(&app, &view, &actor, &sent).await {
        Ok(number) => {
            let queue = format!("{LIST}?queue=refer&said=interest#{number}");
            Ok(Redirect::to(&queue).into_response())
        }
        Err(error) => {
            let mut page = desk_page(&app, &view, &actor, (slug, entry)).await?;
            page.form = Form::again(view.lang, &sent, &error);
            let status = if error.field_errors().is_empty() {
                let (status, words) = view::refusal(view.lang, error)?;
                page.trouble = Some(words);
                status
            } else {
                StatusCode::UNPROCESSABLE_ENTITY
            };
            view.show_with(status, page)
        }
    }
}

async fn desk_interest(app: &App, view: &View, actor: &Actor, sent: &Sent) -> AppResult<String> {
    let text = |name: &str| sent.get(name).to_owned();
    if sent.get("posting").is_empty() {
        return Err(Faults::one("posting", FieldFault::Required).into());
    }
    let share: Vec<String> = sent.all("share").into_iter().map(str::to_owned).collect();
    let agreed = !sent.get("consent").is_empty();
    if !share.is_empty() && !agreed {
        return Err(Faults::one("consent", FieldFault::ConsentNeeded).into());
    }
    let asked = OnBehalf {
        fair: text("fair"),
        ticket: text("entry"),
        posting: text("posting"),
        share,
        consent_version: agreed.then(|| Purpose::ShareContact.version().to_owned()),
    };
    let once = sent.once(&format!("desk {}", actor.account))?;
    let done = hooks::open_on_behalf(app, actor, view.lang, once, asked).await?;
    Ok(done.value.number)
}
