//! PostgreSQL servers of a test's own, which can be killed, stopped in their tracks, copied to a
//! standby and promoted; and a switch in front of them, as a proxy or a moving address is.
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, Statement,
};
use std::{
    fs,
    net::TcpListener,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio::sync::watch;

/// These tests belong to the half of the suite that has PostgreSQL.
pub fn wanted() -> bool {
    crate::harness::server_url().is_some()
}

/// A program of PostgreSQL.
fn postgres(program: &str) -> Command {
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .unwrap()
        .map(|version| version.unwrap().path())
        .collect();
    versions.sort();
    unprivileged(&versions.pop().unwrap().join("bin").join(program))
}

/// A program that does not run as root.
pub fn unprivileged(path: &Path) -> Command {
    let mut command = if is_root() {
        let mut other = Command::new("setpriv");
        other.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]);
        other.arg(path);
        other
    } else {
        Command::new(path)
    };
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.current_dir("/");
    command
}

fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// A folder of those who do not run as root.
pub fn folder() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    if is_root() {
        done(Command::new("chown").arg("postgres").arg(dir.path()));
    }
    dir
}

pub fn free_port() -> u16 {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    free.local_addr().unwrap().port()
}

#[track_caller]
fn done(command: &mut Command) {
    assert!(command.status().unwrap().success(), "{command:?}");
}

/// A server, running or not; gone with its data when the test is over.
pub struct Server {
    dir: TempDir,
    port: u16,
    running: Option<Child>,
}

impl Server {
    /// A new server that is durable.
    pub async fn start() -> Self {
        let server = Self::empty();
        let data = server.data();
        done(
            postgres("initdb")
                .arg("-D")
                .arg(data)
                .args(["-U", "nightfair", "-A", "trust", "-E", "UTF8"])
                .args(["--locale=C.UTF-8", "-N"]),
        );
        server.started().await
    }

    /// A standby without which nothing is acknowledged from now on.
    pub async fn standby(&self) -> Self {
        let standby = self.standby_through(self.port).await;
        let db = self.connect().await.unwrap();
        for set in [
            "ALTER SYSTEM SET synchronous_standby_names = '*'",
            "SELECT pg_reload_conf()",
        ] {
            db.execute_unprepared(set).await.unwrap();
        }
        follows(&db, "sync_state = 'sync'").await;
        standby
    }

    /// A standby that follows as fast as it can, and nobody waits for it. It hears of this server at
    /// another port, where the way to it can be cut.
    pub async fn standby_through(&self, port: u16) -> Self {
        let (standby, port) = (Self::empty(), port.to_string());
        done(
            postgres("pg_basebackup")
                .arg("-D")
                .arg(standby.data())
                .args(["-h", "127.0.0.1", "-p", &port, "-U", "nightfair"])
                .args(["-R", "-X", "stream", "-c", "fast", "-N"]),
        );
        let standby = standby.started().await;
        follows(&self.connect().await.unwrap(), "state = 'streaming'").await;
        standby
    }

    fn empty() -> Self {
        Self {
            dir: folder(),
            port: free_port(),
            running: None,
        }
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    async fn started(mut self) -> Self {
        self.run().await;
        self
    }

    /// Starts it, after whatever happened to it; returns when it answers.
    pub async fn run(&mut self) {
        let child = postgres("postgres")
            .arg("-D")
            .arg(self.data())
            .arg("-k")
            .arg(self.dir.path())
            .args(["-p", &self.port.to_string()])
            .args(["-c", "listen_addresses=127.0.0.1", "-c", "fsync=on"])
            .args(["-c", "shared_buffers=32MB", "-c", "hot_standby=on"])
            .spawn();
        self.running = Some(child.unwrap());
        let begun = Instant::now();
        while self.connect().await.is_err() {
            assert!(begun.elapsed() < Duration::from_secs(30), "does not start");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub const fn port(&self) -> u16 {
        self.port
    }

    pub fn url(&self) -> String {
        url(self.port)
    }

    async fn connect(&self) -> Result<DatabaseConnection, DbErr> {
        let mut options = ConnectOptions::new(self.url());
        // Who is not there now is asked again soon, by the one who waits.
        options.acquire_timeout(Duration::from_millis(300));
        let db = Database::connect(options).await?;
        let alive = Statement::from_string(DbBackend::Postgres, "SELECT 1");
        db.query_one_raw(alive).await?;
        Ok(db)
    }

    /// The postmaster and all it started.
    pub fn processes(&self) -> Vec<String> {
        let own = self.running.as_ref().unwrap().id().to_string();
        let parent = |stat: String| {
            let rest = stat.rsplit_once(") ")?.1.to_owned();
            rest.split(' ').nth(1).map(str::to_owned)
        };
        let children = fs::read_dir("/proc").unwrap().filter_map(|entry| {
            let path: PathBuf = entry.ok()?.path();
            let stat = fs::read_to_string(path.join("stat")).ok()?;
            let name: &Path = path.file_name()?.as_ref();
            (parent(stat)? == own).then(|| name.display().to_string())
        });
        let mut all: Vec<String> = children.collect();
        all.insert(0, own);
        all
    }

    /// `STOP` and `CONT` make it hang and go on.
    pub fn signal(&self, name: &str) {
        let all = self.processes();
        // One of them may be gone by now.
        drop(
            Command::new("kill")
                .arg(format!("-{name}"))
                .args(all)
                .stderr(Stdio::null())
                .status(),
        );
    }

    /// All its processes end at once, without a word.
    pub fn kill(&mut self) {
        if self.running.is_some() {
            self.signal("KILL");
        }
        if let Some(mut child) = self.running.take() {
            child.wait().unwrap();
        }
    }

    /// A standby becomes the server.
    pub async fn promote(&self) {
        let db = self.connect().await.unwrap();
        let promote = "SELECT pg_promote(true, 20)";
        db.execute_unprepared(promote).await.unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Waits until a server has a standby of that state.
async fn follows(db: &DatabaseConnection, state: &str) {
    let standby = format!("SELECT count(*) FROM pg_stat_replication WHERE {state}");
    let begun = Instant::now();
    while crate::crash::number(db, &standby).await != 1 {
        assert!(begun.elapsed() < Duration::from_secs(10), "no standby");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

pub fn url(port: u16) -> String {
    format!("postgres://nightfair@127.0.0.1:{port}/postgres")
}

/// Leads to one server, and from the moment on that it is moved to another; what was open to the
/// first is cut.
pub struct Switch {
    port: u16,
    target: watch::Sender<u16>,
}

impl Switch {
    pub async fn to(server: &Server) -> Self {
        let door = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = door.local_addr().unwrap().port();
        let target = watch::Sender::new(server.port());
        let switch = Self {
            port,
            target: target.clone(),
        };
        tokio::spawn(async move {
            loop {
                let (near, _) = door.accept().await.unwrap();
                tokio::spawn(lead(near, target.subscribe()));
            }
        });
        switch
    }

    pub fn url(&self) -> String {
        url(self.port)
    }

    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Leads nowhere from now on.
    pub fn cut(&self) {
        self.target.send_replace(0);
    }

    pub fn move_to(&self, server: &Server) {
        self.target.send_replace(server.port());
    }
}

async fn lead(mut near: tokio::net::TcpStream, mut target: watch::Receiver<u16>) {
    let port = *target.borrow_and_update();
    let Ok(mut far) = tokio::net::TcpStream::connect(("127.0.0.1", port)).await else {
        return;
    };
    tokio::select! {
        _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
        _ = target.changed() => {}
    }
}
