//! The measurements of the product by itself, for operators too: the product as its own process on
//! a fresh data folder, asked over HTTP, beside the least possible work in the same program. The
//! figures that count are ratios of one run.
mod cases;
mod ground;
pub mod limit;
mod load;
mod report;
mod stage;
mod stream;

use crate::config::Plan;
use anyhow::{Context, Result, ensure};
use axum::{
    body::Bytes,
    http::{HeaderValue, Request},
};
use ground::Ground;
use http_body_util::Full;
use load::{Outcome, get, post, run};
use report::{Report, Row, median, milliseconds};
use serde_json::json;
use stage::Stage;
use std::{
    io::Write,
    path::Path,
    time::{Duration, Instant},
};
use tokio::time::MissedTickBehavior;

/// Runs everything and answers the table. `database` is where schemas of the bench's own are made
/// for as long as it runs; without one, or with that of a file, it measures the embedded database.
pub async fn measure(plan: &Plan, database: Option<&str>) -> Result<String> {
    let folder = stage::Folder::new()?;
    let ground = Ground::prepare(folder.path(), database).await?;
    let measured = on(&ground, plan, folder.path()).await;
    let cleared = ground.clear().await;
    let table = measured?;
    cleared?;
    Ok(table)
}

async fn on(ground: &Ground, plan: &Plan, folder: &Path) -> Result<String> {
    let mut bench = Bench {
        plan: plan.clone(),
        stage: Stage::set(folder, ground).await?,
        rows: Vec::new(),
    };
    if !plan.ledger_only {
        bench.registrations().await?;
        bench.check_ins().await?;
        bench.pages().await?;
        bench.tickets().await?;
        bench.booth_storm().await?;
        bench.tally().await?;
        bench.memory().await?;
        bench.watchers().await?;
        bench.standing().await?;
        bench.steady().await?;
    }
    bench.ledger(&ground.product).await?;
    Ok(bench.report(folder, ground.database())?.table())
}

struct Bench {
    plan: Plan,
    stage: Stage,
    rows: Vec<Row>,
}

impl Bench {
    /// Puts the rounds of one work into a line.
    fn note(
        &mut self,
        work: &str,
        clients: usize,
        rounds: &[Outcome],
        limit: Option<(&str, &[Outcome])>,
    ) {
        let rate = |rounds: &[Outcome]| median(rounds.iter().map(Outcome::per_second).collect());
        let late = |percent| {
            median(
                rounds
                    .iter()
                    .map(|o| milliseconds(o.percentile(percent)))
                    .collect(),
            )
        };
        let per_second = rate(rounds);
        self.rows.push(Row {
            work: work.to_owned(),
            clients,
            per_second,
            p50_ms: late(50),
            p99_ms: late(99),
            limit: limit.map(|(name, bare)| (name.to_owned(), per_second / rate(bare))),
            note: String::new(),
        });
    }

    async fn registrations(&mut self) -> Result<()> {
        for clients in [1, 32, 128] {
            let total = if clients == 1 {
                self.plan.requests / 10
            } else {
                self.plan.requests
            };
            let (mut ours, mut bare) = (Vec::new(), Vec::new());
            for _ in 0..self.plan.rounds {
                bare.push(self.bare_inserts(clients, total).await?);
                let first = self.stage.people(total);
                let path = format!("/api/v1/fairs/{}/registrations", self.stage.fair);
                let made = run(self.stage.product, clients, total, move |n| {
                    post(&path, "", &stage::person(first + n))
                });
                ours.push(made.await?.all(201)?);
            }
            self.note(
                "register a seeker",
                clients,
                &ours,
                Some(("one bare durable insert", &bare)),
            );
        }
        Ok(())
    }

