//! What forms and pages of one case offer to choose from.
use super::{find_for, rows::MERGED};
use crate::{
    case::door::Sight,
    domain::{
        id::{AccountId, CaseId, OfficeId, UnitId},
        role::Role,
    },
    entity::{account, case, case_link},
    error::AppResult,
};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

/// Active accounts of a unit, by name.
pub async fn staff_of(
    db: &impl ConnectionTrait,
    office: OfficeId,
    unit: UnitId,
) -> AppResult<Vec<(AccountId, String)>> {
    use account::Column;
    let rows = account::Entity::find()
        .filter(Column::OfficeId.eq(office))
        .filter(Column::UnitId.eq(unit))
        .filter(Column::DisabledAt.is_null())
        .filter(Column::Role.ne(Role::Employer))
        .order_by_asc(Column::Name)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
}

/// Active mediators with their units, by name.
pub async fn mediators(
    db: &impl ConnectionTrait,
    office: OfficeId,
) -> AppResult<Vec<(AccountId, String, UnitId)>> {
    use account::Column;
    let rows = account::Entity::find()
        .filter(Column::OfficeId.eq(office))
        .filter(Column::Role.eq(Role::Mediator))
        .filter(Column::DisabledAt.is_null())
        .order_by_asc(Column::Name)
        .all(db)
        .await?;
    let named = rows.into_iter();
    Ok(named
        .filter_map(|row| Some((row.id, row.name, row.unit_id?)))
        .collect())
}

/// A link of a case, as far as somebody may see the other end.
pub struct Linked {
    /// merged_into, child, cause or related
    pub relation: String,
    /// Whether the link was made on this case, or points here.
    pub out: bool,
    pub other: case::Model,
}

/// Links shown on one page at most.
const MOST: usize = 50;

/// The cases that belong to one, in the order they were linked.
pub async fn links(
    db: &impl ConnectionTrait,
    office: OfficeId,
    sight: Sight,
    id: CaseId,
) -> AppResult<Vec<Linked>> {
    use case_link::Column;
    let here = Condition::any()
        .add(Column::FromId.eq(id))
        .add(Column::ToId.eq(id));
    let rows = case_link::Entity::find()
        .filter(here)
        .filter(Column::Until.is_null())
        .order_by_asc(Column::Id)
        .all(db)
        .await?;
    let ids: Vec<_> = rows
        .iter()
        .flat_map(|row| [row.from_id, row.to_id])
        .collect();
    let cases = super::many(db, office, &ids).await?;
    let mut found = Vec::new();
    for row in rows.into_iter().take(MOST) {
        let out = row.from_id == id;
        let other = if out { row.to_id } else { row.from_id };
        let Some(case) = cases.iter().find(|case| case.id == other) else {
            continue;
        };
        if let Ok(other) = find_for(db, office, sight, &case.number).await {
            let relation = row.relation;
            found.push(Linked {
                relation,
                out,
                other,
            });
        }
    }
    found.sort_by_key(|link| (link.relation != MERGED, !link.out));
    Ok(found)
}
