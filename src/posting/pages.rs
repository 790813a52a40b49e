//! What the templates of this capability get.
use crate::platform::{form::Form, page::Page};
use serde::Serialize;
use serde_json::Value;

/// A choice in a form or a filter.
#[derive(Clone, Debug, Serialize)]
pub struct Choice {
    pub value: String,
    pub label: String,
}

/// The choices of the form about a posting.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Choices {
    pub occupations: Vec<Choice>,
    pub kinds: Vec<Choice>,
    pub pay_units: Vec<Choice>,
    pub educations: Vec<Choice>,
    pub experiences: Vec<Choice>,
    pub contracts: Vec<Choice>,
    pub insurances: Vec<Choice>,
    pub groups: Vec<Choice>,
    pub age_grounds: Vec<Choice>,
}

/// A link that filters a list.
#[derive(Clone, Debug, Serialize)]
pub struct Tab {
    pub label: String,
    pub href: String,
    pub current: bool,
    pub count: Option<i64>,
}

/// A posting as a line of a list.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    pub id: String,
    pub title: String,
    pub employer: String,
    pub fair: String,
    pub fair_slug: String,
    pub booth: Option<String>,
    pub pay: String,
    pub headcount: i32,
    pub education: String,
    pub groups: Vec<String>,
    pub status: String,
    pub status_reason: Option<String>,
    /// Findings, and how many of them hold it back.
    pub findings: usize,
    pub holds: usize,
    pub expires_on: String,
    pub expired: bool,
    pub may_edit: bool,
    pub created_at: String,
}

/// A piece of a text, marked when a finding stands in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    pub text: String,
    /// Number of the finding.
    pub mark: Option<usize>,
    pub holds: bool,
}

/// A text of the posting with what was found in it.
#[derive(Clone, Debug, Serialize)]
pub struct Passage {
    pub label: String,
    pub parts: Vec<Part>,
}

/// What a rule found, in words.
#[derive(Clone, Debug, Serialize)]
pub struct Found {
    pub number: usize,
    pub phrase: String,
    pub why: String,
    pub laws: Vec<String>,
    pub holds: bool,
    /// A lawful exception the text claims.
    pub exception: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Fact {
    pub label: String,
    pub value: String,
    pub href: Option<String>,
}

/// What happened to a posting.
#[derive(Clone, Debug, Serialize)]
pub struct Happened {
    pub title: String,
    pub by: Option<String>,
    pub at: String,
    pub text: Option<String>,
    pub tone: &'static str,
}

/// One posting with everything about it.
#[derive(Clone, Debug, Serialize)]
pub struct Sheet {
    pub line: Line,
    pub version: i64,
    pub facts: Vec<Fact>,
    pub passages: Vec<Passage>,
    pub found: Vec<Found>,
    pub happened: Vec<Happened>,
}

/// 我的岗位: what an employer has written.
#[derive(Serialize)]
pub struct OwnPostingsPage {
    pub tabs: Vec<Tab>,
    pub q: String,
    pub status: String,
    pub lines: Vec<Line>,
    pub next: Option<String>,
    pub first: Option<String>,
    /// No fair is open for postings.
    pub closed: bool,
    pub flash: Option<Value>,
}

/// 岗位表单
#[derive(Serialize)]
pub struct PostingFormPage {
    pub form: Form,
    pub choices: Choices,
    /// Fairs to choose from; empty when the fair stands.
    pub fairs: Vec<Choice>,
    /// The fair that stands.
    pub fair: Option<String>,
    pub action: String,
    /// Changing what is there, not writing anew.
    pub changing: bool,
    /// It was public and will be looked at again.
    pub was_public: bool,
    pub copied: bool,
    pub version: Option<i64>,
    pub fault: Option<String>,
    pub reason: Option<String>,
}

/// 我的岗位: one, with what the check found.
#[derive(Serialize)]
pub struct OwnPostingPage {
    pub sheet: Sheet,
    pub flash: Option<Value>,
}

/// 快速录入: the paste.
#[derive(Serialize)]
pub struct PastePage {
    pub form: Form,
    pub choices: Choices,
    pub fairs: Vec<Choice>,
    pub most: usize,
}

/// A row of the preview.
#[derive(Clone, Debug, Serialize)]
pub struct PreviewRow {
    /// Leads the names of its fields.
    pub prefix: String,
    pub number: usize,
    pub title: String,
    /// What stood there, by field.
    pub doubts: std::collections::BTreeMap<String, String>,
    pub faulty: bool,
}

/// 快速录入: the preview.
#[derive(Serialize)]
pub struct PreviewPage {
    pub form: Form,
    pub choices: Choices,
    pub fair: Choice,
    pub rows: Vec<PreviewRow>,
    pub unused: Vec<String>,
    pub cut: bool,
    pub doubts: usize,
    pub fault: Option<String>,
}

/// 岗位审核: the queue.
#[derive(Serialize)]
pub struct QueuePage {
    pub tabs: Vec<Tab>,
    pub fairs: Vec<Tab>,
    pub q: String,
    pub status: String,
    pub fair: String,
    pub lines: Vec<Line>,
    pub next: Option<String>,
    pub first: Option<String>,
}

/// 岗位审核: one posting beside what the check found.
#[derive(Serialize)]
pub struct ReviewPage {
    pub sheet: Sheet,
    pub form: Form,
    pub hide: Form,
    pub holds: usize,
    pub may_review: bool,
    /// Why it cannot be published yet.
    pub obstacle: Option<String>,
    pub fault: Option<String>,
    pub flash: Option<Value>,
}

/// What stands in the filters of the public list.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Filters {
    pub q: String,
    pub group: String,
    pub salary_min: String,
    pub booth: String,
    pub education: String,
    pub kind: String,
}

