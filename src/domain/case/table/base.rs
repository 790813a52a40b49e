//! 居民诉求: the base table, which patrol findings, mediation, suggestions and the mailbox share
//! except for the rows they drop. 北京 11–15、23 条, 济南 24、27、28 条, 潍坊 20、22、26 条, 信访 22–23、34 条.
use super::super::codes::{Action as A, Kind, Part, Stage};
use super::super::guard::Guard as G;
use super::{Row, To, row};
use Kind::{Mailbox, Mediation, PatrolFinding, ResidentRequest, Suggestion};
use Part::{
    Clerk, CoHandler, Dispatcher, GridWorker, Handler, Reporter, Secretary, System, UnitLeader,
    Verifier,
};
use Stage::{
    Accepted, Closed, Dispatched, Handling, Merged, Registered, Rejected, Suspended, Verifying,
    Voided, Withdrawn,
};

const ALL: &[Kind] = Kind::DESK;
const NOT_PATROL: &[Kind] = &[ResidentRequest, Mediation, Suggestion, Mailbox];
const NOT_MEDIATION: &[Kind] = &[ResidentRequest, PatrolFinding, Suggestion, Mailbox];
const NOT_SUGGESTION: &[Kind] = &[ResidentRequest, PatrolFinding, Mediation, Mailbox];
const PLACES: &[Kind] = &[ResidentRequest, PatrolFinding];
const SPOKEN: &[Kind] = &[ResidentRequest, Suggestion, Mailbox];
const PATROL: &[Kind] = &[PatrolFinding];
const OTHERS: &[Kind] = &[ResidentRequest, Suggestion, Mailbox];
const REQUEST_OR_MAIL: &[Kind] = &[ResidentRequest, Mailbox];

const OPEN: &[Stage] = Stage::OPEN;
const OPEN_OR_CLOSED: &[Stage] = &[
    Registered, Accepted, Dispatched, Handling, Suspended, Verifying, Closed,
];
const BEFORE_WORK: &[Stage] = &[Registered, Accepted];
const MERGEABLE: &[Stage] = &[Registered, Accepted, Dispatched, Handling];
const WITHDRAWABLE: &[Stage] = &[Registered, Accepted, Dispatched, Handling, Suspended];
const GIVEN: &[G] = &[G::LeadUnitActive, G::CoUnitsDistinct, G::DueInFuture];
const GIVEN_FIRMLY: &[G] = &[
    G::ObjectionRaised,
    G::LeadUnitActive,
    G::CoUnitsDistinct,
    G::DueInFuture,
];
const FREE_TO_VERIFY: &[G] = &[G::VerifierIndependent, G::VerifierOfOtherUnit];
const SEEN_BY_VERIFIER: &[G] = &[
    G::VerifierIndependent,
    G::VerifierOfOtherUnit,
    G::SiteEvidence,
];
/// At a patrol finding a grid worker of another grid, or the secretary, verifies too.
const FREE_TO_VERIFY_PATROL: &[G] = &[
    G::VerifierIndependent,
    G::VerifierOfOtherUnit,
    G::VerifierOfOtherGrid,
];
const SEEN_ON_PATROL: &[G] = &[
    G::VerifierIndependent,
    G::VerifierOfOtherUnit,
    G::VerifierOfOtherGrid,
    G::SiteEvidence,
];

