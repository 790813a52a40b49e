//! What is measured: the product and the limit as processes of their own, and a fair with
//! employers, booths, postings and people, made through the API as a machine would.
use super::{
    ground::Ground,
    load::{Answer, Connection, get_as, post, run},
};
use crate::{
    domain::uscc::Uscc,
    person::consent::Purpose,
    platform::{
        clock::{Clock, SystemClock},
        secret,
    },
};
use anyhow::{Context, Result, ensure};
use chrono::TimeDelta;
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

/// Booths of the storm.
pub const BOOTHS: usize = 31;
/// Employers that claim them.
const CLAIMANTS: usize = 200;
const POSTINGS: usize = 120;

/// A folder that goes away with the bench.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Result<Self> {
        let path = std::env::temp_dir().join(format!("nightfair-bench-{}", secret::uid()));
        std::fs::create_dir(&path)?;
        Ok(Self(path))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, "bench folder stays");
        }
    }
}

/// A process that ends with the bench.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        if let Err(error) = self.0.kill().and_then(|()| self.0.wait()) {
            tracing::warn!(%error, "bench process stays");
        }
    }
}

pub struct Stage {
    folder: PathBuf,
    database: String,
    server: Process,
    bare: Process,
    pub product: SocketAddr,
    pub limit: SocketAddr,
    /// Of an office administrator.
    pub token: String,
    /// Slug of the fair everything happens at.
    pub fair: String,
    employers: Vec<String>,
    people: AtomicUsize,
}

/// The nth person: a number from a range nobody has, and consent.
pub fn person(n: usize) -> Value {
    json!({
        "name": format!("测{}", n % 100),
        "phone": format!("1990{n:07}"),
        "wanted": "客服",
        "groups": [],
        "consent": { "version": Purpose::Registration.version() }
    })
}

impl Stage {
    pub async fn set(folder: &Path, ground: &Ground) -> Result<Self> {
        let database = ground.product.clone();
        let token = administrator(folder, &database)?;
        let (server, product) = start(folder, &database, "serve")?;
        let (limit, bare) = start(folder, &ground.limit, "bench-limit")?;
        let mut stage = Self {
            folder: folder.to_owned(),
            database,
            server,
            bare: limit,
            product,
            limit: bare,
            token,
            fair: "bench".into(),
            employers: Vec::new(),
            people: AtomicUsize::new(0),
        };
        stage.open_fair("bench").await?;
        stage.bring_employers().await?;
        stage.bring_postings().await?;
        Ok(stage)
    }

    /// Numbers of so many people not used before; the first of them.
    pub fn people(&self, count: usize) -> usize {
        self.people.fetch_add(count, Ordering::Relaxed)
    }

    pub fn registered(&self) -> usize {
        self.people.load(Ordering::Relaxed)
    }

    /// Registers people and answers their typed codes.
    pub async fn codes(&self, count: usize) -> Result<Vec<String>> {
        self.tickets(count, "/ticket/code").await
    }

    /// Registers people and answers the secrets of their tickets.
    pub async fn secrets(&self, count: usize) -> Result<Vec<String>> {
        self.tickets(count, "/ticket/secret").await
    }

    async fn tickets(&self, count: usize, pointer: &str) -> Result<Vec<String>> {
        let first = self.people(count);
        let mut connection = Connection::open(self.product).await?;
        let path = format!("/api/v1/fairs/{}/registrations", self.fair);
        let mut found = Vec::with_capacity(count);
        for n in first..first + count {
            let made = made(connection.send(post(&path, "", &person(n))?).await?)?;
            let text = made
                .pointer(pointer)
                .and_then(Value::as_str)
                .context("a registration without ticket")?;
            found.push(text.to_owned());
        }
        Ok(found)
    }

    /// A new fair with 31 booths, and who claims which.
    pub async fn storm(&self, round: usize) -> Result<(String, Vec<(String, String)>)> {
        let slug = format!("storm-{round}");
        self.open_fair(&slug).await?;
        let booth = |n: usize| format!("A{:02}", n % BOOTHS + 1);
        let claims = self
            .employers
            .iter()
            .enumerate()
            .map(|(n, employer)| (booth(n), employer.clone()));
        Ok((slug, claims.collect()))
    }

    /// Stops the product and tells how long a new start takes until it is ready.
    pub async fn restart(&mut self) -> Result<Duration> {
        // The folder has one program at a time.
        self.server.0.kill()?;
        self.server.0.wait()?;
        let begun = Instant::now();
        let (server, product) = start(&self.folder, &self.database, "serve")?;
        self.server = server;
        self.product = product;
        let mut connection = Connection::open(product).await?;
        let (status, _) = connection.send(super::load::get("/readyz")?).await?;
        ensure!(status == 200, "not ready: {status}");
        Ok(begun.elapsed())
    }

