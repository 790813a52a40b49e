//! 演示: a living evening made through the product's own commands, in the order in which it would
//! have happened.
//!
//! Nothing here is anybody's: names, companies and the town 星汉市 are made up, telephone numbers
//! come from a range that no network has been given. A clock that the story moves gives every event
//! the time at which it plausibly happened; the same seed tells the same story again.
mod chance;
mod clock;
mod company;
mod crowd;
mod evening;
mod ladder;
mod line;
mod plot;
mod service;
mod stage;
mod store;
mod town;

pub use clock::StoryClock;
pub use service::{ALLEY, AtTheDesk, CANTEEN, HANDOVER, RAILING, within as at_the_desk};
pub use town::Login;

use self::{chance::Chance, company::Firm, crowd::Crowd, service::Bureau};
use crate::{
    account::Actor,
    domain::{
        case::{Stage, Step},
        id::{AccountId, AreaId, FairId, OfficeId, UnitId},
        role::Role,
    },
    error::AppResult,
    matching::store as matches,
    platform::{App, clock::Clock},
    seeker::ticket,
};
use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::{BoxFuture, join_all};

/// Commands that share one commit.
const TOGETHER: usize = 32;

/// What a loaded demo has to tell.
#[derive(Clone, Debug)]
pub struct Told {
    /// Short name of tonight's fair.
    pub fair: String,
    /// Code of the poster whose QR is shown.
    pub poster: String,
    /// One for each role; empty when the accounts were there before.
    pub logins: Vec<Login>,
}

/// Pages in the middle of tonight's story that a visitor may want to begin with.
#[derive(Clone, Debug)]
pub struct Within {
    /// The booth of the employer whose part a visitor plays.
    pub booth: Option<String>,
    /// The ticket of somebody who has an offer to answer.
    pub ticket: Option<String>,
}

/// Looks for such pages; what a visitor has finished already is gone.
///
/// # Errors
/// When the database does not answer.
pub async fn within(app: &App, fair: FairId) -> AppResult<Within> {
    let (db, office) = (app.db.read(), app.settings.office);
    let stand = store::stand_of(db, office, fair, town::EMPLOYER).await?;
    let wanted = matches::Wanted {
        fair: Some(fair),
        stages: vec![Stage::Handling],
        steps: vec![Step::Offered],
        ..matches::Wanted::default()
    };
    let offered = matches::list(db, office, &wanted, None, 60).await?;
    // Best of all from the employer that the visitor can answer for.
    let own = |found: &&matches::Found| {
        stand
            .as_ref()
            .is_some_and(|stand| stand.employer_id == found.row.employer_id)
    };
    let offer = offered.iter().find(own).or_else(|| offered.first());
    let ticket = match offer {
        Some(found) => Some(ticket::base(app, found.row.registration_id).await?),
        None => None,
    };
    Ok(Within {
        booth: stand.map(|stand| format!("/B/{}", stand.code)),
        ticket,
    })
}

/// The story while it is being told.
pub(crate) struct Story {
    app: App,
    clock: StoryClock,
    chance: Chance,
    /// When the telling ends and the visitor begins.
    now: DateTime<Utc>,
}

