//! A clock that the story moves: forward only, one prepared instant for each write.
use crate::platform::clock::Clock;
use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

#[derive(Clone)]
pub struct StoryClock(Arc<Mutex<Instants>>);

struct Instants {
    now: DateTime<Utc>,
    coming: VecDeque<DateTime<Utc>>,
}

impl StoryClock {
    pub fn new(at: DateTime<Utc>) -> Self {
        let coming = VecDeque::new();
        Self(Arc::new(Mutex::new(Instants { now: at, coming })))
    }

    /// Goes to an instant, unless it lies behind.
    pub fn set(&self, at: DateTime<Utc>) {
        let mut instants = self.lock();
        instants.coming.clear();
        instants.now = instants.now.max(whole(at));
    }

    /// Goes back to where another thread of the story begins.
    pub fn back(&self, at: DateTime<Utc>) {
        let mut instants = self.lock();
        instants.coming.clear();
        instants.now = instants.now.min(whole(at));
    }

    /// The instants of the next writes, in their order.
    pub fn plan(&self, coming: Vec<DateTime<Utc>>) {
        self.lock().coming = coming.into();
    }

    fn lock(&self) -> MutexGuard<'_, Instants> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for StoryClock {
    fn now(&self) -> DateTime<Utc> {
        let mut instants = self.lock();
        if let Some(next) = instants.coming.pop_front() {
            instants.now = instants.now.max(whole(next));
        }
        instants.now
    }
}

/// Milliseconds, which both databases keep.
fn whole(at: DateTime<Utc>) -> DateTime<Utc> {
    at.duration_trunc(TimeDelta::milliseconds(1)).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_forward_only_and_once_for_each_write() {
        let at = |minutes: i64| DateTime::from_timestamp(1_784_000_000 + 60 * minutes, 0).unwrap();
        let clock = StoryClock::new(at(10));
        clock.set(at(5));
        assert_eq!(clock.now(), at(10));
        clock.plan(vec![at(11), at(9), at(12)]);
        assert_eq!(
            [clock.now(), clock.now(), clock.now()],
            [at(11), at(11), at(12)]
        );
        assert_eq!(clock.now(), at(12));
        clock.plan(vec![at(20)]);
        clock.set(at(13));
        assert_eq!(clock.now(), at(13));
        clock.back(at(30));
        assert_eq!(clock.now(), at(13));
        clock.back(at(4));
        assert_eq!(clock.now(), at(4));
    }
}
