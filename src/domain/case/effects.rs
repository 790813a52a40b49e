//! What an accepted action brings about: deadlines, running numbers, follow-ups.
use super::codes::{ClockKind, FollowUpKind, Kind, Outcome, Stage, Urgency};
use super::command::Command;
use super::event::{Effects, FollowUpDue};
use super::facts::Facts;
use super::field::Code;
use super::guard::Ask;
use super::sla::{Deadline, Matter, rule_for};
use super::state::CaseState;
use crate::domain::calendar::instant;
use chrono::{DateTime, Days, NaiveDate, Utc};

/// Everything that follows from an action besides its stage and step.
pub(super) fn of(ask: &Ask) -> Effects {
    let mut then = Effects {
        outcome: outcome(ask.command),
        ..Effects::default()
    };
    match ask.case {
        None => opening(ask, &mut then),
        Some(case) => {
            numbers(case, ask.command, ask.facts, &mut then);
            deadlines(case, ask.command, ask.facts, &mut then);
            follow_ups(ask.command, &mut then);
        }
    }
    then
}

fn outcome(command: &Command) -> Option<Outcome> {
    Some(match command {
        Command::AnswerOnSpot { .. } => Outcome::AnsweredOnSpot,
        Command::SelfHandle { outcome, .. }
        | Command::SubmitResult { outcome, .. }
        | Command::Close { outcome, .. } => *outcome,
        Command::Refuse { .. } => Outcome::Refused,
        Command::Terminate { .. } => Outcome::NoAgreement,
        Command::CloseMediation { .. } => Outcome::AgreedPerformed,
        Command::NotPerformed { .. } => Outcome::AgreedNotPerformed,
        Command::NotAdopt { .. } => Outcome::NotAdopted,
        Command::NotSelected { .. } => Outcome::NotSelected,
        Command::Expire {} => Outcome::Expired,
        Command::OfferDecline { .. } => Outcome::OfferDeclined,
        Command::ClosePlacement { .. } => Outcome::PlacedVerified,
        _ => return None,
    })
}

fn opening(ask: &Ask, then: &mut Effects) {
    let (category, urgency) = match ask.command {
        Command::Report {
            category, urgency, ..
        } => (Some(category), *urgency),
        _ => (None, None),
    };
    let matter = Matter {
        kind: ask.kind,
        category,
        urgency,
        consult: ask.facts.category.consult,
    };
    then.accept_due = due(&matter, ClockKind::Accept, ask.facts, ask.facts.now);
    then.employer = ask.facts.posting.map(|posting| posting.employer);
}

fn due(matter: &Matter, clock: ClockKind, facts: &Facts, from: DateTime<Utc>) -> Option<Deadline> {
    rule_for(facts.rules, clock, matter).map(|rule| Deadline::by_rule(rule, facts.calendars, from))
}

fn matter<'a>(case: &'a CaseState, facts: &Facts) -> Matter<'a> {
    Matter {
        kind: case.kind,
        category: case.category.as_ref(),
        urgency: case.urgency,
        consult: facts.category.consult,
    }
}

/// A unit's full term, from now.
pub(super) fn fresh_unit_due(case: &CaseState, facts: &Facts) -> Option<Deadline> {
    due(&matter(case, facts), ClockKind::Unit, facts, facts.now)
}

