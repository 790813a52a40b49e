//! The desk's half of the demo: the four tales are told whole, every kind and stage has its cases,
//! and nothing of it gives a resident away.
use crate::demo::{NIGHT, ask, names_a_number, prepare, serve};
use axum::{Router, http::Request};
use chrono::{DateTime, Days, Utc};
use nightfair::{
    case::{self, ledger, public},
    demo,
    domain::{
        calendar::day_of,
        case::{Action, CaseState, Kind, Outcome, Stage, Step},
        personal,
    },
    entity::{
        callback, case as cases, case_event, case_file, case_link, case_party, desk_shift,
        desk_swap, person,
    },
    person::name_of,
    platform::App,
};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use std::collections::{BTreeMap, BTreeSet};

/// A told case: its row, its state, its actions in order, its pictures by role.
struct Tale {
    row: cases::Model,
    state: CaseState,
    actions: Vec<Action>,
    pictures: BTreeMap<String, usize>,
}

async fn tale(app: &App, title: &str) -> Tale {
    let (db, office) = (app.db.read(), app.settings.office);
    let told = demo::at_the_desk(app).await.unwrap();
    let (_, number) = told
        .tales
        .iter()
        .find(|(known, _)| *known == title)
        .unwrap();
    let row = case::store::by_number(db, office, number).await.unwrap();
    let events = case_event::Entity::find()
        .filter(case_event::Column::CaseId.eq(row.id))
        .order_by_asc(case_event::Column::Seq);
    let actions = events.all(db).await.unwrap().into_iter();
    let actions = actions.map(|event| Action::from_code(&event.action).unwrap());
    let files = case_file::Entity::find().filter(case_file::Column::CaseId.eq(row.id));
    let mut pictures = BTreeMap::new();
    for file in files.all(db).await.unwrap() {
        *pictures.entry(file.role).or_insert(0) += 1;
    }
    Tale {
        state: case::store::state(&row).unwrap(),
        row,
        actions: actions.collect(),
        pictures,
    }
}

impl Tale {
    /// The actions stand in this order, whatever stands between.
    fn goes(&self, wanted: &str) {
        let mut left = wanted.split_whitespace().peekable();
        for action in &self.actions {
            left.next_if(|wanted| *wanted == action.code());
        }
        assert_eq!(left.next(), None, "{:?}", self.actions);
    }

    fn pictures(&self, role: &str) -> usize {
        self.pictures.get(role).copied().unwrap_or(0)
    }
}

#[tokio::test]
async fn the_desk_of_the_demo_is_lived_in() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("demo");
    let now: DateTime<Utc> = NIGHT.parse().unwrap();
    let prepared = prepare(&data, now).await;
    let (app, router) = serve(&data, now).await;
    assert_eq!(ledger::verify(app.db.read()).await.unwrap().broken, None);
    railing(&app).await;
    alley(&app).await;
    canteen(&app).await;
    handover(&app).await;
    every_stage_has_its_cases(&app).await;
    everything_was_done_once(&app).await;
    answers_differ(&app).await;
    the_rota_is_kept(&app).await;
    the_board_tells_results(&app).await;
    nobody_is_given_away(&app, &router).await;
    doors_open(&app, &router).await;
    drop(prepared);
}

/// Seen, taped, blamed, welded, checked by another grid, and all others looked at.
async fn railing(app: &App) {
    let told = tale(app, demo::RAILING).await;
    let at = (told.row.kind, told.row.stage);
    assert_eq!(at, (Kind::PatrolFinding, Stage::Closed));
    told.goes(
        "report accept dispatch sign update update update attribute update submit_result \
         verify_pass close publish",
    );
    assert!(told.pictures("before") >= 2 && told.pictures("after") >= 1);
    let submitted = told.state.times.submitted.unwrap();
    assert!(
        (submitted - told.row.recorded_at).num_hours() < 6,
        "half a day"
    );
    assert_eq!(told.row.on_time_first, Some(true));
    let links = case_link::Entity::find().filter(case_link::Column::FromId.eq(told.row.id));
    let children = links.all(app.db.read()).await.unwrap();
    assert_eq!(children.len(), 3);
    for link in children {
        let office = told.row.office_id;
        let child = case::store::find(app.db.read(), office, link.to_id)
            .await
            .unwrap();
        assert_eq!(
            (child.kind, child.stage),
            (Kind::PatrolFinding, Stage::Closed)
        );
    }
    let shown = public::of_case(app, &told.row).await.unwrap().unwrap();
    assert!(!shown.before.is_empty() && !shown.after.is_empty());
    // The police's record is a reference for the office, never for the board.
    assert!(!shown.text.contains("视频") && !shown.text.contains("三轮车"));
}

