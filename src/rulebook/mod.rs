//! 办理规则: categories, time limits, dispatch rules and working calendars, as data that an office
//! edits. [`Book`] is all of it as the case core asks for it; every change gives the office's book a
//! fresh stamp, so that what was read once is kept in memory until something changes.
mod book;
pub mod desk_hours;
pub mod dispatch;
pub mod rota;
mod seed;
pub mod store;

pub use book::{Book, categories, category, group_name, name};
pub use dispatch::{Dispatcher, Suggested, lead_for};
pub use seed::{seed, seed_all};
