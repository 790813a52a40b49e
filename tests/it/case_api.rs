//! The ledger over the API: the ladder of a match, each refusal, each role, double and late calls.
use crate::{
    case_make::{Market, picture, send_files},
    harness::Client,
    posting_make::faults,
};
use axum::{
    body::Body,
    http::{Method, header},
};
use nightfair::domain::role::Role;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use std::slice;

fn names(list: &Value) -> Vec<&str> {
    let items = list.as_array().unwrap().iter();
    items.map(|item| item["action"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_match_climbs_the_ladder_to_a_verified_placement() {
    let mut market = Market::open().await;
    let (number, _) = market.claimed().await;
    let path = format!("/cases/{number}");
    let seen = market.officer.api_get(&path).await.expect(200).json();
    assert_eq!(
        (&seen["stage"], &seen["kind"]),
        (&json!("verifying"), &json!("employment_match"))
    );
    assert!(names(&seen["actions"]).contains(&"verify_pass"));
    assert!(
        !names(&seen["actions"]).contains(&"close"),
        "not verified yet"
    );
    let word = json!({"evidence": "employer_statement"});
    let refused = market
        .act(&market.officer, &number, "verify_pass", word)
        .await
        .expect(422);
    assert_eq!(faults(&refused), ["/evidence more_than_employers_word"]);
    let seen = json!({"evidence": "contract"});
    market
        .act(&market.officer, &number, "verify_pass", seen)
        .await
        .expect(200);
    let early = json!({"placed_on": "2026-07-19"});
    let refused = market
        .act(&market.officer, &number, "close", early.clone())
        .await
        .expect(409);
    assert_eq!(refused.code(), "not_now");
    assert_eq!(refused.json()["guard"], "seeker_reached_or_insured");
    let called = json!({"reached": true, "at_work": "yes"});
    market
        .act(&market.officer, &number, "callback", called)
        .await
        .expect(200);
    let closed = market
        .act(&market.officer, &number, "close", early)
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&closed["stage"], &closed["outcome"]),
        (&json!("closed"), &json!("placed_verified"))
    );
    assert_eq!(closed["state"], "核实到岗");
    let events = closed["timeline"].as_array().unwrap();
    assert_eq!(events.len(), 10);
    assert!(names(&closed["actions"]).contains(&"retention"));
    let early = json!({"check": "30", "result": "retained"});
    let refused = market
        .act(&market.officer, &number, "retention", early.clone())
        .await
        .expect(409);
    assert_eq!(refused.json()["guard"], "follow_up_window");
    market.later("2026-08-18T02:00:00Z").await;
    market
        .act(&market.officer, &number, "retention", early)
        .await
        .expect(200);
    let all = nightfair::case::ledger::verify(market.app().app.db.read())
        .await
        .unwrap();
    assert_eq!(all.broken, None);
}

#[tokio::test]
async fn a_refusal_names_the_guard_who_can_act_and_when() {
    let market = Market::open().await;
    let (number, _) = market.referred().await;
    let act = |who, action, fields| market.act(who, &number, action, fields);
    let refused = act(&market.officer, "offer_accept", json!({"consent": "phone"}))
        .await
        .expect(409);
    let said = refused.json();
    assert_eq!(
        (refused.code().as_str(), &said["guard"]),
        ("not_now", &json!("stage"))
    );
    assert_eq!(said["stages"], json!(["handling"]));
    assert_eq!(said["who_can"], json!(["seeker", "placement_officer"]));
    assert!(
        said["detail"]
            .as_str()
            .unwrap()
            .contains("可由求职者或就业专员办理"),
        "{said}"
    );
    let refused = act(&market.officer, "acknowledge", json!({}))
        .await
        .expect(403);
    let said = refused.json();
    assert_eq!(
        (refused.code().as_str(), &said["guard"]),
        ("not_yours", &json!("part"))
    );
    assert_eq!(said["detail"], "“接收人选”要由用人单位办理。");
    let refused = act(&market.clerk, "not_selected", json!({"reason": "too_old"}))
        .await
        .expect(422);
    assert_eq!(faults(&refused), ["/reason unknown_choice"]);
    let late = act(&market.officer, "expire", json!({})).await.expect(409);
    assert_eq!(late.json()["guard"], "answer_overdue");
    act(&market.clerk, "acknowledge", json!({}))
        .await
        .expect(200);
    let nowhere = json!({"interview_at": "2026-07-20T10:00:00+08:00", "told_how": "phone"});
    let refused = act(&market.clerk, "interview_set", nowhere)
        .await
        .expect(422);
    assert_eq!(faults(&refused), ["/place place_or_link"]);
    assert_eq!(
        refused.json()["errors"][0]["detail"],
        "地点和视频链接至少填一项"
    );
    let past =
        json!({"interview_at": "2026-07-01T10:00:00+08:00", "told_how": "phone", "place": "A01"});
    let refused = act(&market.clerk, "interview_set", past).await.expect(422);
    assert_eq!(faults(&refused), ["/interview_at interview_in_future"]);
    let unsaid = act(&market.officer, "withdraw", json!({"reason": "other"}))
        .await
        .expect(422);
    assert_eq!(faults(&unsaid), ["/consent consent_recorded"]);
}

#[tokio::test]
async fn whoever_reported_the_start_does_not_verify_it() {
    let market = Market::open().await;
    let (number, _) = market.in_hand().await;
    let offer = json!({"pay": 6000, "pay_unit": "month", "start_on": "2026-07-19", "contract": "full_time"});
    market
        .act(&market.clerk, &number, "offer", offer)
        .await
        .expect(200);
    market
        .act(
            &market.officer,
            &number,
            "offer_accept",
            json!({"consent": "phone"}),
        )
        .await
        .expect(200);
    let started = json!({"started_on": "2026-07-19", "evidence": "contract"});
    market
        .act(&market.officer, &number, "submit_result", started)
        .await
        .expect(200);
    let seen = json!({"evidence": "contract"});
    let refused = market
        .act(&market.officer, &number, "verify_pass", seen.clone())
        .await
        .expect(403);
    assert_eq!(refused.json()["guard"], "verifier_independent");
    let case = market
        .officer
        .api_get(&format!("/cases/{number}"))
        .await
        .expect(200)
        .json();
    assert!(
        !names(&case["actions"]).contains(&"verify_pass"),
        "what is not his is not offered"
    );
    let other = market.app().role(Role::PlacementOfficer).await;
    market
        .act(&other, &number, "verify_pass", seen)
        .await
        .expect(200);
}

#[tokio::test]
async fn a_late_and_a_double_call_change_nothing() {
    let market = Market::open().await;
    let (number, _) = market.interest().await;
    let path = format!("/cases/{number}/actions");
    let body = json!({"action": "accept", "expected_seq": 1})
        .to_string()
        .into_bytes();
    let call = |key, body| market.officer.api(Method::POST, &path, Some(key), body);
    let first = call("k1", body.clone()).await.expect(200);
    assert_eq!(first.json()["seq"], 2);
    let again = call("k1", body.clone()).await.expect(200);
    assert_eq!(again.headers["idempotent-replayed"], "true");
    assert_eq!(again.json()["seq"], 2);
    let other = json!({"action": "refer", "expected_seq": 1})
        .to_string()
        .into_bytes();
    assert_eq!(
        call("k1", other).await.expect(422).code(),
        "idempotency_key_reused"
    );
    let late = call("k2", body).await.expect(409);
    assert_eq!(
        (late.code().as_str(), &late.json()["seq"]),
        ("stale", &json!(2))
    );
    // Whatever happened since, the repeat says what the first answer said.
    let told = json!({"text": "她周二下午有空。", "visibility": "parties"});
    let on = market.act(&market.officer, &number, "update", told).await;
    assert_eq!(on.expect(200).json()["seq"], 3);
    let body = json!({"action": "accept", "expected_seq": 1}).to_string();
    let again = call("k1", body.into_bytes()).await.expect(200);
    assert_eq!(again.json(), first.json());
}

/// RFC 7240: a program that only goes on needs no picture of the case.
#[tokio::test]
async fn whoever_prefers_it_is_told_no_more_than_where_the_case_is() {
    let market = Market::open().await;
    let (number, _) = market.interest().await;
    let ask = |preference: &'static str, body: Value| {
        let path = format!("/api/v1/cases/{number}/actions");
        let request = market.officer.request(Method::POST, &path);
        let request = request
            .header(header::CONTENT_TYPE, "application/json")
            .header("idempotency-key", "k1")
            .header("prefer", preference);
        let request = request.body(Body::from(body.to_string())).unwrap();
        market.officer.send(request)
    };
    let body = json!({"action": "accept", "expected_seq": 1});
    for _ in 0..2 {
        let short = ask("respond-async, RETURN=minimal", body.clone()).await;
        assert_eq!(short.headers["preference-applied"], "return=minimal");
        assert_eq!(short.expect(200).json(), json!({"no": number, "seq": 2}));
    }
    let whole = ask("return=representation", body).await.expect(200);
    assert!(!whole.headers.contains_key("preference-applied"));
    assert_eq!(
        (&whole.json()["seq"], &whole.json()["stage"]),
        (&json!(2), &json!("accepted"))
    );
    let late = ask(
        "return=minimal",
        json!({"action": "refer", "expected_seq": 1}),
    );
    assert_eq!(late.await.expect(422).code(), "idempotency_key_reused");
}

