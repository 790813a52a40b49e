//! A person as staff see one.
use super::{Card, Revealed, consent::Notice};
use crate::platform::{form::Form, page::Page};
use serde::Serialize;

/// Everything opened, shown once.
#[derive(Serialize)]
pub struct Opened {
    pub name: String,
    pub phone: String,
    pub id_number: Option<String>,
}

impl From<Revealed> for Opened {
    fn from(revealed: Revealed) -> Self {
        Self {
            name: revealed.name,
            phone: revealed.phone,
            id_number: revealed.id_number,
        }
    }
}

/// A line of the record of who looked.
#[derive(Serialize)]
pub struct Look {
    pub at: String,
    pub by: String,
    /// Key below `person.action`.
    pub action: String,
    pub reason: String,
}

/// Something the person agreed to.
#[derive(Serialize)]
pub struct Agreed {
    /// Key below `person.purpose`.
    pub purpose: String,
    pub version: String,
    pub at: String,
    pub ended: Option<String>,
}

/// 人员详情
#[derive(Serialize)]
pub struct PersonPage {
    pub person: Card,
    pub id_number: bool,
    pub opened: Option<Opened>,
    pub looks: Vec<Look>,
    pub agreed: Vec<Agreed>,
    pub notice: Notice,
    /// Which of the three forms was sent: reveal, correct or id_number.
    pub asked: &'static str,
    pub form: Form,
    pub done: Option<&'static str>,
}

impl Page for PersonPage {
    const TEMPLATE: &'static str = "person/person.html";

    fn samples() -> Vec<Self> {
        let agreed = |purpose: &str, ended: Option<&str>| Agreed {
            purpose: purpose.into(),
            version: "2026-11".into(),
            at: "2026-07-10T01:00:00Z".into(),
            ended: ended.map(str::to_owned),
        };
        let usual = || Self {
            person: Card {
                uid: "0a".into(),
                name: "王**".into(),
                tail: "8000".into(),
                erased: false,
            },
            id_number: true,
            opened: None,
            looks: vec![Look {
                at: "2026-07-19T11:30:00Z".into(),
                by: "李敏".into(),
                action: "reveal".into(),
                reason: "电话核实到岗".into(),
            }],
            agreed: vec![
                agreed("registration", None),
                agreed("share_contact", Some("2026-07-20T01:00:00Z")),
            ],
            notice: Notice {
                version: "2026-11",
                title: "告知".into(),
                parts: vec!["收集者。".into()],
                agree: "同意".into(),
            },
            asked: "",
            form: Form::blank(),
            done: None,
        };
        let opened = Opened {
            name: "王芳".into(),
            phone: "13000000000".into(),
            id_number: None,
        };
        let erased = Card {
            erased: true,
            ..Card::default()
        };
        vec![
            usual(),
            Self {
                opened: Some(opened),
                done: Some("corrected"),
                asked: "reveal",
                looks: vec![],
                id_number: false,
                ..usual()
            },
            Self {
                person: erased,
                agreed: vec![],
                ..usual()
            },
        ]
    }
}
