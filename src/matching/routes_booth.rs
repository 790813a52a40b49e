//! 摊位工作台: one page for whoever stands at the booth with a telephone: who is called, who is at
//! the table, and what comes of it. Lines are [`queue`]'s, matches go through the commands that every
//! other page uses.
use super::{
    moves::Side,
    pages::{AtBoothPage, AtTable, BoothsPage, Choice, Evening, Holder, Seat, choices},
    routes_employer as employer,
    routes_seeker::again,
    store, view,
};
use crate::{
    account::Actor,
    case::store as ledger,
    domain::{
        fault::{Faults, FieldFault},
        id::PostingId,
        queue::PlaceState,
        text::Line,
        ticket as codes,
    },
    error::{AppError, AppResult},
    person,
    platform::{
        App,
        api::Query,
        form::{Form, Sent},
        page::{self, View},
        text::Lang,
    },
    queue::{
        self,
        commands::{self as lines, Became},
        stand::{self, Stand},
    },
    seeker::ticket::{self, Ticket},
};
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

const ROOT: &str = "/employer/booth";
/// Letters of the word for those who wait.
const LONGEST_WORD: usize = 40;

/// The booth of tonight, or a choice among several evenings.
pub async fn find(State(app): State<App>, view: View, actor: Actor) -> AppResult<Response> {
    let stands = stand::coming(&app, &actor).await?;
    let now = app.db.now();
    let open: Vec<_> = stands
        .iter()
        .filter(|one| one.is_open(now).is_ok())
        .collect();
    if let [only] = open[..] {
        return Ok(Redirect::to(&format!("{ROOT}/{}", only.row.code)).into_response());
    }
    let booth = |stand: &Stand| (stand.row.code.clone(), evening(stand, &app));
    view.show(BoothsPage {
        booths: stands.iter().map(booth).collect(),
    })
}

fn evening(stand: &Stand, app: &App) -> Evening {
    view::evening(&stand.fair, app.db.now())
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// Code of the ticket whose holder stands at the table.
    entry: String,
    said: String,
    /// The number that was given out or called just now.
    number: String,
}

/// What a redirect may have said.
const SAID: [&str; 9] = [
    "called", "empty", "given", "here", "done", "absent", "paused", "interest", "act",
];

pub async fn one(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(code): Path<String>,
    Query(asked): Query<Asked>,
) -> AppResult<Response> {
    let stand = stand::own(&app, &actor, &code).await?;
    let entry = asked.entry.trim();
    let mut page = page_of(&app, view.lang, &actor, (&stand, entry)).await?;
    page.said = SAID.into_iter().find(|known| *known == asked.said);
    page.number = asked.number.parse().ok();
    view.show(page)
}

/// The page with whoever was named, or else with the last one who came to the table.
async fn page_of(
    app: &App,
    lang: Lang,
    actor: &Actor,
    (stand, entry): (&Stand, &str),
) -> AppResult<AtBoothPage> {
    let standing = queue::view::standing(app, stand).await?;
    let seats = seats(app, lang, actor, &standing).await?;
    let named = match entry {
        "" => None,
        entry => employer::ticket_of(app, actor, entry).await?,
    };
    let named = named.filter(|ticket| ticket.fair == stand.fair.id);
    let at_table = match named {
        Some(ticket) => Some(ticket),
        None => last_here(app, actor, &standing).await?,
    };
    let person = match at_table {
        Some(ticket) => Some(at_table_of(app, lang, actor, (stand, &ticket)).await?),
        None => None,
    };
    Ok(AtBoothPage {
        evening: evening(stand, app),
        board: queue::view::board_of(stand, &standing, app.db.now()),
        seats,
        person,
        choices: choices(lang),
        entry: String::new(),
        trouble: None,
        said: None,
        number: None,
        form: Form::blank(),
    })
}

/// Whoever was called and whoever is at the table; the holder's masked name once he is there.
async fn seats(
    app: &App,
    lang: Lang,
    actor: &Actor,
    standing: &queue::view::Standing,
) -> AppResult<Vec<Seat>> {
    let now = app.db.now();
    let mut seats = Vec::new();
    for row in &standing.open {
        if row.state == PlaceState::Waiting {
            continue;
        }
        let here = row.state == PlaceState::Here;
        let holder = match row.registration_id.filter(|_| here) {
            Some(id) => {
                let ticket = ticket::by_id(app, id).await?;
                Some(holder(app, lang, actor, &ticket).await?)
            }
            None => None,
        };
        let awaited = row.called_at.map(crate::domain::queue::awaited_until);
        seats.push(Seat {
            number: row.number,
            here,
            mine: row.called_by == Some(actor.account),
            until: queue::view::until(row),
            late: !here && awaited.is_some_and(|until| until <= now),
            last: row.calls_in_vain > 0,
            paper: row.registration_id.is_none(),
            holder,
        });
    }
    // One's own first, and those at the table before those who are awaited.
    seats.sort_by_key(|seat| (!seat.mine, !seat.here, seat.number));
    Ok(seats)
}

