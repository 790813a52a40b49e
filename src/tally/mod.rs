//! 统计: the figures of a fair. Each has one definition ([`measure::Measure`]); one person counts
//! once; every number opens the rows it counts.
//!
//! All figures of a fair are made from one [`picture::Picture`], read in one snapshot, by the same
//! two questions (in which rows of a table does this person, this match stand?), which also list
//! the rows behind a number. So sums agree, and a number and its rows cannot differ.
mod facts;
mod measure;
mod picture;
mod query;
mod reading;
mod report;
mod routes_api;
mod rows;
mod store;

use crate::account::Routes;

pub fn routes() -> Routes {
    Routes::new().merge(routes_api::routes())
}
