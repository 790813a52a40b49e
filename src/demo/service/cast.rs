//! 班底: the staff beside the thirteen that a visitor can be. Nobody judges his own work, so the
//! desk needs several of most.
use super::super::{Story, store, town};
use crate::{
    account::{self, commands::Add, lists},
    area,
    case::door,
    domain::{
        case::Actor,
        id::{AreaId, UnitId},
        role::Role,
    },
    error::AppResult,
    platform::secret,
};
use anyhow::{Context, Result, anyhow};
use std::collections::HashMap;

/// Login, role, code of the unit, name, whether they lead the unit.
const STAFF: [(&str, Role, &str, &str, bool); 31] = [
    (
        "clerk-ml",
        Role::CommunityClerk,
        "SQ-ML",
        "民乐路社区百通岗",
        false,
    ),
    (
        "clerk-fll",
        Role::CommunityClerk,
        "SQ-FLL",
        "福利路社区百通岗",
        false,
    ),
    (
        "grid-ml",
        Role::GridWorker,
        "SQ-ML",
        "民乐路社区网格员",
        false,
    ),
    (
        "grid-ml2",
        Role::GridWorker,
        "SQ-ML",
        "民乐路社区第二网格员",
        false,
    ),
    (
        "grid-fll",
        Role::GridWorker,
        "SQ-FLL",
        "福利路社区网格员",
        false,
    ),
    (
        "secretary-ml",
        Role::Secretary,
        "SQ-ML",
        "民乐路社区书记",
        true,
    ),
    ("verifier2", Role::Verifier, "ZZZX", "综治中心核查员", false),
    (
        "mediator-ml",
        Role::Mediator,
        "SQ-ML",
        "民乐路社区调解员",
        false,
    ),
    ("mediator-sfs", Role::Mediator, "SFS", "司法所调解员", false),
    (
        "handler-sfs",
        Role::DepartmentHandler,
        "SFS",
        "司法所经办人",
        false,
    ),
    ("leader-sfs", Role::Mediator, "SFS", "调委会主任", true),
    (
        "handler-ajwy",
        Role::DepartmentHandler,
        "AJWY",
        "安居物业客服",
        false,
    ),
    (
        "leader-ajwy",
        Role::DepartmentHandler,
        "AJWY",
        "安居物业项目经理",
        true,
    ),
    (
        "handler-hxwy",
        Role::DepartmentHandler,
        "HXWY",
        "和兴物业客服",
        false,
    ),
    (
        "leader-hxwy",
        Role::DepartmentHandler,
        "HXWY",
        "和兴物业项目经理",
        true,
    ),
    (
        "handler-szyh",
        Role::DepartmentHandler,
        "SZYH",
        "市政养护经办人",
        false,
    ),
    (
        "leader-szyh",
        Role::DepartmentHandler,
        "SZYH",
        "市政养护所所长",
        true,
    ),
    (
        "handler-gdz",
        Role::DepartmentHandler,
        "GDZ",
        "供电站经办人",
        false,
    ),
    (
        "leader-gdz",
        Role::DepartmentHandler,
        "GDZ",
        "供电站站长",
        true,
    ),
    (
        "handler-pcs",
        Role::DepartmentHandler,
        "PCS",
        "社区民警",
        false,
    ),
    (
        "leader-pcs",
        Role::DepartmentHandler,
        "PCS",
        "派出所副所长",
        true,
    ),
    (
        "handler-zfd",
        Role::DepartmentHandler,
        "ZFD",
        "综合执法队员",
        false,
    ),
    (
        "leader-zfd",
        Role::DepartmentHandler,
        "ZFD",
        "综合执法队长",
        true,
    ),
    (
        "handler-mzb",
        Role::DepartmentHandler,
        "MZB",
        "民生事务经办人",
        false,
    ),
    (
        "leader-mzb",
        Role::DepartmentHandler,
        "MZB",
        "民生事务办主任",
        true,
    ),
    (
        "leader-ldjc",
        Role::DepartmentHandler,
        "LDJC",
        "劳动监察大队长",
        true,
    ),
    (
        "handler-ml",
        Role::DepartmentHandler,
        "SQ-ML",
        "民乐路社区干事",
        false,
    ),
    (
        "handler-fll",
        Role::DepartmentHandler,
        "SQ-FLL",
        "福利路社区干事",
        false,
    ),
    (
        "handler-xg",
        Role::DepartmentHandler,
        "SQ-XG",
        "星光社区干事",
        false,
    ),
    (
        "leader-fll",
        Role::DepartmentHandler,
        "SQ-FLL",
        "福利路社区书记",
        true,
    ),
    (
        "leader-xg",
        Role::DepartmentHandler,
        "SQ-XG",
        "星光社区书记",
        true,
    ),
];

/// Units that are given work.
const HANDLING: [&str; 12] = [
    "LDJC", "SQ-ML", "SQ-FLL", "SQ-XG", "AJWY", "HXWY", "GDZ", "PCS", "ZFD", "MZB", "SFS", "SZYH",
];

