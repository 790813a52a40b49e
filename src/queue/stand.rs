//! A booth of an evening, as its line knows it.
use super::store;
use crate::{
    account::Actor,
    domain::{
        booking::BookingStatus,
        fair::FairStatus,
        id::FairId,
        queue::{self as rules, Facts, Refusal},
        role::Role,
    },
    entity::{fair, participation},
    error::{AppError, AppResult},
    fair::{booth_store, store as fairs},
    platform::App,
};
use chrono::{DateTime, Utc};

/// Who stands where at which evening.
#[derive(Clone, Debug)]
pub struct Stand {
    pub row: participation::Model,
    pub fair: fair::Model,
    pub employer: String,
    /// Label of its booth now.
    pub booth: Option<String>,
}

impl Stand {
    /// Whether numbers are given out and called.
    ///
    /// # Errors
    /// Why they are not.
    pub fn is_open(&self, now: DateTime<Utc>) -> Result<(), Refusal> {
        is_open(&self.fair, &self.row, now)
    }

    /// Address of the page behind the code at the booth.
    pub fn href(&self) -> String {
        format!("/B/{}", self.row.code)
    }
}

pub(super) fn is_open(
    fair: &fair::Model,
    stand: &participation::Model,
    now: DateTime<Utc>,
) -> Result<(), Refusal> {
    rules::is_open(&Facts {
        now,
        starts_at: fair.starts_at,
        ends_at: fair.ends_at,
        takes_place: fair.status == FairStatus::Published,
        stands: has_booth(stand),
    })
}

fn has_booth(stand: &participation::Model) -> bool {
    stand.active && stand.status == BookingStatus::Booked && stand.booth_id.is_some()
}

/// The booth whose code that is, in either case of letters.
///
/// # Errors
/// 404 when the office has none, or its evening is not announced.
pub async fn by_code(app: &App, code: &str) -> AppResult<Stand> {
    let (db, office) = (app.db.read(), app.settings.office);
    if !code.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(AppError::not_found());
    }
    let row = match booth_store::by_code(db, office, code).await {
        Err(error) if error.code() == Some("not_found") => {
            booth_store::by_code(db, office, &code.to_uppercase()).await?
        }
        found => found?,
    };
    of_row(app, row).await
}

/// The booth of somebody who takes part.
///
/// # Errors
/// 404 when its evening is not announced.
pub async fn of_row(app: &App, row: participation::Model) -> AppResult<Stand> {
    let (db, office) = (app.db.read(), app.settings.office);
    let fair = fairs::find_by_id(db, office, row.fair_id).await?;
    if fair.status == FairStatus::Draft {
        return Err(AppError::not_found());
    }
    let (names, labels) = store::signs(db, office, std::slice::from_ref(&row)).await?;
    let booth = row.booth_id.filter(|_| has_booth(&row));
    Ok(Stand {
        employer: names.get(&row.employer_id.0).cloned().unwrap_or_default(),
        booth: booth.and_then(|id| labels.get(&id.0).cloned()),
        row,
        fair,
    })
}

/// Everybody who stands at a booth of an evening, in the order of booths.
pub async fn of_fair(app: &App, fair: &fair::Model) -> AppResult<Vec<Stand>> {
    let db = app.db.read();
    let rows = store::stands(db, fair.id).await?;
    let (names, labels) = store::signs(db, fair.office_id, &rows).await?;
    let stand = |row: participation::Model| Stand {
        employer: names.get(&row.employer_id.0).cloned().unwrap_or_default(),
        booth: row.booth_id.and_then(|id| labels.get(&id.0).cloned()),
        fair: fair.clone(),
        row,
    };
    let mut stands: Vec<_> = rows.into_iter().map(stand).collect();
    stands.sort_by(|one, other| one.booth.cmp(&other.booth));
    Ok(stands)
}

/// A booth whose line this member of staff runs: its employer's own.
///
/// # Errors
/// 404 for another employer's.
pub async fn own(app: &App, actor: &Actor, code: &str) -> AppResult<Stand> {
    let stand = by_code(app, code).await?;
    if stand.fair.office_id == actor.office && stand.row.employer_id == actor.employer()? {
        Ok(stand)
    } else {
        Err(AppError::not_found())
    }
}

/// A booth at which this member of staff gives out numbers: an employer at its own, the office
/// at all.
///
/// # Errors
/// 404 otherwise.
pub async fn to_give(app: &App, actor: &Actor, code: &str) -> AppResult<Stand> {
    if actor.role == Role::Employer {
        return own(app, actor, code).await;
    }
    let stand = by_code(app, code).await?;
    if stand.fair.office_id == actor.office {
        Ok(stand)
    } else {
        Err(AppError::not_found())
    }
}

/// An employer's booths at evenings that are not over, the next evening first.
pub async fn coming(app: &App, actor: &Actor) -> AppResult<Vec<Stand>> {
    let (db, now) = (app.db.read(), app.db.now());
    let rows = booth_store::of_employer(db, actor.office, actor.employer()?).await?;
    let mut stands = Vec::new();
    for row in rows.into_iter().filter(has_booth).take(20) {
        let stand = match of_row(app, row).await {
            Err(error) if error.code() == Some("not_found") => continue,
            stand => stand?,
        };
        if stand.fair.ends_at > now {
            stands.push(stand);
        }
    }
    stands.sort_by_key(|stand| stand.fair.starts_at);
    Ok(stands)
}

/// What a change of a line asks of evening and booth, in its own transaction.
pub(super) async fn open_in(tx: &crate::platform::db::WriteTx, stand: &Stand) -> AppResult<FairId> {
    let row = store::participation(tx.conn(), stand.row.id).await?;
    let fair = fairs::find_by_id(tx.conn(), stand.fair.office_id, row.fair_id).await?;
    match is_open(&fair, &row, tx.now) {
        Ok(()) => Ok(fair.id),
        Err(refusal) => Err(AppError::conflict(refusal.code())),
    }
}
