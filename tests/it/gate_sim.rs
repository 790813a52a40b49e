//! Gates without a network, by lot: clocks that are half an hour wrong, requests and answers that are
//! lost, doubled, late or out of order. Whatever happens, the tally equals what happened on the square.
use crate::{
    fair_build::{SLUG, fair_body, open_fair},
    harness::{Client, TestApp, times},
};
use chrono::{DateTime, TimeDelta, Utc};
use nightfair::{
    domain::role::Role,
    entity::{fair, registration},
    seeker::gate::{
        Direction, Verdict,
        decide::{Known, online},
        merge::{Outcome, Owned, Seen, Stand, corrected, questions, replaces, stand},
    },
};
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::SliceRandom};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Gates of the fair, and the devices at them.
const GATES: [&str; 2] = ["东门", "西门"];

/// A scan as a device tells it.
#[derive(Clone, Debug)]
struct Scan {
    nonce: String,
    ticket: usize,
    gate: &'static str,
    device: usize,
    direction: Direction,
    /// By the device's clock.
    at: DateTime<Utc>,
    /// What the device knew of its clock then.
    measured: Option<TimeDelta>,
    shown: Outcome,
}

/// Whatever takes scans in.
trait Server {
    /// A scan that is looked at while it happens.
    async fn ask(&mut self, now: DateTime<Utc>, scan: &Scan) -> Outcome;
    /// Scans that were decided on the device; the device's clock when they were sent.
    async fn late(&mut self, now: DateTime<Utc>, sent: DateTime<Utc>, scans: &[Scan]);
    /// Where everybody stands.
    async fn stands(&mut self) -> Vec<Stand>;
}

struct Device {
    gate: &'static str,
    /// By how much its clock is ahead of the truth.
    ahead: TimeDelta,
    measured: Option<TimeDelta>,
    /// Some devices never say by how much they are wrong, only what their clock says on sending.
    says: bool,
    /// How many of the tickets were registered when its list was made, and who was inside.
    list: usize,
    inside: BTreeMap<usize, bool>,
    outbox: Vec<Scan>,
}

impl Device {
    fn judge(&self, ticket: usize, direction: Direction) -> Outcome {
        let inside = self.inside.get(&ticket).copied().unwrap_or_default();
        match direction {
            _ if ticket >= self.list => Outcome::Refused,
            Direction::In if inside => Outcome::There,
            _ => Outcome::Passed,
        }
    }
}

/// What really happened to the holder of a ticket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Truth {
    came_by: Option<&'static str>,
    inside: bool,
}

struct World {
    lot: StdRng,
    now: DateTime<Utc>,
    devices: Vec<Device>,
    truth: Vec<Truth>,
    /// Requests that were given up on and may still arrive.
    adrift: Vec<Scan>,
    made: usize,
    name: String,
}

impl World {
    fn new(seed: u64, tickets: usize, now: DateTime<Utc>) -> Self {
        let mut lot = StdRng::seed_from_u64(seed);
        let devices = (0..lot.random_range(2..5)).map(|n| Device {
            gate: GATES[n % 2],
            ahead: TimeDelta::seconds(lot.random_range(-1800..=1800)),
            measured: None,
            says: lot.random_range(0..10) < 7,
            list: tickets / 2,
            inside: BTreeMap::new(),
            outbox: Vec::new(),
        });
        let devices = devices.collect();
        Self {
            lot,
            now,
            devices,
            truth: vec![Truth::default(); tickets],
            adrift: Vec::new(),
            made: 0,
            name: format!("run{seed}"),
        }
    }

    fn chance(&mut self, of_hundred: u32) -> bool {
        self.lot.random_range(0..100) < of_hundred
    }

    /// A device speaks with the server: it learns by how much its clock is wrong, and perhaps the
    /// list anew.
    async fn meet(&mut self, at: usize, server: &mut impl Server) {
        let late = TimeDelta::milliseconds(self.lot.random_range(-1500..=1500));
        let fresh = self.chance(30) && self.devices[at].outbox.is_empty();
        let device = &mut self.devices[at];
        device.measured = device.says.then(|| late - device.ahead);
        if fresh {
            device.list = self.truth.len();
            let stands = server.stands().await;
            device.inside = stands
                .iter()
                .map(|stand| stand.inside)
                .enumerate()
                .collect();
        }
    }

