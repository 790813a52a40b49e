//! Each guard, broken alone: the refusal names it, says who can act and has its class.
use super::rows::{ready, somebody_as};
use super::*;
use std::collections::BTreeSet;

type Break = fn(&mut Question);

const fn breaking(guard: Guard, how: Break) -> (Guard, Break) {
    (guard, how)
}

fn days(q: &Question, n: i64) -> String {
    (day_of(q.facts.now) + TimeDelta::days(n)).to_string()
}

fn hours(q: &Question, n: i64) -> String {
    (q.facts.now + TimeDelta::hours(n)).to_rfc3339()
}

/// How to break each guard while the others of its row hold.
const BREAKS: &[(Guard, Break)] = &[
    breaking(Guard::CategoryEnabled, |q| q.facts.category.enabled = false),
    breaking(Guard::PlaceGiven, |q| {
        for field in ["org_node", "address", "point"] {
            q.unset(field);
        }
    }),
    breaking(Guard::CategoryConsult, |q| q.facts.category.consult = false),
    breaking(Guard::AppealOnce, |q| q.case().counts.appeals = 1),
    breaking(Guard::AppealWindow, |q| q.facts.now += TimeDelta::days(40)),
    breaking(Guard::CategorySelfHandle, |q| {
        q.facts.category.self_handle = false;
    }),
    breaking(Guard::SomethingToCorrect, |q| q.body.clear()),
    breaking(Guard::CorrectedCategory, |q| {
        q.facts.new_category_enabled = false;
    }),
    breaking(Guard::TextWithoutPersonalData, |q| {
        q.set("public_text", "请找张先生 13800138000");
    }),
    breaking(Guard::PhotosRedacted, |q| q.set("photos_redacted", false)),
    breaking(Guard::TextStillThere, |q| q.facts.text_there = false),
    breaking(Guard::TargetKnown, |q| q.facts.target = None),
    breaking(Guard::TargetNotSelf, |q| {
        q.facts.target.as_mut().unwrap().itself = true;
    }),
    breaking(Guard::TargetSameKind, |q| {
        let other = if q.kind == Kind::Mailbox {
            Kind::Mediation
        } else {
            Kind::Mailbox
        };
        q.facts.target.as_mut().unwrap().kind = other;
    }),
    breaking(Guard::TargetNotMerged, |q| {
        q.facts.target.as_mut().unwrap().merged = true;
    }),
    breaking(Guard::TargetOpen, |q| {
        q.facts.target.as_mut().unwrap().open = false;
    }),
    breaking(Guard::TargetSamePosting, |q| {
        q.facts.target.as_mut().unwrap().posting = None;
    }),
    breaking(Guard::NearOrReason, |q| {
        q.facts.target.as_mut().unwrap().near = false;
        q.unset("reason");
    }),
    breaking(Guard::NotWhoEntered, |q| q.case().entered_by = q.actor.who),
    breaking(Guard::ConsentRecorded, |q| q.unset("consent")),
    breaking(Guard::VisibilityFits, |q| q.set("visibility", "public")),
    breaking(Guard::LeadUnitActive, |q| q.facts.units_active = false),
    breaking(Guard::CoUnitsDistinct, |q| {
        q.set("co_units", json!(["11", "10"]));
    }),
    breaking(Guard::DueInFuture, |q| q.set("due_at", hours(q, -1))),
    breaking(Guard::ObjectionRaised, |q| q.case().counts.objections = 0),
    breaking(Guard::NotDesignated, |q| {
        q.case().dispatches[0].designated = true;
    }),
    breaking(Guard::SignWindow, |q| {
        q.case().dispatches[0].at -= TimeDelta::days(10);
    }),
    breaking(Guard::FewObjections, |q| q.case().counts.objections = 2),
    breaking(Guard::ReporterHasContact, |q| {
        q.facts.reporter_reachable = false;
    }),
    breaking(Guard::StepForward, |q| q.set("progress", "scheduled")),
    breaking(Guard::AskedByLeadUnit, |q| {
        q.facts.named.as_mut().unwrap().unit = Some(UnitId(11));
    }),
    breaking(Guard::AskedBeforeDue, |q| q.set("asked_at", hours(q, 1))),
    breaking(Guard::LaterDue, |q| q.set("due_at", hours(q, 2))),
    breaking(Guard::SecondExtension, |q| {
        q.case().counts.extensions = 1;
        q.actor = actor("clerk");
    }),
    breaking(Guard::ReporterTold, |q| q.unset("told_how")),
    breaking(Guard::GranterNotAsker, |q| {
        if let Who::Account(id) = q.actor.who {
            q.set("asked_by", id.to_string());
        }
    }),
    breaking(Guard::GranterOfOtherUnit, |q| q.actor.unit = Some(LEAD)),
    breaking(Guard::ReviewWithinLimit, |q| {
        q.set("review_on", days(q, 91));
    }),
    breaking(Guard::ReviewDayReached, |q| {
        q.case().times.review_on = Some(day_of(q.facts.now) + TimeDelta::days(1));
        q.actor = Actor::SYSTEM;
    }),
    breaking(Guard::OutcomeFits, |q| q.set("outcome", "expired")),
    breaking(Guard::ResultEvidence, |q| q.set("after", json!([]))),
    breaking(Guard::BeforeAndAfter, |q| q.set("before", json!([]))),
    breaking(Guard::ReporterContacted, |q| {
        q.case().times.responded = None;
    }),
    breaking(Guard::VerifierIndependent, |q| {
        let who = q.actor.who;
        q.case().doers.insert(who);
    }),
    breaking(Guard::VerifierOfOtherUnit, |q| q.actor.unit = Some(LEAD)),
    breaking(Guard::VerifierOfOtherGrid, |q| {
        q.actor = actor("grid");
        q.actor.grid = q.case().org_node;
    }),
    breaking(Guard::SiteEvidence, |q| {
        q.set("photos", json!([]));
        q.unset("note");
    }),
    breaking(Guard::CallerOfOtherUnit, |q| q.actor.unit = Some(LEAD)),
    breaking(Guard::AnswersGiven, |q| q.unset("solved")),
    breaking(Guard::Verified, |q| q.case().verified = false),
    breaking(Guard::CalledBack, |q| q.case().callbacks.clear()),
    breaking(Guard::UnsolvedBySecretary, |q| {
        q.case().callbacks[0].solved = Some(Solved::No);
    }),
    breaking(Guard::ReopenWindow, |q| {
        q.actor = actor("reporter");
        q.facts.now += TimeDelta::days(40);
    }),
    breaking(Guard::ReopenCount, |q| {
        q.actor = actor("reporter");
        q.case().counts.own_reopenings = 2;
    }),
    breaking(Guard::LevelBelowMax, |q| q.case().counts.level = 2),
    breaking(Guard::ReporterMayEscalate, |q| {
        q.actor = actor("reporter");
        q.case().counts.own_reopenings = 0;
        q.case().due = Dues::default();
    }),
    breaking(Guard::SlotOnReceptionDay, |q| q.set("slot", days(q, 1))),
    breaking(Guard::ReceptionLevel, |q| q.case().counts.level = 0),
    breaking(Guard::BreachOrRework, |q| {
        q.actor = Actor::SYSTEM;
        q.case().counts.reworks = 1;
        q.case().due = Dues::default();
    }),
    breaking(Guard::AskerKnown, |q| q.facts.named = None),
    breaking(Guard::MediatorOfUnit, |q| {
        q.facts.named.as_mut().unwrap().role = Role::Verifier;
    }),
    breaking(Guard::NotYetInvited, |q| {
        q.case().step = Some(Step::Consented);
    }),
    breaking(Guard::TwoParties, |q| q.set("parties", json!(["1", "1"]))),
    breaking(Guard::ConsentPending, |q| {
        q.case().step = Some(Step::InSession);
    }),
    breaking(Guard::PartyInvited, |q| q.set("party", "7")),
    breaking(Guard::MediatorAccepted, |q| {
        q.set("mediator_accepted", false);
    }),
    breaking(Guard::PartiesConsented, |q| {
        q.case().step = Some(Step::ConsentPending);
    }),
    breaking(Guard::AllSigned, |q| q.set("signed_by", json!(["1"]))),
    breaking(Guard::MediatorSigned, |q| q.set("mediator_signed", false)),
    breaking(Guard::CommitteeSeal, |q| q.set("sealed", false)),
    breaking(Guard::TermsInOrder, |q| q.set("perform_by", days(q, -1))),
    breaking(Guard::Performed, |q| {
        q.set("confirmed_by", json!(["1"]));
        q.case().mediation.as_mut().unwrap().perform_by = None;
    }),
    breaking(Guard::PerformDatePassed, |q| {
        q.case().mediation.as_mut().unwrap().perform_by = Some(day_of(q.facts.now));
    }),
    breaking(Guard::NotTheAuthor, |q| q.case().person = Some(NEIGHBOUR)),
    breaking(Guard::SecondedOnce, |q| {
        let who = q.actor.who;
        q.case().idea.as_mut().unwrap().seconded_by.insert(who);
    }),
    breaking(Guard::NotYetDecided, |q| {
        q.case().step = Some(Step::Implementing);
    }),
    breaking(Guard::ThreeDaysNotice, |q| {
        q.set("meeting_at", hours(q, 48));
    }),
    breaking(Guard::MeetingScheduled, |q| {
        q.case().step = Some(Step::Seconding);
    }),
    breaking(Guard::MeetingHeld, |q| {
        q.case().idea.as_mut().unwrap().meeting_at = Some(q.facts.now + TimeDelta::hours(1));
    }),
    breaking(Guard::Quorum, |q| q.set("attendance", 6)),
    breaking(Guard::VotesFit, |q| q.set("votes", json!([5, 6]))),
    breaking(Guard::DeliberatedOrDesk, |q| {
        q.case().step = Some(Step::Implementing);
    }),
    breaking(Guard::DueOnInFuture, |q| q.set("due_on", days(q, 0))),
    breaking(Guard::BeingImplemented, |q| {
        q.case().step = Some(Step::Deliberated);
    }),
    breaking(Guard::AuthorAgrees, |q| q.set("agrees", false)),
    breaking(Guard::FormalThroughBody, |q| q.unset("handed_by")),
    breaking(Guard::ReplyDrafted, |q| {
        q.case().step = Some(Step::ReplyNew);
    }),
    breaking(Guard::ReplyApproved, |q| {
        q.case().step = Some(Step::ReplyDrafted);
    }),
    breaking(Guard::ReplyAsApproved, |q| {
        q.facts.approved = Some("另一份答复".to_owned());
    }),
    breaking(Guard::ApproverNotDrafter, |q| {
        q.case().reply.as_mut().unwrap().drafted_by = Some(q.actor.who);
    }),
    breaking(Guard::PostingOpen, |q| {
        q.facts.posting.as_mut().unwrap().open = false;
    }),
    breaking(Guard::EventLive, |q| {
        q.facts.posting.as_mut().unwrap().event_live = false;
    }),
    breaking(Guard::SeekerOfAge, |q| q.facts.seeker.of_age = false),
    breaking(Guard::SeekerNotBarred, |q| q.facts.seeker.barred = true),
    breaking(Guard::NoOpenMatch, |q| q.facts.seeker.open_match = true),
    breaking(Guard::HardRequirements, |q| {
        q.facts.posting.as_mut().unwrap().must_haves_met = false;
    }),
    breaking(Guard::AutoRefer, |q| {
        q.actor = Actor::SYSTEM;
        q.facts.posting.as_mut().unwrap().auto_refer = false;
    }),
    breaking(Guard::EmployerVerified, |q| {
        q.facts.posting.as_mut().unwrap().employer_verified = false;
    }),
    breaking(Guard::SlotsLeft, |q| {
        q.facts.posting.as_mut().unwrap().slots_left = false;
    }),
    breaking(Guard::AnswerOverdue, |q| {
        q.facts.posting.as_mut().unwrap().open = true;
    }),
    breaking(Guard::BeforeOffer, |q| q.case().step = Some(Step::Offered)),
    breaking(Guard::InterviewInFuture, |q| {
        q.set("interview_at", hours(q, -1));
    }),
    breaking(Guard::PlaceOrLink, |q| {
        q.unset("place");
        q.unset("live_link");
    }),
    breaking(Guard::InterviewWasSet, |q| {
        q.case().step = Some(Step::Shortlisted);
    }),
    breaking(Guard::ReadyForOffer, |q| {
        q.case().step = Some(Step::InterviewSet);
    }),
    breaking(Guard::OfferOpen, |q| {
        q.case().step = Some(Step::Interviewed);
    }),
    breaking(Guard::OfferWasAccepted, |q| {
        q.case().step = Some(Step::Offered);
    }),
    breaking(Guard::StartReached, |q| {
        q.job().start_on = Some(day_of(q.facts.now) + TimeDelta::days(1));
    }),
    breaking(Guard::StartedByNow, |q| q.set("started_on", days(q, 1))),
    breaking(Guard::MoreThanEmployersWord, |q| {
        q.set("evidence", "employer_statement");
    }),
    breaking(Guard::CallerNotEmployer, |q| {
        q.actor = actor("employer");
        q.case().person = Some(REPORTER);
        q.actor.who = Who::Person(REPORTER);
    }),
    breaking(Guard::AtWorkTold, |q| q.unset("at_work")),
    breaking(Guard::SeekerReachedOrInsured, |q| {
        q.case().callbacks.clear();
    }),
    breaking(Guard::PlacedByNow, |q| q.set("placed_on", days(q, 1))),
    breaking(Guard::WasPlaced, |q| {
        q.case().outcome = Some(Outcome::Expired);
    }),
    breaking(Guard::FollowUpOpen, |q| {
        q.case().follow_ups[0].result = Some(Retained::Left);
    }),
    breaking(Guard::FollowUpWindow, |q| {
        q.case().follow_ups[0].due_on += TimeDelta::days(10);
    }),
    breaking(Guard::ReopenOutcome, |q| {
        q.case().outcome = Some(Outcome::PlacedVerified);
    }),
    breaking(Guard::ReopenMonth, |q| q.facts.now += TimeDelta::days(31)),
    breaking(Guard::EmployerBreach, |q| q.case().due.unit = None),
];

