//! What can be done to a case, each as one transaction: look, decide, record.
use super::{
    facts, files, public,
    store::{self, NewCase},
};
use crate::{
    domain::{
        case::{
            Action, Actor, CaseState, Channel, Code, Command, Complaint, Facts, Kind, Line, Part,
            Recorded, Relation, Shape, Text, Who, decide,
        },
        contact::Contact,
        id::{AccountId, AreaId, CaseId, FileId, OfficeId},
        number::CaseNumber,
    },
    entity,
    error::{AppError, AppResult},
    person,
    platform::{
        App,
        db::WriteTx,
        files::{self as pictures, Stored},
        once::{Done, Once},
        secret::Keys,
    },
    rulebook::Book,
};
use anyhow::anyhow;
use futures_util::future::BoxFuture;
use serde_json::{Map, Value};

/// A case as it was opened.
pub struct Opened {
    pub id: CaseId,
    pub number: String,
    pub state: CaseState,
}

/// Opens a case in the caller's transaction, next to the caller's own row. Boxed, because the future is
/// large and every door awaits it.
///
/// # Errors
/// What the guards of the opening action refuse.
pub fn open<'a>(
    tx: &'a WriteTx,
    keys: &'a Keys,
    office: OfficeId,
    kind: Kind,
    title: String,
    command: Command,
    by: &'a Actor,
) -> BoxFuture<'a, AppResult<Opened>> {
    Box::pin(async move {
        files::check(tx, office, None, kind, &command, by).await?;
        facts::check_ids(tx.conn(), office, kind, &command).await?;
        let book = Book::load(tx.conn(), office, tx.now).await?;
        let facts =
            facts::gather(tx.conn(), keys, &book, tx.now, kind, None, Some(&command)).await?;
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
    let book = Book::load(tx.conn(), office, tx.now).await?;
    let known = (&case, &state);
    let facts = facts_of(tx, keys, &book, known, &command).await?;
    let recorded = decide(state.kind, Some(&state), &command, by, &facts);
    if recorded.is_ok() || matches!(&recorded, Err(no) if no.code == "text_without_personal_data") {
        public::check(tx.conn(), keys, &case, &command).await?;
    }
    let recorded = recorded?;
    files::check(tx, office, Some(id), state.kind, &command, by).await?;
    facts::check_ids(tx.conn(), office, state.kind, &command).await?;
    let before = state.clone();
    let (case, state) = Box::pin(follow(tx, keys, case, state, recorded.into_iter())).await?;
    Box::pin(tell_the_other(tx, keys, &case, &before, &command)).await?;
    if let Command::Complain { complaint, text } = command {
        let told = (complaint, text);
        Box::pin(complain(tx, keys, &book, (&case, &state), told, by)).await?;
    }
    Ok(state)
}

/// What a decision on a case that is there may ask.
async fn facts_of<'b>(
    tx: &WriteTx,
    keys: &Keys,
    book: &'b Book,
    known: (&entity::case::Model, &CaseState),
    command: &Command,
) -> AppResult<Facts<'b>> {
    let (kind, now) = (known.1.kind, tx.now);
    facts::gather(tx.conn(), keys, book, now, kind, Some(known), Some(command)).await
}

/// 投诉用人单位: whichever door it came through, it becomes a request of its own, whose cause is the
/// match.
async fn complain(
    tx: &WriteTx,
    keys: &Keys,
    book: &Book,
    (case, state): (&entity::case::Model, &CaseState),
    (complaint, text): (Complaint, Text),
    by: &Actor,
) -> AppResult<()> {
    let kind = Kind::ResidentRequest;
    let own = state
        .person
        .is_some_and(|person| by.who == Who::Person(person));
    let report = Command::Report {
        urgency: None,
        channel: if own { Channel::Qr } else { Channel::Phone },
        category: about_employers(book, complaint)?,
        text,
        title: None,
        source_ref: Code::new(&case.number).ok(),
        said_at: None,
        reporter: state.person,
        org_node: None,
        address: store::venue(tx.conn(), case.id)
            .await?
            .and_then(|at| Line::new(&at).ok()),
        point: None,
        files: Vec::new(),
        shown: Vec::new(),
    };
    // Who may complain here need not be somebody who takes in requests.
    let takes_in = by.parts(kind, None, Some(&report));
    let may = [Part::Reporter, Part::Clerk]
        .iter()
        .any(|part| takes_in.has(*part));
    let by = if may { *by } else { Actor::SYSTEM };
    let (office, title) = (case.office_id, case.title.clone());
    let opened = Box::pin(open(tx, keys, office, kind, title, report, &by)).await?;
    let link = Command::Link {
        target: case.number.parse().map_err(|error| anyhow!("{error}"))?,
        relation: Relation::Cause,
    };
    act_in(tx, keys, office, opened.id, None, link, &Actor::SYSTEM).await?;
    Ok(())
}

