//! Wrong input of every kind at every call of the API, as its own description lists them: never a
//! failure of ours, always a document that says what is wrong, and nothing half-written.
use crate::{
    fair_build::{SLUG, approved_employer, fair_body, open_fair, stand_code, uscc},
    harness::{Client, Reply, TestApp, times},
};
use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Method, Request, header},
};
use nightfair::{account::Audience, domain::role::Role, person::consent::Purpose, server};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sea_orm::{ConnectionTrait, Iterable, Statement};
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    time::{Duration, Instant},
};

/// Values that no field wants, and some that only look wrong.
fn nasty() -> Vec<Value> {
    vec![
        Value::Null,
        json!(true),
        json!(0),
        json!(-1),
        json!(1.5),
        json!(9_223_372_036_854_775_807_i64),
        json!(1e300),
        json!(""),
        json!("   "),
        json!("字".repeat(6000)),
        json!("a\u{0}b"),
        json!("a\nb\u{7}\u{1b}[31m"),
        json!("\u{202e}\u{2066}名"),
        json!("🎆🎇👩‍👩‍👧"),
        json!("１２３"),
        json!("' OR 1=1 --"),
        json!("<script>alert(1)</script>"),
        json!("2020-01-01T00:00:00Z"),
        json!("2026-02-30"),
        json!("+275760-09-13T00:00:00Z"),
        json!("99999999999999999999"),
        json!([]),
        json!({}),
        json!([null, 1, "x", [[]]]),
        json!({"a": {"b": 1}}),
    ]
}

const NASTY_PATHS: [&str; 10] = [
    "0",
    "-1",
    "99999999999999999999",
    "%00",
    "%F0%9F%8E%86",
    "%FF%FE",
    "..%2F..%2Fetc",
    "%EF%BC%91",
    "x%20y",
    "a-very-long-one",
];
const NASTY_QUERIES: [&str; 8] = [
    "",
    "-1",
    "0",
    "1e9",
    "%00",
    "%F0%9F%8E%86",
    "%ZZ",
    "99999999999999999999",
];

/// Headers that are odd, by themselves or with what else is sent.
const NASTY_HEADERS: [(&str, &str); 18] = [
    ("accept", "text/html"),
    ("accept", "*/*;q=x, ;;,"),
    ("accept-language", "xx-YY;q=9,zh;q=nan,*"),
    ("accept-encoding", "gzip;q=-1, zz"),
    ("authorization", "Bearer "),
    ("authorization", "Bearer \u{e9}"),
    ("authorization", "Basic eDp5"),
    ("content-encoding", "gzip"),
    ("content-type", "application/json; charset=gbk"),
    ("content-type", "multipart/form-data"),
    ("content-type", "multipart/form-data; boundary=x"),
    ("cookie", "nightfair=x; lang=zz; nightfair=y"),
    ("idempotency-key", "\"quoted\""),
    ("if-none-match", "*"),
    ("origin", "https://evil.example"),
    ("range", "bytes=9-1"),
    ("sec-fetch-site", "cross-site"),
    ("x-http-method-override", "DELETE"),
];
/// Cases of each operation at least; `TEST_SWEEP` asks for more.
const LEAST: usize = 60;

/// One call as the document describes it.
struct Operation {
    method: Method,
    path: String,
    queries: Vec<String>,
    body: Option<Value>,
    /// Statuses that the document names.
    statuses: BTreeSet<u16>,
}

/// Throws that are the same in every run.
struct Dice(u64);

impl Dice {
    fn of(op: &Operation) -> Self {
        let name = format!("{} {}", op.method, op.path);
        let seed = name.bytes().fold(0xCBF2_9CE4_8422_2325, |seed: u64, byte| {
            (seed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
        });
        Self(seed | 1)
    }

    /// A number below `most`.
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % most.max(1)
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }
}

