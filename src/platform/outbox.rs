//! Work to do after commit. Enqueueing needs a `WriteTx`, so a job exists exactly if its cause does.
use super::db::WriteTx;
use crate::{entity::outbox, error::AppResult};
use sea_orm::{ActiveValue::Set, EntityTrait};
use serde::{Serialize, de::DeserializeOwned};

/// Something to be done once its transaction is durable; `TOPIC` names it in the table.
pub trait Job: Serialize + DeserializeOwned {
    const TOPIC: &'static str;
}

pub async fn enqueue<J: Job>(tx: &WriteTx, job: &J) -> AppResult<()> {
    let row = outbox::ActiveModel {
        topic: Set(J::TOPIC.into()),
        payload: Set(serde_json::to_value(job)?),
        due_at: Set(tx.now),
        attempts: Set(0),
        ..Default::default()
    };
    outbox::Entity::insert(row).exec(tx.conn()).await?;
    Ok(())
}
