//! The entities ask for exactly the columns the migrations made, on both databases.
use crate::harness::TestApp;
use nightfair::entity::*;
use sea_orm::{EntityTrait, QuerySelect};

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
    readable::<unit::Entity>(&app).await;
    readable::<web_session::Entity>(&app).await;
}
