//! What a decision needs to know besides the case itself: the time, the rules, and what the
//! database says about the things an action names.
use super::codes::Kind;
use super::part::Who;
use super::sla::{Calendars, SlaRule};
use crate::domain::{
    id::{AreaId, EmployerId, PostingId, UnitId},
    number::CaseNumber,
    role::Role,
};
use chrono::{DateTime, Utc};

/// 事实
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one answer of the database to one guard"
)]
pub struct Facts<'a> {
    pub now: DateTime<Utc>,
    pub calendars: &'a Calendars,
    pub rules: &'a [SlaRule],
    pub limits: Limits,
    pub category: Category,
    /// The category a correction names exists and is enabled.
    pub new_category_enabled: bool,
    /// The reporter left a way to be reached that still exists.
    pub reporter_reachable: bool,
    /// All units the action names exist and are active.
    pub units_active: bool,
    /// The account the action names: who asked, or the mediator to be.
    pub named: Option<Named>,
    /// The other case the action names.
    pub target: Option<Target>,
    pub posting: Option<PostingFacts>,
    pub seeker: SeekerFacts,
    /// The event the action names has words that were not erased.
    pub text_there: bool,
    /// The areas that the place of a finding lies in, itself included.
    pub around: Vec<AreaId>,
    /// A picture of how it was before lies in the case already.
    pub before_there: bool,
    /// 答复稿 as it was approved, when it is about to be sent.
    pub approved: Option<String>,
}

/// 限度: proposals that an office may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// 退单时限, working days
    pub sign_workdays: u32,
    pub objections: u32,
    /// 申诉、重新受理时限, working days
    pub appeal_workdays: u32,
    pub reopen_workdays: u32,
    pub own_reopenings: u32,
    /// 挂账复查, days
    pub review_days: u64,
    pub max_level: u32,
    /// 督办后仍超期, working days after the deadline before the program escalates
    pub escalate_workdays: u32,
    pub reception_level: u32,
    /// 0 is Monday
    pub reception_weekday: u32,
    pub callback_attempts: usize,
    pub callback_days: usize,
    pub notice_days: i64,
    pub quorum: u32,
    /// 用人单位回应宽限, working days
    pub employer_grace_workdays: u32,
    pub match_reopen_days: i64,
    /// How long before and after its day a retention check counts.
    pub retention_before_days: i64,
    pub retention_after_days: i64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sign_workdays: 1,
            objections: 2,
            appeal_workdays: 15,
            reopen_workdays: 15,
            own_reopenings: 2,
            review_days: 90,
            max_level: 2,
            escalate_workdays: 3,
            reception_level: 1,
            reception_weekday: 4,
            callback_attempts: 3,
            callback_days: 2,
            notice_days: 3,
            quorum: 7,
            employer_grace_workdays: 2,
            match_reopen_days: 30,
            retention_before_days: 3,
            retention_after_days: 30,
        }
    }
}

/// 类别属性
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent traits of a category, each a column of its table"
)]
pub struct Category {
    pub enabled: bool,
    /// 咨询类
    pub consult: bool,
    /// 可自办
    pub self_handle: bool,
    /// 公共险情
    pub public_hazard: bool,
    /// 有地点
    pub place: bool,
    /// 可由专班直接采纳
    pub desk_adopts: bool,
}

/// An account an action names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    pub who: Who,
    pub role: Role,
    pub unit: Option<UnitId>,
}

/// The other case an action names.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each answers one guard")]
pub struct Target {
    pub number: CaseNumber,
    pub kind: Kind,
    pub itself: bool,
    pub open: bool,
    pub merged: bool,
    /// Inside the radius of the category.
    pub near: bool,
    pub posting: Option<PostingId>,
}

/// The posting of a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each answers one guard")]
pub struct PostingFacts {
    pub employer: EmployerId,
    pub open: bool,
    pub event_live: bool,
    /// 免审推荐
    pub auto_refer: bool,
    pub must_haves_met: bool,
    pub employer_verified: bool,
    pub slots_left: bool,
}

/// The seeker of a match.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SeekerFacts {
    /// 年满十六周岁
    pub of_age: bool,
    pub barred: bool,
    /// Another open match of the same person and posting exists.
    pub open_match: bool,
}

impl<'a> Facts<'a> {
    /// Facts of which nothing but the time and the rules is known: every guard that asks the
    /// database fails.
    pub fn at(now: DateTime<Utc>, calendars: &'a Calendars, rules: &'a [SlaRule]) -> Self {
        Self {
            now,
            calendars,
            rules,
            limits: Limits::default(),
            category: Category::default(),
            new_category_enabled: false,
            reporter_reachable: false,
            units_active: false,
            named: None,
            target: None,
            posting: None,
            seeker: SeekerFacts::default(),
            text_there: false,
            around: Vec::new(),
            before_there: false,
            approved: None,
        }
    }
}
