//! 排班: where a desk stands on which day, and who sits at it. Weekly patterns produce dated
//! sessions; holidays, moved working days, cancellations and extra sessions change them. Everything
//! is derived from patterns and changes by one function, so pages, feeds and clocks agree.
mod codes;
mod roster;

pub use codes::{Band, DeskKind, Duty, OnHoliday};
pub use roster::{Placed, Post, Shift, Standing, Warning, roster, warnings};

use super::{
    calendar::{
        Calendar, CalendarError, Day, Why, Window, day_of,
        days::{Notices, Occasion},
        instant,
    },
    fault::FieldFault,
    id::{DeskPatternId, DeskSessionId, DeskSiteId},
    text::half_width,
};
use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Utc, Weekday};
use std::{collections::BTreeMap, fmt, str::FromStr};

/// Days around a stretch in which a session may begin whose own day lies inside it.
const MARGIN: Days = Days::new(7);
/// How far ahead the next session is looked for, and exceptions are written into a calendar.
const HORIZON: Days = Days::new(400);

/// 排班规律: the same weekday, the same hours, from a day until a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    pub id: DeskPatternId,
    /// The first of the patterns that follow one another; names the sessions in calendars.
    pub series: i64,
    pub site: DeskSiteId,
    pub kind: DeskKind,
    pub weekday: Weekday,
    pub band: Band,
    pub hours: Window,
    pub from: NaiveDate,
    pub until: Option<NaiveDate>,
    pub on_holiday: OnHoliday,
    /// Also on 调休 working days, whatever weekday they are.
    pub on_moved_days: bool,
    pub public: bool,
    pub version: i64,
    pub changed_at: DateTime<Utc>,
}

/// 例外: a session of a pattern cancelled or restored, or an extra session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub id: DeskSessionId,
    /// None: an extra session.
    pub pattern: Option<DeskPatternId>,
    pub site: DeskSiteId,
    pub kind: DeskKind,
    pub band: Band,
    /// For a pattern's session the day on which it would have been.
    pub date: NaiveDate,
    pub hours: Window,
    pub cancelled: bool,
    pub reason: String,
    pub public: bool,
    pub version: i64,
    pub changed_at: DateTime<Utc>,
}

/// Names one session for good: `w12-20261125` or `x7`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// A pattern's session, by the day on which the week puts it.
    Weekly(DeskPatternId, NaiveDate),
    Extra(DeskSessionId),
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Weekly(pattern, origin) => write!(f, "w{pattern}-{}", origin.format("%Y%m%d")),
            Self::Extra(id) => write!(f, "x{id}"),
        }
    }
}

impl FromStr for Key {
    type Err = FieldFault;

    fn from_str(text: &str) -> Result<Self, FieldFault> {
        let wrong = || FieldFault::Format;
        if let Some(id) = text.strip_prefix('x') {
            return id.parse().map(Self::Extra).map_err(|_| wrong());
        }
        let (pattern, day) = text
            .strip_prefix('w')
            .and_then(|rest| rest.split_once('-'))
            .ok_or_else(wrong)?;
        let digits = day.len() == 8 && day.bytes().all(|b| b.is_ascii_digit());
        let day = NaiveDate::parse_from_str(day, "%Y%m%d").map_err(|_| wrong())?;
        match pattern.parse() {
            Ok(pattern) if digits => Ok(Self::Weekly(pattern, day)),
            _ => Err(wrong()),
        }
    }
}

/// Why a session is on its day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// 每周固定
    Week,
    /// 节假日顺延: the day it would have been.
    MovedFrom(NaiveDate),
    /// 调休上班日
    MovedWork(Occasion),
    /// 加场
    Extra,
}

