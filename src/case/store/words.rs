//! The words of a case in the search index: the title as it is, what was written about the case
//! hashed, because it lies sealed. What only the office reads has a vocabulary of its own, so that
//! a party's search never meets it.
use super::SEARCH;
use crate::{
    case::door::Reader,
    domain::{
        case::{Event, Texts, Visibility},
        id::CaseId,
    },
    entity::{case, case_event},
    error::AppResult,
    platform::{
        db::WriteTx,
        search::{self, blind},
        secret::Keys,
    },
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::BTreeSet;

const SAID: &str = "case word";
const INTERNAL: &str = "case word, internal";

fn vocabulary(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Internal => INTERNAL,
        Visibility::Public | Visibility::Parties => SAID,
    }
}

/// The vocabularies that a reader may search.
pub fn vocabularies(reader: Reader) -> &'static [&'static str] {
    match reader {
        Reader::Office => &[SAID, INTERNAL],
        Reader::Employer(..) | Reader::Person(_) => &[SAID],
    }
}

/// Indexes what an event brought.
pub async fn keep(
    tx: &WriteTx,
    keys: &Keys,
    case: &case::Model,
    event: &Event,
    texts: &Texts,
) -> AppResult<()> {
    let mut hashed = BTreeSet::new();
    for text in texts.values() {
        hashed.extend(blind(keys, vocabulary(event.visibility), text));
    }
    if event.seq == 1 {
        return search::put_with(tx, SEARCH, case.id.0, &case.title, &hashed).await;
    }
    if hashed.is_empty() {
        return Ok(());
    }
    search::add(tx, SEARCH, case.id.0, &hashed).await
}

/// Indexes a case anew from the words that are still there.
pub async fn renew(tx: &WriteTx, keys: &Keys, case: &case::Model) -> AppResult<()> {
    let texts = super::texts_of(tx.conn(), keys, case.id).await?;
    let mut hashed = BTreeSet::new();
    for row in super::events(tx.conn(), case.id).await? {
        let visibility = Visibility::from_code(&row.visibility);
        let vocabulary = vocabulary(visibility.unwrap_or(Visibility::Internal));
        let words = row.text_id.and_then(|id| texts.get(&id));
        for text in words.into_iter().flat_map(|words| words.values()) {
            hashed.extend(blind(keys, vocabulary, text));
        }
    }
    search::put_with(tx, SEARCH, case.id.0, &case.title, &hashed).await
}

/// Cases that an older program wrote, or that came out of a backup: the next ones by id.
pub async fn not_indexed(
    db: &impl ConnectionTrait,
    after: CaseId,
    limit: u64,
) -> AppResult<Vec<CaseId>> {
    use sea_orm::sea_query::{Expr, ExprTrait};
    Ok(case::Entity::find()
        .select_only()
        .column(case::Column::Id)
        .filter(Expr::col((case::Entity, case::Column::Indexed)).not())
        .filter(case::Column::Id.gt(after))
        .order_by_asc(case::Column::Id)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await?)
}

/// Brings the columns and the index of such a case up to date.
pub async fn bring_up(tx: &WriteTx, keys: &Keys, id: CaseId) -> AppResult<()> {
    let Some(case) = case::Entity::find_by_id(id).one(tx.conn()).await? else {
        return Ok(());
    };
    let mut columns = super::columns(&super::state(&case)?)?;
    columns.channel = sea_orm::ActiveValue::Set(first_channel(tx.conn(), id).await?);
    case::Entity::update_many()
        .set(columns)
        .filter(case::Column::Id.eq(id))
        .filter(case::Column::Seq.eq(case.seq))
        .exec(tx.conn())
        .await?;
    renew(tx, keys, &case).await
}

async fn first_channel(db: &impl ConnectionTrait, id: CaseId) -> AppResult<Option<String>> {
    let first = case_event::Entity::find()
        .filter(case_event::Column::CaseId.eq(id))
        .filter(case_event::Column::Seq.eq(1))
        .one(db)
        .await?;
    match first {
        Some(row) => Ok(channel(&super::event(&row)?)),
        None => Ok(None),
    }
}

/// 来源渠道: how the matter reached the office, as the opening event says.
pub fn channel(event: &Event) -> Option<String> {
    use crate::domain::case::Command;
    match &event.payload.data {
        Command::Report { channel, .. } => Some(channel.code().to_owned()),
        Command::Interest { channel, .. } => Some(channel.code().to_owned()),
        _ => None,
    }
}
