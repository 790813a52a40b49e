//! Lists of cases: what somebody may see of the ledger, filtered, page by page.
//!
//! A page is found in two steps: the ids through the index that fits the filter, then their rows.
//! Whatever concerns only open cases says so, because those few have an index of their own; a
//! search runs through the search index, newest first. The migration `…_ledger` names the indexes.
use super::{SEARCH, timers::Due, words};
use crate::{
    case::door::{Reader, Sight},
    domain::{
        area::Level,
        case::{Channel, FollowUpKind, Kind, Part, Parts, Stage, Step, Urgency},
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
    platform::{search::Asked, secret::Keys},
};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, JoinType, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Alias, Expr, ExprTrait, Func, Order, Query, SelectStatement, UnionType},
};
use std::{collections::HashMap, fmt};

/// In which order a list stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// 最新登记在前
    #[default]
    Newest,
    /// 期限近的在前, those without one last
    Due,
}

/// Whose next action is waited for: parts, unit, and today.
pub type Waiting = (Parts, Option<UnitId>, NaiveDate);

/// One of several, such as the areas of a community.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Members<T> {
    pub any: Vec<T>,
    /// So many cases are in it that a page is found sooner by looking at the newest cases one after
    /// the other than through the index.
    pub common: bool,
}

/// Which cases a list shows.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub kind: Option<Kind>,
    pub stage: Option<Stage>,
    /// The unit that leads them.
    pub unit: Option<UnitId>,
    /// Only those that have not ended.
    pub open: bool,
    pub area: Option<Members<AreaId>>,
    /// Codes of categories.
    pub category: Option<Members<String>>,
    pub channel: Option<Channel>,
    pub urgency: Option<Urgency>,
    pub supervised: bool,
    /// Only those that were verified and whose person was not reached yet.
    pub callback: bool,
    /// Recorded at this moment or later.
    pub since: Option<DateTime<Utc>>,
    /// Recorded before this moment.
    pub before: Option<DateTime<Utc>>,
    /// Only those whose deadline is over at this moment.
    pub overdue: Option<DateTime<Utc>>,
    /// Only those that wait for somebody.
    pub waiting: Option<Waiting>,
    pub words: Option<Words>,
    pub sort: Sort,
}

/// What somebody typed to find a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Words {
    /// A number or its beginning.
    Number(String),
    /// Words of the title, or of what was written.
    Said(Asked),
    /// Something that holds nothing to look for finds nothing.
    Nothing,
}

impl Words {
    /// Reads what was typed; none when nothing was.
    pub fn read(backend: DbBackend, keys: &Keys, reader: Reader, typed: &str) -> Option<Self> {
        let typed = typed.trim();
        if typed.is_empty() {
            return None;
        }
        let number = crate::domain::text::half_width(typed).to_ascii_uppercase();
        if is_number(&number) {
            return Some(Self::Number(number));
        }
        let asked = Asked::beside(backend, typed, keys, words::vocabularies(reader));
        Some(asked.map_or(Self::Nothing, Self::Said))
    }

    fn condition(&self, backend: DbBackend) -> Condition {
        match self {
            Self::Number(begins) => begins_with(backend, begins),
            Self::Said(asked) => {
                Condition::all().add(asked.holds(SEARCH, Expr::col((Entity, Column::Id))))
            }
            Self::Nothing => nothing(),
        }
    }
}