async fn holder(app: &App, lang: Lang, actor: &Actor, ticket: &Ticket) -> AppResult<Holder> {
    let card = person::card(app.db.read(), &app.keys, actor.office, ticket.person).await?;
    Ok(Holder {
        name: view::shown_name(lang, &card),
        code: codes::grouped(&ticket.code),
        number: format!("{:04}", ticket.number),
    })
}

/// The last one who came to this member of staff's table with a ticket.
async fn last_here(
    app: &App,
    actor: &Actor,
    standing: &queue::view::Standing,
) -> AppResult<Option<Ticket>> {
    let here = standing
        .open
        .iter()
        .filter(|row| row.state == PlaceState::Here && row.called_by == Some(actor.account));
    let last = here.max_by_key(|row| row.came_at);
    let Some(id) = last.and_then(|row| row.registration_id) else {
        return Ok(None);
    };
    let ticket = ticket::by_id(app, id).await?;
    Ok(Some(ticket).filter(|ticket| ticket.standing))
}

async fn at_table_of(
    app: &App,
    lang: Lang,
    actor: &Actor,
    (stand, ticket): (&Stand, &Ticket),
) -> AppResult<AtTable> {
    let (db, now) = (app.db.read(), app.db.now());
    let own = actor.employer()?;
    let found = store::with_employer(db, ticket.id, own).await?;
    let shelf = view::shelf(app, actor.office, &found).await?;
    let root = format!("{ROOT}/{}", stand.row.code);
    let mut lines = Vec::new();
    for one in &found {
        let mut line = shelf.line(lang, one, employer::LIST, now)?;
        // The full sheet of each is where it always is.
        line.href = format!("{}/{}", employer::LIST, one.case.number);
        lines.push(line);
    }
    let current = found.iter().find(|one| one.row.open);
    let (mut moves, mut waits, mut shown) = (None, false, None);
    if let Some(one) = current {
        let url = format!("{root}/matches/{}", one.case.number);
        moves = Some(view::moves_of(app, one, &shelf, (Side::Employer, url))?);
        waits = employer::waits(ledger::state(&one.case)?.stage);
        shown = lines
            .iter()
            .position(|line| line.number == one.case.number)
            .map(|at| lines.remove(at));
    }
    let taken = |id: PostingId| {
        found
            .iter()
            .any(|one| one.row.open && one.row.posting_id == id)
    };
    let postings = store::published(db, ticket.fair, Some(own)).await?;
    let postings = postings.into_iter().filter(|row| !taken(row.id));
    Ok(AtTable {
        holder: holder(app, lang, actor, ticket).await?,
        entry: ticket.code.clone(),
        current: shown,
        moves,
        waits,
        lines,
        postings: postings
            .map(|row| Choice {
                value: row.id.to_string(),
                label: row.title,
            })
            .collect(),
    })
}

fn back(code: &str, said: &str) -> Response {
    Redirect::to(&format!("{ROOT}/{code}?said={said}")).into_response()
}

/// The page again with what stands in the way.
async fn refused(
    app: &App,
    view: &View,
    actor: &Actor,
    (stand, entry): (&Stand, &str),
    (sent, error): (&Sent, AppError),
) -> AppResult<Response> {
    let mut page = page_of(app, view.lang, actor, (stand, entry)).await?;
    let faulty = !error.field_errors().is_empty();
    page.form = Form::again(view.lang, sent, &error);
    sent.get("entry").clone_into(&mut page.entry);
    let status = if faulty {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        let (status, words) = view::refusal(view.lang, error)?;
        page.trouble = Some(words);
        status
    };
    view.show_with(status, page)
}

/// Calls the next number; with `finished` whoever is at the table is done.
pub async fn next(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(code): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let stand = stand::own(&app, &actor, &code).await?;
    let once = sent.once(&format!("call {} {}", actor.account, stand.row.id))?;
    let finished = sent.get("finished").parse().ok();
    match lines::call_next(&app, &stand, actor.account, finished, once).await {
        Ok(done) => Ok(match done.value.number {
            Some(number) => back(&code, &format!("called&number={number}")),
            None => back(&code, "empty"),
        }),
        Err(error) => refused(&app, &view, &actor, (&stand, ""), (&sent, error)).await,
    }
}

