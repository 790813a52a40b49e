//! 可识别个人的内容: what in a text for the public would tell who somebody is or where he lives.
//! It is shown to whoever publishes before anything is public, and refused on the server.
use super::{
    contact::{IdNumber, Phone},
    text::{half_width, half_width_char, is_blank, is_invisible},
};

/// What sort of trace it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trace {
    /// 手机号
    Phone,
    /// 身份证号
    IdNumber,
    /// 银行卡号
    BankCard,
    /// 车牌
    Plate,
    /// 门牌: building, unit, room or street number
    House,
    /// 当事人姓名
    Name,
}

impl Trace {
    pub const ALL: &'static [Self] = &[
        Self::Phone,
        Self::IdNumber,
        Self::BankCard,
        Self::Plate,
        Self::House,
        Self::Name,
    ];

    pub const fn code(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::IdNumber => "id_number",
            Self::BankCard => "bank_card",
            Self::Plate => "plate",
            Self::House => "house",
            Self::Name => "name",
        }
    }
}

/// A trace with the words that are one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub trace: Trace,
    pub words: String,
    /// Characters before it, in the text as it is read: half width, without invisible characters.
    pub at: usize,
}

/// Everything that gives somebody away, in the order it stands; `names` are those of the people of
/// the matter. Full-width and spaced writing is read like plain writing.
pub fn find(text: &str, names: &[String]) -> Vec<Found> {
    let plain = half_width(text);
    let chars: Vec<char> = plain.chars().collect();
    let mut found = numbers(&chars);
    found.extend(houses(&chars));
    found.extend(plates(&chars));
    for name in names.iter().filter(|name| name.chars().count() >= 2) {
        found.extend(plain.match_indices(name.as_str()).map(|(at, words)| Found {
            trace: Trace::Name,
            words: words.to_owned(),
            at: plain[..at].chars().count(),
        }));
    }
    found.sort_by_key(|one| one.at);
    found
}

/// A text with everything covered that gives somebody away, but for some sorts of traces.
pub fn cover(text: &str, names: &[String], but: &[Trace]) -> String {
    // As they were written, in step with what is read.
    let written = text.chars().filter(|c| !is_invisible(*c));
    let mut chars: Vec<char> = written
        .skip_while(|c| is_blank(half_width_char(*c)))
        .collect();
    for found in find(text, names) {
        if but.contains(&found.trace) {
            continue;
        }
        let mut left = found.words.chars().count();
        // A number is told without the blanks and dashes that group it.
        let grouped = found.words.chars().all(|c| c.is_ascii_alphanumeric());
        for c in chars.iter_mut().skip(found.at) {
            if left == 0 {
                break;
            }
            if !(grouped && matches!(half_width_char(*c), ' ' | '-')) {
                left -= 1;
            }
            *c = COVER;
        }
    }
    chars.into_iter().collect()
}

/// What stands instead.
const COVER: char = '▇';

/// Mobile, identity and bank card numbers, however they are grouped.
fn numbers(chars: &[char]) -> Vec<Found> {
    let (mut found, mut run, mut start) = (Vec::new(), String::new(), 0);
    for (at, c) in chars.iter().chain(['。'].iter()).enumerate() {
        match c {
            '0'..='9' | 'X' | 'x' => {
                if run.is_empty() {
                    start = at;
                }
                run.push(*c);
            }
            ' ' | '-' if !run.is_empty() => {}
            _ => {
                let words = std::mem::take(&mut run);
                if let Some(trace) = number(&words) {
                    let at = start;
                    found.push(Found { trace, words, at });
                }
            }
        }
    }
    found
}

fn number(run: &str) -> Option<Trace> {
    if IdNumber::parse(run).is_ok() {
        Some(Trace::IdNumber)
    } else if Phone::parse(run).is_ok_and(|phone| phone.is_mobile()) {
        Some(Trace::Phone)
    } else {
        ((16..=19).contains(&run.len()) && luhn(run)).then_some(Trace::BankCard)
    }
}

/// The check digit of bank cards (ISO/IEC 7812).
fn luhn(digits: &str) -> bool {
    let mut sum = 0;
    for (place, c) in digits.chars().rev().enumerate() {
        let Some(digit) = c.to_digit(10) else {
            return false;
        };
        let doubled = if place % 2 == 1 { digit * 2 } else { digit };
        sum += if doubled > 9 { doubled - 9 } else { doubled };
    }
    sum % 10 == 0
}

