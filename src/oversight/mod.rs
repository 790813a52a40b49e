//! 考评: how well the office answers, figure by figure, each with what it counted and what it left
//! out; the ranking of units; months sealed so that nobody can change what was reported.
//!
//! Figures are folded from the events of the ledger and from nothing else. [`verify`] proves that
//! every sealed month still comes out as it was sealed.
mod commands;
mod gather;
mod pages;
mod public;
mod query;
mod reading;
mod report;
mod routes;
mod routes_api;
mod rows;
mod samples;
mod seal;
mod sealed;
mod store;
mod workbook;

use crate::account::Routes;

pub use commands::{Set, seal_month, set_weights};
pub use pages::{
    FiguresPage, FiguresPrintPage, PublicFiguresPage, RateRowsPage, SealedMonthPage, SealedPage,
    WeightsPage,
};
pub use seal::{Verified, verify};

pub fn routes() -> Routes {
    routes::routes().merge(routes_api::routes())
}
