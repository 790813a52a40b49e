//! 夜集 Nightfair: an evening recruitment market and a mobile service desk from one ledger.

pub mod error;

// Rules
pub mod domain;

// Rows
pub mod entity;

// Plumbing
pub mod platform;

// Capabilities
pub mod account;
pub mod area;
pub mod broadcast;
pub mod case;
pub mod desk;
pub mod employer;
pub mod fair;
pub mod help;
pub mod intake;
pub mod matching;
pub mod notice;
pub mod office;
pub mod oversight;
pub mod person;
pub mod posting;
pub mod queue;
pub mod rulebook;
pub mod seeker;
pub mod tally;

// Assembly
pub mod bench;
pub mod cli;
pub mod config;
pub mod demo;
pub mod server;
