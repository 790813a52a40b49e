//! What was typed about a fair, as values. A form and an API call are read by the same rules and
//! differ only in the names of their fields.
use super::store::{Facts, Item};
use crate::{
    domain::{
        booking::{HOLD_MINUTES, HOLD_MINUTES_RANGE},
        booth::{self, Booth},
        fair::{FairKind, HostPart, ProgrammeKind, Slug, Times},
        fault::{Faults, FieldFault},
        group::TargetGroup,
        id::UnitId,
        text::{Line, Prose, choice, half_width, number},
    },
    platform::form::Sent,
};
use chrono::{DateTime, DurationRound, NaiveDateTime, TimeDelta, Utc};

/// The text of every field, before it is understood.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    pub slug: String,
    pub title: String,
    pub kind: String,
    pub venue: String,
    pub address: String,
    pub starts_at: String,
    pub ends_at: String,
    pub opens_at: String,
    pub closes_at: String,
    pub capacity: String,
    pub expected: String,
    pub hold_minutes: String,
    pub target_groups: Vec<String>,
    /// One a line.
    pub gates: String,
    pub booths: String,
    pub notice: String,
    pub intro: String,
    pub filing_no: String,
    pub permit_no: String,
    /// Units with their parts.
    pub hosts: Vec<(String, String)>,
}

/// How a form and a call spell what they name differently.
pub struct Names {
    pub opens_at: &'static str,
    pub closes_at: &'static str,
    pub hosts: &'static str,
}

pub const FORM: Names = Names {
    opens_at: "registration_opens_at",
    closes_at: "registration_closes_at",
    hosts: "co_hosts",
};

pub const CALL: Names = Names {
    opens_at: "registration/opens_at",
    closes_at: "registration/closes_at",
    hosts: "co_hosts",
};

/// A fair as the office wants it.
#[derive(Clone, Debug)]
pub struct Details {
    pub facts: Facts,
    pub booths: Vec<Booth>,
    pub hosts: Vec<(UnitId, HostPart)>,
}

const MAX_HOSTS: usize = 20;
const MAX_GATES: usize = 20;
const MAX_PEOPLE: i64 = 1_000_000;
/// The gate of an evening that names none.
const GATE: &str = "1";

impl Typed {
    pub fn of(sent: &Sent) -> Self {
        let get = |name: &str| sent.get(name).to_owned();
        let hosts = HOST_FIELDS.iter().flat_map(|(field, part)| {
            sent.all(field)
                .into_iter()
                .map(|unit| (unit.to_owned(), (*part).to_owned()))
                .collect::<Vec<_>>()
        });
        Self {
            slug: get("slug"),
            title: get("title"),
            kind: get("kind"),
            venue: get("venue"),
            address: get("address"),
            starts_at: get("starts_at"),
            ends_at: get("ends_at"),
            opens_at: get("registration_opens_at"),
            closes_at: get("registration_closes_at"),
            capacity: get("capacity"),
            expected: get("expected"),
            hold_minutes: get("hold_minutes"),
            target_groups: sent
                .all("target_groups")
                .into_iter()
                .map(str::to_owned)
                .collect(),
            gates: get("gates"),
            booths: get("booths"),
            notice: get("notice"),
            intro: get("intro"),
            filing_no: get("filing_no"),
            permit_no: get("permit_no"),
            hosts: hosts.collect(),
        }
    }
}

/// Tick lists of units, one for each part.
const HOST_FIELDS: [(&str, &str); 2] = [("organisers", "organiser"), ("co_hosts", "co_host")];

