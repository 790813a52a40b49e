//! 条件: each guard of the transition table by its stable name, with what a failed one means and
//! the function that checks it.
use super::codes::{Kind, Part, Stage};
use super::command::Command;
use super::facts::Facts;
use super::part::{Actor, Parts};
use super::refusal::Class;
use super::state::CaseState;

mod check;
mod intake;
mod market;
mod own;
mod work;

/// Everything a guard may look at.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    pub kind: Kind,
    pub case: Option<&'a CaseState>,
    pub command: &'a Command,
    pub actor: &'a Actor,
    /// The part in which the actor acts, of all he has.
    pub part: Part,
    pub parts: Parts,
    pub facts: &'a Facts<'a>,
}

impl Ask<'_> {
    fn case(&self, holds: impl FnOnce(&CaseState) -> bool) -> bool {
        self.case.is_some_and(holds)
    }

    /// None before the case exists.
    pub fn stage(&self) -> Option<Stage> {
        self.case.map(|case| case.stage)
    }
}

use Class::{Invalid, NotNow, NotYours};

macro_rules! guards {
    ($($name:ident $code:literal $class:expr, $check:path;)+) => {
        /// 条件
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Guard { $($name),+ }

        impl Guard {
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }

            /// What it means when this guard fails.
            pub const fn class(self) -> Class {
                match self { $(Self::$name => $class),+ }
            }

            pub fn holds(self, ask: &Ask) -> bool {
                match self { $(Self::$name => $check(ask)),+ }
            }
        }
    };
}

