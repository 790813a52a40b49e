//! 特殊日期: a day of a notice, or one that the office itself decided
use crate::domain::id::{CalendarDayId, CalendarNoticeId, OfficeId};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "calendar_days")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: CalendarDayId,
    pub office_id: OfficeId,
    /// None: the office's own day.
    pub notice_id: Option<CalendarNoticeId>,
    pub day: Date,
    pub works: bool,
    /// Own hours of the day; the ordinary ones without.
    pub from_minute: Option<i32>,
    pub to_minute: Option<i32>,
    /// As `domain::calendar::days::Occasion` is written; empty for an own day.
    #[sea_orm(column_type = "Text")]
    pub occasion: String,
    #[sea_orm(column_type = "Text")]
    pub note: String,
    pub changed_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
