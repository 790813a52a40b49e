//! What every handler can reach.
use super::{
    db::Db,
    files::Files,
    kept::Kept,
    limit::Limits,
    live::Live,
    metrics::Metrics,
    ready::Ready,
    secret::{Keys, Passwords},
    sign::Sign,
    spool::Spool,
};
use crate::domain::id::OfficeId;
use std::{ops::Deref, sync::Arc};
use tokio_util::sync::CancellationToken;

/// Handed to every layer and handler of every request: one count is raised for it, and not one for
/// each of its members.
#[derive(Clone)]
pub struct App(Arc<Shared>);

impl From<Shared> for App {
    fn from(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }
}

impl Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// The members of an [`App`].
pub struct Shared {
    pub db: Db,
    pub keys: Keys,
    pub passwords: Passwords,
    pub templates: Arc<minijinja::Environment<'static>>,
    pub sign: Sign,
    pub files: Files,
    /// Where messages to the outside are laid down.
    pub spool: Spool,
    pub live: Live,
    /// What the program counts about itself.
    pub metrics: Metrics,
    /// Public pages kept in memory.
    pub ready: Ready,
    /// Counts that hold until something changes.
    pub kept: Kept,
    pub settings: Arc<Settings>,
    pub limits: Limits,
    /// Cancelled when the program is asked to stop and serves on for a while: no new visitors.
    pub leaving: CancellationToken,
    /// Cancelled when the program stops; open streams end with it.
    pub stop: CancellationToken,
}

/// What one running program was told.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Scheme and host that QR codes and links carry, without a slash at the end.
    pub public_url: String,
    /// The office this program serves.
    pub office: OfficeId,
}

impl Settings {
    /// Whether browsers reach the program over TLS: then cookies are `Secure` and `__Host-`.
    pub fn secure(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    /// Whether browsers trust the connection: over TLS, or because it ends on their own machine.
    pub fn trusted(&self) -> bool {
        let host = self.public_url.strip_prefix("http://").unwrap_or_default();
        let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
        self.secure() || ["localhost", "127.0.0.1", "[::1]"].contains(&host)
    }
}