/// A value as it stands in an address.
fn in_address(value: &Value) -> String {
    let text = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    let text: String = text.chars().take(900).collect();
    utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string()
}

struct Sweep {
    app: TestApp,
    schemas: Map<String, Value>,
    /// What a hole of a path is filled with.
    known: BTreeMap<&'static str, String>,
    clients: BTreeMap<String, Client>,
    cases: usize,
    statuses: BTreeMap<u16, usize>,
    /// What the operation that is looked at may answer.
    documented: BTreeSet<u16>,
    wrong: Vec<String>,
}

/// Tables that a refused call leaves alone.
const TABLES: [&str; 14] = [
    "fairs",
    "booths",
    "employers",
    "persons",
    "registrations",
    "consents",
    "postings",
    "streams",
    "stream_views",
    "participations",
    "check_ins",
    "queue_places",
    "cases",
    "idempotency_keys",
];

impl Sweep {
    async fn make() -> Self {
        let app = TestApp::start().await;
        let office = open_fair(&app).await;
        let employer = approved_employer(&office, 1).await;
        let clerk = app.clerk_of(employer).await;
        let holds = format!("/fairs/{SLUG}/booths/A01/holds");
        let hold = clerk.api_post(&holds, &json!({})).await.expect(201).json();
        let bookings = format!("/fairs/{SLUG}/booths/A01/bookings");
        let booked = clerk
            .api_post(&bookings, &json!({"hold": hold["hold"]}))
            .await;
        booked.expect(201);
        let stand = stand_code(&app, employer).await;
        let mut known = BTreeMap::from([
            ("fair", SLUG.to_owned()),
            ("label", "A01".to_owned()),
            ("employer", employer.to_string()),
            ("participation", stand),
        ]);
        let mut sweep = Self {
            app,
            schemas: Map::new(),
            known: BTreeMap::new(),
            clients: BTreeMap::new(),
            cases: 0,
            statuses: BTreeMap::new(),
            documented: BTreeSet::new(),
            wrong: Vec::new(),
        };
        for (name, path, body, pointer) in [
            ("secret", "registrations", registration(), "/ticket/secret"),
            ("posting", "postings", posting(&employer.to_string()), "/id"),
            ("stream", "streams", stream(), "/id"),
        ] {
            let path = format!("/fairs/{SLUG}/{path}");
            let made = office.api_post(&path, &body).await.expect(201).json();
            let text = made.pointer(pointer).and_then(Value::as_str).unwrap();
            known.insert(name, text.to_owned());
        }
        for role in Role::iter() {
            let client = sweep.app.role(role).await;
            sweep.clients.insert(role.code(), client);
        }
        sweep.clients.insert(Role::Employer.code(), clerk);
        sweep.known = known;
        sweep
    }

    /// A path with the known things in its holes, or with something else in one of them.
    fn fill(&self, path: &str, wrong: Option<(&str, &str)>) -> String {
        let filled = path.trim_start_matches("/api/v1").split('/').map(|part| {
            let Some(hole) = part
                .strip_prefix('{')
                .and_then(|part| part.strip_suffix('}'))
            else {
                return part.to_owned();
            };
            if let Some((name, value)) = wrong
                && name == hole
            {
                return value.to_owned();
            }
            let name = match hole {
                "id" if path.contains("/employers/") => "employer",
                "id" if path.contains("/streams/") => "stream",
                "id" => "posting",
                hole => hole,
            };
            self.known.get(name).cloned().unwrap_or_else(|| "1".into())
        });
        filled.collect::<Vec<_>>().join("/")
    }

    async fn rows(&self) -> i64 {
        let counts: Vec<_> = TABLES
            .iter()
            .map(|table| format!("(SELECT count(*) FROM {table})"))
            .collect();
        let db = self.app.app.db.read();
        let sql = format!("SELECT {}", counts.join(" + "));
        let row = db
            .query_one_raw(Statement::from_string(db.get_database_backend(), sql))
            .await;
        row.unwrap().unwrap().try_get_by_index(0).unwrap()
    }

