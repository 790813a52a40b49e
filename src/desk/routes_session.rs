//! Pages of one session: who sits there, swaps, cancellation, hours; and extra sessions.
use super::{
    commands,
    form::{self, TypedExtra, TypedPost, TypedSwap},
    pages::{Choice, ExtraPage, SessionPage, SwapLine},
    roster_commands,
    roster_store::{self, Table},
    routes::{EDIT, EDITORS, READ},
    routes_setup::{again, members_to_place, number, to},
    store::{self, Retired},
    view,
};
use crate::{
    account::{Actor, Routes},
    domain::{
        calendar::day_of,
        fault::Faults,
        id::DeskMemberId,
        rota::{Key, Session},
    },
    entity::desk_swap,
    error::{AppError, AppResult},
    platform::{
        App,
        api::Query,
        form::{Form, Sent},
        page::{Said, View},
    },
};
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use chrono::{DateTime, Days, Utc};
use serde::Deserialize;

const WRONG: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;
/// Days in which a session may be given in return.
const SWAPS: Days = Days::new(35);

pub fn add(routes: Routes) -> Routes {
    routes
        .get(EDIT, "/office/desk/sessions/new", new_extra)
        .post(EDIT, "/office/desk/sessions/new", add_extra)
        .get(READ, "/office/desk/sessions/{key}", session)
        .post(EDIT, "/office/desk/sessions/{key}/people", assign)
        .post(
            EDIT,
            "/office/desk/sessions/{key}/people/{member}/remove",
            relieve,
        )
        .post(EDIT, "/office/desk/sessions/{key}/swap", swap)
        .post(EDIT, "/office/desk/sessions/{key}/cancel", cancel)
        .post(EDIT, "/office/desk/sessions/{key}/restore", restore)
        .post(EDIT, "/office/desk/sessions/{key}/served", served)
}

// Extra sessions

#[derive(Default, Deserialize)]
#[serde(default)]
struct For {
    site: String,
    date: String,
}

async fn extra_page(app: &App, actor: &Actor, view: &View, form: Form) -> AppResult<ExtraPage> {
    let sites = store::sites(app.db.read(), actor.office, Retired::Hidden).await?;
    Ok(ExtraPage {
        sites: view::site_choices(&sites),
        kinds: view::kinds(view),
        bands: view::bands(view),
        form,
        fault: None,
    })
}

async fn new_extra(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Query(wanted): Query<For>,
) -> AppResult<Response> {
    let form = Form::filled([
        ("site", wanted.site),
        ("date", wanted.date),
        ("public", "yes".into()),
    ]);
    view.show(extra_page(&app, &actor, &view, form).await?)
}

async fn add_extra(
    State(app): State<App>,
    actor: Actor,
    view: View,
    sent: Sent,
) -> AppResult<Response> {
    let done = async {
        let extra = form::extra(&TypedExtra::of(&sent), day_of(app.db.now()))?;
        let once = sent.once(&format!("{} /office/desk/sessions/new", actor.account))?;
        commands::add_extra(&app.db, &actor, extra, once).await
    };
    match done.await {
        Ok(done) => Ok(to(&path(Key::Extra(done.value)), "extra_added")),
        Err(error) => {
            let (form, fault) = again(&view, &sent, error)?;
            let page = extra_page(&app, &actor, &view, form).await?;
            view.show_with(WRONG, ExtraPage { fault, ..page })
        }
    }
}

fn path(key: Key) -> String {
    format!("/office/desk/sessions/{key}")
}

// One session

async fn page(app: &App, actor: &Actor, view: &View, key: Key) -> AppResult<SessionPage> {
    let (db, now) = (app.db.read(), app.db.now());
    let session = store::session(db, actor.office, key).await?;
    let last = session
        .date
        .max(day_of(now))
        .checked_add_days(SWAPS)
        .unwrap_or(session.date);
    let first = session.date.min(day_of(now));
    let table = roster_store::table(db, actor.office, first, last).await?;
    let line = table.lines.iter().find(|line| line.session.key == key);
    let line = line.ok_or_else(AppError::not_found)?;
    let swaps = roster_store::swaps(db, actor.office, &session.uid).await?;
    let staffed = view::staffed(view, line, &table, now);
    let here: Vec<Choice> = staffed
        .people
        .iter()
        .map(|person| Choice {
            value: person.id.clone(),
            label: format!("{} · {}", person.name, person.duty),
        })
        .collect();
    let mut members = members_to_place(view, &table);
    members.retain(|one| here.iter().all(|person| person.value != one.value));
    let minutes = staffed.people.iter().map(|person| {
        let minutes = person.served.unwrap_or(person.planned);
        (format!("minutes-{}", person.id), minutes.to_string())
    });
    let mut served = Form::blank();
    served.values.extend(minutes);
    let over = session.ends_at() <= now;
    Ok(SessionPage {
        others: others(view, &table, &session, now),
        swaps: swaps.iter().map(|one| swapped(one, &table)).collect(),
        line: staffed,
        site_id: session.site.to_string(),
        pattern_id: match key {
            Key::Weekly(pattern, _) => Some(pattern.to_string()),
            Key::Extra(_) => None,
        },
        members,
        here,
        add: Form::blank(),
        swap: Form::blank(),
        served,
        cancel: Form::blank(),
        over,
        may_write: actor.is(EDITORS),
        fault: None,
        flash: None,
    })
}

