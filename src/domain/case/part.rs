//! Which parts an account or a person plays in one case. The whole mapping is `STANDING` and
//! `on_this_case`; the transition table knows only parts.
use super::{
    codes::{Channel, Kind, Part},
    command::Command,
    state::CaseState,
};
use crate::domain::{
    id::{AccountId, AreaId, EmployerId, PersonId, UnitId},
    role::Role,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr};

/// Somebody who acts: an account, a person behind a signed link, or the program itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Who {
    Account(AccountId),
    Person(PersonId),
    System,
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(id) => write!(f, "account:{id}"),
            Self::Person(id) => write!(f, "person:{id}"),
            Self::System => f.write_str("system"),
        }
    }
}

/// The text is not `account:1`, `person:1` or `system`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an actor")]
pub struct NotAnActor;

impl FromStr for Who {
    type Err = NotAnActor;
    fn from_str(text: &str) -> Result<Self, NotAnActor> {
        let id = |digits: &str| digits.parse().map_err(|_| NotAnActor);
        match text.split_once(':') {
            Some(("account", digits)) => id(digits).map(|n| Self::Account(AccountId(n))),
            Some(("person", digits)) => id(digits).map(|n| Self::Person(PersonId(n))),
            None if text == "system" => Ok(Self::System),
            _ => Err(NotAnActor),
        }
    }
}

impl Serialize for Who {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Who {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// What is known of who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor {
    pub who: Who,
    pub role: Option<Role>,
    pub unit: Option<UnitId>,
    /// 单位负责人
    pub leads_unit: bool,
    /// The employer for which an employer's account acts.
    pub employer: Option<EmployerId>,
    /// The grid a grid worker looks after.
    pub grid: Option<AreaId>,
    /// 实名居民
    pub verified_resident: bool,
    pub via: Channel,
}

impl Actor {
    /// 定时器、接口
    pub const SYSTEM: Self = Self::new(Who::System, None, Channel::Api);

    pub const fn new(who: Who, role: Option<Role>, via: Channel) -> Self {
        Self {
            who,
            role,
            unit: None,
            leads_unit: false,
            employer: None,
            grid: None,
            verified_resident: false,
            via,
        }
    }

    pub const fn staff(account: AccountId, role: Role, unit: Option<UnitId>) -> Self {
        let mut actor = Self::new(Who::Account(account), Some(role), Channel::Web);
        actor.unit = unit;
        actor
    }

    /// A person behind a signed link: ticket or tracking page.
    pub const fn person(person: PersonId, via: Channel) -> Self {
        Self::new(Who::Person(person), None, via)
    }
}

/// 账号角色 → 身份, the same in every case. Roles without a line play a part only by belonging to
/// the unit, the employer or the person of the case.
pub const STANDING: &[(Role, &[Part])] = &[
    (
        Role::OfficeAdmin,
        &[
            Part::Dispatcher,
            Part::Secretary,
            Part::Moderator,
            Part::PlacementOfficer,
        ],
    ),
    (
        Role::PlacementOfficer,
        &[Part::PlacementOfficer, Part::Clerk],
    ),
    (Role::CommunityClerk, &[Part::Clerk, Part::Dispatcher]),
    (Role::GridWorker, &[Part::GridWorker]),
    (Role::Verifier, &[Part::Verifier]),
    (Role::Secretary, &[Part::Secretary, Part::Moderator]),
    (Role::DeputyLiaison, &[Part::Deputy]),
];

/// Roles that handle what their unit was given. A mediator acts as mediator, never as handler, so
/// that he may close what the committee's clerk signed for; a deputy's liaison never handles
/// (代表法 31: 不直接处理问题); a verifier stays free to verify.
pub const HANDLING: &[Role] = &[
    Role::DepartmentHandler,
    Role::CommunityClerk,
    Role::GridWorker,
    Role::PlacementOfficer,
    Role::CoHost,
];

/// A set of parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts(u32);

impl Parts {
    pub fn add(&mut self, part: Part) {
        self.0 |= 1 << part as u32;
    }

    pub const fn has(self, part: Part) -> bool {
        self.0 & (1 << part as u32) != 0
    }

    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn iter(self) -> impl Iterator<Item = Part> {
        Part::ALL
            .iter()
            .copied()
            .filter(move |part| self.has(*part))
    }
}

impl FromIterator<Part> for Parts {
    fn from_iter<I: IntoIterator<Item = Part>>(parts: I) -> Self {
        let mut set = Self::default();
        parts.into_iter().for_each(|part| set.add(part));
        set
    }
}

impl Actor {
    /// Every part this actor plays in a case, or in one about to be opened by `command`.
    pub fn parts(&self, kind: Kind, case: Option<&CaseState>, command: Option<&Command>) -> Parts {
        let mut parts: Parts = STANDING
            .iter()
            .filter(|(role, _)| self.role == Some(*role))
            .flat_map(|(_, parts)| parts.iter().copied())
            .collect();
        if self.who == Who::System {
            parts.add(Part::System);
        }
        if self.verified_resident {
            parts.add(Part::Resident);
        }
        match case {
            Some(case) => self.on_this_case(case, &mut parts),
            None => self.before_the_case(kind, command, &mut parts),
        }
        parts
    }

    fn on_this_case(&self, case: &CaseState, parts: &mut Parts) {
        if self.is_person(case.person) {
            parts.add(own_part(case.kind));
        }
        let employs = case
            .job
            .as_ref()
            .is_some_and(|job| Some(job.employer) == self.employer);
        if employs && self.role == Some(Role::Employer) {
            parts.add(Part::Employer);
        }
        let handles = self.role.is_some_and(|role| HANDLING.contains(&role));
        if self.leads(case) {
            if handles {
                parts.add(Part::Handler);
            }
            if self.leads_unit {
                parts.add(Part::UnitLeader);
            }
            if self.role == Some(Role::Mediator) && case.mediator_is(self.who) {
                parts.add(Part::Mediator);
            }
        }
        let helps = case
            .dispatch()
            .is_some_and(|d| self.unit.is_some_and(|unit| d.co_units.contains(&unit)));
        if handles && helps {
            parts.add(Part::CoHandler);
        }
    }

    fn before_the_case(&self, kind: Kind, command: Option<&Command>, parts: &mut Parts) {
        let named = match command {
            Some(Command::Report { reporter, .. }) => *reporter,
            Some(Command::Interest { seeker, .. }) => Some(*seeker),
            _ => None,
        };
        if self.is_person(named) {
            parts.add(own_part(kind));
        }
    }

    fn is_person(&self, person: Option<PersonId>) -> bool {
        person.is_some_and(|person| self.who == Who::Person(person))
    }

    /// Whether this actor belongs to the unit that leads the case.
    pub fn leads(&self, case: &CaseState) -> bool {
        self.unit.is_some() && self.unit == case.lead()
    }
}

const fn own_part(kind: Kind) -> Part {
    match kind {
        Kind::EmploymentMatch => Part::Seeker,
        _ => Part::Reporter,
    }
}
