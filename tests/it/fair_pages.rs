//! The pages of evenings and booths: what the public sees, how the office plans, how an employer
//! comes to its booth.
use crate::{
    fair_build::{SLUG, approved_employer, employer_body, fair_body, fair_with, open_fair},
    harness::{Client, Reply, TestApp},
};
use axum::body::Body;
use chrono::TimeDelta;
use nightfair::{
    domain::{
        id::{EmployerId, UnitId},
        role::Role,
    },
    entity::{employer, fair, office, unit},
};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use serde_json::json;

/// A form as the page about a new fair sends it; Beijing time.
fn typed(slug: &str) -> Vec<(&'static str, String)> {
    [
        ("title", "星光就业集市"),
        ("slug", slug),
        ("kind", "on_site"),
        ("venue", "金城公园"),
        ("address", "西门广场"),
        ("starts_at", "2026-08-08T19:00"),
        ("ends_at", "2026-08-08T22:00"),
        ("registration_opens_at", "2026-07-19T08:00"),
        ("registration_closes_at", "2026-08-08T21:30"),
        ("capacity", "800"),
        ("expected", ""),
        ("gates", "东门\r\n西门"),
        ("booths", "A 1-8 北侧\r\nB 1-4 南侧"),
        ("hold_minutes", ""),
        ("target_groups", "graduate"),
        ("notice", "东门入场"),
        ("intro", ""),
        ("filing_no", ""),
        ("permit_no", ""),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into()
}

fn with<'a>(
    form: &'a [(&'static str, String)],
    changed: &[(&'static str, &'a str)],
) -> Vec<(&'static str, &'a str)> {
    let mut form: Vec<(&str, &str)> = form.iter().map(|(n, v)| (*n, v.as_str())).collect();
    for (name, value) in changed {
        form.retain(|(n, _)| n != name);
        form.push((name, value));
    }
    form
}

const NEW: &str = "/office/fairs/new";

