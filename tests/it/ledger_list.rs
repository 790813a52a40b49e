//! The ledger as a list: every filter answers as a look at every row would, pages stay where they
//! are while cases are added, counts say what the lists hold, and words are found by those who may
//! read them and by nobody once they are gone.
use crate::{
    casework_make::Hall,
    harness::{Client, TestApp},
};
use chrono::TimeDelta;
use nightfair::{
    case::{door::Sight, jobs, store},
    domain::{
        case::{Action, Kind, Stage},
        id::CaseId,
        role::Role,
    },
    entity::case,
};
use sea_orm::{ConnectionTrait, EntityTrait, QueryOrder};
use serde_json::{Value, json};

/// Numbers of a list over the API, all pages of it.
async fn numbers(client: &Client, query: &str, limit: usize) -> Vec<String> {
    let (mut found, mut next) = (Vec::new(), String::new());
    loop {
        let path = format!("/cases?{query}&limit={limit}{next}");
        let page = client.api_get(&path).await.expect(200).json();
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= limit);
        found.extend(
            items
                .iter()
                .map(|item| item["no"].as_str().unwrap().to_owned()),
        );
        match page["next"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => return found,
        }
    }
}

async fn rows(app: &TestApp) -> Vec<case::Model> {
    let all = case::Entity::find().order_by_desc(case::Column::Id);
    all.all(app.app.db.read()).await.unwrap()
}

/// Cases of every kind at many points of the way.
async fn a_full_house() -> Hall {
    let hall = Hall::open().await;
    for kind in [Kind::ResidentRequest, Kind::PatrolFinding, Kind::Mailbox] {
        hall.report(kind).await;
        let (_, accepted) = hall.report(kind).await;
        hall.does("clerk", accepted, Action::Accept, json!({}))
            .await;
        hall.dispatched(kind).await;
        hall.in_hand(kind).await;
    }
    let (_, late) = hall.submitted(Kind::ResidentRequest).await;
    hall.does("verifier", late, Action::VerifyPass, json!({}))
        .await;
    hall.closed(Kind::ResidentRequest).await;
    let (_, fast) = hall.report(Kind::ResidentRequest).await;
    let emergency = json!({"urgency": "emergency"});
    hall.does("clerk", fast, Action::Accept, emergency).await;
    let elsewhere = json!({"lead": hall.other.to_string(), "co_units": []});
    hall.does("clerk", fast, Action::Dispatch, elsewhere).await;
    let notice = json!({"to": hall.other.to_string()});
    hall.does("secretary", fast, Action::Supervise, notice)
        .await;
    hall.dispatched(Kind::Mediation).await;
    hall.report_for(Kind::PatrolFinding, None).await;
    hall.market.interest().await;
    hall.market.referred().await;
    hall.pass(6).await;
    hall.report(Kind::ResidentRequest).await;
    hall
}

struct Dice(u64);

impl Dice {
    /// One of several, or none of them.
    fn pick<'a>(&mut self, of: &[&'a str]) -> Option<&'a str> {
        // Numerical Recipes' generator: the same filters in every run.
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223) & 0xffff_ffff;
        let at = usize::try_from(self.0 >> 16).unwrap() % (of.len() * 5);
        of.get(at).copied()
    }
}

