//! Postings over the API: written, checked, reviewed, found, hidden.
use crate::posting_make::{Square, designer, faults, with};
use chrono::TimeDelta;
use nightfair::{
    domain::{employer::EmployerStatus, fair::FairStatus, id::PostingId, role::Role},
    entity::posting_event,
    posting::store,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

#[tokio::test]
async fn a_posting_is_written_reviewed_and_found() {
    let square = Square::open().await;
    let (employer, clerk) = square.clerk("陇上云仓供应链有限公司").await;
    square.book(employer, "A01").await;
    let office = square.app.role(Role::PlacementOfficer).await;
    let made = square.post(&clerk, &designer()).await.expect(201).json();
    assert_eq!(
        (
            made["status"].as_str(),
            made["findings"].as_array().map(Vec::len)
        ),
        (Some("in_review"), Some(0))
    );
    assert!(square.public("").await.is_empty());
    let id = made["id"].as_str().unwrap();
    let public = format!("/fairs/starlight/postings/{id}");
    square.app.visitor().api_get(&public).await.expect(404);

    let path = format!("/postings/{id}/review");
    let approve = json!({ "decision": "approve", "version": made["version"] });
    let done = office.api_post(&path, &approve).await.expect(200).json();
    assert_eq!(done["status"], "published");
    let shown = square
        .app
        .visitor()
        .api_get(&public)
        .await
        .expect(200)
        .json();
    assert_eq!(shown["booth"], "A01");
    assert_eq!(shown["employer"]["name"], "陇上云仓供应链有限公司");
    assert_eq!(
        shown["pay"],
        json!({ "min": 6000, "max": 8000, "unit": "month", "months": 12 })
    );
    assert!(shown.get("findings").is_none() && shown.get("status").is_none());
    assert_eq!(square.public("").await, ["电气设计师"]);
    let again = office
        .api_post(&path, &json!({ "decision": "approve" }))
        .await
        .expect(409);
    assert_eq!(again.code(), "not_in_review");
}

#[tokio::test]
async fn held_wording_needs_a_ground_or_an_edit() {
    let square = Square::open().await;
    let (_, clerk) = square.clerk("甲公司").await;
    let office = square.app.role(Role::OfficeAdmin).await;
    let bad = with(
        designer(),
        json!({ "duties": "搬运货物，限男性，需交押金200元。" }),
    );
    let made = square.post(&clerk, &bad).await.expect(201).json();
    let findings = made["findings"].as_array().unwrap();
    assert!(findings.len() >= 2, "{findings:?}");
    assert_eq!(findings[0]["field"], "duties");
    let text: Vec<char> = bad["duties"].as_str().unwrap().chars().collect();
    let number = |name: &str| usize::try_from(findings[0][name].as_u64().unwrap()).unwrap();
    let phrase: String = text[number("start")..number("start") + number("len")]
        .iter()
        .collect();
    assert_eq!(findings[0]["phrase"], phrase);

    let path = format!("/postings/{}/review", made["id"].as_str().unwrap());
    let reply = office
        .api_post(&path, &json!({ "decision": "approve" }))
        .await
        .expect(422);
    assert_eq!(faults(&reply), ["/ground required"]);
    assert!(reply.json()["findings"].as_array().unwrap().len() >= 2);
    for decision in ["return", "reject"] {
        let reply = office
            .api_post(&path, &json!({ "decision": decision }))
            .await
            .expect(422);
        assert_eq!(faults(&reply), ["/reason required"]);
    }
    let reply = office
        .api_post(&path, &json!({ "decision": "burn" }))
        .await
        .expect(422);
    assert_eq!(faults(&reply), ["/decision unknown_choice"]);
    let ground = json!({ "decision": "approve", "ground": "《女职工劳动保护特别规定》附录", "reason": "已核对" });
    office.api_post(&path, &ground).await.expect(200);

    let id: PostingId = made["id"].as_str().unwrap().parse().unwrap();
    let events = posting_event::Entity::find()
        .filter(posting_event::Column::PostingId.eq(id))
        .all(square.app.app.db.read())
        .await
        .unwrap();
    let told: Vec<_> = events
        .iter()
        .map(|e| (e.what.as_str(), e.ground.is_some()))
        .collect();
    assert_eq!(told, [("submitted", false), ("approved", true)]);
    assert_eq!(events[1].content["duties"], bad["duties"]);
}

#[tokio::test]
async fn every_field_is_checked_and_all_faults_are_told_at_once() {
    let square = Square::open().await;
    let (_, clerk) = square.clerk("甲公司").await;
    let empty = square.post(&clerk, &json!({})).await.expect(422);
    let told = faults(&empty);
    for field in [
        "title",
        "occupation",
        "kind",
        "headcount",
        "pay/min",
        "pay/unit",
        "education",
        "experience",
        "duties",
        "place",
        "contract_type",
        "expires_on",
    ] {
        assert!(
            told.contains(&format!("/{field} required")),
            "{field}: {told:?}"
        );
    }
    let cases = [
        (json!({ "title": "字".repeat(41) }), "/title too_long"),
        (json!({ "title": "电\u{0}气" }), "/title control_characters"),
        (
            json!({ "title": "找我 13800138000" }),
            "/title personal_data",
        ),
        (json!({ "duties": "a".repeat(2001) }), "/duties too_long"),
        (
            json!({ "duties": "联系微信１３８００１３８０００" }),
            "/duties personal_data",
        ),
        (json!({ "headcount": 0 }), "/headcount out_of_range"),
        (json!({ "headcount": 9999 }), "/headcount out_of_range"),
        (json!({ "headcount": "若干" }), "/headcount format"),
        (
            json!({ "pay": { "min": 8000, "max": 6000, "unit": "month" } }),
            "/pay/max pay_order",
        ),
        (
            json!({ "pay": { "min": "面议", "unit": "month" } }),
            "/pay/min pay_negotiable",
        ),
        (
            json!({ "pay": { "min": 1, "max": 6000, "unit": "month" } }),
            "/pay/min out_of_range",
        ),
        (
            json!({ "pay": { "min": 6000, "max": 9_000_000, "unit": "month" } }),
            "/pay/max out_of_range",
        ),
        (
            json!({ "pay": { "min": 6000, "unit": "week" } }),
            "/pay/unit unknown_choice",
        ),
        (
            json!({ "pay": { "min": 6000, "unit": "month", "months": 40 } }),
            "/pay/months out_of_range",
        ),
        (json!({ "occupation": "4" }), "/occupation unknown_choice"),
        (json!({ "kind": "slave" }), "/kind unknown_choice"),
        (json!({ "education": "some" }), "/education unknown_choice"),
        (json!({ "insurance": ["tea"] }), "/insurance unknown_choice"),
        (json!({ "insurance": [] }), "/insurance required"),
        (
            json!({ "groups": ["released_prisoner"] }),
            "/groups unknown_choice",
        ),
        (json!({ "groups": ["nobody"] }), "/groups unknown_choice"),
        (
            json!({ "contract_type": "dispatch" }),
            "/contract_type unknown_choice",
        ),
        (json!({ "expires_on": "2026-07-18" }), "/expires_on past"),
        (json!({ "expires_on": "2027-07-18" }), "/expires_on too_far"),
        (json!({ "expires_on": "2026-02-30" }), "/expires_on format"),
        (json!({ "age_limit": "18至30岁" }), "/age_ground required"),
        (json!({ "age_ground": "adult_work" }), "/age_limit required"),
        (
            json!({ "age_limit": "18岁以上", "age_ground": "taste" }),
            "/age_ground unknown_choice",
        ),
    ];
    for (change, fault) in cases {
        let reply = square
            .post(&clerk, &with(designer(), change))
            .await
            .expect(422);
        assert_eq!(faults(&reply), [fault]);
    }
}

#[tokio::test]
async fn what_people_type_is_understood() {
    let square = Square::open().await;
    let (_, clerk) = square.clerk("甲公司").await;
    let change = json!({
        "title": "  课程顾问👩‍🏫 ",
        "headcount": "１２人",
        "pay": { "min": "６０００元", "unit": "month" },
        "expires_on": "2026年8月18日",
        "age_limit": "18周岁以上",
        "age_ground": "adult_work",
        "skills": ""
    });
    let made = square
        .post(&clerk, &with(designer(), change))
        .await
        .expect(201)
        .json();
    assert_eq!(made["title"], "课程顾问👩‍🏫");
    assert_eq!(made["headcount"], 12);
    assert_eq!(
        made["pay"],
        json!({ "min": 6000, "max": 6000, "unit": "month", "months": 12 })
    );
    assert_eq!(made["expires_on"], "2026-08-18");
    assert_eq!(made["age_ground"], "adult_work");
}

#[tokio::test]
async fn bad_calls_are_answered_and_change_nothing() {
    let square = Square::open().await;
    let (employer, clerk) = square.clerk("甲公司").await;
    let office = square.app.role(Role::OfficeAdmin).await;
    square.post(&office, &designer()).await.expect(422);
    let unknown = square
        .post(&office, &with(designer(), json!({ "employer": "999" })))
        .await;
    assert_eq!(faults(&unknown.expect(422)), ["/employer not_found"]);
    let named = with(designer(), json!({ "employer": employer.to_string() }));
    square.post(&office, &named).await.expect(201);
    square.post(&clerk, &named).await.expect(201);
    let other = square.employer("乙公司", EmployerStatus::Approved).await;
    let foreign = with(designer(), json!({ "employer": other.to_string() }));
    square.post(&clerk, &foreign).await.expect(403);
    clerk
        .api_post("/fairs/nowhere/postings", &designer())
        .await
        .expect(404);
    square
        .post(&clerk, &with(designer(), json!({ "colour": "red" })))
        .await
        .expect(422);
    square
        .post(&clerk, &with(designer(), json!({ "title": 5 })))
        .await
        .expect(422);
    square
        .post(&square.app.visitor(), &designer())
        .await
        .expect(401);
    let steward = square.app.role(Role::GateSteward).await;
    square.post(&steward, &designer()).await.expect(403);
    for id in ["0", "-1", "x", "99999999999999999999"] {
        office
            .api_post(
                &format!("/postings/{id}/review"),
                &json!({ "decision": "approve" }),
            )
            .await
            .expect(404);
        square
            .app
            .visitor()
            .get(&format!("/f/starlight/postings/{id}"))
            .await
            .expect(404);
    }
    let list = office.api_get("/postings").await.expect(200).json();
    assert_eq!(list["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn the_same_call_twice_makes_one_posting() {
    let square = Square::open().await;
    let (_, clerk) = square.clerk("甲公司").await;
    let body = designer().to_string().into_bytes();
    let path = "/fairs/starlight/postings";
    let post = |body: Vec<u8>| clerk.api(axum::http::Method::POST, path, Some("k1"), body);
    let first = post(body.clone()).await.expect(201).json();
    let second = post(body).await.expect(201);
    assert_eq!(second.headers["idempotent-replayed"], "true");
    assert_eq!(second.json()["id"], first["id"]);
    let other = with(designer(), json!({ "title": "会计" }))
        .to_string()
        .into_bytes();
    assert_eq!(
        post(other).await.expect(422).code(),
        "idempotency_key_reused"
    );
}

#[tokio::test]
async fn nothing_is_public_that_may_not_be() {
    let square = Square::open().await;
    let office = square.app.role(Role::OfficeAdmin).await;
    // A pending employer may write; nothing of it is shown or published.
    let pending = square.employer("待审公司", EmployerStatus::Pending).await;
    let clerk = square.app.clerk_of(pending).await;
    let made = square.post(&clerk, &designer()).await.expect(201).json();
    let path = format!("/postings/{}/review", made["id"].as_str().unwrap());
    let refused = office
        .api_post(&path, &json!({ "decision": "approve" }))
        .await
        .expect(409);
    assert_eq!(refused.code(), "employer_not_approved");
    // Papers checked more than 183 days ago hide what was shown and stop what is new.
    let (_, clerk) = square.clerk("甲公司").await;
    square
        .published(
            &clerk,
            &office,
            &with(designer(), json!({ "expires_on": "2027-01-10" })),
        )
        .await;
    assert_eq!(square.public("").await.len(), 1);
    square.app.clock.set("2027-01-01T00:00:00Z");
    assert_eq!(square.public("").await.len(), 0);
}

#[tokio::test]
async fn a_posting_is_hidden_when_its_last_day_is_over() {
    let square = Square::open().await;
    let (_, clerk) = square.clerk("甲公司").await;
    let office = square.app.role(Role::OfficeAdmin).await;
    let today = with(designer(), json!({ "expires_on": "2026-07-19" }));
    let id = square.published(&clerk, &office, &today).await;
    assert_eq!(square.public("").await.len(), 1);
    square.app.clock.set("2026-07-19T15:59:59Z");
    assert_eq!(square.public("").await.len(), 1);
    square.app.clock.advance(TimeDelta::seconds(1));
    assert_eq!(square.public("").await.len(), 0);
    square
        .app
        .visitor()
        .get(&format!("/f/starlight/postings/{id}"))
        .await
        .expect(404);
}

#[tokio::test]
async fn search_finds_two_characters_and_initials() {
    let square = Square::open().await;
    let office = square.app.role(Role::OfficeAdmin).await;
    let (designers, first) = square.clerk("陇上云仓供应链有限公司").await;
    square.book(designers, "A01").await;
    let (_, second) = square.clerk("兰韵课程培训学校").await;
    square.published(&first, &office, &designer()).await;
    let teacher = with(
        designer(),
        json!({
            "title": "课程顾问", "duties": "接待家长，介绍课程。", "skills": "普通话标准", "education": "college",
            "pay": { "min": 25, "unit": "hour" }, "groups": ["hard_to_place"], "kind": "gig",
            "contract_type": "part_time", "insurance": ["work_injury"]
        }),
    );
    square.published(&second, &office, &teacher).await;
    let encode = |text: &str| {
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    let both = ["课程顾问", "电气设计师"];
    for (words, found) in [
        ("电气", &both[1..]),
        ("设计", &both[1..]),
        ("云仓", &both[1..]),
        ("课程", &both[..1]),
        ("顾问 家长", &both[..1]),
        ("dqsjs", &both[1..]),
        ("kcgw", &both[..1]),
        ("cad", &both[1..]),
        ("ＣＡＤ", &both[1..]),
        ("课", &both[..1]),
        ("会计", &[]),
        ("电气 课程", &[]),
    ] {
        assert_eq!(
            square.public(&format!("q={}", encode(words))).await,
            found,
            "{words}"
        );
    }
    for odd in [
        "\"",
        "'",
        "*",
        "NEAR(",
        "电气\" OR \"课程",
        "'; DROP TABLE postings; --",
        "a:b",
        "^",
        "(",
        "😀",
        "\\",
        "-电气",
        "& | !",
        ":*",
    ] {
        let path = format!("/f/starlight/postings?q={}", encode(odd));
        square.app.visitor().get(&path).await.expect(200);
    }
    assert_eq!(square.public("group=graduate").await, ["电气设计师"]);
    assert_eq!(square.public("salary_min=5000").await, ["电气设计师"]);
    assert_eq!(square.public("salary_min=4350").await, both);
    assert_eq!(square.public("salary_min=4351").await, ["电气设计师"]);
    assert_eq!(square.public("booth=a01").await, ["电气设计师"]);
    assert_eq!(square.public("booth=Z99").await, [""; 0]);
    assert_eq!(square.public("education=college").await, ["课程顾问"]);
    assert_eq!(square.public("education=master").await, both);
    assert_eq!(square.public("kind=gig").await, ["课程顾问"]);
    assert_eq!(
        square
            .public(&format!("q={}&group=graduate&booth=A01", encode("设计")))
            .await,
        ["电气设计师"]
    );
    for (query, fault) in [
        ("group=king", "/group unknown_choice"),
        ("group=drug_recovery", "/group unknown_choice"),
        ("salary_min=viel", "/salary_min format"),
        ("education=x", "/education unknown_choice"),
    ] {
        let reply = square
            .app
            .visitor()
            .api_get(&format!("/fairs/starlight/postings?{query}"))
            .await;
        assert_eq!(faults(&reply.expect(422)), [fault]);
    }
}

#[tokio::test]
async fn a_changed_posting_is_found_by_its_new_words() {
    let square = Square::open().await;
    let (_, clerk) = square.clerk("甲公司").await;
    let office = square.app.role(Role::OfficeAdmin).await;
    let id = square.published(&clerk, &office, &designer()).await;
    let form = crate::posting_pages::form(&[("title", "暖通设计师"), ("version", "2")]);
    let form: Vec<(&str, &str)> = form.iter().map(|(k, v)| (*k, *v)).collect();
    clerk
        .post(&format!("/employer/postings/{id}/edit"), &form)
        .await
        .expect(303);
    assert!(
        square.public("").await.is_empty(),
        "a changed posting is reviewed again"
    );
    office
        .api_post(
            &format!("/postings/{id}/review"),
            &json!({ "decision": "approve" }),
        )
        .await
        .expect(200);
    assert_eq!(square.public("q=ntsjs").await, ["暖通设计师"]);
    assert!(square.public("q=dqsjs").await.is_empty());
}

#[tokio::test]
async fn pages_of_the_list_neither_skip_nor_repeat() {
    let square = Square::open().await;
    let (_, clerk) = square.clerk("甲公司").await;
    let office = square.app.role(Role::OfficeAdmin).await;
    for n in 0..5 {
        let title = format!("岗位{n}");
        square
            .published(
                &clerk,
                &office,
                &with(designer(), json!({ "title": title })),
            )
            .await;
    }
    let (mut cursor, mut seen) = (String::new(), Vec::new());
    loop {
        let path = format!("/fairs/starlight/postings?limit=2{cursor}");
        let page = square.app.visitor().api_get(&path).await.expect(200).json();
        let items = page["items"].as_array().unwrap();
        seen.extend(
            items
                .iter()
                .map(|i| i["title"].as_str().unwrap().to_owned()),
        );
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, ["岗位4", "岗位3", "岗位2", "岗位1", "岗位0"]);
    for bad in ["limit=0", "limit=201"] {
        square
            .app
            .visitor()
            .api_get(&format!("/fairs/starlight/postings?{bad}"))
            .await
            .expect(422);
    }
    square
        .app
        .visitor()
        .api_get("/fairs/starlight/postings?cursor=x")
        .await
        .expect(400);
}

#[tokio::test]
async fn a_co_host_sees_the_postings_of_its_fairs_only() {
    let square = Square::open().await;
    let (_, clerk) = square.clerk("甲公司").await;
    let made = square.post(&clerk, &designer()).await.expect(201).json();
    let id = made["id"].as_str().unwrap();
    let host = square.co_host("women", true).await;
    let stranger = square.co_host("trade", false).await;
    let items = |list: serde_json::Value| list["items"].as_array().unwrap().len();
    assert_eq!(items(host.api_get("/postings").await.expect(200).json()), 1);
    assert_eq!(
        items(stranger.api_get("/postings").await.expect(200).json()),
        0
    );
    host.get(&format!("/office/postings/{id}"))
        .await
        .expect(200);
    stranger
        .get(&format!("/office/postings/{id}"))
        .await
        .expect(404);
    stranger
        .api_get(&format!("/postings/{id}"))
        .await
        .expect(404);
    stranger
        .get("/office/postings?fair=starlight")
        .await
        .expect(404);
    let verdict = json!({ "decision": "approve" });
    host.api_post(&format!("/postings/{id}/review"), &verdict)
        .await
        .expect(403);
}

#[tokio::test]
async fn an_employer_reaches_only_its_own() {
    let square = Square::open().await;
    let (_, clerk) = square.clerk("甲公司").await;
    let (_, other) = square.clerk("乙公司").await;
    let made = square.post(&clerk, &designer()).await.expect(201).json();
    let id = made["id"].as_str().unwrap();
    for path in [
        format!("/employer/postings/{id}"),
        format!("/employer/postings/{id}/edit"),
        format!("/employer/postings/new?from={id}"),
    ] {
        clerk.get(&path).await.expect(200);
        other.get(&path).await.expect(404);
    }
    other.api_get(&format!("/postings/{id}")).await.expect(404);
    other
        .post(&format!("/employer/postings/{id}/close"), &[])
        .await
        .expect(404);
    other
        .post(&format!("/employer/postings/{id}/edit"), &[])
        .await
        .expect(404);
    clerk
        .post(
            &format!("/employer/postings/{id}/close"),
            &[("version", "9")],
        )
        .await
        .expect(409);
    clerk
        .post(
            &format!("/employer/postings/{id}/close"),
            &[("version", "1")],
        )
        .await
        .expect(303);
    clerk
        .post(&format!("/employer/postings/{id}/close"), &[])
        .await
        .expect(409);
}

#[tokio::test]
async fn an_unpublished_fair_shows_nothing() {
    let square = Square::open().await;
    crate::posting_make::add_fair(&square.app, "draft", FairStatus::Draft).await;
    square
        .app
        .visitor()
        .api_get("/fairs/draft/postings")
        .await
        .expect(404);
    square
        .app
        .visitor()
        .get("/f/draft/postings")
        .await
        .expect(404);
    let (_, clerk) = square.clerk("甲公司").await;
    clerk
        .api_post("/fairs/draft/postings", &designer())
        .await
        .expect(404);
}

#[tokio::test]
async fn a_fair_is_counted_as_the_public_sees_it() {
    let square = Square::open().await;
    let (_, clerk) = square.clerk("甲公司").await;
    let office = square.app.role(Role::OfficeAdmin).await;
    square.published(&clerk, &office, &designer()).await;
    square.post(&clerk, &designer()).await.expect(201);
    let db = &square.app.app.db;
    let offer = store::offer(db.read(), square.fair, db.now())
        .await
        .unwrap();
    assert_eq!(
        (offer.postings, offer.headcount, offer.employers),
        (1, 2, 1)
    );
}

#[tokio::test]
async fn two_verdicts_at_once_leave_one() {
    let square = Square::open().await;
    let (_, clerk) = square.clerk("甲公司").await;
    let office = square.app.role(Role::OfficeAdmin).await;
    let made = square.post(&clerk, &designer()).await.expect(201).json();
    let path = format!("/postings/{}/review", made["id"].as_str().unwrap());
    let (approve, reject) = (
        json!({ "decision": "approve", "version": 1 }),
        json!({ "decision": "reject", "reason": "重复", "version": 1 }),
    );
    let (a, b) = tokio::join!(
        office.api_post(&path, &approve),
        office.api_post(&path, &reject)
    );
    let mut statuses = [a.status.as_u16(), b.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
}
