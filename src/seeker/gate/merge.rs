//! 合并: what the scans of all gates amount to, whatever order, however often and how late they
//! arrive. Pure functions of the set of scans; the same set gives the same state everywhere.
use super::decide::{At, Direction};
use chrono::{DateTime, TimeDelta, Utc};

/// A device's clock is believed to be wrong by so much at most.
const WRONG: TimeDelta = TimeDelta::hours(24);

/// One scan, as far as it matters for where its holder is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub at: DateTime<Utc>,
    /// Made by the device, once for each scan.
    pub nonce: String,
    pub gate: String,
    /// What of a gate's devices; nothing when it does not say.
    pub device: String,
    pub direction: Direction,
    pub outcome: Outcome,
    /// Answered without a network.
    pub offline: bool,
}

/// What the steward was shown, and so what happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Went through.
    Passed,
    /// Was known to be there already: says where the holder is, and lets nobody in.
    There,
    /// Was kept back.
    Refused,
}

impl Seen {
    /// Its place in the one order that every server agrees on.
    pub fn place(&self) -> At<'_> {
        At(self.at, &self.nonce)
    }

    fn counts(&self) -> bool {
        self.outcome != Outcome::Refused
    }

    /// Where a scan leads, if it leads anywhere.
    fn leads(&self) -> Option<bool> {
        self.counts().then_some(self.direction == Direction::In)
    }
}

/// Where somebody stands after all scans of a ticket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stand {
    /// When and by which gate the holder came first.
    pub first: Option<(DateTime<Utc>, String)>,
    pub inside: bool,
}

/// Where the holder of a ticket stands: came with the earliest scan that counts, and is where the
/// last one leads.
pub fn stand<'a>(scans: impl IntoIterator<Item = &'a Seen>) -> Stand {
    let mut first: Option<&Seen> = None;
    let mut last: Option<&Seen> = None;
    for scan in scans.into_iter().filter(|scan| scan.counts()) {
        let came = scan.direction == Direction::In;
        if came && first.is_none_or(|first| scan.place() < first.place()) {
            first = Some(scan);
        }
        if last.is_none_or(|last| scan.place() > last.place()) {
            last = Some(scan);
        }
    }
    Stand {
        first: first.map(|scan| (scan.at, scan.gate.clone())),
        inside: last.and_then(Seen::leads).unwrap_or(false),
    }
}

/// Whether a report takes the place of what is kept under its nonce. A device that got no answer
/// decided by itself: what it then showed is what happened, whatever the lost answer said. Among
/// reports of one kind the first stays.
pub fn replaces(kept_offline: bool, reported_offline: bool) -> bool {
    reported_offline && !kept_offline
}

/// When a scan happened, by the server's clock: the device's time, moved by what its clock was wrong
/// by when it last spoke with the server, or else by what it is wrong by now. Never in the future, and
/// never before `earliest`; a clock that is further off than a day says nothing.
pub fn corrected(
    scanned_at: DateTime<Utc>,
    measured: Option<TimeDelta>,
    sent_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
    earliest: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let ahead = measured.or_else(|| sent_at.map(|sent| now - sent));
    let ahead = ahead.unwrap_or_default();
    if ahead.abs() > WRONG {
        return None;
    }
    let at = scanned_at.checked_add_signed(ahead)?.min(now);
    (at >= earliest).then_some(at)
}

/// What a person has to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// 一券两口: went through at two gates without having left in between.
    Twice { first: usize, again: usize },
    /// 超员: went through when the square was full.
    Over { scan: usize, inside: i64 },
    /// 查不到: went through, or was scanned, with a ticket that the server does not admit.
    Unknown { scan: usize },
    /// 一码两人: went in with a code in his hand that is somebody else's.
    Anothers { scan: usize },
}

/// A scan together with whose it is; nobody's when the server does not know the ticket.
#[derive(Clone, Debug)]
pub struct Owned<H> {
    pub holder: Option<H>,
    pub seen: Seen,
    /// The code that was given out with it leads to another holder.
    pub anothers: bool,
}

