//! 主办协办
use crate::domain::{
    fair::HostPart,
    id::{FairId, UnitId},
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "fair_hosts")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub fair_id: FairId,
    pub unit_id: UnitId,
    pub part: HostPart,
}

impl ActiveModelBehavior for ActiveModel {}
