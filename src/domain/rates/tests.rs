use super::*;
use crate::domain::{
    calendar::Calendar,
    case::{Code, Kind, Satisfied, Solved, Stage},
    funnel::Rate,
    id::{CaseId, PersonId, UnitId},
};
use chrono::TimeDelta;
use proptest::prelude::*;

type Time = DateTime<Utc>;

fn at(text: &str) -> Time {
    text.parse().unwrap()
}

fn july() -> Period {
    let day = |d| NaiveDate::from_ymd_opt(2026, 7, d).unwrap();
    Period::days(day(1), day(31))
}

/// A request of July, dispatched once, with nothing done yet.
fn request() -> CaseFacts {
    let start = at("2026-07-06T01:00:00Z");
    let due = at("2026-07-13T10:00:00Z");
    CaseFacts {
        kind: Kind::ResidentRequest,
        stage: Stage::Handling,
        person: Some(PersonId(1)),
        category: Some(Code::new("lighting").unwrap()),
        area: None,
        recorded: start,
        updated: start,
        dues: [None; 3],
        cycles: vec![Cycle {
            response_due: Some(at("2026-07-07T10:00:00Z")),
            due: Some(due),
            ran: vec![Span {
                from: start,
                to: None,
            }],
            ..Cycle::default()
        }],
        handed: vec![Handed {
            cycle: 0,
            unit: Some(UnitId(1)),
            at: start,
            signed: None,
            due: Some(due),
            submitted: None,
            objected: false,
            misdispatched: false,
            moved: false,
            extended: false,
            suspended: false,
        }],
        submissions: Vec::new(),
        open: vec![Span {
            from: start,
            to: None,
        }],
        held: Vec::new(),
        supervised: None,
        self_handled: false,
        job: None,
    }
}

struct Asked {
    calendar: Calendar,
    recurrences: Recurrences,
    as_of: Time,
}

impl Asked {
    fn new() -> Self {
        Self {
            calendar: Calendar::office(),
            recurrences: Recurrences::default(),
            as_of: at("2026-08-20T00:00:00Z"),
        }
    }

    fn ctx(&self) -> Context<'_> {
        Context {
            period: july(),
            as_of: self.as_of,
            calendar: &self.calendar,
            recurrences: &self.recurrences,
        }
    }

    fn why(&self, rate: RateKind, case: &CaseFacts) -> Vec<(Verdict, Why)> {
        let found = entries(rate, CaseId(1), case, &self.ctx());
        found.iter().map(|e| (e.verdict, e.why)).collect()
    }

    fn one(&self, rate: RateKind, case: &CaseFacts) -> (Verdict, Why) {
        let found = self.why(rate, case);
        assert_eq!(found.len(), 1, "{rate:?}");
        found[0]
    }

    fn count(&self, cases: &[CaseFacts]) -> Figures {
        let ids = (1..).map(CaseId).zip(cases);
        Figures::count(&ids, None, &self.ctx())
    }
}

const IN: Verdict = Verdict::In;
const OUT: Verdict = Verdict::Out;
const LEFT: Verdict = Verdict::Excluded;

#[test]
fn a_response_is_in_time_late_or_never_given() {
    let asked = Asked::new();
    let mut case = request();
    assert_eq!(asked.one(RateKind::Response, &case), (OUT, Why::Never));
    case.cycles[0].responded = Some(at("2026-07-07T10:00:00Z"));
    assert_eq!(asked.one(RateKind::Response, &case), (IN, Why::OnTime));
    case.cycles[0].responded = Some(at("2026-07-07T10:00:01Z"));
    assert_eq!(asked.one(RateKind::Response, &case), (OUT, Why::Late));
    case.person = None;
    assert_eq!(
        asked.one(RateKind::Response, &case),
        (LEFT, Why::NoReporter)
    );
    case.kind = Kind::Mediation;
    assert_eq!(asked.why(RateKind::Response, &case), []);
}

