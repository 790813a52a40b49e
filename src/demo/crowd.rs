//! The people of the evenings: they register, come through the gates, and meet employers. Whatever
//! happens stands in one list in the order of time.
use super::{
    Chance, Story, Town,
    company::{Firm, silent_number},
    evening::{Evening, GATES},
    ladder::{self, Match, Wish as Wants},
    plot::{self, Begins, Step},
    service::{Bureau, Turn},
    stage::Stage,
    store,
};
use crate::{
    domain::{
        calendar::day_of,
        contact::{Contact, PersonName, Phone},
        group::TargetGroup,
        id::{AreaId, FileId, RegistrationId},
    },
    entity::{fair, posting::Model as Posting},
    error::AppResult,
    matching::{MATCHES, store::Found},
    person::consent::{self, Notice, Purpose},
    platform::{clock::beijing, once::Once, text::Lang},
    seeker::{
        self, NewRegistration,
        form::Wish,
        gate::{self, Direction, Scan, Token},
        notices::{self, Agreed},
        source::{Channel, Source},
    },
};
use anyhow::{Result, anyhow};
use chrono::{DateTime, TimeDelta, Timelike, Utc};
use futures_util::{FutureExt, TryFutureExt};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Everybody and everything that is still to happen.
#[derive(Default)]
pub struct Crowd {
    fairs: Vec<fair::Model>,
    people: Vec<Person>,
    matches: Vec<Match>,
    /// By their time, then by the order in which they were planned.
    coming: BTreeMap<(DateTime<Utc>, usize), Happening>,
    planned: usize,
}

struct Person {
    fair: usize,
    number: usize,
    name: String,
    wanted: String,
    groups: Vec<TargetGroup>,
    area: Option<AreaId>,
    source: Source,
    registers: DateTime<Utc>,
    comes: Option<DateTime<Utc>>,
    registration: Option<RegistrationId>,
}

/// Something that happens to one person.
#[derive(Clone, Copy, Debug)]
struct Happening {
    person: usize,
    what: What,
}

#[derive(Clone, Copy, Debug)]
enum What {
    Register,
    Scan(&'static str, Direction),
    TakeBack,
    /// Step of a match.
    Step(usize, usize),
}

/// What happens next.
#[derive(Debug)]
enum Next {
    OnTheSquare(Happening),
    AtTheDesk(Turn),
}

impl Next {
    const fn turn(&self) -> Option<Turn> {
        match self {
            Self::OnTheSquare(_) => None,
            Self::AtTheDesk(turn) => Some(*turn),
        }
    }
}

/// What came of it.
enum Came {
    Registered(usize, RegistrationId),
    Opened(usize, Box<Found>),
    /// A turn at the desk, the number of the case it opened, the pictures it showed.
    ToTheDesk(Turn, Option<String>, Vec<FileId>),
    Done,
}

const SURNAMES: [&str; 40] = [
    "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "胡", "朱", "高", "林",
    "何", "郭", "马", "罗", "梁", "宋", "郑", "谢", "韩", "唐", "冯", "于", "董", "萧", "程", "曹",
    "袁", "邓", "许", "傅", "沈", "曾", "彭", "吕",
];
const GIVEN: [&str; 48] = [
    "晓", "雨", "桐", "文", "静", "海", "燕", "建", "国", "秀", "英", "志", "强", "丽", "娟", "明",
    "辉", "小", "兰", "玉", "梅", "春", "霞", "永", "红", "立", "新", "佳", "怡", "子", "涵", "浩",
    "然", "欣", "悦", "宇", "轩", "思", "远", "若", "溪", "长", "河", "安", "宁", "向", "东", "禾",
];

/// A name that somebody might have.
pub fn name(chance: &mut Chance) -> String {
    let mut name = chance.pick(&SURNAMES).to_owned();
    name.push_str(chance.pick(&GIVEN));
    if chance.percent(70) {
        name.push_str(chance.pick(&GIVEN));
    }
    name
}

/// Such a name in three characters, which no other words contain by chance.
pub fn full_name(chance: &mut Chance) -> String {
    let mut name = chance.pick(&SURNAMES).to_owned();
    for _ in 0..2 {
        name.push_str(chance.pick(&GIVEN));
    }
    name
}

const WANTED: [&str; 14] = [
    "电气设计",
    "医疗器械销售",
    "课程顾问",
    "物业管理",
    "护理",
    "保安",
    "仓库管理",
    "会计",
    "收银员",
    "客服",
    "司机",
    "厨师",
    "短视频",
    "都可以看看",
];

impl Crowd {
    /// Invites the people of an evening, and plans what they will do.
    pub fn invite(&mut self, story: &mut Story, town: &Town, firms: &[Firm], evening: &Evening) {
        let fair = self.fairs.len();
        self.fairs.push(evening.fair.clone());
        let first = self.people.len();
        for n in 0..evening.stage.seekers {
            let person = person(story, town, evening, (fair, n));
            self.people.push(person);
        }
        let ids = first..self.people.len();
        for id in ids.clone() {
            self.visit(&mut story.chance, id, evening);
        }
        let busy = self.meet(story, firms, evening, first);
        for id in ids {
            let from = if busy.contains(&id) {
                self.given_up(id)
            } else {
                Some(self.people[id].registers)
            };
            let stays = self.people[id].comes.is_some() || !story.chance.percent(20);
            let (Some(from), false) = (from, stays) else {
                continue;
            };
            let at = story.chance.between(from, evening.stage.starts.max(from));
            self.plan(at, id, What::TakeBack);
        }
    }

