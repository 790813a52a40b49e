//! The demo tells its story through the product, so what it leaves must be as sound as what an
//! office leaves.
use axum::{Router, body::Body, extract::connect_info::MockConnectInfo, http::Request};
use chrono::{DateTime, TimeDelta, Utc};
use http_body_util::BodyExt;
use nightfair::{
    case::ledger,
    cli::{self, demo::Prepared},
    config::Common,
    domain::{funnel::Rung, role::Role},
    entity::{check_in, fair, job_match, participation, registration},
    platform::{App, clock::Clock, db::Db, secret::Keys},
    server,
};
use sea_orm::{ActiveEnum, ColumnTrait, EntityTrait, Iterable, PaginatorTrait, QueryFilter};
use serde_json::Value;
use std::{
    collections::HashSet, net::SocketAddr, os::unix::fs::PermissionsExt, path::Path, sync::Arc,
};
use tokio::net::TcpListener;
use tower::ServiceExt;

const SEEKERS: usize = 40;
pub const NIGHT: &str = "2026-11-25T17:20:00Z";

struct Fixed(DateTime<Utc>);

impl Clock for Fixed {
    fn now(&self) -> DateTime<Utc> {
        self.0
    }
}

fn settings() -> Common {
    Common {
        data: None,
        database_direct_url: None,
        database_url: None,
        no_upgrade_backup: false,
        public_url: None,
        venues: Vec::new(),
        log: "warn".into(),
    }
}

pub async fn prepare(data: &Path, now: DateTime<Utc>) -> Prepared {
    prepare_for("http://fair.test", data, now).await
}

/// The same for a program that is known at another address.
pub async fn prepare_for(base: &str, data: &Path, now: DateTime<Utc>) -> Prepared {
    let prepared = cli::demo::prepare(&settings(), data, base, now, SEEKERS).await;
    prepared.unwrap_or_else(|error| panic!("{error:#}"))
}

pub async fn serve(data: &Path, now: DateTime<Utc>) -> (App, Router) {
    serve_for("http://fair.test", data, now).await
}

pub async fn serve_for(base: &str, data: &Path, now: DateTime<Utc>) -> (App, Router) {
    let url = format!("sqlite://{}/nightfair.db", data.display());
    let db = Db::open(&url, Arc::new(Fixed(now)), true).await.unwrap();
    let keys = Keys::load_or_create(data).unwrap();
    let app = cli::assemble(db, keys, data, base, Vec::new());
    let app = app.await.unwrap();
    let peer: SocketAddr = "127.0.0.1:4000".parse().unwrap();
    let router = server::router(app.clone()).layer(MockConnectInfo(peer));
    (app, router)
}

/// A demo that a browser can visit.
pub struct Demo {
    pub host: String,
    pub base: String,
    pub app: App,
    pub router: Router,
    pub prepared: Prepared,
    _dir: tempfile::TempDir,
}

impl Demo {
    pub async fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("demo");
        let now: DateTime<Utc> = NIGHT.parse().unwrap();
        let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = door.local_addr().unwrap().to_string();
        let base = format!("http://{host}");
        let prepared = prepare_for(&base, &data, now).await;
        let (app, router) = serve_for(&base, &data, now).await;
        let served = router.clone();
        tokio::spawn(async move { axum::serve(door, served).await.unwrap() });
        Self {
            host,
            base,
            app,
            router,
            prepared,
            _dir: dir,
        }
    }

    /// Login and password of somebody who has the role.
    pub fn login(&self, role: Role) -> (&str, &str) {
        let mut users = self.prepared.logins.users.iter();
        let user = users.find(|user| user.role == role.to_value()).unwrap();
        (&user.login, &user.password)
    }
}

pub async fn ask(
    router: &Router,
    request: axum::http::request::Builder,
    body: &str,
) -> (u16, String) {
    let request = request.header("host", "fair.test");
    let request = request.body(Body::from(body.to_owned())).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8_lossy(&bytes).into_owned())
}

#[tokio::test]
async fn the_demo_is_sound_and_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("demo");
    let now: DateTime<Utc> = NIGHT.parse().unwrap();
    let prepared = prepare(&data, now).await;
    let (app, router) = serve(&data, now).await;
    let tonight = fair_of(&app, &prepared.told.fair).await;

    let found = ledger::verify(app.db.read()).await.unwrap();
    assert_eq!(found.broken, None);
    assert!(found.cases > 25 && found.events > 100, "{}", found.events);
    every_rung_is_stood_on(&app, &tonight).await;
    no_booth_is_given_twice(&app).await;
    everybody_gets_in(&router, &prepared).await;
    the_tally_agrees(&app, &router, &prepared, &tonight).await;
    no_number_is_public(&router, &prepared).await;
}

