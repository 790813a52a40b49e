//! Every QR code that the program prints is read by another program, on the screen and on paper,
//! also as small as a badge.
use crate::{
    browser::{Browser, DESK, word},
    wire::{ADMIN, Office, PASSWORD, SLUG, person},
};
use nightfair::platform::qr;
use serde_json::json;
use std::{path::Path, process::Command, slice};

/// What `zbarimg` reads in a picture.
pub fn read(picture: &Path) -> Vec<String> {
    let output = Command::new("zbarimg")
        .args(["--quiet", "--raw", "-Sdisable", "-Sqrcode.enable"])
        .arg(picture)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// What stands in a picture that is not a file yet.
pub fn read_bytes(dir: &Path, bytes: &[u8]) -> Vec<String> {
    let file = dir.join("seen.png");
    std::fs::write(&file, bytes).unwrap();
    read(&file)
}

/// What stands on the pages of a PDF that is printed and scanned.
pub fn read_paper(dir: &Path, pdf: &[u8], dots_per_inch: u32) -> Vec<Vec<String>> {
    let file = dir.join("print.pdf");
    std::fs::write(&file, pdf).unwrap();
    let pages = dir.join("paper");
    std::fs::create_dir_all(&pages).unwrap();
    let done = Command::new("pdftoppm")
        .args(["-png", "-r", &dots_per_inch.to_string()])
        .arg(&file)
        .arg(pages.join("page"))
        .status();
    assert!(done.unwrap().success());
    let mut files: Vec<_> = std::fs::read_dir(&pages)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let found = files.iter().map(|page| read(page)).collect();
    std::fs::remove_dir_all(&pages).unwrap();
    found
}

#[test]
fn a_code_is_read_whatever_its_address() {
    let dir = tempfile::tempdir().unwrap();
    for address in [
        "HTTP://FAIR.TEST/T/04HMASW9NF6YY093",
        "HTTPS://YEJI.TUMENDUN.QILIHE.LANZHOU.GOV.CN/T/04HMASW9NF6YY093",
        "https://qilihe.example.gov.cn/tumendun/yeji/T/04HMASW9NF6YY093",
        "HTTPS://X.CN/R/7K3M9QX2",
    ] {
        for module in [3, 16] {
            let png = qr::png(address, module).unwrap();
            assert_eq!(read_bytes(dir.path(), &png), [address], "{module} points");
        }
    }
}

/// An office that serves, the secret of a ticket to its fair, and the address that its code holds.
async fn office_with_a_ticket(data: &Path) -> (Office, String, String) {
    let office = Office::anywhere(data).await;
    office.open_fair(SLUG, 100, "A 1-4").await;
    let mut wire = office.wire().await;
    let path = format!("/fairs/{SLUG}/registrations");
    let ticket = wire.post(&path, &person(1)).await.unwrap().expect(201)["ticket"].clone();
    let secret = ticket["secret"].as_str().unwrap().to_owned();
    let address = format!("HTTP://{}/T/{secret}", office.serving.host.to_uppercase());
    (office, secret, address)
}

#[tokio::test(flavor = "multi_thread")]
async fn poster_and_ticket_are_read_on_the_screen_and_on_paper() {
    let dir = tempfile::tempdir().unwrap();
    let (office, secret, expected) = office_with_a_ticket(dir.path()).await;
    let host = &office.serving.host;

    let browser = Browser::open(host).await;
    let seen = |bytes: Vec<u8>| read_bytes(browser.dir.path(), &bytes);
    for page in [
        format!("/T/{secret}"),
        format!("/T/{secret}/qr"),
        format!("/T/{secret}/qr.png"),
    ] {
        browser.go(&page).await;
        assert_eq!(
            seen(browser.shot().await),
            slice::from_ref(&expected),
            "{page}"
        );
    }
    browser.go(&format!("/T/{secret}/qr.svg")).await;
    assert_eq!(seen(browser.shot().await), slice::from_ref(&expected));

    // A bare picture is shown in the browser's own frame, which wants an icon and styles.
    browser.forgive().await;
    browser.sign_in(ADMIN, PASSWORD).await;
    browser.go(&format!("/office/fairs/{SLUG}/posters")).await;
    browser.fill("places", "民乐路社区公告栏\n夜市东门").await;
    browser.press(&word("seeker.posters.make")).await;
    browser.push("td a[href*='/posters/']").await;
    // A sheet of A4 is wider than a telephone.
    browser.size(DESK).await;
    let path = browser.path().await;
    let code = path.rsplit('/').next().unwrap();
    let poster = format!("HTTP://{}/R/{code}", host.to_uppercase());
    assert_eq!(seen(browser.shot().await), slice::from_ref(&poster));
    let sheets = read_paper(browser.dir.path(), &browser.print().await, 100);
    assert_eq!(sheets, [vec![poster.clone()]], "one sheet of A4");
    small(&browser, &[expected, poster]).await;
    browser.close().await;
}

/// Two centimetres wide on A4, printed at 300 dots an inch and scanned again.
async fn small(browser: &Browser, addresses: &[String]) {
    browser.go("about:blank").await;
    for address in addresses {
        let page = json!(format!(
            "<style>svg{{width:2cm;height:2cm;display:block;margin:3cm}}</style>{}",
            qr::svg(address).unwrap()
        ));
        browser
            .ask(&format!(
                "document.documentElement.innerHTML = {page}; return 1"
            ))
            .await;
        let sheets = read_paper(browser.dir.path(), &browser.print().await, 300);
        assert_eq!(sheets, [vec![address.clone()]]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_booth_has_a_sheet_with_its_own_code() {
    let dir = tempfile::tempdir().unwrap();
    let office = Office::anywhere(dir.path()).await;
    office.open_fair(SLUG, 100, "A 1-4").await;
    let host = &office.serving.host;
    let mut wire = office.wire().await;
    let booths = ["A01", "A02", "A04"];
    let mut expected = Vec::new();
    for (employer, booth) in office.employers(3).await.iter().zip(booths) {
        let base = format!("/fairs/{SLUG}/booths/{booth}");
        let wish = json!({"employer": employer});
        let hold = wire.post(&format!("{base}/holds"), &wish).await.unwrap();
        let hold = hold.expect(201)["hold"].clone();
        let confirm = json!({"hold": hold});
        let booked = wire.post(&format!("{base}/bookings"), &confirm).await;
        let code = booked.unwrap().expect(201)["code"].clone();
        let code = code.as_str().unwrap();
        expected.push(vec![format!("HTTP://{}/B/{code}", host.to_uppercase())]);
    }

    let browser = Browser::open(host).await;
    browser.sign_in(ADMIN, PASSWORD).await;
    browser.go(&format!("/office/fairs/{SLUG}/signs")).await;
    let sheets = read_paper(browser.dir.path(), &browser.print().await, 100);
    // A sheet for each booth that is taken, in the order of the plan; none empty, none shared.
    assert_eq!(sheets, expected);
    browser.go(&expected[1][0]).await;
    browser.sees("A02").await;
    small(&browser, &expected.concat()).await;
    browser.close().await;
}

/// The ticket's code by day, by night and in large print: wide enough, white around it as far as
/// readers need, and read from what is on the screen.
#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_read_by_day_by_night_and_in_large_print() {
    let dir = tempfile::tempdir().unwrap();
    let (office, secret, expected) = office_with_a_ticket(dir.path()).await;
    let host = &office.serving.host;
    let browser = Browser::open(host).await;
    for (theme, size) in [("day", "m"), ("night", "m"), ("day", "l"), ("night", "l")] {
        for wish in [format!("theme={theme}"), format!("size={size}")] {
            browser.go(&format!("/prefs?{wish}&back=/")).await;
        }
        for width in [320, 390] {
            browser.size((width, 844)).await;
            browser.go(&format!("/T/{secret}")).await;
            let dressed = "const d = document.documentElement.dataset; return d.theme + d.size";
            assert_eq!(browser.ask(dressed).await, format!("{theme}{size}"));
            let place = browser
                .ask("const r = document.querySelector('.qr img').getBoundingClientRect(); return [r.left, r.top + scrollY, r.width, r.height]")
                .await;
            let place: Vec<u32> = place.as_array().unwrap().iter().map(points).collect();
            let [left, top, wide, high] = place[..] else {
                panic!("{place:?}");
            };
            let named = format!("{theme} {size} at {width}: {place:?}");
            assert!(wide >= 220 && wide == high, "{named}");
            let shot = browser.shot().await;
            assert_eq!(
                read_bytes(browser.dir.path(), &shot),
                [expected.as_str()],
                "{named}"
            );
            let seen = image::load_from_memory(&shot).unwrap().to_luma8();
            let around = modules_of_white(&seen, (left, top, wide));
            assert!(around >= 4.0, "{named}: {around:.2} modules of white");
        }
    }
    browser.close().await;
}

fn points(value: &serde_json::Value) -> u32 {
    let points = value.as_f64().unwrap().round();
    format!("{points}").parse().unwrap()
}

/// The radius of the card that a code lies on.
const CORNER: u32 = 14;

/// How many modules of white there are between the edge of a square picture, whose corners are
/// round, and its code. The finder in the corner, seven modules high, tells how large one is.
fn modules_of_white(seen: &image::GrayImage, (left, top, side): (u32, u32, u32)) -> f64 {
    let far = |at: u32| at < CORNER || at >= side - CORNER;
    let dark = |x: u32, y: u32| {
        let round = far(x) && far(y);
        !round && seen.get_pixel(left + x, top + y).0[0] < 128
    };
    let all = (0..side).flat_map(|y| (0..side).map(move |x| (x, y)));
    let ink: Vec<_> = all.filter(|(x, y)| dark(*x, *y)).collect();
    let (first_x, last_x) = ends(ink.iter().map(|at| at.0));
    let (first_y, last_y) = ends(ink.iter().map(|at| at.1));
    let finder = (first_y..side).take_while(|y| dark(first_x, *y)).count();
    let module = f64::from(u32::try_from(finder).unwrap()) / 7.0;
    let sides = [first_x, first_y, side - 1 - last_x, side - 1 - last_y];
    // A pixel at the edge may be grey.
    (f64::from(sides.into_iter().min().unwrap()) + 1.0) / module
}

fn ends(along: impl Iterator<Item = u32> + Clone) -> (u32, u32) {
    (along.clone().min().unwrap(), along.max().unwrap())
}
