//! The doors of the gate: what may run on which page, photos, the list for hard times, late scans, and
//! the files of others that the program carries.
use crate::{
    browser::word,
    fair_build::{SLUG, open_fair},
    harness::{Client, Reply, TestApp},
    wire::person,
};
use axum::{
    body::Body,
    http::{Method, header},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use nightfair::{
    domain::role::Role,
    entity::{check_in, fair, registration},
    platform::{
        once::hex,
        qr, secret,
        text::{self, Lang},
    },
};
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{collections::BTreeSet, fs, path::Path};

#[test]
fn files_of_others_are_what_their_makers_published() {
    for folder in ["static/vendor", "tests/vendor"] {
        unchanged(Path::new(folder));
    }
}

fn unchanged(folder: &Path) {
    let list = fs::read_to_string(folder.join("LIST.txt")).unwrap();
    let mut named = BTreeSet::from(["LIST.txt".to_owned()]);
    for line in list.lines().filter(|line| !line.starts_with('#')) {
        let columns: Vec<_> = line.split(" | ").collect();
        let [file, _, version, licence, _, hash] = columns[..] else {
            panic!("{line}");
        };
        assert!(!version.is_empty() && !licence.is_empty(), "{line}");
        let bytes = fs::read(folder.join(file)).unwrap();
        assert_eq!(hex(&Sha256::digest(&bytes)), hash, "{file}");
        named.insert(file.to_owned());
    }
    let mut found = BTreeSet::new();
    collect(folder, folder, &mut found);
    assert_eq!(found, named);
}

fn collect(folder: &Path, dir: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(folder, &path, found);
        } else {
            let file = path.strip_prefix(folder).unwrap();
            found.insert(file.display().to_string());
        }
    }
}

/// The evening of [`open_fair`], a steward, and so many tickets.
struct Evening {
    app: TestApp,
    steward: Client,
    tickets: Vec<Value>,
}

impl Evening {
    async fn open(tickets: usize) -> Self {
        let app = TestApp::start().await;
        open_fair(&app).await;
        let mut made = Vec::new();
        for n in 1..=tickets {
            let path = format!("/fairs/{SLUG}/registrations");
            let ticket = app.visitor().api_post(&path, &person(n)).await.expect(201);
            made.push(ticket.json()["ticket"].clone());
        }
        app.clock.set("2026-08-08T12:00:00Z");
        Self {
            steward: app.role(Role::GateSteward).await,
            app,
            tickets: made,
        }
    }

    fn code(&self, at: usize) -> &str {
        self.tickets[at]["code"].as_str().unwrap()
    }

    fn secret(&self, at: usize) -> &str {
        self.tickets[at]["secret"].as_str().unwrap()
    }

    async fn photo(&self, picture: &[u8]) -> Reply {
        let edge = "edge-of-the-photo";
        let mut body = format!(
            "--{edge}\r\nContent-Disposition: form-data; name=\"gate\"\r\n\r\n东门\r\n--{edge}\r\n\
             Content-Disposition: form-data; name=\"photo\"; filename=\"p\"\r\n\r\n"
        )
        .into_bytes();
        body.extend(picture);
        body.extend(format!("\r\n--{edge}--\r\n").bytes());
        let kind = format!("multipart/form-data; boundary={edge}");
        let path = format!("/gate/{SLUG}/photo");
        let request = self.steward.request(Method::POST, &path);
        let request = request.header(header::CONTENT_TYPE, kind);
        self.steward
            .send(request.body(Body::from(body)).unwrap())
            .await
    }

    async fn scan(&self, body: &Value) -> Value {
        let path = format!("/fairs/{SLUG}/check-ins");
        self.steward.api_post(&path, body).await.expect(200).json()
    }

    /// Persons who came, and how many are inside.
    async fn counts(&self) -> (usize, i64) {
        let db = self.app.app.db.read();
        let rows = registration::Entity::find().all(db).await.unwrap();
        let fair = fair::Entity::find().one(db).await.unwrap().unwrap();
        let came = rows.iter().filter(|row| row.first_in_at.is_some());
        (came.count(), fair.inside)
    }
}

