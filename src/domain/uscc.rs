//! 统一社会信用代码 (GB 32100-2015)
use super::fault::FieldFault;
use super::text::half_width;
use serde::Serialize;
use std::fmt;

/// The 31 characters of the standard, in the order of their values; I, O, S, V and Z are left out.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// 3^(i-1) mod 31
const WEIGHTS: [u32; 17] = [
    1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28,
];

/// Weights of the organisation code inside (GB 11714-1997).
const INNER_WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

/// 统一社会信用代码: eighteen characters with the right check character. Public by law, so it
/// may be printed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Uscc(String);

impl Uscc {
    /// Case, width and spaces are forgiven. Letters that the standard leaves out are asked about
    /// and never changed: whether an O was meant as 0 or as Q only the licence can say.
    pub fn parse(raw: &str) -> Result<Self, FieldFault> {
        if raw.len() > 200 {
            return Err(FieldFault::Format);
        }
        let code: String = half_width(raw)
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '-')
            .map(|c| c.to_ascii_uppercase())
            .collect();
        if code.is_empty() {
            return Err(FieldFault::Required);
        }
        if code.len() != 18 || !code.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(FieldFault::Format);
        }
        if let Some(letter) = code
            .chars()
            .find(|c| matches!(c, 'I' | 'O' | 'S' | 'V' | 'Z'))
        {
            return Err(FieldFault::UsccLetters { letter });
        }
        if !code.bytes().skip(2).take(6).all(|b| b.is_ascii_digit()) {
            return Err(FieldFault::Format);
        }
        match check(&code) {
            Some(right) if code.ends_with(right) => Ok(Self(code)),
            _ => Err(FieldFault::UsccChecksum),
        }
    }

    /// The code that begins with these seventeen characters, for demonstration data and tests.
    pub fn with_check(first17: &str) -> Result<Self, FieldFault> {
        let right = check(first17).ok_or(FieldFault::Format)?;
        Self::parse(&format!("{first17}{right}"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn into_string(self) -> String {
        self.0
    }

    /// Whether the check digit of the organisation code inside (characters 9 to 17) fits too.
    /// Some genuine codes fail this, so it is a hint for the reviewer and never a refusal.
    pub fn inner_fits(&self) -> bool {
        let inner = &self.0.as_bytes()[8..17];
        let sum: u32 = inner
            .iter()
            .zip(INNER_WEIGHTS)
            .map(|(b, w)| inner_value(*b) * w)
            .sum();
        let right = match 11 - sum % 11 {
            10 => b'X',
            11 => b'0',
            digit => b"0123456789"[digit as usize],
        };
        inner[8] == right
    }

    /// 登记管理部门: the first character; 9 is market regulation, 5 civil affairs, 1 institutions.
    pub fn register(&self) -> char {
        char::from(self.0.as_bytes()[0])
    }
}

impl fmt::Display for Uscc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The check character of the first seventeen, when they are all of the alphabet.
fn check(code: &str) -> Option<char> {
    let mut sum = 0;
    let mut seen = 0;
    for (b, weight) in code.bytes().zip(WEIGHTS) {
        sum += value(b)? * weight;
        seen += 1;
    }
    (seen == 17).then(|| char::from(ALPHABET[((31 - sum % 31) % 31) as usize]))
}

fn value(b: u8) -> Option<u32> {
    (0..)
        .zip(ALPHABET)
        .find(|(_, a)| **a == b)
        .map(|(at, _)| at)
}

/// In the organisation code letters count 10 to 35, all 26 of them.
fn inner_value(b: u8) -> u32 {
    u32::from(if b.is_ascii_digit() {
        b - b'0'
    } else {
        b - b'A' + 10
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KNOWN: [&str; 3] = [
        "9144030071526726XG",
        "914403001922038216",
        "91330100799655058B",
    ];

    #[test]
    fn known_codes_and_the_example_of_the_standard_pass() {
        for code in KNOWN {
            let code = Uscc::parse(code).unwrap();
            assert!(code.inner_fits());
            assert_eq!(code.register(), '9');
        }
        assert_eq!(
            Uscc::with_check("91350100M000100Y4").unwrap().as_str(),
            "91350100M000100Y43"
        );
    }

    #[test]
    fn case_width_and_spaces_are_forgiven() {
        for raw in [
            "9144030071526726xg",
            " 9144 0300 7152 6726 XG ",
            "９１４４０３００７１５２６７２６ＸＧ",
        ] {
            assert_eq!(Uscc::parse(raw).unwrap().as_str(), KNOWN[0]);
        }
    }

    #[test]
    fn a_wrong_check_character_is_named() {
        assert_eq!(
            Uscc::parse("91310115MA1H8R7C6D"),
            Err(FieldFault::UsccChecksum)
        );
        assert!(Uscc::parse("91310115MA1H8R7C67").is_ok());
    }

    #[test]
    fn letters_outside_the_standard_are_asked_about() {
        for (raw, letter) in [
            ("9144O30071526726XG", 'O'),
            ("9I44030071526726XG", 'I'),
            ("91440300715Z6726XG", 'Z'),
        ] {
            assert_eq!(Uscc::parse(raw), Err(FieldFault::UsccLetters { letter }));
        }
    }

    #[test]
    fn what_is_no_code_is_refused() {
        assert_eq!(Uscc::parse(" "), Err(FieldFault::Required));
        for raw in [
            "9144030071526726X",
            "9144030071526726XGG",
            "91A4030071526726XG",
            "9144030071526726X中",
            "714403007152672",
        ] {
            assert_eq!(Uscc::parse(raw), Err(FieldFault::Format), "{raw}");
        }
        assert_eq!(Uscc::with_check("914403"), Err(FieldFault::Format));
        assert_eq!(Uscc::parse(&"9".repeat(1_000_000)), Err(FieldFault::Format));
    }

    #[test]
    fn every_single_change_and_every_adjacent_swap_is_noticed() {
        for code in KNOWN {
            for at in 0..18 {
                for other in ALPHABET {
                    let mut bad = code.as_bytes().to_vec();
                    bad[at] = *other;
                    let bad = String::from_utf8(bad).unwrap();
                    assert_eq!(Uscc::parse(&bad).is_ok(), bad == code, "{bad}");
                }
                if at < 17 {
                    let mut bad = code.as_bytes().to_vec();
                    bad.swap(at, at + 1);
                    let bad = String::from_utf8(bad).unwrap();
                    assert_eq!(Uscc::parse(&bad).is_ok(), bad == code, "{bad}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn made_codes_are_read_back(body in "9[12][0-9]{6}[0-9A-HJ-NPQRTUWXY]{9}") {
            let code = Uscc::with_check(&body).unwrap();
            prop_assert_eq!(Uscc::parse(code.as_str()), Ok(code));
        }

        #[test]
        fn reading_never_panics(raw in any::<String>()) {
            prop_assert!(Uscc::parse(&raw).is_err() || raw.chars().count() >= 18);
        }
    }
}
