//! 岗位
use crate::domain::{
    id::{AccountId, EmployerId, FairId, OfficeId, PostingId},
    pay::PayUnit,
    posting::{
        AgeGround, ContractType, Education, Experience, Occupation, PostingKind, PostingStatus,
    },
};
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
    pub occupation: Occupation,
    pub kind: PostingKind,
    pub headcount: i32,
    #[sea_orm(column_type = "Text")]
    pub duties: String,
    #[sea_orm(column_type = "Text")]
    pub place: String,
    /// Fen.
    pub pay_min: i64,
    /// Fen.
    pub pay_max: i64,
    pub pay_unit: PayUnit,
    /// Months' pay a year, 12 as a rule.
    pub pay_months: i32,
    pub education: Education,
    pub experience: Experience,
    #[sea_orm(column_type = "Text")]
    pub skills: String,
    #[sea_orm(column_type = "Text")]
    pub hours: String,
    pub contract_type: ContractType,
    #[sea_orm(column_type = "JsonBinary")]
    pub insurance: Json,
    #[sea_orm(column_type = "Text")]
    pub benefits: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub groups: Json,
    /// An age limit in words; only with its legal ground.
    #[sea_orm(column_type = "Text", nullable)]
    pub age_limit: Option<String>,
    pub age_ground: Option<AgeGround>,
    pub expires_on: Date,
    pub auto_refer: bool,
    pub status: PostingStatus,
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
