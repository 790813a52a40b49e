//! 单场值守
use crate::domain::id::{AccountId, DeskMemberId, DeskPatternId, DeskSessionId, OfficeId};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "desk_shifts")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub office_id: OfficeId,
    /// The session: a pattern and its day, or an extra session.
    pub pattern_id: Option<DeskPatternId>,
    pub session_id: Option<DeskSessionId>,
    pub day: Date,
    pub member_id: DeskMemberId,
    /// false: 不在岗
    pub present: bool,
    pub from_minute: Option<i32>,
    pub to_minute: Option<i32>,
    /// Minutes served, once confirmed.
    pub served: Option<i32>,
    pub served_by: Option<AccountId>,
    pub changed_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
