//! 体检: what an operator should know before it becomes a loss. Each check looks and changes
//! nothing.
use super::{
    archive::{self, catalogue},
    db::{self, connect_to_look},
    secret::{self, Keys},
};
use crate::entity::{access_record, case, case_event, file, outbox};
use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::TryStreamExt;
use migrations::MigratorTrait;
use rustix::fs::{StatVfs, statvfs};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, DbBackend, EntityTrait, PaginatorTrait,
    QueryFilter, QueryOrder, Statement,
};
use serde::Serialize;
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    time::{Duration, SystemTime},
};

/// Below so many free bytes the database may stop taking writes at any moment.
pub const TOO_FULL: u64 = 200 << 20;
const SOON_FULL: u64 = 1 << 30;

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Ok,
    /// Works, and should be looked at.
    Warn,
    /// Does not work, or may lose data.
    Bad,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    pub name: &'static str,
    pub state: State,
    /// What was found.
    pub found: String,
    /// What to do about it; empty when all is well.
    pub todo: String,
}

impl Check {
    pub fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self::new(name, State::Ok, found, "")
    }

    pub fn warn(name: &'static str, found: impl Into<String>, todo: impl Into<String>) -> Self {
        Self::new(name, State::Warn, found, todo)
    }

    pub fn bad(name: &'static str, found: impl Into<String>, todo: impl Into<String>) -> Self {
        Self::new(name, State::Bad, found, todo)
    }

    pub fn new(
        name: &'static str,
        state: State,
        found: impl Into<String>,
        todo: impl Into<String>,
    ) -> Self {
        Self {
            name,
            state,
            found: found.into(),
            todo: todo.into(),
        }
    }
}

/// Bytes that the program may still write beside `path`.
///
/// # Errors
/// When the path is not there.
pub fn free_space(path: &Path) -> Result<u64> {
    let StatVfs {
        f_bavail, f_frsize, ..
    } = statvfs(path)?;
    Ok(f_bavail.saturating_mul(f_frsize))
}

/// The data folder: who may read it, whether the key is whole, what room is left.
pub fn folder(data: &Path) -> Vec<Check> {
    if !data.is_dir() {
        let found = format!("there is no folder {}", data.display());
        return vec![Check::bad("data folder", found, "name it with --data")];
    }
    vec![rights(data), key(data), space("free space", data)]
}

fn mode(path: &Path) -> Option<u32> {
    let about = fs::metadata(path).ok()?;
    Some(about.permissions().mode() & 0o777)
}

/// Whether nobody but the owner gets at it.
fn is_private(mode: u32) -> bool {
    (mode & 0o070, mode & 0o007) == (0, 0)
}

fn rights(data: &Path) -> Check {
    let name = "data folder";
    let found = format!(
        "{} has the mode {:03o}",
        data.display(),
        mode(data).unwrap_or(0)
    );
    let todo = format!("chmod 700 {}", data.display());
    match mode(data) {
        Some(mode) if is_private(mode) => Check::ok(name, found),
        Some(mode) if mode & 0o022 != 0 => Check::bad(name, found, todo),
        _ => Check::warn(name, found, todo),
    }
}

fn key(data: &Path) -> Check {
    let name = "key file";
    let path = secret::key_file(data);
    let Some(mode) = mode(&path) else {
        let todo = "put nightfair.key back from its copy; without it names and numbers stay sealed";
        return Check::bad(name, format!("{} is missing", path.display()), todo);
    };
    if let Err(error) = Keys::load(data) {
        return Check::bad(
            name,
            format!("{error:#}"),
            "put nightfair.key back from its copy",
        );
    }
    let found = format!("{} has the mode {mode:03o}", path.display());
    if is_private(mode) {
        Check::ok(name, found)
    } else {
        Check::bad(name, found, format!("chmod 600 {}", path.display()))
    }
}

/// Room on the disk under a path.
pub fn space(name: &'static str, path: &Path) -> Check {
    let todo = "make room: writes fail when the disk is full";
    match free_space(path) {
        Err(error) => Check::bad(name, format!("{}: {error:#}", path.display()), todo),
        Ok(bytes) => {
            let found = format!("{} MB at {}", bytes >> 20, path.display());
            match fullness(bytes) {
                State::Ok => Check::ok(name, found),
                state => Check::new(name, state, found, todo),
            }
        }
    }
}

fn fullness(free: u64) -> State {
    match free {
        ..TOO_FULL => State::Bad,
        TOO_FULL..SOON_FULL => State::Warn,
        SOON_FULL.. => State::Ok,
    }
}

