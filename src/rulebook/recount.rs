//! 期限重算: which deadlines would move if a calendar were another one. The walk itself belongs to
//! the ledger, because each moved deadline is an event of its case.
use super::store;
use crate::{
    domain::{
        case::{Calendars, CaseState},
        id::{CaseId, OfficeId},
    },
    error::AppResult,
};
use chrono::{DateTime, Utc};
use sea_orm::ConnectionTrait;

const BATCH: u64 = 500;
/// Cases that a preview looks at; beyond it says «at least».
const MOST: usize = 20_000;

/// What a preview found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moves {
    pub seen: usize,
    pub moved: usize,
    /// There are more cases than were looked at.
    pub more: bool,
}

/// Counts the open cases of which a deadline would move with these calendars.
pub async fn would_move(
    db: &impl ConnectionTrait,
    office: OfficeId,
    calendars: &Calendars,
    now: DateTime<Utc>,
) -> AppResult<Moves> {
    let (mut moves, mut after) = (Moves::default(), CaseId(0));
    while moves.seen < MOST {
        let cases = store::cases_ahead(db, office, after, now, BATCH).await?;
        let Some(last) = cases.last() else {
            return Ok(moves);
        };
        after = last.id;
        for case in &cases {
            moves.seen += 1;
            let state: CaseState = serde_json::from_str(&case.state)?;
            moves.moved += usize::from(state.due.moves(calendars, now));
        }
    }
    moves.more = true;
    Ok(moves)
}
