//! Around an opened case: the rows that lists read, who sees what, merging and undoing it, the
//! timers, and what is public.
use crate::casework_make::{Hall, refused};
use nightfair::{
    case::{
        commands,
        jobs::{self, Ticked},
        public::{self, Wanted},
        store::{self, rows},
    },
    domain::{
        case::{Action, Command, Kind, Stage, Text, Visibility},
        id::{AreaId, CaseId, PersonId},
    },
    entity::{callback, case_link, case_party, case_unit},
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;

async fn units(hall: &Hall, id: CaseId) -> Vec<(i32, i64, String, [bool; 4])> {
    let rows = case_unit::Entity::find()
        .filter(case_unit::Column::CaseId.eq(id))
        .order_by_asc(case_unit::Column::Id)
        .all(hall.app().db.read())
        .await
        .unwrap();
    rows.into_iter()
        .map(|row| {
            let marks = [
                row.due_at.is_some(),
                row.signed_at.is_some(),
                row.submitted_at.is_some(),
                row.objected_at.is_some(),
            ];
            (row.dispatch_no, row.unit_id.0, row.role, marks)
        })
        .collect()
}

async fn people(hall: &Hall, id: CaseId) -> Vec<(String, PersonId)> {
    let rows = rows::parties_of(hall.app().db.read(), id).await.unwrap();
    rows.into_iter()
        .filter_map(|row| Some((row.role, row.person_id?)))
        .collect()
}

#[tokio::test]
async fn every_unit_of_every_dispatch_has_its_row() {
    let hall = Hall::open().await;
    let (_, id) = hall.dispatched(Kind::ResidentRequest).await;
    let (lead, co, other) = (hall.lead.0, hall.co.0, hall.other.0);
    let row = |no, unit, role: &str, marks| (no, unit, role.to_owned(), marks);
    let (due, no) = (true, false);
    assert_eq!(
        units(&hall, id).await,
        [
            row(1, lead, "lead", [due, no, no, no]),
            row(1, co, "co", [due, no, no, no])
        ]
    );
    hall.does("handler", id, Action::Object, json!({})).await;
    let by_force = json!({"lead": other.to_string(), "co_units": []});
    hall.does("secretary", id, Action::Designate, by_force)
        .await;
    hall.does("stranger", id, Action::Sign, json!({})).await;
    hall.does("clerk", id, Action::Redispatch, json!({"co_units": []}))
        .await;
    hall.does("handler", id, Action::Sign, json!({})).await;
    hall.does("handler", id, Action::Contact, json!({})).await;
    hall.does("handler", id, Action::SubmitResult, json!({}))
        .await;
    assert_eq!(
        units(&hall, id).await,
        [
            row(1, lead, "lead", [due, no, no, true]),
            row(1, co, "co", [due, no, no, no]),
            row(2, other, "lead", [due, true, no, no]),
            row(3, lead, "lead", [due, true, true, no]),
        ]
    );
    hall.proved().await;
}

#[tokio::test]
async fn a_unit_sees_what_it_leads_helps_with_or_had_before_and_acts_only_where_it_leads() {
    let hall = Hall::open().await;
    let (number, id) = hall.dispatched(Kind::ResidentRequest).await;
    let path = format!("/cases/{number}");
    for name in ["handler", "leader", "co"] {
        hall.client(name).api_get(&path).await.expect(200);
        let list = hall.client(name).api_get("/cases").await.expect(200).json();
        assert_eq!(list["items"][0]["no"], number, "{name}");
    }
    for name in ["stranger", "mediator", "employer", "deputy"] {
        hall.client(name).api_get(&path).await.expect(404);
        hall.client(name).get(&path).await.expect(404);
    }
    let body = json!({"action": "sign", "expected_seq": 3});
    let refused = hall
        .client("co")
        .api_post(&format!("{path}/actions"), &body)
        .await;
    assert_eq!(refused.expect(403).json()["guard"], "part");
    hall.does("handler", id, Action::Sign, json!({})).await;
    let away = json!({"lead": hall.other.to_string(), "co_units": []});
    hall.does("clerk", id, Action::Redispatch, away).await;
    let seen = hall
        .client("handler")
        .api_get(&path)
        .await
        .expect(200)
        .json();
    assert_eq!(
        seen["actions"],
        json!([]),
        "what is others' now is only read"
    );
    let body = json!({"action": "sign", "expected_seq": 5});
    hall.client("handler")
        .api_post(&format!("{path}/actions"), &body)
        .await
        .expect(403);
    hall.client("stranger").api_get(&path).await.expect(200);
}

#[tokio::test]
async fn a_mediation_is_its_mediators_and_its_committees_head() {
    let hall = Hall::open().await;
    let (number, _) = hall.dispatched(Kind::Mediation).await;
    let path = format!("/cases/{number}");
    for name in ["mediator", "head", "handler", "secretary", "verifier"] {
        hall.client(name).api_get(&path).await.expect(200);
    }
    for name in ["mediator2", "grid", "deputy", "officer", "stranger"] {
        hall.client(name).api_get(&path).await.expect(404);
    }
    let mine = hall
        .client("head")
        .get("/cases?show=mine")
        .await
        .expect(200);
    assert!(mine.text().contains(&number));
}

#[tokio::test]
async fn people_callbacks_and_links_are_kept() {
    let hall = Hall::open().await;
    let (_, id) = hall.in_hand(Kind::Mediation).await;
    hall.does("mediator", id, Action::Invite, json!({})).await;
    assert_eq!(
        people(&hall, id).await,
        [
            ("reporter".to_owned(), hall.reporter),
            ("respondent".to_owned(), hall.neighbour)
        ]
    );
    let (_, done) = hall.submitted(Kind::ResidentRequest).await;
    let away = json!({"reached": false, "solved": null, "satisfied": null, "comment": null});
    hall.does("clerk", done, Action::Callback, away).await;
    hall.does(
        "reporter",
        done,
        Action::Callback,
        json!({"solved": "partly"}),
    )
    .await;
    let calls = callback::Entity::find()
        .filter(callback::Column::CaseId.eq(done))
        .order_by_asc(callback::Column::Id)
        .all(hall.app().db.read())
        .await
        .unwrap();
    let said: Vec<_> = calls
        .iter()
        .map(|call| {
            (
                call.attempt_no,
                call.reached,
                call.solved.as_deref(),
                call.by_account,
            )
        })
        .collect();
    let clerk = hall.client("clerk").account;
    assert_eq!(
        said,
        [(1, false, None, clerk), (2, true, Some("partly"), None)]
    );
    assert!(calls[1].text_id.is_some());
    let (cause, _) = hall.report(Kind::PatrolFinding).await;
    let related = json!({"target": cause, "relation": "cause"});
    hall.does("clerk", done, Action::Link, related.clone())
        .await;
    hall.does("clerk", done, Action::Link, related).await;
    let links = case_link::Entity::find()
        .all(hall.app().db.read())
        .await
        .unwrap();
    assert_eq!(links.len(), 1, "said twice, linked once");
    hall.proved().await;
}

#[tokio::test]
async fn merged_cases_lead_to_the_living_one_in_one_hop_and_back_again() {
    let hall = Hall::open().await;
    let app = hall.market.app();
    let third = crate::casework_make::add_person(app, "赵六", "13800000003").await;
    let kind = Kind::ResidentRequest;
    let (_, first) = hall.report_for(kind, Some(hall.reporter)).await;
    let (second_no, second) = hall.report_for(kind, Some(hall.neighbour)).await;
    let (root_no, root) = hall.report_for(kind, Some(third)).await;
    let db = || hall.app().db.read();
    let into = |target: &str| json!({"target": target, "reason": "同一处"});
    hall.does("clerk", first, Action::Merge, into(&second_no))
        .await;
    assert_eq!(rows::root(db(), first).await.unwrap(), Some(second));
    let follower = |person| ("follower".to_owned(), person);
    let reporter = |person| ("reporter".to_owned(), person);
    assert_eq!(
        people(&hall, second).await,
        [reporter(hall.neighbour), follower(hall.reporter)]
    );
    hall.does("clerk", second, Action::Merge, into(&root_no))
        .await;
    for merged in [first, second] {
        assert_eq!(rows::root(db(), merged).await.unwrap(), Some(root));
    }
    let all = people(&hall, root).await;
    assert_eq!(all[0], reporter(third));
    assert!(all.contains(&follower(hall.neighbour)) && all.contains(&follower(hall.reporter)));
    let closed = hall
        .try_to("clerk", first, Action::Merge, into(&root_no))
        .await;
    assert_eq!(closed.unwrap_err(), (409, "stage".into()));
    let again = hall.report_for(kind, None).await.1;
    let dead = hall
        .try_to("clerk", again, Action::Merge, into(&second_no))
        .await;
    assert_eq!(dead.unwrap_err(), (409, "target_not_merged".into()));
    hall.proved().await;
    // Undone in the middle: what had followed the second follows it again.
    hall.does("clerk", second, Action::Unmerge, json!({})).await;
    assert_eq!(rows::root(db(), first).await.unwrap(), Some(second));
    assert_eq!(rows::root(db(), second).await.unwrap(), None);
    assert_eq!(people(&hall, root).await, [reporter(third)]);
    assert_eq!(
        people(&hall, second).await,
        [reporter(hall.neighbour), follower(hall.reporter)]
    );
    hall.does("clerk", first, Action::Unmerge, json!({})).await;
    assert_eq!(people(&hall, second).await, [reporter(hall.neighbour)]);
    assert_eq!(people(&hall, first).await, [reporter(hall.reporter)]);
    hall.proved().await;
    // A neighbour who follows instead of reporting again.
    let follow = hall.app().db.write(move |tx| async move {
        rows::add_party(&tx, root, PersonId(1), "follower").await?;
        rows::add_party(&tx, root, PersonId(1), "follower").await
    });
    follow.await.unwrap();
    assert_eq!(people(&hall, root).await.len(), 2);
    hall.proved().await;
}

#[tokio::test]
async fn the_timers_resume_supervise_and_escalate_once() {
    let hall = Hall::open().await;
    let app = hall.app().clone();
    let (_, waits) = hall.in_hand(Kind::ResidentRequest).await;
    let review = json!({"review_on": "2026-07-22", "reason": "third_party"});
    hall.does("secretary", waits, Action::Suspend, review).await;
    let (_, late) = hall.dispatched(Kind::ResidentRequest).await;
    let (_, talks) = hall.dispatched(Kind::Mediation).await;
    assert_eq!(jobs::tick(&app).await.unwrap(), Ticked::default());
    hall.market.app().clock.set("2026-07-22T02:00:00Z");
    let (one, two) = tokio::join!(jobs::tick(&app), jobs::tick(&app));
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!(one.resumed + two.resumed, 1, "{one:?} {two:?}");
    assert_eq!(one.failed + two.failed, 0, "{one:?} {two:?}");
    assert_eq!(hall.state(waits).await.stage, Stage::Handling);
    // Both were promised by Friday 18:00 of the week after at the latest.
    hall.market.app().clock.set("2026-09-01T02:00:00Z");
    let pressed = jobs::tick(&app).await.unwrap();
    assert_eq!((pressed.supervised, pressed.failed), (3, 0), "{pressed:?}");
    assert_eq!(
        pressed.escalated, 2,
        "mediation stays with its mediator: {pressed:?}"
    );
    assert_eq!(jobs::tick(&app).await.unwrap(), Ticked::default());
    let state = hall.state(late).await;
    assert_eq!((state.counts.notices, state.counts.level), (1, 1));
    assert_eq!(hall.state(talks).await.counts.level, 0);
    // Sent back twice: supervised although there is time left.
    let (_, bad) = hall.submitted(Kind::ResidentRequest).await;
    hall.does("verifier", bad, Action::VerifyFail, json!({}))
        .await;
    hall.does("handler", bad, Action::SubmitResult, json!({}))
        .await;
    assert_eq!(jobs::tick(&app).await.unwrap().supervised, 0);
    hall.does("verifier", bad, Action::VerifyFail, json!({}))
        .await;
    assert_eq!(jobs::tick(&app).await.unwrap().supervised, 1);
    hall.proved().await;
}

#[tokio::test]
async fn only_what_was_published_is_public_and_only_as_long_as_it_may_be() {
    let hall = Hall::open().await;
    let (app, office) = (hall.app(), hall.office());
    let (number, id) = hall.submitted(Kind::ResidentRequest).await;
    let all = async || {
        public::list(app, office, &Wanted::default(), None, 50)
            .await
            .unwrap()
    };
    assert_eq!(all().await, []);
    for (text, code) in [
        ("王建国家门口的灯修好了。", "public_text identifies"),
        ("3号楼2单元501门口的灯修好了。", "public_text identifies"),
        ("电话13800000001。", "public_text identifies"),
    ] {
        let words = json!({"public_text": text});
        let tried = hall.try_to("clerk", id, Action::Publish, words).await;
        assert_eq!(tried.unwrap_err(), (422, code.into()));
    }
    assert_eq!(all().await, []);
    // The handler's own after-picture, chosen by the clerk who publishes.
    let shown = store::as_of(app.db.read(), hall.case(id).await, 99)
        .await
        .unwrap();
    let files = nightfair::case::files::of_case(app.db.read(), shown.id)
        .await
        .unwrap();
    let after = files
        .iter()
        .find(|file| file.role == "after")
        .unwrap()
        .file_id;
    let words = json!({"files": [after.to_string()]});
    hall.does("clerk", id, Action::Publish, words).await;
    let listed = all().await;
    assert_eq!(listed.len(), 1);
    let one = &listed[0];
    assert_eq!(
        (one.title.as_str(), one.after.len(), one.before.len()),
        ("小区东侧加装路灯", 1, 0)
    );
    assert_eq!(one.area, Some((hall.community, "民乐社区".to_owned())));
    public::picture(app, office, &one.uid, one.after[0])
        .await
        .unwrap();
    assert!(public::picture(app, office, &one.uid, 1).await.is_err());
    let said = format!("{one:?}");
    assert!(!said.contains(&number) && !said.contains("路灯不亮") && !said.contains("东门"));
    let elsewhere = Wanted {
        area: Some(hall.grid),
        ..Wanted::default()
    };
    assert!(
        public::list(app, office, &elsewhere, None, 9)
            .await
            .unwrap()
            .is_empty()
    );
    // Written anew: the same address, the new words, no picture.
    let words = json!({"public_text": "三盏路灯。", "files": []});
    hall.does("secretary", id, Action::Publish, words).await;
    let again = public::one(app, office, &one.uid).await.unwrap();
    assert_eq!((again.text.as_str(), again.after.len()), ("三盏路灯。", 0));
    let seq = u32::try_from(hall.state(id).await.seq).unwrap();
    hall.does("secretary", id, Action::Redact, json!({"event": seq}))
        .await;
    assert!(public::one(app, office, &one.uid).await.is_err());
    // A published case that is merged away is public no longer.
    let (_, two) = hall.report(Kind::ResidentRequest).await;
    hall.does("clerk", two, Action::Publish, json!({})).await;
    assert_eq!(all().await.len(), 1);
    hall.does(
        "clerk",
        two,
        Action::Merge,
        json!({"target": hall.report(Kind::ResidentRequest).await.0}),
    )
    .await;
    assert_eq!(all().await, []);
    hall.does("clerk", two, Action::Unmerge, json!({})).await;
    assert_eq!(all().await.len(), 1);
    let counts = public::counts(app.db.read(), office).await.unwrap();
    assert_eq!(
        (counts[0].all, counts[0].closed),
        (None, Some(0)),
        "fewer than five"
    );
}

#[tokio::test]
async fn an_older_ledger_gets_its_rows() {
    let hall = Hall::open().await;
    let kind = Kind::ResidentRequest;
    let (_, done) = hall.submitted(kind).await;
    hall.does("clerk", done, Action::Callback, json!({})).await;
    hall.does("verifier", done, Action::VerifyFail, json!({}))
        .await;
    let (target, _) = hall.report(kind).await;
    let (_, one) = hall.report_for(kind, Some(hall.neighbour)).await;
    hall.does(
        "clerk",
        one,
        Action::Merge,
        json!({"target": target, "reason": "同一处"}),
    )
    .await;
    let (no, _) = hall.market.claimed().await;
    let called = json!({"reached": true, "at_work": "yes"});
    hall.market
        .act(&hall.market.officer, &no, "callback", called)
        .await
        .expect(200);
    hall.proved().await;
    let before = (units(&hall, done).await, people(&hall, one).await);
    let refilled = hall.app().db.write(|tx| async move {
        for table in ["case_units", "case_parties", "callbacks", "case_links"] {
            tx.conn()
                .execute_unprepared(&format!("DELETE FROM {table}"))
                .await?;
        }
        let refill =
            migrations::m20261126_000010_casework::refill(tx.conn().get_database_backend());
        tx.conn().execute_unprepared(refill.unwrap()).await?;
        Ok(())
    });
    refilled.await.unwrap();
    hall.proved().await;
    assert_eq!((units(&hall, done).await, people(&hall, one).await), before);
    let broken = hall.app().db.write(|tx| async move {
        case_party::Entity::delete_many()
            .filter(case_party::Column::Role.eq("reporter"))
            .exec(tx.conn())
            .await?;
        Ok(())
    });
    broken.await.unwrap();
    let all = nightfair::case::ledger::verify(hall.app().db.read())
        .await
        .unwrap();
    assert!(all.broken.unwrap().1.contains("the people"));
}

#[tokio::test]
async fn of_many_who_act_at_once_one_does_and_the_others_are_told() {
    let hall = Hall::open().await;
    let (_, id) = hall.report(Kind::ResidentRequest).await;
    for round in 1..=4 {
        let seen = hall.state(id).await.seq;
        let tries = (0..8).map(|_| {
            let (keys, office) = (hall.app().keys.clone(), hall.office());
            let by = hall.actor("clerk");
            let note = Command::Update {
                text: Text::new("进展").unwrap(),
                visibility: Visibility::Internal,
                files: vec![],
            };
            hall.app().db.write(move |tx| async move {
                commands::act_in(&tx, &keys, office, id, Some(seen), note, &by).await
            })
        });
        let done = futures_util::future::join_all(tries).await;
        let refusals: Vec<_> = done
            .iter()
            .filter_map(|one| one.as_ref().err().map(refused))
            .collect();
        assert_eq!(
            refusals,
            vec![(409, "stale".to_owned()); 7],
            "round {round}"
        );
        assert_eq!(hall.state(id).await.seq, seen + 1);
    }
    hall.proved().await;
}

#[tokio::test]
async fn what_was_handled_by_oneself_and_sent_back_is_given_to_a_unit() {
    let hall = Hall::open().await;
    let (number, id) = hall.report(Kind::PatrolFinding).await;
    hall.does("grid", id, Action::SelfHandle, json!({})).await;
    hall.does("verifier", id, Action::VerifyFail, json!({}))
        .await;
    assert_eq!(hall.state(id).await.lead(), None);
    let seen = hall.client("clerk").get(&format!("/cases/{number}")).await;
    assert!(seen.expect(200).text().contains("下一步：改派"));
    let mine = hall
        .client("clerk")
        .get("/cases?show=mine")
        .await
        .expect(200);
    assert!(mine.text().contains(&number));
    hall.does("clerk", id, Action::Redispatch, json!({})).await;
    hall.does("handler", id, Action::Sign, json!({})).await;
    hall.proved().await;
}

#[tokio::test]
async fn a_grid_worker_verifies_nothing_of_his_own_area_however_large() {
    let hall = Hall::open().await;
    let (_, id) = hall.submitted(Kind::PatrolFinding).await;
    let elsewhere = AreaId(hall.grid.0 + 1000);
    let tries = [
        (None, Some((403, "verifier_of_other_grid".to_owned()))),
        (
            Some(hall.grid),
            Some((403, "verifier_of_other_grid".to_owned())),
        ),
        (
            Some(hall.community),
            Some((403, "verifier_of_other_grid".to_owned())),
        ),
        (Some(elsewhere), None),
    ];
    for (grid, told) in tries {
        let (keys, office) = (hall.app().keys.clone(), hall.office());
        let mut by = hall.actor("grid");
        by.grid = grid;
        let looked = Command::VerifyPass {
            note: Some(Text::new("到现场看过，护栏牢固。").unwrap()),
            photos: vec![],
        };
        let done = hall.app().db.write(move |tx| async move {
            commands::act_in(&tx, &keys, office, id, None, looked, &by).await
        });
        assert_eq!(done.await.err().as_ref().map(refused), told, "{grid:?}");
    }
    hall.proved().await;
}

#[tokio::test]
async fn who_rated_the_answer_to_his_letter_is_not_called_again() {
    let hall = Hall::open().await;
    let verified = async || {
        let (_, id) = hall.submitted(Kind::Mailbox).await;
        hall.does("verifier", id, Action::VerifyPass, json!({}))
            .await;
        id
    };
    let id = verified().await;
    let early = hall.try_to("verifier", id, Action::Close, json!({})).await;
    assert_eq!(early, Err((409, "called_back".to_owned())));
    // What the deputy thinks of it is not what the writer thinks.
    let judged = json!({"satisfied": "yes"});
    hall.does("deputy", id, Action::Opinion, judged.clone())
        .await;
    let early = hall.try_to("verifier", id, Action::Close, json!({})).await;
    assert_eq!(early, Err((409, "called_back".to_owned())));
    hall.does("reporter", id, Action::Opinion, judged).await;
    hall.does("verifier", id, Action::Close, json!({})).await;
    hall.proved().await;
}

#[tokio::test]
async fn a_day_that_was_agreed_on_is_waited_for() {
    let hall = Hall::open().await;
    let (_, id) = hall.in_hand(Kind::Mediation).await;
    hall.does("mediator", id, Action::Invite, json!({})).await;
    for party in [hall.reporter, hall.neighbour] {
        let says = json!({"party": party.to_string()});
        hall.does("mediator", id, Action::Consent, says).await;
    }
    let by = (hall.now() + chrono::TimeDelta::days(40)).date_naive();
    let agreed = json!({"perform_by": by.to_string()});
    hall.does("mediator", id, Action::AgreeWritten, agreed)
        .await;
    hall.pass(24 * 30).await;
    let done = nightfair::case::jobs::tick(hall.app()).await.unwrap();
    assert_eq!((done.supervised, done.failed), (0, 0));
    hall.pass(24 * 12).await;
    let done = nightfair::case::jobs::tick(hall.app()).await.unwrap();
    assert_eq!((done.supervised, done.failed), (1, 0));
    hall.proved().await;
}