async fn alley(app: &App) {
    let told = tale(app, demo::ALLEY).await;
    let at = (told.row.kind, told.row.outcome);
    assert_eq!(at, (Kind::Mailbox, Some(Outcome::Resolved)));
    told.goes(
        "report accept hand_over sign contact update draft_reply approve_reply submit_result \
         verify_pass opinion callback close publish",
    );
    assert!(told.pictures("after") >= 1);
    assert!(public::of_case(app, &told.row).await.unwrap().is_some());
}

async fn canteen(app: &App) {
    let told = tale(app, demo::CANTEEN).await;
    let at = (told.row.kind, told.row.stage);
    assert_eq!(at, (Kind::ResidentRequest, Stage::Closed));
    told.goes(
        "report accept dispatch sign contact submit_result verify_pass callback close publish",
    );
    let submitted = told.state.times.submitted.unwrap();
    assert_eq!(
        day_of(submitted),
        day_of(told.row.recorded_at),
        "the same day"
    );
    assert!(public::of_case(app, &told.row).await.unwrap().is_some());
}

async fn handover(app: &App) {
    let told = tale(app, demo::HANDOVER).await;
    let at = (told.row.kind, told.row.outcome);
    assert_eq!(at, (Kind::Mediation, Some(Outcome::AgreedPerformed)));
    told.goes(
        "report accept dispatch sign update invite consent consent session agree_written \
         verify_pass close",
    );
    let parties = case_party::Entity::find().filter(case_party::Column::CaseId.eq(told.row.id));
    assert!(parties.count(app.db.read()).await.unwrap() >= 2);
    assert!(told.pictures("evidence") >= 1, "the agreement is kept");
    assert!(!told.state.follow_ups.is_empty(), "performance is followed");
    assert!(
        public::of_case(app, &told.row).await.unwrap().is_none(),
        "never public"
    );
}

async fn desk_cases(app: &App) -> Vec<cases::Model> {
    let rows = cases::Entity::find().filter(cases::Column::Kind.ne(Kind::EmploymentMatch));
    rows.all(app.db.read()).await.unwrap()
}

async fn every_stage_has_its_cases(app: &App) {
    let desk = desk_cases(app).await;
    assert!((130..=175).contains(&desk.len()), "{} cases", desk.len());
    for stage in Stage::ALL {
        assert!(
            desk.iter().any(|row| row.stage == *stage),
            "no case is {stage}"
        );
    }
    for kind in Kind::DESK {
        let of_kind: Vec<_> = desk.iter().filter(|row| row.kind == *kind).collect();
        assert!(of_kind.len() >= 9, "{kind}: {}", of_kind.len());
        assert!(of_kind.iter().any(|row| row.open), "{kind} is all over");
    }
    let outcomes: BTreeSet<_> = desk.iter().filter_map(|row| row.outcome).collect();
    for outcome in [
        Outcome::Resolved,
        Outcome::Partly,
        Outcome::PolicyLimit,
        Outcome::AnsweredOnSpot,
        Outcome::AgreedPerformed,
        Outcome::AgreedNotPerformed,
        Outcome::NoAgreement,
        Outcome::Refused,
        Outcome::AdoptedDone,
        Outcome::NotAdopted,
    ] {
        assert!(outcomes.contains(&outcome), "nothing came to {outcome}");
    }
    assert!(desk.iter().any(|row| row.step == Some(Step::Seconding)));
    let now = app.db.now();
    let late = desk
        .iter()
        .filter(|row| row.open && row.due_at.is_some_and(|due| due < now));
    let late: Vec<_> = late.map(|row| (&row.title, row.stage)).collect();
    assert!(late.len() <= 8, "too much is overdue: {late:?}");
}

async fn everything_was_done_once(app: &App) {
    let events = case_event::Entity::find().all(app.db.read()).await.unwrap();
    let done: BTreeSet<String> = events.into_iter().map(|event| event.action).collect();
    for action in "self_handle reject appeal object designate redispatch extend suspend resume \
                   verify_fail merge absorb unmerge release escalate reception supervise reopen \
                   withdraw void second schedule deliberate adopt retire_into opinion risk \
                   answer_on_spot link attribute hand_over"
        .split_whitespace()
    {
        assert!(done.contains(action), "nobody did {action}");
    }
}

