//! Forms of accounts: text → values, all faults at once.
use super::commands::Staff;
use crate::{
    domain::{
        fault::{Faults, FieldFault},
        id::UnitId,
        office::{self, Office},
        role::Role,
        text::{Line, choice, half_width},
    },
    platform::form::Sent,
};

/// Characters of a person's or token's name at most.
const LONGEST_NAME: usize = 30;
const LONGEST_LOGIN: usize = 64;

/// 账号名: letters, digits and `._-@`, three at least; small letters, so that it can be typed either way.
pub fn login(raw: &str) -> Result<String, FieldFault> {
    let text = half_width(raw).to_lowercase();
    if text.is_empty() {
        return Err(FieldFault::Required);
    }
    if text.chars().count() > LONGEST_LOGIN {
        return Err(FieldFault::TooLong { max: LONGEST_LOGIN });
    }
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'@');
    if !text.bytes().all(fits) {
        return Err(FieldFault::Format);
    }
    if text.len() < 3 {
        return Err(FieldFault::TooShort { min: 3 });
    }
    Ok(text)
}

pub fn name(raw: &str) -> Result<String, FieldFault> {
    Line::required(raw, LONGEST_NAME).map(Line::into_string)
}

/// Staff with its login, as the form for a new account has it.
pub fn new_staff(sent: &Sent) -> Result<(String, Staff), Faults> {
    let mut faults = Faults::new();
    let login = faults.take("login", login(sent.get("login")));
    let staff = match staff(sent) {
        Ok(staff) => Some(staff),
        Err(more) => {
            for (field, fault) in more.iter() {
                faults.add(field.to_owned(), fault.clone());
            }
            None
        }
    };
    faults.into_result(login.zip(staff))
}

pub fn staff(sent: &Sent) -> Result<Staff, Faults> {
    let mut faults = Faults::new();
    let name = faults.take("name", name(sent.get("name")));
    let role = faults.take("role", choice::<Role>(sent.get("role")));
    let unit = faults.take("unit", unit(sent.get("unit")));
    let staff = || {
        Some(Staff {
            name: name?,
            role: role?,
            unit: unit?,
            leader: sent.get("leader") == "yes",
        })
    };
    let staff = staff();
    faults.into_result(staff)
}

fn unit(raw: &str) -> Result<Option<UnitId>, FieldFault> {
    match raw.trim() {
        "" => Ok(None),
        id => id.parse().map(Some).map_err(|_| FieldFault::UnknownChoice),
    }
}

pub fn office(sent: &Sent) -> Result<Office, Faults> {
    let mut faults = Faults::new();
    let office = office::read(|name| sent.get(name), &mut faults);
    faults.into_result(office)
}

/// The first administrator, as the first set-up asks.
pub struct First {
    pub office: Office,
    pub login: String,
    pub name: String,
}

pub fn setup(sent: &Sent) -> Result<First, Faults> {
    let mut faults = Faults::new();
    let office = office::read(|name| sent.get(name), &mut faults);
    let name = faults.take("name", name(sent.get("name")));
    let login = faults.take("login", login(sent.get("login")));
    if sent.get("new") != sent.get("again") {
        faults.add("again", FieldFault::Mismatch);
    }
    let first = || {
        Some(First {
            office: office?,
            login: login?,
            name: name?,
        })
    };
    let first = first();
    faults.into_result(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_are_small_letters_of_any_width() {
        assert_eq!(login(" Ｗang.Fang "), Ok("wang.fang".into()));
        assert_eq!(login("王芳"), Err(FieldFault::Format));
        assert_eq!(login("ab"), Err(FieldFault::TooShort { min: 3 }));
        assert_eq!(login("a b c"), Err(FieldFault::Format));
        assert_eq!(login(&"a".repeat(65)), Err(FieldFault::TooLong { max: 64 }));
    }
}
