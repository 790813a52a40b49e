//! The line at a booth: telephones and paper, the booth's page, the ticket, the board; and a storm of
//! employees who call at once.
use crate::{
    browser::{Browser, DESK, PHONE, word},
    harness::{Client, EVENING, Reply, TestApp, times},
    matching_make::{Market, Seeker, offer},
    posting_make::{Square, add_fair, once_of},
};
use chrono::TimeDelta;
use futures_util::future::join_all;
use nightfair::{
    domain::{
        employer::EmployerStatus,
        fair::FairStatus,
        id::ParticipationId,
        queue::{PlaceState, Waiting},
        role::Role,
    },
    entity::{booth_queue, fair, participation, queue_place},
    queue::store,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, Database, EntityTrait, QueryFilter, QueryOrder,
    sea_query::Expr,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

trait Read {
    fn read(&self) -> String;
}

impl Read for Reply {
    fn read(&self) -> String {
        self.text().replace("&#x2f;", "/")
    }
}

async fn stand(market: &Market) -> participation::Model {
    let row = participation::Entity::find()
        .filter(participation::Column::EmployerId.eq(market.employer))
        .one(market.app().app.db.read())
        .await
        .unwrap();
    row.unwrap()
}

/// Every number of a line in the order in which it was given out.
async fn places(market: &Market, at: ParticipationId) -> Vec<queue_place::Model> {
    let db = market.app().app.db.read();
    let queue = store::find(db, at).await.unwrap().unwrap();
    queue_place::Entity::find()
        .filter(queue_place::Column::QueueId.eq(queue.id))
        .order_by_asc(queue_place::Column::Number)
        .all(db)
        .await
        .unwrap()
}

async fn take(who: &Seeker, booth: &str) -> Reply {
    let path = format!("/tickets/{}/queues", who.secret);
    who.client.api_post(&path, &json!({ "booth": booth })).await
}

async fn give(by: &Client, booth: &str) -> Reply {
    let path = format!("/booths/{booth}/queue/numbers");
    by.api_post(&path, &json!({})).await
}

async fn call(by: &Client, booth: &str) -> Reply {
    let path = format!("/booths/{booth}/queue/calls");
    by.api_post(&path, &json!({})).await
}

async fn board(market: &Market, booth: &str) -> Value {
    let path = format!("/booths/{booth}/queue");
    market
        .app()
        .visitor()
        .api_get(&path)
        .await
        .expect(200)
        .json()
}

fn at(booth: &str, rest: &str) -> String {
    format!("/employer/booth/{booth}{rest}")
}

/// Somebody took a number at the gate and registered afterwards.
#[tokio::test]
async fn a_bare_number_becomes_that_of_a_ticket_and_keeps_its_place() {
    let market = Market::open().await;
    let booth = stand(&market).await.code;
    for number in 1..=3 {
        let given = give(&market.clerk, &booth).await.expect(201).json();
        assert_eq!(given["number"], number);
    }
    let seeker = market.seeker("张小芳", "13800006608").await;
    let other = market.seeker("李四", "13800006609").await;
    let steward = market.app().role(Role::GateSteward).await;
    let line = "/gate/starlight/queues";
    let join = |code: &str, number: &str| {
        let (steward, booth) = (steward.clone(), booth.clone());
        let (code, number) = (code.to_owned(), number.to_owned());
        async move {
            let once = once_of(&steward.get(line).await.expect(200).text());
            let form = [
                ("once", once.as_str()),
                ("booth", &booth),
                ("ticket", &code),
                ("number", &number),
            ];
            steward.post(line, &form).await
        }
    };
    join(&seeker.code, "2").await.expect(303);
    // Once more is the same; it is nobody else's, and one number of a line is enough.
    join(&seeker.code, "２").await.expect(303);
    for (code, number, words) in [
        (&other.code, "2", "problem.queue_number_taken"),
        (&seeker.code, "3", ""),
        (&other.code, "9", "field_fault.not_found"),
        (&other.code, "x", "field_fault.format"),
        (&String::new(), "3", "field_fault.required"),
    ] {
        let reply = join(code, number).await;
        assert!([409, 422].contains(&reply.status.as_u16()), "{number}");
        if !words.is_empty() {
            assert!(reply.text().contains(&word(words)), "{words}");
        }
    }
    let at = stand(&market).await.id;
    let held: Vec<_> = places(&market, at)
        .await
        .iter()
        .map(|place| (place.number, place.registration_id.is_some()))
        .collect();
    assert_eq!(held, [(1, false), (2, true), (3, false)]);
    // The ticket knows its number now, and is called by it.
    let page = format!("/T/{}", seeker.secret);
    let page = seeker.client.get(&page).await.expect(200).read();
    assert!(page.contains("A01"), "{page}");
    assert_eq!(take(&seeker, &booth).await.expect(201).json()["number"], 2);
    call(&market.clerk, &booth).await.expect(200);
    call(&market.clerk, &booth).await.expect(200);
    let db = market.app().app.db.read();
    let called = queue_place::Entity::find()
        .filter(queue_place::Column::Number.eq(2))
        .one(db)
        .await;
    assert_eq!(called.unwrap().unwrap().state, PlaceState::Called);
}

#[tokio::test]
async fn telephones_and_paper_stand_in_one_line_by_arrival() {
    let market = Market::open().await;
    let booth = stand(&market).await.code;
    let first = market.seeker("张小芳", "13800006608").await;
    let third = market.seeker("李四", "13800006609").await;
    let taken = take(&first, &booth).await.expect(201).json();
    assert_eq!((&taken["number"], &taken["ahead"]), (&json!(1), &json!(0)));
    assert_eq!(
        give(&market.clerk, &booth).await.expect(201).json()["number"],
        2
    );
    let steward = market.app().role(Role::GateSteward).await;
    // The one who has no telephone but a ticket: named by its code.
    let form = [("booth", booth.as_str()), ("ticket", third.code.as_str())];
    let given = steward.post("/gate/starlight/queues", &form).await;
    let given = given.expect(303).location();
    let page = steward.get(&given).await.expect(200).read();
    assert!(page.contains("A01") && page.contains(">3<"), "{page}");
    let print = format!("/gate/starlight/queues/{booth}/3");
    assert!(page.contains(&print));
    let slip = steward.get(&print).await.expect(200).read();
    assert!(slip.contains("3 号") && slip.contains("<svg"));
    // Again is the same number, from either side.
    assert_eq!(take(&third, &booth).await.expect(201).json()["number"], 3);
    let seen = board(&market, &booth).await;
    assert_eq!(seen["waiting"], json!([1, 2, 3]));
    assert_eq!(seen["minutes"], Value::Null);
    for number in 1..=2 {
        let called = call(&market.clerk, &booth).await.expect(200).json();
        assert_eq!(called["called"], number);
    }
    // Two are awaited: what became of them is said first.
    assert_eq!(
        call(&market.clerk, &booth).await.expect(409).code(),
        "queue_call_open"
    );
    let path = at(&booth, "/places/1");
    let came = [("became", "here")];
    market.clerk.post(&path, &came).await.expect(303);
    let done = json!({ "finished": 1 });
    let path = format!("/booths/{booth}/queue/calls");
    let called = market.clerk.api_post(&path, &done).await.expect(200);
    assert_eq!(called.json()["called"], 3);
    let again = market.clerk.api_post(&path, &done).await;
    assert_eq!(again.expect(409).code(), "queue_changed");
}

#[tokio::test]
async fn the_ticket_tells_how_many_are_ahead_and_when_it_is_its_turn() {
    let market = Market::open().await;
    let booth = stand(&market).await.code;
    let seeker = market.seeker("张小芳", "13800006608").await;
    let ticket = format!("/T/{}", seeker.secret);
    let alone = seeker.client.get(&ticket).await.expect(200);
    assert!(alone.headers.get("refresh").is_none());
    assert!(alone.read().contains("还没有排队"));
    for _ in 0..5 {
        give(&market.clerk, &booth).await.expect(201);
    }
    let lines = seeker.client.get(&format!("{ticket}/queues")).await;
    let lines = lines.expect(200).read();
    assert!(lines.contains("5 人等候") && !lines.contains("<script"));
    let once = once_of(&lines);
    let form = [("once", once.as_str())];
    let path = format!("{ticket}/queues/{booth}");
    for _ in 0..2 {
        let to = seeker
            .client
            .post(&path, &form)
            .await
            .expect(303)
            .location();
        assert!(to.starts_with(&ticket), "{to}");
    }
    let waits = seeker.client.get(&ticket).await.expect(200);
    assert_eq!(waits.headers["refresh"], format!("25; url={ticket}"));
    let waits = waits.read();
    assert!(
        waits.contains("前面还有 5 人") && waits.contains("还估不出"),
        "{waits}"
    );
    assert!(!waits.contains("<script"));
    // Four calls, four minutes apart: three times between calls make a pace.
    for _ in 0..4 {
        let called = call(&market.clerk, &booth).await.expect(200).json();
        let path = at(&booth, &format!("/places/{}", called["called"]));
        market
            .clerk
            .post(&path, &[("became", "served")])
            .await
            .expect(303);
        market.app().clock.advance(TimeDelta::minutes(4));
    }
    let soon = seeker.client.get(&ticket).await.expect(200).read();
    assert!(soon.contains("前面还有 1 人"), "{soon}");
    assert!(soon.contains("约 4 分钟"), "{soon}");
    call(&market.clerk, &booth).await.expect(200);
    let turn = call(&market.clerk, &booth).await.expect(200).json();
    assert_eq!(turn["called"], 6);
    let turn = seeker.client.get(&ticket).await.expect(200);
    assert!(turn.headers.contains_key("refresh"));
    assert!(turn.read().contains("轮到您了"));
    // The screen at the booth says so too, without a name.
    let screen = market.app().visitor();
    let screen = screen.get(&format!("/B/{booth}/queue")).await.expect(200);
    assert_eq!(screen.headers["refresh"], "20");
    let screen = screen.read();
    assert!(screen.contains(">6<") && !screen.contains("张"), "{screen}");
}

/// While lines are called the floor plan tells how many wait; a telephone that opened its ticket has
/// its own booths outlined, and nobody else's page knows of it.
#[tokio::test]
async fn the_floor_plan_tells_where_people_wait_and_which_booths_are_mine() {
    let market = Market::open().await;
    let booth = stand(&market).await.code;
    let (visitor, map) = (market.app().visitor(), "/f/starlight/map");
    let quiet = visitor.get(map).await.expect(200).read();
    assert!(
        quiet.contains("aw heat-0") && !quiet.contains("人在等"),
        "{quiet}"
    );
    assert!(quiet.contains("排队 少"), "{quiet}");
    let seeker = market.seeker("张小芳", "13800006608").await;
    let opened = seeker.client.get(&format!("/T/{}", seeker.secret)).await;
    let telephone = seeker.client.with(&opened.expect(200));
    let before = telephone.get(map).await.expect(200).read();
    assert!(before.contains("我的入场券") && !before.contains("bx taken me"));
    give(&market.clerk, &booth).await.expect(201);
    take(&seeker, &booth).await.expect(201);
    let mine = telephone.get(map).await.expect(200);
    assert_eq!(mine.headers["cache-control"], "no-store");
    let mine = mine.read();
    assert!(
        mine.contains("bx taken me") && mine.contains("2 人在等"),
        "{mine}"
    );
    assert!(mine.contains("aw heat-4"));
    let others = visitor.get(map).await.expect(200).read();
    assert!(
        others.contains("2 人在等") && !others.contains("bx taken me"),
        "{others}"
    );
    // Out of the line, and with an interest instead.
    let leave = format!("/tickets/{}/queues/{booth}", seeker.secret);
    seeker.client.api_delete(&leave).await.expect(204);
    let left = telephone.get(map).await.expect(200).read();
    assert!(left.contains("1 人在等") && !left.contains("bx taken me"));
    market
        .interest(&seeker, &market.posting, &[])
        .await
        .expect(201);
    let interested = telephone.get(map).await.expect(200).read();
    assert!(interested.contains("bx taken me"), "{interested}");
    // On the plan of another evening, and once it was withdrawn, the ticket is nobody's.
    add_fair(market.app(), "other", FairStatus::Published).await;
    let other = telephone.get("/f/other/map").await.expect(200);
    assert!(other.headers.contains_key("etag") && !other.read().contains("我的入场券"));
    let ticket = format!("/tickets/{}", seeker.secret);
    seeker.client.api_delete(&ticket).await.expect(204);
    let withdrawn = telephone.get(map).await.expect(200);
    assert!(withdrawn.headers.contains_key("etag") && !withdrawn.read().contains("我的入场券"));
    // Afterwards nobody waits, whatever the lines still hold.
    market.app().clock.advance(TimeDelta::hours(6));
    let over = visitor.get(&format!("{map}?n=1")).await.expect(200).read();
    assert!(!over.contains("人在等"), "{over}");
    assert!(!over.contains("aw heat-"), "{over}");
}

#[tokio::test]
async fn who_is_absent_goes_back_once_and_is_out_the_second_time() {
    let market = Market::open().await;
    let place = stand(&market).await;
    let booth = place.code.clone();
    let seeker = market.seeker("张小芳", "13800006608").await;
    take(&seeker, &booth).await.expect(201);
    for _ in 0..4 {
        give(&market.clerk, &booth).await.expect(201);
    }
    call(&market.clerk, &booth).await.expect(200);
    let absent = [("became", "absent")];
    let path = at(&booth, "/places/1");
    let early = market.clerk.post(&path, &absent).await.expect(409).text();
    assert!(early.contains("都可以来"), "{early}");
    market.app().clock.advance(TimeDelta::minutes(3));
    let page = market.clerk.get(&at(&booth, "")).await.expect(200).read();
    assert!(page.contains("没来，往后排"));
    market.clerk.post(&path, &absent).await.expect(303);
    // What has been said already is not said twice.
    market.clerk.post(&path, &absent).await.expect(409);
    assert_eq!(
        board(&market, &booth).await["waiting"],
        json!([2, 3, 4, 1, 5])
    );
    let page = seeker.client.get(&format!("/T/{}", seeker.secret)).await;
    assert!(page.read().contains("已经叫过您一次"));
    for number in [2, 3, 4] {
        call(&market.clerk, &booth).await.expect(200);
        let path = at(&booth, &format!("/places/{number}"));
        market
            .clerk
            .post(&path, &[("became", "served")])
            .await
            .expect(303);
    }
    call(&market.clerk, &booth).await.expect(200);
    market.app().clock.advance(TimeDelta::minutes(3));
    market.clerk.post(&path, &absent).await.expect(303);
    let rows = places(&market, place.id).await;
    assert_eq!((rows[0].state, rows[0].open), (PlaceState::Missed, false));
    let page = seeker.client.get(&format!("/T/{}", seeker.secret)).await;
    assert!(page.read().contains("这个号已作废"));
    // It may come again, at the end.
    assert_eq!(take(&seeker, &booth).await.expect(201).json()["number"], 6);
}

#[tokio::test]
async fn a_ticket_stands_in_three_lines_and_leaves_them_with_its_withdrawal() {
    let market = Market::open().await;
    let own = stand(&market).await;
    let mut booths = vec![own.code.clone()];
    for label in ["A02", "A03", "A04"] {
        let name = format!("{label} 公司");
        let employer = market
            .square
            .employer(&name, EmployerStatus::Approved)
            .await;
        market.square.book(employer, label).await;
        let row = participation::Entity::find()
            .filter(participation::Column::EmployerId.eq(employer))
            .one(market.app().app.db.read())
            .await;
        booths.push(row.unwrap().unwrap().code);
    }
    let seeker = market.seeker("张小芳", "13800006608").await;
    for booth in &booths[..3] {
        take(&seeker, booth).await.expect(201);
    }
    assert_eq!(
        take(&seeker, &booths[3]).await.expect(409).code(),
        "queue_too_many"
    );
    let full = seeker
        .client
        .post(&format!("/T/{}/queues/{}", seeker.secret, booths[3]), &[])
        .await;
    assert!(full.expect(409).text().contains("请先退掉一个"));
    let leave = format!("/T/{}/queues/{}/leave", seeker.secret, booths[0]);
    seeker.client.post(&leave, &[]).await.expect(303);
    seeker.client.post(&leave, &[]).await.expect(303);
    take(&seeker, &booths[3]).await.expect(201);
    assert_eq!(board(&market, &booths[0]).await["count"], 0);
    let ticket = format!("/tickets/{}", seeker.secret);
    seeker.client.api_delete(&ticket).await.expect(204);
    for booth in &booths {
        assert_eq!(board(&market, booth).await["count"], 0);
    }
    take(&seeker, &booths[0]).await.expect(410);
    let left = places(&market, own.id).await;
    assert!(left.iter().all(|row| row.state == PlaceState::Left));
}

#[tokio::test]
async fn a_line_pauses_with_a_word_and_ends_with_the_evening() {
    let market = Market::open().await;
    let place = stand(&market).await;
    let booth = place.code.clone();
    let seeker = market.seeker("张小芳", "13800006608").await;
    take(&seeker, &booth).await.expect(201);
    let pause = at(&booth, "/pause");
    let untold = market.clerk.post(&pause, &[("word", " ")]).await;
    assert!(untold.expect(422).text().contains("请填写此项"));
    let word = [("word", "用餐，20:10 继续")];
    market.clerk.post(&pause, &word).await.expect(303);
    assert_eq!(
        call(&market.clerk, &booth).await.expect(409).code(),
        "queue_paused"
    );
    let page = seeker.client.get(&format!("/T/{}", seeker.secret)).await;
    assert!(page.read().contains("用餐，20:10 继续"));
    market
        .clerk
        .post(&pause, &[("resume", "1")])
        .await
        .expect(303);
    // The booth goes away: nobody takes a number, whoever has one is told.
    let end = fair::Entity::find_by_id(place.fair_id)
        .one(market.app().app.db.read())
        .await;
    let end = end.unwrap().unwrap().ends_at;
    market.app().clock.set(&end.to_rfc3339());
    assert_eq!(take(&seeker, &booth).await.expect(409).code(), "queue_over");
    let page = seeker.client.get(&format!("/T/{}", seeker.secret)).await;
    assert!(page.headers.get("refresh").is_none());
    let clerk = market.app().clerk_of(market.employer).await;
    assert_eq!(call(&clerk, &booth).await.expect(409).code(), "queue_over");
    let shut = clerk.get(&at(&booth, "")).await.expect(200).read();
    assert!(shut.contains("排队也结束了"));
}

#[tokio::test]
async fn from_the_call_to_an_offer_on_one_page() {
    let market = Market::open().await;
    let booth = stand(&market).await.code;
    let seeker = market.seeker("张小芳", "13800006608").await;
    let home = market.clerk.get("/employer/booth").await.expect(303);
    assert_eq!(home.location(), at(&booth, ""));
    let empty = market.clerk.get(&at(&booth, "")).await.expect(200).read();
    assert!(empty.contains("没有人排队"));
    take(&seeker, &booth).await.expect(201);
    let page = market.clerk.get(&at(&booth, "")).await.expect(200).read();
    let once = once_of(&page);
    let form = [("once", once.as_str())];
    let next = at(&booth, "/next");
    let first = market.clerk.post(&next, &form).await.expect(303).location();
    // The same press once more is the same call.
    let again = market.clerk.post(&next, &form).await.expect(303).location();
    assert_eq!(first, again);
    let page = market.clerk.get(&first).await.expect(200).read();
    assert!(page.contains("请喊：1 号"), "{page}");
    assert!(
        !page.contains("张**"),
        "who is called is not shown before he comes"
    );
    let scan = at(&booth, "/scan");
    let wrong = market.clerk.post(&scan, &[("entry", "ZZZZ9999")]).await;
    assert!(wrong.expect(422).text().contains("ZZZZ9999"));
    let shown = market.clerk.post(&scan, &[("entry", &seeker.code)]).await;
    let page = market.clerk.get(&shown.expect(303).location()).await;
    let page = page.expect(200).read();
    assert!(page.contains("张**") && page.contains("已到摊位") && !page.contains("张小芳"));
    // Interest, interview, offer: one tap, two taps, one tap.
    let once = once_of(&page);
    let interest = [
        ("once", once.as_str()),
        ("entry", seeker.code.as_str()),
        ("posting", market.posting.as_str()),
    ];
    let path = at(&booth, "/interest");
    let to = market
        .clerk
        .post(&path, &interest)
        .await
        .expect(303)
        .location();
    let twice = market
        .clerk
        .post(&path, &interest)
        .await
        .expect(303)
        .location();
    assert_eq!(to, twice);
    let page = market.clerk.get(&to).await.expect(200).read();
    let root = at(&booth, "/matches/");
    let rest = page.split(&root).nth(1).unwrap();
    let number = rest.split('"').next().unwrap().to_owned();
    let act = format!("{root}{number}");
    for action in ["acknowledge", "met"] {
        market
            .clerk
            .post(&act, &[("action", action)])
            .await
            .expect(303);
    }
    let broken = [("action", "offer"), ("pay", "nothing")];
    let page = market.clerk.post(&act, &broken).await.expect(422).text();
    assert!(page.contains("nothing"), "what was typed is kept");
    market
        .clerk
        .post(&act, &offer("2026-07-27"))
        .await
        .expect(303);
    assert_eq!(market.state(&number).await.1, "offered");
    // Somebody else's booth, and his matches, are not there.
    let (_, rival) = market.rival().await;
    rival.get(&at(&booth, "")).await.expect(404);
    rival.post(&next, &[]).await.expect(404);
    rival.post(&act, &[("action", "met")]).await.expect(404);
    call(&rival, &booth).await.expect(404);
    give(&rival, &booth).await.expect(404);
}

#[tokio::test]
async fn a_booths_code_gives_a_number_to_whoever_says_who_he_is() {
    let market = Market::open().await;
    let booth = stand(&market).await.code;
    let seeker = market.seeker("张小芳", "13800006608").await;
    let phone = market.app().visitor();
    let page = phone.get(&format!("/B/{booth}")).await.expect(200).read();
    let number = format!("/B/{booth}/number");
    assert!(page.contains(&number));
    phone.get(&number).await.expect(200);
    phone.post(&number, &[]).await.expect(422);
    let wrong = [("code", seeker.code.as_str()), ("tail", "0000")];
    phone.post(&number, &wrong).await.expect(422);
    let right = [("code", seeker.code.as_str()), ("tail", "6608")];
    let done = phone.post(&number, &right).await.expect(303);
    assert!(
        done.location()
            .starts_with(&format!("/T/{}", seeker.secret))
    );
    // Now the telephone knows its ticket: one tap, and the same number.
    let phone = phone.with(&done);
    assert!(
        phone
            .get(&number)
            .await
            .expect(200)
            .read()
            .contains("用入场券")
    );
    phone.post(&number, &[]).await.expect(303);
    assert_eq!(board(&market, &booth).await["count"], 1);
    let lower = format!("/B/{}/queue", booth.to_lowercase());
    phone.get(&lower).await.expect(200);
    phone.get("/B/NOTHING/queue").await.expect(404);
}

/// Whatever is typed into the forms of a line, it is refused in words beside its field and kept.
#[tokio::test]
async fn no_wrong_input_upsets_a_line() {
    let market = Market::open().await;
    let booth = stand(&market).await.code;
    let steward = market.app().role(Role::GateSteward).await;
    let phone = market.app().visitor();
    let long = "字".repeat(3000);
    let number = format!("/B/{booth}/number");
    for value in [
        "a\u{0}b",
        "\u{202e}名",
        "🎆",
        "１２３",
        "<script>\"'",
        "-1",
        "999999999999999999999",
        long.as_str(),
    ] {
        for (who, path, name, others) in [
            (&market.clerk, at(&booth, "/scan"), "entry", vec![]),
            (&market.clerk, at(&booth, "/numbers"), "ticket", vec![]),
            (
                &steward,
                "/gate/starlight/queues".into(),
                "ticket",
                vec![("booth", booth.as_str())],
            ),
            (&phone, number.clone(), "code", vec![("tail", "6608")]),
        ] {
            let form = [others, vec![(name, value)]].concat();
            let reply = who.post(&path, &form).await.expect(422);
            if value.len() < 100 && !value.contains('\0') {
                let kept = value.replace('<', "&lt;").replace('>', "&gt;");
                let kept = kept.replace('"', "&quot;").replace('\'', "&#x27;");
                assert!(reply.text().contains(&kept), "{path} forgets {value}");
            }
        }
        let form = [("booth", value)];
        steward
            .post("/gate/starlight/queues", &form)
            .await
            .expect(422);
        let became = market
            .clerk
            .post(&at(&booth, "/places/1"), &[("became", value)])
            .await;
        became.expect(422);
        let next = market
            .clerk
            .post(&at(&booth, "/next"), &[("finished", value)])
            .await;
        assert!(next.status.as_u16() < 500, "{}", next.status);
    }
    for path in ["/places/abc", "/places/99"] {
        let path = at(&booth, path);
        market
            .clerk
            .post(&path, &[("became", "here")])
            .await
            .expect(404);
    }
    let path = format!("/gate/starlight/queues/{booth}/abc");
    steward.get(&path).await.expect(404);
    phone
        .get(&format!("/T/{}/queues", "0".repeat(16)))
        .await
        .expect(404);
    assert_eq!(
        board(&market, &booth).await["count"],
        0,
        "nothing was given out"
    );
}

/// The network goes while the employer presses: the page says so, keeps it, and sends it once. Every
/// page of a line is looked at on the way.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_pressed_without_a_network_is_sent_later_and_once() {
    let (app, host) = TestApp::served_at(EVENING).await;
    let market = Market::on(Square::on(app).await).await;
    let booth = stand(&market).await.code;
    let seeker = market.seeker("张小芳", "13800006608").await;
    take(&seeker, &booth).await.expect(201);
    give(&market.clerk, &booth).await.expect(201);
    let browser = Browser::open(&host).await;
    browser.size(PHONE).await;
    browser.go(&format!("/B/{booth}/number")).await;
    browser.look("queue-number", DESK).await;
    browser.go(&format!("/B/{booth}")).await;
    browser.look("queue-booth", DESK).await;
    browser.go("/").await;
    browser.wear(&[cookie(market.clerk.session())]).await;
    browser.go(&at(&booth, "")).await;
    browser.look("at-booth-waiting", DESK).await;
    let told = word("matching.at.unsent");
    assert!(!browser.text().await.contains(&told), "nothing waits");
    let offline = |offline: bool| json!({"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1});
    let network = "Network.emulateNetworkConditions";
    browser.cdp("Network.enable", json!({})).await;
    browser.cdp(network, offline(true)).await;
    let press = |form: &str| {
        format!("document.querySelector(\"form[action$='{form}'] button\").click(); return 1")
    };
    for _ in 0..2 {
        browser.ask(&press("/next")).await;
    }
    browser
        .until("!document.querySelector('[data-unsent]').hidden")
        .await;
    browser.sees(&told).await;
    assert_eq!(board(&market, &booth).await["count"], 2);
    browser.cdp(network, offline(false)).await;
    browser
        .until("document.body.innerText.includes('请喊：1 号')")
        .await;
    let seen = board(&market, &booth).await;
    assert_eq!(
        (&seen["called"][0]["number"], &seen["waiting"]),
        (&json!(1), &json!([2]))
    );
    browser.forgive().await;
    browser.look("at-booth-called", DESK).await;
    // What is wrong is told beside its field, through the script as well.
    browser.fill("entry", "ZZZZ9999").await;
    browser.ask(&press("/scan")).await;
    browser.until("document.querySelector('.summary')").await;
    browser
        .until("document.querySelector('[name=entry]').value === 'ZZZZ9999'")
        .await;
    browser.fill("entry", &seeker.code).await;
    browser.push("#table form[action$='/scan'] button").await;
    browser
        .until("document.body.innerText.includes('张**')")
        .await;
    browser.look("at-booth-here", DESK).await;
    browser
        .push("#table form[action$='/interest'] button")
        .await;
    browser
        .until("document.body.innerText.includes('接收')")
        .await;
    browser.look("at-booth-interest", DESK).await;
    browser.go(&format!("/B/{booth}/queue")).await;
    browser.look("queue-board", DESK).await;
    browser.go(&format!("/T/{}?as=holder", seeker.secret)).await;
    browser.look("queue-ticket", DESK).await;
    browser.go(&format!("/T/{}/queues", seeker.secret)).await;
    browser.look("queue-lines", DESK).await;
    let steward = market.app().role(Role::GateSteward).await;
    browser.wear(&[cookie(steward.session())]).await;
    browser.go("/gate/starlight/queues").await;
    browser.choose("booth", &booth).await;
    browser.press(&word("queue.give.do")).await;
    browser.look("queue-give", DESK).await;
    browser.close().await;
}

fn cookie(session: &str) -> thirtyfour::Cookie {
    thirtyfour::Cookie::new("nightfair", session)
}

/// So many employees of one booth, signed in.
async fn staff(market: &Market, count: usize) -> Vec<Client> {
    let mut staff = Vec::new();
    for _ in 0..count {
        staff.push(market.app().clerk_of(market.employer).await);
    }
    staff
}

/// Everybody calls at once: the first so many of the line, nobody twice, nobody passed over.
#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_calls_calls_each_once_and_passes_nobody_over() {
    const STAFF: usize = 24;
    let market = Market::open().await;
    let place = stand(&market).await;
    let booth = place.code.clone();
    let staff = staff(&market, STAFF).await;
    for _ in 0..times("TEST_TRIALS", 3) {
        let given = join_all(staff.iter().map(|one| give(one, &booth))).await;
        let given: BTreeSet<_> = given
            .into_iter()
            .map(|reply| reply.expect(201).json()["number"].as_i64().unwrap())
            .collect();
        assert_eq!(given.len(), STAFF, "each number is given once");
        let half = &staff[..STAFF / 2];
        let called = join_all(half.iter().map(|one| call(one, &booth))).await;
        let called: BTreeSet<_> = called
            .into_iter()
            .map(|reply| reply.expect(200).json()["called"].as_i64().unwrap())
            .collect();
        let first: BTreeSet<_> = given.iter().take(half.len()).copied().collect();
        assert_eq!(called, first);
        // The evening goes on: everybody is served.
        for row in places(&market, place.id).await {
            if row.state == PlaceState::Called {
                let path = at(&booth, &format!("/places/{}", row.number));
                staff[0]
                    .post(&path, &[("became", "served")])
                    .await
                    .expect(303);
            }
        }
        let rest = join_all(staff[STAFF / 2..].iter().map(|one| call(one, &booth))).await;
        for reply in rest {
            let number = reply.expect(200).json()["called"].as_i64().unwrap();
            let path = at(&booth, &format!("/places/{number}"));
            staff[0]
                .post(&path, &[("became", "served")])
                .await
                .expect(303);
        }
        assert_eq!(
            call(&staff[0], &booth).await.expect(200).json()["called"],
            Value::Null
        );
    }
}

/// One ticket that asks from many telephones at once has one number.
#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_has_one_number_however_often_it_asks() {
    let market = Market::open().await;
    let place = stand(&market).await;
    let seeker = market.seeker("张小芳", "13800006608").await;
    let asked = join_all((0..24).map(|_| take(&seeker, &place.code))).await;
    for reply in asked {
        assert_eq!(reply.expect(201).json()["number"], 1);
    }
    assert_eq!(places(&market, place.id).await.len(), 1);
}

