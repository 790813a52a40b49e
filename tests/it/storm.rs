//! Everybody at once: the program itself, on both databases, asked over 200 connections.
use crate::{
    crash::number,
    harness::{server_url, times},
    wire::{Heard, Office, SLUG, Wire, person},
};
use futures_util::future::join_all;
use nightfair::platform::db::is_duplicate;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
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

/// Asks until it is answered, and how often it was told to come again: on a slow machine a crowd does
/// not get its turn within the time to wait for it.
async fn until_answered(wire: &mut Wire, path: &str, body: &Value) -> (Heard, usize) {
    let mut again = 0;
    loop {
        let heard = wire.post(path, body).await.unwrap();
        if heard.status != 503 {
            return (heard, again);
        }
        assert!(heard.retry_after);
        again += 1;
    }
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

/// What a storm of employers on one booth gave: how many won it, and how often somebody was told to
/// come again.
async fn storm(wires: &mut [Wire], employers: &[String]) -> (usize, usize) {
    let barrier = Barrier::new(wires.len());
    let asked = wires.iter_mut().zip(employers).map(|(wire, employer)| {
        let (barrier, body) = (&barrier, json!({"employer": employer}));
        async move {
            barrier.wait().await;
            until_answered(wire, &holds("A01"), &body).await
        }
    });
    let (heard, again): (Vec<Heard>, Vec<usize>) = join_all(asked).await.into_iter().unzip();
    for lost in heard.iter().filter(|heard| heard.status != 201) {
        assert_eq!((lost.status, lost.code()), (409, "booth_taken"));
    }
    let won = heard.iter().filter(|heard| heard.status == 201).count();
    let booth = format!("/fairs/{SLUG}/booths/A01/bookings");
    for _ in 0..won {
        wires[0].delete(&booth).await.unwrap().expect(200);
    }
    (won, again.into_iter().sum())
}

/// `TEST_TRIALS` and `TEST_CONTENDERS` ask for more.
#[tokio::test(flavor = "multi_thread")]
async fn one_booth_is_given_once_however_many_ask() {
    let (trials, contenders) = (times("TEST_TRIALS", 6), times("TEST_CONTENDERS", 64));
    let dir = tempfile::tempdir().unwrap();
    let office = Office::anywhere(dir.path()).await;
    office.open_fair(SLUG, 800, "A 1-2").await;
    let employers = office.employers(u32::try_from(contenders).unwrap()).await;
    let (mut wires, _) = crowd(&office, contenders).await;
    let mut later = 0;
    for trial in 0..trials {
        let (won, again) = storm(&mut wires, &employers).await;
        assert_eq!(won, 1, "trial {trial}");
        later += again;
    }
    eprintln!(
        "{trials} storms of {contenders}: one winner each; {later} times somebody had to come again"
    );
}

/// Takes a guard away, in this test's own database.
async fn without(office: &Office, index: &str) {
    let db = office.told.look().await;
    db.execute_unprepared(&format!("DROP INDEX {index}"))
        .await
        .unwrap();
    db.close().await.unwrap();
}

/// The control of [`one_booth_is_given_once_however_many_ask`]. A booth has two guards: the fair's
/// turn and the unique index. With transactions that see only what was there when they began the
/// turn guards nothing, and the index alone holds; without the index as well the same storm gives
/// the booth twice. The embedded database has a third, the one writer of the program, which cannot be
/// taken away: its control is [`a_program_that_looks_first_gives_a_booth_twice_without_the_index`].
#[tokio::test(flavor = "multi_thread")]
async fn one_booth_is_given_twice_without_its_guards() {
    let Some(base) = server_url() else { return };
    let url = crate::harness::fresh_schema(&base).await;
    let url = format!("{url}%20-c%20default_transaction_isolation%3Drepeatable%5C%20read");
    let dir = tempfile::tempdir().unwrap();
    let office = Office::on(dir.path(), Some(url));
    office.open_fair(SLUG, 800, "A 1-2").await;
    let employers = office.employers(32).await;
    let (mut wires, _) = crowd(&office, 32).await;
    for _ in 0..3 {
        assert_eq!(storm(&mut wires, &employers).await.0, 1);
    }
    without(&office, "uq_participations_booth_id").await;
    let mut most = 0;
    for _ in 0..20 {
        most = most.max(storm(&mut wires, &employers).await.0);
        if most > 1 {
            break;
        }
    }
    assert!(most > 1, "the storm proves nothing");
    eprintln!("without its guards a booth was given to {most}");
}

/// Employers who look whether a booth is free and then take it, each over a connection of its own
/// and without a transaction around both: what a program without turn and writer would do.
async fn careless(office: &Office, employers: usize) -> usize {
    let barrier = Arc::new(Barrier::new(employers));
    let mut tasks = JoinSet::new();
    for n in 0..employers {
        let (db, barrier) = (office.told.look().await, barrier.clone());
        tasks.spawn(async move {
            barrier.wait().await;
            let taken = "SELECT count(*) FROM participations WHERE active AND booth_id = (SELECT id FROM booths WHERE label = 'A01')";
            if number(&db, taken).await > 0 {
                return 0;
            }
            let take = format!(
                "INSERT INTO participations (fair_id, employer_id, code, status, active, booth_id, booked_at, staff, needs, version, created_at)
                 SELECT b.fair_id, e.id, 'careless-{n}', 'booked', TRUE, b.id, e.created_at, 0, '', 1, e.created_at
                 FROM booths b, (SELECT id, created_at FROM employers ORDER BY id LIMIT 1 OFFSET {n}) e WHERE b.label = 'A01'"
            );
            let took = db.execute_unprepared(&take).await;
            match took {
                Ok(took) => took.rows_affected(),
                Err(refused) => {
                    assert!(is_duplicate(&refused), "{refused}");
                    0
                }
            }
        });
    }
    let took: u64 = tasks.join_all().await.iter().sum();
    let db = office.told.look().await;
    let clear = "DELETE FROM participations";
    db.execute_unprepared(clear).await.unwrap();
    db.close().await.unwrap();
    usize::try_from(took).unwrap()
}

/// On either database the unique index alone holds, even against a program that guards nothing; and
/// without it that program gives the booth away several times, so that the storm is one.
#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_looks_first_gives_a_booth_twice_without_the_index() {
    let dir = tempfile::tempdir().unwrap();
    let office = Office::anywhere(dir.path()).await;
    office.open_fair(SLUG, 800, "A 1-2").await;
    let employers = office.employers(16).await.len();
    for _ in 0..5 {
        assert_eq!(careless(&office, employers).await, 1);
    }
    without(&office, "uq_participations_booth_id").await;
    let mut most = 0;
    for _ in 0..20 {
        most = most.max(careless(&office, employers).await);
        if most > 1 {
            break;
        }
    }
    assert!(most > 1, "the storm proves nothing");
    eprintln!("whoever looks first gives a booth to {most} without its index");
}

