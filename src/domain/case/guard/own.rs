//! Patrol findings, mediation, suggestions, mailbox.
use super::Ask;
use crate::domain::calendar::day_of;
use crate::domain::case::codes::Step;
use crate::domain::case::command::Command;
use crate::domain::case::state::{Idea, Mediation};
use crate::domain::{id::PersonId, role::Role};
use chrono::{Datelike, NaiveDate};
use std::collections::BTreeSet;

fn step(ask: &Ask) -> Option<Step> {
    ask.case.and_then(|case| case.step)
}

pub(super) fn asker_known(ask: &Ask) -> bool {
    ask.facts.named.is_some()
}

pub(super) fn mediator_of_unit(ask: &Ask) -> bool {
    match ask.command {
        Command::Appoint { lead, .. } => ask
            .facts
            .named
            .is_some_and(|named| named.role == Role::Mediator && named.unit == Some(*lead)),
        _ => false,
    }
}

fn mediation(ask: &Ask, holds: impl FnOnce(&Mediation) -> bool) -> bool {
    ask.case
        .and_then(|case| case.mediation.as_ref())
        .is_some_and(holds)
}

pub(super) fn not_yet_invited(ask: &Ask) -> bool {
    step(ask) == Some(Step::MediationNew)
}

pub(super) fn two_parties(ask: &Ask) -> bool {
    match ask.command {
        Command::Invite { parties, .. } => parties.iter().collect::<BTreeSet<_>>().len() >= 2,
        _ => false,
    }
}

pub(super) fn consent_pending(ask: &Ask) -> bool {
    step(ask) == Some(Step::ConsentPending)
}

pub(super) fn party_invited(ask: &Ask) -> bool {
    match ask.command {
        Command::Consent { party, .. } | Command::Refuse { party, .. } => {
            mediation(ask, |m| m.invited.contains(party))
        }
        _ => false,
    }
}

pub(super) fn mediator_accepted(ask: &Ask) -> bool {
    matches!(
        ask.command,
        Command::Consent {
            mediator_accepted: true,
            ..
        }
    )
}

pub(super) fn parties_consented(ask: &Ask) -> bool {
    matches!(step(ask), Some(Step::Consented | Step::InSession))
}

fn all_of(ask: &Ask, people: &[PersonId]) -> bool {
    mediation(ask, |m| {
        m.invited.len() >= 2 && m.invited.iter().all(|party| people.contains(party))
    })
}

pub(super) fn all_signed(ask: &Ask) -> bool {
    match ask.command {
        Command::AgreeWritten { signed_by, .. } => all_of(ask, signed_by),
        _ => false,
    }
}

pub(super) fn mediator_signed(ask: &Ask) -> bool {
    matches!(
        ask.command,
        Command::AgreeWritten {
            mediator_signed: true,
            ..
        }
    )
}

pub(super) fn committee_seal(ask: &Ask) -> bool {
    matches!(ask.command, Command::AgreeWritten { sealed: true, .. })
}

pub(super) fn terms_in_order(ask: &Ask) -> bool {
    match ask.command {
        Command::AgreeWritten {
            effective_on,
            perform_by,
            ..
        }
        | Command::AgreeOral {
            effective_on,
            perform_by,
            ..
        } => effective_on <= perform_by,
        _ => false,
    }
}

fn term_over(ask: &Ask) -> bool {
    mediation(ask, |m| {
        m.perform_by.is_some_and(|by| day_of(ask.facts.now) > by)
    })
}

/// All parties say so, or the day has passed and nobody objected.
pub(super) fn performed(ask: &Ask) -> bool {
    match ask.command {
        Command::ConfirmPerformed { confirmed_by, .. } => {
            all_of(ask, confirmed_by) || term_over(ask)
        }
        _ => false,
    }
}

pub(super) fn perform_date_passed(ask: &Ask) -> bool {
    term_over(ask)
}

fn idea(ask: &Ask, holds: impl FnOnce(&Idea) -> bool) -> bool {
    ask.case
        .and_then(|case| case.idea.as_ref())
        .is_some_and(holds)
}

