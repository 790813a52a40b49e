//! Power cuts: the program is killed in the middle of its work, again and again, and what it had
//! answered is there afterwards, whole and once.
use crate::{
    cli::Serving,
    harness::times,
    wire::{Heard, Office, SLUG, Told as Place, Wire, person},
};
use nightfair::{case::ledger, platform::secret};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

const WRITERS: usize = 8;
/// Rounds in the suite; `TEST_ROUNDS` asks for more.
const ROUNDS: usize = 5;
/// Registrations that are there before the first round; `TEST_FILLED` asks for more.
const FILLED: usize = 200;
/// Numbers of those, which no writer uses.
const BEFORE: usize = 5_000_000;
/// How many of them are made at once.
const HANDS: usize = 64;
/// Registrations of one writer in a round at most: each has a number of its own.
const MOST: usize = 1000;
/// Employers that one writer takes to booths.
const EACH: usize = 3;

/// What one writer was told before the power went, and what it had asked and not been told.
#[derive(Default)]
struct Told {
    /// Key, call and ticket of each registration that was answered.
    tickets: Vec<(String, Value, Value)>,
    /// Registration under way: key and call.
    asked: Option<(String, Value)>,
    /// Where each employer stands by the last answer: hold and state.
    stands: HashMap<String, (String, &'static str)>,
    /// The employer whose booth was under way.
    moving: Option<String>,
}

struct Writer {
    wire: Wire,
    round: usize,
    number: usize,
    booths: Vec<(String, String)>,
    told: Told,
}

impl Writer {
    /// Registers and takes booths until the connection breaks.
    async fn go_on(mut self) -> Told {
        let mut turn = 0;
        while self.turn(turn).await.is_ok() {
            turn += 1;
            assert!(turn < MOST);
        }
        self.told
    }

    async fn turn(&mut self, turn: usize) -> hyper::Result<()> {
        self.register(turn).await?;
        let (employer, booth) = self.booths[turn % EACH].clone();
        self.told.moving = Some(employer.clone());
        let base = format!("/fairs/{SLUG}/booths/{booth}");
        let stand = self.told.stands.get(&employer).cloned();
        let next = match stand {
            None => {
                let body = json!({"employer": employer});
                let held = self.wire.post(&format!("{base}/holds"), &body).await?;
                Some((text(&held.expect(201), "hold"), "held"))
            }
            Some((hold, "held")) => {
                let body = json!({"hold": hold});
                let booked = self.wire.post(&format!("{base}/bookings"), &body).await?;
                booked.expect(201);
                Some((hold, "booked"))
            }
            Some(_) => {
                let freed = self.wire.delete(&format!("{base}/bookings")).await?;
                freed.expect(200);
                None
            }
        };
        match next {
            Some(stand) => self.told.stands.insert(employer, stand),
            None => self.told.stands.remove(&employer),
        };
        self.told.moving = None;
        Ok(())
    }

    async fn register(&mut self, turn: usize) -> hyper::Result<()> {
        let number = (self.round * WRITERS + self.number) * MOST;
        let (key, call) = (
            format!("k-{}-{}-{turn}", self.round, self.number),
            person(number + turn),
        );
        self.told.asked = Some((key.clone(), call.clone()));
        let heard = self.wire.post_once(&registrations(), &key, &call).await?;
        let ticket = heard.expect(201)["ticket"].clone();
        self.told.tickets.push((key, call, ticket));
        self.told.asked = None;
        Ok(())
    }
}

/// Registers so many people, as they do: over the program.
async fn fill(office: &Office, count: usize) {
    let next = Arc::new(AtomicUsize::new(0));
    let mut hands = JoinSet::new();
    for _ in 0..HANDS.min(count) {
        let (mut wire, next) = (office.stranger().await, next.clone());
        hands.spawn(async move {
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= count {
                    return;
                }
                let (key, call) = (format!("before-{n}"), person(BEFORE + n));
                let mut made = wire.post_once(&registrations(), &key, &call).await;
                while made.as_ref().is_ok_and(|made| made.status == 503) {
                    made = wire.post_once(&registrations(), &key, &call).await;
                }
                made.unwrap().expect(201);
            }
        });
    }
    hands.join_all().await;
}

fn registrations() -> String {
    format!("/fairs/{SLUG}/registrations")
}

fn text(body: &Value, name: &str) -> String {
    body[name].as_str().unwrap().to_owned()
}

