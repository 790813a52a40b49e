//! Names, telephone numbers and identity numbers. None of these types can be printed in full by
//! accident: `Debug` shows nothing, `Display` shows a mask, and there is no `Serialize`. What is
//! meant to leave in full (to be sealed, hashed, or shown after a recorded reveal) leaves through
//! a method that says so.
use super::fault::FieldFault;
use super::text::{Line, half_width, is_han};
use chrono::{Datelike, NaiveDate};
use std::fmt;

/// 电话号码: a mainland mobile, a landline with area code, or a 400 number.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phone(String);

impl Phone {
    /// Reads any of the usual spellings: full width, `+86`, spaces, dashes, brackets.
    pub fn parse(raw: &str) -> Result<Self, FieldFault> {
        let digits = dialled(raw)?;
        if is_mobile(&digits) || area_code(&digits).is_some() || is_400(&digits) {
            Ok(Self(digits))
        } else {
            Err(FieldFault::PhoneFormat)
        }
    }

    /// As [`Self::parse`], mobiles only: where a message must reach the person.
    pub fn parse_mobile(raw: &str) -> Result<Self, FieldFault> {
        Self::parse(raw).and_then(|p| {
            if p.is_mobile() {
                Ok(p)
            } else {
                Err(FieldFault::PhoneFormat)
            }
        })
    }

    pub fn is_mobile(&self) -> bool {
        is_mobile(&self.0)
    }

    /// In full, as dialled inside the country: `13800138000`, `09318765432`. Only to be sealed,
    /// hashed, or shown after a recorded reveal. [`Self::parse`] reads it back.
    pub fn in_full(&self) -> &str {
        &self.0
    }

    /// In full, in the international form `+8613800138000`; the same care as [`Self::in_full`].
    pub fn e164(&self) -> String {
        format!("+86{}", self.0.strip_prefix('0').unwrap_or(&self.0))
    }

    /// The last four digits, which people say at the gate.
    pub fn tail4(&self) -> &str {
        &self.0[self.0.len() - 4..]
    }

    /// `138****8000`, `0931****432`, `400****432`.
    pub fn masked(&self) -> String {
        if self.is_mobile() {
            return format!("{}****{}", &self.0[..3], self.tail4());
        }
        let shown = area_code(&self.0).unwrap_or(3);
        format!("{}****{}", &self.0[..shown], &self.0[self.0.len() - 3..])
    }
}

/// Four digits typed at the gate, in any width.
pub fn tail4(raw: &str) -> Result<String, FieldFault> {
    let text = half_width(raw);
    if text.is_empty() {
        return Err(FieldFault::Required);
    }
    if text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit()) {
        Ok(text)
    } else {
        Err(FieldFault::Format)
    }
}

fn dialled(raw: &str) -> Result<String, FieldFault> {
    if raw.len() > 200 {
        return Err(FieldFault::PhoneFormat);
    }
    let text = half_width(raw);
    if text.is_empty() {
        return Err(FieldFault::Required);
    }
    let mut digits = String::with_capacity(text.len());
    let mut abroad = false;
    for c in text.chars() {
        match c {
            '0'..='9' => digits.push(c),
            '+' if digits.is_empty() && !abroad => abroad = true,
            ' ' | '-' | '(' | ')' | '.' | '\u{2010}'..='\u{2015}' | '\u{2212}' => {}
            _ => return Err(FieldFault::PhoneFormat),
        }
    }
    if !abroad && let Some(rest) = digits.strip_prefix("0086") {
        return Ok(national(rest));
    }
    match (abroad, digits.strip_prefix("86")) {
        (true, Some(rest)) => Ok(national(rest)),
        (true, None) => Err(FieldFault::PhoneFormat),
        (false, Some(rest)) if is_mobile(rest) => Ok(rest.to_owned()),
        (false, _) => Ok(digits),
    }
}

/// After the country code the leading zero of an area code is dropped: `+86 931 …`.
fn national(rest: &str) -> String {
    if is_mobile(rest) || is_400(rest) || rest.starts_with('0') {
        rest.to_owned()
    } else {
        format!("0{rest}")
    }
}

