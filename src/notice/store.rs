//! Queries on announcements, on keys of residents and on seekers who found nothing.
use crate::{
    domain::{
        fair::FairStatus,
        id::{AccountId, AnnouncementId, CaseId, FairId, OfficeId, PersonId, RegistrationId},
        notice::{Source, State},
    },
    entity::{announcement, fair, job_match, person, registration, request},
    error::{AppError, AppResult},
    platform::{db::WriteTx, outbox},
};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
    sea_query::{Expr, OnConflict},
};
use std::collections::HashSet;

/// A fair's seekers are offered for so long after its end.
const AFTERWARDS: TimeDelta = TimeDelta::days(30);

/// What waits for the office.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Announcements that nobody sent or dropped yet.
    pub drafts: u64,
    /// Messages that were given up.
    pub parked: u64,
    /// Seekers without a match after a fair.
    pub unmatched: u64,
}

pub async fn waiting(
    db: &impl ConnectionTrait,
    office: OfficeId,
    now: DateTime<Utc>,
) -> AppResult<Waiting> {
    let drafts = announcement::Entity::find()
        .filter(announcement::Column::OfficeId.eq(office))
        .filter(announcement::Column::State.eq(State::Draft));
    let mut unmatched = 0;
    for fair in ended(db, office, now).await? {
        unmatched += seekers(db, office, fair.id).await?.len();
    }
    let (_, parked) = outbox::waiting(db, office).await?;
    Ok(Waiting {
        drafts: drafts.count(db).await?,
        parked,
        unmatched: u64::try_from(unmatched).unwrap_or(u64::MAX),
    })
}

pub struct NewDraft {
    pub office: OfficeId,
    pub source: Source,
    /// There is one draft for a cause.
    pub cause: Option<String>,
    pub case: Option<CaseId>,
    pub body: String,
    /// None for the program.
    pub by: Option<AccountId>,
}

fn row(tx: &WriteTx, new: NewDraft) -> announcement::ActiveModel {
    announcement::ActiveModel {
        office_id: Set(new.office),
        source: Set(new.source),
        cause: Set(new.cause),
        case_id: Set(new.case),
        body: Set(new.body),
        state: Set(State::Draft),
        created_by: Set(new.by),
        created_at: Set(tx.now),
        version: Set(1),
        ..Default::default()
    }
}