async fn fair_of(app: &App, slug: &str) -> fair::Model {
    let found = fair::Entity::find().filter(fair::Column::Slug.eq(slug));
    let found = found.one(app.db.read()).await.unwrap();
    found.unwrap_or_else(|| panic!("no fair {slug}"))
}

async fn every_rung_is_stood_on(app: &App, tonight: &fair::Model) {
    let rows = job_match::Entity::find().filter(job_match::Column::FairId.eq(tonight.id));
    let rows = rows.all(app.db.read()).await.unwrap();
    let rungs: HashSet<_> = rows.iter().map(|row| row.rung.to_value()).collect();
    assert_eq!(rungs.len(), 6, "{rungs:?}");
    assert!(rows.iter().any(|row| row.open) && rows.iter().any(|row| !row.open));
}

async fn no_booth_is_given_twice(app: &App) {
    let rows = participation::Entity::find().filter(participation::Column::Active.eq(true));
    let rows = rows.all(app.db.read()).await.unwrap();
    assert_eq!(rows.len(), 31 + 12);
    let booths: HashSet<_> = rows.iter().filter_map(|row| row.booth_id).collect();
    let stands: HashSet<_> = rows
        .iter()
        .map(|row| (row.fair_id, row.employer_id))
        .collect();
    assert_eq!((booths.len(), stands.len()), (rows.len(), rows.len()));
}

/// One login a role; its password and its token both open the door, and the file is its owner's.
async fn everybody_gets_in(router: &Router, prepared: &Prepared) {
    let users = &prepared.logins.users;
    let roles: HashSet<_> = users.iter().map(|user| user.role.clone()).collect();
    assert_eq!((users.len(), roles.len()), (13, Role::iter().count()));
    for user in users {
        let encode = |text: &str| {
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
                .to_string()
        };
        let form = format!(
            "login={}&password={}",
            encode(&user.login),
            encode(&user.password)
        );
        let request =
            Request::post("/sign-in").header("content-type", "application/x-www-form-urlencoded");
        assert_eq!(ask(router, request, &form).await.0, 303, "{}", user.login);
    }
    let (status, _) = ask(router, Request::get("/api/v1/employers"), "").await;
    assert_eq!(status, 401);
    let admin = users
        .iter()
        .find(|user| user.role == "office_admin")
        .unwrap();
    let request = Request::get("/api/v1/employers");
    let request = request.header("authorization", format!("Bearer {}", admin.token));
    let (status, body) = ask(router, request, "").await;
    assert_eq!(status, 200, "{body}");
    assert!(users.iter().all(|user| user.token.len() > 20));
}

async fn the_tally_agrees(app: &App, router: &Router, prepared: &Prepared, tonight: &fair::Model) {
    let db = app.db.read();
    let people = registration::Entity::find().filter(registration::Column::FairId.eq(tonight.id));
    let registered = people
        .clone()
        .filter(registration::Column::Status.eq("active"));
    let registered = registered.count(db).await.unwrap();
    let came = people.filter(registration::Column::FirstInAt.is_not_null());
    let came = came.count(db).await.unwrap();
    let scans = check_in::Entity::find().filter(check_in::Column::FairId.eq(tonight.id));
    assert!(
        scans.count(db).await.unwrap() > came,
        "nobody was scanned twice"
    );
    let officer = prepared
        .logins
        .users
        .iter()
        .find(|user| user.role == "placement_officer");
    let path = format!("/api/v1/fairs/{}/tally", tonight.slug);
    let token = format!("Bearer {}", officer.unwrap().token);
    let (status, body) = ask(
        router,
        Request::get(path).header("authorization", token),
        "",
    )
    .await;
    assert_eq!(status, 200, "{body}");
    let told: Value = serde_json::from_str(&body).unwrap();
    let number = |figure: &Value| figure["value"].as_u64().unwrap();
    let counts = &told["counts"];
    // Nobody of the story withdraws after having come; whoever was matched before stays counted.
    assert_eq!(
        number(&counts["registered"]),
        registered + gone_but_matched(app, tonight).await
    );
    assert_eq!(number(&counts["checked_in"]), came);
    assert_eq!(number(&counts["employers"]), 31);
    assert!(number(&counts["views"]) > 4_000);
    let verified = job_match::Entity::find()
        .filter(job_match::Column::FairId.eq(tonight.id))
        .filter(job_match::Column::Rung.eq(Rung::Verified));
    let verified = verified.count(db).await.unwrap();
    let rungs = told["funnel"].as_array().unwrap();
    let rung = rungs
        .iter()
        .find(|rung| rung["measure"] == "verified")
        .unwrap();
    assert_eq!(number(&rung["matches"]), verified);
    assert!(verified > 0);
}

