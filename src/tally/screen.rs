//! The big screen as its template gets it: a board in the words of one language, booths at their
//! places.
use super::{
    board::{Board, Booth, Hot, News},
    report::platform_name,
};
use crate::{
    domain::{
        floor::{self, Shape},
        moment,
    },
    platform::{
        clock::beijing,
        home::{Coming, Half},
        page::Page,
        text::{self, Lang},
    },
};
use chrono::{DateTime, Datelike, TimeDelta, Utc};
use serde::Serialize;

/// 现场大屏
#[derive(Serialize)]
pub struct ScreenPage {
    pub slug: String,
    pub title: String,
    pub line: String,
    pub clock: String,
    /// The same in milliseconds, for a display whose own clock is wrong.
    pub millis: i64,
    pub date: String,
    /// Key of the words below `tally.screen`: fresh, behind, final.
    pub state: &'static str,
    /// When the figures were last known to be true.
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
    /// The evening is over: the figures are its result.
    pub ended: bool,
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

/// When the screen is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    pub now: DateTime<Utc>,
    /// When the board was last known to be true.
    pub as_of: DateTime<Utc>,
}

/// A board that was not looked after for so long is behind, and says so.
const BEHIND: TimeDelta = TimeDelta::seconds(20);

impl Moment {
    fn state(self, board: &Board) -> &'static str {
        if self.now - self.as_of > BEHIND {
            "behind"
        } else if self.now >= board.ends_at {
            "final"
        } else {
            "fresh"
        }
    }
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
    pub fn new(board: Board, half: &Half, lang: Lang, moment: Moment) -> Self {
        let words = Words(lang);
        let now = moment.now;
        Self {
            line: line(&board, now, &words),
            clock: moment::clock(now),
            millis: now.timestamp_millis(),
            date: date(&board, now, &words),
            state: moment.state(&board),
            updated: beijing(moment.as_of).format("%H:%M:%S").to_string(),
            co_hosts: board.co_hosts.join(" · "),
            checked_in: board.checked_in,
            course: course(&board),
            funnel: funnel(&board, &words),
            groups: groups(&board, &words),
            plan: plan(&board.booths, &words),
            views: board.views,
            on_air: board
                .on_air
                .as_ref()
                .filter(|_| now < board.ends_at)
                .map(|on_air| {
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
            ended: now >= board.ends_at,
            figures: figures(&board, half, now, &words),
            feed: feed(&board, half, now, &words),
            slug: board.fair,
            title: board.title,
        }
    }
}

/// Where it is and what there is; when it is over, since when what is shown is the result.
fn line(board: &Board, now: DateTime<Utc>, words: &Words) -> String {
    if now >= board.ends_at {
        let at = moment::clock(board.ends_at);
        let holes = [("day", day(board.ends_at, words)), ("at", at)];
        return words.say("tally.screen.line_final", &holes);
    }
    words.say(
        "tally.screen.line",
        &[
            ("venue", board.venue.clone()),
            ("employers", board.employers.to_string()),
            ("postings", board.postings.to_string()),
        ],
    )
}

/// `11月27日 周五`
fn day(at: DateTime<Utc>, words: &Words) -> String {
    let local = beijing(at);
    let weekday = local.weekday().number_from_monday();
    words.say(
        "tally.screen.day",
        &[
            ("month", local.month().to_string()),
            ("day", local.day().to_string()),
            ("weekday", words.plain(&format!("tally.weekday.{weekday}"))),
        ],
    )
}

/// The day, and how long until the market opens or closes.
fn date(board: &Board, now: DateTime<Utc>, words: &Words) -> String {
    let day = day(now, words);
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
        .map(|q| bar(moment::clock(q.at), q.persons.into()))
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

/// Figures of the evening, and of the service desk today. Nobody is on the square when it is over.
fn figures(board: &Board, half: &Half, now: DateTime<Utc>, words: &Words) -> Vec<Count> {
    let count = |key: &str, value: i64| Count {
        label: words.plain(key),
        value: thousands(value),
    };
    let whole = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let visitors = if now < board.ends_at {
        count("tally.measure.inside", board.inside.into())
    } else {
        count("tally.measure.entries", whole(board.entries))
    };
    vec![
        count("tally.measure.registered", board.registered.into()),
        visitors,
        count("tally.measure.headcount", board.headcount),
        count("tally.screen.brought", whole(half.brought)),
        count("tally.screen.done", whole(half.closed)),
    ]
}

/// Lines of the feed.
const FEED: usize = 4;

/// What happened, and below it what comes next on the side programme and at the service desk.
fn feed(board: &Board, half: &Half, now: DateTime<Utc>, words: &Words) -> Vec<Item> {
    let news = board.feed.iter().map(|news: &News| Item {
        time: moment::clock(news.at),
        place: news.booth.clone().unwrap_or_default(),
        text: words.say(
            &format!("tally.screen.news.{}", news.measure),
            &[("n", news.matches.to_string())],
        ),
    });
    let programme = board.programme.iter().map(|item| Item {
        time: moment::clock(item.starts_at),
        place: words.plain("tally.screen.programme"),
        text: format!("{} · {}", item.title, item.place),
    });
    let desk = desk(half, now, words);
    let room = FEED - board.programme.len().min(1) - usize::from(desk.is_some());
    news.take(room)
        .chain(programme.take(1))
        .chain(desk)
        .collect()
}

/// Today's desk, if one still stands or comes.
fn desk(half: &Half, now: DateTime<Utc>, words: &Words) -> Option<Item> {
    let day = |at| beijing(at).date_naive();
    let mut desks = half.desks.iter();
    let desk = desks.find(|desk| day(desk.starts_at) == day(now))?;
    Some(Item {
        time: moment::clock(desk.starts_at),
        place: words.plain("tally.screen.desk"),
        text: format!("{} · {}", desk.place, desk.kind),
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
                let hours = move |n| start + chrono::TimeDelta::hours(n);
                Lang::ALL
                    .into_iter()
                    .flat_map(move |lang| [(lang, hours(1)), (lang, hours(-30)), (lang, hours(20))])
                    .map(move |(lang, now)| {
                        let moment = Moment { now, as_of: now };
                        Self::new(board.clone(), &half(now), lang, moment)
                    })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stamp_tells_the_truth() {
        let board = super::super::samples::boards().remove(0);
        let at = |minutes| board.ends_at + TimeDelta::minutes(minutes);
        let state = |now, age| {
            let as_of = now - TimeDelta::seconds(age);
            Moment { now, as_of }.state(&board)
        };
        assert_eq!(state(at(-60), 3), "fresh");
        assert_eq!(state(at(-60), 20), "fresh");
        assert_eq!(state(at(-60), 21), "behind");
        assert_eq!(state(at(0), 3), "final");
        assert_eq!(state(at(9 * 60), 3), "final");
        assert_eq!(state(at(9 * 60), 60), "behind");
    }

    #[test]
    fn the_morning_after_shows_the_result() {
        let board = super::super::samples::boards().remove(1);
        let now = board.ends_at + TimeDelta::hours(11);
        let moment = Moment { now, as_of: now };
        let page = ScreenPage::new(board.clone(), &Half::default(), Lang::Zh, moment);
        assert!(page.ended && page.state == "final" && page.on_air.is_none());
        assert!(
            page.line.contains("22:30") && page.line.contains("7月19日"),
            "{}",
            page.line
        );
        assert_eq!(page.checked_in, board.checked_in);
        let labels: Vec<_> = page
            .figures
            .iter()
            .map(|figure| figure.label.as_str())
            .collect();
        assert!(!labels.contains(&"在场") && labels.contains(&"入场人次"));
        let evening = board.starts_at + TimeDelta::hours(1);
        let moment = Moment {
            now: evening,
            as_of: evening,
        };
        let page = ScreenPage::new(board, &Half::default(), Lang::Zh, moment);
        assert!(!page.ended && page.line.contains("城市公园"));
    }

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
