//! The service desk's half of the story: its staff and its rota, and what people bring to it, from
//! months ago until a moment ago. Happenings stand in one order of time with those of the market.
mod affair;
mod cast;
mod course;
mod matters;
mod mix;
mod others;
mod rota;
mod shots;
mod tales;

pub use tales::{ALLEY, CANTEEN, HANDOVER, RAILING};

use self::{
    affair::{Affair, Begins, Scene},
    cast::Cast,
    course::By,
};
use super::{Job, Story, store};
use crate::{
    case::{self, commands, files::PURPOSE},
    domain::{
        calendar::{day_of, instant},
        case::{Actor, Channel},
        id::FileId,
    },
    error::AppResult,
    intake::{self, Place},
    person,
    platform::{files, once::Once},
    rulebook::Dispatcher,
};
use anyhow::{Context, Result, anyhow};
use chrono::{DateTime, Datelike, Days, TimeDelta, Utc};
use futures_util::{
    FutureExt,
    future::{BoxFuture, try_join_all},
};
use std::collections::{BTreeSet, HashMap};

/// An opening or a step: of which affair, and which of its turns; the opening is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Turn {
    at: DateTime<Utc>,
    affair: usize,
    step: usize,
}

/// The desk with everything that is still to happen at it.
#[derive(Default)]
pub struct Bureau {
    cast: Cast,
    rules: Option<Dispatcher>,
    affairs: Vec<Affair>,
    coming: BTreeSet<Turn>,
}

/// When the rota of the last weeks is drawn up: early on the Monday two weeks ago.
pub fn rota_begins(now: DateTime<Utc>) -> DateTime<Utc> {
    let day = day_of(now) - Days::new(14);
    let monday = day - Days::new(u64::from(day.weekday().num_days_from_monday()));
    instant(monday, 7 * 60)
}

/// Founds the desk: staff, rules of dispatch, sites; and plans what will come to it.
///
/// # Errors
/// What the product refuses.
pub async fn found(story: &Story) -> Result<Bureau> {
    cast::employ(story).await.context("staff of the desk")?;
    let cast = cast::gather(story).await?;
    rota::rules(story, &cast)
        .await
        .context("rules of dispatch")?;
    let sites = rota::sites(story, &cast).await.context("sites")?;
    let rules = Dispatcher::load(story.app.db.read(), story.office()).await?;
    let plan = mix::Plan::new(story.now, &cast, &rules)?;
    let mut bureau = Bureau {
        affairs: plan.drawn()?,
        rules: Some(rules),
        cast,
        coming: BTreeSet::new(),
    };
    for affair in &mut bureau.affairs {
        affair.place = placed(affair, &bureau.cast, &sites)?;
    }
    for (n, affair) in bureau.affairs.iter().enumerate() {
        let turns = affair.at.iter().enumerate();
        bureau.coming.extend(turns.map(|(step, at)| Turn {
            at: *at,
            affair: n,
            step,
        }));
    }
    Ok(bureau)
}

fn placed(affair: &Affair, cast: &Cast, sites: &rota::Sites) -> Result<Place> {
    let (area, at_desk) = match &affair.begins {
        Begins::With(opening) => (opening.area, opening.at_desk),
        Begins::From(_, _, area) => (*area, false),
    };
    let community = area.split('-').next().unwrap_or(area);
    Ok(Place {
        area: Some(cast.area(area)?),
        name: String::new(),
        site: sites.get(community).copied().filter(|_| at_desk),
    })
}

/// The rota of the weeks around now.
///
/// # Errors
/// What the product refuses.
pub async fn on_the_rota(story: &Story, bureau: &Bureau) -> Result<()> {
    rota::draw_up(story, &bureau.cast).await.context("the rota")
}

/// What is written down about the desks that stood: hours, a swap, a cancelled one.
///
/// # Errors
/// What the product refuses.
pub async fn book_kept(story: &Story, bureau: &Bureau) -> Result<()> {
    rota::keep_book(story, &bureau.cast)
        .await
        .context("hours of the desk")
}

impl Bureau {
    /// When the next thing happens.
    pub fn first(&self) -> Option<DateTime<Utc>> {
        self.coming.first().map(|turn| turn.at)
    }

