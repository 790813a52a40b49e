//! 入场券: a registration as its holder and other capabilities see it.
use super::store::{self, ACTIVE};
use crate::{
    domain::{
        contact::tail4,
        fault::{Faults, FieldFault},
        group::TargetGroup,
        id::{FairId, OfficeId, PersonId, RegistrationId},
        ticket::{Code, Secret},
    },
    entity::{fair, registration},
    error::{AppError, AppResult},
    person,
    platform::{App, Settings, form::Sent, secret::Keys},
};
use axum::http::StatusCode;
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use chrono::{DateTime, Utc};
use std::net::IpAddr;

/// A registration without anything personal: who it is answers [`crate::person::card`].
#[derive(Clone, Debug)]
pub struct Ticket {
    pub id: RegistrationId,
    pub fair: FairId,
    pub person: PersonId,
    /// Names the registration in addresses of staff pages.
    pub uid: String,
    pub code: String,
    pub number: i64,
    pub groups: Vec<TargetGroup>,
    /// False when it was withdrawn.
    pub standing: bool,
    pub registered_at: DateTime<Utc>,
    pub first_in_at: Option<DateTime<Utc>>,
}

impl From<registration::Model> for Ticket {
    fn from(row: registration::Model) -> Self {
        Self {
            id: row.id,
            fair: row.fair_id,
            person: row.person_id,
            uid: row.uid,
            code: row.code,
            number: row.number,
            groups: groups(&row.groups),
            standing: row.status == ACTIVE,
            registered_at: row.registered_at,
            first_in_at: row.first_in_at,
        }
    }
}

/// The stored list of groups; codes that are no longer known are left out.
pub fn groups(stored: &serde_json::Value) -> Vec<TargetGroup> {
    let stored = stored.as_array().into_iter().flatten();
    stored
        .filter_map(|group| serde_json::from_value(group.clone()).ok())
        .collect()
}

/// The standing ticket with that secret, as scanned or typed; an address may stand before it.
///
/// # Errors
/// 404 when there is none in the office, 410 when it was withdrawn.
pub async fn by_secret(app: &App, office: OfficeId, raw: &str) -> AppResult<Ticket> {
    let secret = Secret::parse(last_part(raw)).map_err(|_| AppError::not_found())?;
    let found = store::by_secret(app.db.read(), office, &secret).await?;
    let (row, _) = found.ok_or_else(AppError::not_found)?;
    standing(row)
}

/// The standing ticket with that code in a fair.
///
/// # Errors
/// 404 when there is none, 410 when it was withdrawn.
pub async fn by_code(app: &App, fair: FairId, raw: &str) -> AppResult<Ticket> {
    let code = Code::parse(raw).map_err(|_| AppError::not_found())?;
    let row = store::by_code(app.db.read(), fair, &code).await?;
    standing(row.ok_or_else(AppError::not_found)?)
}

/// Registrations of any evening of the office that a code leads to.
///
/// # Errors
/// When the database is away.
pub async fn ids_by_code(
    app: &App,
    office: OfficeId,
    code: &Code,
) -> AppResult<Vec<RegistrationId>> {
    store::ids_by_code(app.db.read(), office, code).await
}

/// The standing ticket of an address that somebody opens. Wrong secrets are counted by address,
/// right ones are not: a whole market may share one.
///
/// # Errors
/// As [`by_secret`], 429 for who keeps guessing.
pub async fn open(app: &App, raw: &str, ip: IpAddr) -> AppResult<Ticket> {
    match by_secret(app, app.settings.office, raw).await {
        Err(error) if error.code() == Some("not_found") => {
            app.limits.guess_from(ip)?;
            Err(error)
        }
        found => found,
    }
}

/// Whoever says code and last four digits (`code`, `tail`), as they stand on the ticket; each code
/// can be tried a few times.
///
/// # Errors
/// 422 with the field that is wrong, 429 for who keeps guessing.
pub async fn recognise(
    app: &App,
    fair: &fair::Model,
    ip: IpAddr,
    sent: &Sent,
) -> AppResult<Ticket> {
    let mut faults = Faults::new();
    let code = faults.take("code", Code::parse(sent.get("code")));
    let tail = faults.take("tail", tail4(sent.get("tail")));
    let (code, tail) = faults.into_result(code.zip(tail))?;
    app.limits.guess_from(ip)?;
    let one_ticket = format!("{} {}", fair.id, code.as_str());
    app.limits.guess_at(&one_ticket)?;
    let nobody = || AppError::from(Faults::one("code", FieldFault::NotFound));
    let Ok(ticket) = by_code(app, fair.id, code.as_str()).await else {
        return Err(nobody());
    };
    let card = person::card(app.db.read(), &app.keys, fair.office_id, ticket.person).await?;
    if card.tail == tail {
        Ok(ticket)
    } else {
        Err(nobody())
    }
}

