//! 岗位
use crate::domain::id::{AccountId, EmployerId, FairId, OfficeId, PostingId};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "postings")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: PostingId,
    pub office_id: OfficeId,
    pub fair_id: FairId,
    pub employer_id: EmployerId,
    #[sea_orm(column_type = "Text")]
    pub title: String,
    #[sea_orm(column_type = "Text")]
    pub occupation: String,
    /// regular, internship, gig, …
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    pub headcount: i32,
    #[sea_orm(column_type = "Text")]
    pub duties: String,
    #[sea_orm(column_type = "Text")]
    pub place: String,
    /// Fen.
    pub pay_min: i64,
    /// Fen.
    pub pay_max: i64,
    #[sea_orm(column_type = "Text")]
    pub pay_unit: String,
    #[sea_orm(column_type = "Text")]
    pub education: String,
    #[sea_orm(column_type = "Text")]
    pub experience: String,
    #[sea_orm(column_type = "Text")]
    pub skills: String,
    #[sea_orm(column_type = "Text")]
    pub hours: String,
    #[sea_orm(column_type = "Text")]
    pub contract_type: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub insurance: Json,
    #[sea_orm(column_type = "Text")]
    pub benefits: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub groups: Json,
    /// Legal ground for an age limit, if any.
    #[sea_orm(column_type = "Text", nullable)]
    pub age_ground: Option<String>,
    pub expires_on: Date,
    pub auto_refer: bool,
    /// draft, in_review, returned, published, rejected, closed
    #[sea_orm(column_type = "Text")]
    pub status: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub status_reason: Option<String>,
    #[sea_orm(column_type = "JsonBinary")]
    pub findings: Json,
    pub reviewed_by: Option<AccountId>,
    pub reviewed_at: Option<DateTimeUtc>,
    pub published_at: Option<DateTimeUtc>,
    pub version: i64,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
