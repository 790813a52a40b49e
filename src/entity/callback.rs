//! 回访
use crate::domain::id::{AccountId, CallbackId, CaseId, CaseTextId};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "callbacks")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: CallbackId,
    pub case_id: CaseId,
    pub cycle: i32,
    pub attempt_no: i32,
    pub at: DateTimeUtc,
    pub by_account: Option<AccountId>,
    pub reached: bool,
    #[sea_orm(column_type = "Text", nullable)]
    pub solved: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub satisfied: Option<String>,
    pub text_id: Option<CaseTextId>,
}

impl ActiveModelBehavior for ActiveModel {}
