//! 地点: where a report belongs, from what a code, a choice or a number says.
use super::{form::Raw, store};
use crate::{
    area,
    domain::{
        area::Level,
        case::Point,
        fault::{Faults, FieldFault},
        id::{AreaId, DeskSiteId, OfficeId},
    },
    entity,
    error::AppResult,
};
use sea_orm::ConnectionTrait;

/// Where a report belongs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    pub area: Option<AreaId>,
    /// Name of the area, for the ledger's title.
    pub name: String,
    pub site: Option<DeskSiteId>,
}

/// Looks up what a report names; a desk's site names its area as well.
///
/// # Errors
/// A fault at `area` or `site` for what the office does not have.
pub async fn resolve(
    db: &impl ConnectionTrait,
    office: OfficeId,
    raw: &Raw,
    faults: &mut Faults,
) -> AppResult<Option<Place>> {
    let (named, site) = (raw.area.trim(), raw.site.trim());
    let mut place = Place::default();
    if !site.is_empty() {
        match store::site_by_code(db, office, site).await? {
            Some(site) => {
                place.site = Some(site.id);
                place.area = Some(site.area_id);
            }
            None => faults.add("site", FieldFault::NotFound),
        }
    }
    if !named.is_empty() {
        match store::area_named(db, office, named).await? {
            Some(area) => place.area = Some(area.id),
            None => faults.add("area", FieldFault::NotFound),
        }
    }
    if let Some(area) = place.area {
        place.name = short_name(db, office, area).await?;
    }
    Ok(faults.is_empty().then_some(place))
}

/// The community in which an area lies, or the area itself: what may be said in public.
async fn short_name(db: &impl ConnectionTrait, office: OfficeId, id: AreaId) -> AppResult<String> {
    let community = community(db, office, id).await?;
    Ok(area::store::find(db, office, community).await?.name)
}

/// 社区: the community in which an area lies, or the area itself when it lies in none.
pub async fn community(
    db: &impl ConnectionTrait,
    office: OfficeId,
    id: AreaId,
) -> AppResult<AreaId> {
    let path = area::store::ancestors(db, office, id).await?;
    let community = path.iter().find(|area| area.level == Level::Community);
    Ok(community.map_or(id, |area| area.id))
}

/// The areas around one: itself, what lies in it, and its neighbours in the same grid.
pub async fn around(
    db: &impl ConnectionTrait,
    office: OfficeId,
    id: AreaId,
) -> AppResult<Vec<AreaId>> {
    let here: entity::area::Model = area::store::find(db, office, id).await?;
    let root = match (here.level, here.parent_id) {
        (Level::Building, Some(parent)) => parent,
        _ => here.id,
    };
    area::store::inside(db, office, root).await
}

/// About a hundred metres around a point.
pub fn cell(point: &Point) -> Option<String> {
    let (lat, lng) = point.degrees()?;
    Some(format!("{lat:.3},{lng:.3}"))
}
