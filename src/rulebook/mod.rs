//! 办理规则: categories, time limits, dispatch rules and working calendars, as data that an office
//! edits. [`Book`] is all of it as the case core asks for it; every change gives the office's book a
//! fresh stamp, so that what was read once is kept in memory until something changes.
mod book;
mod commands;
pub mod desk_hours;
pub mod dispatch;
mod form;
mod notice;
mod pages;
mod recount;
pub mod rota;
mod routes;
mod routes_api;
mod routes_calendar;
mod routes_dispatch;
mod routes_limits;
mod seed;
pub mod store;
mod view;

pub use book::{Book, categories, category, group_name, name, title};
pub use commands::add_dispatch;
pub use dispatch::{Dispatcher, Suggested, lead_for};
pub use form::Dispatch as NewDispatch;
pub use pages::{
    CalendarPage, CategoriesPage, CategoryPage, DispatchPage, DispatchRulePage, GroupPage,
    LimitPage, LimitsPage, NoticePage, RulesPage,
};
pub use routes::routes;
pub use seed::{seed, seed_all};
