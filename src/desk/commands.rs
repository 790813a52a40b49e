//! Sites, people, patterns and single sessions: made, changed, ended.
use super::{
    form::{Extra, Member, Site, Weekly},
    news, roster_store,
    store::{self, Named},
};
use crate::{
    account::Actor,
    area,
    domain::{
        calendar::day_of,
        fault::{Faults, FieldFault},
        id::{AreaId, DeskMemberId, DeskPatternId, DeskSessionId, DeskSiteId, OfficeId},
        rota::Key,
        ticket::Code,
    },
    error::{AppError, AppResult},
    platform::{
        db::{Db, WriteTx},
        once::{Done, Once},
        secret,
    },
};
use chrono::NaiveDate;

// Sites

/// # Errors
/// 422 at `area` when the office has no such area in use.
pub async fn add_site(
    db: &Db,
    actor: &Actor,
    site: Site,
    once: Once,
) -> AppResult<Done<DeskSiteId>> {
    let office = actor.office;
    let code = Code::from_bytes(secret::random()).into_string();
    db.write_once(once, move |tx| async move {
        area_in_use(&tx, office, site.area).await?;
        store::insert_site(&tx, office, code, site).await
    })
    .await
}

async fn area_in_use(tx: &WriteTx, office: OfficeId, id: AreaId) -> AppResult<()> {
    let known = found("area", area::store::find(tx.conn(), office, id).await)?;
    if known.active {
        Ok(())
    } else {
        Err(Faults::one("area", FieldFault::NotFound).into())
    }
}

/// What a field names must be there: 404 is the fault of the field.
fn found<T>(field: &'static str, read: AppResult<T>) -> AppResult<T> {
    read.map_err(|error| {
        if error.code() == Some("not_found") {
            Faults::one(field, FieldFault::NotFound).into()
        } else {
            error
        }
    })
}

/// # Errors
/// 404; 409 `stale` when somebody was faster; 422 at `area`.
pub async fn change_site(
    db: &Db,
    actor: &Actor,
    id: DeskSiteId,
    version: i64,
    site: Site,
) -> AppResult<()> {
    let office = actor.office;
    db.write(move |tx| async move {
        store::site(tx.conn(), office, id).await?;
        area_in_use(&tx, office, site.area).await?;
        store::update_site(&tx, office, id, version, site).await
    })
    .await
}

/// Takes a site out of use: its patterns end today. Nothing of the past changes.
///
/// # Errors
/// 404; 409 `desk_site_in_use` while an extra session is still to come.
pub async fn retire_site(db: &Db, actor: &Actor, id: DeskSiteId) -> AppResult<()> {
    let office = actor.office;
    db.write(move |tx| async move {
        store::site(tx.conn(), office, id).await?;
        let today = day_of(tx.now);
        if store::extras_after(&tx, office, id, today).await? > 0 {
            return Err(AppError::conflict("desk_site_in_use"));
        }
        store::end_patterns(&tx, office, id, today).await?;
        store::switch_site(&tx, office, id, false).await
    })
    .await
}

/// Takes a retired site into use again; patterns are made anew.
///
/// # Errors
/// 404.
pub async fn restore_site(db: &Db, actor: &Actor, id: DeskSiteId) -> AppResult<()> {
    let office = actor.office;
    db.write(move |tx| async move {
        store::site(tx.conn(), office, id).await?;
        store::switch_site(&tx, office, id, true).await
    })
    .await
}

// People

/// # Errors
/// 409 `desk_member_known`; 422 at `account` when the office has no such staff account in use.
pub async fn add_member(
    db: &Db,
    actor: &Actor,
    member: Member,
    once: Once,
) -> AppResult<Done<DeskMemberId>> {
    let office = actor.office;
    db.write_once(once, move |tx| async move {
        let named = named(&tx, office, member).await?;
        store::insert_member(&tx, office, named).await
    })
    .await
}

