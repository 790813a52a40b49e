//! Schema history: forward only, one file per step. It never imports application types, so an old
//! step cannot change its meaning when an entity or an enum does.
pub use sea_orm_migration::prelude::*;

mod m20261123_000001_people;
mod m20261123_000002_case;
mod m20261123_000003_fair;
mod m20261123_000004_market;
mod m20261123_000005_guards;
mod m20261125_000006_desk;
mod m20261126_000007_rulebook;
mod m20261126_000008_oversight;
mod m20261126_000009_ledger;
pub mod m20261126_000010_casework;
mod m20261126_000011_intake;
mod m20261126_000012_notice;
mod m20261126_000013_gate;
mod m20261126_000014_queue;
mod m20261126_000015_entries;
mod m20261126_000016_codes;
mod shape;

pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261123_000001_people::Migration),
            Box::new(m20261123_000002_case::Migration),
            Box::new(m20261123_000003_fair::Migration),
            Box::new(m20261123_000004_market::Migration),
            Box::new(m20261123_000005_guards::Migration),
            Box::new(m20261125_000006_desk::Migration),
            Box::new(m20261126_000007_rulebook::Migration),
            Box::new(m20261126_000008_oversight::Migration),
            Box::new(m20261126_000009_ledger::Migration),
            Box::new(m20261126_000010_casework::Migration),
            Box::new(m20261126_000011_intake::Migration),
            Box::new(m20261126_000012_notice::Migration),
            Box::new(m20261126_000013_gate::Migration),
            Box::new(m20261126_000014_queue::Migration),
            Box::new(m20261126_000015_entries::Migration),
            Box::new(m20261126_000016_codes::Migration),
        ]
    }
}
