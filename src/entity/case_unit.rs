//! 办件承办单位
use crate::domain::id::{CaseId, UnitId};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "case_units")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub case_id: CaseId,
    pub dispatch_no: i32,
    pub unit_id: UnitId,
    /// lead, co
    #[sea_orm(column_type = "Text")]
    pub role: String,
    pub due_at: Option<DateTimeUtc>,
    pub signed_at: Option<DateTimeUtc>,
    pub submitted_at: Option<DateTimeUtc>,
    pub objected_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
