//! 时限: a length in one of four measures on a named calendar, and the deadline it gives.
use super::{Calendar, Why, day_of};
use chrono::{DateTime, Days, Months, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// 计时单位
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// 工作分钟
    WorkMinutes,
    /// 工作日
    WorkDays,
    /// 自然日
    NaturalDays,
    /// 月
    Months,
}

impl Unit {
    pub const ALL: &[Self] = &[
        Self::WorkMinutes,
        Self::WorkDays,
        Self::NaturalDays,
        Self::Months,
    ];

    pub const fn code(self) -> &'static str {
        match self {
            Self::WorkMinutes => "work_minutes",
            Self::WorkDays => "work_days",
            Self::NaturalDays => "natural_days",
            Self::Months => "months",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|unit| unit.code() == code)
    }
}

/// A length of time as a rule states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    pub amount: u32,
    pub unit: Unit,
}

/// A deadline, and whether it may still move because a year's notice is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    pub at: DateTime<Utc>,
    pub provisional: bool,
}

/// One day of the working of a deadline, so that a clerk can show it to a resident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayLine {
    pub date: NaiveDate,
    /// Whether the term runs on this day; the first day of a term in days does not count (民法典 201).
    pub counted: bool,
    /// Which day of the term this is; none when it does not count, and for terms in minutes or months.
    pub number: Option<u32>,
    /// Working minutes of the day between the beginning and the deadline.
    pub minutes: i64,
    pub why: Why,
    pub provisional: bool,
}

impl Term {
    pub const fn new(amount: u32, unit: Unit) -> Self {
        Self { amount, unit }
    }

    /// When the term ends if it starts now.
    pub fn due(self, calendar: &Calendar, from: DateTime<Utc>) -> Due {
        let at = match self.unit {
            Unit::WorkMinutes => calendar.add_minutes(from, self.amount),
            Unit::WorkDays => calendar.add_workdays(from, self.amount),
            Unit::NaturalDays => calendar.add_days(from, self.amount),
            Unit::Months => calendar.add_months(from, self.amount),
        };
        Due {
            at,
            provisional: calendar.provisional(from, at),
        }
    }

    /// The day on which the term ends before it moves off a day that is no working day.
    fn last_day(self, first: NaiveDate) -> Option<NaiveDate> {
        match self.unit {
            Unit::NaturalDays => first.checked_add_days(Days::new(u64::from(self.amount))),
            Unit::Months => first.checked_add_months(Months::new(self.amount)),
            Unit::WorkMinutes | Unit::WorkDays => None,
        }
    }
}

/// 逐日推算: day by day why a deadline is what it is. The last line is the day of the deadline.
pub fn workings(calendar: &Calendar, from: DateTime<Utc>, term: Term) -> Vec<DayLine> {
    let (first, due) = (day_of(from), term.due(calendar, from).at);
    // A deadline at midnight ends the day before.
    let end = day_of(due - TimeDelta::milliseconds(1)).max(first);
    let last_day = term.last_day(first);
    let (mut number, mut spent) = (0, TimeDelta::zero());
    let days = calendar.days(first).take_while(|day| day.date <= end);
    days.map(|day| {
        // Rounded over all days together, so that a start within a minute loses none.
        let before = spent.num_minutes();
        spent += day.between(from, due);
        let minutes = spent.num_minutes() - before;
        let counted = match term.unit {
            Unit::WorkMinutes => minutes > 0,
            Unit::WorkDays => day.date > first && day.works(),
            Unit::NaturalDays | Unit::Months => {
                day.date > first && last_day.is_some_and(|last| day.date <= last)
            }
        };
        let numbered = counted && matches!(term.unit, Unit::WorkDays | Unit::NaturalDays);
        number += u32::from(numbered);
        DayLine {
            date: day.date,
            counted,
            number: numbered.then_some(number),
            minutes,
            why: day.why,
            provisional: day.provisional,
        }
    })
    .collect()
}
