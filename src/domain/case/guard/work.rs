//! Dispatch, objection, extension, suspension, result.
use super::Ask;
use super::intake::within;
use crate::domain::calendar::day_of;
use crate::domain::case::codes::{Outcome, Part};
use crate::domain::case::command::Command;
use crate::domain::case::part::Who;
use crate::domain::case::state::Dispatch;
use chrono::{DateTime, Days, Utc};
use std::collections::BTreeSet;

pub(super) fn lead_unit_active(ask: &Ask) -> bool {
    ask.facts.units_active
}

pub(super) fn co_units_distinct(ask: &Ask) -> bool {
    match ask.command {
        Command::Dispatch { lead, co_units, .. }
        | Command::Appoint { lead, co_units, .. }
        | Command::Designate { lead, co_units, .. }
        | Command::Redispatch { lead, co_units, .. } => {
            let distinct: BTreeSet<_> = co_units.iter().collect();
            distinct.len() == co_units.len() && !distinct.contains(lead)
        }
        _ => false,
    }
}

pub(super) fn due_in_future(ask: &Ask) -> bool {
    match ask.command {
        Command::Dispatch { due_at, .. }
        | Command::Appoint { due_at, .. }
        | Command::Designate { due_at, .. }
        | Command::Redispatch { due_at, .. } => due_at.is_none_or(|due| due > ask.facts.now),
        _ => false,
    }
}

pub(super) fn objection_raised(ask: &Ask) -> bool {
    ask.case(|case| case.counts.objections >= 1)
}

fn dispatch(ask: &Ask, holds: impl FnOnce(&Dispatch) -> bool) -> bool {
    ask.case.and_then(|case| case.dispatch()).is_some_and(holds)
}

pub(super) fn not_designated(ask: &Ask) -> bool {
    dispatch(ask, |dispatch| !dispatch.designated)
}

pub(super) fn sign_window(ask: &Ask) -> bool {
    dispatch(ask, |dispatch| {
        within(ask, dispatch.at, ask.facts.limits.sign_workdays)
    })
}

pub(super) fn few_objections(ask: &Ask) -> bool {
    ask.case(|case| case.counts.objections < ask.facts.limits.objections)
}

pub(super) fn reporter_has_contact(ask: &Ask) -> bool {
    ask.facts.reporter_reachable
}

/// A step of this kind, reached while handling, and later than the present one.
pub(super) fn step_forward(ask: &Ask) -> bool {
    let Command::PatrolUpdate { progress, .. } = ask.command else {
        return true;
    };
    let Some(progress) = progress else {
        return true;
    };
    let at = |step| ask.kind.steps().iter().position(|one| *one == step);
    let handling = ask.stage() == Some(crate::domain::case::codes::Stage::Handling);
    let present = ask.case.and_then(|case| case.step).and_then(at);
    handling && at(*progress).is_some_and(|next| present.is_none_or(|now| now < next))
}

pub(super) fn asked_by_lead_unit(ask: &Ask) -> bool {
    let unit = ask.facts.named.and_then(|named| named.unit);
    ask.case(|case| unit.is_some() && unit == case.lead())
}

fn unit_due(ask: &Ask) -> Option<DateTime<Utc>> {
    ask.case
        .and_then(|case| case.due.unit.as_ref())
        .map(|due| due.at)
}

pub(super) fn asked_before_due(ask: &Ask) -> bool {
    match ask.command {
        Command::Extend { asked_at, .. } => {
            let signed = ask.case.and_then(|case| case.times.stage_since);
            *asked_at <= ask.facts.now
                && signed.is_some_and(|since| since <= *asked_at)
                && unit_due(ask).is_none_or(|due| *asked_at <= due)
        }
        _ => false,
    }
}

pub(super) fn later_due(ask: &Ask) -> bool {
    match ask.command {
        Command::Extend { due_at, .. } => {
            *due_at > ask.facts.now && unit_due(ask).is_none_or(|due| *due_at > due)
        }
        _ => false,
    }
}

pub(super) fn second_extension(ask: &Ask) -> bool {
    ask.part == Part::Secretary || ask.case(|case| case.counts.extensions == 0)
}

pub(super) fn reporter_told(ask: &Ask) -> bool {
    let told = matches!(
        ask.command,
        Command::Extend {
            told_how: Some(_),
            ..
        }
    );
    told || !ask.facts.reporter_reachable
}

pub(super) fn granter_not_asker(ask: &Ask) -> bool {
    match ask.command {
        Command::Suspend { asked_by, .. } => ask.actor.who != Who::Account(*asked_by),
        _ => false,
    }
}

pub(super) fn granter_of_other_unit(ask: &Ask) -> bool {
    let unit = ask.facts.named.and_then(|named| named.unit);
    ask.actor.unit.is_none() || ask.actor.unit != unit
}

pub(super) fn review_within_limit(ask: &Ask) -> bool {
    let Command::Suspend { review_on, .. } = ask.command else {
        return false;
    };
    let today = day_of(ask.facts.now);
    let last = today.checked_add_days(Days::new(ask.facts.limits.review_days));
    *review_on > today && last.is_some_and(|last| *review_on <= last)
}

/// The timer resumes only on the day of review; people may resume earlier.
pub(super) fn review_day_reached(ask: &Ask) -> bool {
    let review = ask.case.and_then(|case| case.times.review_on);
    ask.part != Part::System || review.is_some_and(|day| day_of(ask.facts.now) >= day)
}

/// An outcome of this kind that this action can bring about.
pub(super) fn outcome_fits(ask: &Ask) -> bool {
    match ask.command {
        Command::SelfHandle { outcome, .. }
        | Command::SubmitResult { outcome, .. }
        | Command::Close { outcome, .. } => {
            ask.kind.outcomes().contains(outcome)
                && !matches!(outcome, Outcome::AnsweredOnSpot | Outcome::NotAdopted)
        }
        _ => false,
    }
}

pub(super) fn result_evidence(ask: &Ask) -> bool {
    match ask.command {
        Command::SubmitResult { after, .. } => !ask.facts.category.place || !after.is_empty(),
        _ => false,
    }
}

/// How it was may have been shown when it was reported.
pub(super) fn before_and_after(ask: &Ask) -> bool {
    match ask.command {
        Command::SubmitResult { before, after, .. } | Command::SelfHandle { before, after, .. } => {
            (ask.facts.before_there || !before.is_empty()) && !after.is_empty()
        }
        _ => false,
    }
}

/// 与反映人见面或联系过: reached, or tried as often as a callback would be.
pub(super) fn reporter_contacted(ask: &Ask) -> bool {
    let enough = u32::try_from(ask.facts.limits.callback_attempts).unwrap_or(u32::MAX);
    !ask.facts.reporter_reachable
        || ask.case(|case| case.times.responded.is_some() || case.counts.contacts >= enough)
}