    /// Stops the product, so that somebody else may write into its folder.
    pub fn stop(&mut self) -> Result<()> {
        self.server.0.kill()?;
        self.server.0.wait()?;
        Ok(())
    }

    /// An account of another role, made while the product does not run; its token.
    pub fn member(&self, login: &str, role: &str, unit: &str) -> Result<String> {
        account(&self.folder, &self.database, (login, role), Some(unit))
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Resident memory of the product.
    pub fn resident_kilobytes(&self) -> Result<u64> {
        kilobytes(&self.server, "VmRSS:")
    }

    /// Of that, pages of the program's own file, which all processes of it share.
    pub fn program_kilobytes(&self) -> Result<u64> {
        kilobytes(&self.server, "RssFile:")
    }

    /// Resident memory of the bare program.
    pub fn limit_kilobytes(&self) -> Result<u64> {
        kilobytes(&self.bare, "VmRSS:")
    }

    /// Registers people until there are so many; then some of them go in and out at the gates
    /// until there were so many scans.
    pub async fn fill(&self, people: usize, scans: usize) -> Result<()> {
        let missing = people.saturating_sub(self.registered());
        let first = self.people(missing);
        let path = format!("/api/v1/fairs/{}/registrations", self.fair);
        let made = run(self.product, 64, missing, move |n| {
            post(&path, "", &person(first + n))
        });
        made.await?.all(201)?;
        if scans == 0 {
            return Ok(());
        }
        let codes = self.codes(250).await?;
        let path = format!("/api/v1/fairs/{}/check-ins/batch", self.fair);
        let token = self.token.clone();
        let sent = run(self.product, 4, scans.div_ceil(500), move |n| {
            let scan = |(at, code): (usize, &String)| {
                ["in", "out"].map(|way| {
                    json!({ "code": code, "gate": "A", "nonce": format!("f-{n}-{at}-{way}"), "direction": way })
                })
            };
            let items: Vec<Value> = codes.iter().enumerate().flat_map(scan).collect();
            post(&path, &token, &json!({ "items": items }))
        });
        sent.await?.all(200)?;
        Ok(())
    }

    /// Reads so many rows behind a figure, page by page; how many there were.
    pub async fn rows(&self, measure: &str, wanted: usize) -> Result<usize> {
        let mut connection = Connection::open(self.product).await?;
        let (mut rows, mut next) = (0, String::new());
        while rows < wanted {
            let path = format!(
                "/api/v1/fairs/{}/tally/rows?measure={measure}&limit=200{next}",
                self.fair
            );
            let page = made(connection.send(get_as(&path, &self.token)?).await?)?;
            rows += page["items"].as_array().map_or(0, Vec::len);
            let Some(cursor) = page["next"].as_str() else {
                break;
            };
            next = format!("&cursor={cursor}");
        }
        Ok(rows)
    }

    async fn call(&self, path: &str, body: Value) -> Result<Value> {
        let mut connection = Connection::open(self.product).await?;
        made(
            connection
                .send(post(&format!("/api/v1{path}"), &self.token, &body)?)
                .await?,
        )
        .with_context(|| format!("POST {path}"))
    }

    async fn open_fair(&self, slug: &str) -> Result<()> {
        let now = SystemClock.now();
        let hours = |h: i64| (now + TimeDelta::hours(h)).to_rfc3339();
        let body = json!({
            "slug": slug,
            "title": "测速夜集",
            "venue": "测速广场",
            "address": "测速路1号",
            "starts_at": hours(-1),
            "ends_at": hours(5),
            "capacity": 900_000,
            "expected": 900,
            "booths": format!("A 1-{BOOTHS} 北侧"),
            "gates": ["A", "B"],
            "registration": { "opens_at": hours(-24), "closes_at": hours(5) }
        });
        self.call("/fairs", body).await?;
        self.call(&format!("/fairs/{slug}/publish"), json!({}))
            .await?;
        Ok(())
    }

    async fn bring_employers(&mut self) -> Result<()> {
        for n in 0..CLAIMANTS {
            let uscc = Uscc::with_check(&format!("9162010{:010}", n + 1))
                .map_err(|fault| anyhow::anyhow!("{fault}"))?;
            let body = json!({
                "name": format!("测速第{n}公司"),
                "uscc": uscc.as_str(),
                "kind": "company",
                "industry": "F",
                "address": "测速路2号",
                "contact": { "name": "测试", "phone": format!("1991{n:07}") },
                "promise": true
            });
            let made = self.call("/employers", body).await?;
            let id = made["id"]
                .as_str()
                .context("an employer without id")?
                .to_owned();
            self.call(
                &format!("/employers/{id}/review"),
                json!({ "decision": "approve" }),
            )
            .await?;
            self.employers.push(id);
        }
        for n in 0..BOOTHS {
            let booth = format!("/fairs/{}/booths/A{:02}", self.fair, n + 1);
            let held = self
                .call(
                    &format!("{booth}/holds"),
                    json!({ "employer": self.employers[n] }),
                )
                .await?;
            self.call(
                &format!("{booth}/bookings"),
                json!({ "hold": held["hold"] }),
            )
            .await?;
        }
        Ok(())
    }

    async fn bring_postings(&self) -> Result<()> {
        let expires = (SystemClock.now() + TimeDelta::days(30))
            .date_naive()
            .to_string();
        for n in 0..POSTINGS {
            let body = json!({
                "employer": self.employers[n % BOOTHS],
                "title": format!("客服专员{n}"),
                "occupation": "service",
                "kind": "regular",
                "headcount": 3,
                "duties": "接听来电，解答顾客问题，做好记录。",
                "place": "测速路3号",
                "pay": { "min": 4000, "max": 6000, "unit": "month" },
                "education": "any",
                "experience": "any",
                "hours": "早九晚六，双休",
                "contract_type": "fixed_term",
                "insurance": ["pension"],
                "groups": [],
                "expires_on": expires
            });
            let made = self
                .call(&format!("/fairs/{}/postings", self.fair), body)
                .await?;
            let id = made["id"].as_str().context("a posting without id")?;
            self.call(
                &format!("/postings/{id}/review"),
                json!({ "decision": "approve" }),
            )
            .await?;
        }
        Ok(())
    }
}

fn kilobytes(process: &Process, of: &'static str) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.0.id()))?;
    let line = status.lines().find(|line| line.starts_with(of));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1));
    Ok(kilobytes.context(of)?.parse()?)
}

