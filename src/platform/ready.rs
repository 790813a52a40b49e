//! Public pages kept ready: rendered once for each language, theme and size, and given out from
//! memory until something changed. A page lives a second at most, because the clock and other
//! instances change pages too; a repeat visitor who has the page gets 304.
use super::{live::Live, once::hex, page::View};
use crate::{domain::id::FairId, error::AppResult};
use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::{Duration, Instant},
};

/// A change is visible after so long, however it came about.
const FRESH: Duration = Duration::from_secs(1);
/// Pages kept at most; beyond it all are forgotten, because one that matters is back in a moment.
const MOST: usize = 512;

#[derive(Clone, Default)]
pub struct Ready(Arc<Mutex<HashMap<String, Arc<Slot>>>>);

#[derive(Default)]
struct Slot {
    kept: RwLock<Option<Arc<Kept>>>,
    /// Held by the one request that renders; the others wait for its page.
    rendering: tokio::sync::Mutex<()>,
}

struct Kept {
    topic: Option<FairId>,
    version: u64,
    at: Instant,
    tag: HeaderValue,
    html: Bytes,
}

/// A rendered page and the fair it tells of; `None` when it tells of several.
pub struct Rendered {
    pub topic: Option<FairId>,
    pub html: String,
}

impl Ready {
    /// Answers from memory, or renders with `make` and keeps it. A page with somebody's name on
    /// it, or with a query, is always rendered and never kept.
    pub async fn page<F>(
        &self,
        live: &Live,
        view: &View,
        headers: &HeaderMap,
        make: impl FnOnce() -> F,
    ) -> AppResult<Response>
    where
        F: Future<Output = AppResult<Rendered>>,
    {
        let Some(key) = view.ready_key() else {
            let rendered = make().await?;
            return Ok(axum::response::Html(rendered.html).into_response());
        };
        let slot = self.slot(key);
        if let Some(kept) = slot.fresh(live) {
            return Ok(kept.answer(headers));
        }
        let rendering = slot.rendering.lock().await;
        if let Some(kept) = slot.fresh(live) {
            return Ok(kept.answer(headers));
        }
        let (at, known) = (Instant::now(), slot.topic());
        let before = (live.version(None), live.version(known));
        let rendered = make().await?;
        let version = match rendered.topic {
            None => before.0,
            topic if topic == known => before.1,
            topic if live.version(None) == before.0 => live.version(topic),
            // Something changed while the first page was made: it is shown once and not kept.
            _ => u64::MAX,
        };
        let kept = Arc::new(Kept {
            topic: rendered.topic,
            version,
            at,
            tag: tag(&rendered.html),
            html: rendered.html.into(),
        });
        *slot.kept.write().unwrap_or_else(PoisonError::into_inner) = Some(kept.clone());
        drop(rendering);
        Ok(kept.answer(headers))
    }

    fn slot(&self, key: String) -> Arc<Slot> {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= MOST && !slots.contains_key(&key) {
            slots.clear();
        }
        slots.entry(key).or_default().clone()
    }
}

impl Slot {
    fn topic(&self) -> Option<FairId> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().and_then(|kept| kept.topic)
    }

    fn fresh(&self, live: &Live) -> Option<Arc<Kept>> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        let kept = kept.as_ref()?;
        let same = live.version(kept.topic) == kept.version;
        (same && kept.at.elapsed() < FRESH).then(|| kept.clone())
    }
}

/// Weak, because compression changes the bytes and not the page.
fn tag(html: &str) -> HeaderValue {
    let tag = format!("W/\"{}\"", hex(&Sha256::digest(html)[..12]));
    HeaderValue::from_str(&tag).unwrap_or_else(|_| HeaderValue::from_static("W/\"page\""))
}

impl Kept {
    fn answer(&self, headers: &HeaderMap) -> Response {
        let known = headers
            .get_all(header::IF_NONE_MATCH)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .any(|tag| self.tag.to_str().is_ok_and(|own| own == tag.trim()));
        let about = [
            (header::ETAG, self.tag.clone()),
            (
                header::CACHE_CONTROL,
                HeaderValue::from_static("private, no-cache"),
            ),
            (
                header::VARY,
                HeaderValue::from_static("cookie, accept-language"),
            ),
        ];
        if known {
            return (StatusCode::NOT_MODIFIED, about).into_response();
        }
        let html = HeaderValue::from_static("text/html; charset=utf-8");
        (about, [(header::CONTENT_TYPE, html)], self.html.clone()).into_response()
    }
}