    /// Somebody holds a ticket before a device.
    async fn scan(&mut self, server: &mut impl Server) {
        self.now += TimeDelta::seconds(self.lot.random_range(20..90));
        let (devices, tickets) = (self.devices.len(), self.truth.len());
        let at = self.lot.random_range(0..devices);
        let direction = if self.chance(70) {
            Direction::In
        } else {
            Direction::Out
        };
        let connected = self.chance(40);
        if connected {
            self.meet(at, server).await;
        }
        self.made += 1;
        let device = &self.devices[at];
        let mut scan = Scan {
            nonce: format!("{}-{}", self.name, self.made),
            ticket: self.lot.random_range(0..tickets),
            gate: device.gate,
            device: at,
            direction,
            at: self.now + device.ahead,
            measured: device.measured,
            shown: Outcome::Refused,
        };
        let answer = if !connected {
            None
        } else if self.chance(15) {
            self.adrift.push(scan.clone());
            None
        } else {
            let answer = server.ask(self.now, &scan).await;
            Some(answer).filter(|_| !self.chance(15))
        };
        scan.shown = answer.unwrap_or_else(|| self.devices[at].judge(scan.ticket, direction));
        self.happens(&scan);
        if answer.is_none() {
            self.devices[at].outbox.push(scan);
        }
    }

    /// What the steward was shown is what happened.
    fn happens(&mut self, scan: &Scan) {
        if scan.shown == Outcome::Refused {
            return;
        }
        let inside = scan.direction == Direction::In;
        self.devices[scan.device].inside.insert(scan.ticket, inside);
        let truth = &mut self.truth[scan.ticket];
        truth.inside = inside;
        if inside {
            truth.came_by.get_or_insert(scan.gate);
        }
    }

    /// A device sends some of what it has, and may not hear that it arrived.
    async fn upload(&mut self, at: usize, server: &mut impl Server) {
        let mut part = self.devices[at].outbox.clone();
        part.shuffle(&mut self.lot);
        let some = self.lot.random_range(0..=part.len());
        part.truncate(some);
        if part.is_empty() || self.chance(20) {
            return;
        }
        let sent = self.now + self.devices[at].ahead;
        let late = TimeDelta::milliseconds(self.lot.random_range(0..1500));
        server.late(self.now + late, sent, &part).await;
        if self.chance(80) {
            let arrived = |scan: &Scan| part.iter().any(|sent| sent.nonce == scan.nonce);
            self.devices[at].outbox.retain(|scan| !arrived(scan));
        }
    }

    /// A request that was given up on arrives after all.
    async fn drift(&mut self, server: &mut impl Server) {
        if let Some(scan) = self.adrift.pop() {
            server.ask(self.now, &scan).await;
        }
    }

    async fn evening(&mut self, scans: usize, server: &mut impl Server) {
        for _ in 0..scans {
            self.scan(server).await;
            if self.chance(15) {
                let at = self.lot.random_range(0..self.devices.len());
                self.upload(at, server).await;
            }
            if self.chance(10) {
                self.drift(server).await;
            }
        }
        self.now += TimeDelta::minutes(5);
        let before = self.lot.random_range(0..=self.adrift.len());
        for _ in 0..before {
            self.drift(server).await;
        }
        // Everything arrives in the end, twice and in any order.
        let mut order: Vec<usize> = (0..self.devices.len()).collect();
        order.extend(order.clone());
        order.shuffle(&mut self.lot);
        for at in order {
            let mut all = self.devices[at].outbox.clone();
            all.shuffle(&mut self.lot);
            let sent = self.now + self.devices[at].ahead;
            server.late(self.now, sent, &all).await;
        }
        while !self.adrift.is_empty() {
            self.drift(server).await;
        }
    }