/// How old the newest archive is, and whether it is still where it was put.
pub fn backup(data: &Path, now: DateTime<Utc>) -> Check {
    let name = "backup";
    let todo = "take one every night: nightfair backup --out FILE";
    let Some(last) = archive::last_taken(data) else {
        return Check::warn(name, "none was ever taken of this folder", todo);
    };
    let age = now - last.at;
    let found = format!("the newest is {} hours old", age.num_hours());
    let file = last.file.display();
    match fs::metadata(&last.file) {
        _ if age > TimeDelta::days(7) => Check::bad(name, found, todo),
        _ if age > TimeDelta::hours(36) => Check::warn(name, found, todo),
        Ok(about) if about.len() != last.bytes => {
            let found = format!("{file} has another size than when it was taken");
            Check::bad(name, found, "take another one")
        }
        _ if !last.missing.is_empty() => {
            let found = format!("{found}; {} uploads were missing", last.missing.len());
            Check::warn(name, found, "look at the check of uploads")
        }
        // Archives are carried away, as they should be.
        _ => Check::ok(name, found),
    }
}

/// Messages that nobody fetched out of the folder they are laid into.
pub fn spool(data: &Path, now: SystemTime) -> Check {
    let name = "outbox folder";
    let (mut waiting, mut old) = (0, 0);
    for entry in fs::read_dir(data.join("outbox"))
        .into_iter()
        .flatten()
        .flatten()
    {
        let age = entry.metadata().and_then(|about| about.modified());
        let age = age.ok().and_then(|at| now.duration_since(at).ok());
        waiting += 1;
        old += usize::from(age.is_some_and(|age| age > Duration::from_hours(72)));
    }
    let found = format!("{waiting} messages, {old} of them older than three days");
    if old == 0 {
        Check::ok(name, found)
    } else {
        let todo = "see that the gateway fetches the files of the folder outbox";
        Check::warn(name, found, todo)
    }
}

/// A certificate that ends takes the whole service away.
pub fn certificate(chain: &Path, now: DateTime<Utc>) -> Check {
    let name = "certificate";
    match ends(chain) {
        Err(error) => Check::bad(
            name,
            format!("{}: {error:#}", chain.display()),
            "--tls-cert must be a certificate chain (PEM)",
        ),
        Ok(end) => {
            let days = (end - now).num_days();
            let found = format!("ends on {} ({days} days)", end.date_naive());
            let state = match days {
                _ if end <= now => State::Bad,
                ..21 => State::Warn,
                21.. => return Check::ok(name, found),
            };
            let todo = "renew it and restart the program";
            Check::new(name, state, found, todo)
        }
    }
}

/// The first end of any certificate of a chain.
fn ends(chain: &Path) -> Result<DateTime<Utc>> {
    let text = fs::read(chain)?;
    let mut first = None;
    for pem in x509_parser::pem::Pem::iter_from_buffer(&text) {
        let pem = pem?;
        if pem.label != "CERTIFICATE" {
            continue;
        }
        let certificate = pem.parse_x509()?;
        let end = certificate.validity().not_after.timestamp();
        let end = DateTime::from_timestamp(end, 0).context("impossible time")?;
        first = Some(first.map_or(end, |known: DateTime<Utc>| known.min(end)));
    }
    first.context("holds no certificate")
}

/// The database, as far as it can be reached.
pub async fn database(url: &str, data: &Path, now: DateTime<Utc>) -> Vec<Check> {
    let name = "database";
    let todo = "see that it runs, and --database-url";
    let file = db::sqlite_path(url);
    if let Some(path) = &file
        && !path.is_file()
    {
        let found = format!("there is no {}", path.display());
        return vec![Check::bad(name, found, todo)];
    }
    let conn = match tokio::time::timeout(Duration::from_secs(5), connect_to_look(url)).await {
        Ok(Ok(conn)) => conn,
        Ok(Err(error)) => return vec![Check::bad(name, error.to_string(), todo)],
        Err(_) => return vec![Check::bad(name, "does not answer", todo)],
    };
    let mut checks = vec![Check::ok(name, "answers")];
    let schema = of(schema(&conn).await, "schema");
    let migrated = schema.state == State::Ok;
    checks.push(schema);
    match file {
        Some(file) => checks.extend(all(sqlite(&conn, &file).await, "SQLite")),
        None => checks.extend(all(postgres(&conn, now).await, "PostgreSQL")),
    }
    if migrated {
        checks.push(of(clock(&conn, now).await, "clock"));
        checks.push(of(uploads(&conn, data).await, "uploads"));
        checks.push(of(outbox(&conn, now).await, "outbox"));
        checks.push(of(index(&conn).await, "search index"));
    }
    checks
}

