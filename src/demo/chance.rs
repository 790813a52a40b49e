//! Chance that comes out the same every time.
use chrono::{DateTime, TimeDelta, Utc};
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};

pub struct Chance(StdRng);

impl Chance {
    pub fn seeded(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    pub fn below(&mut self, n: usize) -> usize {
        if n == 0 { 0 } else { self.0.random_range(0..n) }
    }

    pub fn percent(&mut self, of_hundred: usize) -> bool {
        self.below(100) < of_hundred
    }

    /// One of several; the list is never empty where this is called.
    pub fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list.choose(&mut self.0).copied().unwrap_or_default()
    }

    /// An instant between two.
    pub fn between(&mut self, from: DateTime<Utc>, to: DateTime<Utc>) -> DateTime<Utc> {
        let span = (to - from).num_milliseconds();
        if span <= 0 {
            return from;
        }
        from + TimeDelta::milliseconds(self.0.random_range(0..span))
    }
}