/// `JD-20` and what follows; the year tells a number from a word with a hyphen.
fn is_number(typed: &str) -> bool {
    let Some((prefix, rest)) = typed.split_once('-') else {
        return false;
    };
    let (year, serial) = rest.split_once('-').unwrap_or((rest, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let begun = if serial.is_empty() {
        (2..=4).contains(&year.len())
    } else {
        year.len() == 4
    };
    !prefix.is_empty()
        && prefix.bytes().all(|b| b.is_ascii_uppercase())
        && year.starts_with("20")
        && digits(year)
        && digits(serial)
        && begun
}

/// SQLite orders by bytes, so a beginning is a range of its index; PostgreSQL has one for LIKE.
fn begins_with(backend: DbBackend, number: &str) -> Condition {
    match backend {
        DbBackend::Postgres => Condition::all().add(Column::Number.starts_with(number)),
        _ => Condition::all()
            .add(Column::Number.gte(number))
            .add(Column::Number.lt(format!("{number}~"))),
    }
}

fn nothing() -> Condition {
    Condition::all().add(Expr::value(1).eq(0))
}

/// The bare column, as the partial index of open cases names it.
pub(super) fn is_open() -> Expr {
    Expr::col((Entity, Column::Open))
}

impl Filter {
    pub(super) fn condition(
        &self,
        backend: DbBackend,
        office: OfficeId,
        sight: Sight,
    ) -> Condition {
        let words = self.words.as_ref().map(|words| words.condition(backend));
        self.without_words(office, sight).add_option(words)
    }

    pub(super) fn without_words(&self, office: OfficeId, sight: Sight) -> Condition {
        let late = self.overdue.map(|now| Column::DueAt.lt(now));
        let mine = self.waiting.map(|waiting| in_queue(office, sight, waiting));
        let flag = |column| Expr::col((Entity, column));
        Condition::all()
            .add(Column::OfficeId.eq(office))
            .add(seen(sight))
            .add_option(self.only_open(sight).then(is_open))
            .add_option(self.kind.map(|kind| Column::Kind.eq(kind)))
            .add_option(self.stage.map(|stage| Column::Stage.eq(stage)))
            .add_option(self.unit.map(|unit| Column::LeadUnitId.eq(unit)))
            .add_option(self.area.as_ref().map(in_areas))
            .add_option(self.category.as_ref().map(in_categories))
            .add_option(
                self.channel
                    .map(|channel| Column::Channel.eq(channel.code())),
            )
            .add_option(
                self.urgency
                    .map(|urgency| Column::Urgency.eq(urgency.code())),
            )
            .add_option(self.supervised.then(|| flag(Column::Supervised)))
            .add_option(self.callback.then(|| flag(Column::NeedsCallback)))
            .add_option(self.since.map(|since| Column::RecordedAt.gte(since)))
            .add_option(self.before.map(|before| Column::RecordedAt.lt(before)))
            .add_option(late)
            .add_option(mine)
    }

    /// Whether no case that ended can be among them. Follow-ups wait after the end.
    fn only_open(&self, sight: Sight) -> bool {
        let mine = self
            .waiting
            .is_some_and(|(parts, _, today)| followed(sight, parts, today).is_none());
        self.open
            || self.overdue.is_some()
            || self.callback
            || mine
            || self.stage.is_some_and(Stage::is_open)
    }

    /// Whether only kind, stage or a queue is asked for, which the counts know without looking.
    pub fn is_plain(&self) -> bool {
        self.narrowed() == 0
    }

    /// Whether several things are asked for at once: few or none may be found, and all that have one
    /// of them are looked through for it.
    pub(super) fn is_mixed(&self) -> bool {
        self.narrowed() > 1
    }

    fn narrowed(&self) -> usize {
        let asked = [
            self.unit.is_some(),
            self.area.is_some(),
            self.category.is_some(),
            self.channel.is_some(),
            self.urgency.is_some(),
            self.since.is_some() || self.before.is_some(),
            self.words.is_some(),
        ];
        asked.into_iter().filter(|asked| *asked).count()
    }

    /// The same to be counted, where each case is looked at and its order does not matter.
    pub(super) fn through_indexes(&self) -> Self {
        let mut filter = self.clone();
        if let Some(areas) = &mut filter.area {
            areas.common = false;
        }
        if let Some(categories) = &mut filter.category {
            categories.common = false;
        }
        filter
    }

    fn order(&self) -> Ordered {
        match self.sort {
            Sort::Due => Ordered::Due,
            Sort::Newest if self.since.is_some() || self.before.is_some() => Ordered::Recorded,
            Sort::Newest => Ordered::Id,
        }
    }

    /// Where the page after this case begins.
    pub fn after(&self, last: &Model) -> Cursor {
        match (self.order(), last.due_at) {
            (Ordered::Recorded, _) => Cursor::At(last.recorded_at, last.id),
            (Ordered::Due, Some(due)) => Cursor::At(due, last.id),
            _ => Cursor::Id(last.id),
        }
    }
}

fn in_areas(areas: &Members<AreaId>) -> Expr {
    let column = Expr::col((Entity, Column::AreaId));
    if areas.common {
        // A sum is in no index.
        column.add(0).is_in(areas.any.iter().copied())
    } else {
        column.is_in(areas.any.iter().copied())
    }
}

fn in_categories(categories: &Members<String>) -> Expr {
    let column = Expr::col((Entity, Column::Category));
    if categories.common {
        let column = Func::coalesce([column, Expr::value("")]);
        Expr::from(column).is_in(categories.any.iter().cloned())
    } else {
        column.is_in(categories.any.iter().cloned())
    }
}

/// What a page is ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ordered {
    Id,
    Recorded,
    Due,
}

/// The place after which the next page begins: it stays where it is while cases are added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cursor {
    Id(CaseId),
    At(DateTime<Utc>, CaseId),
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => write!(f, "{id}"),
            Self::At(at, id) => write!(f, "{}.{id}", at.timestamp_nanos_opt().unwrap_or_default()),
        }
    }
}

