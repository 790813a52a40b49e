//! 后续跟踪
use crate::domain::id::{CaseId, FollowUpId};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "follow_ups")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: FollowUpId,
    pub case_id: CaseId,
    /// retention_30, retention_90, performance, judicial_confirmation
    #[sea_orm(column_type = "Text")]
    pub what: String,
    pub due_on: Date,
    pub done_at: Option<DateTimeUtc>,
    #[sea_orm(column_type = "Text", nullable)]
    pub result: Option<String>,
    pub event_seq: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
