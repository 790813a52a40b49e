//! Employment matches: the employer alone proves nothing.
use super::Ask;
use crate::domain::calendar::day_of;
use crate::domain::case::codes::{Evidence, Outcome, Part, Solved, Step};
use crate::domain::case::command::Command;
use crate::domain::case::facts::PostingFacts;
use crate::domain::case::state::{FollowUp, Job};

fn posting(ask: &Ask, holds: impl FnOnce(&PostingFacts) -> bool) -> bool {
    ask.facts.posting.as_ref().is_some_and(holds)
}

fn job(ask: &Ask, holds: impl FnOnce(&Job) -> bool) -> bool {
    ask.case
        .and_then(|case| case.job.as_ref())
        .is_some_and(holds)
}

fn step(ask: &Ask) -> Option<Step> {
    ask.case.and_then(|case| case.step)
}

pub(super) fn posting_open(ask: &Ask) -> bool {
    posting(ask, |posting| posting.open)
}

pub(super) fn event_live(ask: &Ask) -> bool {
    posting(ask, |posting| posting.event_live)
}

pub(super) fn seeker_of_age(ask: &Ask) -> bool {
    ask.facts.seeker.of_age
}

pub(super) fn seeker_not_barred(ask: &Ask) -> bool {
    !ask.facts.seeker.barred
}

pub(super) fn no_open_match(ask: &Ask) -> bool {
    !ask.facts.seeker.open_match
}

pub(super) fn hard_requirements(ask: &Ask) -> bool {
    posting(ask, |posting| posting.must_haves_met)
}

/// The program accepts by itself only where the posting says so.
pub(super) fn auto_refer(ask: &Ask) -> bool {
    ask.part != Part::System || posting(ask, |posting| posting.auto_refer)
}

pub(super) fn employer_verified(ask: &Ask) -> bool {
    posting(ask, |posting| posting.employer_verified)
}

pub(super) fn slots_left(ask: &Ask) -> bool {
    posting(ask, |posting| posting.slots_left)
}

/// The employer kept silent beyond the days of grace, or the posting was closed. Once an offer is
/// out the employer has answered, and the program no longer lets the match lapse by itself.
pub(super) fn answer_overdue(ask: &Ask) -> bool {
    let due = ask
        .case
        .and_then(|case| case.due.unit.as_ref())
        .map(|due| due.at);
    let grace = ask.facts.limits.employer_grace_workdays;
    let silent = due
        .is_some_and(|due| ask.facts.now > ask.facts.calendars.office().add_workdays(due, grace));
    let shut = posting(ask, |posting| !posting.open);
    let answered = matches!(step(ask), Some(Step::Offered | Step::OfferAccepted));
    (silent || shut) && (ask.part != Part::System || !answered)
}

pub(super) fn before_offer(ask: &Ask) -> bool {
    matches!(
        step(ask),
        Some(Step::Shortlisted | Step::InterviewSet | Step::Interviewed)
    )
}

pub(super) fn interview_in_future(ask: &Ask) -> bool {
    matches!(ask.command, Command::InterviewSet { interview_at, .. } if *interview_at > ask.facts.now)
}

pub(super) fn place_or_link(ask: &Ask) -> bool {
    match ask.command {
        Command::InterviewSet {
            place, live_link, ..
        } => place.is_some() || live_link.is_some(),
        _ => false,
    }
}

pub(super) fn interview_was_set(ask: &Ask) -> bool {
    step(ask) == Some(Step::InterviewSet)
}

pub(super) fn ready_for_offer(ask: &Ask) -> bool {
    matches!(step(ask), Some(Step::Shortlisted | Step::Interviewed))
}

pub(super) fn offer_open(ask: &Ask) -> bool {
    step(ask) == Some(Step::Offered)
}

pub(super) fn offer_was_accepted(ask: &Ask) -> bool {
    step(ask) == Some(Step::OfferAccepted)
}

pub(super) fn start_reached(ask: &Ask) -> bool {
    job(ask, |job| {
        job.start_on.is_some_and(|day| day_of(ask.facts.now) >= day)
    })
}

pub(super) fn started_by_now(ask: &Ask) -> bool {
    matches!(ask.command, Command::ClaimStart { started_on, .. } if *started_on <= day_of(ask.facts.now))
}

pub(super) fn more_than_employers_word(ask: &Ask) -> bool {
    matches!(ask.command, Command::ConfirmStart { evidence, .. } if *evidence != Evidence::EmployerStatement)
}

pub(super) fn caller_not_employer(ask: &Ask) -> bool {
    !ask.parts.has(Part::Employer)
}

/// Whoever was reached said yes or no.
pub(super) fn at_work_told(ask: &Ask) -> bool {
    match ask.command {
        Command::CallSeeker {
            reached, at_work, ..
        } => *reached == at_work.is_some() && *at_work != Some(Solved::Partly),
        _ => false,
    }
}

/// The seeker was reached and is at work; without having reached him, only social insurance counts.
pub(super) fn seeker_reached_or_insured(ask: &Ask) -> bool {
    let last = ask
        .case
        .and_then(|case| case.callbacks_now().filter(|note| note.reached).last());
    match last {
        Some(note) => note.at_work == Some(Solved::Yes),
        None => job(ask, |job| {
            job.verified_evidence == Some(Evidence::SocialInsurance)
        }),
    }
}

pub(super) fn placed_by_now(ask: &Ask) -> bool {
    matches!(ask.command, Command::ClosePlacement { placed_on } if *placed_on <= day_of(ask.facts.now))
}

pub(super) fn was_placed(ask: &Ask) -> bool {
    ask.case(|case| case.outcome == Some(Outcome::PlacedVerified))
}

fn follow_up<'a>(ask: &Ask<'a>) -> Option<&'a FollowUp> {
    let Command::Retention { check, .. } = ask.command else {
        return None;
    };
    let what = check.follow_up();
    ask.case?.follow_ups.iter().find(|f| f.what == what)
}

/// Not yet answered; a seeker who could not be reached may be asked again.
pub(super) fn follow_up_open(ask: &Ask) -> bool {
    use crate::domain::case::codes::Retained;
    follow_up(ask).is_some_and(|f| matches!(f.result, None | Some(Retained::Unreachable)))
}

pub(super) fn follow_up_window(ask: &Ask) -> bool {
    let limits = ask.facts.limits;
    follow_up(ask).is_some_and(|f| {
        let late = (day_of(ask.facts.now) - f.due_on).num_days();
        (-limits.retention_before_days..=limits.retention_after_days).contains(&late)
    })
}

pub(super) fn reopen_outcome(ask: &Ask) -> bool {
    ask.case(|case| match case.outcome {
        Some(Outcome::Expired) => true,
        Some(Outcome::NotSelected) => {
            matches!(ask.command, Command::ReopenMatch { by_error: true, .. })
        }
        _ => false,
    })
}

pub(super) fn reopen_month(ask: &Ask) -> bool {
    let closed = ask.case.and_then(|case| case.times.closed);
    closed.is_some_and(|at| {
        (day_of(ask.facts.now) - day_of(at)).num_days() <= ask.facts.limits.match_reopen_days
    })
}

pub(super) fn employer_breach(ask: &Ask) -> bool {
    let due = ask.case.and_then(|case| case.due.unit.as_ref());
    due.is_some_and(|due| due.at < ask.facts.now)
}