/// How many different people so many callers get who look first and write then, each on a connection
/// of its own.
async fn careless(market: &Market, at: ParticipationId, callers: usize) -> usize {
    let url = market.app().url.clone();
    let barrier = std::sync::Arc::new(tokio::sync::Barrier::new(callers));
    let calls = (0..callers).map(|_| {
        let (url, barrier) = (url.clone(), barrier.clone());
        tokio::spawn(async move {
            let db = Database::connect(url).await.unwrap();
            let queue = store::find(&db, at).await.unwrap().unwrap();
            let line = store::waiting(&store::open(&db, queue.id).await.unwrap());
            let next: Waiting = nightfair::domain::queue::next(&line).unwrap();
            barrier.wait().await;
            queue_place::Entity::update_many()
                .col_expr(queue_place::Column::State, Expr::value(PlaceState::Called))
                .filter(queue_place::Column::QueueId.eq(queue.id))
                .filter(queue_place::Column::Number.eq(next.number))
                .exec(&db)
                .await
                .unwrap();
            db.close().await.unwrap();
            next.number
        })
    });
    let called = join_all(calls).await.into_iter().map(Result::unwrap);
    called.collect::<BTreeSet<_>>().len()
}

/// The control of [`a_storm_of_calls_calls_each_once_and_passes_nobody_over`]: without holding the
/// line and without asking whether the number still waits, the same storm calls one person for
/// several tables.
#[tokio::test(flavor = "multi_thread")]
async fn without_its_guards_a_storm_calls_the_same_person_twice() {
    let market = Market::open().await;
    let place = stand(&market).await;
    for _ in 0..8 {
        give(&market.clerk, &place.code).await.expect(201);
    }
    assert!(
        careless(&market, place.id, 4).await < 4,
        "the storm proves nothing"
    );
}

