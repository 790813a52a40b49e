//! Full text over tokens made by `domain::search`, beside the rows they describe: FTS5 on SQLite,
//! a `tsvector('simple')` on PostgreSQL, the same tokens and the same answers on both.
//!
//! Words that are sealed at rest are indexed blind: each token as 32 bits of a keyed hash, as a set
//! without order. Whoever has the database without the key file does not learn the words, but sees
//! how many rows share a token and which tokens come together; with enough texts the commonest words
//! could be guessed from that. That is why single Han characters and the order of tokens are not
//! stored, and why the hash is short: several words share one, which costs a reader a rare false
//! find and a guesser his certainty. A removed row leaves the index with the write that removes it;
//! hashes may stay in free pages of the file until they are written over.
use super::{db::WriteTx, secret::Keys};
use crate::{domain::search, error::AppResult};
use sea_orm::{
    ConnectionTrait, DbBackend,
    sea_query::{Alias, Expr, ExprTrait, Query},
};
use std::collections::BTreeSet;

/// Hashed tokens of one row at most; what comes later is not found by its words.
const MOST: usize = 20_000;

/// Hashes the words of a text for one vocabulary, such as those that only the office may find.
pub fn blind(keys: &Keys, vocabulary: &str, text: &str) -> BTreeSet<String> {
    let tokens = search::word_tokens(text);
    tokens
        .iter()
        .map(|token| hashed(keys, vocabulary, token))
        .collect()
}

/// 32 bits as eight letters, which no parser takes for a number.
fn hashed(keys: &Keys, vocabulary: &str, token: &str) -> String {
    let hash = keys.look_up(vocabulary, token);
    let letters = hash.bytes().take(8).map(|digit| match digit {
        b'0'..=b'9' => char::from(b'a' + (digit - b'0')),
        _ => char::from(b'k' + (digit % 32)),
    });
    std::iter::once(search::HASHED).chain(letters).collect()
}

/// Indexes a row anew, in the transaction that changed it.
pub async fn put(tx: &WriteTx, table: &'static str, row: i64, text: &str) -> AppResult<()> {
    put_tokens(tx, table, row, search::index_tokens(text)).await
}

/// Indexes a row anew by a readable text and hashed words beside it.
pub async fn put_with(
    tx: &WriteTx,
    table: &'static str,
    row: i64,
    text: &str,
    hashed: &BTreeSet<String>,
) -> AppResult<()> {
    let mut tokens = search::index_tokens(text);
    for token in hashed.iter().take(MOST) {
        tokens.push(' ');
        tokens.push_str(token);
    }
    put_tokens(tx, table, row, tokens).await
}

/// Adds hashed words to what is indexed of a row.
pub async fn add(
    tx: &WriteTx,
    table: &'static str,
    row: i64,
    hashed: &BTreeSet<String>,
) -> AppResult<()> {
    let mut query = Query::select();
    query
        .column(Alias::new("tokens"))
        .from(Alias::new(table))
        .and_where(Expr::col(Alias::new("rowid")).eq(row));
    let known = match tx.conn().query_one(&query).await? {
        Some(found) => found.try_get::<String>("", "tokens")?,
        None => String::new(),
    };
    let there: BTreeSet<&str> = known.split(' ').collect();
    let room = MOST.saturating_sub(there.len());
    let missing = hashed
        .iter()
        .filter(|token| !there.contains(token.as_str()));
    let missing: Vec<&str> = missing.map(String::as_str).take(room).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let tokens = format!("{known} {}", missing.join(" "));
    put_tokens(tx, table, row, tokens).await
}

async fn put_tokens(tx: &WriteTx, table: &'static str, row: i64, tokens: String) -> AppResult<()> {
    remove(tx, table, row).await?;
    let mut insert = Query::insert();
    insert
        .into_table(Alias::new(table))
        .columns([Alias::new("rowid"), Alias::new("tokens")])
        .values_panic([row.into(), tokens.into()]);
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
    let query = Asked::new(backend, words, search::SEEING)?;
    Some(query.holds(table, id))
}

/// Words as the database asks for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    backend: DbBackend,
    query: String,
}

impl Asked {
    fn new(backend: DbBackend, words: &str, blind: search::Blind<'_>) -> Option<Self> {
        let query = match backend {
            DbBackend::Postgres => search::tsquery(words, blind)?,
            _ => search::fts5(words, blind)?,
        };
        Some(Self { backend, query })
    }

    /// Readable words, and hashed ones of the vocabularies that the asker may search; nothing when
    /// the words hold nothing to look for.
    pub fn beside(
        backend: DbBackend,
        words: &str,
        keys: &Keys,
        vocabularies: &[&str],
    ) -> Option<Self> {
        let blind = |token: &str| {
            let of = |vocabulary: &&str| hashed(keys, vocabulary, token);
            vocabularies.iter().map(of).collect()
        };
        Self::new(backend, words, &blind)
    }

    /// The condition on the index itself.
    pub fn matches(&self) -> Expr {
        let condition = match self.backend {
            DbBackend::Postgres => "document @@ to_tsquery('simple', $1)",
            _ => "tokens MATCH ?",
        };
        Expr::cust_with_values(condition, [self.query.clone()])
    }

    /// The condition that a row's id is among those found.
    pub fn holds(&self, table: &'static str, id: impl Into<Expr>) -> Expr {
        let mut rows = Query::select();
        rows.column(Alias::new("rowid"))
            .from(Alias::new(table))
            .and_where(self.matches());
        id.into().in_subquery(rows)
    }
}
