//! How matches go: which steps each takes, and how long people need between them.
use crate::domain::case::{NotSelectedReason, Retained};
use chrono::{DateTime, TimeDelta, Utc};

/// A step of a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Interest,
    Accept,
    Reject,
    Refer,
    Acknowledge,
    NotSelected(NotSelectedReason),
    Expire,
    InterviewSet,
    Interviewed,
    Offer,
    OfferAccept,
    OfferDecline,
    Withdraw,
    ClaimStart,
    ConfirmStart,
    CallSeeker,
    Close,
    Thirty(Retained),
    Ninety(Retained),
}

use Step::{
    Accept, Acknowledge, CallSeeker, ClaimStart, Close, ConfirmStart, Expire, Interest,
    InterviewSet, Interviewed, Ninety, NotSelected, Offer, OfferAccept, OfferDecline, Refer,
    Reject, Thirty, Withdraw,
};

/// When a match begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begins {
    /// Soon after an early registration.
    Early,
    /// On the square.
    OnTheSquare,
}

pub type Plot = (Begins, &'static [Step]);

use Begins::{Early, OnTheSquare};
use NotSelectedReason::{Experience, Schedule, Skills};

const PLACED: &[Step] = &[
    Interest,
    Accept,
    Refer,
    Acknowledge,
    InterviewSet,
    Interviewed,
    Offer,
    OfferAccept,
    ClaimStart,
    ConfirmStart,
    CallSeeker,
    Close,
];

/// Matches of an evening that is on: the ladder is full, and most stand on its lower rungs.
pub const TONIGHT: &[Plot] = &[
    (OnTheSquare, &[Interest]),
    (Early, PLACED),
    (OnTheSquare, &[Interest, Accept, Refer]),
    (OnTheSquare, &[Interest, Accept, Refer, Acknowledge]),
    (
        Early,
        &[
            Interest,
            Accept,
            Refer,
            Acknowledge,
            InterviewSet,
            Interviewed,
            Offer,
            OfferAccept,
            ClaimStart,
        ],
    ),
    (
        OnTheSquare,
        &[
            Interest,
            Accept,
            Refer,
            Acknowledge,
            InterviewSet,
            Interviewed,
        ],
    ),
    (
        OnTheSquare,
        &[
            Interest,
            Accept,
            Refer,
            Acknowledge,
            InterviewSet,
            Interviewed,
            Offer,
        ],
    ),
    (
        OnTheSquare,
        &[
            Interest,
            Accept,
            Refer,
            Acknowledge,
            InterviewSet,
            Interviewed,
            Offer,
            OfferAccept,
        ],
    ),
    (
        Early,
        &[
            Interest,
            Accept,
            Refer,
            Acknowledge,
            InterviewSet,
            Interviewed,
            NotSelected(Skills),
        ],
    ),
    (OnTheSquare, &[Interest]),
    (Early, PLACED),
    (OnTheSquare, &[Interest, Accept, Refer, Acknowledge]),
    (
        Early,
        &[
            Interest,
            Accept,
            Refer,
            Acknowledge,
            InterviewSet,
            Interviewed,
            Offer,
            OfferDecline,
        ],
    ),
    (OnTheSquare, &[Interest, Accept, Refer]),
    (
        OnTheSquare,
        &[Interest, Accept, Refer, Acknowledge, InterviewSet],
    ),
    (
        Early,
        &[
            Interest,
            Accept,
            Refer,
            Acknowledge,
            InterviewSet,
            Interviewed,
            Offer,
            OfferAccept,
        ],
    ),
    (
        OnTheSquare,
        &[Interest, Accept, Refer, Acknowledge, NotSelected(Schedule)],
    ),
    (Early, &[Interest, Accept, Withdraw]),
    (OnTheSquare, &[Interest, Accept, Refer, Acknowledge, Offer]),
    (Early, &[Interest, Reject]),
    (
        OnTheSquare,
        &[
            Interest,
            Accept,
            Refer,
            Acknowledge,
            InterviewSet,
            Interviewed,
        ],
    ),
    (OnTheSquare, &[Interest, Accept]),
];

/// Matches of an evening three months ago: nearly all have come to their end.
pub const EARLIER: &[Plot] = &[
    (
        OnTheSquare,
        &[
            Interest,
            Accept,
            Refer,
            Acknowledge,
            InterviewSet,
            Interviewed,
            Offer,
            OfferAccept,
            ClaimStart,
            ConfirmStart,
            CallSeeker,
            Close,
            Thirty(Retained::Retained),
            Ninety(Retained::Retained),
        ],
    ),
    (
        OnTheSquare,
        &[
            Interest,
            Accept,
            Refer,
            Acknowledge,
            InterviewSet,
            Interviewed,
            NotSelected(Experience),
        ],
    ),
    (
        OnTheSquare,
        &[
            Interest,
            Accept,
            Refer,
            Acknowledge,
            InterviewSet,
            Interviewed,
            Offer,
            OfferAccept,
            ClaimStart,
            ConfirmStart,
            CallSeeker,
            Close,
            Thirty(Retained::Retained),
        ],
    ),
    (OnTheSquare, &[Interest, Accept, Refer, Expire]),
    (
        OnTheSquare,
        &[
            Interest,
            Accept,
            Refer,
            Acknowledge,
            Offer,
            OfferAccept,
            ClaimStart,
            ConfirmStart,
            CallSeeker,
            Close,
            Thirty(Retained::Left),
        ],
    ),
    (
        OnTheSquare,
        &[
            Interest,
            Accept,
            Refer,
            Acknowledge,
            InterviewSet,
            Interviewed,
            Offer,
            OfferDecline,
        ],
    ),
    (
        OnTheSquare,
        &[
            Interest,
            Accept,
            Refer,
            Acknowledge,
            InterviewSet,
            Interviewed,
            Offer,
            OfferAccept,
            ClaimStart,
            ConfirmStart,
            CallSeeker,
            Close,
            Thirty(Retained::Retained),
            Ninety(Retained::Unreachable),
        ],
    ),
    (
        OnTheSquare,
        &[Interest, Accept, Refer, Acknowledge, NotSelected(Skills)],
    ),
    (OnTheSquare, &[Interest, Accept, Refer, Withdraw]),
];

/// Minutes before a step when there is time: half a day to answer, a day to an interview.
fn minutes(step: Step, begins: Begins, tonight: bool) -> i64 {
    const DAY: i64 = 24 * 60;
    if begins == OnTheSquare && tonight {
        return match step {
            Interest => 0,
            Accept | Refer => 1,
            Acknowledge | InterviewSet => 4,
            Interviewed => 12,
            _ => 7,
        };
    }
    match step {
        Interest => 0,
        Accept => 25,
        Refer => 2,
        Reject => 40,
        Acknowledge => 5 * 60,
        InterviewSet | Close => 60,
        CallSeeker => 4 * 60,
        Offer | OfferAccept | OfferDecline => 10 * 60,
        Interviewed | ConfirmStart | NotSelected(_) | Withdraw => DAY,
        ClaimStart => 2 * DAY,
        Expire => 20 * DAY,
        // Counted from the first day at work, not from the step before.
        Thirty(_) => 31 * DAY,
        Ninety(_) => 60 * DAY,
    }
}

/// The instants of a plot's steps between its beginning and `until`, pressed together when there is
/// less time than people would like.
pub fn instants(
    plot: Plot,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    tonight: bool,
) -> Vec<DateTime<Utc>> {
    let (begins, steps) = plot;
    let gaps: Vec<i64> = steps
        .iter()
        .map(|step| minutes(*step, begins, tonight))
        .collect();
    let needed = TimeDelta::minutes(gaps.iter().sum());
    let given = (until - from).max(TimeDelta::zero());
    let mut at = 0;
    let place = |minutes: i64| {
        let wished = TimeDelta::minutes(minutes);
        if needed <= given || needed.is_zero() {
            return from + wished;
        }
        let (given, needed) = (given.num_seconds(), needed.num_seconds());
        from + TimeDelta::seconds(wished.num_seconds() * given / needed.max(1))
    };
    gaps.iter()
        .map(|gap| {
            at += gap;
            place(at)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_come_in_order_and_in_time() {
        let from: DateTime<Utc> = "2026-11-25T11:00:00Z".parse().unwrap();
        for (plots, tonight) in [(TONIGHT, true), (EARLIER, false)] {
            for plot in plots {
                for hours in [0, 1, 30, 24 * 200] {
                    let until = from + TimeDelta::hours(hours);
                    let at = instants(*plot, from, until, tonight);
                    assert_eq!(at.len(), plot.1.len());
                    assert!(at.is_sorted() && at[0] == from && at[at.len() - 1] <= until.max(from));
                }
            }
        }
    }
}
