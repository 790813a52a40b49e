//! Employers: they register, the office looks at their papers, and somebody acts for each.
use super::{Login, Story, Town, store, town};
use crate::{
    account::{Actor, commands as accounts},
    domain::{
        employer::{Decision, EmployerKind, EmployerStatus},
        fault::Faults,
        id::EmployerId,
        role::Role,
        uscc::Uscc,
    },
    employer::{
        commands::{self, Register, Uploads},
        form::{self, CALL, Review, Typed},
    },
    platform::{once::Once, qr, secret},
};
use anyhow::{Context, Result, anyhow};
use chrono::{DateTime, TimeDelta, Utc};
use std::ops::Range;

const AT_THE_MARKET: &str = include_str!("companies.txt");
const WAITING: &str = include_str!("waiting.txt");

/// An employer of the story.
pub struct Firm {
    pub id: EmployerId,
    pub name: String,
    pub kind: EmployerKind,
    pub address: String,
    /// Who acts for it.
    pub actor: Actor,
    pub jobs: Vec<Job>,
    /// Interests in its jobs are passed on at once; so of the one whose part a visitor plays.
    pub trusting: bool,
}

/// 岗位, as `companies.txt` writes it.
#[derive(Clone, Debug)]
pub struct Job {
    pub title: &'static str,
    pub occupation: &'static str,
    pub headcount: &'static str,
    pub pay: (&'static str, &'static str),
    pub unit: &'static str,
    pub education: &'static str,
    pub experience: &'static str,
    pub contract: &'static str,
    pub duties: &'static str,
}

struct Entry {
    name: &'static str,
    kind: &'static str,
    industry: &'static str,
    scale: &'static str,
    intro: &'static str,
    rest: Vec<&'static str>,
    jobs: Vec<Job>,
}

fn read(text: &'static str) -> Result<Vec<Entry>> {
    let mut entries: Vec<Entry> = Vec::new();
    for line in text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        let broken = || anyhow!("not a line of the demo's data: {line}");
        let cells: Vec<_> = line
            .trim_start_matches('=')
            .split('|')
            .map(str::trim)
            .collect();
        match (line.starts_with('='), cells.as_slice()) {
            (true, [name, kind, industry, scale, intro, rest @ ..]) => entries.push(Entry {
                name,
                kind,
                industry,
                scale,
                intro,
                rest: rest.to_vec(),
                jobs: Vec::new(),
            }),
            (
                false,
                [
                    title,
                    occupation,
                    headcount,
                    pay,
                    unit,
                    education,
                    experience,
                    contract,
                    duties,
                ],
            ) => {
                let entry = entries.last_mut().ok_or_else(broken)?;
                entry.jobs.push(Job {
                    title,
                    occupation,
                    headcount,
                    pay: pay.split_once('-').ok_or_else(broken)?,
                    unit,
                    education,
                    experience,
                    contract,
                    duties,
                });
            }
            _ => return Err(broken()),
        }
    }
    Ok(entries)
}

const STREETS: [&str; 6] = [
    "星光路",
    "柳荫巷",
    "河滩南街",
    "槐树巷",
    "驿站路",
    "晴谷大道",
];

/// Where the `n`th employer is.
fn address(n: usize) -> String {
    format!("星汉市{}{}号", STREETS[n % STREETS.len()], 8 + 7 * n)
}

/// A number that no network has been given: 154 is not among the prefixes of the ministry's table
/// 《我国公众移动通信网网号及H₀分配情况》(2023-03), so none of these can ring.
pub fn silent_number(n: usize) -> String {
    // Spread, so that the last four digits differ from one to the next; 48271 has no divisor with
    // a power of ten, so no two come out the same.
    format!("154{:08}", (n * 48_271 + 1_357) % 100_000_000)
}

/// A code with right check characters in a district that does not exist (6299 is no division).
fn uscc(kind: &str, n: usize) -> Result<Uscc> {
    let register = match kind {
        "sole_trader" => "92",
        "private_nonprofit" => "52",
        "social_organisation" => "51",
        _ => "91",
    };
    let fits = "0123456789X".chars().find_map(|check| {
        let code = Uscc::with_check(&format!("{register}629900MAD{n:05}{check}")).ok()?;
        code.inner_fits().then_some(code)
    });
    fits.context("no code fits")
}

fn details(entry: &Entry, n: usize, contact: &str) -> Result<form::Details> {
    let typed = Typed {
        name: entry.name.into(),
        uscc: uscc(entry.kind, n)?.into_string(),
        kind: entry.kind.into(),
        industry: entry.industry.into(),
        scale: entry.scale.into(),
        address: address(n),
        permit_no: match entry.kind {
            "hr_agency" => format!("（演）人服证字〔2025〕第{n:03}号"),
            _ => String::new(),
        },
        intro: entry.intro.into(),
        contact_name: contact.into(),
        contact_phone: silent_number(90_000_000 + n),
        ..Typed::default()
    };
    let mut faults = Faults::new();
    let details = form::details(&typed, &CALL, &mut faults);
    Ok(faults.into_result(details)?)
}

