//! What staff and residents do: announcements written, sent and dropped, suggestions seconded,
//! seekers taken over by the desk.
use super::{
    jobs::Send,
    store::{self, Change, NewDraft},
};
use crate::{
    account,
    case::{self, deliberation, public},
    desk,
    domain::{
        case::{Actor, Channel, Code, Command, Kind, Line, Text, Who},
        fault::{Faults, FieldFault},
        id::{AccountId, AnnouncementId, CaseId, OfficeId, PersonId},
        notice::{self, State},
        personal::{self, Found},
    },
    entity::{announcement, fair, registration},
    error::{AppError, AppResult},
    intake::{
        self,
        commands::{By, Report},
        form::{Read, Speaker, Then},
    },
    platform::{
        App,
        once::{Done, Once},
        outbox,
        text::{self, Lang},
    },
};

/// What an announcement says of people. The places of desks and of its meeting are public.
pub async fn traces(app: &App, row: &announcement::Model) -> AppResult<Vec<Found>> {
    let (db, office) = (app.db.read(), row.office_id);
    let sites = desk::store::sites(db, office, desk::store::Retired::Shown).await?;
    let mut places: Vec<String> = sites
        .into_iter()
        .flat_map(|site| [site.name, site.address])
        .collect();
    let case = match row.case_id {
        Some(id) => Some(case::store::find(db, office, id).await?),
        None => None,
    };
    if let Some(case) = case.as_ref().filter(|case| case.kind == Kind::Suggestion) {
        let read = deliberation::of(app, case).await?;
        places.extend(read.meetings.into_iter().map(|meeting| meeting.place));
    }
    // The longest first, so that no half of a name is left standing.
    places.sort_by_key(|place| std::cmp::Reverse(place.len()));
    let mut text = row.body.clone();
    for place in places.iter().filter(|place| !place.trim().is_empty()) {
        text = text.replace(place.as_str(), "，");
    }
    // Addresses of our own pages are long numbers, and nobody's.
    let text = without_addresses(&text, &app.settings.public_url);
    match case {
        Some(case) => public::traces(db, &app.keys, &case, &text).await,
        None => Ok(personal::find(&text, &[])),
    }
}

/// A text without the addresses that begin so, each up to the next blank.
fn without_addresses(text: &str, begin: &str) -> String {
    let mut parts = text.split(begin);
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        kept.push_str(part.find(char::is_whitespace).map_or("", |at| &part[at..]));
    }
    kept
}

/// Writes a draft down.
///
/// # Errors
/// 422 at `body`.
pub async fn write(app: &App, new: NewDraft, once: Once) -> AppResult<Done<AnnouncementId>> {
    let body = checked(&new.body)?;
    app.db
        .write_once(once, move |tx| async move {
            store::insert(&tx, NewDraft { body, ..new }).await
        })
        .await
}

fn checked(body: &str) -> AppResult<String> {
    notice::body(body).map_err(|fault| Faults::one("body", fault).into())
}

/// Which announcement somebody saw, and who he is.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    pub office: OfficeId,
    pub by: AccountId,
    pub id: AnnouncementId,
    pub version: i64,
}

/// Changes the words of a draft.
///
/// # Errors
/// 404; 409 `stale`; 422 at `body`.
pub async fn rewrite(app: &App, seen: Seen, body: &str) -> AppResult<()> {
    let body = checked(body)?;
    settle(app, seen, move |_| Change::Body(body)).await
}

/// Drops a draft.
///
/// # Errors
/// 404; 409 `stale`.
pub async fn drop_draft(app: &App, seen: Seen) -> AppResult<()> {
    settle(app, seen, |seen| Change::Dropped(seen.by)).await
}

async fn settle(
    app: &App,
    seen: Seen,
    change: impl FnOnce(Seen) -> Change + std::marker::Send + 'static,
) -> AppResult<()> {
    app.db
        .write(move |tx| async move {
            store::find(tx.conn(), seen.office, seen.id).await?;
            store::change(&tx, seen.office, (seen.id, seen.version), change(seen)).await
        })
        .await
}

/// Sends a draft: its words are checked, fixed, and put into the outbox in one transaction.
///
/// # Errors
/// 404; 409 `stale`; 422 at `body` when it says who somebody is or where he lives.
pub async fn send(app: &App, seen: Seen) -> AppResult<()> {
    let row = store::find(app.db.read(), seen.office, seen.id).await?;
    if row.state != State::Draft || row.version != seen.version {
        return Err(AppError::conflict("stale"));
    }
    let found = traces(app, &row).await?;
    if !found.is_empty() {
        let found: Vec<_> = found.into_iter().map(|one| one.words).collect();
        let found = found.join("、");
        return Err(Faults::one("body", FieldFault::Identifies { found }).into());
    }
    // The version holds the words that were checked until they are sent.
    app.db
        .write(move |tx| async move {
            let job = Send {
                announcement: seen.id,
                text: row.body,
            };
            let message = outbox::enqueue(&tx, seen.office, &job).await?;
            let sent = Change::Sent(seen.by, message);
            store::change(&tx, seen.office, (seen.id, seen.version), sent).await
        })
        .await
}

