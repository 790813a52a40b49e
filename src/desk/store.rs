//! Queries on sites, people, patterns and what differs from them.
use super::form::{Extra, Member, Site, Weekly};
pub use crate::rulebook::rota::{pattern_of, rota, window};
use crate::{
    domain::{
        calendar::{Calendar, day_of},
        id::{AccountId, DeskMemberId, DeskPatternId, DeskSessionId, DeskSiteId, OfficeId},
        rota::{Key, Rota, Session},
    },
    entity::{account, desk_member, desk_pattern, desk_session, desk_site, unit},
    error::{AppError, AppResult},
    platform::db::{WriteTx, is_duplicate},
};
use chrono::{DateTime, Days, NaiveDate, Utc, Weekday};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    sea_query::{Expr, ExprTrait},
};

/// Days before a stretch on which a session may have its place in the week.
const MARGIN: Days = Days::new(7);
/// Days ahead in which the next session is looked for.
const HORIZON: Days = Days::new(400);

// Sites

/// Sites of an office by name; those not in use any more only when asked for.
pub async fn sites(
    db: &impl ConnectionTrait,
    office: OfficeId,
    retired_too: Retired,
) -> AppResult<Vec<desk_site::Model>> {
    let mut found = desk_site::Entity::find().filter(desk_site::Column::OfficeId.eq(office));
    if retired_too == Retired::Hidden {
        found = found.filter(desk_site::Column::Active.eq(true));
    }
    Ok(found
        .order_by_desc(desk_site::Column::Active)
        .order_by_asc(desk_site::Column::Name)
        .order_by_asc(desk_site::Column::Id)
        .all(db)
        .await?)
}

/// Whether a list holds what is not in use any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retired {
    Shown,
    Hidden,
}

/// # Errors
/// 404, also for another office's site.
pub async fn site(
    db: &impl ConnectionTrait,
    office: OfficeId,
    id: DeskSiteId,
) -> AppResult<desk_site::Model> {
    desk_site::Entity::find_by_id(id)
        .filter(desk_site::Column::OfficeId.eq(office))
        .one(db)
        .await?
        .ok_or_else(AppError::not_found)
}

pub async fn insert_site(
    tx: &WriteTx,
    office: OfficeId,
    code: String,
    site: Site,
) -> AppResult<DeskSiteId> {
    let row = desk_site::ActiveModel {
        office_id: Set(office),
        area_id: Set(site.area),
        code: Set(code),
        name: Set(site.name),
        address: Set(site.address),
        note: Set(site.note),
        active: Set(true),
        version: Set(1),
        created_at: Set(tx.now),
        ..Default::default()
    };
    let inserted = desk_site::Entity::insert(row).exec(tx.conn()).await?;
    Ok(inserted.last_insert_id)
}

/// # Errors
/// 409 `stale` when somebody was faster.
pub async fn update_site(
    tx: &WriteTx,
    office: OfficeId,
    id: DeskSiteId,
    version: i64,
    site: Site,
) -> AppResult<()> {
    let done = desk_site::Entity::update_many()
        .col_expr(desk_site::Column::AreaId, Expr::value(site.area))
        .col_expr(desk_site::Column::Name, Expr::value(site.name))
        .col_expr(desk_site::Column::Address, Expr::value(site.address))
        .col_expr(desk_site::Column::Note, Expr::value(site.note))
        .col_expr(desk_site::Column::Version, Expr::value(version + 1))
        .filter(desk_site::Column::OfficeId.eq(office))
        .filter(desk_site::Column::Id.eq(id))
        .filter(desk_site::Column::Version.eq(version))
        .exec(tx.conn())
        .await?;
    one_row(done.rows_affected)
}

fn one_row(changed: u64) -> AppResult<()> {
    if changed == 1 {
        Ok(())
    } else {
        Err(AppError::conflict("stale"))
    }
}

