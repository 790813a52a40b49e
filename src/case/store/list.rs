//! Lists of cases: what somebody may see of the ledger, filtered, counted, page by page.
use super::{SEARCH, timers::Due};
use crate::{
    case::door::Sight,
    domain::{
        case::{FollowUpKind, Kind, Part, Parts, Stage, Step, Turn, turn},
        id::{AccountId, AreaId, CaseId, EmployerId, OfficeId, UnitId},
        number::CaseNumber,
        posting::PostingStatus,
        role::Role,
    },
    entity::{
        account, area,
        case::{Column, Entity, Model},
        case_unit, follow_up, job_match, posting, unit,
    },
    error::{AppError, AppResult},
    platform::search,
};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait},
};
use std::collections::HashMap;

/// Which cases a list shows.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub kind: Option<Kind>,
    pub stage: Option<Stage>,
    /// The unit that leads them.
    pub unit: Option<UnitId>,
    /// Only those whose deadline is over at this moment.
    pub overdue: Option<DateTime<Utc>>,
    /// Only those that wait for somebody: his parts, his unit, and today.
    pub waiting: Option<(Parts, Option<UnitId>, NaiveDate)>,
    /// A number or its beginning, or words of the title.
    pub words: String,
}

impl Filter {
    fn condition(&self, backend: DbBackend, office: OfficeId, sight: Sight) -> Condition {
        let late = self.overdue.map(|now| Column::DueAt.lt(now));
        let mine = self
            .waiting
            .map(|(parts, unit, today)| queue(sight, parts, unit, today));
        Condition::all()
            .add(Column::OfficeId.eq(office))
            .add(seen(sight))
            .add_option(self.kind.map(|kind| Column::Kind.eq(kind)))
            .add_option(self.stage.map(|stage| Column::Stage.eq(stage)))
            .add_option(self.unit.map(|unit| Column::LeadUnitId.eq(unit)))
            .add_option(late)
            .add_option(mine)
            .add_option(named(backend, &self.words))
    }
}

fn seen(sight: Sight) -> Condition {
    let of_kinds = |kinds: &[Kind]| Column::Kind.is_in(kinds.iter().copied());
    match sight {
        Sight::Kinds(kinds) if kinds.len() == Kind::ALL.len() => Condition::all(),
        Sight::Kinds(kinds) => Condition::all().add(of_kinds(kinds)),
        Sight::Unit(kinds, unit) => Condition::all()
            .add(of_kinds(kinds))
            .add(Column::Id.in_subquery(through(unit))),
        Sight::Mediator(account) => Condition::all()
            .add(Column::Kind.eq(Kind::Mediation))
            .add(Column::MediatorId.eq(account)),
        Sight::Employer(employer) => Condition::all().add(Column::Id.in_subquery(of(employer))),
        Sight::Nothing => Condition::all().add(Expr::value(1).eq(0)),
    }
}

/// The cases that a unit leads, helps with, or was given before.
fn through(unit: UnitId) -> sea_orm::sea_query::SelectStatement {
    case_unit::Entity::find()
        .select_only()
        .column(case_unit::Column::CaseId)
        .filter(case_unit::Column::UnitId.eq(unit))
        .into_query()
}

fn of(employer: EmployerId) -> sea_orm::sea_query::SelectStatement {
    job_match::Entity::find()
        .select_only()
        .column(job_match::Column::CaseId)
        .filter(job_match::Column::EmployerId.eq(employer))
        .into_query()
}

/// A number by its beginning, anything else by the words of the title.
fn named(backend: DbBackend, words: &str) -> Option<Condition> {
    let words = words.trim();
    if words.is_empty() {
        return None;
    }
    let typed = crate::domain::text::half_width(words).to_ascii_uppercase();
    let number = typed
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || c == '-')
        .then(|| Column::Number.starts_with(&typed));
    let id = Expr::col((Entity, Column::Id));
    let title = search::found(backend, SEARCH, id, words);
    // Words that hold nothing to look for find nothing.
    let nothing = (number.is_none() && title.is_none()).then(|| Expr::value(1).eq(0));
    Some(
        Condition::any()
            .add_option(number)
            .add_option(title)
            .add_option(nothing),
    )
}

