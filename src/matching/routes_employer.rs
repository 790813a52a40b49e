//! What an employer does, on a phone at its booth.
use super::{
    commands::{self, Interest},
    form, hooks,
    moves::Side,
    pages::{Choice, EmployerMatchPage, Holder, QueuePage, ScanPage, Tab, choices},
    routes_seeker::{Said, again, cursor, next_of, said},
    store::{self, Found, Wanted},
    view::{self, Reader},
};
use crate::{
    account::Actor,
    case::{door, store as ledger},
    domain::{
        case::{Attended, InterestChannel, Stage, Step},
        fault::{Faults, FieldFault},
        id::{EmployerId, PostingId},
        ticket::{self as codes, Code},
    },
    entity::participation,
    error::{AppError, AppResult},
    fair::booth_store,
    person,
    platform::{
        App,
        api::Query,
        form::{Form, Sent},
        page::View,
        text::Lang,
    },
    seeker::ticket::{self, Ticket},
};
use axum::{
    extract::{ConnectInfo, Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use std::net::SocketAddr;

pub(super) const LIST: &str = "/employer/matches";
const PAGE: u64 = 30;

/// A tab of the queue: its name, the stages and the steps in it.
struct Shelf(&'static str, &'static [Stage], &'static [Step]);

const TABS: &[Shelf] = &[
    Shelf("answer", &[Stage::Dispatched], &[]),
    Shelf(
        "talk",
        &[Stage::Handling],
        &[Step::Shortlisted, Step::InterviewSet, Step::Interviewed],
    ),
    Shelf(
        "offered",
        &[Stage::Handling],
        &[Step::Offered, Step::OfferAccepted],
    ),
    Shelf("started", &[Stage::Verifying], &[]),
    Shelf("waiting", &[Stage::Registered, Stage::Accepted], &[]),
    Shelf(
        "ended",
        &[Stage::Closed, Stage::Rejected, Stage::Withdrawn],
        &[],
    ),
];

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    tab: String,
    posting: String,
    q: String,
    cursor: String,
}

impl Asked {
    fn at(&self, tab: &str, cursor: &str) -> String {
        let all = percent_encoding::NON_ALPHANUMERIC;
        let q = percent_encoding::utf8_percent_encode(&self.q, all);
        let posting: String = self.posting.chars().filter(char::is_ascii_digit).collect();
        format!("{LIST}?tab={tab}&posting={posting}&q={q}&cursor={cursor}")
    }
}

pub async fn queue(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Query(mut asked): Query<Asked>,
) -> AppResult<Response> {
    asked.q = asked.q.chars().take(60).collect();
    let employer = actor.employer()?;
    let (db, now) = (app.db.read(), app.db.now());
    let tab = TABS.iter().find(|tab| tab.0 == asked.tab);
    let registrations = match asked.q.trim() {
        "" => None,
        code => Some(match Code::parse(code) {
            Ok(code) => ticket::ids_by_code(&app, actor.office, &code).await?,
            Err(_) => Vec::new(),
        }),
    };
    // A search looks everywhere; without one the queue begins with what is to be answered.
    let tab = tab.or(match registrations {
        None => TABS.first(),
        Some(_) => None,
    });
    let everything = Wanted {
        employer: Some(employer),
        posting: asked.posting.parse().ok(),
        registrations,
        ..Wanted::default()
    };
    let wanted = Wanted {
        stages: tab.map(|tab| tab.1.to_vec()).unwrap_or_default(),
        steps: tab.map(|tab| tab.2.to_vec()).unwrap_or_default(),
        ..everything.clone()
    };
    let before = cursor(&asked.cursor)?;
    let mut found = store::list(db, actor.office, &wanted, before, PAGE + 1).await?;
    let next = next_of(&mut found, |one| one.row.case_id.0);
    let shelf = view::shelf(&app, actor.office, &found).await?;
    let lines = found
        .iter()
        .map(|one| shelf.line(view.lang, one, LIST, now))
        .collect::<AppResult<_>>()?;
    let name = tab.map_or("", |tab| tab.0);
    view.show(QueuePage {
        tabs: tabs(&app, &view, &actor, &everything, (&asked, name)).await?,
        lines,
        postings: postings(&app, &actor, employer).await?,
        next: next.map(|next| asked.at(name, &next)),
        first: before.map(|_| asked.at(name, "")),
        posting: asked.posting,
        tab: name,
        q: asked.q,
    })
}

async fn tabs(
    app: &App,
    view: &View,
    actor: &Actor,
    everything: &Wanted,
    (asked, current): (&Asked, &str),
) -> AppResult<Vec<Tab>> {
    let counts = store::counts(app.db.read(), actor.office, everything).await?;
    let holds = |tab: &Shelf, stage: &Stage, step: &Option<Step>| {
        let at_step = step.is_some_and(|step| tab.2.contains(&step));
        tab.1.contains(stage) && (tab.2.is_empty() || at_step)
    };
    Ok(TABS
        .iter()
        .map(|tab| Tab {
            label: view.say::<&str>(&format!("matching.tab.{}", tab.0), &[]),
            href: asked.at(tab.0, ""),
            current: tab.0 == current,
            count: Some(
                counts
                    .iter()
                    .filter(|(stage, step, _)| holds(tab, stage, step))
                    .map(|(_, _, n)| n)
                    .sum(),
            ),
        })
        .collect())
}

async fn postings(app: &App, actor: &Actor, employer: EmployerId) -> AppResult<Vec<Choice>> {
    let titles = store::posting_titles(app.db.read(), actor.office, employer).await?;
    let choice = |(id, label): (PostingId, String)| Choice {
        value: id.to_string(),
        label,
    };
    Ok(titles.into_iter().map(choice).collect())
}

/// The employer's own match.
///
/// # Errors
/// 404 for another employer's.
pub async fn own(app: &App, actor: &Actor, number: &str) -> AppResult<Found> {
    let found = store::by_number(app.db.read(), actor.office, number).await?;
    if found.row.employer_id == actor.employer()? {
        Ok(found)
    } else {
        Err(AppError::not_found())
    }
}

pub async fn one(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(number): Path<String>,
    Query(query): Query<Said>,
) -> AppResult<Response> {
    let found = own(&app, &actor, &number).await?;
    let mut page = match_page(&app, view.lang, &actor, &found).await?;
    page.said = said(&query.said);
    view.show(page)
}

/// Not referred to the employer yet.
pub(super) fn waits(stage: Stage) -> bool {
    matches!(stage, Stage::Registered | Stage::Accepted)
}

async fn match_page(
    app: &App,
    lang: Lang,
    actor: &Actor,
    found: &Found,
) -> AppResult<EmployerMatchPage> {
    let shelf = view::shelf(app, actor.office, std::slice::from_ref(found)).await?;
    let side = Side::Employer;
    let url = format!("{LIST}/{}", found.case.number);
    let stage = ledger::state(&found.case)?.stage;
    Ok(EmployerMatchPage {
        sheet: view::sheet(app, Reader { lang, side }, found, &shelf).await?,
        who: view::applicant(app, lang, found, &shelf).await?,
        moves: view::moves_of(app, found, &shelf, (side, url))?,
        choices: choices(lang),
        rating: found.row.rating,
        waits: waits(stage),
        trouble: None,
        said: None,
    })
}

pub async fn act(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(number): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let found = own(&app, &actor, &number).await?;
    match carry_out(&app, &actor, &found, &sent).await {
        Ok(()) => {
            let to = format!("{LIST}/{number}?said=act");
            Ok(Redirect::to(&to).into_response())
        }
        Err(error) => {
            let found = own(&app, &actor, &number).await?;
            let mut page = match_page(&app, view.lang, &actor, &found).await?;
            let again = again(view.lang, &sent, error, &mut page.moves)?;
            page.trouble = again.1;
            view.show_with(again.0, page)
        }
    }
}

pub(super) async fn carry_out(
    app: &App,
    actor: &Actor,
    found: &Found,
    sent: &Sent,
) -> AppResult<()> {
    let by = door::acting(app.db.read(), actor).await?;
    let once = sent.once(&format!("account:{} {}", actor.account, found.case.number))?;
    if form::is_met(sent) {
        let shelf = view::shelf(app, actor.office, std::slice::from_ref(found)).await?;
        let place = shelf
            .booth(found)
            .unwrap_or(shelf.fair(found)?.venue.clone());
        let met = (form::seq(sent), place, Attended::Yes);
        return commands::met(app, found, by, met, once).await;
    }
    let action = form::action(sent, Side::Employer)?;
    commands::act(app, found, by, action, once).await
}

/// Opens the number, when it is shared; it is shown once and stands in the access record.
pub async fn phone(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(number): Path<String>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
) -> AppResult<Response> {
    let found = own(&app, &actor, &number).await?;
    let opened = commands::open_phone(&app, &actor, &found, peer.ip().to_string()).await;
    let mut page = match_page(&app, view.lang, &actor, &found).await?;
    match opened {
        Ok(phone) => {
            page.who.phone = Some(phone);
            view.show(page)
        }
        Err(error) => {
            let (status, words) = view::refusal(view.lang, error)?;
            page.trouble = Some(words);
            view.show_with(status, page)
        }
    }
}

pub async fn rate(
    State(app): State<App>,
    actor: Actor,
    Path(number): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let found = own(&app, &actor, &number).await?;
    let stars = sent.get("rating").parse().unwrap_or(0);
    let stars = form::rating(stars).map_err(|fault| Faults::one("rating", fault))?;
    commands::rate(&app, &found, stars).await?;
    let to = format!("{LIST}/{number}?said=rating");
    Ok(Redirect::to(&to).into_response())
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Entry {
    entry: String,
}

fn blank(entry: &str) -> ScanPage {
    ScanPage {
        entry: entry.chars().take(300).collect(),
        found: None,
        lines: Vec::new(),
        postings: Vec::new(),
        trouble: None,
        form: Form::blank(),
    }
}

/// A code is typed or a ticket's link opened: one match is shown at once, else one is chosen.
pub async fn scan(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Query(asked): Query<Entry>,
) -> AppResult<Response> {
    if asked.entry.trim().is_empty() {
        return view.show(blank(""));
    }
    let Some(ticket) = ticket_of(&app, &actor, &asked.entry).await? else {
        let mut page = blank(&asked.entry);
        page.trouble = Some(view.say::<&str>("matching.scan.nobody", &[]));
        return view.show_with(StatusCode::NOT_FOUND, page);
    };
    let found = store::with_employer(app.db.read(), ticket.id, actor.employer()?).await?;
    let open: Vec<&Found> = found.iter().filter(|one| one.row.open).collect();
    if let [only] = open[..] {
        let to = format!("{LIST}/{}", only.case.number);
        return Ok(Redirect::to(&to).into_response());
    }
    view.show(scan_page(&app, view.lang, &actor, (&asked.entry, &ticket)).await?)
}

async fn scan_page(
    app: &App,
    lang: Lang,
    actor: &Actor,
    (entry, ticket): (&str, &Ticket),
) -> AppResult<ScanPage> {
    let (db, now) = (app.db.read(), app.db.now());
    let employer = actor.employer()?;
    let card = person::card(db, &app.keys, actor.office, ticket.person).await?;
    let found = store::with_employer(db, ticket.id, employer).await?;
    let shelf = view::shelf(app, actor.office, &found).await?;
    let taken = |id: PostingId| {
        found
            .iter()
            .any(|one| one.row.open && one.row.posting_id == id)
    };
    let postings = store::published(db, ticket.fair, Some(employer)).await?;
    let postings = postings.into_iter().filter(|row| !taken(row.id));
    Ok(ScanPage {
        found: Some(Holder {
            name: view::shown_name(lang, &card),
            code: codes::grouped(&ticket.code),
            number: format!("{:04}", ticket.number),
        }),
        lines: found
            .iter()
            .map(|one| shelf.line(lang, one, LIST, now))
            .collect::<AppResult<_>>()?,
        postings: postings
            .map(|row| Choice {
                value: row.id.to_string(),
                label: row.title,
            })
            .collect(),
        ..blank(entry)
    })
}

/// The ticket that an employer has before it, of an evening at which it has a place.
pub async fn ticket_of(app: &App, actor: &Actor, raw: &str) -> AppResult<Option<Ticket>> {
    let places = places(app, actor).await?;
    let by_secret = ticket::by_secret(app, actor.office, raw).await;
    match by_secret {
        Ok(found) => {
            let here = places.iter().any(|place| place.fair_id == found.fair);
            return Ok(Some(found).filter(|_| here));
        }
        Err(AppError::Internal(error)) => return Err(error.into()),
        Err(_) => {}
    }
    for place in places {
        match ticket::by_code(app, place.fair_id, raw).await {
            Ok(found) => return Ok(Some(found)),
            Err(AppError::Internal(error)) => return Err(error.into()),
            Err(_) => {}
        }
    }
    Ok(None)
}

/// Where the employer stands or stood, at evenings that may still concern it.
async fn places(app: &App, actor: &Actor) -> AppResult<Vec<participation::Model>> {
    let employer = actor.employer()?;
    let mut places = booth_store::of_employer(app.db.read(), actor.office, employer).await?;
    places.retain(|place| place.active);
    places.truncate(20);
    Ok(places)
}

/// Records that the holder of a ticket is interested, by presenting it at the booth.
pub async fn record(
    State(app): State<App>,
    view: View,
    actor: Actor,
    sent: Sent,
) -> AppResult<Response> {
    let entry = sent.get("entry");
    let ticket = ticket_of(&app, &actor, entry).await?;
    let ticket = ticket.ok_or_else(AppError::not_found)?;
    match open(&app, &actor, &ticket, &sent).await {
        Ok(number) => Ok(Redirect::to(&format!("{LIST}/{number}?said=interest")).into_response()),
        Err(error) => {
            let mut page = scan_page(&app, view.lang, &actor, (entry, &ticket)).await?;
            page.form = Form::again(view.lang, &sent, &error);
            let status = if error.field_errors().is_empty() {
                let (status, words) = view::refusal(view.lang, error)?;
                page.trouble = Some(words);
                status
            } else {
                StatusCode::UNPROCESSABLE_ENTITY
            };
            view.show_with(status, page)
        }
    }
}

pub(super) async fn open(
    app: &App,
    actor: &Actor,
    ticket: &Ticket,
    sent: &Sent,
) -> AppResult<String> {
    let asked: Result<PostingId, _> = sent.get("posting").parse();
    let posting = asked.map_err(|_| Faults::one("posting", FieldFault::Required))?;
    own_posting(app, actor, ticket, posting).await?;
    let new = presented(actor, ticket, posting);
    let once = sent.once(&format!("scan {} {}", actor.account, ticket.id))?;
    let by = door::holder(ticket.person);
    let done = commands::interest(app, actor.office, by, once, new).await?;
    Ok(done.value.number)
}

/// Somebody shows the ticket at the booth: an interest of the holder that shares nothing new.
pub fn presented(actor: &Actor, ticket: &Ticket, posting: PostingId) -> Interest {
    Interest {
        registration: ticket.id,
        posting,
        channel: InterestChannel::Qr,
        share: None,
        rating: None,
        note: None,
        scanned_by: Some(actor.account),
    }
}

/// # Errors
/// 422 when the posting is not one of the employer's at the ticket's evening.
pub async fn own_posting(
    app: &App,
    actor: &Actor,
    ticket: &Ticket,
    posting: PostingId,
) -> AppResult<()> {
    let (db, employer) = (app.db.read(), actor.employer()?);
    let row = crate::posting::store::find(db, actor.office, posting).await;
    let own = row.is_ok_and(|row| row.employer_id == employer && row.fair_id == ticket.fair);
    if own {
        Ok(())
    } else {
        Err(Faults::one("posting", FieldFault::NotFound).into())
    }
}

/// The evening of an address, when the employer has a place there.
///
/// # Errors
/// 404 otherwise.
pub async fn evening_of(
    app: &App,
    actor: &Actor,
    slug: &str,
) -> AppResult<crate::entity::fair::Model> {
    let fair = hooks::announced(app, actor, slug).await?;
    let here = places(app, actor)
        .await?
        .iter()
        .any(|p| p.fair_id == fair.id);
    if here {
        Ok(fair)
    } else {
        Err(AppError::not_found())
    }
}
