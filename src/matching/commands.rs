//! What can be done about a match, each as one transaction.
use super::{
    form::Share,
    store::{self, Found, NewMatch},
};
use crate::{
    account::{
        Actor,
        store::{Access, record_access},
    },
    case::commands as ledger,
    domain::{
        case::{
            self as rules, Attended, Channel, Code, Command, InterestChannel, Kind, Line,
            ShareField, Stage, Text, Told, Visibility, WithdrawReason,
        },
        fault::{Faults, FieldFault},
        id::{AccountId, EmployerId, FairId, OfficeId, PersonId, PostingId, RegistrationId},
        posting::PostingStatus,
    },
    entity::{posting, registration},
    error::{AppError, AppResult},
    fair::booth_store,
    person::{
        self,
        consent::{self, Given, Purpose},
    },
    platform::{
        App,
        db::WriteTx,
        once::{Done, Once},
        secret::Keys,
    },
    posting::store as postings,
};
use anyhow::anyhow;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// 求职意向, to be recorded.
#[derive(Clone, Debug)]
pub struct Interest {
    pub registration: RegistrationId,
    pub posting: PostingId,
    pub channel: InterestChannel,
    /// What the seeker decided that the employer may see; nothing decided leaves it as it is.
    pub share: Option<Share>,
    pub rating: Option<i32>,
    pub note: Option<Text>,
    /// The employer's account that had the ticket before it, for the access record.
    pub scanned_by: Option<AccountId>,
}

/// Number of the case that was opened.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Opened {
    pub number: String,
}

/// Records the interest of somebody with a ticket in a posting: consent, case and match in one
/// transaction; where the posting says so it is accepted and referred at once.
///
/// # Errors
/// 409 `already_interested`, `posting_closed`; 410 when the ticket was withdrawn; 422 when the
/// evening has no such posting; 403 as the ledger says.
pub async fn interest(
    app: &App,
    office: OfficeId,
    by: rules::Actor,
    once: Once,
    new: Interest,
) -> AppResult<Done<Opened>> {
    let keys = app.keys.clone();
    let done = app.db.write_once(once, move |tx| async move {
        let (number, fair) = Box::pin(interest_in(&tx, &keys, office, &by, new)).await?;
        Ok((Opened { number }, fair))
    });
    let done = done.await?;
    app.live.touch(done.value.1);
    Ok(done.map(|(opened, _)| opened))
}

/// The same in the caller's transaction; answers the number and the evening.
pub async fn interest_in(
    tx: &WriteTx,
    keys: &Keys,
    office: OfficeId,
    by: &rules::Actor,
    new: Interest,
) -> AppResult<(String, FairId)> {
    let registration = store::lock_registration(tx, new.registration).await?;
    let registration = registration.ok_or_else(|| AppError::gone("ticket_withdrawn"))?;
    let posting = wanted_posting(tx, office, &registration, new.posting).await?;
    let command = opening(tx, &registration, &posting, &new).await?;
    let employer = store::employer(tx.conn(), office, posting.employer_id).await?;
    let title = format!("{} · {}", posting.title, employer.name);
    let kind = Kind::EmploymentMatch;
    let opened = ledger::open(tx, keys, office, kind, title, command, by);
    let opened = Box::pin(opened).await.map_err(told)?;
    let share = match &new.share {
        Some(share) => share.fields.clone(),
        None => standing(tx, registration.person_id, posting.employer_id).await?,
    };
    let row = NewMatch {
        case: opened.id,
        registration: &registration,
        posting: &posting,
        share: &share,
        rating: new.rating,
    };
    store::insert(tx, row).await?;
    if let Some(share) = new.share {
        agree(tx, registration.person_id, posting.employer_id, share).await?;
    }
    if let Some(account) = new.scanned_by {
        note_access(
            tx,
            office,
            account,
            (registration.person_id, "scan", ""),
            "",
        )
        .await?;
    }
    if posting.auto_refer {
        refer(tx, keys, office, opened.id).await?;
    }
    if let Some(text) = new.note {
        let visibility = Visibility::Parties;
        let note = Command::Update {
            text,
            visibility,
            files: vec![],
        };
        ledger::act_in(tx, keys, office, opened.id, None, note, by).await?;
    }
    Ok((opened.number, posting.fair_id))
}

