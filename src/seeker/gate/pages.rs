//! The pages of a gate: one field, one verdict in colour and words.
use crate::{
    platform::{form::Form, page::Page},
    seeker::{fairs::FairLine, holder::Choice, notices::Notices},
};
use serde::Serialize;
use std::collections::BTreeMap;

/// 选择集市
#[derive(Serialize)]
pub struct GatesPage {
    pub fairs: Vec<FairLine>,
}

impl Page for GatesPage {
    const TEMPLATE: &'static str = "seeker/gates.html";

    fn samples() -> Vec<Self> {
        vec![
            Self { fairs: vec![] },
            Self {
                fairs: vec![FairLine::sample()],
            },
        ]
    }
}

/// 首次入场
#[derive(Clone, Debug, Serialize)]
pub struct First {
    pub gate: String,
    pub at: String,
}

/// 核验结论, as the steward sees it
#[derive(Clone, Debug, Serialize)]
pub struct VerdictView {
    /// Key below `seeker.verdict`: admitted, again, already_in, left, or a reason of refusal.
    pub key: String,
    /// ok, warn or bad
    pub tone: &'static str,
    pub person: Option<HolderView>,
    pub first: Option<First>,
    /// The code of a ticket that is nobody's yet: a blank one becomes somebody's.
    pub blank: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct HolderView {
    pub name: String,
    pub number: String,
    pub code: String,
    pub groups: Vec<String>,
}

/// Somebody whom the typed text may mean; a button each.
#[derive(Clone, Debug, Serialize)]
pub struct Candidate {
    pub holder: HolderView,
    /// Key below `seeker.state`.
    pub state: &'static str,
    pub first: Option<First>,
}

/// 计数
#[derive(Clone, Debug, Default, Serialize)]
pub struct Counts {
    /// Persons who came.
    pub arrived: i64,
    /// Of them by this gate first.
    pub here: i64,
    pub inside: i64,
    pub capacity: i64,
    pub registered: i64,
}

/// What the scripts of the scanner are told.
#[derive(Clone, Debug, Serialize)]
pub struct Scanner {
    /// Whether browsers take the connection for a safe one, and so allow the camera and the list.
    pub safe: bool,
    /// Address of the worker that decodes.
    pub decoder: String,
    /// Words for the groups that a gate may see.
    pub groups: BTreeMap<String, String>,
}

/// 入场核验
#[derive(Clone, Debug, Serialize)]
pub struct GatePage {
    pub fair: FairLine,
    /// Name of the chosen gate; nothing before one is chosen.
    pub gate: Option<String>,
    pub gates: Vec<String>,
    pub counts: Counts,
    pub verdict: Option<VerdictView>,
    pub candidates: Vec<Candidate>,
    /// Nobody was found for a surname and four digits.
    pub nobody: bool,
    pub form: Form,
    /// Nothing where the page only answers a form: a scanner would start anew with each.
    pub scanner: Option<Scanner>,
}

impl GatePage {
    fn sample() -> Self {
        Self {
            fair: FairLine::sample(),
            gate: Some("东门".into()),
            gates: vec!["东门".into(), "南门".into()],
            counts: Counts {
                arrived: 96,
                here: 51,
                inside: 83,
                capacity: 2000,
                registered: 417,
            },
            verdict: None,
            candidates: vec![],
            nobody: false,
            form: Form::blank(),
            scanner: None,
        }
    }
}

impl Scanner {
    fn sample() -> Self {
        Self {
            safe: true,
            decoder: "/gate/decode.js?v=1".into(),
            groups: BTreeMap::from([("graduate".into(), "高校毕业生".into())]),
        }
    }
}

impl HolderView {
    fn sample() -> Self {
        Self {
            name: "张**".into(),
            number: "0217".into(),
            code: "7K3M9QX2".into(),
            groups: vec!["graduate".into()],
        }
    }
}

impl Page for GatePage {
    const TEMPLATE: &'static str = "seeker/gate.html";

    fn samples() -> Vec<Self> {
        let first = Some(First {
            gate: "南门".into(),
            at: "2026-07-19T11:02:00Z".into(),
        });
        let verdict = |key: &str, tone, first: Option<First>| VerdictView {
            key: key.into(),
            tone,
            person: Some(HolderView::sample()),
            first,
            blank: None,
        };
        let shown = |verdict| Self {
            verdict: Some(verdict),
            ..Self::sample()
        };
        let candidate = |state, first| Candidate {
            holder: HolderView::sample(),
            state,
            first,
        };
        let some = vec![
            candidate("not_arrived", None),
            candidate("inside", first.clone()),
        ];
        let mut pages = vec![
            Self::sample(),
            Self {
                scanner: Some(Scanner::sample()),
                ..Self::sample()
            },
            Self {
                gate: None,
                candidates: some.clone(),
                ..Self::sample()
            },
            Self {
                candidates: some,
                ..Self::sample()
            },
            Self {
                nobody: true,
                ..Self::sample()
            },
            shown(verdict("admitted", "ok", None)),
            shown(verdict("again", "ok", first.clone())),
            shown(verdict("already_in", "warn", first.clone())),
            shown(verdict("left", "ok", first)),
        ];
        for reason in super::Reason::ALL {
            pages.push(shown(VerdictView {
                person: None,
                blank: (reason == super::Reason::Unknown).then(|| "7K3M9QX2".into()),
                ..verdict(reason.code(), "bad", None)
            }));
        }
        pages
    }
}

/// 现场登记
#[derive(Serialize)]
pub struct WalkInPage {
    pub fair: FairLine,
    pub gate: String,
    pub offered: Vec<Choice>,
    pub notices: Notices,
    pub form: Form,
}

impl Page for WalkInPage {
    const TEMPLATE: &'static str = "seeker/walk_in.html";

    fn samples() -> Vec<Self> {
        vec![Self {
            fair: FairLine::sample(),
            gate: "东门".into(),
            offered: vec![Choice {
                value: "graduate".into(),
                label: "高校毕业生".into(),
            }],
            notices: Notices::sample(),
            form: Form::blank(),
        }]
    }
}
