//! What somebody reports, from a form, a document or a row of a table, as values; all faults at once.
use crate::{
    domain::{
        case::{Channel, Code, Kind, Line, Point, Text, Told, Urgency},
        contact::{Contact, PersonName, Phone},
        fault::{Faults, FieldFault},
        id::{FileId, PersonId},
        moment,
        number::CaseNumber,
    },
    platform::form::Sent,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Pictures of one report at most.
pub const MOST_PICTURES: usize = 6;
/// Other parties of a mediation at most.
pub const MOST_PARTIES: usize = 8;

/// A report as it was typed or sent. Which fields count is a matter of its kind and of the door.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Raw {
    /// Code of a category.
    pub category: String,
    pub text: String,
    /// What the ledger calls the case; made from category and place when empty. No personal data.
    pub title: String,
    /// desk, qr, phone, wechat_group, mini_program, hotline, patrol, visit, letter, reception, web, api
    pub channel: String,
    /// Code or id of a community, grid or building.
    pub area: String,
    /// Code on the banner of a desk.
    pub site: String,
    pub address: String,
    pub lat: Option<f64>,
    pub lng: Option<f64>,
    /// When it was said, RFC 3339; now when empty.
    pub said_at: String,
    pub name: String,
    pub phone: String,
    /// Recorded for somebody who has no telephone or does not write.
    pub on_behalf: bool,
    /// The other parties of a mediation.
    pub parties: Vec<RawParty>,
    /// The system it came from, such as 12345, and its number there.
    pub source: String,
    pub source_ref: String,
    /// emergency, utility, ordinary, complex; the category's own when empty.
    pub urgency: String,
    /// What follows at once: accept, dispatch or answer; nothing when empty.
    pub then: String,
    /// The answer that was given on the spot.
    pub answer: String,
    /// Numbers of the similar cases that were shown.
    pub shown: Vec<String>,
    /// Ids of pictures that were sent before.
    pub attachments: Vec<String>,
}

/// 另一方当事人
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RawParty {
    pub name: String,
    #[serde(default)]
    pub phone: String,
    /// The row of a form in which it stands, from 1; none in a document.
    #[serde(skip)]
    pub row: Option<usize>,
}

impl RawParty {
    /// What a field of this party is called where it was typed.
    fn field(&self, name: &str) -> String {
        match self.row {
            Some(row) => format!("party_{row}_{name}"),
            None => format!("party_{name}"),
        }
    }
}

impl Raw {
    /// A browser's form.
    pub fn of(sent: &Sent) -> Self {
        let get = |name: &str| sent.get(name).to_owned();
        let parties = (1..=MOST_PARTIES).map(|row| RawParty {
            name: get(&format!("party_{row}_name")),
            phone: get(&format!("party_{row}_phone")),
            row: Some(row),
        });
        let blank = |text: &str| text.trim().is_empty();
        let typed = |party: &RawParty| !blank(&party.name) || !blank(&party.phone);
        Self {
            category: get("category"),
            text: get("text"),
            title: get("title"),
            channel: get("channel"),
            area: get("area"),
            site: get("site"),
            address: get("address"),
            said_at: get("said_at"),
            name: get("name"),
            phone: get("phone"),
            on_behalf: sent.get("on_behalf") == "yes",
            parties: parties.filter(typed).collect(),
            urgency: get("urgency"),
            then: get("then"),
            answer: get("answer"),
            shown: sent.all("shown").into_iter().map(str::to_owned).collect(),
            ..Self::default()
        }
    }
}

/// Who speaks, as far as they say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Speaker {
    Reachable(Contact),
    /// A number alone is enough to be called back.
    Number(Phone),
    /// A name without a number, or nothing.
    Unreachable(Option<PersonName>),
    /// Somebody whom the office has in its registry; never read from a form.
    Known(PersonId),
}

/// What happens right after the report, in the same transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Then {
    Nothing,
    Accept(Option<Urgency>),
    /// Accept, and dispatch by rule.
    Dispatch(Option<Urgency>),
    /// 当场答复
    Answer(Text),
}

