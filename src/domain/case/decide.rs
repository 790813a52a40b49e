//! The one decision of the ledger: may this actor do this now, and what is then recorded?
//! Pure: the same question always has the same answer.
use super::codes::{Action, Channel, Kind, Part, Satisfied, Stage, Step, Visibility};
use super::command::Command;
use super::effects;
use super::event::{Effects, Event, Payload, Recorded};
use super::facts::Facts;
use super::field::{Text, Texts};
use super::guard::{Ask, Guard};
use super::part::{Actor, Parts, Who};
use super::refusal::{Class, Refusal};
use super::state::CaseState;
use super::table::{self, Row, To};
use chrono::{DateTime, Utc};

/// Decides on an action. `case` is none for the action that opens one. The first record answers
/// the command; a second one may follow from it.
pub fn decide(
    kind: Kind,
    case: Option<&CaseState>,
    command: &Command,
    actor: &Actor,
    facts: &Facts,
) -> Result<Vec<Recorded>, Refusal> {
    let action = command.action();
    if !command.fits(kind) {
        return Err(Refusal::new(
            Class::Invalid("action"),
            "fields_of_another_kind",
            &[],
        ));
    }
    let blanks = command.blanks();
    if !blanks.is_empty() {
        return Err(Refusal::invalid(blanks));
    }
    let stage = case.map(|case| case.stage);
    let row = table::find(kind, stage, action).ok_or_else(|| wrong_stage(kind, action))?;
    let parts = actor.parts(kind, case, Some(command));
    let ask = |part| Ask {
        kind,
        case,
        command,
        actor,
        part,
        parts,
        facts,
    };
    let part = admit(row, parts, &ask)?;
    let first = record(row, &ask(part));
    let second = sent_back(case, &first, facts);
    Ok(std::iter::once(first).chain(second).collect())
}

/// The actions this actor might take now, before any data is known: what a page offers.
pub fn offered(case: &CaseState, actor: &Actor) -> Vec<Action> {
    let parts = actor.parts(case.kind, Some(case), None);
    table::rows(case.kind)
        .filter(|row| row.from.contains(&case.stage))
        .filter(|row| row.by.iter().any(|part| parts.has(*part)))
        .map(|row| row.action)
        .collect()
}

fn wrong_stage(kind: Kind, action: Action) -> Refusal {
    let rows = || table::known(kind, action);
    let stages = rows().flat_map(|row| row.from.iter().copied()).collect();
    let who_can = rows().next().map_or(&[][..], |row| row.by);
    let code = if rows().next().is_some() {
        "stage"
    } else {
        "not_for_this_kind"
    };
    Refusal {
        stages,
        ..Refusal::new(Class::NotNow, code, who_can)
    }
}

/// The first of the actor's parts whose guards all hold, or why the one that came furthest failed.
fn admit<'a>(row: &Row, parts: Parts, ask: &dyn Fn(Part) -> Ask<'a>) -> Result<Part, Refusal> {
    let mut furthest: Option<(usize, Guard)> = None;
    for part in row.by.iter().copied().filter(|part| parts.has(*part)) {
        let ask = ask(part);
        match row
            .guards
            .iter()
            .enumerate()
            .find(|(_, guard)| !guard.holds(&ask))
        {
            None => return Ok(part),
            Some((at, guard)) => {
                if furthest.is_none_or(|(best, _)| at > best) {
                    furthest = Some((at, *guard));
                }
            }
        }
    }
    Err(match furthest {
        None => Refusal::new(Class::NotYours, "part", row.by),
        Some((_, guard)) => Refusal::new(guard.class(), guard.code(), row.by),
    })
}

fn record(row: &Row, ask: &Ask) -> Recorded {
    let from = ask.stage();
    let mut then = effects::of(ask);
    let to = match row.to {
        To::Same => from.unwrap_or(Stage::Registered),
        To::Stage(to) => to,
        To::UnlessHazard(to) => {
            then.reporter_leaves = ask.facts.category.public_hazard;
            from.filter(|_| then.reporter_leaves).unwrap_or(to)
        }
    };
    if to == Stage::Handling {
        then.step = step_after(ask.case, to, ask.command);
    }
    let mut data = ask.command.clone();
    let texts = data.take_texts();
    Recorded {
        event: Event {
            seq: ask.case.map_or(1, |case| case.seq + 1),
            action: row.action,
            from,
            to,
            at: moment(ask.case, ask.facts),
            who: ask.actor.who,
            part: ask.part,
            unit: ask.actor.unit,
            channel: channel(ask.command, ask.actor),
            visibility: visibility(ask.kind, ask.command),
            payload: Payload { data, then },
        },
        texts,
    }
}

/// Time never runs backwards inside a case, whatever the machine's clock does.
fn moment(case: Option<&CaseState>, facts: &Facts) -> DateTime<Utc> {
    case.map_or(facts.now, |case| facts.now.max(case.updated_at))
}

