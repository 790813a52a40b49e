//! 一件事 while it is being told: how it came in, and what it is known by since.
use super::{
    cast::Cast,
    course::{By, Course, Gap, Step},
    shots::Shot,
};
use crate::{
    case,
    domain::{
        calendar::Calendar,
        case::{Channel, Code, Kind, Line, Text},
        contact::{Contact, PersonName, Phone},
        id::{AccountId, CaseId, FileId, OfficeId, PersonId},
        number::CaseNumber,
    },
    error::AppResult,
    intake::{
        Place, SourceRow,
        commands::{By as Brought, Report},
        form::{Read, Speaker, Then},
    },
    rulebook::Dispatcher,
};
use anyhow::{Context, Result, anyhow};
use chrono::{DateTime, TimeDelta, Utc};

/// Who says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaks {
    /// A resident, by number, with name and telephone.
    Resident(usize),
    /// Only a telephone.
    Number(usize),
    /// Nobody who could be called.
    Nobody,
}

/// How something comes in.
pub struct Opening {
    pub kind: Kind,
    pub category: &'static str,
    pub title: &'static str,
    pub says: &'static str,
    pub channel: Channel,
    /// Code of its area.
    pub area: &'static str,
    /// It came by the banner of the desk there, or was said at that desk.
    pub at_desk: bool,
    pub address: Option<&'static str>,
    pub speaks: Speaks,
    /// Login of whoever entered it; the resident did without.
    pub by: Option<&'static str>,
    /// The other parties of a dispute, by number.
    pub against: Vec<usize>,
    pub shots: Vec<Shot>,
    /// Number of the hotline's order.
    pub order: Option<String>,
}

/// Where it comes from.
pub enum Begins {
    With(Box<Opening>),
    /// Out of another affair, by its place.
    From(usize, case::commands::Child, &'static str),
}

pub struct Affair {
    pub begins: Begins,
    pub steps: Vec<Step>,
    /// When it comes in, and when each step is taken.
    pub at: Vec<DateTime<Utc>>,
    pub place: Place,
    pub case: Option<(CaseId, CaseNumber)>,
    pub reporter: Option<PersonId>,
    /// Of a dispute, whoever brought it first.
    pub parties: Vec<PersonId>,
    pub before: Vec<FileId>,
    pub after: Vec<FileId>,
}

/// What a step can look at.
pub struct Scene<'a> {
    pub at: DateTime<Utc>,
    pub affair: &'a Affair,
    pub affairs: &'a [Affair],
    pub cast: &'a Cast,
    pub rules: &'a Dispatcher,
    pub shots: Vec<FileId>,
}

impl Scene<'_> {
    pub fn category(&self) -> AppResult<Code> {
        Ok(code(self.affair.category())?)
    }

    /// Whether the office's own rule names this unit.
    pub fn by_rule(&self, lead: &str) -> AppResult<bool> {
        let named = self
            .rules
            .lead_for(Some(self.affair.category()), self.affair.place.area);
        let lead = self.cast.unit(lead)?;
        Ok(named.is_some_and(|named| named.lead == lead && named.co_units.is_empty()))
    }

    pub fn number(&self, other: usize) -> AppResult<CaseNumber> {
        let other = self.affairs.get(other).and_then(|one| one.case.as_ref());
        let (_, number) = other.ok_or_else(|| anyhow!("a case is named before it is there"))?;
        Ok(number.clone())
    }

    pub fn party(&self, n: usize) -> AppResult<PersonId> {
        let party = self.affair.parties.get(n).copied();
        Ok(party.ok_or_else(|| anyhow!("there is no party {n}"))?)
    }

    pub fn shot(&self) -> AppResult<FileId> {
        let shot = self.shots.first().copied();
        Ok(shot.ok_or_else(|| anyhow!("a picture is missing"))?)
    }
}

fn code(text: &str) -> Result<Code> {
    Code::new(text).map_err(|fault| anyhow!("{fault}: {text}"))
}

/// Name and telephone of a resident of the story, the same every time.
///
/// # Errors
/// Never with the story's own numbers.
pub fn resident(n: usize) -> Result<Contact> {
    let mut chance = super::super::Chance::seeded(2_000_000 + n as u64);
    let name = PersonName::parse(&super::super::crowd::full_name(&mut chance));
    Ok(Contact {
        name: name.map_err(|fault| anyhow!("{fault}"))?,
        phone: phone(n)?,
    })
}

fn phone(n: usize) -> Result<Phone> {
    let number = super::super::company::silent_number(70_000_000 + n);
    Phone::parse_mobile(&number).map_err(|fault| anyhow!("{fault}"))
}

