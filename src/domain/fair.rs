//! 集市: what an evening is, when it is what, and what must be filed for it.
use super::{fault::FieldFault, text::half_width};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use sea_orm::{Iterable, entity::prelude::*};
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// 短名: names a fair in addresses, such as `starlight-2026`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Slug(String);

/// Words that stand for pages where a slug could stand.
const RESERVED: &[&str] = &["new"];
const MAX_SLUG: usize = 60;

impl Slug {
    pub fn parse(raw: &str) -> Result<Self, FieldFault> {
        if raw.len() > 400 {
            return Err(FieldFault::TooLong { max: MAX_SLUG });
        }
        let text = half_width(raw).to_ascii_lowercase();
        if text.is_empty() {
            return Err(FieldFault::Required);
        }
        if text.chars().count() > MAX_SLUG {
            return Err(FieldFault::TooLong { max: MAX_SLUG });
        }
        let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if !text.bytes().all(good) || text.starts_with('-') || text.ends_with('-') {
            return Err(FieldFault::Format);
        }
        if RESERVED.contains(&text.as_str()) {
            return Err(FieldFault::Taken);
        }
        Ok(Self(text))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Declares an enum of codes that are column values, JSON values and text keys at once.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema, EnumIter, DeriveActiveEnum)]
        #[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vdoc])* $variant),+ }
    )+};
}

codes! {
    /// 集市状态, as the office decides it
    FairStatus {
        /// 草稿
        Draft,
        /// 已发布
        Published,
        /// 已取消
        Cancelled,
    }
    /// 集市类型
    FairKind {
        /// 线下
        OnSite,
        /// 线上
        Online,
        /// 直播
        Stream,
    }
    /// 单位在集市中的角色
    HostPart {
        /// 主办
        Host,
        /// 承办
        Organiser,
        /// 协办
        CoHost,
    }
    /// 同期活动类型
    ProgrammeKind {
        /// 就业推介
        Promotion,
        /// 政策宣讲
        Policy,
        /// 技能培训
        Training,
        /// 文艺演出
        Performance,
    }
    /// 备案与预案事项
    FairTask {
        /// 举办备案
        Filing,
        /// 工作方案
        WorkPlan,
        /// 安全应急预案
        EmergencyPlan,
        /// 场地平面图
        FloorPlan,
        /// 大型群众性活动安全许可
        PolicePermit,
        /// 统计报表
        StatisticsReport,
    }
    /// 集市阶段, as the clock makes it
    Stage {
        /// 未发布
        Draft,
        /// 报名未开始
        Upcoming,
        /// 报名中
        Registering,
        /// 报名已截止
        Closed,
        /// 进行中
        Running,
        /// 已结束
        Ended,
        /// 已取消
        Cancelled,
    }
}

/// From so many expected visitors an evening needs the police's permit
/// (大型群众性活动安全管理条例 §2).
pub const LARGE: i64 = 1000;

impl FairTask {
    /// The last day by which it must be done, for an evening from `start` to `end` (Beijing days).
    /// Filing 15 days before with its plans, the permit 20 days before, the report 7 days after.
    pub fn due(self, start: NaiveDate, end: NaiveDate) -> NaiveDate {
        match self {
            Self::Filing | Self::WorkPlan | Self::EmergencyPlan | Self::FloorPlan => {
                start - TimeDelta::days(15)
            }
            Self::PolicePermit => start - TimeDelta::days(20),
            Self::StatisticsReport => end + TimeDelta::days(7),
        }
    }

    /// What an evening with so many expected visitors has to do.
    pub fn of(expected: i64) -> Vec<Self> {
        Self::iter()
            .filter(|task| *task != Self::PolicePermit || expected >= LARGE)
            .collect()
    }
}

/// The times of an evening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub registration_opens_at: DateTime<Utc>,
    pub registration_closes_at: DateTime<Utc>,
}

impl Times {
    /// 集市阶段 at `now`.
    pub fn stage(&self, status: FairStatus, now: DateTime<Utc>) -> Stage {
        match status {
            FairStatus::Draft => Stage::Draft,
            FairStatus::Cancelled => Stage::Cancelled,
            FairStatus::Published if now >= self.ends_at => Stage::Ended,
            FairStatus::Published if now >= self.starts_at => Stage::Running,
            FairStatus::Published if now >= self.registration_closes_at => Stage::Closed,
            FairStatus::Published if now >= self.registration_opens_at => Stage::Registering,
            FairStatus::Published => Stage::Upcoming,
        }
    }

    /// 报名窗口: whether seekers can register at `now`.
    pub fn registers(&self, status: FairStatus, now: DateTime<Utc>) -> bool {
        status == FairStatus::Published
            && (self.registration_opens_at..self.registration_closes_at).contains(&now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_short_and_plain() {
        assert_eq!(Slug::parse(" Star-2026 ").unwrap().as_str(), "star-2026");
        for wrong in ["星光", "a b", "-a", "a-", "a/b", "a.b", "a_b"] {
            assert_eq!(Slug::parse(wrong), Err(FieldFault::Format), "{wrong}");
        }
        assert_eq!(Slug::parse("new"), Err(FieldFault::Taken));
        assert_eq!(Slug::parse(""), Err(FieldFault::Required));
        assert_eq!(
            Slug::parse(&"a".repeat(61)),
            Err(FieldFault::TooLong { max: 60 })
        );
    }

    #[test]
    fn the_clock_makes_the_stage() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let times = Times {
            starts_at: at("2026-07-19T11:00:00Z"),
            ends_at: at("2026-07-19T14:00:00Z"),
            registration_opens_at: at("2026-07-01T00:00:00Z"),
            registration_closes_at: at("2026-07-19T10:00:00Z"),
        };
        let stage = |text| times.stage(FairStatus::Published, at(text));
        assert_eq!(stage("2026-06-30T00:00:00Z"), Stage::Upcoming);
        assert_eq!(stage("2026-07-01T00:00:00Z"), Stage::Registering);
        assert_eq!(stage("2026-07-19T10:00:00Z"), Stage::Closed);
        assert_eq!(stage("2026-07-19T11:00:00Z"), Stage::Running);
        assert_eq!(stage("2026-07-19T14:00:00Z"), Stage::Ended);
        assert_eq!(
            times.stage(FairStatus::Draft, times.starts_at),
            Stage::Draft
        );
        assert!(times.registers(FairStatus::Published, at("2026-07-10T00:00:00Z")));
        assert!(!times.registers(FairStatus::Cancelled, at("2026-07-10T00:00:00Z")));
    }

    #[test]
    fn tasks_have_their_days() {
        let day: NaiveDate = "2026-07-19".parse().unwrap();
        assert_eq!(FairTask::Filing.due(day, day).to_string(), "2026-07-04");
        assert_eq!(
            FairTask::PolicePermit.due(day, day).to_string(),
            "2026-06-29"
        );
        assert_eq!(
            FairTask::StatisticsReport.due(day, day).to_string(),
            "2026-07-26"
        );
        assert!(!FairTask::of(999).contains(&FairTask::PolicePermit));
        assert!(FairTask::of(1000).contains(&FairTask::PolicePermit));
    }
}
