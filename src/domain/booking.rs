//! Who stands at which booth: the states of a booking, who may hold, when holds and unclaimed
//! booths fall free. The database keeps "one booth, one booking" and "one employer, one booth";
//! these rules say what is asked of it.
use chrono::{DateTime, Duration, NaiveDate, Utc};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// 展位预订状态
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
    EnumIter,
    DeriveActiveEnum,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum BookingStatus {
    /// 候补: waits for any booth
    Waiting,
    /// 暂留: a booth until a time
    Held,
    /// 已预订: a booth for the evening
    Booked,
    /// 已释放: given back, or the hold ran out
    Released,
    /// 爽约: did not come in time
    NoShow,
}

/// 展位预订动作
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter)]
pub enum BookingStep {
    /// 候补转暂留: a booth fell free for the next in line
    Offer,
    /// 确认
    Confirm,
    /// 暂留到期
    Expire,
    /// 释放
    Release,
    /// 判定爽约
    MissOut,
}

impl BookingStatus {
    /// The stored and printed name.
    pub fn code(self) -> String {
        self.to_value()
    }

    /// The employer's one place in the fair: at a booth or in the waiting line.
    pub fn is_active(self) -> bool {
        matches!(self, Self::Waiting | Self::Held | Self::Booked)
    }

    /// Nobody else can have the booth.
    pub fn keeps_booth(self) -> bool {
        matches!(self, Self::Held | Self::Booked)
    }

    /// What a step leads to, or `None` when it does not fit.
    pub fn after(self, step: BookingStep) -> Option<Self> {
        match (self, step) {
            (Self::Waiting, BookingStep::Offer) => Some(Self::Held),
            (Self::Held, BookingStep::Confirm) => Some(Self::Booked),
            (Self::Held, BookingStep::Expire)
            | (Self::Waiting | Self::Held | Self::Booked, BookingStep::Release) => {
                Some(Self::Released)
            }
            (Self::Booked, BookingStep::MissOut) => Some(Self::NoShow),
            _ => None,
        }
    }
}

/// Minutes a hold lasts when the fair says nothing else.
pub const HOLD_MINUTES: i32 = 15;
/// The range a fair may choose from.
pub const HOLD_MINUTES_RANGE: std::ops::RangeInclusive<i32> = 1..=1440;
/// Minutes after the opening until which a booked booth waits for its employer.
pub const ARRIVAL_MINUTES: i64 = 30;
/// How long a check of an employer's papers holds (五部门通知 2026-01: at least every six months).
pub const VERIFIED_DAYS: i64 = 183;

/// What the rules need to know before an employer may hold a booth.
#[derive(Clone, Debug)]
pub struct HoldFacts<'a> {
    pub now: DateTime<Utc>,
    /// When the fair closes; nothing is held after it.
    pub fair_ends_at: DateTime<Utc>,
    /// Published and not cancelled.
    pub fair_is_open: bool,
    /// When the office last approved the employer's papers; `None` while it has not.
    pub verified_at: Option<DateTime<Utc>>,
    /// Where the employer stands in this fair already.
    pub current: Option<BookingStatus>,
    /// The employer's evenings so far.
    pub history: &'a [Evening],
}

/// One booked evening of an employer's past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evening {
    pub on: NaiveDate,
    pub came: bool,
}

/// Why an employer may not hold a booth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter)]
pub enum HoldRefusal {
    /// 单位未通过审核
    EmployerNotApproved,
    /// 核验已超过六个月
    VerificationStale,
    /// 集市未发布或已取消、已结束
    FairNotOpen,
    /// 一家单位一个摊位
    OneBoothPerEmployer,
    /// 一年内三次中爽约两次
    TooManyNoShows,
}

impl HoldRefusal {
    /// The stable code of the answer; `booking_refusal.<code>` is its text key.
    pub fn code(self) -> &'static str {
        match self {
            Self::EmployerNotApproved => "employer_not_approved",
            Self::VerificationStale => "verification_stale",
            Self::FairNotOpen => "fair_not_open",
            Self::OneBoothPerEmployer => "one_booth_per_employer",
            Self::TooManyNoShows => "too_many_no_shows",
        }
    }
}

