//! 重放: each event changes the state in exactly one way, whoever replays it and whenever.
use super::clock::Running;
use super::codes::{Action, Kind, Outcome, Part, Stage, Visibility};
use super::command::Command;
use super::event::{Effects, Event};
use super::part::Who;
use super::state::{
    CallbackNote, CaseState, Counts, Dispatch, Dues, FollowUp, Idea, Job, Mediation, Reply, Times,
};
use crate::domain::id::{AccountId, PersonId, UnitId};
use std::collections::BTreeSet;

/// Why events cannot be replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    #[error("no events")]
    Empty,
    #[error("the first event does not open a case")]
    NotAnOpening,
    #[error("event {0} is not the next one")]
    OutOfOrder(u64),
}

/// The state after all events of a case.
pub fn replay<'a>(
    kind: Kind,
    events: impl IntoIterator<Item = &'a Event>,
) -> Result<CaseState, ReplayError> {
    let mut events = events.into_iter();
    let first = events.next().ok_or(ReplayError::Empty)?;
    let mut case = CaseState::open(kind, first)?;
    for event in events {
        case.apply(event)?;
    }
    Ok(case)
}

impl CaseState {
    /// The state after the event that opens a case.
    pub fn open(kind: Kind, event: &Event) -> Result<Self, ReplayError> {
        if event.seq != 1 {
            return Err(ReplayError::OutOfOrder(event.seq));
        }
        let mut case = Self::blank(kind, event);
        match &event.payload.data {
            Command::Report {
                urgency,
                category,
                reporter,
                org_node,
                said_at,
                ..
            } => {
                case.category = Some(category.clone());
                case.urgency = *urgency;
                case.person = *reporter;
                case.org_node = *org_node;
                case.said_at = *said_at;
                match kind {
                    Kind::Mediation => case.mediation = Some(Mediation::default()),
                    Kind::Suggestion => case.idea = Some(Idea::default()),
                    Kind::Mailbox => case.reply = Some(Reply::default()),
                    _ => {}
                }
            }
            Command::Interest {
                posting, seeker, ..
            } => {
                let employer = event
                    .payload
                    .then
                    .employer
                    .ok_or(ReplayError::NotAnOpening)?;
                case.person = Some(*seeker);
                case.job = Some(Job::new(*posting, employer));
            }
            _ => return Err(ReplayError::NotAnOpening),
        }
        case.due.accept.clone_from(&event.payload.then.accept_due);
        case.follow_clocks(event);
        Ok(case)
    }

    fn blank(kind: Kind, event: &Event) -> Self {
        Self {
            kind,
            stage: event.to,
            step: None,
            held_step: None,
            outcome: None,
            seq: event.seq,
            visibility: Visibility::Parties,
            entered_by: event.who,
            person: None,
            category: None,
            urgency: None,
            org_node: None,
            said_at: None,
            recorded_at: event.at,
            updated_at: event.at,
            times: Times {
                stage_since: Some(event.at),
                ..Times::default()
            },
            due: Dues::default(),
            clocks: super::clock::Clocks::default(),
            counts: Counts::default(),
            dispatches: Vec::new(),
            doers: BTreeSet::new(),
            verified: false,
            supervised: false,
            callbacks: Vec::new(),
            merged_into: None,
            absorbed_due: None,
            follow_ups: Vec::new(),
            mediation: None,
            idea: None,
            reply: None,
            job: None,
        }
    }

    /// Folds one event in.
    pub fn apply(&mut self, event: &Event) -> Result<(), ReplayError> {
        if event.seq != self.seq + 1 {
            return Err(ReplayError::OutOfOrder(event.seq));
        }
        self.seq = event.seq;
        self.updated_at = event.at;
        self.take_effects(&event.payload.then);
        self.move_stage(event);
        self.intake(event);
        self.work(event);
        self.check(event);
        self.own_kinds(event);
        self.market(event);
        self.follow_clocks(event);
        Ok(())
    }

