//! 办件关联
use crate::domain::id::CaseId;
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "case_links")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub from_id: CaseId,
    pub to_id: CaseId,
    /// merged_into, child, cause, related
    #[sea_orm(column_type = "Text")]
    pub relation: String,
    pub since: DateTimeUtc,
    pub until: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
