//! The doors of a ticket: its secret is the key.
use super::{
    pages::{QrPage, WithdrawPage, WithdrawnPage},
    show::{self, Held},
};
use crate::{
    account::{Actor, Audience, Routes},
    domain::{contact::Phone, role::Role},
    error::{AppError, AppResult, FieldError},
    person,
    platform::{
        App,
        api::Query,
        form::{Form, Sent},
        page::{View, sealed},
        qr,
    },
    seeker::{
        Matches, QueueRow, commands, fairs::FairLine, form, gate, roles::GATE_ROLES, store, ticket,
    },
};
use axum::{
    Extension, Json,
    extract::{ConnectInfo, Path, State},
    handler::Handler,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use axum_extra::extract::cookie::CookieJar;
use serde::Deserialize;
use std::net::SocketAddr;

pub fn routes(matches: Matches) -> Routes {
    use Audience::Anyone;
    let hook = Extension(matches);
    super::routes_api::routes(matches)
        .get(Anyone, "/T/{secret}", ticket_page.layer(hook))
        .get(Anyone, "/t/{secret}", ticket_page.layer(hook))
        .get(Anyone, "/T/{secret}/qr", qr_page)
        .get(Anyone, "/T/{secret}/qr.png", qr_png)
        .get(Anyone, "/T/{secret}/qr.svg", qr_svg)
        .get(Anyone, "/T/{secret}/mine", mine)
        .post(Anyone, "/T/{secret}/mine", amend)
        .post(Anyone, "/T/{secret}/copy", copy.layer(hook))
        .get(Anyone, "/T/{secret}/withdraw", ask_withdraw.layer(hook))
        .post(Anyone, "/T/{secret}/withdraw", withdraw.layer(hook))
}

/// Where somebody asks from.
type Peer = ConnectInfo<SocketAddr>;

async fn open(app: &App, secret: &str, peer: Peer) -> AppResult<Held> {
    show::open(app, secret, peer.0.ip()).await
}

/// What a redirect may have said of a number.
const QUEUED: [&str; 2] = ["taken", "left"];
/// Seconds after which the ticket of somebody who stands in line looks again.
const AGAIN: u8 = 25;

#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    new: String,
    #[serde(default)]
    saved: String,
    /// What became of a number.
    #[serde(default, rename = "said")]
    number: String,
    /// Staff who want to see the ticket and not the gate say so.
    #[serde(default)]
    r#as: String,
}

async fn ticket_page(
    State(app): State<App>,
    Extension(matches): Extension<Matches>,
    actor: Option<Actor>,
    view: View,
    Path(secret): Path<String>,
    Query(said): Query<Said>,
    peer: Peer,
) -> AppResult<Response> {
    let held = open(&app, &secret, peer).await?;
    let employer = actor.as_ref().is_some_and(|a| a.role == Role::Employer);
    let steward = actor.is_some_and(|a| a.is(GATE_ROLES) && a.office == held.fair.office_id);
    if steward && said.r#as != "holder" {
        return Ok(sealed(
            gate::confirm(&app, &view, &held.fair, held.row).await?,
        ));
    }
    if employer && said.r#as != "holder" {
        let to = format!("/employer/scan?entry={}", held.secret.in_full());
        return Ok(sealed(Redirect::to(&to).into_response()));
    }
    let mut page = show::page(&app, view.lang, matches, &held).await?;
    page.fresh = !said.new.is_empty();
    page.amended = !said.saved.is_empty();
    page.queued = QUEUED.into_iter().find(|known| *known == said.number);
    let again = page.queues.iter().any(QueueRow::is_open);
    let jar = CookieJar::new().add(ticket::remember(&app, &held.secret));
    let mut response = sealed((jar, view.show(page)?).into_response());
    if again {
        let again = format!("{AGAIN}; url={}", held.base());
        let again = HeaderValue::from_str(&again).map_err(anyhow::Error::from)?;
        response.headers_mut().insert(header::REFRESH, again);
    }
    Ok(response)
}

async fn qr_page(
    State(app): State<App>,
    view: View,
    Path(secret): Path<String>,
    peer: Peer,
) -> AppResult<Response> {
    let held = open(&app, &secret, peer).await?;
    let page = QrPage {
        fair: FairLine::from(&held.fair),
        base: held.base(),
        number: show::number(held.row.number),
        code: held.row.code,
        qr: qr::data_address(&ticket::address(&app, &held.secret))?,
    };
    Ok(sealed(view.show(page)?))
}

