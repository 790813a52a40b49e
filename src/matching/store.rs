//! Queries on matches and on what stands beside them.
use crate::{
    domain::{
        booking::BookingStatus,
        case::{FollowUpKind, Retained, ShareField, Stage, Step},
        funnel::Rung,
        id::{
            BoothId, CaseId, EmployerId, FairId, OfficeId, PersonId, PostingId, RegistrationId,
            StreamId,
        },
    },
    entity::{
        booth, case, case_text, employer, fair, follow_up, job_match, participation, posting,
        registration,
    },
    error::{AppError, AppResult},
    platform::db::{WriteTx, is_duplicate},
};
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, JoinType, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, RelationDef, Select,
    sea_query::{Expr, ExprTrait},
};
use std::collections::HashMap;

/// Registrations that stand.
const ACTIVE: &str = "active";

/// A match with its case.
#[derive(Clone, Debug)]
pub struct Found {
    pub row: job_match::Model,
    pub case: case::Model,
}

fn to_case() -> RelationDef {
    job_match::Entity::belongs_to(case::Entity)
        .from(job_match::Column::CaseId)
        .to(case::Column::Id)
        .into()
}

fn matches(office: OfficeId) -> Select<job_match::Entity> {
    job_match::Entity::find()
        .join(JoinType::InnerJoin, to_case())
        .filter(job_match::Column::OfficeId.eq(office))
}

async fn all(db: &impl ConnectionTrait, query: Select<job_match::Entity>) -> AppResult<Vec<Found>> {
    let rows = query.select_also(case::Entity).all(db).await?;
    Ok(rows
        .into_iter()
        .filter_map(|(row, case)| Some(Found { row, case: case? }))
        .collect())
}

/// What stands beside a new case.
pub struct NewMatch<'a> {
    pub case: CaseId,
    pub registration: &'a registration::Model,
    pub posting: &'a posting::Model,
    pub share: &'a [ShareField],
    pub rating: Option<i32>,
}

/// # Errors
/// 409 `already_interested` when an open match of this person and posting stands.
pub async fn insert(tx: &WriteTx, new: NewMatch<'_>) -> AppResult<()> {
    let row = job_match::ActiveModel {
        case_id: Set(new.case),
        office_id: Set(new.posting.office_id),
        fair_id: Set(new.posting.fair_id),
        registration_id: Set(new.registration.id),
        person_id: Set(new.registration.person_id),
        posting_id: Set(new.posting.id),
        employer_id: Set(new.posting.employer_id),
        share: Set(serde_json::to_value(new.share)?),
        open: Set(true),
        rung: Set(Rung::Interest),
        stream_id: Set(stream_of(new.registration)),
        rating: Set(new.rating),
        created_at: Set(tx.now),
        ..Default::default()
    };
    match job_match::Entity::insert(row)
        .exec_without_returning(tx.conn())
        .await
    {
        Ok(_) => Ok(()),
        Err(error) if is_duplicate(&error) => Err(AppError::conflict("already_interested")),
        Err(error) => Err(error.into()),
    }
}

/// The broadcast that led somebody here.
fn stream_of(registration: &registration::Model) -> Option<StreamId> {
    registration.stream_id
}

/// # Errors
/// 404 when the office has no such match.
pub async fn by_number(
    db: &impl ConnectionTrait,
    office: OfficeId,
    number: &str,
) -> AppResult<Found> {
    let query = matches(office).filter(case::Column::Number.eq(number));
    let found = all(db, query).await?;
    found.into_iter().next().ok_or_else(AppError::not_found)
}

/// # Errors
/// 404 when the office has no such match.
pub async fn by_case(db: &impl ConnectionTrait, office: OfficeId, id: CaseId) -> AppResult<Found> {
    let query = matches(office).filter(job_match::Column::CaseId.eq(id));
    let found = all(db, query).await?;
    found.into_iter().next().ok_or_else(AppError::not_found)
}

/// The matches among these cases.
pub async fn by_cases(
    db: &impl ConnectionTrait,
    office: OfficeId,
    ids: &[CaseId],
) -> AppResult<Vec<Found>> {
    let query = matches(office).filter(job_match::Column::CaseId.is_in(ids.iter().copied()));
    all(db, query).await
}

