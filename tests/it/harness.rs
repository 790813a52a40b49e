//! A running application with its own database (a temporary file, or a schema of its own on the
//! server named by `TEST_DATABASE_URL`), and clients that ask it as a role does.
use axum::{
    Router,
    body::Body,
    extract::connect_info::MockConnectInfo,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use chrono::{DateTime, TimeDelta, Utc};
use http_body_util::BodyExt;
use nightfair::{
    account::store::{self, NewAccount},
    cli,
    domain::{
        id::{AccountId, EmployerId, UnitId},
        role::Role,
    },
    platform::{
        App,
        clock::Clock,
        db::Db,
        secret::{self, Keys},
    },
    server,
};
use sea_orm::{ConnectionTrait, Database};
use serde_json::Value;
use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};
use tower::ServiceExt;

/// The evening of the first fair: Sunday 19 July 2026, 19:30 in Beijing.
pub const EVENING: &str = "2026-07-19T11:30:00Z";

#[derive(Clone)]
pub struct TestClock(Arc<Mutex<DateTime<Utc>>>);

impl Clock for TestClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

impl TestClock {
    pub fn set(&self, at: &str) {
        *self.0.lock().unwrap() = at.parse().unwrap();
    }

    pub fn advance(&self, by: TimeDelta) {
        *self.0.lock().unwrap() += by;
    }
}

pub struct TestApp {
    pub app: App,
    pub clock: TestClock,
    pub router: Router,
    /// Where its database is, and its files, which last as long as the app.
    pub url: String,
    pub dir: tempfile::TempDir,
}

pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Reply {
    pub fn text(&self) -> String {
        String::from_utf8(self.bytes.clone()).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }

    /// `code` of the problem document.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    pub fn location(&self) -> String {
        self.headers
            .get(header::LOCATION)
            .map(|v| v.to_str().unwrap().to_owned())
            .unwrap_or_default()
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(
            self.status.as_u16(),
            status,
            "{}",
            String::from_utf8_lossy(&self.bytes)
        );
        self
    }
}

impl TestApp {
    pub async fn start() -> Self {
        Self::start_at(EVENING).await
    }

    pub async fn start_at(at: &str) -> Self {
        Self::known_as(at, "http://fair.test").await
    }

    /// A real door for browsers, on a port of its own; its clock stays the test's.
    pub async fn served_at(at: &str) -> (Self, String) {
        let door = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = door.local_addr().unwrap().to_string();
        let app = Self::known_as(at, &format!("http://{host}")).await;
        let router = server::router(app.app.clone());
        let router = router.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(door, router).await.unwrap() });
        (app, host)
    }

    async fn known_as(at: &str, public_url: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let url = match server_url() {
            Some(base) => fresh_schema(&base).await,
            None => format!("sqlite://{}/t.db", dir.path().display()),
        };
        let clock = TestClock(Arc::new(Mutex::new(at.parse().unwrap())));
        let db = Db::open(&url, Arc::new(clock.clone()), true).await.unwrap();
        let keys = Keys::load_or_create(dir.path()).unwrap();
        let app = cli::assemble(db, keys, dir.path(), public_url, Vec::new())
            .await
            .unwrap();
        let peer: SocketAddr = "127.0.0.1:4000".parse().unwrap();
        let router = server::router(app.clone()).layer(MockConnectInfo(peer));
        Self {
            app,
            clock,
            router,
            url,
            dir,
        }
    }

    /// Somebody who is not signed in.
    pub fn visitor(&self) -> Client {
        Client {
            router: self.router.clone(),
            cookie: None,
            account: None,
        }
    }

    /// A new account of that role, signed in.
    pub async fn role(&self, role: Role) -> Client {
        self.member(role, None, None).await
    }

    /// A new account that acts for an employer, signed in.
    pub async fn clerk_of(&self, employer: EmployerId) -> Client {
        self.member(Role::Employer, None, Some(employer)).await
    }

    pub async fn member(
        &self,
        role: Role,
        unit: Option<UnitId>,
        employer: Option<EmployerId>,
    ) -> Client {
        static N: AtomicU32 = AtomicU32::new(0);
        let new = NewAccount {
            office: self.app.settings.office,
            login: format!("{}{}", role.code(), N.fetch_add(1, Ordering::Relaxed)),
            name: role.code(),
            role,
            unit,
            employer,
            password_hash: String::new(),
            must_change: false,
        };
        let token = secret::token();
        let hash = secret::token_hash(&token);
        let account = self.app.db.write(move |tx| async move {
            let account = store::insert(&tx, new).await?;
            let end = tx.now + TimeDelta::days(4000);
            store::insert_session(&tx, account.id, hash, "test".into(), end).await?;
            Ok(account.id)
        });
        let account = account.await.unwrap();
        Client {
            router: self.router.clone(),
            cookie: Some(format!("nightfair={token}")),
            account: Some(account),
        }
    }
}

