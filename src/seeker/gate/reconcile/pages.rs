//! The list of what does not fit together, and a line to settle each with.
use crate::{
    platform::{
        form::Form,
        page::{Flash, Page},
    },
    seeker::fairs::FairLine,
};
use serde::Serialize;

/// A scan, as the list tells it.
#[derive(Clone, Debug, Serialize)]
pub struct ScanLine {
    pub gate: String,
    pub at: String,
    /// When the server heard of it.
    pub reported_at: String,
    pub offline: bool,
    /// By whom it was reported.
    pub by: String,
}

/// How a question was settled.
#[derive(Clone, Debug, Serialize)]
pub struct SettledLine {
    pub note: String,
    pub by: String,
    pub at: String,
}

/// One question.
#[derive(Clone, Debug, Serialize)]
pub struct QuestionLine {
    /// Names it in the form.
    pub key: String,
    /// Key below `seeker.reconcile.kind`: twice, over, unknown, anothers.
    pub kind: &'static str,
    /// The masked holder and the number of the ticket, when there is one.
    pub who: Option<(String, String)>,
    /// The code that was typed or given out.
    pub code: String,
    /// Key below `seeker.result`, for a ticket that was not admitted.
    pub reason: String,
    /// How many were inside, when it was too many.
    pub inside: i64,
    pub scans: Vec<ScanLine>,
    pub settled: Option<SettledLine>,
}

/// 核验差异
#[derive(Serialize)]
pub struct ReconcilePage {
    pub fair: FairLine,
    pub open: Vec<QuestionLine>,
    pub settled: Vec<QuestionLine>,
    /// Scans that were made without a network.
    pub offline: i64,
    pub form: Form,
    /// For the other questions.
    pub blank: Form,
    /// The question whose form came back with a fault.
    pub at: String,
    pub flash: Option<Flash>,
}

impl Page for ReconcilePage {
    const TEMPLATE: &'static str = "seeker/reconcile.html";

    fn samples() -> Vec<Self> {
        let scan = |gate: &str, at: &str| ScanLine {
            gate: gate.into(),
            at: at.into(),
            reported_at: "2026-07-19T12:40:00Z".into(),
            offline: true,
            by: "李明".into(),
        };
        let line = |kind, who: Option<(String, String)>| QuestionLine {
            key: format!("{kind}:1"),
            kind,
            who,
            code: "7K3M 9QX2".into(),
            reason: "unknown".into(),
            inside: 2003,
            scans: vec![scan("东门", "2026-07-19T11:31:00Z")],
            settled: None,
        };
        let holder = || Some(("张**".into(), "0217".into()));
        let mut twice = line("twice", holder());
        twice.scans.push(scan("南门", "2026-07-19T11:44:00Z"));
        let mut settled = line("over", holder());
        settled.settled = Some(SettledLine {
            note: "带孩子的家长，已劝离其他人".into(),
            by: "赵燕".into(),
            at: "2026-07-19T13:00:00Z".into(),
        });
        let page = |open, settled| Self {
            fair: FairLine::sample(),
            open,
            settled,
            offline: 3,
            form: Form::blank(),
            blank: Form::blank(),
            at: String::new(),
            flash: None,
        };
        vec![
            page(vec![], vec![]),
            page(
                vec![
                    twice,
                    line("over", holder()),
                    line("unknown", None),
                    line("anothers", holder()),
                ],
                vec![settled],
            ),
        ]
    }
}