fn numbers(case: &CaseState, command: &Command, facts: &Facts, then: &mut Effects) {
    let counts = &case.counts;
    let dispatches = u32::try_from(case.dispatches.len()).unwrap_or(u32::MAX);
    let callbacks = u32::try_from(case.callbacks_now().count()).unwrap_or(u32::MAX);
    then.count = match command {
        Command::Dispatch { .. }
        | Command::Appoint { .. }
        | Command::Designate { .. }
        | Command::Redispatch { .. }
        | Command::HandOver { .. }
        | Command::Refer { .. } => Some(dispatches + 1),
        Command::Contact { .. } => Some(counts.contacts + 1),
        Command::Callback { .. } | Command::CallSeeker { .. } => Some(callbacks + 1),
        Command::VerifyFail { .. } | Command::DenyStart { .. } | Command::Rework { .. } => {
            Some(counts.reworks + 1)
        }
        Command::Reopen { .. } | Command::ReopenMatch { .. } => Some(counts.reopenings + 1),
        Command::Escalate { .. } | Command::Complain { .. } => Some(counts.level + 1),
        Command::Supervise { .. } => Some(counts.notices + 1),
        Command::Extend { .. } => Some(counts.extensions + 1),
        Command::Object { .. } => Some(counts.objections + 1),
        _ => None,
    };
    match command {
        Command::Sign {} | Command::Acknowledge {} => {
            let office = facts.calendars.office();
            then.delay_min = case.dispatch().map(|d| office.minutes(d.at, facts.now));
        }
        Command::Redispatch { .. } => then.old_lead = case.lead(),
        Command::Unmerge { .. } => then.former_target.clone_from(&case.merged_into),
        _ => {}
    }
}

fn deadlines(case: &CaseState, command: &Command, facts: &Facts, then: &mut Effects) {
    match command {
        Command::Appeal { .. } => {
            then.accept_due = due(&matter(case, facts), ClockKind::Accept, facts, facts.now);
        }
        Command::Accept { category, urgency } => {
            promise(case.kind, Some(category), Some(*urgency), facts, then);
        }
        Command::SelfHandle { .. } if case.due.citizen.is_none() => {
            promise(case.kind, case.category.as_ref(), case.urgency, facts, then);
        }
        Command::Reopen { .. } => {
            promise(case.kind, case.category.as_ref(), case.urgency, facts, then);
        }
        Command::Dispatch { due_at, .. }
        | Command::Appoint { due_at, .. }
        | Command::Designate { due_at, .. }
        | Command::Redispatch { due_at, .. } => {
            then.unit_due = given(case, *due_at, facts);
        }
        Command::HandOver { formal, broad, .. } => {
            then.unit_due = handed_over(case, *formal, *broad, facts);
        }
        Command::Extend { due_at, .. } => extend(case, *due_at, then),
        Command::Resume { .. } => resume(case, facts, then),
        Command::VerifyFail { .. } | Command::Rework { .. } => {
            let stopped = case.times.submitted.unwrap_or(facts.now);
            let unit = case.due.unit.as_ref();
            then.unit_due = unit.map(|due| due.resumed(facts.calendars, stopped, facts.now));
        }
        Command::Absorb { due_at, .. } => absorb(case, *due_at, then),
        Command::CalendarPublished { .. } => {
            let moved = |due: &Option<Deadline>| {
                due.as_ref()
                    .and_then(|due| due.recomputed(facts.calendars, facts.now))
            };
            then.accept_due = moved(&case.due.accept);
            then.response_due = moved(&case.due.response);
            then.citizen_due = moved(&case.due.citizen);
            then.unit_due = moved(&case.due.unit);
        }
        _ => match_deadlines(case, command, facts, then),
    }
}

/// What the employer has to keep: his answer, then each next step; and by when a start is verified.
fn match_deadlines(case: &CaseState, command: &Command, facts: &Facts, then: &mut Effects) {
    let unit_from = |from| due(&matter(case, facts), ClockKind::Unit, facts, from);
    match command {
        Command::Refer { .. }
        | Command::Acknowledge {}
        | Command::Interviewed { .. }
        | Command::DenyStart { .. } => then.unit_due = unit_from(facts.now),
        Command::InterviewSet { interview_at, .. } => then.unit_due = unit_from(*interview_at),
        Command::Offer { start_on, .. } => {
            then.unit_due = unit_from(instant(*start_on, 0).max(facts.now));
        }
        Command::ClaimStart { .. } => {
            then.citizen_due = due(&matter(case, facts), ClockKind::Citizen, facts, facts.now);
        }
        _ => {}
    }
}