fn is_mobile(digits: &str) -> bool {
    let b = digits.as_bytes();
    b.len() == 11 && b[0] == b'1' && (b'3'..=b'9').contains(&b[1])
}

fn is_400(digits: &str) -> bool {
    digits.len() == 10 && digits.starts_with("400")
}

/// How long the area code of a landline is, zero included.
fn area_code(digits: &str) -> Option<usize> {
    let b = digits.as_bytes();
    let (long, rest) = match b {
        [b'0', b'1', b'0', rest @ ..] | [b'0', b'2', b'0' | b'1'..=b'9', rest @ ..] => (3, rest),
        // No place has it: after the country code it would be a 400 number.
        [b'0', b'4', b'0', b'0', ..] => return None,
        [b'0', b'3'..=b'9', _, _, rest @ ..] => (4, rest),
        _ => return None,
    };
    let length = if long == 3 {
        rest.len() == 8
    } else {
        rest.len() == 7 || rest.len() == 8
    };
    (length && (b'2'..=b'8').contains(&rest[0])).then_some(long)
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Phone(…)")
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// Surnames of two characters.
const COMPOUND: [&str; 48] = [
    "欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "令狐", "慕容", "司徒", "司空",
    "夏侯", "轩辕", "端木", "百里", "东郭", "南宫", "西门", "长孙", "宇文", "独孤", "拓跋", "鲜于",
    "澹台", "公冶", "宗政", "濮阳", "淳于", "单于", "太叔", "申屠", "公羊", "钟离", "闾丘", "万俟",
    "呼延", "赫连", "左丘", "闻人", "第五", "司寇", "仲孙", "微生", "梁丘", "完颜", "纳兰", "叶赫",
];

/// 姓名或称呼
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonName(String);

impl PersonName {
    /// The longest name kept, in characters.
    pub const MAX: usize = 32;

    /// One to 32 characters with at least one letter or Han character. The dot inside names of
    /// several peoples (`·`) is brought to one form.
    pub fn parse(raw: &str) -> Result<Self, FieldFault> {
        let line = Line::required(raw, Self::MAX)?;
        let name: String = line.as_str().chars().map(one_dot).collect();
        if name
            .chars()
            .any(|c| c.is_alphabetic() || is_han(c) || is_private(c))
        {
            Ok(Self(name))
        } else {
            Err(FieldFault::Format)
        }
    }

    /// In full. Only to be sealed, or shown to whom it is meant for.
    pub fn in_full(&self) -> &str {
        &self.0
    }

    /// 姓: two characters for 欧阳 and the like, the first word of a name in letters, else the
    /// first character. Also right for a surname typed alone.
    pub fn surname(&self) -> &str {
        let mut ends = self.0.char_indices().map(|(at, c)| at + c.len_utf8());
        let first = ends.next().unwrap_or(0);
        let second = ends.next().unwrap_or(first);
        if COMPOUND.contains(&&self.0[..second]) {
            return &self.0[..second];
        }
        if self.0.starts_with(is_han) {
            return &self.0[..first];
        }
        self.0
            .split([' ', '·', ','])
            .find(|w| !w.is_empty())
            .unwrap_or(&self.0)
    }

    /// The surname as it is hashed for the gate: letters in lower case.
    pub fn surname_key(&self) -> String {
        self.surname().to_lowercase()
    }

    /// `王**`, `王*`, `欧阳*`, `J**`: the surname and at most two stars, at least one.
    pub fn masked(&self) -> String {
        let surname = self.surname();
        let shown: String = if surname.starts_with(is_han) {
            surname.to_owned()
        } else {
            surname.chars().take(1).collect()
        };
        let hidden = self
            .0
            .chars()
            .count()
            .saturating_sub(shown.chars().count())
            .clamp(1, 2);
        format!("{shown}{}", "*".repeat(hidden))
    }
}

fn one_dot(c: char) -> char {
    match c {
        '•' | '‧' | '・' | '⋅' | '∙' | '･' | '．' => '·',
        c => c,
    }
}

fn is_private(c: char) -> bool {
    matches!(c as u32, 0xe000..=0xf8ff | 0xf_0000..=0x10_fffd)
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonName(…)")
    }
}

