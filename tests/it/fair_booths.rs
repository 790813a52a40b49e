//! One booth, one employer: held, booked, given back, waited for, swapped.
use crate::{
    fair_build::{SLUG, approved_employer, fair_body, fair_with, open_fair, uscc},
    harness::{Client, TestApp},
};
use chrono::TimeDelta;
use nightfair::{
    domain::{id::EmployerId, role::Role},
    fair,
};
use serde_json::{Value, json};

fn holds(label: &str) -> String {
    format!("/fairs/{SLUG}/booths/{label}/holds")
}

fn bookings(label: &str) -> String {
    format!("/fairs/{SLUG}/booths/{label}/bookings")
}

async fn hold(client: &Client, label: &str) -> String {
    let held = client.api_post(&holds(label), &json!({})).await.expect(201);
    held.json()["hold"].as_str().unwrap().to_owned()
}

async fn book(client: &Client, label: &str) -> Value {
    let hold = hold(client, label).await;
    let booked = client
        .api_post(&bookings(label), &json!({"hold": hold}))
        .await;
    booked.expect(201).json()
}

async fn state(app: &TestApp, label: &str) -> String {
    let booths = app
        .visitor()
        .api_get(&format!("/fairs/{SLUG}/booths"))
        .await
        .expect(200)
        .json();
    let items = booths["items"].as_array().unwrap().clone();
    let booth = items.iter().find(|b| b["label"] == label).unwrap();
    let who = booth["employer"]["name"].as_str().unwrap_or("-");
    format!("{} {who}", booth["state"].as_str().unwrap())
}

/// The office after a leap of the clock: a session that slept so long is over.
async fn anew(app: &TestApp) -> Client {
    app.role(Role::PlacementOfficer).await
}

/// A fair, and clerks of so many approved employers.
async fn with_clerks(app: &TestApp, n: u32) -> (Client, Vec<(EmployerId, Client)>) {
    let office = open_fair(app).await;
    let mut clerks = Vec::new();
    for n in 1..=n {
        let id = approved_employer(&office, n).await;
        clerks.push((id, app.clerk_of(id).await));
    }
    (office, clerks)
}

#[tokio::test]
async fn a_booth_is_held_booked_and_given_back() {
    let app = TestApp::start().await;
    let (_, clerks) = with_clerks(&app, 2).await;
    let [(_, first), (_, second)] = &clerks[..] else {
        panic!()
    };
    assert_eq!(state(&app, "A05").await, "free -");
    let held = hold(first, "a5").await;
    assert_eq!(state(&app, "A05").await, "held -");
    let refused = second.api_post(&holds("A05"), &json!({})).await.expect(409);
    assert_eq!(refused.code(), "booth_taken");
    let free = refused.json()["free"].as_array().unwrap().clone();
    assert_eq!((free.len(), &free[0]), (20, &json!("A06")));
    let other = first.api_post(&holds("A06"), &json!({})).await.expect(409);
    assert_eq!(other.code(), "one_booth_per_employer");
    let stolen = second
        .api_post(&bookings("A05"), &json!({"hold": held}))
        .await;
    stolen.expect(404);
    let booked = first
        .api_post(&bookings("A05"), &json!({"hold": held}))
        .await
        .expect(201);
    assert!(
        booked.json()["url"]
            .as_str()
            .unwrap()
            .starts_with("HTTP://FAIR.TEST/B/")
    );
    first
        .api_post(&bookings("A05"), &json!({"hold": held}))
        .await
        .expect(201);
    assert_eq!(state(&app, "A05").await, "taken 陇上云仓第1供应链有限公司");
    second.api_delete(&bookings("A05")).await.expect(404);
    first.api_delete(&bookings("A05")).await.expect(200);
    assert_eq!(state(&app, "A05").await, "free -");
    book(second, "A05").await;
}

