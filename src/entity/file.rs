//! 附件
use crate::domain::id::{AccountId, FileId, OfficeId};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "files")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: FileId,
    pub office_id: OfficeId,
    /// Name on disk and in links.
    #[sea_orm(unique, column_type = "Text")]
    pub uid: String,
    /// licence, evidence, stream_evidence
    #[sea_orm(column_type = "Text")]
    pub purpose: String,
    #[sea_orm(column_type = "Text")]
    pub mime: String,
    pub bytes: i64,
    #[sea_orm(column_type = "Text")]
    pub sha256: String,
    pub uploaded_by: Option<AccountId>,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
