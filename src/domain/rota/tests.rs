use super::*;
use crate::domain::id::DeskMemberId;
use proptest::prelude::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn at(text: &str) -> DateTime<Utc> {
    format!("{text}:00+08:00").parse::<DateTime<Utc>>().unwrap()
}

fn pattern(id: i64, weekday: Weekday, band: Band) -> Pattern {
    Pattern {
        id: DeskPatternId(id),
        series: id,
        site: DeskSiteId(1),
        kind: DeskKind::Office,
        weekday,
        band,
        hours: band.usual(),
        from: day("2025-01-01"),
        until: None,
        on_holiday: OnHoliday::Skip,
        on_moved_days: false,
        public: true,
        version: 1,
        changed_at: at("2026-01-01T08:00"),
    }
}

/// The three desks of a week: Monday 8:30–10:30, Wednesday 12–14, Friday 18–20.
fn three() -> Rota {
    Rota {
        patterns: vec![
            pattern(1, Weekday::Mon, Band::Morning),
            pattern(2, Weekday::Wed, Band::Noon),
            pattern(3, Weekday::Fri, Band::Evening),
        ],
        changes: Vec::new(),
        ..Rota::default()
    }
}

fn change(pattern: Option<i64>, date: &str, cancelled: bool) -> Change {
    Change {
        id: DeskSessionId(9),
        pattern: pattern.map(DeskPatternId),
        site: DeskSiteId(1),
        kind: DeskKind::Mediation,
        band: Band::Evening,
        date: day(date),
        hours: Window {
            from: 1140,
            to: 1200,
        },
        cancelled,
        reason: "暴雨".into(),
        public: true,
        version: 1,
        changed_at: at("2026-11-20T08:00"),
    }
}

fn days_of(rota: &Rota, from: &str, to: &str) -> Vec<String> {
    let sessions = rota.sessions(day(from), day(to));
    sessions.iter().map(|s| s.date.to_string()).collect()
}

#[test]
fn a_week_has_its_sessions_in_order() {
    let found = three().sessions(day("2026-11-23"), day("2026-11-29"));
    let told: Vec<_> = found
        .iter()
        .map(|s| format!("{} {} {}", s.key, s.date, clock(s.hours.from)))
        .collect();
    assert_eq!(
        told,
        [
            "w1-20261123 2026-11-23 08:30",
            "w2-20261125 2026-11-25 12:00",
            "w3-20261127 2026-11-27 18:00"
        ]
    );
    assert!(found.iter().all(|s| !s.provisional && s.sequence == 0));
}

#[test]
fn holidays_skip_move_or_change_nothing() {
    let mut rota = Rota {
        patterns: vec![pattern(1, Weekday::Mon, Band::Morning)],
        changes: Vec::new(),
        ..Rota::default()
    };
    // National Day 2026: 1 to 7 October; Monday the 5th is off.
    assert_eq!(days_of(&rota, "2026-10-01", "2026-10-12"), ["2026-10-12"]);
    rota.patterns[0].on_holiday = OnHoliday::Hold;
    assert_eq!(days_of(&rota, "2026-10-01", "2026-10-07"), ["2026-10-05"]);
    rota.patterns[0].on_holiday = OnHoliday::Move;
    let moved = rota.sessions(day("2026-10-01"), day("2026-10-09"));
    assert_eq!(moved[0].date, day("2026-10-08"));
    assert_eq!(moved[0].cause, Cause::MovedFrom(day("2026-10-05")));
    assert_eq!(moved[0].uid, "w1-20261005");
    // Spring Festival 2026 ends on Monday 23 February: of two Mondays off, both move within their week.
    assert_eq!(
        days_of(&rota, "2026-02-10", "2026-03-01"),
        ["2026-02-24"],
        "the sixteenth would come after the next Monday, so it falls away"
    );
}

#[test]
fn moved_working_days_are_held_only_when_asked_for() {
    let mut friday = pattern(3, Weekday::Fri, Band::Evening);
    let rota = |p: &Pattern| Rota {
        patterns: vec![p.clone()],
        changes: Vec::new(),
        ..Rota::default()
    };
    // Saturday 10 October 2026 is worked for National Day.
    assert_eq!(
        days_of(&rota(&friday), "2026-10-08", "2026-10-11"),
        ["2026-10-09"]
    );
    friday.on_moved_days = true;
    assert_eq!(
        days_of(&rota(&friday), "2026-10-08", "2026-10-11"),
        ["2026-10-09", "2026-10-10"]
    );
    // Friday 2 January 2026 is off and moves to Sunday the 4th, which is worked: one session.
    friday.on_holiday = OnHoliday::Move;
    let found = rota(&friday).sessions(day("2026-01-01"), day("2026-01-06"));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].cause, Cause::MovedFrom(day("2026-01-02")));
    // A Saturday desk on a worked Saturday is its ordinary session.
    let saturday = pattern(4, Weekday::Sat, Band::Morning);
    let found = rota(&saturday).sessions(day("2026-10-10"), day("2026-10-10"));
    assert_eq!(found[0].cause, Cause::Week);
}