guards! {
    CategoryEnabled "category_enabled" Invalid("category"), intake::category_enabled;
    PlaceGiven "place_given" Invalid("address"), intake::place_given;
    CategoryConsult "category_consult" NotNow, intake::category_consult;
    AppealOnce "appeal_once" NotNow, intake::appeal_once;
    AppealWindow "appeal_window" NotNow, intake::appeal_window;
    CategorySelfHandle "category_self_handle" NotNow, intake::category_self_handle;
    SomethingToCorrect "something_to_correct" Invalid("category"), intake::something_to_correct;
    CorrectedCategory "corrected_category" Invalid("category"), intake::corrected_category;
    TextWithoutPersonalData "text_without_personal_data" Invalid("public_text"), intake::text_without_personal_data;
    PhotosRedacted "photos_redacted" Invalid("photos_redacted"), intake::photos_redacted;
    TextStillThere "text_still_there" NotNow, intake::text_still_there;
    TargetKnown "target_known" Invalid("target"), intake::target_known;
    TargetNotSelf "target_not_self" Invalid("target"), intake::target_not_self;
    TargetSameKind "target_same_kind" Invalid("target"), intake::target_same_kind;
    TargetNotMerged "target_not_merged" NotNow, intake::target_not_merged;
    TargetOpen "target_open" NotNow, intake::target_open;
    TargetSamePosting "target_same_posting" Invalid("target"), intake::target_same_posting;
    NearOrReason "near_or_reason" Invalid("reason"), intake::near_or_reason;
    NotWhoEntered "not_who_entered" NotYours, intake::not_who_entered;
    ConsentRecorded "consent_recorded" Invalid("consent"), intake::consent_recorded;
    VisibilityFits "visibility_fits" Invalid("visibility"), intake::visibility_fits;

    LeadUnitActive "lead_unit_active" Invalid("lead"), work::lead_unit_active;
    CoUnitsDistinct "co_units_distinct" Invalid("co_units"), work::co_units_distinct;
    DueInFuture "due_in_future" Invalid("due_at"), work::due_in_future;
    ObjectionRaised "objection_raised" NotNow, work::objection_raised;
    NotDesignated "not_designated" NotNow, work::not_designated;
    SignWindow "sign_window" NotNow, work::sign_window;
    FewObjections "few_objections" NotNow, work::few_objections;
    ReporterHasContact "reporter_has_contact" NotNow, work::reporter_has_contact;
    StepForward "step_forward" Invalid("progress"), work::step_forward;
    AskedByLeadUnit "asked_by_lead_unit" Invalid("asked_by"), work::asked_by_lead_unit;
    AskedBeforeDue "asked_before_due" NotNow, work::asked_before_due;
    LaterDue "later_due" Invalid("due_at"), work::later_due;
    SecondExtension "second_extension_needs_secretary" NotYours, work::second_extension;
    ReporterTold "reporter_told" Invalid("told_how"), work::reporter_told;
    GranterNotAsker "granter_not_asker" NotYours, work::granter_not_asker;
    GranterOfOtherUnit "granter_of_other_unit" NotYours, work::granter_of_other_unit;
    ReviewWithinLimit "review_within_limit" Invalid("review_on"), work::review_within_limit;
    ReviewDayReached "review_day_reached" NotNow, work::review_day_reached;
    OutcomeFits "outcome_fits" Invalid("outcome"), work::outcome_fits;
    ResultEvidence "result_evidence" Invalid("after"), work::result_evidence;
    BeforeAndAfter "before_and_after" Invalid("after"), work::before_and_after;
    ReporterContacted "reporter_contacted" NotNow, work::reporter_contacted;

    VerifierIndependent "verifier_independent" NotYours, check::verifier_independent;
    VerifierOfOtherUnit "verifier_of_other_unit" NotYours, check::verifier_of_other_unit;
    VerifierOfOtherGrid "verifier_of_other_grid" NotYours, check::verifier_of_other_grid;
    SiteEvidence "site_evidence" Invalid("photos"), check::site_evidence;
    CallerOfOtherUnit "caller_of_other_unit" NotYours, check::caller_of_other_unit;
    AnswersGiven "answers_given" Invalid("solved"), check::answers_given;
    Verified "verified" NotNow, check::verified;
    CalledBack "called_back" NotNow, check::called_back;
    UnsolvedBySecretary "unsolved_by_secretary" NotYours, check::unsolved_by_secretary;
    ReopenWindow "reopen_window" NotNow, check::reopen_window;
    ReopenCount "reopen_count" NotNow, check::reopen_count;
    LevelBelowMax "level_below_max" NotNow, check::level_below_max;
    ReporterMayEscalate "reporter_may_escalate" NotNow, check::reporter_may_escalate;
    SlotOnReceptionDay "slot_on_reception_day" Invalid("slot"), check::slot_on_reception_day;
    ReceptionLevel "reception_level" NotNow, check::reception_level;
    BreachOrRework "breach_or_rework" NotNow, check::breach_or_rework;

    AskerKnown "asker_known" Invalid("asked_by"), own::asker_known;
    MediatorOfUnit "mediator_of_unit" Invalid("mediator"), own::mediator_of_unit;
    NotYetInvited "not_yet_invited" NotNow, own::not_yet_invited;
    TwoParties "two_parties" Invalid("parties"), own::two_parties;
    ConsentPending "consent_pending" NotNow, own::consent_pending;
    PartyInvited "party_invited" Invalid("party"), own::party_invited;
    MediatorAccepted "mediator_accepted" Invalid("mediator_accepted"), own::mediator_accepted;
    PartiesConsented "parties_consented" NotNow, own::parties_consented;
    AllSigned "all_signed" Invalid("signed_by"), own::all_signed;
    MediatorSigned "mediator_signed" Invalid("mediator_signed"), own::mediator_signed;
    CommitteeSeal "committee_seal" Invalid("sealed"), own::committee_seal;
    TermsInOrder "terms_in_order" Invalid("perform_by"), own::terms_in_order;
    Performed "performed" NotNow, own::performed;
    PerformDatePassed "perform_date_passed" NotNow, own::perform_date_passed;
    NotTheAuthor "not_the_author" NotYours, own::not_the_author;
    SecondedOnce "seconded_once" NotNow, own::seconded_once;
    NotYetDecided "not_yet_decided" NotNow, own::not_yet_decided;
    ThreeDaysNotice "three_days_notice" Invalid("meeting_at"), own::three_days_notice;
    MeetingScheduled "meeting_scheduled" NotNow, own::meeting_scheduled;
    MeetingHeld "meeting_held" NotNow, own::meeting_held;
    Quorum "quorum" NotNow, own::quorum;
    VotesFit "votes_fit" Invalid("votes"), own::votes_fit;
    DeliberatedOrDesk "deliberated_or_desk" NotNow, own::deliberated_or_desk;
    DueOnInFuture "due_on_in_future" Invalid("due_on"), own::due_on_in_future;
    BeingImplemented "being_implemented" NotNow, own::being_implemented;
    AuthorAgrees "author_agrees" Invalid("agrees"), own::author_agrees;
    FormalThroughBody "formal_through_body" Invalid("handed_by"), own::formal_through_body;
    ReplyDrafted "reply_drafted" NotNow, own::reply_drafted;
    ReplyApproved "reply_approved" NotNow, own::reply_approved;
    ReplyAsApproved "reply_as_approved" Invalid("result"), own::reply_as_approved;
    ApproverNotDrafter "approver_not_drafter" NotYours, own::approver_not_drafter;

    PostingOpen "posting_open" NotNow, market::posting_open;
    EventLive "event_live" NotNow, market::event_live;
    SeekerOfAge "seeker_of_age" NotNow, market::seeker_of_age;
    SeekerNotBarred "seeker_not_barred" NotNow, market::seeker_not_barred;
    NoOpenMatch "no_open_match" NotNow, market::no_open_match;
    HardRequirements "hard_requirements" NotNow, market::hard_requirements;
    AutoRefer "auto_refer" NotYours, market::auto_refer;
    EmployerVerified "employer_verified" NotNow, market::employer_verified;
    SlotsLeft "slots_left" NotNow, market::slots_left;
    AnswerOverdue "answer_overdue" NotNow, market::answer_overdue;
    BeforeOffer "before_offer" NotNow, market::before_offer;
    InterviewInFuture "interview_in_future" Invalid("interview_at"), market::interview_in_future;
    PlaceOrLink "place_or_link" Invalid("place"), market::place_or_link;
    InterviewWasSet "interview_was_set" NotNow, market::interview_was_set;
    ReadyForOffer "ready_for_offer" NotNow, market::ready_for_offer;
    OfferOpen "offer_open" NotNow, market::offer_open;
    OfferWasAccepted "offer_was_accepted" NotNow, market::offer_was_accepted;
    StartReached "start_reached" NotNow, market::start_reached;
    StartedByNow "started_by_now" Invalid("started_on"), market::started_by_now;
    MoreThanEmployersWord "more_than_employers_word" Invalid("evidence"), market::more_than_employers_word;
    CallerNotEmployer "caller_not_employer" NotYours, market::caller_not_employer;
    AtWorkTold "at_work_told" Invalid("at_work"), market::at_work_told;
    SeekerReachedOrInsured "seeker_reached_or_insured" NotNow, market::seeker_reached_or_insured;
    PlacedByNow "placed_by_now" Invalid("placed_on"), market::placed_by_now;
    WasPlaced "was_placed" NotNow, market::was_placed;
    FollowUpOpen "follow_up_open" NotNow, market::follow_up_open;
    FollowUpWindow "follow_up_window" NotNow, market::follow_up_window;
    ReopenOutcome "reopen_outcome" NotNow, market::reopen_outcome;
    ReopenMonth "reopen_month" NotNow, market::reopen_month;
    EmployerBreach "employer_breach" NotNow, market::employer_breach;
}

impl Guard {
    /// Whether the answer depends on the data of the action, so that nothing can be said before
    /// they are given. Guards whose failure is a fault of a field all do.
    pub const fn reads_data(self) -> bool {
        matches!(
            self,
            Self::TextStillThere
                | Self::TargetNotMerged
                | Self::TargetOpen
                | Self::AskedBeforeDue
                | Self::GranterNotAsker
                | Self::GranterOfOtherUnit
                | Self::UnsolvedBySecretary
                | Self::Performed
                | Self::Quorum
                | Self::FollowUpOpen
                | Self::FollowUpWindow
                | Self::ReopenOutcome
        )
    }
}
