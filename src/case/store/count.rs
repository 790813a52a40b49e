//! Counts beside the filters. What is open is counted exactly, in one pass over the index of open
//! cases; what has ended only up to a bound, because nobody reads the difference and an exact count
//! of a million rows costs more than the page.
use super::list::{Filter, Lead, Waiting, Words, followed, is_open, more_than, queue};
use crate::{
    case::door::Sight,
    domain::{
        case::{Kind, Stage},
        id::{CaseEventId, CaseId, OfficeId, UnitId},
    },
    entity::{
        case::{Column, Entity},
        case_event,
    },
    error::AppResult,
};
use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait,
    sea_query::{
        Alias, CaseStatement, Expr, ExprTrait, Func, IntoCondition, Query, SelectStatement,
        UnionType,
    },
};

/// Up to here counts are exact.
const BOUND: u64 = 10_000;
/// Up to here they are where each find is a row to be looked at: in a search, and in what a unit
/// was given.
const FOUND: u64 = 1_000;

/// A number beside a filter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub n: i64,
    /// There are more.
    pub more: bool,
}

impl std::fmt::Display for Count {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.n, if self.more { "+" } else { "" })
    }
}

/// What one kind and stage holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Line {
    kind: Kind,
    stage: Stage,
    n: Count,
    marks: Marks,
}

/// Queues within the open cases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// 待我办理
    pub mine: i64,
    /// 本单位
    pub team: i64,
    /// 超期
    pub late: i64,
    /// 待回访
    pub callback: i64,
    /// 督办
    pub supervised: i64,
}

/// For whom the queues are counted.
#[derive(Clone, Copy, Debug)]
pub struct Whose {
    pub waiting: Waiting,
    pub unit: Option<UnitId>,
    pub now: DateTime<Utc>,
}

/// All counts of a page of filters.
#[derive(Clone, Debug, Default)]
pub struct Tallies {
    lines: Vec<Line>,
    /// More was found than was counted: only the whole is known.
    beyond: Option<Count>,
    /// When the next of the open cases becomes late.
    until: Option<DateTime<Utc>>,
}

impl Tallies {
    /// Cases of a kind, of a stage, or of both; unknown beyond the bound.
    pub fn of(&self, kind: Option<Kind>, stage: Option<Stage>) -> Option<Count> {
        if let Some(beyond) = self.beyond {
            let known = self.sum(kind, stage).n;
            let settled = stage.is_some_and(Stage::is_open) && known > 0;
            return match (kind, stage) {
                (None, None) => Some(beyond),
                _ if settled => Some(Count {
                    n: known,
                    more: false,
                }),
                _ => None,
            };
        }
        Some(self.sum(kind, stage))
    }

    fn fitting(&self, kind: Option<Kind>, stage: Option<Stage>) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(move |line| {
            kind.is_none_or(|kind| kind == line.kind) && stage.is_none_or(|at| at == line.stage)
        })
    }

    fn sum(&self, kind: Option<Kind>, stage: Option<Stage>) -> Count {
        self.fitting(kind, stage)
            .fold(Count::default(), |sum, line| Count {
                n: sum.n + line.n.n,
                more: sum.more || line.n.more,
            })
    }

    /// The queues within a kind.
    pub fn marks(&self, kind: Option<Kind>) -> Marks {
        self.fitting(kind, None)
            .fold(Marks::default(), |sum, line| Marks {
                mine: sum.mine + line.marks.mine,
                team: sum.team + line.marks.team,
                late: sum.late + line.marks.late,
                callback: sum.callback + line.marks.callback,
                supervised: sum.supervised + line.marks.supervised,
            })
    }

    /// Until when these are the numbers if no case changes: the next deadline.
    pub fn until(&self) -> Option<DateTime<Utc>> {
        self.until
    }

    /// Whether there may be anything of this kind or stage.
    pub fn any(&self, kind: Option<Kind>, stage: Option<Stage>) -> bool {
        self.beyond.is_some() || self.sum(kind, stage).n > 0
    }
}

/// How far the ledger is written: whatever changes a case appends an event. Nothing is kept of a
/// ledger that is not settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The newest event and the newest case.
    pub basis: String,
    pub settled: bool,
}

