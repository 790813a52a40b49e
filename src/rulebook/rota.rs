//! The rows of the rota as the rules know them: the desks' pages and the desks' calendars of
//! deadlines are derived from the same reading.
use super::book::Book;
use crate::{
    domain::{
        calendar::Window,
        id::OfficeId,
        rota::{Change, Pattern, Rota},
    },
    entity::{desk_pattern, desk_session},
    error::AppResult,
};
use anyhow::anyhow;
use chrono::{Days, NaiveDate, Weekday};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter};

/// How far a session may lie from the day on which the week puts it.
const MARGIN: Days = Days::new(7);

/// All from which the sessions of these days are derived.
pub async fn rota(
    db: &impl ConnectionTrait,
    office: OfficeId,
    from: NaiveDate,
    to: NaiveDate,
) -> AppResult<Rota> {
    let first = from.checked_sub_days(MARGIN).unwrap_or(from);
    let patterns = desk_pattern::Entity::find()
        .filter(desk_pattern::Column::OfficeId.eq(office))
        .filter(desk_pattern::Column::StartsOn.lte(to))
        .filter(
            Condition::any()
                .add(desk_pattern::Column::EndsOn.is_null())
                .add(desk_pattern::Column::EndsOn.gte(first)),
        )
        .all(db)
        .await?;
    let changes = desk_session::Entity::find()
        .filter(desk_session::Column::OfficeId.eq(office))
        .filter(desk_session::Column::Day.between(first, to))
        .all(db)
        .await?;
    Ok(Rota {
        notices: Book::of(db, office).await?.notices().clone(),
        patterns: patterns
            .iter()
            .map(pattern_of)
            .collect::<AppResult<Vec<_>>>()?,
        changes: changes
            .iter()
            .map(change_of)
            .collect::<AppResult<Vec<_>>>()?,
    })
}

/// Hours of a row; both columns were written from a window.
pub fn window(from: i32, to: i32) -> AppResult<Window> {
    let minute = |n: i32| u16::try_from(n).unwrap_or(u16::MAX);
    Window::new(minute(from), minute(to))
        .ok_or_else(|| anyhow!("hours {from} to {to} are no window").into())
}

/// A row as the rules know it.
pub fn pattern_of(row: &desk_pattern::Model) -> AppResult<Pattern> {
    let weekday = u8::try_from(row.weekday - 1).unwrap_or(u8::MAX);
    Ok(Pattern {
        id: row.id,
        series: row.series,
        site: row.site_id,
        kind: row.kind,
        weekday: Weekday::try_from(weekday)
            .map_err(|_| anyhow!("{} is no weekday", row.weekday))?,
        band: row.band,
        hours: window(row.from_minute, row.to_minute)?,
        from: row.starts_on,
        until: row.ends_on,
        on_holiday: row.on_holiday,
        on_moved_days: row.on_moved_days,
        public: row.public,
        version: row.version,
        changed_at: row.changed_at,
    })
}

fn change_of(row: &desk_session::Model) -> AppResult<Change> {
    Ok(Change {
        id: row.id,
        pattern: row.pattern_id,
        site: row.site_id,
        kind: row.kind,
        band: row.band,
        date: row.day,
        hours: window(row.from_minute, row.to_minute)?,
        cancelled: row.cancelled,
        reason: row.reason.clone(),
        public: row.public,
        version: row.version,
        changed_at: row.changed_at,
    })
}
