//! 排队叫号: the line at a booth. A telephone and a slip of paper stand in one line, in the order in
//! which their numbers were given out.
//!
//! Whoever is called and does not come goes behind the next [`BEHIND`] once; the second time the
//! number is out. Nothing else ever changes the order, so nobody who stays is called after a later
//! number, and before anybody's turn there are at most twice as many calls as there were people
//! ahead: each of them is called once, and once more if absent.
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// Somebody who was called in vain goes behind so many of those who wait.
pub const BEHIND: usize = 3;
/// Calls in vain after which a number is out.
pub const CALLS: i32 = 2;
/// Minutes that somebody who was called has to come.
pub const MINUTES_TO_COME: i64 = 3;
/// Booths at which one ticket stands in line at a time.
pub const LINES_OF_A_TICKET: u64 = 3;
/// Numbers that one member of a booth's staff may have called without an answer.
pub const OPEN_CALLS: usize = 2;
/// Minutes before the opening from which numbers are given out.
pub const MINUTES_EARLY: i64 = 60;
/// Turns of two numbers lie so far apart that others fit between them.
const APART: i64 = 1000;
/// The pace of a booth is that of so many last calls.
const PACE_OF: usize = 9;
/// Fewer make no pace.
const PACE_FROM: usize = 3;

/// 号的状态
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
    EnumIter,
    DeriveActiveEnum,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum PlaceState {
    /// 等候
    Waiting,
    /// 已叫号: has some minutes to come
    Called,
    /// 已到摊位: at the table
    Here,
    /// 谈完
    Served,
    /// 过号: was called twice and did not come
    Missed,
    /// 离开: by oneself, or with the ticket
    Left,
}

impl PlaceState {
    /// Whether it still stands in line or at the table.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Called | Self::Here)
    }

    /// Key of its words, below `queue.state`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Called => "called",
            Self::Here => "here",
            Self::Served => "served",
            Self::Missed => "missed",
            Self::Left => "left",
        }
    }
}

/// 取号方式
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
    EnumIter,
    DeriveActiveEnum,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Taken {
    /// 手机
    Phone,
    /// 纸号或口头
    Paper,
}

/// Why no number is given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The evening is cancelled, or no longer announced.
    Cancelled,
    NotYet,
    Over,
    /// The employer has no booth there now.
    NoBooth,
    /// The ticket stands in as many lines as one may.
    TooMany,
}

impl Refusal {
    /// `problem.<code>` is its text.
    pub fn code(self) -> &'static str {
        match self {
            Self::Cancelled => "fair_cancelled",
            Self::NotYet => "queue_not_yet",
            Self::Over => "queue_over",
            Self::NoBooth => "queue_no_booth",
            Self::TooMany => "queue_too_many",
        }
    }
}

/// What decides whether a line is open.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    pub now: DateTime<Utc>,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    /// The evening is announced and takes place.
    pub takes_place: bool,
    /// The employer has its booth.
    pub stands: bool,
}

/// Whether the line of a booth is open.
///
/// # Errors
/// Why it is not.
pub fn is_open(facts: &Facts) -> Result<(), Refusal> {
    if !facts.takes_place {
        return Err(Refusal::Cancelled);
    }
    if facts.now >= facts.ends_at {
        return Err(Refusal::Over);
    }
    if !facts.stands {
        return Err(Refusal::NoBooth);
    }
    if facts.now < facts.starts_at - TimeDelta::minutes(MINUTES_EARLY) {
        return Err(Refusal::NotYet);
    }
    Ok(())
}

/// Whether a ticket that stands in so many lines may stand in one more.
///
/// # Errors
/// When it stands in enough.
pub fn one_more(lines: u64) -> Result<(), Refusal> {
    if lines < LINES_OF_A_TICKET {
        Ok(())
    } else {
        Err(Refusal::TooMany)
    }
}

/// A number that waits. The line is in the order of `turn`; who has the same is told apart by the
/// number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Waiting {
    pub turn: i64,
    pub number: i64,
}

impl Waiting {
    /// A number that was given out just now: behind everybody.
    pub fn arrived(number: i64) -> Self {
        Self {
            turn: number * APART,
            number,
        }
    }
}

/// Who is called next.
pub fn next(line: &[Waiting]) -> Option<Waiting> {
    line.iter().min().copied()
}

/// How many are called before that number.
pub fn ahead(line: &[Waiting], of: Waiting) -> usize {
    line.iter().filter(|one| **one < of).count()
}

/// What becomes of somebody who was called in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterAbsence {
    /// Waits again at this turn.
    Back(i64),
    /// The number is out.
    Out,
}

/// `calls` counts those in vain, this one included; `line` are the others who wait.
pub fn after_absence(line: &[Waiting], own: Waiting, calls: i32) -> AfterAbsence {
    if calls >= CALLS {
        return AfterAbsence::Out;
    }
    let mut line = line.to_vec();
    line.sort_unstable();
    let last = line.get(BEHIND - 1).or(line.last());
    let turn = last.map_or(own.turn, |one| own.turn.max(one.turn + 1));
    AfterAbsence::Back(turn)
}

/// Until when somebody who was called at that time is awaited.
pub fn awaited_until(called_at: DateTime<Utc>) -> DateTime<Utc> {
    called_at + TimeDelta::minutes(MINUTES_TO_COME)
}

/// A call, and since when whoever was called had waited.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    pub at: DateTime<Utc>,
    pub waiting_since: DateTime<Utc>,
}

/// 叫号节奏 of a booth this evening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Median of the times between two calls.
    pub usual: TimeDelta,
    /// Their lower quartile.
    pub quick: TimeDelta,
}

/// The times between one call and the next, as far as the next one was waiting already: a booth
/// without a line is not slow. Of the last [`PACE_OF`] of them the median and the lower quartile, so
/// that one long talk or a break does not count; none while there are fewer than [`PACE_FROM`].
pub fn pace(calls: &[Call]) -> Option<Pace> {
    let mut calls = calls.to_vec();
    calls.sort_unstable_by_key(|call| call.at);
    let gaps = calls.windows(2).filter_map(|two| {
        let waited = two[1].waiting_since <= two[0].at;
        waited.then(|| two[1].at - two[0].at)
    });
    let mut gaps: Vec<_> = gaps.collect();
    gaps.drain(..gaps.len().saturating_sub(PACE_OF));
    if gaps.len() < PACE_FROM {
        return None;
    }
    gaps.sort_unstable();
    Some(Pace {
        usual: gaps[gaps.len() / 2],
        quick: gaps[gaps.len() / 4],
    })
}

/// 预计等候: about how long, and when to be at the booth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// Minutes until the call, at least one.
    pub minutes: i64,
    /// From then on the call may come.
    pub come_at: DateTime<Utc>,
}

/// With `ahead` others ahead a number waits for `ahead + 1` calls, of which the first is on its way
/// since `last_call`: about `(ahead + 1) × usual − elapsed`, and hardly less than
/// `(ahead + 1) × quick − elapsed`, where no more than one usual time can have elapsed.
pub fn wait(pace: Pace, ahead: usize, last_call: DateTime<Utc>, now: DateTime<Utc>) -> Wait {
    let turns = i32::try_from(ahead).unwrap_or(i32::MAX - 1) + 1;
    let elapsed = (now - last_call).clamp(TimeDelta::zero(), pace.usual);
    let about = pace.usual * turns - elapsed;
    let least = (pace.quick * turns - elapsed).max(TimeDelta::zero());
    let minutes = (about.num_seconds() + 59) / 60;
    Wait {
        minutes: minutes.max(1),
        come_at: now + least,
    }
}

#[cfg(test)]
mod tests;
