//! Fills an empty database from an archive, in one transaction: it holds everything afterwards or
//! nothing.
use super::{
    Archive, CHUNK, Tell,
    catalogue::{self, Found, STEPS, ask, quoted},
    format::{Column, Manifest, Table},
    rows,
};
use anyhow::{Context, Result, bail, ensure};
use migrations::{IntoSchemaManagerConnection, MigratorTrait};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, Statement,
    sea_query::{Alias, Query},
};
use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
};
use tokio::sync::mpsc;

/// Rows of one statement at most.
const ROWS: usize = 400;
/// Values of one statement at most; SQLite takes 32766.
const VALUES: usize = 16_000;
/// Statements that may wait.
const WAITING: usize = 4;

/// How many steps of the schema have to be taken before the archive fits.
///
/// # Errors
/// When this program does not know a step of the archive.
pub fn steps_of(manifest: &Manifest) -> Result<u32> {
    let known = migrations::Migrator::migrations();
    let same = manifest
        .migrations
        .iter()
        .zip(&known)
        .all(|(step, known)| step == known.name());
    ensure!(
        same && manifest.migrations.len() <= known.len(),
        "the archive was made by a newer Nightfair ({}); restore it with that one",
        manifest.program
    );
    Ok(u32::try_from(manifest.migrations.len())?)
}

/// Refuses a database in which anything stands.
///
/// # Errors
/// Names the first table with rows, or a schema that the archive does not fit.
pub async fn ensure_empty(db: &impl ConnectionTrait, manifest: &Manifest) -> Result<u32> {
    let taken = catalogue::steps(db).await?;
    let wanted = steps_of(manifest)?;
    let there = u32::try_from(taken.len())?;
    ensure!(
        there <= wanted,
        "the database has a newer schema than the archive; name a database without tables"
    );
    for name in tables_there(db).await? {
        ensure!(
            there > 0,
            "the database holds a table {name} that is not Nightfair's; name an empty database"
        );
        let rows = ask(db, &format!("SELECT 1 FROM {} LIMIT 1", quoted(&name)), []).await?;
        ensure!(
            rows.is_empty(),
            "the database is not empty (table {name}); restore into a new one"
        );
    }
    Ok(wanted - there)
}

/// Tables, whatever their columns are.
async fn tables_there(db: &impl ConnectionTrait) -> Result<Vec<String>> {
    let question = match db.get_database_backend() {
        DbBackend::Postgres => {
            "SELECT table_name::text FROM information_schema.tables
WHERE table_schema = current_schema() AND table_name <> 'seaql_migrations' ORDER BY 1"
        }
        _ => {
            r"SELECT name FROM pragma_table_list WHERE schema = 'main'
AND type IN ('table', 'virtual', 'view') AND name NOT LIKE 'sqlite\_%' ESCAPE '\'
AND name <> 'seaql_migrations' ORDER BY name"
        }
    };
    let rows = ask(db, question, []).await?;
    let names = rows.iter().map(|row| row.try_get_by_index(0));
    Ok(names.collect::<Result<_, _>>()?)
}

/// Takes the steps of the schema that the archive needs; on PostgreSQL inside the transaction that
/// fills.
pub async fn migrate<'c>(db: impl IntoSchemaManagerConnection<'c>, steps: u32) -> Result<()> {
    if steps > 0 {
        migrations::Migrator::up(db, Some(steps)).await?;
    }
    Ok(())
}

/// Puts every row of the archive into the tables, and numbers go on where they stood.
pub async fn fill(tx: &DatabaseTransaction, archive: &Archive, tell: &Tell) -> Result<()> {
    let manifest = &archive.manifest;
    same_tables(&catalogue::tables(tx).await?, manifest)?;
    let links = loosen(tx).await?;
    let (pieces, mut queue) = mpsc::channel(WAITING);
    let reading = {
        let archive = archive.clone();
        tokio::task::spawn_blocking(move || read(&archive, &pieces))
    };
    let mut filled = Ok(());
    while let Some((at, lines)) = queue.recv().await {
        let table = &manifest.tables[at];
        filled = insert(tx, table, &lines)
            .await
            .with_context(|| format!("table {}", table.name));
        if filled.is_err() {
            break;
        }
    }
    drop(queue);
    let read = reading.await.context("reading the archive")?;
    filled?;
    read?;
    fasten(tx, &links).await?;
    for table in &manifest.tables {
        count(tx, table).await?;
        go_on_numbering(tx, table).await?;
        if table.part.lines > 0 {
            tell(&format!("{}, {} rows", table.name, table.part.lines));
        }
    }
    Ok(())
}

/// The schema must be the one that the archive was taken of.
fn same_tables(found: &[Found], manifest: &Manifest) -> Result<()> {
    let sorted = |columns: &[Column]| {
        let mut columns = columns.to_vec();
        columns.sort();
        columns
    };
    let here: BTreeMap<&str, Vec<Column>> = found
        .iter()
        .map(|table| (table.name.as_str(), sorted(&table.columns)))
        .collect();
    for table in &manifest.tables {
        let columns = here.get(table.name.as_str());
        ensure!(
            columns == Some(&sorted(&table.columns)),
            "table {} has other columns in this database",
            table.name
        );
    }
    ensure!(
        here.len() == manifest.tables.len(),
        "the database has tables that the archive does not have"
    );
    Ok(())
}

