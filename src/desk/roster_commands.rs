//! People put on patterns and sessions, swapped, and their hours confirmed.
use super::{
    form::{Post, Swap},
    roster_store::{self, Line, Mark, NewSwap},
    store,
};
use crate::{
    account::Actor,
    domain::{
        calendar::day_of,
        fault::{Faults, FieldFault},
        id::{DeskMemberId, DeskPatternId, OfficeId},
        rota::{self, Key, Session},
    },
    error::{AppError, AppResult},
    platform::{
        db::{Db, WriteTx},
        once::{Done, Once},
    },
};
use chrono::{NaiveDate, TimeDelta};

async fn member_in_use(
    tx: &WriteTx,
    office: OfficeId,
    id: DeskMemberId,
    field: &'static str,
) -> AppResult<()> {
    match store::member(tx.conn(), office, id).await {
        Ok(member) if member.active => Ok(()),
        Ok(_) => Err(Faults::one(field, FieldFault::NotFound).into()),
        Err(error) if error.code() == Some("not_found") => {
            Err(Faults::one(field, FieldFault::NotFound).into())
        }
        Err(error) => Err(error),
    }
}

/// Puts a person on every session of a pattern from a day on.
///
/// # Errors
/// 404; 409 `desk_member_placed` when they stand there already; 422 for every field.
pub async fn place(
    db: &Db,
    actor: &Actor,
    pattern: DeskPatternId,
    post: Post,
    once: Once,
) -> AppResult<Done<i64>> {
    let office = actor.office;
    db.write_once(once, move |tx| async move {
        let row = store::pattern(tx.conn(), office, pattern).await?;
        member_in_use(&tx, office, post.member, "member").await?;
        let today = day_of(tx.now);
        let starts_on = post.starts_on.unwrap_or(today).max(row.starts_on);
        if post.starts_on.is_some_and(|day| day < today) {
            return Err(Faults::one("starts_on", FieldFault::Past).into());
        }
        if post.ends_on.is_some_and(|end| end < starts_on) {
            return Err(Faults::one("ends_on", FieldFault::BeforeStart).into());
        }
        let standing = roster_store::standing(tx.conn(), office, vec![pattern]).await?;
        let overlaps = |one: &rota::Standing| {
            one.member == post.member
                && one.until.is_none_or(|until| until >= starts_on)
                && post.ends_on.is_none_or(|end| one.from <= end)
        };
        if standing.iter().any(overlaps) {
            return Err(AppError::conflict("desk_member_placed"));
        }
        roster_store::insert_standing(&tx, office, pattern, &post, starts_on).await
    })
    .await
}

/// Takes a standing person off a pattern from today on: sessions of today and before stay as they
/// were when `last` is today.
///
/// # Errors
/// 404; 422 at `ends_on` for a day before yesterday.
pub async fn displace(
    db: &Db,
    actor: &Actor,
    pattern: DeskPatternId,
    standing: i64,
    last: Option<NaiveDate>,
) -> AppResult<()> {
    let office = actor.office;
    db.write(move |tx| async move {
        store::pattern(tx.conn(), office, pattern).await?;
        let yesterday = day_of(tx.now).pred_opt();
        let last = last.or(yesterday).unwrap_or_default();
        if Some(last) < yesterday {
            return Err(Faults::one("ends_on", FieldFault::Past).into());
        }
        roster_store::end_standing(&tx, office, pattern, standing, last).await
    })
    .await
}

/// The session with its people and warnings, as the transaction sees it.
async fn line(tx: &WriteTx, office: OfficeId, key: Key) -> AppResult<Line> {
    let session = store::session(tx.conn(), office, key).await?;
    let table = roster_store::table(tx.conn(), office, session.date, session.date).await?;
    table
        .lines
        .into_iter()
        .find(|line| line.session.key == key)
        .ok_or_else(AppError::not_found)
}

fn stands(line: &Line, member: DeskMemberId) -> bool {
    line.posts.iter().any(|post| post.member == member)
}

/// Somebody who came without a plan is added afterwards, while the month is still being counted.
const CORRECTIONS: TimeDelta = TimeDelta::days(31);

