//! 办件公示
use crate::domain::id::{AreaId, CaseId, OfficeId};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "case_publications")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub case_id: CaseId,
    pub office_id: OfficeId,
    /// Names it in public addresses; says nothing about the case.
    #[sea_orm(unique, column_type = "Text")]
    pub uid: String,
    #[sea_orm(column_type = "Text")]
    pub title: String,
    #[sea_orm(column_type = "Text")]
    pub text: String,
    /// The community, never more particular.
    pub area_id: Option<AreaId>,
    /// The event that published it.
    pub event_seq: i64,
    pub published_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
