//! 海报: one for each place where it hangs, so that the office learns which poster works.
mod commands;
mod pages;
mod routes;
mod store;

pub use commands::make;
pub use pages::{PosterPage, PostersPage};
pub use routes::routes;
