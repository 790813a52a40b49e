//! Desks on the move: planned, staffed, changed, published, counted.
use crate::{
    harness::{Client, Reply, TestApp},
    posting_make::{faults, once_of},
};
use calamine::{Data, Reader, Xlsx};
use chrono::{DateTime, Utc};
use ical::{IcalParser, parser::ical::component::IcalEvent};
use nightfair::{
    area::{self, NewArea},
    desk::{self, store},
    domain::{
        area::Level,
        calendar::day_of,
        id::{AreaId, DeskSiteId},
        role::Role,
    },
    entity::{desk_site, office},
};
use sea_orm::{ActiveValue::Set, EntityTrait};
use serde_json::{Value, json};
use std::{collections::BTreeMap, io::Cursor};

/// Wednesday 25 November 2026, 12:30 in Beijing: the noon desk is open.
const NOON: &str = "2026-11-25T04:30:00Z";
/// A name that nobody outside the office may ever read.
const CANARY: &str = "张秘密";

struct Desk {
    app: TestApp,
    admin: Client,
    area: AreaId,
    site: String,
}

impl Desk {
    /// An office with one place and nothing planned.
    async fn open(at: &str) -> Self {
        let app = TestApp::start_at(at).await;
        let admin = app.role(Role::OfficeAdmin).await;
        let office = app.app.settings.office;
        let new = NewArea {
            parent: None,
            level: Level::Street,
            code: "XG".into(),
            name: "星光街道".into(),
            lead: None,
            sort: 0,
        };
        let area = app
            .app
            .db
            .write(move |tx| async move { area::add_area(&tx, office, new).await });
        let area = area.await.unwrap();
        let mut desk = Self {
            app,
            admin,
            area,
            site: String::new(),
        };
        desk.site = desk.add_site("南门岗亭旁").await;
        desk
    }

    async fn add_site(&self, name: &str) -> String {
        let site = json!({ "area": self.area.to_string(), "name": name, "address": "民乐路12号", "note": "雨天移到门厅; 请带证件, 谢谢" });
        id(&self.admin.api_post("/desk/sites", &site).await.expect(201))
    }

    async fn member(&self, name: &str, duty: &str, all_round: bool) -> String {
        let member = json!({ "name": name, "duty": duty, "organisation": "民乐社区", "all_round": all_round });
        id(&self
            .admin
            .api_post("/desk/members", &member)
            .await
            .expect(201))
    }

    /// The pattern of one weekday at the first place.
    async fn weekly(&self, weekday: u8, band: &str) -> String {
        let pattern = weekly(&self.site, weekday, band);
        id(&self
            .admin
            .api_post("/desk/patterns", &pattern)
            .await
            .expect(201))
    }

    async fn place(&self, pattern: &str, member: &str) {
        let post = json!({ "member": member });
        let path = format!("/desk/patterns/{pattern}/people");
        self.admin.api_post(&path, &post).await.expect(201);
    }

    async fn roster(&self, key: &str) -> Value {
        let path = format!("/desk/sessions/{key}");
        self.admin.api_get(&path).await.expect(200).json()
    }

    async fn public(&self, from: &str, to: &str) -> Vec<Value> {
        let path = format!("/desk/sessions?from={from}&to={to}");
        let list = self.app.visitor().api_get(&path).await.expect(200).json();
        list["items"].as_array().unwrap().clone()
    }

    async fn feed(&self) -> Vec<BTreeMap<String, String>> {
        let reply = self
            .app
            .visitor()
            .get("/desk/calendar.ics")
            .await
            .expect(200);
        assert_eq!(
            reply.headers["content-type"],
            "text/calendar; charset=utf-8"
        );
        strict(&reply.text())
    }
}

fn weekly(site: &str, weekday: u8, band: &str) -> Value {
    json!({ "site": site, "kind": "office", "weekday": weekday, "band": band,
        "starts_on": "2026-11-01", "public": true })
}

fn id(reply: &Reply) -> String {
    reply.json()["id"].as_str().unwrap().to_owned()
}

fn people(roster: &Value) -> Vec<&str> {
    let people = roster["people"].as_array().unwrap();
    people.iter().map(|p| p["name"].as_str().unwrap()).collect()
}

fn codes(roster: &Value) -> Vec<&str> {
    let warnings = roster["warnings"].as_array().unwrap();
    warnings
        .iter()
        .map(|w| w["code"].as_str().unwrap())
        .collect()
}

