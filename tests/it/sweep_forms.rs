//! Wrong input of every kind in every form that any role can see: the pages are walked like a
//! browser walks them, each field gets what it does not want, and what was typed is still there.
use crate::{
    fair_build::{SLUG, approved_employer, open_fair},
    harness::{Client, Reply, TestApp},
};
use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Method, header},
};
use nightfair::{domain::role::Role, person::consent::Purpose, platform::secret, server};
use scraper::{ElementRef, Html, Selector};
use serde_json::json;
use std::{
    collections::{BTreeSet, VecDeque},
    net::SocketAddr,
};

/// Pages of one role that are walked at most.
const MOST_PAGES: usize = 120;

/// Forms that would end the walk: they sign out, or shut the door on whoever walks.
const NEVER: [&str; 4] = ["/sign-out", "/end", "/end-others", "/switch"];

const NASTY: [&str; 9] = [
    "",
    "   ",
    "a\u{0}b\u{7}",
    "\u{202e}名\u{2066}",
    "🎆👩‍👩‍👧",
    "１２３",
    "<script>alert(1)</script>\"'",
    "2020-01-01",
    "99999999999999999999",
];

fn css(selector: &str) -> Selector {
    Selector::parse(selector).unwrap()
}

/// A control of a form, and what a browser sends of it when nobody touches it.
#[derive(Clone)]
struct Control {
    name: String,
    kind: String,
    sent: Option<String>,
}

#[derive(Clone)]
struct Form {
    page: String,
    action: String,
    controls: Vec<Control>,
    files: bool,
}

fn attribute(element: ElementRef<'_>, name: &str) -> String {
    element.value().attr(name).unwrap_or_default().to_owned()
}

fn control(element: ElementRef<'_>) -> Option<Control> {
    let name = attribute(element, "name");
    if name.is_empty() {
        return None;
    }
    let tag = element.value().name();
    let kind = if tag == "input" {
        attribute(element, "type")
    } else {
        tag.to_owned()
    };
    let value = attribute(element, "value");
    let sent = match kind.as_str() {
        "checkbox" | "radio" => element.value().attr("checked").map(|_| value),
        "textarea" => Some(element.text().collect::<String>()),
        "select" => {
            let options: Vec<_> = element.select(&css("option")).collect();
            let chosen = options
                .iter()
                .find(|option| option.value().attr("selected").is_some());
            chosen
                .or(options.first())
                .map(|option| attribute(*option, "value"))
        }
        "file" | "button" | "submit" => None,
        _ => Some(value),
    };
    Some(Control { name, kind, sent })
}

fn forms(page: &str, html: &Html) -> Vec<Form> {
    let form = css("form");
    let forms = html
        .select(&form)
        .filter(|form| attribute(*form, "method") == "post");
    forms
        .map(|form| {
            let action = attribute(form, "action");
            Form {
                page: page.to_owned(),
                action: if action.is_empty() {
                    page.to_owned()
                } else {
                    action
                },
                controls: form
                    .select(&css("input,select,textarea,button"))
                    .filter_map(control)
                    .collect(),
                files: attribute(form, "enctype") == "multipart/form-data",
            }
        })
        .collect()
}

impl Form {
    /// Forms that differ only in whom they are about are one form.
    fn kind(&self) -> String {
        let action = self.action.split('?').next().unwrap();
        let routes = server::routes();
        let door = routes.table().iter().find(|door| {
            let (pattern, path): (Vec<_>, Vec<_>) =
                (door.path.split('/').collect(), action.split('/').collect());
            door.method == Method::POST
                && pattern.len() == path.len()
                && pattern
                    .iter()
                    .zip(&path)
                    .all(|(p, a)| p.starts_with('{') || p == a)
        });
        let names: Vec<_> = self
            .controls
            .iter()
            .map(|control| control.name.as_str())
            .collect();
        let path = door.map_or(action, |door| &door.path);
        format!("{path} {}", names.join(","))
    }

    /// What is sent when one control says `value`.
    fn with(&self, name: &str, value: &str) -> Vec<(String, String)> {
        let mut sent: Vec<_> = self
            .controls
            .iter()
            .filter(|control| control.name != name)
            .filter_map(|control| Some((control.name.clone(), control.sent.clone()?)))
            .collect();
        sent.push((name.to_owned(), value.to_owned()));
        sent
    }
}

struct Walk {
    app: TestApp,
    seen: BTreeSet<String>,
    forms: usize,
    sent: usize,
    kept: usize,
    wrong: Vec<String>,
}