/// The one number that a query answers.
pub async fn number(db: &DatabaseConnection, sql: &str) -> i64 {
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let row = db.query_one_raw(statement).await.unwrap().unwrap();
    row.try_get_by_index(0).unwrap()
}

/// What must be nothing, whenever the power went.
const NONE_OF: [(&str, &str); 9] = [
    (
        "two tickets of one person",
        "SELECT count(*) FROM (SELECT 1 FROM registrations WHERE status = 'active' GROUP BY fair_id, person_id HAVING count(*) > 1) AS twice",
    ),
    (
        "two tickets with one number",
        "SELECT count(*) FROM (SELECT 1 FROM registrations GROUP BY fair_id, number HAVING count(*) > 1) AS twice",
    ),
    (
        "tickets without consent",
        "SELECT count(*) FROM registrations r WHERE NOT EXISTS (SELECT 1 FROM consents c WHERE c.person_id = r.person_id)",
    ),
    (
        "people without ticket",
        "SELECT count(*) FROM persons p WHERE NOT EXISTS (SELECT 1 FROM registrations r WHERE r.person_id = p.id)",
    ),
    (
        "unfinished intents",
        "SELECT count(*) FROM idempotency_keys WHERE status = 0",
    ),
    (
        "two employers at one booth",
        "SELECT count(*) FROM (SELECT 1 FROM participations WHERE active AND booth_id IS NOT NULL GROUP BY booth_id HAVING count(*) > 1) AS twice",
    ),
    (
        "two booths of one employer",
        "SELECT count(*) FROM (SELECT 1 FROM participations WHERE active GROUP BY fair_id, employer_id HAVING count(*) > 1) AS twice",
    ),
    (
        "half holds",
        "SELECT count(*) FROM participations WHERE (status = 'held') <> (active AND held_until IS NOT NULL AND booth_id IS NOT NULL AND booked_at IS NULL)",
    ),
    (
        "half bookings",
        "SELECT count(*) FROM participations WHERE (status = 'booked') <> (active AND booked_at IS NOT NULL AND booth_id IS NOT NULL AND held_until IS NULL)",
    ),
];

/// Nothing half, nothing twice, and the database itself is sound.
pub async fn whole(place: &Place) {
    let db = place.look().await;
    for (what, sql) in NONE_OF {
        assert_eq!(number(&db, sql).await, 0, "{what}");
    }
    let counted = "SELECT f.registered - (SELECT count(*) FROM registrations r WHERE r.fair_id = f.id AND r.status = 'active') FROM fairs f";
    assert_eq!(number(&db, counted).await, 0, "places and tickets differ");
    sound(&db).await;
    assert_eq!(ledger::verify(&db).await.unwrap().broken, None);
    db.close().await.unwrap();
}

/// By the database's own means: SQLite looks at the whole file, PostgreSQL at every table and at
/// every index against its table.
async fn sound(db: &DatabaseConnection) {
    if db.get_database_backend() == DbBackend::Sqlite {
        let sound = Statement::from_string(DbBackend::Sqlite, "PRAGMA integrity_check");
        let sound = db.query_one_raw(sound).await.unwrap().unwrap();
        let sound: String = sound.try_get_by_index(0).unwrap();
        assert_eq!(sound, "ok");
        return;
    }
    let extension = "CREATE EXTENSION IF NOT EXISTS amcheck SCHEMA public";
    db.execute_unprepared(extension).await.unwrap();
    let of_ours = "c.relnamespace = current_schema()::regnamespace";
    let tables = format!(
        "SELECT count(*) FROM pg_class c, public.verify_heapam(c.oid) WHERE c.relkind = 'r' AND {of_ours}"
    );
    assert_eq!(number(db, &tables).await, 0, "broken pages");
    let indexes = format!(
        "SELECT count(public.bt_index_check(c.oid, true)::text) FROM pg_class c JOIN pg_am a ON a.oid = c.relam \
         WHERE c.relkind = 'i' AND a.amname = 'btree' AND {of_ours}"
    );
    assert!(number(db, &indexes).await > 100, "indexes");
}