    async fn check_ins(&mut self) -> Result<()> {
        for clients in [1, 32] {
            let total = if clients == 1 {
                self.plan.requests / 10
            } else {
                self.plan.requests
            };
            let (mut ours, mut bare) = (Vec::new(), Vec::new());
            for _ in 0..self.plan.rounds {
                bare.push(self.bare_inserts(clients, total).await?);
                let codes = self.stage.codes(total).await?;
                let path = format!("/api/v1/fairs/{}/check-ins", self.stage.fair);
                let token = self.stage.token.clone();
                let made = run(self.stage.product, clients, total, move |n| {
                    let body = json!({ "code": codes[n], "gate": "A", "nonce": format!("b-{}", codes[n]) });
                    post(&path, &token, &body)
                });
                ours.push(made.await?.all(200)?);
            }
            self.note(
                "check in by code",
                clients,
                &ours,
                Some(("one bare durable insert", &bare)),
            );
        }
        Ok(())
    }

    async fn pages(&mut self) -> Result<()> {
        let total = self.plan.requests * 3;
        let (mut memory, mut rows) = (Vec::new(), Vec::new());
        for _ in 0..self.plan.rounds {
            memory.push(
                run(self.stage.limit, 32, total, |_| get("/memory"))
                    .await?
                    .all(200)?,
            );
            rows.push(
                run(self.stage.limit, 32, total, |_| get("/rows"))
                    .await?
                    .all(200)?,
            );
        }
        self.note("limit: page from memory", 32, &memory, None);
        self.note("limit: page from 60 rows", 32, &rows, None);
        for (name, path) in [
            ("public fair page", ""),
            ("booth map", "/map"),
            ("postings page", "/postings"),
        ] {
            let path = format!("/f/{}{path}", self.stage.fair);
            let mut ours = Vec::new();
            for _ in 0..self.plan.rounds {
                let path = path.clone();
                ours.push(
                    run(self.stage.product, 32, total, move |_| get(&path))
                        .await?
                        .all(200)?,
                );
            }
            self.note(name, 32, &ours, Some(("a bare page from memory", &memory)));
            let slow = median(rows.iter().map(Outcome::per_second).collect());
            let fast = median(ours.iter().map(Outcome::per_second).collect());
            self.remark(format!("{:.1} of the bare page from 60 rows", fast / slow));
        }
        Ok(())
    }

    async fn tickets(&mut self) -> Result<()> {
        let total = self.plan.requests * 3;
        let (mut ours, mut bare) = (Vec::new(), Vec::new());
        for _ in 0..self.plan.rounds {
            bare.push(
                run(self.stage.limit, 32, total, |n| {
                    get(&format!("/row/{}", n % 60 + 1))
                })
                .await?
                .all(200)?,
            );
            let secrets = self.stage.secrets(200).await?;
            let made = run(self.stage.product, 32, total, move |n| {
                get(&format!("/T/{}", secrets[n % secrets.len()]))
            });
            ours.push(made.await?.all(200)?);
        }
        self.note("ticket page", 32, &ours, Some(("one row by key", &bare)));
        Ok(())
    }

    fn report(self, folder: &Path, database: &'static str) -> Result<Report> {
        let report = Report {
            database,
            fsyncs_per_second: fsyncs(folder)?,
            rounds: self.plan.rounds,
            rows: self.rows,
        };
        if let Some(file) = &self.plan.json {
            std::fs::write(file, serde_json::to_string_pretty(&report)?).context("--json")?;
        }
        Ok(report)
    }

    /// Lists, counts, search and one case in a small ledger and in a large one: what matters is
    /// that the large one answers as the small one does.
    async fn ledger(&mut self, database: &str) -> Result<()> {
        self.stage.stop()?;
        let mut ledger = cases::Ledger::open(database, self.stage.folder()).await?;
        let handler = self
            .stage
            .member("bench-handler", "department_handler", "BENCH0")?;
        let clerk = self
            .stage
            .member("bench-clerk", "community_clerk", "BENCH0")?;
        let mut small: Vec<f64> = Vec::new();
        let sizes = [self.plan.cases.min(SMALL), self.plan.cases];
        for (at, size) in sizes.into_iter().enumerate() {
            if at > 0 && size == sizes[0] {
                break;
            }
            if at > 0 {
                self.stage.stop()?;
            }
            let filled = Instant::now();
            ledger.fill(size).await?;
            let filled = filled.elapsed().as_secs();
            let marks = ledger.marks().await?;
            self.stage.restart().await?;
            for (n, (work, path, token)) in asked(&marks, &handler, &clerk).into_iter().enumerate()
            {
                let p95 = self.listed(&work, &path, &token, size).await?;
                match small.get(n) {
                    Some(before) if at > 0 => {
                        self.remark(format!(
                            "{size} cases; p95 {p95:.1} ms; {:.1} of {}",
                            p95 / before,
                            sizes[0]
                        ));
                    }
                    _ => {
                        small.push(p95);
                        self.remark(format!("{size} cases; p95 {p95:.1} ms"));
                    }
                }
            }
            self.case_actions(&marks, &clerk, size).await?;
            self.recounted(&marks, &clerk, size).await?;
            self.remark(format!("{size} cases, filled in {filled} s"));
        }
        Ok(())
    }

