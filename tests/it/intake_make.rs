//! A community with its desk, its staff and what residents report, for the tests of the desk's cases.
use crate::harness::{Client, Reply, TestApp};
use nightfair::{
    area::{self, NewArea, NewUnit},
    domain::{
        area::{Level, UnitKind},
        id::{AreaId, UnitId},
        role::Role,
    },
    entity::desk_site,
};
use sea_orm::{ActiveValue::Set, EntityTrait};
use serde_json::{Value, json};

/// Wednesday 25 November 2026, 10:00 in Beijing.
pub const MORNING: &str = "2026-11-25T02:00:00Z";

/// Community and building; a desk's site; who works there.
pub struct Community {
    pub app: TestApp,
    pub building: AreaId,
    /// The property company.
    pub property: UnitId,
    pub clerk: Client,
    pub handler: Client,
    pub verifier: Client,
    pub secretary: Client,
    pub grid: Client,
}

impl Community {
    pub async fn open() -> Self {
        let app = TestApp::start_at(MORNING).await;
        let street = add(&app, None, Level::Street, "XG", "星光街道").await;
        let quarter = add(&app, Some(street), Level::Community, "XG01", "民乐路社区").await;
        let building = add(&app, Some(quarter), Level::Building, "XG0103", "3号楼").await;
        let office = unit(
            &app,
            "MINLE",
            "民乐路社区居委会",
            UnitKind::Community,
            quarter,
        )
        .await;
        let property = unit(&app, "WUYE", "安居物业", UnitKind::Property, quarter).await;
        site(&app, quarter).await;
        let member = |role, unit| app.member(role, Some(unit), None);
        Self {
            clerk: member(Role::CommunityClerk, office).await,
            handler: member(Role::DepartmentHandler, property).await,
            verifier: app.role(Role::Verifier).await,
            secretary: app.role(Role::Secretary).await,
            grid: member(Role::GridWorker, office).await,
            app,
            building,
            property,
        }
    }

    /// A resident's report by its banner over the API: number and key.
    pub async fn report(&self, body: Value) -> (String, String) {
        let sent = self.app.visitor().api_post("/requests", &body).await;
        let sent = sent.expect(201).json();
        let text = |name: &str| sent[name].as_str().unwrap().to_owned();
        (text("no"), text("key"))
    }

    /// Takes an action on what is there now.
    pub async fn act(&self, who: &Client, number: &str, action: &str, fields: Value) -> Reply {
        let path = format!("/cases/{number}");
        let seen = self.secretary.api_get(&path).await.expect(200).json();
        let mut body = json!({"action": action, "expected_seq": seen["seq"]});
        for (name, value) in fields.as_object().unwrap() {
            body[name] = value.clone();
        }
        who.api_post(&format!("{path}/actions"), &body).await
    }
}

/// A resident's words as a form or a call sends them.
pub fn lamp() -> Value {
    json!({"category": "lighting", "text": "2 单元门口的灯一直不亮。", "place": "MINLE-E",
        "name": "王秀兰", "phone": "13800008000"})
}

async fn add(
    app: &TestApp,
    parent: Option<AreaId>,
    level: Level,
    code: &str,
    name: &str,
) -> AreaId {
    let office = app.app.settings.office;
    let new = NewArea {
        parent,
        level,
        code: code.into(),
        name: name.into(),
        lead: None,
        sort: 0,
    };
    let added = app
        .app
        .db
        .write(move |tx| async move { area::add_area(&tx, office, new).await });
    added.await.unwrap()
}

async fn unit(app: &TestApp, code: &str, name: &str, kind: UnitKind, area: AreaId) -> UnitId {
    let office = app.app.settings.office;
    let new = NewUnit {
        code: code.into(),
        name: name.into(),
        kind,
        area: Some(area),
    };
    let added = app
        .app
        .db
        .write(move |tx| async move { area::add_unit(&tx, office, new).await });
    added.await.unwrap()
}

async fn site(app: &TestApp, area: AreaId) {
    let office = app.app.settings.office;
    let added = app.app.db.write(move |tx| async move {
        let row = desk_site::ActiveModel {
            office_id: Set(office),
            area_id: Set(area),
            code: Set("MINLE-E".into()),
            name: Set("民乐路 3 号院东门".into()),
            address: Set("民乐路 3 号院".into()),
            note: Set(String::new()),
            active: Set(true),
            version: Set(1),
            created_at: Set(tx.now),
            ..Default::default()
        };
        desk_site::Entity::insert(row).exec(tx.conn()).await?;
        Ok(())
    });
    added.await.unwrap();
}
