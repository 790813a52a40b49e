//! Three instances of the program on one PostgreSQL: for visitors they are one.
use crate::{
    cli::Serving,
    cluster::wanted,
    crash,
    wire::{ADMIN, Office, PASSWORD, SLUG, Wire, person},
};
use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::future::join_all;
use http_body_util::{BodyExt, Empty};
use hyper::{body::Bytes, client::conn::http1::handshake};
use hyper_util::rt::TokioIo;
use serde_json::json;
use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{net::TcpStream, task::JoinSet, time::sleep};

const INSTANCES: usize = 3;
/// How often the proxy asks whether an instance is ready, and how long one that was asked to stop
/// serves on.
const ASKED: Duration = Duration::from_millis(100);
const LINGER: &[&str] = &["--linger", "4"];

/// Sends each request to one of the instances that said that they are ready. It never tries twice:
/// what fails, fails for the visitor.
#[derive(Default)]
struct Front {
    /// Where each instance is, and whether it is sent visitors.
    places: Mutex<Vec<(String, bool)>>,
    turn: AtomicUsize,
    passed: AtomicUsize,
}

impl Front {
    async fn open(hosts: &[&str]) -> (Arc<Self>, String) {
        let front = Arc::new(Self::default());
        let places = hosts.iter().map(|host| ((*host).to_owned(), true));
        *front.places.lock().unwrap() = places.collect();
        let door = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = door.local_addr().unwrap().to_string();
        let router = Router::new().fallback(pass).with_state(front.clone());
        tokio::spawn(async move { axum::serve(door, router).await.unwrap() });
        tokio::spawn(watch(front.clone()));
        (front, host)
    }

    fn next(&self) -> Option<String> {
        let places = self.places.lock().unwrap();
        let ready: Vec<&String> = places
            .iter()
            .filter_map(|(host, ready)| ready.then_some(host))
            .collect();
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        ready
            .get(turn % ready.len().max(1))
            .map(|host| (*host).clone())
    }

    fn is_ready(&self, n: usize) -> bool {
        self.places.lock().unwrap()[n].1
    }

    /// Another address of an instance; it gets visitors when it says that it is ready.
    fn moved(&self, n: usize, host: &str) {
        self.places.lock().unwrap()[n] = (host.to_owned(), false);
    }
}

async fn send(host: &str, request: Request) -> Option<Response> {
    let stream = TcpStream::connect(host).await.ok()?;
    stream.set_nodelay(true).unwrap();
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await.ok()?;
    tokio::spawn(connection);
    let answer = sender.send_request(request).await.ok()?;
    let (mut parts, body) = answer.into_parts();
    let body = body.collect().await.ok()?.to_bytes();
    // Of this connection alone (RFC 9110 §7.6.1): an instance that stops ends its own.
    parts.headers.remove(header::CONNECTION);
    Some(Response::from_parts(parts, Body::from(body)))
}

async fn pass(State(front): State<Arc<Front>>, request: Request) -> Response {
    front.passed.fetch_add(1, Ordering::Relaxed);
    let answer = match front.next() {
        Some(host) => send(&host, request).await,
        None => None,
    };
    answer.unwrap_or_else(|| StatusCode::BAD_GATEWAY.into_response())
}

async fn watch(front: Arc<Front>) {
    loop {
        for n in 0..INSTANCES {
            let host = front.places.lock().unwrap()[n].0.clone();
            let asked = Request::get("/readyz").header("host", &host);
            let asked = send(&host, asked.body(Body::empty()).unwrap()).await;
            let ready = asked.is_some_and(|answer| answer.status() == StatusCode::OK);
            let mut places = front.places.lock().unwrap();
            if places[n].0 == host {
                places[n].1 = ready;
            }
        }
        sleep(ASKED).await;
    }
}

/// An office with an open fair, served three times.
struct Trio {
    office: Office,
    others: Vec<Serving>,
    _dir: tempfile::TempDir,
}

impl Trio {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let office = Office::anywhere(dir.path()).await;
        office.open_fair(SLUG, 5000, "A 1-8").await;
        let others = (1..INSTANCES).map(|_| office.told.serve(LINGER)).collect();
        Self {
            office,
            others,
            _dir: dir,
        }
    }

    fn hosts(&self) -> Vec<&str> {
        let others = self.others.iter().map(|other| other.host.as_str());
        std::iter::once(self.office.serving.host.as_str())
            .chain(others)
            .collect()
    }

    /// A connection to each of the instances in turn.
    async fn wires(&self, count: usize) -> Vec<Wire> {
        let hosts = self.hosts();
        let wires = (0..count).map(|n| Wire::open(hosts[n % INSTANCES], &self.office.token));
        join_all(wires)
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect()
    }
}

fn registrations() -> String {
    format!("/fairs/{SLUG}/registrations")
}

