//! 三率权重
use crate::domain::id::{AccountId, OfficeId};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "oversight_weights")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub office_id: OfficeId,
    /// Per cent; the three make a hundred.
    pub response: i32,
    pub solved: i32,
    pub satisfied: i32,
    pub updated_at: DateTimeUtc,
    pub updated_by: Option<AccountId>,
}

impl ActiveModelBehavior for ActiveModel {}
