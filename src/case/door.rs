//! 身份: which actor of the core a signed-in account is, and what of the ledger it may see.
use crate::{
    account,
    domain::{
        case::{Actor, Channel, Kind, Visibility, Who},
        id::{AccountId, EmployerId, PersonId, UnitId},
        role::Role,
    },
    entity::unit,
    error::AppResult,
};
use sea_orm::{ConnectionTrait, EntityTrait};

/// Roles that find something in the ledger.
pub const READERS: &[Role] = &[
    Role::OfficeAdmin,
    Role::PlacementOfficer,
    Role::CommunityClerk,
    Role::GridWorker,
    Role::DepartmentHandler,
    Role::Verifier,
    Role::Secretary,
    Role::Mediator,
    Role::DeputyLiaison,
    Role::Employer,
];

/// The actor that an account is in every case: its role, its unit, its employer, its grid.
pub async fn acting(db: &impl ConnectionTrait, account: &account::Actor) -> AppResult<Actor> {
    let mut actor = Actor::staff(account.account, account.role, account.unit);
    actor.leads_unit = account.leader;
    actor.employer = account.employer;
    if let (Role::GridWorker, Some(unit)) = (account.role, account.unit) {
        let unit = unit::Entity::find_by_id(unit).one(db).await?;
        actor.grid = unit.and_then(|unit| unit.area_id);
    }
    Ok(actor)
}

/// The actor that the holder of a ticket is.
pub fn holder(person: PersonId) -> Actor {
    Actor::person(person, Channel::Qr)
}

/// Which cases of the office an account may see; everything else is not there for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// All of these kinds.
    Kinds(&'static [Kind]),
    /// Those of these kinds that its unit leads, helps with or was given before: whoever handled
    /// a case goes on reading it, and does nothing in it once it was given to others.
    Unit(&'static [Kind], UnitId),
    /// The mediations for which he was appointed: what the parties say stays with him.
    Mediator(AccountId),
    /// The matches of its employer.
    Employer(EmployerId),
    Nothing,
}

const PLACEMENT: &[Kind] = &[Kind::EmploymentMatch, Kind::ResidentRequest];
const GRID: &[Kind] = &[Kind::ResidentRequest, Kind::PatrolFinding, Kind::Suggestion];
const HANDLED: &[Kind] = &[
    Kind::ResidentRequest,
    Kind::PatrolFinding,
    Kind::Mediation,
    Kind::Suggestion,
    Kind::Mailbox,
];
const LIAISON: &[Kind] = &[Kind::Mailbox, Kind::Suggestion];

impl Sight {
    pub fn of(account: &account::Actor) -> Self {
        let unit = |kinds| {
            account
                .unit
                .map_or(Self::Nothing, |unit| Self::Unit(kinds, unit))
        };
        match account.role {
            Role::OfficeAdmin | Role::Secretary | Role::CommunityClerk => Self::Kinds(Kind::ALL),
            Role::PlacementOfficer => Self::Kinds(PLACEMENT),
            Role::Verifier => Self::Kinds(Kind::DESK),
            Role::GridWorker => Self::Kinds(GRID),
            Role::DeputyLiaison => Self::Kinds(LIAISON),
            Role::DepartmentHandler => unit(HANDLED),
            // The head of a committee signs for it and appoints; he sees what all its mediators do.
            Role::Mediator if account.leader => unit(&[Kind::Mediation]),
            Role::Mediator => Self::Mediator(account.account),
            Role::Employer => account.employer.map_or(Self::Nothing, Self::Employer),
            Role::GateSteward | Role::CoHost | Role::Board => Self::Nothing,
        }
    }

    /// Kinds that a filter may offer.
    pub fn kinds(self) -> &'static [Kind] {
        match self {
            Self::Kinds(kinds) | Self::Unit(kinds, _) => kinds,
            Self::Mediator(_) => &[Kind::Mediation],
            Self::Employer(_) => &[Kind::EmploymentMatch],
            Self::Nothing => &[],
        }
    }
}

/// Who reads what was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// Staff of the office that the case belongs to.
    Office,
    /// Somebody of the employer of a match.
    Employer(EmployerId, Who),
    /// The person of the case, behind a signed link.
    Person(PersonId),
}

impl Reader {
    pub fn of(account: &account::Actor) -> Self {
        match (account.role, account.employer) {
            (Role::Employer, Some(employer)) => {
                Self::Employer(employer, Who::Account(account.account))
            }
            _ => Self::Office,
        }
    }

    pub const fn is_office(self) -> bool {
        matches!(self, Self::Office)
    }

    /// Parties see what concerns them and what they said themselves.
    pub fn sees(self, visibility: Visibility, by: Who) -> bool {
        let own = match self {
            Self::Office => true,
            Self::Employer(_, who) => who == by,
            Self::Person(person) => Who::Person(person) == by,
        };
        own || visibility != Visibility::Internal
    }
}
