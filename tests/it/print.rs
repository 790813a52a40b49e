//! What comes out of the printer: each paper is printed by a real browser, its pages are counted, its
//! codes are read by another program, and its letters and codes are as large as was promised.
use crate::{
    browser::{Browser, DESK, word, word_in},
    fair_build::{SLUG, approved_employer, employer_body, fair_body, stand_code},
    harness::{Client, EVENING, TestApp},
    posting_make::{designer, with},
    qr::read_paper,
};
use chrono::TimeDelta;
use nightfair::{
    domain::{case::NotSelectedReason, id::EmployerId, role::Role, ticket::Code},
    entity::access_record,
    person::consent::Purpose,
    platform::text::Lang,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use std::{collections::BTreeSet, path::Path, process::Command};

/// Dots an inch at which papers are looked at: a telephone in a dim light sees more.
const DOTS: u32 = 60;

/// What does not fit its sheet, and what is smaller than was promised.
const WRONG: &str = "
const mm = points => points * 25.4 / 96, wrong = [];
document.querySelectorAll('.sheet').forEach((sheet, at) => {
  const say = what => wrong.push(`sheet ${at + 1}: ${what}`), edge = sheet.getBoundingClientRect();
  if (mm(edge.height) > 297) say('taller than A4');
  for (const part of sheet.querySelectorAll('*')) {
    if (part.closest('.night svg, caption, .vh')) continue;
    const own = part.getBoundingClientRect();
    if (own.height && (own.bottom > edge.bottom + 1 || own.right > edge.right + 1 || own.left < edge.left - 1))
      say(`${part.tagName} ${part.className} stands out: ${part.textContent.slice(0, 30)}`);
  }
  for (const part of sheet.querySelectorAll('.posts, .points, .blank'))
    if (part.scrollHeight > part.clientHeight + 2) say(`${part.className} is cut`);
  const code = sheet.querySelector('.scan svg');
  if (code) {
    const side = code.viewBox.baseVal.width, wide = mm(code.getBoundingClientRect().width) * (side - 8) / side;
    if (wide < 90) say(`the code is ${wide} mm wide`);
    for (const other of sheet.querySelectorAll('.posts, .points, .ask, footer, .help')) {
      const box = code.getBoundingClientRect(), edge = box.width * 4 / side, own = other.getBoundingClientRect();
      if (own.right > box.left && own.left < box.right && own.bottom > box.top && own.top < box.bottom)
        say(`${other.className} lies in the white edge of the code`);
    }
  }
  const number = sheet.querySelector('.band b');
  if (number && parseFloat(getComputedStyle(number).fontSize) * 0.75 < 60) say('the number is small');
});
return wrong;";

/// The longest texts that the forms take.
fn longest(text: &str, characters: usize) -> String {
    text.chars().cycle().take(characters).collect()
}

/// An evening with so many employers at booths, everything as long as it may be.
struct Evening {
    app: TestApp,
    host: String,
    office: Client,
    stands: Vec<(EmployerId, String)>,
}

impl Evening {
    async fn with(booths: u32) -> Self {
        let (app, host) = TestApp::served_at(EVENING).await;
        let office = app.role(Role::PlacementOfficer).await;
        let mut body = fair_body(SLUG, "A 1-30 北侧\nB 1-30 南侧\nC 1-30 西侧");
        body["title"] = json!(longest("土门墩街道星光就业集市暨", 60));
        body["venue"] = json!(longest("黄河之滨文化体育公园", 60));
        body["starts_at"] = json!("2026-07-19T19:00:00+08:00");
        body["ends_at"] = json!("2026-07-19T22:00:00+08:00");
        body["registration"]["closes_at"] = json!("2026-07-19T21:30:00+08:00");
        office.api_post("/fairs", &body).await.expect(201);
        let publish = format!("/fairs/{SLUG}/publish");
        office.api_post(&publish, &json!({})).await.expect(200);
        let mut evening = Self {
            app,
            host,
            office,
            stands: Vec::new(),
        };
        for n in 0..booths {
            let row = ['A', 'B', 'C'][(n / 30) as usize];
            let label = format!("{row}{:02}", n % 30 + 1);
            let employer = evening.employer(n).await;
            evening.book(employer, &label).await;
            evening.stands.push((employer, label));
        }
        evening
    }

    /// Names of every length, the longest among them.
    async fn employer(&self, n: u32) -> EmployerId {
        let long = match n % 4 {
            0 => 80,
            1 => 45,
            2 => 22,
            _ => return approved_employer(&self.office, n + 1).await,
        };
        let mut body = employer_body(n + 1);
        body["name"] = if n % 8 < 4 {
            json!(longest("甘肃陇上云仓供应链管理", long))
        } else {
            json!(longest("Longshang Cloud Warehouse Supply ", long).trim())
        };
        let made = self.office.api_post("/employers", &body).await.expect(201);
        let id = made.json()["id"].as_str().unwrap().to_owned();
        let review = format!("/employers/{id}/review");
        let verdict = json!({"decision": "approve"});
        self.office.api_post(&review, &verdict).await.expect(200);
        id.parse().unwrap()
    }

    async fn book(&self, employer: EmployerId, label: &str) {
        let base = format!("/fairs/{SLUG}/booths/{label}");
        let wish = json!({"employer": employer.to_string()});
        let held = self.office.api_post(&format!("{base}/holds"), &wish).await;
        let hold = json!({"hold": held.expect(201).json()["hold"]});
        let booked = self
            .office
            .api_post(&format!("{base}/bookings"), &hold)
            .await;
        booked.expect(201);
    }

    async fn posting(&self, employer: EmployerId, title: &str) -> String {
        let posting = with(
            designer(),
            json!({"employer": employer.to_string(), "title": title}),
        );
        let path = format!("/fairs/{SLUG}/postings");
        let made = self.office.api_post(&path, &posting).await.expect(201);
        let id = made.json()["id"].as_str().unwrap().to_owned();
        let verdict = json!({"decision": "approve"});
        let review = format!("/postings/{id}/review");
        self.office.api_post(&review, &verdict).await.expect(200);
        id
    }

    async fn register(&self, n: usize) -> Value {
        let body = json!({
            "name": format!("{}小明", ["王", "艾", "张"][n % 3]), "phone": format!("1990{n:07}"),
            "wanted": "客服", "consent": {"version": Purpose::Registration.version()},
        });
        let path = format!("/fairs/{SLUG}/registrations");
        let made = self.office.api_post(&path, &body).await;
        made.expect(201).json()["ticket"].clone()
    }

    async fn browser(&self, who: &Client) -> Browser {
        let browser = Browser::open(&self.host).await;
        browser.size(DESK).await;
        browser.go("/sign-in").await;
        let cookie = thirtyfour::Cookie::new("nightfair", who.session());
        browser.wear(&[cookie]).await;
        browser
    }
}

/// A paper as it came out of the printer.
struct Paper {
    /// What stands on each page.
    text: Vec<String>,
    pdf: Vec<u8>,
}

impl Paper {
    /// Opens a page and prints it; nothing on it may be cut, overlap or be too small.
    async fn print(browser: &Browser, path: &str) -> Self {
        browser.go(path).await;
        browser.size(DESK).await;
        let wrong = browser.ask(WRONG).await;
        assert_eq!(wrong, json!([]), "{path}");
        let name = path.trim_start_matches('/').replace(['/', '?', '='], "-");
        let pdf = browser.print().await;
        browser.keep(&format!("{name}.pdf"), &pdf);
        Self {
            text: pages(browser.dir.path(), &pdf),
            pdf,
        }
    }

    /// The codes on each page.
    fn codes(&self, browser: &Browser) -> Vec<Vec<String>> {
        read_paper(browser.dir.path(), &self.pdf, DOTS)
    }
}

/// The words of a PDF, page by page.
fn pages(dir: &Path, pdf: &[u8]) -> Vec<String> {
    let file = dir.join("words.pdf");
    std::fs::write(&file, pdf).unwrap();
    let words = Command::new("pdftotext")
        .args(["-layout", "-enc", "UTF-8"])
        .arg(&file)
        .arg("-")
        .output()
        .unwrap();
    let words = String::from_utf8(words.stdout).unwrap();
    let mut pages: Vec<_> = words.split('\u{c}').map(str::to_owned).collect();
    // Each page ends with a form feed.
    assert_eq!(pages.pop().as_deref(), Some(""));
    pages
}

#[tokio::test(flavor = "multi_thread")]
async fn ninety_booths_are_ninety_sheets_and_none_is_too_full() {
    let evening = Evening::with(90).await;
    let fullest = evening.stands[0].0;
    for n in 0..12 {
        let title = longest(
            "高低压成套设备电气设计工程师",
            if n % 2 == 0 { 40 } else { 8 },
        );
        evening.posting(fullest, &title).await;
    }
    for n in 0..5 {
        evening
            .posting(evening.stands[1].0, &format!("电工{n}"))
            .await;
        evening
            .posting(evening.stands[2].0, &longest("仓储分拣员", 12 + n))
            .await;
    }
    let browser = evening.browser(&evening.office).await;
    let signs = format!("/office/fairs/{SLUG}/signs");
    let paper = Paper::print(&browser, &signs).await;
    assert_eq!(paper.text.len(), 90);
    assert!(paper.text[0].contains("另有 9 个岗位"), "{}", paper.text[0]);
    let mut expected = Vec::new();
    for ((employer, label), page) in evening.stands.iter().zip(&paper.text) {
        assert!(page.contains(label), "{label}: {page}");
        let code = stand_code(&evening.app, *employer).await;
        expected.push(vec![format!(
            "HTTP://{}/B/{code}",
            evening.host.to_uppercase()
        )]);
    }
    assert_eq!(paper.codes(&browser), expected);

    let one = Paper::print(&browser, &format!("{signs}?booth=A02&lang=en")).await;
    assert_eq!(one.codes(&browser), [expected[1].clone()]);
    let english = Paper::print(&browser, &format!("{signs}?lang=en")).await;
    assert_eq!(english.text.len(), 90);
    assert!(english.text[0].contains("and 9 more"));

    let records = format!("/office/fairs/{SLUG}/tally/paper");
    for lang in ["zh-CN", "en"] {
        let paper = Paper::print(&browser, &format!("{records}?lang={lang}")).await;
        // Two gates, each booth, and a spare one.
        assert_eq!(paper.text.len(), 2 + 90 + 1);
    }
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_evening_without_booths_prints_what_there_is() {
    let evening = Evening::with(0).await;
    let browser = evening.browser(&evening.office).await;
    let base = format!("/office/fairs/{SLUG}");
    for (path, key) in [
        ("signs", "fair.signs.none"),
        ("posters/print", "seeker.posters.none.text"),
        ("registrations/roster", "seeker.roster.none"),
    ] {
        let paper = Paper::print(&browser, &format!("{base}/{path}?lang=zh-CN")).await;
        assert_eq!(paper.text.len(), 1, "{path}");
        let told: String = paper.text[0].split_whitespace().collect();
        let said: String = word(key).split_whitespace().collect();
        assert!(told.contains(&said), "{path}: {}", paper.text[0]);
        assert_eq!(paper.codes(&browser), [Vec::<String>::new()]);
    }
    let records = Paper::print(&browser, &format!("{base}/tally/paper")).await;
    assert_eq!(records.text.len(), 3, "two gates and a spare sheet");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn record_sheets_speak_the_codes_of_the_program() {
    let evening = Evening::with(1).await;
    let (employer, label) = &evening.stands[0];
    let mut postings = Vec::new();
    for n in 0..30 {
        postings.push(evening.posting(*employer, &format!("岗位名称{n}")).await);
    }
    let browser = evening.browser(&evening.office).await;
    let path = format!("/office/fairs/{SLUG}/tally/paper?lang=zh-CN");
    let paper = Paper::print(&browser, &path).await;
    let [east, west, booth, spare] = paper.text.as_slice() else {
        panic!("{} sheets", paper.text.len());
    };
    assert!(east.contains("东门") && west.contains("西门"));
    assert!(east.contains(&word("target_group.graduate")));
    assert!(booth.contains(label) && !spare.contains(label));
    for reason in NotSelectedReason::ALL {
        let words = word(&format!("matching.not_selected.{}", reason.code()));
        assert!(booth.contains(&words) && spare.contains(&words), "{words}");
    }
    assert!(booth.contains(&word("matching.decline.distance")));
    // The number of a posting is what the desk chooses by when the sheet is typed in.
    let ticket = evening.register(1).await;
    let code = ticket["code"].as_str().unwrap();
    let desk = format!("/office/matches/new?fair={SLUG}&entry={code}");
    let desk = evening.office.get(&desk).await.expect(200).text();
    for (n, posting) in postings.iter().take(24).enumerate() {
        assert!(booth.contains(posting.as_str()), "{posting}");
        let choice = desk.split(&format!("value=\"{posting}\"")).nth(1).unwrap();
        let choice = choice.split("</option>").next().unwrap();
        assert!(choice.ends_with(&format!(" · {posting}")), "{choice}");
        assert!(choice.contains(&format!("岗位名称{n} ")), "{choice}");
    }
    assert!(booth.contains("另有 6 个岗位"), "{booth}");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_posters_are_one_job() {
    let evening = Evening::with(0).await;
    let list = format!("/office/fairs/{SLUG}/posters");
    let places = format!("夜市东门\n{}\n民乐路社区", longest("民乐路社区公告栏", 60));
    let once = crate::posting_make::once_of(&evening.office.get(&list).await.expect(200).text());
    let made = [("places", places.as_str()), ("once", once.as_str())];
    evening.office.post(&list, &made).await.expect(303);
    let browser = evening.browser(&evening.office).await;
    browser.go(&list).await;
    browser.press(&word("seeker.posters.print_all")).await;
    let all = browser.path().await;
    let paper = Paper::print(&browser, &all).await;
    let codes = paper.codes(&browser);
    assert_eq!(codes.len(), 3);
    let start = format!("HTTP://{}/R/", evening.host.to_uppercase());
    assert!(
        codes
            .iter()
            .all(|page| page.len() == 1 && page[0].starts_with(&start))
    );
    let different: BTreeSet<_> = codes.iter().flatten().collect();
    assert_eq!(different.len(), 3);
    let english = Paper::print(&browser, &format!("{all}?lang=en")).await;
    assert_eq!(english.codes(&browser), codes);
    let code = codes[1][0].rsplit('/').next().unwrap();
    let single = Paper::print(&browser, &format!("{list}/{code}?lang=zh-CN")).await;
    assert_eq!(single.codes(&browser), [codes[1].clone()]);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_roster_has_everybody_once_masked_and_is_recorded() {
    let evening = Evening::with(0).await;
    let mut tickets = Vec::new();
    for n in 0..130 {
        tickets.push(evening.register(n).await);
    }
    let came = tickets[4]["code"].as_str().unwrap();
    let scan = json!({"code": came, "gate": "东门", "nonce": "n1"});
    let gate = format!("/fairs/{SLUG}/check-ins");
    evening.office.api_post(&gate, &scan).await.expect(200);
    let browser = evening.browser(&evening.office).await;
    let path = format!("/office/fairs/{SLUG}/registrations/roster");
    let paper = Paper::print(&browser, &format!("{path}?lang=zh-CN")).await;
    assert_eq!(paper.text.len(), 3);
    let all = paper.text.concat();
    for (n, page) in paper.text.iter().enumerate() {
        // Head, columns and number on every page.
        assert!(page.contains(&word("seeker.roster")), "{page}");
        assert!(page.contains(&word("seeker.code")));
        assert!(
            page.contains(&format!("第 {} 页，共 3 页", n + 1)),
            "{page}"
        );
    }
    for ticket in &tickets {
        let code = ticket["code"].as_str().unwrap();
        let code = format!("{} {}", &code[..4], &code[4..]);
        assert_eq!(all.matches(&code).count(), 1, "{code}");
    }
    assert!(all.contains("王**") && !all.contains("小明") && !all.contains("1990"));
    assert_eq!(all.matches(&word("seeker.roster.came")).count(), 1);
    let sorted = Paper::print(&browser, &format!("{path}?order=name&lang=zh-CN")).await;
    let at = |name: &str| sorted.text.concat().find(name).unwrap();
    assert!(at("艾**") < at("王**") && at("王**") < at("张**"));
    let english = Paper::print(&browser, &format!("{path}?lang=en")).await;
    assert!(english.text[2].contains("Page 3 of 3"));
    let noted = access_record::Entity::find()
        .filter(access_record::Column::Reason.eq("roster"))
        .all(evening.app.app.db.read())
        .await
        .unwrap();
    assert_eq!(noted.len(), 3, "each time it was printed");
    assert!(
        noted
            .iter()
            .all(|one| one.action == "export" && one.account_id == evening.office.account)
    );
    let steward = evening.app.role(Role::GateSteward).await;
    steward.get(&path).await.expect(403);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blank_ticket_becomes_somebodys_when_its_code_is_registered() {
    let evening = Evening::with(1).await;
    let office = &evening.office;
    let browser = evening.browser(office).await;
    let path = format!("/office/fairs/{SLUG}/registrations/blanks");
    for lang in ["en", "zh-CN"] {
        let paper = Paper::print(&browser, &format!("{path}?sheets=10&lang={lang}")).await;
        assert_eq!(paper.text.len(), 10);
    }
    let paper = Paper::print(&browser, &path).await;
    // A camera looks from more than one distance.
    let mut codes = BTreeSet::new();
    for dots in [100, 150, 200] {
        codes.extend(read_paper(browser.dir.path(), &paper.pdf, dots).concat());
    }
    assert_eq!(codes.len(), 24, "six on each sheet, none twice");
    for code in &codes {
        let shown = format!("{} {}", &code[..4], &code[4..]);
        // It stands beside its drawing, for whoever types.
        assert!(paper.text.concat().contains(&shown), "{shown}");
    }
    let [first, second, ..] = Vec::from_iter(&codes)[..] else {
        panic!("two tickets");
    };
    assert!(Code::parse(first).is_ok());

    let scan = |nonce: &str, code: &str| json!({"code": code, "gate": "东门", "nonce": nonce});
    let gate = format!("/fairs/{SLUG}/check-ins");
    let unknown = office.api_post(&gate, &scan("n1", first)).await.expect(200);
    assert_eq!(unknown.json()["result"], "refused");
    let desk = format!("/office/fairs/{SLUG}/registrations/new");
    let enter = async |who: &Client, name: &str, phone: &str, code: &str| {
        let once = crate::posting_make::once_of(&who.get(&desk).await.expect(200).text());
        let form = [
            ("once", once.as_str()),
            ("name", name),
            ("phone", phone),
            ("code", code),
            ("consent", "yes"),
        ];
        who.post(&desk, &form).await
    };
    let slip = enter(office, "王小明", "13800006608", &first.to_lowercase()).await;
    assert!(slip.expect(200).text().contains(&first[4..]));
    // Whoever has a ticket already is not given another: the desk is led to it.
    for (held, said) in [("", "known"), ("-", "known"), (first, "joined")] {
        let to = enter(office, "王小明", "13800006608", held).await;
        let to = to.expect(303).location();
        assert!(to.ends_with(&format!("?said={said}")), "{to}");
        let there = office.get(&to).await.expect(200).text();
        assert!(there.contains(&word(&format!("seeker.registration.said.{said}"))));
    }
    let admitted = office.api_post(&gate, &scan("n2", first)).await.expect(200);
    assert_eq!(admitted.json()["result"], "admitted");
    let booth = stand_code(&evening.app, evening.stands[0].0).await;
    let line = format!("/gate/{SLUG}/queues");
    let once = crate::posting_make::once_of(&office.get(&line).await.expect(200).text());
    let number = [
        ("once", once.as_str()),
        ("booth", &booth),
        ("ticket", first),
    ];
    office.post(&line, &number).await.expect(303);

    // One ticket, one person; a slip of the pen is noticed.
    let taken = enter(office, "张小芳", "13800006609", first)
        .await
        .expect(422);
    assert!(taken.text().contains(&word("field_fault.blank_taken")));
    let mut wrong = second.clone();
    let last = if wrong.ends_with('0') { "1" } else { "0" };
    wrong.replace_range(7.., last);
    enter(office, "张小芳", "13800006609", &wrong)
        .await
        .expect(422);
    // What was written on the stub is typed in when the evening is over.
    evening.app.clock.advance(TimeDelta::hours(14));
    let office = &evening.app.role(Role::PlacementOfficer).await;
    enter(office, "张小芳", "13800006609", "").await.expect(409);
    enter(office, "张小芳", "13800006609", second)
        .await
        .expect(200);
    let late = office
        .api_post(&gate, &scan("n3", second))
        .await
        .expect(200);
    assert_eq!(late.json()["result"], "admitted");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_name_office_period_formula_and_leave_room_to_sign() {
    let evening = Evening::with(40).await;
    let admin = evening.app.role(Role::OfficeAdmin).await;
    for n in 0..9 {
        evening.register(n).await;
    }
    let browser = evening.browser(&admin).await;
    let office = evening.app.app.sign.get().name.clone();
    let tally = format!("/office/fairs/{SLUG}/tally/print");
    for (path, lang, keys) in [
        (
            &*tally,
            Lang::Zh,
            [
                "tally.sheet.name",
                "tally.sheet.responsible",
                "tally.sheet.rates",
            ],
        ),
        (
            &*tally,
            Lang::En,
            [
                "tally.sheet.name",
                "tally.sheet.responsible",
                "tally.sheet.rates",
            ],
        ),
        (
            "/office/figures/print",
            Lang::Zh,
            [
                "oversight.sheet",
                "oversight.responsible",
                "oversight.three",
            ],
        ),
        (
            "/office/figures/print",
            Lang::En,
            [
                "oversight.sheet",
                "oversight.responsible",
                "oversight.three",
            ],
        ),
    ] {
        browser.go(&format!("{path}?lang={}", lang.tag())).await;
        let pdf = browser.print().await;
        browser.keep(&format!("report-{}-{}.pdf", keys[0], lang.tag()), &pdf);
        let pages = pages(browser.dir.path(), &pdf);
        let plain = |text: &str| -> String { text.split_whitespace().collect() };
        let all = plain(&pages.concat());
        for told in keys.map(|key| word_in(lang, key)).iter().chain([&office]) {
            assert!(all.contains(&plain(told)), "{path} {told}: {all}");
        }
        // Each page says which it is of how many.
        for (n, page) in pages.iter().enumerate() {
            let number = format!("{}/{}", n + 1, pages.len());
            assert!(plain(page).ends_with(&number), "{path} {number}: {page}");
        }
    }
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_page_leads_to_every_paper() {
    let evening = Evening::with(1).await;
    let admin = evening.app.role(Role::OfficeAdmin).await;
    let board = evening.app.role(Role::Board).await;
    let browser = evening.browser(&admin).await;
    browser.go(&format!("/office/fairs/{SLUG}")).await;
    browser.press(&word("fair.way.print")).await;
    browser.look("papers", DESK).await;
    browser.look_by_night("papers", DESK).await;
    let links =
        "return [...document.querySelectorAll('main a.card')].map(a => a.getAttribute('href'))";
    let links = browser.ask(links).await;
    let links: Vec<_> = links
        .as_array()
        .unwrap()
        .iter()
        .map(|href| href.as_str().unwrap())
        .collect();
    assert_eq!(links.len(), 7, "{links:?}");
    for href in links {
        let page = admin.get(href).await.expect(200).text();
        assert!(page.contains("print.css"), "{href}");
    }
    let seen = board
        .get(&format!("/office/fairs/{SLUG}/print"))
        .await
        .expect(200)
        .text();
    assert!(!seen.contains(&word("fair.paper.roster")) && seen.contains(&word("fair.paper.tally")));
    browser.close().await;
}
