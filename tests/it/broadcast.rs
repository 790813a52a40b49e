//! Streams: planned, presented, counted, seen.
use crate::posting_make::{Square, designer, faults, once_of};
use nightfair::{broadcast::store, domain::role::Role};
use serde_json::{Value, json};

fn evening() -> Value {
    json!({
        "title": "星光夜市直播间",
        "host": "零工市场主播小林",
        "platforms": ["douyin", "channels"],
        "url": "https://live.example.test/room/1",
        "starts_at": "2026-07-19T19:00",
        "ends_at": "2026-07-19T21:00:00+08:00"
    })
}

fn count(views: i64, at: &str) -> Value {
    json!({
        "platform": "douyin", "views": views, "at": at,
        "evidence_url": "https://live.example.test/room/1/stats"
    })
}

#[tokio::test]
async fn a_stream_is_planned_counted_and_shown() {
    let square = Square::open().await;
    let (_, clerk) = square.clerk("甲公司").await;
    let office = square.app.role(Role::OfficeAdmin).await;
    let posting = square.published(&clerk, &office, &designer()).await;
    let made = office
        .api_post("/fairs/starlight/streams", &evening())
        .await
        .expect(201)
        .json();
    let id = made["id"].as_str().unwrap();
    let code = made["code"].as_str().unwrap();
    assert!(
        made["register_url"]
            .as_str()
            .unwrap()
            .ends_with(&format!("/f/starlight/register?s={code}"))
    );

    let views = format!("/streams/{id}/views");
    office
        .api_post(&views, &count(1200, "2026-07-19T19:20"))
        .await
        .expect(201);
    let more = json!({ "platform": "channels", "views": "１,５００", "at": "2026-07-19T19:25", "evidence_url": "https://v.example.test/1" });
    office.api_post(&views, &more).await.expect(201);
    let sums = office
        .api_post(&views, &count(2650, "2026-07-19T19:29"))
        .await
        .expect(201)
        .json();
    assert_eq!(sums["views"]["total"], 4150);
    let mark = json!({ "posting": posting, "minute": 12 });
    let marks = format!("/streams/{id}/postings");
    office.api_post(&marks, &mark).await.expect(204);
    assert_eq!(
        office.api_post(&marks, &mark).await.expect(409).code(),
        "already_presented"
    );

    let list = square
        .app
        .visitor()
        .api_get("/fairs/starlight/streams")
        .await
        .expect(200)
        .json();
    let stream = &list["items"][0];
    assert_eq!(
        (stream["live"].as_bool(), stream["views"]["total"].as_i64()),
        (Some(true), Some(4150))
    );
    assert_eq!(
        stream["postings"][0],
        json!({ "posting": posting, "title": "电气设计师", "minute": 12 })
    );
    let db = &square.app.app.db;
    let shown = store::public_streams(db.read(), square.fair, db.now())
        .await
        .unwrap();
    assert_eq!((shown.len(), shown[0].postings.len()), (1, 1));
    // A posting that is no longer public is no longer named.
    let hide = [("reason", "有人举报"), ("version", "2")];
    office
        .post(&format!("/office/postings/{posting}/hide"), &hide)
        .await
        .expect(303);
    let shown = store::public_streams(db.read(), square.fair, db.now())
        .await
        .unwrap();
    assert!(shown[0].postings.is_empty());
}

#[tokio::test]
async fn totals_do_not_shrink_without_a_reason() {
    let square = Square::open().await;
    let office = square.app.role(Role::OfficeAdmin).await;
    let made = office
        .api_post("/fairs/starlight/streams", &evening())
        .await
        .expect(201)
        .json();
    let views = format!("/streams/{}/views", made["id"].as_str().unwrap());
    office
        .api_post(&views, &count(9000, "2026-07-19T19:20"))
        .await
        .expect(201);
    let reply = office
        .api_post(&views, &count(900, "2026-07-19T19:25"))
        .await
        .expect(422);
    assert_eq!(faults(&reply), ["/views views_decrease"]);
    assert!(reply.text().contains("9000"));
    let early = office
        .api_post(&views, &count(9500, "2026-07-19T19:10"))
        .await
        .expect(422);
    assert_eq!(faults(&early), ["/views views_decrease"]);
    let mut corrected = count(900, "2026-07-19T19:25");
    corrected["correction"] = json!("看错一位");
    let sums = office.api_post(&views, &corrected).await.expect(201).json();
    assert_eq!(sums["views"]["total"], 900);
    office
        .api_post(&views, &count(950, "2026-07-19T19:26"))
        .await
        .expect(201);
}

#[tokio::test]
async fn counts_that_race_never_shrink() {
    let square = Square::open().await;
    let office = square.app.role(Role::OfficeAdmin).await;
    let made = office
        .api_post("/fairs/starlight/streams", &evening())
        .await
        .expect(201)
        .json();
    let views = format!("/streams/{}/views", made["id"].as_str().unwrap());
    let same = "2026-07-19T19:20";
    let tries = (0..12_i64).map(|n| {
        let (office, views) = (office.clone(), views.clone());
        async move {
            office
                .api_post(&views, &count((n * 7) % 12, same))
                .await
                .status
                .as_u16()
        }
    });
    let answers = futures_util::future::join_all(tries).await;
    assert!(
        answers.iter().all(|status| [201, 422].contains(status)),
        "{answers:?}"
    );
    let list = square
        .app
        .visitor()
        .api_get("/fairs/starlight/streams")
        .await
        .json();
    assert_eq!(list["items"][0]["views"]["total"], 11);
}

