//! The rules of an office: who may read and change them, what a change means for what comes next
//! and what it leaves alone, and what a new calendar does to deadlines that lie ahead.
use crate::harness::{Client, EVENING, Reply, TestApp};
use axum::http::{Method, header};
use chrono::{DateTime, Utc};
use nightfair::{
    area::{self, NewArea, NewUnit},
    case::{commands, ledger, recount, store},
    domain::{
        area::{Level, UnitKind},
        case::{Actor, CaseState, Channel, Code, Command, Kind, Line, Text, Urgency},
        id::{AreaId, CaseId, OfficeId, UnitId},
        role::Role,
    },
    entity::{calendar_run, case_event, category, office, sla_rule, unit},
    error::{AppError, AppResult},
    rulebook::{self, Book},
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, sea_query::Expr,
};
use serde_json::{Value, json};

struct Rules {
    app: TestApp,
    admin: Client,
    street: AreaId,
    community: AreaId,
    grid: AreaId,
    roads: UnitId,
    estate: UnitId,
}

impl Rules {
    async fn open() -> Self {
        Self::open_at(EVENING).await
    }

    async fn open_at(at: &str) -> Self {
        let app = TestApp::start_at(at).await;
        let admin = app.role(Role::OfficeAdmin).await;
        let street = add_area(&app, None, Level::Street, "天湖街道").await;
        let community = add_area(&app, Some(street), Level::Community, "民乐社区").await;
        let grid = add_area(&app, Some(community), Level::Grid, "第二网格").await;
        let roads = add_unit(&app, "roads", "市政养护").await;
        let estate = add_unit(&app, "estate", "乐民物业").await;
        Self {
            app,
            admin,
            street,
            community,
            grid,
            roads,
            estate,
        }
    }

    fn office(&self) -> OfficeId {
        self.app.app.settings.office
    }

    async fn later(&mut self, at: &str) {
        self.app.clock.set(at);
        self.admin = self.app.role(Role::OfficeAdmin).await;
    }

    async fn report(&self, kind: Kind, category: &str) -> AppResult<CaseId> {
        let by = self.app.role(Role::CommunityClerk).await.account.unwrap();
        let by = Actor::staff(by, Role::CommunityClerk, None);
        let (keys, office) = (self.app.app.keys.clone(), self.office());
        let report = Command::Report {
            urgency: None,
            channel: Channel::Desk,
            category: Code::new(category).unwrap(),
            text: Text::new("三号楼道灯不亮。").unwrap(),
            title: None,
            source_ref: None,
            said_at: None,
            reporter: None,
            org_node: Some(self.grid),
            address: Some(Line::new("三号楼").unwrap()),
            point: None,
            files: vec![],
            shown: vec![],
        };
        let opened = self.app.app.db.write(move |tx| async move {
            commands::open(&tx, &keys, office, kind, "楼道灯".into(), report, &by).await
        });
        Ok(opened.await?.id)
    }

    /// A request about lighting that was accepted.
    async fn accepted(&self, category: &str, urgency: Urgency) -> CaseId {
        let id = self.report(Kind::ResidentRequest, category).await.unwrap();
        let by = self.app.role(Role::CommunityClerk).await.account.unwrap();
        let by = Actor::staff(by, Role::CommunityClerk, None);
        let accept = Command::Accept {
            category: Code::new(category).unwrap(),
            urgency,
        };
        let (keys, office) = (self.app.app.keys.clone(), self.office());
        let done = self.app.app.db.write(move |tx| async move {
            commands::act_in(&tx, &keys, office, id, None, accept, &by).await
        });
        done.await.unwrap();
        id
    }

    async fn state(&self, id: CaseId) -> CaseState {
        let row = store::find(self.app.app.db.read(), self.office(), id).await;
        store::state(&row.unwrap()).unwrap()
    }

    async fn citizen_due(&self, id: CaseId) -> (DateTime<Utc>, Option<String>) {
        let due = self.state(id).await.due.citizen.unwrap();
        (due.at, due.rule)
    }

    async fn lead(&self, category: &str, area: Option<AreaId>) -> Option<UnitId> {
        let db = self.app.app.db.read();
        let found = rulebook::lead_for(db, self.office(), Some(category), area).await;
        let found = found.unwrap();
        // Many at once say the same as one.
        let all = rulebook::Dispatcher::load(db, self.office()).await.unwrap();
        assert_eq!(all.lead_for(Some(category), area), found);
        found.map(|found| found.lead)
    }

