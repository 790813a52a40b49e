//! What anybody sees of evenings.
use super::{
    pages::{FairPage, HomePage, MapPage},
    plan::{self, StallState},
    store, times, view,
};
use crate::{
    domain::fair::FairStatus,
    entity::fair::Model,
    error::AppResult,
    platform::{App, home::Beside, page::View, ready::Rendered},
    posting,
};
use axum::{
    extract::{Path, State},
    http::HeaderMap,
    response::Response,
};

/// Evenings on the start page at most.
const COMING: u64 = 20;
const PAST: u64 = 8;

pub async fn home(
    beside: Beside,
    State(app): State<App>,
    view: View,
    headers: HeaderMap,
) -> AppResult<Response> {
    let make = || async {
        let (db, now, office) = (app.db.read(), app.db.now(), app.settings.office);
        let heads = |fairs: Vec<Model>| fairs.iter().map(|fair| view::head(fair, now)).collect();
        let page = HomePage {
            upcoming: heads(store::upcoming(db, office, now, COMING).await?),
            past: heads(store::past(db, office, now, PAST).await?),
            desks: beside(app.clone(), view.lang).await?.desks,
        };
        Ok(Rendered {
            topic: None,
            html: view.html(page)?,
        })
    };
    app.ready.page(&app.live, &view, &headers, make).await
}

pub async fn fair(
    State(app): State<App>,
    view: View,
    headers: HeaderMap,
    Path(slug): Path<String>,
) -> AppResult<Response> {
    let make = || async {
        let fair = store::find_shown(app.db.read(), app.settings.office, &slug).await?;
        Ok(Rendered {
            topic: Some(fair.id),
            html: view.html(fair_page(&app, &fair).await?)?,
        })
    };
    app.ready.page(&app.live, &view, &headers, make).await
}

async fn fair_page(app: &App, fair: &Model) -> AppResult<FairPage> {
    let (db, now) = (app.db.read(), app.db.now());
    let hosts = store::hosts(db, &[fair.id]).await?;
    let offer = posting::store::offer(db, fair.id, now).await?;
    let everybody = plan::everybody(app, fair).await?;
    let employers = everybody
        .stalls
        .iter()
        .filter(|stall| stall.public_employer().is_some());
    let employers = i64::try_from(employers.count()).unwrap_or(i64::MAX);
    let open = times(fair).registers(fair.status, now);
    let full = fair.registered >= fair.capacity;
    Ok(FairPage {
        fair: view::head(fair, now),
        registers: open && !full,
        full: open && full,
        hosts: view::host_lines(hosts.into_iter().map(|(_, host)| host).collect()),
        groups: view::code_list(&fair.target_groups),
        programme: view::programme_lines(store::programme(db, fair.id).await?),
        employers: employers.max(offer.employers),
        postings: offer.postings,
        capacity: fair.capacity,
        registered: fair.registered,
        notice: fair.notice.clone(),
        intro: fair.intro.clone(),
    })
}

pub async fn map(
    State(app): State<App>,
    view: View,
    headers: HeaderMap,
    Path(slug): Path<String>,
) -> AppResult<Response> {
    let make = || async {
        let fair = store::find_shown(app.db.read(), app.settings.office, &slug).await?;
        Ok(Rendered {
            topic: Some(fair.id),
            html: view.html(map_page(&app, &view, &fair).await?)?,
        })
    };
    app.ready.page(&app.live, &view, &headers, make).await
}

async fn map_page(app: &App, view: &View, fair: &Model) -> AppResult<MapPage> {
    let stalls = plan::everybody(app, fair).await?.stalls;
    let linked = fair.status == FairStatus::Published;
    let (standing, lying) = view::drawn(&stalls, |stall| view::public_label(view, stall, linked));
    Ok(MapPage {
        fair: view::head(fair, app.db.now()),
        plan: standing,
        lying,
        taken: stalls
            .iter()
            .filter(|stall| stall.state == StallState::Taken)
            .count(),
    })
}
