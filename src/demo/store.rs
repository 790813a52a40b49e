//! The few rows that the story looks up.
use crate::{
    domain::{
        case::{Kind, Stage},
        id::{AccountId, EmployerId, FairId, OfficeId, PosterId, RegistrationId},
        posting::PostingStatus,
        role::Role,
    },
    entity::{
        account, case, desk_site, employer, fair, participation, poster, posting, registration,
        unit,
    },
    error::{AppError, AppResult},
};
use anyhow::anyhow;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

pub async fn last_fair(
    db: &impl ConnectionTrait,
    office: OfficeId,
) -> AppResult<Option<fair::Model>> {
    Ok(fair::Entity::find()
        .filter(fair::Column::OfficeId.eq(office))
        .filter(fair::Column::PublishedAt.is_not_null())
        .order_by_desc(fair::Column::EndsAt)
        .one(db)
        .await?)
}

/// How many fairs there were.
pub async fn editions(db: &impl ConnectionTrait, office: OfficeId) -> AppResult<u64> {
    Ok(fair::Entity::find()
        .filter(fair::Column::OfficeId.eq(office))
        .count(db)
        .await?)
}

pub async fn posters(
    db: &impl ConnectionTrait,
    fair: FairId,
) -> AppResult<Vec<(PosterId, String)>> {
    Ok(poster::Entity::find()
        .select_only()
        .column(poster::Column::Id)
        .column(poster::Column::Code)
        .filter(poster::Column::FairId.eq(fair))
        .order_by_asc(poster::Column::Id)
        .into_tuple()
        .all(db)
        .await?)
}

pub async fn first_poster(db: &impl ConnectionTrait, fair: FairId) -> AppResult<String> {
    let first = posters(db, fair).await?.into_iter().next();
    Ok(first.map(|(_, code)| code).unwrap_or_default())
}

/// The first account of a role.
pub async fn of_role(
    db: &impl ConnectionTrait,
    office: OfficeId,
    role: Role,
) -> AppResult<account::Model> {
    account::Entity::find()
        .filter(account::Column::OfficeId.eq(office))
        .filter(account::Column::Role.eq(role))
        .order_by_asc(account::Column::Id)
        .one(db)
        .await?
        .ok_or_else(|| anyhow!("nobody is {}", role.code()).into())
}

/// All staff of the office.
pub async fn staff(db: &impl ConnectionTrait, office: OfficeId) -> AppResult<Vec<account::Model>> {
    Ok(account::Entity::find()
        .filter(account::Column::OfficeId.eq(office))
        .filter(account::Column::EmployerId.is_null())
        .order_by_asc(account::Column::Id)
        .all(db)
        .await?)
}

/// Code on the banner of the first desk.
pub async fn first_banner(
    db: &impl ConnectionTrait,
    office: OfficeId,
) -> AppResult<Option<String>> {
    Ok(desk_site::Entity::find()
        .select_only()
        .column(desk_site::Column::Code)
        .filter(desk_site::Column::OfficeId.eq(office))
        .order_by_asc(desk_site::Column::Id)
        .into_tuple()
        .one(db)
        .await?)
}

/// Number of the first case of a title.
pub async fn case_called(
    db: &impl ConnectionTrait,
    office: OfficeId,
    title: &str,
) -> AppResult<Option<String>> {
    let found = case::Entity::find()
        .filter(case::Column::OfficeId.eq(office))
        .filter(case::Column::Title.eq(title))
        .order_by_asc(case::Column::Id);
    Ok(found.one(db).await?.map(|row| row.number))
}

/// Requests that are being verified, newest first.
pub async fn verifying(db: &impl ConnectionTrait, office: OfficeId) -> AppResult<Vec<case::Model>> {
    Ok(case::Entity::find()
        .filter(case::Column::OfficeId.eq(office))
        .filter(case::Column::Kind.eq(Kind::ResidentRequest))
        .filter(case::Column::Stage.eq(Stage::Verifying))
        .order_by_desc(case::Column::Id)
        .limit(30)
        .all(db)
        .await?)
}

pub async fn units(db: &impl ConnectionTrait, office: OfficeId) -> AppResult<Vec<unit::Model>> {
    Ok(unit::Entity::find()
        .filter(unit::Column::OfficeId.eq(office))
        .order_by_asc(unit::Column::Id)
        .all(db)
        .await?)
}

/// Employers by their names, each with the account that acts for it.
pub async fn employers(
    db: &impl ConnectionTrait,
    office: OfficeId,
) -> AppResult<Vec<(employer::Model, Option<AccountId>)>> {
    let rows = employer::Entity::find()
        .filter(employer::Column::OfficeId.eq(office))
        .order_by_asc(employer::Column::Id)
        .all(db)
        .await?;
    let accounts: Vec<(AccountId, Option<EmployerId>)> = account::Entity::find()
        .select_only()
        .column(account::Column::Id)
        .column(account::Column::EmployerId)
        .filter(account::Column::OfficeId.eq(office))
        .filter(account::Column::EmployerId.is_not_null())
        .order_by_desc(account::Column::Id)
        .into_tuple()
        .all(db)
        .await?;
    let of = |id| {
        accounts
            .iter()
            .rfind(|(_, of)| *of == Some(id))
            .map(|(account, _)| *account)
    };
    Ok(rows
        .into_iter()
        .map(|row| (row.clone(), of(row.id)))
        .collect())
}

/// The place at an evening of the employer for whom an account acts.
pub async fn stand_of(
    db: &impl ConnectionTrait,
    office: OfficeId,
    fair: FairId,
    login: &str,
) -> AppResult<Option<participation::Model>> {
    let acting = account::Entity::find()
        .filter(account::Column::OfficeId.eq(office))
        .filter(account::Column::Login.eq(login));
    let employer = acting.one(db).await?.and_then(|row| row.employer_id);
    let Some(employer) = employer else {
        return Ok(None);
    };
    let stand = participation::Entity::find()
        .filter(participation::Column::FairId.eq(fair))
        .filter(participation::Column::EmployerId.eq(employer))
        .filter(participation::Column::Active.eq(true));
    Ok(stand.one(db).await?)
}

pub async fn stands(
    db: &impl ConnectionTrait,
    fair: FairId,
) -> AppResult<Vec<participation::Model>> {
    Ok(participation::Entity::find()
        .filter(participation::Column::FairId.eq(fair))
        .filter(participation::Column::Active.eq(true))
        .order_by_asc(participation::Column::Id)
        .all(db)
        .await?)
}

pub async fn published(db: &impl ConnectionTrait, fair: FairId) -> AppResult<Vec<posting::Model>> {
    Ok(posting::Entity::find()
        .filter(posting::Column::FairId.eq(fair))
        .filter(posting::Column::Status.eq(PostingStatus::Published))
        .order_by_asc(posting::Column::Id)
        .all(db)
        .await?)
}

pub async fn registration(
    db: &impl ConnectionTrait,
    id: RegistrationId,
) -> AppResult<registration::Model> {
    registration::Entity::find_by_id(id)
        .one(db)
        .await?
        .ok_or_else(AppError::not_found)
}

/// Tickets of those who are inside, the first one first.
pub async fn inside(db: &impl ConnectionTrait, fair: FairId) -> AppResult<Vec<RegistrationId>> {
    Ok(registration::Entity::find()
        .select_only()
        .column(registration::Column::Id)
        .filter(registration::Column::FairId.eq(fair))
        .filter(registration::Column::Inside.eq(true))
        .order_by_asc(registration::Column::FirstInAt)
        .limit(120)
        .into_tuple()
        .all(db)
        .await?)
}
