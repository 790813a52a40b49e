//! The people of a desk before one browser: who they are, and how they come to their cases.
use crate::{
    browser::{Browser, DESK, PHONE},
    harness::TestApp,
    wire::{ADMIN, PASSWORD, Told},
};
use chrono::TimeDelta;
use nightfair::{account::store::FIRST_OFFICE, domain::number::CaseNumber, platform::text::Lang};
use std::path::PathBuf;

/// A unit: name, kind, code, and the name of the area that it looks after, if any.
pub type Unit<'a> = (&'a str, &'a str, &'a str, &'a str);
/// A member of staff: login, name, role, code of the unit, and whether he heads it.
pub type Member<'a> = (&'a str, &'a str, &'a str, &'a str, bool);

pub struct Day {
    pub browser: Browser,
    /// In which everybody reads.
    pub lang: Lang,
    told: Told,
}

impl Day {
    pub async fn open(told: Told, host: &str) -> Self {
        let browser = Browser::open(host).await;
        Self {
            browser,
            lang: Lang::Zh,
            told,
        }
    }

    /// Areas and units by the administrator, and everybody's account.
    pub async fn prepare(&self, areas: &str, units: &[Unit<'_>], members: &[Member<'_>]) {
        let browser = &self.browser;
        let table = browser.dir.path().join("areas.csv");
        std::fs::write(&table, areas).unwrap();
        self.comes(ADMIN).await;
        browser.go("/office/areas/import").await;
        browser.attach("table", &table).await;
        browser.press(&self.word("area.import.check")).await;
        browser.press(&self.word("area.import.confirm")).await;
        for (name, kind, code, area) in units {
            browser.go("/office/units").await;
            browser.fill("name", name).await;
            browser.choose("kind", kind).await;
            browser.fill("code", code).await;
            if !area.is_empty() {
                browser.pick("area", area).await;
            }
            browser.press(&self.word("common.add")).await;
        }
        for (login, name, role, unit, heads) in members {
            let unit = Some(*unit).filter(|unit| !unit.is_empty());
            self.told.account(login, name, role, unit);
            if *heads {
                browser.go("/office/accounts").await;
                browser.press(name).await;
                browser.tick("leader", "yes").await;
                browser.press(&self.word("common.save")).await;
            }
        }
    }

    /// What the catalogue says to whoever reads here.
    pub fn word(&self, key: &str) -> String {
        crate::browser::word_in(self.lang, key)
    }

    /// Every word on the page is in the reader's language, but for the name of the office and the
    /// way to the other language; in Chinese nothing is looked for.
    pub async fn speaks(&self) {
        if self.lang == Lang::Zh {
            return;
        }
        let script = "const page = document.body.cloneNode(true);
            page.querySelectorAll('.prefs, script, style, [lang=zh-CN]').forEach(e => e.remove());
            const said = [page.textContent, document.title];
            page.querySelectorAll('[aria-label],[alt],[title],[placeholder]').forEach(e => said.push(
                e.getAttribute('aria-label'), e.alt, e.title, e.placeholder));
            return said.filter(Boolean).join('\\n')";
        let text = self.browser.ask(script).await;
        let text = text.as_str().unwrap().replace(FIRST_OFFICE.1, "");
        let foreign = |line: &&str| line.chars().any(|c| c > '\u{3000}' && c < '\u{fff0}');
        let left: Vec<_> = text.lines().filter(foreign).map(str::trim).collect();
        let path = self.browser.path().await;
        assert!(left.is_empty(), "{path} says in Chinese: {left:#?}");
    }

    /// Somebody signs in where another was before.
    pub async fn comes(&self, login: &str) {
        self.leave().await;
        self.browser.sign_in(login, PASSWORD).await;
    }

    /// Nobody is signed in any more.
    pub async fn leave(&self) {
        self.browser.undress().await;
        if self.lang == Lang::En {
            self.browser.go("/prefs?lang=en&back=/sign-in").await;
        }
    }

    pub async fn open_case(&self, login: &str, number: &str) {
        self.comes(login).await;
        self.browser.go(&format!("/cases/{number}")).await;
    }

    /// The number that a page of a case names first.
    pub async fn number(&self) -> String {
        let text = self.browser.text().await;
        let mut words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        let number = words.find_map(|word| word.parse::<CaseNumber>().ok());
        number.unwrap().to_string()
    }

    /// A picture of something, such as a lamp, in a colour of its own.
    pub fn picture(&self, of: &str) -> PathBuf {
        let file = self.browser.dir.path().join(format!("{of}.png"));
        let shade = of.bytes().fold(40_u8, u8::wrapping_add);
        let plain = image::RgbImage::from_pixel(480, 320, image::Rgb([shade, 90, 60]));
        plain.save(&file).unwrap();
        file
    }

    /// Start page, ledger and case as one reader sees them, on a phone and at a desk.
    pub async fn look_around(&self, name: &str, number: &str) {
        let browser = &self.browser;
        browser.look(&format!("{name}-case"), DESK).await;
        browser.look_by_night(&format!("{name}-case"), PHONE).await;
        browser.go("/cases").await;
        browser.sees(number).await;
        browser.look(&format!("{name}-ledger"), DESK).await;
        browser.look_by_night(&format!("{name}-ledger"), DESK).await;
        browser.go(&format!("/cases/{number}")).await;
    }
}

/// A program whose time the test moves on, served to browsers.
pub struct Timed {
    pub app: TestApp,
    pub host: String,
}

impl Timed {
    pub async fn open(at: &str) -> Self {
        let (app, host) = TestApp::served_at(at).await;
        let program = Self { app, host };
        program
            .told()
            .account(ADMIN, "Wang Fang", "office_admin", None);
        program
    }

    fn told(&self) -> Told {
        Told {
            data: self.app.dir.path().to_owned(),
            database: Some(self.app.url.clone()),
            direct: None,
        }
    }

    pub async fn day(&self) -> Day {
        Day::open(self.told(), &self.host).await
    }

    /// Days go by, and what is to be done by the program in them is done.
    pub async fn pass(&self, days: i64) {
        self.app.clock.advance(TimeDelta::days(days));
        nightfair::case::jobs::tick(&self.app.app).await.unwrap();
    }
}
