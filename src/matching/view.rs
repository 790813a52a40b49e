//! Matches as people see them.
use super::{
    commands,
    moves::{self, Side},
    pages::{Applicant, Entry, Evening, Job, Line, Meeting, Moves, Offered, Preset, Sheet},
    store::{self, Behind, Found},
};
use crate::{
    case::{FactLine, ListLine, store as ledger},
    domain::{
        case::{
            Action, CaseState, Check, Command, Event, Evidence, Part, PayUnit, ShareField, Solved,
            Visibility,
        },
        group::TargetGroup,
        id::{CaseId, OfficeId, PersonId},
        moment,
        posting::ContractType,
        ticket,
    },
    entity::{fair, posting, registration},
    error::{AppError, AppResult},
    fair as fairs,
    person::{self, Card},
    platform::{App, form::Form, page::View, text, text::Lang},
    posting as postings,
    seeker::ticket as tickets,
};
use anyhow::Context;
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::{BTreeMap, HashMap};

/// The evening as pages name it.
pub fn evening(fair: &fair::Model, now: DateTime<Utc>) -> Evening {
    use crate::domain::fair::{FairStatus, Stage};
    let stage = fairs::times(fair).stage(fair.status, now);
    Evening {
        slug: fair.slug.clone(),
        title: fair.title.clone(),
        venue: fair.venue.clone(),
        starts_at: fair.starts_at.to_rfc3339(),
        ends_at: fair.ends_at.to_rfc3339(),
        over: stage == Stage::Ended,
        cancelled: fair.status == FairStatus::Cancelled,
    }
}

/// Pay of a posting in the language.
pub fn pay(lang: Lang, posting: &posting::Model) -> String {
    postings::pay(&View::plain(lang), posting)
}

/// A posting in a list of those a seeker can choose from.
pub fn job(
    lang: Lang,
    posting: &posting::Model,
    (employer, booth): (&str, Option<&String>),
) -> Job {
    Job {
        id: posting.id.to_string(),
        title: posting.title.clone(),
        employer: employer.to_owned(),
        booth: booth.cloned(),
        pay: pay(lang, posting),
        headcount: posting.headcount,
        href: String::new(),
        taken: false,
    }
}

fn word(lang: Lang, key: &str) -> String {
    text::say::<&str>(lang, &format!("matching.{key}"), &[])
}

/// Everything that lines of matches are made of.
pub struct Shelf {
    pub behind: Behind,
    pub cards: HashMap<PersonId, Card>,
}

/// Gathers what stands behind a page of matches, in a few queries.
pub async fn shelf(app: &App, office: OfficeId, found: &[Found]) -> AppResult<Shelf> {
    let db = app.db.read();
    let people: Vec<PersonId> = found.iter().map(|one| one.row.person_id).collect();
    Ok(Shelf {
        behind: store::behind(db, office, found).await?,
        cards: person::cards(db, &app.keys, office, &people).await?,
    })
}

impl Shelf {
    pub fn posting(&self, found: &Found) -> AppResult<&posting::Model> {
        let posting = self.behind.postings.get(&found.row.posting_id);
        Ok(posting.context("a match without its posting")?)
    }

    pub fn fair(&self, found: &Found) -> AppResult<&fair::Model> {
        let fair = self.behind.fairs.get(&found.row.fair_id);
        Ok(fair.context("a match without its evening")?)
    }

    pub fn registration(&self, found: &Found) -> AppResult<&registration::Model> {
        let registration = self.behind.registrations.get(&found.row.registration_id);
        Ok(registration.context("a match without its ticket")?)
    }

    pub fn employer(&self, found: &Found) -> String {
        let name = self.behind.employers.get(&found.row.employer_id);
        name.cloned().unwrap_or_default()
    }

    /// Where the employer stands now.
    pub fn booth(&self, found: &Found) -> Option<String> {
        let at = (found.row.fair_id, found.row.employer_id);
        self.behind.booths.get(&at).cloned()
    }

