//! Signing in and out, one's own account, and what protects them.
use crate::harness::{Client, Reply, TestApp};
use axum::{
    body::Body,
    http::{Method, header},
};
use chrono::TimeDelta;
use nightfair::{
    account::{
        commands::{self, Add},
        lists,
    },
    domain::role::Role,
    server,
};
use std::time::{Duration, Instant};

const GOOD: &str = "tulip bridge over rain";
const OTHER: &str = "seven lanterns by the river";

async fn open(app: &TestApp, login: &str, must_change: bool) {
    let add = Add {
        login: login.into(),
        name: "王芳".into(),
        role: Role::PlacementOfficer,
        unit: None,
        employer: None,
        password: GOOD.into(),
        must_change,
    };
    commands::add(&app.app, add).await.unwrap();
}

async fn sign_in(app: &TestApp, login: &str, password: &str) -> Reply {
    let form = [("login", login), ("password", password), ("back", "")];
    app.visitor().post("/sign-in", &form).await
}

/// Signs in with the right password.
async fn enter(app: &TestApp, login: &str) -> Client {
    let reply = sign_in(app, login, GOOD).await.expect(303);
    app.visitor().with(&reply)
}

#[tokio::test]
async fn a_session_begins_and_ends() {
    let app = TestApp::start().await;
    open(&app, "wangfang", false).await;
    let planted = app.visitor();
    let request = planted
        .request(Method::POST, "/sign-in")
        .header(header::COOKIE, "nightfair=planted")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let form = "login=%20WangFang&password=tulip+bridge+over+rain&back=%2Faccount";
    let reply = planted.send(request.body(Body::from(form)).unwrap()).await;
    let reply = reply.expect(303);
    assert_eq!(reply.location(), "/account");
    let cookie = reply.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(!cookie.contains("planted"));
    for flag in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(flag), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "plain HTTP: {cookie}");
    let me = app.visitor().with(&reply);
    let page = me.get("/account").await.expect(200).text();
    assert!(page.contains("王芳") && page.contains("wangfang"));

    let out = me.post("/sign-out", &[]).await.expect(303);
    assert!(out.headers.contains_key("clear-site-data"));
    let away = me.get("/account").await.expect(303);
    assert_eq!(away.location(), "/sign-in?back=%2Faccount");
}

#[tokio::test]
async fn the_way_back_stays_on_this_site() {
    let app = TestApp::start().await;
    open(&app, "wangfang", false).await;
    for back in ["//evil.example", "https://evil.example", "/\\evil.example"] {
        let form = [("login", "wangfang"), ("password", GOOD), ("back", back)];
        let reply = app.visitor().post("/sign-in", &form).await.expect(303);
        assert_eq!(reply.location(), "/", "{back}");
    }
}

#[tokio::test]
async fn unused_and_old_sessions_end() {
    let app = TestApp::start().await;
    open(&app, "wangfang", false).await;
    let me = enter(&app, "wangfang").await;
    for _ in 0..35 {
        app.clock.advance(TimeDelta::minutes(20));
        me.get("/account").await.expect(200);
    }
    app.clock.advance(TimeDelta::minutes(20));
    me.get("/account").await.expect(303);
    let me = enter(&app, "wangfang").await;
    app.clock.advance(TimeDelta::minutes(31));
    me.get("/account").await.expect(303);
}

