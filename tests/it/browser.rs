//! A real browser on the real program: Chromium with a fresh profile behind chromedriver, one at a
//! time. What it shows is what people see; what it complains about fails the test.
use nightfair::platform::text::{self, Lang};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicI64, Ordering},
    time::{Duration, Instant},
};
use thirtyfour::{LoggingPrefsLogLevel, prelude::*};
use tokio::sync::{Mutex, MutexGuard};

/// A phone, a desk, the big screen.
pub const PHONE: (u32, u32) = (390, 844);
pub const DESK: (u32, u32) = (1280, 800);
pub const WALL: (u32, u32) = (1920, 1080);

/// The program answers within 20 s; a page that takes three times as long hangs in the browser. The
/// driver says so before the line to itself is given up, which says nothing.
const LOADS: Duration = Duration::from_mins(1);

/// One browser at a time: two would only slow each other down.
static ALONE: Mutex<()> = Mutex::const_new(());

/// What any page owes its reader, as a list of what it lacks.
const OWES: &str = "
const lacks = [], shown = e => e.getClientRects().length > 0;
if (document.querySelectorAll('h1').length !== 1) lacks.push('one h1');
if (!document.documentElement.lang) lacks.push('a language');
if (!document.title.trim()) lacks.push('a title');
for (const e of document.querySelectorAll('input:not([type=hidden]),select,textarea'))
  if (!e.labels.length && !e.getAttribute('aria-label')) lacks.push('a label for ' + e.name);
for (const e of document.querySelectorAll('img:not([alt])')) lacks.push('words for ' + e.src);
for (const e of document.querySelectorAll('a[href],button'))
  if (shown(e) && !(e.textContent.trim() || e.getAttribute('aria-label') || e.querySelector('img[alt],svg title,[aria-label]'))) lacks.push('words on ' + e.outerHTML.slice(0, 90));
const seen = new Set();
for (const e of document.querySelectorAll('[id]')) { if (seen.has(e.id)) lacks.push('a second id ' + e.id); seen.add(e.id); }
return lacks;";
/// What stands out on the right when the page can be pushed sideways.
const SIDEWAYS: &str = "
const d = document.documentElement;
if (d.scrollWidth <= d.clientWidth) return [];
const out = [...document.querySelectorAll('body *')].filter(e => !e.closest('thead,.vh') && e.getBoundingClientRect().right > d.clientWidth + 0.5);
return ['too wide by ' + (d.scrollWidth - d.clientWidth)].concat(out.slice(0, 4).map(e => e.outerHTML.slice(0, 120)));";

/// The word of the catalogue that people read.
pub fn word(key: &str) -> String {
    word_in(Lang::Zh, key)
}

pub fn word_in(lang: Lang, key: &str) -> String {
    text::say::<&str>(lang, key, &[])
}

pub struct Browser {
    // Ends its session before the driver goes.
    web: WebDriver,
    driver: Driver,
    base: String,
    /// When the browser last said something that was heard.
    heard: AtomicI64,
    wrong: std::sync::Mutex<Vec<String>>,
    pub dir: tempfile::TempDir,
    shots: Option<PathBuf>,
    _alone: MutexGuard<'static, ()>,
}

/// The program that steers the browser, and where it writes what it does.
struct Driver {
    child: Child,
    log: PathBuf,
}

impl Drop for Driver {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let ended = self.child.try_wait().unwrap();
            eprintln!("the driver, ended: {ended:?}, did last:");
            let log = std::fs::read_to_string(&self.log).unwrap_or_default();
            let last: Vec<_> = log.lines().rev().take(12).collect();
            for line in last.into_iter().rev() {
                eprintln!("  {}", line.chars().take(200).collect::<String>());
            }
        }
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Driver {
    fn start(log: PathBuf) -> (Self, String) {
        let mut child = Command::new("chromedriver")
            .args(["--port=0", "--log-level=INFO"])
            .arg(format!("--log-path={}", log.display()))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines.by_ref().map(Result::unwrap).find_map(|line| {
            let (_, port) = line.split_once("successfully on port ")?;
            port.trim_end_matches('.').parse::<u16>().ok()
        });
        std::thread::spawn(move || lines.for_each(drop));
        let driver = Self { child, log };
        (driver, format!("http://127.0.0.1:{}", port.unwrap()))
    }
}