#[test]
fn each_guard_refuses_by_name() {
    let mut untried: BTreeSet<Guard> = Guard::ALL.iter().copied().collect();
    for &kind in Kind::ALL {
        for row in table::rows(kind) {
            for guard in row.guards {
                if *guard == Guard::StepForward && kind != Kind::PatrolFinding {
                    continue;
                }
                if *guard == Guard::VisibilityFits && kind.widest_visibility() == Visibility::Public
                {
                    continue;
                }
                let of_letters = [Guard::ReplyApproved, Guard::ReplyAsApproved];
                if of_letters.contains(guard) && kind != Kind::Mailbox {
                    continue;
                }
                broken(kind, row, *guard);
                untried.remove(guard);
            }
        }
    }
    assert!(untried.is_empty(), "never in a row: {untried:?}");
}

fn broken(kind: Kind, row: &Row, guard: Guard) {
    let how = BREAKS
        .iter()
        .find(|(g, _)| *g == guard)
        .unwrap_or_else(|| panic!("{guard:?}"))
        .1;
    let mut q = ready(row, kind, row.from.first().copied());
    // Whoever acts for somebody else is the one who needs consent; the last part of each row is not the person himself.
    let part = *row
        .by
        .iter()
        .rev()
        .find(|p| **p != Part::System)
        .unwrap_or(&Part::System);
    let (actor, _) = somebody_as(&q, part).unwrap();
    q.actor = actor;
    how(&mut q);
    let refusal = q
        .ask()
        .expect_err(&format!("{kind} {} {guard:?}", row.action));
    assert_eq!(
        (refusal.code, refusal.class),
        (guard.code(), guard.class()),
        "{kind} {} {guard:?}",
        row.action
    );
    assert_eq!(refusal.who_can, row.by);
}

