//! The ledger proves that nothing was changed afterwards, and the database refuses to.
use crate::harness::TestApp;
use nightfair::{
    case::{commands, ledger, store},
    domain::{
        case::{Actor, Channel, Code, Command, Kind, Stage, Text, Urgency},
        id::CaseId,
        role::Role,
    },
};
use sea_orm::{ConnectionTrait, DbBackend};

async fn a_request(app: &TestApp) -> CaseId {
    let clerk = app.role(Role::CommunityClerk).await.account.unwrap();
    let by = Actor::staff(clerk, Role::CommunityClerk, None);
    let (keys, office) = (app.app.keys.clone(), app.app.settings.office);
    let report = Command::Report {
        channel: Channel::Desk,
        category: Code::new("lighting").unwrap(),
        text: Text::new("三号楼道灯不亮，老人夜里看不清台阶。").unwrap(),
        title: None,
        source_ref: None,
        said_at: None,
        reporter: None,
        org_node: None,
        address: Some(nightfair::domain::case::Line::new("三号楼").unwrap()),
        point: None,
        files: vec![],
        shown: vec![],
    };
    let opened = app.app.db.write(move |tx| async move {
        let opened = commands::open(
            &tx,
            &keys,
            office,
            Kind::ResidentRequest,
            "楼道灯".into(),
            report,
            &by,
        )
        .await?;
        let accept = Command::Accept {
            category: Code::new("lighting").unwrap(),
            urgency: Urgency::ALL[0],
        };
        commands::act_in(&tx, &keys, office, opened.id, Some(1), accept, &by).await?;
        Ok(opened.id)
    });
    opened.await.unwrap()
}

#[tokio::test]
async fn what_was_done_is_recorded_and_proved() {
    let app = TestApp::start().await;
    let id = a_request(&app).await;
    a_request(&app).await;
    let db = app.app.db.read();
    let case = store::find(db, app.app.settings.office, id).await.unwrap();
    assert_eq!((case.stage, case.seq), (Stage::Accepted, 2));
    assert_eq!(case.number, "JD-2026-000001");
    let found = ledger::verify(db).await.unwrap();
    assert_eq!((found.cases, found.events, found.broken), (2, 4, None));
    let texts = store::texts_of(db, &app.app.keys, id).await.unwrap();
    assert!(texts.values().any(|words| words["text"].contains("楼道灯")));
}

#[tokio::test]
async fn the_database_refuses_to_change_or_remove_an_event() {
    let app = TestApp::start().await;
    let id = a_request(&app).await;
    for statement in [
        "UPDATE case_events SET action = 'close' WHERE case_id = {}",
        "DELETE FROM case_events WHERE case_id = {}",
    ] {
        let statement = statement.replace("{}", &id.to_string());
        let refused = app.app.db.write(move |tx| async move {
            Ok(tx.conn().execute_unprepared(&statement).await.is_err())
        });
        // On PostgreSQL the failed statement ends the transaction, so the write itself may fail.
        assert!(refused.await.unwrap_or(true));
    }
    assert_eq!(
        ledger::verify(app.app.db.read()).await.unwrap().broken,
        None
    );
}

#[tokio::test]
async fn a_changed_byte_is_found() {
    let app = TestApp::start().await;
    let id = a_request(&app).await;
    let off = match app.app.db.read().get_database_backend() {
        DbBackend::Postgres => "ALTER TABLE case_events DISABLE TRIGGER case_events_keep",
        _ => "DROP TRIGGER case_events_keep",
    };
    let change = format!(
        "UPDATE case_events SET payload = REPLACE(payload, 'lighting', 'lightinh') WHERE case_id = {id} AND seq = 1"
    );
    let done = app.app.db.write(move |tx| async move {
        tx.conn().execute_unprepared(off).await?;
        tx.conn().execute_unprepared(&change).await?;
        Ok(())
    });
    done.await.unwrap();
    let found = ledger::verify(app.app.db.read()).await.unwrap();
    assert_eq!(
        found.broken,
        Some(("JD-2026-000001".into(), "event 1 was changed".into()))
    );
}
