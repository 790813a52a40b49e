//! 办件文字
use crate::domain::id::{CaseId, CaseTextId};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "case_texts")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: CaseTextId,
    pub case_id: CaseId,
    #[sea_orm(column_type = "Text")]
    pub salt: String,
    pub body_sealed: Option<Vec<u8>>,
    pub erased_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
