//! What an office changes of its rules, each as one transaction that also gives the book its new
//! stamp. Rules never change what was decided: events name the version that they rest on.
use super::{
    desk_hours,
    form::{Category, Dispatch, Group, Limit, OwnDay},
    store,
};
use crate::{
    account::Actor,
    area,
    domain::{
        calendar::{Window, days::Year},
        case::{ClockKind, Code, Kind, SlaRule, Urgency},
        dispatch::About,
        fault::{Faults, FieldFault},
        id::{AccountId, CategoryId, DispatchRuleId, OfficeId},
    },
    entity::{category, category_group, sla_rule},
    error::{AppError, AppResult},
    platform::{
        db::{Db, WriteTx},
        once::{Done, Once},
    },
};
use chrono::NaiveDate;

// Categories

pub(super) async fn add_category(
    db: &Db,
    actor: &Actor,
    new: Category,
    once: Once,
) -> AppResult<Done<String>> {
    let office = actor.office;
    db.write_once(once, move |tx| async move {
        store::touch(&tx, office).await?;
        group_known(&tx, office, &new.group).await?;
        let row = category_row(&tx, office, new);
        let code = row.code.clone();
        store::insert_category(&tx, row).await?;
        Ok(code)
    })
    .await
}

fn category_row(tx: &WriteTx, office: OfficeId, new: Category) -> category::Model {
    let kinds: Vec<&str> = new.kinds.iter().copied().map(Kind::code).collect();
    category::Model {
        id: CategoryId(0),
        office_id: office,
        code: new.code.as_str().to_owned(),
        group_code: new.group,
        name_zh: new.name_zh,
        name_en: new.name_en,
        kinds: kinds.join(" "),
        urgency: new.urgency,
        enabled: true,
        consult: new.traits.consult,
        self_handle: new.traits.self_handle,
        public_hazard: new.traits.public_hazard,
        place: new.traits.place,
        desk_adopts: new.traits.desk_adopts,
        radius_m: new.radius_m,
        gb_code: new.gb_code,
        sort: new.sort,
        version: 1,
        changed_at: tx.now,
    }
}

async fn group_known(tx: &WriteTx, office: OfficeId, code: &str) -> AppResult<()> {
    let groups = store::groups(tx.conn(), office).await?;
    if groups.iter().any(|group| group.code == code) {
        return Ok(());
    }
    Err(Faults::one("group", FieldFault::NotFound).into())
}

/// # Errors
/// 404; 409 `stale` when somebody changed it since `seen`.
pub(super) async fn change_category(
    db: &Db,
    actor: &Actor,
    code: String,
    seen: i64,
    new: Category,
) -> AppResult<()> {
    let office = actor.office;
    db.write(move |tx| async move {
        store::touch(&tx, office).await?;
        let known = store::category_row_of(tx.conn(), office, &code).await?;
        group_known(&tx, office, &new.group).await?;
        let row = category::Model {
            enabled: known.enabled,
            ..category_row(&tx, office, new)
        };
        store::update_category(&tx, known.id, seen, row).await
    })
    .await
}

/// Switches a category on or off; cases that have it keep it.
pub(super) async fn switch_category(
    db: &Db,
    actor: &Actor,
    code: String,
    enabled: bool,
) -> AppResult<()> {
    let office = actor.office;
    db.write(move |tx| async move {
        store::touch(&tx, office).await?;
        let known = store::category_row_of(tx.conn(), office, &code).await?;
        let (id, seen) = (known.id, known.version);
        store::update_category(&tx, id, seen, category::Model { enabled, ..known }).await
    })
    .await
}

pub(super) async fn add_group(
    db: &Db,
    actor: &Actor,
    code: Code,
    new: Group,
    once: Once,
) -> AppResult<Done<String>> {
    let office = actor.office;
    db.write_once(once, move |tx| async move {
        store::touch(&tx, office).await?;
        let code = code.as_str().to_owned();
        let row = category_group::Model {
            id: 0,
            office_id: office,
            code: code.clone(),
            name_zh: new.name_zh,
            name_en: new.name_en,
            sort: new.sort,
        };
        store::insert_group(&tx, row).await?;
        Ok(code)
    })
    .await
}

