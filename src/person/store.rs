//! Queries on people, on what they agreed to, and on who looked at them.
use crate::{
    domain::id::{AccountId, EmployerId, OfficeId, PersonId},
    entity::{access_record, account, consent, office, person},
    error::AppResult,
    platform::db::WriteTx,
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, TryInsertResult,
    sea_query::{Expr, OnConflict},
};

/// The sealed half of a row.
pub struct Sealed {
    pub name: Vec<u8>,
    pub phone: Vec<u8>,
    pub phone_hash: String,
    pub tail_hash: String,
}

/// Makes the person; nothing when the telephone number is known already.
pub async fn insert_unless_known(
    tx: &WriteTx,
    office: OfficeId,
    uid: String,
    sealed: Sealed,
) -> AppResult<Option<PersonId>> {
    let row = person::ActiveModel {
        office_id: Set(office),
        uid: Set(uid),
        name_sealed: Set(Some(sealed.name)),
        phone_sealed: Set(Some(sealed.phone)),
        phone_hash: Set(Some(sealed.phone_hash)),
        tail_hash: Set(Some(sealed.tail_hash)),
        created_at: Set(tx.now),
        ..Default::default()
    };
    insert_new(tx, row).await
}

async fn insert_new(tx: &WriteTx, row: person::ActiveModel) -> AppResult<Option<PersonId>> {
    let key = [person::Column::OfficeId, person::Column::PhoneHash];
    let inserted = person::Entity::insert(row)
        .on_conflict(OnConflict::columns(key).do_nothing().to_owned())
        .try_insert()
        .exec(tx.conn())
        .await?;
    Ok(match inserted {
        TryInsertResult::Inserted(row) => Some(row.last_insert_id),
        TryInsertResult::Conflicted | TryInsertResult::Empty => None,
    })
}

/// Uid and sealed telephone number of the newest people of any office.
pub async fn newest_phones(
    db: &impl ConnectionTrait,
    most: u64,
) -> AppResult<Vec<(String, Vec<u8>)>> {
    Ok(person::Entity::find()
        .select_only()
        .columns([person::Column::Uid, person::Column::PhoneSealed])
        .filter(person::Column::PhoneSealed.is_not_null())
        .order_by_desc(person::Column::Id)
        .limit(most)
        .into_tuple()
        .all(db)
        .await?)
}

/// Somebody of whom only the number is known, unless it is known already.
pub async fn insert_number_unless_known(
    tx: &WriteTx,
    office: OfficeId,
    uid: String,
    phone: Vec<u8>,
    phone_hash: String,
) -> AppResult<Option<PersonId>> {
    let row = person::ActiveModel {
        office_id: Set(office),
        uid: Set(uid),
        phone_sealed: Set(Some(phone)),
        phone_hash: Set(Some(phone_hash)),
        created_at: Set(tx.now),
        ..Default::default()
    };
    insert_new(tx, row).await
}

/// Somebody without a telephone number.
pub async fn insert_without_phone(
    tx: &WriteTx,
    office: OfficeId,
    uid: String,
    name: Option<Vec<u8>>,
) -> AppResult<PersonId> {
    let row = person::ActiveModel {
        office_id: Set(office),
        uid: Set(uid),
        name_sealed: Set(name),
        created_at: Set(tx.now),
        ..Default::default()
    };
    let inserted = person::Entity::insert(row).exec(tx.conn()).await?;
    Ok(inserted.last_insert_id)
}

pub async fn by_phone(
    db: &impl ConnectionTrait,
    office: OfficeId,
    phone_hash: &str,
) -> AppResult<Option<person::Model>> {
    Ok(person::Entity::find()
        .filter(person::Column::OfficeId.eq(office))
        .filter(person::Column::PhoneHash.eq(phone_hash))
        .one(db)
        .await?)
}

pub async fn find(
    db: &impl ConnectionTrait,
    office: OfficeId,
    id: PersonId,
) -> AppResult<Option<person::Model>> {
    Ok(person::Entity::find_by_id(id)
        .filter(person::Column::OfficeId.eq(office))
        .one(db)
        .await?)
}

pub async fn by_uid(
    db: &impl ConnectionTrait,
    office: OfficeId,
    uid: &str,
) -> AppResult<Option<person::Model>> {
    Ok(person::Entity::find()
        .filter(person::Column::OfficeId.eq(office))
        .filter(person::Column::Uid.eq(uid))
        .one(db)
        .await?)
}

pub async fn many(
    db: &impl ConnectionTrait,
    office: OfficeId,
    ids: &[PersonId],
) -> AppResult<Vec<person::Model>> {
    Ok(person::Entity::find()
        .filter(person::Column::OfficeId.eq(office))
        .filter(person::Column::Id.is_in(ids.iter().copied()))
        .all(db)
        .await?)
}

pub async fn ids_by_tail(
    db: &impl ConnectionTrait,
    office: OfficeId,
    tail_hash: &str,
) -> AppResult<Vec<PersonId>> {
    Ok(person::Entity::find()
        .select_only()
        .column(person::Column::Id)
        .filter(person::Column::OfficeId.eq(office))
        .filter(person::Column::TailHash.eq(tail_hash))
        .into_tuple()
        .all(db)
        .await?)
}

