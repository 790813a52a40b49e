//! 离线名单: what a scanner needs without a network, and nothing more: keyed hashes of secrets and
//! codes, masked names, two flags. The key is drawn for each pack and lives on that device.
//! A secret is not opened for it: what is hashed is what the database knows the secret by.
use super::store;
use crate::{
    account::Actor,
    domain::fair::FairStatus,
    entity::fair,
    error::AppResult,
    person,
    platform::{App, secret},
    seeker::{commands::note_export, fairs, store as registrations},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use sha2::Sha256;
use std::collections::HashMap;

/// A pack is of no use so long after the evening.
const KEPT: TimeDelta = TimeDelta::hours(6);
/// A device that reported nothing for so long does not stand at its gate any more.
const AT_WORK: TimeDelta = TimeDelta::minutes(30);
/// Bytes of a secret's hash: no two of a million tickets collide.
const OF_SECRET: usize = 8;
/// Bytes of a code's hash.
const OF_CODE: usize = 6;
/// People whose cards are fetched at a time.
const CHUNK: usize = 1000;

#[derive(Serialize, utoipa::ToSchema)]
pub struct Pack {
    pub fair: String,
    pub gate: String,
    pub made_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub cancelled: bool,
    pub capacity: i64,
    pub inside: i64,
    /// How many more the device may let in without asking: the gate's share of the places that are
    /// left, divided among the devices that are at work there.
    pub allotment: i64,
    /// base64url; `HMAC-SHA256(key, hex(SHA-256(secret)))` and `HMAC-SHA256(key, code)` are
    /// compared.
    pub key: String,
    /// `[first 8 bytes of the secret's hash, first 6 of the code's, masked name, flags]`;
    /// flags: 1 has come in before, 2 is on the square.
    #[schema(value_type = Vec<Vec<String>>)]
    pub items: Vec<(String, String, String, u8)>,
    /// `[first 6 bytes of the hash, which of the items]`: further codes that lead to a ticket.
    #[schema(value_type = Vec<Vec<String>>)]
    pub codes: Vec<(String, usize)>,
}

/// Makes the pack of a fair for one device at a gate; that it was handed out stands in the record.
pub async fn make(
    app: &App,
    actor: &Actor,
    fair: &fair::Model,
    (gate, device): (&str, &str),
) -> AppResult<Pack> {
    let rows = store::standing(app.db.read(), fair.id).await?;
    let key = secret::random::<32>();
    let mut items = Vec::with_capacity(rows.len());
    for rows in rows.chunks(CHUNK) {
        let people: Vec<_> = rows.iter().map(|row| row.person_id).collect();
        let cards = person::cards(app.db.read(), &app.keys, fair.office_id, &people).await?;
        for row in rows {
            let name = cards.get(&row.person_id).map(|card| card.name.clone());
            let came = u8::from(row.first_in_at.is_some());
            let inside = u8::from(row.inside) << 1;
            items.push((
                hash::<OF_SECRET>(&key, &row.secret_hash),
                hash::<OF_CODE>(&key, &row.code),
                name.unwrap_or_default(),
                came | inside,
            ));
        }
    }
    let places: HashMap<_, _> = rows.iter().map(|row| row.id).zip(0..).collect();
    let further = registrations::further_codes(app.db.read(), fair.id).await?;
    let further = further.iter().filter_map(|row| {
        let place = places.get(&row.registration_id)?;
        Some((hash::<OF_CODE>(&key, &row.code), *place))
    });
    let since = app.db.now() - AT_WORK;
    let others = store::other_devices(app.db.read(), fair.id, (gate, device), since).await?;
    note_export(app, actor, "registrations", fair.id.0, "pack").await?;
    Ok(Pack {
        codes: further.collect(),
        fair: fair.slug.clone(),
        gate: gate.to_owned(),
        made_at: app.db.now(),
        expires_at: fair.ends_at + KEPT,
        cancelled: fair.status == FairStatus::Cancelled,
        capacity: fair.capacity,
        inside: fair.inside,
        allotment: share(fair, others),
        key: URL_SAFE_NO_PAD.encode(key),
        items,
    })
}

/// With `others` at work at the same gate.
fn share(fair: &fair::Model, others: u64) -> i64 {
    let gates = i64::try_from(fairs::gates(fair).len()).unwrap_or(1);
    let devices = 1 + i64::try_from(others).unwrap_or(0);
    (fair.capacity - fair.inside).max(0) / gates.max(1) / devices
}

fn hash<const N: usize>(key: &[u8], text: &str) -> String {
    let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(key) else {
        unreachable!("HMAC takes keys of any length")
    };
    mac.update(text.as_bytes());
    URL_SAFE_NO_PAD.encode(&mac.finalize().into_bytes()[..N])
}
