//! 首页: the half of the start page and of the big screen that the capabilities which own these pages
//! do not know.
use super::{App, text::Lang};
use crate::error::AppResult;
use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use serde::Serialize;

/// A desk that stands now or next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Coming {
    pub starts_at: DateTime<Utc>,
    /// Day and hours, in words.
    pub when: String,
    pub place: String,
    pub kind: String,
    pub now: bool,
}

/// The desk's half.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Half {
    /// The next desks, the soonest first.
    pub desks: Vec<Coming>,
    /// Matters that residents brought today, and matters closed today.
    pub brought: u64,
    pub closed: u64,
}

/// Looks the half up.
pub type Beside = fn(App, Lang) -> BoxFuture<'static, AppResult<Half>>;
