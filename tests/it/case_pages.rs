//! The ledger in a browser: queue, filters, forms that come back with what was typed.
use crate::{
    case_make::{Market, picture, send_files},
    harness::Client,
    posting_make::once_of,
};
use nightfair::{
    case::jobs::{self, Ticked},
    domain::{case::Stage, role::Role},
};
use sea_orm::ConnectionTrait;
use serde_json::json;

async fn page(client: &Client, number: &str) -> String {
    let path = format!("/cases/{number}");
    let page = client.get(&path).await.expect(200).text();
    // Slashes are escaped in attributes.
    page.replace("&#x2f;", "/")
}

/// `(action, form)` as the page offers it, in order.
fn actions(page: &str) -> Vec<String> {
    let mark = "name=\"action\" value=\"";
    page.match_indices(mark)
        .map(|(at, _)| {
            page[at + mark.len()..]
                .split('"')
                .next()
                .unwrap()
                .to_owned()
        })
        .collect()
}

#[tokio::test]
async fn the_queue_shows_whose_turn_it_is() {
    let mut market = Market::open().await;
    let empty = market.officer.get("/cases").await.expect(200).text();
    assert!(empty.contains("没有办件"));
    let (new, _) = market.interest().await;
    let (referred, _) = market.referred().await;
    let list = market.officer.get("/cases").await.expect(200).text();
    assert!(list.contains(&new) && list.contains(&referred) && list.contains("待我办理"));
    let mine = market
        .officer
        .get("/cases?show=mine")
        .await
        .expect(200)
        .text();
    assert!(mine.contains(&new) && !mine.contains(&referred));
    let theirs = market
        .clerk
        .get("/cases?show=mine")
        .await
        .expect(200)
        .text();
    assert!(theirs.contains(&referred) && !theirs.contains(&new));
    let none = market
        .officer
        .get("/cases?q=%E6%8A%A4%E5%A3%AB")
        .await
        .expect(200)
        .text();
    assert!(none.contains("没有找到符合条件的办件"));
    let english = market
        .officer
        .get("/cases?lang=en")
        .await
        .expect(200)
        .text();
    assert!(english.contains("Waiting for me") && english.contains("Referred, employer to answer"));
    market.later("2026-07-28T02:00:00Z").await;
    let late = market
        .officer
        .get("/cases?show=overdue")
        .await
        .expect(200)
        .text();
    assert!(late.contains("超期") && late.contains(&referred));
    market.officer.get("/cases?stage=lost").await.expect(422);
}

#[tokio::test]
async fn one_action_comes_first_and_the_others_wait_behind() {
    let market = Market::open().await;
    let (number, _) = market.referred().await;
    let seen = page(&market.clerk, &number).await;
    assert_eq!(
        actions(&seen).first().map(String::as_str),
        Some("acknowledge")
    );
    assert!(actions(&seen).contains(&"not_selected".to_owned()));
    assert!(!actions(&seen).contains(&"offer".to_owned()));
    assert!(!seen.contains("张小芳") && !seen.contains("1390000"));
    let office = page(&market.officer, &number).await;
    assert!(
        office.contains("现在由用人单位办理：接收人选。"),
        "{office}"
    );
    let path = format!("/cases/{number}/actions");
    let form = [
        ("action", "acknowledge"),
        ("expected_seq", "3"),
        ("once", "o1"),
    ];
    let done = market.clerk.post(&path, &form).await.expect(303);
    assert_eq!(done.location(), format!("/cases/{number}?said=done"));
    market.clerk.post(&path, &form).await.expect(303);
    let seen = market.clerk.get(&done.location()).await.expect(200).text();
    assert!(seen.contains("已登记。") && seen.contains("用人单位已接收"));
    assert_eq!(
        actions(&seen).first().map(String::as_str),
        Some("interview_set")
    );
}

#[tokio::test]
async fn faults_come_back_at_their_fields_with_what_was_typed() {
    let market = Market::open().await;
    let (number, _) = market.in_hand().await;
    let path = format!("/cases/{number}/actions");
    let form = [
        ("action", "interview_set"),
        ("expected_seq", "4"),
        ("interview_at", "2026-07-01T10:00"),
        ("place", "三楼会议室"),
        ("told_how", "telepathy"),
    ];
    let again = market.clerk.post(&path, &form).await.expect(422).text();
    assert!(again.contains("三楼会议室") && again.contains("2026-07-01T10:00"));
    assert!(again.contains("href=\"#f-told_how\""), "{again}");
    let form = [("told_how", "phone"), form[0], form[1], form[2], form[3]];
    let again = market.clerk.post(&path, &form).await.expect(422).text();
    assert!(again.contains("面试时间须晚于现在") && again.contains("三楼会议室"));
    let form = [
        form[1],
        form[2],
        form[0],
        ("interview_at", "2026-07-21T10:00"),
        form[4],
    ];
    market.clerk.post(&path, &form).await.expect(303);
    let seen = page(&market.clerk, &number).await;
    assert!(seen.contains("7月21日 10:00") && seen.contains("已约面试"));
    for strange in [
        vec![("action", "fly"), ("expected_seq", "5")],
        vec![("action", "interviewed")],
        vec![],
    ] {
        market.clerk.post(&path, &strange).await.expect(422);
    }
}

