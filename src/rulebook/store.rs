//! Queries on the rules of an office.
use super::{
    desk_hours,
    form::{Dispatch, OwnDay},
    seed::Seed,
};
use crate::{
    domain::{
        calendar::{
            Term, Unit, Window,
            days::{Occasion, Special, Year},
        },
        case::{Code, SlaRule, Stage},
        dispatch::{About, Rule},
        fault::{Faults, FieldFault},
        id::{
            AccountId, CalendarNoticeId, CalendarRunId, CaseId, CategoryId, DispatchRuleId,
            OfficeId, UnitId,
        },
    },
    entity::{
        account, calendar_day, calendar_hour, calendar_notice, calendar_run, case, category,
        category_group, dispatch_rule, office, rulebook, sla_rule, unit,
    },
    error::{AppError, AppResult},
    platform::{
        db::{WriteTx, is_duplicate},
        secret,
    },
};
use anyhow::anyhow;
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, TryInsertResult,
    sea_query::{Expr, ExprTrait, OnConflict, Query},
};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The stamp of the office's book; none while it has no book of its own.
pub(super) async fn stamp(
    db: &impl ConnectionTrait,
    office: OfficeId,
) -> AppResult<Option<String>> {
    Ok(rulebook::Entity::find()
        .select_only()
        .column(rulebook::Column::Stamp)
        .filter(rulebook::Column::OfficeId.eq(office))
        .into_tuple()
        .one(db)
        .await?)
}

/// Makes the row of the book; false when it is there already, also by somebody at the same time.
pub(super) async fn open_book(tx: &WriteTx, office: OfficeId) -> AppResult<bool> {
    let row = rulebook::ActiveModel {
        office_id: Set(office),
        stamp: Set(secret::token()),
        changed_at: Set(tx.now),
        ..Default::default()
    };
    let made = rulebook::Entity::insert(row)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .try_insert()
        .exec(tx.conn())
        .await?;
    Ok(matches!(made, TryInsertResult::Inserted(_)))
}

/// A change of the rules begins here: the row of the book is locked, so that changes follow one
/// another, and gets a fresh stamp.
pub(super) async fn touch(tx: &WriteTx, office: OfficeId) -> AppResult<()> {
    super::seed(tx, office).await?;
    rulebook::Entity::update_many()
        .col_expr(rulebook::Column::Stamp, Expr::value(secret::token()))
        .col_expr(rulebook::Column::ChangedAt, Expr::value(tx.now))
        .filter(rulebook::Column::OfficeId.eq(office))
        .exec(tx.conn())
        .await?;
    Ok(())
}

pub(super) async fn offices_without(db: &impl ConnectionTrait) -> AppResult<Vec<OfficeId>> {
    let books = Query::select()
        .column(rulebook::Column::OfficeId)
        .from(rulebook::Entity)
        .to_owned();
    Ok(office::Entity::find()
        .select_only()
        .column(office::Column::Id)
        .filter(office::Column::Id.not_in_subquery(books))
        .order_by_asc(office::Column::Id)
        .into_tuple()
        .all(db)
        .await?)
}

/// Writes what a new office begins with.
pub(super) async fn fill(tx: &WriteTx, seed: Seed, office: OfficeId) -> AppResult<()> {
    let groups = seed.groups.into_iter().map(group_row);
    let insert = category_group::Entity::insert_many(groups);
    insert.exec(tx.conn()).await?;
    let categories = seed.categories.into_iter().map(category_row);
    let insert = category::Entity::insert_many(categories);
    insert.exec(tx.conn()).await?;
    let rules = seed.rules.into_iter();
    let rules = rules.map(|rule| rule_row(tx, office, rule, None));
    let insert = sla_rule::Entity::insert_many(rules);
    insert.exec(tx.conn()).await?;
    let hours = seed.hours.iter().map(hour_row);
    let insert = calendar_hour::Entity::insert_many(hours);
    insert.exec(tx.conn()).await?;
    Ok(())
}

