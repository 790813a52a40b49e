//! 打印: everything of an evening that comes out of a printer, on one page.
use super::{
    commands,
    pages::{Paper, PapersPage},
    routes_api::PLANNERS,
    routes_office::HOSTS,
    store, view,
};
use crate::{
    account::Actor,
    domain::role::Role,
    entity::fair::Model,
    error::AppResult,
    platform::{App, clock::beijing, page::View},
};
use axum::{
    extract::{Path, State},
    response::Response,
};

/// Those who print figures of the whole office.
const OF_MONTH: &[Role] = &[Role::OfficeAdmin, Role::Secretary, Role::Board];

/// What there is of a paper, for the page to say.
#[derive(Clone, Copy)]
enum Count {
    Signs,
    Posters,
    People,
    /// As many as one likes.
    Any,
}

/// Key of the words, address, icon, who gets it, what is counted.
type Entry = (
    &'static str,
    &'static str,
    &'static str,
    &'static [Role],
    Count,
);

const PAPERS: &[Entry] = &[
    (
        "posters",
        "/office/fairs/{}/posters/print",
        "qr",
        PLANNERS,
        Count::Posters,
    ),
    (
        "signs",
        "/office/fairs/{}/signs",
        "booth",
        HOSTS,
        Count::Signs,
    ),
    (
        "roster",
        "/office/fairs/{}/registrations/roster",
        "people",
        PLANNERS,
        Count::People,
    ),
    (
        "blanks",
        "/office/fairs/{}/registrations/blanks",
        "ticket",
        PLANNERS,
        Count::Any,
    ),
    (
        "paper",
        "/office/fairs/{}/tally/paper",
        "edit",
        HOSTS,
        Count::Any,
    ),
    (
        "tally",
        "/office/fairs/{}/tally/print",
        "chart",
        HOSTS,
        Count::Any,
    ),
    (
        "month",
        "/office/figures/print?month={month}",
        "calendar",
        OF_MONTH,
        Count::Any,
    ),
];

pub async fn page(
    State(app): State<App>,
    view: View,
    actor: Actor,
    Path(slug): Path<String>,
) -> AppResult<Response> {
    let fair = commands::look(&app, &actor, &slug).await?;
    let papers = papers(&app, &actor, &fair).await?;
    view.show(PapersPage {
        fair: view::head(&fair, app.db.now()),
        papers,
    })
}

async fn papers(app: &App, actor: &Actor, fair: &Model) -> AppResult<Vec<Paper>> {
    let db = app.db.read();
    let month = beijing(fair.starts_at).format("%Y-%m").to_string();
    let (signs, posters) = (
        store::booked(db, fair.id).await?,
        store::posters(db, fair.id).await?,
    );
    let count = |of| match of {
        Count::Signs => Some(signs),
        Count::Posters => Some(posters),
        Count::People => Some(fair.registered.unsigned_abs()),
        Count::Any => None,
    };
    let open = PAPERS.iter().filter(|(.., roles, _)| actor.is(roles));
    let papers = open.map(|(key, href, icon, _, of)| Paper {
        key,
        href: href.replace("{}", &fair.slug).replace("{month}", &month),
        icon,
        count: count(*of),
    });
    Ok(papers.collect())
}
