//! What the templates of this capability get.
use crate::platform::{form::Form, page::Page};
use serde::Serialize;

/// A choice in a form: its code; the words are `<group>.<code>`.
#[derive(Clone, Serialize)]
pub struct Choice {
    pub value: String,
    pub label: String,
}

/// The choices of the form about an employer.
#[derive(Clone, Default, Serialize)]
pub struct Choices {
    pub kinds: Vec<Choice>,
    pub industries: Vec<Choice>,
    pub scales: Vec<Choice>,
}

impl Choices {
    fn sample() -> Self {
        let one = |value: &str, label: &str| {
            vec![Choice {
                value: value.into(),
                label: label.into(),
            }]
        };
        Self {
            kinds: one("company", "企业"),
            industries: one("C", "制造业"),
            scales: one("small", "20–99 人"),
        }
    }
}

/// A line of the queue.
#[derive(Clone, Serialize)]
pub struct Card {
    pub id: String,
    pub name: String,
    pub uscc: String,
    pub kind: String,
    pub industry: String,
    pub status: String,
    pub source: Option<String>,
    pub created_at: String,
    /// Codes of the papers that are not there.
    pub missing: Vec<&'static str>,
    pub due_again: bool,
}

impl Card {
    fn sample() -> Self {
        Self {
            id: "7".into(),
            name: "陇上云仓供应链有限公司".into(),
            uscc: "91620100MA00000019".into(),
            kind: "company".into(),
            industry: "G".into(),
            status: "pending".into(),
            source: Some("工商业联合会".into()),
            created_at: "2026-07-10T02:00:00Z".into(),
            missing: vec!["authority"],
            due_again: false,
        }
    }
}

/// What the file of an employer says.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each paper is there or not, in any combination"
)]
#[derive(Clone, Serialize)]
pub struct Facts {
    pub scale: Option<String>,
    pub address: String,
    pub legal_person: Option<String>,
    pub permit_no: Option<String>,
    pub licence_until: Option<String>,
    pub intro: String,
    pub contact_name: String,
    pub contact_phone: String,
    pub licence: bool,
    pub authority: bool,
    /// The check character is right; nothing else is let in, so this is shown, not decided.
    pub code_fits: bool,
    /// The organisation code inside has its own check digit; some genuine ones fail it.
    pub inner_fits: bool,
    pub status_reason: Option<String>,
    pub reviewed_at: Option<String>,
    pub verified_at: Option<String>,
    pub pardon_reason: Option<String>,
    pub version: i64,
}

impl Facts {
    fn sample() -> Self {
        Self {
            scale: Some("small".into()),
            address: "七里河区示范路 1 号".into(),
            legal_person: None,
            permit_no: None,
            licence_until: None,
            intro: "仓储与配送。".into(),
            contact_name: "王**".into(),
            contact_phone: "139****0000".into(),
            licence: true,
            authority: false,
            code_fits: true,
            inner_fits: false,
            status_reason: Some("请补传委托书。".into()),
            reviewed_at: Some("2026-07-11T02:00:00Z".into()),
            verified_at: None,
            pardon_reason: None,
            version: 2,
        }
    }
}

/// 单位注册: an employer registers itself.
#[derive(Serialize)]
pub struct JoinPage {
    pub form: Form,
    pub choices: Choices,
}

impl Page for JoinPage {
    const TEMPLATE: &'static str = "employer/join.html";

    fn samples() -> Vec<Self> {
        vec![Self {
            form: Form::blank(),
            choices: Choices::sample(),
        }]
    }
}

/// 代为登记: the office or a co-host enters an employer.
#[derive(Serialize)]
pub struct NewEmployerPage {
    pub form: Form,
    pub choices: Choices,
}

impl Page for NewEmployerPage {
    const TEMPLATE: &'static str = "employer/new.html";

    fn samples() -> Vec<Self> {
        vec![Self {
            form: Form::blank(),
            choices: Choices::sample(),
        }]
    }
}

/// 单位信息: an employer sees its review and mends its facts.
#[derive(Serialize)]
pub struct CompanyPage {
    pub form: Form,
    pub choices: Choices,
    pub card: Card,
    pub facts: Facts,
    pub saved: bool,
}

impl Page for CompanyPage {
    const TEMPLATE: &'static str = "employer/company.html";

    fn samples() -> Vec<Self> {
        let page = |status: &str, saved| Self {
            form: Form::blank(),
            choices: Choices::sample(),
            card: Card {
                status: status.into(),
                ..Card::sample()
            },
            facts: Facts::sample(),
            saved,
        };
        vec![
            page("pending", true),
            page("returned", false),
            page("approved", false),
            page("rejected", false),
        ]
    }
}

/// A filter of the queue with its count.
#[derive(Serialize)]
pub struct Tab {
    pub status: String,
    pub count: i64,
    pub current: bool,
    pub href: String,
}

/// 单位审核: the queue.
#[derive(Serialize)]
pub struct EmployersPage {
    pub tabs: Vec<Tab>,
    pub q: String,
    pub status: String,
    pub cards: Vec<Card>,
    pub next: Option<String>,
    pub first: Option<String>,
}

impl Page for EmployersPage {
    const TEMPLATE: &'static str = "employer/list.html";

    fn samples() -> Vec<Self> {
        let page = |cards: Vec<Card>| Self {
            tabs: vec![
                Tab {
                    status: String::new(),
                    count: 12,
                    current: false,
                    href: "/office/employers".into(),
                },
                Tab {
                    status: "pending".into(),
                    count: 3,
                    current: true,
                    href: "/office/employers?status=pending".into(),
                },
            ],
            q: String::new(),
            status: "pending".into(),
            next: (!cards.is_empty()).then(|| "/office/employers?cursor=7".into()),
            first: None,
            cards,
        };
        let due = Card {
            due_again: true,
            status: "approved".into(),
            missing: Vec::new(),
            source: None,
            ..Card::sample()
        };
        vec![page(Vec::new()), page(vec![Card::sample(), due])]
    }
}

/// 审核页: everything about one employer on one screen.
#[derive(Serialize)]
pub struct DossierPage {
    pub card: Card,
    pub facts: Facts,
    pub form: Form,
    pub reveal: Form,
    pub pardon: Form,
    /// The phone in full, after a recorded reveal.
    pub phone: Option<String>,
    /// The office may do more than a co-host.
    pub full: bool,
}

impl Page for DossierPage {
    const TEMPLATE: &'static str = "employer/dossier.html";

    fn samples() -> Vec<Self> {
        let page = |status: &str, phone: Option<&str>| Self {
            card: Card {
                status: status.into(),
                ..Card::sample()
            },
            facts: Facts::sample(),
            form: Form::blank(),
            reveal: Form::blank(),
            pardon: Form::blank(),
            phone: phone.map(str::to_owned),
            full: true,
        };
        let fine = Self {
            card: Card {
                missing: Vec::new(),
                status: "approved".into(),
                due_again: true,
                source: None,
                ..Card::sample()
            },
            facts: Facts {
                verified_at: Some("2026-01-01T02:00:00Z".into()),
                authority: true,
                inner_fits: true,
                pardon_reason: Some("停电".into()),
                ..Facts::sample()
            },
            full: false,
            ..page("approved", None)
        };
        vec![
            page("pending", None),
            page("returned", Some("13900000000")),
            fine,
        ]
    }
}
