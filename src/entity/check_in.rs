//! 核验记录
use crate::domain::id::{AccountId, CheckInId, FairId, RegistrationId};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "check_ins")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: CheckInId,
    pub fair_id: FairId,
    pub registration_id: Option<RegistrationId>,
    /// in, out
    #[sea_orm(column_type = "Text")]
    pub direction: String,
    /// admitted, already_in, left, refused
    #[sea_orm(column_type = "Text")]
    pub result: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub reason: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub gate: String,
    #[sea_orm(column_type = "Text")]
    pub nonce: String,
    /// The same nonce gets the same answer.
    #[sea_orm(column_type = "JsonBinary")]
    pub answer: Json,
    pub scanned_at: DateTimeUtc,
    pub recorded_at: DateTimeUtc,
    pub offline: bool,
    /// What a device without a network showed: passed, already_in, refused; nothing when it did not
    /// say.
    #[sea_orm(column_type = "Text", nullable)]
    pub shown: Option<String>,
    /// Names the device among those of a gate.
    #[sea_orm(column_type = "Text")]
    pub device: String,
    pub account_id: Option<AccountId>,
}

impl ActiveModelBehavior for ActiveModel {}
