//! The ledger: one case model for matches and residents' requests; events are append-only.
use crate::shape::{id, index, link, unique};
use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, big_integer_null, blob_null, boolean, boolean_null, date, integer, text,
        text_null, timestamp_with_time_zone, timestamp_with_time_zone_null,
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
        for table in tables() {
            m.create_table(table).await?;
        }
        for index in indexes() {
            m.create_index(index).await?;
        }
        Ok(())
    }
}

fn tables() -> Vec<TableCreateStatement> {
    vec![
        cases(),
        case_numbers(),
        case_events(),
        case_texts(),
        case_files(),
        case_parties(),
        case_units(),
        case_links(),
        callbacks(),
        follow_ups(),
        clock_segments(),
    ]
}

/// 办件
fn cases() -> TableCreateStatement {
    Table::create()
        .table("cases")
        .col(id())
        .col(big_integer("office_id"))
        .col(text("number"))
        .col(text("kind"))
        .col(text("stage"))
        .col(text_null("step"))
        .col(text_null("outcome"))
        .col(text("title"))
        .col(text_null("category"))
        .col(text_null("urgency"))
        .col(big_integer_null("area_id"))
        .col(big_integer_null("lead_unit_id"))
        .col(text("visibility"))
        .col(integer("level"))
        .col(boolean("supervised"))
        .col(boolean("designated"))
        .col(integer("reopen_no"))
        .col(integer("rework_no"))
        .col(timestamp_with_time_zone_null("said_at"))
        .col(timestamp_with_time_zone("recorded_at"))
        .col(timestamp_with_time_zone_null("accepted_at"))
        .col(timestamp_with_time_zone_null("responded_at"))
        .col(timestamp_with_time_zone_null("first_closed_at"))
        .col(timestamp_with_time_zone_null("closed_at"))
        .col(timestamp_with_time_zone_null("citizen_due_at"))
        .col(timestamp_with_time_zone_null("unit_due_at"))
        .col(timestamp_with_time_zone_null("response_due_at"))
        .col(timestamp_with_time_zone_null("due_at"))
        .col(boolean_null("on_time_first"))
        // What lists look at stands before the state: behind a long text it is slow to reach.
        .col(text_null("channel"))
        .col(boolean("open").default(false))
        .col(text_null("turn"))
        .col(boolean("needs_callback").default(false))
        .col(boolean("indexed").default(false))
        .col(text("state"))
        .col(big_integer("seq"))
        .col(text("last_hash"))
        .col(timestamp_with_time_zone("updated_at"))
        .foreign_key(&mut link("cases", "office_id", "offices"))
        .foreign_key(&mut link("cases", "area_id", "areas"))
        .foreign_key(&mut link("cases", "lead_unit_id", "units"))
        .take()
}

/// 办件编号
fn case_numbers() -> TableCreateStatement {
    Table::create()
        .table("case_numbers")
        .col(id())
        .col(big_integer("office_id"))
        .col(integer("year"))
        .col(big_integer("last"))
        .foreign_key(&mut link("case_numbers", "office_id", "offices"))
        .take()
}

/// 办件流转记录
fn case_events() -> TableCreateStatement {
    Table::create()
        .table("case_events")
        .col(id())
        .col(big_integer("case_id"))
        .col(big_integer("seq"))
        .col(text("action"))
        .col(text_null("from_stage"))
        .col(text("to_stage"))
        .col(big_integer("at_ms"))
        .col(big_integer("recorded_ms"))
        .col(text("actor"))
        .col(big_integer_null("actor_id"))
        .col(text("actor_part"))
        .col(big_integer_null("actor_unit_id"))
        .col(text("channel"))
        .col(text("payload"))
        .col(big_integer_null("text_id"))
        .col(text_null("text_hash"))
        .col(text("visibility"))
        .col(text_null("idem"))
        .col(text("prev_hash"))
        .col(text("hash").unique_key())
        .foreign_key(&mut link("case_events", "case_id", "cases"))
        .take()
}

/// 办件文字
fn case_texts() -> TableCreateStatement {
    Table::create()
        .table("case_texts")
        .col(id())
        .col(big_integer("case_id"))
        .col(text("salt"))
        .col(blob_null("body_sealed"))
        .col(timestamp_with_time_zone_null("erased_at"))
        .foreign_key(&mut link("case_texts", "case_id", "cases"))
        .take()
}

