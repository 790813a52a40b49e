//! Queries on accounts, sessions, tokens and sign-in attempts.
use crate::{
    domain::{
        id::{AccountId, EmployerId, OfficeId, UnitId},
        role::Role,
    },
    entity::{access_record, account, api_token, office, setup_link, sign_in_attempt, web_session},
    error::{AppError, AppResult},
    platform::db::{WriteTx, is_duplicate},
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, JoinType, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};

/// The office that a fresh installation serves until it is given its own name.
pub const FIRST_OFFICE: (&str, &str, &str) = ("main", "街道办事处", "JD");

/// The one office of this installation, made if the database is new.
pub async fn first_office(tx: &WriteTx) -> AppResult<office::Model> {
    let known = office::Entity::find()
        .order_by_asc(office::Column::Id)
        .one(tx.conn())
        .await?;
    if let Some(office) = known {
        return Ok(office);
    }
    let (code, name, prefix) = FIRST_OFFICE;
    let row = office::ActiveModel {
        code: Set(code.into()),
        name: Set(name.into()),
        prefix: Set(prefix.into()),
        site: Set(serde_json::json!({})),
        created_at: Set(tx.now),
        ..Default::default()
    };
    Ok(office::Entity::insert(row)
        .exec_with_returning(tx.conn())
        .await?)
}

/// Every office of the database.
pub async fn office_ids(db: &impl ConnectionTrait) -> AppResult<Vec<OfficeId>> {
    Ok(office::Entity::find()
        .select_only()
        .column(office::Column::Id)
        .order_by_asc(office::Column::Id)
        .into_tuple()
        .all(db)
        .await?)
}

/// What makes an account.
pub struct NewAccount {
    pub office: OfficeId,
    pub login: String,
    pub name: String,
    pub role: Role,
    pub unit: Option<UnitId>,
    pub employer: Option<EmployerId>,
    pub password_hash: String,
    pub must_change: bool,
}

/// # Errors
/// 409 `login_taken`.
pub async fn insert(tx: &WriteTx, new: NewAccount) -> AppResult<account::Model> {
    let row = account::ActiveModel {
        office_id: Set(new.office),
        unit_id: Set(new.unit),
        employer_id: Set(new.employer),
        login: Set(new.login),
        name: Set(new.name),
        role: Set(new.role),
        leader: Set(false),
        password_hash: Set(new.password_hash),
        password_changed_at: Set(tx.now),
        must_change: Set(new.must_change),
        created_at: Set(tx.now),
        ..Default::default()
    };
    match account::Entity::insert(row)
        .exec_with_returning(tx.conn())
        .await
    {
        Ok(account) => Ok(account),
        Err(error) if is_duplicate(&error) => Err(AppError::conflict("login_taken")),
        Err(error) => Err(error.into()),
    }
}

pub async fn by_login(
    db: &impl ConnectionTrait,
    office: OfficeId,
    login: &str,
) -> AppResult<Option<account::Model>> {
    Ok(account::Entity::find()
        .filter(account::Column::OfficeId.eq(office))
        .filter(account::Column::Login.eq(login))
        .one(db)
        .await?)
}

pub async fn any(db: &impl ConnectionTrait, office: OfficeId) -> AppResult<bool> {
    let count = account::Entity::find()
        .filter(account::Column::OfficeId.eq(office))
        .count(db)
        .await?;
    Ok(count > 0)
}

/// The session of a cookie that has not run out, with its account.
pub async fn session(
    db: &impl ConnectionTrait,
    token_hash: &str,
    now: DateTime<Utc>,
) -> AppResult<Option<(web_session::Model, account::Model)>> {
    let owner = web_session::Entity::belongs_to(account::Entity)
        .from(web_session::Column::AccountId)
        .to(account::Column::Id);
    let found = web_session::Entity::find()
        .join(JoinType::InnerJoin, owner.into())
        .filter(web_session::Column::TokenHash.eq(token_hash))
        .filter(web_session::Column::ExpiresAt.gt(now))
        .filter(account::Column::DisabledAt.is_null())
        .select_also(account::Entity)
        .one(db)
        .await?;
    Ok(found.and_then(|(session, account)| Some((session, account?))))
}

/// The account of an API token that was not revoked.
pub async fn token_owner(
    db: &impl ConnectionTrait,
    token_hash: &str,
) -> AppResult<Option<account::Model>> {
    let token = account::Entity::belongs_to(api_token::Entity)
        .from(account::Column::Id)
        .to(api_token::Column::AccountId);
    Ok(account::Entity::find()
        .join(JoinType::InnerJoin, token.into())
        .filter(api_token::Column::TokenHash.eq(token_hash))
        .filter(api_token::Column::RevokedAt.is_null())
        .filter(account::Column::DisabledAt.is_null())
        .one(db)
        .await?)
}