impl Walk {
    async fn send(
        &mut self,
        client: &Client,
        method: Method,
        path: &str,
        kind: &str,
        body: Vec<u8>,
    ) -> Reply {
        let [a, b, c] = secret::random::<3>();
        let peer = ConnectInfo(SocketAddr::from(([10, a, b, c], 4000)));
        let mut request = client.request(method.clone(), path).extension(peer);
        if !kind.is_empty() {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        let reply = client.send(request.body(Body::from(body)).unwrap()).await;
        self.sent += 1;
        let text = String::from_utf8_lossy(&reply.bytes);
        if reply.status.is_server_error() {
            self.wrong
                .push(format!("{method} {path}: {} {text}", reply.status));
        }
        let html = reply
            .headers
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| kind.to_str().unwrap().starts_with("text/html"));
        if reply.status.as_u16() >= 400 && !html {
            self.wrong
                .push(format!("{method} {path}: {} is no page", reply.status));
        }
        for raw in ["problem.", "field_fault.", "sqlx", "minijinja"] {
            if reply.status.as_u16() >= 400 && text.contains(raw) {
                self.wrong
                    .push(format!("{method} {path}: {} shows {raw}", reply.status));
            }
        }
        reply
    }

    async fn post(&mut self, client: &Client, form: &Form, fields: &[(String, String)]) -> Reply {
        let encode = |text: &str| {
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
                .to_string()
        };
        if form.files {
            let parts = fields.iter().map(|(name, value)| {
                format!(
                    "--mark\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
                )
            });
            let body = parts.collect::<String>() + "--mark--\r\n";
            let kind = "multipart/form-data; boundary=mark";
            return self
                .send(client, Method::POST, &form.action, kind, body.into_bytes())
                .await;
        }
        let body: Vec<_> = fields
            .iter()
            .map(|(n, v)| format!("{}={}", encode(n), encode(v)))
            .collect();
        let kind = "application/x-www-form-urlencoded";
        self.send(
            client,
            Method::POST,
            &form.action,
            kind,
            body.join("&").into_bytes(),
        )
        .await
    }

    /// Every field of a form with everything it does not want.
    async fn upset(&mut self, client: &Client, form: &Form) {
        let long = "字".repeat(3000);
        let mut done = BTreeSet::new();
        for control in &form.controls {
            if !done.insert(control.name.clone()) {
                continue;
            }
            for value in NASTY.iter().copied().chain([long.as_str()]) {
                let reply = self
                    .post(client, form, &form.with(&control.name, value))
                    .await;
                let typed = ["text", "tel", "textarea", "email", "url", "search"]
                    .contains(&control.kind.as_str());
                let keeps = !value.trim().is_empty() && !value.contains('\0') && value.len() < 100;
                if reply.status == 422 && typed && keeps {
                    self.kept(form, control, value, &reply);
                }
            }
        }
        let longest = format!("n={}", "x".repeat(300 << 10));
        // One layer refuses it for all of them.
        let large = vec![b'x'; if self.forms < 4 { 11 << 20 } else { 0 }];
        let form_kind = "application/x-www-form-urlencoded";
        for (kind, body) in [
            (form_kind, b"a=%FF%00&&&=&%".to_vec()),
            (form_kind, longest.into_bytes()),
            (form_kind, large),
            ("application/json", b"{".to_vec()),
            (
                "multipart/form-data; boundary=x",
                b"--x\r\nContent-Disposition: form-data; name=\"a".to_vec(),
            ),
            ("multipart/form-data", b"--x--".to_vec()),
            (form_kind, "n=1&".repeat(2000).into_bytes()),
        ] {
            self.send(client, Method::POST, &form.action, kind, body)
                .await;
        }
        for control in form
            .controls
            .iter()
            .filter(|control| control.kind == "file")
        {
            for file in no_pictures() {
                let mut body = Vec::new();
                for (name, value) in form.with("", "") {
                    body.extend(format!("--mark\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").into_bytes());
                }
                let head = format!(
                    "--mark\r\nContent-Disposition: form-data; name=\"{}\"; filename=\"../../a.png\"\r\nContent-Type: image/png\r\n\r\n",
                    control.name
                );
                body.extend(head.into_bytes());
                body.extend(file);
                body.extend(b"\r\n--mark--\r\n");
                let kind = "multipart/form-data; boundary=mark";
                let reply = self
                    .send(client, Method::POST, &form.action, kind, body)
                    .await;
                if reply.status.is_success() || reply.status.is_redirection() {
                    self.wrong.push(format!(
                        "{} takes no picture as one in {}",
                        form.action, control.name
                    ));
                }
            }
        }
    }

    fn kept(&mut self, form: &Form, control: &Control, value: &str, reply: &Reply) {
        self.kept += 1;
        let html = Html::parse_document(&reply.text());
        let named = css("input,textarea");
        let shown = html
            .select(&named)
            .filter(|element| attribute(*element, "name") == control.name);
        let shown: Vec<_> = shown
            .map(|element| match element.value().name() {
                "textarea" => element.text().collect::<String>(),
                _ => attribute(element, "value"),
            })
            .collect();
        if !shown.iter().any(|text| text.trim() == value.trim()) {
            self.wrong.push(format!(
                "{} ({}) forgets {value:?} in {}: {shown:?}",
                form.action, form.page, control.name
            ));
        }
    }