/// The posting, when it belongs to the ticket's evening and was ever public.
async fn wanted_posting(
    tx: &WriteTx,
    office: OfficeId,
    registration: &registration::Model,
    id: PostingId,
) -> AppResult<posting::Model> {
    let unknown = || AppError::from(Faults::one("posting", FieldFault::NotFound));
    let Ok(posting) = postings::find(tx.conn(), office, id).await else {
        return Err(unknown());
    };
    if posting.fair_id != registration.fair_id {
        return Err(unknown());
    }
    match posting.status {
        PostingStatus::Published => Ok(posting),
        PostingStatus::Closed | PostingStatus::Hidden => {
            Err(AppError::conflict("posting_closed").with("guard", "posting_open"))
        }
        _ => Err(unknown()),
    }
}

async fn opening(
    tx: &WriteTx,
    registration: &registration::Model,
    posting: &posting::Model,
    new: &Interest,
) -> AppResult<Command> {
    let stand = booth_store::stand(tx.conn(), posting.fair_id, posting.employer_id).await?;
    let version = Purpose::ShareContact.version();
    Ok(Command::Interest {
        channel: new.channel,
        posting: posting.id,
        seeker: registration.person_id,
        consent_version: Code::new(version).map_err(|_| anyhow!("a version out of form"))?,
        share: new
            .share
            .as_ref()
            .map(|s| s.fields.clone())
            .unwrap_or_default(),
        participation: stand.as_ref().map(|stand| stand.id),
        booth: stand.and_then(|stand| stand.booth_id),
    })
}

/// The refusals of an opening that the contract names.
fn told(error: AppError) -> AppError {
    let AppError::Problem(problem) = &error else {
        return error;
    };
    let guard = problem.extra.get("guard").and_then(|guard| guard.as_str());
    match guard {
        Some("no_open_match") => AppError::conflict("already_interested"),
        Some(guard @ ("posting_open" | "event_live")) => {
            AppError::conflict("posting_closed").with("guard", guard)
        }
        _ => error,
    }
}

