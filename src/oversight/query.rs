//! Which figures are asked for: the query of the pages and the API, both ways.
use crate::{
    domain::{
        calendar::day_of,
        case::Kind,
        fault::{Faults, FieldFault},
        id::{AreaId, UnitId},
        moment,
        rates::{Period, RateKind, Verdict},
        rota,
    },
    error::AppResult,
    platform::form::Sent,
};
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

/// The longest period, in days.
const LONGEST: i64 = 366;

/// `?from=&to=&unit=` of the figures.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// First day, such as `2026-07-01`; the first of this month when absent.
    pub from: String,
    /// Last day, included; the last of the month of `from` when absent. At most 366 days.
    pub to: String,
    /// `2026-07` instead of both days.
    pub month: String,
    /// Id of the unit that led.
    pub unit: String,
    /// Id of an area; what lies in it is included.
    pub area: String,
    /// resident_request, patrol_finding, mailbox, …
    pub kind: String,
    /// Code of a category.
    pub category: String,
}

/// Further members of the query for rows.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct AskedRows {
    /// Code of the rate, as the figures give it.
    pub rate: String,
    /// `in` (in k and n), `out` (in n only) or `excluded`; all when absent.
    pub counted: String,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub first: NaiveDate,
    /// Included.
    pub last: NaiveDate,
    pub unit: Option<UnitId>,
    pub area: Option<AreaId>,
    pub kind: Option<Kind>,
    pub category: Option<String>,
}

impl Asked {
    /// # Errors
    /// 422 with every member that means nothing.
    pub fn read(&self, now: DateTime<Utc>) -> AppResult<Question> {
        let mut faults = Faults::new();
        let days = self.days(now, &mut faults);
        let unit = given(&self.unit).map(|id| id.parse().map_err(|_| FieldFault::UnknownChoice));
        let area = given(&self.area).map(|id| id.parse().map_err(|_| FieldFault::UnknownChoice));
        let kind =
            given(&self.kind).map(|code| Kind::from_code(code).ok_or(FieldFault::UnknownChoice));
        let category = given(&self.category).map(|code| match code.len() {
            0..=64 => Ok(code.to_owned()),
            _ => Err(FieldFault::TooLong { max: 64 }),
        });
        let unit = faults.take("unit", unit.transpose()).flatten();
        let area = faults.take("area", area.transpose()).flatten();
        let kind = faults.take("kind", kind.transpose()).flatten();
        let category = faults.take("category", category.transpose()).flatten();
        let (first, last) = faults.into_result(days)?;
        Ok(Question {
            first,
            last,
            unit,
            area,
            kind,
            category,
        })
    }

    fn days(&self, now: DateTime<Utc>, faults: &mut Faults) -> Option<(NaiveDate, NaiveDate)> {
        if let Some(month) = given(&self.month) {
            return faults.take("month", rota::month(month));
        }
        let first = match given(&self.from) {
            Some(raw) => faults.take("from", moment::day(raw)),
            None => Some(this_month(now).0),
        };
        let last = match given(&self.to) {
            Some(raw) => faults.take("to", moment::day(raw)),
            None => first.map(rota::last_of_month),
        };
        let (first, last) = first.zip(last)?;
        let span = (last - first).num_days();
        let span = match span {
            ..0 => Err(FieldFault::BeforeStart),
            0..LONGEST => Ok((first, last)),
            _ => Err(FieldFault::OutOfRange {
                min: 1,
                max: LONGEST,
            }),
        };
        faults.take("to", span)
    }
}

pub fn this_month(now: DateTime<Utc>) -> (NaiveDate, NaiveDate) {
    let today = day_of(now);
    (
        today.with_day(1).unwrap_or(today),
        rota::last_of_month(today),
    )
}

