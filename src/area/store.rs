//! Queries on areas and units.
use super::commands::{NewArea, NewUnit};
use crate::{
    domain::{
        area::{Known, Level, Row, UnitKind, natural},
        fault::{Faults, FieldFault},
        id::{AreaId, OfficeId, UnitId},
    },
    entity::{account, area, unit},
    error::{AppError, AppResult},
    platform::db::{WriteTx, is_duplicate},
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};
use std::collections::BTreeMap;

/// Rows of one INSERT: databases limit the number of values in a statement.
const CHUNK: usize = 500;

/// # Errors
/// 404, also for another office's area.
pub async fn find(
    db: &impl ConnectionTrait,
    office: OfficeId,
    id: AreaId,
) -> AppResult<area::Model> {
    area::Entity::find_by_id(id)
        .filter(area::Column::OfficeId.eq(office))
        .one(db)
        .await?
        .ok_or_else(AppError::not_found)
}

/// All areas, in use or not, in the order of lists.
pub async fn all(db: &impl ConnectionTrait, office: OfficeId) -> AppResult<Vec<area::Model>> {
    let areas = area::Entity::find().filter(area::Column::OfficeId.eq(office));
    Ok(in_order(areas.all(db).await?))
}

/// Areas in use with their way down from the street, `街道 / 社区 / 网格`, for choices.
pub async fn paths(
    db: &impl ConnectionTrait,
    office: OfficeId,
) -> AppResult<Vec<(AreaId, String)>> {
    let all = all(db, office).await?;
    let known: BTreeMap<AreaId, &area::Model> = all.iter().map(|area| (area.id, area)).collect();
    let way = |from: AreaId| {
        let path = crate::domain::area::path(from, |id| known.get(&id)?.parent_id);
        let names = path.iter().filter_map(|id| known.get(id));
        let names: Vec<&str> = names.map(|area| area.name.as_str()).collect();
        names.join(" / ")
    };
    let mut paths: Vec<_> = all
        .iter()
        .filter(|area| area.active)
        .map(|area| (area.id, way(area.id)))
        .collect();
    paths.sort_by(|(_, a), (_, b)| natural(a, b));
    Ok(paths)
}

/// 社区: what a registration form offers.
pub async fn communities(
    db: &impl ConnectionTrait,
    office: OfficeId,
) -> AppResult<Vec<area::Model>> {
    let areas = area::Entity::find()
        .filter(area::Column::OfficeId.eq(office))
        .filter(area::Column::Level.eq(Level::Community))
        .filter(area::Column::Active.eq(true));
    Ok(in_order(areas.all(db).await?))
}

/// What lies directly below an area, or the streets themselves.
pub async fn children(
    db: &impl ConnectionTrait,
    office: OfficeId,
    parent: Option<AreaId>,
) -> AppResult<Vec<area::Model>> {
    let areas = area::Entity::find().filter(area::Column::OfficeId.eq(office));
    let areas = match parent {
        Some(parent) => areas.filter(area::Column::ParentId.eq(parent)),
        None => areas.filter(area::Column::ParentId.is_null()),
    };
    Ok(in_order(areas.all(db).await?))
}

/// The area and all above it, the street first.
pub async fn ancestors(
    db: &impl ConnectionTrait,
    office: OfficeId,
    id: AreaId,
) -> AppResult<Vec<area::Model>> {
    let mut path = vec![find(db, office, id).await?];
    while let Some(parent) = path.last().and_then(|area| area.parent_id) {
        if path.iter().any(|area| area.id == parent) {
            break;
        }
        path.push(find(db, office, parent).await?);
    }
    path.reverse();
    Ok(path)
}

/// The area and everything in it: for lists and figures of a community or grid.
pub async fn inside(
    db: &impl ConnectionTrait,
    office: OfficeId,
    id: AreaId,
) -> AppResult<Vec<AreaId>> {
    let mut found = vec![find(db, office, id).await?.id];
    let mut above = found.clone();
    while !above.is_empty() {
        let below: Vec<AreaId> = area::Entity::find()
            .select_only()
            .column(area::Column::Id)
            .filter(area::Column::OfficeId.eq(office))
            .filter(area::Column::ParentId.is_in(above))
            .into_tuple()
            .all(db)
            .await?;
        above = below.into_iter().filter(|id| !found.contains(id)).collect();
        found.extend(&above);
    }
    Ok(found)
}

