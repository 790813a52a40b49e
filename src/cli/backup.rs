//! `nightfair backup` and `nightfair restore`.
use super::{print, proof};
use crate::{
    account::store::{Access, office_ids, record_access},
    config::Common,
    error::AppResult,
    platform::{
        archive::{self, Archive, Order, Tell},
        clock::{Clock, SystemClock},
        db::{self, Db},
        secret,
    },
    server,
};
use anyhow::{Context, Result, bail, ensure};
use migrations::MigratorTrait;
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio_util::sync::CancellationToken;

/// Progress goes to the standard error, so that the last word alone is on the standard output.
fn tell() -> Tell {
    Arc::new(|line: &str| drop(writeln!(std::io::stderr(), "{line}")))
}

/// Work that cleans up behind itself when it is told to stop.
async fn unless_stopped<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let stop = CancellationToken::new();
    server::stop_when_asked(CancellationToken::new(), stop.clone(), Duration::ZERO)?;
    tokio::select! {
        done = work => done,
        () = stop.cancelled() => bail!("stopped before its end"),
    }
}

/// An open database that nothing is changed in by opening it.
pub async fn open(common: &Common, data: &Path) -> Result<Db> {
    let url = common.database(data);
    if let Some(path) = db::sqlite_path(&url) {
        ensure!(
            path.is_file(),
            "--database-url: there is no database {}",
            path.display()
        );
    }
    let db = Db::open(&url, Arc::new(SystemClock), false).await;
    db.context("--database-url: cannot open the database")
}

/// Takes an archive of everything while others go on writing.
pub async fn backup(common: &Common, out: &Path, with_keys: bool, verify: bool) -> Result<()> {
    let data = common.data("nightfair-data");
    ensure!(
        !out.exists(),
        "--out: {} exists; archives are never written over",
        out.display()
    );
    let db = open(common, &data).await?;
    // Sealed with another key, the archive could not be restored by whoever has the right one.
    super::keys(&db, &data).await?;
    let at = SystemClock.now();
    // Before the file is there: whoever takes data away leaves a trace, even if it goes wrong.
    note(&db, "backup", &told(out, with_keys)).await?;
    let order = Order {
        out: out.to_owned(),
        data: data.clone(),
        with_key: with_keys,
        at,
    };
    let taken = unless_stopped(Box::pin(archive::take(&db, order, &tell()))).await?;
    if with_keys {
        tell()(
            "ATTENTION: the key is in the archive. Whoever has the file reads every name and number.",
        );
    } else {
        tell()(
            "The key is NOT in the archive. Keep a copy of nightfair.key in another place: without it names and numbers cannot be read.",
        );
    }
    for uid in &taken.missing {
        tell()(&format!(
            "ATTENTION: the upload {uid} is missing or damaged on the disk"
        ));
    }
    print(&format!(
        "{}: {} rows, {} uploads, {} bytes",
        out.display(),
        taken.rows,
        taken.uploads,
        taken.bytes
    ))?;
    if verify {
        unless_stopped(Box::pin(try_out(out, &data)))
            .await
            .with_context(|| format!("{} could not be restored", out.display()))?;
    }
    Ok(())
}

/// A folder that is gone with everything in it when it is dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn beside(file: &Path) -> Result<Self> {
        let name = file
            .file_name()
            .context("--out: needs the name of a file")?;
        let name = format!(".{}.{}.trial", name.to_string_lossy(), secret::uid());
        let scratch = Self(file.with_file_name(name));
        super::make_folder(&scratch.0)?;
        Ok(scratch)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tell()(&format!(
                "ATTENTION: the scratch folder {} stays: {error}",
                self.0.display()
            ));
        }
    }
}

/// Restores an archive into a scratch folder, as somebody would who has nothing else but the key,
/// and proves the ledger there.
async fn try_out(file: &Path, data: &Path) -> Result<()> {
    let scratch = Scratch::beside(file)?;
    let key = fs::read(secret::key_file(data)).context("--data: the key")?;
    secret::private_file(&secret::key_file(&scratch.0))?.write_all(&key)?;
    let archive = Archive::open(file)?;
    let url = format!("sqlite://{}", scratch.0.join("nightfair.db").display());
    let laid = archive::lay(&archive, &url, &scratch.0, &tell()).await?;
    let db = Db::open(&url, Arc::new(SystemClock), true).await?;
    print(&format!(
        "restored into a scratch folder: {} rows, {} uploads",
        laid.rows, laid.uploads
    ))?;
    proof(&db).await
}

