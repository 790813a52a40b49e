//! Desks on the move: where they stand, who sits there, what differs from the week.
use crate::shape::{id, index, link, unique};
use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, big_integer_null, boolean, date, date_null, integer, integer_null, text,
        text_null, timestamp_with_time_zone,
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
        sites(),
        members(),
        patterns(),
        sessions(),
        standings(),
        shifts(),
        swaps(),
    ]
}

/// 点位
fn sites() -> TableCreateStatement {
    Table::create()
        .table("desk_sites")
        .col(id())
        .col(big_integer("office_id"))
        .col(big_integer("area_id"))
        .col(text("code").unique_key())
        .col(text("name"))
        .col(text("address"))
        .col(text("note"))
        .col(boolean("active"))
        .col(big_integer("version"))
        .col(timestamp_with_time_zone("created_at"))
        .foreign_key(&mut link("desk_sites", "office_id", "offices"))
        .foreign_key(&mut link("desk_sites", "area_id", "areas"))
        .take()
}

/// 值守人员
fn members() -> TableCreateStatement {
    Table::create()
        .table("desk_members")
        .col(id())
        .col(big_integer("office_id"))
        .col(big_integer_null("account_id"))
        .col(text("name"))
        .col(text("duty"))
        .col(text("organisation"))
        .col(boolean("all_round"))
        .col(boolean("active"))
        .col(big_integer("version"))
        .col(timestamp_with_time_zone("created_at"))
        .foreign_key(&mut link("desk_members", "office_id", "offices"))
        .foreign_key(&mut link("desk_members", "account_id", "accounts"))
        .take()
}

/// 排班规律
fn patterns() -> TableCreateStatement {
    Table::create()
        .table("desk_patterns")
        .col(id())
        .col(big_integer("office_id"))
        .col(big_integer("series"))
        .col(big_integer("site_id"))
        .col(text("kind"))
        .col(integer("weekday"))
        .col(text("band"))
        .col(integer("from_minute"))
        .col(integer("to_minute"))
        .col(date("starts_on"))
        .col(date_null("ends_on"))
        .col(text("on_holiday"))
        .col(boolean("on_moved_days"))
        .col(boolean("public"))
        .col(big_integer("version"))
        .col(timestamp_with_time_zone("changed_at"))
        .foreign_key(&mut link("desk_patterns", "office_id", "offices"))
        .foreign_key(&mut link("desk_patterns", "site_id", "desk_sites"))
        .take()
}

/// 加场与停办
fn sessions() -> TableCreateStatement {
    Table::create()
        .table("desk_sessions")
        .col(id())
        .col(big_integer("office_id"))
        .col(big_integer_null("pattern_id"))
        .col(big_integer("site_id"))
        .col(text("kind"))
        .col(text("band"))
        .col(date("day"))
        .col(integer("from_minute"))
        .col(integer("to_minute"))
        .col(boolean("cancelled"))
        .col(text("reason"))
        .col(boolean("public"))
        .col(big_integer("version"))
        .col(big_integer_null("changed_by"))
        .col(timestamp_with_time_zone("changed_at"))
        .foreign_key(&mut link("desk_sessions", "office_id", "offices"))
        .foreign_key(&mut link("desk_sessions", "pattern_id", "desk_patterns"))
        .foreign_key(&mut link("desk_sessions", "site_id", "desk_sites"))
        .foreign_key(&mut link("desk_sessions", "changed_by", "accounts"))
        .take()
}

/// 固定值守
fn standings() -> TableCreateStatement {
    Table::create()
        .table("desk_standings")
        .col(id())
        .col(big_integer("office_id"))
        .col(big_integer("pattern_id"))
        .col(big_integer("member_id"))
        .col(integer_null("from_minute"))
        .col(integer_null("to_minute"))
        .col(date("starts_on"))
        .col(date_null("ends_on"))
        .foreign_key(&mut link("desk_standings", "office_id", "offices"))
        .foreign_key(&mut link("desk_standings", "pattern_id", "desk_patterns"))
        .foreign_key(&mut link("desk_standings", "member_id", "desk_members"))
        .take()
}

/// 单场值守
fn shifts() -> TableCreateStatement {
    Table::create()
        .table("desk_shifts")
        .col(id())
        .col(big_integer("office_id"))
        .col(big_integer_null("pattern_id"))
        .col(big_integer_null("session_id"))
        .col(date("day"))
        .col(big_integer("member_id"))
        .col(boolean("present"))
        .col(integer_null("from_minute"))
        .col(integer_null("to_minute"))
        .col(integer_null("served"))
        .col(big_integer_null("served_by"))
        .col(timestamp_with_time_zone("changed_at"))
        .foreign_key(&mut link("desk_shifts", "office_id", "offices"))
        .foreign_key(&mut link("desk_shifts", "pattern_id", "desk_patterns"))
        .foreign_key(&mut link("desk_shifts", "session_id", "desk_sessions"))
        .foreign_key(&mut link("desk_shifts", "member_id", "desk_members"))
        .foreign_key(&mut link("desk_shifts", "served_by", "accounts"))
        .take()
}

/// 换班
fn swaps() -> TableCreateStatement {
    Table::create()
        .table("desk_swaps")
        .col(id())
        .col(big_integer("office_id"))
        .col(text("session"))
        .col(big_integer("from_member_id"))
        .col(big_integer("to_member_id"))
        .col(text_null("back"))
        .col(text("reason"))
        .col(big_integer_null("made_by"))
        .col(timestamp_with_time_zone("made_at"))
        .foreign_key(&mut link("desk_swaps", "office_id", "offices"))
        .foreign_key(&mut link("desk_swaps", "from_member_id", "desk_members"))
        .foreign_key(&mut link("desk_swaps", "to_member_id", "desk_members"))
        .foreign_key(&mut link("desk_swaps", "made_by", "accounts"))
        .take()
}

/// A person is named once for a session, and an account is one person of the rota.
fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        index("desk_sites", &["office_id", "active", "name"]),
        unique("desk_members", &["office_id", "account_id"]),
        index("desk_members", &["office_id", "active", "name"]),
        index("desk_patterns", &["office_id", "starts_on"]),
        index("desk_patterns", &["office_id", "site_id"]),
        unique("desk_sessions", &["office_id", "pattern_id", "day"]),
        index("desk_sessions", &["office_id", "day"]),
        index("desk_standings", &["office_id", "pattern_id"]),
        unique(
            "desk_shifts",
            &["office_id", "pattern_id", "day", "member_id"],
        ),
        unique("desk_shifts", &["office_id", "session_id", "member_id"]),
        index("desk_shifts", &["office_id", "day"]),
        index("desk_swaps", &["office_id", "session"]),
    ]
}
