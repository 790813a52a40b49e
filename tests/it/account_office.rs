//! What an office administers: the first set-up, its sign, its accounts, the access record.
use crate::harness::{Client, TestApp};
use chrono::TimeDelta;
use nightfair::{
    account::{commands, store},
    domain::{id::AccountId, role::Role},
};

const GOOD: &str = "tulip bridge over rain";

fn setup_form() -> Vec<(&'static str, &'static str)> {
    vec![
        ("office_name", "星光街道办事处"),
        ("prefix", "xg"),
        ("name", "王芳"),
        ("login", "WangFang"),
        ("new", GOOD),
        ("again", GOOD),
        ("phone", "12333"),
        ("icp", ""),
    ]
}

#[tokio::test]
async fn the_first_set_up_works_once_and_names_the_office_everywhere() {
    let app = TestApp::start().await;
    let token = commands::open_setup(&app.app).await.unwrap();
    let path = format!("/setup/{token}");
    let visitor = app.visitor();
    visitor.get("/setup/unknown").await.expect(404);
    visitor.get(&path).await.expect(200);
    for login in [("admin", "admin"), ("root", "root"), ("demo", "demo")] {
        let form = [("login", login.0), ("password", login.1)];
        visitor.post("/sign-in", &form).await.expect(422);
    }
    let wrong = [
        ("office_name", ""),
        ("new", "short"),
        ("again", "other"),
        ("login", "王"),
    ];
    let page = visitor.post(&path, &wrong).await.expect(422).text();
    assert!(page.matches("class=\"fault\"").count() >= 6, "{page}");
    assert!(!page.contains("short"));

    let done = visitor.post(&path, &setup_form()).await.expect(303);
    assert_eq!(done.location(), "/office");
    let admin = visitor.with(&done);
    let page = admin.get("/office").await.expect(200).text();
    assert!(page.contains("星光街道办事处") && page.contains("王芳"));
    let page = visitor.get("/sign-in").await.expect(200).text();
    assert!(page.contains("星光街道办事处") && page.contains("12333"));

    for reply in [
        visitor.get(&path).await,
        visitor.post(&path, &setup_form()).await,
    ] {
        let page = reply.expect(410).text();
        assert!(page.contains("已经使用过"));
    }
    let form = [("login", "wangfang"), ("password", GOOD)];
    visitor.post("/sign-in", &form).await.expect(303);
}

#[tokio::test]
async fn a_set_up_link_runs_out() {
    let app = TestApp::start().await;
    let token = commands::open_setup(&app.app).await.unwrap();
    let path = format!("/setup/{token}");
    app.clock.advance(TimeDelta::minutes(31));
    let page = app.visitor().get(&path).await.expect(410).text();
    assert!(page.contains("30 分钟"));
    app.visitor().post(&path, &setup_form()).await.expect(410);
}

#[tokio::test]
async fn two_set_ups_at_once_make_one_administrator() {
    let app = TestApp::start().await;
    let token = commands::open_setup(&app.app).await.unwrap();
    let path = format!("/setup/{token}");
    let (a, b) = (app.visitor(), app.visitor());
    let form = setup_form();
    let (a, b) = tokio::join!(a.post(&path, &form), b.post(&path, &form));
    let mut answers = [a.status.as_u16(), b.status.as_u16()];
    answers.sort_unstable();
    assert_eq!(answers, [303, 410]);
}

#[tokio::test]
async fn settings_change_every_page_at_once() {
    let app = TestApp::start().await;
    let admin = app.role(Role::OfficeAdmin).await;
    admin.get("/office/settings").await.expect(200);
    let wrong = [("office_name", "x"), ("prefix", "1"), ("phone", "abc")];
    let page = admin
        .post("/office/settings", &wrong)
        .await
        .expect(422)
        .text();
    assert!(page.contains("value=\"abc\""));
    let form = [
        ("office_name", "滨河街道办事处"),
        ("prefix", "BH"),
        ("icp", "陇ICP备00000000号"),
        ("site_code", "6201030001"),
        ("phone", "0931-1234567"),
    ];
    admin.post("/office/settings", &form).await.expect(303);
    let page = app.visitor().get("/sign-in").await.expect(200).text();
    for words in [
        "滨河街道办事处",
        "陇ICP备00000000号",
        "6201030001",
        "0931-1234567",
    ] {
        assert!(page.contains(words), "{words}");
    }
    let page = admin.get("/office/settings").await.expect(200).text();
    assert!(page.contains("value=\"BH\""));
}

/// Opens an account on the page; its id and one-time password.
async fn add(admin: &Client, app: &TestApp, login: &str, role: &str) -> (AccountId, String) {
    let form = [
        ("login", login),
        ("name", "李明"),
        ("role", role),
        ("once", login),
    ];
    let page = admin
        .post("/office/accounts/new", &form)
        .await
        .expect(200)
        .text();
    let password = page.split("<code class=\"code\">").nth(1).unwrap();
    let password = password.split('<').next().unwrap().to_owned();
    let office = app.app.settings.office;
    let account = store::by_login(app.app.db.read(), office, login).await;
    (account.unwrap().unwrap().id, password)
}