fn group_row(one: category_group::Model) -> category_group::ActiveModel {
    category_group::ActiveModel {
        office_id: Set(one.office_id),
        code: Set(one.code),
        name_zh: Set(one.name_zh),
        name_en: Set(one.name_en),
        sort: Set(one.sort),
        ..Default::default()
    }
}

fn category_row(one: category::Model) -> category::ActiveModel {
    category::ActiveModel {
        office_id: Set(one.office_id),
        code: Set(one.code),
        group_code: Set(one.group_code),
        name_zh: Set(one.name_zh),
        name_en: Set(one.name_en),
        kinds: Set(one.kinds),
        urgency: Set(one.urgency),
        enabled: Set(one.enabled),
        consult: Set(one.consult),
        self_handle: Set(one.self_handle),
        public_hazard: Set(one.public_hazard),
        place: Set(one.place),
        desk_adopts: Set(one.desk_adopts),
        radius_m: Set(one.radius_m),
        gb_code: Set(one.gb_code),
        sort: Set(one.sort),
        version: Set(one.version),
        changed_at: Set(one.changed_at),
        ..Default::default()
    }
}

fn rule_row(
    tx: &WriteTx,
    office: OfficeId,
    rule: SlaRule,
    by: Option<AccountId>,
) -> sla_rule::ActiveModel {
    sla_rule::ActiveModel {
        office_id: Set(office),
        code: Set(rule.id),
        version: Set(number(rule.version)),
        clock: Set(rule.clock),
        kind: Set(rule.kind),
        category: Set(rule.category.map(|code| code.as_str().to_owned())),
        urgency: Set(rule.urgency),
        consult: Set(rule.consult),
        amount: Set(number(rule.term.amount)),
        unit: Set(rule.term.unit.code().to_owned()),
        calendar: Set(rule.calendar),
        warn_at_pct: Set(rule.warn_at_pct.into()),
        enabled: Set(true),
        changed_by: Set(by),
        changed_at: Set(tx.now),
        ..Default::default()
    }
}

fn number(n: u32) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

fn hour_row(one: &calendar_hour::Model) -> calendar_hour::ActiveModel {
    calendar_hour::ActiveModel {
        office_id: Set(one.office_id),
        weekday: Set(one.weekday),
        from_minute: Set(one.from_minute),
        to_minute: Set(one.to_minute),
        ..Default::default()
    }
}

/// All that makes a book.
pub(super) struct Rows {
    pub groups: Vec<category_group::Model>,
    pub categories: Vec<category::Model>,
    pub rules: Vec<SlaRule>,
    pub asks_desks: bool,
    pub years: Vec<Year>,
    pub hours: Vec<calendar_hour::Model>,
    pub own_days: Vec<calendar_day::Model>,
}

pub(super) async fn rows(db: &impl ConnectionTrait, office: OfficeId) -> AppResult<Rows> {
    let groups = groups(db, office).await?;
    let versions = rule_versions(db, office).await?;
    Ok(Rows {
        categories: categories(db, office, &groups).await?,
        groups,
        asks_desks: versions
            .iter()
            .any(|rule| rule.calendar.starts_with(desk_hours::PREFIX)),
        rules: newest(versions)
            .into_iter()
            .filter(|rule| rule.enabled)
            .map(|rule| sla(&rule))
            .collect::<AppResult<_>>()?,
        years: years(db, office).await?,
        hours: hours(db, office).await?,
        own_days: own_days(db, office).await?,
    })
}

pub(super) async fn groups(
    db: &impl ConnectionTrait,
    office: OfficeId,
) -> AppResult<Vec<category_group::Model>> {
    Ok(category_group::Entity::find()
        .filter(category_group::Column::OfficeId.eq(office))
        .order_by_asc(category_group::Column::Sort)
        .order_by_asc(category_group::Column::Code)
        .all(db)
        .await?)
}