impl Cursor {
    /// # Errors
    /// 400 when the text is none of ours.
    pub fn read(text: &str) -> AppResult<Self> {
        let whole = |text: &str| text.parse::<i64>().ok();
        let read = match text.split_once('.') {
            None => whole(text).map(|id| Self::Id(CaseId(id))),
            Some((at, id)) => whole(at)
                .zip(whole(id))
                .map(|(at, id)| Self::At(DateTime::from_timestamp_nanos(at), CaseId(id))),
        };
        read.ok_or_else(|| AppError::malformed("cursor_malformed"))
    }
}

fn seen(sight: Sight) -> Condition {
    let of_kinds = |kinds: &[Kind]| Column::Kind.is_in(kinds.iter().copied());
    match sight {
        Sight::Kinds(kinds) if kinds.len() == Kind::ALL.len() => Condition::all(),
        // By what is left out: most cases are seen, so no index shall be tempted by a list.
        Sight::Kinds(kinds) => {
            let others = Kind::ALL.iter().filter(|kind| !kinds.contains(kind));
            Condition::all().add(Column::Kind.is_not_in(others.copied()))
        }
        Sight::Unit(kinds, unit) => Condition::all()
            .add(of_kinds(kinds))
            .add(Expr::exists(through(unit))),
        Sight::Mediator(account) => Condition::all()
            .add(Column::Kind.eq(Kind::Mediation))
            .add(Column::MediatorId.eq(account)),
        Sight::Employer(employer) => Condition::all().add(Column::Id.in_subquery(of(employer))),
        Sight::Nothing => Condition::all().add(Expr::value(1).eq(0)),
    }
}

/// That a unit leads the case, helps with it, or was given it before: asked case by case, because a
/// unit has tens of thousands.
fn through(unit: UnitId) -> SelectStatement {
    case_unit::Entity::find()
        .select_only()
        .column(case_unit::Column::CaseId)
        .filter(case_unit::Column::UnitId.eq(unit))
        .filter(
            Expr::col((case_unit::Entity, case_unit::Column::CaseId)).equals((Entity, Column::Id)),
        )
        .into_query()
}

fn of(employer: EmployerId) -> SelectStatement {
    job_match::Entity::find()
        .select_only()
        .column(job_match::Column::CaseId)
        .filter(job_match::Column::EmployerId.eq(employer))
        .into_query()
}

/// Days before its day on which a follow-up may be answered.
const EARLY: TimeDelta = TimeDelta::days(3);

/// What waits for somebody: every stage and step whose next action is his, and follow-ups.
pub(super) fn queue(sight: Sight, (parts, unit, today): Waiting) -> Condition {
    let open = Condition::all().add(is_open()).add(turns(parts, unit));
    match followed(sight, parts, today) {
        Some(followed) => Condition::any().add(open).add(followed),
        None => open,
    }
}