/// A report that was read; its place is not looked up yet.
#[derive(Clone, Debug)]
pub struct Read {
    pub kind: Kind,
    pub category: Code,
    /// As whoever took it in sees it.
    pub urgency: Option<Urgency>,
    pub text: Text,
    pub title: Option<Line>,
    pub channel: Channel,
    pub address: Option<Line>,
    pub point: Option<Point>,
    pub said_at: Option<DateTime<Utc>>,
    pub speaker: Speaker,
    pub on_behalf: bool,
    pub parties: Vec<Contact>,
    pub source: Option<(Code, Code)>,
    pub then: Then,
    pub shown: Vec<CaseNumber>,
    pub attachments: Vec<FileId>,
}

/// Reads everything and notes every fault. `channel` is the door's own when nothing is said.
pub fn read(raw: &Raw, kind: Kind, channel: Channel, faults: &mut Faults) -> Option<Read> {
    let category = faults.take("category", code(&raw.category));
    let text = faults.take("text", Text::new(&raw.text));
    let title = faults.take("title", optional(&raw.title, Line::new));
    let channel = faults.take("channel", known(&raw.channel, channel, Channel::from_code));
    let address = faults.take("address", optional(&raw.address, Line::new));
    let point = faults.take("lat", point(raw));
    let said_at = faults.take("said_at", optional(&raw.said_at, moment::instant));
    let speaker = speaker(raw, faults);
    let parties = parties(raw, kind, faults);
    let source = source(raw, faults);
    let urgency = faults.take("urgency", optional(&raw.urgency, urgency));
    let then = then(raw, urgency.flatten(), faults);
    let shown = raw.shown.iter().map(|number| number.parse());
    let shown = shown.collect::<Result<Vec<CaseNumber>, _>>();
    let shown = faults.take("shown", shown.map_err(|_| FieldFault::Format));
    let attachments = faults.take("attachments", attachments(&raw.attachments));
    Some(Read {
        kind,
        category: category?,
        urgency: urgency?,
        text: text?,
        title: title?,
        channel: channel?,
        address: address?,
        point: point?,
        said_at: said_at?,
        speaker: speaker?,
        on_behalf: raw.on_behalf,
        parties: parties?,
        source: source?,
        then: then?,
        shown: shown?,
        attachments: attachments?,
    })
}

fn code(raw: &str) -> Result<Code, FieldFault> {
    if raw.trim().is_empty() {
        return Err(FieldFault::Required);
    }
    Code::new(raw).map_err(|_| FieldFault::UnknownChoice)
}

fn optional<T>(
    raw: &str,
    read: impl FnOnce(&str) -> Result<T, FieldFault>,
) -> Result<Option<T>, FieldFault> {
    let raw = raw.trim();
    (!raw.is_empty()).then(|| read(raw)).transpose()
}

fn known<T: Copy>(
    raw: &str,
    default: T,
    from_code: impl FnOnce(&str) -> Option<T>,
) -> Result<T, FieldFault> {
    match raw.trim() {
        "" => Ok(default),
        code => from_code(code).ok_or(FieldFault::UnknownChoice),
    }
}

fn point(raw: &Raw) -> Result<Option<Point>, FieldFault> {
    match (raw.lat, raw.lng) {
        (None, None) => Ok(None),
        (Some(lat), Some(lng)) => Point::new(&format!("{lat:.5},{lng:.5}")).map(Some),
        _ => Err(FieldFault::Required),
    }
}

fn speaker(raw: &Raw, faults: &mut Faults) -> Option<Speaker> {
    let name = faults.take("name", optional(&raw.name, PersonName::parse))?;
    let phone = faults.take("phone", optional(&raw.phone, Phone::parse))?;
    Some(match (name, phone) {
        (Some(name), Some(phone)) => Speaker::Reachable(Contact { name, phone }),
        (None, Some(phone)) => Speaker::Number(phone),
        (name, None) => Speaker::Unreachable(name),
    })
}

fn parties(raw: &Raw, kind: Kind, faults: &mut Faults) -> Option<Vec<Contact>> {
    if kind != Kind::Mediation {
        return Some(Vec::new());
    }
    if raw.parties.len() > MOST_PARTIES {
        faults.add("parties", FieldFault::TooMany { max: MOST_PARTIES });
        return None;
    }
    let mut read = Vec::new();
    for party in &raw.parties {
        let name = faults.take(party.field("name"), PersonName::parse(&party.name));
        let phone = faults.take(party.field("phone"), Phone::parse(&party.phone));
        if let (Some(name), Some(phone)) = (name, phone) {
            read.push(Contact { name, phone });
        }
    }
    (read.len() == raw.parties.len()).then_some(read)
}

