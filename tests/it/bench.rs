//! The measurements that an operator takes: they come to their end on either database, and leave
//! nothing behind. How fast anything is does not matter here.
use crate::{
    cli::{err, out, run},
    harness::server_url,
};
use sea_orm::{ConnectionTrait, Database, DbBackend, Statement};

const SMALL: &[&str] = &[
    "bench",
    "--rounds",
    "1",
    "--requests",
    "10",
    "--people",
    "150",
    "--watchers",
    "20",
    "--cases",
    "60",
];

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_measured_and_nothing_is_left_behind() {
    let dir = tempfile::tempdir().unwrap();
    let json = dir.path().join("figures.json");
    let mut arguments = SMALL.to_vec();
    arguments.extend(["--json", json.to_str().unwrap()]);
    let server = server_url();
    if let Some(url) = &server {
        arguments.extend(["--database-url", url]);
    }
    let office = dir.path().join("office");
    let done = tokio::task::block_in_place(|| run(&office, &arguments));
    assert!(done.status.success(), "{}", err(&done));
    assert!(!office.exists(), "an office's folder is not for measuring");
    let table = out(&done);
    for work in [
        "register a seeker",
        "check in by code",
        "public fair page",
        "ticket page",
        "booth storm",
        "tally",
        "event stream",
        "cold start",
        "memory",
        "ledger page",
        "case action",
    ] {
        assert!(table.contains(&format!("| {work}")), "{work}: {table}");
    }
    let figures = std::fs::read_to_string(&json).unwrap();
    let figures: serde_json::Value = serde_json::from_str(&figures).unwrap();
    let named = if server.is_some() {
        "PostgreSQL"
    } else {
        "SQLite"
    };
    assert!(figures["database"].as_str().unwrap().starts_with(named));
    if let Some(url) = server {
        let server = Database::connect(url).await.unwrap();
        let sql = "SELECT count(*) FROM information_schema.schemata WHERE schema_name LIKE 'nightfair\\_bench%'";
        let left = server
            .query_one_raw(Statement::from_string(DbBackend::Postgres, sql))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(left.try_get_by_index::<i64>(0).unwrap(), 0);
    }
}
