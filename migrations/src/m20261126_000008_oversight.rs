//! Oversight: the weights of the three rates, sealed months that nobody changes, and the indexes by
//! which the cases of a period are found.
use crate::shape::{id, index, link, unique};
use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, integer, text, timestamp_with_time_zone},
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
        m.create_table(weights()).await?;
        m.create_table(sealed_months()).await?;
        for index in indexes() {
            m.create_index(index).await?;
        }
        let statements = match m.get_database_backend() {
            DbBackend::Sqlite => SQLITE,
            DbBackend::Postgres => POSTGRES,
            other => return Err(DbErr::Migration(format!("unsupported database {other:?}"))),
        };
        m.get_connection().execute_unprepared(statements).await?;
        Ok(())
    }
}

/// 三率权重
fn weights() -> TableCreateStatement {
    Table::create()
        .table("oversight_weights")
        .col(id())
        .col(big_integer("office_id"))
        .col(integer("response"))
        .col(integer("solved"))
        .col(integer("satisfied"))
        .col(timestamp_with_time_zone("updated_at"))
        .col(big_integer_null("updated_by"))
        .foreign_key(&mut link("oversight_weights", "office_id", "offices"))
        .take()
}

/// 封存月份
fn sealed_months() -> TableCreateStatement {
    Table::create()
        .table("sealed_months")
        .col(id())
        .col(big_integer("office_id"))
        .col(text("month"))
        .col(text("formula"))
        .col(text("snapshot"))
        .col(timestamp_with_time_zone("as_of"))
        .col(timestamp_with_time_zone("sealed_at"))
        .col(big_integer("sealed_by"))
        .col(text("prev_hash"))
        .col(text("hash").unique_key())
        .foreign_key(&mut link("sealed_months", "office_id", "offices"))
        .take()
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        unique("oversight_weights", &["office_id"]),
        unique("sealed_months", &["office_id", "month"]),
        // One after the other: two who seal at once cannot both follow the same month.
        unique("sealed_months", &["office_id", "prev_hash"]),
        index("cases", &["office_id", "recorded_at", "updated_at"]),
        index("cases", &["office_id", "citizen_due_at", "updated_at"]),
        index("cases", &["office_id", "unit_due_at", "updated_at"]),
        index("cases", &["office_id", "response_due_at", "updated_at"]),
    ]
}

const SQLITE: &str = r"
CREATE TRIGGER sealed_months_keep BEFORE UPDATE ON sealed_months
BEGIN SELECT RAISE(ABORT, 'sealed months are never changed'); END;
CREATE TRIGGER sealed_months_stay BEFORE DELETE ON sealed_months
BEGIN SELECT RAISE(ABORT, 'sealed months are never changed'); END;
";

const POSTGRES: &str = r"
CREATE FUNCTION sealed_months_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'sealed months are never changed'; END $$;
CREATE TRIGGER sealed_months_keep BEFORE UPDATE OR DELETE ON sealed_months
FOR EACH ROW EXECUTE FUNCTION sealed_months_keep();
CREATE TRIGGER sealed_months_stay BEFORE TRUNCATE ON sealed_months
FOR EACH STATEMENT EXECUTE FUNCTION sealed_months_keep();
";
