//! What the templates of the figures get.
use super::{
    measure::{Dimension, Unit},
    query::{Question, What},
    report::{
        self, Columns, Counts, FORMULA, Figure, Reader, Report, Retention, Rung, Share, Table,
        Tally, platform_name,
    },
    rows::{Listing, Row},
    sheet::{self, Block},
};
use crate::platform::page::Page;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

/// Figures whose definition is printed beside them, in the order of the page.
pub const DEFINED: &[&str] = &[
    "registered",
    "checked_in",
    "entries",
    "withdrawn",
    "employers",
    "postings",
    "headcount",
    "views",
    "interest",
    "interview",
    "offer",
    "agreement",
    "started",
    "verified",
    "retained_30",
];

/// All figures of a fair, one breakdown at a time.
#[derive(Serialize)]
pub struct TallyPage {
    pub slug: String,
    pub title: String,
    pub as_of: String,
    pub counts: Counts,
    pub funnel: Vec<super::report::Rung>,
    pub retention: Vec<super::report::Retention>,
    pub openings_per_seeker: Option<f64>,
    pub streams: Vec<super::report::Stream>,
    /// The breakdown that is shown; none for the sessions.
    pub table: Option<Table>,
    #[serde(rename = "tabs_")]
    pub tabs: Vec<Choice>,
    /// The ladder as it is drawn.
    pub steps: Vec<Step>,
    pub units: Vec<Choice>,
    /// What is shown, for the line that looks for rows.
    pub by: &'static str,
    pub unit: &'static str,
    pub q: String,
    pub defined: &'static [&'static str],
    pub formula: &'static str,
    /// Whether there is an evening to look at on the big screen.
    pub public: bool,
}

/// A bar of the ladder.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    pub label: String,
    pub value: i64,
    pub rate: Option<String>,
    pub href: Option<String>,
}

impl Step {
    fn of(figure: &Figure, label: String, rate: Option<&Share>) -> Self {
        Self {
            label,
            value: figure.value.unwrap_or_default(),
            rate: rate
                .and_then(|rate| rate.percent.as_ref())
                .map(|percent| format!("{}%", percent.split('.').next().unwrap_or_default())),
            href: figure.rows.clone(),
        }
    }
}

/// One of several views of a page.
#[derive(Clone, Debug, Serialize)]
pub struct Choice {
    pub label: String,
    pub href: String,
    pub current: bool,
}

