//! 工单同步: rows of another system against the ledger. A row seen before changes nothing, a changed
//! row is one more record, a new one is a new case; sending a table twice is harmless.
use super::{
    commands::{self, By, Report},
    form, place, store,
    table::Row,
};
use crate::{
    area,
    case::pages::Choice,
    domain::{
        case::{Actor, Channel, Kind, Text},
        fault::{Faults, FieldFault},
        id::{AccountId, AreaId, CaseId, OfficeId},
        text::half_width,
    },
    entity::category,
    error::{AppError, AppResult},
    platform::{App, once::Once},
    rulebook,
};
use sea_orm::ConnectionTrait;

/// Who brings a table, and from where.
#[derive(Clone, Debug)]
pub struct From {
    pub office: OfficeId,
    pub account: AccountId,
    pub by: Actor,
    /// The system, such as `12345`.
    pub source: String,
    /// Code of the category for rows whose own is not known.
    pub fallback: String,
}

/// What becomes, or became, of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    New,
    Changed,
    Same,
}

impl Fate {
    pub const fn code(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Changed => "changed",
            Self::Same => "same",
        }
    }
}

/// The names by which rows call categories and places.
pub struct Names {
    categories: Vec<category::Model>,
    areas: Vec<(AreaId, String)>,
}

impl Names {
    pub async fn load(db: &impl ConnectionTrait, office: OfficeId) -> AppResult<Self> {
        Ok(Self {
            categories: rulebook::categories(db, office).await?,
            areas: area::paths(db, office).await?,
        })
    }

    /// A category by code or by either of its names.
    pub fn category(&self, named: &str) -> Option<&str> {
        let named = half_width(named);
        let found = self
            .categories
            .iter()
            .find(|one| one.enabled && [&one.code, &one.name_zh, &one.name_en].contains(&&named));
        found.map(|one| one.code.as_str())
    }

    /// The deepest area of that name; a row may also name its way down.
    fn area(&self, named: &str) -> Option<AreaId> {
        let named = half_width(named);
        let fits = |path: &str| path == named || path.rsplit(" / ").next() == Some(named.as_str());
        let found = self.areas.iter().filter(|(_, path)| fits(path));
        found.max_by_key(|(_, path)| path.len()).map(|(id, _)| *id)
    }
}

/// A row with its report, or what is wrong with it.
pub struct Checked {
    pub fate: Fate,
    /// The case there is already.
    pub known: Option<CaseId>,
    /// Its own category was not known.
    pub fell_back: bool,
    report: Report,
}

/// Reads a row and looks whether it was seen before; nothing is written.
///
/// # Errors
/// 422 with what is wrong with the row.
pub async fn check(app: &App, from: &From, names: &Names, row: &Row) -> AppResult<Checked> {
    let db = app.db.read();
    let own = names.category(&row.category);
    let category = own.unwrap_or(&from.fallback).to_owned();
    let area = match names.area(&row.area) {
        Some(id) => id.to_string(),
        None => row.area.clone(),
    };
    let raw = row.raw(&from.source, &category, &area);
    let mut faults = Faults::new();
    if row.source_ref.trim().is_empty() {
        faults.add("source_ref", FieldFault::Required);
    }
    let read = form::read(&raw, Kind::ResidentRequest, Channel::Batch, &mut faults);
    let place = place::resolve(db, from.office, &raw, &mut faults).await?;
    let (read, place) = faults.into_result(read.zip(place))?;
    let seen = store::by_source(db, from.office, &from.source, row.source_ref.trim()).await?;
    let hash = row.hash();
    let fate = match &seen {
        None => Fate::New,
        Some(seen) if seen.row_hash.as_deref() == Some(&hash) => Fate::Same,
        Some(_) => Fate::Changed,
    };
    Ok(Checked {
        fate,
        known: seen.map(|seen| seen.case_id),
        fell_back: own.is_none(),
        report: Report {
            office: from.office,
            read,
            place,
            uploads: Vec::new(),
            by: By::Staff(from.account, from.by),
            row_hash: Some(hash),
        },
    })
}

/// Brings one row into the ledger; answers with what became of it and the case's number.
///
/// # Errors
/// As [`check`]; 409 `case_over` when a changed row belongs to a case that has ended.
pub async fn apply(app: &App, from: &From, names: &Names, row: &Row) -> AppResult<(Fate, String)> {
    let checked = check(app, from, names, row).await?;
    let fate = checked.fate;
    let Some(case) = checked.known else {
        let number = commands::report(app, checked.report, Once::unkeyed()).await;
        return match number {
            Ok(done) => Ok((Fate::New, done.value)),
            // Somebody else brought the same row a moment ago.
            Err(error) if error.code() == Some("source_known") => {
                Box::pin(apply(app, from, names, row)).await
            }
            Err(error) => Err(error),
        };
    };
    let known = crate::case::store::find(app.db.read(), from.office, case).await?;
    if fate == Fate::Changed {
        if !known.stage.is_open() {
            return Err(AppError::conflict("case_over").with("no", known.number));
        }
        amend(app, from, case, row).await?;
    }
    Ok((fate, known.number))
}

async fn amend(app: &App, from: &From, case: CaseId, row: &Row) -> AppResult<()> {
    let lines = [&row.text, &row.address, &row.name, &row.phone];
    let said: Vec<&str> = lines
        .into_iter()
        .map(String::as_str)
        .filter(|line| !line.is_empty())
        .collect();
    let text = Text::new(&said.join("\n")).map_err(|fault| Faults::one("text", fault))?;
    let (keys, office, by, hash) = (app.keys.clone(), from.office, from.by, row.hash());
    app.db
        .write(move |tx| async move {
            commands::amend(&tx, &keys, office, (case, &hash), (text, &by)).await
        })
        .await
}

/// Whether a category is one of the choices of a form.
pub fn offered(groups: &[super::pages::Group], code: &str) -> bool {
    let options = groups.iter().flat_map(|group| &group.options);
    options
        .map(|one: &Choice| one.value.as_str())
        .any(|one| one == code)
}
