//! One function per rate: what it looks at in one case, and whether it counts.
use super::{
    Period,
    fact::{CaseFacts, Cycle, Handed},
    kind::{RateKind, Verdict, Why},
};
use crate::domain::{
    calendar::{Calendar, day_of},
    case::{Kind, Limits, Retained, Satisfied, Solved, Stage},
    funnel::Funnel,
    id::{CaseId, PersonId, UnitId},
};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};

type Time = DateTime<Utc>;

/// 重复诉求: how long after a closing the same matter counts as the same.
const RECURS_WITHIN: TimeDelta = TimeDelta::days(90);

/// One thing that a rate looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub unit: Option<UnitId>,
    pub verdict: Verdict,
    pub why: Why,
    /// The moment that puts it into the period: a deadline, a closing, a dispatch.
    pub at: Time,
}

/// For what the rates are asked.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    pub period: Period,
    /// Until when things are known.
    pub as_of: Time,
    /// Office hours by which signing is due and durations are measured.
    pub calendar: &'a Calendar,
    pub recurrences: &'a Recurrences,
}

impl Context<'_> {
    /// 期末, or now in a period that still runs.
    fn end(&self) -> Time {
        self.period.to.min(self.as_of)
    }
}

/// When the same person came again about the same kind of thing at the same place.
#[derive(Clone, Debug, Default)]
pub struct Recurrences(BTreeMap<Matter, Vec<(Time, CaseId)>>);

/// Who, what and where.
type Matter = (PersonId, String, Option<i64>);

impl Recurrences {
    /// Adds a case as one that may be a recurrence; a void one is none.
    pub fn add(&mut self, id: CaseId, facts: &CaseFacts) {
        let Some(key) = Self::key(facts).filter(|_| facts.stage != Stage::Voided) else {
            return;
        };
        self.0.entry(key).or_default().push((facts.recorded, id));
    }

    fn key(facts: &CaseFacts) -> Option<Matter> {
        let category = facts.category.as_ref()?.as_str().to_owned();
        Some((facts.person?, category, facts.area.map(|area| area.0)))
    }

    fn after(&self, id: CaseId, facts: &CaseFacts, closed: Time) -> bool {
        let again = Self::key(facts).and_then(|key| self.0.get(&key));
        again.is_some_and(|cases| {
            cases
                .iter()
                .any(|(at, other)| *other != id && closed < *at && *at <= closed + RECURS_WITHIN)
        })
    }
}

/// What a rate looks at in one case, in the order of time.
pub fn entries(rate: RateKind, id: CaseId, case: &CaseFacts, ctx: &Context) -> Vec<Entry> {
    let counted = case.kind.counts_in_rates();
    match rate {
        _ if rate.of_market() => match &case.job {
            Some(_) => market(rate, case, ctx),
            None => Vec::new(),
        },
        RateKind::Found => case_entry(case, ctx, case.kind == Kind::PatrolFinding),
        RateKind::SelfHandled if case.kind == Kind::PatrolFinding => {
            case_entry(case, ctx, case.self_handled)
        }
        RateKind::SelfHandled => Vec::new(),
        RateKind::Voided if counted => voided(case, ctx),
        RateKind::Supervised if counted => supervised(case, ctx),
        RateKind::Rework if counted => rework(case, ctx),
        _ if !counted => Vec::new(),
        RateKind::Response => cycles(case, |at, cycle| response(case, at, cycle, ctx)),
        RateKind::Solved | RateKind::SolvedPartly | RateKind::Satisfied | RateKind::Callback => {
            cycles(case, |at, cycle| rated(rate, case, at, cycle, ctx))
        }
        RateKind::Closed | RateKind::ClosedOnTime => {
            cycles(case, |at, cycle| closed(rate, case, at, cycle, ctx))
        }
        RateKind::Reopened | RateKind::Repeated => {
            cycles(case, |at, cycle| again(rate, (id, case), at, cycle, ctx))
        }
        RateKind::Signed | RateKind::HandledOnTime => case
            .handed
            .iter()
            .filter_map(|handed| by_unit(rate, case, handed, ctx))
            .collect(),
        _ => case
            .handed
            .iter()
            .filter_map(|handed| sent(rate, case, handed, ctx))
            .collect(),
    }
}

