//! Rate limits. A whole market sits behind one address, so limits by address are wide and limits by
//! person are tight. What is counted is a keyed hash: no number of anybody lies about in memory, and
//! instances on one database can tell each other what they let pass, so that a limit is one for all
//! of them but for what passes before the word is there.
use super::secret::Keys;
use crate::error::{AppError, AppResult};
use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};
use std::{fmt, net::IpAddr, num::NonZeroU32, str::FromStr, sync::OnceLock, time::Duration};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

type Limiter = DefaultKeyedRateLimiter<u64>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Registrations and reports from one address.
    Address,
    /// Registrations of one telephone number.
    Phone,
    /// Wrong keys and codes from one address, or for one ticket.
    Guess,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Address, Self::Phone, Self::Guess];

    fn letter(self) -> char {
        match self {
            Self::Address => 'a',
            Self::Phone => 'p',
            Self::Guess => 'g',
        }
    }

    /// So many at once, then one more each period.
    fn quota(self) -> (u32, Duration) {
        match self {
            Self::Address => (600, Duration::from_millis(100)),
            Self::Phone => (5, Duration::from_mins(1)),
            Self::Guess => (60, Duration::from_secs(1)),
        }
    }

    fn limiter(self) -> Limiter {
        let (burst, period) = self.quota();
        let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::with_period(period).unwrap_or(Quota::per_second(burst));
        RateLimiter::keyed(quota.allow_burst(burst))
    }
}

/// That somebody passed a limit, as instances tell each other: a letter and a hash.
#[derive(Debug, PartialEq, Eq)]
pub struct Passed {
    kind: Kind,
    whose: u64,
}

impl fmt::Display for Passed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:016x}", self.kind.letter(), self.whose)
    }
}

impl FromStr for Passed {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        let kind = Kind::ALL.into_iter().find_map(|kind| {
            let hash = word.strip_prefix(kind.letter())?;
            Some((kind, hash))
        });
        let (kind, hash) = kind.ok_or(())?;
        let whose = u64::from_str_radix(hash, 16).map_err(|_| ())?;
        Ok(Self { kind, whose })
    }
}

/// Every limit of the program.
pub struct Limits {
    keys: Keys,
    /// Addresses behind which a whole venue sits.
    venues: Vec<IpAddr>,
    limiters: [Limiter; Kind::ALL.len()],
    telling: OnceLock<UnboundedSender<Passed>>,
}

impl Limits {
    /// Nobody of `venues` is limited by address.
    pub fn new(keys: Keys, venues: Vec<IpAddr>) -> Self {
        Self {
            keys,
            venues,
            limiters: Kind::ALL.map(Kind::limiter),
            telling: OnceLock::new(),
        }
    }

    /// # Errors
    /// 429 when too many come from one address that is not a venue's.
    pub fn registration_from(&self, address: IpAddr) -> AppResult<()> {
        self.unless_venue(Kind::Address, address)
    }

    /// # Errors
    /// 429 when one telephone number is registered again and again.
    pub fn registration_of(&self, phone: &str) -> AppResult<()> {
        self.check(Kind::Phone, phone)
    }

    /// # Errors
    /// 429 when one address tries too many tickets that do not exist.
    pub fn guess_from(&self, address: IpAddr) -> AppResult<()> {
        self.unless_venue(Kind::Guess, address)
    }

    /// # Errors
    /// 429 when the holder of one ticket is guessed at, from whatever address.
    pub fn guess_at(&self, ticket: &str) -> AppResult<()> {
        self.check(Kind::Guess, ticket)
    }

    /// What passes here from now on, for the one who tells others.
    pub fn passed(&self) -> UnboundedReceiver<Passed> {
        let (telling, told) = unbounded_channel();
        // Whoever asks again hears nothing.
        drop(self.telling.set(telling));
        told
    }

    /// Something passed on another instance: it counts here, too.
    pub fn heard(&self, passed: &Passed) {
        if self.limiter(passed.kind).check_key(&passed.whose).is_err() {
            tracing::debug!(%passed, "more passed than one instance alone lets pass");
        }
    }

    /// Forgets who is back at rest; called now and then, or the tables would grow for ever.
    pub fn tidy(&self) {
        for limiter in &self.limiters {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }

    fn unless_venue(&self, kind: Kind, address: IpAddr) -> AppResult<()> {
        if self.venues.contains(&address) {
            Ok(())
        } else {
            self.check(kind, &address.to_string())
        }
    }

    fn check(&self, kind: Kind, whose: &str) -> AppResult<()> {
        let hash = self.keys.look_up("limit", whose);
        let whose = u64::from_str_radix(&hash[..16], 16).map_err(anyhow::Error::from)?;
        let checked = self.limiter(kind).check_key(&whose);
        checked.map_err(|early| {
            let wait = early.wait_time_from(DefaultClock::default().now());
            AppError::too_many(wait.as_secs() + 1)
        })?;
        if let Some(telling) = self.telling.get() {
            // Nobody listens: the program ends.
            drop(telling.send(Passed { kind, whose }));
        }
        Ok(())
    }

    fn limiter(&self, kind: Kind) -> &Limiter {
        &self.limiters[kind as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> [Limits; 2] {
        let dir = tempfile::tempdir().unwrap();
        [(); 2].map(|()| Limits::new(Keys::load_or_create(dir.path()).unwrap(), Vec::new()))
    }

    #[test]
    fn a_limit_is_one_for_all_who_hear_of_it() {
        let [here, there] = two();
        let mut told = here.passed();
        for _ in 0..5 {
            here.registration_of("13800000000").unwrap();
        }
        assert!(here.registration_of("13800000000").is_err());
        here.registration_of("13900000000").unwrap();
        there.registration_of("13800000000").unwrap();
        while let Ok(passed) = told.try_recv() {
            there.heard(&passed.to_string().parse().unwrap());
        }
        assert!(there.registration_of("13800000000").is_err());
        // One of five was used there, and one here.
        there.registration_of("13900000000").unwrap();
        here.tidy();
        assert!(here.registration_of("13800000000").is_err());
    }

    #[test]
    fn words_that_are_none_are_not_taken_for_one() {
        for word in ["", "17", "a", "x0123456789abcdef", "pé"] {
            assert!(word.parse::<Passed>().is_err(), "{word}");
        }
    }
}
