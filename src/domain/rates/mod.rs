//! 考评: every rate as a count over what really happened to cases. A rate is nothing but the list
//! of what it looked at, each in, out or left out with a reason; so k, n and the rows behind them
//! cannot differ, whoever asks and in whatever order the cases come.
//!
//! 北京接诉即办条例 32 条 names 响应率、解决率、满意率 and leaves their formula to the place; ours are
//! the ones of [`FORMULA`], printed beside every figure.
mod count;
mod fact;
mod figure;
mod kind;
mod rank;
pub mod seal;

pub use count::{Context, Entry, Recurrences, entries, funnel, minutes};
pub use fact::{Call, CaseFacts, Cycle, Handed, JobFacts, Referral, Span, Submission};
pub use figure::{Durations, Figure, Figures, Rung, by_unit, figure};
pub use kind::{RateKind, Verdict, Why};
pub use rank::{Composite, Standing, Weights, WeightsFault, composite, rank};

use crate::domain::calendar::instant;
use chrono::{DateTime, Days, NaiveDate, Utc};

/// Version of every formula here; a sealed month is recomputed only by the version that made it.
pub const FORMULA: &str = "case-rates/1";

/// 统计期: from inclusive, to exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
}

impl Period {
    /// Whole days in Beijing, the last one included.
    pub fn days(first: NaiveDate, last: NaiveDate) -> Self {
        let after = last.checked_add_days(Days::new(1)).unwrap_or(last);
        Self {
            from: instant(first, 0),
            to: instant(after, 0),
        }
    }

    pub fn has(&self, at: DateTime<Utc>) -> bool {
        self.from <= at && at < self.to
    }
}

#[cfg(test)]
mod tests;
