//! 办件: one aggregate for the recruitment market and the service desk. Eleven stages for every
//! kind, a step inside `handling` per kind, one transition table, one decision, one fold.
//!
//! `decide` says yes with what to record or no with the guard that failed; `CaseState::apply` folds
//! what was recorded. Both are pure, and the database stores nothing that they do not produce.
pub mod chain;
mod clock;
mod codes;
mod command;
mod decide;
mod effects;
mod event;
mod facts;
mod field;
mod fold;
mod guard;
mod merge;
mod next;
mod part;
mod refusal;
mod sla;
mod state;
pub mod table;

pub use clock::{Clocks, Segment};
pub use codes::*;
pub use command::Command;
pub use decide::{decide, offered};
pub use event::{Effects, Event, FollowUpDue, Payload, Recorded};
pub use facts::{Category, Facts, Limits, Named, PostingFacts, SeekerFacts, Target};
pub use field::{Code, FieldSpec, Line, Point, Shape, Text, Texts};
pub use fold::{ReplayError, replay};
pub use guard::Guard;
pub use merge::Merges;
pub use next::{Turn, hindrance, ready, turn, turn_of};
pub use part::{Actor, HANDLING, NotAnActor, Parts, STANDING, Who};
pub use refusal::{Class, Refusal};
pub use sla::{Calendars, Deadline, SlaRule, defaults as default_rules};
pub use state::{
    CallbackNote, CaseState, Counts, Dispatch, Dues, FollowUp, Idea, Job, Mediation, Reply, Times,
};

#[cfg(test)]
mod tests;
