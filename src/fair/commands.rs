//! Planning an evening, publishing it, calling it off.
use super::{
    form::Details,
    store::{self, Item},
};
use crate::{
    account::Actor,
    domain::{
        fair::{FairStatus, FairTask, HostPart, LARGE},
        fault::{Faults, FieldFault},
        id::{FairId, OfficeId, UnitId},
        role::Role,
    },
    entity::fair::Model,
    error::{AppError, AppResult, FieldError},
    platform::{
        App,
        clock::beijing,
        db::WriteTx,
        once::{Done, Once},
    },
};
use chrono::{DateTime, Utc};

/// Plans an evening; it is a draft until it is published.
///
/// # Errors
/// 409 `slug_taken`, 422.
pub async fn create(
    app: &App,
    office: OfficeId,
    details: Details,
    once: Once,
) -> AppResult<Done<FairId>> {
    let done = app
        .db
        .write_once(once, move |tx| async move {
            let hosts = known(&tx, office, details.hosts).await?;
            let tasks = tasks(&details.facts);
            let id = store::insert(&tx, office, details.facts).await?;
            store::replan(&tx, id, &details.booths).await?;
            store::set_hosts(&tx, id, hosts).await?;
            store::plan_tasks(&tx, id, tasks).await?;
            Ok(id)
        })
        .await?;
    app.live.touch(done.value);
    Ok(done)
}

/// Hosts must be units of the office.
async fn known(
    tx: &WriteTx,
    office: OfficeId,
    hosts: Vec<(UnitId, HostPart)>,
) -> AppResult<Vec<(UnitId, HostPart)>> {
    let units = store::units(tx.conn(), office).await?;
    let all = hosts
        .iter()
        .all(|(unit, _)| units.iter().any(|(known, ..)| known == unit));
    if all {
        Ok(hosts)
    } else {
        Err(Faults::one("co_hosts", FieldFault::NotFound).into())
    }
}

fn tasks(facts: &store::Facts) -> Vec<(FairTask, chrono::NaiveDate)> {
    let start = beijing(facts.times.starts_at).date_naive();
    let end = beijing(facts.times.ends_at).date_naive();
    FairTask::of(facts.expected)
        .into_iter()
        .map(|task| (task, task.due(start, end)))
        .collect()
}

/// Changes an evening. Booths that somebody has cannot leave the plan.
///
/// # Errors
/// 409 `stale`, `fair_cancelled`, `slug_taken`; 422.
pub async fn change(
    app: &App,
    office: OfficeId,
    slug: String,
    version: i64,
    details: Details,
) -> AppResult<()> {
    let fair = app
        .db
        .write(move |tx| async move {
            let seen = store::find(tx.conn(), office, &slug).await?;
            if seen.version != version {
                return Err(AppError::conflict("stale"));
            }
            if seen.status == FairStatus::Cancelled {
                return Err(AppError::conflict("fair_cancelled"));
            }
            permitted(&seen, &details)?;
            let hosts = known(&tx, office, details.hosts).await?;
            let tasks = tasks(&details.facts);
            store::update(&tx, &seen, details.facts).await?;
            store::replan(&tx, seen.id, &details.booths).await?;
            store::set_hosts(&tx, seen.id, hosts).await?;
            store::plan_tasks(&tx, seen.id, tasks).await?;
            Ok(seen.id)
        })
        .await?;
    app.live.touch(fair);
    Ok(())
}

/// What was published keeps its address and room for those registered; what the police permitted
/// keeps time, place and size, or asks for a new permit (大型群众性活动安全管理条例 §15).
fn permitted(seen: &Model, details: &Details) -> AppResult<()> {
    let facts = &details.facts;
    let mut errors = Vec::new();
    let mut fault = |field: &str, code: &str, params| {
        errors.push(FieldError {
            field: field.into(),
            code: code.into(),
            params,
        });
    };
    if facts.capacity < seen.registered {
        fault(
            "capacity",
            "below_registered",
            vec![("registered", seen.registered.to_string())],
        );
    }
    if seen.published_at.is_some() && facts.slug != seen.slug {
        fault("slug", "slug_published", Vec::new());
    }
    let published = seen.status == FairStatus::Published;
    if published && facts.expected >= LARGE && facts.permit_no.is_none() {
        fault("permit_no", "permit_needed", Vec::new());
    }
    let moved = facts.times.starts_at != seen.starts_at
        || facts.times.ends_at != seen.ends_at
        || facts.venue != seen.venue
        || facts.address != seen.address
        || facts.expected > seen.expected
        || facts.capacity > seen.capacity;
    if moved && seen.permit_no.is_some() && facts.permit_no == seen.permit_no {
        fault("permit_no", "permit_renewal", Vec::new());
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(AppError::invalid(errors))
    }
}

