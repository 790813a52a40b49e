//! An intent is carried out once, however often its request arrives: the record of the key is
//! written in the same transaction as the effect, and a repeat gets the first answer.
use super::db::{Db, WriteTx, is_duplicate};
use crate::{
    entity::idempotency_key::{self, Column, Entity},
    error::{AppError, AppResult},
};
use axum::http::StatusCode;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

/// Names one intent: who, what, which key, and what was asked.
#[derive(Clone, Debug, Default)]
pub struct Once(Option<Key>);

#[derive(Clone, Debug)]
struct Key {
    scope: String,
    word: String,
    fingerprint: String,
}

/// What a command answered, and whether it had answered before.
pub struct Done<T> {
    pub value: T,
    pub replayed: bool,
}

impl Once {
    /// No key: every request is an intent of its own.
    pub fn unkeyed() -> Self {
        Self(None)
    }

    /// The same intent, for one of the several things it is about.
    pub fn part(&self, name: &str) -> Self {
        Self(self.0.as_ref().map(|key| Key {
            scope: format!("{} {name}", key.scope),
            ..key.clone()
        }))
    }

    /// `scope` is the principal and the route; `body` is what was sent.
    ///
    /// # Errors
    /// 400 when the key is not 1–64 visible ASCII characters.
    pub fn keyed(scope: String, key: &str, body: &[u8]) -> AppResult<Self> {
        let visible = key.bytes().all(|b| b.is_ascii_graphic());
        if key.is_empty() || key.len() > 64 || !visible {
            return Err(AppError::malformed("idempotency_key_malformed"));
        }
        let fingerprint = hex(&Sha256::digest(body));
        Ok(Self(Some(Key {
            scope,
            word: key.to_owned(),
            fingerprint,
        })))
    }
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
    ];
    let digit = |half: u8| DIGITS[usize::from(half)];
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

/// The answer of the first time, or that the key is new.
enum Known<T> {
    New,
    Answered(T),
}

/// Somebody else holds the key, and did not come to an end.
const TAKEN: &str = "idempotency_in_progress";
/// The key came with another body before.
const REUSED: &str = "idempotency_key_reused";

impl Db {
    /// What an intent was answered before, if it was: for a door that asks something else first.
    ///
    /// # Errors
    /// As [`Db::write_once`].
    pub async fn answered<T: DeserializeOwned>(&self, once: &Once) -> AppResult<Option<T>> {
        let Once(Some(key)) = once else {
            return Ok(None);
        };
        Ok(match known(self.read(), key).await? {
            Known::Answered(value) => Some(value),
            Known::New => None,
        })
    }

    /// Like [`Db::write`], but at most once for a key. The value is recorded: let it hold ids, never
    /// personal data or secrets.
    ///
    /// # Errors
    /// 422 `idempotency_key_reused` when the key came with another body before; 409
    /// `idempotency_in_progress` while the first request is still running.
    pub async fn write_once<T, W, F>(&self, once: Once, work: W) -> AppResult<Done<T>>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
        W: FnOnce(WriteTx) -> F + Send + 'static,
        F: Future<Output = AppResult<T>> + Send + 'static,
    {
        let Once(Some(key)) = once else {
            let value = self.write(work).await?;
            return Ok(Done {
                value,
                replayed: false,
            });
        };
        if let Known::Answered(value) = known(self.read(), &key).await? {
            return Ok(Done {
                value,
                replayed: true,
            });
        }
        let asked = key.clone();
        match self.write(move |tx| carry_out(tx, key, work)).await {
            Ok(value) => Ok(Done {
                value,
                replayed: false,
            }),
            // Whatever stood in the way may be what the same intent did a moment before.
            Err(error) => match known(self.read(), &asked).await {
                Ok(Known::Answered(value)) => Ok(Done {
                    value,
                    replayed: true,
                }),
                Err(reused) if reused.code() == Some(REUSED) => Err(reused),
                _ => Err(error),
            },
        }
    }
}

/// The work and the record of its key, which only one transaction can write: of two that run at once
/// the second undoes what it did.
async fn carry_out<T, W, F>(tx: WriteTx, key: Key, work: W) -> AppResult<T>
where
    T: Serialize,
    W: FnOnce(WriteTx) -> F,
    F: Future<Output = AppResult<T>>,
{
    let value = work(tx.share()).await?;
    let row = idempotency_key::ActiveModel {
        scope: Set(key.scope),
        key: Set(key.word),
        fingerprint: Set(key.fingerprint),
        status: Set(1),
        body: Set(serde_json::to_string(&value)?),
        created_at: Set(tx.now),
        ..Default::default()
    };
    match Entity::insert(row).exec_without_returning(tx.conn()).await {
        Ok(_) => Ok(value),
        Err(error) if is_duplicate(&error) => Err(AppError::conflict(TAKEN)),
        Err(error) => Err(error.into()),
    }
}

async fn known<T: DeserializeOwned>(db: &impl ConnectionTrait, key: &Key) -> AppResult<Known<T>> {
    let record = Entity::find()
        .filter(Column::Scope.eq(&key.scope))
        .filter(Column::Key.eq(&key.word))
        .one(db)
        .await?;
    match record {
        None => Ok(Known::New),
        Some(record) if record.fingerprint != key.fingerprint => {
            Err(AppError::new(StatusCode::UNPROCESSABLE_ENTITY, REUSED))
        }
        Some(record) => Ok(Known::Answered(serde_json::from_str(&record.body)?)),
    }
}