/// The provinces on number plates (GA 36).
const PROVINCES: &str = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼";

/// 甘A12345, 甘AD12345, also with a dot or a blank after the letter.
fn plates(chars: &[char]) -> Vec<Found> {
    let mut found = Vec::new();
    for at in 0..chars.len().saturating_sub(6) {
        let city = chars[at + 1].is_ascii_alphabetic();
        if !PROVINCES.contains(chars[at]) || !city {
            continue;
        }
        let dot = usize::from(matches!(chars[at + 2], '·' | '.' | ' ' | '-'));
        let rest = &chars[at + 2 + dot..];
        let length = rest
            .iter()
            .take_while(|c| c.is_ascii_alphanumeric())
            .count();
        let digits = rest[..length].iter().filter(|c| c.is_ascii_digit()).count();
        if (5..=6).contains(&length) && digits >= 3 {
            found.push(Found {
                trace: Trace::Plate,
                words: chars[at..at + 2 + dot + length].iter().collect(),
                at,
            });
        }
    }
    found
}

/// Words that make a number before them the number of a home, the longest first.
const AFTER: &[&str] = &["号楼", "号院", "单元", "栋", "幢", "座"];
/// Words before a number with 号 behind it.
const STREETS: &[char] = &['路', '街', '巷', '弄', '道', '里', '村'];
const NUMERALS: &str = "一二三四五六七八九十百两";

fn is_numeral(c: char) -> bool {
    c.is_ascii_alphanumeric() || NUMERALS.contains(c)
}

fn houses(chars: &[char]) -> Vec<Found> {
    let (mut found, mut at) = (Vec::new(), 0);
    while at < chars.len() {
        match house(chars, at) {
            Some(end) => {
                found.push(Found {
                    trace: Trace::House,
                    words: chars[at..end].iter().collect(),
                    at,
                });
                at = end;
            }
            None => at += 1,
        }
    }
    found
}

/// Where a house number that begins at `start` ends.
fn house(chars: &[char], start: usize) -> Option<usize> {
    if start > 0 && is_numeral(chars[start]) && is_numeral(chars[start - 1]) {
        return None;
    }
    let (mut at, mut end) = (start, None);
    loop {
        let number = numeral(chars, at);
        if number == at {
            break;
        }
        let next = skip_blanks(chars, number);
        let rest = &chars[next..];
        let digits = chars[at..number].iter().all(char::is_ascii_digit);
        let word = AFTER.iter().find(|word| starts(rest, word));
        at = if let Some(word) = word {
            next + word.chars().count()
        } else if digits && number - at >= 2 && starts(rest, "室") {
            next + 1
        } else if chars[at].is_ascii_digit() && end.is_some() && number - at >= 2 {
            // «3号楼2单元501», «3号楼2单元501A»
            number
        } else if digits && start > 0 && street(chars, start) && starts(rest, "号") {
            next + 1
        } else {
            break;
        };
        end = Some(at);
        at = skip_blanks(chars, at);
    }
    end.or_else(|| dashed(chars, start))
}

fn street(chars: &[char], start: usize) -> bool {
    let before = chars[..start].iter().rev().find(|c| **c != ' ');
    before.is_some_and(|c| STREETS.contains(c))
}

fn numeral(chars: &[char], at: usize) -> usize {
    let here = &chars[at..];
    let letters = here
        .iter()
        .take_while(|c| c.is_ascii_alphanumeric())
        .count();
    let han = here.iter().take_while(|c| NUMERALS.contains(**c)).count();
    at + if letters > 0 { letters } else { han }
}

fn skip_blanks(chars: &[char], at: usize) -> usize {
    at + chars[at..].iter().take_while(|c| **c == ' ').count()
}

fn starts(chars: &[char], word: &str) -> bool {
    word.chars()
        .enumerate()
        .all(|(n, c)| chars.get(n) == Some(&c))
}

