//! Sessions, sites and people in words.
use super::{
    pages::{Choice, Day, MemberLine, PatternLine, Person, Shown, SiteLine, Staffed, StandingLine},
    roster_store::{Line, Table},
    store,
};
use crate::{
    area,
    domain::{
        calendar::{Window, day_of},
        id::{AreaId, OfficeId},
        rota::{Band, Cause, DeskKind, Duty, OnHoliday, Session, Standing, Warning, clock},
    },
    entity::{desk_member, desk_pattern, desk_site},
    error::AppResult,
    platform::{App, page::View},
};
use chrono::{DateTime, Datelike, NaiveDate, Utc, Weekday};
use sea_orm::Iterable;

pub fn kind(view: &View, kind: DeskKind) -> String {
    view.say::<&str>(&format!("desk_kind.{}", kind.code()), &[])
}

pub fn duty(view: &View, duty: Duty) -> String {
    view.say::<&str>(&format!("desk_duty.{}", duty.code()), &[])
}

pub fn band(view: &View, band: Band) -> String {
    view.say::<&str>(&format!("desk_band.{}", band.code()), &[])
}

fn on_holiday(view: &View, rule: OnHoliday) -> String {
    view.say::<&str>(&format!("desk_holiday.{}", rule.code()), &[])
}

pub fn weekday(view: &View, weekday: Weekday) -> String {
    let key = format!("desk.weekday.{}", weekday.number_from_monday());
    view.say::<&str>(&key, &[])
}

pub fn hours(window: Window) -> String {
    format!("{}–{}", clock(window.from), clock(window.to))
}

/// A day as people say it, such as 11月25日.
pub fn day(view: &View, day: NaiveDate) -> String {
    let holes = [
        ("month", day.month().to_string()),
        ("day", day.day().to_string()),
    ];
    view.say("desk.day", &holes)
}

fn choice(value: String, label: String) -> Choice {
    Choice { value, label }
}

pub fn kinds(view: &View) -> Vec<Choice> {
    DeskKind::iter()
        .map(|one| choice(one.code(), kind(view, one)))
        .collect()
}

pub fn duties(view: &View) -> Vec<Choice> {
    Duty::iter()
        .map(|one| choice(one.code(), duty(view, one)))
        .collect()
}

/// Bands with their usual hours.
pub fn bands(view: &View) -> Vec<Choice> {
    Band::iter()
        .map(|one| {
            let label = format!("{} {}", band(view, one), hours(one.usual()));
            choice(one.code(), label)
        })
        .collect()
}

pub fn holidays(view: &View) -> Vec<Choice> {
    OnHoliday::iter()
        .map(|one| choice(one.code(), on_holiday(view, one)))
        .collect()
}

pub fn weekdays(view: &View) -> Vec<Choice> {
    (0..7)
        .filter_map(|n| Weekday::try_from(n).ok())
        .map(|one| choice(store::iso(one).to_string(), weekday(view, one)))
        .collect()
}

pub fn site_choices(sites: &[desk_site::Model]) -> Vec<Choice> {
    sites
        .iter()
        .map(|site| choice(site.id.to_string(), site.name.clone()))
        .collect()
}

pub fn member_choices(view: &View, members: &[&desk_member::Model]) -> Vec<Choice> {
    members
        .iter()
        .map(|one| {
            let label = format!("{} · {}", one.name, duty(view, one.duty));
            let label = if one.organisation.is_empty() {
                label
            } else {
                format!("{label} · {}", one.organisation)
            };
            choice(one.id.to_string(), label)
        })
        .collect()
}

/// Areas in use, each with what lies above it.
pub async fn areas(app: &App, office: OfficeId) -> AppResult<Vec<Choice>> {
    let paths = area::paths(app.db.read(), office).await?;
    Ok(paths
        .into_iter()
        .map(|(id, path)| choice(id.to_string(), path))
        .collect())
}

