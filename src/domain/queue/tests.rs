//! The line at a booth as a whole: thousands of evenings in which people come, stay, go away and
//! come back.
use super::*;
use proptest::prelude::*;

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)
}

fn facts() -> Facts {
    Facts {
        now: at(120),
        starts_at: at(100),
        ends_at: at(280),
        takes_place: true,
        stands: true,
    }
}

#[test]
fn a_line_is_open_while_the_evening_and_the_booth_are() {
    assert_eq!(is_open(&facts()), Ok(()));
    let with = |change: fn(&mut Facts)| {
        let mut facts = facts();
        change(&mut facts);
        is_open(&facts)
    };
    assert_eq!(with(|f| f.now = at(40)), Ok(()));
    assert_eq!(with(|f| f.now = at(39)), Err(Refusal::NotYet));
    assert_eq!(with(|f| f.now = at(280)), Err(Refusal::Over));
    assert_eq!(with(|f| f.stands = false), Err(Refusal::NoBooth));
    assert_eq!(with(|f| f.takes_place = false), Err(Refusal::Cancelled));
    assert_eq!((one_more(2), one_more(3)), (Ok(()), Err(Refusal::TooMany)));
}

#[test]
fn who_was_called_in_vain_goes_behind_the_next_three_once() {
    let line: Vec<_> = (2..=6).map(Waiting::arrived).collect();
    let own = Waiting::arrived(1);
    assert_eq!(after_absence(&line, own, 1), AfterAbsence::Back(4001));
    assert_eq!(after_absence(&line, own, 2), AfterAbsence::Out);
    assert_eq!(after_absence(&line[..2], own, 1), AfterAbsence::Back(3001));
    assert_eq!(after_absence(&[], own, 1), AfterAbsence::Back(own.turn));
}

#[test]
fn no_pace_is_invented() {
    let call = |minute: i64, since: i64| Call {
        at: at(minute),
        waiting_since: at(since),
    };
    // Three calls are two times between calls.
    let few = [call(10, 0), call(14, 1), call(20, 2)];
    assert_eq!(pace(&few), None);
    // Nobody was waiting when the third was called: a quarter of an hour without a line.
    let idle = [call(10, 0), call(14, 1), call(20, 2), call(40, 35)];
    assert_eq!(pace(&idle), None);
    let busy = [few[0], few[1], few[2], call(25, 2), call(90, 3)];
    let found = pace(&busy).unwrap();
    // 4, 6, 5 and 65 minutes: one long talk does not count.
    assert_eq!(found.usual, TimeDelta::minutes(6));
    assert_eq!(found.quick, TimeDelta::minutes(5));
}

#[test]
fn a_wait_follows_from_the_pace() {
    let pace = Pace {
        usual: TimeDelta::minutes(6),
        quick: TimeDelta::minutes(4),
    };
    let wait = |ahead, now| wait(pace, ahead, at(100), at(now));
    let told = |minutes, come_at| Wait {
        minutes,
        come_at: at(come_at),
    };
    assert_eq!(wait(2, 100), told(18, 112));
    assert_eq!(wait(2, 103), told(15, 112));
    // The talk at the table takes longer than usual: nobody is late for that.
    assert_eq!(wait(2, 130), told(12, 136));
    assert_eq!(wait(0, 130), told(1, 130));
}

/// What happens at a booth.
#[derive(Clone, Copy, Debug)]
enum Event {
    Arrive,
    Call,
    /// The one who was called longest ago comes.
    Come,
    /// The one who was called longest ago does not come.
    Absent,
    /// Somebody who waits goes away: which of them, as a share of the line.
    Leave(u8),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        4 => Just(Event::Arrive),
        4 => Just(Event::Call),
        3 => Just(Event::Come),
        2 => Just(Event::Absent),
        1 => any::<u8>().prop_map(Event::Leave),
    ];
    prop::collection::vec(event, 0..250)
}