impl Affair {
    /// Begins at an instant; what has not come to pass by `until` does not.
    pub fn new(begins: Begins, course: Course, from: DateTime<Utc>, until: DateTime<Utc>) -> Self {
        let office = Calendar::office();
        let mut at = vec![from];
        let mut now = from;
        for step in &course.steps {
            now = match step.gap {
                Gap::Soon(minutes) => now + TimeDelta::minutes(minutes),
                Gap::Work(minutes) => office.add_minutes(now, minutes),
                Gap::Days(days) => now + TimeDelta::days(days),
            };
            if now > until {
                break;
            }
            at.push(now);
        }
        Self {
            begins,
            steps: course.steps,
            at,
            place: Place::default(),
            case: None,
            reporter: None,
            parties: Vec::new(),
            before: Vec::new(),
            after: Vec::new(),
        }
    }

    pub fn category(&self) -> &str {
        match &self.begins {
            Begins::With(opening) => opening.category,
            Begins::From(_, child, _) => child.category.as_str(),
        }
    }

    /// Another affair without which a turn cannot be taken.
    pub fn needs(&self, turn: usize) -> Option<usize> {
        match (turn, &self.begins) {
            (0, Begins::From(other, ..)) => Some(*other),
            (0, Begins::With(_)) => None,
            (turn, _) => self.steps.get(turn - 1)?.with,
        }
    }

    /// The pictures of a turn.
    pub fn shots(&self, turn: usize) -> &[Shot] {
        match (turn, &self.begins) {
            (0, Begins::With(opening)) => &opening.shots,
            (0, Begins::From(..)) => &[],
            (turn, _) => self.steps.get(turn - 1).map_or(&[], |step| &step.shots),
        }
    }

    /// Whose pictures they are; a resident's are nobody's.
    ///
    /// # Errors
    /// When nobody has the login.
    pub fn shown_by(&self, turn: usize, cast: &Cast) -> Result<Option<AccountId>> {
        let login = match (turn, &self.begins) {
            (0, Begins::With(opening)) => opening.by,
            (0, Begins::From(..)) => None,
            (turn, _) => match self.steps.get(turn - 1).map(|step| step.by) {
                Some(By::Staff(login)) => Some(login),
                _ => None,
            },
        };
        login
            .map(|login| Ok(cast.account(login)?.account))
            .transpose()
    }
}

impl Opening {
    /// As the product takes it in.
    ///
    /// # Errors
    /// When the story's words do not fit.
    pub fn report(
        &self,
        office: OfficeId,
        place: Place,
        cast: &Cast,
        shots: Vec<FileId>,
    ) -> Result<Report> {
        let by = match self.by {
            Some(login) => Brought::Staff(cast.account(login)?.account, cast.actor(login)?),
            None => Brought::Resident,
        };
        let against: Result<Vec<Contact>> = self.against.iter().map(|n| resident(*n)).collect();
        let speaker = match self.speaks {
            Speaks::Resident(n) => Speaker::Reachable(resident(n)?),
            Speaks::Number(n) => Speaker::Number(phone(n)?),
            Speaks::Nobody => Speaker::Unreachable(None),
        };
        let source = self
            .order
            .as_deref()
            .map(|order| anyhow::Ok((code("12345")?, code(order)?)));
        let line = |words: &str| Line::new(words).map_err(|fault| anyhow!("{fault}: {words}"));
        let says = Text::new(self.says).map_err(|fault| anyhow!("{fault}: {}", self.says))?;
        Ok(Report {
            office,
            read: Read {
                kind: self.kind,
                category: code(self.category)?,
                urgency: None,
                text: says,
                title: Some(line(self.title)?),
                channel: self.channel,
                address: self.address.map(line).transpose()?,
                point: None,
                said_at: None,
                speaker,
                on_behalf: self.by.is_some() && self.channel == Channel::Desk,
                parties: against?,
                source: source.transpose()?,
                then: Then::Nothing,
                shown: Vec::new(),
                attachments: shots,
            },
            place,
            uploads: Vec::new(),
            by,
            row_hash: self.row_hash()?,
        })
    }

    /// What an order of the hotline is recognised by when its table comes again.
    fn row_hash(&self) -> Result<Option<String>> {
        let Some(order) = &self.order else {
            return Ok(None);
        };
        let (name, phone) = match self.speaks {
            Speaks::Resident(n) => {
                let contact = resident(n).context("a caller")?;
                (
                    contact.name.in_full().to_owned(),
                    contact.phone.in_full().to_owned(),
                )
            }
            _ => Default::default(),
        };
        let row = SourceRow {
            source_ref: order.clone(),
            name,
            phone,
            category: self.category.to_owned(),
            area: self.area.to_owned(),
            text: self.says.to_owned(),
            ..SourceRow::default()
        };
        Ok(Some(row.hash()))
    }
}