fn cycles(case: &CaseFacts, mut of: impl FnMut(usize, &Cycle) -> Vec<Entry>) -> Vec<Entry> {
    let cycles = case.cycles.iter().enumerate();
    cycles.flat_map(|(at, cycle)| of(at, cycle)).collect()
}

/// Void cases count nowhere; a merged one counts in the case that lives on.
fn barred(case: &CaseFacts) -> Option<Why> {
    match case.stage {
        Stage::Voided => Some(Why::Voided),
        Stage::Merged => Some(Why::Merged),
        _ => None,
    }
}

fn verdict(good: bool) -> Verdict {
    if good { Verdict::In } else { Verdict::Out }
}

fn excluded(why: Why) -> (Verdict, Why) {
    (Verdict::Excluded, why)
}

/// Whether something due was done in time. What ended otherwise, waits on hold or is not due yet is
/// left out.
fn in_time(case: &CaseFacts, done: Option<Time>, due: Time, ctx: &Context) -> (Verdict, Why) {
    if let Some(why) = barred(case) {
        return excluded(why);
    }
    if due > ctx.as_of {
        return excluded(Why::NotDue);
    }
    match done {
        Some(at) if at <= due => (Verdict::In, Why::OnTime),
        Some(_) => (Verdict::Out, Why::Late),
        None => undone(case, ctx),
    }
}

fn undone(case: &CaseFacts, ctx: &Context) -> (Verdict, Why) {
    if case.stage == Stage::Withdrawn {
        excluded(Why::Withdrawn)
    } else if case.held.iter().any(|span| span.covers(ctx.end())) {
        excluded(Why::OnHold)
    } else {
        (Verdict::Out, Why::Never)
    }
}

fn entry(unit: Option<UnitId>, (verdict, why): (Verdict, Why), at: Time) -> Entry {
    Entry {
        unit,
        verdict,
        why,
        at,
    }
}

/// 响应率: one response per cycle, charged to the unit that has it last; units that had it before
/// are left out.
fn response(case: &CaseFacts, at: usize, cycle: &Cycle, ctx: &Context) -> Vec<Entry> {
    let Some(due) = cycle.response_due.filter(|due| ctx.period.has(*due)) else {
        return Vec::new();
    };
    let mine = case.handed.iter().filter(|handed| handed.cycle == at);
    let mine: Vec<_> = mine.collect();
    let Some((last, before)) = mine.split_last() else {
        return Vec::new();
    };
    let moved = before
        .iter()
        .map(|handed| entry(handed.unit, excluded(Why::Moved), due));
    let judged = match case.person {
        None if barred(case).is_none() => excluded(Why::NoReporter),
        _ => in_time(case, cycle.responded, due, ctx),
    };
    moved.chain([entry(last.unit, judged, due)]).collect()
}

/// The month in which the answers about a cycle count: of its closing, or of its deadline while it
/// is open.
fn judged_at(cycle: &Cycle, ctx: &Context) -> Option<Time> {
    let at = cycle.closed.or(cycle.due)?;
    (ctx.period.has(at) && at <= ctx.as_of).then_some(at)
}

/// 解决率, 满意率, 回访覆盖率: the last word of whoever was reached counts, also when his case was
/// merged into another.
fn rated(rate: RateKind, case: &CaseFacts, at: usize, cycle: &Cycle, ctx: &Context) -> Vec<Entry> {
    let Some(when) = judged_at(cycle, ctx) else {
        return Vec::new();
    };
    let unit = case.handed_in(at).and_then(|handed| handed.unit);
    let judged = match (barred(case), rate) {
        (Some(Why::Voided), _) => excluded(Why::Voided),
        (Some(why), _) if cycle.calls.is_empty() => excluded(why),
        (_, RateKind::Callback) => covered(case, cycle),
        (_, RateKind::Satisfied) => satisfied(case, cycle),
        _ => solved(rate, case, cycle),
    };
    vec![entry(unit, judged, when)]
}

