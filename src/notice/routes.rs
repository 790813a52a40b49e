//! 进度公示栏: what everybody may look at.
use super::{
    pages::{BoardCasePage, BoardPage, BoardPrintPage, MeetingLine, Pill},
    routes_api, routes_ideas, routes_office, view,
};
use crate::{
    account::{Audience, Routes},
    case::{
        deliberation,
        public::{self, Published, Wanted},
        store, words,
    },
    domain::{
        case::Kind,
        id::{AreaId, CaseId},
    },
    error::{AppError, AppResult},
    platform::{App, api::Query, page::View},
};
use axum::{
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
};
use serde::Deserialize;

/// Cards of a page: with their pictures left for later it stays small on a slow network.
const PAGE: u64 = 12;
/// Cards of a print.
const SHEET: u64 = 60;
/// Suggestions that are looked through for meetings.
const LOOKED_THROUGH: u64 = 200;

/// Every door of this capability.
pub fn routes() -> Routes {
    use Audience::Anyone;
    Routes::new()
        .get(Anyone, "/board", board)
        .get(Anyone, "/board/print", print)
        .get(Anyone, "/board/{uid}", one)
        .get(Anyone, "/board/{uid}/photos/{place}", photo)
        .merge(routes_ideas::routes())
        .merge(routes_office::routes())
        .merge(routes_api::routes())
}

/// What of the board somebody asks for; what cannot be read is not asked for.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    community: String,
    kind: String,
    before: String,
}

impl Asked {
    fn wanted(&self) -> Wanted {
        let kind = Kind::from_code(&self.kind);
        Wanted {
            area: self.community.parse::<AreaId>().ok(),
            kind: kind.filter(|kind| view::kinds().any(|one| one == *kind)),
            closed: None,
        }
    }
}

/// The address of the board with some of its filters.
fn address(path: &str, wanted: &Wanted, before: Option<CaseId>) -> String {
    let mut parts = Vec::new();
    parts.extend(wanted.area.map(|area| format!("community={area}")));
    parts.extend(wanted.kind.map(|kind| format!("kind={kind}")));
    parts.extend(before.map(|case| format!("before={case}")));
    if parts.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", parts.join("&"))
    }
}

/// One more than fits tells that there is a next page; its cursor is the last one shown.
pub fn cut(found: &mut Vec<Published>, page: u64) -> Option<CaseId> {
    let page = usize::try_from(page).unwrap_or(usize::MAX);
    let more = found.len() > page;
    found.truncate(page);
    found.last().filter(|_| more).map(|one| one.case)
}

async fn board(
    State(app): State<App>,
    view: View,
    Query(asked): Query<Asked>,
) -> AppResult<Response> {
    let (office, lang) = (app.settings.office, view.lang);
    let wanted = asked.wanted();
    let before = asked.before.parse::<CaseId>().ok();
    let mut found = public::list(&app, office, &wanted, before, PAGE + 1).await?;
    let next = cut(&mut found, PAGE);
    let counts = public::counts(app.db.read(), office).await?;
    let all = |label: &str| view.say::<&str>(label, &[]);
    let kind_pill = |kind: Option<Kind>, label: String| {
        let to = Wanted { kind, ..wanted };
        view::pill(label, address("/board", &to, None), wanted.kind == kind)
    };
    let area_pill = |area: Option<AreaId>, label: String| {
        let to = Wanted { area, ..wanted };
        view::pill(label, address("/board", &to, None), wanted.area == area)
    };
    let kinds = view::kinds().map(|kind| kind_pill(Some(kind), words::kind(lang, kind)));
    let areas = counts
        .iter()
        .map(|count| area_pill(Some(count.area), count.name.clone()));
    let areas: Vec<Pill> = std::iter::once(area_pill(None, all("notice.all_communities")))
        .chain(areas)
        .collect();
    let first_page = before.is_none();
    view.show(BoardPage {
        cards: found.iter().map(|one| view::card(lang, one)).collect(),
        kinds: std::iter::once(kind_pill(None, all("notice.all_kinds")))
            .chain(kinds)
            .collect(),
        // One community is nothing to choose from.
        areas: if areas.len() > 2 { areas } else { Vec::new() },
        counts: if first_page {
            view::counts(counts)
        } else {
            Vec::new()
        },
        meetings: if first_page {
            meetings(&app, wanted.area).await?
        } else {
            Vec::new()
        },
        narrowed: wanted.area.is_some() || wanted.kind.is_some(),
        next: next.map_or_else(String::new, |at| address("/board", &wanted, Some(at))),
        first: if first_page {
            String::new()
        } else {
            address("/board", &wanted, None)
        },
        print: address("/board/print", &wanted, None),
    })
}

/// 议事预告: meetings to come about published suggestions, the soonest first.
pub async fn meetings(app: &App, area: Option<AreaId>) -> AppResult<Vec<MeetingLine>> {
    let (office, now) = (app.settings.office, app.db.now());
    let wanted = Wanted {
        area,
        kind: Some(Kind::Suggestion),
        closed: Some(false),
    };
    let found = public::list(app, office, &wanted, None, LOOKED_THROUGH).await?;
    let ids: Vec<CaseId> = found.iter().map(|one| one.case).collect();
    let mut coming = Vec::new();
    for row in store::many(app.db.read(), office, &ids).await? {
        let state = store::state(&row)?;
        let meets = state.idea.and_then(|idea| idea.meeting_at);
        let Some(idea) = found.iter().find(|one| one.case == row.id) else {
            continue;
        };
        if meets.is_none_or(|at| at <= now) {
            continue;
        }
        let read = deliberation::of(app, &row).await?;
        if let Some(meeting) = read.coming(now) {
            coming.push((meeting.at, view::meeting(idea, meeting)));
        }
    }
    coming.sort_by_key(|(at, _)| *at);
    Ok(coming.into_iter().map(|(_, line)| line).collect())
}

async fn print(
    State(app): State<App>,
    view: View,
    Query(asked): Query<Asked>,
) -> AppResult<Response> {
    let office = app.settings.office;
    let wanted = asked.wanted();
    let found = public::list(&app, office, &wanted, None, SHEET).await?;
    view.show(BoardPrintPage {
        cards: found.iter().map(|one| view::card(view.lang, one)).collect(),
        counts: view::counts(public::counts(app.db.read(), office).await?),
        at: app.db.now().to_rfc3339(),
    })
}

async fn one(State(app): State<App>, view: View, Path(uid): Path<String>) -> AppResult<Response> {
    let found = public::one(&app, app.settings.office, &uid).await?;
    let idea = (found.kind == Kind::Suggestion).then(|| format!("/ideas/{}", found.uid));
    view.show(BoardCasePage {
        card: view::card(view.lang, &found),
        idea: idea.unwrap_or_default(),
    })
}

/// A picture that was chosen when the case was published; every other one is not there.
async fn photo(
    State(app): State<App>,
    Path((uid, place)): Path<(String, String)>,
) -> AppResult<Response> {
    let place: usize = place.parse().map_err(|_| AppError::not_found())?;
    let (mime, bytes) = public::picture(&app, app.settings.office, &uid, place).await?;
    let headers = [
        (header::CONTENT_TYPE, mime),
        // Somebody may take it back: it is asked for again soon.
        (header::CACHE_CONTROL, "public, max-age=60".to_owned()),
    ];
    Ok((headers, bytes).into_response())
}