#[tokio::test]
async fn only_the_scanner_has_a_camera_and_only_its_decoder_runs_wasm() {
    let evening = Evening::open(0).await;
    let office = evening.app.role(Role::OfficeAdmin).await;
    let says = |reply: &Reply, name: &str| {
        let value = reply.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap()).to_owned()
    };
    for (path, camera, wasm) in [
        (format!("/gate/{SLUG}?gate=东门"), true, true),
        ("/gate/decode.js".into(), false, true),
        ("/gate/sw.js".into(), false, false),
        (format!("/gate/{SLUG}/walk-in?gate=东门"), false, false),
        ("/gate".into(), false, false),
        ("/office".into(), false, false),
        ("/".into(), false, false),
    ] {
        let reply = office.get(&path).await;
        let csp = says(&reply, "content-security-policy");
        assert_eq!(csp.contains("'wasm-unsafe-eval'"), wasm, "{path}: {csp}");
        assert!(!csp.contains("'unsafe-eval'") && !csp.contains("'unsafe-inline'"));
        let may = says(&reply, "permissions-policy");
        assert_eq!(may.contains("camera=(self)"), camera, "{path}: {may}");
    }
    // Every file that the worker keeps is there.
    let worker = evening.app.visitor().get("/gate/sw.js").await.expect(200);
    let script = worker.text();
    let files = script.lines().next().unwrap();
    let files = files.strip_prefix("const FILES = ").unwrap();
    let files: Vec<String> = serde_json::from_str(files.trim_end_matches(';')).unwrap();
    assert!(files.len() > 10);
    for file in files {
        evening.app.visitor().get(&file).await.expect(200);
    }
    let page = office.get(&format!("/gate/{SLUG}?gate=东门")).await.text();
    for script in page.split("<script src=\"").skip(1) {
        let script = script.split('"').next().unwrap().replace("&#x2f;", "/");
        assert!(worker.text().contains(&script), "{script} is not kept");
    }
}

#[tokio::test]
async fn a_photo_is_a_ticket_or_is_told_what_it_lacks() {
    let evening = Evening::open(1).await;
    let address = format!("HTTP://FAIR.TEST/T/{}", evening.secret(0));
    // As telephones take them: large, not straight on, with a margin of square.
    let code = image::load_from_memory(&qr::png(&address, 14).unwrap()).unwrap();
    let mut photo = image::RgbImage::from_pixel(3000, 2200, image::Rgb([120, 110, 90]));
    image::imageops::overlay(&mut photo, &code.to_rgb8(), 900, 500);
    let photo = image::imageops::blur(&photo, 1.5);
    let mut jpeg = std::io::Cursor::new(Vec::new());
    photo.write_to(&mut jpeg, image::ImageFormat::Jpeg).unwrap();
    let page = evening.photo(jpeg.get_ref()).await.expect(200).text();
    assert!(page.contains("请入场"), "{page}");
    let page = evening.photo(jpeg.get_ref()).await.expect(200).text();
    assert!(page.contains("这张券已经入场"), "{page}");
    assert_eq!(evening.counts().await, (1, 1));

    let other = qr::png("https://example.com/menu", 8).unwrap();
    let page = evening.photo(&other).await.expect(200).text();
    assert!(page.contains("查不到这张券"), "{page}");

    let mut blank = std::io::Cursor::new(Vec::new());
    image::GrayImage::from_pixel(400, 400, image::Luma([90]))
        .write_to(&mut blank, image::ImageFormat::Png)
        .unwrap();
    for (picture, words) in [
        (blank.get_ref().as_slice(), "照片里没有找到二维码"),
        (b"GIF89a no picture".as_slice(), "不是可以识别的图片"),
        (b"".as_slice(), "请填写此项"),
        (bomb().as_slice(), "不是可以识别的图片"),
    ] {
        let page = evening.photo(picture).await.expect(422).text();
        assert!(page.contains(words), "{words}: {page}");
    }
    let rows = check_in::Entity::find().all(evening.app.app.db.read());
    assert_eq!(rows.await.unwrap().len(), 3);
}

/// A PNG that says to have 90,000 by 90,000 points.
fn bomb() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 90_000, 90_000);
    encoder.set_color(png::ColorType::Grayscale);
    drop(encoder.write_header());
    bytes
}

