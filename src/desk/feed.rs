//! 日历订阅: published sessions as an iCalendar feed. Times are UTC, names stay the same for good,
//! and every change raises the sequence, so calendar programs move or strike what they know.
use super::roster_store::Table;
use crate::{
    domain::rota::{Cause, Session},
    platform::{App, page::View},
};
use chrono::{DateTime, Duration, Utc};
use icalendar::{Calendar, Class, Component, Event, EventLike, EventStatus, Property};

/// Programs ask again after so long.
const REFRESH: Duration = Duration::hours(4);

/// The feed's text.
pub fn feed(app: &App, view: &View, table: &Table) -> String {
    let office = app.sign.get().name.clone();
    let host = host(&app.settings.public_url);
    let mut calendar = Calendar::empty();
    calendar
        .append_property(("VERSION", "2.0"))
        .append_property(("PRODID", "-//Nightfair//desk//ZH"))
        .append_property(("CALSCALE", "GREGORIAN"))
        .append_property(("METHOD", "PUBLISH"))
        .name(&view.say("desk.feed.name", &[("office", office)]))
        .timezone("Asia/Shanghai")
        .ttl(&REFRESH);
    for line in table.lines.iter().filter(|line| line.session.public) {
        let shown = super::view::shown(view, line, table, app.db.now());
        let mut about = Vec::new();
        if !shown.duties.is_empty() && !line.session.cancelled {
            let separator = view.say::<&str>("desk.list_separator", &[]);
            let duties = shown.duties.join(&separator);
            about.push(view.say("desk.feed.duties", &[("duties", duties)]));
        }
        about.extend(shown.cause.clone());
        if !shown.reason.is_empty() && told(&line.session) {
            about.push(view.say("desk.reason", &[("reason", shown.reason.clone())]));
        }
        if shown.provisional {
            about.push(view.say::<&str>("desk.provisional.text", &[]));
        }
        if !shown.note.is_empty() {
            about.push(shown.note.clone());
        }
        let title = format!("{} · {}", shown.kind, shown.site);
        let place = format!("{} {}", shown.site, shown.address);
        let text = (title.as_str(), place.as_str(), about.join("\n"));
        calendar.push(event(&line.session, host, text));
    }
    calendar.to_string()
}

/// A reason belongs to a cancelled or an extra session; a restored one keeps its old reason only
/// in the record.
fn told(session: &Session) -> bool {
    session.cancelled || session.cause == Cause::Extra
}

fn event(session: &Session, host: &str, (title, place, about): (&str, &str, String)) -> Event {
    let mut event = Event::with_uid(&format!("{}@{host}", session.uid));
    event
        .summary(title)
        .location(place)
        .starts(session.starts_at())
        .ends(session.ends_at())
        .timestamp(session.changed_at)
        .last_modified(session.changed_at)
        .sequence(u32::try_from(session.sequence).unwrap_or(u32::MAX))
        .class(Class::Public)
        .append_property(Property::new("TRANSP", "TRANSPARENT"))
        .status(status(session));
    if !about.is_empty() {
        event.description(&about);
    }
    event.done()
}

fn status(session: &Session) -> EventStatus {
    if session.cancelled {
        EventStatus::Cancelled
    } else if session.provisional {
        EventStatus::Tentative
    } else {
        EventStatus::Confirmed
    }
}

/// The name of this site without scheme and port.
fn host(url: &str) -> &str {
    let rest = url.split("://").nth(1).unwrap_or(url);
    rest.split(['/', ':']).next().unwrap_or(rest)
}

/// When anything in the feed changed last, for `Last-Modified`.
pub fn changed_at(table: &Table) -> Option<DateTime<Utc>> {
    table.lines.iter().map(|line| line.session.changed_at).max()
}
