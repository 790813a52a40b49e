#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on stops"
)]

mod access;
mod account;
mod account_office;
mod architecture;
mod area;
mod broadcast;
mod cli;
mod desk;
mod harness;
mod ledger;
mod look;
mod office;
mod pages;
mod posting;
mod posting_check;
mod posting_make;
mod posting_pages;
mod schema;
mod tally;
mod tally_make;
mod tally_out;
mod text;
