//! The steps of a match as commands of the case core, each by the one who takes it.
use super::{Staff, company::Firm, plot::Step, store};
use crate::{
    case::door,
    domain::{
        case::{
            Actor, Attended, Check, Command, Contract, DeclineReason, Evidence, InterestChannel,
            Line, MatchRejectReason, PayUnit, Satisfied, ShareField, Solved, Text, Told,
            WithdrawReason,
        },
        id::{OfficeId, PostingId, RegistrationId},
        moment,
        role::Role,
    },
    entity::posting,
    error::AppResult,
    matching::{
        commands::{self, Interest, Move},
        form::{Share, Through},
        store::{self as matches, Found},
    },
    person::consent::Notice,
    platform::{App, once::Once},
};
use anyhow::anyhow;
use chrono::{DateTime, TimeDelta, Utc};

/// A match and the plan of its steps.
pub struct Match {
    /// Whose it is, by its place in the crowd.
    pub person: usize,
    pub posting: posting::Model,
    /// By its place among the employers.
    pub firm: usize,
    pub steps: &'static [Step],
    pub at: Vec<DateTime<Utc>>,
    /// Once the interest was said.
    pub found: Option<Found>,
}

impl Match {
    /// When a step is planned, if it is.
    fn when(&self, wanted: Step) -> Option<DateTime<Utc>> {
        let at = self.steps.iter().position(|step| *step == wanted)?;
        self.at.get(at).copied()
    }

    /// What is done in step `n`, and by whom.
    pub fn act(&self, n: usize, staff: &Staff, firm: &Firm) -> AppResult<(Command, Actor)> {
        let (step, at) = (self.steps[n], self.at[n]);
        let officer = Actor::staff(
            staff.officer.account,
            Role::PlacementOfficer,
            staff.officer.unit,
        );
        let employer = Actor {
            employer: Some(firm.id),
            ..Actor::staff(firm.actor.account, Role::Employer, None)
        };
        let found = self.found.as_ref();
        let found = found.ok_or_else(|| anyhow!("a step before the interest"))?;
        let seeker = door::holder(found.row.person_id);
        Ok(match step {
            Step::Interest => return Err(anyhow!("an interest opens the case").into()),
            Step::Accept => (Command::AcceptMatch { checks: None }, officer),
            Step::Reject => (reject(), officer),
            Step::Refer => (Command::Refer { note: None }, officer),
            Step::Acknowledge => (Command::Acknowledge {}, employer),
            Step::NotSelected(reason) => (Command::NotSelected { reason, note: None }, employer),
            Step::Expire => (Command::Expire {}, Actor::SYSTEM),
            Step::InterviewSet => (self.invite(at)?, employer),
            Step::Interviewed => (interviewed(), employer),
            Step::Offer => (self.offer(at), employer),
            Step::OfferAccept => (Command::OfferAccept { consent: None }, seeker),
            Step::OfferDecline => (decline(), seeker),
            Step::Withdraw => (withdraw(), seeker),
            Step::ClaimStart => (claim(at), employer),
            Step::ConfirmStart => (self.confirm()?, officer),
            Step::CallSeeker => (called(), officer),
            Step::Close => (self.close(at), officer),
            Step::Thirty(result) => (retention(Check::Thirty, result), officer),
            Step::Ninety(result) => (retention(Check::Ninety, result), officer),
        })
    }

    fn invite(&self, at: DateTime<Utc>) -> AppResult<Command> {
        let met = self
            .when(Step::Interviewed)
            .unwrap_or(at + TimeDelta::days(1));
        let place = Line::new(&self.posting.place).map_err(|fault| anyhow!("{fault}"))?;
        Ok(Command::InterviewSet {
            interview_at: met.max(at + TimeDelta::minutes(1)),
            place: Some(place),
            live_link: None,
            told_how: Told::Phone,
        })
    }

