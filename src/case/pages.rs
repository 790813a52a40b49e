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
#[derive(Clone, Debug, Default, Serialize)]
pub struct Picture {
    pub href: String,
    pub alt: String,
    /// Whether it shows how it was or how it is: "", before or after
    pub side: &'static str,
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
#[derive(Clone, Debug, Default, Serialize)]
pub struct Choice {
    pub value: String,
    pub label: String,
    /// Address of the picture that is chosen; empty for anything else.
    pub picture: String,
}

impl Choice {
    #[expect(
        clippy::needless_pass_by_value,
        reason = "ids are handed over as they are"
    )]
    pub fn new(value: impl ToString, label: impl Into<String>) -> Self {
        Self {
            value: value.to_string(),
            label: label.into(),
            picture: String::new(),
        }
    }
}

/// A field of an action, ready to be shown.
#[derive(Clone, Debug, Serialize)]
pub struct Field {
    pub name: &'static str,
    pub label: String,
    pub hint: String,
    pub required: bool,
    /// text, fixed, line, choice, choices, people, pictures, yes, number, numbers, date, time, file or files
    pub shape: &'static str,
    pub options: Vec<Choice>,
    /// What stands in it before anything was typed.
    pub value: Option<String>,
    /// What is ticked before anything was.
    pub values: Vec<String>,
    /// Before which no day or time can be chosen, or nothing.
    pub min: String,
}

/// An action that may be taken now, with its form.
#[derive(Clone, Debug, Serialize)]
pub struct ActionForm {
    pub action: &'static str,
    /// Under which heading it stands: handling, time, people, public or correct
    #[serde(skip)]
    pub group: &'static str,
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
    /// What the action would bring about, to be looked at before it is done.
    pub check: Option<Check>,
}

/// 核对: what somebody looks at before he does what everybody will see, or what joins two cases.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    pub text: String,
    pub lines: Vec<FactLine>,
    pub pictures: Vec<Picture>,
    /// Stands for exactly what was shown.
    pub seen: String,
}

/// Actions that do not come first, under their heading.
#[derive(Clone, Debug, Serialize)]
pub struct Group {
    pub label: String,
    pub forms: Vec<ActionForm>,
}

/// 两个时钟: how long a clock has run and how long it may.
#[derive(Clone, Debug, Serialize)]
pub struct ClockLine {
    pub label: String,
    pub spent: String,
    pub left: String,
    /// "", soon or late
    pub tone: &'static str,
    pub running: bool,
}

/// 逐日推算: a day on the way to a deadline.
#[derive(Clone, Debug, Serialize)]
pub struct Working {
    pub day: String,
    pub why: String,
    pub counts: String,
    pub counted: bool,
}

/// 经办单位: a unit that has or had the case.
#[derive(Clone, Debug, Serialize)]
pub struct HandOver {
    pub unit: String,
    pub role: String,
    /// When, how long, and how it ended.
    pub note: String,
    pub now: bool,
}

/// 关联办件
#[derive(Clone, Debug, Serialize)]
pub struct LinkLine {
    pub label: String,
    pub number: String,
    pub title: String,
    pub href: String,
    pub state: String,
    pub tone: &'static str,
}

/// 当事人, masked.
#[derive(Clone, Debug, Serialize)]
pub struct PartyLine {
    pub id: i64,
    #[serde(skip)]
    pub person: String,
    pub role: String,
    pub name: String,
    /// The page of the person, for who may open it.
    pub href: Option<String>,
    /// Whether the reader may see the telephone number here, with a reason.
    pub reveal: bool,
    /// Opened, once.
    pub opened: Option<Opened>,
}

/// A name and a number in full.
#[derive(Clone, Debug, Serialize)]
pub struct Opened {
    pub name: String,
    pub phone: String,
}

/// 立子办件
#[derive(Clone, Debug, Serialize)]
pub struct ChildForm {
    pub kinds: Vec<Choice>,
    pub categories: Vec<Choice>,
    pub areas: Vec<Choice>,
    pub area: Option<String>,
    pub form: Form,
}

