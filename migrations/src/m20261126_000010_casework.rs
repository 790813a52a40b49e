//! What lists ask of a case beside its state: who handles it, who is part of it, how often it was
//! called back, which cases belong together, what is public of it. Cases that were there before
//! get their rows from their state and events.
use crate::shape::{index, link, unique};
use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, date_null, text, timestamp_with_time_zone},
    sea_orm::{ConnectionTrait, DbBackend},
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for (table, mut column) in [
            ("cases", big_integer_null("mediator_id")),
            ("cases", date_null("review_on")),
            ("case_parties", big_integer_null("via_id")),
        ] {
            let change = Table::alter().table(table).add_column(&mut column).take();
            m.alter_table(change).await?;
        }
        m.create_table(publications()).await?;
        for index in indexes() {
            m.create_index(index).await?;
        }
        // The segments of the clocks are part of the state, which is proved by replaying the
        // events; a second copy would only be something that can disagree.
        m.drop_table(Table::drop().table("clock_segments").take())
            .await?;
        let refill = refill(m.get_database_backend())?;
        m.get_connection().execute_unprepared(refill).await?;
        Ok(())
    }
}

/// 公示: what everybody may read of a case
fn publications() -> TableCreateStatement {
    Table::create()
        .table("case_publications")
        .col(big_integer("case_id").primary_key())
        .col(big_integer("office_id"))
        .col(text("uid").unique_key())
        .col(text("title"))
        .col(text("text"))
        .col(big_integer_null("area_id"))
        .col(big_integer("event_seq"))
        .col(timestamp_with_time_zone("published_at"))
        .foreign_key(&mut link("case_publications", "case_id", "cases"))
        .foreign_key(&mut link("case_publications", "office_id", "offices"))
        .take()
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        unique("case_units", &["case_id", "dispatch_no", "unit_id"]),
        index("case_units", &["unit_id", "case_id"]),
        index("case_parties", &["via_id"]),
        index("case_publications", &["office_id", "published_at"]),
        index("cases", &["mediator_id"]),
        index("cases", &["review_on"]),
    ]
}

/// Fills the rows of cases that have none yet.
///
/// # Errors
/// On a database that is neither SQLite nor PostgreSQL.
pub fn refill(backend: DbBackend) -> Result<&'static str, DbErr> {
    match backend {
        DbBackend::Sqlite => Ok(SQLITE),
        DbBackend::Postgres => Ok(POSTGRES),
        other => Err(DbErr::Migration(format!("unsupported database {other:?}"))),
    }
}

const SQLITE: &str = r"
UPDATE cases SET review_on = json_extract(state, '$.times.review_on') WHERE stage = 'suspended';
INSERT INTO case_parties (case_id, person_id, role, since)
SELECT c.id, CAST(json_extract(c.state, '$.person') AS INTEGER),
  CASE c.kind WHEN 'employment_match' THEN 'seeker' ELSE 'reporter' END, c.recorded_at
FROM cases c WHERE json_extract(c.state, '$.person') IS NOT NULL;
INSERT INTO case_parties (case_id, employer_id, role, since)
SELECT c.id, CAST(json_extract(c.state, '$.job.employer') AS INTEGER), 'employer', c.recorded_at
FROM cases c WHERE json_extract(c.state, '$.job.employer') IS NOT NULL;
INSERT INTO case_units (case_id, dispatch_no, unit_id, role, due_at, signed_at, submitted_at, objected_at)
SELECT c.id, json_extract(d.value, '$.no'), CAST(json_extract(d.value, '$.lead') AS INTEGER), 'lead',
  CASE WHEN json_extract(d.value, '$.no') = json_array_length(c.state, '$.dispatches') THEN c.unit_due_at END,
  replace(json_extract(d.value, '$.signed_at'), 'Z', '+00:00'),
  replace(json_extract(d.value, '$.submitted_at'), 'Z', '+00:00'),
  replace(json_extract(d.value, '$.objected_at'), 'Z', '+00:00')
FROM cases c, json_each(c.state, '$.dispatches') d WHERE json_extract(d.value, '$.lead') IS NOT NULL;
INSERT INTO case_units (case_id, dispatch_no, unit_id, role, due_at)
SELECT c.id, json_extract(d.value, '$.no'), CAST(u.value AS INTEGER), 'co',
  CASE WHEN json_extract(d.value, '$.no') = json_array_length(c.state, '$.dispatches') THEN c.unit_due_at END
FROM cases c, json_each(c.state, '$.dispatches') d, json_each(d.value, '$.co_units') u;
WITH called AS (
  SELECT e.*, (SELECT COUNT(*) FROM case_events r
    WHERE r.case_id = e.case_id AND r.action = 'reopen' AND r.seq < e.seq) AS cycle
  FROM case_events e WHERE e.action = 'callback')
INSERT INTO callbacks (case_id, cycle, attempt_no, at, by_account, reached, solved, satisfied, text_id)
SELECT case_id, cycle, ROW_NUMBER() OVER (PARTITION BY case_id, cycle ORDER BY seq),
  strftime('%Y-%m-%dT%H:%M:%f+00:00', at_ms / 1000.0, 'unixepoch'), actor_id,
  COALESCE(json_extract(payload, '$.data.reached'), 0),
  COALESCE(json_extract(payload, '$.data.solved'), json_extract(payload, '$.data.at_work')),
  json_extract(payload, '$.data.satisfied'), text_id
