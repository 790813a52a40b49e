//! The database fails under the running program: it is killed, it hangs, another takes its place.
//! Nothing that was answered is lost, nothing is there twice, and meanwhile everybody is told to come
//! again; the program goes on by itself.
use crate::{
    cluster::{Server, Switch, wanted},
    crash,
    crash::number,
    harness::times,
    wire::{Office, SLUG, Wire, person},
};
use futures_util::future::join_all;
use sea_orm::Database;
use serde_json::Value;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{task::JoinSet, time::sleep};

const WRITERS: usize = 8;
/// Within this everybody is answered, whatever happened to the database.
const ANSWERED: Duration = Duration::from_secs(5);

/// What a writer saw.
#[derive(Default)]
struct Seen {
    /// Call and ticket of each registration, answered in the end.
    tickets: Vec<(Value, Value)>,
    refused: usize,
    /// Registrations that stood although their first answer was lost.
    found: usize,
    slowest: Duration,
    /// From the first refusal of a registration to its answer.
    longest: Duration,
}

/// Registers one after the other, each under its key until it is answered.
async fn write(mut wire: Wire, number: usize, enough: Arc<AtomicBool>) -> Seen {
    let mut seen = Seen::default();
    let path = format!("/fairs/{SLUG}/registrations");
    for turn in 0.. {
        if enough.load(Ordering::Relaxed) {
            break;
        }
        let (key, call) = (format!("k-{number}-{turn}"), person(number * 10_000 + turn));
        let first = Instant::now();
        loop {
            let begun = Instant::now();
            let heard = wire.post_once(&path, &key, &call).await.unwrap();
            seen.slowest = seen.slowest.max(begun.elapsed());
            if heard.status == 503 {
                assert!(heard.retry_after && heard.code() == "unavailable");
                seen.refused += 1;
                sleep(Duration::from_millis(200)).await;
                continue;
            }
            seen.found += usize::from(heard.replayed);
            let ticket = heard.expect(201)["ticket"].clone();
            seen.tickets.push((call, ticket));
            seen.longest = seen.longest.max(first.elapsed());
            break;
        }
    }
    seen
}

/// An office under load on a server of its own.
struct Load {
    office: Office,
    enough: Arc<AtomicBool>,
    writers: JoinSet<Seen>,
    _dir: tempfile::TempDir,
}

