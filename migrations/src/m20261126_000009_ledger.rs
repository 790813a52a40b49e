//! The ledger as a tool for a million cases: an index for each filter in the order of a page, and the
//! views that people keep.
use crate::shape::{id, index, link};
use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, boolean, text, timestamp_with_time_zone},
    sea_orm::{ConnectionTrait, DbBackend},
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(ledger_views()).await?;
        m.create_index(index("ledger_views", &["office_id", "account_id"]))
            .await?;
        m.create_index(index("ledger_views", &["office_id", "unit_id"]))
            .await?;
        let db = m.get_connection();
        for statement in INDEXES {
            db.execute_unprepared(statement).await?;
        }
        match m.get_database_backend() {
            DbBackend::Sqlite => {
                steady_plans(db).await?;
            }
            DbBackend::Postgres => {
                db.execute_unprepared(POSTGRES).await?;
            }
            other => return Err(DbErr::Migration(format!("unsupported database {other:?}"))),
        }
        Ok(())
    }
}

/// 台账视图
fn ledger_views() -> TableCreateStatement {
    Table::create()
        .table("ledger_views")
        .col(id())
        .col(big_integer("office_id"))
        .col(big_integer("account_id"))
        .col(big_integer_null("unit_id"))
        .col(text("name"))
        .col(text("query"))
        .col(boolean("opens_first"))
        .col(timestamp_with_time_zone("created_at"))
        .foreign_key(&mut link("ledger_views", "office_id", "offices"))
        .foreign_key(&mut link("ledger_views", "account_id", "accounts"))
        .foreign_key(&mut link("ledger_views", "unit_id", "units"))
        .take()
}

/// Numbers are searched by their beginning, which an index of another collation cannot do.
const POSTGRES: &str =
    "CREATE INDEX ix_cases_number_begins ON cases (office_id, number text_pattern_ops)";

/// Each filter has the cases in the order of a page, newest last, with everything beside them that
/// may be asked for as well: neither counts nor several filters at once touch the rows, which are
/// long. What is open is few, and has still more.
const INDEXES: &[&str] = &[
    "CREATE INDEX ix_cases_office ON cases (office_id, id, stage, kind, lead_unit_id, area_id, \
     category, channel, urgency, recorded_at)",
    "CREATE INDEX ix_cases_open ON cases (office_id, id, kind, stage, step, lead_unit_id, area_id, \
     category, channel, urgency, supervised, needs_callback, due_at, recorded_at, open, turn) WHERE open",
    // The same in the order in which they are counted.
    "CREATE INDEX ix_cases_counted ON cases (office_id, kind, stage, turn, lead_unit_id, area_id, \
     category, channel, urgency, supervised, needs_callback, due_at, recorded_at, open, id) WHERE open",
    "CREATE INDEX ix_cases_kind ON cases (office_id, kind, id, stage)",
    "CREATE INDEX ix_cases_stage ON cases (office_id, stage, id, kind)",
    "CREATE INDEX ix_cases_unit ON cases (office_id, lead_unit_id, id, stage, kind, \
     area_id, category, channel, urgency, recorded_at)",
    "CREATE INDEX ix_cases_area ON cases (office_id, area_id, id, stage, kind, \
     lead_unit_id, category, channel, urgency, recorded_at)",
    "CREATE INDEX ix_cases_category ON cases (office_id, category, id, stage, kind, \
     lead_unit_id, area_id, channel, urgency, recorded_at)",
    "CREATE INDEX ix_cases_channel ON cases (office_id, channel, id, stage, kind, \
     lead_unit_id, area_id, category, urgency, recorded_at)",
    "CREATE INDEX ix_cases_urgency ON cases (office_id, urgency, id, stage, kind, \
     lead_unit_id, area_id, category, channel, recorded_at)",
    "CREATE INDEX ix_cases_recorded ON cases (office_id, recorded_at, id, stage, kind, \
     lead_unit_id, area_id, category, channel, urgency)",
    "CREATE INDEX ix_cases_supervised ON cases (office_id, id, stage, kind, supervised) WHERE supervised",
    "CREATE INDEX ix_cases_not_indexed ON cases (id) WHERE NOT indexed",
];

/// SQLite has no statistics of a table that nobody analysed, and takes every equality for rare.
/// These are those of an office with a million cases, ten thousand of them open; small tables are
/// fast either way. An index that is missing here is taken for the best of all, so whoever adds one
/// adds a line to `sqlite_stat1` (sqlite.org/optoverview.html, "Fixed Results Of ANALYZE").
const STATISTICS: &[(&str, &str)] = &[
    ("uq_cases_office_id_number", "1000000 1000000 1"),
    (
        "ix_cases_office_id_kind_stage_id",
        "1000000 1000000 200000 20000 1",
    ),
    (
        "ix_cases_office_id_lead_unit_id_stage",
        "1000000 1000000 30000 5000",
    ),
    ("ix_cases_office_id_updated_at_id", "1000000 1000000 2 1"),
    ("ix_cases_due_at_id", "1000000 100 1"),
    ("ix_cases_office", "1000000 1000000 1 1 1 1 1 1 1 1 1"),
    ("ix_cases_open", "10000 10000 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1"),
    (
        "ix_cases_counted",
        "10000 10000 2000 500 300 100 10 5 5 5 5 5 2 2 2 1",
    ),
    ("ix_cases_kind", "1000000 1000000 200000 1 1"),
    ("ix_cases_stage", "1000000 1000000 100000 1 1"),
    ("ix_cases_unit", "1000000 1000000 30000 1 1 1 1 1 1 1 1"),
    ("ix_cases_area", "1000000 1000000 3000 1 1 1 1 1 1 1 1"),
    ("ix_cases_category", "1000000 1000000 25000 1 1 1 1 1 1 1 1"),
    ("ix_cases_channel", "1000000 1000000 100000 1 1 1 1 1 1 1 1"),
    ("ix_cases_urgency", "1000000 1000000 200000 1 1 1 1 1 1 1 1"),
    ("ix_cases_recorded", "1000000 1000000 2 1 1 1 1 1 1 1 1"),
    ("ix_cases_supervised", "20000 20000 1 1 1 1"),
    ("ix_cases_not_indexed", "10 1"),
    (
        "ix_cases_office_id_recorded_at_updated_at",
        "1000000 1000000 2 1",
    ),
    (
        "ix_cases_office_id_citizen_due_at_updated_at",
        "1000000 1000000 20 1",
    ),
    (
        "ix_cases_office_id_unit_due_at_updated_at",
        "1000000 1000000 20 1",
    ),
    (
        "ix_cases_office_id_response_due_at_updated_at",
        "1000000 1000000 20 1",
    ),
    ("ix_cases_mediator_id", "1000000 1000"),
    ("ix_cases_review_on", "1000000 1000"),
];

async fn steady_plans(db: &SchemaManagerConnection<'_>) -> Result<(), DbErr> {
    // Makes the table of statistics, and nothing else.
    db.execute_unprepared("ANALYZE sqlite_schema").await?;
    for (index, numbers) in STATISTICS {
        let row = format!(
            "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('cases', '{index}', '{numbers}')"
        );
        db.execute_unprepared(&row).await?;
    }
    Ok(())
}