fn given(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

impl Asked {
    /// What was typed, as a form that is shown again.
    pub fn sent(&self) -> Sent {
        let fields = [
            ("from", &self.from),
            ("to", &self.to),
            ("month", &self.month),
            ("unit", &self.unit),
            ("area", &self.area),
            ("kind", &self.kind),
        ];
        Sent::of(fields.map(|(name, value)| (name.to_owned(), value.clone())))
    }
}

impl AskedRows {
    /// # Errors
    /// 422 when there is no such rate or verdict.
    pub fn read(&self) -> AppResult<(RateKind, Option<Verdict>)> {
        let mut faults = Faults::new();
        let rate = match given(&self.rate) {
            None => Err(FieldFault::Required),
            Some(code) => RateKind::from_code(code).ok_or(FieldFault::UnknownChoice),
        };
        let counted = given(&self.counted)
            .map(|code| Verdict::from_code(code).ok_or(FieldFault::UnknownChoice));
        let rate = faults.take("rate", rate);
        let counted = faults.take("counted", counted.transpose());
        Ok(faults.into_result(rate.zip(counted))?)
    }
}

impl Question {
    /// A whole month.
    pub const fn month((first, last): (NaiveDate, NaiveDate)) -> Self {
        Self {
            first,
            last,
            unit: None,
            area: None,
            kind: None,
            category: None,
        }
    }

    pub fn period(&self) -> Period {
        Period::days(self.first, self.last)
    }

    /// The month that is asked for, if it is one.
    pub fn whole_month(&self) -> Option<String> {
        let whole = self.first.day() == 1 && self.last == rota::last_of_month(self.first);
        whole.then(|| self.first.format("%Y-%m").to_string())
    }

    /// The same question as a query, without the question mark.
    pub fn query(&self) -> String {
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let mut query = format!("from={}&to={}", self.first, self.last);
        let pairs = [
            ("unit", self.unit.map(|id| id.to_string())),
            ("area", self.area.map(|id| id.to_string())),
            ("kind", self.kind.map(|kind| kind.code().to_owned())),
            ("category", self.category.as_deref().map(encode)),
        ];
        let given = pairs.into_iter();
        let given = given.filter_map(|(name, value)| Some(format!("&{name}={}", value?)));
        query.extend(given);
        query
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::AppError;

    fn now() -> DateTime<Utc> {
        "2026-07-31T17:00:00Z".parse().unwrap()
    }

    fn asked(from: &str, to: &str) -> Result<Question, AppError> {
        let asked = Asked {
            from: from.into(),
            to: to.into(),
            ..Asked::default()
        };
        asked.read(now())
    }

    #[test]
    fn a_period_is_this_month_unless_said_otherwise() {
        // In Beijing it is August already.
        let question = asked("", "").unwrap();
        assert_eq!(question.query(), "from=2026-08-01&to=2026-08-31");
        assert_eq!(question.whole_month().as_deref(), Some("2026-08"));
        let question = asked("2026-07-15", "").unwrap();
        assert_eq!(question.last.to_string(), "2026-07-31");
        assert_eq!(question.whole_month(), None);
    }

    #[test]
    fn what_means_nothing_is_told_at_its_field() {
        let field = |from: &str, to: &str| {
            let error = asked(from, to).unwrap_err();
            let fault = &error.field_errors()[0];
            (fault.field.clone(), fault.code.clone())
        };
        let told = |field: &str, code: &str| (field.to_owned(), code.to_owned());
        assert_eq!(field("July", ""), told("from", "format"));
        assert_eq!(
            field("2026-07-02", "2026-07-01"),
            told("to", "before_start")
        );
        assert_eq!(
            field("2025-07-01", "2026-07-02"),
            told("to", "out_of_range")
        );
        assert!(asked("2025-07-01", "2026-07-01").is_ok());
        let rows = AskedRows {
            rate: "luck".into(),
            counted: "maybe".into(),
        };
        assert_eq!(rows.read().unwrap_err().field_errors().len(), 2);
    }
}
