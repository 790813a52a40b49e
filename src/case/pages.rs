//! What the templates of the ledger get. `_loop.html`, `_timeline.html` and `_action.html` take
//! [`LoopStep`], [`Entry`] and [`ActionForm`], also on the pages of capabilities above.
use super::{FactLine, words::Term};
use crate::platform::{
    form::Form,
    page::{Flash, Page},
};
use serde::Serialize;

/// One of the four steps of the loop.
#[derive(Clone, Debug, Serialize)]
pub struct LoopStep {
    pub label: String,
    /// When it was reached, or how long is left.
    pub note: String,
    /// done, now, stopped or todo
    pub state: &'static str,
}

/// A picture of an entry.
#[derive(Clone, Debug, Serialize)]
pub struct Picture {
    pub href: String,
    pub alt: String,
}

/// 流转记录: one line of the timeline, as far as the reader may see it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Entry {
    pub seq: i64,
    pub title: String,
    /// Part, unit and name of who did it.
    pub by: String,
    pub at: String,
    /// What was recorded with it.
    pub lines: Vec<FactLine>,
    /// What was written.
    pub text: String,
    pub redacted: bool,
    pub files: Vec<Picture>,
    /// ok, or now for the last one of an open case
    pub tone: &'static str,
    /// Only the office sees it.
    pub internal: bool,
}

/// A choice of a field.
#[derive(Clone, Debug, Serialize)]
pub struct Choice {
    pub value: String,
    pub label: String,
}

/// A field of an action, ready to be shown.
#[derive(Clone, Debug, Serialize)]
pub struct Field {
    pub name: &'static str,
    pub label: String,
    pub hint: String,
    pub required: bool,
    /// text, line, choice, choices, yes, number, numbers, date, time, file or files
    pub shape: &'static str,
    pub options: Vec<Choice>,
    /// What stands in it before anything was typed.
    pub value: Option<String>,
}

/// An action that may be taken now, with its form.
#[derive(Clone, Debug, Serialize)]
pub struct ActionForm {
    pub action: &'static str,
    pub label: String,
    pub fields: Vec<Field>,
    pub form: Form,
    /// The event the actor has seen.
    pub seq: i64,
    /// Cannot be taken back.
    pub danger: bool,
    /// It cannot be taken any more; what was typed stays.
    pub gone: bool,
    /// Pictures that were chosen have to be chosen again.
    pub files_again: bool,
    /// Whose turn it usually is, when not the reader's.
    pub note: String,
}

/// A deadline or a follow-up.
#[derive(Clone, Debug, Serialize)]
pub struct DueLine {
    pub label: String,
    pub term: Term,
    pub note: String,
}

/// A refusal above the forms.
#[derive(Clone, Debug, Serialize)]
pub struct Refused {
    pub title: String,
    pub text: String,
    /// What happened since the form was opened.
    pub news: Vec<Entry>,
}

/// 办件页
#[derive(Debug, Serialize)]
pub struct CasePage {
    pub number: String,
    pub title: String,
    pub state: String,
    pub tone: &'static str,
    pub supervised: bool,
    pub steps: Vec<LoopStep>,
    pub timeline: Vec<Entry>,
    pub refused: Option<Refused>,
    /// The form that comes first.
    pub next: Option<ActionForm>,
    pub others: Vec<ActionForm>,
    /// Who is expected to act, when it is somebody else, or that it has ended.
    pub waits: String,
    pub facts: Vec<FactLine>,
    pub dues: Vec<DueLine>,
    pub follow_ups: Vec<DueLine>,
    pub flash: Option<Flash>,
}

fn step(label: &str, note: &str, state: &'static str) -> LoopStep {
    LoopStep {
        label: label.into(),
        note: note.into(),
        state,
    }
}

