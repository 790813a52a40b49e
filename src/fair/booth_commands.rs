//! Holding, booking and giving back a booth; the waiting line; swaps; who came and who did not.
use super::{
    booth_store::{self as booths, Claim},
    store,
};
use crate::{
    account::Actor,
    domain::{
        booking::{BookingStatus, hold_ends, is_over, no_show_from},
        booth,
        fair::FairStatus,
        id::{BoothId, EmployerId, FairId, OfficeId, ParticipationId},
        moment,
        role::Role,
    },
    employer,
    entity::{fair, participation},
    error::{AppError, AppResult},
    platform::{
        App,
        db::WriteTx,
        once::{Done, Once},
    },
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Free booths named beside a refusal at most.
const ALTERNATIVES: usize = 20;
/// Somebody who waits is not looking at the page when a booth falls free: an offered hold lasts
/// so many times as long.
const OFFER_FACTOR: i32 = 4;

/// A booth held until a time.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Held {
    pub fair: FairId,
    pub participation: ParticipationId,
    pub until: DateTime<Utc>,
}

/// Which booth of which fair, for whom.
#[derive(Clone, Debug)]
pub struct Wish {
    pub office: OfficeId,
    pub slug: String,
    pub label: String,
    pub employer: EmployerId,
}

/// `a1` is `A01`: a label as the plan writes it.
///
/// # Errors
/// 404 for what names no booth.
pub fn label(typed: &str) -> AppResult<String> {
    match booth::plan(typed).as_deref() {
        Ok([one]) => Ok(one.label.clone()),
        _ => Err(AppError::not_found()),
    }
}

/// Holds a booth for an employer.
///
/// # Errors
/// 409 `booth_taken` with `free`, `one_booth_per_employer`, `fair_not_open`,
/// `employer_not_approved`, `verification_stale`, `too_many_no_shows`.
pub async fn hold(app: &App, wish: Wish, once: Once) -> AppResult<Done<Held>> {
    let asked = wish.clone();
    let done = app
        .db
        .write_once(once, move |tx| async move { hold_in(&tx, &asked).await })
        .await;
    match done {
        Ok(done) => {
            app.live.touch(done.value.fair);
            Ok(done)
        }
        Err(error) if error.code() == Some("booth_taken") => Err(explain(app, &wish, error).await?),
        Err(error) => Err(error),
    }
}

async fn hold_in(tx: &WriteTx, wish: &Wish) -> AppResult<Held> {
    let fair = store::find_to_place(tx, wish.office, &wish.slug).await?;
    let booth = booths::find_booth(tx.conn(), fair.id, &label(&wish.label)?).await?;
    let current = current(tx, &fair, wish.employer).await?;
    admit(tx, &fair, wish, current.as_ref()).await?;
    if let Some(occupant) = booths::occupant(tx.conn(), booth.id).await?
        && (!is_stale(&occupant, tx.now) || !booths::expire(tx, occupant.id).await?)
    {
        return Err(AppError::conflict("booth_taken"));
    }
    let line = booths::next_waiting(tx.conn(), fair.id).await?;
    if line.is_some_and(|first| first.employer_id != wish.employer) {
        return Err(AppError::conflict("booth_taken"));
    }
    let until = hold_ends(tx.now, fair.hold_minutes, fair.ends_at);
    let participation = match current {
        Some(waiting) if booths::offer(tx, waiting.id, booth.id, until).await? => waiting.id,
        _ => {
            let claim = Claim {
                fair: fair.id,
                employer: wish.employer,
                booth: booth.id,
                until,
            };
            booths::insert_hold(tx, claim).await?
        }
    };
    Ok(Held {
        fair: fair.id,
        participation,
        until,
    })
}

fn is_stale(participation: &participation::Model, now: DateTime<Utc>) -> bool {
    participation.status == BookingStatus::Held
        && participation
            .held_until
            .is_some_and(|until| is_over(until, now))
}

/// Where the employer stands; a hold of its own whose time is over is given back first.
async fn current(
    tx: &WriteTx,
    fair: &fair::Model,
    employer: EmployerId,
) -> AppResult<Option<participation::Model>> {
    let Some(stand) = booths::stand(tx.conn(), fair.id, employer).await? else {
        return Ok(None);
    };
    if is_stale(&stand, tx.now) && booths::expire(tx, stand.id).await? {
        if let Some(booth) = stand.booth_id {
            pass_on(tx, fair, booth).await?;
        }
        return Ok(None);
    }
    Ok(Some(stand))
}

