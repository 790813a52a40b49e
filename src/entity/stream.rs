//! 直播带岗
use crate::domain::id::{FairId, StreamId};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "streams")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: StreamId,
    pub fair_id: FairId,
    /// Source code of registrations that came from it.
    #[sea_orm(unique, column_type = "Text")]
    pub code: String,
    #[sea_orm(column_type = "Text")]
    pub title: String,
    #[sea_orm(column_type = "Text")]
    pub host: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub platforms: Json,
    #[sea_orm(column_type = "Text")]
    pub url: String,
    pub starts_at: DateTimeUtc,
    pub ends_at: DateTimeUtc,
    pub version: i64,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
