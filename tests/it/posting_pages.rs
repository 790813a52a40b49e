//! Postings on pages, as employers, the office and seekers use them.
use crate::posting_make::{Square, designer, once_of, with};
use nightfair::domain::role::Role;
use serde_json::json;

/// A form with nothing wrong, some fields replaced.
pub fn form<'a>(change: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![
        ("fair", "starlight"),
        ("title", "电气设计师"),
        ("occupation", "professional"),
        ("kind", "regular"),
        ("headcount", "2"),
        ("pay_min", "6000"),
        ("pay_max", "8000"),
        ("pay_unit", "month"),
        ("pay_months", ""),
        ("education", "bachelor"),
        ("experience", "any"),
        ("skills", "熟练使用CAD"),
        ("hours", "早九晚六"),
        ("place", "七里河区"),
        ("duties", "绘制图纸。"),
        ("contract_type", "fixed_term"),
        ("insurance", "pension"),
        ("insurance", "medical"),
        ("benefits", "包午餐"),
        ("groups", "graduate"),
        ("age_limit", ""),
        ("age_ground", ""),
        ("expires_on", "2026-08-18"),
        ("auto_refer", "yes"),
        ("act", "submit"),
    ];
    for (name, value) in change {
        fields.retain(|(field, _)| field != name);
        fields.push((name, value));
    }
    fields
}

#[tokio::test]
async fn an_employer_writes_the_office_publishes_a_seeker_reads() {
    let square = Square::open().await;
    let (employer, clerk) = square.clerk("陇上云仓供应链有限公司").await;
    square.book(employer, "A01").await;
    let office = square.app.role(Role::PlacementOfficer).await;
    let page = clerk.get("/employer/postings/new").await.expect(200).text();
    let once = once_of(&page);
    let first = clerk
        .post("/employer/postings/new", &form(&[("once", &once)]))
        .await
        .expect(303);
    let second = clerk
        .post("/employer/postings/new", &form(&[("once", &once)]))
        .await
        .expect(303);
    assert_eq!(
        first.location(),
        second.location(),
        "a second click is the same intent"
    );
    let own = clerk.get(&first.location()).await.expect(200).text();
    assert!(own.contains("已提交审核。") && own.contains("6000–8000"));

    let queue = office.get("/office/postings").await.expect(200).text();
    assert_eq!(queue.matches("电气设计师").count(), 1);
    let id = first
        .location()
        .split(['/', '?'])
        .nth(3)
        .unwrap()
        .to_owned();
    let review = office
        .get(&format!("/office/postings/{id}"))
        .await
        .expect(200)
        .text();
    assert!(review.contains("没有发现歧视性或可疑用语。"));
    let verdict = [("decision", "approve"), ("version", "1")];
    let done = office
        .post(&format!("/office/postings/{id}/review"), &verdict)
        .await
        .expect(303);
    assert!(
        office
            .get(&done.location())
            .await
            .expect(200)
            .text()
            .contains("已发布。")
    );

    let visitor = square.app.visitor();
    let list = visitor
        .get("/f/starlight/postings")
        .await
        .expect(200)
        .text();
    assert!(list.contains("A01") && list.contains("1家单位，1个岗位，招2人"));
    assert!(!list.contains("<script"));
    let shown = visitor
        .get(&format!("/f/starlight/postings/{id}"))
        .await
        .expect(200)
        .text();
    for words in ["主办方已核验", "养老保险", "我感兴趣", "高校毕业生"] {
        assert!(shown.contains(words), "{words}");
    }
    let linked = shown.split("<script type=\"application/ld+json\">").nth(1);
    let linked = linked.unwrap().split("</script>").next().unwrap();
    let linked: serde_json::Value = serde_json::from_str(linked).unwrap();
    assert_eq!(linked["@type"], "JobPosting");
    assert_eq!(linked["baseSalary"]["value"]["minValue"], 6000);
    assert_eq!(
        linked["hiringOrganization"]["name"],
        "陇上云仓供应链有限公司"
    );
    let english = visitor
        .get(&format!("/f/starlight/postings/{id}?lang=en"))
        .await
        .expect(200)
        .text();
    assert!(english.contains("I’m interested") && english.contains("6000–8000 yuan a month"));
}