/// Asks the rules whether this employer may hold a booth or wait for one.
async fn admit(
    tx: &WriteTx,
    fair: &fair::Model,
    wish: &Wish,
    current: Option<&participation::Model>,
) -> AppResult<()> {
    let employer = employer::store::find(tx.conn(), wish.office, wish.employer).await?;
    let current = current.map(|current| current.status);
    booths::may_hold(tx.conn(), fair, &employer, current, tx.now)
        .await?
        .map_err(|refusal| AppError::conflict(refusal.code()))
}

/// Which of the two indexes refused, and what is free instead.
async fn explain(app: &App, wish: &Wish, error: AppError) -> AppResult<AppError> {
    let db = app.db.read();
    let fair = store::find(db, wish.office, &wish.slug).await?;
    let stand = booths::stand(db, fair.id, wish.employer).await?;
    if stand.is_some_and(|stand| stand.status.keeps_booth()) {
        return Ok(AppError::conflict("one_booth_per_employer"));
    }
    let free = free_labels(app, &fair, &label(&wish.label)?).await?;
    Ok(error.with("free", free))
}

/// Free booths, those behind the wished one first; none while somebody waits, because the next
/// free one is theirs.
pub async fn free_labels(app: &App, fair: &fair::Model, wished: &str) -> AppResult<Vec<String>> {
    let db = app.db.read();
    if booths::next_waiting(db, fair.id).await?.is_some() {
        return Ok(Vec::new());
    }
    let vacant = booths::vacant(db, fair.id).await?;
    let vacant: std::collections::HashSet<_> = vacant.into_iter().map(|row| row.label).collect();
    let plan = booth::plan(&fair.plan).unwrap_or_default();
    let start = plan.iter().position(|b| b.label == wished).unwrap_or(0);
    let (before, after) = plan.split_at(start);
    Ok(after
        .iter()
        .chain(before)
        .filter(|b| vacant.contains(&b.label))
        .take(ALTERNATIVES)
        .map(|b| b.label.clone())
        .collect())
}

