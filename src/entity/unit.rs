//! 单位
use crate::domain::{
    area::UnitKind,
    id::{AreaId, OfficeId, UnitId},
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "units")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: UnitId,
    pub office_id: OfficeId,
    pub area_id: Option<AreaId>,
    #[sea_orm(column_type = "Text")]
    pub code: String,
    #[sea_orm(column_type = "Text")]
    pub name: String,
    pub kind: UnitKind,
    pub active: bool,
}

impl ActiveModelBehavior for ActiveModel {}
