//! 查询码
use crate::domain::id::{CaseId, CaseKeyId, OfficeId, PersonId};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "case_keys")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: CaseKeyId,
    pub office_id: OfficeId,
    pub case_id: CaseId,
    pub person_id: PersonId,
    /// Random; binds the sealed key to this row.
    #[sea_orm(column_type = "Text")]
    pub uid: String,
    /// Keyed hash, for look-up.
    #[sea_orm(unique, column_type = "Text")]
    pub key_hash: String,
    pub key_sealed: Vec<u8>,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
