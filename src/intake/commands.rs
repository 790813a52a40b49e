//! Taking in a report: the person, the case, where it came from and the key that follows it, as one
//! transaction; and joining a case that is there already.
use super::{
    form::{ON_THE_SPOT, Read, Speaker, Then},
    keys,
    place::{self, Place},
    store,
};
use crate::{
    case::{self, files},
    domain::{
        case::{Actor, Basis, Channel, Code, Command, Kind, Line, Urgency, Who},
        contact::{Contact, holds_personal_number},
        fault::{Faults, FieldFault},
        id::{AccountId, CaseId, FileId, OfficeId, PersonId},
        number::CaseNumber,
    },
    error::AppResult,
    person,
    platform::{
        App,
        db::WriteTx,
        files::{self as pictures, Stored},
        once::{Done, Once},
        secret::Keys,
        text::Lang,
    },
    rulebook,
};

/// Who brings a report.
#[derive(Clone, Copy, Debug)]
pub enum By {
    /// The person themselves, through a door of this channel.
    Resident,
    /// A member of staff.
    Staff(AccountId, Actor),
}

/// A report with its place and its pictures.
pub struct Report {
    pub office: OfficeId,
    pub read: Read,
    pub place: Place,
    pub uploads: Vec<Vec<u8>>,
    pub by: By,
    /// Hash of the row of another system.
    pub row_hash: Option<String>,
}

/// Takes a report in once; answers with the number of the case.
///
/// # Errors
/// 422 with every fault, 413 and 422 for what is no picture, and what the guards refuse.
pub async fn report(app: &App, mut report: Report, once: Once) -> AppResult<Done<String>> {
    let mut kept = Vec::new();
    for upload in std::mem::take(&mut report.uploads) {
        let stored = app.files.keep_picture(upload).await;
        kept.push(stored.map_err(|error| files::on_field(error, "files"))?);
    }
    let keys = app.keys.clone();
    app.db
        .write_once(once, move |tx| async move {
            Box::pin(report_in(&tx, &keys, report, kept)).await
        })
        .await
}

async fn report_in(
    tx: &WriteTx,
    keys: &Keys,
    report: Report,
    kept: Vec<Stored>,
) -> AppResult<String> {
    let (office, read) = (report.office, report.read);
    let category = rulebook::category(tx.conn(), office, read.category.as_str()).await?;
    let Some(category) = category else {
        return Err(Faults::one("category", FieldFault::UnknownChoice).into());
    };
    let reporter = speaker(tx, keys, office, &read.speaker).await?;
    let (account, by) = match report.by {
        By::Staff(account, actor) => (Some(account), actor),
        By::Resident => (None, Actor::person(reporter, read.channel)),
    };
    let mut shots = read.attachments;
    for stored in kept {
        shots.push(pictures::attach(tx, office, files::PURPOSE, account, stored).await?);
    }
    let (kind, channel, on_behalf) = (read.kind, read.channel, read.on_behalf);
    let name = rulebook::name(Lang::Zh, &category);
    let title = title(read.title.as_ref(), name, &report.place.name)?;
    let from = store::From {
        office,
        channel,
        source: read.source.clone(),
        row_hash: report.row_hash,
        site: report.place.site,
        cell: read.point.as_ref().and_then(place::cell),
        on_behalf,
        entered_by: account,
    };
    let command = Command::Report {
        channel,
        category: read.category.clone(),
        urgency: read.urgency,
        text: read.text,
        title: read.title,
        source_ref: read.source.map(|(_, number)| number),
        said_at: read.said_at,
        reporter: Some(reporter),
        org_node: report.place.area,
        address: read.address,
        point: read.point,
        files: shots,
        shown: read.shown,
    };
    let opened = case::commands::open(tx, keys, office, kind, title, command, &by);
    let opened = opened.await?;
    store::insert_request(tx, opened.id, from).await?;
    keys::issue(tx, keys, office, opened.id, reporter).await?;
    name_parties(tx, keys, office, opened.id, &read.parties).await?;
    let next = Next {
        office,
        case: opened.id,
        kind,
        category: read.category,
        usual: category.urgency,
        place: &report.place,
        by,
    };
    next.follow(tx, keys, read.then).await?;
    Ok(opened.number)
}

/// The other sides of a dispute, each with a key of his own.
async fn name_parties(
    tx: &WriteTx,
    keys: &Keys,
    office: OfficeId,
    case: CaseId,
    parties: &[Contact],
) -> AppResult<()> {
    for party in parties {
        let party = person::find_or_enter(tx, keys, office, party).await?;
        case::store::rows::add_party(tx, case, party, "named").await?;
        keys::issue(tx, keys, office, case, party).await?;
    }
    Ok(())
}

async fn speaker(
    tx: &WriteTx,
    keys: &Keys,
    office: OfficeId,
    speaker: &Speaker,
) -> AppResult<PersonId> {
    match speaker {
        Speaker::Reachable(contact) => person::enter(tx, keys, office, contact).await,
        Speaker::Number(phone) => person::enter_number(tx, keys, office, phone).await,
        Speaker::Unreachable(name) => {
            person::enter_without_phone(tx, keys, office, name.as_ref()).await
        }
        Speaker::Known(person) => {
            // 404 for somebody of another office.
            person::card(tx.conn(), keys, office, *person).await?;
            Ok(*person)
        }
    }
}