    /// When the last step is over of somebody who may still take the registration back: nobody does
    /// who has begun to work.
    fn given_up(&self, person: usize) -> Option<DateTime<Utc>> {
        let own = || self.matches.iter().filter(|one| one.person == person);
        let works = own().any(|one| one.steps.contains(&Step::ClaimStart));
        let last = own().filter_map(|one| one.at.last().copied()).max();
        last.filter(|_| !works)
    }

    fn plan(&mut self, at: DateTime<Utc>, person: usize, what: What) {
        self.coming
            .insert((at, self.planned), Happening { person, what });
        self.planned += 1;
    }

    /// Registration, gate, perhaps a second scan, perhaps home.
    fn visit(&mut self, chance: &mut Chance, id: usize, evening: &Evening) {
        let (registers, comes) = (self.people[id].registers, self.people[id].comes);
        self.plan(registers, id, What::Register);
        let Some(comes) = comes else { return };
        let gates = if chance.percent(65) {
            GATES
        } else {
            [GATES[1], GATES[0]]
        };
        self.plan(comes, id, What::Scan(gates[0], Direction::In));
        let later = |minutes| comes + TimeDelta::minutes(minutes);
        let limit = evening.stage.ends;
        if chance.percent(9) {
            self.plan(later(3), id, What::Scan(gates[1], Direction::In));
        }
        let leaves = if evening.stage.tonight { 18 } else { 92 };
        if chance.percent(leaves) {
            let at = later(35 + i64::try_from(chance.below(50)).unwrap_or(0)).min(limit);
            self.plan(at, id, What::Scan(gates[0], Direction::Out));
        }
    }

    /// Plans the matches; answers who has one.
    fn meet(
        &mut self,
        story: &mut Story,
        firms: &[Firm],
        evening: &Evening,
        first: usize,
    ) -> BTreeSet<usize> {
        let stage = &evening.stage;
        let plots = if stage.tonight {
            plot::TONIGHT
        } else {
            plot::EARLIER
        };
        let halfway = stage.opens() + (stage.starts - stage.opens()) * 2 / 5;
        let people = first..self.people.len();
        let queue = |holds: &dyn Fn(&Person) -> bool| -> VecDeque<usize> {
            people
                .clone()
                .filter(|id| holds(&self.people[*id]))
                .collect()
        };
        let mut early = queue(&|person| person.registers < halfway && person.comes.is_none());
        early.extend(queue(&|person| {
            person.registers < halfway && person.comes.is_some()
        }));
        let mut here = queue(&|person| person.comes.is_some());
        let mut busy = BTreeSet::new();
        let count = (stage.seekers * 11 / 20).max(plots.len());
        for n in 0..count {
            let plot = plots[n % plots.len()];
            let queue = match plot.0 {
                Begins::Early => &mut early,
                Begins::OnTheSquare => &mut here,
            };
            // In turn, so that some have several.
            let Some(id) = queue.pop_front() else {
                continue;
            };
            queue.push_back(id);
            if evening.postings.is_empty() {
                break;
            }
            let placed = plot.1.contains(&Step::Close);
            let posting = self
                .vacancy(&evening.postings, n * 7 + n / 5, placed)
                .clone();
            let taken = self
                .matches
                .iter()
                .any(|one| one.person == id && one.posting.id == posting.id);
            let firm = firms.iter().position(|firm| firm.id == posting.employer_id);
            let (false, Some(firm)) = (taken, firm) else {
                continue;
            };
            let from = match (plot.0, self.people[id].comes) {
                (Begins::OnTheSquare, Some(comes)) => comes + TimeDelta::minutes(5),
                _ => self.people[id].registers + TimeDelta::minutes(8),
            };
            busy.insert(id);
            self.introduce(story, &evening.stage, (id, firm), plot, posting, from);
        }
        busy
    }