type Job<T> = (DateTime<Utc>, BoxFuture<'static, AppResult<T>>);

impl Story {
    fn office(&self) -> OfficeId {
        self.app.settings.office
    }

    /// Runs commands that happen at their times, many in one commit.
    async fn together<T>(&self, jobs: Vec<Job<T>>) -> AppResult<Vec<T>> {
        let mut done = Vec::with_capacity(jobs.len());
        let mut jobs = jobs.into_iter().peekable();
        while jobs.peek().is_some() {
            let (times, work): (Vec<_>, Vec<_>) = jobs.by_ref().take(TOGETHER).unzip();
            self.clock.plan(times);
            for one in join_all(work).await {
                done.push(one?);
            }
        }
        Ok(done)
    }
}

/// The staff who act in the story.
#[derive(Clone)]
pub(crate) struct Staff {
    admin: Actor,
    officer: Actor,
    steward: Actor,
    clerk: Actor,
}

fn actor(
    office: OfficeId,
    role: Role,
    account: AccountId,
    unit: Option<UnitId>,
    name: &str,
) -> Actor {
    Actor {
        account,
        office,
        unit,
        employer: None,
        role,
        leader: false,
        name: name.to_owned(),
    }
}

/// Loads the demo into an empty installation; `seekers` register for tonight.
///
/// # Errors
/// When the product refuses a step of the story: then the story or the product is wrong.
pub async fn load(
    app: &App,
    clock: &StoryClock,
    now: DateTime<Utc>,
    seekers: usize,
) -> Result<Told> {
    let mut story = Story {
        app: app.clone(),
        clock: clock.clone(),
        chance: Chance::seeded(1),
        now,
    };
    clock.set(now - TimeDelta::days(140));
    let mut town = town::found(&story).await.context("the town")?;
    let mut firms = company::arrive(&mut story, &mut town, 0..EARLY).await?;
    let mut desk = service::found(&story).await.context("the desk")?;
    let mut crowd = Crowd::default();
    let first = stage::earlier(now, seekers);
    let tonight = stage::tonight(now, seekers, 1, None);
    let evening = evening::prepare(&mut story, &town, &firms, first).await;
    let evening = evening.context("the earlier evening")?;
    crowd.invite(&mut story, &town, &firms, &evening);
    let opening = evening.stage.starts - TimeDelta::minutes(45);
    crowd
        .live(&story, &town, &firms, &mut desk, opening)
        .await?;
    evening::arrive(&story, &town, &evening).await?;
    let invited = tonight.begins - TimeDelta::days(5);
    crowd
        .live(&story, &town, &firms, &mut desk, invited)
        .await?;
    firms.extend(company::arrive(&mut story, &mut town, EARLY..ALL).await?);
    let poster = market(&mut story, &town, &firms, (crowd, desk), tonight.clone()).await?;
    Ok(Told {
        fair: tonight.slug,
        poster,
        logins: town.logins,
    })
}

/// Employers that were at the earlier evening already, and all of them.
const EARLY: usize = 12;
const ALL: usize = 31;

/// Tonight's market: prepared, opened, and lived until now; answers the code of its first poster.
async fn market(
    story: &mut Story,
    town: &Town,
    firms: &[Firm],
    (mut crowd, mut desk): (Crowd, Bureau),
    stage: stage::Stage,
) -> Result<String> {
    let first = stage.slug == "starlight";
    let since = story.clock.now();
    let evening = evening::prepare(story, town, firms, stage).await;
    let evening = evening.context("tonight")?;
    crowd.invite(story, town, firms, &evening);
    // While the evening was prepared, the desk went on.
    story.clock.back(since);
    if first {
        let begins = service::rota_begins(story.now);
        crowd.live(story, town, firms, &mut desk, begins).await?;
        service::on_the_rota(story, &desk).await?;
    }
    crowd
        .live(story, town, firms, &mut desk, evening.stage.at(900))
        .await?;
    if first {
        company::latecomers(story, town).await?;
    }
    let doors = evening.stage.starts - TimeDelta::minutes(45);
    crowd.live(story, town, firms, &mut desk, doors).await?;
    evening::arrive(story, town, &evening).await?;
    crowd.live(story, town, firms, &mut desk, story.now).await?;
    if first {
        service::book_kept(story, &desk).await?;
    }
    evening::on_air(story, town, &evening).await?;
    line::stand_in_line(story, firms, &evening).await?;
    let poster = evening.posters.into_iter().next();
    Ok(poster.map(|(_, code)| code).unwrap_or_default())
}

/// Tonight's evening of a demo that was loaded before: the one that is still on, or else the next
/// one with the same employers.
///
/// # Errors
/// As [`load`]; also when the folder holds no demo.
pub async fn go_on(
    app: &App,
    clock: &StoryClock,
    now: DateTime<Utc>,
    seekers: usize,
) -> Result<Told> {
    let office = app.settings.office;
    let last = store::last_fair(app.db.read(), office).await?;
    let last = last.context("--data: there is no demo in this folder")?;
    if last.ends_at > now {
        return Ok(Told {
            poster: store::first_poster(app.db.read(), last.id).await?,
            fair: last.slug,
            logins: Vec::new(),
        });
    }
    let edition = store::editions(app.db.read(), office).await?;
    let mut story = Story {
        app: app.clone(),
        clock: clock.clone(),
        chance: Chance::seeded(edition),
        now,
    };
    let since = last.ends_at;
    clock.set(since);
    let town = town::known(&story).await.context("the town")?;
    let firms = company::known(&story, &town).await.context("employers")?;
    let next = stage::tonight(now, seekers, edition, Some(since));
    let poster = market(
        &mut story,
        &town,
        &firms,
        (Crowd::default(), Bureau::default()),
        next.clone(),
    )
    .await?;
    Ok(Told {
        fair: next.slug,
        poster,
        logins: Vec::new(),
    })
}

/// The places and the staff of the office.
pub(crate) struct Town {
    staff: Staff,
    communities: Vec<AreaId>,
    hosts: Vec<UnitId>,
    logins: Vec<Login>,
}
