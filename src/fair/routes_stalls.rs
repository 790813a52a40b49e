//! 摊位总览: who stands where, what the office does about it, and the signs for the booths.
use super::{
    booth_commands::{self, Booking, Note, Wish},
    commands,
    pages::{Choice, Sign, SignPosting, SignsPage, StallsPage, WaitRow},
    plan::{self, Everybody, Stall, StallState},
    routes_api::PLANNERS,
    sign_url, view,
};
use crate::{
    account::Actor,
    domain::{
        booking::BookingStatus,
        fair::FairStatus,
        fault::{Faults, FieldFault},
        id::EmployerId,
    },
    employer,
    entity::{fair, posting::Model as Posting},
    error::AppResult,
    platform::{
        App,
        api::Query,
        form::{Form, Sent},
        page::{Flash, Said, View},
        qr,
    },
    posting,
};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use std::collections::HashMap;

/// Employers in the choice of the form at most.
const EMPLOYERS: u64 = 1000;
/// Postings read for the signs of an evening at most.
const POSTINGS: u64 = 5000;

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    booth: String,
}

/// What a visit shows besides the plan.
#[derive(Default)]
struct Desk {
    picked: Option<String>,
    flash: Option<Flash>,
    form: Option<Form>,
}

pub async fn page(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(slug): Path<String>,
    Query(asked): Query<Asked>,
    Query(said): Query<Said>,
) -> AppResult<Response> {
    let fair = commands::look(&app, &actor, &slug).await?;
    let desk = Desk {
        picked: booth_commands::label(&asked.booth).ok(),
        flash: said.flash(&view, "fair"),
        form: None,
    };
    view.show(stalls_of(&app, &view, &actor, &fair, desk).await?)
}

async fn stalls_of(
    app: &App,
    view: &View,
    actor: &Actor,
    fair: &fair::Model,
    desk: Desk,
) -> AppResult<StallsPage> {
    let (db, now) = (app.db.read(), app.db.now());
    let everybody = plan::everybody(app, fair).await?;
    let acts = actor.is(PLANNERS) && fair.status == FairStatus::Published && now < fair.ends_at;
    let picked = desk.picked.unwrap_or_default();
    let employers = if acts {
        let known = employer::store::approved(db, actor.office, EMPLOYERS).await?;
        view::employers(without(known, &everybody))
    } else {
        Vec::new()
    };
    let (standing, lying) = view::drawn(&everybody.stalls, |stall| {
        view::office_label(view, fair, stall, &picked)
    });
    let stalls = &everybody.stalls;
    let count = |state| stalls.iter().filter(|stall| stall.state == state).count();
    let found = stalls.iter().find(|stall| stall.booth.label == picked);
    Ok(StallsPage {
        fair: view::head(fair, now),
        flash: desk.flash,
        plan: standing,
        lying,
        rows: stalls
            .iter()
            .map(|stall| view::stall_row(fair, stall, now))
            .collect(),
        line: line(&everybody),
        picked: found.map(|stall| view::stall_row(fair, stall, now)),
        labels: others(view, stalls, &picked),
        employers,
        form: desk.form.unwrap_or_else(Form::blank),
        free: count(StallState::Free),
        held: count(StallState::Held),
        taken: count(StallState::Taken),
        arrived: stalls
            .iter()
            .filter(|stall| stall.stand.as_ref().is_some_and(|s| s.arrived_at.is_some()))
            .count(),
        acts,
    })
}

/// Employers that have no booth at this fair yet.
fn without(known: Vec<(EmployerId, String)>, here: &Everybody) -> Vec<(EmployerId, String)> {
    let placed: Vec<EmployerId> = here
        .stalls
        .iter()
        .filter_map(|stall| stall.stand.as_ref().map(|stand| stand.employer_id))
        .collect();
    let mut free = known;
    free.retain(|(id, _)| !placed.contains(id));
    free
}

fn line(everybody: &Everybody) -> Vec<WaitRow> {
    let rows = everybody.line.iter().map(|(stand, who)| WaitRow {
        participation: stand.id.to_string(),
        employer: who.name.clone(),
        since: stand.waiting_since.map(|at| at.to_rfc3339()),
    });
    rows.collect()
}