impl TallyPage {
    /// `by` is the code of a breakdown, `stream` for the sessions; of its rows those are shown that
    /// have `q` in their name.
    pub fn new(
        report: Report,
        reader: &Reader,
        (by, unit, q): (&str, &'static str, &str),
        public: bool,
    ) -> Self {
        let by = report
            .tables
            .iter()
            .map(|table| table.by)
            .find(|known| *known == by || (*known == "public_group" && by == "group"))
            .unwrap_or(if by == "stream" { "stream" } else { "employer" });
        let href = |by: &str, unit: &str| {
            format!("/office/fairs/{}/tally?by={by}&unit={unit}", report.fair)
        };
        let mut tabs: Vec<_> = report
            .tables
            .iter()
            .map(|table| Choice {
                label: table.label.clone(),
                href: href(table.by, unit),
                current: table.by == by,
            })
            .collect();
        tabs.push(Choice {
            label: reader.say("tally.by.stream"),
            href: href("stream", unit),
            current: by == "stream",
        });
        let units = ["persons", "matches"].map(|known| Choice {
            label: reader.say(&format!("tally.unit.count_{known}")),
            href: match q {
                "" => href(by, known),
                q => {
                    href(by, known) + "&q=" + &utf8_percent_encode(q, NON_ALPHANUMERIC).to_string()
                }
            },
            current: known == unit,
        });
        let steps = ladder(&report, reader);
        let table = report.tables.into_iter().find(|table| table.by == by);
        Self {
            steps,
            table: table.map(|table| narrowed(table, q)),
            by,
            unit,
            q: q.to_owned(),
            slug: report.fair,
            title: report.title,
            as_of: report.as_of,
            counts: report.counts,
            funnel: report.funnel,
            retention: report.retention,
            openings_per_seeker: report.openings_per_seeker,
            streams: report.streams,
            tabs,
            units: units.into(),
            defined: DEFINED,
            formula: report.formula,
            public,
        }
    }
}

/// The steps that are drawn: who registered, who came, and the rungs.
fn ladder(report: &Report, reader: &Reader) -> Vec<Step> {
    let first = ["registered", "checked_in"]
        .into_iter()
        .zip([&report.counts.registered, &report.counts.checked_in])
        .map(|(code, figure)| Step::of(figure, reader.say(&format!("tally.measure.{code}")), None));
    let rungs = report.funnel.iter();
    let rungs = rungs.map(|rung| Step::of(&rung.persons, rung.label.clone(), rung.rate.as_ref()));
    first.chain(rungs).collect()
}

/// The rows of a table that have `q` in their name; its sum stays that of all.
fn narrowed(mut table: Table, q: &str) -> Table {
    let wanted = q.to_lowercase();
    let has = |text: &str| text.to_lowercase().contains(&wanted);
    table
        .rows
        .retain(|row| has(&row.label) || row.note.as_deref().is_some_and(has));
    table
}

/// The rows behind one figure.
#[derive(Serialize)]
pub struct RowsPage {
    pub slug: String,
    pub title: String,
    /// What is counted, such as "Interest (people)".
    pub measure: String,
    /// In which row of which table; nothing for the whole fair.
    pub within: Option<String>,
    pub total: u64,
    /// Whether the figure is made from the rows rather than their number.
    pub summed: bool,
    pub columns: Vec<&'static str>,
    pub rows: Vec<Vec<Cell>>,
    pub next: Option<String>,
    pub first: Option<String>,
}

/// One cell: a text, or an instant.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Cell {
    pub text: Option<String>,
    pub time: Option<String>,
    pub href: Option<String>,
    pub sub: Option<String>,
    pub number: Option<i64>,
}