fn covered(case: &CaseFacts, cycle: &Cycle) -> (Verdict, Why) {
    let limits = Limits::default();
    let days: BTreeSet<_> = cycle.calls.iter().map(|call| day_of(call.at)).collect();
    let tried = cycle.calls.len() >= limits.callback_attempts && days.len() >= limits.callback_days;
    if cycle.calls.iter().any(|call| call.reached) {
        (Verdict::In, Why::Reached)
    } else if tried || (cycle.closed.is_some() && !cycle.calls.is_empty()) {
        (Verdict::Out, Why::Exhausted)
    } else {
        excluded(uncalled(case, cycle))
    }
}

fn uncalled(case: &CaseFacts, cycle: &Cycle) -> Why {
    if cycle.on_spot {
        Why::OnSpot
    } else if case.person.is_none() {
        Why::NoReporter
    } else if case.stage == Stage::Withdrawn {
        Why::Withdrawn
    } else {
        Why::Pending
    }
}

/// Why there is no answer to count.
fn unanswered(case: &CaseFacts, cycle: &Cycle) -> Why {
    if cycle.calls.iter().any(|call| call.reached) {
        Why::Unrated
    } else if cycle.calls.is_empty() {
        uncalled(case, cycle)
    } else {
        Why::Unreached
    }
}

fn solved(rate: RateKind, case: &CaseFacts, cycle: &Cycle) -> (Verdict, Why) {
    let mut reached = cycle.calls.iter().rev().filter(|call| call.reached);
    let last = reached.find_map(|call| call.solved);
    match last {
        Some(Solved::Yes) => (Verdict::In, Why::Yes),
        Some(Solved::Partly) => (verdict(rate == RateKind::SolvedPartly), Why::Partly),
        Some(Solved::No) => (Verdict::Out, Why::No),
        None => excluded(unanswered(case, cycle)),
    }
}

fn satisfied(case: &CaseFacts, cycle: &Cycle) -> (Verdict, Why) {
    let reached = cycle.calls.iter().rev().filter(|call| call.reached);
    let last = reached
        .filter_map(|call| call.satisfied)
        .find(|satisfied| *satisfied != Satisfied::None);
    match last {
        Some(Satisfied::Yes) => (Verdict::In, Why::Yes),
        Some(Satisfied::Basically) => (Verdict::In, Why::Basically),
        Some(Satisfied::No) => (Verdict::Out, Why::No),
        Some(Satisfied::None) | None => excluded(unanswered(case, cycle)),
    }
}

/// 结案率, 按期结案率. 应结案 is what was due in the period, less what is on hold at its end; only
/// what was closed by its end is closed. A reopened case is due again, its first verdict stays.
fn closed(rate: RateKind, case: &CaseFacts, at: usize, cycle: &Cycle, ctx: &Context) -> Vec<Entry> {
    let handed = case.handed_in(at);
    let due = cycle.due.or_else(|| handed.and_then(|handed| handed.due));
    let Some(due) = due.filter(|due| ctx.period.has(*due)) else {
        return Vec::new();
    };
    let done = cycle.closed.filter(|closed| *closed < ctx.period.to);
    let judged = match in_time(case, done, due, ctx) {
        (Verdict::Out, Why::Late) if rate == RateKind::Closed => (Verdict::In, Why::Late),
        judged => judged,
    };
    vec![entry(handed.and_then(|handed| handed.unit), judged, due)]
}

