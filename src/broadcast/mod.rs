//! 直播带岗: sessions on air, the postings they present, how many watched and who came through them.
//! View counts are cumulative and never shrink unless somebody says why.
pub mod commands;
pub mod form;
mod pages;
mod routes;
mod routes_api;
pub mod store;
mod view;

pub use pages::{StreamFormPage, StreamPage, StreamsPage};
pub use routes::routes;
