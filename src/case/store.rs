//! Queries on the ledger. Appending an event is the only way to change a case: the row is what the
//! events fold to, and a writer who was not the next gets `stale`.
mod count;
pub mod forms;
mod list;
pub mod public;
pub mod rows;
mod timers;
mod view;
mod words;

use super::files;
use crate::{
    domain::{
        case::{
            Action, CaseState, Command, Event, Evidence, FollowUpKind, Recorded, Retained, Stage,
            Texts, Who, chain, turn_of,
        },
        id::{AccountId, CaseId, CaseTextId, FairId, OfficeId},
        number::CaseNumber,
    },
    entity::{case, case_event, case_number, case_text, fair, follow_up, job_match, office},
    error::{AppError, AppResult},
    platform::{
        db::{WriteTx, is_duplicate, is_refused},
        secret::{self, Keys},
    },
};
use anyhow::{Context, anyhow};
use chrono::Datelike;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, TryIntoModel,
    sea_query::{Expr, ExprTrait, OnConflict},
};
use std::collections::{BTreeMap, HashMap};

pub use count::{Count, Marks, Tallies, Whose, brought_and_closed, queues, tallies, written};
pub use list::{
    Cursor, Filter, Members, People, Sort, Waiting, Words, area_inside, find_for, is_common,
    late_matches, list, people, places, whole,
};
pub use timers::{Due, to_escalate, to_review, to_supervise};
pub use view::{NewView, change_view, keep_view, remove_view, views};
pub use words::{bring_up, not_indexed};

/// The index of the words in titles and, hashed, in what was written.
const SEARCH: &str = "case_search";

/// # Errors
/// 404 when the office has no such case.
pub async fn find(
    db: &impl ConnectionTrait,
    office: OfficeId,
    id: CaseId,
) -> AppResult<case::Model> {
    case::Entity::find_by_id(id)
        .filter(case::Column::OfficeId.eq(office))
        .one(db)
        .await?
        .ok_or_else(AppError::not_found)
}

/// Several cases of an office, for the lines of a list.
pub async fn many(
    db: &impl ConnectionTrait,
    office: OfficeId,
    ids: &[CaseId],
) -> AppResult<Vec<case::Model>> {
    Ok(case::Entity::find()
        .filter(case::Column::OfficeId.eq(office))
        .filter(case::Column::Id.is_in(ids.iter().copied()))
        .all(db)
        .await?)
}

/// # Errors
/// 404 when the office has no such case.
pub async fn by_number(
    db: &impl ConnectionTrait,
    office: OfficeId,
    number: &str,
) -> AppResult<case::Model> {
    case::Entity::find()
        .filter(case::Column::OfficeId.eq(office))
        .filter(case::Column::Number.eq(number))
        .one(db)
        .await?
        .ok_or_else(AppError::not_found)
}

/// The events of a case, in order.
pub async fn events(db: &impl ConnectionTrait, id: CaseId) -> AppResult<Vec<case_event::Model>> {
    Ok(case_event::Entity::find()
        .filter(case_event::Column::CaseId.eq(id))
        .order_by_asc(case_event::Column::Seq)
        .all(db)
        .await?)
}

/// The evening that a match belongs to.
pub async fn fair_of(db: &impl ConnectionTrait, id: CaseId) -> AppResult<Option<FairId>> {
    let row = job_match::Entity::find_by_id(id).one(db).await?;
    Ok(row.map(|row| row.fair_id))
}

/// Where the evening of a match is held.
pub async fn venue(db: &impl ConnectionTrait, id: CaseId) -> AppResult<Option<String>> {
    let Some(fair) = fair_of(db, id).await? else {
        return Ok(None);
    };
    let row = fair::Entity::find_by_id(fair).one(db).await?;
    Ok(row.map(|fair| fair.venue))
}

/// The state a case's events fold to.
pub fn state(case: &case::Model) -> AppResult<CaseState> {
    Ok(serde_json::from_str(&case.state)?)
}

