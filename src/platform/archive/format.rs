//! What stands in an archive.
use crate::platform::once::hex;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::{self, Read, Write};

/// Says that a file is an archive of this program.
pub const FORMAT: &str = "nightfair-backup";
/// Raised when an older program could not read the parts.
pub const VERSION: u32 = 1;
pub const MANIFEST: &str = "manifest.json";
/// Keyed hash of the manifest: whoever does not have the key cannot make an archive that fits.
pub const SEAL: &str = "manifest.seal";
/// Names, sizes and hashes of the uploads, one line each.
pub const UPLOADS: &str = "uploads.jsonl";
/// Where the uploads themselves are.
pub const UPLOAD_FOLDER: &str = "files/";
pub const KEY: &str = "nightfair.key";
/// Bytes of a manifest at most: tables are counted in dozens.
pub const LARGEST_MANIFEST: u64 = 8 << 20;

/// Vocabulary of the keyed hash of the manifest.
pub const SEALED_MANIFEST: &str = "backup-manifest";
/// Place of the sealed word that tells whether a key opens what is sealed.
pub const KEY_CHECK: &str = "backup:key-check";
pub const KEY_WORD: &str = "nightfair";

/// The table of contents of an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: String,
    pub version: u32,
    /// Version of the program that took it.
    pub program: String,
    pub taken_at: DateTime<Utc>,
    /// `sqlite` or `postgres`.
    pub database: String,
    /// Names of the offices whose data it is.
    pub offices: Vec<String>,
    /// Steps of the schema, in their order.
    pub migrations: Vec<String>,
    pub tables: Vec<Table>,
    pub uploads: Part,
    pub upload_count: u64,
    pub upload_bytes: u64,
    /// Uploads that a row names and the disk did not hold as they were taken in.
    pub missing: Vec<String>,
    /// A word sealed with the key of the installation, in base64.
    pub key_check: String,
    /// Whether the key itself is in the archive.
    pub with_key: bool,
}

impl Manifest {
    /// Rows of all tables.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.part.lines).sum()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    pub name: String,
    pub columns: Vec<Column>,
    /// The last number given out, where the database numbers the rows.
    pub last_id: Option<i64>,
    pub part: Part,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
}

/// What a column holds, whatever a database calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Integer,
    Text,
    Boolean,
    /// RFC 3339 in UTC.
    Instant,
    /// `YYYY-MM-DD`
    Date,
    /// Base64.
    Bytes,
    /// The text of a JSON value, as text.
    Json,
}

/// A member of the archive that holds lines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub name: String,
    pub lines: u64,
    pub bytes: u64,
    pub sha256: String,
}

/// An upload in the archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    pub uid: String,
    pub bytes: u64,
    pub sha256: String,
}

impl Upload {
    /// Name of its part.
    pub fn part(&self) -> String {
        format!("{UPLOAD_FOLDER}{}", self.uid)
    }

    /// Names on disk are made by the program; anything else could lead out of the folder.
    pub fn is_named_well(&self) -> bool {
        (16..=64).contains(&self.uid.len()) && self.uid.bytes().all(|b| b.is_ascii_hexdigit())
    }
}

/// Name of the part of a table.
pub fn table_part(table: &str) -> String {
    format!("tables/{table}.jsonl")
}

/// Counts and hashes what goes through.
#[derive(Default)]
pub struct Meter {
    hash: Sha256,
    bytes: u64,
    lines: u64,
}

impl Meter {
    pub fn take(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        self.lines += bytes.split(|byte| *byte == b'\n').skip(1).count() as u64;
    }

    pub fn part(self, name: String) -> Part {
        Part {
            name,
            lines: self.lines,
            bytes: self.bytes,
            sha256: hex(&self.hash.finalize()),
        }
    }

    /// Reads to the end, handing what was read to `out`.
    pub fn copy(
        mut self,
        name: String,
        from: &mut impl Read,
        out: &mut impl Write,
    ) -> io::Result<Part> {
        let mut chunk = vec![0; super::CHUNK];
        loop {
            let read = from.read(&mut chunk)?;
            if read == 0 {
                return Ok(self.part(name));
            }
            self.take(&chunk[..read]);
            out.write_all(&chunk[..read])?;
        }
    }
}
