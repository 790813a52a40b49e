//! 诉求受理: every door through which residents and staff bring something to the office, and the key
//! behind which whoever brought it follows it. All kinds of desk cases come in here; a match comes
//! in through `matching`.
//!
//! For capabilities above: [`HOOKS`] is what the ledger's shared door and pages need of these kinds,
//! [`keys`] finds the case behind a key and says who holds it.
pub mod commands;
pub mod form;
mod hooks;
pub mod keys;
mod pages;
mod place;
mod routes;
mod routes_api;
mod routes_import;
mod routes_resident;
mod show;
pub mod store;
mod sync;
mod table;
mod track;

pub use hooks::HOOKS;
pub use pages::{
    BannerPage, BannersPage, DonePage, ImportPage, JoinedPage, NewPage, ReportPage, SlipPage,
    TrackPage,
};
pub use place::{Place, resolve};
pub use routes::routes;
pub use table::Row as SourceRow;
