//! `nightfair doctor`: looks at everything an operator should know, and says what to do.
use super::print;
use crate::{
    config::{Common, Listening},
    person,
    platform::{
        clock::{Clock, SystemClock},
        db::connect_to_look,
        health::{self, Check, State},
        secret::Keys,
    },
};
use anyhow::{Result, bail};
use axum_server::tls_rustls::RustlsConfig;
use serde::Serialize;
use std::{path::Path, time::SystemTime};

#[derive(Serialize)]
struct Report {
    state: State,
    checks: Vec<Check>,
}

/// Runs every check; something bad ends with 1.
pub async fn run(common: &Common, listening: &Listening, json: bool) -> Result<()> {
    let checks = checks(common, listening).await;
    let state = checks.iter().map(|check| check.state).max();
    let report = Report {
        state: state.unwrap_or(State::Ok),
        checks,
    };
    if json {
        print(&serde_json::to_string_pretty(&report)?)?;
    } else {
        print(&told(&report.checks))?;
    }
    let bad = report
        .checks
        .iter()
        .filter(|check| check.state == State::Bad);
    match bad.count() {
        0 => Ok(()),
        1 => bail!("1 check is bad"),
        bad => bail!("{bad} checks are bad"),
    }
}

/// What is found, from the outside in.
pub async fn checks(common: &Common, listening: &Listening) -> Vec<Check> {
    let data = common.data("nightfair-data");
    let now = SystemClock.now();
    // Whoever came so far gave settings that can be read: a wrong one has stopped the start.
    let mut checks = vec![Check::ok("settings", "can be read"), address(common)];
    checks.extend(health::folder(&data));
    if let (Some(chain), Some(key)) = (&listening.tls_cert, &listening.tls_key) {
        checks.push(health::certificate(chain, now));
        if let Err(error) = RustlsConfig::from_pem_file(chain, key).await {
            let todo = "--tls-key must be the key of the certificate";
            checks.push(Check::bad("certificate's key", error.to_string(), todo));
        }
    }
    if data.is_dir() {
        checks.push(health::backup(&data, now));
        checks.push(health::spool(&data, SystemTime::now()));
        let database = health::database(&common.database(&data), &data, now).await;
        let usable = database
            .iter()
            .any(|check| check.name == "schema" && check.state == State::Ok);
        checks.extend(database);
        if usable {
            checks.push(sealed(common, &data).await);
        }
    }
    checks
}

/// Whether the key is the one with which names and numbers were sealed.
async fn sealed(common: &Common, data: &Path) -> Check {
    let name = "key of the database";
    let tried = async {
        let keys = Keys::load(data)?;
        let conn = connect_to_look(&common.database(data)).await?;
        anyhow::Ok(person::is_key_of(&conn, &keys).await?)
    };
    let todo = "put the office's own nightfair.key back from its copy";
    match tried.await {
        Ok(true) => Check::ok(name, "opens what is sealed"),
        Ok(false) => Check::bad(name, "does not open what is sealed", todo),
        Err(error) => Check::bad(name, format!("{error:#}"), todo),
    }
}

/// What QR codes carry must be reachable from a phone, and safely.
fn address(common: &Common) -> Check {
    let name = "public address";
    let Some(url) = &common.public_url else {
        let todo = "give --public-url: QR codes carry it";
        return Check::warn(name, "not given: where the program listens", todo);
    };
    let host = url.split("://").nth(1).unwrap_or_default();
    let local = ["localhost", "127.", "[::1]", "0.0.0.0"];
    if local.iter().any(|local| host.starts_with(local)) {
        let todo = "name the address that phones reach";
        return Check::warn(name, format!("{url} is this machine alone"), todo);
    }
    if url.starts_with("https://") {
        Check::ok(name, url.as_str())
    } else {
        let todo = "use https: passwords and numbers go over it";
        Check::warn(name, format!("{url} is not encrypted"), todo)
    }
}

fn told(checks: &[Check]) -> String {
    let lines = checks.iter().map(|check| {
        let state = match check.state {
            State::Ok => "ok  ",
            State::Warn => "warn",
            State::Bad => "BAD ",
        };
        let todo = if check.todo.is_empty() {
            String::new()
        } else {
            format!("\n{:34}→ {}", "", check.todo)
        };
        format!("{state}  {:<26}  {}{todo}", check.name, check.found)
    });
    lines.collect::<Vec<_>>().join("\n")
}
