//! What somebody asks for, with the data that action records: the body of
//! `POST /cases/{no}/actions` and, without its words, the payload of the event.
//!
//! The list below is the one source for four things that must agree: the typed command, the
//! reading of JSON and forms with a pointer for each fault, the fields a page shows, and what is
//! stored. That is why it is a macro and not four lists.
use super::codes::{
    Action, Attended, Basis, Channel, Check, Complaint, ConsentHow, Contract, Decision,
    DeclineReason, Evidence, InterestChannel, Kind, MatchRejectReason, MatchVoidReason,
    NotSelectedReason, Outcome, PayUnit, RedactReason, RejectReason, Relation, ReportedTo,
    Retained, Satisfied, ShareField, Solved, Step, SuspendReason, Told, Urgency, Visibility,
    VoidReason, WithdrawReason,
};
use super::field::{Blank, Code, Field, FieldSpec, Line, Point, Text, Texts, read};
use crate::domain::{
    fault::{Faults, FieldFault},
    id::{AccountId, AreaId, BoothId, FileId, ParticipationId, PersonId, PostingId, UnitId},
    number::CaseNumber,
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

type Time = DateTime<Utc>;

const ALL: &[Kind] = Kind::ALL;
const DESK: &[Kind] = Kind::DESK;
const MATCH: &[Kind] = &[Kind::EmploymentMatch];
const MEDIATION: &[Kind] = &[Kind::Mediation];
const SUGGESTION: &[Kind] = &[Kind::Suggestion];
const MAILBOX: &[Kind] = &[Kind::Mailbox];
const PATROL: &[Kind] = &[Kind::PatrolFinding];
const WITHOUT_PATROL: &[Kind] = &[
    Kind::ResidentRequest,
    Kind::Mediation,
    Kind::Suggestion,
    Kind::Mailbox,
    Kind::EmploymentMatch,
];
const DESK_WITHOUT_SUGGESTION: &[Kind] = &[
    Kind::ResidentRequest,
    Kind::PatrolFinding,
    Kind::Mediation,
    Kind::Mailbox,
];
const SPOKEN: &[Kind] = &[Kind::ResidentRequest, Kind::Suggestion, Kind::Mailbox];
const PLACES: &[Kind] = &[Kind::ResidentRequest, Kind::PatrolFinding];
const CHECKED: &[Kind] = &[Kind::ResidentRequest, Kind::PatrolFinding, Kind::Mailbox];
const DESK_WITHOUT_MEDIATION: &[Kind] = &[
    Kind::ResidentRequest,
    Kind::PatrolFinding,
    Kind::Suggestion,
    Kind::Mailbox,
];

macro_rules! commands {
    ($($(#[$doc:meta])* $name:ident $tag:literal $kinds:ident $action:ident { $($field:ident: $type:ty),* $(,)? })+) => {
        /// 动作及其内容
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "what", deny_unknown_fields)]
        pub enum Command {
            $($(#[$doc])* #[serde(rename = $tag)] $name {
                $(#[serde(skip_serializing_if = "Blank::is_blank")] $field: $type),*
            }),+
        }

        impl Command {
            pub const fn action(&self) -> Action {
                match self { $(Self::$name { .. } => Action::$action),+ }
            }

            /// Whether a case of this kind records this action with these fields.
            pub fn fits(&self, kind: Kind) -> bool {
                match self { $(Self::$name { .. } => $kinds.contains(&kind)),+ }
            }

            /// The fields this action records in a case of this kind.
            pub fn fields(kind: Kind, action: Action) -> Option<&'static [FieldSpec]> {
                $(if matches!(action, Action::$action) && $kinds.contains(&kind) {
                    return Some(const { &[$(FieldSpec {
                        name: stringify!($field),
                        shape: <$type as Field>::SHAPE,
                        required: <$type as Field>::REQUIRED,
                    }),*] });
                })+
                None
            }

            /// Reads the fields of an action, collecting every fault.
            pub fn parse(kind: Kind, action: Action, from: &Map<String, Value>) -> Result<Self, Faults> {
                let mut faults = unknown_fields(kind, action, from);
                $(if matches!(action, Action::$action) && $kinds.contains(&kind) {
                    $(let $field: Option<$type> = read(from, stringify!($field), &mut faults);)*
                    return match ($($field,)*) {
                        ($(Some($field),)*) if faults.is_empty() => Ok(Self::$name { $($field),* }),
                        _ => Err(faults),
                    };
                })+
                faults.add("action", FieldFault::UnknownChoice);
                Err(faults)
            }

            /// Required fields that hold nothing: a command built without `parse` may have some.
            pub fn blanks(&self) -> Faults {
                let mut faults = Faults::new();
                match self { $(Self::$name { $($field),* } => {
                    $(if <$type as Field>::REQUIRED && Blank::is_blank($field) {
                        faults.add(stringify!($field), FieldFault::Required);
                    })*
                }),+ }
                faults
            }

            /// Moves the words out, so that what stays may be chained for ever.
            pub fn take_texts(&mut self) -> Texts {
                let mut texts = Texts::new();
                match self { $(Self::$name { $($field),* } => {
                    $(Field::take_texts($field, stringify!($field), &mut texts);)*
                }),+ }
                texts
            }

            /// A well-formed body, for the API document and tests.
            pub fn sample(kind: Kind, action: Action) -> Map<String, Value> {
                let mut sample = Map::new();
                $(if matches!(action, Action::$action) && $kinds.contains(&kind) {
                    $(sample.insert(stringify!($field).to_owned(), <$type as Field>::sample());)*
                    return sample;
                })+
                sample
            }
        }
    };
}

fn unknown_fields(kind: Kind, action: Action, from: &Map<String, Value>) -> Faults {
    let known = Command::fields(kind, action).unwrap_or_default();
    let mut faults = Faults::new();
    for name in from.keys() {
        if known.iter().all(|field| field.name != name.as_str()) {
            faults.add(name.clone(), FieldFault::UnknownField);
        }
    }
    faults
}

commands! {
    Report "report" DESK Report {
        channel: Channel, category: Code, urgency: Option<Urgency>, text: Text, title: Option<Line>,
        source_ref: Option<Code>, said_at: Option<Time>, reporter: Option<PersonId>, org_node: Option<AreaId>,
        address: Option<Line>, point: Option<Point>, files: Vec<FileId>, shown: Vec<CaseNumber>,
    }
    AnswerOnSpot "answer_on_spot" SPOKEN AnswerOnSpot { answer: Text, told_how: Told, kb_ref: Option<Code> }
    Accept "accept" DESK Accept { category: Code, urgency: Urgency }
    Reject "reject" DESK Reject { reason: RejectReason, channel_told: Line, told_how: Told }
    Appeal "appeal" WITHOUT_PATROL Appeal { reason: Text }
    SelfHandle "self_handle" PLACES SelfHandle {
        result: Text, outcome: Outcome, before: Vec<FileId>, after: Vec<FileId>,
    }
    Dispatch "dispatch" DESK_WITHOUT_MEDIATION Dispatch {
        lead: UnitId, co_units: Vec<UnitId>, basis: Basis, due_at: Option<Time>,
    }
    /// 确定调解员 (人民调解法 19)
    Appoint "appoint" MEDIATION Dispatch {
        lead: UnitId, co_units: Vec<UnitId>, mediator: AccountId, chosen_by_parties: bool, due_at: Option<Time>,
    }
    Designate "designate" DESK_WITHOUT_MEDIATION Designate {
        lead: UnitId, co_units: Vec<UnitId>, reason: Text, due_at: Option<Time>,
    }
    Sign "sign" DESK Sign {}
    Object "object" DESK_WITHOUT_MEDIATION Object { reason: Text, basis: Line, suggested_unit: UnitId }
    Redispatch "redispatch" DESK_WITHOUT_MEDIATION Redispatch {
        lead: UnitId, co_units: Vec<UnitId>, reason: Text, counts_as_misdispatch: bool, due_at: Option<Time>,
    }
    Contact "contact" DESK_WITHOUT_MEDIATION Contact { method: Told, reached: bool, note: Option<Text> }
    Update "update" WITHOUT_PATROL Update { text: Text, visibility: Visibility, files: Vec<FileId> }
    /// 巡查进展: may name the step that was reached
    PatrolUpdate "patrol_update" PATROL Update {
        text: Text, visibility: Visibility, progress: Option<Step>, files: Vec<FileId>,
    }
    Extend "extend" DESK Extend {
        asked_by: AccountId, asked_at: Time, due_at: Time, reason: Text, told_how: Option<Told>,
    }
    Suspend "suspend" DESK_WITHOUT_SUGGESTION Suspend {
        asked_by: AccountId, reason: SuspendReason, review_on: NaiveDate, explanation: Text,
    }
    Resume "resume" DESK_WITHOUT_SUGGESTION Resume { why: Option<Text> }
    SubmitResult "submit_result" DESK_WITHOUT_MEDIATION SubmitResult {
        result: Text, outcome: Outcome, before: Vec<FileId>, after: Vec<FileId>,
    }
    VerifyFail "verify_fail" CHECKED VerifyFail { reason: Text, photos: Vec<FileId> }
    VerifyPass "verify_pass" DESK_WITHOUT_MEDIATION VerifyPass { note: Option<Text>, photos: Vec<FileId> }
    Callback "callback" DESK Callback {
        reached: bool, solved: Option<Solved>, satisfied: Option<Satisfied>, comment: Option<Text>,
    }
    Close "close" DESK_WITHOUT_MEDIATION Close { outcome: Outcome, public_answer: Text }
    Reopen "reopen" DESK Reopen { reason: Text }
    Merge "merge" ALL Merge { target: CaseNumber, reason: Option<Text> }
    Unmerge "unmerge" ALL Unmerge { reason: Text }
    Escalate "escalate" DESK Escalate { slot: NaiveDate, reason: Text }
    Reception "reception" DESK Reception { received_by: Line, decision: Text, owner: UnitId, due_on: NaiveDate }
    Supervise "supervise" ALL Supervise { to: Option<UnitId>, due_on: NaiveDate, reason: Option<Text> }
    Withdraw "withdraw" DESK Withdraw { reason: Text, consent: Option<ConsentHow> }
    Void "void" DESK Void { reason: VoidReason }
    Correct "correct" DESK Correct {
        category: Option<Code>, org_node: Option<AreaId>, said_at: Option<Time>, address: Option<Line>,
        point: Option<Point>,
    }
    Publish "publish" DESK_WITHOUT_MEDIATION Publish {
        title: Line, public_text: Text, point: Option<Point>, photos_redacted: bool, files: Vec<FileId>,
    }
    Redact "redact" ALL Redact { event: u32, reason: RedactReason }
    Link "link" DESK Link { target: CaseNumber, relation: Relation }

    Attribute "attribute" PATROL Attribute { asked_by: AccountId, party: Line, record_no: Line }

    Invite "invite" MEDIATION Invite { parties: Vec<PersonId>, how: Told }
    Consent "consent" MEDIATION Consent { party: PersonId, mediator_accepted: bool }
    Refuse "refuse" MEDIATION Refuse { party: PersonId, routes_told: Text }
    Session "session" MEDIATION Session { held_at: Time, place: Line, came: Vec<PersonId>, notes: Option<Text> }
    AgreeWritten "agree_written" MEDIATION AgreeWritten {
        signed_by: Vec<PersonId>, mediator_signed: bool, sealed: bool, file: FileId,
        effective_on: NaiveDate, perform_by: NaiveDate,
    }
    AgreeOral "agree_oral" MEDIATION AgreeOral { content: Text, effective_on: NaiveDate, perform_by: NaiveDate }
    Terminate "terminate" MEDIATION Terminate { routes_told: Text }
    Risk "risk" MEDIATION Risk { reported_to: ReportedTo, reported_at: Time, note: Text }
    ConfirmPerformed "confirm_performed" MEDIATION VerifyPass { confirmed_by: Vec<PersonId>, note: Option<Text> }
    CloseMediation "close_mediation" MEDIATION Close { note: Option<Text> }
    NotPerformed "not_performed" MEDIATION NotPerformed { court_route_told: Text }

    Second "second" SUGGESTION Second {}
    Schedule "schedule" SUGGESTION Schedule { meeting_at: Time, place: Line, agenda: Text, invited: Option<Text> }
    Deliberate "deliberate" SUGGESTION Deliberate {
        attendance: u32, minutes: Text, options: Text, votes: Vec<u32>,
    }
    Adopt "adopt" SUGGESTION Adopt { decision: Decision, reasons: Text, owner: UnitId, due_on: NaiveDate }
    NotAdopt "not_adopt" SUGGESTION NotAdopt { reasons: Text, told_how: Told }
    RetireInto "retire_into" SUGGESTION RetireInto { target: CaseNumber, agrees: bool }
    Rework "rework" SUGGESTION Rework { reason: Text, photos: Vec<FileId> }

    HandOver "hand_over" MAILBOX HandOver { to: UnitId, formal: bool, broad: bool, handed_by: Option<Line> }
    DraftReply "draft_reply" MAILBOX DraftReply { reply: Text }
    ApproveReply "approve_reply" MAILBOX ApproveReply { note: Option<Text> }
    Opinion "opinion" MAILBOX Opinion { satisfied: Satisfied, comment: Option<Text> }

    Interest "interest" MATCH Interest {
        channel: InterestChannel, posting: PostingId, seeker: PersonId, consent_version: Code,
        share: Vec<ShareField>, participation: Option<ParticipationId>, booth: Option<BoothId>,
    }
    AcceptMatch "accept_match" MATCH Accept { checks: Option<Text> }
    RejectMatch "reject_match" MATCH Reject { reason: MatchRejectReason, told_how: Told }
    Refer "refer" MATCH Refer { note: Option<Text> }
    Acknowledge "acknowledge" MATCH Acknowledge {}
    NotSelected "not_selected" MATCH NotSelected { reason: NotSelectedReason, note: Option<Text> }
    Expire "expire" MATCH Expire {}
    InterviewSet "interview_set" MATCH InterviewSet {
        interview_at: Time, place: Option<Line>, live_link: Option<Line>, told_how: Told,
    }
    Interviewed "interviewed" MATCH Interviewed { attended: Attended, note: Option<Text> }
    Offer "offer" MATCH Offer { pay: u32, pay_unit: PayUnit, start_on: NaiveDate, contract: Contract }
    OfferAccept "offer_accept" MATCH OfferAccept { consent: Option<ConsentHow> }
    OfferDecline "offer_decline" MATCH OfferDecline { reason: DeclineReason, consent: Option<ConsentHow> }
    /// 申报到岗
    ClaimStart "claim_start" MATCH SubmitResult { started_on: NaiveDate, evidence: Evidence, files: Vec<FileId> }
    /// 核实到岗
    ConfirmStart "confirm_start" MATCH VerifyPass { evidence: Evidence, note: Option<Text>, files: Vec<FileId> }
    /// 到岗不实
    DenyStart "deny_start" MATCH VerifyFail { reason: Text }
    CallSeeker "call_seeker" MATCH Callback {
        reached: bool, at_work: Option<Solved>, satisfied: Option<Satisfied>, comment: Option<Text>,
    }
    ClosePlacement "close_placement" MATCH Close { placed_on: NaiveDate }
    Retention "retention" MATCH Retention { check: Check, result: Retained, evidence: Option<Evidence> }
    ReopenMatch "reopen_match" MATCH Reopen { reason: Text, by_error: bool }
    /// 投诉用人单位
    Complain "complain" MATCH Escalate { complaint: Complaint, text: Text }
    WithdrawMatch "withdraw_match" MATCH Withdraw { reason: WithdrawReason, consent: Option<ConsentHow> }
    VoidMatch "void_match" MATCH Void { reason: MatchVoidReason }

    /// 来件并入: recorded on the case that lives on
    Absorb "absorb" ALL Absorb { source: CaseNumber, due_at: Option<Time> }
    Release "release" ALL Release { source: CaseNumber }
    CalendarPublished "calendar_published" ALL CalendarPublished { version: Code }
}