/// 场次: a desk at a place for some hours of one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub key: Key,
    /// Stable name in calendars, also after the pattern changed.
    pub uid: String,
    pub site: DeskSiteId,
    pub kind: DeskKind,
    pub band: Band,
    pub date: NaiveDate,
    pub hours: Window,
    pub cause: Cause,
    /// The year's holiday notice has not been published: the day may still change.
    pub provisional: bool,
    pub cancelled: bool,
    /// Why it is cancelled or extra.
    pub reason: String,
    pub public: bool,
    /// Grows with every change.
    pub sequence: i64,
    pub changed_at: DateTime<Utc>,
}

impl Session {
    pub fn starts_at(&self) -> DateTime<Utc> {
        instant(self.date, self.hours.from)
    }

    pub fn ends_at(&self) -> DateTime<Utc> {
        instant(self.date, self.hours.to)
    }

    /// Whether people sit there at that instant.
    pub fn is_on(&self, at: DateTime<Utc>) -> bool {
        !self.cancelled && self.starts_at() <= at && at < self.ends_at()
    }
}

/// 排班表: all that sessions are derived from.
#[derive(Clone, Debug, Default)]
pub struct Rota {
    pub patterns: Vec<Pattern>,
    pub changes: Vec<Change>,
    /// 放假与调休, as the office knows them.
    pub notices: Notices,
}

impl Rota {
    /// The sessions of these days, the first and the last included, in order of time.
    pub fn sessions(&self, from: NaiveDate, to: NaiveDate) -> Vec<Session> {
        let office = Calendar::office().with_notices(&self.notices);
        let weekly = self
            .patterns
            .iter()
            .flat_map(|pattern| dates(pattern, &office, from, to))
            .map(|(pattern, date)| self.weekly(&office, pattern, date));
        let extra = self
            .changes
            .iter()
            .filter(|change| change.pattern.is_none() && (from..=to).contains(&change.date))
            .map(|change| extra(&office, change));
        let mut sessions: Vec<Session> = weekly.chain(extra).collect();
        sessions.sort_by_key(|s| (s.date, s.hours.from, s.hours.to, s.site, s.key));
        sessions
    }

    fn weekly(&self, office: &Calendar, pattern: &Pattern, at: Dated) -> Session {
        let change = self
            .changes
            .iter()
            .find(|c| c.pattern == Some(pattern.id) && c.date == at.origin);
        Session {
            key: Key::Weekly(pattern.id, at.origin),
            uid: format!("w{}-{}", pattern.series, at.origin.format("%Y%m%d")),
            site: pattern.site,
            kind: pattern.kind,
            band: pattern.band,
            date: at.date,
            hours: pattern.hours,
            cause: at.cause,
            provisional: office.day(at.date).provisional,
            cancelled: change.is_some_and(|c| c.cancelled),
            reason: change.map_or_else(String::new, |c| c.reason.clone()),
            public: pattern.public,
            sequence: pattern.version - 1 + change.map_or(0, |c| c.version),
            changed_at: change.map_or(pattern.changed_at, |c| c.changed_at.max(pattern.changed_at)),
        }
    }

    /// One session by its key, wherever it lies.
    pub fn find(&self, key: Key) -> Option<Session> {
        let day = match key {
            Key::Weekly(_, origin) => origin,
            Key::Extra(id) => self.changes.iter().find(|c| c.id == id)?.date,
        };
        self.sessions(day, day.checked_add_days(MARGIN)?)
            .into_iter()
            .find(|session| session.key == key)
    }

    /// 下一场: the next session of a place that begins at or after an instant.
    pub fn next_session(&self, site: DeskSiteId, after: DateTime<Utc>) -> Option<Session> {
        self.next(after, |session| session.site == site)
    }

    /// The next session of a kind, such as the Friday reception, wherever it is.
    pub fn next_of_kind(&self, kind: DeskKind, after: DateTime<Utc>) -> Option<Session> {
        self.next(after, |session| session.kind == kind)
    }

    fn next(&self, after: DateTime<Utc>, wanted: impl Fn(&Session) -> bool) -> Option<Session> {
        let today = day_of(after);
        self.sessions(today, today.checked_add_days(HORIZON)?)
            .into_iter()
            .find(|s| !s.cancelled && s.starts_at() >= after && wanted(s))
    }

