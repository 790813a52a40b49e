//! 办件编号
use crate::domain::id::OfficeId;
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "case_numbers")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub office_id: OfficeId,
    pub year: i32,
    pub last: i64,
}

impl ActiveModelBehavior for ActiveModel {}