/// 附议: a resident whom the office knows supports a suggestion, once and not his own.
///
/// # Errors
/// 403 `not_verified` for who left no telephone; 404 for what is not public; otherwise as the
/// guards say.
pub async fn second(
    app: &App,
    office: OfficeId,
    uid: &str,
    person: PersonId,
    once: Once,
) -> AppResult<Done<usize>> {
    let published = public::one(app, office, uid).await?;
    if published.kind != Kind::Suggestion {
        return Err(AppError::not_found());
    }
    if !store::reachable(app.db.read(), office, person).await? {
        return Err(AppError::forbidden_because("not_verified"));
    }
    let mut by = Actor::person(person, Channel::Qr);
    by.verified_resident = true;
    let (keys, case) = (app.keys.clone(), published.case);
    app.db
        .write_once(once, move |tx| async move {
            let command = Command::Second {};
            let state =
                case::commands::act_in(&tx, &keys, office, case, None, command, &by).await?;
            Ok(state.idea.map_or(0, |idea| idea.seconded_by.len()))
        })
        .await
}

/// The public words of a case and, for a suggestion, how it is deliberated.
pub async fn read(
    app: &App,
    office: OfficeId,
    uid: &str,
) -> AppResult<(public::Published, deliberation::Deliberation)> {
    let published = public::one(app, office, uid).await?;
    if published.kind != Kind::Suggestion {
        return Err(AppError::not_found());
    }
    let row = case::store::find(app.db.read(), office, published.case).await?;
    let read = deliberation::of(app, &row).await?;
    Ok((published, read))
}

/// Whether somebody supports a case already, or wrote it.
pub async fn part_of(
    app: &App,
    office: OfficeId,
    case: CaseId,
    person: PersonId,
) -> AppResult<&'static str> {
    let row = case::store::find(app.db.read(), office, case).await?;
    let state = case::store::state(&row)?;
    if state.person == Some(person) {
        return Ok("author");
    }
    let seconded = state
        .idea
        .is_some_and(|idea| idea.seconded_by.contains(&Who::Person(person)));
    Ok(if seconded { "supporter" } else { "" })
}

/// The category of what a seeker still needs.
const JOB_SEARCH: &str = "job_search";

/// 求职跟进: opens a request for each seeker that is not followed up yet; answers with how many.
/// One that is known already is left alone, whoever was faster.
pub async fn follow_up(
    app: &App,
    account: &account::Actor,
    fair: &fair::Model,
    seekers: Vec<registration::Model>,
) -> AppResult<usize> {
    let by = case::door::acting(app.db.read(), account).await?;
    let mut opened = 0;
    for seeker in seekers {
        let report = Report {
            office: account.office,
            read: follow_up_of(fair, &seeker)?,
            place: intake::Place {
                area: seeker.area_id,
                name: String::new(),
                site: None,
            },
            uploads: Vec::new(),
            by: By::Staff(account.account, by),
            row_hash: None,
        };
        match intake::commands::report(app, report, Once::unkeyed()).await {
            Ok(_) => opened += 1,
            Err(error) if error.code() == Some("source_known") => {}
            Err(error) => return Err(error),
        }
    }
    Ok(opened)
}

fn follow_up_of(fair: &fair::Model, seeker: &registration::Model) -> AppResult<Read> {
    let fault = |fault| AppError::from(Faults::one("fair", fault));
    let holes = [("fair", fair.title.as_str())];
    let say = |key: &str| text::say(Lang::Zh, &format!("notice.follow_up.{key}"), &holes);
    let reference = store::source_ref(fair.id, seeker.person_id);
    Ok(Read {
        kind: Kind::ResidentRequest,
        category: Code::new(JOB_SEARCH).map_err(fault)?,
        urgency: None,
        text: Text::new(&say("text")).map_err(fault)?,
        title: Some(Line::new(&say("title")).map_err(fault)?),
        channel: Channel::Web,
        address: None,
        point: None,
        said_at: None,
        speaker: Speaker::Known(seeker.person_id),
        on_behalf: false,
        parties: Vec::new(),
        source: Some((
            Code::new(store::FAIR).map_err(fault)?,
            Code::new(&reference).map_err(fault)?,
        )),
        then: Then::Nothing,
        shown: Vec::new(),
        attachments: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_addresses_are_passed_over_and_nothing_else() {
        let text = "见 http://a.test/board/13800138000 电话\n138 0013 8000";
        assert_eq!(
            without_addresses(text, "http://a.test"),
            "见  电话\n138 0013 8000"
        );
        assert_eq!(without_addresses("无", "http://a.test"), "无");
    }
}
