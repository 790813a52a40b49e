//! An employer's evenings, and the booth it picks.
use super::{
    booth_commands::{self, Booking, Wish},
    booth_store, form,
    pages::{PickPage, PortalPage},
    plan::{self, StallState},
    store, view,
};
use crate::{
    account::Actor,
    domain::{
        booking::{BookingStatus, is_over, is_stale},
        employer::{EmployerStatus, Paper},
        fair::FairStatus,
        id::EmployerId,
    },
    employer,
    entity::{fair, participation},
    error::{AppError, AppResult},
    platform::{
        App,
        api::Query,
        clock::beijing,
        form::{Form, Sent},
        page::{Flash, Said, View},
    },
    posting,
};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

/// Evenings on the home page at most.
const COMING: u64 = 20;

pub async fn portal(State(app): State<App>, view: View, actor: Actor) -> AppResult<Response> {
    let (db, now) = (app.db.read(), app.db.now());
    let own = employer::store::find(db, actor.office, actor.employer()?).await?;
    let mut fairs = store::upcoming(db, actor.office, now, COMING).await?;
    let mut stands = booth_store::of_employer(db, actor.office, own.id).await?;
    stands.retain(|stand| stand.active && !is_lapsed(stand, now));
    fairs.retain(|fair| {
        fair.status == FairStatus::Published || stands.iter().any(|s| s.fair_id == fair.id)
    });
    let (next, next_href) = next_step(&app, &actor, &own, &fairs, &stands).await?;
    let today = beijing(now).date_naive();
    let missing = employer::store::dossier(&own).missing(today);
    view.show(PortalPage {
        name: own.name,
        status: view::code(&own.status),
        reason: own.status_reason,
        missing: missing.into_iter().map(Paper::code).collect(),
        next,
        next_href,
        evenings: view::evenings(&app, fairs, &stands).await?,
    })
}

/// A hold whose time is over, though nobody has taken it away yet.
fn is_lapsed(stand: &participation::Model, now: chrono::DateTime<chrono::Utc>) -> bool {
    stand.status == BookingStatus::Held && stand.held_until.is_some_and(|until| is_over(until, now))
}

/// The one thing to do next: code of its words, and where it is done.
async fn next_step(
    app: &App,
    actor: &Actor,
    own: &crate::entity::employer::Model,
    fairs: &[fair::Model],
    stands: &[participation::Model],
) -> AppResult<(&'static str, Option<String>)> {
    let company = || Some("/employer/company".to_owned());
    match (own.status, own.verified_at) {
        (EmployerStatus::Pending, _) => return Ok(("wait_review", company())),
        (EmployerStatus::Returned, _) => return Ok(("complete", company())),
        (EmployerStatus::Rejected, _) => return Ok(("rejected", None)),
        (EmployerStatus::Approved, Some(at)) if !is_stale(at, app.db.now()) => {}
        (EmployerStatus::Approved, _) => return Ok(("verify_again", company())),
    }
    let open = |fair: &&fair::Model| fair.status == FairStatus::Published;
    let at = |status| {
        let stand = stands.iter().find(|stand| stand.status == status)?;
        fairs.iter().find(|fair| fair.id == stand.fair_id)
    };
    let page = |fair: &fair::Model| Some(format!("/employer/fairs/{}", fair.slug));
    if let Some(fair) = at(BookingStatus::Held).filter(open) {
        return Ok(("confirm", page(fair)));
    }
    let fresh = fairs
        .iter()
        .find(|fair| open(fair) && stands.iter().all(|stand| stand.fair_id != fair.id));
    if let Some(fair) = at(BookingStatus::Booked).filter(open) {
        let filter = posting::store::Filter {
            status: None,
            fair: Some(fair.id),
            employer: Some(own.id),
            words: String::new(),
        };
        let written = posting::store::counts(app.db.read(), actor, &filter).await?;
        if written.values().sum::<i64>() == 0 {
            return Ok(("post", Some("/employer/postings/new".into())));
        }
        return Ok(("ready", Some("/employer/postings".into())));
    }
    match (fresh, at(BookingStatus::Waiting).filter(open)) {
        (Some(fair), _) => Ok(("pick", page(fair))),
        (None, Some(fair)) => Ok(("wait_booth", page(fair))),
        (None, None) => Ok(("none", None)),
    }
}

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
    instead: Vec<String>,
}

