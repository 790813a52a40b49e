//! Gates without a network, by lot: clocks that are half an hour wrong, requests and answers that are
//! lost, doubled, late or out of order; people who have a ticket and are registered once more under a
//! code that the device makes. Whatever happens, the tally equals what happened on the square.
use crate::{
    fair_build::{SLUG, fair_body, open_fair},
    harness::{Client, TestApp, times},
};
use chrono::{DateTime, TimeDelta, Utc};
use nightfair::{
    domain::{role::Role, ticket::Code},
    entity::{fair, registration, ticket_code},
    seeker::gate::{
        Direction, Verdict,
        decide::{Known, online},
        merge::{Outcome, Owned, Seen, Stand, corrected, questions, replaces, stand},
    },
};
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::SliceRandom};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Gates of the fair, and the devices at them.
const GATES: [&str; 2] = ["东门", "西门"];

/// A scan as a device tells it.
#[derive(Clone, Debug)]
struct Scan {
    nonce: String,
    ticket: usize,
    /// Which of the codes that devices gave out was held up, instead of the ticket's own.
    code: Option<usize>,
    /// Registered with it, under that code, which was made just then.
    walk_in: bool,
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
    /// Codes of devices that it knows.
    async fn joined(&mut self) -> BTreeSet<usize>;
}

/// Whom a device takes somebody for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Face {
    Ticket(usize),
    /// The holder of a code that it made and cannot bring together with a ticket.
    Code(usize),
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
    joined: BTreeSet<usize>,
    inside: BTreeMap<Face, bool>,
    /// Codes that it made.
    made: BTreeSet<usize>,
    outbox: Vec<Scan>,
}

impl Device {
    fn face(&self, scan: &Scan) -> Option<Face> {
        match scan.code {
            None => Some(Face::Ticket(scan.ticket)).filter(|_| scan.ticket < self.list),
            Some(code) if self.joined.contains(&code) => Some(Face::Ticket(scan.ticket)),
            Some(code) => Some(Face::Code(code)).filter(|_| self.made.contains(&code)),
        }
    }

