//! Who sits at a session: the standing people of its pattern, changed for the one day; and what is
//! wrong with it.
use super::{Key, Session};
use crate::domain::{
    calendar::Window,
    id::{DeskMemberId, DeskPatternId},
};
use chrono::NaiveDate;

/// 固定值守: a person on a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub id: i64,
    pub pattern: DeskPatternId,
    pub member: DeskMemberId,
    /// 错时: only these hours of each session.
    pub hours: Option<Window>,
    pub from: NaiveDate,
    pub until: Option<NaiveDate>,
}

impl Standing {
    pub fn covers(&self, pattern: DeskPatternId, day: NaiveDate) -> bool {
        self.pattern == pattern && self.from <= day && self.until.is_none_or(|until| day <= until)
    }
}

/// 单场值守: what differs at one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shift {
    pub key: Key,
    pub member: DeskMemberId,
    /// false: 不在岗, relieved of a standing shift or swapped away.
    pub present: bool,
    pub hours: Option<Window>,
    /// Minutes served, once somebody has confirmed them.
    pub served: Option<i64>,
}

/// 在岗: one person at one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    pub member: DeskMemberId,
    pub hours: Window,
    pub served: Option<i64>,
    /// Comes from the pattern, not from this one day.
    pub standing: bool,
}

impl Post {
    /// Minutes planned.
    pub fn planned(&self) -> i64 {
        i64::from(self.hours.to - self.hours.from)
    }
}

/// The people of a session, in order of their hours.
pub fn roster(session: &Session, standing: &[Standing], shifts: &[Shift]) -> Vec<Post> {
    let own = |member| {
        shifts
            .iter()
            .find(|shift| shift.key == session.key && shift.member == member)
    };
    let mut posts: Vec<Post> = Vec::new();
    if let Key::Weekly(pattern, origin) = session.key {
        for one in standing.iter().filter(|s| s.covers(pattern, origin)) {
            let shift = own(one.member);
            if shift.is_some_and(|shift| !shift.present)
                || posts.iter().any(|post| post.member == one.member)
            {
                continue;
            }
            let hours = shift.and_then(|shift| shift.hours).or(one.hours);
            posts.push(Post {
                member: one.member,
                hours: within(hours, session.hours),
                served: shift.and_then(|shift| shift.served),
                standing: true,
            });
        }
    }
    for shift in shifts.iter().filter(|s| s.key == session.key && s.present) {
        if posts.iter().all(|post| post.member != shift.member) {
            posts.push(Post {
                member: shift.member,
                hours: within(shift.hours, session.hours),
                served: shift.served,
                standing: false,
            });
        }
    }
    posts.sort_by_key(|post| (post.hours.from, post.hours.to, post.member));
    posts
}

/// Hours cut to those of the session; all of it when nothing is left.
fn within(hours: Option<Window>, session: Window) -> Window {
    hours
        .and_then(|h| Window::new(h.from.max(session.from), h.to.min(session.to)))
        .unwrap_or(session)
}

/// One person at a session, as far as warnings go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    pub member: DeskMemberId,
    /// 百通岗
    pub all_round: bool,
    pub hours: Window,
}

/// 排班提醒
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Warning {
    /// 无人值守
    Nobody,
    /// 没有百通岗
    NoAllRound,
    /// 百通岗缺岗时段: the first stretch without one
    AllRoundGap(Window),
    /// 同一时间两处
    TwoPlaces { member: DeskMemberId, other: Key },
    /// 同一时间同一点位两张桌
    TwoDesks { member: DeskMemberId, other: Key },
    /// 同一点位同类场次重叠
    SameDesk { other: Key },
}

/// What is wrong with each session. A cancelled one disturbs nobody.
pub fn warnings(rota: &[(Session, Vec<Placed>)]) -> Vec<Vec<Warning>> {
    rota.iter()
        .map(|(session, people)| {
            if session.cancelled {
                return Vec::new();
            }
            let mut found = staffing(session, people);
            let others = rota.iter().filter(|(other, _)| {
                other.key != session.key && !other.cancelled && other.date == session.date
            });
            for (other, others) in others {
                found.extend(clashes((session, people), (other, others)));
            }
            found
        })
        .collect()
}

fn staffing(session: &Session, people: &[Placed]) -> Vec<Warning> {
    if people.is_empty() {
        return vec![Warning::Nobody];
    }
    let all_round: Vec<Window> = people
        .iter()
        .filter(|p| p.all_round)
        .map(|p| p.hours)
        .collect();
    if all_round.is_empty() {
        return vec![Warning::NoAllRound];
    }
    let mut at = session.hours.from;
    for window in super::merged(all_round) {
        if window.from > at {
            break;
        }
        at = at.max(window.to);
    }
    let next = people
        .iter()
        .filter(|p| p.all_round && p.hours.from > at)
        .map(|p| p.hours.from)
        .min();
    let end = next.unwrap_or(session.hours.to).min(session.hours.to);
    Window::new(at, end)
        .map(Warning::AllRoundGap)
        .into_iter()
        .collect()
}

fn clashes(
    (session, people): (&Session, &[Placed]),
    (other, others): (&Session, &[Placed]),
) -> Vec<Warning> {
    let mut found = Vec::new();
    let same_site = session.site == other.site;
    if same_site && session.kind == other.kind && overlap(session.hours, other.hours) {
        found.push(Warning::SameDesk { other: other.key });
    }
    for one in people {
        let twice = others
            .iter()
            .any(|two| two.member == one.member && overlap(one.hours, two.hours));
        if twice {
            let (member, other) = (one.member, other.key);
            found.push(if same_site {
                Warning::TwoDesks { member, other }
            } else {
                Warning::TwoPlaces { member, other }
            });
        }
    }
    found
}

fn overlap(a: Window, b: Window) -> bool {
    a.from < b.to && b.from < a.to
}
