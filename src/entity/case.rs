//! 办件
#![expect(
    clippy::struct_excessive_bools,
    reason = "columns; each is a filter of the ledger"
)]

use crate::domain::{
    case::{Kind, Outcome, Stage, Step},
    id::{AccountId, AreaId, CaseId, OfficeId, UnitId},
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cases")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: CaseId,
    pub office_id: OfficeId,
    #[sea_orm(column_type = "Text")]
    pub number: String,
    pub kind: Kind,
    pub stage: Stage,
    pub step: Option<Step>,
    pub outcome: Option<Outcome>,
    /// No personal data.
    #[sea_orm(column_type = "Text")]
    pub title: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub category: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub urgency: Option<String>,
    pub area_id: Option<AreaId>,
    pub lead_unit_id: Option<UnitId>,
    /// The mediator who was appointed.
    pub mediator_id: Option<AccountId>,
    #[sea_orm(column_type = "Text")]
    pub visibility: String,
    /// Escalation level.
    pub level: i32,
    pub supervised: bool,
    pub designated: bool,
    pub reopen_no: i32,
    pub rework_no: i32,
    pub said_at: Option<DateTimeUtc>,
    pub recorded_at: DateTimeUtc,
    pub accepted_at: Option<DateTimeUtc>,
    pub responded_at: Option<DateTimeUtc>,
    pub first_closed_at: Option<DateTimeUtc>,
    pub closed_at: Option<DateTimeUtc>,
    /// When a suspended case is looked at again.
    pub review_on: Option<Date>,
    pub citizen_due_at: Option<DateTimeUtc>,
    pub unit_due_at: Option<DateTimeUtc>,
    pub response_due_at: Option<DateTimeUtc>,
    /// The deadline that runs now, whichever it is.
    pub due_at: Option<DateTimeUtc>,
    pub on_time_first: Option<bool>,
    /// The whole projection; replaying the events gives the same.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// Last event; the optimistic lock.
    pub seq: i64,
    #[sea_orm(column_type = "Text")]
    pub last_hash: String,
    pub updated_at: DateTimeUtc,
    /// How it reached the office.
    #[sea_orm(column_type = "Text", nullable)]
    pub channel: Option<String>,
    /// In a stage that is not an end.
    pub open: bool,
    /// The part that is expected to act, while it is open.
    #[sea_orm(column_type = "Text", nullable)]
    pub turn: Option<String>,
    /// Verified, and the person behind it was not reached yet.
    pub needs_callback: bool,
    /// This row and its words in the search index are as today's program makes them.
    pub indexed: bool,
}

impl ActiveModelBehavior for ActiveModel {}
