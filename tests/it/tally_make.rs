//! Evenings made of chance: rows of a fair in a real database, and what was put there, to count
//! it again by hand.
use crate::harness::TestApp;
use nightfair::domain::id::{EmployerId, FairId, UnitId};
use sea_orm::ConnectionTrait;
use std::fmt::Write;

pub const GATES: [&str; 3] = ["东门", "南门", "none"];
pub const RUNGS: [&str; 6] = [
    "interest",
    "interview",
    "offer",
    "accepted",
    "started",
    "verified",
];
const GROUPS: [&str; 7] = [
    "graduate",
    "veteran",
    "woman",
    "hard_to_place",
    "low_income",
    "drug_recovery",
    "migrant_worker",
];

/// A count as the database keeps it.
pub fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap()
}

/// Steele and Vigna's splitmix64: the same evening for the same seed, everywhere.
pub struct Chance(pub u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n as u64).unwrap()
    }

    pub fn percent(&mut self, of_hundred: usize) -> bool {
        self.below(100) < of_hundred
    }
}

#[derive(Clone, Debug)]
pub struct Registration {
    pub id: i64,
    pub person: usize,
    pub withdrawn: bool,
    pub came: bool,
    pub inside: bool,
    pub gate: Option<&'static str>,
    pub groups: Vec<&'static str>,
    pub area: Option<i64>,
    pub source: String,
    pub stream: Option<i64>,
}

#[derive(Clone, Debug)]
pub struct Match {
    pub case: i64,
    pub registration: usize,
    pub posting: usize,
    pub rung: usize,
    pub stage: &'static str,
    pub outcome: Option<&'static str>,
    pub stream: Option<i64>,
    pub retention: [Option<&'static str>; 2],
}

/// How large an evening is.
#[derive(Clone, Copy)]
pub struct Size {
    pub people: usize,
    pub employers: usize,
    pub postings: usize,
    pub matches: usize,
    pub scans: usize,
}

pub const SMALL: Size = Size {
    people: 60,
    employers: 5,
    postings: 11,
    matches: 90,
    scans: 80,
};

pub struct World {
    pub fair: FairId,
    pub slug: String,
    pub unit: UnitId,
    pub employers: Vec<EmployerId>,
    /// Employer (place in `employers`), whether people could see it, headcount.
    pub postings: Vec<(usize, bool, i64)>,
    pub registrations: Vec<Registration>,
    pub matches: Vec<Match>,
    /// Gates of admissions.
    pub entries: Vec<&'static str>,
    /// Session, platform, cumulative views in the order in which they were read.
    pub readings: Vec<(i64, &'static str, i64)>,
    /// Every id of this world starts here, so that several fit one database.
    pub base: i64,
}

const AT: &str = "'2026-07-19T11:40:00+00:00'";

impl World {
    pub async fn make(app: &TestApp, seed: u64, size: Size) -> Self {
        let mut chance = Chance(seed);
        let base = i64::try_from(seed).unwrap() * 1_000_000;
        let mut world = Self {
            fair: FairId(base),
            slug: format!("fair-{seed}"),
            unit: UnitId(base),
            employers: (0..size.employers)
                .map(|n| EmployerId(base + 10 + whole(n)))
                .collect(),
            postings: Vec::new(),
            registrations: Vec::new(),
            matches: Vec::new(),
            entries: Vec::new(),
            readings: Vec::new(),
            base,
        };
        for _ in 0..size.postings {
            let row = (
                chance.below(size.employers),
                chance.percent(85),
                1 + whole(chance.below(9)),
            );
            world.postings.push(row);
        }
        for person in 0..size.people {
            world.register(&mut chance, person);
        }
        for n in 0..size.matches {
            world.introduce(&mut chance, n);
        }
        for _ in 0..size.scans {
            world.entries.push(GATES[chance.below(GATES.len())]);
        }
        for session in 0..2 {
            let mut views = [0, 0];
            for _ in 0..3 {
                for (platform, views) in ["抖音", "视频号"].into_iter().zip(&mut views) {
                    *views += whole(chance.below(900));
                    world.readings.push((base + session, platform, *views));
                }
            }
        }
        world.write(app).await;
        world
    }

    /// Most people register once; some withdraw, and some of those come again.
    fn register(&mut self, chance: &mut Chance, person: usize) {
        let withdrew = chance.percent(20);
        self.one(chance, person, withdrew);
        if withdrew && chance.percent(50) {
            self.one(chance, person, false);
        }
    }

