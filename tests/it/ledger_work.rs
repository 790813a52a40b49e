//! Working with the ledger: views that people keep, many cases at once, what leaves the house.
use crate::{
    casework_make::Hall,
    harness::{Client, Reply},
    posting_make::once_of,
};
use axum::http::Method;
use calamine::{Data, Reader, Xlsx, open_workbook_from_rs};
use nightfair::{
    domain::case::{Action, Kind, Stage},
    entity::access_record,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use std::io::Cursor;

async fn views(client: &Client) -> Vec<Value> {
    let all = client.api_get("/cases/views").await.expect(200).json();
    all["items"].as_array().unwrap().clone()
}

fn faults(reply: &Reply) -> Vec<String> {
    let errors = reply.json()["errors"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let told = errors.iter().map(|error| {
        let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        format!("{} {}", text("pointer"), text("code"))
    });
    told.collect()
}

#[tokio::test]
async fn a_view_is_kept_opens_first_and_is_nobody_elses() {
    let hall = Hall::open().await;
    let (number, id) = hall.report(Kind::ResidentRequest).await;
    hall.does("clerk", id, Action::Accept, json!({})).await;
    hall.report(Kind::Mailbox).await;
    let clerk = hall.client("clerk");
    let page = clerk
        .get("/cases?stage=accepted&sort=due")
        .await
        .expect(200)
        .text();
    assert!(page.contains("保存为常用视图"));
    let form = [
        ("query", "sort=due&stage=accepted&cursor=9&limit=3"),
        ("name", "待派单"),
        ("opens_first", "yes"),
        ("once", "v1"),
    ];
    let kept = clerk.post("/cases/views", &form).await.expect(303);
    assert!(
        kept.location().contains("said=view_kept"),
        "{}",
        kept.location()
    );
    let seen = clerk.get(&kept.location()).await.expect(200).text();
    assert!(seen.contains("已保存。") && seen.contains(&number));
    clerk.post("/cases/views", &form).await.expect(303);
    let all = views(clerk).await;
    assert_eq!(all.len(), 1, "sent twice, kept once");
    assert_eq!(all[0]["query"], "stage=accepted&sort=due");
    let first = clerk.get("/cases").await.expect(303);
    assert_eq!(first.location(), "/cases?stage=accepted&sort=due");
    clerk.get("/cases?show=all").await.expect(200);
    let view = all[0]["id"].as_str().unwrap().to_owned();
    let other = hall.client("admin");
    assert!(views(other).await.is_empty());
    other
        .post(&format!("/cases/views/{view}"), &[("name", "我的")])
        .await
        .expect(404);
    other
        .post(&format!("/cases/views/{view}/remove"), &[])
        .await
        .expect(404);
    other
        .api_delete(&format!("/cases/views/{view}"))
        .await
        .expect(404);
    let wrong = clerk
        .post(&format!("/cases/views/{view}"), &[("name", " ")])
        .await;
    assert!(wrong.expect(422).text().contains("href=\"#name-"));
    let changed = clerk
        .post(&format!("/cases/views/{view}"), &[("name", "要派的")])
        .await;
    changed.expect(303);
    assert_eq!(
        (
            views(clerk).await[0]["name"].as_str(),
            views(clerk).await[0]["opens_first"].as_bool()
        ),
        (Some("要派的"), Some(false))
    );
    clerk.get("/cases").await.expect(200);
    clerk
        .post(&format!("/cases/views/{view}/remove"), &[])
        .await
        .expect(303);
    assert!(views(clerk).await.is_empty());
}

#[tokio::test]
async fn a_leader_shares_with_his_unit_and_a_view_shows_only_what_its_reader_may_see() {
    let hall = Hall::open().await;
    hall.report(Kind::ResidentRequest).await;
    let view = json!({"name": "在办", "query": "open=yes", "shared": true, "opens_first": true});
    let leader = hall.client("leader");
    leader.api_post("/cases/views", &view).await.expect(201);
    let theirs = views(hall.client("handler")).await;
    assert_eq!(theirs.len(), 1);
    assert_eq!(
        (&theirs[0]["own"], &theirs[0]["opens_first"]),
        (&json!(false), &json!(false))
    );
    assert!(views(hall.client("co")).await.is_empty());
    let page = hall
        .client("handler")
        .get("/cases/views")
        .await
        .expect(200)
        .text();
    assert!(page.contains("共用") && !page.contains("/remove"));
    let list = hall
        .client("handler")
        .get("/cases?open=yes")
        .await
        .expect(200)
        .text();
    assert!(list.contains("没有找到符合条件的办件"));
    // Who leads nothing shares nothing.
    let view = json!({"name": "共用", "query": "kind=mailbox", "shared": true});
    let kept = hall
        .client("handler")
        .api_post("/cases/views", &view)
        .await
        .expect(201);
    assert_eq!(kept.json()["shared"], json!(false));
    let taken = hall
        .client("handler")
        .api_post("/cases/views", &view)
        .await
        .expect(422);
    assert_eq!(faults(&taken), ["/name taken"]);
    for (view, fault) in [
        (
            json!({"name": "", "query": "kind=mailbox"}),
            "/name required",
        ),
        (json!({"name": "空", "query": ""}), "/query required"),
        (
            json!({"name": "错", "query": "stage=lost"}),
            "/stage unknown_choice",
        ),
        (
            json!({"name": "长".repeat(31), "query": "kind=mailbox"}),
            "/name too_long",
        ),
    ] {
        let refused = leader.api_post("/cases/views", &view).await.expect(422);
        assert_eq!(faults(&refused), [fault]);
    }
    for n in 0..19 {
        let view = json!({"name": format!("第{n}个"), "query": "kind=mailbox"});
        leader.api_post("/cases/views", &view).await.expect(201);
    }
    let view = json!({"name": "多了", "query": "kind=mailbox"});
    let refused = leader.api_post("/cases/views", &view).await.expect(422);
    assert_eq!(faults(&refused), ["/name too_many"]);
    let again = [("name", ""), ("query", "kind=mailbox"), ("once", "x")];
    let page = leader.post("/cases/views", &again).await.expect(422).text();
    assert!(page.contains("书记信箱") && page.contains("href=\"#f-name\""));
    hall.client("employer")
        .get("/cases/views")
        .await
        .expect(403);
    hall.client("board")
        .api_get("/cases/views")
        .await
        .expect(403);
}

/// Cases to be dispatched: two that can go, one that somebody else changed, one too early, one of a
/// kind that has no unit, a mediation, and one that is not there.
async fn a_pile(hall: &Hall) -> (Vec<Value>, Vec<nightfair::domain::id::CaseId>) {
    let (mut items, mut ids) = (Vec::new(), Vec::new());
    for n in 0..3 {
        let (number, id) = hall.report(Kind::ResidentRequest).await;
        hall.does("clerk", id, Action::Accept, json!({})).await;
        let seen = if n == 2 { 1 } else { 2 };
        items.push(json!({"no": number, "expected_seq": seen}));
        ids.push(id);
    }
    let (early, _) = hall.report(Kind::PatrolFinding).await;
    items.push(json!({"no": early, "expected_seq": 1}));
    let (job, _) = hall.market.interest().await;
    items.push(json!({"no": job, "expected_seq": 1}));
    let (quarrel, id) = hall.report(Kind::Mediation).await;
    hall.does("clerk", id, Action::Accept, json!({})).await;
    items.push(json!({"no": quarrel, "expected_seq": 2}));
    items.push(json!({"no": "JD-2026-099999", "expected_seq": 2}));
    (items, ids)
}

#[tokio::test]
async fn many_are_dispatched_each_by_itself_and_never_twice() {
    let hall = Hall::open().await;
    let (items, ids) = a_pile(&hall).await;
    let order = json!({
        "action": "dispatch", "items": items,
        "lead": hall.lead.to_string(), "co_units": [hall.co.to_string()],
    });
    let clerk = hall.client("clerk");
    let call = |key: &'static str, order: &Value| {
        let body = order.to_string().into_bytes();
        async move {
            clerk
                .api(Method::POST, "/cases/bulk", Some(key), body)
                .await
        }
    };
    let done = call("b1", &order).await.expect(200).json();
    let told: Vec<_> = done["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["done"].as_bool().unwrap(),
                one["status"].as_u64().unwrap(),
                one["code"].as_str().unwrap_or("").to_owned(),
            )
        })
        .collect();
    let expected = [
        (true, 200, ""),
        (true, 200, ""),
        (false, 409, "stale"),
        (false, 409, "not_now"),
        (false, 409, "not_now"),
        (false, 422, "mediator_by_hand"),
        (false, 404, "not_found"),
    ];
    let expected: Vec<_> = expected
        .iter()
        .map(|(done, status, code)| (*done, *status, (*code).to_owned()))
        .collect();
    assert_eq!(told, expected, "{done:#}");
    let results = done["results"].as_array().unwrap();
    assert_eq!(results[2]["seq"], 2);
    assert!(results[3]["detail"].as_str().unwrap().contains("已登记"));
    let state = hall.state(ids[0]).await;
    assert_eq!(
        (state.stage, state.lead()),
        (Stage::Dispatched, Some(hall.lead))
    );
    let again = call("b1", &order).await.expect(200);
    assert_eq!(again.headers["idempotent-replayed"], "true");
    assert_eq!(again.json()["results"][0], done["results"][0]);
    assert_eq!(
        hall.state(ids[0]).await.seq,
        3,
        "sent twice, dispatched once"
    );
    let mut other = order.clone();
    other["lead"] = json!(hall.other.to_string());
    assert_eq!(
        call("b1", &other).await.expect(422).code(),
        "idempotency_key_reused"
    );
    hall.proved().await;
    for who in [
        "handler", "verifier", "grid", "officer", "employer", "mediator", "deputy",
    ] {
        hall.client(who)
            .api_post("/cases/bulk", &order)
            .await
            .expect(403);
    }
    let english = {
        let request = clerk
            .request(Method::POST, "/api/v1/cases/bulk")
            .header("content-type", "application/json")
            .header("accept-language", "en")
            .body(axum::body::Body::from(order.to_string()))
            .unwrap();
        clerk.send(request).await.expect(200).json()
    };
    let said = english["results"][3]["detail"].as_str().unwrap();
    assert!(
        said.contains("Registered") && !said.contains('已'),
        "{said}"
    );
}