/// Events have their numbers before they are committed: on PostgreSQL, where many write at once, an
/// older one may still appear below one that is younger than a write lasts.
const SETTLING: TimeDelta = TimeDelta::seconds(30);

/// How far the ledger is written at `now`.
pub async fn written(db: &impl ConnectionTrait, now: DateTime<Utc>) -> AppResult<Written> {
    let newest = case_event::Entity::find()
        .select_only()
        .column(case_event::Column::Id)
        .column(case_event::Column::RecordedMs)
        .order_by_desc(case_event::Column::Id)
        .into_tuple::<(CaseEventId, i64)>()
        .one(db);
    let case = Entity::find()
        .select_only()
        .column(Column::Id)
        .order_by_desc(Column::Id)
        .into_tuple::<CaseId>()
        .one(db);
    let (newest, case) = tokio::try_join!(newest, case)?;
    let (event, at) = newest.unwrap_or((CaseEventId(0), 0));
    let by_one_writer = db.get_database_backend() == DbBackend::Sqlite;
    Ok(Written {
        basis: format!("{event} {}", case.unwrap_or(CaseId(0))),
        settled: by_one_writer || at < (now - SETTLING).timestamp_millis(),
    })
}

/// Counts every kind, stage and queue within `filter`, whatever kind and stage it names.
pub async fn tallies(
    db: &impl ConnectionTrait,
    (office, sight): (OfficeId, Sight),
    filter: &Filter,
    whose: Whose,
) -> AppResult<Tallies> {
    let backend = db.get_database_backend();
    let lead = Lead::of(filter, sight);
    if let Some(lead @ Lead::Said(_)) = lead {
        let inner = lead.select(backend, filter.without_words(office, sight));
        return marked(db, inner, sight, whose, FOUND).await;
    }
    let base = filter.through_indexes().condition(backend, office, sight);
    if let Some(Words::Number(_)) = filter.words {
        let inner = Entity::find().select_only().filter(base).into_query();
        return marked(db, inner, sight, whose, FOUND).await;
    }
    let open = unfinished(db, base.clone(), sight, whose);
    let (mut tallies, ended) = match lead {
        _ if filter.is_plain() && matches!(sight, Sight::Kinds(_)) => {
            tokio::try_join!(open, by_stage(db, office, sight))?
        }
        Some(lead) => {
            let mut inner = lead.select(backend, base.add(ended()));
            inner.distinct().column((Entity, Column::Id));
            tokio::try_join!(open, bounded(db, inner, FOUND))?
        }
        None if filter.is_mixed() => tokio::try_join!(open, all_ended(db, base))?,
        None => {
            let open = open.await?;
            let ended = ended_beside(db, base, open.sum(None, None).n).await?;
            (open, ended)
        }
    };
    if let Some(beyond) = ended.beyond {
        tallies.beyond = Some(beyond);
    } else {
        tallies.lines.extend(ended.lines);
    }
    Ok(tallies)
}

/// The queues of a reader over the whole ledger, without counting what has ended: only their
/// [`Tallies::marks`] are known.
pub async fn queues(
    db: &impl ConnectionTrait,
    (office, sight): (OfficeId, Sight),
    whose: Whose,
) -> AppResult<Tallies> {
    let all = Filter::default().condition(db.get_database_backend(), office, sight);
    unfinished(db, all, sight, whose).await
}

/// What is open, and what waits although it has ended.
async fn unfinished(
    db: &impl ConnectionTrait,
    base: Condition,
    sight: Sight,
    whose: Whose,
) -> AppResult<Tallies> {
    let mut open = Entity::find()
        .select_only()
        .filter(base.clone())
        .filter(is_open())
        .into_query();
    for (name, mark) in marks(sight, whose) {
        open.expr_as(
            Func::count(Expr::value(1)).filter(mark),
            format!("sum_{name}"),
        );
    }
    let due = Expr::col((Entity, Column::DueAt));
    let to_come = Column::DueAt.gte(whose.now);
    open.expr_as(Func::min(due).filter(to_come), "next_due");
    // In the order of an index, so that nothing is sorted.
    open.column((Entity, Column::Kind))
        .column((Entity, Column::Stage))
        .expr_as(Expr::cust("COUNT(*)"), "n")
        .group_by_col((Entity, Column::Kind))
        .group_by_col((Entity, Column::Stage));
    let mut tallies = Tallies::default();
    for row in db.query_all(&open).await? {
        tallies.lines.push(line(&row, marks_of(&row)?, None)?);
        let next: Option<DateTime<Utc>> = row.try_get("", "next_due")?;
        tallies.until = tallies.until.into_iter().chain(next).min();
    }
    tallies
        .lines
        .extend(follow_ups(db, base, sight, whose.waiting).await?);
    Ok(tallies)
}

