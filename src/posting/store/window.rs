//! 公开岗位: what the public sees of a fair's postings, decided in one place.
use super::{SEARCH, own_id};
use crate::{
    domain::{
        booking::{BookingStatus, VERIFIED_DAYS},
        employer::EmployerStatus,
        group::TargetGroup,
        id::{BoothId, EmployerId, FairId, OfficeId, PostingId},
        moment,
        pay::PayUnit,
        posting::{Education, PostingKind, PostingStatus},
    },
    entity::{
        booth, employer, fair, participation,
        posting::{Column, Entity, Model},
    },
    error::{AppError, AppResult},
    platform::search,
};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, Iterable, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait},
};
use std::collections::HashMap;

/// Which public postings are asked for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub words: String,
    pub group: Option<TargetGroup>,
    /// Yuan a month at least.
    pub salary_min: Option<i64>,
    pub booth: Option<String>,
    /// What the seeker has; postings that ask for more are left out.
    pub education: Option<Education>,
    pub kind: Option<PostingKind>,
    pub employer: Option<EmployerId>,
}

/// Published, not over, and by an employer whose papers hold.
fn visible(fair: FairId, now: DateTime<Utc>) -> Condition {
    let today = moment::today(now);
    let licensed = Condition::any()
        .add(employer::Column::LicenceUntil.is_null())
        .add(employer::Column::LicenceUntil.gte(today));
    let sound = employer::Entity::find()
        .select_only()
        .column(employer::Column::Id)
        .filter(employer::Column::Status.eq(EmployerStatus::Approved))
        .filter(employer::Column::VerifiedAt.gte(now - TimeDelta::days(VERIFIED_DAYS)))
        .filter(licensed)
        .into_query();
    Condition::all()
        .add(Column::FairId.eq(fair))
        .add(Column::Status.eq(PostingStatus::Published))
        .add(Column::ExpiresOn.gte(today))
        .add(Column::EmployerId.in_subquery(sound))
}

/// A page of what the public sees of a fair's postings, newest first.
pub async fn visible_list(
    db: &impl ConnectionTrait,
    fair: &fair::Model,
    wanted: &Wanted,
    now: DateTime<Utc>,
    before: Option<i64>,
    limit: u64,
) -> AppResult<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::OfficeId.eq(fair.office_id))
        .filter(visible(fair.id, now))
        .filter(asked(db, fair.id, wanted))
        .filter(Condition::all().add_option(before.map(|id| Column::Id.lt(id))))
        .order_by_desc(Column::Id)
        .limit(limit)
        .all(db)
        .await?)
}

fn asked(db: &impl ConnectionTrait, fair: FairId, wanted: &Wanted) -> Condition {
    let words = search::found(db.get_database_backend(), SEARCH, own_id(), &wanted.words);
    let group = wanted.group.map(|group| {
        // Codes hold neither quotes nor wildcards.
        Expr::col((Entity, Column::Groups))
            .cast_as("text")
            .like(format!("%\"{}\"%", group.code()))
    });
    let enough = |have: Education| Education::iter().filter(move |asked| *asked <= have);
    let education = wanted
        .education
        .map(|have| Column::Education.is_in(enough(have)));
    Condition::all()
        .add_option(words)
        .add_option(group)
        .add_option(wanted.salary_min.map(pays))
        .add_option(wanted.booth.as_deref().map(|label| at_booth(fair, label)))
        .add_option(education)
        .add_option(wanted.kind.map(|kind| Column::Kind.eq(kind)))
        .add_option(
            wanted
                .employer
                .map(|employer| Column::EmployerId.eq(employer)),
        )
}

/// The base pay reaches so many yuan a month: 21.75 days and 174 hours make a month
/// (人社部 月计薪天数). Piecework has no month.
fn pays(yuan: i64) -> Condition {
    let fen = yuan.saturating_mul(100);
    // Rounded up: pay just below what was asked for does not reach it.
    let up = |fen: i64, by: i64| fen.saturating_add(by - 1) / by;
    let by = |unit: PayUnit, at_least: i64| {
        Condition::all()
            .add(Column::PayUnit.eq(unit))
            .add(Column::PayMin.gte(at_least))
    };
    Condition::any()
        .add(by(PayUnit::Month, fen))
        .add(by(PayUnit::Day, up(fen.saturating_mul(4), 87)))
        .add(by(PayUnit::Hour, up(fen, 174)))
}

fn at_booth(fair: FairId, label: &str) -> Condition {
    let booths = booth::Entity::find()
        .select_only()
        .column(booth::Column::Id)
        .filter(booth::Column::FairId.eq(fair))
        .filter(booth::Column::Label.eq(label))
        .into_query();
    let employers = participation::Entity::find()
        .select_only()
        .column(participation::Column::EmployerId)
        .filter(booked(fair))
        .filter(participation::Column::BoothId.in_subquery(booths))
        .into_query();
    Condition::all().add(Column::EmployerId.in_subquery(employers))
}

