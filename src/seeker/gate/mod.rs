//! 入场核验: who comes through a gate, counted once however often the ticket is scanned.
mod answer;
mod commands;
pub mod decide;
mod form;
pub mod merge;
mod pack;
mod pages;
mod photo;
mod reconcile;
mod routes;
mod routes_api;
mod routes_walk_in;
mod shell;
mod show;
mod store;
mod walk_in;

use crate::domain::{
    id::RegistrationId,
    ticket::{Code, Secret},
};
use chrono::{DateTime, TimeDelta, Utc};

pub use answer::{Answer, FirstSeen, Holder};
pub use commands::{adopt, check_in};
pub use decide::{Direction, Reason, Verdict};
pub use form::{Entry, Found, entry};
pub use pages::{GatePage, GatesPage, WalkInPage};
pub use reconcile::ReconcilePage;
pub use routes::{confirm, nonce, routes};
pub use shell::DECODER;
pub use store::{scans_of, standing};

/// Whether a path is the page with the scanner, which alone gets the camera.
pub fn is_scanner(path: &str) -> bool {
    let below = path.strip_prefix("/gate/");
    below.is_some_and(|fair| !fair.is_empty() && !fair.contains(['/', '.']))
}

/// What was scanned or typed.
#[derive(Clone, Debug)]
pub enum Token {
    Secret(Secret),
    /// What the database knows a secret by, from a device that keeps nothing else.
    Hash(String),
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
    /// The code that was put into the holder's hand with it, if one was.
    pub given: Option<Code>,
    pub gate: String,
    pub direction: Direction,
    /// Made by the device, once for each scan.
    pub nonce: String,
    /// When it happened, by the device's clock.
    pub scanned_at: Option<DateTime<Utc>>,
    /// By how much the server's clock was ahead of the device's when they last spoke.
    pub measured: Option<TimeDelta>,
    /// Made without a network and reported later: what the steward was shown has happened.
    pub offline: bool,
    /// What that was; a device that does not say let the holder through.
    pub shown: Option<Shown>,
    /// Names the device among those of a gate; nothing when it does not say.
    pub device: String,
}

/// What a device without a network showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    Passed,
    AlreadyIn,
    Refused(Reason),
}

impl Shown {
    /// The stored word.
    pub fn code(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::AlreadyIn => "already_in",
            Self::Refused(_) => "refused",
        }
    }
}

impl Scan {
    /// A scan that is looked at while it happens.
    pub fn here(token: Token, gate: String, direction: Direction, nonce: String) -> Self {
        Self {
            token,
            given: None,
            gate,
            direction,
            nonce,
            scanned_at: None,
            measured: None,
            offline: false,
            shown: None,
            device: String::new(),
        }
    }
}