pub(super) async fn change_group(
    db: &Db,
    actor: &Actor,
    code: String,
    new: Group,
) -> AppResult<()> {
    let office = actor.office;
    db.write(move |tx| async move {
        store::touch(&tx, office).await?;
        let names = (new.name_zh, new.name_en);
        store::update_group(&tx, office, &code, names, new.sort).await
    })
    .await
}

// Time limits

/// A new time limit; its code.
pub(super) async fn add_limit(
    db: &Db,
    actor: &Actor,
    new: Limit,
    once: Once,
) -> AppResult<Done<String>> {
    let (office, by) = (actor.office, actor.account);
    db.write_once(once, move |tx| async move {
        store::touch(&tx, office).await?;
        let code = free_code(&tx, office, &new).await?;
        let rule = rule(code.clone(), 1, new);
        keep_limits(&tx, office, &rule, true).await?;
        store::insert_limit(&tx, office, rule, by, true).await?;
        Ok(code)
    })
    .await
}

/// A new version of a time limit; its number. Earlier versions stay, because events name them.
///
/// # Errors
/// 404; 409 `stale` when `seen` is not the newest version.
pub(super) async fn change_limit(
    db: &Db,
    actor: &Actor,
    code: String,
    seen: i32,
    new: Limit,
) -> AppResult<u32> {
    let (office, by) = (actor.office, actor.account);
    db.write(move |tx| async move {
        store::touch(&tx, office).await?;
        let known = newest_limit(&tx, office, &code).await?;
        if known.version != seen {
            return Err(AppError::conflict("stale"));
        }
        next_version(&tx, office, by, rule(code, 0, new), known.version, true).await
    })
    .await
}

/// Takes a time limit out of use or back into it, as a version of its own.
///
/// # Errors
/// 409 `limit_needed` for the last one of a clock that fits every case.
pub(super) async fn switch_limit(
    db: &Db,
    actor: &Actor,
    code: String,
    enabled: bool,
) -> AppResult<()> {
    let (office, by) = (actor.office, actor.account);
    db.write(move |tx| async move {
        store::touch(&tx, office).await?;
        let known = newest_limit(&tx, office, &code).await?;
        if known.enabled != enabled {
            let rule = store::sla(&known)?;
            next_version(&tx, office, by, rule, known.version, enabled).await?;
        }
        Ok(())
    })
    .await
}

async fn newest_limit(tx: &WriteTx, office: OfficeId, code: &str) -> AppResult<sla_rule::Model> {
    let versions = store::rule_versions(tx.conn(), office).await?;
    let newest = store::newest(versions).into_iter();
    newest
        .into_iter()
        .find(|rule| rule.code == code)
        .ok_or_else(AppError::not_found)
}

async fn next_version(
    tx: &WriteTx,
    office: OfficeId,
    by: AccountId,
    rule: SlaRule,
    known: i32,
    enabled: bool,
) -> AppResult<u32> {
    let version = u32::try_from(known).unwrap_or(0) + 1;
    let rule = SlaRule { version, ..rule };
    keep_limits(tx, office, &rule, enabled).await?;
    store::insert_limit(tx, office, rule, by, enabled).await?;
    Ok(version)
}

fn rule(code: String, version: u32, new: Limit) -> SlaRule {
    SlaRule {
        id: code,
        version,
        clock: new.clock,
        kind: new.kind,
        category: new.category,
        urgency: new.urgency,
        consult: new.consult,
        term: new.term,
        calendar: new.calendar,
        warn_at_pct: new.warn_at_pct,
    }
}