#[tokio::test]
async fn broken_and_strange_bodies_are_explained() {
    let market = Market::open().await;
    let (number, _) = market.interest().await;
    let path = format!("/cases/{number}/actions");
    let raw = |body: &str| {
        market
            .officer
            .api(Method::POST, &path, None, body.as_bytes().to_vec())
    };
    assert_eq!(raw("{").await.expect(400).code(), "broken_json");
    assert_eq!(raw("[]").await.expect(422).code(), "wrong_shape");
    for (body, fault) in [
        (json!({}), "/action required"),
        (json!({"action": 1}), "/action format"),
        (json!({"action": "fly"}), "/action unknown_choice"),
        (json!({"action": "suspend"}), "/action unknown_choice"),
        (json!({"action": "accept"}), "/expected_seq required"),
        (
            json!({"action": "accept", "expected_seq": "one"}),
            "/expected_seq format",
        ),
        (
            json!({"action": "accept", "expected_seq": -1}),
            "/expected_seq format",
        ),
        (
            json!({"action": "accept", "expected_seq": 1, "mood": "good"}),
            "/mood unknown_field",
        ),
        (
            json!({"action": "accept", "expected_seq": 1, "checks": "a\u{0}b"}),
            "/checks control_characters",
        ),
        (
            json!({"action": "accept", "expected_seq": 1, "checks": "长".repeat(4001)}),
            "/checks too_long",
        ),
        (
            json!({"action": "accept", "expected_seq": 1, "checks": 7}),
            "/checks format",
        ),
    ] {
        let refused = market.officer.api_post(&path, &body).await.expect(422);
        assert_eq!(faults(&refused), [fault], "{body}");
    }
    let form = market
        .officer
        .post(&format!("/api/v1{path}"), &[("action", "accept")])
        .await;
    form.expect(415);
    let seen = market
        .officer
        .api_get(&format!("/cases/{number}"))
        .await
        .expect(200)
        .json();
    assert_eq!(seen["seq"], 1, "nothing was written");
}