#[tokio::test]
async fn a_faulty_form_keeps_what_was_typed() {
    let square = Square::open().await;
    let (_, clerk) = square.clerk("甲公司").await;
    let wrong = form(&[
        ("title", ""),
        ("pay_min", "面议"),
        ("fair", "nowhere"),
        ("duties", "接待<b>客人</b>"),
    ]);
    let page = clerk
        .post("/employer/postings/new", &wrong)
        .await
        .expect(422)
        .text();
    assert!(page.contains("接待&lt;b&gt;客人&lt;&#x2f;b&gt;"), "{page}");
    for id in ["f-title", "f-pay_min", "f-fair"] {
        assert!(page.contains(&format!("href=\"#{id}\"")), "{id}");
    }
    assert!(
        page.contains("value=\"medical\" checked") || page.contains("value=\"medical\" id"),
        "ticks stay"
    );
}

#[tokio::test]
async fn a_draft_is_kept_and_an_earlier_posting_copied() {
    let square = Square::open().await;
    let (_, clerk) = square.clerk("甲公司").await;
    let kept = clerk
        .post("/employer/postings/new", &form(&[("act", "keep")]))
        .await
        .expect(303);
    assert!(kept.location().ends_with("done=saved"));
    let id = kept.location().split(['/', '?']).nth(3).unwrap().to_owned();
    let list = clerk
        .get("/employer/postings?status=draft")
        .await
        .expect(200)
        .text();
    assert!(list.contains("电气设计师"));
    let copy = clerk
        .get(&format!("/employer/postings/new?from={id}"))
        .await
        .expect(200)
        .text();
    assert!(copy.contains("value=\"电气设计师\"") && copy.contains("value=\"6000\""));
    let edit = clerk
        .get(&format!("/employer/postings/{id}/edit"))
        .await
        .expect(200)
        .text();
    assert!(edit.contains("熟练使用CAD"));
    let stale = form(&[("version", "7")]);
    let page = clerk
        .post(&format!("/employer/postings/{id}/edit"), &stale)
        .await
        .expect(422)
        .text();
    assert!(page.contains("他人已先行更新"));
}

#[tokio::test]
async fn held_words_are_marked_with_their_law() {
    let square = Square::open().await;
    let (_, clerk) = square.clerk("甲公司").await;
    let office = square.app.role(Role::OfficeAdmin).await;
    let bad = with(designer(), json!({ "duties": "搬运货物，限男性。" }));
    let made = square.post(&clerk, &bad).await.expect(201).json();
    let id = made["id"].as_str().unwrap();
    let page = office
        .get(&format!("/office/postings/{id}"))
        .await
        .expect(200)
        .text();
    assert!(page.contains("<mark class=\"holds\">限男性"), "{page}");
    assert!(page.contains("就业促进法》第27条"));
    let path = format!("/office/postings/{id}/review");
    let refused = office
        .post(&path, &[("decision", "approve"), ("version", "1")])
        .await
        .expect(422)
        .text();
    assert!(refused.contains("href=\"#f-ground\""));
    office
        .post(&path, &[("decision", "return"), ("version", "1")])
        .await
        .expect(422);
    let reason = [
        ("decision", "return"),
        ("reason", "请删去性别要求"),
        ("version", "1"),
    ];
    office.post(&path, &reason).await.expect(303);
    let own = clerk
        .get(&format!("/employer/postings/{id}"))
        .await
        .expect(200)
        .text();
    assert!(own.contains("请删去性别要求") && own.contains("退回补正"));
    office.post(&path, &reason).await.expect(422);
}

