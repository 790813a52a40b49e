//! Fairs and employers for stories, made the way the office makes them.
use crate::harness::{Client, TestApp};
use nightfair::{
    domain::{id::EmployerId, role::Role, uscc::Uscc},
    entity::participation,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

/// The slug of [`open_fair`].
pub const SLUG: &str = "starlight";
/// Two rows, 31 booths.
pub const PLAN: &str = "A 1-16 北侧\nB 1-15 南侧";

/// A right credit code for a number.
pub fn uscc(n: u32) -> String {
    let code = Uscc::with_check(&format!("91620100MA{n:07}")).unwrap();
    code.into_string()
}

pub fn employer_body(n: u32) -> Value {
    json!({
        "name": format!("陇上云仓第{n}供应链有限公司"), "uscc": uscc(n), "kind": "company", "industry": "G",
        "contact": {"name": "王芳", "phone": format!("139{n:08}")}, "address": "示范路 1 号", "promise": true,
    })
}

/// An employer that the office has approved.
pub async fn approved_employer(office: &Client, n: u32) -> EmployerId {
    let made = office
        .api_post("/employers", &employer_body(n))
        .await
        .expect(201);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let verdict = json!({"decision": "approve"});
    office
        .api_post(&format!("/employers/{id}/review"), &verdict)
        .await
        .expect(200);
    id.parse().unwrap()
}

/// What the QR at the booth of an employer names.
pub async fn stand_code(app: &TestApp, employer: EmployerId) -> String {
    let stand = participation::Entity::find()
        .filter(participation::Column::EmployerId.eq(employer))
        .one(app.app.db.read())
        .await;
    stand.unwrap().unwrap().code
}

/// An evening three weeks after the clock of [`TestApp::start`], registering at once.
pub fn fair_body(slug: &str, booths: &str) -> Value {
    json!({
        "slug": slug, "title": "星光就业集市", "venue": "金城公园", "address": "金城公园西门广场",
        "starts_at": "2026-08-08T19:00:00+08:00", "ends_at": "2026-08-08T22:00:00+08:00",
        "capacity": 800, "booths": booths,
        "registration": {"opens_at": "2026-07-19T08:00:00+08:00", "closes_at": "2026-08-08T21:30:00+08:00"},
        "target_groups": ["hard_to_place", "graduate"], "gates": ["东门", "西门"],
    })
}

/// A published fair with 31 booths; answers the office that made it.
pub async fn open_fair(app: &TestApp) -> Client {
    fair_with(app, SLUG, PLAN).await
}

pub async fn fair_with(app: &TestApp, slug: &str, booths: &str) -> Client {
    let office = app.role(Role::PlacementOfficer).await;
    office
        .api_post("/fairs", &fair_body(slug, booths))
        .await
        .expect(201);
    office
        .api_post(&format!("/fairs/{slug}/publish"), &json!({}))
        .await
        .expect(200);
    office
}