#[derive(Default)]
struct Booth {
    given: i64,
    line: Vec<Waiting>,
    /// Called and awaited, with the calls in vain so far.
    called: Vec<(Waiting, i32)>,
    in_vain: std::collections::BTreeMap<i64, i32>,
    /// Every call in order.
    calls: Vec<i64>,
    /// Of each number: how many were ahead, and how many calls there had been.
    when: Vec<(usize, usize)>,
    /// Of each number that went back: calls made by then.
    back: std::collections::BTreeMap<i64, usize>,
}

impl Booth {
    fn happens(&mut self, event: Event) {
        match event {
            Event::Arrive => {
                let ahead = self.line.len() + self.called.len();
                self.when.push((ahead, self.calls.len()));
                self.given += 1;
                self.line.push(Waiting::arrived(self.given));
            }
            Event::Call => {
                if let Some(one) = next(&self.line) {
                    self.line.retain(|other| *other != one);
                    let in_vain = self.in_vain.get(&one.number).copied().unwrap_or(0);
                    self.called.push((one, in_vain));
                    self.calls.push(one.number);
                }
            }
            Event::Come if !self.called.is_empty() => drop(self.called.remove(0)),
            Event::Absent if !self.called.is_empty() => {
                let (one, in_vain) = self.called.remove(0);
                self.in_vain.insert(one.number, in_vain + 1);
                if let AfterAbsence::Back(turn) = after_absence(&self.line, one, in_vain + 1) {
                    self.back.insert(one.number, self.calls.len());
                    self.line.push(Waiting { turn, ..one });
                }
            }
            Event::Leave(share) if !self.line.is_empty() => {
                self.line.remove(usize::from(share) % self.line.len());
            }
            Event::Come | Event::Absent | Event::Leave(_) => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn nobody_who_stays_is_overtaken(events in events()) {
        let mut booth = Booth::default();
        for event in events {
            booth.happens(event);
        }
        for (at, number) in booth.calls.iter().enumerate() {
            let first = !booth.calls[..at].contains(number);
            let (ahead, before) = booth.when[usize::try_from(*number - 1).unwrap()];
            if first {
                // No later number was called earlier, except one that never could: none.
                prop_assert!(booth.calls[..at].iter().all(|other| other < number));
                prop_assert!(at - before <= 2 * ahead, "{} calls, {ahead} ahead", at - before);
            } else {
                // Somebody who was absent is overtaken by three at most.
                let later = booth.calls[booth.back[number]..at].iter().filter(|n| *n > number);
                prop_assert!(later.count() <= BEHIND);
            }
            prop_assert!(booth.calls[..at].iter().filter(|n| *n == number).count() < 2);
        }
    }

    #[test]
    fn a_line_that_grows_no_more_comes_to_its_end(events in events(), absent in any::<bool>()) {
        let mut booth = Booth::default();
        for event in events {
            booth.happens(event);
        }
        let open = booth.line.len() + booth.called.len();
        let answer = if absent { Event::Absent } else { Event::Come };
        for _ in 0..=2 * open {
            booth.happens(Event::Call);
            booth.happens(answer);
        }
        prop_assert!(booth.line.is_empty());
    }

    #[test]
    fn a_wait_grows_with_the_line_and_never_lies_in_the_past(
        gaps in prop::collection::vec(20_i64..3000, 3..20),
        ahead in 0_usize..80,
        elapsed in 0_i64..7200,
    ) {
        let mut now = at(0);
        let mut calls = vec![Call { at: now, waiting_since: now }];
        for gap in &gaps {
            now += TimeDelta::seconds(*gap);
            calls.push(Call { at: now, waiting_since: at(0) });
        }
        let pace = pace(&calls).unwrap();
        prop_assert!(pace.quick <= pace.usual);
        let asked = now + TimeDelta::seconds(elapsed);
        let (one, more) = (wait(pace, ahead, now, asked), wait(pace, ahead + 1, now, asked));
        prop_assert!(one.minutes >= 1 && one.minutes <= more.minutes);
        prop_assert!(asked <= one.come_at && one.come_at <= more.come_at);
        prop_assert!(one.come_at <= asked + TimeDelta::minutes(one.minutes));
    }
}
