use super::{
    feed,
    pages::{DeskPage, Filter, WeekPage},
    roster_store::{self, Line, Table},
    routes_api, routes_month, routes_session, routes_setup,
    store::{self, Retired},
    view,
};
use crate::{
    account::{Actor, Audience, Routes},
    domain::{calendar::day_of, id::DeskSiteId, moment, role::Role, rota::monday},
    error::AppResult,
    platform::{App, api::Query, page::View},
};
use axum::{
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Days, NaiveDate, Utc};
use serde::Deserialize;

/// Who makes the rota.
pub const EDITORS: &[Role] = &[Role::OfficeAdmin, Role::CommunityClerk];
pub const EDIT: Audience = Audience::Roles(EDITORS);
/// Who reads it, names included: those who work for the office itself.
pub const READ: Audience = Audience::Roles(&[
    Role::OfficeAdmin,
    Role::PlacementOfficer,
    Role::CommunityClerk,
    Role::GridWorker,
    Role::DepartmentHandler,
    Role::Verifier,
    Role::Secretary,
    Role::Mediator,
    Role::DeputyLiaison,
]);

/// Days of the feed before today and after it.
const FEED: (Days, Days) = (Days::new(28), Days::new(180));

pub fn routes() -> Routes {
    let routes = Routes::new()
        .get(Audience::Anyone, "/desk", week)
        .get(Audience::Anyone, "/desk/calendar.ics", calendar)
        .get(READ, "/office/desk", office);
    let routes = routes_setup::add(routes);
    let routes = routes_session::add(routes);
    let routes = routes_month::add(routes);
    routes_api::add(routes)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    week: String,
    site: String,
}

impl Asked {
    fn site(&self) -> Option<DeskSiteId> {
        self.site.parse().ok()
    }

    /// The Monday and the Sunday asked for; this week when nothing readable was asked.
    fn week(&self, now: DateTime<Utc>) -> (NaiveDate, NaiveDate) {
        let first = monday(moment::day(&self.week).unwrap_or_else(|_| day_of(now)));
        (first, shifted(first, 6))
    }
}

fn shifted(day: NaiveDate, by: i64) -> NaiveDate {
    day.checked_add_signed(chrono::TimeDelta::days(by))
        .unwrap_or(day)
}

/// Addresses of the week before, the week after and, elsewhere, of this week.
fn around(
    base: &str,
    first: NaiveDate,
    now: DateTime<Utc>,
    site: Option<DeskSiteId>,
) -> (String, String, Option<String>) {
    let tail = |start: char| site.map_or_else(String::new, |site| format!("{start}site={site}"));
    let at = |day: NaiveDate| format!("{base}?week={day}{}", tail('&'));
    let this = (first != monday(day_of(now))).then(|| format!("{base}{}", tail('?')));
    (at(shifted(first, -7)), at(shifted(first, 7)), this)
}

/// Lines that the public may see, of one site or all.
fn public(table: &Table, site: Option<DeskSiteId>) -> impl Iterator<Item = &Line> {
    table.lines.iter().filter(move |line| {
        line.session.public && site.is_none_or(|site| line.session.site == site)
    })
}

async fn week(
    State(app): State<App>,
    view: View,
    Query(asked): Query<Asked>,
) -> AppResult<Response> {
    let (db, office, now) = (app.db.read(), app.settings.office, app.db.now());
    let (first, last) = asked.week(now);
    let sites = store::sites(db, office, Retired::Hidden).await?;
    let site = asked
        .site()
        .filter(|id| sites.iter().any(|site| site.id == *id));
    let table = roster_store::table(db, office, first, last).await?;
    let shown: Vec<_> = public(&table, site)
        .map(|line| (line.session.date, view::shown(&view, line, &table, now)))
        .collect();
    let today = roster_store::table(db, office, day_of(now), shifted(day_of(now), 21)).await?;
    let open: Vec<_> = public(&today, site)
        .filter(|line| line.session.is_on(now))
        .map(|line| view::shown(&view, line, &today, now))
        .collect();
    let next = public(&today, site)
        .find(|line| !line.session.cancelled && line.session.starts_at() > now)
        .map(|line| view::shown(&view, line, &today, now));
    let (before, after, this_week) = around("/desk", first, now, site);
    let feed = site.map_or_else(String::new, |site| format!("?site={site}"));
    let feed = format!("{}/desk/calendar.ics{feed}", app.settings.public_url);
    view.show(WeekPage {
        from: first.to_string(),
        to: last.to_string(),
        now: open,
        next,
        days: view::days(&view, (first, last), now, shown),
        sites: filters(&view, &sites, site),
        before,
        after,
        this_week,
        subscribe: feed
            .replacen("https://", "webcal://", 1)
            .replacen("http://", "webcal://", 1),
        feed,
    })
}

