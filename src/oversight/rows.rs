//! The rows behind a figure: numbers of cases, whether each counts, and why. No word about anybody.
use super::{reading::Board, report::Reader};
use crate::{
    domain::rates::{Figure, RateKind, Verdict, figure},
    error::{AppError, AppResult},
    platform::api::PageQuery,
};
use serde::Serialize;
use utoipa::ToSchema;

/// Things that a rate looks at in one case at most; the cursor leaves room for so many.
const IN_ONE_CASE: i64 = 1_000;

/// 明细行
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RateRow {
    /// The cursor after this row.
    pub id: String,
    /// Number of the case.
    pub case: String,
    pub kind: &'static str,
    /// Name of the unit it is charged to.
    pub unit: Option<String>,
    /// `in` (in k and n), `out` (in n only), `excluded`.
    pub counted: &'static str,
    pub why: &'static str,
    /// Why, in words.
    pub reason: String,
    /// The moment that puts it into the period: a deadline, a closing, a dispatch.
    pub at: String,
}

/// A page of rows.
pub struct Listing {
    pub figure: Figure,
    /// All rows, not only those of this page.
    pub total: u64,
    pub rows: Vec<RateRow>,
    pub next: Option<String>,
}

/// # Errors
/// 400 when the cursor is not one of ours; 422 when the limit is out of range.
pub fn rows(
    reader: &Reader,
    board: &Board,
    (rate, counted): (RateKind, Option<Verdict>),
    page: &PageQuery,
) -> AppResult<Listing> {
    let (limit, after) = (page.limit()?, page.after()?);
    if after.is_some_and(i64::is_negative) {
        return Err(AppError::malformed("cursor_malformed"));
    }
    let mut all = Vec::new();
    let mut found = Vec::new();
    for case in board.picture.within(&board.scope) {
        let entries = board.picture.entries(rate, case, board.scope.unit);
        for (at, entry) in (0..IN_ONE_CASE).zip(entries) {
            all.push(entry);
            if counted.is_none_or(|counted| counted == entry.verdict) {
                found.push((case.id.0 * IN_ONE_CASE + at, case, entry));
            }
        }
    }
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let from = after.map_or(0, |after| found.partition_point(|(id, _, _)| *id <= after));
    let page = &found[from..];
    let more = page.len() > limit;
    let shown = &page[..limit.min(page.len())];
    let unit = |id| board.names.units.get(&id).cloned();
    let rows = shown.iter().map(|(id, case, entry)| RateRow {
        id: id.to_string(),
        case: case.number.clone(),
        kind: case.facts.kind.code(),
        unit: entry.unit.and_then(unit),
        counted: entry.verdict.code(),
        why: entry.why.code(),
        reason: reader.why(rate, entry.why),
        at: entry.at.to_rfc3339(),
    });
    Ok(Listing {
        figure: figure(&all),
        total: found.len() as u64,
        next: shown
            .last()
            .filter(|_| more)
            .map(|(id, _, _)| id.to_string()),
        rows: rows.collect(),
    })
}