/// Name of a column, and the cell of a row in it.
type Column = (&'static str, fn(&Row, &Reader) -> Cell);

const COLUMNS: &[Column] = &[
    ("ticket", |row, _| text(row.ticket.as_ref())),
    ("name", |row, reader| match (&row.ticket, &row.name) {
        (Some(_), None) => text(Some(&reader.say("tally.erased"))),
        (_, name) => text(name.as_ref()),
    }),
    ("at", |row, _| time(row.at.as_ref())),
    ("gate", |row, _| text(row.gate.as_ref())),
    ("registered_at", |row, _| time(row.registered_at.as_ref())),
    ("checked_in_at", |row, _| time(row.checked_in_at.as_ref())),
    ("posting", |row, _| text(row.posting.as_ref())),
    ("employer", |row, _| Cell {
        sub: row.booth.clone(),
        ..text(row.employer.as_ref())
    }),
    ("rung", |row, reader| {
        text(
            row.rung
                .map(|rung| reader.say(&format!("tally.measure.{rung}")))
                .as_ref(),
        )
    }),
    ("matched_at", |row, _| time(row.matched_at.as_ref())),
    ("placed_on", |row, _| time(row.placed_on.as_ref())),
    ("case", |row, _| Cell {
        href: row.case.as_ref().map(|number| format!("/cases/{number}")),
        ..text(row.case.as_ref())
    }),
    ("stream", |row, _| text(row.stream.as_ref())),
    ("platform", |row, reader| {
        let platform = row.platform.as_ref();
        text(
            platform
                .map(|code| platform_name(reader.lang, code))
                .as_ref(),
        )
    }),
    ("headcount", |row, _| count(row.headcount)),
    ("views", |row, _| count(row.views)),
    ("evidence_url", |row, _| text(row.evidence_url.as_ref())),
];

fn text(text: Option<&String>) -> Cell {
    Cell {
        text: text.cloned(),
        ..Cell::default()
    }
}

fn time(at: Option<&String>) -> Cell {
    Cell {
        time: at.cloned(),
        ..Cell::default()
    }
}

fn count(number: Option<i64>) -> Cell {
    Cell {
        number,
        ..Cell::default()
    }
}

impl Cell {
    fn is_empty(&self) -> bool {
        self.text.is_none() && self.time.is_none() && self.number.is_none()
    }
}

impl RowsPage {
    /// `here` is the address of this page without its cursor; `paged` whether it is not the first.
    pub fn new(
        (slug, title): (String, String),
        reader: &Reader,
        question: &Question,
        within: Option<String>,
        listing: Listing,
        (here, paged): (&str, bool),
    ) -> Self {
        let rows: Vec<Vec<Cell>> = listing
            .rows
            .iter()
            .map(|row| COLUMNS.iter().map(|(_, cell)| cell(row, reader)).collect())
            .collect();
        // A column that says nothing on this page is left out.
        let used: Vec<bool> = (0..COLUMNS.len())
            .map(|at| rows.iter().any(|row| !row[at].is_empty()))
            .collect();
        let keep = |row: Vec<Cell>| {
            let cells = row.into_iter().zip(&used).filter(|(_, used)| **used);
            cells.map(|(cell, _)| cell).collect()
        };
        let names = COLUMNS.iter().zip(&used).filter(|(_, used)| **used);
        Self {
            slug,
            title,
            measure: measure(reader, question.what),
            within,
            total: listing.total,
            summed: matches!(question.what, What::Headcount | What::Views),
            columns: names.map(|((name, _), _)| *name).collect(),
            rows: rows.into_iter().map(keep).collect(),
            next: listing.next.map(|next| format!("{here}&cursor={next}")),
            first: paged.then(|| here.to_owned()),
        }
    }
}

/// What a figure counts, in words.
fn measure(reader: &Reader, what: What) -> String {
    let label = reader.say(&format!("tally.measure.{}", what.code()));
    match what {
        What::Of(measure, unit) if measure.of_matches() => {
            let unit = reader.say(&format!("tally.unit.{}", unit.code()));
            crate::platform::text::say(
                reader.lang,
                "tally.measure_of",
                &[("measure", label), ("unit", unit)],
            )
        }
        _ => label,
    }
}

/// 招聘会统计表, on paper.
#[derive(Serialize)]
pub struct PrintPage {
    pub title: String,
    pub starts_at: String,
    pub ends_at: String,
    pub as_of: String,
    pub blocks: Vec<Block>,
    /// The ladder with the rates between its rungs.
    pub funnel: Vec<Rung>,
    pub retention: Vec<Retention>,
    pub employers: Table,
    pub formula: &'static str,
}

impl PrintPage {
    pub fn new(tally: &Tally, reader: &Reader) -> Self {
        let fair = &tally.picture.fair;
        Self {
            title: fair.title.clone(),
            starts_at: fair.starts_at.to_rfc3339(),
            ends_at: fair.ends_at.to_rfc3339(),
            as_of: tally.picture.as_of.to_rfc3339(),
            blocks: sheet::sheet(tally, reader),
            funnel: report::funnel(tally, reader),
            retention: report::retention(tally, reader),
            employers: report::table(
                tally,
                reader,
                Dimension::Employer,
                Columns::One(Unit::Persons),
            ),
            formula: FORMULA,
        }
    }
}

impl Page for TallyPage {
    const TEMPLATE: &'static str = "tally/tally.html";

    fn samples() -> Vec<Self> {
        super::samples::tallies()
            .into_iter()
            .flat_map(|(report, reader)| {
                let page =
                    |by, q, public| Self::new(report.clone(), &reader, (by, "persons", q), public);
                [
                    page("employer", "", true),
                    page("employer", "没有这家单位", true),
                    page("stream", "", false),
                    page("group", "", true),
                ]
            })
            .collect()
    }
}

impl Page for RowsPage {
    const TEMPLATE: &'static str = "tally/rows.html";

    fn samples() -> Vec<Self> {
        super::samples::rows()
    }
}

impl Page for PrintPage {
    const TEMPLATE: &'static str = "tally/print.html";

    fn samples() -> Vec<Self> {
        super::samples::prints()
    }
}