pub(super) const ROWS: &[Row] = &[
    row(
        ALL,
        &[],
        A::Report,
        To::Stage(Registered),
        &[Reporter, GridWorker, Clerk, Part::Deputy, System],
        &[G::CategoryEnabled, G::PlaceGiven],
    ),
    row(
        SPOKEN,
        &[Registered],
        A::AnswerOnSpot,
        To::Stage(Closed),
        &[Clerk],
        &[G::CategoryConsult],
    ),
    row(
        ALL,
        &[Registered],
        A::Accept,
        To::Stage(Accepted),
        &[Clerk, Dispatcher, Secretary],
        &[G::CategoryEnabled],
    ),
    row(
        ALL,
        &[Registered],
        A::Reject,
        To::Stage(Rejected),
        &[Clerk, Secretary],
        &[],
    ),
    row(
        NOT_PATROL,
        &[Rejected],
        A::Appeal,
        To::Stage(Registered),
        &[Reporter, Secretary],
        &[G::AppealOnce, G::AppealWindow],
    ),
    row(
        PLACES,
        BEFORE_WORK,
        A::SelfHandle,
        To::Stage(Verifying),
        &[GridWorker],
        &[G::CategorySelfHandle, G::BeforeAndAfter, G::OutcomeFits],
    ),
    row(
        NOT_MEDIATION,
        &[Accepted],
        A::Dispatch,
        To::Stage(Dispatched),
        &[Dispatcher, Secretary],
        GIVEN,
    ),
    row(
        &[Mediation],
        &[Accepted],
        A::Dispatch,
        To::Stage(Dispatched),
        &[Dispatcher, Secretary],
        &[
            G::LeadUnitActive,
            G::CoUnitsDistinct,
            G::DueInFuture,
            G::MediatorOfUnit,
        ],
    ),
    row(
        NOT_MEDIATION,
        &[Accepted],
        A::Designate,
        To::Stage(Dispatched),
        &[Secretary],
        GIVEN_FIRMLY,
    ),
    row(
        ALL,
        &[Dispatched],
        A::Sign,
        To::Stage(Handling),
        &[Handler, UnitLeader],
        &[],
    ),
    row(
        NOT_MEDIATION,
        &[Dispatched],
        A::Object,
        To::Stage(Accepted),
        &[Handler, UnitLeader],
        &[G::NotDesignated, G::SignWindow, G::FewObjections],
    ),
    row(
        NOT_MEDIATION,
        &[Handling, Suspended],
        A::Redispatch,
        To::Stage(Dispatched),
        &[Dispatcher, Secretary],
        GIVEN,
    ),
    row(
        NOT_MEDIATION,
        &[Handling],
        A::Contact,
        To::Same,
        &[Handler, CoHandler],
        &[G::ReporterHasContact],
    ),
    row(
        ALL,
        OPEN,
        A::Update,
        To::Same,
        &[
            Reporter, GridWorker, Clerk, Dispatcher, Handler, CoHandler, Secretary,
        ],
        &[G::VisibilityFits, G::StepForward],
    ),
    row(
        ALL,
        &[Handling],
        A::Extend,
        To::Same,
        &[Dispatcher, Secretary],
        &[
            G::AskedByLeadUnit,
            G::AskedBeforeDue,
            G::LaterDue,
            G::SecondExtension,
            G::ReporterTold,
        ],
    ),
    row(
        NOT_SUGGESTION,
        &[Handling],
        A::Suspend,
        To::Stage(Suspended),
        &[Secretary],
        &[
            G::AskedByLeadUnit,
            G::GranterNotAsker,
            G::GranterOfOtherUnit,
            G::ReviewWithinLimit,
        ],
    ),
    row(
        NOT_SUGGESTION,
        &[Suspended],
        A::Resume,
        To::Stage(Handling),
        &[Handler, Dispatcher, Secretary, System],
        &[G::ReviewDayReached],
    ),
    row(
        REQUEST_OR_MAIL,
        &[Handling],
        A::SubmitResult,
        To::Stage(Verifying),
        &[Handler],
        &[
            G::OutcomeFits,
            G::ResultEvidence,
            G::ReporterContacted,
            G::ReplyApproved,
            G::ReplyAsApproved,
        ],
    ),
    row(
        PATROL,
        &[Handling],
        A::SubmitResult,
        To::Stage(Verifying),
        &[Handler],
        &[G::OutcomeFits, G::BeforeAndAfter, G::ReporterContacted],
    ),
    row(
        &[Suggestion],
        &[Handling],
        A::SubmitResult,
        To::Stage(Verifying),
        &[Handler],
        &[
            G::OutcomeFits,
            G::BeingImplemented,
            G::ResultEvidence,
            G::ReporterContacted,
        ],
    ),
    row(
        REQUEST_OR_MAIL,
        &[Verifying],
        A::VerifyFail,
        To::Stage(Handling),
        &[Verifier],
        FREE_TO_VERIFY,
    ),
    row(
        PATROL,
        &[Verifying],
        A::VerifyFail,
        To::Stage(Handling),
        &[Verifier, GridWorker, Secretary],
        FREE_TO_VERIFY_PATROL,
    ),
    row(
        OTHERS,
        &[Verifying],
        A::VerifyPass,
        To::Same,
        &[Verifier],
        SEEN_BY_VERIFIER,
    ),
    row(
        PATROL,
        &[Verifying],
        A::VerifyPass,
        To::Same,
        &[Verifier, GridWorker, Secretary],
        SEEN_ON_PATROL,
    ),
    row(
        ALL,
        &[Verifying, Closed],
        A::Callback,
        To::Same,
        &[Clerk, Verifier, Reporter],
        &[G::CallerOfOtherUnit, G::AnswersGiven],
    ),
    row(
        NOT_MEDIATION,
        &[Verifying],
        A::Close,
        To::Stage(Closed),
        &[Verifier, Secretary],
        &[
            G::VerifierIndependent,
            G::Verified,
            G::OutcomeFits,
            G::CalledBack,
            G::UnsolvedBySecretary,
        ],
    ),
    row(
        ALL,
        &[Closed],
        A::Reopen,
        To::Stage(Accepted),
        &[Reporter, Clerk, Secretary],
        &[G::ReopenWindow, G::ReopenCount],
    ),
    row(
        ALL,
        MERGEABLE,
        A::Merge,
        To::Stage(Merged),
        &[Dispatcher, Clerk, Secretary],
        &[
            G::TargetKnown,
            G::TargetNotSelf,
            G::TargetSameKind,
            G::TargetNotMerged,
            G::TargetOpen,
            G::NearOrReason,
        ],
    ),
    row(
        ALL,
        &[Merged],
        A::Unmerge,
        To::Stage(Accepted),
        &[Dispatcher, Secretary],
        &[],
    ),
    row(
        ALL,
        OPEN,
        A::Escalate,
        To::Same,
        &[Reporter, Clerk, Dispatcher, Secretary, System],
        &[
            G::LevelBelowMax,
            G::ReporterMayEscalate,
            G::SlotOnReceptionDay,
        ],
    ),
    row(
        ALL,
        OPEN,
        A::Reception,
        To::Same,
        &[Secretary],
        &[G::ReceptionLevel],
    ),
    row(
        ALL,
        OPEN,
        A::Supervise,
        To::Same,
        &[Secretary, System],
        &[G::BreachOrRework],
    ),
    row(
        ALL,
        WITHDRAWABLE,
        A::Withdraw,
        To::UnlessHazard(Withdrawn),
        &[Reporter, Clerk],
        &[G::ConsentRecorded],
    ),
    row(
        ALL,
        BEFORE_WORK,
        A::Void,
        To::Stage(Voided),
        &[Secretary],
        &[G::NotWhoEntered],
    ),
    row(
        ALL,
        OPEN,
        A::Correct,
        To::Same,
        &[Clerk, Dispatcher, Secretary],
        &[G::SomethingToCorrect, G::CorrectedCategory],
    ),
    row(
        NOT_MEDIATION,
        OPEN_OR_CLOSED,
        A::Publish,
        To::Same,
        &[Clerk, Secretary],
        &[G::TextWithoutPersonalData, G::PhotosRedacted],
    ),
    row(
        ALL,
        Stage::ALL,
        A::Redact,
        To::Same,
        &[Secretary],
        &[G::TextStillThere],
    ),
    row(
        ALL,
        OPEN_OR_CLOSED,
        A::Link,
        To::Same,
        &[Clerk, Dispatcher, Secretary, System],
        &[G::TargetKnown, G::TargetNotSelf],
    ),
];
