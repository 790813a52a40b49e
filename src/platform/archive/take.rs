//! Takes an archive: one reading transaction walks through every table while writers go on; a
//! thread of its own packs what was read, so memory holds a few chunks however much there is.
use super::{
    Archive, CHUNK, Tell,
    catalogue::{self, Found, ask},
    format::{
        self, FORMAT, KEY, KEY_CHECK, KEY_WORD, MANIFEST, Manifest, Meter, Part, SEAL,
        SEALED_MANIFEST, Table, UPLOADS, Upload, VERSION,
    },
    rows,
};
use crate::platform::{
    db::{Db, begin_snapshot},
    once::hex,
    secret::{self, Keys},
};
use anyhow::{Context, Result, ensure};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, Statement, StreamTrait};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};
use tokio::sync::mpsc;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// Chunks that may wait to be packed.
const WAITING: usize = 8;
/// Rows of a large table between two lines of progress.
const SIGN_OF_LIFE: u64 = 250_000;
/// Left in the data folder, so that `doctor` knows how old the newest archive is.
const LAST: &str = "backup.json";

/// What is to be taken, and where it goes.
pub struct Order {
    pub out: PathBuf,
    /// The data folder, with its uploads and its key.
    pub data: PathBuf,
    /// Put the key into the archive as well.
    pub with_key: bool,
    pub at: DateTime<Utc>,
}

/// An archive that was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    pub at: DateTime<Utc>,
    pub file: PathBuf,
    pub bytes: u64,
    pub rows: u64,
    pub uploads: u64,
    /// Uploads that rows name and the disk does not hold.
    pub missing: Vec<String>,
    pub with_key: bool,
}

/// The newest archive that was taken of a data folder, when one was.
pub fn last_taken(data: &Path) -> Option<Taken> {
    let text = fs::read(data.join(LAST)).ok()?;
    serde_json::from_slice(&text).ok()
}

/// Takes an archive while others write. It is there whole, durable and readable by its owner alone,
/// or it is not there.
///
/// # Errors
/// When the file exists, the key cannot be read, or the disk or the database gives up.
pub async fn take(db: &Db, order: Order, tell: &Tell) -> Result<Taken> {
    let keys = Keys::load(&order.data).context("--data")?;
    ensure!(
        !order.out.exists(),
        "--out: {} exists; archives are never written over",
        order.out.display()
    );
    let draft = Draft::new(&order.out)?;
    let (pieces, queue) = mpsc::channel(WAITING);
    let file = draft.create()?;
    let packing = tokio::task::spawn_blocking(move || pack(file, queue));
    let sender = Sender { pieces };
    let read = read_all(db, &order, &keys, sender, tell).await;
    let packed = packing.await.context("packing the archive")?;
    // What the disk said comes first: the reader only saw that nobody takes its chunks.
    let (zip, parts) = packed.context("--out: cannot write the archive")?;
    let manifest = read?.with(&parts)?;
    let taken = Taken {
        at: order.at,
        file: order.out.clone(),
        bytes: 0,
        rows: manifest.rows(),
        uploads: manifest.upload_count,
        missing: manifest.missing.clone(),
        with_key: manifest.with_key,
    };
    let bytes = tokio::task::spawn_blocking(move || {
        let bytes = close(zip, &manifest, &keys)?;
        // What the disk gives back is what counts.
        let written = Archive::open(&draft.0)?;
        ensure!(written.manifest == manifest, "it reads back otherwise");
        written.prove().context("it does not read back")?;
        draft.publish(&order.out)?;
        anyhow::Ok(bytes)
    });
    let bytes = bytes.await.context("closing the archive")?;
    let taken = Taken {
        bytes: bytes.context("--out: cannot write the archive")?,
        ..taken
    };
    remember(&order.data, &taken).context("--data: cannot note the backup")?;
    Ok(taken)
}

/// A manifest whose parts are still being packed.
struct Read {
    manifest: Manifest,
    tables: Vec<(Found, Option<i64>)>,
}

impl Read {
    fn with(self, parts: &[Part]) -> Result<Manifest> {
        let find = |name: &str| {
            let part = parts.iter().find(|part| part.name == name);
            part.cloned()
                .with_context(|| format!("{name} was not packed"))
        };
        let mut manifest = self.manifest;
        manifest.uploads = find(UPLOADS)?;
        for (table, last_id) in self.tables {
            manifest.tables.push(Table {
                part: find(&format::table_part(&table.name))?,
                name: table.name,
                columns: table.columns,
                last_id,
            });
        }
        Ok(manifest)
    }
}

