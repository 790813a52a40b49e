use super::*;
use proptest::prelude::*;

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(&format!("{}:00+08:00", text.replace(' ', "T")))
        .unwrap()
        .to_utc()
}

fn w(from: u16, to: u16) -> Vec<Window> {
    vec![Window::new(from, to).unwrap()]
}

fn desk() -> Calendar {
    let none = Vec::new;
    Calendar::desk(
        "east-gate",
        [
            w(510, 630),
            none(),
            w(720, 840),
            none(),
            w(1080, 1200),
            none(),
            none(),
        ],
    )
    .unwrap()
}

#[test]
fn golden_dates_of_the_working_calendar() {
    let office = Calendar::office();
    let five = Term::new(5, Unit::WorkDays);
    let due = |term: Term, from: &str| term.due(&office, at(from)).at;
    assert_eq!(due(five, "2026-02-13 17:00"), at("2026-02-27 18:00"), "G1");
    assert_eq!(due(five, "2026-09-16 10:00"), at("2026-09-22 18:00"), "G2");
    assert_eq!(due(five, "2026-09-30 10:00"), at("2026-10-13 18:00"), "G3");
    let fifteen = Term::new(15, Unit::NaturalDays);
    assert_eq!(
        due(fifteen, "2026-09-17 09:00"),
        at("2026-10-08 18:00"),
        "G4"
    );
    assert_eq!(
        office.add_minutes(at("2026-02-13 17:00"), 420),
        at("2026-02-14 17:00"),
        "G5"
    );
    let always = Calendar::always();
    assert_eq!(
        always.add_minutes(at("2026-11-21 23:30"), 120),
        at("2026-11-22 01:30"),
        "G6"
    );
    assert_eq!(
        desk().add_minutes(at("2026-11-24 09:00"), 60),
        at("2026-11-25 13:00"),
        "G7"
    );
    assert_eq!(
        desk().add_minutes(at("2026-11-20 19:00"), 180),
        at("2026-11-23 10:30"),
        "G8"
    );
    assert_eq!(
        office.add_minutes(at("2026-11-23 11:00"), 120),
        at("2026-11-23 15:30"),
        "G9"
    );
}

#[test]
fn a_month_ends_on_the_same_day_or_the_months_last_working_one() {
    let office = Calendar::office();
    assert_eq!(
        office.add_months(at("2026-11-30 10:00"), 3),
        at("2027-03-01 18:00")
    );
    assert_eq!(
        office.add_months(at("2026-05-12 10:00"), 1),
        at("2026-06-12 18:00")
    );
}

#[test]
fn a_deadline_in_a_year_without_notice_is_provisional() {
    let office = Calendar::office();
    let term = Term::new(5, Unit::WorkDays);
    assert!(!term.due(&office, at("2026-12-01 10:00")).provisional);
    assert!(term.due(&office, at("2026-12-30 10:00")).provisional);
    assert!(
        !term
            .due(&Calendar::always(), at("2027-01-05 10:00"))
            .provisional
    );
}

#[test]
fn the_explanation_names_each_day_and_ends_on_the_deadline() {
    let lines = workings(
        &Calendar::office(),
        at("2026-02-13 17:00"),
        Term::new(5, Unit::WorkDays),
    );
    let told: Vec<_> = lines
        .iter()
        .filter_map(|line| {
            line.number
                .map(|n| (n, line.date.format("%m-%d").to_string()))
        })
        .collect();
    let told: Vec<_> = told.iter().map(|(n, d)| (*n, d.as_str())).collect();
    assert_eq!(
        told,
        [
            (1, "02-14"),
            (2, "02-24"),
            (3, "02-25"),
            (4, "02-26"),
            (5, "02-27")
        ]
    );
    assert_eq!(lines[1].why, Why::MovedWork(Occasion::Spring));
    assert_eq!(lines[2].why, Why::Holiday(Occasion::Spring));
}

/// A golden date of the case model: its name, calendar, beginning, term and deadline.
type Golden = (
    &'static str,
    fn() -> Calendar,
    &'static str,
    Term,
    &'static str,
);

const GOLDEN: &[Golden] = &[
    (
        "G1",
        Calendar::office,
        "2026-02-13 17:00",
        Term::new(5, Unit::WorkDays),
        "2026-02-27 18:00",
    ),
    (
        "G2",
        Calendar::office,
        "2026-09-16 10:00",
        Term::new(5, Unit::WorkDays),
        "2026-09-22 18:00",
    ),
    (
        "G3",
        Calendar::office,
        "2026-09-30 10:00",
        Term::new(5, Unit::WorkDays),
        "2026-10-13 18:00",
    ),
    (
        "G4",
        Calendar::office,
        "2026-09-17 09:00",
        Term::new(15, Unit::NaturalDays),
        "2026-10-08 18:00",
    ),
    (
        "G5",
        Calendar::office,
        "2026-02-13 17:00",
        Term::new(420, Unit::WorkMinutes),
        "2026-02-14 17:00",
    ),
    (
        "G6",
        Calendar::always,
        "2026-11-21 23:30",
        Term::new(120, Unit::WorkMinutes),
        "2026-11-22 01:30",
    ),
    (
        "G7",
        desk,
        "2026-11-24 09:00",
        Term::new(60, Unit::WorkMinutes),
        "2026-11-25 13:00",
    ),
    (
        "G8",
        desk,
        "2026-11-20 19:00",
        Term::new(180, Unit::WorkMinutes),
        "2026-11-23 10:30",
    ),
    (
        "G9",
        Calendar::office,
        "2026-11-23 11:00",
        Term::new(120, Unit::WorkMinutes),
        "2026-11-23 15:30",
    ),
];

