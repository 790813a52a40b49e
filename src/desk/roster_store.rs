//! Queries on who sits where: standing people, single shifts, swaps; and the table they make.
use super::{
    form,
    store::{self, Retired, window},
};
use crate::{
    domain::{
        calendar::Window,
        id::{AccountId, DeskMemberId, DeskPatternId, OfficeId},
        rota::{self, Key, Placed, Post, Session, Shift, Standing, Warning},
    },
    entity::{desk_member, desk_shift, desk_site, desk_standing, desk_swap},
    error::{AppError, AppResult},
    platform::db::{WriteTx, is_duplicate},
};
use chrono::{Days, NaiveDate};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    sea_query::{Expr, ExprTrait},
};
use std::collections::HashMap;

/// A session with its people and what is wrong with it.
#[derive(Clone, Debug)]
pub struct Line {
    pub session: Session,
    pub posts: Vec<Post>,
    pub warnings: Vec<Warning>,
}

/// 排班表 of some days: sessions in order of time, with the places and people they name.
#[derive(Clone, Debug)]
pub struct Table {
    pub lines: Vec<Line>,
    pub sites: HashMap<crate::domain::id::DeskSiteId, desk_site::Model>,
    pub members: HashMap<DeskMemberId, desk_member::Model>,
}

/// Who sits where in these days.
pub async fn table(
    db: &impl ConnectionTrait,
    office: OfficeId,
    from: NaiveDate,
    to: NaiveDate,
) -> AppResult<Table> {
    let rota = store::rota(db, office, from, to).await?;
    let sessions = rota.sessions(from, to);
    let patterns = rota.patterns.iter().map(|pattern| pattern.id);
    let standing = standing(db, office, patterns.collect()).await?;
    let margin = from.checked_sub_days(Days::new(7)).unwrap_or(from);
    let shifts = shifts(db, office, margin, to).await?;
    let sites = store::sites(db, office, Retired::Shown).await?;
    let members = store::members(db, office, Retired::Shown).await?;
    let sites: HashMap<_, _> = sites.into_iter().map(|site| (site.id, site)).collect();
    let members: HashMap<_, _> = members.into_iter().map(|one| (one.id, one)).collect();
    let posts: Vec<Vec<Post>> = sessions
        .iter()
        .map(|session| rota::roster(session, &standing, &shifts))
        .collect();
    let all_round = |post: &Post| members.get(&post.member).is_some_and(|one| one.all_round);
    let placed: Vec<(Session, Vec<Placed>)> = sessions
        .iter()
        .zip(&posts)
        .map(|(session, posts)| {
            let placed = posts.iter().map(|post| Placed {
                member: post.member,
                all_round: all_round(post),
                hours: post.hours,
            });
            (session.clone(), placed.collect())
        })
        .collect();
    let warnings = rota::warnings(&placed);
    let lines = sessions
        .into_iter()
        .zip(posts)
        .zip(warnings)
        .map(|((session, posts), warnings)| Line {
            session,
            posts,
            warnings,
        })
        .collect();
    Ok(Table {
        lines,
        sites,
        members,
    })
}

/// The people who stand on patterns, also those who did.
pub async fn standing(
    db: &impl ConnectionTrait,
    office: OfficeId,
    patterns: Vec<DeskPatternId>,
) -> AppResult<Vec<Standing>> {
    let rows = desk_standing::Entity::find()
        .filter(desk_standing::Column::OfficeId.eq(office))
        .filter(desk_standing::Column::PatternId.is_in(patterns))
        .order_by_asc(desk_standing::Column::Id)
        .all(db)
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Standing {
                id: row.id,
                pattern: row.pattern_id,
                member: row.member_id,
                hours: hours(row.from_minute, row.to_minute)?,
                from: row.starts_on,
                until: row.ends_on,
            })
        })
        .collect()
}

fn hours(from: Option<i32>, to: Option<i32>) -> AppResult<Option<Window>> {
    from.zip(to).map(|(from, to)| window(from, to)).transpose()
}

fn minutes(hours: Option<Window>) -> (Option<i32>, Option<i32>) {
    (
        hours.map(|hours| hours.from.into()),
        hours.map(|hours| hours.to.into()),
    )
}