/// Every answer of before holds, and what was under way is done once when it is asked again.
async fn as_told(mut wire: Wire, told: Told) {
    for (_, _, ticket) in &told.tickets {
        let seen = wire
            .get(&format!("/tickets/{}", text(ticket, "secret")))
            .await
            .unwrap();
        assert_eq!(seen.expect(200)["code"], ticket["code"]);
    }
    if let Some((key, call, ticket)) = told.tickets.last() {
        let again = wire.post_once(&registrations(), key, call).await.unwrap();
        assert!(again.replayed);
        let again = again.expect(201);
        // The address names the port, and that is another one now.
        assert_eq!(again["ticket"]["secret"], ticket["secret"]);
    }
    if let Some((key, call)) = &told.asked {
        let first = wire
            .post_once(&registrations(), key, call)
            .await
            .unwrap()
            .expect(201);
        let again = wire.post_once(&registrations(), key, call).await.unwrap();
        assert!(again.replayed);
        assert_eq!(again.expect(201), first);
        let twice: Heard = wire.post(&registrations(), call).await.unwrap();
        assert_eq!((twice.status, twice.code()), (409, "already_registered"));
    }
}

/// Each booth is as its employer was last told, or one step on when that step was under way. Then
/// all are given back, so that the next round begins with an empty square.
async fn stand_as_told(wire: &mut Wire, places: &[(String, String)], told: &[Told]) {
    let base = format!("/fairs/{SLUG}/booths");
    let booths = wire.get(&base).await.unwrap().expect(200);
    let stalls = booths["items"].as_array().unwrap();
    for (employer, booth) in places {
        let stall = stalls
            .iter()
            .find(|stall| stall["label"] == **booth)
            .unwrap();
        let seen = stall["state"].as_str().unwrap();
        let last = told.iter().find_map(|told| told.stands.get(employer));
        let moving = told
            .iter()
            .any(|told| told.moving.as_ref() == Some(employer));
        let (said, next) = match last {
            None => ("free", "held"),
            Some((_, "held")) => ("held", "taken"),
            Some(_) => ("taken", "free"),
        };
        assert!(
            seen == said || moving && seen == next,
            "{booth}: {seen}, not {said}"
        );
        if seen != "free" {
            let path = format!("{base}/{booth}/bookings");
            wire.delete(&path).await.unwrap().expect(200);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_was_answered_is_there_after_the_power_goes() {
    let dir = tempfile::tempdir().unwrap();
    let office = Office::anywhere(dir.path()).await;
    let filled = times("TEST_FILLED", FILLED);
    office.open_fair(SLUG, 200_000, "A 1-24").await;
    fill(&office, filled).await;
    let employers = office.employers(24).await;
    let places: Vec<_> = employers
        .into_iter()
        .zip(1..)
        .map(|(employer, n): (_, usize)| (employer, format!("A{n:02}")))
        .collect();
    let place = office.told;
    let (mut serving, token, mut answered) = (office.serving, office.token, 0);
    let (rounds, mut longest) = (times("TEST_ROUNDS", ROUNDS), Duration::ZERO);
    for round in 0..rounds {
        let mut tasks = JoinSet::new();
        for (number, booths) in places.chunks(EACH).enumerate() {
            let writer = Writer {
                wire: Wire::open(&serving.host, &token).await.unwrap(),
                round,
                number,
                booths: booths.to_vec(),
                told: Told::default(),
            };
            tasks.spawn(writer.go_on());
        }
        assert_eq!(tasks.len(), WRITERS);
        let [moment] = secret::random::<1>();
        tokio::time::sleep(Duration::from_millis(300 + 5 * u64::from(moment))).await;
        serving.kill();
        let told = tasks.join_all().await;
        let took;
        (serving, took) = again(&place);
        longest = longest.max(took);
        whole(&place).await;
        let mut wire = Wire::open(&serving.host, &token).await.unwrap();
        stand_as_told(&mut wire, &places, &told).await;
        let mut checks = JoinSet::new();
        for told in told {
            answered += told.tickets.len();
            let wire = Wire::open(&serving.host, &token).await.unwrap();
            checks.spawn(as_told(wire, told));
        }
        checks.join_all().await;
        whole(&place).await;
    }
    assert!(answered > 4 * rounds, "only {answered} registrations");
    eprintln!(
        "{rounds} kills, {answered} registrations kept beside {filled}, back after {longest:?} at most"
    );
}

/// The program once more, and how long it took until it was ready.
fn again(place: &Place) -> (Serving, Duration) {
    let begun = Instant::now();
    let serving = place.serve(&[]);
    assert_eq!(serving.get("/readyz").0, 200);
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(5), "back after {took:?}");
    (serving, took)
}
