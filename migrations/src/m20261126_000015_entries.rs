//! The entries of each gate are counted from an index alone: a tally of 60,000 scans spent
//! most of its time on looking at each of their rows.
use crate::shape::index;
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_index(index(
            "check_ins",
            &["fair_id", "direction", "result", "gate"],
        ))
        .await
    }
}