/// 集市岗位: what everybody sees.
#[derive(Serialize)]
pub struct PublicPostingsPage {
    pub fair: Choice,
    pub filters: Filters,
    pub groups: Vec<Tab>,
    pub kinds: Vec<Choice>,
    pub educations: Vec<Choice>,
    pub salaries: Vec<Choice>,
    pub lines: Vec<Line>,
    pub offer: Option<(i64, i64, i64)>,
    pub narrowed: bool,
    pub next: Option<String>,
    pub first: Option<String>,
    pub fault: Option<String>,
}

/// 岗位: one, for everybody.
#[derive(Serialize)]
pub struct PublicPostingPage {
    pub fair: Choice,
    pub when: String,
    pub venue: String,
    pub line: Line,
    pub verified_on: Option<String>,
    pub facts: Vec<Fact>,
    pub passages: Vec<(String, String)>,
    pub insurance: Vec<String>,
    pub booth_href: Option<String>,
    pub interest_href: String,
    pub others: Vec<Line>,
    /// schema.org JobPosting
    pub linked: Value,
}

fn choice(value: &str, label: &str) -> Choice {
    Choice {
        value: value.into(),
        label: label.into(),
    }
}

fn choices() -> Choices {
    let one = |value: &str, label: &str| vec![choice(value, label)];
    Choices {
        occupations: one("professional", "专业技术人员"),
        kinds: one("regular", "常规岗位"),
        pay_units: one("month", "元/月"),
        educations: one("bachelor", "本科"),
        experiences: one("any", "经验不限"),
        contracts: one("fixed_term", "固定期限劳动合同"),
        insurances: one("pension", "养老保险"),
        groups: one("graduate", "高校毕业生"),
        age_grounds: one("adult_work", "未成年工禁忌劳动"),
    }
}

fn tab(label: &str, current: bool) -> Tab {
    Tab {
        label: label.into(),
        href: "/office/postings".into(),
        current,
        count: Some(3),
    }
}

fn line(status: &str) -> Line {
    Line {
        id: "31".into(),
        title: "电气设计师".into(),
        employer: "陇上云仓供应链有限公司".into(),
        fair: "星光招聘夜市".into(),
        fair_slug: "starlight".into(),
        booth: Some("A01".into()),
        pay: "6,000—8,000 元/月".into(),
        headcount: 2,
        education: "本科".into(),
        groups: vec!["高校毕业生".into()],
        status: status.into(),
        status_reason: Some("请写明工作地点。".into()),
        findings: 2,
        holds: 1,
        expires_on: "2026-08-18".into(),
        expired: false,
        may_edit: true,
        created_at: "2026-07-10T02:00:00Z".into(),
    }
}

fn sheet(status: &str) -> Sheet {
    let part = |text: &str, mark: Option<usize>| Part {
        text: text.into(),
        mark,
        holds: mark.is_some(),
    };
    Sheet {
        line: line(status),
        version: 2,
        facts: vec![Fact {
            label: "学历".into(),
            value: "本科".into(),
            href: None,
        }],
        passages: vec![Passage {
            label: "工作内容".into(),
            parts: vec![
                part("绘制图纸，", None),
                part("限男性", Some(1)),
                part("。", None),
            ],
        }],
        found: vec![Found {
            number: 1,
            phrase: "限男性".into(),
            why: "限定性别".into(),
            laws: vec!["《中华人民共和国就业促进法》第27条".into()],
            holds: true,
            exception: None,
        }],
        happened: vec![Happened {
            title: "提交审核".into(),
            by: Some("王女士".into()),
            at: "2026-07-10T02:00:00Z".into(),
            text: None,
            tone: "now",
        }],
    }
}

impl Page for OwnPostingsPage {
    const TEMPLATE: &'static str = "posting/own_list.html";

    fn samples() -> Vec<Self> {
        let page = |lines: Vec<Line>, closed| Self {
            tabs: vec![tab("全部", true), tab("待审核", false)],
            q: String::new(),
            status: String::new(),
            next: (!lines.is_empty()).then(|| "/employer/postings?cursor=3".into()),
            first: None,
            lines,
            closed,
            flash: None,
        };
        vec![
            page(Vec::new(), false),
            page(Vec::new(), true),
            page(
                vec![line("published"), line("returned"), line("closed")],
                false,
            ),
        ]
    }
}

impl Page for PostingFormPage {
    const TEMPLATE: &'static str = "posting/form.html";