/// By its stage, which every index of a filter holds.
fn ended() -> Condition {
    let open = Stage::OPEN.iter().copied();
    Condition::all().add(Column::Stage.is_not_in(open))
}

/// Ended cases by kind and stage, up to the bound.
async fn all_ended(db: &impl ConnectionTrait, base: Condition) -> AppResult<Tallies> {
    let rows = Entity::find().select_only().filter(base).filter(ended());
    bounded(db, rows.into_query(), BOUND).await
}

/// The same where one index answers, which knows without a look at any of them that there are more
/// than the bound; `open` more are skipped, for those that have not ended stand among them.
async fn ended_beside(db: &impl ConnectionTrait, base: Condition, open: i64) -> AppResult<Tallies> {
    let skipped = BOUND + u64::try_from(open).unwrap_or(0);
    if more_than(db, base.clone(), skipped).await? {
        return Ok(Tallies {
            beyond: Some(up_to(BOUND)),
            ..Tallies::default()
        });
    }
    all_ended(db, base).await
}

/// At least so many.
fn up_to(bound: u64) -> Count {
    Count {
        n: i64::try_from(bound).unwrap_or(i64::MAX),
        more: true,
    }
}

/// Follow-ups wait after a case has ended, too.
async fn follow_ups(
    db: &impl ConnectionTrait,
    base: Condition,
    sight: Sight,
    (parts, _, today): Waiting,
) -> AppResult<Vec<Line>> {
    let Some(followed) = followed(sight, parts, today) else {
        return Ok(Vec::new());
    };
    let due: Vec<(Kind, i64)> = Entity::find()
        .select_only()
        .column(Column::Kind)
        .column_as(Column::Id.count(), "n")
        .filter(base)
        .filter(is_open().not())
        .filter(followed)
        .group_by(Column::Kind)
        .into_tuple()
        .all(db)
        .await?;
    let line = |(kind, mine)| Line {
        kind,
        stage: Stage::Closed,
        n: Count::default(),
        marks: Marks {
            mine,
            ..Marks::default()
        },
    };
    Ok(due.into_iter().map(line).collect())
}