/// `lighting.unit`, made from what the rule is about; with a number when that is taken.
async fn free_code(tx: &WriteTx, office: OfficeId, new: &Limit) -> AppResult<String> {
    let kind = new.kind.map(Kind::code);
    let category = new.category.as_ref().map(Code::as_str);
    let urgency = new.urgency.map(Urgency::code);
    let consult = new.consult.then_some("consult");
    let parts: Vec<&str> = [category, kind, urgency, consult]
        .into_iter()
        .flatten()
        .collect();
    let about = if parts.is_empty() {
        "ordinary".to_owned()
    } else {
        parts.join("-")
    };
    let base = format!("{about}.{}", new.clock.code());
    let known = store::rule_versions(tx.conn(), office).await?;
    let free = |code: &String| known.iter().all(|rule| rule.code != *code);
    let numbered = (2..).map(|n| format!("{base}-{n}"));
    let codes = std::iter::once(base.clone()).chain(numbered);
    Ok(codes.take(known.len() + 1).find(free).unwrap_or(base))
}

/// What a rule names exists; each clock keeps a rule that fits every case; and no two rules are
/// about the same, because then chance would decide.
async fn keep_limits(
    tx: &WriteTx,
    office: OfficeId,
    rule: &SlaRule,
    enabled: bool,
) -> AppResult<()> {
    let mut faults = Faults::new();
    if let Some(code) = &rule.category {
        let known = store::category_row_of(tx.conn(), office, code.as_str()).await;
        if known.is_err() {
            faults.add("category", FieldFault::NotFound);
        }
    }
    if !calendar_known(tx, office, &rule.calendar).await? {
        faults.add("calendar", FieldFault::NotFound);
    }
    faults.into_result(Some(()))?;
    let versions = store::rule_versions(tx.conn(), office).await?;
    let mut rules = Vec::new();
    for row in store::newest(versions) {
        if row.enabled && row.code != rule.id {
            rules.push(store::sla(&row)?);
        }
    }
    if enabled {
        let twin = rules.iter().find(|other| about(other) == about(rule));
        if let Some(twin) = twin {
            return Err(AppError::conflict("limit_twice").param("other", &twin.id));
        }
        rules.push(rule.clone());
    }
    let general = |clock: &ClockKind| {
        let mut of_clock = rules.iter().filter(|rule| rule.clock == *clock);
        of_clock.any(is_general)
    };
    if ClockKind::ALL.iter().all(general) {
        return Ok(());
    }
    Err(AppError::conflict("limit_needed"))
}

fn is_general(rule: &SlaRule) -> bool {
    rule.kind.is_none() && rule.category.is_none() && rule.urgency.is_none() && !rule.consult
}

fn about(rule: &SlaRule) -> impl PartialEq + '_ {
    (
        rule.clock,
        rule.kind,
        rule.category.as_ref(),
        rule.urgency,
        rule.consult,
    )
}

async fn calendar_known(tx: &WriteTx, office: OfficeId, name: &str) -> AppResult<bool> {
    if ["office", "always"].contains(&name) {
        return Ok(true);
    }
    let sites = desk_hours::sites(tx.conn(), office).await?;
    Ok(sites
        .iter()
        .any(|(_, code, _)| desk_hours::name(code) == name))
}

// Dispatch rules

/// # Errors
/// 422 for what the rule names and the office does not have.
pub async fn add_dispatch(
    db: &Db,
    actor: &Actor,
    new: Dispatch,
    once: Once,
) -> AppResult<Done<DispatchRuleId>> {
    let office = actor.office;
    db.write_once(once, move |tx| async move {
        store::touch(&tx, office).await?;
        keep_dispatch(&tx, office, &new).await?;
        store::insert_dispatch(&tx, office, &new).await
    })
    .await
}

/// # Errors
/// 404; 409 `stale` when somebody changed it since `seen`.
pub(super) async fn change_dispatch(
    db: &Db,
    actor: &Actor,
    id: DispatchRuleId,
    seen: i64,
    new: Dispatch,
) -> AppResult<()> {
    let office = actor.office;
    db.write(move |tx| async move {
        store::touch(&tx, office).await?;
        store::dispatch_rule(tx.conn(), office, id).await?;
        keep_dispatch(&tx, office, &new).await?;
        store::update_dispatch(&tx, id, seen, &new).await
    })
    .await
}

