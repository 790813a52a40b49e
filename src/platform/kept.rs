//! What was worked out from the database, kept in memory as long as what it stands on does.
use chrono::{DateTime, Utc};
use std::{
    any::Any,
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Values kept at most; beyond it all are forgotten, because one that matters is back in a moment.
const MOST: usize = 512;

#[derive(Clone, Default)]
pub struct Kept(Arc<Mutex<HashMap<String, Entry>>>);

struct Entry {
    basis: String,
    until: Option<DateTime<Utc>>,
    value: Arc<dyn Any + Send + Sync>,
}

impl Kept {
    /// What is kept under `key`, when it stands on the same `basis` and its time is not over.
    pub fn get<T: Send + Sync + 'static>(
        &self,
        key: &str,
        basis: &str,
        now: DateTime<Utc>,
    ) -> Option<Arc<T>> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.get(key)?;
        let good = entry.basis == basis && entry.until.is_none_or(|until| now <= until);
        good.then(|| entry.value.clone().downcast().ok()).flatten()
    }

    /// Keeps `value`, which stands on `basis`; with `until`, no longer than that.
    pub fn put<T: Send + Sync + 'static>(
        &self,
        key: String,
        basis: String,
        until: Option<DateTime<Utc>>,
        value: Arc<T>,
    ) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= MOST && !entries.contains_key(&key) {
            entries.clear();
        }
        entries.insert(
            key,
            Entry {
                basis,
                until,
                value,
            },
        );
    }
}
