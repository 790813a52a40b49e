//! 办件: the ledger, and the one loop that matches and residents' requests go through.
//!
//! [`commands::open`] and [`commands::act_in`] are for capabilities that record their own fact in
//! the same transaction; [`commands::act`] is the shared door. All three ask `domain::case::decide`
//! and append what it says; nothing else writes an event. [`ledger::verify`] proves that nothing
//! was changed afterwards.
pub mod commands;
mod facts;
pub mod form;
pub mod ledger;
pub mod store;
