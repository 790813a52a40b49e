//! A backup is worth what can be restored from it: taken while others write, carried from one
//! database to the other and back, and refused as a whole when anything about it is wrong.
use crate::{
    cli::{Serving, err, out, program, run},
    demo::{self, NIGHT, ask, prepare},
    harness::{TestApp, fresh_schema, server_url},
    wire::{Office, SLUG, Wire, person},
};
use axum::http::Request;
use chrono::{DateTime, Utc};
use migrations::MigratorTrait;
use nightfair::{
    account::Actor,
    case::ledger,
    domain::role::Role,
    entity::{self, access_record, account, fair, file, registration},
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
use sea_orm::{
    ColumnTrait, ConnectionTrait, Database, EntityTrait, PaginatorTrait, QueryFilter,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{Read, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

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

/// Equal contents, table by table, with the numbers that were given out.
#[track_caller]
fn same(one: &Archive, other: &Archive) {
    let (one, other) = (hashes(one), hashes(other));
    for (table, rows) in &one {
        assert_eq!(Some(rows), other.get(table), "{table}");
    }
    assert_eq!(one.len(), other.len());
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

/// Registers people until it is told to stop: who was answered, with code and secret of the ticket,
/// and how long the longest took.
async fn keep_registering(
    mut wire: Wire,
    first: usize,
    answered: Arc<Mutex<Vec<(String, String)>>>,
    stop: Arc<AtomicBool>,
) -> Duration {
    let (mut n, mut longest) = (first, Duration::ZERO);
    while !stop.load(Ordering::Relaxed) {
        let begun = Instant::now();
        let path = format!("/fairs/{SLUG}/registrations");
        let (key, call) = (format!("key-{n:07}"), person(n));
        let heard = wire.post_once(&path, &key, &call).await.unwrap();
        let ticket = heard.expect(201)["ticket"].clone();
        longest = longest.max(begun.elapsed());
        let word = |name: &str| ticket[name].as_str().unwrap().to_owned();
        let told = (word("code"), word("secret"));
        answered.lock().unwrap().push(told);
        n += 1;
    }
    longest
}

/// A backup of the serving program, in a process of its own, between people who register.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_answered_before_a_backup_is_in_it() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("here");
    fs::create_dir(&data).unwrap();
    let office = Office::anywhere(&data).await;
    office.open_fair(SLUG, 90_000, "A 1-24").await;
    let (answered, stop) = (Arc::<Mutex<_>>::default(), Arc::new(AtomicBool::new(false)));
    let mut writers = JoinSet::new();
    for writer in 0..4 {
        let wire = office.wire().await;
        let (answered, stop) = (answered.clone(), stop.clone());
        writers.spawn(keep_registering(wire, writer * 100_000, answered, stop));
    }
    while answered.lock().unwrap().len() < 40 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let before = answered.lock().unwrap().clone();
    let file = dir.path().join("busy.backup");
    let path = file.to_str().unwrap().to_owned();
    let mut taking = program(&data);
    taking.args(["backup", "--out", &path]);
    if let Some(url) = &office.told.database {
        taking.env("NIGHTFAIR_DATABASE_URL", url);
    }
    let taken = tokio::task::spawn_blocking(move || taking.output().unwrap());
    let taken = taken.await.unwrap();
    assert!(taken.status.success(), "{}", err(&taken));
    stop.store(true, Ordering::Relaxed);
    let longest = writers.join_all().await.into_iter().max().unwrap();
    assert!(longest < Duration::from_secs(5), "one waited {longest:?}");
    let after = answered.lock().unwrap().len();
    assert!(after > before.len(), "they went on meanwhile");

    // Into an embedded database, whichever it came from.
    let new = folder(dir.path(), "new", &data);
    let back = run(&new, &["restore", "--from", file.to_str().unwrap()]);
    assert!(back.status.success(), "{}", err(&back));
    assert!(out(&back).contains("the ledger is whole"), "{}", out(&back));
    let proven = run(&new, &["verify-ledger"]);
    assert!(proven.status.success(), "{}", err(&proven));
    let serving = Serving::start(&new);
    let mut wire = Wire::open(&serving.host, "").await.unwrap();
    for (code, secret) in &before {
        let seen = wire.get(&format!("/tickets/{secret}")).await.unwrap();
        assert_eq!(seen.expect(200)["code"], **code);
    }
    // The picture is of one moment: as many tickets as places are taken, and nothing half done.
    let db = open(&sqlite(&new)).await;
    let fair = fair::Entity::find().one(db.read()).await.unwrap().unwrap();
    let tickets = registration::Entity::find().count(db.read()).await.unwrap();
    assert_eq!(u64::try_from(fair.registered).unwrap(), tickets);
    let people = entity::person::Entity::find().count(db.read()).await;
    assert_eq!(people.unwrap(), tickets);
    assert!(tickets >= before.len() as u64 && tickets <= after as u64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_backup_goes_to_the_other_database_and_back() {
    let dir = tempfile::tempdir().unwrap();
    let first = dir.path().join("demo");
    let now: DateTime<Utc> = NIGHT.parse().unwrap();
    let prepared = prepare(&first, now).await;
    let (app, _) = demo::serve(&first, now).await;
    seal(&app, "2026-10").await;
    let one = dir.path().join("one.backup");
    let taken = archive::take(&app.db, order(&first, one.clone()), &silent()).await;
    let taken = taken.unwrap();
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
    sound(&there).await;
    let two = dir.path().join("two.backup");
    archive::take(&there, order(&second, two.clone()), &silent())
        .await
        .unwrap();
    let two = Archive::open(&two).unwrap();
    same(&one, &two);

    // And back, into the product.
    let third = folder(dir.path(), "third", &first);
    archive::lay(&two, &sqlite(&third), &third, &silent())
        .await
        .unwrap();
    let three = dir.path().join("three.backup");
    let back = open(&sqlite(&third)).await;
    archive::take(&back, order(&third, three.clone()), &silent())
        .await
        .unwrap();
    same(&one, &Archive::open(&three).unwrap());
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

/// Somebody else who writes for longer than SQLite waits does not keep a backup from being taken.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_waits_for_a_busy_database() {
    let dir = tempfile::tempdir().unwrap();
    let (data, _) = small(dir.path()).await;
    let busy = Database::connect(format!("{}?mode=rw", sqlite(&data)));
    let busy = busy.await.unwrap();
    let immediate = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let writing = busy.begin_with_options(immediate).await.unwrap();
    let file = dir.path().join("late.backup");
    let mut taking = program(&data);
    taking.args(["backup", "--out", file.to_str().unwrap()]);
    let taken = tokio::task::spawn_blocking(move || taking.output().unwrap());
    tokio::time::sleep(Duration::from_secs(7)).await;
    assert!(!file.exists(), "not before it is in the record");
    writing.rollback().await.unwrap();
    let taken = taken.await.unwrap();
    assert!(taken.status.success(), "{}", err(&taken));
    assert!(err(&taken).contains("trying again"), "{}", err(&taken));
}

/// A bit that fell over somewhere, or an end that is missing: either the archive is refused, or the
/// bit was one that says nothing, such as the time of a part.
#[tokio::test]
async fn a_damaged_archive_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (data, good) = small(dir.path()).await;
    let bytes = fs::read(&good).unwrap();
    let whole = Archive::open(&good).unwrap().manifest;
    let new = folder(dir.path(), "new", &data);
    let bad = dir.path().join("bad");
    for cut in [0, 1, bytes.len() / 3, bytes.len() / 2, bytes.len() - 1] {
        fs::write(&bad, &bytes[..cut]).unwrap();
        let why = refused(&bad, &new).await;
        assert!(why.contains("no backup of Nightfair"), "{cut}: {why}");
    }
    let mut refusals = 0;
    for at in (0..bytes.len()).step_by(bytes.len() / 400) {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        fs::write(&bad, &flipped).unwrap();
        let read = Archive::open(&bad).and_then(|read| read.prove().map(|()| read.manifest));
        match read {
            Ok(manifest) => assert_eq!(manifest, whole, "a bit of byte {at}"),
            Err(_) => refusals += 1,
        }
    }
    assert!(refusals > 200, "{refusals} of 400");
    // One in the middle of a row, through the whole of the restoring.
    let (from, to) = part(&good, "tables/categories.jsonl");
    let mut flipped = bytes;
    flipped[usize::midpoint(from, to)] ^= 1;
    fs::write(&bad, &flipped).unwrap();
    let why = refused(&bad, &new).await;
    assert!(why.contains("is damaged"), "{why}");
}

/// Where the packed bytes of a part begin and end.
fn part(archive: &Path, name: &str) -> (usize, usize) {
    let mut zip = zip::ZipArchive::new(fs::File::open(archive).unwrap()).unwrap();
    let part = zip.by_name(name).unwrap();
    let from = usize::try_from(part.data_start().unwrap()).unwrap();
    (
        from,
        from + usize::try_from(part.compressed_size()).unwrap(),
    )
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
    let serving = Serving::start(&data);
    let taken = run(&data, &["backup", "--out", path, "--with-keys"]);
    let said = err(&taken);
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
    let said = err(&back);
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
    drop(db);

    // Without its own key a used database is neither served nor backed up.
    fs::remove_file(&key).unwrap();
    for words in [["serve", "--no-migrate"], ["backup", "--out=y.backup"]] {
        let asked = run(&new, &[&words[..], &["--database-url", &url]].concat());
        assert_eq!(asked.status.code(), Some(1));
        let why = err(&asked);
        assert!(why.contains("put the office's nightfair.key back"), "{why}");
        assert!(!key.exists(), "no other key is made");
    }
    let empty = run(
        &dir.path().join("nothing"),
        &["backup", "--out", "x.backup"],
    );
    assert_eq!(empty.status.code(), Some(1));
}