async fn shifts(
    db: &impl ConnectionTrait,
    office: OfficeId,
    from: NaiveDate,
    to: NaiveDate,
) -> AppResult<Vec<Shift>> {
    let rows = desk_shift::Entity::find()
        .filter(desk_shift::Column::OfficeId.eq(office))
        .filter(desk_shift::Column::Day.between(from, to))
        .order_by_asc(desk_shift::Column::Id)
        .all(db)
        .await?;
    let shift = |row: desk_shift::Model| {
        let key = match (row.session_id, row.pattern_id) {
            (Some(session), _) => Key::Extra(session),
            (None, Some(pattern)) => Key::Weekly(pattern, row.day),
            (None, None) => return None,
        };
        Some((key, row))
    };
    rows.into_iter()
        .filter_map(shift)
        .map(|(key, row)| {
            Ok(Shift {
                key,
                member: row.member_id,
                present: row.present,
                hours: hours(row.from_minute, row.to_minute)?,
                served: row.served.map(i64::from),
            })
        })
        .collect()
}

pub async fn insert_standing(
    tx: &WriteTx,
    office: OfficeId,
    pattern: DeskPatternId,
    post: &form::Post,
    starts_on: NaiveDate,
) -> AppResult<i64> {
    let (from, to) = minutes(post.hours);
    let row = desk_standing::ActiveModel {
        office_id: Set(office),
        pattern_id: Set(pattern),
        member_id: Set(post.member),
        from_minute: Set(from),
        to_minute: Set(to),
        starts_on: Set(starts_on),
        ends_on: Set(post.ends_on),
        ..Default::default()
    };
    let inserted = desk_standing::Entity::insert(row).exec(tx.conn()).await?;
    Ok(inserted.last_insert_id)
}

fn goes_on(last: NaiveDate) -> Condition {
    Condition::any()
        .add(desk_standing::Column::EndsOn.is_null())
        .add(desk_standing::Column::EndsOn.gt(last))
}

/// Lets somebody stand on a pattern until a day only; one who never began is taken out.
///
/// # Errors
/// 404 when the pattern has no such standing person.
pub async fn end_standing(
    tx: &WriteTx,
    office: OfficeId,
    pattern: DeskPatternId,
    id: i64,
    last: NaiveDate,
) -> AppResult<()> {
    let done = desk_standing::Entity::update_many()
        .col_expr(desk_standing::Column::EndsOn, Expr::value(last))
        .filter(desk_standing::Column::OfficeId.eq(office))
        .filter(desk_standing::Column::PatternId.eq(pattern))
        .filter(desk_standing::Column::Id.eq(id))
        .exec(tx.conn())
        .await?;
    if done.rows_affected == 0 {
        return Err(AppError::not_found());
    }
    Ok(())
}

/// Ends everything one person would still do: standing shifts after a day, single ones too.
pub async fn release(
    tx: &WriteTx,
    office: OfficeId,
    member: DeskMemberId,
    last: NaiveDate,
) -> AppResult<()> {
    desk_standing::Entity::update_many()
        .col_expr(desk_standing::Column::EndsOn, Expr::value(last))
        .filter(desk_standing::Column::OfficeId.eq(office))
        .filter(desk_standing::Column::MemberId.eq(member))
        .filter(goes_on(last))
        .exec(tx.conn())
        .await?;
    desk_shift::Entity::delete_many()
        .filter(desk_shift::Column::OfficeId.eq(office))
        .filter(desk_shift::Column::MemberId.eq(member))
        .filter(desk_shift::Column::Day.gt(last))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// Standing people and single shifts from a day on go over to the pattern that follows.
pub async fn hand_on(
    tx: &WriteTx,
    office: OfficeId,
    old: DeskPatternId,
    new: DeskPatternId,
    from: NaiveDate,
    hours: Window,
) -> AppResult<()> {
    for one in standing(tx.conn(), office, vec![old]).await? {
        if one.until.is_some_and(|until| until < from) {
            continue;
        }
        // Staggered hours that no longer fit become the whole session.
        let kept = one
            .hours
            .filter(|own| own.from >= hours.from && own.to <= hours.to);
        let starts_on = if one.from < from { from } else { one.from };
        let post = form::Post {
            member: one.member,
            hours: kept,
            starts_on: None,
            ends_on: one.until,
        };
        insert_standing(tx, office, new, &post, starts_on).await?;
    }
    desk_shift::Entity::update_many()
        .col_expr(desk_shift::Column::PatternId, Expr::value(new))
        .filter(desk_shift::Column::OfficeId.eq(office))
        .filter(desk_shift::Column::PatternId.eq(old))
        .filter(desk_shift::Column::Day.gte(from))
        .exec(tx.conn())
        .await?;
    Ok(())
}

fn of_session(key: Key) -> Expr {
    match key {
        Key::Extra(id) => desk_shift::Column::SessionId.eq(id),
        Key::Weekly(pattern, origin) => desk_shift::Column::PatternId
            .eq(pattern)
            .and(desk_shift::Column::Day.eq(origin)),
    }
}

/// What is written about one person at one session.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    pub present: bool,
    pub hours: Option<Window>,
}