    fn samples() -> Vec<Self> {
        let page = |changing: bool| Self {
            form: Form::blank(),
            choices: choices(),
            fairs: vec![choice("starlight", "星光招聘夜市")],
            fair: changing.then(|| "星光招聘夜市".into()),
            action: "/employer/postings/new".into(),
            changing,
            was_public: changing,
            copied: !changing,
            version: Some(1),
            fault: changing.then(|| "请改正".into()),
            reason: changing.then(|| "请写明工作地点。".into()),
        };
        vec![page(false), page(true)]
    }
}

impl Page for OwnPostingPage {
    const TEMPLATE: &'static str = "posting/own.html";

    fn samples() -> Vec<Self> {
        let page = |status| Self {
            sheet: sheet(status),
            flash: None,
        };
        let mut plain = page("published");
        plain.sheet.found.clear();
        plain.sheet.line.may_edit = false;
        vec![page("in_review"), plain]
    }
}

impl Page for PastePage {
    const TEMPLATE: &'static str = "posting/paste.html";

    fn samples() -> Vec<Self> {
        let page = |fairs| Self {
            form: Form::blank(),
            choices: choices(),
            fairs,
            most: 15,
        };
        vec![
            page(vec![choice("starlight", "星光招聘夜市")]),
            page(Vec::new()),
        ]
    }
}

impl Page for PreviewPage {
    const TEMPLATE: &'static str = "posting/preview.html";

    fn samples() -> Vec<Self> {
        let row = |number: usize, doubt: Option<&str>| PreviewRow {
            prefix: format!("r{number}_"),
            number,
            title: "课程顾问".into(),
            doubts: doubt
                .map(|words| ("pay_min".to_owned(), words.to_owned()))
                .into_iter()
                .collect(),
            faulty: doubt.is_some(),
        };
        vec![Self {
            form: Form::blank(),
            choices: choices(),
            fair: choice("starlight", "星光招聘夜市"),
            rows: vec![row(1, Some("面议")), row(2, None)],
            unused: vec!["性别".into()],
            cut: true,
            doubts: 1,
            fault: None,
        }]
    }
}

impl Page for QueuePage {
    const TEMPLATE: &'static str = "posting/queue.html";

    fn samples() -> Vec<Self> {
        let page = |lines: Vec<Line>| Self {
            tabs: vec![tab("待审核", true), tab("已发布", false)],
            fairs: vec![tab("星光招聘夜市", false)],
            q: "电气".into(),
            status: "in_review".into(),
            fair: String::new(),
            next: (!lines.is_empty()).then(|| "/office/postings?cursor=3".into()),
            first: (!lines.is_empty()).then(|| "/office/postings".into()),
            lines,
        };
        vec![
            page(Vec::new()),
            page(vec![line("in_review"), line("published")]),
        ]
    }
}

impl Page for ReviewPage {
    const TEMPLATE: &'static str = "posting/review.html";

    fn samples() -> Vec<Self> {
        let page = |status, may_review| Self {
            sheet: sheet(status),
            form: Form::blank(),
            hide: Form::blank(),
            holds: 1,
            may_review,
            obstacle: may_review.then(|| "单位尚未通过审核".into()),
            fault: may_review.then(|| "请改正".into()),
            flash: None,
        };
        vec![
            page("in_review", true),
            page("published", true),
            page("in_review", false),
        ]
    }
}

impl Page for PublicPostingsPage {
    const TEMPLATE: &'static str = "posting/public_list.html";

    fn samples() -> Vec<Self> {
        let page = |lines: Vec<Line>, narrowed: bool| Self {
            fair: choice("starlight", "星光招聘夜市"),
            filters: Filters::default(),
            groups: vec![tab("高校毕业生", false)],
            kinds: choices().kinds,
            educations: choices().educations,
            salaries: vec![choice("6000", "6,000")],
            offer: (!narrowed).then_some((120, 460, 31)),
            narrowed,
            next: (!lines.is_empty()).then(|| "/f/starlight/postings?cursor=3".into()),
            first: None,
            lines,
            fault: narrowed.then(|| "筛选条件有误".into()),
        };
        let mut bare = line("published");
        bare.booth = None;
        vec![
            page(Vec::new(), false),
            page(Vec::new(), true),
            page(vec![line("published"), bare], false),
        ]
    }
}

impl Page for PublicPostingPage {
    const TEMPLATE: &'static str = "posting/public.html";

    fn samples() -> Vec<Self> {
        let page = |full: bool| Self {
            fair: choice("starlight", "星光招聘夜市"),
            when: "2026-07-19T11:00:00Z".into(),
            venue: "金港公园".into(),
            line: line("published"),
            verified_on: full.then(|| "2026-07-01T02:00:00Z".into()),
            facts: sheet("published").facts,
            passages: vec![("工作内容".into(), "绘制图纸".into())],
            insurance: vec!["养老保险".into()],
            booth_href: full.then(|| "/B/abc".into()),
            interest_href: "/f/starlight/interest/31".into(),
            others: if full {
                vec![line("published")]
            } else {
                Vec::new()
            },
            linked: serde_json::json!({"@type": "JobPosting", "title": "</script>"}),
        };
        vec![page(true), page(false)]
    }
}