    /// A posting that still has a slot when this match has taken one.
    fn vacancy<'a>(&self, postings: &'a [Posting], start: usize, placed: bool) -> &'a Posting {
        let count = postings.len();
        let fits = |posting: &&Posting| {
            let taken = self
                .matches
                .iter()
                .filter(|one| one.posting.id == posting.id && one.steps.contains(&Step::Close));
            i32::try_from(taken.count()).unwrap_or(i32::MAX) + 1 < posting.headcount
        };
        let turn = (0..count).map(|n| &postings[(start + n) % count]);
        let found = if placed {
            turn.clone().find(fits)
        } else {
            None
        };
        found.unwrap_or(&postings[start % count])
    }

    fn introduce(
        &mut self,
        story: &Story,
        stage: &Stage,
        (person, firm): (usize, usize),
        plot: plot::Plot,
        posting: Posting,
        from: DateTime<Utc>,
    ) {
        let until = story.now - TimeDelta::minutes(1);
        let at = plot::instants(plot, from, until, stage.tonight);
        let number = self.matches.len();
        // What has not come to pass by now does not: an evening may be young.
        for (n, at) in at.iter().enumerate().filter(|(_, at)| **at <= until) {
            let passed_on = matches!(plot.1[n], Step::Accept | Step::Refer | Step::Reject);
            if passed_on && posting.auto_refer {
                continue;
            }
            self.plan(*at, person, What::Step(number, n));
        }
        self.matches.push(Match {
            person,
            posting,
            firm,
            steps: plot.1,
            at,
            found: None,
        });
    }

    /// Lets everything happen that lies before an instant, at the market and at the desk.
    pub async fn live(
        &mut self,
        story: &Story,
        town: &Town,
        firms: &[Firm],
        desk: &mut Bureau,
        until: DateTime<Utc>,
    ) -> Result<()> {
        let office = story.office();
        let notices = notices::of(&story.app, office, Lang::Zh).await?;
        let agreed = Agreed::from(&notices);
        let collector = consent::collector(story.app.db.read(), office, Lang::Zh).await?;
        while let Some(batch) = self.next(desk, until) {
            let turns: Vec<Turn> = batch.iter().filter_map(|(_, next)| next.turn()).collect();
            let mut shots = desk.shots(story, &turns).await?;
            let mut jobs: Vec<super::Job<Came>> = Vec::with_capacity(batch.len());
            for (at, next) in batch {
                let sharing = |firm: &Firm| {
                    Notice::of(Purpose::ShareContact, Lang::Zh, &collector, &firm.name)
                };
                let job = match &next {
                    Next::OnTheSquare(happening) => {
                        self.job(story, town, firms, happening, &agreed, &sharing)?
                    }
                    Next::AtTheDesk(turn) => {
                        let (turn, shown) = (*turn, shots.remove(turn).unwrap_or_default());
                        let job = desk.job(story, turn, shown.clone())?;
                        job.map_ok(move |number| Came::ToTheDesk(turn, number, shown))
                            .boxed()
                    }
                };
                let job = job.inspect(move |done| {
                    if let Err(error) = done {
                        tracing::error!(%at, ?next, ?error, "the story was refused");
                    }
                });
                jobs.push((at, job.boxed()));
            }
            for came in story.together(jobs).await? {
                match came {
                    Came::Registered(person, id) => self.people[person].registration = Some(id),
                    Came::Opened(number, found) => self.matches[number].found = Some(*found),
                    Came::ToTheDesk(turn, number, shown) => {
                        desk.came(story, turn, number, shown).await?;
                    }
                    Came::Done => {}
                }
            }
        }
        story.clock.set(until);
        Ok(())
    }

    /// What happens next on one day, of which no two are about the same person or the same affair.
    fn next(
        &mut self,
        desk: &mut Bureau,
        until: DateTime<Utc>,
    ) -> Option<Vec<(DateTime<Utc>, Next)>> {
        let (mut batch, mut day) = (Vec::new(), None);
        let (mut about, mut busy) = (BTreeSet::new(), BTreeSet::new());
        while batch.len() < super::TOGETHER {
            let here = self.coming.first_key_value().map(|((at, _), _)| *at);
            let there = desk.first();
            let first = [here, there].into_iter().flatten().min();
            let Some(at) = first.filter(|at| *at <= until) else {
                break;
            };
            // Those of a batch may change places, and some rules ask which day it is.
            if *day.get_or_insert(day_of(at)) != day_of(at) {
                break;
            }
            if here != Some(at) {
                let Some(turn) = desk.next(&mut busy) else {
                    break;
                };
                batch.push((at, Next::AtTheDesk(turn)));
                continue;
            }
            let Some(entry) = self.coming.first_entry() else {
                break;
            };
            if !about.insert(entry.get().person) {
                break;
            }
            batch.push((at, Next::OnTheSquare(entry.remove())));
        }
        (!batch.is_empty()).then_some(batch)
    }

    fn job(
        &self,
        story: &Story,
        town: &Town,
        firms: &[Firm],
        happening: &Happening,
        agreed: &Agreed,
        sharing: &dyn Fn(&Firm) -> Notice,
    ) -> Result<futures_util::future::BoxFuture<'static, AppResult<Came>>> {
        let (app, id) = (story.app.clone(), happening.person);
        let person = &self.people[id];
        let fair = self.fairs[person.fair].clone();
        let registration = || {
            person
                .registration
                .ok_or_else(|| anyhow!("not registered yet"))
        };
        Ok(match happening.what {
            What::Register => {
                let new = person.wish(town, agreed.clone())?;
                async move {
                    let done = seeker::register(&app, &fair, Once::unkeyed(), new).await?;
                    Ok(Came::Registered(id, done.value))
                }
                .boxed()
            }
            What::Scan(gate, direction) => {
                let token = Token::Registration(registration()?);
                let door = GATES.iter().position(|known| *known == gate);
                let nonce = format!(
                    "demo-{}-{id}-{}-{direction:?}",
                    fair.id,
                    door.unwrap_or_default()
                );
                let scan = Scan::here(token, gate.to_owned(), direction, nonce);
                let steward = town.staff.steward.account;
                async move {
                    gate::check_in(&app, &fair, steward, scan).await?;
                    Ok(Came::Done)
                }
                .boxed()
            }
            What::TakeBack => {
                let id = registration()?;
                async move {
                    let row = store::registration(app.db.read(), id).await?;
                    seeker::withdraw(&app, MATCHES, &row, None).await?;
                    Ok(Came::Done)
                }
                .boxed()
            }
            What::Step(number, n) => {
                self.step(story, town, firms, (number, n), registration()?, sharing)?
            }
        })
    }

    fn step(
        &self,
        story: &Story,
        town: &Town,
        firms: &[Firm],
        (number, n): (usize, usize),
        registration: RegistrationId,
        sharing: &dyn Fn(&Firm) -> Notice,
    ) -> Result<futures_util::future::BoxFuture<'static, AppResult<Came>>> {
        let (app, office) = (story.app.clone(), story.office());
        let one = &self.matches[number];
        let firm = &firms[one.firm];
        if one.steps[n] == Step::Interest {
            let wants = Wants {
                registration,
                posting: one.posting.id,
                notice: sharing(firm),
            };
            let open = async move {
                let found = ladder::open(&app, office, wants).await?;
                Ok(Came::Opened(number, Box::new(found)))
            };
            return Ok(open.boxed());
        }
        let found = one.found.clone();
        let found = found.ok_or_else(|| anyhow!("a step before the interest"))?;
        let act = one.act(n, &town.staff, firm)?;
        let take = async move {
            ladder::take(&app, &found, act).await?;
            Ok(Came::Done)
        };
        Ok(take.boxed())
    }
}

