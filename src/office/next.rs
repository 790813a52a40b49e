//! What an office does next for a fair.
use crate::domain::fair::FairStatus;
use chrono::{DateTime, Utc};

/// What is known of a fair on the start page.
#[derive(Clone, Debug)]
pub struct Facts {
    pub status: FairStatus,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    /// Papers and plans that are not done.
    pub open_tasks: i64,
    pub booths: i64,
    pub taken: i64,
    pub postings: i64,
    pub in_review: i64,
}

/// The next step, and how many things it is about; `office.next.<code>` are its words.
pub fn step(fair: &Facts, now: DateTime<Utc>) -> (&'static str, i64) {
    if fair.status == FairStatus::Cancelled {
        return ("cancelled", 0);
    }
    if now >= fair.ends_at {
        return ("count", 0);
    }
    if fair.status == FairStatus::Draft {
        return match fair.open_tasks {
            0 => ("publish", 0),
            open => ("papers", open),
        };
    }
    if now >= fair.starts_at {
        return ("running", 0);
    }
    if fair.in_review > 0 {
        return ("review", fair.in_review);
    }
    match fair.booths - fair.taken {
        free if free > 0 => ("booths", free),
        _ if fair.postings == 0 => ("postings", 0),
        _ => ("ready", 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_time_has_its_step() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let now = at("2026-07-19T10:00:00Z");
        let fair = Facts {
            status: FairStatus::Draft,
            starts_at: at("2026-07-19T11:00:00Z"),
            ends_at: at("2026-07-19T14:00:00Z"),
            open_tasks: 2,
            booths: 32,
            taken: 30,
            postings: 3,
            in_review: 1,
        };
        assert_eq!(step(&fair, now), ("papers", 2));
        let fair = Facts {
            open_tasks: 0,
            ..fair
        };
        assert_eq!(step(&fair, now), ("publish", 0));
        let fair = Facts {
            status: FairStatus::Published,
            ..fair
        };
        assert_eq!(step(&fair, now), ("review", 1));
        let fair = Facts {
            in_review: 0,
            ..fair
        };
        assert_eq!(step(&fair, now), ("booths", 2));
        let fair = Facts { taken: 32, ..fair };
        assert_eq!(step(&fair, now), ("ready", 0));
        assert_eq!(step(&fair, fair.starts_at), ("running", 0));
        assert_eq!(step(&fair, fair.ends_at), ("count", 0));
    }
}
