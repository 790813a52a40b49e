//! 办件附件
use crate::domain::id::{CaseFileId, CaseId, FileId};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "case_files")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: CaseFileId,
    pub case_id: CaseId,
    pub event_seq: i64,
    pub file_id: FileId,
    /// before, after, evidence, minutes, public_before, public_after
    #[sea_orm(column_type = "Text")]
    pub role: String,
}

impl ActiveModelBehavior for ActiveModel {}