/// A visitor behind the proxy: registers, and looks at the ticket on whatever instance comes next.
async fn visit(mut wire: Wire, number: usize, enough: Arc<AtomicBool>) -> usize {
    for turn in 0.. {
        if enough.load(Ordering::Relaxed) {
            return turn;
        }
        let (key, call) = (format!("v-{number}-{turn}"), person(number * 10_000 + turn));
        let made = wire.post_once(&registrations(), &key, &call).await.unwrap();
        let ticket = made.expect(201)["ticket"].clone();
        let path = format!("/tickets/{}", ticket["secret"].as_str().unwrap());
        let seen = wire.get(&path).await.unwrap().expect(200);
        assert_eq!(seen["code"], ticket["code"]);
    }
    0
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_are_restarted_one_after_the_other_and_no_request_fails() {
    if !wanted() {
        return;
    }
    let trio = Trio::start().await;
    let (front, host) = Front::open(&trio.hosts()).await;
    let (enough, mut visitors) = (Arc::new(AtomicBool::new(false)), JoinSet::new());
    for number in 0..6 {
        let wire = Wire::open(&host, &trio.office.token).await.unwrap();
        visitors.spawn(visit(wire, number, enough.clone()));
    }
    sleep(Duration::from_millis(500)).await;
    let told = trio.office.told.clone();
    let mut running = trio.others;
    // The first one was started without a word about proxies: it is replaced, not restarted.
    let first = trio.office.serving;
    let again = told.serve(LINGER);
    front.moved(0, &again.host);
    sleep(ASKED * 3).await;
    assert_eq!(tokio::task::block_in_place(|| first.stop()), 0);
    running.insert(0, again);
    for n in 0..INSTANCES {
        let begun = Instant::now();
        while !(0..INSTANCES).all(|n| front.is_ready(n)) {
            assert!(begun.elapsed() < Duration::from_secs(10), "not ready");
            sleep(ASKED).await;
        }
        let stopping = running.remove(n);
        assert_eq!(tokio::task::block_in_place(|| stopping.stop()), 0);
        assert!(!front.is_ready(n));
        let again = tokio::task::block_in_place(|| told.serve(LINGER));
        front.moved(n, &again.host);
        running.insert(n, again);
    }
    sleep(Duration::from_millis(500)).await;
    enough.store(true, Ordering::Relaxed);
    // A visitor whose request failed has ended with it.
    let visits: usize = visitors.join_all().await.into_iter().sum();
    let passed = front.passed.load(Ordering::Relaxed);
    assert_eq!(passed, visits * 2);
    assert!(visits > 50, "{visits}");
    let db = told.look().await;
    let there = crash::number(&db, "SELECT count(*) FROM registrations").await;
    assert_eq!(usize::try_from(there).unwrap(), visits);
    db.close().await.unwrap();
    crash::whole(&told).await;
    eprintln!("rolling restart of {INSTANCES}: {passed} requests, none failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_and_keys_hold_on_every_instance() {
    if !wanted() {
        return;
    }
    let trio = Trio::start().await;
    let all: Vec<&Serving> = std::iter::once(&trio.office.serving)
        .chain(&trio.others)
        .collect();
    let form = [("login", ADMIN), ("password", PASSWORD)];
    let (status, answer) = all[0].post("/sign-in", &form);
    assert_eq!(status, 303);
    let cookie = answer
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: "))
        .and_then(|cookie| cookie.split(';').next())
        .unwrap();
    let ask = |n: usize, method: &str, path: &str| {
        let host = &all[n].host;
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\n\
             Content-Length: 0\r\nConnection: close\r\n\r\n"
        );
        all[n].ask(&request).0
    };
    assert_eq!(
        (ask(1, "GET", "/office"), ask(2, "GET", "/office")),
        (200, 200)
    );
    assert_eq!(ask(1, "POST", "/sign-out"), 303);
    assert_eq!(
        (ask(0, "GET", "/office"), ask(2, "GET", "/office")),
        (303, 303)
    );

    // One intent, sent to all at once: one registration, and everybody hears of the same.
    let mut tasks = JoinSet::new();
    for (n, mut wire) in trio.wires(24).await.into_iter().enumerate() {
        let (key, call) = (format!("intent-{}", n / 6), person(n / 6));
        tasks.spawn(async move { (n / 6, wire.post_once(&registrations(), &key, &call).await) });
    }
    let mut tickets = vec![BTreeSet::new(); 4];
    let mut replayed = 0;
    for (intent, heard) in tasks.join_all().await {
        let heard = heard.unwrap();
        replayed += usize::from(heard.replayed);
        let ticket = heard.expect(201)["ticket"]["secret"].clone();
        tickets[intent].insert(ticket.as_str().unwrap().to_owned());
    }
    assert!(tickets.iter().all(|one| one.len() == 1), "{tickets:?}");
    assert_eq!(replayed, 20);
    let mut elsewhere = trio.wires(3).await.pop().unwrap();
    let other = elsewhere
        .post_once(&registrations(), "intent-0", &person(9))
        .await;
    assert_eq!(other.unwrap().code(), "idempotency_key_reused");
    crash::whole(&trio.office.told).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_never_give_one_booth_twice() {
    if !wanted() {
        return;
    }
    let trio = Trio::start().await;
    let employers = trio.office.employers(30).await;
    for label in ["A01", "A02", "A03", "A04"] {
        let mut tasks = JoinSet::new();
        let wires = trio.wires(employers.len()).await;
        for (mut wire, employer) in wires.into_iter().zip(employers.clone()) {
            let path = format!("/fairs/{SLUG}/booths/{label}/holds");
            tasks.spawn(async move { wire.post(&path, &json!({"employer": employer})).await });
        }
        let heard = tasks.join_all().await.into_iter().map(Result::unwrap);
        let (won, lost): (Vec<_>, Vec<_>) = heard.partition(|heard| heard.status == 201);
        assert_eq!(won.len(), 1, "{label}");
        assert!(lost.iter().all(|heard| heard.status == 409));
    }
    crash::whole(&trio.office.told).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_message_leaves_once_whoever_takes_it() {
    const MESSAGES: usize = 24;
    if !wanted() {
        return;
    }
    let trio = Trio::start().await;
    let mut wires = trio.wires(INSTANCES).await;
    for n in 0..MESSAGES {
        let wire = &mut wires[n % INSTANCES];
        let body = json!({"body": format!("明晚第{n}场在金城公园。")});
        let made = wire
            .post("/announcements", &body)
            .await
            .unwrap()
            .expect(201);
        let path = format!("/announcements/{}/send", made["id"].as_str().unwrap());
        let seen = json!({"version": made["version"]});
        wire.post(&path, &seen).await.unwrap().expect(200);
    }
    let db = trio.office.told.look().await;
    let waiting = "SELECT count(*) FROM outbox WHERE done_at IS NULL";
    let begun = Instant::now();
    while crash::number(&db, waiting).await > 0 {
        assert!(begun.elapsed() < Duration::from_secs(15), "messages wait");
        sleep(ASKED).await;
    }
    let tried = "SELECT sum(attempts)::bigint FROM outbox WHERE topic = 'announcement.send'";
    assert_eq!(
        usize::try_from(crash::number(&db, tried).await).unwrap(),
        MESSAGES
    );
    let files = std::fs::read_dir(trio.office.told.data.join("outbox")).unwrap();
    assert_eq!(files.count(), MESSAGES);
    db.close().await.unwrap();
}

/// The event stream of the fair's public page.
pub async fn watch_fair(host: &str) -> hyper::body::Incoming {
    let stream = TcpStream::connect(host).await.unwrap();
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let request = Request::get(format!("/f/{SLUG}/live")).header("host", host);
    let request = request.body(Empty::<Bytes>::new()).unwrap();
    sender.send_request(request).await.unwrap().into_body()
}

/// When the next event of an open stream comes.
pub async fn next_event(stream: &mut hyper::body::Incoming, begun: Instant) -> Duration {
    loop {
        let frame = tokio::time::timeout(Duration::from_secs(20), stream.frame());
        let frame = frame.await.unwrap().unwrap().unwrap();
        let bytes = frame.into_data().unwrap_or_default();
        if bytes.windows(6).any(|window| window == b"data: ") {
            return begun.elapsed();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_is_one_for_all_instances() {
    if !wanted() {
        return;
    }
    let trio = Trio::start().await;
    let hosts = trio.hosts();
    // As a visitor: staff register on behalf of others without limit.
    let mut here = Wire::open(hosts[0], "").await.unwrap();
    let mut there = Wire::open(hosts[1], "").await.unwrap();
    let call = person(1);
    let mut passed = 0;
    while here.post(&registrations(), &call).await.unwrap().status != 429 {
        passed += 1;
    }
    assert_eq!(passed, 5);
    // For itself the other one would let five pass.
    let mut refused = false;
    for _ in 0..4 {
        sleep(Duration::from_millis(700)).await;
        refused |= there.post(&registrations(), &call).await.unwrap().status == 429;
    }
    assert!(refused);
}

#[tokio::test(flavor = "multi_thread")]
async fn watchers_of_one_instance_see_what_happens_on_another() {
    if !wanted() {
        return;
    }
    let trio = Trio::start().await;
    let mut stream = watch_fair(&trio.others[0].host).await;
    next_event(&mut stream, Instant::now()).await;
    let mut wire = trio.office.wire().await;
    let mut longest = Duration::ZERO;
    for n in 0..5 {
        // At different moments between two looks of the instance.
        sleep(Duration::from_millis(1100 + 370 * n)).await;
        let call = person(usize::try_from(n).unwrap());
        let begun = Instant::now();
        wire.post(&registrations(), &call)
            .await
            .unwrap()
            .expect(201);
        longest = longest.max(next_event(&mut stream, begun).await);
    }
    assert!(longest < Duration::from_secs(2), "{longest:?}");
    eprintln!("a change on another instance is seen after {longest:?} at most");
}
