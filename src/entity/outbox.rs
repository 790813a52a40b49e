//! 待办事件
use crate::domain::id::{OfficeId, OutboxId};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: OutboxId,
    pub office_id: Option<OfficeId>,
    /// Names the message outside, the same at every attempt.
    #[sea_orm(unique, column_type = "Text")]
    pub uid: String,
    #[sea_orm(column_type = "Text")]
    pub topic: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub payload: Json,
    pub created_at: DateTimeUtc,
    pub due_at: DateTimeUtc,
    pub attempts: i32,
    /// Of the worker that has it now.
    #[sea_orm(column_type = "Text", nullable)]
    pub lease: Option<String>,
    pub leased_until: Option<DateTimeUtc>,
    #[sea_orm(column_type = "Text", nullable)]
    pub last_error: Option<String>,
    pub done_at: Option<DateTimeUtc>,
    /// Given up until somebody looks.
    pub parked_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