#[tokio::test]
async fn somebody_faster_is_shown_and_what_was_typed_stays() {
    let market = Market::open().await;
    let (number, _) = market.in_hand().await;
    let told = json!({"text": "她周二下午有空。", "visibility": "parties"});
    market
        .act(&market.officer, &number, "update", told)
        .await
        .expect(200);
    let path = format!("/cases/{number}/actions");
    let form = [
        ("action", "interview_set"),
        ("expected_seq", "4"),
        ("interview_at", "2026-07-21T10:00"),
        ("place", "三楼会议室"),
        ("told_how", "phone"),
    ];
    let late = market.clerk.post(&path, &form).await.expect(409).text();
    assert!(late.contains("您填写期间，这件有了新进展") && late.contains("她周二下午有空。"));
    assert!(late.contains("三楼会议室") && late.contains("name=\"expected_seq\" value=\"5\""));
    assert!(!once_of(&late).is_empty());
    // Meanwhile it came to an end: the words stay, the button goes.
    let ended = json!({"reason": "skills"});
    market
        .act(&market.clerk, &number, "not_selected", ended)
        .await
        .expect(200);
    let form = [form[0], ("expected_seq", "6"), form[2], form[3], form[4]];
    let gone = market.clerk.post(&path, &form).await.expect(409).text();
    assert!(gone.contains("现在已不能“约面试”") && gone.contains("三楼会议室"));
}

#[tokio::test]
async fn a_refusal_stands_above_the_form() {
    let market = Market::open().await;
    let (number, _) = market.referred().await;
    let path = format!("/cases/{number}/actions");
    let form = [("action", "acknowledge"), ("expected_seq", "3")];
    let refused = market.officer.post(&path, &form).await.expect(403).text();
    assert!(refused.contains("“接收人选”要由用人单位办理。"));
    let form = [("action", "expire"), ("expected_seq", "3")];
    let refused = market.officer.post(&path, &form).await.expect(409).text();
    assert!(refused.contains("因此现在不能“按逾期关闭”"));
}

#[tokio::test]
async fn evidence_is_drawn_anew_and_shown_to_who_may_see_it() {
    let market = Market::open().await;
    let (number, _) = market.in_hand().await;
    let path = format!("/cases/{number}/actions");
    let form = [
        ("action", "update"),
        ("expected_seq", "4"),
        ("text", "现场照片。"),
        ("visibility", "parties"),
    ];
    let bad = send_files(&market.clerk, &path, &form, &[("files", b"GIF89a nothing")]).await;
    let bad = bad.expect(422).text();
    assert!(bad.contains("现场照片。") && bad.contains("照片没有保留，请重新选择。"));
    let nothing = [form[0], form[1], ("text", ""), form[3]];
    let bad = send_files(&market.clerk, &path, &nothing, &[("files", &picture())]).await;
    assert!(
        bad.expect(422)
            .text()
            .contains("照片没有保留，请重新选择。")
    );
    let bad = send_files(&market.clerk, &path, &nothing, &[]).await;
    assert!(!bad.expect(422).text().contains("照片没有保留"));
    let two = picture();
    let files = [("files", two.as_slice()), ("files", two.as_slice())];
    send_files(&market.clerk, &path, &form, &files)
        .await
        .expect(303);
    let seen = page(&market.officer, &number).await;
    let at = seen.find(&format!("/cases/{number}/files/")).unwrap();
    let address = seen[at..].split('"').next().unwrap();
    assert_eq!(seen.matches("照片 2").count(), 1);
    market.officer.get(address).await.expect(200);
    market.clerk.get(address).await.expect(200);
    let (_, rival) = market.square.clerk("别家公司").await;
    rival.get(address).await.expect(404);
    market.app().visitor().get(address).await.expect(303);
}

