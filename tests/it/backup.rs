//! A backup is worth what can be restored from it: taken while others write, carried from one
//! database to the other and back, and refused as a whole when anything about it is wrong.
use crate::{
    cli::{out, program, run},
    demo::{self, NIGHT, ask, prepare},
    harness::{TestApp, fresh_schema, server_url},
};
use axum::http::Request;
use chrono::{DateTime, Utc};
use migrations::MigratorTrait;
use nightfair::{
    account::{
        Actor,
        store::{Access, record_access},
    },
    case::ledger,
    domain::role::Role,
    entity::{access_record, account, file},
    oversight,
    platform::{
        App,
        archive::{self, Archive, Order, Tell, catalogue},
        clock::SystemClock,
        db::Db,
        once::Once,
        secret::{self, Keys},
    },
};
use sea_orm::{ColumnTrait, ConnectionTrait, Database, EntityTrait, PaginatorTrait, QueryFilter};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{Read, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

fn silent() -> Tell {
    Arc::new(|_: &str| ())
}

fn sqlite(data: &Path) -> String {
    format!("sqlite://{}/nightfair.db", data.display())
}

async fn open(url: &str) -> Db {
    Db::open(url, Arc::new(SystemClock), true).await.unwrap()
}

fn order(data: &Path, out: PathBuf) -> Order {
    Order {
        out,
        data: data.to_owned(),
        with_key: false,
        at: NIGHT.parse().unwrap(),
    }
}

/// An empty data folder with the key of another.
fn folder(parent: &Path, name: &str, key_of: &Path) -> PathBuf {
    let data = parent.join(name);
    fs::create_dir(&data).unwrap();
    fs::copy(secret::key_file(key_of), secret::key_file(&data)).unwrap();
    data
}

/// Another database than the embedded one when there is a server, and an embedded one otherwise.
async fn elsewhere(data: &Path) -> String {
    match server_url() {
        Some(base) => fresh_schema(&base).await,
        None => sqlite(data),
    }
}

/// What identifies the rows of each table, in their order.
fn hashes(archive: &Archive) -> BTreeMap<&str, (u64, &str, Option<i64>)> {
    let tables = archive.manifest.tables.iter();
    tables
        .map(|table| {
            let part = &table.part;
            let id = table.last_id;
            (table.name.as_str(), (part.lines, part.sha256.as_str(), id))
        })
        .collect()
}

#[tokio::test]
async fn no_table_is_forgotten() {
    let app = TestApp::start().await;
    let found = catalogue::tables(app.app.db.read()).await.unwrap();
    let names: BTreeSet<_> = found.iter().map(|table| table.name.clone()).collect();
    let mut known = BTreeSet::from(["case_search".to_owned(), "posting_search".to_owned()]);
    for entry in fs::read_dir("src/entity").unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        if let Some((_, rest)) = text.split_once("table_name = \"") {
            known.insert(rest.split('"').next().unwrap().to_owned());
        }
    }
    assert!(known.len() > 60);
    assert_eq!(names, known);
    for table in &found {
        assert!(!table.key.is_empty(), "{} has no order", table.name);
    }
}

