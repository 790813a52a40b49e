//! Figures of oversight from what really happened to cases: k and n and the rows behind them, who
//! sees them, months that stay as they were sealed, and what the public is told.
use crate::{
    casework_make::Hall,
    harness::{Client, TestApp},
};
use calamine::Reader as _;
use nightfair::{
    domain::{
        case::{Action, Kind},
        id::{CaseId, UnitId},
        rates::seal::Stamp,
        role::Role,
    },
    entity::sealed_month,
    oversight,
};
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait};
use serde_json::{Value, json};

const JULY: &str = "from=2026-07-01&to=2026-07-31";

/// A request that was accepted and given to a unit by the rules.
async fn given(hall: &Hall, unit: UnitId) -> (String, CaseId) {
    let (number, id) = hall.report(Kind::ResidentRequest).await;
    hall.does("clerk", id, Action::Accept, json!({})).await;
    give(hall, id, unit).await;
    (number, id)
}

async fn give(hall: &Hall, id: CaseId, unit: UnitId) {
    let to = json!({"lead": unit.to_string(), "co_units": [], "due_at": null});
    hall.does("clerk", id, Action::Dispatch, to).await;
}

async fn work(hall: &Hall, id: CaseId) {
    for action in [Action::Sign, Action::Contact, Action::SubmitResult] {
        hall.does("handler", id, action, json!({})).await;
    }
    hall.does("verifier", id, Action::VerifyPass, json!({}))
        .await;
}

async fn told(hall: &Hall, id: CaseId, solved: &str, satisfied: &str) {
    let said = json!({"reached": true, "solved": solved, "satisfied": satisfied});
    hall.does("clerk", id, Action::Callback, said).await;
}

struct July {
    hall: Hall,
    in_time: (String, CaseId),
    late: (String, CaseId),
}

/// From Sunday 19 July 2026, 19:30: one request answered at once, one late in everything, one void,
/// one merged into the late one, one passed on to a unit that never signs; looked at on 3 August.
async fn july() -> July {
    let hall = Hall::open().await;
    let in_time = given(&hall, hall.lead).await;
    work(&hall, in_time.1).await;
    told(&hall, in_time.1, "yes", "yes").await;
    hall.does("verifier", in_time.1, Action::Close, json!({}))
        .await;
    let late = given(&hall, hall.lead).await;
    let (_, void) = hall.report(Kind::ResidentRequest).await;
    hall.does("clerk", void, Action::Accept, json!({})).await;
    hall.does("secretary", void, Action::Void, json!({})).await;
    let (_, child) = hall.report(Kind::ResidentRequest).await;
    hall.does("clerk", child, Action::Accept, json!({})).await;
    let target = json!({"target": late.0});
    hall.does("clerk", child, Action::Merge, target).await;
    let (_, passed) = given(&hall, hall.lead).await;
    hall.does("handler", passed, Action::Object, json!({}))
        .await;
    give(&hall, passed, hall.other).await;
    hall.pass(24 * 3).await;
    work(&hall, late.1).await;
    told(&hall, late.1, "partly", "basically").await;
    hall.pass(24 * 5).await;
    hall.does("verifier", late.1, Action::Close, json!({}))
        .await;
    hall.market.app().clock.set("2026-08-03T01:00:00Z");
    July {
        hall,
        in_time,
        late,
    }
}

impl July {
    fn app(&self) -> &TestApp {
        self.hall.market.app()
    }

    /// Somebody who signs in today.
    async fn role(&self, role: Role) -> Client {
        self.app().role(role).await
    }
}

async fn figures(who: &Client, query: &str) -> Value {
    let path = format!("/stats/cases?{query}");
    who.api_get(&path).await.expect(200).json()
}

#[track_caller]
fn k_of_n(figures: &Value, rate: &str) -> (u64, u64) {
    let rates = figures["rates"].as_array().unwrap();
    let found = rates.iter().find(|one| one["code"] == rate);
    let found = found.unwrap_or_else(|| panic!("no rate {rate}"));
    (found["k"].as_u64().unwrap(), found["n"].as_u64().unwrap())
}