/// Matches of a ticket, newest first.
pub async fn of_registration(
    db: &impl ConnectionTrait,
    id: RegistrationId,
) -> AppResult<Vec<Found>> {
    let query = job_match::Entity::find()
        .join(JoinType::InnerJoin, to_case())
        .filter(job_match::Column::RegistrationId.eq(id))
        .order_by_desc(job_match::Column::CaseId);
    all(db, query).await
}

/// Matches of a ticket with one employer, open ones first, then the newest.
pub async fn with_employer(
    db: &impl ConnectionTrait,
    registration: RegistrationId,
    employer: EmployerId,
) -> AppResult<Vec<Found>> {
    let query = job_match::Entity::find()
        .join(JoinType::InnerJoin, to_case())
        .filter(job_match::Column::RegistrationId.eq(registration))
        .filter(job_match::Column::EmployerId.eq(employer))
        .order_by_desc(job_match::Column::Open)
        .order_by_desc(job_match::Column::CaseId);
    all(db, query).await
}

/// Which matches are asked for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub employer: Option<EmployerId>,
    pub posting: Option<PostingId>,
    pub fair: Option<FairId>,
    pub registrations: Option<Vec<RegistrationId>>,
    pub stages: Vec<Stage>,
    pub steps: Vec<Step>,
    /// Only those whose employer should have answered before then.
    pub silent_since: Option<DateTime<Utc>>,
}

fn narrowed(office: OfficeId, wanted: &Wanted) -> Select<job_match::Entity> {
    use job_match::Column;
    let mut query = matches(office);
    if let Some(employer) = wanted.employer {
        query = query.filter(Column::EmployerId.eq(employer));
    }
    if let Some(posting) = wanted.posting {
        query = query.filter(Column::PostingId.eq(posting));
    }
    if let Some(fair) = wanted.fair {
        query = query.filter(Column::FairId.eq(fair));
    }
    if let Some(registrations) = &wanted.registrations {
        query = query.filter(Column::RegistrationId.is_in(registrations.iter().copied()));
    }
    if !wanted.stages.is_empty() {
        query = query.filter(case::Column::Stage.is_in(wanted.stages.iter().copied()));
    }
    if !wanted.steps.is_empty() {
        query = query.filter(case::Column::Step.is_in(wanted.steps.iter().copied()));
    }
    if let Some(since) = wanted.silent_since {
        query = query.filter(Column::EmployerDueAt.lt(since));
    }
    query
}

/// A page of matches, newest first; `before` is the last case of the page before.
pub async fn list(
    db: &impl ConnectionTrait,
    office: OfficeId,
    wanted: &Wanted,
    before: Option<i64>,
    limit: u64,
) -> AppResult<Vec<Found>> {
    let mut query = narrowed(office, wanted)
        .order_by_desc(job_match::Column::CaseId)
        .limit(limit);
    if let Some(before) = before {
        query = query.filter(job_match::Column::CaseId.lt(CaseId(before)));
    }
    all(db, query).await
}

/// How many matches stand at each stage and step.
pub async fn counts(
    db: &impl ConnectionTrait,
    office: OfficeId,
    wanted: &Wanted,
) -> AppResult<Vec<(Stage, Option<Step>, i64)>> {
    Ok(narrowed(office, wanted)
        .select_only()
        .column(case::Column::Stage)
        .column(case::Column::Step)
        .column_as(
            Expr::col((job_match::Entity, job_match::Column::CaseId)).count(),
            "n",
        )
        .group_by(case::Column::Stage)
        .group_by(case::Column::Step)
        .into_tuple()
        .all(db)
        .await?)
}

pub async fn count(db: &impl ConnectionTrait, office: OfficeId, wanted: &Wanted) -> AppResult<u64> {
    Ok(narrowed(office, wanted).count(db).await?)
}