/// What the resident is promised, for each new cycle.
fn promise(
    kind: Kind,
    category: Option<&Code>,
    urgency: Option<Urgency>,
    facts: &Facts,
    then: &mut Effects,
) {
    let matter = Matter {
        kind,
        category,
        urgency,
        consult: facts.category.consult,
    };
    then.citizen_due = due(&matter, ClockKind::Citizen, facts, facts.now);
    if kind != Kind::Mediation {
        then.response_due = due(&matter, ClockKind::Response, facts, facts.now);
    }
}

/// The unit's deadline: as set or by rule, and never later than what a merged case was promised.
fn given(case: &CaseState, due_at: Option<DateTime<Utc>>, facts: &Facts) -> Option<Deadline> {
    let by_rule = fresh_unit_due(case, facts);
    let calendar = by_rule
        .as_ref()
        .map_or("office", |due| due.calendar.as_str());
    let due = match due_at {
        Some(at) => Some(Deadline::set(at, calendar)),
        None => by_rule.clone(),
    }?;
    Some(match case.absorbed_due {
        Some(earlier) if earlier < due.at => Deadline::set(earlier, &due.calendar),
        _ => due,
    })
}

/// 代表建议: three months, six if broad and difficult; a letter runs like a request.
fn handed_over(case: &CaseState, formal: bool, broad: bool, facts: &Facts) -> Option<Deadline> {
    let urgency = match (formal, broad) {
        (true, true) => Some(Urgency::FormalBroad),
        (true, false) => Some(Urgency::Formal),
        (false, _) => case.urgency,
    };
    let matter = Matter {
        urgency,
        ..matter(case, facts)
    };
    due(&matter, ClockKind::Unit, facts, facts.now)
}

fn extend(case: &CaseState, due_at: DateTime<Utc>, then: &mut Effects) {
    let calendar = |due: &Option<Deadline>| {
        due.as_ref()
            .map_or_else(|| "office".to_owned(), |due| due.calendar.clone())
    };
    then.old_due = case.due.unit.as_ref().map(|due| due.at);
    then.unit_due = Some(Deadline::set(due_at, &calendar(&case.due.unit)));
    if case.due.citizen.as_ref().is_some_and(|due| due.at < due_at) {
        then.citizen_due = Some(Deadline::set(due_at, &calendar(&case.due.citizen)));
    }
}

fn resume(case: &CaseState, facts: &Facts, then: &mut Effects) {
    let stopped = case.times.suspended.unwrap_or(facts.now);
    let later = |due: &Option<Deadline>| {
        due.as_ref()
            .map(|due| due.resumed(facts.calendars, stopped, facts.now))
    };
    then.unit_due = later(&case.due.unit);
    then.citizen_due = later(&case.due.citizen);
    then.response_due = later(&case.due.response).filter(|_| case.times.responded.is_none());
}

fn absorb(case: &CaseState, due_at: Option<DateTime<Utc>>, then: &mut Effects) {
    let running = matches!(case.stage, Stage::Dispatched | Stage::Handling);
    let unit = case.due.unit.as_ref().filter(|_| running);
    if let (Some(due), Some(earlier)) = (unit, due_at)
        && earlier < due.at
    {
        then.old_due = Some(due.at);
        then.unit_due = Some(Deadline::set(earlier, &due.calendar));
    }
}

fn follow_ups(command: &Command, then: &mut Effects) {
    let later = |day: NaiveDate, days: u64| day.checked_add_days(Days::new(days)).unwrap_or(day);
    let due = |what, due_on| FollowUpDue { what, due_on };
    then.follow_ups = match command {
        Command::ClosePlacement { placed_on } => vec![
            due(FollowUpKind::Retention30, later(*placed_on, 30)),
            due(FollowUpKind::Retention90, later(*placed_on, 90)),
        ],
        // 人民调解法 31, 33: performance on the agreed date, judicial confirmation within 30 days.
        Command::AgreeWritten {
            effective_on,
            perform_by,
            ..
        } => vec![
            due(FollowUpKind::Performance, *perform_by),
            due(FollowUpKind::JudicialConfirmation, later(*effective_on, 30)),
        ],
        Command::AgreeOral { perform_by, .. } => {
            vec![due(FollowUpKind::Performance, *perform_by)]
        }
        _ => Vec::new(),
    };
}