async fn categories(
    db: &impl ConnectionTrait,
    office: OfficeId,
    groups: &[category_group::Model],
) -> AppResult<Vec<category::Model>> {
    let mut categories = category::Entity::find()
        .filter(category::Column::OfficeId.eq(office))
        .order_by_asc(category::Column::Sort)
        .order_by_asc(category::Column::Code)
        .all(db)
        .await?;
    let at = |code: &str| groups.iter().position(|group| group.code == code);
    categories.sort_by_key(|one| at(&one.group_code).unwrap_or(usize::MAX));
    Ok(categories)
}

/// Every version of every time limit, the newest of a rule last.
pub(super) async fn rule_versions(
    db: &impl ConnectionTrait,
    office: OfficeId,
) -> AppResult<Vec<sla_rule::Model>> {
    Ok(sla_rule::Entity::find()
        .filter(sla_rule::Column::OfficeId.eq(office))
        .order_by_asc(sla_rule::Column::Code)
        .order_by_asc(sla_rule::Column::Version)
        .all(db)
        .await?)
}

/// The newest version of each rule, by code.
pub(super) fn newest(versions: Vec<sla_rule::Model>) -> Vec<sla_rule::Model> {
    let newest: BTreeMap<String, sla_rule::Model> = versions
        .into_iter()
        .map(|rule| (rule.code.clone(), rule))
        .collect();
    newest.into_values().collect()
}

/// A row as the rules know it.
pub(super) fn sla(row: &sla_rule::Model) -> AppResult<SlaRule> {
    let unit = Unit::from_code(&row.unit).ok_or_else(|| anyhow!("{} is no unit", row.unit))?;
    let category = row.category.as_deref().map(Code::new).transpose();
    Ok(SlaRule {
        id: row.code.clone(),
        version: u32::try_from(row.version).map_err(anyhow::Error::from)?,
        clock: row.clock,
        kind: row.kind,
        category: category.map_err(|_| anyhow!("{} is about no category", row.code))?,
        urgency: row.urgency,
        consult: row.consult,
        term: Term::new(
            u32::try_from(row.amount).map_err(anyhow::Error::from)?,
            unit,
        ),
        calendar: row.calendar.clone(),
        warn_at_pct: u8::try_from(row.warn_at_pct).unwrap_or(100),
    })
}

/// The newest notice of each year.
pub(super) async fn notices(
    db: &impl ConnectionTrait,
    office: OfficeId,
) -> AppResult<Vec<calendar_notice::Model>> {
    let notices = calendar_notice::Entity::find()
        .filter(calendar_notice::Column::OfficeId.eq(office))
        .order_by_asc(calendar_notice::Column::Year)
        .order_by_asc(calendar_notice::Column::Version)
        .all(db)
        .await?;
    let newest: BTreeMap<i32, calendar_notice::Model> = notices
        .into_iter()
        .map(|notice| (notice.year, notice))
        .collect();
    Ok(newest.into_values().collect())
}

async fn years(db: &impl ConnectionTrait, office: OfficeId) -> AppResult<Vec<Year>> {
    let notices = notices(db, office).await?;
    let ids: Vec<CalendarNoticeId> = notices.iter().map(|notice| notice.id).collect();
    let days = calendar_day::Entity::find()
        .filter(calendar_day::Column::OfficeId.eq(office))
        .filter(calendar_day::Column::NoticeId.is_in(ids))
        .all(db)
        .await?;
    let year = |notice: calendar_notice::Model| Year {
        year: notice.year,
        notice: Some(notice.published),
        source: notice.source,
        days: days
            .iter()
            .filter(|day| day.notice_id == Some(notice.id))
            .map(|day| (day.day, special(day)))
            .collect(),
    };
    Ok(notices.into_iter().map(year).collect())
}

fn special(day: &calendar_day::Model) -> Special {
    Special {
        works: day.works,
        occasion: Occasion::read(&day.occasion),
    }
}

