//! The only "no" the ledger says: which guard failed, and who could do it or when.
use super::codes::{Part, Stage};
use crate::domain::fault::Faults;

/// Why not, by what could be done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// 409: not in this stage or not under these circumstances.
    NotNow,
    /// 403: somebody else may.
    NotYours,
    /// 422: the data must be mended; the field.
    Invalid(&'static str),
}

/// 拒绝
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("refused: {code}")]
pub struct Refusal {
    pub class: Class,
    /// Stable name of the guard that failed.
    pub code: &'static str,
    /// Who can act.
    pub who_can: &'static [Part],
    /// In which stages the action is known; empty when the stage is not the reason.
    pub stages: Vec<Stage>,
    /// For invalid data that was found before any guard.
    pub fields: Faults,
}

impl Refusal {
    pub(super) fn new(class: Class, code: &'static str, who_can: &'static [Part]) -> Self {
        Self {
            class,
            code,
            who_can,
            stages: Vec::new(),
            fields: Faults::new(),
        }
    }

    /// Fields that could not be read.
    pub fn invalid(fields: Faults) -> Self {
        Self {
            fields,
            ..Self::new(Class::Invalid(""), "invalid_fields", &[])
        }
    }
}
