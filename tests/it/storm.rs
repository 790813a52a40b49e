//! Everybody at once: the program itself, on both databases, asked over 200 connections.
use crate::wire::{Heard, Office, SLUG, Wire, person};
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use tokio::{sync::Barrier, task::JoinSet};

const CLIENTS: usize = 200;

fn labels() -> Vec<String> {
    let plan = nightfair::domain::booth::plan(crate::fair_build::PLAN).unwrap();
    plan.into_iter().map(|booth| booth.label).collect()
}

fn holds(label: &str) -> String {
    format!("/fairs/{SLUG}/booths/{label}/holds")
}

/// So many open connections, which go on together.
async fn crowd(office: &Office, count: usize) -> (Vec<Wire>, Arc<Barrier>) {
    let mut wires = Vec::new();
    for _ in 0..count {
        let mut wire = office.wire().await;
        wire.get("/fairs").await.unwrap().expect(200);
        wires.push(wire);
    }
    (wires, Arc::new(Barrier::new(count)))
}

fn statuses(heard: &[Heard]) -> BTreeMap<u16, usize> {
    let mut counts = BTreeMap::new();
    for heard in heard {
        *counts.entry(heard.status).or_default() += 1;
    }
    counts
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_clients_claim_thirty_one_booths() {
    let dir = tempfile::tempdir().unwrap();
    let office = Office::anywhere(dir.path()).await;
    office.open_fair(SLUG, 800, crate::fair_build::PLAN).await;
    let employers = office.employers(200).await;
    let labels = labels();
    let (wires, barrier) = crowd(&office, CLIENTS).await;
    let mut tasks = JoinSet::new();
    for (n, mut wire) in wires.into_iter().enumerate() {
        let (barrier, path) = (barrier.clone(), holds(&labels[n % labels.len()]));
        let body = json!({"employer": employers[n]});
        tasks.spawn(async move {
            barrier.wait().await;
            wire.post(&path, &body).await.unwrap()
        });
    }
    let heard = tasks.join_all().await;
    assert_eq!(statuses(&heard), [(201, 31), (409, 169)].into());
    for lost in heard.iter().filter(|heard| heard.status == 409) {
        assert_eq!(lost.code(), "booth_taken");
        let free = lost.body["free"].as_array().unwrap();
        assert!(
            free.iter()
                .all(|label| labels.contains(&label.as_str().unwrap().to_owned()))
        );
    }
    let won: BTreeMap<_, _> = heard
        .iter()
        .filter(|heard| heard.status == 201)
        .map(|heard| {
            let text = |name: &str| heard.body[name].as_str().unwrap().to_owned();
            (text("booth"), text("hold"))
        })
        .collect();
    assert_eq!(won.keys().cloned().collect::<Vec<_>>(), labels);
    let mut wire = office.wire().await;
    for (booth, hold) in &won {
        let path = format!("/fairs/{SLUG}/booths/{booth}/bookings");
        let booked = wire.post(&path, &json!({"hold": hold})).await.unwrap();
        assert_eq!(booked.expect(201)["booth"], **booth);
    }
    let seen = wire
        .get(&format!("/fairs/{SLUG}/booths"))
        .await
        .unwrap()
        .expect(200);
    let stalls = seen["items"].as_array().unwrap();
    assert!(
        stalls.iter().all(|stall| stall["state"] == "taken"),
        "{seen}"
    );
    let who: BTreeSet<_> = stalls
        .iter()
        .map(|stall| stall["employer"]["id"].as_str())
        .collect();
    assert_eq!(who.len(), 31);
    assert_eq!(office.serving.stop(), 0);
}

/// Who lost takes what the answer offers, until nothing is left: still one booth for each, and no
/// booth stays empty while somebody wants one.
#[tokio::test(flavor = "multi_thread")]
async fn who_lost_takes_what_is_offered_until_nothing_is_free() {
    let dir = tempfile::tempdir().unwrap();
    let office = Office::anywhere(dir.path()).await;
    office.open_fair(SLUG, 800, crate::fair_build::PLAN).await;
    let employers = office.employers(64).await;
    let (wires, barrier) = crowd(&office, 64).await;
    let mut tasks = JoinSet::new();
    for (mut wire, employer) in wires.into_iter().zip(employers) {
        let barrier = barrier.clone();
        tasks.spawn(async move {
            barrier.wait().await;
            let (mut label, mut tries) = ("A01".to_owned(), 0);
            loop {
                let body = json!({"employer": employer});
                let heard = wire.post(&holds(&label), &body).await.unwrap();
                tries += 1;
                match (heard.status, heard.body["free"].get(0)) {
                    (201, _) => return (Some(label), tries),
                    (409, Some(next)) => next.as_str().unwrap().clone_into(&mut label),
                    (409, None) => return (None, tries),
                    (status, _) => panic!("{status} {}", heard.body),
                }
            }
        });
    }
    let mut got = Vec::new();
    for (label, tries) in tasks.join_all().await {
        assert!(tries <= 32, "{tries}");
        got.extend(label);
    }
    got.sort_unstable();
    assert_eq!(got, labels());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_fair_is_full_to_the_last_place() {
    const PLACES: u32 = 40;
    let dir = tempfile::tempdir().unwrap();
    let office = Office::anywhere(dir.path()).await;
    office.open_fair(SLUG, PLACES, "A 1-2").await;
    let (wires, barrier) = crowd(&office, 64).await;
    let mut tasks = JoinSet::new();
    for (n, mut wire) in wires.into_iter().enumerate() {
        let barrier = barrier.clone();
        tasks.spawn(async move {
            barrier.wait().await;
            let path = format!("/fairs/{SLUG}/registrations");
            wire.post(&path, &person(n)).await.unwrap()
        });
    }
    let heard = tasks.join_all().await;
    assert_eq!(statuses(&heard), [(201, 40), (409, 24)].into());
    let refused = heard.iter().filter(|heard| heard.status == 409);
    assert!(refused.clone().all(|heard| heard.code() == "fair_full"));
    let tickets: BTreeSet<_> = heard
        .iter()
        .filter_map(|heard| heard.body["ticket"]["number"].as_i64())
        .collect();
    assert_eq!(tickets.len(), 40);
    let mut wire = office.stranger().await;
    let fair = wire
        .get(&format!("/fairs/{SLUG}"))
        .await
        .unwrap()
        .expect(200);
    assert_eq!(
        (&fair["registered"], &fair["capacity"]),
        (&json!(40), &json!(40))
    );
    // Who gives a place back makes room for exactly one.
    let won = heard.iter().find(|heard| heard.status == 201).unwrap();
    let secret = won.body["ticket"]["secret"].as_str().unwrap();
    wire.delete(&format!("/tickets/{secret}"))
        .await
        .unwrap()
        .expect(204);
    let path = format!("/fairs/{SLUG}/registrations");
    wire.post(&path, &person(100)).await.unwrap().expect(201);
    let late = wire.post(&path, &person(101)).await.unwrap();
    assert_eq!((late.status, late.code()), (409, "fair_full"));
}
