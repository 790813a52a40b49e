//! 放假通知: the newest version of a year counts
use crate::domain::id::{AccountId, CalendarNoticeId, OfficeId};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "calendar_notices")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: CalendarNoticeId,
    pub office_id: OfficeId,
    pub year: i32,
    pub version: i32,
    #[sea_orm(column_type = "Text")]
    pub source: String,
    pub published: Date,
    pub imported_by: Option<AccountId>,
    pub imported_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