    /// Walks what a role can reach from its doors, and upsets every form on the way.
    async fn walk(&mut self, client: &Client, from: &[String]) {
        let (mut open, mut visited) = (VecDeque::from(from.to_vec()), BTreeSet::new());
        while let Some(path) = open.pop_front() {
            if visited.len() >= MOST_PAGES || !visited.insert(path.clone()) {
                continue;
            }
            let reply = self.send(client, Method::GET, &path, "", Vec::new()).await;
            let html = reply
                .headers
                .get(header::CONTENT_TYPE)
                .is_some_and(|kind| kind.to_str().unwrap().starts_with("text/html"));
            if reply.status != 200 || !html {
                continue;
            }
            let (links, found) = {
                let page = Html::parse_document(&reply.text());
                let links: Vec<_> = page
                    .select(&css("a[href]"))
                    .map(|link| attribute(link, "href"))
                    .collect();
                (links, forms(&path, &page))
            };
            open.extend(links.into_iter().filter(|link| {
                link.starts_with('/')
                    && !link.starts_with("/prefs")
                    && !link.contains("/live")
                    && !link.contains("lang=")
            }));
            for form in found {
                let ends = NEVER.iter().any(|end| form.action.ends_with(end));
                if !ends && self.seen.insert(form.kind()) {
                    self.forms += 1;
                    self.upset(client, &form).await;
                }
            }
        }
    }
}

/// Files that say they are pictures.
fn no_pictures() -> Vec<Vec<u8>> {
    let mut png = std::io::Cursor::new(Vec::new());
    let plain = image::RgbImage::from_pixel(64, 64, image::Rgb([1, 2, 3]));
    plain.write_to(&mut png, image::ImageFormat::Png).unwrap();
    let png = png.into_inner();
    // The head of a picture of 65,535 by 65,535 points: 12 GB when somebody believes it.
    let mut bomb = png.clone();
    bomb[16..24].copy_from_slice(&[0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff]);
    vec![
        b"not a picture".to_vec(),
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>".to_vec(),
        b"GIF89a\x01\x00\x01\x00\x00\x00\x00;".to_vec(),
        png[..png.len() / 2].to_vec(),
        bomb,
        b"PK\x03\x04".to_vec(),
        vec![0; 9 << 20],
    ]
}

/// Doors without holes, and those whose holes are known.
fn doors(known: &[(&str, String)]) -> Vec<String> {
    let routes = server::routes();
    let pages = routes.table().iter().filter(|door| {
        let path = door.path.as_str();
        door.method == Method::GET
            && !path.starts_with("/api")
            && !path.ends_with("/live")
            && !path.starts_with("/static")
    });
    pages
        .map(|door| {
            known.iter().fold(door.path.clone(), |path, (hole, value)| {
                path.replace(&format!("{{{hole}}}"), value)
            })
        })
        .filter(|path| !path.contains('{'))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_wrong_input_upsets_any_form() {
    let app = TestApp::start().await;
    let office = open_fair(&app).await;
    let employer = approved_employer(&office, 1).await;
    let clerk = app.clerk_of(employer).await;
    let registration = json!({"name": "王小明", "phone": "19900000001", "consent": {"version": Purpose::Registration.version()}});
    let made = office
        .api_post(&format!("/fairs/{SLUG}/registrations"), &registration)
        .await
        .expect(201);
    let secret = made.json()["ticket"]["secret"].as_str().unwrap().to_owned();
    let posters = format!("/office/fairs/{SLUG}/posters");
    office
        .post(&posters, &[("places", "公告栏")])
        .await
        .expect(303);
    let admin = app.role(Role::OfficeAdmin).await;
    let known = [
        ("fair", SLUG.to_owned()),
        ("secret", secret),
        ("id", employer.to_string()),
    ];
    let visitor = app.visitor();
    let mut walk = Walk {
        app,
        seen: BTreeSet::new(),
        forms: 0,
        sent: 0,
        kept: 0,
        wrong: Vec::new(),
    };
    let doors = doors(&known);
    walk.walk(&visitor, &doors).await;
    walk.walk(&clerk, &doors).await;
    walk.walk(&admin, &doors).await;
    walk.walk(&office, &doors).await;
    for role in [
        Role::GateSteward,
        Role::CommunityClerk,
        Role::CoHost,
        Role::Verifier,
    ] {
        let client = walk.app.role(role).await;
        walk.walk(&client, &doors).await;
    }
    let shown = walk.wrong.len().min(60);
    assert!(
        walk.wrong.is_empty(),
        "{} of {} to {} forms wrong:\n{}",
        walk.wrong.len(),
        walk.sent,
        walk.forms,
        walk.wrong[..shown].join("\n")
    );
    assert!(walk.forms >= 20, "only {} forms", walk.forms);
    assert!(walk.kept >= 200, "only {} fields kept", walk.kept);
}
