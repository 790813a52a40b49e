//! What an operator asks of a running program and of its folder: metrics, readiness, the doctor.
use crate::{
    cli::{Serving, out, program, run},
    harness::{Reply, TestApp, fresh_schema, server_url},
    wire::{Office, SLUG, person},
};
use axum::{body::Body, extract::connect_info::MockConnectInfo, http::Request};
use chrono::TimeDelta;
use http_body_util::BodyExt;
use nightfair::{
    domain::role::Role,
    platform::{
        clock::{Clock, SystemClock},
        secret::Keys,
    },
    server,
};
use sea_orm::{ConnectionTrait, Database};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    net::SocketAddr,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output},
};
use tower::ServiceExt;

const TOKEN: &str = "a-token-nobody-guesses";

/// The value of the line that begins so.
fn value(text: &str, begins: &str) -> f64 {
    let line = text.lines().find(|line| line.starts_with(begins));
    let line = line.unwrap_or_else(|| panic!("no {begins} in {text}"));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn metrics_count_by_template_and_name_nobody() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    visitor.get("/healthz").await.expect(200);
    visitor.get("/livez").await.expect(200);
    visitor.get("/readyz").await.expect(200);
    visitor.get("/T/SECRETSECRETSECRET").await.expect(404);
    visitor.get("/T/OTHEROTHEROTHER00").await.expect(404);
    visitor.get("/no/such/13800138000").await.expect(404);
    let brew = visitor.request("BREW".parse().unwrap(), "/healthz");
    visitor
        .send(brew.body(Body::empty()).unwrap())
        .await
        .expect(405);
    app.role(Role::OfficeAdmin).await;

    let reply = from(&app, "127.0.0.1:9", &[]).await.expect(200);
    let kind = reply.headers["content-type"].to_str().unwrap().to_owned();
    assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
    let text = reply.text();
    is_prometheus_text(&text);
    let asked = |route: &str, status: &str| {
        format!("nightfair_requests_total{{route=\"{route}\",method=\"GET\",status=\"{status}\"}}")
    };
    let tickets = value(&text, &asked("/T/{secret}", "4xx"));
    assert!((tickets - 2.0).abs() < 0.1, "{text}");
    assert!(value(&text, &asked("/healthz", "2xx")) > 0.5);
    assert!(value(&text, &asked("none", "4xx")) > 0.5);
    let buckets = "nightfair_request_duration_seconds_count{route=\"/T/{secret}\"}";
    assert!(value(&text, buckets) > 1.5);
    assert!(value(&text, "nightfair_database_up") > 0.5);
    assert!(value(&text, "nightfair_database_bytes") > 100_000.0);
    assert!(value(&text, "nightfair_sessions") > 0.5);
    assert!(value(&text, "nightfair_memory_bytes") > 1e6);
    assert!(value(&text, "nightfair_free_bytes") > 1e6);
    assert!(value(&text, "nightfair_write_duration_seconds_count") > 0.5);
    assert!(value(&text, "nightfair_writes_waiting").abs() < 0.1);
    assert!(value(&text, "nightfair_outbox_parked").abs() < 0.1);
    if server_url().is_none() {
        assert!(value(&text, "nightfair_write_group_size_count") > 0.5);
    }
    for word in ["SECRET", "13800138000", "BREW", "office_admin", "localhost"] {
        assert!(!text.contains(word), "{word} is told");
    }
}

/// What the format demands: every sample belongs to a family whose type was told before, no family
/// comes twice, no sample either, and the buckets of a histogram add up to its count.
fn is_prometheus_text(text: &str) {
    let name = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    let (mut kinds, mut seen) = (BTreeMap::new(), BTreeSet::new());
    let mut buckets: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let mut counts = BTreeMap::new();
    for line in text.lines() {
        if let Some(told) = line.strip_prefix("# TYPE ") {
            let (family, kind) = told.split_once(' ').unwrap();
            assert!(name(family) && ["counter", "gauge", "histogram"].contains(&kind));
            assert_eq!(kinds.insert(family, kind), None, "{line}");
            continue;
        }
        if line.starts_with("# HELP ") {
            continue;
        }
        let (series, value) = line.rsplit_once(' ').unwrap();
        let value: f64 = value.parse().unwrap();
        assert!(seen.insert(series), "twice: {series}");
        let (sample, labels) = series.split_once('{').unwrap_or((series, "}"));
        assert!(name(sample) && labels.ends_with('}'), "{line}");
        let family = ["_bucket", "_sum", "_count"]
            .iter()
            .filter_map(|part| sample.strip_suffix(part))
            .find(|family| kinds.get(family) == Some(&"histogram"));
        assert!(family.is_some() || kinds.contains_key(sample), "{line}");
        let Some(family) = family else { continue };
        let of: Vec<_> = labels
            .trim_end_matches('}')
            .split(',')
            .filter(|label| !label.starts_with("le=") && !label.is_empty())
            .collect();
        let of = format!("{family} {}", of.join(","));
        if sample.ends_with("_bucket") {
            buckets.entry(of).or_default().push(value);
        } else if sample.ends_with("_count") {
            counts.insert(of, value);
        }
    }
    assert!(counts.len() > 3, "{text}");
    for (of, count) in counts {
        let steps = &buckets[&of];
        assert!(steps.is_sorted(), "{of}");
        assert!((steps.last().unwrap() - count).abs() < 0.1, "{of}");
    }
    assert!(text.ends_with('\n'));
}

