//! The figures as they are told: on the page, to machines, in the workbook and on paper they are
//! this one report, so they say the same.
use super::{
    facts::Key,
    measure::{Cells, Dimension, Measure, Unit},
    picture::{Label, Picture, StreamAt},
    query::What,
};
use crate::{
    domain::funnel::{Rate, SMALLEST_CELL},
    platform::text::{self, Lang},
};
use serde::Serialize;
use utoipa::ToSchema;

/// Changes with any definition in [`Measure`], so that figures of different years can be told apart.
pub const FORMULA: &str = "tally-1";

/// A picture with its tables counted.
pub struct Tally {
    pub picture: Picture,
    cells: [Vec<Cells>; Dimension::ALL.len()],
}

impl Tally {
    pub fn of(picture: Picture) -> Self {
        let cells = Dimension::ALL.map(|by| picture.facts.table(by));
        Self { picture, cells }
    }

    pub fn cells(&self, by: Dimension) -> &[Cells] {
        &self.cells[by as usize]
    }

    /// The whole fair.
    pub fn total(&self) -> Cells {
        self.cells(Dimension::Fair)
            .first()
            .copied()
            .unwrap_or_default()
    }

    pub fn persons(&self, measure: Measure) -> u64 {
        self.total().persons(measure).into()
    }

    /// `to` of `from`, by person.
    pub fn rate(&self, from: Measure, to: Measure) -> Rate {
        Rate::new(self.persons(to), self.persons(from))
    }

    /// Who is at work of those reached on a follow-up; who could not be reached is not in it.
    pub fn retention(&self, kinds: [Measure; 4]) -> Rate {
        let [retained, left, ..] = kinds;
        let total = self.total();
        let retained = u64::from(total.matches(retained));
        Rate::new(retained, retained + u64::from(total.matches(left)))
    }
}

/// For whom a report is made.
#[derive(Clone, Debug)]
pub struct Reader {
    pub lang: Lang,
    /// Where the rows behind a figure are opened; none for those who see figures only: they see
    /// groups as they may be told outside, and no small number of one.
    pub rows: Option<String>,
}

impl Reader {
    fn figure(&self, value: impl Into<i64>, what: What, by: Dimension, key: &Key) -> Figure {
        Figure {
            value: Some(value.into()),
            rows: self
                .rows
                .as_ref()
                .map(|base| format!("{base}?{}", what.query(by, key))),
        }
    }

    pub fn words(&self, label: &Label) -> String {
        let say = |key: &str, name: &str| text::say(self.lang, key, &[("name", name)]);
        match label {
            Label::Name(name) => name.clone(),
            Label::Of(kind, name) => say(&format!("tally.source.{kind}_of"), name),
            // A code that has no words yet shows itself.
            Label::Word(group, code) => {
                text::find::<&str>(self.lang, &format!("{group}.{code}"), &[])
                    .unwrap_or_else(|| code.clone())
            }
        }
    }

    /// How groups are told to this reader.
    pub fn groups(&self) -> Dimension {
        match self.rows {
            Some(_) => Dimension::Group,
            None => Dimension::PublicGroup,
        }
    }

    pub fn say(&self, key: &str) -> String {
        text::say::<&str>(self.lang, key, &[])
    }
}

/// A number, and where the rows it counts are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Figure {
    /// Nothing when it is too small to be shown to this reader.
    pub value: Option<i64>,
    pub rows: Option<String>,
}

/// The counts at the head of a report.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Counts {
    pub registered: Figure,
    pub checked_in: Figure,
    pub inside: Figure,
    pub withdrawn: Figure,
    /// 人次: admissions at all gates.
    pub entries: Figure,
    pub employers: Figure,
    pub postings: Figure,
    pub headcount: Figure,
    pub views: Figure,
}

/// A rung of the ladder.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = TallyRung)]
pub struct Rung {
    pub measure: &'static str,
    pub label: String,
    pub persons: Figure,
    pub matches: Figure,
    /// Of the persons of the rung before.
    pub rate: Option<Share>,
}

/// A rate with what it was made from.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Share {
    pub k: u64,
    pub n: u64,
    /// Two decimals, such as `93.72`; nothing for nothing of nothing.
    pub percent: Option<String>,
}

