//! The only place that asks what time it is.
use chrono::{DateTime, DurationRound, FixedOffset, TimeDelta, Utc};
use std::sync::Arc;

/// Beijing time has had no summer time since 1991, so a fixed offset serves.
pub fn beijing(at: DateTime<Utc>) -> DateTime<FixedOffset> {
    at.with_timezone(&BEIJING)
}

const BEIJING: FixedOffset = match FixedOffset::east_opt(8 * 3600) {
    Some(offset) => offset,
    None => unreachable!(),
};

pub trait Clock: Send + Sync {
    fn now(&self) -> DateTime<Utc>;
}

/// The machine's clock, cut to milliseconds, which both databases keep.
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where time comes from"
    )]
    fn now(&self) -> DateTime<Utc> {
        let now = Utc::now();
        now.duration_trunc(TimeDelta::milliseconds(1))
            .unwrap_or(now)
    }
}

pub type SharedClock = Arc<dyn Clock>;
