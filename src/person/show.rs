//! Gathers what the page of a person shows.
use super::{
    card,
    consent::{self, Notice, Purpose},
    pages::{Agreed, Look, PersonPage},
    store,
};
use crate::{
    account::Actor,
    domain::id::PersonId,
    error::{AppError, AppResult},
    platform::{App, form::Form, text::Lang},
};

/// The person of an address, of the asker's office only.
pub async fn id_of(app: &App, actor: &Actor, uid: &str) -> AppResult<PersonId> {
    let row = store::by_uid(app.db.read(), actor.office, uid).await?;
    Ok(row.ok_or_else(AppError::not_found)?.id)
}

pub async fn id_notice(app: &App, actor: &Actor, lang: Lang) -> AppResult<Notice> {
    let collector = consent::collector(app.db.read(), actor.office, lang).await?;
    Ok(Notice::of(Purpose::IdNumber, lang, &collector, ""))
}

pub async fn person(app: &App, actor: &Actor, lang: Lang, uid: &str) -> AppResult<PersonPage> {
    let db = app.db.read();
    let row = store::by_uid(db, actor.office, uid).await?;
    let row = row.ok_or_else(AppError::not_found)?;
    let looks = store::accesses(db, actor.office, row.id).await?;
    let agreed = store::consents(db, row.id).await?;
    Ok(PersonPage {
        person: card::card(db, &app.keys, actor.office, row.id).await?,
        id_number: row.id_number_sealed.is_some(),
        opened: None,
        looks: looks
            .into_iter()
            .map(|(look, by)| Look {
                at: look.at.to_rfc3339(),
                by: by.unwrap_or_default(),
                action: look.action,
                reason: look.reason,
            })
            .collect(),
        agreed: agreed
            .into_iter()
            .map(|row| Agreed {
                purpose: row.purpose,
                version: row.version,
                at: row.given_at.to_rfc3339(),
                ended: row.withdrawn_at.map(|at| at.to_rfc3339()),
            })
            .collect(),
        notice: id_notice(app, actor, lang).await?,
        asked: "",
        form: Form::blank(),
        done: None,
    })
}
