//! 计时区段
use crate::domain::id::CaseId;
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "clock_segments")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub case_id: CaseId,
    /// accept, response, citizen, unit
    #[sea_orm(column_type = "Text")]
    pub clock: String,
    pub cycle: i32,
    pub dispatch_no: i32,
    pub start_ms: i64,
    pub stop_ms: Option<i64>,
    #[sea_orm(column_type = "Text")]
    pub why: String,
}

impl ActiveModelBehavior for ActiveModel {}