/// The case as it was after one of its events, such as when an action was answered first.
pub async fn as_of(
    db: &impl ConnectionTrait,
    case: case::Model,
    seq: u64,
) -> AppResult<case::Model> {
    let at = i64::try_from(seq).context("too many events")?;
    if at >= case.seq {
        return Ok(case);
    }
    let rows = events(db, case.id).await?;
    let mut rows = rows.iter().filter(|row| row.seq <= at);
    let first = rows.next().context("a case without events")?;
    let mut state = CaseState::open(case.kind, &event(first)?).map_err(|e| anyhow!("{e}"))?;
    for row in rows {
        state.apply(&event(row)?).map_err(|e| anyhow!("{e}"))?;
    }
    let mut then = columns(&state)?;
    then.id = Set(case.id);
    then.office_id = Set(case.office_id);
    then.number = Set(case.number);
    then.title = Set(case.title);
    then.recorded_at = Set(case.recorded_at);
    then.seq = Set(at);
    then.last_hash = Set(String::new());
    then.channel = Set(case.channel);
    Ok(then.try_into_model()?)
}

/// Words of a case by the text they are kept under; erased ones are left out.
pub async fn texts_of(
    db: &impl ConnectionTrait,
    keys: &Keys,
    id: CaseId,
) -> AppResult<HashMap<CaseTextId, BTreeMap<String, String>>> {
    let rows = case_text::Entity::find()
        .filter(case_text::Column::CaseId.eq(id))
        .all(db)
        .await?;
    let mut found = HashMap::new();
    for row in rows {
        if let Some(sealed) = &row.body_sealed {
            let body = keys.open(&place(&row.salt), sealed)?;
            found.insert(row.id, serde_json::from_str(&body)?);
        }
    }
    Ok(found)
}

/// What somebody wrote last in a field of an action, if it was not erased.
pub async fn last_words(
    db: &impl ConnectionTrait,
    keys: &Keys,
    id: CaseId,
    action: Action,
    field: &str,
) -> AppResult<Option<String>> {
    let texts = texts_of(db, keys, id).await?;
    let events = events(db, id).await?;
    let last = events.iter().rev().find(|row| row.action == action.code());
    let words = last
        .and_then(|row| row.text_id)
        .and_then(|id| texts.get(&id));
    Ok(words.and_then(|words| words.get(field)).cloned())
}

/// A number that was never given before: the counter moves in the caller's transaction.
pub async fn next_number(tx: &WriteTx, office: OfficeId) -> AppResult<CaseNumber> {
    let year = crate::platform::clock::beijing(tx.now).year();
    let first = case_number::ActiveModel {
        office_id: Set(office),
        year: Set(year),
        last: Set(1),
        ..Default::default()
    };
    let counter = [case_number::Column::OfficeId, case_number::Column::Year];
    case_number::Entity::insert(first)
        .on_conflict(
            OnConflict::columns(counter)
                .value(
                    case_number::Column::Last,
                    Expr::col((case_number::Entity, case_number::Column::Last)).add(1),
                )
                .to_owned(),
        )
        .exec_without_returning(tx.conn())
        .await?;
    let row = case_number::Entity::find()
        .filter(case_number::Column::OfficeId.eq(office))
        .filter(case_number::Column::Year.eq(year))
        .one(tx.conn())
        .await?
        .context("the counter of case numbers is gone")?;
    let office = office::Entity::find_by_id(office)
        .one(tx.conn())
        .await?
        .context("no such office")?;
    let serial = u32::try_from(row.last).context("case number too large")?;
    let year = u16::try_from(year).context("year out of range")?;
    Ok(CaseNumber::new(&office.prefix, year, serial).map_err(|error| anyhow!("{error}"))?)
}

/// What opens a case.
pub struct NewCase<'a> {
    pub office: OfficeId,
    pub number: CaseNumber,
    /// Holds no personal data.
    pub title: String,
    pub state: &'a CaseState,
}

/// The row of a new case, before its first event.
pub async fn insert(tx: &WriteTx, new: NewCase<'_>) -> AppResult<case::Model> {
    let mut row = columns(new.state)?;
    row.office_id = Set(new.office);
    row.number = Set(new.number.to_string());
    row.title = Set(new.title);
    row.recorded_at = Set(new.state.recorded_at);
    row.seq = Set(0);
    row.last_hash = Set(String::new());
    Ok(case::Entity::insert(row)
        .exec_with_returning(tx.conn())
        .await?)
}