/// Reads a feed as RFC 5545 demands it, and every event with what it must have.
fn strict(text: &str) -> Vec<BTreeMap<String, String>> {
    assert!(text.ends_with("END:VCALENDAR\r\n"));
    for line in text.strip_suffix("\r\n").unwrap().split("\r\n") {
        assert!(line.len() <= 75, "{line}");
        assert!(!line.contains(['\n', '\r']));
    }
    let calendars: Vec<_> = IcalParser::new(Cursor::new(text))
        .map(Result::unwrap)
        .collect();
    assert_eq!(calendars.len(), 1);
    let names: Vec<_> = calendars[0]
        .properties
        .iter()
        .map(|p| p.name.as_str())
        .collect();
    for name in ["VERSION", "PRODID", "METHOD", "X-WR-CALNAME"] {
        assert_eq!(names.iter().filter(|n| **n == name).count(), 1, "{name}");
    }
    let fields = |event: &IcalEvent| {
        let mut fields = BTreeMap::new();
        for property in &event.properties {
            let value = property.value.clone().unwrap_or_default();
            assert!(
                fields.insert(property.name.clone(), value).is_none(),
                "{}",
                property.name
            );
        }
        for name in [
            "UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "SEQUENCE", "STATUS",
        ] {
            assert!(fields.contains_key(name), "{name}");
        }
        for name in ["DTSTAMP", "DTSTART", "DTEND", "LAST-MODIFIED"] {
            let at = chrono::NaiveDateTime::parse_from_str(&fields[name], "%Y%m%dT%H%M%SZ");
            at.unwrap();
        }
        fields
    };
    let events: Vec<_> = calendars[0].events.iter().map(fields).collect();
    let mut uids: Vec<_> = events.iter().map(|e| e["UID"].clone()).collect();
    uids.sort();
    uids.dedup();
    assert_eq!(uids.len(), events.len());
    events
}

#[tokio::test]
async fn a_desk_is_planned_on_pages_and_published_without_names() {
    let desk = Desk::open(NOON).await;
    let clerk = desk.app.role(Role::CommunityClerk).await;
    let page = clerk
        .get("/office/desk/patterns/new")
        .await
        .expect(200)
        .text();
    let form = [
        ("once", &*once_of(&page)),
        ("site", &desk.site),
        ("kind", "mediation"),
        ("weekday", "3"),
        ("band", "noon"),
        ("from", "12:00"),
        ("to", "13:30"),
        ("starts_on", "2026-11-25"),
        ("on_holiday", "skip"),
        ("public", "yes"),
    ];
    let made = clerk
        .post("/office/desk/patterns/new", &form)
        .await
        .expect(303);
    let again = clerk
        .post("/office/desk/patterns/new", &form)
        .await
        .expect(303);
    assert_eq!(again.location(), made.location());
    let base = made.location().split('?').next().unwrap().to_owned();
    let member = [
        ("name", CANARY),
        ("duty", "police"),
        ("organisation", "派出所"),
        ("all_round", "yes"),
    ];
    clerk
        .post("/office/desk/members", &member)
        .await
        .expect(303);
    let members = clerk.api_get("/desk/members").await.expect(200).json();
    let police = members["items"][0]["id"].as_str().unwrap();
    let put = [("member", police)];
    clerk
        .post(&format!("{base}/people"), &put)
        .await
        .expect(303);
    let twice = clerk
        .post(&format!("{base}/people"), &put)
        .await
        .expect(422)
        .text();
    assert!(twice.contains("该人员已在"));

    let office = clerk.get("/office/desk").await.expect(200).text();
    assert!(
        office.contains(CANARY) && office.contains("现在谁在岗") && office.contains("12:00–13:30")
    );
    for path in [
        "/desk",
        "/desk?week=2026-12-02",
        "/desk/calendar.ics",
        "/api/v1/desk/sessions",
    ] {
        let public = desk.app.visitor().get(path).await.expect(200).text();
        // The feed folds its long lines.
        let public = public.replace("\r\n ", "");
        assert!(!public.contains(CANARY), "{path}");
        assert!(
            public.contains("民警") || public.contains("police"),
            "{path}"
        );
    }
    let public = desk.app.visitor().get("/desk").await.text();
    assert!(public.contains("正在值守") && public.contains("调解桌"));
    let english = desk
        .app
        .visitor()
        .get("/desk?lang=en")
        .await
        .expect(200)
        .text();
    assert!(english.contains("Mediation desk") && english.contains("Police officer"));
    for path in [
        "/office/desk/sites",
        "/office/desk/members",
        "/office/desk/month",
        "/office/desk/month/print?month=2026-11",
        "/office/desk/hours",
        "/office/desk/sessions/new",
        &format!("/office/desk/sites/{}", desk.site),
        &format!("/office/desk/members/{police}"),
        &base,
        &format!("{base}/edit"),
    ] {
        clerk.get(path).await.expect(200);
    }
}

#[tokio::test]
async fn drafts_stay_inside() {
    let desk = Desk::open(NOON).await;
    let mut hidden = weekly(&desk.site, 3, "noon");
    hidden["public"] = json!(false);
    desk.admin
        .api_post("/desk/patterns", &hidden)
        .await
        .expect(201);
    assert!(desk.public("2026-11-23", "2026-11-29").await.is_empty());
    assert!(desk.feed().await.is_empty());
    assert!(
        !desk
            .app
            .visitor()
            .get("/desk")
            .await
            .expect(200)
            .text()
            .contains("南门岗亭旁 ·")
    );
    assert!(
        desk.admin
            .get("/office/desk")
            .await
            .expect(200)
            .text()
            .contains("未公布")
    );
}

