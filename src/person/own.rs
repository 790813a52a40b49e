//! What a person gets when asking for a copy of what is kept (个人信息保护法 45 条).
use super::{card, store};
use crate::{
    domain::id::{OfficeId, PersonId},
    error::{AppError, AppResult},
    platform::secret::Keys,
};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

/// Name, number and consents. An identity number is named but not written out: it is handed over
/// at the desk, because a ticket can be photographed.
pub async fn own_data(
    db: &impl ConnectionTrait,
    keys: &Keys,
    office: OfficeId,
    person: PersonId,
) -> AppResult<Value> {
    let row = store::find(db, office, person).await?;
    let row = row.ok_or_else(AppError::not_found)?;
    let contact = card::open(keys, &row)?;
    let consents = store::consents(db, person).await?;
    let consents: Vec<Value> = consents
        .into_iter()
        .map(|row| {
            json!({
                "purpose": row.purpose,
                "version": row.version,
                "text_sha256": row.text_hash,
                "channel": row.channel,
                "fields": row.fields,
                "given_at": row.given_at,
                "withdrawn_at": row.withdrawn_at,
            })
        })
        .collect();
    Ok(json!({
        "name": contact.as_ref().map(|contact| contact.name.in_full().to_owned()),
        "phone": contact.as_ref().map(|contact| contact.phone.in_full().to_owned()),
        "id_number_on_file": row.id_number_sealed.is_some(),
        "since": row.created_at,
        "consents": consents,
    }))
}
