//! 下一步: what each side can do about a match now, the most useful first. The ledger decides;
//! this only says what a page offers.
use crate::domain::case::{Action, CaseState, Outcome, Solved, Stage, Step};
use chrono::NaiveDate;

/// Whose page it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// 求职者
    Seeker,
    /// 用人单位
    Employer,
    /// 就业专员
    Office,
    /// 社区受理员
    Desk,
}

/// 当面谈过: two actions in one, at the booth.
pub const MET: &str = "met";

fn codes(actions: &[Action]) -> Vec<&'static str> {
    actions.iter().map(|action| action.code()).collect()
}

/// The moves of a side, as codes of actions; [`MET`] is none of the ledger's.
pub fn moves(state: &CaseState, side: Side, today: NaiveDate) -> Vec<&'static str> {
    match side {
        Side::Seeker => seeker(state, today),
        Side::Employer => employer(state, today),
        Side::Office => office(state, today),
        Side::Desk => desk(state),
    }
}

fn start_reached(state: &CaseState, today: NaiveDate) -> bool {
    let day = state.job.as_ref().and_then(|job| job.start_on);
    state.step == Some(Step::OfferAccepted) && day.is_some_and(|day| day <= today)
}

fn seeker(state: &CaseState, today: NaiveDate) -> Vec<&'static str> {
    let mut may = Vec::new();
    match (state.stage, state.step) {
        (Stage::Handling, Some(Step::Offered)) => {
            may.extend([Action::OfferAccept, Action::OfferDecline]);
        }
        (Stage::Handling, Some(Step::OfferAccepted)) if start_reached(state, today) => {
            may.push(Action::SubmitResult);
        }
        (Stage::Verifying, _) if !told_at_work(state) => may.push(Action::Callback),
        (Stage::Rejected, _) if state.counts.appeals == 0 => may.push(Action::Appeal),
        (Stage::Closed, _) if state.outcome == Some(Outcome::Expired) => may.push(Action::Reopen),
        _ => {}
    }
    if state.stage.is_open() {
        may.push(Action::Update);
    }
    let with_employer = matches!(
        state.stage,
        Stage::Dispatched | Stage::Handling | Stage::Verifying
    );
    if with_employer && state.counts.level < 2 {
        may.push(Action::Escalate);
    }
    if state.stage.is_open() && state.stage != Stage::Verifying {
        may.push(Action::Withdraw);
    }
    codes(&may)
}

fn told_at_work(state: &CaseState) -> bool {
    state
        .callbacks_now()
        .any(|note| note.at_work == Some(Solved::Yes))
}

fn employer(state: &CaseState, today: NaiveDate) -> Vec<&'static str> {
    let may: &[Action] = match (state.stage, state.step) {
        (Stage::Dispatched, _) => &[Action::Acknowledge, Action::NotSelected],
        (Stage::Handling, Some(Step::Shortlisted)) => {
            let rest = codes(&[
                Action::Offer,
                Action::InterviewSet,
                Action::NotSelected,
                Action::Update,
            ]);
            return [vec![MET], rest].concat();
        }
        (Stage::Handling, Some(Step::InterviewSet)) => &[
            Action::Interviewed,
            Action::InterviewSet,
            Action::NotSelected,
        ],
        (Stage::Handling, Some(Step::Interviewed)) => &[Action::Offer, Action::NotSelected],
        (Stage::Handling, Some(Step::OfferAccepted)) if start_reached(state, today) => {
            &[Action::SubmitResult, Action::NotSelected]
        }
        (Stage::Handling, _) => &[Action::NotSelected],
        _ => &[],
    };
    let mut may = codes(may);
    if matches!(
        state.stage,
        Stage::Dispatched | Stage::Handling | Stage::Verifying
    ) {
        may.push(Action::Update.code());
    }
    may
}

