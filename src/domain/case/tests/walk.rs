//! The invariants of the case model on random walks through the table.
use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A case on its way, with everything that was recorded about it.
#[derive(Clone)]
struct Walk {
    kind: Kind,
    case: CaseState,
    events: Vec<Event>,
    now: DateTime<Utc>,
}

impl Walk {
    fn start(kind: Kind) -> Self {
        let (case, event) = opened(kind, monday());
        Self {
            kind,
            case,
            events: vec![event],
            now: monday(),
        }
    }

    fn facts(&self, place: bool) -> Facts<'static> {
        let mut facts = kind_facts(self.now);
        facts.category.place = place;
        facts.category.desk_adopts = place;
        if let Some(target) = &mut facts.target {
            target.kind = self.kind;
        }
        facts
    }

    /// Asks as somebody would who fills in what the case needs.
    fn try_one(&mut self, action: Action, who: &Actor, place: bool) -> bool {
        if Command::fields(self.kind, action).is_none() {
            return false;
        }
        let mut body = body(self.kind, action, self.now);
        if action == Action::Update && self.kind == Kind::PatrolFinding && !place {
            body.remove("progress");
        }
        if action == Action::Consent {
            let consented = self
                .case
                .mediation
                .as_ref()
                .is_some_and(|m| !m.consented.is_empty());
            body.insert("party".into(), json!(if consented { "2" } else { "1" }));
        }
        let Ok(command) = Command::parse(self.kind, action, &body) else {
            panic!("{} {action}", self.kind);
        };
        let mut facts = self.facts(place);
        if action == Action::Dispatch && self.kind == Kind::Mediation {
            facts.named = Some(Named {
                who: Who::Account(AccountId(9)),
                role: Role::Mediator,
                unit: Some(LEAD),
            });
        }
        if action == Action::Expire {
            facts.posting.as_mut().unwrap().open = false;
        }
        let Ok(recorded) = decide(self.kind, Some(&self.case), &command, who, &facts) else {
            return false;
        };
        for one in recorded {
            let before = self.case.clone();
            self.case.apply(&one.event).unwrap();
            self.events.push(one.event);
            self.check(&before);
        }
        true
    }

    /// Invariants 1, 4, 5, 6, 8, 10 and 11 after each event.
    fn check(&self, before: &CaseState) {
        let event = self.events.last().unwrap();
        // 1: replaying gives the same, byte for byte, also through the stored form.
        let again = replay(self.kind, &self.events).unwrap();
        let json = serde_json::to_string(&self.case).unwrap();
        assert_eq!(json, serde_json::to_string(&again).unwrap());
        let stored: CaseState = serde_json::from_str(&json).unwrap();
        assert_eq!(serde_json::to_string(&stored).unwrap(), json);
        let payload = serde_json::to_string(&event.payload).unwrap();
        let back: Payload = serde_json::from_str(&payload).unwrap();
        assert_eq!(serde_json::to_string(&back).unwrap(), payload);
        // 6: the citizen's clock never runs backwards.
        let elapsed = |case: &CaseState, at| {
            case.clocks
                .elapsed(ClockKind::Citizen, CALENDARS.office(), at)
        };
        assert!(elapsed(before, before.updated_at) <= elapsed(&self.case, event.at));
        // 8: the first verdict stays.
        if before.times.first_closed.is_some() {
            assert_eq!(before.times.first_closed, self.case.times.first_closed);
            assert_eq!(before.times.first_on_time, self.case.times.first_on_time);
        }
        // 11: what the resident was promised moves only for a reason.
        let moved = before.due.citizen != self.case.due.citizen;
        let first = before.due.citizen.is_none();
        let reasons = [
            Action::Extend,
            Action::Resume,
            Action::Reopen,
            Action::CalendarPublished,
        ];
        let verification =
            self.kind == Kind::EmploymentMatch && event.action == Action::SubmitResult;
        let unmerged = event.action == Action::Accept;
        assert!(
            !moved || first || verification || unmerged || reasons.contains(&event.action),
            "{}",
            event.action
        );
        // 5: who granted a suspension is of another unit than who asked.
        if event.action == Action::Suspend {
            assert_ne!(event.unit, self.case.lead());
            assert_ne!(event.unit, Some(LEAD));
        }
        // A step lives only inside handling, and belongs to its kind.
        assert!(self.case.step.is_none() || self.case.stage == Stage::Handling);
        assert!(
            self.case
                .step
                .is_none_or(|step| self.kind.steps().contains(&step))
        );
        assert!(
            self.case
                .outcome
                .is_none_or(|outcome| self.kind.outcomes().contains(&outcome))
        );
        self.separated();
    }

    /// 4: who signed, submitted or handled it himself never verified or closed it.
    fn separated(&self) {
        let set = |actions: &[Action]| -> BTreeSet<Who> {
            self.events
                .iter()
                .filter(|e| actions.contains(&e.action) && e.who != Who::System)
                .map(|e| e.who)
                .collect()
        };
        let did = set(&[Action::Sign, Action::SubmitResult, Action::SelfHandle]);
        let judged_before: BTreeSet<Who> =
            set(&[Action::VerifyPass, Action::VerifyFail, Action::Close]);
        let both: Vec<_> = did.intersection(&judged_before).collect();
        assert!(both.is_empty(), "{both:?} judged their own work");
    }

    fn finished(&self) -> bool {
        !self.case.stage.is_open()
    }
}

