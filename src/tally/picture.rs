//! A fair at one instant: its facts, and the names of what they speak of.
use super::{
    facts::{Facts, Key, Source},
    measure::Measure,
};
use crate::domain::fair::{FairKind, HostPart};
use crate::domain::id::{
    AreaId, EmployerId, FairId, ParticipationId, PosterId, PostingId, StreamId,
};
use chrono::{DateTime, Utc};
use std::collections::HashMap;

/// Everything a tally says, read in one snapshot.
#[derive(Clone, Debug)]
pub struct Picture {
    pub fair: Fair,
    /// When it was read.
    pub as_of: DateTime<Utc>,
    pub facts: Facts,
    pub names: Names,
    pub supply: Supply,
    pub gates: Vec<GateCount>,
    pub streams: Vec<StreamAt>,
}

/// The fair, as its statistics form names it.
#[derive(Clone, Debug)]
pub struct Fair {
    pub id: FairId,
    pub slug: String,
    pub title: String,
    pub kind: FairKind,
    pub venue: String,
    pub address: String,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub filing_no: Option<String>,
    pub permit_no: Option<String>,
    /// The units behind it, as they were entered.
    pub hosts: Vec<(HostPart, String)>,
}

impl Fair {
    /// The units of one part, in the order in which they were entered.
    pub fn hosts(&self, part: HostPart) -> Vec<&str> {
        let of_part = self.hosts.iter().filter(|(p, _)| *p == part);
        of_part.map(|(_, name)| name.as_str()).collect()
    }
}

/// What ids are called.
#[derive(Clone, Debug, Default)]
pub struct Names {
    pub areas: HashMap<AreaId, String>,
    pub employers: HashMap<EmployerId, String>,
    pub postings: HashMap<PostingId, String>,
    pub posters: HashMap<PosterId, String>,
    /// Who stands behind a booth's QR.
    pub participations: HashMap<ParticipationId, EmployerId>,
    pub streams: HashMap<StreamId, String>,
}

/// What a row of a table is called: a name that was entered, or a word of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Label {
    Name(String),
    /// A name with what kind of thing it is, such as "Poster · south gate".
    Of(&'static str, String),
    /// A code with words of its own: the prefix of the key and the code.
    Word(&'static str, String),
}

impl Names {
    pub fn label(&self, key: &Key) -> Label {
        let name = |found: Option<&String>| Label::Name(found.cloned().unwrap_or_default());
        match key {
            Key::All => Label::Word("tally.row", "all".into()),
            Key::Employer(id) => name(self.employers.get(id)),
            Key::Posting(id) => name(self.postings.get(id)),
            Key::Community(Some(id)) => name(self.areas.get(id)),
            Key::Community(None) => Label::Word("tally.row", "no_community".into()),
            Key::Group(Some(code)) | Key::PublicGroup(Some(code)) => {
                Label::Word("target_group", code.clone())
            }
            Key::Group(None) | Key::PublicGroup(None) => {
                Label::Word("tally.row", "no_group".into())
            }
            Key::Stream(id) => name(self.streams.get(id)),
            Key::Gate(Some(gate)) => Label::Name(gate.clone()),
            Key::Gate(None) => Label::Word("tally.row", "no_gate".into()),
            Key::Source(source) => self.source(source),
        }
    }

    fn source(&self, source: &Source) -> Label {
        match source {
            Source::Poster(id) => {
                Label::Of("poster", self.posters.get(id).cloned().unwrap_or_default())
            }
            Source::Booth(id) => {
                let employer = self.participations.get(id);
                let name = employer.and_then(|id| self.employers.get(id));
                Label::Of("booth", name.cloned().unwrap_or_default())
            }
            Source::Stream(id) => {
                Label::Of("stream", self.streams.get(id).cloned().unwrap_or_default())
            }
            Source::Channel(code) => Label::Word("tally.source", code.clone()),
        }
    }
}

/// What employers brought: who has a booth, and which posts were published.
#[derive(Clone, Debug, Default)]
pub struct Supply {
    pub employers: Vec<EmployerAt>,
    pub postings: Vec<PostingAt>,
}

/// 参展单位
#[derive(Clone, Debug)]
pub struct EmployerAt {
    pub id: EmployerId,
    pub name: String,
    pub booth: Option<String>,
}

/// 发布岗位
#[derive(Clone, Debug)]
pub struct PostingAt {
    pub id: PostingId,
    pub employer: EmployerId,
    pub title: String,
    /// 招聘人数
    pub headcount: i64,
    pub pay_min: i64,
    pub pay_max: i64,
    pub pay_unit: String,
}

impl Supply {
    pub fn headcount(&self) -> i64 {
        self.postings.iter().map(|p| p.headcount).sum()
    }

    /// Published postings, and the people they ask for, of one employer.
    pub fn of_employer(&self, employer: EmployerId) -> (usize, i64) {
        let own = self.postings.iter().filter(|p| p.employer == employer);
        own.fold((0, 0), |(n, heads), p| (n + 1, heads + p.headcount))
    }

    pub fn booth(&self, employer: EmployerId) -> Option<&str> {
        let at = self.employers.iter().find(|e| e.id == employer)?;
        at.booth.as_deref()
    }

    /// 求人倍率: posts asked for, for each registered person.
    pub fn ratio(&self, registered: u32) -> Option<f64> {
        let heads = u32::try_from(self.headcount()).ok()?;
        (registered > 0).then(|| f64::from(heads) / f64::from(registered))
    }
}

/// 入场人次 of a gate: each admission counts, also a second one after going out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateCount {
    pub gate: String,
    pub entries: u64,
}

impl Picture {
    pub fn entries(&self) -> u64 {
        self.gates.iter().map(|g| g.entries).sum()
    }

    pub fn views(&self) -> i64 {
        self.streams.iter().map(StreamAt::views).sum()
    }
}

/// What only the big screen needs.
#[derive(Clone, Debug, Default)]
pub struct Stage {
    /// Label, row and number within the row of every booth of the plan.
    pub booths: Vec<(String, String, u16)>,
    /// Newest first.
    pub events: Vec<Event>,
    /// Start, end, title and place of the side programme.
    pub programme: Vec<(DateTime<Utc>, DateTime<Utc>, String, String)>,
}

/// Something that happened to a match.
#[derive(Clone, Debug)]
pub struct Event {
    pub at: DateTime<Utc>,
    pub employer: EmployerId,
    pub measure: Measure,
}

/// 直播场次
#[derive(Clone, Debug)]
pub struct StreamAt {
    pub id: StreamId,
    pub title: String,
    pub host: String,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    /// In the order in which they were taken.
    pub readings: Vec<Reading>,
    /// Posting and the minute at which it was presented.
    pub postings: Vec<(PostingId, i32)>,
}

/// A platform's own count at one time; it counts up from the start of the session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    pub id: i64,
    pub platform: String,
    pub at: DateTime<Utc>,
    pub views: i64,
    pub evidence_url: String,
}

impl StreamAt {
    /// Views by platform: the last reading of each, because a reading holds all before it.
    pub fn platforms(&self) -> Vec<(&str, i64)> {
        let mut last: Vec<(&str, i64)> = Vec::new();
        for reading in &self.readings {
            match last.iter_mut().find(|(name, _)| *name == reading.platform) {
                Some((_, views)) => *views = reading.views,
                None => last.push((&reading.platform, reading.views)),
            }
        }
        last
    }

    pub fn views(&self) -> i64 {
        self.platforms().iter().map(|(_, views)| views).sum()
    }
}
