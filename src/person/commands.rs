//! Entering, correcting, opening and erasing a person.
use super::{
    card::{self, phone_hash, place, tail_hash},
    consent::{self, Given, Purpose},
    form::Reason,
    store::{self, Sealed},
};
use crate::{
    account::{
        Actor,
        store::{Access, record_access},
    },
    domain::{
        contact::{Contact, IdNumber, PersonName, Phone},
        id::{OfficeId, PersonId},
    },
    error::{AppError, AppResult},
    platform::{
        App, clock,
        db::WriteTx,
        secret::{self, Keys},
    },
};
use chrono::{DateTime, TimeDelta, Utc};

/// People that one account may open in one day.
pub const REVEALS_A_DAY: u64 = 100;

/// Finds the person behind a telephone number, or makes one. What people call themselves is what
/// they wrote last: whoever knows somebody's number learns nothing by writing it down.
pub async fn enter(
    tx: &WriteTx,
    keys: &Keys,
    office: OfficeId,
    contact: &Contact,
) -> AppResult<PersonId> {
    // Most are new, and one statement is less than two in the one queue of writers.
    let uid = secret::uid();
    let sealed = seal(keys, &uid, contact)?;
    if let Some(new) = store::insert_unless_known(tx, office, uid, sealed).await? {
        return Ok(new);
    }
    let hash = phone_hash(keys, &contact.phone);
    let known = store::by_phone(tx.conn(), office, &hash).await?;
    let known = known.ok_or_else(AppError::unavailable)?;
    store::set_contact(tx, known.id, seal(keys, &known.uid, contact)?).await?;
    Ok(known.id)
}

/// The person behind a telephone number, as the registry knows them; `contact` is written down only
/// when it does not.
pub async fn find_or_enter(
    tx: &WriteTx,
    keys: &Keys,
    office: OfficeId,
    contact: &Contact,
) -> AppResult<PersonId> {
    let hash = phone_hash(keys, &contact.phone);
    match store::by_phone(tx.conn(), office, &hash).await? {
        Some(known) => Ok(known.id),
        None => enter(tx, keys, office, contact).await,
    }
}

/// 只留电话的人: the person behind a number, as the registry knows them; somebody without a name when
/// it does not.
pub async fn enter_number(
    tx: &WriteTx,
    keys: &Keys,
    office: OfficeId,
    phone: &Phone,
) -> AppResult<PersonId> {
    let hash = phone_hash(keys, phone);
    if let Some(known) = store::by_phone(tx.conn(), office, &hash).await? {
        return Ok(known.id);
    }
    let uid = secret::uid();
    let sealed = keys.seal(&place(&uid, "phone"), phone.in_full())?;
    let new = store::insert_number_unless_known(tx, office, uid, sealed, hash.clone()).await?;
    if let Some(new) = new {
        return Ok(new);
    }
    let entered = store::by_phone(tx.conn(), office, &hash).await?;
    Ok(entered.ok_or_else(AppError::unavailable)?.id)
}

/// 未留电话的人: somebody who left no number, perhaps not even a name. Such a person is never found
/// again by anything but the case that knows it.
pub async fn enter_without_phone(
    tx: &WriteTx,
    keys: &Keys,
    office: OfficeId,
    name: Option<&PersonName>,
) -> AppResult<PersonId> {
    let uid = secret::uid();
    let sealed = name.map(|name| keys.seal(&place(&uid, "name"), name.in_full()));
    store::insert_without_phone(tx, office, uid, sealed.transpose()?).await
}

/// The person behind a telephone number, if the office has one.
pub async fn known(app: &App, office: OfficeId, phone: &Phone) -> AppResult<Option<PersonId>> {
    let hash = phone_hash(&app.keys, phone);
    let found = store::by_phone(app.db.read(), office, &hash).await?;
    Ok(found.map(|person| person.id))
}

/// Writes another name or number for a person.
///
/// # Errors
/// 404 when there is no such person or it was erased; 409 `phone_taken` when the number is
/// somebody else's.
pub async fn correct(
    tx: &WriteTx,
    keys: &Keys,
    office: OfficeId,
    person: PersonId,
    contact: &Contact,
) -> AppResult<()> {
    let row = store::find(tx.conn(), office, person).await?;
    let row = row.filter(|row| row.erased_at.is_none());
    let row = row.ok_or_else(AppError::not_found)?;
    let hash = phone_hash(keys, &contact.phone);
    let holder = store::by_phone(tx.conn(), office, &hash).await?;
    if holder.is_some_and(|holder| holder.id != person) {
        return Err(AppError::conflict("phone_taken"));
    }
    store::set_contact(tx, person, seal(keys, &row.uid, contact)?).await
}

/// Keeps an identity number; its consent is the caller's to record in the same transaction.
async fn keep_id_number(
    tx: &WriteTx,
    keys: &Keys,
    office: OfficeId,
    person: PersonId,
    number: &IdNumber,
) -> AppResult<()> {
    let row = store::find(tx.conn(), office, person).await?;
    let row = row.filter(|row| row.erased_at.is_none());
    let row = row.ok_or_else(AppError::not_found)?;
    let sealed = keys.seal(&place(&row.uid, "id_number"), number.in_full())?;
    let hash = keys.look_up("id_number", number.in_full());
    store::set_id_number(tx, person, sealed, hash).await
}

