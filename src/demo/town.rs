//! The office with its areas, units and staff.
use super::{Staff, Story, Town, actor, store};
use crate::{
    account::{
        commands::{self, Add},
        lists,
        store::NewAccount,
    },
    area::{self, NewArea, NewUnit},
    domain::{
        area::{Level, UnitKind},
        id::{AccountId, AreaId, OfficeId, UnitId},
        office::{Office, Site},
        role::Role,
    },
    error::AppResult,
    platform::{db::WriteTx, secret},
};
use anyhow::{Context, Result};
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};

/// How somebody of a role gets in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Login {
    pub login: String,
    pub password: String,
    pub role: String,
    /// Code of the unit; empty without one.
    pub unit: String,
    pub token: String,
}

/// One of each role: login, role, code of the unit, name.
const CREW: [(&str, Role, &str, &str); 12] = [
    ("admin", Role::OfficeAdmin, "JDB", "街道管理员"),
    ("officer", Role::PlacementOfficer, "JYK", "就业专员"),
    ("gate", Role::GateSteward, "JYK", "东门核验员"),
    ("clerk", Role::CommunityClerk, "SQ-XG", "星光社区百通岗"),
    ("grid", Role::GridWorker, "SQ-XG", "星光社区网格员"),
    ("handler", Role::DepartmentHandler, "LDJC", "劳动监察经办人"),
    ("verifier", Role::Verifier, "JDB", "核查员"),
    ("secretary", Role::Secretary, "JDB", "书记"),
    ("mediator", Role::Mediator, "SQ-XG", "星光社区调解员"),
    ("deputy", Role::DeputyLiaison, "JDB", "代表联络员"),
    ("cohost", Role::CoHost, "JYZX", "就业中心联络员"),
    ("board", Role::Board, "JDB", "看板"),
];

/// The login of the employer that a visitor plays.
pub const EMPLOYER: &str = "employer";

const COMMUNITIES: [(&str, &str); 7] = [
    ("XG", "星光社区"),
    ("LY", "柳荫社区"),
    ("HT", "河滩社区"),
    ("HS", "槐树巷社区"),
    ("YZ", "驿站社区"),
    ("ML", "民乐路社区"),
    ("FLL", "福利路社区"),
];

/// Code, kind, name.
const UNITS: [(&str, UnitKind, &str); 16] = [
    ("JDB", UnitKind::Office, "土门墩街道办事处"),
    ("JYK", UnitKind::Office, "街道就业服务科"),
    ("JYZX", UnitKind::CoHost, "区就业创业促进中心"),
    ("FL", UnitKind::CoHost, "区妇联"),
    ("GSL", UnitKind::CoHost, "区工商联"),
    ("LDJC", UnitKind::Department, "区劳动保障监察大队"),
    ("LG", UnitKind::CoHost, "区零工市场"),
    ("ZZZX", UnitKind::Office, "街道综治中心"),
    ("MZB", UnitKind::Office, "街道民生事务办"),
    ("ZFD", UnitKind::Department, "街道综合执法队"),
    ("SFS", UnitKind::Department, "司法所（人民调解委员会）"),
    ("PCS", UnitKind::Department, "派出所"),
    ("SZYH", UnitKind::Department, "区市政养护所"),
    ("GDZ", UnitKind::Department, "供电服务站"),
    ("AJWY", UnitKind::Property, "安居物业服务公司"),
    ("HXWY", UnitKind::Property, "和兴物业服务公司"),
];

/// Founds the office.
pub async fn found(story: &Story) -> Result<Town> {
    let office = story.office();
    let sign = Office {
        name: "土门墩街道办事处".into(),
        prefix: "TMD".into(),
        site: Site::default(),
    };
    let shown = sign.clone();
    let communities = story.app.db.write(move |tx| async move {
        lists::set_office(&tx, office, &sign).await?;
        let communities = grow(&tx, office).await?;
        units(&tx, office, &communities).await?;
        Ok(communities)
    });
    let communities = communities.await?;
    story.app.sign.set(shown);
    let units = store::units(story.app.db.read(), office).await?;
    let unit = |code: &str| {
        units
            .iter()
            .find(|unit| unit.code == code)
            .map(|unit| unit.id)
    };
    let mut logins = Vec::new();
    let mut crew = Vec::new();
    for (login, role, code, name) in CREW {
        let password = secret::one_time_password();
        crew.push(Add {
            login: login.into(),
            name: name.into(),
            role,
            unit: unit(code),
            employer: None,
            password: password.clone(),
            must_change: false,
        });
        logins.push(Login {
            login: login.into(),
            password,
            role: role.code(),
            unit: code.into(),
            token: String::new(),
        });
    }
    let accounts = employ(story, crew).await?;
    for (login, account) in logins.iter_mut().zip(&accounts) {
        login.token = commands::add_token(&story.app, *account, "演示".into()).await?;
    }
    Ok(Town {
        staff: staff(story).await?,
        communities,
        hosts: hosts(&units),
        logins,
    })
}

