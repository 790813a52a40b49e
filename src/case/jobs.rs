//! 定时: what the program does by itself when a deadline passes. Each case is a transaction of its
//! own, so one that cannot be moved never stops the others; doing it twice changes nothing.
use super::{
    commands,
    store::{self, Due},
};
use crate::{
    domain::{
        calendar::day_of,
        case::{Actor, Calendars, Command, Limits},
        id::CaseId,
    },
    error::AppResult,
    platform::App,
    rulebook::Book,
};
use chrono::{DateTime, TimeDelta, Utc};

/// Cases read at a time, and how many times in one round.
const BATCH: u64 = 100;
const BATCHES: usize = 50;

/// What a round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ticked {
    pub expired: usize,
    pub supervised: usize,
    /// Could not be moved; the log says why.
    pub failed: usize,
}

/// One round of the timers.
pub async fn tick(app: &App) -> AppResult<Ticked> {
    let (mut done, now) = (Ticked::default(), app.db.now());
    let book = Book::load(app.db.read(), app.settings.office, now).await?;
    let calendars = book.calendars();
    let silent = silent_since(calendars, now);
    let today = day_of(now);
    let mut after = CaseId(0);
    for _ in 0..BATCHES {
        let late = store::late_matches(app.db.read(), (silent, today), after, BATCH).await?;
        let Some((last, _)) = late.last() else { break };
        after = *last;
        for case in &late {
            count(
                app,
                *case,
                Command::Expire {},
                &mut done.expired,
                &mut done.failed,
            )
            .await;
        }
    }
    let due_on = day_of(calendars.office().add_workdays(now, 1));
    after = CaseId(0);
    for _ in 0..BATCHES {
        let over = store::overdue(app.db.read(), now, after, BATCH).await?;
        let Some((last, _)) = over.last() else { break };
        after = *last;
        for case in &over {
            let notice = Command::Supervise {
                to: None,
                due_on,
                reason: None,
            };
            count(app, *case, notice, &mut done.supervised, &mut done.failed).await;
        }
    }
    Ok(done)
}

/// The latest deadline whose days of grace are over by now: everything before it is over as well.
fn silent_since(calendars: &Calendars, now: DateTime<Utc>) -> DateTime<Utc> {
    let grace = Limits::default().employer_grace_workdays;
    let over = |due: DateTime<Utc>| calendars.office().add_workdays(due, grace) < now;
    (0..24 * 30)
        .map(|hours| now - TimeDelta::hours(hours))
        .find(|due| over(*due))
        .unwrap_or(now - TimeDelta::days(30))
}

async fn count(
    app: &App,
    (id, office): Due,
    command: Command,
    moved: &mut usize,
    failed: &mut usize,
) {
    let keys = app.keys.clone();
    let acted = app.db.write(move |tx| async move {
        commands::act_in(&tx, &keys, office, id, None, command, &Actor::SYSTEM).await
    });
    match acted.await {
        Ok(_) => *moved += 1,
        Err(error) => {
            *failed += 1;
            tracing::warn!(case = %id, error = ?error.code(), "a timer could not move a case");
        }
    }
}
