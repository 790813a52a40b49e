//! What a gate without a network says of its scans, and how the office settled what did not fit
//! together afterwards.
use crate::shape::{id, link, unique};
use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, blob, text, text_null, timestamp_with_time_zone},
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for mut column in [text_null("shown"), text("device").default("").take()] {
            let change = Table::alter()
                .table("check_ins")
                .add_column(&mut column)
                .take();
            m.alter_table(change).await?;
        }
        m.create_table(settlements()).await?;
        m.create_index(unique("gate_settlements", &["fair_id", "question"]))
            .await
    }
}

/// 核验差异的处理
fn settlements() -> TableCreateStatement {
    Table::create()
        .table("gate_settlements")
        .col(id())
        .col(big_integer("fair_id"))
        .col(text("question"))
        .col(blob("note_sealed"))
        .col(big_integer("account_id"))
        .col(timestamp_with_time_zone("settled_at"))
        .foreign_key(&mut link("gate_settlements", "fair_id", "fairs"))
        .foreign_key(&mut link("gate_settlements", "account_id", "accounts"))
        .take()
}
