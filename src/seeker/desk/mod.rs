//! 服务台: the list of registrations, registering on behalf, printing a ticket again.
mod pages;
mod routes;
mod show;

pub use pages::{NewPage, RegistrationPage, RegistrationsPage, SlipPage};
pub use routes::routes;