    /// One page after the other by one client: how long somebody waits.
    async fn listed(&mut self, work: &str, path: &str, token: &str, size: usize) -> Result<f64> {
        let mut ours = Vec::new();
        let total = self.plan.requests.min(40);
        for _ in 0..self.plan.rounds {
            let (path, token) = (path.to_owned(), token.to_owned());
            let asked = run(self.stage.product, 1, total, move |_| {
                load::get_as(&path, &token)
            });
            ours.push(asked.await?.all(200)?);
        }
        self.note(&format!("{work}, {size} cases"), 1, &ours, None);
        Ok(median(
            ours.iter()
                .map(|o| milliseconds(o.percentile(95)))
                .collect(),
        ))
    }

    /// Notes by one on one case, and by 32 at once on as many others as there are.
    async fn case_actions(&mut self, marks: &cases::Marks, token: &str, size: usize) -> Result<()> {
        let (mut ours, mut bare) = (Vec::new(), Vec::new());
        let total = self.plan.requests.min(40);
        for round in 0..self.plan.rounds {
            bare.push(self.bare_inserts(1, total).await?);
            let ((case, seq), token) = (marks.handled.clone(), token.to_owned());
            let first = seq + i64::try_from(round * total)?;
            let made = run(self.stage.product, 1, total, move |n| {
                update(&case, &token, first + i64::try_from(n)?)
            });
            ours.push(made.await?.all(200)?);
        }
        let work = format!("case action with 200 characters, {size} cases");
        let limit = "one bare durable insert";
        self.note(&work, 1, &ours, Some((limit, &bare)));
        let share = marks.in_hand.len() / self.plan.rounds / 2;
        if share < 8 * 32 {
            return Ok(());
        }
        let (mut whole, mut minimal) = (Vec::new(), Vec::new());
        bare.clear();
        for cases in marks.in_hand.chunks_exact(2 * share) {
            let (first, second) = cases.split_at(share);
            bare.push(self.bare_inserts(32, share).await?);
            whole.push(self.notes_by_32(first, token, |asked| asked).await?);
            minimal.push(self.notes_by_32(second, token, minimally).await?);
        }
        let limit = "bare durable inserts";
        self.note(&work, 32, &whole, Some((limit, &bare)));
        let work = format!("the same, minimal answer, {size} cases");
        self.note(&work, 32, &minimal, Some((limit, &bare)));
        Ok(())
    }

    /// A note on each of these cases, by 32 at once; `asked` has the last word on each request.
    async fn notes_by_32(
        &self,
        cases: &[(String, i64)],
        token: &str,
        asked: fn(Request<Full<Bytes>>) -> Request<Full<Bytes>>,
    ) -> Result<Outcome> {
        let (cases, token) = (cases.to_owned(), token.to_owned());
        let made = run(self.stage.product, 32, cases.len(), move |n| {
            Ok(asked(update(&cases[n].0, &token, cases[n].1)?))
        });
        made.await?.all(200)
    }

    async fn bare_inserts(&self, clients: usize, total: usize) -> Result<Outcome> {
        let made = run(self.stage.limit, clients, total, |_| {
            post("/insert", "", &json!({}))
        });
        made.await?.all(200)
    }