    /// Sends one case and looks at its answer.
    async fn try_one(&mut self, what: &str, client: &Client, request: Request<Body>) -> Reply {
        let mut request = request;
        // Everybody from a place of their own: the limits by address have tests of their own.
        let [a, b, c] = nightfair::platform::secret::random::<3>();
        let peer = SocketAddr::from(([10, a, b, c], 4000));
        request.extensions_mut().insert(ConnectInfo(peer));
        let (named, before, begun) = (
            format!("{} {} {what}", request.method(), request.uri()),
            self.rows().await,
            Instant::now(),
        );
        let reply = client.send(request).await;
        let took = begun.elapsed();
        self.cases += 1;
        *self.statuses.entry(reply.status.as_u16()).or_default() += 1;
        let mut faults = faults(&reply);
        let status = reply.status.as_u16();
        if status >= 400 && !self.documented.contains(&status) {
            faults.push(format!("{status} is not documented: {}", reply.text()));
        }
        if took > Duration::from_secs(5) {
            faults.push(format!("takes {took:?}"));
        }
        if status >= 400 && self.rows().await != before {
            faults.push("is refused and leaves rows".into());
        }
        for fault in faults {
            self.wrong.push(format!("{named}: {fault}"));
        }
        reply
    }

    async fn json(
        &mut self,
        what: &str,
        client: &Client,
        op: &Operation,
        path: &str,
        body: &Value,
    ) -> Reply {
        let request = client
            .request(op.method.clone(), &format!("/api/v1{path}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()));
        self.try_one(what, client, request.unwrap()).await
    }

    /// Somebody who may knock at this door.
    fn who(&self, op: &Operation) -> Client {
        let routes = server::routes();
        let door = routes
            .table()
            .iter()
            .find(|door| door.path == op.path && door.method == op.method);
        let role = match door.unwrap().audience {
            Audience::Roles(roles) if !roles.contains(&Role::OfficeAdmin) => roles[0],
            _ => Role::OfficeAdmin,
        };
        self.clients[&role.code()].clone()
    }

    fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        if let Some(name) = schema["$ref"]
            .as_str()
            .and_then(|name| name.rsplit('/').next())
        {
            return self.resolve(&self.schemas[name]);
        }
        match schema["oneOf"].as_array() {
            Some(options) if schema["enum"].is_null() => self.resolve(&options[0]),
            _ => schema,
        }
    }

    /// A body that would do, as far as the description tells.
    fn good(&self, schema: &Value) -> Value {
        let schema = self.resolve(schema);
        if let Some(first) = schema["enum"]
            .as_array()
            .and_then(|options| options.first())
        {
            return first.clone();
        }
        let Some(fields) = schema["properties"].as_object() else {
            let kind = schema["type"]
                .as_str()
                .or_else(|| schema["type"][0].as_str());
            return match kind {
                Some("integer" | "number") => json!(3),
                Some("boolean") => json!(true),
                Some("array") => json!([]),
                Some("object") => json!({}),
                _ => json!("示例"),
            };
        };
        let field = |(name, schema): (&String, &Value)| {
            let known = match name.as_str() {
                "phone" => Some(json!("19900000007")),
                "uscc" => Some(json!(uscc(77))),
                "employer" => Some(json!(self.known["employer"])),
                "posting" => Some(json!(self.known["posting"])),
                "version" => Some(json!(Purpose::Registration.version())),
                "gate" => Some(json!("东门")),
                "nonce" => Some(json!("sweep-1")),
                "ticket" => Some(json!(self.known["secret"])),
                _ => None,
            };
            (name.clone(), known.unwrap_or_else(|| self.good(schema)))
        };
        Value::Object(fields.iter().map(field).collect())
    }
}

/// What is wrong with an answer.
fn faults(reply: &Reply) -> Vec<String> {
    let status = reply.status.as_u16();
    let text = String::from_utf8_lossy(&reply.bytes).into_owned();
    if status >= 500 {
        return vec![format!("{status} {text}")];
    }
    if status < 400 {
        return Vec::new();
    }
    let mut faults = Vec::new();
    let kind = reply
        .headers
        .get(header::CONTENT_TYPE)
        .map(|kind| kind.to_str().unwrap());
    if kind != Some("application/problem+json") {
        return vec![format!("{status} as {kind:?}: {text}")];
    }
    let problem = reply.json();
    if problem["status"] != status {
        faults.push(format!("{status} says {}", problem["status"]));
    }
    let said = |value: &Value| {
        value
            .as_str()
            .is_some_and(|text| !text.is_empty() && !text.contains("problem."))
    };
    for member in ["type", "title", "detail", "code"] {
        if !said(&problem[member]) {
            faults.push(format!("no {member}: {text}"));
        }
    }
    for error in problem["errors"].as_array().into_iter().flatten() {
        let pointer = error["pointer"].as_str().unwrap_or_default();
        let told = said(&error["detail"]) && said(&error["code"]);
        if !pointer.starts_with('/') || !told || text.contains("field_fault.") {
            faults.push(format!("unclear fault {error}"));
        }
    }
    if ["sqlx", "SQLITE", "panicked", "SELECT "]
        .iter()
        .any(|word| text.contains(word))
    {
        faults.push(format!("tells too much: {text}"));
    }
    faults
}

fn registration() -> Value {
    json!({"name": "王小明", "phone": "19900000001", "consent": {"version": Purpose::Registration.version()}})
}

fn posting(employer: &str) -> Value {
    json!({
        "employer": employer, "title": "客服专员", "occupation": "service", "kind": "regular", "headcount": 3,
        "duties": "接听来电，解答顾客问题，做好记录。", "place": "示范路 1 号",
        "pay": {"min": 4000, "max": 6000, "unit": "month"}, "education": "any", "experience": "any",
        "hours": "早九晚六，双休", "contract_type": "fixed_term", "insurance": ["pension"], "groups": [],
        "expires_on": "2026-08-20",
    })
}

fn stream() -> Value {
    json!({
        "url": "https://live.example.cn/1", "title": "星光夜市直播间", "host": "零工市场主播小林", "platforms": ["douyin"],
        "starts_at": "2026-08-08T19:00:00+08:00", "ends_at": "2026-08-08T21:00:00+08:00",
    })
}

/// A body that this very call takes, where the description alone is not enough.
fn taken(op: &Operation, sweep: &Sweep) -> Option<Value> {
    let schema = op.body.as_ref()?;
    let last = op.path.rsplit('/').next().unwrap();
    Some(match (last, op.path.as_str()) {
        ("registrations", _) => registration(),
        (_, "/api/v1/fairs") => fair_body("sweep", "A 1-8"),
        (_, "/api/v1/employers") => crate::fair_build::employer_body(77),
        ("postings", path) if path.contains("/fairs/") => posting(&sweep.known["employer"]),
        ("streams", _) => stream(),
        ("queues", _) => json!({"booth": sweep.known["participation"]}),
        ("review", _) => json!({"decision": "approve"}),
        ("holds", _) => json!({"employer": sweep.known["employer"]}),
        _ => sweep.good(schema),
    })
}

/// Pointers of every value in a body.
fn places(body: &Value, at: &str, found: &mut Vec<String>) {
    let inner: Vec<(String, &Value)> = match body {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), value))
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(n, value)| (n.to_string(), value))
            .collect(),
        _ => Vec::new(),
    };
    for (name, value) in inner {
        let pointer = format!("{at}/{name}");
        places(value, &pointer, found);
        found.push(pointer);
    }
}

