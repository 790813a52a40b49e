//! Queries on employers, always within one office.
use crate::{
    domain::{
        employer::{Dossier, EmployerKind, EmployerStatus, Industry, Scale},
        id::{AccountId, EmployerId, FileId, OfficeId, UnitId},
    },
    entity::{
        employer::{self, Column, Entity, Model},
        unit,
    },
    error::{AppError, AppResult},
    platform::db::{WriteTx, is_duplicate},
};
use chrono::NaiveDate;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait,
    QueryFilter, QueryOrder, QuerySelect,
};
use std::collections::HashMap;

/// What an employer says about itself, its contact already sealed.
pub struct Facts {
    pub name: String,
    pub uscc: String,
    pub kind: EmployerKind,
    pub industry: Industry,
    pub scale: Option<Scale>,
    pub address: String,
    pub legal_person: Option<String>,
    pub permit_no: Option<String>,
    pub intro: String,
    pub licence_until: Option<NaiveDate>,
    pub contact_name: Vec<u8>,
    pub contact_phone: Vec<u8>,
    pub promised: bool,
}

/// Pictures of its papers, as far as some were handed in.
#[derive(Clone, Copy, Default)]
pub struct Papers {
    pub licence: Option<FileId>,
    pub authority: Option<FileId>,
}

/// Who brought an employer, and under which random name its sealed columns stand.
pub struct Origin {
    pub office: OfficeId,
    pub uid: String,
    pub source: Option<UnitId>,
}

/// # Errors
/// 409 `employer_exists` when the office has one with this credit code.
pub async fn insert(
    tx: &WriteTx,
    origin: Origin,
    facts: Facts,
    papers: Papers,
) -> AppResult<EmployerId> {
    let mut row = employer::ActiveModel {
        office_id: Set(origin.office),
        uid: Set(origin.uid),
        source_unit_id: Set(origin.source),
        status: Set(EmployerStatus::Pending),
        version: Set(1),
        created_at: Set(tx.now),
        ..Default::default()
    };
    fill(&mut row, tx, facts, papers);
    let inserted = Entity::insert(row).exec(tx.conn()).await;
    inserted.map(|row| row.last_insert_id).map_err(exists)
}

fn exists(error: sea_orm::DbErr) -> AppError {
    if is_duplicate(&error) {
        AppError::conflict("employer_exists")
    } else {
        error.into()
    }
}

fn fill(row: &mut employer::ActiveModel, tx: &WriteTx, facts: Facts, papers: Papers) {
    row.name = Set(facts.name);
    row.uscc = Set(facts.uscc);
    row.kind = Set(facts.kind);
    row.industry = Set(facts.industry);
    row.scale = Set(facts.scale);
    row.address = Set(facts.address);
    row.legal_person = Set(facts.legal_person);
    row.permit_no = Set(facts.permit_no);
    row.intro = Set(facts.intro);
    row.licence_until = Set(facts.licence_until);
    row.contact_name_sealed = Set(Some(facts.contact_name));
    row.contact_phone_sealed = Set(Some(facts.contact_phone));
    if facts.promised {
        row.promised_at = Set(Some(tx.now));
    }
    if papers.licence.is_some() {
        row.licence_file_id = Set(papers.licence);
    }
    if papers.authority.is_some() {
        row.authority_file_id = Set(papers.authority);
    }
}

/// Writes changed facts onto the version that was looked at.
///
/// # Errors
/// 409 `stale` when somebody was faster, `employer_exists` when the new credit code is taken.
pub async fn update(
    tx: &WriteTx,
    seen: &Model,
    status: EmployerStatus,
    facts: Facts,
    papers: Papers,
) -> AppResult<()> {
    let mut row = employer::ActiveModel {
        status: Set(status),
        version: Set(seen.version + 1),
        ..Default::default()
    };
    fill(&mut row, tx, facts, papers);
    let done = Entity::update_many()
        .set(row)
        .filter(Column::Id.eq(seen.id))
        .filter(Column::Version.eq(seen.version))
        .exec(tx.conn())
        .await
        .map_err(exists)?;
    changed(done.rows_affected)
}

fn changed(rows: u64) -> AppResult<()> {
    if rows == 1 {
        Ok(())
    } else {
        Err(AppError::conflict("stale"))
    }
}

/// What a reviewer decided.
pub struct Verdict {
    pub status: EmployerStatus,
    pub reason: Option<String>,
    pub by: AccountId,
}

pub async fn review(tx: &WriteTx, seen: &Model, verdict: Verdict) -> AppResult<()> {
    let approved = verdict.status == EmployerStatus::Approved;
    let mut row = employer::ActiveModel {
        status: Set(verdict.status),
        status_reason: Set(verdict.reason),
        reviewed_by: Set(Some(verdict.by)),
        reviewed_at: Set(Some(tx.now)),
        version: Set(seen.version + 1),
        ..Default::default()
    };
    if approved {
        row.verified_at = Set(Some(tx.now));
    }
    let done = Entity::update_many()
        .set(row)
        .filter(Column::Id.eq(seen.id))
        .filter(Column::Version.eq(seen.version))
        .exec(tx.conn())
        .await?;
    changed(done.rows_affected)
}