impl From<Rate> for Share {
    fn from(rate: Rate) -> Self {
        Self {
            k: rate.k,
            n: rate.n,
            percent: rate.percent(),
        }
    }
}

/// What follow-ups found after so many days.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Retention {
    pub days: u8,
    /// Retained, left, unreachable, pending.
    pub results: Vec<Rung>,
    /// Retained matches of those retained or left.
    pub rate: Share,
}

/// What a table's column shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Column {
    pub measure: &'static str,
    /// Persons or matches, for what has both.
    pub unit: Option<&'static str>,
    pub label: String,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Table {
    pub by: &'static str,
    pub label: String,
    /// Whether a person may stand in several rows, so that they do not add up to the total.
    pub overlaps: bool,
    pub columns: Vec<Column>,
    pub rows: Vec<Line>,
    /// The whole fair, each person once.
    pub total: Vec<Figure>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Line {
    pub key: String,
    pub label: String,
    /// The booth of an employer, the employer of a posting.
    pub note: Option<String>,
    /// In the order of the columns.
    pub figures: Vec<Figure>,
}

/// A session with what it brought.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Stream {
    pub key: String,
    pub title: String,
    pub host: String,
    pub starts_at: String,
    pub ends_at: String,
    pub postings: usize,
    pub platforms: Vec<Platform>,
    pub views: Figure,
    pub registered: Figure,
    pub checked_in: Figure,
    pub interest: Figure,
    pub verified: Figure,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = TallyPlatform)]
pub struct Platform {
    pub name: String,
    pub views: i64,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Report {
    pub fair: String,
    pub title: String,
    pub as_of: String,
    pub formula: &'static str,
    pub counts: Counts,
    pub funnel: Vec<Rung>,
    pub retention: Vec<Retention>,
    /// 求人倍率: posts asked for by employers for each registered person.
    pub openings_per_seeker: Option<f64>,
    pub tables: Vec<Table>,
    pub streams: Vec<Stream>,
}

/// Which of two numbers a table shows for each rung.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Columns {
    One(Unit),
    Both,
}

pub fn report(tally: &Tally, reader: &Reader, columns: Columns) -> Report {
    let picture = &tally.picture;
    let broken_down = [
        Dimension::Employer,
        Dimension::Posting,
        Dimension::Community,
        reader.groups(),
        Dimension::Source,
        Dimension::Gate,
    ];
    Report {
        fair: picture.fair.slug.clone(),
        title: picture.fair.title.clone(),
        as_of: picture.as_of.to_rfc3339(),
        formula: FORMULA,
        counts: counts(tally, reader),
        funnel: funnel(tally, reader),
        retention: retention(tally, reader),
        openings_per_seeker: picture
            .supply
            .ratio(tally.total().persons(Measure::Registered)),
        tables: broken_down
            .into_iter()
            .map(|by| table(tally, reader, by, columns))
            .collect(),
        streams: picture
            .streams
            .iter()
            .map(|session| stream(tally, reader, session))
            .collect(),
    }
}

fn counts(tally: &Tally, reader: &Reader) -> Counts {
    let picture = &tally.picture;
    let total = tally.total();
    let of = |value: i64, what| reader.figure(value, what, Dimension::Fair, &Key::All);
    let persons = |measure| {
        of(
            total.persons(measure).into(),
            What::Of(measure, Unit::Persons),
        )
    };
    Counts {
        registered: persons(Measure::Registered),
        checked_in: persons(Measure::CheckedIn),
        inside: persons(Measure::Inside),
        withdrawn: persons(Measure::Withdrawn),
        entries: of(count(picture.entries()), What::Entries),
        employers: of(count(picture.supply.employers.len()), What::Employers),
        postings: of(count(picture.supply.postings.len()), What::Postings),
        headcount: of(picture.supply.headcount(), What::Headcount),
        views: of(picture.views(), What::Views),
    }
}

fn count<N: TryInto<i64>>(number: N) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

/// The ladder, each rung with the rate from the one before it.
pub fn funnel(tally: &Tally, reader: &Reader) -> Vec<Rung> {
    let before = [Measure::Registered].into_iter().chain(Measure::LADDER);
    let steps = Measure::LADDER.into_iter().zip(before);
    steps
        .map(|(measure, before)| Rung {
            rate: Some(tally.rate(before, measure).into()),
            ..rung(tally, reader, measure)
        })
        .collect()
}

