//! The doors of a line: at the booth's code, on the ticket, and where numbers are given out on paper.
use super::{
    commands::{self, Given, Taker},
    pages::{BoardPage, GivePage, LinesPage, NumberPage, Slip, SlipPage},
    routes_api,
    stand::{self, Stand},
    view,
};
use crate::{
    account::{Actor, Audience, Routes},
    domain::{
        fault::{Faults, FieldFault},
        queue as rules,
        role::Role,
        text::half_width,
        ticket::Secret,
    },
    entity::fair,
    error::{AppError, AppResult},
    fair::store as fairs,
    platform::{
        App,
        api::Query,
        form::{Form, Sent},
        page::{View, sealed},
        qr,
    },
    seeker::ticket::{self, Ticket},
};
use axum::{
    extract::{ConnectInfo, Path, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use axum_extra::extract::cookie::CookieJar;
use serde::Deserialize;
use std::net::SocketAddr;

type Peer = ConnectInfo<SocketAddr>;

/// Whoever gives out numbers on paper, at the gate or the desk.
const GIVE: Audience = Audience::Roles(&[
    Role::OfficeAdmin,
    Role::PlacementOfficer,
    Role::GateSteward,
    Role::CommunityClerk,
]);
/// Seconds after which a board on a screen looks again.
const BOARD_AGAIN: HeaderValue = HeaderValue::from_static("20");

pub fn routes() -> Routes {
    use Audience::Anyone;
    routes_api::routes()
        .get(Anyone, "/B/{participation}/queue", board)
        .get(Anyone, "/B/{participation}/number", number_page)
        .post(Anyone, "/B/{participation}/number", take_at_booth)
        .get(Anyone, "/T/{secret}/queues", lines)
        .post(Anyone, "/T/{secret}/queues/{participation}", take)
        .post(Anyone, "/T/{secret}/queues/{participation}/leave", leave)
        .get(GIVE, "/gate/{fair}/queues", give_page)
        .post(GIVE, "/gate/{fair}/queues", give)
        .get(GIVE, "/gate/{fair}/queues/{participation}/{number}", slip)
}

async fn board(
    State(app): State<App>,
    view: View,
    Path(code): Path<String>,
) -> AppResult<Response> {
    let stand = stand::by_code(&app, &code).await?;
    let page = BoardPage {
        board: view::board(&app, &stand).await?,
        qr: qr::svg(&crate::fair::sign_url(&app, &stand.row.code))?,
    };
    let mut response = view.show(page)?;
    if stand.fair.ends_at > app.db.now() {
        let headers = response.headers_mut();
        headers.insert(header::REFRESH, BOARD_AGAIN);
    }
    Ok(response)
}

/// The ticket that this telephone opened last, when it is of that evening.
async fn remembered(app: &App, jar: &CookieJar, stand: &Stand) -> AppResult<Option<Ticket>> {
    let ticket = ticket::remembered(app, jar).await?;
    Ok(ticket.filter(|ticket| ticket.fair == stand.fair.id))
}

async fn number_form(app: &App, stand: &Stand, known: Option<&Ticket>) -> AppResult<NumberPage> {
    Ok(NumberPage {
        board: view::board(app, stand).await?,
        known: known.map(|ticket| format!("{:04}", ticket.number)),
        register_href: format!("/f/{}/register?b={}", stand.fair.slug, stand.row.code),
        trouble: None,
        form: Form::blank(),
    })
}

async fn number_page(
    State(app): State<App>,
    view: View,
    jar: CookieJar,
    Path(code): Path<String>,
    Query(asked): Query<Other>,
) -> AppResult<Response> {
    let stand = stand::by_code(&app, &code).await?;
    let known = match asked.other.as_str() {
        "" => remembered(&app, &jar, &stand).await?,
        _ => None,
    };
    let page = number_form(&app, &stand, known.as_ref()).await?;
    Ok(sealed(view.show(page)?))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Other {
    /// The telephone is in somebody else's hand.
    other: String,
}

/// One tap for a telephone that knows its ticket; the others say who they are.
async fn take_at_booth(
    State(app): State<App>,
    view: View,
    jar: CookieJar,
    Path(code): Path<String>,
    ConnectInfo(peer): Peer,
    sent: Sent,
) -> AppResult<Response> {
    let stand = stand::by_code(&app, &code).await?;
    let known = if sent.has("code") {
        None
    } else {
        remembered(&app, &jar, &stand).await?
    };
    let holder = match &known {
        Some(ticket) => Ok(ticket.clone()),
        None => ticket::recognise(&app, &stand.fair, peer.ip(), &sent).await,
    };
    let taken = match holder {
        Ok(ticket) => own_number(&app, &stand, &ticket, &sent)
            .await
            .map(|_| ticket),
        Err(error) => Err(error),
    };
    match taken {
        Ok(ticket) => {
            let base = ticket::base(&app, ticket.id).await?;
            let secret = Secret::parse(ticket::last_part(&base));
            let secret = secret.map_err(|_| AppError::not_found())?;
            let jar = CookieJar::new().add(ticket::remember(&app, &secret));
            let to = Redirect::to(&format!("{base}?said=taken#queues"));
            Ok(sealed((jar, to).into_response()))
        }
        Err(error) => {
            let mut page = number_form(&app, &stand, known.as_ref()).await?;
            let (form, trouble) = Form::refused(view.lang, &sent, error)?;
            let status = match trouble {
                Some(_) => StatusCode::CONFLICT,
                None => StatusCode::UNPROCESSABLE_ENTITY,
            };
            (page.form, page.trouble) = (form, trouble);
            Ok(sealed(view.show_with(status, page)?))
        }
    }
}

async fn own_number(app: &App, stand: &Stand, ticket: &Ticket, sent: &Sent) -> AppResult<Given> {
    let once = sent.once(&format!("number {} {}", ticket.id, stand.row.id))?;
    let taker = Taker {
        ticket: Some(ticket.id),
        given_by: None,
    };
    Ok(commands::take(app, stand, taker, once).await?.value)
}

/// The lines of the evening, for the holder of a ticket.
async fn lines(
    State(app): State<App>,
    view: View,
    Path(secret): Path<String>,
    ConnectInfo(peer): Peer,
) -> AppResult<Response> {
    let ticket = ticket::open(&app, &secret, peer.ip()).await?;
    let page = lines_page(&app, &ticket).await?;
    Ok(sealed(view.show(page)?))
}

async fn lines_page(app: &App, ticket: &Ticket) -> AppResult<LinesPage> {
    let fair = fairs::find_by_id(app.db.read(), app.settings.office, ticket.fair).await?;
    let stands = stand::of_fair(app, &fair).await?;
    let shut = stands
        .first()
        .and_then(|one| one.is_open(app.db.now()).err());
    Ok(LinesPage {
        base: ticket::base(app, ticket.id).await?,
        lines: view::lines(app, &fair).await?,
        shut: shut.map(rules::Refusal::code),
        title: fair.title,
        slug: fair.slug,
        trouble: None,
        once: Form::blank().once,
    })
}

async fn take(
    State(app): State<App>,
    view: View,
    Path((secret, code)): Path<(String, String)>,
    ConnectInfo(peer): Peer,
    sent: Sent,
) -> AppResult<Response> {
    let ticket = ticket::open(&app, &secret, peer.ip()).await?;
    let stand = stand::by_code(&app, &code).await?;
    match own_number(&app, &stand, &ticket, &sent).await {
        Ok(_) => {
            let base = ticket::base(&app, ticket.id).await?;
            let to = format!("{base}?said=taken#queues");
            Ok(sealed(Redirect::to(&to).into_response()))
        }
        Err(error) => {
            let mut page = lines_page(&app, &ticket).await?;
            let (_, trouble) = Form::refused(view.lang, &sent, error)?;
            page.trouble = trouble;
            Ok(sealed(view.show_with(StatusCode::CONFLICT, page)?))
        }
    }
}

async fn leave(
    State(app): State<App>,
    Path((secret, code)): Path<(String, String)>,
    ConnectInfo(peer): Peer,
) -> AppResult<Response> {
    let ticket = ticket::open(&app, &secret, peer.ip()).await?;
    let stand = stand::by_code(&app, &code).await?;
    commands::leave(&app, &stand, ticket.id).await?;
    let base = ticket::base(&app, ticket.id).await?;
    let to = format!("{base}?said=left#queues");
    Ok(sealed(Redirect::to(&to).into_response()))
}

async fn blank(app: &App, fair: &fair::Model) -> AppResult<GivePage> {
    Ok(GivePage {
        title: fair.title.clone(),
        slug: fair.slug.clone(),
        lines: view::lines(app, fair).await?,
        given: None,
        trouble: None,
        form: Form::blank(),
    })
}

async fn give_page(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(slug): Path<String>,
    Query(given): Query<GivenNow>,
) -> AppResult<Response> {
    let fair = fairs::find(app.db.read(), actor.office, &slug).await?;
    let mut page = blank(&app, &fair).await?;
    if let Ok(number) = given.number.parse() {
        let stand = of_evening(&app, &actor, &fair, &given.booth).await?;
        page.given = Some(slip_of(&app, &stand, number).await?);
    }
    view.show(page)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct GivenNow {
    booth: String,
    number: String,
}

async fn of_evening(app: &App, actor: &Actor, fair: &fair::Model, code: &str) -> AppResult<Stand> {
    let stand = stand::to_give(app, actor, code).await?;
    if stand.fair.id == fair.id {
        Ok(stand)
    } else {
        Err(AppError::not_found())
    }
}

async fn slip_of(app: &App, stand: &Stand, number: i64) -> AppResult<Slip> {
    let board = ticket::short_address(&app.settings.public_url, &format!("{}/queue", stand.href()));
    Ok(Slip {
        ahead: view::ahead_of(app, stand, number).await?,
        number,
        booth: stand.booth.clone().unwrap_or_default(),
        employer: stand.employer.clone(),
        qr: qr::svg(&board)?,
        print: format!(
            "/gate/{}/queues/{}/{number}",
            stand.fair.slug, stand.row.code
        ),
    })
}

async fn give(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(slug): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let fair = fairs::find(app.db.read(), actor.office, &slug).await?;
    match give_to(&app, &actor, &fair, &sent).await {
        Ok((stand, number)) => {
            let code = stand.row.code;
            let to = format!("/gate/{slug}/queues?booth={code}&number={number}");
            Ok(Redirect::to(&to).into_response())
        }
        Err(error) => {
            let mut page = blank(&app, &fair).await?;
            let (form, trouble) = Form::refused(view.lang, &sent, error)?;
            let status = match trouble {
                Some(_) => StatusCode::CONFLICT,
                None => StatusCode::UNPROCESSABLE_ENTITY,
            };
            (page.form, page.trouble) = (form, trouble);
            view.show_with(status, page)
        }
    }
}

async fn give_to(
    app: &App,
    actor: &Actor,
    fair: &fair::Model,
    sent: &Sent,
) -> AppResult<(Stand, i64)> {
    let code = sent.get("booth");
    if code.is_empty() {
        return Err(Faults::one("booth", FieldFault::Required).into());
    }
    let stand = match of_evening(app, actor, fair, code).await {
        Err(error) if error.code() == Some("not_found") => {
            return Err(Faults::one("booth", FieldFault::NotFound).into());
        }
        stand => stand?,
    };
    let given = match sent.get("number").trim() {
        "" => paper(app, actor, &stand, sent).await?,
        number => bare(app, actor, &stand, number, sent).await?,
    };
    Ok((stand, given.number))
}

/// Makes a bare number that was given out before the number of the ticket that is named.
async fn bare(
    app: &App,
    actor: &Actor,
    stand: &Stand,
    number: &str,
    sent: &Sent,
) -> AppResult<Given> {
    let mut faults = Faults::new();
    let number = half_width(number).parse::<i64>();
    let number = faults.take("number", number.map_err(|_| FieldFault::Format));
    let named = sent.get("ticket").trim();
    if named.is_empty() {
        faults.add("ticket", FieldFault::Required);
    }
    let number = faults.into_result(number)?;
    let ticket = named_ticket(app, stand, named).await?;
    let once = sent.once(&format!("bare {} {}", actor.account, stand.row.id))?;
    match commands::join(app, stand, number, ticket.id, once).await {
        Err(error) if error.code() == Some("not_found") => {
            Err(Faults::one("number", FieldFault::NotFound).into())
        }
        joined => Ok(joined?.value),
    }
}

/// Gives out a number on paper, for the ticket that was named if one was.
///
/// # Errors
/// 422 when no ticket of the evening has that code; as [`commands::take`].
pub async fn paper(app: &App, actor: &Actor, stand: &Stand, sent: &Sent) -> AppResult<Given> {
    let named = sent.get("ticket").trim();
    let ticket = match named {
        "" => None,
        named => Some(named_ticket(app, stand, named).await?),
    };
    let once = sent.once(&format!("paper {} {}", actor.account, stand.row.id))?;
    let taker = Taker {
        ticket: ticket.map(|ticket| ticket.id),
        given_by: Some(actor.account),
    };
    Ok(commands::take(app, stand, taker, once).await?.value)
}

/// By code, or by the address that a scanner sends.
pub(super) async fn named_ticket(app: &App, stand: &Stand, named: &str) -> AppResult<Ticket> {
    let nobody = || AppError::from(Faults::one("ticket", FieldFault::NotFound));
    if let Ok(ticket) = ticket::by_secret(app, stand.fair.office_id, named).await {
        let here = Some(ticket).filter(|ticket| ticket.fair == stand.fair.id);
        return here.ok_or_else(nobody);
    }
    match ticket::by_code(app, stand.fair.id, named).await {
        Err(AppError::Internal(error)) => Err(error.into()),
        found => found.map_err(|_| nobody()),
    }
}

async fn slip(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path((slug, code, number)): Path<(String, String, String)>,
) -> AppResult<Response> {
    let fair = fairs::find(app.db.read(), actor.office, &slug).await?;
    let stand = of_evening(&app, &actor, &fair, &code).await?;
    let number = number.parse().map_err(|_| AppError::not_found())?;
    view.show(SlipPage {
        slip: slip_of(&app, &stand, number).await?,
        at: app.db.now().to_rfc3339(),
        title: fair.title,
        slug: fair.slug,
    })
}