#[tokio::test]
async fn every_kind_tells_what_it_needs_to_be_opened() {
    let market = Market::open().await;
    let open = async |body: Value| market.officer.api_post("/cases", &body).await;
    let bare = faults(&open(json!({"kind": "mediation"})).await.expect(422));
    assert_eq!(bare, ["/category required", "/text required"]);
    assert_eq!(
        faults(&open(json!({})).await.expect(422)),
        ["/kind required"]
    );
    assert_eq!(
        faults(&open(json!({"kind": "party"})).await.expect(422)),
        ["/kind unknown_choice"]
    );
}

#[tokio::test]
async fn everybody_sees_what_concerns_him_and_nothing_else() {
    let market = Market::open().await;
    let (number, _) = market.referred().await;
    let path = format!("/cases/{number}");
    let noted = json!({"text": "家长来电询问。", "visibility": "internal"});
    market
        .act(&market.officer, &number, "update", noted)
        .await
        .expect(200);
    let told = json!({"text": "请带身份证。", "visibility": "parties"});
    market
        .act(&market.officer, &number, "update", told)
        .await
        .expect(200);
    let app = market.app();
    for role in [Role::OfficeAdmin, Role::Secretary, Role::CommunityClerk] {
        let seen = app.role(role).await.api_get(&path).await.expect(200).text();
        assert!(seen.contains("家长来电"), "{role:?}");
        assert!(
            !seen.contains("张小芳") && !seen.contains("1390000"),
            "{role:?}"
        );
    }
    let seen = market.clerk.api_get(&path).await.expect(200).text();
    assert!(seen.contains("请带身份证") && !seen.contains("家长来电"));
    let (_, rival) = market.square.clerk("别家公司").await;
    for stranger in [
        rival,
        app.role(Role::Verifier).await,
        app.role(Role::GridWorker).await,
        app.role(Role::DepartmentHandler).await,
        app.role(Role::Mediator).await,
        app.role(Role::DeputyLiaison).await,
    ] {
        stranger.api_get(&path).await.expect(404);
        let body = json!({"action": "accept", "expected_seq": 1});
        stranger
            .api_post(&format!("{path}/actions"), &body)
            .await
            .expect(404);
        let list = stranger.api_get("/cases").await.expect(200).json();
        assert_eq!(list["items"], json!([]));
        stranger.get(&path).await.expect(404);
    }
    for role in [Role::GateSteward, Role::CoHost, Role::Board] {
        app.role(role).await.api_get(&path).await.expect(403);
    }
    app.visitor().api_get(&path).await.expect(401);
    for nothing in ["JD-2026-000999", "JD-2026-0", "%00", "1"] {
        market
            .officer
            .api_get(&format!("/cases/{nothing}"))
            .await
            .expect(404);
    }
}