fn channel(command: &Command, actor: &Actor) -> Channel {
    match command {
        Command::Report { channel, .. } => *channel,
        _ => actor.via,
    }
}

/// The step in which handling goes on.
fn step_after(case: Option<&CaseState>, to: Stage, command: &Command) -> Option<Step> {
    let case = case?;
    let step = match command {
        Command::PatrolUpdate {
            progress: Some(step),
            ..
        } => *step,
        Command::Attribute { .. } => case.step.map_or(Step::LiabilityChecked, |step| {
            step.max(Step::LiabilityChecked)
        }),
        Command::Invite { .. } => Step::ConsentPending,
        Command::Consent { party, .. } if consents_last(case, *party) => Step::Consented,
        Command::Session { .. } => Step::InSession,
        Command::Schedule { .. } => Step::Scheduled,
        Command::Deliberate { .. } => Step::Deliberated,
        Command::Adopt { .. } | Command::Rework { .. } => Step::Implementing,
        Command::DraftReply { .. } => Step::ReplyDrafted,
        Command::ApproveReply { .. } => Step::ReplyApproved,
        Command::Acknowledge {} => Step::Shortlisted,
        Command::InterviewSet { .. } => Step::InterviewSet,
        Command::Interviewed { .. } => Step::Interviewed,
        Command::Offer { .. } => Step::Offered,
        Command::OfferAccept { .. } => Step::OfferAccepted,
        _ => return carried_step(case, to),
    };
    Some(step)
}

/// Handling begins with the kind's first step, goes on where it stopped, or stays where it is. A
/// letter that comes back needs a new draft.
fn carried_step(case: &CaseState, to: Stage) -> Option<Step> {
    match (case.stage, to, case.kind) {
        (Stage::Dispatched, Stage::Handling, kind) => kind.first_step(),
        (Stage::Verifying, Stage::Handling, Kind::Mailbox) => Some(Step::ReplyNew),
        (Stage::Verifying | Stage::Suspended, Stage::Handling, _) => case.held_step,
        _ => case.step,
    }
}

fn consents_last(case: &CaseState, party: crate::domain::id::PersonId) -> bool {
    case.mediation.as_ref().is_some_and(|m| {
        m.invited
            .iter()
            .all(|one| *one == party || m.consented.contains(one))
    })
}

/// 不满意退回: an unsatisfied opinion on a reply sends it back once, with a new term.
fn sent_back(case: Option<&CaseState>, first: &Recorded, facts: &Facts) -> Option<Recorded> {
    let case = case?;
    let unhappy = matches!(
        first.event.payload.data,
        Command::Opinion {
            satisfied: Satisfied::No,
            ..
        }
    );
    if !unhappy || case.reply.as_ref().is_some_and(|reply| reply.sent_back) {
        return None;
    }
    let then = Effects {
        step: Some(Step::ReplyNew),
        count: Some(case.counts.reworks + 1),
        unit_due: effects::fresh_unit_due(case, facts),
        ..Effects::default()
    };
    Some(Recorded {
        event: Event {
            seq: first.event.seq + 1,
            action: Action::VerifyFail,
            from: Some(Stage::Verifying),
            to: Stage::Handling,
            at: first.event.at,
            who: Who::System,
            part: Part::System,
            unit: None,
            channel: Channel::Api,
            visibility: Visibility::Internal,
            payload: Payload {
                data: Command::VerifyFail {
                    reason: Text::default(),
                    photos: Vec::new(),
                },
                then,
            },
        },
        texts: Texts::new(),
    })
}

/// Who may read what was recorded, unless the action says so itself.
fn visibility(kind: Kind, command: &Command) -> Visibility {
    let wish = match command {
        Command::Update { visibility, .. } | Command::PatrolUpdate { visibility, .. } => {
            return *visibility;
        }
        Command::Session { .. }
        | Command::Risk { .. }
        | Command::Attribute { .. }
        | Command::Complain { .. }
        | Command::AcceptMatch { .. } => Visibility::Internal,
        _ => usual_visibility(command.action()),
    };
    wish.max(kind.widest_visibility())
}

fn usual_visibility(action: Action) -> Visibility {
    match action {
        Action::Accept
        | Action::Dispatch
        | Action::Sign
        | Action::Suspend
        | Action::Resume
        | Action::Publish
        | Action::Second
        | Action::Schedule
        | Action::Adopt
        | Action::NotAdopt
        | Action::Close => Visibility::Public,
        Action::Object
        | Action::Designate
        | Action::Redispatch
        | Action::VerifyPass
        | Action::VerifyFail
        | Action::Rework
        | Action::Escalate
        | Action::Supervise
        | Action::Void
        | Action::Correct
        | Action::Redact
        | Action::Link
        | Action::Absorb
        | Action::Release
        | Action::DraftReply
        | Action::ApproveReply
        | Action::Retention => Visibility::Internal,
        _ => Visibility::Parties,
    }
}