/// Placements whose retention is to be asked about, the longest due first.
pub async fn follow_ups(
    db: &impl ConnectionTrait,
    office: OfficeId,
    (from, until): (NaiveDate, NaiveDate),
) -> AppResult<Vec<(Found, FollowUpKind, NaiveDate)>> {
    use follow_up::Column;
    let unreachable = Column::Result.eq(Retained::Unreachable.code());
    let due = follow_up::Entity::find()
        .filter(Column::What.is_in([
            FollowUpKind::Retention30.code(),
            FollowUpKind::Retention90.code(),
        ]))
        .filter(Column::Result.is_null().or(unreachable))
        .filter(Column::DueOn.gte(from))
        .filter(Column::DueOn.lte(until))
        .order_by_asc(Column::DueOn)
        .order_by_asc(Column::Id)
        .limit(200)
        .all(db)
        .await?;
    let query = matches(office)
        .filter(job_match::Column::CaseId.is_in(due.iter().map(|one| one.case_id)))
        .filter(case::Column::Stage.eq(Stage::Closed));
    let found = all(db, query).await?;
    let by_case: HashMap<CaseId, Found> = found
        .into_iter()
        .map(|one| (one.row.case_id, one))
        .collect();
    Ok(due
        .into_iter()
        .filter_map(|one| {
            let found = by_case.get(&one.case_id)?.clone();
            Some((found, FollowUpKind::from_code(&one.what)?, one.due_on))
        })
        .collect())
}