fn made((status, body): Answer) -> Result<Value> {
    ensure!(
        (200..300).contains(&status),
        "{status}: {}",
        String::from_utf8_lossy(&body)
    );
    Ok(if body.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(&body)?
    })
}

/// Makes the data folder and an administrator with a token, as an operator would.
fn administrator(folder: &Path, database: &str) -> Result<String> {
    account(folder, database, ("bench", "office_admin"), None)
}

fn account(
    folder: &Path,
    database: &str,
    (login, role): (&str, &str),
    unit: Option<&str>,
) -> Result<String> {
    let mut add = vec![
        "user", "add", "--login", login, "--name", login, "--role", role,
    ];
    if let Some(unit) = unit {
        add.extend(["--unit", unit]);
    }
    tell(folder, database, &add)?;
    let token = ["token", "add", "--login", login, "--label", "bench"];
    let told = tell(folder, database, &token)?;
    let token = told.split_whitespace().last();
    Ok(token.context("no token")?.to_owned())
}

/// This program on the ground of the bench, whatever the settings of the office are.
fn program(folder: &Path, database: &str) -> Result<Command> {
    let mut program = Command::new(std::env::current_exe()?);
    program.env_clear().arg("--data").arg(folder);
    program.args(["--database-url", database]);
    Ok(program)
}

/// Runs a command of this program to its end and answers what it printed.
fn tell(folder: &Path, database: &str, command: &[&str]) -> Result<String> {
    let output = program(folder, database)?.args(command).output()?;
    ensure!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8(output.stdout)?)
}

/// Starts this program with `command` on a free port and reads the address it prints.
fn start(folder: &Path, database: &str, command: &str) -> Result<(Process, SocketAddr)> {
    let mut child = program(folder, database)?
        .args([command, "--listen", "127.0.0.1:0"])
        .args(["--log", "warn", "--venue", "127.0.0.1"])
        .stdout(Stdio::piped())
        .spawn()?;
    let output = child.stdout.take().context("no output")?;
    let process = Process(child);
    for line in BufReader::new(output).lines() {
        let line = line?;
        if let Some((_, address)) = line.split_once("http://")
            && let Ok(address) = address.trim().parse()
        {
            return Ok((process, address));
        }
    }
    anyhow::bail!("the program ended before it listened")
}
