//! Intake: where a desk case came from, and the keys behind which people follow it.
use crate::shape::{id, index, link, unique};
use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, big_integer_null, blob, boolean, text, text_null, timestamp_with_time_zone,
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
        m.create_table(requests()).await?;
        m.create_table(case_keys()).await?;
        for index in indexes() {
            m.create_index(index).await?;
        }
        Ok(())
    }
}

/// 诉求来源
fn requests() -> TableCreateStatement {
    Table::create()
        .table("requests")
        .col(big_integer("case_id").primary_key())
        .col(big_integer("office_id"))
        .col(text("channel"))
        .col(text_null("source"))
        .col(text_null("source_ref"))
        .col(text_null("row_hash"))
        .col(big_integer_null("site_id"))
        .col(text_null("cell"))
        .col(boolean("on_behalf"))
        .col(big_integer_null("entered_by"))
        .col(timestamp_with_time_zone("created_at"))
        .foreign_key(&mut link("requests", "case_id", "cases"))
        .foreign_key(&mut link("requests", "office_id", "offices"))
        .foreign_key(&mut link("requests", "site_id", "desk_sites"))
        .foreign_key(&mut link("requests", "entered_by", "accounts"))
        .take()
}

/// 查询码
fn case_keys() -> TableCreateStatement {
    Table::create()
        .table("case_keys")
        .col(id())
        .col(big_integer("office_id"))
        .col(big_integer("case_id"))
        .col(big_integer("person_id"))
        .col(text("uid"))
        .col(text("key_hash").unique_key())
        .col(blob("key_sealed"))
        .col(timestamp_with_time_zone("created_at"))
        .foreign_key(&mut link("case_keys", "office_id", "offices"))
        .foreign_key(&mut link("case_keys", "case_id", "cases"))
        .foreign_key(&mut link("case_keys", "person_id", "persons"))
        .take()
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        unique("requests", &["office_id", "source", "source_ref"]),
        index("requests", &["office_id", "cell"]),
        unique("case_keys", &["case_id", "person_id"]),
        index("case_keys", &["person_id"]),
    ]
}
