//! One evening in a browser, as the people of the market live it: an employer joins and picks its
//! booth, the office reviews, a seeker follows the poster, the gate lets in, the two meet, the
//! officer verifies, the tally counts.
use crate::{
    browser::{Browser, DESK, PHONE, WALL, word},
    fair_build::uscc,
    qr::{read_bytes, read_paper},
    wire::{ADMIN, Office, PASSWORD, SLUG},
};
use chrono::TimeDelta;
use nightfair::{
    domain::moment,
    platform::clock::{Clock, SystemClock},
};

const EMPLOYER: &str = "陇上云仓供应链有限公司";
const TITLE: &str = "夜班分拣员";

/// The day in the market's country, as a date field takes it.
fn today() -> String {
    moment::today(SystemClock.now()).to_string()
}

/// Everything that the story needs besides the browser.
struct Evening {
    /// Serves as long as the story lasts.
    _office: Office,
    browser: Browser,
}

impl Evening {
    async fn open(office: Office) -> Self {
        office.open_fair(SLUG, 100, "A 1-4 北侧").await;
        office.account("liming", "李明", "gate_steward");
        office.account("zhaoyan", "赵燕", "placement_officer");
        let browser = Browser::open(&office.serving.host).await;
        Self {
            _office: office,
            browser,
        }
    }

    fn picture(&self) -> std::path::PathBuf {
        let file = self.browser.dir.path().join("licence.png");
        let plain = image::RgbImage::from_pixel(480, 320, image::Rgb([200, 210, 220]));
        plain.save(&file).unwrap();
        file
    }

    /// An employer registers itself and sees that it is being reviewed.
    async fn employer_joins(&self) {
        let browser = &self.browser;
        browser.go("/employer/join").await;
        browser.look("employer-join", DESK).await;
        for (name, typed) in [
            ("name", EMPLOYER),
            ("uscc", "91620100MA0000001O"),
            ("address", "示范路 1 号"),
            ("contact_name", "王经理"),
            ("contact_phone", "１３９００００１１１１"),
            ("login", "yuncang"),
            ("password", PASSWORD),
        ] {
            browser.fill(name, typed).await;
        }
        browser.choose("kind", "company").await;
        browser.choose("industry", "G").await;
        browser.tick("promise", "yes").await;
        browser.press(&word("employer.submit_join")).await;
        // The letter O in the code: told at the field, and nothing typed is lost.
        assert_eq!(browser.path().await, "/employer/join");
        browser.sees(&word("common.faults")).await;
        browser.look("employer-join-fault", DESK).await;
        browser.fill("uscc", &uscc(1)).await;
        browser.fill("password", PASSWORD).await;
        for paper in ["licence", "authority"] {
            browser.attach(paper, &self.picture()).await;
        }
        browser.press(&word("employer.submit_join")).await;
        assert_ne!(
            browser.path().await,
            "/employer/join",
            "{}",
            browser.text().await
        );
    }

    /// The office looks at the papers and approves.
    async fn office_approves_employer(&self) {
        let browser = &self.browser;
        browser.go("/office/employers").await;
        browser.look("employers", DESK).await;
        browser.press(EMPLOYER).await;
        browser.look("employer-dossier", DESK).await;
        browser.press(&word("employer.approve")).await;
        browser.sees(&word("employer_status.approved")).await;
    }

    /// The employer holds a booth of the plan and confirms it.
    async fn employer_picks_booth(&self) {
        let browser = &self.browser;
        browser.go("/employer").await;
        browser.look("employer-home", DESK).await;
        browser.follow(&format!("/employer/fairs/{SLUG}")).await;
        browser.look("booth-plan", DESK).await;
        browser.follow("?booth=A01").await;
        browser.fill("staff", "3").await;
        browser.look("booth-picked", DESK).await;
        browser.push("main button[name=booth][value=A01]").await;
        browser.sees(&word("booking_status.held")).await;
        browser.look("booth-held", DESK).await;
        browser.press(&word("pick.confirm")).await;
        browser.sees(&word("pick.booked")).await;
        browser.look("booth-booked", DESK).await;
    }

