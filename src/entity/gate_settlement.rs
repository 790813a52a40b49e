//! 核验差异的处理
use crate::domain::id::{AccountId, FairId, GateSettlementId};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "gate_settlements")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: GateSettlementId,
    pub fair_id: FairId,
    /// Kind and nonce of the scan that is asked about: the same in whatever order scans arrived.
    #[sea_orm(column_type = "Text")]
    pub question: String,
    pub note_sealed: Vec<u8>,
    pub account_id: AccountId,
    pub settled_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