#[test]
fn a_year_without_notice_is_provisional() {
    let found = three().sessions(day("2026-12-30"), day("2027-01-04"));
    let told: Vec<_> = found
        .iter()
        .map(|s| (s.date.to_string(), s.provisional))
        .collect();
    assert_eq!(
        told,
        [
            ("2026-12-30".to_owned(), false),
            ("2027-01-04".to_owned(), true)
        ]
    );
}

#[test]
fn a_session_is_cancelled_restored_and_added() {
    let mut rota = three();
    rota.changes.push(change(Some(3), "2026-11-27", true));
    let found = rota
        .find(Key::Weekly(DeskPatternId(3), day("2026-11-27")))
        .unwrap();
    assert!(found.cancelled && found.reason == "暴雨");
    assert_eq!(
        (found.sequence, found.changed_at),
        (1, at("2026-11-20T08:00"))
    );
    let next = rota
        .next_session(DeskSiteId(1), at("2026-11-25T12:01"))
        .unwrap();
    assert_eq!(next.date, day("2026-11-30"));
    rota.changes[0].cancelled = false;
    rota.changes[0].version = 2;
    let found = rota.find(found.key).unwrap();
    assert!(!found.cancelled && found.sequence == 2);
    rota.changes.push(Change {
        id: DeskSessionId(10),
        ..change(None, "2026-11-28", false)
    });
    let extra = rota.find(Key::Extra(DeskSessionId(10))).unwrap();
    assert_eq!(
        (extra.cause, extra.kind),
        (Cause::Extra, DeskKind::Mediation)
    );
    let next = rota
        .next_of_kind(DeskKind::Mediation, at("2026-11-25T12:01"))
        .unwrap();
    assert_eq!(next.key, extra.key);
    assert!(extra.is_on(at("2026-11-28T19:00")) && !extra.is_on(at("2026-11-28T20:00")));
}

/// G7 and G8 of the case model, from the rota instead of from a typed week.
#[test]
fn the_desk_calendar_gives_the_golden_dates() {
    let calendar = three()
        .calendar(DeskSiteId(1), day("2026-11-16"))
        .unwrap()
        .unwrap();
    assert_eq!(
        calendar.add_minutes(at("2026-11-24T09:00"), 60),
        at("2026-11-25T13:00")
    );
    assert_eq!(
        calendar.add_minutes(at("2026-11-20T19:00"), 180),
        at("2026-11-23T10:30")
    );
    assert!(
        three()
            .calendar(DeskSiteId(2), day("2026-11-16"))
            .unwrap()
            .is_none()
    );
}

#[test]
fn the_desk_calendar_knows_cancellations_and_extra_sessions() {
    let mut rota = three();
    rota.changes.push(change(Some(2), "2026-11-25", true));
    rota.changes.push(Change {
        id: DeskSessionId(10),
        ..change(None, "2026-11-26", false)
    });
    let calendar = rota
        .calendar(DeskSiteId(1), day("2026-11-16"))
        .unwrap()
        .unwrap();
    assert_eq!(
        calendar.add_minutes(at("2026-11-24T09:00"), 60),
        at("2026-11-26T20:00")
    );
    // 1 October 2026 is a Thursday; Friday the 2nd is off.
    assert!(
        !rota
            .calendar(DeskSiteId(1), day("2026-09-01"))
            .unwrap()
            .unwrap()
            .day(day("2026-10-02"))
            .works()
    );
}

#[test]
fn keys_and_times_are_read_as_they_are_written() {
    for key in [
        Key::Weekly(DeskPatternId(12), day("2026-11-25")),
        Key::Extra(DeskSessionId(7)),
    ] {
        assert_eq!(key.to_string().parse(), Ok(key));
    }
    for wrong in [
        "",
        "w",
        "x",
        "w1",
        "w1-2026112",
        "w1-20261325",
        "y1",
        "w-20261125",
        "w1-+0261125",
    ] {
        assert_eq!(wrong.parse::<Key>(), Err(FieldFault::Format), "{wrong}");
    }
    assert_eq!(minute(" ８：３０ "), Ok(510));
    assert_eq!(minute("20:00:00"), Ok(1200));
    assert_eq!(minute("24:00"), Ok(1440));
    assert_eq!(minute(""), Err(FieldFault::Required));
    for wrong in ["8", "8:60", "25:00", "24:01", "-1:00", "8:+5", "a:b"] {
        assert_eq!(minute(wrong), Err(FieldFault::Format), "{wrong}");
    }
    assert_eq!(month("2026-02"), Ok((day("2026-02-01"), day("2026-02-28"))));
    assert_eq!(month("2026-13"), Err(FieldFault::Format));
    assert_eq!(monday(day("2026-11-29")), day("2026-11-23"));
}

