//! A yearly notice as an office pastes or uploads it: JSON as calendar projects publish it, our own
//! data files, or a table of date, off or work, and occasion. Days that do not differ from the
//! ordinary week are left out by the notices, so every day told here is one that differs.
use crate::domain::{
    calendar::days::{Notices, Occasion, Special, Year},
    fault::FieldFault,
    moment::day,
    text::half_width,
};
use chrono::{Datelike, NaiveDate};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Days that a notice may hold; real ones have about forty.
const MOST: usize = 120;

pub type Days = BTreeMap<NaiveDate, Special>;

/// Why a notice cannot be taken as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoticeFault {
    /// Nothing in it looks like a day.
    Empty,
    /// Neither JSON nor a table.
    Unreadable,
    /// A line that cannot be understood, counted from 1.
    Line {
        line: usize,
    },
    /// The same day twice, with different words.
    Twice {
        date: NaiveDate,
    },
    /// Days of more than one year.
    SeveralYears,
    TooLong,
}

impl NoticeFault {
    /// As the field of the form is told it.
    pub fn field_fault(&self) -> FieldFault {
        match self {
            Self::Empty => FieldFault::Required,
            Self::Unreadable | Self::SeveralYears => FieldFault::Format,
            Self::Line { line } => FieldFault::LineFormat { line: *line },
            Self::Twice { date } => FieldFault::LineDuplicate {
                line: 0,
                value: date.to_string(),
            },
            Self::TooLong => FieldFault::TooMany { max: MOST },
        }
    }

    /// The key of its words below `rulebook.notice.fault.`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Unreadable => "unreadable",
            Self::Line { .. } => "line",
            Self::Twice { .. } => "twice",
            Self::SeveralYears => "several_years",
            Self::TooLong => "too_long",
        }
    }
}

/// The days of a notice, all of one year.
pub fn read(text: &str) -> Result<(i32, Days), NoticeFault> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Err(NoticeFault::Empty);
    }
    let days = if text.starts_with(['{', '[']) {
        json(text)?
    } else {
        table(text)?
    };
    let mut kept = Days::new();
    for (date, special) in days {
        if kept
            .insert(date, special)
            .is_some_and(|known| known.works != special.works)
        {
            return Err(NoticeFault::Twice { date });
        }
    }
    if kept.len() > MOST {
        return Err(NoticeFault::TooLong);
    }
    let first = kept.keys().next().ok_or(NoticeFault::Empty)?.year();
    if kept.keys().any(|date| date.year() != first) {
        return Err(NoticeFault::SeveralYears);
    }
    Ok((first, kept))
}

/// The shapes of JSON that are understood.
#[derive(Deserialize)]
#[serde(untagged)]
enum Document {
    /// `{"days": [{"name", "date", "isOffDay"}]}`
    Days {
        days: Vec<OneDay>,
    },
    /// Our own data files.
    Stretches {
        stretches: Vec<OneStretch>,
    },
    List(Vec<OneDay>),
}

#[derive(Deserialize)]
struct OneDay {
    date: NaiveDate,
    #[serde(rename = "isOffDay", alias = "off")]
    off: bool,
    #[serde(default, alias = "occasion")]
    name: String,
}

#[derive(Deserialize)]
struct OneStretch {
    from: NaiveDate,
    to: NaiveDate,
    works: bool,
    #[serde(default)]
    occasion: String,
}

fn json(text: &str) -> Result<Vec<(NaiveDate, Special)>, NoticeFault> {
    let document: Document = serde_json::from_str(text).map_err(|_| NoticeFault::Unreadable)?;
    let special = |works: bool, name: &str| Special {
        works,
        occasion: Occasion::read(name),
    };
    Ok(match document {
        Document::Days { days } | Document::List(days) => days
            .into_iter()
            .map(|day| (day.date, special(!day.off, &day.name)))
            .collect(),
        Document::Stretches { stretches } => stretches
            .into_iter()
            .flat_map(|one| {
                let special = special(one.works, &one.occasion);
                let dates = one.from.iter_days().take_while(move |date| *date <= one.to);
                dates.take(MOST + 1).map(move |date| (date, special))
            })
            .collect(),
    })
}

/// Lines of date, off or work, and occasion, with commas or tabs between; a heading is passed over.
fn table(text: &str) -> Result<Vec<(NaiveDate, Special)>, NoticeFault> {
    let mut days = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        if line.trim().is_empty() {
            continue;
        }
        let mut cells = line.split([',', '，', '\t', ';']).map(half_width);
        let (date, what) = (
            cells.next().unwrap_or_default(),
            cells.next().unwrap_or_default(),
        );
        let occasion = cells.next().unwrap_or_default();
        match (day(&date), works(&what)) {
            (Ok(date), Some(works)) => days.push((
                date,
                Special {
                    works,
                    occasion: Occasion::read(&occasion),
                },
            )),
            // The heading of a table.
            (Err(_), None) if number == 1 => {}
            _ => return Err(NoticeFault::Line { line: number }),
        }
    }
    Ok(days)
}

fn works(word: &str) -> Option<bool> {
    match word.to_lowercase().as_str() {
        "off" | "holiday" | "rest" | "false" | "0" | "休" | "放假" | "放假日" | "休息" => {
            Some(false)
        }
        "work" | "works" | "on" | "workday" | "true" | "1" | "班" | "上班" | "调休"
        | "调休上班" | "补班" => Some(true),
        _ => None,
    }
}