/// Everybody who acts, by login, and what they act for.
#[derive(Default)]
pub struct Cast {
    people: HashMap<String, (Actor, account::Actor)>,
    units: HashMap<String, UnitId>,
    areas: HashMap<String, AreaId>,
}

/// Opens the accounts; their passwords are told to nobody.
///
/// # Errors
/// What the product refuses.
pub async fn employ(story: &Story) -> Result<()> {
    let units = store::units(story.app.db.read(), story.office()).await?;
    let unit = |code: &str| {
        units
            .iter()
            .find(|unit| unit.code == code)
            .map(|unit| unit.id)
    };
    let add = |(login, role, code, name, _): &(&str, Role, &str, &str, bool)| Add {
        login: (*login).into(),
        name: (*name).into(),
        role: *role,
        unit: unit(code),
        employer: None,
        password: secret::one_time_password(),
        must_change: true,
    };
    let opened = town::employ(story, STAFF.iter().map(add).collect()).await?;
    let leaders: Vec<_> = STAFF
        .iter()
        .zip(opened)
        .filter_map(|(one, account)| one.4.then_some(account))
        .collect();
    let led = story.app.db.write(move |tx| async move {
        for account in leaders {
            lists::set_leader(&tx, account, true).await?;
        }
        Ok(())
    });
    Ok(led.await?)
}

/// Looks everybody up.
///
/// # Errors
/// When the database does not answer.
pub async fn gather(story: &Story) -> Result<Cast> {
    let (db, office) = (story.app.db.read(), story.office());
    let mut cast = Cast::default();
    for row in store::staff(db, office).await? {
        let account = account::Actor {
            account: row.id,
            office,
            unit: row.unit_id,
            employer: row.employer_id,
            role: row.role,
            leader: row.leader,
            name: row.name,
        };
        let acting = door::acting(db, &account).await?;
        cast.people.insert(row.login, (acting, account));
    }
    let units = store::units(db, office).await?;
    cast.units = units.into_iter().map(|unit| (unit.code, unit.id)).collect();
    let areas = area::store::all(db, office).await?;
    cast.areas = areas.into_iter().map(|area| (area.code, area.id)).collect();
    Ok(cast)
}

impl Cast {
    /// # Errors
    /// When nobody has this login.
    pub fn actor(&self, login: &str) -> Result<Actor> {
        let found = self.people.get(login).map(|(actor, _)| *actor);
        found.ok_or_else(|| anyhow!("nobody is called {login}"))
    }

    /// # Errors
    /// When nobody has this login.
    pub fn account(&self, login: &str) -> Result<&account::Actor> {
        let found = self.people.get(login).map(|(_, account)| account);
        found.ok_or_else(|| anyhow!("nobody is called {login}"))
    }

    /// # Errors
    /// When no unit has this code.
    pub fn unit(&self, code: &str) -> AppResult<UnitId> {
        let found = self.units.get(code).copied();
        Ok(found.with_context(|| format!("no unit is called {code}"))?)
    }

    /// Code of a unit that handles cases.
    pub fn code(&self, unit: UnitId) -> Option<&'static str> {
        let known = |code: &&&str| self.units.get(**code) == Some(&unit);
        HANDLING.iter().find(known).copied()
    }

    /// # Errors
    /// When no area has this code.
    pub fn area(&self, code: &str) -> Result<AreaId> {
        let found = self.areas.get(code).copied();
        found.with_context(|| format!("no area is called {code}"))
    }
}

/// Who handles what a unit was given.
pub fn handler(unit: &str) -> &'static str {
    match unit {
        "LDJC" => "handler",
        "SQ-ML" => "handler-ml",
        "SQ-FLL" => "handler-fll",
        "SQ-XG" => "handler-xg",
        "AJWY" => "handler-ajwy",
        "HXWY" => "handler-hxwy",
        "GDZ" => "handler-gdz",
        "PCS" => "handler-pcs",
        "ZFD" => "handler-zfd",
        "MZB" => "handler-mzb",
        "SFS" => "handler-sfs",
        _ => "handler-szyh",
    }
}

/// Who leads a unit.
pub fn leader(unit: &str) -> &'static str {
    match unit {
        "LDJC" => "leader-ldjc",
        "SQ-ML" => "secretary-ml",
        "SQ-FLL" => "leader-fll",
        "SQ-XG" => "leader-xg",
        "AJWY" => "leader-ajwy",
        "HXWY" => "leader-hxwy",
        "GDZ" => "leader-gdz",
        "PCS" => "leader-pcs",
        "ZFD" => "leader-zfd",
        "MZB" => "leader-mzb",
        "SFS" => "leader-sfs",
        _ => "leader-szyh",
    }
}

/// Who sits at the desk of a community.
pub fn clerk(area: &str) -> &'static str {
    match area.split('-').next() {
        Some("ML") => "clerk-ml",
        Some("FLL") => "clerk-fll",
        _ => "clerk",
    }
}

/// Who walks through a community.
pub fn grid(area: &str) -> &'static str {
    match area.split('-').next() {
        Some("ML") => "grid-ml",
        Some("FLL") => "grid-fll",
        _ => "grid",
    }
}