#[tokio::test]
async fn a_hold_ends_after_its_minutes() {
    let app = TestApp::start().await;
    let (_, clerks) = with_clerks(&app, 2).await;
    let [(_, first), (_, second)] = &clerks[..] else {
        panic!()
    };
    let held = hold(first, "A01").await;
    app.clock.advance(TimeDelta::minutes(15));
    let late = first
        .api_post(&bookings("A01"), &json!({"hold": held}))
        .await
        .expect(409);
    assert_eq!(late.code(), "hold_expired");
    assert_eq!(state(&app, "A01").await, "free -");
    book(second, "A01").await;
    hold(first, "A02").await;
    app.clock.advance(TimeDelta::minutes(16));
    assert_eq!(fair::sweep(&app.app).await.unwrap(), 1);
    assert_eq!(fair::sweep(&app.app).await.unwrap(), 0);
    hold(first, "A03").await;
}

#[tokio::test]
async fn only_the_approved_and_only_while_the_fair_is_open() {
    let app = TestApp::start().await;
    let office = open_fair(&app).await;
    let pending = office
        .api_post("/employers", &crate::fair_build::employer_body(1))
        .await;
    let id: EmployerId = pending.expect(201).json()["id"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let clerk = app.clerk_of(id).await;
    let refused = clerk.api_post(&holds("A01"), &json!({})).await.expect(409);
    assert_eq!(refused.code(), "employer_not_approved");
    office
        .api_post(
            &format!("/employers/{id}/review"),
            &json!({"decision": "approve"}),
        )
        .await
        .expect(200);
    clerk.api_post(&holds("Z99"), &json!({})).await.expect(404);
    clerk.api_post(&holds("%00"), &json!({})).await.expect(404);
    let nobody = office.api_post(&holds("A01"), &json!({})).await.expect(422);
    assert_eq!(nobody.json()["errors"][0]["pointer"], "/employer");
    office
        .api_post(&holds("A01"), &json!({"employer": "99999"}))
        .await
        .expect(404);
    office
        .api_post(&holds("A01"), &json!({"employer": id.to_string()}))
        .await
        .expect(201);
    let draft = fair_body("draft", "A 1");
    office.api_post("/fairs", &draft).await.expect(201);
    app.clock.set("2026-08-08T14:00:00Z");
    let clerk = app.clerk_of(id).await;
    let over = clerk.api_post(&holds("A02"), &json!({})).await.expect(409);
    assert_eq!(over.code(), "fair_not_open");
    let draft = clerk
        .api_post("/fairs/draft/booths/A01/holds", &json!({}))
        .await
        .expect(409);
    assert_eq!(draft.code(), "fair_not_open");
    app.visitor().api_get("/fairs/draft").await.expect(404);
}

#[tokio::test]
async fn a_check_of_papers_older_than_half_a_year_must_be_renewed() {
    let app = TestApp::start_at("2026-01-10T00:00:00Z").await;
    let (_, clerks) = with_clerks(&app, 1).await;
    let (id, _) = &clerks[0];
    app.clock.set("2026-07-20T00:00:00Z");
    let (office, clerk) = (anew(&app).await, &app.clerk_of(*id).await);
    let stale = clerk.api_post(&holds("A01"), &json!({})).await.expect(409);
    assert_eq!(stale.code(), "verification_stale");
    office
        .api_post(
            &format!("/employers/{id}/review"),
            &json!({"decision": "approve"}),
        )
        .await
        .expect(200);
    hold(clerk, "A01").await;
}

#[tokio::test]
async fn who_waits_gets_the_next_free_booth() {
    let app = TestApp::start().await;
    let office = fair_with(&app, SLUG, "A 1-2").await;
    let (mut ids, mut clerks) = (Vec::new(), Vec::new());
    for n in 1..=5 {
        let id = approved_employer(&office, n).await;
        clerks.push(app.clerk_of(id).await);
        ids.push(id);
    }
    let wait = format!("/employer/fairs/{SLUG}/wait");
    assert_eq!(
        clerks[2].post(&wait, &[]).await.expect(409).status.as_u16(),
        409
    );
    book(&clerks[0], "A01").await;
    book(&clerks[1], "A02").await;
    clerks[2].post(&wait, &[]).await.expect(303);
    app.clock.advance(TimeDelta::minutes(1));
    clerks[3].post(&wait, &[]).await.expect(303);
    clerks[3].post(&wait, &[]).await.expect(409);
    let freed = clerks[0]
        .api_delete(&bookings("A01"))
        .await
        .expect(200)
        .json();
    assert_eq!(freed["offered"], true);
    let jump = clerks[4]
        .api_post(&holds("A01"), &json!({}))
        .await
        .expect(409);
    assert_eq!(jump.json()["free"], json!([]));
    // The offer lasts an hour, four times a hold; then it goes to the next in line.
    app.clock.advance(TimeDelta::minutes(59));
    assert_eq!(fair::sweep(&app.app).await.unwrap(), 0);
    app.clock.advance(TimeDelta::minutes(1));
    assert_eq!(fair::sweep(&app.app).await.unwrap(), 1);
    clerks[2] = app.clerk_of(ids[2]).await;
    clerks[3] = app.clerk_of(ids[3]).await;
    let page = clerks[3]
        .get(&format!("/employer/fairs/{SLUG}"))
        .await
        .expect(200)
        .text();
    assert!(page.contains("A01"), "{page}");
    let again = clerks[2].post(&wait, &[]).await;
    again.expect(303);
}

#[tokio::test]
async fn a_swap_keeps_the_printed_codes() {
    let app = TestApp::start().await;
    let (office, clerks) = with_clerks(&app, 2).await;
    let one = book(&clerks[0].1, "A01").await;
    let two = book(&clerks[1].1, "B03").await;
    let swap = format!("/office/fairs/{SLUG}/booths/swap");
    let id = one["participation"].as_str().unwrap();
    office
        .post(&swap, &[("participation", id), ("to", "B03")])
        .await
        .expect(303);
    assert_eq!(state(&app, "B03").await, "taken 陇上云仓第1供应链有限公司");
    assert_eq!(state(&app, "A01").await, "taken 陇上云仓第2供应链有限公司");
    office
        .post(&swap, &[("participation", id), ("to", "B15")])
        .await
        .expect(303);
    assert_eq!(state(&app, "B03").await, "free -");
    let items = app
        .visitor()
        .api_get(&format!("/fairs/{SLUG}/booths"))
        .await
        .json();
    let codes: Vec<_> = items["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|b| !b["employer"].is_null())
        .map(|b| (b["label"].clone(), b["employer"]["participation"].clone()))
        .collect();
    assert_eq!(
        codes,
        [
            (json!("A01"), two["code"].clone()),
            (json!("B15"), one["code"].clone())
        ]
    );
    office
        .post(&swap, &[("participation", id), ("to", "Z9")])
        .await
        .expect(404);
    office
        .post(&swap, &[("participation", "99"), ("to", "A02")])
        .await
        .expect(404);
}

#[tokio::test]
async fn who_does_not_come_loses_the_booth_and_after_two_of_three_the_next() {
    let app = TestApp::start().await;
    let (_, clerks) = with_clerks(&app, 2).await;
    let (id, _) = &clerks[0];
    for (slug, day) in [(SLUG, "08"), ("second", "15"), ("third", "22")] {
        if slug != SLUG {
            let office = anew(&app).await;
            let mut body = fair_body(slug, "A 1-2");
            body["starts_at"] = json!(format!("2026-08-{day}T19:00:00+08:00"));
            body["ends_at"] = json!(format!("2026-08-{day}T22:00:00+08:00"));
            office.api_post("/fairs", &body).await.expect(201);
            office
                .api_post(&format!("/fairs/{slug}/publish"), &json!({}))
                .await
                .expect(200);
        }
        let (office, clerk) = (anew(&app).await, app.clerk_of(*id).await);
        let path = format!("/fairs/{slug}/booths/A01/holds");
        if slug == "third" {
            let barred = clerk.api_post(&path, &json!({})).await.expect(409);
            assert_eq!(barred.code(), "too_many_no_shows");
            let pardon = format!("/office/employers/{id}/pardon");
            office.post(&pardon, &[("reason", "")]).await.expect(422);
            office
                .post(&pardon, &[("reason", "当晚停电，已核实")])
                .await
                .expect(303);
            clerk.api_post(&path, &json!({})).await.expect(201);
            continue;
        }
        let held = clerk.api_post(&path, &json!({})).await.expect(201).json();
        let booked = clerk
            .api_post(
                &path.replace("holds", "bookings"),
                &json!({"hold": held["hold"]}),
            )
            .await
            .expect(201)
            .json();
        let stand = booked["participation"].as_str().unwrap();
        let miss = format!("/office/fairs/{slug}/booths/missed");
        app.clock.set(&format!("2026-08-{day}T11:29:59Z"));
        let office = anew(&app).await;
        office
            .post(&miss, &[("participation", stand)])
            .await
            .expect(409);
        app.clock.set(&format!("2026-08-{day}T11:30:00Z"));
        office
            .post(&miss, &[("participation", stand)])
            .await
            .expect(303);
        office
            .post(&miss, &[("participation", stand)])
            .await
            .expect(409);
    }
}

#[tokio::test]
async fn who_came_cannot_be_called_missing() {
    let app = TestApp::start().await;
    let (_, clerks) = with_clerks(&app, 1).await;
    let booked = book(&clerks[0].1, "A01").await;
    let stand = booked["participation"].as_str().unwrap();
    app.clock.set("2026-08-08T12:00:00Z");
    let office = anew(&app).await;
    let base = format!("/office/fairs/{SLUG}/booths");
    office
        .post(&format!("{base}/arrived"), &[("participation", stand)])
        .await
        .expect(303);
    office
        .post(&format!("{base}/missed"), &[("participation", stand)])
        .await
        .expect(409);
    assert!(state(&app, "A01").await.starts_with("taken"));
}

#[tokio::test]
async fn two_hundred_clients_on_thirty_one_booths() {
    let app = TestApp::start().await;
    let office = open_fair(&app).await;
    let mut ids = Vec::new();
    for n in 1..=200 {
        ids.push(approved_employer(&office, n).await);
    }
    let labels: Vec<String> = nightfair::domain::booth::plan(crate::fair_build::PLAN)
        .unwrap()
        .into_iter()
        .map(|b| b.label)
        .collect();
    assert_eq!(labels.len(), 31);
    let barrier = std::sync::Arc::new(tokio::sync::Barrier::new(200));
    let mut tasks = tokio::task::JoinSet::new();
    for (n, id) in ids.into_iter().enumerate() {
        let (office, barrier) = (office.clone(), barrier.clone());
        let path = holds(&labels[n % 31]);
        tasks.spawn(async move {
            barrier.wait().await;
            let reply = office
                .api_post(&path, &json!({"employer": id.to_string()}))
                .await;
            (reply.status.as_u16(), reply.json())
        });
    }
    let replies = tasks.join_all().await;
    let won: Vec<_> = replies
        .iter()
        .filter(|(status, _)| *status == 201)
        .collect();
    let lost: Vec<_> = replies
        .iter()
        .filter(|(status, _)| *status == 409)
        .collect();
    assert_eq!((won.len(), lost.len()), (31, 169));
    assert!(
        lost.iter()
            .all(|(_, body)| body["code"] == "booth_taken" && body["free"].is_array())
    );
    let mut booths: Vec<_> = won
        .iter()
        .map(|(_, body)| body["booth"].as_str().unwrap())
        .collect();
    booths.sort_unstable();
    assert_eq!(booths, labels);
}

#[tokio::test]
async fn one_employer_in_two_places_at_once_gets_one_booth() {
    let app = TestApp::start().await;
    let (_, clerks) = with_clerks(&app, 1).await;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 1..=16 {
        let clerk = clerks[0].1.clone();
        tasks.spawn(async move { clerk.api_post(&holds(&format!("A{n}")), &json!({})).await });
    }
    let replies = tasks.join_all().await;
    let won = replies.iter().filter(|r| r.status.as_u16() == 201).count();
    let lost = replies
        .iter()
        .filter(|r| r.status.as_u16() == 409 && r.code() == "one_booth_per_employer");
    assert_eq!((won, lost.count()), (1, 15));
}

#[tokio::test]
async fn the_same_key_holds_once() {
    let app = TestApp::start().await;
    let (_, clerks) = with_clerks(&app, 1).await;
    let post = axum::http::Method::POST;
    let first = clerks[0]
        .1
        .api(post.clone(), &holds("A01"), Some("k1"), b"{}".to_vec())
        .await
        .expect(201);
    let again = clerks[0]
        .1
        .api(post, &holds("A01"), Some("k1"), b"{}".to_vec())
        .await
        .expect(201);
    assert_eq!(first.json(), again.json());
    assert_eq!(again.headers["idempotent-replayed"], "true");
}

#[tokio::test]
async fn bad_calls_are_explained() {
    let app = TestApp::start().await;
    let office = open_fair(&app).await;
    for (field, value, pointer, code) in [
        ("slug", json!("星光"), "/slug", "format"),
        ("slug", json!(""), "/slug", "required"),
        ("title", json!("字".repeat(61)), "/title", "too_long"),
        ("title", json!("a\u{0}b"), "/title", "control_characters"),
        ("starts_at", json!("yesterday"), "/starts_at", "format"),
        (
            "ends_at",
            json!("2026-08-08T18:00:00+08:00"),
            "/ends_at",
            "before_start",
        ),
        ("capacity", json!(0), "/capacity", "out_of_range"),
        ("booths", json!("A 1-8\nB"), "/booths", "line_format"),
        ("booths", json!("A 1-3\nA 3"), "/booths", "line_duplicate"),
        ("hold_minutes", json!(0), "/hold_minutes", "out_of_range"),
        (
            "target_groups",
            json!(["drug_recovery"]),
            "/target_groups",
            "unknown_choice",
        ),
        ("co_hosts", json!(["9999"]), "/co_hosts", "not_found"),
        (
            "registration",
            json!({"opens_at": "2026-08-01T00:00:00Z"}),
            "/registration/closes_at",
            "required",
        ),
    ] {
        let mut body = fair_body("other", "A 1-8");
        body[field] = value.clone();
        let reply = office.api_post("/fairs", &body).await.expect(422).json();
        assert_eq!(reply["errors"][0]["pointer"], pointer, "{field} {value}");
        assert_eq!(reply["errors"][0]["code"], code, "{field} {value}");
    }
    let mut unknown = fair_body("other", "A 1");
    unknown["status"] = json!("published");
    office.api_post("/fairs", &unknown).await.expect(422);
    let taken = office
        .api_post("/fairs", &fair_body(SLUG, "A 1"))
        .await
        .expect(409);
    assert_eq!(taken.code(), "slug_taken");
    for (field, value, pointer, code) in [
        (
            "uscc",
            json!("91350100M000100Y44"),
            "/uscc",
            "uscc_checksum",
        ),
        ("uscc", json!("9135OlOOM000100Y43"), "/uscc", "uscc_letters"),
        ("uscc", json!(""), "/uscc", "required"),
        ("kind", json!("band"), "/kind", "unknown_choice"),
        ("kind", json!("hr_agency"), "/permit_no", "required"),
        ("industry", json!("Z"), "/industry", "unknown_choice"),
        (
            "contact",
            json!({"name": "", "phone": "1"}),
            "/contact/name",
            "required",
        ),
        ("licence_until", json!("soon"), "/licence_until", "format"),
    ] {
        let mut body = crate::fair_build::employer_body(3);
        body[field] = value.clone();
        let reply = office
            .api_post("/employers", &body)
            .await
            .expect(422)
            .json();
        assert_eq!(reply["errors"][0]["pointer"], pointer, "{field} {value}");
        assert_eq!(reply["errors"][0]["code"], code, "{field} {value}");
    }
    office
        .api_post("/employers", &crate::fair_build::employer_body(3))
        .await
        .expect(201);
    let twice = office
        .api_post("/employers", &crate::fair_build::employer_body(3))
        .await
        .expect(409);
    assert_eq!(twice.code(), "employer_exists");
    let mut large = fair_body("large", "A 1");
    large["expected"] = json!(1000);
    office.api_post("/fairs", &large).await.expect(201);
    let refused = office
        .api_post("/fairs/large/publish", &json!({}))
        .await
        .expect(422);
    assert_eq!(
        (refused.code().as_str(), &refused.json()["missing"]),
        ("fair_not_ready", &json!(["permit"]))
    );
    assert_eq!(uscc(1).len(), 18);
    let clerk = app.role(Role::Employer).await;
    clerk.api_post(&holds("A01"), &json!({})).await.expect(403);
}
