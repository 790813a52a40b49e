//! 岗位审核记录: each submission and decision with the text as it stood; rows are only added.
use crate::domain::id::{AccountId, PostingId};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "posting_events")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub posting_id: PostingId,
    /// saved, submitted, approved, returned, rejected, hidden, closed
    #[sea_orm(column_type = "Text")]
    pub what: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub reason: Option<String>,
    /// The legal ground on which held findings were overruled.
    #[sea_orm(column_type = "Text", nullable)]
    pub ground: Option<String>,
    #[sea_orm(column_type = "JsonBinary")]
    pub findings: Json,
    #[sea_orm(column_type = "JsonBinary")]
    pub content: Json,
    pub account_id: Option<AccountId>,
    pub at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
