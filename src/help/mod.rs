//! 帮助: what each kind of person has to know, on one page each, for everybody to read.
mod pages;
mod routes;

pub use pages::{HelpIndexPage, HelpPage};
pub use routes::routes;