    fn one(&mut self, chance: &mut Chance, person: usize, withdrawn: bool) {
        let came = chance.percent(60);
        let mut groups = Vec::new();
        for group in GROUPS {
            if chance.percent(18) {
                groups.push(group);
            }
        }
        let base = self.base;
        let stream = chance.percent(20).then(|| base + whole(chance.below(2)));
        let source = match (stream, chance.below(4)) {
            (Some(stream), _) => format!("stream-{stream}"),
            (None, 0) => format!("poster-{}", base + whole(chance.below(3))),
            (None, 1) => format!(
                "booth-{}",
                base + 10 + whole(chance.below(self.employers.len()))
            ),
            (None, _) => ["desk", "gate", "direct"][chance.below(3)].to_owned(),
        };
        self.registrations.push(Registration {
            id: base + whole(self.registrations.len()),
            person,
            withdrawn,
            came,
            inside: came && !withdrawn && chance.percent(50),
            gate: came.then(|| GATES[chance.below(GATES.len())]),
            groups,
            // Street, two communities, a grid and a building below them.
            area: chance.percent(80).then(|| base + whole(chance.below(5))),
            source,
            stream,
        });
    }

    fn introduce(&mut self, chance: &mut Chance, n: usize) {
        let rung = chance.below(6);
        let placed = rung == 5 && chance.percent(80);
        let stage = match (placed, chance.below(10)) {
            (true, _) | (_, 2 | 3) => "closed",
            (_, 0) => "voided",
            (_, 1) => "merged",
            (_, 4) => "withdrawn",
            _ => "handling",
        };
        let outcome = match stage {
            "closed" if placed => Some("placed_verified"),
            "closed" => Some("not_selected"),
            _ => None,
        };
        let results = [Some("retained"), Some("left"), Some("unreachable"), None];
        let base = self.base;
        self.matches.push(Match {
            case: base + whole(n),
            registration: chance.below(self.registrations.len()),
            posting: chance.below(self.postings.len()),
            rung,
            stage,
            outcome,
            stream: chance.percent(15).then(|| base + whole(chance.below(2))),
            retention: [results[chance.below(4)], results[chance.below(4)]],
        });
    }

    /// Puts the evening into the database.
    async fn write(&self, app: &TestApp) {
        let office = app.app.settings.office.0;
        let seal = |uid: &str, column: &str, plain: &str| {
            let place = format!("person:{uid}:{column}");
            app.app.keys.seal(&place, plain).unwrap()
        };
        let postgres = app.app.db.read().get_database_backend() == sea_orm::DbBackend::Postgres;
        let blob = |bytes: &[u8]| {
            let hex = nightfair::platform::once::hex(bytes);
            if postgres {
                format!("'\\x{hex}'")
            } else {
                format!("X'{hex}'")
            }
        };
        let mut script = Script::default();
        self.place(&mut script, office);
        self.sources(&mut script);
        self.supply(&mut script, office);
        let people = self.registrations.iter().map(|r| r.person).max().unwrap() + 1;
        let b = self.base;
        script.rows(
            "persons (id, office_id, uid, name_sealed, phone_sealed, created_at)",
            (0..people).map(|n| {
                let uid = format!("p{b}-{n}");
                let name = blob(&seal(&uid, "name", "王小明"));
                let phone = blob(&seal(&uid, "phone", "13800138000"));
                format!("{}, {office}, '{uid}', {name}, {phone}, {AT}", b + whole(n))
            }),
        );
        self.visits(&mut script, &blob(&[0]));
        self.cases(&mut script, office);
        for statement in script.0 {
            app.app
                .db
                .write(move |tx| async move {
                    tx.conn().execute_unprepared(&statement).await?;
                    Ok(())
                })
                .await
                .unwrap();
        }
    }

