//! 公告
use crate::domain::{
    id::{AccountId, AnnouncementId, CaseId, OfficeId},
    notice::{Source, State},
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "announcements")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: AnnouncementId,
    pub office_id: OfficeId,
    pub source: Source,
    /// What it was drafted for: one draft for each cause.
    #[sea_orm(column_type = "Text", nullable)]
    pub cause: Option<String>,
    pub case_id: Option<CaseId>,
    #[sea_orm(column_type = "Text")]
    pub body: String,
    pub state: State,
    /// None when the program drafted it.
    pub created_by: Option<AccountId>,
    pub created_at: DateTimeUtc,
    pub settled_by: Option<AccountId>,
    pub settled_at: Option<DateTimeUtc>,
    /// Name of the message that carries it.
    #[sea_orm(column_type = "Text", nullable)]
    pub message: Option<String>,
    pub version: i64,
}

impl ActiveModelBehavior for ActiveModel {}
