//! Which figure is asked for: the query of the address that opens its rows, both ways.
use super::{
    facts::{Facts, Key},
    measure::{Dimension, Measure, Unit},
};
use crate::error::{AppError, AppResult, FieldError};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Persons or matches of a measure.
    Of(Measure, Unit),
    /// 入场人次
    Entries,
    /// 参展单位
    Employers,
    /// 岗位数
    Postings,
    /// 招聘人数: its rows are the postings whose numbers it adds up.
    Headcount,
    /// 观看人次: its rows are the readings it is made from.
    Views,
}

impl What {
    pub const OTHERS: [Self; 5] = [
        Self::Entries,
        Self::Employers,
        Self::Postings,
        Self::Headcount,
        Self::Views,
    ];

    pub fn code(self) -> &'static str {
        match self {
            Self::Of(measure, _) => measure.code(),
            Self::Entries => "entries",
            Self::Employers => "employers",
            Self::Postings => "postings",
            Self::Headcount => "headcount",
            Self::Views => "views",
        }
    }

    pub fn unit(self) -> Option<Unit> {
        match self {
            Self::Of(_, unit) => Some(unit),
            _ => None,
        }
    }

    /// Whether the figure is broken down so.
    fn goes_by(self, by: Dimension) -> bool {
        match self {
            Self::Of(..) => true,
            Self::Entries => matches!(by, Dimension::Fair | Dimension::Gate),
            Self::Employers => by == Dimension::Fair,
            Self::Postings | Self::Headcount => {
                matches!(
                    by,
                    Dimension::Fair | Dimension::Employer | Dimension::Posting
                )
            }
            Self::Views => matches!(by, Dimension::Fair | Dimension::Stream),
        }
    }

    /// The address of its rows, from the question mark on.
    pub fn query(self, by: Dimension, key: &Key) -> String {
        let mut query = format!("measure={}", self.code());
        if self.unit() == Some(Unit::Matches) {
            query.push_str("&unit=matches");
        }
        if by != Dimension::Fair {
            let key = key.to_string();
            let key = utf8_percent_encode(&key, NON_ALPHANUMERIC);
            query.extend(["&by=", by.code(), "&key="]);
            query.extend(key);
        }
        query
    }
}

/// The query of an address, as text.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// Such as `registered`, `verified`, `entries`, `views`.
    pub measure: String,
    /// `persons` (when absent) or `matches`.
    pub unit: Option<String>,
    /// `fair` (when absent), `employer`, `posting`, `community`, `group`, `source`, `stream`, `gate`.
    pub by: Option<String>,
    /// The row's key, as the tally gives it.
    pub key: Option<String>,
}

/// A figure whose rows are asked for.
#[derive(Clone, Debug)]
pub struct Question {
    pub what: What,
    pub by: Dimension,
    pub key: String,
}

impl Asked {
    /// # Errors
    /// 422 naming every member of the query that means nothing.
    pub fn read(&self) -> AppResult<Question> {
        let mut faults = Vec::new();
        let mut fault = |field: &str| {
            faults.push(FieldError {
                field: field.into(),
                code: "unknown_choice".into(),
                params: Vec::new(),
            });
        };
        let unit = self.unit.as_deref().unwrap_or("persons");
        let unit = Unit::from_code(unit);
        if unit.is_none() {
            fault("unit");
        }
        let by = Dimension::from_code(self.by.as_deref().unwrap_or("fair"));
        if by.is_none() {
            fault("by");
        }
        let unit = unit.unwrap_or(Unit::Persons);
        let what = Measure::from_code(&self.measure)
            .map(|measure| What::Of(measure, unit))
            .or_else(|| {
                What::OTHERS
                    .into_iter()
                    .find(|what| what.code() == self.measure)
            });
        if what.is_none() {
            fault("measure");
        }
        let question = what.zip(by).filter(|(what, by)| what.goes_by(*by));
        if question.is_none() && faults.is_empty() {
            faults.push(FieldError {
                field: "by".into(),
                code: "unknown_choice".into(),
                params: Vec::new(),
            });
        }
        match question {
            Some((what, by)) if faults.is_empty() => Ok(Question {
                what,
                by,
                key: self.key.clone().unwrap_or_else(|| "all".into()),
            }),
            _ => Err(AppError::invalid(faults)),
        }
    }
}

impl Question {
    /// The row of the table that is meant, with its key.
    ///
    /// # Errors
    /// 404 when the table has no such row.
    pub fn row(&self, facts: &Facts) -> AppResult<(u32, Key)> {
        let row = facts.row(self.by, &self.key);
        let row = row.ok_or_else(AppError::not_found)?;
        Ok((row, facts.rows(self.by)[row as usize].clone()))
    }
}
