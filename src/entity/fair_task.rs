//! 备案与预案清单
use crate::domain::{
    fair::FairTask,
    id::{AccountId, FairId},
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "fair_tasks")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub fair_id: FairId,
    pub code: FairTask,
    pub due_on: Option<Date>,
    pub done_at: Option<DateTimeUtc>,
    pub done_by: Option<AccountId>,
    #[sea_orm(column_type = "Text")]
    pub note: String,
}

impl ActiveModelBehavior for ActiveModel {}