fn excluded(figures: &Value, rate: &str, why: &str) -> u64 {
    let rates = figures["rates"].as_array().unwrap();
    let found = rates.iter().find(|one| one["code"] == rate).unwrap();
    let left = found["excluded"].as_array().unwrap();
    let found = left.iter().find(|one| one["code"] == why);
    found.map_or(0, |one| one["n"].as_u64().unwrap())
}

#[tokio::test]
async fn every_rate_counts_what_happened_and_opens_its_rows() {
    let july = july().await;
    let secretary = july.role(Role::Secretary).await;
    let told = figures(&secretary, JULY).await;
    for (rate, k, n) in [
        ("response", 1, 3),
        ("signed", 1, 3),
        ("solved", 1, 2),
        ("solved_partly", 2, 2),
        ("satisfied", 2, 2),
        ("callback", 2, 2),
        ("closed", 2, 3),
        ("closed_on_time", 1, 3),
        ("handled_on_time", 2, 3),
        ("rework", 0, 2),
        ("right_dispatch", 4, 4),
        ("objected", 1, 4),
        ("voided", 1, 4),
        ("found", 0, 3),
        ("reopened", 0, 2),
        ("supervised", 0, 3),
    ] {
        assert_eq!(k_of_n(&told, rate), (k, n), "{rate}");
    }
    assert_eq!(excluded(&told, "closed", "voided"), 1);
    assert_eq!(excluded(&told, "closed", "merged"), 1);
    assert_eq!(excluded(&told, "response", "moved"), 1);
    assert_eq!(told["formula_version"], "case-rates/1");
    assert_eq!(told["handling_time"]["n"], 2);
    for rate in told["rates"].as_array().unwrap() {
        let (code, rows) = (&rate["code"], rate["rows"].as_str().unwrap());
        assert!(!rate["formula"].as_str().unwrap().is_empty(), "{code}");
        let rows = secretary.get(rows).await.expect(200).json();
        let rows = rows["items"].as_array().unwrap();
        let count = |what: &str| rows.iter().filter(|row| row["counted"] == what).count() as u64;
        let (k, n) = k_of_n(&told, code.as_str().unwrap());
        assert_eq!((count("in"), count("in") + count("out")), (k, n), "{code}");
    }
    let late = format!("/stats/cases/rows?rate=closed_on_time&counted=out&{JULY}");
    let late = secretary.api_get(&late).await.expect(200).json();
    let whys: Vec<_> = late["items"].as_array().unwrap().iter().collect();
    assert!(
        whys.iter()
            .any(|row| row["case"] == july.late.0 && row["why"] == "late")
    );
    assert!(whys.iter().any(|row| row["why"] == "never"));
    // A page of one row, and the rows after it.
    let page = format!("/stats/cases/rows?rate=response&limit=1&{JULY}");
    let (mut seen, mut next) = (0, page.clone());
    loop {
        let found = secretary.api_get(&next).await.expect(200).json();
        seen += found["items"].as_array().unwrap().len();
        let Some(cursor) = found["next"].as_str() else {
            break;
        };
        next = format!("{page}&cursor={cursor}");
    }
    assert_eq!(seen, 4);
    let june = figures(&secretary, "month=2026-06").await;
    assert_eq!(k_of_n(&june, "closed"), (0, 0));
}

