//! What was recorded about a fair, read once, and every figure made from it. All tables and all
//! lists of rows come from the same facts through [`Facts::places_of_visitor`] and
//! [`Facts::places_of_match`], so they cannot disagree.
use super::measure::{Cells, Dimension, Marks, Measure, Unit};
use crate::domain::group::TargetGroup;
use crate::domain::id::{
    AreaId, CaseId, EmployerId, ParticipationId, PersonId, PosterId, PostingId, RegistrationId,
    StreamId,
};
use sea_orm::ActiveEnum;
use std::{collections::HashMap, fmt};

/// 来源: what brought a person to registering.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    Poster(PosterId),
    Booth(ParticipationId),
    Stream(StreamId),
    /// Any other channel, by its code: desk, gate, api, direct.
    Channel(String),
}

/// The row of a table that a figure stands in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    All,
    Employer(EmployerId),
    Posting(PostingId),
    /// `None`: no community was told.
    Community(Option<AreaId>),
    /// `None`: the person named no group.
    Group(Option<String>),
    PublicGroup(Option<String>),
    Source(Source),
    Stream(StreamId),
    /// `None`: not let in yet.
    Gate(Option<String>),
}

/// As in the `key` of an address.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Employer(id) => id.fmt(f),
            Self::Posting(id) => id.fmt(f),
            Self::Community(Some(id)) => id.fmt(f),
            Self::Stream(id) => id.fmt(f),
            Self::Group(Some(code))
            | Self::PublicGroup(Some(code))
            | Self::Source(Source::Channel(code)) => f.write_str(code),
            // A gate may be called anything, also "none".
            Self::Gate(Some(name)) => write!(f, "at-{name}"),
            Self::Community(None)
            | Self::Group(None)
            | Self::PublicGroup(None)
            | Self::Gate(None) => f.write_str("none"),
            Self::Source(Source::Poster(id)) => write!(f, "poster-{id}"),
            Self::Source(Source::Booth(id)) => write!(f, "booth-{id}"),
            Self::Source(Source::Stream(id)) => write!(f, "stream-{id}"),
        }
    }
}

/// A person at the fair, as far as figures need it. Whoever withdrew and registered again is still
/// one visitor.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// The registration in force, or else the last one.
    pub id: RegistrationId,
    /// Minutes since 1970 at the first admission.
    pub came: Option<i64>,
    pub(super) marks: Marks,
    community: u32,
    source: u32,
    gate: u32,
    stream: Option<u32>,
    groups: Vec<u32>,
    public_groups: Vec<u32>,
}

/// A match, as far as figures need it.
#[derive(Clone, Debug)]
pub struct Match {
    pub case: CaseId,
    /// Place of the person in [`Facts::visitors`].
    pub visitor: u32,
    pub(super) marks: Marks,
    posting: u32,
    employer: u32,
    stream: Option<u32>,
}

impl Match {
    /// The furthest rung it came to.
    pub fn rung(&self) -> Measure {
        let reached = Measure::LADDER.into_iter().rev();
        reached
            .into_iter()
            .find(|m| self.marks.has(*m))
            .unwrap_or(Measure::Interest)
    }
}

/// A registration as it was read.
#[derive(Clone, Debug)]
pub struct VisitorRead {
    pub id: RegistrationId,
    pub person: PersonId,
    pub community: Option<AreaId>,
    pub source: Source,
    pub stream: Option<StreamId>,
    pub groups: Vec<String>,
    pub withdrawn: bool,
    pub came: Option<i64>,
    pub gate: Option<String>,
    pub inside: bool,
}

/// A match as it was read.
#[derive(Clone, Debug)]
pub struct MatchRead {
    pub case: CaseId,
    pub person: PersonId,
    pub posting: PostingId,
    pub employer: EmployerId,
    pub stream: Option<StreamId>,
    /// All rungs and follow-up results that hold.
    pub marks: Marks,
}

/// Everything that figures are made of, in the order of the ids.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub visitors: Vec<Visitor>,
    pub matches: Vec<Match>,
    keys: [Keys; Dimension::ALL.len()],
}

/// The rows of one dimension in the order in which they were met.
#[derive(Clone, Debug, Default)]
struct Keys {
    list: Vec<Key>,
    at: HashMap<Key, u32>,
}

impl Keys {
    fn place(&mut self, key: Key) -> u32 {
        if let Some(at) = self.at.get(&key) {
            return *at;
        }
        let at = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        self.list.push(key.clone());
        self.at.insert(key, at);
        at
    }
}