    async fn switch_unit(&self, id: UnitId, active: bool) {
        let write = self.app.app.db.write(move |tx| async move {
            unit::Entity::update_many()
                .col_expr(unit::Column::Active, Expr::value(active))
                .filter(unit::Column::Id.eq(id))
                .exec(tx.conn())
                .await?;
            Ok(())
        });
        write.await.unwrap();
    }

    async fn add_dispatch(&self, about: &str, area: Option<AreaId>, lead: UnitId) -> String {
        let area = area.map_or_else(String::new, |area| area.to_string());
        let body = json!({ "about": about, "area": area, "lead": lead.to_string() });
        let made = self.admin.api_post("/rules/dispatch", &body).await;
        made.expect(201).json()["id"].as_str().unwrap().to_owned()
    }
}

async fn add_area(app: &TestApp, parent: Option<AreaId>, level: Level, name: &str) -> AreaId {
    let office = app.app.settings.office;
    let new = NewArea {
        parent,
        level,
        code: format!("{level:?}"),
        name: name.into(),
        lead: None,
        sort: 0,
    };
    let write = app
        .app
        .db
        .write(move |tx| async move { area::add_area(&tx, office, new).await });
    write.await.unwrap()
}

async fn add_unit(app: &TestApp, code: &str, name: &str) -> UnitId {
    let office = app.app.settings.office;
    let new = NewUnit {
        kind: UnitKind::Department,
        area: None,
        code: code.into(),
        name: name.into(),
    };
    let write = app
        .app
        .db
        .write(move |tx| async move { area::add_unit(&tx, office, new).await });
    write.await.unwrap()
}

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(&format!("{}:00+08:00", text.replace(' ', "T")))
        .unwrap()
        .to_utc()
}

/// The code of a refusal and the fields it names.
fn refused(error: &AppError) -> (Option<&str>, Vec<String>) {
    let fields = error.field_errors().iter().map(|one| one.field.clone());
    (error.code(), fields.collect())
}

fn errors(reply: &Reply) -> Vec<(String, String)> {
    let document = reply.json();
    let of = |error: &Value| {
        let text = |name: &str| error[name].as_str().unwrap().to_owned();
        (text("pointer"), text("code"))
    };
    document["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(of)
        .collect()
}

#[tokio::test]
async fn every_office_has_its_book() {
    let rules = Rules::open().await;
    let db = rules.app.app.db.read();
    let own = rulebook::categories(db, rules.office()).await.unwrap();
    assert!(own.len() >= 40);
    assert!(own.iter().any(|one| one.code == "lighting"));
    // An office that was there before there were books, or is made by hand, gets one too.
    let write = rules.app.app.db.write(|tx| async move {
        let row = office::ActiveModel {
            code: Set("other".into()),
            name: Set("别的街道".into()),
            prefix: Set("BD".into()),
            site: Set(json!({})),
            created_at: Set(tx.now),
            ..Default::default()
        };
        let other = office::Entity::insert(row)
            .exec(tx.conn())
            .await?
            .last_insert_id;
        let before = Book::load(tx.conn(), other, tx.now).await?;
        rulebook::seed_all(&tx).await?;
        rulebook::seed(&tx, other).await?;
        let after = Book::load(tx.conn(), other, tx.now).await?;
        assert_eq!(before.rules(), after.rules());
        assert_eq!(before.categories().len(), after.categories().len());
        Ok(other)
    });
    let other = write.await.unwrap();
    let rows = category::Entity::find().filter(category::Column::OfficeId.eq(other));
    assert_eq!(rows.count(db).await.unwrap(), own.len() as u64);
    let rows = sla_rule::Entity::find().filter(sla_rule::Column::OfficeId.eq(other));
    assert_eq!(rows.count(db).await.unwrap(), 19);
}

#[tokio::test]
async fn a_case_is_about_a_category_that_is_in_use_and_meant_for_it() {
    let rules = Rules::open().await;
    let refusal = |error: AppError| {
        let (code, fields) = refused(&error);
        (code.unwrap_or_default().to_owned(), fields)
    };
    let wrong = rules.report(Kind::ResidentRequest, "moonlight").await;
    let (code, fields) = refusal(wrong.unwrap_err());
    assert_eq!(fields, ["category"], "{code}");
    // Matters for a mediator are no patrol findings.
    let wrong = rules.report(Kind::PatrolFinding, "family").await;
    assert_eq!(refusal(wrong.unwrap_err()).1, ["category"]);
    rules.report(Kind::PatrolFinding, "railing").await.unwrap();
    let id = rules.accepted("lighting", Urgency::Ordinary).await;
    let off = [("enabled", "no")];
    let path = "/office/rules/categories/lighting/switch";
    rules.admin.post(path, &off).await.expect(303);
    let wrong = rules.report(Kind::ResidentRequest, "lighting").await;
    assert_eq!(refusal(wrong.unwrap_err()).1, ["category"]);
    // What is open goes on and is counted on the page.
    assert_eq!(rules.state(id).await.category.unwrap().as_str(), "lighting");
    let page = rules.admin.get("/office/rules/categories/lighting").await;
    assert!(page.expect(200).text().contains("这个类别已停用"));
    let listed = rules
        .app
        .visitor()
        .api_get("/categories")
        .await
        .expect(200)
        .json();
    let codes: Vec<_> = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["code"])
        .collect();
    assert!(!codes.contains(&&json!("lighting")) && codes.contains(&&json!("railing")));
    rules
        .admin
        .post(path, &[("enabled", "yes")])
        .await
        .expect(303);
    rules
        .report(Kind::ResidentRequest, "lighting")
        .await
        .unwrap();
}