    /// 办公桌日历: the hours of one place for deadlines such as «answer at the next desk». The week
    /// is that of the patterns without an end; every day of the year ahead that differs is written
    /// in. `None` when no desk stands there regularly.
    ///
    /// # Errors
    /// Never for windows made here; the calendar checks them once more.
    pub fn calendar(
        &self,
        site: DeskSiteId,
        from: NaiveDate,
    ) -> Result<Option<Calendar>, CalendarError> {
        let mut week: [Vec<Window>; 7] = Default::default();
        let lasting = |p: &&Pattern| p.site == site && p.until.is_none_or(|until| until >= from);
        for pattern in self.patterns.iter().filter(lasting) {
            week[pattern.weekday.num_days_from_monday() as usize].push(pattern.hours);
        }
        let week = week.map(merged);
        if week.iter().all(Vec::is_empty) {
            return Ok(None);
        }
        let end = from.checked_add_days(HORIZON).unwrap_or(from);
        let mut days: BTreeMap<NaiveDate, Vec<Window>> = BTreeMap::new();
        for session in self.sessions(from, end) {
            if session.site == site && !session.cancelled {
                days.entry(session.date).or_default().push(session.hours);
            }
        }
        let mut calendar = Calendar::desk(&site.to_string(), week)?.with_notices(&self.notices);
        for date in from.iter_days().take_while(|date| *date <= end) {
            let windows = merged(days.remove(&date).unwrap_or_default());
            if calendar.day(date).windows != windows {
                calendar = calendar.with_day(date, windows)?;
            }
        }
        Ok(Some(calendar))
    }
}

fn extra(office: &Calendar, change: &Change) -> Session {
    Session {
        key: Key::Extra(change.id),
        uid: format!("x{}", change.id),
        site: change.site,
        kind: change.kind,
        band: change.band,
        date: change.date,
        hours: change.hours,
        cause: Cause::Extra,
        provisional: office.day(change.date).provisional,
        cancelled: change.cancelled,
        reason: change.reason.clone(),
        public: change.public,
        sequence: change.version - 1,
        changed_at: change.changed_at,
    }
}

/// A day of a pattern.
#[derive(Clone, Copy)]
struct Dated {
    origin: NaiveDate,
    date: NaiveDate,
    cause: Cause,
}

/// The days of a pattern that fall into a stretch; each day at most once.
fn dates<'p>(
    pattern: &'p Pattern,
    office: &Calendar,
    from: NaiveDate,
    to: NaiveDate,
) -> impl Iterator<Item = (&'p Pattern, Dated)> {
    let first = from.checked_sub_days(MARGIN).unwrap_or(from);
    let first = first.max(pattern.from);
    let last = pattern.until.map_or(to, |until| until.min(to));
    let mut found: BTreeMap<NaiveDate, Dated> = BTreeMap::new();
    for origin in first.iter_days().take_while(|day| *day <= last) {
        let day = office.day(origin);
        let dated = if origin.weekday() == pattern.weekday {
            own_day(pattern, office, &day)
        } else {
            moved_work(pattern, &day)
        };
        let Some(dated) = dated else { continue };
        // A session moved from a holiday takes a moved working day before the pattern's extra one.
        let free = found
            .get(&dated.date)
            .is_none_or(|known| matches!(known.cause, Cause::MovedWork(_)));
        if free {
            found.insert(dated.date, dated);
        }
    }
    found
        .into_values()
        .filter(move |dated| (from..=to).contains(&dated.date))
        .map(move |dated| (pattern, dated))
}

