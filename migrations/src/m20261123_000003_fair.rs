//! Employers, fairs, booths and who stands in them.
use crate::shape::{id, index, link, unique};
use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, big_integer_null, blob_null, boolean, date_null, integer, json_binary, text,
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
        employers(),
        fairs(),
        fair_hosts(),
        fair_tasks(),
        fair_programme(),
        booths(),
        participations(),
        posters(),
    ]
}

/// 用人单位
fn employers() -> TableCreateStatement {
    Table::create()
        .table("employers")
        .col(id())
        .col(big_integer("office_id"))
        .col(text("uid").unique_key())
        .col(text("name"))
        .col(text("uscc"))
        .col(text("kind"))
        .col(text("industry"))
        .col(text_null("scale"))
        .col(text("address"))
        .col(text_null("legal_person"))
        .col(text_null("permit_no"))
        .col(text("intro"))
        .col(blob_null("contact_name_sealed"))
        .col(blob_null("contact_phone_sealed"))
        .col(big_integer_null("licence_file_id"))
        .col(date_null("licence_until"))
        .col(big_integer_null("authority_file_id"))
        .col(timestamp_with_time_zone_null("promised_at"))
        .col(big_integer_null("source_unit_id"))
        .col(text("status"))
        .col(text_null("status_reason"))
        .col(big_integer_null("reviewed_by"))
        .col(timestamp_with_time_zone_null("reviewed_at"))
        .col(timestamp_with_time_zone_null("verified_at"))
        .col(timestamp_with_time_zone_null("pardoned_at"))
        .col(text_null("pardon_reason"))
        .col(big_integer_null("pardoned_by"))
        .col(big_integer("version"))
        .col(timestamp_with_time_zone("created_at"))
        .foreign_key(&mut link("employers", "office_id", "offices"))
        .foreign_key(&mut link("employers", "licence_file_id", "files"))
        .foreign_key(&mut link("employers", "authority_file_id", "files"))
        .foreign_key(&mut link("employers", "source_unit_id", "units"))
        .take()
}

/// 集市
fn fairs() -> TableCreateStatement {
    Table::create()
        .table("fairs")
        .col(id())
        .col(big_integer("office_id"))
        .col(text("slug"))
        .col(text("title"))
        .col(text("kind"))
        .col(text("venue"))
        .col(text("address"))
        .col(timestamp_with_time_zone("starts_at"))
        .col(timestamp_with_time_zone("ends_at"))
        .col(timestamp_with_time_zone("registration_opens_at"))
        .col(timestamp_with_time_zone("registration_closes_at"))
        .col(text("status"))
        .col(big_integer("capacity"))
        .col(big_integer("registered"))
        .col(big_integer("issued").default(0))
        .col(big_integer("inside").default(0))
        .col(big_integer("expected"))
        .col(integer("hold_minutes"))
        .col(json_binary("target_groups"))
        .col(json_binary("gates"))
        .col(text("plan"))
        .col(text("notice"))
        .col(text("intro"))
        .col(text_null("filing_no"))
        .col(text_null("permit_no"))
        .col(big_integer("version"))
        .col(timestamp_with_time_zone_null("published_at"))
        .col(timestamp_with_time_zone("created_at"))
        .foreign_key(&mut link("fairs", "office_id", "offices"))
        .take()
}

/// 主办协办
fn fair_hosts() -> TableCreateStatement {
    Table::create()
        .table("fair_hosts")
        .col(id())
        .col(big_integer("fair_id"))
        .col(big_integer("unit_id"))
        .col(text("part"))
        .foreign_key(&mut link("fair_hosts", "fair_id", "fairs"))
        .foreign_key(&mut link("fair_hosts", "unit_id", "units"))
        .take()
}

/// 备案与预案清单
fn fair_tasks() -> TableCreateStatement {
    Table::create()
        .table("fair_tasks")
        .col(id())
        .col(big_integer("fair_id"))
        .col(text("code"))
        .col(date_null("due_on"))
        .col(timestamp_with_time_zone_null("done_at"))
        .col(big_integer_null("done_by"))
        .col(text("note"))
        .foreign_key(&mut link("fair_tasks", "fair_id", "fairs"))
        .take()
}

/// 同期活动
fn fair_programme() -> TableCreateStatement {
    Table::create()
        .table("fair_programme")
        .col(id())
        .col(big_integer("fair_id"))
        .col(timestamp_with_time_zone("starts_at"))
        .col(timestamp_with_time_zone("ends_at"))
        .col(text("kind"))
        .col(text("title"))
        .col(text("place"))
        .col(text("host"))
        .foreign_key(&mut link("fair_programme", "fair_id", "fairs"))
        .take()
}

/// 摊位
fn booths() -> TableCreateStatement {
    Table::create()
        .table("booths")
        .col(id())
        .col(big_integer("fair_id"))
        .col(text("label"))
        .col(text("line"))
        .col(integer("position"))
        .col(text("side"))
        .foreign_key(&mut link("booths", "fair_id", "fairs"))
        .take()
}

/// 参展
fn participations() -> TableCreateStatement {
    Table::create()
        .table("participations")
        .col(id())
        .col(big_integer("fair_id"))
        .col(big_integer("employer_id"))
        .col(text("code").unique_key())
        .col(text("status"))
        .col(boolean("active"))
        .col(big_integer_null("booth_id"))
        .col(timestamp_with_time_zone_null("held_until"))
        .col(timestamp_with_time_zone_null("booked_at"))
        .col(timestamp_with_time_zone_null("waiting_since"))
        .col(timestamp_with_time_zone_null("arrived_at"))
        .col(timestamp_with_time_zone_null("released_at"))
        .col(integer("staff"))
        .col(text("needs"))
        .col(big_integer("version"))
        .col(timestamp_with_time_zone("created_at"))
        .foreign_key(&mut link("participations", "fair_id", "fairs"))
        .foreign_key(&mut link("participations", "employer_id", "employers"))
        .foreign_key(&mut link("participations", "booth_id", "booths"))
        .take()
}

/// 海报张贴点
fn posters() -> TableCreateStatement {
    Table::create()
        .table("posters")
        .col(id())
        .col(big_integer("fair_id"))
        .col(text("code").unique_key())
        .col(text("place"))
        .col(timestamp_with_time_zone("created_at"))
        .foreign_key(&mut link("posters", "fair_id", "fairs"))
        .take()
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        unique("employers", &["office_id", "uscc"]),
        index("employers", &["office_id", "status", "id"]),
        unique("fairs", &["office_id", "slug"]),
        index("fairs", &["office_id", "starts_at"]),
        unique("fair_hosts", &["fair_id", "unit_id"]),
        unique("fair_tasks", &["fair_id", "code"]),
        index("fair_programme", &["fair_id", "starts_at"]),
        unique("booths", &["fair_id", "label"]),
        unique("participations", &["fair_id", "employer_id"])
            .and_where(Expr::cust("active"))
            .take(),
        unique("participations", &["booth_id"])
            .and_where(Expr::cust("active and booth_id is not null"))
            .take(),
        index("participations", &["fair_id", "status"]),
        index("posters", &["fair_id"]),
    ]
}