pub(super) async fn hours(
    db: &impl ConnectionTrait,
    office: OfficeId,
) -> AppResult<Vec<calendar_hour::Model>> {
    Ok(calendar_hour::Entity::find()
        .filter(calendar_hour::Column::OfficeId.eq(office))
        .order_by_asc(calendar_hour::Column::Weekday)
        .order_by_asc(calendar_hour::Column::FromMinute)
        .all(db)
        .await?)
}

/// Days that the office itself decided.
pub(super) async fn own_days(
    db: &impl ConnectionTrait,
    office: OfficeId,
) -> AppResult<Vec<calendar_day::Model>> {
    Ok(calendar_day::Entity::find()
        .filter(calendar_day::Column::OfficeId.eq(office))
        .filter(calendar_day::Column::NoticeId.is_null())
        .order_by_asc(calendar_day::Column::Day)
        .all(db)
        .await?)
}

/// All dispatch rules, in use or not.
pub(super) async fn dispatch_rules(
    db: &impl ConnectionTrait,
    office: OfficeId,
) -> AppResult<Vec<dispatch_rule::Model>> {
    Ok(dispatch_rule::Entity::find()
        .filter(dispatch_rule::Column::OfficeId.eq(office))
        .order_by_asc(dispatch_rule::Column::Id)
        .all(db)
        .await?)
}

/// The dispatch rules in use whose lead unit is in use; co-units that are not are left out.
pub(super) async fn rules_in_use(
    db: &impl ConnectionTrait,
    office: OfficeId,
) -> AppResult<Vec<Rule>> {
    let rows = dispatch_rules(db, office).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let active: HashSet<UnitId> = unit::Entity::find()
        .select_only()
        .column(unit::Column::Id)
        .filter(unit::Column::OfficeId.eq(office))
        .filter(unit::Column::Active.eq(true))
        .into_tuple()
        .all(db)
        .await?
        .into_iter()
        .collect();
    let in_use = |row: &&dispatch_rule::Model| row.enabled && active.contains(&row.lead_unit_id);
    let rules = rows.iter().filter(in_use).map(|row| {
        let mut rule = rule(row);
        rule.co_units.retain(|unit| active.contains(unit));
        rule
    });
    Ok(rules.collect())
}

/// A row as the rules know it.
pub(super) fn rule(row: &dispatch_rule::Model) -> Rule {
    let about = match (&row.category, &row.group_code) {
        (Some(category), _) => About::Category(category.clone()),
        (None, Some(group)) => About::Group(group.clone()),
        (None, None) => About::Any,
    };
    let ids = row.co_units.split_whitespace();
    Rule {
        id: row.id,
        about,
        area: row.area_id,
        lead: row.lead_unit_id,
        co_units: ids.filter_map(|id| id.parse().ok()).collect(),
        priority: row.priority,
    }
}

// Changing

/// # Errors
/// 422 at `code` when the office has a category of that code.
pub(super) async fn insert_category(tx: &WriteTx, row: category::Model) -> AppResult<()> {
    let insert = category::Entity::insert(category_row(row));
    insert.exec(tx.conn()).await.map_err(taken)?;
    Ok(())
}

fn taken(error: DbErr) -> AppError {
    if is_duplicate(&error) {
        Faults::one("code", FieldFault::Taken).into()
    } else {
        error.into()
    }
}

/// 404, also for another office's code.
pub(super) async fn category_row_of(
    db: &impl ConnectionTrait,
    office: OfficeId,
    code: &str,
) -> AppResult<category::Model> {
    category::Entity::find()
        .filter(category::Column::OfficeId.eq(office))
        .filter(category::Column::Code.eq(code))
        .one(db)
        .await?
        .ok_or_else(AppError::not_found)
}

