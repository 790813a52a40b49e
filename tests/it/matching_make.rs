//! A fair with an employer at its booth, postings, and people with tickets, for the tests of
//! matches.
use crate::{
    harness::{Client, Reply, TestApp},
    posting_make::{Square, designer, with},
};
use chrono::TimeDelta;
use nightfair::domain::{employer::EmployerStatus, id::EmployerId, role::Role};
use serde_json::{Value, json};

pub struct Market {
    pub square: Square,
    pub employer: EmployerId,
    pub clerk: Client,
    pub officer: Client,
    /// Referred by the program.
    pub posting: String,
    /// Referred by the office.
    pub slow: String,
}

/// Somebody with a ticket.
pub struct Seeker {
    pub secret: String,
    pub code: String,
    pub client: Client,
}

impl Market {
    pub async fn open() -> Self {
        Self::on(Square::open().await).await
    }

    pub async fn on(square: Square) -> Self {
        let (employer, clerk) = square.clerk("陇上云仓供应链有限公司").await;
        square.book(employer, "A01").await;
        let officer = square.app.role(Role::PlacementOfficer).await;
        let posting = square.published(&clerk, &officer, &designer()).await;
        let slow = json!({ "title": "仓储分拣员", "auto_refer": false });
        let slow = square
            .published(&clerk, &officer, &with(designer(), slow))
            .await;
        Self {
            square,
            employer,
            clerk,
            officer,
            posting,
            slow,
        }
    }

    /// Days go by; everybody signs in again.
    pub async fn pass_days(&mut self, days: i64) {
        self.app().clock.advance(TimeDelta::days(days));
        self.clerk = self.app().clerk_of(self.employer).await;
        self.officer = self.app().role(Role::PlacementOfficer).await;
    }

    pub fn app(&self) -> &TestApp {
        &self.square.app
    }

    pub async fn seeker(&self, name: &str, phone: &str) -> Seeker {
        let client = self.app().visitor();
        let body = json!({
            "name": name, "phone": phone, "wanted": "电工", "consent": { "version": "2026-11" }
        });
        let path = format!("/fairs/{}/registrations", self.square.slug);
        let made = client.api_post(&path, &body).await.expect(201).json();
        Seeker {
            secret: made["ticket"]["secret"].as_str().unwrap().to_owned(),
            code: made["ticket"]["code"].as_str().unwrap().to_owned(),
            client,
        }
    }

    /// Another employer with a booth, approved.
    pub async fn rival(&self) -> (EmployerId, Client) {
        let name = "兰州夜班车服务有限公司";
        let employer = self.square.employer(name, EmployerStatus::Approved).await;
        self.square.book(employer, "A02").await;
        (employer, self.app().clerk_of(employer).await)
    }

    pub async fn interest(&self, seeker: &Seeker, posting: &str, share: &[&str]) -> Reply {
        let body = json!({ "posting": posting, "share": share });
        let path = format!("/tickets/{}/interests", seeker.secret);
        seeker.client.api_post(&path, &body).await
    }

    /// The number of a new match.
    pub async fn matched(&self, seeker: &Seeker, posting: &str, share: &[&str]) -> String {
        let made = self.interest(seeker, posting, share).await.expect(201);
        no(&made.json())
    }

    pub async fn employer_does(&self, number: &str, form: &[(&str, &str)]) -> Reply {
        self.clerk
            .post(&format!("/employer/matches/{number}"), form)
            .await
    }

    pub async fn seeker_does(&self, who: &Seeker, number: &str, form: &[(&str, &str)]) -> Reply {
        let path = format!("/T/{}/matches/{number}", who.secret);
        who.client.post(&path, form).await
    }

    pub async fn office_does(&self, who: &Client, number: &str, form: &[(&str, &str)]) -> Reply {
        who.post(&format!("/office/matches/{number}"), form).await
    }

    /// From a new interest to an offer of that day.
    pub async fn offered(&self, seeker: &Seeker, start_on: &str) -> String {
        let number = self.matched(seeker, &self.posting, &["phone"]).await;
        self.employer_does(&number, &[("action", "acknowledge")])
            .await
            .expect(303);
        self.employer_does(&number, &[("action", "met")])
            .await
            .expect(303);
        self.employer_does(&number, &offer(start_on))
            .await
            .expect(303);
        number
    }

    /// From a new interest to a start that the employer claims.
    pub async fn claimed(&self, seeker: &Seeker) -> String {
        let number = self.offered(seeker, "2026-07-19").await;
        self.seeker_does(seeker, &number, &[("action", "offer_accept")])
            .await
            .expect(303);
        self.employer_does(&number, &claim("employer_statement"))
            .await
            .expect(303);
        number
    }

    /// Columns of the match's row and its case.
    pub async fn state(&self, number: &str) -> (String, String, String) {
        use nightfair::matching::store;
        let db = self.app().app.db.read();
        let office = self.app().app.settings.office;
        let found = store::by_number(db, office, number).await.unwrap();
        (
            found.case.stage.code().to_owned(),
            found.case.step.map_or("", |step| step.code()).to_owned(),
            found.row.rung.code(),
        )
    }
}

pub fn no(case: &Value) -> String {
    case["no"].as_str().unwrap().to_owned()
}

pub fn offer(start_on: &str) -> [(&str, &str); 5] {
    [
        ("action", "offer"),
        ("pay", "6500"),
        ("pay_unit", "month"),
        ("start_on", start_on),
        ("contract", "full_time"),
    ]
}

pub fn claim(evidence: &str) -> [(&str, &str); 3] {
    [
        ("action", "submit_result"),
        ("started_on", "2026-07-19"),
        ("evidence", evidence),
    ]
}
