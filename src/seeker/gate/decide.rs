//! 核验结论: what a scan means, as a pure function of what is known of the ticket.
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// 方向
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// 入场
    #[default]
    In,
    /// 出场
    Out,
}

impl Direction {
    pub fn code(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "in" => Some(Self::In),
            "out" => Some(Self::Out),
            _ => None,
        }
    }
}

/// 不予入场的原因
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// 查不到这张券
    Unknown,
    /// 是另一场集市的券
    OtherFair,
    /// 报名已撤回
    Withdrawn,
    /// 集市已取消
    FairCancelled,
    /// 场内人数已满
    Full,
    /// 没有入场记录
    NotInside,
}

impl Reason {
    pub const ALL: [Self; 6] = [
        Self::Unknown,
        Self::OtherFair,
        Self::Withdrawn,
        Self::FairCancelled,
        Self::Full,
        Self::NotInside,
    ];

    pub fn code(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::OtherFair => "other_fair",
            Self::Withdrawn => "withdrawn",
            Self::FairCancelled => "fair_cancelled",
            Self::Full => "full",
            Self::NotInside => "not_inside",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }
}

/// 结论
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// 请入场; `again` after having gone out
    Admitted {
        again: bool,
    },
    /// 已经入场
    AlreadyIn,
    /// 已出场
    Left,
    Refused(Reason),
}

impl Verdict {
    /// The stored and printed result.
    pub fn code(self) -> &'static str {
        match self {
            Self::Admitted { .. } => "admitted",
            Self::AlreadyIn => "already_in",
            Self::Left => "left",
            Self::Refused(_) => "refused",
        }
    }

    pub fn reason(self) -> Option<Reason> {
        match self {
            Self::Refused(reason) => Some(reason),
            _ => None,
        }
    }
}

/// What is known of the holder when the scan is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Has been admitted before.
    pub came: bool,
    /// Is on the square, as of just before the scan.
    pub inside: bool,
}

/// A scan that is looked at while it happens: the gate acts on the answer.
pub fn online(known: Known, direction: Direction) -> Verdict {
    match (direction, known.inside) {
        (Direction::In, true) => Verdict::AlreadyIn,
        (Direction::In, false) => Verdict::Admitted { again: known.came },
        (Direction::Out, true) => Verdict::Left,
        (Direction::Out, false) => Verdict::Refused(Reason::NotInside),
    }
}

/// A scan that happened without a network and is reported later: the person has gone through, so
/// there is nothing left to refuse.
pub fn offline(known: Known, direction: Direction) -> Verdict {
    match direction {
        Direction::In if known.came && known.inside => Verdict::AlreadyIn,
        Direction::In => Verdict::Admitted { again: known.came },
        Direction::Out => Verdict::Left,
    }
}

/// A scan in the one order that every server agrees on, in whatever order scans arrive: by time,
/// then by nonce.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct At<'a>(pub DateTime<Utc>, pub &'a str);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_goes_in_once_and_may_come_back() {
        let new = Known {
            came: false,
            inside: false,
        };
        let there = Known {
            came: true,
            inside: true,
        };
        let gone = Known {
            came: true,
            inside: false,
        };
        assert_eq!(
            online(new, Direction::In),
            Verdict::Admitted { again: false }
        );
        assert_eq!(online(there, Direction::In), Verdict::AlreadyIn);
        assert_eq!(
            online(gone, Direction::In),
            Verdict::Admitted { again: true }
        );
        assert_eq!(online(there, Direction::Out), Verdict::Left);
        for known in [new, gone] {
            let refused = Verdict::Refused(Reason::NotInside);
            assert_eq!(online(known, Direction::Out), refused);
            assert_eq!(offline(known, Direction::Out), Verdict::Left);
        }
        assert_eq!(offline(there, Direction::In), Verdict::AlreadyIn);
        assert_eq!(
            offline(new, Direction::In),
            Verdict::Admitted { again: false }
        );
    }

    #[test]
    fn codes_are_read_back() {
        for reason in Reason::ALL {
            assert_eq!(Reason::from_code(reason.code()), Some(reason));
        }
        for direction in [Direction::In, Direction::Out] {
            assert_eq!(Direction::from_code(direction.code()), Some(direction));
        }
    }
}
