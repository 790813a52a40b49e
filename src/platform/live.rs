//! Tells open event streams that something changed; what it is, they read for themselves.
use crate::domain::id::FairId;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::watch;

/// One counter per fair, and one for all; each write to the fair raises both.
#[derive(Clone, Default)]
pub struct Live {
    topics: Arc<Mutex<HashMap<FairId, watch::Sender<u64>>>>,
    all: Arc<AtomicU64>,
}

impl Live {
    /// Call after the write was answered, so that a listener finds the change.
    pub fn touch(&self, fair: FairId) {
        self.topic(fair).send_modify(|version| *version += 1);
        self.all.fetch_add(1, Ordering::Release);
    }

    /// How often a fair changed, or all of them together.
    pub fn version(&self, fair: Option<FairId>) -> u64 {
        match fair {
            Some(fair) => *self.topic(fair).borrow(),
            None => self.all.load(Ordering::Acquire),
        }
    }

    pub fn listen(&self, fair: FairId) -> watch::Receiver<u64> {
        self.topic(fair).subscribe()
    }

    fn topic(&self, fair: FairId) -> watch::Sender<u64> {
        let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        topics
            .entry(fair)
            .or_insert_with(|| watch::channel(0).0)
            .clone()
    }
}