    fn offer(&self, at: DateTime<Utc>) -> Command {
        let begins = self
            .when(Step::ClaimStart)
            .unwrap_or(at + TimeDelta::days(5));
        // Pay is kept in hundredths.
        let pay = (self.posting.pay_min + self.posting.pay_max) / 200;
        Command::Offer {
            pay: u32::try_from(pay).unwrap_or_default(),
            pay_unit: PayUnit::from_code(&self.posting.pay_unit.code()).unwrap_or(PayUnit::Month),
            start_on: moment::today(begins),
            contract: contract(&self.posting),
        }
    }

    fn confirm(&self) -> AppResult<Command> {
        let (evidence, note) = match self.person % 4 {
            0 => (Evidence::SocialInsurance, "参保系统可查到该单位缴费记录。"),
            1 => (Evidence::Payslip, "核对了首月工资条。"),
            2 => (Evidence::SiteVisit, "到单位现场见到本人在岗。"),
            _ => (Evidence::Contract, "核对了双方签字的劳动合同。"),
        };
        let note = Text::new(note).map_err(|fault| anyhow!("{fault}"))?;
        Ok(Command::ConfirmStart {
            evidence,
            note: Some(note),
            files: Vec::new(),
        })
    }

    fn close(&self, at: DateTime<Utc>) -> Command {
        let started = self.when(Step::ClaimStart).unwrap_or(at);
        Command::ClosePlacement {
            placed_on: moment::today(started),
        }
    }
}

fn contract(posting: &posting::Model) -> Contract {
    use crate::domain::posting::EmploymentKind;
    match posting.contract_type.employment() {
        EmploymentKind::FullTime => Contract::FullTime,
        EmploymentKind::PartTime => Contract::PartTime,
        EmploymentKind::Dispatch => Contract::Agency,
        EmploymentKind::Flexible => Contract::Flexible,
    }
}

fn reject() -> Command {
    Command::RejectMatch {
        reason: MatchRejectReason::HardRequirement,
        told_how: Told::Phone,
    }
}

fn interviewed() -> Command {
    Command::Interviewed {
        attended: Attended::Yes,
        note: None,
    }
}

fn decline() -> Command {
    Command::OfferDecline {
        reason: DeclineReason::Distance,
        consent: None,
    }
}

fn withdraw() -> Command {
    Command::WithdrawMatch {
        reason: WithdrawReason::ChangedMind,
        consent: None,
    }
}

fn claim(at: DateTime<Utc>) -> Command {
    Command::ClaimStart {
        started_on: moment::today(at),
        evidence: Evidence::Contract,
        files: Vec::new(),
    }
}

fn called() -> Command {
    Command::CallSeeker {
        reached: true,
        at_work: Some(Solved::Yes),
        satisfied: Some(Satisfied::Yes),
        comment: None,
    }
}

fn retention(check: Check, result: crate::domain::case::Retained) -> Command {
    Command::Retention {
        check,
        result,
        evidence: None,
    }
}

/// 意向: who wants what, and what the employer may see of it.
pub struct Wish {
    pub registration: RegistrationId,
    pub posting: PostingId,
    pub notice: Notice,
}

/// The seeker says so on the ticket, and agrees to share its contact.
pub async fn open(app: &App, office: OfficeId, wish: Wish) -> AppResult<Found> {
    let keys = app.keys.clone();
    let work = move |tx: crate::platform::db::WriteTx| async move {
        let row = store::registration(tx.conn(), wish.registration).await?;
        let share = vec![ShareField::Name, ShareField::Phone];
        let new = Interest {
            registration: row.id,
            posting: wish.posting,
            channel: InterestChannel::Qr,
            share: Some(Share::new(share, &wish.notice, ON_THE_TICKET)),
            rating: None,
            note: None,
            scanned_by: None,
        };
        let by = door::holder(row.person_id);
        let opened = Box::pin(commands::interest_in(&tx, &keys, office, &by, new)).await?;
        matches::by_number(tx.conn(), office, &opened.0).await
    };
    app.db.write(work).await
}

const ON_THE_TICKET: Through = Through {
    channel: "ticket",
    recorded_by: None,
};

/// Takes a step of it.
pub async fn take(app: &App, found: &Found, (command, by): (Command, Actor)) -> AppResult<()> {
    let action = Move {
        expected_seq: None,
        command,
    };
    commands::act(app, found, by, action, Once::unkeyed()).await
}
