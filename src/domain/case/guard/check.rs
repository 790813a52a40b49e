//! Verification, callback, closing, reopening, escalation: nobody judges his own work.
use super::Ask;
use super::intake::within;
use crate::domain::calendar::day_of;
use crate::domain::case::codes::{Outcome, Part, Solved};
use crate::domain::case::command::Command;
use chrono::{Datelike, NaiveDate};
use std::collections::BTreeSet;

/// Who signed, submitted or handled it himself neither verifies nor closes it.
pub(super) fn verifier_independent(ask: &Ask) -> bool {
    ask.case(|case| !case.doers.contains(&ask.actor.who))
}

pub(super) fn verifier_of_other_unit(ask: &Ask) -> bool {
    ask.case(|case| !ask.actor.leads(case))
}

/// A grid worker looks at what lies outside his own area, be it a grid or a whole community.
pub(super) fn verifier_of_other_grid(ask: &Ask) -> bool {
    let outside =
        |grid| !ask.facts.around.contains(&grid) && ask.case(|case| case.org_node != Some(grid));
    ask.part != Part::GridWorker || ask.actor.grid.is_some_and(outside)
}

pub(super) fn site_evidence(ask: &Ask) -> bool {
    match ask.command {
        Command::VerifyPass { note, photos } => {
            let needs = ask.facts.category.place
                || ask.kind == crate::domain::case::codes::Kind::PatrolFinding;
            !needs || note.is_some() || !photos.is_empty()
        }
        _ => false,
    }
}

pub(super) fn caller_of_other_unit(ask: &Ask) -> bool {
    verifier_of_other_unit(ask)
}

pub(super) fn answers_given(ask: &Ask) -> bool {
    match ask.command {
        Command::Callback {
            reached,
            solved,
            satisfied,
            ..
        } => *reached == solved.is_some() && *reached == satisfied.is_some(),
        _ => false,
    }
}

pub(super) fn verified(ask: &Ask) -> bool {
    ask.case(|case| case.verified)
}

/// Reached, or three attempts on two days, or nobody left to reach.
pub(super) fn called_back(ask: &Ask) -> bool {
    let limits = ask.facts.limits;
    !ask.facts.reporter_reachable
        || ask.case(|case| {
            let tried = case.callbacks_now().count();
            let days: BTreeSet<NaiveDate> =
                case.callbacks_now().map(|note| day_of(note.at)).collect();
            let exhausted = tried >= limits.callback_attempts && days.len() >= limits.callback_days;
            exhausted || case.callbacks_now().any(|note| note.reached)
        })
}

/// What the resident calls unsolved is closed only by the secretary, and only as limited by policy.
pub(super) fn unsolved_by_secretary(ask: &Ask) -> bool {
    let last = ask
        .case
        .and_then(|case| case.callbacks_now().filter(|note| note.reached).last());
    let unsolved = last.is_some_and(|note| note.solved == Some(Solved::No));
    let by_policy = matches!(
        ask.command,
        Command::Close {
            outcome: Outcome::PolicyLimit,
            ..
        }
    );
    !unsolved || (ask.part == Part::Secretary && by_policy)
}

pub(super) fn reopen_window(ask: &Ask) -> bool {
    let closed = ask.case.and_then(|case| case.times.closed);
    ask.part != Part::Reporter
        || closed.is_some_and(|closed| within(ask, closed, ask.facts.limits.reopen_workdays))
}

pub(super) fn reopen_count(ask: &Ask) -> bool {
    ask.part != Part::Reporter
        || ask.case(|case| case.counts.own_reopenings < ask.facts.limits.own_reopenings)
}

pub(super) fn level_below_max(ask: &Ask) -> bool {
    ask.case(|case| case.counts.level < ask.facts.limits.max_level)
}

pub(super) fn reporter_may_escalate(ask: &Ask) -> bool {
    ask.part != Part::Reporter
        || ask.case(|case| {
            case.counts.own_reopenings >= ask.facts.limits.own_reopenings
                || case.breached(ask.facts.now)
        })
}

/// 周五接待
pub(super) fn slot_on_reception_day(ask: &Ask) -> bool {
    match ask.command {
        Command::Escalate { slot, .. } => {
            *slot >= day_of(ask.facts.now)
                && slot.weekday().num_days_from_monday() == ask.facts.limits.reception_weekday
        }
        _ => false,
    }
}

pub(super) fn reception_level(ask: &Ask) -> bool {
    ask.case(|case| case.counts.level >= ask.facts.limits.reception_level)
}

/// 济南 28 条, 潍坊 26 条: the timer supervises after a breach or a second rework.
pub(super) fn breach_or_rework(ask: &Ask) -> bool {
    ask.part != Part::System
        || ask.case(|case| case.breached(ask.facts.now) || case.counts.reworks >= 2)
}