async fn read_all(
    db: &Db,
    order: &Order,
    keys: &Keys,
    sender: Sender,
    tell: &Tell,
) -> Result<Read> {
    let tx = begin_snapshot(db.read()).await?;
    // The first question: from here on the picture stands still.
    let migrations = catalogue::steps(&tx).await?;
    ensure!(!migrations.is_empty(), "the database has no tables yet");
    let tables = catalogue::tables(&tx).await?;
    let last = catalogue::last_ids(&tx).await?;
    let mut manifest = Manifest {
        format: FORMAT.into(),
        version: VERSION,
        program: env!("CARGO_PKG_VERSION").into(),
        taken_at: order.at,
        database: match ConnectionTrait::get_database_backend(&tx) {
            DbBackend::Postgres => "postgres".into(),
            _ => "sqlite".into(),
        },
        offices: offices(&tx).await?,
        migrations,
        tables: Vec::new(),
        uploads: Part::default(),
        upload_count: 0,
        upload_bytes: 0,
        missing: Vec::new(),
        key_check: STANDARD.encode(keys.seal(KEY_CHECK, KEY_WORD)?),
        with_key: order.with_key,
    };
    for (at, table) in tables.iter().enumerate() {
        let rows = read_table(&tx, table, &sender, tell)
            .await
            .with_context(|| format!("table {}", table.name))?;
        if rows > 0 {
            let name = &table.name;
            tell(&format!(
                "{:>3} of {}: {name}, {rows} rows",
                at + 1,
                tables.len()
            ));
        }
    }
    read_uploads(&tx, order, &sender, &mut manifest).await?;
    tell(&format!(
        "uploads: {} with {} bytes",
        manifest.upload_count, manifest.upload_bytes
    ));
    if order.with_key {
        let key = tokio::fs::read(secret::key_file(&order.data)).await?;
        sender.whole(KEY.into(), key).await?;
    }
    tx.commit().await?;
    let tables = tables.into_iter().map(|table| {
        let last_id = last.get(&table.name).copied().filter(|last| *last > 0);
        (table, last_id)
    });
    Ok(Read {
        manifest,
        tables: tables.collect(),
    })
}

async fn offices(tx: &DatabaseTransaction) -> Result<Vec<String>> {
    let rows = ask(tx, "SELECT name FROM offices ORDER BY id", []).await?;
    let names = rows.iter().map(|row| row.try_get_by_index::<String>(0));
    Ok(names.collect::<Result<_, _>>()?)
}

async fn read_table(
    tx: &DatabaseTransaction,
    table: &Found,
    sender: &Sender,
    tell: &Tell,
) -> Result<u64> {
    sender.start(format::table_part(&table.name), true).await?;
    let backend = ConnectionTrait::get_database_backend(tx);
    let question = Statement::from_string(backend, rows::select(table, backend));
    let mut stream = tx.stream_raw(question).await?;
    let (mut chunk, mut rows) = (Vec::with_capacity(CHUNK), 0);
    while let Some(row) = stream.try_next().await? {
        rows::write(&row, &table.columns, &mut chunk)?;
        rows += 1;
        if rows % SIGN_OF_LIFE == 0 {
            tell(&format!("{}: {rows} rows so far", table.name));
        }
        if chunk.len() >= CHUNK {
            let full = std::mem::replace(&mut chunk, Vec::with_capacity(CHUNK));
            sender.bytes(full).await?;
        }
    }
    sender.bytes(chunk).await?;
    Ok(rows)
}

/// Every upload that a row names, as long as the disk holds what was taken in.
async fn read_uploads(
    tx: &DatabaseTransaction,
    order: &Order,
    sender: &Sender,
    manifest: &mut Manifest,
) -> Result<()> {
    let folder = order.data.join("files");
    let backend = ConnectionTrait::get_database_backend(tx);
    let question = "SELECT uid, sha256 FROM files ORDER BY id";
    let mut list = Vec::new();
    let mut stream = tx
        .stream_raw(Statement::from_string(backend, question))
        .await?;
    while let Some(row) = stream.try_next().await? {
        let uid: String = row.try_get_by_index(0)?;
        let sha256: String = row.try_get_by_index(1)?;
        let bytes = tokio::fs::read(folder.join(&uid)).await.unwrap_or_default();
        if hex(&Sha256::digest(&bytes)) != sha256 {
            manifest.missing.push(uid);
            continue;
        }
        let upload = Upload {
            uid,
            bytes: bytes.len() as u64,
            sha256,
        };
        manifest.upload_count += 1;
        manifest.upload_bytes += upload.bytes;
        serde_json::to_writer(&mut list, &upload)?;
        list.push(b'\n');
        sender.whole(upload.part(), bytes).await?;
    }
    sender.whole(UPLOADS.into(), list).await
}

