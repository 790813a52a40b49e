//! What tables a database has, asked of the database itself, in the words of both.
use super::format::{Column, Kind};
use anyhow::{Context, Result, bail};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement, Value};
use std::collections::BTreeMap;

/// Keeps the steps of the schema; laid down by taking them.
pub const STEPS: &str = "seaql_migrations";

/// A table as it stands in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub name: String,
    pub columns: Vec<Column>,
    /// Columns of the primary key: the order in which rows are read.
    pub key: Vec<String>,
}

/// Every table with data of the product, by name. Parts of the database's own housekeeping (its
/// statistics, the inside of a search index) are made anew by the database.
///
/// # Errors
/// When a column has a type that no archive knows.
pub async fn tables(db: &impl ConnectionTrait) -> Result<Vec<Found>> {
    let postgres = db.get_database_backend() == DbBackend::Postgres;
    let names = if postgres {
        POSTGRES_TABLES
    } else {
        SQLITE_TABLES
    };
    let mut found = Vec::new();
    for row in ask(db, names, []).await? {
        let name: String = row.try_get_by_index(0)?;
        let described = if postgres {
            postgres_columns(db, &name).await
        } else {
            let is_index = row.try_get_by_index::<String>(1)? == "virtual";
            sqlite_columns(db, &name, is_index).await
        };
        let (columns, key) = described.with_context(|| format!("table {name}"))?;
        found.push(Found { name, columns, key });
    }
    Ok(found)
}

const SQLITE_TABLES: &str = r"SELECT name, type FROM pragma_table_list
WHERE schema = 'main' AND type IN ('table', 'virtual') AND name NOT LIKE 'sqlite\_%' ESCAPE '\'
AND name <> 'seaql_migrations' ORDER BY name";

const POSTGRES_TABLES: &str = "SELECT table_name::text, 'table' FROM information_schema.tables
WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'
AND table_name <> 'seaql_migrations' ORDER BY 1";

const SQLITE_COLUMNS: &str =
    "SELECT name, lower(type), pk FROM pragma_table_xinfo(?) WHERE hidden = 0 ORDER BY cid";

/// Columns that the database computes are left out.
const POSTGRES_COLUMNS: &str = "SELECT c.column_name::text, c.data_type::text,
  COALESCE(array_position(i.indkey::int2[], a.attnum), -1) + 1
FROM information_schema.columns c
JOIN pg_class t ON t.relname = c.table_name AND t.relnamespace = current_schema()::regnamespace
JOIN pg_attribute a ON a.attrelid = t.oid AND a.attname = c.column_name
LEFT JOIN pg_index i ON i.indrelid = t.oid AND i.indisprimary
WHERE c.table_schema = current_schema() AND c.table_name = $1 AND c.is_generated = 'NEVER'
ORDER BY c.ordinal_position";

type Described = (Vec<Column>, Vec<String>);

/// A full-text index is a table of words beside row numbers, on both databases.
async fn sqlite_columns(
    db: &impl ConnectionTrait,
    table: &str,
    is_index: bool,
) -> Result<Described> {
    let (mut columns, mut key) = (Vec::new(), BTreeMap::new());
    if is_index {
        columns.push(Column {
            name: "rowid".into(),
            kind: Kind::Integer,
        });
        key.insert(1, "rowid".to_owned());
    }
    for row in ask(db, SQLITE_COLUMNS, [table.into()]).await? {
        let name: String = row.try_get_by_index(0)?;
        let kind = match row.try_get_by_index::<String>(1)?.as_str() {
            "" if is_index => Kind::Text,
            declared => kind(declared)?,
        };
        let place: i64 = row.try_get_by_index(2)?;
        if place > 0 {
            key.insert(place, name.clone());
        }
        columns.push(Column { name, kind });
    }
    Ok((columns, key.into_values().collect()))
}

async fn postgres_columns(db: &impl ConnectionTrait, table: &str) -> Result<Described> {
    let (mut columns, mut key) = (Vec::new(), BTreeMap::new());
    for row in ask(db, POSTGRES_COLUMNS, [table.into()]).await? {
        let name: String = row.try_get_by_index(0)?;
        let kind = kind(&row.try_get_by_index::<String>(1)?)?;
        let place: i32 = row.try_get_by_index(2)?;
        if place > 0 {
            key.insert(place, name.clone());
        }
        columns.push(Column { name, kind });
    }
    Ok((columns, key.into_values().collect()))
}

/// The kind behind a declared type, of either database.
fn kind(declared: &str) -> Result<Kind> {
    let bare = declared.split('(').next().unwrap_or_default().trim();
    Ok(match bare {
        "bigint" | "integer" | "int" | "smallint" => Kind::Integer,
        "text" | "varchar" | "character varying" | "char" | "character" => Kind::Text,
        "boolean" => Kind::Boolean,
        "timestamp_with_timezone_text" | "timestamp with time zone" => Kind::Instant,
        "date_text" | "date" => Kind::Date,
        "blob" | "bytea" => Kind::Bytes,
        "jsonb_text" | "json_text" | "jsonb" | "json" => Kind::Json,
        other => bail!("archives do not know columns of the type {other:?}"),
    })
}

/// Names of the schema's steps that were taken, in their order; none when there is no schema.
pub async fn steps(db: &impl ConnectionTrait) -> Result<Vec<String>> {
    let there = match db.get_database_backend() {
        DbBackend::Postgres => {
            "SELECT 1 FROM information_schema.tables
WHERE table_schema = current_schema() AND table_name = 'seaql_migrations'"
        }
        _ => "SELECT 1 FROM sqlite_schema WHERE name = 'seaql_migrations'",
    };
    if ask(db, there, []).await?.is_empty() {
        return Ok(Vec::new());
    }
    let rows = ask(
        db,
        "SELECT version FROM seaql_migrations ORDER BY version",
        [],
    )
    .await?;
    let steps = rows.iter().map(|row| row.try_get_by_index::<String>(0));
    Ok(steps.collect::<Result<_, _>>()?)
}

/// The last number that each numbered table gave out.
pub async fn last_ids(db: &impl ConnectionTrait) -> Result<BTreeMap<String, i64>> {
    let question = match db.get_database_backend() {
        DbBackend::Postgres => {
            "SELECT table_name::text, pg_sequence_last_value(pg_get_serial_sequence(
  quote_ident(table_name), column_name)::regclass)
FROM information_schema.columns WHERE table_schema = current_schema() AND is_generated = 'NEVER'
AND pg_get_serial_sequence(quote_ident(table_name), column_name) IS NOT NULL"
        }
        _ => "SELECT name, seq FROM sqlite_sequence",
    };
    let mut last = BTreeMap::new();
    for row in ask(db, question, []).await? {
        let given: Option<i64> = row.try_get_by_index(1)?;
        last.insert(row.try_get_by_index(0)?, given.unwrap_or(0));
    }
    last.remove(STEPS);
    Ok(last)
}

/// Asks in plain words of the database.
pub(in crate::platform) async fn ask<const N: usize>(
    db: &impl ConnectionTrait,
    sql: &str,
    values: [Value; N],
) -> Result<Vec<QueryResult>> {
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(db.query_all_raw(statement).await?)
}

/// A name inside a statement.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