#[tokio::test]
async fn every_role_reads_or_writes_as_it_should() {
    let desk = Desk::open(NOON).await;
    let pattern = desk.weekly(3, "noon").await;
    let key = format!("w{pattern}-20261125");
    let reason = json!({ "reason": "暴雨" });
    for role in [
        Role::PlacementOfficer,
        Role::GridWorker,
        Role::DepartmentHandler,
        Role::Verifier,
        Role::Secretary,
        Role::Mediator,
        Role::DeputyLiaison,
    ] {
        let reader = desk.app.role(role).await;
        for path in ["/office/desk", "/office/desk/month", "/office/desk/hours"] {
            let page = reader.get(path).await.expect(200).text();
            assert!(
                !page.contains("method=\"post\" action=\"/office"),
                "{role:?} {path}"
            );
        }
        let page = reader
            .get(&format!("/office/desk/sessions/{key}"))
            .await
            .expect(200)
            .text();
        assert!(!page.contains("停办本场"));
        reader
            .api_get(&format!("/desk/sessions/{key}"))
            .await
            .expect(200);
        reader
            .api_post(&format!("/desk/sessions/{key}/cancel"), &reason)
            .await
            .expect(403);
        reader.get("/office/desk/hours.csv").await.expect(403);
        reader.post("/office/desk/sites", &[]).await.expect(403);
    }
    for role in [Role::Employer, Role::CoHost, Role::Board, Role::GateSteward] {
        let stranger = desk.app.role(role).await;
        stranger.get("/office/desk").await.expect(403);
        stranger
            .api_get(&format!("/desk/sessions/{key}"))
            .await
            .expect(403);
        stranger.api_get("/desk/sessions").await.expect(200);
    }
    let visitor = desk.app.visitor();
    visitor.api_get("/desk/members").await.expect(401);
    visitor
        .api_post("/desk/sites", &json!({}))
        .await
        .expect(401);
}

#[tokio::test]
async fn another_office_is_not_there() {
    let desk = Desk::open(NOON).await;
    let other = office::ActiveModel {
        code: Set("other".into()),
        name: Set("别的街道".into()),
        prefix: Set("BD".into()),
        site: Set(json!({})),
        created_at: Set(NOON.parse().unwrap()),
        ..Default::default()
    };
    let area = desk.area;
    let foreign = desk.app.app.db.write(move |tx| async move {
        let office = office::Entity::insert(other)
            .exec_with_returning(tx.conn())
            .await?
            .id;
        let site = desk_site::ActiveModel {
            office_id: Set(office),
            area_id: Set(area),
            code: Set("X".into()),
            name: Set("外地点位".into()),
            address: Set("x".into()),
            note: Set(String::new()),
            active: Set(true),
            version: Set(1),
            created_at: Set(tx.now),
            ..Default::default()
        };
        Ok(desk_site::Entity::insert(site)
            .exec(tx.conn())
            .await?
            .last_insert_id)
    });
    let foreign: DeskSiteId = foreign.await.unwrap();
    desk.admin
        .get(&format!("/office/desk/sites/{foreign}"))
        .await
        .expect(404);
    desk.admin
        .post(&format!("/office/desk/sites/{foreign}/retire"), &[])
        .await
        .expect(404);
    let pattern = weekly(&foreign.to_string(), 3, "noon");
    let reply = desk
        .admin
        .api_post("/desk/patterns", &pattern)
        .await
        .expect(422);
    assert_eq!(faults(&reply), ["/site not_found"]);
    assert!(
        !desk
            .admin
            .get("/office/desk/sites")
            .await
            .text()
            .contains("外地点位")
    );
    for path in [
        "/office/desk/sites/99",
        "/office/desk/sites/x",
        "/office/desk/members/99",
        "/office/desk/patterns/99",
        "/office/desk/sessions/w99-20261125",
        "/office/desk/sessions/x99",
        "/office/desk/sessions/zzz",
        "/office/desk/sessions/w1-99999999",
    ] {
        desk.admin.get(path).await.expect(404);
    }
}

