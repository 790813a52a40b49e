//! Counts and the next fairs: rows of other capabilities, only read.
use super::next::Facts;
use crate::{
    domain::{
        employer::EmployerStatus,
        fair::FairStatus,
        id::{FairId, OfficeId},
    },
    entity::{
        account, area, booth, case, employer, fair, fair_task, follow_up, participation, posting,
        unit,
    },
    error::AppResult,
};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
};
use std::collections::BTreeMap;

/// Fairs on the start page at most.
const FAIRS: u64 = 6;
/// A fair stays on the start page so long after its end: its figures are due.
const AFTERWARDS: TimeDelta = TimeDelta::days(3);

/// What waits for somebody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Waiting {
    pub employers: u64,
    pub postings: u64,
    pub follow_ups: u64,
}

pub async fn waiting(
    db: &impl ConnectionTrait,
    office: OfficeId,
    today: NaiveDate,
) -> AppResult<Waiting> {
    let employers = employer::Entity::find()
        .filter(employer::Column::OfficeId.eq(office))
        .filter(employer::Column::Status.eq(EmployerStatus::Pending));
    let postings = posting::Entity::find()
        .filter(posting::Column::OfficeId.eq(office))
        .filter(posting::Column::Status.eq("in_review"));
    let cases = case::Entity::find().filter(case::Column::OfficeId.eq(office));
    let here = cases.select_only().column(case::Column::Id);
    let follow_ups = follow_up::Entity::find()
        .filter(follow_up::Column::DoneAt.is_null())
        .filter(follow_up::Column::DueOn.lte(today))
        .filter(follow_up::Column::CaseId.in_subquery(here.into_query()));
    Ok(Waiting {
        employers: employers.count(db).await?,
        postings: postings.count(db).await?,
        follow_ups: follow_ups.count(db).await?,
    })
}

/// What a new office makes, in the order of its first steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    Areas,
    Units,
    Accounts,
    Fair,
    Published,
}

/// What there is already.
pub async fn made(db: &impl ConnectionTrait, office: OfficeId) -> AppResult<Vec<Made>> {
    let areas = area::Entity::find().filter(area::Column::OfficeId.eq(office));
    let units = unit::Entity::find().filter(unit::Column::OfficeId.eq(office));
    let accounts = account::Entity::find().filter(account::Column::OfficeId.eq(office));
    let fairs = fair::Entity::find().filter(fair::Column::OfficeId.eq(office));
    let published = fairs
        .clone()
        .filter(fair::Column::Status.eq(FairStatus::Published));
    let there = [
        (Made::Areas, areas.limit(1).one(db).await?.is_some()),
        (Made::Units, units.limit(1).one(db).await?.is_some()),
        (Made::Accounts, accounts.limit(2).all(db).await?.len() > 1),
        (Made::Fair, fairs.limit(1).one(db).await?.is_some()),
        (Made::Published, published.limit(1).one(db).await?.is_some()),
    ];
    Ok(there
        .into_iter()
        .filter(|(_, there)| *there)
        .map(|(made, _)| made)
        .collect())
}

/// A fair with what its next step depends on.
pub struct Upcoming {
    pub slug: String,
    pub title: String,
    pub venue: String,
    pub registered: i64,
    pub capacity: i64,
    pub facts: Facts,
}

/// Fairs that are coming, running or just over, the earliest first; drafts only when asked for.
pub async fn upcoming(
    db: &impl ConnectionTrait,
    office: OfficeId,
    now: DateTime<Utc>,
    drafts: bool,
) -> AppResult<Vec<Upcoming>> {
    let mut fairs = fair::Entity::find()
        .filter(fair::Column::OfficeId.eq(office))
        .filter(fair::Column::EndsAt.gt(now - AFTERWARDS))
        .filter(fair::Column::Status.ne(FairStatus::Cancelled));
    if !drafts {
        fairs = fairs.filter(fair::Column::Status.eq(FairStatus::Published));
    }
    let fairs = fairs
        .order_by_asc(fair::Column::StartsAt)
        .limit(FAIRS)
        .all(db)
        .await?;
    let ids: Vec<FairId> = fairs.iter().map(|fair| fair.id).collect();
    let counts = Counts::of(db, ids).await?;
    Ok(fairs.into_iter().map(|fair| counts.add_to(fair)).collect())
}

type PerFair = BTreeMap<FairId, i64>;

struct Counts {
    tasks: PerFair,
    booths: PerFair,
    taken: PerFair,
    postings: PerFair,
    in_review: PerFair,
}

impl Counts {
    async fn of(db: &impl ConnectionTrait, ids: Vec<FairId>) -> AppResult<Self> {
        let tasks = fair_task::Entity::find()
            .select_only()
            .column(fair_task::Column::FairId)
            .column_as(fair_task::Column::Id.count(), "n")
            .filter(fair_task::Column::FairId.is_in(ids.clone()))
            .filter(fair_task::Column::DoneAt.is_null())
            .group_by(fair_task::Column::FairId);
        let booths = booth::Entity::find()
            .select_only()
            .column(booth::Column::FairId)
            .column_as(booth::Column::Id.count(), "n")
            .filter(booth::Column::FairId.is_in(ids.clone()))
            .group_by(booth::Column::FairId);
        let taken = participation::Entity::find()
            .select_only()
            .column(participation::Column::FairId)
            .column_as(participation::Column::Id.count(), "n")
            .filter(participation::Column::FairId.is_in(ids.clone()))
            .filter(participation::Column::Active.eq(true))
            .filter(participation::Column::BoothId.is_not_null())
            .group_by(participation::Column::FairId);
        let postings = posting::Entity::find()
            .select_only()
            .column(posting::Column::FairId)
            .column_as(posting::Column::Id.count(), "n")
            .filter(posting::Column::FairId.is_in(ids))
            .group_by(posting::Column::FairId);
        let in_review = postings
            .clone()
            .filter(posting::Column::Status.eq("in_review"));
        let shown = postings.filter(posting::Column::Status.eq("published"));
        Ok(Self {
            tasks: per_fair(tasks.into_tuple().all(db).await?),
            booths: per_fair(booths.into_tuple().all(db).await?),
            taken: per_fair(taken.into_tuple().all(db).await?),
            postings: per_fair(shown.into_tuple().all(db).await?),
            in_review: per_fair(in_review.into_tuple().all(db).await?),
        })
    }

    fn add_to(&self, fair: fair::Model) -> Upcoming {
        let of = |counts: &PerFair| counts.get(&fair.id).copied().unwrap_or(0);
        let facts = Facts {
            status: fair.status,
            starts_at: fair.starts_at,
            ends_at: fair.ends_at,
            open_tasks: of(&self.tasks),
            booths: of(&self.booths),
            taken: of(&self.taken),
            postings: of(&self.postings),
            in_review: of(&self.in_review),
        };
        Upcoming {
            facts,
            slug: fair.slug,
            title: fair.title,
            venue: fair.venue,
            registered: fair.registered,
            capacity: fair.capacity,
        }
    }
}

fn per_fair(rows: Vec<(FairId, i64)>) -> PerFair {
    rows.into_iter().collect()
}