impl Entry {
    pub fn sample() -> Self {
        Self {
            seq: 3,
            title: "已推荐给用人单位".into(),
            by: "就业专员 · 李敏".into(),
            at: "2026-07-19T11:40:00Z".into(),
            lines: vec![FactLine {
                label: "备注".into(),
                value: "有叉车证".into(),
                href: None,
            }],
            text: "已到场，面谈顺利。".into(),
            redacted: false,
            files: vec![Picture {
                href: "/cases/JD-2026-000001/files/1".into(),
                alt: "照片 1".into(),
            }],
            tone: "ok",
            internal: false,
        }
    }
}

impl ActionForm {
    pub fn sample(action: &'static str) -> Self {
        let field = |name, shape, options: Vec<Choice>| Field {
            name,
            label: "理由".into(),
            hint: "代本人登记时必须填写。".into(),
            required: true,
            shape,
            options,
            value: None,
        };
        let choice = vec![Choice {
            value: "skills".into(),
            label: "技能不符".into(),
        }];
        Self {
            action,
            label: "约面试".into(),
            fields: vec![
                field("reason", "choice", choice.clone()),
                field("share", "choices", choice),
                field("note", "text", vec![]),
                field("place", "line", vec![]),
                field("pay", "number", vec![]),
                field("votes", "numbers", vec![]),
                field("start_on", "date", vec![]),
                field("interview_at", "time", vec![]),
                field("reached", "yes", vec![]),
                field("files", "files", vec![]),
                field("file", "file", vec![]),
            ],
            form: Form::blank(),
            seq: 4,
            danger: action == "withdraw",
            gone: action == "offer",
            files_again: action == "interview_set",
            note: "通常由用人单位办理，您可以代为登记。".into(),
        }
    }
}

impl CasePage {
    pub fn sample() -> Self {
        Self {
            number: "JD-2026-000001".into(),
            title: "仓储分拣员".into(),
            state: "已约面试".into(),
            tone: "warn",
            supervised: true,
            steps: vec![
                step("登记意向", "7月19日 19:30", "done"),
                step("推荐对接", "7月19日 19:32", "done"),
                step("面试录用", "剩 3 小时", "now"),
                step("上岗核验", "", "todo"),
            ],
            timeline: vec![
                Entry::sample(),
                Entry {
                    redacted: true,
                    text: String::new(),
                    internal: true,
                    tone: "now",
                    files: vec![],
                    lines: vec![],
                    ..Entry::sample()
                },
            ],
            refused: None,
            next: Some(ActionForm::sample("interview_set")),
            others: vec![ActionForm::sample("withdraw")],
            waits: String::new(),
            facts: vec![FactLine {
                label: "编号".into(),
                value: "JD-2026-000001".into(),
                href: Some("/cases/JD-2026-000001".into()),
            }],
            dues: vec![DueLine {
                label: "用人单位回应期限".into(),
                term: Term {
                    text: "剩 3 小时".into(),
                    tone: "soon",
                    at: "2026-07-22T10:00:00Z".into(),
                },
                note: String::new(),
            }],
            follow_ups: vec![],
            flash: None,
        }
    }
}

impl Page for CasePage {
    const TEMPLATE: &'static str = "case/case.html";

    fn samples() -> Vec<Self> {
        let due = CasePage::sample().dues;
        vec![
            Self::sample(),
            Self {
                refused: Some(Refused {
                    title: "您填写期间，这件有了新进展".into(),
                    text: "请看完新进展再提交。".into(),
                    news: vec![Entry::sample()],
                }),
                next: Some(ActionForm::sample("offer")),
                others: vec![],
                supervised: false,
                ..Self::sample()
            },
            Self {
                steps: vec![
                    step("登记意向", "", "stopped"),
                    step("推荐对接", "", "todo"),
                ],
                next: None,
                others: vec![],
                waits: "现在由用人单位办理：接收人选。".into(),
                dues: vec![],
                follow_ups: due,
                flash: Some(Flash::ok("已登记。".into())),
                ..Self::sample()
            },
        ]
    }
}
