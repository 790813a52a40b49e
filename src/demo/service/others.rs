//! What is no request: findings of patrols, letters, bright ideas, disputes.
use super::{
    affair::{Opening, Speaks},
    cast,
    course::{By, Course, Work},
    matters::Matter,
    mix::{ANSWERS, AREAS, Plan, is_swift, urgency},
};
use crate::{
    demo::service::course::After,
    domain::case::{Channel, Decision, Kind, Outcome, Satisfied, Step as Phase, Visibility},
};
use anyhow::Result;
use chrono::{DateTime, Utc};

/// Categories that a grid worker may put right at once.
fn own_work(category: &str) -> bool {
    !matches!(category, "road" | "manhole" | "greenery" | "lighting")
}

/// Units that answer the letters, in their order.
const ANSWERING: [&str; 10] = [
    "SQ-FLL", "PCS", "MZB", "MZB", "SZYH", "MZB", "SZYH", "SQ-ML", "AJWY", "MZB",
];

impl Plan<'_> {
    fn opening(kind: Kind, matter: &Matter, area: &'static str, n: usize) -> Opening {
        Opening {
            kind,
            category: matter.category,
            title: matter.title,
            says: matter.said[(n / 12) % 2],
            channel: Channel::Patrol,
            area,
            at_desk: false,
            address: None,
            speaks: Speaks::Nobody,
            by: None,
            against: Vec::new(),
            shots: Vec::new(),
            order: None,
        }
    }

    /// Rounds of the grid workers, in two places each; and four of today and yesterday.
    pub fn patrols(&mut self) -> Result<()> {
        let count = self.matters.patrols.len();
        for n in 0..2 * count {
            let at = if n < count {
                self.between((100, 24), n, count)
            } else {
                self.between((19, 4), n - count, count)
            };
            self.patrol(n, at)?;
        }
        for (n, minutes) in [(30, 6), (35, 60), (43, 240), (46, 640)] {
            let at = self.ago(minutes);
            self.patrol(n, at)?;
        }
        Ok(())
    }

    fn patrol(&mut self, n: usize, at: DateTime<Utc>) -> Result<()> {
        let matter = self.matters.patrols[n % self.matters.patrols.len()];
        let area = AREAS[(n * 3) % AREAS.len()];
        let grid = cast::grid(area);
        let opening = Opening {
            by: Some(grid),
            shots: vec![matter.motif.before(u8::try_from(n % 5).unwrap_or(0))],
            ..Self::opening(Kind::PatrolFinding, &matter, area, n)
        };
        let lead = self.lead(matter.category, area)?;
        let course = Course::new(area, lead, matter.motif, n)
            .swift(is_swift(matter.category))
            .mute(true);
        let course = if own_work(matter.category) && n % 3 != 1 && n < 30 {
            course.self_handle(grid, matter.done)
        } else {
            let course = course.accept(urgency(matter.category)).dispatch().sign();
            let taped = "险情已隔离，拉设警戒带并立牌提示。";
            let by = By::Staff(grid);
            let course = course.progress(by, Some(Phase::HazardTaped), taped, Visibility::Public);
            course.submit(matter.done, Outcome::Resolved)
        };
        let course = course.pass().close(Outcome::Resolved, matter.done);
        let public = matter.public.filter(|_| n.is_multiple_of(2));
        self.add(opening, course.publish(public), at);
        Ok(())
    }

    /// The secretary's mailbox, and what deputies were told.
    pub fn letters(&mut self) {
        for n in 0..self.matters.letters.len() {
            let matter = self.matters.letters[n];
            let area = AREAS[(n * 3 + 1) % AREAS.len()];
            let formal = matter.category == "deputy_proposal";
            let opening = Opening {
                channel: if n.is_multiple_of(3) {
                    Channel::Reception
                } else {
                    Channel::Letter
                },
                speaks: Speaks::Resident(200 + n),
                by: Some(if formal { "deputy" } else { cast::clerk(area) }),
                ..Self::opening(Kind::Mailbox, &matter, area, n)
            };
            let course =
                Course::new(area, ANSWERING[n], matter.motif, n).swift(is_swift(matter.category));
            let course = course.accept(urgency(matter.category)).hand_over(formal);
            let course = course.sign().contact().draft(matter.done);
            let (at, course) = match n {
                // Still being answered.
                3 => (self.ago(40), course),
                5 => (self.ago(200), course),
                6 => (self.between((20, 16), 1, 3), course.within(Work(1500))),
                9 => (self.ago(6), course),
                _ => {
                    let (solved, satisfied, words) = ANSWERS[n % ANSWERS.len()];
                    let course = course
                        .approve()
                        .submit(matter.done, Outcome::Resolved)
                        .pass();
                    let course = course.opinion(By::Reporter, Satisfied::Yes, "看到答复了，谢谢。");
                    let course = course.rated(solved, satisfied, words);
                    let course = course.close(Outcome::Resolved, matter.done);
                    (self.between((60, 8), n, 10), course.publish(matter.public))
                }
            };
            self.add(opening, course, at);
        }
    }

    /// Bright ideas at every step between the first supporter and the last screw.
    pub fn ideas(&mut self) -> Result<()> {
        let mut all = Vec::new();
        for n in 0..self.matters.ideas.len() {
            let matter = self.matters.ideas[n];
            let area = ["ML-1-2", "FLL-1-2", "ML-2-3", "FLL-2-2"][n % 4];
            let opening = Opening {
                channel: if n.is_multiple_of(2) {
                    Channel::Desk
                } else {
                    Channel::Qr
                },
                speaks: Speaks::Resident(400 + n),
                by: (n.is_multiple_of(2)).then(|| cast::clerk(area)),
                at_desk: true,
                ..Self::opening(Kind::Suggestion, &matter, area, n)
            };
            let lead = self.lead(matter.category, area)?;
            let course = Course::new(area, lead, matter.motif, n);
            let course = course
                .accept(urgency(matter.category))
                .dispatch()
                .sign()
                .contact();
            // Those that still look for supporters stand where residents find them.
            let course = if n >= 7 {
                course.publish(matter.public)
            } else {
                course
            };
            let course = course.seconded(500 + n * 10, 3 + n % 4);
            let (at, course) = self.idea(n, course, &all);
            let at = if n.is_multiple_of(2) {
                self.at_the_desk(area, at).unwrap_or(at)
            } else {
                at
            };
            let place = self.add(opening, course, at);
            all.push(place);
        }
        Ok(())
    }

    fn idea(&mut self, n: usize, course: Course, all: &[usize]) -> (DateTime<Utc>, Course) {
        let matter = self.matters.ideas[n];
        let (reasons, public) = (matter.done, matter.public);
        let meeting = |course: Course| {
            let course =
                course.schedule("福利路花园南门议事桌", "1. 说明由来  2. 各方意见  3. 表决");
            course.deliberate(
                14,
                "赞成\n不赞成\n再议",
                &[9, 3, 2],
                "到会十四人。先由提议人说明，物业介绍条件，随后逐条讨论并表决。",
            )
        };
        let built = |course: Course| {
            let course = course.submit(reasons, Outcome::AdoptedDone).pass();
            let course = course.rated(ANSWERS[0].0, Satisfied::Yes, "说了就办，有奔头。");
            course.close(Outcome::AdoptedDone, reasons).publish(public)
        };
        match n {
            0 | 2 => (
                self.between((70, 40), n, 4),
                built(course.adopt(Decision::Adopted, reasons)),
            ),
            1 => (
                self.between((60, 50), 1, 3),
                built(meeting(course).adopt(Decision::InPart, reasons)),
            ),
            3 => (
                self.between((19, 14), 1, 4),
                course.adopt(Decision::InPart, reasons),
            ),
            4 => (
                self.between((20, 17), 1, 3),
                meeting(course).not_adopt(reasons).publish(public),
            ),
            5 => {
                let at = self.between((12, 10), 1, 3);
                let other = all.get(3).copied().unwrap_or(0);
                (at, course.retire_into(other))
            }
            6 => (
                self.between((40, 30), 1, 3),
                course.not_adopt(reasons).publish(public),
            ),
            7 => {
                let course = course.schedule("福利路花园南门议事桌", "车棚充电分时办法");
                (self.ago(420 * 3), course)
            }
            8 => (self.ago(420 * 2), course),
            _ => (self.ago(330), course),
        }
    }

    /// Disputes between neighbours: settled, kept or not, refused, given up, or still talked about.
    pub fn disputes(&mut self) {
        for n in 0..self.matters.disputes.len() {
            let matter = self.matters.disputes[n];
            let area = AREAS[(n * 3 + 2) % AREAS.len()];
            let (lead, mediator) = match area.split('-').next() {
                Some("XG") => ("SQ-XG", "mediator"),
                Some("ML") => ("SQ-ML", "mediator-ml"),
                _ => ("SFS", "mediator-sfs"),
            };
            let opening = Opening {
                channel: if n.is_multiple_of(2) {
                    Channel::Desk
                } else {
                    Channel::Phone
                },
                speaks: Speaks::Resident(240 + 2 * n),
                by: Some(cast::clerk(area)),
                against: vec![241 + 2 * n],
                ..Self::opening(Kind::Mediation, &matter, area, n)
            };
            let course = Course::new(area, lead, matter.motif, n);
            let course = course
                .accept(urgency(matter.category))
                .appoint(mediator)
                .sign();
            let (at, course) = self.dispute(n, course, mediator);
            self.add(opening, course, at);
        }
    }

    fn dispute(
        &mut self,
        n: usize,
        course: Course,
        mediator: &'static str,
    ) -> (DateTime<Utc>, Course) {
        let agreed = self.matters.disputes[n].done;
        let asked = |course: Course| course.invite(mediator);
        let both = |course: Course| course.consent(mediator, 0).consent(mediator, 1);
        let met = |course: Course| {
            course.session(
                mediator,
                "社区调解室",
                "双方陈述，调解员分别沟通后形成方案。",
            )
        };
        let at = self.between((90, 26), n, 10);
        match n {
            0 | 1 => {
                let course = met(both(asked(course)))
                    .agree(mediator, 10)
                    .performed(After(8));
                (at, course.close_mediation(mediator))
            }
            2 => {
                let course = both(asked(course)).agree_oral(mediator, agreed, 7);
                (
                    self.between((20, 18), 1, 3),
                    course.performed(After(5)).close_mediation(mediator),
                )
            }
            3 => {
                let course = met(both(asked(course)));
                let routes = "多次商谈仍有分歧，已告知可申请法律援助或向法院起诉。";
                (at, course.terminate(mediator, routes))
            }
            4 => (
                at,
                met(both(asked(course)))
                    .agree(mediator, 6)
                    .not_performed(mediator, After(8)),
            ),
            5 => {
                let routes = "对方明确不接受调解，已告知可向生态环境部门投诉或起诉。";
                (at, asked(course).refuse(mediator, routes))
            }
            6 => (self.ago(420 * 3 + 60), met(both(asked(course)))),
            7 => (self.ago(310), asked(course)),
            8 => {
                let course = met(both(asked(course))).agree(mediator, 30);
                (self.between((13, 11), 1, 3), course)
            }
            _ => {
                let words = "一方情绪激动，扬言上门理论，已通报社区民警到场。";
                (self.ago(300), asked(course).risk(mediator, words))
            }
        }
    }
}