    fn judge(&self, scan: &Scan) -> Outcome {
        let Some(face) = self.face(scan) else {
            return Outcome::Refused;
        };
        let inside = self.inside.get(&face).copied().unwrap_or_default();
        match scan.direction {
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
    /// The holder of each code that a device gave out.
    codes: Vec<usize>,
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
            joined: BTreeSet::new(),
            inside: BTreeMap::new(),
            made: BTreeSet::new(),
            outbox: Vec::new(),
        });
        let devices = devices.collect();
        Self {
            lot,
            now,
            devices,
            truth: vec![Truth::default(); tickets],
            codes: Vec::new(),
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
            device.joined = server.joined().await;
            let stands = server.stands().await;
            let stands = stands.iter().enumerate();
            device.inside = stands
                .map(|(ticket, stand)| (Face::Ticket(ticket), stand.inside))
                .collect();
        }
    }

    /// A scan by a device, with the ticket's own code or another that its holder was given.
    fn held_up(&mut self, at: usize, direction: Direction) -> Scan {
        self.made += 1;
        let ticket = self.lot.random_range(0..self.truth.len());
        let own = (0..self.codes.len()).filter(|code| self.codes[*code] == ticket);
        let own: Vec<usize> = own.collect();
        let other = self.lot.random_range(0..=own.len());
        let device = &self.devices[at];
        Scan {
            nonce: format!("{}-{}", self.name, self.made),
            ticket,
            code: own.get(other).copied(),
            walk_in: false,
            gate: device.gate,
            device: at,
            direction,
            at: self.now + device.ahead,
            measured: device.measured,
            shown: Outcome::Refused,
        }
    }

    /// Somebody who has a ticket says that he has none, at a device without a network.
    fn walk_in(&mut self) {
        self.now += TimeDelta::seconds(self.lot.random_range(20..90));
        let at = self.lot.random_range(0..self.devices.len());
        let mut scan = self.held_up(at, Direction::In);
        let code = self.codes.len();
        self.codes.push(scan.ticket);
        self.devices[at].made.insert(code);
        (scan.code, scan.walk_in, scan.shown) = (Some(code), true, Outcome::Passed);
        self.happens(&scan);
        self.devices[at].outbox.push(scan);
    }

    /// Somebody holds a ticket before a device.
    async fn scan(&mut self, server: &mut impl Server) {
        self.now += TimeDelta::seconds(self.lot.random_range(20..90));
        let at = self.lot.random_range(0..self.devices.len());
        let direction = if self.chance(70) {
            Direction::In
        } else {
            Direction::Out
        };
        let connected = self.chance(40);
        if connected {
            self.meet(at, server).await;
        }
        let mut scan = self.held_up(at, direction);
        let answer = if !connected {
            None
        } else if self.chance(15) {
            self.adrift.push(scan.clone());
            None
        } else {
            let answer = server.ask(self.now, &scan).await;
            Some(answer).filter(|_| !self.chance(15))
        };
        scan.shown = answer.unwrap_or_else(|| self.devices[at].judge(&scan));
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
        let device = &mut self.devices[scan.device];
        if let Some(face) = device.face(scan) {
            device.inside.insert(face, inside);
        }
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
            if self.chance(20) {
                self.walk_in();
            }
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

/// A scan that is kept: by ticket or by a code that may become a ticket's.
struct Row {
    ticket: usize,
    code: Option<usize>,
    seen: Seen,
}

/// The rules of the server without the server.
struct Model {
    rows: BTreeMap<String, Row>,
    joined: BTreeSet<usize>,
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
    /// What was reported of a code before the server knew it is nobody's.
    Forgetful,
    /// A code that a device gave out is another person.
    Doubling,
}

impl Model {
    fn new(tickets: usize, capacity: usize, evening: DateTime<Utc>) -> Self {
        Self {
            rows: BTreeMap::new(),
            joined: BTreeSet::new(),
            tickets,
            capacity,
            earliest: evening - TimeDelta::days(20),
            wrong: None,
        }
    }

    /// The ticket that a row is of, once the server knows.
    fn holder(&self, row: &Row) -> Option<usize> {
        let known = row.code.is_none_or(|code| self.joined.contains(&code));
        let doubled = self.wrong == Some(Wrong::Doubling) && row.code.is_some();
        Some(row.ticket).filter(|_| known && !doubled)
    }

    fn of(&self, ticket: usize) -> Stand {
        let rows = self.rows.values();
        let own = rows.filter(|row| self.holder(row) == Some(ticket));
        stand(own.map(|row| &row.seen))
    }

    fn keep(&mut self, scan: &Scan, at: DateTime<Utc>, outcome: Outcome, offline: bool) {
        let seen = Seen {
            at,
            nonce: scan.nonce.clone(),
            gate: scan.gate.into(),
            device: scan.device.to_string(),
            direction: scan.direction,
            outcome,
            offline,
        };
        let row = Row {
            ticket: scan.ticket,
            code: scan.code,
            seen,
        };
        self.rows.insert(scan.nonce.clone(), row);
    }

    fn knows(&self, scan: &Scan) -> bool {
        scan.code.is_none_or(|code| self.joined.contains(&code))
    }
}

impl Server for Model {
    async fn ask(&mut self, now: DateTime<Utc>, scan: &Scan) -> Outcome {
        if let Some(kept) = self.rows.get(&scan.nonce) {
            return kept.seen.outcome;
        }
        if !self.knows(scan) {
            self.keep(scan, now, Outcome::Refused, false);
            return Outcome::Refused;
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
        self.keep(scan, now, outcome, false);
        outcome
    }

    async fn late(&mut self, now: DateTime<Utc>, sent: DateTime<Utc>, scans: &[Scan]) {
        for scan in scans {
            if let (true, Some(code)) = (scan.walk_in, scan.code) {
                self.joined.insert(code);
            }
            let kept = self.rows.get(&scan.nonce);
            let deaf = self.wrong == Some(Wrong::Deaf);
            if kept.is_some_and(|kept| deaf || !replaces(kept.seen.offline, true)) {
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
                Some(Wrong::Forgetful) if !self.knows(scan) => Outcome::Refused,
                _ => scan.shown,
            };
            self.keep(scan, at, shown, true);
        }
    }

    async fn stands(&mut self) -> Vec<Stand> {
        (0..self.tickets).map(|ticket| self.of(ticket)).collect()
    }

    async fn joined(&mut self) -> BTreeSet<usize> {
        self.joined.clone()
    }
}

#[tokio::test]
async fn the_merged_tally_equals_the_truth_in_thousands_of_evenings() {
    let evening: DateTime<Utc> = "2026-08-08T11:00:00Z".parse().unwrap();
    let (mut late, mut twice, mut further) = (0, 0, 0);
    for seed in 0..times("TEST_EVENINGS", 4000) as u64 {
        let mut world = World::new(seed, 3 + (seed % 9) as usize, evening);
        let capacity = 2 + (seed % 12) as usize;
        let mut model = Model::new(world.truth.len(), capacity, evening);
        world.evening(20 + (seed % 40) as usize, &mut model).await;
        let stands = model.stands().await;
        world.compare(&stands, seed);
        let came = stands.iter().filter(|stand| stand.first.is_some()).count();
        let truth = world.truth.iter().filter(|t| t.came_by.is_some()).count();
        assert_eq!(came, truth, "seed {seed}");

        // What has to be asked about is the same whatever order the rows lie in.
        let owned = |row: &Row| Owned {
            holder: model.holder(row),
            seen: row.seen.clone(),
            anothers: false,
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
                    Question::Unknown { scan } | Question::Anothers { scan } => {
                        rows[*scan].seen.nonce.clone()
                    }
                }
            };
            found.iter().map(name).collect::<Vec<_>>()
        };
        let before = keys(&rows);
        rows.shuffle(&mut world.lot);
        assert_eq!(keys(&rows), before, "seed {seed}");
        late += rows.iter().filter(|row| row.seen.offline).count();
        twice += before.len();
        further += world.codes.len();
        assert_eq!(model.joined.len(), world.codes.len(), "seed {seed}");
    }
    // The evenings were not all sunshine.
    assert!(late > 10_000 && twice > 1000 && further > 1000);
}

