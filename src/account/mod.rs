//! 账号: who is asking, and which doors are open to them.
//!
//! Every route names its [`Audience`]; there is no other way to add one, and a test tries each
//! with every role.
mod access;
pub mod commands;
mod device;
pub mod form;
pub mod lists;
mod pages;
mod peer;
mod routes;
mod routes_office;
mod routes_own;
mod routes_setup;
pub mod session;
mod sign_in;
pub mod store;

pub use access::{Actor, Audience, Entry, MustChange, Routes, Shut};
pub use device::list_mark;
pub use pages::{
    AccountPage, AccountsPage, NewAccountPage, PasswordPage, RecordsPage, SecretPage, SettingsPage,
    SetupPage, SignInPage, StaffPage,
};
pub use peer::Peer;
pub use routes::routes;
