//! 招聘会统计表: the form in which a fair is reported, for paper and for the workbook.
use super::{
    facts::Key,
    measure::{Dimension, Measure},
    report::{Reader, Tally, platform_name},
};
use crate::{
    domain::fair::HostPart,
    platform::{clock::beijing, text::Lang},
};
use sea_orm::ActiveEnum;
use serde::Serialize;

/// One answer of the form.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Answer {
    Number(i64),
    Decimal(f64),
    Text(String),
}

/// A block of the form: a heading and lines below it.
#[derive(Clone, Debug, Serialize)]
pub struct Block {
    pub title: String,
    /// Headings of the answers, when there is more than one.
    pub heads: Vec<String>,
    pub lines: Vec<Line>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    pub label: String,
    pub answers: Vec<Answer>,
}

impl Line {
    fn new(label: String, answers: impl IntoIterator<Item = Answer>) -> Self {
        Self {
            label,
            answers: answers.into_iter().collect(),
        }
    }
}

impl From<u32> for Answer {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<String> for Answer {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

fn number<N: TryInto<i64>>(number: N) -> Answer {
    Answer::Number(number.try_into().unwrap_or(i64::MAX))
}

/// The whole form.
pub fn sheet(tally: &Tally, reader: &Reader) -> Vec<Block> {
    vec![
        about(tally, reader),
        supply(tally, reader),
        ladder(tally, reader),
        groups(tally, reader),
        retention(tally, reader),
        streams(tally, reader),
    ]
}

/// 基本情况
fn about(tally: &Tally, reader: &Reader) -> Block {
    let fair = &tally.picture.fair;
    let hosts = |part| fair.hosts(part).join(comma(reader.lang));
    let say = |key: &str| reader.say(&format!("tally.sheet.{key}"));
    let place = if fair.address.is_empty() {
        fair.venue.clone()
    } else {
        format!("{} {}", fair.venue, fair.address)
    };
    let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| say("none"));
    let lines = [
        ("title", fair.title.clone()),
        ("host", hosts(HostPart::Host)),
        ("organiser", hosts(HostPart::Organiser)),
        ("co_host", hosts(HostPart::CoHost)),
        ("time", time(tally, reader.lang)),
        ("place", place),
        ("kind", say(&format!("kind.{}", fair.kind.to_value()))),
        ("filing_no", or_none(&fair.filing_no)),
        ("permit_no", or_none(&fair.permit_no)),
    ];
    Block {
        title: say("about"),
        heads: Vec::new(),
        lines: lines
            .into_iter()
            .map(|(key, text)| {
                let text = if text.is_empty() { say("none") } else { text };
                Line::new(say(key), [text.into()])
            })
            .collect(),
    }
}

fn comma(lang: Lang) -> &'static str {
    match lang {
        Lang::Zh => "、",
        Lang::En => ", ",
    }
}

fn time(tally: &Tally, lang: Lang) -> String {
    let fair = &tally.picture.fair;
    let (start, end) = (beijing(fair.starts_at), beijing(fair.ends_at));
    let form = match lang {
        Lang::Zh => "%Y年%-m月%-d日 %H:%M",
        Lang::En => "%-d %b %Y, %H:%M",
    };
    let until = if start.date_naive() == end.date_naive() {
        "%H:%M"
    } else {
        form
    };
    format!("{} – {}", start.format(form), end.format(until))
}