pub(super) fn not_the_author(ask: &Ask) -> bool {
    let author = ask.case.and_then(|case| case.person);
    ask.case(|case| case.entered_by != ask.actor.who)
        && author
            .is_none_or(|person| ask.actor.who != crate::domain::case::part::Who::Person(person))
}

pub(super) fn seconded_once(ask: &Ask) -> bool {
    idea(ask, |idea| !idea.seconded_by.contains(&ask.actor.who))
}

pub(super) fn not_yet_decided(ask: &Ask) -> bool {
    matches!(step(ask), Some(Step::Seconding | Step::Scheduled))
}

pub(super) fn three_days_notice(ask: &Ask) -> bool {
    match ask.command {
        Command::Schedule { meeting_at, .. } => {
            let days = day_of(*meeting_at) - day_of(ask.facts.now);
            days.num_days() >= ask.facts.limits.notice_days
        }
        _ => false,
    }
}

pub(super) fn meeting_scheduled(ask: &Ask) -> bool {
    step(ask) == Some(Step::Scheduled)
}

pub(super) fn meeting_held(ask: &Ask) -> bool {
    idea(ask, |idea| {
        idea.meeting_at.is_some_and(|at| at <= ask.facts.now)
    })
}

pub(super) fn quorum(ask: &Ask) -> bool {
    match ask.command {
        Command::Deliberate { attendance, .. } => *attendance >= ask.facts.limits.quorum,
        _ => false,
    }
}

/// One number for each line of the options, and no more votes than people for any.
pub(super) fn votes_fit(ask: &Ask) -> bool {
    match ask.command {
        Command::Deliberate {
            attendance,
            options,
            votes,
            ..
        } => {
            let lines = options
                .as_str()
                .lines()
                .filter(|line| !line.trim().is_empty());
            lines.count() == votes.len() && votes.iter().all(|n| n <= attendance)
        }
        _ => false,
    }
}

pub(super) fn deliberated_or_desk(ask: &Ask) -> bool {
    let open = matches!(step(ask), Some(Step::Seconding | Step::Scheduled));
    step(ask) == Some(Step::Deliberated) || (ask.facts.category.desk_adopts && open)
}

pub(super) fn due_on_in_future(ask: &Ask) -> bool {
    let today = day_of(ask.facts.now);
    let later = |day: &NaiveDate| *day > today && day.year() <= today.year() + 10;
    matches!(ask.command, Command::Adopt { due_on, .. } if later(due_on))
}

pub(super) fn being_implemented(ask: &Ask) -> bool {
    step(ask) == Some(Step::Implementing)
}

pub(super) fn author_agrees(ask: &Ask) -> bool {
    matches!(ask.command, Command::RetireInto { agrees: true, .. })
}

/// 代表法 51: a formal suggestion goes through the body that hands it over.
pub(super) fn formal_through_body(ask: &Ask) -> bool {
    match ask.command {
        Command::HandOver {
            formal, handed_by, ..
        } => !*formal || handed_by.is_some(),
        _ => false,
    }
}

pub(super) fn reply_drafted(ask: &Ask) -> bool {
    step(ask) == Some(Step::ReplyDrafted)
}

/// Only letters are answered through a draft; a request has no such step.
pub(super) fn reply_approved(ask: &Ask) -> bool {
    ask.kind != crate::domain::case::codes::Kind::Mailbox || step(ask) == Some(Step::ReplyApproved)
}

/// What was approved is what is sent; words that were erased since cannot be compared.
pub(super) fn reply_as_approved(ask: &Ask) -> bool {
    match (ask.command, &ask.facts.approved) {
        (Command::SubmitResult { result, .. }, Some(approved)) => result.as_str() == approved,
        _ => true,
    }
}

pub(super) fn approver_not_drafter(ask: &Ask) -> bool {
    let drafter = ask
        .case
        .and_then(|case| case.reply.as_ref())
        .and_then(|r| r.drafted_by);
    drafter.is_some_and(|who| who != ask.actor.who)
}
