//! Finds out who is asking: a session cookie for browsers, a bearer token for machines.
use super::{
    access::{Actor, MustChange},
    sign_in::{IDLE, LIFE},
    store,
};
use crate::{
    domain::{password, role::Role},
    entity::{account, web_session},
    error::{AppError, AppResult},
    platform::{App, Settings, api::Principal, page::Me, secret},
};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use chrono::TimeDelta;

/// Name of the session cookie; over TLS with the prefix that binds it to this host.
pub fn cookie_name(settings: &Settings) -> &'static str {
    if settings.secure() {
        "__Host-nightfair"
    } else {
        "nightfair"
    }
}

pub fn cookie(settings: &Settings, token: String) -> Cookie<'static> {
    Cookie::build((cookie_name(settings), token))
        .path("/")
        .http_only(true)
        .secure(settings.secure())
        .same_site(SameSite::Lax)
        .build()
}

/// Where a session that must change its password may still go.
pub const CHANGE_PASSWORD: &str = "/account/password";

/// Middleware: leaves the [`Actor`] in the request for doors and handlers.
pub async fn identify(State(app): State<App>, mut request: Request, next: Next) -> Response {
    match find(&app, request.headers()).await {
        Ok(Some(found)) => {
            let open = [CHANGE_PASSWORD, "/sign-out"].contains(&request.uri().path());
            let extensions = request.extensions_mut();
            if found.must_change {
                extensions.insert(MustChange);
            }
            if found.must_change && !open {
                return next.run(request).await;
            }
            let me = me(&found.actor);
            extensions.insert(Principal(format!("account:{}", found.actor.account)));
            extensions.insert(me.clone());
            extensions.insert(found.actor);
            let mut answer = next.run(request).await;
            // A page that explains a refusal is made further out, and says who is signed in as well.
            answer.extensions_mut().insert(me);
            answer
        }
        Ok(None) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

struct Found {
    actor: Actor,
    must_change: bool,
}

async fn find(app: &App, headers: &HeaderMap) -> AppResult<Option<Found>> {
    if let Some(token) = bearer(headers) {
        let owner = store::token_owner(app.db.read(), &secret::token_hash(token)).await?;
        let account = owner.ok_or_else(AppError::sign_in)?;
        return Ok(Some(Found {
            actor: actor(account),
            must_change: false,
        }));
    }
    let Some(hash) = cookie_hash(&app.settings, headers) else {
        return Ok(None);
    };
    let now = app.db.now();
    let found = store::session(app.db.read(), &hash, now).await?;
    let Some((session, account)) = found.filter(|(session, _)| session.created_at + LIFE > now)
    else {
        return Ok(None);
    };
    keep_open(app, session).await?;
    let aged = app.sign.get().site.classified_passwords
        && account.password_changed_at + TimeDelta::days(password::CLASSIFIED_DAYS) <= now;
    Ok(Some(Found {
        must_change: account.must_change || aged,
        actor: actor(account),
    }))
}

/// What the database knows this browser's session by.
pub fn cookie_hash(settings: &Settings, headers: &HeaderMap) -> Option<String> {
    let jar = CookieJar::from_headers(headers);
    let cookie = jar.get(cookie_name(settings))?;
    Some(secret::token_hash(cookie.value()))
}

/// Moves the end of a session in use, at most once a minute.
async fn keep_open(app: &App, session: web_session::Model) -> AppResult<()> {
    if app.db.now() - session.seen_at < TimeDelta::minutes(1) {
        return Ok(());
    }
    app.db
        .write(move |tx| async move {
            let end = (tx.now + IDLE).min(session.created_at + LIFE);
            store::touch_session(&tx, &session, end).await
        })
        .await
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    value.strip_prefix("Bearer ").map(str::trim)
}

fn actor(account: account::Model) -> Actor {
    Actor {
        account: account.id,
        office: account.office_id,
        unit: account.unit_id,
        employer: account.employer_id,
        role: account.role,
        leader: account.leader,
        name: account.name,
    }
}

fn me(actor: &Actor) -> Me {
    Me {
        name: actor.name.clone(),
        role: actor.role.code(),
        home: home(actor.role),
    }
}

/// Where a role's work begins.
pub fn home(role: Role) -> &'static str {
    match role {
        Role::Employer => "/employer",
        Role::OfficeAdmin
        | Role::PlacementOfficer
        | Role::GateSteward
        | Role::CoHost
        | Role::Board => "/office",
        _ => "/cases",
    }
}