pub async fn switch_site(
    tx: &WriteTx,
    office: OfficeId,
    id: DeskSiteId,
    active: bool,
) -> AppResult<()> {
    desk_site::Entity::update_many()
        .col_expr(desk_site::Column::Active, Expr::value(active))
        .filter(desk_site::Column::OfficeId.eq(office))
        .filter(desk_site::Column::Id.eq(id))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// Extra sessions of a site after a day that are to be held.
pub async fn extras_after(
    tx: &WriteTx,
    office: OfficeId,
    site: DeskSiteId,
    day: NaiveDate,
) -> AppResult<u64> {
    Ok(desk_session::Entity::find()
        .filter(desk_session::Column::OfficeId.eq(office))
        .filter(desk_session::Column::SiteId.eq(site))
        .filter(desk_session::Column::PatternId.is_null())
        .filter(desk_session::Column::Cancelled.eq(false))
        .filter(desk_session::Column::Day.gt(day))
        .count(tx.conn())
        .await?)
}

// People

/// People of the rota by name.
pub async fn members(
    db: &impl ConnectionTrait,
    office: OfficeId,
    retired_too: Retired,
) -> AppResult<Vec<desk_member::Model>> {
    let mut found = desk_member::Entity::find().filter(desk_member::Column::OfficeId.eq(office));
    if retired_too == Retired::Hidden {
        found = found.filter(desk_member::Column::Active.eq(true));
    }
    Ok(found
        .order_by_desc(desk_member::Column::Active)
        .order_by_asc(desk_member::Column::Duty)
        .order_by_asc(desk_member::Column::Name)
        .order_by_asc(desk_member::Column::Id)
        .all(db)
        .await?)
}

/// # Errors
/// 404, also for another office's person.
pub async fn member(
    db: &impl ConnectionTrait,
    office: OfficeId,
    id: DeskMemberId,
) -> AppResult<desk_member::Model> {
    desk_member::Entity::find_by_id(id)
        .filter(desk_member::Column::OfficeId.eq(office))
        .one(db)
        .await?
        .ok_or_else(AppError::not_found)
}

/// Staff accounts in use, with the unit they belong to.
pub async fn staff(
    db: &impl ConnectionTrait,
    office: OfficeId,
) -> AppResult<Vec<(account::Model, Option<unit::Model>)>> {
    use crate::domain::role::Role;
    let accounts = account::Entity::find()
        .filter(account::Column::OfficeId.eq(office))
        .filter(account::Column::DisabledAt.is_null())
        .filter(account::Column::Role.is_in(Role::STAFF.iter().copied()))
        .order_by_asc(account::Column::Name)
        .all(db)
        .await?;
    let units = unit::Entity::find()
        .filter(unit::Column::OfficeId.eq(office))
        .all(db)
        .await?;
    let unit_of = |account: &account::Model| {
        units
            .iter()
            .find(|unit| Some(unit.id) == account.unit_id)
            .cloned()
    };
    Ok(accounts
        .into_iter()
        .map(|account| {
            let unit = unit_of(&account);
            (account, unit)
        })
        .collect())
}

/// A person as stored: names are there.
pub struct Named {
    pub account: Option<AccountId>,
    pub name: String,
    pub organisation: String,
    pub member: Member,
}

/// # Errors
/// 409 `desk_member_known` when the account is on the rota already.
pub async fn insert_member(tx: &WriteTx, office: OfficeId, new: Named) -> AppResult<DeskMemberId> {
    let row = desk_member::ActiveModel {
        office_id: Set(office),
        account_id: Set(new.account),
        name: Set(new.name),
        duty: Set(new.member.duty),
        organisation: Set(new.organisation),
        all_round: Set(new.member.all_round),
        active: Set(true),
        version: Set(1),
        created_at: Set(tx.now),
        ..Default::default()
    };
    match desk_member::Entity::insert(row).exec(tx.conn()).await {
        Ok(inserted) => Ok(inserted.last_insert_id),
        Err(error) if is_duplicate(&error) => Err(AppError::conflict("desk_member_known")),
        Err(error) => Err(error.into()),
    }
}

/// # Errors
/// 409 `stale` when somebody was faster.
pub async fn update_member(
    tx: &WriteTx,
    office: OfficeId,
    id: DeskMemberId,
    version: i64,
    new: Named,
) -> AppResult<()> {
    let done = desk_member::Entity::update_many()
        .col_expr(desk_member::Column::Name, Expr::value(new.name))
        .col_expr(desk_member::Column::Duty, Expr::value(new.member.duty))
        .col_expr(
            desk_member::Column::Organisation,
            Expr::value(new.organisation),
        )
        .col_expr(
            desk_member::Column::AllRound,
            Expr::value(new.member.all_round),
        )
        .col_expr(desk_member::Column::Version, Expr::value(version + 1))
        .filter(desk_member::Column::OfficeId.eq(office))
        .filter(desk_member::Column::Id.eq(id))
        .filter(desk_member::Column::Version.eq(version))
        .exec(tx.conn())
        .await?;
    one_row(done.rows_affected)
}

pub async fn switch_member(
    tx: &WriteTx,
    office: OfficeId,
    id: DeskMemberId,
    active: bool,
) -> AppResult<()> {
    desk_member::Entity::update_many()
        .col_expr(desk_member::Column::Active, Expr::value(active))
        .filter(desk_member::Column::OfficeId.eq(office))
        .filter(desk_member::Column::Id.eq(id))
        .exec(tx.conn())
        .await?;
    Ok(())
}

// Patterns

/// # Errors
/// 404, also for another office's pattern.
pub async fn pattern(
    db: &impl ConnectionTrait,
    office: OfficeId,
    id: DeskPatternId,
) -> AppResult<desk_pattern::Model> {
    desk_pattern::Entity::find_by_id(id)
        .filter(desk_pattern::Column::OfficeId.eq(office))
        .one(db)
        .await?
        .ok_or_else(AppError::not_found)
}

/// The patterns of a site, those in force first.
pub async fn patterns(
    db: &impl ConnectionTrait,
    office: OfficeId,
    site: DeskSiteId,
) -> AppResult<Vec<desk_pattern::Model>> {
    Ok(desk_pattern::Entity::find()
        .filter(desk_pattern::Column::OfficeId.eq(office))
        .filter(desk_pattern::Column::SiteId.eq(site))
        .order_by_asc(desk_pattern::Column::Weekday)
        .order_by_asc(desk_pattern::Column::FromMinute)
        .order_by_desc(desk_pattern::Column::StartsOn)
        .all(db)
        .await?)
}

fn filled(weekly: &Weekly) -> desk_pattern::ActiveModel {
    desk_pattern::ActiveModel {
        site_id: Set(weekly.site),
        kind: Set(weekly.kind),
        weekday: Set(iso(weekly.weekday)),
        band: Set(weekly.band),
        from_minute: Set(weekly.hours.from.into()),
        to_minute: Set(weekly.hours.to.into()),
        starts_on: Set(weekly.starts_on),
        ends_on: Set(weekly.ends_on),
        on_holiday: Set(weekly.on_holiday),
        on_moved_days: Set(weekly.on_moved_days),
        public: Set(weekly.public),
        ..Default::default()
    }
}

/// Monday is 1.
pub fn iso(weekday: Weekday) -> i32 {
    i32::from(u8::try_from(weekday.number_from_monday()).unwrap_or(1))
}

/// Adds a pattern; `follows` is the one whose sessions it goes on with.
pub async fn insert_pattern(
    tx: &WriteTx,
    office: OfficeId,
    weekly: &Weekly,
    follows: Option<&desk_pattern::Model>,
) -> AppResult<DeskPatternId> {
    let mut row = filled(weekly);
    row.office_id = Set(office);
    row.series = Set(follows.map_or(0, |before| before.series));
    row.version = Set(follows.map_or(1, |before| before.version + 1));
    row.changed_at = Set(tx.now);
    let inserted = desk_pattern::Entity::insert(row).exec(tx.conn()).await?;
    let id = inserted.last_insert_id;
    if follows.is_none() {
        desk_pattern::Entity::update_many()
            .col_expr(desk_pattern::Column::Series, Expr::value(id.0))
            .filter(desk_pattern::Column::Id.eq(id))
            .exec(tx.conn())
            .await?;
    }
    Ok(id)
}

/// # Errors
/// 409 `stale` when somebody was faster.
pub async fn update_pattern(
    tx: &WriteTx,
    office: OfficeId,
    id: DeskPatternId,
    version: i64,
    weekly: &Weekly,
) -> AppResult<()> {
    let mut row = filled(weekly);
    row.version = Set(version + 1);
    row.changed_at = Set(tx.now);
    let done = desk_pattern::Entity::update_many()
        .set(row)
        .filter(desk_pattern::Column::OfficeId.eq(office))
        .filter(desk_pattern::Column::Id.eq(id))
        .filter(desk_pattern::Column::Version.eq(version))
        .exec(tx.conn())
        .await?;
    one_row(done.rows_affected)
}

/// # Errors
/// 409 `stale` when somebody was faster.
pub async fn end_pattern(
    tx: &WriteTx,
    office: OfficeId,
    id: DeskPatternId,
    version: i64,
    last: NaiveDate,
) -> AppResult<()> {
    let done = desk_pattern::Entity::update_many()
        .col_expr(desk_pattern::Column::EndsOn, Expr::value(last))
        .col_expr(desk_pattern::Column::Version, Expr::value(version + 1))
        .col_expr(desk_pattern::Column::ChangedAt, Expr::value(tx.now))
        .filter(desk_pattern::Column::OfficeId.eq(office))
        .filter(desk_pattern::Column::Id.eq(id))
        .filter(desk_pattern::Column::Version.eq(version))
        .exec(tx.conn())
        .await?;
    one_row(done.rows_affected)
}

/// Ends every pattern of a site that would go on after a day.
pub async fn end_patterns(
    tx: &WriteTx,
    office: OfficeId,
    site: DeskSiteId,
    last: NaiveDate,
) -> AppResult<()> {
    desk_pattern::Entity::update_many()
        .col_expr(desk_pattern::Column::EndsOn, Expr::value(last))
        .col_expr(
            desk_pattern::Column::Version,
            Expr::col(desk_pattern::Column::Version).add(1),
        )
        .col_expr(desk_pattern::Column::ChangedAt, Expr::value(tx.now))
        .filter(desk_pattern::Column::OfficeId.eq(office))
        .filter(desk_pattern::Column::SiteId.eq(site))
        .filter(
            Condition::any()
                .add(desk_pattern::Column::EndsOn.is_null())
                .add(desk_pattern::Column::EndsOn.gt(last)),
        )
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// Cancellations from a day on go over to the pattern that follows.
pub async fn hand_on_changes(
    tx: &WriteTx,
    office: OfficeId,
    old: DeskPatternId,
    new: DeskPatternId,
    from: NaiveDate,
) -> AppResult<()> {
    desk_session::Entity::update_many()
        .col_expr(desk_session::Column::PatternId, Expr::value(new))
        .filter(desk_session::Column::OfficeId.eq(office))
        .filter(desk_session::Column::PatternId.eq(old))
        .filter(desk_session::Column::Day.gte(from))
        .exec(tx.conn())
        .await?;
    Ok(())
}

// What differs

pub async fn insert_extra(
    tx: &WriteTx,
    office: OfficeId,
    by: AccountId,
    extra: Extra,
) -> AppResult<DeskSessionId> {
    let row = desk_session::ActiveModel {
        office_id: Set(office),
        pattern_id: Set(None),
        site_id: Set(extra.site),
        kind: Set(extra.kind),
        band: Set(extra.band),
        day: Set(extra.date),
        from_minute: Set(extra.hours.from.into()),
        to_minute: Set(extra.hours.to.into()),
        cancelled: Set(false),
        reason: Set(extra.reason),
        public: Set(extra.public),
        version: Set(1),
        changed_by: Set(Some(by)),
        changed_at: Set(tx.now),
        ..Default::default()
    };
    let inserted = desk_session::Entity::insert(row).exec(tx.conn()).await?;
    Ok(inserted.last_insert_id)
}

/// Cancels a session, or restores it, with the reason.
///
/// # Errors
/// 409 `stale` when somebody did the same just now.
pub async fn set_cancelled(
    tx: &WriteTx,
    office: OfficeId,
    by: AccountId,
    session: &Session,
    cancelled: bool,
    reason: String,
) -> AppResult<()> {
    let named = match session.key {
        Key::Extra(id) => desk_session::Column::Id.eq(id),
        Key::Weekly(pattern, origin) => desk_session::Column::PatternId
            .eq(pattern)
            .and(desk_session::Column::Day.eq(origin)),
    };
    let mut change = desk_session::Entity::update_many()
        .col_expr(desk_session::Column::Cancelled, Expr::value(cancelled))
        .col_expr(
            desk_session::Column::Version,
            Expr::col(desk_session::Column::Version).add(1),
        )
        .col_expr(desk_session::Column::ChangedBy, Expr::value(by))
        .col_expr(desk_session::Column::ChangedAt, Expr::value(tx.now));
    if cancelled {
        change = change.col_expr(desk_session::Column::Reason, Expr::value(&reason));
    }
    let changed = change
        .filter(desk_session::Column::OfficeId.eq(office))
        .filter(named)
        .exec(tx.conn())
        .await?;
    match (changed.rows_affected, session.key) {
        (1.., _) => Ok(()),
        (0, Key::Weekly(pattern, origin)) => {
            let row = desk_session::ActiveModel {
                office_id: Set(office),
                pattern_id: Set(Some(pattern)),
                site_id: Set(session.site),
                kind: Set(session.kind),
                band: Set(session.band),
                day: Set(origin),
                from_minute: Set(session.hours.from.into()),
                to_minute: Set(session.hours.to.into()),
                cancelled: Set(cancelled),
                reason: Set(reason),
                public: Set(session.public),
                version: Set(1),
                changed_by: Set(Some(by)),
                changed_at: Set(tx.now),
                ..Default::default()
            };
            match desk_session::Entity::insert(row).exec(tx.conn()).await {
                Ok(_) => Ok(()),
                Err(error) if is_duplicate(&error) => Err(AppError::conflict("stale")),
                Err(error) => Err(error.into()),
            }
        }
        (0, Key::Extra(_)) => Err(AppError::not_found()),
    }
}

// The rota

/// The rota of the year ahead.
pub async fn rota_ahead(
    db: &impl ConnectionTrait,
    office: OfficeId,
    now: DateTime<Utc>,
) -> AppResult<Rota> {
    let today = day_of(now);
    rota(
        db,
        office,
        today,
        today.checked_add_days(HORIZON).unwrap_or(today),
    )
    .await
}

/// 下一场: the next session of a place.
pub async fn next_session(
    db: &impl ConnectionTrait,
    office: OfficeId,
    site: DeskSiteId,
    after: DateTime<Utc>,
) -> AppResult<Option<Session>> {
    Ok(rota_ahead(db, office, after)
        .await?
        .next_session(site, after))
}

/// The calendar of a place for deadlines that end at the next desk; none when no desk stands there
/// regularly.
pub async fn calendar(
    db: &impl ConnectionTrait,
    office: OfficeId,
    site: DeskSiteId,
    from: DateTime<Utc>,
) -> AppResult<Option<Calendar>> {
    let rota = rota_ahead(db, office, from).await?;
    let calendar = rota.calendar(site, day_of(from));
    Ok(calendar.map_err(anyhow::Error::from)?)
}

/// One session with the rota around it.
///
/// # Errors
/// 404 when no pattern and no extra session gives it.
pub async fn session(db: &impl ConnectionTrait, office: OfficeId, key: Key) -> AppResult<Session> {
    let day = match key {
        Key::Weekly(_, origin) => origin,
        Key::Extra(id) => {
            desk_session::Entity::find_by_id(id)
                .filter(desk_session::Column::OfficeId.eq(office))
                .filter(desk_session::Column::PatternId.is_null())
                .one(db)
                .await?
                .ok_or_else(AppError::not_found)?
                .day
        }
    };
    let last = day
        .checked_add_days(MARGIN)
        .ok_or_else(AppError::not_found)?;
    let rota = rota(db, office, day, last).await?;
    rota.find(key).ok_or_else(AppError::not_found)
}
