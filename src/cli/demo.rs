//! `nightfair demo`: a folder with a living evening, served. It is loaded beside its place and moved
//! there when it is whole, so that a folder is a demo or is none.
use super::{alone, assemble, bind, keep_house, print, public_url};
use crate::{
    config::{Common, Listening},
    demo::{self, Login, StoryClock, Told},
    domain::moment,
    error::AppError,
    fair,
    platform::{
        App,
        clock::{Clock, SystemClock},
        db::Db,
        qr,
        secret::Keys,
    },
    seeker::ticket::short_address,
    server,
};
use anyhow::{Context, Result, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::{
    fs,
    io::{IsTerminal, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

/// What stands in `logins.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Logins {
    pub base_url: String,
    /// Short name of tonight's fair.
    pub fair: String,
    pub users: Vec<Login>,
}

const FOLDER: &str = "nightfair-demo";
const LOGINS: &str = "logins.json";

pub async fn run(common: &Common, listening: &Listening, seekers: usize) -> Result<()> {
    ensure!(
        common.database_url.is_none(),
        "--database-url: the demo keeps its data in its own folder"
    );
    let data = common.data(FOLDER);
    let listener = bind(listening)?;
    let public_url = public_url(common, listening, &listener)?;
    let now = SystemClock.now();
    let prepared = prepare(common, &data, &public_url, now, seekers).await?;
    let app = super::open(common, &data, &public_url, true).await?;
    print(&welcome(&app, &data, &prepared).await?)?;
    super::leave_when_asked(&app, listening)?;
    print(&format!("Nightfair serves {public_url}"))?;
    tokio::spawn(keep_house(app.clone()));
    let served = server::serve(app, listener, listening).await;
    drop(prepared);
    served
}

/// Looks whether the folder can be a demo, before anything is opened.
fn ready(data: &Path) -> Result<Found> {
    if data.join(LOGINS).is_file() {
        return Ok(Found::Demo);
    }
    let taken = fs::read_dir(data).is_ok_and(|mut inside| inside.next().is_some());
    ensure!(
        !taken,
        "--data: {} holds something that is no demo; name another folder",
        data.display()
    );
    Ok(Found::Nothing)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    Demo,
    Nothing,
}

/// A demo that is ready to be served, and the lock that keeps other programs out of its folder.
pub struct Prepared {
    pub told: Told,
    pub logins: Logins,
    pub lock: Option<fs::File>,
}

/// Loads the demo, or goes on with the one that is there; an evening is on afterwards.
///
/// # Errors
/// When the folder holds something else or is served already.
pub async fn prepare(
    common: &Common,
    data: &Path,
    public_url: &str,
    now: DateTime<Utc>,
    seekers: usize,
) -> Result<Prepared> {
    let found = ready(data)?;
    let folder = match found {
        Found::Demo => data.to_owned(),
        Found::Nothing => beside(data),
    };
    let lock = alone(common, &folder)?;
    let told = match found {
        Found::Demo => {
            let clock = StoryClock::new(DateTime::UNIX_EPOCH);
            let app = open_at(&folder, &clock, public_url).await?;
            let told = demo::go_on(&app, &clock, now, seekers).await;
            told.map_err(explained)?
        }
        Found::Nothing => {
            clear(&folder)?;
            let clock = StoryClock::new(now - TimeDelta::days(366));
            let app = open_at(&folder, &clock, public_url).await?;
            let told = demo::load(&app, &clock, now, seekers).await;
            told.map_err(explained)?
        }
    };
    let users = match found {
        Found::Demo => read(data)?.users,
        Found::Nothing => told.logins.clone(),
    };
    let logins = Logins {
        base_url: public_url.to_owned(),
        fair: told.fair.clone(),
        users,
    };
    write(&folder, &logins)?;
    if found == Found::Nothing {
        // An empty folder gives way to one that is renamed onto it.
        fs::rename(&folder, data)
            .with_context(|| format!("--data: cannot make {}", data.display()))?;
    }
    Ok(Prepared { told, logins, lock })
}

/// Says at which field the product refused a step: such a story is wrong and must be mended.
fn explained(error: anyhow::Error) -> anyhow::Error {
    let refused = error
        .chain()
        .find_map(|cause| cause.downcast_ref::<AppError>());
    match refused.map(|refused| format!("{refused:?}")) {
        Some(refused) => error.context(refused),
        None => error,
    }
}

/// Where a demo is loaded before it is whole.
fn beside(data: &Path) -> PathBuf {
    let mut name = data.file_name().unwrap_or_default().to_owned();
    name.push(".loading");
    data.with_file_name(name)
}

/// Takes away what a loading that was broken off left; the lock is ours.
fn clear(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path
            .file_name()
            .is_some_and(|name| name == "nightfair.lock")
        {
            continue;
        }
        if path.is_dir() {
            fs::remove_dir_all(&path)?;
        } else {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

async fn open_at(folder: &Path, clock: &StoryClock, public_url: &str) -> Result<App> {
    let keys = Keys::load_or_create(folder).context("--data")?;
    let url = format!("sqlite://{}", folder.join("nightfair.db").display());
    let db = Db::open(&url, Arc::new(clock.clone()), true).await?;
    assemble(db, keys, folder, public_url, Vec::new()).await
}

fn read(data: &Path) -> Result<Logins> {
    let path = data.join(LOGINS);
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    serde_json::from_str(&text).with_context(|| path.display().to_string())
}

/// Passwords and tokens: for the eyes of whoever started the demo.
fn write(folder: &Path, logins: &Logins) -> Result<()> {
    let new = folder.join("logins.json.new");
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)
        .with_context(|| new.display().to_string())?;
    file.write_all(serde_json::to_string_pretty(logins)?.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    fs::rename(&new, folder.join(LOGINS))?;
    Ok(())
}

/// The lines that tell a visitor where to go.
async fn welcome(app: &App, data: &Path, ready: &Prepared) -> Result<String> {
    let (base, slug) = (&ready.logins.base_url, &ready.told.fair);
    let fair = fair::store::find(app.db.read(), app.settings.office, slug).await?;
    let within = demo::within(app, fair.id).await?;
    let poster = format!("/R/{}", ready.told.poster);
    let mut lines = vec![
        code(&short_address(base, &poster))?,
        format!(
            "{} {}–{}",
            fair.title,
            moment::clock(fair.starts_at),
            moment::clock(fair.ends_at)
        ),
        String::new(),
        line("公开页 public", &format!("{base}/f/{slug}"), ""),
        line("海报登记 poster", &format!("{base}{poster}"), "↑ QR"),
    ];
    let offered = "有录用待答复 an offer to answer";
    for (who, path, note) in [
        ("入场券 ticket", within.ticket, offered),
        ("摊位码 booth", within.booth, ""),
        ("大屏 big screen", Some(format!("/f/{slug}/screen")), ""),
    ] {
        lines.extend(path.map(|path| line(who, &format!("{base}{path}"), note)));
    }
    let desk = demo::at_the_desk(app).await?;
    lines.extend(public_desk(base, &desk));
    for (login, who, path) in DOORS {
        let user = ready.logins.users.iter().find(|user| user.login == *login);
        let Some(user) = user else { continue };
        let path = path.replace("{fair}", slug);
        let sign = format!("{} / {}", user.login, user.password);
        lines.push(line(who, &format!("{base}{path}"), &sign));
    }
    lines.push(String::new());
    lines.extend(tales(base, &desk));
    lines.push(String::new());
    lines.push(format!(
        "登录 sign in: {base}/sign-in    十三种身份的账号和令牌 all thirteen roles, with API tokens: {}",
        data.join(LOGINS).display()
    ));
    if let Some(host) = base.strip_prefix("http://")
        && (host.starts_with("127.") || host.starts_with("localhost"))
    {
        lines.push(
            "同一网络的手机 phones on the same network: --listen 0.0.0.0:8080 --public-url http://ADDRESS:8080"
                .into(),
        );
    }
    Ok(lines.join("\n"))
}

/// Pages of the desk that everybody may open.
fn public_desk(base: &str, desk: &demo::AtTheDesk) -> Vec<String> {
    let asked = "请您评一评 a rating is asked for";
    let pages = [
        ("居民报事 banner", desk.banner.as_deref(), ""),
        ("居民评价 opinion", desk.key.as_deref(), asked),
        ("办公桌排班 desk", Some("/desk"), ""),
        ("考评 figures", Some("/figures"), ""),
    ];
    let there = pages
        .into_iter()
        .filter_map(|(who, path, note)| path.map(|path| (who, path, note)));
    there
        .map(|(who, path, note)| line(who, &format!("{base}{path}"), note))
        .collect()
}

/// The four cases that are told whole.
fn tales(base: &str, desk: &demo::AtTheDesk) -> Vec<String> {
    let told = desk
        .tales
        .iter()
        .map(|(title, number)| line("", &format!("{base}/cases/{number}"), title));
    ["四个故事（用 secretary 登录看） four stories, signed in as secretary:".to_owned()]
        .into_iter()
        .chain(told)
        .collect()
}

/// A terminal may be light on dark, and a scanner wants dark on light: so the colours are told.
fn code(text: &str) -> Result<String> {
    let code = qr::terminal(text)?;
    if !std::io::stdout().is_terminal() {
        return Ok(code);
    }
    let painted = code
        .lines()
        .map(|line| format!("\x1b[30;107m{line}\x1b[0m"));
    Ok(painted.collect::<Vec<_>>().join("\n"))
}

/// One address in columns; Han characters are two cells wide.
fn line(who: &str, address: &str, note: &str) -> String {
    let cells: usize = who.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
    let gap = " ".repeat(24_usize.saturating_sub(cells).max(1));
    format!("  {who}{gap}{address:<62}  {note}")
        .trim_end()
        .to_owned()
}

/// Login, who it is, the page to begin with.
const DOORS: &[(&str, &str, &str)] = &[
    ("gate", "入场核验 gate", "/gate/{fair}"),
    ("employer", "用人单位 employer", "/employer"),
    ("officer", "就业专员 officer", "/office"),
    ("officer", "对接 matches", "/office/matches"),
    ("officer", "统计 tally", "/office/fairs/{fair}/tally"),
    ("clerk", "受理登记 intake", "/office/intake"),
    ("handler", "经办台账 handler", "/cases"),
    ("secretary", "台账 ledger", "/cases"),
    ("secretary", "考评 figures", "/office/figures"),
    ("admin", "街道管理员 admin", "/office"),
];
