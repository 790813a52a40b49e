//! Queries behind the pages of accounts: lists, sessions, tokens, the office itself.
use super::commands::Staff;
use crate::{
    domain::{
        id::{AccessRecordId, AccountId, ApiTokenId, OfficeId, WebSessionId},
        office::{Office, Site},
        role::Role,
    },
    entity::{
        access_record, account, api_token, office, old_password, setup_link, sign_in_attempt, unit,
        web_session,
    },
    error::{AppError, AppResult},
    platform::db::WriteTx,
};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};

/// Old passwords that are kept for each account.
const KEPT_PASSWORDS: u64 = 5;

/// # Errors
/// 404, also for another office's account.
pub async fn account(
    db: &impl ConnectionTrait,
    office: OfficeId,
    id: AccountId,
) -> AppResult<account::Model> {
    account::Entity::find_by_id(id)
        .filter(account::Column::OfficeId.eq(office))
        .one(db)
        .await?
        .ok_or_else(AppError::not_found)
}

/// What the list of accounts is narrowed to.
#[derive(Default)]
pub struct Wanted {
    pub role: Option<Role>,
    pub text: String,
    /// Logins after this one.
    pub after: Option<String>,
    pub limit: u64,
}

/// Accounts by login.
pub async fn accounts(
    db: &impl ConnectionTrait,
    office: OfficeId,
    wanted: Wanted,
) -> AppResult<Vec<account::Model>> {
    use account::Column;
    let mut found = account::Entity::find().filter(Column::OfficeId.eq(office));
    if let Some(role) = wanted.role {
        found = found.filter(Column::Role.eq(role));
    }
    if !wanted.text.is_empty() {
        let text = wanted.text.to_lowercase();
        let either = Condition::any()
            .add(Column::Login.contains(text))
            .add(Column::Name.contains(&wanted.text));
        found = found.filter(either);
    }
    if let Some(after) = wanted.after {
        found = found.filter(Column::Login.gt(after));
    }
    Ok(found
        .order_by_asc(Column::Login)
        .limit(wanted.limit)
        .all(db)
        .await?)
}

/// Accounts of each role, disabled ones too.
pub async fn by_role(db: &impl ConnectionTrait, office: OfficeId) -> AppResult<Vec<(Role, i64)>> {
    Ok(account::Entity::find()
        .select_only()
        .column(account::Column::Role)
        .column_as(account::Column::Id.count(), "n")
        .filter(account::Column::OfficeId.eq(office))
        .group_by(account::Column::Role)
        .into_tuple()
        .all(db)
        .await?)
}

/// All units, in use or not, for names and forms.
pub async fn units(db: &impl ConnectionTrait, office: OfficeId) -> AppResult<Vec<unit::Model>> {
    Ok(unit::Entity::find()
        .filter(unit::Column::OfficeId.eq(office))
        .order_by_asc(unit::Column::Code)
        .all(db)
        .await?)
}

pub async fn unit_by_code(
    db: &impl ConnectionTrait,
    office: OfficeId,
    code: &str,
) -> AppResult<Option<unit::Model>> {
    Ok(unit::Entity::find()
        .filter(unit::Column::OfficeId.eq(office))
        .filter(unit::Column::Code.eq(code.to_uppercase()))
        .one(db)
        .await?)
}

pub async fn set_leader(tx: &WriteTx, id: AccountId, leader: bool) -> AppResult<()> {
    account::Entity::update_many()
        .col_expr(account::Column::Leader, Expr::value(leader))
        .filter(account::Column::Id.eq(id))
        .exec(tx.conn())
        .await?;
    Ok(())
}

pub async fn set_staff(tx: &WriteTx, id: AccountId, staff: Staff) -> AppResult<()> {
    account::Entity::update_many()
        .col_expr(account::Column::Name, Expr::value(staff.name))
        .col_expr(account::Column::Role, Expr::value(staff.role))
        .col_expr(account::Column::UnitId, Expr::value(staff.unit))
        .col_expr(account::Column::Leader, Expr::value(staff.leader))
        .filter(account::Column::Id.eq(id))
        .exec(tx.conn())
        .await?;
    Ok(())
}

