//! The start page, for each role.
use crate::harness::TestApp;
use nightfair::domain::role::Role;

#[tokio::test]
async fn everybody_of_the_office_has_a_start_page() {
    let app = TestApp::start().await;
    for role in Role::STAFF {
        let page = app
            .role(*role)
            .await
            .get("/office")
            .await
            .expect(200)
            .text();
        let shown = page.contains("/office/settings");
        let shown = shown || page.contains("&#x2f;office&#x2f;settings");
        assert_eq!(shown, *role == Role::OfficeAdmin, "{role:?}");
    }
    app.role(Role::Employer)
        .await
        .get("/office")
        .await
        .expect(403);
}

#[tokio::test]
async fn a_new_office_is_shown_how_to_begin() {
    let app = TestApp::start().await;
    let admin = app.role(Role::OfficeAdmin).await;
    let page = admin.get("/office").await.expect(200).text();
    assert!(page.contains("开始使用") && page.contains("建立区域"));
    let form = [("level", "street"), ("code", "XG"), ("name", "星光街道")];
    admin.post("/office/areas", &form).await.expect(303);
    let page = admin.get("/office").await.expect(200).text();
    assert!(page.contains("已完成"));
}