/// The sites to choose from; with one site there is nothing to choose.
fn filters(
    view: &View,
    sites: &[crate::entity::desk_site::Model],
    chosen: Option<DeskSiteId>,
) -> Vec<Filter> {
    if sites.len() < 2 {
        return Vec::new();
    }
    let all = Filter {
        href: "/desk".into(),
        label: view.say::<&str>("desk.all_sites", &[]),
        current: chosen.is_none(),
    };
    let one = sites.iter().map(|site| Filter {
        href: format!("/desk?site={}", site.id),
        label: site.name.clone(),
        current: chosen == Some(site.id),
    });
    std::iter::once(all).chain(one).collect()
}

async fn calendar(
    State(app): State<App>,
    view: View,
    Query(asked): Query<Asked>,
) -> AppResult<Response> {
    let (db, office, now) = (app.db.read(), app.settings.office, app.db.now());
    let today = day_of(now);
    let first = today.checked_sub_days(FEED.0).unwrap_or(today);
    let last = today.checked_add_days(FEED.1).unwrap_or(today);
    let mut table = roster_store::table(db, office, first, last).await?;
    if let Some(site) = asked.site() {
        table.lines.retain(|line| line.session.site == site);
    }
    let text = feed::feed(&app, &view, &table);
    let mut reply = (
        [
            (header::CONTENT_TYPE, "text/calendar; charset=utf-8"),
            (header::CONTENT_DISPOSITION, "inline; filename=\"desk.ics\""),
            (header::CACHE_CONTROL, "public, max-age=300"),
        ],
        text,
    )
        .into_response();
    let modified = feed::changed_at(&table)
        .map(|at| at.format("%a, %d %b %Y %H:%M:%S GMT").to_string())
        .and_then(|text| HeaderValue::from_str(&text).ok());
    if let Some(modified) = modified {
        reply.headers_mut().insert(header::LAST_MODIFIED, modified);
    }
    Ok(reply)
}

/// 谁在岗: who sits where now, and the week with what is wrong with it.
async fn office(
    State(app): State<App>,
    actor: Actor,
    view: View,
    Query(asked): Query<Asked>,
) -> AppResult<Response> {
    let (db, now) = (app.db.read(), app.db.now());
    let (first, last) = asked.week(now);
    let table = roster_store::table(db, actor.office, first, last).await?;
    let sites = store::sites(db, actor.office, Retired::Hidden).await?.len();
    let lines = table.lines.iter().map(|line| {
        let staffed = view::staffed(&view, line, &table, now);
        (line.session.date, staffed)
    });
    let days = view::days(&view, (first, last), now, lines.collect());
    let today = roster_store::table(db, actor.office, day_of(now), day_of(now)).await?;
    let open = today.lines.iter().filter(|line| line.session.is_on(now));
    let (before, after, this_week) = around("/office/desk", first, now, None);
    view.show(DeskPage {
        now: open
            .map(|line| view::staffed(&view, line, &today, now))
            .collect(),
        warnings: view::warned(&days),
        days,
        from: first.to_string(),
        to: last.to_string(),
        before,
        after,
        this_week,
        sites,
        may_write: actor.is(EDITORS),
    })
}