/// Whether an employer may hold a booth or join the waiting line. Somebody in the waiting line
/// may still hold a free booth.
pub fn may_hold(facts: &HoldFacts) -> Result<(), HoldRefusal> {
    if !facts.fair_is_open || facts.now >= facts.fair_ends_at {
        return Err(HoldRefusal::FairNotOpen);
    }
    let verified = facts.verified_at.ok_or(HoldRefusal::EmployerNotApproved)?;
    if is_stale(verified, facts.now) {
        return Err(HoldRefusal::VerificationStale);
    }
    if facts.current.is_some_and(BookingStatus::keeps_booth) {
        return Err(HoldRefusal::OneBoothPerEmployer);
    }
    if is_barred(facts.history, facts.now.date_naive()) {
        return Err(HoldRefusal::TooManyNoShows);
    }
    Ok(())
}

/// Whether the check of an employer's papers is too old to rely on.
pub fn is_stale(verified_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now - verified_at > Duration::days(VERIFIED_DAYS)
}

/// 爽约限制: of the last three booked evenings within a year, two without coming.
pub fn is_barred(history: &[Evening], today: NaiveDate) -> bool {
    let mut recent: Vec<&Evening> = history
        .iter()
        .filter(|e| e.on <= today && today - e.on <= Duration::days(365))
        .collect();
    recent.sort_by_key(|e| std::cmp::Reverse(e.on));
    recent.iter().take(3).filter(|e| !e.came).count() >= 2
}

/// When a hold made now ends: after its minutes, and never later than the fair.
pub fn hold_ends(
    now: DateTime<Utc>,
    hold_minutes: i32,
    fair_ends_at: DateTime<Utc>,
) -> DateTime<Utc> {
    (now + Duration::minutes(hold_minutes.into())).min(fair_ends_at)
}

/// A hold counts until its end and not a moment longer.
pub fn is_over(held_until: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now >= held_until
}