fn operations(document: &Value) -> Vec<Operation> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, described) in item.as_object().unwrap() {
            let Ok(method) = method.to_uppercase().parse::<Method>() else {
                continue;
            };
            let parameters = described["parameters"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            let queries = parameters.iter().filter(|p| p["in"] == "query");
            let body = described.pointer("/requestBody/content/application~1json/schema");
            let statuses = described["responses"].as_object().unwrap().keys();
            found.push(Operation {
                method,
                path: path.clone(),
                queries: queries
                    .map(|p| p["name"].as_str().unwrap().to_owned())
                    .collect(),
                body: body.cloned(),
                statuses: statuses.map(|status| status.parse().unwrap()).collect(),
            });
        }
    }
    found
}

impl Sweep {
    async fn addresses(&mut self, op: &Operation, client: &Client) {
        let long = "x".repeat(3000);
        let body = taken(op, self).unwrap_or_default();
        let holes: BTreeSet<_> = op
            .path
            .split('/')
            .filter_map(|p| p.strip_prefix('{')?.strip_suffix('}'))
            .collect();
        for hole in holes {
            for value in NASTY_PATHS {
                let value = if value.len() > 14 { &long } else { value };
                let path = self.fill(&op.path, Some((hole, value)));
                let reply = self.json("odd address", client, op, &path, &body).await;
                if reply.status.is_success() {
                    self.wrong
                        .push(format!("{} {path}: {}", op.method, reply.status));
                }
            }
        }
        for query in &op.queries {
            for value in NASTY_QUERIES.iter().copied().chain([long.as_str()]) {
                let path = format!("{}?{query}={value}", self.fill(&op.path, None));
                self.json("odd query", client, op, &path, &Value::Null)
                    .await;
            }
        }
    }

