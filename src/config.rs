//! Reads every setting once: flags first, then the environment (`contract.md` §1). A wrong setting
//! stops the start with one line that names it.
use crate::domain::{role::Role, text::choice};
use clap::{
    Args, Parser, Subcommand,
    error::{ContextKind, ContextValue, ErrorKind},
};
use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

#[derive(Parser)]
#[command(
    name = "nightfair",
    version,
    about = "夜集: recruitment evenings and service desks from one ledger",
    after_help = "Exit codes: 0 good, 1 the operation failed, 2 wrong use."
)]
pub struct Cli {
    #[command(flatten)]
    pub settings: Common,
    #[command(subcommand)]
    pub command: Command,
}

/// Settings that every command understands.
#[derive(Args, Clone, Debug)]
pub struct Common {
    /// Folder of keys, uploads and the embedded database
    #[arg(long, global = true, env = "NIGHTFAIR_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// sqlite:PATH or postgres://…; inside the data folder when absent
    #[arg(long, global = true, env = "NIGHTFAIR_DATABASE_URL", value_name = "URL", value_parser = database_url)]
    pub database_url: Option<String>,
    /// postgres://… past a pooler in transaction mode, to which --database-url leads then
    #[arg(
        long,
        global = true,
        env = "NIGHTFAIR_DATABASE_DIRECT_URL",
        value_name = "URL",
        requires = "database_url",
        value_parser = direct_url
    )]
    pub database_direct_url: Option<String>,
    /// Take no backup before the schema of a used database is brought up to date
    #[arg(long, global = true, env = "NIGHTFAIR_NO_UPGRADE_BACKUP")]
    pub no_upgrade_backup: bool,
    /// Scheme and host that QR codes and links carry
    #[arg(long, global = true, env = "NIGHTFAIR_PUBLIC_URL", value_name = "URL", value_parser = public_url)]
    pub public_url: Option<String>,
    /// Addresses behind which a whole venue sits: no limit by address for them
    #[arg(
        long = "venue",
        global = true,
        env = "NIGHTFAIR_VENUES",
        value_delimiter = ',',
        value_name = "IP"
    )]
    pub venues: Vec<IpAddr>,
    /// Log filter, such as info or nightfair=debug
    #[arg(
        long,
        global = true,
        env = "NIGHTFAIR_LOG",
        default_value = "info",
        value_name = "FILTER",
        value_parser = log_filter
    )]
    pub log: String,
}

impl Common {
    /// The data folder: as told, or `fallback`.
    pub fn data(&self, fallback: &str) -> PathBuf {
        self.data.clone().unwrap_or_else(|| PathBuf::from(fallback))
    }

    /// The database: as told, or the embedded one in the data folder; past a pooler, where there
    /// is one.
    pub fn database(&self, data: &std::path::Path) -> String {
        let told = match self.pooler() {
            Some(_) => &self.database_direct_url,
            None => &self.database_url,
        };
        told.clone()
            .unwrap_or_else(|| format!("sqlite://{}", data.join("nightfair.db").display()))
    }

    /// Where a pooler is that hands a connection on after each transaction.
    pub fn pooler(&self) -> Option<&str> {
        self.database_direct_url.as_ref()?;
        let url = self.database_url.as_deref();
        url.filter(|url| !url.starts_with("sqlite:"))
    }
}

#[derive(Args, Clone, Debug)]
pub struct Listening {
    /// Address to listen on; port 0 picks a free one
    #[arg(
        long,
        env = "NIGHTFAIR_LISTEN",
        default_value = "127.0.0.1:8080",
        value_name = "ADDR"
    )]
    pub listen: SocketAddr,
    /// Certificate chain (PEM)
    #[arg(
        long,
        env = "NIGHTFAIR_TLS_CERT",
        requires = "tls_key",
        value_name = "FILE"
    )]
    pub tls_cert: Option<PathBuf>,
    /// Private key (PEM)
    #[arg(
        long,
        env = "NIGHTFAIR_TLS_KEY",
        requires = "tls_cert",
        value_name = "FILE"
    )]
    pub tls_key: Option<PathBuf>,
    /// Bearer token that opens /metrics; without one only this machine reads them
    #[arg(
        long,
        env = "NIGHTFAIR_METRICS_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN",
        value_parser = metrics_token
    )]
    pub metrics_token: Option<String>,
    /// Seconds to serve on after being asked to stop, while /readyz already says no: with several
    /// instances, longer than the proxy takes to see it
    #[arg(
        long,
        env = "NIGHTFAIR_LINGER",
        default_value_t = 0,
        value_name = "SECONDS",
        value_parser = clap::value_parser!(u64).range(..=60)
    )]
    pub linger: u64,
}

