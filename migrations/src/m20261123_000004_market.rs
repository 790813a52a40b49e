//! Postings, registrations, check-ins, matches and streams.
use crate::shape::{id, index, link, unique};
use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, big_integer_null, blob, boolean, date, date_null, integer, integer_null,
        json_binary, text, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null,
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
        postings(),
        registrations(),
        check_ins(),
        job_matches(),
        posting_events(),
        streams(),
        stream_postings(),
        stream_views(),
    ]
}

/// 岗位
fn postings() -> TableCreateStatement {
    Table::create()
        .table("postings")
        .col(id())
        .col(big_integer("office_id"))
        .col(big_integer("fair_id"))
        .col(big_integer("employer_id"))
        .col(text("title"))
        .col(text("occupation"))
        .col(text("kind"))
        .col(integer("headcount"))
        .col(text("duties"))
        .col(text("place"))
        .col(big_integer("pay_min"))
        .col(big_integer("pay_max"))
        .col(text("pay_unit"))
        .col(integer("pay_months"))
        .col(text("education"))
        .col(text("experience"))
        .col(text("skills"))
        .col(text("hours"))
        .col(text("contract_type"))
        .col(json_binary("insurance"))
        .col(text("benefits"))
        .col(json_binary("groups"))
        .col(text_null("age_limit"))
        .col(text_null("age_ground"))
        .col(date("expires_on"))
        .col(boolean("auto_refer"))
        .col(text("status"))
        .col(text_null("status_reason"))
        .col(json_binary("findings"))
        .col(big_integer_null("reviewed_by"))
        .col(timestamp_with_time_zone_null("reviewed_at"))
        .col(timestamp_with_time_zone_null("published_at"))
        .col(big_integer("version"))
        .col(timestamp_with_time_zone("created_at"))
        .foreign_key(&mut link("postings", "office_id", "offices"))
        .foreign_key(&mut link("postings", "fair_id", "fairs"))
        .foreign_key(&mut link("postings", "employer_id", "employers"))
        .take()
}

/// 岗位审核记录
fn posting_events() -> TableCreateStatement {
    Table::create()
        .table("posting_events")
        .col(id())
        .col(big_integer("posting_id"))
        .col(text("what"))
        .col(text_null("reason"))
        .col(text_null("ground"))
        .col(json_binary("findings"))
        .col(json_binary("content"))
        .col(big_integer_null("account_id"))
        .col(timestamp_with_time_zone("at"))
        .foreign_key(&mut link("posting_events", "posting_id", "postings"))
        .take()
}

/// 集市报名
fn registrations() -> TableCreateStatement {
    Table::create()
        .table("registrations")
        .col(id())
        .col(big_integer("fair_id"))
        .col(big_integer("person_id"))
        .col(text("uid").unique_key())
        .col(text("secret_hash").unique_key())
        .col(blob("secret_sealed"))
        .col(text("code"))
        .col(big_integer("number"))
        .col(text("wanted"))
        .col(json_binary("groups"))
        .col(big_integer_null("area_id"))
        .col(text("channel"))
        .col(big_integer_null("poster_id"))
        .col(big_integer_null("stream_id"))
        .col(big_integer_null("participation_id"))
        .col(text("status"))
        .col(big_integer_null("registered_by"))
        .col(timestamp_with_time_zone("registered_at"))
        .col(timestamp_with_time_zone_null("first_in_at"))
        .col(text_null("first_gate"))
        .col(boolean("inside"))
        .foreign_key(&mut link("registrations", "fair_id", "fairs"))
        .foreign_key(&mut link("registrations", "person_id", "persons"))
        .foreign_key(&mut link("registrations", "area_id", "areas"))
        .foreign_key(&mut link("registrations", "poster_id", "posters"))
        .take()
}

/// 核验记录
fn check_ins() -> TableCreateStatement {
    Table::create()
        .table("check_ins")
        .col(id())
        .col(big_integer("fair_id"))
        .col(big_integer_null("registration_id"))
        .col(text("direction"))
        .col(text("result"))
        .col(text_null("reason"))
        .col(text("gate"))
        .col(text("nonce"))
        .col(json_binary("answer"))
        .col(timestamp_with_time_zone("scanned_at"))
        .col(timestamp_with_time_zone("recorded_at"))
        .col(boolean("offline"))
        .col(big_integer_null("account_id"))
        .foreign_key(&mut link("check_ins", "fair_id", "fairs"))
        .foreign_key(&mut link("check_ins", "registration_id", "registrations"))
        .take()
}

