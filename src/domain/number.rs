//! 办件编号 such as `TMD-2026-000123`: never reused; the printed slip adds a check digit, so that a
//! number read over the telephone cannot be one digit off.
use super::text::half_width_char;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr};

/// 办件编号
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseNumber {
    prefix: String,
    year: u16,
    serial: u32,
}

/// Why a text is no case number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    #[error("not a case number such as TMD-2026-000123")]
    Form,
    #[error("the check digit does not fit")]
    Check,
}

const LAST_SERIAL: u32 = 999_999_999;

impl CaseNumber {
    /// `prefix` is the office's code: 2 to 6 capital letters.
    pub fn new(prefix: &str, year: u16, serial: u32) -> Result<Self, NumberError> {
        let letters = prefix.bytes().all(|b| b.is_ascii_uppercase());
        let fits = (2..=6).contains(&prefix.len()) && letters;
        if !fits || !(2000..=2999).contains(&year) || serial == 0 || serial > LAST_SERIAL {
            return Err(NumberError::Form);
        }
        Ok(Self {
            prefix: prefix.to_owned(),
            year,
            serial,
        })
    }

    pub fn year(&self) -> u16 {
        self.year
    }

    /// 校验位: Damm over the digits of year and serial; finds every single wrong digit and every swap.
    pub fn check_digit(&self) -> u8 {
        let text = format!("{:04}{:06}", self.year, self.serial);
        let digits: Vec<u8> = text.bytes().map(|b| b - b'0').collect();
        damm(&digits)
    }

    /// 回执编号: as it stands on the slip.
    pub fn on_slip(&self) -> String {
        format!("{self}-{}", self.check_digit())
    }
}

/// H. M. Damm's totally anti-symmetric quasigroup of order 10.
fn damm(digits: &[u8]) -> u8 {
    const TABLE: [[u8; 10]; 10] = [
        [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
        [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
        [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
        [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
        [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
        [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
        [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
        [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
        [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
        [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
    ];
    digits
        .iter()
        .fold(0, |row, digit| TABLE[usize::from(row)][usize::from(*digit)])
}

impl fmt::Display for CaseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{:06}", self.prefix, self.year, self.serial)
    }
}

impl FromStr for CaseNumber {
    type Err = NumberError;

    /// Reads what people type: small letters, full-width digits, spaces, with or without the check digit.
    fn from_str(text: &str) -> Result<Self, NumberError> {
        if text.len() > 120 {
            return Err(NumberError::Form);
        }
        let plain: String = text
            .trim()
            .chars()
            .map(plain)
            .filter(|c| !c.is_whitespace())
            .collect();
        let parts: Vec<&str> = plain.split('-').collect();
        let (&[prefix, year, serial] | &[prefix, year, serial, _]) = parts.as_slice() else {
            return Err(NumberError::Form);
        };
        if year.len() != 4 || !(6..=9).contains(&serial.len()) {
            return Err(NumberError::Form);
        }
        let number = Self::new(prefix, digits(year)?, digits(serial)?)?;
        match parts.get(3) {
            Some(check) if *check != number.check_digit().to_string() => Err(NumberError::Check),
            _ => Ok(number),
        }
    }
}

fn digits<T: FromStr>(text: &str) -> Result<T, NumberError> {
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(NumberError::Form);
    }
    text.parse().map_err(|_| NumberError::Form)
}

fn plain(c: char) -> char {
    match half_width_char(c) {
        '—' | '–' | '−' => '-',
        c => c.to_ascii_uppercase(),
    }
}

impl Serialize for CaseNumber {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CaseNumber {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_what_people_type() {
        let number: CaseNumber = "TMD-2026-000123".parse().unwrap();
        assert_eq!(number.to_string(), "TMD-2026-000123");
        let slip = number.on_slip();
        for text in [
            slip.as_str(),
            " tmd-2026-000123 ",
            "ＴＭＤ－２０２６－０００１２３",
            "TMD – 2026 – 000123",
        ] {
            assert_eq!(text.parse().as_ref(), Ok(&number), "{text}");
        }
        for text in [
            "",
            "TMD",
            "TMD-26-000123",
            "T1D-2026-000123",
            "TMD-2026-0123",
            "TMD-2026-000000",
            "TMD-2026-+00123",
            "TMD-2026-000123-1-1",
        ] {
            assert_eq!(text.parse::<CaseNumber>(), Err(NumberError::Form), "{text}");
        }
    }

    proptest! {
        #[test]
        fn one_wrong_digit_or_a_swap_is_found(serial in 1_u32..1_000_000, place in 0_usize..6, digit in 0_u8..10) {
            let number = CaseNumber::new("TMD", 2026, serial).unwrap();
            let mut digits = format!("{serial:06}").into_bytes();
            let was = digits[place];
            digits[place] = b'0' + digit;
            let wrong = format!("TMD-2026-{}-{}", String::from_utf8(digits.clone()).unwrap(), number.check_digit());
            prop_assert_eq!(wrong.parse::<CaseNumber>().is_ok(), was == b'0' + digit);
            digits[place] = was;
            let next = (place + 1) % 6;
            if next > place {
                digits.swap(place, next);
                let swapped = format!("TMD-2026-{}-{}", String::from_utf8(digits.clone()).unwrap(), number.check_digit());
                prop_assert_eq!(swapped.parse::<CaseNumber>().is_ok(), digits[place] == digits[next]);
            }
        }
    }
}