async fn from(app: &TestApp, address: &str, headers: &[(&str, &str)]) -> Reply {
    let peer: SocketAddr = address.parse().unwrap();
    let router = server::router(app.app.clone()).layer(MockConnectInfo(peer));
    let mut request = Request::get("/metrics");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if headers.iter().all(|(name, _)| *name != "host") {
        request = request.header("host", "127.0.0.1:8080");
    }
    let request = request.header("accept", "application/json");
    let response = router
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap();
    let (head, body) = response.into_parts();
    Reply {
        status: head.status,
        headers: head.headers,
        bytes: body.collect().await.unwrap().to_bytes().into(),
    }
}

#[tokio::test]
async fn metrics_are_for_this_machine_or_for_whoever_has_the_token() {
    let app = TestApp::start().await;
    let right = format!("Bearer {TOKEN}");
    let right = [("authorization", right.as_str())];
    let wrong = [("authorization", "Bearer another-token-of-somebody")];
    from(&app, "127.0.0.1:9", &[]).await.expect(200);
    from(&app, "[::1]:9", &[]).await.expect(200);
    from(&app, "[::ffff:127.0.0.1]:9", &[]).await.expect(200);
    from(&app, "192.0.2.7:9", &[]).await.expect(403);
    from(&app, "192.0.2.7:9", &right).await.expect(403);
    for host in ["localhost:8080", "[::1]:8080", "127.0.0.2"] {
        from(&app, "127.0.0.1:9", &[("host", host)])
            .await
            .expect(200);
    }
    // A proxy on this machine passes on what comes from elsewhere.
    from(&app, "127.0.0.1:9", &[("host", "fair.example.cn")])
        .await
        .expect(403);
    from(&app, "127.0.0.1:9", &[("x-forwarded-for", "192.0.2.7")])
        .await
        .expect(403);
    app.app.metrics.lock_with(TOKEN);
    from(&app, "192.0.2.7:9", &right).await.expect(200);
    from(&app, "192.0.2.7:9", &wrong).await.expect(403);
    from(&app, "127.0.0.1:9", &[]).await.expect(403);
    from(&app, "127.0.0.1:9", &right).await.expect(200);
}

fn doctor(data: &Path, arguments: &[&str]) -> (Output, Value) {
    let mut all = vec!["doctor", "--json"];
    all.extend(arguments);
    let asked = run(data, &all);
    let told = serde_json::from_slice(&asked.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&asked.stderr)));
    (asked, told)
}

/// State of a check, and what it says.
fn check(told: &Value, name: &str) -> (String, String) {
    let checks = told["checks"].as_array().unwrap();
    let found = checks.iter().find(|check| check["name"] == name);
    let found = found.unwrap_or_else(|| panic!("no {name} in {told:#}"));
    let word = |key: &str| found[key].as_str().unwrap().to_owned();
    (word("state"), format!("{} {}", word("found"), word("todo")))
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[tokio::test]
async fn the_doctor_looks_at_everything_and_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let (asked, told) = doctor(&data, &[]);
    assert_eq!(asked.status.code(), Some(1));
    assert_eq!(check(&told, "data folder").0, "bad");
    assert!(!data.exists(), "looking makes nothing");

    let serving = Serving::start(&data);
    let folder = fs::metadata(&data).unwrap().permissions();
    assert_eq!(folder.mode() & 0o777, 0o700);
    let (asked, told) = doctor(&data, &["--public-url", "https://fair.example.cn"]);
    assert_eq!(asked.status.code(), Some(0), "{told:#}");
    for name in [
        "settings",
        "public address",
        "data folder",
        "key file",
        "database",
        "schema",
        "integrity",
        "foreign keys",
        "journal",
        "synchronous",
        "clock",
        "uploads",
        "outbox",
        "search index",
        "key of the database",
    ] {
        assert_eq!(check(&told, name).0, "ok", "{name}: {told:#}");
    }
    assert_eq!(check(&told, "backup").0, "warn");
    let file = dir.path().join("one.backup");
    let file = file.to_str().unwrap();
    assert!(run(&data, &["backup", "--out", file]).status.success());
    assert_eq!(check(&doctor(&data, &[]).1, "backup").0, "ok");
    // For people, in lines.
    let lines = out(&run(&data, &["doctor"]));
    assert!(lines.contains("ok    database"), "{lines}");
    assert!(lines.contains("warn  public address"), "{lines}");
    drop(serving);
}

