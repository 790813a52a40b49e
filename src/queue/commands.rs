//! Taking a number, calling it, and what becomes of it: one function, one transaction. Whoever
//! changes a line holds its row, so two who call at once call two people, the first and the second.
use super::{
    stand::{self, Stand},
    store::{self, New},
};
use crate::{
    domain::{
        id::{AccountId, RegistrationId},
        moment,
        queue::{
            self as rules, AfterAbsence, OPEN_CALLS, PlaceState, Taken, after_absence,
            awaited_until,
        },
        text::Line,
    },
    entity::{booth_queue, queue_place},
    error::{AppError, AppResult},
    platform::{
        App,
        db::WriteTx,
        once::{Done, Once},
    },
};
use serde::{Deserialize, Serialize};

/// Whoever went away while it was being called is passed over; so often at most.
const PASSED_OVER: usize = 8;

/// A number that was given out.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Given {
    pub number: i64,
}

/// For whom a number is taken.
#[derive(Clone, Copy, Debug)]
pub struct Taker {
    /// The ticket, if there is one.
    pub ticket: Option<RegistrationId>,
    /// The member of staff who gives it out.
    pub given_by: Option<AccountId>,
}

/// Takes the next number of a booth's line; who stands in it already gets the same number again.
///
/// # Errors
/// 409 `queue_not_yet`, `queue_over`, `queue_no_booth`, `queue_too_many`, `fair_cancelled`; 410 when
/// the ticket was withdrawn; 404 when it is of another evening.
pub async fn take(app: &App, stand: &Stand, taker: Taker, once: Once) -> AppResult<Done<Given>> {
    let at = stand.clone();
    let done = app.db.write_once(once, move |tx| async move {
        let number = take_in(&tx, &at, taker).await?;
        Ok(Given { number })
    });
    let done = done.await?;
    app.live.touch(stand.fair.id);
    Ok(done)
}

/// The ticket is of the evening, and stays until the transaction ends.
async fn of_evening(tx: &WriteTx, stand: &Stand, ticket: RegistrationId) -> AppResult<()> {
    let ticket = store::hold_ticket(tx, ticket).await?;
    let ticket = ticket.ok_or_else(|| AppError::gone("ticket_withdrawn"))?;
    if ticket.fair_id == stand.fair.id {
        Ok(())
    } else {
        Err(AppError::not_found())
    }
}

/// Stands in one line more.
async fn one_more(tx: &WriteTx, ticket: RegistrationId) -> AppResult<()> {
    let lines = store::lines_of(tx.conn(), ticket).await?;
    rules::one_more(lines).map_err(|refusal| AppError::conflict(refusal.code()))
}

async fn take_in(tx: &WriteTx, stand: &Stand, taker: Taker) -> AppResult<i64> {
    if let Some(ticket) = taker.ticket {
        of_evening(tx, stand, ticket).await?;
    }
    let fair = stand::open_in(tx, stand).await?;
    let queue = store::hold(tx, fair, stand.row.id).await?;
    if let Some(ticket) = taker.ticket {
        if let Some(own) = store::of_ticket_in(tx.conn(), queue.id, ticket).await? {
            return Ok(own.number);
        }
        one_more(tx, ticket).await?;
    }
    let new = New {
        registration: taker.ticket,
        taken: match taker.given_by {
            Some(_) => Taken::Paper,
            None => Taken::Phone,
        },
        given_by: taker.given_by,
    };
    let given = store::insert(tx, &queue, new).await?;
    let given = given.ok_or_else(|| AppError::conflict("queue_changed"))?;
    Ok(given.number)
}

/// Makes a bare number that somebody holds the number of his ticket; its place in the line stays.
///
/// # Errors
/// 404 for a number that was never given out; 409 `queue_number_taken` when it is another ticket's,
/// `queue_changed` when it is over, `queue_in_line` when the ticket has another number there; as
/// [`take`].
pub async fn join(
    app: &App,
    stand: &Stand,
    number: i64,
    ticket: RegistrationId,
    once: Once,
) -> AppResult<Done<Given>> {
    let at = stand.clone();
    let done = app.db.write_once(once, move |tx| async move {
        join_in(&tx, &at, number, ticket).await?;
        Ok(Given { number })
    });
    let done = done.await?;
    app.live.touch(stand.fair.id);
    Ok(done)
}

