//! 知情同意
use crate::domain::id::{AccountId, ConsentId, EmployerId, PersonId};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "consents")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: ConsentId,
    pub person_id: PersonId,
    /// registration, share_contact, id_number, …
    #[sea_orm(column_type = "Text")]
    pub purpose: String,
    #[sea_orm(column_type = "Text")]
    pub version: String,
    #[sea_orm(column_type = "Text")]
    pub text_hash: String,
    #[sea_orm(column_type = "Text")]
    pub channel: String,
    pub employer_id: Option<EmployerId>,
    /// Which data it covers.
    #[sea_orm(column_type = "JsonBinary")]
    pub fields: Json,
    pub given_at: DateTimeUtc,
    pub withdrawn_at: Option<DateTimeUtc>,
    pub recorded_by: Option<AccountId>,
}

impl ActiveModelBehavior for ActiveModel {}