/// The doctor ends with 1 and calls this one thing bad, and nothing else; what it says of it.
#[track_caller]
fn ill(data: &Path, name: &str) -> String {
    let (asked, told) = doctor(data, &[]);
    assert_eq!(asked.status.code(), Some(1), "{name}: {told:#}");
    assert_eq!(told["state"], "bad");
    let bad = told["checks"].as_array().unwrap().iter();
    let bad: Vec<_> = bad.filter(|check| check["state"] == "bad").collect();
    assert!(bad.len() == 1 && bad[0]["name"] == name, "{name}: {bad:#?}");
    assert_ne!(bad[0]["todo"], "", "says what to do");
    check(&told, name).1
}

#[track_caller]
fn well(data: &Path) {
    let (asked, told) = doctor(data, &[]);
    assert_eq!(asked.status.code(), Some(0), "{told:#}");
}

/// An office with one person and one backup.
async fn installation(dir: &Path) -> PathBuf {
    let data = dir.join("data");
    fs::create_dir(&data).unwrap();
    mode(&data, 0o700);
    let office = Office::embedded(&data);
    office.open_fair(SLUG, 100, "A 1-2").await;
    let path = format!("/fairs/{SLUG}/registrations");
    let mut wire = office.wire().await;
    let entered = wire.post_once(&path, "key-00001", &person(1)).await;
    entered.unwrap().expect(201);
    let file = dir.join("one.backup");
    let taken = run(&data, &["backup", "--out", file.to_str().unwrap()]);
    assert!(taken.status.success());
    office.serving.stop();
    data
}

#[tokio::test]
async fn the_doctor_names_what_is_wrong_with_the_folder() {
    let dir = tempfile::tempdir().unwrap();
    let data = installation(dir.path()).await;
    well(&data);
    mode(&data, 0o777);
    assert!(ill(&data, "data folder").contains("chmod 700"));
    mode(&data, 0o700);

    let key = data.join("nightfair.key");
    mode(&key, 0o644);
    assert!(ill(&data, "key file").contains("chmod 600"));
    mode(&key, 0o600);
    let own = fs::read(&key).unwrap();
    fs::remove_file(&key).unwrap();
    let (asked, told) = doctor(&data, &[]);
    assert_eq!(asked.status.code(), Some(1));
    let (state, words) = check(&told, "key file");
    assert!(state == "bad" && words.contains("is missing"), "{words}");
    assert!(!key.exists(), "looking makes nothing");
    Keys::load_or_create(&data).unwrap();
    assert!(ill(&data, "key of the database").contains("does not open"));
    fs::write(&key, own).unwrap();

    let (file, note) = (dir.path().join("one.backup"), data.join("backup.json"));
    let noted = fs::read_to_string(&note).unwrap();
    let mut old: Value = serde_json::from_str(&noted).unwrap();
    for (days, state) in [(1, "ok"), (2, "warn"), (8, "bad")] {
        old["at"] = (SystemClock.now() - TimeDelta::days(days))
            .to_rfc3339()
            .into();
        fs::write(&note, old.to_string()).unwrap();
        assert_eq!(check(&doctor(&data, &[]).1, "backup").0, state);
    }
    assert!(ill(&data, "backup").contains("192 hours"));
    fs::write(&note, noted).unwrap();
    fs::write(&file, "cut").unwrap();
    assert!(ill(&data, "backup").contains("another size"));
    fs::remove_file(&file).unwrap();
    well(&data);
}

