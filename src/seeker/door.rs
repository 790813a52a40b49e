//! 报名窗口: whether the public finds the registration of an evening open.
use crate::{
    domain::fair::{Stage, Times},
    entity::fair,
};
use chrono::{DateTime, Utc};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// 报名中
    Open,
    /// 报名未开始
    NotYet,
    /// 报名已截止
    Closed,
    /// 名额已满
    Full,
    /// 集市已取消
    Cancelled,
    /// 集市已结束
    Over,
}

impl Door {
    /// Key below `seeker.door`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::NotYet => "not_yet",
            Self::Closed => "closed",
            Self::Full => "full",
            Self::Cancelled => "cancelled",
            Self::Over => "over",
        }
    }
}

pub fn times(fair: &fair::Model) -> Times {
    Times {
        starts_at: fair.starts_at,
        ends_at: fair.ends_at,
        registration_opens_at: fair.registration_opens_at,
        registration_closes_at: fair.registration_closes_at,
    }
}

/// What the public sees; whatever takes a place decides again for itself.
pub fn door(fair: &fair::Model, now: DateTime<Utc>) -> Door {
    match times(fair).stage(fair.status, now) {
        Stage::Cancelled => Door::Cancelled,
        Stage::Ended => Door::Over,
        Stage::Draft | Stage::Upcoming => Door::NotYet,
        _ if now < fair.registration_opens_at => Door::NotYet,
        _ if now >= fair.registration_closes_at => Door::Closed,
        _ if fair.registered >= fair.capacity => Door::Full,
        _ => Door::Open,
    }
}
