//! 运行指标: what the program counts about itself, for Prometheus. Labels are templates of routes and
//! fixed words, never anything that a visitor wrote, so there are few and none is about a person.
use super::{App, outbox};
use crate::{entity::web_session, error::AppResult};
use prometheus_client::{
    encoding::{EncodeLabelSet, prometheus_text},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
        info::Info,
    },
    registry::{Registry, Unit},
};
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, PaginatorTrait, QueryFilter};
use std::{
    fs,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};
use subtle::ConstantTimeEq;

/// What [`Metrics::text`] is: the format that every version of Prometheus reads.
pub use prometheus_text::CONTENT_TYPE;

#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    registry: Registry,
    requests: Family<Answered, Counter>,
    seconds: Family<Route, Histogram, fn() -> Histogram>,
    under_way: Gauge,
    now: Now,
    started: Instant,
    /// Opens the metrics to whoever is not on this machine.
    token: OnceLock<String>,
}

/// What is looked up when somebody asks.
#[derive(Default)]
struct Now {
    database_up: Gauge,
    database_bytes: Gauge,
    streams: Gauge,
    sessions: Gauge,
    outbox_waiting: Gauge,
    outbox_parked: Gauge,
    memory_bytes: Gauge,
    free_bytes: Gauge,
    uptime_seconds: Gauge,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Answered {
    route: String,
    method: &'static str,
    /// `2xx` and so on.
    status: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Route {
    route: String,
}

/// How busy the writing half of a database is.
#[derive(Clone)]
pub struct Load {
    waiting: Gauge,
    seconds: Histogram,
    groups: Histogram,
}

impl Default for Load {
    fn default() -> Self {
        Self {
            waiting: Gauge::default(),
            seconds: Histogram::new(seconds()),
            groups: Histogram::new(exponential_buckets(1.0, 2.0, 7)),
        }
    }
}

impl Load {
    /// Somebody asks for a write; ends when this is dropped.
    pub fn ask(&self) -> Asked {
        self.waiting.inc();
        Asked {
            load: self.clone(),
            at: Instant::now(),
        }
    }

    /// So many writes shared one commit.
    pub fn committed(&self, writes: usize) {
        self.groups
            .observe(f64::from(u32::try_from(writes).unwrap_or(u32::MAX)));
    }
}

/// A write under way.
pub struct Asked {
    load: Load,
    at: Instant,
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.load.waiting.dec();
        self.load.seconds.observe(self.at.elapsed().as_secs_f64());
    }
}

/// From a millisecond to eight seconds.
fn seconds() -> impl Iterator<Item = f64> {
    exponential_buckets(0.001, 2.0, 14)
}

fn histogram() -> Histogram {
    Histogram::new(seconds())
}

impl Metrics {
    /// Counts from nothing; `load` is that of the database.
    pub fn new(load: &Load) -> Self {
        let mut registry = Registry::with_prefix("nightfair");
        let requests = Family::default();
        let seconds: Family<Route, Histogram, fn() -> Histogram> =
            Family::new_with_constructor(histogram);
        let (under_way, now) = (Gauge::default(), Now::default());
        let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("program", "The running program", version);
        registry.register(
            "requests",
            "Requests answered, by template of the route",
            requests.clone(),
        );
        registry.register_with_unit(
            "request_duration",
            "Time to the head of the answer",
            Unit::Seconds,
            seconds.clone(),
        );
        registry.register(
            "requests_under_way",
            "Requests being answered",
            under_way.clone(),
        );
        registry.register(
            "writes_waiting",
            "Writes asked for and not durable yet",
            load.waiting.clone(),
        );
        registry.register_with_unit(
            "write_duration",
            "Time from asking for a write until it was durable",
            Unit::Seconds,
            load.seconds.clone(),
        );
        registry.register(
            "write_group_size",
            "Writes that shared one commit",
            load.groups.clone(),
        );
        now.register(&mut registry);
        Self(Arc::new(Inner {
            registry,
            requests,
            seconds,
            under_way,
            now,
            started: Instant::now(),
            token: OnceLock::new(),
        }))
    }

    /// From here on the token is asked for, on this machine too. Only the first one counts.
    pub fn lock_with(&self, token: &str) {
        drop(self.0.token.set(token.to_owned()));
    }

    /// Whether somebody may read: with the token when there is one, and otherwise whoever asks
    /// from this machine without a proxy between.
    pub fn open_to(&self, local: bool, bearer: Option<&str>) -> bool {
        match self.0.token.get() {
            None => local,
            Some(token) => bearer.is_some_and(|bearer| {
                let same: bool = bearer.as_bytes().ct_eq(token.as_bytes()).into();
                same
            }),
        }
    }