    pub fn card(&self, found: &Found) -> Card {
        let card = self.cards.get(&found.row.person_id);
        card.cloned().unwrap_or_default()
    }

    /// A match as a line; its address is `root/number`.
    pub fn line(
        &self,
        lang: Lang,
        found: &Found,
        root: &str,
        now: DateTime<Utc>,
    ) -> AppResult<Line> {
        let state = ledger::state(&found.case)?;
        let (standing, tone) = moves::standing(&state);
        let (posting, card) = (self.posting(found)?, self.card(found));
        let due = employer_due(&state);
        Ok(Line {
            number: found.case.number.clone(),
            href: format!("{root}/{}", found.case.number),
            title: posting.title.clone(),
            employer: self.employer(found),
            booth: self.booth(found),
            pay: pay(lang, posting),
            name: shown_name(lang, &card),
            tail: card.tail,
            code: ticket::grouped(&self.registration(found)?.code),
            person: card.uid,
            state: standing,
            tone,
            late: due.is_some_and(|due| due < now),
            due: due.map(|due| due.to_rfc3339()),
            at: found.row.created_at.to_rfc3339(),
        })
    }
}

/// The masked name; somebody who withdrew has none.
pub fn shown_name(lang: Lang, card: &Card) -> String {
    if card.erased {
        word(lang, "nobody")
    } else {
        card.name.clone()
    }
}

/// By when the employer answers, while it has not.
fn employer_due(state: &CaseState) -> Option<DateTime<Utc>> {
    use crate::domain::case::Stage;
    let due = state.due.unit.as_ref()?.at;
    (state.stage == Stage::Dispatched).then_some(due)
}

/// Whose eyes read a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reader {
    pub lang: Lang,
    pub side: Side,
}

impl Reader {
    fn sees(self, event: &Event) -> bool {
        let own = match self.side {
            Side::Office | Side::Desk => return true,
            Side::Seeker => Part::Seeker,
            Side::Employer => Part::Employer,
        };
        event.visibility != Visibility::Internal || event.part == own
    }
}

/// One match with its timeline.
pub async fn sheet(app: &App, reader: Reader, found: &Found, shelf: &Shelf) -> AppResult<Sheet> {
    let (db, now, lang) = (app.db.read(), app.db.now(), reader.lang);
    let state = ledger::state(&found.case)?;
    let (standing, tone) = moves::standing(&state);
    let posting = shelf.posting(found)?;
    let texts = ledger::texts_of(db, &app.keys, found.case.id).await?;
    let (mut entries, mut meeting, mut offered) = (Vec::new(), None, None);
    for row in ledger::events(db, found.case.id).await? {
        let event = ledger::event(&row)?;
        let words = row.text_id.and_then(|id| texts.get(&id));
        match &event.payload.data {
            Command::InterviewSet { interview_at, .. } => {
                meeting = Some(Meeting {
                    at: interview_at.to_rfc3339(),
                    place: said(words, &["place", "live_link"]),
                });
            }
            Command::Offer { .. } => offered = offer_words(lang, &event.payload.data),
            _ => {}
        }
        if reader.sees(&event) {
            entries.push(entry(lang, &event, words));
        }
    }
    entries.reverse();
    let due = employer_due(&state);
    let job = state.job.as_ref();
    Ok(Sheet {
        number: found.case.number.clone(),
        seq: state.seq,
        title: posting.title.clone(),
        pay: pay(lang, posting),
        employer: shelf.employer(found),
        booth: shelf.booth(found),
        evening: evening(shelf.fair(found)?, now),
        state: standing,
        tone,
        stage: state.stage.code(),
        late: due.is_some_and(|due| due < now),
        employer_due: due.map(|due| due.to_rfc3339()),
        meeting,
        offered,
        started_on: job
            .and_then(|job| job.started_on)
            .map(|day| day.to_string()),
        evidence: job
            .and_then(|job| job.verified_evidence.or(job.evidence))
            .map(Evidence::code),
        entries,
    })
}