    /// The ledger when each time a case was changed just before, so that nothing kept helps.
    async fn recounted(&mut self, marks: &cases::Marks, token: &str, size: usize) -> Result<()> {
        let mut ours = Vec::new();
        let total = self.plan.requests.min(40);
        let first = marks.handled.1 + i64::try_from(self.plan.rounds * total)?;
        for n in 0..i64::try_from(total)? {
            let (case, by) = (marks.handled.0.clone(), token.to_owned());
            let changed = run(self.stage.product, 1, 1, move |_| {
                update(&case, &by, first + n)
            });
            changed.await?.all(200)?;
            let by = token.to_owned();
            let page = run(self.stage.product, 1, 1, move |_| {
                load::get_as("/cases?show=all", &by)
            });
            ours.push(page.await?.all(200)?);
        }
        let mut waited: Vec<_> = ours.iter().map(|page| page.percentile(100)).collect();
        waited.sort_unstable();
        self.note(
            &format!("ledger page after a change, {size} cases"),
            1,
            &ours,
            None,
        );
        let p95 = milliseconds(waited[waited.len() * 95 / 100]);
        self.remark(format!("{size} cases; p95 {p95:.1} ms"));
        Ok(())
    }

    /// 200 clients claim 31 booths at once: exactly 31 get one.
    async fn booth_storm(&mut self) -> Result<()> {
        let mut ours = Vec::new();
        for round in 0..self.plan.rounds {
            let (fair, claims) = self.stage.storm(round).await?;
            let token = self.stage.token.clone();
            let outcome = run(self.stage.product, claims.len(), claims.len(), move |n| {
                let (booth, employer) = &claims[n];
                post(
                    &format!("/api/v1/fairs/{fair}/booths/{booth}/holds"),
                    &token,
                    &json!({ "employer": employer }),
                )
            })
            .await?;
            ensure!(
                outcome.statuses.get(&201) == Some(&stage::BOOTHS),
                "booth storm: {:?}",
                outcome.statuses
            );
            ours.push(outcome);
        }
        let took = median(ours.iter().map(|o| milliseconds(o.took)).collect());
        self.note("booth storm: 200 clients, 31 booths", 200, &ours, None);
        self.remark(format!(
            "all answered in {took:.0} ms, 31 winners each time"
        ));
        Ok(())
    }

    /// The figures of a fair of 20,000, as numbers, as a workbook, and the rows behind them.
    async fn tally(&mut self) -> Result<()> {
        let (people, scans) = (self.plan.people.min(20_000), self.plan.people.min(60_000));
        self.stage.fill(people, scans).await?;
        let fair = self.stage.fair.clone();
        for (work, path, goal) in [
            ("tally", format!("/api/v1/fairs/{fair}/tally"), "goal 50 ms"),
            (
                "workbook",
                format!("/office/fairs/{fair}/tally.xlsx"),
                "goal 2 s",
            ),
            (
                "list for a scanner",
                format!("/api/v1/fairs/{fair}/pack"),
                "",
            ),
        ] {
            let mut ours = Vec::new();
            for _ in 0..self.plan.rounds {
                let (path, token) = (path.clone(), self.stage.token.clone());
                let asked = run(self.stage.product, 1, 5, move |_| {
                    load::get_as(&path, &token)
                });
                ours.push(asked.await?.all(200)?);
            }
            self.note(work, 1, &ours, None);
            let people = self.stage.registered();
            self.remark(format!("{people} registrations, {scans} scans; {goal}"));
        }
        self.export().await
    }

    /// All registrations that a number counts, page by page.
    async fn export(&mut self) -> Result<()> {
        const ROWS: usize = 5_000;
        let mut took = Vec::new();
        for _ in 0..self.plan.rounds {
            let start = Instant::now();
            let rows = self.stage.rows("registered", ROWS).await?;
            ensure!(rows >= ROWS.min(self.plan.people), "only {rows} rows");
            took.push(milliseconds(start.elapsed()));
        }
        self.rows.push(Row {
            work: "export of 5,000 registrations".into(),
            clients: 1,
            p50_ms: median(took),
            note: "rows of the tally in pages of 200; goal 1 s".into(),
            ..Row::default()
        });
        Ok(())
    }

