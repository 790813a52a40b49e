//! What a steward types or a scanner sends, as a scan.
use super::{Direction, Reason, Scan, Shown, Token};
use crate::{
    domain::{
        contact::PersonName,
        fault::{Faults, FieldFault},
        text::{Line, half_width},
        ticket::{Code, Secret},
    },
    error::AppResult,
    seeker::ticket::last_part,
};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

/// What stands in the one field of the gate.
#[derive(Debug, PartialEq, Eq)]
pub enum Entry {
    /// A scanned link, a secret or a code.
    Ticket(Found),
    /// 姓 + 手机后四位
    Tail { surname: PersonName, tail: String },
}

#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    Secret(Secret),
    /// A code; and the surname and digits that it would be otherwise, such as `CHEN6608`.
    Code(Code, Option<(PersonName, String)>),
}

/// Reads the field: scanner guns type the whole link, people type a code or «王 6608».
pub fn entry(raw: &str) -> Result<Entry, FieldFault> {
    let raw = raw.trim();
    if raw.is_empty() {
        return Err(FieldFault::Required);
    }
    if raw.len() > 300 {
        return Err(FieldFault::TooLong { max: 100 });
    }
    if let Ok(secret) = Secret::parse(last_part(raw)) {
        return Ok(Entry::Ticket(Found::Secret(secret)));
    }
    let named = tail(raw);
    match (Code::parse(raw), named) {
        (Ok(code), named) => Ok(Entry::Ticket(Found::Code(code, named))),
        (Err(_), Some((surname, tail))) => Ok(Entry::Tail { surname, tail }),
        (Err(fault), None) => Err(fault),
    }
}

/// Four digits and a surname, in either order.
fn tail(raw: &str) -> Option<(PersonName, String)> {
    let text = half_width(raw);
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let name: String = text.chars().filter(|c| !c.is_ascii_digit()).collect();
    let together = text.contains(&digits);
    if digits.len() != 4 || !together {
        return None;
    }
    PersonName::parse(&name).ok().map(|name| (name, digits))
}

/// 一次核验, as a device reports it.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = GateScanBody)]
pub struct ScanBody {
    /// Secret of the ticket, or its whole address. One of `ticket`, `ticket_hash`
    /// and `code` is needed.
    pub ticket: Option<String>,
    /// Instead of `ticket`, for devices that keep no secrets: the secret's SHA-256 in lower-case
    /// hexadecimal.
    pub ticket_hash: Option<String>,
    /// Code printed on the ticket.
    pub code: Option<String>,
    /// Name of the gate.
    pub gate: String,
    /// Made by the device, once for each scan; 1–64 visible ASCII characters.
    pub nonce: String,
    /// `in` when absent.
    #[serde(default)]
    pub direction: Direction,
    /// When it happened, by the device's clock.
    pub scanned_at: Option<DateTime<Utc>>,
    /// Milliseconds that the server's clock was ahead of the device's when they last spoke before
    /// the scan.
    pub clock_offset_ms: Option<i64>,
    /// The scan was made without a network.
    #[serde(default)]
    pub offline: bool,
    /// What the device showed then: admitted, left, already_in or refused; admitted or left when
    /// absent.
    pub shown: Option<String>,
    /// Why it refused.
    pub shown_reason: Option<Reason>,
    /// Names the device among those of a gate.
    pub device: Option<String>,
}

impl ScanBody {
    /// What was scanned or typed: exactly one of three.
    fn token(&self, faults: &mut Faults) -> Option<Token> {
        match (&self.ticket, &self.ticket_hash, &self.code) {
            (Some(ticket), None, None) => Some(secret(ticket)),
            (None, Some(hash), None) => faults.take("ticket_hash", read_hash(hash)),
            (None, None, Some(code)) => faults.take("code", read_code(code)),
            (None, None, None) => {
                faults.add("ticket", FieldFault::Required);
                None
            }
            _ => {
                faults.add("code", FieldFault::Mismatch);
                None
            }
        }
    }

    fn shown(&self) -> Result<Option<Shown>, FieldFault> {
        let Some(shown) = &self.shown else {
            return Ok(None);
        };
        Ok(Some(match shown.as_str() {
            "admitted" | "left" => Shown::Passed,
            "already_in" => Shown::AlreadyIn,
            "refused" => Shown::Refused(self.shown_reason.unwrap_or(Reason::Unknown)),
            _ => return Err(FieldFault::UnknownChoice),
        }))
    }

