//! 诉求来源
use crate::domain::{
    case::Channel,
    id::{AccountId, CaseId, DeskSiteId, OfficeId},
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "requests")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub case_id: CaseId,
    pub office_id: OfficeId,
    pub channel: Channel,
    /// The system it came from, such as `12345`.
    #[sea_orm(column_type = "Text", nullable)]
    pub source: Option<String>,
    /// Its number there.
    #[sea_orm(column_type = "Text", nullable)]
    pub source_ref: Option<String>,
    /// Hash of the imported row as it was last seen.
    #[sea_orm(column_type = "Text", nullable)]
    pub row_hash: Option<String>,
    pub site_id: Option<DeskSiteId>,
    /// Latitude and longitude rounded to about a hundred metres: `36.061,103.834`.
    #[sea_orm(column_type = "Text", nullable)]
    pub cell: Option<String>,
    /// 代办
    pub on_behalf: bool,
    pub entered_by: Option<AccountId>,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
