//! What a new office begins with: our own short list of categories in both languages, the time
//! limits of the domain, and the ordinary hours of an office. All of it is meant to be edited.
use super::store;
use crate::{
    domain::{
        calendar::Calendar,
        case::{SlaRule, Urgency, default_rules},
        id::{CategoryId, OfficeId},
    },
    entity::{calendar_hour, category, category_group},
    error::AppResult,
    platform::db::WriteTx,
};
use chrono::{DateTime, Utc};
use serde::Deserialize;

/// 类别分组 with its categories.
#[derive(Deserialize)]
struct Group {
    code: String,
    zh: String,
    en: String,
    categories: Vec<Written>,
}

#[derive(Deserialize)]
struct Written {
    code: String,
    zh: String,
    en: String,
    kinds: Vec<String>,
    urgency: Urgency,
    traits: Vec<String>,
    radius_m: i32,
}

/// All that is written into the tables of a new office; its ids are given by the database.
pub(super) struct Seed {
    pub groups: Vec<category_group::Model>,
    pub categories: Vec<category::Model>,
    pub rules: Vec<SlaRule>,
    pub hours: Vec<calendar_hour::Model>,
}

/// # Errors
/// When the program's own list cannot be read, which a test rules out.
pub(super) fn of(office: OfficeId, now: DateTime<Utc>) -> AppResult<Seed> {
    let written: Vec<Group> = serde_json::from_str(include_str!("seed.json"))?;
    let mut groups = Vec::new();
    let mut categories = Vec::new();
    for (group, sort) in written.into_iter().zip((10..).step_by(10)) {
        let in_order = group.categories.into_iter().zip((10..).step_by(10));
        categories.extend(in_order.map(|(one, sort)| row(office, now, &group.code, one, sort)));
        groups.push(category_group::Model {
            id: 0,
            office_id: office,
            code: group.code,
            name_zh: group.zh,
            name_en: group.en,
            sort,
        });
    }
    Ok(Seed {
        groups,
        categories,
        rules: default_rules(),
        hours: hours(office),
    })
}

fn row(
    office: OfficeId,
    now: DateTime<Utc>,
    group: &str,
    one: Written,
    sort: i32,
) -> category::Model {
    let has = |name: &str| one.traits.iter().any(|known| known == name);
    category::Model {
        id: CategoryId(0),
        office_id: office,
        group_code: group.to_owned(),
        kinds: one.kinds.join(" "),
        enabled: true,
        consult: has("consult"),
        self_handle: has("self_handle"),
        public_hazard: has("public_hazard"),
        place: has("place"),
        desk_adopts: has("desk_adopts"),
        code: one.code,
        name_zh: one.zh,
        name_en: one.en,
        urgency: one.urgency,
        radius_m: one.radius_m,
        gb_code: None,
        sort,
        version: 1,
        changed_at: now,
    }
}

fn hours(office: OfficeId) -> Vec<calendar_hour::Model> {
    let week = Calendar::office();
    let days = week.week().iter().zip(1..);
    days.flat_map(|(windows, weekday)| {
        windows.iter().map(move |window| calendar_hour::Model {
            id: 0,
            office_id: office,
            weekday,
            from_minute: window.from.into(),
            to_minute: window.to.into(),
        })
    })
    .collect()
}

/// 初始化: gives an office its book; an office that has one keeps it.
pub async fn seed(tx: &WriteTx, office: OfficeId) -> AppResult<()> {
    if store::open_book(tx, office).await? {
        store::fill(tx, of(office, tx.now)?, office).await?;
    }
    Ok(())
}

/// Gives every office its book: those that were there before there were books, and new ones.
pub async fn seed_all(tx: &WriteTx) -> AppResult<()> {
    for office in store::offices_without(tx.conn()).await? {
        seed(tx, office).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::case::{Code, Complaint, Kind};
    use std::collections::BTreeSet;

    #[test]
    fn the_seed_is_complete_and_names_nothing_twice() {
        let seed = of(OfficeId(1), DateTime::UNIX_EPOCH).unwrap();
        let codes: BTreeSet<_> = seed.categories.iter().map(|c| c.code.as_str()).collect();
        assert_eq!(codes.len(), seed.categories.len());
        assert!(codes.len() >= 40 && seed.groups.len() >= 9);
        for one in &seed.categories {
            assert!(Code::new(&one.code).is_ok(), "{}", one.code);
            assert!(!one.name_zh.is_empty() && !one.name_en.is_empty());
            assert!(one.kinds.split(' ').all(|k| Kind::from_code(k).is_some()));
            assert!(seed.groups.iter().any(|group| group.code == one.group_code));
        }
        for complaint in Complaint::ALL {
            let code = format!("employer_{}", complaint.code());
            assert!(codes.contains(code.as_str()), "{code}");
        }
        assert_eq!(seed.hours.len(), 10);
    }

    /// Each kind of the desk has something to be about.
    #[test]
    fn every_kind_but_matches_is_served() {
        let seed = of(OfficeId(1), DateTime::UNIX_EPOCH).unwrap();
        for kind in Kind::ALL.iter().filter(|k| **k != Kind::EmploymentMatch) {
            let serving = |one: &&category::Model| one.kinds.split(' ').any(|k| k == kind.code());
            assert!(
                seed.categories.iter().filter(serving).count() >= 3,
                "{kind}"
            );
        }
    }
}
