//! 加场与停办
use crate::domain::{
    id::{AccountId, DeskPatternId, DeskSessionId, DeskSiteId, OfficeId},
    rota::{Band, DeskKind},
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "desk_sessions")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: DeskSessionId,
    pub office_id: OfficeId,
    /// None: an extra session.
    pub pattern_id: Option<DeskPatternId>,
    pub site_id: DeskSiteId,
    pub kind: DeskKind,
    pub band: Band,
    /// For a pattern's session the day on which the week puts it.
    pub day: Date,
    pub from_minute: i32,
    pub to_minute: i32,
    pub cancelled: bool,
    /// Shown to the public.
    #[sea_orm(column_type = "Text")]
    pub reason: String,
    pub public: bool,
    pub version: i64,
    pub changed_by: Option<AccountId>,
    pub changed_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
