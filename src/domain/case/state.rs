//! The state of a case: nothing but its events folded. What the database stores beside them is
//! this value and columns taken from it, so that replaying gives the same, byte for byte.
use super::clock::Clocks;
use super::codes::{
    ClockKind, Evidence, FollowUpKind, Kind, Outcome, Part, Retained, Satisfied, Solved, Stage,
    Step, Urgency, Visibility,
};
use super::field::Code;
use super::part::Who;
use super::sla::{Calendars, Deadline};
use crate::domain::{
    funnel::Rung,
    id::{AccountId, AreaId, EmployerId, PersonId, PostingId, UnitId},
    number::CaseNumber,
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

type Time = DateTime<Utc>;

/// 办件状态
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseState {
    pub kind: Kind,
    pub stage: Stage,
    pub step: Option<Step>,
    /// The step to which handling returns after a suspension or a failed verification.
    pub held_step: Option<Step>,
    pub outcome: Option<Outcome>,
    /// Number of the last event.
    pub seq: u64,
    pub visibility: Visibility,
    pub entered_by: Who,
    /// Reporter, author or seeker.
    pub person: Option<PersonId>,
    pub category: Option<Code>,
    pub urgency: Option<Urgency>,
    pub org_node: Option<AreaId>,
    pub said_at: Option<Time>,
    pub recorded_at: Time,
    /// When the last event happened; no later one may lie before it.
    pub updated_at: Time,
    pub times: Times,
    pub due: Dues,
    pub clocks: Clocks,
    pub counts: Counts,
    pub dispatches: Vec<Dispatch>,
    /// Who signed, submitted or handled it himself: they never verify or close it.
    pub doers: BTreeSet<Who>,
    pub verified: bool,
    pub supervised: bool,
    pub callbacks: Vec<CallbackNote>,
    pub merged_into: Option<CaseNumber>,
    /// The earliest deadline of a case that was merged into this one.
    pub absorbed_due: Option<Time>,
    pub follow_ups: Vec<FollowUp>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub mediation: Option<Mediation>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub idea: Option<Idea>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reply: Option<Reply>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub job: Option<Job>,
}

/// 时间节点
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    /// When the present stage began.
    pub stage_since: Option<Time>,
    pub accepted: Option<Time>,
    pub responded: Option<Time>,
    pub suspended: Option<Time>,
    pub review_on: Option<NaiveDate>,
    pub submitted: Option<Time>,
    pub first_closed: Option<Time>,
    pub closed: Option<Time>,
    /// 首次结案是否按期: never changed by a reopening
    pub first_on_time: Option<bool>,
}

/// 期限
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dues {
    pub accept: Option<Deadline>,
    pub response: Option<Deadline>,
    /// What the resident was promised; for a match, by when the placement is to be verified.
    pub citizen: Option<Deadline>,
    /// What the unit, or the employer, has to keep.
    pub unit: Option<Deadline>,
}

impl Dues {
    /// Whether any deadline would move if it were counted anew with these calendars.
    pub fn moves(&self, calendars: &Calendars, now: Time) -> bool {
        [&self.accept, &self.response, &self.citizen, &self.unit]
            .into_iter()
            .flatten()
            .any(|due| due.recomputed(calendars, now).is_some())
    }
}

/// 计数
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub objections: u32,
    pub extensions: u32,
    pub contacts: u32,
    pub reworks: u32,
    pub reopenings: u32,
    /// Reopenings asked for by the resident himself.
    pub own_reopenings: u32,
    pub appeals: u32,
    pub level: u32,
    pub notices: u32,
    pub misdispatches: u32,
}

/// 派单
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispatch {
    pub no: u32,
    pub lead: Option<UnitId>,
    pub co_units: Vec<UnitId>,
    pub at: Time,
    pub designated: bool,
    pub signed_at: Option<Time>,
    pub submitted_at: Option<Time>,
    pub objected_at: Option<Time>,
}

/// 回访
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallbackNote {
    pub cycle: u32,
    pub at: Time,
    pub reached: bool,
    pub solved: Option<Solved>,
    pub satisfied: Option<Satisfied>,
    pub at_work: Option<Solved>,
}

