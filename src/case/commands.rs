//! What can be done to a case, each as one transaction: look, decide, record.
use super::{
    facts,
    store::{self, NewCase},
};
use crate::{
    domain::{
        case::{Actor, CaseState, Command, Kind, Recorded, decide},
        id::{CaseId, OfficeId},
    },
    entity,
    error::{AppError, AppResult},
    platform::{App, db::WriteTx, secret::Keys},
};
use anyhow::anyhow;

/// A case as it was opened.
pub struct Opened {
    pub id: CaseId,
    pub number: String,
    pub state: CaseState,
}

/// Opens a case in the caller's transaction, next to the caller's own row.
///
/// # Errors
/// What the guards of the opening action refuse.
pub async fn open(
    tx: &WriteTx,
    keys: &Keys,
    office: OfficeId,
    kind: Kind,
    title: String,
    command: Command,
    by: &Actor,
) -> AppResult<Opened> {
    let facts = facts::gather(tx.conn(), office, tx.now, None, &command).await?;
    let mut recorded = decide(kind, None, &command, by, &facts)?.into_iter();
    let first = recorded
        .next()
        .ok_or_else(|| anyhow!("an opening without an event"))?;
    let state = CaseState::open(kind, &first.event).map_err(|error| anyhow!("{error}"))?;
    let number = store::next_number(tx, office).await?;
    let case = store::insert(
        tx,
        NewCase {
            office,
            number,
            title,
            state: &state,
        },
    )
    .await?;
    let case = store::append(tx, keys, &case, first, &state).await?;
    let (case, state) = follow(tx, keys, case, state, recorded).await?;
    Ok(Opened {
        id: case.id,
        number: case.number,
        state,
    })
}

/// One action in the caller's transaction. `expected_seq` is what the actor saw; without it the
/// action goes by what is there now.
///
/// # Errors
/// 409 `stale` with the present `seq`; 409, 403 or 422 as the guards say, with who can act.
pub async fn act_in(
    tx: &WriteTx,
    keys: &Keys,
    office: OfficeId,
    id: CaseId,
    expected_seq: Option<u64>,
    command: Command,
    by: &Actor,
) -> AppResult<CaseState> {
    let case = store::find(tx.conn(), office, id).await?;
    let state = store::state(&case)?;
    if expected_seq.is_some_and(|seq| seq != state.seq) {
        return Err(AppError::conflict("stale").with("seq", state.seq));
    }
    let facts = facts::gather(tx.conn(), office, tx.now, Some((&case, &state)), &command).await?;
    let recorded = decide(state.kind, Some(&state), &command, by, &facts)?;
    Ok(follow(tx, keys, case, state, recorded.into_iter()).await?.1)
}

/// The shared door: one action as a transaction of its own.
pub async fn act(
    app: &App,
    office: OfficeId,
    by: Actor,
    number: &str,
    expected_seq: Option<u64>,
    command: Command,
) -> AppResult<CaseState> {
    let case = store::by_number(app.db.read(), office, number).await?;
    let keys = app.keys.clone();
    app.db
        .write(move |tx| async move {
            act_in(&tx, &keys, office, case.id, expected_seq, command, &by).await
        })
        .await
}

/// Appends what was decided, one event after the other.
async fn follow(
    tx: &WriteTx,
    keys: &Keys,
    mut case: entity::case::Model,
    mut state: CaseState,
    recorded: impl Iterator<Item = Recorded>,
) -> AppResult<(entity::case::Model, CaseState)> {
    for one in recorded {
        state
            .apply(&one.event)
            .map_err(|error| anyhow!("{error}"))?;
        case = store::append(tx, keys, &case, one, &state).await?;
    }
    Ok((case, state))
}
