//! Streams as the office sees them.
use super::{
    pages::{Choice, CountLine, FairLine, Mark, PlatformLine, StreamLine, StreamPage},
    routes_api::register_url,
    store,
};
use crate::{
    domain::{
        broadcast::{Platform, Sums, sums},
        id::StreamId,
    },
    entity::{fair, stream, stream_view},
    error::AppResult,
    platform::{App, clock::beijing, form::Form, page::View},
    posting,
};
use chrono::{DateTime, Utc};
use sea_orm::Iterable;

pub fn fair_line(fair: &fair::Model) -> FairLine {
    FairLine {
        slug: fair.slug.clone(),
        title: fair.title.clone(),
    }
}

fn platform(view: &View, platform: Platform) -> String {
    view.say::<&str>(&format!("stream_platform.{}", platform.code()), &[])
}

/// Platforms to choose from.
pub fn choices(view: &View, among: impl IntoIterator<Item = Platform>) -> Vec<Choice> {
    among
        .into_iter()
        .map(|one| Choice {
            value: one.code(),
            label: platform(view, one),
        })
        .collect()
}

pub fn every_platform() -> impl Iterator<Item = Platform> {
    Platform::iter()
}

fn state(stream: &stream::Model, now: DateTime<Utc>) -> &'static str {
    if now < stream.starts_at {
        "planned"
    } else if now < stream.ends_at {
        "live"
    } else {
        "ended"
    }
}

/// What is counted of a stream.
#[derive(Clone, Default)]
pub struct Counted {
    pub views: i64,
    pub registrations: i64,
    pub postings: usize,
}

pub fn line(
    view: &View,
    stream: &stream::Model,
    counted: &Counted,
    now: DateTime<Utc>,
) -> StreamLine {
    let names = store::platforms(stream);
    StreamLine {
        id: stream.id.to_string(),
        title: stream.title.clone(),
        host: stream.host.clone(),
        platforms: names.into_iter().map(|one| platform(view, one)).collect(),
        starts_at: stream.starts_at.to_rfc3339(),
        ends_at: stream.ends_at.to_rfc3339(),
        state: state(stream, now),
        views: counted.views,
        registrations: counted.registrations,
        postings: counted.postings,
    }
}

/// The streams of a fair with their figures.
pub async fn lines(app: &App, view: &View, fair: &fair::Model) -> AppResult<Vec<StreamLine>> {
    let db = app.db.read();
    let streams = store::of_fair(db, fair.id).await?;
    let ids: Vec<StreamId> = streams.iter().map(|stream| stream.id).collect();
    let counts = store::counts(db, &ids).await?;
    let came = store::registrations(db, fair.id).await?;
    let marks = store::presented(db, &ids).await?;
    let counted = |id: StreamId| Counted {
        views: counts.get(&id).map_or(0, |rows| total(rows).total),
        registrations: came.get(&id).copied().unwrap_or(0),
        postings: marks
            .iter()
            .filter(|(mark, _)| mark.stream_id == id)
            .count(),
    };
    let now = app.db.now();
    Ok(streams
        .iter()
        .map(|stream| line(view, stream, &counted(stream.id), now))
        .collect())
}

fn total(rows: &[stream_view::Model]) -> Sums {
    sums(&store::view_counts(rows))
}

/// One stream with everything about it.
pub async fn page(
    app: &App,
    view: &View,
    stream: &stream::Model,
    fair: &fair::Model,
) -> AppResult<StreamPage> {
    let (db, now) = (app.db.read(), app.db.now());
    let mut counts = store::counts(db, &[stream.id]).await?;
    let counts = counts.remove(&stream.id).unwrap_or_default();
    let marks = store::presented(db, &[stream.id]).await?;
    let came = store::registrations(db, fair.id).await?;
    let sums = total(&counts);
    let counted = Counted {
        views: sums.total,
        registrations: came.get(&stream.id).copied().unwrap_or(0),
        postings: marks.len(),
    };
    let titles = posting::store::visible_titles(db, fair.id, now).await?;
    let mut postings: Vec<Choice> = titles
        .into_iter()
        .filter(|(id, _)| marks.iter().all(|(mark, _)| mark.posting_id != *id))
        .map(|(id, label)| Choice {
            value: id.to_string(),
            label,
        })
        .collect();
    postings.sort_by(|a, b| a.label.cmp(&b.label));
    Ok(StreamPage {
        fair: fair_line(fair),
        stream: line(view, stream, &counted, now),
        url: stream.url.clone(),
        code: stream.code.clone(),
        register_url: register_url(app, &fair.slug, &stream.code),
        platforms: choices(view, store::platforms(stream)),
        sums: platform_lines(view, &sums),
        counts: count_lines(view, stream, fair, &counts),
        marks: marks
            .iter()
            .map(|(mark, posting)| Mark {
                posting: posting.id.to_string(),
                title: posting.title.clone(),
                minute: mark.minute,
            })
            .collect(),
        postings,
        count_form: Form::blank(),
        mark_form: Form::blank(),
        may_write: false,
        fault: None,
        flash: None,
    })
}

fn platform_lines(view: &View, sums: &Sums) -> Vec<PlatformLine> {
    sums.platforms
        .iter()
        .map(|one| PlatformLine {
            platform: platform(view, one.platform),
            views: one.views,
            at: one.at.to_rfc3339(),
        })
        .collect()
}

/// Counts as they were noted, newest first.
fn count_lines(
    view: &View,
    stream: &stream::Model,
    fair: &fair::Model,
    counts: &[stream_view::Model],
) -> Vec<CountLine> {
    let base = format!("/office/fairs/{}/streams/{}", fair.slug, stream.id);
    counts
        .iter()
        .rev()
        .map(|row| CountLine {
            platform: platform(view, store::platform(row)),
            views: row.views,
            at: row.at.to_rfc3339(),
            link: row.evidence_url.clone(),
            picture: row
                .file_id
                .map(|_| format!("{base}/views/{}/picture", row.id)),
            correction: row.correction.clone(),
        })
        .collect()
}

/// An instant as a `datetime-local` field wants it.
pub fn local(at: DateTime<Utc>) -> String {
    beijing(at).format("%Y-%m-%dT%H:%M").to_string()
}
