//! 放假和调休 as the State Council's office announced them, our own data. A year whose notice has
//! not come yet holds only the statutory days and is provisional: deadlines in it may still move.
//! An office imports the notice of a further year; its own year then stands in place of ours.
use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

/// 节日
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Occasion {
    /// 元旦
    NewYear,
    /// 春节
    Spring,
    /// 清明节
    TombSweeping,
    /// 劳动节
    Labour,
    /// 端午节
    DragonBoat,
    /// 中秋节
    MidAutumn,
    /// 国庆节
    National,
    /// 其他: a notice may bring what no year had before, such as a day of commemoration.
    Other,
}

impl Occasion {
    pub const ALL: &[Self] = &[
        Self::NewYear,
        Self::Spring,
        Self::TombSweeping,
        Self::Labour,
        Self::DragonBoat,
        Self::MidAutumn,
        Self::National,
        Self::Other,
    ];

    pub const fn code(self) -> &'static str {
        match self {
            Self::NewYear => "new_year",
            Self::Spring => "spring",
            Self::TombSweeping => "tomb_sweeping",
            Self::Labour => "labour",
            Self::DragonBoat => "dragon_boat",
            Self::MidAutumn => "mid_autumn",
            Self::National => "national",
            Self::Other => "other",
        }
    }

    /// As a notice or a table names it: the code or the Chinese word; anything else is `Other`.
    pub fn read(text: &str) -> Self {
        let named = |words: &[&str]| words.iter().any(|word| text.contains(word));
        match text {
            _ if named(&["元旦"]) => Self::NewYear,
            _ if named(&["春节", "除夕"]) => Self::Spring,
            _ if named(&["清明"]) => Self::TombSweeping,
            _ if named(&["劳动", "五一"]) => Self::Labour,
            _ if named(&["端午"]) => Self::DragonBoat,
            _ if named(&["中秋"]) => Self::MidAutumn,
            _ if named(&["国庆"]) => Self::National,
            code => Self::ALL
                .iter()
                .copied()
                .find(|occasion| occasion.code() == code)
                .unwrap_or(Self::Other),
        }
    }
}

/// A day that differs from the ordinary week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Special {
    /// false: 放假; true: 调休上班
    pub works: bool,
    pub occasion: Occasion,
}

/// A year of the calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Year {
    pub year: i32,
    /// Date of the notice; none while the year is provisional.
    pub notice: Option<NaiveDate>,
    /// The name of the notice, as it was published.
    pub source: String,
    pub days: BTreeMap<NaiveDate, Special>,
}

/// 节假日安排: the years of which something is known. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notices(Arc<BTreeMap<i32, Year>>);

impl Notices {
    pub fn year(&self, year: i32) -> Option<&Year> {
        self.0.get(&year)
    }

    pub fn years(&self) -> impl Iterator<Item = &Year> {
        self.0.values()
    }

    /// The day, when it differs from the week.
    pub fn special(&self, date: NaiveDate) -> Option<Special> {
        self.year(date.year())?.days.get(&date).copied()
    }

    /// Whether the notice of the year of this day is still to come.
    pub fn provisional(&self, date: NaiveDate) -> bool {
        self.year(date.year())
            .is_none_or(|year| year.notice.is_none())
    }

    /// These, with a year put in place of what was known of it.
    #[must_use]
    pub fn with(&self, year: Year) -> Self {
        let mut years = BTreeMap::clone(&self.0);
        years.insert(year.year, year);
        Self(Arc::new(years))
    }
}

/// Our own years. A test proves that every file can be read.
static OURS: LazyLock<Notices> = LazyLock::new(|| {
    let years = FILES.iter().filter_map(|file| parse(file).ok());
    Notices(Arc::new(years.map(|year| (year.year, year)).collect()))
});

impl Default for Notices {
    fn default() -> Self {
        OURS.clone()
    }
}

/// 国务院办公厅关于 2025、2026 年部分节假日安排的通知; 2027: 全国年节及纪念日放假办法 (2024), the 13
/// statutory days.
const FILES: &[&str] = &[
    include_str!("data/2025.json"),
    include_str!("data/2026.json"),
    include_str!("data/2027.json"),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    year: i32,
    notice: Option<NaiveDate>,
    source: String,
    stretches: Vec<Stretch>,
}

/// Days in a row that are alike.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stretch {
    from: NaiveDate,
    to: NaiveDate,
    works: bool,
    occasion: Occasion,
}

fn parse(file: &str) -> Result<Year, serde_json::Error> {
    let written: Written = serde_json::from_str(file)?;
    let mut days = BTreeMap::new();
    for stretch in written.stretches {
        let special = Special {
            works: stretch.works,
            occasion: stretch.occasion,
        };
        for date in stretch.from.iter_days().take_while(|d| *d <= stretch.to) {
            days.insert(date, special);
        }
    }
    Ok(Year {
        year: written.year,
        notice: written.notice,
        source: written.source,
        days,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_read_and_every_date_stands_in_its_year() {
        let ours = Notices::default();
        assert_eq!(ours.years().count(), FILES.len());
        for (file, year) in FILES.iter().zip(2025..) {
            let year_read = parse(file).unwrap();
            assert_eq!(year_read.year, year);
            assert!(year_read.days.keys().all(|date| date.year() == year));
        }
    }

    #[test]
    fn as_many_days_are_worked_on_a_weekend_as_were_moved() {
        let ours = Notices::default();
        let days = |year: i32, works: bool| -> Vec<NaiveDate> {
            let days = &ours.year(year).unwrap().days;
            let of = days.iter().filter(|(_, special)| special.works == works);
            of.map(|(date, _)| *date).collect()
        };
        let weekend = |d: &NaiveDate| d.weekday().number_from_monday() > 5;
        for year in [2025, 2026] {
            assert!(days(year, true).iter().all(weekend), "{year}");
        }
        assert_eq!(days(2025, false).len(), 28);
        assert_eq!(days(2025, true).len(), 5);
        assert_eq!(days(2026, false).len(), 33);
        assert_eq!(days(2026, true).len(), 6);
        assert_eq!(days(2027, false).len(), 13, "statutory days");
    }

    #[test]
    fn an_imported_year_stands_in_place_of_ours() {
        let date = NaiveDate::from_ymd_opt(2027, 2, 9).unwrap();
        let ours = Notices::default();
        assert!(ours.provisional(date) && ours.special(date).is_none());
        let special = Special {
            works: false,
            occasion: Occasion::Spring,
        };
        let with = ours.with(Year {
            year: 2027,
            notice: NaiveDate::from_ymd_opt(2026, 11, 3),
            source: "通知".into(),
            days: [(date, special)].into(),
        });
        assert!(!with.provisional(date));
        assert_eq!(with.special(date), Some(special));
        assert_eq!(ours.special(date), None);
    }

    #[test]
    fn an_occasion_is_read_as_notices_write_it() {
        assert_eq!(Occasion::read("春节"), Occasion::Spring);
        assert_eq!(Occasion::read("国庆节、中秋节"), Occasion::MidAutumn);
        assert_eq!(Occasion::read("labour"), Occasion::Labour);
        assert_eq!(Occasion::read("抗战胜利纪念日"), Occasion::Other);
    }
}