/// Writes all the time, as fast as the database takes it, and tells how long the longest took.
async fn keep_writing(db: Db, office: i64, stop: Arc<AtomicBool>) -> (usize, Duration) {
    let (mut written, mut longest) = (0, Duration::ZERO);
    while !stop.load(Ordering::Relaxed) {
        let begun = Instant::now();
        let wrote = db.write(move |tx| async move {
            let access = Access {
                office: nightfair::domain::id::OfficeId(office),
                account: None,
                action: "export",
                subject: "fairs",
                subject_id: None,
                reason: "while a backup is taken",
                ip: "",
            };
            record_access(&tx, access).await
        });
        wrote.await.unwrap();
        longest = longest.max(begun.elapsed());
        written += 1;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    (written, longest)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_backup_under_writes_goes_to_the_other_database_and_back() {
    let dir = tempfile::tempdir().unwrap();
    let first = dir.path().join("demo");
    let now: DateTime<Utc> = NIGHT.parse().unwrap();
    let prepared = prepare(&first, now).await;
    let (app, _) = demo::serve(&first, now).await;
    seal(&app, "2026-10").await;
    let db = open(&sqlite(&first)).await;
    let stop = Arc::new(AtomicBool::new(false));
    let writing = tokio::spawn(keep_writing(db.clone(), 1, stop.clone()));
    tokio::time::sleep(Duration::from_millis(50)).await;
    let before = access_record::Entity::find()
        .count(db.read())
        .await
        .unwrap();
    let one = dir.path().join("one.backup");
    let taken = archive::take(&db, order(&first, one.clone()), &silent()).await;
    let taken = taken.unwrap();
    stop.store(true, Ordering::Relaxed);
    let (written, longest) = writing.await.unwrap();
    assert!(
        written > 5 && longest < Duration::from_secs(2),
        "{longest:?}"
    );
    assert_eq!(
        fs::metadata(&one).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert!(taken.missing.is_empty() && taken.uploads > 3, "{taken:?}");
    assert_eq!(
        archive::last_taken(&first).map(|last| last.rows),
        Some(taken.rows)
    );
    let names: Vec<_> = fs::read_dir(dir.path()).unwrap().collect();
    assert_eq!(names.len(), 2, "only the folder and the archive: {names:?}");

    // Over to the other database.
    let one = Archive::open(&one).unwrap();
    let second = folder(dir.path(), "second", &first);
    let url = elsewhere(&second).await;
    let laid = archive::lay(&one, &url, &second, &silent()).await.unwrap();
    assert_eq!(laid.rows, taken.rows);
    let there = open(&url).await;
    let kept = access_record::Entity::find()
        .count(there.read())
        .await
        .unwrap();
    assert!(kept >= before, "what was acknowledged before is in it");
    sound(&there).await;
    let two = dir.path().join("two.backup");
    archive::take(&there, order(&second, two.clone()), &silent())
        .await
        .unwrap();
    let two = Archive::open(&two).unwrap();
    let (before, after) = (hashes(&one), hashes(&two));
    for (table, rows) in &before {
        assert_eq!(Some(rows), after.get(table), "{table}");
    }
    assert_eq!(before.len(), after.len());

    // And back, into the product.
    let third = folder(dir.path(), "third", &first);
    archive::lay(&two, &sqlite(&third), &third, &silent())
        .await
        .unwrap();
    let (app, router) = demo::serve(&third, now).await;
    sound(&app.db).await;
    for row in file::Entity::find().all(app.db.read()).await.unwrap() {
        let of = |data: &Path| fs::read(data.join("files").join(&row.uid)).unwrap();
        assert_eq!(of(&first), of(&third));
    }
    // Numbers go on, and whoever had a password has it still.
    for user in &prepared.logins.users {
        let form = format!("login={}&password={}", user.login, user.password);
        let request =
            Request::post("/sign-in").header("content-type", "application/x-www-form-urlencoded");
        assert_eq!(ask(&router, request, &form).await.0, 303, "{}", user.login);
    }
    let officer = prepared
        .logins
        .users
        .iter()
        .find(|user| user.role == "placement_officer");
    let token = format!("Bearer {}", officer.unwrap().token);
    // Search and sealed names work with the same key.
    let request = Request::get("/api/v1/cases?limit=5").header("authorization", &token);
    let (status, body) = ask(&router, request, "").await;
    assert_eq!(status, 200, "{body}");
    assert!(
        body.contains("\"number\"") || body.contains("\"no\""),
        "{body}"
    );
}

/// What the secretary does when a month is over.
async fn seal(app: &App, month: &str) {
    let secretary = account::Entity::find().filter(account::Column::Role.eq(Role::Secretary));
    let secretary = secretary.one(app.db.read()).await.unwrap().unwrap();
    let actor = Actor {
        account: secretary.id,
        office: secretary.office_id,
        unit: None,
        employer: None,
        role: secretary.role,
        leader: false,
        name: secretary.name,
    };
    let sealed = oversight::seal_month(app, &actor, month, Once::unkeyed()).await;
    assert!(sealed.is_ok());
}

async fn sound(db: &Db) {
    let found = ledger::verify(db.read()).await.unwrap();
    assert_eq!(found.broken, None);
    assert!(found.cases > 100, "{}", found.cases);
    let months = oversight::verify(db.read()).await.unwrap();
    assert_eq!((months.broken, months.months), (None, 1));
}

/// A small installation, and an archive of it.
async fn small(dir: &Path) -> (PathBuf, PathBuf) {
    let data = dir.join("here");
    fs::create_dir(&data).unwrap();
    let added = program(&data)
        .args([
            "user",
            "add",
            "--login",
            "chen",
            "--name",
            "陈",
            "--role",
            "office_admin",
        ])
        .output()
        .unwrap();
    assert!(added.status.success());
    let db = open(&sqlite(&data)).await;
    let out = dir.join("small.backup");
    archive::take(&db, order(&data, out.clone()), &silent())
        .await
        .unwrap();
    (data, out)
}

/// Tries to restore and tells why it was refused; nothing may be left behind.
async fn refused(from: &Path, data: &Path) -> String {
    let before: BTreeSet<_> = names(data);
    let why = match Archive::open(from) {
        Ok(archive) => {
            let laid = archive::lay(&archive, &sqlite(data), data, &silent()).await;
            format!("{:#}", laid.unwrap_err())
        }
        Err(why) => format!("{why:#}"),
    };
    let mut after = names(data);
    after.retain(|name| !name.starts_with("nightfair.db"));
    let mut before = before;
    before.retain(|name| !name.starts_with("nightfair.db"));
    assert_eq!(before, after, "{why}");
    why
}

fn names(data: &Path) -> BTreeSet<String> {
    let inside = fs::read_dir(data).unwrap();
    inside
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[tokio::test]
async fn whatever_is_wrong_is_refused_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (data, good) = small(dir.path()).await;
    let bytes = fs::read(&good).unwrap();
    let new = folder(dir.path(), "new", &data);
    let file = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };

    let why = refused(&file("cut", &bytes[..bytes.len() - 40]), &new).await;
    assert!(why.contains("no backup of Nightfair"), "{why}");
    let why = refused(&file("text", b"hello"), &new).await;
    assert!(why.contains("no backup of Nightfair"), "{why}");
    let why = refused(&dir.path().join("nowhere"), &new).await;
    assert!(why.contains("nowhere"), "{why}");
    let other = rezip(&good, &dir.path().join("zip"), |_, _| None);
    assert!(
        refused(&other, &new)
            .await
            .contains("no backup of Nightfair")
    );

    // A row more, honestly packed: the hash does not fit.
    let more = rezip(&good, &dir.path().join("more"), |name, mut bytes| {
        if name == "tables/accounts.jsonl" {
            bytes.push(b'\n');
        }
        Some(bytes)
    });
    let why = refused(&more, &new).await;
    assert!(why.contains("accounts.jsonl is damaged"), "{why}");
    let gone = rezip(&good, &dir.path().join("gone"), |name, bytes| {
        (name != "tables/accounts.jsonl").then_some(bytes)
    });
    let why = refused(&gone, &new).await;
    assert!(why.contains("is not in the archive"), "{why}");
    // A table of contents that was written anew to hide it.
    let forged = rezip(&good, &dir.path().join("forged"), |name, bytes| {
        let text = String::from_utf8(bytes).unwrap();
        let forged = text.replace("\"offices\": [", "\"offices\": [\"X\",");
        Some(
            if name == "manifest.json" {
                forged
            } else {
                text
            }
            .into_bytes(),
        )
    });
    let why = refused(&forged, &new).await;
    assert!(why.contains("changed after it was taken"), "{why}");
    for (from, to) in [
        ("\"version\": 1", "\"version\": 9"),
        ("m20261123_000001_people", "m20991231_000001_later"),
    ] {
        let newer = rezip(&good, &dir.path().join("newer"), |name, bytes| {
            let text = String::from_utf8(bytes).unwrap();
            let text = if name == "manifest.json" {
                text.replace(from, to)
            } else {
                text
            };
            Some(text.into_bytes())
        });
        let why = refused(&newer, &new).await;
        assert!(
            why.contains("newer Nightfair") || why.contains("was changed"),
            "{why}"
        );
    }

    // The key.
    let keyless = dir.path().join("keyless");
    fs::create_dir(&keyless).unwrap();
    let why = refused(&good, &keyless).await;
    assert!(why.contains("nightfair.key"), "{why}");
    let foreign = dir.path().join("foreign");
    fs::create_dir(&foreign).unwrap();
    Keys::load_or_create(&foreign).unwrap();
    let why = refused(&good, &foreign).await;
    assert!(why.contains("another installation"), "{why}");

    // Something is there already.
    let why = refused(&good, &data).await;
    assert!(why.contains("not empty"), "{why}");
    let uploads = folder(dir.path(), "uploads", &data);
    fs::create_dir(uploads.join("files")).unwrap();
    fs::write(uploads.join("files/x"), "x").unwrap();
    let why = refused(&good, &uploads).await;
    assert!(why.contains("holds uploads already"), "{why}");
    assert!(uploads.join("files/x").is_file());

    // After all of that the good one still goes in.
    let archive = Archive::open(&good).unwrap();
    archive::lay(&archive, &sqlite(&new), &new, &silent())
        .await
        .unwrap();
    let db = open(&sqlite(&new)).await;
    let chen = account::Entity::find().filter(account::Column::Login.eq("chen"));
    assert_eq!(chen.count(db.read()).await.unwrap(), 1);

    // And an archive is never written over.
    let again = archive::take(&db, order(&new, good.clone()), &silent()).await;
    assert!(format!("{:#}", again.unwrap_err()).contains("exists"));
    assert_eq!(fs::read(&good).unwrap(), bytes);
}

/// The same parts, each as `change` wants it.
fn rezip(
    from: &Path,
    to: &Path,
    mut change: impl FnMut(&str, Vec<u8>) -> Option<Vec<u8>>,
) -> PathBuf {
    let mut old = zip::ZipArchive::new(fs::File::open(from).unwrap()).unwrap();
    let mut new = zip::ZipWriter::new(fs::File::create(to).unwrap());
    for at in 0..old.len() {
        let mut part = old.by_index(at).unwrap();
        let (name, mut bytes) = (part.name().unwrap().to_string(), Vec::new());
        part.read_to_end(&mut bytes).unwrap();
        if let Some(bytes) = change(&name, bytes) {
            let options = zip::write::SimpleFileOptions::default();
            new.start_file(name.as_str(), options).unwrap();
            new.write_all(&bytes).unwrap();
        }
    }
    new.finish().unwrap();
    to.to_owned()
}

#[tokio::test]
async fn a_row_that_breaks_a_rule_undoes_everything() {
    let dir = tempfile::tempdir().unwrap();
    let (data, _) = small(dir.path()).await;
    // Rows that name nobody, taken from a database that did not look.
    let loose = Database::connect(format!("{}?mode=rw", sqlite(&data)))
        .await
        .unwrap();
    loose
        .execute_unprepared("PRAGMA foreign_keys = OFF")
        .await
        .unwrap();
    loose
        .execute_unprepared("UPDATE accounts SET office_id = 77")
        .await
        .unwrap();
    loose.close().await.unwrap();
    let db = open(&sqlite(&data)).await;
    let out = dir.path().join("loose.backup");
    archive::take(&db, order(&data, out.clone()), &silent())
        .await
        .unwrap();
    let new = folder(dir.path(), "new", &data);
    let url = elsewhere(&new).await;
    let archive = Archive::open(&out).unwrap();
    let laid = archive::lay(&archive, &url, &new, &silent()).await;
    let why = format!("{:#}", laid.unwrap_err());
    assert!(
        why.contains("table accounts names rows that are not there"),
        "{why}"
    );
    assert!(!new.join("files").exists());
    let db = open(&url).await;
    assert_eq!(account::Entity::find().count(db.read()).await.unwrap(), 0);
    assert_eq!(
        nightfair::entity::office::Entity::find()
            .count(db.read())
            .await
            .unwrap(),
        0
    );
}

/// An archive of an older schema is laid down in that schema and brought up to date afterwards.
#[tokio::test]
async fn an_archive_of_an_older_schema_is_brought_up_to_date() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("old");
    fs::create_dir(&data).unwrap();
    Keys::load_or_create(&data).unwrap();
    let old = Database::connect(format!("{}?mode=rwc", sqlite(&data)))
        .await
        .unwrap();
    migrations::Migrator::up(&old, Some(6)).await.unwrap();
    old.execute_unprepared(
        "INSERT INTO offices (code, name, prefix, site, created_at)
         VALUES ('a', '甲', 'JD', '{\"b\": 1, \"a\": 2}', '2026-07-19T11:30:00.5+00:00')",
    )
    .await
    .unwrap();
    old.close().await.unwrap();
    let db = Db::open(&sqlite(&data), Arc::new(SystemClock), false)
        .await
        .unwrap();
    let out = dir.path().join("old.backup");
    archive::take(&db, order(&data, out.clone()), &silent())
        .await
        .unwrap();
    let archive = Archive::open(&out).unwrap();
    assert_eq!(archive.manifest.migrations.len(), 6);
    let new = folder(dir.path(), "new", &data);
    let url = elsewhere(&new).await;
    archive::lay(&archive, &url, &new, &silent()).await.unwrap();
    let db = open(&url).await;
    let office = nightfair::entity::office::Entity::find()
        .one(db.read())
        .await
        .unwrap();
    let office = office.unwrap();
    assert_eq!((office.name.as_str(), office.id.0), ("甲", 1));
    assert_eq!(office.site["a"], 2);
    let at: DateTime<Utc> = "2026-07-19T11:30:00.5Z".parse().unwrap();
    assert_eq!(office.created_at, at);
}

/// The two commands as an office runs them, beside the program that serves.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_commands_say_what_they_did() {
    let dir = tempfile::tempdir().unwrap();
    let (data, _) = small(dir.path()).await;
    let file = dir.path().join("whole.backup");
    let path = file.to_str().unwrap();
    let serving = crate::cli::Serving::start(&data);
    let taken = run(&data, &["backup", "--out", path, "--with-keys"]);
    let said = String::from_utf8_lossy(&taken.stderr).into_owned();
    assert!(taken.status.success(), "{said}");
    assert!(
        said.contains("ATTENTION: the key is in the archive"),
        "{said}"
    );
    assert!(out(&taken).contains("rows"), "{}", out(&taken));
    let again = run(&data, &["backup", "--out", path]);
    assert_eq!(again.status.code(), Some(1));
    // Not into the folder that is served.
    let back = run(&data, &["restore", "--from", path]);
    assert_eq!(back.status.code(), Some(1));
    drop(serving);

    let new = dir.path().join("new");
    let url = match server_url() {
        Some(base) => fresh_schema(&base).await,
        None => sqlite(&new),
    };
    let back = run(&new, &["restore", "--from", path, "--database-url", &url]);
    let said = String::from_utf8_lossy(&back.stderr).into_owned();
    assert!(back.status.success(), "{said}");
    assert!(out(&back).contains("the ledger is whole"), "{}", out(&back));
    let key = secret::key_file(&new);
    assert_eq!(
        fs::metadata(&key).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let db = open(&url).await;
    let noted = access_record::Entity::find().all(db.read()).await.unwrap();
    let noted: Vec<_> = noted
        .iter()
        .map(|row| (row.action.as_str(), row.reason.as_str()))
        .collect();
    assert!(
        noted.contains(&("backup", "whole.backup (with the key)")),
        "{noted:?}"
    );
    assert!(noted.contains(&("restore", "whole.backup")), "{noted:?}");
    let empty = run(
        &dir.path().join("nothing"),
        &["backup", "--out", "x.backup"],
    );
    assert_eq!(empty.status.code(), Some(1));
}