#[tokio::test]
async fn orders_that_cannot_be_read_are_explained() {
    let hall = Hall::open().await;
    let (number, _) = hall.report(Kind::ResidentRequest).await;
    let item = json!({"no": number, "expected_seq": 1});
    let many: Vec<_> = (0..201).map(|_| item.clone()).collect();
    for (order, fault) in [
        (json!({}), vec!["/action required", "/items required"]),
        (
            json!({"action": "close", "items": [item]}),
            vec!["/action unknown_choice"],
        ),
        (
            json!({"action": "accept", "items": []}),
            vec!["/items required"],
        ),
        (
            json!({"action": "accept", "items": many}),
            vec!["/items too_many"],
        ),
        (
            json!({"action": "accept", "items": ["x"]}),
            vec!["/items/0 format"],
        ),
        (
            json!({"action": "accept", "items": [{"no": number}]}),
            vec!["/items/0 format"],
        ),
        (
            json!({"action": "accept", "items": [item], "lead": "1"}),
            vec!["/lead unknown_field"],
        ),
        (
            json!({"action": "supervise", "items": [item]}),
            vec!["/due_on required"],
        ),
    ] {
        let refused = hall
            .client("clerk")
            .api_post("/cases/bulk", &order)
            .await
            .expect(422);
        assert_eq!(faults(&refused), fault, "{order}");
    }
    let accept = json!({"action": "accept", "items": [item]});
    let done = hall
        .client("clerk")
        .api_post("/cases/bulk", &accept)
        .await
        .expect(200)
        .json();
    assert_eq!(done["results"][0]["seq"], 2, "{done}");
    let supervise = json!({"action": "supervise", "items": [{"no": number, "expected_seq": 2}], "due_on": "2026-07-25"});
    let refused = hall
        .client("clerk")
        .api_post("/cases/bulk", &supervise)
        .await
        .expect(200)
        .json();
    assert_eq!(refused["results"][0]["code"], "not_yours");
    let done = hall
        .client("secretary")
        .api_post("/cases/bulk", &supervise)
        .await
        .expect(200)
        .json();
    assert_eq!(done["results"][0]["done"], true, "{done}");
}