/// The category of a complaint, or the nearest that the office still uses.
fn about_employers(book: &Book, complaint: Complaint) -> AppResult<Code> {
    let kind = Kind::ResidentRequest;
    let exact = format!("employer_{}", complaint.code());
    let in_use = [exact.as_str(), "employer_other"]
        .into_iter()
        .chain(book.categories().iter().map(|one| one.code.as_str()))
        .find(|code| book.serves(kind, code));
    let code = in_use.unwrap_or(&exact);
    Ok(Code::new(code).map_err(|_| anyhow!("{code} is no category"))?)
}

/// 并案: the case that lives on records what came in, and what left again.
async fn tell_the_other(
    tx: &WriteTx,
    keys: &Keys,
    case: &entity::case::Model,
    before: &CaseState,
    command: &Command,
) -> AppResult<()> {
    let source: CaseNumber = case.number.parse().map_err(|error| anyhow!("{error}"))?;
    let (other, command) = match command {
        Command::Merge { target, .. } | Command::RetireInto { target, .. } => {
            let due_at = before.running_due().map(|(_, due)| due.at);
            (target.clone(), Command::Absorb { source, due_at })
        }
        Command::Unmerge { .. } => match &before.merged_into {
            Some(target) => (target.clone(), Command::Release { source }),
            None => return Ok(()),
        },
        _ => return Ok(()),
    };
    let office = case.office_id;
    let other = store::by_number(tx.conn(), office, &other.to_string()).await?;
    let state = store::state(&other)?;
    let book = Book::load(tx.conn(), office, tx.now).await?;
    let known = (&other, &state);
    let facts = facts_of(tx, keys, &book, known, &command).await?;
    let recorded = decide(state.kind, Some(&state), &command, &Actor::SYSTEM, &facts)?;
    follow(tx, keys, other, state, recorded.into_iter()).await?;
    Ok(())
}

