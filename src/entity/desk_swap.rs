//! 换班
use crate::domain::id::{AccountId, DeskMemberId, OfficeId};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "desk_swaps")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub office_id: OfficeId,
    /// The session that changes hands, by its stable name.
    #[sea_orm(column_type = "Text")]
    pub session: String,
    pub from_member_id: DeskMemberId,
    pub to_member_id: DeskMemberId,
    /// The session taken over in return.
    #[sea_orm(column_type = "Text", nullable)]
    pub back: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub reason: String,
    pub made_by: Option<AccountId>,
    pub made_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
