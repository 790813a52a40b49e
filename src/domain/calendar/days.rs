//! 放假和调休 as the State Council's office announced them, our own data. A year whose notice has
//! not come yet holds only the statutory days and is provisional: deadlines in it may still move.
use chrono::NaiveDate;

/// One stretch of days that differ from the ordinary week.
#[derive(Clone, Copy, Debug)]
pub struct Stretch {
    pub from: NaiveDate,
    pub to: NaiveDate,
    /// false: 放假; true: 调休上班
    pub works: bool,
    pub occasion: Occasion,
}

/// 节日
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
}

impl Occasion {
    pub const fn code(self) -> &'static str {
        match self {
            Self::NewYear => "new_year",
            Self::Spring => "spring",
            Self::TombSweeping => "tomb_sweeping",
            Self::Labour => "labour",
            Self::DragonBoat => "dragon_boat",
            Self::MidAutumn => "mid_autumn",
            Self::National => "national",
        }
    }
}

/// A year of the calendar.
#[derive(Clone, Copy, Debug)]
pub struct Year {
    pub year: i32,
    /// Date of the notice; none while the year is provisional.
    pub notice: Option<NaiveDate>,
    pub stretches: &'static [Stretch],
}

const fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(date) => date,
        None => NaiveDate::MIN,
    }
}

const fn off(year: i32, from: (u32, u32), to: (u32, u32), occasion: Occasion) -> Stretch {
    Stretch {
        from: day(year, from.0, from.1),
        to: day(year, to.0, to.1),
        works: false,
        occasion,
    }
}

const fn on(year: i32, at: (u32, u32), occasion: Occasion) -> Stretch {
    Stretch {
        from: day(year, at.0, at.1),
        to: day(year, at.0, at.1),
        works: true,
        occasion,
    }
}

use Occasion::{DragonBoat, Labour, MidAutumn, National, NewYear, Spring, TombSweeping};

/// 国务院办公厅关于 2025、2026 年部分节假日安排的通知; 2027: 全国年节及纪念日放假办法 (2024), 13 statutory days.
pub const YEARS: &[Year] = &[
    Year {
        year: 2025,
        notice: Some(day(2024, 11, 12)),
        stretches: &[
            off(2025, (1, 1), (1, 1), NewYear),
            on(2025, (1, 26), Spring),
            off(2025, (1, 28), (2, 4), Spring),
            on(2025, (2, 8), Spring),
            off(2025, (4, 4), (4, 6), TombSweeping),
            on(2025, (4, 27), Labour),
            off(2025, (5, 1), (5, 5), Labour),
            off(2025, (5, 31), (6, 2), DragonBoat),
            on(2025, (9, 28), National),
            off(2025, (10, 1), (10, 8), National),
            on(2025, (10, 11), National),
        ],
    },
    Year {
        year: 2026,
        notice: Some(day(2025, 11, 4)),
        stretches: &[
            off(2026, (1, 1), (1, 3), NewYear),
            on(2026, (1, 4), NewYear),
            on(2026, (2, 14), Spring),
            off(2026, (2, 15), (2, 23), Spring),
            on(2026, (2, 28), Spring),
            off(2026, (4, 4), (4, 6), TombSweeping),
            off(2026, (5, 1), (5, 5), Labour),
            on(2026, (5, 9), Labour),
            off(2026, (6, 19), (6, 21), DragonBoat),
            on(2026, (9, 20), National),
            off(2026, (9, 25), (9, 27), MidAutumn),
            off(2026, (10, 1), (10, 7), National),
            on(2026, (10, 10), National),
        ],
    },
    Year {
        year: 2027,
        notice: None,
        stretches: &[
            off(2027, (1, 1), (1, 1), NewYear),
            off(2027, (2, 5), (2, 8), Spring),
            off(2027, (4, 5), (4, 5), TombSweeping),
            off(2027, (5, 1), (5, 2), Labour),
            off(2027, (6, 9), (6, 9), DragonBoat),
            off(2027, (9, 15), (9, 15), MidAutumn),
            off(2027, (10, 1), (10, 3), National),
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Datelike;

    #[test]
    fn every_date_exists_and_stands_in_its_year() {
        for year in YEARS {
            for stretch in year.stretches {
                assert_eq!(stretch.from.year(), year.year);
                assert_eq!(stretch.to.year(), year.year);
                assert!(stretch.from <= stretch.to);
            }
        }
    }

    #[test]
    fn as_many_days_are_worked_on_a_weekend_as_were_moved() {
        let weekend = |d: NaiveDate| d.weekday().number_from_monday() > 5;
        let days = |year: &Year, works: bool| -> Vec<NaiveDate> {
            year.stretches
                .iter()
                .filter(|s| s.works == works)
                .flat_map(|s| s.from.iter_days().take_while(move |d| *d <= s.to))
                .collect()
        };
        for year in YEARS.iter().filter(|y| y.notice.is_some()) {
            assert!(
                days(year, true).iter().all(|d| weekend(*d)),
                "{}",
                year.year
            );
        }
        assert_eq!(days(&YEARS[0], false).len(), 28);
        assert_eq!(days(&YEARS[1], false).len(), 33);
        assert_eq!(days(&YEARS[2], false).len(), 13, "statutory days");
    }
}
