//! 工作日历: how long something took in working time, and when a term ends. Every answer comes from
//! one iterator over days with their windows, so measuring and adding can never disagree.
//! 民法典 201: the first day is not counted; 203: a last day that is no working day moves to the
//! next one and ends at close of business.
pub mod days;
mod term;

pub use term::{DayLine, Due, Term, Unit, workings};

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc, Weekday};
use days::{Notices, Occasion};
use std::collections::BTreeMap;

/// 北京时间 UTC+8, the year round; chrono has no infallible constructor, so the difference is applied by hand.
const EAST: TimeDelta = TimeDelta::hours(8);

/// The day in Beijing on which an instant falls.
pub fn day_of(at: DateTime<Utc>) -> NaiveDate {
    (at + EAST).date_naive()
}

/// The instant of a minute of a day in Beijing; minute 1440 is the next midnight.
pub fn instant(date: NaiveDate, minute: u16) -> DateTime<Utc> {
    let midnight = date.and_time(chrono::NaiveTime::MIN) - EAST;
    midnight.and_utc() + TimeDelta::minutes(i64::from(minute))
}

/// 时段: minutes of the day, from inclusive, to exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub from: u16,
    pub to: u16,
}

impl Window {
    /// A stretch within one day that is not empty.
    pub const fn new(from: u16, to: u16) -> Option<Self> {
        if from < to && to <= 1440 {
            Some(Self { from, to })
        } else {
            None
        }
    }
}

/// Why a day is worked or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// 平日: as the week says
    Week,
    /// 放假
    Holiday(Occasion),
    /// 调休上班
    MovedWork(Occasion),
    /// The office itself decided.
    Office,
}

/// A day with the hours worked on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    pub date: NaiveDate,
    pub windows: Vec<Window>,
    pub why: Why,
    /// The year's notice has not been published.
    pub provisional: bool,
}

impl Day {
    pub fn works(&self) -> bool {
        !self.windows.is_empty()
    }

    fn spans(&self) -> impl Iterator<Item = (DateTime<Utc>, DateTime<Utc>)> {
        self.windows
            .iter()
            .map(|w| (instant(self.date, w.from), instant(self.date, w.to)))
    }

    /// Working time of the day that lies between two instants.
    fn between(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> TimeDelta {
        self.spans()
            .map(|(start, stop)| (stop.min(to) - start.max(from)).max(TimeDelta::zero()))
            .sum()
    }

    fn close(&self) -> DateTime<Utc> {
        instant(self.date, self.windows.last().map_or(1440, |w| w.to))
    }
}

/// What is wrong with a calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    #[error("the week has no working hours")]
    NoHours,
    #[error("the hours of a day overlap or are out of order")]
    Overlap,
}

/// 日历: a week of hours, and the days that differ from it.
#[derive(Clone, Debug)]
pub struct Calendar {
    name: String,
    week: [Vec<Window>; 7],
    /// Public holidays and moved working days, where they apply.
    notices: Option<Notices>,
    own: BTreeMap<NaiveDate, Vec<Window>>,
}

impl Calendar {
    /// `week` starts on Monday.
    pub fn new(
        name: impl Into<String>,
        week: [Vec<Window>; 7],
        follows_notices: bool,
    ) -> Result<Self, CalendarError> {
        if week.iter().all(Vec::is_empty) {
            return Err(CalendarError::NoHours);
        }
        if week.iter().any(|day| !in_order(day)) {
            return Err(CalendarError::Overlap);
        }
        Ok(Self {
            name: name.into(),
            week,
            notices: follows_notices.then(Notices::default),
            own: BTreeMap::new(),
        })
    }

    /// 机关工作时间: 8:30–12:00, 14:30–18:00, Monday to Friday, with holidays and moved days.
    pub fn office() -> Self {
        let hours = || {
            vec![
                Window { from: 510, to: 720 },
                Window {
                    from: 870,
                    to: 1080,
                },
            ]
        };
        let day = |n: usize| if n < 5 { hours() } else { Vec::new() };
        Self {
            name: "office".into(),
            week: std::array::from_fn(day),
            notices: Some(Notices::default()),
            own: BTreeMap::new(),
        }
    }

    /// 全天候: hazards do not wait for Monday.
    pub fn always() -> Self {
        Self {
            name: "always".into(),
            week: std::array::from_fn(|_| vec![Window { from: 0, to: 1440 }]),
            notices: None,
            own: BTreeMap::new(),
        }
    }

    /// 流动办公桌: the hours of one place; a desk stays in the cupboard on public holidays.
    pub fn desk(place: &str, week: [Vec<Window>; 7]) -> Result<Self, CalendarError> {
        Self::new(format!("desk:{place}"), week, true)
    }

    /// The office's own exception for one day: other hours, or none.
    pub fn with_day(
        mut self,
        date: NaiveDate,
        windows: Vec<Window>,
    ) -> Result<Self, CalendarError> {
        if !in_order(&windows) {
            return Err(CalendarError::Overlap);
        }
        self.own.insert(date, windows);
        Ok(self)
    }