/// A check that could not be made is bad.
fn of(made: Result<Check>, name: &'static str) -> Check {
    made.unwrap_or_else(|error| Check::bad(name, format!("{error:#}"), "see the message"))
}

fn all(made: Result<Vec<Check>>, name: &'static str) -> Vec<Check> {
    made.unwrap_or_else(|error| vec![Check::bad(name, format!("{error:#}"), "see the message")])
}

async fn schema(conn: &DatabaseConnection) -> Result<Check> {
    let name = "schema";
    let taken = catalogue::steps(conn).await?;
    let known = migrations::Migrator::migrations();
    let newer = taken
        .iter()
        .find(|step| known.iter().all(|one| one.name() != *step));
    if let Some(step) = newer {
        let found = format!("the database is newer than this program ({step})");
        return Ok(Check::bad(name, found, "run the newer program"));
    }
    let waiting = known.len() - taken.len();
    Ok(if waiting == 0 {
        Check::ok(name, format!("all {} steps taken", taken.len()))
    } else {
        let found = format!("{waiting} steps are still to be taken");
        Check::bad(name, found, "nightfair migrate, after a backup")
    })
}

/// Whether the schema is the one of this program.
///
/// # Errors
/// When the database cannot be asked.
pub async fn is_migrated(conn: &impl ConnectionTrait) -> Result<bool> {
    let taken = catalogue::steps(conn).await?;
    Ok(taken.len() == migrations::Migrator::migrations().len())
}

async fn word(conn: &DatabaseConnection, question: &str) -> Result<String> {
    let rows = catalogue::ask(conn, question, []).await?;
    let row = rows.first().context("no answer")?;
    let number = row
        .try_get_by_index::<i64>(0)
        .map(|number| number.to_string());
    Ok(number.or_else(|_| row.try_get_by_index(0))?)
}

async fn sqlite(conn: &DatabaseConnection, file: &Path) -> Result<Vec<Check>> {
    let restore = "stop the program and restore the newest backup into an empty folder";
    let whole = word(conn, "PRAGMA quick_check(1)").await?;
    let loose = word(conn, "SELECT count(*) FROM pragma_foreign_key_check").await?;
    let journal = word(conn, "PRAGMA journal_mode").await?;
    let folder = file.parent().unwrap_or(Path::new("."));
    Ok(vec![
        if whole == "ok" {
            Check::ok("integrity", "the file is whole")
        } else {
            Check::bad("integrity", whole, restore)
        },
        if loose == "0" {
            Check::ok("foreign keys", "every row names rows that are there")
        } else {
            Check::bad(
                "foreign keys",
                format!("{loose} rows name nothing"),
                restore,
            )
        },
        if journal == "wal" {
            Check::ok("journal", "wal")
        } else {
            let todo = "start the program once; nothing else may set the journal mode";
            Check::bad("journal", journal, todo)
        },
        synchronous(file).await?,
        space("free space of the database", folder),
        here(folder),
    ])
}

/// SQLite sets this for each connection: asked of one that is made as the serving ones are.
async fn synchronous(file: &Path) -> Result<Check> {
    let conn = db::connect_as_reader(file).await?;
    let set = word(&conn, "PRAGMA synchronous").await?;
    conn.close().await?;
    Ok(if set == "2" {
        Check::ok(
            "synchronous",
            "full: an answer means that it is on the disk",
        )
    } else {
        Check::bad("synchronous", set, "this program was built wrongly")
    })
}

/// Locks and shared memory of SQLite do not work over a network.
fn here(folder: &Path) -> Check {
    /// NFS, SMB, CIFS, SMB2 (statfs(2)).
    const REMOTE: [u64; 4] = [0x6969, 0x517B, 0xFF53_4D42, 0xFE53_4D42];
    let name = "file system";
    let Ok(about) = rustix::fs::statfs(folder) else {
        return Check::bad(name, "cannot be asked", "see that the folder is there");
    };
    let kind = u64::try_from(about.f_type).unwrap_or_default() & 0xFFFF_FFFF;
    if REMOTE.contains(&kind) {
        let todo = "keep SQLite on a disk of this machine, or use PostgreSQL";
        Check::bad(name, "the database lies on another machine", todo)
    } else {
        Check::ok(name, "a disk of this machine")
    }
}