/// People who took their registration back although they had been matched.
async fn gone_but_matched(app: &App, tonight: &fair::Model) -> u64 {
    let gone = registration::Entity::find()
        .filter(registration::Column::FairId.eq(tonight.id))
        .filter(registration::Column::Status.eq("withdrawn"));
    let gone: Vec<_> = gone.all(app.db.read()).await.unwrap();
    let matched = job_match::Entity::find().filter(job_match::Column::FairId.eq(tonight.id));
    let matched = matched.all(app.db.read()).await.unwrap();
    let matched: HashSet<_> = matched.iter().map(|row| row.registration_id).collect();
    let both = gone.iter().filter(|row| matched.contains(&row.id));
    both.count() as u64
}

async fn no_number_is_public(router: &Router, prepared: &Prepared) {
    let slug = &prepared.told.fair;
    for path in [
        "/".to_owned(),
        format!("/f/{slug}"),
        format!("/f/{slug}/map"),
        format!("/f/{slug}/postings"),
        format!("/f/{slug}/screen"),
        format!("/f/{slug}/register"),
        format!("/api/v1/fairs/{slug}/postings?limit=200"),
        format!("/api/v1/fairs/{slug}/booths"),
    ] {
        let (_, body) = ask(router, Request::get(&path), "").await;
        assert!(!names_a_number(&body), "{path}");
    }
}

/// Whether a text holds one of the story's telephone numbers in full.
pub fn names_a_number(text: &str) -> bool {
    let digits = |from: usize| {
        text.as_bytes()[from..]
            .iter()
            .take_while(|b| b.is_ascii_digit())
    };
    text.match_indices("154")
        .any(|(at, _)| digits(at).count() == 11)
}

#[tokio::test]
async fn a_second_start_keeps_the_data_and_a_later_one_plans_the_next_evening() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("demo");
    let now: DateTime<Utc> = NIGHT.parse().unwrap();
    let first = prepare(&data, now).await;
    let mode = std::fs::metadata(data.join("logins.json"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(!dir.path().join("demo.loading").exists());
    let busy = cli::demo::prepare(&settings(), &data, "http://x.test", now, SEEKERS).await;
    assert!(busy.is_err(), "two programs in one folder");
    drop(first.lock);

    let again = prepare(&data, now + TimeDelta::minutes(30)).await;
    assert_eq!(again.told.fair, first.told.fair);
    assert_eq!(again.told.poster, first.told.poster);
    assert_eq!(again.logins.users.len(), 13);
    assert_eq!(again.logins.users[0].token, first.logins.users[0].token);
    drop(again.lock);

    for (days, slug) in [(1, "starlight-2"), (60, "starlight-3")] {
        let later = now + TimeDelta::days(days);
        let next = prepare(&data, later).await;
        assert_eq!(next.told.fair, slug);
        let (app, _) = serve(&data, later).await;
        let fair = fair_of(&app, slug).await;
        assert!(fair.starts_at < later && later < fair.ends_at);
        every_rung_is_stood_on(&app, &fair).await;
        assert_eq!(ledger::verify(app.db.read()).await.unwrap().broken, None);
        drop(next.lock);
    }
}

#[tokio::test]
async fn a_folder_with_other_things_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("nightfair.db"), "an office's data").unwrap();
    let now: DateTime<Utc> = NIGHT.parse().unwrap();
    let refused = cli::demo::prepare(&settings(), dir.path(), "http://x.test", now, SEEKERS).await;
    assert!(refused.is_err());
    let inside = std::fs::read_dir(dir.path()).unwrap().count();
    assert_eq!(inside, 1);
}