pub async fn set_contact(tx: &WriteTx, id: PersonId, sealed: Sealed) -> AppResult<()> {
    person::Entity::update_many()
        .col_expr(person::Column::NameSealed, Expr::value(sealed.name))
        .col_expr(person::Column::PhoneSealed, Expr::value(sealed.phone))
        .col_expr(person::Column::PhoneHash, Expr::value(sealed.phone_hash))
        .col_expr(person::Column::TailHash, Expr::value(sealed.tail_hash))
        .filter(person::Column::Id.eq(id))
        .exec(tx.conn())
        .await?;
    Ok(())
}

pub async fn set_id_number(
    tx: &WriteTx,
    id: PersonId,
    sealed: Vec<u8>,
    hash: String,
) -> AppResult<()> {
    person::Entity::update_many()
        .col_expr(person::Column::IdNumberSealed, Expr::value(sealed))
        .col_expr(person::Column::IdNumberHash, Expr::value(hash))
        .filter(person::Column::Id.eq(id))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// Empties the row; false when it was empty already.
pub async fn erase(tx: &WriteTx, id: PersonId) -> AppResult<bool> {
    let none = || Expr::value(Option::<Vec<u8>>::None);
    let no_text = || Expr::value(Option::<String>::None);
    let done = person::Entity::update_many()
        .col_expr(person::Column::NameSealed, none())
        .col_expr(person::Column::PhoneSealed, none())
        .col_expr(person::Column::IdNumberSealed, none())
        .col_expr(person::Column::PhoneHash, no_text())
        .col_expr(person::Column::TailHash, no_text())
        .col_expr(person::Column::IdNumberHash, no_text())
        .col_expr(person::Column::ErasedAt, Expr::value(tx.now))
        .filter(person::Column::Id.eq(id))
        .filter(person::Column::ErasedAt.is_null())
        .exec(tx.conn())
        .await?;
    Ok(done.rows_affected > 0)
}

pub async fn insert_consent(tx: &WriteTx, row: consent::ActiveModel) -> AppResult<()> {
    consent::Entity::insert(row)
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

pub async fn consents(
    db: &impl ConnectionTrait,
    person: PersonId,
) -> AppResult<Vec<consent::Model>> {
    Ok(consent::Entity::find()
        .filter(consent::Column::PersonId.eq(person))
        .order_by_desc(consent::Column::Id)
        .all(db)
        .await?)
}

/// Ends consents of a person that still stand: all of them, or those of a purpose and an employer.
pub async fn withdraw_consents(
    tx: &WriteTx,
    person: PersonId,
    only: Option<(&str, Option<EmployerId>)>,
) -> AppResult<()> {
    let mut update = consent::Entity::update_many()
        .col_expr(consent::Column::WithdrawnAt, Expr::value(tx.now))
        .filter(consent::Column::PersonId.eq(person))
        .filter(consent::Column::WithdrawnAt.is_null());
    if let Some((purpose, employer)) = only {
        update = update.filter(consent::Column::Purpose.eq(purpose));
        update = match employer {
            Some(employer) => update.filter(consent::Column::EmployerId.eq(employer)),
            None => update.filter(consent::Column::EmployerId.is_null()),
        };
    }
    update.exec(tx.conn()).await?;
    Ok(())
}

/// How many people an account has opened since `since`. The account's row is locked first, so that
/// two windows cannot both take the last one.
pub async fn reveals_since(
    tx: &WriteTx,
    account: AccountId,
    since: DateTime<Utc>,
) -> AppResult<u64> {
    account::Entity::find_by_id(account)
        .lock_exclusive()
        .one(tx.conn())
        .await?;
    Ok(access_record::Entity::find()
        .filter(access_record::Column::AccountId.eq(account))
        .filter(access_record::Column::Action.eq("reveal"))
        .filter(access_record::Column::At.gte(since))
        .count(tx.conn())
        .await?)
}

/// Who looked at a person, newest first, with the name of the account.
pub async fn accesses(
    db: &impl ConnectionTrait,
    office: OfficeId,
    person: PersonId,
) -> AppResult<Vec<(access_record::Model, Option<String>)>> {
    let rows = access_record::Entity::find()
        .filter(access_record::Column::OfficeId.eq(office))
        .filter(access_record::Column::Subject.eq("persons"))
        .filter(access_record::Column::SubjectId.eq(person.0))
        .order_by_desc(access_record::Column::Id)
        .limit(50)
        .all(db)
        .await?;
    let ids = rows.iter().filter_map(|row| row.account_id);
    let names: Vec<(AccountId, String)> = account::Entity::find()
        .select_only()
        .columns([account::Column::Id, account::Column::Name])
        .filter(account::Column::Id.is_in(ids))
        .into_tuple()
        .all(db)
        .await?;
    let name = |id: Option<AccountId>| {
        let found = names.iter().find(|(known, _)| Some(*known) == id);
        found.map(|(_, name)| name.clone())
    };
    Ok(rows
        .into_iter()
        .map(|row| {
            let by = name(row.account_id);
            (row, by)
        })
        .collect())
}

pub async fn office(
    db: &impl ConnectionTrait,
    office: OfficeId,
) -> AppResult<Option<office::Model>> {
    Ok(office::Entity::find_by_id(office).one(db).await?)
}