fn placed(member: i64, all_round: bool, from: u16, to: u16) -> Placed {
    Placed {
        member: DeskMemberId(member),
        all_round,
        hours: Window { from, to },
    }
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one table of three desks, seen from each"
)]
fn warnings_say_what_is_wrong() {
    let mut rota = three();
    rota.patterns[1] = Pattern {
        site: DeskSiteId(2),
        hours: Window { from: 600, to: 700 },
        ..pattern(2, Weekday::Mon, Band::Morning)
    };
    rota.patterns[2] = pattern(3, Weekday::Mon, Band::Morning);
    let sessions = rota.sessions(day("2026-11-23"), day("2026-11-23"));
    let [first, third, second] = &sessions[..] else {
        panic!()
    };
    let table = |a: Vec<Placed>, b: Vec<Placed>, c: Vec<Placed>| {
        warnings(&[(first.clone(), a), (second.clone(), b), (third.clone(), c)])
    };
    let found = table(
        vec![placed(1, true, 510, 630)],
        vec![placed(1, true, 600, 700)],
        vec![],
    );
    assert_eq!(
        found[0],
        [
            Warning::TwoPlaces {
                member: DeskMemberId(1),
                other: second.key
            },
            Warning::SameDesk { other: third.key }
        ]
    );
    assert_eq!(
        found[1],
        [Warning::TwoPlaces {
            member: DeskMemberId(1),
            other: first.key
        }]
    );
    assert_eq!(
        found[2],
        [Warning::Nobody, Warning::SameDesk { other: first.key }]
    );
    // Staggered hours that do not touch are no double duty.
    let found = table(
        vec![placed(1, true, 510, 600)],
        vec![placed(1, true, 600, 700)],
        vec![],
    );
    assert_eq!(
        found[0],
        [
            Warning::AllRoundGap(Window { from: 600, to: 630 }),
            Warning::SameDesk { other: third.key }
        ]
    );
    assert!(found[1].is_empty());
    let found = table(
        vec![placed(2, false, 510, 630)],
        vec![],
        vec![placed(2, true, 560, 630)],
    );
    assert_eq!(found[0][0], Warning::NoAllRound);
    assert!(found[0].contains(&Warning::TwoDesks {
        member: DeskMemberId(2),
        other: third.key
    }));
    assert_eq!(
        found[2][0],
        Warning::AllRoundGap(Window { from: 510, to: 560 })
    );
}

#[test]
fn one_day_changes_the_standing_people() {
    let sessions = three().sessions(day("2026-11-23"), day("2026-11-23"));
    let session = &sessions[0];
    let standing = |member, hours| Standing {
        id: member,
        pattern: DeskPatternId(1),
        member: DeskMemberId(member),
        hours,
        from: day("2026-11-01"),
        until: None,
    };
    let people = [standing(1, None), standing(2, Window::new(510, 570))];
    let shift = |member, present| Shift {
        key: session.key,
        member: DeskMemberId(member),
        present,
        hours: None,
        served: None,
    };
    let posts = roster(session, &people, &[]);
    assert_eq!(
        posts
            .iter()
            .map(|p| (p.member.0, p.planned()))
            .collect::<Vec<_>>(),
        [(2, 60), (1, 120)]
    );
    let posts = roster(session, &people, &[shift(1, false), shift(3, true)]);
    assert_eq!(
        posts
            .iter()
            .map(|p| (p.member.0, p.standing))
            .collect::<Vec<_>>(),
        [(2, true), (3, false)]
    );
    let over = Standing {
        until: Some(day("2026-11-22")),
        ..standing(1, None)
    };
    assert!(roster(session, &[over], &[]).is_empty());
}