/// What the ledger calls a case: every list shows it, so no telephone or identity number may stand
/// in it.
fn title(typed: Option<&Line>, category: &str, place: &str) -> AppResult<String> {
    match typed {
        Some(typed) if holds_personal_number(typed.as_str()) => {
            Err(Faults::one("title", FieldFault::PersonalData).into())
        }
        Some(typed) => Ok(typed.as_str().to_owned()),
        None if place.is_empty() => Ok(category.to_owned()),
        None => Ok(format!("{category}·{place}")),
    }
}

/// What follows a report in the same transaction.
struct Next<'a> {
    office: OfficeId,
    case: CaseId,
    kind: Kind,
    category: Code,
    /// The urgency of the category.
    usual: Urgency,
    place: &'a Place,
    by: Actor,
}

impl Next<'_> {
    async fn follow(&self, tx: &WriteTx, keys: &Keys, then: Then) -> AppResult<()> {
        match then {
            Then::Nothing => Ok(()),
            Then::Answer(answer) => {
                let command = Command::AnswerOnSpot {
                    answer,
                    told_how: ON_THE_SPOT,
                    kb_ref: None,
                };
                self.act(tx, keys, command).await
            }
            Then::Accept(urgency) => self.act(tx, keys, self.accept(urgency)).await,
            Then::Dispatch(urgency) => {
                self.act(tx, keys, self.accept(urgency)).await?;
                let dispatch = self.dispatch(tx).await?;
                self.act(tx, keys, dispatch).await
            }
        }
    }

    fn accept(&self, urgency: Option<Urgency>) -> Command {
        Command::Accept {
            category: self.category.clone(),
            urgency: urgency.unwrap_or(self.usual),
        }
    }

    /// # Errors
    /// 422 at `then` when no rule names a unit.
    async fn dispatch(&self, tx: &WriteTx) -> AppResult<Command> {
        let (code, area) = (self.category.as_str(), self.place.area);
        let found = rulebook::lead_for(tx.conn(), self.office, Some(code), area).await?;
        let Some(found) = found.filter(|_| self.kind != Kind::Mediation) else {
            return Err(Faults::one("then", FieldFault::NotFound).into());
        };
        Ok(Command::Dispatch {
            lead: found.lead,
            co_units: found.co_units,
            basis: Basis::Rule,
            due_at: None,
        })
    }

    async fn act(&self, tx: &WriteTx, keys: &Keys, command: Command) -> AppResult<()> {
        let (office, case) = (self.office, self.case);
        case::commands::act_in(tx, keys, office, case, None, command, &self.by).await?;
        Ok(())
    }
}

/// Keeps a picture that a report may name; nobody is its owner but who knows its number.
pub async fn keep(app: &App, office: OfficeId, upload: Vec<u8>) -> AppResult<FileId> {
    let stored = app.files.keep_picture(upload).await?;
    app.db
        .write(move |tx| async move {
            pictures::attach(&tx, office, files::PURPOSE, None, stored).await
        })
        .await
}

/// 一并跟进: somebody joins a case that is there already instead of a new one.
pub struct Join {
    pub office: OfficeId,
    pub case: CaseId,
    pub speaker: Speaker,
    /// The member of staff who recorded it.
    pub by: Option<Actor>,
    pub channel: Channel,
}

/// Adds a follower; answers with the person, whose key [`keys::issue`] knows.
///
/// # Errors
/// 404 when the office has no such case; 409 `case_over` when it is not open any more.
pub async fn join(app: &App, join: Join, once: Once) -> AppResult<Done<PersonId>> {
    let keys = app.keys.clone();
    app.db
        .write_once(once, move |tx| async move {
            let row = case::store::find(tx.conn(), join.office, join.case).await?;
            if !row.stage.is_open() {
                return Err(crate::error::AppError::conflict("case_over"));
            }
            let person = speaker(&tx, &keys, join.office, &join.speaker).await?;
            if case::store::state(&row)?.person != Some(person) {
                case::store::rows::add_party(&tx, row.id, person, "follower").await?;
            }
            keys::issue(&tx, &keys, join.office, row.id, person).await?;
            Ok(person)
        })
        .await
}

/// A row of another system that is known already: what it says now is one more record.
///
/// # Errors
/// 409 when the case takes no more records.
pub async fn amend(
    tx: &WriteTx,
    keys: &Keys,
    office: OfficeId,
    (case, row_hash): (CaseId, &str),
    (text, by): (crate::domain::case::Text, &Actor),
) -> AppResult<()> {
    let command = Command::Update {
        text,
        visibility: crate::domain::case::Visibility::Internal,
        files: Vec::new(),
    };
    case::commands::act_in(tx, keys, office, case, None, command, by).await?;
    store::set_row_hash(tx, case, row_hash).await
}

/// The account behind an actor, if it is one.
pub fn account(by: &Actor) -> Option<AccountId> {
    match by.who {
        Who::Account(account) => Some(account),
        Who::Person(_) | Who::System => None,
    }
}

/// Reads a number of the ledger as people type it.
///
/// # Errors
/// 404 when it is none.
pub fn number(raw: &str) -> AppResult<CaseNumber> {
    raw.trim()
        .to_ascii_uppercase()
        .parse()
        .map_err(|_| crate::error::AppError::not_found())
}