impl Person {
    fn wish(&self, town: &Town, agreed: Agreed) -> Result<NewRegistration> {
        let name = PersonName::parse(&self.name).map_err(|fault| anyhow!("{fault}"))?;
        let phone = Phone::parse_mobile(&silent_number(self.number));
        let phone = phone.map_err(|fault| anyhow!("{fault}"))?;
        Ok(NewRegistration {
            wish: Wish {
                contact: Contact { name, phone },
                wanted: self.wanted.clone(),
                groups: self.groups.clone(),
            },
            area: self.area,
            source: self.source,
            agreed,
            code: None,
            by: match self.source.channel {
                Channel::Desk => Some(town.staff.clerk.account),
                Channel::Gate => Some(town.staff.steward.account),
                _ => None,
            },
        })
    }
}

/// Who registers when, led by what.
fn person(story: &mut Story, town: &Town, evening: &Evening, (fair, n): (usize, usize)) -> Person {
    let stage = &evening.stage;
    let chance = &mut story.chance;
    let until = stage.ends.min(story.now) - TimeDelta::minutes(8);
    let on_the_spot = chance.percent(18) && until > stage.starts;
    let registers = if on_the_spot {
        chance.between(stage.starts, until)
    } else {
        let at = chance.between(stage.opens(), stage.starts);
        if stage.starts - stage.opens() > TimeDelta::days(3) {
            waking(at).clamp(stage.opens(), stage.starts)
        } else {
            at
        }
    };
    let source = source(chance, evening, on_the_spot);
    let come = match source.channel {
        // Whoever is registered at the gate goes in.
        Channel::Gate => 100,
        _ if on_the_spot => 85,
        _ => 62,
    };
    let comes = chance.percent(come).then(|| {
        let from = registers.max(stage.starts - TimeDelta::minutes(10)) + TimeDelta::minutes(2);
        chance.between(from, until.max(from))
    });
    // The same people come to the next edition; the earlier evening had others.
    let number = if stage.tonight { n } else { 50_000_000 + n };
    Person {
        fair,
        number,
        // Whoever comes again has the same name.
        name: name(&mut Chance::seeded(1_000 + number as u64)),
        wanted: if chance.percent(75) {
            chance.pick(&WANTED).to_owned()
        } else {
            String::new()
        },
        groups: groups(chance),
        area: match town.communities.len() {
            0 => None,
            count => chance
                .percent(72)
                .then(|| town.communities[chance.below(count)]),
        },
        source,
        registers,
        comes,
        registration: None,
    }
}