    fn take_effects(&mut self, then: &Effects) {
        let Effects {
            accept_due,
            response_due,
            citizen_due,
            unit_due,
            follow_ups,
            ..
        } = then;
        let set = |slot: &mut Option<_>, due: &Option<_>| {
            if due.is_some() {
                slot.clone_from(due);
            }
        };
        set(&mut self.due.accept, accept_due);
        set(&mut self.due.response, response_due);
        set(&mut self.due.citizen, citizen_due);
        set(&mut self.due.unit, unit_due);
        for follow_up in follow_ups {
            self.follow_ups.retain(|old| old.what != follow_up.what);
            self.follow_ups.push(FollowUp {
                what: follow_up.what,
                due_on: follow_up.due_on,
                result: None,
            });
        }
        if then.reporter_leaves {
            self.person = None;
        }
    }

    fn move_stage(&mut self, event: &Event) {
        let from = self.stage;
        if from == Stage::Handling && event.to != Stage::Handling {
            self.held_step = self.step;
        }
        if !matches!(
            event.to,
            Stage::Handling | Stage::Suspended | Stage::Verifying
        ) {
            self.held_step = None;
        }
        self.step = event.payload.then.step;
        self.stage = event.to;
        if event.payload.then.outcome.is_some() {
            self.outcome = event.payload.then.outcome;
        }
        if from == event.to {
            return;
        }
        self.times.stage_since = Some(event.at);
        match event.to {
            Stage::Handling | Stage::Dispatched => self.verified = false,
            Stage::Verifying => self.times.submitted = Some(event.at),
            Stage::Closed => self.closed(event),
            _ => {}
        }
    }

    /// 首次结案: the first verdict stays whatever happens later.
    fn closed(&mut self, event: &Event) {
        self.times.closed = Some(event.at);
        if self.times.first_closed.is_none() {
            let due = match event.action {
                Action::AnswerOnSpot => self.due.accept.as_ref(),
                _ => self.due.citizen.as_ref(),
            };
            self.times.first_closed = Some(event.at);
            self.times.first_on_time = due.map(|due| event.at <= due.at);
        }
    }

    fn follow_clocks(&mut self, event: &Event) {
        let asks_contact = !matches!(self.kind, Kind::Mediation | Kind::EmploymentMatch);
        let running = Running {
            stage: self.stage,
            responded: !asks_contact || self.times.responded.is_some(),
            cycle: self.counts.reopenings,
            dispatch_no: self.dispatches.last().map_or(0, |dispatch| dispatch.no),
        };
        self.clocks.follow(running, event.at, event.action);
    }

    fn intake(&mut self, event: &Event) {
        match &event.payload.data {
            Command::Accept { category, urgency } => {
                self.category = Some(category.clone());
                self.urgency = Some(*urgency);
                self.times.accepted.get_or_insert(event.at);
            }
            Command::AcceptMatch { .. } | Command::SelfHandle { .. } => {
                self.times.accepted.get_or_insert(event.at);
            }
            Command::Appeal { .. } => self.counts.appeals += 1,
            Command::Correct {
                category,
                org_node,
                said_at,
                ..
            } => {
                self.category = category.clone().or(self.category.take());
                self.org_node = org_node.or(self.org_node);
                self.said_at = said_at.or(self.said_at);
            }
            Command::Publish { .. } => self.visibility = Visibility::Public,
            Command::Merge { target, .. } | Command::RetireInto { target, .. } => {
                self.merged_into = Some(target.clone());
            }
            Command::Unmerge { .. } => self.merged_into = None,
            Command::Absorb { due_at, .. } => {
                self.absorbed_due = match (self.absorbed_due, *due_at) {
                    (Some(old), Some(new)) => Some(old.min(new)),
                    (old, new) => old.or(new),
                };
            }
            _ => {}
        }
    }