#[tokio::test]
async fn every_field_is_checked() {
    let desk = Desk::open(NOON).await;
    let empty = desk
        .admin
        .api_post("/desk/patterns", &json!({}))
        .await
        .expect(422);
    assert_eq!(
        faults(&empty),
        [
            "/site required",
            "/kind required",
            "/weekday required",
            "/band required",
            "/starts_on required"
        ]
    );
    for (name, value, fault) in [
        ("site", json!("99"), "/site not_found"),
        ("site", json!("south"), "/site not_found"),
        ("kind", json!("bar"), "/kind unknown_choice"),
        ("weekday", json!(8), "/weekday out_of_range"),
        ("band", json!("night"), "/band unknown_choice"),
        ("from", json!("18:00"), "/from outside_hours"),
        ("from", json!("noon"), "/from format"),
        ("to", json!("12:05"), "/to out_of_range"),
        ("to", json!("11:00"), "/to before_start"),
        ("starts_on", json!("someday"), "/starts_on format"),
        ("ends_on", json!("2026-10-01"), "/ends_on before_start"),
        ("on_holiday", json!("party"), "/on_holiday unknown_choice"),
    ] {
        let mut pattern = weekly(&desk.site, 3, "noon");
        pattern["from"] = json!("12:00");
        pattern["to"] = json!("14:00");
        pattern[name] = value;
        let reply = desk
            .admin
            .api_post("/desk/patterns", &pattern)
            .await
            .expect(422);
        assert_eq!(faults(&reply), [fault]);
    }
    let site = json!({ "area": "77", "name": "致电13912345678", "address": "\u{0}" });
    let reply = desk.admin.api_post("/desk/sites", &site).await.expect(422);
    assert_eq!(
        faults(&reply),
        ["/name personal_data", "/address control_characters"]
    );
    let site = json!({ "area": "77", "name": "南门", "address": "x" });
    let reply = desk.admin.api_post("/desk/sites", &site).await.expect(422);
    assert_eq!(faults(&reply), ["/area not_found"]);
    let reply = desk
        .admin
        .api_post("/desk/members", &json!({ "duty": "police" }))
        .await
        .expect(422);
    assert_eq!(faults(&reply), ["/name required", "/organisation required"]);
    let reply = desk
        .admin
        .api_post(
            "/desk/members",
            &json!({ "duty": "police", "account": "9999" }),
        )
        .await
        .expect(422);
    assert_eq!(faults(&reply), ["/account not_found"]);
    let extra = json!({ "site": desk.site, "kind": "reply", "date": "2026-11-01", "band": "noon" });
    let reply = desk
        .admin
        .api_post("/desk/sessions", &extra)
        .await
        .expect(422);
    assert_eq!(faults(&reply), ["/date past", "/reason required"]);
    for (query, fault) in [
        ("from=x", "/from format"),
        ("from=2026-11-25&to=2026-11-24", "/to before_start"),
        ("from=2026-11-25&to=2027-11-24", "/to too_far"),
    ] {
        let reply = desk
            .app
            .visitor()
            .api_get(&format!("/desk/sessions?{query}"))
            .await
            .expect(422);
        assert_eq!(faults(&reply), [fault]);
    }
    // What was typed stands in the form again.
    let form = [
        ("site", &*desk.site),
        ("kind", "office"),
        ("weekday", "3"),
        ("band", "noon"),
        ("from", "18:00"),
        ("to", "19:00"),
        ("starts_on", "2026-12-01"),
    ];
    let page = desk
        .admin
        .post("/office/desk/patterns/new", &form)
        .await
        .expect(422)
        .text();
    assert!(page.contains("value=\"18:00\"") && page.contains("11:00–15:00"));
    // A page asked for nonsense shows this week.
    desk.app
        .visitor()
        .get("/desk?week=%00&site=drop")
        .await
        .expect(200);
    desk.admin
        .get("/office/desk/month?month=9999-99")
        .await
        .expect(200);
}

#[tokio::test]
async fn holidays_skip_and_move_and_the_next_year_is_provisional() {
    let desk = Desk::open("2026-09-21T01:00:00Z").await;
    for (weekday, rule) in [(1, "skip"), (2, "move"), (5, "hold")] {
        let mut pattern = weekly(&desk.site, weekday, "morning");
        pattern["starts_on"] = json!("2026-09-01");
        pattern["on_holiday"] = json!(rule);
        pattern["on_moved_days"] = json!(rule == "hold");
        desk.admin
            .api_post("/desk/patterns", &pattern)
            .await
            .expect(201);
    }
    let october = desk.public("2026-10-01", "2026-10-11").await;
    let dates: Vec<_> = october
        .iter()
        .map(|s| s["date"].as_str().unwrap())
        .collect();
    // Friday the 2nd is held, Tuesday the 6th moves to Thursday, Saturday the 10th is worked.
    assert_eq!(
        dates,
        ["2026-10-02", "2026-10-08", "2026-10-09", "2026-10-10"]
    );
    assert_eq!(october[1]["moved_from"], "2026-10-06");
    let january = desk.public("2026-12-28", "2027-01-12").await;
    let provisional: Vec<_> = january
        .iter()
        .map(|s| {
            (
                s["date"].as_str().unwrap(),
                s["provisional"].as_bool().unwrap(),
            )
        })
        .collect();
    assert_eq!(provisional[0], ("2026-12-28", false));
    assert!(provisional.contains(&("2027-01-04", true)));
    let page = desk
        .app
        .visitor()
        .get("/desk?week=2027-01-04")
        .await
        .expect(200)
        .text();
    assert!(page.contains("暂定"));
    assert!(desk.feed().await.iter().any(|e| e["STATUS"] == "TENTATIVE"));
}