pub async fn set_disabled(tx: &WriteTx, id: AccountId, disabled: bool) -> AppResult<()> {
    let at = disabled.then_some(tx.now);
    account::Entity::update_many()
        .col_expr(account::Column::DisabledAt, Expr::value(at))
        .filter(account::Column::Id.eq(id))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// Administrators in use besides this account.
pub async fn other_admins(db: &impl ConnectionTrait, besides: &account::Model) -> AppResult<u64> {
    Ok(account::Entity::find()
        .filter(account::Column::OfficeId.eq(besides.office_id))
        .filter(account::Column::Role.eq(Role::OfficeAdmin))
        .filter(account::Column::DisabledAt.is_null())
        .filter(account::Column::Id.ne(besides.id))
        .count(db)
        .await?)
}

/// Sets a password and keeps the old one's hash among the last few.
pub async fn set_password(
    tx: &WriteTx,
    account: &account::Model,
    password_hash: String,
    must_change: bool,
) -> AppResult<()> {
    let old = old_password::ActiveModel {
        account_id: Set(account.id),
        password_hash: Set(account.password_hash.clone()),
        replaced_at: Set(tx.now),
        ..Default::default()
    };
    old_password::Entity::insert(old).exec(tx.conn()).await?;
    account::Entity::update_many()
        .col_expr(account::Column::PasswordHash, Expr::value(password_hash))
        .col_expr(account::Column::PasswordChangedAt, Expr::value(tx.now))
        .col_expr(account::Column::MustChange, Expr::value(must_change))
        .filter(account::Column::Id.eq(account.id))
        .exec(tx.conn())
        .await?;
    let kept: Vec<i64> = old_password::Entity::find()
        .select_only()
        .column(old_password::Column::Id)
        .filter(old_password::Column::AccountId.eq(account.id))
        .order_by_desc(old_password::Column::Id)
        .limit(KEPT_PASSWORDS)
        .into_tuple()
        .all(tx.conn())
        .await?;
    old_password::Entity::delete_many()
        .filter(old_password::Column::AccountId.eq(account.id))
        .filter(old_password::Column::Id.is_not_in(kept))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// Hashes of the passwords before the current one, newest first.
pub async fn old_passwords(
    db: &impl ConnectionTrait,
    account: AccountId,
    most: usize,
) -> AppResult<Vec<String>> {
    Ok(old_password::Entity::find()
        .select_only()
        .column(old_password::Column::PasswordHash)
        .filter(old_password::Column::AccountId.eq(account))
        .order_by_desc(old_password::Column::Id)
        .limit(u64::try_from(most).unwrap_or(KEPT_PASSWORDS))
        .into_tuple()
        .all(db)
        .await?)
}

/// Sessions of an account that have not run out, the last used first.
pub async fn sessions(
    db: &impl ConnectionTrait,
    account: AccountId,
    now: DateTime<Utc>,
) -> AppResult<Vec<web_session::Model>> {
    Ok(web_session::Entity::find()
        .filter(web_session::Column::AccountId.eq(account))
        .filter(web_session::Column::ExpiresAt.gt(now))
        .order_by_desc(web_session::Column::SeenAt)
        .all(db)
        .await?)
}

/// # Errors
/// 404, also for somebody else's session.
pub async fn end_session(tx: &WriteTx, account: AccountId, id: WebSessionId) -> AppResult<()> {
    let ended = web_session::Entity::delete_many()
        .filter(web_session::Column::Id.eq(id))
        .filter(web_session::Column::AccountId.eq(account))
        .exec(tx.conn())
        .await?;
    found(ended.rows_affected)
}

fn found(rows: u64) -> AppResult<()> {
    if rows == 0 {
        return Err(AppError::not_found());
    }
    Ok(())
}

/// Ends an account's sessions, but not the one whose hash is `keep`.
pub async fn end_sessions(tx: &WriteTx, account: AccountId, keep: Option<&str>) -> AppResult<()> {
    let ended =
        web_session::Entity::delete_many().filter(web_session::Column::AccountId.eq(account));
    let ended = match keep {
        Some(hash) => ended.filter(web_session::Column::TokenHash.ne(hash)),
        None => ended,
    };
    ended.exec(tx.conn()).await?;
    Ok(())
}

/// Tokens of an account that were not revoked.
pub async fn tokens(
    db: &impl ConnectionTrait,
    account: AccountId,
) -> AppResult<Vec<api_token::Model>> {
    Ok(api_token::Entity::find()
        .filter(api_token::Column::AccountId.eq(account))
        .filter(api_token::Column::RevokedAt.is_null())
        .order_by_asc(api_token::Column::Id)
        .all(db)
        .await?)
}

/// # Errors
/// 404, also for somebody else's token.
pub async fn revoke_token(tx: &WriteTx, account: AccountId, id: ApiTokenId) -> AppResult<()> {
    let revoked = api_token::Entity::update_many()
        .col_expr(api_token::Column::RevokedAt, Expr::value(tx.now))
        .filter(api_token::Column::Id.eq(id))
        .filter(api_token::Column::AccountId.eq(account))
        .filter(api_token::Column::RevokedAt.is_null())
        .exec(tx.conn())
        .await?;
    found(revoked.rows_affected)
}

pub async fn revoke_tokens(tx: &WriteTx, account: AccountId) -> AppResult<()> {
    api_token::Entity::update_many()
        .col_expr(api_token::Column::RevokedAt, Expr::value(tx.now))
        .filter(api_token::Column::AccountId.eq(account))
        .filter(api_token::Column::RevokedAt.is_null())
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// What the access record is narrowed to.
#[derive(Default)]
pub struct Records {
    pub from: Option<DateTime<Utc>>,
    pub until: Option<DateTime<Utc>>,
    pub action: String,
    /// Older than this one.
    pub before: Option<AccessRecordId>,
    pub limit: u64,
}

/// Who looked at, exported or changed what, the newest first.
pub async fn records(
    db: &impl ConnectionTrait,
    office: OfficeId,
    wanted: Records,
) -> AppResult<Vec<access_record::Model>> {
    use access_record::Column;
    let mut found = access_record::Entity::find().filter(Column::OfficeId.eq(office));
    if let Some(from) = wanted.from {
        found = found.filter(Column::At.gte(from));
    }
    if let Some(until) = wanted.until {
        found = found.filter(Column::At.lt(until));
    }
    if !wanted.action.is_empty() {
        found = found.filter(Column::Action.eq(wanted.action));
    }
    if let Some(before) = wanted.before {
        found = found.filter(Column::Id.lt(before));
    }
    Ok(found
        .order_by_desc(Column::Id)
        .limit(wanted.limit)
        .all(db)
        .await?)
}

/// Actions that stand in the record, for the filter.
pub async fn actions(db: &impl ConnectionTrait, office: OfficeId) -> AppResult<Vec<String>> {
    Ok(access_record::Entity::find()
        .select_only()
        .column(access_record::Column::Action)
        .distinct()
        .filter(access_record::Column::OfficeId.eq(office))
        .order_by_asc(access_record::Column::Action)
        .into_tuple()
        .all(db)
        .await?)
}

/// Names of these accounts.
pub async fn names(
    db: &impl ConnectionTrait,
    office: OfficeId,
    ids: Vec<AccountId>,
) -> AppResult<Vec<(AccountId, String)>> {
    Ok(account::Entity::find()
        .select_only()
        .columns([account::Column::Id, account::Column::Name])
        .filter(account::Column::OfficeId.eq(office))
        .filter(account::Column::Id.is_in(ids))
        .into_tuple()
        .all(db)
        .await?)
}

pub async fn office(db: &impl ConnectionTrait, id: OfficeId) -> AppResult<Office> {
    let row = office::Entity::find_by_id(id)
        .one(db)
        .await?
        .ok_or_else(AppError::not_found)?;
    Ok(of_row(row))
}

/// What the row says; a site that cannot be read counts as not filled in.
pub fn of_row(row: office::Model) -> Office {
    Office {
        name: row.name,
        prefix: row.prefix,
        site: serde_json::from_value::<Site>(row.site).unwrap_or_default(),
    }
}

pub async fn set_office(tx: &WriteTx, id: OfficeId, office: &Office) -> AppResult<()> {
    let site = serde_json::to_value(&office.site)?;
    office::Entity::update_many()
        .col_expr(office::Column::Name, Expr::value(office.name.as_str()))
        .col_expr(office::Column::Prefix, Expr::value(office.prefix.as_str()))
        .col_expr(office::Column::Site, Expr::value(site))
        .filter(office::Column::Id.eq(id))
        .exec(tx.conn())
        .await?;
    Ok(())
}

pub async fn setup(
    db: &impl ConnectionTrait,
    token_hash: &str,
) -> AppResult<Option<setup_link::Model>> {
    Ok(setup_link::Entity::find()
        .filter(setup_link::Column::TokenHash.eq(token_hash))
        .one(db)
        .await?)
}

/// Uses a first-run link up; no when somebody else was faster or it has run out.
pub async fn use_setup(tx: &WriteTx, token_hash: &str) -> AppResult<bool> {
    let used = setup_link::Entity::update_many()
        .col_expr(setup_link::Column::UsedAt, Expr::value(tx.now))
        .filter(setup_link::Column::TokenHash.eq(token_hash))
        .filter(setup_link::Column::UsedAt.is_null())
        .filter(setup_link::Column::ExpiresAt.gt(tx.now))
        .exec(tx.conn())
        .await?;
    Ok(used.rows_affected == 1)
}

/// Sessions that have run out and attempts that no longer count.
pub async fn clear(tx: &WriteTx) -> AppResult<()> {
    web_session::Entity::delete_many()
        .filter(web_session::Column::ExpiresAt.lt(tx.now))
        .exec(tx.conn())
        .await?;
    sign_in_attempt::Entity::delete_many()
        .filter(sign_in_attempt::Column::At.lt(tx.now - TimeDelta::days(1)))
        .exec(tx.conn())
        .await?;
    Ok(())
}
