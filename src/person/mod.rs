//! 人员登记: seekers and residents are the same people, entered once for an office.
//!
//! Names, telephone numbers and identity numbers lie sealed in their row and are found again by
//! keyed hashes; whoever has only the database has none of them. Pages show a masked [`Card`];
//! [`reveal`] opens the rest for a reason that is written down, so many times a day. Everything
//! that was agreed to is a row of [`consent`], and [`erase`] leaves a person without a name.
//!
//! For capabilities above: [`enter`] finds or makes the person behind a telephone number,
//! [`cards`] masks many at once, [`ids_by_tail`] answers «surname and last four digits»,
//! [`consent::record`] and [`consent::covers`] keep and ask what a person agreed to,
//! [`contact_of`] opens name and number for somebody the person agreed to share them with.
mod card;
mod commands;
pub mod consent;
mod form;
mod own;
mod pages;
mod routes;
mod show;
mod store;

pub use card::{Card, card, cards, contact_of, ids_by_tail, is_key_of, name_of};
pub use commands::{
    REVEALS_A_DAY, Revealed, correct, enter, enter_number, enter_without_phone, erase,
    find_or_enter, known, reveal,
};
pub use own::own_data;
pub use pages::PersonPage;
pub use routes::{OPENERS, routes};
