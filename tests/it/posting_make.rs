//! A fair with employers at its booths, for the tests of postings and streams.
use crate::harness::{Client, Reply, TestApp};
use chrono::{DateTime, Utc};
use nightfair::{
    domain::{
        employer::{EmployerKind, EmployerStatus, Industry},
        fair::{FairKind, FairStatus},
        id::{BoothId, EmployerId, FairId, UnitId},
        role::Role,
    },
    entity::{booth, employer, fair, fair_host, participation, unit},
    platform::secret,
};
use sea_orm::{ActiveValue::Set, EntityTrait};
use serde_json::{Value, json};

pub struct Square {
    pub app: TestApp,
    pub fair: FairId,
    pub slug: &'static str,
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

impl Square {
    /// A published evening, starting now.
    pub async fn open() -> Self {
        Self::on(TestApp::start().await).await
    }

    pub async fn on(app: TestApp) -> Self {
        let fair = add_fair(&app, "starlight", FairStatus::Published).await;
        Self {
            app,
            fair,
            slug: "starlight",
        }
    }

    pub async fn employer(&self, name: &str, status: EmployerStatus) -> EmployerId {
        let verified = (status == EmployerStatus::Approved).then(|| at("2026-07-01T00:00:00Z"));
        self.employer_verified(name, status, verified).await
    }

    pub async fn employer_verified(
        &self,
        name: &str,
        status: EmployerStatus,
        verified: Option<DateTime<Utc>>,
    ) -> EmployerId {
        let office = self.app.app.settings.office;
        let name = name.to_owned();
        let write = self.app.app.db.write(move |tx| async move {
            let row = employer::ActiveModel {
                office_id: Set(office),
                uid: Set(secret::uid()),
                name: Set(name),
                uscc: Set(secret::uid()),
                kind: Set(EmployerKind::Company),
                industry: Set(Industry::C),
                address: Set("测试路1号".into()),
                intro: Set(String::new()),
                status: Set(status),
                verified_at: Set(verified),
                version: Set(1),
                created_at: Set(tx.now),
                ..Default::default()
            };
            let done = employer::Entity::insert(row).exec(tx.conn()).await?;
            Ok(done.last_insert_id)
        });
        write.await.unwrap()
    }

    /// An approved employer with a clerk who is signed in.
    pub async fn clerk(&self, name: &str) -> (EmployerId, Client) {
        let employer = self.employer(name, EmployerStatus::Approved).await;
        (employer, self.app.clerk_of(employer).await)
    }

    pub async fn book(&self, employer: EmployerId, label: &'static str) {
        let fair = self.fair;
        let write = self.app.app.db.write(move |tx| async move {
            let row = booth::ActiveModel {
                fair_id: Set(fair),
                label: Set(label.into()),
                line: Set("A".into()),
                position: Set(1),
                side: Set(String::new()),
                ..Default::default()
            };
            let booth: BoothId = booth::Entity::insert(row)
                .exec(tx.conn())
                .await?
                .last_insert_id;
            let row = participation::ActiveModel {
                fair_id: Set(fair),
                employer_id: Set(employer),
                code: Set(secret::uid()),
                status: Set(serde_json::from_value(json!("booked")).unwrap()),
                active: Set(true),
                booth_id: Set(Some(booth)),
                staff: Set(2),
                needs: Set(String::new()),
                version: Set(1),
                created_at: Set(tx.now),
                ..Default::default()
            };
            participation::Entity::insert(row).exec(tx.conn()).await?;
            Ok(())
        });
        write.await.unwrap();
    }

    /// A unit; among the hosts of the fair when asked.
    pub async fn unit(&self, code: &'static str, hosts: bool) -> UnitId {
        let (office, fair) = (self.app.app.settings.office, self.fair);
        let write = self.app.app.db.write(move |tx| async move {
            let row = unit::ActiveModel {
                office_id: Set(office),
                code: Set(code.into()),
                name: Set(code.into()),
                kind: Set(serde_json::from_value(json!("co_host")).unwrap()),
                active: Set(true),
                ..Default::default()
            };
            let id = unit::Entity::insert(row)
                .exec(tx.conn())
                .await?
                .last_insert_id;
            if hosts {
                let row = fair_host::ActiveModel {
                    fair_id: Set(fair),
                    unit_id: Set(id),
                    part: Set(serde_json::from_value(json!("co_host")).unwrap()),
                    ..Default::default()
                };
                fair_host::Entity::insert(row).exec(tx.conn()).await?;
            }
            Ok(id)
        });
        write.await.unwrap()
    }

