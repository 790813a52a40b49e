//! 待办事件
use crate::domain::id::OutboxId;
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: OutboxId,
    #[sea_orm(column_type = "Text")]
    pub topic: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub payload: Json,
    pub due_at: DateTimeUtc,
    pub attempts: i32,
    pub done_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
