//! 台账核验: proves that no event of any case was changed, removed or put in another order, and that
//! what lists and pages read beside the events follows from them.
use super::store;
use crate::{
    domain::case::{chain, replay},
    entity::{case, case_event},
    error::AppResult,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::HashMap;

/// Cases read at a time.
const CHUNK: u64 = 200;

/// What a verification found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    pub cases: usize,
    pub events: usize,
    /// Number of the first broken case, and what is wrong with it.
    pub broken: Option<(String, String)>,
}

/// Checks every case of every office, in order, and stops at the first broken one.
pub async fn verify(db: &impl ConnectionTrait) -> AppResult<Verified> {
    let (mut found, mut after) = (Verified::default(), crate::domain::id::CaseId(0));
    loop {
        let cases = case::Entity::find()
            .filter(case::Column::Id.gt(after))
            .order_by_asc(case::Column::Id)
            .limit(CHUNK)
            .all(db)
            .await?;
        let Some(last) = cases.last() else {
            return Ok(found);
        };
        after = last.id;
        let mut events = events_of(db, &cases).await?;
        let ids: Vec<_> = cases.iter().map(|case| case.id).collect();
        let rows = store::rows::stored(db, &ids).await?;
        for case in &cases {
            let events = events.remove(&case.id).unwrap_or_default();
            if let Err(why) = check(case, &events, &rows) {
                found.broken = Some((case.number.clone(), why));
                return Ok(found);
            }
            found.cases += 1;
            found.events += events.len();
        }
    }
}

type Events = HashMap<crate::domain::id::CaseId, Vec<case_event::Model>>;

async fn events_of(db: &impl ConnectionTrait, cases: &[case::Model]) -> AppResult<Events> {
    let rows = case_event::Entity::find()
        .filter(case_event::Column::CaseId.is_in(cases.iter().map(|case| case.id)))
        .order_by_asc(case_event::Column::CaseId)
        .order_by_asc(case_event::Column::Seq)
        .all(db)
        .await?;
    let mut events = Events::new();
    for row in rows {
        events.entry(row.case_id).or_default().push(row);
    }
    Ok(events)
}

/// The chain holds, ends where the case says, and the events fold to what is stored, also in the
/// rows beside it.
fn check(
    case: &case::Model,
    events: &[case_event::Model],
    rows: &store::rows::Stored,
) -> Result<(), String> {
    let links = events
        .iter()
        .map(|row| (store::link(&case.number, row), row.hash.as_str()));
    chain::verify_chain(links).map_err(|fault| fault.to_string())?;
    let last = events.last().map_or("", |row| row.hash.as_str());
    if last != case.last_hash {
        return Err("the last event is missing".into());
    }
    let folded: Result<Vec<_>, _> = events.iter().map(store::event).collect();
    let folded = folded.map_err(|error| format!("{error:?}"))?;
    let state = replay(case.kind, &folded).map_err(|fault| fault.to_string())?;
    let stored = store::state(case).map_err(|error| format!("{error:?}"))?;
    if state != stored {
        return Err("the case is not what its events fold to".into());
    }
    match rows.disagrees(case.id, &state) {
        Some(what) => Err(format!("{what} are not what its events say")),
        None => Ok(()),
    }
}