fn office(state: &CaseState, today: NaiveDate) -> Vec<&'static str> {
    let may: &[Action] = match (state.stage, state.step) {
        (Stage::Registered, _) => &[Action::Accept, Action::Reject],
        (Stage::Accepted, _) => &[Action::Refer],
        (Stage::Dispatched, _) => &[Action::Expire, Action::NotSelected],
        (Stage::Handling, Some(Step::Offered)) => &[
            Action::OfferAccept,
            Action::OfferDecline,
            Action::NotSelected,
        ],
        (Stage::Handling, Some(Step::OfferAccepted)) if start_reached(state, today) => {
            &[Action::SubmitResult, Action::NotSelected]
        }
        (Stage::Handling, _) => &[Action::NotSelected, Action::Expire],
        (Stage::Verifying, _) if state.verified && told_at_work(state) => {
            &[Action::Close, Action::Callback]
        }
        // With proof of social insurance it may be closed before the person was reached.
        (Stage::Verifying, _) if state.verified => &[Action::Callback, Action::Close],
        (Stage::Verifying, _) => &[Action::VerifyPass, Action::Callback, Action::VerifyFail],
        (Stage::Closed, _) if state.outcome == Some(Outcome::PlacedVerified) => {
            &[Action::Retention]
        }
        _ => &[],
    };
    codes(may)
}

/// A community clerk calls people; everything else is the placement officer's.
fn desk(state: &CaseState) -> Vec<&'static str> {
    let may: &[Action] = match state.stage {
        Stage::Verifying => &[Action::Callback],
        Stage::Closed if state.outcome == Some(Outcome::PlacedVerified) => &[Action::Retention],
        _ => &[],
    };
    codes(may)
}

/// Key of where a match stands: `matching.state.<key>`, with the tone of its chip.
pub fn standing(state: &CaseState) -> (&'static str, &'static str) {
    let step = state.step.map(Step::code);
    let outcome = state.outcome.map(Outcome::code);
    match state.stage {
        Stage::Handling => {
            let tone = match state.step {
                Some(Step::Offered | Step::OfferAccepted) => "warn",
                _ => "info",
            };
            (step.unwrap_or("shortlisted"), tone)
        }
        Stage::Closed => {
            let placed = state.outcome == Some(Outcome::PlacedVerified);
            (outcome.unwrap_or("closed"), if placed { "ok" } else { "" })
        }
        Stage::Verifying => ("verifying", "warn"),
        Stage::Rejected => ("rejected", "bad"),
        Stage::Withdrawn | Stage::Merged | Stage::Voided | Stage::Suspended => {
            (state.stage.code(), "")
        }
        open => (open.code(), "info"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_side_has_moves_only_of_the_ledger() {
        for side in [Side::Seeker, Side::Employer, Side::Office, Side::Desk] {
            for stage in Stage::ALL {
                let state = state_at(*stage);
                for code in moves(&state, side, day()) {
                    assert!(code == MET || Action::from_code(code).is_some(), "{code}");
                }
                assert!(!standing(&state).0.is_empty());
            }
        }
    }

    fn day() -> NaiveDate {
        "2026-07-19".parse().unwrap()
    }

    fn state_at(stage: Stage) -> CaseState {
        let state = serde_json::json!({
            "kind": "employment_match", "stage": stage, "step": null, "held_step": null,
            "outcome": null, "seq": 1, "visibility": "parties", "entered_by": "person:1",
            "person": "1", "category": null, "urgency": null, "org_node": null, "said_at": null,
            "recorded_at": "2026-07-19T11:00:00Z", "updated_at": "2026-07-19T11:00:00Z",
            "times": crate::domain::case::Times::default(),
            "due": crate::domain::case::Dues::default(),
            "clocks": crate::domain::case::Clocks::default(),
            "counts": crate::domain::case::Counts::default(),
            "dispatches": [], "doers": [], "verified": false, "supervised": false,
            "callbacks": [], "merged_into": null, "absorbed_due": null, "follow_ups": [],
        });
        serde_json::from_value(state).unwrap()
    }
}
