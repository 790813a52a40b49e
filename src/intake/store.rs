//! Queries on where cases came from, on the keys that follow them, and on what is like them.
use crate::{
    domain::{
        case::{Channel, Code, Kind, Stage},
        id::{AccountId, AreaId, CaseId, DeskSiteId, OfficeId, PersonId},
    },
    entity::{area, case, case_key, desk_site, request},
    error::{AppError, AppResult},
    platform::db::{WriteTx, is_duplicate},
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait, sea_query::Expr,
};

/// Similar cases that a form shows at most.
const MOST_SIMILAR: u64 = 5;

pub struct NewKey {
    pub office: OfficeId,
    pub case: CaseId,
    pub person: PersonId,
    pub uid: String,
    pub hash: String,
    pub sealed: Vec<u8>,
}

pub async fn insert_key(tx: &WriteTx, new: NewKey) -> AppResult<()> {
    let row = case_key::ActiveModel {
        office_id: Set(new.office),
        case_id: Set(new.case),
        person_id: Set(new.person),
        uid: Set(new.uid),
        key_hash: Set(new.hash),
        key_sealed: Set(new.sealed),
        created_at: Set(tx.now),
        ..Default::default()
    };
    case_key::Entity::insert(row).exec(tx.conn()).await?;
    Ok(())
}

pub async fn key_of(
    db: &impl ConnectionTrait,
    case: CaseId,
    person: PersonId,
) -> AppResult<Option<case_key::Model>> {
    Ok(case_key::Entity::find()
        .filter(case_key::Column::CaseId.eq(case))
        .filter(case_key::Column::PersonId.eq(person))
        .one(db)
        .await?)
}

/// All keys to a case, each with who holds it.
pub async fn keys_of(
    db: &impl ConnectionTrait,
    case: CaseId,
) -> AppResult<Vec<(PersonId, case_key::Model)>> {
    let rows = case_key::Entity::find()
        .filter(case_key::Column::CaseId.eq(case))
        .order_by_asc(case_key::Column::Id)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| (row.person_id, row)).collect())
}

pub async fn by_key_hash(
    db: &impl ConnectionTrait,
    office: OfficeId,
    hash: &str,
) -> AppResult<Option<case_key::Model>> {
    Ok(case_key::Entity::find()
        .filter(case_key::Column::OfficeId.eq(office))
        .filter(case_key::Column::KeyHash.eq(hash))
        .one(db)
        .await?)
}

/// Where a case came from; none for what no intake opened.
pub async fn request(db: &impl ConnectionTrait, case: CaseId) -> AppResult<Option<request::Model>> {
    Ok(request::Entity::find_by_id(case).one(db).await?)
}

pub async fn requests(
    db: &impl ConnectionTrait,
    cases: &[CaseId],
) -> AppResult<Vec<request::Model>> {
    Ok(request::Entity::find()
        .filter(request::Column::CaseId.is_in(cases.iter().copied()))
        .all(db)
        .await?)
}

/// The case that another system's number names.
pub async fn by_source(
    db: &impl ConnectionTrait,
    office: OfficeId,
    source: &str,
    number: &str,
) -> AppResult<Option<request::Model>> {
    Ok(request::Entity::find()
        .filter(request::Column::OfficeId.eq(office))
        .filter(request::Column::Source.eq(source))
        .filter(request::Column::SourceRef.eq(number))
        .one(db)
        .await?)
}

/// Where a new case came from.
pub struct From {
    pub office: OfficeId,
    pub channel: Channel,
    /// Another system and its number there.
    pub source: Option<(Code, Code)>,
    pub row_hash: Option<String>,
    pub site: Option<DeskSiteId>,
    pub cell: Option<String>,
    pub on_behalf: bool,
    pub entered_by: Option<AccountId>,
}

/// # Errors
/// 409 `source_known` when another system's number was taken in before.
pub async fn insert_request(tx: &WriteTx, case: CaseId, from: From) -> AppResult<()> {
    let (source, number) = from.source.unzip();
    let text = |code: Option<Code>| code.map(|code| code.as_str().to_owned());
    let row = request::ActiveModel {
        case_id: Set(case),
        office_id: Set(from.office),
        channel: Set(from.channel),
        source: Set(text(source)),
        source_ref: Set(text(number)),
        row_hash: Set(from.row_hash),
        site_id: Set(from.site),
        cell: Set(from.cell),
        on_behalf: Set(from.on_behalf),
        entered_by: Set(from.entered_by),
        created_at: Set(tx.now),
    };
    let inserted = request::Entity::insert(row)
        .exec_without_returning(tx.conn())
        .await;
    match inserted {
        Ok(_) => Ok(()),
        Err(error) if is_duplicate(&error) => Err(AppError::conflict("source_known")),
        Err(error) => Err(error.into()),
    }
}

