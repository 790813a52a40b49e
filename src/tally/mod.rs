//! 统计: the figures of a fair. Each has one definition ([`measure::Measure`]); one person counts
//! once; every number opens the rows it counts.
//!
//! All figures of a fair are made from one [`picture::Picture`], read in one snapshot, by the same
//! two questions (in which rows of a table does this person, this match stand?), which also list
//! the rows behind a number. So sums agree, and a number and its rows cannot differ.
mod board;
mod commands;
mod facts;
mod live;
mod measure;
mod pages;
mod paper;
mod picture;
mod query;
mod reading;
mod report;
mod routes;
mod routes_api;
mod rows;
mod samples;
mod screen;
mod sheet;
mod store;
mod workbook;

use crate::{account::Routes, platform::home::Beside};

pub use commands::export;
pub use pages::{PrintPage, RowsPage, TallyPage};
pub use paper::PaperPage;
pub use reading::by_slug;
pub use screen::ScreenPage;

/// Every door of figures; `beside` is the other half of the big screen.
pub fn routes(beside: Beside) -> Routes {
    routes::routes(beside).merge(routes_api::routes())
}