/// # Errors
/// 409 `stale` when somebody changed it since `seen`.
pub(super) async fn update_category(
    tx: &WriteTx,
    id: CategoryId,
    seen: i64,
    row: category::Model,
) -> AppResult<()> {
    use category::Column;
    let done = category::Entity::update_many()
        .col_expr(Column::GroupCode, Expr::value(row.group_code))
        .col_expr(Column::NameZh, Expr::value(row.name_zh))
        .col_expr(Column::NameEn, Expr::value(row.name_en))
        .col_expr(Column::Kinds, Expr::value(row.kinds))
        .col_expr(Column::Urgency, Expr::value(row.urgency))
        .col_expr(Column::Enabled, Expr::value(row.enabled))
        .col_expr(Column::Consult, Expr::value(row.consult))
        .col_expr(Column::SelfHandle, Expr::value(row.self_handle))
        .col_expr(Column::PublicHazard, Expr::value(row.public_hazard))
        .col_expr(Column::Place, Expr::value(row.place))
        .col_expr(Column::DeskAdopts, Expr::value(row.desk_adopts))
        .col_expr(Column::RadiusM, Expr::value(row.radius_m))
        .col_expr(Column::GbCode, Expr::value(row.gb_code))
        .col_expr(Column::Sort, Expr::value(row.sort))
        .col_expr(Column::Version, Expr::value(seen + 1))
        .col_expr(Column::ChangedAt, Expr::value(tx.now))
        .filter(Column::Id.eq(id))
        .filter(Column::Version.eq(seen))
        .exec(tx.conn())
        .await?;
    fresh(done.rows_affected)
}

fn fresh(rows: u64) -> AppResult<()> {
    if rows == 0 {
        return Err(AppError::conflict("stale"));
    }
    Ok(())
}

/// Open cases of each category: they keep it when it is switched off.
pub(super) async fn open_cases(
    db: &impl ConnectionTrait,
    office: OfficeId,
) -> AppResult<HashMap<String, i64>> {
    let counts: Vec<(String, i64)> = case::Entity::find()
        .select_only()
        .column(case::Column::Category)
        .column_as(case::Column::Id.count(), "n")
        .filter(case::Column::OfficeId.eq(office))
        .filter(case::Column::Stage.is_in(Stage::OPEN.iter().copied()))
        .filter(case::Column::Category.is_not_null())
        .group_by(case::Column::Category)
        .into_tuple()
        .all(db)
        .await?;
    Ok(counts.into_iter().collect())
}

/// # Errors
/// 422 at `code` when the office has a group of that code.
pub(super) async fn insert_group(tx: &WriteTx, row: category_group::Model) -> AppResult<()> {
    let insert = category_group::Entity::insert(group_row(row));
    insert.exec(tx.conn()).await.map_err(taken)?;
    Ok(())
}

/// # Errors
/// 404 when there is none of that code.
pub(super) async fn update_group(
    tx: &WriteTx,
    office: OfficeId,
    code: &str,
    names: (String, String),
    sort: i32,
) -> AppResult<()> {
    use category_group::Column;
    let done = category_group::Entity::update_many()
        .col_expr(Column::NameZh, Expr::value(names.0))
        .col_expr(Column::NameEn, Expr::value(names.1))
        .col_expr(Column::Sort, Expr::value(sort))
        .filter(Column::OfficeId.eq(office))
        .filter(Column::Code.eq(code))
        .exec(tx.conn())
        .await?;
    if done.rows_affected == 0 {
        return Err(AppError::not_found());
    }
    Ok(())
}

/// One more version of a time limit.
///
/// # Errors
/// 409 `stale` when there is such a version already.
pub(super) async fn insert_limit(
    tx: &WriteTx,
    office: OfficeId,
    rule: SlaRule,
    by: AccountId,
    enabled: bool,
) -> AppResult<()> {
    let row = sla_rule::ActiveModel {
        enabled: Set(enabled),
        ..rule_row(tx, office, rule, Some(by))
    };
    match sla_rule::Entity::insert(row).exec(tx.conn()).await {
        Ok(_) => Ok(()),
        Err(error) if is_duplicate(&error) => Err(AppError::conflict("stale")),
        Err(error) => Err(error.into()),
    }
}

