//! The specification, tried: every row taken, every guard broken, and the invariants on random walks.
use super::table::{self, Row, To};
use super::*;
use crate::domain::{
    calendar::day_of,
    id::{AccountId, AreaId, EmployerId, PersonId, PostingId, UnitId},
    number::CaseNumber,
    role::Role,
};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};
use std::sync::LazyLock;

mod guards;
mod rows;
mod walk;

static CALENDARS: LazyLock<Calendars> = LazyLock::new(Calendars::default);
static RULES: LazyLock<Vec<SlaRule>> = LazyLock::new(default_rules);

const LEAD: UnitId = UnitId(10);
const REPORTER: PersonId = PersonId(1);
const NEIGHBOUR: PersonId = PersonId(2);
const EMPLOYER: EmployerId = EmployerId(1);
const POSTING: PostingId = PostingId(1);

/// Monday 23 November 2026, 10:00 in Beijing.
fn monday() -> DateTime<Utc> {
    "2026-11-23T02:00:00Z".parse().unwrap()
}

fn number(serial: u32) -> CaseNumber {
    CaseNumber::new("TMD", 2026, serial).unwrap()
}

/// Everybody who may meet in a case, by name.
fn people() -> Vec<(&'static str, Actor)> {
    let staff = |id, role, unit| Actor::staff(AccountId(id), role, Some(UnitId(unit)));
    let with = |mut actor: Actor, change: fn(&mut Actor)| {
        change(&mut actor);
        actor
    };
    vec![
        ("admin", staff(1, Role::OfficeAdmin, 90)),
        ("clerk", staff(2, Role::CommunityClerk, 91)),
        ("secretary", staff(3, Role::Secretary, 92)),
        ("handler", staff(4, Role::DepartmentHandler, 10)),
        (
            "leader",
            with(staff(5, Role::DepartmentHandler, 10), |a| {
                a.leads_unit = true;
            }),
        ),
        ("co", staff(6, Role::DepartmentHandler, 11)),
        ("verifier", staff(7, Role::Verifier, 93)),
        (
            "grid",
            with(staff(8, Role::GridWorker, 94), |a| a.grid = Some(AreaId(5))),
        ),
        ("mediator", staff(9, Role::Mediator, 10)),
        ("deputy", staff(10, Role::DeputyLiaison, 96)),
        (
            "employer",
            with(staff(11, Role::Employer, 97), |a| {
                a.employer = Some(EMPLOYER);
            }),
        ),
        ("officer", staff(12, Role::PlacementOfficer, 95)),
        ("officer2", staff(13, Role::PlacementOfficer, 95)),
        ("board", staff(14, Role::Board, 98)),
        ("steward", staff(15, Role::GateSteward, 98)),
        (
            "head",
            with(staff(16, Role::Mediator, 10), |a| a.leads_unit = true),
        ),
        ("reporter", Actor::person(REPORTER, Channel::Web)),
        (
            "neighbour",
            with(Actor::person(NEIGHBOUR, Channel::Web), |a| {
                a.verified_resident = true;
            }),
        ),
        ("system", Actor::SYSTEM),
    ]
}

fn actor(name: &str) -> Actor {
    people().into_iter().find(|(n, _)| *n == name).unwrap().1
}

/// One question to `decide`, with everything that may be changed about it.
#[derive(Clone)]
struct Question {
    kind: Kind,
    case: Option<CaseState>,
    action: Action,
    body: Map<String, Value>,
    actor: Actor,
    facts: Facts<'static>,
}

impl Question {
    fn command(&self) -> Command {
        Command::parse(self.kind, self.action, &self.body)
            .unwrap_or_else(|faults| panic!("{} {}: {faults}", self.kind, self.action))
    }

    fn ask(&self) -> Result<Vec<Recorded>, Refusal> {
        decide(
            self.kind,
            self.case.as_ref(),
            &self.command(),
            &self.actor,
            &self.facts,
        )
    }

    fn set(&mut self, field: &str, value: impl Into<Value>) {
        self.body.insert(field.to_owned(), value.into());
    }

    fn unset(&mut self, field: &str) {
        self.body.remove(field);
    }

