//! 流动办公桌: where desks stand, when, and who sits there. The public learns places, hours and
//! duties of what is published, never a name; the office learns what is wrong before the day.
pub mod commands;
mod feed;
pub mod form;
mod hours;
pub mod news;
mod pages;
pub mod roster_commands;
mod roster_store;
mod routes;
mod routes_api;
mod routes_month;
mod routes_session;
mod routes_setup;
pub mod store;
mod view;

pub use pages::{
    DeskPage, ExtraPage, HoursPage, MemberPage, MembersPage, MonthPage, PatternFormPage,
    PatternPage, PrintPage, SessionPage, SitePage, SitesPage, WeekPage,
};
pub use roster_store::{Line, Table, table};
pub use routes::routes;
