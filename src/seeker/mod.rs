//! 求职者: registration by scanning a poster, the ticket, the gate.
//!
//! Places are given out by one conditional update, a telephone number registers once for an
//! evening, persons are counted and not scans. The ticket's secret is known to its holder alone:
//! the database has its hash, and a sealed copy for printing the ticket again.
//!
//! For capabilities above: [`ticket::by_secret`] and [`ticket::by_code`] find a [`Ticket`],
//! [`crate::person::card`] masks who it is, [`crate::person::consent::covers`] tells what the
//! person lets an employer have, and [`Matches`] is how matches come onto the ticket page and
//! learn of a withdrawal.
mod commands;
pub mod desk;
mod door;
mod fairs;
pub mod form;
pub mod gate;
pub mod holder;
pub mod notices;
mod pages;
pub mod poster;
mod roles;
mod routes;
mod routes_api;
pub mod source;
mod store;
pub mod ticket;

use crate::{
    domain::id::RegistrationId,
    error::AppResult,
    platform::{App, db::WriteTx, secret::Keys, text::Lang},
};
use futures_util::future::BoxFuture;
use serde::Serialize;

pub use commands::{NewRegistration, register, withdraw};
pub use pages::{RegisterPage, ShutPage};
pub use routes::routes;
pub use ticket::Ticket;

/// 对接: one line of «my matches» on the ticket page and in the holder's copy of the data.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct MatchRow {
    /// Number of the case.
    pub number: String,
    /// Title of the posting.
    pub title: String,
    pub employer: String,
    /// Where the employer stands, such as `A01`; empty without a booth.
    pub booth: String,
    /// `4500–6000 元/月`, in the reader's language.
    pub pay: String,
    /// Where the match stands, in the reader's language.
    pub state: String,
    /// Of the chip: "", info, ok, warn or bad.
    pub tone: String,
    /// The page of the match with its timeline.
    pub href: String,
}

/// What the capability of matches, which stands above this one, adds to a ticket.
#[derive(Clone, Copy)]
pub struct Matches {
    /// The matches of a registration, the newest first, in the given language.
    pub of: fn(App, RegistrationId, Lang) -> BoxFuture<'static, AppResult<Vec<MatchRow>>>,
    /// Ends the open matches of a registration that is being withdrawn, in the same transaction.
    pub withdraw: for<'a> fn(&'a WriteTx, &'a Keys, RegistrationId) -> BoxFuture<'a, AppResult<()>>,
}

impl Matches {
    /// Without the capability of matches.
    pub const NONE: Self = Self {
        of: |_, _, _| Box::pin(async { Ok(Vec::new()) }),
        withdraw: |_, _, _| Box::pin(async { Ok(()) }),
    };
}
