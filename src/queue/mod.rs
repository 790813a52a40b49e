//! 排队叫号: the line at a booth, in which telephones and slips of paper stand by arrival alone.
//!
//! The rules are in [`crate::domain::queue`]. Whoever changes a line holds its row until the
//! transaction ends, and each change of a number says what it found: two employees who call at once
//! call two people. A line is open while its evening and its booth are; nothing has to close it.
//!
//! For capabilities above: [`stand`] finds a booth, [`commands`] changes its line, [`view`] tells how
//! it stands; [`view::rows`] and [`commands::leave_all`] are what a ticket knows of lines.
pub mod commands;
mod pages;
mod routes;
mod routes_api;
pub mod stand;
pub mod store;
pub mod view;

pub use pages::{Board, BoardPage, GivePage, Line, LinesPage, NumberPage, SlipPage};
pub use routes::{paper, routes};