/// The columns that follow from the state.
fn columns(state: &CaseState) -> AppResult<case::ActiveModel> {
    let at = |due: &Option<crate::domain::case::Deadline>| due.as_ref().map(|due| due.at);
    Ok(case::ActiveModel {
        kind: Set(state.kind),
        stage: Set(state.stage),
        step: Set(state.step),
        outcome: Set(state.outcome),
        category: Set(state.category.as_ref().map(|code| code.as_str().to_owned())),
        urgency: Set(state.urgency.map(|urgency| urgency.code().to_owned())),
        area_id: Set(state.org_node),
        lead_unit_id: Set(state.lead()),
        mediator_id: Set(state.mediation.as_ref().and_then(|m| m.mediator)),
        visibility: Set(state.visibility.code().to_owned()),
        level: Set(i32::try_from(state.counts.level).unwrap_or(i32::MAX)),
        supervised: Set(state.supervised),
        designated: Set(state.dispatch().is_some_and(|dispatch| dispatch.designated)),
        reopen_no: Set(i32::try_from(state.counts.reopenings).unwrap_or(i32::MAX)),
        rework_no: Set(i32::try_from(state.counts.reworks).unwrap_or(i32::MAX)),
        said_at: Set(state.said_at),
        accepted_at: Set(state.times.accepted),
        responded_at: Set(state.times.responded),
        first_closed_at: Set(state.times.first_closed),
        closed_at: Set(state.times.closed),
        review_on: Set(state.times.review_on),
        citizen_due_at: Set(at(&state.due.citizen)),
        unit_due_at: Set(at(&state.due.unit)),
        response_due_at: Set(at(&state.due.response)),
        due_at: Set(state.running_due().map(|(_, due)| due.at)),
        on_time_first: Set(state.times.first_on_time),
        state: Set(serde_json::to_string(state)?),
        updated_at: Set(state.updated_at),
        open: Set(state.stage.is_open()),
        turn: Set(turn_of(state).map(|turn| turn.part.code().to_owned())),
        needs_callback: Set(needs_callback(state)),
        indexed: Set(true),
        ..Default::default()
    })
}

/// 待回访: verified, and nobody reached the person behind it yet.
fn needs_callback(state: &CaseState) -> bool {
    state.stage == Stage::Verifying
        && state.verified
        && state.person.is_some()
        && !state.callbacks_now().any(|note| note.reached)
}

/// Appends one event to a case and moves its row to the state after it.
///
/// # Errors
/// 409 `stale` when another writer was first.
pub async fn append(
    tx: &WriteTx,
    keys: &Keys,
    case: &case::Model,
    recorded: Recorded,
    after: &CaseState,
) -> AppResult<case::Model> {
    let before = if case.seq == 0 {
        None
    } else {
        Some(state(case)?)
    };
    let text = keep_texts(tx, keys, case.id, &recorded.texts).await?;
    let text_id = text.as_ref().map(|(id, _)| *id);
    let row = event_row(tx, case, &recorded.event, text)?;
    let hash = link(&case.number, &row).hash();
    let mut event: case_event::ActiveModel = row.into();
    event.id = sea_orm::ActiveValue::NotSet;
    event.hash = Set(hash.clone());
    match case_event::Entity::insert(event)
        .exec_without_returning(tx.conn())
        .await
    {
        Ok(_) => {}
        // Another writer was first: his event has the number, or follows the one this was made for.
        Err(error) if is_duplicate(&error) || is_refused(&error) => {
            return Err(AppError::conflict("stale"));
        }
        Err(error) => return Err(error.into()),
    }
    let seq = i64::try_from(recorded.event.seq).context("too many events")?;
    let mut columns = columns(after)?;
    columns.seq = Set(seq);
    columns.last_hash = Set(hash);
    if seq == 1 {
        columns.channel = Set(words::channel(&recorded.event));
    }
    let moved = case::Entity::update_many()
        .set(columns)
        .filter(case::Column::Id.eq(case.id))
        .filter(case::Column::Seq.eq(case.seq))
        .exec(tx.conn())
        .await?;
    if moved.rows_affected == 0 {
        return Err(AppError::conflict("stale"));
    }
    keep_follow_ups(tx, case.id, &recorded.event, after).await?;
    files::keep(tx, case.id, after.kind, &recorded.event).await?;
    words::keep(tx, keys, case, &recorded.event, &recorded.texts).await?;
    erase_words(tx, keys, case, &recorded.event).await?;
    keep_match(tx, case.id, after).await?;
    let step = rows::Step {
        case,
        before: before.as_ref(),
        after,
        event: &recorded.event,
        texts: &recorded.texts,
        text: text_id,
    };
    rows::keep(tx, &step).await?;
    find(tx.conn(), case.office_id, case.id).await
}

/// Where the words of an event lie, and the hash that binds them to it.
type Kept = Option<(CaseTextId, String)>;

