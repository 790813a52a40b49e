//! The figures of a fair, counted again by hand, and the rows each of them opens.
use crate::{
    fair_build::{SLUG, open_fair},
    harness::{Client, Reply, TestApp},
    tally_make::{Match, RUNGS, Registration, SMALL, World, whole},
    wire::person,
};
use nightfair::domain::role::Role;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The figures by hand: straight from what was put into the database, in the most obvious way.
struct Hand<'w>(&'w World);

impl Hand<'_> {
    /// Registrations that speak for their persons: the one in force, or else the last.
    fn people(&self) -> BTreeMap<usize, &Registration> {
        let mut people = BTreeMap::new();
        for registration in &self.0.registrations {
            let known: Option<&&Registration> = people.get(&registration.person);
            if known.is_none_or(|known| known.withdrawn) {
                people.insert(registration.person, registration);
            }
        }
        people
    }

    fn counted(&self) -> impl Iterator<Item = &Match> {
        let struck = ["voided", "merged"];
        self.0
            .matches
            .iter()
            .filter(move |m| !struck.contains(&m.stage))
    }

    fn reached(m: &Match) -> usize {
        match m.outcome {
            Some("placed_verified") if m.rung == 5 => 5,
            _ => m.rung.min(4),
        }
    }

    fn person(&self, m: &Match) -> usize {
        self.0.registrations[m.registration].person
    }

    fn came(&self, person: usize) -> bool {
        let own = |r: &&Registration| r.person == person;
        self.0.registrations.iter().filter(own).any(|r| r.came)
    }

    /// Persons of a measure among `people`, or of the matches that hold.
    fn persons(&self, measure: &str, here: &dyn Fn(&Registration) -> bool) -> usize {
        let people = self.people();
        let here = people.iter().filter(|(_, r)| here(r));
        match measure {
            "registered" => here
                .filter(|(person, r)| {
                    let matched = self.counted().any(|m| self.person(m) == **person);
                    !r.withdrawn || self.came(**person) || matched
                })
                .count(),
            "checked_in" => here.filter(|(person, _)| self.came(**person)).count(),
            "withdrawn" => here.filter(|(_, r)| r.withdrawn).count(),
            _ => panic!("{measure}"),
        }
    }

    /// Persons and matches that reached a rung, among the matches that hold.
    fn rung(&self, rung: &str, here: &dyn Fn(&Match) -> bool) -> (usize, usize) {
        let rung = RUNGS.iter().position(|r| *r == rung).unwrap();
        let found: Vec<_> = self
            .counted()
            .filter(|m| Self::reached(m) >= rung && here(m))
            .collect();
        let persons: BTreeSet<_> = found.iter().map(|m| self.person(m)).collect();
        (persons.len(), found.len())
    }
}

/// The measures of a ladder as the answer calls them, and the rung in the database.
const LADDER: [(&str, &str); 6] = [
    ("interest", "interest"),
    ("interview", "interview"),
    ("offer", "offer"),
    ("agreement", "accepted"),
    ("started", "started"),
    ("verified", "verified"),
];

async fn tally(client: &Client, world: &World) -> Value {
    let reply = client
        .api_get(&format!("/fairs/{}/tally", world.slug))
        .await;
    reply.expect(200).json()
}

fn number(figure: &Value) -> usize {
    usize::try_from(figure["value"].as_u64().unwrap()).unwrap()
}

fn table<'v>(tally: &'v Value, by: &str) -> &'v Value {
    let tables = tally["tables"].as_array().unwrap();
    tables.iter().find(|t| t["by"] == by).unwrap()
}

/// The figure of a table's row for a measure and a unit.
fn figure<'v>(table: &'v Value, row: &'v Value, measure: &str, unit: &str) -> &'v Value {
    let columns = table["columns"].as_array().unwrap();
    let at = columns
        .iter()
        .position(|c| c["measure"] == measure && c["unit"] == unit);
    let figures = row.get("figures").unwrap_or(row);
    &figures[at.unwrap_or_else(|| panic!("no {measure} {unit}"))]
}

#[tokio::test]
async fn figures_are_what_a_count_by_hand_gives() {
    let app = TestApp::start().await;
    let officer = app.role(Role::PlacementOfficer).await;
    for seed in 1..=4 {
        let world = World::make(&app, seed, SMALL).await;
        let told = tally(&officer, &world).await;
        let hand = Hand(&world);
        let counts = &told["counts"];
        for measure in ["registered", "checked_in", "withdrawn"] {
            let by_hand = hand.persons(measure, &|_| true);
            assert_eq!(number(&counts[measure]), by_hand, "{seed} {measure}");
        }
        assert_eq!(number(&counts["entries"]), world.entries.len());
        assert_eq!(number(&counts["employers"]), world.employers.len() - 1);
        let shown = world.postings.iter().filter(|p| p.1);
        assert_eq!(number(&counts["postings"]), shown.clone().count());
        let heads: i64 = shown.map(|p| p.2).sum();
        assert_eq!(counts["headcount"]["value"], heads);
        for (rung, (measure, stored)) in told["funnel"].as_array().unwrap().iter().zip(LADDER) {
            assert_eq!(rung["measure"], measure);
            let told = (number(&rung["persons"]), number(&rung["matches"]));
            assert_eq!(told, hand.rung(stored, &|_| true), "{seed} {measure}");
        }
        by_employer_and_posting(&told, &world);
        by_person(&told, &world);
    }
}

