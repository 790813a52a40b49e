//! What an office may change about how it works: categories, time limits, dispatch rules, calendars.
use crate::shape::{id, index, link, unique};
use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, big_integer_null, boolean, date, integer, integer_null, text, text_null,
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
        books(),
        groups(),
        categories(),
        sla_rules(),
        dispatch_rules(),
        hours(),
        notices(),
        days(),
        runs(),
    ]
}

/// 办理规则
fn books() -> TableCreateStatement {
    Table::create()
        .table("rulebooks")
        .col(id())
        .col(big_integer("office_id"))
        .col(text("stamp"))
        .col(timestamp_with_time_zone("changed_at"))
        .foreign_key(&mut link("rulebooks", "office_id", "offices"))
        .take()
}

/// 类别分组
fn groups() -> TableCreateStatement {
    Table::create()
        .table("category_groups")
        .col(id())
        .col(big_integer("office_id"))
        .col(text("code"))
        .col(text("name_zh"))
        .col(text("name_en"))
        .col(integer("sort"))
        .foreign_key(&mut link("category_groups", "office_id", "offices"))
        .take()
}

/// 类别
fn categories() -> TableCreateStatement {
    Table::create()
        .table("categories")
        .col(id())
        .col(big_integer("office_id"))
        .col(text("code"))
        .col(text("group_code"))
        .col(text("name_zh"))
        .col(text("name_en"))
        .col(text("kinds"))
        .col(text("urgency"))
        .col(boolean("enabled"))
        .col(boolean("consult"))
        .col(boolean("self_handle"))
        .col(boolean("public_hazard"))
        .col(boolean("place"))
        .col(boolean("desk_adopts"))
        .col(integer("radius_m"))
        .col(text_null("gb_code"))
        .col(integer("sort"))
        .col(big_integer("version"))
        .col(timestamp_with_time_zone("changed_at"))
        .foreign_key(&mut link("categories", "office_id", "offices"))
        .take()
}

/// 时限规则: every version stays, because events name it.
fn sla_rules() -> TableCreateStatement {
    Table::create()
        .table("sla_rules")
        .col(id())
        .col(big_integer("office_id"))
        .col(text("code"))
        .col(integer("version"))
        .col(text("clock"))
        .col(text_null("kind"))
        .col(text_null("category"))
        .col(text_null("urgency"))
        .col(boolean("consult"))
        .col(integer("amount"))
        .col(text("unit"))
        .col(text("calendar"))
        .col(integer("warn_at_pct"))
        .col(boolean("enabled"))
        .col(big_integer_null("changed_by"))
        .col(timestamp_with_time_zone("changed_at"))
        .foreign_key(&mut link("sla_rules", "office_id", "offices"))
        .foreign_key(&mut link("sla_rules", "changed_by", "accounts"))
        .take()
}

/// 派单规则
fn dispatch_rules() -> TableCreateStatement {
    Table::create()
        .table("dispatch_rules")
        .col(id())
        .col(big_integer("office_id"))
        .col(text_null("category"))
        .col(text_null("group_code"))
        .col(big_integer_null("area_id"))
        .col(big_integer("lead_unit_id"))
        .col(text("co_units"))
        .col(integer("priority"))
        .col(boolean("enabled"))
        .col(big_integer("version"))
        .col(timestamp_with_time_zone("changed_at"))
        .foreign_key(&mut link("dispatch_rules", "office_id", "offices"))
        .foreign_key(&mut link("dispatch_rules", "area_id", "areas"))
        .foreign_key(&mut link("dispatch_rules", "lead_unit_id", "units"))
        .take()
}

/// 工作时间: the hours of an ordinary week.
fn hours() -> TableCreateStatement {
    Table::create()
        .table("calendar_hours")
        .col(id())
        .col(big_integer("office_id"))
        .col(integer("weekday"))
        .col(integer("from_minute"))
        .col(integer("to_minute"))
        .foreign_key(&mut link("calendar_hours", "office_id", "offices"))
        .take()
}

/// 放假通知
fn notices() -> TableCreateStatement {
    Table::create()
        .table("calendar_notices")
        .col(id())
        .col(big_integer("office_id"))
        .col(integer("year"))
        .col(integer("version"))
        .col(text("source"))
        .col(date("published"))
        .col(big_integer_null("imported_by"))
        .col(timestamp_with_time_zone("imported_at"))
        .foreign_key(&mut link("calendar_notices", "office_id", "offices"))
        .foreign_key(&mut link("calendar_notices", "imported_by", "accounts"))
        .take()
}

/// 特殊日期: of a notice, or the office's own.
fn days() -> TableCreateStatement {
    Table::create()
        .table("calendar_days")
        .col(id())
        .col(big_integer("office_id"))
        .col(big_integer_null("notice_id"))
        .col(date("day"))
        .col(boolean("works"))
        .col(integer_null("from_minute"))
        .col(integer_null("to_minute"))
        .col(text("occasion"))
        .col(text("note"))
        .col(timestamp_with_time_zone("changed_at"))
        .foreign_key(&mut link("calendar_days", "office_id", "offices"))
        .foreign_key(&mut link("calendar_days", "notice_id", "calendar_notices"))
        .take()
}

/// 期限重算: how far the open cases were gone through after a calendar changed.
fn runs() -> TableCreateStatement {
    Table::create()
        .table("calendar_runs")
        .col(id())
        .col(big_integer("office_id"))
        .col(text("version"))
        .col(big_integer("after_case"))
        .col(big_integer("seen"))
        .col(big_integer("moved"))
        .col(big_integer("failed"))
        .col(timestamp_with_time_zone("started_at"))
        .col(timestamp_with_time_zone_null("done_at"))
        .foreign_key(&mut link("calendar_runs", "office_id", "offices"))
        .take()
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        unique("rulebooks", &["office_id"]),
        unique("category_groups", &["office_id", "code"]),
        unique("categories", &["office_id", "code"]),
        unique("sla_rules", &["office_id", "code", "version"]),
        index("dispatch_rules", &["office_id"]),
        unique("calendar_hours", &["office_id", "weekday", "from_minute"]),
        unique("calendar_notices", &["office_id", "year", "version"]),
        unique("calendar_days", &["office_id", "notice_id", "day"]),
        index("calendar_runs", &["office_id", "done_at"]),
    ]
}