    async fn documents(&mut self, op: &Operation, client: &Client) {
        let Some(good) = taken(op, self) else {
            return;
        };
        let path = self.fill(&op.path, None);
        let text = good.to_string();
        let deep = format!("{}{}", "[".repeat(400), "]".repeat(400));
        let large = format!("{{\"name\":\"{}\"}}", "x".repeat(3 << 19));
        let huge = format!("{{\"name\":\"{}\"}}", "x".repeat(11 << 20));
        let cut = text.as_bytes()[..text.len() / 2].to_vec();
        let json = "application/json";
        for (what, kind, body, expected) in [
            ("no body", json, Vec::new(), 400),
            ("cut off", json, cut, 400),
            ("not UTF-8", json, b"{\"name\":\"\xff\xfe\"}".to_vec(), 400),
            (
                "half a surrogate",
                json,
                b"{\"name\":\"\\ud800\"}".to_vec(),
                0,
            ),
            ("deep", json, deep.into_bytes(), 0),
            ("a list", json, b"[1]".to_vec(), 422),
            ("null", json, b"null".to_vec(), 422),
            (
                "twice the same member",
                json,
                b"{\"x\":1,\"x\":2}".to_vec(),
                422,
            ),
            ("text", "text/plain", text.clone().into_bytes(), 415),
            (
                "a form",
                "application/x-www-form-urlencoded",
                b"name=x".to_vec(),
                415,
            ),
            ("too large", json, large.into_bytes(), 413),
            ("far too large", json, huge.into_bytes(), 413),
        ] {
            let request = client
                .request(op.method.clone(), &format!("/api/v1{path}"))
                .header(header::CONTENT_TYPE, kind)
                .body(Body::from(body));
            let reply = self.try_one(what, client, request.unwrap()).await;
            let status = reply.status.as_u16();
            if expected != 0 && status != expected {
                self.wrong.push(format!(
                    "{} {path} {what}: {status}, not {expected}",
                    op.method
                ));
            }
        }
    }

