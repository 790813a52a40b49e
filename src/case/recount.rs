//! 期限重算: after a calendar changed, the open cases are gone through once and every deadline that
//! lies ahead is counted anew, with an event that names the calendar's version. A walk is done in
//! batches and goes on where it stopped; done twice it changes nothing, because a deadline that was
//! counted anew does not move again.
use super::{commands, store};
use crate::{
    domain::{
        case::{Actor, Code, Command},
        id::CaseId,
    },
    entity::calendar_run,
    error::AppResult,
    platform::App,
    rulebook::{
        Book,
        store::{self as rules, Walked},
    },
};
use anyhow::anyhow;

/// Cases read at a time.
const BATCH: u64 = 100;

/// Goes through the open cases for every calendar that changed.
pub async fn run(app: &App) -> AppResult<()> {
    for walk in rules::runs_to_do(app.db.read()).await? {
        let version = Code::new(&walk.version).map_err(|_| anyhow!("a version out of form"))?;
        let mut after = walk.after_case;
        loop {
            let now = app.db.now();
            let cases =
                rules::cases_ahead(app.db.read(), walk.office_id, after, now, BATCH).await?;
            let mut walked = Walked::default();
            for case in &cases {
                walked.seen += 1;
                match recount(app, &walk, case.id, version.clone()).await {
                    Ok(moved) => walked.moved += i64::from(moved),
                    Err(error) => {
                        walked.failed += 1;
                        tracing::warn!(case = %case.id, error = ?error.code(), "a deadline could not be counted anew");
                    }
                }
            }
            after = cases.last().map_or(after, |case| case.id);
            let (id, done) = (walk.id, cases.is_empty());
            app.db
                .write(
                    move |tx| async move { rules::advance_run(&tx, id, after, walked, done).await },
                )
                .await?;
            if done {
                break;
            }
        }
    }
    Ok(())
}

/// One case; false when none of its deadlines moves.
async fn recount(
    app: &App,
    walk: &calendar_run::Model,
    id: CaseId,
    version: Code,
) -> AppResult<bool> {
    let (keys, office) = (app.keys.clone(), walk.office_id);
    app.db
        .write(move |tx| async move {
            let case = store::find(tx.conn(), office, id).await?;
            let state = store::state(&case)?;
            let book = Book::load(tx.conn(), office, tx.now).await?;
            if !state.stage.is_open() || !state.due.moves(book.calendars(), tx.now) {
                return Ok(false);
            }
            let published = Command::CalendarPublished { version };
            commands::act_in(&tx, &keys, office, id, None, published, &Actor::SYSTEM).await?;
            Ok(true)
        })
        .await
}
