//! 派单规则
use crate::domain::id::{AreaId, DispatchRuleId, OfficeId, UnitId};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "dispatch_rules")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: DispatchRuleId,
    pub office_id: OfficeId,
    #[sea_orm(column_type = "Text", nullable)]
    pub category: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub group_code: Option<String>,
    pub area_id: Option<AreaId>,
    pub lead_unit_id: UnitId,
    /// Ids with spaces between.
    #[sea_orm(column_type = "Text")]
    pub co_units: String,
    pub priority: i32,
    pub enabled: bool,
    pub version: i64,
    pub changed_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
