//! The entities ask for exactly the columns the migrations made, on both databases.
use crate::harness::TestApp;
use nightfair::entity::*;
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, QuerySelect, Statement};
use std::collections::BTreeSet;

async fn readable<E: EntityTrait>(app: &TestApp) {
    E::find()
        .limit(1)
        .all(app.app.db.read())
        .await
        .unwrap_or_else(|e| panic!("{}: {e}", E::default().table_name()));
}

#[tokio::test]
async fn entities_match_migrations() {
    let app = TestApp::start().await;
    readable::<access_record::Entity>(&app).await;
    readable::<account::Entity>(&app).await;
    readable::<announcement::Entity>(&app).await;
    readable::<api_token::Entity>(&app).await;
    readable::<area::Entity>(&app).await;
    readable::<booth::Entity>(&app).await;
    readable::<booth_queue::Entity>(&app).await;
    readable::<calendar_day::Entity>(&app).await;
    readable::<calendar_hour::Entity>(&app).await;
    readable::<calendar_notice::Entity>(&app).await;
    readable::<calendar_run::Entity>(&app).await;
    readable::<callback::Entity>(&app).await;
    readable::<case::Entity>(&app).await;
    readable::<case_event::Entity>(&app).await;
    readable::<case_file::Entity>(&app).await;
    readable::<case_key::Entity>(&app).await;
    readable::<case_link::Entity>(&app).await;
    readable::<case_number::Entity>(&app).await;
    readable::<case_party::Entity>(&app).await;
    readable::<case_publication::Entity>(&app).await;
    readable::<case_text::Entity>(&app).await;
    readable::<case_unit::Entity>(&app).await;
    readable::<category::Entity>(&app).await;
    readable::<category_group::Entity>(&app).await;
    readable::<check_in::Entity>(&app).await;
    readable::<consent::Entity>(&app).await;
    readable::<desk_member::Entity>(&app).await;
    readable::<desk_pattern::Entity>(&app).await;
    readable::<desk_session::Entity>(&app).await;
    readable::<desk_shift::Entity>(&app).await;
    readable::<desk_site::Entity>(&app).await;
    readable::<desk_standing::Entity>(&app).await;
    readable::<desk_swap::Entity>(&app).await;
    readable::<dispatch_rule::Entity>(&app).await;
    readable::<employer::Entity>(&app).await;
    readable::<fair::Entity>(&app).await;
    readable::<fair_host::Entity>(&app).await;
    readable::<fair_programme::Entity>(&app).await;
    readable::<fair_task::Entity>(&app).await;
    readable::<file::Entity>(&app).await;
    readable::<follow_up::Entity>(&app).await;
    readable::<gate_settlement::Entity>(&app).await;
    readable::<idempotency_key::Entity>(&app).await;
    readable::<job_match::Entity>(&app).await;
    readable::<ledger_view::Entity>(&app).await;
    readable::<office::Entity>(&app).await;
    readable::<old_password::Entity>(&app).await;
    readable::<outbox::Entity>(&app).await;
    readable::<oversight_weights::Entity>(&app).await;
    readable::<participation::Entity>(&app).await;
    readable::<person::Entity>(&app).await;
    readable::<poster::Entity>(&app).await;
    readable::<posting::Entity>(&app).await;
    readable::<posting_event::Entity>(&app).await;
    readable::<queue_place::Entity>(&app).await;
    readable::<registration::Entity>(&app).await;
    readable::<request::Entity>(&app).await;
    readable::<rulebook::Entity>(&app).await;
    readable::<sealed_month::Entity>(&app).await;
    readable::<setup_link::Entity>(&app).await;
    readable::<sign_in_attempt::Entity>(&app).await;
    readable::<sla_rule::Entity>(&app).await;
    readable::<stream::Entity>(&app).await;
    readable::<stream_posting::Entity>(&app).await;
    readable::<stream_view::Entity>(&app).await;
    readable::<ticket_code::Entity>(&app).await;
    readable::<unit::Entity>(&app).await;
    readable::<web_session::Entity>(&app).await;
}

/// What is unique in the whole database and not within an office: handed to strangers or random.
const EVERYWHERE: [(&str, &str); 20] = [
    ("api_tokens", "token_hash"),
    ("case_events", "hash"),
    ("case_events", "idem"),
    ("case_keys", "key_hash"),
    ("case_publications", "uid"),
    ("desk_sites", "code"),
    ("employers", "uid"),
    ("files", "uid"),
    ("idempotency_keys", "scope,key"),
    ("offices", "code"),
    ("outbox", "uid"),
    ("participations", "code"),
    ("persons", "uid"),
    ("posters", "code"),
    ("registrations", "secret_hash"),
    ("registrations", "uid"),
    ("sealed_months", "hash"),
    ("setup_links", "token_hash"),
    ("streams", "code"),
    ("web_sessions", "token_hash"),
];

/// Every other unique index begins with the office, or with the row of an office that it hangs on:
/// what staff choose never meets what another office chose.
#[tokio::test]
async fn what_is_unique_is_unique_within_its_office() {
    let app = TestApp::start().await;
    let db = app.app.db.read();
    let question = match db.get_database_backend() {
        DbBackend::Postgres => {
            "SELECT t.relname::text, (SELECT string_agg(a.attname::text, ',' ORDER BY k.place)
               FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(number, place)
               JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number)
             FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
             WHERE i.indisunique AND NOT i.indisprimary AND t.relnamespace = current_schema()::regnamespace"
        }
        _ => {
            "SELECT m.name, (SELECT group_concat(name) FROM pragma_index_info(il.name))
             FROM sqlite_schema m, pragma_index_list(m.name) il
             WHERE m.type = 'table' AND il.\"unique\" AND il.origin <> 'pk' AND m.name NOT LIKE '%\\_search%' ESCAPE '\\'"
        }
    };
    let question = Statement::from_string(db.get_database_backend(), question);
    let rows = db.query_all_raw(question).await.unwrap();
    assert!(rows.len() > 50, "{}", rows.len());
    let mut everywhere = BTreeSet::new();
    for row in rows {
        let table: String = row.try_get_by_index(0).unwrap();
        let columns: String = row.try_get_by_index(1).unwrap();
        if !columns.split(',').next().unwrap().ends_with("_id") {
            everywhere.insert((table, columns));
        }
    }
    let known = EVERYWHERE.map(|(table, columns)| (table.to_owned(), columns.to_owned()));
    assert_eq!(everywhere, BTreeSet::from(known));
}