/// A freed booth goes to the next in line, as a hold to decide on.
async fn pass_on(tx: &WriteTx, fair: &fair::Model, booth: BoothId) -> AppResult<bool> {
    if fair.status != FairStatus::Published || tx.now >= fair.ends_at {
        return Ok(false);
    }
    let until = hold_ends(tx.now, fair.hold_minutes * OFFER_FACTOR, fair.ends_at);
    while let Some(next) = booths::next_waiting(tx.conn(), fair.id).await? {
        if booths::offer(tx, next.id, booth, until).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A hold to be made a booking.
#[derive(Clone, Debug)]
pub struct Booking {
    pub slug: String,
    pub label: String,
    pub hold: ParticipationId,
}

/// Confirms a hold while it lasts. Confirming a second time says the same.
///
/// # Errors
/// 409 `hold_expired`, `fair_not_open`, `employer_not_approved`; 404 for somebody else's hold.
pub async fn book(app: &App, actor: Actor, booking: Booking, once: Once) -> AppResult<Done<Held>> {
    let done = app
        .db
        .write_once(once, move |tx| async move {
            book_in(&tx, &actor, &booking).await
        })
        .await?;
    app.live.touch(done.value.fair);
    Ok(done)
}

async fn book_in(tx: &WriteTx, actor: &Actor, booking: &Booking) -> AppResult<Held> {
    let hold = booking.hold;
    let fair = store::find_to_place(tx, actor.office, &booking.slug).await?;
    let booth = booths::find_booth(tx.conn(), fair.id, &label(&booking.label)?).await?;
    let seen = booths::find(tx.conn(), fair.id, hold).await?;
    own(actor, &seen)?;
    if fair.status != FairStatus::Published || tx.now >= fair.ends_at {
        return Err(AppError::conflict("fair_not_open"));
    }
    employer::store::find_approved(tx.conn(), actor.office, seen.employer_id).await?;
    let confirmed = booths::confirm(tx, hold, booth.id).await?;
    let booked = seen.status == BookingStatus::Booked && seen.booth_id == Some(booth.id);
    if !confirmed && !booked {
        return Err(AppError::conflict("hold_expired"));
    }
    Ok(Held {
        fair: fair.id,
        participation: hold,
        until: fair.ends_at,
    })
}

/// What became of a booth that was given back.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Freed {
    pub fair: FairId,
    /// Somebody in the waiting line has it now, to decide.
    pub offered: bool,
}

/// Gives back a booth, by the employer that has it or by the office.
///
/// # Errors
/// 404 when nobody has it, or somebody else does.
pub async fn release(
    app: &App,
    actor: Actor,
    slug: String,
    booth_label: String,
) -> AppResult<Freed> {
    let freed = app
        .db
        .write(move |tx| async move {
            let fair = store::find_to_place(&tx, actor.office, &slug).await?;
            let booth = booths::find_booth(tx.conn(), fair.id, &label(&booth_label)?).await?;
            let occupant = booths::occupant(tx.conn(), booth.id).await?;
            let occupant = occupant.ok_or_else(AppError::not_found)?;
            own(&actor, &occupant)?;
            give_back(&tx, &fair, &occupant, BookingStatus::Released).await
        })
        .await?;
    app.live.touch(freed.fair);
    Ok(freed)
}

/// An employer acts for itself, the office for all.
fn own(actor: &Actor, stand: &participation::Model) -> AppResult<()> {
    if actor.role == Role::Employer && actor.employer != Some(stand.employer_id) {
        return Err(AppError::not_found());
    }
    Ok(())
}

async fn give_back(
    tx: &WriteTx,
    fair: &fair::Model,
    stand: &participation::Model,
    status: BookingStatus,
) -> AppResult<Freed> {
    let ended = booths::end(tx, stand.id, status).await?;
    let offered = match stand.booth_id {
        Some(booth) if ended => pass_on(tx, fair, booth).await?,
        _ => false,
    };
    Ok(Freed {
        fair: fair.id,
        offered,
    })
}

/// Gives back a hold, a booking or a place in the line by its id.
///
/// # Errors
/// 404 for somebody else's.
pub async fn withdraw(
    app: &App,
    actor: Actor,
    slug: String,
    id: ParticipationId,
) -> AppResult<Freed> {
    let freed = app
        .db
        .write(move |tx| async move {
            let fair = store::find_to_place(&tx, actor.office, &slug).await?;
            let stand = booths::find(tx.conn(), fair.id, id).await?;
            own(&actor, &stand)?;
            give_back(&tx, &fair, &stand, BookingStatus::Released).await
        })
        .await?;
    app.live.touch(freed.fair);
    Ok(freed)
}

/// Joins the waiting line; possible when no booth is free.
///
/// # Errors
/// 409 `booths_free`, `already_waiting`, and the refusals of a hold.
pub async fn wait(
    app: &App,
    office: OfficeId,
    slug: String,
    employer: EmployerId,
    once: Once,
) -> AppResult<Done<ParticipationId>> {
    let done = app
        .db
        .write_once(once, move |tx| async move {
            let fair = store::find_to_place(&tx, office, &slug).await?;
            let wish = Wish {
                office,
                slug,
                label: String::new(),
                employer,
            };
            let current = current(&tx, &fair, employer).await?;
            if current.as_ref().map(|c| c.status) == Some(BookingStatus::Waiting) {
                return Err(AppError::conflict("already_waiting"));
            }
            admit(&tx, &fair, &wish, current.as_ref()).await?;
            let nobody_waits = booths::next_waiting(tx.conn(), fair.id).await?.is_none();
            if nobody_waits && !booths::vacant(tx.conn(), fair.id).await?.is_empty() {
                return Err(AppError::conflict("booths_free"));
            }
            booths::insert_waiting(&tx, fair.id, employer).await
        })
        .await?;
    Ok(done)
}

/// What the office notes about somebody at a booth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// 已到场
    Arrived,
    /// 爽约: the booth goes to the next in line
    Missed,
}

/// # Errors
/// 409 `not_late_yet` before half an hour after the opening, `stale` when it is not booked.
pub async fn note(
    app: &App,
    actor: Actor,
    slug: String,
    id: ParticipationId,
    note: Note,
) -> AppResult<()> {
    let fair = app
        .db
        .write(move |tx| async move {
            let fair = store::find_to_place(&tx, actor.office, &slug).await?;
            let stand = booths::find(tx.conn(), fair.id, id).await?;
            match note {
                Note::Arrived => booths::arrive(&tx, stand.id).await?,
                Note::Missed => miss(&tx, &fair, &stand).await?,
            }
            Ok(fair.id)
        })
        .await?;
    app.live.touch(fair);
    Ok(())
}

