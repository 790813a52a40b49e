//! 摊位队列
use crate::domain::id::{BoothQueueId, FairId, ParticipationId};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "booth_queues")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: BoothQueueId,
    pub fair_id: FairId,
    /// It follows the employer, wherever the booth is.
    #[sea_orm(unique)]
    pub participation_id: ParticipationId,
    /// The number that was given out last.
    pub last_number: i64,
    pub paused_at: Option<DateTimeUtc>,
    /// What those who wait are told while nobody is called.
    #[sea_orm(column_type = "Text")]
    pub pause_word: String,
}

impl ActiveModelBehavior for ActiveModel {}
