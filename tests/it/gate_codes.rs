//! More than one code in one hand: what devices and paper gave out leads to the ticket that somebody
//! has, at every door, and counts one person.
use crate::{
    browser::word,
    fair_build::{SLUG, fair_body, open_fair, stand_code},
    harness::{Client, Reply, TestApp},
    matching_make::{Market, no},
    posting_make::once_of,
    wire::person,
};
use nightfair::{
    domain::{id::OfficeId, role::Role, ticket::Code},
    entity::{access_record, check_in, fair, registration, ticket_code},
    seeker::ticket,
};
use sea_orm::EntityTrait;
use serde_json::{Value, json};

fn code(n: u64) -> String {
    Code::from_index(n * 7919 + 3).into_string()
}

/// Somebody who was let in under a code, as the device reports it.
fn walk_in(nonce: &str, who: &Value, code: &str, gate: &str, at: &str) -> Value {
    json!({
        "name": who["name"], "phone": who["phone"], "consent_version": "2026-11",
        "scan": {
            "code": code, "gate": gate, "nonce": nonce, "offline": true, "shown": "admitted",
            "scanned_at": at,
        },
    })
}

trait Read {
    fn read(&self) -> String;
}

impl Read for Reply {
    fn read(&self) -> String {
        self.text().replace("&#x2f;", "/")
    }
}

/// Persons who came, and how many are inside.
async fn counts(app: &TestApp) -> (usize, i64) {
    let db = app.app.db.read();
    let rows = registration::Entity::find().all(db).await.unwrap();
    let fair = fair::Entity::find().all(db).await.unwrap();
    let came = rows.iter().filter(|row| row.first_in_at.is_some());
    (came.count(), fair.iter().map(|fair| fair.inside).sum())
}

#[tokio::test]
async fn a_code_that_a_device_gave_out_is_the_ticket_that_somebody_has() {
    let market = Market::open().await;
    let app = market.app();
    let seeker = market.seeker("张小芳", "13800006608").await;
    let steward = app.role(Role::GateSteward).await;
    let fair = market.square.slug;
    let given = code(1);
    let path = format!("/fairs/{fair}/walk-ins");
    let who = json!({"name": "小张", "phone": "13800006608"});
    let body = walk_in("w1", &who, &given, "1", "2026-07-19T11:10:00Z");
    for _ in 0..2 {
        let answer = steward.api_post(&path, &body).await.expect(200).json();
        assert_eq!(answer["person"]["code"], seeker.code);
    }
    assert_eq!(counts(app).await, (1, 1));

    // The gate: one person, whichever code is scanned.
    let check = format!("/fairs/{fair}/check-ins");
    for (nonce, code, direction, result) in [
        ("n1", &given, "in", "already_in"),
        ("n2", &given, "out", "left"),
        ("n3", &seeker.code, "in", "admitted"),
        ("n4", &given, "in", "already_in"),
    ] {
        let scan = json!({"code": code, "gate": "1", "nonce": nonce, "direction": direction});
        let answer = steward.api_post(&check, &scan).await.expect(200).json();
        assert_eq!(answer["result"], result, "{nonce}");
        assert_eq!(answer["person"]["code"], seeker.code);
    }
    assert_eq!(counts(app).await, (1, 1));
    // A device without a network takes both for one, too.
    let pack = steward.api_get(&format!("/fairs/{fair}/pack?gate=1")).await;
    let pack = pack.expect(200).json();
    assert_eq!(pack["items"].as_array().unwrap().len(), 1);
    assert_eq!(pack["codes"].as_array().unwrap().len(), 1);
    assert_eq!(pack["codes"][0][1], 0);

    // The booth.
    let scans = format!("/fairs/{fair}/scans");
    let body = json!({"code": given, "posting": market.posting});
    let made = market
        .clerk
        .api_post(&scans, &body)
        .await
        .expect(201)
        .json();
    assert_eq!(made["person"]["code"], seeker.code);
    let own = json!({"ticket": seeker.secret});
    let found = market.clerk.api_post(&scans, &own).await.expect(200);
    assert_eq!(no(&found.json()), no(&made));
    let list = format!("/employer/matches?q={given}");
    let list = market.clerk.get(&list).await.expect(200).read();
    assert!(list.contains(&no(&made)), "{list}");
    // The line.
    let booth = stand_code(app, market.employer).await;
    let once = once_of(&steward.get("/gate/starlight/queues").await.text());
    let form = [
        ("once", once.as_str()),
        ("booth", &booth),
        ("ticket", &given),
    ];
    let to = steward.post("/gate/starlight/queues", &form).await;
    to.expect(303);
    // The link of the ticket, for whoever says code and last digits.
    let phone = app.visitor();
    let ask = format!("/f/starlight/interest/{}", market.posting);
    let who = [("code", given.as_str()), ("tail", "6608")];
    let to = phone.post(&ask, &who).await.expect(303).location();
    assert!(to.starts_with(&format!("/T/{}/", seeker.secret)), "{to}");
    let page = phone.get(&format!("/T/{}", seeker.secret)).await;
    assert!(page.expect(200).read().contains("A01"));
    // The desk.
    let list = format!("/office/fairs/{fair}/registrations");
    let desk = app.role(Role::PlacementOfficer).await;
    let page = desk.get(&format!("{list}?q={given}")).await.expect(200);
    assert!(page.text().contains(&seeker.code));
    let db = app.app.db.read();
    let row = registration::Entity::find().one(db).await.unwrap().unwrap();
    let page = desk.get(&format!("{list}/{}", row.uid)).await.expect(200);
    assert!(page.text().contains(&given));
    let behalf = json!({
        "kind": "employment_match", "fair": fair, "ticket": given, "posting": market.slow,
    });
    desk.api_post("/cases", &behalf).await.expect(201);
    // The holder's copy.
    let copy = format!("/T/{}/copy", seeker.secret);
    let copy = phone.post(&copy, &[("phone", "13800006608")]).await;
    assert_eq!(
        copy.expect(200).json()["registration"]["further_codes"][0],
        given
    );
    // Who did it stands in the record; another office knows nothing of it.
    let records = access_record::Entity::find().all(db).await.unwrap();
    let joined = records.iter().filter(|row| row.action == "join_code");
    assert_eq!(joined.count(), 1);
    let known = Code::parse(&given).unwrap();
    let elsewhere = OfficeId(app.app.settings.office.0 + 1);
    let ids = ticket::ids_by_code(&app.app, elsewhere, &known).await;
    assert!(ids.unwrap().is_empty());
    let office = app.app.settings.office;
    let ids = ticket::ids_by_code(&app.app, office, &known).await;
    assert_eq!(ids.unwrap(), [row.id]);
    assert_eq!(registration::Entity::find().all(db).await.unwrap().len(), 1);

    // Withdrawn with the ticket: nobody is behind it any more, and nobody else gets it.
    let gone = format!("/tickets/{}", seeker.secret);
    phone.api_delete(&gone).await.expect(204);
    let scan = json!({"code": given, "gate": "1", "nonce": "n9"});
    let answer = steward.api_post(&check, &scan).await.expect(200).json();
    assert_eq!(answer["reason"], "withdrawn");
    let answer = market.clerk.api_post(&scans, &json!({"code": given})).await;
    answer.expect(410);
}

