//! Text as people type and paste it, cleaned once at the door. Lengths are counted in characters.
use super::fault::FieldFault;
use sea_orm::ActiveEnum;
use std::fmt;

/// 一行文字: cleaned, without line breaks, never empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Line(String);

/// 一段文字: cleaned, line breaks are `\n`, never empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prose(String);

impl Line {
    /// A line that must be there.
    pub fn required(raw: &str, max: usize) -> Result<Self, FieldFault> {
        Self::optional(raw, max)?.ok_or(FieldFault::Required)
    }

    /// A line that may be left out; blank counts as left out.
    pub fn optional(raw: &str, max: usize) -> Result<Option<Self>, FieldFault> {
        let raw = bounded(raw, max)?;
        let mut out = String::with_capacity(raw.len());
        for c in raw.chars() {
            match c {
                '\t' => out.push(' '),
                c if is_invisible(c) => {}
                c if is_refused(c) => return Err(FieldFault::ControlCharacters),
                c => out.push(c),
            }
        }
        Ok(fit(&out, max)?.map(Self))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn into_string(self) -> String {
        self.0
    }
}

impl Prose {
    /// Text that must be there.
    pub fn required(raw: &str, max: usize) -> Result<Self, FieldFault> {
        Self::optional(raw, max)?.ok_or(FieldFault::Required)
    }

    /// Text that may be left out; blank counts as left out.
    pub fn optional(raw: &str, max: usize) -> Result<Option<Self>, FieldFault> {
        let raw = bounded(raw, max)?;
        let mut out = String::with_capacity(raw.len());
        let mut chars = raw.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '\r' => {
                    chars.next_if_eq(&'\n');
                    out.push('\n');
                }
                '\n' | '\u{2028}' | '\u{2029}' => out.push('\n'),
                '\t' => out.push(' '),
                c if is_invisible(c) => {}
                c if is_refused(c) => return Err(FieldFault::ControlCharacters),
                c => out.push(c),
            }
        }
        Ok(fit(&out, max)?.map(Self))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Prose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for Line {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Prose {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<Line> for String {
    fn from(line: Line) -> Self {
        line.0
    }
}

impl From<Prose> for String {
    fn from(prose: Prose) -> Self {
        prose.0
    }
}

/// A whole number in a range; full-width digits, spaces and thousands commas are understood.
pub fn number(raw: &str, min: i64, max: i64) -> Result<i64, FieldFault> {
    let text: String = half_width(raw)
        .chars()
        .filter(|c| !c.is_whitespace() && *c != ',')
        .collect();
    if text.is_empty() {
        return Err(FieldFault::Required);
    }
    let digits = text.strip_prefix('-').unwrap_or(&text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(FieldFault::Format);
    }
    match text.parse::<i64>() {
        Ok(value) if (min..=max).contains(&value) => Ok(value),
        _ => Err(FieldFault::OutOfRange { min, max }),
    }
}

/// One of an enum's codes.
pub fn choice<T: ActiveEnum<Value = String>>(raw: &str) -> Result<T, FieldFault> {
    let code = raw.trim();
    if code.is_empty() {
        return Err(FieldFault::Required);
    }
    T::try_from_value(&code.to_owned()).map_err(|_| FieldFault::UnknownChoice)
}

/// Several of an enum's codes, each kept once, in the order given.
pub fn choices<T, S>(raw: &[S]) -> Result<Vec<T>, FieldFault>
where
    T: ActiveEnum<Value = String> + PartialEq,
    S: AsRef<str>,
{
    let mut out = vec![];
    for code in raw {
        let one = choice(code.as_ref())?;
        if !out.contains(&one) {
            out.push(one);
        }
    }
    Ok(out)
}

/// Full-width letters, digits, signs and spaces as their ordinary forms; for codes and numbers,
/// not for prose. The result has no spaces or invisible characters at its ends.
pub fn half_width(raw: &str) -> String {
    let plain: String = raw
        .chars()
        .filter(|c| !is_invisible(*c))
        .map(half_width_char)
        .collect();
    plain.trim_matches(is_blank).to_owned()
}

/// One character of [`half_width`].
pub fn half_width_char(c: char) -> char {
    match c {
        '\u{3000}' | '\u{a0}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        c => c,
    }
}

/// Han characters, the rare planes included.
pub fn is_han(c: char) -> bool {
    matches!(c as u32, 0x3007 | 0x3400..=0x9fff | 0xf900..=0xfaff | 0x2_0000..=0x3_23af)
}

/// Characters that draw nothing and mean nothing in our languages; pasted text is full of them.
/// The joiners U+200C and U+200D are not among them, because emoji need them.
pub fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2060}'
            ..='\u{2064}' | '\u{feff}'
    )
}

fn is_refused(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            | '\u{fff9}'..='\u{fffd}' | '\u{e0001}')
        || (c as u32 & 0xfffe) == 0xfffe
}

/// Blank at the ends of a field: white space, and joiners and fillers with nothing to join.
pub(super) fn is_blank(c: char) -> bool {
    c.is_whitespace()
        || is_invisible(c)
        || matches!(
            c,
            '\u{200c}'
                | '\u{200d}'
                | '\u{115f}'
                | '\u{1160}'
                | '\u{3164}'
                | '\u{ffa0}'
                | '\u{2800}'
        )
}

