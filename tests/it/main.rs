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
mod case_api;
mod case_make;
mod case_pages;
mod case_words;
mod cli;
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
