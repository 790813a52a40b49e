//! 拟稿: the words of an announcement from what it is about, ready to be pasted into a group.
use crate::{
    case::{deliberation::Meeting, public::Published, words},
    desk::Table,
    domain::{
        calendar::day_of,
        moment,
        rota::{Cause, Session, clock},
    },
    entity::desk_site,
    platform::text::{self, Lang},
};
use chrono::{DateTime, Utc};

fn say(lang: Lang, key: &str, holes: &[(&str, String)]) -> String {
    text::say(lang, &format!("notice.compose.{key}"), holes)
}

/// Lines that say something, one below the other.
fn lines(parts: impl IntoIterator<Item = String>) -> String {
    let parts = parts.into_iter().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("\n")
}

/// 办件公示
pub fn case(lang: Lang, case: &Published, public_url: &str) -> String {
    let (state, _) = case.state(lang);
    let area = case.area.as_ref().map(|(_, name)| name.clone());
    lines([
        say(lang, "case", &[("title", case.title.clone())]),
        area.map_or_else(String::new, |area| say(lang, "area", &[("area", area)])),
        say(lang, "state", &[("state", state)]),
        case.text.clone(),
        say(
            lang,
            "more",
            &[("url", format!("{public_url}/board/{}", case.uid))],
        ),
    ])
}

/// 议事公告
pub fn meeting(lang: Lang, idea: &Published, meeting: &Meeting, public_url: &str) -> String {
    let at = format!(
        "{} {}",
        words::weekday(lang, day_of(meeting.at)),
        moment::clock(meeting.at)
    );
    lines([
        say(lang, "meeting", &[("title", idea.title.clone())]),
        say(lang, "at", &[("at", at)]),
        say(lang, "place", &[("place", meeting.place.clone())]),
        say(lang, "agenda", &[("agenda", meeting.agenda.clone())]),
        say(
            lang,
            "join",
            &[("url", format!("{public_url}/ideas/{}", idea.uid))],
        ),
    ])
}

/// 一周安排: the published sessions of some days; nothing when there are none.
pub fn week(lang: Lang, table: &Table, public_url: &str) -> Option<String> {
    let held = table.lines.iter().map(|line| &line.session);
    let held = held.filter(|session| session.public && !session.cancelled);
    let held: Vec<String> = held
        .map(|session| line(lang, session, table.sites.get(&session.site)))
        .collect();
    if held.is_empty() {
        return None;
    }
    let more = say(lang, "calendar", &[("url", format!("{public_url}/desk"))]);
    let head = say(lang, "week", &[]);
    Some(lines(std::iter::once(head).chain(held).chain([more])))
}

fn line(lang: Lang, session: &Session, site: Option<&desk_site::Model>) -> String {
    let kind = format!("desk_kind.{}", session.kind.code());
    let holes = [
        ("day", words::weekday(lang, session.date)),
        ("from", clock(session.hours.from)),
        ("to", clock(session.hours.to)),
        (
            "site",
            site.map(|site| site.name.clone()).unwrap_or_default(),
        ),
        ("kind", text::say::<&str>(lang, &kind, &[])),
    ];
    say(lang, "session", &holes)
}

/// 场次变动; nothing when the public never heard of the session, or it is over.
pub fn change(
    lang: Lang,
    session: &Session,
    site: Option<&desk_site::Model>,
    now: DateTime<Utc>,
    public_url: &str,
) -> Option<String> {
    if !session.public || session.ends_at() <= now {
        return None;
    }
    let what = if session.cancelled {
        "cancelled"
    } else if session.cause == Cause::Extra {
        "extra"
    } else {
        "restored"
    };
    let told = (session.cancelled || session.cause == Cause::Extra) && !session.reason.is_empty();
    Some(lines([
        say(lang, what, &[]),
        line(lang, session, site),
        if told {
            say(lang, "reason", &[("reason", session.reason.clone())])
        } else {
            String::new()
        },
        say(lang, "calendar", &[("url", format!("{public_url}/desk"))]),
    ]))
}
