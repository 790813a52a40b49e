//! 区域
use crate::domain::{
    area::Level,
    id::{AreaId, OfficeId},
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "areas")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: AreaId,
    pub office_id: OfficeId,
    pub parent_id: Option<AreaId>,
    pub level: Level,
    #[sea_orm(column_type = "Text")]
    pub code: String,
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// Who answers for it; an official's name, not a resident's.
    #[sea_orm(column_type = "Text", nullable)]
    pub lead_name: Option<String>,
    pub active: bool,
    pub sort: i32,
}

impl ActiveModelBehavior for ActiveModel {}