    async fn watchers(&mut self) -> Result<()> {
        let rows = stream::measure(&self.stage, self.plan.watchers).await?;
        self.rows.extend(rows);
        Ok(())
    }

    /// What the load left resident, at once and after the allocator had time to give back.
    async fn memory(&mut self) -> Result<()> {
        let loaded = self.stage.resident_kilobytes()? >> 10;
        tokio::time::sleep(REST).await;
        let rested = self.stage.resident_kilobytes()? >> 10;
        let program = self.stage.program_kilobytes()? >> 10;
        self.rows.push(Row {
            work: "memory after the load".into(),
            note: format!(
                "{loaded} MB resident, {rested} MB after {} s, {program} MB of it pages of the program",
                REST.as_secs()
            ),
            ..Row::default()
        });
        Ok(())
    }

    /// Start and size of the program.
    async fn standing(&mut self) -> Result<()> {
        self.stage.fill(self.plan.people, 0).await?;
        let ready = self.stage.restart().await?;
        let binary = std::fs::metadata(std::env::current_exe()?)?.len() >> 20;
        let line = |work: &str, note: String| Row {
            work: work.to_owned(),
            note,
            ..Row::default()
        };
        let people = self.stage.registered();
        self.rows.push(line(
            "cold start to ready",
            format!("{:.0} ms with {people} registrations", milliseconds(ready)),
        ));
        self.rows.push(line("program", format!("{binary} MB")));
        Ok(())
    }

    /// An evening at its usual pace for as long as the plan says: what the program holds resident
    /// after the first tenth, at most after that, and at the end.
    async fn steady(&mut self) -> Result<()> {
        if self.plan.steady == 0 {
            return Ok(());
        }
        let seconds = self.plan.steady * 60;
        let mut tick = tokio::time::interval(Duration::from_secs(1));
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut resident = Vec::new();
        for second in 0..seconds {
            tick.tick().await;
            self.usual_second().await?;
            if second >= seconds / 10 {
                resident.push(self.stage.resident_kilobytes()? >> 10);
            }
        }
        let most = resident.iter().max().copied().unwrap_or_default();
        let ends = [resident.first(), resident.last()].map(|mb| mb.copied().unwrap_or_default());
        self.rows.push(Row {
            work: format!("steady load, {} minutes", self.plan.steady),
            note: format!(
                "{} MB resident after a tenth of it, {most} MB at most after that, {} MB at the end",
                ends[0], ends[1]
            ),
            ..Row::default()
        });
        Ok(())
    }

    /// Ten registrations, five arrivals, the pages that so many people open, and two of the office.
    async fn usual_second(&self) -> Result<()> {
        const PEOPLE: usize = 5;
        let fair = &self.stage.fair;
        let secrets = self.stage.secrets(PEOPLE).await?;
        let mut public: Vec<_> = std::iter::repeat_n(["", "/map", "/postings"], PEOPLE)
            .flatten()
            .map(|page| format!("/f/{fair}{page}"))
            .collect();
        public.extend(secrets.into_iter().map(|secret| format!("/T/{secret}")));
        let shown = run(
            self.stage.product,
            2,
            public.len(),
            move |n| get(&public[n]),
        );
        shown.await?.all(200)?;
        let codes = self.stage.codes(PEOPLE).await?;
        let (path, token) = (
            format!("/api/v1/fairs/{fair}/check-ins"),
            self.stage.token.clone(),
        );
        let came = run(self.stage.product, 1, PEOPLE, move |n| {
            let body = json!({ "code": codes[n], "gate": "A", "nonce": format!("s-{}", codes[n]) });
            post(&path, &token, &body)
        });
        came.await?.all(200)?;
        let office = [
            format!("/api/v1/fairs/{fair}/tally"),
            "/cases?show=all".to_owned(),
        ];
        let token = self.stage.token.clone();
        let seen = run(self.stage.product, 1, office.len(), move |n| {
            load::get_as(&office[n], &token)
        });
        seen.await?.all(200)?;
        Ok(())
    }

    fn remark(&mut self, note: String) {
        if let Some(row) = self.rows.last_mut() {
            row.note = note;
        }
    }
}