/// Corrects a person at the desk; who did it stands in the record.
pub(super) async fn correct_one(
    app: &App,
    actor: &Actor,
    person: PersonId,
    contact: Contact,
) -> AppResult<()> {
    let (keys, actor) = (app.keys.clone(), actor.clone());
    let done = app.db.write(move |tx| async move {
        correct(&tx, &keys, actor.office, person, &contact).await?;
        record(&tx, &actor, person, "correct").await
    });
    done.await
}

/// Keeps an identity number together with the separate agreement to it.
pub(super) async fn add_id_number(
    app: &App,
    actor: &Actor,
    person: PersonId,
    number: IdNumber,
    text_hash: String,
) -> AppResult<()> {
    let (keys, actor) = (app.keys.clone(), actor.clone());
    let done = app.db.write(move |tx| async move {
        keep_id_number(&tx, &keys, actor.office, person, &number).await?;
        let given = Given {
            person,
            purpose: Purpose::IdNumber,
            text_hash,
            channel: "desk".into(),
            employer: None,
            fields: vec!["id_number".into()],
            recorded_by: Some(actor.account),
        };
        consent::record(&tx, given).await?;
        record(&tx, &actor, person, "id_number").await
    });
    done.await
}

async fn record(tx: &WriteTx, actor: &Actor, person: PersonId, action: &str) -> AppResult<()> {
    let access = Access {
        office: actor.office,
        account: Some(actor.account),
        action,
        subject: "persons",
        subject_id: Some(person.0),
        reason: "",
        ip: "",
    };
    record_access(tx, access).await
}

/// Takes name, number and identity number out of the registry and ends all consents. The row
/// stays without a name, so that no statistic changes.
pub async fn erase(tx: &WriteTx, person: PersonId) -> AppResult<()> {
    if store::erase(tx, person).await? {
        store::withdraw_consents(tx, person, None).await?;
    }
    Ok(())
}

fn seal(keys: &Keys, uid: &str, contact: &Contact) -> AppResult<Sealed> {
    Ok(Sealed {
        name: keys.seal(&place(uid, "name"), contact.name.in_full())?,
        phone: keys.seal(&place(uid, "phone"), contact.phone.in_full())?,
        phone_hash: phone_hash(keys, &contact.phone),
        tail_hash: tail_hash(keys, &contact.name, contact.phone.tail4()),
    })
}

/// 查看原文: a person in full, shown once and never kept; what was never left is empty.
pub struct Revealed {
    pub name: String,
    pub phone: String,
    pub id_number: Option<String>,
}

/// Opens a person for a reason. The record of it stands before anything is shown.
///
/// # Errors
/// 422 without a reason of at least four characters; 404 when there is nobody; 429 beyond
/// [`REVEALS_A_DAY`].
pub async fn reveal(
    app: &App,
    actor: &Actor,
    person: PersonId,
    reason: &str,
    ip: String,
) -> AppResult<Revealed> {
    let reason = Reason::parse(reason)?;
    let row = store::find(app.db.read(), actor.office, person).await?;
    let row = row.filter(|row| row.erased_at.is_none());
    let row = row.ok_or_else(AppError::not_found)?;
    let (account, office) = (actor.account, actor.office);
    app.db
        .write(move |tx| async move {
            let since = midnight(tx.now);
            if store::reveals_since(&tx, account, since).await? >= REVEALS_A_DAY {
                let wait = since + TimeDelta::days(1) - tx.now;
                let wait = u64::try_from(wait.num_seconds()).unwrap_or(0) + 1;
                return Err(AppError::too_many(wait));
            }
            let access = Access {
                office,
                account: Some(account),
                action: "reveal",
                subject: "persons",
                subject_id: Some(person.0),
                reason: reason.as_str(),
                ip: &ip,
            };
            record_access(&tx, access).await
        })
        .await?;
    let name = card::name(&app.keys, &row)?;
    let phone = card::phone(&app.keys, &row)?;
    let sealed = row.id_number_sealed.as_deref();
    let id_number = sealed.map(|sealed| app.keys.open(&place(&row.uid, "id_number"), sealed));
    Ok(Revealed {
        name: name
            .map(|name| name.in_full().to_owned())
            .unwrap_or_default(),
        phone: phone
            .map(|phone| phone.in_full().to_owned())
            .unwrap_or_default(),
        id_number: id_number.transpose()?,
    })
}

/// The beginning of the day in Beijing.
fn midnight(now: DateTime<Utc>) -> DateTime<Utc> {
    let here = clock::beijing(now);
    let since = here.time().signed_duration_since(chrono::NaiveTime::MIN);
    now - since
}

#[cfg(test)]
mod tests {
    use super::midnight;

    #[test]
    fn the_day_begins_in_beijing() {
        let at = |text: &str| text.parse().unwrap();
        assert_eq!(
            midnight(at("2026-07-19T15:59:59Z")),
            at("2026-07-18T16:00:00Z")
        );
        assert_eq!(
            midnight(at("2026-07-19T16:00:00Z")),
            at("2026-07-19T16:00:00Z")
        );
    }
}