/// Who changed something, by name.
pub(super) async fn account_names(
    db: &impl ConnectionTrait,
    ids: Vec<AccountId>,
) -> AppResult<HashMap<AccountId, String>> {
    let names: Vec<(AccountId, String)> = account::Entity::find()
        .select_only()
        .columns([account::Column::Id, account::Column::Name])
        .filter(account::Column::Id.is_in(ids))
        .into_tuple()
        .all(db)
        .await?;
    Ok(names.into_iter().collect())
}

/// # Errors
/// 404, also for another office's rule.
pub(super) async fn dispatch_rule(
    db: &impl ConnectionTrait,
    office: OfficeId,
    id: DispatchRuleId,
) -> AppResult<dispatch_rule::Model> {
    dispatch_rule::Entity::find_by_id(id)
        .filter(dispatch_rule::Column::OfficeId.eq(office))
        .one(db)
        .await?
        .ok_or_else(AppError::not_found)
}

/// What a dispatch rule says, as columns.
fn dispatch_row(tx: &WriteTx, office: OfficeId, new: &Dispatch) -> dispatch_rule::ActiveModel {
    let (category, group) = match &new.about {
        About::Any => (None, None),
        About::Group(code) => (None, Some(code.clone())),
        About::Category(code) => (Some(code.clone()), None),
    };
    let ids: Vec<String> = new.co_units.iter().map(ToString::to_string).collect();
    dispatch_rule::ActiveModel {
        office_id: Set(office),
        category: Set(category),
        group_code: Set(group),
        area_id: Set(new.area),
        lead_unit_id: Set(new.lead),
        co_units: Set(ids.join(" ")),
        priority: Set(new.priority),
        changed_at: Set(tx.now),
        ..Default::default()
    }
}

pub(super) async fn insert_dispatch(
    tx: &WriteTx,
    office: OfficeId,
    new: &Dispatch,
) -> AppResult<DispatchRuleId> {
    let row = dispatch_rule::ActiveModel {
        enabled: Set(true),
        version: Set(1),
        ..dispatch_row(tx, office, new)
    };
    let made = dispatch_rule::Entity::insert(row).exec(tx.conn()).await?;
    Ok(made.last_insert_id)
}

/// # Errors
/// 409 `stale` when somebody changed it since `seen`.
pub(super) async fn update_dispatch(
    tx: &WriteTx,
    id: DispatchRuleId,
    seen: i64,
    new: &Dispatch,
) -> AppResult<()> {
    let row = dispatch_rule::ActiveModel {
        version: Set(seen + 1),
        ..dispatch_row(tx, OfficeId(0), new)
    };
    let row = dispatch_rule::ActiveModel {
        office_id: sea_orm::ActiveValue::NotSet,
        ..row
    };
    let done = dispatch_rule::Entity::update_many()
        .set(row)
        .filter(dispatch_rule::Column::Id.eq(id))
        .filter(dispatch_rule::Column::Version.eq(seen))
        .exec(tx.conn())
        .await?;
    fresh(done.rows_affected)
}

pub(super) async fn switch_dispatch(
    tx: &WriteTx,
    id: DispatchRuleId,
    enabled: bool,
) -> AppResult<()> {
    use dispatch_rule::Column;
    dispatch_rule::Entity::update_many()
        .col_expr(Column::Enabled, Expr::value(enabled))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .col_expr(Column::ChangedAt, Expr::value(tx.now))
        .filter(Column::Id.eq(id))
        .exec(tx.conn())
        .await?;
    Ok(())
}

