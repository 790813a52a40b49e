//! Which fairs and employers somebody may work with.
use crate::{
    account::Actor,
    domain::{
        fair::FairStatus,
        id::{EmployerId, FairId, OfficeId},
        role::Role,
    },
    entity::{employer, fair, fair_host, participation},
    error::{AppError, AppResult},
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait,
};

/// The office's fair of that name, as far as the actor may look into it: a co-host only the fairs
/// it hosts, an employer only those that are announced.
///
/// # Errors
/// 404 otherwise.
pub async fn fair_for(
    db: &impl ConnectionTrait,
    actor: &Actor,
    slug: &str,
) -> AppResult<fair::Model> {
    let fair = fair_named(db, actor.office, slug).await?;
    let open = match actor.role {
        Role::Employer => fair.status == FairStatus::Published,
        Role::CoHost => hosts(db, actor, fair.id).await?,
        _ => true,
    };
    if open {
        Ok(fair)
    } else {
        Err(AppError::not_found())
    }
}

/// A fair that is announced to the public.
///
/// # Errors
/// 404 when there is none of that name.
pub async fn public_fair(
    db: &impl ConnectionTrait,
    office: OfficeId,
    slug: &str,
) -> AppResult<fair::Model> {
    let fair = fair_named(db, office, slug).await?;
    if fair.status == FairStatus::Published {
        Ok(fair)
    } else {
        Err(AppError::not_found())
    }
}

async fn fair_named(
    db: &impl ConnectionTrait,
    office: OfficeId,
    slug: &str,
) -> AppResult<fair::Model> {
    fair::Entity::find()
        .filter(fair::Column::OfficeId.eq(office))
        .filter(fair::Column::Slug.eq(slug))
        .one(db)
        .await?
        .ok_or_else(AppError::not_found)
}

/// Whether the actor's unit is among the hosts of a fair.
pub async fn hosts(db: &impl ConnectionTrait, actor: &Actor, fair: FairId) -> AppResult<bool> {
    let Some(unit) = actor.unit else {
        return Ok(false);
    };
    let host = fair_host::Entity::find()
        .filter(fair_host::Column::FairId.eq(fair))
        .filter(fair_host::Column::UnitId.eq(unit))
        .one(db)
        .await?;
    Ok(host.is_some())
}

/// # Errors
/// 404 when the office has no such employer.
pub async fn employer(
    db: &impl ConnectionTrait,
    office: OfficeId,
    id: EmployerId,
) -> AppResult<employer::Model> {
    employer::Entity::find_by_id(id)
        .filter(employer::Column::OfficeId.eq(office))
        .one(db)
        .await?
        .ok_or_else(AppError::not_found)
}

/// Fairs that are announced and not over, for an employer to post in; those where it has a place
/// come first.
pub async fn open_fairs(
    db: &impl ConnectionTrait,
    office: OfficeId,
    employer: EmployerId,
    now: DateTime<Utc>,
) -> AppResult<Vec<(fair::Model, bool)>> {
    let fairs = fair::Entity::find()
        .filter(fair::Column::OfficeId.eq(office))
        .filter(fair::Column::Status.eq(FairStatus::Published))
        .filter(fair::Column::EndsAt.gt(now))
        .order_by_asc(fair::Column::StartsAt)
        .all(db)
        .await?;
    let places: Vec<FairId> = participation::Entity::find()
        .select_only()
        .column(participation::Column::FairId)
        .filter(participation::Column::EmployerId.eq(employer))
        .filter(participation::Column::Active.eq(true))
        .into_tuple()
        .all(db)
        .await?;
    let mut fairs: Vec<_> = fairs
        .into_iter()
        .map(|fair| (places.contains(&fair.id), fair))
        .map(|(takes_part, fair)| (fair, takes_part))
        .collect();
    fairs.sort_by_key(|(_, takes_part)| !takes_part);
    Ok(fairs)
}

/// The fairs an actor may look into, newest first, for a choice in a filter.
pub async fn fairs_of(db: &impl ConnectionTrait, actor: &Actor) -> AppResult<Vec<fair::Model>> {
    Ok(fair::Entity::find()
        .filter(fair::Column::OfficeId.eq(actor.office))
        .filter(Condition::all().add_option(hosted(actor, fair::Column::Id)))
        .order_by_desc(fair::Column::StartsAt)
        .limit(50)
        .all(db)
        .await?)
}

/// For a co-host: the column names a fair its unit hosts.
pub(super) fn hosted(actor: &Actor, fair: impl ColumnTrait) -> Option<Condition> {
    if actor.role != Role::CoHost {
        return None;
    }
    let unit = actor.unit.map_or(0, |unit| unit.0);
    let mine = fair_host::Entity::find()
        .select_only()
        .column(fair_host::Column::FairId)
        .filter(fair_host::Column::UnitId.eq(unit))
        .into_query();
    Some(Condition::all().add(fair.in_subquery(mine)))
}