#[test]
fn guard_codes_are_unique() {
    let codes: BTreeSet<_> = Guard::ALL.iter().map(|g| g.code()).collect();
    assert_eq!(codes.len(), Guard::ALL.len());
}

#[test]
fn three_calls_on_two_days_are_enough_and_three_on_one_are_not() {
    let row = table::find(Kind::ResidentRequest, Some(Stage::Verifying), Action::Close).unwrap();
    let mut q = ready(row, Kind::ResidentRequest, Some(Stage::Verifying));
    q.actor = actor("verifier");
    let missed = |at| CallbackNote {
        cycle: 0,
        at,
        reached: false,
        solved: None,
        satisfied: None,
        at_work: None,
    };
    let now = q.facts.now;
    q.case().callbacks = vec![missed(now); 3];
    assert_eq!(q.ask().unwrap_err().code, "called_back");
    q.case().callbacks[0].at -= TimeDelta::days(1);
    assert!(q.ask().is_ok());
    q.case().callbacks.clear();
    q.facts.reporter_reachable = false;
    assert!(q.ask().is_ok());
}

#[test]
fn what_the_resident_calls_unsolved_only_the_secretary_closes_as_policy() {
    let row = table::find(Kind::ResidentRequest, Some(Stage::Verifying), Action::Close).unwrap();
    let mut q = ready(row, Kind::ResidentRequest, Some(Stage::Verifying));
    q.case().callbacks[0].solved = Some(Solved::No);
    q.actor = actor("secretary");
    assert_eq!(q.ask().unwrap_err().code, "unsolved_by_secretary");
    q.set("outcome", "policy_limit");
    assert!(q.ask().is_ok());
    q.actor = actor("verifier");
    assert_eq!(q.ask().unwrap_err().class, Class::NotYours);
}