impl Facts {
    /// Brings together what was read. A match of somebody who is not among `visitors` cannot be:
    /// the database ties it to a registration.
    pub fn new(
        visitors: Vec<VisitorRead>,
        mut matches: Vec<MatchRead>,
        known: impl IntoIterator<Item = Key>,
    ) -> Self {
        let visitors = one_each(visitors);
        let at: HashMap<_, _> = visitors.iter().map(|v| v.person).zip(0u32..).collect();
        matches.sort_unstable_by_key(|m| m.case);
        let mut facts = Self::default();
        facts.keys(Dimension::Fair).place(Key::All);
        for key in known {
            facts.keys(key.dimension()).place(key);
        }
        for visitor in visitors {
            let visitor = facts.visitor(visitor);
            facts.visitors.push(visitor);
        }
        for read in matches {
            if let Some(visitor) = at.get(&read.person) {
                facts.add_match(&read, *visitor);
            }
        }
        for visitor in &mut facts.visitors {
            if !visitor.marks.has(Measure::Withdrawn) || visitor.marks.has(Measure::CheckedIn) {
                visitor.marks.add(Measure::Registered);
            }
        }
        facts
    }

    fn keys(&mut self, by: Dimension) -> &mut Keys {
        &mut self.keys[by as usize]
    }

    fn visitor(&mut self, read: VisitorRead) -> Visitor {
        let mut marks = Marks::default();
        if read.withdrawn {
            marks.add(Measure::Withdrawn);
        }
        if read.came.is_some() {
            marks.add(Measure::CheckedIn);
        }
        if read.inside {
            marks.add(Measure::Inside);
        }
        let groups = read.groups.iter().map(|code| inside(code));
        let groups = self.groups(groups.map(Some), Key::Group);
        let public_groups = read.groups.iter().filter_map(|code| outside(code));
        let public_groups = self.groups(public_groups.map(Some), Key::PublicGroup);
        Visitor {
            id: read.id,
            came: read.came,
            marks,
            community: self
                .keys(Dimension::Community)
                .place(Key::Community(read.community)),
            source: self.keys(Dimension::Source).place(Key::Source(read.source)),
            gate: self.keys(Dimension::Gate).place(Key::Gate(read.gate)),
            stream: read
                .stream
                .map(|id| self.keys(Dimension::Stream).place(Key::Stream(id))),
            groups,
            public_groups,
        }
    }

    /// The rows of a person's groups, each once; the row "none" for who named none.
    fn groups(
        &mut self,
        named: impl Iterator<Item = Option<String>>,
        key: impl Fn(Option<String>) -> Key,
    ) -> Vec<u32> {
        let mut places = Vec::new();
        for code in named {
            let key = key(code);
            places.push(self.keys(key.dimension()).place(key));
        }
        if places.is_empty() {
            let key = key(None);
            places.push(self.keys(key.dimension()).place(key));
        }
        places.sort_unstable();
        places.dedup();
        places
    }

    fn add_match(&mut self, read: &MatchRead, visitor: u32) {
        // Somebody who was matched stays among the registered.
        self.visitors[visitor as usize]
            .marks
            .add(Measure::Registered);
        let row = Match {
            case: read.case,
            visitor,
            marks: read.marks,
            posting: self
                .keys(Dimension::Posting)
                .place(Key::Posting(read.posting)),
            employer: self
                .keys(Dimension::Employer)
                .place(Key::Employer(read.employer)),
            stream: read
                .stream
                .map(|id| self.keys(Dimension::Stream).place(Key::Stream(id))),
        };
        self.matches.push(row);
    }

    pub fn rows(&self, by: Dimension) -> &[Key] {
        &self.keys[by as usize].list
    }