#[tokio::test]
async fn another_office_has_its_own_ledger() {
    let market = Market::open().await;
    let (number, _) = market.interest().await;
    let moved = market.app().app.db.write(|tx| async move {
        tx.conn().execute_unprepared("INSERT INTO offices (id, code, name, prefix, site, created_at) VALUES (77, 'other', '别的街道', 'QT', '{}', '2026-07-01T00:00:00+00:00')").await?;
        tx.conn().execute_unprepared("UPDATE cases SET office_id = 77").await?;
        Ok(())
    });
    moved.await.unwrap();
    market
        .officer
        .api_get(&format!("/cases/{number}"))
        .await
        .expect(404);
    let list = market.officer.api_get("/cases").await.expect(200).json();
    assert_eq!(list["items"], json!([]));
}

#[tokio::test]
async fn the_list_is_filtered_and_turned_page_by_page() {
    let mut market = Market::open().await;
    let mut numbers = Vec::new();
    for _ in 0..3 {
        numbers.push(market.interest().await.0);
    }
    let (referred, _) = market.referred().await;
    let ask =
        async |officer: &Client, query: &str| officer.api_get(&format!("/cases?{query}")).await;
    let of = |list: &Value| -> Vec<String> {
        let items = list["items"].as_array().unwrap().iter();
        items
            .map(|item| item["no"].as_str().unwrap().to_owned())
            .collect()
    };
    let first = ask(&market.officer, "limit=3").await.expect(200).json();
    assert_eq!(
        of(&first),
        [&referred, &numbers[2], &numbers[1]].map(Clone::clone)
    );
    market.interest().await;
    let next = format!("limit=3&cursor={}", first["next"].as_str().unwrap());
    let second = ask(&market.officer, &next).await.expect(200).json();
    assert_eq!(
        (of(&second), &second["next"]),
        (vec![numbers[0].clone()], &Value::Null)
    );
    assert_eq!(
        of(&ask(&market.officer, "stage=dispatched")
            .await
            .expect(200)
            .json()),
        slice::from_ref(&referred)
    );
    assert_eq!(
        of(&ask(&market.officer, &format!("q={referred}"))
            .await
            .expect(200)
            .json()),
        slice::from_ref(&referred)
    );
    assert_eq!(
        of(&ask(&market.officer, "q=设计").await.expect(200).json()).len(),
        5
    );
    assert_eq!(
        of(&ask(&market.officer, "q=护士").await.expect(200).json()).len(),
        0
    );
    assert_eq!(
        of(&ask(&market.officer, "kind=mailbox")
            .await
            .expect(200)
            .json())
        .len(),
        0
    );
    let mine = of(&ask(&market.officer, "mine=yes").await.expect(200).json());
    assert!(
        mine.len() == 4 && !mine.contains(&referred),
        "the referred one waits for the employer"
    );
    let theirs = market
        .clerk
        .api_get("/cases?mine=yes")
        .await
        .expect(200)
        .json();
    assert_eq!(of(&theirs), slice::from_ref(&referred));
    assert_eq!(
        of(&ask(&market.officer, "overdue=yes").await.expect(200).json()).len(),
        0
    );
    market.later("2026-07-28T02:00:00Z").await;
    assert_eq!(
        of(&ask(&market.officer, "overdue=yes").await.expect(200).json()).len(),
        5
    );
    for (query, fault) in [
        ("kind=party", "/kind unknown_choice"),
        ("stage=lost", "/stage unknown_choice"),
        ("unit=x", "/unit format"),
        ("overdue=perhaps", "/overdue unknown_choice"),
    ] {
        assert_eq!(
            faults(&ask(&market.officer, query).await.expect(422)),
            [fault]
        );
    }
    assert_eq!(
        ask(&market.officer, "limit=0").await.expect(422).code(),
        "limit_out_of_range"
    );
    assert_eq!(
        ask(&market.officer, "cursor=x").await.expect(400).code(),
        "cursor_malformed"
    );
}