fn in_order(mut areas: Vec<area::Model>) -> Vec<area::Model> {
    areas.sort_by(|a, b| {
        (a.sort, a.level)
            .cmp(&(b.sort, b.level))
            .then_with(|| natural(&a.name, &b.name))
            .then_with(|| a.id.cmp(&b.id))
    });
    areas
}

pub async fn has_active_children(tx: &WriteTx, office: OfficeId, id: AreaId) -> AppResult<bool> {
    let count = area::Entity::find()
        .filter(area::Column::OfficeId.eq(office))
        .filter(area::Column::ParentId.eq(id))
        .filter(area::Column::Active.eq(true))
        .count(tx.conn())
        .await?;
    Ok(count > 0)
}

/// # Errors
/// 422 at `code` when the office has an area of that code.
pub async fn insert(tx: &WriteTx, office: OfficeId, new: NewArea) -> AppResult<area::Model> {
    let row = area::ActiveModel {
        office_id: Set(office),
        parent_id: Set(new.parent),
        level: Set(new.level),
        code: Set(new.code),
        name: Set(new.name),
        lead_name: Set(new.lead),
        active: Set(true),
        sort: Set(new.sort),
        ..Default::default()
    };
    area::Entity::insert(row)
        .exec_with_returning(tx.conn())
        .await
        .map_err(taken)
}

fn taken(error: DbErr) -> AppError {
    if is_duplicate(&error) {
        Faults::one("code", FieldFault::Taken).into()
    } else {
        error.into()
    }
}

pub async fn update(
    tx: &WriteTx,
    office: OfficeId,
    id: AreaId,
    name: String,
    lead: Option<String>,
    sort: i32,
) -> AppResult<()> {
    area::Entity::update_many()
        .col_expr(area::Column::Name, Expr::value(name))
        .col_expr(area::Column::LeadName, Expr::value(lead))
        .col_expr(area::Column::Sort, Expr::value(sort))
        .filter(area::Column::OfficeId.eq(office))
        .filter(area::Column::Id.eq(id))
        .exec(tx.conn())
        .await?;
    Ok(())
}