impl Load {
    async fn on(url: String) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let office = Office::on(dir.path(), Some(url));
        office.open_fair(SLUG, 90_000, "A 1-2").await;
        let (enough, mut writers) = (Arc::new(AtomicBool::new(false)), JoinSet::new());
        for number in 0..WRITERS {
            writers.spawn(write(office.wire().await, number, enough.clone()));
        }
        Self {
            office,
            enough,
            writers,
            _dir: dir,
        }
    }

    fn status(&self, path: &str) -> u16 {
        let host = self.office.serving.host.clone();
        let begun = Instant::now();
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let status = tokio::task::block_in_place(|| self.office.serving.ask(&request).0);
        assert!(begun.elapsed() < ANSWERED, "{path}: {:?}", begun.elapsed());
        status
    }

    /// While the database is away: alive, not ready, and what needs it says so.
    fn is_away(&self) {
        assert_eq!(self.status("/healthz"), 200);
        assert_eq!(self.status("/readyz"), 503);
        assert_eq!(self.status(&format!("/f/{SLUG}")), 503);
        assert_eq!(self.status(&format!("/api/v1/fairs/{SLUG}")), 503);
        assert_eq!(self.status("/healthz"), 200);
    }

    /// How long it took until the program served again.
    async fn is_back(&self) -> Duration {
        let begun = Instant::now();
        while self.status("/readyz") != 200 {
            assert!(begun.elapsed() < Duration::from_secs(10), "not back");
            sleep(Duration::from_millis(50)).await;
        }
        begun.elapsed()
    }

    /// Ends the load; how many registrations were answered, and how many of them are not there.
    async fn lost(mut self) -> (usize, usize) {
        self.enough.store(true, Ordering::Relaxed);
        let (mut answered, mut lost) = (0, 0);
        let mut wire = self.office.wire().await;
        while let Some(seen) = self.writers.join_next().await {
            for (_, ticket) in seen.unwrap().tickets {
                let path = format!("/tickets/{}", ticket["secret"].as_str().unwrap());
                let there = wire.get(&path).await.unwrap();
                assert!([200, 404].contains(&there.status), "{}", there.body);
                answered += 1;
                lost += usize::from(there.status == 404);
            }
        }
        // What is there is whole all the same.
        crash::whole(&self.office.told).await;
        assert_eq!(self.office.serving.stop(), 0);
        (answered, lost)
    }

    /// Ends the load and compares what was answered with what is there.
    async fn settle(mut self, what: String) -> Seen {
        self.enough.store(true, Ordering::Relaxed);
        let mut all = Seen::default();
        while let Some(seen) = self.writers.join_next().await {
            let seen = seen.unwrap();
            all.tickets.extend(seen.tickets);
            all.refused += seen.refused;
            all.found += seen.found;
            all.slowest = all.slowest.max(seen.slowest);
            all.longest = all.longest.max(seen.longest);
        }
        assert!(all.slowest < ANSWERED, "an answer took {:?}", all.slowest);
        let office = &self.office;
        let checks = all.tickets.chunks(200).map(|tickets| async move {
            let mut wire = office.wire().await;
            for (_, ticket) in tickets {
                let secret = ticket["secret"].as_str().unwrap();
                let there = wire.get(&format!("/tickets/{secret}")).await.unwrap();
                assert_eq!(there.expect(200)["code"], ticket["code"]);
            }
        });
        join_all(checks).await;
        let db = self.office.told.look().await;
        let there = crash::number(&db, "SELECT count(*) FROM registrations").await;
        assert_eq!(usize::try_from(there).unwrap(), all.tickets.len());
        db.close().await.unwrap();
        crash::whole(&self.office.told).await;
        eprintln!(
            "{what}: {} registrations answered, all there once; {} answers 503, {} that stood although nobody was told, the slowest answer {:?}, \
             the longest until a registration was answered {:?}",
            all.tickets.len(),
            all.refused,
            all.found,
            all.slowest,
            all.longest
        );
        assert_eq!(self.office.serving.stop(), 0);
        all
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_killed_loses_nothing_that_was_answered() {
    if !wanted() {
        return;
    }
    let mut server = Server::start().await;
    let load = Load::on(server.url()).await;
    let (rounds, mut back) = (times("TEST_ROUNDS", 2), Duration::ZERO);
    for _ in 0..rounds {
        sleep(Duration::from_millis(700)).await;
        server.kill();
        load.is_away();
        server.run().await;
        back = back.max(load.is_back().await);
    }
    sleep(Duration::from_millis(300)).await;
    let seen = load.settle(format!(
        "{rounds} kills of the database, back after {back:?}"
    ));
    let seen = seen.await;
    assert!(seen.tickets.len() > 20 && seen.refused > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_hangs_makes_nobody_wait() {
    if !wanted() {
        return;
    }
    let server = Server::start().await;
    let load = Load::on(server.url()).await;
    sleep(Duration::from_millis(700)).await;
    server.signal("STOP");
    let begun = Instant::now();
    load.is_away();
    assert!(
        begun.elapsed() < ANSWERED,
        "known after {:?}",
        begun.elapsed()
    );
    // Once that is known nobody waits any more.
    let known = Instant::now();
    for _ in 0..5 {
        load.is_away();
    }
    assert!(
        known.elapsed() < Duration::from_secs(1),
        "{:?}",
        known.elapsed()
    );
    sleep(Duration::from_secs(3)).await;
    load.is_away();
    server.signal("CONT");
    let back = load.is_back().await;
    assert!(back < Duration::from_secs(3), "back after {back:?}");
    sleep(Duration::from_millis(500)).await;
    let seen = load.settle(format!("a hanging database, back after {back:?}"));
    let seen = seen.await;
    assert!(seen.tickets.len() > 20 && seen.refused > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_takes_over_with_everything_that_was_answered() {
    if !wanted() {
        return;
    }
    let mut primary = Server::start().await;
    let standby = primary.standby().await;
    let switch = Switch::to(&primary).await;
    let load = Load::on(switch.url()).await;
    sleep(Duration::from_secs(1)).await;
    primary.kill();
    let begun = Instant::now();
    load.is_away();
    // Not yet the server: it reads and does not write.
    switch.move_to(&standby);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(load.status("/readyz"), 503);
    standby.promote().await;
    load.is_back().await;
    let took = begun.elapsed();
    sleep(Duration::from_millis(700)).await;
    let seen = load
        .settle(format!("failover, served again after {took:?}"))
        .await;
    assert!(seen.tickets.len() > 20 && seen.refused > 0);
    assert!(seen.longest < Duration::from_secs(30), "{:?}", seen.longest);
}

/// The control of [`a_standby_takes_over_with_everything_that_was_answered`]: nobody waits for this
/// standby, the way to it is cut, and what was answered from then on is gone with the first server.
#[tokio::test(flavor = "multi_thread")]
async fn a_standby_that_nobody_waits_for_loses_what_was_answered() {
    if !wanted() {
        return;
    }
    let mut primary = Server::start().await;
    let link = Switch::to(&primary).await;
    let standby = primary.standby_through(link.port()).await;
    let switch = Switch::to(&primary).await;
    let load = Load::on(switch.url()).await;
    // What the load stands on is at the standby before the way to it is cut.
    let db = Database::connect(primary.url()).await.unwrap();
    let near = "SELECT count(*) FROM pg_stat_replication \
        WHERE pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn) < 65536";
    let begun = Instant::now();
    while number(&db, near).await == 0 {
        assert!(begun.elapsed() < Duration::from_secs(20), "no standby");
        sleep(Duration::from_millis(100)).await;
    }
    sleep(Duration::from_millis(700)).await;
    link.cut();
    sleep(Duration::from_millis(700)).await;
    primary.kill();
    switch.move_to(&standby);
    standby.promote().await;
    load.is_back().await;
    sleep(Duration::from_millis(700)).await;
    let (answered, lost) = load.lost().await;
    assert!(
        lost > 0 && lost < answered,
        "{lost} of {answered}: the failover proves nothing"
    );
    eprintln!("an asynchronous standby lost {lost} of {answered} answered registrations");
}