    /// Whether the tally is what happened.
    fn equals(&self, stands: &[Stand]) -> bool {
        self.truth.iter().zip(stands).all(|(truth, stand)| {
            let came_by = stand.first.as_ref().map(|(_, gate)| gate.as_str());
            came_by == truth.came_by && stand.inside == truth.inside
        })
    }

    /// The tally, place by place: who came, by which gate first, who is inside.
    fn compare(&self, stands: &[Stand], seed: u64) {
        for (ticket, (truth, stand)) in self.truth.iter().zip(stands).enumerate() {
            let came_by = stand.first.as_ref().map(|(_, gate)| gate.as_str());
            assert_eq!(came_by, truth.came_by, "seed {seed}, ticket {ticket}");
            assert_eq!(stand.inside, truth.inside, "seed {seed}, ticket {ticket}");
        }
    }
}

/// The rules of the server without the server.
struct Model {
    rows: BTreeMap<String, (usize, Seen)>,
    tickets: usize,
    capacity: usize,
    earliest: DateTime<Utc>,
    wrong: Option<Wrong>,
}

/// Rules that a server could have instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    /// What was answered first stays, also when nobody heard it.
    Deaf,
    /// Devices know what time it is.
    Trusting,
    /// A scan happened when it was reported.
    Hasty,
    /// Whoever was scanned without a network came.
    Generous,
}

impl Model {
    fn of(&self, ticket: usize) -> Stand {
        let seen = self.rows.values().filter(|(t, _)| *t == ticket);
        stand(seen.map(|(_, seen)| seen))
    }

    fn row(scan: &Scan, at: DateTime<Utc>, outcome: Outcome, offline: bool) -> Seen {
        Seen {
            at,
            nonce: scan.nonce.clone(),
            gate: scan.gate.into(),
            device: scan.device.to_string(),
            direction: scan.direction,
            outcome,
            offline,
        }
    }
}

impl Server for Model {
    async fn ask(&mut self, now: DateTime<Utc>, scan: &Scan) -> Outcome {
        if let Some((_, kept)) = self.rows.get(&scan.nonce) {
            return kept.outcome;
        }
        let known = self.of(scan.ticket);
        let known = Known {
            came: known.first.is_some(),
            inside: known.inside,
        };
        let inside = (0..self.tickets).filter(|t| self.of(*t).inside).count();
        let outcome = match online(known, scan.direction) {
            Verdict::Admitted { .. } if inside >= self.capacity => Outcome::Refused,
            Verdict::Admitted { .. } | Verdict::Left => Outcome::Passed,
            Verdict::AlreadyIn => Outcome::There,
            Verdict::Refused(_) => Outcome::Refused,
        };
        let row = Self::row(scan, now, outcome, false);
        self.rows.insert(scan.nonce.clone(), (scan.ticket, row));
        outcome
    }

    async fn late(&mut self, now: DateTime<Utc>, sent: DateTime<Utc>, scans: &[Scan]) {
        for scan in scans {
            let kept = self.rows.get(&scan.nonce);
            let deaf = self.wrong == Some(Wrong::Deaf);
            if kept.is_some_and(|_| deaf)
                || kept.is_some_and(|(_, kept)| !replaces(kept.offline, true))
            {
                continue;
            }
            let at = corrected(scan.at, scan.measured, Some(sent), now, self.earliest);
            let at = match self.wrong {
                Some(Wrong::Trusting) => scan.at,
                Some(Wrong::Hasty) => now,
                _ => at.unwrap_or(now),
            };
            let shown = match self.wrong {
                Some(Wrong::Generous) => Outcome::Passed,
                _ => scan.shown,
            };
            let row = Self::row(scan, at, shown, true);
            self.rows.insert(scan.nonce.clone(), (scan.ticket, row));
        }
    }

    async fn stands(&mut self) -> Vec<Stand> {
        (0..self.tickets).map(|ticket| self.of(ticket)).collect()
    }
}

