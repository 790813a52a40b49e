//! 观看数
use crate::domain::id::{AccountId, FileId, StreamId};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stream_views")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub stream_id: StreamId,
    #[sea_orm(column_type = "Text")]
    pub platform: String,
    pub at: DateTimeUtc,
    /// Cumulative.
    pub views: i64,
    #[sea_orm(column_type = "Text")]
    pub evidence_url: String,
    /// Why this count is smaller than an earlier one.
    #[sea_orm(column_type = "Text", nullable)]
    pub correction: Option<String>,
    pub file_id: Option<FileId>,
    pub recorded_by: Option<AccountId>,
}

impl ActiveModelBehavior for ActiveModel {}