#[test]
fn a_response_belongs_to_the_unit_that_has_the_case_last() {
    let asked = Asked::new();
    let mut case = request();
    case.handed[0].objected = true;
    case.handed[0].moved = true;
    let mut second = case.handed[0];
    (second.unit, second.moved, second.objected) = (Some(UnitId(2)), false, false);
    case.handed.push(second);
    let found = entries(RateKind::Response, CaseId(1), &case, &asked.ctx());
    let found: Vec<_> = found.iter().map(|e| (e.unit, e.verdict, e.why)).collect();
    assert_eq!(
        found,
        [
            (Some(UnitId(1)), LEFT, Why::Moved),
            (Some(UnitId(2)), OUT, Why::Never)
        ]
    );
    assert_eq!(
        asked.why(RateKind::Objected, &case),
        [(IN, Why::Happened), (OUT, Why::DidNot)]
    );
    assert_eq!(
        asked.why(RateKind::HandledOnTime, &case),
        [(LEFT, Why::Moved), (OUT, Why::Never)]
    );
}

#[test]
fn what_is_not_due_yet_says_nothing_about_anybody() {
    let mut asked = Asked::new();
    asked.as_of = at("2026-07-06T02:00:00Z");
    let case = request();
    for rate in [
        RateKind::Response,
        RateKind::Closed,
        RateKind::ClosedOnTime,
        RateKind::HandledOnTime,
        RateKind::Signed,
    ] {
        assert_eq!(asked.one(rate, &case), (LEFT, Why::NotDue), "{rate:?}");
    }
}

#[test]
fn closing_counts_by_its_deadline_and_a_case_on_hold_at_the_end_is_left_out() {
    let asked = Asked::new();
    let mut case = request();
    case.held = vec![Span {
        from: at("2026-07-20T00:00:00Z"),
        to: None,
    }];
    assert_eq!(asked.one(RateKind::Closed, &case), (LEFT, Why::OnHold));
    case.held[0].to = Some(at("2026-07-30T00:00:00Z"));
    assert_eq!(asked.one(RateKind::Closed, &case), (OUT, Why::Never));
    case.cycles[0].closed = Some(at("2026-07-14T00:00:00Z"));
    assert_eq!(asked.one(RateKind::Closed, &case), (IN, Why::Late));
    assert_eq!(asked.one(RateKind::ClosedOnTime, &case), (OUT, Why::Late));
    case.cycles[0].closed = Some(at("2026-07-13T10:00:00Z"));
    assert_eq!(asked.one(RateKind::ClosedOnTime, &case), (IN, Why::OnTime));
    // What is closed after the period stays open in it, whenever one looks.
    case.cycles[0].closed = Some(at("2026-08-03T00:00:00Z"));
    assert_eq!(asked.one(RateKind::Closed, &case), (OUT, Why::Never));
}

fn call(reached: bool, solved: Option<Solved>, satisfied: Option<Satisfied>, day: u32) -> Call {
    Call {
        at: at(&format!("2026-07-{day:02}T02:00:00Z")),
        reached,
        solved,
        satisfied,
    }
}

#[test]
fn the_last_word_of_whoever_was_reached_counts() {
    let asked = Asked::new();
    let mut case = request();
    case.stage = Stage::Closed;
    case.cycles[0].closed = Some(at("2026-07-10T00:00:00Z"));
    let of = |case: &CaseFacts| {
        [
            RateKind::Solved,
            RateKind::SolvedPartly,
            RateKind::Satisfied,
            RateKind::Callback,
        ]
        .map(|rate| asked.one(rate, case))
    };
    assert_eq!(of(&case), [(LEFT, Why::Pending); 4]);
    let no = call(true, Some(Solved::No), Some(Satisfied::No), 8);
    case.cycles[0].calls = vec![no];
    assert_eq!(
        of(&case),
        [
            (OUT, Why::No),
            (OUT, Why::No),
            (OUT, Why::No),
            (IN, Why::Reached)
        ]
    );
    let partly = call(true, Some(Solved::Partly), Some(Satisfied::Basically), 9);
    case.cycles[0].calls.push(partly);
    assert_eq!(
        of(&case),
        [
            (OUT, Why::Partly),
            (IN, Why::Partly),
            (IN, Why::Basically),
            (IN, Why::Reached)
        ]
    );
    case.cycles[0].calls = vec![call(true, Some(Solved::Yes), Some(Satisfied::None), 9)];
    assert_eq!(asked.one(RateKind::Satisfied, &case), (LEFT, Why::Unrated));
    case.cycles[0].calls = vec![call(false, None, None, 8), call(false, None, None, 9)];
    assert_eq!(of(&case)[3], (OUT, Why::Exhausted));
    assert_eq!(of(&case)[0], (LEFT, Why::Unreached));
}