#[tokio::test]
async fn the_merged_tally_equals_the_truth_in_thousands_of_evenings() {
    let evening: DateTime<Utc> = "2026-08-08T11:00:00Z".parse().unwrap();
    let (mut late, mut twice) = (0, 0);
    for seed in 0..times("TEST_EVENINGS", 4000) as u64 {
        let mut world = World::new(seed, 3 + (seed % 9) as usize, evening);
        let mut model = Model {
            rows: BTreeMap::new(),
            tickets: world.truth.len(),
            capacity: 2 + (seed % 12) as usize,
            earliest: evening - TimeDelta::days(20),
            wrong: None,
        };
        world.evening(20 + (seed % 40) as usize, &mut model).await;
        let stands = model.stands().await;
        world.compare(&stands, seed);
        let came = stands.iter().filter(|stand| stand.first.is_some()).count();
        let truth = world.truth.iter().filter(|t| t.came_by.is_some()).count();
        assert_eq!(came, truth, "seed {seed}");

        // What has to be asked about is the same whatever order the rows lie in.
        let owned = |(ticket, seen): &(usize, Seen)| Owned {
            holder: Some(*ticket),
            seen: seen.clone(),
        };
        let mut rows: Vec<_> = model.rows.values().map(owned).collect();
        let keys = |rows: &[Owned<usize>]| {
            let found = questions(rows, i64::try_from(model.capacity).unwrap());
            let name = |q: &nightfair::seeker::gate::merge::Question| {
                use nightfair::seeker::gate::merge::Question;
                match q {
                    Question::Twice { first, again } => {
                        format!("{} {}", rows[*first].seen.nonce, rows[*again].seen.nonce)
                    }
                    Question::Over { scan, inside } => {
                        format!("{} {inside}", rows[*scan].seen.nonce)
                    }
                    Question::Unknown { scan } => rows[*scan].seen.nonce.clone(),
                }
            };
            found.iter().map(name).collect::<Vec<_>>()
        };
        let before = keys(&rows);
        rows.shuffle(&mut world.lot);
        assert_eq!(keys(&rows), before, "seed {seed}");
        late += rows.iter().filter(|row| row.seen.offline).count();
        twice += before.len();
    }
    // The evenings were not all sunshine.
    assert!(late > 10_000 && twice > 1000, "{late} {twice}");
}

/// The evenings are hard enough to tell right rules from wrong ones.
#[tokio::test]
async fn wrong_rules_are_found_out() {
    let evening: DateTime<Utc> = "2026-08-08T11:00:00Z".parse().unwrap();
    for wrong in [Wrong::Deaf, Wrong::Trusting, Wrong::Hasty, Wrong::Generous] {
        let mut found = 0;
        for seed in 0..200 {
            let mut world = World::new(seed, 6, evening);
            let mut model = Model {
                rows: BTreeMap::new(),
                tickets: 6,
                capacity: 10,
                earliest: evening - TimeDelta::days(20),
                wrong: Some(wrong),
            };
            world.evening(40, &mut model).await;
            found += usize::from(!world.equals(&model.stands().await));
        }
        assert!(found > 20, "{wrong:?}: {found} of 200");
    }
}

/// The real thing: router, handlers, database.
struct Real<'a> {
    app: &'a TestApp,
    gate: Client,
    fair: fair::Model,
    /// Codes of the tickets of this run.
    codes: Vec<String>,
}

impl Real<'_> {
    async fn register(&mut self, run: u64, tickets: usize) {
        self.codes.clear();
        for n in 0..tickets {
            let mut who = crate::wire::person(usize::try_from(run).unwrap() * 100 + n);
            who["name"] = json!("王小明");
            let made = self
                .app
                .visitor()
                .api_post(&format!("/fairs/{SLUG}/registrations"), &who)
                .await;
            let made = made.expect(201).json();
            self.codes
                .push(made["ticket"]["code"].as_str().unwrap().to_owned());
        }
    }

    fn body(&self, scan: &Scan) -> Value {
        json!({
            "code": self.codes[scan.ticket], "gate": scan.gate, "nonce": scan.nonce,
            "direction": scan.direction, "device": format!("device-{}", scan.device),
        })
    }

    fn outcome(answer: &Value) -> Outcome {
        match answer["result"].as_str().unwrap() {
            "admitted" | "left" => Outcome::Passed,
            "already_in" => Outcome::There,
            "refused" => Outcome::Refused,
            other => panic!("{other}: {answer}"),
        }
    }
}

