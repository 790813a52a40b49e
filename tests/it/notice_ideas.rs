//! Suggestions in public: supporters once each and never the author, words that stay as they were
//! read, meetings and decisions without anybody's name.
use crate::{
    casework_make::{Hall, add_person},
    harness::Client,
};
use nightfair::{
    domain::{
        case::{Action, Kind},
        contact::PersonName,
        id::{CaseId, PersonId},
    },
    entity::case_publication,
    intake::keys,
    person,
};
use sea_orm::EntityTrait;
use serde_json::json;

async fn uid(hall: &Hall, id: CaseId) -> String {
    let db = hall.app().db.read();
    let row = case_publication::Entity::find_by_id(id).one(db).await;
    row.unwrap().unwrap().uid
}

/// A key to some case for somebody.
async fn key(hall: &Hall, case: CaseId, person: PersonId) -> String {
    let (app_keys, office) = (hall.app().keys.clone(), hall.office());
    let issued = hall.app().db.write(move |tx| async move {
        let secret = keys::issue(&tx, &app_keys, office, case, person).await?;
        Ok(secret.in_full().to_owned())
    });
    issued.await.unwrap()
}

async fn seconds(client: &Client, uid: &str) -> u64 {
    let idea = client.api_get(&format!("/ideas/{uid}")).await;
    idea.expect(200).json()["seconds"].as_u64().unwrap()
}

#[tokio::test]
async fn a_known_resident_supports_once_and_never_his_own() {
    let hall = Hall::open().await;
    let visitor = hall.market.app().visitor();
    let (_, idea) = hall.in_hand(Kind::Suggestion).await;
    let (_, other) = hall
        .report_for(Kind::ResidentRequest, Some(hall.neighbour))
        .await;
    let author = key(&hall, idea, hall.reporter).await;
    let neighbour = key(&hall, other, hall.neighbour).await;
    // Not public yet: nobody can support it.
    visitor.get("/ideas/0123").await.expect(404);
    hall.does("clerk", idea, Action::Publish, json!({})).await;
    let uid = uid(&hall, idea).await;
    let at = format!("/ideas/{uid}/second");
    assert!(
        visitor
            .get("/ideas")
            .await
            .expect(200)
            .text()
            .contains(&uid)
    );
    for (typed, status, words) in [
        ("", 422, "请填写查询码"),
        ("0123456789", 422, "没有这个查询码"),
        (author.as_str(), 403, "自己"),
    ] {
        let refused = visitor.post(&at, &[("key", typed)]).await.expect(status);
        assert!(
            refused.text().contains(words),
            "{typed}: {}",
            refused.text()
        );
    }
    assert_eq!(seconds(&visitor, &uid).await, 0);
    let done = visitor.post(&at, &[("key", &neighbour)]).await.expect(303);
    assert_eq!(done.location(), format!("/ideas/{uid}?said=seconded"));
    let mut knows = visitor.clone();
    knows = knows.with(&done);
    let page = knows.get(&format!("/ideas/{uid}")).await.expect(200).text();
    assert!(page.contains("您已经附议"), "{page}");
    knows.post(&at, &[]).await.expect(409);
    assert_eq!(seconds(&visitor, &uid).await, 1);
    // By the API, with the whole address of the tracking page.
    let call = format!("/ideas/{uid}/seconds");
    let body = json!({"key": format!("http://fair.test/K/{neighbour}")});
    let again = visitor.api_post(&call, &body).await.expect(409);
    assert_eq!(again.json()["guard"], "seconded_once");
    let own = visitor.api_post(&call, &json!({"key": author})).await;
    assert_eq!(own.expect(403).json()["guard"], "not_the_author");
    let unknown = visitor.api_post(&call, &json!({"key": "x"})).await;
    assert_eq!(unknown.expect(422).json()["errors"][0]["pointer"], "/key");
    let third = add_person(hall.market.app(), "赵六", "13800000003").await;
    let third = key(&hall, other, third).await;
    let made = visitor.api_post(&call, &json!({"key": third})).await;
    assert_eq!(made.expect(201).json()["seconds"], 2);
    hall.proved().await;
}

#[tokio::test]
async fn who_left_no_telephone_is_told_how_to_take_part() {
    let hall = Hall::open().await;
    let visitor = hall.market.app().visitor();
    let (_, idea) = hall.in_hand(Kind::Suggestion).await;
    hall.does("clerk", idea, Action::Publish, json!({})).await;
    let (app_keys, office) = (hall.app().keys.clone(), hall.office());
    let nameless = hall.app().db.write(move |tx| async move {
        let name = PersonName::parse("孙七").unwrap();
        person::enter_without_phone(&tx, &app_keys, office, Some(&name)).await
    });
    let nameless = nameless.await.unwrap();
    let (_, other) = hall.report_for(Kind::ResidentRequest, Some(nameless)).await;
    let key = key(&hall, other, nameless).await;
    let uid = uid(&hall, idea).await;
    let refused = visitor
        .post(&format!("/ideas/{uid}/second"), &[("key", &key)])
        .await;
    assert!(refused.expect(403).text().contains("留过电话"));
    let english = format!("/ideas/{uid}/second?lang=en");
    let refused = visitor.post(&english, &[("key", &key)]).await.expect(403);
    assert!(refused.text().contains("know your telephone"));
    assert_eq!(seconds(&visitor, &uid).await, 0);
}

