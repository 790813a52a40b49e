//! Rules of the street office, as plain values: no database, no HTTP, no clock.
pub mod booking;
pub mod booth;
pub mod contact;
pub mod employer;
pub mod fair;
pub mod fault;
pub mod floor;
pub mod funnel;
pub mod group;
pub mod id;
pub mod pay;
pub mod posting;
pub mod role;
pub mod search;
pub mod text;
pub mod ticket;
pub mod uscc;
