//! Queries on the views that people keep.
use crate::{
    account::Actor,
    domain::id::{AccountId, LedgerViewId, OfficeId, UnitId},
    entity::ledger_view::{ActiveModel, Column, Entity, Model},
    error::{AppError, AppResult},
    platform::db::WriteTx,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder, sea_query::Expr,
};

/// The views of an account and those its unit shares, the oldest first.
pub async fn views(db: &impl ConnectionTrait, actor: &Actor) -> AppResult<Vec<Model>> {
    let shared = actor.unit.map(|unit| Column::UnitId.eq(unit));
    let seen = Condition::any()
        .add(Column::AccountId.eq(actor.account))
        .add_option(shared);
    Ok(Entity::find()
        .filter(Column::OfficeId.eq(actor.office))
        .filter(seen)
        .order_by_asc(Column::Id)
        .all(db)
        .await?)
}

/// A view as somebody keeps it.
#[derive(Clone, Debug)]
pub struct NewView {
    pub name: String,
    pub query: String,
    pub opens_first: bool,
    pub shared_with: Option<UnitId>,
}

pub async fn keep_view(
    tx: &WriteTx,
    (office, account): (OfficeId, AccountId),
    view: NewView,
) -> AppResult<Model> {
    if view.opens_first {
        none_first(tx, account).await?;
    }
    let row = ActiveModel {
        office_id: Set(office),
        account_id: Set(account),
        unit_id: Set(view.shared_with),
        name: Set(view.name),
        query: Set(view.query),
        opens_first: Set(view.opens_first),
        created_at: Set(tx.now),
        ..Default::default()
    };
    Ok(Entity::insert(row).exec_with_returning(tx.conn()).await?)
}

async fn none_first(tx: &WriteTx, account: AccountId) -> AppResult<()> {
    Entity::update_many()
        .col_expr(Column::OpensFirst, Expr::value(false))
        .filter(Column::AccountId.eq(account))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// A view of the account's own.
async fn own(tx: &WriteTx, account: AccountId, id: LedgerViewId) -> AppResult<Model> {
    Entity::find_by_id(id)
        .filter(Column::AccountId.eq(account))
        .one(tx.conn())
        .await?
        .ok_or_else(AppError::not_found)
}

/// Gives a view another name, and says whether it opens first and who sees it.
///
/// # Errors
/// 404 unless it is the account's own.
pub async fn change_view(
    tx: &WriteTx,
    account: AccountId,
    id: LedgerViewId,
    view: NewView,
) -> AppResult<()> {
    let mut row = own(tx, account, id).await?.into_active_model();
    if view.opens_first {
        none_first(tx, account).await?;
    }
    row.name = Set(view.name);
    row.opens_first = Set(view.opens_first);
    row.unit_id = Set(view.shared_with);
    Entity::update(row).exec(tx.conn()).await?;
    Ok(())
}

/// # Errors
/// 404 unless it is the account's own.
pub async fn remove_view(tx: &WriteTx, account: AccountId, id: LedgerViewId) -> AppResult<()> {
    let row = own(tx, account, id).await?;
    Entity::delete_by_id(row.id).exec(tx.conn()).await?;
    Ok(())
}