/// What keeps an evening from being published, as codes.
pub fn obstacles(fair: &Model, booths: usize, now: DateTime<Utc>) -> Vec<&'static str> {
    [
        (booths == 0, "no_booths"),
        (fair.ends_at <= now, "over"),
        (fair.expected >= LARGE && fair.permit_no.is_none(), "permit"),
    ]
    .into_iter()
    .filter_map(|(stands, code)| stands.then_some(code))
    .collect()
}

/// Publishes an evening. Publishing a second time says the same.
///
/// # Errors
/// 422 `fair_not_ready` with `missing`; 409 `fair_cancelled`.
pub async fn publish(
    app: &App,
    office: OfficeId,
    slug: String,
    once: Once,
) -> AppResult<Done<FairId>> {
    let done = app
        .db
        .write_once(once, move |tx| async move {
            let seen = store::find(tx.conn(), office, &slug).await?;
            match seen.status {
                FairStatus::Published => return Ok(seen.id),
                FairStatus::Cancelled => return Err(AppError::conflict("fair_cancelled")),
                FairStatus::Draft => {}
            }
            let booths = store::booths(tx.conn(), seen.id).await?.len();
            let missing = obstacles(&seen, booths, tx.now);
            if !missing.is_empty() {
                return Err(AppError::unprocessable("fair_not_ready").with("missing", missing));
            }
            store::set_status(&tx, &seen, FairStatus::Published).await?;
            Ok(seen.id)
        })
        .await?;
    app.live.touch(done.value);
    Ok(done)
}

/// Calls an evening off. What was registered and booked stays on record.
///
/// # Errors
/// 409 `fair_over` when it has ended.
pub async fn cancel(app: &App, office: OfficeId, slug: String) -> AppResult<()> {
    let fair = app
        .db
        .write(move |tx| async move {
            let seen = store::find(tx.conn(), office, &slug).await?;
            if seen.status == FairStatus::Published && tx.now >= seen.ends_at {
                return Err(AppError::conflict("fair_over"));
            }
            if seen.status != FairStatus::Cancelled {
                store::set_status(&tx, &seen, FairStatus::Cancelled).await?;
            }
            Ok(seen.id)
        })
        .await?;
    app.live.touch(fair);
    Ok(())
}

/// Ticks a task of the filing list, or opens it again.
pub async fn tick(
    app: &App,
    actor: Actor,
    slug: String,
    task: FairTask,
    done: bool,
    note: String,
) -> AppResult<()> {
    app.db
        .write(move |tx| async move {
            let fair = store::find(tx.conn(), actor.office, &slug).await?;
            let by = done.then_some(actor.account);
            store::tick(&tx, fair.id, task, by, note).await
        })
        .await
}

/// Adds an item to the side programme, within the hours of the evening.
///
/// # Errors
/// 422 outside the hours.
pub async fn add_item(
    app: &App,
    office: OfficeId,
    slug: String,
    item: Item,
    once: Once,
) -> AppResult<()> {
    let done = app
        .db
        .write_once(once, move |tx| async move {
            let fair = store::find(tx.conn(), office, &slug).await?;
            if item.starts_at < fair.starts_at {
                return Err(Faults::one("starts_at", FieldFault::BeforeStart).into());
            }
            if item.ends_at > fair.ends_at {
                return Err(Faults::one("ends_at", FieldFault::AfterEnd).into());
            }
            store::add_item(&tx, fair.id, item).await?;
            Ok(fair.id)
        })
        .await?;
    app.live.touch(done.value);
    Ok(())
}

pub async fn remove_item(app: &App, office: OfficeId, slug: String, item: i64) -> AppResult<()> {
    let fair = app
        .db
        .write(move |tx| async move {
            let fair = store::find(tx.conn(), office, &slug).await?;
            store::remove_item(&tx, fair.id, item).await?;
            Ok(fair.id)
        })
        .await?;
    app.live.touch(fair);
    Ok(())
}

/// A fair as this account may see it: a co-host sees those it hosts.
///
/// # Errors
/// 404 for others.
pub async fn look(app: &App, actor: &Actor, slug: &str) -> AppResult<Model> {
    let fair = store::find(app.db.read(), actor.office, slug).await?;
    if actor.role == Role::CoHost {
        let unit = actor.unit.ok_or_else(AppError::forbidden)?;
        if !store::is_host(app.db.read(), fair.id, unit).await? {
            return Err(AppError::not_found());
        }
    }
    Ok(fair)
}