/// 重开率, 重复诉求率: of what was closed in the period.
fn again(
    rate: RateKind,
    (id, case): (CaseId, &CaseFacts),
    at: usize,
    cycle: &Cycle,
    ctx: &Context,
) -> Vec<Entry> {
    let Some(closed) = cycle.closed.filter(|closed| ctx.period.has(*closed)) else {
        return Vec::new();
    };
    let known = rate == RateKind::Reopened || case.person.is_some();
    let judged = match barred(case) {
        Some(why) => excluded(why),
        None if !known => excluded(Why::NoReporter),
        None => {
            let again = match rate {
                RateKind::Reopened => cycle.reopened,
                _ => ctx.recurrences.after(id, case, closed),
            };
            happened(again)
        }
    };
    let unit = case.handed_in(at).and_then(|handed| handed.unit);
    vec![entry(unit, judged, closed)]
}

fn happened(yes: bool) -> (Verdict, Why) {
    if yes {
        (Verdict::In, Why::Happened)
    } else {
        (Verdict::Out, Why::DidNot)
    }
}

/// 签收及时率, 按期处置率: of what a unit had to do by then. A dispatch that went on to another unit
/// is that unit's.
fn by_unit(rate: RateKind, case: &CaseFacts, handed: &Handed, ctx: &Context) -> Option<Entry> {
    let (due, done) = match rate {
        RateKind::Signed => {
            let days = Limits::default().sign_workdays;
            (ctx.calendar.add_workdays(handed.at, days), handed.signed)
        }
        _ => (handed.due?, handed.submitted),
    };
    if !ctx.period.has(due) {
        return None;
    }
    let judged = if handed.moved && done.is_none() {
        excluded(Why::Moved)
    } else {
        in_time(case, done, due, ctx)
    };
    Some(entry(handed.unit, judged, due))
}

/// 准确派遣率, 退单率, 延期率, 挂账率: of the dispatches made in the period.
fn sent(rate: RateKind, case: &CaseFacts, handed: &Handed, ctx: &Context) -> Option<Entry> {
    if !ctx.period.has(handed.at) {
        return None;
    }
    let judged = match (barred(case), rate) {
        (Some(why), _) => excluded(why),
        (None, RateKind::RightDispatch) if handed.misdispatched => (Verdict::Out, Why::Happened),
        (None, RateKind::RightDispatch) => (Verdict::In, Why::DidNot),
        (None, RateKind::Objected) => happened(handed.objected),
        (None, RateKind::Extended) => happened(handed.extended),
        (None, _) => happened(handed.suspended),
    };
    Some(entry(handed.unit, judged, handed.at))
}

/// 自办率, 主动发现率: of the cases registered in the period.
fn case_entry(case: &CaseFacts, ctx: &Context, counts: bool) -> Vec<Entry> {
    if case.job.is_some() || !ctx.period.has(case.recorded) {
        return Vec::new();
    }
    let judged = barred(case).map_or_else(|| happened(counts), excluded);
    vec![entry(case.unit(), judged, case.recorded)]
}

/// 作废率: the one rate in which a void case counts.
fn voided(case: &CaseFacts, ctx: &Context) -> Vec<Entry> {
    if !ctx.period.has(case.recorded) {
        return Vec::new();
    }
    let judged = match barred(case) {
        Some(Why::Merged) => excluded(Why::Merged),
        void => happened(void.is_some()),
    };
    vec![entry(case.unit(), judged, case.recorded)]
}

/// 督办率: of what was open or closed in the period.
fn supervised(case: &CaseFacts, ctx: &Context) -> Vec<Entry> {
    let Some(span) = case.open.iter().rev().find(|span| span.meets(&ctx.period)) else {
        return Vec::new();
    };
    let noticed = case.supervised.is_some_and(|at| at < ctx.period.to);
    let judged = barred(case).map_or_else(|| happened(noticed), excluded);
    vec![entry(case.unit(), judged, span.from)]
}

/// 返工率: cases of which a result submitted in the period was sent back.
fn rework(case: &CaseFacts, ctx: &Context) -> Vec<Entry> {
    let mut sent = case.submissions.iter().filter(|s| ctx.period.has(s.at));
    let Some(first) = sent.clone().find(|s| s.failed).or_else(|| sent.next()) else {
        return Vec::new();
    };
    let judged = barred(case).map_or_else(|| happened(first.failed), excluded);
    vec![entry(first.unit, judged, first.at)]
}

