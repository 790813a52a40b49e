//! 参展
use crate::domain::{
    booking::BookingStatus,
    id::{BoothId, EmployerId, FairId, ParticipationId},
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "participations")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: ParticipationId,
    pub fair_id: FairId,
    pub employer_id: EmployerId,
    /// What the booth's QR names; survives a swap.
    #[sea_orm(unique, column_type = "Text")]
    pub code: String,
    pub status: BookingStatus,
    /// One active row for an employer and a fair.
    pub active: bool,
    pub booth_id: Option<BoothId>,
    pub held_until: Option<DateTimeUtc>,
    pub booked_at: Option<DateTimeUtc>,
    pub waiting_since: Option<DateTimeUtc>,
    pub arrived_at: Option<DateTimeUtc>,
    pub released_at: Option<DateTimeUtc>,
    pub staff: i32,
    #[sea_orm(column_type = "Text")]
    pub needs: String,
    pub version: i64,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
