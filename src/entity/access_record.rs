//! 查看与导出记录
use crate::domain::id::{AccessRecordId, AccountId, OfficeId};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "access_records")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: AccessRecordId,
    pub office_id: OfficeId,
    pub account_id: Option<AccountId>,
    /// reveal, export, sign_in, sign_in_failed, role_change, …
    #[sea_orm(column_type = "Text")]
    pub action: String,
    /// Table name of what was looked at.
    #[sea_orm(column_type = "Text")]
    pub subject: String,
    pub subject_id: Option<i64>,
    #[sea_orm(column_type = "Text")]
    pub reason: String,
    #[sea_orm(column_type = "Text")]
    pub ip: String,
    pub at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
