//! What comes to the desk: which matter, where, when, and how it goes. The same numbers give the
//! same story again, whatever the day.
use super::{
    MARGIN,
    affair::{Affair, Begins, Opening, Speaks},
    cast::{self, Cast},
    course::{By, Course, Work},
    matters::{self, Matter, Matters, QUESTIONS},
};
use crate::{
    demo::Chance,
    domain::{
        calendar::{Calendar, day_of, instant},
        case::{
            Channel, Kind, Outcome, RejectReason, Satisfied, Solved, SuspendReason, Urgency,
            Visibility,
        },
    },
    rulebook::Dispatcher,
};
use anyhow::Result;
use chrono::{DateTime, Datelike, Days, TimeDelta, Utc};

/// The affairs while they are being planned.
pub struct Plan<'a> {
    pub now: DateTime<Utc>,
    /// Nothing happens later.
    pub until: DateTime<Utc>,
    pub chance: Chance,
    pub office: Calendar,
    pub affairs: Vec<Affair>,
    pub matters: Matters,
    cast: &'a Cast,
    rules: &'a Dispatcher,
}

/// Buildings in turn.
pub const AREAS: [&str; 10] = [
    "ML-1-1", "FLL-2-3", "XG-1-2", "ML-2-1", "FLL-1-1", "ML-1-3", "XG-2-1", "FLL-2-1", "ML-2-2",
    "XG-1-1",
];

/// How a request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Done,
    /// It takes longer than was promised.
    Late,
    Reworked,
    Unreached,
    Unsolved,
    Moved,
    Designated,
    Objected,
    Extended,
    Resumed,
    Suspended,
    Supervised,
    Reopened,
    Rejected,
    Appealed,
    Withdrawn,
    Voided,
}

use Fate::{
    Appealed, Designated, Done, Extended, Late, Moved, Objected, Rejected, Reopened, Resumed,
    Reworked, Supervised, Suspended, Unreached, Unsolved, Voided, Withdrawn,
};

/// Months ago: the first of the list of matters, one after the other.
const EARLIER: [Fate; 24] = [
    Done, Done, Reworked, Done, Done, Done, Done, Late, Done, Done, Done, Done, Late, Unreached,
    Done, Done, Done, Unsolved, Done, Done, Done, Done, Done, Done,
];

/// In the last three weeks: matter and fate.
const LATELY: [(usize, Fate); 32] = [
    (0, Done),
    (6, Reworked),
    (24, Done),
    (3, Moved),
    (7, Supervised),
    (26, Done),
    (11, Objected),
    (5, Done),
    (12, Designated),
    (8, Done),
    (17, Extended),
    (25, Done),
    (14, Resumed),
    (9, Done),
    (10, Reopened),
    (27, Done),
    (2, Done),
    (16, Unreached),
    (4, Done),
    (18, Done),
    (1, Done),
    (15, Done),
    (21, Appealed),
    (24, Done),
    (22, Done),
    (13, Suspended),
    (19, Done),
    (23, Done),
    (20, Done),
    (12, Rejected),
    (2, Withdrawn),
    (9, Voided),
];

/// Office minutes ago, for what is still on its way: with so many each stage has some.
const YOUNG: [(usize, u32); 19] = [
    (0, 3),
    (2, 8),
    (14, 14),
    (4, 17),
    (24, 34),
    (6, 50),
    (9, 58),
    (26, 90),
    (1, 130),
    (17, 220),
    (24, 300),
    (7, 420),
    (8, 560),
    (3, 810),
    (16, 850),
    (11, 900),
    (10, 960),
    (0, 1000),
    (12, 1030),
];

pub const ANSWERS: [(Solved, Satisfied, &str); 8] = [
    (Solved::Yes, Satisfied::Yes, "修得快，谢谢。"),
    (Solved::Yes, Satisfied::Basically, "好了，就是来得晚了点。"),
    (Solved::Yes, Satisfied::Yes, "师傅很仔细。"),
    (
        Solved::Partly,
        Satisfied::Basically,
        "好了一半，还要再看看。",
    ),
    (Solved::Yes, Satisfied::Yes, "没想到当天就来了。"),
    (Solved::Yes, Satisfied::None, "解决了。"),
    (Solved::Yes, Satisfied::Yes, "满意。"),
    (Solved::Partly, Satisfied::No, "说好的时间改了两次。"),
];