/// The same for a list. No index serves an «or»: where follow-ups wait as well, the few cases of
/// either sort are found first, each through its own.
fn in_queue(office: OfficeId, sight: Sight, (parts, unit, today): Waiting) -> Condition {
    let Some(followed) = followed(sight, parts, today) else {
        return queue(sight, (parts, unit, today));
    };
    let open = Condition::all().add(is_open()).add(turns(parts, unit));
    let mut few = ids(office, open);
    few.union(UnionType::Distinct, ids(office, followed));
    Condition::all().add(Column::Id.in_subquery(few))
}

fn ids(office: OfficeId, condition: Condition) -> SelectStatement {
    let cases = Entity::find().select_only().column(Column::Id);
    cases
        .filter(Column::OfficeId.eq(office))
        .filter(condition)
        .into_query()
}

/// Whose turn it is. Some parts are only played by those of the leading unit.
fn turns(parts: Parts, unit: Option<UnitId>) -> Condition {
    const OWN: [Part; 3] = [Part::Handler, Part::UnitLeader, Part::Mediator];
    let (own, others): (Vec<Part>, Vec<Part>) = Part::ALL
        .iter()
        .filter(|part| parts.has(**part))
        .partition(|part| OWN.contains(part));
    let is = |parts: Vec<Part>| Column::Turn.is_in(parts.into_iter().map(Part::code));
    let of_the_unit = unit.map(|unit| {
        Condition::all()
            .add(Column::LeadUnitId.eq(unit))
            .add(is(own))
    });
    Condition::any().add(is(others)).add_option(of_the_unit)
}