/// A deadline or a follow-up.
#[derive(Clone, Debug, Serialize)]
pub struct DueLine {
    pub label: String,
    pub term: Term,
    pub note: String,
    /// Why it is that day, day by day.
    pub workings: Vec<Working>,
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
    pub others: Vec<Group>,
    /// Who is expected to act, when it is somebody else, or that it has ended.
    pub waits: String,
    pub facts: Vec<FactLine>,
    pub people: Vec<PartyLine>,
    /// The form of the party whose number was asked for.
    pub reason: Form,
    pub dues: Vec<DueLine>,
    pub clocks: Vec<ClockLine>,
    pub units: Vec<HandOver>,
    pub links: Vec<LinkLine>,
    pub follow_ups: Vec<DueLine>,
    pub child: Option<ChildForm>,
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
                side: "before",
            }],
            tone: "ok",
            internal: false,
        }
    }
}

impl ActionForm {
    pub fn sample(action: &'static str) -> Self {
        let (shown, picture) = (Entry::sample().files, "/cases/JD-2026-000001/files/1");
        let field = |name, shape, options: Vec<Choice>| Field {
            name,
            label: "理由".into(),
            hint: "代本人登记时必须填写。".into(),
            required: true,
            shape,
            options,
            value: None,
            values: vec![],
            min: String::new(),
        };
        let choice = vec![Choice {
            picture: picture.into(),
            ..Choice::new("skills", "技能不符")
        }];
        Self {
            action,
            group: "handling",
            label: "约面试".into(),
            fields: vec![
                field("reason", "choice", choice.clone()),
                field("share", "choices", choice.clone()),
                field("note", "text", vec![]),
                field("place", "line", vec![]),
                field("pay", "number", vec![]),
                field("votes", "numbers", vec![]),
                field("parties", "people", choice.clone()),
                field("chosen", "pictures", choice.clone()),
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
            check: (action == "publish").then(|| Check {
                text: "没有发现能认出人的内容。".into(),
                lines: Entry::sample().lines,
                pictures: shown,
                seen: "00".into(),
            }),
        }
    }
}

impl CasePage {
    #[expect(
        clippy::too_many_lines,
        reason = "a page with something in every place"
    )]
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
                    seq: 2,
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
            others: vec![Group {
                label: "更正与终止".into(),
                forms: vec![
                    ActionForm::sample("withdraw"),
                    ActionForm::sample("publish"),
                ],
            }],
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
                workings: vec![Working {
                    day: "7月20日".into(),
                    why: "工作日".into(),
                    counts: "第 1 天".into(),
                    counted: true,
                }],
            }],
            people: vec![
                PartyLine {
                    id: 1,
                    person: String::new(),
                    role: "反映人".into(),
                    name: "王** 8000".into(),
                    href: Some("/office/persons/abc".into()),
                    reveal: true,
                    opened: None,
                },
                PartyLine {
                    id: 2,
                    person: String::new(),
                    role: "对方当事人".into(),
                    name: "李** 8001".into(),
                    href: None,
                    reveal: true,
                    opened: Some(Opened {
                        name: "李四".into(),
                        phone: "13800000000".into(),
                    }),
                },
            ],
            reason: Form::blank(),
            clocks: vec![ClockLine {
                label: "办结期限".into(),
                spent: "2 个工作日".into(),
                left: "剩 3 小时".into(),
                tone: "soon",
                running: true,
            }],
            units: vec![HandOver {
                unit: "市政养护".into(),
                role: "主办".into(),
                note: "7月19日起，2 个工作日".into(),
                now: true,
            }],
            links: vec![LinkLine {
                label: "起因".into(),
                number: "JD-2026-000002".into(),
                title: "路灯不亮".into(),
                href: "/cases/JD-2026-000002".into(),
                state: "处置中".into(),
                tone: "warn",
            }],
            child: Some(ChildForm {
                kinds: vec![Choice::new("resident_request", "居民诉求")],
                categories: vec![Choice::new("lighting", "照明")],
                areas: vec![Choice::new(1, "第二网格")],
                area: None,
                form: Form::blank(),
            }),
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
                people: vec![],
                clocks: vec![],
                units: vec![],
                links: vec![],
                child: None,
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