/// How many drafts one intent leaves when it comes so often at once.
async fn intent(wires: &mut [Wire], key: &str) -> BTreeSet<String> {
    let barrier = Barrier::new(wires.len());
    let asked = wires.iter_mut().map(|wire| {
        let (barrier, body) = (&barrier, json!({"body": "明晚停水。"}));
        async move {
            barrier.wait().await;
            wire.post_once("/announcements", key, &body).await.unwrap()
        }
    });
    let heard = join_all(asked).await.into_iter();
    heard
        .map(|heard| heard.expect(201)["id"].as_str().unwrap().to_owned())
        .collect()
}

/// Whoever asks looks first whether the intent was carried out before, and many look at once: what
/// makes it one is the unique index, and the control is the same storm without it.
#[tokio::test(flavor = "multi_thread")]
async fn an_intent_is_carried_out_twice_without_its_guard() {
    let dir = tempfile::tempdir().unwrap();
    let office = Office::anywhere(dir.path()).await;
    let (mut wires, _) = crowd(&office, 32).await;
    for n in 0..5 {
        assert_eq!(intent(&mut wires, &format!("guarded-{n}")).await.len(), 1);
    }
    without(&office, "uq_idempotency_keys_scope_key").await;
    let mut most = 0;
    for n in 0..20 {
        most = most.max(intent(&mut wires, &format!("bare-{n}")).await.len());
        if most > 1 {
            break;
        }
    }
    assert!(most > 1, "the storm proves nothing");
}
