//! What a ticket carries: the secret inside its QR code, and a short code for typing. Both are
//! made from random bytes that the caller brings, and both are upper case and digits only, so
//! that a QR code can use its compact alphanumeric mode.
use super::fault::FieldFault;
use super::text::half_width;
use serde::{Serialize, Serializer};
use std::fmt;

/// 32 characters without I, L, O and U, as Crockford's base 32.
const BASE32: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The same without Z, so that their number is a prime and one check character finds every
/// single mistake.
const BASE31: &[u8; 31] = b"0123456789ABCDEFGHJKMNPQRSTVWXY";

/// 3^i mod 31: all different and none zero, so a changed character and a swap of two both show.
const WEIGHTS: [u32; 8] = [1, 3, 9, 27, 19, 26, 16, 17];

/// 入场码密钥: 80 random bits as sixteen characters. Whoever has it is the ticket's holder, so
/// it never shows in logs.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Secret(String);

impl Secret {
    /// How many characters a secret has.
    pub const LENGTH: usize = 16;

    pub fn from_bytes(bytes: [u8; 10]) -> Self {
        let mut out = String::with_capacity(Self::LENGTH);
        for part in bytes.chunks(5) {
            let bits = part.iter().fold(0_u64, |bits, b| bits << 8 | u64::from(*b));
            for place in (0..8).rev() {
                out.push(char::from(BASE32[(bits >> (5 * place) & 31) as usize]));
            }
        }
        Self(out)
    }

    /// Reads it back: lower case, spaces and dashes are forgiven, O is 0, I and L are 1.
    pub fn parse(raw: &str) -> Result<Self, FieldFault> {
        let text = typed(raw)?;
        let good = text.len() == Self::LENGTH && text.bytes().all(|b| BASE32.contains(&b));
        if good {
            Ok(Self(text))
        } else {
            Err(FieldFault::Format)
        }
    }

