//! 办公桌日历: «answer at the next desk» as a real date. A time limit may rest on the hours of one
//! desk by its name, `desk:` and the code of the site; they come from the rota as it stands.
use super::rota::rota;
use crate::{
    domain::{
        calendar::{Calendar, day_of},
        id::{DeskSiteId, OfficeId},
    },
    entity::desk_site,
    error::AppResult,
};
use chrono::{DateTime, Days, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

/// How the calendars of desks are named: this, and the code of the site.
pub const PREFIX: &str = "desk:";
/// A term that is counted anew may have begun so long ago.
const BACK: Days = Days::new(60);
/// The rota is looked at so far ahead.
const AHEAD: Days = Days::new(400);

/// The calendars of all sites where a desk stands regularly.
pub async fn calendars(
    db: &impl ConnectionTrait,
    office: OfficeId,
    now: DateTime<Utc>,
) -> AppResult<Vec<Calendar>> {
    let today = day_of(now);
    let from = today.checked_sub_days(BACK).unwrap_or(today);
    let to = today.checked_add_days(AHEAD).unwrap_or(today);
    let rota = rota(db, office, from, to).await?;
    let mut calendars = Vec::new();
    for (site, code, _) in sites(db, office).await? {
        let calendar = rota.calendar(site, from).map_err(anyhow::Error::from)?;
        calendars.extend(calendar.map(|calendar| calendar.named(name(&code))));
    }
    Ok(calendars)
}

/// The name of the calendar of a site.
pub fn name(code: &str) -> String {
    format!("{PREFIX}{code}")
}

/// Sites in use: id, code and name.
pub async fn sites(
    db: &impl ConnectionTrait,
    office: OfficeId,
) -> AppResult<Vec<(DeskSiteId, String, String)>> {
    let sites = desk_site::Entity::find()
        .filter(desk_site::Column::OfficeId.eq(office))
        .filter(desk_site::Column::Active.eq(true))
        .order_by_asc(desk_site::Column::Code)
        .all(db)
        .await?;
    let named = |site: desk_site::Model| (site.id, site.code, site.name);
    Ok(sites.into_iter().map(named).collect())
}