/// 办件附件
fn case_files() -> TableCreateStatement {
    Table::create()
        .table("case_files")
        .col(id())
        .col(big_integer("case_id"))
        .col(big_integer("event_seq"))
        .col(big_integer("file_id"))
        .col(text("role"))
        .foreign_key(&mut link("case_files", "case_id", "cases"))
        .foreign_key(&mut link("case_files", "file_id", "files"))
        .take()
}

/// 办件当事人
fn case_parties() -> TableCreateStatement {
    Table::create()
        .table("case_parties")
        .col(id())
        .col(big_integer("case_id"))
        .col(big_integer_null("person_id"))
        .col(big_integer_null("employer_id"))
        .col(text("role"))
        .col(timestamp_with_time_zone("since"))
        .col(timestamp_with_time_zone_null("until"))
        .foreign_key(&mut link("case_parties", "case_id", "cases"))
        .foreign_key(&mut link("case_parties", "person_id", "persons"))
        .take()
}

/// 办件承办单位
fn case_units() -> TableCreateStatement {
    Table::create()
        .table("case_units")
        .col(id())
        .col(big_integer("case_id"))
        .col(integer("dispatch_no"))
        .col(big_integer("unit_id"))
        .col(text("role"))
        .col(timestamp_with_time_zone_null("due_at"))
        .col(timestamp_with_time_zone_null("signed_at"))
        .col(timestamp_with_time_zone_null("submitted_at"))
        .col(timestamp_with_time_zone_null("objected_at"))
        .foreign_key(&mut link("case_units", "case_id", "cases"))
        .foreign_key(&mut link("case_units", "unit_id", "units"))
        .take()
}

/// 办件关联
fn case_links() -> TableCreateStatement {
    Table::create()
        .table("case_links")
        .col(id())
        .col(big_integer("from_id"))
        .col(big_integer("to_id"))
        .col(text("relation"))
        .col(timestamp_with_time_zone("since"))
        .col(timestamp_with_time_zone_null("until"))
        .foreign_key(&mut link("case_links", "from_id", "cases"))
        .foreign_key(&mut link("case_links", "to_id", "cases"))
        .take()
}

/// 回访
fn callbacks() -> TableCreateStatement {
    Table::create()
        .table("callbacks")
        .col(id())
        .col(big_integer("case_id"))
        .col(integer("cycle"))
        .col(integer("attempt_no"))
        .col(timestamp_with_time_zone("at"))
        .col(big_integer_null("by_account"))
        .col(boolean("reached"))
        .col(text_null("solved"))
        .col(text_null("satisfied"))
        .col(big_integer_null("text_id"))
        .foreign_key(&mut link("callbacks", "case_id", "cases"))
        .take()
}

/// 后续跟踪
fn follow_ups() -> TableCreateStatement {
    Table::create()
        .table("follow_ups")
        .col(id())
        .col(big_integer("case_id"))
        .col(text("what"))
        .col(date("due_on"))
        .col(timestamp_with_time_zone_null("done_at"))
        .col(text_null("result"))
        .col(big_integer_null("event_seq"))
        .foreign_key(&mut link("follow_ups", "case_id", "cases"))
        .take()
}

/// 计时区段
fn clock_segments() -> TableCreateStatement {
    Table::create()
        .table("clock_segments")
        .col(id())
        .col(big_integer("case_id"))
        .col(text("clock"))
        .col(integer("cycle"))
        .col(integer("dispatch_no"))
        .col(big_integer("start_ms"))
        .col(big_integer_null("stop_ms"))
        .col(text("why"))
        .foreign_key(&mut link("clock_segments", "case_id", "cases"))
        .take()
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        unique("cases", &["office_id", "number"]),
        index("cases", &["office_id", "kind", "stage", "id"]),
        index("cases", &["office_id", "lead_unit_id", "stage"]),
        index("cases", &["office_id", "updated_at", "id"]),
        index("cases", &["due_at", "id"]),
        unique("case_numbers", &["office_id", "year"]),
        unique("case_events", &["case_id", "seq"]),
        unique("case_events", &["idem"]),
        index("case_texts", &["case_id"]),
        index("case_files", &["case_id"]),
        index("case_parties", &["case_id"]),
        index("case_parties", &["person_id"]),
        index("case_units", &["case_id", "dispatch_no"]),
        index("case_units", &["unit_id"]),
        index("case_links", &["from_id"]),
        index("case_links", &["to_id"]),
        index("callbacks", &["case_id"]),
        unique("follow_ups", &["case_id", "what"]),
        index("follow_ups", &["done_at", "due_on"]),
        index("clock_segments", &["case_id"]),
    ]
}
