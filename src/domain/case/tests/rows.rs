//! The table itself, and every row of it in every stage with every part.
use super::*;
use std::collections::BTreeSet;

#[test]
fn the_table_reads_as_the_specification() {
    for &kind in Kind::ALL {
        insta::assert_snapshot!(format!("table_{kind}"), table::print(kind));
    }
}

#[test]
fn no_two_rows_answer_the_same_question() {
    for &kind in Kind::ALL {
        let mut seen = BTreeSet::new();
        for row in table::rows(kind) {
            assert!(!row.by.is_empty());
            if row.from.is_empty() {
                assert!(seen.insert((None, row.action)));
            }
            for stage in row.from {
                assert!(
                    seen.insert((Some(*stage), row.action)),
                    "{kind} {stage} {}",
                    row.action
                );
            }
        }
    }
}

#[test]
fn every_action_in_the_table_has_fields_and_a_sample_that_parses() {
    for &kind in Kind::ALL {
        for row in table::rows(kind) {
            assert!(
                Command::fields(kind, row.action).is_some(),
                "{kind} {}",
                row.action
            );
            let sample = Command::sample(kind, row.action);
            let command = Command::parse(kind, row.action, &sample).unwrap();
            assert!(command.fits(kind));
            assert_eq!(command.action(), row.action);
            let mut stored = command.clone();
            let texts = stored.take_texts();
            let json = serde_json::to_string(&stored).unwrap();
            for text in texts.values() {
                assert!(!json.contains(text.as_str()), "{json} keeps words");
            }
            let back: Command = serde_json::from_str(&json).unwrap();
            assert_eq!(serde_json::to_string(&back).unwrap(), json);
        }
        for &action in Action::ALL {
            let known = table::known(kind, action).next().is_some();
            assert_eq!(
                known,
                Command::fields(kind, action).is_some(),
                "{kind} {action}"
            );
        }
    }
}

/// A question whose answer is yes, for a row taken from a stage by one of its parts.
pub(super) fn ready(row: &Row, kind: Kind, stage: Option<Stage>) -> Question {
    let now = monday();
    let mut question = Question {
        kind,
        case: stage.map(|stage| staged(kind, stage, row.action, now)),
        action: row.action,
        body: body(kind, row.action, now),
        actor: Actor::SYSTEM,
        facts: kind_facts(now),
    };
    if let Some(target) = &mut question.facts.target {
        target.kind = kind;
    }
    prepare(&mut question, row.action, stage);
    question
}

/// A case in a stage, with the step and the past that an action wants.
fn staged(kind: Kind, stage: Stage, action: Action, now: DateTime<Utc>) -> CaseState {
    let (mut case, _) = opened(kind, now - TimeDelta::days(2));
    let due = Deadline::set(now + TimeDelta::days(3), "office");
    case.stage = stage;
    case.times.stage_since = Some(now - TimeDelta::hours(3));
    case.times.responded = Some(now - TimeDelta::hours(2));
    case.times.closed = Some(now - TimeDelta::days(1));
    case.due.unit = Some(due.clone());
    case.due.citizen = Some(due);
    case.dispatches.push(Dispatch {
        no: 1,
        lead: (kind != Kind::EmploymentMatch).then_some(LEAD),
        co_units: vec![UnitId(11)],
        at: now - TimeDelta::hours(4),
        designated: false,
        signed_at: None,
        submitted_at: None,
        objected_at: None,
    });
    case.verified = true;
    case.callbacks.push(CallbackNote {
        cycle: 0,
        at: now,
        reached: true,
        solved: Some(Solved::Yes),
        satisfied: Some(Satisfied::Yes),
        at_work: Some(Solved::Yes),
    });
    if stage == Stage::Handling {
        case.step = wanted_step(action).or(kind.first_step());
    }
    case
}

fn wanted_step(action: Action) -> Option<Step> {
    Some(match action {
        Action::Consent | Action::Refuse => Step::ConsentPending,
        Action::Session | Action::AgreeWritten | Action::AgreeOral => Step::Consented,
        Action::Deliberate => Step::Scheduled,
        Action::Adopt | Action::NotAdopt => Step::Deliberated,
        Action::ApproveReply => Step::ReplyDrafted,
        Action::Interviewed => Step::InterviewSet,
        Action::Offer => Step::Interviewed,
        Action::OfferAccept | Action::OfferDecline => Step::Offered,
        _ => return None,
    })
}