    async fn fields(&mut self, op: &Operation, client: &Client) {
        let Some(good) = taken(op, self) else {
            return;
        };
        let (path, mut pointers) = (self.fill(&op.path, None), Vec::new());
        places(&good, "", &mut pointers);
        let mut odd = good.clone();
        odd["member_that_is_not_there"] = json!(1);
        self.json("an unknown member", client, op, &path, &odd)
            .await;
        for pointer in pointers {
            for value in nasty() {
                let mut body = good.clone();
                *body.pointer_mut(&pointer).unwrap() = value.clone();
                let shown: String = value.to_string().chars().take(40).collect();
                self.json(&format!("{pointer} = {shown}"), client, op, &path, &body)
                    .await;
            }
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            let mut body = good.clone();
            if let Some(members) = body.pointer_mut(parent).and_then(Value::as_object_mut) {
                members.remove(name);
                self.json(&format!("no {pointer}"), client, op, &path, &body)
                    .await;
            }
        }
    }

    async fn keys(&mut self, op: &Operation, client: &Client) {
        let Some(good) = taken(op, self).filter(|_| op.method == Method::POST) else {
            return;
        };
        let path = format!("/api/v1{}", self.fill(&op.path, None));
        let long = "k".repeat(65);
        for key in ["", "with space", "钥匙", &long] {
            let request = client
                .request(Method::POST, &path)
                .header(header::CONTENT_TYPE, "application/json")
                .header("idempotency-key", key.as_bytes())
                .body(Body::from(good.to_string()));
            let reply = self.try_one("an odd key", client, request.unwrap()).await;
            if reply.status != 400 {
                self.wrong
                    .push(format!("{path} key {key:?}: {}", reply.status));
            }
        }
        let mut answers = Vec::new();
        for _ in 0..2 {
            let request = client
                .request(Method::POST, &path)
                .header(header::CONTENT_TYPE, "application/json")
                .header("idempotency-key", "sweep")
                .body(Body::from(good.to_string()));
            let reply = self.try_one("sent twice", client, request.unwrap()).await;
            answers.push(reply);
        }
        // What was made once is not made again; a verdict is no creation and may be stale.
        if answers[0].status == 201 && answers[0].bytes != answers[1].bytes {
            let both = answers.iter().map(|a| format!("{} {}", a.status, a.text()));
            let both = both.collect::<Vec<_>>().join(" | ");
            self.wrong.push(format!("{path} twice: {both}"));
        }
    }

    /// Cases of every kind mixed, until the operation had so many.
    async fn mixed(&mut self, op: &Operation, client: &Client, tried: usize) {
        let mut dice = Dice::of(op);
        for _ in tried..times("TEST_SWEEP", LEAST) {
            let path = self.odd_path(op, &mut dice);
            let mut request = client.request(op.method.clone(), &format!("/api/v1{path}"));
            let (odd, mut kind) = (dice.below(3), "application/json");
            for _ in 0..odd {
                let (name, value) = dice.pick(&NASTY_HEADERS);
                if name == "content-type" {
                    kind = value;
                } else {
                    request = request.header(name, value);
                }
            }
            let request = request.header(header::CONTENT_TYPE, kind);
            let body = self.odd_body(op, &mut dice);
            let request = request.body(Body::from(body)).unwrap();
            self.try_one("mixed", client, request).await;
        }
    }

    /// With odd values in holes and queries; whatever takes something away is given nothing real.
    fn odd_path(&self, op: &Operation, dice: &mut Dice) -> String {
        let holes: Vec<_> = op
            .path
            .split('/')
            .filter_map(|p| p.strip_prefix('{')?.strip_suffix('}'))
            .collect();
        let wrong = in_address(&dice.pick(&nasty()));
        let wrong = if wrong.is_empty() { "0" } else { &wrong };
        let spoil = !holes.is_empty() && (op.method == Method::DELETE || dice.below(3) == 0);
        let hole = spoil.then(|| (dice.pick(&holes), wrong));
        let mut path = self.fill(&op.path, hole);
        let names = op.queries.iter().map(String::as_str);
        let names: Vec<_> = names.chain(["limit", "cursor", "q", "x", ""]).collect();
        for n in 0..dice.below(4) {
            let (name, value) = (dice.pick(&names), in_address(&dice.pick(&nasty())));
            let sign = if n == 0 { '?' } else { '&' };
            path = format!("{path}{sign}{name}={value}");
        }
        path
    }

