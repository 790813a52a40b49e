//! What leaves the house: the workbook read back, the form on paper, the big screen and its stream.
use crate::{
    harness::TestApp,
    tally_make::{SMALL, Size, World},
};
use axum::{body::Body, http::Method};
use calamine::{Data, Range, Reader, Xlsx, open_workbook_from_rs};
use futures_util::StreamExt;
use nightfair::{domain::role::Role, entity::access_record, platform::text::Lang, tally};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use scraper::{Html, Selector};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde_json::Value;
use std::{io::Cursor, time::Duration};
use tower::ServiceExt;

type Book = Xlsx<Cursor<Vec<u8>>>;

fn read(bytes: Vec<u8>) -> Book {
    open_workbook_from_rs(Cursor::new(bytes)).unwrap()
}

fn sheet(book: &mut Book, name: &str) -> Range<Data> {
    book.worksheet_range(name)
        .unwrap_or_else(|e| panic!("{name}: {e}, of {:?}", book.sheet_names()))
}

/// The number in the row of that label and the column of that heading.
fn cell(sheet: &Range<Data>, row: &str, column: &str) -> f64 {
    let at = |found: Option<usize>, what: &str| found.unwrap_or_else(|| panic!("no {what}"));
    let heads: Vec<_> = sheet.rows().next().unwrap().to_vec();
    let column_at = heads
        .iter()
        .position(|head| *head == Data::String(column.into()));
    let mut rows = sheet.rows();
    let line = rows.find(|cells| cells[0] == Data::String(row.into()));
    let line = line.unwrap_or_else(|| panic!("no row {row}"));
    match &line[at(column_at, column)] {
        Data::Float(number) => *number,
        other => panic!("{row} × {column} is {other:?}, not a number"),
    }
}

/// The first answer beside a label of the form.
fn answer(form: &Range<Data>, label: &str) -> Data {
    let mut rows = form.rows();
    let line = rows.find(|cells| cells[0] == Data::String(label.into()));
    line.unwrap_or_else(|| panic!("no {label}"))[1].clone()
}

#[tokio::test]
async fn the_workbook_says_what_the_page_says() {
    let app = TestApp::start().await;
    let world = World::make(&app, 11, SMALL).await;
    let officer = app.role(Role::PlacementOfficer).await;
    let told = format!("/fairs/{}/tally", world.slug);
    let told = officer.api_get(&told).await.expect(200).json();
    let reply = officer
        .get(&format!("/office/fairs/{}/tally.xlsx", world.slug))
        .await;
    let reply = reply.expect(200);
    assert!(
        reply.headers["content-disposition"]
            .to_str()
            .unwrap()
            .contains("tally-fair-11.xlsx")
    );
    let mut book = read(reply.bytes);
    assert_eq!(book.sheet_names()[0], "招聘会统计表");
    let form = sheet(&mut book, "招聘会统计表");
    let number = |value: &Value| Data::Float(value["value"].as_f64().unwrap());
    for (label, measure) in [
        ("登记", "registered"),
        ("入场", "checked_in"),
        ("入场人次", "entries"),
        ("招聘人数", "headcount"),
    ] {
        assert_eq!(
            answer(&form, label),
            number(&told["counts"][measure]),
            "{label}"
        );
    }
    assert_eq!(
        answer(&form, "核实到岗"),
        number(&told["funnel"][5]["persons"])
    );
    assert_eq!(answer(&form, "名称"), Data::String("星光招聘夜市".into()));
    for (name, by) in [
        ("按用人单位", "employer"),
        ("按社区", "community"),
        ("按报名来源", "source"),
    ] {
        let lines = sheet(&mut book, name);
        let tables = told["tables"].as_array().unwrap();
        let table = tables.iter().find(|t| t["by"] == by).unwrap();
        for row in table["rows"].as_array().unwrap() {
            for (at, column) in table["columns"].as_array().unwrap().iter().enumerate() {
                let cell = cell(&lines, &label(row, "label"), &label(column, "label"));
                assert_eq!(Some(cell), row["figures"][at]["value"].as_f64(), "{name}");
            }
        }
    }
    the_rows_are_masked_text(&mut book, &told);
    let noted = access_record::Entity::find()
        .filter(access_record::Column::Action.eq("export"))
        .all(app.app.db.read())
        .await
        .unwrap();
    assert_eq!((noted.len(), noted[0].subject_id), (1, Some(world.base)));
}

