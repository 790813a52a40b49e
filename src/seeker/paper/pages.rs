//! Sheets for the gate and the desk. Everybody is masked.
use crate::{
    platform::page::Page,
    seeker::{fairs::FairLine, holder::Choice},
};
use serde::Serialize;

/// A line of the roster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RosterLine {
    pub number: String,
    pub code: String,
    /// `王**`; empty for who was erased.
    pub name: String,
    pub tail: String,
    /// Came before the sheet was printed.
    pub came: bool,
}

/// 入场名单, on paper: who is registered, with a box to tick
#[derive(Serialize)]
pub struct RosterPage {
    pub fair: FairLine,
    /// By surname instead of by number.
    pub by_name: bool,
    /// Sheets of columns of lines.
    pub sheets: Vec<Vec<Vec<RosterLine>>>,
    pub total: usize,
    pub came: usize,
    pub at: String,
    pub by: String,
    /// 校验码 over the lines in the order of the paper.
    pub seal: String,
}

impl Page for RosterPage {
    const TEMPLATE: &'static str = "seeker/roster.html";

    fn samples() -> Vec<Self> {
        let line = |came| RosterLine {
            number: "0217".into(),
            code: "7K3M 9QX2".into(),
            name: "张**".into(),
            tail: "6608".into(),
            came,
        };
        let page = |by_name, sheets: Vec<Vec<Vec<RosterLine>>>| Self {
            fair: FairLine::sample(),
            by_name,
            total: sheets.iter().flatten().flatten().count(),
            came: 1,
            sheets,
            at: "2026-07-19T09:00:00Z".into(),
            by: "李敏".into(),
            seal: "9f2c".repeat(16),
        };
        vec![
            page(false, vec![]),
            page(
                true,
                vec![
                    vec![vec![line(true)], vec![line(false)]],
                    vec![vec![RosterLine::default()]],
                ],
            ),
        ]
    }
}

/// A ticket that nobody holds yet.
#[derive(Clone, Debug, Serialize)]
pub struct Blank {
    /// Counts the tickets of one job.
    pub serial: usize,
    pub code: String,
    /// The drawing of the QR, which says the code and nothing else.
    pub qr: String,
}

/// 空白入场券, on paper
#[derive(Serialize)]
pub struct BlanksPage {
    pub fair: FairLine,
    pub gates: Vec<String>,
    /// Groups to tick, in the order of the form.
    pub groups: Vec<Choice>,
    pub sheets: Vec<Vec<Blank>>,
    /// Other numbers of sheets.
    pub choices: &'static [usize],
}

impl Page for BlanksPage {
    const TEMPLATE: &'static str = "seeker/blanks.html";

    fn samples() -> Vec<Self> {
        let blank = Blank {
            serial: 1,
            code: "7K3M9QX2".into(),
            qr: "<svg></svg>".into(),
        };
        vec![Self {
            fair: FairLine::sample(),
            gates: vec!["东门".into(), "南门".into()],
            groups: vec![Choice {
                value: "graduate".into(),
                label: "高校毕业生".into(),
            }],
            sheets: vec![vec![blank.clone(), blank.clone()], vec![blank]],
            choices: &[1, 4],
        }]
    }
}