async fn send(office: &Client, path: &str, changed: &[(&'static str, &str)]) -> Reply {
    office.post(path, &with(&typed("autumn"), changed)).await
}

fn at(rest: &str) -> String {
    format!("/office/fairs/{SLUG}{rest}")
}

fn own(rest: &str) -> String {
    format!("/employer/fairs/{SLUG}{rest}")
}

/// A page as a browser reads its addresses.
trait Read {
    fn read(&self) -> String;
}

impl Read for Reply {
    fn read(&self) -> String {
        self.text().replace("&#x2f;", "/")
    }
}

/// The first value of a hidden field of that name.
fn hidden(page: &str, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let (_, rest) = page.split_once(&start).unwrap_or_else(|| panic!("{page}"));
    rest.split('"').next().unwrap().to_owned()
}

/// A published fair, the office, and clerks of so many approved employers.
async fn market(n: u32, booths: &str) -> (TestApp, Client, Vec<(EmployerId, Client)>) {
    let app = TestApp::start().await;
    let office = fair_with(&app, SLUG, booths).await;
    let mut clerks = Vec::new();
    for n in 1..=n {
        let id = approved_employer(&office, n).await;
        clerks.push((id, app.clerk_of(id).await));
    }
    (app, office, clerks)
}

async fn hold(clerk: &Client, booth: &str) -> Reply {
    let form = [("booth", booth), ("staff", "3"), ("needs", "用电")];
    clerk.post(&own("/hold"), &form).await
}

/// Holds and confirms; answers the participation.
async fn book(clerk: &Client, booth: &str) -> String {
    hold(clerk, booth).await.expect(303);
    let page = clerk.get(&own("")).await.expect(200).read();
    let stand = hidden(&page, "participation");
    let form = [
        ("participation", stand.as_str()),
        ("booth", booth),
        ("staff", "3"),
        ("needs", ""),
    ];
    clerk.post(&own("/book"), &form).await.expect(303);
    stand
}

#[tokio::test]
async fn the_public_sees_what_is_published_and_each_change_at_once() {
    let app = TestApp::start().await;
    let (office, visitor) = (app.role(Role::OfficeAdmin).await, app.visitor());
    let home = visitor.get("/").await.expect(200).read();
    assert!(home.contains("近期没有集市"));
    office
        .api_post("/fairs", &fair_body(SLUG, "A 1-8"))
        .await
        .expect(201);
    for path in [format!("/f/{SLUG}"), format!("/f/{SLUG}/map")] {
        visitor.get(&path).await.expect(404);
    }
    office.post(&at("/publish"), &[]).await.expect(303);
    let home = visitor.get("/").await.expect(200).read();
    assert!(home.contains(&format!("href=\"/f/{SLUG}\"")), "{home}");
    let page = visitor.get(&format!("/f/{SLUG}")).await.expect(200).read();
    for words in [
        "星光就业集市",
        "8月8日 19:00–22:00",
        "/f/starlight/register",
        "/f/starlight/postings",
        "/f/starlight/map",
        "高校毕业生",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("<script"));
    let english = visitor.get(&format!("/f/{SLUG}?lang=en")).await.read();
    assert!(english.contains("Register free"));
    office.post(&at("/cancel"), &[]).await.expect(303);
    let page = visitor.get(&format!("/f/{SLUG}")).await.expect(200).read();
    assert!(page.contains("本场集市已取消"));
    assert!(!page.contains("/f/starlight/register"));
    visitor.get("/f/nothing").await.expect(404);
}

#[tokio::test]
async fn the_window_of_registration_decides_the_one_button() {
    let app = TestApp::start_at("2026-07-18T00:00:00Z").await;
    open_fair(&app).await;
    let visitor = app.visitor();
    let register = format!("href=\"/f/{SLUG}/register\"");
    // A query keeps the page out of the memory that lives by the real clock.
    for (n, (now, open, words)) in [
        ("2026-07-18T00:00:00Z", false, "开始报名"),
        ("2026-07-19T00:00:00Z", true, "打开报名时保存的入场券"),
        ("2026-08-08T12:00:00Z", true, "打开报名时保存的入场券"),
        ("2026-08-08T13:45:00Z", false, "网上报名已截止"),
        ("2026-08-08T14:00:00Z", false, "本场集市已结束"),
    ]
    .into_iter()
    .enumerate()
    {
        app.clock.set(now);
        let page = visitor.get(&format!("/f/{SLUG}?n={n}")).await.read();
        assert_eq!(page.contains(&register), open, "{now}");
        assert!(page.contains(words), "{now}: {page}");
    }
    let home = visitor.get("/?n=1").await.read();
    assert!(home.contains("往期集市"));
}

#[tokio::test]
async fn public_pages_are_one_small_answer() {
    let (app, _, clerks) = market(2, "A 1-16 北侧\nB 1-16 南侧").await;
    book(&clerks[0].1, "A01").await;
    let visitor = app.visitor();
    for path in ["/".into(), format!("/f/{SLUG}"), format!("/f/{SLUG}/map")] {
        let request = visitor
            .request(axum::http::Method::GET, &path)
            .header("accept-encoding", "gzip");
        let page = visitor.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(page.headers["content-encoding"], "gzip");
        assert!(
            page.bytes.len() <= 14 * 1024,
            "{path}: {}",
            page.bytes.len()
        );
    }
}

#[tokio::test]
async fn the_plan_names_only_whom_the_public_may_know() {
    let (app, office, clerks) = market(2, "A 1-4").await;
    book(&clerks[0].1, "A01").await;
    hold(&clerks[1].1, "A02").await.expect(303);
    let map = app.visitor().get(&format!("/f/{SLUG}/map")).await;
    let map = map.expect(200).read();
    assert!(map.contains("陇上云仓第1供应链有限公司") && map.contains("href=\"/B/"));
    assert!(!map.contains("第2供应链"), "{map}");
    assert_eq!(map.matches("class=\"booth\"").count(), 4);
    let review = format!("/employers/{}/review", clerks[0].0);
    let verdict = json!({"decision": "return", "reason": "证照过期"});
    office.api_post(&review, &verdict).await.expect(200);
    let map = app
        .visitor()
        .get(&format!("/f/{SLUG}/map?n=1"))
        .await
        .read();
    assert!(!map.contains("第1供应链"), "{map}");
}

#[tokio::test]
async fn an_evening_is_planned_on_pages() {
    let app = TestApp::start().await;
    let office = app.role(Role::PlacementOfficer).await;
    let blank = office.get(NEW).await.expect(200).read();
    let once = hidden(&blank, "once");
    let preview = send(&office, NEW, &[("preview", "yes")]).await;
    let preview = preview.expect(200).read();
    assert!(preview.contains("共 12 个摊位") && preview.contains("B04"));
    assert!(preview.contains("东门入场"), "what was typed stays");
    let list = office.get("/office/fairs").await.expect(200).read();
    assert!(list.contains("还没有集市"));
    let once = [("once", once.as_str())];
    let made = send(&office, NEW, &once).await.expect(303);
    let again = send(&office, NEW, &once).await.expect(303);
    assert_eq!(made.location(), again.location());
    let list = office.get("/office/fairs").await.read();
    assert_eq!(list.matches("星光就业集市").count(), 1);
    let page = office.get(&made.location()).await.expect(200).read();
    assert!(page.contains("已保存为草稿") && page.contains("发布集市"));
    office
        .post("/office/fairs/autumn/publish", &[])
        .await
        .expect(303);
    app.visitor().get("/f/autumn").await.expect(200);
    let edit = office.get("/office/fairs/autumn/edit").await.expect(200);
    let edit = edit.read();
    assert!(edit.contains("value=\"2026-08-08T19:00\""), "{edit}");
    let version = hidden(&edit, "version");
    let path = "/office/fairs/autumn/edit";
    let moved = [("version", version.as_str()), ("venue", "文化广场")];
    send(&office, path, &moved).await.expect(303);
    let public = app.visitor().get("/f/autumn").await.read();
    assert!(public.contains("文化广场"));
    let stale = send(&office, path, &moved).await.expect(409).read();
    assert!(stale.contains("他人已先行更新") && stale.contains("打开最新内容"));
    let version = hidden(&office.get(path).await.read(), "version");
    let renamed = [("version", version.as_str()), ("slug", "winter")];
    let refused = send(&office, path, &renamed).await.expect(422).read();
    assert!(refused.contains("发布后不能修改网址短名"));
}

#[tokio::test]
async fn a_wrong_form_is_told_at_its_fields_and_writes_nothing() {
    let app = TestApp::start().await;
    let office = app.role(Role::OfficeAdmin).await;
    let long = "字".repeat(61);
    for (field, value, words) in [
        ("title", "", "请填写此项"),
        ("title", long.as_str(), "最多 60 个字"),
        ("title", "a\u{0}b", "含有无法显示的字符"),
        ("slug", "星光", "格式不正确"),
        ("starts_at", "soon", "格式不正确"),
        ("ends_at", "2026-08-08T18:00", "不能早于开始时间"),
        (
            "registration_closes_at",
            "2026-08-08T22:30",
            "不能晚于集市结束",
        ),
        (
            "registration_closes_at",
            "2026-07-01T08:00",
            "不能早于开始时间",
        ),
        ("capacity", "0", "应在 1 到"),
        ("capacity", "很多", "格式不正确"),
        ("booths", "A 1-8\nB", "第 2 行无法识别"),
        ("booths", "A 1-3\nA 3", "第 2 行的 A03 与前面重复"),
        ("hold_minutes", "9999", "应在 1 到 1440"),
        ("target_groups", "drug_recovery", "请从所列选项中选择"),
        ("kind", "circus", "请从所列选项中选择"),
        ("co_hosts", "9999", "没有找到对应的记录"),
    ] {
        let reply = send(&office, NEW, &[(field, value)]).await.expect(422);
        let page = reply.read();
        assert!(page.contains(words), "{field} {value:?}: {page}");
        assert!(page.contains("西门广场"), "{field}: what was typed stays");
        assert!(page.contains(&format!("#f-{field}")), "{field}");
    }
    let past = [
        ("starts_at", "2026-07-18T19:00"),
        ("ends_at", "2026-07-18T22:00"),
        ("registration_opens_at", "2026-07-01T08:00"),
        ("registration_closes_at", "2026-07-18T21:00"),
    ];
    let page = send(&office, NEW, &past).await.expect(422).read();
    assert!(page.contains("时间已过"));
    send(
        &office,
        NEW,
        &[("full_width", "１"), ("capacity", "８００")],
    )
    .await
    .expect(303);
    let taken = send(&office, NEW, &[]).await.expect(422).read();
    assert!(taken.contains("已被使用"));
    let list = office.get("/office/fairs").await.read();
    assert_eq!(list.matches("星光就业集市").count(), 1);
    let wrong = send(&office, NEW, &[("preview", "yes"), ("booths", "?")]).await;
    wrong.expect(422);
}

#[tokio::test]
async fn what_keeps_an_evening_from_being_published_is_named() {
    let app = TestApp::start().await;
    let office = app.role(Role::PlacementOfficer).await;
    let large = [("expected", "1500")];
    send(&office, NEW, &large).await.expect(303);
    let page = office.get("/office/fairs/autumn").await.read();
    assert!(page.contains("缺少安全许可") && page.contains("大型群众性活动安全许可"));
    let publish = "/office/fairs/autumn/publish";
    let refused = office.post(publish, &[]).await.expect(422).read();
    assert!(refused.contains("还不能发布"));
    app.visitor().get("/f/autumn").await.expect(404);
    let booths = office.get("/office/fairs/autumn/booths").await.read();
    assert!(booths.contains("发布后才能安排摊位"));
    office
        .post("/office/fairs/autumn/cancel", &[])
        .await
        .expect(303);
    office.post(publish, &[]).await.expect(409);
    office.get("/office/fairs/autumn/edit").await.expect(409);
}

#[tokio::test]
async fn papers_are_ticked_and_the_programme_is_kept_within_the_evening() {
    let (app, office, _) = market(0, "A 1-2").await;
    let tasks = at("/tasks");
    let form = [("task", "filing"), ("note", "甘备2026-7"), ("done", "yes")];
    office.post(&tasks, &form).await.expect(303);
    let page = office.get(&at("")).await.read();
    assert!(page.contains("甘备2026-7") && page.contains("办结"));
    let long = "字".repeat(201);
    let form = [
        ("task", "work_plan"),
        ("note", long.as_str()),
        ("done", "yes"),
    ];
    let page = office.post(&tasks, &form).await.expect(422).read();
    assert!(page.contains("最多 200 个字") && page.contains(&long));
    for wrong in ["", "party", "police_permit"] {
        let form = [("task", wrong), ("done", "yes")];
        office.post(&tasks, &form).await.expect(404);
    }
    let item = |title: &'static str, start: &'static str, end: &'static str| {
        [
            ("title", title),
            ("kind", "policy"),
            ("place", "主舞台"),
            ("host", ""),
            ("starts_at", start),
            ("ends_at", end),
        ]
    };
    let programme = at("/programme");
    for (title, start, end, words) in [
        ("", "2026-08-08T19:30", "2026-08-08T20:00", "请填写此项"),
        (
            "宣讲",
            "2026-08-08T18:30",
            "2026-08-08T20:00",
            "不能早于开始时间",
        ),
        (
            "宣讲",
            "2026-08-08T19:30",
            "2026-08-08T23:00",
            "不能晚于集市结束",
        ),
        (
            "宣讲",
            "2026-08-08T20:00",
            "2026-08-08T19:30",
            "不能早于开始时间",
        ),
    ] {
        let page = office.post(&programme, &item(title, start, end)).await;
        let page = page.expect(422).read();
        assert!(page.contains(words) && page.contains("主舞台"), "{words}");
    }
    let good = item("政策宣讲会", "2026-08-08T19:30", "2026-08-08T20:00");
    office.post(&programme, &good).await.expect(303);
    let public = app.visitor().get(&format!("/f/{SLUG}")).await.read();
    assert!(public.contains("政策宣讲会") && public.contains("19:30–20:00"));
    office
        .post(&at("/programme/1/remove"), &[])
        .await
        .expect(303);
    office
        .post(&at("/programme/1/remove"), &[])
        .await
        .expect(404);
    office
        .post(&at("/programme/x/remove"), &[])
        .await
        .expect(404);
    let public = app.visitor().get(&format!("/f/{SLUG}")).await.read();
    assert!(!public.contains("政策宣讲会"));
}

#[tokio::test]
async fn the_office_gives_booths_notes_arrivals_and_keeps_the_line() {
    let (app, office, clerks) = market(3, "A 1-2").await;
    let booths = at("/booths");
    let free = office.get(&format!("{booths}?booth=a1")).await.expect(200);
    let free = free.read();
    assert!(free.contains("为单位占位") && free.contains("陇上云仓第1供应链有限公司"));
    let ids: Vec<String> = clerks.iter().map(|(id, _)| id.to_string()).collect();
    let hold = at("/booths/hold");
    let page = office.post(&hold, &[("booth", "A01")]).await.expect(422);
    assert!(page.read().contains("请填写此项"));
    let unknown = [("booth", "A01"), ("employer", "99999")];
    office.post(&hold, &unknown).await.expect(404);
    let first = [("booth", "A01"), ("employer", ids[0].as_str())];
    office.post(&hold, &first).await.expect(303);
    let second = [("booth", "A01"), ("employer", ids[1].as_str())];
    let taken = office.post(&hold, &second).await.expect(409).read();
    assert!(taken.contains("这个摊位刚刚被占用"));
    let page = office.get(&format!("{booths}?booth=A01")).await.read();
    let stand = hidden(&page, "participation");
    let about = [("participation", stand.as_str()), ("booth", "A01")];
    office.post(&at("/booths/book"), &about).await.expect(303);
    office
        .post(&at("/booths/arrived"), &about)
        .await
        .expect(303);
    let page = office.get(&format!("{booths}?booth=A01")).await.read();
    assert!(!page.contains("登记到场") && page.contains("释放摊位"));
    let swap = at("/booths/swap");
    let nowhere = office.post(&swap, &about).await.expect(422).read();
    assert!(nowhere.contains("请填写此项"));
    let other = [("booth", "A02"), ("employer", ids[1].as_str())];
    office.post(&hold, &other).await.expect(303);
    let wait = [("employer", ids[2].as_str())];
    office.post(&at("/booths/wait"), &wait).await.expect(303);
    office.post(&at("/booths/wait"), &wait).await.expect(409);
    let freed = office
        .post(&at("/booths/release"), &about)
        .await
        .expect(303);
    assert!(freed.location().contains("said=passed_on"));
    let mine = clerks[2].1.get(&own("")).await.read();
    assert!(mine.contains("A01") && mine.contains("确认预订"));
    for wrong in ["", "x", "99999"] {
        let form = [("participation", wrong), ("booth", "A01")];
        for act in ["book", "release", "arrived", "missed"] {
            let path = at(&format!("/booths/{act}"));
            office.post(&path, &form).await.expect(404);
        }
    }
    app.clock.set("2026-08-08T14:00:00Z");
    let office = app.role(Role::PlacementOfficer).await;
    let over = office.get(&booths).await.read();
    assert!(over.contains("集市已结束"));
}

#[tokio::test]
async fn signs_are_printed_for_booked_booths_and_outlive_a_swap() {
    let (app, office, clerks) = market(3, "A 1-4").await;
    let none = office.get(&at("/signs")).await.expect(200).read();
    assert!(none.contains("暂无摊位牌"));
    let stand = book(&clerks[0].1, "A01").await;
    book(&clerks[1].1, "A02").await;
    hold(&clerks[2].1, "A03").await.expect(303);
    let signs = office.get(&at("/signs")).await.read();
    assert_eq!(signs.matches("class=\"sheet sign\"").count(), 2);
    assert!(signs.contains("<svg") && !signs.contains("第3供应链"));
    let one = office.get(&at("/signs?booth=a1")).await.read();
    assert_eq!(one.matches("class=\"sheet sign\"").count(), 1);
    let code = |page: &str| {
        let (_, rest) = page.split_once("请报摊位码 ").unwrap();
        rest.split('<').next().unwrap().to_owned()
    };
    let swap = [("participation", stand.as_str()), ("to", "A04")];
    office.post(&at("/booths/swap"), &swap).await.expect(303);
    let moved = office.get(&at("/signs?booth=A04")).await.read();
    assert_eq!(code(&one), code(&moved));
    let map = app.visitor().get(&format!("/f/{SLUG}/map")).await.read();
    assert!(map.contains(&format!("/B/{}", code(&one))));
}

#[tokio::test]
async fn an_employer_is_led_from_its_papers_to_its_postings() {
    let app = TestApp::start().await;
    let office = open_fair(&app).await;
    let made = office.api_post("/employers", &employer_body(1)).await;
    let id: EmployerId = made.expect(201).json()["id"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let clerk = app.clerk_of(id).await;
    let portal = |words: &'static str| {
        let clerk = clerk.clone();
        async move {
            let page = clerk.get("/employer").await.expect(200).read();
            assert!(page.contains(words), "{words}: {page}");
        }
    };
    portal("资料正在审核").await;
    let page = clerk.get(&own("?booth=A01")).await.expect(200).read();
    assert!(page.contains("单位尚未通过审核") && !page.contains("占用 A01"));
    let refused = hold(&clerk, "A01").await.expect(409).read();
    assert!(refused.contains("单位尚未通过"));
    let review = format!("/employers/{id}/review");
    let verdict = json!({"decision": "approve"});
    office.api_post(&review, &verdict).await.expect(200);
    portal("选一个摊位").await;
    let page = clerk.get(&own("?booth=a1")).await.read();
    assert!(page.contains("占用 A01"));
    hold(&clerk, "A01").await.expect(303);
    portal("请确认您的摊位").await;
    let page = clerk.get(&own("")).await.read();
    assert!(page.contains("请在 19:45 前确认"), "{page}");
    assert!(page.contains("用电"), "what was typed with the hold stays");
    let stand = hidden(&page, "participation");
    let form = |staff: &'static str| {
        [
            ("participation", stand.clone()),
            ("booth", "A01".to_owned()),
            ("staff", staff.to_owned()),
            ("needs", "投影".to_owned()),
        ]
    };
    let wrong = form("0");
    let wrong: Vec<_> = wrong.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let again = clerk.post(&own("/book"), &wrong).await.expect(422).read();
    assert!(again.contains("应在 1 到 50") && again.contains("投影"));
    let right = form("4");
    let right: Vec<_> = right.iter().map(|(n, v)| (*n, v.as_str())).collect();
    clerk.post(&own("/book"), &right).await.expect(303);
    clerk.post(&own("/book"), &right).await.expect(303);
    portal("发布岗位").await;
    let page = clerk.get(&own("")).await.read();
    assert!(page.contains("摊位已订好") && page.contains("value=\"4\""));
    clerk.post(&own("/equip"), &wrong).await.expect(422);
    clerk.post(&own("/equip"), &right).await.expect(303);
    let leave = [("participation", stand.as_str())];
    clerk.post(&own("/release"), &leave).await.expect(303);
    portal("选一个摊位").await;
    clerk.post(&own("/equip"), &right).await.expect(409);
}