fn kinds() -> impl Strategy<Value = Kind> {
    prop::sample::select(Kind::ALL)
}

fn steps() -> impl Strategy<Value = Vec<(prop::sample::Index, prop::sample::Index, bool, i64)>> {
    prop::collection::vec(
        (
            any::<prop::sample::Index>(),
            any::<prop::sample::Index>(),
            any::<bool>(),
            0_i64..60,
        ),
        1..120,
    )
}

/// Takes random accepted actions; the index chooses among the actions that anybody might take now.
fn random_walk(
    kind: Kind,
    steps: &[(prop::sample::Index, prop::sample::Index, bool, i64)],
) -> Walk {
    let mut walk = Walk::start(kind);
    for (action, who, place, hours) in steps {
        walk.now += TimeDelta::hours(*hours);
        let possible: Vec<Action> = table::rows(kind)
            .filter(|row| row.from.contains(&walk.case.stage))
            .map(|row| row.action)
            .collect();
        let action = *action.get(&possible);
        let mut everybody = people();
        let start = who.index(everybody.len());
        everybody.rotate_left(start);
        for (_, actor) in &everybody {
            if walk.try_one(action, actor, *place) {
                break;
            }
        }
    }
    walk
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn the_invariants_hold_on_every_walk(kind in kinds(), steps in steps()) {
        let walk = random_walk(kind, &steps);
        prop_assert_eq!(walk.events.last().map(|event| event.seq), Some(walk.case.seq));
        // 10: nothing was lost on the way; the events are numbered without a gap.
        for (seq, event) in (1_u64..).zip(&walk.events) {
            prop_assert_eq!(event.seq, seq);
        }
        // 2: an event for a state that has moved on is not folded in.
        let mut case = walk.case.clone();
        prop_assert!(case.apply(walk.events.last().unwrap()).is_err());
    }

    #[test]
    fn every_open_case_can_be_brought_to_an_end(kind in kinds(), steps in steps()) {
        let walk = random_walk(kind, &steps);
        if !walk.finished() {
            prop_assert!(way_out(&walk), "{:?} {:?} {:?}", kind, walk.case.stage, walk.case.step);
        }
    }

    #[test]
    fn a_second_open_match_is_never_opened(steps in steps(), choice in 0_usize..3) {
        // 9: whatever opens or reopens a match asks whether another is open.
        let walk = random_walk(Kind::EmploymentMatch, &steps);
        let mut facts = kind_facts(walk.now);
        facts.seeker.open_match = true;
        let action = [Action::Reopen, Action::Appeal, Action::Unmerge][choice];
        let command = Command::parse(walk.kind, action, &body(walk.kind, action, walk.now)).unwrap();
        for (_, actor) in people() {
            prop_assert!(decide(walk.kind, Some(&walk.case), &command, &actor, &facts).is_err());
        }
    }

    #[test]
    fn merged_numbers_lead_to_a_living_case(moves in prop::collection::vec((1_u32..12, 1_u32..12, any::<bool>()), 1..60)) {
        // 7: in one hop after compression; undoing a merge gives the followers back.
        let mut merges = Merges::default();
        for (from, into, undo) in moves {
            let (from, into) = (number(from), number(into));
            if undo {
                let followers: Vec<_> = merges.followers(&from).cloned().collect();
                let own: BTreeMap<_, _> = merges.compressed();
                if merges.unmerge(&from).is_some() {
                    prop_assert_eq!(merges.root(&from), &from);
                    for follower in &followers {
                        prop_assert_eq!(merges.root(follower), &from);
                    }
                }
                for (number, root) in merges.compressed() {
                    prop_assert!(own.get(&number).is_some_and(|was| *was == root || root == from));
                }
            } else {
                merges.merge(&from, &into);
            }
            for (number, root) in merges.compressed() {
                prop_assert_ne!(&number, &root);
                prop_assert!(!merges.compressed().contains_key(&root), "{root} is itself merged");
            }
        }
    }
}