async fn postgres(conn: &DatabaseConnection, now: DateTime<Utc>) -> Result<Vec<Check>> {
    let version = word(conn, "SHOW server_version").await?;
    let number: u32 = word(conn, "SHOW server_version_num").await?.parse()?;
    let mut checks = vec![if number >= 140_000 {
        Check::ok("PostgreSQL", version)
    } else {
        Check::bad("PostgreSQL", version, "14 or newer is needed")
    }];
    for (name, question) in [
        ("fsync", "SHOW fsync"),
        ("full_page_writes", "SHOW full_page_writes"),
        ("synchronous_commit", "SHOW synchronous_commit"),
    ] {
        let set = word(conn, question).await?;
        checks.push(if set == "off" {
            let todo = format!("set {name} = on in postgresql.conf: what was answered can be lost");
            Check::bad(name, set, todo)
        } else {
            Check::ok(name, set)
        });
    }
    let there = Statement::from_string(DbBackend::Postgres, "SELECT clock_timestamp()");
    let row = conn.query_one_raw(there).await?.context("no answer")?;
    let there: DateTime<Utc> = row.try_get_by_index(0)?;
    let apart = (there - now).abs();
    let found = format!("{} ms apart", apart.num_milliseconds());
    let todo = "let both machines follow the same time server";
    checks.push(match apart.num_seconds() {
        ..2 => Check::ok("clock of the database", found),
        2..30 => Check::warn("clock of the database", found, todo),
        _ => Check::bad("clock of the database", found, todo),
    });
    Ok(checks)
}

/// A clock that went back makes records lie in the future.
async fn clock(conn: &DatabaseConnection, now: DateTime<Utc>) -> Result<Check> {
    let name = "clock";
    let record = access_record::Entity::find()
        .order_by_desc(access_record::Column::Id)
        .one(conn)
        .await?;
    let event = case_event::Entity::find()
        .order_by_desc(case_event::Column::Id)
        .one(conn)
        .await?;
    let event = event.and_then(|event| DateTime::from_timestamp_millis(event.recorded_ms));
    let newest = record.map(|record| record.at).max(event);
    let ahead = newest.map_or(TimeDelta::zero(), |at| at - now);
    Ok(if ahead > TimeDelta::minutes(1) {
        let found = format!(
            "the newest record lies {} s in the future",
            ahead.num_seconds()
        );
        Check::bad(
            name,
            found,
            "set the clock of this machine, from a time server",
        )
    } else {
        Check::ok(name, format!("{} UTC", now.format("%Y-%m-%d %H:%M:%S")))
    })
}

async fn uploads(conn: &DatabaseConnection, data: &Path) -> Result<Check> {
    let name = "uploads";
    let folder = data.join("files");
    let (mut all, mut lost) = (0, 0);
    let mut rows = file::Entity::find().stream(conn).await?;
    while let Some(row) = rows.try_next().await? {
        let about = fs::metadata(folder.join(&row.uid));
        all += 1;
        if !about.is_ok_and(|about| i64::try_from(about.len()) == Ok(row.bytes)) {
            lost += 1;
        }
    }
    Ok(if lost == 0 {
        Check::ok(name, format!("all {all} are there"))
    } else {
        let found = format!("{lost} of {all} are missing or damaged");
        let todo = "take them out of the newest backup (the folder files/ of the archive)";
        Check::bad(name, found, todo)
    })
}

async fn outbox(conn: &DatabaseConnection, now: DateTime<Utc>) -> Result<Check> {
    use outbox::Column;
    let name = "outbox";
    let open = outbox::Entity::find().filter(Column::DoneAt.is_null());
    let parked = open.clone().filter(Column::ParkedAt.is_not_null());
    let late = open
        .filter(Column::ParkedAt.is_null())
        .filter(Column::DueAt.lt(now - TimeDelta::minutes(15)));
    let (parked, late) = (parked.count(conn).await?, late.count(conn).await?);
    Ok(if late > 0 {
        let found = format!("{late} messages wait longer than 15 minutes");
        Check::bad(name, found, "see that the program serves, and its log")
    } else if parked > 0 {
        let found = format!("{parked} messages were given up");
        Check::warn(
            name,
            found,
            "see why, and let them be tried again (/office/outbox)",
        )
    } else {
        Check::ok(name, "nothing is stuck")
    })
}

async fn index(conn: &DatabaseConnection) -> Result<Check> {
    let name = "search index";
    let behind = case::Entity::find().filter(case::Column::Indexed.eq(false));
    let behind = behind.count(conn).await?;
    Ok(if behind == 0 {
        Check::ok(name, "holds every case")
    } else {
        let found = format!("{behind} cases are not in it yet");
        Check::warn(
            name,
            found,
            "the serving program takes them up minute by minute",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_becomes_scarce_before_it_is_gone() {
        assert_eq!(fullness(TOO_FULL - 1), State::Bad);
        assert_eq!(fullness(TOO_FULL), State::Warn);
        assert_eq!(fullness(SOON_FULL), State::Ok);
    }
}
