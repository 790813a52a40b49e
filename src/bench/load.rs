//! Clients that keep their connections: so many at once, each sending one request after another.
use anyhow::{Context, Result, ensure};
use axum::http::{Request, Response, header};
use http_body_util::{BodyExt, Full};
use hyper::{
    body::{Bytes, Incoming},
    client::conn::http1::{SendRequest, handshake},
};
use hyper_util::rt::TokioIo;
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

/// One kept connection.
pub struct Connection(SendRequest<Full<Bytes>>);

/// What came back: status and body.
pub type Answer = (u16, Bytes);

impl Connection {
    pub async fn open(addr: SocketAddr) -> Result<Self> {
        let stream = tokio::net::TcpStream::connect(addr).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "bench connection ended");
            }
        });
        Ok(Self(sender))
    }

    pub async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<Answer> {
        self.0.ready().await?;
        let response: Response<Incoming> = self.0.send_request(request).await?;
        let status = response.status().as_u16();
        Ok((status, response.into_body().collect().await?.to_bytes()))
    }
}

/// A request without a body.
pub fn get(path: &str) -> Result<Request<Full<Bytes>>> {
    Ok(Request::get(path)
        .header(header::HOST, "bench")
        .body(Full::default())?)
}

/// A request without a body, with a bearer token.
pub fn get_as(path: &str, token: &str) -> Result<Request<Full<Bytes>>> {
    let mut request = get(path)?;
    request
        .headers_mut()
        .insert(header::AUTHORIZATION, format!("Bearer {token}").parse()?);
    Ok(request)
}

/// A JSON call, with a bearer token unless that is empty.
pub fn post(path: &str, token: &str, body: &serde_json::Value) -> Result<Request<Full<Bytes>>> {
    let mut request = Request::post(path)
        .header(header::HOST, "bench")
        .header(header::CONTENT_TYPE, "application/json");
    if !token.is_empty() {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    Ok(request.body(Full::new(body.to_string().into()))?)
}

/// What a run of requests came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub took: Duration,
    /// Sorted.
    latencies: Vec<Duration>,
    pub statuses: BTreeMap<u16, usize>,
}

impl Outcome {
    pub fn per_second(&self) -> f64 {
        // Counts of a benchmark stay far below 2^52.
        #[expect(clippy::cast_precision_loss, reason = "a count of requests")]
        let done = self.latencies.len() as f64;
        done / self.took.as_secs_f64()
    }

    /// The latency that `percent` of the requests stayed within.
    pub fn percentile(&self, percent: usize) -> Duration {
        let last = self.latencies.len().saturating_sub(1);
        self.latencies
            .get((self.latencies.len() * percent / 100).min(last))
            .copied()
            .unwrap_or_default()
    }

    /// # Errors
    /// When any request was answered with another status.
    pub fn all(self, status: u16) -> Result<Self> {
        ensure!(
            self.statuses.keys().all(|s| *s == status),
            "expected {status} only, got {:?}",
            self.statuses
        );
        Ok(self)
    }
}

/// Sends `total` requests from `clients` connections; `make` gets the number of the request.
pub async fn run<M>(addr: SocketAddr, clients: usize, total: usize, make: M) -> Result<Outcome>
where
    M: Fn(usize) -> Result<Request<Full<Bytes>>> + Send + Sync + 'static,
{
    let (make, next) = (Arc::new(make), Arc::new(AtomicUsize::new(0)));
    let mut connections = Vec::with_capacity(clients);
    for _ in 0..clients {
        connections.push(Connection::open(addr).await?);
    }
    let start = Instant::now();
    let tasks: Vec<_> = connections
        .into_iter()
        .map(|connection| tokio::spawn(client(connection, make.clone(), next.clone(), total)))
        .collect();
    let (mut latencies, mut statuses) = (Vec::with_capacity(total), BTreeMap::new());
    for task in tasks {
        for (latency, status) in task.await.context("a bench client fell")?? {
            latencies.push(latency);
            *statuses.entry(status).or_default() += 1;
        }
    }
    let took = start.elapsed();
    latencies.sort_unstable();
    Ok(Outcome {
        took,
        latencies,
        statuses,
    })
}

async fn client<M>(
    mut connection: Connection,
    make: Arc<M>,
    next: Arc<AtomicUsize>,
    total: usize,
) -> Result<Vec<(Duration, u16)>>
where
    M: Fn(usize) -> Result<Request<Full<Bytes>>>,
{
    let mut done = Vec::new();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= total {
            return Ok(done);
        }
        let request = make(number)?;
        let sent = Instant::now();
        let (status, _) = connection.send(request).await?;
        done.push((sent.elapsed(), status));
    }
}
