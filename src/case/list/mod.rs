//! The ledger as a list: filters with counts, rows with deadlines in words; the views that people
//! keep of it, many cases handled at once, and what leaves the house on paper or as a table.
mod book;
mod bulk;
mod found;
mod page;
pub mod pages;
mod query;
pub(super) mod routes;
mod routes_api;
mod views;

pub(super) use found::cut;
pub use query::{ListQuery, queues};
