//! The big screen through a night: it does not grow, it says when it is behind, it shows the result in
//! the morning, and its stream lets everybody go.
use crate::{
    browser::{Browser, DESK, WALL, word},
    harness::{EVENING, TestApp, times},
    tally_make::{SMALL, World},
    wire::{ADMIN, Office, PASSWORD, SLUG, person},
};
use chrono::TimeDelta;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// Lets a test speak for the stream, and makes the page's pauses short.
const IN_HAND: &str = "
const Real = window.EventSource, later = window.setTimeout;
window.EventSource = class extends Real { constructor(address) { super(address); window.feed = this; } };
window.setTimeout = (what, pause) => later(what, pause / 200);
window.changes = async count => {
  for (let n = 0; n < count; n += 1) {
    const frame = document.querySelector('.frame');
    for (let m = 0; m < 3; m += 1) window.feed.dispatchEvent(new MessageEvent('message', {data: '{}'}));
    while (document.querySelector('.frame') === frame) await new Promise(done => later(done, 5));
  }
};";

/// What a page holds on to.
async fn held(browser: &Browser) -> BTreeMap<String, f64> {
    for _ in 0..2 {
        browser.cdp("HeapProfiler.collectGarbage", json!({})).await;
    }
    let metrics = browser.cdp("Performance.getMetrics", json!({})).await;
    let metrics = metrics["metrics"].as_array().unwrap().iter();
    metrics
        .map(|one| {
            (
                one["name"].as_str().unwrap().to_owned(),
                one["value"].as_f64().unwrap(),
            )
        })
        .collect()
}

