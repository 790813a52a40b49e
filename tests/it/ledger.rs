//! The ledger proves that nothing was changed afterwards, and the database refuses to.
use crate::harness::TestApp;
use nightfair::{
    case::{commands, ledger, store},
    cli,
    domain::{
        case::{Actor, Channel, Code, Command, Kind, Stage, Text, Urgency},
        id::{AccountId, CaseId},
        role::Role,
    },
    platform::{App, clock::SystemClock, db::Db, secret::Keys},
};
use sea_orm::{ConnectionTrait, Database, DbBackend};
use std::sync::Arc;

async fn a_request(app: &TestApp) -> CaseId {
    let clerk = app.role(Role::CommunityClerk).await.account.unwrap();
    report(&app.app, Actor::staff(clerk, Role::CommunityClerk, None)).await
}

/// A case in the embedded database of a folder that no program serves; its number.
pub async fn a_case_in(data: &std::path::Path) -> String {
    let url = format!("sqlite://{}", data.join("nightfair.db").display());
    let db = Db::open(&url, Arc::new(SystemClock), false).await.unwrap();
    let keys = Keys::load_or_create(data).unwrap();
    let app = cli::assemble(db, keys, data, "http://fair.test", Vec::new());
    let app = app.await.unwrap();
    let by = Actor::staff(AccountId(1), Role::CommunityClerk, None);
    let id = report(&app, by).await;
    let db = app.db.read();
    let number = store::find(db, app.settings.office, id)
        .await
        .unwrap()
        .number;
    drop(app);
    // What still lies in the log goes into the file itself.
    let file = Database::connect(url).await.unwrap();
    file.execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)")
        .await
        .unwrap();
    number
}

async fn report(app: &App, by: Actor) -> CaseId {
    let (keys, office) = (app.keys.clone(), app.settings.office);
    let report = Command::Report {
        urgency: None,
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
    let opened = app.db.write(move |tx| async move {
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
