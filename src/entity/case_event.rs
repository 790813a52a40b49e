//! 办件流转记录
use crate::domain::id::{AccountId, CaseEventId, CaseId, CaseTextId, UnitId};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "case_events")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: CaseEventId,
    pub case_id: CaseId,
    pub seq: i64,
    #[sea_orm(column_type = "Text")]
    pub action: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub from_stage: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub to_stage: String,
    /// When it happened.
    pub at_ms: i64,
    /// When it was written.
    pub recorded_ms: i64,
    /// `account:1`, `person:1` or `system`.
    #[sea_orm(column_type = "Text")]
    pub actor: String,
    pub actor_id: Option<AccountId>,
    /// Part played, see domain::case.
    #[sea_orm(column_type = "Text")]
    pub actor_part: String,
    pub actor_unit_id: Option<UnitId>,
    #[sea_orm(column_type = "Text")]
    pub channel: String,
    /// Ids and codes only, no personal text; the exact bytes that the hash covers.
    #[sea_orm(column_type = "Text")]
    pub payload: String,
    pub text_id: Option<CaseTextId>,
    #[sea_orm(column_type = "Text", nullable)]
    pub text_hash: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub visibility: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub idem: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub prev_hash: String,
    #[sea_orm(unique, column_type = "Text")]
    pub hash: String,
}

impl ActiveModelBehavior for ActiveModel {}
