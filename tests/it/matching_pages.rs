//! Matches on pages: the booth's code, the ticket, the employer's phone, the office's queues.
use crate::{
    harness::Reply,
    matching_make::{Market, offer},
    posting_make::once_of,
};
use axum::http::header;
use nightfair::{domain::role::Role, entity::participation};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

/// A page as people read it: slashes in addresses are written out.
trait Read {
    fn read(&self) -> String;
}

impl Read for Reply {
    fn read(&self) -> String {
        self.text().replace("&#x2f;", "/")
    }
}

async fn booth_code(market: &Market) -> String {
    let row = participation::Entity::find()
        .filter(participation::Column::EmployerId.eq(market.employer))
        .one(market.app().app.db.read())
        .await
        .unwrap();
    row.unwrap().code
}

#[tokio::test]
async fn from_the_booths_code_to_an_offer_in_a_few_taps() {
    let market = Market::open().await;
    let code = booth_code(&market).await;
    let phone = market.app().visitor();
    let booth = phone.get(&format!("/B/{code}")).await.expect(200).read();
    assert!(booth.contains("A01") && booth.contains("电气设计师"));
    assert!(!booth.contains("<script"));
    let ask = format!("/f/starlight/interest/{}?b={code}", market.posting);
    assert!(booth.contains(&ask));
    // Without a ticket: register, or say who you are.
    let who = phone.get(&ask).await.expect(200).read();
    assert!(who.contains("/f/starlight/register"));
    let seeker = market.seeker("张小芳", "13800006608").await;
    let wrong = [("code", seeker.code.as_str()), ("tail", "0000")];
    phone.post(&ask, &wrong).await.expect(422);
    let blank = phone.post(&ask, &[]).await.expect(422);
    assert!(blank.text().contains("请填写此项"));
    let right = [("code", seeker.code.as_str()), ("tail", "6608")];
    let known = phone.post(&ask, &right).await.expect(303);
    let to = format!("/T/{}/interest/{}", seeker.secret, market.posting);
    assert_eq!(known.location(), to);
    let cookie = known.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.contains("HttpOnly"), "{cookie}");
    // The telephone knows its ticket now: one tap.
    let phone = phone.with(&known);
    assert_eq!(phone.get(&ask).await.expect(303).location(), to);

    let page = phone.get(&to).await.expect(200).read();
    assert!(page.contains("陇上云仓供应链有限公司"));
    let once = once_of(&page);
    let untold = [("once", once.as_str()), ("share", "phone")];
    phone.post(&to, &untold).await.expect(422);
    let told = [
        ("once", once.as_str()),
        ("share", "phone"),
        ("consent", "yes"),
    ];
    let first = phone.post(&to, &told).await.expect(303);
    let second = phone.post(&to, &told).await.expect(303);
    assert_eq!(first.location(), second.location());
    let own = phone.get(&first.location()).await.expect(200).read();
    assert!(own.contains("待单位回应") && own.contains("手机号"));
    // The second time the tap leads to the match.
    assert!(
        phone
            .get(&to)
            .await
            .expect(303)
            .location()
            .contains("/matches/")
    );

    let queue = market.clerk.get("/employer/matches").await.expect(200);
    let queue = queue.read();
    assert!(queue.contains("张**") && !queue.contains("张小芳"));
    // A ticket's link in the employer's browser leads to the match.
    let scan = market.clerk.get(&format!("/T/{}", seeker.secret)).await;
    let scan = scan.expect(303).location();
    let one = market.clerk.get(&scan).await.expect(303).location();
    let page = market.clerk.get(&one).await.expect(200).read();
    assert!(page.contains("接收"));
    market
        .clerk
        .post(&one, &[("action", "acknowledge"), ("seq", "3")])
        .await
        .expect(303);
    let stale = market
        .clerk
        .post(
            &one,
            &[
                ("action", "not_selected"),
                ("seq", "3"),
                ("reason", "skills"),
            ],
        )
        .await;
    assert!(stale.expect(409).text().contains("他人已先行更新"));
    let opened = market.clerk.post(&format!("{one}/phone"), &[]).await;
    assert!(opened.expect(200).read().contains("13800006608"));
    market
        .clerk
        .post(&one, &[("action", "met")])
        .await
        .expect(303);
    let bad = market
        .clerk
        .post(
            &one,
            &[("action", "offer"), ("pay", "六千"), ("pay_unit", "month")],
        )
        .await;
    let bad = bad.expect(422).text();
    assert!(bad.contains("六千") && bad.contains("请填写此项"));
    market
        .clerk
        .post(&one, &offer("2026-07-27"))
        .await
        .expect(303);
    let own = phone.get(&first.location()).await.expect(200).read();
    assert!(own.contains("6500") && own.contains("接受录用"));
    let decline = [("action", "offer_decline"), ("reason", "distance")];
    let at = first.location().replace("?said=interest", "");
    phone.post(&at, &decline).await.expect(303);
    let ended = market.clerk.get(&one).await.expect(200).read();
    assert!(ended.contains("路太远") && ended.contains("求职者没有提供手机号"));
}