#[tokio::test]
async fn the_office_takes_a_posting_down() {
    let square = Square::open().await;
    let (_, clerk) = square.clerk("甲公司").await;
    let office = square.app.role(Role::OfficeAdmin).await;
    let id = square.published(&clerk, &office, &designer()).await;
    let path = format!("/office/postings/{id}/hide");
    office.post(&path, &[("version", "2")]).await.expect(422);
    office
        .post(&path, &[("version", "2"), ("reason", "有人举报收费")])
        .await
        .expect(303);
    square
        .app
        .visitor()
        .get(&format!("/f/starlight/postings/{id}"))
        .await
        .expect(404);
    let own = clerk
        .get(&format!("/employer/postings/{id}"))
        .await
        .expect(200)
        .text();
    assert!(own.contains("有人举报收费"));
    clerk
        .get(&format!("/employer/postings/{id}/edit"))
        .await
        .expect(409);
}

#[tokio::test]
async fn a_pasted_table_is_previewed_and_written_at_once() {
    let square = Square::open().await;
    let (_, clerk) = square.clerk("甲公司").await;
    clerk.get("/employer/postings/paste").await.expect(200);
    let rows = "岗位\t人数\t薪资\t学历\t经验\t职责\n电气设计师\t2\t6-8千/月\t本科\t3-5年\t绘图\n课程顾问\t若干\t面议\t大专\t不限\t接待";
    let paste = [
        ("fair", "starlight"),
        ("rows", rows),
        ("occupation", "service"),
        ("kind", "regular"),
        ("contract_type", "fixed_term"),
        ("insurance", "pension"),
        ("place", "西固区"),
        ("expires_on", "2026-08-18"),
    ];
    let page = clerk
        .post("/employer/postings/paste", &paste)
        .await
        .expect(200)
        .text();
    assert!(
        page.contains("表格原文：“面议”，请核对。") && page.contains("表格原文：“若干”，请核对。")
    );
    assert!(page.contains("name=\"r1_pay_max\"") && page.contains("value=\"8000\""));
    let empty = [("fair", "starlight"), ("rows", "  ")];
    clerk
        .post("/employer/postings/paste", &empty)
        .await
        .expect(422);

    let row = |prefix: &str, title: &str, headcount: &str| -> Vec<(String, String)> {
        form(&[("title", title), ("headcount", headcount)])
            .into_iter()
            .filter(|(name, _)| !["fair", "act"].contains(name))
            .map(|(name, value)| (format!("{prefix}{name}"), value.to_owned()))
            .collect()
    };
    let save = |second: &str| {
        let mut fields = vec![
            ("fair".to_owned(), "starlight".to_owned()),
            ("act".into(), "submit".into()),
        ];
        fields.extend(row("r1_", "电气设计师", "2"));
        fields.extend(row("r2_", "课程顾问", second));
        fields
    };
    let send = async |fields: Vec<(String, String)>| {
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(k, v)| (k.as_str(), v.as_str()))
            .collect();
        clerk.post("/employer/postings/paste/save", &fields).await
    };
    let wrong = send(save("若干")).await.expect(422).text();
    assert!(wrong.contains("href=\"#f-r2_headcount\""));
    let list = clerk.api_get("/postings").await.expect(200).json();
    assert!(list["items"].as_array().unwrap().is_empty(), "all or none");
    send(save("3")).await.expect(303);
    let list = clerk.api_get("/postings").await.expect(200).json();
    assert_eq!(list["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn filters_are_links_and_odd_ones_are_said() {
    let square = Square::open().await;
    let visitor = square.app.visitor();
    let page = visitor
        .get("/f/starlight/postings?group=graduate&q=%E7%94%B5")
        .await
        .expect(200)
        .text();
    assert!(page.contains("没有符合条件的岗位") && page.contains("aria-current"));
    let page = visitor
        .get("/f/starlight/postings?salary_min=abc")
        .await
        .expect(422)
        .text();
    assert!(page.contains("筛选条件“月薪不低于”未采用"));
    visitor
        .get("/f/starlight/postings?cursor=zzz")
        .await
        .expect(404);
    visitor.get("/f/nowhere/postings").await.expect(404);
}
