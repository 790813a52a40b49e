//! What the templates of the figures get.
use super::{
    report::{CaseRate, CaseRates, CompositeScore, HeatTable, MatchRung, UnitStanding},
    rows::RateRow,
};
use crate::{
    domain::rates::RateKind,
    platform::{
        form::Form,
        page::{Flash, Page},
        text::{self, Lang},
    },
};
use serde::Serialize;

/// The rates in the groups in which pages show them, without 三率.
const GROUPS: &[(&str, &[RateKind])] = &[
    (
        "voice",
        &[
            RateKind::SolvedPartly,
            RateKind::Callback,
            RateKind::Repeated,
        ],
    ),
    (
        "time",
        &[
            RateKind::Signed,
            RateKind::Closed,
            RateKind::ClosedOnTime,
            RateKind::HandledOnTime,
            RateKind::Extended,
            RateKind::Suspended,
        ],
    ),
    (
        "quality",
        &[
            RateKind::Rework,
            RateKind::RightDispatch,
            RateKind::Objected,
            RateKind::Reopened,
            RateKind::Supervised,
            RateKind::Voided,
        ],
    ),
    ("own", &[RateKind::SelfHandled, RateKind::Found]),
    (
        "employment",
        &[
            RateKind::EmployerAnswer,
            RateKind::Placed,
            RateKind::Retained30,
            RateKind::Retained90,
        ],
    ),
];

/// One entry of a list of choices.
#[derive(Clone, Debug, Serialize)]
pub struct Choice {
    pub value: String,
    pub label: String,
}

/// One of several views of a page.
#[derive(Clone, Debug, Serialize)]
pub struct Link {
    pub label: String,
    pub href: String,
    pub current: bool,
}

/// Rates that belong together, with their bars.
#[derive(Clone, Debug, Serialize)]
pub struct Group {
    /// `oversight.group.<key>` are its words.
    pub key: &'static str,
    pub rates: Vec<CaseRate>,
}

impl Group {
    /// A group that looked at nothing is left out.
    fn says_something(&self) -> bool {
        let looked = |rate: &CaseRate| rate.n > 0 || !rate.excluded.is_empty();
        self.rates.iter().any(looked)
    }
}

/// A bar as charts draw it: the share, and k and n in figures.
#[derive(Clone, Debug, Serialize)]
pub struct Bar {
    pub label: String,
    pub value: f64,
    pub text: String,
    pub href: String,
}

/// 处置时长 in words.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Took {
    pub n: u64,
    /// Mean, median and ninetieth percentile: what, without and with the time on hold.
    pub lines: Vec<(String, String, String)>,
}

/// Figures as a page shows them.
#[derive(Clone, Debug, Serialize)]
pub struct Shown {
    pub from: String,
    pub to: String,
    pub as_of: String,
    pub formula: &'static str,
    pub three: Vec<CaseRate>,
    pub score: CompositeScore,
    pub bars: Vec<Bar>,
    pub groups: Vec<Group>,
    pub took: Took,
    pub employment: Vec<MatchRung>,
    pub ranking: Vec<UnitStanding>,
    /// Nothing was looked at.
    pub empty: bool,
}

impl Shown {
    pub fn new(report: CaseRates, lang: Lang) -> Self {
        let of = |kinds: &[RateKind]| -> Vec<CaseRate> {
            let found = kinds.iter().filter_map(|rate| report.rate(*rate).cloned());
            found.collect()
        };
        let groups = GROUPS.iter().map(|(key, kinds)| Group {
            key,
            rates: of(kinds),
        });
        let three = of(&RateKind::THREE);
        let main = [
            RateKind::Response,
            RateKind::Solved,
            RateKind::Satisfied,
            RateKind::Signed,
            RateKind::Closed,
            RateKind::ClosedOnTime,
            RateKind::HandledOnTime,
        ];
        Self {
            bars: of(&main).iter().filter_map(bar).collect(),
            groups: groups.filter(Group::says_something).collect(),
            took: took(&report, lang),
            empty: report
                .rates
                .iter()
                .all(|rate| rate.n == 0 && rate.excluded.is_empty()),
            three,
            from: report.from,
            to: report.to,
            as_of: report.as_of,
            formula: report.formula_version,
            score: report.composite,
            employment: some_matches(report.employment),
            ranking: report.ranking,
        }
    }
}

/// The ladder, when anybody stands on it.
fn some_matches(ladder: Vec<MatchRung>) -> Vec<MatchRung> {
    if ladder.iter().any(|rung| rung.matches > 0) {
        ladder
    } else {
        Vec::new()
    }
}

fn bar(rate: &CaseRate) -> Option<Bar> {
    let percent = rate.percent.as_ref()?;
    Some(Bar {
        label: rate.label.clone(),
        value: percent.parse().ok()?,
        text: format!("{}/{}", rate.k, rate.n),
        href: rate.rows.clone(),
    })
}

fn took(report: &CaseRates, lang: Lang) -> Took {
    let of = &report.handling_time;
    let lines = [
        ("mean", of.mean, of.mean_with_hold),
        ("median", of.median, of.median_with_hold),
        ("p90", of.p90, of.p90_with_hold),
    ];
    let lines = lines.into_iter().filter_map(|(key, ran, held)| {
        let label = text::say::<&str>(lang, &format!("oversight.took.{key}"), &[]);
        Some((label, long(lang, ran?), long(lang, held?)))
    });
    Took {
        n: of.n,
        lines: lines.collect(),
    }
}