/// 岗位对接
fn job_matches() -> TableCreateStatement {
    Table::create()
        .table("job_matches")
        .col(big_integer("case_id").primary_key())
        .col(big_integer("office_id"))
        .col(big_integer("fair_id"))
        .col(big_integer("registration_id"))
        .col(big_integer("person_id"))
        .col(big_integer("posting_id"))
        .col(big_integer("employer_id"))
        .col(json_binary("share"))
        .col(boolean("open"))
        .col(text("rung"))
        .col(big_integer_null("stream_id"))
        .col(integer_null("rating"))
        .col(timestamp_with_time_zone_null("employer_due_at"))
        .col(date_null("start_on"))
        .col(date_null("placed_on"))
        .col(text_null("evidence"))
        .col(timestamp_with_time_zone("created_at"))
        .foreign_key(&mut link("job_matches", "case_id", "cases"))
        .foreign_key(&mut link("job_matches", "office_id", "offices"))
        .foreign_key(&mut link("job_matches", "fair_id", "fairs"))
        .foreign_key(&mut link("job_matches", "registration_id", "registrations"))
        .foreign_key(&mut link("job_matches", "person_id", "persons"))
        .foreign_key(&mut link("job_matches", "posting_id", "postings"))
        .foreign_key(&mut link("job_matches", "employer_id", "employers"))
        .take()
}

/// 直播带岗
fn streams() -> TableCreateStatement {
    Table::create()
        .table("streams")
        .col(id())
        .col(big_integer("fair_id"))
        .col(text("code").unique_key())
        .col(text("title"))
        .col(text("host"))
        .col(json_binary("platforms"))
        .col(text("url"))
        .col(timestamp_with_time_zone("starts_at"))
        .col(timestamp_with_time_zone("ends_at"))
        .col(big_integer("version"))
        .col(timestamp_with_time_zone("created_at"))
        .foreign_key(&mut link("streams", "fair_id", "fairs"))
        .take()
}

/// 直播岗位
fn stream_postings() -> TableCreateStatement {
    Table::create()
        .table("stream_postings")
        .col(id())
        .col(big_integer("stream_id"))
        .col(big_integer("posting_id"))
        .col(integer("minute"))
        .foreign_key(&mut link("stream_postings", "stream_id", "streams"))
        .foreign_key(&mut link("stream_postings", "posting_id", "postings"))
        .take()
}

/// 观看数
fn stream_views() -> TableCreateStatement {
    Table::create()
        .table("stream_views")
        .col(id())
        .col(big_integer("stream_id"))
        .col(text("platform"))
        .col(timestamp_with_time_zone("at"))
        .col(big_integer("views"))
        .col(text("evidence_url"))
        .col(text_null("correction"))
        .col(big_integer_null("file_id"))
        .col(big_integer_null("recorded_by"))
        .foreign_key(&mut link("stream_views", "stream_id", "streams"))
        .foreign_key(&mut link("stream_views", "file_id", "files"))
        .take()
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        index("postings", &["office_id", "fair_id", "status", "id"]),
        index("postings", &["office_id", "status", "id"]),
        index("postings", &["employer_id", "id"]),
        index("posting_events", &["posting_id", "id"]),
        unique("registrations", &["fair_id", "person_id"])
            .and_where(Expr::cust("status = 'active'"))
            .take(),
        unique("registrations", &["fair_id", "code"]),
        index("registrations", &["fair_id", "id"]),
        index("registrations", &["person_id"]),
        unique("check_ins", &["fair_id", "nonce"]),
        index("check_ins", &["registration_id"]),
        index("check_ins", &["fair_id", "recorded_at"]),
        unique("job_matches", &["person_id", "posting_id"])
            .and_where(Expr::cust("open"))
            .take(),
        index("job_matches", &["fair_id", "rung"]),
        index("job_matches", &["employer_id", "case_id"]),
        index("job_matches", &["registration_id"]),
        index("job_matches", &["posting_id"]),
        index("streams", &["fair_id"]),
        unique("stream_postings", &["stream_id", "posting_id"]),
        index("stream_views", &["stream_id", "platform", "at"]),
    ]
}