/// Accepts and refers by the program itself. What the rules refuse now, such as a posting that is
/// full, waits for the office instead.
async fn refer(
    tx: &WriteTx,
    keys: &Keys,
    office: OfficeId,
    case: crate::domain::id::CaseId,
) -> AppResult<()> {
    let steps = [
        Command::AcceptMatch { checks: None },
        Command::Refer { note: None },
    ];
    for step in steps {
        match ledger::act_in(tx, keys, office, case, None, step, &rules::Actor::SYSTEM).await {
            Ok(_) => {}
            Err(error) if matches!(error.code(), Some("not_now" | "not_yours")) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// What a person lets an employer see now.
async fn standing(
    tx: &WriteTx,
    person: PersonId,
    employer: EmployerId,
) -> AppResult<Vec<ShareField>> {
    let purpose = Purpose::ShareContact;
    let fields = consent::covers(tx.conn(), person, purpose, Some(employer)).await?;
    Ok(fields
        .iter()
        .filter_map(|code| ShareField::from_code(code))
        .collect())
}

/// The last decision counts for everything with this employer: an agreement for exactly these
/// fields, or none any more.
async fn agree(
    tx: &WriteTx,
    person: PersonId,
    employer: EmployerId,
    share: Share,
) -> AppResult<()> {
    store::set_share(tx, person, employer, &share.fields).await?;
    if share.fields.is_empty() {
        return consent::withdraw(tx, person, Purpose::ShareContact, Some(employer)).await;
    }
    let given = Given {
        person,
        purpose: Purpose::ShareContact,
        text_hash: share.text_hash,
        channel: share.channel.into(),
        employer: Some(employer),
        fields: share.fields.iter().map(|f| f.code().to_owned()).collect(),
        recorded_by: share.recorded_by,
    };
    consent::record(tx, given).await
}

/// Changes what an employer may see; it holds from the next request on.
pub async fn change_share(app: &App, found: &Found, share: Share) -> AppResult<()> {
    let (person, employer) = (found.row.person_id, found.row.employer_id);
    let id = found.row.registration_id;
    app.db
        .write(move |tx| async move {
            let standing = store::lock_registration(&tx, id).await?;
            standing.ok_or_else(|| AppError::gone("ticket_withdrawn"))?;
            agree(&tx, person, employer, share).await
        })
        .await
}

/// One action on a match and what the reader of the page had seen of it.
pub struct Move {
    pub expected_seq: Option<u64>,
    pub command: Command,
}

/// One action, once for an intent.
pub async fn act(
    app: &App,
    found: &Found,
    by: rules::Actor,
    action: Move,
    once: Once,
) -> AppResult<()> {
    let (keys, found_in) = (app.keys.clone(), found.clone());
    let done = app.db.write_once(once, move |tx| async move {
        act_in(&tx, &keys, &found_in, &by, action).await
    });
    done.await?;
    app.live.touch(found.row.fair_id);
    Ok(())
}

async fn act_in(
    tx: &WriteTx,
    keys: &Keys,
    found: &Found,
    by: &rules::Actor,
    action: Move,
) -> AppResult<()> {
    let (office, case) = (found.row.office_id, found.row.case_id);
    let seq = action.expected_seq;
    let after = ledger::act_in(tx, keys, office, case, seq, action.command, by).await?;
    if !after.stage.is_open() && by.who == rules::Who::Person(found.row.person_id) {
        end_sharing(tx, found.row.person_id, found.row.employer_id).await?;
    }
    Ok(())
}

/// With the last open match the employer's view ends.
async fn end_sharing(tx: &WriteTx, person: PersonId, employer: EmployerId) -> AppResult<()> {
    if store::has_open(tx.conn(), person, employer).await? {
        return Ok(());
    }
    consent::withdraw(tx, person, Purpose::ShareContact, Some(employer)).await
}

/// 当面谈过: the interview that happens at the booth, set and held in one step.
pub async fn met(
    app: &App,
    found: &Found,
    by: rules::Actor,
    (expected_seq, place, attended): (Option<u64>, String, Attended),
    once: Once,
) -> AppResult<()> {
    let (keys, found_in) = (app.keys.clone(), found.clone());
    let done = app.db.write_once(once, move |tx| async move {
        let set = Command::InterviewSet {
            interview_at: tx.now + TimeDelta::minutes(1),
            place: Line::new(&place).ok(),
            live_link: None,
            told_how: Told::InPerson,
        };
        let held = Command::Interviewed {
            attended,
            note: None,
        };
        let first = Move {
            expected_seq,
            command: set,
        };
        act_in(&tx, &keys, &found_in, &by, first).await?;
        let second = Move {
            expected_seq: None,
            command: held,
        };
        act_in(&tx, &keys, &found_in, &by, second).await
    });
    done.await?;
    app.live.touch(found.row.fair_id);
    Ok(())
}

/// What an employer adds when it scans a ticket again.
pub async fn remark(
    app: &App,
    found: &Found,
    by: rules::Actor,
    (note, rating): (Option<Text>, Option<i32>),
) -> AppResult<()> {
    if note.is_none() && rating.is_none() {
        return Ok(());
    }
    let (keys, found) = (app.keys.clone(), found.clone());
    app.db
        .write(move |tx| async move {
            if let Some(rating) = rating {
                store::set_rating(&tx, found.row.case_id, rating).await?;
            }
            let Some(text) = note else { return Ok(()) };
            let command = Command::Update {
                text,
                visibility: Visibility::Parties,
                files: vec![],
            };
            let action = Move {
                expected_seq: None,
                command,
            };
            act_in(&tx, &keys, &found, &by, action).await
        })
        .await
}

/// An employer's mark for its own queue.
pub async fn rate(app: &App, found: &Found, rating: i32) -> AppResult<()> {
    let case = found.row.case_id;
    app.db
        .write(move |tx| async move { store::set_rating(&tx, case, rating).await })
        .await
}

/// Stages in which an employer sees what a seeker shared.
pub fn is_with_employer(stage: Stage) -> bool {
    matches!(
        stage,
        Stage::Dispatched | Stage::Handling | Stage::Verifying
    )
}

/// What an employer may see in a match now.
pub async fn shown_to_employer(app: &App, found: &Found) -> AppResult<Vec<ShareField>> {
    if !is_with_employer(found.case.stage) {
        return Ok(Vec::new());
    }
    let (person, employer) = (found.row.person_id, found.row.employer_id);
    let purpose = Purpose::ShareContact;
    let agreed = consent::covers(app.db.read(), person, purpose, Some(employer)).await?;
    let shared: Vec<ShareField> =
        serde_json::from_value(found.row.share.clone()).unwrap_or_default();
    Ok(shared
        .into_iter()
        .filter(|field| agreed.iter().any(|code| code == field.code()))
        .collect())
}

/// Opens the telephone number for the employer it was shared with; who did stands in the record
/// before anything is shown.
///
/// # Errors
/// 409 `not_shared` when the seeker does not share it, or no longer.
pub async fn open_phone(app: &App, actor: &Actor, found: &Found, ip: String) -> AppResult<String> {
    let refused = || AppError::conflict("not_shared");
    if !shown_to_employer(app, found)
        .await?
        .contains(&ShareField::Phone)
    {
        return Err(refused());
    }
    let (office, account) = (actor.office, actor.account);
    let (person, number) = (found.row.person_id, found.case.number.clone());
    app.db
        .write(move |tx| async move {
            note_access(&tx, office, account, (person, "reveal", &number), &ip).await
        })
        .await?;
    let contact = person::contact_of(app.db.read(), &app.keys, office, person).await?;
    let contact = contact.ok_or_else(refused)?;
    Ok(contact.phone.in_full().to_owned())
}

async fn note_access(
    tx: &WriteTx,
    office: OfficeId,
    account: AccountId,
    (person, action, reason): (PersonId, &str, &str),
    ip: &str,
) -> AppResult<()> {
    let access = Access {
        office,
        account: Some(account),
        action,
        subject: "persons",
        subject_id: Some(person.0),
        reason,
        ip,
    };
    record_access(tx, access).await
}

/// Ends the open matches of a registration that is being withdrawn, takes back what was shared,
/// and erases what was written about them. A claimed start is a fact that stays to be verified.
pub async fn withdraw_all(tx: &WriteTx, keys: &Keys, id: RegistrationId) -> AppResult<()> {
    for found in store::of_registration(tx.conn(), id).await? {
        let before_start = [
            Stage::Registered,
            Stage::Accepted,
            Stage::Dispatched,
            Stage::Handling,
        ];
        let person = found.row.person_id;
        if before_start.contains(&found.case.stage) {
            let command = Command::WithdrawMatch {
                reason: WithdrawReason::Other,
                consent: None,
            };
            let by = rules::Actor::person(person, Channel::Qr);
            let (office, case) = (found.row.office_id, found.row.case_id);
            ledger::act_in(tx, keys, office, case, None, command, &by).await?;
        }
        let employer = Some(found.row.employer_id);
        consent::withdraw(tx, person, Purpose::ShareContact, employer).await?;
    }
    store::erase_words(tx, id).await
}
