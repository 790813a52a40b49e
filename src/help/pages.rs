//! What the templates of the help pages get. The words stand in the catalogue under
//! `help.TOPIC.SECTION.LINE`; here stands how many there are and where each section leads.
use crate::{domain::role::Role, platform::page::Page};
use serde::Serialize;

/// One kind of reader.
#[derive(Clone, Copy, Serialize)]
pub struct Topic {
    /// `help.<key>` is its title.
    pub key: &'static str,
    /// Roles that may do all of it, or everybody: whoever is signed in as another is not led to
    /// shut doors.
    pub doers: Option<&'static [Role]>,
    pub sections: &'static [Section],
}

/// Some lines about one thing, and the page on which it is done.
#[derive(Clone, Copy, Serialize)]
pub struct Section {
    /// `help.<topic>.<key>` is its title.
    pub key: &'static str,
    pub lines: u8,
    pub href: Option<&'static str>,
}

const fn section(key: &'static str, lines: u8, href: Option<&'static str>) -> Section {
    Section { key, lines, href }
}

pub const TOPICS: &[Topic] = &[
    Topic {
        key: "visitor",
        doers: None,
        sections: &[
            section("register", 4, Some("/")),
            section("ticket", 4, None),
            section("booth", 4, None),
            section("care", 4, None),
        ],
    },
    Topic {
        key: "employer",
        doers: Some(&[Role::Employer]),
        sections: &[
            section("join", 4, Some("/employer/join")),
            section("book", 4, Some("/employer")),
            section("posting", 5, Some("/employer/postings")),
            section("evening", 5, Some("/employer/booth")),
            section("after", 4, Some("/employer/matches")),
            section("data", 3, None),
        ],
    },
    Topic {
        key: "steward",
        doers: Some(&[Role::OfficeAdmin, Role::PlacementOfficer, Role::GateSteward]),
        sections: &[
            section("before", 4, Some("/gate")),
            section("ways", 5, None),
            section("verdicts", 5, None),
            section("offline", 4, None),
            section("others", 3, None),
            section("end", 3, None),
            section("data", 2, None),
        ],
    },
    Topic {
        key: "office",
        doers: Some(&[Role::OfficeAdmin]),
        sections: &[
            section("found", 4, Some("/office/settings")),
            section("areas", 4, Some("/office/areas/import")),
            section("people", 3, Some("/office/accounts/new")),
            section("fair", 5, Some("/office/fairs/new")),
            section("publish", 4, Some("/office/fairs")),
            section("rehearse", 3, None),
            section("evening", 4, None),
            section("count", 4, Some("/office/matches")),
            section("desk", 5, Some("/office/desk")),
            section("keep", 3, None),
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
}

impl Page for HelpPage {
    const TEMPLATE: &'static str = "help/topic.html";

    fn samples() -> Vec<Self> {
        TOPICS.iter().map(|topic| Self { topic: *topic }).collect()
    }
}
