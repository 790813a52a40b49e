//! The gate on a steward's telephone: a camera sees tickets, the server goes away, the browser dies,
//! and nothing is lost or counted twice.
use crate::{
    browser::{Browser, PHONE, word},
    cli::Serving,
    wire::{ADMIN, Office, PASSWORD, SLUG, Told, person},
};
use image::GrayImage;
use nightfair::{domain::ticket::Code, platform::qr};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

const STEWARD: &str = "liming";

/// A film of one still picture, as a camera gives it: `FRAME` after `FRAME` of brightness and two
/// planes without colour.
fn film(file: &Path, shows: Option<&str>) {
    let mut frame = GrayImage::from_pixel(640, 480, image::Luma([96]));
    if let Some(text) = shows {
        let code = image::load_from_memory(&qr::png(text, 8).unwrap()).unwrap();
        let code = code.to_luma8();
        let (x, y) = ((640 - code.width()) / 2, (480 - code.height()) / 2);
        image::imageops::overlay(&mut frame, &code, i64::from(x), i64::from(y));
    }
    let mut bytes = b"YUV4MPEG2 W640 H480 F5:1 Ip A1:1 C420\nFRAME\n".to_vec();
    bytes.extend(frame.as_raw());
    bytes.extend(vec![128; 640 * 480 / 2]);
    std::fs::write(file, bytes).unwrap();
}

fn camera(film: &Path) -> Vec<String> {
    vec![
        "--use-fake-device-for-media-stream".into(),
        "--use-fake-ui-for-media-stream".into(),
        format!("--use-file-for-fake-video-capture={}", film.display()),
    ]
}

/// A square with two gates, a steward, tickets.
struct Square {
    told: Told,
    serving: Option<Serving>,
    host: String,
    dir: tempfile::TempDir,
    /// The address in the code of each ticket, and the code for typing.
    tickets: Vec<(String, String)>,
}

impl Square {
    async fn open(tickets: usize) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let office = Office::anywhere(dir.path()).await;
        office.open_fair(SLUG, 100, "A 1-4").await;
        office.account(STEWARD, "李明", "gate_steward");
        let host = office.serving.host.clone();
        let mut wire = office.wire().await;
        let path = format!("/fairs/{SLUG}/registrations");
        let mut made = Vec::new();
        for n in 1..=tickets {
            let ticket = wire.post(&path, &person(n)).await.unwrap().expect(201);
            let field = |name: &str| ticket["ticket"][name].as_str().unwrap().to_owned();
            let address = format!("HTTP://{}/T/{}", host.to_uppercase(), field("secret"));
            made.push((address, field("code")));
        }
        Self {
            told: office.told.clone(),
            serving: Some(office.serving),
            host,
            dir,
            tickets: made,
        }
    }

    fn profile(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Plays a film of one ticket, or of nothing.
    fn film(&self, name: &str, shows: Option<&str>) -> Vec<String> {
        let file = self.dir.path().join(name);
        film(&file, shows);
        camera(&file)
    }

    fn stop(&mut self) {
        self.serving = None;
    }

    fn start(&mut self) {
        self.serving = Some(self.told.serve_at(&self.host, &[]));
    }

    /// One number from the database, past the program.
    async fn number(&self, sql: &str) -> i64 {
        let db = self.told.look().await;
        let backend = db.get_database_backend();
        let row = db
            .query_one_raw(Statement::from_string(backend, sql.to_owned()))
            .await;
        row.unwrap().unwrap().try_get_by_index(0).unwrap()
    }

    /// Scans kept, persons who came, persons inside.
    async fn counts(&self) -> (i64, i64, i64) {
        let scans = "SELECT COUNT(*) FROM check_ins";
        let came = "SELECT COUNT(*) FROM registrations WHERE first_in_at IS NOT NULL";
        let inside = "SELECT inside FROM fairs";
        (
            self.number(scans).await,
            self.number(came).await,
            self.number(inside).await,
        )
    }
}

fn gate_page(gate: &str) -> String {
    format!("/gate/{SLUG}?gate={gate}")
}