#[test]
fn the_working_of_every_golden_date_ends_on_it() {
    for (name, calendar, from, term, due) in GOLDEN {
        let calendar = calendar();
        let lines = workings(&calendar, at(from), *term);
        assert_eq!(term.due(&calendar, at(from)).at, at(due), "{name}");
        assert_eq!(lines.last().unwrap().date, day_of(at(due)), "{name}");
        let counted = lines.iter().filter(|line| line.counted).count();
        let minutes: i64 = lines.iter().map(|line| line.minutes).sum();
        match term.unit {
            Unit::WorkMinutes => assert_eq!(minutes, i64::from(term.amount), "{name}"),
            _ => assert_eq!(counted, term.amount as usize, "{name}"),
        }
    }
}

#[test]
fn the_working_shows_how_a_last_day_rolls() {
    let lines = workings(
        &Calendar::office(),
        at("2026-09-17 09:00"),
        Term::new(15, Unit::NaturalDays),
    );
    let last = lines.iter().find(|line| line.number == Some(15)).unwrap();
    assert_eq!(last.date, day_of(at("2026-10-02 12:00")));
    assert_eq!(last.why, Why::Holiday(Occasion::National));
    let after = lines.iter().filter(|line| line.date > last.date);
    assert!(after.clone().all(|line| !line.counted));
    assert_eq!(after.count(), 6);
}

#[test]
fn an_office_may_set_its_own_hours_for_a_day() {
    let date = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
    let short = Calendar::office().with_day(date, w(510, 720)).unwrap();
    assert_eq!(
        short.add_minutes(at("2026-11-23 11:00"), 120),
        at("2026-11-24 09:30")
    );
    let shut = Calendar::office().with_day(date, Vec::new()).unwrap();
    assert_eq!(
        shut.add_workdays(at("2026-11-20 11:00"), 1),
        at("2026-11-24 18:00")
    );
}

#[test]
fn a_calendar_without_hours_or_with_overlaps_is_refused() {
    let empty = Calendar::new("x", std::array::from_fn(|_| Vec::new()), true);
    assert_eq!(empty.err(), Some(CalendarError::NoHours));
    let twice = vec![Window { from: 0, to: 60 }, Window { from: 30, to: 90 }];
    let overlap = Calendar::new("x", std::array::from_fn(|_| twice.clone()), true);
    assert_eq!(overlap.err(), Some(CalendarError::Overlap));
}

fn calendars() -> impl Strategy<Value = Calendar> {
    prop_oneof![
        Just(Calendar::office()),
        Just(Calendar::always()),
        Just(desk())
    ]
}

prop_compose! {
    fn instants()(minutes in 0_i64..(3 * 365 * 1440)) -> DateTime<Utc> {
        at("2025-01-01 00:00") + TimeDelta::minutes(minutes)
    }
}

proptest! {
    #[test]
    fn what_was_added_is_what_is_measured(cal in calendars(), from in instants(), n in 1_u32..3000) {
        prop_assert_eq!(cal.minutes(from, cal.add_minutes(from, n)), i64::from(n));
    }

    #[test]
    fn a_deadline_is_the_first_instant(cal in calendars(), from in instants(), n in 1_u32..3000) {
        let due = cal.add_minutes(from, n);
        let before = cal.elapsed(from, due - TimeDelta::milliseconds(1));
        prop_assert!(before < TimeDelta::minutes(i64::from(n)));
    }

    #[test]
    fn a_working_has_every_day_and_all_the_time(cal in calendars(), from in instants(), second in 0_i64..60, n in 1_u32..3000) {
        let from = from + TimeDelta::seconds(second);
        let term = Term::new(n, Unit::WorkMinutes);
        let lines = workings(&cal, from, term);
        let minutes: i64 = lines.iter().map(|line| line.minutes).sum();
        prop_assert_eq!(minutes, i64::from(n));
        prop_assert!(lines.windows(2).all(|pair| pair[0].date.succ_opt() == Some(pair[1].date)));
        let due = term.due(&cal, from).at;
        prop_assert_eq!(lines.last().map(|line| line.date), Some(day_of(due - TimeDelta::milliseconds(1))));
    }

    #[test]
    fn a_working_in_days_counts_as_many(cal in calendars(), from in instants(), n in 1_u32..60) {
        for unit in [Unit::WorkDays, Unit::NaturalDays] {
            let lines = workings(&cal, from, Term::new(n, unit));
            let numbers: Vec<u32> = lines.iter().filter_map(|line| line.number).collect();
            prop_assert_eq!(numbers, (1..=n).collect::<Vec<_>>());
        }
    }

    #[test]
    fn stretches_add_up(cal in calendars(), mut ends in prop::array::uniform3(instants())) {
        ends.sort();
        let [a, b, c] = ends;
        prop_assert_eq!(cal.elapsed(a, b) + cal.elapsed(b, c), cal.elapsed(a, c));
        prop_assert_eq!(cal.elapsed(c, a), -cal.elapsed(a, c));
    }

    #[test]
    fn a_term_in_days_ends_on_a_working_day(from in instants(), n in 1_u32..60) {
        let office = Calendar::office();
        for unit in [Unit::WorkDays, Unit::NaturalDays] {
            let due = Term::new(n, unit).due(&office, from).at;
            prop_assert!(office.day(day_of(due)).works());
            prop_assert!(due > from);
        }
        let due = office.add_workdays(from, n);
        prop_assert_eq!(office.workdays_between(from, due), n as usize);
    }
}
