//! Nobody is led to a door that is not there, or that is shut for them: every page of the demo is
//! walked as a reader of each role would, from the home page along the links.
use crate::demo::{NIGHT, prepare, serve};
use axum::{
    Router,
    body::Body,
    http::{Method, Request, header},
    response::Response,
};
use chrono::{DateTime, Utc};
use http_body_util::BodyExt;
use nightfair::{
    account::Audience,
    cli::demo::Prepared,
    demo::{Login, at_the_desk, within},
    domain::role::Role,
    fair,
    platform::App,
    server,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sea_orm::{ActiveEnum, Iterable};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use tower::ServiceExt;

/// How much each role looks at.
#[derive(Clone, Copy, PartialEq)]
pub enum Pace {
    /// Two pages of each shape: of each door with each set of questions.
    Thorough,
    /// One page of each door.
    Glance,
}

/// A door that pages may lead to.
struct Door {
    method: Method,
    path: String,
    parts: Vec<String>,
    audience: Audience,
}

/// What lies behind a door that is opened.
#[derive(Clone, Debug)]
pub enum Behind {
    Page(Seen),
    File,
    /// It leads on to another door.
    Another,
}

/// A page as somebody saw it.
#[derive(Clone, Debug)]
pub struct Seen {
    pub role: Option<Role>,
    pub path: String,
    length: usize,
}

/// What everybody together came by.
pub struct Walked {
    wrong: Vec<String>,
    /// Of each door for GET what lies behind it, by the path of the table; of its pages the one
    /// with the most on it. `None`: nobody was led there.
    pub doors: BTreeMap<String, Option<Behind>>,
    /// The cookie that each role wears.
    pub keys: BTreeMap<String, String>,
}

impl Door {
    /// How many parts are the same word for word, when the path fits at all.
    fn fits(&self, path: &str) -> Option<usize> {
        let given: Vec<_> = path.trim_matches('/').split('/').collect();
        let rest = self.parts.last().is_some_and(|part| part.starts_with("{*"));
        if given.len() != self.parts.len() && !(rest && given.len() > self.parts.len()) {
            return None;
        }
        let pairs = || self.parts.iter().zip(&given);
        let fits = pairs()
            .all(|(part, given)| part == given || (part.starts_with('{') && !given.is_empty()));
        fits.then(|| pairs().filter(|(part, given)| part == *given).count())
    }
}

/// The door behind an address, by its place in the table.
fn behind(doors: &[Door], method: &Method, path: &str) -> Option<usize> {
    let fitting = doors.iter().enumerate().filter_map(|(at, door)| {
        let words = door.fits(path).filter(|_| door.method == *method)?;
        Some((words, at))
    });
    fitting.max().map(|(_, at)| at)
}

fn doors() -> Vec<Door> {
    let routes = server::routes();
    let table = routes.table().iter();
    let door = table.map(|entry| Door {
        method: entry.method.clone(),
        path: entry.path.clone(),
        parts: entry
            .path
            .trim_matches('/')
            .split('/')
            .map(str::to_owned)
            .collect(),
        audience: entry.audience,
    });
    door.collect()
}

fn admits(audience: Audience, role: Option<Role>) -> bool {
    match audience {
        Audience::Anyone => true,
        Audience::SignedIn => role.is_some(),
        Audience::Roles(roles) => role.is_some_and(|role| roles.contains(&role)),
    }
}

/// Somebody who reads.
struct Reader<'a> {
    router: &'a Router,
    doors: &'a [Door],
    pace: Pace,
    /// Where the program says that it is.
    base: &'a str,
    role: Option<Role>,
    cookie: Option<String>,
    /// Where each address was found that is still to be looked at.
    coming: VecDeque<(String, String)>,
    known: BTreeSet<String>,
    looked_at: BTreeMap<(usize, String), usize>,
    pages: usize,
    behind: BTreeMap<usize, Behind>,
    wrong: BTreeSet<String>,
}

