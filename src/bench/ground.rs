//! Where the product and the limit keep their rows: files in the folder of the bench, or two schemas
//! of their own in a PostgreSQL database. Never where an office keeps its rows.
use crate::platform::secret;
use anyhow::{Context, Result};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};
use std::path::Path;

pub struct Ground {
    /// Address of the product's database.
    pub product: String,
    /// Address of the limit's database.
    pub limit: String,
    schemas: Option<(DatabaseConnection, [String; 2])>,
}

impl Ground {
    /// `url` is a database in which schemas may be made; without one, or with that of a file, the
    /// rows lie in `folder`.
    pub async fn prepare(folder: &Path, url: Option<&str>) -> Result<Self> {
        let Some(url) = url.filter(|url| !url.starts_with("sqlite:")) else {
            let file = |name| format!("sqlite://{}", folder.join(name).display());
            return Ok(Self {
                product: file("nightfair.db"),
                limit: file("limit.db"),
                schemas: None,
            });
        };
        let mut options = ConnectOptions::new(url);
        options.max_connections(1).sqlx_logging(false);
        let server = Database::connect(options).await?;
        let run = secret::uid();
        let names = ["product", "limit"].map(|side| format!("nightfair_bench_{side}_{run}"));
        // Sent as one, so that both are made or none.
        let sql = names
            .each_ref()
            .map(|name| format!("CREATE SCHEMA \"{name}\";"));
        let made = server.execute_unprepared(&sql.concat()).await;
        made.context("the bench needs a database in which it may make schemas")?;
        let mark = if url.contains('?') { '&' } else { '?' };
        let [product, limit] = names
            .each_ref()
            .map(|name| format!("{url}{mark}options[search_path]={name}"));
        Ok(Self {
            product,
            limit,
            schemas: Some((server, names)),
        })
    }

    pub fn database(&self) -> &'static str {
        match self.schemas {
            Some(_) => "PostgreSQL",
            None => "SQLite, synchronous=FULL",
        }
    }

    /// Takes the schemas away again; the folder goes by itself.
    pub async fn clear(self) -> Result<()> {
        if let Some((server, names)) = self.schemas {
            for name in names {
                let sql = format!("DROP SCHEMA \"{name}\" CASCADE");
                server.execute_unprepared(&sql).await?;
            }
        }
        Ok(())
    }
}