/// Days before its day on which a follow-up may be answered.
const EARLY: TimeDelta = TimeDelta::days(3);

/// What waits for somebody: every stage and step whose next action is his, and follow-ups.
fn queue(sight: Sight, parts: Parts, unit: Option<UnitId>, today: NaiveDate) -> Condition {
    let mut any = Condition::any().add(Expr::value(1).eq(0));
    for kind in sight.kinds() {
        for stage in Stage::OPEN {
            for step in steps(*kind, *stage) {
                let Some(Turn { part, .. }) = turn(*kind, *stage, step, false) else {
                    continue;
                };
                if !parts.has(part) {
                    continue;
                }
                any = any.add(
                    Condition::all()
                        .add(Column::Kind.eq(*kind))
                        .add(Column::Stage.eq(*stage))
                        .add_option(step.map(|step| Column::Step.eq(step)))
                        .add_option(belongs(part, unit)),
                );
            }
        }
    }
    if parts.has(Part::PlacementOfficer) && sight.kinds().contains(&Kind::EmploymentMatch) {
        any = any.add(follow_ups_of(Kind::EmploymentMatch, today));
    }
    let reminds = [Part::Mediator, Part::Clerk, Part::Secretary];
    if reminds.iter().any(|part| parts.has(*part)) && sight.kinds().contains(&Kind::Mediation) {
        any = any.add(follow_ups_of(Kind::Mediation, today));
    }
    any
}

fn steps(kind: Kind, stage: Stage) -> Vec<Option<Step>> {
    match stage {
        Stage::Handling if kind != Kind::PatrolFinding && !kind.steps().is_empty() => {
            kind.steps().iter().copied().map(Some).collect()
        }
        _ => vec![None],
    }
}

/// Parts that only those of the leading unit play.
fn belongs(part: Part, unit: Option<UnitId>) -> Option<Condition> {
    let own = matches!(part, Part::Handler | Part::UnitLeader | Part::Mediator);
    own.then(|| {
        Condition::all()
            .add(unit.map_or_else(|| Expr::value(1).eq(0), |unit| Column::LeadUnitId.eq(unit)))
    })
}

fn follow_ups_of(kind: Kind, today: NaiveDate) -> Condition {
    // 人民调解法 33: after its thirty days a reminder of judicial confirmation helps nobody.
    let lapsed = Condition::all()
        .add(follow_up::Column::What.eq(FollowUpKind::JudicialConfirmation.code()))
        .add(follow_up::Column::DueOn.lt(today));
    let due = follow_up::Entity::find()
        .select_only()
        .column(follow_up::Column::CaseId)
        .filter(follow_up::Column::DoneAt.is_null())
        .filter(follow_up::Column::DueOn.lte(today + EARLY))
        .filter(lapsed.not())
        .into_query();
    Condition::all()
        .add(Column::Kind.eq(kind))
        .add(Column::Id.in_subquery(due))
}

/// A case somebody may see, by its number as it is typed.
///
/// # Errors
/// 404 for everything else.
pub async fn find_for(
    db: &impl ConnectionTrait,
    office: OfficeId,
    sight: Sight,
    number: &str,
) -> AppResult<Model> {
    let number: CaseNumber = number.parse().map_err(|_| AppError::not_found())?;
    Entity::find()
        .filter(Column::OfficeId.eq(office))
        .filter(Column::Number.eq(number.to_string()))
        .filter(seen(sight))
        .one(db)
        .await?
        .ok_or_else(AppError::not_found)
}

/// A page of cases, newest first; `before` is the last id of the page before.
pub async fn list(
    db: &impl ConnectionTrait,
    office: OfficeId,
    sight: Sight,
    filter: &Filter,
    before: Option<i64>,
    limit: u64,
) -> AppResult<Vec<Model>> {
    Ok(Entity::find()
        .filter(filter.condition(db.get_database_backend(), office, sight))
        .filter(Condition::all().add_option(before.map(|id| Column::Id.lt(id))))
        .order_by_desc(Column::Id)
        .limit(limit)
        .all(db)
        .await?)
}

