//! The outbox loses nothing and sends under one name; announcements are drafted with their cause,
//! checked, and sent only by somebody.
use crate::{
    casework_make::Hall,
    harness::{Client, Reply, TestApp},
};
use chrono::TimeDelta;
use futures_util::future::join_all;
use nightfair::{
    domain::{
        case::{Action, Kind},
        id::OfficeId,
        role::Role,
    },
    entity::{announcement, office, outbox as row},
    error::AppError,
    notice::jobs::HANDLERS,
    platform::{
        App,
        outbox::{self, Handler, Item, Job, LEASE},
    },
};
use sea_orm::{ActiveValue::Set, EntityTrait, QueryOrder};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Mutex;

async fn drafts(app: &App) -> Vec<announcement::Model> {
    let all = announcement::Entity::find().order_by_asc(announcement::Column::Id);
    all.all(app.db.read()).await.unwrap()
}

async fn rows(app: &App) -> Vec<row::Model> {
    let all = row::Entity::find().order_by_asc(row::Column::Id);
    all.all(app.db.read()).await.unwrap()
}

async fn write(who: &Client, body: &str) -> Reply {
    who.api_post("/announcements", &json!({"body": body})).await
}

async fn sent(who: &Client, body: &str) -> String {
    let made = write(who, body).await.expect(201).json();
    let path = format!("/announcements/{}/send", made["id"].as_str().unwrap());
    let sent = who
        .api_post(&path, &json!({"version": made["version"]}))
        .await;
    sent.expect(200).json()["message"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn a_crash_between_sending_and_noting_it_sends_again_under_the_same_name() {
    let app = TestApp::start().await;
    let clerk = app.role(Role::CommunityClerk).await;
    let message = sent(&clerk, "明晚七点停水两小时。").await;
    let topics: Vec<&str> = HANDLERS.iter().map(|one| one.topic).collect();
    let topics: Vec<&'static str> = topics;
    let items = outbox::claim(&app.app, &topics).await.unwrap();
    assert_eq!(items.len(), 1);
    assert_eq!(
        (items[0].uid.as_str(), items[0].attempt),
        (message.as_str(), 1)
    );
    let handler = HANDLERS
        .iter()
        .find(|one| one.topic == items[0].topic)
        .unwrap();
    (handler.run)(app.app.clone(), items[0].clone())
        .await
        .unwrap();
    let place = app.app.spool.place(&message);
    assert_eq!(
        std::fs::read_to_string(&place).unwrap(),
        "明晚七点停水两小时。"
    );
    // The program died here. As long as the lease runs nobody else takes it.
    std::fs::remove_file(&place).unwrap();
    assert_eq!(outbox::round(&app.app, HANDLERS).await.unwrap().done, 0);
    app.clock.advance(LEASE + TimeDelta::seconds(1));
    assert_eq!(outbox::round(&app.app, HANDLERS).await.unwrap().done, 1);
    assert!(place.exists(), "sent again under the same name");
    let files = std::fs::read_dir(place.parent().unwrap()).unwrap().count();
    assert_eq!(files, 1);
    let noted = rows(&app.app).await;
    assert_eq!((noted[0].attempts, noted[0].done_at.is_some()), (2, true));
    // The first worker comes back late: its lease is gone, it settles nothing.
    let late = Err(anyhow::anyhow!("late").into());
    outbox::settle(&app.app, items[0].clone(), late)
        .await
        .unwrap();
    assert!(rows(&app.app).await[0].last_error.is_none());
    let list = clerk.api_get("/announcements").await.expect(200).json();
    assert!(list["items"][0]["delivered_at"].is_string());
}

/// A job that the tests run with handlers of their own.
#[derive(Serialize, Deserialize)]
struct Ring {
    n: usize,
}

impl Job for Ring {
    const TOPIC: &'static str = "test.ring";
}

static RUNG: Mutex<Vec<String>> = Mutex::new(Vec::new());

const RINGING: &[Handler] = &[Handler {
    topic: Ring::TOPIC,
    run: |_, item: Item| {
        Box::pin(async move {
            item.job::<Ring>()?;
            tokio::task::yield_now().await;
            RUNG.lock().unwrap().push(item.uid);
            Ok(())
        })
    },
}];

const FAILING: &[Handler] = &[Handler {
    topic: Ring::TOPIC,
    run: |_, _| Box::pin(async { Err(anyhow::anyhow!("nobody answers").into()) }),
}];

async fn ring(app: &App, n: usize) -> String {
    let office = app.settings.office;
    let enqueued = app
        .db
        .write(move |tx| async move { outbox::enqueue(&tx, office, &Ring { n }).await });
    enqueued.await.unwrap()
}

#[tokio::test]
async fn several_workers_never_have_a_job_at_the_same_time() {
    let app = TestApp::start().await;
    let mut wanted = Vec::new();
    for n in 0..60 {
        wanted.push(ring(&app.app, n).await);
    }
    let workers = (0..4).map(|_| outbox::round(&app.app, RINGING));
    let done: usize = join_all(workers)
        .await
        .into_iter()
        .map(|round| round.unwrap().done)
        .sum();
    assert_eq!(done, 60);
    let mut rung: Vec<String> = RUNG.lock().unwrap().clone();
    rung.retain(|uid| wanted.contains(uid));
    rung.sort();
    wanted.sort();
    assert_eq!(rung, wanted);
    assert!(rows(&app.app).await.iter().all(|one| one.attempts == 1));
}

#[tokio::test]
async fn what_fails_waits_longer_is_parked_and_can_be_tried_again() {
    let app = TestApp::start().await;
    let clerk = app.role(Role::CommunityClerk).await;
    let uid = ring(&app.app, 1).await;
    let mut waits = Vec::new();
    for _ in 0..outbox::ATTEMPTS {
        let round = outbox::round(&app.app, FAILING).await.unwrap();
        assert_eq!((round.done, round.failed), (0, 1));
        let wait = rows(&app.app).await[0].due_at - app.app.db.now();
        waits.push(wait);
        app.clock.advance(wait);
    }
    assert!(waits.is_sorted() && waits[0] > TimeDelta::zero());
    // Given up: time alone changes nothing, and somebody sees it.
    app.clock.advance(TimeDelta::minutes(1));
    assert_eq!(outbox::round(&app.app, RINGING).await.unwrap().done, 0);
    let clerk_sees = clerk.get("/office/announcements").await.expect(200).text();
    assert!(clerk_sees.contains("未能送出") && clerk_sees.contains("nobody answers"));
    let id = rows(&app.app).await[0].id;
    let again = format!("/office/outbox/{id}/again");
    app.role(Role::Verifier)
        .await
        .post(&again, &[])
        .await
        .expect(403);
    clerk
        .post("/office/outbox/999/again", &[])
        .await
        .expect(404);
    clerk.post(&again, &[]).await.expect(303);
    clerk.post(&again, &[]).await.expect(409);
    assert_eq!(outbox::round(&app.app, RINGING).await.unwrap().done, 1);
    let noted = rows(&app.app).await;
    assert_eq!(
        (noted[0].uid.as_str(), noted[0].last_error.as_ref()),
        (uid.as_str(), None)
    );
}

#[tokio::test]
async fn a_cause_and_its_job_are_one_and_a_draft_is_written_once() {
    let hall = Hall::open().await;
    let app = hall.app();
    let (_, id) = hall.closed(Kind::ResidentRequest).await;
    assert!(rows(app).await.is_empty());
    // Refused: no job.
    let named = json!({"public_text": "王建国家门口的灯修好了。"});
    hall.try_to("clerk", id, Action::Publish, named)
        .await
        .unwrap_err();
    let (keys, office) = (app.keys.clone(), hall.office());
    assert!(rows(app).await.is_empty());
    // Rolled back after the event: no job either.
    let actor = hall.actor("clerk");
    let fields = hall
        .body(Kind::ResidentRequest, Action::Publish, &actor)
        .await;
    let undone = app.db.write(move |tx| async move {
        let kind = Kind::ResidentRequest;
        let command = nightfair::domain::case::Command::parse(kind, Action::Publish, &fields)?;
        nightfair::case::commands::act_in(&tx, &keys, office, id, None, command, &actor).await?;
        Err::<(), AppError>(AppError::conflict("never_mind"))
    });
    assert!(undone.await.is_err());
    assert!(rows(app).await.is_empty());
    hall.does("clerk", id, Action::Publish, json!({})).await;
    assert_eq!(rows(app).await.len(), 1);
    // Run twice, as after a crash.
    for _ in 0..2 {
        let topics: Vec<&'static str> = HANDLERS.iter().map(|one| one.topic).collect();
        let items = outbox::claim(app, &topics).await.unwrap();
        let handler = HANDLERS
            .iter()
            .find(|one| one.topic == items[0].topic)
            .unwrap();
        (handler.run)(app.clone(), items[0].clone()).await.unwrap();
        hall.market
            .app()
            .clock
            .advance(LEASE + TimeDelta::seconds(1));
    }
    let all = drafts(app).await;
    assert_eq!(all.len(), 1);
    assert!(all[0].body.contains("小区东侧加装路灯") && all[0].body.contains("/board/"));
    assert_eq!(outbox::round(app, HANDLERS).await.unwrap().done, 1);
    assert_eq!(drafts(app).await.len(), 1);
    // Nothing leaves by itself.
    assert!(!app.spool.place("x").parent().unwrap().exists());
    let (_, idea) = hall.in_hand(Kind::Suggestion).await;
    hall.does("secretary", idea, Action::Schedule, json!({}))
        .await;
    outbox::round(app, HANDLERS).await.unwrap();
    assert_eq!(drafts(app).await.len(), 1, "the suggestion is not public");
    hall.does("clerk", idea, Action::Publish, json!({})).await;
    hall.does(
        "secretary",
        idea,
        Action::Schedule,
        json!({"place": "二楼会议室"}),
    )
    .await;
    outbox::round(app, HANDLERS).await.unwrap();
    let all = drafts(app).await;
    assert!(
        all.iter()
            .any(|one| one.body.contains("【议事公告】") && one.body.contains("二楼会议室"))
    );
}

#[tokio::test]
async fn an_announcement_is_checked_before_it_is_sent_and_fixed_afterwards() {
    let hall = Hall::open().await;
    let clerk = hall.client("clerk");
    let (_, id) = hall.closed(Kind::ResidentRequest).await;
    hall.does("clerk", id, Action::Publish, json!({})).await;
    outbox::round(hall.app(), HANDLERS).await.unwrap();
    let draft = drafts(hall.app()).await.remove(0);
    let at = format!("/office/announcements/{}", draft.id);
    let version = |n: i64| n.to_string();
    let named = [
        (
            "body",
            "王建国家3号楼2单元501的灯修好了，电话138 0000 0001。",
        ),
        ("version", "1"),
    ];
    clerk.post(&at, &named).await.expect(303);
    let page = clerk.get(&at).await.expect(200).text();
    for found in ["王建国", "3号楼2单元501", "13800000001"] {
        assert!(page.contains(&format!("<dd>{found}</dd>")), "{found}");
    }
    let refused = clerk.post(&format!("{at}/send"), &[("version", "2")]).await;
    let refused = refused.expect(422).text();
    assert!(refused.contains("王建国"));
    clerk
        .post(&at, &[("body", " "), ("version", "2")])
        .await
        .expect(422);
    clerk
        .post(&at, &[("body", "晚了一步"), ("version", "1")])
        .await
        .expect(409);
    clerk
        .post(&at, &[("body", "灯修好了。"), ("version", "2")])
        .await
        .expect(303);
    clerk
        .post(&format!("{at}/send"), &[("version", "2")])
        .await
        .expect(409);
    clerk
        .post(&format!("{at}/send"), &[("version", &version(3))])
        .await
        .expect(303);
    clerk
        .post(&format!("{at}/send"), &[("version", &version(4))])
        .await
        .expect(409);
    clerk
        .post(&at, &[("body", "改口"), ("version", "4")])
        .await
        .expect(409);
    clerk
        .post(&format!("{at}/drop"), &[("version", "4")])
        .await
        .expect(409);
    outbox::round(hall.app(), HANDLERS).await.unwrap();
    let sent = drafts(hall.app()).await.remove(0);
    let place = hall.app().spool.place(sent.message.as_ref().unwrap());
    assert_eq!(std::fs::read_to_string(place).unwrap(), "灯修好了。");
    assert!(clerk.get(&at).await.expect(200).text().contains("已送出"));
    assert!(
        clerk
            .get(&format!("{at}?lang=en"))
            .await
            .expect(200)
            .text()
            .contains("Message id")
    );
}

#[tokio::test]
async fn whoever_does_not_tell_the_group_finds_nothing() {
    let app = TestApp::start().await;
    let admin = app.role(Role::OfficeAdmin).await;
    let made = write(&admin, "明晚停水。").await.expect(201).json();
    let own = format!("/office/announcements/{}", made["id"].as_str().unwrap());
    for role in [Role::Secretary, Role::CommunityClerk] {
        app.role(role).await.get(&own).await.expect(200);
    }
    for role in [
        Role::Verifier,
        Role::GridWorker,
        Role::Board,
        Role::PlacementOfficer,
        Role::GateSteward,
    ] {
        let client = app.role(role).await;
        client.get(&own).await.expect(403);
        write(&client, "x").await.expect(403);
        client.api_get("/announcements").await.expect(403);
    }
    write(&app.visitor(), "x").await.expect(401);
    write(&admin, "").await.expect(422);
    write(&admin, &"长".repeat(1501)).await.expect(422);
    // Another office's is not there.
    let foreign = app.app.db.write(move |tx| async move {
        let other = office::ActiveModel {
            code: Set("other".into()),
            name: Set("别的街道".into()),
            prefix: Set("BD".into()),
            site: Set(json!({})),
            created_at: Set(tx.now),
            ..Default::default()
        };
        let office: OfficeId = office::Entity::insert(other)
            .exec(tx.conn())
            .await?
            .last_insert_id;
        let row = announcement::ActiveModel {
            office_id: Set(office),
            source: Set(nightfair::domain::notice::Source::Free),
            body: Set("别人的".into()),
            state: Set(nightfair::domain::notice::State::Draft),
            created_at: Set(tx.now),
            version: Set(1),
            ..Default::default()
        };
        Ok(announcement::Entity::insert(row)
            .exec(tx.conn())
            .await?
            .last_insert_id)
    });
    let foreign = foreign.await.unwrap();
    let at = format!("/office/announcements/{foreign}");
    admin.get(&at).await.expect(404);
    for rest in ["", "/send", "/drop"] {
        let form = [("version", "1"), ("body", "我的")];
        admin.post(&format!("{at}{rest}"), &form).await.expect(404);
    }
    let list = admin.get("/office/announcements").await.expect(200).text();
    assert!(!list.contains("别人的"));
}
