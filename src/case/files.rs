//! 办件材料: pictures that a record names. Whoever may see the case and the record may see them.
use super::{door::Reader, store};
use crate::{
    domain::{
        case::{Actor, Command, Event, FieldSpec, Kind, Shape, Stage, Who},
        fault::{Faults, FieldFault},
        id::{AccountId, CaseId, FileId, OfficeId},
    },
    entity::{case, case_file, file},
    error::{AppError, AppResult},
    platform::{App, db::WriteTx, files},
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
};

/// What the rows of uploaded evidence say of their purpose.
pub const PURPOSE: &str = "evidence";
/// How it was and how it is, for everybody to see.
pub const PUBLIC_BEFORE: &str = "public_before";
pub const PUBLIC_AFTER: &str = "public_after";

/// The fields of an action that hold pictures.
pub fn fields(kind: Kind, command: crate::domain::case::Action) -> Vec<&'static FieldSpec> {
    let known = Command::fields(kind, command).unwrap_or_default();
    known
        .iter()
        .filter(|field| matches!(field.shape, Shape::Id("file") | Shape::Ids("file")))
        .collect()
}

/// The pictures that an action names, each with its field.
fn named(kind: Kind, command: &Command) -> AppResult<Vec<(&'static str, FileId)>> {
    let fields = fields(kind, command.action());
    if fields.is_empty() {
        return Ok(Vec::new());
    }
    let data = serde_json::to_value(command)?;
    let mut named = Vec::new();
    for field in fields {
        let ids = match data.get(field.name) {
            Some(serde_json::Value::Array(ids)) => ids.iter().collect(),
            Some(one) => vec![one],
            None => Vec::new(),
        };
        let ids = ids.into_iter().filter_map(|id| id.as_str()?.parse().ok());
        named.extend(ids.map(|id| (field.name, id)));
    }
    Ok(named)
}

/// Whether the actor may put these pictures into this case: evidence of the office that he
/// uploaded himself, or that lies in the case already.
///
/// # Errors
/// 422 on the field otherwise.
pub async fn check(
    tx: &WriteTx,
    office: OfficeId,
    case: Option<CaseId>,
    kind: Kind,
    command: &Command,
    by: &Actor,
) -> AppResult<()> {
    for (field, id) in named(kind, command)? {
        let missing = || AppError::from(Faults::one(field, FieldFault::NotFound));
        let row = file::Entity::find_by_id(id)
            .filter(file::Column::OfficeId.eq(office))
            .filter(file::Column::Purpose.eq(PURPOSE))
            .one(tx.conn())
            .await?
            .ok_or_else(missing)?;
        let own = match by.who {
            Who::Account(account) => row.uploaded_by == Some(account),
            Who::Person(_) => row.uploaded_by.is_none(),
            Who::System => true,
        };
        let elsewhere = of_file(tx.conn(), id).await?;
        // What lies in the case already may be named again, whoever brought it.
        let fits = match elsewhere {
            Some(there) => Some(there.case_id) == case,
            None => own,
        };
        if !fits {
            return Err(missing());
        }
    }
    Ok(())
}

/// What is no picture is told at the field that took it.
pub fn on_field(error: AppError, field: &str) -> AppError {
    match error.code() {
        Some("not_an_image" | "image_too_large") => {
            Faults::one(field.to_owned(), FieldFault::NotAnImage).into()
        }
        _ => error,
    }
}

/// Ties the pictures of an event to its case. What a report shows is how it was before.
pub async fn keep(tx: &WriteTx, case: CaseId, kind: Kind, event: &Event) -> AppResult<()> {
    let seq = i64::try_from(event.seq).map_err(anyhow::Error::from)?;
    for (field, file) in named(kind, &event.payload.data)? {
        let role = match (&event.payload.data, field) {
            (_, "before" | "after") => field,
            (Command::Report { .. }, _) => "before",
            (Command::Publish { .. }, _) => public_role(tx, case, file, event.from).await?,
            (Command::Deliberate { .. }, _) => "minutes",
            _ => "evidence",
        };
        let row = case_file::ActiveModel {
            case_id: Set(case),
            event_seq: Set(seq),
            file_id: Set(file),
            role: Set(role.to_owned()),
            ..Default::default()
        };
        case_file::Entity::insert(row).exec(tx.conn()).await?;
    }
    Ok(())
}

/// On which side of «before and after» a published picture stands: where it stood already, else
/// where the case stands.
async fn public_role(
    tx: &WriteTx,
    case: CaseId,
    file: FileId,
    stage: Option<Stage>,
) -> AppResult<&'static str> {
    let rows = case_file::Entity::find()
        .filter(case_file::Column::CaseId.eq(case))
        .filter(case_file::Column::FileId.eq(file))
        .all(tx.conn())
        .await?;
    let was = |role: &str| rows.iter().any(|row| row.role.ends_with(role));
    let done = matches!(stage, Some(Stage::Verifying | Stage::Closed));
    Ok(match (was("before"), was("after")) {
        (true, _) => PUBLIC_BEFORE,
        (_, true) => PUBLIC_AFTER,
        _ if done => PUBLIC_AFTER,
        _ => PUBLIC_BEFORE,
    })
}

async fn of_file(db: &impl ConnectionTrait, id: FileId) -> AppResult<Option<case_file::Model>> {
    Ok(case_file::Entity::find()
        .filter(case_file::Column::FileId.eq(id))
        .one(db)
        .await?)
}

/// Whether a picture shows how it was before, such as one that came with the report.
pub async fn shown_before(db: &impl ConnectionTrait, case: CaseId) -> AppResult<bool> {
    let found = case_file::Entity::find()
        .filter(case_file::Column::CaseId.eq(case))
        .filter(case_file::Column::Role.eq("before"))
        .one(db)
        .await?;
    Ok(found.is_some())
}

/// The pictures of a case in the order they came, with the events that brought them.
pub async fn of_case(db: &impl ConnectionTrait, case: CaseId) -> AppResult<Vec<case_file::Model>> {
    Ok(case_file::Entity::find()
        .filter(case_file::Column::CaseId.eq(case))
        .order_by_asc(case_file::Column::Id)
        .all(db)
        .await?)
}

/// A picture of a case, when the reader may see the record that brought it, or it is his `own` and
/// not recorded yet.
///
/// # Errors
/// 404 otherwise.
pub async fn open(
    app: &App,
    reader: Reader,
    case: &case::Model,
    id: FileId,
    own: Option<AccountId>,
) -> AppResult<(String, Vec<u8>)> {
    let db = app.db.read();
    let rows = of_case(db, case.id).await?;
    let brought: Vec<_> = rows.iter().filter(|row| row.file_id == id).collect();
    let mut sees = false;
    for row in store::events(db, case.id).await? {
        if brought.iter().any(|file| file.event_seq == row.seq) {
            let event = store::event(&row)?;
            sees |= reader.sees(event.visibility, event.who);
        }
    }
    let row = files::find(db, case.office_id, id).await?;
    // What somebody uploaded a moment ago for a form that he is still filling in.
    let fresh = brought.is_empty()
        && row.purpose == PURPOSE
        && own.is_some()
        && row.uploaded_by == own
        && of_file(db, id).await?.is_none();
    if !sees && !fresh {
        return Err(AppError::not_found());
    }
    let bytes = app.files.read(&row).await?;
    Ok((row.mime, bytes))
}
