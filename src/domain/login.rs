//! What people sign in with.
use super::{fault::FieldFault, text::half_width};

const SHORTEST_PASSWORD: usize = 10;
const LONGEST_PASSWORD: usize = 128;
const LOGIN: std::ops::RangeInclusive<usize> = 3..=40;

/// 登录账号: lower case letters, digits and `. _ - @`; a phone number is one too.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Login(String);

impl Login {
    pub fn parse(raw: &str) -> Result<Self, FieldFault> {
        if raw.len() > 400 {
            return Err(FieldFault::TooLong { max: *LOGIN.end() });
        }
        let text = half_width(raw).to_lowercase();
        match text.chars().count() {
            0 => return Err(FieldFault::Required),
            n if n < *LOGIN.start() => {
                return Err(FieldFault::TooShort {
                    min: *LOGIN.start(),
                });
            }
            n if n > *LOGIN.end() => return Err(FieldFault::TooLong { max: *LOGIN.end() }),
            _ => {}
        }
        let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-_@".contains(c);
        if text.chars().all(good) {
            Ok(Self(text))
        } else {
            Err(FieldFault::Format)
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn into_string(self) -> String {
        self.0
    }
}

/// 新密码: long enough, not one character again and again, not the login. What was typed is kept
/// as it is, spaces included.
pub fn new_password(raw: &str, login: Option<&Login>) -> Result<String, FieldFault> {
    let length = raw.chars().count();
    if length == 0 {
        return Err(FieldFault::Required);
    }
    if length < SHORTEST_PASSWORD {
        return Err(FieldFault::TooShort {
            min: SHORTEST_PASSWORD,
        });
    }
    if length > LONGEST_PASSWORD {
        return Err(FieldFault::TooLong {
            max: LONGEST_PASSWORD,
        });
    }
    if raw.chars().any(char::is_control) {
        return Err(FieldFault::ControlCharacters);
    }
    if is_simple(raw) || login.is_some_and(|login| raw.to_lowercase().contains(login.as_str())) {
        return Err(FieldFault::Weak);
    }
    Ok(raw.to_owned())
}

/// Fewer than four different characters, or nothing but a run of the keyboard's digits.
fn is_simple(text: &str) -> bool {
    let different: std::collections::BTreeSet<char> = text.chars().collect();
    let run = "01234567890123456789";
    different.len() < 4
        || run.contains(text)
        || run.chars().rev().collect::<String>().contains(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_plain() {
        assert_eq!(
            Login::parse(" Ａlice.Wang ").unwrap().as_str(),
            "alice.wang"
        );
        assert_eq!(Login::parse("王芳芳"), Err(FieldFault::Format));
        assert_eq!(Login::parse("ab"), Err(FieldFault::TooShort { min: 3 }));
        assert_eq!(
            Login::parse(&"a".repeat(41)),
            Err(FieldFault::TooLong { max: 40 })
        );
        assert_eq!(Login::parse(" "), Err(FieldFault::Required));
    }

    #[test]
    fn a_password_is_hard_to_guess() {
        let login = Login::parse("lantern").unwrap();
        let check = |raw: &str| new_password(raw, Some(&login));
        assert!(check("correct horse").is_ok());
        assert!(check("夜市灯火通明又一年又一年").is_ok());
        assert_eq!(check("short"), Err(FieldFault::TooShort { min: 10 }));
        for weak in [
            "1234567890",
            "9876543210",
            "aaaaaaaaaaaa",
            "abababababab",
            "Lantern2026!",
        ] {
            assert_eq!(check(weak), Err(FieldFault::Weak), "{weak}");
        }
        assert_eq!(check("tab\tinside it"), Err(FieldFault::ControlCharacters));
    }
}
