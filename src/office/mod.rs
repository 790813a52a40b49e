//! 工作台: what needs doing now, for each role, when it comes to work.
//!
//! Reads rows of other capabilities and decides nothing; what there is to do is done on their pages.
mod next;
mod pages;
mod routes;
mod store;

pub use pages::OfficePage;
pub use routes::routes;
