//! Queries on registrations, and the conditional updates that give out places and tickets.
use super::source::Source;
use crate::{
    domain::{
        fair::FairStatus,
        group::TargetGroup,
        id::{
            AccountId, AreaId, FairId, OfficeId, ParticipationId, PersonId, PosterId,
            RegistrationId, StreamId,
        },
        ticket::{Code, Secret},
    },
    entity::{
        account, area, fair, fair_host, participation, poster, registration, stream, ticket_code,
        unit,
    },
    error::AppResult,
    platform::db::WriteTx,
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, JoinType, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, TryInsertResult,
    sea_query::{Expr, ExprTrait, OnConflict},
};

/// 有效报名
pub const ACTIVE: &str = "active";
/// 已撤回
pub const WITHDRAWN: &str = "withdrawn";

/// A fair by its short name, drafts included.
pub async fn fair(
    db: &impl ConnectionTrait,
    office: OfficeId,
    slug: &str,
) -> AppResult<Option<fair::Model>> {
    Ok(fair::Entity::find()
        .filter(fair::Column::OfficeId.eq(office))
        .filter(fair::Column::Slug.eq(slug))
        .one(db)
        .await?)
}

pub async fn fair_by_id(
    db: &impl ConnectionTrait,
    office: OfficeId,
    id: FairId,
) -> AppResult<Option<fair::Model>> {
    Ok(fair::Entity::find_by_id(id)
        .filter(fair::Column::OfficeId.eq(office))
        .one(db)
        .await?)
}

/// Fairs that were published and end after `after`, the nearest first.
pub async fn coming_fairs(
    db: &impl ConnectionTrait,
    office: OfficeId,
    after: DateTime<Utc>,
) -> AppResult<Vec<fair::Model>> {
    Ok(fair::Entity::find()
        .filter(fair::Column::OfficeId.eq(office))
        .filter(fair::Column::Status.eq(FairStatus::Published))
        .filter(fair::Column::EndsAt.gt(after))
        .order_by_asc(fair::Column::StartsAt)
        .limit(20)
        .all(db)
        .await?)
}

/// When places are given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// Between opening and closing of the registration.
    Public,
    /// Staff at the desk and the gate, until the evening ends.
    Staff,
    /// What gates without a network report afterwards: those people are on the square already.
    Late,
}

/// Takes one place, exactly: the update counts only while there is one. Answers the number of the
/// ticket.
pub async fn take_place(tx: &WriteTx, fair: FairId, window: Window) -> AppResult<Option<i64>> {
    use fair::Column;
    let mut update = fair::Entity::update_many()
        .col_expr(Column::Registered, Expr::col(Column::Registered).add(1))
        .col_expr(Column::Issued, Expr::col(Column::Issued).add(1))
        .filter(Column::Id.eq(fair))
        .filter(Column::Status.eq(FairStatus::Published))
        .filter(Expr::col(Column::Registered).lt(Expr::col(Column::Capacity)));
    update = match window {
        Window::Public => update
            .filter(Column::RegistrationOpensAt.lte(tx.now))
            .filter(Column::RegistrationClosesAt.gt(tx.now)),
        Window::Staff => update.filter(Column::EndsAt.gt(tx.now)),
        Window::Late => update,
    };
    let taken = update.exec_with_returning(tx.conn()).await?;
    Ok(taken.first().map(|fair| fair.issued))
}