#[tokio::test]
async fn the_list_has_hashes_and_masked_names_and_ends_with_the_session() {
    let evening = Evening::open(2).await;
    let path = format!("/fairs/{SLUG}/pack?gate=东门");
    let reply = evening.steward.api_get(&path).await.expect(200);
    let cookie = reply.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.starts_with("gate-list=1;"), "{cookie}");
    let (text, pack) = (reply.text(), reply.json());
    for private in ["王小明", "1990", evening.secret(0), evening.code(0)] {
        assert!(!text.contains(private), "{private} in {text}");
    }
    assert_eq!(pack["items"][0][2], "王**");
    assert_eq!(pack["allotment"], 400, "half of what is left");
    let key = URL_SAFE_NO_PAD
        .decode(pack["key"].as_str().unwrap())
        .unwrap();
    let hash = |text: &str, bytes: usize| {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&key).unwrap();
        mac.update(text.as_bytes());
        URL_SAFE_NO_PAD.encode(&mac.finalize().into_bytes()[..bytes])
    };
    let ticket = secret::token_hash(evening.secret(0));
    assert_eq!(pack["items"][0][0], hash(&ticket, 8));
    assert_eq!(pack["items"][0][1], hash(evening.code(0), 6));

    let leave = evening.steward.request(Method::POST, "/sign-out");
    let leave = leave.header(header::COOKIE, "gate-list=1");
    let left = evening.steward.send(leave.body(Body::empty()).unwrap());
    let left = left.await.expect(303);
    let gone = left.headers.get_all(header::SET_COOKIE);
    let gone: Vec<_> = gone.iter().map(|c| c.to_str().unwrap()).collect();
    let mark = gone.iter().find(|cookie| cookie.starts_with("gate-list="));
    assert!(mark.is_some_and(|c| c.contains("Max-Age=0")), "{gone:?}");
    evening.steward.api_get(&path).await.expect(401);
}

#[tokio::test]
async fn devices_at_one_gate_divide_its_share_while_they_are_at_work() {
    let evening = Evening::open(1).await;
    let share = async |gate: &str, device: &str| {
        let path = format!("/fairs/{SLUG}/pack?gate={gate}&device={device}");
        let pack = evening.steward.api_get(&path).await.expect(200);
        pack.json()["allotment"].clone()
    };
    assert_eq!(share("东门", "a").await, 400, "alone, half of 800");
    let scan = json!({
        "ticket": evening.secret(0), "gate": "东门", "nonce": "first-of-b", "device": "b",
    });
    evening.scan(&scan).await;
    assert_eq!(
        share("东门", "b").await,
        399,
        "its own scan is no other device"
    );
    assert_eq!(share("东门", "a").await, 199, "half of that");
    assert_eq!(share("西门", "a").await, 399, "nobody is at the other gate");
    evening.app.clock.set("2026-08-08T12:31:00Z");
    assert_eq!(share("东门", "a").await, 399, "the other went home");
}

#[tokio::test]
async fn what_was_shown_without_a_network_is_what_happened() {
    let evening = Evening::open(3).await;
    let scan =
        |at: usize, nonce: &str| json!({"code": evening.code(at), "gate": "东门", "nonce": nonce});
    let late = |at: usize, nonce: &str, shown: &str, minute: u32| {
        let hash = secret::token_hash(evening.secret(at));
        json!({
            "ticket_hash": hash, "gate": "西门", "nonce": nonce, "offline": true, "shown": shown,
            "scanned_at": format!("2026-08-08T11:{minute:02}:00Z"), "device": "b",
        })
    };
    // Kept back by a device that did not know the ticket: nobody came.
    evening.scan(&late(0, "n0", "refused", 10)).await;
    assert_eq!(evening.counts().await, (0, 0));

    // Admitted, but the answer was lost, and the device decided otherwise.
    let answer = evening.scan(&scan(1, "n1")).await;
    assert_eq!(answer["result"], "admitted");
    assert_eq!(evening.counts().await, (1, 1));
    evening.scan(&late(1, "n1", "refused", 59)).await;
    assert_eq!(evening.counts().await, (0, 0));
    // Neither the request that drifted about nor the report once more changes that.
    evening.scan(&scan(1, "n1")).await;
    evening.scan(&late(1, "n1", "admitted", 59)).await;
    assert_eq!(evening.counts().await, (0, 0));

    // A clock that is 25 minutes slow is set right, and cannot reach into the future.
    let mut slow = late(2, "n2", "admitted", 20);
    slow["clock_offset_ms"] = json!(25 * 60 * 1000);
    evening.scan(&slow).await;
    let mut fast = late(0, "n3", "admitted", 59);
    fast["clock_offset_ms"] = json!(23 * 3_600_000);
    evening.scan(&fast).await;
    let rows = check_in::Entity::find().all(evening.app.app.db.read());
    let rows = rows.await.unwrap();
    let at = |nonce: &str| {
        let row = rows.iter().find(|row| row.nonce == nonce).unwrap();
        row.scanned_at.to_rfc3339()
    };
    assert_eq!(at("n2"), "2026-08-08T11:45:00+00:00");
    assert_eq!(at("n3"), "2026-08-08T12:00:00+00:00");
    assert_eq!(evening.counts().await, (2, 2));

    for (field, value) in [
        ("shown", json!("maybe")),
        ("ticket_hash", json!("ABC")),
        ("device", json!("x".repeat(65))),
    ] {
        let mut wrong = late(0, "n9", "admitted", 1);
        wrong[field] = value;
        let path = format!("/fairs/{SLUG}/check-ins");
        evening.steward.api_post(&path, &wrong).await.expect(422);
    }
}

