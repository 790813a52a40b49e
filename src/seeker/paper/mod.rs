//! 纸质材料: what a gate and a desk lay out on paper before the evening, for the hour without power
//! and for people without a telephone.
mod blanks;
mod pages;
mod roster;
mod routes;

pub use pages::{BlanksPage, RosterPage};
pub use routes::routes;