/// The same moment of a day that lasts from eight to ten.
fn waking(at: DateTime<Utc>) -> DateTime<Utc> {
    let local = beijing(at);
    let seconds = i64::from(local.num_seconds_from_midnight());
    let morning = at - TimeDelta::seconds(seconds);
    morning + TimeDelta::hours(8) + TimeDelta::seconds(seconds * 14 / 24)
}

fn source(chance: &mut Chance, evening: &Evening, on_the_spot: bool) -> Source {
    let roll = chance.below(100);
    if on_the_spot {
        return match roll {
            0..=44 => Channel::Gate.into(),
            45..=74 => booth(chance, evening),
            _ => stream(evening, 1),
        };
    }
    match roll {
        0..=54 => poster(chance, evening),
        55..=69 => stream(evening, 0),
        70..=84 => Channel::Desk.into(),
        _ => Channel::Direct.into(),
    }
}

fn poster(chance: &mut Chance, evening: &Evening) -> Source {
    // Some places work better than others.
    let at = chance
        .below(evening.posters.len())
        .min(chance.below(evening.posters.len() + 1));
    Source {
        poster: evening.posters.get(at).map(|(id, _)| *id),
        ..Channel::Poster.into()
    }
}

fn booth(chance: &mut Chance, evening: &Evening) -> Source {
    let at = chance.below(evening.stands.len());
    Source {
        participation: evening.stands.get(at).map(|stand| stand.id),
        ..Channel::Booth.into()
    }
}

fn stream(evening: &Evening, n: usize) -> Source {
    match evening.streams.get(n) {
        Some(stream) => Source {
            stream: Some(*stream),
            ..Channel::Stream.into()
        },
        None => Channel::Direct.into(),
    }
}

fn groups(chance: &mut Chance) -> Vec<TargetGroup> {
    [
        (TargetGroup::Graduate, 24),
        (TargetGroup::HardToPlace, 15),
        (TargetGroup::Woman, 14),
        (TargetGroup::MigrantWorker, 9),
        (TargetGroup::Veteran, 4),
        (TargetGroup::Disabled, 3),
    ]
    .into_iter()
    .filter_map(|(group, share)| chance.percent(share).then_some(group))
    .collect()
}