/// What goes to the packing thread.
enum Piece {
    /// A new part; texts are worth compressing, pictures are not.
    Start(String, bool),
    Bytes(Vec<u8>),
}

struct Sender {
    pieces: mpsc::Sender<Piece>,
}

impl Sender {
    async fn start(&self, name: String, compress: bool) -> Result<()> {
        self.send(Piece::Start(name, compress)).await
    }

    async fn bytes(&self, bytes: Vec<u8>) -> Result<()> {
        self.send(Piece::Bytes(bytes)).await
    }

    async fn whole(&self, name: String, bytes: Vec<u8>) -> Result<()> {
        self.start(name, false).await?;
        self.bytes(bytes).await
    }

    async fn send(&self, piece: Piece) -> Result<()> {
        let sent = self.pieces.send(piece).await;
        sent.map_err(|_| anyhow::anyhow!("the archive is not written any more"))
    }
}

type Zip = ZipWriter<BufWriter<File>>;

/// Packs until the reader has nothing more. Hashes of parts with lines are kept; uploads have
/// theirs in the list of uploads.
fn pack(file: File, mut queue: mpsc::Receiver<Piece>) -> Result<(Zip, Vec<Part>)> {
    let mut zip = ZipWriter::new(BufWriter::with_capacity(CHUNK, file));
    let mut parts = Vec::new();
    let mut open: Option<(String, Meter)> = None;
    let mut end = |open: &mut Option<(String, Meter)>| {
        if let Some((name, meter)) = open.take()
            && !name.starts_with(format::UPLOAD_FOLDER)
        {
            parts.push(meter.part(name));
        }
    };
    while let Some(piece) = queue.blocking_recv() {
        match piece {
            Piece::Start(name, compress) => {
                end(&mut open);
                zip.start_file(name.as_str(), options(compress))?;
                open = Some((name, Meter::default()));
            }
            Piece::Bytes(bytes) => {
                if let Some((_, meter)) = &mut open {
                    meter.take(&bytes);
                }
                zip.write_all(&bytes)?;
            }
        }
    }
    end(&mut open);
    Ok((zip, parts))
}

fn options(compress: bool) -> SimpleFileOptions {
    let method = if compress {
        CompressionMethod::Deflated
    } else {
        CompressionMethod::Stored
    };
    SimpleFileOptions::default()
        .compression_method(method)
        .unix_permissions(0o600)
        .large_file(true)
}

/// Writes the manifest and its seal, and answers with the size once it is durable.
fn close(mut zip: Zip, manifest: &Manifest, keys: &Keys) -> Result<u64> {
    let text = serde_json::to_string_pretty(manifest)?;
    zip.start_file(MANIFEST, options(true))?;
    zip.write_all(text.as_bytes())?;
    zip.start_file(SEAL, options(false))?;
    zip.write_all(keys.look_up(SEALED_MANIFEST, &text).as_bytes())?;
    let file = zip
        .finish()?
        .into_inner()
        .map_err(std::io::IntoInnerError::into_error)?;
    file.sync_all()?;
    Ok(file.metadata()?.len())
}

/// The archive under another name until it is whole; gone again when it never is.
struct Draft(PathBuf);

impl Draft {
    fn new(out: &Path) -> Result<Self> {
        let name = out.file_name().context("--out: needs the name of a file")?;
        let name = format!(".{}.{}.part", name.to_string_lossy(), secret::uid());
        Ok(Self(out.with_file_name(name)))
    }

    fn create(&self) -> Result<File> {
        secret::private_file(&self.0)
            .with_context(|| format!("--out: cannot write {}", self.0.display()))
    }

    fn publish(&self, out: &Path) -> Result<()> {
        ensure!(!out.exists(), "{} was made meanwhile", out.display());
        fs::rename(&self.0, out)?;
        sync_folder_of(out)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Nothing is there after it was renamed.
        drop(fs::remove_file(&self.0));
    }
}

/// A name is durable when its folder is.
pub(super) fn sync_folder_of(path: &Path) -> Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    Ok(File::open(folder)?.sync_all()?)
}

fn remember(data: &Path, taken: &Taken) -> Result<()> {
    let new = data.join(format!(".{LAST}.{}", secret::uid()));
    let mut file = secret::private_file(&new)?;
    let absolute = std::path::absolute(&taken.file)?;
    let note = Taken {
        file: absolute,
        ..taken.clone()
    };
    file.write_all(&serde_json::to_vec_pretty(&note)?)?;
    file.sync_all()?;
    fs::rename(&new, data.join(LAST))?;
    Ok(())
}
