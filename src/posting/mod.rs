//! 岗位: written by employers, checked by rules, decided by the office, found by everybody.
//! Nothing is public that the office has not published, and nothing is held back without saying why.
pub mod check;
pub mod commands;
pub mod form;
mod pages;
mod routes;
mod routes_api;
mod routes_employer;
mod routes_office;
pub mod store;
pub mod table;
mod view;

pub use pages::{
    OwnPostingPage, OwnPostingsPage, PastePage, PostingFormPage, PreviewPage, PublicPostingPage,
    PublicPostingsPage, QueuePage, ReviewPage,
};
pub use routes::routes;
pub use view::pay;
