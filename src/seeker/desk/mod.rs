//! 服务台: the list of registrations, registering on behalf, printing a ticket again, typing in what gates
//! wrote on paper.
mod arrivals;
mod pages;
mod routes;
mod show;

pub use pages::{ArrivalsPage, NewPage, RegistrationPage, RegistrationsPage, SlipPage};
pub use routes::routes;