#[tokio::test]
async fn guessing_is_slowed_down_and_tells_nothing() {
    let app = TestApp::start().await;
    open(&app, "wangfang", false).await;
    let mut answers = Vec::new();
    for login in ["wangfang", "nobody"] {
        let mut seen = Vec::new();
        for _ in 0..20 {
            let reply = sign_in(&app, login, "wrong wrong wrong").await;
            seen.push((
                reply.status.as_u16(),
                reply.headers.contains_key("retry-after"),
            ));
            app.clock.advance(TimeDelta::seconds(1));
        }
        answers.push(seen);
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0][0], (422, false));
    assert!(
        answers[0]
            .iter()
            .skip(10)
            .any(|answer| *answer == (429, true))
    );
    let shut = sign_in(&app, "wangfang", GOOD).await;
    let waiting = shut.status.as_u16() == 429;
    assert!(!waiting || shut.text().contains("请等待"));

    for _ in 0..40 {
        sign_in(&app, "wangfang", "wrong wrong wrong").await;
        app.clock.advance(TimeDelta::seconds(11));
    }
    let shut = sign_in(&app, "wangfang", GOOD).await.expect(429);
    assert!(shut.text().contains("分钟"));
    app.clock.advance(TimeDelta::minutes(16));
    enter(&app, "wangfang").await;
}

#[tokio::test]
async fn many_guesses_at_once_are_counted_before_they_are_tried() {
    let app = TestApp::start().await;
    open(&app, "wangfang", false).await;
    let tries = (0..30).map(|_| sign_in(&app, "wangfang", "wrong wrong wrong"));
    let replies = futures_util::future::join_all(tries).await;
    let tried = replies.iter().filter(|r| r.status.as_u16() == 422).count();
    assert!(tried <= 20, "{tried} guesses in one moment");
}

#[tokio::test]
async fn a_huge_password_costs_nothing() {
    let app = TestApp::start().await;
    open(&app, "wangfang", false).await;
    let begun = Instant::now();
    let huge = sign_in(&app, "wangfang", &"a".repeat(1 << 20)).await;
    assert_eq!(huge.status.as_u16(), 413);
    let long = sign_in(&app, "wangfang", &format!("{GOOD}{}", " ".repeat(200))).await;
    assert_eq!(long.status.as_u16(), 422);
    assert!(begun.elapsed() < Duration::from_secs(2));
    let prefix = "x7 tulip bridge over rain ".repeat(4);
    let me = enter(&app, "wangfang").await;
    let form = [
        ("current", GOOD),
        ("new", prefix.trim()),
        ("again", prefix.trim()),
    ];
    me.post("/account/password", &form).await.expect(303);
    let cut = &prefix.trim()[..prefix.trim().len() - 1];
    sign_in(&app, "wangfang", cut).await.expect(422);
    sign_in(&app, "wangfang", prefix.trim()).await.expect(303);
}

#[tokio::test]
async fn a_new_password_ends_every_other_session() {
    let app = TestApp::start().await;
    open(&app, "wangfang", false).await;
    let (here, there) = (enter(&app, "wangfang").await, enter(&app, "wangfang").await);
    let post = |current: &'static str, new: &'static str, again: &'static str| {
        let here = here.clone();
        async move {
            let form = [("current", current), ("new", new), ("again", again)];
            here.post("/account/password", &form).await
        }
    };
    let page = post("wrong", OTHER, OTHER).await.expect(422).text();
    assert!(!page.contains(OTHER));
    post(GOOD, OTHER, GOOD).await.expect(422);
    post(GOOD, "short", "short").await.expect(422);
    post(GOOD, "wangfang2026", "wangfang2026").await.expect(422);
    post(GOOD, GOOD, GOOD).await.expect(422);
    let reply = post(GOOD, OTHER, OTHER).await.expect(303);
    let here = here.with(&reply);
    there.get("/account").await.expect(303);
    here.get(&reply.location()).await.expect(200);
    sign_in(&app, "wangfang", GOOD).await.expect(422);
    sign_in(&app, "wangfang", OTHER).await.expect(303);
}

#[tokio::test]
async fn a_one_time_password_opens_only_the_page_that_changes_it() {
    let app = TestApp::start().await;
    open(&app, "wangfang", true).await;
    let reply = sign_in(&app, "wangfang", GOOD).await.expect(303);
    assert_eq!(reply.location(), "/account/password");
    let me = app.visitor().with(&reply);
    for door in ["/account", "/office"] {
        assert_eq!(
            me.get(door).await.expect(303).location(),
            "/account/password"
        );
    }
    let api = me.request(Method::POST, "/account/tokens");
    let api = me.send(api.body(Body::empty()).unwrap()).await;
    assert_eq!(api.status.as_u16(), 403);
    me.get("/account/password").await.expect(200);
    let form = [("current", GOOD), ("new", OTHER), ("again", OTHER)];
    let reply = me.post("/account/password", &form).await.expect(303);
    let me = me.with(&reply);
    me.get("/account").await.expect(200);
}