/// 3: breadth first through what people can do, without merging, withdrawing or voiding.
fn way_out(from: &Walk) -> bool {
    const SHORT_CUTS: [Action; 4] = [
        Action::Merge,
        Action::RetireInto,
        Action::Withdraw,
        Action::Void,
    ];
    let mut seen = BTreeSet::new();
    let mut queue = VecDeque::from([from.clone()]);
    while let Some(walk) = queue.pop_front() {
        let callbacks = walk.case.callbacks_now().count().min(3);
        let consented = walk
            .case
            .mediation
            .as_ref()
            .map_or(0, |m| m.consented.len());
        let key = format!(
            "{:?} {:?} {:?} {} {callbacks} {consented} {}",
            walk.case.stage,
            walk.case.step,
            walk.case.lead(),
            walk.case.verified,
            walk.case.times.responded.is_some()
        );
        if !seen.insert(key) {
            continue;
        }
        let actions: Vec<_> = table::rows(walk.kind)
            .filter(|row| row.from.contains(&walk.case.stage) && !SHORT_CUTS.contains(&row.action))
            .map(|row| row.action)
            .collect();
        for action in actions {
            for (_, actor) in people() {
                let mut next = walk.clone();
                // Days pass between one act and the next, so that waiting is never what blocks.
                next.now += TimeDelta::days(6);
                if next.try_one(action, &actor, true) {
                    if next.finished() {
                        return true;
                    }
                    queue.push_back(next);
                    break;
                }
            }
        }
    }
    false
}

#[test]
fn a_request_runs_its_loop() {
    let mut walk = Walk::start(Kind::ResidentRequest);
    for (action, who) in [
        (Action::Accept, "clerk"),
        (Action::Dispatch, "clerk"),
        (Action::Sign, "handler"),
        (Action::Contact, "handler"),
        (Action::SubmitResult, "handler"),
        (Action::VerifyPass, "verifier"),
        (Action::Callback, "clerk"),
        (Action::Close, "verifier"),
        (Action::Reopen, "reporter"),
    ] {
        assert!(walk.try_one(action, &actor(who), true), "{action}");
        walk.now += TimeDelta::hours(1);
    }
    assert_eq!(walk.case.stage, Stage::Accepted);
    assert_eq!(walk.case.times.first_on_time, Some(true));
    assert_eq!(walk.case.counts.reopenings, 1);
    let clocks: Vec<_> = walk
        .case
        .clocks
        .segments()
        .iter()
        .map(|s| (s.clock.code(), s.cycle, s.dispatch_no, s.stop.is_some()))
        .collect();
    assert_eq!(
        clocks,
        [
            ("accept", 0, 0, true),
            ("response", 0, 0, true),
            ("citizen", 0, 0, true),
            ("unit", 0, 1, true),
            ("response", 1, 0, false),
            ("citizen", 1, 0, false),
        ]
    );
}

