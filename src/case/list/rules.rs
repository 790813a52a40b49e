//! What the office's rules say about a case that nobody looked at by itself.
use crate::{
    domain::{case::Urgency, id::UnitId},
    entity::case::Model,
    error::AppResult,
    platform::App,
};

/// How urgent a case is unless somebody says otherwise.
pub async fn urgency(_app: &App, case: &Model) -> AppResult<Urgency> {
    let known = case.urgency.as_deref().and_then(Urgency::from_code);
    Ok(known.unwrap_or(Urgency::Ordinary))
}

/// Who should lead a case and who should help, by the rules of dispatch.
pub async fn lead(_app: &App, _case: &Model) -> AppResult<Option<(UnitId, Vec<UnitId>)>> {
    Ok(None)
}