    /// A good document with odd values in it, cut off or with bytes that are none; or none at all.
    fn odd_body(&self, op: &Operation, dice: &mut Dice) -> Vec<u8> {
        let Some(mut body) = taken(op, self) else {
            return in_address(&dice.pick(&nasty())).into_bytes();
        };
        let mut pointers = Vec::new();
        places(&body, "", &mut pointers);
        for _ in 0..=dice.below(3) {
            let value = dice.pick(&nasty());
            if let Some(place) = pointers.get(dice.below(pointers.len()))
                && let Some(there) = body.pointer_mut(place)
            {
                *there = value;
            }
        }
        let mut bytes = body.to_string().into_bytes();
        match dice.below(8) {
            0 => bytes.truncate(dice.below(bytes.len())),
            1 => {
                let at = dice.below(bytes.len());
                bytes[at] = [0, 0xFF, 0xC0, b'"', b'{'][dice.below(5)];
            }
            _ => {}
        }
        bytes
    }

    /// The same call from everybody.
    async fn everybody(&mut self, op: &Operation) {
        let body = taken(op, self).unwrap_or_default();
        let path = self.fill(&op.path, None);
        let mut everybody: Vec<_> = self.clients.values().cloned().collect();
        everybody.push(self.app.visitor());
        for client in everybody {
            self.json("from somebody", &client, op, &path, &body).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_wrong_input_upsets_any_call() {
    let document = serde_json::to_value(server::document()).unwrap();
    let mut sweep = Sweep::make().await;
    sweep.schemas = document["components"]["schemas"]
        .as_object()
        .unwrap()
        .clone();
    let operations = operations(&document);
    let mut fewest = usize::MAX;
    for op in &operations {
        let (client, before) = (sweep.who(op), sweep.cases);
        sweep.documented.clone_from(&op.statuses);
        sweep.addresses(op, &client).await;
        sweep.documents(op, &client).await;
        sweep.fields(op, &client).await;
        sweep.keys(op, &client).await;
        let tried = sweep.cases - before;
        sweep.mixed(op, &client, tried).await;
        fewest = fewest.min(sweep.cases - before);
    }
    for op in &operations {
        sweep.documented.clone_from(&op.statuses);
        sweep.everybody(op).await;
    }
    // One of a kind: the call without what was sent, and the status.
    let kind = |wrong: &String| {
        let call = wrong.split('?').next().unwrap_or_default().to_owned();
        let status = wrong
            .split(": ")
            .find_map(|part| part.get(..3)?.parse::<u16>().ok());
        (call.split(' ').take(2).collect::<String>(), status)
    };
    let mut kinds = BTreeSet::new();
    sweep.wrong.retain(|wrong| kinds.insert(kind(wrong)));
    let shown = sweep.wrong.len().min(60);
    assert!(
        sweep.wrong.is_empty(),
        "{} of {} wrong:\n{}",
        sweep.wrong.len(),
        sweep.cases,
        sweep.wrong[..shown].join("\n")
    );
    let least = times("TEST_SWEEP", LEAST);
    assert!(fewest >= least, "only {fewest} cases");
    eprintln!(
        "{} cases on {} operations, at least {fewest} on each: {:?}",
        sweep.cases,
        operations.len(),
        sweep.statuses
    );
    let refused = [400, 401, 403, 404, 409, 413, 415, 422];
    assert!(
        refused
            .iter()
            .all(|status| sweep.statuses.contains_key(status)),
        "{:?}",
        sweep.statuses
    );
}