/// One action as somebody asked for it: its fields as they were read, and pictures for some of them.
pub struct Act {
    pub office: OfficeId,
    pub id: CaseId,
    pub kind: Kind,
    pub action: Action,
    pub expected_seq: Option<u64>,
    pub fields: Map<String, Value>,
    /// Pictures by the field that takes them.
    pub uploads: Vec<(&'static str, Vec<u8>)>,
    /// People who are not known yet, by the field that takes them.
    pub people: Vec<(&'static str, Contact)>,
    pub by: Actor,
    pub once: Once,
}

/// The shared door of pages and API: reads the fields, keeps the pictures, acts once.
///
/// # Errors
/// 422 with every faulty field; 413 and 422 for what is no picture; and as [`act_in`].
pub async fn act_once(app: &App, mut act: Act) -> AppResult<Done<u64>> {
    let kept = keep_pictures(app, &mut act).await?;
    let (keys, once, id) = (app.keys.clone(), act.once.clone(), act.id);
    let done = app.db.write_once(once, move |tx| async move {
        let state = act.take(&tx, &keys, kept).await?;
        Ok(state.seq)
    });
    let done = done.await?;
    if let Some(fair) = store::fair_of(app.db.read(), id).await? {
        app.live.touch(fair);
    }
    Ok(done)
}

/// Whether the action would be taken now: everything happens as in [`act_once`] and is undone.
///
/// # Errors
/// As [`act_once`].
pub async fn rehearse(app: &App, mut act: Act) -> AppResult<()> {
    const UNDONE: &str = "rehearsed";
    let kept = keep_pictures(app, &mut act).await?;
    let keys = app.keys.clone();
    let tried = app.db.write(move |tx| async move {
        act.take(&tx, &keys, kept).await?;
        Err::<(), _>(AppError::conflict(UNDONE))
    });
    match tried.await {
        Err(error) if error.code() == Some(UNDONE) => Ok(()),
        other => other,
    }
}

/// Faults of the other fields are told before any picture is kept.
async fn keep_pictures(app: &App, act: &mut Act) -> AppResult<Vec<(&'static str, Stored)>> {
    let mut tried = act.fields.clone();
    for (field, _) in &act.uploads {
        put(act.kind, act.action, &mut tried, field, "1".into());
    }
    Command::parse(act.kind, act.action, &tried)?;
    let mut kept = Vec::new();
    for (field, upload) in std::mem::take(&mut act.uploads) {
        let stored = app.files.keep_picture(upload).await;
        kept.push((
            field,
            stored.map_err(|error| files::on_field(error, field))?,
        ));
    }
    Ok(kept)
}

impl Act {
    /// Names the pictures, enters the people, and acts, in the caller's transaction.
    async fn take(
        mut self,
        tx: &WriteTx,
        keys: &Keys,
        kept: Vec<(&'static str, Stored)>,
    ) -> AppResult<CaseState> {
        let by = match self.by.who {
            Who::Account(account) => Some(account),
            Who::Person(_) | Who::System => None,
        };
        for (field, stored) in kept {
            let file = pictures::attach(tx, self.office, files::PURPOSE, by, stored).await?;
            let id = file.to_string();
            put(self.kind, self.action, &mut self.fields, field, id);
        }
        for (field, contact) in std::mem::take(&mut self.people) {
            let person = person::enter(tx, keys, self.office, &contact).await?;
            let id = person.to_string();
            put(self.kind, self.action, &mut self.fields, field, id);
        }
        let command = Command::parse(self.kind, self.action, &self.fields)?;
        let seen = self.expected_seq;
        act_in(tx, keys, self.office, self.id, seen, command, &self.by).await
    }
}

/// A case that does what an adopted suggestion asks for.
pub struct Child {
    pub kind: Kind,
    pub category: Code,
    pub title: Line,
    pub text: Text,
    pub area: Option<AreaId>,
}

/// 立子办件: opens a case of its own and links it, as one transaction.
///
/// # Errors
/// As [`open`] and [`act_in`]; the link is what the actor has to be allowed to do.
pub async fn open_child(
    app: &App,
    (office, of): (OfficeId, CaseId),
    child: Child,
    by: Actor,
    once: Once,
) -> AppResult<Done<String>> {
    let keys = app.keys.clone();
    app.db
        .write_once(once, move |tx| async move {
            let parent = store::find(tx.conn(), office, of).await?;
            let report = Command::Report {
                urgency: None,
                channel: Channel::Web,
                category: child.category,
                text: child.text,
                title: None,
                source_ref: Code::new(&parent.number).ok(),
                said_at: None,
                reporter: None,
                org_node: child.area.or(parent.area_id),
                address: None,
                point: None,
                files: Vec::new(),
                shown: Vec::new(),
            };
            let title = child.title.as_str().to_owned();
            let system = Actor::SYSTEM;
            let opened = open(&tx, &keys, office, child.kind, title, report, &system);
            let opened = Box::pin(opened).await?;
            let link = Command::Link {
                target: opened.number.parse().map_err(|error| anyhow!("{error}"))?,
                relation: Relation::Child,
            };
            act_in(&tx, &keys, office, of, None, link, &by).await?;
            Ok(opened.number)
        })
        .await
}

/// Adds the id of a picture or a person to a field that takes one or several.
fn put(kind: Kind, action: Action, to: &mut Map<String, Value>, field: &str, id: String) {
    let known = Command::fields(kind, action).unwrap_or_default();
    let one = known
        .iter()
        .any(|known| known.name == field && matches!(known.shape, Shape::Id(_)));
    if one {
        to.insert(field.to_owned(), id.into());
        return;
    }
    let ids = to
        .entry(field.to_owned())
        .or_insert_with(|| Value::Array(Vec::new()));
    if let Value::Array(ids) = ids {
        ids.push(id.into());
    }
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

/// Names a picture that an action may use later.
pub async fn keep(app: &App, office: OfficeId, by: AccountId, stored: Stored) -> AppResult<FileId> {
    app.db
        .write(move |tx| async move {
            pictures::attach(&tx, office, files::PURPOSE, Some(by), stored).await
        })
        .await
}
