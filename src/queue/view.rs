//! Lines as people see them.
use super::{
    pages::{Board, Called, Line},
    stand::{self, Stand},
    store,
};
use crate::{
    domain::{
        id::{ParticipationId, RegistrationId},
        moment,
        queue::{self as rules, Pace, PlaceState, awaited_until, pace, wait},
    },
    entity::{booth_queue, queue_place},
    error::{AppError, AppResult},
    fair::store as fairs,
    platform::App,
    seeker::{QueueRow, ticket},
};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::HashSet;

/// Numbers that a board shows of those who wait.
const SHOWN: usize = 12;
/// So long a ticket says that its number is out.
const MISSED_IS_TOLD: TimeDelta = TimeDelta::minutes(60);

/// A line as it stands now.
pub struct Standing {
    pub queue: Option<booth_queue::Model>,
    /// Everybody in the line and at the table, in its order.
    pub open: Vec<queue_place::Model>,
    pub pace: Option<Pace>,
    pub last_call: Option<DateTime<Utc>>,
}

impl Standing {
    pub fn paused(&self) -> Option<String> {
        let queue = self.queue.as_ref()?;
        queue.paused_at.map(|_| queue.pause_word.clone())
    }

    pub fn waiting(&self) -> impl Iterator<Item = &queue_place::Model> {
        let waits = |row: &&queue_place::Model| row.state == PlaceState::Waiting;
        self.open.iter().filter(waits)
    }

    /// About how long whoever has so many ahead waits; nothing without a pace, or while nobody is
    /// called.
    pub fn wait(&self, ahead: usize, now: DateTime<Utc>) -> Option<rules::Wait> {
        if self.paused().is_some() {
            return None;
        }
        Some(wait(self.pace?, ahead, self.last_call?, now))
    }
}

/// The line of a booth.
pub async fn standing(app: &App, stand: &Stand) -> AppResult<Standing> {
    let queue = store::find(app.db.read(), stand.row.id).await?;
    standing_of(app, queue).await
}

async fn standing_of(app: &App, queue: Option<booth_queue::Model>) -> AppResult<Standing> {
    let (mut open, mut calls) = (Vec::new(), Vec::new());
    if let Some(queue) = &queue {
        open = store::open(app.db.read(), queue.id).await?;
        calls = store::calls(app.db.read(), queue.id).await?;
    }
    Ok(Standing {
        queue,
        open,
        pace: pace(&calls),
        last_call: calls.iter().map(|call| call.at).max(),
    })
}

/// Until when a number that was called is awaited, as a clock shows it.
pub fn until(row: &queue_place::Model) -> Option<String> {
    let called = row.called_at.filter(|_| row.state == PlaceState::Called);
    called.map(|at| moment::clock(awaited_until(at)))
}

/// The numbers of a ticket.
///
/// # Errors
/// When the database does not answer.
pub async fn rows(app: &App, id: RegistrationId) -> AppResult<Vec<QueueRow>> {
    let now = app.db.now();
    let places = store::of_ticket(app.db.read(), id, now - MISSED_IS_TOLD).await?;
    let Some((_, first)) = places.first() else {
        return Ok(Vec::new());
    };
    let office = app.settings.office;
    let fair = fairs::find_by_id(app.db.read(), office, first.fair_id).await?;
    if fair.ends_at <= now {
        return Ok(Vec::new());
    }
    let base = ticket::base(app, id).await?;
    let mut rows = Vec::new();
    for (place, queue) in places {
        let again = rows.iter().any(|row: &QueueRow| row.queue == queue.id.0);
        if place.state == PlaceState::Missed && again {
            continue;
        }
        rows.retain(|row| row.queue != queue.id.0);
        rows.push(row(app, &base, (place, queue), now).await?);
    }
    Ok(rows)
}

/// The number of a ticket in the line of one booth.
///
/// # Errors
/// 409 `queue_changed` when it stands there no more.
pub async fn row_at(app: &App, id: RegistrationId, stand: &Stand) -> AppResult<QueueRow> {
    let board = board_href(stand);
    let rows = rows(app, id).await?;
    let row = rows.into_iter().find(|row| row.board == board);
    row.ok_or_else(|| AppError::conflict("queue_changed"))
}

fn board_href(stand: &Stand) -> String {
    format!("{}/queue", stand.href())
}