/// The days as the table that [`read`] takes, for the confirming form.
pub fn write(days: &Days) -> String {
    let line = |(date, special): (&NaiveDate, &Special)| {
        let what = if special.works { "work" } else { "off" };
        format!("{date},{what},{}", special.occasion.code())
    };
    days.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// A day that would change: what was known of it, and what the notice says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    pub date: NaiveDate,
    pub before: Option<Special>,
    pub after: Option<Special>,
}

/// The days of the year on which the notice differs from what is known.
pub fn changes(known: &Notices, year: i32, days: &Days) -> Vec<Change> {
    let before = known.year(year).map(|year| &year.days);
    let mut dates: Vec<NaiveDate> = days.keys().copied().collect();
    dates.extend(before.into_iter().flat_map(|days| days.keys().copied()));
    dates.sort_unstable();
    dates.dedup();
    dates
        .into_iter()
        .map(|date| Change {
            date,
            before: before.and_then(|days| days.get(&date).copied()),
            after: days.get(&date).copied(),
        })
        .filter(|change| change.before.map(|s| s.works) != change.after.map(|s| s.works))
        .collect()
}

/// What looks wrong, though it may be right: the office decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// A statutory day is worked: 元旦, 5月1日, 10月1日 to 3日.
    StatutoryWorked(NaiveDate),
    /// A moved working day that is no weekend.
    WorkOnWeekday(NaiveDate),
    /// Fewer than the 13 statutory days are off.
    FewDays(usize),
}

pub fn doubts(year: i32, days: &Days) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    for (month, day) in [(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)] {
        let Some(date) = NaiveDate::from_ymd_opt(year, month, day) else {
            continue;
        };
        if days.get(&date).is_none_or(|special| special.works) {
            doubts.push(Doubt::StatutoryWorked(date));
        }
    }
    let weekday = |date: &NaiveDate| date.weekday().number_from_monday() <= 5;
    let worked = days.iter().filter(|(date, s)| s.works && weekday(date));
    doubts.extend(worked.map(|(date, _)| Doubt::WorkOnWeekday(*date)));
    let off = days.values().filter(|special| !special.works).count();
    if off < 13 {
        doubts.push(Doubt::FewDays(off));
    }
    doubts
}

/// The year as the calendar takes it.
pub fn year(year: i32, days: Days, source: String, published: NaiveDate) -> Year {
    Year {
        year,
        notice: Some(published),
        source,
        days,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn json_and_tables_say_the_same() {
        let json = r#"{"$schema":"x","year":2027,"papers":[],"days":[
            {"name":"元旦","date":"2027-01-01","isOffDay":true},
            {"name":"春节","date":"2027-02-20","isOffDay":false}]}"#;
        let table = "日期,安排,节日\n2027-01-01,放假,元旦\n2027年2月20日\t上班\t春节\n";
        let ours = r#"{"stretches":[{"from":"2027-01-01","to":"2027-01-01","works":false,"occasion":"new_year"},
            {"from":"2027-02-20","to":"2027-02-20","works":true,"occasion":"spring"}]}"#;
        let read_json = read(json).unwrap();
        assert_eq!(read_json, read(table).unwrap());
        assert_eq!(read_json, read(ours).unwrap());
        assert_eq!(read_json.0, 2027);
        assert_eq!(read(&write(&read_json.1)).unwrap(), read_json);
    }

    #[test]
    fn what_cannot_be_taken_is_named() {
        assert_eq!(read("  "), Err(NoticeFault::Empty));
        assert_eq!(read("{"), Err(NoticeFault::Unreadable));
        assert_eq!(read(r#"{"days":[]}"#), Err(NoticeFault::Empty));
        assert_eq!(read("date,what\n"), Err(NoticeFault::Empty));
        assert_eq!(
            read("2027-01-01,off\n2027-13-01,off"),
            Err(NoticeFault::Line { line: 2 })
        );
        assert_eq!(
            read("2027-01-01,off\n2027-01-01,work"),
            Err(NoticeFault::Twice {
                date: date("2027-01-01")
            })
        );
        assert_eq!(
            read("2027-01-01,off\n2028-01-01,off"),
            Err(NoticeFault::SeveralYears)
        );
        let long = r#"{"stretches":[{"from":"2027-01-01","to":"9999-01-01","works":false}]}"#;
        assert_eq!(read(long), Err(NoticeFault::TooLong));
    }

    #[test]
    fn only_days_that_differ_are_changes() {
        let known = Notices::default();
        let (_, mut days) = read(include_str!("../domain/calendar/data/2027.json")).unwrap();
        assert_eq!(changes(&known, 2027, &days), []);
        days.remove(&date("2027-09-15"));
        let special = Special {
            works: true,
            occasion: Occasion::Spring,
        };
        days.insert(date("2027-02-20"), special);
        let told: Vec<_> = changes(&known, 2027, &days)
            .iter()
            .map(|c| c.date)
            .collect();
        assert_eq!(told, [date("2027-02-20"), date("2027-09-15")]);
    }

    #[test]
    fn doubts_are_told() {
        let (year, days) = read("2027-01-01,work\n2027-05-01,off").unwrap();
        let doubts = doubts(year, &days);
        assert!(doubts.contains(&Doubt::StatutoryWorked(date("2027-01-01"))));
        assert!(doubts.contains(&Doubt::WorkOnWeekday(date("2027-01-01"))));
        assert!(doubts.contains(&Doubt::FewDays(1)));
        let (year, ours) = read(include_str!("../domain/calendar/data/2026.json")).unwrap();
        assert_eq!(super::doubts(year, &ours), []);
    }
}
