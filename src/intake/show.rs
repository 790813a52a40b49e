//! Gathers what the pages of intake show.
use super::{
    pages::{Group, Here, Similar},
    place,
    store::{self, Like},
};
use crate::{
    area,
    case::{pages::Choice, words},
    desk,
    domain::{
        case::Kind,
        id::{AreaId, DeskSiteId, OfficeId},
        rota::Session,
    },
    entity,
    error::AppResult,
    person::consent,
    platform::{
        App,
        text::{self, Lang},
    },
    rulebook,
};

pub fn choice(value: impl Into<String>, label: impl Into<String>) -> Choice {
    Choice::new(value.into(), label)
}

/// The categories of a kind, group by group, as the rulebook orders them.
pub async fn groups(app: &App, office: OfficeId, kind: Kind, lang: Lang) -> AppResult<Vec<Group>> {
    let book = rulebook::Book::load(app.db.read(), office, app.db.now()).await?;
    let of_group = |code: &str| {
        let options = book
            .categories()
            .iter()
            .filter(|one| one.group_code == code && book.serves(kind, &one.code));
        options
            .map(|one| choice(one.code.clone(), rulebook::name(lang, one)))
            .collect::<Vec<_>>()
    };
    Ok(book
        .groups()
        .iter()
        .map(|group| Group {
            label: rulebook::group_name(lang, group).to_owned(),
            options: of_group(&group.code),
        })
        .filter(|group| !group.options.is_empty())
        .collect())
}

/// Areas in use with their way down from the street: `街道 / 社区 / 网格`.
pub async fn areas(app: &App, office: OfficeId) -> AppResult<Vec<Choice>> {
    let paths = area::paths(app.db.read(), office).await?;
    Ok(paths
        .into_iter()
        .map(|(id, path)| choice(id.to_string(), path))
        .collect())
}

/// What is told before name and number are written down.
pub async fn notice(app: &App, office: OfficeId, lang: Lang) -> AppResult<Vec<String>> {
    let collector = consent::collector(app.db.read(), office, lang).await?;
    let holes = [
        ("office", collector.name.as_str()),
        ("contact", collector.contact.as_str()),
    ];
    Ok(["who", "what", "rights"]
        .map(|part| text::say(lang, &format!("intake.notice.{part}"), &holes))
        .into())
}

fn when(lang: Lang, session: &Session) -> String {
    let clock = crate::domain::rota::clock;
    let holes = [
        ("day", words::short_day(lang, session.date)),
        ("from", clock(session.hours.from)),
        ("to", clock(session.hours.to)),
    ];
    text::say(lang, "intake.session", &holes)
}

/// The next desk: at a site, or at any site of the community of an area; empty when none is planned.
pub async fn next_desk(
    app: &App,
    lang: Lang,
    office: OfficeId,
    at: (Option<DeskSiteId>, Option<AreaId>),
) -> AppResult<String> {
    let (db, now) = (app.db.read(), app.db.now());
    let rota = desk::store::rota_ahead(db, office, now).await?;
    let sites = desk::store::sites(db, office, desk::store::Retired::Hidden).await?;
    let near: Vec<&entity::desk_site::Model> = match at {
        (Some(site), _) => sites.iter().filter(|one| one.id == site).collect(),
        (None, Some(area)) => {
            let community = place::community(db, office, area).await?;
            let areas = area::store::inside(db, office, community).await?;
            sites
                .iter()
                .filter(|site| areas.contains(&site.area_id))
                .collect()
        }
        (None, None) => return Ok(String::new()),
    };
    let next = near
        .into_iter()
        .filter_map(|site| Some((rota.next_session(site.id, now)?, site)))
        .filter(|(session, _)| session.public && !session.cancelled)
        .min_by_key(|(session, _)| session.starts_at());
    Ok(next.map_or_else(String::new, |(session, site)| {
        format!("{} {}", when(lang, &session), site.name)
    }))
}

/// The place behind a banner's or a door's code.
pub async fn here(
    app: &App,
    lang: Lang,
    office: OfficeId,
    code: &str,
) -> AppResult<Option<(Here, AreaId)>> {
    let db = app.db.read();
    let found = match store::site_by_code(db, office, code).await? {
        Some(site) => Some((site.name, Some(site.id), site.area_id)),
        None => store::area_by_code(db, office, code)
            .await?
            .map(|area| (area.name, None, area.id)),
    };
    let Some((name, site, area)) = found else {
        return Ok(None);
    };
    let path = area::store::ancestors(db, office, area).await?;
    let whole: Vec<&str> = path.iter().skip(1).map(|area| area.name.as_str()).collect();
    let name = if site.is_some() {
        name
    } else {
        whole.join(" ")
    };
    let here = Here {
        code: code.to_owned(),
        name,
        next: next_desk(app, lang, office, (site, Some(area))).await?,
    };
    Ok(Some((here, area)))
}

/// Cases like one that is being written down.
pub async fn similar(
    app: &App,
    lang: Lang,
    office: OfficeId,
    (kind, category): (Kind, &str),
    area: Option<AreaId>,
) -> AppResult<Vec<Similar>> {
    let db = app.db.read();
    let (Some(area), false) = (area, category.is_empty()) else {
        return Ok(Vec::new());
    };
    let like = Like {
        office,
        kind,
        category,
        areas: place::around(db, office, area).await?,
        cell: None,
    };
    let found = store::similar(db, like).await?;
    Ok(found.iter().map(|case| line(lang, case)).collect())
}

/// A case as a short line; its title holds no personal data.
pub fn line(lang: Lang, case: &entity::case::Model) -> Similar {
    Similar {
        number: case.number.clone(),
        title: case.title.clone(),
        state: words::state(lang, case.kind, (case.stage, case.step, case.outcome)),
        tone: words::tone(case.stage, case.outcome),
        at: case.recorded_at.to_rfc3339(),
    }
}
