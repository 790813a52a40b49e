//! A market with an employer, a published posting and seekers whose matches stand at any point of
//! the ladder, for the tests of the ledger.
use crate::{
    harness::{Client, Reply, TestApp},
    posting_make::{Square, designer},
};
use nightfair::{
    case::commands,
    domain::{
        case::{Actor, Channel, Code, Command, InterestChannel, Kind, ShareField},
        contact::{Contact, PersonName, Phone},
        funnel::Rung,
        id::{CaseId, EmployerId, PersonId, PostingId, RegistrationId},
        role::Role,
    },
    entity::{job_match, registration},
    person,
    platform::{once::hex, secret},
};
use sea_orm::{ActiveValue::Set, EntityTrait};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};

pub struct Market {
    pub square: Square,
    pub employer: EmployerId,
    pub clerk: Client,
    pub officer: Client,
    pub posting: PostingId,
}

impl Market {
    pub async fn open() -> Self {
        let square = Square::open().await;
        let officer = square.app.role(Role::PlacementOfficer).await;
        let (employer, clerk) = square.clerk("陇上云仓").await;
        let posting = square.published(&clerk, &officer, &designer()).await;
        Self {
            square,
            employer,
            clerk,
            officer,
            posting: posting.parse().unwrap(),
        }
    }

    pub fn app(&self) -> &TestApp {
        &self.square.app
    }

    /// Another day: everybody signs in anew, because sessions end with time.
    pub async fn later(&mut self, at: &str) {
        self.square.app.clock.set(at);
        self.officer = self.square.app.role(Role::PlacementOfficer).await;
        self.clerk = self.square.app.clerk_of(self.employer).await;
    }

    async fn seeker(&self) -> (PersonId, RegistrationId) {
        static N: AtomicU32 = AtomicU32::new(0);
        let n = N.fetch_add(1, Ordering::Relaxed);
        let app = &self.app().app;
        let (keys, office, fair) = (app.keys.clone(), app.settings.office, self.square.fair);
        let contact = Contact {
            name: PersonName::parse("张小芳").unwrap(),
            phone: Phone::parse(&format!("1390000{n:04}")).unwrap(),
        };
        let entered = app.db.write(move |tx| async move {
            let person = person::enter(&tx, &keys, office, &contact).await?;
            let row = registration::ActiveModel {
                fair_id: Set(fair),
                person_id: Set(person),
                uid: Set(secret::uid()),
                secret_hash: Set(secret::uid()),
                secret_sealed: Set(vec![0]),
                code: Set(hex(&n.to_be_bytes())),
                number: Set(i64::from(n)),
                wanted: Set(String::new()),
                groups: Set(json!([])),
                channel: Set("direct".into()),
                status: Set("active".into()),
                registered_at: Set(tx.now),
                inside: Set(false),
                ..Default::default()
            };
            let done = registration::Entity::insert(row).exec(tx.conn()).await?;
            Ok((person, done.last_insert_id))
        });
        entered.await.unwrap()
    }

    /// A seeker's interest in the posting, with its own row; number and id of the case.
    pub async fn interest(&self) -> (String, CaseId) {
        let (person, registration) = self.seeker().await;
        let app = &self.app().app;
        let (keys, office, fair) = (app.keys.clone(), app.settings.office, self.square.fair);
        let (posting, employer) = (self.posting, self.employer);
        let opened = app.db.write(move |tx| async move {
            let interest = Command::Interest {
                channel: InterestChannel::Qr,
                posting,
                seeker: person,
                consent_version: Code::new("v1").unwrap(),
                share: vec![ShareField::Phone],
                participation: None,
                booth: None,
            };
            let by = Actor::person(person, Channel::Qr);
            let kind = Kind::EmploymentMatch;
            let title = "电气设计师".to_owned();
            let opened = commands::open(&tx, &keys, office, kind, title, interest, &by).await?;
            let row = job_match::ActiveModel {
                case_id: Set(opened.id),
                office_id: Set(office),
                fair_id: Set(fair),
                registration_id: Set(registration),
                person_id: Set(person),
                posting_id: Set(posting),
                employer_id: Set(employer),
                share: Set(json!(["phone"])),
                open: Set(true),
                rung: Set(Rung::Interest),
                created_at: Set(tx.now),
                ..Default::default()
            };
            job_match::Entity::insert(row)
                .exec_without_returning(tx.conn())
                .await?;
            Ok((opened.number, opened.id))
        });
        opened.await.unwrap()
    }

    /// Takes an action over the API on what is there now.
    pub async fn act(&self, who: &Client, number: &str, action: &str, fields: Value) -> Reply {
        let path = format!("/cases/{number}");
        let seen = self.officer.api_get(&path).await.expect(200).json();
        let mut body = json!({"action": action, "expected_seq": seen["seq"]});
        for (name, value) in fields.as_object().unwrap() {
            body[name] = value.clone();
        }
        who.api_post(&format!("{path}/actions"), &body).await
    }

    /// Accepted and referred: the employer has to answer.
    pub async fn referred(&self) -> (String, CaseId) {
        let (number, id) = self.interest().await;
        for action in ["accept", "refer"] {
            let done = self.act(&self.officer, &number, action, json!({})).await;
            done.expect(200);
        }
        (number, id)
    }

    /// The employer took the candidate on.
    pub async fn in_hand(&self) -> (String, CaseId) {
        let (number, id) = self.referred().await;
        let done = self.act(&self.clerk, &number, "acknowledge", json!({}));
        done.await.expect(200);
        (number, id)
    }

    /// Started, as the employer says.
    pub async fn claimed(&self) -> (String, CaseId) {
        let (number, id) = self.in_hand().await;
        let offer = json!({"pay": 6000, "pay_unit": "month", "start_on": "2026-07-19", "contract": "full_time"});
        let done = self.act(&self.clerk, &number, "offer", offer);
        done.await.expect(200);
        let yes = json!({"consent": "phone"});
        let done = self.act(&self.officer, &number, "offer_accept", yes);
        done.await.expect(200);
        let started = json!({"started_on": "2026-07-19", "evidence": "contract"});
        let done = self.act(&self.clerk, &number, "submit_result", started);
        done.await.expect(200);
        (number, id)
    }
}

/// A picture of some pixels, as a phone sends it.
pub fn picture() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::DynamicImage::new_rgb8(8, 8)
        .write_to(&mut bytes, image::ImageFormat::Png)
        .unwrap();
    bytes.into_inner()
}

/// Sends a form with files, as a browser does.
pub async fn send_files(
    client: &Client,
    path: &str,
    form: &[(&str, &str)],
    files: &[(&str, &[u8])],
) -> Reply {
    const EDGE: &str = "----edge";
    let mut body = Vec::new();
    for (name, value) in form {
        body.extend(
            format!(
                "--{EDGE}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            )
            .bytes(),
        );
    }
    for (name, bytes) in files {
        body.extend(format!("--{EDGE}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"x.png\"\r\nContent-Type: image/png\r\n\r\n").bytes());
        body.extend_from_slice(bytes);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{EDGE}--\r\n").bytes());
    let request = client
        .request(axum::http::Method::POST, path)
        .header(
            "content-type",
            format!("multipart/form-data; boundary={EDGE}"),
        )
        .body(axum::body::Body::from(body))
        .unwrap();
    client.send(request).await
}
