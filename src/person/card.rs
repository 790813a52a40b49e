//! What pages show of a person: a mask, and the last four digits that people say at the gate.
use super::store;
use crate::{
    domain::{
        contact::{Contact, PersonName, Phone},
        id::{OfficeId, PersonId},
    },
    entity::person::Model,
    error::{AppError, AppResult},
    platform::secret::Keys,
};
use anyhow::anyhow;
use sea_orm::ConnectionTrait;
use serde::Serialize;
use std::collections::HashMap;

/// 人员卡片: masked. Both texts are empty when the person was erased, the number of who left none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Card {
    /// Names the person in addresses of staff pages.
    pub uid: String,
    /// `王**`
    pub name: String,
    /// `8000`
    pub tail: String,
    pub erased: bool,
}

/// Where a sealed column of a person lies.
pub(super) fn place(uid: &str, column: &str) -> String {
    format!("person:{uid}:{column}")
}

pub(super) fn name(keys: &Keys, row: &Model) -> AppResult<Option<PersonName>> {
    let Some(sealed) = &row.name_sealed else {
        return Ok(None);
    };
    let text = keys.open(&place(&row.uid, "name"), sealed)?;
    let unreadable = |_| anyhow!("stored name of person {} cannot be read", row.id);
    Ok(Some(PersonName::parse(&text).map_err(unreadable)?))
}

pub(super) fn phone(keys: &Keys, row: &Model) -> AppResult<Option<Phone>> {
    let Some(sealed) = &row.phone_sealed else {
        return Ok(None);
    };
    let text = keys.open(&place(&row.uid, "phone"), sealed)?;
    let unreadable = |_| anyhow!("stored phone of person {} cannot be read", row.id);
    Ok(Some(Phone::parse(&text).map_err(unreadable)?))
}

/// Name and number; nothing when either was never left, or both were erased.
pub(super) fn open(keys: &Keys, row: &Model) -> AppResult<Option<Contact>> {
    Ok(name(keys, row)?
        .zip(phone(keys, row)?)
        .map(|(name, phone)| Contact { name, phone }))
}

/// Whether what is sealed in the database was sealed with these keys: they are tried on the newest
/// people, of whom one row may be damaged. Where nobody is, any keys will do.
///
/// # Errors
/// When the database fails.
pub async fn is_key_of(db: &impl ConnectionTrait, keys: &Keys) -> AppResult<bool> {
    let newest = store::newest_phones(db, 5).await?;
    let opens = |(uid, sealed): &(String, Vec<u8>)| keys.open(&place(uid, "phone"), sealed).is_ok();
    Ok(newest.is_empty() || newest.iter().any(opens))
}

fn mask(keys: &Keys, row: &Model) -> AppResult<Card> {
    let mut card = Card {
        uid: row.uid.clone(),
        erased: row.erased_at.is_some(),
        ..Card::default()
    };
    if let Some(name) = name(keys, row)? {
        card.name = name.masked();
    }
    if let Some(phone) = phone(keys, row)? {
        phone.tail4().clone_into(&mut card.tail);
    }
    Ok(card)
}

/// The masked card of one person.
///
/// # Errors
/// 404 when the office has no such person.
pub async fn card(
    db: &impl ConnectionTrait,
    keys: &Keys,
    office: OfficeId,
    person: PersonId,
) -> AppResult<Card> {
    let row = store::find(db, office, person).await?;
    mask(keys, &row.ok_or_else(AppError::not_found)?)
}

/// The masked cards of a page of people, in one query.
pub async fn cards(
    db: &impl ConnectionTrait,
    keys: &Keys,
    office: OfficeId,
    people: &[PersonId],
) -> AppResult<HashMap<PersonId, Card>> {
    let rows = store::many(db, office, people).await?;
    rows.iter()
        .map(|row| Ok((row.id, mask(keys, row)?)))
        .collect()
}

/// Name and number in full, for whom the person agreed to share them with: ask
/// [`super::consent::covers`] first. Nothing when the person was erased.
pub async fn contact_of(
    db: &impl ConnectionTrait,
    keys: &Keys,
    office: OfficeId,
    person: PersonId,
) -> AppResult<Option<Contact>> {
    let row = store::find(db, office, person).await?;
    open(keys, &row.ok_or_else(AppError::not_found)?)
}

/// A name in full, to look for it in what is to be published and nothing else. Nothing when the
/// person left none or was erased.
pub async fn name_of(
    db: &impl ConnectionTrait,
    keys: &Keys,
    office: OfficeId,
    person: PersonId,
) -> AppResult<Option<PersonName>> {
    let row = store::find(db, office, person).await?;
    name(keys, &row.ok_or_else(AppError::not_found)?)
}

/// The people of an office with that surname and those last four digits: a few at most.
pub async fn ids_by_tail(
    db: &impl ConnectionTrait,
    keys: &Keys,
    office: OfficeId,
    surname: &PersonName,
    tail: &str,
) -> AppResult<Vec<PersonId>> {
    store::ids_by_tail(db, office, &tail_hash(keys, surname, tail)).await
}

pub(super) fn tail_hash(keys: &Keys, name: &PersonName, tail: &str) -> String {
    keys.look_up("tail", &format!("{} {tail}", name.surname_key()))
}

pub(super) fn phone_hash(keys: &Keys, phone: &Phone) -> String {
    keys.look_up("phone", &phone.e164())
}