/// The row of another system was seen again in another wording.
pub async fn set_row_hash(tx: &WriteTx, case: CaseId, hash: &str) -> AppResult<()> {
    request::Entity::update_many()
        .col_expr(request::Column::RowHash, Expr::value(hash))
        .filter(request::Column::CaseId.eq(case))
        .exec(tx.conn())
        .await?;
    Ok(())
}

pub async fn site_by_code(
    db: &impl ConnectionTrait,
    office: OfficeId,
    code: &str,
) -> AppResult<Option<desk_site::Model>> {
    Ok(desk_site::Entity::find()
        .filter(desk_site::Column::OfficeId.eq(office))
        .filter(desk_site::Column::Code.eq(code))
        .filter(desk_site::Column::Active.eq(true))
        .one(db)
        .await?)
}

/// An area by its code, or by its id as forms send it.
pub async fn area_named(
    db: &impl ConnectionTrait,
    office: OfficeId,
    named: &str,
) -> AppResult<Option<area::Model>> {
    let mut which = Condition::any().add(area::Column::Code.eq(named));
    if let Ok(id) = named.parse::<AreaId>() {
        which = which.add(area::Column::Id.eq(id));
    }
    let found = area::Entity::find()
        .filter(area::Column::OfficeId.eq(office))
        .filter(area::Column::Active.eq(true))
        .filter(which)
        .order_by_asc(area::Column::Id)
        .all(db)
        .await?;
    // A code that looks like a number wins over an id.
    let by_code = found.iter().position(|area| area.code == named);
    Ok(found.into_iter().nth(by_code.unwrap_or(0)))
}

/// An area by the code on a building's door.
pub async fn area_by_code(
    db: &impl ConnectionTrait,
    office: OfficeId,
    code: &str,
) -> AppResult<Option<area::Model>> {
    Ok(area::Entity::find()
        .filter(area::Column::OfficeId.eq(office))
        .filter(area::Column::Code.eq(code))
        .filter(area::Column::Active.eq(true))
        .one(db)
        .await?)
}

/// What a new report is compared with.
pub struct Like<'a> {
    pub office: OfficeId,
    pub kind: Kind,
    pub category: &'a str,
    /// The areas that count as near.
    pub areas: Vec<AreaId>,
    pub cell: Option<&'a str>,
}

/// 相似办件: open cases of the same category nearby, newest first.
pub async fn similar(db: &impl ConnectionTrait, like: Like<'_>) -> AppResult<Vec<case::Model>> {
    let at_cell = like.cell.map(|cell| {
        request::Entity::find()
            .select_only()
            .column(request::Column::CaseId)
            .filter(request::Column::OfficeId.eq(like.office))
            .filter(request::Column::Cell.eq(cell))
            .into_query()
    });
    let near = Condition::any()
        .add(case::Column::AreaId.is_in(like.areas))
        .add_option(at_cell.map(|cases| case::Column::Id.in_subquery(cases)));
    Ok(case::Entity::find()
        .filter(case::Column::OfficeId.eq(like.office))
        .filter(case::Column::Kind.eq(like.kind))
        .filter(case::Column::Stage.is_in(Stage::OPEN.iter().copied()))
        .filter(case::Column::Category.eq(like.category))
        .filter(near)
        .order_by_desc(case::Column::Id)
        .limit(MOST_SIMILAR)
        .all(db)
        .await?)
}

/// Cases that an account took in since a moment, newest first.
pub async fn taken_in(
    db: &impl ConnectionTrait,
    office: OfficeId,
    account: AccountId,
    limit: u64,
) -> AppResult<Vec<case::Model>> {
    let own = request::Entity::find()
        .select_only()
        .column(request::Column::CaseId)
        .filter(request::Column::OfficeId.eq(office))
        .filter(request::Column::EnteredBy.eq(account))
        .order_by_desc(request::Column::CaseId)
        .limit(limit)
        .into_query();
    Ok(case::Entity::find()
        .filter(case::Column::OfficeId.eq(office))
        .filter(case::Column::Id.in_subquery(own))
        .order_by_desc(case::Column::Id)
        .all(db)
        .await?)
}

/// Names of desks by id.
pub async fn site(
    db: &impl ConnectionTrait,
    office: OfficeId,
    id: DeskSiteId,
) -> AppResult<Option<desk_site::Model>> {
    Ok(desk_site::Entity::find_by_id(id)
        .filter(desk_site::Column::OfficeId.eq(office))
        .one(db)
        .await?)
}
