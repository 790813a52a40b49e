//! A new program on old data: every step of the schema is taken over a database in which every table
//! has rows, every released schema goes on, and there is a way back.
use crate::{
    cli::{Serving, err, out, run},
    crash::number,
    harness::{fresh_schema, server_url},
};
use migrations::MigratorTrait;
use nightfair::platform::{
    archive::{Archive, Kind, catalogue},
    secret::{self, Keys},
};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement,
};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Where the archives of released programs are, one each, made with the key: `1.2.0.backup`.
const RELEASED: &str = "tests/released";

/// Tables that a step drops or makes anew on purpose: before it nothing was ever put in.
const MADE_ANEW: [(usize, &str); 2] = [(10, "clock_segments"), (12, "outbox")];

async fn connect(url: &str) -> DatabaseConnection {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    let db = Database::connect(options).await.unwrap();
    // Rows are put in that no rule between tables would let in.
    let alone = match db.get_database_backend() {
        DbBackend::Postgres => "SET session_replication_role = replica",
        _ => "PRAGMA foreign_keys = OFF",
    };
    db.execute_unprepared(alone).await.unwrap();
    db
}

async fn database(dir: &Path) -> String {
    match server_url() {
        Some(base) => fresh_schema(&base).await,
        None => format!("sqlite://{}?mode=rwc", dir.join("steps.db").display()),
    }
}

/// A value that a column takes, whatever it means.
fn value(table: &str, column: &str, kind: Kind, postgres: bool) -> String {
    match (table, column, kind) {
        ("case_events", "prev_hash", _) => "''".into(),
        // Another than the step that looks for the units of a case will find.
        ("case_units", "dispatch_no", _) => "7".into(),
        (_, _, Kind::Integer) => "1".into(),
        (_, _, Kind::Boolean) => "TRUE".into(),
        (_, _, Kind::Instant) => "'2026-07-19 11:30:00+00:00'".into(),
        (_, _, Kind::Date) => "'2026-07-19'".into(),
        (_, _, Kind::Json) if postgres => "'{}'::jsonb".into(),
        (_, _, Kind::Json) | (_, "state", Kind::Text) => "'{}'".into(),
        (_, _, Kind::Bytes) if postgres => "'\\x0102'::bytea".into(),
        (_, _, Kind::Bytes) => "x'0102'".into(),
        _ => "'word'".into(),
    }
}

type Row = BTreeMap<String, Option<String>>;

/// Every value of the first row of a table, as a text.
async fn first(db: &DatabaseConnection, table: &catalogue::Found) -> Option<Row> {
    let texts = table
        .columns
        .iter()
        .map(|column| format!("CAST(\"{}\" AS text)", column.name));
    let texts: Vec<_> = texts.collect();
    let question = format!(
        "SELECT {} FROM \"{}\" ORDER BY \"{}\" LIMIT 1",
        texts.join(", "),
        table.name,
        table.key[0]
    );
    let question = Statement::from_string(db.get_database_backend(), question);
    let row = db.query_one_raw(question).await.unwrap()?;
    let values = table.columns.iter().enumerate().map(|(at, column)| {
        let value = row.try_get_by_index::<Option<String>>(at).unwrap();
        (column.name.clone(), value)
    });
    Some(values.collect())
}

async fn fill(db: &DatabaseConnection, table: &catalogue::Found) {
    let postgres = db.get_database_backend() == DbBackend::Postgres;
    let names = table.columns.iter().map(|c| format!("\"{}\"", c.name));
    let values = table
        .columns
        .iter()
        .map(|c| value(&table.name, &c.name, c.kind, postgres));
    let insert = format!(
        "INSERT INTO \"{}\" ({}) VALUES ({})",
        table.name,
        names.collect::<Vec<_>>().join(", "),
        values.collect::<Vec<_>>().join(", ")
    );
    db.execute_unprepared(&insert)
        .await
        .unwrap_or_else(|error| panic!("{insert}: {error}"));
}

#[tokio::test]
async fn every_step_of_the_schema_keeps_what_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let db = connect(&database(dir.path()).await).await;
    let steps = migrations::Migrator::migrations().len();
    let mut known: BTreeMap<String, Row> = BTreeMap::new();
    for step in 1..=steps {
        migrations::Migrator::up(&db, Some(1)).await.unwrap();
        let tables = catalogue::tables(&db).await.unwrap();
        known.retain(|name, _| !MADE_ANEW.contains(&(step, name)));
        for (name, before) in &known {
            let table = tables.iter().find(|table| table.name == *name);
            let table = table.unwrap_or_else(|| panic!("step {step} loses the table {name}"));
            let now = first(&db, table).await.unwrap();
            for (column, value) in before {
                assert_eq!(now.get(column), Some(value), "step {step}: {name}.{column}");
            }
        }
        for table in &tables {
            if first(&db, table).await.is_none() {
                fill(&db, table).await;
            }
            let row = first(&db, table).await.unwrap();
            known.insert(table.name.clone(), row);
        }
    }
    assert!(known.len() > 60);
    let left = migrations::Migrator::get_pending_migrations_read_only(&db);
    assert_eq!(left.await.unwrap().len(), 0);
    db.close().await.unwrap();
}

/// The archives of released programs, oldest first.
fn released() -> Vec<PathBuf> {
    let files = fs::read_dir(RELEASED).unwrap();
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "backup"));
    files.sort();
    files
}