/// 后续跟踪
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowUp {
    pub what: FollowUpKind,
    pub due_on: NaiveDate,
    pub result: Option<Retained>,
}

/// 调解
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mediation {
    pub mediator: Option<AccountId>,
    pub invited: BTreeSet<PersonId>,
    pub consented: BTreeSet<PersonId>,
    pub perform_by: Option<NaiveDate>,
}

/// 金点子
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Idea {
    pub seconded_by: BTreeSet<Who>,
    pub meeting_at: Option<Time>,
}

/// 答复
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    pub drafted_by: Option<Who>,
    /// Sent back because of an opinion, which happens once.
    pub sent_back: bool,
}

/// 岗位对接
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    pub posting: PostingId,
    pub employer: EmployerId,
    pub interview_at: Option<Time>,
    pub start_on: Option<NaiveDate>,
    pub started_on: Option<NaiveDate>,
    pub claimed_by: Option<Part>,
    pub evidence: Option<Evidence>,
    pub verified_evidence: Option<Evidence>,
    pub placed_on: Option<NaiveDate>,
}

impl CaseState {
    /// 当前派单
    pub fn dispatch(&self) -> Option<&Dispatch> {
        let running = matches!(
            self.stage,
            Stage::Dispatched
                | Stage::Handling
                | Stage::Suspended
                | Stage::Verifying
                | Stage::Closed
        );
        self.dispatches.last().filter(|_| running)
    }

    /// 主办单位
    pub fn lead(&self) -> Option<UnitId> {
        self.dispatch().and_then(|dispatch| dispatch.lead)
    }

    /// Whether this is the appointed mediator, or nobody was named.
    pub fn mediator_is(&self, who: Who) -> bool {
        let named = self.mediation.as_ref().and_then(|m| m.mediator);
        named.is_none_or(|account| who == Who::Account(account))
    }

    /// The deadline that runs now, and on which clock.
    pub fn running_due(&self) -> Option<(ClockKind, &Deadline)> {
        let due = |clock, deadline: &'_ Option<Deadline>| {
            deadline.as_ref().map(|deadline| (clock, deadline.at))
        };
        let clock = match self.stage {
            Stage::Registered => due(ClockKind::Accept, &self.due.accept),
            Stage::Accepted | Stage::Verifying => due(ClockKind::Citizen, &self.due.citizen),
            Stage::Dispatched | Stage::Handling => [
                due(ClockKind::Unit, &self.due.unit),
                due(ClockKind::Citizen, &self.due.citizen).filter(|_| self.job.is_none()),
            ]
            .into_iter()
            .flatten()
            .min_by_key(|(_, at)| *at),
            _ => None,
        }?
        .0;
        self.deadline(clock).map(|deadline| (clock, deadline))
    }

    pub fn deadline(&self, clock: ClockKind) -> Option<&Deadline> {
        match clock {
            ClockKind::Accept => self.due.accept.as_ref(),
            ClockKind::Response => self.due.response.as_ref(),
            ClockKind::Citizen => self.due.citizen.as_ref(),
            ClockKind::Unit => self.due.unit.as_ref(),
        }
    }

    /// 超期
    pub fn breached(&self, now: Time) -> bool {
        self.running_due().is_some_and(|(_, due)| due.at < now)
    }

    /// The rung of the ladder on which a match stands now.
    pub fn rung(&self) -> Rung {
        if self.outcome == Some(Outcome::PlacedVerified) {
            return Rung::Verified;
        }
        match (self.stage, self.step) {
            (Stage::Verifying, _) => Rung::Started,
            (_, Some(Step::OfferAccepted)) => Rung::Accepted,
            (_, Some(Step::Offered)) => Rung::Offer,
            (_, Some(Step::Interviewed)) => Rung::Interview,
            _ => Rung::Interest,
        }
    }

    /// Callbacks since the case was last opened.
    pub fn callbacks_now(&self) -> impl Iterator<Item = &CallbackNote> {
        let cycle = self.counts.reopenings;
        self.callbacks
            .iter()
            .filter(move |note| note.cycle == cycle)
    }
}
