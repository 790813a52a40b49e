//! 指标: the one definition of each figure. A figure is a set of persons or of matches, so a number
//! on a page and the rows behind it are the same set, counted or listed.
use crate::domain::funnel;
use std::fmt;

/// 指标: what a figure counts. Those of the ladder say "reached this rung or a higher one, at any
/// time": a match that ended without a placement keeps the furthest rung it came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Measure {
    /// 登记数: persons whose registration is in force, and those who withdrew after they had come or
    /// had been matched, because what happened on the evening stays counted.
    Registered,
    /// 入场人数: registered persons let in at a gate at least once.
    CheckedIn,
    /// 在场人数: let in and not yet out.
    Inside,
    /// 撤回数: persons who withdrew and did not register again.
    Withdrawn,
    /// 意向
    Interest,
    /// 面谈
    Interview,
    /// 录用
    Offer,
    /// 达成就业意向: the seeker accepted the offer.
    Agreement,
    /// 到岗
    Started,
    /// 核实到岗: the case was closed as a verified placement.
    Verified,
    /// 30 日留存: at work on the follow-up after 30 days.
    Retained30,
    /// 30 日离岗
    Left30,
    /// 30 日失联
    Unreachable30,
    /// 30 日待回访: verified, with no result of that follow-up yet.
    Pending30,
    /// 90 日留存
    Retained90,
    /// 90 日离岗
    Left90,
    /// 90 日失联
    Unreachable90,
    /// 90 日待回访
    Pending90,
}

impl Measure {
    pub const ALL: [Self; 18] = [
        Self::Registered,
        Self::CheckedIn,
        Self::Inside,
        Self::Withdrawn,
        Self::Interest,
        Self::Interview,
        Self::Offer,
        Self::Agreement,
        Self::Started,
        Self::Verified,
        Self::Retained30,
        Self::Left30,
        Self::Unreachable30,
        Self::Pending30,
        Self::Retained90,
        Self::Left90,
        Self::Unreachable90,
        Self::Pending90,
    ];
    /// From the first word with an employer to the placement that was checked.
    pub const LADDER: [Self; 6] = [
        Self::Interest,
        Self::Interview,
        Self::Offer,
        Self::Agreement,
        Self::Started,
        Self::Verified,
    ];
    /// What the follow-ups found, 30 and 90 days after the placement.
    pub const RETENTION: [(u8, [Self; 4]); 2] = [
        (
            30,
            [
                Self::Retained30,
                Self::Left30,
                Self::Unreachable30,
                Self::Pending30,
            ],
        ),
        (
            90,
            [
                Self::Retained90,
                Self::Left90,
                Self::Unreachable90,
                Self::Pending90,
            ],
        ),
    ];

    /// Stable name in addresses and answers.
    pub fn code(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::CheckedIn => "checked_in",
            Self::Inside => "inside",
            Self::Withdrawn => "withdrawn",
            Self::Interest => "interest",
            Self::Interview => "interview",
            Self::Offer => "offer",
            Self::Agreement => "agreement",
            Self::Started => "started",
            Self::Verified => "verified",
            Self::Retained30 => "retained_30",
            Self::Left30 => "left_30",
            Self::Unreachable30 => "unreachable_30",
            Self::Pending30 => "pending_30",
            Self::Retained90 => "retained_90",
            Self::Left90 => "left_90",
            Self::Unreachable90 => "unreachable_90",
            Self::Pending90 => "pending_90",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|m| m.code() == code)
    }

    /// The figure that says a rung was reached.
    pub fn of_rung(rung: funnel::Rung) -> Self {
        match rung {
            funnel::Rung::Interest => Self::Interest,
            funnel::Rung::Interview => Self::Interview,
            funnel::Rung::Offer => Self::Offer,
            funnel::Rung::Accepted => Self::Agreement,
            funnel::Rung::Started => Self::Started,
            funnel::Rung::Verified => Self::Verified,
        }
    }

    /// Whether it is about what happened between a person and a posting, so that it has matches
    /// beside persons.
    pub fn of_matches(self) -> bool {
        self >= Self::Interest
    }
}

