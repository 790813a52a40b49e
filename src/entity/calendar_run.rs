//! 期限重算: goes through the open cases once after a calendar changed
use crate::domain::id::{CalendarRunId, CaseId, OfficeId};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "calendar_runs")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: CalendarRunId,
    pub office_id: OfficeId,
    /// What the events name, such as `2027@1`.
    #[sea_orm(column_type = "Text")]
    pub version: String,
    /// The last case that was looked at.
    pub after_case: CaseId,
    pub seen: i64,
    pub moved: i64,
    pub failed: i64,
    pub started_at: DateTimeUtc,
    pub done_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