/// How long memory is left alone before it is looked at again.
const REST: Duration = Duration::from_secs(20);

/// Cases of the small ledger, against which the large one is held.
const SMALL: usize = 10_000;

/// A note of 200 characters on a case.
fn update(case: &str, token: &str, seq: i64) -> Result<Request<Full<Bytes>>> {
    let said = "已经把需要的材料和办理地点逐项告诉本人，".repeat(9);
    let text = format!("第{seq}次联系：{said}");
    let path = format!("/api/v1/cases/{case}/actions");
    let body =
        json!({ "action": "update", "expected_seq": seq, "text": text, "visibility": "parties" });
    post(&path, token, &body)
}

/// Without the case as it is afterwards.
fn minimally(mut asked: Request<Full<Bytes>>) -> Request<Full<Bytes>> {
    let minimal = HeaderValue::from_static("return=minimal");
    asked.headers_mut().insert("prefer", minimal);
    asked
}

/// What is asked of a ledger: what it is called, its address, whose token.
#[expect(clippy::too_many_lines, reason = "a list")]
fn asked(marks: &cases::Marks, handler: &str, clerk: &str) -> Vec<(String, String, String)> {
    let page_1000 = (marks.newest - 30_000).max(marks.newest / 2);
    let encode = |text: &str| {
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    let (common, rare) = (encode("路灯"), encode("鹦鹉"));
    let (said, both) = (encode("窗口"), encode("路灯 医保卡"));
    let pages = [
        ("ledger page", "/cases?show=all".to_owned()),
        (
            "ledger, page 1000",
            format!("/cases?show=all&cursor={page_1000}"),
        ),
        ("ledger by deadline", "/cases?sort=due".to_owned()),
        ("overdue list", "/cases?show=overdue&sort=due".to_owned()),
        ("waiting for me", "/cases?show=mine".to_owned()),
        ("filter: stage", "/cases?stage=dispatched".to_owned()),
        (
            "filter: kind and ended",
            "/cases?kind=mailbox&stage=closed".to_owned(),
        ),
        ("filter: unit", format!("/cases?unit={}", marks.unit)),
        (
            "filter: unit and stage",
            format!("/cases?unit={}&stage=handling", marks.unit),
        ),
        (
            "filter: community",
            format!("/cases?area={}", marks.community),
        ),
        (
            "filter: grid and category",
            format!("/cases?area={}&category=noise", marks.grid),
        ),
        (
            "filter: channel and unit",
            format!("/cases?channel=hotline&unit={}", marks.unit),
        ),
        (
            "filter: days",
            "/cases?from=2020-01-01&to=2099-12-31".to_owned(),
        ),
        ("search: common word", format!("/cases?q={common}")),
        ("search: rare word", format!("/cases?q={rare}")),
        ("search: word of a text", format!("/cases?q={said}")),
        ("search: two words", format!("/cases?q={both}")),
        (
            "search: common word among open",
            format!("/cases?q={common}&stage=handling"),
        ),
        ("search: number", "/cases?q=JD-2010-0000".to_owned()),
        ("one case", format!("/cases/{}", marks.handled.0)),
        ("list over the API", "/api/v1/cases?limit=50".to_owned()),
    ];
    let mut asked: Vec<_> = pages
        .into_iter()
        .map(|(work, path)| (work.to_owned(), path, clerk.to_owned()))
        .collect();
    for (work, path) in [
        ("a unit's ledger", "/cases?show=all"),
        ("a unit's queue", "/cases?show=unit"),
    ] {
        asked.push((work.to_owned(), path.to_owned(), handler.to_owned()));
    }
    asked
}

/// Small durable appends a second: what the disk itself allows one after another.
fn fsyncs(folder: &Path) -> Result<f64> {
    let mut file = std::fs::File::create(folder.join("fsync"))?;
    let (start, mut count) = (Instant::now(), 0_u32);
    while start.elapsed() < Duration::from_secs(1) {
        file.write_all(&[0; 4096])?;
        file.sync_data()?;
        count += 1;
    }
    Ok(f64::from(count) / start.elapsed().as_secs_f64())
}