/// Keeps a draft unless there was one for its cause.
pub async fn draft_once(tx: &WriteTx, new: NewDraft) -> AppResult<()> {
    let cause = [announcement::Column::OfficeId, announcement::Column::Cause];
    announcement::Entity::insert(row(tx, new))
        .on_conflict(OnConflict::columns(cause).do_nothing().to_owned())
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

pub async fn insert(tx: &WriteTx, new: NewDraft) -> AppResult<AnnouncementId> {
    let inserted = announcement::Entity::insert(row(tx, new)).exec(tx.conn());
    Ok(inserted.await?.last_insert_id)
}

/// # Errors
/// 404 when the office has no such announcement.
pub async fn find(
    db: &impl ConnectionTrait,
    office: OfficeId,
    id: AnnouncementId,
) -> AppResult<announcement::Model> {
    announcement::Entity::find_by_id(id)
        .filter(announcement::Column::OfficeId.eq(office))
        .one(db)
        .await?
        .ok_or_else(AppError::not_found)
}

/// Announcements in a state, newest first; `before` is the last one of the page before.
pub async fn list(
    db: &impl ConnectionTrait,
    office: OfficeId,
    state: Option<State>,
    before: Option<AnnouncementId>,
    limit: u64,
) -> AppResult<Vec<announcement::Model>> {
    use announcement::Column;
    let wanted = Condition::all()
        .add_option(state.map(|state| Column::State.eq(state)))
        .add_option(before.map(|id| Column::Id.lt(id)));
    Ok(announcement::Entity::find()
        .filter(Column::OfficeId.eq(office))
        .filter(wanted)
        .order_by_desc(Column::Id)
        .limit(limit)
        .all(db)
        .await?)
}

/// What was sent or dropped, newest first.
pub async fn settled(
    db: &impl ConnectionTrait,
    office: OfficeId,
    before: Option<AnnouncementId>,
    limit: u64,
) -> AppResult<Vec<announcement::Model>> {
    use announcement::Column;
    let older = before.map(|id| Column::Id.lt(id));
    Ok(announcement::Entity::find()
        .filter(Column::OfficeId.eq(office))
        .filter(Column::State.ne(State::Draft))
        .filter(Condition::all().add_option(older))
        .order_by_desc(Column::Id)
        .limit(limit)
        .all(db)
        .await?)
}

/// What becomes of a draft.
pub enum Change {
    Body(String),
    Sent(AccountId, String),
    Dropped(AccountId),
}

/// Changes a draft.
///
/// # Errors
/// 409 `stale` when it is none any more, or somebody was faster.
pub async fn change(
    tx: &WriteTx,
    office: OfficeId,
    (id, version): (AnnouncementId, i64),
    change: Change,
) -> AppResult<()> {
    use announcement::Column;
    let of_this = announcement::Entity::update_many()
        .col_expr(Column::Version, Expr::value(version + 1))
        .filter(Column::OfficeId.eq(office))
        .filter(Column::Id.eq(id))
        .filter(Column::Version.eq(version))
        .filter(Column::State.eq(State::Draft));
    let settled = |state: State, by: AccountId| {
        of_this
            .clone()
            .col_expr(Column::State, Expr::value(state))
            .col_expr(Column::SettledBy, Expr::value(by))
            .col_expr(Column::SettledAt, Expr::value(tx.now))
    };
    let update = match change {
        Change::Body(body) => of_this.clone().col_expr(Column::Body, Expr::value(body)),
        Change::Sent(by, message) => {
            settled(State::Sent, by).col_expr(Column::Message, Expr::value(message))
        }
        Change::Dropped(by) => settled(State::Dropped, by),
    };
    match update.exec(tx.conn()).await?.rows_affected {
        0 => Err(AppError::conflict("stale")),
        _ => Ok(()),
    }
}

/// Whether the office can reach somebody: who was only counted is no verified resident.
pub async fn reachable(
    db: &impl ConnectionTrait,
    office: OfficeId,
    id: PersonId,
) -> AppResult<bool> {
    let person = person::Entity::find_by_id(id)
        .filter(person::Column::OfficeId.eq(office))
        .one(db)
        .await?;
    Ok(person.is_some_and(|one| one.erased_at.is_none() && one.phone_hash.is_some()))
}

// Seekers without a match

/// What the source of a request is called that came of a fair.
pub const FAIR: &str = "fair";

/// How a seeker is named there: the fair's and the person's number, once for each.
pub fn source_ref(fair: FairId, person: PersonId) -> String {
    format!("{fair}-{person}")
}

/// Fairs that ended lately, the last one first.
pub async fn ended(
    db: &impl ConnectionTrait,
    office: OfficeId,
    now: DateTime<Utc>,
) -> AppResult<Vec<fair::Model>> {
    Ok(fair::Entity::find()
        .filter(fair::Column::OfficeId.eq(office))
        .filter(fair::Column::Status.eq(FairStatus::Published))
        .filter(fair::Column::EndsAt.lte(now))
        .filter(fair::Column::EndsAt.gt(now - AFTERWARDS))
        .order_by_desc(fair::Column::EndsAt)
        .all(db)
        .await?)
}

/// Who came to a fair, has no open match and no placement anywhere in the office, and is not
/// followed up yet.
pub async fn seekers(
    db: &impl ConnectionTrait,
    office: OfficeId,
    fair: FairId,
) -> AppResult<Vec<registration::Model>> {
    let served = job_match::Entity::find()
        .select_only()
        .column(job_match::Column::PersonId)
        .filter(job_match::Column::OfficeId.eq(office))
        .filter(
            Condition::any()
                .add(job_match::Column::Open.eq(true))
                .add(job_match::Column::PlacedOn.is_not_null()),
        )
        .into_query();
    let came = registration::Entity::find()
        .filter(registration::Column::FairId.eq(fair))
        .filter(registration::Column::Status.eq("active"))
        .filter(registration::Column::FirstInAt.is_not_null())
        .filter(registration::Column::PersonId.not_in_subquery(served))
        .order_by_asc(registration::Column::Id)
        .all(db)
        .await?;
    let known: Vec<Option<String>> = request::Entity::find()
        .select_only()
        .column(request::Column::SourceRef)
        .filter(request::Column::OfficeId.eq(office))
        .filter(request::Column::Source.eq(FAIR))
        .filter(request::Column::SourceRef.starts_with(format!("{fair}-")))
        .into_tuple()
        .all(db)
        .await?;
    let known: HashSet<String> = known.into_iter().flatten().collect();
    Ok(came
        .into_iter()
        .filter(|row| !known.contains(&source_ref(fair, row.person_id)))
        .collect())
}

/// The chosen ones of those that a fair still has.
pub fn chosen(
    all: Vec<registration::Model>,
    ids: &[RegistrationId],
    most: usize,
) -> Vec<registration::Model> {
    let wanted = |row: &registration::Model| ids.is_empty() || ids.contains(&row.id);
    all.into_iter().filter(wanted).take(most).collect()
}
