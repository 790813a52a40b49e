//! What residents bring, through every door, and what they see of it afterwards.
use crate::{
    case_make::{picture, send_files},
    harness::Client,
    intake_make::{Community, lamp},
    posting_make::{faults, once_of},
};
use axum::http::Method;
use nightfair::{domain::role::Role, entity::person};
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};

/// The address without its host.
fn path(url: &str) -> String {
    url.trim_start_matches("http://fair.test").to_owned()
}

fn plain(page: &str) -> String {
    page.replace("&#x2f;", "/")
}

#[tokio::test]
async fn a_lamp_is_reported_by_the_banner_and_rated_by_the_link() {
    let desk = Community::open().await;
    let resident = desk.app.visitor();
    let page = resident.get("/D/MINLE-E").await.expect(200).text();
    assert!(page.contains("民乐路 3 号院东门") && page.contains("照明"));
    assert!(!page.contains("<script"), "the page needs no script");
    let once = once_of(&page);
    let form = [
        ("once", once.as_str()),
        ("kind", "resident_request"),
        ("category", "lighting"),
        ("text", "2 单元门口的灯一直不亮。"),
        ("phone", "１３８ 0000 8000"),
    ];
    let shot = picture();
    let files = [("files", shot.as_slice())];
    let sent = send_files(&resident, "/D/MINLE-E", &form, &files).await;
    let track = sent.expect(303).location();
    // A second click on the same form is the same report.
    let again = send_files(&resident, "/D/MINLE-E", &form, &files).await;
    assert_eq!(again.expect(303).location(), track);
    let page = resident.get(&track).await.expect(200);
    assert_eq!(page.headers["referrer-policy"], "no-referrer");
    let page = plain(&page.text());
    assert!(page.contains("已收到") && page.contains("/files/"));
    let number = page[page.find("编号 ").unwrap() + 7..]
        .chars()
        .take(15)
        .collect::<String>();
    let number = number
        .split(|c: char| c != '-' && !c.is_ascii_alphanumeric())
        .next()
        .unwrap()
        .to_owned();

    let clerk = &desk.clerk;
    let accept = json!({"category": "lighting", "urgency": "ordinary"});
    desk.act(clerk, &number, "accept", accept).await.expect(200);
    let lead = json!({"lead": desk.property.to_string(), "basis": "manual"});
    desk.act(clerk, &number, "dispatch", lead).await.expect(200);
    desk.act(&desk.handler, &number, "sign", json!({}))
        .await
        .expect(200);
    let called = json!({"method": "phone", "reached": true});
    desk.act(&desk.handler, &number, "contact", called)
        .await
        .expect(200);
    let result = json!({"result": "换了灯。", "outcome": "resolved"});
    let refused = desk
        .act(&desk.handler, &number, "submit_result", result.clone())
        .await;
    assert!(faults(&refused.expect(422))[0].starts_with("/after "));
    let files_at = format!("/api/v1/cases/{number}/files");
    let one = [("file", shot.as_slice())];
    let upload = send_files(&desk.handler, &files_at, &[], &one).await;
    let file = upload.expect(201).json()["id"].clone();
    let result = json!({"result": "换了灯。", "outcome": "resolved", "after": [file]});
    desk.act(&desk.handler, &number, "submit_result", result)
        .await
        .expect(200);
    let own = desk
        .act(
            &desk.handler,
            &number,
            "verify_pass",
            json!({"note": "亮了"}),
        )
        .await;
    assert_eq!(own.expect(403).code(), "not_yours");
    let seen = json!({"note": "夜里看过，亮了"});
    desk.act(&desk.verifier, &number, "verify_pass", seen)
        .await
        .expect(200);

    let key = track.split(['/', '?']).nth(2).unwrap().to_owned();
    let page = resident.get(&format!("/K/{key}")).await.expect(200).text();
    assert!(page.contains("评价办理结果"));
    let rate = [
        ("once", once_of(&page)),
        ("action", "callback".to_owned()),
        ("expected_seq", seq_of(&page)),
        ("solved", "yes".to_owned()),
        ("satisfied", "yes".to_owned()),
    ];
    let rate: Vec<(&str, &str)> = rate
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    resident
        .post(&format!("/K/{key}/actions"), &rate)
        .await
        .expect(303);
    let close = json!({"outcome": "resolved", "public_answer": "灯已修好。"});
    desk.act(&desk.verifier, &number, "close", close)
        .await
        .expect(200);
    let followed = resident
        .api_get(&format!("/track/{key}"))
        .await
        .expect(200)
        .json();
    assert_eq!(followed["stage"], "closed");
    assert_eq!(followed["outcome"], "resolved");
}