    /// A request that is being answered, until this is dropped.
    pub fn asked(&self) -> UnderWay {
        self.0.under_way.inc();
        UnderWay(self.0.under_way.clone())
    }

    /// Counts an answer. `route` is the template; requests that meet none have none.
    pub fn answered(&self, route: Option<&str>, method: &str, status: u16, took: Duration) {
        let route = route.unwrap_or("none").to_owned();
        let answered = Answered {
            route: route.clone(),
            method: known(method),
            status: class(status),
        };
        self.0.requests.get_or_create(&answered).inc();
        let seconds = self.0.seconds.get_or_create(&Route { route });
        seconds.observe(took.as_secs_f64());
    }

    /// Everything, as text.
    pub async fn text(&self, app: &App) -> AppResult<String> {
        let now = &self.0.now;
        let known = now.ask(app).await;
        if let Err(error) = &known {
            tracing::warn!(?error, "the database could not be measured");
        }
        now.database_up.set(i64::from(known.is_ok()));
        now.streams.set(whole(app.live.watching()));
        now.memory_bytes.set(resident().unwrap_or_default());
        now.free_bytes.set(app.files.room().map_or(0, whole));
        now.uptime_seconds
            .set(whole(self.0.started.elapsed().as_secs()));
        let mut out = String::new();
        prometheus_text::encode(&mut out, &self.0.registry).map_err(anyhow::Error::from)?;
        Ok(out)
    }
}

impl Now {
    fn register(&self, registry: &mut Registry) {
        let gauges = [
            (
                "database_up",
                "Whether the database answers",
                &self.database_up,
            ),
            (
                "database_bytes",
                "Size of the database",
                &self.database_bytes,
            ),
            ("event_stream_clients", "Open event streams", &self.streams),
            ("sessions", "Sessions that are signed in", &self.sessions),
            (
                "outbox_waiting",
                "Messages to be sent",
                &self.outbox_waiting,
            ),
            (
                "outbox_parked",
                "Messages that were given up",
                &self.outbox_parked,
            ),
            ("memory_bytes", "Memory of the program", &self.memory_bytes),
            (
                "free_bytes",
                "Room left on the disk of the data folder",
                &self.free_bytes,
            ),
            (
                "uptime_seconds",
                "Time since the program started",
                &self.uptime_seconds,
            ),
        ];
        for (name, help, gauge) in gauges {
            registry.register(name, help, gauge.clone());
        }
    }

    async fn ask(&self, app: &App) -> AppResult<()> {
        let db = app.db.read();
        let (waiting, parked) = outbox::waiting(db, app.settings.office).await?;
        self.outbox_waiting.set(whole(waiting));
        self.outbox_parked.set(whole(parked));
        let sessions = web_session::Entity::find()
            .filter(web_session::Column::ExpiresAt.gt(app.db.now()))
            .count(db)
            .await?;
        self.sessions.set(whole(sessions));
        let size = match db.get_database_backend() {
            DbBackend::Postgres => "SELECT pg_database_size(current_database())",
            _ => "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
        };
        let size = sea_orm::Statement::from_string(db.get_database_backend(), size);
        if let Some(row) = db.query_one_raw(size).await? {
            self.database_bytes.set(row.try_get_by_index(0)?);
        }
        Ok(())
    }
}

/// Counts as long as it lives, however the request ends.
pub struct UnderWay(Gauge);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.dec();
    }
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Anybody can write any word for a method.
fn known(method: &str) -> &'static str {
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    known
        .into_iter()
        .find(|known| *known == method)
        .unwrap_or("other")
}

fn class(status: u16) -> &'static str {
    match status {
        100..=199 => "1xx",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    }
}

/// Bytes of memory that the program holds, where Linux tells it.
fn resident() -> Option<i64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: i64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_opens_and_locks() {
        let metrics = Metrics::new(&Load::default());
        assert!(metrics.open_to(true, None));
        assert!(!metrics.open_to(false, None));
        assert!(!metrics.open_to(false, Some("")));
        metrics.lock_with("s3cret");
        assert!(metrics.open_to(false, Some("s3cret")));
        assert!(!metrics.open_to(true, None));
        assert!(!metrics.open_to(true, Some("s3cre")));
    }

    #[test]
    fn words_of_strangers_make_no_label() {
        assert_eq!(known("BREW"), "other");
        assert_eq!(class(799), "5xx");
    }
}