#[expect(
    clippy::option_option,
    reason = "the outer one is empty after a fault, the inner one when nothing was given"
)]
fn source(raw: &Raw, faults: &mut Faults) -> Option<Option<(Code, Code)>> {
    let named = |text: &str| optional(text, Code::new);
    let source = faults.take("source", named(&raw.source))?;
    let number = faults.take("source_ref", named(&raw.source_ref))?;
    match (source, number) {
        (None, None) => Some(None),
        (Some(source), Some(number)) => Some(Some((source, number))),
        (None, Some(_)) => {
            faults.add("source", FieldFault::Required);
            None
        }
        (Some(_), None) => {
            faults.add("source_ref", FieldFault::Required);
            None
        }
    }
}

fn urgency(code: &str) -> Result<Urgency, FieldFault> {
    Urgency::from_code(code).ok_or(FieldFault::UnknownChoice)
}

fn then(raw: &Raw, urgency: Option<Urgency>, faults: &mut Faults) -> Option<Then> {
    match raw.then.trim() {
        "" | "register" => Some(Then::Nothing),
        "accept" => Some(Then::Accept(urgency)),
        "dispatch" => Some(Then::Dispatch(urgency)),
        "answer" => faults
            .take("answer", Text::new(&raw.answer))
            .map(Then::Answer),
        _ => {
            faults.add("then", FieldFault::UnknownChoice);
            None
        }
    }
}

fn attachments(raw: &[String]) -> Result<Vec<FileId>, FieldFault> {
    if raw.len() > MOST_PICTURES {
        return Err(FieldFault::TooMany { max: MOST_PICTURES });
    }
    raw.iter()
        .map(|id| id.trim().parse().map_err(|_| FieldFault::NotFound))
        .collect()
}

/// How somebody was told on the spot.
pub const ON_THE_SPOT: Told = Told::InPerson;

#[cfg(test)]
mod tests {
    use super::*;

    fn raw() -> Raw {
        Raw {
            category: "lighting".into(),
            text: "巷子南头没有路灯。".into(),
            ..Raw::default()
        }
    }

    fn read_one(raw: &Raw) -> Result<Read, Faults> {
        let mut faults = Faults::new();
        let read = read(raw, Kind::ResidentRequest, Channel::Desk, &mut faults);
        faults.into_result(read)
    }

    #[test]
    fn a_number_alone_is_enough_and_nothing_at_all_as_well() {
        let mut typed = raw();
        typed.phone = "138 0000 8000".into();
        let speaker = read_one(&typed).unwrap().speaker;
        assert!(matches!(speaker, Speaker::Number(_)));
        let speaker = read_one(&raw()).unwrap().speaker;
        assert_eq!(speaker, Speaker::Unreachable(None));
    }

    #[test]
    fn every_fault_is_told_at_once() {
        let typed = Raw {
            category: String::new(),
            text: " ".into(),
            phone: "12".into(),
            channel: "pigeon".into(),
            then: "answer".into(),
            source_ref: "W-1".into(),
            lat: Some(36.0),
            ..Raw::default()
        };
        let faults = read_one(&typed).unwrap_err();
        let named: Vec<String> = faults.iter().map(|(field, _)| field.to_owned()).collect();
        for field in [
            "category", "text", "phone", "channel", "answer", "source", "lat",
        ] {
            assert!(named.iter().any(|one| one == field), "{field} in {named:?}");
        }
    }

    #[test]
    fn parties_belong_to_mediations_only() {
        let mut typed = raw();
        typed.parties = vec![RawParty {
            name: "王强".into(),
            phone: "13900001111".into(),
            row: None,
        }];
        assert!(read_one(&typed).unwrap().parties.is_empty());
        let mut faults = Faults::new();
        let read = read(&typed, Kind::Mediation, Channel::Desk, &mut faults);
        assert_eq!(read.unwrap().parties.len(), 1);
    }
}
