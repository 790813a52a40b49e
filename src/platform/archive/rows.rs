//! One row as a line of an archive and back, the same for both databases.
use super::{
    catalogue::{Found, quoted},
    format::{Column, Kind},
};
use anyhow::{Context, Result, bail};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use sea_orm::{
    DbBackend, QueryResult,
    sea_query::{Alias, Expr, ExprTrait},
};
use serde_json::Value as Json;

/// The question for all rows of a table, in the order of its key.
pub fn select(table: &Found, backend: DbBackend) -> String {
    let columns: Vec<String> = table
        .columns
        .iter()
        .map(|column| {
            let name = quoted(&column.name);
            match (backend, column.kind) {
                (DbBackend::Postgres, Kind::Integer) => format!("{name}::bigint"),
                (DbBackend::Postgres, Kind::Text | Kind::Json) => format!("{name}::text"),
                _ => name,
            }
        })
        .collect();
    let order: Vec<String> = table.key.iter().map(|name| quoted(name)).collect();
    let order = if order.is_empty() {
        String::new()
    } else {
        format!(" ORDER BY {}", order.join(", "))
    };
    format!(
        "SELECT {} FROM {}{order}",
        columns.join(", "),
        quoted(&table.name)
    )
}

/// Appends a row as one line.
pub fn write(row: &QueryResult, columns: &[Column], line: &mut Vec<u8>) -> Result<()> {
    line.push(b'[');
    for (at, column) in columns.iter().enumerate() {
        if at > 0 {
            line.push(b',');
        }
        let value = read(row, at, column.kind).with_context(|| column.name.clone())?;
        serde_json::to_writer(&mut *line, &value)?;
    }
    line.extend_from_slice(b"]\n");
    Ok(())
}

fn read(row: &QueryResult, at: usize, kind: Kind) -> Result<Json> {
    let found = match kind {
        Kind::Integer => row.try_get_by_index::<Option<i64>>(at)?.map(Json::from),
        Kind::Text => row.try_get_by_index::<Option<String>>(at)?.map(Json::from),
        Kind::Json => match row.try_get_by_index::<Option<String>>(at)? {
            Some(text) => Some(Json::from(canonical(&text)?)),
            None => None,
        },
        Kind::Boolean => row.try_get_by_index::<Option<bool>>(at)?.map(Json::from),
        Kind::Instant => row
            .try_get_by_index::<Option<DateTime<Utc>>>(at)?
            .map(|at| Json::from(at.to_rfc3339_opts(SecondsFormat::AutoSi, true))),
        Kind::Date => row
            .try_get_by_index::<Option<NaiveDate>>(at)?
            .map(|day| Json::from(day.to_string())),
        Kind::Bytes => row
            .try_get_by_index::<Option<Vec<u8>>>(at)?
            .map(|bytes| Json::from(STANDARD.encode(bytes))),
    };
    Ok(found.unwrap_or(Json::Null))
}

/// One database keeps the order of names and the blanks, the other does not: written in one way,
/// the same rows are the same bytes in every archive.
fn canonical(text: &str) -> Result<String> {
    let mut value: Json = serde_json::from_str(text)?;
    value.sort_all_objects();
    Ok(value.to_string())
}

/// The values of a line, as they are given to the database.
///
/// # Errors
/// When the line does not have the columns that it should.
pub fn parse(line: &[u8], columns: &[Column], backend: DbBackend) -> Result<Vec<Expr>> {
    let values: Vec<Json> = serde_json::from_slice(line).context("a line is no row")?;
    if values.len() != columns.len() {
        bail!("a row has {} values", values.len());
    }
    let given = values.into_iter().zip(columns);
    given
        .map(|(value, column)| {
            expression(value, column.kind, backend).with_context(|| column.name.clone())
        })
        .collect()
}

fn expression(value: Json, kind: Kind, backend: DbBackend) -> Result<Expr> {
    let text = |value: Json| match value {
        Json::Null => Ok(None),
        Json::String(text) => Ok(Some(text)),
        other => bail!("{other} is no text"),
    };
    Ok(match kind {
        Kind::Integer if matches!(value, Json::Null) => Expr::val(None::<i64>),
        Kind::Integer => Expr::val(value.as_i64().context("is no integer")?),
        Kind::Boolean if matches!(value, Json::Null) => Expr::val(None::<bool>),
        Kind::Boolean => Expr::val(value.as_bool().context("is neither true nor false")?),
        Kind::Json if backend == DbBackend::Postgres => {
            Expr::val(text(value)?).cast_as(Alias::new("jsonb"))
        }
        Kind::Text | Kind::Json => Expr::val(text(value)?),
        Kind::Instant => {
            let at = text(value)?.map(|text| text.parse::<DateTime<Utc>>());
            Expr::val(at.transpose()?)
        }
        Kind::Date => {
            let day = text(value)?.map(|text| text.parse::<NaiveDate>());
            Expr::val(day.transpose()?)
        }
        Kind::Bytes => {
            let bytes = text(value)?.map(|text| STANDARD.decode(text));
            Expr::val(bytes.transpose()?)
        }
    })
}