/// Working minutes in words.
fn long(lang: Lang, minutes: i64) -> String {
    let holes = [
        ("hours", (minutes / 60).to_string()),
        ("minutes", (minutes % 60).to_string()),
    ];
    text::say(lang, "oversight.took.time", &holes)
}

/// 考评
#[derive(Clone, Serialize)]
pub struct FiguresPage {
    pub form: Form,
    pub months: Vec<Link>,
    pub units: Vec<Choice>,
    pub areas: Vec<Choice>,
    pub kinds: Vec<Choice>,
    /// The unit that is asked for.
    pub unit: Option<String>,
    /// The unit cannot be chosen.
    pub own_unit: bool,
    pub shown: Shown,
    pub heat: HeatTable,
    pub query: String,
    /// The month asked for, when it is a whole one.
    pub month: Option<String>,
    pub sealed: bool,
    pub may_seal: bool,
}

/// The rows behind one figure.
#[derive(Clone, Serialize)]
pub struct RateRowsPage {
    pub rate: CaseRate,
    pub from: String,
    pub to: String,
    /// Unit, area, kind and category that were asked for.
    pub within: Vec<String>,
    pub counted: Vec<Link>,
    pub total: u64,
    pub rows: Vec<RateRow>,
    /// Whether the reader may open cases.
    pub opens: bool,
    pub back: String,
    pub next: Option<String>,
    pub first: Option<String>,
}

/// 考评表, on paper.
#[derive(Clone, Serialize)]
pub struct FiguresPrintPage {
    pub unit: Option<String>,
    pub shown: Shown,
}

/// How the three rates weigh.
#[derive(Clone, Serialize)]
pub struct WeightsPage {
    pub form: Form,
    pub flash: Option<Flash>,
}

/// A sealed month in the list.
#[derive(Clone, Debug, Serialize)]
pub struct SealedLine {
    pub month: String,
    pub sealed_at: String,
    pub by: String,
    pub hash: String,
    pub rates: Vec<CaseRate>,
}

/// 封存月份
#[derive(Clone, Serialize)]
pub struct SealedPage {
    pub months: Vec<SealedLine>,
    /// Months that are over and not sealed.
    pub open: Vec<String>,
    pub may_seal: bool,
}

/// How a sealed month was sealed, and whether it still is what it was.
#[derive(Clone, Debug, Serialize)]
pub struct SealFacts {
    pub sealed_at: String,
    pub as_of: String,
    pub by: String,
    pub hash: String,
    pub prev_hash: String,
    pub formula: String,
    /// What is wrong with it.
    pub fault: Option<String>,
}

/// A case that counts otherwise since.
#[derive(Clone, Debug, Serialize)]
pub struct CorrectionLine {
    pub rate: String,
    pub case: String,
    pub then: String,
    pub now: String,
}

/// One month: sealed, or about to be.
#[derive(Clone, Serialize)]
pub struct SealedMonthPage {
    pub month: String,
    pub seal: Option<SealFacts>,
    pub shown: Shown,
    pub corrections: Vec<CorrectionLine>,
    /// Corrections that are not shown.
    pub further: usize,
    pub over: bool,
    pub may_seal: bool,
    pub once: String,
    pub opens: bool,
    pub flash: Option<Flash>,
}

/// One rate of a public table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PublicRate {
    pub label: String,
    /// k and n, as far as they may be told.
    pub text: String,
    pub percent: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct PublicMonth {
    pub month: String,
    pub rates: Vec<PublicRate>,
    pub sealed_at: String,
    pub hash: String,
}

/// 公开考评: sealed months for everybody.
#[derive(Clone, Serialize)]
pub struct PublicFiguresPage {
    pub months: Vec<PublicMonth>,
    pub columns: Vec<String>,
    /// Name and formula of each rate.
    pub formulas: Vec<(String, String)>,
    pub version: &'static str,
}

impl Page for FiguresPage {
    const TEMPLATE: &'static str = "oversight/figures.html";
    fn samples() -> Vec<Self> {
        super::samples::figures()
    }
}

impl Page for RateRowsPage {
    const TEMPLATE: &'static str = "oversight/rows.html";
    fn samples() -> Vec<Self> {
        super::samples::rows()
    }
}

impl Page for FiguresPrintPage {
    const TEMPLATE: &'static str = "oversight/print.html";
    fn samples() -> Vec<Self> {
        super::samples::prints()
    }
}

impl Page for WeightsPage {
    const TEMPLATE: &'static str = "oversight/weights.html";
    fn samples() -> Vec<Self> {
        super::samples::weights()
    }
}

impl Page for SealedPage {
    const TEMPLATE: &'static str = "oversight/sealed.html";
    fn samples() -> Vec<Self> {
        super::samples::sealed()
    }
}

impl Page for SealedMonthPage {
    const TEMPLATE: &'static str = "oversight/month.html";
    fn samples() -> Vec<Self> {
        super::samples::months()
    }
}

impl Page for PublicFiguresPage {
    const TEMPLATE: &'static str = "oversight/public.html";
    fn samples() -> Vec<Self> {
        super::samples::public()
    }
}
