//! The disk is full under the serving program: whoever writes is told to come again, in words,
//! reading goes on, nothing is half-written, and with room again everything goes on by itself.
use crate::{
    crash::number,
    harness::{TestApp, server_url},
    wire::{Heard, Office, SLUG, Wire, person},
};
use nightfair::error::AppResult;
use sea_orm::ConnectionTrait;
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant, SystemTime},
};

/// Who was answered before and while the disk was full.
#[derive(Default)]
struct Seen {
    tickets: Vec<Value>,
    /// Registrations that were refused, by their number.
    refused: Vec<usize>,
}

async fn register(wire: &mut Wire, n: usize) -> Heard {
    let (path, key) = (format!("/fairs/{SLUG}/registrations"), format!("full-{n}"));
    wire.post_once(&path, &key, &person(n)).await.unwrap()
}

impl Seen {
    async fn try_one(&mut self, wire: &mut Wire, n: usize) {
        let begun = Instant::now();
        let heard = register(wire, n).await;
        assert!(begun.elapsed() < Duration::from_secs(5));
        if heard.status == 503 {
            assert!(heard.retry_after && heard.code() == "unavailable");
            self.refused.push(n);
        } else {
            self.tickets.push(heard.expect(201)["ticket"].clone());
        }
    }
}

/// What a person in front of a form is told.
fn form_is_refused(office: &Office) -> bool {
    let named = person(99_999);
    let phone = named["phone"].as_str().unwrap();
    let form = [
        ("name", "王小明"),
        ("phone", phone),
        ("wanted", "客服"),
        ("consent", "yes"),
    ];
    let (status, page) = office.serving.post(&format!("/f/{SLUG}/register"), &form);
    assert!(status < 500 || status == 503, "{status} {page}");
    if status == 503 {
        let head = page.split("\r\n\r\n").next().unwrap().to_lowercase();
        assert!(head.contains("retry-after: 2"), "{head}");
        assert!(page.contains("系统正忙") && page.contains("已确认的内容不会丢失"));
    }
    status == 503
}

/// `fill` takes the room away, `free` gives it back.
async fn goes_on(office: Office, fill: impl FnOnce(&Office), free: impl FnOnce(&Office)) {
    let mut wire = office.wire().await;
    let (mut seen, mut n) = (Seen::default(), 0);
    while n < 10 {
        seen.try_one(&mut wire, n).await;
        n += 1;
    }
    assert!(seen.refused.is_empty());
    fill(&office);
    // What the log still has room for is taken in.
    while seen.refused.len() < 10 {
        seen.try_one(&mut wire, n).await;
        n += 1;
        assert!(n < 3000, "the disk is not full");
    }
    // What takes less room than those before may still fit.
    let fitted = usize::from(!form_is_refused(&office));
    for path in ["/healthz", "/f/starlight", "/f/starlight/map", "/sign-in"] {
        assert_eq!(office.serving.get(path).0, 200, "{path}");
    }
    let there = wire.get(&format!("/fairs/{SLUG}")).await.unwrap();
    let registered = seen.tickets.len() + fitted;
    assert_eq!(there.expect(200)["registered"], registered);
    free(&office);
    let begun = Instant::now();
    for n in std::mem::take(&mut seen.refused) {
        seen.try_one(&mut wire, n).await;
    }
    assert!(seen.refused.is_empty(), "not back");
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert!(!form_is_refused(&office));
    for ticket in &seen.tickets {
        let path = format!("/tickets/{}", ticket["secret"].as_str().unwrap());
        let there = wire.get(&path).await.unwrap();
        assert_eq!(there.expect(200)["code"], ticket["code"]);
    }
    assert_eq!(office.serving.stop(), 0);
    crate::crash::whole(&office.told).await;
    let db = office.told.look().await;
    let rows = number(&db, "SELECT count(*) FROM registrations").await;
    assert!(usize::try_from(rows).unwrap() >= seen.tickets.len());
    db.close().await.unwrap();
}

/// A disk of a few megabytes; `None`, with the reason, where none may be mounted.
struct Disk(PathBuf);

impl Disk {
    fn mount(at: PathBuf) -> Option<Self> {
        fs::create_dir(&at).unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=24m", "nightfair-test"])
            .arg(&at)
            .output();
        match mount {
            Ok(done) if done.status.success() => Some(Self(at)),
            Ok(done) => {
                let why = String::from_utf8_lossy(&done.stderr).into_owned();
                eprintln!("NOT TRIED, no small disk: {why}");
                None
            }
            Err(error) => {
                eprintln!("NOT TRIED, no small disk: {error}");
                None
            }
        }
    }

    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }

    /// Until not one byte more goes in.
    fn fill(&self) {
        let mut file = File::create(self.ballast()).unwrap();
        let mut size = 1 << 20;
        while size > 0 {
            if file.write_all(&vec![7; size]).is_err() {
                size /= 2;
            }
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.0).status());
    }
}