    /// The rows a person stands in by what the registration says.
    fn places_of_visitor(by: Dimension, visitor: &Visitor) -> Places<'_> {
        match by {
            Dimension::Fair => Places::One(0),
            Dimension::Community => Places::One(visitor.community),
            Dimension::Group => Places::Many(&visitor.groups),
            Dimension::PublicGroup => Places::Many(&visitor.public_groups),
            Dimension::Source => Places::One(visitor.source),
            Dimension::Gate => Places::One(visitor.gate),
            Dimension::Stream => visitor.stream.map_or(Places::Many(&[]), Places::One),
            Dimension::Employer | Dimension::Posting => Places::Many(&[]),
        }
    }

    /// The rows a match stands in: by the posting, or by what the person's registration says.
    /// Over streams it is the session through which the interest was shown.
    fn places_of_match<'a>(&'a self, by: Dimension, row: &Match) -> Places<'a> {
        match by {
            Dimension::Employer => Places::One(row.employer),
            Dimension::Posting => Places::One(row.posting),
            Dimension::Stream => row.stream.map_or(Places::Many(&[]), Places::One),
            _ => Self::places_of_visitor(by, &self.visitors[row.visitor as usize]),
        }
    }

    /// The table of one dimension, in the order of [`Facts::rows`].
    pub fn table(&self, by: Dimension) -> Vec<Cells> {
        let mut cells = vec![Cells::default(); self.rows(by).len()];
        let mut persons = Vec::with_capacity(self.visitors.len() + self.matches.len());
        for (visitor, at) in self.visitors.iter().zip(0u32..) {
            for row in Self::places_of_visitor(by, visitor).iter() {
                persons.push((row, at, visitor.marks));
            }
        }
        for entry in &self.matches {
            for row in self.places_of_match(by, entry).iter() {
                cells[row as usize].count(Unit::Matches, entry.marks);
                persons.push((row, entry.visitor, entry.marks));
            }
        }
        persons.sort_unstable_by_key(|(row, visitor, _)| (*row, *visitor));
        for same in persons.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let mut marks = Marks::default();
            for (_, _, more) in same {
                marks.join(*more);
            }
            cells[same[0].0 as usize].count(Unit::Persons, marks);
        }
        cells
    }

    /// Everything at once.
    pub fn total(&self) -> Cells {
        self.table(Dimension::Fair)
            .first()
            .copied()
            .unwrap_or_default()
    }

    /// The persons that a figure counts, as places in [`Facts::visitors`], in the order of ids.
    pub fn persons(&self, measure: Measure, by: Dimension, row: u32) -> Vec<u32> {
        let own = self.visitors.iter().zip(0u32..).filter(|(visitor, _)| {
            visitor.marks.has(measure) && Self::places_of_visitor(by, visitor).holds(row)
        });
        let matched = self
            .matches
            .iter()
            .filter(|entry| entry.marks.has(measure) && self.places_of_match(by, entry).holds(row));
        let mut found: Vec<u32> = own
            .map(|(_, at)| at)
            .chain(matched.map(|entry| entry.visitor))
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The matches that a figure counts, as places in [`Facts::matches`], in the order of ids.
    pub fn matches(&self, measure: Measure, by: Dimension, row: u32) -> Vec<u32> {
        let found = self.matches.iter().zip(0u32..).filter(|(entry, _)| {
            entry.marks.has(measure) && self.places_of_match(by, entry).holds(row)
        });
        found.map(|(_, at)| at).collect()
    }

    /// The posting and the employer of a match.
    pub fn about(&self, entry: &Match) -> (PostingId, EmployerId) {
        let key = |by, at: u32| &self.rows(by)[at as usize];
        match (
            key(Dimension::Posting, entry.posting),
            key(Dimension::Employer, entry.employer),
        ) {
            (Key::Posting(posting), Key::Employer(employer)) => (*posting, *employer),
            _ => unreachable!("a dimension holds its own keys only"),
        }
    }

    /// The row of a key as it stands in an address.
    pub fn row(&self, by: Dimension, key: &str) -> Option<u32> {
        let at = self.rows(by).iter().position(|k| k.to_string() == key)?;
        u32::try_from(at).ok()
    }

    /// The furthest match of a person within one row of a table: what a list of persons shows.
    pub fn furthest(&self, by: Dimension, row: u32) -> HashMap<u32, &Match> {
        let mut best: HashMap<u32, &Match> = HashMap::new();
        for entry in &self.matches {
            if self.places_of_match(by, entry).holds(row) {
                let known = best.entry(entry.visitor).or_insert(entry);
                if entry.rung() > known.rung() {
                    *known = entry;
                }
            }
        }
        best
    }
}

/// The group as the office counts it: what is sealed is never a count of its own.
fn inside(code: &str) -> String {
    match TargetGroup::try_from_value(&code.to_owned()) {
        Ok(group) if group.is_sensitive() => group.public_label().code(),
        _ => code.to_owned(),
    }
}

/// The group as it is told outside; nothing for a code we do not know.
fn outside(code: &str) -> Option<String> {
    let group = TargetGroup::try_from_value(&code.to_owned()).ok()?;
    Some(group.public_label().code())
}

/// One visitor for each person, in the order of the registrations that speak for them: the one in
/// force, or else the last. When and where they came is told by the first admission of all.
fn one_each(mut read: Vec<VisitorRead>) -> Vec<VisitorRead> {
    read.sort_unstable_by_key(|v| (v.person, v.withdrawn, std::cmp::Reverse(v.id)));
    let mut visitors: Vec<VisitorRead> = Vec::with_capacity(read.len());
    for next in read {
        match visitors.last_mut() {
            Some(known) if known.person == next.person => {
                known.inside |= next.inside;
                if next.came.is_some() && (known.came.is_none() || next.came < known.came) {
                    known.came = next.came;
                    known.gate = next.gate;
                }
            }
            _ => visitors.push(next),
        }
    }
    visitors.sort_unstable_by_key(|v| v.id);
    visitors
}

impl Key {
    pub fn dimension(&self) -> Dimension {
        match self {
            Self::All => Dimension::Fair,
            Self::Employer(_) => Dimension::Employer,
            Self::Posting(_) => Dimension::Posting,
            Self::Community(_) => Dimension::Community,
            Self::Group(_) => Dimension::Group,
            Self::PublicGroup(_) => Dimension::PublicGroup,
            Self::Source(_) => Dimension::Source,
            Self::Stream(_) => Dimension::Stream,
            Self::Gate(_) => Dimension::Gate,
        }
    }
}

/// The rows of a table that something stands in.
enum Places<'a> {
    One(u32),
    Many(&'a [u32]),
}

impl Places<'_> {
    fn iter(&self) -> impl Iterator<Item = u32> {
        let rows: &[u32] = match self {
            Self::One(row) => std::slice::from_ref(row),
            Self::Many(rows) => rows,
        };
        rows.iter().copied()
    }

    fn holds(&self, row: u32) -> bool {
        self.iter().any(|at| at == row)
    }
}