impl Reader<'_> {
    fn complain(&mut self, from: &str, what: &str) {
        let role = self
            .role
            .map_or("nobody".to_owned(), |role| role.to_value());
        self.wrong.insert(format!("{role}: {from} → {what}"));
    }

    /// A link, as it stands on a page.
    fn led_to(&mut self, from: &str, link: &str) {
        let link = link.split('#').next().unwrap_or_default();
        let link = link.strip_prefix(self.base).unwrap_or(link);
        let to = match link.strip_prefix('?') {
            Some(query) => format!("{}?{query}", from.split('?').next().unwrap_or_default()),
            None => link.to_owned(),
        };
        if !to.starts_with('/') || to.starts_with("//") || !self.known.insert(to.clone()) {
            return;
        }
        let path = to.split('?').next().unwrap_or_default();
        // Files of the program are no doors.
        if path.starts_with("/static/") {
            return;
        }
        let Some(at) = behind(self.doors, &Method::GET, path) else {
            return self.complain(from, &format!("{to} is no page"));
        };
        if !admits(self.doors[at].audience, self.role) {
            return self.complain(from, &format!("{to} is shut"));
        }
        self.coming.push_back((from.to_owned(), to));
    }

    /// A form that is sent somewhere.
    fn may_send(&mut self, from: &str, to: &str) {
        let path = to.split(['?', '#']).next().unwrap_or_default();
        match behind(self.doors, &Method::POST, path) {
            None => self.complain(from, &format!("a form to {path}, where nothing is")),
            Some(at) if !admits(self.doors[at].audience, self.role) => {
                self.complain(from, &format!("a form to {path}, which is shut"));
            }
            Some(_) => {}
        }
    }

    async fn read(&mut self) {
        while let Some((from, to)) = self.coming.pop_front() {
            let (path, query) = to.split_once('?').unwrap_or((&to, ""));
            let Some(door) = behind(self.doors, &Method::GET, path) else {
                continue;
            };
            let names: Vec<_> = query
                .split('&')
                .filter_map(|pair| pair.split('=').next())
                .collect();
            let (asked, most) = match self.pace {
                Pace::Thorough => (names.join("&"), 2),
                Pace::Glance => (String::new(), 1),
            };
            let seen = self.looked_at.entry((door, asked)).or_default();
            *seen += 1;
            // An event stream has no end.
            if *seen > most || path.ends_with("/live") {
                continue;
            }
            self.look(&from, &to, door).await;
        }
    }

    /// The fullest page of a door is the one that is kept.
    fn keep(&mut self, door: usize, behind: Behind) {
        let better = match (self.behind.get(&door), &behind) {
            (None | Some(Behind::File | Behind::Another), Behind::Page(_)) | (None, _) => true,
            (Some(Behind::Page(had)), Behind::Page(has)) => has.length > had.length,
            _ => false,
        };
        if better {
            self.behind.insert(door, behind);
        }
    }

    async fn look(&mut self, from: &str, to: &str, door: usize) {
        let mut request = Request::get(to)
            .header("host", "fair.test")
            .header("accept", "text/html");
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        let reply = self
            .router
            .clone()
            .oneshot(request.body(Body::empty()).unwrap());
        let reply = reply.await.unwrap();
        self.pages += 1;
        let text = |name| {
            let value = reply.headers().get(name);
            value
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
                .to_owned()
        };
        let (kind, location) = (text(header::CONTENT_TYPE), text(header::LOCATION));
        let status = reply.status().as_u16();
        match status {
            200 => {}
            303 | 307 | 308 if location.starts_with("/sign-in") && self.role.is_some() => {
                self.complain(from, &format!("{to} asks to sign in again"));
            }
            303 | 307 | 308 => {
                self.keep(door, Behind::Another);
                return self.led_to(to, &location);
            }
            status => return self.complain(from, &format!("{to} answers {status}")),
        }
        if !kind.starts_with("text/html") {
            return self.keep(door, Behind::File);
        }
        let bytes = reply.into_body().collect().await.unwrap().to_bytes();
        let page = String::from_utf8(bytes.to_vec()).unwrap();
        let seen = Seen {
            role: self.role,
            path: to.to_owned(),
            length: page.len(),
        };
        self.keep(door, Behind::Page(seen));
        for link in [values(&page, " href=\""), values(&page, " src=\"")].concat() {
            self.led_to(to, &link);
        }
        for form in page.split("<form").skip(1) {
            let tag = form.split('>').next().unwrap_or_default();
            let action = values(tag, " action=\"").pop();
            let action = action.unwrap_or_else(|| to.to_owned());
            if tag.contains("method=\"post\"") {
                self.may_send(to, &action);
            } else {
                self.led_to(to, &action);
            }
            for button in values(form, " formaction=\"") {
                self.may_send(to, &button);
            }
        }
    }
}