/// Says what became of a number that was called.
pub async fn settle(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path((code, number)): Path<(String, String)>,
    sent: Sent,
) -> AppResult<Response> {
    let stand = stand::own(&app, &actor, &code).await?;
    let number: i64 = number.parse().map_err(|_| AppError::not_found())?;
    let (became, said) = match sent.get("became") {
        "here" => (Became::Here, "here"),
        "served" => (Became::Served, "done"),
        "absent" => (Became::Absent, "absent"),
        _ => return Err(Faults::one("became", FieldFault::UnknownChoice).into()),
    };
    let once = sent.once(&format!(
        "settle {} {} {number}",
        actor.account, stand.row.id
    ))?;
    match lines::settle(&app, &stand, number, became, once).await {
        Ok(_) => Ok(back(&code, &format!("{said}&number={number}"))),
        Err(error) => refused(&app, &view, &actor, (&stand, ""), (&sent, error)).await,
    }
}

/// Gives out a number to somebody without a telephone.
pub async fn give(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(code): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let stand = stand::own(&app, &actor, &code).await?;
    match queue::paper(&app, &actor, &stand, &sent).await {
        Ok(given) => Ok(back(&code, &format!("given&number={}", given.number))),
        Err(error) => refused(&app, &view, &actor, (&stand, ""), (&sent, error)).await,
    }
}

/// Stops calling, with a word for those who wait, or goes on.
pub async fn pause(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(code): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let stand = stand::own(&app, &actor, &code).await?;
    let word = match sent.get("resume") {
        "" => Line::required(sent.get("word"), LONGEST_WORD).map(Some),
        _ => Ok(None),
    };
    let done = match word {
        Ok(word) => lines::pause(&app, &stand, word).await,
        Err(fault) => Err(Faults::one("word", fault).into()),
    };
    match done {
        Ok(()) => Ok(back(&code, "paused")),
        Err(error) => refused(&app, &view, &actor, (&stand, ""), (&sent, error)).await,
    }
}

/// A ticket is at the table: typed, or sent by a scanner. Whoever was called is there now.
pub async fn scan(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(code): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let stand = stand::own(&app, &actor, &code).await?;
    let entry = sent.get("entry").trim();
    let found = employer::ticket_of(&app, &actor, entry).await?;
    let Some(ticket) = found.filter(|ticket| ticket.fair == stand.fair.id) else {
        let fault = if entry.is_empty() {
            FieldFault::Required
        } else {
            FieldFault::NotFound
        };
        let error = Faults::one("entry", fault).into();
        return refused(&app, &view, &actor, (&stand, ""), (&sent, error)).await;
    };
    lines::greet(&app, &stand, ticket.id).await?;
    let to = format!("{ROOT}/{code}?entry={}#table", ticket.code);
    Ok(Redirect::to(&to).into_response())
}

/// Records that whoever is at the table is interested in a posting.
pub async fn interest(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(code): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let stand = stand::own(&app, &actor, &code).await?;
    let entry = sent.get("entry").trim();
    let ticket = employer::ticket_of(&app, &actor, entry).await?;
    let ticket = ticket.filter(|ticket| ticket.fair == stand.fair.id);
    let ticket = ticket.ok_or_else(AppError::not_found)?;
    match employer::open(&app, &actor, &ticket, &sent).await {
        Ok(_) => {
            let to = format!("{ROOT}/{code}?entry={}&said=interest#table", ticket.code);
            Ok(Redirect::to(&to).into_response())
        }
        Err(error) => refused(&app, &view, &actor, (&stand, entry), (&sent, error)).await,
    }
}

/// A move in the match of whoever is at the table.
pub async fn act(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path((code, number)): Path<(String, String)>,
    sent: Sent,
) -> AppResult<Response> {
    let stand = stand::own(&app, &actor, &code).await?;
    let found = employer::own(&app, &actor, &number).await?;
    let holder = ticket::by_id(&app, found.row.registration_id).await?;
    match employer::carry_out(&app, &actor, &found, &sent).await {
        Ok(()) => {
            let to = format!("{ROOT}/{code}?entry={}&said=act#table", holder.code);
            Ok(Redirect::to(&to).into_response())
        }
        Err(error) => {
            let entry = holder.code.as_str();
            let mut page = page_of(&app, view.lang, &actor, (&stand, entry)).await?;
            let moves = page.person.as_mut().and_then(|one| one.moves.as_mut());
            let Some(moves) = moves else {
                let words = page::refusal(view.lang, error)?;
                page.trouble = Some(words);
                return view.show_with(StatusCode::CONFLICT, page);
            };
            let again = again(view.lang, &sent, error, moves)?;
            page.trouble = again.1;
            view.show_with(again.0, page)
        }
    }
}
