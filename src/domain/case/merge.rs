//! 并案: which case a number leads to. A case keeps naming the one it was merged into; the shown
//! answer is compressed, so that any number resolves in one hop however often targets were merged.
use crate::domain::number::CaseNumber;
use std::collections::BTreeMap;

/// Direct merges, from the merged case to its target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Merges(BTreeMap<CaseNumber, CaseNumber>);

impl Merges {
    /// Records a merge; refused when it would close a circle or the case is merged already.
    pub fn merge(&mut self, from: &CaseNumber, into: &CaseNumber) -> bool {
        let circle = self.root(into) == from;
        if circle || self.0.contains_key(from) || self.0.contains_key(into) {
            return false;
        }
        self.0.insert(from.clone(), into.clone());
        true
    }

    /// Undoes a merge; those that had followed the case follow it again.
    pub fn unmerge(&mut self, from: &CaseNumber) -> Option<CaseNumber> {
        self.0.remove(from)
    }

    /// The case that lives on.
    pub fn root<'a>(&'a self, number: &'a CaseNumber) -> &'a CaseNumber {
        let mut at = number;
        for _ in 0..=self.0.len() {
            match self.0.get(at) {
                Some(next) => at = next,
                None => break,
            }
        }
        at
    }

    /// Everything that leads to a case, directly or not.
    pub fn followers<'a>(&'a self, root: &'a CaseNumber) -> impl Iterator<Item = &'a CaseNumber> {
        self.0
            .keys()
            .filter(move |number| self.root(number) == root)
    }

    /// From every merged case to the one that lives on: what the links table stores.
    pub fn compressed(&self) -> BTreeMap<CaseNumber, CaseNumber> {
        self.0
            .keys()
            .map(|number| (number.clone(), self.root(number).clone()))
            .collect()
    }
}
