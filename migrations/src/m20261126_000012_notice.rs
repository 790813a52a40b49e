//! Announcements to the residents' group, and an outbox that several workers may empty.
use crate::shape::{id, index, link, unique};
use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, big_integer_null, integer, json_binary, text, text_null,
        timestamp_with_time_zone, timestamp_with_time_zone_null,
    },
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        // Nothing was ever put into the first one: there was nobody to take it out.
        m.drop_table(Table::drop().table("outbox").take()).await?;
        m.create_table(outbox()).await?;
        m.create_table(announcements()).await?;
        for index in indexes() {
            m.create_index(index).await?;
        }
        Ok(())
    }
}

/// 待办事件
fn outbox() -> TableCreateStatement {
    Table::create()
        .table("outbox")
        .col(id())
        .col(big_integer_null("office_id"))
        .col(text("uid").unique_key())
        .col(text("topic"))
        .col(json_binary("payload"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("due_at"))
        .col(integer("attempts"))
        .col(text_null("lease"))
        .col(timestamp_with_time_zone_null("leased_until"))
        .col(text_null("last_error"))
        .col(timestamp_with_time_zone_null("done_at"))
        .col(timestamp_with_time_zone_null("parked_at"))
        .foreign_key(&mut link("outbox", "office_id", "offices"))
        .take()
}

/// 公告
fn announcements() -> TableCreateStatement {
    Table::create()
        .table("announcements")
        .col(id())
        .col(big_integer("office_id"))
        .col(text("source"))
        .col(text_null("cause"))
        .col(big_integer_null("case_id"))
        .col(text("body"))
        .col(text("state"))
        .col(big_integer_null("created_by"))
        .col(timestamp_with_time_zone("created_at"))
        .col(big_integer_null("settled_by"))
        .col(timestamp_with_time_zone_null("settled_at"))
        .col(text_null("message"))
        .col(big_integer("version"))
        .foreign_key(&mut link("announcements", "office_id", "offices"))
        .foreign_key(&mut link("announcements", "case_id", "cases"))
        .foreign_key(&mut link("announcements", "created_by", "accounts"))
        .foreign_key(&mut link("announcements", "settled_by", "accounts"))
        .take()
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        index("outbox", &["done_at", "parked_at", "due_at"]),
        unique("announcements", &["office_id", "cause"]),
        index("announcements", &["office_id", "state"]),
    ]
}