/// Reads all fields and keeps every fault.
pub fn details(typed: &Typed, names: &Names) -> Result<Details, Faults> {
    let mut faults = Faults::new();
    let faults_in = &mut faults;
    let slug = faults_in.take("slug", Slug::parse(&typed.slug));
    let title = faults_in.take("title", Line::required(&typed.title, 60));
    let kind = faults_in.take("kind", or(&typed.kind, FairKind::OnSite, choice));
    let venue = faults_in.take("venue", Line::required(&typed.venue, 60));
    let address = faults_in.take("address", Line::optional(&typed.address, 120));
    let times = times(typed, names, faults_in);
    let capacity = faults_in.take("capacity", number(&typed.capacity, 1, MAX_PEOPLE));
    let expected = faults_in.take(
        "expected",
        or(&typed.expected, 0, |raw| number(raw, 0, MAX_PEOPLE)),
    );
    let hold_minutes = faults_in.take("hold_minutes", minutes(&typed.hold_minutes));
    let target_groups = faults_in.take("target_groups", groups(&typed.target_groups));
    let gates = faults_in.take("gates", gates(&typed.gates));
    let plan = faults_in.take("booths", booth::plan(&typed.booths));
    let notice = faults_in.take("notice", Prose::optional(&typed.notice, 1000));
    let intro = faults_in.take("intro", Prose::optional(&typed.intro, 4000));
    let filing_no = faults_in.take("filing_no", Line::optional(&typed.filing_no, 60));
    let permit_no = faults_in.take("permit_no", Line::optional(&typed.permit_no, 60));
    let hosts = faults_in.take(names.hosts, hosts(&typed.hosts));
    let text = |prose: Option<Prose>| prose.map(String::from).unwrap_or_default();
    let line = |line: Option<Line>| line.map(String::from);
    let read = || {
        Some(Details {
            facts: Facts {
                slug: slug?.into_string(),
                title: title?.into_string(),
                kind: kind?,
                venue: venue?.into_string(),
                address: line(address?).unwrap_or_default(),
                times: times?,
                capacity: capacity?,
                expected: expected?,
                hold_minutes: hold_minutes?,
                target_groups: target_groups?,
                gates: gates?,
                plan: typed.booths.trim().replace("\r\n", "\n"),
                notice: text(notice?),
                intro: text(intro?),
                filing_no: line(filing_no?),
                permit_no: line(permit_no?),
            },
            booths: plan?,
            hosts: hosts?,
        })
    };
    faults.into_result(read())
}

/// An evening is planned ahead.
///
/// # Errors
/// 422 `past` on the field of the end.
pub fn ahead(details: Details, now: DateTime<Utc>) -> Result<Details, Faults> {
    if details.facts.times.ends_at <= now {
        return Err(Faults::one("ends_at", FieldFault::Past));
    }
    Ok(details)
}

fn or<T>(
    raw: &str,
    absent: T,
    read: impl FnOnce(&str) -> Result<T, FieldFault>,
) -> Result<T, FieldFault> {
    if raw.trim().is_empty() {
        Ok(absent)
    } else {
        read(raw)
    }
}

fn minutes(raw: &str) -> Result<i32, FieldFault> {
    let (min, max) = (*HOLD_MINUTES_RANGE.start(), *HOLD_MINUTES_RANGE.end());
    let read = |raw: &str| {
        let minutes = number(raw, min.into(), max.into())?;
        i32::try_from(minutes).map_err(|_| FieldFault::Format)
    };
    or(raw, HOLD_MINUTES, read)
}

/// Groups that an evening may name as welcome.
fn groups(raw: &[String]) -> Result<Vec<TargetGroup>, FieldFault> {
    let groups = crate::domain::text::choices::<TargetGroup, _>(raw)?;
    if groups.iter().all(|group| group.is_offered()) {
        Ok(groups)
    } else {
        Err(FieldFault::UnknownChoice)
    }
}

/// One gate a line; commas separate too.
fn gates(raw: &str) -> Result<Vec<String>, FieldFault> {
    let mut gates: Vec<String> = Vec::new();
    for part in raw.split(['\n', '\r', ',', '，', '、']) {
        if let Some(gate) = Line::optional(part, 20)? {
            let gate = gate.into_string();
            if !gates.contains(&gate) {
                gates.push(gate);
            }
        }
    }
    if gates.len() > MAX_GATES {
        return Err(FieldFault::TooMany { max: MAX_GATES });
    }
    if gates.is_empty() {
        gates.push(GATE.into());
    }
    Ok(gates)
}

fn hosts(raw: &[(String, String)]) -> Result<Vec<(UnitId, HostPart)>, FieldFault> {
    let mut hosts: Vec<(UnitId, HostPart)> = Vec::new();
    for (unit, part) in raw {
        if unit.trim().is_empty() {
            continue;
        }
        let unit = unit.parse().map_err(|_| FieldFault::NotFound)?;
        let part = choice(part)?;
        if !hosts.iter().any(|(known, _)| *known == unit) {
            hosts.push((unit, part));
        }
    }
    if hosts.len() > MAX_HOSTS {
        return Err(FieldFault::TooMany { max: MAX_HOSTS });
    }
    Ok(hosts)
}

