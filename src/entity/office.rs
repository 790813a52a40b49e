//! 街道办
use crate::domain::id::OfficeId;
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "offices")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: OfficeId,
    #[sea_orm(unique, column_type = "Text")]
    pub code: String,
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// Leads case numbers, such as TMD.
    #[sea_orm(column_type = "Text")]
    pub prefix: String,
    /// Name of the host organisation, contact and record numbers shown in the footer.
    #[sea_orm(column_type = "JsonBinary")]
    pub site: Json,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