/// Employers register, the office looks at their papers, and each gets its account.
pub async fn arrive(story: &mut Story, town: &mut Town, which: Range<usize>) -> Result<Vec<Firm>> {
    let mut firms = Vec::new();
    let entries = read(AT_THE_MARKET)?.into_iter().enumerate();
    for (n, entry) in entries.skip(which.start).take(which.len()) {
        let id = register(story, &entry, n).await?;
        review(story, town, id, Decision::Approve, None).await?;
        firms.push((n, id, entry));
    }
    staffed(story, town, firms).await
}

/// The latecomers of an evening: waiting, sent back, refused.
pub async fn latecomers(story: &mut Story, town: &Town) -> Result<()> {
    for (n, entry) in (100..).zip(read(WAITING)?) {
        let id = register(story, &entry, n).await?;
        let reason = entry.rest.get(1).map(|reason| (*reason).to_owned());
        let decision = match entry.rest.first() {
            Some(&"return") => Decision::Return,
            Some(&"reject") => Decision::Reject,
            _ => continue,
        };
        review(story, town, id, decision, reason).await?;
    }
    Ok(())
}

async fn register(story: &mut Story, entry: &Entry, n: usize) -> Result<EmployerId> {
    let contact = super::crowd::name(&mut story.chance);
    let details = details(entry, n, &contact).with_context(|| entry.name.to_owned())?;
    let licence = qr::png(&format!("NIGHTFAIR DEMO LICENCE {}", details.uscc), 6)?;
    let new = Register {
        details,
        uploads: Uploads {
            licence: Some(licence),
            authority: None,
        },
        promised: true,
        source: None,
        entry: None,
    };
    let done = commands::register(&story.app, story.office(), new, Once::unkeyed()).await?;
    Ok(done.value)
}

async fn review(
    story: &Story,
    town: &Town,
    id: EmployerId,
    decision: Decision,
    reason: Option<String>,
) -> Result<()> {
    let review = Review { decision, reason };
    Ok(commands::review(&story.app, town.staff.officer.clone(), id, review).await?)
}

/// Opens an account for each; a visitor plays the first employer.
async fn staffed(
    story: &Story,
    town: &mut Town,
    firms: Vec<(usize, EmployerId, Entry)>,
) -> Result<Vec<Firm>> {
    let crew = firms.iter().map(|(n, id, entry)| accounts::Add {
        login: login(*n),
        name: entry.name.into(),
        role: Role::Employer,
        unit: None,
        employer: Some(*id),
        // As the others nobody signs in before the office gives them a password.
        password: secret::one_time_password(),
        must_change: false,
    });
    let crew: Vec<_> = crew.collect();
    let visitor = crew
        .first()
        .map(|add| (add.login.clone(), add.password.clone()));
    let opened = town::employ(story, crew).await?;
    if let (Some((login, password)), Some(account)) = (visitor, opened.first())
        && login == town::EMPLOYER
    {
        let token = accounts::add_token(&story.app, *account, "演示".into()).await?;
        town.logins.push(Login {
            login,
            password,
            role: Role::Employer.code(),
            unit: String::new(),
            token,
        });
    }
    firms
        .into_iter()
        .zip(opened)
        .map(|((n, id, entry), account)| {
            Ok(Firm {
                actor: acting(story, id, account, entry.name),
                name: entry.name.into(),
                kind: EmployerKind::parse(entry.kind).map_err(|fault| anyhow!("{fault}"))?,
                address: address(n),
                jobs: entry.jobs,
                trusting: n == 0,
                id,
            })
        })
        .collect()
}

fn login(n: usize) -> String {
    match n {
        0 => town::EMPLOYER.into(),
        n => format!("{}{n}", town::EMPLOYER),
    }
}

fn acting(
    story: &Story,
    id: EmployerId,
    account: crate::domain::id::AccountId,
    name: &str,
) -> Actor {
    Actor {
        employer: Some(id),
        ..super::actor(story.office(), Role::Employer, account, None, name)
    }
}

/// Employers of an evening before, their papers checked again when that was long ago.
pub async fn known(story: &Story, town: &Town) -> Result<Vec<Firm>> {
    let rows = store::employers(story.app.db.read(), story.office()).await?;
    let long_ago = story.now - TimeDelta::days(90);
    let mut firms = Vec::new();
    for (n, entry) in read(AT_THE_MARKET)?.into_iter().enumerate() {
        let found = rows.iter().find(|(row, _)| row.name == entry.name);
        let Some((row, Some(account))) = found else {
            continue;
        };
        if row.status != EmployerStatus::Approved {
            continue;
        }
        if row
            .verified_at
            .is_none_or(|at: DateTime<Utc>| at < long_ago)
        {
            review(story, town, row.id, Decision::Approve, None).await?;
        }
        firms.push(Firm {
            actor: acting(story, row.id, *account, entry.name),
            id: row.id,
            name: row.name.clone(),
            kind: row.kind,
            address: address(n),
            jobs: entry.jobs,
            trusting: n == 0,
        });
    }
    Ok(firms)
}