/// Fills in what the account knows.
async fn named(tx: &WriteTx, office: OfficeId, member: Member) -> AppResult<Named> {
    let known = match member.account {
        None => None,
        Some(id) => {
            let mut staff = store::staff(tx.conn(), office).await?;
            let at = staff.iter().position(|(account, _)| account.id == id);
            let at =
                at.ok_or_else(|| AppError::from(Faults::one("account", FieldFault::NotFound)))?;
            Some(staff.swap_remove(at))
        }
    };
    let name = match (&member.name, &known) {
        (Some(name), _) => name.clone(),
        (None, Some((account, _))) => account.name.clone(),
        (None, None) => return Err(Faults::one("name", FieldFault::Required).into()),
    };
    let unit = known.and_then(|(_, unit)| unit).map(|unit| unit.name);
    Ok(Named {
        account: member.account,
        name,
        organisation: member.organisation.clone().or(unit).unwrap_or_default(),
        member,
    })
}

/// Changes all but the account behind a person.
///
/// # Errors
/// 404; 409 `stale` when somebody was faster.
pub async fn change_member(
    db: &Db,
    actor: &Actor,
    id: DeskMemberId,
    version: i64,
    member: Member,
) -> AppResult<()> {
    let office = actor.office;
    db.write(move |tx| async move {
        let known = store::member(tx.conn(), office, id).await?;
        let account = known.account_id;
        let named = Named {
            account,
            name: member.name.clone().unwrap_or(known.name),
            organisation: member.organisation.clone().unwrap_or(known.organisation),
            member,
        };
        store::update_member(&tx, office, id, version, named).await
    })
    .await
}

/// Takes a person off the rota from tomorrow on; what they did stays.
///
/// # Errors
/// 404.
pub async fn retire_member(db: &Db, actor: &Actor, id: DeskMemberId) -> AppResult<()> {
    let office = actor.office;
    db.write(move |tx| async move {
        store::member(tx.conn(), office, id).await?;
        roster_store::release(&tx, office, id, day_of(tx.now)).await?;
        store::switch_member(&tx, office, id, false).await
    })
    .await
}

/// # Errors
/// 404.
pub async fn restore_member(db: &Db, actor: &Actor, id: DeskMemberId) -> AppResult<()> {
    let office = actor.office;
    db.write(move |tx| async move {
        store::member(tx.conn(), office, id).await?;
        store::switch_member(&tx, office, id, true).await
    })
    .await
}

// Patterns

/// # Errors
/// 422 at `site` when the office has no such site in use.
pub async fn add_pattern(
    db: &Db,
    actor: &Actor,
    weekly: Weekly,
    once: Once,
) -> AppResult<Done<DeskPatternId>> {
    let office = actor.office;
    db.write_once(once, move |tx| async move {
        site_in_use(&tx, office, weekly.site).await?;
        store::insert_pattern(&tx, office, &weekly, None).await
    })
    .await
}

async fn site_in_use(tx: &WriteTx, office: OfficeId, id: DeskSiteId) -> AppResult<()> {
    let site = found("site", store::site(tx.conn(), office, id).await)?;
    if site.active {
        Ok(())
    } else {
        Err(Faults::one("site", FieldFault::NotFound).into())
    }
}

