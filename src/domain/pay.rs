//! 薪资: a range with its unit. The base pay must be named (五部门通知 2026-01), so there is no
//! "negotiable"; words for the unit come from the catalogues.
use super::fault::FieldFault;
use super::text::half_width;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// 计薪单位
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
    EnumIter,
    DeriveActiveEnum,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum PayUnit {
    /// 元/月
    Month,
    /// 元/日
    Day,
    /// 元/小时
    Hour,
    /// 元/件
    Piece,
}

impl PayUnit {
    /// The stored and printed name.
    pub fn code(self) -> String {
        self.to_value()
    }

    /// The `unitText` of a schema.org JobPosting; none for piecework.
    pub fn unit_text(self) -> Option<&'static str> {
        match self {
            Self::Month => Some("MONTH"),
            Self::Day => Some("DAY"),
            Self::Hour => Some("HOUR"),
            Self::Piece => None,
        }
    }

    /// The range a pay of this unit is plausible in, in yuan. Wider than any honest offer; it
    /// catches a slipped zero.
    fn plausible(self) -> std::ops::RangeInclusive<i64> {
        match self {
            Self::Month => 500..=200_000,
            Self::Day => 20..=10_000,
            Self::Hour => 5..=2_000,
            Self::Piece => 1..=100_000,
        }
    }
}

/// 薪资范围, in whole yuan before tax.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Pay {
    min: i64,
    max: i64,
    unit: PayUnit,
    months: u8,
}

/// What a page needs to say a pay in any language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PayShown {
    pub min: i64,
    pub max: i64,
    /// One figure instead of a range.
    pub fixed: bool,
    pub unit: PayUnit,
    /// 13 for a thirteenth month's pay; 12 goes without saying.
    pub months: u8,
}

impl Pay {
    /// A range of whole yuan. `months` is how many months' pay a year brings, 12 as a rule.
    pub fn new(min: i64, max: i64, unit: PayUnit, months: u8) -> Result<Self, FieldFault> {
        let plausible = unit.plausible();
        let range = FieldFault::OutOfRange {
            min: *plausible.start(),
            max: *plausible.end(),
        };
        if !plausible.contains(&min) || !plausible.contains(&max) {
            return Err(range);
        }
        if min > max {
            return Err(FieldFault::PayOrder);
        }
        if !(12..=24).contains(&months) {
            return Err(FieldFault::OutOfRange { min: 12, max: 24 });
        }
        Ok(Self {
            min,
            max,
            unit,
            months,
        })
    }

    /// Reads what employers write: `6000-8000`, `6千-8千`, `0.6-0.8万`, `6-8k·13薪`, `200元/天`,
    /// in any width. A unit in the text wins over the one given.
    pub fn parse(raw: &str, unit: PayUnit) -> Result<Self, FieldFault> {
        if raw.len() > 300 {
            return Err(FieldFault::TooLong { max: 60 });
        }
        let text: String = half_width(raw)
            .to_lowercase()
            .chars()
            .filter(|c| !c.is_whitespace() && *c != ',')
            .collect();
        if text.is_empty() {
            return Err(FieldFault::Required);
        }
        let (months, text) = take_months(&text)?;
        let (named, text) = take_unit(&text);
        let bare = text
            .replace(['¥', '￥', '元'], "")
            .replace("rmb", "")
            .replace("税前", "")
            .replace("人民币", "");
        let digits = bare.chars().any(|c| c.is_ascii_digit());
        if !digits
            && ["面议", "面谈", "协商", "negotiable"]
                .iter()
                .any(|w| bare.contains(w))
        {
            return Err(FieldFault::PayNegotiable);
        }
        let (min, max) = range(&bare).ok_or(FieldFault::Format)?;
        Self::new(min, max, named.unwrap_or(unit), months)
    }

    pub fn min(&self) -> i64 {
        self.min
    }

    pub fn max(&self) -> i64 {
        self.max
    }

    pub fn unit(&self) -> PayUnit {
        self.unit
    }

    pub fn months(&self) -> u8 {
        self.months
    }

    /// For the words of a page.
    pub fn shown(&self) -> PayShown {
        let Self {
            min,
            max,
            unit,
            months,
        } = *self;
        PayShown {
            min,
            max,
            fixed: min == max,
            unit,
            months,
        }
    }
}

/// `·13薪` or `*13` at the end.
fn take_months(text: &str) -> Result<(u8, String), FieldFault> {
    let Some(at) = text.find(['·', '*', '×', 'x']) else {
        return Ok((12, text.to_owned()));
    };
    let (pay, months) = text.split_at(at);
    let months = months.trim_start_matches(['·', '*', '×', 'x']);
    let digits = months.trim_end_matches(['薪', '个', '月']);
    let months = digits.parse().map_err(|_| FieldFault::Format)?;
    Ok((months, pay.to_owned()))
}

/// The unit named in the text, and the text without it.
fn take_unit(text: &str) -> (Option<PayUnit>, String) {
    const NAMES: [(&str, PayUnit); 17] = [
        ("/month", PayUnit::Month),
        ("/day", PayUnit::Day),
        ("/hour", PayUnit::Hour),
        ("/piece", PayUnit::Piece),
        ("/个月", PayUnit::Month),
        ("/月", PayUnit::Month),
        ("每月", PayUnit::Month),
        ("月薪", PayUnit::Month),
        ("/天", PayUnit::Day),
        ("/日", PayUnit::Day),
        ("每天", PayUnit::Day),
        ("日薪", PayUnit::Day),
        ("/小时", PayUnit::Hour),
        ("/时", PayUnit::Hour),
        ("时薪", PayUnit::Hour),
        ("/件", PayUnit::Piece),
        ("计件", PayUnit::Piece),
    ];
    for (name, unit) in NAMES {
        if text.contains(name) {
            return (Some(unit), text.replace(name, ""));
        }
    }
    (None, text.to_owned())
}

