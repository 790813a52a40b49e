//! What a seeker does: at the booth's code, from the ticket, and in a match.
use super::{
    commands::{self, Interest},
    form::{self, Share, Through},
    moves::Side,
    pages::{
        BoothPage, IdentifyPage, InterestPage, Job, JobsPage, Moves, SeekerMatchPage, choices,
    },
    store::{self, Found},
    view::{self, Reader},
};
use crate::{
    case::door,
    domain::{
        case::InterestChannel,
        id::{EmployerId, PostingId},
        ticket::{Code, Secret},
    },
    entity::{fair, posting},
    error::{AppError, AppResult},
    fair::store as fairs,
    person::{
        self,
        consent::{self, Notice, Purpose},
    },
    platform::{
        App,
        api::Query,
        form::{Form, Sent},
        page::{self, View, sealed},
        text::Lang,
    },
    posting::store::{self as postings, Wanted},
    queue::{self, stand},
    seeker::ticket::{self, Ticket},
};
use axum::{
    extract::{ConnectInfo, Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use axum_extra::extract::cookie::CookieJar;
use serde::Deserialize;
use std::{collections::HashMap, net::SocketAddr};

type Peer = ConnectInfo<SocketAddr>;

const PAGE: u64 = 30;

/// A ticket with its evening, and the address below which its pages lie.
struct Held {
    ticket: Ticket,
    fair: fair::Model,
    base: String,
}

async fn held(app: &App, raw: &str, peer: Peer) -> AppResult<Held> {
    let office = app.settings.office;
    let ticket = ticket::open(app, raw, peer.0.ip()).await?;
    let fair = fairs::find_by_id(app.db.read(), office, ticket.fair).await?;
    let base = ticket::base(app, ticket.id).await?;
    Ok(Held { ticket, fair, base })
}

/// The page behind the code at a booth: it follows the employer, wherever it stands.
pub async fn booth(
    State(app): State<App>,
    view: View,
    Path(code): Path<String>,
) -> AppResult<Response> {
    let stand = stand::by_code(&app, &code).await?;
    let (db, now) = (app.db.read(), app.db.now());
    let (fair, place) = (&stand.fair, &stand.row);
    let employer = store::employer(db, fair.office_id, place.employer_id).await?;
    let rows = postings::visible_of(db, fair, place.employer_id, now).await?;
    let jobs = rows.iter().map(|row| Job {
        href: format!("/f/{}/interest/{}?b={}", fair.slug, row.id, place.code),
        ..view::job(view.lang, row, (&employer.name, stand.booth.as_ref()))
    });
    let line = match stand.is_open(now) {
        Ok(()) => Some(queue::view::board(&app, &stand).await?),
        Err(_) => None,
    };
    let page = BoothPage {
        jobs: jobs.collect(),
        evening: view::evening(fair, now),
        line,
        code: place.code.clone(),
        employer: employer.name,
        intro: employer.intro,
        booth: stand.booth.clone(),
    };
    view.show(page)
}

/// Which booth led here.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct From {
    b: String,
    /// The telephone is in somebody else's hand.
    other: String,
}

/// A posting of an evening that the public sees.
async fn public(app: &App, slug: &str, id: &str) -> AppResult<(fair::Model, posting::Model)> {
    let (db, now) = (app.db.read(), app.db.now());
    let fair = postings::public_fair(db, app.settings.office, slug).await?;
    let id: PostingId = id.parse().map_err(|_| AppError::not_found())?;
    let posting = postings::find_visible(db, &fair, id, now).await?;
    Ok((fair, posting))
}

async fn job_of(app: &App, lang: Lang, fair: &fair::Model, row: &posting::Model) -> AppResult<Job> {
    let stands = postings::stands(app.db.read(), Some(fair.id), std::slice::from_ref(row)).await?;
    let stand = stands
        .get(&row.employer_id)
        .ok_or_else(AppError::not_found)?;
    let beside = (stand.employer.name.as_str(), stand.booth.as_ref());
    Ok(view::job(lang, row, beside))
}

/// One tap for a telephone that knows its ticket; the others say who they are.
pub async fn who(
    State(app): State<App>,
    view: View,
    jar: CookieJar,
    Path((slug, id)): Path<(String, String)>,
    Query(from): Query<From>,
) -> AppResult<Response> {
    let (fair, posting) = public(&app, &slug, &id).await?;
    if from.other.is_empty()
        && let Some(ticket) = ticket::remembered(&app, &jar).await?
        && ticket.fair == fair.id
    {
        let base = ticket::base(&app, ticket.id).await?;
        let to = format!("{base}/interest/{}", posting.id);
        return Ok(sealed(Redirect::to(&to).into_response()));
    }
    view.show(unknown(&app, view.lang, (&fair, &posting, &from.b)).await?)
}

async fn unknown(
    app: &App,
    lang: Lang,
    (fair, posting, booth): (&fair::Model, &posting::Model, &str),
) -> AppResult<IdentifyPage> {
    let code = Code::parse(booth).map(Code::into_string);
    let register_href = match code {
        Ok(code) => format!("/f/{}/register?b={code}", fair.slug),
        Err(_) => format!("/f/{}/register", fair.slug),
    };
    Ok(IdentifyPage {
        evening: view::evening(fair, app.db.now()),
        job: job_of(app, lang, fair, posting).await?,
        register_href,
        form: Form::blank(),
    })
}

/// Code and last four digits, as they stand on the ticket; each code can be tried a few times.
pub async fn identify(
    State(app): State<App>,
    view: View,
    Path((slug, id)): Path<(String, String)>,
    peer: Peer,
    Query(from): Query<From>,
    sent: Sent,
) -> AppResult<Response> {
    let (fair, posting) = public(&app, &slug, &id).await?;
    match ticket::recognise(&app, &fair, peer.0.ip(), &sent).await {
        Ok(ticket) => {
            let base = ticket::base(&app, ticket.id).await?;
            let secret = Secret::parse(ticket::last_part(&base));
            let secret = secret.map_err(|_| AppError::not_found())?;
            let jar = CookieJar::new().add(ticket::remember(&app, &secret));
            let to = Redirect::to(&format!("{base}/interest/{}", posting.id));
            Ok(sealed((jar, to).into_response()))
        }
        Err(error) => {
            let mut page = unknown(&app, view.lang, (&fair, &posting, &from.b)).await?;
            page.form = Form::retry(view.lang, &sent, error)?;
            view.show_with(StatusCode::UNPROCESSABLE_ENTITY, page)
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
    cursor: String,
}

/// The postings of the evening, for the holder of a ticket.
pub async fn jobs(
    State(app): State<App>,
    view: View,
    Path(secret): Path<String>,
    peer: Peer,
    Query(asked): Query<Asked>,
) -> AppResult<Response> {
    let held = held(&app, &secret, peer).await?;
    let (db, now) = (app.db.read(), app.db.now());
    let wanted = Wanted {
        words: asked.q.chars().take(60).collect(),
        ..Wanted::default()
    };
    let before = cursor(&asked.cursor)?;
    let mut rows = postings::visible_list(db, &held.fair, &wanted, now, before, PAGE + 1).await?;
    let next = next_of(&mut rows, |row| row.id.0);
    let stands = postings::stands(db, Some(held.fair.id), &rows).await?;
    let taken = open_numbers(&app, &held).await?;
    let jobs = rows.iter().filter_map(|row| {
        let stand = stands.get(&row.employer_id)?;
        let job = view::job(view.lang, row, (&stand.employer.name, stand.booth.as_ref()));
        let number = taken.get(&row.id);
        Some(Job {
            taken: number.is_some(),
            href: match number {
                Some(number) => format!("{}/matches/{number}", held.base),
                None => format!("{}/interest/{}", held.base, row.id),
            },
            ..job
        })
    });
    let q = encode(&wanted.words);
    let at = |cursor: &str| format!("{}/jobs?q={q}&cursor={cursor}", held.base);
    let page = JobsPage {
        evening: view::evening(&held.fair, now),
        jobs: jobs.collect(),
        next: next.map(|next| at(&next)),
        first: before.map(|_| at("")),
        base: held.base.clone(),
        q: wanted.words,
    };
    Ok(sealed(view.show(page)?))
}

fn encode(text: &str) -> String {
    let all = percent_encoding::NON_ALPHANUMERIC;
    percent_encoding::utf8_percent_encode(text, all).to_string()
}

pub fn cursor(text: &str) -> AppResult<Option<i64>> {
    match text {
        "" => Ok(None),
        text => text
            .parse()
            .map(Some)
            .map_err(|_| AppError::malformed("cursor_malformed")),
    }
}

/// Cuts a page from rows that were asked for with one more.
pub fn next_of<T>(rows: &mut Vec<T>, id: impl Fn(&T) -> i64) -> Option<String> {
    let limit = usize::try_from(PAGE).unwrap_or(usize::MAX);
    if rows.len() <= limit {
        return None;
    }
    rows.truncate(limit);
    rows.last().map(|row| id(row).to_string())
}

/// Numbers of the holder's open matches, by posting.
async fn open_numbers(app: &App, held: &Held) -> AppResult<HashMap<PostingId, String>> {
    let found = store::of_registration(app.db.read(), held.ticket.id).await?;
    let open = found.into_iter().filter(|one| one.row.open);
    Ok(open
        .map(|one| (one.row.posting_id, one.case.number))
        .collect())
}

/// Asks what the employer may see.
pub async fn ask(
    State(app): State<App>,
    view: View,
    Path((secret, id)): Path<(String, String)>,
    peer: Peer,
) -> AppResult<Response> {
    let held = held(&app, &secret, peer).await?;
    let (_, posting) = public(&app, &held.fair.slug, &id).await?;
    if let Some(number) = open_numbers(&app, &held).await?.get(&posting.id) {
        let to = format!("{}/matches/{number}", held.base);
        return Ok(sealed(Redirect::to(&to).into_response()));
    }
    let page = interest_page(&app, view.lang, &held, &posting).await?;
    Ok(sealed(view.show(page)?))
}

async fn notice(app: &App, lang: Lang, employer: EmployerId) -> AppResult<Notice> {
    let (db, office) = (app.db.read(), app.settings.office);
    let employer = store::employer(db, office, employer).await?;
    let collector = consent::collector(db, office, lang).await?;
    let purpose = Purpose::ShareContact;
    Ok(Notice::of(purpose, lang, &collector, &employer.name))
}

async fn interest_page(
    app: &App,
    lang: Lang,
    held: &Held,
    posting: &posting::Model,
) -> AppResult<InterestPage> {
    let (db, person) = (app.db.read(), held.ticket.person);
    let card = person::card(db, &app.keys, held.fair.office_id, person).await?;
    let employer = Some(posting.employer_id);
    Ok(InterestPage {
        evening: view::evening(&held.fair, app.db.now()),
        base: held.base.clone(),
        name: view::shown_name(lang, &card),
        job: job_of(app, lang, &held.fair, posting).await?,
        choices: choices(lang),
        shared: consent::covers(db, person, Purpose::ShareContact, employer).await?,
        notice: notice(app, lang, posting.employer_id).await?,
        trouble: None,
        form: Form::blank(),
    })
}

pub async fn show_interest(
    State(app): State<App>,
    view: View,
    Path((secret, id)): Path<(String, String)>,
    peer: Peer,
    sent: Sent,
) -> AppResult<Response> {
    let held = held(&app, &secret, peer).await?;
    let id: PostingId = id.parse().map_err(|_| AppError::not_found())?;
    let posting = postings::find(app.db.read(), app.settings.office, id).await?;
    if posting.fair_id != held.fair.id {
        return Err(AppError::not_found());
    }
    match record(&app, view.lang, &held, &posting, &sent).await {
        Ok(number) => {
            let to = format!("{}/matches/{number}?said=interest", held.base);
            Ok(sealed(Redirect::to(&to).into_response()))
        }
        Err(error) => {
            let mut page = interest_page(&app, view.lang, &held, &posting).await?;
            page.form = Form::again(view.lang, &sent, &error);
            let status = if error.field_errors().is_empty() {
                let (status, words) = view::refusal(view.lang, error)?;
                page.trouble = Some(words);
                status
            } else {
                StatusCode::UNPROCESSABLE_ENTITY
            };
            Ok(sealed(view.show_with(status, page)?))
        }
    }
}

async fn record(
    app: &App,
    lang: Lang,
    held: &Held,
    posting: &posting::Model,
    sent: &Sent,
) -> AppResult<String> {
    let notice = notice(app, lang, posting.employer_id).await?;
    let new = Interest {
        registration: held.ticket.id,
        posting: posting.id,
        channel: InterestChannel::Qr,
        share: Some(form::share(sent, &notice, BY_TICKET)?),
        rating: None,
        note: None,
        scanned_by: None,
    };
    let once = sent.once(&format!("interest {} {}", held.ticket.id, posting.id))?;
    let by = door::holder(held.ticket.person);
    let done = commands::interest(app, app.settings.office, by, once, new).await?;
    Ok(done.value.number)
}

/// The seeker decided on the ticket.
const BY_TICKET: Through = Through {
    channel: "ticket",
    recorded_by: None,
};

/// The holder's own match.
///
/// # Errors
/// 404 for somebody else's.
async fn own(app: &App, held: &Held, number: &str) -> AppResult<Found> {
    let found = store::by_number(app.db.read(), held.fair.office_id, number).await?;
    if found.row.registration_id == held.ticket.id {
        Ok(found)
    } else {
        Err(AppError::not_found())
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Said {
    pub said: String,
}

/// What a redirect may have said.
pub fn said(said: &str) -> Option<&'static str> {
    ["interest", "act", "share", "rating"]
        .into_iter()
        .find(|known| *known == said)
}

pub async fn one(
    State(app): State<App>,
    view: View,
    Path((secret, number)): Path<(String, String)>,
    peer: Peer,
    Query(query): Query<Said>,
) -> AppResult<Response> {
    let held = held(&app, &secret, peer).await?;
    let found = own(&app, &held, &number).await?;
    let mut page = match_page(&app, view.lang, &held, &found).await?;
    page.said = said(&query.said);
    Ok(sealed(view.show(page)?))
}

async fn match_page(
    app: &App,
    lang: Lang,
    held: &Held,
    found: &Found,
) -> AppResult<SeekerMatchPage> {
    let shelf = view::shelf(app, held.fair.office_id, std::slice::from_ref(found)).await?;
    let reader = Reader {
        lang,
        side: Side::Seeker,
    };
    let url = format!("{}/matches/{}", held.base, found.case.number);
    let shared: Vec<String> = if found.row.open {
        serde_json::from_value(found.row.share.clone()).unwrap_or_default()
    } else {
        Vec::new()
    };
    Ok(SeekerMatchPage {
        sheet: view::sheet(app, reader, found, &shelf).await?,
        moves: view::moves_of(app, found, &shelf, (Side::Seeker, url))?,
        base: held.base.clone(),
        choices: choices(lang),
        shared,
        may_share: found.row.open,
        notice: notice(app, lang, found.row.employer_id).await?,
        share_form: Form::blank(),
        trouble: None,
        said: None,
    })
}

pub async fn act(
    State(app): State<App>,
    view: View,
    Path((secret, number)): Path<(String, String)>,
    peer: Peer,
    sent: Sent,
) -> AppResult<Response> {
    let held = held(&app, &secret, peer).await?;
    let found = own(&app, &held, &number).await?;
    let done = match form::action(&sent, Side::Seeker) {
        Ok(action) => {
            let once = sent.once(&format!("ticket {} {number}", held.ticket.id))?;
            let by = door::holder(held.ticket.person);
            commands::act(&app, &found, by, action, once).await
        }
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => {
            let to = format!("{}/matches/{number}?said=act", held.base);
            Ok(sealed(Redirect::to(&to).into_response()))
        }
        Err(error) => {
            let found = own(&app, &held, &number).await?;
            let mut page = match_page(&app, view.lang, &held, &found).await?;
            let again = again(view.lang, &sent, error, &mut page.moves)?;
            page.trouble = again.1;
            Ok(sealed(view.show_with(again.0, page)?))
        }
    }
}

/// Puts a refusal into the moves of a page: faults beside their fields, the rest in words.
///
/// # Errors
/// What is no refusal.
pub fn again(
    lang: Lang,
    sent: &Sent,
    error: AppError,
    moves: &mut Moves,
) -> AppResult<(StatusCode, Option<String>)> {
    moves.form = Form::again(lang, sent, &error);
    sent.get("action").clone_into(&mut moves.asked);
    if error.field_errors().is_empty() {
        let (status, words) = view::refusal(lang, error)?;
        return Ok((status, Some(words)));
    }
    // The page shows what is there now, so it must not send what was there before.
    let words = (!moves.may.contains(&moves.asked.as_str())).then(|| {
        page::problem_text(
            lang,
            &crate::error::Problem::new(StatusCode::CONFLICT, "not_now"),
        )
    });
    Ok((StatusCode::UNPROCESSABLE_ENTITY, words))
}

/// Changes what the employer sees, from the next request on.
pub async fn share(
    State(app): State<App>,
    view: View,
    Path((secret, number)): Path<(String, String)>,
    peer: Peer,
    sent: Sent,
) -> AppResult<Response> {
    let held = held(&app, &secret, peer).await?;
    let found = own(&app, &held, &number).await?;
    let notice = notice(&app, view.lang, found.row.employer_id).await?;
    let asked = if found.row.open {
        form::share(&sent, &notice, BY_TICKET)
    } else {
        Ok(Share::new(Vec::new(), &notice, BY_TICKET))
    };
    match asked {
        Ok(share) => {
            commands::change_share(&app, &found, share).await?;
            let to = format!("{}/matches/{number}?said=share", held.base);
            Ok(sealed(Redirect::to(&to).into_response()))
        }
        Err(error) => {
            let mut page = match_page(&app, view.lang, &held, &found).await?;
            page.share_form = Form::retry(view.lang, &sent, error)?;
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(sealed(view.show_with(status, page)?))
        }
    }
}
