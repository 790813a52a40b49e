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
mod on_behalf;
mod pages;
pub mod paper;
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

pub use commands::{InHand, NewRegistration, register, withdraw};
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

/// 排队: one line of «my numbers» on the ticket page.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct QueueRow {
    #[serde(skip)]
    pub queue: i64,
    /// Where the employer stands, such as `A01`; empty without a booth.
    pub booth: String,
    pub employer: String,
    pub number: i64,
    /// waiting, called, here, missed; shut while the booth gives out no numbers.
    pub state: String,
    /// How many are called before it.
    pub ahead: u64,
    /// About how many minutes until the call; none while the booth has no pace yet.
    pub minutes: Option<i64>,
    /// From then on the call may come, such as `19:42`.
    pub come_at: Option<String>,
    /// Until when a number that was called is awaited, such as `19:45`.
    pub until: Option<String>,
    /// It was called in vain before.
    pub once_missed: bool,
    /// What those who wait are told while nobody is called.
    pub paused: Option<String>,
    /// Address below which the number is given back.
    pub href: String,
    /// The numbers that are called now, for everybody.
    pub board: String,
    /// Where another number is taken.
    pub again: String,
}

impl QueueRow {
    /// Whether something is going to happen to it.
    pub fn is_open(&self) -> bool {
        matches!(self.state.as_str(), "waiting" | "called")
    }
}

/// What the capabilities above this one add to a ticket: matches, and numbers in lines.
#[derive(Clone, Copy)]
pub struct Matches {
    /// The matches of a registration, the newest first, in the given language.
    pub of: fn(App, RegistrationId, Lang) -> BoxFuture<'static, AppResult<Vec<MatchRow>>>,
    /// The numbers of a registration in the lines at booths.
    pub queues: fn(App, RegistrationId) -> BoxFuture<'static, AppResult<Vec<QueueRow>>>,
    /// Everything that is kept of those numbers, for the holder's copy of the data.
    pub kept: fn(App, RegistrationId) -> BoxFuture<'static, AppResult<Vec<serde_json::Value>>>,
    /// Ends the open matches and the numbers of a registration that is being withdrawn, in the same
    /// transaction.
    pub withdraw: for<'a> fn(&'a WriteTx, &'a Keys, RegistrationId) -> BoxFuture<'a, AppResult<()>>,
}

impl Matches {
    /// Without the capability of matches.
    pub const NONE: Self = Self {
        of: |_, _, _| Box::pin(async { Ok(Vec::new()) }),
        queues: |_, _| Box::pin(async { Ok(Vec::new()) }),
        kept: |_, _| Box::pin(async { Ok(Vec::new()) }),
        withdraw: |_, _, _| Box::pin(async { Ok(()) }),
    };
}