impl<'a> Plan<'a> {
    pub fn new(now: DateTime<Utc>, cast: &'a Cast, rules: &'a Dispatcher) -> Result<Self> {
        Ok(Self {
            now,
            until: now - MARGIN,
            chance: Chance::seeded(77),
            office: Calendar::office(),
            affairs: Vec::new(),
            matters: matters::read()?,
            cast,
            rules,
        })
    }

    /// Everything, in no order of time.
    pub fn drawn(mut self) -> Result<Vec<Affair>> {
        self.requests()?;
        self.questions();
        self.young()?;
        self.pairs()?;
        self.patrols()?;
        self.letters();
        self.ideas()?;
        self.disputes();
        self.tales()?;
        Ok(self.affairs)
    }

    /// The unit that the office's rule names for a category in an area.
    pub fn lead(&self, category: &str, area: &str) -> Result<&'static str> {
        let area = Some(self.cast.area(area)?);
        let named = self.rules.lead_for(Some(category), area);
        let code = named.and_then(|named| self.cast.code(named.lead));
        Ok(code.unwrap_or("SQ-XG"))
    }

    /// In office hours, `n` of `of` on the way between two days before now.
    pub fn between(&mut self, (from, to): (i64, i64), n: usize, of: usize) -> DateTime<Utc> {
        let (n, of) = (
            i64::try_from(n).unwrap_or(0),
            i64::try_from(of).unwrap_or(1).max(1),
        );
        let start = self.now - TimeDelta::days(from);
        let at = start
            + TimeDelta::days(from - to) * i32::try_from(n).unwrap_or(0)
                / i32::try_from(of).unwrap_or(1);
        let minutes = u32::try_from(self.chance.below(200)).unwrap_or(0);
        self.office.add_minutes(at, minutes)
    }

    /// The instant of office hours since which so many minutes of them have passed.
    pub fn ago(&self, minutes: u32) -> DateTime<Utc> {
        let (mut early, mut late) = (self.now - TimeDelta::days(60), self.now);
        while late - early > TimeDelta::seconds(20) {
            let middle = early + (late - early) / 2;
            if self.office.minutes(middle, self.now) >= i64::from(minutes) {
                early = middle;
            } else {
                late = middle;
            }
        }
        early
    }

    /// The next time that the desk of a community stands, if it did before now.
    pub fn at_the_desk(&mut self, area: &str, from: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let hours: &[(u32, u16)] = if area.starts_with("ML") {
            &[(0, 510), (2, 720), (4, 1080)]
        } else {
            &[(0, 1080), (2, 1080), (4, 510)]
        };
        let first = day_of(from);
        for day in (0..7).map(|n| first + Days::new(n)) {
            let weekday = day.weekday().num_days_from_monday();
            let stands = hours.iter().find(|(known, _)| *known == weekday);
            if let Some((_, minute)) = stands
                && self.office.day(day).works()
            {
                let later = u16::try_from(self.chance.below(80)).unwrap_or(0);
                let at = instant(day, minute + 10 + later);
                if at >= from {
                    return (at < self.until).then_some(at);
                }
            }
        }
        None
    }

    pub fn add(&mut self, opening: Opening, course: Course, from: DateTime<Utc>) -> usize {
        self.begin(Begins::With(Box::new(opening)), course, from)
    }

    pub fn begin(&mut self, begins: Begins, course: Course, from: DateTime<Utc>) -> usize {
        self.affairs
            .push(Affair::new(begins, course, from, self.until));
        self.affairs.len() - 1
    }

    fn requests(&mut self) -> Result<()> {
        for (n, fate) in EARLIER.into_iter().enumerate() {
            let at = self.between((107, 26), n, EARLIER.len());
            self.request((n, n), fate, at)?;
        }
        for (n, (matter, fate)) in LATELY.into_iter().enumerate() {
            let at = match fate {
                // These need their time.
                Supervised | Reopened | Resumed | Appealed => self.between((21, 18), n % 4, 4),
                _ => self.between((20, 5), n, LATELY.len()),
            };
            self.request((matter, n + 30), fate, at)?;
        }
        Ok(())
    }

    /// One request about a matter; `n` chooses place, people and door.
    fn request(
        &mut self,
        (matter, n): (usize, usize),
        fate: Fate,
        at: DateTime<Utc>,
    ) -> Result<usize> {
        let matter = self.matters.requests[matter];
        let area = AREAS[n % AREAS.len()];
        let lead = self.lead(matter.category, area)?;
        let (opening, at) = self.spoken(&matter, area, n, at);
        let urgency = urgency(matter.category);
        let mute = opening.speaks == Speaks::Nobody;
        let swift = is_swift(matter.category);
        let course = Course::new(area, lead, matter.motif, n)
            .swift(swift)
            .mute(mute);
        let course = fated(course, fate, &matter, urgency, n);
        Ok(self.add(opening, course, at))
    }

    /// How a request comes in, and when: who says it at a desk waits until it stands.
    pub fn spoken(
        &mut self,
        matter: &Matter,
        area: &'static str,
        n: usize,
        at: DateTime<Utc>,
    ) -> (Opening, DateTime<Utc>) {
        const DOORS: [Channel; 10] = [
            Channel::Qr,
            Channel::Desk,
            Channel::Phone,
            Channel::WechatGroup,
            Channel::Hotline,
            Channel::Qr,
            Channel::Api,
            Channel::Desk,
            Channel::Visit,
            Channel::Qr,
        ];
        let (mut channel, mut from) = (DOORS[(n * 7 + n / 10) % DOORS.len()], at);
        let has_desk = area.starts_with("ML") || area.starts_with("FLL");
        if channel == Channel::Desk {
            match self.at_the_desk(area, at).filter(|_| has_desk) {
                Some(at) => from = at,
                None => channel = Channel::Phone,
            }
        }
        let own = matches!(channel, Channel::Qr | Channel::Api);
        let speaks = match n % 13 {
            5 => Speaks::Number(n),
            9 => Speaks::Nobody,
            _ => Speaks::Resident(n),
        };
        let before = u8::try_from(n % 5).unwrap_or(0);
        let opening = Opening {
            kind: Kind::ResidentRequest,
            category: matter.category,
            title: matter.title,
            says: matter.said[(n / 30) % 2],
            channel,
            area,
            at_desk: has_desk && matches!(channel, Channel::Desk | Channel::Qr),
            address: None,
            speaks,
            by: if own { None } else { Some(cast::clerk(area)) },
            against: Vec::new(),
            shots: if own || n.is_multiple_of(3) {
                vec![matter.motif.before(before)]
            } else {
                Vec::new()
            },
            order: (channel == Channel::Hotline).then(|| format!("12345-{:06}", 310_000 + n * 37)),
        };
        (opening, from)
    }

    /// Policies are explained where they are asked about.
    fn questions(&mut self) {
        for (n, [category, title, asks, answer]) in QUESTIONS.into_iter().enumerate() {
            let area = if n.is_multiple_of(2) { "ML" } else { "FLL" };
            let from = self.between((20, 4), n, QUESTIONS.len());
            let stands = self.at_the_desk(area, from);
            let opening = Opening {
                kind: Kind::ResidentRequest,
                category,
                title,
                says: asks,
                channel: if stands.is_some() {
                    Channel::Desk
                } else {
                    Channel::Phone
                },
                area,
                at_desk: stands.is_some(),
                address: None,
                speaks: Speaks::Resident(300 + n),
                by: Some(cast::clerk(area)),
                against: Vec::new(),
                shots: Vec::new(),
                order: None,
            };
            let course = Course::new(area, "MZB", super::shots::Motif::Paper, n).answer(answer);
            self.add(opening, course, stands.unwrap_or(from));
        }
    }

    /// What came in lately and is on its way, by as much as office hours have passed.
    fn young(&mut self) -> Result<()> {
        for (n, (matter, minutes)) in YOUNG.into_iter().enumerate() {
            let (at, n) = (self.ago(minutes), n + 80);
            let matter = self.matters.requests[matter];
            let area = AREAS[n % AREAS.len()];
            let lead = self.lead(matter.category, area)?;
            let (mut opening, _) = self.spoken(&matter, area, n, at);
            if opening.channel == Channel::Desk {
                opening.channel = Channel::Phone;
                opening.at_desk = false;
            }
            opening.speaks = Speaks::Resident(n);
            let course = Course::new(area, lead, matter.motif, n);
            let course = fated(course, Done, &matter, urgency(matter.category), n);
            self.add(opening, course, at);
        }
        Ok(())
    }

    /// Two that were one, and two that were thought to be.
    fn pairs(&mut self) -> Result<()> {
        for (n, matter, apart) in [(120, 13, false), (130, 9, true)] {
            let at = self.ago(700);
            let matter = self.matters.requests[matter];
            let area = AREAS[n % AREAS.len()];
            let lead = self.lead(matter.category, area)?;
            let (first, _) = self.spoken(&matter, area, n, at);
            let first = Opening {
                channel: Channel::Phone,
                at_desk: false,
                by: Some(cast::clerk(area)),
                shots: Vec::new(),
                speaks: Speaks::Resident(n),
                ..first
            };
            let second = Opening {
                kind: Kind::ResidentRequest,
                says: matter.said[1],
                speaks: Speaks::Resident(n + 1),
                shots: vec![matter.motif.before(4)],
                order: None,
                ..again(&first)
            };
            let course = Course::new(area, lead, matter.motif, n);
            let course = course.accept(Urgency::Ordinary).dispatch().sign().contact();
            let first = self.add(first, course, at);
            let course = Course::new(area, lead, matter.motif, n).accept(Urgency::Ordinary);
            let course = course.merge(first, "同一处的同一件事，一并办理。");
            let course = if apart {
                let course = course.unmerge(first, "现场核对后是两处，分开办理。");
                course.dispatch().sign().contact()
            } else {
                course
            };
            let later = self.office.add_minutes(at, 150);
            self.add(second, course, later);
        }
        Ok(())
    }
}

