//! The commands of the program.
mod backup;
pub mod demo;
mod doctor;
mod staff;

use crate::{
    account::{self, Audience},
    bench, case,
    config::{Cli, Command, Common, Export, Listening},
    fair, notice, oversight, person,
    platform::{
        App, Limits, Settings, Shared,
        clock::SystemClock,
        db::{self, Db},
        files::Files,
        heart,
        kept::Kept,
        live::Live,
        metrics::Metrics,
        page, peers,
        ready::Ready,
        secret::{Keys, Passwords},
        sign::Sign,
        spool::Spool,
        text::Lang,
    },
    rulebook, server, tally,
};
use anyhow::{Context, Result, bail, ensure};
use std::{
    fs::{DirBuilder, File, TryLockError},
    io::Write,
    net::{IpAddr, SocketAddr, TcpListener},
    os::unix::fs::DirBuilderExt,
    path::Path,
    sync::Arc,
    time::Duration,
};
use tokio_util::sync::CancellationToken;

/// Runs one command to its end.
pub async fn run(cli: Cli) -> Result<()> {
    let common = cli.settings;
    match cli.command {
        Command::Serve {
            listening,
            no_migrate,
        } => serve(&common, &listening, !no_migrate).await,
        Command::Demo { listening, seekers } => demo::run(&common, &listening, seekers).await,
        Command::Migrate { status } => migrate(&common, status).await,
        Command::User { command } => staff::user(&common, command).await,
        Command::Token { command } => staff::token(&common, command).await,
        Command::Bench(plan) => {
            print(&bench::measure(&plan, common.database_url.as_deref()).await?)
        }
        Command::BenchLimit { listening } => {
            let listener = bind(&listening)?;
            print(&format!(
                "The limit is served at http://{}",
                listener.local_addr()?
            ))?;
            let data = common.data("nightfair-data");
            bench::limit::serve(&common.database(&data), listener).await
        }
        Command::Export(Export::Tally { fair, out, lang }) => {
            export_tally(&common, &fair, &out, &lang).await
        }
        Command::Backup {
            out,
            with_keys,
            verify,
        } => backup::backup(&common, &out, with_keys, verify).await,
        Command::Restore { from } => backup::restore(&common, &from).await,
        Command::Doctor { listening, json } => doctor::run(&common, &listening, json).await,
        Command::VerifyLedger => verify_ledger(&common).await,
        Command::Routes => print(&route_table()),
        Command::Openapi => print(&server::document().to_pretty_json()?),
    }
}

/// The installation of the data folder, for commands that serve nobody.
pub async fn open_here(common: &Common) -> Result<App> {
    let data = common.data("nightfair-data");
    let public_url = common.public_url.clone().unwrap_or_default();
    open(common, &data, &public_url, true).await
}

/// Everything a handler reaches, opened for `data`; the schema is brought up to date first.
pub async fn open(common: &Common, data: &Path, public_url: &str, migrate: bool) -> Result<App> {
    make_folder(data)?;
    let url = common.database(data);
    if migrate {
        backup::before_upgrade(common, data).await?;
    }
    let db = Db::open(&url, Arc::new(SystemClock), migrate).await;
    let mut db = db.context("--database-url: cannot open the database")?;
    if let Some(pooler) = common.pooler() {
        db = db.through(pooler).await.context("--database-url")?;
    }
    let keys = keys(&db, data).await?;
    assemble(db, keys, data, public_url, common.venues.clone()).await
}

/// The keys of a data folder. New ones are made for a new database alone: with other keys than its
/// own, what is sealed in it could not be read, and what came later not by those who have the old.
async fn keys(db: &Db, data: &Path) -> Result<Keys> {
    if account::store::office_ids(db.read()).await?.is_empty() {
        return Keys::load_or_create(data).context("--data");
    }
    let keys = Keys::load(data)
        .context("--data: the database is in use; put the office's nightfair.key back first")?;
    ensure!(
        person::is_key_of(db.read(), &keys).await?,
        "--data: nightfair.key is not the key of this database; put the office's own back"
    );
    Ok(keys)
}

/// Makes a data folder, for its owner alone: keys and uploads are in it.
fn make_folder(data: &Path) -> Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data)
        .with_context(|| format!("--data: cannot make {}", data.display()))
}