/// A day of the pattern's weekday: held, skipped or moved. A session never moves so far that the
/// next regular one comes first.
fn own_day(pattern: &Pattern, office: &Calendar, day: &Day) -> Option<Dated> {
    let held = |date, cause| Dated {
        origin: day.date,
        date,
        cause,
    };
    match (day.why, pattern.on_holiday) {
        (Why::Holiday(_), OnHoliday::Skip) => None,
        (Why::Holiday(_), OnHoliday::Move) => office
            .days(day.date)
            .take(7)
            .find(Day::works)
            .map(|next| held(next.date, Cause::MovedFrom(day.date))),
        _ => Some(held(day.date, Cause::Week)),
    }
}

fn moved_work(pattern: &Pattern, day: &Day) -> Option<Dated> {
    match day.why {
        Why::MovedWork(occasion) if pattern.on_moved_days => Some(Dated {
            origin: day.date,
            date: day.date,
            cause: Cause::MovedWork(occasion),
        }),
        _ => None,
    }
}

/// Windows in order, those that touch or overlap as one.
pub fn merged(mut windows: Vec<Window>) -> Vec<Window> {
    windows.sort_by_key(|w| (w.from, w.to));
    let mut out: Vec<Window> = Vec::with_capacity(windows.len());
    for window in windows {
        match out.last_mut() {
            Some(last) if window.from <= last.to => last.to = last.to.max(window.to),
            _ => out.push(window),
        }
    }
    out
}

/// 时刻: `8:30` or `20:00` as minutes of the day; `24:00` ends one.
pub fn minute(raw: &str) -> Result<u16, FieldFault> {
    let text = half_width(raw);
    if text.is_empty() {
        return Err(FieldFault::Required);
    }
    let (hour, minute) = text.split_once(':').ok_or(FieldFault::Format)?;
    let part = |text: &str, most: u16| {
        let digits = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        let value = text.parse::<u16>().ok().filter(|value| *value <= most);
        value.filter(|_| digits).ok_or(FieldFault::Format)
    };
    let minute = part(hour, 24)? * 60 + part(minute.split(':').next().unwrap_or(minute), 59)?;
    if minute <= 1440 {
        Ok(minute)
    } else {
        Err(FieldFault::Format)
    }
}

/// A minute of the day as people write it.
pub fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// The first and the last day of `2026-11`.
pub fn month(raw: &str) -> Result<(NaiveDate, NaiveDate), FieldFault> {
    let text = half_width(raw);
    if text.is_empty() {
        return Err(FieldFault::Required);
    }
    let first = super::moment::day(&format!("{text}-01"))?;
    Ok((first, last_of_month(first)))
}

/// The last day of the month in which a day lies.
pub fn last_of_month(day: NaiveDate) -> NaiveDate {
    let first = day.with_day(1).unwrap_or(day);
    let next = first.checked_add_months(chrono::Months::new(1));
    next.and_then(|next| next.pred_opt()).unwrap_or(day)
}

/// The Monday of the week in which a day lies.
pub fn monday(day: NaiveDate) -> NaiveDate {
    let back = TimeDelta::days(i64::from(day.weekday().num_days_from_monday()));
    day.checked_sub_signed(back).unwrap_or(day)
}

/// 沿用上月: which session of a month stands in for which of the month before: the first of a
/// pattern for its first, the second for its second. Cancelled ones have no part in it.
pub fn counterparts(before: &[Session], now: &[Session]) -> Vec<(Key, Key)> {
    let (before, mut now) = (by_series(before), by_series(now));
    before
        .into_iter()
        .filter_map(|(series, keys)| Some((keys, now.remove(series)?)))
        .flat_map(|(old, new)| old.into_iter().zip(new))
        .collect()
}

fn by_series(sessions: &[Session]) -> BTreeMap<&str, Vec<Key>> {
    let mut held: Vec<&Session> = sessions.iter().filter(|s| !s.cancelled).collect();
    held.sort_by_key(|session| session.date);
    let mut found: BTreeMap<&str, Vec<Key>> = BTreeMap::new();
    for session in held {
        if let (Key::Weekly(..), Some((series, _))) = (session.key, session.uid.split_once('-')) {
            found.entry(series).or_default().push(session.key);
        }
    }
    found
}

#[cfg(test)]
mod tests;
