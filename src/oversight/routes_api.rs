//! Figures of cases and their rows for machines.
use super::{
    query::{Asked, AskedRows},
    reading::{self, FIGURES},
    report::{self, CaseRates, Reader},
    rows::{self, RateRow},
};
use crate::{
    account::{Actor, Routes},
    error::AppResult,
    platform::{
        App,
        api::{List, PageQuery, ProblemDocument, Query},
        text::Lang,
    },
};
use axum::{Json, extract::State};
use utoipa_axum::routes;

const ROWS: &str = "/api/v1/stats/cases/rows";

pub fn routes() -> Routes {
    Routes::new()
        .api(FIGURES, routes!(figures))
        .api(FIGURES, routes!(figure_rows))
}

/// All rates of a period, each with k, n, what was left out and why, its formula in words, the
/// version of the formulas and the address of its rows. A handler gets those of his unit.
#[utoipa::path(
    get, path = "/api/v1/stats/cases", tag = "stats",
    params(Asked),
    responses(
        (status = 200, body = CaseRates),
        (status = 404, body = ProblemDocument),
        (status = 422, body = ProblemDocument),
    ),
)]
async fn figures(
    State(app): State<App>,
    actor: Actor,
    lang: Lang,
    Query(asked): Query<Asked>,
) -> AppResult<Json<CaseRates>> {
    let question = asked.read(app.db.now())?;
    let board = reading::board(&app, &actor, question).await?;
    let reader = Reader { lang, rows: ROWS };
    Ok(Json(report::report(&reader, &board)))
}

/// The cases that a rate looked at: whether each counts in k and n, and why.
#[utoipa::path(
    get, path = "/api/v1/stats/cases/rows", tag = "stats",
    params(Asked, AskedRows, PageQuery),
    responses(
        (status = 200, body = List<RateRow>),
        (status = 404, body = ProblemDocument),
        (status = 422, body = ProblemDocument),
    ),
)]
async fn figure_rows(
    State(app): State<App>,
    actor: Actor,
    lang: Lang,
    Query(asked): Query<Asked>,
    Query(what): Query<AskedRows>,
    Query(page): Query<PageQuery>,
) -> AppResult<Json<List<RateRow>>> {
    let (what, question) = (what.read()?, asked.read(app.db.now())?);
    let board = reading::board(&app, &actor, question).await?;
    let reader = Reader { lang, rows: ROWS };
    let listing = rows::rows(&reader, &board, what, &page)?;
    Ok(Json(List {
        items: listing.rows,
        next: listing.next,
    }))
}
