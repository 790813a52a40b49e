//! What the database itself refuses, on both engines: a changed or removed case event, an event out
//! of order or off the chain; and the full-text indexes of postings and cases over tokens made by the program.
use sea_orm_migration::{
    prelude::*,
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
        let statements = match m.get_database_backend() {
            DbBackend::Sqlite => SQLITE,
            DbBackend::Postgres => POSTGRES,
            other => return Err(DbErr::Migration(format!("unsupported database {other:?}"))),
        };
        m.get_connection().execute_unprepared(statements).await?;
        Ok(())
    }
}

const SQLITE: &str = r"
CREATE TRIGGER case_events_keep BEFORE UPDATE ON case_events
BEGIN SELECT RAISE(ABORT, 'case events are append-only'); END;
CREATE TRIGGER case_events_stay BEFORE DELETE ON case_events
BEGIN SELECT RAISE(ABORT, 'case events are append-only'); END;
CREATE TRIGGER case_events_order BEFORE INSERT ON case_events
WHEN NEW.seq <> (SELECT COALESCE(MAX(seq), 0) + 1 FROM case_events WHERE case_id = NEW.case_id)
BEGIN SELECT RAISE(ABORT, 'case event out of order'); END;
CREATE TRIGGER case_events_chain BEFORE INSERT ON case_events
WHEN NEW.prev_hash <> COALESCE((SELECT hash FROM case_events WHERE case_id = NEW.case_id ORDER BY seq DESC LIMIT 1), '')
BEGIN SELECT RAISE(ABORT, 'case event off the chain'); END;
CREATE VIRTUAL TABLE posting_search USING fts5(tokens, tokenize = 'unicode61 remove_diacritics 2');
CREATE VIRTUAL TABLE case_search USING fts5(tokens, tokenize = 'unicode61 remove_diacritics 2');
";

const POSTGRES: &str = r"
CREATE FUNCTION case_events_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'case events are append-only'; END $$;
CREATE TRIGGER case_events_keep BEFORE UPDATE OR DELETE ON case_events
FOR EACH ROW EXECUTE FUNCTION case_events_keep();
CREATE TRIGGER case_events_stay BEFORE TRUNCATE ON case_events
FOR EACH STATEMENT EXECUTE FUNCTION case_events_keep();
CREATE FUNCTION case_events_chain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE last_seq bigint; last_hash text;
BEGIN
  SELECT seq, hash INTO last_seq, last_hash FROM case_events WHERE case_id = NEW.case_id ORDER BY seq DESC LIMIT 1;
  IF NEW.seq <> COALESCE(last_seq, 0) + 1 THEN RAISE EXCEPTION 'case event out of order'; END IF;
  IF NEW.prev_hash <> COALESCE(last_hash, '') THEN RAISE EXCEPTION 'case event off the chain'; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER case_events_chain BEFORE INSERT ON case_events
FOR EACH ROW EXECUTE FUNCTION case_events_chain();
CREATE TABLE posting_search (rowid bigint PRIMARY KEY, tokens text NOT NULL,
  document tsvector GENERATED ALWAYS AS (to_tsvector('simple', tokens)) STORED);
CREATE INDEX ix_posting_search_document ON posting_search USING gin (document);
CREATE TABLE case_search (rowid bigint PRIMARY KEY, tokens text NOT NULL,
  document tsvector GENERATED ALWAYS AS (to_tsvector('simple', tokens)) STORED);
CREATE INDEX ix_case_search_document ON case_search USING gin (document);
";