/// Changes a pattern from a day on. Sessions before that day stay as they were: the old pattern
/// ends and a new one goes on, with the same people, cancellations and names in calendars.
///
/// # Errors
/// 404; 409 `stale` when somebody was faster; 422 at `starts_on` for a day that is over or after
/// the pattern's end.
pub async fn change_pattern(
    db: &Db,
    actor: &Actor,
    id: DeskPatternId,
    version: i64,
    weekly: Weekly,
) -> AppResult<DeskPatternId> {
    let office = actor.office;
    db.write(move |tx| async move {
        let old = store::pattern(tx.conn(), office, id).await?;
        site_in_use(&tx, office, weekly.site).await?;
        let from = weekly.starts_on;
        if from != old.starts_on && from < day_of(tx.now) {
            return Err(Faults::one("starts_on", FieldFault::Past).into());
        }
        // Not begun yet: nothing to keep. An unchanged beginning in the past would rewrite it.
        if from <= old.starts_on {
            if old.starts_on < day_of(tx.now) {
                return Err(Faults::one("starts_on", FieldFault::Past).into());
            }
            store::update_pattern(&tx, office, id, version, &weekly).await?;
            return Ok(id);
        }
        let last = before(from);
        if old.ends_on.is_some_and(|end| end <= last) {
            return Err(Faults::one("starts_on", FieldFault::Past).into());
        }
        store::end_pattern(&tx, office, id, version, last).await?;
        let new = store::insert_pattern(&tx, office, &weekly, Some(&old)).await?;
        roster_store::hand_on(&tx, office, id, new, from, weekly.hours).await?;
        store::hand_on_changes(&tx, office, id, new, from).await?;
        Ok(new)
    })
    .await
}

fn before(day: NaiveDate) -> NaiveDate {
    day.pred_opt().unwrap_or(day)
}

/// Ends a pattern after a day.
///
/// # Errors
/// 404; 409 `stale`; 422 at `last` for a day that is over.
pub async fn end_pattern(
    db: &Db,
    actor: &Actor,
    id: DeskPatternId,
    version: i64,
    last: Option<NaiveDate>,
) -> AppResult<()> {
    let office = actor.office;
    db.write(move |tx| async move {
        store::pattern(tx.conn(), office, id).await?;
        let today = day_of(tx.now);
        let last = last.unwrap_or(today);
        if last < before(today) {
            return Err(Faults::one("last", FieldFault::Past).into());
        }
        store::end_pattern(&tx, office, id, version, last).await
    })
    .await
}

// Single sessions

/// # Errors
/// 422 at `site` when the office has no such site in use.
pub async fn add_extra(
    db: &Db,
    actor: &Actor,
    extra: Extra,
    once: Once,
) -> AppResult<Done<DeskSessionId>> {
    let (office, by) = (actor.office, actor.account);
    db.write_once(once, move |tx| async move {
        site_in_use(&tx, office, extra.site).await?;
        let id = store::insert_extra(&tx, office, by, extra).await?;
        news::note(&tx, office, Key::Extra(id)).await?;
        Ok(id)
    })
    .await
}

/// Cancels a session that is not over; the public reads why.
///
/// # Errors
/// 404; 409 `desk_session_over`, `desk_session_cancelled`.
pub async fn cancel(db: &Db, actor: &Actor, key: Key, reason: String) -> AppResult<()> {
    let (office, by) = (actor.office, actor.account);
    db.write(move |tx| async move {
        let session = store::session(tx.conn(), office, key).await?;
        if session.ends_at() <= tx.now {
            return Err(AppError::conflict("desk_session_over"));
        }
        if session.cancelled {
            return Err(AppError::conflict("desk_session_cancelled"));
        }
        store::set_cancelled(&tx, office, by, &session, true, reason).await?;
        news::note(&tx, office, key).await
    })
    .await
}

/// Lets a cancelled session take place after all.
///
/// # Errors
/// 404; 409 `desk_session_over`, `desk_session_on`.
pub async fn restore(db: &Db, actor: &Actor, key: Key) -> AppResult<()> {
    let (office, by) = (actor.office, actor.account);
    db.write(move |tx| async move {
        let session = store::session(tx.conn(), office, key).await?;
        if session.ends_at() <= tx.now {
            return Err(AppError::conflict("desk_session_over"));
        }
        if !session.cancelled {
            return Err(AppError::conflict("desk_session_on"));
        }
        store::set_cancelled(&tx, office, by, &session, false, String::new()).await?;
        news::note(&tx, office, key).await
    })
    .await
}