#[tokio::test]
async fn a_cancelled_session_is_struck_in_every_calendar() {
    let desk = Desk::open(NOON).await;
    let pattern = desk.weekly(5, "evening").await;
    let uid = format!("w{pattern}-20261127@fair.test");
    let find = |events: Vec<BTreeMap<String, String>>| {
        events.into_iter().find(|e| e["UID"] == uid).unwrap()
    };
    let before = find(desk.feed().await);
    assert_eq!(
        (&*before["STATUS"], &*before["SEQUENCE"]),
        ("CONFIRMED", "0")
    );
    assert_eq!(before["DTSTART"], "20261127T100000Z");
    assert!(before["DESCRIPTION"].contains("请带证件\\, 谢谢"));
    let cancel = format!("/desk/sessions/w{pattern}-20261127/cancel");
    let reply = desk.admin.api_post(&cancel, &json!({})).await.expect(422);
    assert_eq!(faults(&reply), ["/reason required"]);
    let reason = json!({ "reason": "暴雨，改期另行通知" });
    desk.admin.api_post(&cancel, &reason).await.expect(200);
    let again = desk.admin.api_post(&cancel, &reason).await.expect(409);
    assert_eq!(again.code(), "desk_session_cancelled");
    let struck = find(desk.feed().await);
    assert_eq!(
        (&*struck["STATUS"], &*struck["SEQUENCE"]),
        ("CANCELLED", "1")
    );
    assert!(struck["DESCRIPTION"].contains("暴雨"));
    let page = desk.app.visitor().get("/desk").await.text();
    assert!(page.contains("已停办") && page.contains("暴雨"));
    let restore = format!("/desk/sessions/w{pattern}-20261127/restore");
    desk.admin.api_post(&restore, &json!({})).await.expect(200);
    let back = find(desk.feed().await);
    assert_eq!((&*back["STATUS"], &*back["SEQUENCE"]), ("CONFIRMED", "2"));
    assert!(!back["DESCRIPTION"].contains("暴雨"));
    // What is over stays as it was.
    let over = desk
        .admin
        .api_post(
            &format!("/desk/sessions/w{pattern}-20261120/cancel"),
            &reason,
        )
        .await;
    assert_eq!(over.expect(409).code(), "desk_session_over");
}

#[tokio::test]
async fn an_extra_session_comes_once_and_goes() {
    let desk = Desk::open(NOON).await;
    let extra = json!({ "site": desk.site, "kind": "deliberation", "date": "2026-11-28", "band": "morning", "reason": "停车位议事", "public": true });
    let call = |key: &'static str| {
        let body = extra.to_string().into_bytes();
        desk.admin
            .api(axum::http::Method::POST, "/desk/sessions", Some(key), body)
    };
    let first = call("k1").await.expect(201);
    let again = call("k1").await.expect(201);
    assert_eq!(again.headers["idempotent-replayed"], "true");
    assert_eq!(first.json(), again.json());
    let public = desk.public("2026-11-28", "2026-11-28").await;
    assert_eq!(
        (public.len(), &public[0]["extra"], &public[0]["reason"]),
        (1, &json!(true), &json!("停车位议事"))
    );
    // A place with something to come stays in use.
    let retire = format!("/office/desk/sites/{}/retire", desk.site);
    let page = desk.admin.post(&retire, &[]).await.expect(422).text();
    assert!(page.contains("请先停办"));
    let key = first.json()["key"].as_str().unwrap().to_owned();
    let page = format!("/office/desk/sessions/{key}");
    desk.admin.get(&page).await.expect(200);
    desk.admin
        .post(&format!("{page}/cancel"), &[("reason", "")])
        .await
        .expect(422);
    desk.admin
        .post(&format!("{page}/cancel"), &[("reason", "改期")])
        .await
        .expect(303);
    desk.admin.post(&retire, &[]).await.expect(303);
    let reply = desk
        .admin
        .api_post("/desk/patterns", &weekly(&desk.site, 1, "noon"))
        .await
        .expect(422);
    assert_eq!(faults(&reply), ["/site not_found"]);
}

#[tokio::test]
async fn warnings_name_who_is_at_two_places() {
    let desk = Desk::open(NOON).await;
    let other = desk.add_site("北门广场").await;
    let north = id(&desk
        .admin
        .api_post("/desk/patterns", &weekly(&other, 5, "evening"))
        .await
        .expect(201));
    let south = desk.weekly(5, "evening").await;
    let (clerk, doctor) = (
        desk.member("王芳", "community", true).await,
        desk.member("陈医生", "doctor", false).await,
    );
    let key = |pattern: &str| format!("w{pattern}-20261127");
    assert_eq!(codes(&desk.roster(&key(&south)).await), ["nobody"]);
    desk.place(&south, &doctor).await;
    assert_eq!(codes(&desk.roster(&key(&south)).await), ["no_all_round"]);
    desk.place(&south, &clerk).await;
    assert!(codes(&desk.roster(&key(&south)).await).is_empty());
    // Staggered: the first hour there, the second here.
    let half = json!({ "member": clerk, "from": "18:00", "to": "19:00" });
    desk.admin
        .api_post(&format!("/desk/sessions/{}/people", key(&north)), &half)
        .await
        .expect(200);
    let roster = desk.roster(&key(&north)).await;
    assert_eq!(codes(&roster), ["all_round_gap", "two_places"]);
    assert_eq!(roster["warnings"][0]["from"], "19:00");
    assert_eq!(roster["warnings"][1]["other"], json!(key(&south)));
    let page = desk.admin.get("/office/desk").await.expect(200).text();
    assert!(page.contains("王芳同一时间还在"));
    let outside = json!({ "member": doctor, "from": "17:00", "to": "19:00" });
    let reply = desk
        .admin
        .api_post(&format!("/desk/sessions/{}/people", key(&north)), &outside)
        .await
        .expect(422);
    assert_eq!(faults(&reply), ["/from outside_hours"]);
}