#[tokio::test]
async fn silence_ends_a_match_once_and_is_pressed_before() {
    let mut market = Market::open().await;
    let (silent, id) = market.referred().await;
    let (busy, _) = market.in_hand().await;
    let (new, _) = market.interest().await;
    let app = &market.app().app.clone();
    assert_eq!(jobs::tick(app).await.unwrap(), Ticked::default());
    // Sunday evening, answered within three working days: Wednesday 18:00 is over.
    market.later("2026-07-23T02:00:00Z").await;
    let pressed = jobs::tick(app).await.unwrap();
    assert_eq!((pressed.expired, pressed.failed), (0, 0));
    assert!(pressed.supervised >= 2, "{pressed:?}");
    assert_eq!(
        jobs::tick(app).await.unwrap().supervised,
        0,
        "once is enough"
    );
    let seen = page(&market.officer, &silent).await;
    assert!(seen.contains("已催办用人单位") && seen.contains("督办"));
    assert!(!page(&market.clerk, &silent).await.contains("督办"));
    // The employer of the other one acts in time.
    let set =
        json!({"interview_at": "2026-08-03T10:00:00+08:00", "place": "A01", "told_how": "phone"});
    market
        .act(&market.clerk, &busy, "interview_set", set)
        .await
        .expect(200);
    market.later("2026-07-29T02:00:00Z").await;
    let broken = app.db.write(move |tx| async move {
        tx.conn()
            .execute_unprepared("INSERT INTO cases (office_id, number, kind, stage, title, visibility, level, supervised, designated, reopen_no, rework_no, recorded_at, unit_due_at, due_at, state, seq, last_hash, updated_at) SELECT office_id, 'JD-2026-999999', kind, 'dispatched', title, visibility, 0, FALSE, FALSE, 0, 0, recorded_at, unit_due_at, unit_due_at, '{}', 1, '', updated_at FROM cases WHERE unit_due_at IS NOT NULL ORDER BY id LIMIT 1")
            .await?;
        Ok(())
    });
    broken.await.unwrap();
    let ended = jobs::tick(app).await.unwrap();
    assert_eq!(ended.expired, 1, "{ended:?}");
    assert!(ended.failed >= 1, "the broken one does not stop the others");
    let office = app.settings.office;
    let case = nightfair::case::store::find(app.db.read(), office, id)
        .await
        .unwrap();
    assert_eq!(case.stage, Stage::Closed);
    for alive in [&busy, &new] {
        let seen = market
            .officer
            .api_get(&format!("/cases/{alive}"))
            .await
            .expect(200)
            .json();
        assert_ne!(seen["stage"], "closed");
    }
    assert_eq!(jobs::tick(app).await.unwrap().expired, 0);
}

#[tokio::test]
async fn a_closed_posting_ends_its_open_matches() {
    let market = Market::open().await;
    let (number, _) = market.referred().await;
    let shut = market.app().app.db.write(|tx| async move {
        tx.conn()
            .execute_unprepared("UPDATE postings SET status = 'closed'")
            .await?;
        Ok(())
    });
    shut.await.unwrap();
    assert_eq!(jobs::tick(&market.app().app).await.unwrap().expired, 1);
    let seen = market
        .officer
        .api_get(&format!("/cases/{number}"))
        .await
        .expect(200)
        .json();
    assert_eq!(seen["outcome"], "expired");
    let back = json!({"reason": "单位补发岗位。", "by_error": false});
    market
        .act(&market.officer, &number, "reopen", back)
        .await
        .expect(200);
}

#[tokio::test]
async fn a_posting_past_its_last_day_ends_its_open_matches() {
    let market = Market::open().await;
    let (number, _) = market.referred().await;
    let app = &market.app().app;
    assert_eq!(jobs::tick(app).await.unwrap().expired, 0);
    let past = app.db.write(|tx| async move {
        tx.conn()
            .execute_unprepared("UPDATE postings SET expires_on = '2026-01-31'")
            .await?;
        Ok(())
    });
    past.await.unwrap();
    assert_eq!(jobs::tick(app).await.unwrap().expired, 1);
    let seen = market.officer.api_get(&format!("/cases/{number}")).await;
    assert_eq!(seen.expect(200).json()["outcome"], "expired");
}

#[tokio::test]
async fn roles_without_the_ledger_do_not_get_in() {
    let market = Market::open().await;
    let (number, _) = market.interest().await;
    for role in [Role::GateSteward, Role::CoHost, Role::Board] {
        market
            .app()
            .role(role)
            .await
            .get("/cases")
            .await
            .expect(403);
    }
    let path = format!("/cases/{number}/actions");
    let verifier = market.app().role(Role::Verifier).await;
    let form = [("action", "accept"), ("expected_seq", "1")];
    verifier.post(&path, &form).await.expect(404);
    let seen = verifier.get("/cases").await.expect(200).text();
    assert!(!seen.contains(&number));
}
