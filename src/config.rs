//! Reads every setting once: flags first, then the environment (`contract.md` §1). A wrong setting
//! stops the start with one line that names it.
use clap::{Args, Parser, Subcommand};
use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

#[derive(Parser)]
#[command(
    name = "nightfair",
    version,
    about = "夜集: recruitment evenings and service desks from one ledger"
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
        value_name = "FILTER"
    )]
    pub log: String,
}

impl Common {
    /// The data folder: as told, or `fallback`.
    pub fn data(&self, fallback: &str) -> PathBuf {
        self.data.clone().unwrap_or_else(|| PathBuf::from(fallback))
    }

    /// The database: as told, or the embedded one in the data folder.
    pub fn database(&self, data: &std::path::Path) -> String {
        self.database_url
            .clone()
            .unwrap_or_else(|| format!("sqlite://{}", data.join("nightfair.db").display()))
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
    /// Bring the schema up to date
    Migrate {
        /// Only tell which steps are still to be taken
        #[arg(long)]
        status: bool,
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

/// How much `bench` does.
#[derive(Args, Clone, Debug)]
pub struct Plan {
    /// Rounds of each measurement
    #[arg(long, default_value_t = 3)]
    pub rounds: usize,
    /// Requests of a round
    #[arg(long, default_value_t = 3000)]
    pub requests: usize,
    /// Write the figures to this file as JSON, too
    #[arg(long)]
    pub json: Option<PathBuf>,
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

fn public_url(text: &str) -> Result<String, String> {
    let uri: axum::http::Uri = text.parse().map_err(|_| "is not an address".to_owned())?;
    match (uri.scheme_str(), uri.host()) {
        (Some("http" | "https"), Some(_)) => Ok(text.trim_end_matches('/').to_owned()),
        _ => Err("must begin with http:// or https:// and name a host".into()),
    }
}