impl Browser {
    /// A browser that has never been anywhere, for the program at `host`.
    pub async fn open(host: &str) -> Self {
        Self::start(host, None, &[]).await
    }

    /// A browser that may have been somewhere, when its profile was kept, with further flags.
    pub async fn start(host: &str, profile: Option<&Path>, flags: &[String]) -> Self {
        let alone = ALONE.lock().await;
        let dir = tempfile::tempdir().unwrap();
        let (driver, url) = Driver::start(dir.path().join("driver.log"));
        let mut wish = DesiredCapabilities::chrome();
        wish.set_binary("/usr/bin/chromium").unwrap();
        for flag in [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--lang=zh-CN",
            "--accept-lang=zh-CN",
        ] {
            wish.add_arg(flag).unwrap();
        }
        for flag in flags {
            wish.add_arg(flag).unwrap();
        }
        let own = dir.path().join("profile");
        let profile = profile.unwrap_or(&own);
        wish.add_arg(&format!("--user-data-dir={}", profile.display()))
            .unwrap();
        wish.set_browser_log_level(LoggingPrefsLogLevel::All)
            .unwrap();
        let web = WebDriver::new(&url, wish).await.unwrap();
        web.set_page_load_timeout(LOADS).await.unwrap();
        let browser = Self {
            web,
            driver,
            base: format!("http://{host}"),
            heard: AtomicI64::new(0),
            wrong: std::sync::Mutex::default(),
            dir,
            shots: shots(),
            _alone: alone,
        };
        browser.size(PHONE).await;
        browser
    }