async fn keep_texts(tx: &WriteTx, keys: &Keys, case: CaseId, texts: &Texts) -> AppResult<Kept> {
    if texts.is_empty() {
        return Ok(None);
    }
    let (salt, body) = (secret::uid(), serde_json::to_string(texts)?);
    let row = case_text::ActiveModel {
        case_id: Set(case),
        body_sealed: Set(Some(keys.seal(&place(&salt), &body)?)),
        salt: Set(salt.clone()),
        ..Default::default()
    };
    let id = case_text::Entity::insert(row)
        .exec(tx.conn())
        .await?
        .last_insert_id;
    Ok(Some((id, chain::text_hash(&salt, &body))))
}

/// Whoever redacts an entry takes its words away for good; the entry and its hash stay.
async fn erase_words(
    tx: &WriteTx,
    keys: &Keys,
    case: &case::Model,
    event: &Event,
) -> AppResult<()> {
    let Command::Redact { event: seq, .. } = &event.payload.data else {
        return Ok(());
    };
    let of = case_event::Entity::find()
        .filter(case_event::Column::CaseId.eq(case.id))
        .filter(case_event::Column::Seq.eq(i64::from(*seq)))
        .one(tx.conn())
        .await?;
    if let Some(text) = of.and_then(|row| row.text_id) {
        case_text::Entity::update_many()
            .col_expr(
                case_text::Column::BodySealed,
                Expr::value(Option::<Vec<u8>>::None),
            )
            .col_expr(case_text::Column::ErasedAt, Expr::value(event.at))
            .filter(case_text::Column::Id.eq(text))
            .exec(tx.conn())
            .await?;
        words::renew(tx, keys, case).await?;
    }
    Ok(())
}

fn place(salt: &str) -> String {
    format!("case_text:{salt}")
}

fn event_row(
    tx: &WriteTx,
    case: &case::Model,
    event: &Event,
    text: Kept,
) -> AppResult<case_event::Model> {
    let (text_id, text_hash) = text.unzip();
    Ok(case_event::Model {
        id: crate::domain::id::CaseEventId(0),
        case_id: case.id,
        seq: i64::try_from(event.seq).context("too many events")?,
        action: event.action.code().to_owned(),
        from_stage: event.from.map(|stage| stage.code().to_owned()),
        to_stage: event.to.code().to_owned(),
        at_ms: event.at.timestamp_millis(),
        recorded_ms: tx.now.timestamp_millis(),
        actor: event.who.to_string(),
        actor_id: account(event.who),
        actor_part: event.part.code().to_owned(),
        actor_unit_id: event.unit,
        channel: event.channel.code().to_owned(),
        payload: serde_json::to_string(&event.payload)?,
        text_id,
        text_hash,
        visibility: event.visibility.code().to_owned(),
        idem: None,
        prev_hash: case.last_hash.clone(),
        hash: String::new(),
    })
}

fn account(who: Who) -> Option<AccountId> {
    match who {
        Who::Account(account) => Some(account),
        Who::Person(_) | Who::System => None,
    }
}

/// An event as the hash sees it.
pub fn link<'a>(number: &'a str, row: &'a case_event::Model) -> chain::Link<'a> {
    chain::Link {
        case: number,
        seq: row.seq,
        action: &row.action,
        from: row.from_stage.as_deref(),
        to: &row.to_stage,
        at_ms: row.at_ms,
        recorded_ms: row.recorded_ms,
        who: &row.actor,
        part: &row.actor_part,
        unit: row.actor_unit_id.map(|unit| unit.0),
        channel: &row.channel,
        payload: &row.payload,
        text_id: row.text_id.map(|text| text.0),
        text_hash: row.text_hash.as_deref(),
        visibility: &row.visibility,
        idem: row.idem.as_deref(),
        prev_hash: &row.prev_hash,
    }
}

