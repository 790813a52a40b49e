//! The fields of an action: how each is read from JSON or a form, and which of them are words that
//! must stay erasable and therefore never enter the chained event.
use crate::domain::{
    fault::{Faults, FieldFault},
    id::{
        AccountId, AreaId, BoothId, EmployerId, FairId, FileId, ParticipationId, PersonId,
        PostingId, UnitId,
    },
    number::CaseNumber,
    text,
};
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// What a form shows for a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Several lines of words.
    Text,
    /// One line of words.
    Line,
    /// A short machine name, such as a category.
    Code,
    /// One of a closed list: its name and codes.
    Choice(&'static str, &'static [&'static str]),
    /// Several of a closed list.
    Choices(&'static str, &'static [&'static str]),
    Yes,
    Number,
    Numbers,
    Date,
    Time,
    /// The id of something, and of what.
    Id(&'static str),
    Ids(&'static str),
    /// The number of another case.
    Case,
    Cases,
    /// Latitude and longitude.
    Point,
}

/// One field of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldSpec {
    pub name: &'static str,
    pub shape: Shape,
    pub required: bool,
}

/// The words of an event, by field name; kept apart from it so that they can be erased.
pub type Texts = BTreeMap<&'static str, String>;

/// Whether a field is left out of the stored event: an option without value, words moved out.
pub trait Blank {
    fn is_blank(&self) -> bool {
        false
    }
}

/// A type that can be a field of an action.
pub trait Field: Sized + Blank {
    const SHAPE: Shape;
    const REQUIRED: bool = true;

    fn parse(value: &Value) -> Result<Self, FieldFault>;

    /// What stands for a field that was not sent.
    fn absent() -> Option<Self> {
        None
    }

    /// Moves the words out of the event.
    fn take_texts(&mut self, _name: &'static str, _texts: &mut Texts) {}

    /// A value that parses, for tests and the API document.
    fn sample() -> Value;
}

pub(super) fn read<T: Field>(
    from: &serde_json::Map<String, Value>,
    name: &'static str,
    faults: &mut Faults,
) -> Option<T> {
    let parsed = match from.get(name) {
        None | Some(Value::Null) => T::absent().ok_or(FieldFault::Required),
        Some(value) => T::parse(value),
    };
    faults.take(name, parsed)
}

/// 文字: 1 to 4000 characters in several lines; empty once its words were moved out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text(String);

/// 一行文字: 1 to 200 characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line(String);

/// 坐标 as `lat,lng`; where somebody lives is personal, so it is treated as words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Point(String);

/// A short machine name: letters, digits, `_ . -`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Code(String);

fn string(value: &Value) -> Result<&str, FieldFault> {
    value.as_str().ok_or(FieldFault::Format)
}

macro_rules! word_fields {
    ($($name:ident $shape:ident $longest:literal $sample:literal),+) => {$(
        impl $name {
            pub const LONGEST: usize = $longest;

            /// Reads and checks what somebody wrote.
            pub fn new(text: &str) -> Result<Self, FieldFault> {
                Self::parse(&Value::from(text))
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Blank for $name {
            fn is_blank(&self) -> bool {
                self.0.is_empty()
            }
        }

        impl Field for $name {
            const SHAPE: Shape = Shape::$shape;
            fn parse(value: &Value) -> Result<Self, FieldFault> {
                Self::checked(string(value)?)
            }
            fn take_texts(&mut self, name: &'static str, texts: &mut Texts) {
                texts.insert(name, std::mem::take(&mut self.0));
            }
            fn sample() -> Value {
                Value::from($sample)
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                if self.0.is_empty() { to.serialize_none() } else { to.serialize_str(&self.0) }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                Ok(Self(Option::<String>::deserialize(from)?.unwrap_or_default()))
            }
        }
    )+};
}

word_fields! {
    Text Text 4000 "路灯不亮，夜里看不清台阶。",
    Line Line 200 "民乐路 12 号院东门",
    Point Point 40 "36.0611,103.8343"
}

impl Text {
    fn checked(text: &str) -> Result<Self, FieldFault> {
        text::Prose::required(text, Self::LONGEST).map(|prose| Self(prose.into_string()))
    }
}

impl Line {
    fn checked(text: &str) -> Result<Self, FieldFault> {
        text::Line::required(text, Self::LONGEST).map(|line| Self(line.into_string()))
    }
}

impl Point {
    fn checked(text: &str) -> Result<Self, FieldFault> {
        let line = text::Line::required(&text::half_width(text), Self::LONGEST)?;
        let point = Self(line.into_string());
        let inside = |degrees: f64, limit: f64| degrees.is_finite() && degrees.abs() <= limit;
        match point.degrees() {
            Some((lat, lng)) if inside(lat, 90.0) && inside(lng, 180.0) => Ok(point),
            _ => Err(FieldFault::Format),
        }
    }

    /// Latitude and longitude in degrees.
    pub fn degrees(&self) -> Option<(f64, f64)> {
        let (lat, lng) = self.0.split_once(',')?;
        Some((lat.trim().parse().ok()?, lng.trim().parse().ok()?))
    }
}

impl Code {
    pub fn new(text: &str) -> Result<Self, FieldFault> {
        Self::parse(&Value::from(text))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Blank for Code {}
impl Field for Code {
    const SHAPE: Shape = Shape::Code;
    fn parse(value: &Value) -> Result<Self, FieldFault> {
        let text = text::Line::required(string(value)?, 64)?.into_string();
        let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
        if text.bytes().all(fits) {
            Ok(Self(text))
        } else {
            Err(FieldFault::Format)
        }
    }
    fn sample() -> Value {
        Value::from("lighting")
    }
}

impl<T: Field> Blank for Option<T> {
    fn is_blank(&self) -> bool {
        self.as_ref().is_none_or(Blank::is_blank)
    }
}

impl<T: Field> Field for Option<T> {
    const SHAPE: Shape = T::SHAPE;
    const REQUIRED: bool = false;
    fn parse(value: &Value) -> Result<Self, FieldFault> {
        match value.as_str() {
            Some(text) if text.trim().is_empty() => Ok(None),
            _ => T::parse(value).map(Some),
        }
    }
    fn absent() -> Option<Self> {
        Some(None)
    }
    fn take_texts(&mut self, name: &'static str, texts: &mut Texts) {
        if let Some(inner) = self {
            inner.take_texts(name, texts);
        }
    }
    fn sample() -> Value {
        T::sample()
    }
}

/// Longest list in one action.
const MOST: usize = 50;

impl<T> Blank for Vec<T> {}

impl<T: Field> Field for Vec<T> {
    const SHAPE: Shape = match T::SHAPE {
        Shape::Id(of) => Shape::Ids(of),
        Shape::Choice(list, codes) => Shape::Choices(list, codes),
        Shape::Case => Shape::Cases,
        Shape::Number => Shape::Numbers,
        other => other,
    };
    const REQUIRED: bool = false;
    fn parse(value: &Value) -> Result<Self, FieldFault> {
        let items = value.as_array().ok_or(FieldFault::Format)?;
        if items.len() > MOST {
            return Err(FieldFault::TooMany { max: MOST });
        }
        items.iter().map(T::parse).collect()
    }
    fn absent() -> Option<Self> {
        Some(Vec::new())
    }
    fn sample() -> Value {
        Value::Array(vec![T::sample()])
    }
}

impl Blank for bool {}
impl Field for bool {
    const SHAPE: Shape = Shape::Yes;
    const REQUIRED: bool = false;
    fn parse(value: &Value) -> Result<Self, FieldFault> {
        value.as_bool().ok_or(FieldFault::Format)
    }
    fn absent() -> Option<Self> {
        Some(false)
    }
    fn sample() -> Value {
        Value::from(true)
    }
}

impl Blank for u32 {}
impl Field for u32 {
    const SHAPE: Shape = Shape::Number;
    fn parse(value: &Value) -> Result<Self, FieldFault> {
        const MAX: u32 = 100_000_000;
        let range = FieldFault::OutOfRange {
            min: 0,
            max: i64::from(MAX),
        };
        let number = value.as_i64().ok_or(FieldFault::Format)?;
        Self::try_from(number)
            .ok()
            .filter(|n| *n <= MAX)
            .ok_or(range)
    }
    fn sample() -> Value {
        Value::from(12)
    }
}

/// No date of this ledger lies outside this century.
fn sane(year: i32) -> Result<(), FieldFault> {
    if (2000..=2100).contains(&year) {
        Ok(())
    } else {
        Err(FieldFault::Format)
    }
}

impl Blank for NaiveDate {}
impl Field for NaiveDate {
    const SHAPE: Shape = Shape::Date;
    fn parse(value: &Value) -> Result<Self, FieldFault> {
        let text = string(value)?;
        let date: Self = text.trim().parse().map_err(|_| FieldFault::Format)?;
        sane(date.year()).map(|()| date)
    }
    fn sample() -> Value {
        Value::from("2026-11-27")
    }
}

impl Blank for DateTime<Utc> {}
impl Field for DateTime<Utc> {
    const SHAPE: Shape = Shape::Time;
    fn parse(value: &Value) -> Result<Self, FieldFault> {
        let text = string(value)?;
        let at = DateTime::parse_from_rfc3339(text.trim()).map_err(|_| FieldFault::Format)?;
        sane(at.year())?;
        // Milliseconds are what both databases keep.
        DateTime::from_timestamp_millis(at.timestamp_millis()).ok_or(FieldFault::Format)
    }
    fn sample() -> Value {
        Value::from("2026-11-27T10:00:00+08:00")
    }
}

impl Blank for CaseNumber {}
impl Field for CaseNumber {
    const SHAPE: Shape = Shape::Case;
    fn parse(value: &Value) -> Result<Self, FieldFault> {
        let text = string(value)?;
        text.parse().map_err(|_| FieldFault::Format)
    }
    fn sample() -> Value {
        Value::from("TMD-2026-000123")
    }
}

macro_rules! id_fields {
    ($($name:ident $of:literal),+ $(,)?) => {$(
        impl Blank for $name {}
        impl Field for $name {
            const SHAPE: Shape = Shape::Id($of);
            fn parse(value: &Value) -> Result<Self, FieldFault> {
                let text = string(value)?;
                let id: i64 = text.trim().parse().map_err(|_| FieldFault::Format)?;
                if id > 0 { Ok(Self(id)) } else { Err(FieldFault::NotFound) }
            }
            fn sample() -> Value {
                Value::from("1")
            }
        }
    )+};
}

id_fields! {
    AccountId "account", AreaId "area", BoothId "booth", EmployerId "employer", FairId "fair",
    FileId "file", ParticipationId "participation", PersonId "person", PostingId "posting",
    UnitId "unit",
}
