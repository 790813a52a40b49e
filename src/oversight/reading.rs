//! Who may read which figures, and everything a page of figures is made from, in one snapshot.
use super::{
    gather::{self, Cut, Picture, Scope},
    query::Question,
    store,
};
use crate::{
    account::{Actor, Audience},
    area,
    domain::{
        area::Level,
        fault::{Faults, FieldFault},
        id::{AreaId, OfficeId, UnitId},
        rates::Weights,
        role::Role,
    },
    entity::category,
    error::{AppError, AppResult},
    platform::{App, text::Lang},
    rulebook,
};
use sea_orm::ConnectionTrait;
use std::collections::{BTreeMap, BTreeSet};

/// Those who see figures. A department's handler sees those of his unit.
pub const FIGURES: Audience = Audience::Roles(&[
    Role::OfficeAdmin,
    Role::Secretary,
    Role::Board,
    Role::CommunityClerk,
    Role::Verifier,
    Role::DepartmentHandler,
]);
/// Those who see the whole office.
pub const WHOLE: Audience = Audience::Roles(&[
    Role::OfficeAdmin,
    Role::Secretary,
    Role::Board,
    Role::CommunityClerk,
    Role::Verifier,
]);
/// Those who seal months and set weights.
pub const SEAL: Audience = Audience::Roles(SEALERS);
pub const SEALERS: &[Role] = &[Role::OfficeAdmin, Role::Secretary];

/// Names of what figures are broken down by.
#[derive(Clone, Default)]
pub struct Names {
    pub units: BTreeMap<UnitId, String>,
    /// In the order of lists.
    pub areas: Vec<Place>,
    pub categories: Vec<category::Model>,
}

/// An area as figures need it.
#[derive(Clone, Debug)]
pub struct Place {
    pub id: AreaId,
    pub parent: Option<AreaId>,
    pub level: Level,
    pub name: String,
}

impl Names {
    /// The name of a category, or its code when the office no longer has it.
    pub fn category(&self, lang: Lang, code: &str) -> String {
        let found = self
            .categories
            .iter()
            .find(|category| category.code == code);
        let name = found.map(|category| rulebook::name(lang, category));
        name.unwrap_or(code).to_owned()
    }

    fn place(&self, id: AreaId) -> Option<&Place> {
        self.areas.iter().find(|place| place.id == id)
    }

    /// The community in which an area lies, or the area itself above that level.
    pub fn community(&self, id: AreaId) -> Option<&Place> {
        let mut at = self.place(id)?;
        // The tree has four levels.
        for _ in 0..4 {
            match at.parent.filter(|_| at.level > Level::Community) {
                Some(parent) => at = self.place(parent)?,
                None => break,
            }
        }
        Some(at)
    }

    /// An area and everything in it.
    fn inside(&self, id: AreaId) -> BTreeSet<AreaId> {
        let mut found = BTreeSet::from([id]);
        loop {
            let more: Vec<_> = self
                .areas
                .iter()
                .filter(|place| place.parent.is_some_and(|parent| found.contains(&parent)))
                .map(|place| place.id)
                .filter(|id| !found.contains(id))
                .collect();
            if more.is_empty() {
                return found;
            }
            found.extend(more);
        }
    }
}

/// What pages and the API tell figures from.
pub struct Board {
    pub question: Question,
    pub scope: Scope,
    pub picture: Picture,
    pub names: Names,
    pub weights: Weights,
}

/// The question as this actor may ask it: a handler's is always about his unit.
///
/// # Errors
/// 403 for a handler without a unit; 404 when he asks about another's.
pub fn allowed(actor: &Actor, question: Question) -> AppResult<Question> {
    if actor.role != Role::DepartmentHandler {
        return Ok(question);
    }
    let own = actor.unit.ok_or_else(AppError::forbidden)?;
    match question.unit {
        Some(other) if other != own => Err(AppError::not_found()),
        _ => Ok(Question {
            unit: Some(own),
            ..question
        }),
    }
}

/// # Errors
/// 422 when the office has no such unit or area; and as [`allowed`].
pub async fn board(app: &App, actor: &Actor, question: Question) -> AppResult<Board> {
    let question = allowed(actor, question)?;
    let (office, now) = (actor.office, app.db.now());
    app.db
        .snapshot(move |db| async move {
            let names = names(&*db, office).await?;
            let scope = scope(&names, &question)?;
            let cut = Cut::Now(now);
            let kind = question.kind;
            let picture = gather::read(&*db, office, question.period(), cut, kind).await?;
            Ok(Board {
                weights: store::weights(&*db, office).await?,
                question,
                scope,
                picture,
                names,
            })
        })
        .await
}

pub async fn names(db: &impl ConnectionTrait, office: OfficeId) -> AppResult<Names> {
    let units = store::units(db, office).await?.into_iter();
    let areas = area::store::all(db, office).await?.into_iter();
    Ok(Names {
        units: units.map(|unit| (unit.id, unit.name)).collect(),
        areas: areas
            .map(|area| Place {
                id: area.id,
                parent: area.parent_id,
                level: area.level,
                name: area.name,
            })
            .collect(),
        categories: rulebook::categories(db, office).await?,
    })
}

fn scope(names: &Names, question: &Question) -> AppResult<Scope> {
    let mut faults = Faults::new();
    if question
        .unit
        .is_some_and(|unit| !names.units.contains_key(&unit))
    {
        faults.add("unit", FieldFault::NotFound);
    }
    if question
        .area
        .is_some_and(|area| names.place(area).is_none())
    {
        faults.add("area", FieldFault::NotFound);
    }
    let scope = Scope {
        unit: question.unit,
        areas: question.area.map(|area| names.inside(area)),
        kind: question.kind,
        category: question.category.clone(),
    };
    Ok(faults.into_result(Some(scope))?)
}