/// «3-2-501»; a date is none.
fn dashed(chars: &[char], start: usize) -> Option<usize> {
    if start > 0 && (chars[start - 1] == '-' || is_numeral(chars[start - 1])) {
        return None;
    }
    let length = chars[start..]
        .iter()
        .take_while(|c| c.is_ascii_digit() || **c == '-')
        .count();
    let end = start + length;
    let text: String = chars[start..end].iter().collect();
    let parts: Vec<_> = text.split('-').collect();
    let short = |part: &&str| (1..=4).contains(&part.len());
    let home = parts.len() == 3 && parts.iter().all(short) && parts[0].len() <= 3;
    (home && parts[2].len() >= 3).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn traces(text: &str) -> Vec<(&'static str, String)> {
        let names = ["王小芳".to_owned()];
        let found = find(text, &names);
        found
            .into_iter()
            .map(|one| (one.trace.code(), one.words))
            .collect()
    }

    #[test]
    fn what_gives_somebody_away_is_found() {
        for (text, expected) in [
            ("请拨打138 0013 8000联系", vec![("phone", "13800138000")]),
            ("１３８００１３８０００", vec![("phone", "13800138000")]),
            (
                "身份证11010519491231002X",
                vec![("id_number", "11010519491231002X")],
            ),
            ("3号楼2单元501的灯不亮", vec![("house", "3号楼2单元501")]),
            (
                "3 号楼 2 单元 501 室",
                vec![("house", "3 号楼 2 单元 501 室")],
            ),
            ("三号楼东侧", vec![("house", "三号楼")]),
            ("民乐路12号门前", vec![("house", "12号")]),
            ("住3-2-501", vec![("house", "3-2-501")]),
            ("１２栋楼道", vec![("house", "12栋")]),
            ("王小芳反映", vec![("name", "王小芳")]),
            (
                "卡号 6222 0212 3456 7890 128",
                vec![("bank_card", "6222021234567890128")],
            ),
            ("车牌甘A·12345占道", vec![("plate", "甘A·12345")]),
            (
                "王小芳住5栋301室，电话13900001111",
                vec![
                    ("name", "王小芳"),
                    ("house", "5栋301室"),
                    ("phone", "13900001111"),
                ],
            ),
        ] {
            let expected: Vec<_> = expected
                .iter()
                .map(|(c, w)| (*c, (*w).to_owned()))
                .collect();
            assert_eq!(traces(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_nobodys_is_left_alone() {
        for text in [
            "小区东侧巷道已加装 2 盏 LED 灯，晚上试亮。",
            "2026-11-23 18:30 前办结",
            "11月23号完成，15号开会",
            "12345 热线转来，共 31 件，3 户居民受益",
            "二楼会议室议事，出席 9 人",
            "TMD-2026-000123",
        ] {
            assert_eq!(traces(text), vec![], "{text}");
        }
    }

    #[test]
    fn what_is_covered_is_gone_and_the_rest_stays() {
        let names = ["王小芳".to_owned()];
        let text = "王小芳说：138 0013-8000 打不通，３号楼的灯。王小芳";
        let covered = cover(text, &names, &[]);
        assert_eq!(covered, "▇▇▇说：▇▇▇▇▇▇▇▇▇▇▇▇▇ 打不通，▇▇▇的灯。▇▇▇");
        assert_eq!(find(&covered, &names), []);
        assert_eq!(cover("3号楼一层", &names, &[Trace::House]), "3号楼一层");
    }

    proptest! {
        #[test]
        fn nothing_is_left_of_what_was_covered(
            text in "[ a-z0-9。王小芳号楼栋单元路甘A-]{0,60}",
            at in 0_usize..60,
        ) {
            let at = text.char_indices().nth(at).map_or(text.len(), |(at, _)| at);
            let planted = format!("{}13800138000。王小芳{}", &text[..at], &text[at..]);
            let names = ["王小芳".to_owned()];
            let covered = cover(&planted, &names, &[]);
            prop_assert!(!covered.contains("王小芳"), "{covered}");
        }
    }

    proptest! {
        #[test]
        fn it_never_panics_and_finds_what_is_put_anywhere(before in any::<String>(), after in "[，。a-z]{0,9}") {
            let found = find(&format!("{before}，3号楼2单元501{after}"), &[]);
            prop_assert!(found.iter().any(|one| one.words.contains("单元501")));
        }
    }
}