#[tokio::test]
async fn a_question_is_settled_once_with_a_note() {
    let evening = Evening::open(1).await;
    for (gate, nonce, minute) in [("东门", "a", 10), ("西门", "b", 20)] {
        let body = json!({
            "code": evening.code(0), "gate": gate, "nonce": nonce, "offline": true, "shown": "admitted",
            "scanned_at": format!("2026-08-08T11:{minute}:00Z"), "device": gate,
        });
        evening.scan(&body).await;
    }
    let foreign = json!({
        "ticket": "https://example.com", "gate": "西门", "nonce": "c", "offline": true, "shown": "refused",
    });
    evening.scan(&foreign).await;
    let path = format!("/office/fairs/{SLUG}/reconcile");
    let office = evening.app.role(Role::PlacementOfficer).await;
    let page = office.get(&path).await.expect(200).text();
    for words in ["一券两口", "王**", "无法识别的二维码"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let settle = |note: &str, question: &str| {
        let (note, question) = (note.to_owned(), question.to_owned());
        let (office, path) = (office.clone(), path.clone());
        async move {
            let form = [("question", question.as_str()), ("note", note.as_str())];
            office.post(&path, &form).await
        }
    };
    settle("  ", "twice:b").await.expect(422);
    settle("x", "twice:zzz").await.expect(422);
    settle("家属代持截图", "twice:b").await.expect(303);
    settle("again", "twice:b").await.expect(409);
    let page = office.get(&path).await.expect(200).text();
    assert!(page.contains("家属代持截图"), "{page}");
    // The note lies sealed.
    let rows = nightfair::entity::gate_settlement::Entity::find()
        .all(evening.app.app.db.read())
        .await
        .unwrap();
    assert_eq!(rows.len(), 1);
    let sealed = &rows[0].note_sealed;
    assert!(!String::from_utf8_lossy(sealed).contains("家属"));
    // A steward sees the gate and not the list; another office sees nothing.
    evening.steward.get(&path).await.expect(403);
    office
        .get("/office/fairs/no-such-fair/reconcile")
        .await
        .expect(404);
}

#[tokio::test]
async fn a_walk_in_of_a_gate_without_a_network_is_one_person_with_the_code_he_holds() {
    let evening = Evening::open(1).await;
    let path = format!("/fairs/{SLUG}/walk-ins");
    let code = nightfair::domain::ticket::Code::from_index(123_456_789);
    let body = |nonce: &str, who: usize, code: &str| {
        let who = person(who);
        json!({
            "name": who["name"], "phone": who["phone"], "consent_version": "2026-11",
            "scan": {
                "code": code, "gate": "东门", "nonce": nonce, "offline": true, "shown": "admitted",
                "scanned_at": "2026-08-08T11:10:00Z",
            },
        })
    };
    // The evening was over before the device found a network.
    evening.app.clock.set("2026-08-08T15:30:00Z");
    for _ in 0..2 {
        let sent = body("w1", 7, code.as_str());
        let answer = evening.steward.api_post(&path, &sent).await.expect(200);
        assert_eq!(answer.json()["person"]["code"], code.as_str());
    }
    assert_eq!(evening.counts().await, (1, 1));
    // The code works at the gate; whoever was registered keeps the ticket and is counted once.
    let scan = json!({"code": code.as_str(), "gate": "东门", "nonce": "x1", "direction": "out"});
    assert_eq!(evening.scan(&scan).await["result"], "left");
    let other = nightfair::domain::ticket::Code::from_index(5);
    let sent = body("w2", 1, other.as_str());
    let known = evening.steward.api_post(&path, &sent).await.expect(200);
    assert_eq!(known.json()["person"]["code"], evening.code(0));
    assert_eq!(evening.counts().await, (2, 1));
    let rows = registration::Entity::find().all(evening.app.app.db.read());
    assert_eq!(rows.await.unwrap().len(), 2);

    let mut wrong = body("w3", 8, "");
    wrong["phone"] = json!("123");
    wrong["consent_version"] = json!("1999");
    let told = evening.steward.api_post(&path, &wrong).await.expect(422);
    assert!(told.text().contains("code"), "{}", told.text());
    evening
        .app
        .role(Role::CommunityClerk)
        .await
        .api_post(&path, &body("w4", 9, code.as_str()))
        .await
        .expect(403);
}

/// A line of the sheet of the western gate.
async fn types(desk: &Client, code: &str, time: &str, direction: &str) -> Reply {
    let page = desk.get(&arrivals()).await.expect(200).text();
    let form = [
        ("once", crate::posting_make::once_of(&page)),
        ("gate", "西门".to_owned()),
        ("code", code.to_owned()),
        ("time", time.to_owned()),
        ("direction", direction.to_owned()),
    ];
    let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
    desk.post(&arrivals(), &form).await
}

fn arrivals() -> String {
    format!("/office/fairs/{SLUG}/registrations/arrivals")
}

#[tokio::test]
async fn what_a_gate_wrote_on_paper_is_typed_in_with_its_time() {
    let evening = Evening::open(2).await;
    let desk = evening.app.role(Role::CommunityClerk).await;
    // The evening runs from 19:00 to 22:00, and it is 20:00.
    let page = desk.get(&arrivals()).await.expect(200).text();
    assert!(page.contains("value=\"20:00\""), "{page}");
    let hours = text::say(
        Lang::Zh,
        "field_fault.outside_hours",
        &[("from", "19:00"), ("to", "22:00")],
    );
    let fault = |code: &str| word(&format!("field_fault.{code}"));
    for (time, words) in [
        ("18:59", &hours),
        ("22:30", &hours),
        ("07:42", &hours),
        ("20:01", &fault("future")),
        ("quarter past", &fault("format")),
    ] {
        let page = types(&desk, evening.code(0), time, "in")
            .await
            .expect(422)
            .text();
        assert!(page.contains(words), "{time}: {page}");
    }
    let stranger = nightfair::domain::ticket::Code::from_index(99).into_string();
    let page = types(&desk, &stranger, "19:10", "in")
        .await
        .expect(422)
        .text();
    assert!(page.contains(&fault("not_found")));
    assert_eq!(evening.counts().await, (0, 0));

    let page = types(&desk, evening.code(0), "19:42", "in")
        .await
        .expect(200);
    let page = page.text();
    for words in ["王**", "19:42", "value=\"19:42\""] {
        assert!(page.contains(words), "{words}: {page}");
    }
    // The earlier line is typed later; one went home.
    types(&desk, evening.code(0), "19:31", "in")
        .await
        .expect(200);
    types(&desk, evening.code(1), "19:50", "in")
        .await
        .expect(200);
    types(&desk, evening.code(1), "19:55", "out")
        .await
        .expect(200);
    assert_eq!(evening.counts().await, (2, 1));
    let rows = registration::Entity::find().all(evening.app.app.db.read());
    let came: Vec<_> = rows
        .await
        .unwrap()
        .into_iter()
        .map(|row| (row.first_in_at.unwrap().to_rfc3339(), row.first_gate))
        .collect();
    let west = || Some("西门".to_owned());
    assert_eq!(
        came,
        [
            ("2026-08-08T11:31:00+00:00".to_owned(), west()),
            ("2026-08-08T11:50:00+00:00".to_owned(), west()),
        ]
    );
    // Typed in the next day; what is not given is not made up.
    evening.app.clock.set("2026-08-09T02:00:00Z");
    let desk = evening.app.role(Role::CommunityClerk).await;
    let page = types(&desk, evening.code(0), "", "in")
        .await
        .expect(422)
        .text();
    assert!(page.contains(&hours), "{page}");
    types(&desk, evening.code(0), "21:59", "out")
        .await
        .expect(200);
    assert_eq!(evening.counts().await, (2, 0));
    let gone = format!("/tickets/{}", evening.secret(1));
    let gone = evening.app.visitor().api_delete(&gone).await;
    gone.expect(204);
    let page = types(&desk, evening.code(1), "19:50", "in")
        .await
        .expect(422);
    assert!(page.text().contains(&word("problem.ticket_withdrawn")));
    let steward = evening.app.role(Role::GateSteward).await;
    steward.get(&arrivals()).await.expect(403);
}

#[tokio::test]
async fn a_shut_door_says_who_is_signed_in() {
    let evening = Evening::open(0).await;
    let path = format!("/office/fairs/{SLUG}/reconcile");
    let page = evening.steward.get(&path).await.expect(403).text();
    assert!(page.contains("/sign-out") && page.contains(&word("role.gate_steward")));
    assert!(!page.contains("href=\"/sign-in\""), "{page}");
    let page = evening.app.visitor().get("/nowhere").await.expect(404);
    assert!(!page.text().contains("/sign-out"));
}