fn rung(tally: &Tally, reader: &Reader, measure: Measure) -> Rung {
    let total = tally.total();
    let of = |unit| {
        let what = What::Of(measure, unit);
        reader.figure(total.get(measure, unit), what, Dimension::Fair, &Key::All)
    };
    Rung {
        measure: measure.code(),
        label: reader.say(&format!("tally.measure.{}", measure.code())),
        persons: of(Unit::Persons),
        matches: of(Unit::Matches),
        rate: None,
    }
}

/// What follow-ups found.
pub fn retention(tally: &Tally, reader: &Reader) -> Vec<Retention> {
    let after = Measure::RETENTION.into_iter();
    after
        .map(|(days, kinds)| Retention {
            days,
            results: kinds.map(|kind| rung(tally, reader, kind)).into(),
            rate: tally.retention(kinds).into(),
        })
        .collect()
}

/// What the columns of a table show.
fn shown(by: Dimension, columns: Columns) -> Vec<What> {
    let mut shown = match by {
        Dimension::Employer => vec![What::Postings, What::Headcount],
        Dimension::Posting => vec![What::Headcount],
        Dimension::Gate => vec![What::Entries, What::Of(Measure::CheckedIn, Unit::Persons)],
        _ => vec![
            What::Of(Measure::Registered, Unit::Persons),
            What::Of(Measure::CheckedIn, Unit::Persons),
        ],
    };
    if by != Dimension::Gate {
        for measure in Measure::LADDER {
            match columns {
                Columns::One(unit) => shown.push(What::Of(measure, unit)),
                Columns::Both => shown.extend(Unit::ALL.map(|unit| What::Of(measure, unit))),
            }
        }
    }
    shown
}

pub fn table(tally: &Tally, reader: &Reader, by: Dimension, columns: Columns) -> Table {
    let shown = shown(by, columns);
    let keys = tally.picture.facts.rows(by);
    let mut lines: Vec<(Rank, Line)> = keys
        .iter()
        .zip(tally.cells(by))
        .map(|(key, cells)| {
            let line = line(tally, reader, by, key, cells, &shown);
            (rank(&line, by, key, cells), line)
        })
        .collect();
    lines.sort_by(|(a, _), (b, _)| a.cmp(b));
    let total = tally.total();
    Table {
        by: by.code(),
        label: reader.say(&format!("tally.by.{}", by.code())),
        overlaps: !by.parts_persons() && by != Dimension::Gate,
        columns: shown
            .iter()
            .map(|what| column(reader, *what, columns))
            .collect(),
        rows: lines.into_iter().map(|(_, line)| line).collect(),
        total: shown
            .iter()
            .map(|what| {
                let value = value(tally, Dimension::Fair, &Key::All, &total, *what);
                reader.figure(value, *what, Dimension::Fair, &Key::All)
            })
            .collect(),
    }
}

fn column(reader: &Reader, what: What, columns: Columns) -> Column {
    let label = reader.say(&format!("tally.measure.{}", what.code()));
    let unit = what.unit().map(Unit::code);
    let both = matches!((what, columns), (What::Of(m, _), Columns::Both) if m.of_matches());
    Column {
        measure: what.code(),
        unit,
        label: match unit {
            Some(unit) if both => {
                let unit = reader.say(&format!("tally.unit.{unit}"));
                let holes = [("measure", label.as_str()), ("unit", unit.as_str())];
                text::say(reader.lang, "tally.measure_of", &holes)
            }
            _ => label,
        },
    }
}

fn line(
    tally: &Tally,
    reader: &Reader,
    by: Dimension,
    key: &Key,
    cells: &Cells,
    shown: &[What],
) -> Line {
    let supply = &tally.picture.supply;
    let note = match key {
        Key::Employer(id) => supply.booth(*id).map(ToOwned::to_owned),
        Key::Posting(id) => {
            let employer = supply.postings.iter().find(|p| p.id == *id);
            employer.and_then(|p| tally.picture.names.employers.get(&p.employer).cloned())
        }
        _ => None,
    };
    Line {
        key: key.to_string(),
        label: reader.words(&tally.picture.names.label(key)),
        note,
        figures: shown
            .iter()
            .map(|what| {
                let value = value(tally, by, key, cells, *what);
                let mut figure = reader.figure(value, *what, by, key);
                if by == Dimension::PublicGroup && reader.rows.is_none() && is_small(value) {
                    figure.value = None;
                }
                figure
            })
            .collect(),
    }
}