/// Puts an [`App`] together around an open database.
pub async fn assemble(
    db: Db,
    keys: Keys,
    data: &Path,
    public_url: &str,
    venues: Vec<IpAddr>,
) -> Result<App> {
    let office = db
        .write(|tx| async move {
            let office = account::store::first_office(&tx).await?;
            rulebook::seed_all(&tx).await?;
            Ok(office)
        })
        .await?;
    let metrics = Metrics::new(db.load());
    let settings = Arc::new(Settings {
        public_url: public_url.to_owned(),
        office: office.id,
    });
    let sign = Sign::new(account::lists::of_row(office));
    let limits = Limits::new(keys.clone(), venues);
    Ok(App::from(Shared {
        db,
        keys,
        passwords: Passwords::new(),
        templates: Arc::new(page::environment(&sign)),
        sign,
        files: Files::new(data)?,
        spool: Spool::new(data),
        live: Live::default(),
        metrics,
        ready: Ready::default(),
        kept: Kept::default(),
        settings,
        limits,
        leaving: CancellationToken::new(),
        stop: CancellationToken::new(),
    }))
}

async fn serve(common: &Common, listening: &Listening, migrate: bool) -> Result<()> {
    let data = common.data("nightfair-data");
    let listener = bind(listening)?;
    let alone = alone(common, &data)?;
    let public_url = public_url(common, listening, &listener)?;
    let app = open(common, &data, &public_url, migrate).await?;
    if let Some(token) = &listening.metrics_token {
        app.metrics.lock_with(token);
    }
    if !account::store::any(app.db.read(), app.settings.office).await? {
        let token = account::commands::open_setup(&app).await?;
        print(&format!(
            "Set up this installation (valid 30 minutes): {public_url}/setup/{token}"
        ))?;
    }
    leave_when_asked(&app, listening)?;
    // Who starts it on a full disk needs it no less.
    drop(print(&format!("Nightfair serves {public_url}")));
    tokio::spawn(keep_house(app.clone()));
    let served = server::serve(app, listener, listening).await;
    drop(alone);
    served
}

/// An embedded database is served by one program at a time: live pages hear only of the writes of
/// their own. The lock ends with the program, however it ends.
pub fn alone(common: &Common, data: &Path) -> Result<Option<File>> {
    if !common.database(data).starts_with("sqlite:") {
        return Ok(None);
    }
    make_folder(data)?;
    let path = data.join("nightfair.lock");
    let lock = File::create(&path).with_context(|| format!("--data: {}", path.display()))?;
    match lock.try_lock() {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => bail!(
            "--data: another nightfair already serves {}",
            data.display()
        ),
        Err(TryLockError::Error(error)) => Err(error).context("--data: cannot lock"),
    }
}

/// Serves on for as long as the settings say after it was asked to stop, and sends new visitors away.
fn leave_when_asked(app: &App, listening: &Listening) -> Result<()> {
    let linger = Duration::from_secs(listening.linger);
    server::stop_when_asked(app.leaving.clone(), app.stop.clone(), linger)
}

/// Small work that is never urgent.
pub async fn keep_house(app: App) {
    heart::watch(&app.db);
    peers::join(&app);
    tokio::spawn(notice::work(app.clone()));
    tokio::spawn(sweep_files(app.clone()));
    let mut tick = tokio::time::interval(Duration::from_mins(1));
    loop {
        tokio::select! {
            () = app.stop.cancelled() => return,
            _ = tick.tick() => {}
        }
        app.limits.tidy();
        if let Err(error) = account::commands::keep_house(&app).await {
            tracing::warn!(%error, "housekeeping failed");
        }
        if let Err(error) = fair::sweep(&app).await {
            tracing::warn!(%error, "sweeping booths failed");
        }
        if let Err(error) = case::jobs::tick(&app).await {
            tracing::warn!(%error, "the timers of the ledger failed");
        }
        if let Err(error) = case::recount::run(&app).await {
            tracing::warn!(%error, "counting deadlines anew failed");
        }
    }
}

/// Once a day, because it walks through the whole folder.
async fn sweep_files(app: App) {
    let mut tick = tokio::time::interval(Duration::from_hours(24));
    loop {
        tokio::select! {
            () = app.stop.cancelled() => return,
            _ = tick.tick() => {}
        }
        match app.files.sweep(app.db.read()).await {
            Ok(0) => {}
            Ok(gone) => tracing::info!(gone, "pictures without a row were removed"),
            Err(error) => tracing::warn!(%error, "sweeping pictures failed"),
        }
    }
}