async fn join_in(
    tx: &WriteTx,
    stand: &Stand,
    number: i64,
    ticket: RegistrationId,
) -> AppResult<()> {
    of_evening(tx, stand, ticket).await?;
    let fair = stand::open_in(tx, stand).await?;
    let queue = store::hold(tx, fair, stand.row.id).await?;
    let place = store::by_number(tx.conn(), queue.id, number).await?;
    match place.registration_id {
        Some(own) if own == ticket => return Ok(()),
        Some(_) => return Err(AppError::conflict("queue_number_taken")),
        None if !place.open => return Err(changed()),
        None => {}
    }
    if let Some(own) = store::of_ticket_in(tx.conn(), queue.id, ticket).await? {
        return Err(AppError::conflict("queue_in_line").param("number", own.number));
    }
    one_more(tx, ticket).await?;
    store::belong(tx, place.id, ticket).await
}

/// Who was called; nobody when nobody waits.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Called {
    pub number: Option<i64>,
}

/// Calls the next number, once whoever was at the table is done.
///
/// # Errors
/// 409 `queue_paused`; 409 `queue_call_open` while this member of staff has called others who were
/// neither there nor missed; 409 `queue_changed` when the finished one is finished already; as
/// [`take`].
pub async fn call_next(
    app: &App,
    stand: &Stand,
    by: AccountId,
    finished: Option<i64>,
    once: Once,
) -> AppResult<Done<Called>> {
    let at = stand.clone();
    let done = app.db.write_once(once, move |tx| async move {
        let fair = stand::open_in(&tx, &at).await?;
        let queue = store::hold(&tx, fair, at.row.id).await?;
        if let Some(number) = finished {
            let place = store::by_number(tx.conn(), queue.id, number).await?;
            end_in(&tx, &place, PlaceState::Served).await?;
        }
        let number = call_in(&tx, &queue, by).await?;
        Ok(Called { number })
    });
    let done = done.await?;
    app.live.touch(stand.fair.id);
    Ok(done)
}

async fn call_in(
    tx: &WriteTx,
    queue: &booth_queue::Model,
    by: AccountId,
) -> AppResult<Option<i64>> {
    if queue.paused_at.is_some() {
        return Err(AppError::conflict("queue_paused"));
    }
    for _ in 0..PASSED_OVER {
        let open = store::open(tx.conn(), queue.id).await?;
        let own = |row: &&queue_place::Model| {
            row.state == PlaceState::Called && row.called_by == Some(by)
        };
        let awaited = open.iter().filter(own);
        if awaited.clone().count() >= OPEN_CALLS {
            let first = awaited.map(|row| row.number).min().unwrap_or_default();
            return Err(AppError::conflict("queue_call_open").param("number", first));
        }
        let Some(next) = rules::next(&store::waiting(&open)) else {
            return Ok(None);
        };
        if store::call(tx, queue.id, next.number, Some(by)).await? {
            return Ok(Some(next.number));
        }
    }
    Err(AppError::unavailable())
}

/// What became of a number that was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Became {
    /// 到了
    Here,
    /// 谈完
    Served,
    /// 没来
    Absent,
}

/// Says what became of a number.
///
/// # Errors
/// 409 `queue_changed` when it is not called any more; 409 `queue_still_time` when it still has
/// some minutes to come; 404 for a number that was never given out.
pub async fn settle(
    app: &App,
    stand: &Stand,
    number: i64,
    became: Became,
    once: Once,
) -> AppResult<Done<()>> {
    let at = stand.clone();
    let done = app.db.write_once(once, move |tx| async move {
        let queue = store::hold(&tx, at.fair.id, at.row.id).await?;
        let place = store::by_number(tx.conn(), queue.id, number).await?;
        match became {
            Became::Here => come_in(&tx, &place).await,
            Became::Served => end_in(&tx, &place, PlaceState::Served).await,
            Became::Absent => absent_in(&tx, &place).await,
        }
    });
    let done = done.await?;
    app.live.touch(stand.fair.id);
    Ok(done)
}

