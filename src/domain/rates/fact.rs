//! What the rates look at: one case as its events tell it, without words and without judgement.
use super::Period;
use crate::domain::{
    case::{
        CaseState, ClockKind, Code, Command, Event, FollowUpKind, Kind, Outcome, ReplayError,
        Retained, Satisfied, Solved, Stage,
    },
    funnel,
    id::{AreaId, PersonId, UnitId},
};
use chrono::{DateTime, NaiveDate, Utc};

type Time = DateTime<Utc>;

/// A stretch of time; without an end it still lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub from: Time,
    pub to: Option<Time>,
}

impl Span {
    /// Whether it lasts at an instant.
    pub fn covers(&self, at: Time) -> bool {
        self.from <= at && self.to.is_none_or(|to| at < to)
    }

    /// Whether any of it lies in a period.
    pub fn meets(&self, period: &Period) -> bool {
        self.from < period.to && self.to.is_none_or(|to| to >= period.from)
    }
}

/// 一轮办理: from the acceptance, or a reopening, to the closing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cycle {
    /// 响应期限
    pub response_due: Option<Time>,
    /// First contact that reached the reporter.
    pub responded: Option<Time>,
    /// 居民时限, as it was moved last.
    pub due: Option<Time>,
    pub closed: Option<Time>,
    pub on_spot: bool,
    pub reopened: bool,
    pub calls: Vec<Call>,
    /// Stretches in which the citizen clock ran.
    pub ran: Vec<Span>,
}

/// 回访或评价
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    pub at: Time,
    pub reached: bool,
    pub solved: Option<Solved>,
    pub satisfied: Option<Satisfied>,
}

/// 一次派单
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is something that happened to one dispatch or did not"
)]
pub struct Handed {
    /// In which cycle.
    pub cycle: usize,
    pub unit: Option<UnitId>,
    pub at: Time,
    pub signed: Option<Time>,
    /// 处置期限, as it was moved last.
    pub due: Option<Time>,
    /// The last result that was not sent back.
    pub submitted: Option<Time>,
    pub objected: bool,
    pub misdispatched: bool,
    /// Another unit has it since.
    pub moved: bool,
    pub extended: bool,
    pub suspended: bool,
}

/// 办结上报
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Submission {
    pub at: Time,
    pub unit: Option<UnitId>,
    /// 核查退回
    pub failed: bool,
}

/// 推荐
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Referral {
    pub due: Option<Time>,
    /// When the employer answered.
    pub answered: Option<Time>,
    /// The seeker left before.
    pub withdrawn: bool,
}

/// 岗位对接
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobFacts {
    /// The highest rung it ever reached.
    pub rung: funnel::Rung,
    pub referrals: Vec<Referral>,
    /// 申报到岗
    pub claimed: Option<Time>,
    /// 核实到岗, while it holds.
    pub placed_on: Option<NaiveDate>,
    pub after_30: Option<Retained>,
    pub after_90: Option<Retained>,
}

/// 一件办件的事实
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseFacts {
    pub kind: Kind,
    pub stage: Stage,
    pub person: Option<PersonId>,
    pub category: Option<Code>,
    pub area: Option<AreaId>,
    pub recorded: Time,
    pub updated: Time,
    /// What is promised or asked last: response, citizen and unit deadline.
    pub dues: [Option<Time>; 3],
    /// At least one.
    pub cycles: Vec<Cycle>,
    pub handed: Vec<Handed>,
    pub submissions: Vec<Submission>,
    /// 未办结
    pub open: Vec<Span>,
    /// 挂账
    pub held: Vec<Span>,
    /// First notice.
    pub supervised: Option<Time>,
    pub self_handled: bool,
    pub job: Option<JobFacts>,
}

impl CaseFacts {
    /// The facts of a case from its events.
    ///
    /// # Errors
    /// When the events cannot be replayed.
    pub fn of(kind: Kind, events: &[Event]) -> Result<Self, ReplayError> {
        let (first, rest) = events.split_first().ok_or(ReplayError::Empty)?;
        let mut state = CaseState::open(kind, first)?;
        let mut facts = Self::opened(&state);
        for event in rest {
            let before = state.stage;
            state.apply(event)?;
            facts.note(event, before, &state);
        }
        facts.conclude(&state);
        Ok(facts)
    }

