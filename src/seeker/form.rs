//! What a seeker or staff typed, as values; all faults at once.
use crate::{
    domain::{
        contact::{Contact, PersonName, Phone},
        fault::{Faults, FieldFault},
        group::TargetGroup,
        text::{self, Line},
        ticket::Code,
    },
    error::AppResult,
    platform::form::Sent,
    seeker::ticket::last_part,
};

/// 意向工种: so many characters.
pub const WANTED: usize = 40;

/// What is asked of somebody who registers: at most four fields.
#[derive(Clone, Debug)]
pub struct Wish {
    pub contact: Contact,
    pub wanted: String,
    pub groups: Vec<TargetGroup>,
}

/// The raw texts of a registration, from a form or a document.
pub struct Raw<'a> {
    pub name: &'a str,
    pub phone: &'a str,
    pub wanted: &'a str,
    pub groups: Vec<&'a str>,
    pub consent: bool,
}

impl<'a> Raw<'a> {
    pub fn of(sent: &'a Sent) -> Self {
        Self {
            name: sent.get("name"),
            phone: sent.get("phone"),
            wanted: sent.get("wanted"),
            groups: sent.all("groups"),
            consent: sent.get("consent") == "yes",
        }
    }

    /// Reads everything and notes every fault.
    pub fn read(&self, faults: &mut Faults) -> Option<Wish> {
        let name = faults.take("name", PersonName::parse(self.name));
        let phone = faults.take("phone", Phone::parse_mobile(self.phone));
        let wanted = faults.take("wanted", wanted(self.wanted));
        let groups = faults.take("groups", groups(&self.groups));
        if !self.consent {
            faults.add("consent", FieldFault::ConsentNeeded);
        }
        Some(Wish {
            contact: Contact {
                name: name?,
                phone: phone?,
            },
            wanted: wanted?,
            groups: groups?,
        })
    }
}

/// A whole registration form.
pub fn wish(sent: &Sent) -> AppResult<Wish> {
    let mut faults = Faults::new();
    let wish = read(sent, &mut faults);
    Ok(faults.into_result(wish)?)
}

/// The form of staff, who may have given somebody a blank ticket: `code` is what stands on it.
pub fn wish_and_blank(sent: &Sent) -> AppResult<(Wish, Option<Code>)> {
    let mut faults = Faults::new();
    let wish = read(sent, &mut faults);
    let code = match Code::parse(last_part(sent.get("code"))) {
        Ok(code) => Ok(Some(code)),
        Err(FieldFault::Required) => Ok(None),
        Err(fault) => Err(fault),
    };
    let code = faults.take("code", code);
    Ok(faults.into_result(wish.zip(code))?)
}

fn read(sent: &Sent, faults: &mut Faults) -> Option<Wish> {
    let wish = Raw::of(sent).read(faults);
    // Nobody sees this field; only programs that fill in everything write into it.
    if !sent.get("homepage").is_empty() {
        faults.add("homepage", FieldFault::Format);
    }
    wish
}

/// What the holder of a ticket may change by hand.
pub fn amendment(sent: &Sent) -> AppResult<(String, Vec<TargetGroup>)> {
    let mut faults = Faults::new();
    let wanted = faults.take("wanted", wanted(sent.get("wanted")));
    let groups = faults.take("groups", groups(&sent.all("groups")));
    let read = || Some((wanted?, groups?));
    Ok(faults.into_result(read())?)
}

fn wanted(raw: &str) -> Result<String, FieldFault> {
    Ok(Line::optional(raw, WANTED)?
        .map(String::from)
        .unwrap_or_default())
}

/// Groups that may be ticked by the person: never the sealed ones.
fn groups(raw: &[&str]) -> Result<Vec<TargetGroup>, FieldFault> {
    let typed: Vec<&str> = raw
        .iter()
        .copied()
        .filter(|code| !code.is_empty())
        .collect();
    let groups: Vec<TargetGroup> = text::choices(&typed)?;
    if groups.iter().all(|group| group.is_offered()) {
        Ok(groups)
    } else {
        Err(FieldFault::UnknownChoice)
    }
}
