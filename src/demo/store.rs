//! The few rows that the story looks up, and the row of a match.
use crate::{
    case,
    domain::{
        case::{Actor, Channel, Code, Command, InterestChannel, Kind, ShareField},
        funnel::Rung,
        id::{
            AccountId, BoothId, CaseId, EmployerId, FairId, OfficeId, ParticipationId, PersonId,
            PosterId, PostingId, RegistrationId,
        },
        posting::PostingStatus,
        role::Role,
    },
    entity::{
        account, employer, fair, job_match, participation, poster, posting, registration, unit,
    },
    error::{AppError, AppResult},
    person::consent::{self, Given, Purpose},
    platform::{db::WriteTx, secret::Keys},
};
use anyhow::anyhow;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
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

/// 意向: who wants what, and where it was said.
#[derive(Clone, Debug)]
pub struct Interest {
    pub office: OfficeId,
    pub fair: FairId,
    pub registration: RegistrationId,
    pub posting: PostingId,
    pub employer: EmployerId,
    pub title: String,
    /// 免审推荐: the program passes it on at once.
    pub auto_refer: bool,
    pub stand: Option<(ParticipationId, Option<BoothId>)>,
    /// Hash of the notice on sharing a contact.
    pub notice: String,
}

/// Opens a match with the seeker's agreement to share its contact.
pub async fn interest(tx: &WriteTx, keys: &Keys, wish: Interest) -> AppResult<(CaseId, PersonId)> {
    let row = registration(tx.conn(), wish.registration).await?;
    let version = Code::new(Purpose::ShareContact.version()).map_err(|fault| anyhow!("{fault}"))?;
    let given = Given {
        person: row.person_id,
        purpose: Purpose::ShareContact,
        text_hash: wish.notice,
        channel: "ticket".into(),
        employer: Some(wish.employer),
        fields: vec!["name".into(), "phone".into()],
        recorded_by: None,
    };
    consent::record(tx, given).await?;
    let command = Command::Interest {
        channel: InterestChannel::Qr,
        posting: wish.posting,
        seeker: row.person_id,
        consent_version: version,
        share: vec![ShareField::Name, ShareField::Phone],
        participation: wish.stand.map(|(stand, _)| stand),
        booth: wish.stand.and_then(|(_, booth)| booth),
    };
    let by = Actor::person(row.person_id, Channel::Qr);
    let kind = Kind::EmploymentMatch;
    let opened =
        case::commands::open(tx, keys, wish.office, kind, wish.title, command, &by).await?;
    let beside = job_match::ActiveModel {
        case_id: Set(opened.id),
        office_id: Set(wish.office),
        fair_id: Set(wish.fair),
        registration_id: Set(row.id),
        person_id: Set(row.person_id),
        posting_id: Set(wish.posting),
        employer_id: Set(wish.employer),
        share: Set(serde_json::json!(["name", "phone"])),
        open: Set(true),
        rung: Set(Rung::Interest),
        stream_id: Set(row.stream_id),
        created_at: Set(tx.now),
        ..Default::default()
    };
    job_match::Entity::insert(beside)
        .exec_without_returning(tx.conn())
        .await?;
    if wish.auto_refer {
        for command in [
            Command::AcceptMatch { checks: None },
            Command::Refer { note: None },
        ] {
            let by = Actor::SYSTEM;
            case::commands::act_in(tx, keys, wish.office, opened.id, None, command, &by).await?;
        }
    }
    Ok((opened.id, row.person_id))
}