type Words = BTreeMap<String, String>;

fn said(words: Option<&Words>, fields: &[&str]) -> String {
    let found = fields.iter().filter_map(|field| words?.get(*field));
    found.cloned().collect::<Vec<_>>().join(" ")
}

fn offer_words(lang: Lang, command: &Command) -> Option<Offered> {
    let Command::Offer {
        pay,
        pay_unit,
        start_on,
        contract,
    } = command
    else {
        return None;
    };
    let unit = text::say::<&str>(lang, &format!("pay_unit.{}", pay_unit.code()), &[]);
    let holes = [("min", pay.to_string()), ("unit", unit)];
    Some(Offered {
        pay: text::say(lang, "pay.fixed", &holes),
        start_on: start_on.to_string(),
        contract: word(lang, &format!("contract.{}", contract.code())),
    })
}

fn entry(lang: Lang, event: &Event, words: Option<&Words>) -> Entry {
    let mut texts: Vec<String> = detail(lang, &event.payload.data).into_iter().collect();
    let spoken = words.into_iter().flat_map(BTreeMap::values);
    texts.extend(spoken.filter(|text| !text.trim().is_empty()).cloned());
    Entry {
        title: word(lang, &format!("event.{}", event.action.code())),
        by: word(lang, &format!("part.{}", event.part.code())),
        at: event.at.to_rfc3339(),
        text: (!texts.is_empty()).then(|| texts.join("\n")),
        tone: tone(event.action),
    }
}

fn tone(action: Action) -> &'static str {
    match action {
        Action::OfferAccept | Action::VerifyPass | Action::Close | Action::Retention => "ok",
        Action::Reject
        | Action::NotSelected
        | Action::OfferDecline
        | Action::Expire
        | Action::VerifyFail
        | Action::Withdraw
        | Action::Escalate
        | Action::Supervise => "bad",
        _ => "",
    }
}

/// The codes and dates of an action in words.
fn detail(lang: Lang, command: &Command) -> Option<String> {
    let of = |list: &str, code: &str| Some(word(lang, &format!("{list}.{code}")));
    match command {
        Command::Interest { channel, .. } => of("channel", channel.code()),
        Command::InterviewSet { interview_at, .. } => Some(local(lang, *interview_at)),
        Command::Interviewed { attended, .. } => of("attended", attended.code()),
        Command::Offer { start_on, .. } => offer_words(lang, command).map(|offer| {
            let start = day(lang, *start_on);
            let holes = [
                ("pay", offer.pay),
                ("day", start),
                ("contract", offer.contract),
            ];
            text::say(lang, "matching.offer_line", &holes)
        }),
        Command::NotSelected { reason, .. } => of("not_selected", reason.code()),
        Command::OfferDecline { reason, .. } => of("decline", reason.code()),
        Command::WithdrawMatch { reason, .. } => of("withdraw", reason.code()),
        Command::RejectMatch { reason, .. } => of("reject", reason.code()),
        Command::Complain { complaint, .. } => of("complaint", complaint.code()),
        Command::ClaimStart {
            started_on,
            evidence,
            ..
        } => Some(format!(
            "{} · {}",
            day(lang, *started_on),
            word(lang, &format!("evidence.{}", evidence.code()))
        )),
        Command::ConfirmStart { evidence, .. } => of("evidence", evidence.code()),
        Command::CallSeeker {
            reached, at_work, ..
        } => {
            let key = match (reached, at_work.map(Solved::code)) {
                (false, _) => "called.unreached",
                (true, Some("yes")) => "called.at_work",
                (true, _) => "called.not_at_work",
            };
            Some(word(lang, key))
        }
        Command::ClosePlacement { placed_on } => Some(day(lang, *placed_on)),
        Command::Retention { check, result, .. } => Some(format!(
            "{} · {}",
            word(lang, &format!("check.{}", check.code())),
            word(lang, &format!("retained.{}", result.code()))
        )),
        _ => None,
    }
}