/// Puts a person on a session, or takes one off it; what was written before is replaced.
///
/// # Errors
/// 409 `stale` when somebody wrote the same just now.
pub async fn set_shift(
    tx: &WriteTx,
    office: OfficeId,
    session: &Session,
    member: DeskMemberId,
    mark: Mark,
) -> AppResult<()> {
    let (from, to) = minutes(mark.hours);
    let changed = desk_shift::Entity::update_many()
        .col_expr(desk_shift::Column::Present, Expr::value(mark.present))
        .col_expr(desk_shift::Column::FromMinute, Expr::value(from))
        .col_expr(desk_shift::Column::ToMinute, Expr::value(to))
        .col_expr(desk_shift::Column::ChangedAt, Expr::value(tx.now))
        .filter(desk_shift::Column::OfficeId.eq(office))
        .filter(of_session(session.key))
        .filter(desk_shift::Column::MemberId.eq(member))
        .exec(tx.conn())
        .await?;
    if changed.rows_affected > 0 {
        return Ok(());
    }
    let (pattern, extra, day) = match session.key {
        Key::Weekly(pattern, origin) => (Some(pattern), None, origin),
        Key::Extra(id) => (None, Some(id), session.date),
    };
    let row = desk_shift::ActiveModel {
        office_id: Set(office),
        pattern_id: Set(pattern),
        session_id: Set(extra),
        day: Set(day),
        member_id: Set(member),
        present: Set(mark.present),
        from_minute: Set(from),
        to_minute: Set(to),
        served: Set(None),
        served_by: Set(None),
        changed_at: Set(tx.now),
        ..Default::default()
    };
    match desk_shift::Entity::insert(row).exec(tx.conn()).await {
        Ok(_) => Ok(()),
        Err(error) if is_duplicate(&error) => Err(AppError::conflict("stale")),
        Err(error) => Err(error.into()),
    }
}

/// Notes how long a person of a session served.
pub async fn set_served(
    tx: &WriteTx,
    office: OfficeId,
    session: &Session,
    member: DeskMemberId,
    minutes: i32,
    by: AccountId,
) -> AppResult<()> {
    desk_shift::Entity::update_many()
        .col_expr(desk_shift::Column::Served, Expr::value(minutes))
        .col_expr(desk_shift::Column::ServedBy, Expr::value(by))
        .col_expr(desk_shift::Column::ChangedAt, Expr::value(tx.now))
        .filter(desk_shift::Column::OfficeId.eq(office))
        .filter(of_session(session.key))
        .filter(desk_shift::Column::MemberId.eq(member))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// What is recorded about a swap.
pub struct NewSwap {
    pub session: String,
    pub back: Option<String>,
    pub from: DeskMemberId,
    pub to: DeskMemberId,
    pub reason: String,
    pub by: AccountId,
}

pub async fn insert_swap(tx: &WriteTx, office: OfficeId, swap: NewSwap) -> AppResult<i64> {
    let row = desk_swap::ActiveModel {
        office_id: Set(office),
        session: Set(swap.session),
        from_member_id: Set(swap.from),
        to_member_id: Set(swap.to),
        back: Set(swap.back),
        reason: Set(swap.reason),
        made_by: Set(Some(swap.by)),
        made_at: Set(tx.now),
        ..Default::default()
    };
    let inserted = desk_swap::Entity::insert(row).exec(tx.conn()).await?;
    Ok(inserted.last_insert_id)
}

/// Swaps in which a session changed hands, newest first.
pub async fn swaps(
    db: &impl ConnectionTrait,
    office: OfficeId,
    session: &str,
) -> AppResult<Vec<desk_swap::Model>> {
    Ok(desk_swap::Entity::find()
        .filter(desk_swap::Column::OfficeId.eq(office))
        .filter(
            Condition::any()
                .add(desk_swap::Column::Session.eq(session))
                .add(desk_swap::Column::Back.eq(session)),
        )
        .order_by_desc(desk_swap::Column::Id)
        .all(db)
        .await?)
}