#[tokio::test]
async fn a_code_in_two_hands_is_asked_about() {
    let app = TestApp::start().await;
    open_fair(&app).await;
    let path = format!("/fairs/{SLUG}/registrations");
    let first = app.visitor().api_post(&path, &person(1)).await.expect(201);
    let first = first.json()["ticket"]["code"].as_str().unwrap().to_owned();
    app.clock.set("2026-08-08T12:00:00Z");
    let steward = app.role(Role::GateSteward).await;
    // The steward mistook the code of somebody's ticket for that of a blank one.
    let path = format!("/fairs/{SLUG}/walk-ins");
    let at = "2026-08-08T11:10:00Z";
    let body = walk_in("w1", &person(7), &first, "东门", at);
    let answer = steward.api_post(&path, &body).await.expect(200).json();
    assert_ne!(answer["person"]["code"], first);
    assert_eq!(counts(&app).await, (1, 1));
    let office = app.role(Role::PlacementOfficer).await;
    let list = format!("/office/fairs/{SLUG}/reconcile");
    let page = office.get(&list).await.expect(200).text();
    let grouped = format!("{} {}", &first[..4], &first[4..]);
    for words in [word("seeker.reconcile.kind.anothers"), grouped] {
        assert!(page.contains(&words), "{words}: {page}");
    }
    // Somebody who was registered and got the code of another is asked about as well.
    let body = walk_in("w2", &person(7), &first, "东门", "2026-08-08T11:20:00Z");
    steward.api_post(&path, &body).await.expect(200);
    let form = [("question", "anothers:w1"), ("note", "已补打")];
    office.post(&list, &form).await.expect(303);
    let form = [("question", "anothers:w2"), ("note", "已补打")];
    office.post(&list, &form).await.expect(303);
    let page = office.get(&list).await.expect(200).text();
    assert!(page.contains(&word("seeker.reconcile.none")));
    let rows = registration::Entity::find().all(app.app.db.read()).await;
    assert_eq!(rows.unwrap().len(), 2);
}