impl fmt::Display for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// 公民身份号码 (GB 11643-1999)
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdNumber {
    digits: String,
    born: NaiveDate,
}

/// 省级行政区划代码 (GB/T 2260), and 83 of the residence permits of Taiwan.
const PROVINCES: [u8; 35] = [
    11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52,
    53, 54, 61, 62, 63, 64, 65, 71, 81, 82, 83,
];

const ID_WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

impl IdNumber {
    /// Eighteen characters with a real region, a real birth date and the right check digit. The
    /// fifteen-digit numbers ended in 2013 and are refused.
    pub fn parse(raw: &str) -> Result<Self, FieldFault> {
        if raw.len() > 200 {
            return Err(FieldFault::Format);
        }
        let digits: String = half_width(raw)
            .chars()
            .filter(|c| !matches!(c, ' ' | '-'))
            .map(|c| c.to_ascii_uppercase())
            .collect();
        if digits.is_empty() {
            return Err(FieldFault::Required);
        }
        let shape = digits.len() == 18
            && digits.bytes().take(17).all(|b| b.is_ascii_digit())
            && digits
                .bytes()
                .skip(17)
                .all(|b| b.is_ascii_digit() || b == b'X');
        if !shape {
            return Err(FieldFault::Format);
        }
        let region = digits[..2].parse().map_err(|_| FieldFault::Format)?;
        let born = NaiveDate::parse_from_str(&digits[6..14], "%Y%m%d")
            .map_err(|_| FieldFault::IdNumberChecksum)?;
        if !PROVINCES.contains(&region)
            || born.year() < 1900
            || !digits.ends_with(id_check(&digits))
        {
            return Err(FieldFault::IdNumberChecksum);
        }
        Ok(Self { digits, born })
    }

    /// In full. Only to be sealed or hashed, or shown after a recorded reveal.
    pub fn in_full(&self) -> &str {
        &self.digits
    }

    /// 出生日期
    pub fn born(&self) -> NaiveDate {
        self.born
    }

    /// 周岁, reached the day after the birthday (as the courts count); `None` before birth.
    pub fn age_on(&self, day: NaiveDate) -> Option<u32> {
        day.pred_opt()?
            .years_since(self.born)
            .or((day >= self.born).then_some(0))
    }

    /// `620***********123X`
    pub fn masked(&self) -> String {
        format!("{}***********{}", &self.digits[..3], &self.digits[14..])
    }
}

fn id_check(digits: &str) -> char {
    let sum: u32 = digits
        .bytes()
        .zip(ID_WEIGHTS)
        .map(|(b, weight)| u32::from(b - b'0') * weight)
        .sum();
    char::from(b"10X98765432"[(sum % 11) as usize])
}

impl fmt::Debug for IdNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdNumber(…)")
    }
}

/// 联系人
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    pub name: PersonName,
    pub phone: Phone,
}

/// Whether a text meant for the public holds something that looks like a mobile or identity
/// number, full width and spaced digits included.
pub fn holds_personal_number(text: &str) -> bool {
    let mut run = String::new();
    let mut found = false;
    for c in half_width(text).chars().chain(['。']) {
        match c {
            '0'..='9' | 'X' | 'x' => run.push(c),
            ' ' | '-' if !run.is_empty() => {}
            _ => {
                found |= looks_personal(&run);
                run.clear();
            }
        }
    }
    found
}

