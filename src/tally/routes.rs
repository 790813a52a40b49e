//! Pages of the figures: the tally, the rows behind a number, the form on paper, the workbook.
use super::{
    commands, live,
    measure::{Dimension, Unit},
    pages::{PrintPage, RowsPage, TallyPage},
    paper::PaperPage,
    query::Asked,
    reading::{self, FIGURES, ROWS},
    report::{self, Columns},
    rows::Part,
    screen::{Moment, ScreenPage},
    workbook::{self, Order},
};
use crate::{
    account::{Actor, Audience, Routes},
    domain::fair::FairStatus,
    error::AppResult,
    platform::{
        App,
        api::{PageQuery, Query},
        home::Beside,
        page::View,
    },
};
use axum::{
    extract::{ConnectInfo, Path, State},
    http::header,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use std::net::SocketAddr;

pub fn routes(beside: Beside) -> Routes {
    let figures = Audience::Roles(FIGURES);
    let screen = move |app, view, fair| screen(beside, app, view, fair);
    Routes::new()
        .get(Audience::Anyone, "/f/{fair}/screen", screen)
        .get(Audience::Anyone, "/f/{fair}/live", stream)
        .get(figures, "/office/fairs/{fair}/tally", tally)
        .get(figures, "/office/fairs/{fair}/tally/print", print)
        .get(figures, "/office/fairs/{fair}/tally/paper", paper)
        .get(figures, "/office/fairs/{fair}/tally.xlsx", workbook)
        .get(
            Audience::Roles(ROWS),
            "/office/fairs/{fair}/tally/rows",
            rows,
        )
}

/// Where the rows behind a figure are, on pages.
fn rows_at(slug: &str) -> String {
    format!("/office/fairs/{slug}/tally/rows")
}

#[derive(Deserialize)]
struct Shown {
    by: Option<String>,
    unit: Option<String>,
    /// Words that the rows shown have in their name.
    q: Option<String>,
}

async fn tally(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(slug): Path<String>,
    Query(shown): Query<Shown>,
) -> AppResult<Response> {
    let fair = reading::fair(&app, &actor, &slug).await?;
    let public = fair.status == FairStatus::Published;
    let tally = report::Tally::of(reading::picture(&app, fair).await?);
    let reader = reading::reader(&actor, view.lang, rows_at(&slug));
    let unit = shown.unit.as_deref().and_then(Unit::from_code);
    let unit = unit.unwrap_or(Unit::Persons);
    let report = report::report(&tally, &reader, Columns::One(unit));
    let by = shown.by.as_deref().unwrap_or("employer");
    let q = shown.q.as_deref().unwrap_or_default().trim();
    view.show(TallyPage::new(
        report,
        &reader,
        (by, unit.code(), q),
        public,
    ))
}

async fn rows(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(slug): Path<String>,
    Query(asked): Query<Asked>,
    Query(page): Query<PageQuery>,
) -> AppResult<Response> {
    let part = Part {
        after: page.after()?,
        limit: page.limit()?,
    };
    let question = asked.read()?;
    let (picture, listing) = reading::listing(&app, &actor, &slug, question.clone(), part).await?;
    let reader = reading::reader(&actor, view.lang, rows_at(&slug));
    let label = reader.words(&picture.names.label(&listing.key));
    let here = format!(
        "{}?{}",
        rows_at(&slug),
        question.what.query(question.by, &listing.key)
    );
    let within = (question.by != Dimension::Fair).then(|| {
        let by = view.say::<&str>(&format!("tally.by.{}", question.by.code()), &[]);
        view.say("tally.within", &[("by", by), ("row", label)])
    });
    let fair = (slug, picture.fair.title.clone());
    view.show(RowsPage::new(
        fair,
        &reader,
        &question,
        within,
        listing,
        (&here, part.after.is_some()),
    ))
}

async fn print(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(slug): Path<String>,
) -> AppResult<Response> {
    let tally = reading::tally(&app, &actor, &slug).await?;
    let reader = reading::reader(&actor, view.lang, rows_at(&slug));
    view.show(PrintPage::new(&tally, &reader))
}

/// Sheets to write on while nothing else works.
async fn paper(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(slug): Path<String>,
) -> AppResult<Response> {
    let fair = reading::fair(&app, &actor, &slug).await?;
    let gates = serde_json::from_value(fair.gates.clone()).unwrap_or_default();
    let picture = reading::picture(&app, fair).await?;
    let reader = reading::reader(&actor, view.lang, rows_at(&slug));
    view.show(PaperPage::new(&picture, gates, &reader))
}

async fn workbook(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    actor: Actor,
    view: View,
    Path(slug): Path<String>,
) -> AppResult<Response> {
    let fair = reading::fair(&app, &actor, &slug).await?;
    commands::record_export(&app, &actor, fair.id, peer.ip().to_string()).await?;
    let order = Order {
        lang: view.lang,
        taken_by: actor.name.clone(),
        with_rows: actor.is(ROWS),
    };
    let bytes = workbook::workbook(&app, actor.office, fair, order).await?;
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    let name = format!("attachment; filename=\"tally-{slug}.xlsx\"");
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, bytes).into_response())
}

async fn screen(
    beside: Beside,
    State(app): State<App>,
    view: View,
    Path(slug): Path<String>,
) -> AppResult<Response> {
    let fair = live::public_fair(&app, &slug).await?;
    let (board, as_of) = live::now(&app, &fair).await?;
    let half = beside(app.clone(), view.lang).await?;
    let moment = Moment {
        now: app.db.now(),
        as_of,
    };
    view.show(ScreenPage::new(board, &half, view.lang, moment))
}

async fn stream(State(app): State<App>, Path(slug): Path<String>) -> AppResult<Response> {
    let fair = live::public_fair(&app, &slug).await?;
    Ok(live::stream(&app, &fair))
}
