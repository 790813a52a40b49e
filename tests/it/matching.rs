//! The ladder of a match, from an interest to a verified placement, and everything it refuses.
use crate::{
    matching_make::{Market, claim, no, offer},
    posting_make::{designer, faults, with},
};
use axum::http::Method;
use chrono::TimeDelta;
use nightfair::{
    case::ledger,
    domain::role::Role,
    entity::{case_text, consent, follow_up},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

#[tokio::test]
async fn the_whole_ladder_from_interest_to_retention() {
    let mut market = Market::open().await;
    let seeker = market.seeker("张小芳", "13800006608").await;
    let made = market.interest(&seeker, &market.posting, &["phone"]).await;
    let case = made.expect(201).json();
    let number = no(&case);
    assert_eq!(case["stage"], "dispatched");
    assert_eq!(case["share"], json!(["phone"]));
    assert_eq!(case["booth"], "A01");
    assert!(!case.to_string().contains("张小芳"));

    market
        .employer_does(&number, &[("action", "acknowledge")])
        .await
        .expect(303);
    market
        .employer_does(&number, &[("action", "met")])
        .await
        .expect(303);
    assert_eq!(market.state(&number).await.2, "interview");
    market
        .employer_does(&number, &offer("2026-07-20"))
        .await
        .expect(303);
    assert_eq!(market.state(&number).await.2, "offer");
    market
        .seeker_does(&seeker, &number, &[("action", "offer_accept")])
        .await
        .expect(303);
    assert_eq!(market.state(&number).await.2, "accepted");

    // Not before the agreed day.
    let early = market.employer_does(&number, &claim("contract")).await;
    assert!(early.expect(409).text().contains("上岗日期"));
    market.pass_days(1).await;
    market
        .employer_does(&number, &claim("contract"))
        .await
        .expect(303);
    assert_eq!(market.state(&number).await.2, "started");

    let office = &market.officer.clone();
    let verify = [("action", "verify_pass"), ("evidence", "contract")];
    market
        .office_does(office, &number, &verify)
        .await
        .expect(303);
    // Nobody was called yet.
    let close = [("action", "close"), ("placed_on", "2026-07-20")];
    let early = market.office_does(office, &number, &close).await;
    assert!(early.expect(409).text().contains("还没有联系到本人"));
    let call = [
        ("action", "callback"),
        ("reached", "yes"),
        ("at_work", "yes"),
    ];
    market.office_does(office, &number, &call).await.expect(303);
    market
        .office_does(office, &number, &close)
        .await
        .expect(303);
    let (stage, _, rung) = market.state(&number).await;
    assert_eq!((stage.as_str(), rung.as_str()), ("closed", "verified"));

    let path = format!("/fairs/{}/tally", market.square.slug);
    let tally = office.api_get(&path).await.expect(200).json();
    assert!(tally.to_string().contains("verified"), "{tally}");

    let retention = [
        ("action", "retention"),
        ("check", "30"),
        ("result", "retained"),
    ];
    let early = market.office_does(office, &number, &retention).await;
    early.expect(409);
    market.pass_days(30).await;
    let due = market
        .officer
        .get("/office/matches?queue=follow_up")
        .await
        .expect(200);
    assert!(due.text().contains(&number));
    let clerk = market.app().role(Role::CommunityClerk).await;
    market
        .office_does(&clerk, &number, &retention)
        .await
        .expect(303);
    market.pass_days(60).await;
    let clerk = market.app().role(Role::CommunityClerk).await;
    let ninety = [("action", "retention"), ("check", "90"), ("result", "left")];
    market
        .office_does(&clerk, &number, &ninety)
        .await
        .expect(303);
    let db = market.app().app.db.read();
    let done = follow_up::Entity::find().all(db).await.unwrap();
    let mut results: Vec<_> = done.into_iter().filter_map(|one| one.result).collect();
    results.sort();
    assert_eq!(results, ["left", "retained"]);
    assert_eq!(ledger::verify(db).await.unwrap().broken, None);
}

#[tokio::test]
async fn the_employer_alone_is_no_evidence_and_nobody_verifies_what_he_claimed() {
    let market = Market::open().await;
    let seeker = market.seeker("张小芳", "13800006608").await;
    let number = market.claimed(&seeker).await;
    let alone = [
        ("action", "verify_pass"),
        ("evidence", "employer_statement"),
    ];
    let refused = market.office_does(&market.officer, &number, &alone).await;
    assert!(refused.expect(422).text().contains("仅凭用人单位告知"));
    let fail = [("action", "verify_fail"), ("reason", "合同未见")];
    market
        .office_does(&market.officer, &number, &fail)
        .await
        .expect(303);
    // Now the officer claims it, and another must verify.
    market
        .office_does(&market.officer, &number, &claim("site_visit"))
        .await
        .expect(303);
    let verify = [("action", "verify_pass"), ("evidence", "site_visit")];
    let own = market.office_does(&market.officer, &number, &verify).await;
    assert!(own.expect(403).text().contains("不能自己核实"));
    let other = market.app().role(Role::PlacementOfficer).await;
    market
        .office_does(&other, &number, &verify)
        .await
        .expect(303);
    // A clerk calls people, and verifies nothing.
    let clerk = market.app().role(Role::CommunityClerk).await;
    market
        .office_does(&clerk, &number, &verify)
        .await
        .expect(403);
}

#[tokio::test]
async fn sixteen_at_once_open_one_match() {
    let market = Market::open().await;
    let seeker = market.seeker("张小芳", "13800006608").await;
    let tries = (0..16).map(|_| market.interest(&seeker, &market.posting, &["phone"]));
    let replies = futures_util::future::join_all(tries).await;
    let made = replies.iter().filter(|r| r.status == 201).count();
    assert_eq!(made, 1);
    for reply in replies.iter().filter(|r| r.status != 201) {
        assert_eq!(
            (reply.status.as_u16(), reply.code().as_str()),
            (409, "already_interested")
        );
    }
    // After a withdrawal there may be another.
    let ticket = seeker
        .client
        .api_get(&format!("/tickets/{}", seeker.secret))
        .await
        .expect(200)
        .json();
    let number = ticket["matches"][0]["number"].as_str().unwrap().to_owned();
    let withdraw = [("action", "withdraw"), ("reason", "changed_mind")];
    market
        .seeker_does(&seeker, &number, &withdraw)
        .await
        .expect(303);
    market
        .interest(&seeker, &market.posting, &[])
        .await
        .expect(201);
}

#[tokio::test]
async fn one_key_is_one_interest() {
    let market = Market::open().await;
    let seeker = market.seeker("张小芳", "13800006608").await;
    let path = format!("/tickets/{}/interests", seeker.secret);
    let send = |posting: String| {
        let body = json!({ "posting": posting, "share": [] }).to_string();
        let (client, path) = (seeker.client.clone(), path.clone());
        async move {
            client
                .api(Method::POST, &path, Some("one"), body.into_bytes())
                .await
        }
    };
    let first = send(market.posting.clone()).await.expect(201);
    let second = send(market.posting.clone()).await.expect(201);
    assert_eq!(no(&first.json()), no(&second.json()));
    assert!(second.headers.contains_key("idempotent-replayed"));
    let other = send(market.slow.clone()).await.expect(422);
    assert_eq!(other.code(), "idempotency_key_reused");
}

#[tokio::test]
async fn interests_that_cannot_be() {
    let market = Market::open().await;
    let seeker = market.seeker("张小芳", "13800006608").await;
    let unknown = market.interest(&seeker, "999999", &[]).await.expect(422);
    assert_eq!(faults(&unknown), ["/posting not_found"]);
    let bad = market
        .interest(&seeker, &market.posting, &["id_number"])
        .await
        .expect(422);
    assert_eq!(faults(&bad), ["/share unknown_choice"]);
    let draft = market
        .square
        .post(
            &market.clerk,
            &with(designer(), json!({ "title": "未审岗位" })),
        )
        .await
        .expect(201)
        .json();
    let draft = draft["id"].as_str().unwrap();
    market.interest(&seeker, draft, &[]).await.expect(422);
    let path = format!("/employer/postings/{}/close", market.posting);
    let close = [("version", "2")];
    market.clerk.post(&path, &close).await;
    let shut = market.interest(&seeker, &market.posting, &[]).await;
    assert_eq!(shut.expect(409).code(), "posting_closed");
    let nobody = format!("/tickets/{}/interests", "0".repeat(16));
    let body = json!({ "posting": market.slow, "share": [] });
    market
        .app()
        .visitor()
        .api_post(&nobody, &body)
        .await
        .expect(404);
    market.app().clock.advance(TimeDelta::days(1));
    let over = market.interest(&seeker, &market.slow, &[]).await;
    assert_eq!(over.expect(409).code(), "posting_closed");
}

#[tokio::test]
async fn another_employer_finds_nothing() {
    let market = Market::open().await;
    let seeker = market.seeker("张小芳", "13800006608").await;
    let number = market.matched(&seeker, &market.posting, &["phone"]).await;
    let (_, rival) = market.rival().await;
    let path = format!("/employer/matches/{number}");
    rival.get(&path).await.expect(404);
    rival
        .post(&path, &[("action", "acknowledge")])
        .await
        .expect(404);
    rival.post(&format!("{path}/phone"), &[]).await.expect(404);
    let phone = format!("/matches/{number}/phone");
    rival.api_post(&phone, &json!({})).await.expect(404);
    let scan = format!("/fairs/{}/scans", market.square.slug);
    let body = json!({ "ticket": seeker.secret, "posting": market.posting });
    let foreign = rival.api_post(&scan, &body).await.expect(422);
    assert_eq!(faults(&foreign), ["/posting not_found"]);
    let other = market.seeker("李小强", "13800007708").await;
    let path = format!("/T/{}/matches/{number}", other.secret);
    other.client.get(&path).await.expect(404);
    let list = rival.get("/employer/matches").await.expect(200).text();
    assert!(!list.contains(&number));
}

#[tokio::test]
async fn what_is_taken_back_is_gone_with_the_next_request() {
    let market = Market::open().await;
    let seeker = market.seeker("张小芳", "13800006608").await;
    let number = market
        .matched(&seeker, &market.posting, &["phone", "name"])
        .await;
    let path = format!("/matches/{number}/phone");
    let open = market.clerk.api_post(&path, &json!({})).await.expect(200);
    assert_eq!(open.json()["phone"], "13800006608");
    let page = format!("/employer/matches/{number}");
    let page = page.as_str();
    assert!(
        market
            .clerk
            .get(page)
            .await
            .expect(200)
            .text()
            .contains("张小芳")
    );
    let share = format!("/T/{}/matches/{number}/share", seeker.secret);
    let untold = seeker.client.post(&share, &[("share", "phone")]).await;
    untold.expect(422);
    seeker.client.post(&share, &[]).await.expect(303);
    let shut = market.clerk.api_post(&path, &json!({})).await.expect(409);
    assert_eq!(shut.code(), "not_shared");
    let after = market.clerk.get(page).await.expect(200).text();
    assert!(!after.contains("张小芳") && !after.contains("13800006608"));
    let db = market.app().app.db.read();
    let given = consent::Entity::find()
        .filter(consent::Column::Purpose.eq("share_contact"))
        .all(db)
        .await
        .unwrap();
    assert_eq!(given.len(), 1);
    assert_eq!(given[0].fields, json!(["phone", "name"]));
    assert_eq!(given[0].employer_id, Some(market.employer));
    assert!(given[0].withdrawn_at.is_some());
    let looks = nightfair::entity::access_record::Entity::find()
        .filter(nightfair::entity::access_record::Column::Action.eq("reveal"))
        .all(db)
        .await
        .unwrap();
    assert_eq!(looks.len(), 1);
    assert_eq!(looks[0].reason, number);
}

#[tokio::test]
async fn an_erased_person_leaves_no_words() {
    let market = Market::open().await;
    let seeker = market.seeker("张小芳", "13800006608").await;
    let number = market.matched(&seeker, &market.posting, &["phone"]).await;
    let words = [
        ("action", "update"),
        ("text", "我是小芳，请打我电话"),
        ("visibility", "parties"),
    ];
    market
        .seeker_does(&seeker, &number, &words)
        .await
        .expect(303);
    seeker
        .client
        .api_delete(&format!("/tickets/{}", seeker.secret))
        .await
        .expect(204);
    assert_eq!(market.state(&number).await.0, "withdrawn");
    let db = market.app().app.db.read();
    let texts = case_text::Entity::find().all(db).await.unwrap();
    assert!(!texts.is_empty());
    assert!(texts.iter().all(|text| text.body_sealed.is_none()));
    assert_eq!(ledger::verify(db).await.unwrap().broken, None);
    let page = market
        .clerk
        .get(&format!("/employer/matches/{number}"))
        .await;
    let page = page.expect(200).text();
    assert!(!page.contains("张") && !page.contains("小芳"), "{page}");
}

#[tokio::test]
async fn a_scan_at_the_booth_opens_or_finds() {
    let market = Market::open().await;
    let seeker = market.seeker("张小芳", "13800006608").await;
    let path = format!("/fairs/{}/scans", market.square.slug);
    let unsaid = json!({ "ticket": seeker.secret });
    let unsaid = market.clerk.api_post(&path, &unsaid).await.expect(422);
    assert_eq!(faults(&unsaid), ["/posting required"]);
    let body = json!({
        "code": seeker.code, "posting": market.posting, "note": "熟练", "rating": 4
    });
    let made = market.clerk.api_post(&path, &body).await.expect(201).json();
    assert_eq!(made["person"]["masked_name"], "张**");
    assert_eq!(made["person"]["code"], seeker.code);
    assert_eq!(made["rating"], 4);
    assert_eq!(made["share"], json!([]));
    assert!(made["person"].get("name").is_none());
    let again = json!({ "ticket": format!("HTTP://FAIR.TEST/T/{}", seeker.secret) });
    let found = market.clerk.api_post(&path, &again).await.expect(200);
    assert_eq!(no(&found.json()), no(&made));
    for wrong in [
        json!({}),
        json!({ "code": seeker.code, "rating": 9 }),
        json!({ "code": seeker.code, "posting": "x" }),
    ] {
        market.clerk.api_post(&path, &wrong).await.expect(422);
    }
    let nobody = json!({ "ticket": "0".repeat(16) });
    market.clerk.api_post(&path, &nobody).await.expect(404);
    let elsewhere = "/fairs/elsewhere/scans";
    market.clerk.api_post(elsewhere, &again).await.expect(404);
    market.officer.api_post(&path, &again).await.expect(403);
}

#[tokio::test]
async fn a_slow_posting_waits_for_the_office_and_shows_nothing() {
    let market = Market::open().await;
    let seeker = market.seeker("张小芳", "13800006608").await;
    let number = market
        .matched(&seeker, &market.slow, &["phone", "name"])
        .await;
    assert_eq!(market.state(&number).await.0, "registered");
    let phone = format!("/matches/{number}/phone");
    market.clerk.api_post(&phone, &json!({})).await.expect(409);
    market
        .employer_does(&number, &[("action", "acknowledge")])
        .await
        .expect(409);
    for action in ["accept", "refer"] {
        market
            .office_does(&market.officer, &number, &[("action", action)])
            .await
            .expect(303);
    }
    market.clerk.api_post(&phone, &json!({})).await.expect(200);
}

#[tokio::test]
async fn a_complaint_becomes_a_request_that_the_employer_does_not_see() {
    let market = Market::open().await;
    let seeker = market.seeker("张小芳", "13800006608").await;
    let number = market.matched(&seeker, &market.posting, &[]).await;
    let complaint = [
        ("action", "escalate"),
        ("complaint", "fees"),
        ("text", "要收两百元押金"),
    ];
    market
        .seeker_does(&seeker, &number, &complaint)
        .await
        .expect(303);
    let db = market.app().app.db.read();
    let cases = nightfair::entity::case::Entity::find()
        .all(db)
        .await
        .unwrap();
    assert_eq!(cases.len(), 2);
    let page = market
        .clerk
        .get(&format!("/employer/matches/{number}"))
        .await;
    let page = page.expect(200).text();
    assert!(!page.contains("押金") && !page.contains("投诉"));
    let own = format!("/T/{}/matches/{number}", seeker.secret);
    let own = seeker.client.get(&own).await.expect(200).text();
    assert!(own.contains("要收两百元押金"));
}

#[tokio::test]
async fn the_ledger_opens_a_match_and_says_what_it_is_about() {
    let market = Market::open().await;
    let seeker = market.seeker("张小芳", "13800006631").await;
    let asked = json!({
        "kind": "employment_match", "fair": market.square.slug, "ticket": seeker.code,
        "posting": market.posting, "share": ["name", "phone"], "consent_version": "2026-11",
    });
    let faulty =
        json!({ "kind": "employment_match", "fair": "nowhere", "ticket": "1", "posting": "x" });
    market.officer.api_post("/cases", &faulty).await.expect(422);
    market.clerk.api_post("/cases", &asked).await.expect(403);
    let opened = market.officer.api_post("/cases", &asked).await;
    let opened = opened.expect(201).json();
    let number = opened["no"].as_str().unwrap();
    assert_eq!(opened["stage"], "dispatched");
    let fact = |case: &serde_json::Value, label: &str| {
        let facts = case["facts"].as_array().unwrap();
        let found = facts.iter().find(|fact| fact["label"] == label);
        found.map(|fact| fact["value"].as_str().unwrap().to_owned())
    };
    assert_eq!(fact(&opened, "求职者").unwrap(), "张**");
    assert_eq!(fact(&opened, "摊位").unwrap(), "A01");
    let again = market.officer.api_post("/cases", &asked).await.expect(409);
    assert_eq!(again.code(), "already_interested");
    let list = market.officer.get("/cases").await.expect(200).text();
    assert!(
        list.contains(number) && list.contains("张** · A01"),
        "{list}"
    );
    assert!(!list.contains("张小芳") && !list.contains("13800006631"));
    let seen = market.officer.get(&format!("/cases/{number}")).await;
    assert!(seen.expect(200).text().contains("张**"));
    let (_, rival) = market.rival().await;
    rival.get(&format!("/cases/{number}")).await.expect(404);
}