/// `6000-8000`, `6-8千`, `6千-8千`, `8000`. The multiplier behind the second figure counts for the
/// first one too when that has none.
fn range(text: &str) -> Option<(i64, i64)> {
    let dash = |c: char| matches!(c, '-' | '~' | '至' | '到' | '〜' | '\u{2010}'..='\u{2015}');
    match text.split_once(dash) {
        None => {
            let (figure, times) = figure(text)?;
            let yuan = scaled(figure, times.unwrap_or(1))?;
            Some((yuan, yuan))
        }
        Some((low, high)) => {
            let (low, low_times) = figure(low)?;
            let (high, high_times) = figure(high.trim_start_matches(dash))?;
            let high_times = high_times.unwrap_or(1);
            Some((
                scaled(low, low_times.unwrap_or(high_times))?,
                scaled(high, high_times)?,
            ))
        }
    }
}

/// A decimal figure in ten-thousandths, and the multiplier behind it.
fn figure(text: &str) -> Option<(i64, Option<i64>)> {
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(text.len());
    let (digits, times) = text.split_at(end);
    let times = match times {
        "" => None,
        "千" | "k" => Some(1_000),
        "万" | "w" => Some(10_000),
        _ => return None,
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let good = (1..=9).contains(&whole.len()) && fraction.len() <= 4 && !fraction.contains('.');
    if !good || (digits.contains('.') && fraction.is_empty()) {
        return None;
    }
    let fraction: i64 = format!("{fraction:0<4}").parse().ok()?;
    Some((whole.parse::<i64>().ok()? * 10_000 + fraction, times))
}

/// Whole yuan only.
fn scaled(ten_thousandths: i64, times: i64) -> Option<i64> {
    let product = ten_thousandths.checked_mul(times)?;
    (product % 10_000 == 0).then_some(product / 10_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<(i64, i64, PayUnit, u8), FieldFault> {
        let pay = Pay::parse(text, PayUnit::Month)?;
        Ok((pay.min(), pay.max(), pay.unit(), pay.months()))
    }

    #[test]
    fn the_same_pay_in_many_spellings() {
        for text in [
            "6000-8000",
            "６０００－８０００",
            "6千-8千",
            "6-8千",
            "6k-8K",
            "0.6-0.8万",
            "0.6万-0.8万",
            "6,000—8,000元",
            "¥6000~8000/月",
            "月薪 6000 至 8000 元",
            "6000元到8000元",
            "税前6000-8000元/月",
        ] {
            assert_eq!(read(text), Ok((6000, 8000, PayUnit::Month, 12)), "{text}");
        }
        assert_eq!(
            read("0.8-1.2万·13薪"),
            Ok((8000, 12_000, PayUnit::Month, 13))
        );
        assert_eq!(read("8千-1万"), Ok((8000, 10_000, PayUnit::Month, 12)));
        assert_eq!(read("200元/天"), Ok((200, 200, PayUnit::Day, 12)));
        assert_eq!(read("时薪18-22"), Ok((18, 22, PayUnit::Hour, 12)));
        assert_eq!(read("计件 2-5元"), Ok((2, 5, PayUnit::Piece, 12)));
    }

    #[test]
    fn the_base_pay_must_be_named() {
        for text in ["面议", "薪资面议", "工资面谈", "Negotiable"] {
            assert_eq!(read(text), Err(FieldFault::PayNegotiable), "{text}");
        }
    }

    #[test]
    fn what_is_no_pay_is_refused() {
        assert_eq!(read(" "), Err(FieldFault::Required));
        for text in [
            "很高",
            "6000-",
            "-6000",
            "6000-8000-9000",
            "6..5k",
            "NaN",
            "1e9",
            "六千",
            "6000.5",
            "6000*x",
        ] {
            assert_eq!(read(text), Err(FieldFault::Format), "{text}");
        }
        assert_eq!(read("8000-6000"), Err(FieldFault::PayOrder));
        let range = Err(FieldFault::OutOfRange {
            min: 500,
            max: 200_000,
        });
        for text in ["0", "60", "8000-9000000", "99999999万"] {
            assert_eq!(read(text), range, "{text}");
        }
        assert_eq!(
            read("8000*99"),
            Err(FieldFault::OutOfRange { min: 12, max: 24 })
        );
        assert_eq!(
            read(&"8".repeat(9999)),
            Err(FieldFault::TooLong { max: 60 })
        );
    }

    #[test]
    fn what_is_shown_has_no_words() {
        let shown = Pay::new(6000, 6000, PayUnit::Month, 13).unwrap().shown();
        assert!(shown.fixed);
        assert_eq!(serde_json::to_string(&shown.unit).unwrap(), "\"month\"");
        assert_eq!(PayUnit::Piece.unit_text(), None);
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in "[0-9０-９.,，千万kw元/月天时件·*x\\-—至面议 ]{0,24}") {
            if let Ok(pay) = Pay::parse(&text, PayUnit::Month) {
                prop_assert!(pay.min() >= 1 && pay.min() <= pay.max());
            }
        }

        #[test]
        fn plain_ranges_are_read_back(min in 500_i64..100_000, more in 0_i64..100_000) {
            let pay = Pay::parse(&format!("{min}-{}", min + more), PayUnit::Month).unwrap();
            prop_assert_eq!((pay.min(), pay.max()), (min, min + more));
        }
    }
}