/// So many times three events, each time with a new picture; a minute passes every now and then.
async fn live_through(browser: &Browser, app: &TestApp, changes: usize) {
    const AT_ONCE: usize = 50;
    for _ in 0..changes.div_ceil(AT_ONCE) {
        let go = json!({"expression": format!("changes({AT_ONCE})"), "awaitPromise": true});
        let done = browser.cdp("Runtime.evaluate", go).await;
        assert!(done["exceptionDetails"].is_null(), "{done}");
        app.clock.advance(TimeDelta::seconds(59));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_night_of_changes_leaves_nothing_behind() {
    let (app, host) = TestApp::served_at(EVENING).await;
    let world = World::make(&app, 31, SMALL).await;
    let browser = Browser::open(&host).await;
    browser.size(WALL).await;
    browser
        .cdp(
            "Page.addScriptToEvaluateOnNewDocument",
            json!({"source": IN_HAND}),
        )
        .await;
    browser.cdp("Performance.enable", json!({})).await;
    browser.go(&format!("/f/{}/screen", world.slug)).await;
    live_through(&browser, &app, 200).await;
    let early = held(&browser).await;
    live_through(&browser, &app, times("TEST_CHANGES", 1000)).await;
    let late = held(&browser).await;
    for (what, spare) in [
        ("Nodes", 200.0),
        ("JSEventListeners", 0.0),
        ("Documents", 1.0),
        ("Frames", 0.0),
        // Compiled code and caches of the engine come and go; a picture is 50 kB.
        ("JSHeapUsedSize", 1_500_000.0),
    ] {
        assert!(
            late[what] <= early[what] + spare,
            "{what} grew from {} to {}",
            early[what],
            late[what]
        );
    }
    browser.close().await;
}

/// A cable between a browser and the program, which can be pulled.
struct Cable {
    host: String,
    plugged: Arc<Mutex<Option<JoinSet<()>>>>,
}

impl Cable {
    async fn to(host: &str) -> Self {
        let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = door.local_addr().unwrap().to_string();
        let plugged = Arc::new(Mutex::new(Some(JoinSet::new())));
        let (host, lines) = (host.to_owned(), plugged.clone());
        tokio::spawn(async move {
            loop {
                let (mut near, _) = door.accept().await.unwrap();
                let host = host.clone();
                // Whoever comes while it is pulled is turned away.
                if let Some(lines) = lines.lock().unwrap().as_mut() {
                    lines.spawn(async move {
                        let mut far = TcpStream::connect(&host).await.unwrap();
                        drop(copy_bidirectional(&mut near, &mut far).await);
                    });
                }
            }
        });
        Self { host: own, plugged }
    }

    fn pull(&self) {
        *self.plugged.lock().unwrap() = None;
    }

    fn plug_in(&self) {
        *self.plugged.lock().unwrap() = Some(JoinSet::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stamp_says_when_the_feed_breaks_and_the_screen_comes_back_by_itself() {
    let (app, host) = TestApp::served_at(EVENING).await;
    let world = World::make(&app, 32, SMALL).await;
    let cable = Cable::to(&host).await;
    let browser = Browser::open(&cable.host).await;
    browser.size(WALL).await;
    browser.go(&format!("/f/{}/screen", world.slug)).await;
    browser.sees(&word("tally.screen.fresh")).await;
    browser
        .until("!document.querySelector('.s-meta .stale')")
        .await;
    // The page that a script keeps fresh does not go away to be loaded again.
    assert_eq!(
        browser
            .ask("return document.querySelectorAll('meta[http-equiv]').length")
            .await,
        0
    );
    cable.pull();
    browser
        .until("document.querySelector('.s-meta .stale')")
        .await;
    browser.sees(&word("tally.screen.stale")).await;
    cable.plug_in();
    browser
        .until("!document.querySelector('.s-meta .stale')")
        .await;
    browser.sees(&word("tally.screen.fresh")).await;
    browser.forgive().await;
    browser.close().await;
}

/// What does not lie within its card, or the card within the picture.
const SPILT: &str = "
const out = [], wide = innerWidth, high = innerHeight;
for (const card of document.querySelectorAll('.s-card, .s-top > *')) {
  const own = card.getBoundingClientRect();
  if (own.right > wide + 1 || own.bottom > high + 1 || own.left < -1 || own.top < -1) out.push('outside: ' + card.textContent.slice(0, 40));
  if (card.scrollHeight > card.clientHeight + 2) out.push('too full: ' + card.textContent.slice(0, 40));
}
if (document.documentElement.scrollWidth > wide || document.documentElement.scrollHeight > high) out.push('the picture can be pushed');
return out;";

#[tokio::test(flavor = "multi_thread")]
async fn evening_midnight_and_the_morning_after_fit_every_wall() {
    let (app, host) = TestApp::served_at(EVENING).await;
    let world = World::make(&app, 33, SMALL).await;
    let browser = Browser::open(&host).await;
    let path = format!("/f/{}/screen", world.slug);
    for (name, at) in [
        ("evening", EVENING),
        ("midnight", "2026-07-19T16:00:30Z"),
        ("morning", "2026-07-19T23:10:00Z"),
    ] {
        app.clock.set(at);
        for lang in ["zh-CN", "en"] {
            browser.go(&format!("{path}?lang={lang}")).await;
            for size in [(1280, 720), WALL, (3840, 2160)] {
                browser.size(size).await;
                let spilt = browser.ask(SPILT).await;
                assert_eq!(spilt, json!([]), "{name} in {lang} at {size:?}");
                browser.picture(&format!("wall-{name}-{lang}"), size).await;
            }
        }
        browser.go(&format!("{path}?lang=zh-CN")).await;
        let over = name != "evening";
        let text = browser.text().await;
        assert_eq!(
            text.contains(&word("tally.screen.final")),
            over,
            "{name}: {text}"
        );
        assert_eq!(
            text.contains(&word("tally.measure.entries")),
            over,
            "{name}: {text}"
        );
        assert_eq!(
            text.contains(&word("tally.screen.fresh")),
            !over,
            "{name}: {text}"
        );
        // The figures of the evening stay; the day above them is today's.
        assert!(text.contains(&word("tally.ladder")), "{name}: {text}");
        let today = if over { "7月20日" } else { "7月19日" };
        assert!(text.contains(today), "{name}: {text}");
        for secret in ["小明", "王**", "T33"] {
            assert!(!text.contains(secret), "{name}: {secret}");
        }
    }
    // Whoever runs no script gets the whole picture again each minute.
    let page = app.visitor().get(&path).await.expect(200).text();
    assert!(page.contains("<noscript><meta http-equiv=\"refresh\" content=\"60\"></noscript>"));
    browser.size(DESK).await;
    browser.close().await;
}

/// A client of the stream that says which event it has.
struct Watcher {
    lines: BufReader<TcpStream>,
}

impl Watcher {
    async fn open(host: SocketAddr, seen: Option<u64>) -> Self {
        let mut stream = TcpStream::connect(host).await.unwrap();
        let seen = seen.map_or(String::new(), |id| format!("last-event-id: {id}\r\n"));
        let ask = format!("GET /f/{SLUG}/live HTTP/1.1\r\nhost: {host}\r\n{seen}\r\n");
        stream.write_all(ask.as_bytes()).await.unwrap();
        Self {
            lines: BufReader::new(stream),
        }
    }

    /// Number and content of the next event that brings something.
    async fn event(&mut self) -> (u64, Value) {
        let mut id = 0;
        loop {
            let mut line = String::new();
            let read = self.lines.read_line(&mut line);
            let read = tokio::time::timeout(Duration::from_mins(1), read).await;
            assert!(read.unwrap().unwrap() > 0, "the stream ended");
            if let Some(number) = line.strip_prefix("id: ") {
                id = number.trim().parse().unwrap();
            }
            if let Some(data) = line.strip_prefix("data: ") {
                return (id, serde_json::from_str(data).unwrap());
            }
        }
    }
}

/// Asks until the number of open streams is that, as the program tells whoever watches over it.
async fn streams(office: &Office, expected: usize) {
    let told = format!("nightfair_event_stream_clients {expected}");
    let mut seen = String::new();
    for _ in 0..200 {
        let (_, metrics) = office.serving.get("/metrics");
        let line = metrics
            .lines()
            .find(|line| line.starts_with("nightfair_event_stream_clients"));
        line.unwrap_or_default().clone_into(&mut seen);
        if seen == told {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{seen}, not {told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_behind_others_leave_the_lines_to_the_one_in_front_and_catch_up() {
    let dir = tempfile::tempdir().unwrap();
    let office = Office::anywhere(dir.path()).await;
    office.open_fair(SLUG, 1000, "A 1-4").await;
    let browser = Browser::open(&office.serving.host).await;
    browser.sign_in(ADMIN, PASSWORD).await;
    let tally = format!("/office/fairs/{SLUG}/tally");
    browser.go(&tally).await;
    let part = "document.querySelector('[data-part]').innerHTML";
    browser.ask(&format!("window.before = {part}")).await;
    streams(&office, 1).await;
    let first = browser.front().await;
    // A browser has six lines to a server.
    for _ in 0..7 {
        browser.another().await;
        browser.go(&tally).await;
    }
    streams(&office, 1).await;
    let registrations = format!("/fairs/{SLUG}/registrations");
    let mut wire = office.stranger().await;
    let done = wire.post(&registrations, &person(1)).await.unwrap();
    done.expect(201);
    browser.turn_to(first).await;
    browser.until(&format!("{part} !== window.before")).await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hundreds_who_watch_all_get_the_change_and_are_let_go() {
    let dir = tempfile::tempdir().unwrap();
    let office = Office::anywhere(dir.path()).await;
    office.open_fair(SLUG, 1000, "A 1-4").await;
    let host: SocketAddr = office.serving.host.parse().unwrap();
    let count = times("TEST_WATCHERS", 300);
    let mut watchers = Vec::new();
    for _ in 0..count {
        watchers.push(Watcher::open(host, None).await);
    }
    let mut before = 0;
    for watcher in &mut watchers {
        let (id, board) = watcher.event().await;
        assert_eq!(board["registered"], 0);
        before = before.max(id);
    }
    streams(&office, count).await;
    let mut wire = office.wire().await;
    let path = format!("/fairs/{SLUG}/registrations");
    wire.post(&path, &person(1)).await.unwrap().expect(201);
    for watcher in &mut watchers {
        let (id, board) = watcher.event().await;
        assert!(id > before && board["registered"] == 1, "{id}: {board}");
    }
    // Whoever comes back gets the whole picture at once, whatever it saw last, also of a program
    // that was another then.
    watchers.truncate(count / 2);
    streams(&office, watchers.len()).await;
    for seen in [Some(before), Some(before + 1), Some(999_999), None] {
        let mut back = Watcher::open(host, seen).await;
        let (_, board) = back.event().await;
        assert_eq!(board["registered"], 1, "after {seen:?}");
    }
    drop(watchers);
    streams(&office, 0).await;
}