    /// The next turn, unless it has to wait for one that is being taken: those stand in `busy`.
    pub fn next(&mut self, busy: &mut BTreeSet<usize>) -> Option<Turn> {
        let turn = *self.coming.first()?;
        let affair = &self.affairs[turn.affair];
        let about: Vec<usize> = affair
            .needs(turn.step)
            .into_iter()
            .chain([turn.affair])
            .collect();
        if about.iter().any(|one| busy.contains(one)) {
            return None;
        }
        busy.extend(about);
        self.coming.pop_first()
    }

    /// Keeps the pictures of turns before these are taken: what a job writes, it writes at once.
    ///
    /// # Errors
    /// When the product refuses a picture.
    pub async fn shots(&self, story: &Story, turns: &[Turn]) -> Result<HashMap<Turn, Vec<FileId>>> {
        let Some(from) = turns.iter().map(|turn| turn.at).min() else {
            return Ok(HashMap::new());
        };
        let mut wanted = Vec::new();
        for turn in turns {
            let affair = &self.affairs[turn.affair];
            let by = affair.shown_by(turn.step, &self.cast)?;
            for shot in affair.shots(turn.step) {
                wanted.push((*turn, by, shots::png(*shot)?));
            }
        }
        let kept = wanted.into_iter().map(|(turn, by, png)| async move {
            let stored = story.app.files.keep_picture(png).await?;
            AppResult::Ok((turn, by, stored))
        });
        let office = story.office();
        let jobs = try_join_all(kept)
            .await?
            .into_iter()
            .map(|(turn, by, stored)| {
                let app = story.app.clone();
                let keep = async move {
                    let named = app.db.write(move |tx| async move {
                        files::attach(&tx, office, PURPOSE, by, stored).await
                    });
                    Ok((turn, named.await?))
                };
                (from, keep.boxed())
            });
        let jobs: Vec<Job<(Turn, FileId)>> = jobs.collect();
        let mut shots: HashMap<Turn, Vec<FileId>> = HashMap::new();
        for (turn, file) in story.together(jobs).await? {
            shots.entry(turn).or_default().push(file);
        }
        Ok(shots)
    }