/// The name of an area from the choices above.
pub fn area_name(areas: &[Choice], id: AreaId) -> String {
    let id = id.to_string();
    areas
        .iter()
        .find(|area| area.value == id)
        .map(|area| area.label.clone())
        .unwrap_or_default()
}

fn state(session: &Session, now: DateTime<Utc>) -> &'static str {
    if session.cancelled {
        "cancelled"
    } else if session.is_on(now) {
        "now"
    } else if session.ends_at() <= now {
        "over"
    } else {
        "planned"
    }
}

fn cause(view: &View, session: &Session) -> Option<String> {
    match session.cause {
        Cause::Week => None,
        Cause::MovedFrom(origin) => {
            Some(view.say("desk.cause.moved", &[("day", day(view, origin))]))
        }
        Cause::MovedWork(occasion) => {
            let name = view.say::<&str>(&format!("desk.occasion.{}", occasion.code()), &[]);
            Some(view.say("desk.cause.moved_work", &[("occasion", name)]))
        }
        Cause::Extra => Some(view.say::<&str>("desk.cause.extra", &[])),
    }
}

/// A session for everybody's eyes.
pub fn shown(view: &View, line: &Line, table: &Table, now: DateTime<Utc>) -> Shown {
    let session = &line.session;
    let site = table.sites.get(&session.site);
    let of_site = |read: fn(&desk_site::Model) -> &str| {
        site.map(|site| read(site).to_owned()).unwrap_or_default()
    };
    let mut duties: Vec<Duty> = line
        .posts
        .iter()
        .filter_map(|post| table.members.get(&post.member))
        .map(|member| member.duty)
        .collect();
    duties.sort_unstable();
    duties.dedup();
    Shown {
        key: session.key.to_string(),
        day: session.date.to_string(),
        weekday: weekday(view, session.date.weekday()),
        hours: hours(session.hours),
        kind: kind(view, session.kind),
        site: of_site(|site| &site.name),
        address: of_site(|site| &site.address),
        note: of_site(|site| &site.note),
        state: state(session, now),
        cause: cause(view, session),
        reason: session.reason.clone(),
        provisional: session.provisional,
        duties: duties.into_iter().map(|one| duty(view, one)).collect(),
    }
}

/// A session for the office: people and warnings too.
pub fn staffed(view: &View, line: &Line, table: &Table, now: DateTime<Utc>) -> Staffed {
    let person = |post: &crate::domain::rota::Post| {
        let member = table.members.get(&post.member)?;
        Some(Person {
            id: member.id.to_string(),
            name: member.name.clone(),
            duty: duty(view, member.duty),
            organisation: member.organisation.clone(),
            all_round: member.all_round,
            hours: (post.hours != line.session.hours).then(|| hours(post.hours)),
            planned: post.planned(),
            served: post.served,
            standing: post.standing,
        })
    };
    // What is over cannot be mended any more.
    let open = line.session.ends_at() > now;
    Staffed {
        session: shown(view, line, table, now),
        public: line.session.public,
        people: line.posts.iter().filter_map(person).collect(),
        warnings: line
            .warnings
            .iter()
            .filter(|_| open)
            .map(|one| warning(view, *one, table))
            .collect(),
    }
}

/// How many warnings stand on these days.
pub fn warned(days: &[Day<Staffed>]) -> usize {
    let sessions = days.iter().flat_map(|day| &day.sessions);
    sessions.map(|session| session.warnings.len()).sum()
}