    /// Checks a report. `gates` are the gates of the fair; what was scanned without a network is
    /// kept even when its gate was renamed since.
    pub fn read(self, gates: &[String]) -> AppResult<Scan> {
        let mut faults = Faults::new();
        let gate = Line::required(&self.gate, 40).and_then(|gate| {
            let known = self.offline || gates.iter().any(|known| known == gate.as_str());
            if known {
                Ok(gate.into_string())
            } else {
                Err(FieldFault::UnknownChoice)
            }
        });
        let gate = faults.take("gate", gate);
        let nonce = faults.take("nonce", nonce(&self.nonce));
        let token = self.token(&mut faults);
        let shown = faults.take("shown", self.shown());
        let device = Line::optional(self.device.as_deref().unwrap_or_default(), 64);
        let device = faults.take("device", device);
        let read = || {
            Some(Scan {
                token: token?,
                given: None,
                gate: gate?,
                direction: self.direction,
                nonce: nonce?,
                scanned_at: self.scanned_at,
                measured: self.clock_offset_ms.and_then(TimeDelta::try_milliseconds),
                offline: self.offline,
                shown: shown?,
                device: device?.map(String::from).unwrap_or_default(),
            })
        };
        Ok(faults.into_result(read())?)
    }
}

/// A QR code that is none of ours is an answer, not a fault.
fn secret(raw: &str) -> Token {
    match Secret::parse(last_part(raw)) {
        Ok(secret) => Token::Secret(secret),
        Err(_) => Token::Unreadable,
    }
}

fn read_hash(raw: &str) -> Result<Token, FieldFault> {
    let digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if raw.len() == 64 && raw.bytes().all(digit) {
        Ok(Token::Hash(raw.to_owned()))
    } else {
        Err(FieldFault::Format)
    }
}

fn read_code(raw: &str) -> Result<Token, FieldFault> {
    match Code::parse(raw) {
        Ok(code) => Ok(Token::Code(code)),
        Err(FieldFault::Required) => Err(FieldFault::Required),
        Err(_) => Ok(Token::Unreadable),
    }
}

fn nonce(raw: &str) -> Result<String, FieldFault> {
    if raw.is_empty() {
        return Err(FieldFault::Required);
    }
    if raw.len() > 64 {
        return Err(FieldFault::TooLong { max: 64 });
    }
    if raw.bytes().all(|b| b.is_ascii_graphic()) {
        Ok(raw.to_owned())
    } else {
        Err(FieldFault::Format)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tail_of(raw: &str) -> (String, String) {
        match entry(raw) {
            Ok(Entry::Tail { surname, tail }) => (surname.in_full().to_owned(), tail),
            other => panic!("{raw}: {other:?}"),
        }
    }

    #[test]
    fn one_field_takes_what_people_and_scanners_type() {
        let secret = Secret::from_bytes([7; 10]);
        for raw in [
            secret.in_full().to_owned(),
            format!("HTTPS://JOB.TMD.CN/T/{}", secret.in_full()),
            format!(" http://x/t/{}/\n", secret.in_full().to_lowercase()),
        ] {
            assert_eq!(
                entry(&raw),
                Ok(Entry::Ticket(Found::Secret(secret.clone())))
            );
        }
        let code = Code::from_index(123_456_789);
        let found = Found::Code(code.clone(), None);
        assert_eq!(entry(&code.grouped()), Ok(Entry::Ticket(found)));
        assert_eq!(tail_of("王6608"), ("王".into(), "6608".into()));
        assert_eq!(tail_of("６６０８ 欧阳"), ("欧阳".into(), "6608".into()));
        assert_eq!(tail_of("li 6608"), ("li".into(), "6608".into()));
    }

    #[test]
    fn what_is_none_of_them_is_told() {
        assert_eq!(entry("  "), Err(FieldFault::Required));
        assert_eq!(entry("6608"), Err(FieldFault::Format));
        assert_eq!(entry("66 王 08"), Err(FieldFault::Format));
        assert!(entry(&"x".repeat(10_000)).is_err());
        let code = Code::from_index(5).into_string();
        let wrong = code.replace('5', "6");
        assert_eq!(entry(&wrong), Err(FieldFault::Checksum));
    }
}
