//! 办理规则: one row for each office; its stamp changes with every change of a rule
use crate::domain::id::OfficeId;
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rulebooks")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub office_id: OfficeId,
    /// A fresh random token for every change: what was read with a token stays true of it.
    #[sea_orm(column_type = "Text")]
    pub stamp: String,
    pub changed_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
