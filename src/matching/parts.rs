//! 身份: who acts in a match, as the ledger understands it.
use crate::{
    account::Actor,
    domain::{
        case::{self as rules, Channel, Who},
        id::PersonId,
    },
};

/// The holder of a ticket.
pub fn holder(person: PersonId) -> rules::Actor {
    rules::Actor::person(person, Channel::Qr)
}

/// Somebody who is signed in: staff of the office, or of an employer.
pub fn account(actor: &Actor) -> rules::Actor {
    let mut by = rules::Actor::new(Who::Account(actor.account), Some(actor.role), Channel::Web);
    by.unit = actor.unit;
    by.leads_unit = actor.leader;
    by.employer = actor.employer;
    by
}