/// Opens accounts together: hashing their passwords is what takes long.
pub async fn employ(story: &Story, crew: Vec<Add>) -> AppResult<Vec<AccountId>> {
    let office = story.office();
    let prepared = crew
        .into_iter()
        .map(|add| commands::prepare(&story.app, office, add));
    let prepared: Vec<NewAccount> = try_join_all(prepared).await?;
    let opened = story.app.db.write(move |tx| async move {
        let mut opened = Vec::with_capacity(prepared.len());
        for new in prepared {
            opened.push(crate::account::store::insert(&tx, new).await?.id);
        }
        Ok(opened)
    });
    opened.await
}

/// Street, communities, two grids each, three buildings a grid.
async fn grow(tx: &WriteTx, office: OfficeId) -> AppResult<Vec<AreaId>> {
    let new = |level, parent, code: String, name: String, lead: &str, sort| NewArea {
        level,
        parent,
        code,
        name,
        lead: Some(lead.to_owned()),
        sort,
    };
    let street = new(
        Level::Street,
        None,
        "TMD".into(),
        "土门墩街道".into(),
        "街道办主任",
        0,
    );
    let street = area::add_area(tx, office, street).await?;
    let mut communities = Vec::new();
    for (sort, (code, name)) in (1..).zip(COMMUNITIES) {
        let at = new(
            Level::Community,
            Some(street),
            code.into(),
            name.into(),
            "社区书记",
            sort,
        );
        let community = area::add_area(tx, office, at).await?;
        communities.push(community);
        for grid in 1..=2 {
            let code = format!("{code}-{grid}");
            let name = format!("{name}第{grid}网格");
            let at = new(
                Level::Grid,
                Some(community),
                code.clone(),
                name,
                "网格长",
                grid,
            );
            let at = area::add_area(tx, office, at).await?;
            for house in 1..=3 {
                let (code, name) = (format!("{code}-{house}"), format!("{house}号楼"));
                let at = new(Level::Building, Some(at), code, name, "楼长", house);
                area::add_area(tx, office, at).await?;
            }
        }
    }
    Ok(communities)
}

async fn units(tx: &WriteTx, office: OfficeId, communities: &[AreaId]) -> AppResult<()> {
    for (code, kind, name) in UNITS {
        let new = NewUnit {
            kind,
            area: None,
            code: code.into(),
            name: name.into(),
        };
        area::add_unit(tx, office, new).await?;
    }
    for ((code, name), area) in COMMUNITIES.iter().zip(communities) {
        let new = NewUnit {
            kind: UnitKind::Community,
            area: Some(*area),
            code: format!("SQ-{code}"),
            name: format!("{name}居委会"),
        };
        area::add_unit(tx, office, new).await?;
    }
    Ok(())
}

/// The office that was founded before.
pub async fn known(story: &Story) -> Result<Town> {
    let (db, office) = (story.app.db.read(), story.office());
    let units = store::units(db, office).await?;
    let communities = area::store::communities(db, office).await?;
    Ok(Town {
        staff: staff(story).await?,
        communities: communities.into_iter().map(|area| area.id).collect(),
        hosts: hosts(&units),
        logins: Vec::new(),
    })
}

/// Co-hosts of the evening, in the order in which posters name them.
fn hosts(units: &[crate::entity::unit::Model]) -> Vec<UnitId> {
    let codes = ["JYZX", "FL", "GSL"];
    let unit = |code: &&str| {
        units
            .iter()
            .find(|unit| unit.code == **code)
            .map(|unit| unit.id)
    };
    codes.iter().filter_map(unit).collect()
}

async fn staff(story: &Story) -> Result<Staff> {
    Ok(Staff {
        admin: one(story, Role::OfficeAdmin).await?,
        officer: one(story, Role::PlacementOfficer).await?,
        steward: one(story, Role::GateSteward).await?,
        clerk: one(story, Role::CommunityClerk).await?,
    })
}

async fn one(story: &Story, role: Role) -> Result<crate::account::Actor> {
    let office = story.office();
    let row = store::of_role(story.app.db.read(), office, role).await;
    let row = row.context("the folder was not made by the demo")?;
    Ok(actor(office, role, row.id, row.unit_id, &row.name))
}