#[tokio::test]
async fn who_comes_too_late_is_shown_what_is_free_and_keeps_what_was_typed() {
    let (app, _, clerks) = market(3, "A 1-4").await;
    let (first, second) = (&clerks[0].1, &clerks[1].1);
    hold(first, "A02").await.expect(303);
    let late = hold(second, "A02").await.expect(409).read();
    assert!(late.contains("这个摊位刚刚被占用"));
    for label in ["A01", "A03", "A04"] {
        let button = format!("name=\"booth\" value=\"{label}\"");
        assert!(late.contains(&button), "{label}: {late}");
    }
    assert!(late.contains("用电") && late.contains("value=\"3\""));
    let again = hold(first, "A03").await.expect(409).read();
    assert!(again.contains("每家单位"));
    let page = first.get(&own("")).await.read();
    let stand = hidden(&page, "participation");
    app.clock.advance(TimeDelta::minutes(15));
    let form = [
        ("participation", stand.as_str()),
        ("booth", "A02"),
        ("staff", "7"),
        ("needs", "加桌"),
    ];
    let expired = first.post(&own("/book"), &form).await.expect(409).read();
    assert!(expired.contains("占位已过期") && expired.contains("加桌"));
    assert!(expired.contains("占用 A02"), "it is free again: {expired}");
    let free = app
        .visitor()
        .get(&format!("/f/{SLUG}/map?n=1"))
        .await
        .read();
    assert!(!free.contains("占位中 ·"), "{free}");
    for other in [&clerks[2].1, second] {
        let taken = other.post(&own("/book"), &form).await;
        taken.expect(404);
        let leave = [("participation", stand.as_str())];
        other.post(&own("/release"), &leave).await.expect(404);
    }
    first
        .post(&own("/hold"), &[("booth", "Z9"), ("staff", "1")])
        .await
        .expect(404);
    first
        .post("/employer/fairs/nothing/hold", &[("staff", "1")])
        .await
        .expect(404);
}