#[tokio::test]
async fn ticked_rows_are_previewed_then_sent_by_rule_or_by_hand() {
    let hall = Hall::open().await;
    let (one, id) = hall.report(Kind::ResidentRequest).await;
    hall.does("clerk", id, Action::Accept, json!({})).await;
    let (two, _) = hall.report(Kind::ResidentRequest).await;
    let clerk = hall.client("clerk");
    let list = clerk.get("/cases?show=all").await.expect(200).text();
    assert!(
        list.contains(&format!("value=\"{one}.2\""))
            && list.contains(&format!("value=\"{two}.1\""))
    );
    let watcher = hall
        .client("verifier")
        .get("/cases?show=all")
        .await
        .expect(200)
        .text();
    assert!(!watcher.contains("name=\"pick\""));
    let (pick_one, pick_two) = (format!("{one}.2"), format!("{two}.1"));
    let ticked = [
        ("action", "dispatch"),
        ("pick", &pick_one),
        ("pick", &pick_two),
        ("back", "/cases?show=all"),
    ];
    let choose = clerk.post("/cases/bulk", &ticked).await.expect(200).text();
    assert!(choose.contains("按派单规则") && choose.contains(&one) && choose.contains("市政养护"));
    let mut form = ticked.to_vec();
    form.push(("step", "preview"));
    let rule = clerk.post("/cases/bulk", &form).await.expect(200).text();
    assert!(rule.contains("没有适用的派单规则"), "{rule}");
    let lead = hall.lead.to_string();
    form.push(("lead", &lead));
    let preview = clerk.post("/cases/bulk", &form).await.expect(200).text();
    assert!(
        preview.contains("可以办理 1 件，不能办理 1 件") && preview.contains("要在"),
        "{preview}"
    );
    assert_eq!(hall.state(id).await.seq, 2, "a preview changes nothing");
    let once = once_of(&preview);
    let mut form: Vec<_> = form
        .into_iter()
        .filter(|(name, _)| *name != "step")
        .collect();
    form.extend([("step", "apply"), ("once", once.as_str())]);
    for _ in 0..2 {
        let done = clerk.post("/cases/bulk", &form).await.expect(200).text();
        assert!(
            done.contains("已办理 1 件") && done.contains("1 件没有办理"),
            "{done}"
        );
    }
    assert_eq!(hall.state(id).await.seq, 3);
    let empty = clerk
        .post("/cases/bulk", &[("action", "dispatch")])
        .await
        .expect(200)
        .text();
    assert!(empty.contains("没有勾选办件"));
    clerk
        .post("/cases/bulk", &[("action", "close")])
        .await
        .expect(422);
    clerk
        .post("/cases/bulk", &[("action", "accept"), ("pick", "nonsense")])
        .await
        .expect(422);
    let evil = [
        ("action", "accept"),
        ("pick", &*pick_two),
        ("back", "//evil.example/cases"),
    ];
    let page = clerk.post("/cases/bulk", &evil).await.expect(200).text();
    assert!(!page.contains("evil.example"));
    hall.client("handler")
        .post("/cases/bulk", &ticked)
        .await
        .expect(403);
    let late = [
        ("action", "supervise"),
        ("pick", &*pick_two),
        ("step", "preview"),
    ];
    let wrong = hall
        .client("admin")
        .post("/cases/bulk", &late)
        .await
        .expect(422)
        .text();
    assert!(wrong.contains("href=\"#f-due_on\"") && wrong.contains(&two));
}