/// Follow-ups that the event created, and the answer to the one it is about.
async fn keep_follow_ups(
    tx: &WriteTx,
    case: CaseId,
    event: &Event,
    after: &CaseState,
) -> AppResult<()> {
    use follow_up::Column;
    let seq = i64::try_from(event.seq).context("too many events")?;
    for due in &event.payload.then.follow_ups {
        let row = follow_up::ActiveModel {
            case_id: Set(case),
            what: Set(due.what.code().to_owned()),
            due_on: Set(due.due_on),
            ..Default::default()
        };
        let once = OnConflict::columns([Column::CaseId, Column::What])
            .update_columns([
                Column::DueOn,
                Column::DoneAt,
                Column::Result,
                Column::EventSeq,
            ])
            .to_owned();
        follow_up::Entity::insert(row)
            .on_conflict(once)
            .exec_without_returning(tx.conn())
            .await?;
    }
    if let Some((what, result)) = answered(&event.payload.data) {
        follow_up::Entity::update_many()
            .col_expr(Column::DoneAt, Expr::value(event.at))
            .col_expr(Column::Result, Expr::value(result))
            .col_expr(Column::EventSeq, Expr::value(seq))
            .filter(Column::CaseId.eq(case))
            .filter(Column::What.eq(what.code()))
            .filter(Column::DoneAt.is_null())
            .exec(tx.conn())
            .await?;
    }
    for done in after.follow_ups.iter().filter(|one| one.result.is_some()) {
        follow_up::Entity::update_many()
            .col_expr(Column::DoneAt, Expr::value(event.at))
            .col_expr(Column::Result, Expr::value(done.result.map(Retained::code)))
            .col_expr(Column::EventSeq, Expr::value(seq))
            .filter(Column::CaseId.eq(case))
            .filter(Column::What.eq(done.what.code()))
            .filter(
                Column::Result
                    .is_null()
                    .or(Column::Result.ne(done.result.map_or("", |result| result.code()))),
            )
            .exec(tx.conn())
            .await?;
    }
    Ok(())
}

/// Which follow-up of a mediation an action answers, and how. Whoever is reached after an agreement
/// was reminded that it may be confirmed by a court (人民调解法 33).
fn answered(command: &Command) -> Option<(FollowUpKind, &'static str)> {
    match command {
        Command::ConfirmPerformed { .. } => Some((FollowUpKind::Performance, "performed")),
        Command::NotPerformed { .. } => Some((FollowUpKind::Performance, "not_performed")),
        Command::Callback { reached: true, .. } => {
            Some((FollowUpKind::JudicialConfirmation, "told"))
        }
        _ => None,
    }
}

/// What the row beside a match follows from: the furthest rung it reached, and whether it is open.
async fn keep_match(tx: &WriteTx, case: CaseId, after: &CaseState) -> AppResult<()> {
    use job_match::Column;
    let Some(job) = &after.job else { return Ok(()) };
    let Some(row) = job_match::Entity::find_by_id(case).one(tx.conn()).await? else {
        return Ok(());
    };
    let rung = std::cmp::max(row.rung, after.rung());
    let changed = job_match::Entity::update_many()
        .col_expr(Column::Rung, Expr::value(rung))
        .col_expr(Column::Open, Expr::value(after.stage.is_open()))
        .col_expr(Column::StartOn, Expr::value(job.start_on))
        .col_expr(Column::PlacedOn, Expr::value(job.placed_on))
        .col_expr(
            Column::Evidence,
            Expr::value(job.verified_evidence.map(Evidence::code)),
        )
        .col_expr(
            Column::EmployerDueAt,
            Expr::value(after.due.unit.as_ref().map(|due| due.at)),
        )
        .filter(Column::CaseId.eq(case))
        .exec(tx.conn())
        .await;
    match changed {
        Ok(_) => Ok(()),
        Err(error) if is_duplicate(&error) => Err(AppError::conflict("already_interested")),
        Err(error) => Err(error.into()),
    }
}

/// A stored event as it is folded into the state.
pub fn event(row: &case_event::Model) -> AppResult<Event> {
    use crate::domain::case::{Action, Channel, Part, Stage, Visibility};
    let unknown = |what: &str| {
        anyhow!(
            "unknown {what} in event {} of case {}",
            row.seq,
            row.case_id
        )
    };
    let from = match &row.from_stage {
        Some(code) => Some(Stage::from_code(code).ok_or_else(|| unknown("stage"))?),
        None => None,
    };
    Ok(Event {
        seq: u64::try_from(row.seq).context("a negative sequence")?,
        action: Action::from_code(&row.action).ok_or_else(|| unknown("action"))?,
        from,
        to: Stage::from_code(&row.to_stage).ok_or_else(|| unknown("stage"))?,
        at: chrono::DateTime::from_timestamp_millis(row.at_ms).ok_or_else(|| unknown("time"))?,
        who: row.actor.parse().map_err(|_| unknown("actor"))?,
        part: Part::from_code(&row.actor_part).ok_or_else(|| unknown("part"))?,
        unit: row.actor_unit_id,
        channel: Channel::from_code(&row.channel).ok_or_else(|| unknown("channel"))?,
        visibility: Visibility::from_code(&row.visibility).ok_or_else(|| unknown("visibility"))?,
        payload: serde_json::from_str(&row.payload)?,
    })
}
