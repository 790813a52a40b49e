//! How a case goes: its steps in order, who takes each, how long people need before it.
use super::{
    affair::Scene,
    cast,
    shots::{Motif, Shot},
};
use crate::{
    domain::{
        calendar::day_of,
        case::{
            Basis, Command, Decision, Line, Outcome, RejectReason, ReportedTo, Satisfied, Solved,
            Step as Phase, SuspendReason, Text, Told, Urgency, Visibility, VoidReason,
        },
        moment,
    },
    error::AppResult,
};
use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Utc};

/// How long before a step.
#[derive(Clone, Copy, Debug)]
pub enum Gap {
    /// Minutes, whatever the hour.
    Soon(i64),
    /// Minutes of office hours.
    Work(u32),
    /// Days, at the same time of the day.
    Days(i64),
}

pub use Gap::{Days as After, Soon, Work};

/// Who takes a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Staff(&'static str),
    /// Whoever reported it, behind the link.
    Reporter,
    /// Another resident, by number, with a real name.
    Neighbour(usize),
    Timer,
}

pub type Make = Box<dyn Fn(&Scene<'_>) -> AppResult<Command> + Send + Sync>;

pub struct Step {
    pub gap: Gap,
    pub by: By,
    pub shots: Vec<Shot>,
    pub make: Make,
    /// Another affair that the step names, by its place.
    pub with: Option<usize>,
}

/// 一个办件的经过
pub struct Course {
    pub steps: Vec<Step>,
    lead: &'static str,
    clerk: &'static str,
    verifier: &'static str,
    motif: Motif,
    /// A hazard is handled in minutes, not in days.
    swift: bool,
    /// Nobody can be called.
    mute: bool,
}

/// Words that the story says; blank ones are refused by the core.
pub fn text(words: &str) -> Text {
    Text::new(words).unwrap_or_default()
}

pub fn line(words: &str) -> Line {
    Line::new(words).unwrap_or_default()
}

/// The next day of reception.
pub fn friday(at: DateTime<Utc>) -> NaiveDate {
    let today = day_of(at);
    let ahead = (4 + 7 - today.weekday().num_days_from_monday()) % 7;
    today + Days::new(u64::from(ahead))
}

fn later(at: DateTime<Utc>, days: u64) -> NaiveDate {
    moment::today(at) + Days::new(days)
}

impl Course {
    /// For a case in an area whose work goes to a unit; the `n`-th of its sort.
    pub fn new(area: &str, lead: &'static str, motif: Motif, n: usize) -> Self {
        let clerk = cast::clerk(area);
        Self {
            steps: Vec::new(),
            lead,
            clerk,
            verifier: if n.is_multiple_of(2) {
                "verifier"
            } else {
                "verifier2"
            },
            motif,
            swift: false,
            mute: false,
        }
    }

    /// Whoever reported it left nothing to be reached by.
    pub fn mute(mut self, mute: bool) -> Self {
        self.mute = mute;
        self
    }

    pub fn swift(mut self, swift: bool) -> Self {
        self.swift = swift;
        self
    }

    /// Any step.
    pub fn then(
        mut self,
        gap: Gap,
        by: By,
        make: impl Fn(&Scene<'_>) -> AppResult<Command> + Send + Sync + 'static,
    ) -> Self {
        let gap = match gap {
            Work(minutes) if self.swift => Soon(i64::from(minutes / 12) + 1),
            gap => gap,
        };
        self.steps.push(Step {
            gap,
            by,
            shots: Vec::new(),
            make: Box::new(make),
            with: None,
        });
        self
    }

    /// The last step shows these pictures.
    pub fn showing(mut self, shots: &[Shot]) -> Self {
        if let Some(last) = self.steps.last_mut() {
            last.shots.extend(shots);
        }
        self
    }

    /// The last step names another affair.
    pub fn naming(mut self, other: usize) -> Self {
        if let Some(last) = self.steps.last_mut() {
            last.with = Some(other);
        }
        self
    }

    /// The last step comes after another gap than usual.
    pub fn within(mut self, gap: Gap) -> Self {
        if let Some(last) = self.steps.last_mut() {
            last.gap = gap;
        }
        self
    }

    /// Whoever handles it.
    pub fn by_handler(&self) -> By {
        By::Staff(cast::handler(self.lead))
    }

    /// Who may call back: nobody of the unit that did the work.
    fn caller(&self) -> By {
        let own = self.lead.starts_with("SQ-");
        By::Staff(if own { self.verifier } else { self.clerk })
    }

    pub fn accept(self, urgency: Urgency) -> Self {
        let clerk = By::Staff(self.clerk);
        self.then(Work(12), clerk, move |scene| {
            Ok(Command::Accept {
                category: scene.category()?,
                urgency,
            })
        })
    }

    /// To the unit that the rule names.
    pub fn dispatch(self) -> Self {
        let (clerk, lead) = (By::Staff(self.clerk), self.lead);
        self.then(Work(8), clerk, move |scene| {
            Ok(Command::Dispatch {
                lead: scene.cast.unit(lead)?,
                co_units: Vec::new(),
                basis: if scene.by_rule(lead)? {
                    Basis::Rule
                } else {
                    Basis::Manual
                },
                due_at: None,
            })
        })
    }

    /// To another unit than before.
    pub fn dispatch_to(mut self, lead: &'static str) -> Self {
        self.lead = lead;
        self.dispatch()
    }

    pub fn sign(self) -> Self {
        let handler = self.by_handler();
        self.then(Work(45), handler, |_| Ok(Command::Sign {}))
    }

    pub fn contact(self) -> Self {
        if self.mute {
            return self;
        }
        let handler = self.by_handler();
        self.then(Work(70), handler, |_| {
            Ok(Command::Contact {
                method: Told::Phone,
                reached: true,
                note: None,
            })
        })
    }

    pub fn update(self, by: By, words: &'static str, visibility: Visibility) -> Self {
        self.then(Work(120), by, move |_| {
            Ok(Command::Update {
                text: text(words),
                visibility,
                files: Vec::new(),
            })
        })
    }

    /// 巡查进展, with or without a step forward
    pub fn progress(
        self,
        by: By,
        step: Option<Phase>,
        words: &'static str,
        seen: Visibility,
    ) -> Self {
        self.then(Work(30), by, move |scene| {
            Ok(Command::PatrolUpdate {
                text: text(words),
                visibility: seen,
                progress: step,
                files: scene.shots.clone(),
            })
        })
    }

    pub fn submit(self, result: &'static str, outcome: Outcome) -> Self {
        let (handler, shot) = (
            self.by_handler(),
            self.motif
                .after(u8::try_from(self.steps.len()).unwrap_or(0)),
        );
        let step = self.then(Work(540), handler, move |scene| {
            Ok(Command::SubmitResult {
                result: text(result),
                outcome,
                before: scene.affair.before.clone(),
                after: scene.shots.clone(),
            })
        });
        step.showing(&[shot])
    }

    pub fn pass(self) -> Self {
        let verifier = By::Staff(self.verifier);
        self.then(Work(150), verifier, |_| {
            Ok(Command::VerifyPass {
                note: Some(text("到现场看过，与上报的结果一致。")),
                photos: Vec::new(),
            })
        })
    }

    pub fn fail(self, reason: &'static str) -> Self {
        let (verifier, shot) = (By::Staff(self.verifier), self.motif.before(9));
        let step = self.then(Work(160), verifier, move |scene| {
            Ok(Command::VerifyFail {
                reason: text(reason),
                photos: scene.shots.clone(),
            })
        });
        step.showing(&[shot])
    }

    /// Whoever sits at the desk asks.
    pub fn called(self, solved: Solved, satisfied: Satisfied) -> Self {
        let by = self.caller();
        self.answered(by, solved, satisfied, None)
    }

    /// The resident says it by the link.
    pub fn rated(self, solved: Solved, satisfied: Satisfied, words: &'static str) -> Self {
        self.answered(By::Reporter, solved, satisfied, Some(words))
    }

    fn answered(
        self,
        by: By,
        solved: Solved,
        satisfied: Satisfied,
        words: Option<&'static str>,
    ) -> Self {
        if self.mute {
            return self;
        }
        self.then(Work(100), by, move |_| {
            Ok(Command::Callback {
                reached: true,
                solved: Some(solved),
                satisfied: Some(satisfied),
                comment: words.map(text),
            })
        })
    }

    /// Nobody answers.
    pub fn unreached(self) -> Self {
        let by = self.caller();
        self.then(After(1), by, |_| {
            Ok(Command::Callback {
                reached: false,
                solved: None,
                satisfied: None,
                comment: None,
            })
        })
    }

    pub fn close(self, outcome: Outcome, answer: &'static str) -> Self {
        let verifier = self.verifier;
        self.close_by(verifier, outcome, answer)
    }

    pub fn close_by(self, who: &'static str, outcome: Outcome, answer: &'static str) -> Self {
        self.then(Work(40), By::Staff(who), move |_| {
            Ok(Command::Close {
                outcome,
                public_answer: text(answer),
            })
        })
    }

    /// With what was seen before and after.
    pub fn publish(self, public: Option<(&'static str, &'static str)>) -> Self {
        let Some((title, words)) = public else {
            return self;
        };
        let clerk = By::Staff(self.clerk);
        self.then(Work(60), clerk, move |scene| {
            let shown = [&scene.affair.before, &scene.affair.after];
            let files: Vec<_> = shown
                .into_iter()
                .filter_map(|list| list.last().copied())
                .collect();
            Ok(Command::Publish {
                title: line(title),
                public_text: text(words),
                point: None,
                photos_redacted: !files.is_empty(),
                files,
            })
        })
    }

    /// From the dispatch to a verified result.
    pub fn worked(self, result: &'static str) -> Self {
        self.dispatch()
            .sign()
            .contact()
            .submit(result, Outcome::Resolved)
            .pass()
    }

    pub fn answer(self, words: &'static str) -> Self {
        let clerk = By::Staff(self.clerk);
        self.then(Soon(4), clerk, move |_| {
            Ok(Command::AnswerOnSpot {
                answer: text(words),
                told_how: Told::InPerson,
                kb_ref: None,
            })
        })
    }

    pub fn reject(self, reason: RejectReason, channel: &'static str) -> Self {
        let clerk = By::Staff(self.clerk);
        self.then(Work(30), clerk, move |_| {
            Ok(Command::Reject {
                reason,
                channel_told: line(channel),
                told_how: Told::Phone,
            })
        })
    }

    pub fn appeal(self, words: &'static str) -> Self {
        self.then(Work(500), By::Reporter, move |_| {
            Ok(Command::Appeal {
                reason: text(words),
            })
        })
    }

    pub fn withdraw(self, words: &'static str) -> Self {
        self.then(Work(200), By::Reporter, move |_| {
            Ok(Command::Withdraw {
                reason: text(words),
                consent: None,
            })
        })
    }

    pub fn void(self) -> Self {
        self.then(Work(25), By::Staff("secretary"), |_| {
            Ok(Command::Void {
                reason: VoidReason::EnteredTwice,
            })
        })
    }

    pub fn object(self, suggested: &'static str, reason: &'static str) -> Self {
        let handler = self.by_handler();
        self.then(Work(90), handler, move |scene| {
            Ok(Command::Object {
                reason: text(reason),
                basis: line("部门职责清单"),
                suggested_unit: scene.cast.unit(suggested)?,
            })
        })
    }

    pub fn designate(mut self, lead: &'static str, reason: &'static str) -> Self {
        self.lead = lead;
        self.then(Work(120), By::Staff("secretary"), move |scene| {
            Ok(Command::Designate {
                lead: scene.cast.unit(lead)?,
                co_units: Vec::new(),
                reason: text(reason),
                due_at: None,
            })
        })
    }

    pub fn redispatch(mut self, lead: &'static str, reason: &'static str) -> Self {
        self.lead = lead;
        let clerk = By::Staff(self.clerk);
        self.then(Work(150), clerk, move |scene| {
            Ok(Command::Redispatch {
                lead: scene.cast.unit(lead)?,
                co_units: Vec::new(),
                reason: text(reason),
                counts_as_misdispatch: true,
                due_at: None,
            })
        })
    }

    pub fn extend(self, reason: &'static str) -> Self {
        let (clerk, asked) = (By::Staff(self.clerk), cast::handler(self.lead));
        self.then(Work(300), clerk, move |scene| {
            Ok(Command::Extend {
                asked_by: scene.cast.account(asked)?.account,
                asked_at: scene.at - TimeDelta::minutes(20),
                due_at: scene.at + TimeDelta::days(18),
                reason: text(reason),
                told_how: Some(Told::Phone),
            })
        })
    }

    pub fn suspend(self, reason: SuspendReason, words: &'static str) -> Self {
        let asked = cast::handler(self.lead);
        self.then(Work(260), By::Staff("secretary"), move |scene| {
            Ok(Command::Suspend {
                asked_by: scene.cast.account(asked)?.account,
                reason,
                review_on: later(scene.at, 60),
                explanation: text(words),
            })
        })
    }

    pub fn resume(self) -> Self {
        let handler = self.by_handler();
        self.then(After(9), handler, |_| {
            Ok(Command::Resume {
                why: Some(text("材料到了，可以开工。")),
            })
        })
    }

    pub fn supervise(self, by: By) -> Self {
        let lead = self.lead;
        self.then(Work(60), by, move |scene| {
            Ok(Command::Supervise {
                to: Some(scene.cast.unit(lead)?),
                due_on: later(scene.at, 3),
                reason: None,
            })
        })
    }

    /// To the Friday on which the old secretary receives.
    pub fn escalate(self, by: By, reason: &'static str) -> Self {
        self.then(Work(90), by, move |scene| {
            Ok(Command::Escalate {
                slot: friday(scene.at),
                reason: text(reason),
            })
        })
    }

    pub fn reception(self, decision: &'static str) -> Self {
        let lead = self.lead;
        self.then(After(6), By::Staff("secretary"), move |scene| {
            Ok(Command::Reception {
                received_by: line("退休老书记与街道值班领导"),
                decision: text(decision),
                owner: scene.cast.unit(lead)?,
                due_on: later(scene.at, 5),
            })
        })
    }

    pub fn reopen(self, words: &'static str) -> Self {
        self.then(Work(700), By::Reporter, move |_| {
            Ok(Command::Reopen {
                reason: text(words),
            })
        })
    }

    /// Becomes part of another affair.
    pub fn merge(self, other: usize, reason: &'static str) -> Self {
        let clerk = By::Staff(self.clerk);
        let step = self.then(Work(40), clerk, move |scene| {
            Ok(Command::Merge {
                target: scene.number(other)?,
                reason: Some(text(reason)),
            })
        });
        step.naming(other)
    }

    pub fn unmerge(self, other: usize, reason: &'static str) -> Self {
        let clerk = By::Staff(self.clerk);
        let step = self.then(Work(200), clerk, move |_| {
            Ok(Command::Unmerge {
                reason: text(reason),
            })
        });
        step.naming(other)
    }

    // 自办

    pub fn self_handle(self, grid: &'static str, result: &'static str) -> Self {
        let shot = self.motif.after(3);
        let step = self.then(Work(50), By::Staff(grid), move |scene| {
            Ok(Command::SelfHandle {
                result: text(result),
                outcome: Outcome::Resolved,
                before: scene.affair.before.clone(),
                after: scene.shots.clone(),
            })
        });
        step.showing(&[shot])
    }

    // 信箱

    pub fn hand_over(self, formal: bool) -> Self {
        let lead = self.lead;
        self.then(Work(60), By::Staff("deputy"), move |scene| {
            Ok(Command::HandOver {
                to: scene.cast.unit(lead)?,
                formal,
                broad: false,
                handed_by: formal.then(|| line("区人大常委会代表联络室")),
            })
        })
    }

    pub fn draft(self, reply: &'static str) -> Self {
        let handler = self.by_handler();
        self.then(Work(300), handler, move |_| {
            Ok(Command::DraftReply { reply: text(reply) })
        })
    }

    pub fn approve(self) -> Self {
        let leader = By::Staff(cast::leader(self.lead));
        self.then(Work(90), leader, |_| {
            Ok(Command::ApproveReply { note: None })
        })
    }

    pub fn opinion(self, by: By, satisfied: Satisfied, words: &'static str) -> Self {
        self.then(Work(200), by, move |_| {
            Ok(Command::Opinion {
                satisfied,
                comment: Some(text(words)),
            })
        })
    }

    // 金点子

    /// So many neighbours agree, from a number on.
    pub fn seconded(self, first: usize, count: usize) -> Self {
        (first..first + count).fold(self, |course, n| {
            course.then(Soon(95), By::Neighbour(n), |_| Ok(Command::Second {}))
        })
    }

    /// The author lets it become part of another.
    pub fn retire_into(self, other: usize) -> Self {
        let step = self.then(Work(60), By::Reporter, move |scene| {
            Ok(Command::RetireInto {
                target: scene.number(other)?,
                agrees: true,
            })
        });
        step.naming(other)
    }

    pub fn schedule(self, place: &'static str, agenda: &'static str) -> Self {
        self.then(Work(120), By::Staff("secretary"), move |scene| {
            Ok(Command::Schedule {
                meeting_at: scene.at + TimeDelta::days(4),
                place: line(place),
                agenda: text(agenda),
                invited: Some(text("楼门代表、物业、社区民警、附议的居民")),
            })
        })
    }

    pub fn deliberate(
        self,
        attendance: u32,
        options: &'static str,
        votes: &'static [u32],
        minutes: &'static str,
    ) -> Self {
        self.then(After(5), By::Staff("secretary"), move |_| {
            Ok(Command::Deliberate {
                attendance,
                minutes: text(minutes),
                options: text(options),
                votes: votes.to_vec(),
            })
        })
    }

    pub fn adopt(self, decision: Decision, reasons: &'static str) -> Self {
        let lead = self.lead;
        self.then(Work(60), By::Staff("secretary"), move |scene| {
            Ok(Command::Adopt {
                decision,
                reasons: text(reasons),
                owner: scene.cast.unit(lead)?,
                due_on: later(scene.at, 20),
            })
        })
    }

    pub fn not_adopt(self, reasons: &'static str) -> Self {
        self.then(Work(60), By::Staff("secretary"), move |_| {
            Ok(Command::NotAdopt {
                reasons: text(reasons),
                told_how: Told::InPerson,
            })
        })
    }

    // 调解

    /// 确定调解员
    pub fn appoint(self, mediator: &'static str) -> Self {
        let (clerk, lead) = (By::Staff(self.clerk), self.lead);
        self.then(Work(30), clerk, move |scene| {
            Ok(Command::Appoint {
                lead: scene.cast.unit(lead)?,
                co_units: Vec::new(),
                mediator: scene.cast.account(mediator)?.account,
                chosen_by_parties: true,
                due_at: None,
            })
        })
    }

    pub fn invite(self, mediator: &'static str) -> Self {
        self.then(Work(90), By::Staff(mediator), |scene| {
            Ok(Command::Invite {
                parties: scene.affair.parties.clone(),
                how: Told::Phone,
            })
        })
    }

    /// The `n`-th party agrees.
    pub fn consent(self, mediator: &'static str, n: usize) -> Self {
        self.then(Work(120), By::Staff(mediator), move |scene| {
            Ok(Command::Consent {
                party: scene.party(n)?,
                mediator_accepted: true,
            })
        })
    }

    pub fn refuse(self, mediator: &'static str, routes: &'static str) -> Self {
        self.then(Work(150), By::Staff(mediator), move |scene| {
            Ok(Command::Refuse {
                party: scene.party(1)?,
                routes_told: text(routes),
            })
        })
    }

    pub fn session(self, mediator: &'static str, place: &'static str, notes: &'static str) -> Self {
        self.then(Work(420), By::Staff(mediator), move |scene| {
            Ok(Command::Session {
                held_at: scene.at - TimeDelta::minutes(70),
                place: line(place),
                came: scene.affair.parties.clone(),
                notes: Some(text(notes)),
            })
        })
    }

    /// A written agreement, to be kept within so many days.
    pub fn agree(self, mediator: &'static str, days: u64) -> Self {
        let step = self.then(Work(60), By::Staff(mediator), move |scene| {
            Ok(Command::AgreeWritten {
                signed_by: scene.affair.parties.clone(),
                mediator_signed: true,
                sealed: true,
                file: scene.shot()?,
                effective_on: moment::today(scene.at),
                perform_by: later(scene.at, days),
            })
        });
        step.showing(&[Motif::Paper.after(7)])
    }

    pub fn agree_oral(self, mediator: &'static str, words: &'static str, days: u64) -> Self {
        self.then(Work(40), By::Staff(mediator), move |scene| {
            Ok(Command::AgreeOral {
                content: text(words),
                effective_on: moment::today(scene.at),
                perform_by: later(scene.at, days),
            })
        })
    }

    pub fn terminate(self, mediator: &'static str, routes: &'static str) -> Self {
        self.then(Work(60), By::Staff(mediator), move |_| {
            Ok(Command::Terminate {
                routes_told: text(routes),
            })
        })
    }

    /// Both sides say that it was done.
    pub fn performed(self, gap: Gap) -> Self {
        let verifier = By::Staff(self.verifier);
        self.then(gap, verifier, |scene| {
            Ok(Command::ConfirmPerformed {
                confirmed_by: scene.affair.parties.clone(),
                note: Some(text("电话与双方分别核实，协议已经履行。")),
            })
        })
    }

    pub fn risk(self, mediator: &'static str, words: &'static str) -> Self {
        self.then(Soon(20), By::Staff(mediator), move |scene| {
            Ok(Command::Risk {
                reported_to: ReportedTo::Police,
                reported_at: scene.at - TimeDelta::minutes(5),
                note: text(words),
            })
        })
    }

    pub fn close_mediation(self, mediator: &'static str) -> Self {
        self.then(Work(60), By::Staff(mediator), |_| {
            Ok(Command::CloseMediation { note: None })
        })
    }

    pub fn not_performed(self, mediator: &'static str, gap: Gap) -> Self {
        self.then(gap, By::Staff(mediator), |_| {
            Ok(Command::NotPerformed {
                court_route_told: text("一方到期没有履行，已告知可向人民法院起诉。"),
            })
        })
    }
}
