//! 时限规则: how long each part of a case may take. The defaults are proposals that an office edits.
use super::codes::{ClockKind, Kind, Urgency};
use super::field::Code;
use crate::domain::calendar::{Calendar, Term, Unit};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A rule: what it applies to, and its term.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlaRule {
    pub id: String,
    pub version: u32,
    pub clock: ClockKind,
    pub kind: Option<Kind>,
    pub category: Option<Code>,
    pub urgency: Option<Urgency>,
    /// 咨询类
    pub consult: bool,
    pub term: Term,
    pub calendar: String,
    /// At which part of the term the ledger turns yellow.
    pub warn_at_pct: u8,
}

impl SlaRule {
    /// `ordinary.unit@1`, as the event records it.
    pub fn name(&self) -> String {
        format!("{}@{}", self.id, self.version)
    }

    fn fits(&self, case: &Matter) -> bool {
        self.kind.is_none_or(|kind| kind == case.kind)
            && self
                .urgency
                .is_none_or(|urgency| Some(urgency) == case.urgency)
            && self
                .category
                .as_ref()
                .is_none_or(|category| Some(category) == case.category)
            && (!self.consult || case.consult)
    }

    /// How particular it is: of the rules that fit, the one with most weight decides.
    pub fn weight(&self) -> u32 {
        u32::from(self.category.is_some()) * 8
            + u32::from(self.urgency.is_some()) * 4
            + u32::from(self.consult) * 2
            + u32::from(self.kind.is_some())
    }
}

/// What a rule looks at.
#[derive(Clone, Copy, Debug)]
pub struct Matter<'a> {
    pub kind: Kind,
    pub category: Option<&'a Code>,
    pub urgency: Option<Urgency>,
    pub consult: bool,
}

/// The most particular rule for a clock.
pub fn rule_for<'a>(rules: &'a [SlaRule], clock: ClockKind, case: &Matter) -> Option<&'a SlaRule> {
    rules
        .iter()
        .filter(|rule| rule.clock == clock && rule.fits(case))
        .max_by_key(|rule| rule.weight())
}

/// 期限: when, and on what it rests, so that it can be moved by the right rule later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadline {
    pub at: DateTime<Utc>,
    pub calendar: String,
    /// The year's holidays are not published yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub provisional: bool,
    /// From when and how long; none when somebody set the date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub term: Option<(DateTime<Utc>, Term)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
}

/// 日历集: the calendars an office knows, by name.
#[derive(Clone, Debug)]
pub struct Calendars {
    office: Calendar,
    others: Vec<Calendar>,
}

impl Calendars {
    pub fn new(office: Calendar, others: Vec<Calendar>) -> Self {
        Self { office, others }
    }

    pub fn office(&self) -> &Calendar {
        &self.office
    }

    /// The same calendars, each changed in one way.
    #[must_use]
    pub fn map(&self, change: impl Fn(&Calendar) -> Calendar) -> Self {
        Self {
            office: change(&self.office),
            others: self.others.iter().map(&change).collect(),
        }
    }

    /// An unknown name is read as office hours: the calendar may have been retired since.
    pub fn get(&self, name: &str) -> &Calendar {
        self.others
            .iter()
            .find(|calendar| calendar.name() == name)
            .unwrap_or(&self.office)
    }
}

impl Default for Calendars {
    fn default() -> Self {
        Self::new(Calendar::office(), vec![Calendar::always()])
    }
}

impl Deadline {
    /// A deadline by rule.
    pub fn by_rule(rule: &SlaRule, calendars: &Calendars, from: DateTime<Utc>) -> Self {
        let due = rule.term.due(calendars.get(&rule.calendar), from);
        Self {
            at: due.at,
            calendar: rule.calendar.clone(),
            provisional: due.provisional,
            term: Some((from, rule.term)),
            rule: Some(rule.name()),
        }
    }

    /// A date somebody set.
    pub fn set(at: DateTime<Utc>, calendar: &str) -> Self {
        Self {
            at,
            calendar: calendar.to_owned(),
            provisional: false,
            term: None,
            rule: None,
        }
    }