#[tokio::test]
async fn a_shift_is_swapped_with_both_recorded() {
    let desk = Desk::open(NOON).await;
    let (wednesday, friday) = (
        desk.weekly(3, "noon").await,
        desk.weekly(5, "evening").await,
    );
    let (wang, li) = (
        desk.member("王芳", "community", true).await,
        desk.member("李明", "volunteer", false).await,
    );
    desk.place(&wednesday, &wang).await;
    desk.place(&friday, &li).await;
    let (given, back) = (
        format!("w{wednesday}-20261202"),
        format!("w{friday}-20261204"),
    );
    let path = format!("/desk/sessions/{given}/swaps");
    let swap = json!({ "from": wang, "to": li, "back": back, "reason": "家中有事" });
    for (name, value, fault) in [
        ("from", json!(li), "/from not_found"),
        ("to", json!(wang), "/to unknown_choice"),
        ("to", json!("99"), "/to not_found"),
        ("back", json!("later"), "/back format"),
        ("back", json!(given), "/back not_found"),
        ("reason", json!(""), "/reason required"),
    ] {
        let mut wrong = swap.clone();
        wrong[name] = value;
        if name == "from" {
            wrong["to"] = json!(wang);
        }
        let reply = desk.admin.api_post(&path, &wrong).await.expect(422);
        assert_eq!(faults(&reply), [fault]);
    }
    let body = || swap.to_string().into_bytes();
    let post = axum::http::Method::POST;
    desk.admin
        .api(post.clone(), &path, Some("s1"), body())
        .await
        .expect(201);
    desk.admin
        .api(post, &path, Some("s1"), body())
        .await
        .expect(201);
    assert_eq!(people(&desk.roster(&given).await), ["李明"]);
    assert_eq!(people(&desk.roster(&back).await), ["王芳"]);
    // The weeks around are as they were.
    assert_eq!(
        people(&desk.roster(&format!("w{wednesday}-20261209")).await),
        ["王芳"]
    );
    assert_eq!(
        people(&desk.roster(&format!("w{friday}-20261127")).await),
        ["李明"]
    );
    for key in [&given, &back] {
        let page = desk
            .admin
            .get(&format!("/office/desk/sessions/{key}"))
            .await
            .expect(200)
            .text();
        assert!(page.contains("王芳 换给 李明") && page.contains("家中有事"));
    }
    let page = format!("/office/desk/sessions/{given}");
    let wrong = desk
        .admin
        .post(
            &format!("{page}/swap"),
            &[("from", &li), ("to", ""), ("reason", "累了")],
        )
        .await
        .expect(422)
        .text();
    assert!(wrong.contains("value=\"累了\""));
    desk.admin
        .post(&format!("{page}/people/{li}/remove"), &[])
        .await
        .expect(303);
    assert!(people(&desk.roster(&given).await).is_empty());
    let none = desk
        .admin
        .post(&format!("{page}/people/{li}/remove"), &[])
        .await;
    none.expect(404);
}

