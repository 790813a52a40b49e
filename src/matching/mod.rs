//! 岗位对接: from an interest to a placement that somebody other than the employer verified.
//!
//! A match is a case of the ledger with one row beside it. A seeker decides what one employer may
//! see, the last decision holds for everything with that employer, and it is asked at every look.
//! Pages offer what [`moves`] says; the ledger decides, and its refusals are told in words.
//!
//! [`MATCHES`] brings matches onto the ticket, [`LEDGER`] brings them into the ledger's shared door
//! and pages; [`commands::interest_in`] is for whoever records an interest in a transaction of
//! their own.
pub mod commands;
pub mod form;
mod hooks;
pub mod moves;
mod pages;
mod routes;
mod routes_api;
mod routes_booth;
mod routes_employer;
mod routes_office;
mod routes_seeker;
pub mod store;
pub mod view;

pub use hooks::{CROWD, LEDGER, MATCHES};
pub use pages::{
    AtBoothPage, BoothPage, BoothsPage, EmployerMatchPage, IdentifyPage, InterestPage, JobsPage,
    OnBehalfPage, QueuePage, ScanPage, SeekerMatchPage, WorkPage,
};
pub use routes::routes;