    fn work(&mut self, event: &Event) {
        match &event.payload.data {
            Command::Dispatch { lead, co_units, .. } => self.given(event, *lead, co_units, None),
            Command::Appoint {
                lead,
                co_units,
                mediator,
                ..
            } => self.given(event, *lead, co_units, Some(*mediator)),
            Command::Designate { lead, co_units, .. } => {
                self.given(event, *lead, co_units, None);
                if let Some(dispatch) = self.dispatches.last_mut() {
                    dispatch.designated = true;
                }
            }
            Command::Redispatch {
                lead,
                co_units,
                counts_as_misdispatch,
                ..
            } => {
                self.counts.misdispatches += u32::from(*counts_as_misdispatch);
                self.given(event, *lead, co_units, None);
            }
            Command::HandOver { to, .. } => self.given(event, *to, &[], None),
            Command::Refer { .. } => self.dispatched(event, None, &[]),
            Command::Sign {} => self.signed(event, true),
            Command::Acknowledge {} => self.signed(event, false),
            Command::Object { .. } => {
                self.counts.objections += 1;
                if let Some(dispatch) = self.dispatches.last_mut() {
                    dispatch.objected_at = Some(event.at);
                }
            }
            Command::Contact { reached, .. } => {
                self.counts.contacts += 1;
                if *reached {
                    self.times.responded.get_or_insert(event.at);
                }
            }
            Command::AnswerOnSpot { .. } => {
                self.times.responded.get_or_insert(event.at);
            }
            Command::Extend { .. } => self.counts.extensions += 1,
            Command::Suspend { review_on, .. } => {
                self.times.suspended = Some(event.at);
                self.times.review_on = Some(*review_on);
            }
            Command::Resume { .. } => {
                self.times.suspended = None;
                self.times.review_on = None;
            }
            Command::SubmitResult { .. } | Command::SelfHandle { .. } => self.submitted(event),
            _ => {}
        }
    }

    fn given(&mut self, event: &Event, lead: UnitId, co: &[UnitId], mediator: Option<AccountId>) {
        self.dispatched(event, Some(lead), co);
        if let Some(mediation) = &mut self.mediation {
            mediation.mediator = mediator.or(mediation.mediator);
        }
        // A case that leaves suspension by a new dispatch is no longer suspended.
        self.times.suspended = None;
        self.times.review_on = None;
    }

    fn dispatched(&mut self, event: &Event, lead: Option<UnitId>, co_units: &[UnitId]) {
        self.dispatches.push(Dispatch {
            no: event.payload.then.count.unwrap_or_default(),
            lead,
            co_units: co_units.to_vec(),
            at: event.at,
            designated: false,
            signed_at: None,
            submitted_at: None,
            objected_at: None,
        });
    }

    fn signed(&mut self, event: &Event, handles: bool) {
        if let Some(dispatch) = self.dispatches.last_mut() {
            dispatch.signed_at = Some(event.at);
        }
        if handles {
            self.doers.insert(event.who);
        }
    }

    fn submitted(&mut self, event: &Event) {
        self.doers.insert(event.who);
        if let Some(dispatch) = self.dispatches.last_mut() {
            dispatch.submitted_at = Some(event.at);
        }
    }

    fn check(&mut self, event: &Event) {
        let cycle = self.counts.reopenings;
        match &event.payload.data {
            Command::VerifyPass { .. } | Command::ConfirmPerformed { .. } => self.verified = true,
            Command::VerifyFail { .. } | Command::Rework { .. } | Command::DenyStart { .. } => {
                self.counts.reworks += 1;
                if let Some(reply) = &mut self.reply {
                    reply.sent_back |= event.who == Who::System;
                }
            }
            Command::Callback {
                reached,
                solved,
                satisfied,
                ..
            } => self.callbacks.push(CallbackNote {
                cycle,
                at: event.at,
                reached: *reached,
                solved: *solved,
                satisfied: *satisfied,
                at_work: None,
            }),
            // Who says what he thinks of the answer was reached by it.
            Command::Opinion { satisfied, .. } if event.part == Part::Reporter => {
                self.callbacks.push(CallbackNote {
                    cycle,
                    at: event.at,
                    reached: true,
                    solved: None,
                    satisfied: Some(*satisfied),
                    at_work: None,
                });
            }
            Command::CallSeeker {
                reached,
                at_work,
                satisfied,
                ..
            } => self.callbacks.push(CallbackNote {
                cycle,
                at: event.at,
                reached: *reached,
                solved: None,
                satisfied: *satisfied,
                at_work: *at_work,
            }),
            Command::Reopen { .. } | Command::ReopenMatch { .. } => self.reopened(event),
            Command::Escalate { .. } | Command::Complain { .. } => self.counts.level += 1,
            Command::Supervise { .. } => {
                self.counts.notices += 1;
                self.supervised = true;
            }
            _ => {}
        }
    }

