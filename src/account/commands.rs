//! Signing in and out, and making accounts and tokens.
use super::store::{self, Access, NewAccount};
use crate::{
    domain::{
        id::{AccountId, EmployerId, OfficeId, UnitId},
        role::Role,
    },
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
/// After so many failures a login waits out the window.
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
    let now = app.db.now();
    let failures = store::failures(app.db.read(), office, &login, now - WINDOW).await?;
    if let Some(wait) = must_wait(&failures.iter().map(|f| f.at).collect::<Vec<_>>(), now) {
        return Err(AppError::too_many(wait));
    }
    let account = store::by_login(app.db.read(), office, &login).await?;
    let account = account.filter(|account| account.disabled_at.is_none());
    let stored = account
        .as_ref()
        .map(|account| account.password_hash.clone());
    let right = app.passwords.verify(asked.password, stored).await?;
    let Some(account) = account.filter(|_| right) else {
        app.db
            .write(move |tx| async move {
                store::record_attempt(&tx, office, &login, &asked.ip, false).await
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

/// Seconds that a login has to wait after its failures (newest first): nothing for two, then a
/// growing delay, then the rest of the window. It slows an attacker and locks nobody out for long.
fn must_wait(failures: &[DateTime<Utc>], now: DateTime<Utc>) -> Option<u64> {
    let newest = failures.first()?;
    let pause = match failures.len() {
        0..=2 => return None,
        3..=4 => TimeDelta::seconds(2),
        5..MOST_FAILURES => TimeDelta::seconds(10),
        _ => WINDOW,
    };
    let left = *newest + pause - now;
    (left > TimeDelta::zero()).then(|| u64::try_from(left.num_seconds()).unwrap_or(0) + 1)
}

pub async fn sign_out(app: &App, token: &str) -> AppResult<()> {
    let hash = secret::token_hash(token);
    app.db
        .write(move |tx| async move { store::delete_session(&tx, &hash).await })
        .await
}

/// What an account is made from; the password is hashed here.
pub struct Add {
    pub login: String,
    pub name: String,
    pub role: Role,
    pub unit: Option<UnitId>,
    pub employer: Option<EmployerId>,
    pub password: String,
    /// The first sign-in asks for a new password.
    pub must_change: bool,
}

/// # Errors
/// 409 `login_taken`.
pub async fn add(app: &App, add: Add) -> AppResult<AccountId> {
    let office = app.settings.office;
    let new = prepare(app, office, add).await?;
    let account = app
        .db
        .write(move |tx| async move { store::insert(&tx, new).await })
        .await?;
    Ok(account.id)
}

/// The row of an account to be inserted in a caller's transaction: hashing takes too long to be
/// done inside one.
pub async fn prepare(app: &App, office: OfficeId, add: Add) -> AppResult<NewAccount> {
    Ok(NewAccount {
        office,
        login: add.login.trim().to_lowercase(),
        name: add.name,
        role: add.role,
        unit: add.unit,
        employer: add.employer,
        password_hash: app.passwords.hash(add.password).await?,
        must_change: add.must_change,
    })
}

/// An API token, shown this once; only its hash is stored.
pub async fn add_token(app: &App, account: AccountId, label: String) -> AppResult<String> {
    let token = secret::token();
    let hash = secret::token_hash(&token);
    app.db
        .write(move |tx| async move { store::insert_token(&tx, account, hash, label).await })
        .await?;
    Ok(token)
}

/// Time that a first-run link is valid.
const SETUP: TimeDelta = TimeDelta::minutes(30);

/// A one-time link with which a new installation gets its first administrator: there is no default
/// password anywhere.
pub async fn open_setup(app: &App) -> AppResult<String> {
    let token = secret::token();
    let hash = secret::token_hash(&token);
    app.db
        .write(move |tx| async move { store::insert_setup(&tx, hash, tx.now + SETUP).await })
        .await?;
    Ok(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_slow_down_and_are_forgotten() {
        let now = "2026-07-19T12:00:00Z".parse().unwrap();
        let failures = |n: usize| vec![now; n];
        assert_eq!(must_wait(&failures(2), now), None);
        assert_eq!(must_wait(&failures(3), now), Some(3));
        assert_eq!(must_wait(&failures(10), now), Some(901));
        assert_eq!(must_wait(&failures(10), now + WINDOW), None);
    }
}