    fn case(&mut self) -> &mut CaseState {
        self.case.as_mut().unwrap()
    }

    fn job(&mut self) -> &mut Job {
        self.case().job.as_mut().unwrap()
    }
}

/// Facts under which every guard that asks the database holds.
fn kind_facts(now: DateTime<Utc>) -> Facts<'static> {
    Facts {
        category: Category {
            enabled: true,
            consult: true,
            self_handle: true,
            public_hazard: false,
            place: true,
            desk_adopts: true,
        },
        new_category_enabled: true,
        reporter_reachable: true,
        units_active: true,
        named: Some(Named {
            who: Who::Account(AccountId(4)),
            role: Role::DepartmentHandler,
            unit: Some(LEAD),
        }),
        target: Some(Target {
            number: number(123),
            kind: Kind::ResidentRequest,
            itself: false,
            open: true,
            merged: false,
            near: true,
            posting: Some(POSTING),
        }),
        posting: Some(PostingFacts {
            employer: EMPLOYER,
            open: true,
            event_live: true,
            auto_refer: true,
            must_haves_met: true,
            employer_verified: true,
            slots_left: true,
        }),
        seeker: SeekerFacts {
            of_age: true,
            barred: false,
            open_match: false,
        },
        text_there: true,
        before_there: false,
        ..Facts::at(now, &CALENDARS, &RULES)
    }
}

/// A well-formed body that fits what a willing clerk would fill in on `now`.
fn body(kind: Kind, action: Action, now: DateTime<Utc>) -> Map<String, Value> {
    let mut body = Command::sample(kind, action);
    let day = |days: i64| json!((day_of(now) + TimeDelta::days(days)).to_string());
    let time = |hours: i64| json!((now + TimeDelta::hours(hours)).to_rfc3339());
    let outcome = match kind {
        Kind::Suggestion => "adopted_done",
        _ => "resolved",
    };
    let changes = [
        ("reporter", json!("1")),
        ("seeker", json!("1")),
        ("lead", json!("10")),
        ("to", json!("10")),
        ("owner", json!("10")),
        ("co_units", json!(["11"])),
        ("mediator", json!("9")),
        ("asked_by", json!("4")),
        ("asked_at", time(0)),
        ("due_at", time(24 * 30)),
        ("said_at", time(-1)),
        ("outcome", json!(outcome)),
        ("review_on", day(30)),
        ("slot", json!(next_friday(now).to_string())),
        ("due_on", day(10)),
        ("visibility", json!("parties")),
        ("parties", json!(["1", "2"])),
        ("signed_by", json!(["1", "2"])),
        ("confirmed_by", json!(["1", "2"])),
        ("effective_on", day(0)),
        ("perform_by", day(5)),
        ("meeting_at", time(24 * 4)),
        ("votes", json!([5])),
        ("options", json!("装灯")),
        ("interview_at", time(2)),
        ("start_on", day(0)),
        ("started_on", day(0)),
        ("placed_on", day(0)),
        ("at_work", json!("yes")),
        ("progress", json!("repairing")),
        ("broad", json!(false)),
        ("urgency", json!("ordinary")),
        ("title", json!("楼道灯已修好")),
    ];
    for (field, value) in changes {
        if body.contains_key(field) {
            body.insert(field.to_owned(), value);
        }
    }
    if action == Action::Absorb {
        body.remove("due_at");
    }
    body
}

fn next_friday(now: DateTime<Utc>) -> chrono::NaiveDate {
    use chrono::{Datelike, Weekday};
    day_of(now)
        .iter_days()
        .find(|d| d.weekday() == Weekday::Fri)
        .unwrap()
}

/// A case just opened.
fn opened(kind: Kind, now: DateTime<Utc>) -> (CaseState, Event) {
    let (action, by) = match kind {
        Kind::EmploymentMatch => (Action::Interest, "reporter"),
        _ => (Action::Report, "reporter"),
    };
    let question = Question {
        kind,
        case: None,
        action,
        body: body(kind, action, now),
        actor: actor(by),
        facts: kind_facts(now),
    };
    let event = question.ask().unwrap().remove(0).event;
    (CaseState::open(kind, &event).unwrap(), event)
}
