//! 直播岗位
use crate::domain::id::{PostingId, StreamId};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stream_postings")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub stream_id: StreamId,
    pub posting_id: PostingId,
    pub minute: i32,
}

impl ActiveModelBehavior for ActiveModel {}
