#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on stops"
)]
#![expect(
    clippy::too_many_lines,
    reason = "a story is told in one piece, in its order"
)]

mod access;
mod account;
mod account_office;
mod architecture;
mod area;
mod backup;
mod bench;
mod booth_holds;
mod broadcast;
mod browser;
mod budget;
mod case_api;
mod case_make;
mod case_pages;
mod case_words;
mod casework;
mod casework_canary;
mod casework_forms;
mod casework_make;
mod casework_matrix;
mod casework_walk;
mod cli;
mod clock_jumps;
mod cluster;
mod crash;
mod crawl;
mod demo;
mod demo_desk;
mod desk;
mod desk_day;
mod desk_kinds;
mod desk_make;
mod evening;
mod fair_booths;
mod fair_build;
mod fair_pages;
mod faults;
mod full;
mod gate;
mod gate_codes;
mod gate_phone;
mod gate_sim;
mod harness;
mod instances;
mod intake;
mod intake_make;
mod ledger;
mod ledger_list;
mod ledger_work;
mod look;
mod matching;
mod matching_make;
mod matching_pages;
mod no_script;
mod notice_board;
mod notice_follow;
mod notice_ideas;
mod notice_outbox;
mod office;
mod operate;
mod oversight;
mod pages;
mod pooler;
mod posting;
mod posting_check;
mod posting_make;
mod posting_pages;
mod print;
mod qr;
mod queue;
mod rulebook;
mod schema;
mod screen;
mod slow;
mod storm;
mod sweep;
mod sweep_forms;
mod tally;
mod tally_make;
mod tally_out;
mod text;
mod traced;
mod upgrade;
mod wire;