#[tokio::test]
async fn a_double_click_holds_one_booth() {
    let (_app, _, clerks) = market(1, "A 1-4").await;
    let clerk = &clerks[0].1;
    let page = clerk.get(&own("?booth=A01")).await.read();
    let once = hidden(&page, "once");
    let form = [("once", once.as_str()), ("booth", "A01"), ("staff", "2")];
    let path = own("/hold");
    let (one, two) = tokio::join!(clerk.post(&path, &form), clerk.post(&path, &form));
    let statuses = [one.status.as_u16(), two.status.as_u16()];
    assert!(statuses.contains(&303), "{statuses:?}");
    assert!(
        statuses.iter().all(|s| [303, 409].contains(s)),
        "{statuses:?}"
    );
    clerk.post(&own("/hold"), &form).await.expect(303);
}

async fn add_unit(app: &TestApp, code: &'static str) -> UnitId {
    let office = app.app.settings.office;
    let write = app.app.db.write(move |tx| async move {
        let row = unit::ActiveModel {
            office_id: Set(office),
            code: Set(code.into()),
            name: Set(code.into()),
            kind: Set(serde_json::from_value(json!("co_host")).unwrap()),
            active: Set(true),
            ..Default::default()
        };
        Ok(unit::Entity::insert(row)
            .exec(tx.conn())
            .await?
            .last_insert_id)
    });
    write.await.unwrap()
}

