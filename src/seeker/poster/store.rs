//! Queries on posters and on who came by them.
use crate::{
    domain::{
        id::{FairId, OfficeId, PosterId},
        ticket::Code,
    },
    entity::{fair, poster, registration},
    error::AppResult,
    platform::db::WriteTx,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, TryInsertResult, sea_query::OnConflict,
};

/// Makes a poster; nothing when the code is taken.
pub async fn insert(
    tx: &WriteTx,
    fair: FairId,
    code: &Code,
    place: String,
) -> AppResult<Option<PosterId>> {
    let row = poster::ActiveModel {
        fair_id: Set(fair),
        code: Set(code.as_str().to_owned()),
        place: Set(place),
        created_at: Set(tx.now),
        ..Default::default()
    };
    let made = poster::Entity::insert(row)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .try_insert()
        .exec(tx.conn())
        .await?;
    Ok(match made {
        TryInsertResult::Inserted(row) => Some(row.last_insert_id),
        TryInsertResult::Conflicted | TryInsertResult::Empty => None,
    })
}

pub async fn of_fair(db: &impl ConnectionTrait, fair: FairId) -> AppResult<Vec<poster::Model>> {
    Ok(poster::Entity::find()
        .filter(poster::Column::FairId.eq(fair))
        .order_by_asc(poster::Column::Id)
        .all(db)
        .await?)
}

pub async fn find(
    db: &impl ConnectionTrait,
    fair: FairId,
    code: &str,
) -> AppResult<Option<poster::Model>> {
    Ok(poster::Entity::find()
        .filter(poster::Column::FairId.eq(fair))
        .filter(poster::Column::Code.eq(code))
        .one(db)
        .await?)
}

/// The fair that a poster's code leads to, within an office.
pub async fn fair_of(
    db: &impl ConnectionTrait,
    office: OfficeId,
    code: &Code,
) -> AppResult<Option<fair::Model>> {
    let found = poster::Entity::find()
        .filter(poster::Column::Code.eq(code.as_str()))
        .one(db)
        .await?;
    let Some(found) = found else { return Ok(None) };
    Ok(fair::Entity::find_by_id(found.fair_id)
        .filter(fair::Column::OfficeId.eq(office))
        .one(db)
        .await?)
}

/// Registered and come, by poster.
pub async fn counts(
    db: &impl ConnectionTrait,
    fair: FairId,
) -> AppResult<Vec<(Option<PosterId>, i64, i64)>> {
    use registration::Column;
    Ok(registration::Entity::find()
        .select_only()
        .column(Column::PosterId)
        .column_as(Column::Id.count(), "registered")
        .column_as(Column::FirstInAt.count(), "came")
        .filter(Column::FairId.eq(fair))
        .filter(Column::PosterId.is_not_null())
        .group_by(Column::PosterId)
        .into_tuple()
        .all(db)
        .await?)
}
