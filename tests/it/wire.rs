//! The program from outside: its own process on a folder of its own, asked over kept connections
//! as machines do.
use crate::cli::{Serving, out, program};
use axum::http::{Method, Request, header};
use chrono::{DateTime, TimeDelta, Utc};
use http_body_util::{BodyExt, Full};
use hyper::{
    body::Bytes,
    client::conn::http1::{SendRequest, handshake},
};
use hyper_util::rt::TokioIo;
use nightfair::{
    person::consent::Purpose,
    platform::clock::{Clock, SystemClock},
};
use sea_orm::{Database, DatabaseConnection};
use serde_json::{Value, json};
use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The slug of [`Office::open_fair`].
pub const SLUG: &str = "starlight";

/// One kept connection, and whom it speaks for.
pub struct Wire {
    sender: SendRequest<Full<Bytes>>,
    host: String,
    token: String,
}

/// Status, headers and document of an answer.
pub struct Heard {
    pub status: u16,
    pub replayed: bool,
    /// Whether it says when to come again.
    pub retry_after: bool,
    pub body: Value,
}

impl Heard {
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}

impl Wire {
    pub async fn open(host: &str, token: &str) -> hyper::Result<Self> {
        let stream = tokio::net::TcpStream::connect(host).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self {
            sender,
            host: host.to_owned(),
            token: token.to_owned(),
        })
    }

    pub async fn get(&mut self, path: &str) -> hyper::Result<Heard> {
        self.send(Method::GET, path, None, None).await
    }

    pub async fn post(&mut self, path: &str, body: &Value) -> hyper::Result<Heard> {
        self.send(Method::POST, path, None, Some(body)).await
    }

    pub async fn delete(&mut self, path: &str) -> hyper::Result<Heard> {
        self.send(Method::DELETE, path, None, None).await
    }

    /// A creating call under a key.
    pub async fn post_once(&mut self, path: &str, key: &str, body: &Value) -> hyper::Result<Heard> {
        self.send(Method::POST, path, Some(key), Some(body)).await
    }

    async fn send(
        &mut self,
        method: Method,
        path: &str,
        key: Option<&str>,
        body: Option<&Value>,
    ) -> hyper::Result<Heard> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header(header::HOST, &self.host)
            .header(header::CONTENT_TYPE, "application/json");
        if !self.token.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let body = body.map(ToString::to_string).unwrap_or_default();
        let request = request.body(Full::new(body.into())).unwrap();
        self.sender.ready().await?;
        let answer = self.sender.send_request(request).await?;
        let status = answer.status().as_u16();
        let replayed = answer.headers().contains_key("idempotent-replayed");
        let retry_after = answer.headers().contains_key(header::RETRY_AFTER);
        let bytes = answer.into_body().collect().await?.to_bytes();
        Ok(Heard {
            status,
            replayed,
            retry_after,
            body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
        })
    }
}

/// The password of every account that [`Office::account`] makes.
pub const PASSWORD: &str = "tulip bridge over rain";
/// The administrator.
pub const ADMIN: &str = "wangfang";

/// A serving program with an office that holds a token.
pub struct Office {
    pub serving: Serving,
    pub token: String,
    pub told: Told,
}

/// How the program is told where its data is.
#[derive(Clone)]
pub struct Told {
    pub data: PathBuf,
    pub database: Option<String>,
    /// Where the database is when `database` leads to a pooler.
    pub direct: Option<String>,
}

impl Told {
    fn program(&self, arguments: &[&str]) -> Command {
        let mut program = program(&self.data);
        if let Some(url) = &self.database {
            program.env("NIGHTFAIR_DATABASE_URL", url);
        }
        if let Some(url) = &self.direct {
            program.env("NIGHTFAIR_DATABASE_DIRECT_URL", url);
        }
        program.args(arguments);
        program
    }

    /// Another member of staff, who signs in with [`PASSWORD`].
    pub fn account(&self, login: &str, name: &str, role: &str, unit: Option<&str>) {
        let mut add = vec![
            "user", "add", "--login", login, "--name", name, "--role", role,
        ];
        add.extend(unit.iter().flat_map(|unit| ["--unit", unit]));
        let mut adding = self.program(&add);
        let adding = adding.arg("--password-stdin").stdin(Stdio::piped());
        let mut adding = adding.stdout(Stdio::null()).spawn().unwrap();
        writeln!(adding.stdin.take().unwrap(), "{PASSWORD}").unwrap();
        assert!(adding.wait().unwrap().success());
    }

