//! 持券人: the ticket, and what its holder sees, copies, corrects and takes back with it.
mod pages;
mod routes;
mod routes_api;
mod show;

pub use pages::{Choice, MinePage, QrPage, TicketPage, WithdrawPage, WithdrawnPage};
pub use routes::routes;
pub(super) use show::{number, offered, state};