FROM called;
WITH RECURSIVE up(id, at) AS (
  SELECT c.id, t.id FROM cases c JOIN cases t
    ON t.office_id = c.office_id AND t.number = json_extract(c.state, '$.merged_into')
  UNION ALL
  SELECT up.id, t.id FROM up JOIN cases m ON m.id = up.at JOIN cases t
    ON t.office_id = m.office_id AND t.number = json_extract(m.state, '$.merged_into'))
INSERT INTO case_links (from_id, to_id, relation, since)
SELECT up.id, up.at, 'merged_into', c.updated_at
FROM up JOIN cases c ON c.id = up.id JOIN cases r ON r.id = up.at
WHERE json_extract(r.state, '$.merged_into') IS NULL;
INSERT INTO case_parties (case_id, person_id, role, since, via_id)
SELECT l.to_id, p.person_id, 'follower', l.since, l.from_id
FROM case_links l JOIN case_parties p ON p.case_id = l.from_id AND p.role IN ('seeker', 'reporter');
";

const POSTGRES: &str = r"
UPDATE cases SET review_on = (state::jsonb #>> '{times,review_on}')::date WHERE stage = 'suspended';
INSERT INTO case_parties (case_id, person_id, role, since)
SELECT c.id, (c.state::jsonb ->> 'person')::bigint,
  CASE c.kind WHEN 'employment_match' THEN 'seeker' ELSE 'reporter' END, c.recorded_at
FROM cases c WHERE c.state::jsonb ->> 'person' IS NOT NULL;
INSERT INTO case_parties (case_id, employer_id, role, since)
SELECT c.id, (c.state::jsonb #>> '{job,employer}')::bigint, 'employer', c.recorded_at
FROM cases c WHERE c.state::jsonb #>> '{job,employer}' IS NOT NULL;
INSERT INTO case_units (case_id, dispatch_no, unit_id, role, due_at, signed_at, submitted_at, objected_at)
SELECT c.id, (d ->> 'no')::int, (d ->> 'lead')::bigint, 'lead',
  CASE WHEN (d ->> 'no')::int = jsonb_array_length(c.state::jsonb -> 'dispatches') THEN c.unit_due_at END,
  (d ->> 'signed_at')::timestamptz, (d ->> 'submitted_at')::timestamptz, (d ->> 'objected_at')::timestamptz
FROM cases c, jsonb_array_elements(c.state::jsonb -> 'dispatches') d WHERE d ->> 'lead' IS NOT NULL;
INSERT INTO case_units (case_id, dispatch_no, unit_id, role, due_at)
SELECT c.id, (d ->> 'no')::int, u::bigint, 'co',
  CASE WHEN (d ->> 'no')::int = jsonb_array_length(c.state::jsonb -> 'dispatches') THEN c.unit_due_at END
FROM cases c, jsonb_array_elements(c.state::jsonb -> 'dispatches') d, jsonb_array_elements_text(d -> 'co_units') u;
WITH called AS (
  SELECT e.*, (SELECT COUNT(*) FROM case_events r
    WHERE r.case_id = e.case_id AND r.action = 'reopen' AND r.seq < e.seq) AS cycle
  FROM case_events e WHERE e.action = 'callback')
INSERT INTO callbacks (case_id, cycle, attempt_no, at, by_account, reached, solved, satisfied, text_id)
SELECT case_id, cycle::int, (ROW_NUMBER() OVER (PARTITION BY case_id, cycle ORDER BY seq))::int,
  to_timestamp(at_ms / 1000.0), actor_id,
  COALESCE((payload::jsonb #>> '{data,reached}')::boolean, FALSE),
  COALESCE(payload::jsonb #>> '{data,solved}', payload::jsonb #>> '{data,at_work}'),
  payload::jsonb #>> '{data,satisfied}', text_id
FROM called;
WITH RECURSIVE up(id, at) AS (
  SELECT c.id, t.id FROM cases c JOIN cases t
    ON t.office_id = c.office_id AND t.number = c.state::jsonb ->> 'merged_into'
  UNION ALL
  SELECT up.id, t.id FROM up JOIN cases m ON m.id = up.at JOIN cases t
    ON t.office_id = m.office_id AND t.number = m.state::jsonb ->> 'merged_into')
INSERT INTO case_links (from_id, to_id, relation, since)
SELECT up.id, up.at, 'merged_into', c.updated_at
FROM up JOIN cases c ON c.id = up.id JOIN cases r ON r.id = up.at
WHERE r.state::jsonb ->> 'merged_into' IS NULL;
INSERT INTO case_parties (case_id, person_id, role, since, via_id)
SELECT l.to_id, p.person_id, 'follower', l.since, l.from_id
FROM case_links l JOIN case_parties p ON p.case_id = l.from_id AND p.role IN ('seeker', 'reporter');
";