    /// Ends the browser; anything that was wrong on the way fails the test.
    pub async fn close(self) {
        self.calm().await;
        self.web.quit().await.unwrap();
        drop(self.driver);
        let wrong = self.wrong.into_inner().unwrap();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    /// The end of a browser whose battery is empty: no page hears of it.
    pub async fn kill(self, profile: &Path) {
        let profile = profile.to_str().unwrap();
        for process in std::fs::read_dir("/proc").unwrap() {
            let process = process.unwrap().path();
            let command = std::fs::read(process.join("cmdline")).unwrap_or_default();
            let command = String::from_utf8_lossy(&command).into_owned();
            if command.contains(profile) && command.contains("chrom") {
                let id = process.file_name().unwrap();
                drop(Command::new("/usr/bin/kill").arg("-9").arg(id).status());
            }
        }
        let Self { web, driver, .. } = self;
        drop(driver);
        drop(web);
        // Gone before another starts on what it left.
        tokio::time::sleep(Duration::from_millis(300)).await;
    }

    /// The window is clamped to 500 points, so a phone is made by the developer protocol.
    pub async fn size(&self, (width, height): (u32, u32)) {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 700});
        self.cdp("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// Opens another page in front of those that are open.
    pub async fn another(&self) {
        let page = self.web.new_tab().await.unwrap();
        self.turn_to(page).await;
    }

    /// The page that is in front.
    pub async fn front(&self) -> WindowHandle {
        self.web.window().await.unwrap()
    }

    /// Brings one of the open pages to the front.
    pub async fn turn_to(&self, page: WindowHandle) {
        self.web.switch_to_window(page).await.unwrap();
        self.cdp("Page.bringToFront", json!({})).await;
    }

    pub async fn cdp(&self, command: &str, arguments: Value) -> Value {
        self.web.cdp().send_raw(command, arguments).await.unwrap()
    }

    /// From here on no script of a page runs; the tests' own do.
    pub async fn without_scripts(&self) {
        let off = json!({"value": true});
        self.cdp("Emulation.setScriptExecutionDisabled", off).await;
    }

    pub async fn ask(&self, script: &str) -> Value {
        self.ask_with(script, Vec::new()).await
    }

    /// The same with `arguments` for the script; a promise is waited for.
    pub async fn ask_with(&self, script: &str, arguments: Vec<Value>) -> Value {
        let answer = self.web.execute(script, arguments).await.unwrap();
        answer.json().clone()
    }

    /// Opens a path of the program, or a whole address.
    pub async fn go(&self, path: &str) {
        self.web.goto(self.address(path)).await.unwrap();
    }

    /// The whole address of a path of the program.
    pub fn address(&self, path: &str) -> String {
        if path.starts_with('/') {
            format!("{}{path}", self.base)
        } else {
            path.to_owned()
        }
    }

    /// The path that is open.
    pub async fn path(&self) -> String {
        let url = self.web.current_url().await.unwrap();
        url.path().to_owned()
    }

    pub async fn text(&self) -> String {
        let text = self.ask("return document.body.innerText").await;
        text.as_str().unwrap_or_default().to_owned()
    }

    #[track_caller]
    pub fn sees(&self, words: &str) -> impl Future<Output = ()> {
        let caller = std::panic::Location::caller();
        async move {
            let text = self.text().await;
            if !text.contains(words) {
                self.picture("failed", PHONE).await;
                panic!("{caller}: no {words:?} in\n{text}");
            }
        }
    }

    async fn element(&self, by: By) -> WebElement {
        let found = self.web.find(by.clone()).await;
        let Ok(found) = found else {
            panic!("no {by:?} on {}:\n{}", self.path().await, self.text().await);
        };
        found
    }

    async fn named(&self, name: &str) -> WebElement {
        self.element(By::Css(format!("main [name='{name}']:not([type=hidden])")))
            .await
    }

    /// Types into a field.
    pub async fn fill(&self, name: &str, typed: &str) {
        let field = self.named(name).await;
        field.clear().await.unwrap();
        field.send_keys(typed).await.unwrap();
    }

    /// What a field holds.
    pub async fn value(&self, name: &str) -> String {
        let field = self.named(name).await;
        field.prop("value").await.unwrap().unwrap_or_default()
    }

    /// Presses the key that leads to the next thing.
    pub async fn tab(&self) {
        let on = self.web.active_element().await.unwrap();
        on.send_keys(Key::Tab).await.unwrap();
    }

    /// Sets a date, a time or the choice of a list.
    pub async fn choose(&self, name: &str, value: &str) {
        let field = self.named(name).await;
        self.set(&field, name, value).await;
    }

    async fn set(&self, field: &WebElement, name: &str, value: &str) {
        let script = "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('change', {bubbles: true}));";
        let arguments = vec![field.to_json().unwrap(), json!(value)];
        self.web.execute(script, arguments).await.unwrap();
        assert_eq!(
            field.prop("value").await.unwrap().unwrap_or_default(),
            value,
            "{name}"
        );
    }

    /// The value of the choice of a list that says `words`.
    pub async fn option(&self, name: &str, words: &str) -> String {
        let found = self
            .ask(&format!(
                "return [...document.querySelectorAll(\"main select[name='{name}'] option\")].find(o => o.textContent.includes({}))?.value",
                json!(words)
            ))
            .await;
        let Some(value) = found.as_str() else {
            panic!("no {words:?} in {name}:\n{}", self.text().await);
        };
        value.to_owned()
    }

    /// The same, chosen.
    pub async fn pick(&self, name: &str, words: &str) {
        let value = self.option(name, words).await;
        self.choose(name, &value).await;
    }

    /// Ticks a box, or one of several.
    pub async fn tick(&self, name: &str, value: &str) {
        let by = By::Css(format!("main [name='{name}'][value='{value}']"));
        self.element(by).await.click().await.unwrap();
    }

    /// A file for a field.
    pub async fn attach(&self, name: &str, file: &Path) {
        let field = self.named(name).await;
        field.send_keys(file.to_str().unwrap()).await.unwrap();
    }

    /// Presses the button, or else the link, with these words and waits for the page behind it.
    pub async fn press(&self, words: &str) {
        let mut found = None;
        for place in [
            "//main//button",
            "//main//summary",
            "//main//a",
            "//button",
            "//a",
        ] {
            let by = By::XPath(format!("{place}[normalize-space()='{words}']"));
            if found.is_none() {
                found = self.web.find(by).await.ok();
            }
        }
        let Some(target) = found else {
            let (path, text) = (self.path().await, self.text().await);
            panic!("nothing to press with {words:?} on {path}:\n{text}");
        };
        self.click(&target).await;
    }

    /// Opens the first link whose words begin with these.
    pub async fn press_start(&self, words: &str) {
        let by = By::XPath(format!(
            "//main//a[starts-with(normalize-space(), '{words}')]"
        ));
        let target = self.element(by).await;
        self.click(&target).await;
    }

    /// Follows the first link to be seen whose address contains `part`.
    pub async fn follow(&self, part: &str) {
        self.push(&format!("a[href*='{part}']")).await;
    }

    /// Clicks the first thing to be seen that the selector finds.
    pub async fn push(&self, css: &str) {
        let found = self.web.find_all(By::Css(css)).await.unwrap();
        for target in found {
            if target.is_displayed().await.unwrap() {
                self.click(&target).await;
                return;
            }
        }
        let (path, text) = (self.path().await, self.text().await);
        panic!("nothing to be seen of {css:?} on {path}:\n{text}");
    }

    /// Sends the form of one of the moves that a page offers, opened first when it is folded up.
    /// The fields named here are filled in, boxes ticked and files attached; the others stay as
    /// the page proposes them.
    pub async fn step(&self, action: &str, fields: &[(&str, &str)]) {
        let form = self.unfold(action).await;
        for (name, value) in fields {
            let field = self.element(By::Css(format!("{form} [name={name}]"))).await;
            match field.attr("type").await.unwrap().as_deref() {
                Some("radio" | "checkbox") => {
                    self.push(&format!("{form} [name={name}][value='{value}']"))
                        .await;
                }
                Some("file") => field.send_keys(*value).await.unwrap(),
                _ => self.set(&field, name, value).await,
            }
        }
        self.push(&format!("{form} .btns button")).await;
    }

    /// Opens what the form of a move is folded up in; answers how to find the form.
    pub async fn unfold(&self, action: &str) -> String {
        let folded = format!("main details:not([open]):has([name=action][value={action}])");
        while !self
            .web
            .find_all(By::Css(&folded))
            .await
            .unwrap()
            .is_empty()
        {
            self.push(&format!("{folded} > summary")).await;
        }
        format!("main form:has(> [name=action][value={action}])")
    }

    /// Clicks and waits until the page behind it has taken the place of this one.
    async fn click(&self, target: &WebElement) {
        let leads = !["summary", "input"].contains(&target.tag_name().await.unwrap().as_str());
        self.ask("window.stillHere = true; return 1").await;
        target.scroll_into_view().await.unwrap();
        target.click().await.unwrap();
        if leads {
            self.until("!window.stillHere").await;
        }
        self.settled().await;
    }

    async fn settled(&self) {
        self.until("document.readyState === 'complete'").await;
    }

    /// Waits until an expression is true.
    pub async fn until(&self, expression: &str) {
        let begun = Instant::now();
        while self.ask(&format!("return !!({expression})")).await != json!(true) {
            let waited = begun.elapsed();
            assert!(
                waited < Duration::from_secs(10),
                "{expression}\n{}",
                self.text().await
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Signs in through the form.
    pub async fn sign_in(&self, login: &str, password: &str) {
        self.go("/sign-in").await;
        self.fill("login", login).await;
        self.fill("password", password).await;
        self.push("main form[action='/sign-in'] button").await;
        assert_ne!(self.path().await, "/sign-in", "{}", self.text().await);
    }

    /// Takes the cookies off, to be somebody else; [`Browser::wear`] puts them on again.
    pub async fn undress(&self) -> Vec<Cookie> {
        let cookies = self.web.get_all_cookies().await.unwrap();
        self.web.delete_all_cookies().await.unwrap();
        cookies
    }

    pub async fn wear(&self, cookies: &[Cookie]) {
        self.web.delete_all_cookies().await.unwrap();
        for cookie in cookies {
            self.web.add_cookie(cookie.clone()).await.unwrap();
        }
    }

    /// What the browser said since it was asked last; it may say a thing twice.
    pub async fn said(&self) -> Vec<String> {
        let log = self.web.browser_log().await.unwrap();
        let before = self.heard.load(Ordering::Relaxed);
        let fresh: Vec<_> = log
            .into_iter()
            .filter(|entry| entry.timestamp > before)
            .collect();
        let last = fresh.iter().map(|entry| entry.timestamp).max();
        self.heard.store(last.unwrap_or(before), Ordering::Relaxed);
        // Its own pages, such as that of a new tab, may fall over when they are left.
        let ours = fresh
            .into_iter()
            .filter(|entry| !entry.message.starts_with("chrome://"));
        let bad = ours.filter(|entry| {
            entry.level == "SEVERE" || entry.message.contains("Content Security Policy")
        });
        bad.map(|entry| entry.message).collect()
    }

    /// What was complained about so far is forgiven.
    pub async fn forgive(&self) {
        self.said().await;
    }

    /// Nothing was refused by the content security policy, no script fell, no file was missing.
    async fn calm(&self) {
        let mut bad = self.said().await;
        // A form that comes back with its faults is a page like any other.
        bad.retain(|words| !words.contains("status of 422") && !words.contains("status of 409"));
        self.note(&self.path().await, &json!(bad));
    }

    /// Looks at the page as it is: calm, in order, nothing to push sideways on a phone and on a
    /// small one. Keeps pictures in the folder that `NIGHTFAIR_SHOTS` names. What is wrong is told
    /// when the browser closes, all of it.
    pub async fn look(&self, name: &str, size: (u32, u32)) {
        self.settled().await;
        self.calm().await;
        let lacks = self.ask(OWES).await;
        self.note(&format!("{name} lacks"), &lacks);
        for width in [320, PHONE.0] {
            self.size((width, PHONE.1)).await;
            let over = self.ask(SIDEWAYS).await;
            self.note(&format!("{name} at {width}"), &over);
        }
        self.picture(name, PHONE).await;
        if size != PHONE {
            self.picture(name, size).await;
        }
        self.size(PHONE).await;
    }

    /// The same page by night, when somebody wants pictures.
    pub async fn look_by_night(&self, name: &str, size: (u32, u32)) {
        if self.shots.is_none() {
            return;
        }
        let theme = "document.documentElement.dataset.theme";
        let was = self
            .ask(&format!(
                "const was = {theme}; {theme} = 'night'; return was"
            ))
            .await;
        self.picture(&format!("{name}-night"), size).await;
        self.ask(&format!("{theme} = {was}; return 1")).await;
        self.size(PHONE).await;
    }

    fn note(&self, what: &str, wrong: &Value) {
        let wrong = wrong.as_array().unwrap();
        let mut noted = self.wrong.lock().unwrap();
        noted.extend(wrong.iter().map(|wrong| format!("{what}: {wrong}")));
    }

    /// Keeps a picture, when somebody wants them.
    pub async fn picture(&self, name: &str, (width, height): (u32, u32)) {
        let Some(folder) = &self.shots else {
            return;
        };
        self.size((width, height)).await;
        std::fs::create_dir_all(folder).unwrap();
        let png = self.shot().await;
        std::fs::write(folder.join(format!("{name}-{width}.png")), png).unwrap();
    }

    /// Keeps a file, when somebody wants to look at it.
    pub fn keep(&self, name: &str, bytes: &[u8]) {
        if let Some(folder) = &self.shots {
            std::fs::create_dir_all(folder).unwrap();
            std::fs::write(folder.join(name), bytes).unwrap();
        }
    }

    /// The whole page as a picture.
    pub async fn shot(&self) -> Vec<u8> {
        let whole = json!({"format": "png", "captureBeyondViewport": true});
        let shot = self.cdp("Page.captureScreenshot", whole).await;
        decode(&shot["data"])
    }

    /// The page on A4, as a printer gets it.
    pub async fn print(&self) -> Vec<u8> {
        let a4 = json!({"preferCSSPageSize": true, "printBackground": true, "paperWidth": 8.2677, "paperHeight": 11.6929});
        decode(&self.cdp("Page.printToPDF", a4).await["data"])
    }
}

fn decode(text: &Value) -> Vec<u8> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    STANDARD.decode(text.as_str().unwrap()).unwrap()
}

#[expect(
    clippy::disallowed_methods,
    reason = "whoever runs the tests names the folder"
)]
fn shots() -> Option<PathBuf> {
    std::env::var("NIGHTFAIR_SHOTS").ok().map(PathBuf::from)
}