pub async fn insert_session(
    tx: &WriteTx,
    account: AccountId,
    token_hash: String,
    device: String,
    expires_at: DateTime<Utc>,
) -> AppResult<()> {
    let row = web_session::ActiveModel {
        account_id: Set(account),
        token_hash: Set(token_hash),
        device: Set(device),
        created_at: Set(tx.now),
        seen_at: Set(tx.now),
        expires_at: Set(expires_at),
        ..Default::default()
    };
    web_session::Entity::insert(row).exec(tx.conn()).await?;
    Ok(())
}

pub async fn touch_session(
    tx: &WriteTx,
    session: &web_session::Model,
    expires_at: DateTime<Utc>,
) -> AppResult<()> {
    web_session::Entity::update_many()
        .col_expr(web_session::Column::SeenAt, Expr::value(tx.now))
        .col_expr(web_session::Column::ExpiresAt, Expr::value(expires_at))
        .filter(web_session::Column::Id.eq(session.id))
        .exec(tx.conn())
        .await?;
    Ok(())
}

pub async fn delete_session(tx: &WriteTx, token_hash: &str) -> AppResult<()> {
    web_session::Entity::delete_many()
        .filter(web_session::Column::TokenHash.eq(token_hash))
        .exec(tx.conn())
        .await?;
    Ok(())
}

pub async fn insert_token(
    tx: &WriteTx,
    account: AccountId,
    token_hash: String,
    label: String,
) -> AppResult<()> {
    let row = api_token::ActiveModel {
        account_id: Set(account),
        token_hash: Set(token_hash),
        label: Set(label),
        created_at: Set(tx.now),
        ..Default::default()
    };
    api_token::Entity::insert(row).exec(tx.conn()).await?;
    Ok(())
}

/// Failed attempts for a login since `since`, newest first.
pub async fn failures(
    db: &impl ConnectionTrait,
    office: OfficeId,
    login: &str,
    since: DateTime<Utc>,
) -> AppResult<Vec<sign_in_attempt::Model>> {
    use sign_in_attempt::Column;
    Ok(sign_in_attempt::Entity::find()
        .filter(Column::OfficeId.eq(office))
        .filter(Column::Login.eq(login))
        .filter(Column::At.gt(since))
        .filter(Column::Ok.eq(false))
        .order_by_desc(Column::At)
        .all(db)
        .await?)
}

pub async fn record_attempt(
    tx: &WriteTx,
    office: OfficeId,
    login: &str,
    ip: &str,
) -> AppResult<()> {
    let row = sign_in_attempt::ActiveModel {
        office_id: Set(office),
        login: Set(login.to_owned()),
        ip: Set(ip.to_owned()),
        ok: Set(false),
        at: Set(tx.now),
        ..Default::default()
    };
    sign_in_attempt::Entity::insert(row).exec(tx.conn()).await?;
    Ok(())
}

/// Forgets the failures of a login that has signed in, so that the delay starts anew.
pub async fn forgive(tx: &WriteTx, office: OfficeId, login: &str) -> AppResult<()> {
    use sign_in_attempt::Column;
    sign_in_attempt::Entity::delete_many()
        .filter(Column::OfficeId.eq(office))
        .filter(Column::Login.eq(login))
        .exec(tx.conn())
        .await?;
    Ok(())
}

pub async fn insert_setup(
    tx: &WriteTx,
    token_hash: String,
    expires_at: DateTime<Utc>,
) -> AppResult<()> {
    let row = setup_link::ActiveModel {
        token_hash: Set(token_hash),
        expires_at: Set(expires_at),
        ..Default::default()
    };
    setup_link::Entity::insert(row).exec(tx.conn()).await?;
    Ok(())
}

/// Something that was looked at, exported or tried; kept 400 days.
pub struct Access<'a> {
    pub office: OfficeId,
    pub account: Option<AccountId>,
    /// reveal, export, sign_in, …
    pub action: &'a str,
    /// Table name of what was looked at.
    pub subject: &'a str,
    pub subject_id: Option<i64>,
    pub reason: &'a str,
    pub ip: &'a str,
}

pub async fn record_access(tx: &WriteTx, access: Access<'_>) -> AppResult<()> {
    let row = access_record::ActiveModel {
        office_id: Set(access.office),
        account_id: Set(access.account),
        action: Set(access.action.to_owned()),
        subject: Set(access.subject.to_owned()),
        subject_id: Set(access.subject_id),
        reason: Set(access.reason.to_owned()),
        ip: Set(access.ip.to_owned()),
        at: Set(tx.now),
        ..Default::default()
    };
    access_record::Entity::insert(row).exec(tx.conn()).await?;
    Ok(())
}