#[tokio::test]
async fn the_classified_profile_asks_for_classes_age_and_history() {
    let app = TestApp::start().await;
    open(&app, "wangfang", false).await;
    let mut office = (*app.app.sign.get()).clone();
    office.site.classified_passwords = true;
    app.app.sign.set(office);
    let mut me = enter(&app, "wangfang").await;
    let mut current = GOOD.to_owned();
    let form = [("current", GOOD), ("new", OTHER), ("again", OTHER)];
    me.post("/account/password", &form).await.expect(422);
    for n in 0..3 {
        let new = format!("Lantern-{n}-by-the-river");
        let form = [
            ("current", current.as_str()),
            ("new", &new),
            ("again", &new),
        ];
        let reply = me.post("/account/password", &form).await.expect(303);
        me = me.with(&reply);
        current = new;
    }
    let old = "Lantern-0-by-the-river";
    let form = [("current", current.as_str()), ("new", old), ("again", old)];
    me.post("/account/password", &form).await.expect(422);
    app.clock.advance(TimeDelta::days(91));
    let reply = sign_in(&app, "wangfang", &current).await.expect(303);
    let me = app.visitor().with(&reply);
    let sent = me.get("/office").await.expect(303).location();
    assert_eq!(sent, "/account/password");
}

#[tokio::test]
async fn devices_are_listed_and_signed_out_from_afar() {
    let app = TestApp::start().await;
    open(&app, "wangfang", false).await;
    open(&app, "liming", false).await;
    let (here, there) = (enter(&app, "wangfang").await, enter(&app, "wangfang").await);
    let other = enter(&app, "liming").await;
    let page = here.get("/account").await.expect(200).text();
    let page = page.replace("&#x2f;", "/");
    assert_eq!(page.matches("/end\"").count(), 1, "the other device");
    let path = page.split("action=\"").find_map(|part| {
        let path = part.split('"').next()?;
        path.ends_with("/end").then_some(path)
    });
    let path = path.unwrap();
    other.post(path, &[]).await.expect(404);
    here.post(path, &[]).await.expect(303);
    there.get("/account").await.expect(303);
    let there = enter(&app, "wangfang").await;
    here.post("/account/sessions/end-others", &[])
        .await
        .expect(303);
    there.get("/account").await.expect(303);
    here.get("/account").await.expect(200);
}

#[tokio::test]
async fn a_token_is_shown_once_and_revoked() {
    let app = TestApp::start().await;
    open(&app, "wangfang", false).await;
    let me = enter(&app, "wangfang").await;
    let form = [("label", "统计大屏"), ("once", "k")];
    let page = me.post("/account/tokens", &form).await.expect(200).text();
    let token = page.split("<code class=\"code\">").nth(1).unwrap();
    let token = token.split('<').next().unwrap().to_owned();
    let again = me.post("/account/tokens", &form).await.expect(200).text();
    assert!(!again.contains(&token) && !again.contains("<code"));
    me.post("/account/tokens", &[("label", "")])
        .await
        .expect(422);

    let ask = |token: String| {
        let visitor = app.visitor();
        async move {
            let request = visitor
                .request(Method::GET, "/account")
                .header(header::AUTHORIZATION, format!("Bearer {token}"))
                .header(header::ORIGIN, "https://mini.example");
            visitor.send(request.body(Body::empty()).unwrap()).await
        }
    };
    ask(token.clone()).await.expect(200);
    let id = lists::tokens(app.app.db.read(), me_id(&app).await).await;
    let id = id.unwrap()[0].id;
    me.post(&format!("/account/tokens/{id}/revoke"), &[])
        .await
        .expect(303);
    ask(token).await.expect(303);
    me.post(&format!("/account/tokens/{id}/revoke"), &[])
        .await
        .expect(404);
}

