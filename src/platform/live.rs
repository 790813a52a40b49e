//! Tells open event streams that something changed, and hands all watchers of a fair the same frame,
//! made once.
use crate::domain::id::FairId;
use axum::body::Bytes;
use chrono::{DateTime, Utc};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::{
    mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    watch,
};

/// One counter per fair, and one for all; each write to the fair raises both.
#[derive(Clone, Default)]
pub struct Live {
    all: Arc<AtomicU64>,
    changes: Arc<Mutex<HashMap<FairId, watch::Sender<u64>>>>,
    watched: Arc<Mutex<HashMap<FairId, Weak<Feed>>>>,
    /// Where changes go that other instances are told of.
    telling: Arc<OnceLock<UnboundedSender<FairId>>>,
}

/// What all watchers of a fair are shown.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    /// Raised with each new content; nothing was shown yet while it is 0.
    pub number: u64,
    /// The content as JSON.
    pub json: Arc<str>,
    /// The same as an event of an event stream.
    pub event: Bytes,
    /// Raised when the stream has to say that it is alive.
    pub beat: u64,
    /// When the content was last known to be true.
    pub as_of: Option<DateTime<Utc>>,
}

/// Where frames come from; whoever holds it feeds all watchers.
pub type Feed = watch::Sender<Frame>;

impl Live {
    /// Call after the write was answered, so that a listener finds the change.
    pub fn touch(&self, fair: FairId) {
        self.heard(fair);
        if let Some(telling) = self.telling.get()
            && telling.send(fair).is_err()
        {
            tracing::debug!("nobody tells other instances any more");
        }
    }

    /// Another instance changed a fair.
    pub fn heard(&self, fair: FairId) {
        self.topic(fair).send_modify(|version| *version += 1);
        self.all.fetch_add(1, Ordering::Release);
    }

    /// Other instances may have changed anything.
    pub fn heard_all(&self) {
        for topic in lock(&self.changes).values() {
            topic.send_modify(|version| *version += 1);
        }
        self.all.fetch_add(1, Ordering::Release);
    }

    /// The fairs that are changed here from now on, for the one who tells others.
    pub fn changed(&self) -> UnboundedReceiver<FairId> {
        let (telling, told) = unbounded_channel();
        // Whoever asks again hears nothing.
        drop(self.telling.set(telling));
        told
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
        let mut topics = lock(&self.changes);
        topics
            .entry(fair)
            .or_insert_with(|| watch::channel(0).0)
            .clone()
    }

    /// Joins those who watch a fair. The first of them gets the feed as well and must keep it going
    /// until [`Live::leave`] takes it back.
    pub fn watch(&self, fair: FairId) -> (watch::Receiver<Frame>, Option<Arc<Feed>>) {
        let mut watched = lock(&self.watched);
        if let Some(feed) = watched.get(&fair).and_then(Weak::upgrade) {
            return (feed.subscribe(), None);
        }
        let (feed, receiver) = watch::channel(Frame::default());
        let feed = Arc::new(feed);
        watched.insert(fair, Arc::downgrade(&feed));
        (receiver, Some(feed))
    }

    /// How many watch any fair.
    pub fn watching(&self) -> u64 {
        let watched = lock(&self.watched);
        let feeds = watched.values().filter_map(Weak::upgrade);
        feeds.map(|feed| feed.receiver_count() as u64).sum()
    }

    /// Gives a feed back when nobody watches any more; otherwise it must go on.
    pub fn leave(&self, fair: FairId, feed: Arc<Feed>) -> Option<Arc<Feed>> {
        let mut watched = lock(&self.watched);
        if feed.receiver_count() > 0 {
            return Some(feed);
        }
        watched.remove(&fair);
        None
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