/// The booths that the picked one can be swapped with.
fn others(view: &View, stalls: &[Stall], picked: &str) -> Vec<Choice> {
    let others = stalls.iter().filter(|stall| stall.booth.label != picked);
    others
        .map(|stall| {
            let who = stall.employer.as_ref().map(|who| who.name.as_str());
            let label = &stall.booth.label;
            Choice {
                value: label.clone(),
                label: view::title(view, label, stall.state.code(), who),
            }
        })
        .collect()
}

fn to(slug: &str, booth: &str, said: &str) -> Response {
    let booth = booth_commands::label(booth).unwrap_or_default();
    let at = format!("/office/fairs/{slug}/booths?booth={booth}&said={said}");
    Redirect::to(&at).into_response()
}

/// Back to the plan after an action, or the plan with why it was refused.
async fn answer<T>(
    (app, view, actor): (&App, &View, &Actor),
    slug: &str,
    sent: &Sent,
    done: AppResult<T>,
    said: &str,
) -> AppResult<Response> {
    let Err(error) = done else {
        return Ok(to(slug, sent.get("booth"), said));
    };
    let fair = commands::look(app, actor, slug).await?;
    let (status, form, fault) = view::again(view, sent, error)?;
    let desk = Desk {
        picked: booth_commands::label(sent.get("booth")).ok(),
        flash: fault.map(|text| Flash { tone: "bad", text }),
        form: Some(form),
    };
    let page = stalls_of(app, view, actor, &fair, desk).await?;
    view.show_with(status, page)
}

/// Whom a form names.
fn employer_of(sent: &Sent) -> AppResult<EmployerId> {
    let raw = sent.get("employer");
    let fault = if raw.is_empty() {
        FieldFault::Required
    } else {
        FieldFault::NotFound
    };
    raw.parse()
        .map_err(|_| Faults::one("employer", fault).into())
}

pub async fn hold(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(slug): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let done = hold_for(&app, &actor, &slug, &sent).await;
    answer((&app, &view, &actor), &slug, &sent, done, "held_for").await
}

async fn hold_for(app: &App, actor: &Actor, slug: &str, sent: &Sent) -> AppResult<()> {
    let wish = Wish {
        office: actor.office,
        slug: slug.to_owned(),
        label: sent.get("booth").to_owned(),
        employer: employer_of(sent)?,
    };
    let once = sent.once(&format!("hold {} {slug}", actor.account))?;
    booth_commands::hold(app, wish, once).await?;
    Ok(())
}

pub async fn book(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(slug): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let booking = Booking {
        slug: slug.clone(),
        label: sent.get("booth").to_owned(),
        hold: view::id(sent.get("participation"))?,
    };
    let once = sent.once(&format!("book {} {slug}", actor.account))?;
    let done = booth_commands::book(&app, actor.clone(), booking, once).await;
    answer((&app, &view, &actor), &slug, &sent, done, "booked_for").await
}

/// Takes a booth back, or a place in the waiting line.
pub async fn release(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(slug): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let stand = view::id(sent.get("participation"))?;
    let done = booth_commands::withdraw(&app, actor.clone(), slug.clone(), stand).await;
    let said = match &done {
        Ok(freed) if freed.offered => "passed_on",
        _ => "freed",
    };
    answer((&app, &view, &actor), &slug, &sent, done, said).await
}

pub async fn arrived(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(slug): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let stand = view::id(sent.get("participation"))?;
    let done = booth_commands::note(&app, actor.clone(), slug.clone(), stand, Note::Arrived).await;
    answer((&app, &view, &actor), &slug, &sent, done, "arrived").await
}

pub async fn missed(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(slug): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let stand = view::id(sent.get("participation"))?;
    let done = booth_commands::note(&app, actor.clone(), slug.clone(), stand, Note::Missed).await;
    answer((&app, &view, &actor), &slug, &sent, done, "missed").await
}