async fn me_id(app: &TestApp) -> nightfair::domain::id::AccountId {
    let office = app.app.settings.office;
    let account = nightfair::account::store::by_login(app.app.db.read(), office, "wangfang").await;
    account.unwrap().unwrap().id
}

#[tokio::test]
async fn other_sites_cannot_act_in_somebodys_name() {
    let app = TestApp::start().await;
    open(&app, "wangfang", false).await;
    let me = enter(&app, "wangfang").await;
    let post = |headers: Vec<(&'static str, &'static str)>| {
        let me = me.clone();
        async move {
            let mut request = me
                .request(Method::POST, "/account/sessions/end-others")
                .header(header::ACCEPT, "application/json");
            for (name, value) in headers {
                request = request.header(name, value);
            }
            me.send(request.body(Body::empty()).unwrap()).await
        }
    };
    for foreign in [
        vec![("origin", "https://evil.example")],
        vec![("sec-fetch-site", "cross-site")],
        vec![
            ("sec-fetch-site", "same-site"),
            ("origin", "http://x.fair.test"),
        ],
        vec![("origin", "null")],
    ] {
        let reply = post(foreign).await.expect(403);
        assert_eq!(reply.code(), "cross_site");
    }
    for own in [
        vec![
            ("origin", "http://fair.test"),
            ("sec-fetch-site", "same-origin"),
        ],
        vec![("origin", "http://fair.test")],
        vec![],
    ] {
        post(own).await.expect(303);
    }
}

#[tokio::test]
async fn links_never_come_from_the_host_header() {
    let app = TestApp::start().await;
    for path in ["/sign-in", "/account", "/prefs?lang=en&back=%2Fsign-in"] {
        let visitor = app.visitor();
        let mut request = visitor
            .request(Method::GET, path)
            .body(Body::empty())
            .unwrap();
        let headers = request.headers_mut();
        headers.insert(header::HOST, "evil.example".parse().unwrap());
        headers.insert("x-forwarded-host", "evil.example".parse().unwrap());
        let reply = visitor.send(request).await;
        assert!(!reply.text().contains("evil.example"), "{path}");
        assert!(!reply.location().contains("evil.example"), "{path}");
    }
}

#[tokio::test]
async fn every_public_page_carries_the_strict_headers() {
    let app = TestApp::start().await;
    let public = server::routes()
        .table()
        .iter()
        .filter(|door| door.audience == nightfair::account::Audience::Anyone)
        .filter(|door| door.method == Method::GET)
        .map(|door| door.path.clone())
        .collect::<Vec<_>>();
    for path in public {
        let path = path.replace(['{', '}', '*'], "");
        let reply = app.visitor().get(&path).await;
        let of = |name: &str| {
            let value = reply.headers.get(name);
            value.map_or("", |value| value.to_str().unwrap()).to_owned()
        };
        let csp = of("content-security-policy");
        for rule in [
            "default-src 'none'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ] {
            assert!(csp.contains(rule), "{path}: {csp}");
        }
        assert!(
            !csp.contains("unsafe-inline") && !csp.contains("'unsafe-eval'"),
            "{path}"
        );
        let decodes = path == "/gate/decode.js";
        assert_eq!(csp.contains("wasm-unsafe-eval"), decodes, "{path}");
        assert_eq!(of("x-content-type-options"), "nosniff", "{path}");
        assert!(!of("referrer-policy").is_empty(), "{path}");
        assert_eq!(of("cross-origin-opener-policy"), "same-origin", "{path}");
        assert!(of("permissions-policy").contains("camera="), "{path}");
        assert!(
            !reply.headers.contains_key("access-control-allow-origin"),
            "{path}"
        );
        assert!(!reply.headers.contains_key("server"), "{path}");
    }
}