pub(super) async fn remove_dispatch(
    tx: &WriteTx,
    office: OfficeId,
    id: DispatchRuleId,
) -> AppResult<()> {
    let done = dispatch_rule::Entity::delete_many()
        .filter(dispatch_rule::Column::OfficeId.eq(office))
        .filter(dispatch_rule::Column::Id.eq(id))
        .exec(tx.conn())
        .await?;
    if done.rows_affected == 0 {
        return Err(AppError::not_found());
    }
    Ok(())
}

/// Puts a whole week in place of the one before.
pub(super) async fn replace_hours(
    tx: &WriteTx,
    office: OfficeId,
    week: &[Vec<Window>; 7],
) -> AppResult<()> {
    calendar_hour::Entity::delete_many()
        .filter(calendar_hour::Column::OfficeId.eq(office))
        .exec(tx.conn())
        .await?;
    let rows = week.iter().zip(1..).flat_map(|(windows, weekday)| {
        windows.iter().map(move |window| calendar_hour::Model {
            id: 0,
            office_id: office,
            weekday,
            from_minute: window.from.into(),
            to_minute: window.to.into(),
        })
    });
    let insert = calendar_hour::Entity::insert_many(rows.map(|row| hour_row(&row)));
    insert.exec(tx.conn()).await?;
    Ok(())
}

/// Puts the office's own decision for a day in place of an earlier one.
pub(super) async fn put_own_day(tx: &WriteTx, office: OfficeId, day: OwnDay) -> AppResult<()> {
    remove_own_day(tx, office, day.date).await?;
    let row = calendar_day::ActiveModel {
        office_id: Set(office),
        notice_id: Set(None),
        day: Set(day.date),
        works: Set(day.works),
        from_minute: Set(day.hours.map(|window| window.from.into())),
        to_minute: Set(day.hours.map(|window| window.to.into())),
        occasion: Set(String::new()),
        note: Set(day.note),
        changed_at: Set(tx.now),
        ..Default::default()
    };
    calendar_day::Entity::insert(row).exec(tx.conn()).await?;
    Ok(())
}

/// How many rows went: none when the day was not the office's own.
pub(super) async fn remove_own_day(
    tx: &WriteTx,
    office: OfficeId,
    date: NaiveDate,
) -> AppResult<u64> {
    let done = calendar_day::Entity::delete_many()
        .filter(calendar_day::Column::OfficeId.eq(office))
        .filter(calendar_day::Column::NoticeId.is_null())
        .filter(calendar_day::Column::Day.eq(date))
        .exec(tx.conn())
        .await?;
    Ok(done.rows_affected)
}

/// A new version of a year; its number.
pub(super) async fn insert_notice(
    tx: &WriteTx,
    office: OfficeId,
    by: AccountId,
    year: Year,
) -> AppResult<i32> {
    let known = calendar_notice::Entity::find()
        .filter(calendar_notice::Column::OfficeId.eq(office))
        .filter(calendar_notice::Column::Year.eq(year.year))
        .order_by_desc(calendar_notice::Column::Version)
        .one(tx.conn())
        .await?;
    let version = known.map_or(1, |known| known.version + 1);
    let row = calendar_notice::ActiveModel {
        office_id: Set(office),
        year: Set(year.year),
        version: Set(version),
        source: Set(year.source),
        published: Set(year.notice.unwrap_or_default()),
        imported_by: Set(Some(by)),
        imported_at: Set(tx.now),
        ..Default::default()
    };
    let notice = calendar_notice::Entity::insert(row).exec(tx.conn()).await?;
    let days = year
        .days
        .into_iter()
        .map(|(date, special)| calendar_day::ActiveModel {
            office_id: Set(office),
            notice_id: Set(Some(notice.last_insert_id)),
            day: Set(date),
            works: Set(special.works),
            from_minute: Set(None),
            to_minute: Set(None),
            occasion: Set(special.occasion.code().to_owned()),
            note: Set(String::new()),
            changed_at: Set(tx.now),
            ..Default::default()
        });
    let insert = calendar_day::Entity::insert_many(days);
    insert.exec(tx.conn()).await?;
    Ok(version)
}