pub async fn pick(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(slug): Path<String>,
    Query(asked): Query<Asked>,
    Query(said): Query<Said>,
) -> AppResult<Response> {
    let desk = Desk {
        picked: booth_commands::label(&asked.booth).ok(),
        flash: said.flash(&view, "fair"),
        ..Desk::default()
    };
    view.show(pick_page(&app, &view, &actor, &slug, desk).await?)
}

async fn pick_page(
    app: &App,
    view: &View,
    actor: &Actor,
    slug: &str,
    desk: Desk,
) -> AppResult<PickPage> {
    let (db, now) = (app.db.read(), app.db.now());
    let own = employer::store::find(db, actor.office, actor.employer()?).await?;
    let fair = store::find_shown(db, actor.office, slug).await?;
    let everybody = plan::everybody(app, &fair).await?;
    let place = own_place(&everybody, own.id, now);
    let status = place.map(|(stand, ..)| stand.status);
    let refusal = booth_store::may_hold(db, &fair, &own, status, now).await?;
    let keeps = status.is_some_and(BookingStatus::keeps_booth);
    let refusal = refusal.err().filter(|_| !keeps);
    let takes = refusal.is_none() && !keeps;
    let free = |label: &str| {
        let stall = everybody.stalls.iter().find(|s| s.booth.label == label);
        stall.is_some_and(|stall| stall.state == StallState::Free)
    };
    let (standing, lying) = view::drawn(&everybody.stalls, |stall| {
        view::own_label(view, &fair, stall, own.id, takes)
    });
    Ok(PickPage {
        fair: view::head(&fair, now),
        flash: desk.flash,
        picked: desk.picked.filter(|label| takes && free(label)),
        instead: desk.instead,
        refusal: refusal.map(|why| view::word(view, &format!("booking_refusal.{}", why.code()))),
        form: desk.form.unwrap_or_else(|| equipment_form(place)),
        stand: place.map(|(stand, label, position)| {
            view::stand(stand, label.map(str::to_owned), position, now)
        }),
        plan: standing,
        lying,
        free: everybody
            .stalls
            .iter()
            .filter(|stall| stall.state == StallState::Free)
            .count(),
        waiting: everybody.line.len(),
        hold_minutes: fair.hold_minutes,
    })
}

type Place<'a> = (&'a participation::Model, Option<&'a str>, Option<usize>);

/// Where the employer stands: at which booth, or at which place in the line.
fn own_place(
    everybody: &plan::Everybody,
    own: EmployerId,
    now: chrono::DateTime<chrono::Utc>,
) -> Option<Place<'_>> {
    let at_booth = everybody.stalls.iter().find_map(|stall| {
        let stand = stall.stand.as_ref()?;
        let mine = stand.employer_id == own && !is_lapsed(stand, now);
        mine.then_some((stand, Some(stall.booth.label.as_str()), None))
    });
    at_booth.or_else(|| {
        let at = everybody.line.iter().position(|(_, who)| who.id == own)?;
        let (stand, _) = everybody.line.get(at)?;
        Some((stand, None, Some(at + 1)))
    })
}

fn equipment_form(place: Option<Place<'_>>) -> Form {
    let staff = place.map_or(2, |(stand, ..)| stand.staff);
    let needs = place.map_or_else(String::new, |(stand, ..)| stand.needs.clone());
    Form::filled([("staff", staff.to_string()), ("needs", needs)])
}

fn to(slug: &str, said: &str) -> Response {
    Redirect::to(&format!("/employer/fairs/{slug}?said={said}")).into_response()
}