/// Waits for what the scanner says of itself.
async fn waits(browser: &Browser, attribute: &str, value: &str) {
    let expression =
        format!("document.getElementById('scanner')?.dataset.{attribute} === '{value}'");
    let begun = Instant::now();
    while browser.ask(&format!("return !!({expression})")).await != json!(true) {
        let state = browser
            .ask("return JSON.stringify(document.getElementById('scanner')?.dataset)")
            .await;
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "{expression}: {state}\n{}",
            browser.text().await
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Waits until the page is kept for hard times.
async fn kept(browser: &Browser) {
    waits(browser, "worker", "ready").await;
    let look = "caches.match(document.getElementById('scanner').dataset.page).then(r => { window.keptPage = !!r; }); return !!window.keptPage";
    let begun = Instant::now();
    while browser.ask(look).await != json!(true) {
        assert!(begun.elapsed() < Duration::from_secs(15), "not kept");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn badge(browser: &Browser) -> Value {
    browser
        .ask("return document.getElementById('net').textContent")
        .await
}

/// Types a code at the gate and waits for its verdict.
async fn types(browser: &Browser, code: &str, verdict: &str) {
    let scans = "document.getElementById('scanner').dataset.scans || '0'";
    let before = browser.ask(&format!("return {scans}")).await;
    browser.fill("entry", code).await;
    browser
        .ask("document.querySelector('#entry-form button[value=in]').click(); return 1")
        .await;
    browser
        .until(&format!("({scans}) !== '{}'", before.as_str().unwrap()))
        .await;
    waits(browser, "verdict", verdict).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_scan_survives_the_loss_of_server_and_browser() {
    let mut square = Square::open(2).await;
    let profile = square.profile("phone");
    let first = square.film("first.y4m", Some(&square.tickets[0].0));
    let second = square.film("second.y4m", Some(&square.tickets[1].0));
    let nothing = square.film("nothing.y4m", None);

    let browser = Browser::start(&square.host, Some(&profile), &first).await;
    browser.sign_in(STEWARD, PASSWORD).await;
    browser.go(&gate_page("东门")).await;
    waits(&browser, "verdict", "admitted").await;
    browser.sees(&word("seeker.verdict.admitted")).await;
    waits(&browser, "list", "2").await;
    waits(&browser, "waiting", "0").await;
    kept(&browser).await;
    assert_eq!(badge(&browser).await, word("seeker.scanner.on"));
    browser.look("gate-camera", PHONE).await;
    assert_eq!(square.counts().await, (1, 1, 1));
    browser.close().await;

    // The server is gone and the telephone was switched off and on.
    square.stop();
    let browser = Browser::start(&square.host, Some(&profile), &second).await;
    browser.go(&gate_page("东门")).await;
    waits(&browser, "verdict", "admitted").await;
    browser.sees(&word("seeker.scanner.offline_note")).await;
    waits(&browser, "waiting", "1").await;
    waits(&browser, "link", "off").await;
    let said = badge(&browser).await;
    assert!(
        said.as_str()
            .unwrap()
            .starts_with(&word("seeker.scanner.off")),
        "{said}"
    );
    browser.picture("gate-camera-offline", PHONE).await;
    // The first ticket went in before: this device knows without asking.
    types(&browser, &square.tickets[0].1, "already_in").await;
    browser.kill(&profile).await;

    square.start();
    assert_eq!(square.counts().await, (1, 1, 1));
    let browser = Browser::start(&square.host, Some(&profile), &nothing).await;
    browser.go(&gate_page("东门")).await;
    // A session does not outlive its browser; what was scanned does.
    assert_eq!(browser.path().await, "/sign-in");
    browser.sign_in(STEWARD, PASSWORD).await;
    browser.go(&gate_page("东门")).await;
    waits(&browser, "link", "on").await;
    waits(&browser, "waiting", "0").await;
    assert_eq!(square.counts().await, (3, 2, 2));
    browser.go(&gate_page("东门")).await;
    waits(&browser, "link", "on").await;
    waits(&browser, "waiting", "0").await;
    assert_eq!(square.counts().await, (3, 2, 2), "synced once");
    browser.forgive().await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denied_camera_leaves_gun_code_and_photo() {
    let square = Square::open(3).await;
    // There is a camera, and nobody allows it.
    let flags = ["--use-fake-device-for-media-stream".to_owned()];
    let browser = Browser::start(&square.host, None, &flags).await;
    browser.sign_in(STEWARD, PASSWORD).await;
    let denied = json!({"permission": {"name": "camera"}, "setting": "denied", "origin": format!("http://{}", square.host)});
    browser.cdp("Browser.setPermission", denied).await;
    browser.go(&gate_page("东门")).await;
    waits(&browser, "camera", "denied").await;
    browser.sees(&word("seeker.scanner.denied")).await;
    waits(&browser, "link", "on").await;
    browser.look("gate-denied", PHONE).await;

    // A scanner gun types the whole address; somebody reads a code out.
    types(&browser, &square.tickets[0].0, "admitted").await;
    types(&browser, &square.tickets[0].1, "already_in").await;
    types(&browser, &square.tickets[1].1, "admitted").await;
    browser.look("gate-typed", PHONE).await;
    // A photo is decoded on the telephone.
    let photo = browser.dir.path().join("photo.png");
    std::fs::write(&photo, qr::png(&square.tickets[2].0, 12).unwrap()).unwrap();
    browser.attach("photo", &photo).await;
    browser
        .until("document.getElementById('scanner').dataset.scans === '4'")
        .await;
    waits(&browser, "verdict", "admitted").await;
    assert_eq!(square.counts().await, (4, 3, 3));

    // The telephone is shut out: at the next contact its list is gone, and it says so.
    let lists = "return new Promise(done => { const asked = indexedDB.open('nightfair-gate'); asked.onsuccess = () => { const count = asked.result.transaction('pack').objectStore('pack').count(); count.onsuccess = () => done(count.result); }; })";
    assert_eq!(browser.ask(lists).await, json!(1));
    let db = square.told.look().await;
    let ended = db.execute_unprepared("DELETE FROM web_sessions").await;
    assert!(ended.unwrap().rows_affected() > 0);
    browser
        .ask("dispatchEvent(new Event('online')); return 1")
        .await;
    waits(&browser, "link", "shut").await;
    assert_eq!(browser.ask(lists).await, json!(0));
    browser.sees(&word("seeker.scanner.shut")).await;
    browser.sees(&word("seeker.scanner.sign_in")).await;
    types(&browser, &square.tickets[0].1, "no_pack").await;
    browser.picture("gate-shut", PHONE).await;
    browser.forgive().await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_ticket_at_two_gates_without_a_network_is_asked_about() {
    let mut square = Square::open(2).await;
    let gates = ["东门", "西门"];
    for gate in gates {
        let profile = square.profile(gate);
        let browser = Browser::start(&square.host, Some(&profile), &[]).await;
        browser.sign_in(STEWARD, PASSWORD).await;
        browser.go(&gate_page(gate)).await;
        waits(&browser, "list", "2").await;
        kept(&browser).await;
        browser.close().await;
    }
    square.stop();
    for gate in gates {
        let profile = square.profile(gate);
        let browser = Browser::start(&square.host, Some(&profile), &[]).await;
        browser.go(&gate_page(gate)).await;
        waits(&browser, "link", "off").await;
        types(&browser, &square.tickets[0].0, "admitted").await;
        browser.kill(&profile).await;
    }
    square.start();
    for gate in gates {
        let profile = square.profile(gate);
        let browser = Browser::start(&square.host, Some(&profile), &[]).await;
        browser.sign_in(STEWARD, PASSWORD).await;
        browser.go(&gate_page(gate)).await;
        waits(&browser, "link", "on").await;
        waits(&browser, "waiting", "0").await;
        browser.forgive().await;
        browser.close().await;
    }
    // One person, however many gates.
    assert_eq!(square.counts().await, (2, 1, 1));
    let browser = Browser::open(&square.host).await;
    browser.sign_in(ADMIN, PASSWORD).await;
    browser.go(&format!("/office/fairs/{SLUG}/reconcile")).await;
    browser.sees(&word("seeker.reconcile.kind.twice")).await;
    for gate in gates {
        browser.sees(gate).await;
    }
    browser.look("gate-reconcile", crate::browser::DESK).await;
    browser.press(&word("seeker.reconcile.settle")).await;
    browser.sees(&word("common.faults")).await;
    browser.fill("note", "家属代持截图").await;
    browser.press(&word("seeker.reconcile.settle")).await;
    browser.sees(&word("seeker.reconcile.none")).await;
    browser.sees("家属代持截图").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_without_a_ticket_is_registered_without_a_network() {
    let mut square = Square::open(1).await;
    let profile = square.profile("phone");
    let browser = Browser::start(&square.host, Some(&profile), &[]).await;
    browser.sign_in(STEWARD, PASSWORD).await;
    browser.go(&gate_page("东门")).await;
    waits(&browser, "list", "1").await;
    kept(&browser).await;
    square.stop();
    browser.go(&format!("/gate/{SLUG}/walk-in?gate=东门")).await;
    browser.fill("name", "赵小兰").await;
    browser.fill("phone", "199 0000 0").await;
    browser.tick("consent", "yes").await;
    let press = "document.querySelector('#walk-in .btns button').click(); return 1";
    browser.ask(press).await;
    browser
        .until("document.getElementById('verdict').classList.contains('stop')")
        .await;
    browser.fill("phone", "199 0000 0077").await;
    browser.ask(press).await;
    browser
        .until("document.getElementById('verdict').dataset.code")
        .await;
    let code = browser
        .ask("return document.getElementById('verdict').dataset.code")
        .await;
    browser.picture("gate-walk-in-offline", PHONE).await;
    // Without the server nobody reads on the telephone who it was.
    let lies = "return new Promise(done => { const asked = indexedDB.open('nightfair-gate'); asked.onsuccess = () => { const all = asked.result.transaction('outbox').objectStore('outbox').getAll(); all.onsuccess = () => done(JSON.stringify(all.result)); }; })";
    let lies = browser.ask(lies).await;
    let lies = lies.as_str().unwrap();
    assert!(lies.contains("sealed") && !lies.contains("赵小兰") && !lies.contains("0077"));
    browser.kill(&profile).await;

    square.start();
    let browser = Browser::start(&square.host, Some(&profile), &[]).await;
    browser.sign_in(STEWARD, PASSWORD).await;
    browser.go(&gate_page("东门")).await;
    waits(&browser, "link", "on").await;
    waits(&browser, "waiting", "0").await;
    assert_eq!(square.counts().await, (1, 1, 1));
    types(&browser, code.as_str().unwrap(), "already_in").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blank_ticket_without_a_network_is_the_one_that_somebody_has() {
    let mut square = Square::open(2).await;
    let profile = square.profile("phone");
    let browser = Browser::start(&square.host, Some(&profile), &[]).await;
    browser.sign_in(STEWARD, PASSWORD).await;
    browser.go(&gate_page("东门")).await;
    waits(&browser, "list", "2").await;
    kept(&browser).await;
    square.stop();
    // Somebody holds a blank ticket: scanned, it is nobody's, and the way on is there.
    let blank = Code::from_index(4242).into_string();
    browser.go(&gate_page("东门")).await;
    waits(&browser, "link", "off").await;
    types(&browser, &blank, "unknown").await;
    browser.picture("gate-blank", PHONE).await;
    browser
        .ask("document.querySelector('#verdict a').click(); return 1")
        .await;
    browser.until("document.getElementById('walk-in')").await;
    let field = "document.querySelector('#walk-in [name=code]').value";
    browser.until(&format!("{field} === '{blank}'")).await;
    let who = person(1);
    browser.fill("name", "小王").await;
    browser.fill("phone", who["phone"].as_str().unwrap()).await;
    browser.tick("consent", "yes").await;
    let press = "document.querySelector('#walk-in .btns button').click(); return 1";
    let said = "document.getElementById('verdict').textContent";
    let mut wrong = blank.clone();
    wrong.replace_range(7.., if blank.ends_with('0') { "1" } else { "0" });
    for (code, fault) in [(&square.tickets[1].1, "blank_taken"), (&wrong, "checksum")] {
        browser.fill("code", code).await;
        browser.ask(press).await;
        let words = word(&format!("field_fault.{fault}"));
        browser.until(&format!("{said}.includes('{words}')")).await;
    }
    browser.fill("code", &blank).await;
    browser.ask(press).await;
    let kept = format!("document.getElementById('verdict').dataset.code === '{blank}'");
    browser.until(&kept).await;
    browser.picture("gate-blank-entered", PHONE).await;
    browser.kill(&profile).await;

    square.start();
    let browser = Browser::start(&square.host, Some(&profile), &[]).await;
    browser.sign_in(STEWARD, PASSWORD).await;
    browser.go(&gate_page("东门")).await;
    waits(&browser, "link", "on").await;
    waits(&browser, "waiting", "0").await;
    // The number had a ticket: the scan of the blank one and the registration are that person's.
    assert_eq!(square.counts().await, (2, 1, 1));
    let registered = "SELECT COUNT(*) FROM registrations";
    assert_eq!(square.number(registered).await, 2);
    let nobodys = "SELECT COUNT(*) FROM check_ins WHERE registration_id IS NULL";
    assert_eq!(square.number(nobodys).await, 0);
    types(&browser, &blank, "already_in").await;
    types(&browser, &square.tickets[0].1, "already_in").await;
    assert_eq!(square.counts().await.1, 1);
    browser.forgive().await;
    browser.close().await;
}