#[test]
fn a_void_case_counts_in_the_rate_of_void_cases_alone() {
    let asked = Asked::new();
    let mut case = request();
    case.stage = Stage::Voided;
    case.cycles[0].closed = Some(at("2026-07-10T00:00:00Z"));
    case.submissions = vec![Submission {
        at: case.recorded,
        unit: None,
        failed: true,
    }];
    for rate in RateKind::ALL {
        let figure = asked.count(&[case.clone()]).of(*rate);
        let expected = u64::from(*rate == RateKind::Voided);
        assert_eq!((figure.k, figure.n), (expected, expected), "{rate:?}");
    }
}

#[test]
fn a_merged_case_counts_once_and_its_reporters_word_still_counts() {
    let asked = Asked::new();
    let (mut child, mut target) = (request(), request());
    child.stage = Stage::Merged;
    child.person = Some(PersonId(2));
    target.stage = Stage::Closed;
    for case in [&mut child, &mut target] {
        case.cycles[0].closed = Some(at("2026-07-10T00:00:00Z"));
        case.cycles[0].calls = vec![call(true, Some(Solved::Yes), Some(Satisfied::Yes), 9)];
    }
    let both = asked.count(&[child, target]);
    assert_eq!(both.of(RateKind::Closed).n, 1);
    assert_eq!(both.of(RateKind::Closed).excluded[&Why::Merged], 1);
    assert_eq!(both.of(RateKind::Satisfied).n, 2);
}

#[test]
fn the_same_person_with_the_same_matter_within_ninety_days_is_a_recurrence() {
    let mut asked = Asked::new();
    let mut first = request();
    first.cycles[0].closed = Some(at("2026-07-10T00:00:00Z"));
    let mut again = request();
    again.recorded = at("2026-10-08T00:00:00Z");
    asked.recurrences.add(CaseId(2), &again);
    assert_eq!(asked.one(RateKind::Repeated, &first), (IN, Why::Happened));
    first.category = Some(Code::new("parking").unwrap());
    assert_eq!(asked.one(RateKind::Repeated, &first), (OUT, Why::DidNot));
}

#[test]
fn durations_are_nearest_ranks_of_working_minutes() {
    let took = |minutes: &[i64]| Durations::of(minutes.iter().map(|m| (*m, m + 10)));
    assert_eq!(took(&[]), Durations::default());
    let five = took(&[50, 10, 40, 20, 30]);
    assert_eq!(
        (five.median, five.p90, five.mean),
        (Some(30), Some(50), Some(30))
    );
    assert_eq!(five.median_held, Some(40));
    let mut case = request();
    // Friday 17:00 to Monday 9:30: one hour and one hour; a day on hold beside it.
    case.cycles[0].closed = Some(at("2026-07-13T01:30:00Z"));
    case.cycles[0].ran = vec![Span {
        from: at("2026-07-10T09:00:00Z"),
        to: Some(at("2026-07-13T01:30:00Z")),
    }];
    assert_eq!(
        minutes(&case, &Asked::new().ctx()),
        [(120, 120, Some(UnitId(1)))]
    );
}