/// Takes the address at once, so that a wrong one stops the start before anything is opened.
pub fn bind(listening: &Listening) -> Result<TcpListener> {
    let listener = TcpListener::bind(listening.listen)
        .with_context(|| format!("--listen: cannot listen on {}", listening.listen))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// As told, or where this program listens.
pub fn public_url(
    common: &Common,
    listening: &Listening,
    listener: &TcpListener,
) -> Result<String> {
    let scheme = if listening.tls_cert.is_some() {
        "https"
    } else {
        "http"
    };
    let here: SocketAddr = listener.local_addr()?;
    Ok(common
        .public_url
        .clone()
        .unwrap_or_else(|| format!("{scheme}://{here}")))
}

async fn migrate(common: &Common, status: bool) -> Result<()> {
    let data = common.data("nightfair-data");
    make_folder(&data)?;
    let url = common.database(&data);
    let waiting = db::pending(&url)
        .await
        .context("--database-url: cannot open the database")?;
    if status {
        return print(&format!(
            "{} steps to take\n{}",
            waiting.len(),
            waiting.join("\n")
        ));
    }
    backup::before_upgrade(common, &data).await?;
    Db::open(&url, Arc::new(SystemClock), true).await?;
    print(&format!("{} steps taken", waiting.len()))
}

/// Writes the statistics workbook of a fair; the record of exports names the command line.
async fn export_tally(common: &Common, fair: &str, out: &Path, lang: &str) -> Result<()> {
    let lang = Lang::from_tag(lang).context("--lang: must be zh-CN or en")?;
    let data = common.data("nightfair-data");
    ensure!(
        data.is_dir(),
        "--data: there is no folder {}",
        data.display()
    );
    let app = open(common, &data, "http://localhost", false).await?;
    let found = tally::by_slug(&app, fair).await;
    let found = found.with_context(|| format!("--fair: there is no fair {fair}"))?;
    let bytes = tally::export(&app, found, lang).await?;
    std::fs::write(out, &bytes)
        .with_context(|| format!("--out: cannot write {}", out.display()))?;
    print(&format!("{}: {} bytes", out.display(), bytes.len()))
}

/// Proves that no record of any case was changed; a broken case ends with 1 and its number.
async fn verify_ledger(common: &Common) -> Result<()> {
    let data = common.data("nightfair-data");
    ensure!(
        data.is_dir(),
        "--data: there is no folder {}",
        data.display()
    );
    let app = open(common, &data, "http://localhost", false).await?;
    proof(&app.db).await
}

async fn proof(db: &Db) -> Result<()> {
    let found = case::ledger::verify(db.read()).await?;
    if let Some((number, why)) = found.broken {
        bail!("the ledger is broken at case {number}: {why}");
    }
    print(&format!(
        "{} cases with {} events: the ledger is whole",
        found.cases, found.events
    ))?;
    let sealed = oversight::verify(db.read()).await?;
    if let Some((month, why)) = sealed.broken {
        bail!("the sealed month {month} is broken: {why}");
    }
    print(&format!(
        "{} sealed months come out as they were sealed",
        sealed.months
    ))
}

fn route_table() -> String {
    let routes = server::routes();
    let mut lines: Vec<_> = routes
        .table()
        .iter()
        .map(|door| {
            format!(
                "{:<46} {:<7} {}",
                door.path,
                door.method,
                audience(door.audience)
            )
        })
        .collect();
    lines.sort();
    lines.join("\n")
}

fn audience(audience: Audience) -> String {
    match audience {
        Audience::Anyone => "anyone".into(),
        Audience::SignedIn => "signed in".into(),
        Audience::Roles(roles) => roles
            .iter()
            .map(|role| role.code())
            .collect::<Vec<_>>()
            .join(", "),
    }
}

/// What a command has to say goes to the standard output, the log to the standard error.
pub fn print(text: &str) -> Result<()> {
    writeln!(std::io::stdout(), "{}", text.trim_end())?;
    Ok(())
}

/// Chooses the TLS implementation and starts the log; called once, first.
pub fn prepare(log: &str) -> Result<()> {
    // Only fails when it was installed already, which is as good.
    drop(rustls::crypto::ring::default_provider().install_default());
    let filter = format!("{log},sqlx=warn,sea_orm_migration=warn");
    let filter =
        tracing_subscriber::EnvFilter::try_new(filter).context("--log: not a log filter")?;
    tracing_subscriber::fmt()
        .json()
        .with_writer(std::io::stderr)
        // A line that finds no room is lost. To complain of that on the same full disk would end
        // whatever was being done.
        .log_internal_errors(false)
        .with_env_filter(filter)
        .init();
    Ok(())
}