fn prepare(q: &mut Question, action: Action, stage: Option<Stage>) {
    let Some(stage) = stage else { return };
    let (kind, now) = (q.kind, q.facts.now);
    if let Some(m) = q.case().mediation.as_mut() {
        m.invited = [PersonId(1), PersonId(2)].into();
        m.perform_by = Some(day_of(now) - TimeDelta::days(1));
    }
    if let Some(idea) = q.case().idea.as_mut() {
        idea.meeting_at = Some(now - TimeDelta::hours(1));
    }
    if let Some(reply) = q.case().reply.as_mut() {
        reply.drafted_by = Some(Who::Account(AccountId(4)));
    }
    if let Some(job) = q.case().job.as_mut() {
        job.start_on = Some(day_of(now));
    }
    match (action, kind) {
        (Action::SubmitResult, Kind::Mailbox) => q.case().step = Some(Step::ReplyApproved),
        (Action::SubmitResult, Kind::Suggestion) => q.case().step = Some(Step::Implementing),
        (Action::SubmitResult, Kind::EmploymentMatch) => q.case().step = Some(Step::OfferAccepted),
        (Action::Designate, _) => q.case().counts.objections = 1,
        (Action::Escalate, _) => {
            q.case().counts.own_reopenings = 2;
        }
        (Action::Reception, _) => q.case().counts.level = 1,
        (Action::Supervise, Kind::EmploymentMatch) => {
            q.case().due.unit = Some(Deadline::set(now - TimeDelta::hours(1), "office"));
        }
        (Action::Supervise, _) => q.case().counts.reworks = 2,
        (Action::Resume, _) => q.case().times.review_on = Some(day_of(now)),
        (Action::Expire, _) => q.facts.posting.as_mut().unwrap().open = false,
        (Action::Dispatch, Kind::Mediation) => {
            q.facts.named = Some(Named {
                who: Who::Account(AccountId(9)),
                role: Role::Mediator,
                unit: Some(LEAD),
            });
        }
        (Action::Update, Kind::PatrolFinding) if stage != Stage::Handling => q.unset("progress"),
        (Action::Reopen, Kind::EmploymentMatch) => q.case().outcome = Some(Outcome::Expired),
        (Action::Retention, _) => {
            q.case().outcome = Some(Outcome::PlacedVerified);
            q.case().follow_ups.push(FollowUp {
                what: FollowUpKind::Retention30,
                due_on: day_of(now),
                result: None,
            });
        }
        (Action::VerifyPass, Kind::EmploymentMatch) => q.set("evidence", "payslip"),
        _ => {}
    }
}

/// Somebody who plays the part and may; who plays several is admitted under the first that holds.
/// Whoever plays nothing else comes first.
pub(super) fn somebody_as(q: &Question, part: Part) -> Option<(Actor, Vec<Recorded>)> {
    let mut able: Vec<_> = people()
        .into_iter()
        .filter_map(|(_, actor)| {
            let parts = actor.parts(q.kind, q.case.as_ref(), Some(&q.command()));
            let q = Question { actor, ..q.clone() };
            let recorded = q.ask().ok().filter(|_| parts.has(part))?;
            Some((
                recorded[0].event.part != part,
                parts.iter().count(),
                actor,
                recorded,
            ))
        })
        .collect();
    able.sort_by_key(|(other, parts, ..)| (*other, *parts));
    able.into_iter()
        .next()
        .map(|(_, _, actor, recorded)| (actor, recorded))
}

/// Parts that nobody plays before a unit leads the case.
const OF_THE_UNIT: [Part; 2] = [Part::Handler, Part::CoHandler];

fn before_dispatch(stage: Option<Stage>) -> bool {
    matches!(stage, Some(Stage::Registered | Stage::Accepted))
}

#[test]
fn every_row_can_be_taken_by_each_of_its_parts() {
    for &kind in Kind::ALL {
        for row in table::rows(kind) {
            let stages: Vec<_> = match row.from {
                [] => vec![None],
                from => from.iter().copied().map(Some).collect(),
            };
            for stage in stages {
                let q = ready(row, kind, stage);
                for &part in row.by {
                    if before_dispatch(stage) && OF_THE_UNIT.contains(&part) {
                        continue;
                    }
                    let Some((_, recorded)) = somebody_as(&q, part) else {
                        let tried: Vec<_> = people()
                            .into_iter()
                            .map(|(name, actor)| {
                                let q = Question { actor, ..q.clone() };
                                (name, q.ask().map(|r| r[0].event.part).map_err(|r| r.code))
                            })
                            .collect();
                        panic!("{kind} {stage:?} {} by {part}: {tried:?}", row.action);
                    };
                    let event = &recorded[0].event;
                    assert_eq!(event.action, row.action);
                    assert_eq!(event.from, stage);
                    let to = match row.to {
                        To::Same => stage.unwrap(),
                        To::Stage(to) | To::UnlessHazard(to) => to,
                    };
                    assert_eq!(event.to, to);
                }
            }
        }
    }
}

