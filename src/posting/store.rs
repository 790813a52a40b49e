//! Queries on postings, always within one office: written and reviewed here, found by whom they
//! belong to (`scope`), shown to the public (`window`).
mod scope;
mod window;

pub use scope::{employer, fair_for, fairs_of, hosts, open_fairs, public_fair};
pub use window::{
    Offer, Stand, Wanted, booth_code, fairs_by_id, find_visible, offer, stands, visible_list,
    visible_of, visible_titles,
};

use super::form::{Details, codes};
use crate::{
    account::Actor,
    domain::{
        id::{AccountId, EmployerId, FairId, OfficeId, PostingId},
        posting::PostingStatus,
        posting_check::Finding,
        role::Role,
        text::Prose,
    },
    entity::{
        account,
        posting::{self, Column, Entity, Model},
        posting_event,
    },
    error::{AppError, AppResult},
    platform::{db::WriteTx, search},
};
use scope::hosted;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait},
};
use serde_json::{Value, json};
use std::collections::HashMap;

/// The table of tokens beside the postings.
const SEARCH: &str = "posting_search";

/// Whose posting it is, and where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub office: OfficeId,
    pub fair: FairId,
    pub employer: EmployerId,
}

pub async fn insert(
    tx: &WriteTx,
    place: Place,
    employer_name: &str,
    details: &Details,
    status: PostingStatus,
    findings: &[Finding],
) -> AppResult<PostingId> {
    let mut row = filled(details, findings)?;
    row.office_id = Set(place.office);
    row.fair_id = Set(place.fair);
    row.employer_id = Set(place.employer);
    row.status = Set(status);
    row.version = Set(1);
    row.created_at = Set(tx.now);
    let id = Entity::insert(row).exec(tx.conn()).await?.last_insert_id;
    search::put(tx, SEARCH, id.0, &words(details, employer_name)).await?;
    Ok(id)
}

fn filled(details: &Details, findings: &[Finding]) -> AppResult<posting::ActiveModel> {
    let details = details.clone();
    let text = |text: Option<Prose>| text.map_or_else(String::new, Into::into);
    let (age_limit, age_ground) = details
        .age
        .map(|(limit, g)| (limit.into_string(), g))
        .unzip();
    Ok(posting::ActiveModel {
        title: Set(details.title.into_string()),
        occupation: Set(details.occupation),
        kind: Set(details.kind),
        headcount: Set(details.headcount),
        duties: Set(details.duties.into_string()),
        place: Set(details.place.into_string()),
        pay_min: Set(details.pay.min() * 100),
        pay_max: Set(details.pay.max() * 100),
        pay_unit: Set(details.pay.unit()),
        pay_months: Set(i32::from(details.pay.months())),
        education: Set(details.education),
        experience: Set(details.experience),
        skills: Set(text(details.skills)),
        hours: Set(details.hours.map_or_else(String::new, Into::into)),
        contract_type: Set(details.contract_type),
        insurance: Set(json!(codes(&details.insurance))),
        benefits: Set(text(details.benefits)),
        groups: Set(json!(codes(&details.groups))),
        age_limit: Set(age_limit),
        age_ground: Set(age_ground),
        expires_on: Set(details.expires_on),
        auto_refer: Set(details.auto_refer),
        findings: Set(serde_json::to_value(findings)?),
        ..Default::default()
    })
}

/// What a posting is found by.
fn words(details: &Details, employer_name: &str) -> String {
    let text = |text: &Option<Prose>| {
        text.as_ref()
            .map_or(String::new(), |t| t.as_str().to_owned())
    };
    [
        details.title.as_str(),
        employer_name,
        details.place.as_str(),
        &text(&details.skills),
        &text(&details.benefits),
        details.duties.as_str(),
    ]
    .join("\n")
}

/// Writes changed details onto the version that was looked at.
///
/// # Errors
/// 409 `stale` when somebody was faster.
pub async fn update(
    tx: &WriteTx,
    seen: &Model,
    employer_name: &str,
    details: &Details,
    status: PostingStatus,
    findings: &[Finding],
) -> AppResult<()> {
    let mut row = filled(details, findings)?;
    row.status = Set(status);
    row.status_reason = Set(None);
    row.version = Set(seen.version + 1);
    write(tx, seen, row).await?;
    search::put(tx, SEARCH, seen.id.0, &words(details, employer_name)).await
}

/// Moves a posting to another status.
///
/// # Errors
/// 409 `stale` when somebody was faster.
pub async fn set_status(
    tx: &WriteTx,
    seen: &Model,
    status: PostingStatus,
    reason: Option<String>,
) -> AppResult<()> {
    let row = posting::ActiveModel {
        status: Set(status),
        status_reason: Set(reason),
        version: Set(seen.version + 1),
        ..Default::default()
    };
    write(tx, seen, row).await
}

/// What the office decided.
pub struct Verdict {
    pub status: PostingStatus,
    pub reason: Option<String>,
    pub by: AccountId,
}

/// # Errors
/// 409 `stale` when somebody was faster.
pub async fn review(tx: &WriteTx, seen: &Model, verdict: Verdict) -> AppResult<()> {
    let mut row = posting::ActiveModel {
        status: Set(verdict.status),
        status_reason: Set(verdict.reason),
        reviewed_by: Set(Some(verdict.by)),
        reviewed_at: Set(Some(tx.now)),
        version: Set(seen.version + 1),
        ..Default::default()
    };
    if verdict.status == PostingStatus::Published {
        row.published_at = Set(Some(tx.now));
    }
    write(tx, seen, row).await
}