    /// This calendar by another name.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// This calendar with other public holidays, if it follows them at all.
    #[must_use]
    pub fn with_notices(mut self, notices: &Notices) -> Self {
        self.notices = self.notices.map(|_| notices.clone());
        self
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// The hours of an ordinary week, Monday first.
    pub fn week(&self) -> &[Vec<Window>; 7] {
        &self.week
    }

    /// One day with its hours.
    pub fn day(&self, date: NaiveDate) -> Day {
        let notices = self.notices.as_ref();
        let provisional = notices.is_some_and(|notices| notices.provisional(date));
        let told = notices.and_then(|notices| notices.special(date));
        let week = |weekday: Weekday| self.week[weekday.num_days_from_monday() as usize].clone();
        let (windows, why) = match (self.own.get(&date), told) {
            (Some(own), _) => (own.clone(), Why::Office),
            // A moved working day is worked like the first working day of the week.
            (None, Some(s)) if s.works => (self.moved_day(), Why::MovedWork(s.occasion)),
            (None, Some(s)) => (Vec::new(), Why::Holiday(s.occasion)),
            (None, None) => (week(date.weekday()), Why::Week),
        };
        Day {
            date,
            windows,
            why,
            provisional,
        }
    }

    /// The hours of the first day of the week that is worked at all.
    pub fn usual(&self) -> Vec<Window> {
        let worked = self.week.iter().find(|day| !day.is_empty());
        worked.cloned().unwrap_or_default()
    }

    /// Office hours on a 调休 day; a desk has no session then unless the rota says so.
    fn moved_day(&self) -> Vec<Window> {
        let weekdays = &self.week[..5];
        if weekdays.iter().all(|day| !day.is_empty()) {
            weekdays[0].clone()
        } else {
            Vec::new()
        }
    }

    /// The days from `from` on: the one iterator from which everything below is derived.
    pub fn days(&self, from: NaiveDate) -> impl Iterator<Item = Day> + '_ {
        std::iter::successors(Some(from), NaiveDate::succ_opt).map(|date| self.day(date))
    }

    /// Working time between two instants; negative when `to` lies before `from`.
    pub fn elapsed(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> TimeDelta {
        if to < from {
            return -self.elapsed(to, from);
        }
        self.days(day_of(from))
            .take_while(|day| day.date <= day_of(to))
            .map(|day| day.between(from, to))
            .sum()
    }

    /// Whole working minutes between two instants.
    pub fn minutes(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> i64 {
        self.elapsed(from, to).num_minutes()
    }

    /// The first instant at which so much working time has passed.
    pub fn add(&self, from: DateTime<Utc>, time: TimeDelta) -> DateTime<Utc> {
        let mut left = time;
        if left <= TimeDelta::zero() {
            return from;
        }
        for day in self.days(day_of(from)) {
            for (start, stop) in day.spans() {
                let start = start.max(from);
                if stop - start >= left {
                    return start + left;
                }
                left -= (stop - start).max(TimeDelta::zero());
            }
        }
        DateTime::<Utc>::MAX_UTC
    }

    /// 工作分钟
    pub fn add_minutes(&self, from: DateTime<Utc>, minutes: u32) -> DateTime<Utc> {
        self.add(from, TimeDelta::minutes(i64::from(minutes)))
    }

    /// 工作日: the first day is not counted, the last one ends at close of business.
    pub fn add_workdays(&self, from: DateTime<Utc>, days: u32) -> DateTime<Utc> {
        let Some(n) = (days as usize).checked_sub(1) else {
            return from;
        };
        self.days(day_of(from))
            .skip(1)
            .filter(Day::works)
            .nth(n)
            .map_or(DateTime::<Utc>::MAX_UTC, |day| day.close())
    }

    /// 自然日: counted as the calendar runs; a last day off moves to the next working day.
    pub fn add_days(&self, from: DateTime<Utc>, days: u32) -> DateTime<Utc> {
        self.close_on_or_after(day_of(from).checked_add_days(chrono::Days::new(u64::from(days))))
    }

    /// 月: the same day of the month, or the month's last (民法典 202).
    pub fn add_months(&self, from: DateTime<Utc>, months: u32) -> DateTime<Utc> {
        self.close_on_or_after(day_of(from).checked_add_months(chrono::Months::new(months)))
    }

    fn close_on_or_after(&self, date: Option<NaiveDate>) -> DateTime<Utc> {
        date.and_then(|date| self.days(date).find(Day::works))
            .map_or(DateTime::<Utc>::MAX_UTC, |day| day.close())
    }

    /// Whole working days that have ended or begun since the day of `from`, not counting that day.
    pub fn workdays_between(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> usize {
        self.days(day_of(from))
            .skip(1)
            .take_while(|day| day.date <= day_of(to))
            .filter(Day::works)
            .count()
    }

    /// Whether a deadline rests on a year whose notice is still to come.
    pub fn provisional(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> bool {
        self.day(day_of(from)).provisional || self.day(day_of(to)).provisional
    }
}

fn in_order(windows: &[Window]) -> bool {
    windows.iter().all(|w| w.from < w.to && w.to <= 1440)
        && windows.windows(2).all(|pair| pair[0].to <= pair[1].from)
}

#[cfg(test)]
mod tests;