#[tokio::test]
async fn filters_narrow_the_figures_and_a_handler_sees_his_unit() {
    let july = july().await;
    let hall = &july.hall;
    let clerk = july.role(Role::CommunityClerk).await;
    let by_unit = |unit: UnitId| format!("{JULY}&unit={unit}");
    let lead = figures(&clerk, &by_unit(hall.lead)).await;
    assert_eq!(k_of_n(&lead, "response"), (1, 2));
    assert_eq!(k_of_n(&lead, "closed"), (2, 2));
    let other = figures(&clerk, &by_unit(hall.other)).await;
    assert_eq!(k_of_n(&other, "response"), (0, 1));
    let inside = figures(&clerk, &format!("{JULY}&area={}", hall.community)).await;
    assert_eq!(k_of_n(&inside, "response"), (1, 3));
    let kind = figures(&clerk, &format!("{JULY}&kind=patrol_finding")).await;
    assert_eq!(k_of_n(&kind, "response"), (0, 0));
    let app = july.app();
    let handler = app
        .member(Role::DepartmentHandler, Some(hall.lead), None)
        .await;
    assert_eq!(k_of_n(&figures(&handler, JULY).await, "response"), (1, 2));
    let path = format!("/stats/cases?{}", by_unit(hall.other));
    handler.api_get(&path).await.expect(404);
    let path = format!("/stats/cases/rows?rate=closed&{}", by_unit(hall.other));
    handler.api_get(&path).await.expect(404);
    handler.get("/office/figures/sealed").await.expect(403);
    let page = handler.get(&format!("/office/figures?{JULY}")).await;
    assert!(page.expect(200).text().contains("市政养护"));
    let nowhere = app.role(Role::DepartmentHandler).await;
    nowhere.api_get("/stats/cases").await.expect(403);
    for (role, status) in [
        (Role::OfficeAdmin, 200),
        (Role::Board, 200),
        (Role::Verifier, 200),
        (Role::GridWorker, 403),
        (Role::PlacementOfficer, 403),
        (Role::Employer, 403),
    ] {
        let client = july.role(role).await;
        client.api_get("/stats/cases").await.expect(status);
    }
    app.visitor().api_get("/stats/cases").await.expect(401);
    for (query, field) in [
        ("from=July", "/from"),
        ("from=2026-07-02&to=2026-07-01", "/to"),
        ("unit=999999", "/unit"),
        ("area=x", "/area"),
        ("kind=luck", "/kind"),
        ("month=2026-13", "/month"),
    ] {
        let refused = clerk.api_get(&format!("/stats/cases?{query}")).await;
        let refused = refused.expect(422).json();
        assert_eq!(refused["errors"][0]["pointer"], field, "{query}");
    }
    let rate = clerk
        .api_get("/stats/cases/rows?rate=luck")
        .await
        .expect(422);
    assert_eq!(rate.json()["errors"][0]["pointer"], "/rate");
    let cursor = format!("/stats/cases/rows?rate=closed&cursor=x&{JULY}");
    clerk.api_get(&cursor).await.expect(400);
}

#[tokio::test]
async fn the_pages_show_k_and_n_and_what_is_wrong_with_a_filter() {
    let july = july().await;
    let board = july.role(Role::Board).await;
    let page = board.get(&format!("/office/figures?{JULY}")).await;
    let page = page.expect(200).text();
    for words in ["1 / 3", "33.33%", "样本不足", "应结案", "2026年7月1日"] {
        assert!(page.contains(words), "{words}");
    }
    // The board cannot seal or weigh, and is not offered to.
    assert!(!page.contains("/office/figures/weights"));
    let rows = format!("/office/figures/rows?rate=closed_on_time&{JULY}");
    let shown = board.get(&rows).await.expect(200).text();
    assert!(shown.contains(&july.late.0) && shown.contains("逾期结案"));
    assert!(!shown.contains(&format!("/cases/{}", july.late.0)));
    let secretary = july.role(Role::Secretary).await;
    let shown = secretary.get(&rows).await.expect(200).text();
    assert!(shown.contains(&format!("/cases/{}", july.late.0)));
    let print = format!("/office/figures/print?{JULY}");
    assert!(
        board
            .get(&print)
            .await
            .expect(200)
            .text()
            .contains("考评表")
    );
    let wrong = board.get("/office/figures?from=7月&to=2026-07-31").await;
    let wrong = wrong.expect(422).text();
    assert!(wrong.contains("value=\"7月\""), "what was typed is kept");
    let empty = board.get("/office/figures?month=2025-01").await;
    assert!(empty.expect(200).text().contains("没有可统计的办件"));
    let book = board.get(&format!("/office/figures.xlsx?{JULY}")).await;
    let bytes = std::io::Cursor::new(book.expect(200).bytes);
    let mut book: calamine::Xlsx<_> = calamine::Reader::new(bytes).unwrap();
    let sheet = book.worksheet_range("考评").unwrap();
    let line = sheet.rows().find(|row| row[0] == *"按期结案率");
    let line = line.unwrap();
    assert_eq!(
        (line[1].to_string(), line[2].to_string()),
        ("1".into(), "3".into())
    );
    assert_eq!(book.sheet_names().len(), 3);
}

async fn seal(who: &Client, month: &str) -> crate::harness::Reply {
    let path = format!("/office/figures/sealed/{month}");
    who.post(&path, &[("once", "")]).await
}