pub(super) async fn switch_dispatch(
    db: &Db,
    actor: &Actor,
    id: DispatchRuleId,
    enabled: bool,
) -> AppResult<()> {
    let office = actor.office;
    db.write(move |tx| async move {
        store::touch(&tx, office).await?;
        store::dispatch_rule(tx.conn(), office, id).await?;
        store::switch_dispatch(&tx, id, enabled).await
    })
    .await
}

/// A rule that is gone changes nothing about cases that went by it.
pub(super) async fn remove_dispatch(db: &Db, actor: &Actor, id: DispatchRuleId) -> AppResult<()> {
    let office = actor.office;
    db.write(move |tx| async move {
        store::touch(&tx, office).await?;
        store::remove_dispatch(&tx, office, id).await
    })
    .await
}

/// What a dispatch rule names belongs to the office and is in use.
async fn keep_dispatch(tx: &WriteTx, office: OfficeId, new: &Dispatch) -> AppResult<()> {
    let mut faults = Faults::new();
    match &new.about {
        About::Any => {}
        About::Group(code) => {
            let groups = store::groups(tx.conn(), office).await?;
            if groups.iter().all(|group| group.code != *code) {
                faults.add("about", FieldFault::NotFound);
            }
        }
        About::Category(code) => {
            if store::category_row_of(tx.conn(), office, code)
                .await
                .is_err()
            {
                faults.add("about", FieldFault::NotFound);
            }
        }
    }
    if let Some(area) = new.area
        && area::store::find(tx.conn(), office, area).await.is_err()
    {
        faults.add("area", FieldFault::NotFound);
    }
    let units = area::store::units(tx.conn(), office, None).await?;
    let active = |id| units.iter().any(|unit| unit.id == id);
    if !active(new.lead) {
        faults.add("lead", FieldFault::NotFound);
    }
    if !new.co_units.iter().copied().all(active) {
        faults.add("co_units", FieldFault::NotFound);
    }
    Ok(faults.into_result(Some(()))?)
}

// Calendars

/// Applies a yearly notice, and asks for the open cases to be counted anew. The name of the version.
pub(super) async fn import_notice(
    db: &Db,
    actor: &Actor,
    year: Year,
    once: Once,
) -> AppResult<Done<String>> {
    let (office, by) = (actor.office, actor.account);
    db.write_once(once, move |tx| async move {
        store::touch(&tx, office).await?;
        let of = year.year;
        let version = store::insert_notice(&tx, office, by, year).await?;
        let name = format!("{of}.{version}");
        store::insert_run(&tx, office, name.clone()).await?;
        Ok(name)
    })
    .await
}

/// Changes the hours of the ordinary week.
pub(super) async fn set_hours(db: &Db, actor: &Actor, week: [Vec<Window>; 7]) -> AppResult<()> {
    let office = actor.office;
    db.write(move |tx| async move {
        store::touch(&tx, office).await?;
        store::replace_hours(&tx, office, &week).await?;
        count_anew(&tx, office, "hours").await
    })
    .await
}

/// The office's own decision for one day.
pub(super) async fn put_own_day(db: &Db, actor: &Actor, day: OwnDay) -> AppResult<()> {
    let office = actor.office;
    db.write(move |tx| async move {
        store::touch(&tx, office).await?;
        store::put_own_day(&tx, office, day).await?;
        count_anew(&tx, office, "day").await
    })
    .await
}

/// # Errors
/// 404 when the day is not the office's own.
pub(super) async fn remove_own_day(db: &Db, actor: &Actor, date: NaiveDate) -> AppResult<()> {
    let office = actor.office;
    db.write(move |tx| async move {
        store::touch(&tx, office).await?;
        if store::remove_own_day(&tx, office, date).await? == 0 {
            return Err(AppError::not_found());
        }
        count_anew(&tx, office, "day").await
    })
    .await
}

/// Asks for the open cases to be counted anew after the office changed something of its own.
async fn count_anew(tx: &WriteTx, office: OfficeId, what: &str) -> AppResult<()> {
    let number = store::runs_so_far(tx.conn(), office).await? + 1;
    store::insert_run(tx, office, format!("{what}.{number}")).await
}
