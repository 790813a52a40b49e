//! A ticket is found by more codes than its own: somebody who was registered already got another in
//! his hand, from a device without a network or on a blank ticket.
use crate::shape::{id, index, link, unique};
use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, text, timestamp_with_time_zone},
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(codes()).await?;
        m.create_index(unique("ticket_codes", &["fair_id", "code"]))
            .await?;
        m.create_index(index("ticket_codes", &["registration_id"]))
            .await
    }
}

/// 入场券的其他凭证码
fn codes() -> TableCreateStatement {
    Table::create()
        .table("ticket_codes")
        .col(id())
        .col(big_integer("fair_id"))
        .col(big_integer("registration_id"))
        .col(text("code"))
        .col(big_integer("account_id"))
        .col(timestamp_with_time_zone("joined_at"))
        .foreign_key(&mut link("ticket_codes", "fair_id", "fairs"))
        .foreign_key(&mut link(
            "ticket_codes",
            "registration_id",
            "registrations",
        ))
        .foreign_key(&mut link("ticket_codes", "account_id", "accounts"))
        .take()
}