pub async fn swap(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(slug): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let stand = view::id(sent.get("participation"))?;
    let target = sent.get("to").to_owned();
    let done = if target.is_empty() {
        Err(Faults::one("to", FieldFault::Required).into())
    } else {
        let slug = slug.clone();
        booth_commands::swap(&app, actor.clone(), slug, stand, target.clone()).await
    };
    match done {
        Ok(()) => Ok(to(&slug, &target, "swapped")),
        Err(error) => {
            let done: AppResult<()> = Err(error);
            answer((&app, &view, &actor), &slug, &sent, done, "swapped").await
        }
    }
}

pub async fn wait(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(slug): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let done = match employer_of(&sent) {
        Ok(employer) => {
            let once = sent.once(&format!("wait {} {slug}", actor.account))?;
            booth_commands::wait(&app, actor.office, slug.clone(), employer, once).await
        }
        Err(error) => Err(error),
    };
    let done = done.map(drop);
    answer((&app, &view, &actor), &slug, &sent, done, "waits").await
}

/// Lines of postings on a sign, and below a name so long that it takes the room of one.
const LINES: usize = 5;
const LONG_NAME: usize = 45;

/// The postings that a sign has room for, and how many are left out: their number takes a line.
fn fitting<'a>(own: &'a [Posting], name: &str) -> (&'a [Posting], usize) {
    let long = name.chars().count() > LONG_NAME;
    let lines = LINES - usize::from(long);
    if own.len() <= lines {
        return (own, 0);
    }
    let (shown, rest) = own.split_at(lines - 1);
    (shown, rest.len())
}

/// A sheet for each booked booth.
pub async fn signs(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(slug): Path<String>,
    Query(asked): Query<Asked>,
) -> AppResult<Response> {
    let (db, now) = (app.db.read(), app.db.now());
    let fair = commands::look(&app, &actor, &slug).await?;
    let wanted = posting::store::Wanted::default();
    let rows = posting::store::visible_list(db, &fair, &wanted, now, None, POSTINGS).await?;
    let mut postings: HashMap<EmployerId, Vec<Posting>> = HashMap::new();
    for row in rows {
        postings.entry(row.employer_id).or_default().push(row);
    }
    let only = booth_commands::label(&asked.booth).ok();
    let stalls = plan::everybody(&app, &fair).await?.stalls;
    let mut signs = Vec::new();
    for stall in stalls {
        let wanted = only.as_ref().is_none_or(|only| *only == stall.booth.label);
        if wanted && let Some(sign) = sign(&app, &view, &fair, &stall, &postings)? {
            signs.push(sign);
        }
    }
    view.show(SignsPage {
        fair: view::head(&fair, now),
        signs,
    })
}

fn sign(
    app: &App,
    view: &View,
    fair: &fair::Model,
    stall: &Stall,
    postings: &HashMap<EmployerId, Vec<Posting>>,
) -> AppResult<Option<Sign>> {
    let (Some(stand), Some(who)) = (&stall.stand, &stall.employer) else {
        return Ok(None);
    };
    if stand.status != BookingStatus::Booked {
        return Ok(None);
    }
    let line = |row: &Posting| SignPosting {
        title: row.title.clone(),
        pay: posting::pay(view, row),
    };
    let own = postings.get(&who.id).map(Vec::as_slice).unwrap_or_default();
    let (shown, more) = fitting(own, &who.name);
    let url = sign_url(app, &stand.code);
    let office = app.sign.get();
    Ok(Some(Sign {
        band: fair.title.clone(),
        booth: stall.booth.label.clone(),
        employer: who.name.clone(),
        postings: shown.iter().map(line).collect(),
        more: match more {
            0 => String::new(),
            n => view.say("fair.sign.more", &[("n", n.to_string())]),
        },
        qr: qr::svg(&url)?,
        label: view.say("fair.sign.label", &[("employer", who.name.as_str())]),
        ask: view::word(view, "fair.sign.ask"),
        lines: vec![
            view::word(view, "fair.sign.line_1"),
            view::word(view, "fair.sign.line_2"),
        ],
        help: view.say("fair.sign.help", &[("code", stand.code.as_str())]),
        foot: view.say("fair.sign.foot", &[("office", office.name.as_str())]),
    }))
}