#[tokio::test]
async fn scans_of_a_code_wait_until_it_is_known_whose_it_is() {
    let app = TestApp::start().await;
    open_fair(&app).await;
    let path = format!("/fairs/{SLUG}/registrations");
    app.visitor().api_post(&path, &person(1)).await.expect(201);
    app.clock.set("2026-08-08T12:30:00Z");
    let steward = app.role(Role::GateSteward).await;
    let late = |code: &str, nonce: &str, shown: &str, direction: &str, minute: u32| {
        json!({
            "code": code, "gate": "东门", "nonce": nonce, "offline": true, "shown": shown,
            "direction": direction, "scanned_at": format!("2026-08-08T11:{minute:02}:00Z"),
        })
    };
    let check = format!("/fairs/{SLUG}/check-ins");
    let (known, new) = (code(5), code(6));
    for scan in [
        late(&known, "a", "left", "out", 40),
        late(&known, "b", "already_in", "in", 20),
        late(&known, "c", "refused", "in", 5),
        late(&new, "d", "already_in", "in", 50),
    ] {
        let answer = steward.api_post(&check, &scan).await.expect(200).json();
        assert_eq!(answer["result"], "refused");
    }
    assert_eq!(counts(&app).await, (0, 0));
    let office = app.role(Role::PlacementOfficer).await;
    let list = format!("/office/fairs/{SLUG}/reconcile");
    let page = office.get(&list).await.expect(200).text();
    let unknown = format!(">{}<", word("seeker.reconcile.kind.unknown"));
    assert_eq!(page.matches(&unknown).count(), 4);
    // One belongs to somebody who has a ticket, the other to somebody new.
    let path = format!("/fairs/{SLUG}/walk-ins");
    let at = "2026-08-08T11:10:00Z";
    for (nonce, who, code) in [("w1", 1, &known), ("w2", 8, &new)] {
        let body = walk_in(nonce, &person(who), code, "西门", at);
        steward.api_post(&path, &body).await.expect(200);
    }
    // The one left at 11:40, the other is inside.
    assert_eq!(counts(&app).await, (2, 1));
    let page = office.get(&list).await.expect(200).text();
    assert!(page.contains(&word("seeker.reconcile.none")), "{page}");
    let rows = check_in::Entity::find().all(app.app.db.read()).await;
    let rows = rows.unwrap();
    assert!(rows.iter().all(|row| row.registration_id.is_some()));
    let of = |nonce: &str| rows.iter().find(|row| row.nonce == nonce).unwrap();
    assert_eq!(of("a").result, "left");
    assert_eq!(of("b").result, "admitted");
    assert_eq!(of("c").result, "refused");
    let first = registration::Entity::find().all(app.app.db.read()).await;
    for row in first.unwrap() {
        assert_eq!(row.first_gate.as_deref(), Some("西门"));
        let came = row.first_in_at.unwrap().to_rfc3339();
        assert_eq!(came, "2026-08-08T11:10:00+00:00");
    }
}

/// What the steward types into the form for people without a ticket.
async fn enters(steward: &Client, who: usize, code: &str) -> Reply {
    let path = format!("/gate/{SLUG}/walk-in");
    let page = steward.get(&format!("{path}?gate=东门&code={code}")).await;
    let page = page.expect(200).read();
    assert!(page.contains(&format!("value=\"{code}\"")), "{page}");
    let once = once_of(&page);
    let who = person(who);
    let form = [
        ("once", once.as_str()),
        ("gate", "东门"),
        ("name", who["name"].as_str().unwrap()),
        ("phone", who["phone"].as_str().unwrap()),
        ("code", code),
        ("consent", "yes"),
    ];
    steward.post(&path, &form).await
}