    fn opened(state: &CaseState) -> Self {
        let open = Span {
            from: state.recorded_at,
            to: None,
        };
        Self {
            kind: state.kind,
            stage: state.stage,
            person: None,
            category: None,
            area: None,
            recorded: state.recorded_at,
            updated: state.updated_at,
            dues: [None; 3],
            cycles: vec![Cycle::default()],
            handed: Vec::new(),
            submissions: Vec::new(),
            open: vec![open],
            held: Vec::new(),
            supervised: None,
            self_handled: false,
            job: state.job.as_ref().map(|_| JobFacts {
                rung: state.rung(),
                referrals: Vec::new(),
                claimed: None,
                placed_on: None,
                after_30: None,
                after_90: None,
            }),
        }
    }

    fn note(&mut self, event: &Event, before: Stage, state: &CaseState) {
        self.spans(event.at, before, state.stage);
        self.hand_over(event, state);
        self.work(event);
        self.talk(event);
        self.market(event, state);
        self.dues(state);
        if event.to == Stage::Closed
            && before != Stage::Closed
            && let Some(cycle) = self.cycles.last_mut()
        {
            cycle.closed = Some(event.at);
        }
    }

    fn spans(&mut self, at: Time, before: Stage, now: Stage) {
        let turn = |spans: &mut Vec<Span>, was: bool, is: bool| match (was, is) {
            (false, true) => spans.push(Span { from: at, to: None }),
            (true, false) => {
                if let Some(span) = spans.last_mut() {
                    span.to = Some(at);
                }
            }
            _ => {}
        };
        turn(&mut self.open, before.is_open(), now.is_open());
        let held = |stage| stage == Stage::Suspended;
        turn(&mut self.held, held(before), held(now));
    }

    fn hand_over(&mut self, event: &Event, state: &CaseState) {
        let unit = match &event.payload.data {
            Command::Dispatch { lead, .. }
            | Command::Appoint { lead, .. }
            | Command::Designate { lead, .. } => *lead,
            Command::HandOver { to, .. } => *to,
            Command::Redispatch {
                lead,
                counts_as_misdispatch,
                ..
            } => {
                if let Some(last) = self.current() {
                    last.moved = true;
                    last.misdispatched = *counts_as_misdispatch;
                }
                *lead
            }
            Command::Object { .. } => {
                if let Some(last) = self.current() {
                    last.moved = true;
                    last.objected = true;
                }
                return;
            }
            _ => return,
        };
        self.handed.push(Handed {
            cycle: self.cycles.len() - 1,
            unit: Some(unit),
            at: event.at,
            signed: None,
            due: state.due.unit.as_ref().map(|due| due.at),
            submitted: None,
            objected: false,
            misdispatched: false,
            moved: false,
            extended: false,
            suspended: false,
        });
    }

    /// The dispatch that holds now.
    fn current(&mut self) -> Option<&mut Handed> {
        let cycle = self.cycles.len() - 1;
        self.handed
            .last_mut()
            .filter(|handed| handed.cycle == cycle && !handed.moved)
    }

    fn work(&mut self, event: &Event) {
        let at = event.at;
        match &event.payload.data {
            Command::Sign {} => {
                if let Some(handed) = self.current() {
                    handed.signed = Some(at);
                }
            }
            Command::Extend { .. } => {
                if let Some(handed) = self.current() {
                    handed.extended = true;
                }
            }
            Command::Suspend { .. } => {
                if let Some(handed) = self.current() {
                    handed.suspended = true;
                }
            }
            Command::SubmitResult { .. } | Command::SelfHandle { .. } => {
                self.self_handled |= matches!(event.payload.data, Command::SelfHandle { .. });
                let unit = self.current().and_then(|handed| {
                    handed.submitted = Some(at);
                    handed.unit
                });
                self.submissions.push(Submission {
                    at,
                    unit,
                    failed: false,
                });
            }
            Command::VerifyFail { .. } => {
                if let Some(submission) = self.submissions.last_mut() {
                    submission.failed = true;
                }
                if let Some(handed) = self.current() {
                    handed.submitted = None;
                }
            }
            Command::Reopen { .. } | Command::ReopenMatch { .. } => {
                if let Some(cycle) = self.cycles.last_mut() {
                    cycle.reopened = true;
                }
                self.cycles.push(Cycle::default());
            }
            Command::Supervise { .. } => {
                self.supervised.get_or_insert(at);
            }
            _ => {}
        }
    }

