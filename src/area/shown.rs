//! Pages of areas and units, made from rows.
use super::{
    pages::{AreaPage, AreasPage, Choice, Node, UnitPage, UnitRow, UnitsPage},
    store,
};
use crate::{
    domain::{
        area::{Level, UnitKind},
        id::{AreaId, OfficeId, UnitId},
    },
    entity::{area, unit},
    error::{AppError, AppResult},
    platform::{App, form::Form, page::View},
};
use std::collections::BTreeMap;

pub async fn areas_of(app: &App, office: OfficeId) -> AppResult<AreasPage> {
    let all = store::all(app.db.read(), office).await?;
    let counts = [
        Level::Street,
        Level::Community,
        Level::Grid,
        Level::Building,
    ]
    .map(|level| {
        (
            level,
            all.iter().filter(|a| a.active && a.level == level).count(),
        )
    });
    Ok(AreasPage {
        flash: None,
        form: Form::blank(),
        streets: tree(&all),
        counts: counts.to_vec(),
    })
}

/// Streets, communities and grids as a tree; buildings are counted.
fn tree(all: &[area::Model]) -> Vec<Node> {
    let mut below: BTreeMap<Option<AreaId>, Vec<&area::Model>> = BTreeMap::new();
    for area in all {
        below.entry(area.parent_id).or_default().push(area);
    }
    nodes(&below, None, 0)
}

fn nodes(
    below: &BTreeMap<Option<AreaId>, Vec<&area::Model>>,
    parent: Option<AreaId>,
    depth: usize,
) -> Vec<Node> {
    let here = below.get(&parent).map_or(&[][..], Vec::as_slice);
    let of = |area: &&area::Model| {
        let inner = if depth < 3 {
            nodes(below, Some(area.id), depth + 1)
        } else {
            Vec::new()
        };
        let (buildings, children): (Vec<_>, Vec<_>) =
            inner.into_iter().partition(|n| n.level == Level::Building);
        let further: usize = children.iter().map(|child| child.buildings).sum();
        Node {
            buildings: further + buildings.iter().filter(|b| b.active).count(),
            children,
            ..node(area)
        }
    };
    here.iter().map(of).collect()
}

fn node(area: &area::Model) -> Node {
    Node {
        id: area.id,
        level: area.level,
        code: area.code.clone(),
        name: area.name.clone(),
        lead: area.lead_name.clone(),
        active: area.active,
        buildings: 0,
        children: Vec::new(),
    }
}

pub async fn area_of(app: &App, view: &View, office: OfficeId, id: AreaId) -> AppResult<AreaPage> {
    let mut above = store::ancestors(app.db.read(), office, id).await?;
    let area = above.pop().ok_or_else(AppError::not_found)?;
    let children = store::children(app.db.read(), office, Some(id)).await?;
    let levels = area.level.children().iter().map(|level| Choice {
        value: level.code(),
        label: view.say::<&str>(&format!("area.level.{}", level.code()), &[]),
    });
    let form = Form::filled([
        ("name", area.name.clone()),
        ("lead", area.lead_name.clone().unwrap_or_default()),
        ("sort", area.sort.to_string()),
    ]);
    Ok(AreaPage {
        flash: None,
        id,
        level: area.level,
        code: area.code,
        name: area.name,
        active: area.active,
        form,
        above: above.iter().map(node).collect(),
        children: children.iter().map(node).collect(),
        add: Form::blank(),
        levels: levels.collect(),
    })
}

pub async fn units_of(app: &App, view: &View, office: OfficeId) -> AppResult<UnitsPage> {
    let units = store::every_unit(app.db.read(), office).await?;
    let staff = store::staff(app.db.read(), office).await?;
    let areas = store::all(app.db.read(), office).await?;
    let names: BTreeMap<AreaId, &str> = areas.iter().map(|a| (a.id, a.name.as_str())).collect();
    let row = |unit: unit::Model| UnitRow {
        staff: staff.get(&unit.id).copied().unwrap_or(0),
        area: unit
            .area_id
            .and_then(|id| names.get(&id))
            .map(|name| (*name).to_owned()),
        id: unit.id,
        kind: unit.kind,
        code: unit.code,
        name: unit.name,
        active: unit.active,
    };
    Ok(UnitsPage {
        flash: None,
        units: units.into_iter().map(row).collect(),
        form: Form::blank(),
        kinds: kinds(view),
        areas: area_choices(&areas),
    })
}

fn kinds(view: &View) -> Vec<Choice> {
    [
        UnitKind::Office,
        UnitKind::Community,
        UnitKind::Department,
        UnitKind::CoHost,
        UnitKind::Property,
    ]
    .map(|kind| Choice {
        value: kind.code(),
        label: view.say::<&str>(&format!("area.unit_kind.{}", kind.code()), &[]),
    })
    .to_vec()
}

/// Where a unit may work: streets, communities and grids in use.
fn area_choices(areas: &[area::Model]) -> Vec<Choice> {
    areas
        .iter()
        .filter(|area| area.active && area.level != Level::Building)
        .map(|area| Choice {
            value: area.id.to_string(),
            label: area.name.clone(),
        })
        .collect()
}

pub async fn unit_of(app: &App, view: &View, office: OfficeId, id: UnitId) -> AppResult<UnitPage> {
    let unit = store::unit(app.db.read(), office, id).await?;
    let areas = store::all(app.db.read(), office).await?;
    let form = Form::filled([
        ("name", unit.name.clone()),
        ("kind", unit.kind.code()),
        (
            "area",
            unit.area_id.map(|id| id.to_string()).unwrap_or_default(),
        ),
        ("active", if unit.active { "yes" } else { "" }.to_owned()),
    ]);
    Ok(UnitPage {
        flash: None,
        id,
        code: unit.code,
        name: unit.name,
        active: unit.active,
        form,
        kinds: kinds(view),
        areas: area_choices(&areas),
    })
}