#[tokio::test]
async fn a_blank_ticket_is_entered_at_the_gate() {
    let app = TestApp::start().await;
    open_fair(&app).await;
    let path = format!("/fairs/{SLUG}/registrations");
    app.visitor().api_post(&path, &person(1)).await.expect(201);
    app.clock.set("2026-08-08T12:00:00Z");
    let steward = app.role(Role::GateSteward).await;
    let (blank, other) = (code(11), code(12));
    // Scanned first: nobody's, and the way on is shown.
    let gate = format!("/gate/{SLUG}");
    let scan = |code: &str| {
        let (steward, gate, code) = (steward.clone(), gate.clone(), code.to_owned());
        async move {
            let form = [
                ("gate", "东门"),
                ("direction", "in"),
                ("entry", code.as_str()),
            ];
            steward.post(&gate, &form).await.expect(200).read()
        }
    };
    let page = scan(&blank).await;
    assert!(page.contains(&word("seeker.verdict.unknown")));
    assert!(page.contains(&format!("&amp;code={blank}")), "{page}");
    let page = enters(&steward, 7, &blank).await.expect(200).read();
    assert!(page.contains(&word("seeker.verdict.admitted")), "{page}");
    let page = scan(&blank).await;
    assert!(page.contains(&word("seeker.verdict.already_in")));
    assert!(!page.contains("&amp;code="));
    let db = app.app.db.read();
    let rows = registration::Entity::find().all(db).await.unwrap();
    let held = rows.iter().find(|row| row.code == blank).unwrap();
    assert_eq!(held.channel, "gate");
    assert_eq!(counts(&app).await, (1, 1));

    // The number has a ticket: the blank one is that ticket from now on, and one person is let in.
    let page = enters(&steward, 1, &other).await.expect(200).read();
    assert!(page.contains(&word("seeker.gate.confirm")), "{page}");
    let page = scan(&other).await;
    assert!(page.contains(&word("seeker.verdict.admitted")), "{page}");
    assert_eq!(counts(&app).await, (2, 2));
    assert_eq!(registration::Entity::find().all(db).await.unwrap().len(), 2);
    assert_eq!(ticket_code::Entity::find().all(db).await.unwrap().len(), 1);

    // Refused, and told what to do: used by one or the other, of another evening, mistyped.
    let office = app.role(Role::PlacementOfficer).await;
    let mut elsewhere = fair_body("second", "A 1-4");
    elsewhere["title"] = json!("第二场");
    office.api_post("/fairs", &elsewhere).await.expect(201);
    let publish = office.api_post("/fairs/second/publish", &json!({})).await;
    publish.expect(200);
    let foreign = code(13);
    let body = walk_in("w1", &person(9), &foreign, "东门", "2026-08-08T11:10:00Z");
    let path = "/fairs/second/walk-ins";
    steward.api_post(path, &body).await.expect(200);
    let mut wrong = code(14);
    let last = if wrong.ends_with('0') { "1" } else { "0" };
    wrong.replace_range(7.., last);
    for (who, code, fault) in [
        (8, &blank, "blank_taken"),
        (8, &other, "blank_taken"),
        (1, &blank, "blank_taken"),
        (8, &foreign, "blank_of_other_fair"),
        (1, &foreign, "blank_of_other_fair"),
        (8, &wrong, "checksum"),
    ] {
        let page = enters(&steward, who, code).await.expect(422).read();
        let words = word(&format!("field_fault.{fault}"));
        assert!(page.contains(&words), "{code} {fault}: {page}");
    }
    // Whoever holds it goes in with it once more: the same person.
    let page = enters(&steward, 7, &blank).await.expect(200).read();
    assert!(page.contains(&word("seeker.gate.confirm")), "{page}");
    assert_eq!(counts(&app).await.0, 3);
}

#[tokio::test]
async fn the_desk_joins_a_blank_ticket_to_the_one_that_somebody_has() {
    let app = TestApp::start().await;
    open_fair(&app).await;
    let path = format!("/fairs/{SLUG}/registrations");
    for n in 1..=2 {
        app.visitor().api_post(&path, &person(n)).await.expect(201);
    }
    let desk = app.role(Role::CommunityClerk).await;
    let list = format!("/office/fairs/{SLUG}/registrations");
    let new = format!("{list}/new");
    let once = once_of(&desk.get(&new).await.expect(200).text());
    let who = person(1);
    let form = [
        ("once", once.as_str()),
        ("name", who["name"].as_str().unwrap()),
        ("phone", who["phone"].as_str().unwrap()),
        ("code", &code(21)),
        ("consent", "yes"),
    ];
    let to = desk.post(&new, &form).await.expect(303).location();
    let page = desk.get(&to).await.expect(200).text();
    assert!(page.contains(&word("seeker.registration.said.joined")));
    assert!(page.contains(&code(21)));
    // By hand, on the page of a registration.
    let db = app.app.db.read();
    let rows = registration::Entity::find().all(db).await.unwrap();
    let at = |row: usize| format!("{list}/{}/codes", rows[row].uid);
    desk.post(&at(1), &[("code", &code(22))]).await.expect(303);
    desk.post(&at(1), &[("code", &code(22))]).await.expect(303);
    for (wrong, fault) in [
        (code(21), "blank_taken"),
        (rows[0].code.clone(), "blank_taken"),
        (String::new(), "required"),
        ("123".into(), "format"),
    ] {
        let page = desk.post(&at(1), &[("code", &wrong)]).await.expect(422);
        let words = word(&format!("field_fault.{fault}"));
        assert!(page.text().contains(&words), "{wrong}");
    }
    assert_eq!(ticket_code::Entity::find().all(db).await.unwrap().len(), 2);
    let steward = app.role(Role::GateSteward).await;
    steward
        .post(&at(1), &[("code", &code(23))])
        .await
        .expect(403);
}