/// Sessions to come at which somebody sits who could swap.
fn others(view: &View, table: &Table, session: &Session, now: DateTime<Utc>) -> Vec<Choice> {
    table
        .lines
        .iter()
        .filter(|line| {
            let other = &line.session;
            other.key != session.key && !other.cancelled && other.ends_at() > now
        })
        .filter(|line| !line.posts.is_empty())
        .map(|line| {
            let staffed = view::staffed(view, line, table, now);
            let names: Vec<&str> = staffed.people.iter().map(|p| p.name.as_str()).collect();
            let separator = view.say::<&str>("desk.list_separator", &[]);
            Choice {
                value: line.session.key.to_string(),
                label: format!(
                    "{} {} {} · {}",
                    view::day(view, line.session.date),
                    staffed.session.hours,
                    staffed.session.site,
                    names.join(&separator)
                ),
            }
        })
        .collect()
}

fn swapped(one: &desk_swap::Model, table: &Table) -> SwapLine {
    let name = |id: DeskMemberId| {
        let member = table.members.get(&id);
        member.map(|member| member.name.clone()).unwrap_or_default()
    };
    // A stable name ends in its day.
    let day = |uid: &String| {
        let day = uid.rsplit_once('-').map_or(uid.as_str(), |(_, day)| day);
        chrono::NaiveDate::parse_from_str(day, "%Y%m%d")
            .map_or_else(|_| uid.clone(), |day| day.to_string())
    };
    SwapLine {
        from: name(one.from_member_id),
        to: name(one.to_member_id),
        back: one.back.as_ref().map(day),
        reason: one.reason.clone(),
        at: one.made_at.to_rfc3339(),
    }
}

async fn session(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(key): Path<String>,
    Query(said): Query<Said>,
) -> AppResult<Response> {
    let page = page(&app, &actor, &view, number(&key)?).await?;
    view.show(SessionPage {
        flash: said.flash(&view, "desk"),
        ..page
    })
}

/// Which form of the page an error belongs to.
enum Part {
    Add,
    Swap,
    Served,
    Cancel,
}

async fn page_again(
    app: &App,
    actor: &Actor,
    view: &View,
    key: Key,
    part: Part,
    (sent, error): (&Sent, AppError),
) -> AppResult<Response> {
    let (form, fault) = again(view, sent, error)?;
    let mut page = page(app, actor, view, key).await?;
    page.fault = fault;
    match part {
        Part::Add => page.add = form,
        Part::Swap => page.swap = form,
        Part::Served => page.served = form,
        Part::Cancel => page.cancel = form,
    }
    view.show_with(WRONG, page)
}

async fn assign(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(key): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let key: Key = number(&key)?;
    let session = store::session(app.db.read(), actor.office, key).await?;
    let done = async {
        let post = form::post(&TypedPost::of(&sent), session.hours)?;
        roster_commands::assign(&app.db, &actor, key, post).await
    };
    match done.await {
        Ok(()) => Ok(to(&path(key), "placed")),
        Err(error) => page_again(&app, &actor, &view, key, Part::Add, (&sent, error)).await,
    }
}

async fn relieve(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path((key, member)): Path<(String, String)>,
    sent: Sent,
) -> AppResult<Response> {
    let (key, member): (Key, DeskMemberId) = (number(&key)?, number(&member)?);
    match roster_commands::relieve(&app.db, &actor, key, member).await {
        Ok(()) => Ok(to(&path(key), "removed")),
        Err(error) => page_again(&app, &actor, &view, key, Part::Add, (&sent, error)).await,
    }
}

async fn swap(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(key): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let key: Key = number(&key)?;
    let done = async {
        let swap = form::swap(&TypedSwap::of(&sent))?;
        let once = sent.once(&format!("{} desk swap {key}", actor.account))?;
        roster_commands::swap(&app.db, &actor, key, swap, once).await
    };
    match done.await {
        Ok(_) => Ok(to(&path(key), "swapped")),
        Err(error) => page_again(&app, &actor, &view, key, Part::Swap, (&sent, error)).await,
    }
}

async fn cancel(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(key): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let key: Key = number(&key)?;
    let done = async {
        let reason = form::reason(sent.get("reason"));
        let reason = reason.map_err(|fault| Faults::one("reason", fault))?;
        commands::cancel(&app.db, &actor, key, reason).await
    };
    match done.await {
        Ok(()) => Ok(to(&path(key), "cancelled")),
        Err(error) => page_again(&app, &actor, &view, key, Part::Cancel, (&sent, error)).await,
    }
}

async fn restore(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(key): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let key: Key = number(&key)?;
    match commands::restore(&app.db, &actor, key).await {
        Ok(()) => Ok(to(&path(key), "session_restored")),
        Err(error) => page_again(&app, &actor, &view, key, Part::Cancel, (&sent, error)).await,
    }
}

async fn served(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(key): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let key: Key = number(&key)?;
    let current = page(&app, &actor, &view, key).await?;
    let done = async {
        let typed = current.line.people.iter().filter_map(|person| {
            let name = format!("minutes-{}", person.id);
            let member = person.id.parse().ok()?;
            sent.has(&name)
                .then(|| (member, sent.get(&name).to_owned()))
        });
        let minutes = form::served(typed)?;
        roster_commands::confirm(&app.db, &actor, key, minutes).await
    };
    match done.await {
        Ok(()) => Ok(to(&path(key), "confirmed")),
        Err(error) => page_again(&app, &actor, &view, key, Part::Served, (&sent, error)).await,
    }
}
