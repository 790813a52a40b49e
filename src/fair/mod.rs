//! 集市: an evening with its venue, hosts, plan of booths and who stands in them.
//!
//! One booth has one employer and one employer has one booth: two partial unique indexes say so,
//! and every change of a booking is one conditional statement. A freed booth goes to the next in
//! the waiting line in the same transaction.
//!
//! For the capabilities above:
//! [`store::find`], [`store::find_shown`] (published or cancelled), [`store::find_open`]
//! (published, not over) by slug; [`booth_store::by_code`] for the participation a booth's QR
//! names, [`booth_store::of_employer`] for an employer's evenings, [`booth_store::stand`] for
//! where it stands at one fair; [`times`] for the stage of an evening.
pub mod booth_commands;
pub mod booth_store;
pub mod commands;
pub mod form;
mod pages;
pub mod plan;
mod routes;
mod routes_api;
mod routes_employer;
mod routes_office;
mod routes_papers;
mod routes_public;
mod routes_stalls;
pub mod store;
mod view;

pub use booth_commands::sweep;
pub use pages::{
    EditPage, FairPage, FairsPage, HomePage, MapPage, PapersPage, PickPage, PortalPage,
    SettingsPage, SignsPage, StallsPage,
};
pub use routes::routes;

use crate::{
    domain::{
        fair::Times,
        id::{EmployerId, FairId, ParticipationId},
    },
    entity::fair::Model,
    error::AppResult,
    platform::App,
};
use axum_extra::extract::CookieJar;
use futures_util::future::BoxFuture;
use std::collections::{HashMap, HashSet};

/// How many wait at each booth where anybody does.
pub type WaitingAt = HashMap<ParticipationId, i64>;

/// What the capabilities above this one know of the visitors of an evening, for its floor plan.
#[derive(Clone, Copy)]
pub struct Crowd {
    /// Who waits now.
    pub waiting: fn(App, FairId) -> BoxFuture<'static, AppResult<WaitingAt>>,
    /// With whom the ticket that this telephone knows has to do; `None` when it knows none.
    pub mine: fn(App, CookieJar) -> BoxFuture<'static, AppResult<Option<Mine>>>,
}

/// A ticket: its evening, the address of its page, with whom it has an open interest, and in
/// whose lines it stands.
pub struct Mine {
    pub fair: FairId,
    pub employers: HashSet<EmployerId>,
    pub stands: HashSet<ParticipationId>,
    pub href: String,
}

/// What the QR at a booth says; upper case keeps the code small. It names the participation, so it
/// stays right when the booth is swapped.
pub fn sign_url(app: &App, code: &str) -> String {
    format!("{}/B/{code}", app.settings.public_url.to_uppercase())
}

/// The times of a fair, from which its stage follows.
pub fn times(fair: &Model) -> Times {
    Times {
        starts_at: fair.starts_at,
        ends_at: fair.ends_at,
        registration_opens_at: fair.registration_opens_at,
        registration_closes_at: fair.registration_closes_at,
    }
}