#[tokio::test]
async fn hours_are_planned_served_and_taken_away() {
    let desk = Desk::open(NOON).await;
    let pattern = desk.weekly(3, "noon").await;
    let volunteer = desk
        .member("=HYPERLINK(\"http://x\")", "volunteer", false)
        .await;
    let clerk = desk.member("王芳", "community", true).await;
    for member in [&volunteer, &clerk] {
        desk.place(&pattern, member).await;
    }
    let key = format!("w{pattern}-20261125");
    let path = format!("/desk/sessions/{key}/served");
    let early = format!("/desk/sessions/w{pattern}-20261202/served");
    let served = json!({ "people": [{ "member": volunteer, "minutes": 90 }] });
    let reply = desk.admin.api_post(&early, &served).await.expect(409);
    assert_eq!(reply.code(), "desk_session_to_come");
    for (minutes, fault) in [
        (json!(-1), "out_of_range"),
        (json!("viel"), "format"),
        (json!(9999), "out_of_range"),
    ] {
        let wrong = json!({ "people": [{ "member": volunteer, "minutes": minutes }] });
        let reply = desk.admin.api_post(&path, &wrong).await.expect(422);
        assert_eq!(faults(&reply), [format!("/minutes-{volunteer} {fault}")]);
    }
    let reply = desk.admin.api_post(&path, &served).await.expect(200).json();
    let minutes: Vec<_> = reply["people"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["served_minutes"].clone())
        .collect();
    assert_eq!(minutes, [json!(90), Value::Null]);
    desk.app.clock.set("2026-11-25T08:00:00Z");
    let page = desk
        .admin
        .get("/office/desk/hours?month=2026-11")
        .await
        .expect(200)
        .text();
    assert!(page.contains("1场待确认") && page.contains("1.5"));
    let field = format!("minutes-{clerk}");
    desk.admin
        .post(
            &format!("/office/desk/sessions/{key}/served"),
            &[(&field, "abc")],
        )
        .await
        .expect(422);
    desk.admin
        .post(
            &format!("/office/desk/sessions/{key}/served"),
            &[(&field, "120")],
        )
        .await
        .expect(303);
    let csv = desk
        .admin
        .get("/office/desk/hours.csv?month=2026-11")
        .await
        .expect(200)
        .text();
    assert!(
        csv.contains("\"'=HYPERLINK(\"\"http://x\"\")\",志愿者,民乐社区,1,2.00,1.50,0"),
        "{csv}"
    );
    let book = desk
        .admin
        .get("/office/desk/hours.xlsx?month=2026-11")
        .await
        .expect(200);
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(book.bytes)).unwrap();
    let sheet = book.worksheet_range_at(0).unwrap().unwrap();
    assert_eq!(
        sheet.get_value((2, 0)),
        Some(&Data::String("=HYPERLINK(\"http://x\")".into()))
    );
    assert_eq!(sheet.get_value((4, 5)), Some(&Data::Float(3.5)));
    // Somebody who came unplanned is added afterwards, but not to what is long over.
    let doctor = desk.member("陈医生", "doctor", false).await;
    let post = json!({ "member": doctor });
    desk.admin
        .api_post(&format!("/desk/sessions/{key}/people"), &post)
        .await
        .expect(200);
    let over = format!("/desk/sessions/w{pattern}-20261104/people");
    desk.admin.api_post(&over, &post).await.expect(200);
    let records = desk
        .admin
        .get("/office/access-records")
        .await
        .expect(200)
        .text();
    assert!(records.contains("值守时长"));
}

