//! Tells open event streams that something changed; what it is, they read for themselves.
use crate::domain::id::FairId;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::watch;

/// One counter per fair; each write to the fair raises it.
#[derive(Clone, Default)]
pub struct Live(Arc<Mutex<HashMap<FairId, watch::Sender<u64>>>>);

impl Live {
    /// Call after the write was answered, so that a listener finds the change.
    pub fn touch(&self, fair: FairId) {
        self.topic(fair).send_modify(|version| *version += 1);
    }

    pub fn listen(&self, fair: FairId) -> watch::Receiver<u64> {
        self.topic(fair).subscribe()
    }

    fn topic(&self, fair: FairId) -> watch::Sender<u64> {
        let mut topics = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        topics
            .entry(fair)
            .or_insert_with(|| watch::channel(0).0)
            .clone()
    }
}