/// Neither nobody nor everybody is content.
async fn answers_differ(app: &App) {
    let rows = callback::Entity::find().all(app.db.read()).await.unwrap();
    let said: BTreeSet<_> = rows
        .iter()
        .filter_map(|row| row.satisfied.clone())
        .collect();
    assert_eq!(said.len(), 4, "{said:?}");
    assert!(rows.iter().any(|row| !row.reached));
}

async fn the_rota_is_kept(app: &App) {
    let db = app.db.read();
    let (now, office) = (app.db.now(), app.settings.office);
    let (from, to) = (day_of(now) - Days::new(20), day_of(now) + Days::new(8));
    let table = nightfair::desk::table(db, office, from, to).await.unwrap();
    let kinds: BTreeSet<_> = table
        .lines
        .iter()
        .map(|line| line.session.kind.code())
        .collect();
    assert_eq!(kinds.len(), 6, "{kinds:?}");
    assert!(table.lines.iter().all(|line| !line.posts.is_empty()));
    assert!(table.lines.iter().any(|line| line.session.ends_at() < now));
    assert!(
        table
            .lines
            .iter()
            .any(|line| line.session.starts_at() > now)
    );
    assert!(desk_shift::Entity::find().count(db).await.unwrap() > 20);
    assert_eq!(desk_swap::Entity::find().count(db).await.unwrap(), 1);
}

async fn board(app: &App) -> Vec<public::Published> {
    let wanted = public::Wanted::default();
    let office = app.settings.office;
    public::list(app, office, &wanted, None, 500).await.unwrap()
}

async fn the_board_tells_results(app: &App) {
    let shown = board(app).await;
    assert!(
        (30..=75).contains(&shown.len()),
        "{} are published",
        shown.len()
    );
    let closed = shown.iter().filter(|one| one.stage == Stage::Closed);
    assert!(closed.count() >= 30);
    let both = shown
        .iter()
        .filter(|one| !one.before.is_empty() && !one.after.is_empty());
    assert!(both.count() >= 15);
    assert!(shown.iter().all(|one| one.kind != Kind::Mediation));
}

/// No name, number or house of a resident stands where everybody reads.
async fn nobody_is_given_away(app: &App, router: &Router) {
    let (db, office) = (app.db.read(), app.settings.office);
    let mut names = Vec::new();
    for person in person::Entity::find().all(db).await.unwrap() {
        let name = name_of(db, &app.keys, office, person.id).await.unwrap();
        names.extend(name.map(|name| name.in_full().to_owned()));
    }
    names.retain(|name| name.chars().count() >= 3);
    assert!(names.len() > 100);
    for one in board(app).await {
        for words in [&one.title, &one.text] {
            let found = personal::find(words, &names);
            assert!(found.is_empty(), "{words}: {found:?}");
        }
    }
    let banner = demo::at_the_desk(app).await.unwrap().banner.unwrap();
    let pages = [
        "/",
        "/desk",
        "/desk/calendar.ics",
        "/figures",
        "/report",
        &banner,
    ];
    for path in pages {
        let (status, body) = ask(router, Request::get(path), "").await;
        assert_eq!(status, 200, "{path}");
        assert!(!names_a_number(&body), "{path}");
        for canary in ["0417号", "三轮车", "志愿者丁", "两位老人"] {
            assert!(!body.contains(canary), "{path} says {canary}");
        }
        let named = names.iter().find(|name| body.contains(name.as_str()));
        assert_eq!(named, None, "{path}");
    }
}

/// The addresses that the start prints lead somewhere.
async fn doors_open(app: &App, router: &Router) {
    let told = demo::at_the_desk(app).await.unwrap();
    assert_eq!(told.tales.len(), 4);
    let key = told.key.unwrap();
    let (status, body) = ask(router, Request::get(&key), "").await;
    assert_eq!(status, 200);
    assert!(body.contains("callback"), "the opinion comes first");
}

/// Whatever the day: in the holidays, early on a Monday, on a Saturday.
#[tokio::test]
async fn the_story_fits_every_day() {
    for now in [
        "2026-10-03T13:00:00Z",
        "2026-11-29T16:10:00Z",
        "2026-03-07T02:00:00Z",
    ] {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("demo");
        let prepared = prepare(&data, now.parse().unwrap()).await;
        let (app, _) = serve(&data, now.parse().unwrap()).await;
        assert_eq!(ledger::verify(app.db.read()).await.unwrap().broken, None);
        assert_eq!(demo::at_the_desk(&app).await.unwrap().tales.len(), 4);
        let desk = desk_cases(&app).await;
        for stage in Stage::ALL {
            let there = desk.iter().any(|row| row.stage == *stage);
            assert!(there, "{now}: no case is {stage}");
        }
        drop(prepared);
    }
}