    fn place(&self, script: &mut Script, office: i64) {
        let (b, slug) = (self.base, &self.slug);
        script.rows(
            "fairs (id, office_id, slug, title, kind, venue, address, starts_at, ends_at, \
             registration_opens_at, registration_closes_at, status, capacity, registered, expected, \
             hold_minutes, target_groups, gates, plan, notice, intro, version, created_at, published_at)",
            [format!(
                "{b}, {office}, '{slug}', '星光招聘夜市', 'on_site', '城市公园', '西津东路 1 号', \
                 '2026-07-19T10:30:00+00:00', '2026-07-19T13:30:00+00:00', {AT}, {AT}, 'published', \
                 20000, 0, 900, 30, '[]', '[]', 'A 1-8', '', '', 1, {AT}, {AT}"
            )],
        );
        script.rows(
            "areas (id, office_id, parent_id, level, code, name, active, sort)",
            [
                (0, "NULL".to_owned(), "street", "土门墩街道"),
                (1, b.to_string(), "community", "民乐路社区"),
                (2, b.to_string(), "community", "建工社区"),
                (3, (b + 1).to_string(), "grid", "第一网格"),
                (4, (b + 3).to_string(), "building", "3 号楼"),
            ]
            .map(|(n, parent, level, name)| {
                format!(
                    "{}, {office}, {parent}, '{level}', '{b}-{n}', '{name}', TRUE, 0",
                    b + n
                )
            }),
        );
        script.rows(
            "units (id, office_id, code, name, kind, active)",
            [format!("{b}, {office}, 'U{b}', '区妇联', 'co_host', TRUE")],
        );
        script.rows(
            "fair_hosts (id, fair_id, unit_id, part)",
            [format!("{b}, {b}, {b}, 'co_host'")],
        );
    }

    fn sources(&self, script: &mut Script) {
        let b = self.base;
        script.rows(
            "posters (id, fair_id, code, place, created_at)",
            (0..4).map(|n| format!("{}, {b}, 'P{}', '{n} 号公交站', {AT}", b + n, b + n)),
        );
        script.rows(
            "streams (id, fair_id, code, title, host, platforms, url, starts_at, ends_at, version, created_at)",
            (0..2).map(|n| {
                format!(
                    "{}, {b}, 'S{}', '第 {n} 场', '零工市场', '[\"抖音\",\"视频号\"]', '', {AT}, {AT}, 1, {AT}",
                    b + n,
                    b + n
                )
            }),
        );
        script.rows(
            "stream_views (id, stream_id, platform, at, views, evidence_url)",
            self.readings
                .iter()
                .zip(0..)
                .map(|((stream, platform, views), n)| {
                    let id = b + n;
                    format!(
                        "{id}, {stream}, '{platform}', '2026-07-19T12:{n:02}:00+00:00', {views}, ''"
                    )
                }),
        );
    }

    fn supply(&self, script: &mut Script, office: i64) {
        let b = self.base;
        script.rows(
            "employers (id, office_id, uid, name, uscc, kind, industry, address, intro, status, version, created_at)",
            self.employers.iter().map(|id| {
                format!(
                    "{id}, {office}, 'e{id}', '第{id}公司', 'U{id}', 'company', 'manufacturing', '', '', 'approved', 1, {AT}"
                )
            }),
        );
        script.rows(
            "booths (id, fair_id, label, line, position, side)",
            (1..=self.employers.len())
                .map(|n| format!("{}, {b}, 'A{n:02}', 'A', {n}, ''", b + whole(n))),
        );
        // The last employer left its booth.
        let last = self.employers.len() - 1;
        script.rows(
            "participations (id, fair_id, employer_id, code, status, active, booth_id, staff, needs, version, created_at)",
            self.employers.iter().enumerate().map(|(n, id)| {
                let booth = b + 1 + whole(n);
                if n == last {
                    format!("{id}, {b}, {id}, 'C{id}', 'released', FALSE, NULL, 0, '', 1, {AT}")
                } else {
                    format!("{id}, {b}, {id}, 'C{id}', 'booked', TRUE, {booth}, 0, '', 1, {AT}")
                }
            }),
        );
        script.rows(
            "postings (id, office_id, fair_id, employer_id, title, occupation, kind, headcount, duties, place, \
             pay_min, pay_max, pay_unit, pay_months, education, experience, skills, hours, contract_type, insurance, benefits, \
             groups, expires_on, auto_refer, status, findings, published_at, version, created_at)",
            self.postings.iter().enumerate().map(|(n, (employer, shown, heads))| {
                let status = if *shown { "published" } else { "in_review" };
                let published = if *shown { AT } else { "NULL" };
                format!(
                    "{}, {office}, {b}, {}, '=岗位{n}', '', 'regular', {heads}, '', '', 400000, 600000, 'month', 12, '', '', '', '', \
                     '', '[]', '', '[]', '2026-09-01', FALSE, '{status}', '[]', {published}, 1, {AT}",
                    b + whole(n),
                    self.employers[*employer]
                )
            }),
        );
    }