#[tokio::test]
async fn a_change_leaves_the_past_alone_and_takes_everything_along() {
    let desk = Desk::open(NOON).await;
    let old = desk.weekly(5, "evening").await;
    let wang = desk.member("王芳", "community", true).await;
    desk.place(&old, &wang).await;
    let cancel = format!("/desk/sessions/w{old}-20261211/cancel");
    desk.admin
        .api_post(&cancel, &json!({ "reason": "培训" }))
        .await
        .expect(200);
    let page = format!("/office/desk/patterns/{old}");
    let form = desk
        .admin
        .get(&format!("{page}/edit"))
        .await
        .expect(200)
        .text();
    assert!(form.contains("name=\"version\" value=\"1\""));
    let mut change = vec![
        ("site", &*desk.site),
        ("kind", "office"),
        ("weekday", "5"),
        ("band", "evening"),
        ("from", "19:00"),
        ("to", "21:00"),
        ("public", "yes"),
        ("version", "1"),
        ("starts_on", "2026-11-10"),
    ];
    let past = desk
        .admin
        .post(&format!("{page}/edit"), &change)
        .await
        .expect(422)
        .text();
    assert!(past.contains("时间已过"));
    change[8].1 = "2026-12-01";
    let done = desk
        .admin
        .post(&format!("{page}/edit"), &change)
        .await
        .expect(303);
    let new = done
        .location()
        .split('?')
        .next()
        .unwrap()
        .rsplit('/')
        .next()
        .unwrap()
        .to_owned();
    assert_ne!(new, old);
    let stale = desk
        .admin
        .post(&format!("{page}/edit"), &change)
        .await
        .expect(422)
        .text();
    assert!(stale.contains("他人已先行更新") || stale.contains("时间已过"));
    let sessions = desk.public("2026-11-20", "2026-12-18").await;
    let told: Vec<_> = sessions
        .iter()
        .map(|s| {
            (
                s["date"].as_str().unwrap(),
                s["starts_at"].as_str().unwrap().split('T').nth(1).unwrap(),
                s["cancelled"] == true,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("2026-11-20", "10:00:00Z", false),
            ("2026-11-27", "10:00:00Z", false),
            ("2026-12-04", "11:00:00Z", false),
            ("2026-12-11", "11:00:00Z", true),
            ("2026-12-18", "11:00:00Z", false)
        ]
    );
    assert_eq!(
        people(&desk.roster(&format!("w{new}-20261204")).await),
        ["王芳"]
    );
    // The name in calendars is the same, its sequence higher.
    let events = desk.feed().await;
    let moved = events
        .iter()
        .find(|e| e["UID"] == format!("w{old}-20261204@fair.test"))
        .unwrap();
    assert_eq!(
        (&*moved["DTSTART"], &*moved["SEQUENCE"]),
        ("20261204T110000Z", "1")
    );
    // Ended in time, it gives no more sessions.
    desk.admin
        .post(
            &format!("/office/desk/patterns/{new}/end"),
            &[("version", "2"), ("last", "gestern")],
        )
        .await
        .expect(422);
    desk.admin
        .post(
            &format!("/office/desk/patterns/{new}/end"),
            &[("version", "2"), ("last", "2026-12-05")],
        )
        .await
        .expect(303);
    assert_eq!(desk.public("2026-12-01", "2026-12-31").await.len(), 1);
}

#[tokio::test]
async fn a_month_takes_single_assignments_from_the_month_before() {
    let mut desk = Desk::open("2026-10-08T01:00:00Z").await;
    let mut pattern = weekly(&desk.site, 3, "noon");
    pattern["starts_on"] = json!("2026-10-01");
    let pattern = id(&desk
        .admin
        .api_post("/desk/patterns", &pattern)
        .await
        .expect(201));
    let (wang, li) = (
        desk.member("王芳", "community", true).await,
        desk.member("李明", "volunteer", false).await,
    );
    desk.place(&pattern, &wang).await;
    // The first Wednesday of October that is held is the fourteenth.
    let post = json!({ "member": li, "from": "12:00", "to": "13:00" });
    desk.admin
        .api_post(&format!("/desk/sessions/w{pattern}-20261014/people"), &post)
        .await
        .expect(200);
    desk.app.clock.set("2026-11-01T01:00:00Z");
    // The old session has run out meanwhile.
    desk.admin = desk.app.role(Role::OfficeAdmin).await;
    let copied = desk
        .admin
        .post("/office/desk/month/copy", &[("month", "2026-11")])
        .await
        .expect(303);
    assert!(
        copied.location().ends_with("copied=1"),
        "{}",
        copied.location()
    );
    let roster = desk.roster(&format!("w{pattern}-20261104")).await;
    assert_eq!(people(&roster), ["李明", "王芳"]);
    assert_eq!(roster["people"][0]["planned_minutes"], 60);
    let again = desk
        .admin
        .post("/office/desk/month/copy", &[("month", "2026-11")])
        .await
        .expect(303);
    assert!(again.location().ends_with("copied=0"));
    let page = desk.admin.get(&again.location()).await.expect(200).text();
    assert!(page.contains("已沿用 0 条安排"));
}

#[tokio::test]
async fn whoever_leaves_the_rota_keeps_what_they_did() {
    let desk = Desk::open(NOON).await;
    let pattern = desk.weekly(3, "noon").await;
    let wang = desk.member("王芳", "community", true).await;
    desk.place(&pattern, &wang).await;
    let page = format!("/office/desk/members/{wang}");
    let change = [
        ("name", "王芳"),
        ("duty", "social_worker"),
        ("organisation", "社工站"),
        ("version", "1"),
    ];
    desk.admin.post(&page, &change).await.expect(303);
    desk.admin.post(&page, &change).await.expect(422);
    desk.admin
        .post(&format!("{page}/retire"), &[])
        .await
        .expect(303);
    assert_eq!(
        people(&desk.roster(&format!("w{pattern}-20261125")).await),
        ["王芳"]
    );
    assert!(people(&desk.roster(&format!("w{pattern}-20261202")).await).is_empty());
    let post = json!({ "member": wang });
    let reply = desk
        .admin
        .api_post(&format!("/desk/patterns/{pattern}/people"), &post)
        .await
        .expect(422);
    assert_eq!(faults(&reply), ["/member not_found"]);
    desk.admin
        .post(&format!("{page}/restore"), &[])
        .await
        .expect(303);
    // An account is one person of the rota.
    let staff = desk.app.role(Role::CommunityClerk).await;
    let account = json!({ "account": staff.account.unwrap().to_string(), "duty": "community", "all_round": true });
    desk.admin
        .api_post("/desk/members", &account)
        .await
        .expect(201);
    let twice = desk
        .admin
        .api_post("/desk/members", &account)
        .await
        .expect(409);
    assert_eq!(twice.code(), "desk_member_known");
}

#[tokio::test]
async fn others_ask_for_the_next_desk_and_its_calendar() {
    let desk = Desk::open(NOON).await;
    for (weekday, band) in [(1, "morning"), (3, "noon"), (5, "evening")] {
        desk.weekly(weekday, band).await;
    }
    let (db, office) = (&desk.app.app.db, desk.app.app.settings.office);
    let site: DeskSiteId = desk.site.parse().unwrap();
    let now: DateTime<Utc> = NOON.parse().unwrap();
    let next = store::next_session(db.read(), office, site, now)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(next.starts_at().to_rfc3339(), "2026-11-27T10:00:00+00:00");
    let calendar = store::calendar(db.read(), office, site, now)
        .await
        .unwrap()
        .unwrap();
    // Ninety minutes are left today, the rest is on Friday evening.
    assert_eq!(
        calendar.add_minutes(now, 100).to_rfc3339(),
        "2026-11-27T10:10:00+00:00"
    );
    let table = desk::table(db.read(), office, day_of(now), day_of(now))
        .await
        .unwrap();
    assert!(table.lines[0].session.is_on(now));
}