#[tokio::test]
async fn every_field_is_checked() {
    let square = Square::open().await;
    let office = square.app.role(Role::OfficeAdmin).await;
    let empty = office
        .api_post("/fairs/starlight/streams", &json!({}))
        .await
        .expect(422);
    assert_eq!(
        faults(&empty),
        [
            "/title required",
            "/host required",
            "/platforms required",
            "/url required",
            "/starts_at required",
            "/ends_at required"
        ]
    );
    for (name, value, fault) in [
        ("title", json!("字".repeat(61)), "/title too_long"),
        ("host", json!("a\u{0}b"), "/host control_characters"),
        ("platforms", json!(["radio"]), "/platforms unknown_choice"),
        ("url", json!("javascript:alert(1)"), "/url format"),
        ("starts_at", json!("gestern"), "/starts_at format"),
        (
            "ends_at",
            json!("2026-07-19T18:00"),
            "/ends_at before_start",
        ),
        ("ends_at", json!("2026-07-29T18:00"), "/ends_at too_far"),
    ] {
        let mut stream = evening();
        stream[name] = value;
        let reply = office
            .api_post("/fairs/starlight/streams", &stream)
            .await
            .expect(422);
        assert_eq!(faults(&reply), [fault]);
    }
    let made = office
        .api_post("/fairs/starlight/streams", &evening())
        .await
        .expect(201)
        .json();
    let id = made["id"].as_str().unwrap();
    let views = format!("/streams/{id}/views");
    let empty = office.api_post(&views, &json!({})).await.expect(422);
    assert_eq!(
        faults(&empty),
        [
            "/platform required",
            "/views required",
            "/evidence_url required"
        ]
    );
    for (name, value, fault) in [
        ("platform", json!("kuaishou"), "/platform unknown_choice"),
        ("views", json!(-1), "/views out_of_range"),
        ("views", json!("viele"), "/views format"),
        ("at", json!("2026-07-19T23:00"), "/at future"),
        ("at", json!("2026-07-19T01:00"), "/at before_start"),
        ("evidence_url", json!("//x"), "/evidence_url format"),
        ("correction", json!("a".repeat(201)), "/correction too_long"),
    ] {
        let mut noted = count(1, "2026-07-19T19:20");
        noted[name] = value;
        let reply = office.api_post(&views, &noted).await.expect(422);
        assert_eq!(faults(&reply), [fault]);
    }
    let marks = format!("/streams/{id}/postings");
    for (mark, fault) in [
        (
            json!({ "posting": "99", "minute": 1 }),
            "/posting not_found",
        ),
        (json!({ "minute": 1 }), "/posting required"),
        (
            json!({ "posting": "1", "minute": 121 }),
            "/minute out_of_range",
        ),
        (json!({ "posting": "1" }), "/minute required"),
    ] {
        let reply = office.api_post(&marks, &mark).await.expect(422);
        assert_eq!(faults(&reply), [fault]);
    }
    office
        .api_post("/streams/0/views", &count(1, "2026-07-19T19:20"))
        .await
        .expect(404);
    office
        .api_post("/streams/x/views", &count(1, "2026-07-19T19:20"))
        .await
        .expect(404);
}

#[tokio::test]
async fn the_studio_works_on_pages() {
    let square = Square::open().await;
    let host = square.co_host("gig", true).await;
    let stranger = square.co_host("other", false).await;
    let base = "/office/fairs/starlight/streams";
    stranger.get(base).await.expect(404);
    host.get(base).await.expect(200);
    let once = once_of(&host.get(&format!("{base}/new")).await.expect(200).text());
    let form = [
        ("title", "星光夜市直播间"),
        ("host", "小林"),
        ("platforms", "douyin"),
        ("platforms", "channels"),
        ("url", "https://live.example.test/room/1"),
        ("starts_at", "2026-07-19T19:00"),
        ("ends_at", "2026-07-19T21:00"),
        ("once", &once),
    ];
    let made = host.post(&format!("{base}/new"), &form).await.expect(303);
    assert_eq!(
        host.post(&format!("{base}/new"), &form)
            .await
            .expect(303)
            .location(),
        made.location()
    );
    host.post(&format!("{base}/new"), &[("title", "x")])
        .await
        .expect(422);
    let at = made.location().split('?').next().unwrap().to_owned();
    stranger.get(&at).await.expect(404);
    assert!(
        host.get(&at)
            .await
            .expect(200)
            .text()
            .contains("register?s=")
    );
    let svg = host.get(&format!("{at}/qr.svg")).await.expect(200);
    assert_eq!(svg.headers["content-type"], "image/svg+xml");
    let views = [
        ("platform", "douyin"),
        ("views", "2650"),
        ("evidence_url", "https://v.example.test/1"),
    ];
    host.post(&format!("{at}/views"), &views).await.expect(303);
    let less = [
        ("platform", "douyin"),
        ("views", "26"),
        ("evidence_url", "https://v.example.test/1"),
    ];
    let page = host
        .post(&format!("{at}/views"), &less)
        .await
        .expect(422)
        .text();
    assert!(page.contains("累计观看数不会减少") && page.contains("value=\"26\""));
    let list = host.get(base).await.expect(200).text();
    assert!(list.contains("2,650") && list.contains("直播中"));
    let edit = [&form[..7], &[("version", "1"), ("host", "")]].concat();
    host.post(&format!("{at}/edit"), &edit).await.expect(303);
    host.post(&format!("{at}/edit"), &edit).await.expect(422);
    host.get("/office/fairs/elsewhere/streams/1")
        .await
        .expect(404);
    square
        .app
        .role(Role::GateSteward)
        .await
        .get(base)
        .await
        .expect(403);
    square
        .app
        .role(Role::Board)
        .await
        .get(base)
        .await
        .expect(200);
}