    fn visits(&self, script: &mut Script, seal: &str) {
        let b = self.base;
        script.rows(
            "registrations (id, fair_id, person_id, uid, secret_hash, secret_sealed, code, number, wanted, groups, \
             area_id, channel, poster_id, stream_id, participation_id, status, registered_at, first_in_at, first_gate, inside)",
            self.registrations.iter().enumerate().map(|(n, r)| {
                let (channel, id) = r.source.split_once('-').unwrap_or((&r.source, ""));
                let when = |kind| if channel == kind { id } else { "NULL" };
                let stream = r.stream.map_or("NULL".into(), |id| id.to_string());
                let area = r.area.map_or("NULL".into(), |id| id.to_string());
                let gate = r.gate.map_or("NULL".into(), |gate| format!("'{gate}'"));
                let status = if r.withdrawn { "withdrawn" } else { "active" };
                let came = if r.came { AT } else { "NULL" };
                let groups = serde_json::to_string(&r.groups).unwrap();
                format!(
                    "{id}, {b}, {person}, 'r{id}', 's{id}', {seal}, 'T{id}', {n}, '', '{groups}', {area}, '{channel}', \
                     {poster}, {stream}, {booth}, '{status}', {AT}, {came}, {gate}, {inside}",
                    id = r.id,
                    person = b + whole(r.person),
                    poster = when("poster"),
                    booth = when("booth"),
                    inside = r.inside,
                )
            }),
        );
        script.rows(
            "check_ins (id, fair_id, registration_id, direction, result, gate, nonce, answer, scanned_at, recorded_at, offline)",
            self.entries.iter().enumerate().flat_map(|(n, gate)| {
                let registration = self.registrations[n % self.registrations.len()].id;
                let row = |k: i64, direction: &str, result: &str| {
                    let id = b + 3 * whole(n) + k;
                    format!("{id}, {b}, {registration}, '{direction}', '{result}', '{gate}', 'n{id}', '{{}}', {AT}, {AT}, FALSE")
                };
                [row(0, "in", "admitted"), row(1, "in", "already_in"), row(2, "out", "left")]
            }),
        );
    }

    fn cases(&self, script: &mut Script, office: i64) {
        let b = self.base;
        let text = |value: Option<&str>| value.map_or("NULL".into(), |v| format!("'{v}'"));
        script.rows(
            "cases (id, office_id, number, kind, stage, outcome, title, visibility, level, supervised, designated, \
             reopen_no, rework_no, recorded_at, state, seq, last_hash, updated_at)",
            self.matches.iter().map(|m| {
                format!(
                    "{id}, {office}, 'TMD-{id}', 'job_match', '{}', {}, '', 'parties', 0, FALSE, FALSE, 0, 0, {AT}, '{{}}', 1, '', {AT}",
                    m.stage,
                    text(m.outcome),
                    id = m.case,
                )
            }),
        );
        script.rows(
            "job_matches (case_id, office_id, fair_id, registration_id, person_id, posting_id, employer_id, share, open, \
             rung, stream_id, created_at)",
            self.matches.iter().map(|m| {
                let registration = &self.registrations[m.registration];
                let employer = self.employers[self.postings[m.posting].0];
                let stream = m.stream.map_or("NULL".into(), |id| id.to_string());
                format!(
                    "{}, {office}, {b}, {}, {}, {}, {employer}, '[]', FALSE, '{}', {stream}, {AT}",
                    m.case,
                    registration.id,
                    b + whole(registration.person),
                    b + whole(m.posting),
                    RUNGS[m.rung],
                )
            }),
        );
        let placed = || {
            let placed = |m: &&Match| m.outcome == Some("placed_verified");
            self.matches.iter().filter(placed)
        };
        script.rows(
            "follow_ups (case_id, what, due_on, result)",
            placed().flat_map(|m| {
                [
                    ("retention_30", m.retention[0]),
                    ("retention_90", m.retention[1]),
                ]
                .map(|(what, result)| {
                    format!("{}, '{what}', '2026-09-01', {}", m.case, text(result))
                })
            }),
        );
    }
}

/// Statements that fill tables, a few hundred rows each.
#[derive(Default)]
struct Script(Vec<String>);

impl Script {
    fn rows(&mut self, into: &str, rows: impl IntoIterator<Item = String>) {
        let rows: Vec<_> = rows.into_iter().collect();
        for part in rows.chunks(400) {
            let mut statement = format!("INSERT INTO {into} VALUES ");
            for (n, row) in part.iter().enumerate() {
                let comma = if n == 0 { "" } else { ", " };
                write!(statement, "{comma}({row})").unwrap();
            }
            self.0.push(statement);
        }
    }
}