#[tokio::test]
async fn the_booths_code_follows_the_employer() {
    let market = Market::open().await;
    let code = booth_code(&market).await;
    market.rival().await;
    let rows = participation::Entity::find()
        .all(market.app().app.db.read())
        .await
        .unwrap();
    let (one, two) = (rows[0].clone(), rows[1].clone());
    let write = market.app().app.db.write(move |tx| async move {
        use sea_orm::sea_query::Expr;
        for (id, booth) in [
            (one.id, None),
            (two.id, one.booth_id),
            (one.id, two.booth_id),
        ] {
            participation::Entity::update_many()
                .col_expr(participation::Column::BoothId, Expr::value(booth))
                .filter(participation::Column::Id.eq(id))
                .exec(tx.conn())
                .await?;
        }
        Ok(())
    });
    write.await.unwrap();
    let visitor = market.app().visitor();
    let page = visitor.get(&format!("/B/{code}")).await.expect(200).read();
    assert!(page.contains("A02") && page.contains("陇上云仓"));
    visitor.get("/B/NOBODY").await.expect(404);
}

#[tokio::test]
async fn the_ticket_offers_the_evenings_jobs() {
    let market = Market::open().await;
    let seeker = market.seeker("张小芳", "13800006608").await;
    let base = format!("/T/{}", seeker.secret);
    let ticket = seeker.client.get(&base).await.expect(200);
    assert!(ticket.headers.contains_key(header::SET_COOKIE));
    assert!(ticket.read().contains(&format!("{base}/jobs")));
    let jobs = seeker.client.get(&format!("{base}/jobs?q=分拣")).await;
    let jobs = jobs.expect(200).read();
    assert!(jobs.contains("仓储分拣员") && !jobs.contains("电气设计师"));
    let number = market.matched(&seeker, &market.posting, &[]).await;
    let jobs = seeker.client.get(&format!("{base}/jobs")).await;
    assert!(jobs.expect(200).read().contains("已登记"));
    let ticket = seeker.client.get(&base).await.expect(200).read();
    assert!(ticket.contains(&format!("{base}/matches/{number}")));
    for path in ["jobs", "matches/JD-2026-000001", "interest/1"] {
        let nobody = format!("/T/{}/{path}", "0".repeat(16));
        seeker.client.get(&nobody).await.expect(404);
    }
}

#[tokio::test]
async fn somebody_without_a_phone_is_entered_at_the_desk() {
    let market = Market::open().await;
    let seeker = market.seeker("张小芳", "13800006608").await;
    let clerk = market.app().role(Role::CommunityClerk).await;
    let none = clerk
        .get("/office/matches/new?fair=starlight&entry=999")
        .await;
    none.expect(404);
    let found = clerk
        .get("/office/matches/new?fair=starlight&entry=1")
        .await;
    let found = found.expect(200).read();
    assert!(found.contains("张**") && !found.contains("张小芳"));
    let code = format!("/office/matches/new?fair=starlight&entry={}", seeker.code);
    let once = once_of(&clerk.get(&code).await.expect(200).read());
    let mut form = vec![
        ("once", once.as_str()),
        ("fair", "starlight"),
        ("entry", "1"),
        ("posting", market.slow.as_str()),
        ("share", "phone"),
    ];
    let untold = clerk.post("/office/matches/new", &form).await;
    assert!(untold.expect(422).text().contains("同意"));
    form.push(("consent", "yes"));
    clerk.post("/office/matches/new", &form).await.expect(303);
    let other = [
        ("fair", "starlight"),
        ("entry", "1"),
        ("posting", market.slow.as_str()),
    ];
    let twice = clerk.post("/office/matches/new", &other).await;
    assert!(twice.expect(409).text().contains("已经登记过意向"));
    let work = market.officer.get("/office/matches").await.expect(200);
    assert!(work.text().contains("仓储分拣员"));
}

#[tokio::test]
async fn a_ticket_before_the_employer_is_recorded_once() {
    let market = Market::open().await;
    let seeker = market.seeker("张小芳", "13800006608").await;
    market.clerk.get("/employer/scan").await.expect(200);
    market
        .clerk
        .get("/employer/scan?entry=XXXXXXXX")
        .await
        .expect(404);
    let scan = format!("/employer/scan?entry={}", seeker.code);
    let page = market.clerk.get(&scan).await.expect(200).read();
    assert!(page.contains("张**"));
    let once = once_of(&page);
    let mut form = vec![("entry", seeker.code.as_str()), ("once", once.as_str())];
    let unsaid = market.clerk.post("/employer/scan", &form).await;
    assert!(unsaid.expect(422).text().contains("请填写此项"));
    form.push(("posting", market.posting.as_str()));
    let first = market.clerk.post("/employer/scan", &form).await.expect(303);
    let second = market.clerk.post("/employer/scan", &form).await.expect(303);
    assert_eq!(first.location(), second.location());
    let rating = first.location().replace("?said=interest", "/rating");
    market
        .clerk
        .post(&rating, &[("rating", "5")])
        .await
        .expect(303);
    market
        .clerk
        .post(&rating, &[("rating", "9")])
        .await
        .expect(422);
}

#[tokio::test]
async fn pages_read_in_english_too() {
    let market = Market::open().await;
    let seeker = market.seeker("Zhang", "13800006608").await;
    let number = market.offered(&seeker, "2026-07-27").await;
    for (client, path) in [
        (
            &seeker.client,
            format!("/T/{}/matches/{number}?lang=en", seeker.secret),
        ),
        (&market.clerk, format!("/employer/matches/{number}?lang=en")),
        (&market.officer, "/office/matches?lang=en".to_owned()),
    ] {
        let page = client.get(&path).await.expect(200).read();
        assert!(!page.contains("matching."), "{path}");
    }
}