pub async fn set_active(tx: &WriteTx, office: OfficeId, id: AreaId, active: bool) -> AppResult<()> {
    area::Entity::update_many()
        .col_expr(area::Column::Active, Expr::value(active))
        .filter(area::Column::OfficeId.eq(office))
        .filter(area::Column::Id.eq(id))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// The tree by code, as an import compares it.
pub async fn known(
    db: &impl ConnectionTrait,
    office: OfficeId,
) -> AppResult<BTreeMap<String, Known>> {
    let areas = area::Entity::find().filter(area::Column::OfficeId.eq(office));
    let areas = areas.all(db).await?;
    let codes: BTreeMap<AreaId, String> = areas
        .iter()
        .map(|area| (area.id, area.code.clone()))
        .collect();
    let known = |area: area::Model| {
        let parent = area.parent_id.and_then(|id| codes.get(&id).cloned());
        let known = Known {
            level: area.level,
            name: area.name,
            parent,
            lead: area.lead_name,
            active: area.active,
        };
        (area.code, known)
    };
    Ok(areas.into_iter().map(known).collect())
}

async fn ids(tx: &WriteTx, office: OfficeId) -> AppResult<BTreeMap<String, AreaId>> {
    let rows: Vec<(String, AreaId)> = area::Entity::find()
        .select_only()
        .columns([area::Column::Code, area::Column::Id])
        .filter(area::Column::OfficeId.eq(office))
        .into_tuple()
        .all(tx.conn())
        .await?;
    Ok(rows.into_iter().collect())
}

/// Inserts rows whose parents are there or come on a higher level of the same rows.
pub async fn insert_rows(tx: &WriteTx, office: OfficeId, rows: &[Row]) -> AppResult<()> {
    for level in rows.chunk_by(|a, b| a.level == b.level) {
        let ids = ids(tx, office).await?;
        for chunk in level.chunks(CHUNK) {
            let models = chunk.iter().map(|row| area::ActiveModel {
                office_id: Set(office),
                parent_id: Set(parent(&ids, row)),
                level: Set(row.level),
                code: Set(row.code.as_str().to_owned()),
                name: Set(row.name.as_str().to_owned()),
                lead_name: Set(row.lead.as_ref().map(ToString::to_string)),
                active: Set(true),
                sort: Set(0),
                ..Default::default()
            });
            let insert = area::Entity::insert_many(models);
            insert.exec(tx.conn()).await.map_err(taken)?;
        }
    }
    Ok(())
}

/// Brings areas of known codes to what the rows say.
pub async fn update_rows(tx: &WriteTx, office: OfficeId, rows: &[Row]) -> AppResult<()> {
    let ids = ids(tx, office).await?;
    for row in rows {
        let update = area::Entity::update_many()
            .col_expr(area::Column::Name, Expr::value(row.name.as_str()))
            .col_expr(area::Column::ParentId, Expr::value(parent(&ids, row)));
        let update = match &row.lead {
            Some(lead) => update.col_expr(area::Column::LeadName, Expr::value(lead.as_str())),
            None => update,
        };
        update
            .filter(area::Column::OfficeId.eq(office))
            .filter(area::Column::Code.eq(row.code.as_str()))
            .exec(tx.conn())
            .await?;
    }
    Ok(())
}

fn parent(ids: &BTreeMap<String, AreaId>, row: &Row) -> Option<AreaId> {
    row.parent
        .as_ref()
        .and_then(|code| ids.get(code.as_str()).copied())
}

/// # Errors
/// 404, also for another office's unit.
pub async fn unit(
    db: &impl ConnectionTrait,
    office: OfficeId,
    id: UnitId,
) -> AppResult<unit::Model> {
    unit::Entity::find_by_id(id)
        .filter(unit::Column::OfficeId.eq(office))
        .one(db)
        .await?
        .ok_or_else(AppError::not_found)
}

/// Units of one kind that are in use, such as the co-hosts a fair can name; of all kinds for `None`.
pub async fn units(
    db: &impl ConnectionTrait,
    office: OfficeId,
    kind: Option<UnitKind>,
) -> AppResult<Vec<unit::Model>> {
    let units = unit::Entity::find()
        .filter(unit::Column::OfficeId.eq(office))
        .filter(unit::Column::Active.eq(true));
    let units = match kind {
        Some(kind) => units.filter(unit::Column::Kind.eq(kind)),
        None => units,
    };
    Ok(units.order_by_asc(unit::Column::Code).all(db).await?)
}

/// All units, in use or not.
pub async fn every_unit(
    db: &impl ConnectionTrait,
    office: OfficeId,
) -> AppResult<Vec<unit::Model>> {
    Ok(unit::Entity::find()
        .filter(unit::Column::OfficeId.eq(office))
        .order_by_asc(unit::Column::Code)
        .all(db)
        .await?)
}

/// Accounts in use of each unit.
pub async fn staff(
    db: &impl ConnectionTrait,
    office: OfficeId,
) -> AppResult<BTreeMap<UnitId, i64>> {
    let rows: Vec<(Option<UnitId>, i64)> = account::Entity::find()
        .select_only()
        .column(account::Column::UnitId)
        .column_as(account::Column::Id.count(), "n")
        .filter(account::Column::OfficeId.eq(office))
        .filter(account::Column::DisabledAt.is_null())
        .group_by(account::Column::UnitId)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows
        .into_iter()
        .filter_map(|(unit, count)| Some((unit?, count)))
        .collect())
}

/// # Errors
/// 422 at `code` when the office has a unit of that code.
pub async fn insert_unit(tx: &WriteTx, office: OfficeId, new: NewUnit) -> AppResult<unit::Model> {
    let row = unit::ActiveModel {
        office_id: Set(office),
        area_id: Set(new.area),
        code: Set(new.code),
        name: Set(new.name),
        kind: Set(new.kind),
        active: Set(true),
        ..Default::default()
    };
    unit::Entity::insert(row)
        .exec_with_returning(tx.conn())
        .await
        .map_err(taken)
}

pub async fn update_unit(
    tx: &WriteTx,
    office: OfficeId,
    id: UnitId,
    new: NewUnit,
    active: bool,
) -> AppResult<()> {
    unit::Entity::update_many()
        .col_expr(unit::Column::Name, Expr::value(new.name))
        .col_expr(unit::Column::Kind, Expr::value(new.kind))
        .col_expr(unit::Column::AreaId, Expr::value(new.area))
        .col_expr(unit::Column::Active, Expr::value(active))
        .filter(unit::Column::OfficeId.eq(office))
        .filter(unit::Column::Id.eq(id))
        .exec(tx.conn())
        .await?;
    Ok(())
}