#[tokio::test]
async fn the_tracking_page_leads_to_the_suggestions_without_telling_the_key() {
    let hall = Hall::open().await;
    let visitor = hall.market.app().visitor();
    let (_, other) = hall
        .report_for(Kind::ResidentRequest, Some(hall.neighbour))
        .await;
    let key = key(&hall, other, hall.neighbour).await;
    let page = visitor.get(&format!("/K/{key}")).await.expect(200).text();
    assert!(page.contains("action=\"/ideas/key\""));
    let brought = visitor
        .post("/ideas/key", &[("key", &key)])
        .await
        .expect(303);
    assert_eq!(brought.location(), "/ideas?said=key_known");
    let cookie = brought.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("Path=/ideas"));
    let knows = visitor.with(&brought);
    let page = knows.get("/ideas?said=key_known").await.expect(200).text();
    assert!(page.contains("已记住查询码") && !page.contains(&key));
    visitor
        .post("/ideas/key", &[("key", "x")])
        .await
        .expect(404);
}

#[tokio::test]
async fn words_that_somebody_supports_stay_as_they_are() {
    let hall = Hall::open().await;
    let visitor = hall.market.app().visitor();
    let (_, idea) = hall.in_hand(Kind::Suggestion).await;
    hall.does("clerk", idea, Action::Publish, json!({})).await;
    let other = json!({"public_text": "再加两盏。", "files": []});
    hall.does("clerk", idea, Action::Publish, other).await;
    hall.does("neighbour", idea, Action::Second, json!({}))
        .await;
    let changed = json!({"public_text": "再加二十盏。", "files": []});
    let refused = hall.try_to("clerk", idea, Action::Publish, changed).await;
    assert_eq!(refused, Err((409, "text_frozen".into())));
    let uid = uid(&hall, idea).await;
    let page = visitor
        .get(&format!("/ideas/{uid}"))
        .await
        .expect(200)
        .text();
    assert!(page.contains("再加两盏。") && page.contains("1 人附议"));
    // The same words with another picture are the same words.
    let same = json!({"public_text": "再加两盏。"});
    hall.does("clerk", idea, Action::Publish, same).await;
    hall.proved().await;
}

#[tokio::test]
async fn meetings_minutes_and_decisions_are_public_and_nobodys_name_is() {
    let hall = Hall::open().await;
    let visitor = hall.market.app().visitor();
    let (_, idea) = hall.in_hand(Kind::Suggestion).await;
    hall.does("clerk", idea, Action::Publish, json!({})).await;
    let uid = uid(&hall, idea).await;
    let soon = json!({"meeting_at": (hall.now() + chrono::TimeDelta::days(2)).to_rfc3339()});
    let refused = hall.try_to("secretary", idea, Action::Schedule, soon).await;
    assert_eq!(refused.unwrap_err().0, 422);
    let called =
        json!({"place": "社区3号楼会议室", "agenda": "王建国提的路灯方案，电话13800000001"});
    hall.does("secretary", idea, Action::Schedule, called).await;
    for path in ["/board", "/ideas", &format!("/ideas/{uid}")] {
        let page = visitor.get(path).await.expect(200).text();
        assert!(page.contains("社区3号楼会议室"), "{path}");
        assert!(page.contains("提的路灯方案"), "{path}");
        assert!(
            !page.contains("王建国") && !page.contains("13800000001"),
            "{path}"
        );
    }
    hall.pass(24 * 5).await;
    let page = visitor.get("/board").await.expect(200).text();
    assert!(!page.contains("社区3号楼会议室"), "the meeting is over");
    let held = json!({"minutes": "王建国住3号楼2单元501，同意先装两盏。", "options": "装灯", "votes": [5]});
    hall.does("secretary", idea, Action::Deliberate, held).await;
    let reasons = json!({"reasons": "多数同意，王建国补充的意见一并采纳。"});
    hall.does("secretary", idea, Action::Adopt, reasons).await;
    for path in [
        format!("/ideas/{uid}"),
        format!("/api/v1/ideas/{uid}"),
        format!("/ideas/{uid}?lang=en"),
    ] {
        let page = visitor.get(&path).await.expect(200).text();
        for told in ["同意先装两盏", "装灯", "多数同意", "市政养护"] {
            assert!(page.contains(told), "{path} does not say {told}: {page}");
        }
        for secret in ["王建国", "2单元501", "13800000001"] {
            assert!(!page.contains(secret), "{path} says {secret}");
        }
    }
    let other = visitor.get(&format!("/board/{uid}")).await.expect(200);
    assert!(other.text().contains(&format!("ideas&#x2f;{uid}")));
    // A case of another kind is no suggestion.
    let (_, request) = hall.report(Kind::ResidentRequest).await;
    hall.does("clerk", request, Action::Publish, json!({}))
        .await;
    let row = case_publication::Entity::find_by_id(request)
        .one(hall.app().db.read())
        .await;
    let request = row.unwrap().unwrap().uid;
    visitor.get(&format!("/ideas/{request}")).await.expect(404);
}