fn looks_personal(run: &str) -> bool {
    let mobile = Phone::parse(run).is_ok_and(|p| p.is_mobile());
    mobile || IdNumber::parse(run).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_same_person_however_the_number_is_typed() {
        for raw in [
            "13800138000",
            "138 0013 8000",
            "138-0013-8000",
            "１３８００１３８０００",
            "+86 13800138000",
            "+8613800138000",
            "0086 138 0013 8000",
            "8613800138000",
            "\u{200b}13800138000\u{3000}",
            "(+86)13800138000",
        ] {
            assert_eq!(Phone::parse(raw).unwrap().in_full(), "13800138000", "{raw}");
        }
        for raw in [
            "0931-8765432",
            "(0931)8765432",
            "+86 931 8765432",
            "0086-931-8765432",
            "０９３１ ８７６５４３２",
        ] {
            assert_eq!(Phone::parse(raw).unwrap().in_full(), "09318765432", "{raw}");
        }
        assert_eq!(
            Phone::parse("010 8765 4321").unwrap().e164(),
            "+861087654321"
        );
        assert_eq!(
            Phone::parse("13800138000").unwrap().e164(),
            "+8613800138000"
        );
        assert_eq!(
            Phone::parse("400-876-5432").unwrap().e164(),
            "+864008765432"
        );
    }

    #[test]
    fn what_is_no_telephone_number_is_refused() {
        for raw in [
            "12345",
            "1380013800",
            "138001380000",
            "12800138000",
            "23800138000",
            "8765432",
            "+1 202 555 0100",
            "0931-1765432",
            "0400-2000000",
            "1380013800a",
            "13800138000转1",
            "一三八",
            "++8613800138000",
            "138+00138000",
        ] {
            assert_eq!(
                Phone::parse(raw).unwrap_err(),
                FieldFault::PhoneFormat,
                "{raw}"
            );
        }
        assert_eq!(Phone::parse(" "), Err(FieldFault::Required));
        assert_eq!(
            Phone::parse_mobile("0931-8765432"),
            Err(FieldFault::PhoneFormat)
        );
        assert_eq!(
            Phone::parse(&"1".repeat(2_000_000)),
            Err(FieldFault::PhoneFormat)
        );
    }

    #[test]
    fn telephone_numbers_are_masked() {
        let shown = |raw| Phone::parse(raw).unwrap().masked();
        assert_eq!(shown("13800138000"), "138****8000");
        assert_eq!(shown("09318765432"), "0931****432");
        assert_eq!(shown("01087654321"), "010****321");
        assert_eq!(shown("4008765432"), "400****432");
        assert_eq!(Phone::parse("13800138000").unwrap().tail4(), "8000");
    }

    #[test]
    fn nothing_prints_in_full() {
        let contact = Contact {
            name: PersonName::parse("王小明").unwrap(),
            phone: Phone::parse("13800138000").unwrap(),
        };
        let printed = format!("{contact:?} {} {}", contact.name, contact.phone);
        assert_eq!(
            printed,
            "Contact { name: PersonName(…), phone: Phone(…) } 王** 138****8000"
        );
        assert_eq!(
            format!("{:?}", IdNumber::parse("11010519491231002X")),
            "Ok(IdNumber(…))"
        );
    }

    #[test]
    fn names_keep_rare_characters_and_show_a_surname() {
        for (raw, surname, masked) in [
            ("王小明", "王", "王**"),
            ("李四", "李", "李*"),
            ("欧阳修", "欧阳", "欧阳*"),
            ("司马相如", "司马", "司马**"),
            ("欧阳", "欧阳", "欧阳*"),
            ("王", "王", "王*"),
            ("王女士", "王", "王**"),
            ("𠮷田㛃", "𠮷", "𠮷**"),
            ("阿卜杜拉•买买提", "阿", "阿**"),
            ("John Smith", "John", "J**"),
            ("\u{3000}马·伊卜拉 ", "马", "马**"),
        ] {
            let name = PersonName::parse(raw).unwrap();
            assert_eq!((name.surname(), name.masked().as_str()), (surname, masked));
        }
        assert_eq!(
            PersonName::parse("阿卜杜拉•买买提").unwrap().in_full(),
            "阿卜杜拉·买买提"
        );
        assert_eq!(
            PersonName::parse("JOHN smith").unwrap().surname_key(),
            "john"
        );
    }

    #[test]
    fn what_is_no_name_is_refused() {
        assert_eq!(PersonName::parse("\u{3000}"), Err(FieldFault::Required));
        assert_eq!(PersonName::parse("123"), Err(FieldFault::Format));
        assert_eq!(PersonName::parse("😀"), Err(FieldFault::Format));
        assert_eq!(
            PersonName::parse("王\0"),
            Err(FieldFault::ControlCharacters)
        );
        assert_eq!(
            PersonName::parse(&"王".repeat(33)),
            Err(FieldFault::TooLong { max: 32 })
        );
    }

    #[test]
    fn identity_numbers_follow_the_standard() {
        let day = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).unwrap();
        // The worked examples of GB 11643-1999.
        let old = IdNumber::parse("11010519491231002x").unwrap();
        assert_eq!(old.born(), day(1949, 12, 31));
        assert_eq!(old.masked(), "110***********002X");
        assert!(
            IdNumber::parse("４４０５２４ １８８００１０１００１４").is_err(),
            "born before 1900"
        );
        let person = made("62010520000229001");
        assert_eq!(person.age_on(day(2016, 2, 29)), Some(15));
        assert_eq!(person.age_on(day(2016, 3, 1)), Some(16));
        assert_eq!(person.age_on(day(2000, 2, 29)), Some(0));
        assert_eq!(person.age_on(day(1999, 1, 1)), None);
    }

    #[test]
    fn wrong_identity_numbers_are_refused() {
        for raw in [
            "110105194912310021",
            "110105194902300021",
            "99010519491231002X",
            "110105194913310020",
        ] {
            assert_eq!(
                IdNumber::parse(raw).unwrap_err(),
                FieldFault::IdNumberChecksum,
                "{raw}"
            );
        }
        for raw in [
            "110105491231002",
            "1101051949123100",
            "X1010519491231002X",
            "11010519491231002Y",
        ] {
            assert_eq!(
                IdNumber::parse(raw).unwrap_err(),
                FieldFault::Format,
                "{raw}"
            );
        }
    }

    #[test]
    fn personal_numbers_in_public_text_are_found() {
        for text in [
            "电话13800138000找王",
            "１３８ ００１３ ８０００",
            "号11010519491231002X。",
            "tel:+86-138-0013-8000",
        ] {
            assert!(holds_personal_number(text), "{text}");
        }
        for text in [
            "共 31 家单位、120 个岗位",
            "6000-8000元",
            "2026-07-19 19:00-21:30",
            "9144030071526726XG",
            "TMD-2026-000123",
        ] {
            assert!(!holds_personal_number(text), "{text}");
        }
    }

    fn made(first17: &str) -> IdNumber {
        IdNumber::parse(&format!("{first17}{}", id_check(first17))).unwrap()
    }

    fn longest_digit_run(text: &str) -> usize {
        text.split(|c: char| !c.is_ascii_digit())
            .map(str::len)
            .max()
            .unwrap_or(0)
    }

    proptest! {
        #[test]
        fn masks_show_fewer_than_five_digits_in_a_row(raw in "1[3-9][0-9]{9}|0[3-9][0-9]{2}[2-8][0-9]{6,7}") {
            prop_assume!(!raw.starts_with("0400"));
            let phone = Phone::parse(&raw).unwrap();
            prop_assert!(longest_digit_run(&phone.masked()) < 5);
            prop_assert_eq!(Phone::parse(phone.in_full()).unwrap(), phone.clone());
            prop_assert_eq!(Phone::parse(&phone.e164()).unwrap(), phone);
        }

        #[test]
        fn a_masked_name_hides_something(raw in "[一-龥]{1,8}|[A-Za-z]{2,9} [A-Za-z]{2,9}") {
            let name = PersonName::parse(&raw).unwrap();
            prop_assert!(name.masked().ends_with('*'));
            prop_assert_ne!(name.masked(), name.in_full());
        }

        #[test]
        fn one_wrong_digit_is_noticed(at in 0_usize..17, change in 1_u8..10) {
            let good = "11010519491231002X".as_bytes();
            let mut bad = good.to_vec();
            bad[at] = b'0' + (bad[at] - b'0' + change) % 10;
            prop_assert!(IdNumber::parse(std::str::from_utf8(&bad).unwrap()).is_err());
        }

        #[test]
        fn readers_never_panic(raw in any::<String>()) {
            prop_assert!(Phone::parse(&raw).is_err() || !raw.is_empty());
            if let Ok(name) = PersonName::parse(&raw) {
                prop_assert!(!name.surname().is_empty());
            }
            prop_assert!(IdNumber::parse(&raw).is_err() || raw.chars().count() >= 18);
            holds_personal_number(&raw);
        }
    }
}
