//! 固定值守
use crate::domain::id::{DeskMemberId, DeskPatternId, OfficeId};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "desk_standings")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub office_id: OfficeId,
    pub pattern_id: DeskPatternId,
    pub member_id: DeskMemberId,
    /// 错时: only these minutes of the day.
    pub from_minute: Option<i32>,
    pub to_minute: Option<i32>,
    pub starts_on: Date,
    pub ends_on: Option<Date>,
}

impl ActiveModelBehavior for ActiveModel {}