/// Gives a place back.
pub async fn free_place(tx: &WriteTx, fair: FairId) -> AppResult<()> {
    use fair::Column;
    fair::Entity::update_many()
        .col_expr(Column::Registered, Expr::col(Column::Registered).sub(1))
        .filter(Column::Id.eq(fair))
        .filter(Column::Registered.gt(0))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// Somebody left the square.
pub async fn leave(tx: &WriteTx, fair: FairId) -> AppResult<()> {
    use fair::Column;
    fair::Entity::update_many()
        .col_expr(Column::Inside, Expr::col(Column::Inside).sub(1))
        .filter(Column::Id.eq(fair))
        .filter(Column::Inside.gt(0))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// What makes a registration.
pub struct NewRow {
    pub fair: FairId,
    pub person: PersonId,
    pub number: i64,
    pub uid: String,
    pub secret_hash: String,
    pub secret_sealed: Vec<u8>,
    pub code: Code,
    pub wanted: String,
    pub groups: Vec<TargetGroup>,
    pub area: Option<AreaId>,
    pub source: Source,
    pub by: Option<AccountId>,
}

/// Enters a registration; nothing when the person has one already or the code is taken.
pub async fn insert(tx: &WriteTx, new: NewRow) -> AppResult<Option<RegistrationId>> {
    let row = registration::ActiveModel {
        fair_id: Set(new.fair),
        person_id: Set(new.person),
        number: Set(new.number),
        uid: Set(new.uid),
        secret_hash: Set(new.secret_hash),
        secret_sealed: Set(new.secret_sealed),
        code: Set(new.code.into_string()),
        wanted: Set(new.wanted),
        groups: Set(serde_json::to_value(new.groups)?),
        area_id: Set(new.area),
        channel: Set(new.source.channel.code().into()),
        poster_id: Set(new.source.poster),
        stream_id: Set(new.source.stream),
        participation_id: Set(new.source.participation),
        status: Set(ACTIVE.into()),
        registered_by: Set(new.by),
        registered_at: Set(tx.now),
        inside: Set(false),
        ..Default::default()
    };
    let inserted = registration::Entity::insert(row)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .try_insert()
        .exec(tx.conn())
        .await?;
    Ok(match inserted {
        TryInsertResult::Inserted(row) => Some(row.last_insert_id),
        TryInsertResult::Conflicted | TryInsertResult::Empty => None,
    })
}

/// The standing registration of a person for a fair.
pub async fn standing(
    db: &impl ConnectionTrait,
    fair: FairId,
    person: PersonId,
) -> AppResult<Option<registration::Model>> {
    Ok(registration::Entity::find()
        .filter(registration::Column::FairId.eq(fair))
        .filter(registration::Column::PersonId.eq(person))
        .filter(registration::Column::Status.eq(ACTIVE))
        .one(db)
        .await?)
}

/// Whether a person holds another standing ticket, of whatever evening.
pub async fn holds_another(
    db: &impl ConnectionTrait,
    person: PersonId,
    except: RegistrationId,
) -> AppResult<bool> {
    let others = registration::Entity::find()
        .filter(registration::Column::PersonId.eq(person))
        .filter(registration::Column::Status.eq(ACTIVE))
        .filter(registration::Column::Id.ne(except))
        .count(db)
        .await?;
    Ok(others > 0)
}

pub async fn by_id(
    db: &impl ConnectionTrait,
    id: RegistrationId,
) -> AppResult<Option<registration::Model>> {
    Ok(registration::Entity::find_by_id(id).one(db).await?)
}

/// The registration of a ticket's secret, with its fair, within an office.
pub async fn by_secret(
    db: &impl ConnectionTrait,
    office: OfficeId,
    secret: &Secret,
) -> AppResult<Option<(registration::Model, fair::Model)>> {
    by_secret_hash(
        db,
        office,
        &crate::platform::secret::token_hash(secret.in_full()),
    )
    .await
}

/// The same by what is kept of the secret.
pub async fn by_secret_hash(
    db: &impl ConnectionTrait,
    office: OfficeId,
    hash: &str,
) -> AppResult<Option<(registration::Model, fair::Model)>> {
    let evening = registration::Entity::belongs_to(fair::Entity)
        .from(registration::Column::FairId)
        .to(fair::Column::Id);
    let found = registration::Entity::find()
        .join(JoinType::InnerJoin, evening.into())
        .filter(registration::Column::SecretHash.eq(hash))
        .filter(fair::Column::OfficeId.eq(office))
        .select_also(fair::Entity)
        .one(db)
        .await?;
    Ok(found.and_then(|(row, fair)| Some((row, fair?))))
}

/// The registration that a code leads to: by the ticket's own, or by one that was joined to it.
/// Every door that takes a code asks here.
pub async fn by_code(
    db: &impl ConnectionTrait,
    fair: FairId,
    code: &Code,
) -> AppResult<Option<registration::Model>> {
    let own = registration::Entity::find()
        .filter(registration::Column::FairId.eq(fair))
        .filter(registration::Column::Code.eq(code.as_str()))
        .one(db)
        .await?;
    match own {
        Some(row) => Ok(Some(row)),
        None => by_joined_code(db, fair, code).await,
    }
}

/// The registration to whose ticket a further code was joined.
async fn by_joined_code(
    db: &impl ConnectionTrait,
    fair: FairId,
    code: &Code,
) -> AppResult<Option<registration::Model>> {
    let joined = registration::Entity::belongs_to(ticket_code::Entity)
        .from(registration::Column::Id)
        .to(ticket_code::Column::RegistrationId);
    Ok(registration::Entity::find()
        .join(JoinType::InnerJoin, joined.into())
        .filter(ticket_code::Column::FairId.eq(fair))
        .filter(ticket_code::Column::Code.eq(code.as_str()))
        .one(db)
        .await?)
}

/// Registrations of any fair of an office that a code leads to, as in [`by_code`].
pub async fn ids_by_code(
    db: &impl ConnectionTrait,
    office: OfficeId,
    code: &Code,
) -> AppResult<Vec<RegistrationId>> {
    let evening = registration::Entity::belongs_to(fair::Entity)
        .from(registration::Column::FairId)
        .to(fair::Column::Id);
    let own = registration::Entity::find()
        .join(JoinType::InnerJoin, evening.into())
        .filter(fair::Column::OfficeId.eq(office))
        .filter(registration::Column::Code.eq(code.as_str()))
        .select_only()
        .column(registration::Column::Id)
        .into_tuple();
    let mut ids: Vec<RegistrationId> = own.all(db).await?;
    let evening = ticket_code::Entity::belongs_to(fair::Entity)
        .from(ticket_code::Column::FairId)
        .to(fair::Column::Id);
    let joined = ticket_code::Entity::find()
        .join(JoinType::InnerJoin, evening.into())
        .filter(fair::Column::OfficeId.eq(office))
        .filter(ticket_code::Column::Code.eq(code.as_str()))
        .select_only()
        .column(ticket_code::Column::RegistrationId)
        .into_tuple::<RegistrationId>();
    ids.extend(joined.all(db).await?);
    Ok(ids)
}

/// Lets a further code lead to a ticket.
pub async fn join_code(
    tx: &WriteTx,
    row: &registration::Model,
    code: &Code,
    by: AccountId,
) -> AppResult<()> {
    let further = ticket_code::ActiveModel {
        fair_id: Set(row.fair_id),
        registration_id: Set(row.id),
        code: Set(code.as_str().to_owned()),
        account_id: Set(by),
        joined_at: Set(tx.now),
        ..Default::default()
    };
    ticket_code::Entity::insert(further)
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

/// The further codes of a ticket, the first joined first.
pub async fn codes_of(db: &impl ConnectionTrait, id: RegistrationId) -> AppResult<Vec<String>> {
    Ok(ticket_code::Entity::find()
        .filter(ticket_code::Column::RegistrationId.eq(id))
        .order_by_asc(ticket_code::Column::Id)
        .select_only()
        .column(ticket_code::Column::Code)
        .into_tuple()
        .all(db)
        .await?)
}

/// The further codes of a fair's tickets.
pub async fn further_codes(
    db: &impl ConnectionTrait,
    fair: FairId,
) -> AppResult<Vec<ticket_code::Model>> {
    Ok(ticket_code::Entity::find()
        .filter(ticket_code::Column::FairId.eq(fair))
        .order_by_asc(ticket_code::Column::Id)
        .all(db)
        .await?)
}

/// Holds a fair's row until the transaction ends, as taking a place does: whoever gives out codes
/// comes one after the other.
pub async fn hold_fair(tx: &WriteTx, fair: FairId) -> AppResult<()> {
    fair::Entity::find_by_id(fair)
        .lock_exclusive()
        .one(tx.conn())
        .await?;
    Ok(())
}

pub async fn by_uid(
    db: &impl ConnectionTrait,
    fair: FairId,
    uid: &str,
) -> AppResult<Option<registration::Model>> {
    Ok(registration::Entity::find()
        .filter(registration::Column::FairId.eq(fair))
        .filter(registration::Column::Uid.eq(uid))
        .one(db)
        .await?)
}

/// Standing registrations of several people for a fair.
pub async fn of_people(
    db: &impl ConnectionTrait,
    fair: FairId,
    people: &[PersonId],
) -> AppResult<Vec<registration::Model>> {
    Ok(registration::Entity::find()
        .filter(registration::Column::FairId.eq(fair))
        .filter(registration::Column::PersonId.is_in(people.iter().copied()))
        .filter(registration::Column::Status.eq(ACTIVE))
        .order_by_asc(registration::Column::Id)
        .limit(20)
        .all(db)
        .await?)
}

/// A page of a fair's registrations, the newest first.
pub async fn page(
    db: &impl ConnectionTrait,
    fair: FairId,
    channel: Option<&str>,
    before: Option<i64>,
    limit: u64,
) -> AppResult<Vec<registration::Model>> {
    let mut query = registration::Entity::find()
        .filter(registration::Column::FairId.eq(fair))
        .order_by_desc(registration::Column::Id)
        .limit(limit);
    if let Some(channel) = channel {
        query = query.filter(registration::Column::Channel.eq(channel));
    }
    if let Some(before) = before {
        query = query.filter(registration::Column::Id.lt(RegistrationId(before)));
    }
    Ok(query.all(db).await?)
}

/// How many registrations of a fair came by each channel.
pub async fn by_channel(db: &impl ConnectionTrait, fair: FairId) -> AppResult<Vec<(String, i64)>> {
    use registration::Column;
    Ok(registration::Entity::find()
        .select_only()
        .column(Column::Channel)
        .column_as(Column::Id.count(), "count")
        .filter(Column::FairId.eq(fair))
        .group_by(Column::Channel)
        .into_tuple()
        .all(db)
        .await?)
}

/// Writes what the holder wants and belongs to.
pub async fn amend(
    tx: &WriteTx,
    id: RegistrationId,
    wanted: String,
    groups: &[TargetGroup],
) -> AppResult<bool> {
    use registration::Column;
    let done = registration::Entity::update_many()
        .col_expr(Column::Wanted, Expr::value(wanted))
        .col_expr(Column::Groups, Expr::value(serde_json::to_value(groups)?))
        .filter(Column::Id.eq(id))
        .filter(Column::Status.eq(ACTIVE))
        .exec(tx.conn())
        .await?;
    Ok(done.rows_affected > 0)
}

/// Ends a registration; false when it had ended. The secret goes, what was written goes; groups
/// and community stay for the statistics when `keep_figures`, because nobody is behind them then.
pub async fn end(tx: &WriteTx, id: RegistrationId, keep_figures: bool) -> AppResult<bool> {
    use registration::Column;
    let mut update = registration::Entity::update_many()
        .col_expr(Column::Status, Expr::value(WITHDRAWN))
        .col_expr(Column::SecretSealed, Expr::value(Vec::<u8>::new()))
        .col_expr(Column::Wanted, Expr::value(""))
        .col_expr(Column::Inside, Expr::value(false))
        .filter(Column::Id.eq(id))
        .filter(Column::Status.eq(ACTIVE));
    if !keep_figures {
        update = update
            .col_expr(Column::Groups, Expr::value(serde_json::json!([])))
            .col_expr(Column::AreaId, Expr::value(Option::<i64>::None));
    }
    Ok(update.exec(tx.conn()).await?.rows_affected > 0)
}

/// The row that a code leads to as it is now, locked until the transaction ends.
pub async fn lock_code(
    tx: &WriteTx,
    fair: FairId,
    code: &Code,
) -> AppResult<Option<registration::Model>> {
    let own = registration::Entity::find()
        .filter(registration::Column::FairId.eq(fair))
        .filter(registration::Column::Code.eq(code.as_str()))
        .lock_exclusive()
        .one(tx.conn())
        .await?;
    if own.is_some() {
        return Ok(own);
    }
    match by_joined_code(tx.conn(), fair, code).await? {
        Some(row) => lock(tx, row.id).await,
        None => Ok(None),
    }
}

/// The row as it is now, locked until the transaction ends.
pub async fn lock(tx: &WriteTx, id: RegistrationId) -> AppResult<Option<registration::Model>> {
    Ok(registration::Entity::find_by_id(id)
        .lock_exclusive()
        .one(tx.conn())
        .await?)
}

pub async fn poster_of(
    db: &impl ConnectionTrait,
    fair: FairId,
    code: &str,
) -> AppResult<Option<PosterId>> {
    if code.is_empty() {
        return Ok(None);
    }
    let found = poster::Entity::find()
        .filter(poster::Column::FairId.eq(fair))
        .filter(poster::Column::Code.eq(code))
        .one(db)
        .await?;
    Ok(found.map(|row| row.id))
}

pub async fn participation_of(
    db: &impl ConnectionTrait,
    fair: FairId,
    code: &str,
) -> AppResult<Option<ParticipationId>> {
    if code.is_empty() {
        return Ok(None);
    }
    let found = participation::Entity::find()
        .filter(participation::Column::FairId.eq(fair))
        .filter(participation::Column::Code.eq(code))
        .one(db)
        .await?;
    Ok(found.map(|row| row.id))
}

pub async fn stream_of(
    db: &impl ConnectionTrait,
    fair: FairId,
    code: &str,
) -> AppResult<Option<StreamId>> {
    if code.is_empty() {
        return Ok(None);
    }
    let found = stream::Entity::find()
        .filter(stream::Column::FairId.eq(fair))
        .filter(stream::Column::Code.eq(code))
        .one(db)
        .await?;
    Ok(found.map(|row| row.id))
}

/// A community of the office, by its code or its name.
pub async fn community(
    db: &impl ConnectionTrait,
    office: OfficeId,
    named: &str,
) -> AppResult<Option<AreaId>> {
    let found = area::Entity::find()
        .filter(area::Column::OfficeId.eq(office))
        .filter(area::Column::Level.eq("community"))
        .filter(area::Column::Active.eq(true))
        .filter(
            area::Column::Code
                .eq(named)
                .or(area::Column::Name.eq(named)),
        )
        .one(db)
        .await?;
    Ok(found.map(|row| row.id))
}

/// Names of the units that hold a fair, the host first.
pub async fn hosts(db: &impl ConnectionTrait, fair: FairId) -> AppResult<Vec<String>> {
    let part = unit::Entity::belongs_to(fair_host::Entity)
        .from(unit::Column::Id)
        .to(fair_host::Column::UnitId);
    Ok(unit::Entity::find()
        .join(JoinType::InnerJoin, part.into())
        .filter(fair_host::Column::FairId.eq(fair))
        .order_by_asc(fair_host::Column::Id)
        .select_only()
        .column(unit::Column::Name)
        .into_tuple()
        .all(db)
        .await?)
}

/// 报名背后的名称: words for what a registration refers to.
#[derive(Default)]
pub struct Behind {
    /// The member of staff who registered on behalf.
    pub by: Option<String>,
    pub community: Option<String>,
    /// Where the poster hangs.
    pub place: Option<String>,
}

pub async fn names_behind(
    db: &impl ConnectionTrait,
    row: &registration::Model,
) -> AppResult<Behind> {
    let mut behind = Behind::default();
    if let Some(id) = row.registered_by {
        let found = account::Entity::find_by_id(id).one(db).await?;
        behind.by = found.map(|account| account.name);
    }
    if let Some(id) = row.area_id {
        let found = area::Entity::find_by_id(id).one(db).await?;
        behind.community = found.map(|area| area.name);
    }
    if let Some(id) = row.poster_id {
        let found = poster::Entity::find_by_id(id).one(db).await?;
        behind.place = found.map(|poster| poster.place);
    }
    Ok(behind)
}