/// On the database that the test command names, and on the embedded one.
#[tokio::test]
async fn every_released_schema_goes_on_with_its_data() {
    let released = released();
    assert!(!released.is_empty());
    for file in released {
        let archive = Archive::open(&file).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        let mut restore = crate::cli::program(&data);
        let url = match server_url() {
            Some(base) => Some(fresh_schema(&base).await),
            None => None,
        };
        if let Some(url) = &url {
            restore.env("NIGHTFAIR_DATABASE_URL", url);
        }
        let restored = restore.arg("restore").arg("--from").arg(&file).output();
        let restored = restored.unwrap();
        assert!(restored.status.success(), "{}", err(&restored));
        assert!(out(&restored).contains("the ledger is whole"));
        let mut serve = crate::cli::program(&data);
        if let Some(url) = &url {
            serve.env("NIGHTFAIR_DATABASE_URL", url);
        }
        let serving = Serving::spawn(serve.args(["serve", "--listen", "127.0.0.1:0"]));
        assert_eq!(serving.get("/sign-in").0, 200);
        let (status, fairs) = serving.get("/api/v1/fairs");
        assert!(status == 200 && fairs.contains("\"slug\""), "{fairs}");
        assert_eq!(serving.stop(), 0);
        let rows = archive.manifest.rows();
        assert!(rows > 1000, "{rows} rows");
    }
}

/// A program of the step before the newest, with an office; the newest takes a backup before it
/// changes anything, and that backup goes on in the newest program too.
#[tokio::test]
async fn a_used_database_is_put_aside_before_its_schema_changes() {
    if server_url().is_some() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    fs::create_dir(&data).unwrap();
    Keys::load_or_create(&data).unwrap();
    let url = format!("sqlite://{}/nightfair.db?mode=rwc", data.display());
    let db = connect(&url).await;
    let before = migrations::Migrator::migrations().len() - 1;
    let steps = u32::try_from(before).unwrap();
    migrations::Migrator::up(&db, Some(steps)).await.unwrap();
    let office = "INSERT INTO offices (id, code, name, prefix, site, created_at) VALUES (1, 'main', '星光街道办事处', 'XG', '{}', '2026-07-19T00:00:00+00:00')";
    db.execute_unprepared(office).await.unwrap();
    db.close().await.unwrap();

    let migrated = run(&data, &["migrate"]);
    assert!(migrated.status.success(), "{}", err(&migrated));
    assert!(out(&migrated).contains("1 steps taken"));
    let kept = fs::read_dir(data.join("before-upgrade")).unwrap();
    let kept: Vec<_> = kept.map(|file| file.unwrap().path()).collect();
    assert_eq!(kept.len(), 1);
    let archive = Archive::open(&kept[0]).unwrap();
    assert_eq!(archive.manifest.migrations.len(), before);
    assert_eq!(archive.manifest.offices, ["星光街道办事处"]);
    // Nothing to change, nothing to put aside.
    assert!(run(&data, &["migrate"]).status.success());
    assert_eq!(
        fs::read_dir(data.join("before-upgrade")).unwrap().count(),
        1
    );

    // The way back leads into an empty folder with the key.
    let back = dir.path().join("back");
    fs::create_dir(&back).unwrap();
    fs::copy(secret::key_file(&data), secret::key_file(&back)).unwrap();
    let mut restore = crate::cli::program(&back);
    let restored = restore.arg("restore").arg("--from").arg(&kept[0]).output();
    let restored = restored.unwrap();
    assert!(restored.status.success(), "{}", err(&restored));
    assert!(out(&restored).contains("1 newer steps of the schema taken"));
    let db = connect(&format!("sqlite://{}/nightfair.db", back.display())).await;
    assert_eq!(number(&db, "SELECT count(*) FROM offices").await, 1);
    db.close().await.unwrap();
}

/// A backup that is tried out at once, and one that cannot be.
#[tokio::test]
async fn a_backup_is_restored_to_see_that_it_can_be() {
    if server_url().is_some() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let add = [
        "user",
        "add",
        "--login",
        "chen",
        "--name",
        "陈",
        "--role",
        "office_admin",
    ];
    assert!(run(&data, &add).status.success());
    let file = dir.path().join("one.backup");
    let path = file.to_str().unwrap();
    let taken = run(&data, &["backup", "--verify", "--out", path]);
    assert!(taken.status.success(), "{}", err(&taken));
    let said = out(&taken);
    assert!(said.contains("restored into a scratch folder"), "{said}");
    assert!(said.contains("the ledger is whole"), "{said}");
    let left: Vec<_> = fs::read_dir(dir.path()).unwrap().collect();
    assert_eq!(left.len(), 2, "only the folder and the archive: {left:?}");

    // A row that names nothing: the archive can be taken, and not be laid down.
    let db = connect(&format!("sqlite://{}/nightfair.db", data.display())).await;
    let loose = "INSERT INTO areas (office_id, code, name, level, active, sort) VALUES (77, 'x', 'x', 'street', 1, 1)";
    db.execute_unprepared(loose).await.unwrap();
    db.close().await.unwrap();
    let file = dir.path().join("two.backup");
    let taken = run(
        &data,
        &["backup", "--verify", "--out", file.to_str().unwrap()],
    );
    assert_eq!(taken.status.code(), Some(1));
    assert!(
        err(&taken).contains("could not be restored"),
        "{}",
        err(&taken)
    );
    let left: Vec<_> = fs::read_dir(dir.path()).unwrap().collect();
    assert_eq!(left.len(), 3, "no scratch folder stays: {left:?}");
}
