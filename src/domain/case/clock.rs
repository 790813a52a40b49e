//! Two clocks and their helpers: 居民时钟 runs from acceptance to closing and is never reset by a
//! new dispatch; 单位时钟 runs per dispatch. A pause is a missing segment. The segments follow from
//! the stages alone, so they can be rebuilt from the events at any time.
use super::codes::{Action, ClockKind, Stage};
use crate::domain::calendar::Calendar;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// 计时区段
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    pub clock: ClockKind,
    /// Reopenings before it.
    pub cycle: u32,
    /// 0 for clocks that do not belong to a dispatch.
    pub dispatch_no: u32,
    pub start: DateTime<Utc>,
    pub stop: Option<DateTime<Utc>>,
    /// The action that started it.
    pub why: Action,
}

/// All segments of a case, in order of their start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Clocks(Vec<Segment>);

/// What decides which clocks run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Running {
    pub stage: Stage,
    pub responded: bool,
    pub cycle: u32,
    pub dispatch_no: u32,
}

impl Running {
    fn wants(self, clock: ClockKind) -> bool {
        let on_the_way = matches!(
            self.stage,
            Stage::Accepted | Stage::Dispatched | Stage::Handling | Stage::Verifying
        );
        match clock {
            ClockKind::Accept => self.stage == Stage::Registered,
            ClockKind::Response => on_the_way && !self.responded,
            ClockKind::Citizen => on_the_way,
            ClockKind::Unit => matches!(self.stage, Stage::Dispatched | Stage::Handling),
        }
    }

    fn dispatch_no(self, clock: ClockKind) -> u32 {
        if clock == ClockKind::Unit {
            self.dispatch_no
        } else {
            0
        }
    }
}

impl Clocks {
    /// Stops what no longer runs and starts what runs now.
    pub(super) fn follow(&mut self, running: Running, at: DateTime<Utc>, why: Action) {
        for &clock in ClockKind::ALL {
            let dispatch_no = running.dispatch_no(clock);
            let wanted = running.wants(clock);
            let open = self
                .0
                .iter_mut()
                .find(|s| s.clock == clock && s.stop.is_none());
            let keeps = wanted
                && open
                    .as_ref()
                    .is_some_and(|s| s.cycle == running.cycle && s.dispatch_no == dispatch_no);
            if keeps {
                continue;
            }
            if let Some(segment) = open {
                segment.stop = Some(at);
            }
            if wanted {
                self.0.push(Segment {
                    clock,
                    cycle: running.cycle,
                    dispatch_no,
                    start: at,
                    stop: None,
                    why,
                });
            }
        }
    }

    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// Time a clock has shown up to now, over all cycles.
    pub fn elapsed(&self, clock: ClockKind, calendar: &Calendar, now: DateTime<Utc>) -> TimeDelta {
        self.0
            .iter()
            .filter(|s| s.clock == clock)
            .map(|s| calendar.elapsed(s.start, s.stop.unwrap_or(now).max(s.start)))
            .sum()
    }
}
