//! 知情同意: the words people agreed to, by version, and the rows that prove it.
//!
//! A text never changes: another wording is another version with keys of its own in the catalogue
//! (`consent.<purpose>.<version>.…`). What is kept of it is the version and the hash of exactly
//! what was shown, so that it can be told years later.
use super::store;
use crate::{
    domain::id::{AccountId, EmployerId, OfficeId, PersonId},
    entity::consent::ActiveModel,
    error::AppResult,
    platform::{
        db::WriteTx,
        once::hex,
        text::{self, Lang},
    },
};
use sea_orm::{ActiveValue::Set, ConnectionTrait};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// 同意事项
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// 报名
    Registration,
    /// 向一家用人单位提供联系方式
    ShareContact,
    /// 身份证号码（敏感个人信息，单独同意）
    IdNumber,
    /// 人群标签（部分属于敏感个人信息，单独同意）
    Groups,
}

impl Purpose {
    pub const ALL: [Self; 4] = [
        Self::Registration,
        Self::ShareContact,
        Self::IdNumber,
        Self::Groups,
    ];

    pub fn code(self) -> &'static str {
        match self {
            Self::Registration => "registration",
            Self::ShareContact => "share_contact",
            Self::IdNumber => "id_number",
            Self::Groups => "groups",
        }
    }

    /// The wording in force.
    pub fn version(self) -> &'static str {
        "2026-11"
    }
}

/// Who collects, as the notice names it.
#[derive(Clone, Debug)]
pub struct Collector {
    pub name: String,
    /// Telephone or place where people reach the office about their data.
    pub contact: String,
}

/// The office as the notices name it. `contact` comes from the site facts of the office.
pub async fn collector(
    db: &impl ConnectionTrait,
    office: OfficeId,
    lang: Lang,
) -> AppResult<Collector> {
    let row = store::office(db, office).await?;
    let (name, site) = row.map(|row| (row.name, row.site)).unwrap_or_default();
    let contact = ["contact", "phone"]
        .iter()
        .find_map(|key| site.get(key)?.as_str().map(str::to_owned));
    let contact = contact.filter(|contact| !contact.trim().is_empty());
    let contact = contact.unwrap_or_else(|| text::say::<&str>(lang, "consent.desk", &[]));
    Ok(Collector { name, contact })
}

/// 告知书: what is shown, or read aloud, before anything is collected.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Notice {
    pub version: &'static str,
    pub title: String,
    /// Who, why, what, how long, whom it is given to, which rights: one short paragraph each.
    pub parts: Vec<String>,
    /// The sentence beside the tick.
    pub agree: String,
}

/// The paragraphs of a notice, in order.
const PARTS: [&str; 6] = ["who", "why", "what", "whom", "how_long", "rights"];

impl Notice {
    /// `receiver` names the employer for [`Purpose::ShareContact`], else it is empty.
    pub fn of(purpose: Purpose, lang: Lang, collector: &Collector, receiver: &str) -> Self {
        let holes = [
            ("office", collector.name.as_str()),
            ("contact", collector.contact.as_str()),
            ("receiver", receiver),
        ];
        let version = purpose.version();
        let say = |part: &str| {
            let key = format!("consent.{}.{version}.{part}", purpose.code());
            text::say(lang, &key, &holes)
        };
        Self {
            version,
            title: say("title"),
            parts: PARTS.map(say).into(),
            agree: say("agree"),
        }
    }

    pub fn hash(&self) -> String {
        let mut hash = Sha256::new();
        for part in [&self.title, &self.agree].into_iter().chain(&self.parts) {
            hash.update(part);
            hash.update([0]);
        }
        hex(&hash.finalize())
    }
}

/// One agreement to be recorded.
pub struct Given {
    pub person: PersonId,
    pub purpose: Purpose,
    pub text_hash: String,
    /// poster, desk, gate, api, ticket, …
    pub channel: String,
    /// The one receiver of [`Purpose::ShareContact`].
    pub employer: Option<EmployerId>,
    /// Which data it covers, such as `phone`.
    pub fields: Vec<String>,
    /// The member of staff who read the notice aloud.
    pub recorded_by: Option<AccountId>,
}

/// Records an agreement. Each registration has its own; for the other purposes an earlier one with
/// the same receiver ends with it.
pub async fn record(tx: &WriteTx, given: Given) -> AppResult<()> {
    let purpose = given.purpose.code();
    if given.purpose != Purpose::Registration {
        store::withdraw_consents(tx, given.person, Some((purpose, given.employer))).await?;
    }
    let row = ActiveModel {
        person_id: Set(given.person),
        purpose: Set(purpose.into()),
        version: Set(given.purpose.version().into()),
        text_hash: Set(given.text_hash),
        channel: Set(given.channel),
        employer_id: Set(given.employer),
        fields: Set(given.fields.into()),
        given_at: Set(tx.now),
        recorded_by: Set(given.recorded_by),
        ..Default::default()
    };
    store::insert_consent(tx, row).await
}

/// Takes an agreement back.
pub async fn withdraw(
    tx: &WriteTx,
    person: PersonId,
    purpose: Purpose,
    employer: Option<EmployerId>,
) -> AppResult<()> {
    store::withdraw_consents(tx, person, Some((purpose.code(), employer))).await
}

/// Which data a person lets a receiver have for a purpose now: nothing when no agreement stands.
pub async fn covers(
    db: &impl ConnectionTrait,
    person: PersonId,
    purpose: Purpose,
    employer: Option<EmployerId>,
) -> AppResult<Vec<String>> {
    let given = store::consents(db, person).await?;
    let standing = given.into_iter().find(|row| {
        row.withdrawn_at.is_none() && row.purpose == purpose.code() && row.employer_id == employer
    });
    let fields = standing.map(|row| row.fields).unwrap_or_default();
    Ok(serde_json::from_value(fields).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_notice_has_all_its_words_in_both_languages() {
        let collector = Collector {
            name: "星光街道办事处".into(),
            contact: "0931-0000000".into(),
        };
        for lang in Lang::ALL {
            for purpose in Purpose::ALL {
                let notice = Notice::of(purpose, lang, &collector, "某公司");
                for text in notice.parts.iter().chain([&notice.title, &notice.agree]) {
                    assert!(!text.starts_with("consent."), "{text}");
                    assert!(!text.contains('{'), "{text}");
                }
                assert!(notice.parts[0].contains(&collector.name));
                assert_eq!(notice.hash().len(), 64);
            }
        }
    }
}