#[derive(Subcommand)]
pub enum Command {
    /// Serve the product
    Serve {
        #[command(flatten)]
        listening: Listening,
        /// Do not bring the schema up to date first
        #[arg(long)]
        no_migrate: bool,
    },
    /// Load a living demo into a folder of its own and serve it; later starts go on with it
    Demo {
        #[command(flatten)]
        listening: Listening,
        /// Seekers who register for tonight
        #[arg(long, default_value_t = 400, value_name = "N", value_parser = seekers)]
        seekers: usize,
    },
    /// Bring the schema up to date
    Migrate {
        /// Only tell which steps are still to be taken
        #[arg(long)]
        status: bool,
    },
    /// Accounts: add, list, disable, enable, reset-password
    User {
        #[command(subcommand)]
        command: UserCommand,
    },
    /// API tokens: add
    Token {
        #[command(subcommand)]
        command: TokenCommand,
    },
    /// Measure this machine and this program
    Bench(Plan),
    /// The least possible work, which `bench` measures against
    #[command(hide = true)]
    BenchLimit {
        #[command(flatten)]
        listening: Listening,
    },
    /// Write something out of the database into a file
    #[command(subcommand)]
    Export(Export),
    /// Put the whole data into one file, while the program may be serving
    #[command(
        long_about = "Put the whole data into one file, while the program may be serving: every table as it \
                      stood at one moment, and every upload. The file can be restored into SQLite and into \
                      PostgreSQL. It is readable by its owner alone, and an existing file is never written over.\n\n\
                      Names, numbers and texts that are sealed in the database are sealed in the file. The key \
                      that opens them, nightfair.key in the data folder, is left out: keep a copy of it in another \
                      place. Messages that lie in the folder outbox of the data folder are not part of the file."
    )]
    Backup {
        /// File to make, such as nightfair-2026-07-19.backup
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Put the key into the file as well: whoever has the file then reads everything
        #[arg(long)]
        with_keys: bool,
        /// Restore it into a scratch folder beside it, prove the ledger there, and remove the folder
        #[arg(long)]
        verify: bool,
    },
    /// Lay the file of a backup down in an empty database
    #[command(
        long_about = "Lay the file of a backup down in an empty database, SQLite or PostgreSQL, and in a data folder \
                      without uploads. The file is read to its end and compared with its hashes before anything is \
                      written; then everything is written or nothing. The data folder must hold the nightfair.key \
                      of the office unless the backup was taken --with-keys. At the end the ledger is proven as \
                      verify-ledger does."
    )]
    Restore {
        /// File that `backup` made
        #[arg(long, value_name = "FILE")]
        from: PathBuf,
    },
    /// Look at settings, disk, keys, database, clock and backups, and say what to do
    #[command(
        long_about = "Look at settings, data folder, key, free space, database and its durability, clock, backups, \
                      certificate, messages and search index. Each line is ok, warn or BAD, with what to do about \
                      it. Give it the same settings as serve. Ends with 1 when something is bad."
    )]
    Doctor {
        #[command(flatten)]
        listening: Listening,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Check that no record of any case was changed
    VerifyLedger,
    /// Print every route with its audience
    Routes,
    /// Print the OpenAPI document
    Openapi,
}

#[derive(Subcommand)]
pub enum Export {
    /// The statistics workbook of a fair
    Tally {
        /// Short name of the fair, as in its address
        #[arg(long, value_name = "SLUG")]
        fair: String,
        /// XLSX file to write
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Language of the workbook: zh-CN or en
        #[arg(long, default_value = "zh-CN")]
        lang: String,
    },
}

#[derive(Subcommand)]
pub enum UserCommand {
    /// Open an account; without --password-stdin a one-time password is printed
    Add {
        /// Name to sign in with: small letters, digits and . _ - @
        #[arg(long)]
        login: String,
        /// Name of the person
        #[arg(long)]
        name: String,
        /// What the person does, such as office_admin, placement_officer or gate_steward
        #[arg(long, value_parser = role)]
        role: Role,
        /// Code of the unit the person belongs to
        #[arg(long, value_name = "CODE")]
        unit: Option<String>,
        /// Read the password from the first line of the standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// Print every account: login, role, unit, state, name
    List,
    /// Shut an account out at once
    Disable {
        #[arg(long)]
        login: String,
    },
    /// Let a disabled account in again
    Enable {
        #[arg(long)]
        login: String,
    },
    /// Give an account a one-time password; its sessions and tokens end
    ResetPassword {
        #[arg(long)]
        login: String,
        /// Read a lasting password from the first line of the standard input instead
        #[arg(long)]
        password_stdin: bool,
    },
}

#[derive(Subcommand)]
pub enum TokenCommand {
    /// Print a new API token, once; only its hash is stored
    Add {
        /// Whose rights the token has
        #[arg(long)]
        login: String,
        /// What the token is for
        #[arg(long, value_name = "TEXT")]
        label: String,
    },
}

/// How much `bench` does.
#[derive(Args, Clone, Debug)]
pub struct Plan {
    /// Rounds of each measurement
    #[arg(long, default_value_t = 3)]
    pub rounds: usize,
    /// Requests of a round
    #[arg(long, default_value_t = 3000)]
    pub requests: usize,
    /// Registrations of the fair whose start and figures are measured
    #[arg(long, default_value_t = 100_000)]
    pub people: usize,
    /// Clients of the event stream, as far as the limit of open files allows
    #[arg(long, default_value_t = 10_000)]
    pub watchers: usize,
    /// Cases of the ledger whose lists and search are measured
    #[arg(long, default_value_t = 10_000)]
    pub cases: usize,
    /// Minutes of steady load at the end, over which memory must not grow
    #[arg(long, default_value_t = 0)]
    pub steady: u64,
    /// Measure the ledger and nothing else
    #[arg(long)]
    pub ledger_only: bool,
    /// Write the figures to this file as JSON, too
    #[arg(long)]
    pub json: Option<PathBuf>,
}

/// Enough that every stage of a match is there, and few enough to be loaded while one waits.
fn seekers(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(seekers) if (40..=20_000).contains(&seekers) => Ok(seekers),
        _ => Err("must be a number from 40 to 20000".into()),
    }
}