/// Cases, ended or not, with a follow-up that these parts answer.
pub(super) fn followed(sight: Sight, parts: Parts, today: NaiveDate) -> Option<Condition> {
    let here = |kind| sight.kinds().contains(&kind);
    let mut kinds = Vec::new();
    if parts.has(Part::PlacementOfficer) && here(Kind::EmploymentMatch) {
        kinds.push(Kind::EmploymentMatch);
    }
    let reminds = [Part::Mediator, Part::Clerk, Part::Secretary];
    if reminds.iter().any(|part| parts.has(*part)) && here(Kind::Mediation) {
        kinds.push(Kind::Mediation);
    }
    if kinds.is_empty() {
        return None;
    }
    let of = kinds.into_iter().map(|kind| follow_ups_of(kind, today));
    Some(of.fold(Condition::any(), Condition::add))
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

/// A page of cases; `after` is the place where the page before ended.
pub async fn list(
    db: &impl ConnectionTrait,
    office: OfficeId,
    sight: Sight,
    filter: &Filter,
    after: Option<Cursor>,
    limit: u64,
) -> AppResult<Vec<Model>> {
    let ids = match (filter.order(), Lead::of(filter, sight)) {
        (Ordered::Id, Some(lead)) => {
            let rest = filter.without_words(office, sight);
            led(db, lead, rest, after, limit).await?
        }
        (Ordered::Id, _) if matches!(filter.words, Some(Words::Number(_))) => {
            by_number(db, whole_condition(db, office, sight, filter), after, limit).await?
        }
        (Ordered::Id, _) => newest(db, (office, sight), filter, after, limit).await?,
        (Ordered::Recorded, _) => {
            let condition = whole_condition(db, office, sight, filter);
            by_time(db, condition, Column::RecordedAt, after, limit).await?
        }
        (Ordered::Due, _) => by_due(db, (office, sight), filter, after, limit).await?,
    };
    let rows = Entity::find().filter(Column::Id.is_in(ids.iter().copied()));
    let mut rows: HashMap<_, _> = rows
        .all(db)
        .await?
        .into_iter()
        .map(|row| (row.id, row))
        .collect();
    Ok(ids.iter().filter_map(|id| rows.remove(id)).collect())
}

fn whole_condition(
    db: &impl ConnectionTrait,
    office: OfficeId,
    sight: Sight,
    filter: &Filter,
) -> Condition {
    filter.condition(db.get_database_backend(), office, sight)
}

/// Newest first. What waits is of two sorts, and only the newest of either can be on the page.
async fn newest(
    db: &impl ConnectionTrait,
    (office, sight): (OfficeId, Sight),
    filter: &Filter,
    after: Option<Cursor>,
    limit: u64,
) -> AppResult<Vec<CaseId>> {
    let condition = |filter: &Filter| whole_condition(db, office, sight, filter);
    let followed = filter.waiting.and_then(|waiting| {
        followed(sight, waiting.0, waiting.2).map(|followed| (waiting, followed))
    });
    let Some(((parts, unit, _), followed)) = followed else {
        return by_id(db, condition(filter), after, limit).await;
    };
    let mut any = filter.clone();
    any.waiting = None;
    let due = Column::Id.in_subquery(ids(office, followed));
    let due = condition(&any).add(due);
    any.open = true;
    let turn = condition(&any).add(turns(parts, unit));
    let (mut found, due) =
        tokio::try_join!(by_id(db, turn, after, limit), by_id(db, due, after, limit))?;
    found.extend(due);
    found.sort_unstable_by(|one, other| other.cmp(one));
    found.dedup();
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(found)
}

async fn by_id(
    db: &impl ConnectionTrait,
    condition: Condition,
    after: Option<Cursor>,
    limit: u64,
) -> AppResult<Vec<CaseId>> {
    let before = id_of(after)?.map(|id| Column::Id.lt(id));
    highest(db, condition.add_option(before), &[Column::Id], limit).await
}

/// Highest number first, in the order of the index that finds them: numbers are given one after the
/// other, so this is newest first, too.
async fn by_number(
    db: &impl ConnectionTrait,
    condition: Condition,
    after: Option<Cursor>,
    limit: u64,
) -> AppResult<Vec<CaseId>> {
    let before = id_of(after)?.map(|id| {
        let last = Entity::find()
            .select_only()
            .column(Column::Number)
            .filter(Column::Id.eq(id));
        Expr::col((Entity, Column::Number)).lt(Expr::from(last.into_query()))
    });
    highest(db, condition.add_option(before), &[Column::Number], limit).await
}

/// Latest first.
async fn by_time(
    db: &impl ConnectionTrait,
    condition: Condition,
    column: Column,
    after: Option<Cursor>,
    limit: u64,
) -> AppResult<Vec<CaseId>> {
    let before = match after {
        None => None,
        Some(Cursor::At(at, id)) => Some(
            // The first half bounds the index, the second decides within the same moment.
            Condition::all()
                .add(column.lte(at))
                .add(Condition::any().add(column.lt(at)).add(Column::Id.lt(id))),
        ),
        Some(Cursor::Id(_)) => return Err(AppError::malformed("cursor_malformed")),
    };
    let condition = condition.add_option(before);
    highest(db, condition, &[column, Column::Id], limit).await
}

/// The case after which a page by id or number begins.
fn id_of(after: Option<Cursor>) -> AppResult<Option<CaseId>> {
    match after {
        None => Ok(None),
        Some(Cursor::Id(id)) => Ok(Some(id)),
        Some(Cursor::At(..)) => Err(AppError::malformed("cursor_malformed")),
    }
}

/// The cases that fit, those with the highest columns first.
async fn highest(
    db: &impl ConnectionTrait,
    condition: Condition,
    columns: &[Column],
    limit: u64,
) -> AppResult<Vec<CaseId>> {
    let found = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(condition)
        .limit(limit);
    let ordered = columns
        .iter()
        .fold(found, |query, column| query.order_by_desc(*column));
    Ok(ordered.into_tuple().all(db).await?)
}

/// Those with a deadline, the nearest first; then, newest first, those without one.
async fn by_due(
    db: &impl ConnectionTrait,
    (office, sight): (OfficeId, Sight),
    filter: &Filter,
    after: Option<Cursor>,
    limit: u64,
) -> AppResult<Vec<CaseId>> {
    let condition = whole_condition(db, office, sight, filter);
    let mut ids: Vec<CaseId> = Vec::new();
    if !matches!(after, Some(Cursor::Id(_))) {
        let from = match after {
            Some(Cursor::At(at, id)) => Some(
                Condition::all().add(Column::DueAt.gte(at)).add(
                    Condition::any()
                        .add(Column::DueAt.gt(at))
                        .add(Column::Id.gt(id)),
                ),
            ),
            _ => None,
        };
        ids = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(condition.clone())
            .filter(is_open())
            .filter(Column::DueAt.is_not_null())
            .filter(Condition::all().add_option(from))
            .order_by_asc(Column::DueAt)
            .order_by_asc(Column::Id)
            .limit(limit)
            .into_tuple()
            .all(db)
            .await?;
    }
    let missing = limit - u64::try_from(ids.len()).unwrap_or(limit);
    if missing > 0 && filter.overdue.is_none() {
        let after = after.filter(|after| matches!(after, Cursor::Id(_)));
        let without = condition.add(Column::DueAt.is_null());
        ids.extend(by_id(db, without, after, missing).await?);
    }
    Ok(ids)
}

/// What leads to the cases of a list when it is not their own indexes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Lead<'a> {
    /// The search index, so that the commonest word is as quick as a rare one: it is read only until
    /// the page is full.
    Said(&'a Asked),
    /// What a unit was given, so that a small one's cases are not looked for among all.
    Given(UnitId),
}

impl<'a> Lead<'a> {
    pub(super) fn of(filter: &'a Filter, sight: Sight) -> Option<Self> {
        match (&filter.words, sight) {
            (Some(Words::Said(asked)), _) => Some(Self::Said(asked)),
            (None, Sight::Unit(_, unit)) if filter.unit.is_none() && !filter.only_open(sight) => {
                Some(Self::Given(unit))
            }
            _ => None,
        }
    }

    /// The id of a case where it is led to.
    fn key(self) -> (Alias, Alias) {
        match self {
            Self::Said(_) => (Alias::new(SEARCH), Alias::new("rowid")),
            Self::Given(_) => (Alias::new("case_units"), Alias::new("case_id")),
        }
    }

    /// The cases led to, without a column yet. A cross join, which is written without a condition,
    /// keeps SQLite from turning it around.
    pub(super) fn select(self, backend: DbBackend, rest: Condition) -> SelectStatement {
        let (table, id) = self.key();
        let same = Expr::col((Entity, Column::Id)).equals((table.clone(), id));
        let join = match backend {
            DbBackend::Postgres => JoinType::InnerJoin,
            _ => JoinType::CrossJoin,
        };
        let mut query = Query::select();
        query
            .from(table)
            .join(join, Entity, same.clone())
            .and_where(same)
            .cond_where(rest);
        match self {
            Self::Said(asked) => query.and_where(asked.matches()),
            Self::Given(unit) => query.and_where(case_unit::Column::UnitId.eq(unit)),
        };
        query
    }
}

/// Cases that something else leads to, newest first.
async fn led(
    db: &impl ConnectionTrait,
    lead: Lead<'_>,
    rest: Condition,
    after: Option<Cursor>,
    limit: u64,
) -> AppResult<Vec<CaseId>> {
    let key = lead.key();
    let mut query = lead.select(db.get_database_backend(), rest);
    if let Lead::Given(_) = lead {
        // A unit may have been given the same case twice.
        query.distinct();
    }
    query
        .expr_as(Expr::col(key.clone()), "id")
        .order_by(key.clone(), Order::Desc)
        .limit(limit);
    if let Some(id) = id_of(after)? {
        query.and_where(Expr::col(key).lt(id));
    }
    let rows = db.query_all(&query).await?;
    rows.iter().map(|row| Ok(row.try_get("", "id")?)).collect()
}

/// How many cases fit the filter.
pub async fn whole(
    db: &impl ConnectionTrait,
    office: OfficeId,
    sight: Sight,
    filter: &Filter,
) -> AppResult<u64> {
    Ok(Entity::find()
        .filter(whole_condition(db, office, sight, filter))
        .count(db)
        .await?)
}

/// The area and everything in it; nothing when the office has no such area.
pub async fn area_inside(
    db: &impl ConnectionTrait,
    office: OfficeId,
    area: AreaId,
) -> AppResult<Vec<AreaId>> {
    let rows: Vec<(AreaId, Option<AreaId>)> = area::Entity::find()
        .select_only()
        .column(area::Column::Id)
        .column(area::Column::ParentId)
        .filter(area::Column::OfficeId.eq(office))
        .into_tuple()
        .all(db)
        .await?;
    let mut inside: Vec<AreaId> = rows
        .iter()
        .filter(|(id, _)| *id == area)
        .map(|(id, _)| *id)
        .collect();
    let mut at = 0;
    while let Some(above) = inside.get(at).copied() {
        let below = rows.iter().filter(|(_, parent)| *parent == Some(above));
        let below: Vec<_> = below
            .map(|(id, _)| *id)
            .filter(|id| !inside.contains(id))
            .collect();
        inside.extend(below);
        at += 1;
    }
    Ok(inside)
}

/// So many cases in several areas or categories, and the newest cases are looked through instead of
/// an index.
const COMMON: u64 = 10_000;

/// Whether more cases are among these than are worth sorting.
pub async fn is_common(
    db: &impl ConnectionTrait,
    office: OfficeId,
    members: Expr,
) -> AppResult<bool> {
    let among = Condition::all()
        .add(Column::OfficeId.eq(office))
        .add(members);
    more_than(db, among, COMMON).await
}

/// Whether more than `n` cases fit: the index skips so many, without a look at their rows.
pub(super) async fn more_than(
    db: &impl ConnectionTrait,
    condition: Condition,
    n: u64,
) -> AppResult<bool> {
    let beyond: Option<CaseId> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(condition)
        .offset(n)
        .limit(1)
        .into_tuple()
        .one(db)
        .await?;
    Ok(beyond.is_some())
}

/// Names of the staff and units that a page of events or cases mentions, and what a form may offer.
#[derive(Clone, Debug, Default)]
pub struct People {
    pub accounts: HashMap<AccountId, (String, Role)>,
    pub units: HashMap<UnitId, (String, bool)>,
    pub areas: HashMap<AreaId, String>,
}

/// 区域, for a filter: streets, communities and grids, each below the one it lies in, with its
/// depth. Buildings are too many to choose from.
pub async fn places(
    db: &impl ConnectionTrait,
    office: OfficeId,
) -> AppResult<Vec<(AreaId, String, usize)>> {
    let rows = area::Entity::find()
        .filter(area::Column::OfficeId.eq(office))
        .filter(area::Column::Level.ne(Level::Building))
        .order_by_desc(area::Column::Sort)
        .order_by_desc(area::Column::Id)
        .all(db)
        .await?;
    let mut places = Vec::with_capacity(rows.len());
    let mut next: Vec<_> = rows
        .iter()
        .filter(|row| row.parent_id.is_none())
        .map(|row| (row, 0))
        .collect();
    // A circle of parents has no top, so it is never entered.
    while let Some((row, depth)) = next.pop() {
        places.push((row.id, row.name.clone(), depth));
        let below = rows.iter().filter(|below| below.parent_id == Some(row.id));
        next.extend(below.map(|below| (below, depth + 1)));
    }
    Ok(places)
}

/// Everybody who works for the office, its units and areas.
pub async fn people(db: &impl ConnectionTrait, office: OfficeId) -> AppResult<People> {
    let accounts = account::Entity::find()
        .select_only()
        .column(account::Column::Id)
        .column(account::Column::Name)
        .column(account::Column::Role)
        .filter(account::Column::OfficeId.eq(office))
        .filter(account::Column::Role.ne(Role::Employer))
        .into_tuple::<(AccountId, String, Role)>()
        .all(db);
    let units = unit::Entity::find()
        .select_only()
        .column(unit::Column::Id)
        .column(unit::Column::Name)
        .column(unit::Column::Active)
        .filter(unit::Column::OfficeId.eq(office))
        .into_tuple::<(UnitId, String, bool)>()
        .all(db);
    let areas = area::Entity::find()
        .select_only()
        .column(area::Column::Id)
        .column(area::Column::Name)
        .filter(area::Column::OfficeId.eq(office))
        .into_tuple::<(AreaId, String)>()
        .all(db);
    let (accounts, units, areas) = tokio::try_join!(accounts, units, areas)?;
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