#[tokio::test]
async fn a_sealed_month_stays_as_it_was_whatever_is_recorded_later() {
    let july = july().await;
    let (hall, app) = (&july.hall, july.app());
    let secretary = july.role(Role::Secretary).await;
    let before = figures(&secretary, JULY).await;
    let at = "/office/figures/sealed/2026-07";
    let asked = secretary.get(at).await.expect(200).text();
    assert!(asked.contains("封存后不能撤销"));
    let board = july.role(Role::Board).await;
    assert!(
        !board
            .get(at)
            .await
            .expect(200)
            .text()
            .contains("封存后不能撤销")
    );
    seal(&board, "2026-07").await.expect(403);
    assert_eq!(seal(&secretary, "2026-08").await.expect(409).status, 409);
    seal(&secretary, "2026-13").await.expect(404);
    let done = seal(&secretary, "2026-07").await.expect(303);
    assert_eq!(done.location(), format!("{at}?said=sealed"));
    seal(&secretary, "2026-07").await.expect(409);
    let page = secretary.get(at).await.expect(200).text();
    assert!(page.contains("与封存一致") && page.contains("1 / 3"));
    // A day later the first reporter changes his mind and the case is taken up again.
    hall.pass(24).await;
    told(hall, july.in_time.1, "no", "no").await;
    hall.does("clerk", july.in_time.1, Action::Reopen, json!({}))
        .await;
    let secretary = july.role(Role::Secretary).await;
    let now = figures(&secretary, JULY).await;
    assert_eq!(k_of_n(&before, "solved"), (1, 2));
    assert_eq!(k_of_n(&now, "solved"), (0, 2));
    assert_eq!(k_of_n(&now, "reopened"), (1, 2));
    // The first closing and its verdict stay.
    assert_eq!(k_of_n(&now, "closed_on_time"), (1, 3));
    let verified = oversight::verify(app.app.db.read()).await.unwrap();
    assert_eq!((verified.months, verified.broken), (1, None));
    let page = secretary.get(at).await.expect(200).text();
    assert!(page.contains("与封存一致") && page.contains("封存后的更正"));
    assert!(page.contains(&july.in_time.0) && page.contains("重新受理"));
    hall.proved().await;
    // June follows July in the chain, though nothing happened in it.
    seal(&secretary, "2026-06").await.expect(303);
    let verified = oversight::verify(app.app.db.read()).await.unwrap();
    assert_eq!((verified.months, verified.broken), (2, None));
    let rows = sealed_month::Entity::find().all(app.app.db.read()).await;
    let rows = rows.unwrap();
    assert_eq!(rows[1].prev_hash, rows[0].hash);
    let list = secretary
        .get("/office/figures/sealed")
        .await
        .expect(200)
        .text();
    assert!(list.contains("2026-06") && list.contains("2026-07"));
    // Everybody may see the month, but no number under five.
    let public = app.visitor().get("/figures").await.expect(200).text();
    assert!(public.contains("2026-07") && public.contains("&lt;5"));
    assert!(!public.contains("1 / 3") && !public.contains(&july.in_time.0));
}

async fn force(app: &TestApp, statements: Vec<String>) {
    let off = match app.app.db.read().get_database_backend() {
        DbBackend::Postgres => "ALTER TABLE sealed_months DISABLE TRIGGER sealed_months_keep",
        _ => "DROP TRIGGER IF EXISTS sealed_months_keep",
    };
    let done = app.app.db.write(move |tx| async move {
        tx.conn().execute_unprepared(off).await?;
        for statement in statements {
            tx.conn().execute_unprepared(&statement).await?;
        }
        Ok(())
    });
    done.await.unwrap();
}