#[tokio::test]
async fn the_doctor_names_what_is_wrong_with_the_database() {
    let dir = tempfile::tempdir().unwrap();
    let data = installation(dir.path()).await;
    let url = format!("sqlite://{}/nightfair.db?mode=rw", data.display());
    let db = Database::connect(url).await.unwrap();
    let free = "PRAGMA foreign_keys = OFF";
    db.execute_unprepared(free).await.unwrap();
    for (name, wrong, undone) in [
        (
            "clock",
            "INSERT INTO access_records (office_id, action, subject, reason, ip, at)
             VALUES (1, 'x', 'x', 'x', '', '2099-01-01T00:00:00+00:00')",
            "DELETE FROM access_records WHERE action = 'x'",
        ),
        (
            "foreign keys",
            "INSERT INTO areas (office_id, code, name, level, active, sort)
             VALUES (77, 'x', 'x', 'street', 1, 1)",
            "DELETE FROM areas WHERE office_id = 77",
        ),
        (
            "uploads",
            "INSERT INTO files (office_id, uid, purpose, mime, bytes, sha256, created_at)
             VALUES (1, 'ab', 'x', 'x', 1, 'x', '2026-01-01T00:00:00+00:00')",
            "DELETE FROM files",
        ),
        (
            "outbox",
            "INSERT INTO outbox (office_id, uid, topic, payload, created_at, due_at, attempts)
             VALUES (1, 'u', 't', '{}', '2026-01-01T00:00:00+00:00', '2026-01-01T00:00:00+00:00', 0)",
            "DELETE FROM outbox WHERE uid = 'u'",
        ),
        (
            "schema",
            "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20991231_000001_later', 1)",
            "DELETE FROM seaql_migrations WHERE version = 'm20991231_000001_later'",
        ),
    ] {
        db.execute_unprepared(wrong).await.unwrap();
        assert!(ill(&data, name).len() > 20);
        db.execute_unprepared(undone).await.unwrap();
    }
    db.close().await.unwrap();
    well(&data);
    fs::write(data.join("nightfair.db"), vec![7; 9000]).unwrap();
    let (asked, told) = doctor(&data, &[]);
    assert_eq!(asked.status.code(), Some(1), "{told:#}");
}

#[tokio::test]
async fn the_doctor_reads_the_settings_of_a_server() {
    let Some(base) = server_url() else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let url = fresh_schema(&base).await;
    let (_, told) = doctor_at(&data, &url);
    assert_eq!(check(&told, "data folder").0, "bad");
    fs::create_dir(&data).unwrap();
    let (_, told) = doctor_at(&data, &url);
    assert_eq!(check(&told, "schema").0, "bad", "{told:#}");
    assert!(
        run(&data, &["migrate", "--database-url", &url])
            .status
            .success()
    );
    let (_, told) = doctor_at(&data, &url);
    for name in [
        "schema",
        "PostgreSQL",
        "synchronous_commit",
        "clock of the database",
    ] {
        assert_eq!(check(&told, name).0, "ok", "{told:#}");
    }
    // The server of the tests is told to forget: it must not pass.
    let db = Database::connect(&url).await.unwrap();
    let row = db.query_one_raw(sea_orm::Statement::from_string(
        db.get_database_backend(),
        "SHOW fsync",
    ));
    let fsync: String = row.await.unwrap().unwrap().try_get_by_index(0).unwrap();
    let expected = if fsync == "off" { "bad" } else { "ok" };
    assert_eq!(check(&told, "fsync").0, expected);
    let away = "postgres://nobody@127.0.0.1:9/nothing";
    assert_eq!(check(&doctor_at(&data, away).1, "database").0, "bad");
}

fn doctor_at(data: &Path, url: &str) -> (Output, Value) {
    doctor(data, &["--database-url", url])
}

/// A certificate as an office has it, made by the tool that offices use.
fn certificate(dir: &Path, days: &str) -> bool {
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ed25519",
            "-nodes",
            "-subj",
            "/CN=fair.test",
        ])
        .args(["-days", days, "-keyout", "key.pem", "-out", "cert.pem"])
        .current_dir(dir)
        .output();
    made.is_ok_and(|made| made.status.success())
}

#[tokio::test]
async fn the_doctor_knows_when_the_certificate_ends() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    fs::create_dir(&data).unwrap();
    let (chain, key) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
    let ask = || {
        let mut asked = program(&data);
        asked.args(["doctor", "--json", "--tls-cert"]).arg(&chain);
        let asked = asked.arg("--tls-key").arg(&key).output().unwrap();
        serde_json::from_slice::<Value>(&asked.stdout).unwrap()
    };
    fs::write(&chain, "no certificate").unwrap();
    fs::write(&key, "no key").unwrap();
    assert_eq!(check(&ask(), "certificate").0, "bad");
    for (days, state) in [("400", "ok"), ("5", "warn")] {
        assert!(certificate(dir.path(), days), "openssl makes certificates");
        let told = ask();
        assert_eq!(check(&told, "certificate").0, state, "{told:#}");
    }
}
