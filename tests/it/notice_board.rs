//! The progress board: what was published, as it was published, as long as it is.
use crate::casework_make::Hall;
use nightfair::{
    domain::{
        case::{Action, Kind},
        id::CaseId,
    },
    entity::case_publication,
};
use sea_orm::EntityTrait;
use serde_json::{Value, json};

async fn uid(hall: &Hall, id: CaseId) -> String {
    let db = hall.app().db.read();
    let row = case_publication::Entity::find_by_id(id).one(db).await;
    row.unwrap().unwrap().uid
}

async fn board(hall: &Hall, query: &str) -> Value {
    let visitor = hall.market.app().visitor();
    let list = visitor.api_get(&format!("/board{query}")).await;
    list.expect(200).json()
}

fn titles(list: &Value) -> Vec<&str> {
    let items = list["items"].as_array().unwrap().iter();
    items.map(|one| one["title"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_published_case_is_shown_with_its_pictures_and_nothing_else() {
    let hall = Hall::open().await;
    let visitor = hall.market.app().visitor();
    let empty = visitor.get("/board").await.expect(200).text();
    assert!(empty.contains("还没有公示的事项"));
    let (number, id) = hall.closed(Kind::ResidentRequest).await;
    let (_, hidden) = hall.closed(Kind::ResidentRequest).await;
    hall.does("clerk", id, Action::Publish, json!({})).await;
    let uid = uid(&hall, id).await;
    let list = board(&hall, "").await;
    assert_eq!(titles(&list), ["小区东侧加装路灯"]);
    let item = &list["items"][0];
    assert_eq!(item["community"], "民乐社区");
    assert_eq!(item["stage"], "closed");
    for path in [
        "/board".to_owned(),
        format!("/board/{uid}"),
        "/board/print".into(),
    ] {
        let page = visitor.get(&path).await.expect(200).text();
        assert!(page.contains("小区东侧加装路灯"), "{path}");
        assert!(page.contains("民乐社区"), "{path}");
        for secret in [
            "王建国",
            "13800000001",
            "第二网格",
            "小区东门",
            number.as_str(),
        ] {
            assert!(!page.contains(secret), "{path} says {secret}");
        }
    }
    let english = visitor.get(&format!("/board/{uid}?lang=en")).await;
    assert!(english.expect(200).text().contains("Progress board"));
    let photos: Vec<&str> = ["before", "after"]
        .iter()
        .flat_map(|role| item[*role].as_array().unwrap())
        .map(|url| url.as_str().unwrap().trim_start_matches("http://fair.test"))
        .collect();
    assert!(!photos.is_empty());
    for path in &photos {
        let photo = visitor.get(path).await.expect(200);
        assert_eq!(photo.headers["content-type"], "image/jpeg");
    }
    for path in [
        format!("/board/{uid}/photos/99"),
        format!("/board/{uid}/photos/x"),
        format!("/board/{number}"),
        format!("/board/{hidden}"),
        "/board/%E5%A4%9C".into(),
    ] {
        visitor.get(&path).await.expect(404);
    }
    visitor.api_get(&format!("/board/{uid}")).await.expect(200);
    visitor.api_get("/board/1").await.expect(404);
}

#[tokio::test]
async fn what_is_merged_or_redacted_is_gone_and_comes_back_only_as_it_should() {
    let hall = Hall::open().await;
    let visitor = hall.market.app().visitor();
    let (_, id) = hall.in_hand(Kind::ResidentRequest).await;
    let (target, _) = hall.in_hand(Kind::ResidentRequest).await;
    hall.does("clerk", id, Action::Publish, json!({})).await;
    let uid = uid(&hall, id).await;
    let photo = format!("/board/{uid}/photos/0");
    visitor.get(&photo).await.expect(200);
    hall.does("clerk", id, Action::Merge, json!({"target": target}))
        .await;
    visitor.get(&format!("/board/{uid}")).await.expect(404);
    visitor.get(&photo).await.expect(404);
    assert!(titles(&board(&hall, "").await).is_empty());
    hall.does("clerk", id, Action::Unmerge, json!({})).await;
    visitor.get(&format!("/board/{uid}")).await.expect(200);
    let seq = hall.state(id).await.seq;
    let events = nightfair::case::store::events(hall.app().db.read(), id).await;
    let published = events
        .unwrap()
        .into_iter()
        .find(|one| one.action == "publish");
    let event = json!({"event": published.unwrap().seq});
    hall.does("secretary", id, Action::Redact, event).await;
    assert!(hall.state(id).await.seq > seq);
    visitor.get(&format!("/board/{uid}")).await.expect(404);
    visitor.get(&photo).await.expect(404);
    assert!(titles(&board(&hall, "").await).is_empty());
    // Written anew it is public again, and once it was closed and reopened it still is.
    let (_, done) = hall.closed(Kind::ResidentRequest).await;
    hall.does("clerk", done, Action::Publish, json!({})).await;
    hall.does("reporter", done, Action::Reopen, json!({})).await;
    let list = board(&hall, "").await;
    assert_eq!(list["items"][0]["stage"], "accepted");
    hall.proved().await;
}

#[tokio::test]
async fn the_board_is_cut_into_pages_and_can_be_narrowed() {
    let hall = Hall::open().await;
    let visitor = hall.market.app().visitor();
    for n in 0..14 {
        let (_, id) = hall.report(Kind::ResidentRequest).await;
        let words = json!({"title": format!("事项{n}"), "files": []});
        hall.does("clerk", id, Action::Publish, words).await;
    }
    let (_, idea) = hall.report(Kind::Suggestion).await;
    let words = json!({"title": "多设晾衣架", "files": []});
    hall.does("clerk", idea, Action::Publish, words).await;
    let first = visitor.get("/board").await.expect(200).text();
    assert!(first.contains("多设晾衣架") && first.contains("事项13"));
    assert!(!first.contains("事项2<"), "the first page ends before it");
    let next = first.split("href=\"").find(|link| link.contains("before="));
    let next = next
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .replace("&#x2f;", "/");
    let second = visitor.get(&next).await.expect(200).text();
    assert!(second.contains("事项0") && !second.contains("事项13"));
    let ideas = board(&hall, "?kind=suggestion").await;
    assert_eq!(titles(&ideas), ["多设晾衣架"]);
    let community = hall.community.to_string();
    let here = board(&hall, &format!("?community={community}&limit=3")).await;
    assert_eq!(here["items"].as_array().unwrap().len(), 3);
    let cursor = here["next"].as_str().unwrap();
    let more = board(
        &hall,
        &format!("?community={community}&limit=200&cursor={cursor}"),
    )
    .await;
    assert_eq!(more["items"].as_array().unwrap().len(), 12);
    assert_eq!(more["next"], Value::Null);
    // What cannot be read is told to machines and passed over for people.
    for (query, status) in [
        ("?kind=mediation", 422),
        ("?community=nowhere", 422),
        ("?limit=0", 422),
        ("?cursor=x", 400),
    ] {
        let refused = visitor.api_get(&format!("/board{query}")).await;
        refused.expect(status);
    }
    for query in ["?kind=mediation&community=x&before=y", "?community=99999"] {
        visitor.get(&format!("/board{query}")).await.expect(200);
    }
    // Figures of five and more, never of fewer; an idea is no request.
    assert!(first.contains("受理 14，办结 0"), "{first}");
}

#[tokio::test]
async fn figures_of_fewer_than_five_are_not_told() {
    let hall = Hall::open().await;
    let visitor = hall.market.app().visitor();
    for _ in 0..4 {
        hall.report(Kind::ResidentRequest).await;
    }
    let page = visitor.get("/board").await.expect(200).text();
    assert!(page.contains("受理 少于 5 件，办结 0"), "{page}");
    hall.report(Kind::ResidentRequest).await;
    let page = visitor.get("/board").await.expect(200).text();
    assert!(page.contains("受理 5，办结 0"));
}
