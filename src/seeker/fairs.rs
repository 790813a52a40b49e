//! The evening that a registration, a ticket or a gate belongs to.
use super::store;
use crate::{
    account::Actor,
    domain::fair::FairStatus,
    entity::fair::Model,
    error::{AppError, AppResult},
    platform::App,
};
use chrono::TimeDelta;
use serde::Serialize;

/// A fair that the public may know of.
///
/// # Errors
/// 404 for drafts as for what does not exist.
pub async fn for_public(app: &App, slug: &str) -> AppResult<Model> {
    let fair = store::fair(app.db.read(), app.settings.office, slug).await?;
    let fair = fair.filter(|fair| fair.status != FairStatus::Draft);
    fair.ok_or_else(AppError::not_found)
}

/// A fair of the asker's office, drafts included.
///
/// # Errors
/// 404 when the office has none of that name.
pub async fn for_staff(app: &App, actor: &Actor, slug: &str) -> AppResult<Model> {
    let fair = store::fair(app.db.read(), actor.office, slug).await?;
    fair.ok_or_else(AppError::not_found)
}

/// Fairs at which somebody may stand at a gate today or soon.
pub async fn coming(app: &App, actor: &Actor) -> AppResult<Vec<Model>> {
    let since = app.db.now() - TimeDelta::hours(12);
    store::coming_fairs(app.db.read(), actor.office, since).await
}

/// Names of the gates; a fair that names none has one.
pub fn gates(fair: &Model) -> Vec<String> {
    let named: Vec<String> = serde_json::from_value(fair.gates.clone()).unwrap_or_default();
    if named.is_empty() {
        vec!["1".into()]
    } else {
        named
    }
}

/// What pages say of a fair.
#[derive(Clone, Debug, Serialize)]
pub struct FairLine {
    pub slug: String,
    pub title: String,
    pub venue: String,
    pub address: String,
    pub starts_at: String,
    pub ends_at: String,
    pub opens_at: String,
    pub capacity: i64,
    pub registered: i64,
    pub inside: i64,
    pub cancelled: bool,
    pub notice: String,
}

impl From<&Model> for FairLine {
    fn from(fair: &Model) -> Self {
        Self {
            slug: fair.slug.clone(),
            title: fair.title.clone(),
            venue: fair.venue.clone(),
            address: fair.address.clone(),
            starts_at: fair.starts_at.to_rfc3339(),
            ends_at: fair.ends_at.to_rfc3339(),
            opens_at: fair.registration_opens_at.to_rfc3339(),
            capacity: fair.capacity,
            registered: fair.registered,
            inside: fair.inside,
            cancelled: fair.status == FairStatus::Cancelled,
            notice: fair.notice.clone(),
        }
    }
}

impl FairLine {
    /// An evening as pages really show it.
    pub fn sample() -> Self {
        Self {
            slug: "starlight".into(),
            title: "星光就业集市".into(),
            venue: "土门墩文化广场".into(),
            address: "西津西路 1 号".into(),
            starts_at: "2026-07-19T10:30:00Z".into(),
            ends_at: "2026-07-19T13:30:00Z".into(),
            opens_at: "2026-07-01T00:00:00Z".into(),
            capacity: 2000,
            registered: 417,
            inside: 83,
            cancelled: false,
            notice: "东入口签到。雨天照常。".into(),
        }
    }
}