    fn reopened(&mut self, event: &Event) {
        self.counts.reopenings += 1;
        self.counts.own_reopenings += u32::from(event.part == Part::Reporter);
        self.outcome = None;
        self.verified = false;
        self.times.closed = None;
        self.times.responded = None;
        self.times.submitted = None;
        if let Some(job) = &mut self.job {
            *job = Job::new(job.posting, job.employer);
        }
    }

    fn own_kinds(&mut self, event: &Event) {
        match (&event.payload.data, &mut self.mediation) {
            (Command::Invite { parties, .. }, Some(m)) => {
                m.invited = parties.iter().copied().collect::<BTreeSet<PersonId>>();
                m.consented.clear();
            }
            (Command::Consent { party, .. }, Some(m)) => {
                m.consented.insert(*party);
            }
            (
                Command::AgreeWritten { perform_by, .. } | Command::AgreeOral { perform_by, .. },
                Some(m),
            ) => m.perform_by = Some(*perform_by),
            _ => {}
        }
        match (&event.payload.data, &mut self.idea, &mut self.reply) {
            (Command::Second {}, Some(idea), _) => {
                idea.seconded_by.insert(event.who);
            }
            (Command::Schedule { meeting_at, .. }, Some(idea), _) => {
                idea.meeting_at = Some(*meeting_at);
            }
            (Command::DraftReply { .. }, _, Some(reply)) => reply.drafted_by = Some(event.who),
            _ => {}
        }
    }

    fn market(&mut self, event: &Event) {
        match &event.payload.data {
            Command::ClaimStart { .. } => self.submitted(event),
            Command::ConfirmStart { .. } => self.verified = true,
            Command::Retention { check, result, .. } => {
                let what = check.follow_up();
                if let Some(follow_up) = self.follow_ups.iter_mut().find(|f| f.what == what) {
                    follow_up.result = Some(*result);
                }
            }
            _ => {}
        }
        let Some(job) = &mut self.job else {
            return;
        };
        match &event.payload.data {
            Command::InterviewSet { interview_at, .. } => job.interview_at = Some(*interview_at),
            Command::Offer { start_on, .. } => job.start_on = Some(*start_on),
            Command::ClaimStart {
                started_on,
                evidence,
                ..
            } => {
                job.started_on = Some(*started_on);
                job.claimed_by = Some(event.part);
                job.evidence = Some(*evidence);
                job.verified_evidence = None;
            }
            Command::ConfirmStart { evidence, .. } => job.verified_evidence = Some(*evidence),
            Command::ClosePlacement { placed_on } => job.placed_on = Some(*placed_on),
            _ => {}
        }
    }

    /// 是否核实到岗
    pub fn is_placement(&self) -> bool {
        self.stage == Stage::Closed && self.outcome == Some(Outcome::PlacedVerified)
    }
}

impl Job {
    fn new(posting: crate::domain::id::PostingId, employer: crate::domain::id::EmployerId) -> Self {
        Self {
            posting,
            employer,
            interview_at: None,
            start_on: None,
            started_on: None,
            claimed_by: None,
            evidence: None,
            verified_evidence: None,
            placed_on: None,
        }
    }
}
