//! Figures as they happen: one task per watched fair makes the frames that all its watchers get.
use super::{
    board::{Board, board},
    report::Tally,
    store,
};
use crate::{
    domain::{fair::FairStatus, id::FairId},
    entity::fair,
    error::{AppError, AppResult},
    platform::{
        App,
        live::{Feed, Frame},
    },
};
use axum::{
    body::{Body, Bytes},
    http::{HeaderName, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use futures_util::stream;
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::{sync::watch, time::sleep};

/// Frames come no faster than this.
const PACE: Duration = Duration::from_secs(1);
/// How often another instance's changes are looked for.
const LOOK: Duration = Duration::from_secs(2);
/// After so many looks without news the stream says that it is alive.
const LOOKS_PER_BEAT: u32 = 7;
/// How it says so: an event, because a page does not hear of comments.
const ALIVE: &[u8] = b"event: alive\ndata:\n\n";

/// A published fair of that address.
///
/// # Errors
/// 404 when there is none, or it is not public.
pub async fn public_fair(app: &App, slug: &str) -> AppResult<fair::Model> {
    let fair = store::fair(app.db.read(), app.settings.office, slug).await?;
    fair.filter(|fair| fair.status == FairStatus::Published)
        .ok_or_else(AppError::not_found)
}

/// What the big screen shows now, and when that was last known to be true: a moment ago, unless the
/// database is away.
pub async fn now(app: &App, fair: &fair::Model) -> AppResult<(Board, DateTime<Utc>)> {
    let mut frames = watch(app, fair);
    let shown = frames.wait_for(|frame| frame.number > 0);
    let frame = tokio::time::timeout(Duration::from_secs(5), shown).await;
    let frame = frame.map_err(|_| AppError::unavailable())?;
    let frame = frame.map_err(|_| AppError::unavailable())?.clone();
    let as_of = frame.as_of.unwrap_or_else(|| app.db.now());
    Ok((serde_json::from_str(&frame.json)?, as_of))
}

/// The event stream of a fair: its state now, then each change. Which event was seen last does not
/// matter, because each event tells everything.
pub fn stream(app: &App, fair: &fair::Model) -> Response {
    let frames = watch(app, fair);
    let first = Bytes::from_static(b"retry: 3000\n\n");
    let start = (frames, 0, Some(first));
    let events = stream::unfold(start, |(mut frames, seen, first)| async move {
        if let Some(first) = first {
            return Some((first, (frames, seen, None)));
        }
        loop {
            let (number, event) = {
                let frame = frames.borrow_and_update();
                (frame.number, frame.event.clone())
            };
            if number > seen {
                return Some((event, (frames, number, None)));
            }
            // The feed ends with the program, and the stream with the feed.
            frames.changed().await.ok()?;
            if frames.borrow().number == seen && seen > 0 {
                frames.mark_unchanged();
                let beat = Bytes::from_static(ALIVE);
                return Some((beat, (frames, seen, None)));
            }
        }
    });
    let events = futures_util::StreamExt::map(events, Ok::<_, Infallible>);
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        // Proxies that collect answers must pass this one on as it comes.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    (headers, Body::from_stream(events)).into_response()
}

fn watch(app: &App, fair: &fair::Model) -> watch::Receiver<Frame> {
    let (frames, feed) = app.live.watch(fair.id);
    if let Some(feed) = feed {
        tokio::spawn(keep_fed(app.clone(), fair.slug.clone(), fair.id, feed));
    }
    frames
}

/// Makes a frame whenever something changed, and each minute because time does, until nobody watches
/// or the program stops.
async fn keep_fed(app: App, slug: String, id: FairId, mut feed: Arc<Feed>) {
    let mut changes = app.live.listen(id);
    let (mut pulse, mut minute) = (Vec::new(), 0);
    let mut looks = 0;
    loop {
        let touched = changes.has_changed().unwrap_or(false);
        let now = app.db.now();
        let felt = store::pulse(app.db.read(), id).await.unwrap_or_default();
        let same_minute = now.timestamp() / 60 == minute;
        if touched || felt != pulse || pulse.is_empty() || !same_minute {
            changes.mark_unchanged();
            match make(&app, &slug).await {
                Ok(json) => {
                    (pulse, minute) = (felt, now.timestamp() / 60);
                    if show(&feed, json, now) {
                        looks = 0;
                    }
                }
                Err(error) => tracing::warn!(?error, "no frame for the watchers of a fair"),
            }
        } else {
            feed.send_if_modified(|frame| {
                frame.as_of = Some(now);
                false
            });
        }
        tokio::select! {
            () = sleep(PACE) => {}
            () = app.stop.cancelled() => return,
        }
        match app.live.leave(id, feed) {
            Some(held) => feed = held,
            None => return,
        }
        tokio::select! {
            _ = changes.changed() => changes.mark_changed(),
            () = sleep(LOOK) => looks += 1,
            () = app.stop.cancelled() => return,
        }
        if looks >= LOOKS_PER_BEAT {
            looks = 0;
            feed.send_modify(|frame| frame.beat += 1);
        }
    }
}

async fn make(app: &App, slug: &str) -> AppResult<String> {
    let fair = public_fair(app, slug).await?;
    let as_of = app.db.now();
    let read = app.db.snapshot(move |db| async move {
        let stage = store::stage(&*db, fair.id).await?;
        Ok((store::picture(&*db, fair, as_of).await?, stage))
    });
    let (picture, stage) = read.await?;
    Ok(serde_json::to_string(&board(&Tally::of(picture), &stage))?)
}

/// Whether there was anything new to show.
fn show(feed: &Feed, json: String, as_of: DateTime<Utc>) -> bool {
    feed.send_if_modified(|frame| {
        frame.as_of = Some(as_of);
        if *frame.json == *json {
            return false;
        }
        frame.number += 1;
        frame.event = Bytes::from(format!("id: {}\ndata: {json}\n\n", frame.number));
        frame.json = json.into();
        true
    })
}