fn by_employer_and_posting(told: &Value, world: &World) {
    let hand = Hand(world);
    let employers = table(told, "employer");
    for row in employers["rows"].as_array().unwrap() {
        let id: i64 = row["key"].as_str().unwrap().parse().unwrap();
        let here = |m: &Match| world.employers[world.postings[m.posting].0].0 == id;
        for (measure, stored) in LADDER {
            let (persons, matches) = hand.rung(stored, &here);
            let told = |unit| number(figure(employers, row, measure, unit));
            assert_eq!((told("persons"), told("matches")), (persons, matches));
        }
    }
    let postings = table(told, "posting");
    for row in postings["rows"].as_array().unwrap() {
        let id: i64 = row["key"].as_str().unwrap().parse().unwrap();
        let here = |m: &Match| world.base + whole(m.posting) == id;
        let (persons, matches) = hand.rung("interest", &here);
        let told = |unit| number(figure(postings, row, "interest", unit));
        assert_eq!((told("persons"), told("matches")), (persons, matches));
    }
}

/// The rows of a table that a registration stands in.
type Rows<'f> = &'f dyn Fn(&Registration) -> Vec<String>;

fn by_person(told: &Value, world: &World) {
    let hand = Hand(world);
    let people = hand.people();
    // The grid and the building lie in the first community, the street stands for itself.
    let community = |r: &Registration| match r.area.map(|id| id - world.base) {
        None => "none".to_owned(),
        Some(3 | 4) => (world.base + 1).to_string(),
        Some(n) => (world.base + n).to_string(),
    };
    let sealed = |group: &str| {
        if group == "drug_recovery" {
            "hard_to_place"
        } else {
            group
        }
        .to_owned()
    };
    let groups = |r: &Registration| -> Vec<String> {
        if r.groups.is_empty() {
            return vec!["none".into()];
        }
        r.groups.iter().map(|g| sealed(g)).collect()
    };
    let dimensions: [(&str, Rows<'_>); 3] = [
        ("community", &|r| vec![community(r)]),
        ("group", &groups),
        ("source", &|r| vec![r.source.clone()]),
    ];
    for (by, rows_of) in dimensions {
        let table = table(told, by);
        let mut sum = 0;
        for row in table["rows"].as_array().unwrap() {
            let key = row["key"].as_str().unwrap().to_owned();
            let here = |r: &Registration| rows_of(r).contains(&key);
            for measure in ["registered", "checked_in"] {
                let told = number(figure(table, row, measure, "persons"));
                assert_eq!(told, hand.persons(measure, &here), "{by} {key} {measure}");
            }
            let (persons, matches) = hand.rung("offer", &|m| here(people[&hand.person(m)]));
            let told = |unit| number(figure(table, row, "offer", unit));
            assert_eq!((told("persons"), told("matches")), (persons, matches));
            sum += number(figure(table, row, "registered", "persons"));
        }
        let total = number(figure(table, &table["total"], "registered", "persons"));
        assert_eq!(total, number(&told["counts"]["registered"]));
        assert_eq!(table["overlaps"], by == "group");
        assert!(if by == "group" {
            sum >= total
        } else {
            sum == total
        });
    }
}

/// Every figure anywhere in an answer.
fn figures(value: &Value, found: &mut Vec<(i64, String)>) {
    match value {
        Value::Object(members) => {
            if let (Some(value), Some(rows)) = (members.get("value"), members.get("rows")) {
                found.push((value.as_i64().unwrap(), rows.as_str().unwrap().to_owned()));
            }
            members.values().for_each(|v| figures(v, found));
        }
        Value::Array(items) => items.iter().for_each(|v| figures(v, found)),
        _ => {}
    }
}

/// All rows behind a figure, page by page.
async fn rows(client: &Client, address: &str, limit: u32) -> Vec<Value> {
    let mut rows = Vec::new();
    let mut cursor = String::new();
    loop {
        let reply = client
            .get(&format!("{address}&limit={limit}{cursor}"))
            .await
            .expect(200)
            .json();
        rows.extend(reply["items"].as_array().unwrap().iter().cloned());
        match reply["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return rows,
        }
    }
}

#[tokio::test]
async fn every_number_opens_as_many_rows_as_it_says() {
    let app = TestApp::start().await;
    let officer = app.role(Role::PlacementOfficer).await;
    let world = World::make(&app, 7, SMALL).await;
    let mut all = Vec::new();
    figures(&tally(&officer, &world).await, &mut all);
    assert!(all.len() > 300, "{}", all.len());
    for (n, (value, address)) in all.into_iter().enumerate() {
        let limit = if n % 5 == 0 { 7 } else { 200 };
        let rows = rows(&officer, &address, limit).await;
        let ids: BTreeSet<_> = rows.iter().map(|r| r["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), rows.len(), "{address}: a row twice");
        let opened = match address.split(['=', '&']).nth(1).unwrap() {
            "headcount" => rows.iter().map(|r| r["headcount"].as_i64().unwrap()).sum(),
            "views" => {
                let mut last = BTreeMap::new();
                for row in &rows {
                    let of = (row["stream"].to_string(), row["platform"].to_string());
                    last.insert(of, row["views"].as_i64().unwrap());
                }
                last.values().sum()
            }
            _ => i64::try_from(rows.len()).unwrap(),
        };
        assert_eq!(opened, value, "{address}");
        for row in rows {
            let text = row.to_string();
            assert!(
                !text.contains("王小明") && !text.contains("phone"),
                "{text}"
            );
        }
    }
}

#[tokio::test]
async fn a_list_being_leafed_through_shows_who_came_meanwhile() {
    let app = TestApp::start().await;
    let officer = open_fair(&app).await;
    let register = async |n| {
        let path = format!("/fairs/{SLUG}/registrations");
        app.visitor().api_post(&path, &person(n)).await.expect(201);
    };
    for n in 0..3 {
        register(n).await;
    }
    let address = format!("/fairs/{SLUG}/tally/rows?measure=registered");
    let mut next = String::new();
    for n in 3..6 {
        let page = officer.api_get(&format!("{address}&limit=1{next}")).await;
        let page = page.expect(200).json();
        assert_eq!(page["items"].as_array().unwrap().len(), 1);
        next = format!("&cursor={}", page["next"].as_str().unwrap());
        register(n).await;
    }
    let rest = rows(&officer, &format!("/api/v1{address}{next}"), 200).await;
    assert_eq!(
        rest.len(),
        3,
        "three were leafed through, three came meanwhile"
    );
}

#[tokio::test]
async fn rows_are_masked_and_say_how_far_it_went() {
    let app = TestApp::start().await;
    let officer = app.role(Role::PlacementOfficer).await;
    let world = World::make(&app, 3, SMALL).await;
    let address = format!("/api/v1/fairs/{}/tally/rows?measure=verified", world.slug);
    let people = rows(&officer, &address, 200).await;
    assert!(!people.is_empty());
    for row in people {
        assert_eq!(
            (&row["name"], &row["rung"]),
            (&"王**".into(), &"verified".into())
        );
        assert!(row["posting"].as_str().unwrap().starts_with("=岗位"));
    }
    let wrong = [
        "measure=nothing",
        "measure=registered&by=planet",
        "measure=entries&by=group&key=none",
        "measure=registered&unit=scans",
    ];
    for query in wrong {
        let address = format!("/fairs/{}/tally/rows?{query}", world.slug);
        assert_eq!(
            officer.api_get(&address).await.expect(422).code(),
            "invalid"
        );
    }
    for query in ["by=employer&key=1", "by=group&key=%00", "by=community&key="] {
        let address = format!(
            "/fairs/{}/tally/rows?measure=registered&{query}",
            world.slug
        );
        officer.api_get(&address).await.expect(404);
    }
    let address = format!(
        "/fairs/{}/tally/rows?measure=registered&limit=0",
        world.slug
    );
    officer.api_get(&address).await.expect(422);
}

#[tokio::test]
async fn figures_only_for_boards_and_co_hosts_and_small_groups_hidden() {
    let app = TestApp::start().await;
    let world = World::make(&app, 5, SMALL).await;
    let address = format!("/fairs/{}/tally", world.slug);
    let own = app.member(Role::CoHost, Some(world.unit), None).await;
    for client in [app.role(Role::Board).await, own] {
        let told = client.api_get(&address).await.expect(200).json();
        assert_eq!(told["counts"]["registered"]["rows"], Value::Null);
        let groups = table(&told, "public_group");
        for row in groups["rows"].as_array().unwrap() {
            assert!(!["low_income", "drug_recovery"].contains(&row["key"].as_str().unwrap()));
            for figure in row["figures"].as_array().unwrap() {
                assert!(
                    figure["value"].is_null()
                        || !(1..5).contains(&figure["value"].as_i64().unwrap())
                );
            }
        }
        let rows = format!("{address}/rows?measure=registered");
        client.api_get(&rows).await.expect(403);
    }
    let other = app.role(Role::CoHost).await;
    other.api_get(&address).await.expect(404);
    for role in [Role::Employer, Role::GateSteward, Role::GridWorker] {
        app.role(role).await.api_get(&address).await.expect(403);
    }
    app.visitor().api_get(&address).await.expect(401);
    let officer = app.role(Role::PlacementOfficer).await;
    let reply: Reply = officer.api_get("/fairs/nowhere/tally").await;
    reply.expect(404);
}