/// The page again with what was typed and why it did not go.
async fn refuse(
    app: &App,
    view: &View,
    actor: &Actor,
    slug: &str,
    sent: &Sent,
    error: AppError,
) -> AppResult<Response> {
    let instead = match &error {
        AppError::Problem(problem) => problem.extra.get("free").cloned(),
        AppError::Internal(_) => None,
    };
    let instead = instead.and_then(|free| serde_json::from_value(free).ok());
    let (status, form, whole) = view::again(view, sent, error)?;
    let picked = booth_commands::label(sent.get("booth")).ok();
    let desk = Desk {
        picked,
        flash: whole.map(|text| Flash { tone: "bad", text }),
        form: Some(with_equipment(form)),
        instead: instead.unwrap_or_default(),
    };
    let page = pick_page(app, view, actor, slug, desk).await?;
    view.show_with(status, page)
}

/// A button that asks for nothing still leads to a page that does.
fn with_equipment(mut form: Form) -> Form {
    form.values
        .entry("staff".into())
        .or_insert_with(|| "2".into());
    form
}

pub async fn hold(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(slug): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    match hold_with(&app, &actor, &slug, &sent).await {
        Ok(()) => Ok(to(&slug, "held")),
        Err(error) => refuse(&app, &view, &actor, &slug, &sent, error).await,
    }
}

async fn hold_with(app: &App, actor: &Actor, slug: &str, sent: &Sent) -> AppResult<()> {
    let (staff, needs) = form::equipment(sent)?;
    let wish = Wish {
        office: actor.office,
        slug: slug.to_owned(),
        label: sent.get("booth").to_owned(),
        employer: actor.employer()?,
    };
    store::find_shown(app.db.read(), actor.office, slug).await?;
    let once = sent.once(&format!("hold {} {slug}", actor.account))?;
    let held = booth_commands::hold(app, wish, once).await?.value;
    let slug = slug.to_owned();
    booth_commands::equip(app, actor.clone(), slug, held.participation, staff, needs).await
}

pub async fn book(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(slug): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    match book_with(&app, &actor, &slug, &sent).await {
        Ok(()) => Ok(to(&slug, "booked")),
        Err(error) => refuse(&app, &view, &actor, &slug, &sent, error).await,
    }
}

/// What was typed is kept with the hold first, so that a booking never stands without it.
async fn book_with(app: &App, actor: &Actor, slug: &str, sent: &Sent) -> AppResult<()> {
    let (staff, needs) = form::equipment(sent)?;
    let hold = view::id(sent.get("participation"))?;
    let kept = booth_commands::equip(app, actor.clone(), slug.to_owned(), hold, staff, needs).await;
    kept.map_err(|error| match error.code() {
        Some("stale") => AppError::conflict("hold_expired"),
        _ => error,
    })?;
    let booking = Booking {
        slug: slug.to_owned(),
        label: sent.get("booth").to_owned(),
        hold,
    };
    let once = sent.once(&format!("book {} {slug}", actor.account))?;
    booth_commands::book(app, actor.clone(), booking, once).await?;
    Ok(())
}

pub async fn equip(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(slug): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let stand = view::id(sent.get("participation"))?;
    let done = match form::equipment(&sent) {
        Ok((staff, needs)) => {
            booth_commands::equip(&app, actor.clone(), slug.clone(), stand, staff, needs).await
        }
        Err(faults) => Err(faults.into()),
    };
    match done {
        Ok(()) => Ok(to(&slug, "equipped")),
        Err(error) => refuse(&app, &view, &actor, &slug, &sent, error).await,
    }
}

pub async fn release(
    State(app): State<App>,
    actor: Actor,
    Path(slug): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let stand = view::id(sent.get("participation"))?;
    booth_commands::withdraw(&app, actor, slug.clone(), stand).await?;
    Ok(to(&slug, "released"))
}

pub async fn wait(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(slug): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let own = actor.employer()?;
    let once = sent.once(&format!("wait {} {slug}", actor.account))?;
    store::find_shown(app.db.read(), actor.office, &slug).await?;
    match booth_commands::wait(&app, actor.office, slug.clone(), own, once).await {
        Ok(_) => Ok(to(&slug, "waiting")),
        Err(error) => refuse(&app, &view, &actor, &slug, &sent, error).await,
    }
}