#[test]
fn a_month_takes_over_from_the_month_before() {
    let rota = three();
    let october = rota.sessions(day("2026-10-01"), day("2026-10-31"));
    let november = rota.sessions(day("2026-11-01"), day("2026-11-30"));
    let pairs = counterparts(&october, &november);
    // Mondays: 12, 19, 26 October (the 5th is off) and 2, 9, 16 of five in November.
    let mondays: Vec<_> = pairs
        .iter()
        .filter_map(|(old, new)| match (old, new) {
            (Key::Weekly(DeskPatternId(1), a), Key::Weekly(_, b)) => {
                Some((a.to_string(), b.to_string()))
            }
            _ => None,
        })
        .collect();
    assert_eq!(mondays[0], ("2026-10-12".into(), "2026-11-02".into()));
    assert_eq!(mondays.len(), 3);
}

fn weekday() -> impl Strategy<Value = Weekday> {
    (0_u8..7).prop_map(|n| Weekday::try_from(n).unwrap())
}

fn any_pattern() -> impl Strategy<Value = Pattern> {
    (
        weekday(),
        0..3_usize,
        any::<bool>(),
        0..700_u64,
        prop::option::of(0..300_u64),
    )
        .prop_map(|(weekday, rule, on_moved_days, start, length)| {
            let from = day("2025-01-01") + Days::new(start);
            Pattern {
                on_holiday: [OnHoliday::Skip, OnHoliday::Move, OnHoliday::Hold][rule],
                on_moved_days,
                from,
                until: length.map(|length| from + Days::new(length)),
                ..pattern(1, weekday, Band::Noon)
            }
        })
}

proptest! {
    /// A pattern stands at most once on a day, and a session keeps its key and day whatever
    /// stretch is asked for.
    #[test]
    fn a_stretch_is_cut_out_of_the_whole(pattern in any_pattern(), start in 0..800_u64, length in 0..60_u64) {
        let rota = Rota { patterns: vec![pattern], changes: Vec::new(), ..Rota::default() };
        let from = day("2025-01-01") + Days::new(start);
        let to = from + Days::new(length);
        let part = rota.sessions(from, to);
        let whole = rota.sessions(from - Days::new(40), to + Days::new(40));
        let cut: Vec<_> = whole.into_iter().filter(|s| (from..=to).contains(&s.date)).collect();
        prop_assert_eq!(&part, &cut);
        prop_assert!(part.windows(2).all(|w| w[0].date < w[1].date));
        for session in &part {
            let found = rota.find(session.key);
            prop_assert_eq!(found.as_ref(), Some(session));
            prop_assert_eq!(session.key.to_string().parse(), Ok(session.key));
            if rota.patterns[0].on_holiday != OnHoliday::Hold {
                let office = Calendar::office().day(session.date);
                prop_assert!(!matches!(office.why, Why::Holiday(_)));
            }
        }
    }

    /// The calendar for deadlines has exactly the hours of the sessions.
    #[test]
    fn the_desk_calendar_is_the_rota(patterns in prop::collection::vec(any_pattern(), 1..4), start in 300..700_u64) {
        let patterns = patterns.into_iter().zip(1..).map(|(p, id)| Pattern { id: DeskPatternId(id), ..p });
        let rota = Rota { patterns: patterns.collect(), changes: Vec::new(), ..Rota::default() };
        let from = day("2025-01-01") + Days::new(start);
        if let Some(calendar) = rota.calendar(DeskSiteId(1), from).unwrap() {
            for date in from.iter_days().take(120) {
                let hours = rota.sessions(date, date).into_iter().map(|s| s.hours).collect();
                prop_assert_eq!(calendar.day(date).windows, merged(hours));
            }
        }
    }

    /// Whoever is at two places is told so at both.
    #[test]
    fn clashes_are_told_on_both_sides(hours in prop::collection::vec((0_u16..1380, 1_u16..60, 1_i64..4, 1_i64..3), 2..6)) {
        let table: Vec<_> = hours.iter().zip(1..).map(|(&(from, length, member, site), id)| {
            let window = Window { from, to: from + length };
            let one = Pattern { id: DeskPatternId(id), site: DeskSiteId(site), hours: window, ..pattern(id, Weekday::Mon, Band::Morning) };
            let rota = Rota { patterns: vec![one], changes: Vec::new(), ..Rota::default() };
            let session = rota.sessions(day("2026-11-23"), day("2026-11-23")).remove(0);
            (session, vec![placed(member, true, window.from, window.to)])
        }).collect();
        let found = warnings(&table);
        for (at, list) in found.iter().enumerate() {
            for warning in list {
                if let Warning::TwoPlaces { member, other } = *warning {
                    let there = table.iter().position(|(s, _)| s.key == other).unwrap();
                    let back = Warning::TwoPlaces { member, other: table[at].0.key };
                    prop_assert!(found[there].contains(&back));
                }
            }
        }
    }
}