/// From when a booked booth whose employer has not come may be given away.
pub fn no_show_from(fair_starts_at: DateTime<Utc>) -> DateTime<Utc> {
    fair_starts_at + Duration::minutes(ARRIVAL_MINUTES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use sea_orm::Iterable;
    use std::collections::{BTreeMap, VecDeque};

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_784_458_800 + minute * 60, 0).unwrap()
    }

    fn facts(history: &[Evening]) -> HoldFacts<'_> {
        HoldFacts {
            now: at(0),
            fair_ends_at: at(600),
            fair_is_open: true,
            verified_at: Some(at(-60)),
            current: None,
            history,
        }
    }

    #[test]
    fn each_refusal_has_its_reason() {
        let good = facts(&[]);
        assert_eq!(may_hold(&good), Ok(()));
        let waiting = HoldFacts {
            current: Some(BookingStatus::Waiting),
            ..good.clone()
        };
        assert_eq!(may_hold(&waiting), Ok(()));
        let today = good.now.date_naive();
        let missed = |days| Evening {
            on: today - Duration::days(days),
            came: false,
        };
        let barred = [missed(10), missed(40)];
        for (facts, refusal) in [
            (
                HoldFacts {
                    fair_is_open: false,
                    ..good.clone()
                },
                HoldRefusal::FairNotOpen,
            ),
            (
                HoldFacts {
                    fair_ends_at: at(0),
                    ..good.clone()
                },
                HoldRefusal::FairNotOpen,
            ),
            (
                HoldFacts {
                    verified_at: None,
                    ..good.clone()
                },
                HoldRefusal::EmployerNotApproved,
            ),
            (
                HoldFacts {
                    verified_at: Some(at(-184 * 1440)),
                    ..good.clone()
                },
                HoldRefusal::VerificationStale,
            ),
            (
                HoldFacts {
                    current: Some(BookingStatus::Held),
                    ..good.clone()
                },
                HoldRefusal::OneBoothPerEmployer,
            ),
            (
                HoldFacts {
                    history: &barred,
                    ..good.clone()
                },
                HoldRefusal::TooManyNoShows,
            ),
        ] {
            assert_eq!(may_hold(&facts), Err(refusal));
        }
    }

    #[test]
    fn two_of_the_last_three_evenings_missed_within_a_year_bar() {
        let today = NaiveDate::from_ymd_opt(2026, 7, 19).unwrap();
        let evening = |days, came| Evening {
            on: today - Duration::days(days),
            came,
        };
        assert!(is_barred(
            &[evening(90, false), evening(30, true), evening(5, false)],
            today
        ));
        assert!(!is_barred(&[evening(5, false)], today));
        assert!(!is_barred(&[evening(5, false), evening(366, false)], today));
        let mended = [
            evening(99, false),
            evening(90, false),
            evening(9, true),
            evening(5, true),
        ];
        assert!(!is_barred(&mended, today));
    }

    #[test]
    fn a_hold_ends_in_time() {
        assert_eq!(hold_ends(at(0), 15, at(600)), at(15));
        assert_eq!(hold_ends(at(0), 15, at(10)), at(10));
        assert!(!is_over(at(15), at(14)));
        assert!(is_over(at(15), at(15)));
        assert_eq!(no_show_from(at(0)), at(30));
    }

    #[test]
    fn codes_are_those_of_the_database() {
        assert_eq!(BookingStatus::NoShow.code(), "no_show");
        assert_eq!(HoldRefusal::iter().count(), 5);
    }

    #[test]
    fn what_ended_stays_ended() {
        for step in BookingStep::iter() {
            assert_eq!(BookingStatus::Released.after(step), None);
            assert_eq!(BookingStatus::NoShow.after(step), None);
        }
    }

    /// A fair as the commands treat it: every change goes through the rules above.
    #[derive(Default)]
    struct Fair {
        now: i64,
        bookings: BTreeMap<u8, Booking>,
        line: VecDeque<u8>,
        acknowledged: u32,
        ended: u32,
    }

    #[derive(Clone, Copy)]
    struct Booking {
        status: BookingStatus,
        booth: Option<u8>,
        until: i64,
    }

    const BOOTHS: u8 = 5;
    const EMPLOYERS: u8 = 9;

    #[derive(Clone, Copy, Debug)]
    enum Act {
        Hold(u8, u8),
        Wait(u8),
        Confirm(u8),
        Release(u8),
        Swap(u8, u8),
        MissOut(u8),
        Pass(u8),
    }

    impl Fair {
        fn free(&self, booth: u8) -> bool {
            !self
                .bookings
                .values()
                .any(|b| b.status.keeps_booth() && b.booth == Some(booth))
        }

        fn current(&self, employer: u8) -> Option<BookingStatus> {
            self.bookings
                .get(&employer)
                .map(|b| b.status)
                .filter(|s| s.is_active())
        }

        fn may(&self, employer: u8) -> bool {
            let facts = HoldFacts {
                now: at(self.now),
                fair_ends_at: at(9_999),
                ..facts(&[])
            };
            may_hold(&HoldFacts {
                current: self.current(employer),
                ..facts
            })
            .is_ok()
        }

        fn hold(&mut self, employer: u8, booth: u8) {
            if self.free(booth) && self.may(employer) {
                let was_waiting = self.current(employer).is_some();
                self.line.retain(|e| *e != employer);
                let until = self.now + i64::from(HOLD_MINUTES);
                let booking = Booking {
                    status: BookingStatus::Held,
                    booth: Some(booth),
                    until,
                };
                self.bookings.insert(employer, booking);
                self.acknowledged += u32::from(!was_waiting);
            }
        }

        fn wait(&mut self, employer: u8) {
            if self.current(employer).is_none() {
                let booking = Booking {
                    status: BookingStatus::Waiting,
                    booth: None,
                    until: 0,
                };
                self.bookings.insert(employer, booking);
                self.line.push_back(employer);
                self.acknowledged += 1;
            }
        }

        fn step(&mut self, employer: u8, step: BookingStep) {
            let Some(booking) = self.bookings.get_mut(&employer) else {
                return;
            };
            if step == BookingStep::Confirm && is_over(at(booking.until), at(self.now)) {
                return;
            }
            let Some(next) = booking.status.after(step) else {
                return;
            };
            booking.status = next;
            if !next.is_active() {
                self.ended += 1;
                self.line.retain(|e| *e != employer);
                if let Some(booth) = booking.booth.take()
                    && let Some(first) = self.line.front().copied()
                {
                    self.hold(first, booth);
                }
            }
        }

        fn swap(&mut self, one: u8, other: u8) {
            let booth = |e: u8| {
                self.bookings
                    .get(&e)
                    .filter(|b| b.status.keeps_booth())?
                    .booth
            };
            if let (Some(a), Some(b)) = (booth(one), booth(other)) {
                for (employer, booth) in [(one, b), (other, a)] {
                    if let Some(booking) = self.bookings.get_mut(&employer) {
                        booking.booth = Some(booth);
                    }
                }
            }
        }

        fn pass(&mut self, minutes: u8) {
            self.now += i64::from(minutes);
            for employer in 0..EMPLOYERS {
                let over = self.bookings.get(&employer).is_some_and(|b| {
                    b.status == BookingStatus::Held && is_over(at(b.until), at(self.now))
                });
                if over {
                    self.step(employer, BookingStep::Expire);
                }
            }
        }

        fn act(&mut self, act: Act) {
            match act {
                Act::Hold(employer, booth) => self.hold(employer, booth),
                Act::Wait(employer) => self.wait(employer),
                Act::Confirm(employer) => self.step(employer, BookingStep::Confirm),
                Act::Release(employer) => self.step(employer, BookingStep::Release),
                Act::MissOut(employer) => self.step(employer, BookingStep::MissOut),
                Act::Swap(one, other) => self.swap(one, other),
                Act::Pass(minutes) => self.pass(minutes),
            }
        }

        fn check(&self) {
            let mut taken = std::collections::BTreeSet::new();
            for booking in self.bookings.values() {
                assert_eq!(booking.status.keeps_booth(), booking.booth.is_some());
                if let Some(booth) = booking.booth {
                    assert!(
                        booth < BOOTHS && taken.insert(booth),
                        "two bookings of one booth"
                    );
                }
            }
            let active = self
                .bookings
                .values()
                .filter(|b| b.status.is_active())
                .count();
            assert_eq!(
                usize::try_from(self.acknowledged - self.ended).unwrap(),
                active,
                "lost"
            );
            let waiting = self
                .bookings
                .values()
                .filter(|b| b.status == BookingStatus::Waiting)
                .count();
            assert_eq!(waiting, self.line.len());
        }
    }

    fn any_act() -> impl Strategy<Value = Act> {
        let employer = 0..EMPLOYERS;
        prop_oneof![
            (employer.clone(), 0..BOOTHS).prop_map(|(e, b)| Act::Hold(e, b)),
            employer.clone().prop_map(Act::Wait),
            employer.clone().prop_map(Act::Confirm),
            employer.clone().prop_map(Act::Release),
            employer.clone().prop_map(Act::MissOut),
            (employer.clone(), employer).prop_map(|(a, b)| Act::Swap(a, b)),
            (1_u8..20).prop_map(Act::Pass),
        ]
    }

    proptest! {
        #[test]
        fn never_two_bookings_of_one_booth_and_none_lost(
            acts in proptest::collection::vec(any_act(), 0..120)
        ) {
            let mut fair = Fair::default();
            for act in acts {
                fair.act(act);
                fair.check();
            }
        }
    }
}
