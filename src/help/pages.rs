//! What the templates of the help pages get. The words stand in the catalogue under
//! `help.TOPIC.SECTION.LINE`; here stands how many there are and where each section leads.
use crate::{domain::role::Role, platform::page::Page};
use serde::Serialize;

/// One kind of reader.
#[derive(Clone, Copy, Serialize)]
pub struct Topic {
    /// `help.<key>` is its title.
    pub key: &'static str,
    pub sections: &'static [Section],
}

/// Some lines about one thing, and the page on which it is done.
#[derive(Clone, Copy, Serialize)]
pub struct Section {
    /// `help.<topic>.<key>` is its title.
    pub key: &'static str,
    pub lines: u8,
    pub door: Option<Door>,
}

/// A page that help leads to, but nobody to one that is shut for him.
#[derive(Clone, Copy, Serialize)]
pub struct Door {
    pub href: &'static str,
    /// Who may open it; everybody when there are none.
    pub roles: &'static [Role],
}

const EMPLOYER: &[Role] = &[Role::Employer];
const STEWARD: &[Role] = &[Role::OfficeAdmin, Role::PlacementOfficer, Role::GateSteward];
const OFFICE: &[Role] = &[Role::OfficeAdmin];

const fn told(key: &'static str, lines: u8) -> Section {
    Section {
        key,
        lines,
        door: None,
    }
}

const fn leads(
    key: &'static str,
    lines: u8,
    href: &'static str,
    roles: &'static [Role],
) -> Section {
    Section {
        key,
        lines,
        door: Some(Door { href, roles }),
    }
}

pub const TOPICS: &[Topic] = &[
    Topic {
        key: "visitor",
        sections: &[
            leads("register", 4, "/", &[]),
            told("ticket", 4),
            told("booth", 4),
            told("care", 4),
        ],
    },
    Topic {
        key: "employer",
        sections: &[
            leads("join", 4, "/employer/join", &[]),
            leads("book", 4, "/employer", EMPLOYER),
            leads("posting", 5, "/employer/postings", EMPLOYER),
            leads("evening", 5, "/employer/booth", EMPLOYER),
            leads("after", 4, "/employer/matches", EMPLOYER),
            told("data", 3),
        ],
    },
    Topic {
        key: "steward",
        sections: &[
            leads("before", 4, "/gate", STEWARD),
            told("ways", 5),
            told("verdicts", 5),
            told("offline", 4),
            told("others", 3),
            told("end", 3),
            told("data", 2),
        ],
    },
    Topic {
        key: "office",
        sections: &[
            leads("found", 4, "/office/settings", OFFICE),
            leads("areas", 4, "/office/areas/import", OFFICE),
            leads("people", 3, "/office/accounts/new", OFFICE),
            leads("fair", 5, "/office/fairs/new", OFFICE),
            leads("publish", 4, "/office/fairs", OFFICE),
            told("rehearse", 3),
            told("evening", 4),
            leads("count", 4, "/office/matches", OFFICE),
            leads("desk", 5, "/office/desk", OFFICE),
            told("keep", 3),
        ],
    },
];

/// Whom there is help for.
#[derive(Serialize)]
pub struct HelpIndexPage {
    pub topics: &'static [Topic],
}

impl Page for HelpIndexPage {
    const TEMPLATE: &'static str = "help/index.html";

    fn samples() -> Vec<Self> {
        vec![Self { topics: TOPICS }]
    }
}

/// The page of one kind of reader.
#[derive(Serialize)]
pub struct HelpPage {
    pub topic: Topic,
    /// Whether some of its pages open only to who is signed in.
    pub shut: bool,
}

impl HelpPage {
    pub fn of(topic: Topic) -> Self {
        let mut doors = topic.sections.iter().filter_map(|section| section.door);
        Self {
            shut: doors.any(|door| !door.roles.is_empty()),
            topic,
        }
    }
}

impl Page for HelpPage {
    const TEMPLATE: &'static str = "help/topic.html";

    fn samples() -> Vec<Self> {
        TOPICS.iter().copied().map(Self::of).collect()
    }
}