#[tokio::test]
async fn a_co_host_sees_its_fairs_and_changes_nothing() {
    let app = TestApp::start().await;
    let office = app.role(Role::OfficeAdmin).await;
    let (host, other) = (add_unit(&app, "妇联").await, add_unit(&app, "残联").await);
    let host_id = host.to_string();
    send(&office, NEW, &[("co_hosts", host_id.as_str())])
        .await
        .expect(303);
    let path = "/office/fairs/autumn";
    office
        .post(&format!("{path}/publish"), &[])
        .await
        .expect(303);
    let public = app.visitor().get("/f/autumn").await.read();
    assert!(public.contains("妇联"));
    let host = app.member(Role::CoHost, Some(host), None).await;
    let other = app.member(Role::CoHost, Some(other), None).await;
    let lost = app.role(Role::CoHost).await;
    let list = host.get("/office/fairs").await.expect(200).read();
    assert!(list.contains("星光就业集市") && !list.contains("新建集市"));
    let list = other.get("/office/fairs").await.expect(200).read();
    assert!(!list.contains("星光就业集市"));
    lost.get("/office/fairs").await.expect(403);
    for rest in ["", "/booths", "/signs"] {
        let page = host.get(&format!("{path}{rest}")).await.expect(200);
        let page = page.read();
        let acts = page.matches("<form").count() - page.matches("action=\"/sign-out\"").count();
        assert_eq!(acts, 0, "{rest}: {page}");
        other.get(&format!("{path}{rest}")).await.expect(404);
    }
    host.get(&format!("{path}/edit")).await.expect(403);
    for rest in ["/edit", "/publish", "/cancel", "/tasks", "/booths/hold"] {
        host.post(&format!("{path}{rest}"), &[]).await.expect(403);
    }
    let board = app.role(Role::Board).await;
    board.get(path).await.expect(200);
    app.role(Role::GateSteward)
        .await
        .get(path)
        .await
        .expect(403);
    let away = app.visitor().get(path).await.expect(303);
    assert!(away.location().starts_with("/sign-in"));
}