    /// A turn as one write; the number of a case that it opens.
    ///
    /// # Errors
    /// When the story does not fit together.
    pub fn job(
        &self,
        story: &Story,
        turn: Turn,
        shots: Vec<FileId>,
    ) -> Result<BoxFuture<'static, AppResult<Option<String>>>> {
        if turn.step == 0 {
            return self.opening(story, turn, shots);
        }
        let affair = &self.affairs[turn.affair];
        let (case, number) = affair.case.clone().context("a step before its case")?;
        let step = &affair.steps[turn.step - 1];
        let scene = Scene {
            at: turn.at,
            affair,
            affairs: &self.affairs,
            cast: &self.cast,
            rules: self.rules.as_ref().context("no rules of dispatch")?,
            shots,
        };
        let command = (step.make)(&scene)?;
        let action = command.action();
        let known = match step.by {
            By::Staff(login) => Some(self.cast.actor(login)?),
            By::Timer => Some(Actor::SYSTEM),
            By::Reporter => {
                let person = affair.reporter.context("nobody reported it")?;
                Some(Actor::person(person, Channel::Qr))
            }
            By::Neighbour(_) => None,
        };
        let neighbour = match step.by {
            By::Neighbour(n) => Some(affair::resident(n)?),
            _ => None,
        };
        let (app, office) = (story.app.clone(), story.office());
        let job = async move {
            let keys = app.keys.clone();
            let taken = app.db.write(move |tx| async move {
                let by = match (known, neighbour) {
                    (Some(by), _) => by,
                    (None, Some(contact)) => {
                        let person = person::find_or_enter(&tx, &keys, office, &contact).await?;
                        let mut by = Actor::person(person, Channel::Qr);
                        by.verified_resident = true;
                        by
                    }
                    (None, None) => return Err(anyhow!("nobody takes a step").into()),
                };
                commands::act_in(&tx, &keys, office, case, None, command, &by).await?;
                Ok(None)
            });
            // Whoever writes the story wants to know which line of it does not fit.
            let fits = taken.await;
            fits.map_err(|error| anyhow!("{number}, {action} at {}: {error:?}", turn.at).into())
        };
        Ok(job.boxed())
    }

    fn opening(
        &self,
        story: &Story,
        turn: Turn,
        shots: Vec<FileId>,
    ) -> Result<BoxFuture<'static, AppResult<Option<String>>>> {
        let (app, office) = (story.app.clone(), story.office());
        let affair = &self.affairs[turn.affair];
        match &affair.begins {
            Begins::With(opening) => {
                let report = opening.report(office, affair.place.clone(), &self.cast, shots)?;
                let job = async move {
                    let done = intake::commands::report(&app, report, Once::unkeyed()).await?;
                    Ok(Some(done.value))
                };
                Ok(job.boxed())
            }
            Begins::From(parent, child, _) => {
                let (of, _) = self.affairs[*parent].case.clone().context("no parent")?;
                let child = commands::Child {
                    kind: child.kind,
                    category: child.category.clone(),
                    title: child.title.clone(),
                    text: child.text.clone(),
                    area: affair.place.area,
                };
                let by = self.cast.actor("secretary-ml")?;
                let job = async move {
                    let of = (office, of);
                    let done = commands::open_child(&app, of, child, by, Once::unkeyed()).await?;
                    Ok(Some(done.value))
                };
                Ok(job.boxed())
            }
        }
    }

    /// What came of a turn.
    ///
    /// # Errors
    /// When the case cannot be read.
    pub async fn came(
        &mut self,
        story: &Story,
        turn: Turn,
        number: Option<String>,
        shots: Vec<FileId>,
    ) -> Result<()> {
        if let Some(number) = number {
            self.opened(story, turn.affair, &number).await?;
        }
        let affair = &mut self.affairs[turn.affair];
        let drawn: Vec<bool> = affair
            .shots(turn.step)
            .iter()
            .map(|shot| shot.after)
            .collect();
        for (after, file) in drawn.into_iter().zip(shots) {
            if after {
                affair.after.push(file);
            } else {
                affair.before.push(file);
            }
        }
        Ok(())
    }

    async fn opened(&mut self, story: &Story, n: usize, number: &str) -> Result<()> {
        let (db, office) = (story.app.db.read(), story.office());
        let row = case::store::by_number(db, office, number).await?;
        let reporter = case::store::state(&row)?.person;
        let mut parties: Vec<_> = reporter.into_iter().collect();
        if let Begins::With(opening) = &self.affairs[n].begins {
            for other in &opening.against {
                let phone = affair::resident(*other)?.phone;
                parties.extend(person::known(&story.app, office, &phone).await?);
            }
        }
        let affair = &mut self.affairs[n];
        affair.case = Some((row.id, number.parse()?));
        affair.reporter = reporter;
        affair.parties = parties;
        Ok(())
    }
}

/// Pages of the desk that a visitor may want to begin with.
#[derive(Clone, Debug, Default)]
pub struct AtTheDesk {
    /// Page behind the banner of the first desk.
    pub banner: Option<String>,
    /// The four told cases: title and number.
    pub tales: Vec<(&'static str, String)>,
    /// Page of a resident who is asked for an opinion.
    pub key: Option<String>,
}

/// Looks for such pages.
///
/// # Errors
/// When the database does not answer.
pub async fn within(app: &crate::platform::App) -> AppResult<AtTheDesk> {
    let (db, office) = (app.db.read(), app.settings.office);
    let mut found = AtTheDesk {
        banner: store::first_banner(db, office)
            .await?
            .map(|code| format!("/D/{code}")),
        ..AtTheDesk::default()
    };
    for title in [RAILING, ALLEY, CANTEEN, HANDOVER] {
        let number = store::case_called(db, office, title).await?;
        found.tales.extend(number.map(|number| (title, number)));
    }
    for row in store::verifying(db, office).await? {
        let state = case::store::state(&row)?;
        let waits = state.verified && state.callbacks_now().next().is_none();
        let (true, Some(person)) = (waits, state.person) else {
            continue;
        };
        if let Some(row) = intake::store::key_of(db, row.id, person).await? {
            let key = intake::keys::open(&app.keys, &row)?;
            found.key = Some(format!("/K/{}", key.in_full()));
            break;
        }
    }
    Ok(found)
}

/// How long after the newest turns nothing more is told.
pub(super) const MARGIN: TimeDelta = TimeDelta::minutes(1);