#[test]
fn nobody_else_may_and_nothing_else_happens() {
    for &kind in Kind::ALL {
        for &stage in Stage::ALL {
            for &action in Action::ALL {
                if Command::fields(kind, action).is_none() {
                    continue;
                }
                let row = table::find(kind, Some(stage), action);
                let template = table::known(kind, action).next().unwrap();
                let question = ready(row.unwrap_or(template), kind, Some(stage));
                for (name, actor) in people() {
                    let q = Question {
                        actor,
                        ..question.clone()
                    };
                    let said = q.ask();
                    let parts = actor.parts(kind, q.case.as_ref(), Some(&q.command()));
                    let at = format!("{kind} {stage} {action} {name}");
                    match row {
                        None => {
                            let refusal = said.expect_err(&at);
                            assert_eq!((refusal.class, refusal.code), (Class::NotNow, "stage"));
                        }
                        Some(row) if !row.by.iter().any(|part| parts.has(*part)) => {
                            let refusal = said.expect_err(&at);
                            assert_eq!((refusal.class, refusal.code), (Class::NotYours, "part"));
                            assert_eq!(refusal.who_can, row.by);
                        }
                        Some(row) => {
                            if let Err(refusal) = said {
                                let guard = row.guards.iter().find(|g| g.code() == refusal.code);
                                assert_eq!(guard.map(|g| g.class()), Some(refusal.class), "{at}");
                            }
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn an_action_of_another_kind_is_refused() {
    let (case, _) = opened(Kind::ResidentRequest, monday());
    let offer = Command::parse(
        Kind::EmploymentMatch,
        Action::Offer,
        &Command::sample(Kind::EmploymentMatch, Action::Offer),
    )
    .unwrap();
    let said = decide(
        Kind::ResidentRequest,
        Some(&case),
        &offer,
        &actor("employer"),
        &kind_facts(monday()),
    );
    assert_eq!(said.unwrap_err().code, "fields_of_another_kind");
}

#[test]
fn words_must_be_there_even_in_a_command_built_by_hand() {
    let (case, _) = opened(Kind::ResidentRequest, monday());
    let empty = Command::Update {
        text: Text::default(),
        visibility: Visibility::Parties,
        files: Vec::new(),
    };
    let said = decide(
        Kind::ResidentRequest,
        Some(&case),
        &empty,
        &actor("clerk"),
        &kind_facts(monday()),
    );
    let refusal = said.unwrap_err();
    assert_eq!(refusal.fields.to_string(), "text: required");
}

#[test]
fn all_faults_of_a_body_are_told_at_once() {
    let body = json!({
        "lead": "x", "co_units": "1", "basis": "whim", "due_at": "tomorrow", "colour": "red",
    });
    let faults = Command::parse(
        Kind::ResidentRequest,
        Action::Dispatch,
        body.as_object().unwrap(),
    )
    .unwrap_err();
    assert_eq!(
        faults.to_string(),
        "colour: unknown_field, lead: format, co_units: format, basis: unknown_choice, due_at: format"
    );
    let nothing = Command::parse(Kind::ResidentRequest, Action::Dispatch, &Map::new()).unwrap_err();
    assert_eq!(nothing.to_string(), "lead: required, basis: required");
}

#[test]
fn a_public_hazard_loses_its_reporter_and_stays() {
    let row = table::find(
        Kind::ResidentRequest,
        Some(Stage::Handling),
        Action::Withdraw,
    )
    .unwrap();
    let mut q = ready(row, Kind::ResidentRequest, Some(Stage::Handling));
    q.actor = actor("reporter");
    q.facts.category.public_hazard = true;
    let event = q.ask().unwrap().remove(0).event;
    assert_eq!(event.to, Stage::Handling);
    let mut case = q.case.unwrap();
    case.apply(&event).unwrap();
    assert_eq!(case.person, None);
    assert!(case.stage.is_open());
}

#[test]
fn an_unhappy_opinion_sends_a_reply_back_once() {
    let row = table::find(Kind::Mailbox, Some(Stage::Verifying), Action::Opinion).unwrap();
    let mut q = ready(row, Kind::Mailbox, Some(Stage::Verifying));
    q.actor = actor("reporter");
    q.set("satisfied", "no");
    let recorded = q.ask().unwrap();
    assert_eq!(recorded.len(), 2);
    assert_eq!(recorded[1].event.action, Action::VerifyFail);
    let case = q.case();
    for one in &recorded {
        case.apply(&one.event).unwrap();
    }
    assert_eq!(
        (case.stage, case.step),
        (Stage::Handling, Some(Step::ReplyNew))
    );
    assert_eq!(case.counts.reworks, 1);
    case.stage = Stage::Verifying;
    assert_eq!(q.ask().unwrap().len(), 1);
}
