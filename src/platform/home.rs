//! 首页: the half of the start page that the capability which owns the page does not know.
use super::{App, text::Lang};
use crate::error::AppResult;
use futures_util::future::BoxFuture;
use serde::Serialize;

/// A desk that stands now or next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Coming {
    /// Day and hours, in words.
    pub when: String,
    pub place: String,
    pub kind: String,
    pub now: bool,
}

/// The next desks, the soonest first.
pub type Beside = fn(App, Lang) -> BoxFuture<'static, AppResult<Vec<Coming>>>;
