//! 登录会话
use crate::domain::id::{AccountId, WebSessionId};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "web_sessions")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: WebSessionId,
    pub account_id: AccountId,
    /// SHA-256 of the cookie.
    #[sea_orm(unique, column_type = "Text")]
    pub token_hash: String,
    /// The browser's own words, cut.
    #[sea_orm(column_type = "Text")]
    pub device: String,
    pub created_at: DateTimeUtc,
    pub seen_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
