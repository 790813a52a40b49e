//! The case page in a browser: the right control for every field, people entered with the form that
//! names them, what everybody will read looked at before it is public, numbers opened for a reason.
use crate::{
    case_make::{picture, send_files},
    casework_make::Hall,
    harness::Reply,
};
use nightfair::{
    case::store::rows,
    domain::{
        case::{Action, Kind, Stage},
        id::CaseId,
    },
    entity::{access_record, case_publication},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

async fn page(hall: &Hall, who: &str, number: &str) -> String {
    let reply = hall.client(who).get(&format!("/cases/{number}")).await;
    plain(&reply.expect(200))
}

fn plain(reply: &Reply) -> String {
    reply.text().replace("&#x2f;", "/").replace("&quot;", "\"")
}

/// What stands in a hidden field of the first form that has one.
fn hidden(page: &str, name: &str) -> String {
    let mark = format!("name=\"{name}\" value=\"");
    let at = page
        .find(&mark)
        .unwrap_or_else(|| panic!("no {name} in {page}"));
    page[at + mark.len()..]
        .split('"')
        .next()
        .unwrap()
        .to_owned()
}

async fn send(hall: &Hall, who: &str, number: &str, id: CaseId, form: &[(&str, &str)]) -> Reply {
    let seq = hall.state(id).await.seq.to_string();
    let mut all = vec![("expected_seq", seq.as_str())];
    all.extend_from_slice(form);
    let path = format!("/cases/{number}/actions");
    hall.client(who).post(&path, &all).await
}

#[tokio::test]
async fn every_page_of_every_kind_opens_for_everybody_who_may_see_it() {
    let hall = Hall::open().await;
    let mut numbers = vec![hall.market.claimed().await.0];
    for kind in Kind::DESK {
        numbers.push(hall.report(*kind).await.0);
        numbers.push(hall.dispatched(*kind).await.0);
        numbers.push(hall.in_hand(*kind).await.0);
        if *kind != Kind::Mediation {
            numbers.push(hall.submitted(*kind).await.0);
            numbers.push(hall.closed(*kind).await.0);
        }
    }
    let mut seen = 0;
    for number in &numbers {
        for name in hall.names() {
            if ["reporter", "neighbour", "system", "board", "steward"].contains(&name) {
                continue;
            }
            for path in [
                format!("/cases/{number}"),
                format!("/cases/{number}?lang=en"),
            ] {
                let reply = hall.client(name).get(&path).await;
                let status = reply.status.as_u16();
                assert!(
                    [200, 404].contains(&status),
                    "{name} {path}: {}",
                    reply.text()
                );
                let text = reply.text();
                assert!(
                    !text.contains(">case.") && !text.contains("王建国"),
                    "{name} {path}"
                );
                seen += usize::from(status == 200);
            }
            let api = hall.client(name).api_get(&format!("/cases/{number}")).await;
            assert!([200, 404].contains(&api.status.as_u16()), "{}", api.text());
        }
    }
    assert!(seen > 300, "{seen}");
}

#[tokio::test]
async fn a_mediator_invites_people_the_office_did_not_know() {
    let hall = Hall::open().await;
    let (number, id) = hall.in_hand(Kind::Mediation).await;
    let seen = page(&hall, "mediator", &number).await;
    assert!(seen.contains("邀请当事人") && seen.contains("parties_1_name"));
    assert!(seen.contains("王** 0001 · 反映人"));
    let own = hall.reporter.to_string();
    let form = [
        ("action", "invite"),
        ("how", "phone"),
        ("parties", own.as_str()),
        ("parties_1_name", "李大为"),
        ("parties_1_phone", "138"),
    ];
    let again = plain(
        &send(&hall, "mediator", &number, id, &form)
            .await
            .expect(422),
    );
    assert!(
        again.contains("李大为") && again.contains("请填写 11 位手机号"),
        "{again}"
    );
    let alone = [form[0], form[1], form[2]];
    let again = plain(
        &send(&hall, "mediator", &number, id, &alone)
            .await
            .expect(422),
    );
    assert!(again.contains("至少要有两位当事人"));
    let before = rows::parties_of(hall.app().db.read(), id)
        .await
        .unwrap()
        .len();
    let form = [
        form[0],
        form[1],
        form[2],
        form[3],
        ("parties_1_phone", "13900002222"),
    ];
    send(&hall, "mediator", &number, id, &form)
        .await
        .expect(303);
    let people = rows::parties_of(hall.app().db.read(), id).await.unwrap();
    assert_eq!(people.len(), before + 1);
    let seen = page(&hall, "mediator", &number).await;
    assert!(
        seen.contains("李** 2222") && !seen.contains("李大为") && !seen.contains("13900002222")
    );
    // Over the API, with somebody else.
    let (number, id) = hall.in_hand(Kind::Mediation).await;
    let path = format!("/cases/{number}/actions");
    let seq = hall.state(id).await.seq;
    let mut body = json!({"action": "invite", "expected_seq": seq, "how": "phone",
        "parties": [own], "new_parties": [{"name": "赵敏", "phone": "1"}]});
    let refused = hall
        .client("mediator")
        .api_post(&path, &body)
        .await
        .expect(422)
        .json();
    assert_eq!(
        refused["errors"][0]["pointer"], "/new_parties/0/phone",
        "{refused}"
    );
    body["new_parties"][0]["phone"] = json!("13900003333");
    let done = hall
        .client("mediator")
        .api_post(&path, &body)
        .await
        .expect(200)
        .json();
    let names: Vec<_> = done["people"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["name"])
        .collect();
    assert!(names.contains(&&json!("赵* 3333")), "{names:?}");
    hall.proved().await;
}

#[tokio::test]
async fn what_everybody_will_read_is_looked_at_first() {
    let hall = Hall::open().await;
    let (number, id) = hall.submitted(Kind::ResidentRequest).await;
    let before = hall.state(id).await.seq;
    let form = [
        ("action", "publish"),
        ("title", "小区东侧加装路灯"),
        ("public_text", "已加装两盏路灯。"),
        ("photos_redacted", "yes"),
    ];
    let told = [
        form[0],
        form[1],
        ("public_text", "王建国家，3号楼2单元501。"),
        form[3],
    ];
    let refused = plain(&send(&hall, "clerk", &number, id, &told).await.expect(422));
    assert!(refused.contains("王建国、3号楼2单元501"), "{refused}");
    // A picture that was covered comes with the form, and is kept for the second time.
    let seq = hall.state(id).await.seq.to_string();
    let with_seq = [&[("expected_seq", seq.as_str())], &form[..]].concat();
    let path = format!("/cases/{number}/actions");
    let shot = picture();
    let looked = send_files(hall.client("clerk"), &path, &with_seq, &[("files", &shot)]).await;
    let looked = plain(&looked.expect(200));
    assert!(
        looked.contains("请核对后再确认") && looked.contains("确认公示"),
        "{looked}"
    );
    assert_eq!(hall.state(id).await.seq, before, "nothing happened yet");
    let (seen, kept) = (hidden(&looked, "checked"), hidden(&looked, "kept"));
    let file = format!("/cases/{number}/files/{kept}");
    hall.client("clerk").get(&file).await.expect(200);
    hall.client("verifier").get(&file).await.expect(404);
    let sure = [
        ("checked", seen.as_str()),
        ("kept", kept.as_str()),
        ("files", kept.as_str()),
    ];
    let changed = [
        form[0],
        form[1],
        ("public_text", "三盏。"),
        form[3],
        sure[0],
        sure[1],
        sure[2],
    ];
    let again = plain(
        &send(&hall, "clerk", &number, id, &changed)
            .await
            .expect(200),
    );
    assert!(
        again.contains("请核对后再确认"),
        "other words are looked at anew"
    );
    let same = [
        form[0], form[1], form[2], form[3], sure[0], sure[1], sure[2],
    ];
    send(&hall, "clerk", &number, id, &same).await.expect(303);
    assert_eq!(hall.state(id).await.seq, before + 1);
    let public = case_publication::Entity::find_by_id(id)
        .one(hall.app().db.read())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(public.text, "已加装两盏路灯。");
    let shown = nightfair::case::public::one(hall.app(), hall.office(), &public.uid)
        .await
        .unwrap();
    assert_eq!(shown.after.len(), 1);
}

#[tokio::test]
async fn a_merge_says_what_it_joins_before_it_does() {
    let hall = Hall::open().await;
    let (target, _) = hall
        .report_for(Kind::ResidentRequest, Some(hall.neighbour))
        .await;
    let (number, id) = hall.report(Kind::ResidentRequest).await;
    let form = [
        ("action", "merge"),
        ("target", target.as_str()),
        ("reason", "同一盏灯"),
    ];
    let looked = plain(&send(&hall, "clerk", &number, id, &form).await.expect(200));
    assert!(
        looked.contains("确认并案") && looked.contains("第二网格"),
        "{looked}"
    );
    assert_eq!(hall.state(id).await.stage, Stage::Registered);
    let nowhere = [form[0], ("target", "JD-2026-009999"), form[2]];
    let refused = plain(
        &send(&hall, "clerk", &number, id, &nowhere)
            .await
            .expect(422),
    );
    assert!(refused.contains("没有这个编号的办件") && refused.contains("JD-2026-009999"));
    let seen = hidden(&looked, "checked");
    let sure = [form[0], form[1], form[2], ("checked", seen.as_str())];
    send(&hall, "clerk", &number, id, &sure).await.expect(303);
    assert_eq!(hall.state(id).await.stage, Stage::Merged);
    let here = page(&hall, "clerk", &number).await;
    assert!(here.contains("已并入") && here.contains(&format!("/cases/{target}")));
    let there = page(&hall, "clerk", &target).await;
    assert!(there.contains("并入的办件") && there.contains("关注人"));
}

#[tokio::test]
async fn a_number_is_opened_for_a_reason_and_only_by_who_has_to_call() {
    let hall = Hall::open().await;
    let (number, id) = hall.in_hand(Kind::ResidentRequest).await;
    let party = rows::parties_of(hall.app().db.read(), id).await.unwrap()[0].id;
    let path = format!("/cases/{number}/people/{party}");
    let none = hall
        .client("handler")
        .post(&path, &[("reason", "")])
        .await
        .expect(422);
    assert!(plain(&none).contains("请填写此项") && !plain(&none).contains("13800000001"));
    let why = [("reason", "约时间上门查看")];
    let shown = plain(&hall.client("handler").post(&path, &why).await.expect(200));
    assert!(shown.contains("王建国") && shown.contains("13800000001"));
    let kept = access_record::Entity::find()
        .filter(access_record::Column::Action.eq("reveal"))
        .all(hall.app().db.read())
        .await
        .unwrap();
    assert_eq!(kept.len(), 1);
    let page_after = page(&hall, "handler", &number).await;
    assert!(!page_after.contains("13800000001"), "shown once");
    hall.client("co").post(&path, &why).await.expect(200);
    hall.client("grid").post(&path, &why).await.expect(403);
    hall.client("stranger").post(&path, &why).await.expect(404);
    hall.client("board").post(&path, &why).await.expect(403);
    let other = hall
        .report_for(Kind::ResidentRequest, Some(hall.neighbour))
        .await
        .1;
    let elsewhere = rows::parties_of(hall.app().db.read(), other).await.unwrap()[0].id;
    let path = format!("/cases/{number}/people/{elsewhere}");
    hall.client("handler").post(&path, &why).await.expect(404);
    // Whoever had the case before does not call any more.
    hall.does(
        "clerk",
        id,
        Action::Redispatch,
        json!({"lead": hall.other.to_string(), "co_units": []}),
    )
    .await;
    let path = format!("/cases/{number}/people/{party}");
    hall.client("handler").post(&path, &why).await.expect(403);
}

#[tokio::test]
async fn an_adopted_suggestion_has_children() {
    let hall = Hall::open().await;
    let (number, id) = hall.in_hand(Kind::Suggestion).await;
    assert!(!page(&hall, "secretary", &number).await.contains("立子办件"));
    hall.does("secretary", id, Action::Schedule, json!({}))
        .await;
    hall.pass(24 * 5).await;
    hall.does("secretary", id, Action::Deliberate, json!({}))
        .await;
    hall.does("secretary", id, Action::Adopt, json!({})).await;
    assert!(page(&hall, "secretary", &number).await.contains("立子办件"));
    let path = format!("/cases/{number}/children");
    let form = [
        ("kind", "resident_request"),
        ("category", "lighting"),
        ("title", "给3号楼2单元装灯"),
        ("text", "加装两盏路灯。"),
    ];
    let bad = plain(
        &hall
            .client("secretary")
            .post(&path, &form)
            .await
            .expect(422),
    );
    assert!(bad.contains("3号楼2单元") && bad.contains("加装两盏路灯。"));
    let form = [form[0], form[1], ("title", "小区东侧装灯"), form[3]];
    let opened = hall
        .client("secretary")
        .post(&path, &form)
        .await
        .expect(303)
        .location();
    let child = hall.client("clerk").get(&opened).await.expect(200);
    assert!(plain(&child).contains("母办件") && plain(&child).contains(&number));
    assert!(page(&hall, "clerk", &number).await.contains("子办件"));
    hall.client("handler").post(&path, &form).await.expect(403);
    let api = json!({"kind": "patrol_finding", "category": "lighting", "title": "巡查路灯", "text": "每周看一次。"});
    let done = hall
        .client("clerk")
        .api_post(&path, &api)
        .await
        .expect(201)
        .json();
    assert_eq!(
        (&done["kind"], &done["stage"]),
        (&json!("patrol_finding"), &json!("registered"))
    );
    hall.proved().await;
}

#[tokio::test]
async fn the_page_shows_both_clocks_the_working_and_the_marks() {
    let hall = Hall::open().await;
    let (number, id) = hall.dispatched(Kind::ResidentRequest).await;
    hall.does("handler", id, Action::Object, json!({})).await;
    let other = json!({"lead": hall.other.to_string(), "co_units": [], "due_at": null});
    hall.does("secretary", id, Action::Designate, other).await;
    hall.pass(30).await;
    hall.does("stranger", id, Action::Sign, json!({})).await;
    let seen = page(&hall, "clerk", &number).await;
    for words in [
        "居民时钟",
        "单位时钟",
        "已退单",
        "办理中",
        "第 1 天",
        "起算，当天不计",
        "休息日",
    ] {
        assert!(seen.contains(words), "{words}: {seen}");
    }
    let english = hall
        .client("clerk")
        .get(&format!("/cases/{number}?lang=en"))
        .await
        .expect(200);
    assert!(
        english.text().contains("Resident's clock")
            || english.text().contains("Resident&#x27;s clock")
    );
    assert!(
        page(&hall, "stranger", &number)
            .await
            .contains("下一步：联系反映人")
    );
}
