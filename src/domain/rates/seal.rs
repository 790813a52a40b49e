//! 封存: a month's figures as they were known when it was sealed, in a chain of their own. Who
//! recomputes them from the events of that time must get the same.
use super::{
    figure::{Figure, Figures},
    kind::RateKind,
    rank::Weights,
};
use crate::domain::{case::chain, id::UnitId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// 月度快照
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    pub formula: String,
    /// `2026-07`
    pub month: String,
    pub weights: Weights,
    /// Cases that the month looked at.
    pub cases: u64,
    pub office: Figures,
    /// By the unit that led.
    pub units: BTreeMap<UnitKey, BTreeMap<RateKind, Figure>>,
    /// Cases registered in the month, by category.
    pub categories: BTreeMap<String, u64>,
}

/// An id as the key of a map in JSON, in the order of the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnitKey(pub UnitId);

/// What the hash of a sealed month covers besides its figures.
#[derive(Clone, Copy, Debug)]
pub struct Stamp<'a> {
    pub office: i64,
    pub month: &'a str,
    pub formula: &'a str,
    /// Events recorded before this are in it.
    pub as_of_ms: i64,
    pub sealed_ms: i64,
    pub sealed_by: i64,
    pub prev_hash: &'a str,
}

impl Stamp<'_> {
    /// sha256 over a version line and each field with its length.
    pub fn hash(&self, snapshot: &str) -> String {
        let fields = [
            self.office.to_string(),
            self.month.to_owned(),
            self.formula.to_owned(),
            self.as_of_ms.to_string(),
            self.sealed_ms.to_string(),
            self.sealed_by.to_string(),
            self.prev_hash.to_owned(),
            snapshot.to_owned(),
        ];
        let text = fields.iter().fold(String::new(), |text, field| {
            text + &format!("{}:{field}", field.len())
        });
        chain::text_hash("nightfair sealed month 1\n", &text)
    }
}

impl Snapshot {
    /// The first thing in which two snapshots differ: a rate's code, or what else it is.
    pub fn differs(&self, other: &Self) -> Option<String> {
        let rates = RateKind::ALL.iter();
        let rate = |rate: &&RateKind| self.office.of(**rate) != other.office.of(**rate);
        if let Some(rate) = rates.clone().find(rate) {
            return Some(rate.code().to_owned());
        }
        let parts = [
            (self.office != other.office, "durations"),
            (self.units != other.units, "units"),
            (self.categories != other.categories, "categories"),
            (self.weights != other.weights, "weights"),
            (self != other, "cases"),
        ];
        let part = parts.into_iter().find(|(differs, _)| *differs);
        part.map(|(_, name)| name.to_owned())
    }
}