/// Everything to be looked at after all scans of a fair, by time. Numbers are places in `scans`.
pub fn questions<H: Copy + Ord>(scans: &[Owned<H>], capacity: i64) -> Vec<Question> {
    let mut order: Vec<usize> = (0..scans.len()).collect();
    order.sort_by(|a, b| scans[*a].seen.place().cmp(&scans[*b].seen.place()));
    let mut within: std::collections::BTreeMap<H, Option<usize>> =
        std::collections::BTreeMap::new();
    let mut inside = 0_i64;
    let mut found = Vec::new();
    for at in order {
        let scan = &scans[at].seen;
        if scans[at].anothers {
            found.push(Question::Anothers { scan: at });
        }
        let Some(holder) = scans[at].holder else {
            if scan.offline {
                found.push(Question::Unknown { scan: at });
            }
            continue;
        };
        let Some(now_inside) = scan.leads() else {
            continue;
        };
        let was = within.insert(holder, now_inside.then_some(at)).flatten();
        inside += i64::from(now_inside) - i64::from(was.is_some());
        if !now_inside {
            continue;
        }
        let Some(first) = was else {
            if scan.offline && inside > capacity {
                found.push(Question::Over { scan: at, inside });
            }
            continue;
        };
        if twice(&scans[first].seen, scan) {
            found.push(Question::Twice { first, again: at });
        } else if scan.outcome == Outcome::There {
            // The one to compare with stays the one that went through.
            within.insert(holder, Some(first));
        }
    }
    found
}

/// Both went through, neither knew of the other.
fn twice(first: &Seen, again: &Seen) -> bool {
    let elsewhere = first.gate != again.gate || first.device != again.device;
    let passed = first.outcome == Outcome::Passed && again.outcome == Outcome::Passed;
    passed && elsewhere && (first.offline || again.offline)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        let evening: DateTime<Utc> = "2026-07-19T11:30:00Z".parse().unwrap();
        evening + TimeDelta::minutes(minute)
    }

    fn seen(minute: i64, gate: &str, direction: Direction, outcome: Outcome) -> Seen {
        Seen {
            at: at(minute),
            nonce: format!("{gate}-{minute}"),
            gate: gate.into(),
            device: gate.into(),
            direction,
            outcome,
            offline: true,
        }
    }

    #[test]
    fn the_earliest_scan_lets_in_and_the_last_one_says_where_somebody_is() {
        use Direction::{In, Out};
        let (came, left) = (
            seen(5, "东门", In, Outcome::Passed),
            seen(40, "西门", Out, Outcome::Passed),
        );
        let refused = seen(1, "西门", In, Outcome::Refused);
        let all = [left, refused, came];
        let stand = stand(&all);
        assert_eq!(stand.first, Some((at(5), "东门".into())));
        assert!(!stand.inside);
        assert_eq!(super::stand(&all[..2]).first, None);
    }

    #[test]
    fn a_clock_is_set_right_and_bounded() {
        let early = Some(TimeDelta::minutes(30));
        assert_eq!(corrected(at(0), early, None, at(60), at(-60)), Some(at(30)));
        // What was measured at the time is worth more than what the clock says now.
        let jumped = corrected(at(0), early, Some(at(60)), at(60), at(-60));
        assert_eq!(jumped, Some(at(30)));
        assert_eq!(
            corrected(at(0), None, Some(at(50)), at(60), at(-60)),
            Some(at(10))
        );
        assert_eq!(corrected(at(0), early, None, at(20), at(-60)), Some(at(20)));
        assert_eq!(corrected(at(-90), None, None, at(20), at(-60)), None);
        let absurd = Some(TimeDelta::days(400));
        assert_eq!(corrected(at(0), absurd, None, at(20), at(-60)), None);
        assert_eq!(
            corrected(DateTime::<Utc>::MAX_UTC, early, None, at(0), at(-60)),
            None
        );
    }

    #[test]
    fn one_ticket_at_two_gates_is_a_question_unless_its_holder_left_in_between() {
        use Direction::{In, Out};
        let owned = |seen| Owned {
            holder: Some(1),
            seen,
            anothers: false,
        };
        let (east, west) = (
            owned(seen(5, "东门", In, Outcome::Passed)),
            owned(seen(9, "西门", In, Outcome::Passed)),
        );
        let twice = questions(&[west.clone(), east.clone()], 10);
        assert_eq!(twice, [Question::Twice { first: 1, again: 0 }]);
        let left = owned(seen(7, "东门", Out, Outcome::Passed));
        assert!(questions(&[west.clone(), east.clone(), left], 10).is_empty());
        let told = owned(seen(9, "西门", In, Outcome::There));
        assert!(questions(&[told, east.clone()], 10).is_empty());
        let over = questions(&[east], 0);
        assert_eq!(over, [Question::Over { scan: 0, inside: 1 }]);
        let anothers = Owned {
            anothers: true,
            ..west.clone()
        };
        let found = questions(&[anothers], 10);
        assert_eq!(found, [Question::Anothers { scan: 0 }]);
        let strange = Owned::<i64> {
            holder: None,
            seen: west.seen,
            anothers: false,
        };
        assert_eq!(questions(&[strange], 10), [Question::Unknown { scan: 0 }]);
    }
}
