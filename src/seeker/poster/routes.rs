//! Posters: made by the office, scanned by everybody.
use super::{
    commands,
    pages::{PosterLine, PosterPage, PosterSheet, PostersPage},
    store,
};
use crate::{
    account::{Actor, Audience, Routes},
    domain::{
        fault::{Faults, FieldFault},
        text::{Line, Prose},
        ticket::Code,
    },
    entity::{fair, poster},
    error::{AppError, AppResult},
    platform::{
        App,
        form::{Form, Sent},
        page::View,
        qr,
    },
    seeker::{
        fairs::{self, FairLine},
        roles::POSTERS,
        store as registrations,
        ticket::short_address,
    },
};
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};

pub fn routes() -> Routes {
    Routes::new()
        .get(Audience::Anyone, "/R/{code}", scanned)
        .get(Audience::Anyone, "/r/{code}", scanned)
        .get(POSTERS, "/office/fairs/{fair}/posters", list)
        .post(POSTERS, "/office/fairs/{fair}/posters", make)
        .get(POSTERS, "/office/fairs/{fair}/posters/print", all)
        .get(POSTERS, "/office/fairs/{fair}/posters/{code}", one)
}

/// What a poster's QR opens. The page it leads to names the office and the evening before it asks
/// for anything, and there is no way to lead anywhere else.
async fn scanned(State(app): State<App>, Path(code): Path<String>) -> AppResult<Redirect> {
    let code = Code::parse(&code).map_err(|_| AppError::not_found())?;
    let fair = store::fair_of(app.db.read(), app.settings.office, &code).await?;
    let fair = fair.ok_or_else(AppError::not_found)?;
    Ok(Redirect::to(&format!("/f/{}/register?p={code}", fair.slug)))
}

async fn lines(app: &App, fair: &fair::Model) -> AppResult<Vec<PosterLine>> {
    let counts = store::counts(app.db.read(), fair.id).await?;
    let posters = store::of_fair(app.db.read(), fair.id).await?;
    let lines = posters.into_iter().map(|poster| {
        let found = counts.iter().find(|(id, ..)| *id == Some(poster.id));
        let (registered, came) = found.map_or((0, 0), |(_, registered, came)| (*registered, *came));
        PosterLine {
            code: poster.code,
            place: poster.place,
            registered,
            came,
        }
    });
    Ok(lines.collect())
}

async fn page(app: &App, fair: &fair::Model, form: Form) -> AppResult<PostersPage> {
    Ok(PostersPage {
        posters: lines(app, fair).await?,
        fair: FairLine::from(fair),
        form,
    })
}

async fn list(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(slug): Path<String>,
) -> AppResult<Response> {
    let fair = fairs::for_staff(&app, &actor, &slug).await?;
    view.show(page(&app, &fair, Form::blank()).await?)
}

async fn make(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(slug): Path<String>,
    sent: Sent,
) -> AppResult<Response> {
    let fair = fairs::for_staff(&app, &actor, &slug).await?;
    let done = match places(sent.get("places")) {
        Ok(places) => {
            let once = sent.once(&format!("{} posters {}", actor.account, fair.id))?;
            commands::make(&app, fair.id, once, places).await.map(drop)
        }
        Err(faults) => Err(faults.into()),
    };
    match done {
        Ok(()) => Ok(Redirect::to(&format!("/office/fairs/{slug}/posters")).into_response()),
        Err(error) if !error.field_errors().is_empty() => {
            let form = Form::again(view.lang, &sent, &error);
            let page = page(&app, &fair, form).await?;
            view.show_with(StatusCode::UNPROCESSABLE_ENTITY, page)
        }
        Err(error) => Err(error),
    }
}

/// One place a line.
fn places(raw: &str) -> Result<Vec<Line>, Faults> {
    let mut faults = Faults::new();
    let text = Prose::required(raw, 4000);
    let Some(text) = faults.take("places", text) else {
        return Err(faults);
    };
    let lines: Vec<&str> = text
        .as_str()
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    if lines.len() > commands::AT_ONCE {
        let max = commands::AT_ONCE;
        return Err(Faults::one("places", FieldFault::TooMany { max }));
    }
    let places: Result<Vec<Line>, _> = lines.iter().map(|l| Line::required(l, 60)).collect();
    let places = faults.take("places", places);
    faults.into_result(places)
}

async fn one(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path((slug, code)): Path<(String, String)>,
) -> AppResult<Response> {
    let fair = fairs::for_staff(&app, &actor, &slug).await?;
    let poster = store::find(app.db.read(), fair.id, &code).await?;
    let poster = poster.ok_or_else(AppError::not_found)?;
    view.show(printed(&app, &fair, vec![poster]).await?)
}

/// Every poster of the evening, one sheet each.
async fn all(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Path(slug): Path<String>,
) -> AppResult<Response> {
    let fair = fairs::for_staff(&app, &actor, &slug).await?;
    let posters = store::of_fair(app.db.read(), fair.id).await?;
    view.show(printed(&app, &fair, posters).await?)
}

async fn printed(
    app: &App,
    fair: &fair::Model,
    posters: Vec<poster::Model>,
) -> AppResult<PosterPage> {
    let sheets = posters.into_iter().map(|poster| sheet(app, poster));
    Ok(PosterPage {
        hosts: registrations::hosts(app.db.read(), fair.id).await?,
        sheets: sheets.collect::<AppResult<_>>()?,
        fair: FairLine::from(fair),
    })
}

fn sheet(app: &App, poster: poster::Model) -> AppResult<PosterSheet> {
    let address = short_address(&app.settings.public_url, &format!("/R/{}", poster.code));
    let shown = address
        .split_once("://")
        .map_or(address.as_str(), |(_, rest)| rest);
    Ok(PosterSheet {
        place: poster.place,
        qr: qr::svg(&address)?,
        address: shown.to_owned(),
    })
}