#[tokio::test]
async fn pictures_belong_to_who_sent_them_and_to_one_case() {
    let market = Market::open().await;
    let (number, _) = market.claimed().await;
    let upload = |who, no: &str, bytes: Vec<u8>| {
        let path = format!("/api/v1/cases/{no}/files");
        async move { send_files(who, &path, &[], &[("file", &bytes)]).await }
    };
    assert_eq!(
        upload(&market.officer, &number, b"not a picture".to_vec())
            .await
            .expect(422)
            .code(),
        "not_an_image"
    );
    let theirs = upload(&market.clerk, &number, picture())
        .await
        .expect(201)
        .json();
    let mine = upload(&market.officer, &number, picture())
        .await
        .expect(201)
        .json();
    let with = |id: &Value| json!({"evidence": "contract", "files": [id]});
    for id in [&theirs["id"], &json!("999999")] {
        let refused = market
            .act(&market.officer, &number, "verify_pass", with(id))
            .await
            .expect(422);
        assert_eq!(faults(&refused), ["/files not_found"]);
    }
    let done = market
        .act(&market.officer, &number, "verify_pass", with(&mine["id"]))
        .await
        .expect(200)
        .json();
    let events = done["timeline"].as_array().unwrap();
    let address = events.last().unwrap()["files"][0]
        .as_str()
        .unwrap()
        .to_owned();
    let shown = market.officer.get(&address).await.expect(200);
    assert_eq!(shown.headers["content-type"], "image/jpeg");
    // What was verified is the office's own business.
    market.clerk.get(&address).await.expect(404);
    let (other, _) = market.claimed().await;
    let refused = market
        .act(&market.officer, &other, "verify_pass", with(&mine["id"]))
        .await
        .expect(422);
    assert_eq!(faults(&refused), ["/files not_found"]);
    let foreign = address.replace(&number, &other);
    market.officer.get(&foreign).await.expect(404);
}

#[tokio::test]
async fn merged_cases_know_of_each_other() {
    let market = Market::open().await;
    let (one, _) = market.interest().await;
    let (two, _) = market.interest().await;
    let into = |number: &str| json!({"target": number});
    let refused = market
        .act(&market.officer, &one, "merge", into(&one))
        .await
        .expect(422);
    assert_eq!(faults(&refused), ["/target target_not_self"]);
    let merged = market
        .act(&market.officer, &one, "merge", into(&two))
        .await
        .expect(200)
        .json();
    assert_eq!(merged["stage"], "merged");
    let other = market
        .officer
        .api_get(&format!("/cases/{two}"))
        .await
        .expect(200)
        .json();
    assert_eq!(other["seq"], 2);
    assert!(other["timeline"].to_string().contains(&one));
    let back = json!({"reason": "不是同一个人。"});
    market
        .act(&market.officer, &one, "unmerge", back)
        .await
        .expect(200);
    let other = market
        .officer
        .api_get(&format!("/cases/{two}"))
        .await
        .expect(200)
        .json();
    assert_eq!(other["seq"], 3);
}

#[tokio::test]
async fn redacted_words_are_gone_and_the_chain_holds() {
    let market = Market::open().await;
    let (number, id) = market.interest().await;
    let noted = json!({"text": "电话写错了地方。", "visibility": "parties"});
    market
        .act(&market.officer, &number, "update", noted)
        .await
        .expect(200);
    let secretary = market.app().role(Role::Secretary).await;
    let none = json!({"event": 1, "reason": "personal_data"});
    let refused = market
        .act(&secretary, &number, "redact", none)
        .await
        .expect(409);
    assert_eq!(refused.json()["guard"], "text_still_there");
    let words = json!({"event": 2, "reason": "personal_data"});
    let seen = market
        .act(&secretary, &number, "redact", words)
        .await
        .expect(200)
        .text();
    assert!(!seen.contains("电话写错"));
    let app = &market.app().app;
    let texts = nightfair::case::store::texts_of(app.db.read(), &app.keys, id)
        .await
        .unwrap();
    assert!(texts.is_empty());
    let all = nightfair::case::ledger::verify(app.db.read())
        .await
        .unwrap();
    assert_eq!(all.broken, None);
}
