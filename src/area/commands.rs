//! Growing and mending the tree, and importing it whole.
use super::store;
use crate::{
    domain::{
        area::{Level, Plan, Row, UnitKind, plan},
        fault::{Faults, FieldFault},
        id::{AreaId, OfficeId, UnitId},
    },
    error::{AppError, AppResult},
    platform::{
        db::{Db, WriteTx},
        once::{Done, Once},
    },
};

/// What an area is made from.
#[derive(Clone, Debug)]
pub struct NewArea {
    pub level: Level,
    pub parent: Option<AreaId>,
    pub code: String,
    pub name: String,
    pub lead: Option<String>,
    /// Lower stands first; equal ones go by name.
    pub sort: i32,
}

/// What a unit is made from.
#[derive(Clone, Debug)]
pub struct NewUnit {
    pub kind: UnitKind,
    pub area: Option<AreaId>,
    pub code: String,
    pub name: String,
}

/// # Errors
/// 422 when the code is taken or the parent cannot hold an area of that level.
pub async fn add_area(tx: &WriteTx, office: OfficeId, new: NewArea) -> AppResult<AreaId> {
    let parent = match new.parent {
        Some(id) => Some(store::find(tx.conn(), office, id).await?),
        None => None,
    };
    let fits = match &parent {
        Some(parent) => parent.active && new.level.parents().contains(&parent.level),
        None => new.level == Level::Street,
    };
    if !fits {
        return Err(Faults::one("level", FieldFault::UnknownChoice).into());
    }
    Ok(store::insert(tx, office, new).await?.id)
}

/// # Errors
/// 422 when the code is taken; 404 for an unknown area.
pub async fn add_unit(tx: &WriteTx, office: OfficeId, new: NewUnit) -> AppResult<UnitId> {
    if let Some(area) = new.area {
        store::find(tx.conn(), office, area).await?;
    }
    Ok(store::insert_unit(tx, office, new).await?.id)
}

pub(super) async fn add_area_once(
    db: &Db,
    once: Once,
    office: OfficeId,
    new: NewArea,
) -> AppResult<Done<AreaId>> {
    db.write_once(
        once,
        move |tx| async move { add_area(&tx, office, new).await },
    )
    .await
}

pub(super) async fn add_unit_once(
    db: &Db,
    once: Once,
    office: OfficeId,
    new: NewUnit,
) -> AppResult<Done<UnitId>> {
    db.write_once(
        once,
        move |tx| async move { add_unit(&tx, office, new).await },
    )
    .await
}

pub(super) async fn change_area(
    db: &Db,
    office: OfficeId,
    id: AreaId,
    name: String,
    lead: Option<String>,
    sort: i32,
) -> AppResult<()> {
    db.write(move |tx| async move {
        store::find(tx.conn(), office, id).await?;
        store::update(&tx, office, id, name, lead, sort).await
    })
    .await
}

/// Switches an area off or on again.
///
/// # Errors
/// 409 `area_in_use` while something in use lies in it, `area_parent_off` when it would come back
/// below one that is off.
pub(super) async fn switch_area(
    db: &Db,
    office: OfficeId,
    id: AreaId,
    active: bool,
) -> AppResult<()> {
    db.write(move |tx| async move {
        let area = store::find(tx.conn(), office, id).await?;
        if !active && store::has_active_children(&tx, office, id).await? {
            return Err(AppError::conflict("area_in_use"));
        }
        if let (true, Some(parent)) = (active, area.parent_id) {
            let parent = store::find(tx.conn(), office, parent).await?;
            if !parent.active {
                return Err(AppError::conflict("area_parent_off"));
            }
        }
        store::set_active(&tx, office, id, active).await
    })
    .await
}

pub(super) async fn change_unit(
    db: &Db,
    office: OfficeId,
    id: UnitId,
    new: NewUnit,
    active: bool,
) -> AppResult<()> {
    db.write(move |tx| async move {
        store::unit(tx.conn(), office, id).await?;
        if let Some(area) = new.area {
            store::find(tx.conn(), office, area).await?;
        }
        store::update_unit(&tx, office, id, new, active).await
    })
    .await
}

/// Takes a whole table or nothing of it: compared again with the tree as it is now.
///
/// # Errors
/// 409 `import_outdated` when the tree has changed since the preview so that rows no longer fit.
pub(super) async fn import(db: &Db, office: OfficeId, rows: Vec<Row>) -> AppResult<Plan> {
    db.write(move |tx| async move {
        let known = store::known(tx.conn(), office).await?;
        let plan = plan(&known, rows).map_err(|_| AppError::conflict("import_outdated"))?;
        store::insert_rows(&tx, office, &plan.new).await?;
        store::update_rows(&tx, office, &plan.changed).await?;
        Ok(plan)
    })
    .await
}