// Counting deadlines anew

/// Asks for one more walk through the open cases; `version` is what the events will name.
pub(super) async fn insert_run(tx: &WriteTx, office: OfficeId, version: String) -> AppResult<()> {
    let row = calendar_run::ActiveModel {
        office_id: Set(office),
        version: Set(version),
        after_case: Set(CaseId(0)),
        seen: Set(0),
        moved: Set(0),
        failed: Set(0),
        started_at: Set(tx.now),
        done_at: Set(None),
        ..Default::default()
    };
    calendar_run::Entity::insert(row).exec(tx.conn()).await?;
    Ok(())
}

/// How many walks there have been, to name the next one.
pub(super) async fn runs_so_far(db: &impl ConnectionTrait, office: OfficeId) -> AppResult<u64> {
    Ok(calendar_run::Entity::find()
        .filter(calendar_run::Column::OfficeId.eq(office))
        .count(db)
        .await?)
}

/// Walks that are not done, of all offices, the oldest first.
pub async fn runs_to_do(db: &impl ConnectionTrait) -> AppResult<Vec<calendar_run::Model>> {
    Ok(calendar_run::Entity::find()
        .filter(calendar_run::Column::DoneAt.is_null())
        .order_by_asc(calendar_run::Column::Id)
        .all(db)
        .await?)
}

/// The latest walk of an office.
pub(super) async fn last_run(
    db: &impl ConnectionTrait,
    office: OfficeId,
) -> AppResult<Option<calendar_run::Model>> {
    Ok(calendar_run::Entity::find()
        .filter(calendar_run::Column::OfficeId.eq(office))
        .order_by_desc(calendar_run::Column::Id)
        .one(db)
        .await?)
}

/// What a batch of a walk did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Walked {
    pub seen: i64,
    pub moved: i64,
    pub failed: i64,
}

/// Records how far a walk has come; somebody else may have come further.
pub async fn advance_run(
    tx: &WriteTx,
    id: CalendarRunId,
    after: CaseId,
    walked: Walked,
    done: bool,
) -> AppResult<()> {
    use calendar_run::Column;
    let update = calendar_run::Entity::update_many()
        .col_expr(Column::AfterCase, Expr::value(after))
        .col_expr(Column::Seen, Expr::col(Column::Seen).add(walked.seen))
        .col_expr(Column::Moved, Expr::col(Column::Moved).add(walked.moved))
        .col_expr(Column::Failed, Expr::col(Column::Failed).add(walked.failed));
    let update = if done {
        update.col_expr(Column::DoneAt, Expr::value(tx.now))
    } else {
        update
    };
    update
        .filter(Column::Id.eq(id))
        .filter(Column::AfterCase.lte(after))
        .filter(Column::DoneAt.is_null())
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// Open cases after one of them, in order, with a deadline that lies ahead.
pub async fn cases_ahead(
    db: &impl ConnectionTrait,
    office: OfficeId,
    after: CaseId,
    now: DateTime<Utc>,
    limit: u64,
) -> AppResult<Vec<case::Model>> {
    use case::Column;
    let ahead = Condition::any()
        .add(Column::CitizenDueAt.gt(now))
        .add(Column::UnitDueAt.gt(now))
        .add(Column::ResponseDueAt.gt(now))
        .add(Column::DueAt.gt(now));
    Ok(case::Entity::find()
        .filter(Column::OfficeId.eq(office))
        .filter(Column::Id.gt(after))
        .filter(Column::Stage.is_in(COUNTED.iter().copied()))
        .filter(ahead)
        .order_by_asc(Column::Id)
        .limit(limit)
        .all(db)
        .await?)
}

/// Stages in which deadlines run; what is suspended is counted anew when it resumes.
const COUNTED: &[Stage] = &[
    Stage::Registered,
    Stage::Accepted,
    Stage::Dispatched,
    Stage::Handling,
    Stage::Verifying,
];