/// Forgives the no-shows so far.
pub async fn pardon(tx: &WriteTx, id: EmployerId, by: AccountId, reason: String) -> AppResult<()> {
    let row = employer::ActiveModel {
        id: Set(id),
        pardoned_at: Set(Some(tx.now)),
        pardon_reason: Set(Some(reason)),
        pardoned_by: Set(Some(by)),
        ..Default::default()
    };
    row.update(tx.conn()).await?;
    Ok(())
}

/// # Errors
/// 404 when the office has no such employer.
pub async fn find(db: &impl ConnectionTrait, office: OfficeId, id: EmployerId) -> AppResult<Model> {
    Entity::find_by_id(id)
        .filter(Column::OfficeId.eq(office))
        .one(db)
        .await?
        .ok_or_else(AppError::not_found)
}

/// An employer whose papers the office has approved.
///
/// # Errors
/// 404 when there is none, 409 `employer_not_approved` when it is not approved.
pub async fn find_approved(
    db: &impl ConnectionTrait,
    office: OfficeId,
    id: EmployerId,
) -> AppResult<Model> {
    let employer = find(db, office, id).await?;
    if employer.status == EmployerStatus::Approved {
        Ok(employer)
    } else {
        Err(AppError::conflict("employer_not_approved"))
    }
}

/// Several at once, by id; for lists that name them.
pub async fn by_ids(
    db: &impl ConnectionTrait,
    office: OfficeId,
    ids: Vec<EmployerId>,
) -> AppResult<HashMap<EmployerId, Model>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = Entity::find()
        .filter(Column::OfficeId.eq(office))
        .filter(Column::Id.is_in(ids))
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// Which employers a list shows.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub status: Option<EmployerStatus>,
    /// Only those this unit brought.
    pub source: Option<UnitId>,
    /// Part of the name, or the beginning of the credit code.
    pub words: Option<String>,
}

impl Filter {
    fn condition(&self, office: OfficeId) -> Condition {
        let words = self.words.as_deref().map(|words| {
            Condition::any()
                .add(Column::Name.contains(words))
                .add(Column::Uscc.starts_with(words.to_ascii_uppercase()))
        });
        Condition::all()
            .add(Column::OfficeId.eq(office))
            .add_option(self.status.map(|status| Column::Status.eq(status)))
            .add_option(self.source.map(|unit| Column::SourceUnitId.eq(unit)))
            .add_option(words)
    }
}

/// A page of employers, newest first; `before` is the last id of the page before.
pub async fn list(
    db: &impl ConnectionTrait,
    office: OfficeId,
    filter: &Filter,
    before: Option<i64>,
    limit: u64,
) -> AppResult<Vec<Model>> {
    let mut query = Entity::find().filter(filter.condition(office));
    if let Some(before) = before {
        query = query.filter(Column::Id.lt(before));
    }
    Ok(query.order_by_desc(Column::Id).limit(limit).all(db).await?)
}

/// How many employers stand in each status, whatever status the filter names.
pub async fn counts(
    db: &impl ConnectionTrait,
    office: OfficeId,
    filter: &Filter,
) -> AppResult<Vec<(EmployerStatus, i64)>> {
    let any = Filter {
        status: None,
        ..filter.clone()
    };
    Ok(Entity::find()
        .select_only()
        .column(Column::Status)
        .column_as(Column::Id.count(), "n")
        .filter(any.condition(office))
        .group_by(Column::Status)
        .into_tuple()
        .all(db)
        .await?)
}

/// Every approved employer's id and name, for a choice in a form.
pub async fn approved(
    db: &impl ConnectionTrait,
    office: OfficeId,
    limit: u64,
) -> AppResult<Vec<(EmployerId, String)>> {
    Ok(Entity::find()
        .select_only()
        .column(Column::Id)
        .column(Column::Name)
        .filter(Column::OfficeId.eq(office))
        .filter(Column::Status.eq(EmployerStatus::Approved))
        .order_by_asc(Column::Name)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await?)
}

/// What of its papers is there.
pub fn dossier(employer: &Model) -> Dossier {
    Dossier {
        kind: employer.kind,
        licence: employer.licence_file_id.is_some(),
        licence_until: employer.licence_until,
        authority: employer.authority_file_id.is_some(),
        permit: employer.permit_no.is_some(),
        promised: employer.promised_at.is_some(),
    }
}

/// Names of the office's units, for those who brought an employer.
pub async fn unit_names(
    db: &impl ConnectionTrait,
    office: OfficeId,
) -> AppResult<HashMap<UnitId, String>> {
    let rows: Vec<(UnitId, String)> = unit::Entity::find()
        .select_only()
        .column(unit::Column::Id)
        .column(unit::Column::Name)
        .filter(unit::Column::OfficeId.eq(office))
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}
