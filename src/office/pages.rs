//! What the template of the start page gets.
use crate::platform::{
    home::{Coming, Half},
    page::Page,
};
use chrono::{DateTime, TimeZone, Utc};
use serde::Serialize;

/// One figure that waits for somebody.
#[derive(Serialize)]
pub struct Task {
    pub label: String,
    pub value: u64,
    pub href: &'static str,
    pub tone: &'static str,
}

#[derive(Serialize)]
pub struct FairRow {
    pub href: String,
    pub title: String,
    pub venue: String,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub draft: bool,
    pub registered: i64,
    pub capacity: i64,
    pub taken: i64,
    pub booths: i64,
    /// Words of the next step, when it is this person's business.
    pub next: Option<String>,
}

#[derive(Serialize)]
pub struct Link {
    /// `office.link.<key>` are its words.
    pub key: &'static str,
    pub href: &'static str,
    pub icon: &'static str,
}

#[derive(Serialize)]
pub struct Step {
    /// `office.step.<key>` are its words.
    pub key: &'static str,
    pub href: &'static str,
    pub done: bool,
}

#[derive(Serialize)]
pub struct OfficePage {
    pub name: String,
    pub today: DateTime<Utc>,
    pub tasks: Vec<Task>,
    /// The next desks, and what was done today.
    pub half: Half,
    /// Whether the ledger is this person's business.
    pub works_on_cases: bool,
    pub fairs: Vec<FairRow>,
    pub links: Vec<Link>,
    /// How a new office begins; empty once it is at work.
    pub guide: Vec<Step>,
    /// The site block lacks what a government site must say.
    pub site_incomplete: bool,
}

fn desks() -> Half {
    Half {
        desks: [true, false]
            .map(|now| Coming {
                starts_at: DateTime::UNIX_EPOCH,
                when: "11月27日 周五 18:00–20:00".into(),
                place: "南门岗亭旁".into(),
                kind: "办公".into(),
                now,
            })
            .into(),
        brought: 3,
        closed: 2,
    }
}

impl Page for OfficePage {
    const TEMPLATE: &'static str = "office/start.html";

    fn samples() -> Vec<Self> {
        let at = Utc
            .timestamp_opt(1_784_460_600, 0)
            .single()
            .unwrap_or_default();
        let fair = |draft: bool| FairRow {
            href: "/office/fairs/xingguang".into(),
            title: "星光就业夜市".into(),
            venue: "滨河公园".into(),
            starts_at: at,
            ends_at: at,
            draft,
            registered: 120,
            capacity: 900,
            taken: 31,
            booths: 32,
            next: draft.then(|| "完成 2 项备案与预案材料".into()),
        };
        let link = Link {
            key: "new_fair",
            href: "/office/fairs/new",
            icon: "plus",
        };
        let step = |done| Step {
            key: "areas",
            href: "/office/areas",
            done,
        };
        let task = |value| Task {
            label: "待审核用人单位".into(),
            value,
            href: "/office/employers",
            tone: "warn",
        };
        let page = |tasks, fairs: Vec<FairRow>, links, guide| Self {
            name: "王芳".into(),
            today: at,
            tasks,
            half: if fairs.is_empty() {
                Half::default()
            } else {
                desks()
            },
            works_on_cases: true,
            site_incomplete: fairs.is_empty(),
            fairs,
            links,
            guide,
        };
        vec![
            page(vec![], vec![], vec![], vec![step(true), step(false)]),
            page(vec![], vec![], vec![], vec![]),
            page(
                vec![task(0), task(3)],
                vec![fair(true), fair(false)],
                vec![link],
                vec![],
            ),
        ]
    }
}