/// A token that goes into a header as it is, and that nobody guesses.
fn metrics_token(text: &str) -> Result<String, String> {
    if text.len() >= 16 && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(text.to_owned())
    } else {
        Err("must be at least 16 visible ASCII characters".into())
    }
}

fn database_url(text: &str) -> Result<String, String> {
    if let Some(path) = text.strip_prefix("sqlite:") {
        let path = path.trim_start_matches("//");
        return if path.is_empty() {
            Err("sqlite: needs a path".into())
        } else {
            Ok(format!("sqlite://{path}"))
        };
    }
    if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        return Ok(text.to_owned());
    }
    Err("must begin with sqlite: or postgres://".into())
}

fn direct_url(text: &str) -> Result<String, String> {
    if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        return Ok(text.to_owned());
    }
    Err("must begin with postgres://".into())
}

fn role(text: &str) -> Result<Role, String> {
    let known: Vec<String> = Role::STAFF.iter().map(|role| role.code()).collect();
    choice(text).map_err(|_| format!("must be one of {}", known.join(", ")))
}

fn log_filter(text: &str) -> Result<String, String> {
    let filter = tracing_subscriber::EnvFilter::try_new(text);
    filter.map_err(|_| "is not a log filter such as info or nightfair=debug".to_owned())?;
    Ok(text.to_owned())
}

/// Says in one line which setting is wrong and why; what is asked of clap itself goes on as it is.
pub fn explain(error: &clap::Error) -> Option<String> {
    let wrong = matches!(
        error.kind(),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation
    );
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    let argument = text(ContextKind::InvalidArg).filter(|_| wrong)?;
    let name = argument.split_whitespace().next().unwrap_or_default();
    let value = text(ContextKind::InvalidValue).unwrap_or_default();
    let why = std::error::Error::source(error).map(ToString::to_string);
    let variable = VARIABLES.iter().find(|(flag, _)| *flag == name);
    Some(format!(
        "{name}{}: \"{}\" {}",
        variable.map_or(String::new(), |(_, variable)| format!(" ({variable})")),
        value.escape_debug(),
        why.unwrap_or_else(|| "is not possible".to_owned())
    ))
}

/// Flags and the variables that stand for them.
const VARIABLES: &[(&str, &str)] = &[
    ("--data", "NIGHTFAIR_DATA"),
    ("--database-direct-url", "NIGHTFAIR_DATABASE_DIRECT_URL"),
    ("--database-url", "NIGHTFAIR_DATABASE_URL"),
    ("--linger", "NIGHTFAIR_LINGER"),
    ("--listen", "NIGHTFAIR_LISTEN"),
    ("--log", "NIGHTFAIR_LOG"),
    ("--metrics-token", "NIGHTFAIR_METRICS_TOKEN"),
    ("--public-url", "NIGHTFAIR_PUBLIC_URL"),
    ("--tls-cert", "NIGHTFAIR_TLS_CERT"),
    ("--tls-key", "NIGHTFAIR_TLS_KEY"),
    ("--venue", "NIGHTFAIR_VENUES"),
];

fn public_url(text: &str) -> Result<String, String> {
    let uri: axum::http::Uri = text.parse().map_err(|_| "is not an address".to_owned())?;
    let bare = uri.path() == "/" && uri.query().is_none();
    match (uri.scheme_str(), uri.host()) {
        (Some("http" | "https"), Some(_)) if !bare => Err("must not have a path".into()),
        (Some("http" | "https"), Some(_)) => Ok(text.trim_end_matches('/').to_owned()),
        _ => Err("must begin with http:// or https:// and name a host".into()),
    }
}
