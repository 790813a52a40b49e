//! 告知: the notices that somebody who registers reads or hears.
use crate::{
    domain::id::OfficeId,
    error::AppResult,
    person::consent::{self, Notice, Purpose},
    platform::{App, text::Lang},
};
use serde::Serialize;

#[derive(Clone, Debug, Serialize)]
pub struct Notices {
    pub registration: Notice,
    /// Beside the groups: ticking one is an agreement of its own.
    pub groups: Notice,
}

pub async fn of(app: &App, office: OfficeId, lang: Lang) -> AppResult<Notices> {
    let collector = consent::collector(app.db.read(), office, lang).await?;
    Ok(Notices {
        registration: Notice::of(Purpose::Registration, lang, &collector, ""),
        groups: Notice::of(Purpose::Groups, lang, &collector, ""),
    })
}

/// Hashes of the notices that were shown or read aloud.
#[derive(Clone, Debug)]
pub struct Agreed {
    pub registration: String,
    pub groups: String,
}

impl From<&Notices> for Agreed {
    fn from(notices: &Notices) -> Self {
        Self {
            registration: notices.registration.hash(),
            groups: notices.groups.hash(),
        }
    }
}

impl Notices {
    /// Notices as pages really show them.
    pub fn sample() -> Self {
        let notice = |title: &str| Notice {
            version: "2026-11",
            title: title.into(),
            parts: vec!["收集方：星光街道办事处。".into(), "用途：入场核验。".into()],
            agree: "我已看过以上告知".into(),
        };
        Self {
            registration: notice("个人信息收集告知"),
            groups: notice("人群标签单独告知"),
        }
    }
}
