//! 查询码: behind it somebody follows one case and says what they think of it. It is a ticket's
//! secret in another lock: looked up by a keyed hash, kept sealed so that a slip can be printed
//! again, and never written to a log.
use super::store;
use crate::{
    domain::{
        case::{Actor, Channel},
        id::{CaseId, OfficeId, PersonId},
        ticket::Secret,
    },
    entity::case_key::Model,
    error::{AppError, AppResult},
    platform::{
        db::WriteTx,
        secret::{self, Keys},
    },
};
use anyhow::anyhow;
use sea_orm::ConnectionTrait;

fn place(uid: &str) -> String {
    format!("case_key:{uid}")
}

fn hash(keys: &Keys, secret: &Secret) -> String {
    keys.look_up("case_key", secret.in_full())
}

/// The key of a person to a case; the one there is, or a new one.
pub async fn issue(
    tx: &WriteTx,
    keys: &Keys,
    office: OfficeId,
    case: CaseId,
    person: PersonId,
) -> AppResult<Secret> {
    if let Some(row) = store::key_of(tx.conn(), case, person).await? {
        return open(keys, &row);
    }
    let (secret, uid) = (Secret::from_bytes(secret::random()), secret::uid());
    let sealed = keys.seal(&place(&uid), secret.in_full())?;
    let key = store::NewKey {
        office,
        case,
        person,
        uid,
        hash: hash(keys, &secret),
        sealed,
    };
    store::insert_key(tx, key).await?;
    Ok(secret)
}

/// The key itself, for the first answer and for printing it again.
pub fn open(keys: &Keys, row: &Model) -> AppResult<Secret> {
    let text = keys.open(&place(&row.uid), &row.key_sealed)?;
    Ok(Secret::parse(&text).map_err(|_| anyhow!("a stored key is not one"))?)
}

/// The row of a key, as scanned or typed; an address may stand before it.
///
/// # Errors
/// 404 when there is none in the office.
pub async fn find(
    db: &impl ConnectionTrait,
    keys: &Keys,
    office: OfficeId,
    raw: &str,
) -> AppResult<Model> {
    let raw = raw.trim().trim_end_matches('/');
    let raw = raw.rsplit('/').next().unwrap_or(raw);
    let secret = Secret::parse(raw).map_err(|_| AppError::not_found())?;
    let found = store::by_key_hash(db, office, &hash(keys, &secret)).await?;
    found.ok_or_else(AppError::not_found)
}

/// Who holds a key: the person themselves, by a link.
pub fn holder(row: &Model) -> Actor {
    Actor::person(row.person_id, Channel::Qr)
}

/// The address that a key opens, in capitals so that its QR code stays small.
pub fn address(public_url: &str, secret: &Secret) -> String {
    format!("{public_url}/K/{}", secret.in_full())
}