/// The control of [`a_ticket_has_one_number_however_often_it_asks`]: a second open number of a ticket
/// is refused by the index, and is there without it.
#[tokio::test]
async fn the_index_alone_refuses_a_second_number() {
    let market = Market::open().await;
    let place = stand(&market).await;
    let seeker = market.seeker("张小芳", "13800006608").await;
    take(&seeker, &place.code).await.expect(201);
    let own = places(&market, place.id).await.remove(0);
    let db = Database::connect(market.app().url.clone()).await.unwrap();
    let second = |number| queue_place::ActiveModel {
        queue_id: Set(own.queue_id),
        number: Set(number),
        turn: Set(number * 1000),
        registration_id: Set(own.registration_id),
        taken: Set(own.taken),
        state: Set(PlaceState::Waiting),
        open: Set(true),
        calls_in_vain: Set(0),
        taken_at: Set(own.taken_at),
        waiting_since: Set(own.taken_at),
        ..Default::default()
    };
    let refused = queue_place::Entity::insert(second(2)).exec(&db).await;
    assert!(refused.is_err());
    db.execute_unprepared("DROP INDEX uq_queue_places_queue_id_registration_id")
        .await
        .unwrap();
    queue_place::Entity::insert(second(2))
        .exec(&db)
        .await
        .unwrap();
    let same = queue_place::Entity::insert(second(2)).exec(&db).await;
    assert!(same.is_err(), "a number is given once");
    let row = booth_queue::Entity::find_by_id(own.queue_id).one(&db).await;
    assert_eq!(row.unwrap().unwrap().last_number, 1);
    db.close().await.unwrap();
}
