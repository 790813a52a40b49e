//! 排班规律
use crate::domain::{
    id::{DeskPatternId, DeskSiteId, OfficeId},
    rota::{Band, DeskKind, OnHoliday},
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "desk_patterns")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: DeskPatternId,
    pub office_id: OfficeId,
    /// The pattern that this one follows from; itself for the first. Filled in right after inserting.
    pub series: i64,
    pub site_id: DeskSiteId,
    pub kind: DeskKind,
    /// Monday is 1.
    pub weekday: i32,
    pub band: Band,
    /// Minutes of the day.
    pub from_minute: i32,
    pub to_minute: i32,
    pub starts_on: Date,
    pub ends_on: Option<Date>,
    pub on_holiday: OnHoliday,
    pub on_moved_days: bool,
    pub public: bool,
    pub version: i64,
    pub changed_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