/// How many cases fit the filter.
pub async fn whole(
    db: &impl ConnectionTrait,
    office: OfficeId,
    sight: Sight,
    filter: &Filter,
) -> AppResult<u64> {
    Ok(Entity::find()
        .filter(filter.condition(db.get_database_backend(), office, sight))
        .count(db)
        .await?)
}

/// How many cases stand in each kind and stage, whatever stage the filter names.
pub async fn counts(
    db: &impl ConnectionTrait,
    office: OfficeId,
    sight: Sight,
    filter: &Filter,
) -> AppResult<Vec<(Kind, Stage, i64)>> {
    Ok(Entity::find()
        .select_only()
        .column(Column::Kind)
        .column(Column::Stage)
        .column_as(Column::Id.count(), "n")
        .filter(filter.condition(db.get_database_backend(), office, sight))
        .group_by(Column::Kind)
        .group_by(Column::Stage)
        .into_tuple()
        .all(db)
        .await?)
}

/// Names of the staff and units that a page of events or cases mentions, and what a form may offer.
#[derive(Clone, Debug, Default)]
pub struct People {
    pub accounts: HashMap<AccountId, (String, Role)>,
    pub units: HashMap<UnitId, (String, bool)>,
    pub areas: HashMap<AreaId, String>,
}

/// Everybody who works for the office, its units and areas.
pub async fn people(db: &impl ConnectionTrait, office: OfficeId) -> AppResult<People> {
    let accounts: Vec<(AccountId, String, Role)> = account::Entity::find()
        .select_only()
        .column(account::Column::Id)
        .column(account::Column::Name)
        .column(account::Column::Role)
        .filter(account::Column::OfficeId.eq(office))
        .filter(account::Column::Role.ne(Role::Employer))
        .into_tuple()
        .all(db)
        .await?;
    let units: Vec<(UnitId, String, bool)> = unit::Entity::find()
        .select_only()
        .column(unit::Column::Id)
        .column(unit::Column::Name)
        .column(unit::Column::Active)
        .filter(unit::Column::OfficeId.eq(office))
        .into_tuple()
        .all(db)
        .await?;
    let areas: Vec<(AreaId, String)> = area::Entity::find()
        .select_only()
        .column(area::Column::Id)
        .column(area::Column::Name)
        .filter(area::Column::OfficeId.eq(office))
        .into_tuple()
        .all(db)
        .await?;
    Ok(People {
        accounts: accounts
            .into_iter()
            .map(|(id, name, role)| (id, (name, role)))
            .collect(),
        units: units
            .into_iter()
            .map(|(id, name, active)| (id, (name, active)))
            .collect(),
        areas: areas.into_iter().collect(),
    })
}

/// Matches that the employer has not answered by `silent`, or whose posting was closed, by id.
pub async fn late_matches(
    db: &impl ConnectionTrait,
    (silent, today): (DateTime<Utc>, NaiveDate),
    after: CaseId,
    limit: u64,
) -> AppResult<Vec<Due>> {
    let over = Condition::any()
        .add(posting::Column::Status.is_in([PostingStatus::Closed, PostingStatus::Rejected]))
        .add(posting::Column::ExpiresOn.lt(today));
    let shut = posting::Entity::find()
        .select_only()
        .column(posting::Column::Id)
        .filter(over)
        .into_query();
    let of_shut = job_match::Entity::find()
        .select_only()
        .column(job_match::Column::CaseId)
        .filter(job_match::Column::Open.eq(true))
        .filter(job_match::Column::PostingId.in_subquery(shut))
        .into_query();
    let why = Condition::any()
        .add(Column::UnitDueAt.lt(silent))
        .add(Column::Id.in_subquery(of_shut));
    let unanswered = Condition::any()
        .add(Column::Step.is_null())
        .add(Column::Step.is_not_in([Step::Offered, Step::OfferAccepted]));
    Ok(Entity::find()
        .select_only()
        .column(Column::Id)
        .column(Column::OfficeId)
        .filter(Column::Kind.eq(Kind::EmploymentMatch))
        .filter(Column::Stage.is_in([Stage::Dispatched, Stage::Handling]))
        .filter(unanswered)
        .filter(why)
        .filter(Column::Id.gt(after))
        .order_by_asc(Column::Id)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await?)
}