    async fn employer_posts(&self) {
        let browser = &self.browser;
        browser.go("/employer/postings/new").await;
        for (name, typed) in [
            ("title", TITLE),
            ("headcount", "１２"),
            ("pay_min", "5000"),
            ("pay_max", "6500"),
            ("duties", "夜间分拣包裹，按区码放，交接清楚。"),
            ("place", "七里河区示范路 1 号"),
            ("hours", "20:00—次日 4:00，做六休一"),
        ] {
            browser.fill(name, typed).await;
        }
        let until = (SystemClock.now() + TimeDelta::days(20))
            .format("%Y-%m-%d")
            .to_string();
        for (name, value) in [
            ("occupation", "production"),
            ("kind", "regular"),
            ("pay_unit", "month"),
            ("education", "any"),
            ("experience", "any"),
            ("contract_type", "fixed_term"),
            ("expires_on", &until),
        ] {
            browser.choose(name, value).await;
        }
        browser.tick("insurance", "pension").await;
        browser.look("posting-new", DESK).await;
        browser.press(&word("posting.submit")).await;
        browser.sees(TITLE).await;
        assert_ne!(
            browser.path().await,
            "/employer/postings/new",
            "{}",
            browser.text().await
        );
        browser.look("posting-own", DESK).await;
    }

    async fn office_approves_posting(&self) {
        let browser = &self.browser;
        browser.go("/office/postings").await;
        browser.look("postings", DESK).await;
        browser.follow("/office/postings/").await;
        browser.sees(TITLE).await;
        browser.look("posting-review", DESK).await;
        browser.tick("decision", "approve").await;
        browser.press(&word("posting.decide")).await;
        browser.go(&format!("/f/{SLUG}/postings")).await;
        browser.sees(TITLE).await;
        browser.look("postings-public", PHONE).await;
    }

    /// Makes a poster; answers the address in its code.
    async fn poster(&self) -> String {
        let browser = &self.browser;
        browser.go(&format!("/office/fairs/{SLUG}/posters")).await;
        browser.fill("places", "民乐路社区公告栏").await;
        browser.press(&word("seeker.posters.make")).await;
        browser.look("posters", DESK).await;
        browser.follow("/posters/").await;
        let mut read = read_bytes(browser.dir.path(), &browser.shot().await);
        assert_eq!(read.len(), 1);
        read.remove(0)
    }

    /// Somebody scans the poster with a telephone; answers the address in the ticket's code.
    async fn seeker_registers(&self, poster: &str) -> String {
        let browser = &self.browser;
        browser.go(poster).await;
        browser.look("register", PHONE).await;
        browser.fill("name", "赵小兰").await;
        browser.fill("phone", "138 0000").await;
        browser.press(&word("seeker.register.submit")).await;
        browser.sees(&word("common.faults")).await;
        let name = browser
            .ask("return document.querySelector('[name=name]').value")
            .await;
        assert_eq!(name, "赵小兰");
        browser.fill("phone", "199 0000 0001").await;
        browser.fill("wanted", "分拣").await;
        browser.tick("consent", "yes").await;
        browser.press(&word("seeker.register.submit")).await;
        browser.sees(&word("seeker.ticket.fresh")).await;
        browser.look("ticket", PHONE).await;
        let mut read = read_bytes(browser.dir.path(), &browser.shot().await);
        assert_eq!(read.len(), 1);
        read.remove(0)
    }

    /// The steward's telephone opens what stands in the ticket's code.
    async fn gate_admits(&self, ticket: &str) {
        let browser = &self.browser;
        browser.go(ticket).await;
        browser.sees(&word("seeker.gate.confirm")).await;
        browser.tick("gate", "东门").await;
        browser.look("gate-confirm", PHONE).await;
        browser.press(&word("seeker.gate.in")).await;
        browser.sees(&word("seeker.verdict.admitted")).await;
        browser.look("gate-admitted", PHONE).await;
    }