async fn row(
    app: &App,
    base: &str,
    (place, queue): (queue_place::Model, booth_queue::Model),
    now: DateTime<Utc>,
) -> AppResult<QueueRow> {
    let id = queue.id.0;
    let participation = store::participation(app.db.read(), queue.participation_id).await?;
    let stand = stand::of_row(app, participation).await?;
    let standing = standing_of(app, Some(queue)).await?;
    let shut = stand.is_open(now).is_err();
    let ahead = rules::ahead(&store::waiting(&standing.open), store::of_row(&place));
    let waits = place.state == PlaceState::Waiting;
    let wait = standing.wait(ahead, now).filter(|_| waits && !shut);
    Ok(QueueRow {
        queue: id,
        booth: stand.booth.clone().unwrap_or_default(),
        employer: stand.employer.clone(),
        number: place.number,
        state: if shut && place.state.is_open() {
            "shut"
        } else {
            place.state.code()
        }
        .into(),
        ahead: u64::try_from(ahead).unwrap_or(u64::MAX),
        minutes: wait.map(|wait| wait.minutes),
        come_at: wait.map(|wait| moment::clock(wait.come_at)),
        until: until(&place),
        once_missed: place.calls_in_vain > 0,
        paused: standing.paused().filter(|_| waits),
        href: format!("{base}/queues/{}", stand.row.code),
        board: board_href(&stand),
        again: format!("{}/number", stand.href()),
    })
}

/// Everything that is kept of a ticket's numbers, for its holder (个人信息保护法 45 条).
///
/// # Errors
/// When the database does not answer.
pub async fn kept(app: &App, id: RegistrationId) -> AppResult<Vec<serde_json::Value>> {
    let mut kept = Vec::new();
    for (place, queue) in store::all_of_ticket(app.db.read(), id).await? {
        let participation = store::participation(app.db.read(), queue.participation_id).await?;
        let stand = stand::of_row(app, participation).await?;
        kept.push(serde_json::json!({
            "employer": stand.employer,
            "number": place.number,
            "taken": place.taken,
            "state": place.state,
            "taken_at": place.taken_at,
            "called_at": place.called_at,
            "came_at": place.came_at,
            "ended_at": place.ended_at,
        }));
    }
    Ok(kept)
}

/// How many are called before a number that waits.
///
/// # Errors
/// 404 when the number was never given out.
pub async fn ahead_of(app: &App, stand: &Stand, number: i64) -> AppResult<u64> {
    let standing = standing(app, stand).await?;
    let queue = standing.queue.as_ref().ok_or_else(AppError::not_found)?;
    let place = store::by_number(app.db.read(), queue.id, number).await?;
    let ahead = rules::ahead(&store::waiting(&standing.open), store::of_row(&place));
    Ok(u64::try_from(ahead).unwrap_or(u64::MAX))
}

/// What everybody may see of a line: numbers, nobody's name.
pub async fn board(app: &App, stand: &Stand) -> AppResult<Board> {
    Ok(board_of(stand, &standing(app, stand).await?, app.db.now()))
}

/// The same of a line that was read already.
pub fn board_of(stand: &Stand, standing: &Standing, now: DateTime<Utc>) -> Board {
    let called = |state: PlaceState| {
        let mut rows: Vec<_> = standing.open.iter().filter(|r| r.state == state).collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.called_at));
        let called = rows.into_iter().map(|row| Called {
            number: row.number,
            until: until(row),
        });
        called.collect::<Vec<_>>()
    };
    let waiting: Vec<i64> = standing.waiting().map(|row| row.number).collect();
    let next = standing.wait(waiting.len(), now);
    Board {
        code: stand.row.code.clone(),
        booth: stand.booth.clone().unwrap_or_default(),
        employer: stand.employer.clone(),
        evening: stand.fair.title.clone(),
        slug: stand.fair.slug.clone(),
        shut: stand.is_open(now).err().map(rules::Refusal::code),
        called: called(PlaceState::Called),
        here: called(PlaceState::Here),
        count: u64::try_from(waiting.len()).unwrap_or(u64::MAX),
        waiting: waiting.into_iter().take(SHOWN).collect(),
        minutes: next.map(|wait| wait.minutes),
        paused: standing.paused(),
        at: now.to_rfc3339(),
    }
}

/// In whose lines a ticket has a number.
pub async fn stands(app: &App, id: RegistrationId) -> AppResult<HashSet<ParticipationId>> {
    let open = store::of_ticket(app.db.read(), id, app.db.now()).await?;
    Ok(open
        .into_iter()
        .map(|(_, line)| line.participation_id)
        .collect())
}

/// Every line of an evening with how many wait in it, in a few queries.
pub async fn lines(app: &App, fair: &crate::entity::fair::Model) -> AppResult<Vec<Line>> {
    let stands = stand::of_fair(app, fair).await?;
    let db = app.db.read();
    let queues = store::of_fair(db, fair.id).await?;
    let counts = store::counts(db, fair.id).await?;
    Ok(stands
        .into_iter()
        .map(|stand| {
            let queue = queues.get(&stand.row.id);
            Line {
                booth: stand.booth.clone().unwrap_or_default(),
                employer: stand.employer.clone(),
                waiting: counts.get(&stand.row.id).copied().unwrap_or(0),
                paused: queue.is_some_and(|queue| queue.paused_at.is_some()),
                board: board_href(&stand),
                code: stand.row.code,
            }
        })
        .collect())
}