fn open_to_people(session: &Session, tx: &WriteTx) -> AppResult<()> {
    if session.cancelled {
        Err(AppError::conflict("desk_session_cancelled"))
    } else if session.ends_at() + CORRECTIONS <= tx.now {
        Err(AppError::conflict("desk_session_over"))
    } else {
        Ok(())
    }
}

fn to_come(session: &Session, tx: &WriteTx) -> AppResult<()> {
    if session.cancelled {
        Err(AppError::conflict("desk_session_cancelled"))
    } else if session.ends_at() <= tx.now {
        Err(AppError::conflict("desk_session_over"))
    } else {
        Ok(())
    }
}

/// Puts a person on one session, also afterwards.
///
/// # Errors
/// 404; 409 `desk_member_placed`, `desk_session_over`, `desk_session_cancelled`; 422 at `member`.
pub async fn assign(db: &Db, actor: &Actor, key: Key, post: Post) -> AppResult<()> {
    let office = actor.office;
    db.write(move |tx| async move {
        let line = line(&tx, office, key).await?;
        open_to_people(&line.session, &tx)?;
        member_in_use(&tx, office, post.member, "member").await?;
        if stands(&line, post.member) {
            return Err(AppError::conflict("desk_member_placed"));
        }
        let mark = Mark {
            present: true,
            hours: post.hours,
        };
        roster_store::set_shift(&tx, office, &line.session, post.member, mark).await
    })
    .await
}

/// Takes a person off one session.
///
/// # Errors
/// 404 when they are not on it; 409 `desk_session_over`, `desk_session_cancelled`.
pub async fn relieve(db: &Db, actor: &Actor, key: Key, member: DeskMemberId) -> AppResult<()> {
    let office = actor.office;
    db.write(move |tx| async move {
        let line = line(&tx, office, key).await?;
        to_come(&line.session, &tx)?;
        if !stands(&line, member) {
            return Err(AppError::not_found());
        }
        hand_over(&tx, office, &line.session, member, None).await
    })
    .await
}

/// One person goes, another may come with the same hours.
async fn hand_over(
    tx: &WriteTx,
    office: OfficeId,
    session: &Session,
    from: DeskMemberId,
    to: Option<(DeskMemberId, Mark)>,
) -> AppResult<()> {
    let gone = Mark {
        present: false,
        hours: None,
    };
    roster_store::set_shift(tx, office, session, from, gone).await?;
    if let Some((member, mark)) = to {
        roster_store::set_shift(tx, office, session, member, mark).await?;
    }
    Ok(())
}

fn taken_over(line: &Line, from: DeskMemberId) -> Mark {
    let hours = line
        .posts
        .iter()
        .find(|post| post.member == from)
        .map(|post| post.hours)
        .filter(|hours| *hours != line.session.hours);
    Mark {
        present: true,
        hours,
    }
}

/// 换班: a shift goes to another person, who may give one of their own in return. Both sessions and
/// the record are written at once, or none.
///
/// # Errors
/// 404; 409 `desk_session_over`, `desk_session_cancelled`; 422 at `from` who does not stand there,
/// at `to` who stands there already, at `back` when the taker does not stand at that session.
pub async fn swap(
    db: &Db,
    actor: &Actor,
    key: Key,
    swap: Swap,
    once: Once,
) -> AppResult<Done<i64>> {
    let (office, by) = (actor.office, actor.account);
    db.write_once(once, move |tx| async move {
        let given = line(&tx, office, key).await?;
        to_come(&given.session, &tx)?;
        if !stands(&given, swap.from) {
            return Err(Faults::one("from", FieldFault::NotFound).into());
        }
        member_in_use(&tx, office, swap.to, "to").await?;
        if stands(&given, swap.to) {
            return Err(Faults::one("to", FieldFault::Taken).into());
        }
        let back = match swap.back {
            None => None,
            Some(back) => Some(return_shift(&tx, office, &given.session, &swap, back).await?),
        };
        let mark = taken_over(&given, swap.from);
        hand_over(
            &tx,
            office,
            &given.session,
            swap.from,
            Some((swap.to, mark)),
        )
        .await?;
        if let Some(back) = &back {
            let mark = taken_over(back, swap.to);
            hand_over(&tx, office, &back.session, swap.to, Some((swap.from, mark))).await?;
        }
        let record = NewSwap {
            session: given.session.uid,
            back: back.map(|line| line.session.uid),
            from: swap.from,
            to: swap.to,
            reason: swap.reason,
            by,
        };
        roster_store::insert_swap(&tx, office, record).await
    })
    .await
}