/// The ticket of a registration, withdrawn or not.
///
/// # Errors
/// 404 when there is none.
pub async fn by_id(app: &App, id: RegistrationId) -> AppResult<Ticket> {
    let row = store::by_id(app.db.read(), id).await?;
    Ok(row.ok_or_else(AppError::not_found)?.into())
}

fn standing(row: registration::Model) -> AppResult<Ticket> {
    let ticket = Ticket::from(row);
    if ticket.standing {
        Ok(ticket)
    } else {
        Err(withdrawn())
    }
}

/// What stands after the last slash: scanners send the whole address of a ticket.
pub fn last_part(raw: &str) -> &str {
    let raw = raw.trim().trim_end_matches('/');
    raw.rsplit('/').next().unwrap_or(raw)
}

/// Where the secret of a registration lies sealed.
pub(super) fn secret_place(uid: &str) -> String {
    format!("registration:{uid}:secret")
}

/// The secret of a ticket, for its first answer and for printing it again.
///
/// # Errors
/// 410 when the registration was withdrawn.
pub(super) fn secret_of(keys: &Keys, row: &registration::Model) -> AppResult<Secret> {
    if row.status != ACTIVE || row.secret_sealed.is_empty() {
        return Err(withdrawn());
    }
    let secret = keys.open(&secret_place(&row.uid), &row.secret_sealed)?;
    let unreadable = |_| anyhow::anyhow!("stored secret of registration {} is not one", row.id);
    Ok(Secret::parse(&secret).map_err(unreadable)?)
}

/// 410: the ticket was there and is no more.
pub(super) fn withdrawn() -> AppError {
    AppError::new(StatusCode::GONE, "ticket_withdrawn")
}

/// `/T/{secret}` of a registration, below which the pages of its ticket lie.
///
/// # Errors
/// 404 when there is none, 410 when it was withdrawn.
pub async fn base(app: &App, id: RegistrationId) -> AppResult<String> {
    let row = store::by_id(app.db.read(), id).await?;
    let secret = secret_of(&app.keys, &row.ok_or_else(AppError::not_found)?)?;
    Ok(format!("/T/{}", secret.in_full()))
}

fn cookie_name(settings: &Settings) -> &'static str {
    if settings.secure() {
        "__Host-ticket"
    } else {
        "ticket"
    }
}

/// Lets the holder's telephone know its ticket when it scans the code of a booth, until the
/// browser is closed: telephones are lent.
pub fn remember(app: &App, secret: &Secret) -> Cookie<'static> {
    Cookie::build((cookie_name(&app.settings), secret.in_full().to_owned()))
        .path("/")
        .secure(app.settings.secure())
        .http_only(true)
        .same_site(SameSite::Lax)
        .build()
}

/// The ticket that this telephone opened last, unless it was withdrawn.
///
/// # Errors
/// When the database is away.
pub async fn remembered(app: &App, jar: &CookieJar) -> AppResult<Option<Ticket>> {
    let Some(cookie) = jar.get(cookie_name(&app.settings)) else {
        return Ok(None);
    };
    match by_secret(app, app.settings.office, cookie.value()).await {
        Ok(ticket) => Ok(Some(ticket)),
        Err(AppError::Internal(error)) => Err(error.into()),
        Err(_) => Ok(None),
    }
}

/// The address of a ticket as its QR carries it.
pub fn address(app: &App, secret: &Secret) -> String {
    short_address(
        &app.settings.public_url,
        &format!("/T/{}", secret.in_full()),
    )
}

/// An address in upper case, so that a QR code stays small; scheme and host do not mind. A public
/// address with a path keeps its letters.
pub fn short_address(public_url: &str, path: &str) -> String {
    let host = public_url.split_once("://").map_or("", |(_, rest)| rest);
    if host.contains('/') {
        format!("{public_url}{path}")
    } else {
        format!("{}{path}", public_url.to_uppercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_short_and_upper_case() {
        assert_eq!(
            short_address("https://job.tmd.cn", "/T/04HMASW9NF6YY093"),
            "HTTPS://JOB.TMD.CN/T/04HMASW9NF6YY093"
        );
        assert_eq!(
            short_address("https://tmd.cn/night", "/T/X"),
            "https://tmd.cn/night/T/X"
        );
    }

    #[test]
    fn a_scanned_address_ends_in_the_secret() {
        for raw in ["HTTPS://X/T/ABC", " ABC ", "http://x/t/ABC/", "/T/ABC"] {
            assert_eq!(last_part(raw), "ABC");
        }
    }

    #[test]
    fn stored_groups_are_read_leniently() {
        let stored = serde_json::json!(["graduate", "gone", 7]);
        assert_eq!(groups(&stored), [TargetGroup::Graduate]);
        assert_eq!(groups(&serde_json::Value::Null), []);
    }
}
