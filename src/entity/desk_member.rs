//! 值守人员
use crate::domain::{
    id::{AccountId, DeskMemberId, OfficeId},
    rota::Duty,
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "desk_members")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: DeskMemberId,
    pub office_id: OfficeId,
    /// None: a partner or volunteer without an account.
    pub account_id: Option<AccountId>,
    #[sea_orm(column_type = "Text")]
    pub name: String,
    pub duty: Duty,
    /// Where the person comes from, such as a police station.
    #[sea_orm(column_type = "Text")]
    pub organisation: String,
    /// 百通岗
    pub all_round: bool,
    pub active: bool,
    pub version: i64,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