/// 统计口径: distinct persons, or each match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// 人: one person counts once, however many matches.
    Persons,
    /// 对接: one person and one posting.
    Matches,
}

impl Unit {
    pub const ALL: [Self; 2] = [Self::Persons, Self::Matches];

    pub fn code(self) -> &'static str {
        match self {
            Self::Persons => "persons",
            Self::Matches => "matches",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|u| u.code() == code)
    }
}

/// 分组: by what a figure is broken down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Dimension {
    /// 全场
    Fair,
    /// 用人单位
    Employer,
    /// 岗位
    Posting,
    /// 社区
    Community,
    /// 人群: a person may belong to several, so these rows overlap. Groups that are for nobody's
    /// eyes count as 就业困难人员.
    Group,
    /// 对外人群: as it may be told outside the office, every kind of hardship under one name.
    PublicGroup,
    /// 来源
    Source,
    /// 直播场次
    Stream,
    /// 入口: where a person was let in first.
    Gate,
}

impl Dimension {
    pub const ALL: [Self; 9] = [
        Self::Fair,
        Self::Employer,
        Self::Posting,
        Self::Community,
        Self::Group,
        Self::PublicGroup,
        Self::Source,
        Self::Stream,
        Self::Gate,
    ];

    pub fn code(self) -> &'static str {
        match self {
            Self::Fair => "fair",
            Self::Employer => "employer",
            Self::Posting => "posting",
            Self::Community => "community",
            Self::Group => "group",
            Self::PublicGroup => "public_group",
            Self::Source => "source",
            Self::Stream => "stream",
            Self::Gate => "gate",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|d| d.code() == code)
    }

    /// Whether each person stands in exactly one row, so that the rows add up to the fair's
    /// number of persons. (Matches always add up, except over groups and streams.)
    pub fn parts_persons(self) -> bool {
        matches!(self, Self::Fair | Self::Community | Self::Source)
    }

    /// Whether each match stands in exactly one row.
    pub fn parts_matches(self) -> bool {
        self.parts_persons() || matches!(self, Self::Employer | Self::Posting)
    }
}

/// The measures that hold for one person or one match.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Marks(u32);

impl Marks {
    pub fn has(self, measure: Measure) -> bool {
        self.0 & Self::bit(measure) != 0
    }

    pub fn add(&mut self, measure: Measure) {
        self.0 |= Self::bit(measure);
    }

    pub fn with(mut self, measures: impl IntoIterator<Item = Measure>) -> Self {
        measures.into_iter().for_each(|m| self.add(m));
        self
    }

    pub fn join(&mut self, other: Self) {
        self.0 |= other.0;
    }

    pub fn iter(self) -> impl Iterator<Item = Measure> {
        Measure::ALL.into_iter().filter(move |m| self.has(*m))
    }

    fn bit(measure: Measure) -> u32 {
        1 << measure as u8
    }
}

impl fmt::Debug for Marks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// Figures of one row of a table, for each measure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cells {
    persons: [u32; Measure::ALL.len()],
    matches: [u32; Measure::ALL.len()],
}

impl Cells {
    pub fn get(&self, measure: Measure, unit: Unit) -> u32 {
        match unit {
            Unit::Persons => self.persons[measure as usize],
            Unit::Matches => self.matches[measure as usize],
        }
    }

    pub fn persons(&self, measure: Measure) -> u32 {
        self.get(measure, Unit::Persons)
    }

    pub fn matches(&self, measure: Measure) -> u32 {
        self.get(measure, Unit::Matches)
    }

    pub fn count(&mut self, unit: Unit, marks: Marks) {
        let cells = match unit {
            Unit::Persons => &mut self.persons,
            Unit::Matches => &mut self.matches,
        };
        marks.iter().for_each(|m| cells[m as usize] += 1);
    }
}
