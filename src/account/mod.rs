//! 账号: who is asking, and which doors are open to them.
//!
//! Every route names its [`Audience`]; there is no other way to add one, and a test tries each
//! with every role.
mod access;
pub mod commands;
mod pages;
mod routes;
pub mod session;
pub mod store;

pub use access::{Actor, Audience, Entry, Routes};
pub use pages::SignInPage;
pub use routes::routes;