/// Bulletins: 天门 2016-12, 连云港 2017-04, 宁国 2022-04.
#[test]
fn the_bulletins_come_out_of_cases() {
    let asked = Asked::new();
    for (on_time, closed, n, percents) in [
        (737, 911, 972, ("93.72", "75.82")),
        (597, 597, 601, ("99.33", "99.33")),
    ] {
        let cases: Vec<_> = (0..n)
            .map(|i| {
                let mut case = request();
                let early = at("2026-07-10T00:00:00Z");
                let late = at("2026-07-20T00:00:00Z");
                case.cycles[0].closed = match i {
                    i if i < on_time => Some(early),
                    i if i < closed => Some(late),
                    _ => None,
                };
                case
            })
            .collect();
        let figures = asked.count(&cases);
        let percent = |rate| figures.of(rate).rate().percent().unwrap();
        assert_eq!(percent(RateKind::Closed), percents.0);
        assert_eq!(percent(RateKind::ClosedOnTime), percents.1);
    }
}

fn three(k: u64, n: u64) -> [Figure; 3] {
    std::array::from_fn(|_| Figure {
        k,
        n,
        ..Figure::default()
    })
}

#[test]
fn one_lucky_case_cannot_lead() {
    let weights = Weights::default();
    let units = [
        (1, 1, 1),
        (2, 29, 30),
        (3, 97, 100),
        (4, 970, 1000),
        (5, 9, 9),
    ];
    let units = units.map(|(id, k, n)| (UnitId(id), three(k, n)));
    let standings = rank(units, weights);
    let order: Vec<_> = standings.iter().map(|s| (s.unit.0, s.place)).collect();
    assert_eq!(
        order,
        [
            (4, Some(1)),
            (3, Some(2)),
            (2, Some(3)),
            (5, None),
            (1, None)
        ]
    );
    assert!((standings[0].low.unwrap() - 95.75).abs() < 0.01);
    assert_eq!(standings[4].composite.value, Some(10_000));
}

#[test]
fn equal_bounds_are_ordered_by_the_larger_sample() {
    // All of the weight on one part, so that the bounds are the same and the samples are not.
    let weights = Weights::new(100, 0, 0).unwrap();
    let standings = rank(
        [(UnitId(1), three(0, 20)), (UnitId(2), three(0, 40))],
        weights,
    );
    assert_eq!(standings[0].unit, UnitId(2));
    assert_eq!(Weights::new(30, 35, 34), Err(WeightsFault(99)));
}

#[test]
fn a_composite_needs_every_part_that_weighs() {
    let half = Rate::new(5, 10);
    let none = Rate::new(0, 0);
    let weights = Weights::default();
    assert_eq!(composite([half, half, half], weights).value, Some(5_000));
    assert_eq!(composite([half, half, none], weights).value, None);
    let two = Weights::new(50, 50, 0).unwrap();
    assert_eq!(composite([half, half, none], two).value, Some(5_000));
    let figures = [Rate::new(9, 10), Rate::new(8, 10), Rate::new(7, 10)];
    assert_eq!(composite(figures, weights).value, Some(7_950));
}

fn maybe_at() -> impl Strategy<Value = Option<Time>> {
    let start = at("2026-06-20T00:00:00Z");
    proptest::option::of((0_i64..80_000).prop_map(move |m| start + TimeDelta::minutes(m)))
}

fn any_call() -> impl Strategy<Value = Call> {
    let solved = proptest::option::of(proptest::sample::select(Solved::ALL));
    let satisfied = proptest::option::of(proptest::sample::select(Satisfied::ALL));
    (any::<bool>(), solved, satisfied, 1_u32..30)
        .prop_map(|(reached, solved, satisfied, day)| call(reached, solved, satisfied, day))
}

