//! A pooler that hands a connection to the server on after each transaction (PgBouncer,
//! `pool_mode = transaction`): many instances share few connections, and nothing is different.
use crate::{
    cluster::{self, Server},
    crash,
    instances::{next_event, watch_fair},
    wire::{Office, SLUG, Told, Wire, person},
};
use serde_json::json;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Child,
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio::task::JoinSet;

/// Connections to the server that all clients of the pooler share.
const SHARED: usize = 4;
const CLIENTS: usize = 24;
const EACH: usize = 5;

struct Pooler {
    running: Child,
    port: u16,
    _dir: TempDir,
}

impl Pooler {
    /// `None`, with the reason, where there is no PgBouncer.
    async fn before(server: &Server) -> Option<Self> {
        let places = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"].map(PathBuf::from);
        let Some(program) = places.iter().find(|place| place.is_file()) else {
            eprintln!("NOT TRIED, there is no pgbouncer");
            return None;
        };
        let (dir, port) = (cluster::folder(), cluster::free_port());
        let settings = dir.path().join("pgbouncer.ini");
        fs::write(dir.path().join("users.txt"), "\"nightfair\" \"\"\n").unwrap();
        fs::write(&settings, ini(server.port(), port, dir.path())).unwrap();
        let mut command = cluster::unprivileged(program);
        let running = command.arg(&settings).spawn().unwrap();
        let pooler = Self {
            running,
            port,
            _dir: dir,
        };
        let begun = Instant::now();
        while tokio::net::TcpStream::connect(("127.0.0.1", port))
            .await
            .is_err()
        {
            assert!(begun.elapsed() < Duration::from_secs(10), "no pooler");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Some(pooler)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        drop(self.running.kill());
        drop(self.running.wait());
    }
}

/// As the README says it for operators.
fn ini(server: u16, port: u16, dir: &Path) -> String {
    let users = dir.join("users.txt");
    format!(
        "[databases]\n* = host=127.0.0.1 port={server}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
         unix_socket_dir =\nauth_type = trust\nauth_file = {}\npool_mode = transaction\nignore_startup_parameters = extra_float_digits\ndefault_pool_size = {SHARED}\n\
         server_reset_query = DISCARD ALL\nserver_reset_query_always = 1\n",
        users.display()
    )
}

/// One visitor: registers, looks at the ticket and at pages, comes in.
async fn visit(mut wire: Wire, number: usize) {
    for turn in 0..EACH {
        let key = format!("pool-{number}-{turn}");
        let path = format!("/fairs/{SLUG}/registrations");
        let call = person(number * 100 + turn);
        let made = wire.post_once(&path, &key, &call).await.unwrap();
        let ticket = made.expect(201)["ticket"].clone();
        let again = wire.post_once(&path, &key, &call).await.unwrap();
        assert!(again.replayed);
        let path = format!("/tickets/{}", ticket["secret"].as_str().unwrap());
        let seen = wire.get(&path).await.unwrap().expect(200);
        assert_eq!(seen["code"], ticket["code"]);
        let scan = json!({"code": ticket["code"], "gate": "东门", "nonce": key});
        let path = format!("/fairs/{SLUG}/check-ins");
        let scanned = wire.post(&path, &scan).await.unwrap();
        assert!([200, 201].contains(&scanned.status), "{}", scanned.body);
        for path in [
            format!("/fairs/{SLUG}"),
            format!("/fairs/{SLUG}/tally"),
            "/cases?limit=5".to_owned(),
        ] {
            wire.get(&path).await.unwrap().expect(200);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_that_shares_connections_makes_no_difference() {
    if !cluster::wanted() {
        return;
    }
    let server = Server::start().await;
    let Some(pooler) = Pooler::before(&server).await else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let office = Office::at(Told {
        data: dir.path().to_owned(),
        database: Some(cluster::url(pooler.port)),
        direct: Some(server.url()),
    });
    let other = office.told.serve(&[]);
    office.open_fair(SLUG, 5000, "A 1-4").await;
    let mut tasks = JoinSet::new();
    for number in 0..CLIENTS {
        let host = [&office.serving.host, &other.host][number % 2];
        let wire = Wire::open(host, &office.token).await.unwrap();
        tasks.spawn(visit(wire, number));
    }
    tasks.join_all().await;
    let db = office.told.look().await;
    let open = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";
    let open = usize::try_from(crash::number(&db, open).await).unwrap();
    db.close().await.unwrap();
    // Beside the shared ones each instance has its heart, its ear, and what it opened to migrate.
    assert!(open <= SHARED + 2 * 3, "{open} connections to the server");

    // What is done on one is seen on the other: the ear goes past the pooler.
    let mut stream = watch_fair(&other.host).await;
    next_event(&mut stream, Instant::now()).await;
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let mut wire = office.wire().await;
    let begun = Instant::now();
    let path = format!("/fairs/{SLUG}/registrations");
    wire.post(&path, &person(77_777)).await.unwrap().expect(201);
    let seen = next_event(&mut stream, begun).await;
    assert!(seen < Duration::from_secs(2), "{seen:?}");
    assert_eq!((office.serving.stop(), other.stop()), (0, 0));
    crash::whole(&office.told).await;
    eprintln!(
        "{} visits of two instances over {SHARED} shared connections, {open} at the server; a change is seen after {seen:?}",
        CLIENTS * EACH
    );
}
