//! 工作时间: one stretch of an ordinary week
use crate::domain::id::OfficeId;
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "calendar_hours")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub office_id: OfficeId,
    /// Monday is 1.
    pub weekday: i32,
    /// Minutes of the day.
    pub from_minute: i32,
    pub to_minute: i32,
}

impl ActiveModelBehavior for ActiveModel {}
