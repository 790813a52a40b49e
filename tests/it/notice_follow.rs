//! After a fair: seekers who found nothing become follow-ups of the desk, once each. And the desk's
//! own changes and weeks become words for the residents' group.
use crate::{
    harness::{Client, TestApp},
    matching_make::Market,
};
use chrono::TimeDelta;
use nightfair::{
    area::{self, NewArea},
    domain::{area::Level, role::Role},
    entity::{announcement, case, registration, request},
    notice::jobs::HANDLERS,
    platform::outbox,
};
use sea_orm::{EntityTrait, QueryOrder, sea_query::Expr};
use serde_json::{Value, json};

/// Everybody who registered came through the gate.
async fn all_came(app: &TestApp) {
    let came = app.app.db.write(move |tx| async move {
        registration::Entity::update_many()
            .col_expr(registration::Column::FirstInAt, Expr::value(tx.now))
            .exec(tx.conn())
            .await?;
        Ok(())
    });
    came.await.unwrap();
}

#[tokio::test]
async fn a_seeker_without_a_match_becomes_a_follow_up_once() {
    let mut market = Market::open().await;
    let found = market.seeker("张小芳", "13900000001").await;
    market.seeker("李大明", "13900000002").await;
    market.seeker("周小红", "13900000003").await;
    market.matched(&found, &market.posting, &["phone"]).await;
    all_came(market.app()).await;
    market.seeker("没来的", "13900000004").await;
    let none = market
        .officer
        .get("/office/unmatched")
        .await
        .expect(200)
        .text();
    assert!(
        none.contains("最近 30 天没有结束的集市"),
        "the evening is not over"
    );
    market.pass_days(1).await;
    let officer = market.officer.clone();
    let page = officer.get("/office/unmatched").await.expect(200).text();
    assert!(page.contains("2 人需要跟进"), "{page}");
    assert!(page.contains("李*") && !page.contains("李大明") && !page.contains("13900000002"));
    let start = officer.get("/office").await.expect(200).text();
    assert!(start.contains("待跟进求职者"));
    let fair = market.square.fair.to_string();
    for role in [
        Role::OfficeAdmin,
        Role::Verifier,
        Role::GridWorker,
        Role::CoHost,
    ] {
        let client = market.app().role(role).await;
        client.get("/office/unmatched").await.expect(403);
        client
            .post("/office/unmatched", &[("fair", &fair)])
            .await
            .expect(403);
    }
    officer
        .post("/office/unmatched", &[("fair", "99")])
        .await
        .expect(404);
    officer
        .post("/office/unmatched", &[("fair", &fair), ("seeker", "x")])
        .await
        .expect(404);
    let nobody = [("fair", fair.as_str()), ("seeker", "999")];
    let done = officer.post("/office/unmatched", &nobody).await.expect(303);
    assert!(done.location().ends_with("followed_before"));
    // Two clicks at once are one.
    let form = [("fair", fair.as_str())];
    let (one, two) = tokio::join!(
        officer.post("/office/unmatched", &form),
        officer.post("/office/unmatched", &form)
    );
    one.expect(303);
    two.expect(303);
    let db = market.app().app.db.read();
    let opened = request::Entity::find().all(db).await.unwrap();
    assert_eq!(opened.len(), 2);
    assert!(
        opened
            .iter()
            .all(|row| row.source.as_deref() == Some("fair"))
    );
    let cases = case::Entity::find_by_id(opened[0].case_id)
        .one(db)
        .await
        .unwrap();
    let case = cases.unwrap();
    assert_eq!(case.category.as_deref(), Some("job_search"));
    assert!(case.title.starts_with("求职跟进"));
    let again = officer.post("/office/unmatched", &form).await.expect(303);
    assert!(again.location().ends_with("followed_before"));
    let page = officer
        .get("/office/unmatched?lang=en")
        .await
        .expect(200)
        .text();
    assert!(page.contains("Everybody is followed up"));
    let case = officer.api_get(&format!("/cases/{}", case.number)).await;
    assert!(!case.expect(200).text().contains("13900000002"));
}

async fn site(app: &TestApp, admin: &Client) -> String {
    let office = app.app.settings.office;
    let new = NewArea {
        parent: None,
        level: Level::Street,
        code: "XG".into(),
        name: "星光街道".into(),
        lead: None,
        sort: 0,
    };
    let added = app
        .app
        .db
        .write(move |tx| async move { area::add_area(&tx, office, new).await });
    let area = added.await.unwrap().to_string();
    let site =
        json!({"area": area, "name": "民乐路3号院东门", "address": "民乐路3号院", "note": ""});
    let made: Value = admin
        .api_post("/desk/sites", &site)
        .await
        .expect(201)
        .json();
    made["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn changes_of_the_desk_and_its_week_become_words_for_the_group() {
    let app = TestApp::start_at("2026-11-25T02:00:00Z").await;
    let admin = app.role(Role::OfficeAdmin).await;
    let site = site(&app, &admin).await;
    let pattern = json!({"site": site, "kind": "office", "weekday": 5, "band": "evening",
        "starts_on": "2026-11-01", "public": true});
    let made = admin
        .api_post("/desk/patterns", &pattern)
        .await
        .expect(201)
        .json();
    let key = format!("w{}-20261127", made["id"].as_str().unwrap());
    let reason = json!({"reason": "暴雨"});
    admin
        .api_post(&format!("/desk/sessions/{key}/cancel"), &reason)
        .await
        .expect(200);
    outbox::round(&app.app, HANDLERS).await.unwrap();
    let all = announcement::Entity::find().order_by_asc(announcement::Column::Id);
    let all = all.all(app.app.db.read()).await.unwrap();
    assert_eq!(all.len(), 1);
    for words in ["场次取消", "民乐路3号院东门", "暴雨", "11月27日"] {
        assert!(all[0].body.contains(words), "{}", all[0].body);
    }
    // Where a desk stands is no secret, though it looks like a house number.
    let at = format!("/office/announcements/{}", all[0].id);
    admin
        .post(&format!("{at}/send"), &[("version", "1")])
        .await
        .expect(303);
    let page = admin
        .get("/office/announcements/new?source=week")
        .await
        .expect(200)
        .text();
    assert!(
        page.contains("12月4日") && page.contains("【下周流动办公桌】"),
        "{page}"
    );
    let english = admin
        .get("/office/announcements/new?source=week&lang=en")
        .await;
    assert!(english.expect(200).text().contains("[Desks next week]"));
    let start = app.visitor().get("/").await.expect(200).text();
    let start = start.replace("&#x2f;", "/");
    assert!(
        start.contains("民乐路3号院东门") && start.contains("/board") && start.contains("/ideas")
    );
    assert!(
        !start.contains("11月27日"),
        "the cancelled one is not offered"
    );
    admin
        .get("/office/announcements/new?source=case&cause=x")
        .await
        .expect(404);
    admin
        .get("/office/announcements/new?source=change&cause=x")
        .await
        .expect(404);
    admin
        .get("/office/announcements/new?source=nonsense")
        .await
        .expect(200);
    app.clock.advance(TimeDelta::days(3));
    // Sessions end with time.
    let admin = app.role(Role::OfficeAdmin).await;
    let late = admin
        .get(&format!(
            "/office/announcements/new?source=change&cause={key}"
        ))
        .await;
    assert!(late.expect(200).text().contains("现在没有可公告的"));
}
