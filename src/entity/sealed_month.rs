//! 封存月份: written once, never changed.
use crate::domain::id::{AccountId, OfficeId};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sealed_months")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub office_id: OfficeId,
    /// `2026-07`
    #[sea_orm(column_type = "Text")]
    pub month: String,
    /// Version of the formulas that made it.
    #[sea_orm(column_type = "Text")]
    pub formula: String,
    /// The exact bytes that the hash covers, see domain::rates::seal.
    #[sea_orm(column_type = "Text")]
    pub snapshot: String,
    /// Events recorded before this are in it.
    pub as_of: DateTimeUtc,
    pub sealed_at: DateTimeUtc,
    pub sealed_by: AccountId,
    #[sea_orm(column_type = "Text")]
    pub prev_hash: String,
    #[sea_orm(unique, column_type = "Text")]
    pub hash: String,
}

impl ActiveModelBehavior for ActiveModel {}