    /// 暂停后顺延: what was left when the clock stopped is left when it starts again. A deadline
    /// that had passed stays passed.
    #[must_use]
    pub fn resumed(
        &self,
        calendars: &Calendars,
        stopped: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Self {
        if self.at <= stopped {
            return self.clone();
        }
        let calendar = calendars.get(&self.calendar);
        let natural = |unit: Unit| matches!(unit, Unit::NaturalDays | Unit::Months);
        let at = match self.term {
            Some((_, term)) if natural(term.unit) => {
                let days = (self.at - stopped).num_days().clamp(1, 3660);
                calendar.add_days(now, u32::try_from(days).unwrap_or(1))
            }
            _ => calendar.add(now, calendar.elapsed(stopped, self.at)),
        };
        Self {
            at: at.max(self.at),
            calendar: self.calendar.clone(),
            provisional: calendar.provisional(now, at),
            term: None,
            rule: self.rule.clone(),
        }
    }

    /// 日历公布后重算; only a deadline by rule that lies ahead moves.
    pub fn recomputed(&self, calendars: &Calendars, now: DateTime<Utc>) -> Option<Self> {
        let (from, term) = self.term.filter(|_| self.at > now)?;
        let due = term.due(calendars.get(&self.calendar), from);
        let moved = Self {
            at: due.at.max(now),
            provisional: due.provisional,
            ..self.clone()
        };
        (moved != *self).then_some(moved)
    }
}

/// id, clock, kind, urgency, consult, term, calendar
type Default7 = (
    &'static str,
    ClockKind,
    Option<Kind>,
    Option<Urgency>,
    bool,
    Term,
    &'static str,
);

const fn t(amount: u32, unit: Unit) -> Term {
    Term::new(amount, unit)
}

use ClockKind::{Accept, Citizen, Response, Unit as UnitClock};
use Unit::{Months, NaturalDays, WorkDays, WorkMinutes};

/// 济南 24 条, 潍坊 20 条, 代表法 51 条, 信访 22、34 条; the rest proposals.
const DEFAULTS: &[Default7] = &[
    (
        "ordinary.accept",
        Accept,
        None,
        None,
        false,
        t(1, WorkDays),
        "office",
    ),
    (
        "ordinary.response",
        Response,
        None,
        None,
        false,
        t(1, WorkDays),
        "office",
    ),
    (
        "ordinary.citizen",
        Citizen,
        None,
        None,
        false,
        t(5, WorkDays),
        "office",
    ),
    (
        "ordinary.unit",
        UnitClock,
        None,
        None,
        false,
        t(5, WorkDays),
        "office",
    ),
    (
        "consult.citizen",
        Citizen,
        None,
        None,
        true,
        t(1, WorkDays),
        "office",
    ),
    (
        "consult.unit",
        UnitClock,
        None,
        None,
        true,
        t(1, WorkDays),
        "office",
    ),
    (
        "emergency.response",
        Response,
        None,
        Some(Urgency::Emergency),
        false,
        t(30, WorkMinutes),
        "always",
    ),
    (
        "emergency.citizen",
        Citizen,
        None,
        Some(Urgency::Emergency),
        false,
        t(120, WorkMinutes),
        "always",
    ),
    (
        "emergency.unit",
        UnitClock,
        None,
        Some(Urgency::Emergency),
        false,
        t(120, WorkMinutes),
        "always",
    ),
    (
        "utility.citizen",
        Citizen,
        None,
        Some(Urgency::Utility),
        false,
        t(1440, WorkMinutes),
        "always",
    ),
    (
        "utility.unit",
        UnitClock,
        None,
        Some(Urgency::Utility),
        false,
        t(1440, WorkMinutes),
        "always",
    ),
    (
        "complex.citizen",
        Citizen,
        None,
        Some(Urgency::Complex),
        false,
        t(15, NaturalDays),
        "office",
    ),
    (
        "complex.unit",
        UnitClock,
        None,
        Some(Urgency::Complex),
        false,
        t(15, NaturalDays),
        "office",
    ),
    (
        "formal.citizen",
        Citizen,
        None,
        Some(Urgency::Formal),
        false,
        t(3, Months),
        "office",
    ),
    (
        "formal.unit",
        UnitClock,
        None,
        Some(Urgency::Formal),
        false,
        t(3, Months),
        "office",
    ),
    (
        "broad.citizen",
        Citizen,
        None,
        Some(Urgency::FormalBroad),
        false,
        t(6, Months),
        "office",
    ),
    (
        "broad.unit",
        UnitClock,
        None,
        Some(Urgency::FormalBroad),
        false,
        t(6, Months),
        "office",
    ),
    (
        "match.employer",
        UnitClock,
        Some(Kind::EmploymentMatch),
        None,
        false,
        t(3, WorkDays),
        "office",
    ),
    (
        "match.verify",
        Citizen,
        Some(Kind::EmploymentMatch),
        None,
        false,
        t(5, WorkDays),
        "office",
    ),
];

/// The rules a new office begins with.
pub fn defaults() -> Vec<SlaRule> {
    DEFAULTS
        .iter()
        .map(
            |(id, clock, kind, urgency, consult, term, calendar)| SlaRule {
                id: (*id).to_owned(),
                version: 1,
                clock: *clock,
                kind: *kind,
                category: None,
                urgency: *urgency,
                consult: *consult,
                term: *term,
                calendar: (*calendar).to_owned(),
                warn_at_pct: 80,
            },
        )
        .collect()
}
