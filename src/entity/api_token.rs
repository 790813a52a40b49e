//! 接口令牌
use crate::domain::id::{AccountId, ApiTokenId};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_tokens")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: ApiTokenId,
    pub account_id: AccountId,
    #[sea_orm(unique, column_type = "Text")]
    pub token_hash: String,
    #[sea_orm(column_type = "Text")]
    pub label: String,
    pub created_at: DateTimeUtc,
    pub revoked_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