#[tokio::test]
async fn filters_answer_as_a_look_at_every_row_would() {
    let hall = a_full_house().await;
    let app = hall.market.app();
    let all = rows(app).await;
    let (lead, other) = (hall.lead.to_string(), hall.other.to_string());
    let (community, grid) = (hall.community.to_string(), hall.grid.to_string());
    let first = all.last().unwrap().recorded_at + chrono::TimeDelta::hours(8);
    let (day, next) = (first.date_naive(), first.date_naive().succ_opt().unwrap());
    let days = [day.to_string(), next.to_string()];
    let days: Vec<_> = days.iter().map(String::as_str).collect();
    let start = |day: &str| {
        let day: chrono::NaiveDate = day.parse().unwrap();
        day.and_hms_opt(0, 0, 0).unwrap().and_utc() - chrono::TimeDelta::hours(8)
    };
    let now = hall.now();
    let admin = hall.client("admin");
    let mut dice = Dice(7);
    let mut hits = 0;
    for _ in 0..120 {
        let chosen: Vec<(&str, Option<&str>)> = vec![
            (
                "kind",
                dice.pick(&["resident_request", "patrol_finding", "mediation"]),
            ),
            (
                "stage",
                dice.pick(&["registered", "dispatched", "handling", "closed"]),
            ),
            ("unit", dice.pick(&[&lead, &other])),
            ("area", dice.pick(&[&community, &grid])),
            ("category", dice.pick(&["lighting"])),
            ("channel", dice.pick(&["desk", "qr"])),
            ("urgency", dice.pick(&["ordinary", "emergency"])),
            ("from", dice.pick(&days)),
            ("to", dice.pick(&days)),
            ("open", dice.pick(&["yes"])),
            ("overdue", dice.pick(&["yes"])),
            ("supervised", dice.pick(&["yes"])),
            ("callback", dice.pick(&["yes"])),
            ("q", dice.pick(&["路灯", "老人", "JD-2026-00000"])),
        ];
        let chosen: Vec<_> = chosen
            .iter()
            .filter_map(|(n, v)| Some((*n, (*v)?)))
            .collect();
        let span = |name| chosen.iter().find(|(n, _)| *n == name).map(|(_, day)| *day);
        if let (Some(from), Some(to)) = (span("from"), span("to"))
            && to < from
        {
            continue;
        }
        let fits = |row: &case::Model| {
            chosen.iter().all(|(name, value)| match *name {
                "kind" => row.kind.code() == *value,
                "stage" => row.stage.code() == *value,
                "unit" => row.lead_unit_id.is_some_and(|id| id.to_string() == *value),
                "area" => row.area_id.is_some(),
                "category" => row.category.as_deref() == Some(value),
                "channel" => row.channel.as_deref() == Some(value),
                "urgency" => row.urgency.as_deref() == Some(value),
                "from" => row.recorded_at >= start(value),
                "to" => row.recorded_at < start(value) + chrono::TimeDelta::days(1),
                "open" => row.stage.is_open(),
                "overdue" => row.due_at.is_some_and(|due| due < now),
                "supervised" => row.supervised,
                "callback" => row.needs_callback,
                "q" => {
                    row.number.starts_with(value)
                        || (!value.starts_with("JD") && row.kind != Kind::EmploymentMatch)
                }
                _ => unreachable!(),
            })
        };
        let expected: Vec<_> = all.iter().filter(|row| fits(row)).collect();
        hits += usize::from(!expected.is_empty());
        let query: Vec<_> = chosen
            .iter()
            .map(|(n, v)| format!("{n}={}", encoded(v)))
            .collect();
        let query = query.join("&");
        let found = numbers(admin, &query, 4).await;
        let newest: Vec<_> = expected.iter().map(|row| row.number.clone()).collect();
        assert_eq!(found, newest, "{query}");
        let mut by_due = expected;
        by_due.sort_by_key(|row| {
            (
                row.due_at.is_none(),
                row.due_at,
                if row.due_at.is_none() {
                    -row.id.0
                } else {
                    row.id.0
                },
            )
        });
        let by_due: Vec<_> = by_due.iter().map(|row| row.number.clone()).collect();
        assert_eq!(
            numbers(admin, &format!("{query}&sort=due"), 3).await,
            by_due,
            "{query}"
        );
    }
    assert!(hits > 20, "only {hits} of the filters found anything");
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

#[tokio::test]
async fn everybody_finds_what_he_may_see_and_counts_say_the_same() {
    let hall = a_full_house().await;
    let all = rows(hall.market.app()).await;
    for name in hall.names() {
        if ["system", "reporter", "neighbour", "board", "steward"].contains(&name) {
            continue;
        }
        let client = hall.client(name);
        let seen = numbers(client, "", 7).await;
        for row in &all {
            let path = format!("/cases/{}", row.number);
            let status = client.api_get(&path).await.status.as_u16();
            let listed = seen.contains(&row.number);
            assert_eq!(
                status,
                if listed { 200 } else { 404 },
                "{name} {}",
                row.number
            );
        }
        let page = client.get("/cases?show=all").await.expect(200).text();
        let counted = count_of(&page, "show=all").or(Some(0));
        assert_eq!(counted, Some(seen.len()), "{name}");
        for (show, query) in [("mine", "mine=yes"), ("overdue", "overdue=yes")] {
            let listed = numbers(client, query, 50).await.len();
            assert_eq!(
                count_of(&page, &format!("show={show}")),
                Some(listed),
                "{name} {show}"
            );
        }
        for stage in Stage::ALL {
            let listed = numbers(client, &format!("stage={stage}"), 50).await.len();
            let shown = count_of(&page, &format!("stage={}", encoded(stage.code())));
            assert_eq!(shown.unwrap_or(0), listed, "{name} {stage}");
        }
    }
    for name in ["board", "steward"] {
        hall.client(name).get("/cases").await.expect(403);
    }
    let handler = hall.client("handler");
    let unit = handler.get("/cases?show=unit").await.expect(200).text();
    let seen = numbers(handler, "show=unit", 50).await;
    assert_eq!(count_of(&unit, "show=unit"), Some(seen.len()));
    let own = all.iter().filter(|row| {
        row.open && row.lead_unit_id == Some(hall.lead) && seen.contains(&row.number)
    });
    assert_eq!(own.count(), seen.len());
    assert!(seen.len() >= 7);
}

/// Ended copies of a case, straight into its table: how lists count, and not how cases end.
async fn copies(app: &TestApp, of: CaseId, from: u32, count: u32) {
    const SAME: &str = "office_id, kind, title, visibility, level, supervised, designated, \
         reopen_no, rework_no, recorded_at, updated_at, seq, last_hash, area_id, category, \
         channel, lead_unit_id, urgency, indexed, state";
    let (from, last) = (100_000 + from, 100_000 + from + count - 1);
    let copied = format!(
        "INSERT INTO cases (number, stage, open, {SAME}) \
         WITH RECURSIVE n(i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i < {last}) \
         SELECT 'JD-2011-' || CAST(i AS TEXT), 'closed', FALSE, {SAME} \
         FROM cases, n WHERE cases.id = {of}"
    );
    let written = app.app.db.write(move |tx| async move {
        tx.conn().execute_unprepared(&copied).await?;
        Ok(())
    });
    written.await.unwrap();
}

#[tokio::test]
async fn what_has_ended_is_counted_up_to_ten_thousand_whatever_is_filtered_by() {
    let hall = Hall::open().await;
    let (number, id) = hall.dispatched(Kind::ResidentRequest).await;
    let app = hall.market.app();
    let case = rows(app)
        .await
        .into_iter()
        .find(|row| row.id == id)
        .unwrap();
    let (area, unit) = (case.area_id.unwrap(), case.lead_unit_id.unwrap());
    let (category, channel) = (case.category.unwrap(), case.channel.unwrap());
    let today = hall.now().date_naive();
    let filters = [
        format!("unit={unit}"),
        format!("area={area}"),
        format!("area={}", hall.community),
        format!("category={category}"),
        format!("channel={}", encoded(&channel)),
        format!("unit={unit}&category={category}"),
        format!("from=2026-07-01&to={today}").replace('-', "%2D"),
        format!("unit={unit}&area={area}&channel={}", encoded(&channel)),
    ];
    let shown = async |filter: &str| {
        let path = format!("/cases?{filter}");
        let page = hall.client("clerk").get(&path).await.expect(200).text();
        (told(&page, filter), page)
    };
    for filter in &filters {
        assert_eq!(shown(filter).await.0.as_deref(), Some("1"), "{filter}");
    }
    copies(app, id, 0, 9_999).await;
    for filter in &filters {
        let (all, page) = shown(filter).await;
        assert_eq!(all.as_deref(), Some("10000"), "{filter}");
        let closed = told(&page, &format!("{filter}&stage=closed"));
        assert_eq!(closed.as_deref(), Some("9999"), "{filter}");
    }
    copies(app, id, 9_999, 2).await;
    for filter in &filters {
        let (all, page) = shown(filter).await;
        assert_eq!(all.as_deref(), Some("10000+"), "{filter}");
        // What has not ended is few, and is known exactly.
        let open = told(&page, &format!("{filter}&stage=dispatched"));
        assert_eq!(open.as_deref(), Some("1"), "{filter}");
    }
    let (all, page) = shown("show=all").await;
    assert_eq!(all.as_deref(), Some("10001+"));
    assert_eq!(told(&page, "stage=closed").as_deref(), Some("10000+"));
    // Numbers are looked through one by one, so fewer are counted.
    assert_eq!(shown("q=JD%2D2011").await.0.as_deref(), Some("1000+"));
    assert_eq!(shown("q=JD%2D2011%2D10000").await.0.as_deref(), Some("10"));
    assert_eq!(
        numbers(hall.client("clerk"), "q=JD-2011-10000", 4)
            .await
            .len(),
        10
    );
    let one = format!("q={}", encoded(&number));
    assert_eq!(shown(&one).await.0.as_deref(), Some("1"));
}

/// What everybody looks at is counted once until something changes: an act, or the clock.
#[tokio::test]
async fn counts_of_the_whole_ledger_follow_every_change_and_the_clock() {
    let hall = Hall::open().await;
    let (_, id) = hall.dispatched(Kind::ResidentRequest).await;
    let due = rows(hall.market.app())
        .await
        .into_iter()
        .find_map(|row| row.due_at.filter(|_| row.id == id))
        .unwrap();
    let shown = async || {
        let mut told = Vec::new();
        for _ in 0..2 {
            let page = hall
                .client("clerk")
                .get("/cases?show=all")
                .await
                .expect(200);
            let count = |show| count_of(&page.text(), show).unwrap();
            told.push((count("show=all"), count("show=overdue")));
        }
        assert_eq!(told[0], told[1], "the second is from memory");
        let start = hall.client("clerk").get("/office").await.expect(200).text();
        let late = format!("show=overdue\">{}</a>", told[0].1);
        let start = start.replace("&#x3d;", "=");
        assert!(start.contains(&late), "the start page says the same");
        told[0]
    };
    let clock = &hall.market.app().clock;
    clock.advance(TimeDelta::minutes(1));
    assert_eq!(shown().await, (1, 0));
    clock.advance(due - hall.now());
    hall.pass(0).await;
    assert_eq!(shown().await, (1, 0), "due this very moment");
    clock.advance(TimeDelta::seconds(1));
    assert_eq!(shown().await, (1, 1));
    clock.advance(TimeDelta::minutes(1));
    hall.dispatched(Kind::ResidentRequest).await;
    assert_eq!(shown().await, (2, 1));
}

/// The number in the pill whose address ends so.
fn count_of(page: &str, ends: &str) -> Option<usize> {
    told(page, ends).map(|count| count.parse().unwrap())
}

/// What stands in it.
fn told(page: &str, ends: &str) -> Option<String> {
    let page = page
        .replace("&#x2f;", "/")
        .replace("&#x3d;", "=")
        .replace("&amp;", "&");
    let at = page.find(&format!("class=\"fl\" href=\"/cases?{ends}\""))?;
    let label = page[at..].split("</a>").next()?;
    let count = label.split("<i>").nth(1)?.split('<').next()?;
    Some(count.to_owned())
}

#[tokio::test]
async fn pages_stay_where_they_are_while_cases_are_added() {
    let hall = Hall::open().await;
    let later = || {
        hall.market
            .app()
            .clock
            .advance(chrono::TimeDelta::minutes(5));
    };
    let mut made = Vec::new();
    for _ in 0..9 {
        made.push(hall.report(Kind::ResidentRequest).await.0);
        later();
    }
    let clerk = hall.client("clerk");
    let today = hall.now().date_naive().to_string();
    let range = format!("from=2026-07-01&to={today}");
    for (query, newest_first) in [
        ("", true),
        (range.as_str(), true),
        ("q=路灯", true),
        ("q=JD-2026-0", true),
        ("sort=due", false),
    ] {
        let query = query.replace("路灯", &encoded("路灯"));
        let ask = async |more: &str| {
            let path = format!("/cases?{query}&limit=3{more}");
            clerk.api_get(&path).await.expect(200).json()
        };
        let mut expected = made.clone();
        if newest_first {
            expected.reverse();
        }
        let (mut found, mut more) = (Vec::new(), String::new());
        loop {
            let page = ask(&more).await;
            let items = page["items"].as_array().unwrap();
            found.extend(
                items
                    .iter()
                    .map(|item| item["no"].as_str().unwrap().to_owned()),
            );
            let Some(cursor) = page["next"].as_str() else {
                break;
            };
            assert!(found.len() < 40, "{query} {cursor} {found:?}");
            more = format!("&cursor={cursor}");
            // Added above the page that is read: a newest list never meets it, one by deadline last.
            if found.len() == 3 {
                made.push(hall.report(Kind::ResidentRequest).await.0);
                if !newest_first {
                    expected = made.clone();
                }
                later();
            }
        }
        assert_eq!(found, expected, "{query}");
    }
    for (query, cursor) in [
        ("", "1.2"),
        ("from=2026-07-01", "7"),
        ("sort=due", "x"),
        ("", "1.x"),
    ] {
        let refused = clerk
            .api_get(&format!("/cases?{query}&cursor={cursor}"))
            .await;
        assert_eq!(
            refused.expect(400).code(),
            "cursor_malformed",
            "{query} {cursor}"
        );
    }
}

#[tokio::test]
async fn words_are_found_by_those_who_may_read_them_and_never_lie_readable() {
    let hall = Hall::open().await;
    let (number, id) = hall.dispatched(Kind::ResidentRequest).await;
    let (job, job_id) = hall.market.referred().await;
    let noted = json!({"text": "家属称钥匙藏在信箱背面", "visibility": "internal"});
    hall.does("clerk", id, Action::Update, noted).await;
    let told = json!({"text": "单位请带齐毕业证", "visibility": "parties"});
    hall.does("officer", job_id, Action::Update, told).await;
    let secret = json!({"text": "同事反映他有纠纷", "visibility": "internal"});
    hall.does("officer", job_id, Action::Update, secret).await;
    let find = async |who: &str, words: &str| {
        numbers(hall.client(who), &format!("q={}", encoded(words)), 50).await
    };
    // Of the report, of the address, of an internal note; of the title; all words must match.
    for words in [
        "老人",
        "出行不安全",
        "小区东门",
        "钥匙",
        "路灯不亮",
        "老人 钥匙 路灯",
        "巷道 ldbl",
    ] {
        assert_eq!(find("clerk", words).await, [number.as_str()], "{words}");
    }
    for words in ["老人 钥匙 护栏", "匙钥", "不亮老人", "！？"] {
        assert!(find("clerk", words).await.is_empty(), "{words}");
    }
    assert_eq!(find("handler", "钥匙").await, [number.as_str()]);
    assert!(find("stranger", "老人").await.is_empty());
    assert_eq!(find("officer", "纠纷").await, [job.as_str()]);
    assert_eq!(find("employer", "毕业证").await, [job.as_str()]);
    assert!(
        find("employer", "纠纷").await.is_empty(),
        "internal words stay in the office"
    );
    assert!(find("employer", "老人").await.is_empty());
    let half = &number[..9];
    assert!(find("clerk", half).await.contains(&number) && find("clerk", &number).await.len() == 1);
    assert_eq!(
        find("clerk", &number.to_lowercase()).await,
        [number.as_str()]
    );
    // What lies in the index tells nobody what was written.
    let stored = tokens(hall.market.app()).await;
    for word in ["老人", "钥匙", "巷道", "毕业", "纠纷", "东门"] {
        assert!(!stored.contains(word), "{word}");
    }
    // A redacted note is found no more, and the rest still is.
    let (note, reason) = (hall.state(id).await.seq, "personal_data");
    hall.does(
        "secretary",
        id,
        Action::Redact,
        json!({"event": note, "reason": reason}),
    )
    .await;
    assert!(find("clerk", "钥匙").await.is_empty());
    assert_eq!(find("clerk", "老人").await, [number.as_str()]);
    hall.proved().await;
}

async fn tokens(app: &TestApp) -> String {
    let db = app.app.db.read();
    let query = sea_orm::sea_query::Query::select()
        .column("tokens")
        .from("case_search")
        .to_owned();
    let rows = db.query_all(&query).await.unwrap();
    let tokens = rows
        .iter()
        .map(|row| row.try_get::<String>("", "tokens").unwrap());
    tokens.collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn rows_of_an_older_program_are_taken_up_by_the_timer() {
    let hall = Hall::open().await;
    let (number, id) = hall.dispatched(Kind::ResidentRequest).await;
    let (match_number, _) = hall.market.interest().await;
    let before = [hall.case(id).await];
    let spoiled = hall.app().db.write(|tx| async move {
        for statement in [
            "DELETE FROM case_search",
            "UPDATE cases SET indexed = FALSE, channel = NULL, open = FALSE",
        ] {
            tx.conn().execute_unprepared(statement).await?;
        }
        Ok(())
    });
    spoiled.await.unwrap();
    let clerk = hall.client("clerk");
    let old = format!("q={}", encoded("老人"));
    assert!(numbers(clerk, &old, 50).await.is_empty());
    jobs::tick(hall.app()).await.unwrap();
    assert_eq!(numbers(clerk, &old, 50).await, [number]);
    assert_eq!([hall.case(id).await], before);
    let qr = numbers(clerk, "channel=qr", 50).await;
    assert_eq!(qr, [match_number]);
    assert!(
        store::not_indexed(hall.app().db.read(), CaseId(0), 5)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn the_page_explains_wrong_filters_and_keeps_them() {
    let hall = Hall::open().await;
    let clerk = hall.client("clerk");
    let wrong = clerk
        .get("/cases?from=2026-07-10&to=2026-07-01&unit=7")
        .await;
    let wrong = wrong.expect(422).text();
    assert!(
        wrong.contains("value=\"2026-07-10\"") && wrong.contains("href=\"#f-to\""),
        "{wrong}"
    );
    for query in [
        "area=999999",
        "area=x",
        "channel=pigeon",
        "group=none",
        "sort=size",
        "show=me",
        "from=soon",
        "category=%20%20a%20b",
    ] {
        let page = clerk.get(&format!("/cases?{query}")).await;
        assert_eq!(page.status.as_u16(), 422, "{query}");
        let api = clerk.api_get(&format!("/cases?{query}")).await.expect(422);
        assert_eq!(api.json()["errors"].as_array().unwrap().len(), 1, "{query}");
    }
    let english = clerk
        .get("/cases?show=all&lang=en")
        .await
        .expect(200)
        .text();
    assert!(english.contains("More filters") && english.contains("Waiting for me"));
    // Another office's areas and cases are not there.
    let made = hall.app().db.write(|tx| async move {
        tx.conn().execute_unprepared("INSERT INTO offices (id, code, name, prefix, site, created_at) VALUES (77, 'other', '别的街道', 'QT', '{}', '2026-07-01T00:00:00+00:00')").await?;
        tx.conn().execute_unprepared("INSERT INTO areas (id, office_id, level, code, name, active, sort) VALUES (7700, 77, 'street', 'X', '别处', TRUE, 0)").await?;
        Ok(())
    });
    made.await.unwrap();
    clerk.api_get("/cases?area=7700").await.expect(422);
}

#[tokio::test]
async fn groups_of_categories_and_areas_hold_what_lies_in_them() {
    let hall = Hall::open().await;
    let (number, _) = hall.report(Kind::ResidentRequest).await;
    let book = nightfair::rulebook::categories(hall.app().db.read(), hall.office());
    let book = book.await.unwrap();
    let lighting = book.iter().find(|one| one.code == "lighting").unwrap();
    let other = book
        .iter()
        .find(|one| one.group_code != lighting.group_code)
        .unwrap();
    let clerk = hall.client("clerk");
    let group = |code: &str| format!("group={code}");
    assert_eq!(
        numbers(clerk, &group(&lighting.group_code), 5).await,
        [number.as_str()]
    );
    assert!(
        numbers(clerk, &group(&other.group_code), 5)
            .await
            .is_empty()
    );
    let page = clerk
        .get(&format!("/cases?{}", group(&lighting.group_code)))
        .await;
    let page = page.expect(200).text();
    assert!(
        page.contains(&lighting.name_zh) && page.contains("民乐社区") && page.contains(&number)
    );
    assert_eq!(
        Sight::of(&nightfair::account::Actor {
            account: clerk.account.unwrap(),
            office: hall.office(),
            unit: None,
            employer: None,
            role: Role::CommunityClerk,
            leader: false,
            name: String::new(),
        }),
        Sight::Kinds(Kind::ALL)
    );
    let shown: Value = clerk
        .api_get(&format!("/cases?area={}", hall.community))
        .await
        .json();
    assert_eq!(shown["items"][0]["no"], json!(number));
}