    /// For the link and to be hashed or sealed.
    pub fn in_full(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// 输入码: seven characters and a check character, for typing when no camera helps. It names a
/// record among those of one fair; it proves nothing, so it may be printed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(String);

impl Code {
    /// How many characters a code has, the check character included.
    pub const LENGTH: usize = 8;

    /// How many codes there are.
    pub const COUNT: u64 = 31_u64.pow(7);

    pub fn from_bytes(bytes: [u8; 8]) -> Self {
        Self::from_index(u64::from_be_bytes(bytes))
    }

    /// The code of a running number (modulo [`Self::COUNT`]), for devices that number their own.
    pub fn from_index(index: u64) -> Self {
        let mut rest = index;
        let mut values = [0_u32; 8];
        for value in values[..7].iter_mut().rev() {
            *value = u32::try_from(rest % 31).unwrap_or(0);
            rest /= 31;
        }
        values[7] = 0;
        let sum = weighted(&values);
        // The last weight is 17, and 17 · 11 = 187 = 6 · 31 + 1.
        values[7] = (31 - sum) % 31 * 11 % 31;
        Self(
            values
                .iter()
                .map(|v| char::from(BASE31[*v as usize]))
                .collect(),
        )
    }

    /// Reads what people type: any case and width, spaces and dashes, O for 0, I and L for 1,
    /// Z for 2.
    pub fn parse(raw: &str) -> Result<Self, FieldFault> {
        let text = typed(raw)?.replace('Z', "2");
        let values: Option<Vec<u32>> = text.bytes().map(value).collect();
        match values {
            Some(values) if values.len() == Self::LENGTH => {
                if weighted(&values) == 0 {
                    Ok(Self(text))
                } else {
                    Err(FieldFault::Checksum)
                }
            }
            _ => Err(FieldFault::Format),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn into_string(self) -> String {
        self.0
    }

    /// `7K3M 9QX2`: in groups of four, for reading aloud and printing.
    pub fn grouped(&self) -> String {
        grouped(&self.0)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0)
    }
}

/// Groups of four characters with spaces between.
pub fn grouped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    for (at, c) in text.chars().enumerate() {
        if at > 0 && at % 4 == 0 {
            out.push(' ');
        }
        out.push(c);
    }
    out
}

/// Upper case without separators, look-alikes brought home.
fn typed(raw: &str) -> Result<String, FieldFault> {
    if raw.len() > 200 {
        return Err(FieldFault::Format);
    }
    let text: String = half_width(raw)
        .chars()
        .filter(|c| !matches!(c, ' ' | '-' | '_' | '.' | '\u{2010}'..='\u{2015}'))
        .map(|c| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            c => c,
        })
        .collect();
    if text.is_empty() {
        Err(FieldFault::Required)
    } else {
        Ok(text)
    }
}

fn value(b: u8) -> Option<u32> {
    (0..).zip(BASE31).find(|(_, a)| **a == b).map(|(at, _)| at)
}

fn weighted(values: &[u32]) -> u32 {
    values.iter().zip(WEIGHTS).map(|(v, w)| v * w).sum::<u32>() % 31
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_secret_is_sixteen_characters_of_a_small_alphabet() {
        assert_eq!(Secret::from_bytes([0; 10]).in_full(), "0000000000000000");
        assert_eq!(Secret::from_bytes([255; 10]).in_full(), "ZZZZZZZZZZZZZZZZ");
        let secret = Secret::from_bytes([1, 35, 69, 103, 137, 171, 205, 239, 1, 35]);
        assert_eq!(secret.in_full(), "04HMASW9NF6YY093");
        assert_eq!(Secret::parse("o4hm-asw9-nf6y-yo93"), Ok(secret.clone()));
        assert_eq!(format!("{secret:?}"), "Secret(…)");
    }

    #[test]
    fn what_is_no_secret_is_refused() {
        assert_eq!(Secret::parse(""), Err(FieldFault::Required));
        for raw in [
            "04HMASW9NF6YY09",
            "04HMASW9NF6YY0933",
            "04HMASW9NF6YY09U",
            "../../etc/passwd",
            "%2e%2e",
        ] {
            assert_eq!(Secret::parse(raw), Err(FieldFault::Format), "{raw}");
        }
    }

    #[test]
    fn codes_are_read_as_people_type_them() {
        let code = Code::from_index(31 * 31 + 62);
        assert_eq!(code.as_str().len(), 8);
        assert!(code.as_str().starts_with("0000120"), "{code}");
        assert_eq!(code.grouped().len(), 9);
        for raw in [
            code.as_str().to_lowercase(),
            code.grouped(),
            code.grouped().replace(' ', "-"),
            code.as_str()
                .replace('0', "o")
                .replace('1', "l")
                .replace('2', "z"),
            code.as_str().replace('0', "Ｏ"),
        ] {
            assert_eq!(Code::parse(&raw).as_ref(), Ok(&code), "{raw}");
        }
        assert_eq!(Code::parse(" "), Err(FieldFault::Required));
        assert_eq!(Code::parse("123"), Err(FieldFault::Format));
        assert_eq!(Code::parse("7K3M9QU2"), Err(FieldFault::Format));
    }

    #[test]
    fn numbered_codes_are_all_different() {
        let codes: std::collections::HashSet<Code> = (0..20_000).map(Code::from_index).collect();
        assert_eq!(codes.len(), 20_000);
        assert_eq!(Code::from_index(Code::COUNT), Code::from_index(0));
    }

    #[test]
    fn every_single_change_and_every_adjacent_swap_is_noticed() {
        for index in [0, 1, 12_345_678, 987_654_321, Code::COUNT - 1] {
            let code = Code::from_index(index);
            for at in 0..8 {
                for other in BASE31 {
                    let mut bad = code.as_str().as_bytes().to_vec();
                    bad[at] = *other;
                    let bad = String::from_utf8(bad).unwrap();
                    assert_eq!(Code::parse(&bad).is_ok(), bad == code.as_str(), "{bad}");
                }
                if at < 7 {
                    let mut bad = code.as_str().as_bytes().to_vec();
                    bad.swap(at, at + 1);
                    let bad = String::from_utf8(bad).unwrap();
                    assert_eq!(Code::parse(&bad).is_ok(), bad == code.as_str(), "{bad}");
                }
            }
        }
    }

    #[test]
    fn everything_fits_the_alphanumeric_mode_of_qr_codes() {
        assert!(
            BASE32
                .iter()
                .all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
        );
        assert!(BASE31.iter().all(|b| BASE32.contains(b)));
    }

    proptest! {
        #[test]
        fn secrets_and_codes_are_read_back(ten in any::<[u8; 10]>(), eight in any::<[u8; 8]>()) {
            let secret = Secret::from_bytes(ten);
            prop_assert_eq!(Secret::parse(&secret.in_full().to_lowercase()), Ok(secret));
            let code = Code::from_bytes(eight);
            prop_assert_eq!(Code::parse(&code.grouped()), Ok(code));
        }

        #[test]
        fn reading_never_panics(raw in any::<String>()) {
            prop_assert!(Code::parse(&raw).is_err() || raw.len() >= 8);
            prop_assert!(Secret::parse(&raw).is_err() || raw.len() >= 16);
        }
    }
}
