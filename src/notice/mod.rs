//! 公示: what residents, their group and everybody are told. Only what somebody published is
//! public, and an announcement goes out only when somebody sent it after it was checked.
//!
//! For capabilities above: [`work`] empties the outbox, [`BESIDE`] is the desk's half of the start
//! page, [`waiting`] says what waits for the office.
mod commands;
mod compose;
mod home;
pub mod jobs;
mod pages;
mod routes;
mod routes_api;
mod routes_ideas;
mod routes_office;
mod store;
mod view;

pub use home::{BESIDE, half};
pub use jobs::work;
pub use pages::{
    AnnouncementPage, AnnouncementsPage, BoardCasePage, BoardPage, BoardPrintPage, IdeaPage,
    IdeasPage, NewAnnouncementPage, UnmatchedPage,
};
pub use routes::routes;
pub use routes_office::{EDITORS, FOLLOWERS};
pub use store::{Waiting, waiting};
