//! 同期活动
use crate::domain::{fair::ProgrammeKind, id::FairId};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "fair_programme")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub fair_id: FairId,
    pub starts_at: DateTimeUtc,
    pub ends_at: DateTimeUtc,
    pub kind: ProgrammeKind,
    #[sea_orm(column_type = "Text")]
    pub title: String,
    #[sea_orm(column_type = "Text")]
    pub place: String,
    #[sea_orm(column_type = "Text")]
    pub host: String,
}

impl ActiveModelBehavior for ActiveModel {}