/// Puts everything into a file in the data folder before the schema of a used database changes, so
/// that there is a way back from a new program.
pub async fn before_upgrade(common: &Common, data: &Path) -> Result<()> {
    let url = common.database(data);
    let there = db::sqlite_path(&url).is_none_or(|path| path.is_file());
    if common.no_upgrade_backup || !there {
        return Ok(());
    }
    let waiting = db::pending(&url)
        .await
        .context("--database-url: cannot open the database")?;
    let new = waiting.len() == migrations::Migrator::migrations().len();
    if waiting.is_empty() || new {
        return Ok(());
    }
    let at = SystemClock.now();
    let folder = data.join("before-upgrade");
    super::make_folder(&folder)?;
    let out = folder.join(format!("{}.backup", at.format("%Y-%m-%dT%H%M%S%.3f")));
    let order = Order {
        out: out.clone(),
        data: data.to_owned(),
        with_key: false,
        at,
    };
    let db = Db::open(&url, Arc::new(SystemClock), false).await?;
    let taken = unless_stopped(Box::pin(archive::take(&db, order, &tell()))).await;
    taken
        .context("no backup before the schema changes (--no-upgrade-backup goes on without one)")?;
    print(&format!(
        "{}: everything as it was before {} steps of the schema",
        out.display(),
        waiting.len()
    ))
}

fn told(file: &Path, with_keys: bool) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    if with_keys {
        format!("{name} (with the key)")
    } else {
        name.into_owned()
    }
}

/// How often a line in the record is tried; each time waits some seconds for its turn.
const TRIES: usize = 12;

/// Puts a line for every office into the record of who looked at and took what. A serving program
/// that writes without pause leaves other processes little room, so it is tried again.
async fn note(db: &Db, action: &'static str, file: &str) -> Result<()> {
    let mut tried = 1;
    loop {
        match note_once(db, action, file.to_owned()).await {
            Err(error) if error.code() == Some("unavailable") && tried < TRIES => {
                tell()("the database is busy; trying again");
                tried += 1;
            }
            noted => return noted.context("cannot note it in the record"),
        }
    }
}

async fn note_once(db: &Db, action: &'static str, file: String) -> AppResult<()> {
    let offices = office_ids(db.read()).await?;
    let noted = db.write(move |tx| async move {
        for office in offices {
            let access = Access {
                office,
                account: None,
                action,
                subject: "database",
                subject_id: None,
                reason: &file,
                ip: "command line",
            };
            record_access(&tx, access).await?;
        }
        Ok(())
    });
    noted.await
}

/// Lays an archive down in an empty database and proves the ledger.
pub async fn restore(common: &Common, from: &Path) -> Result<()> {
    let data = common.data("nightfair-data");
    let archive = Archive::open(from)?;
    super::make_folder(&data)?;
    let alone = super::alone(common, &data)?;
    let url = common.database(&data);
    let laid = unless_stopped(Box::pin(archive::lay(&archive, &url, &data, &tell()))).await?;
    print(&format!(
        "{} rows in {} tables and {} uploads, as they were on {}",
        laid.rows,
        laid.tables,
        laid.uploads,
        archive.manifest.taken_at.to_rfc3339()
    ))?;
    if laid.key {
        print("The key came out of the archive.")?;
    }
    for uid in &archive.manifest.missing {
        tell()(&format!(
            "ATTENTION: the upload {uid} was missing when the archive was taken"
        ));
    }
    let waiting = db::pending(&url).await?;
    let db = Db::open(&url, Arc::new(SystemClock), true).await?;
    if !waiting.is_empty() {
        print(&format!(
            "{} newer steps of the schema taken",
            waiting.len()
        ))?;
    }
    note(&db, "restore", &told(from, false)).await?;
    proof(&db)
        .await
        .context("everything stands as in the archive, but")?;
    drop(alone);
    Ok(())
}
