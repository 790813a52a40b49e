//! The rota of a month on the screen and on paper, and the hours served in it.
use super::{
    hours,
    pages::{HoursPage, MonthPage, PrintPage},
    roster_commands,
    roster_store::{self, Table},
    routes::{EDIT, EDITORS, READ},
    view,
};
use crate::{
    account::{
        Actor, Routes,
        store::{Access, record_access},
    },
    domain::{calendar::day_of, rota},
    error::AppResult,
    platform::{
        App,
        api::Query,
        form::{Form, Sent},
        page::{Flash, View},
    },
};
use axum::{
    extract::{ConnectInfo, State},
    http::header,
    response::{IntoResponse, Redirect, Response},
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use std::net::SocketAddr;

pub fn add(routes: Routes) -> Routes {
    routes
        .get(READ, "/office/desk/month", month)
        .post(EDIT, "/office/desk/month/copy", copy)
        .get(READ, "/office/desk/month/print", print)
        .get(READ, "/office/desk/hours", hours_page)
        .get(EDIT, "/office/desk/hours.csv", hours_csv)
        .get(EDIT, "/office/desk/hours.xlsx", hours_xlsx)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    month: String,
    copied: Option<u32>,
}

impl Asked {
    /// The month asked for, or the one we are in.
    fn stretch(&self, now: DateTime<Utc>) -> (NaiveDate, NaiveDate) {
        rota::month(&self.month).unwrap_or_else(|_| {
            let today = day_of(now);
            let last = rota::last_of_month(today);
            (chrono::Datelike::with_day(&today, 1).unwrap_or(today), last)
        })
    }
}

/// Addresses of the month before and the month after.
fn around(base: &str, (first, last): (NaiveDate, NaiveDate)) -> (String, String) {
    let at = |day: Option<NaiveDate>| {
        let day = day.unwrap_or(first);
        format!("{base}?month={}", day.format("%Y-%m"))
    };
    (at(first.pred_opt()), at(last.succ_opt()))
}

async fn read(app: &App, actor: &Actor, (first, last): (NaiveDate, NaiveDate)) -> AppResult<Table> {
    roster_store::table(app.db.read(), actor.office, first, last).await
}

async fn month(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Query(asked): Query<Asked>,
) -> AppResult<Response> {
    let now = app.db.now();
    let stretch = asked.stretch(now);
    let table = read(&app, &actor, stretch).await?;
    let (before, after) = around("/office/desk/month", stretch);
    let days = busy(&view, &table, stretch, now);
    let flash = asked
        .copied
        .map(|n| Flash::ok(view.say("desk.month.copied", &[("n", n.to_string())])));
    view.show(MonthPage {
        month: stretch.0.to_string(),
        before,
        after,
        sessions: table.lines.len(),
        warnings: view::warned(&days),
        days,
        copied: Form::blank(),
        may_write: actor.is(EDITORS),
        flash,
    })
}

fn busy(
    view: &View,
    table: &Table,
    stretch: (NaiveDate, NaiveDate),
    now: DateTime<Utc>,
) -> Vec<super::pages::Day<super::pages::Staffed>> {
    let lines = table
        .lines
        .iter()
        .map(|line| (line.session.date, view::staffed(view, line, table, now)));
    view::busy_days(view, stretch, now, lines.collect())
}

async fn copy(State(app): State<App>, actor: Actor, sent: Sent) -> AppResult<Redirect> {
    let asked = Asked {
        month: sent.get("month").chars().take(7).collect(),
        copied: None,
    };
    let (first, _) = asked.stretch(app.db.now());
    let once = sent.once(&format!("{} /office/desk/month/copy", actor.account))?;
    let done = roster_commands::copy_month(&app.db, &actor, first, once).await?;
    Ok(Redirect::to(&format!(
        "/office/desk/month?month={}&copied={}",
        first.format("%Y-%m"),
        done.value
    )))
}

async fn print(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Query(asked): Query<Asked>,
) -> AppResult<Response> {
    let now = app.db.now();
    let stretch = asked.stretch(now);
    let table = read(&app, &actor, stretch).await?;
    view.show(PrintPage {
        month: stretch.0.to_string(),
        days: busy(&view, &table, stretch, now),
        at: now.to_rfc3339(),
    })
}

async fn hours_page(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Query(asked): Query<Asked>,
) -> AppResult<Response> {
    let now = app.db.now();
    let stretch = asked.stretch(now);
    let table = read(&app, &actor, stretch).await?;
    let (before, after) = around("/office/desk/hours", stretch);
    let lines = hours::lines(&view, &table, now);
    view.show(HoursPage {
        month: stretch.0.to_string(),
        before,
        after,
        total: hours::total(&lines),
        lines,
        may_write: actor.is(EDITORS),
    })
}

/// The month's hours for a file, once the record says who took them.
async fn taken(
    app: &App,
    actor: &Actor,
    view: &View,
    peer: SocketAddr,
    asked: &Asked,
) -> AppResult<(String, Vec<super::pages::HoursLine>)> {
    let now = app.db.now();
    let stretch = asked.stretch(now);
    let (office, account, ip) = (actor.office, actor.account, peer.ip().to_string());
    app.db
        .write(move |tx| async move {
            let access = Access {
                office,
                account: Some(account),
                action: "export",
                subject: "desk_hours",
                subject_id: None,
                reason: "desk",
                ip: &ip,
            };
            record_access(&tx, access).await
        })
        .await?;
    let table = read(app, actor, stretch).await?;
    let month = stretch.0.format("%Y-%m").to_string();
    Ok((month, hours::lines(view, &table, now)))
}

fn file(kind: &'static str, name: &str, bytes: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    (headers, bytes).into_response()
}

async fn hours_csv(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    actor: Actor,
    view: View,
    Query(asked): Query<Asked>,
) -> AppResult<Response> {
    let (month, lines) = taken(&app, &actor, &view, peer, &asked).await?;
    let bytes = hours::csv(&view, &lines)?;
    let name = format!("desk-hours-{month}.csv");
    Ok(file("text/csv; charset=utf-8", &name, bytes))
}

async fn hours_xlsx(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    actor: Actor,
    view: View,
    Query(asked): Query<Asked>,
) -> AppResult<Response> {
    let (month, lines) = taken(&app, &actor, &view, peer, &asked).await?;
    let title = view.say("desk.hours.of", &[("month", month.as_str())]);
    let bytes = hours::workbook(&view, &title, &lines)?;
    let name = format!("desk-hours-{month}.xlsx");
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    Ok(file(kind, &name, bytes))
}