/// The same door and place once more.
fn again(one: &Opening) -> Opening {
    Opening {
        kind: one.kind,
        category: one.category,
        title: one.title,
        says: one.says,
        channel: one.channel,
        area: one.area,
        at_desk: one.at_desk,
        address: one.address,
        speaks: one.speaks,
        by: one.by,
        against: Vec::new(),
        shots: one.shots.clone(),
        order: None,
    }
}

/// The usual urgency of a category.
pub fn urgency(category: &str) -> Urgency {
    match category {
        "manhole" | "gas" | "falling" | "protruding" | "flooding" => Urgency::Emergency,
        "lifts" | "water" | "power" | "heat" | "drainage" => Urgency::Utility,
        "handover" | "unpaid_wages" | "deliberation" => Urgency::Complex,
        "deputy_proposal" => Urgency::Formal,
        _ => Urgency::Ordinary,
    }
}

/// Hazards, pipes and questions do not wait for days.
pub fn is_swift(category: &str) -> bool {
    let hasty = matches!(urgency(category), Urgency::Emergency | Urgency::Utility);
    hasty || category == "labour_rights" || category == "low_income"
}

#[expect(clippy::too_many_lines, reason = "a list of courses")]
fn fated(course: Course, fate: Fate, matter: &Matter, urgency: Urgency, n: usize) -> Course {
    let (solved, satisfied, words) = ANSWERS[n % ANSWERS.len()];
    let done = matter.done;
    let asked = move |course: Course| {
        if n.is_multiple_of(3) {
            course.rated(solved, satisfied, words)
        } else {
            course.called(solved, satisfied)
        }
    };
    let outcome = if solved == Solved::Yes {
        Outcome::Resolved
    } else {
        Outcome::Partly
    };
    let finished = move |course: Course| asked(course).close(outcome, done);
    let public = matter.public;
    let course = match fate {
        Rejected => {
            return course.reject(
                RejectReason::StatutoryRoute,
                "已进入行政复议程序，请向区司法局咨询",
            );
        }
        Voided => return course.void(),
        Appealed => course
            .reject(RejectReason::OutOfDuty, "请向通信运营商客服反映")
            .appeal("问过了，运营商说是小区的管道，请社区协调。")
            .accept(urgency),
        _ => course.accept(urgency),
    };
    match fate {
        Withdrawn => course.withdraw("邻居自己把车挪走了，不用再办。"),
        Late => finished(
            course
                .dispatch()
                .sign()
                .contact()
                .submit(done, Outcome::Resolved)
                .within(Work(2500))
                .pass(),
        ),
        Reworked => {
            let course = course
                .dispatch()
                .sign()
                .contact()
                .submit(done, Outcome::Resolved);
            let course = course.fail("现场看还有一处没处理，退回重做。");
            finished(course.submit(done, Outcome::Resolved).pass()).publish(public)
        }
        Unreached => {
            let course = course.worked(done).unreached().within(Work(60));
            course
                .unreached()
                .unreached()
                .close(Outcome::Resolved, done)
        }
        Unsolved => {
            let course = course.worked("按现有地形只能做到这个坡度，已加装扶手。");
            let course = course.called(Solved::No, Satisfied::No);
            course.close_by(
                "secretary",
                Outcome::PolicyLimit,
                "受地形所限，先加装扶手，改造列入老旧小区计划。",
            )
        }
        Moved => {
            let course = course.dispatch().sign().within(Work(30));
            let course = course
                .contact()
                .redispatch("ZFD", "属公共区域占用，由执法队牵头。");
            finished(course.sign().submit(done, Outcome::Resolved).pass()).publish(public)
        }
        Designated => {
            let course = course
                .dispatch()
                .object("PCS", "夜间治安噪声不在本队职责内，建议由派出所承办。");
            let course = course.designate("PCS", "双方职责有交叉，由派出所牵头、执法队配合。");
            finished(
                course
                    .sign()
                    .contact()
                    .submit(done, Outcome::Resolved)
                    .pass(),
            )
            .publish(public)
        }
        Objected => {
            let course = course
                .dispatch()
                .object("PCS", "涉及道路交通秩序，建议由派出所牵头。");
            let course = course.dispatch_to("PCS").sign().contact();
            finished(course.submit(done, Outcome::Resolved).pass()).publish(public)
        }
        _ => longer(course, fate, matter, &finished),
    }
}

