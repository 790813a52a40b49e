//! An answer means that it is on the disk. The program and its database are traced call by call
//! (strace): between each request and the answer that acknowledges it, the log of the database was
//! written, and a sync of it began after that and was over. Where tracing is not allowed these tests
//! say so and prove nothing.
use crate::{
    cli::Serving,
    cluster::{self, Server},
    crash::number,
    harness::{server_url, times},
    wire::{Heard, Office, SLUG, Told, Wire, person},
};
use std::{
    collections::HashMap,
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

/// Registrations one after the other; `TEST_TRACED` asks for more.
const ALONE: usize = 60;
/// Registrations of each of [`WRITERS`] at once.
const EACH: usize = 10;
const WRITERS: usize = 8;
/// Registrations that are refused.
const REFUSED: usize = 20;
const CALLS: &str = "trace=read,readv,recvfrom,write,writev,sendto,pwrite64,pwritev,fsync,fdatasync,sync_file_range";

/// A system call; times in microseconds since 1970.
#[derive(Clone, Debug)]
struct Call {
    begun: u64,
    ended: u64,
    name: String,
    /// Path or socket of its file descriptor.
    target: String,
    text: String,
    result: i64,
}

impl Call {
    /// `name(fd<target>, text) = result`
    fn parse(begun: u64, ended: u64, whole: &str) -> Option<Self> {
        let (name, rest) = whole.split_once('(')?;
        let (_, rest) = rest.split_once('<')?;
        let (target, rest) = rest.split_once('>')?;
        let (text, result) = rest.rsplit_once(") = ")?;
        let result = result.split(' ').next()?.parse().ok()?;
        Some(Self {
            begun,
            ended,
            name: name.to_owned(),
            target: target.to_owned(),
            text: text.to_owned(),
            result,
        })
    }

    fn reads(&self) -> bool {
        ["read", "readv", "recvfrom"].contains(&self.name.as_str()) && self.result > 0
    }

    fn writes(&self) -> bool {
        ["write", "writev", "sendto", "pwrite64", "pwritev"].contains(&self.name.as_str())
    }

    fn syncs(&self) -> bool {
        ["fsync", "fdatasync"].contains(&self.name.as_str()) && self.result == 0
    }
}

fn micros(seconds: &str) -> Option<u64> {
    let (whole, part) = seconds.split_once('.')?;
    Some(whole.parse::<u64>().ok()? * 1_000_000 + part.parse::<u64>().ok()?)
}

/// The calls of a trace made with `-f -y -ttt -T`, by the time they began.
fn calls(trace: &str) -> Vec<Call> {
    let mut begun: HashMap<String, (u64, String)> = HashMap::new();
    let mut found = Vec::new();
    for line in trace.lines() {
        let Some((thread, rest)) = line.trim_start().split_once(' ') else {
            continue;
        };
        let Some((at, rest)) = rest.trim_start().split_once(' ') else {
            continue;
        };
        let at = micros(at).unwrap();
        if let Some(head) = rest.strip_suffix("<unfinished ...>") {
            begun.insert(thread.to_owned(), (at, head.trim_end().to_owned()));
        } else if let Some((_, tail)) = rest.split_once(" resumed>") {
            let Some((first, head)) = begun.remove(thread) else {
                continue;
            };
            let tail = tail.rsplit_once(" <").map_or(tail, |(tail, _)| tail);
            found.extend(Call::parse(first, at, &format!("{head}{tail}")));
        } else if let Some((whole, took)) = rest.rsplit_once(" <") {
            let took = micros(took.trim_end_matches('>')).unwrap_or_default();
            found.extend(Call::parse(at, at + took, whole));
        }
    }
    found.sort_by_key(|call| call.begun);
    found
}

/// When each POST that was answered with that status had come in, and when its answer left.
fn answered(calls: &[Call], status: &str) -> Vec<(u64, u64)> {
    let (mut open, mut found) = (HashMap::new(), Vec::new());
    let status = format!("\"HTTP/1.1 {status} ");
    for call in calls
        .iter()
        .filter(|call| call.target.starts_with("socket:"))
    {
        if call.reads() && call.text.contains("\"POST /") {
            open.insert(&call.target, call.ended);
        } else if call.reads() {
            // The rest of the same request.
            open.entry(&call.target)
                .and_modify(|asked| *asked = call.ended);
        } else if call.writes()
            && call.text.contains("\"HTTP/1.1 ")
            && let Some(asked) = open.remove(&call.target)
            && call.text.contains(&status)
        {
            found.push((asked, call.begun));
        }
    }
    found
}

/// How many of these answers left although nothing had reached the disk since their request came.
fn uncovered(answers: &[(u64, u64)], calls: &[Call], is_log: impl Fn(&str) -> bool) -> usize {
    let log: Vec<_> = calls.iter().filter(|call| is_log(&call.target)).collect();
    let covered = |(asked, told): &(u64, u64)| {
        let written = log.iter().find(|c| c.writes() && c.begun >= *asked);
        written.is_some_and(|written| {
            log.iter()
                .any(|c| c.syncs() && c.begun >= written.ended && c.ended <= *told)
        })
    };
    answers.iter().filter(|answer| !covered(answer)).count()
}

fn is_wal(target: &str) -> bool {
    target.ends_with("nightfair.db-wal")
}

/// A tracer whose tracee keeps its parent; `None`, with the reason, where tracing is not allowed.
fn tracer(trace: &Path) -> Option<Command> {
    let probe = Command::new("strace").args(["-f", "-qq", "true"]).output();
    match probe {
        Ok(done) if done.status.success() => {}
        Ok(done) => {
            let why = String::from_utf8_lossy(&done.stderr).into_owned();
            eprintln!("NOT TRACED, nothing is proven: {why}");
            return None;
        }
        Err(error) => {
            eprintln!("NOT TRACED, nothing is proven: strace: {error}");
            return None;
        }
    }
    let mut tracer = Command::new("strace");
    tracer.args(["-f", "-y", "-ttt", "-T", "-s", "40", "--seccomp-bpf", "-e"]);
    tracer.arg(CALLS).arg("-o").arg(trace);
    Some(tracer)
}

/// The program, traced from its first call.
fn serve_traced(told: &Told, trace: &Path) -> Option<Serving> {
    let mut tracer = tracer(trace)?;
    tracer.arg("-D");
    Some(told.serve_under(tracer))
}

fn registrations() -> String {
    format!("/fairs/{SLUG}/registrations")
}

async fn register(wire: &mut Wire, n: usize) -> Heard {
    let key = format!("traced-{n}");
    wire.post_once(&registrations(), &key, &person(n))
        .await
        .unwrap()
}

/// One after the other, then eight at once; how many were acknowledged.
async fn load(host: &str, token: &str) -> usize {
    let alone = times("TEST_TRACED", ALONE);
    let mut wire = Wire::open(host, token).await.unwrap();
    for n in 0..alone {
        register(&mut wire, n).await.expect(201);
    }
    let mut tasks = JoinSet::new();
    for writer in 0..WRITERS {
        let mut wire = Wire::open(host, token).await.unwrap();
        tasks.spawn(async move {
            for n in 0..EACH {
                register(&mut wire, 10_000 * (writer + 1) + n)
                    .await
                    .expect(201);
            }
        });
    }
    tasks.join_all().await;
    alone + WRITERS * EACH
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_of_the_embedded_database_was_synced_before() {
    if server_url().is_some() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (data, trace) = (dir.path().join("data"), dir.path().join("trace"));
    fs::create_dir(&data).unwrap();
    let office = Office::embedded(&data);
    office.open_fair(SLUG, 90_000, "A 1-2").await;
    assert_eq!(office.serving.stop(), 0);
    let Some(serving) = serve_traced(&office.told, &trace) else {
        return;
    };
    let made = load(&serving.host, &office.token).await;
    // Whoever typed something wrong writes nothing, so nothing is synced for him: the check can tell.
    let mut wire = Wire::open(&serving.host, &office.token).await.unwrap();
    for n in 0..REFUSED {
        let mut call = person(n);
        call["phone"] = "1".into();
        wire.post(&registrations(), &call)
            .await
            .unwrap()
            .expect(422);
    }
    assert_eq!(serving.stop(), 0);
    let traced = calls(&fs::read_to_string(&trace).unwrap());
    let (told, refused) = (answered(&traced, "201"), answered(&traced, "422"));
    assert_eq!((told.len(), refused.len()), (made, REFUSED));
    assert_eq!(uncovered(&told, &traced, is_wal), 0);
    assert!(uncovered(&refused, &traced, is_wal) > REFUSED / 2);
    // The control: the same trace without what `synchronous=OFF` would leave out.
    let forgetful: Vec<_> = traced.iter().filter(|c| !c.syncs()).cloned().collect();
    assert_eq!(uncovered(&told, &forgetful, is_wal), made);
    // And one in which each sync is over only after the answer.
    let late = traced.iter().cloned().map(|mut call| {
        call.ended += u64::from(call.syncs()) * 60_000_000;
        call
    });
    assert_eq!(uncovered(&told, &late.collect::<Vec<_>>(), is_wal), made);
    let syncs = traced.iter().filter(|c| c.syncs() && is_wal(&c.target));
    eprintln!(
        "{made} registrations acknowledged, each after a write and a completed sync of the log; {} syncs",
        syncs.count()
    );
}

/// A tracer at processes that run already; gone when it is dropped.
struct Attached(Child);

impl Attached {
    fn to(mut tracer: Command, processes: &[String]) -> Option<Self> {
        for process in processes {
            tracer.args(["-p", process]);
        }
        let mut tracing = Self(tracer.stderr(Stdio::piped()).spawn().unwrap());
        let mut said = BufReader::new(tracing.0.stderr.take().unwrap()).lines();
        let mut attached = 0;
        while attached < processes.len() {
            let Some(Ok(line)) = said.next() else {
                eprintln!("NOT TRACED, nothing is proven: strace ended");
                return None;
            };
            if line.contains("attach: ") {
                eprintln!("NOT TRACED, nothing is proven: {line}");
                return None;
            }
            attached += usize::from(line.contains("attached"));
        }
        // Whatever else it says is read, so that it never waits.
        std::thread::spawn(move || said.for_each(drop));
        Some(tracing)
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        let id = self.0.id().to_string();
        drop(Command::new("kill").args(["-TERM", &id]).status());
        drop(self.0.wait());
    }
}

/// When the disk does not take a sync nobody is told that it did, nothing of the write is there, and
/// the program goes on by itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_sync_that_fails_is_no_acknowledgement() {
    if server_url().is_some() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (data, trace) = (dir.path().join("data"), dir.path().join("trace"));
    fs::create_dir(&data).unwrap();
    let office = Office::embedded(&data);
    office.open_fair(SLUG, 90_000, "A 1-2").await;
    let mut wire = office.wire().await;
    register(&mut wire, 0).await.expect(201);
    let Some(mut tracer) = tracer(&trace) else {
        return;
    };
    tracer.args(["-e", "inject=fsync,fdatasync:error=EIO"]);
    let id = office.serving.id().to_string();
    let Some(failing) = Attached::to(tracer, &[id]) else {
        return;
    };
    for n in 1..6 {
        let heard = register(&mut wire, n).await;
        assert_eq!((heard.status, heard.code()), (503, "unavailable"));
        assert!(heard.retry_after);
    }
    let seen = wire.get(&format!("/fairs/{SLUG}")).await.unwrap();
    assert_eq!(seen.expect(200)["registered"], 1);
    drop(failing);
    let begun = Instant::now();
    for n in 1..6 {
        register(&mut wire, n).await.expect(201);
    }
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert_eq!(office.serving.stop(), 0);
    crate::crash::whole(&office.told).await;
    let db = office.told.look().await;
    assert_eq!(number(&db, "SELECT count(*) FROM registrations").await, 6);
    db.close().await.unwrap();
}

/// The same of PostgreSQL: how many answers the program gave, and how many of them before the log
/// of the server was synced.
async fn on_server(settings: &str) -> Option<(usize, usize)> {
    let dir = tempfile::tempdir().unwrap();
    let (data, trace) = (dir.path().join("data"), dir.path().join("server"));
    fs::create_dir(&data).unwrap();
    let server = Server::start().await;
    let _attached = Attached::to(tracer(&trace)?, &server.processes())?;
    let office = Office::on(&data, Some(format!("{}{settings}", server.url())));
    office.open_fair(SLUG, 90_000, "A 1-2").await;
    assert_eq!(office.serving.stop(), 0);
    let program = dir.path().join("program");
    let serving = serve_traced(&office.told, &program)?;
    let made = load(&serving.host, &office.token).await;
    assert_eq!(serving.stop(), 0);
    let told = answered(&calls(&fs::read_to_string(&program).unwrap()), "201");
    assert_eq!(told.len(), made);
    let traced = calls(&fs::read_to_string(&trace).unwrap());
    let is_log = |target: &str| target.contains("/pg_wal/");
    Some((made, uncovered(&told, &traced, is_log)))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_of_the_server_was_synced_before() {
    if !cluster::wanted() {
        return;
    }
    let Some((made, early)) = on_server("").await else {
        return;
    };
    assert_eq!(early, 0, "of {made}");
    eprintln!("{made} registrations acknowledged, each after a completed sync of the server's log");
    // The control: a server that answers before it syncs, and syncs now and then.
    let control = on_server("?options=-c%20synchronous_commit%3Doff").await;
    let (made, early) = control.unwrap();
    assert!(
        early > made / 2,
        "{early} of {made}: the trace proves nothing"
    );
    eprintln!("without synchronous_commit {early} of {made} were answered before");
}
