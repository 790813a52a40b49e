//! What anybody sees of evenings.
use super::{
    Crowd, Mine,
    pages::{FairPage, HomePage, MapPage},
    plan::{self, StallState},
    store, times, view,
};
use crate::{
    domain::{
        fair::{FairStatus, Stage},
        moment,
    },
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
use axum_extra::extract::CookieJar;

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

/// The floor plan; a telephone that knows its ticket has its own employers outlined.
pub async fn map(
    crowd: Crowd,
    State(app): State<App>,
    view: View,
    (jar, headers): (CookieJar, HeaderMap),
    Path(slug): Path<String>,
) -> AppResult<Response> {
    let find = || store::find_shown(app.db.read(), app.settings.office, &slug);
    if let Some(mine) = (crowd.mine)(app.clone(), jar).await? {
        let fair = find().await?;
        if mine.fair == fair.id {
            return view.show(map_page(&app, &view, &fair, (crowd, Some(mine))).await?);
        }
    }
    let make = || async {
        let fair = find().await?;
        Ok(Rendered {
            topic: Some(fair.id),
            html: view.html(map_page(&app, &view, &fair, (crowd, None)).await?)?,
        })
    };
    app.ready.page(&app.live, &view, &headers, make).await
}

async fn map_page(
    app: &App,
    view: &View,
    fair: &Model,
    (crowd, mine): (Crowd, Option<Mine>),
) -> AppResult<MapPage> {
    let now = app.db.now();
    let stalls = plan::everybody(app, fair).await?.stalls;
    let waiting = match times(fair).stage(fair.status, now) {
        Stage::Running => Some((crowd.waiting)(app.clone(), fair.id).await?),
        _ => None,
    };
    let visitor = view::Visitor {
        linked: fair.status == FairStatus::Published,
        busiest: waiting.iter().flatten().map(|(_, n)| *n).max().unwrap_or(0),
        waiting: waiting.as_ref(),
        own: mine.as_ref(),
    };
    let (standing, lying) = view::drawn(&stalls, |stall| visitor.label(view, stall));
    Ok(MapPage {
        fair: view::head(fair, now),
        as_of: waiting.is_some().then(|| moment::clock(now)),
        ticket: mine.as_ref().map(|mine| mine.href.clone()),
        plan: standing,
        lying,
        taken: stalls
            .iter()
            .filter(|stall| stall.state == StallState::Taken)
            .count(),
    })
}