/// What an attribute holds wherever it stands.
fn values(page: &str, mark: &str) -> Vec<String> {
    let plain = |text: &str| text.replace("&#x2f;", "/").replace("&amp;", "&");
    let held = page.split(mark).skip(1);
    held.filter_map(|rest| rest.split('"').next().map(plain))
        .collect()
}

/// The cookie that somebody wears from then on, and where the work begins.
pub async fn sign_in(router: &Router, user: &Login) -> (String, String) {
    let form = [("login", user.login.as_str()), ("password", &user.password)];
    let reply = send(router, "/sign-in", "", &form).await;
    let cookie = reply.headers()[header::SET_COOKIE].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    (cookie, location(&reply))
}

/// Sends a form, which is taken.
pub async fn send(router: &Router, to: &str, cookie: &str, form: &[(&str, &str)]) -> Response {
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let pair = |(name, value): &(&str, &str)| format!("{name}={}", encode(value));
    let form: Vec<_> = form.iter().map(pair).collect();
    let request = Request::post(to)
        .header("host", "fair.test")
        .header("cookie", cookie)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(form.join("&")));
    let reply = router.clone().oneshot(request.unwrap()).await.unwrap();
    assert_eq!(reply.status().as_u16(), 303, "{to} {form:?}");
    reply
}

pub fn location(reply: &Response) -> String {
    let to = reply.headers()[header::LOCATION].to_str().unwrap();
    to.to_owned()
}

/// Everybody walks through the demo, from where it says that people may begin.
pub async fn walk(
    app: &App,
    router: &Router,
    (prepared, base): (&Prepared, &str),
    pace: Pace,
    also: &[(Role, String)],
) -> Walked {
    let doors = doors();
    let tonight = fair::store::find(app.db.read(), app.settings.office, &prepared.told.fair);
    let within = within(app, tonight.await.unwrap().id).await.unwrap();
    let desk = at_the_desk(app).await.unwrap();
    let public = [
        Some("/".to_owned()),
        Some(format!("/R/{}", prepared.told.poster)),
        within.booth,
        within.ticket,
        desk.banner,
        desk.key,
    ];
    let public: Vec<_> = public.into_iter().flatten().collect();
    // In small letters, too, as some scanners write them.
    let small = public.iter().filter_map(|path| {
        let (_, rest) = path.split_at_checked(3)?;
        Some(format!("{}{rest}", path[..3].to_lowercase()))
    });
    let small: Vec<_> = small.collect();
    let mut readers = vec![(None, None, [public, small].concat())];
    let mut keys = BTreeMap::new();
    for user in &prepared.logins.users {
        let role = Role::iter().find(|role| role.to_value() == user.role);
        let (cookie, home) = sign_in(router, user).await;
        keys.insert(user.role.clone(), cookie.clone());
        let further = also.iter().filter(|(whose, _)| Some(*whose) == role);
        let begin = [home, "/".to_owned()].into_iter();
        let begin = begin.chain(further.map(|(_, path)| path.clone()));
        readers.push((role, Some(cookie), begin.collect()));
    }
    let mut walked = Walked {
        wrong: Vec::new(),
        doors: BTreeMap::new(),
        keys,
    };
    let mut behind = BTreeMap::new();
    for (role, cookie, begin) in readers {
        let mut reader = Reader {
            router,
            doors: &doors,
            pace,
            base,
            role,
            cookie,
            coming: VecDeque::new(),
            known: BTreeSet::new(),
            looked_at: BTreeMap::new(),
            pages: 0,
            behind,
            wrong: BTreeSet::new(),
        };
        for page in begin {
            reader.led_to("the beginning", &page);
        }
        reader.read().await;
        assert!(reader.pages > 4, "{role:?} saw {} pages", reader.pages);
        walked.wrong.extend(reader.wrong);
        behind = reader.behind;
    }
    let asked = doors.iter().enumerate();
    let asked = asked.filter(|(_, door)| door.method == Method::GET);
    walked.doors = asked
        .map(|(at, door)| (door.path.clone(), behind.remove(&at)))
        .collect();
    walked
}

#[tokio::test]
async fn no_link_leads_nowhere() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("demo");
    let now: DateTime<Utc> = NIGHT.parse().unwrap();
    let prepared = prepare(&data, now).await;
    let (app, router) = serve(&data, now).await;
    let start = (&prepared, "http://fair.test");
    let walked = walk(&app, &router, start, Pace::Thorough, &[]).await;
    assert!(walked.wrong.is_empty(), "\n{}", walked.wrong.join("\n"));
}
