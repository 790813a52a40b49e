//! What patrol findings, mediation, suggestions and the mailbox add to the base table.
use super::super::codes::{Action as A, Kind, Part, Stage};
use super::super::guard::Guard as G;
use super::{Row, To, row};
use Part::{
    Clerk, Deputy, Handler, Mediator, Moderator, Reporter, Resident, Secretary, System, UnitLeader,
    Verifier,
};
use Stage::{Accepted, Closed, Dispatched, Handling, Merged, Registered, Verifying};

const PATROL: &[Kind] = &[Kind::PatrolFinding];
/// 人民调解法
const MEDIATION: &[Kind] = &[Kind::Mediation];
const SUGGESTION: &[Kind] = &[Kind::Suggestion];
/// 代表法 31、51 条
const MAILBOX: &[Kind] = &[Kind::Mailbox];
const LIVE: &[Stage] = &[Registered, Accepted, Handling];
const HANDLING: &[Stage] = &[Handling];

pub(super) const ROWS: &[Row] = &[
    row(
        PATROL,
        &[Handling, Verifying],
        A::Attribute,
        To::Same,
        &[Secretary],
        &[G::AskerKnown],
    ),
    row(
        MEDIATION,
        HANDLING,
        A::Invite,
        To::Same,
        &[Mediator],
        &[G::NotYetInvited, G::TwoParties],
    ),
    row(
        MEDIATION,
        HANDLING,
        A::Consent,
        To::Same,
        &[Mediator],
        &[G::ConsentPending, G::PartyInvited, G::MediatorAccepted],
    ),
    row(
        MEDIATION,
        HANDLING,
        A::Refuse,
        To::Stage(Closed),
        &[Mediator],
        &[G::PartyInvited],
    ),
    row(
        MEDIATION,
        HANDLING,
        A::Session,
        To::Same,
        &[Mediator],
        &[G::PartiesConsented],
    ),
    row(
        MEDIATION,
        HANDLING,
        A::AgreeWritten,
        To::Stage(Verifying),
        &[Mediator],
        &[
            G::PartiesConsented,
            G::AllSigned,
            G::MediatorSigned,
            G::CommitteeSeal,
            G::TermsInOrder,
        ],
    ),
    row(
        MEDIATION,
        HANDLING,
        A::AgreeOral,
        To::Stage(Verifying),
        &[Mediator],
        &[G::PartiesConsented, G::TermsInOrder],
    ),
    row(
        MEDIATION,
        HANDLING,
        A::Terminate,
        To::Stage(Closed),
        &[Mediator],
        &[],
    ),
    row(
        MEDIATION,
        &[Handling, Verifying],
        A::Risk,
        To::Same,
        &[Mediator, Secretary],
        &[],
    ),
    row(
        MEDIATION,
        &[Verifying],
        A::VerifyPass,
        To::Same,
        &[Clerk, Verifier],
        &[G::VerifierIndependent, G::Performed],
    ),
    row(
        MEDIATION,
        &[Verifying],
        A::Close,
        To::Stage(Closed),
        &[Mediator, Secretary],
        &[G::VerifierIndependent, G::Verified],
    ),
    row(
        MEDIATION,
        &[Verifying],
        A::NotPerformed,
        To::Stage(Closed),
        &[Mediator, Secretary],
        &[G::PerformDatePassed],
    ),
    row(
        SUGGESTION,
        LIVE,
        A::Second,
        To::Same,
        &[Resident],
        &[G::NotTheAuthor, G::SecondedOnce],
    ),
    row(
        SUGGESTION,
        HANDLING,
        A::Schedule,
        To::Same,
        &[Moderator],
        &[G::NotYetDecided, G::ThreeDaysNotice],
    ),
    row(
        SUGGESTION,
        HANDLING,
        A::Deliberate,
        To::Same,
        &[Moderator],
        &[G::MeetingScheduled, G::MeetingHeld, G::Quorum, G::VotesFit],
    ),
    row(
        SUGGESTION,
        HANDLING,
        A::Adopt,
        To::Same,
        &[Moderator, Secretary],
        &[G::DeliberatedOrDesk, G::DueOnInFuture],
    ),
    row(
        SUGGESTION,
        HANDLING,
        A::NotAdopt,
        To::Stage(Closed),
        &[Moderator, Secretary],
        &[G::DeliberatedOrDesk],
    ),
    row(
        SUGGESTION,
        LIVE,
        A::RetireInto,
        To::Stage(Merged),
        &[Reporter],
        &[
            G::AuthorAgrees,
            G::TargetKnown,
            G::TargetNotSelf,
            G::TargetSameKind,
            G::TargetNotMerged,
            G::TargetOpen,
        ],
    ),
    row(
        SUGGESTION,
        &[Verifying],
        A::Rework,
        To::Stage(Handling),
        &[Verifier],
        &[G::VerifierIndependent, G::VerifierOfOtherUnit],
    ),
    row(
        MAILBOX,
        &[Accepted],
        A::HandOver,
        To::Stage(Dispatched),
        &[Deputy, Secretary],
        &[G::LeadUnitActive, G::FormalThroughBody],
    ),
    row(MAILBOX, HANDLING, A::DraftReply, To::Same, &[Handler], &[]),
    row(
        MAILBOX,
        HANDLING,
        A::ApproveReply,
        To::Same,
        &[UnitLeader],
        &[G::ReplyDrafted, G::ApproverNotDrafter],
    ),
    row(
        MAILBOX,
        &[Verifying],
        A::Opinion,
        To::Same,
        &[Deputy, Reporter],
        &[],
    ),
];

/// What only the program records: the other side of a merge, and a calendar that moved deadlines.
pub(super) const SYSTEM: &[Row] = &[
    row(Kind::ALL, Stage::OPEN, A::Absorb, To::Same, &[System], &[]),
    row(Kind::ALL, Stage::ALL, A::Release, To::Same, &[System], &[]),
    row(
        Kind::ALL,
        &[Registered, Accepted, Dispatched, Handling, Verifying],
        A::CalendarPublished,
        To::Same,
        &[System],
        &[],
    ),
];
