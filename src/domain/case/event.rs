//! 流转记录: what is written for ever about one action. The words are kept elsewhere.
use super::codes::{Action, Channel, FollowUpKind, Outcome, Part, Stage, Step, Visibility};
use super::command::Command;
use super::field::Texts;
use super::part::Who;
use super::sla::Deadline;
use crate::domain::{
    id::{EmployerId, UnitId},
    number::CaseNumber,
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// What an action brought about besides the data given with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Effects {
    /// The step after the action, while the case is being handled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<Step>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accept_due: Option<Deadline>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_due: Option<Deadline>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub citizen_due: Option<Deadline>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit_due: Option<Deadline>,
    /// Deadline before the action, where an action moves it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_due: Option<DateTime<Utc>>,
    /// Running number of what the action counts: dispatch, attempt, notice, level, reopening, rework.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// 签收耗时, working minutes
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_min: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_lead: Option<UnitId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub employer: Option<EmployerId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub former_target: Option<CaseNumber>,
    /// 仅反映人退出
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub reporter_leaves: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub follow_ups: Vec<FollowUpDue>,
}

/// 后续跟踪: something to be done about a case after it was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FollowUpDue {
    pub what: FollowUpKind,
    pub due_on: NaiveDate,
}

/// Ids and codes only, no personal text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payload {
    pub data: Command,
    pub then: Effects,
}

/// An event as it is folded into the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub seq: u64,
    pub action: Action,
    pub from: Option<Stage>,
    pub to: Stage,
    /// When it happened.
    pub at: DateTime<Utc>,
    pub who: Who,
    pub part: Part,
    pub unit: Option<UnitId>,
    pub channel: Channel,
    pub visibility: Visibility,
    pub payload: Payload,
}

/// What `decide` says shall be written: the event without its place in the chain, and its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    pub event: Event,
    pub texts: Texts,
}