fn day(lang: Lang, day: NaiveDate) -> String {
    let form = match lang {
        Lang::Zh => "%-m月%-d日",
        Lang::En => "%-d %b",
    };
    day.format(form).to_string()
}

fn local(lang: Lang, at: DateTime<Utc>) -> String {
    let form = match lang {
        Lang::Zh => "%-m月%-d日 %H:%M",
        Lang::En => "%-d %b %H:%M",
    };
    crate::platform::clock::beijing(at).format(form).to_string()
}

/// The moves of a side on its page.
pub fn moves_of(
    app: &App,
    found: &Found,
    shelf: &Shelf,
    (side, url): (Side, String),
) -> AppResult<Moves> {
    let state = ledger::state(&found.case)?;
    let today = moment::today(app.db.now());
    Ok(Moves {
        url,
        seq: state.seq,
        may: moves::moves(&state, side, today),
        asked: String::new(),
        form: Form::blank(),
        preset: preset(app, found, shelf, &state)?,
        on_behalf: matches!(side, Side::Office | Side::Desk),
        own: side == Side::Seeker,
    })
}

fn preset(app: &App, found: &Found, shelf: &Shelf, state: &CaseState) -> AppResult<Preset> {
    let posting = shelf.posting(found)?;
    let today = moment::today(app.db.now());
    let job = state.job.as_ref();
    let start = job.and_then(|job| job.start_on).unwrap_or(today);
    let started = job.and_then(|job| job.started_on).unwrap_or(start);
    let open = state.follow_ups.iter().find(|one| one.result.is_none());
    let ninety = open.is_some_and(|one| one.what == Check::Ninety.follow_up());
    Ok(Preset {
        pay: (posting.pay_min / 100).to_string(),
        unit: unit(posting).to_owned(),
        contract: contract(posting.contract_type).to_owned(),
        start_on: today.succ_opt().unwrap_or(today).to_string(),
        today: today.to_string(),
        started_on: started.min(today).to_string(),
        check: if ninety { "90" } else { "30" }.to_owned(),
        place: shelf.booth(found).unwrap_or_default(),
    })
}

fn unit(posting: &posting::Model) -> &'static str {
    let unit = PayUnit::from_code(&posting.pay_unit.code());
    unit.unwrap_or(PayUnit::Month).code()
}

fn contract(of: ContractType) -> &'static str {
    match of {
        ContractType::PartTime => "part_time",
        ContractType::Dispatch => "agency",
        ContractType::Trainee => "trainee",
        ContractType::Service => "flexible",
        _ => "full_time",
    }
}

/// Who applies, as far as the employer may see it now.
pub async fn applicant(
    app: &App,
    lang: Lang,
    found: &Found,
    shelf: &Shelf,
) -> AppResult<Applicant> {
    let shared = commands::shown_to_employer(app, found).await?;
    let (card, ticket) = (shelf.card(found), shelf.registration(found)?);
    let mut name = shown_name(lang, &card);
    if shared.contains(&ShareField::Name) && !card.erased {
        let (office, person) = (found.row.office_id, found.row.person_id);
        let contact = person::contact_of(app.db.read(), &app.keys, office, person).await?;
        name = contact.map_or(name, |contact| contact.name.in_full().to_owned());
    }
    let wanted = Some(ticket.wanted.clone()).filter(|text| !text.is_empty());
    let groups = tickets::groups(&ticket.groups);
    Ok(Applicant {
        name,
        code: ticket::grouped(&ticket.code),
        number: format!("{:04}", ticket.number),
        wanted: wanted.filter(|_| shared.contains(&ShareField::Wanted)),
        groups: groups
            .into_iter()
            .filter(|group| !group.is_sensitive() && shared.contains(&ShareField::Wanted))
            .map(TargetGroup::code)
            .collect(),
        shared: shared.iter().map(|field| field.code().to_owned()).collect(),
        phone: None,
    })
}

/// Pages of others that the reader may open from a match.
#[derive(Clone, Copy, Debug)]
pub struct Links {
    pub employer: bool,
    pub person: bool,
}