#[tokio::test]
async fn an_account_is_opened_with_a_password_for_one_use() {
    let app = TestApp::start().await;
    let admin = app.role(Role::OfficeAdmin).await;
    admin.get("/office/accounts/new").await.expect(200);
    let (_, password) = add(&admin, &app, "liming", "gate_steward").await;
    let form = [
        ("login", "liming"),
        ("name", "李明"),
        ("role", "gate_steward"),
        ("once", "liming"),
    ];
    let again = admin
        .post("/office/accounts/new", &form)
        .await
        .expect(200)
        .text();
    assert!(!again.contains("<code"));
    let taken = [("login", "LiMing"), ("name", "李明"), ("role", "board")];
    admin.post("/office/accounts/new", &taken).await.expect(422);
    let wrong = [
        ("login", "a b"),
        ("name", ""),
        ("role", "king"),
        ("unit", "99"),
    ];
    let page = admin
        .post("/office/accounts/new", &wrong)
        .await
        .expect(422)
        .text();
    assert_eq!(page.matches("class=\"fault\"").count(), 3);
    let sent = [("login", "liming"), ("password", password.as_str())];
    let reply = app.visitor().post("/sign-in", &sent).await.expect(303);
    assert_eq!(reply.location(), "/account/password");
    let list = admin
        .get("/office/accounts?q=%E6%9D%8E")
        .await
        .expect(200)
        .text();
    assert!(list.contains("liming"));
    let list = admin
        .get("/office/accounts?role=board")
        .await
        .expect(200)
        .text();
    assert!(!list.contains("liming"));
}

#[tokio::test]
async fn disabling_and_a_new_role_shut_sessions_at_once() {
    let app = TestApp::start().await;
    let admin = app.role(Role::OfficeAdmin).await;
    let officer = app.role(Role::PlacementOfficer).await;
    let id = officer.account.unwrap();
    let path = format!("/office/accounts/{id}");
    officer.get("/account").await.expect(200);
    admin.get(&path).await.expect(200);
    admin
        .post(&format!("{path}/switch"), &[("disable", "yes")])
        .await
        .expect(303);
    officer.get("/account").await.expect(303);
    admin
        .post(&format!("{path}/switch"), &[("disable", "no")])
        .await
        .expect(303);

    let officer = app.role(Role::PlacementOfficer).await;
    let path = format!("/office/accounts/{}", officer.account.unwrap());
    let same = [("name", "新名字"), ("role", "placement_officer")];
    admin.post(&path, &same).await.expect(303);
    officer.get("/account").await.expect(200);
    let role = [("name", "新名字"), ("role", "board"), ("leader", "yes")];
    admin.post(&path, &role).await.expect(303);
    officer.get("/account").await.expect(303);
    let employer = [("name", "新名字"), ("role", "employer")];
    admin.post(&path, &employer).await.expect(409);

    let record = admin.get("/office/access-records?action=role_change").await;
    let record = record.expect(200).text();
    assert!(record.contains("placement_officer → board"), "{record}");
    let reset = admin
        .post(&format!("{path}/reset"), &[])
        .await
        .expect(200)
        .text();
    assert!(reset.contains("<code class=\"code\">"));
}

#[tokio::test]
async fn an_office_keeps_an_administrator() {
    let app = TestApp::start().await;
    let admin = app.role(Role::OfficeAdmin).await;
    let own = format!("/office/accounts/{}", admin.account.unwrap());
    admin
        .post(&format!("{own}/switch"), &[("disable", "yes")])
        .await
        .expect(409);
    let role = [("name", "我"), ("role", "board")];
    admin.post(&own, &role).await.expect(409);
    let kept = [("name", "我"), ("role", "office_admin")];
    admin.post(&own, &kept).await.expect(303);
    admin
        .post("/office/accounts/999/switch", &[])
        .await
        .expect(404);
    let by = commands::Admin {
        office: app.app.settings.office,
        account: None,
        ip: "cli".into(),
    };
    let last = commands::switch(&app.app, by, admin.account.unwrap(), true).await;
    assert_eq!(last.unwrap_err().code(), Some("last_admin"));
}

#[tokio::test]
async fn the_access_record_is_read_by_day_and_page() {
    let app = TestApp::start().await;
    let admin = app.role(Role::OfficeAdmin).await;
    for n in 0..60 {
        let office = app.app.settings.office;
        let account = admin.account;
        app.app
            .db
            .write(move |tx| async move {
                let reason = format!("事由{n:02}");
                let access = store::Access {
                    office,
                    account,
                    action: "reveal",
                    subject: "persons",
                    subject_id: Some(7),
                    reason: &reason,
                    ip: "10.0.0.8",
                };
                store::record_access(&tx, access).await
            })
            .await
            .unwrap();
        app.clock.advance(TimeDelta::minutes(10));
    }
    let page = admin.get("/office/access-records").await.expect(200).text();
    assert!(page.contains("事由59") && !page.contains("事由09") && page.contains("before="));
    let first_day = "/office/access-records?from=2026-07-19&to=2026-07-19";
    let page = admin.get(first_day).await.expect(200).text();
    assert!(page.contains("事由00") && page.contains("事由26") && !page.contains("事由27"));
    admin
        .get("/office/access-records?from=x&to=9999-99-99&before=z")
        .await
        .expect(200);
    let secretary = app.role(Role::Secretary).await;
    secretary.get("/office/access-records").await.expect(200);
}
