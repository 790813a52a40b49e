//! Rate limits by any key. A whole market sits behind one address, so limits by address are wide
//! and limits by person or account are tight.
use crate::error::{AppError, AppResult};
use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};
use std::{num::NonZeroU32, sync::Arc, time::Duration};

#[derive(Clone)]
pub struct Limit(Arc<DefaultKeyedRateLimiter<String>>);

impl Limit {
    /// `burst` at once, then one more each `period`.
    pub fn new(burst: NonZeroU32, period: Duration) -> Self {
        let quota = Quota::with_period(period)
            .unwrap_or(Quota::per_second(burst))
            .allow_burst(burst);
        Self(Arc::new(RateLimiter::keyed(quota)))
    }

    /// # Errors
    /// 429 with the seconds to wait.
    pub fn check(&self, key: &str) -> AppResult<()> {
        self.0.check_key(&key.to_owned()).map_err(|early| {
            let wait = early.wait_time_from(DefaultClock::default().now());
            AppError::too_many(wait.as_secs() + 1)
        })
    }

    /// Forgets keys that are back at rest; called now and then, or the table would grow for ever.
    pub fn tidy(&self) {
        self.0.retain_recent();
        self.0.shrink_to_fit();
    }
}
