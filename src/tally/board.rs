//! 现场大屏: what the public may know of a running fair. Numbers only, no person; groups as they may
//! be told outside, and no small number of one.
use super::{
    facts::Key,
    measure::{Dimension, Measure},
    picture::{Picture, Stage},
    report::{Tally, is_small},
};
use crate::domain::{fair::HostPart, floor::heat};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// Everything a big screen shows; also the data of an event of the stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Board {
    pub fair: String,
    pub title: String,
    pub venue: String,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub co_hosts: Vec<String>,
    pub registered: u32,
    pub checked_in: u32,
    pub inside: u32,
    pub entries: u64,
    pub employers: usize,
    pub postings: usize,
    pub headcount: i64,
    pub views: i64,
    /// First admissions by quarter of an hour.
    pub course: Vec<Quarter>,
    pub funnel: Vec<Rung>,
    pub groups: Vec<Group>,
    pub booths: Vec<Booth>,
    pub platforms: Vec<Platform>,
    pub on_air: Option<OnAir>,
    /// Postings with the most persons interested.
    pub hot: Vec<Hot>,
    /// What happened last, newest first.
    pub feed: Vec<News>,
    /// What comes next on the side programme.
    pub programme: Vec<Item>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarter {
    pub at: DateTime<Utc>,
    pub persons: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rung {
    pub measure: String,
    pub persons: u32,
    /// Whole per cent of the step before.
    pub percent: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    pub code: String,
    /// Nothing when it is too small to be told.
    pub checked_in: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Booth {
    pub label: String,
    pub row: String,
    pub number: u16,
    pub employer: Option<String>,
    /// Persons interested in a posting of the employer.
    pub persons: u32,
    /// 0 to 4, beside the busiest booth.
    pub heat: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Platform {
    pub name: String,
    pub views: i64,
}

/// The session that is running.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnAir {
    pub title: String,
    /// The posting that is being presented.
    pub posting: Option<String>,
    pub booth: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hot {
    pub posting: String,
    pub employer: String,
    pub booth: Option<String>,
    /// Yuan.
    pub pay_min: i64,
    pub pay_max: i64,
    pub pay_unit: String,
    pub persons: u32,
}

/// One or more matches of a booth that came to the same rung within a minute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct News {
    pub at: DateTime<Utc>,
    pub booth: Option<String>,
    pub measure: String,
    pub matches: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    pub starts_at: DateTime<Utc>,
    pub title: String,
    pub place: String,
}

/// Rungs that the square sees.
const SHOWN: [Measure; 4] = [
    Measure::Interest,
    Measure::Interview,
    Measure::Agreement,
    Measure::Verified,
];
const QUARTER: i64 = 15;

pub fn board(tally: &Tally, stage: &Stage) -> Board {
    let picture = &tally.picture;
    let total = tally.total();
    let fair = &picture.fair;
    Board {
        fair: fair.slug.clone(),
        title: fair.title.clone(),
        venue: fair.venue.clone(),
        starts_at: fair.starts_at,
        ends_at: fair.ends_at,
        co_hosts: fair
            .hosts(HostPart::CoHost)
            .into_iter()
            .map(ToOwned::to_owned)
            .collect(),
        registered: total.persons(Measure::Registered),
        checked_in: total.persons(Measure::CheckedIn),
        inside: total.persons(Measure::Inside),
        entries: picture.entries(),
        employers: picture.supply.employers.len(),
        postings: picture.supply.postings.len(),
        headcount: picture.supply.headcount(),
        views: picture.views(),
        course: course(picture),
        funnel: funnel(tally),
        groups: groups(tally),
        booths: booths(tally, stage),
        platforms: platforms(picture),
        on_air: on_air(picture),
        hot: hot(tally),
        feed: feed(picture, stage),
        programme: programme(picture, stage),
    }
}

/// From the first admission to now, at most six hours.
fn course(picture: &Picture) -> Vec<Quarter> {
    let mut minutes: Vec<i64> = picture
        .facts
        .visitors
        .iter()
        .filter_map(|v| v.came)
        .collect();
    minutes.sort_unstable();
    let Some(first) = minutes.first().map(|at| at / QUARTER) else {
        return Vec::new();
    };
    let now = picture.as_of.min(picture.fair.ends_at).timestamp() / 60 / QUARTER;
    (first..=now.max(first).min(first + 23))
        .filter_map(|quarter| {
            let from = minutes.partition_point(|at| at / QUARTER < quarter);
            let to = minutes.partition_point(|at| at / QUARTER <= quarter);
            Some(Quarter {
                at: DateTime::from_timestamp(quarter * QUARTER * 60, 0)?,
                persons: u32::try_from(to - from).unwrap_or(u32::MAX),
            })
        })
        .collect()
}

fn funnel(tally: &Tally) -> Vec<Rung> {
    let steps = [Measure::CheckedIn].into_iter().chain(SHOWN);
    let before = [Measure::Registered, Measure::CheckedIn]
        .into_iter()
        .chain(SHOWN);
    let total = tally.total();
    steps
        .zip(before)
        .map(|(measure, before)| Rung {
            measure: measure.code().to_owned(),
            persons: total.persons(measure),
            percent: tally
                .rate(before, measure)
                .basis_points()
                .map(|points| (points + 50) / 100),
        })
        .collect()
}

fn groups(tally: &Tally) -> Vec<Group> {
    let by = Dimension::PublicGroup;
    let keys = tally.picture.facts.rows(by).iter();
    let mut groups: Vec<_> = keys
        .zip(tally.cells(by))
        .filter_map(|(key, cells)| match key {
            Key::PublicGroup(Some(code)) => Some((code.clone(), cells.persons(Measure::CheckedIn))),
            _ => None,
        })
        .collect();
    groups.sort_by(|(a, n), (b, m)| m.cmp(n).then(a.cmp(b)));
    groups
        .into_iter()
        .map(|(code, persons)| Group {
            code,
            checked_in: Some(persons).filter(|n| !is_small((*n).into())),
        })
        .collect()
}

fn booths(tally: &Tally, stage: &Stage) -> Vec<Booth> {
    let by = Dimension::Employer;
    let supply = &tally.picture.supply;
    let keys = || tally.picture.facts.rows(by).iter().zip(tally.cells(by));
    let busiest = keys()
        .map(|(_, cells)| cells.persons(Measure::Interest))
        .max()
        .unwrap_or_default();
    stage
        .booths
        .iter()
        .map(|(label, row, number)| {
            let at = supply
                .employers
                .iter()
                .find(|e| e.booth.as_deref() == Some(label));
            let cells = at.and_then(|at| keys().find(|(key, _)| **key == Key::Employer(at.id)));
            let persons = cells.map_or(0, |(_, cells)| cells.persons(Measure::Interest));
            Booth {
                label: label.clone(),
                row: row.clone(),
                number: *number,
                employer: at.map(|at| at.name.clone()),
                persons,
                heat: heat(persons.into(), busiest.into()),
            }
        })
        .collect()
}

fn platforms(picture: &Picture) -> Vec<Platform> {
    let mut sums: Vec<Platform> = Vec::new();
    for (name, views) in picture.streams.iter().flat_map(|s| s.platforms()) {
        match sums.iter_mut().find(|known| known.name == name) {
            Some(known) => known.views += views,
            None => sums.push(Platform {
                name: name.to_owned(),
                views,
            }),
        }
    }
    sums.sort_by_key(|p| std::cmp::Reverse(p.views));
    sums
}

fn on_air(picture: &Picture) -> Option<OnAir> {
    let now = picture.as_of;
    let running = |s: &&super::picture::StreamAt| s.starts_at <= now && now < s.ends_at;
    let session = picture.streams.iter().find(running)?;
    let minute = (now - session.starts_at).num_minutes();
    let presented = session
        .postings
        .iter()
        .rev()
        .find(|(_, at)| i64::from(*at) <= minute);
    let posting =
        presented.and_then(|(id, _)| picture.supply.postings.iter().find(|p| p.id == *id));
    Some(OnAir {
        title: session.title.clone(),
        posting: posting.map(|p| p.title.clone()),
        booth: posting
            .and_then(|p| picture.supply.booth(p.employer))
            .map(ToOwned::to_owned),
    })
}

fn hot(tally: &Tally) -> Vec<Hot> {
    let by = Dimension::Posting;
    let picture = &tally.picture;
    let mut found: Vec<_> = picture
        .facts
        .rows(by)
        .iter()
        .zip(tally.cells(by))
        .filter_map(|(key, cells)| {
            let posting = picture
                .supply
                .postings
                .iter()
                .find(|p| *key == Key::Posting(p.id))?;
            Some((cells.persons(Measure::Interest), posting))
        })
        .filter(|(persons, _)| *persons > 0)
        .collect();
    found.sort_by_key(|(persons, posting)| (std::cmp::Reverse(*persons), posting.id));
    found
        .into_iter()
        .take(6)
        .map(|(persons, posting)| Hot {
            posting: posting.title.clone(),
            employer: picture
                .names
                .employers
                .get(&posting.employer)
                .cloned()
                .unwrap_or_default(),
            booth: picture
                .supply
                .booth(posting.employer)
                .map(ToOwned::to_owned),
            pay_min: posting.pay_min / 100,
            pay_max: posting.pay_max / 100,
            pay_unit: posting.pay_unit.clone(),
            persons,
        })
        .collect()
}

fn feed(picture: &Picture, stage: &Stage) -> Vec<News> {
    let mut feed: Vec<News> = Vec::new();
    for event in &stage.events {
        let booth = picture.supply.booth(event.employer).map(ToOwned::to_owned);
        let news = News {
            at: event.at,
            booth,
            measure: event.measure.code().to_owned(),
            matches: 1,
        };
        let same = feed.iter_mut().find(|known| {
            known.booth == news.booth
                && known.measure == news.measure
                && (known.at - news.at).abs() < TimeDelta::minutes(1)
        });
        match same {
            Some(known) => known.matches += 1,
            None => feed.push(news),
        }
    }
    feed.truncate(4);
    feed
}

fn programme(picture: &Picture, stage: &Stage) -> Vec<Item> {
    let ahead = stage
        .programme
        .iter()
        .filter(|(_, end, ..)| *end > picture.as_of);
    ahead
        .take(2)
        .map(|(start, _, title, place)| Item {
            starts_at: *start,
            title: title.clone(),
            place: place.clone(),
        })
        .collect()
}