    fn talk(&mut self, event: &Event) {
        let at = event.at;
        let Some(cycle) = self.cycles.last_mut() else {
            return;
        };
        match &event.payload.data {
            Command::Contact { reached: true, .. } => {
                cycle.responded.get_or_insert(at);
            }
            Command::AnswerOnSpot { .. } => {
                cycle.on_spot = true;
                cycle.responded.get_or_insert(at);
            }
            Command::Callback {
                reached,
                solved,
                satisfied,
                ..
            } => cycle.calls.push(Call {
                at,
                reached: *reached,
                solved: *solved,
                satisfied: *satisfied,
            }),
            Command::Opinion { satisfied, .. } => cycle.calls.push(Call {
                at,
                reached: true,
                solved: None,
                satisfied: Some(*satisfied),
            }),
            _ => {}
        }
    }

    fn market(&mut self, event: &Event, state: &CaseState) {
        let Some(job) = &mut self.job else { return };
        job.rung = job.rung.max(state.rung());
        let answer = |job: &mut JobFacts, at| {
            if let Some(referral) = job.referrals.last_mut() {
                referral.answered.get_or_insert(at);
            }
        };
        match &event.payload.data {
            Command::Refer { .. } => job.referrals.push(Referral {
                due: state.due.unit.as_ref().map(|due| due.at),
                answered: None,
                withdrawn: false,
            }),
            Command::Acknowledge {} | Command::NotSelected { .. } => answer(job, event.at),
            Command::WithdrawMatch { .. } => {
                if let Some(referral) = job.referrals.last_mut() {
                    referral.withdrawn = referral.answered.is_none();
                }
            }
            Command::ClaimStart { .. } => job.claimed = Some(event.at),
            _ => {}
        }
    }

    fn dues(&mut self, state: &CaseState) {
        let at = |due: &Option<crate::domain::case::Deadline>| due.as_ref().map(|due| due.at);
        let unit = at(&state.due.unit);
        if let Some(handed) = self.current() {
            handed.due = unit;
        }
        if let Some(cycle) = self.cycles.last_mut() {
            cycle.response_due = at(&state.due.response);
            cycle.due = at(&state.due.citizen);
        }
    }

    fn conclude(&mut self, state: &CaseState) {
        self.stage = state.stage;
        self.person = state.person;
        self.category.clone_from(&state.category);
        self.area = state.org_node;
        self.updated = state.updated_at;
        let due = &state.due;
        self.dues = [&due.response, &due.citizen, &due.unit].map(|due| due.as_ref().map(|d| d.at));
        for segment in state.clocks.segments() {
            let at = usize::try_from(segment.cycle).unwrap_or(usize::MAX);
            if let (ClockKind::Citizen, Some(cycle)) = (segment.clock, self.cycles.get_mut(at)) {
                cycle.ran.push(Span {
                    from: segment.start,
                    to: segment.stop,
                });
            }
        }
        let (Some(job), Some(facts)) = (&state.job, &mut self.job) else {
            return;
        };
        let found = |what| {
            let follow_up = state.follow_ups.iter().find(|f| f.what == what);
            follow_up.and_then(|follow_up| follow_up.result)
        };
        facts.placed_on = job
            .placed_on
            .filter(|_| state.outcome == Some(Outcome::PlacedVerified));
        facts.after_30 = found(FollowUpKind::Retention30);
        facts.after_90 = found(FollowUpKind::Retention90);
    }

    /// 主办单位: of the last dispatch, whether it still holds or not.
    pub fn unit(&self) -> Option<UnitId> {
        self.handed.last().and_then(|handed| handed.unit)
    }

    /// The last dispatch of a cycle.
    pub fn handed_in(&self, cycle: usize) -> Option<&Handed> {
        self.handed.iter().rev().find(|h| h.cycle == cycle)
    }

    /// Whether a period may count anything of this case: it was open then, ended then, or something
    /// was due then. What was recorded later never takes a case out again.
    pub fn concerns(&self, period: &Period) -> bool {
        self.recorded < period.to
            && (self.stage.is_open()
                || self.updated >= period.from
                || self.dues.into_iter().flatten().any(|due| period.has(due)))
    }
}