async fn qr_png(
    State(app): State<App>,
    Path(secret): Path<String>,
    peer: Peer,
) -> AppResult<Response> {
    let held = open(&app, &secret, peer).await?;
    let png = qr::png(&ticket::address(&app, &held.secret), 16)?;
    Ok(sealed(
        ([(header::CONTENT_TYPE, "image/png")], png).into_response(),
    ))
}

async fn qr_svg(
    State(app): State<App>,
    Path(secret): Path<String>,
    peer: Peer,
) -> AppResult<Response> {
    let held = open(&app, &secret, peer).await?;
    let svg = qr::svg(&ticket::address(&app, &held.secret))?;
    Ok(sealed(
        ([(header::CONTENT_TYPE, "image/svg+xml")], svg).into_response(),
    ))
}

async fn mine(
    State(app): State<App>,
    view: View,
    Path(secret): Path<String>,
    peer: Peer,
) -> AppResult<Response> {
    let held = open(&app, &secret, peer).await?;
    let page = show::mine(&app, view.lang, &held).await?;
    Ok(sealed(view.show(page)?))
}

async fn amend(
    State(app): State<App>,
    view: View,
    Path(secret): Path<String>,
    peer: Peer,
    sent: Sent,
) -> AppResult<Response> {
    let held = open(&app, &secret, peer).await?;
    let mut page = show::mine(&app, view.lang, &held).await?;
    match form::amendment(&sent) {
        Ok(amendment) => {
            let hash = page.notices.groups.hash();
            commands::amend(&app, &held.row, amendment, hash).await?;
            let back = format!("{}?saved=1", held.base());
            Ok(sealed(Redirect::to(&back).into_response()))
        }
        Err(error) => {
            page.form = Form::again(view.lang, &sent, &error);
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(sealed(view.show_with(status, page)?))
        }
    }
}

/// A copy of everything, for whoever also knows the telephone number: a ticket is shown around
/// and photographed, a number is not on it.
async fn copy(
    State(app): State<App>,
    Extension(matches): Extension<Matches>,
    view: View,
    Path(secret): Path<String>,
    peer: Peer,
    sent: Sent,
) -> AppResult<Response> {
    let ip = peer.0.ip();
    let held = open(&app, &secret, peer).await?;
    let asked = Phone::parse_mobile(sent.get("phone")).ok();
    let known = match asked {
        Some(phone) => person::known(&app, held.fair.office_id, &phone).await?,
        None => None,
    };
    if known == Some(held.row.person_id) {
        let file = show::copy(&app, view.lang, matches, &held).await?;
        let kept = "attachment; filename=\"nightfair-data.json\"";
        return Ok(sealed(
            ([(header::CONTENT_DISPOSITION, kept)], Json(file)).into_response(),
        ));
    }
    app.limits.guess_from(ip)?;
    let mut page = show::mine(&app, view.lang, &held).await?;
    let fault = FieldError {
        field: "phone".into(),
        code: "mismatch".into(),
        params: vec![],
    };
    page.copy = Form::again(view.lang, &sent, &AppError::invalid(vec![fault]));
    Ok(sealed(
        view.show_with(StatusCode::UNPROCESSABLE_ENTITY, page)?,
    ))
}

async fn ask_withdraw(
    State(app): State<App>,
    Extension(matches): Extension<Matches>,
    view: View,
    Path(secret): Path<String>,
    peer: Peer,
) -> AppResult<Response> {
    let held = open(&app, &secret, peer).await?;
    let (row, office) = (&held.row, held.fair.office_id);
    let card = person::card(app.db.read(), &app.keys, office, row.person_id).await?;
    let matches = (matches.of)(app.clone(), row.id, view.lang).await?;
    let page = WithdrawPage {
        fair: FairLine::from(&held.fair),
        base: held.base(),
        name: card.name,
        others: store::holds_another(app.db.read(), row.person_id, row.id).await?,
        matches: matches.len(),
    };
    Ok(sealed(view.show(page)?))
}

async fn withdraw(
    State(app): State<App>,
    Extension(matches): Extension<Matches>,
    view: View,
    Path(secret): Path<String>,
    peer: Peer,
) -> AppResult<Response> {
    let held = open(&app, &secret, peer).await?;
    commands::withdraw(&app, matches, &held.row, None).await?;
    let fair = FairLine::from(&held.fair);
    Ok(sealed(view.show(WithdrawnPage { fair })?))
}
