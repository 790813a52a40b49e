//! 集市
use crate::domain::{
    fair::{FairKind, FairStatus},
    id::{FairId, OfficeId},
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "fairs")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: FairId,
    pub office_id: OfficeId,
    #[sea_orm(column_type = "Text")]
    pub slug: String,
    #[sea_orm(column_type = "Text")]
    pub title: String,
    pub kind: FairKind,
    #[sea_orm(column_type = "Text")]
    pub venue: String,
    #[sea_orm(column_type = "Text")]
    pub address: String,
    pub starts_at: DateTimeUtc,
    pub ends_at: DateTimeUtc,
    pub registration_opens_at: DateTimeUtc,
    pub registration_closes_at: DateTimeUtc,
    pub status: FairStatus,
    pub capacity: i64,
    /// Kept by one conditional update: never above capacity.
    pub registered: i64,
    /// Tickets ever given out; numbers them.
    pub issued: i64,
    /// People on the square now; kept by one conditional update: never above capacity.
    pub inside: i64,
    pub expected: i64,
    pub hold_minutes: i32,
    #[sea_orm(column_type = "JsonBinary")]
    pub target_groups: Json,
    /// Names of the gates.
    #[sea_orm(column_type = "JsonBinary")]
    pub gates: Json,
    /// Booth plan as rows of text.
    #[sea_orm(column_type = "Text")]
    pub plan: String,
    #[sea_orm(column_type = "Text")]
    pub notice: String,
    #[sea_orm(column_type = "Text")]
    pub intro: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub filing_no: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub permit_no: Option<String>,
    pub version: i64,
    pub published_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
