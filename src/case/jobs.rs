//! 定时: what the program does by itself when a deadline passes or a day comes. Each case is a
//! transaction of its own that looks again before it acts, so one that cannot be moved never stops
//! the others, and doing it twice, or on two machines at once, changes nothing.
use super::{
    commands,
    store::{self, Due},
    words,
};
use crate::{
    domain::{
        calendar::day_of,
        case::{Actor, Calendars, CaseState, Command, Kind, Stage, Text},
        id::CaseId,
    },
    error::AppResult,
    platform::{App, text::Lang},
    rulebook::Book,
};
use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};

/// Cases read at a time, and how many times in one round.
const BATCH: u64 = 100;
const BATCHES: usize = 50;

/// What a round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ticked {
    pub expired: usize,
    pub resumed: usize,
    pub supervised: usize,
    pub escalated: usize,
    /// Could not be moved; the log says why.
    pub failed: usize,
}

/// What a timer does to a case as it stands now; nothing when somebody was faster.
type Decides = fn(&CaseState, &Round) -> Option<Command>;

/// The days and limits of one round.
#[derive(Clone, Copy)]
struct Round {
    now: DateTime<Utc>,
    today: NaiveDate,
    /// By when a supervised unit has to answer.
    due_on: NaiveDate,
    /// The next day of reception.
    slot: NaiveDate,
    silent: DateTime<Utc>,
    late: DateTime<Utc>,
}

impl Round {
    fn at(now: DateTime<Utc>, book: &Book) -> Self {
        let (calendars, limits) = (book.calendars(), book.limits());
        let today = day_of(now);
        let reception = |day: &NaiveDate| {
            day.weekday().num_days_from_monday() == limits.reception_weekday && *day > today
        };
        Self {
            now,
            today,
            due_on: day_of(calendars.office().add_workdays(now, 1)),
            slot: today.iter_days().find(reception).unwrap_or(today),
            silent: over_since(calendars, limits.employer_grace_workdays, now),
            late: over_since(calendars, limits.escalate_workdays, now),
        }
    }
}

/// Brings rows that an older program wrote up to date, with their words in the search index.
async fn bring_up(app: &App) -> AppResult<()> {
    let mut after = CaseId(0);
    loop {
        let ids = store::not_indexed(app.db.read(), after, BATCH).await?;
        let Some(last) = ids.last() else {
            return Ok(());
        };
        after = *last;
        for id in ids {
            let keys = app.keys.clone();
            let done = app
                .db
                .write(move |tx| async move { store::bring_up(&tx, &keys, id).await });
            if let Err(error) = done.await {
                tracing::error!(case = %id, error = ?error, "a case could not be indexed");
            }
        }
    }
}

/// One round of the timers.
pub async fn tick(app: &App) -> AppResult<Ticked> {
    bring_up(app).await?;
    let (mut done, now, db) = (Ticked::default(), app.db.now(), app.db.read());
    let book = Book::load(db, app.settings.office, now).await?;
    let round = Round::at(now, &book);
    let mut failed = 0;
    let mut after = CaseId(0);
    for _ in 0..BATCHES {
        let late = (round.silent, round.today);
        let found = store::late_matches(db, late, after, BATCH).await?;
        let Some((last, _)) = found.last() else { break };
        after = *last;
        done.expired += each(app, &round, &found, expire, &mut failed).await;
    }
    after = CaseId(0);
    for _ in 0..BATCHES {
        let found = store::to_review(db, round.today, after, BATCH).await?;
        let Some((last, _)) = found.last() else { break };
        after = *last;
        done.resumed += each(app, &round, &found, resume, &mut failed).await;
    }
    after = CaseId(0);
    for _ in 0..BATCHES {
        let found = store::to_supervise(db, round.now, after, BATCH).await?;
        let Some((last, _)) = found.last() else { break };
        after = *last;
        done.supervised += each(app, &round, &found, supervise, &mut failed).await;
    }
    after = CaseId(0);
    for _ in 0..BATCHES {
        let found = store::to_escalate(db, round.late, after, BATCH).await?;
        let Some((last, _)) = found.last() else { break };
        after = *last;
        done.escalated += each(app, &round, &found, escalate, &mut failed).await;
    }
    done.failed = failed;
    Ok(done)
}

fn expire(case: &CaseState, _: &Round) -> Option<Command> {
    let with_employer = matches!(case.stage, Stage::Dispatched | Stage::Handling);
    (case.kind == Kind::EmploymentMatch && with_employer).then_some(Command::Expire {})
}

fn resume(case: &CaseState, round: &Round) -> Option<Command> {
    let due = case.times.review_on.is_some_and(|day| day <= round.today);
    (case.stage == Stage::Suspended && due).then_some(Command::Resume { why: None })
}

/// Who agreed on a day has until then, whatever was promised before.
fn supervise(case: &CaseState, round: &Round) -> Option<Command> {
    let agreed = case.mediation.as_ref().and_then(|m| m.perform_by);
    let waits = case.stage == Stage::Verifying && agreed.is_some_and(|by| by >= round.today);
    (case.stage.is_open() && !case.supervised && !waits).then(|| Command::Supervise {
        to: case.lead(),
        due_on: round.due_on,
        reason: None,
    })
}

/// 升级到接待日: a notice did not help. Only once by itself; people decide about a second time.
fn escalate(case: &CaseState, round: &Round) -> Option<Command> {
    let late = case
        .running_due()
        .is_some_and(|(_, due)| due.at < round.late);
    let reason = Text::new(&words::say(Lang::Zh, "case.auto_escalated")).ok()?;
    (case.supervised && case.counts.level == 0 && late).then_some(Command::Escalate {
        slot: round.slot,
        reason,
    })
}

/// The latest deadline for which so many working days are over by now: everything before it is
/// over as well.
fn over_since(calendars: &Calendars, workdays: u32, now: DateTime<Utc>) -> DateTime<Utc> {
    let over = |due: DateTime<Utc>| calendars.office().add_workdays(due, workdays) < now;
    (0..24 * 30)
        .map(|hours| now - TimeDelta::hours(hours))
        .find(|due| over(*due))
        .unwrap_or(now - TimeDelta::days(30))
}

/// Moves each of these cases that still has to be moved; how many were.
async fn each(
    app: &App,
    round: &Round,
    cases: &[Due],
    decides: Decides,
    failed: &mut usize,
) -> usize {
    let mut moved = 0;
    for case in cases {
        match one(app, *round, *case, decides).await {
            Ok(true) => moved += 1,
            Ok(false) => {}
            // Another writer, perhaps another machine's timer, was first.
            Err(error) if error.code() == Some("stale") => {}
            Err(error) => {
                *failed += 1;
                tracing::warn!(case = %case.0, error = ?error.code(), "a timer could not move a case");
            }
        }
    }
    moved
}

async fn one(app: &App, round: Round, (id, office): Due, decides: Decides) -> AppResult<bool> {
    let keys = app.keys.clone();
    app.db
        .write(move |tx| async move {
            let state = store::state(&store::find(tx.conn(), office, id).await?)?;
            let Some(command) = decides(&state, &round) else {
                return Ok(false);
            };
            let seen = Some(state.seq);
            commands::act_in(&tx, &keys, office, id, seen, command, &Actor::SYSTEM).await?;
            Ok(true)
        })
        .await
}
