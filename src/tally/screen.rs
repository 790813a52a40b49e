//! The big screen as its template gets it: a board in the words of one language, booths at their
//! places.
use super::{
    board::{Board, Booth, Hot, News},
    report::platform_name,
};
use crate::{
    domain::floor::{self, Shape},
    platform::{
        clock::beijing,
        home::{Coming, Half},
        page::Page,
        text::{self, Lang},
    },
};
use chrono::{DateTime, Datelike, Utc};
use serde::Serialize;

/// 现场大屏
#[derive(Serialize)]
pub struct ScreenPage {
    pub slug: String,
    pub title: String,
    pub line: String,
    pub clock: String,
    pub date: String,
    pub updated: String,
    pub co_hosts: String,
    pub checked_in: u32,
    pub course: Vec<Bar>,
    pub funnel: Vec<Bar>,
    pub groups: Vec<Bar>,
    pub plan: Plan,
    pub views: i64,
    pub on_air: Option<String>,
    pub platforms: Vec<Bar>,
    pub hot: Vec<Ranked>,
    pub figures: Vec<Count>,
    pub feed: Vec<Item>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Bar {
    pub label: String,
    pub value: i64,
    pub text: String,
    pub rate: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    pub width: u32,
    pub height: u32,
    pub rows: Vec<floor::RowLabel>,
    pub booths: Vec<Stall>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Stall {
    #[serde(flatten)]
    pub place: floor::Place,
    pub label: String,
    pub name: Option<String>,
    pub heat: Option<u8>,
    pub detail: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Ranked {
    pub title: String,
    pub sub: String,
    pub value: u32,
}

#[derive(Clone, Debug, Serialize)]
pub struct Count {
    pub label: String,
    pub value: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct Item {
    pub time: String,
    pub place: String,
    pub text: String,
}

/// Says keys in one language.
struct Words(Lang);

impl Words {
    fn say(&self, key: &str, holes: &[(&str, String)]) -> String {
        text::say(self.0, key, holes)
    }

    fn plain(&self, key: &str) -> String {
        self.say(key, &[])
    }
}

impl ScreenPage {
    pub fn new(board: Board, half: &Half, lang: Lang, now: DateTime<Utc>) -> Self {
        let words = Words(lang);
        let local = beijing(now);
        Self {
            line: line(&board, &words),
            clock: local.format("%H:%M").to_string(),
            date: date(&board, now, &words),
            updated: local.format("%H:%M:%S").to_string(),
            co_hosts: board.co_hosts.join(" · "),
            checked_in: board.checked_in,
            course: course(&board),
            funnel: funnel(&board, &words),
            groups: groups(&board, &words),
            plan: plan(&board.booths, &words),
            views: board.views,
            on_air: board.on_air.as_ref().map(|on_air| {
                let posting = on_air.posting.as_ref().unwrap_or(&on_air.title);
                match &on_air.booth {
                    Some(booth) => format!("{booth} {posting}"),
                    None => posting.clone(),
                }
            }),
            platforms: board
                .platforms
                .iter()
                .map(|p| bar(platform_name(lang, &p.name), p.views))
                .collect(),
            hot: board.hot.iter().map(|hot| ranked(hot, &words)).collect(),
            figures: figures(&board, &words),
            feed: feed(&board, half, now, &words),
            slug: board.fair,
            title: board.title,
        }
    }
}

fn line(board: &Board, words: &Words) -> String {
    words.say(
        "tally.screen.line",
        &[
            ("venue", board.venue.clone()),
            ("employers", board.employers.to_string()),
            ("postings", board.postings.to_string()),
        ],
    )
}

/// The day, and how long until the market opens or closes.
fn date(board: &Board, now: DateTime<Utc>, words: &Words) -> String {
    let local = beijing(now);
    let day = words.say(
        "tally.screen.day",
        &[
            ("month", local.month().to_string()),
            ("day", local.day().to_string()),
            (
                "weekday",
                words.plain(&format!(
                    "tally.weekday.{}",
                    local.weekday().number_from_monday()
                )),
            ),
        ],
    );
    let (key, until) = if now < board.starts_at {
        ("tally.screen.opens_in", board.starts_at)
    } else if now < board.ends_at {
        ("tally.screen.closes_in", board.ends_at)
    } else {
        return format!("{day} · {}", words.plain("tally.screen.closed"));
    };
    let minutes = (until - now).num_minutes();
    let time = if minutes >= 24 * 60 {
        words.say(
            "tally.screen.days",
            &[("days", (minutes / 24 / 60).to_string())],
        )
    } else {
        words.say(
            "tally.screen.hours",
            &[
                ("hours", (minutes / 60).to_string()),
                ("minutes", (minutes % 60).to_string()),
            ],
        )
    };
    format!("{day} · {}", words.say(key, &[("time", time)]))
}

fn bar(label: String, value: i64) -> Bar {
    Bar {
        label,
        value,
        text: thousands(value),
        rate: None,
    }
}

/// `4,216`
fn thousands(number: i64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) && digit.is_ascii_digit() {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn course(board: &Board) -> Vec<Bar> {
    let quarters = board.course.iter();
    quarters
        .map(|q| bar(beijing(q.at).format("%H:%M").to_string(), q.persons.into()))
        .collect()
}

fn funnel(board: &Board, words: &Words) -> Vec<Bar> {
    let steps = board.funnel.iter();
    steps
        .map(|step| Bar {
            rate: step.percent.map(|percent| format!("{percent}%")),
            ..bar(
                words.plain(&format!("tally.measure.{}", step.measure)),
                step.persons.into(),
            )
        })
        .collect()
}

fn groups(board: &Board, words: &Words) -> Vec<Bar> {
    let groups = board.groups.iter();
    groups
        .map(|group| {
            let label = words.plain(&format!("target_group.{}", group.code));
            match group.checked_in {
                Some(persons) => bar(label, persons.into()),
                None => Bar {
                    text: words.plain("tally.screen.few"),
                    ..bar(label, 0)
                },
            }
        })
        .take(4)
        .collect()
}

fn plan(booths: &[Booth], words: &Words) -> Plan {
    let at: Vec<_> = booths
        .iter()
        .map(|booth| (booth.row.as_str(), booth.number))
        .collect();
    let floor = floor::lay_out(&at, Shape::Screen);
    let stalls = booths.iter().zip(floor.places).map(|(booth, place)| Stall {
        place,
        label: booth.label.clone(),
        name: booth.employer.as_deref().map(called),
        heat: booth.employer.as_ref().map(|_| booth.heat),
        detail: booth
            .employer
            .as_ref()
            .map(|_| words.say("tally.screen.persons", &[("n", booth.persons.to_string())])),
    });
    Plan {
        width: floor.width,
        height: floor.height,
        rows: floor.rows,
        booths: stalls.collect(),
    }
}

/// A company's name as its neighbours call it: without the place before and the form behind it.
fn short(name: &str) -> String {
    const PLACES: [&str; 6] = ["甘肃省", "甘肃", "兰州市", "兰州", "七里河区", "七里河"];
    const FORMS: [&str; 6] = [
        "股份有限公司",
        "有限责任公司",
        "有限公司",
        "集团",
        "公司",
        "分公司",
    ];
    let mut rest = name;
    for place in PLACES {
        rest = rest
            .strip_prefix(place)
            .filter(|r| !r.is_empty())
            .unwrap_or(rest);
    }
    for form in FORMS {
        rest = rest
            .strip_suffix(form)
            .filter(|r| !r.is_empty())
            .unwrap_or(rest);
    }
    // 曜砚电气设计（星汉）: the place behind says no more than the place before.
    let before = rest.split_once('（').map_or(rest, |(before, _)| before);
    if before.is_empty() { rest } else { before }.to_owned()
}

/// The short name where there is room for a few characters only.
fn called(name: &str) -> String {
    let short = short(name);
    if short.is_ascii() || short.chars().count() <= 5 {
        return short;
    }
    short.chars().take(4).collect()
}

fn ranked(hot: &Hot, words: &Words) -> Ranked {
    let unit = words.plain(&format!("pay_unit.{}", hot.pay_unit));
    let (min, max) = (hot.pay_min.to_string(), hot.pay_max.to_string());
    let pay = if hot.pay_min == hot.pay_max {
        words.say("pay.fixed", &[("min", min), ("unit", unit)])
    } else {
        words.say("pay.range", &[("min", min), ("max", max), ("unit", unit)])
    };
    let booth = hot.booth.as_deref().unwrap_or_default();
    Ranked {
        title: hot.posting.clone(),
        sub: format!("{booth} {} · {pay}", called(&hot.employer))
            .trim()
            .to_owned(),
        value: hot.persons,
    }
}

fn figures(board: &Board, words: &Words) -> Vec<Count> {
    let count = |key: &str, value: i64| Count {
        label: words.plain(&format!("tally.measure.{key}")),
        value: thousands(value),
    };
    vec![
        count("registered", board.registered.into()),
        count("inside", board.inside.into()),
        count("headcount", board.headcount),
    ]
}

/// What happened, and below it what comes next on the side programme and at the service desk.
fn feed(board: &Board, half: &Half, now: DateTime<Utc>, words: &Words) -> Vec<Item> {
    let news = board.feed.iter().map(|news: &News| Item {
        time: beijing(news.at).format("%H:%M").to_string(),
        place: news.booth.clone().unwrap_or_default(),
        text: words.say(
            &format!("tally.screen.news.{}", news.measure),
            &[("n", news.matches.to_string())],
        ),
    });
    let programme = board.programme.iter().map(|item| Item {
        time: beijing(item.starts_at).format("%H:%M").to_string(),
        place: words.plain("tally.screen.programme"),
        text: format!("{} · {}", item.title, item.place),
    });
    let desk = desk(half, now, words);
    let room = 4 - board.programme.len().min(2) - usize::from(desk.is_some());
    news.take(room)
        .chain(programme.take(2))
        .chain(desk)
        .collect()
}

/// Today's desk, with what was brought and closed today.
fn desk(half: &Half, now: DateTime<Utc>, words: &Words) -> Option<Item> {
    let day = |at| beijing(at).date_naive();
    let desk = half
        .desks
        .iter()
        .find(|desk| day(desk.starts_at) == day(now));
    if desk.is_none() && half.brought + half.closed == 0 {
        return None;
    }
    let done = words.say(
        "tally.screen.desk_done",
        &[
            ("brought", half.brought.to_string()),
            ("closed", half.closed.to_string()),
        ],
    );
    let (time, text) = match desk {
        Some(desk) => (
            beijing(desk.starts_at).format("%H:%M").to_string(),
            format!("{} · {done}", desk.place),
        ),
        None => (String::new(), done),
    };
    Some(Item {
        time,
        place: words.plain("tally.screen.desk"),
        text,
    })
}

impl Page for ScreenPage {
    const TEMPLATE: &'static str = "tally/screen.html";

    fn samples() -> Vec<Self> {
        let half = |now| Half {
            desks: vec![Coming {
                starts_at: now,
                when: "11月27日 周五 18:00–20:00".into(),
                place: "南门岗亭旁".into(),
                kind: "办公".into(),
                now: true,
            }],
            brought: 3,
            closed: 2,
        };
        super::samples::boards()
            .into_iter()
            .flat_map(|board| {
                let start = board.starts_at;
                let hours = |n| start + chrono::TimeDelta::hours(n);
                Lang::ALL
                    .into_iter()
                    .zip([hours(1), hours(-30)])
                    .map(move |(lang, now)| Self::new(board.clone(), &half(now), lang, now))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn companies_go_by_their_short_names() {
        for (name, called) in [
            ("兰州黄河物业服务有限公司", "黄河物业服务"),
            ("甘肃省陇上云仓集团有限公司", "陇上云仓"),
            ("公司", "公司"),
            ("星火电商服务部", "星火电商服务部"),
            ("曜砚电气设计（星汉）有限公司", "曜砚电气设计"),
            ("（星汉）", "（星汉）"),
        ] {
            assert_eq!(short(name), called);
        }
        for (name, seen) in [
            ("曜砚电气设计（星汉）有限公司", "曜砚电气"),
            ("甘肃省陇上云仓集团有限公司", "陇上云仓"),
            ("Acme Foods", "Acme Foods"),
        ] {
            assert_eq!(called(name), seen);
        }
    }

    #[test]
    fn thousands_are_parted() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1286, "1,286"),
            (1_000_000, "1,000,000"),
        ] {
            assert_eq!(thousands(number), text);
        }
    }
}