fn booked(fair: FairId) -> Condition {
    Condition::all()
        .add(participation::Column::FairId.eq(fair))
        .add(participation::Column::Active.eq(true))
        .add(participation::Column::Status.eq(BookingStatus::Booked.code()))
}

/// A posting of a fair that the public may see now.
///
/// # Errors
/// 404 when there is none.
pub async fn find_visible(
    db: &impl ConnectionTrait,
    fair: &fair::Model,
    id: PostingId,
    now: DateTime<Utc>,
) -> AppResult<Model> {
    Entity::find_by_id(id)
        .filter(Column::OfficeId.eq(fair.office_id))
        .filter(visible(fair.id, now))
        .one(db)
        .await?
        .ok_or_else(AppError::not_found)
}

/// The public postings of one employer at a fair, newest first; for its booth page.
pub async fn visible_of(
    db: &impl ConnectionTrait,
    fair: &fair::Model,
    employer: EmployerId,
    now: DateTime<Utc>,
) -> AppResult<Vec<Model>> {
    let wanted = Wanted {
        employer: Some(employer),
        ..Wanted::default()
    };
    visible_list(db, fair, &wanted, now, None, 200).await
}

/// Titles of everything the public sees of a fair.
pub async fn visible_titles(
    db: &impl ConnectionTrait,
    fair: FairId,
    now: DateTime<Utc>,
) -> AppResult<HashMap<PostingId, String>> {
    let rows: Vec<(PostingId, String)> = Entity::find()
        .select_only()
        .column(Column::Id)
        .column(Column::Title)
        .filter(visible(fair, now))
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// What a fair offers the public.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    pub postings: i64,
    pub headcount: i64,
    pub employers: i64,
}

/// Postings, people wanted and employers that the public sees of a fair.
pub async fn offer(
    db: &impl ConnectionTrait,
    fair: FairId,
    now: DateTime<Utc>,
) -> AppResult<Offer> {
    let rows: Vec<(EmployerId, i64, i64)> = Entity::find()
        .select_only()
        .column(Column::EmployerId)
        .column_as(Expr::col(Column::Id).count(), "n")
        .column_as(Expr::col(Column::Headcount).sum(), "people")
        .filter(visible(fair, now))
        .group_by(Column::EmployerId)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows
        .iter()
        .fold(Offer::default(), |sum, (_, n, people)| Offer {
            postings: sum.postings + n,
            headcount: sum.headcount + people,
            employers: sum.employers + 1,
        }))
}

/// Who offers a posting, and where: name and booth by employer.
#[derive(Clone, Debug)]
pub struct Stand {
    pub employer: employer::Model,
    pub booth: Option<String>,
}

/// The employers of postings, with their booths at a fair when they are booked.
pub async fn stands(
    db: &impl ConnectionTrait,
    fair: Option<FairId>,
    postings: &[Model],
) -> AppResult<HashMap<EmployerId, Stand>> {
    let ids: Vec<EmployerId> = postings.iter().map(|p| p.employer_id).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let employers = employer::Entity::find()
        .filter(employer::Column::Id.is_in(ids))
        .all(db)
        .await?;
    let booths = match fair {
        Some(fair) => booths(db, fair).await?,
        None => HashMap::new(),
    };
    Ok(employers
        .into_iter()
        .map(|employer| {
            let booth = booths.get(&employer.id).cloned();
            (employer.id, Stand { employer, booth })
        })
        .collect())
}

/// The booked booth of each employer at a fair.
async fn booths(db: &impl ConnectionTrait, fair: FairId) -> AppResult<HashMap<EmployerId, String>> {
    let places: Vec<(EmployerId, Option<BoothId>)> = participation::Entity::find()
        .select_only()
        .column(participation::Column::EmployerId)
        .column(participation::Column::BoothId)
        .filter(booked(fair))
        .into_tuple()
        .all(db)
        .await?;
    let labels: HashMap<BoothId, String> = booth::Entity::find()
        .filter(booth::Column::FairId.eq(fair))
        .all(db)
        .await?
        .into_iter()
        .map(|booth| (booth.id, booth.label))
        .collect();
    Ok(places
        .into_iter()
        .filter_map(|(employer, booth)| Some((employer, labels.get(&booth?)?.clone())))
        .collect())
}

/// The page of a booked employer's booth, `/B/{code}`.
pub async fn booth_code(
    db: &impl ConnectionTrait,
    fair: FairId,
    employer: EmployerId,
) -> AppResult<Option<String>> {
    let row = participation::Entity::find()
        .filter(booked(fair))
        .filter(participation::Column::EmployerId.eq(employer))
        .one(db)
        .await?;
    Ok(row.map(|row| row.code))
}

/// Fairs by id, for lists that name them.
pub async fn fairs_by_id(
    db: &impl ConnectionTrait,
    office: OfficeId,
    postings: &[Model],
) -> AppResult<HashMap<FairId, fair::Model>> {
    let rows = fair::Entity::find()
        .filter(fair::Column::OfficeId.eq(office))
        .filter(fair::Column::Id.is_in(postings.iter().map(|p| p.fair_id)))
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|fair| (fair.id, fair)).collect())
}