async fn embedded(data: &Path) -> Office {
    fs::create_dir(data).unwrap();
    let office = Office::embedded(data);
    office.open_fair(SLUG, 90_000, "A 1-2").await;
    office
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_said_and_got_over() {
    if server_url().is_some() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::mount(dir.path().join("disk")) else {
        return;
    };
    let office = embedded(&disk.0.join("data")).await;
    let free = |_: &Office| fs::remove_file(disk.ballast()).unwrap();
    goes_on(office, |_| disk.fill(), free).await;
}

/// How large a file may become from now on, for the running program.
fn limit(office: &Office, most: &str) {
    let done = Command::new("prlimit")
        .args(["--pid", &office.serving.id().to_string()])
        .arg(format!("--fsize={most}:unlimited"))
        .status();
    assert!(done.unwrap().success());
}

/// Without the right to mount anything: a limit on the size of files, as a quota is.
#[tokio::test(flavor = "multi_thread")]
async fn a_limit_on_files_is_said_and_got_over() {
    if server_url().is_some() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut office = embedded(&data).await;
    assert_eq!(office.serving.stop(), 0);
    // A shell hands on that this signal is ignored; a full disk sends none.
    let mut shell = Command::new("sh");
    shell.args(["-c", r#"trap "" XFSZ; exec "$@""#, "sh"]);
    office.serving = office.told.serve_under(shell);
    let fill = |office: &Office| {
        let log = office.told.data.join("nightfair.db-wal");
        let larger = fs::metadata(office.told.data.join("nightfair.db")).unwrap();
        let most = fs::metadata(log).unwrap().len().max(larger.len());
        limit(office, &most.to_string());
    };
    goes_on(office, fill, |office| limit(office, "unlimited")).await;
}

/// Where the log is written to there is no room: every line is lost, and nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_without_room_holds_up_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let mut office = Office::anywhere(dir.path()).await;
    office.open_fair(SLUG, 100, "A 1-2").await;
    assert_eq!(office.serving.stop(), 0);
    let mut shell = Command::new("sh");
    shell.args(["-c", r#"exec "$@" 2>/dev/full"#, "sh"]);
    shell.env("NIGHTFAIR_LOG", "trace");
    office.serving = office.told.serve_under(shell);
    let mut wire = office.stranger().await;
    for n in 1..4 {
        register(&mut wire, n).await.expect(201);
    }
    let page = format!("/f/{SLUG}");
    for (path, status) in [(page.as_str(), 200), ("/nowhere", 404), ("/cases", 303)] {
        assert_eq!(office.serving.get(path).0, status, "{path}");
    }
    assert_eq!(office.serving.stop(), 0);
}

/// A picture for which there is no room is refused as a whole.
#[tokio::test]
async fn a_picture_without_room_leaves_nothing() {
    if server_url().is_some() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::mount(dir.path().join("disk")) else {
        return;
    };
    let files = nightfair::platform::files::Files::new(&disk.0).unwrap();
    let mut picture = std::io::Cursor::new(Vec::new());
    let drawn = image::RgbImage::from_fn(400, 400, |x, y| {
        let shade = |n: u32| u8::try_from(n % 256).unwrap();
        image::Rgb([shade(x), shade(y), shade(x * y)])
    });
    drawn
        .write_to(&mut picture, image::ImageFormat::Png)
        .unwrap();
    let picture = picture.into_inner();
    disk.fill();
    let refused = files.keep_picture(picture.clone()).await.err().unwrap();
    let answer = axum::response::IntoResponse::into_response(refused);
    assert_eq!(answer.status(), 503);
    assert_eq!(fs::read_dir(disk.0.join("files")).unwrap().count(), 0);
    fs::remove_file(disk.ballast()).unwrap();
    assert!(files.keep_picture(picture).await.is_ok());
    assert_eq!(fs::read_dir(disk.0.join("files")).unwrap().count(), 1);
}

/// A picture is kept before the form that brought it is looked at: one that was refused leaves it
/// without a row.
#[tokio::test]
async fn a_picture_that_no_row_names_goes_after_a_day() {
    let app = TestApp::start().await;
    let office = app.app.settings.office;
    let files = app.dir.path().join("files");
    let names = || -> BTreeSet<_> {
        let entries = fs::read_dir(&files).unwrap();
        entries.map(|entry| entry.unwrap().file_name()).collect()
    };
    let picture = nightfair::platform::qr::png("https://fair.test", 4).unwrap();
    let keep = || async { app.app.files.keep_picture(picture.clone()).await.unwrap() };
    let named = keep().await;
    let write = app.app.db.write(move |tx| async move {
        nightfair::platform::files::attach(&tx, office, "paper", None, named).await
    });
    write.await.unwrap();
    let kept = names();
    let forgotten = keep().await;
    let (db, all) = (app.app.db.read(), names());
    assert_eq!((kept.len(), all.len()), (1, 2));
    drop(forgotten);
    assert_eq!(app.app.files.sweep(db).await.unwrap(), 0);
    for name in &all {
        let file = File::options().write(true).open(files.join(name)).unwrap();
        let yesterday = SystemTime::now() - Duration::from_hours(25);
        file.set_modified(yesterday).unwrap();
    }
    assert_eq!(app.app.files.sweep(db).await.unwrap(), 1);
    assert_eq!(names(), kept);
}

/// Who holds the only writer for too long is told to come again, and holds up nobody after him.
#[tokio::test]
async fn a_write_that_takes_too_long_is_given_up_and_the_next_one_stands() {
    if server_url().is_some() {
        return;
    }
    let app = TestApp::start().await;
    let db = &app.app.db;
    let endless = db.write(|tx| async move {
        let renamed = "UPDATE offices SET name = name || 'A'";
        tx.conn().execute_unprepared(renamed).await?;
        std::future::pending::<AppResult<()>>().await
    });
    let next = db.write(|tx| async move {
        let renamed = "UPDATE offices SET name = name || 'B'";
        tx.conn().execute_unprepared(renamed).await?;
        Ok(())
    });
    let (given_up, stood) = tokio::join!(endless, next);
    let refused = axum::response::IntoResponse::into_response(given_up.err().unwrap());
    assert_eq!(refused.status(), 503);
    stood.unwrap();
    let there = |end: &str| format!("SELECT count(*) FROM offices WHERE name LIKE '%{end}'");
    assert_eq!(number(db.read(), &there("AB")).await, 0);
    assert_eq!(number(db.read(), &there("B")).await, 1);
}
