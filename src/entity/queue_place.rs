//! 号: one number in the line at a booth
use crate::domain::{
    id::{AccountId, BoothQueueId, QueuePlaceId, RegistrationId},
    queue::{PlaceState, Taken},
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "queue_places")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: QueuePlaceId,
    pub queue_id: BoothQueueId,
    pub number: i64,
    /// The line is in this order.
    pub turn: i64,
    /// None for a bare number.
    pub registration_id: Option<RegistrationId>,
    pub taken: Taken,
    pub state: PlaceState,
    /// Waiting, called or at the table; one of a ticket in a line.
    pub open: bool,
    pub calls_in_vain: i32,
    pub taken_at: DateTimeUtc,
    /// When it was given out, or went back into the line.
    pub waiting_since: DateTimeUtc,
    /// The last call.
    pub called_at: Option<DateTimeUtc>,
    pub called_by: Option<AccountId>,
    pub came_at: Option<DateTimeUtc>,
    pub ended_at: Option<DateTimeUtc>,
    /// Whoever gave out a number on paper.
    pub given_by: Option<AccountId>,
}

impl ActiveModelBehavior for ActiveModel {}