async fn write(tx: &WriteTx, seen: &Model, row: posting::ActiveModel) -> AppResult<()> {
    let done = Entity::update_many()
        .set(row)
        .filter(Column::Id.eq(seen.id))
        .filter(Column::Version.eq(seen.version))
        .exec(tx.conn())
        .await?;
    if done.rows_affected == 1 {
        Ok(())
    } else {
        Err(AppError::conflict("stale"))
    }
}

/// What happened to a posting.
pub struct Event {
    pub what: &'static str,
    pub reason: Option<String>,
    pub ground: Option<String>,
    pub by: AccountId,
}

/// Notes an event with the text as it stands now.
pub async fn record(tx: &WriteTx, office: OfficeId, id: PostingId, event: Event) -> AppResult<()> {
    let now = find(tx.conn(), office, id).await?;
    let row = posting_event::ActiveModel {
        posting_id: Set(id),
        what: Set(event.what.to_owned()),
        reason: Set(event.reason),
        ground: Set(event.ground),
        findings: Set(now.findings.clone()),
        content: Set(content(&now)),
        account_id: Set(Some(event.by)),
        at: Set(tx.now),
        ..Default::default()
    };
    posting_event::Entity::insert(row).exec(tx.conn()).await?;
    Ok(())
}

/// The text of a posting, kept as evidence.
fn content(row: &Model) -> Value {
    json!({
        "title": row.title, "occupation": row.occupation, "kind": row.kind,
        "headcount": row.headcount, "duties": row.duties, "place": row.place,
        "pay_min": row.pay_min, "pay_max": row.pay_max, "pay_unit": row.pay_unit,
        "pay_months": row.pay_months, "education": row.education, "experience": row.experience,
        "skills": row.skills, "hours": row.hours, "contract_type": row.contract_type,
        "insurance": row.insurance, "benefits": row.benefits, "groups": row.groups,
        "age_limit": row.age_limit, "age_ground": row.age_ground,
        "expires_on": row.expires_on, "version": row.version,
    })
}

pub async fn events(
    db: &impl ConnectionTrait,
    id: PostingId,
) -> AppResult<Vec<posting_event::Model>> {
    Ok(posting_event::Entity::find()
        .filter(posting_event::Column::PostingId.eq(id))
        .order_by_desc(posting_event::Column::Id)
        .limit(50)
        .all(db)
        .await?)
}

/// # Errors
/// 404 when the office has no such posting.
pub async fn find(db: &impl ConnectionTrait, office: OfficeId, id: PostingId) -> AppResult<Model> {
    Entity::find_by_id(id)
        .filter(Column::OfficeId.eq(office))
        .one(db)
        .await?
        .ok_or_else(AppError::not_found)
}

/// A posting as far as the actor may know of it.
///
/// # Errors
/// 404 for somebody else's.
pub async fn find_for(db: &impl ConnectionTrait, actor: &Actor, id: PostingId) -> AppResult<Model> {
    let posting = find(db, actor.office, id).await?;
    let known = match actor.role {
        Role::Employer => actor.employer == Some(posting.employer_id),
        Role::CoHost => hosts(db, actor, posting.fair_id).await?,
        _ => true,
    };
    if known {
        Ok(posting)
    } else {
        Err(AppError::not_found())
    }
}

/// Which postings a list of the office or an employer shows.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub status: Option<PostingStatus>,
    pub fair: Option<FairId>,
    pub employer: Option<EmployerId>,
    pub words: String,
}

fn listed(db: &impl ConnectionTrait, actor: &Actor, filter: &Filter) -> Condition {
    let words = search::found(db.get_database_backend(), SEARCH, own_id(), &filter.words);
    Condition::all()
        .add(Column::OfficeId.eq(actor.office))
        .add_option(hosted(actor, Column::FairId))
        .add_option(filter.fair.map(|fair| Column::FairId.eq(fair)))
        .add_option(
            filter
                .employer
                .map(|employer| Column::EmployerId.eq(employer)),
        )
        .add_option(words)
}

fn own_id() -> Expr {
    Expr::col((Entity, Column::Id))
}

/// A page of postings, newest first; `before` is the last id of the page before.
pub async fn list(
    db: &impl ConnectionTrait,
    actor: &Actor,
    filter: &Filter,
    before: Option<i64>,
    limit: u64,
) -> AppResult<Vec<Model>> {
    let status = filter.status.map(|status| Column::Status.eq(status));
    Ok(Entity::find()
        .filter(listed(db, actor, filter).add_option(status))
        .filter(Condition::all().add_option(before.map(|id| Column::Id.lt(id))))
        .order_by_desc(Column::Id)
        .limit(limit)
        .all(db)
        .await?)
}

/// How many postings stand in each status, whatever status the filter names.
pub async fn counts(
    db: &impl ConnectionTrait,
    actor: &Actor,
    filter: &Filter,
) -> AppResult<HashMap<PostingStatus, i64>> {
    let rows: Vec<(PostingStatus, i64)> = Entity::find()
        .select_only()
        .column(Column::Status)
        .column_as(Expr::col(Column::Id).count(), "n")
        .filter(listed(db, actor, filter))
        .group_by(Column::Status)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// Names of accounts, for the history of a posting.
pub async fn account_names(
    db: &impl ConnectionTrait,
    events: &[posting_event::Model],
) -> AppResult<HashMap<AccountId, String>> {
    let rows: Vec<(AccountId, String)> = account::Entity::find()
        .select_only()
        .column(account::Column::Id)
        .column(account::Column::Name)
        .filter(account::Column::Id.is_in(events.iter().filter_map(|event| event.account_id)))
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}