/// Facts of a match for the page of its case. The office sees where the person's page lies; the
/// two parties see what the other lets them see.
pub async fn case_facts(
    app: &App,
    reader: Reader,
    links: Links,
    found: &Found,
) -> AppResult<Vec<FactLine>> {
    let shelf = shelf(app, found.row.office_id, std::slice::from_ref(found)).await?;
    let (lang, posting, fair) = (reader.lang, shelf.posting(found)?, shelf.fair(found)?);
    let card = shelf.card(found);
    let shared = commands::shown_to_employer(app, found).await?;
    let shared: Vec<String> = shared
        .iter()
        .map(|field| word(lang, &format!("share.{}", field.code())))
        .collect();
    let shown = |text: String| {
        if text.is_empty() {
            word(lang, "nothing")
        } else {
            text
        }
    };
    let public = format!("/f/{}/postings/{}", fair.slug, posting.id);
    let fact = |key: &str, value: String, href: Option<String>| FactLine {
        label: word(lang, key),
        value,
        href,
    };
    Ok(vec![
        fact("fact.posting", posting.title.clone(), Some(public)),
        fact("fact.pay", pay(lang, posting), None),
        fact(
            "fact.employer",
            shelf.employer(found),
            links
                .employer
                .then(|| format!("/office/employers/{}", found.row.employer_id)),
        ),
        fact(
            "fact.booth",
            shown(shelf.booth(found).unwrap_or_default()),
            None,
        ),
        fact(
            "fact.seeker",
            shown_name(lang, &card),
            (links.person && !card.erased).then(|| format!("/office/persons/{}", card.uid)),
        ),
        fact(
            "fact.ticket",
            ticket::grouped(&shelf.registration(found)?.code),
            None,
        ),
        fact("fact.shared", shown(shared.join(" · ")), None),
        fact(
            "fact.evening",
            fair.title.clone(),
            Some(format!("/f/{}", fair.slug)),
        ),
    ])
}

/// Lines of a page of the ledger, by case; cases that are no matches have none.
pub async fn case_lines(
    app: &App,
    (lang, office): (Lang, OfficeId),
    cases: &[CaseId],
) -> AppResult<HashMap<CaseId, ListLine>> {
    let found = store::by_cases(app.db.read(), office, cases).await?;
    let shelf = shelf(app, office, &found).await?;
    let line = |one: &Found| {
        let (employer, booth) = (shelf.employer(one), shelf.booth(one).unwrap_or_default());
        let source = match shelf.registration(one) {
            Ok(ticket) => ticket.channel.clone(),
            Err(_) => String::new(),
        };
        let source = text::find::<&str>(lang, &format!("seeker.channel.{source}"), &[]);
        let with_employer = commands::is_with_employer(one.case.stage);
        ListLine {
            who: shown_name(lang, &shelf.card(one)),
            // The title names the employer already.
            note: booth,
            source: source.unwrap_or_default(),
            lead: if with_employer {
                employer
            } else {
                String::new()
            },
        }
    };
    Ok(found
        .iter()
        .map(|one| (one.row.case_id, line(one)))
        .collect())
}

/// Why the ledger refused, in words for the page; field faults and failures go on.
///
/// # Errors
/// The error itself when it is not a refusal.
pub fn refusal(lang: Lang, error: AppError) -> AppResult<(axum::http::StatusCode, String)> {
    let AppError::Problem(problem) = error else {
        return Err(error);
    };
    let told = [403, 409].contains(&problem.status.as_u16()) && problem.errors.is_empty();
    if !told {
        return Err(AppError::Problem(problem));
    }
    let guard = problem.extra.get("guard").and_then(|guard| guard.as_str());
    let words =
        guard.and_then(|guard| text::find::<&str>(lang, &format!("matching.guard.{guard}"), &[]));
    let words = words.unwrap_or_else(|| crate::platform::page::problem_text(lang, &problem));
    Ok((problem.status, words))
}