#[test]
fn a_match_runs_from_interest_to_retention() {
    let mut walk = Walk::start(Kind::EmploymentMatch);
    for (action, who) in [
        (Action::Accept, "system"),
        (Action::Refer, "system"),
        (Action::Acknowledge, "employer"),
        (Action::InterviewSet, "employer"),
        (Action::Interviewed, "employer"),
        (Action::Offer, "employer"),
        (Action::OfferAccept, "reporter"),
        (Action::SubmitResult, "employer"),
        (Action::VerifyPass, "officer"),
        (Action::Callback, "officer"),
        (Action::Close, "officer2"),
    ] {
        assert!(walk.try_one(action, &actor(who), true), "{action}");
        walk.now += TimeDelta::minutes(30);
    }
    assert!(walk.case.is_placement());
    let follow_ups: Vec<_> = walk.case.follow_ups.iter().map(|f| f.what.code()).collect();
    assert_eq!(follow_ups, ["retention_30", "retention_90"]);
    assert!(
        !walk.try_one(Action::Retention, &actor("officer"), true),
        "too early"
    );
    walk.now += TimeDelta::days(31);
    assert!(walk.try_one(Action::Retention, &actor("officer"), true));
    assert_eq!(walk.case.follow_ups[0].result, Some(Retained::Retained));
}

#[test]
fn a_suspension_gives_the_time_back_and_a_failed_check_does_not_start_anew() {
    let mut walk = Walk::start(Kind::ResidentRequest);
    for (action, who) in [
        (Action::Accept, "clerk"),
        (Action::Dispatch, "clerk"),
        (Action::Sign, "handler"),
    ] {
        assert!(walk.try_one(action, &actor(who), true), "{action}");
    }
    let promised = walk.case.due.citizen.clone().unwrap().at;
    let left = CALENDARS.office().elapsed(walk.now, promised);
    assert!(walk.try_one(Action::Suspend, &actor("secretary"), true));
    walk.now += TimeDelta::days(14);
    assert!(walk.try_one(Action::Resume, &actor("handler"), true));
    let now = walk.case.due.citizen.clone().unwrap().at;
    assert_eq!(CALENDARS.office().elapsed(walk.now, now), left);
    assert!(now > promised);
    assert!(walk.try_one(Action::Contact, &actor("handler"), true));
    let unit = walk.case.due.unit.clone().unwrap().at;
    assert!(walk.try_one(Action::SubmitResult, &actor("handler"), true));
    walk.now += TimeDelta::days(7);
    assert!(walk.try_one(Action::VerifyFail, &actor("verifier"), true));
    let later = walk.case.due.unit.clone().unwrap().at;
    let office = CALENDARS.office();
    assert_eq!(
        office.elapsed(walk.now, later),
        office.elapsed(walk.now - TimeDelta::days(7), unit)
    );
}

#[test]
fn a_published_calendar_moves_only_deadlines_that_lie_ahead() {
    let (mut case, _) = opened(Kind::ResidentRequest, monday());
    let ahead = Deadline {
        at: "2027-02-08T10:00:00Z".parse().unwrap(),
        calendar: "office".into(),
        provisional: true,
        term: Some((
            "2027-02-01T02:00:00Z".parse().unwrap(),
            crate::domain::calendar::Term::new(5, crate::domain::calendar::Unit::WorkDays),
        )),
        rule: None,
    };
    case.due.citizen = Some(ahead.clone());
    let moved = ahead.recomputed(&CALENDARS, monday()).unwrap();
    assert_eq!(
        moved.at,
        "2027-02-10T10:00:00Z".parse::<DateTime<Utc>>().unwrap()
    );
    assert!(
        ahead
            .recomputed(&CALENDARS, "2027-03-01T00:00:00Z".parse().unwrap())
            .is_none()
    );
    assert!(moved.recomputed(&CALENDARS, monday()).is_none());
}
