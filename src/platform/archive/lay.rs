//! Lays an archive down: everything is checked before anything is written, and what was written
//! is taken back when it does not come to its end.
use super::{Archive, Tell, fill, take::sync_folder_of};
use crate::platform::{
    db::{begin_immediate, begin_schema, connect_to_fill},
    secret::{self, Keys},
};
use anyhow::{Context, Result, ensure};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend};
use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// What was laid down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Laid {
    pub rows: u64,
    pub tables: usize,
    pub uploads: u64,
    /// Whether the key came out of the archive.
    pub key: bool,
}

/// Lays an archive down in an empty database and a data folder without uploads.
///
/// # Errors
/// When the archive is not whole, the key does not fit, or something stands there already; nothing
/// of the archive is left behind then.
pub async fn lay(archive: &Archive, url: &str, data: &Path, tell: &Tell) -> Result<Laid> {
    // Known at once, before a large archive is read.
    let (_, key) = archive.key(data)?;
    fill::steps_of(&archive.manifest)?;
    let folder = data.join("files");
    ensure!(
        fs::read_dir(&folder).map_or(true, |mut inside| inside.next().is_none()),
        "--data: {} holds uploads already; name another folder",
        folder.display()
    );
    tell("checking the archive");
    let proven = archive.clone();
    let proving = tokio::task::spawn_blocking(move || proven.prove());
    proving.await.context("checking the archive")??;
    tell("the archive is whole");
    let mut uploads = Uploads::beside(&folder);
    let conn = connect_to_fill(url)
        .await
        .context("--database-url: cannot open the database")?;
    let tx = begin(&conn, archive).await?;
    fill::fill(&tx, archive, tell).await?;
    uploads.unpack(archive).await?;
    let placed = uploads.place().and_then(|()| match &key {
        Some(text) => Laying::new(text, data).map(Some),
        None => Ok(None),
    });
    let mut laying = placed?;
    tx.commit().await.context("the database did not take it")?;
    uploads.keep();
    if let Some(laying) = &mut laying {
        laying.keep();
    }
    if conn.get_database_backend() == DbBackend::Postgres {
        // So that the first questions are planned well.
        conn.execute_unprepared("ANALYZE").await?;
    }
    conn.close().await?;
    Ok(Laid {
        rows: archive.manifest.rows(),
        tables: archive.manifest.tables.len(),
        uploads: archive.manifest.upload_count,
        key: key.is_some(),
    })
}

/// The transaction in which everything happens, in a database with the schema of the archive.
async fn begin(
    conn: &sea_orm::DatabaseConnection,
    archive: &Archive,
) -> Result<DatabaseTransaction> {
    if conn.get_database_backend() == DbBackend::Postgres {
        let tx = begin_schema(conn).await?;
        let steps = fill::ensure_empty(&tx, &archive.manifest).await?;
        fill::migrate(&tx, steps).await?;
        return Ok(tx);
    }
    let steps = fill::ensure_empty(conn, &archive.manifest).await?;
    fill::migrate(conn, steps).await?;
    let tx = begin_immediate(conn).await?;
    // Nobody came between.
    fill::ensure_empty(&tx, &archive.manifest).await?;
    Ok(tx)
}

/// Uploads wait beside their place until the database takes the rows that name them.
struct Uploads {
    folder: PathBuf,
    draft: PathBuf,
    placed: bool,
    kept: bool,
}

impl Uploads {
    fn beside(folder: &Path) -> Self {
        let draft = folder.with_file_name(format!("files.{}", secret::uid()));
        Self {
            folder: folder.to_owned(),
            draft,
            placed: false,
            kept: false,
        }
    }

    async fn unpack(&self, archive: &Archive) -> Result<()> {
        let (archive, draft) = (archive.clone(), self.draft.clone());
        let unpacking = tokio::task::spawn_blocking(move || unpack(&archive, &draft));
        unpacking.await.context("unpacking uploads")?
    }

    fn place(&mut self) -> Result<()> {
        if self.folder.exists() {
            fs::remove_dir(&self.folder)?;
        }
        fs::rename(&self.draft, &self.folder)?;
        self.placed = true;
        sync_folder_of(&self.folder)
    }

    fn keep(&mut self) {
        self.kept = true;
    }
}

impl Drop for Uploads {
    fn drop(&mut self) {
        if !self.kept {
            let wrong = if self.placed {
                &self.folder
            } else {
                &self.draft
            };
            drop(fs::remove_dir_all(wrong));
        }
    }
}

fn unpack(archive: &Archive, folder: &Path) -> Result<()> {
    let mut zip = archive.zip()?;
    fs::create_dir(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for upload in archive.uploads()? {
        let upload = upload?;
        ensure!(upload.is_named_well(), "an upload has an impossible name");
        let mut part = zip.by_name(&upload.part())?;
        let mut file = File::create_new(folder.join(&upload.uid))?;
        io::copy(&mut part, &mut file)?;
        file.sync_all()?;
    }
    Ok(File::open(folder)?.sync_all()?)
}

/// A key that goes again unless the database took the rest.
struct Laying(Option<PathBuf>);

impl Laying {
    fn new(text: &str, data: &Path) -> Result<Self> {
        Keys::parse(text)?;
        let path = secret::key_file(data);
        let mut file = secret::private_file(&path)
            .with_context(|| format!("cannot make {}", path.display()))?;
        let laying = Self(Some(path));
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        Ok(laying)
    }

    fn keep(&mut self) {
        self.0 = None;
    }
}

impl Drop for Laying {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            drop(fs::remove_file(path));
        }
    }
}