#[tokio::test]
async fn categories_are_listed_for_everybody_in_their_language() {
    let rules = Rules::open().await;
    let visitor = rules.app.visitor();
    let request = visitor
        .request(Method::GET, "/api/v1/categories?kind=patrol_finding")
        .header(header::ACCEPT_LANGUAGE, "en");
    let english = visitor
        .send(request.body(axum::body::Body::empty()).unwrap())
        .await;
    let english = english.expect(200).json();
    let of = |list: &Value, code: &str| {
        let items = list["items"].as_array().unwrap().clone();
        items.into_iter().find(|one| one["code"] == code)
    };
    let lighting = of(&english, "lighting").unwrap();
    assert_eq!(lighting["name"], "Lighting");
    assert_eq!(
        lighting["group"],
        json!({ "code": "facilities", "name": "Public facilities" })
    );
    assert_eq!(
        (&lighting["place"], &lighting["consult"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(of(&english, "family"), None);
    let chinese = visitor.api_get("/categories").await.expect(200).json();
    assert_eq!(of(&chinese, "lighting").unwrap()["name"], "照明");
    assert_eq!(of(&chinese, "pension").unwrap()["consult"], true);
    let wrong = visitor.api_get("/categories?kind=fun").await.expect(422);
    assert_eq!(errors(&wrong), [("/kind".into(), "unknown_choice".into())]);
}

#[tokio::test]
async fn categories_are_added_and_changed() {
    let rules = Rules::open().await;
    let body = json!({
        "code": "street_art", "group": "appearance", "name_zh": "墙面彩绘", "name_en": "Street art",
        "kinds": ["resident_request", "suggestion"], "traits": ["place"], "radius_m": 80,
    });
    rules.admin.api_post("/categories", &body).await.expect(201);
    let again = rules.admin.api_post("/categories", &body).await.expect(422);
    assert_eq!(errors(&again), [("/code".into(), "taken".into())]);
    let wrong = json!({
        "code": "路灯", "group": "nowhere", "name_zh": "", "name_en": "x", "kinds": [],
        "traits": ["shiny"], "urgency": "soon", "radius_m": -1,
    });
    let wrong = rules
        .admin
        .api_post("/categories", &wrong)
        .await
        .expect(422);
    let fields: Vec<_> = errors(&wrong).into_iter().map(|(field, _)| field).collect();
    let all = [
        "/code",
        "/name_zh",
        "/kinds",
        "/urgency",
        "/traits",
        "/radius_m",
    ];
    assert_eq!(fields, all);
    let nowhere = json!({
        "code": "x1", "group": "nowhere", "name_zh": "一", "name_en": "x", "kinds": ["mailbox"],
    });
    let nowhere = rules
        .admin
        .api_post("/categories", &nowhere)
        .await
        .expect(422);
    assert_eq!(errors(&nowhere), [("/group".into(), "not_found".into())]);
    // Two people change the same category: the second is told.
    let mut change = body.clone();
    change["name_zh"] = json!("墙绘");
    change["version"] = json!(1);
    rules
        .admin
        .api_post("/categories/street_art", &change)
        .await
        .expect(200);
    let late = rules
        .admin
        .api_post("/categories/street_art", &change)
        .await
        .expect(409);
    assert_eq!(late.code(), "stale");
    let late = rules
        .admin
        .post(
            "/office/rules/categories/street_art",
            &[
                ("version", "1"),
                ("group", "appearance"),
                ("name_zh", "我写的名字"),
                ("name_en", "Mine"),
                ("kinds", "mailbox"),
            ],
        )
        .await
        .expect(422);
    assert!(late.text().contains("他人已先行更新") && late.text().contains("我写的名字"));
    let saved = rulebook::category(rules.app.app.db.read(), rules.office(), "street_art");
    assert_eq!(saved.await.unwrap().unwrap().name_zh, "墙绘");
    // A group of its own.
    let group = [
        ("code", "culture"),
        ("name_zh", "文化"),
        ("name_en", "Culture"),
    ];
    rules
        .admin
        .post("/office/rules/groups/new", &group)
        .await
        .expect(303);
    rules
        .admin
        .post("/office/rules/groups/new", &group)
        .await
        .expect(422);
    let renamed = [
        ("name_zh", "文化活动"),
        ("name_en", "Culture"),
        ("sort", "5"),
    ];
    rules
        .admin
        .post("/office/rules/groups/culture", &renamed)
        .await
        .expect(303);
    rules
        .admin
        .post("/office/rules/groups/none", &renamed)
        .await
        .expect(404);
    let page = rules
        .admin
        .get("/office/rules/categories")
        .await
        .expect(200)
        .text();
    assert!(page.find("文化活动").unwrap() < page.find("市容环境").unwrap());
}

#[tokio::test]
async fn every_role_reads_or_writes_as_it_should() {
    let rules = Rules::open().await;
    let secretary = rules.app.role(Role::Secretary).await;
    let clerk = rules.app.role(Role::CommunityClerk).await;
    let stranger = rules.app.role(Role::DepartmentHandler).await;
    for path in [
        "/office/rules",
        "/office/rules/categories",
        "/office/rules/categories/lighting",
        "/office/rules/limits",
        "/office/rules/limits/ordinary.unit",
        "/office/rules/dispatch",
        "/office/rules/calendar",
    ] {
        secretary.get(path).await.expect(200);
        let read = clerk.get(path).await.expect(200).text();
        assert!(
            !read.contains("保存为新版本") && !read.contains(">保存<"),
            "{path}"
        );
        stranger.get(path).await.expect(403);
        rules.app.visitor().get(path).await.expect(303);
    }
    for path in ["/office/rules/limits/new", "/office/rules/calendar/notice"] {
        secretary.get(path).await.expect(200);
        clerk.get(path).await.expect(403);
    }
    for path in [
        "/office/rules/limits/none",
        "/office/rules/dispatch/99",
        "/office/rules/categories/x",
    ] {
        secretary.get(path).await.expect(404);
    }
    let body = json!({ "about": "any", "lead": rules.roads.to_string() });
    clerk.api_post("/rules/dispatch", &body).await.expect(403);
    secretary
        .api_post("/rules/dispatch", &body)
        .await
        .expect(201);
    clerk.api_get("/rules/dispatch").await.expect(200);
    rules
        .app
        .visitor()
        .api_get("/rules/limits")
        .await
        .expect(401);
}

#[tokio::test]
async fn a_time_limit_changes_by_versions_that_events_name() {
    let rules = Rules::open().await;
    let before = rules.accepted("lighting", Urgency::Ordinary).await;
    // Sunday evening 19 July 2026: five working days end on Friday.
    assert_eq!(
        rules.citizen_due(before).await,
        (at("2026-07-24 18:00"), Some("ordinary.citizen@1".into()))
    );
    let change = json!({
        "clock": "citizen", "amount": 3, "unit": "work_days", "calendar": "office", "version": 1,
    });
    let path = "/rules/limits/ordinary.citizen";
    let changed = rules.admin.api_post(path, &change).await.expect(200).json();
    assert_eq!(changed, json!({ "code": "ordinary.citizen", "version": 2 }));
    assert_eq!(
        rules.admin.api_post(path, &change).await.expect(409).code(),
        "stale"
    );
    let after = rules.accepted("lighting", Urgency::Ordinary).await;
    assert_eq!(
        rules.citizen_due(after).await,
        (at("2026-07-22 18:00"), Some("ordinary.citizen@2".into()))
    );
    // What was promised stays promised, and the first version is still on record.
    assert_eq!(rules.citizen_due(before).await.0, at("2026-07-24 18:00"));
    let page = rules
        .admin
        .get("/office/rules/limits/ordinary.citizen")
        .await
        .expect(200);
    assert!(page.text().contains("系统初始") && page.text().contains("3 个工作日"));
    // The more particular rule wins.
    let category = json!({
        "clock": "citizen", "category": "lighting", "amount": 90, "unit": "work_minutes", "calendar": "always",
    });
    let made = rules
        .admin
        .api_post("/rules/limits", &category)
        .await
        .expect(201)
        .json();
    assert_eq!(made["code"], "lighting.citizen");
    let third = rules.accepted("lighting", Urgency::Ordinary).await;
    assert_eq!(
        rules.citizen_due(third).await,
        (at("2026-07-19 21:00"), Some("lighting.citizen@1".into()))
    );
}

#[tokio::test]
async fn time_limits_keep_one_answer_for_every_case() {
    let rules = Rules::open().await;
    let off = json!({ "enabled": false });
    let last = rules
        .admin
        .api_post("/rules/limits/ordinary.unit/switch", &off)
        .await;
    assert_eq!(last.expect(409).code(), "limit_needed");
    let narrow = json!({
        "clock": "unit", "urgency": "complex", "amount": 5, "unit": "work_days", "calendar": "office", "version": 1,
    });
    let narrow = rules
        .admin
        .api_post("/rules/limits/ordinary.unit", &narrow)
        .await;
    assert_eq!(narrow.expect(409).code(), "limit_twice");
    let form = [
        ("clock", "unit"),
        ("amount", "4"),
        ("unit", "work_days"),
        ("calendar", "office"),
    ];
    let twice = rules
        .admin
        .post("/office/rules/limits/new", &form)
        .await
        .expect(422);
    assert!(twice.text().contains("ordinary.unit"));
    let wrong = json!({
        "clock": "never", "category": "moonlight", "amount": 0, "unit": "moons", "calendar": "desk:none",
    });
    let wrong = rules
        .admin
        .api_post("/rules/limits", &wrong)
        .await
        .expect(422);
    let fields: Vec<_> = errors(&wrong).into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["/clock", "/unit", "/amount"]);
    let unknown = json!({
        "clock": "unit", "category": "moonlight", "amount": 1, "unit": "months", "calendar": "desk:none",
    });
    let unknown = rules
        .admin
        .api_post("/rules/limits", &unknown)
        .await
        .expect(422);
    let fields: Vec<_> = errors(&unknown)
        .into_iter()
        .map(|(field, _)| field)
        .collect();
    assert_eq!(fields, ["/category", "/calendar"]);
    // A particular one may go, and comes back as a version of its own.
    let path = "/office/rules/limits/emergency.unit/switch";
    rules
        .admin
        .post(path, &[("enabled", "no")])
        .await
        .expect(303);
    let listed = rules
        .admin
        .api_get("/rules/limits")
        .await
        .expect(200)
        .json();
    let of = |list: &Value| {
        let items = list["items"].as_array().unwrap().clone();
        items
            .into_iter()
            .find(|one| one["code"] == "emergency.unit")
            .unwrap()
    };
    let rule = of(&listed);
    assert_eq!(
        (&rule["enabled"], &rule["version"]),
        (&json!(false), &json!(2))
    );
    rules
        .admin
        .post(path, &[("enabled", "yes")])
        .await
        .expect(303);
    let listed = rules
        .admin
        .api_get("/rules/limits")
        .await
        .expect(200)
        .json();
    assert_eq!(of(&listed)["version"], 3);
}

#[tokio::test]
async fn a_case_goes_where_the_most_particular_rule_says() {
    let rules = Rules::open().await;
    assert_eq!(rules.lead("lighting", Some(rules.grid)).await, None);
    rules.add_dispatch("any", None, rules.estate).await;
    rules
        .add_dispatch("group:facilities", Some(rules.street), rules.estate)
        .await;
    let id = rules
        .add_dispatch("category:lighting", Some(rules.community), rules.roads)
        .await;
    assert_eq!(
        rules.lead("lighting", Some(rules.grid)).await,
        Some(rules.roads)
    );
    assert_eq!(
        rules.lead("lighting", Some(rules.street)).await,
        Some(rules.estate)
    );
    assert_eq!(rules.lead("lighting", None).await, Some(rules.estate));
    let path = format!(
        "/rules/dispatch/suggestion?category=lighting&area={}",
        rules.grid
    );
    let said = rules.admin.api_get(&path).await.expect(200).json();
    assert_eq!(
        (said["lead"].as_str(), said["rule"].as_str()),
        (Some(&*rules.roads.to_string()), Some(&*id))
    );
    let tried = format!(
        "/office/rules/dispatch?category=lighting&area={}",
        rules.grid
    );
    let page = rules.admin.get(&tried).await.expect(200).text();
    assert!(page.contains("派给：市政养护") && page.contains("它指定了这个类别"));
    // A unit that is no longer in use is passed over, and comes back with it.
    rules.switch_unit(rules.roads, false).await;
    assert_eq!(
        rules.lead("lighting", Some(rules.grid)).await,
        Some(rules.estate)
    );
    rules.switch_unit(rules.roads, true).await;
    // Switched off, changed, removed.
    let path = format!("/rules/dispatch/{id}");
    let switch = format!("{path}/switch");
    rules
        .admin
        .api_post(&switch, &json!({ "enabled": false }))
        .await
        .expect(204);
    assert_eq!(
        rules.lead("lighting", Some(rules.grid)).await,
        Some(rules.estate)
    );
    let change = json!({
        "about": "category:lighting", "lead": rules.roads.to_string(), "co_units": [rules.estate.to_string()],
        "priority": 3, "version": 2,
    });
    rules.admin.api_post(&path, &change).await.expect(204);
    assert_eq!(
        rules
            .admin
            .api_post(&path, &change)
            .await
            .expect(409)
            .code(),
        "stale"
    );
    rules
        .admin
        .api_post(&switch, &json!({ "enabled": true }))
        .await
        .expect(204);
    assert_eq!(rules.lead("lighting", None).await, Some(rules.roads));
    rules.admin.api_delete(&path).await.expect(204);
    rules.admin.api_delete(&path).await.expect(404);
    assert_eq!(rules.lead("lighting", None).await, Some(rules.estate));
    let wrong =
        json!({ "about": "category:moonlight", "area": "999", "lead": "999", "co_units": ["998"] });
    let wrong = rules
        .admin
        .api_post("/rules/dispatch", &wrong)
        .await
        .expect(422);
    let fields: Vec<_> = errors(&wrong).into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["/about", "/area", "/lead", "/co_units"]);
}

/// A notice of 2027 that takes the first working days of the year away.
const NOTICE: &str = "2027-01-01,放假,元旦\n2027-01-02,放假,元旦\n2027-01-03,放假,元旦\n2027-01-04,放假,元旦\n2027-01-09,上班,元旦";

#[tokio::test]
async fn a_notice_is_looked_at_before_it_moves_what_lies_ahead() {
    // Wednesday 30 December 2026.
    let mut rules = Rules::open_at("2026-12-30T02:00:00Z").await;
    let ahead = rules.accepted("lighting", Urgency::Ordinary).await;
    let hazard = rules.accepted("manhole", Urgency::Emergency).await;
    let due = rules.state(ahead).await.due.citizen.unwrap();
    assert_eq!((due.at, due.provisional), (at("2027-01-07 18:00"), true));
    let fields = [
        ("source", "国办发明电〔2026〕1号"),
        ("published", "2026-11-03"),
        ("table", NOTICE),
    ];
    let look = rules
        .admin
        .post("/office/rules/calendar/notice", &fields)
        .await
        .expect(200);
    let look = look.text();
    for words in [
        "期限会变的在办件：1",
        "与现在不同的日子：",
        "周末休息",
        "少于法定的 13 天",
    ] {
        assert!(look.contains(words), "{words}");
    }
    // Looking changes nothing.
    assert_eq!(rules.state(ahead).await.due.citizen.unwrap(), due);
    let path = "/office/rules/calendar/notice/confirm";
    let once = [&fields[..], &[("once", "the-same")]].concat();
    rules.admin.post(path, &once).await.expect(303);
    rules.admin.post(path, &once).await.expect(303);
    recount::run(&rules.app.app).await.unwrap();
    let moved = rules.state(ahead).await.due.citizen.unwrap();
    // The fourth is off, Saturday the ninth is not reached: 31 December, 5, 6, 7, 8 January.
    assert_eq!(
        (moved.at, moved.provisional),
        (at("2027-01-08 18:00"), false)
    );
    assert_eq!(moved.rule, due.rule);
    let events = store::events(rules.app.app.db.read(), ahead).await.unwrap();
    let last = events.last().unwrap();
    assert!(last.payload.contains("calendar_published") && last.payload.contains("2027.1"));
    // Round the clock there are no holidays.
    let of_hazard = store::events(rules.app.app.db.read(), hazard)
        .await
        .unwrap();
    assert_eq!(of_hazard.len(), 2);
    let page = rules
        .admin
        .get("/office/rules/calendar?year=2027")
        .await
        .expect(200)
        .text();
    assert!(page.contains("国办发明电〔2026〕1号") && page.contains("重算完毕"));
    // Done again it changes nothing; the chain holds.
    recount::run(&rules.app.app).await.unwrap();
    let again = store::events(rules.app.app.db.read(), ahead).await.unwrap();
    assert_eq!(again.len(), events.len());
    assert_eq!(
        ledger::verify(rules.app.app.db.read())
            .await
            .unwrap()
            .broken,
        None
    );
    // What has passed stays as it is, whatever the next version says.
    rules.later("2027-02-01T02:00:00Z").await;
    let none = NOTICE.replace("2027-01-04,放假,元旦\n", "");
    let second = [
        ("source", "更正通知"),
        ("published", "2027-01-20"),
        ("table", &none),
    ];
    rules.admin.post(path, &second).await.expect(303);
    recount::run(&rules.app.app).await.unwrap();
    assert_eq!(rules.state(ahead).await.due.citizen.unwrap().at, moved.at);
    let runs = calendar_run::Entity::find()
        .all(rules.app.app.db.read())
        .await
        .unwrap();
    let seen: Vec<_> = runs
        .iter()
        .map(|run| (run.version.as_str(), run.seen, run.moved))
        .collect();
    assert_eq!(seen, [("2027.1", 2, 1), ("2027.2", 0, 0)]);
    assert!(
        runs.iter()
            .all(|run| run.done_at.is_some() && run.failed == 0)
    );
}

#[tokio::test]
async fn a_walk_goes_on_where_it_stopped() {
    let rules = Rules::open_at("2026-12-30T02:00:00Z").await;
    let first = rules.accepted("lighting", Urgency::Ordinary).await;
    let second = rules.accepted("lighting", Urgency::Ordinary).await;
    let fields = [
        ("source", "通知"),
        ("published", "2026-11-03"),
        ("table", NOTICE),
    ];
    rules
        .admin
        .post("/office/rules/calendar/notice/confirm", &fields)
        .await
        .expect(303);
    // As if the program had been stopped after the first case.
    let done = rules.app.app.db.write(move |tx| async move {
        calendar_run::Entity::update_many()
            .col_expr(calendar_run::Column::AfterCase, Expr::value(first))
            .exec(tx.conn())
            .await?;
        Ok(())
    });
    done.await.unwrap();
    recount::run(&rules.app.app).await.unwrap();
    let count = async |id: CaseId| {
        case_event::Entity::find()
            .filter(case_event::Column::CaseId.eq(id))
            .count(rules.app.app.db.read())
            .await
            .unwrap()
    };
    assert_eq!((count(first).await, count(second).await), (2, 3));
}

#[tokio::test]
async fn a_notice_that_cannot_be_is_refused_with_what_was_typed() {
    let rules = Rules::open_at("2026-12-30T02:00:00Z").await;
    let path = "/office/rules/calendar/notice";
    for (table, words) in [
        ("", "没有找到任何日期"),
        ("2027-01-01,放假\n明天,放假", "第 2 行看不懂"),
        ("2027-01-01,放假\n2027-01-01,上班", "2027-01-01 出现两次"),
        ("2027-01-01,放假\n2028-01-01,放假", "只能是一个年份"),
        ("2099-01-01,放假", "只能是一个年份"),
        ("{\"days\": 3}", "JSON 格式不对"),
    ] {
        let fields = [
            ("source", "通知甲"),
            ("published", "2026-11-03"),
            ("table", table),
        ];
        let reply = rules.admin.post(path, &fields).await.expect(422).text();
        assert!(reply.contains(words) && reply.contains("通知甲"), "{table}");
        rules
            .admin
            .post(&format!("{path}/confirm"), &fields)
            .await
            .expect(422);
    }
    let future = [
        ("source", ""),
        ("published", "2027-11-03"),
        ("table", NOTICE),
    ];
    let reply = rules.admin.post(path, &future).await.expect(422).text();
    assert!(reply.contains("2027-01-09,上班"));
    assert_eq!(
        calendar_run::Entity::find()
            .count(rules.app.app.db.read())
            .await
            .unwrap(),
        0
    );
}

#[tokio::test]
async fn the_office_has_hours_and_days_of_its_own() {
    // Monday 20 July 2026, 9:00.
    let rules = Rules::open_at("2026-07-20T01:00:00Z").await;
    let id = rules.accepted("lighting", Urgency::Ordinary).await;
    assert_eq!(rules.citizen_due(id).await.0, at("2026-07-27 18:00"));
    let closed = [
        ("day", "2026-07-22"),
        ("open", "closed"),
        ("note", "停电检修"),
    ];
    rules
        .admin
        .post("/office/rules/calendar/days", &closed)
        .await
        .expect(303);
    recount::run(&rules.app.app).await.unwrap();
    assert_eq!(rules.citizen_due(id).await.0, at("2026-07-28 18:00"));
    let saturday = [
        ("day", "2026-07-25"),
        ("open", "open"),
        ("hours", "9:00-12:00"),
        ("note", "加班"),
    ];
    rules
        .admin
        .post("/office/rules/calendar/days", &saturday)
        .await
        .expect(303);
    recount::run(&rules.app.app).await.unwrap();
    assert_eq!(rules.citizen_due(id).await.0, at("2026-07-27 18:00"));
    rules
        .admin
        .post("/office/rules/calendar/days/2026-07-22/remove", &[])
        .await
        .expect(303);
    rules
        .admin
        .post("/office/rules/calendar/days/2026-07-22/remove", &[])
        .await
        .expect(404);
    recount::run(&rules.app.app).await.unwrap();
    // Counted now: 21, 22, 23, 24 and Saturday the 25th, which closes at noon.
    assert_eq!(rules.citizen_due(id).await.0, at("2026-07-25 12:00"));
    let day = "8:30-12:00 14:00-17:30";
    let week = ["monday", "tuesday", "wednesday", "thursday", "friday"].map(|name| (name, day));
    rules
        .admin
        .post("/office/rules/calendar/hours", &week)
        .await
        .expect(303);
    rules
        .admin
        .post("/office/rules/calendar/days/2026-07-25/remove", &[])
        .await
        .expect(303);
    recount::run(&rules.app.app).await.unwrap();
    assert_eq!(rules.citizen_due(id).await.0, at("2026-07-27 17:30"));
    let wrong = [("monday", "nine to five")];
    let reply = rules
        .admin
        .post("/office/rules/calendar/hours", &wrong)
        .await
        .expect(422);
    assert!(reply.text().contains("nine to five"));
    rules
        .admin
        .post("/office/rules/calendar/hours", &[])
        .await
        .expect(422);
    let past = [("day", "2026-07-01"), ("open", "closed"), ("note", "晚了")];
    rules
        .admin
        .post("/office/rules/calendar/days", &past)
        .await
        .expect(422);
    rules
        .admin
        .post("/office/rules/calendar/days/2026-07-01/remove", &[])
        .await
        .expect(409);
    assert_eq!(
        ledger::verify(rules.app.app.db.read())
            .await
            .unwrap()
            .broken,
        None
    );
}

#[tokio::test]
async fn a_time_limit_may_end_at_the_next_desk() {
    // Tuesday 24 November 2026, 9:00.
    let rules = Rules::open_at("2026-11-24T01:00:00Z").await;
    let site =
        json!({ "area": rules.community.to_string(), "name": "南门", "address": "民乐路12号" });
    let site = rules
        .admin
        .api_post("/desk/sites", &site)
        .await
        .expect(201)
        .json();
    for (weekday, band, from, to) in [
        (1, "morning", "08:30", "10:30"),
        (3, "noon", "12:00", "14:00"),
        (5, "evening", "18:00", "20:00"),
    ] {
        let pattern = json!({
            "site": site["id"], "kind": "office", "weekday": weekday, "band": band, "from": from, "to": to,
            "starts_on": "2026-11-24", "on_holiday": "skip", "public": true,
        });
        rules
            .admin
            .api_post("/desk/patterns", &pattern)
            .await
            .expect(201);
    }
    let page = rules
        .admin
        .get("/office/rules/calendar")
        .await
        .expect(200)
        .text();
    let start = page.find("desk:").unwrap();
    let name: String = page[start..]
        .chars()
        .take_while(|c| !matches!(c, '<' | '"'))
        .collect();
    let limit = json!({
        "clock": "response", "category": "elderly", "amount": 60, "unit": "work_minutes", "calendar": name,
    });
    rules
        .admin
        .api_post("/rules/limits", &limit)
        .await
        .expect(201);
    let id = rules.accepted("elderly", Urgency::Ordinary).await;
    let due = rules.state(id).await.due.response.unwrap();
    // As the golden date G7: the desk of Wednesday noon, after an hour.
    assert_eq!(
        (due.at, due.calendar.as_str()),
        (at("2026-11-25 13:00"), name.as_str())
    );
}