/// A warning in words.
pub fn warning(view: &View, warning: Warning, table: &Table) -> String {
    let name = |member| {
        let member = table.members.get(&member);
        member.map(|one| one.name.clone()).unwrap_or_default()
    };
    let other = |key| {
        let line = table.lines.iter().find(|line| line.session.key == key);
        let place = line.and_then(|line| table.sites.get(&line.session.site));
        let place = place.map(|site| site.name.clone()).unwrap_or_default();
        let kind = line.map(|line| kind(view, line.session.kind));
        format!("{place} {}", kind.unwrap_or_default())
    };
    match warning {
        Warning::Nobody => view.say::<&str>("desk.warning.nobody", &[]),
        Warning::NoAllRound => view.say::<&str>("desk.warning.no_all_round", &[]),
        Warning::AllRoundGap(gap) => {
            view.say("desk.warning.all_round_gap", &[("hours", hours(gap))])
        }
        Warning::TwoPlaces { member, other: key } => view.say(
            "desk.warning.two_places",
            &[("name", name(member)), ("other", other(key))],
        ),
        Warning::TwoDesks { member, other: key } => view.say(
            "desk.warning.two_desks",
            &[("name", name(member)), ("other", other(key))],
        ),
        Warning::SameDesk { other: key } => {
            view.say("desk.warning.same_desk", &[("other", other(key))])
        }
    }
}

/// The days of a stretch with their sessions, those without one too.
pub fn days<S>(
    view: &View,
    (from, to): (NaiveDate, NaiveDate),
    now: DateTime<Utc>,
    sessions: Vec<(NaiveDate, S)>,
) -> Vec<Day<S>> {
    let mut left = sessions.into_iter().peekable();
    let mut days = Vec::new();
    for date in from.iter_days().take_while(|date| *date <= to) {
        let mut of_day = Vec::new();
        while let Some((_, session)) = left.next_if(|(at, _)| *at == date) {
            of_day.push(session);
        }
        days.push(Day {
            date: date.to_string(),
            weekday: weekday(view, date.weekday()),
            today: day_of(now) == date,
            sessions: of_day,
        });
    }
    days
}

/// The same without the days on which there is nothing.
pub fn busy_days<S>(
    view: &View,
    stretch: (NaiveDate, NaiveDate),
    now: DateTime<Utc>,
    sessions: Vec<(NaiveDate, S)>,
) -> Vec<Day<S>> {
    let mut found = days(view, stretch, now, sessions);
    found.retain(|day| !day.sessions.is_empty());
    found
}

pub fn site_line(site: &desk_site::Model, areas: &[Choice], patterns: usize) -> SiteLine {
    SiteLine {
        id: site.id.to_string(),
        name: site.name.clone(),
        area: area_name(areas, site.area_id),
        address: site.address.clone(),
        active: site.active,
        patterns,
    }
}

pub fn pattern_line(
    view: &View,
    row: &desk_pattern::Model,
    people: usize,
    today: NaiveDate,
) -> AppResult<PatternLine> {
    let pattern = store::pattern_of(row)?;
    Ok(PatternLine {
        id: row.id.to_string(),
        kind: kind(view, row.kind),
        weekday: weekday(view, pattern.weekday),
        hours: hours(pattern.hours),
        band: band(view, row.band),
        starts_on: row.starts_on.to_string(),
        ends_on: row.ends_on.map(|day| day.to_string()),
        on_holiday: on_holiday(view, row.on_holiday),
        on_moved_days: row.on_moved_days,
        public: row.public,
        over: row.ends_on.is_some_and(|end| end < today),
        people,
    })
}

pub fn member_line(view: &View, one: &desk_member::Model) -> MemberLine {
    MemberLine {
        id: one.id.to_string(),
        name: one.name.clone(),
        duty: duty(view, one.duty),
        organisation: one.organisation.clone(),
        all_round: one.all_round,
        account: one.account_id.is_some(),
        active: one.active,
    }
}

pub fn standing_line(
    view: &View,
    one: &Standing,
    member: &desk_member::Model,
    today: NaiveDate,
) -> StandingLine {
    StandingLine {
        id: one.id,
        name: member.name.clone(),
        duty: duty(view, member.duty),
        organisation: member.organisation.clone(),
        all_round: member.all_round,
        hours: one.hours.map(hours),
        starts_on: one.from.to_string(),
        ends_on: one.until.map(|day| day.to_string()),
        over: one.until.is_some_and(|until| until < today),
    }
}