/// The longer ways.
fn longer(
    course: Course,
    fate: Fate,
    matter: &Matter,
    finished: &dyn Fn(Course) -> Course,
) -> Course {
    let (done, public) = (matter.done, matter.public);
    let begun = |course: Course| course.dispatch().sign().contact();
    match fate {
        Extended => {
            let course = begun(course).extend("扶手要按尺寸定做，厂家两周交货。");
            finished(
                course
                    .submit(done, Outcome::Resolved)
                    .within(Work(900))
                    .pass(),
            )
            .publish(public)
        }
        Resumed => {
            let course = begun(course).suspend(
                SuspendReason::Engineering,
                "沥青拌合站检修，恢复供料后施工。",
            );
            finished(course.resume().submit(done, Outcome::Resolved).pass()).publish(public)
        }
        Suspended => begun(course).suspend(SuspendReason::Season, "修剪要等落叶期，已先行支护。"),
        Supervised => {
            let course = begun(course).supervise(By::Timer).within(Work(2600));
            let course = course.escalate(By::Staff("clerk-ml"), "物业一直说排期，居民等不了。");
            let course = course.reception("当面约定三日内增派清运车，费用由物业承担。");
            finished(
                course
                    .submit(done, Outcome::Resolved)
                    .within(Work(200))
                    .pass(),
            )
        }
        Reopened => {
            let course = begun(course)
                .submit(done, Outcome::Resolved)
                .within(Work(200))
                .pass();
            let course = course
                .called(Solved::Yes, Satisfied::Yes)
                .close(Outcome::Resolved, done);
            let course = course.reopen("第二天又堆了两袋，请再管一管。");
            let course = begun(course)
                .submit(done, Outcome::Resolved)
                .within(Work(300))
                .pass();
            let course = course.called(Solved::Yes, Satisfied::Basically);
            course.close(Outcome::Resolved, done).publish(public)
        }
        Appealed => finished(begun(course).submit(done, Outcome::Resolved).pass()),
        _ => {
            let course = begun(course);
            let seen = Visibility::Public;
            let by = course.by_handler();
            let course = course.update(by, "已到现场看过，安排人手。", seen);
            finished(course.submit(done, Outcome::Resolved).pass()).publish(public)
        }
    }
}