/// The session that is given in return, when it can be.
async fn return_shift(
    tx: &WriteTx,
    office: OfficeId,
    given: &Session,
    swap: &Swap,
    back: Key,
) -> AppResult<Line> {
    let fault = |fault| AppError::from(Faults::one("back", fault));
    let back = match line(tx, office, back).await {
        Err(error) if error.code() == Some("not_found") => {
            return Err(fault(FieldFault::NotFound));
        }
        read => read?,
    };
    to_come(&back.session, tx)?;
    if back.session.key == given.key || !stands(&back, swap.to) {
        return Err(fault(FieldFault::NotFound));
    }
    if stands(&back, swap.from) {
        return Err(fault(FieldFault::Taken));
    }
    Ok(back)
}

/// Confirms how many minutes people of a session served.
///
/// # Errors
/// 404; 409 `desk_session_to_come` before it begins, `desk_session_cancelled`; 422 for somebody
/// who is not on it.
pub async fn confirm(
    db: &Db,
    actor: &Actor,
    key: Key,
    minutes: Vec<(DeskMemberId, i32)>,
) -> AppResult<()> {
    let (office, by) = (actor.office, actor.account);
    db.write(move |tx| async move {
        let line = line(&tx, office, key).await?;
        if line.session.cancelled {
            return Err(AppError::conflict("desk_session_cancelled"));
        }
        if line.session.starts_at() > tx.now {
            return Err(AppError::conflict("desk_session_to_come"));
        }
        for (member, served) in minutes {
            let post = line.posts.iter().find(|post| post.member == member);
            let Some(post) = post else {
                let field = format!("minutes-{member}");
                return Err(Faults::one(field, FieldFault::NotFound).into());
            };
            let mark = Mark {
                present: true,
                hours: (post.hours != line.session.hours).then_some(post.hours),
            };
            roster_store::set_shift(&tx, office, &line.session, member, mark).await?;
            roster_store::set_served(&tx, office, &line.session, member, served, by).await?;
        }
        Ok(())
    })
    .await
}

/// 沿用上月: single assignments of a month are made again in the next. Whoever is on the new
/// session already, or off the rota, is left alone. Answers how many were made.
///
/// # Errors
/// Only of the database.
pub async fn copy_month(
    db: &Db,
    actor: &Actor,
    first: NaiveDate,
    once: Once,
) -> AppResult<Done<u32>> {
    let office = actor.office;
    db.write_once(once, move |tx| async move {
        let last = rota::last_of_month(first);
        let old_last = first.pred_opt().unwrap_or(first);
        let old_first = chrono::Datelike::with_day(&old_last, 1).unwrap_or(old_last);
        let old = roster_store::table(tx.conn(), office, old_first, old_last).await?;
        let new = roster_store::table(tx.conn(), office, first, last).await?;
        let sessions = |lines: &[Line]| -> Vec<Session> {
            lines.iter().map(|line| line.session.clone()).collect()
        };
        let pairs = rota::counterparts(&sessions(&old.lines), &sessions(&new.lines));
        let mut made = 0;
        for (before, now) in pairs {
            let line_of =
                |lines: &[Line], key| lines.iter().find(|l| l.session.key == key).cloned();
            let (Some(before), Some(now)) = (line_of(&old.lines, before), line_of(&new.lines, now))
            else {
                continue;
            };
            if now.session.ends_at() <= tx.now {
                continue;
            }
            for post in before.posts.iter().filter(|post| !post.standing) {
                let active = new.members.get(&post.member).is_some_and(|one| one.active);
                if !active || stands(&now, post.member) {
                    continue;
                }
                let mark = taken_over(&before, post.member);
                roster_store::set_shift(&tx, office, &now.session, post.member, mark).await?;
                made += 1;
            }
        }
        Ok(made)
    })
    .await
}