/// The evenings are hard enough to tell right rules from wrong ones.
#[tokio::test]
async fn wrong_rules_are_found_out() {
    let evening: DateTime<Utc> = "2026-08-08T11:00:00Z".parse().unwrap();
    for wrong in [
        Wrong::Deaf,
        Wrong::Trusting,
        Wrong::Hasty,
        Wrong::Generous,
        Wrong::Forgetful,
        Wrong::Doubling,
    ] {
        let mut found = 0;
        for seed in 0..200 {
            let mut world = World::new(seed, 6, evening);
            let mut model = Model::new(6, 10, evening);
            model.wrong = Some(wrong);
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
    run: u64,
    /// Codes of the tickets of this run.
    codes: Vec<String>,
}

impl Real<'_> {
    async fn register(&mut self, run: u64, tickets: usize) {
        self.codes.clear();
        self.run = run;
        for n in 0..tickets {
            let who = self.person(n);
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

    fn person(&self, ticket: usize) -> Value {
        let mut who = crate::wire::person(usize::try_from(self.run).unwrap() * 100 + ticket);
        who["name"] = json!("王小明");
        who
    }

    /// A code that a device of this run made.
    fn made(&self, code: usize) -> String {
        let code = self.run * 1000 + u64::try_from(code).unwrap();
        Code::from_index(code * 7919 + 1).into_string()
    }

    fn body(&self, scan: &Scan) -> Value {
        let own = || self.codes[scan.ticket].clone();
        json!({
            "code": scan.code.map_or_else(own, |code| self.made(code)), "gate": scan.gate, "nonce": scan.nonce,
            "direction": scan.direction, "device": format!("device-{}", scan.device),
        })
    }

    fn late_body(&self, scan: &Scan) -> Value {
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
    }

    /// Somebody whose number has a ticket.
    async fn register_late(&self, sent: DateTime<Utc>, scan: &Scan) {
        let who = self.person(scan.ticket);
        let body = json!({
            "name": who["name"], "phone": who["phone"], "consent_version": "2026-11",
            "sent_at": sent.to_rfc3339(), "scan": self.late_body(scan),
        });
        let path = format!("/fairs/{SLUG}/walk-ins");
        let answer = self.gate.api_post(&path, &body).await.expect(200).json();
        assert_eq!(answer["person"]["code"], self.codes[scan.ticket]);
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

    /// In the order given: registrations one by one, the scans between them in batches.
    async fn late(&mut self, now: DateTime<Utc>, sent: DateTime<Utc>, scans: &[Scan]) {
        self.app.clock.set(&now.to_rfc3339());
        for part in scans.chunk_by(|one, next| !one.walk_in && !next.walk_in) {
            if part[0].walk_in {
                self.register_late(sent, &part[0]).await;
                continue;
            }
            let items: Vec<_> = part.iter().map(|scan| self.late_body(scan)).collect();
            let batch = json!({"sent_at": sent.to_rfc3339(), "items": items});
            let path = format!("/fairs/{SLUG}/check-ins/batch");
            let answer = self.gate.api_post(&path, &batch).await.expect(200).json();
            for result in answer["results"].as_array().unwrap() {
                assert_ne!(result["result"], "invalid", "{result}");
            }
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

    async fn joined(&mut self) -> BTreeSet<usize> {
        let rows = ticket_code::Entity::find()
            .all(self.app.app.db.read())
            .await;
        let known: BTreeSet<String> = rows.unwrap().into_iter().map(|row| row.code).collect();
        (0..1000)
            .filter(|code| known.contains(&self.made(*code)))
            .collect()
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
        run: 0,
        codes: Vec::new(),
    };
    let (mut came, mut inside, mut further, mut registered) = (0, 0, 0, 0);
    for seed in 0..times("TEST_EVENINGS_HTTP", 24) as u64 {
        app.clock.set(&begin.to_rfc3339());
        let tickets = 3 + (seed % 4) as usize;
        real.register(seed + 1, tickets).await;
        let mut world = World::new(seed + 1000, tickets, begin);
        world.evening(24, &mut real).await;
        world.compare(&real.stands().await, seed);
        came += world.truth.iter().filter(|t| t.came_by.is_some()).count();
        inside += world.truth.iter().filter(|t| t.inside).count();
        further += world.codes.len();
        registered += tickets;
        assert_eq!(real.joined().await.len(), world.codes.len());

        // What the office counts, and what the gate counts with.
        let page = real.gate.get(&format!("/gate/{SLUG}?gate=东门")).await;
        let page = page.expect(200).text();
        assert!(page.contains(&format!("<dd>{came}</dd>")), "{page}");
        let kept = fair::Entity::find().one(app.app.db.read()).await.unwrap();
        assert_eq!(kept.unwrap().inside, i64::try_from(inside).unwrap());
    }
    assert!(came > 40 && further > 20, "{came} {further}");
    let rows = registration::Entity::find().count(app.app.db.read()).await;
    assert_eq!(rows.unwrap(), registered as u64);
}