async fn come_in(tx: &WriteTx, place: &queue_place::Model) -> AppResult<()> {
    if store::come(tx, place.id).await? {
        return Ok(());
    }
    // Two at the table see the same person come.
    if place.state == PlaceState::Here {
        return Ok(());
    }
    Err(changed())
}

async fn end_in(tx: &WriteTx, place: &queue_place::Model, state: PlaceState) -> AppResult<()> {
    let from = [PlaceState::Called, PlaceState::Here];
    if store::end(tx, place.id, &from, state).await? {
        Ok(())
    } else {
        Err(changed())
    }
}

fn changed() -> AppError {
    AppError::conflict("queue_changed")
}

async fn absent_in(tx: &WriteTx, place: &queue_place::Model) -> AppResult<()> {
    let (PlaceState::Called, Some(called_at)) = (place.state, place.called_at) else {
        return Err(changed());
    };
    let until = awaited_until(called_at);
    if tx.now < until {
        return Err(AppError::conflict("queue_still_time")
            .param("number", place.number)
            .param("until", moment::clock(until)));
    }
    let line = store::waiting(&store::open(tx.conn(), place.queue_id).await?);
    let own = store::of_row(place);
    let done = match after_absence(&line, own, place.calls_in_vain + 1) {
        AfterAbsence::Back(turn) => store::put_back(tx, place, turn).await?,
        AfterAbsence::Out => {
            store::end(tx, place.id, &[PlaceState::Called], PlaceState::Missed).await?
        }
    };
    if done { Ok(()) } else { Err(changed()) }
}

/// The holder of a ticket comes to the table with it: whoever was called is there.
pub async fn greet(app: &App, stand: &Stand, ticket: RegistrationId) -> AppResult<()> {
    let Some(queue) = store::find(app.db.read(), stand.row.id).await? else {
        return Ok(());
    };
    let own = store::of_ticket_in(app.db.read(), queue.id, ticket).await?;
    let Some(own) = own.filter(|own| own.state == PlaceState::Called) else {
        return Ok(());
    };
    let came = app
        .db
        .write(move |tx| async move { store::come(&tx, own.id).await });
    if came.await? {
        app.live.touch(stand.fair.id);
    }
    Ok(())
}

/// Gives a number back. Who stands in no line any more has left it already.
pub async fn leave(app: &App, stand: &Stand, ticket: RegistrationId) -> AppResult<()> {
    let participation = stand.row.id;
    let left = app.db.write(move |tx| async move {
        let Some(queue) = store::find(tx.conn(), participation).await? else {
            return Ok(());
        };
        let Some(own) = store::of_ticket_in(tx.conn(), queue.id, ticket).await? else {
            return Ok(());
        };
        let from = [PlaceState::Waiting, PlaceState::Called];
        store::end(&tx, own.id, &from, PlaceState::Left).await?;
        Ok(())
    });
    left.await?;
    app.live.touch(stand.fair.id);
    Ok(())
}

/// Ends the numbers of a ticket that is being withdrawn, in the same transaction.
pub async fn leave_all(tx: &WriteTx, ticket: RegistrationId) -> AppResult<()> {
    store::end_all(tx, ticket).await
}

/// Stops calling, with a word for those who wait, or goes on when there is none. Numbers are given
/// out meanwhile: whoever comes first is first.
///
/// # Errors
/// As [`take`].
pub async fn pause(app: &App, stand: &Stand, word: Option<Line>) -> AppResult<()> {
    let at = stand.clone();
    let word = word.map(Line::into_string);
    let done = app.db.write(move |tx| async move {
        let fair = stand::open_in(&tx, &at).await?;
        let queue = store::hold(&tx, fair, at.row.id).await?;
        store::pause(&tx, queue.id, word).await
    });
    done.await?;
    app.live.touch(stand.fair.id);
    Ok(())
}
