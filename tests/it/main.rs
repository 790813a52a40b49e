#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on stops"
)]

mod access;
mod architecture;
mod area;
mod harness;
mod ledger;
mod look;
mod pages;
mod posting_check;
mod schema;
mod tally;
mod tally_make;
mod tally_out;
mod text;
