//! Plumbing that knows nothing about job fairs.
pub mod api;
pub mod clock;
pub mod db;
pub mod files;
pub mod form;
pub mod heart;
pub mod home;
pub mod kept;
pub mod limit;
pub mod live;
pub mod once;
pub mod outbox;
pub mod page;
pub mod peers;
pub mod qr;
pub mod ready;
pub mod search;
pub mod secret;
pub mod sheet;
pub mod sign;
pub mod spool;
mod state;
pub mod summary;
pub mod text;

pub use state::{App, Limits, Settings};