#[tokio::test]
async fn what_belongs_to_another_office_does_not_exist() {
    let (app, office, clerks) = market(2, "A 1-4").await;
    office
        .api_post("/fairs", &fair_body("foreign", "A 1-2"))
        .await
        .expect(201);
    office
        .api_post("/fairs/foreign/publish", &json!({}))
        .await
        .expect(200);
    let employer = clerks[1].0;
    let write = app.app.db.write(move |tx| async move {
        let row = office::ActiveModel {
            code: Set("other".into()),
            name: Set("别的街道".into()),
            prefix: Set("QT".into()),
            site: Set(json!({})),
            created_at: Set(tx.now),
            ..Default::default()
        };
        let other = office::Entity::insert(row)
            .exec(tx.conn())
            .await?
            .last_insert_id;
        fair::Entity::update_many()
            .col_expr(fair::Column::OfficeId, Expr::value(other))
            .filter(fair::Column::Slug.eq("foreign"))
            .exec(tx.conn())
            .await?;
        employer::Entity::update_many()
            .col_expr(employer::Column::OfficeId, Expr::value(other))
            .filter(employer::Column::Id.eq(employer))
            .exec(tx.conn())
            .await?;
        Ok(())
    });
    write.await.unwrap();
    app.app.live.touch(nightfair::domain::id::FairId(0));
    for rest in ["", "/map"] {
        let path = format!("/f/foreign{rest}?n=1");
        app.visitor().get(&path).await.expect(404);
    }
    for rest in ["", "/edit", "/booths", "/signs"] {
        office
            .get(&format!("/office/fairs/foreign{rest}"))
            .await
            .expect(404);
    }
    for rest in ["/publish", "/cancel", "/programme/1/remove"] {
        let path = format!("/office/fairs/foreign{rest}");
        office.post(&path, &[]).await.expect(404);
    }
    let clerk = &clerks[0].1;
    clerk.get("/employer/fairs/foreign").await.expect(404);
    clerk
        .post("/employer/fairs/foreign/wait", &[])
        .await
        .expect(404);
    let form = [("booth", "A01"), ("staff", "2")];
    clerk
        .post("/employer/fairs/foreign/hold", &form)
        .await
        .expect(404);
    let theirs = employer.to_string();
    let form = [("booth", "A01"), ("employer", theirs.as_str())];
    office.post(&at("/booths/hold"), &form).await.expect(404);
    let list = office.get("/office/fairs").await.read();
    assert!(list.contains("/office/fairs/starlight") && !list.contains("/fairs/foreign"));
}