/// The queues, each with what puts an open case into it.
fn marks(sight: Sight, whose: Whose) -> [(&'static str, Condition); 5] {
    let flag = |column| Condition::all().add(Expr::col((Entity, column)));
    let team = match whose.unit {
        Some(unit) => Column::LeadUnitId.eq(unit).and(is_open()),
        None => Expr::value(1).eq(0),
    };
    [
        ("mine", queue(sight, whose.waiting)),
        ("team", Condition::all().add(team)),
        ("late", Condition::all().add(Column::DueAt.lt(whose.now))),
        ("callback", flag(Column::NeedsCallback)),
        ("supervised", flag(Column::Supervised).add(is_open())),
    ]
}

fn marks_of(row: &sea_orm::QueryResult) -> AppResult<Marks> {
    let sum = |name: &str| row.try_get::<i64>("", &format!("sum_{name}"));
    Ok(Marks {
        mine: sum("mine")?,
        team: sum("team")?,
        late: sum("late")?,
        callback: sum("callback")?,
        supervised: sum("supervised")?,
    })
}

/// Counts up to `bound` rows by kind and stage, with their queues.
async fn marked(
    db: &impl ConnectionTrait,
    mut rows: SelectStatement,
    sight: Sight,
    whose: Whose,
    bound: u64,
) -> AppResult<Tallies> {
    let mut sums = Query::select();
    for (name, mark) in marks(sight, whose) {
        rows.expr_as(one_if(mark), name);
        sums.expr_as(Expr::col(Alias::new(name)).sum(), format!("sum_{name}"));
    }
    few(db, rows, sums, bound, marks_of).await
}

/// Counts up to `bound` rows by kind and stage: of what has ended nothing else is asked.
async fn bounded(
    db: &impl ConnectionTrait,
    rows: SelectStatement,
    bound: u64,
) -> AppResult<Tallies> {
    few(db, rows, Query::select(), bound, |_| Ok(Marks::default())).await
}

async fn few(
    db: &impl ConnectionTrait,
    mut rows: SelectStatement,
    mut sums: SelectStatement,
    bound: u64,
    marks_of: impl Fn(&sea_orm::QueryResult) -> AppResult<Marks>,
) -> AppResult<Tallies> {
    rows.column((Entity, Column::Kind))
        .column((Entity, Column::Stage))
        .limit(bound + 1);
    sums.column("kind")
        .column("stage")
        .expr_as(Expr::cust("COUNT(*)"), "n")
        .from_subquery(rows, "few")
        .group_by_col("kind")
        .group_by_col("stage");
    let mut tallies = Tallies::default();
    for row in db.query_all(&sums).await? {
        tallies.lines.push(line(&row, marks_of(&row)?, None)?);
    }
    let beyond = up_to(bound);
    tallies.beyond = (tallies.sum(None, None).n > beyond.n).then_some(beyond);
    Ok(tallies)
}

fn one_if(condition: impl IntoCondition) -> Expr {
    CaseStatement::new().case(condition, 1).finally(0).into()
}

fn line(row: &sea_orm::QueryResult, marks: Marks, bound: Option<i64>) -> AppResult<Line> {
    let (kind, stage): (String, String) = (row.try_get("", "kind")?, row.try_get("", "stage")?);
    let n: i64 = row.try_get("", "n")?;
    let more = bound.is_some_and(|bound| n > bound);
    Ok(Line {
        kind: Kind::from_code(&kind).with_context(|| format!("unknown kind {kind}"))?,
        stage: Stage::from_code(&stage).with_context(|| format!("unknown stage {stage}"))?,
        n: Count {
            n: std::cmp::min(n, bound.unwrap_or(i64::MAX)),
            more,
        },
        marks,
    })
}

/// Each stage that is an end, counted by itself up to the bound.
async fn by_stage(db: &impl ConnectionTrait, office: OfficeId, sight: Sight) -> AppResult<Tallies> {
    let mut arms = Vec::new();
    for kind in sight.kinds() {
        for stage in Stage::ALL.iter().filter(|stage| !stage.is_open()) {
            let few = Entity::find()
                .select_only()
                .column(Column::Id)
                .filter(Column::OfficeId.eq(office))
                .filter(Column::Kind.eq(*kind))
                .filter(Column::Stage.eq(*stage))
                .limit(BOUND + 1)
                .into_query();
            let mut arm = Query::select();
            arm.expr_as(Expr::value(kind.code()), "kind")
                .expr_as(Expr::value(stage.code()), "stage")
                .expr_as(Expr::cust("COUNT(*)"), "n")
                .from_subquery(few, "few");
            arms.push(arm);
        }
    }
    let mut arms = arms.into_iter();
    let Some(mut query) = arms.next() else {
        return Ok(Tallies::default());
    };
    for arm in arms {
        query.union(UnionType::All, arm);
    }
    let bound = i64::try_from(BOUND).unwrap_or(i64::MAX);
    let mut tallies = Tallies::default();
    for row in db.query_all(&query).await? {
        tallies
            .lines
            .push(line(&row, Marks::default(), Some(bound))?);
    }
    Ok(tallies)
}

/// How many matters residents brought since a moment, and how many were closed since.
pub async fn brought_and_closed(
    db: &impl ConnectionTrait,
    office: OfficeId,
    since: DateTime<Utc>,
) -> AppResult<(u64, u64)> {
    let here = Entity::find()
        .filter(Column::OfficeId.eq(office))
        .filter(Column::Kind.is_in(Kind::DESK.iter().copied()));
    let brought = here.clone().filter(Column::RecordedAt.gte(since));
    // Whatever was closed was changed, and changes have an index.
    let closed = here
        .filter(Column::UpdatedAt.gte(since))
        .filter(Column::ClosedAt.gte(since))
        .filter(Column::Stage.eq(Stage::Closed));
    Ok((brought.count(db).await?, closed.count(db).await?))
}
