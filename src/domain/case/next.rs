//! 下一步: whose turn it is, and what an actor could do now if the data were right.
use super::codes::{Action, Kind, Part, Stage, Step};
use super::command::Command;
use super::facts::Facts;
use super::guard::{Ask, Guard};
use super::part::Actor;
use super::refusal::Class;
use super::state::CaseState;
use super::table;

/// The action a case waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    pub action: Action,
    /// Who is expected to take it; others may be allowed to as well.
    pub part: Part,
}

/// The action that moves a case on from where it stands; none once it ended.
pub fn turn(kind: Kind, stage: Stage, step: Option<Step>, verified: bool) -> Option<Turn> {
    let action = match (stage, kind) {
        (Stage::Registered, _) => Action::Accept,
        (Stage::Accepted, Kind::EmploymentMatch) => Action::Refer,
        (Stage::Accepted, _) => Action::Dispatch,
        (Stage::Dispatched, Kind::EmploymentMatch) => Action::Acknowledge,
        (Stage::Dispatched, _) => Action::Sign,
        (Stage::Handling, _) => in_hand(step),
        (Stage::Suspended, _) => Action::Resume,
        (Stage::Verifying, _) if verified => Action::Close,
        (Stage::Verifying, _) => Action::VerifyPass,
        _ => return None,
    };
    let row = table::find(kind, Some(stage), action)?;
    let part = *row.by.first()?;
    Some(Turn { action, part })
}

/// Whose turn it is in a case. What a grid worker handled himself and somebody sent back is with no
/// unit: it has to be given to one.
pub fn turn_of(case: &CaseState) -> Option<Turn> {
    let with_nobody = case.stage == Stage::Handling && case.job.is_none() && case.lead().is_none();
    if with_nobody {
        return Some(Turn {
            action: Action::Redispatch,
            part: Part::Dispatcher,
        });
    }
    turn(case.kind, case.stage, case.step, case.verified)
}

fn in_hand(step: Option<Step>) -> Action {
    match step {
        Some(Step::MediationNew) => Action::Invite,
        Some(Step::ConsentPending) => Action::Consent,
        Some(Step::Consented) => Action::Session,
        Some(Step::InSession) => Action::AgreeWritten,
        Some(Step::Seconding) => Action::Schedule,
        Some(Step::Scheduled) => Action::Deliberate,
        Some(Step::Deliberated) => Action::Adopt,
        Some(Step::ReplyNew) => Action::DraftReply,
        Some(Step::ReplyDrafted) => Action::ApproveReply,
        Some(Step::Shortlisted) => Action::InterviewSet,
        Some(Step::InterviewSet) => Action::Interviewed,
        Some(Step::Interviewed) => Action::Offer,
        Some(Step::Offered) => Action::OfferAccept,
        _ => Action::SubmitResult,
    }
}

/// Why an actor whose part it is may not take an action now, whatever data he gives; none when he
/// may, or when it is not his part.
pub fn hindrance(case: &CaseState, actor: &Actor, facts: &Facts, action: Action) -> Option<Guard> {
    let parts = actor.parts(case.kind, Some(case), None);
    let row = table::find(case.kind, Some(case.stage), action)?;
    let sample = Command::sample(case.kind, action);
    let command = Command::parse(case.kind, action, &sample).ok()?;
    let failing = |part: Part| {
        let ask = Ask {
            kind: case.kind,
            case: Some(case),
            command: &command,
            actor,
            part,
            parts,
            facts,
        };
        let mut guards = row.guards.iter().filter(|guard| foreseen(**guard));
        guards.find(|guard| !guard.holds(&ask)).copied()
    };
    let tried: Vec<_> = row
        .by
        .iter()
        .filter(|part| parts.has(**part))
        .map(|part| failing(*part))
        .collect();
    // One part in which he may is enough.
    if tried.contains(&None) {
        return None;
    }
    tried.into_iter().flatten().next()
}

/// Whether a guard can be looked at before the data of the action is there.
fn foreseen(guard: Guard) -> bool {
    !matches!(guard.class(), Class::Invalid(_)) && !guard.reads_data()
}

/// The actions that only the data still to be given could stop, in the order of the table: what a
/// page offers. Guards that look at the data are left to the decision itself.
pub fn ready(case: &CaseState, actor: &Actor, facts: &Facts) -> Vec<Action> {
    let parts = actor.parts(case.kind, Some(case), None);
    let open = |row: &&table::Row| {
        let sample = Command::sample(case.kind, row.action);
        let Ok(command) = Command::parse(case.kind, row.action, &sample) else {
            return false;
        };
        row.by.iter().filter(|part| parts.has(**part)).any(|part| {
            let ask = Ask {
                kind: case.kind,
                case: Some(case),
                command: &command,
                actor,
                part: *part,
                parts,
                facts,
            };
            row.guards
                .iter()
                .filter(|guard| foreseen(**guard))
                .all(|guard| guard.holds(&ask))
        })
    };
    table::rows(case.kind)
        .filter(|row| row.from.contains(&case.stage))
        .filter(open)
        .map(|row| row.action)
        .collect()
}
