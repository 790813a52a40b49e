//! 入场核验: who comes through a gate, counted once however often the ticket is scanned.
mod answer;
mod commands;
mod decide;
mod form;
mod pack;
mod pages;
mod routes;
mod routes_api;
mod show;
mod store;
mod walk_in;

use crate::domain::{
    id::RegistrationId,
    ticket::{Code, Secret},
};
use chrono::{DateTime, Utc};

pub use answer::{Answer, FirstSeen, Holder};
pub use commands::check_in;
pub use decide::{Direction, Reason, Verdict};
pub use form::{Entry, Found, entry};
pub use pages::{GatePage, GatesPage, WalkInPage};
pub use routes::{confirm, routes};
pub use store::scans_of;

/// What was scanned or typed.
#[derive(Clone, Debug)]
pub enum Token {
    Secret(Secret),
    Code(Code),
    /// Picked from a list by staff.
    Registration(RegistrationId),
    /// Some other QR code.
    Unreadable,
}

/// One scan.
#[derive(Clone, Debug)]
pub struct Scan {
    pub token: Token,
    pub gate: String,
    pub direction: Direction,
    /// Made by the device, once for each scan.
    pub nonce: String,
    /// When it happened, by the device's clock.
    pub scanned_at: Option<DateTime<Utc>>,
    /// Made without a network and reported later: the holder has gone through already.
    pub offline: bool,
}

impl Scan {
    /// A scan that is looked at while it happens.
    pub fn here(token: Token, gate: String, direction: Direction, nonce: String) -> Self {
        Self {
            token,
            gate,
            direction,
            nonce,
            scanned_at: None,
            offline: false,
        }
    }
}