    pub async fn co_host(&self, code: &'static str, hosts: bool) -> Client {
        let unit = self.unit(code, hosts).await;
        self.app.member(Role::CoHost, Some(unit), None).await
    }

    pub async fn post(&self, clerk: &Client, posting: &Value) -> Reply {
        let path = format!("/fairs/{}/postings", self.slug);
        clerk.api_post(&path, posting).await
    }

    /// A posting that the office has published; its id.
    pub async fn published(&self, clerk: &Client, office: &Client, posting: &Value) -> String {
        let made = self.post(clerk, posting).await.expect(201).json();
        let id = made["id"].as_str().unwrap().to_owned();
        let verdict = json!({ "decision": "approve" });
        office
            .api_post(&format!("/postings/{id}/review"), &verdict)
            .await
            .expect(200);
        id
    }

    pub async fn public(&self, query: &str) -> Vec<String> {
        let path = format!("/fairs/{}/postings?{query}", self.slug);
        let list = self.app.visitor().api_get(&path).await.expect(200).json();
        let items = list["items"].as_array().unwrap().iter();
        items
            .map(|item| item["title"].as_str().unwrap().to_owned())
            .collect()
    }
}

pub async fn add_fair(app: &TestApp, slug: &'static str, status: FairStatus) -> FairId {
    let office = app.app.settings.office;
    let write = app.app.db.write(move |tx| async move {
        let row = fair::ActiveModel {
            office_id: Set(office),
            slug: Set(slug.into()),
            title: Set("星光招聘夜市".into()),
            kind: Set(FairKind::OnSite),
            venue: Set("金港城公园".into()),
            address: Set(String::new()),
            starts_at: Set(at("2026-07-19T11:00:00Z")),
            ends_at: Set(at("2026-07-19T14:00:00Z")),
            registration_opens_at: Set(at("2026-07-01T00:00:00Z")),
            registration_closes_at: Set(at("2026-07-19T13:30:00Z")),
            status: Set(status),
            published_at: Set((status != FairStatus::Draft).then_some(tx.now)),
            capacity: Set(500),
            registered: Set(0),
            issued: Set(0),
            inside: Set(0),
            expected: Set(500),
            hold_minutes: Set(30),
            target_groups: Set(json!([])),
            gates: Set(json!([])),
            plan: Set("A 1-2 北侧".into()),
            notice: Set(String::new()),
            intro: Set(String::new()),
            version: Set(1),
            created_at: Set(tx.now),
            ..Default::default()
        };
        Ok(fair::Entity::insert(row)
            .exec(tx.conn())
            .await?
            .last_insert_id)
    });
    write.await.unwrap()
}

/// A posting with nothing wrong.
pub fn designer() -> Value {
    json!({
        "title": "电气设计师",
        "occupation": "professional",
        "kind": "regular",
        "headcount": 2,
        "duties": "绘制成套电气图纸，配合车间调试。",
        "place": "七里河区测试路1号",
        "pay": { "min": 6000, "max": 8000, "unit": "month" },
        "education": "bachelor",
        "experience": "one_to_three",
        "skills": "熟练使用CAD",
        "hours": "早九晚六，双休",
        "contract_type": "fixed_term",
        "insurance": ["pension", "medical", "unemployment", "work_injury", "maternity"],
        "benefits": "包午餐",
        "groups": ["graduate"],
        "expires_on": "2026-08-18",
        "auto_refer": true
    })
}

/// The same with some members replaced.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the change is written where it is asked for"
)]
pub fn with(mut posting: Value, change: Value) -> Value {
    for (name, value) in change.as_object().unwrap() {
        posting[name] = value.clone();
    }
    posting
}

/// Pointers and codes of a 422.
pub fn faults(reply: &Reply) -> Vec<String> {
    let document = reply.json();
    let errors = document["errors"].as_array().cloned().unwrap_or_default();
    errors
        .iter()
        .map(|error| {
            let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
            format!("{} {}", text("pointer"), text("code"))
        })
        .collect()
}

/// The hidden `once` of the first form of a page.
pub fn once_of(page: &str) -> String {
    let start = page.find("name=\"once\" value=\"").unwrap() + 19;
    page[start..].split('"').next().unwrap().to_owned()
}
