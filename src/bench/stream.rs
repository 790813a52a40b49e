//! So many clients on one event stream: what each costs, and when the last of them has a change.
use super::{
    load::{self, Answer, Connection},
    report::{Row, milliseconds},
    stage::{Stage, person},
};
use anyhow::{Context, Result, bail, ensure};
use axum::http::Request;
use http_body_util::Full;
use hyper::body::Bytes;
use serde_json::json;
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

/// Files that each of the processes needs besides its clients.
const OWN_FILES: usize = 200;
/// Until the news of opening the streams have run dry.
const SETTLE: Duration = Duration::from_secs(3);

/// One of the two programs: where its stream is, what changes something, what it weighs.
struct Side<'a> {
    addr: SocketAddr,
    path: String,
    touch: Request<Full<Bytes>>,
    kilobytes: &'a dyn Fn() -> Result<u64>,
}

/// What a change came to.
struct Fan {
    /// From the change to the first and to the last client that has it.
    first: Duration,
    last: Duration,
    kilobytes_each: f64,
}

/// Opens as many clients as asked and allowed on both programs, one after the other.
pub async fn measure(stage: &Stage, wanted: usize) -> Result<Vec<Row>> {
    let clients = wanted.min(files()?.saturating_sub(OWN_FILES));
    let bare = fan(
        Side {
            addr: stage.limit,
            path: "/events".into(),
            touch: load::post("/touch", "", &json!({}))?,
            kilobytes: &|| stage.limit_kilobytes(),
        },
        clients,
    )
    .await
    .context("the bare stream")?;
    let registrations = format!("/api/v1/fairs/{}/registrations", stage.fair);
    let ours = fan(
        Side {
            addr: stage.product,
            path: format!("/f/{}/live", stage.fair),
            touch: load::post(&registrations, "", &person(stage.people(1)))?,
            kilobytes: &|| stage.resident_kilobytes(),
        },
        clients,
    )
    .await
    .context("the stream of the fair")?;
    let spread = ours.last.saturating_sub(ours.first);
    let row = |work: &str, fan: &Fan, limit: Option<(String, f64)>, note: String| Row {
        work: work.to_owned(),
        clients,
        p50_ms: milliseconds(fan.first),
        p99_ms: milliseconds(fan.last),
        limit,
        note: format!("{note}; {:.1} KiB a client", fan.kilobytes_each),
        ..Row::default()
    };
    let ratio = spread.as_secs_f64() / bare.last.as_secs_f64();
    let told = format!(
        "first and last client after the change, at most one a second; fanned out in {:.0} ms",
        milliseconds(spread)
    );
    Ok(vec![
        row(
            "limit: bare broadcast",
            &bare,
            None,
            "first and last client".into(),
        ),
        row(
            "event stream of a fair",
            &ours,
            Some(("the time of the bare broadcast".into(), ratio)),
            told,
        ),
    ])
}

async fn fan(side: Side<'_>, clients: usize) -> Result<Fan> {
    let idle = (side.kilobytes)()?;
    let watch = Watch::open(side.addr, &side.path, clients).await?;
    let grown = (side.kilobytes)()?.saturating_sub(idle);
    watch.forget();
    let mut connection = Connection::open(side.addr).await?;
    let changed = watch.begun.elapsed();
    let (status, _): Answer = connection.send(side.touch).await?;
    ensure!((200..300).contains(&status), "the change: {status}");
    let (first, last) = watch.all().await?;
    // Kilobytes and clients stay far below 2^52.
    #[expect(clippy::cast_precision_loss, reason = "small counts")]
    let kilobytes_each = grown as f64 / clients.max(1) as f64;
    Ok(Fan {
        first: first.saturating_sub(changed),
        last: last.saturating_sub(changed),
        kilobytes_each,
    })
}

/// Open streams, and when each of them brought something first since it was forgotten.
struct Watch {
    begun: Instant,
    heard: Arc<Vec<AtomicU64>>,
    _clients: JoinSet<Result<()>>,
}

impl Watch {
    /// Opens the streams and waits until every one has brought the present state and is quiet.
    async fn open(addr: SocketAddr, path: &str, clients: usize) -> Result<Self> {
        let heard: Arc<Vec<AtomicU64>> =
            Arc::new((0..clients).map(|_| AtomicU64::new(0)).collect());
        let (begun, mut tasks) = (Instant::now(), JoinSet::new());
        for number in 0..clients {
            let mut stream = TcpStream::connect(addr).await?;
            let ask =
                format!("GET {path} HTTP/1.1\r\nhost: bench\r\naccept: text/event-stream\r\n\r\n");
            stream.write_all(ask.as_bytes()).await?;
            tasks.spawn(follow(stream, heard.clone(), number, begun));
        }
        let watch = Self {
            begun,
            heard,
            _clients: tasks,
        };
        watch.all().await?;
        tokio::time::sleep(SETTLE).await;
        Ok(watch)
    }

    fn forget(&self) {
        self.heard
            .iter()
            .for_each(|at| at.store(0, Ordering::Release));
    }

    /// When the first and the last of them heard, once all have.
    async fn all(&self) -> Result<(Duration, Duration)> {
        for _ in 0..6000 {
            let times = self.heard.iter().map(|at| at.load(Ordering::Acquire));
            let (first, last) = times.fold((u64::MAX, 0), |(first, last), at| {
                (first.min(at), last.max(at))
            });
            if first > 0 {
                return Ok((Duration::from_micros(first), Duration::from_micros(last)));
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let silent = self
            .heard
            .iter()
            .filter(|at| at.load(Ordering::Acquire) == 0);
        bail!(
            "{} of {} clients heard nothing",
            silent.count(),
            self.heard.len()
        )
    }
}

async fn follow(
    mut stream: TcpStream,
    heard: Arc<Vec<AtomicU64>>,
    number: usize,
    begun: Instant,
) -> Result<()> {
    let mut chunk = [0; 2048];
    loop {
        let read = stream.read(&mut chunk).await?;
        ensure!(read > 0, "a stream ended");
        // A beat brings nothing.
        let news = String::from_utf8_lossy(&chunk[..read]).contains("data: ");
        let now = u64::try_from(begun.elapsed().as_micros())?.max(1);
        // Only the first of several pieces counts.
        if let Some(at) = heard.get(number)
            && news
            && at.load(Ordering::Acquire) == 0
        {
            at.store(now, Ordering::Release);
        }
    }
}

/// Files that this process, and the two it started, may open.
fn files() -> Result<usize> {
    let limits = std::fs::read_to_string("/proc/self/limits")?;
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max open files"));
    let soft = line.and_then(|line| line.split_whitespace().nth(3));
    Ok(soft
        .context("no limit of open files")?
        .parse()
        .unwrap_or(usize::MAX))
}