/// Too few people to be told to everybody; none at all tells nothing of anybody.
pub fn is_small(value: i64) -> bool {
    (1..SMALLEST_CELL).contains(&value.unsigned_abs())
}

/// The number of one cell.
fn value(tally: &Tally, by: Dimension, key: &Key, cells: &Cells, what: What) -> i64 {
    let picture = &tally.picture;
    let supply = &picture.supply;
    match (what, key) {
        (What::Of(measure, unit), _) => cells.get(measure, unit).into(),
        (What::Entries, Key::Gate(gate)) => {
            let at = picture
                .gates
                .iter()
                .find(|g| Some(&g.gate) == gate.as_ref());
            count(at.map_or(0, |g| g.entries))
        }
        (What::Entries, _) => count(picture.entries()),
        (What::Employers, _) => count(supply.employers.len()),
        (What::Postings, Key::Employer(id)) => count(supply.of_employer(*id).0),
        (What::Postings, _) => count(supply.postings.len()),
        (What::Headcount, Key::Employer(id)) => supply.of_employer(*id).1,
        (What::Headcount, Key::Posting(id)) => {
            let posting = supply.postings.iter().find(|p| p.id == *id);
            posting.map_or(0, |p| p.headcount)
        }
        (What::Headcount, _) => supply.headcount(),
        (What::Views, Key::Stream(id)) => {
            let session = picture.streams.iter().find(|s| s.id == *id);
            session.map_or(0, StreamAt::views)
        }
        (What::Views, _) => {
            debug_assert_eq!(by, Dimension::Fair);
            picture.views()
        }
    }
}

/// Where a line stands in its table: employers and postings by booth, sessions as they were held,
/// others by size; what is not known comes last.
type Rank = (bool, std::cmp::Reverse<u32>, String, Key);

fn rank(line: &Line, by: Dimension, key: &Key, cells: &Cells) -> Rank {
    let unknown = matches!(
        key,
        Key::Community(None) | Key::Group(None) | Key::PublicGroup(None) | Key::Gate(None)
    );
    let by_size = matches!(
        by,
        Dimension::Community | Dimension::Group | Dimension::PublicGroup | Dimension::Source
    );
    let size = if by_size {
        cells.persons(Measure::Registered)
    } else {
        0
    };
    let place = match by {
        Dimension::Employer => line.note.clone().unwrap_or_else(|| "~".into()),
        Dimension::Gate => line.label.clone(),
        _ => String::new(),
    };
    (unknown, std::cmp::Reverse(size), place, key.clone())
}

fn stream(tally: &Tally, reader: &Reader, session: &StreamAt) -> Stream {
    let by = Dimension::Stream;
    let key = Key::Stream(session.id);
    let keys = tally.picture.facts.rows(by).iter();
    let cells = keys.zip(tally.cells(by)).find(|(k, _)| **k == key);
    let cells = cells.map(|(_, cells)| *cells).unwrap_or_default();
    let of = |measure| {
        let what = What::Of(measure, Unit::Persons);
        reader.figure(cells.persons(measure), what, by, &key)
    };
    Stream {
        title: session.title.clone(),
        host: session.host.clone(),
        starts_at: session.starts_at.to_rfc3339(),
        ends_at: session.ends_at.to_rfc3339(),
        postings: session.postings.len(),
        platforms: session
            .platforms()
            .into_iter()
            .map(|(name, views)| Platform {
                name: platform_name(reader.lang, name),
                views,
            })
            .collect(),
        views: reader.figure(session.views(), What::Views, by, &key),
        registered: of(Measure::Registered),
        checked_in: of(Measure::CheckedIn),
        interest: of(Measure::Interest),
        verified: of(Measure::Verified),
        key: key.to_string(),
    }
}

/// What a platform is called; one that the program does not know goes by its own name.
pub(super) fn platform_name(lang: Lang, code: &str) -> String {
    text::find::<&str>(lang, &format!("stream_platform.{code}"), &[])
        .unwrap_or_else(|| code.to_owned())
}