    /// The sign that stands on the booth; answers the address in its code.
    async fn booth_sign(&self) -> String {
        let browser = &self.browser;
        browser.go(&format!("/office/fairs/{SLUG}/signs")).await;
        browser.sees(EMPLOYER).await;
        let mut sheets = read_paper(browser.dir.path(), &browser.print().await, 100);
        assert_eq!(sheets.len(), 1);
        assert_eq!(sheets[0].len(), 1);
        sheets.remove(0).remove(0)
    }

    /// Whoever holds the ticket scans the booth; answers the path of the match.
    async fn seeker_shows_interest(&self, sign: &str) -> String {
        let browser = &self.browser;
        browser.go(sign).await;
        browser.sees(TITLE).await;
        browser.look("booth", PHONE).await;
        browser.press(&word("matching.interested")).await;
        browser.sees(&word("matching.interest.submit")).await;
        browser.tick("share", "name").await;
        browser.tick("share", "phone").await;
        browser.look("interest", PHONE).await;
        // Shared without agreement: told, and nothing is untold.
        browser.press(&word("matching.interest.submit")).await;
        browser.sees(&word("common.faults")).await;
        browser.tick("consent", "yes").await;
        browser.press(&word("matching.interest.submit")).await;
        browser.sees(&word("matching.state.dispatched")).await;
        browser.look("match-own", PHONE).await;
        browser.path().await
    }

    /// At the booth: the ticket is scanned, the two talk, the employer offers.
    async fn employer_offers(&self, ticket: &str) {
        let browser = &self.browser;
        browser.go("/employer/matches").await;
        browser.sees(TITLE).await;
        browser.look("matches", PHONE).await;
        browser.go("/employer/scan").await;
        browser.look("scan", PHONE).await;
        browser.fill("entry", ticket).await;
        browser.press(&word("matching.scan.find")).await;
        browser.sees(&word("matching.state.dispatched")).await;
        browser.look("match", PHONE).await;
        browser.step("acknowledge", &[]).await;
        browser.sees(&word("matching.state.shortlisted")).await;
        // Agreed to be seen.
        browser.sees("赵小兰").await;
        browser.step("met", &[]).await;
        browser.sees(&word("matching.state.interviewed")).await;
        browser.look("match-met", PHONE).await;
        browser.step("offer", &[("start_on", &today())]).await;
        browser.sees(&word("matching.state.offered")).await;
        browser.look("match-offered", PHONE).await;
    }

    async fn seeker_accepts(&self, own: &str) {
        let browser = &self.browser;
        browser.go(own).await;
        browser.sees(&word("matching.state.offered")).await;
        browser.look("match-own-offered", PHONE).await;
        browser.step("offer_accept", &[]).await;
        browser.sees(&word("matching.state.offer_accepted")).await;
    }

    async fn employer_claims_start(&self) {
        let browser = &self.browser;
        browser.go("/employer/matches?tab=offered").await;
        browser.follow("/employer/matches/").await;
        browser.sees(&word("matching.state.offer_accepted")).await;
        let claim = [
            ("started_on", today()),
            ("evidence", "employer_statement".into()),
        ];
        let claim = claim
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        browser.step("submit_result", &claim).await;
        browser.sees(&word("matching.state.verifying")).await;
        browser.look("match-claimed", PHONE).await;
    }

