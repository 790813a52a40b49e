//! Figures and their rows for machines.
use super::{
    query::Asked,
    reading::{self, FIGURES, ROWS},
    report::{self, Columns, Report},
    rows::{Part, Row},
};
use crate::{
    account::{Actor, Audience, Routes},
    error::AppResult,
    platform::{
        App,
        api::{List, PageQuery, ProblemDocument, Query},
        text::Lang,
    },
};
use axum::{
    Json,
    extract::{Path, State},
};
use utoipa_axum::routes;

pub fn routes() -> Routes {
    Routes::new()
        .api(Audience::Roles(FIGURES), routes!(tally))
        .api(Audience::Roles(ROWS), routes!(rows))
}

/// All figures of a fair. A number carries the address of the rows it counts, for those who may
/// open them.
#[utoipa::path(
    get, path = "/api/v1/fairs/{fair}/tally", tag = "tally",
    params(("fair" = String, Path)),
    responses((status = 200, body = Report), (status = 404, body = ProblemDocument)),
)]
async fn tally(
    State(app): State<App>,
    actor: Actor,
    lang: Lang,
    Path(slug): Path<String>,
) -> AppResult<Json<Report>> {
    let tally = reading::tally(&app, &actor, &slug).await?;
    let rows = format!("/api/v1/fairs/{slug}/tally/rows");
    let reader = reading::reader(&actor, lang, rows);
    Ok(Json(report::report(&tally, &reader, Columns::Both)))
}

/// The rows that a figure counts: as many as the figure says, masked.
#[utoipa::path(
    get, path = "/api/v1/fairs/{fair}/tally/rows", tag = "tally",
    params(("fair" = String, Path), Asked, PageQuery),
    responses(
        (status = 200, body = List<Row>),
        (status = 404, body = ProblemDocument),
        (status = 422, body = ProblemDocument),
    ),
)]
async fn rows(
    State(app): State<App>,
    actor: Actor,
    Path(slug): Path<String>,
    Query(asked): Query<Asked>,
    Query(page): Query<PageQuery>,
) -> AppResult<Json<List<Row>>> {
    let part = Part {
        after: page.after()?,
        limit: page.limit()?,
    };
    let question = asked.read()?;
    let (_, listing) = reading::listing(&app, &actor, &slug, question, part).await?;
    Ok(Json(List {
        items: listing.rows,
        next: listing.next,
    }))
}
