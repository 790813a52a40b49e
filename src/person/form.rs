//! What staff write about a person.
use crate::{
    domain::{
        contact::{Contact, IdNumber, PersonName, Phone},
        fault::{Faults, FieldFault},
        text::Line,
    },
    error::AppResult,
    platform::form::Sent,
};

/// 查看理由: long enough to mean something to whoever reads the record.
pub struct Reason(Line);

impl Reason {
    const SHORTEST: usize = 4;

    pub fn parse(raw: &str) -> AppResult<Self> {
        let mut faults = Faults::new();
        let reason = Line::required(raw, 200).and_then(|line| {
            if line.as_str().chars().count() < Self::SHORTEST {
                let min = Self::SHORTEST;
                return Err(FieldFault::TooShort { min });
            }
            Ok(line)
        });
        let reason = faults.take("reason", reason);
        Ok(Self(faults.into_result(reason)?))
    }

    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// Name and number, with the names that their fields have everywhere.
pub fn contact(sent: &Sent) -> AppResult<Contact> {
    let mut faults = Faults::new();
    let name = faults.take("name", PersonName::parse(sent.get("name")));
    let phone = faults.take("phone", Phone::parse_mobile(sent.get("phone")));
    let read = || {
        Some(Contact {
            name: name?,
            phone: phone?,
        })
    };
    Ok(faults.into_result(read())?)
}

/// An identity number, and the separate tick that it needs (个人信息保护法 29 条).
pub fn id_number(sent: &Sent) -> AppResult<IdNumber> {
    let mut faults = Faults::new();
    let number = faults.take("id_number", IdNumber::parse(sent.get("id_number")));
    if sent.get("consent") != "yes" {
        faults.add("consent", FieldFault::ConsentNeeded);
    }
    Ok(faults.into_result(number)?)
}
