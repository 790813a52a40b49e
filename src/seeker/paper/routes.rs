//! Doors of the papers for gate and desk.
use super::{blanks, roster};
use crate::{
    account::{Actor, Routes},
    error::AppResult,
    platform::{App, api::Query, page::View},
    seeker::{fairs, roles::DESK},
};
use axum::{
    extract::{Path, State},
    response::Response,
};
use serde::Deserialize;

pub fn routes() -> Routes {
    let at = |rest: &str| format!("/office/fairs/{{fair}}/registrations/{rest}");
    Routes::new()
        .get(DESK, &at("roster"), print_roster)
        .get(DESK, &at("blanks"), print_blanks)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// `name`, or by number.
    order: String,
    /// Sheets of blank tickets.
    sheets: String,
}

async fn print_roster(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(slug): Path<String>,
    Query(asked): Query<Asked>,
) -> AppResult<Response> {
    let fair = fairs::for_staff(&app, &actor, &slug).await?;
    view.show(roster::page(&app, &actor, &fair, asked.order == "name").await?)
}

async fn print_blanks(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(slug): Path<String>,
    Query(asked): Query<Asked>,
) -> AppResult<Response> {
    let fair = fairs::for_staff(&app, &actor, &slug).await?;
    view.show(blanks::page(view.lang, &fair, asked.sheets.parse().ok())?)
}
