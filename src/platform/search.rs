//! Full text over tokens made by `domain::search`, beside the rows they describe: FTS5 on SQLite,
//! a `tsvector('simple')` on PostgreSQL, the same tokens and the same answers on both.
use super::db::WriteTx;
use crate::{domain::search, error::AppResult};
use sea_orm::{
    ConnectionTrait, DbBackend,
    sea_query::{Alias, Expr, ExprTrait, Query},
};

/// Indexes a row anew, in the transaction that changed it.
pub async fn put(tx: &WriteTx, table: &'static str, row: i64, text: &str) -> AppResult<()> {
    remove(tx, table, row).await?;
    let mut insert = Query::insert();
    insert
        .into_table(Alias::new(table))
        .columns([Alias::new("rowid"), Alias::new("tokens")])
        .values_panic([row.into(), search::index_tokens(text).into()]);
    tx.conn().execute(&insert).await?;
    Ok(())
}

pub async fn remove(tx: &WriteTx, table: &'static str, row: i64) -> AppResult<()> {
    let mut delete = Query::delete();
    delete
        .from_table(Alias::new(table))
        .and_where(Expr::col(Alias::new("rowid")).eq(row));
    tx.conn().execute(&delete).await?;
    Ok(())
}

/// The condition that a row's id is among those found, or nothing when the words hold nothing to
/// look for.
pub fn found(
    backend: DbBackend,
    table: &'static str,
    id: impl Into<Expr>,
    words: &str,
) -> Option<Expr> {
    let (condition, query) = match backend {
        DbBackend::Postgres => (
            "document @@ to_tsquery('simple', $1)",
            search::tsquery(words)?,
        ),
        _ => ("tokens MATCH ?", search::fts5(words)?),
    };
    let mut rows = Query::select();
    rows.column(Alias::new("rowid"))
        .from(Alias::new(table))
        .and_where(Expr::cust_with_values(condition, [query]));
    Some(id.into().in_subquery(rows))
}