/// Rates of matches. 留存 is counted in the cohort of the day on which work began.
fn market(rate: RateKind, case: &CaseFacts, ctx: &Context) -> Vec<Entry> {
    let Some(job) = &case.job else {
        return Vec::new();
    };
    if rate == RateKind::EmployerAnswer {
        let due = |referral: &super::Referral| referral.due.filter(|due| ctx.period.has(*due));
        let referrals = job.referrals.iter();
        return referrals
            .filter_map(|referral| {
                let due = due(referral)?;
                let judged = match barred(case) {
                    None if referral.withdrawn => excluded(Why::Withdrawn),
                    _ => in_time(case, referral.answered, due, ctx),
                };
                Some(entry(None, judged, due))
            })
            .collect();
    }
    if rate == RateKind::Placed {
        let claimed = job.claimed.filter(|at| ctx.period.has(*at));
        let placed = job.placed_on.is_some();
        let judged = |at| {
            let judged = barred(case).map_or_else(|| happened(placed), excluded);
            entry(None, judged, at)
        };
        return claimed.map(judged).into_iter().collect();
    }
    let result = match rate {
        RateKind::Retained30 => job.after_30,
        _ => job.after_90,
    };
    let Some(day) = job.placed_on else {
        return Vec::new();
    };
    let at = crate::domain::calendar::instant(day, 0);
    if !ctx.period.has(at) {
        return Vec::new();
    }
    let judged = match (barred(case), result) {
        (Some(why), _) => excluded(why),
        (None, Some(Retained::Retained)) => (Verdict::In, Why::Yes),
        (None, Some(Retained::Left)) => (Verdict::Out, Why::No),
        (None, Some(Retained::Unreachable)) => excluded(Why::Unreachable),
        (None, None) => excluded(Why::Unchecked),
    };
    vec![entry(None, judged, at)]
}

/// 意向→面试→录用→核实到岗 of the interests shown in the period.
pub fn funnel<'a>(cases: impl IntoIterator<Item = &'a CaseFacts>, period: &Period) -> Funnel {
    let shown = cases.into_iter().filter_map(|case| {
        let job = case.job.as_ref()?;
        let counts = barred(case).is_none() && period.has(case.recorded);
        // Whoever was erased from a match is still somebody of his own.
        counts.then_some(((case.person.map_or(0, |person| person.0)), job.rung))
    });
    Funnel::count(shown)
}

/// 处置时长 of what was closed in the period: working minutes of the citizen clock, and the same
/// with the time on hold. What was answered on the spot never ran and is not among them.
pub fn minutes(case: &CaseFacts, ctx: &Context) -> Vec<(i64, i64, Option<UnitId>)> {
    if !case.kind.counts_in_rates() || barred(case).is_some() {
        return Vec::new();
    }
    let cycles = case.cycles.iter().enumerate();
    cycles
        .filter(|(_, cycle)| cycle.closed.is_some_and(|at| ctx.period.has(at)))
        .filter(|(_, cycle)| !cycle.ran.is_empty())
        .map(|(at, cycle)| {
            let took = |spans: &[super::Span]| -> i64 {
                let closed = spans.iter().filter_map(|span| Some((span.from, span.to?)));
                closed
                    .map(|(from, to)| ctx.calendar.minutes(from, to))
                    .sum()
            };
            let ran = took(&cycle.ran);
            let first = cycle.ran.first().map(|span| span.from);
            let within = |span: &&super::Span| {
                first.is_some_and(|first| span.from >= first)
                    && span
                        .to
                        .zip(cycle.closed)
                        .is_some_and(|(to, closed)| to <= closed)
            };
            let held: Vec<_> = case.held.iter().filter(within).copied().collect();
            let unit = case.handed_in(at).and_then(|handed| handed.unit);
            (ran, ran + took(&held), unit)
        })
        .collect()
}
