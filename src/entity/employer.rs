//! 用人单位
use crate::domain::{
    employer::{EmployerKind, EmployerStatus, Industry, Scale},
    id::{AccountId, EmployerId, FileId, OfficeId, UnitId},
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "employers")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: EmployerId,
    pub office_id: OfficeId,
    /// Random; binds the sealed columns to this row.
    #[sea_orm(unique, column_type = "Text")]
    pub uid: String,
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// 统一社会信用代码
    #[sea_orm(column_type = "Text")]
    pub uscc: String,
    pub kind: EmployerKind,
    pub industry: Industry,
    pub scale: Option<Scale>,
    #[sea_orm(column_type = "Text")]
    pub address: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub legal_person: Option<String>,
    /// 人力资源服务许可证, for agencies.
    #[sea_orm(column_type = "Text", nullable)]
    pub permit_no: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub intro: String,
    pub contact_name_sealed: Option<Vec<u8>>,
    pub contact_phone_sealed: Option<Vec<u8>>,
    pub licence_file_id: Option<FileId>,
    /// Last day of the licence, when it ends.
    pub licence_until: Option<Date>,
    /// 招聘授权委托书
    pub authority_file_id: Option<FileId>,
    /// When it promised to charge seekers nothing.
    pub promised_at: Option<DateTimeUtc>,
    /// The co-host that brought it.
    pub source_unit_id: Option<UnitId>,
    pub status: EmployerStatus,
    #[sea_orm(column_type = "Text", nullable)]
    pub status_reason: Option<String>,
    pub reviewed_by: Option<AccountId>,
    pub reviewed_at: Option<DateTimeUtc>,
    pub verified_at: Option<DateTimeUtc>,
    /// No-shows before this moment were forgiven, for the reason beside it.
    pub pardoned_at: Option<DateTimeUtc>,
    #[sea_orm(column_type = "Text", nullable)]
    pub pardon_reason: Option<String>,
    pub pardoned_by: Option<AccountId>,
    pub version: i64,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