async fn miss(tx: &WriteTx, fair: &fair::Model, stand: &participation::Model) -> AppResult<()> {
    let from = no_show_from(fair.starts_at);
    if tx.now < from {
        return Err(AppError::conflict("not_late_yet").param("time", moment::clock(from)));
    }
    if !booths::miss(tx, stand.id).await? {
        return Err(AppError::conflict("stale"));
    }
    if let Some(booth) = stand.booth_id {
        pass_on(tx, fair, booth).await?;
    }
    Ok(())
}

/// Puts a participation at another booth; whoever has that one moves to the first. Codes stay, so
/// printed QR codes still name the right employer.
///
/// # Errors
/// 404, 409 `stale`, `booth_taken`.
pub async fn swap(
    app: &App,
    actor: Actor,
    slug: String,
    id: ParticipationId,
    to: String,
) -> AppResult<()> {
    let fair = app
        .db
        .write(move |tx| async move {
            let fair = store::find_to_place(&tx, actor.office, &slug).await?;
            let stand = booths::find(tx.conn(), fair.id, id).await?;
            let booth = booths::find_booth(tx.conn(), fair.id, &label(&to)?).await?;
            let Some(from) = stand.booth_id.filter(|_| stand.active) else {
                return Err(AppError::conflict("stale"));
            };
            match booths::occupant(tx.conn(), booth.id).await? {
                Some(other) if other.id != stand.id => {
                    booths::move_to(&tx, &stand, None).await?;
                    booths::move_to(&tx, &other, Some(from)).await?;
                }
                _ => {}
            }
            booths::move_to(&tx, &stand, Some(booth.id)).await?;
            Ok(fair.id)
        })
        .await?;
    app.live.touch(fair);
    Ok(())
}

/// How many people come to the booth and what they need there.
///
/// # Errors
/// 404 for somebody else's, 409 `stale` when it is over.
pub async fn equip(
    app: &App,
    actor: Actor,
    slug: String,
    id: ParticipationId,
    staff: i32,
    needs: String,
) -> AppResult<()> {
    app.db
        .write(move |tx| async move {
            let fair = store::find(tx.conn(), actor.office, &slug).await?;
            let stand = booths::find(tx.conn(), fair.id, id).await?;
            own(&actor, &stand)?;
            booths::equip(&tx, stand.id, staff, needs).await
        })
        .await
}

/// Gives back holds whose time is over, and offers booths that stayed free to those who wait.
/// Called every minute; answers how many bookings it changed.
///
/// # Errors
/// When the database is away; the next call goes on.
pub async fn sweep(app: &App) -> AppResult<usize> {
    let mut changed = 0;
    for hold in booths::overdue(app.db.read(), app.db.now(), 200).await? {
        changed += usize::from(give_back_overdue(app, hold).await?);
    }
    for fair in booths::fairs_with_line(app.db.read(), app.db.now()).await? {
        changed += offer_vacant(app, fair).await?;
    }
    Ok(changed)
}

async fn give_back_overdue(app: &App, hold: participation::Model) -> AppResult<bool> {
    let (office, fair) = (app.settings.office, hold.fair_id);
    let changed = app
        .db
        .write(move |tx| async move {
            let fair = store::find_to_place_by_id(&tx, office, hold.fair_id).await?;
            if !booths::expire(&tx, hold.id).await? {
                return Ok(false);
            }
            if let Some(booth) = hold.booth_id {
                pass_on(&tx, &fair, booth).await?;
            }
            Ok(true)
        })
        .await?;
    if changed {
        app.live.touch(fair);
    }
    Ok(changed)
}

async fn offer_vacant(app: &App, fair: fair::Model) -> AppResult<usize> {
    let id = fair.id;
    let offered = app
        .db
        .write(move |tx| async move {
            let fair = store::find_to_place_by_id(&tx, fair.office_id, fair.id).await?;
            let mut offered = 0;
            for booth in booths::vacant(tx.conn(), fair.id).await? {
                if !pass_on(&tx, &fair, booth.id).await? {
                    break;
                }
                offered += 1;
            }
            Ok(offered)
        })
        .await?;
    if offered > 0 {
        app.live.touch(id);
    }
    Ok(offered)
}