/// An instant as a form (Beijing time) or a call (RFC 3339) writes it.
pub fn instant(raw: &str) -> Result<DateTime<Utc>, FieldFault> {
    let text = half_width(raw);
    if text.is_empty() {
        return Err(FieldFault::Required);
    }
    let read = DateTime::parse_from_rfc3339(&text).map(|at| at.to_utc());
    let at = read.or_else(|_| {
        NaiveDateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M")
            .or_else(|_| NaiveDateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M:%S"))
            .map(|at| (at - BEIJING_AHEAD).and_utc())
    });
    let at = at.map_err(|_| FieldFault::Format)?;
    let years = 2000..2200;
    if !years.contains(&chrono::Datelike::year(&at)) {
        return Err(FieldFault::Format);
    }
    at.duration_trunc(TimeDelta::milliseconds(1))
        .map_err(|_| FieldFault::Format)
}

const BEIJING_AHEAD: TimeDelta = TimeDelta::hours(8);
/// An evening does not last for days.
const LONGEST: TimeDelta = TimeDelta::days(31);

fn times(typed: &Typed, names: &Names, faults: &mut Faults) -> Option<Times> {
    let starts_at = faults.take("starts_at", instant(&typed.starts_at));
    let ends_at = match (starts_at, instant(&typed.ends_at)) {
        (Some(start), Ok(end)) if end <= start => Err(FieldFault::BeforeStart),
        (Some(start), Ok(end)) if end - start > LONGEST => Err(FieldFault::TooFar { days: 31 }),
        (_, read) => read,
    };
    let ends_at = faults.take("ends_at", ends_at);
    let opens_at = faults.take(names.opens_at, instant(&typed.opens_at));
    let closes_at = match (opens_at, ends_at, instant(&typed.closes_at)) {
        (Some(opens), _, Ok(closes)) if closes <= opens => Err(FieldFault::BeforeStart),
        (_, Some(end), Ok(closes)) if closes > end => Err(FieldFault::AfterEnd),
        (_, _, read) => read,
    };
    let closes_at = faults.take(names.closes_at, closes_at);
    Some(Times {
        starts_at: starts_at?,
        ends_at: ends_at?,
        registration_opens_at: opens_at?,
        registration_closes_at: closes_at?,
    })
}

/// 同期活动: one item of the side programme.
pub fn item(sent: &Sent) -> Result<Item, Faults> {
    let mut faults = Faults::new();
    let starts_at = faults.take("starts_at", instant(sent.get("starts_at")));
    let ends_at = match (starts_at, instant(sent.get("ends_at"))) {
        (Some(start), Ok(end)) if end <= start => Err(FieldFault::BeforeStart),
        (_, read) => read,
    };
    let ends_at = faults.take("ends_at", ends_at);
    let kind = faults.take("kind", choice::<ProgrammeKind>(sent.get("kind")));
    let title = faults.take("title", Line::required(sent.get("title"), 60));
    let place = faults.take("place", Line::optional(sent.get("place"), 60));
    let host = faults.take("host", Line::optional(sent.get("host"), 60));
    let text = |line: Option<Line>| line.map(String::from).unwrap_or_default();
    let read = || {
        Some(Item {
            starts_at: starts_at?,
            ends_at: ends_at?,
            kind: kind?,
            title: title?.into_string(),
            place: text(place?),
            host: text(host?),
        })
    };
    faults.into_result(read())
}

/// A note beside a task of the filing list.
pub fn note(raw: &str) -> Result<String, Faults> {
    let note = Line::optional(raw, 200).map_err(|fault| Faults::one("note", fault))?;
    Ok(note.map(String::from).unwrap_or_default())
}

/// How many come to a booth, and what they need.
pub fn equipment(sent: &Sent) -> Result<(i32, String), Faults> {
    let mut faults = Faults::new();
    let staff = faults.take("staff", number(sent.get("staff"), 1, 50));
    let staff = staff.and_then(|staff| i32::try_from(staff).ok());
    let needs = faults.take("needs", Prose::optional(sent.get("needs"), 300));
    let read = || Some((staff?, needs?.map(String::from).unwrap_or_default()));
    faults.into_result(read())
}
