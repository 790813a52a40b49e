//! 流动办公桌点位
use crate::domain::id::{AreaId, DeskSiteId, OfficeId};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "desk_sites")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: DeskSiteId,
    pub office_id: OfficeId,
    pub area_id: AreaId,
    /// Printed on the desk's banner.
    #[sea_orm(unique, column_type = "Text")]
    pub code: String,
    #[sea_orm(column_type = "Text")]
    pub name: String,
    #[sea_orm(column_type = "Text")]
    pub address: String,
    #[sea_orm(column_type = "Text")]
    pub note: String,
    pub active: bool,
    pub version: i64,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
