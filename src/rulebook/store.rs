//! Queries on the rules of an office.
use super::{desk_hours, seed::Seed};
use crate::{
    domain::{
        calendar::{
            Term, Unit,
            days::{Occasion, Special, Year},
        },
        case::{Code, SlaRule},
        dispatch::{About, Rule},
        id::{CalendarNoticeId, OfficeId, UnitId},
    },
    entity::{
        calendar_day, calendar_hour, calendar_notice, category, category_group, dispatch_rule,
        office, rulebook, sla_rule, unit,
    },
    error::AppResult,
    platform::{db::WriteTx, secret},
};
use anyhow::anyhow;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    TryInsertResult,
    sea_query::{Expr, OnConflict, Query},
};
use std::collections::{BTreeMap, HashSet};

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
    let hours = seed.hours.into_iter().map(hour_row);
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

pub(super) fn category_row(one: category::Model) -> category::ActiveModel {
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

pub(super) fn rule_row(
    tx: &WriteTx,
    office: OfficeId,
    rule: SlaRule,
    by: Option<crate::domain::id::AccountId>,
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

pub(super) fn hour_row(one: calendar_hour::Model) -> calendar_hour::ActiveModel {
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