    /// The placement officer sees the contract, calls, and closes. What the employer says alone
    /// does not count.
    async fn officer_verifies(&self) {
        let browser = &self.browser;
        browser.go("/office/matches?queue=verify").await;
        browser.sees(TITLE).await;
        browser.look("placements", DESK).await;
        let alone = [("evidence", "employer_statement")];
        browser.step("verify_pass", &alone).await;
        browser.sees(&word("common.faults")).await;
        browser
            .step("verify_pass", &[("evidence", "contract")])
            .await;
        browser.go("/office/matches?queue=call").await;
        browser.look("placements-call", DESK).await;
        let answer = [("reached", "yes"), ("at_work", "yes")];
        browser.step("callback", &answer).await;
        browser.go("/office/matches?queue=call").await;
        browser.step("close", &[]).await;
        browser.go("/office/matches?queue=call").await;
        browser.sees(&word("matching.office.none")).await;
    }

    async fn tally_verifies(&self, placed: u32) {
        let browser = &self.browser;
        browser.go(&format!("/office/fairs/{SLUG}/tally")).await;
        let text = browser.text().await.split_whitespace().collect::<String>();
        // Persons, then matches.
        for rung in ["interest", "interview", "offer", "started", "verified"] {
            let label = word(&format!("tally.measure.{rung}"));
            let shown = format!("{label}{placed}{placed}");
            assert!(text.contains(&shown), "{shown}: {text}");
        }
        browser.look("tally-verified", DESK).await;
    }

    async fn tally_shows(&self, registered: u32, arrived: u32) {
        let browser = &self.browser;
        browser.go(&format!("/office/fairs/{SLUG}/tally")).await;
        let text = browser.text().await.split_whitespace().collect::<String>();
        for (measure, count) in [("registered", registered), ("checked_in", arrived)] {
            let label = word(&format!("tally.measure.{measure}"));
            let (label_first, count_first) = (format!("{label}{count}"), format!("{count}{label}"));
            assert!(
                text.contains(&label_first) || text.contains(&count_first),
                "{label} {count}: {text}"
            );
        }
        browser.look("tally", DESK).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_poster_to_the_tally() {
    let dir = tempfile::tempdir().unwrap();
    let evening = Evening::open(Office::anywhere(dir.path()).await).await;
    lived(evening).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_evening_where_no_script_runs() {
    let dir = tempfile::tempdir().unwrap();
    let evening = Evening::open(Office::anywhere(dir.path()).await).await;
    evening.browser.without_scripts().await;
    lived(evening).await;
}

async fn lived(evening: Evening) {
    let browser = &evening.browser;

    evening.employer_joins().await;
    let employer = browser.undress().await;
    browser.sign_in(ADMIN, PASSWORD).await;
    evening.office_approves_employer().await;
    let office = browser.undress().await;

    browser.wear(&employer).await;
    evening.employer_picks_booth().await;
    evening.employer_posts().await;
    browser.wear(&office).await;
    evening.office_approves_posting().await;
    let poster = evening.poster().await;
    let sign = evening.booth_sign().await;
    browser.undress().await;

    let ticket = evening.seeker_registers(&poster).await;
    let seeker = browser.undress().await;
    browser.sign_in("liming", PASSWORD).await;
    evening.gate_admits(&ticket).await;
    browser.wear(&office).await;
    evening.tally_shows(1, 1).await;

    browser.wear(&seeker).await;
    let own = evening.seeker_shows_interest(&sign).await;
    browser.wear(&employer).await;
    evening.employer_offers(&ticket).await;
    browser.wear(&seeker).await;
    evening.seeker_accepts(&own).await;
    browser.wear(&employer).await;
    evening.employer_claims_start().await;
    browser.undress().await;
    browser.sign_in("zhaoyan", PASSWORD).await;
    evening.officer_verifies().await;

    browser.wear(&office).await;
    evening.tally_verifies(1).await;
    browser.wear(&seeker).await;
    browser.go(&own).await;
    browser.sees(&word("matching.state.placed_verified")).await;
    browser.look("match-own-placed", PHONE).await;
    browser.go(&format!("/f/{SLUG}/screen")).await;
    browser.picture("screen", WALL).await;
    evening.browser.close().await;
}