/// Refuses before any copy is made what cannot fit whatever is cleaned away.
fn bounded(raw: &str, max: usize) -> Result<&str, FieldFault> {
    let trimmed = raw.trim_matches(is_blank);
    if trimmed.len() > max.saturating_mul(8).saturating_add(1024) {
        return Err(FieldFault::TooLong { max });
    }
    Ok(trimmed)
}

fn fit(cleaned: &str, max: usize) -> Result<Option<String>, FieldFault> {
    let text = cleaned.trim_matches(is_blank);
    if text.is_empty() {
        return Ok(None);
    }
    if text.chars().count() > max {
        return Err(FieldFault::TooLong { max });
    }
    Ok(Some(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::role::Role;
    use proptest::prelude::*;

    #[test]
    fn blank_is_left_out_however_it_is_typed() {
        for raw in [
            "",
            " ",
            "\u{3000}\u{3000}",
            "\u{200b}",
            "\u{feff}\t\n",
            "\u{200d}",
            "\u{2800}",
        ] {
            assert_eq!(Line::optional(raw, 10), Ok(None), "{raw:?}");
            assert_eq!(
                Line::required(raw, 10),
                Err(FieldFault::Required),
                "{raw:?}"
            );
            assert_eq!(
                Prose::required(raw, 10),
                Err(FieldFault::Required),
                "{raw:?}"
            );
        }
    }

    #[test]
    fn a_line_keeps_what_people_mean() {
        for (raw, kept) in [
            ("\u{3000}电气设计师 ", "电气设计师"),
            ("𠮷㛃·马", "𠮷㛃·马"),
            ("👩‍👩‍👧 家", "👩‍👩‍👧 家"),
            ("e\u{301}", "e\u{301}"),
            ("电气\u{200b}设计\t师", "电气设计 师"),
            ("=HYPERLINK(\"http://x\")", "=HYPERLINK(\"http://x\")"),
            ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ] {
            assert_eq!(Line::required(raw, 40).unwrap().as_str(), kept);
        }
    }

    #[test]
    fn control_characters_and_direction_tricks_are_refused() {
        for raw in [
            "a\0b",
            "a\x1bb",
            "a\u{85}b",
            "a\u{202e}b",
            "a\u{2066}b",
            "a\u{fffd}b",
            "a\u{ffff}b",
        ] {
            assert_eq!(
                Line::required(raw, 9),
                Err(FieldFault::ControlCharacters),
                "{raw:?}"
            );
            assert_eq!(
                Prose::required(raw, 9),
                Err(FieldFault::ControlCharacters),
                "{raw:?}"
            );
        }
        assert_eq!(
            Line::required("a\nb", 9),
            Err(FieldFault::ControlCharacters)
        );
        assert_eq!(
            Line::required("a\u{2028}b", 9),
            Err(FieldFault::ControlCharacters)
        );
    }

    #[test]
    fn prose_has_one_kind_of_line_break() {
        let prose = Prose::required("一\r\n二\r三\u{2028}四\n", 20).unwrap();
        assert_eq!(prose.as_str(), "一\n二\n三\n四");
    }

    #[test]
    fn length_is_counted_in_characters() {
        assert!(Line::required(&"𠮷".repeat(32), 32).is_ok());
        assert_eq!(
            Line::required(&"a".repeat(33), 32),
            Err(FieldFault::TooLong { max: 32 })
        );
        assert_eq!(
            Line::required(&"字".repeat(2_000_000), 32),
            Err(FieldFault::TooLong { max: 32 })
        );
    }

    #[test]
    fn numbers_are_read_in_any_width() {
        assert_eq!(number("１２", 0, 99), Ok(12));
        assert_eq!(number(" 1,200 ", 0, 9999), Ok(1200));
        assert_eq!(number("01", 0, 99), Ok(1));
        assert_eq!(number("-3", -9, 99), Ok(-3));
        let range = Err(FieldFault::OutOfRange { min: 0, max: 99 });
        for raw in ["100", "-1", "99999999999999999999999999"] {
            assert_eq!(number(raw, 0, 99), range, "{raw}");
        }
        for raw in ["十二", "1.5", "NaN", "1e3", "-", "--1", "٣"] {
            assert_eq!(number(raw, 0, 99), Err(FieldFault::Format), "{raw}");
        }
        assert_eq!(number("  ", 0, 99), Err(FieldFault::Required));
    }

    #[test]
    fn a_choice_is_one_of_the_codes() {
        assert_eq!(choice::<Role>(" secretary "), Ok(Role::Secretary));
        assert_eq!(choice::<Role>("king"), Err(FieldFault::UnknownChoice));
        assert_eq!(choice::<Role>(""), Err(FieldFault::Required));
        assert_eq!(
            choices::<Role, _>(&["board", "board"]),
            Ok(vec![Role::Board])
        );
    }

    proptest! {
        #[test]
        fn cleaning_twice_changes_nothing(raw in any::<String>(), max in 1_usize..60) {
            if let Ok(Some(line)) = Line::optional(&raw, max) {
                prop_assert!(line.as_str().chars().count() <= max);
                prop_assert!(!line.as_str().contains(['\n', '\r', '\0']));
                let again = Line::required(line.as_str(), max);
                prop_assert_eq!(again, Ok(line));
            }
            if let Ok(Some(prose)) = Prose::optional(&raw, max) {
                let again = Prose::required(prose.as_str(), max);
                prop_assert_eq!(again, Ok(prose));
            }
        }

        #[test]
        fn half_width_is_stable(raw in any::<String>()) {
            let once = half_width(&raw);
            prop_assert_eq!(half_width(&once), once);
        }
    }
}
