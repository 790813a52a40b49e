//! 派单建议: which unit a case would go to by rule.
use super::{book::Book, store};
use crate::{
    area,
    domain::{
        dispatch::{Matter, Rule, winner},
        id::{AreaId, DispatchRuleId, OfficeId, UnitId},
    },
    error::AppResult,
};
use sea_orm::ConnectionTrait;
use std::collections::HashMap;

/// 建议: what a rule says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggested {
    pub lead: UnitId,
    pub co_units: Vec<UnitId>,
    pub rule: DispatchRuleId,
}

/// The unit that a case of this category and area goes to by rule; none when no rule fits. Rules
/// whose lead unit is no longer in use are passed over.
pub async fn lead_for(
    db: &impl ConnectionTrait,
    office: OfficeId,
    category: Option<&str>,
    area: Option<AreaId>,
) -> AppResult<Option<Suggested>> {
    let rules = store::rules_in_use(db, office).await?;
    let path = match area {
        Some(area) if !rules.is_empty() => {
            let above = area::store::ancestors(db, office, area).await?;
            above.into_iter().map(|area| area.id).collect()
        }
        _ => Vec::new(),
    };
    let book = Book::of(db, office).await?;
    Ok(suggested(&rules, &book, category, &path))
}

/// The rules and the tree, read once for many cases.
pub struct Dispatcher {
    rules: Vec<Rule>,
    book: Book,
    parents: HashMap<AreaId, Option<AreaId>>,
}

impl Dispatcher {
    pub async fn load(db: &impl ConnectionTrait, office: OfficeId) -> AppResult<Self> {
        let areas = area::store::all(db, office).await?;
        Ok(Self {
            rules: store::rules_in_use(db, office).await?,
            book: Book::of(db, office).await?,
            parents: areas.iter().map(|one| (one.id, one.parent_id)).collect(),
        })
    }

    /// As [`lead_for`].
    pub fn lead_for(&self, category: Option<&str>, area: Option<AreaId>) -> Option<Suggested> {
        suggested(&self.rules, &self.book, category, &self.path(area))
    }

    /// The area and all above it, the highest first.
    pub(super) fn path(&self, area: Option<AreaId>) -> Vec<AreaId> {
        let mut path: Vec<AreaId> = Vec::new();
        let mut at = area;
        while let Some(one) = at.filter(|one| !path.contains(one)) {
            path.push(one);
            at = self.parents.get(&one).copied().flatten();
        }
        path.reverse();
        path
    }

    pub(super) fn rules(&self) -> &[Rule] {
        &self.rules
    }
}

fn suggested(
    rules: &[Rule],
    book: &Book,
    category: Option<&str>,
    path: &[AreaId],
) -> Option<Suggested> {
    let group = category.and_then(|code| book.category(code));
    let matter = Matter {
        category,
        group: group.map(|one| one.group_code.as_str()),
        path,
    };
    winner(rules, &matter).map(|rule| Suggested {
        lead: rule.lead,
        co_units: rule.co_units.clone(),
        rule: rule.id,
    })
}
