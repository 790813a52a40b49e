//! 时限规则: one version of it
use crate::domain::{
    case::{ClockKind, Kind, Urgency},
    id::{AccountId, OfficeId, SlaRuleId},
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sla_rules")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: SlaRuleId,
    pub office_id: OfficeId,
    /// Names the rule for good, such as `ordinary.unit`.
    #[sea_orm(column_type = "Text")]
    pub code: String,
    pub version: i32,
    pub clock: ClockKind,
    pub kind: Option<Kind>,
    #[sea_orm(column_type = "Text", nullable)]
    pub category: Option<String>,
    pub urgency: Option<Urgency>,
    pub consult: bool,
    pub amount: i32,
    /// As `domain::calendar::Unit` is written.
    #[sea_orm(column_type = "Text")]
    pub unit: String,
    #[sea_orm(column_type = "Text")]
    pub calendar: String,
    pub warn_at_pct: i32,
    pub enabled: bool,
    pub changed_by: Option<AccountId>,
    pub changed_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