/// Writes what an employer may see of a person into all their open matches.
pub async fn set_share(
    tx: &WriteTx,
    person: PersonId,
    employer: EmployerId,
    share: &[ShareField],
) -> AppResult<()> {
    use job_match::Column;
    job_match::Entity::update_many()
        .col_expr(Column::Share, Expr::value(serde_json::to_value(share)?))
        .filter(Column::PersonId.eq(person))
        .filter(Column::EmployerId.eq(employer))
        .filter(Column::Open.eq(true))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// Whether a person has an open match with an employer.
pub async fn has_open(
    db: &impl ConnectionTrait,
    person: PersonId,
    employer: EmployerId,
) -> AppResult<bool> {
    use job_match::Column;
    let open = job_match::Entity::find()
        .filter(Column::PersonId.eq(person))
        .filter(Column::EmployerId.eq(employer))
        .filter(Column::Open.eq(true))
        .count(db)
        .await?;
    Ok(open > 0)
}

pub async fn set_rating(tx: &WriteTx, case: CaseId, rating: i32) -> AppResult<()> {
    use job_match::Column;
    job_match::Entity::update_many()
        .col_expr(Column::Rating, Expr::value(rating))
        .filter(Column::CaseId.eq(case))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// Erases every word that was written about the matches of a registration. The chain of events
/// holds only their hashes and stays whole.
pub async fn erase_words(tx: &WriteTx, registration: RegistrationId) -> AppResult<()> {
    let cases = of_registration(tx.conn(), registration).await?;
    case_text::Entity::update_many()
        .col_expr(
            case_text::Column::BodySealed,
            Expr::value(Option::<Vec<u8>>::None),
        )
        .col_expr(case_text::Column::ErasedAt, Expr::value(tx.now))
        .filter(case_text::Column::CaseId.is_in(cases.iter().map(|one| one.row.case_id)))
        .filter(case_text::Column::ErasedAt.is_null())
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// The standing registration, locked until the transaction ends: withdrawing it and showing
/// interest with it come one after the other.
pub async fn lock_registration(
    tx: &WriteTx,
    id: RegistrationId,
) -> AppResult<Option<registration::Model>> {
    Ok(registration::Entity::find_by_id(id)
        .filter(registration::Column::Status.eq(ACTIVE))
        .lock_exclusive()
        .one(tx.conn())
        .await?)
}

pub async fn registration(
    db: &impl ConnectionTrait,
    id: RegistrationId,
) -> AppResult<Option<registration::Model>> {
    Ok(registration::Entity::find_by_id(id).one(db).await?)
}

/// The standing registration with that number in a fair.
pub async fn by_ticket_number(
    db: &impl ConnectionTrait,
    fair: FairId,
    number: i64,
) -> AppResult<Option<registration::Model>> {
    Ok(registration::Entity::find()
        .filter(registration::Column::FairId.eq(fair))
        .filter(registration::Column::Number.eq(number))
        .filter(registration::Column::Status.eq(ACTIVE))
        .one(db)
        .await?)
}

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

/// Published postings of one employer, or of all, in the order in which they were written.
pub async fn published(
    db: &impl ConnectionTrait,
    fair: FairId,
    employer: Option<EmployerId>,
) -> AppResult<Vec<posting::Model>> {
    use crate::domain::posting::PostingStatus;
    let mut query = posting::Entity::find()
        .filter(posting::Column::FairId.eq(fair))
        .filter(posting::Column::Status.eq(PostingStatus::Published))
        .order_by_asc(posting::Column::EmployerId)
        .order_by_asc(posting::Column::Id)
        .limit(500);
    if let Some(employer) = employer {
        query = query.filter(posting::Column::EmployerId.eq(employer));
    }
    Ok(query.all(db).await?)
}

/// Postings that an employer has matches for, with their titles.
pub async fn posting_titles(
    db: &impl ConnectionTrait,
    office: OfficeId,
    employer: EmployerId,
) -> AppResult<Vec<(PostingId, String)>> {
    Ok(posting::Entity::find()
        .select_only()
        .column(posting::Column::Id)
        .column(posting::Column::Title)
        .filter(posting::Column::OfficeId.eq(office))
        .filter(posting::Column::EmployerId.eq(employer))
        .order_by_desc(posting::Column::Id)
        .limit(100)
        .into_tuple()
        .all(db)
        .await?)
}

/// What stands behind a page of matches, by id.
#[derive(Default)]
pub struct Behind {
    pub postings: HashMap<PostingId, posting::Model>,
    pub employers: HashMap<EmployerId, String>,
    pub fairs: HashMap<FairId, fair::Model>,
    pub registrations: HashMap<RegistrationId, registration::Model>,
    pub booths: HashMap<(FairId, EmployerId), String>,
}

pub async fn behind(
    db: &impl ConnectionTrait,
    office: OfficeId,
    found: &[Found],
) -> AppResult<Behind> {
    let ids = || found.iter().map(|one| &one.row);
    let postings = posting::Entity::find()
        .filter(posting::Column::Id.is_in(ids().map(|row| row.posting_id)))
        .all(db);
    let postings = postings.await?;
    let employers: Vec<(EmployerId, String)> = employer::Entity::find()
        .select_only()
        .columns([employer::Column::Id, employer::Column::Name])
        .filter(employer::Column::OfficeId.eq(office))
        .filter(employer::Column::Id.is_in(ids().map(|row| row.employer_id)))
        .into_tuple()
        .all(db)
        .await?;
    let fairs = fair::Entity::find()
        .filter(fair::Column::Id.is_in(ids().map(|row| row.fair_id)))
        .all(db);
    let fairs = fairs.await?;
    let registrations = registration::Entity::find()
        .filter(registration::Column::Id.is_in(ids().map(|row| row.registration_id)))
        .all(db);
    let registrations = registrations.await?;
    Ok(Behind {
        booths: booths(db, found).await?,
        postings: postings.into_iter().map(|row| (row.id, row)).collect(),
        employers: employers.into_iter().collect(),
        fairs: fairs.into_iter().map(|row| (row.id, row)).collect(),
        registrations: registrations.into_iter().map(|row| (row.id, row)).collect(),
    })
}

/// Where the employers of matches stand now.
async fn booths(
    db: &impl ConnectionTrait,
    found: &[Found],
) -> AppResult<HashMap<(FairId, EmployerId), String>> {
    use participation::Column;
    let places: Vec<(FairId, EmployerId, BoothId)> = participation::Entity::find()
        .select_only()
        .columns([Column::FairId, Column::EmployerId, Column::BoothId])
        .filter(Column::FairId.is_in(found.iter().map(|one| one.row.fair_id)))
        .filter(Column::EmployerId.is_in(found.iter().map(|one| one.row.employer_id)))
        .filter(Column::Active.eq(true))
        .filter(Column::Status.eq(BookingStatus::Booked))
        .filter(Column::BoothId.is_not_null())
        .into_tuple()
        .all(db)
        .await?;
    let labels: HashMap<BoothId, String> = booth::Entity::find()
        .filter(booth::Column::Id.is_in(places.iter().map(|(_, _, booth)| *booth)))
        .all(db)
        .await?
        .into_iter()
        .map(|booth| (booth.id, booth.label))
        .collect();
    Ok(places
        .into_iter()
        .filter_map(|(fair, employer, booth)| Some(((fair, employer), labels.get(&booth)?.clone())))
        .collect())
}

/// Fairs of an office that were published, newest first, for the choice at the desk.
pub async fn fairs(db: &impl ConnectionTrait, office: OfficeId) -> AppResult<Vec<fair::Model>> {
    use crate::domain::fair::FairStatus;
    Ok(fair::Entity::find()
        .filter(fair::Column::OfficeId.eq(office))
        .filter(fair::Column::Status.eq(FairStatus::Published))
        .order_by_desc(fair::Column::StartsAt)
        .limit(20)
        .all(db)
        .await?)
}
