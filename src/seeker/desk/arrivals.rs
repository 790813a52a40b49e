//! 补录到场: what gates wrote on paper, typed in afterwards with the time that stands there.
use super::pages::{ArrivalDone, ArrivalsPage};
use crate::{
    account::Actor,
    domain::{
        fault::{Faults, FieldFault},
        moment,
        ticket::{Code, Secret},
    },
    entity::fair,
    error::{AppError, AppResult},
    platform::{
        App,
        form::{Form, Sent},
        page::View,
    },
    seeker::{
        fairs::{self, FairLine},
        gate::{self, Direction, Scan, Shown, Token, Verdict},
        holder, store, ticket,
    },
};
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use chrono::{DateTime, Utc};

/// Names the sheet among the devices of a gate.
const PAPER: &str = "paper";

fn page(app: &App, fair: &fair::Model, form: Form) -> ArrivalsPage {
    let now = app.db.now();
    let running = fair.starts_at <= now && now <= fair.ends_at;
    ArrivalsPage {
        gates: fairs::gates(fair),
        now: if running {
            moment::clock(now)
        } else {
            String::new()
        },
        fair: FairLine::from(fair),
        done: None,
        trouble: None,
        form,
    }
}

pub async fn blank(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(slug): Path<String>,
) -> AppResult<Response> {
    let fair = fairs::for_staff(&app, &actor, &slug).await?;
    view.show(page(&app, &fair, Form::blank()))
}

/// Keeps a line of the sheet and shows the form for the next one of that gate.
pub async fn enter(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(slug): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let fair = fairs::for_staff(&app, &actor, &slug).await?;
    match keep(&app, &actor, &fair, &sent).await {
        Ok(done) => {
            let next = Form::filled([
                ("gate", sent.get("gate").to_owned()),
                ("time", sent.get("time").to_owned()),
                ("direction", sent.get("direction").to_owned()),
            ]);
            let mut page = page(&app, &fair, next);
            page.done = Some(done);
            view.show(page)
        }
        Err(error) => {
            let (form, trouble) = Form::refused(view.lang, &sent, error)?;
            let mut page = page(&app, &fair, form);
            page.trouble = trouble;
            view.show_with(StatusCode::UNPROCESSABLE_ENTITY, page)
        }
    }
}

async fn keep(app: &App, actor: &Actor, fair: &fair::Model, sent: &Sent) -> AppResult<ArrivalDone> {
    let mut faults = Faults::new();
    let token = faults.take("code", token(sent.get("code")));
    let mut gates = fairs::gates(fair).into_iter();
    let gate = gates.find(|gate| gate == sent.get("gate"));
    let gate = faults.take("gate", gate.ok_or(FieldFault::Required));
    let hours = (fair.starts_at, fair.ends_at);
    let at = moment::time_of_evening(sent.get("time"), hours, app.db.now());
    let at = faults.take("time", at);
    let read = || Some((token?, gate?, at?));
    let (token, gate, at) = faults.into_result(read())?;
    let direction = Direction::from_code(sent.get("direction")).unwrap_or_default();
    holds(app, fair, &token).await?;
    let scan = Scan {
        scanned_at: Some(at),
        offline: true,
        shown: Some(Shown::Passed),
        device: PAPER.into(),
        ..Scan::here(token, gate, direction, gate::nonce(sent))
    };
    let answer = gate::check_in(app, fair, actor.account, scan).await?;
    Ok(done(answer, at))
}

/// A code, or what a scanner reads from a ticket.
fn token(raw: &str) -> Result<Token, FieldFault> {
    let raw = ticket::last_part(raw);
    match Secret::parse(raw) {
        Ok(secret) => Ok(Token::Secret(secret)),
        Err(_) => Code::parse(raw).map(Token::Code),
    }
}

/// A slip of the pen is told at once: nobody stands at the gate any more who could be asked.
async fn holds(app: &App, fair: &fair::Model, token: &Token) -> AppResult<()> {
    let db = app.db.read();
    let row = match token {
        Token::Code(code) => store::by_code(db, fair.id, code).await?,
        Token::Secret(secret) => store::by_secret(db, fair.office_id, secret)
            .await?
            .map(|(row, _)| row)
            .filter(|row| row.fair_id == fair.id),
        _ => None,
    };
    match row {
        None => Err(Faults::one("code", FieldFault::NotFound).into()),
        Some(row) if row.status != store::ACTIVE => Err(AppError::conflict("ticket_withdrawn")),
        Some(_) => Ok(()),
    }
}

fn done(answer: gate::Answer, at: DateTime<Utc>) -> ArrivalDone {
    let (name, number) = answer.person.map_or_else(Default::default, |person| {
        (person.masked_name, holder::number(person.number))
    });
    ArrivalDone {
        name,
        number,
        at: at.to_rfc3339(),
        result: match answer.verdict {
            Verdict::Refused(reason) => reason.code(),
            verdict => verdict.code(),
        },
    }
}