#[tokio::test]
async fn by_rule_each_case_goes_where_its_category_says() {
    let hall = Hall::open().await;
    let lead = hall.lead.0;
    let office = hall.office().0;
    let ruled = hall.app().db.write(move |tx| async move {
        let rule = format!("INSERT INTO dispatch_rules (office_id, category, lead_unit_id, co_units, priority, enabled, version, changed_at) VALUES ({office}, 'lighting', {lead}, '[]', 0, TRUE, 1, '2026-07-01T00:00:00+00:00')");
        tx.conn().execute_unprepared(&rule).await?;
        Ok(())
    });
    ruled.await.unwrap();
    let (number, id) = hall.report(Kind::ResidentRequest).await;
    hall.does("clerk", id, Action::Accept, json!({})).await;
    let order =
        json!({"action": "dispatch", "items": [{"no": number, "expected_seq": 2}], "lead": "rule"});
    let done = hall
        .client("clerk")
        .api_post("/cases/bulk", &order)
        .await
        .expect(200)
        .json();
    assert_eq!(done["results"][0]["done"], true, "{done}");
    assert_eq!(hall.state(id).await.lead(), Some(hall.lead));
}

#[tokio::test]
async fn a_list_leaves_the_house_masked_recorded_and_as_text() {
    let hall = Hall::open().await;
    let (number, id) = hall.dispatched(Kind::ResidentRequest).await;
    let (job, _) = hall.market.referred().await;
    let renamed = hall.app().db.write(move |tx| async move {
        let title = format!("UPDATE cases SET title = '=HYPERLINK(\"http://x\")' WHERE id = {id}");
        tx.conn().execute_unprepared(&title).await?;
        Ok(())
    });
    renamed.await.unwrap();
    let clerk = hall.client("clerk");
    let reply = clerk.get("/cases.xlsx?show=all").await.expect(200);
    assert!(
        reply.headers["content-disposition"]
            .to_str()
            .unwrap()
            .contains("cases.xlsx")
    );
    let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(reply.bytes)).unwrap();
    let sheet = book.worksheet_range("台账").unwrap();
    assert_eq!(sheet.height(), 3);
    let cells: Vec<Vec<Data>> = sheet.rows().map(<[Data]>::to_vec).collect();
    assert_eq!(cells[0][0], Data::String("编号".into()));
    let line = cells
        .iter()
        .find(|cells| cells[0] == Data::String(number.clone()))
        .unwrap();
    assert_eq!(line[1], Data::String("=HYPERLINK(\"http://x\")".into()));
    assert!(matches!(&line[3], Data::String(category) if category != "lighting"));
    assert!(
        book.worksheet_formula("台账")
            .is_ok_and(|formulas| formulas.is_empty())
    );
    let told = format!("{cells:?}");
    assert!(told.contains(&job) && told.contains("市政养护") && told.contains("第二网格"));
    let printed = clerk.get("/cases/print?show=all").await.expect(200).text();
    assert!(printed.contains(&number) && printed.contains("校验码") && printed.contains("共 2 件"));
    for secret in [
        "老人出行",
        "东侧巷道",
        "小区东门",
        "王建国",
        "13800000001",
        "张小芳",
        "1390000",
    ] {
        assert!(
            !told.contains(secret) && !printed.contains(secret),
            "{secret}"
        );
    }
    let one = clerk
        .get("/cases/print?kind=employment_match")
        .await
        .expect(200)
        .text();
    assert!(one.contains("岗位对接") && one.contains("共 1 件") && !one.contains(&number));
    assert_ne!(seal(&printed), seal(&one));
    let noted = access_record::Entity::find()
        .filter(access_record::Column::Action.eq("export"))
        .all(hall.app().db.read())
        .await
        .unwrap();
    let why: Vec<_> = noted.iter().map(|row| row.reason.as_str()).collect();
    assert_eq!(why, ["ledger", "ledger print", "ledger print"]);
    for (who, status) in [
        ("employer", 403),
        ("board", 403),
        ("handler", 200),
        ("deputy", 200),
    ] {
        for path in ["/cases.xlsx", "/cases/print"] {
            hall.client(who).get(path).await.expect(status);
        }
    }
    hall.market
        .app()
        .visitor()
        .get("/cases.xlsx")
        .await
        .expect(303);
    let other = hall.client("stranger").get("/cases.xlsx").await.expect(200);
    let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(other.bytes)).unwrap();
    assert_eq!(
        book.worksheet_range("台账").unwrap().height(),
        1,
        "of his own unit, nothing"
    );
    clerk.get("/cases.xlsx?stage=lost").await.expect(422);
    hall.proved().await;
}

fn seal(page: &str) -> String {
    let at = page.find("class=\"hash\">").unwrap();
    page[at + 13..].chars().take(64).collect()
}