    /// Another instance of the program, or the same once more.
    pub fn serve(&self, more: &[&str]) -> Serving {
        self.serve_at("127.0.0.1:0", more)
    }

    /// The same at an address that browsers know already.
    pub fn serve_at(&self, address: &str, more: &[&str]) -> Serving {
        let serve = ["serve", "--listen", address, "--venue", "127.0.0.1"];
        Serving::spawn(self.program(&serve).args(more))
    }

    /// The same under another program that starts it, such as one that traces.
    pub fn serve_under(&self, mut outer: Command) -> Serving {
        let serve = ["serve", "--listen", "127.0.0.1:0", "--venue", "127.0.0.1"];
        let inner = self.program(&serve);
        let set = inner
            .get_envs()
            .filter_map(|(name, set)| Some((name, set?)));
        outer.envs(set).arg(inner.get_program());
        Serving::spawn(outer.args(inner.get_args()))
    }

    /// A look into the database, past the program.
    pub async fn look(&self) -> DatabaseConnection {
        let url = match self.direct.as_ref().or(self.database.as_ref()) {
            Some(url) => url.clone(),
            None => format!("sqlite://{}", self.data.join("nightfair.db").display()),
        };
        Database::connect(url).await.unwrap()
    }
}

impl Office {
    /// On the embedded database of the folder.
    pub fn embedded(data: &Path) -> Self {
        Self::on(data, None)
    }

    /// On the database that the test command names.
    pub async fn anywhere(data: &Path) -> Self {
        match crate::harness::server_url() {
            Some(base) => Self::on(data, Some(crate::harness::fresh_schema(&base).await)),
            None => Self::embedded(data),
        }
    }

    /// On a database of PostgreSQL, or the embedded one.
    pub fn on(data: &Path, database: Option<String>) -> Self {
        Self::at(Told {
            data: data.to_owned(),
            database,
            direct: None,
        })
    }

    /// Wherever it is told that its data is.
    pub fn at(told: Told) -> Self {
        told.account(ADMIN, "王芳", "office_admin", None);
        let token = ["token", "add", "--login", ADMIN, "--label", "test"];
        let token = out(&told.program(&token).output().unwrap());
        Self {
            serving: told.serve(&[]),
            token: token.trim().to_owned(),
            told,
        }
    }

    /// Another member of staff, who signs in with [`PASSWORD`].
    pub fn account(&self, login: &str, name: &str, role: &str) {
        self.told.account(login, name, role, None);
    }

    pub async fn wire(&self) -> Wire {
        Wire::open(&self.serving.host, &self.token).await.unwrap()
    }

    /// A connection that nobody signed in on.
    pub async fn stranger(&self) -> Wire {
        Wire::open(&self.serving.host, "").await.unwrap()
    }

    /// A published fair that registers and holds now.
    pub async fn open_fair(&self, slug: &str, capacity: u32, booths: &str) {
        let now = SystemClock.now();
        let at = |hours: i64| -> DateTime<Utc> { now + TimeDelta::hours(hours) };
        let body = json!({
            "slug": slug, "title": "星光就业集市", "venue": "金城公园", "address": "金城公园西门广场",
            "starts_at": at(-1), "ends_at": at(5), "capacity": capacity, "booths": booths,
            "registration": {"opens_at": at(-24), "closes_at": at(4)}, "gates": ["东门", "西门"],
        });
        let mut wire = self.wire().await;
        wire.post("/fairs", &body).await.unwrap().expect(201);
        let publish = format!("/fairs/{slug}/publish");
        wire.post(&publish, &json!({})).await.unwrap().expect(200);
    }

    /// So many approved employers.
    pub async fn employers(&self, count: u32) -> Vec<String> {
        let mut wire = self.wire().await;
        let mut ids = Vec::new();
        for n in 1..=count {
            let body = crate::fair_build::employer_body(n);
            let made = wire.post("/employers", &body).await.unwrap().expect(201);
            let id = made["id"].as_str().unwrap().to_owned();
            let review = format!("/employers/{id}/review");
            let verdict = json!({"decision": "approve"});
            wire.post(&review, &verdict).await.unwrap().expect(200);
            ids.push(id);
        }
        ids
    }
}

/// The nth person, with a number that nobody has.
pub fn person(n: usize) -> Value {
    json!({
        "name": "王小明", "phone": format!("1990{n:07}"), "wanted": "客服",
        "consent": {"version": Purpose::Registration.version()},
    })
}
