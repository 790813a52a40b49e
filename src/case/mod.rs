//! 办件: the ledger, and the one loop that matches and residents' requests go through.
//!
//! [`commands::open`] and [`commands::act_in`] are for capabilities that record their own fact in
//! the same transaction; [`commands::act`] is the shared door. All three ask `domain::case::decide`
//! and append what it says; nothing else writes an event. [`ledger::verify`] proves that nothing
//! was changed afterwards.
//!
//! For capabilities above: [`door`] says which actor somebody is and what he may see, [`Hooks`] is
//! how a kind brings its details onto the pages, [`words`] says everything in both languages.
mod beside;
mod check;
mod choices;
pub mod commands;
pub mod deliberation;
pub mod desk;
pub mod door;
mod facts;
pub mod files;
pub mod form;
mod hook;
pub mod jobs;
pub mod ledger;
mod list;
mod maker;
pub mod news;
pub mod pages;
pub mod public;
pub mod recount;
mod routes;
mod routes_api;
pub mod store;
pub mod view;
pub mod words;

pub use hook::{Asked, FactLine, Hooks, ListLine, OfKind, Opening};
pub use list::pages::{BulkPage, LedgerPage, LedgerPrintPage, ViewsPage};
pub use list::queues;
pub use pages::CasePage;
pub use routes::routes;
pub use routes_api::{ActionOut, EventOut};