/// 供需情况
fn supply(tally: &Tally, reader: &Reader) -> Block {
    let supply = &tally.picture.supply;
    let total = tally.total();
    let registered = total.persons(Measure::Registered);
    let say = |key: &str| reader.say(&format!("tally.measure.{key}"));
    let ratio = supply
        .ratio(registered)
        .map_or_else(|| reader.say("tally.sheet.none").into(), Answer::Decimal);
    Block {
        title: reader.say("tally.sheet.supply"),
        heads: Vec::new(),
        lines: vec![
            Line::new(say("employers"), [number(supply.employers.len())]),
            Line::new(say("postings"), [number(supply.postings.len())]),
            Line::new(say("headcount"), [number(supply.headcount())]),
            Line::new(say("registered"), [registered.into()]),
            Line::new(
                say("checked_in"),
                [total.persons(Measure::CheckedIn).into()],
            ),
            Line::new(say("entries"), [number(tally.picture.entries())]),
            Line::new(reader.say("tally.sheet.ratio"), [ratio]),
        ],
    }
}

/// 对接成效: persons and matches of each rung.
fn ladder(tally: &Tally, reader: &Reader) -> Block {
    Block {
        title: reader.say("tally.sheet.ladder"),
        heads: both_units(reader),
        lines: pairs(tally, reader, Measure::LADDER),
    }
}

fn both_units(reader: &Reader) -> Vec<String> {
    vec![
        reader.say("tally.unit.persons"),
        reader.say("tally.unit.matches"),
    ]
}

fn pairs(tally: &Tally, reader: &Reader, measures: impl IntoIterator<Item = Measure>) -> Vec<Line> {
    let total = tally.total();
    measures
        .into_iter()
        .map(|measure| {
            Line::new(
                reader.say(&format!("tally.measure.{}", measure.code())),
                [total.persons(measure).into(), total.matches(measure).into()],
            )
        })
        .collect()
}

/// What the form asks of each group.
const OF_GROUPS: [Measure; 5] = [
    Measure::Registered,
    Measure::CheckedIn,
    Measure::Interest,
    Measure::Agreement,
    Measure::Verified,
];

/// 重点人群, as it may be told outside.
fn groups(tally: &Tally, reader: &Reader) -> Block {
    let by = Dimension::PublicGroup;
    let keys = tally.picture.facts.rows(by).iter();
    let mut rows: Vec<_> = keys.zip(tally.cells(by)).collect();
    rows.sort_by_key(|(key, cells)| {
        let unknown = **key == Key::PublicGroup(None);
        (
            unknown,
            std::cmp::Reverse(cells.persons(Measure::Registered)),
        )
    });
    let lines = rows.into_iter().map(|(key, cells)| {
        let label = reader.words(&tally.picture.names.label(key));
        Line::new(label, OF_GROUPS.map(|m| cells.persons(m).into()))
    });
    Block {
        title: reader.say("tally.sheet.groups"),
        heads: OF_GROUPS
            .map(|m| reader.say(&format!("tally.measure.{}", m.code())))
            .into(),
        lines: lines.collect(),
    }
}

/// 稳岗情况
fn retention(tally: &Tally, reader: &Reader) -> Block {
    let kinds = Measure::RETENTION.into_iter().flat_map(|(_, kinds)| kinds);
    Block {
        title: reader.say("tally.sheet.retention"),
        heads: both_units(reader),
        lines: pairs(tally, reader, kinds),
    }
}

/// 直播带岗: views of each session by platform.
fn streams(tally: &Tally, reader: &Reader) -> Block {
    let picture = &tally.picture;
    let mut lines = vec![
        Line::new(
            reader.say("tally.sheet.sessions"),
            [number(picture.streams.len())],
        ),
        Line::new(reader.say("tally.measure.views"), [number(picture.views())]),
    ];
    let mut platforms: Vec<(&str, i64)> = Vec::new();
    for (name, views) in picture.streams.iter().flat_map(|s| s.platforms()) {
        match platforms.iter_mut().find(|(known, _)| *known == name) {
            Some((_, sum)) => *sum += views,
            None => platforms.push((name, views)),
        }
    }
    let shares = platforms.into_iter();
    lines.extend(
        shares.map(|(name, views)| Line::new(platform_name(reader.lang, name), [number(views)])),
    );
    Block {
        title: reader.say("tally.sheet.streams"),
        heads: Vec::new(),
        lines,
    }
}