type Lines = Vec<Vec<u8>>;

/// Reads all tables, a statement's worth of lines at a time.
fn read(archive: &Archive, pieces: &mpsc::Sender<(usize, Lines)>) -> Result<()> {
    let mut zip = archive.zip()?;
    for (at, table) in archive.manifest.tables.iter().enumerate() {
        let most = ROWS.min(VALUES / table.columns.len().max(1)).max(1);
        let part = zip.by_name(&table.part.name)?;
        let mut part = BufReader::with_capacity(CHUNK, part);
        loop {
            let (mut lines, mut bytes) = (Lines::new(), 0);
            while lines.len() < most && bytes < 8 * CHUNK {
                let mut line = Vec::new();
                if part.read_until(b'\n', &mut line)? == 0 {
                    break;
                }
                bytes += line.len();
                lines.push(line);
            }
            if lines.is_empty() {
                break;
            }
            if pieces.blocking_send((at, lines)).is_err() {
                // Whoever fills has a reason to stop, and tells it.
                return Ok(());
            }
        }
    }
    Ok(())
}

async fn insert(tx: &DatabaseTransaction, table: &Table, lines: &[Vec<u8>]) -> Result<()> {
    let mut query = Query::insert();
    query
        .into_table(Alias::new(&table.name))
        .columns(table.columns.iter().map(|column| Alias::new(&column.name)));
    for line in lines {
        query.values(rows::parse(
            line,
            &table.columns,
            tx.get_database_backend(),
        )?)?;
    }
    tx.execute(&query).await?;
    Ok(())
}

/// A foreign key that is away while tables are filled, because tables name each other in circles.
struct Link {
    table: String,
    name: String,
    definition: String,
}

/// Rules between tables are taken away and, when all rows are there, made anew, which proves them
/// for every row at once. Rules of one table, the ledger's triggers among them, hold all the time.
async fn loosen(tx: &DatabaseTransaction) -> Result<Vec<Link>> {
    if tx.get_database_backend() != DbBackend::Postgres {
        return Ok(Vec::new());
    }
    let question =
        "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)
FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace
ORDER BY 1, 2";
    let mut links = Vec::new();
    for row in ask(tx, question, []).await? {
        let link = Link {
            table: row.try_get_by_index(0)?,
            name: row.try_get_by_index(1)?,
            definition: row.try_get_by_index(2)?,
        };
        let drop = format!("ALTER TABLE {} DROP CONSTRAINT {}", link.table, link.name);
        tx.execute_unprepared(&drop).await?;
        links.push(link);
    }
    Ok(links)
}

async fn fasten(tx: &DatabaseTransaction, links: &[Link]) -> Result<()> {
    for link in links {
        let add = format!(
            "ALTER TABLE {} ADD CONSTRAINT {} {}",
            link.table, link.name, link.definition
        );
        let added = tx.execute_unprepared(&add).await;
        added.with_context(|| format!("table {} names rows that are not there", link.table))?;
    }
    if tx.get_database_backend() == DbBackend::Sqlite {
        let loose = ask(
            tx,
            "SELECT \"table\" FROM pragma_foreign_key_check LIMIT 1",
            [],
        )
        .await?;
        if let Some(row) = loose.first() {
            let table: String = row.try_get_by_index(0)?;
            bail!("table {table} names rows that are not there");
        }
    }
    Ok(())
}

async fn count(tx: &DatabaseTransaction, table: &Table) -> Result<()> {
    let question = format!("SELECT count(*) FROM {}", quoted(&table.name));
    let rows = ask(tx, &question, []).await?;
    let row = rows.first().context("no count")?;
    let found = u64::try_from(row.try_get_by_index::<i64>(0)?)?;
    ensure!(
        found == table.part.lines,
        "table {} has {found} rows instead of {}",
        table.name,
        table.part.lines
    );
    Ok(())
}

/// The next row gets the number that it would have got where the archive was taken: a number once
/// given is never given again, even when its row is gone.
async fn go_on_numbering(tx: &DatabaseTransaction, table: &Table) -> Result<()> {
    let Some(last) = table.last_id.filter(|last| *last > 0) else {
        return Ok(());
    };
    let backend = tx.get_database_backend();
    let run = |sql: &'static str, values: Vec<sea_orm::Value>| {
        tx.execute_raw(Statement::from_sql_and_values(backend, sql, values))
    };
    if backend == DbBackend::Postgres {
        let sql = "SELECT setval(pg_get_serial_sequence(quote_ident($1), 'id'), $2, true)";
        run(sql, vec![table.name.as_str().into(), last.into()]).await?;
        return Ok(());
    }
    debug_assert_ne!(table.name, STEPS);
    let delete = "DELETE FROM sqlite_sequence WHERE name = ?";
    run(delete, vec![table.name.as_str().into()]).await?;
    let insert = "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)";
    run(insert, vec![table.name.as_str().into(), last.into()]).await?;
    Ok(())
}
