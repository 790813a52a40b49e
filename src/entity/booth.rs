//! 摊位
use crate::domain::id::{BoothId, FairId};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "booths")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: BoothId,
    pub fair_id: FairId,
    #[sea_orm(column_type = "Text")]
    pub label: String,
    /// Row of the plan.
    #[sea_orm(column_type = "Text")]
    pub line: String,
    pub position: i32,
    #[sea_orm(column_type = "Text")]
    pub side: String,
}

impl ActiveModelBehavior for ActiveModel {}
