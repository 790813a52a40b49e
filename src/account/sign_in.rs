//! Signing in and out, and slowing down those who guess.
use super::store::{self, Access};
use crate::{
    domain::{id::OfficeId, password},
    entity,
    error::{AppError, AppResult},
    platform::{App, secret},
};
use chrono::{DateTime, TimeDelta, Utc};

/// A session ends when it was not used for so long, …
pub const IDLE: TimeDelta = TimeDelta::minutes(30);
/// … or is so old.
pub const LIFE: TimeDelta = TimeDelta::hours(12);
/// Failures are counted over this time.
const WINDOW: TimeDelta = TimeDelta::minutes(15);
/// After so many failures from one address a login waits out the window there.
const MOST_FAILURES: usize = 10;

/// Who tries to sign in, from where.
pub struct SignIn {
    pub login: String,
    pub password: String,
    pub ip: String,
    pub device: String,
}

/// Checks a password and opens a session; answers its cookie value and the account.
///
/// # Errors
/// 422 `wrong_login` for an unknown login and a wrong password alike; 429 while the login waits.
pub async fn sign_in(app: &App, asked: SignIn) -> AppResult<(String, entity::account::Model)> {
    let office = app.settings.office;
    let login = asked.login.trim().to_lowercase();
    attempt(app, office, &login, &asked.ip).await?;
    let account = store::by_login(app.db.read(), office, &login).await?;
    let known = account.as_ref().map(|account| account.id);
    let account = account.filter(|account| account.disabled_at.is_none());
    let stored = account
        .as_ref()
        .map(|account| account.password_hash.clone());
    let fits = asked.password.chars().count() <= password::LONGEST;
    let right = fits && app.passwords.verify(asked.password, stored).await?;
    let Some(account) = account.filter(|_| right) else {
        app.db
            .write(move |tx| async move {
                let access = Access {
                    office,
                    account: None,
                    action: "sign_in_failed",
                    subject: "accounts",
                    subject_id: known.map(|id| id.0),
                    reason: "",
                    ip: &asked.ip,
                };
                store::record_access(&tx, access).await
            })
            .await?;
        return Err(AppError::unprocessable("wrong_login"));
    };
    let token = secret::token();
    let (hash, id) = (secret::token_hash(&token), account.id);
    app.db
        .write(move |tx| async move {
            store::forgive(&tx, office, &login).await?;
            store::insert_session(&tx, id, hash, asked.device, tx.now + IDLE).await?;
            let access = Access {
                office,
                account: Some(id),
                action: "sign_in",
                subject: "accounts",
                subject_id: Some(id.0),
                reason: "",
                ip: &asked.ip,
            };
            store::record_access(&tx, access).await
        })
        .await?;
    Ok((token, account))
}

/// Notes an attempt before the password is looked at, so that many at once cannot slip past the
/// count; a right password forgives it.
///
/// # Errors
/// 429 while the login waits.
pub async fn attempt(app: &App, office: OfficeId, login: &str, ip: &str) -> AppResult<()> {
    let (login, ip) = (login.to_owned(), ip.to_owned());
    app.db
        .write(move |tx| async move {
            let failures = store::failures(tx.conn(), office, &login, tx.now - WINDOW).await?;
            let all: Vec<_> = failures.iter().map(|f| f.at).collect();
            let here: Vec<_> = failures
                .iter()
                .filter(|f| f.ip == ip)
                .map(|f| f.at)
                .collect();
            if let Some(wait) = must_wait(&all, &here, tx.now) {
                return Err(AppError::too_many(wait));
            }
            store::record_attempt(&tx, office, &login, &ip).await
        })
        .await
}

/// Seconds that a login has to wait after its failures (newest first): nothing for two, then a
/// growing delay. It slows an attacker and locks nobody out for long; only the address that failed
/// ten times waits out the window.
fn must_wait(all: &[DateTime<Utc>], here: &[DateTime<Utc>], now: DateTime<Utc>) -> Option<u64> {
    let left = |newest: Option<&DateTime<Utc>>, pause: TimeDelta| {
        newest.map_or(TimeDelta::zero(), |newest| *newest + pause - now)
    };
    let pause = match all.len() {
        0..=2 => TimeDelta::zero(),
        3..=4 => TimeDelta::seconds(2),
        5..=9 => TimeDelta::seconds(10),
        _ => TimeDelta::seconds(30),
    };
    let slow = left(all.first(), pause);
    let locked = if here.len() >= MOST_FAILURES {
        left(here.first(), WINDOW)
    } else {
        TimeDelta::zero()
    };
    let left = slow.max(locked);
    (left > TimeDelta::zero()).then(|| u64::try_from(left.num_seconds()).unwrap_or(0) + 1)
}

pub async fn sign_out(app: &App, token: &str) -> AppResult<()> {
    let hash = secret::token_hash(token);
    app.db
        .write(move |tx| async move { store::delete_session(&tx, &hash).await })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_slow_down_and_are_forgotten() {
        let now = "2026-07-19T12:00:00Z".parse().unwrap();
        let failures = |n: usize| vec![now; n];
        assert_eq!(must_wait(&failures(2), &[], now), None);
        assert_eq!(must_wait(&failures(3), &[], now), Some(3));
        assert_eq!(must_wait(&failures(5), &[], now), Some(11));
        assert_eq!(must_wait(&failures(40), &failures(9), now), Some(31));
        assert_eq!(must_wait(&failures(10), &failures(10), now), Some(901));
        let later = now + WINDOW;
        assert_eq!(must_wait(&failures(10), &failures(10), later), None);
    }
}