#[derive(Clone)]
pub struct Client {
    router: Router,
    cookie: Option<String>,
    pub account: Option<AccountId>,
}

impl Client {
    /// The same browser with the cookies that an answer set.
    pub fn with(&self, reply: &Reply) -> Self {
        let cookie = reply.headers.get(header::SET_COOKIE).map(|cookie| {
            let cookie = cookie.to_str().unwrap();
            cookie.split(';').next().unwrap().to_owned()
        });
        Self {
            cookie: cookie.or_else(|| self.cookie.clone()),
            ..self.clone()
        }
    }

    /// The session, for a browser that goes on with it.
    pub fn session(&self) -> &str {
        let cookie = self.cookie.as_deref().unwrap_or_default();
        cookie.split_once('=').map_or("", |(_, token)| token)
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(self.request(Method::GET, path).body(Body::empty()).unwrap())
            .await
    }

    /// Sends a form, as a browser does.
    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Reply {
        let encode = |text: &str| {
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
                .to_string()
        };
        let body: Vec<_> = form
            .iter()
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect();
        let request = self
            .request(Method::POST, path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body.join("&")))
            .unwrap();
        self.send(request).await
    }

    pub async fn api_get(&self, path: &str) -> Reply {
        self.get(&format!("/api/v1{path}")).await
    }

    pub async fn api_post(&self, path: &str, body: &Value) -> Reply {
        self.api(Method::POST, path, None, body.to_string().into_bytes())
            .await
    }

    pub async fn api_delete(&self, path: &str) -> Reply {
        let request = self.request(Method::DELETE, &format!("/api/v1{path}"));
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// A JSON call with an idempotency key, or with a body that is anything at all.
    pub async fn api(&self, method: Method, path: &str, key: Option<&str>, body: Vec<u8>) -> Reply {
        let mut request = self
            .request(method, &format!("/api/v1{path}"))
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    pub fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "fair.test");
        match &self.cookie {
            Some(cookie) => request.header(header::COOKIE, cookie),
            None => request,
        }
    }

    pub async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response
            .into_body()
            .collect()
            .await
            .unwrap()
            .to_bytes()
            .to_vec();
        Reply {
            status,
            headers,
            bytes,
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the test command names the server"
)]
pub fn server_url() -> Option<String> {
    std::env::var("TEST_DATABASE_URL")
        .ok()
        .filter(|url| !url.is_empty())
}

/// How often something is repeated: `usual` in the suite, more when the environment says so.
#[expect(
    clippy::disallowed_methods,
    reason = "whoever wants a longer run names it"
)]
pub fn times(variable: &str, usual: usize) -> usize {
    std::env::var(variable).map_or(usual, |times| times.parse().unwrap())
}

pub async fn fresh_schema(base: &str) -> String {
    static N: AtomicU32 = AtomicU32::new(0);
    let name = format!(
        "t{}_{}",
        std::process::id(),
        N.fetch_add(1, Ordering::Relaxed)
    );
    let admin = Database::connect(base).await.unwrap();
    admin
        .execute_unprepared(&format!("CREATE SCHEMA {name}"))
        .await
        .unwrap();
    format!("{base}?options=-c%20search_path%3D{name}")
}
