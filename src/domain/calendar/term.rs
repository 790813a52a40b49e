//! 时限: a length in one of four measures on a named calendar, and the deadline it gives.
use super::{Calendar, Day, Why, day_of};
use chrono::{DateTime, NaiveDate, Utc};
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

/// One line of the explanation of a deadline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    pub date: NaiveDate,
    pub works: bool,
    pub why: Why,
    /// Which day of the term this is; none when it does not count.
    pub number: Option<u32>,
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

    /// Day by day why the deadline is what it is, so that a clerk can show it to a resident.
    pub fn explain(self, calendar: &Calendar, from: DateTime<Utc>) -> Vec<Counted> {
        let due = self.due(calendar, from);
        let mut number = 0;
        calendar
            .days(day_of(from))
            .take_while(|day| day.date <= day_of(due.at))
            .enumerate()
            .map(|(at, day)| {
                let counts = self.counts(&day, at == 0);
                number += u32::from(counts);
                Counted {
                    date: day.date,
                    works: day.works(),
                    why: day.why,
                    number: counts.then_some(number),
                    provisional: day.provisional,
                }
            })
            .collect()
    }

    fn counts(self, day: &Day, first: bool) -> bool {
        match self.unit {
            Unit::WorkMinutes => day.works(),
            Unit::WorkDays => !first && day.works(),
            Unit::NaturalDays | Unit::Months => !first,
        }
    }
}
