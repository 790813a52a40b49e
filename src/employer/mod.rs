//! 用人单位: who they are, and whether the office has seen their papers.
//!
//! Nothing of an employer is public before the office approved it; every look at a contact's
//! phone number is recorded.
pub mod commands;
pub mod form;
mod pages;
mod routes;
mod routes_api;
pub mod store;
mod view;

pub use pages::{CompanyPage, DossierPage, EmployersPage, JoinPage, NewEmployerPage};
pub use routes::routes;
