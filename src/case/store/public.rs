//! Queries on what is public. A case that was withdrawn, refused, voided or merged after it was
//! published is public no longer.
use super::rows::LEVELS;
use crate::{
    case::files::{PUBLIC_AFTER, PUBLIC_BEFORE},
    domain::{
        area::Level,
        case::{Kind, Stage, Visibility},
        id::{AreaId, CaseId, OfficeId},
    },
    entity::{area, case, case_file, case_publication},
    error::AppResult,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
};
use std::collections::{BTreeMap, HashMap};

/// Which published cases somebody wants to see.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    /// 社区
    pub area: Option<AreaId>,
    pub kind: Option<Kind>,
    /// Only closed ones, or only open ones.
    pub closed: Option<bool>,
}

/// A published case with what belongs to it.
pub struct Found {
    pub case: case::Model,
    pub public: case_publication::Model,
    pub area: Option<(AreaId, String)>,
    pub pictures: Vec<case_file::Model>,
}

fn shows(wanted: &Wanted) -> Condition {
    use case::Column;
    let kinds = Kind::ALL
        .iter()
        .filter(|kind| kind.widest_visibility() == Visibility::Public);
    let stages = Stage::OPEN.iter().copied().chain([Stage::Closed]);
    let closed = wanted.closed.map(|closed| {
        if closed {
            Column::Stage.eq(Stage::Closed)
        } else {
            Column::Stage.ne(Stage::Closed)
        }
    });
    Condition::all()
        .add(Column::Kind.is_in(kinds.copied()))
        .add(Column::Stage.is_in(stages))
        .add(Column::Visibility.eq(Visibility::Public.code()))
        .add_option(wanted.kind.map(|kind| Column::Kind.eq(kind)))
        .add_option(closed)
}

fn published(office: OfficeId, wanted: &Wanted) -> sea_orm::Select<case_publication::Entity> {
    use case_publication::Column;
    let cases = case::Entity::find()
        .select_only()
        .column(case::Column::Id)
        .filter(case::Column::OfficeId.eq(office))
        .filter(shows(wanted))
        .into_query();
    case_publication::Entity::find()
        .filter(Column::OfficeId.eq(office))
        .filter(Column::CaseId.in_subquery(cases))
        .filter(Condition::all().add_option(wanted.area.map(|area| Column::AreaId.eq(area))))
}

/// Published cases, newest first.
pub async fn list(
    db: &impl ConnectionTrait,
    office: OfficeId,
    wanted: &Wanted,
    before: Option<CaseId>,
    limit: u64,
) -> AppResult<Vec<Found>> {
    use case_publication::Column;
    let rows = published(office, wanted)
        .filter(Condition::all().add_option(before.map(|id| Column::CaseId.lt(id))))
        .order_by_desc(Column::CaseId)
        .limit(limit)
        .all(db)
        .await?;
    complete(db, office, rows).await
}

pub async fn one(
    db: &impl ConnectionTrait,
    office: OfficeId,
    uid: &str,
) -> AppResult<Option<Found>> {
    let row = published(office, &Wanted::default())
        .filter(case_publication::Column::Uid.eq(uid))
        .all(db)
        .await?;
    Ok(complete(db, office, row).await?.pop())
}

pub async fn of_case(db: &impl ConnectionTrait, case: &case::Model) -> AppResult<Option<Found>> {
    let row = published(case.office_id, &Wanted::default())
        .filter(case_publication::Column::CaseId.eq(case.id))
        .all(db)
        .await?;
    Ok(complete(db, case.office_id, row).await?.pop())
}