impl Server for Real<'_> {
    async fn ask(&mut self, now: DateTime<Utc>, scan: &Scan) -> Outcome {
        self.app.clock.set(&now.to_rfc3339());
        let path = format!("/fairs/{SLUG}/check-ins");
        let answer = self.gate.api_post(&path, &self.body(scan)).await;
        Self::outcome(&answer.expect(200).json())
    }

    async fn late(&mut self, now: DateTime<Utc>, sent: DateTime<Utc>, scans: &[Scan]) {
        self.app.clock.set(&now.to_rfc3339());
        let items = scans.iter().map(|scan| {
            let mut body = self.body(scan);
            body["offline"] = json!(true);
            body["scanned_at"] = json!(scan.at.to_rfc3339());
            body["shown"] = json!(match scan.shown {
                Outcome::Passed => "admitted",
                Outcome::There => "already_in",
                Outcome::Refused => "refused",
            });
            if let Some(measured) = scan.measured {
                body["clock_offset_ms"] = json!(measured.num_milliseconds());
            }
            body
        });
        let batch = json!({"sent_at": sent.to_rfc3339(), "items": items.collect::<Vec<_>>()});
        let path = format!("/fairs/{SLUG}/check-ins/batch");
        let answer = self.gate.api_post(&path, &batch).await.expect(200).json();
        for result in answer["results"].as_array().unwrap() {
            assert_ne!(result["result"], "invalid", "{result}");
        }
    }

    async fn stands(&mut self) -> Vec<Stand> {
        let rows = registration::Entity::find()
            .filter(registration::Column::FairId.eq(self.fair.id))
            .filter(registration::Column::Code.is_in(self.codes.clone()))
            .all(self.app.app.db.read())
            .await
            .unwrap();
        let find = |code: &String| {
            let row = rows.iter().find(|row| row.code == *code).unwrap();
            Stand {
                first: row.first_in_at.zip(row.first_gate.clone()),
                inside: row.inside,
            }
        };
        self.codes.iter().map(find).collect()
    }
}

#[tokio::test]
async fn the_real_tally_equals_the_truth_in_dozens_of_evenings() {
    let app = TestApp::start().await;
    open_fair(&app).await;
    assert_eq!(fair_body(SLUG, "")["capacity"], 800);
    let fair = fair::Entity::find().one(app.app.db.read()).await.unwrap();
    let begin: DateTime<Utc> = "2026-08-08T11:00:00Z".parse().unwrap();
    app.clock.set(&begin.to_rfc3339());
    let mut real = Real {
        app: &app,
        gate: app.role(Role::GateSteward).await,
        fair: fair.unwrap(),
        codes: Vec::new(),
    };
    let (mut came, mut inside) = (0, 0);
    for seed in 0..times("TEST_EVENINGS_HTTP", 24) as u64 {
        app.clock.set(&begin.to_rfc3339());
        let tickets = 3 + (seed % 4) as usize;
        real.register(seed + 1, tickets).await;
        let mut world = World::new(seed + 1000, tickets, begin);
        world.evening(24, &mut real).await;
        world.compare(&real.stands().await, seed);
        came += world.truth.iter().filter(|t| t.came_by.is_some()).count();
        inside += world.truth.iter().filter(|t| t.inside).count();

        // What the office counts, and what the gate counts with.
        let page = real.gate.get(&format!("/gate/{SLUG}?gate=东门")).await;
        let page = page.expect(200).text();
        assert!(page.contains(&format!("<dd>{came}</dd>")), "{page}");
        let kept = fair::Entity::find().one(app.app.db.read()).await.unwrap();
        assert_eq!(kept.unwrap().inside, i64::try_from(inside).unwrap());
    }
    assert!(came > 40, "{came}");
}
