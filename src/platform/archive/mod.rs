//! 备份与恢复: the whole data of an installation as one file that both databases read.
//!
//! The file is a ZIP. `manifest.json` says what is in it: the steps of the schema, every table with
//! its columns, rows and SHA-256. Each table is a part of JSON lines, one array for a row, each
//! upload a part of its own. What the parts hold is found from the database itself, never from a
//! list kept by hand, so no table can be forgotten, and an archive of an older schema can be taken
//! and laid down by a newer program.
//!
//! Names, numbers and texts that are sealed in the database are sealed in the archive as well; the
//! key that opens them is left out unless it is asked for.
pub mod catalogue;
mod check;
mod fill;
mod format;
mod lay;
mod rows;
mod take;

pub use check::Archive;
pub use format::{Column, Kind, Manifest, Part, Table};
pub use lay::{Laid, lay};
pub use take::{Order, Taken, last_taken, take};

use std::sync::Arc;

/// Where a long work says how far it is, one line at a time.
pub type Tell = Arc<dyn Fn(&str) + Send + Sync>;

/// Bytes that are handed on at a time.
const CHUNK: usize = 128 << 10;