fn seq_of(page: &str) -> String {
    let mark = "name=\"expected_seq\" value=\"";
    let start = page.find(mark).unwrap() + mark.len();
    page[start..].split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn the_api_takes_a_report_without_account_and_tells_every_fault() {
    let desk = Community::open().await;
    let anyone = desk.app.visitor();
    let key = Some("one-report");
    let body = lamp().to_string().into_bytes();
    let first = anyone
        .api(Method::POST, "/requests", key, body.clone())
        .await
        .expect(201);
    let again = anyone
        .api(Method::POST, "/requests", key, body)
        .await
        .expect(201);
    assert_eq!(again.headers["idempotent-replayed"], "true");
    assert_eq!(first.json(), again.json());
    let wrong = json!({"category": "", "text": "", "phone": "12", "place": "NOWHERE", "lat": 36.0,
        "attachments": ["99999"]});
    let told = faults(&anyone.api_post("/requests", &wrong).await.expect(422));
    for fault in [
        "/category required",
        "/text required",
        "/place not_found",
        "/lat required",
    ] {
        assert!(told.iter().any(|one| one == fault), "{fault} in {told:?}");
    }
    let unknown = json!({"category": "dragons", "text": "有龙。"});
    assert_eq!(
        faults(&anyone.api_post("/requests", &unknown).await.expect(422)),
        ["/category unknown_choice"]
    );
    let placeless = json!({"category": "lighting", "text": "灯不亮。"});
    let refused = anyone.api_post("/requests", &placeless).await.expect(422);
    assert!(
        !refused.json()["errors"].as_array().unwrap().is_empty(),
        "{}",
        refused.text()
    );
    anyone.api_get("/track/0000000000000000").await.expect(404);
    let foreign =
        json!({"category": "lighting", "text": "灯", "place": "MINLE-E", "attachments": ["1"]});
    anyone.api_post("/requests", &foreign).await.expect(422);
}

#[tokio::test]
async fn somebody_without_a_telephone_gets_a_slip() {
    let desk = Community::open().await;
    let page = desk.clerk.get("/office/intake").await.expect(200).text();
    let form = [
        ("once", once_of(&page)),
        ("kind", "resident_request".into()),
        ("category", "lighting".into()),
        ("text", "楼道灯坏了。".into()),
        ("area", desk.building.to_string()),
        ("name", "王阿姨".into()),
        ("on_behalf", "yes".into()),
        ("channel", "desk".into()),
        ("then", "accept".into()),
    ];
    let form: Vec<(&str, &str)> = form
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let done = desk
        .clerk
        .post("/office/intake", &form)
        .await
        .expect(303)
        .location();
    let page = plain(&desk.clerk.get(&done).await.expect(200).text());
    assert!(page.contains("已受理") && page.contains("http://fair.test/K/"));
    let number = done.rsplit('/').next().unwrap();
    let slip = desk
        .clerk
        .get(&format!("/cases/{number}/slip"))
        .await
        .expect(200)
        .text();
    assert!(slip.contains(number) && slip.contains("<svg"));
    desk.handler
        .get(&format!("/cases/{number}/slip"))
        .await
        .expect(403);
    let other = desk.app.role(Role::CommunityClerk).await;
    other.get(&done).await.expect(404);
    // Without a number nobody can be reached, so nobody has to be contacted before the result.
    let seen = desk
        .clerk
        .api_get(&format!("/cases/{number}"))
        .await
        .expect(200)
        .json();
    let actions = seen["actions"].as_array().unwrap();
    assert!(actions.iter().any(|action| action["action"] == "dispatch"));
}

#[tokio::test]
async fn a_clerk_chooses_what_follows_and_a_refusal_leaves_nothing() {
    let desk = Community::open().await;
    let body = json!({"kind": "resident_request", "category": "lighting", "text": "灯不亮。",
        "area": "XG0103", "then": "answer", "answer": "马上修。"});
    let refused = desk.clerk.api_post("/cases", &body).await;
    assert_eq!(refused.expect(409).json()["guard"], "category_consult");
    let none = desk.clerk.api_get("/cases").await.expect(200).json();
    assert_eq!(none["items"], json!([]));
    let unruled = json!({"kind": "resident_request", "category": "lighting", "text": "灯不亮。",
        "area": "XG0103", "then": "dispatch"});
    desk.clerk.api_post("/cases", &unruled).await.expect(422);
    let grid = json!({"kind": "patrol_finding", "category": "railing", "text": "护栏断了。", "area": "XG0103",
        "then": "accept"});
    desk.grid.api_post("/cases", &grid).await.expect(403);
    let found = json!({"kind": "patrol_finding", "category": "railing", "text": "护栏断了。", "area": "XG0103"});
    let opened = desk
        .grid
        .api_post("/cases", &found)
        .await
        .expect(201)
        .json();
    assert_eq!(opened["kind"], "patrol_finding");
    for kind in ["mediation", "suggestion", "mailbox"] {
        let category = match kind {
            "mediation" => "neighbour_noise",
            "suggestion" => "idea",
            _ => "letter",
        };
        let body = json!({"kind": kind, "category": category, "text": "请帮忙。", "area": "XG01",
            "name": "王秀兰", "phone": "13800008000",
            "parties": if kind == "mediation" { json!([{"name": "李强", "phone": "13900001111"}]) } else { json!([]) }});
        let opened = desk
            .clerk
            .api_post("/cases", &body)
            .await
            .expect(201)
            .json();
        assert_eq!(opened["kind"], kind);
    }
    desk.verifier.api_post("/cases", &found).await.expect(403);
}

#[tokio::test]
async fn who_meets_a_similar_case_follows_it_instead() {
    let desk = Community::open().await;
    let (number, _) = desk.report(lamp()).await;
    let neighbour = desk.app.visitor();
    let page = neighbour.get("/D/MINLE-E").await.expect(200).text();
    let form = |extra: (&'static str, String), page: &str| {
        let fields = vec![
            ("once", once_of(page)),
            ("kind", "resident_request".to_owned()),
            ("category", "lighting".to_owned()),
            ("text", "门口灯不亮。".to_owned()),
            ("phone", "13700007000".to_owned()),
            extra,
        ];
        fields
    };
    let post = async |fields: Vec<(&str, String)>| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
        neighbour.post("/D/MINLE-E", &fields).await
    };
    let shown = post(form(("address", String::new()), &page))
        .await
        .expect(200)
        .text();
    assert!(shown.contains(&number) && shown.contains("一并跟进"));
    let joined = post(form(("join", number.clone()), &shown))
        .await
        .expect(200)
        .text();
    let joined = plain(&joined);
    let key = joined[joined.find("/K/").unwrap() + 3..]
        .chars()
        .take(16)
        .collect::<String>();
    let page = neighbour.get(&format!("/K/{key}")).await.expect(200).text();
    assert!(page.contains("您是跟进人"));
    assert!(
        !page.contains("2 单元门口的灯一直不亮"),
        "a follower never reads the reporter's words"
    );
    let rate = json!({"action": "callback", "solved": "yes"});
    neighbour
        .api_post(&format!("/track/{key}/actions"), &rate)
        .await
        .expect(409);
    let anew = post(form(("anew", "yes".to_owned()), &shown))
        .await
        .expect(303);
    assert!(anew.location().starts_with("/K/"));
    assert_eq!(
        desk.clerk.api_get("/cases").await.expect(200).json()["items"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[tokio::test]
async fn a_table_imported_twice_changes_nothing() {
    let desk = Community::open().await;
    let table = "工单编号,来电时间,来电人,联系电话,诉求类型,所属社区,诉求内容\n\
        W-1,2026-11-24 19:02,王女士,13800008000,照明,民乐路社区,路灯不亮\n\
        W-2,2026-11-24 19:05,李先生,13900001111,不知道,民乐路社区,车位被占\n\
        W-3,,,,照明,民乐路社区,\n";
    let bring = async |table: &str, kept: Option<String>| {
        let page = desk
            .clerk
            .get("/office/intake/import")
            .await
            .expect(200)
            .text();
        let (once, kept) = (once_of(&page), kept.unwrap_or_default());
        let mut form = vec![
            ("once", once.as_str()),
            ("source", "12345"),
            ("fallback", "lighting"),
        ];
        if !kept.is_empty() {
            form.push(("table", kept.as_str()));
        }
        let files = [("file", table.as_bytes())];
        let files = if kept.is_empty() { &files[..] } else { &[] };
        send_files(&desk.clerk, "/office/intake/import", &form, files)
            .await
            .expect(200)
            .text()
    };
    let apply = async |table: &str| {
        let preview = bring(table, None).await;
        let mark = "name=\"table\" value=\"";
        let Some(at) = preview.find(mark) else {
            return preview;
        };
        let kept = preview[at + mark.len()..].split('"').next().unwrap();
        let kept = kept
            .replace("&quot;", "\"")
            .replace("&#x2f;", "/")
            .replace("&amp;", "&");
        bring(table, Some(kept)).await
    };
    let preview = bring(table, None).await;
    assert!(
        preview.contains("新增 2，更新 0，不变 0，有误 1"),
        "{preview}"
    );
    assert!(preview.contains("按默认类别登记"));
    let count = async || {
        desk.clerk.api_get("/cases").await.expect(200).json()["items"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(count().await, 0, "a preview writes nothing");
    let done = apply(table).await;
    assert!(done.contains("新增 2，更新 0，不变 0，有误 1"));
    assert_eq!(count().await, 2);
    let again = apply(table).await;
    assert!(again.contains("新增 0，更新 0，不变 2，有误 1"));
    let changed = table.replace("路灯不亮", "路灯还是不亮");
    let again = apply(&changed).await;
    assert!(again.contains("新增 0，更新 1，不变 1，有误 1"));
    assert_eq!(count().await, 2);
    let items = json!({"source": "12345", "category": "lighting", "items": [
        {"source_ref": "W-1", "text": "路灯还是不亮", "name": "王女士", "phone": "13800008000", "category": "照明",
         "area": "民乐路社区", "said_at": "2026-11-24 19:02"},
        {"source_ref": "W-9", "text": "井盖松动", "area": "民乐路社区"}, {"source_ref": "", "text": "无号"}]});
    let fates = desk
        .clerk
        .api_post("/requests/batch", &items)
        .await
        .expect(200)
        .json();
    let fates: Vec<&Value> = fates["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["fate"])
        .collect();
    assert_eq!(fates, ["same", "new", "faulty"]);
    desk.handler.get("/office/intake/import").await.expect(403);
    desk.handler
        .api_post("/requests/batch", &items)
        .await
        .expect(403);
    let cases = desk.clerk.api_get("/cases").await.expect(200).json();
    let first = cases["items"].as_array().unwrap().last().unwrap()["no"]
        .as_str()
        .unwrap()
        .to_owned();
    let timeline = desk
        .clerk
        .api_get(&format!("/cases/{first}"))
        .await
        .expect(200)
        .json();
    assert_eq!(
        timeline["timeline"].as_array().unwrap().len(),
        2,
        "one update for one change"
    );
}

#[tokio::test]
async fn a_pasted_message_fills_the_form() {
    let desk = Community::open().await;
    let form = [
        ("kind", "resident_request"),
        (
            "message",
            "王阿姨 2026-11-25 19:02:11\n民乐路社区2单元门口灯不亮，电话13800008000",
        ),
    ];
    let page = desk
        .clerk
        .post("/office/intake/paste", &form)
        .await
        .expect(200)
        .text();
    assert!(page.contains("value=\"王阿姨\"") && page.contains("value=\"13800008000\""));
    assert!(page.contains("门口灯不亮") && !page.contains("没有找到"));
    let page = desk
        .clerk
        .post("/office/intake/paste", &[("message", "灯不亮")])
        .await
        .expect(200)
        .text();
    assert!(page.contains("没有找到电话") && page.contains("没有找到姓名"));
}

#[tokio::test]
async fn a_number_alone_never_renames_who_is_known() {
    let desk = Community::open().await;
    desk.report(lamp()).await;
    let mut unnamed = lamp();
    unnamed["name"] = json!("");
    let (number, _) = desk.report(unnamed).await;
    let seen = desk
        .clerk
        .api_get(&format!("/cases/{number}"))
        .await
        .expect(200)
        .json();
    assert!(
        seen["facts"].to_string().contains("王**"),
        "{}",
        seen["facts"]
    );
    assert!(!seen.to_string().contains("13800008000"));
    let people = person::Entity::find()
        .count(desk.app.app.db.read())
        .await
        .unwrap();
    assert_eq!(people, 1);
}

#[tokio::test]
async fn doors_of_intake_open_to_their_roles_only() {
    let desk = Community::open().await;
    let admitted: &[(&Client, u16)] = &[
        (&desk.clerk, 200),
        (&desk.grid, 200),
        (&desk.handler, 403),
        (&desk.verifier, 403),
        (&desk.secretary, 403),
    ];
    for (client, status) in admitted {
        client.get("/office/intake").await.expect(*status);
    }
    let liaison = desk.app.role(Role::DeputyLiaison).await;
    let page = liaison.get("/office/intake").await.expect(200).text();
    assert!(page.contains("信的内容"), "a liaison begins with letters");
    desk.app.visitor().get("/D/NOWHERE").await.expect(404);
    desk.app.visitor().get("/report?lang=en").await.expect(200);
    assert!(path("http://fair.test/K/x").starts_with("/K/"));
}
