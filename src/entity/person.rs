//! 人员
use crate::domain::id::{OfficeId, PersonId};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "persons")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: PersonId,
    pub office_id: OfficeId,
    /// Random; binds the sealed columns to this row.
    #[sea_orm(unique, column_type = "Text")]
    pub uid: String,
    pub name_sealed: Option<Vec<u8>>,
    pub phone_sealed: Option<Vec<u8>>,
    pub id_number_sealed: Option<Vec<u8>>,
    /// Keyed hash, for look-up.
    #[sea_orm(column_type = "Text", nullable)]
    pub phone_hash: Option<String>,
    /// Keyed hash of surname and last four digits, for the gate.
    #[sea_orm(column_type = "Text", nullable)]
    pub tail_hash: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub id_number_hash: Option<String>,
    pub created_at: DateTimeUtc,
    pub erased_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