fn the_rows_are_masked_text(book: &mut Book, told: &Value) {
    let people = sheet(book, "登记明细");
    let registered = told["counts"]["registered"]["value"].as_u64().unwrap();
    assert_eq!(people.height() as u64, registered + 1);
    let matches = sheet(book, "对接明细");
    let interests = told["funnel"][0]["matches"]["value"].as_u64().unwrap();
    assert_eq!(matches.height() as u64, interests + 1);
    let text = format!("{people:?}{matches:?}");
    assert!(text.contains("王**") && !text.contains("王小明"));
    // A title that begins like a formula is text.
    assert!(text.contains("=岗位"));
    for name in book.sheet_names() {
        let formulas = book.worksheet_formula(&name).unwrap();
        assert!(formulas.used_cells().next().is_none(), "{name}");
    }
}

fn label(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn boards_get_a_workbook_without_rows_and_the_command_one_in_english() {
    let app = TestApp::start().await;
    let world = World::make(&app, 12, SMALL).await;
    let board = app.role(Role::Board).await;
    let reply = board
        .get(&format!("/office/fairs/{}/tally.xlsx", world.slug))
        .await;
    let book = read(reply.expect(200).bytes);
    assert!(!book.sheet_names().iter().any(|name| name.contains("明细")));
    let fair = tally::by_slug(&app.app, &world.slug).await.unwrap();
    let bytes = tally::export(&app.app, fair, Lang::En).await.unwrap();
    let book = read(bytes);
    for name in [
        "Job fair statistics form",
        "By posting",
        "By stream",
        "Registrations",
        "Matches",
    ] {
        assert!(book.sheet_names().iter().any(|n| n == name), "{name}");
    }
}

#[tokio::test]
async fn the_page_links_each_number_and_the_form_prints() {
    let app = TestApp::start().await;
    let world = World::make(&app, 13, SMALL).await;
    let officer = app.role(Role::Secretary).await;
    let base = format!("/office/fairs/{}/tally", world.slug);
    let links = Selector::parse("[data-part=figures] a[href*='/tally/rows?']").unwrap();
    for by in [
        "employer",
        "posting",
        "community",
        "group",
        "source",
        "gate",
        "stream",
    ] {
        let page = officer
            .get(&format!("{base}?by={by}&unit=matches"))
            .await
            .expect(200);
        let page = Html::parse_document(&page.text());
        let found: Vec<_> = page.select(&links).collect();
        assert!(found.len() > 25, "{by}: {}", found.len());
        for link in [&found[0], &found[found.len() - 9]] {
            let href = link.value().attr("href").unwrap();
            let number = link.text().collect::<String>().replace(',', "");
            let rows = officer.get(href).await.expect(200).text();
            if href.contains("headcount") || href.contains("views") {
                continue;
            }
            assert!(
                rows.contains(&format!("共 {number} 行")),
                "{href}: {number}"
            );
        }
    }
    // A table of many rows is narrowed by a word of their names; the foot stays that of the fair.
    let labels = Selector::parse("table.dense:not(.plain) tbody th[scope=row]").unwrap();
    let named = async |q: &str| {
        let q = utf8_percent_encode(q, NON_ALPHANUMERIC);
        let page = officer.get(&format!("{base}?by=employer&q={q}")).await;
        let page = Html::parse_document(&page.expect(200).text());
        let labels = page.select(&labels);
        labels
            .map(|label| label.text().collect::<String>())
            .collect::<Vec<_>>()
    };
    let all = named("").await;
    // Its booth: the names of these employers differ in one digit.
    let one = all[0].split_once("公司").unwrap().1;
    let found = named(one).await;
    assert!(
        found.len() < all.len() && found.contains(&all[0]),
        "{found:?}"
    );
    assert!(found.iter().all(|label| label.contains(one)), "{found:?}");
    assert!(named("none-of-them").await.is_empty());
    let board = app.role(Role::Board).await;
    let page = board.get(&base).await.expect(200).text();
    assert!(!page.contains("/tally/rows?"));
    board
        .get(&format!("{base}/rows?measure=registered"))
        .await
        .expect(403);
    for client in [&officer, &board] {
        let form = client
            .get(&format!("{base}/print?lang=en"))
            .await
            .expect(200)
            .text();
        assert!(form.contains("Job fair statistics form") && form.contains("区妇联"));
    }
}

/// The next event of a stream that carries data.
async fn event(
    stream: &mut (impl futures_util::Stream<Item = Result<axum::body::Bytes, axum::Error>> + Unpin),
) -> Option<Value> {
    let next = async {
        while let Some(chunk) = stream.next().await {
            let text = String::from_utf8(chunk.unwrap().to_vec()).unwrap();
            if let Some(data) = text.lines().find_map(|line| line.strip_prefix("data: ")) {
                return Some(serde_json::from_str(data).unwrap());
            }
        }
        None
    };
    tokio::time::timeout(Duration::from_secs(20), next)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_change_reaches_everybody_who_watches() {
    let app = TestApp::start().await;
    let world = World::make(&app, 14, SMALL).await;
    let path = format!("/f/{}/live", world.slug);
    let open = || {
        let request = app
            .visitor()
            .request(Method::GET, &path)
            .header("last-event-id", "77");
        app.router
            .clone()
            .oneshot(request.body(Body::empty()).unwrap())
    };
    let mut watchers = Vec::new();
    for _ in 0..3 {
        let reply = open().await.unwrap();
        assert_eq!(reply.headers()["content-type"], "text/event-stream");
        watchers.push(reply.into_body().into_data_stream());
    }
    let mut before = Vec::new();
    for watcher in &mut watchers {
        before.push(event(watcher).await.unwrap());
    }
    assert_eq!(before[0], before[2]);
    assert!(before[0]["checked_in"].as_u64().unwrap() > 0);
    for secret in ["王", "T14", "drug_recovery", "low_income"] {
        assert!(!before[0].to_string().contains(secret), "{secret}");
    }
    for group in before[0]["groups"].as_array().unwrap() {
        assert!(!(1..5).contains(&group["checked_in"].as_i64().unwrap_or(0)));
    }
    let newcomer = world.registrations.iter().find(|r| {
        let own = world.registrations.iter().filter(|o| o.person == r.person);
        !r.withdrawn && own.into_iter().all(|o| !o.came)
    });
    let sql = format!(
        "UPDATE registrations SET first_in_at = '2026-07-19T11:41:00+00:00', first_gate = '东门' WHERE id = {}",
        newcomer.unwrap().id
    );
    let write = app.app.db.write(move |tx| async move {
        tx.conn().execute_unprepared(&sql).await?;
        Ok(())
    });
    write.await.unwrap();
    app.app.live.touch(world.fair);
    for watcher in &mut watchers {
        let after = event(watcher).await.unwrap();
        let count = |board: &Value| board["checked_in"].as_u64().unwrap();
        assert_eq!(count(&after), count(&before[0]) + 1);
    }
    let screen = app
        .visitor()
        .get(&format!("/f/{}/screen", world.slug))
        .await
        .expect(200);
    assert!(screen.text().contains("data-live"));
    app.app.stop.cancel();
    for watcher in &mut watchers {
        assert_eq!(event(watcher).await, None);
    }
}

#[tokio::test]
async fn what_is_not_public_has_no_screen() {
    let app = TestApp::start().await;
    let world = World::make(&app, 15, SMALL).await;
    let slug = world.slug;
    let sql = format!("UPDATE fairs SET status = 'draft' WHERE slug = '{slug}'");
    let write = app.app.db.write(move |tx| async move {
        tx.conn().execute_unprepared(&sql).await?;
        Ok(())
    });
    write.await.unwrap();
    for path in ["screen", "live"] {
        app.visitor()
            .get(&format!("/f/{slug}/{path}"))
            .await
            .expect(404);
        app.visitor()
            .get(&format!("/f/nowhere/{path}"))
            .await
            .expect(404);
    }
}

/// Not a test of anything but time: `cargo test --release --test it large_fair -- --ignored --nocapture`.
#[tokio::test]
#[ignore = "measures; run in a release build"]
#[expect(clippy::print_stderr, reason = "a measurement is read by a person")]
async fn a_large_fair_is_tallied_quickly() {
    let app = TestApp::start().await;
    let size = Size {
        people: 20_000,
        employers: 31,
        postings: 120,
        matches: 15_000,
        scans: 20_000,
    };
    let world = World::make(&app, 16, size).await;
    let officer = app.role(Role::PlacementOfficer).await;
    for path in [
        format!("/api/v1/fairs/{}/tally", world.slug),
        format!("/office/fairs/{}/tally", world.slug),
        format!("/f/{}/screen", world.slug),
        format!("/office/fairs/{}/tally/rows?measure=registered", world.slug),
        format!("/office/fairs/{}/tally.xlsx", world.slug),
    ] {
        let mut times = Vec::new();
        for _ in 0..7 {
            let start = std::time::Instant::now();
            officer.get(&path).await.expect(200);
            times.push(start.elapsed());
        }
        times.sort();
        eprintln!("{path}: median {:?}, best {:?}", times[3], times[0]);
    }
}