#[tokio::test]
async fn who_changes_a_sealed_month_is_found_out() {
    let july = july().await;
    let app = july.app();
    let secretary = july.role(Role::Secretary).await;
    seal(&secretary, "2026-07").await.expect(303);
    for statement in [
        "UPDATE sealed_months SET snapshot = ''",
        "DELETE FROM sealed_months",
    ] {
        let refused = app.app.db.write(move |tx| async move {
            Ok(tx.conn().execute_unprepared(statement).await.is_err())
        });
        // On PostgreSQL the failed statement ends the transaction, so the write itself may fail.
        assert!(refused.await.unwrap_or(true));
    }
    let row = sealed_month::Entity::find().one(app.app.db.read()).await;
    let row = row.unwrap().unwrap();
    let forged = row
        .snapshot
        .replacen("\"k\":1,\"n\":3", "\"k\":3,\"n\":3", 1);
    assert_ne!(forged, row.snapshot);
    let update = |set: String| format!("UPDATE sealed_months SET {set}");
    force(app, vec![update(format!("snapshot = '{forged}'"))]).await;
    let found = oversight::verify(app.app.db.read()).await.unwrap();
    let why = "its record was changed";
    assert_eq!(found.broken, Some(("2026-07".into(), why.into())));
    // Whoever also makes the hash anew is found by the figures themselves.
    let stamp = Stamp {
        office: row.office_id.0,
        month: &row.month,
        formula: &row.formula,
        as_of_ms: row.as_of.timestamp_millis(),
        sealed_ms: row.sealed_at.timestamp_millis(),
        sealed_by: row.sealed_by.0,
        prev_hash: &row.prev_hash,
    };
    let hash = stamp.hash(&forged);
    force(app, vec![update(format!("hash = '{hash}'"))]).await;
    let (month, why) = oversight::verify(app.app.db.read())
        .await
        .unwrap()
        .broken
        .unwrap();
    assert_eq!(month, "2026-07");
    assert!(why.ends_with("does not come out as it was sealed"), "{why}");
    let page = secretary.get("/office/figures/sealed/2026-07").await;
    assert!(page.expect(200).text().contains("与封存不一致"));
    // What is no snapshot at all is told as well, and the page does not fall over.
    force(app, vec![update("snapshot = 'x'".into())]).await;
    let found = oversight::verify(app.app.db.read()).await.unwrap();
    assert!(found.broken.is_some());
    let page = secretary.get("/office/figures/sealed/2026-07").await;
    assert!(page.expect(200).text().contains("与封存不一致"));
    app.visitor().get("/figures").await.expect(200);
    secretary.get("/office/figures/sealed").await.expect(200);
}

#[tokio::test]
async fn an_office_weighs_the_three_rates_itself() {
    let july = july().await;
    let admin = july.role(Role::OfficeAdmin).await;
    let at = "/office/figures/weights";
    july.role(Role::Board).await.get(at).await.expect(403);
    let form = |a, b, c| [("response", a), ("solved", b), ("satisfied", c)];
    let before = figures(&admin, JULY).await;
    assert_eq!(before["composite"]["weights"]["solved"], 35);
    // 30 % of 1/3, 35 % of 1/2 and 35 % of 2/2.
    assert_eq!(before["composite"]["points"], "62.50");
    for (form, words) in [
        (form("40", "40", "40"), "合计应为 100"),
        (form("", "50", "50"), "请填写"),
        (form("x", "50", "50"), "0"),
    ] {
        let wrong = admin.post(at, &form).await.expect(422).text();
        assert!(wrong.contains(words), "{words}");
    }
    admin.post(at, &form("20", "４０", "40")).await.expect(303);
    admin.post(at, &form("0", "50", "50")).await.expect(303);
    let after = figures(&admin, JULY).await;
    assert_eq!(after["composite"]["points"], "75.00");
}

#[tokio::test]
async fn matches_have_their_own_ladder_and_rates() {
    let mut hall = Hall::open().await;
    hall.market.claimed().await;
    hall.market.referred().await;
    hall.market.interest().await;
    hall.market.later("2026-07-27T01:00:00Z").await;
    let board = hall.market.app().role(Role::Board).await;
    let told = figures(&board, JULY).await;
    assert_eq!(k_of_n(&told, "employer_answer"), (1, 2));
    assert_eq!(k_of_n(&told, "placed"), (0, 1));
    assert_eq!(k_of_n(&told, "found"), (0, 0));
    let ladder: Vec<_> = told["employment"].as_array().unwrap().iter().collect();
    assert_eq!(
        (&ladder[0]["matches"], &ladder[0]["persons"]),
        (&json!(3), &json!(3))
    );
    assert_eq!(
        (&ladder[4]["code"], &ladder[4]["matches"]),
        (&json!("started"), &json!(1))
    );
    assert_eq!(ladder[5]["matches"], 0);
}