#[test]
fn an_employers_silence_lapses_only_after_grace_and_never_over_an_offer() {
    let row = table::find(Kind::EmploymentMatch, Some(Stage::Handling), Action::Expire).unwrap();
    let mut q = ready(row, Kind::EmploymentMatch, Some(Stage::Handling));
    q.actor = Actor::SYSTEM;
    q.facts.posting.as_mut().unwrap().open = true;
    q.case().due.unit = Some(Deadline::set(
        "2026-11-20T10:00:00Z".parse().unwrap(),
        "office",
    ));
    q.facts.now = "2026-11-24T09:59:00Z".parse().unwrap();
    assert_eq!(q.ask().unwrap_err().code, "answer_overdue");
    q.facts.now = "2026-11-24T10:01:00Z".parse().unwrap();
    assert!(q.ask().is_ok());
    q.case().step = Some(Step::Offered);
    assert_eq!(q.ask().unwrap_err().code, "answer_overdue");
    q.actor = actor("officer");
    assert!(q.ask().is_ok());
}

#[test]
fn social_insurance_stands_for_a_seeker_who_cannot_be_reached_but_not_against_his_word() {
    let row = table::find(Kind::EmploymentMatch, Some(Stage::Verifying), Action::Close).unwrap();
    let mut q = ready(row, Kind::EmploymentMatch, Some(Stage::Verifying));
    q.actor = actor("officer");
    q.case().callbacks.clear();
    q.job().verified_evidence = Some(Evidence::SocialInsurance);
    assert!(q.ask().is_ok());
    let (mut said_no, ()) = (
        ready(row, Kind::EmploymentMatch, Some(Stage::Verifying)),
        (),
    );
    said_no.actor = actor("officer");
    said_no.job().verified_evidence = Some(Evidence::SocialInsurance);
    said_no.case().callbacks[0].at_work = Some(Solved::No);
    assert_eq!(said_no.ask().unwrap_err().code, "seeker_reached_or_insured");
}