fn any_case() -> impl Strategy<Value = CaseFacts> {
    let kind = proptest::sample::select(Kind::DESK);
    let stage = proptest::sample::select(Stage::ALL);
    let person = proptest::option::of((1_i64..5).prop_map(PersonId));
    let times = proptest::array::uniform7(maybe_at());
    let flags = proptest::array::uniform5(any::<bool>());
    let calls = proptest::collection::vec(any_call(), 0..4);
    (kind, stage, person, times, flags, calls, 1_i64..4).prop_map(
        |(kind, stage, person, times, flags, calls, unit)| {
            let mut case = request();
            (case.kind, case.stage, case.person) = (kind, stage, person);
            let cycle = &mut case.cycles[0];
            cycle.response_due = times[0];
            cycle.responded = times[1];
            cycle.due = times[2];
            cycle.closed = times[3];
            cycle.calls = calls;
            cycle.reopened = flags[0];
            let handed = &mut case.handed[0];
            handed.unit = Some(UnitId(unit));
            handed.signed = times[4];
            handed.due = times[5];
            handed.submitted = times[6];
            (handed.moved, handed.misdispatched) = (flags[1], flags[1] && flags[2]);
            (handed.extended, handed.suspended) = (flags[3], flags[4]);
            case
        },
    )
}

proptest! {
    #[test]
    fn k_is_never_more_than_n_and_the_order_of_cases_does_not_matter(
        cases in proptest::collection::vec(any_case(), 0..25),
    ) {
        let asked = Asked::new();
        let ids: Vec<_> = (1..).map(CaseId).zip(&cases).collect();
        let forward = Figures::count(&ids.iter().copied(), None, &asked.ctx());
        let backward = Figures::count(&ids.iter().rev().copied(), None, &asked.ctx());
        prop_assert_eq!(&forward, &backward);
        for figure in forward.rates.values() {
            prop_assert!(figure.k <= figure.n);
        }
        // No more are closed in time than are closed, out of the same cases.
        let (closed, on_time) = (forward.of(RateKind::Closed), forward.of(RateKind::ClosedOnTime));
        prop_assert_eq!(closed.n, on_time.n);
        prop_assert!(on_time.k <= closed.k);
        prop_assert!(forward.of(RateKind::Solved).k <= forward.of(RateKind::SolvedPartly).k);
    }

    #[test]
    fn void_cases_change_no_rate_but_their_own(cases in proptest::collection::vec(any_case(), 0..15)) {
        let asked = Asked::new();
        let without: Vec<_> =
            cases.iter().filter(|case| case.stage != Stage::Voided).cloned().collect();
        let (all, rest) = (asked.count(&cases), asked.count(&without));
        for rate in RateKind::ALL.iter().filter(|rate| **rate != RateKind::Voided) {
            prop_assert_eq!(all.of(*rate).rate(), rest.of(*rate).rate(), "{:?}", rate);
        }
    }

    #[test]
    fn figures_of_units_add_up_to_the_whole(cases in proptest::collection::vec(any_case(), 0..25)) {
        let asked = Asked::new();
        for rate in RateKind::ALL {
            let found: Vec<Entry> = (1..).map(CaseId).zip(&cases)
                .flat_map(|(id, case)| entries(*rate, id, case, &asked.ctx()))
                .collect();
            let whole = figure(&found);
            let parts = (1..4).map(|unit| {
                figure(found.iter().filter(|entry| entry.unit == Some(UnitId(unit))))
            });
            prop_assert_eq!(parts.map(|part| part.n).sum::<u64>(), whole.n);
        }
    }

    #[test]
    fn the_bound_of_the_composite_lies_below_it_and_rises_with_every_success(
        k in 0_u64..100, more in 1_u64..100,
    ) {
        let n = k + more + 10;
        let of = |k| rank([(UnitId(1), three(k, n))], Weights::default()).remove(0);
        let (less, better) = (of(k), of(k + 1));
        let low = less.low.unwrap();
        #[expect(clippy::cast_precision_loss, reason = "at most ten thousand")]
        let value = less.composite.value.unwrap() as f64 / 100.0;
        prop_assert!(low <= value + 0.01);
        prop_assert!(low <= better.low.unwrap());
    }
}