async fn complete(
    db: &impl ConnectionTrait,
    office: OfficeId,
    rows: Vec<case_publication::Model>,
) -> AppResult<Vec<Found>> {
    let ids: Vec<_> = rows.iter().map(|row| row.case_id).collect();
    let areas: Vec<_> = rows.iter().filter_map(|row| row.area_id).collect();
    let names: HashMap<AreaId, String> = area::Entity::find()
        .filter(area::Column::OfficeId.eq(office))
        .filter(area::Column::Id.is_in(areas))
        .all(db)
        .await?
        .into_iter()
        .map(|area| (area.id, area.name))
        .collect();
    let pictures = case_file::Entity::find()
        .filter(case_file::Column::CaseId.is_in(ids.iter().copied()))
        .filter(case_file::Column::Role.is_in([PUBLIC_BEFORE, PUBLIC_AFTER]))
        .order_by_asc(case_file::Column::Id)
        .all(db)
        .await?;
    let cases = case::Entity::find()
        .filter(case::Column::OfficeId.eq(office))
        .filter(case::Column::Id.is_in(ids))
        .all(db)
        .await?;
    let mut cases: HashMap<_, _> = cases.into_iter().map(|case| (case.id, case)).collect();
    let mut found = Vec::new();
    for public in rows {
        let Some(case) = cases.remove(&public.case_id) else {
            continue;
        };
        // Only the pictures of the words that are public now.
        let of_this = |file: &&case_file::Model| {
            file.case_id == public.case_id && file.event_seq == public.event_seq
        };
        found.push(Found {
            area: public
                .area_id
                .and_then(|id| names.get(&id).map(|name| (id, name.clone()))),
            pictures: pictures.iter().filter(of_this).cloned().collect(),
            case,
            public,
        });
    }
    Ok(found)
}

/// Cases of the kinds that count by community: all, and those that were closed.
pub async fn counts(
    db: &impl ConnectionTrait,
    office: OfficeId,
) -> AppResult<Vec<(AreaId, String, i64, i64)>> {
    let counting = Kind::ALL.iter().filter(|kind| kind.counts_in_rates());
    let rows: Vec<(Option<AreaId>, Stage, i64)> = case::Entity::find()
        .select_only()
        .column(case::Column::AreaId)
        .column(case::Column::Stage)
        .column_as(case::Column::Id.count(), "n")
        .filter(case::Column::OfficeId.eq(office))
        .filter(case::Column::Kind.is_in(counting.copied()))
        .filter(case::Column::Stage.is_not_in([Stage::Voided, Stage::Merged, Stage::Withdrawn]))
        .group_by(case::Column::AreaId)
        .group_by(case::Column::Stage)
        .into_tuple()
        .all(db)
        .await?;
    let areas = area::Entity::find()
        .filter(area::Column::OfficeId.eq(office))
        .order_by_asc(area::Column::Sort)
        .order_by_asc(area::Column::Id)
        .all(db)
        .await?;
    let by_id: BTreeMap<AreaId, &area::Model> = areas.iter().map(|area| (area.id, area)).collect();
    let community = |mut at: Option<AreaId>| {
        for _ in 0..LEVELS {
            let area = by_id.get(&at?)?;
            if area.level == Level::Community {
                return Some(area.id);
            }
            at = area.parent_id;
        }
        None
    };
    let mut sums: BTreeMap<AreaId, (i64, i64)> = BTreeMap::new();
    for (area, stage, n) in rows {
        if let Some(area) = community(area) {
            let sum = sums.entry(area).or_default();
            sum.0 += n;
            sum.1 += if stage == Stage::Closed { n } else { 0 };
        }
    }
    let communities = areas.iter().filter(|area| area.level == Level::Community);
    Ok(communities
        .map(|area| {
            let (all, closed) = sums.get(&area.id).copied().unwrap_or_default();
            (area.id, area.name.clone(), all, closed)
        })
        .collect())
}

/// How many cases are public.
pub async fn how_many(
    db: &impl ConnectionTrait,
    office: OfficeId,
    wanted: &Wanted,
) -> AppResult<u64> {
    Ok(published(office, wanted).count(db).await?)
}

/// The case behind a public address, for who may act on it there.
pub async fn case_of(
    db: &impl ConnectionTrait,
    office: OfficeId,
    uid: &str,
) -> AppResult<Option<case::Model>> {
    Ok(one(db, office, uid).await?.map(|found| found.case))
}
