//! Queries on streams, the postings they present and their view counts.
use super::form::{Count, Plan};
use crate::{
    domain::{
        broadcast::{self, Platform, Sums, ViewCount},
        id::{AccountId, FairId, FileId, OfficeId, PostingId, StreamId},
        text::choice,
    },
    entity::{fair, posting, registration, stream, stream_posting, stream_view},
    error::{AppError, AppResult},
    platform::db::{WriteTx, is_duplicate},
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait},
};
use std::collections::HashMap;

pub async fn insert(tx: &WriteTx, fair: FairId, code: String, plan: Plan) -> AppResult<StreamId> {
    let mut row = filled(plan)?;
    row.fair_id = Set(fair);
    row.code = Set(code);
    row.version = Set(1);
    row.created_at = Set(tx.now);
    Ok(stream::Entity::insert(row)
        .exec(tx.conn())
        .await?
        .last_insert_id)
}

fn filled(plan: Plan) -> AppResult<stream::ActiveModel> {
    Ok(stream::ActiveModel {
        title: Set(plan.title.into_string()),
        host: Set(plan.host.into_string()),
        platforms: Set(serde_json::to_value(plan.platforms)?),
        url: Set(plan.url.into_string()),
        starts_at: Set(plan.starts_at),
        ends_at: Set(plan.ends_at),
        ..Default::default()
    })
}

/// # Errors
/// 409 `stale` when somebody was faster.
pub async fn update(tx: &WriteTx, id: StreamId, version: i64, plan: Plan) -> AppResult<()> {
    let mut row = filled(plan)?;
    row.version = Set(version + 1);
    let done = stream::Entity::update_many()
        .set(row)
        .filter(stream::Column::Id.eq(id))
        .filter(stream::Column::Version.eq(version))
        .exec(tx.conn())
        .await?;
    if done.rows_affected == 1 {
        Ok(())
    } else {
        Err(AppError::conflict("stale"))
    }
}

/// A stream of the office with its fair.
///
/// # Errors
/// 404 when the office has no such stream.
pub async fn find(
    db: &impl ConnectionTrait,
    office: OfficeId,
    id: StreamId,
) -> AppResult<(stream::Model, fair::Model)> {
    let stream = stream::Entity::find_by_id(id).one(db).await?;
    let stream = stream.ok_or_else(AppError::not_found)?;
    let fair = fair::Entity::find_by_id(stream.fair_id)
        .filter(fair::Column::OfficeId.eq(office))
        .one(db)
        .await?;
    Ok((stream, fair.ok_or_else(AppError::not_found)?))
}

/// Holds the stream's row until the transaction ends, so that two counts cannot pass each other.
pub async fn hold(tx: &WriteTx, id: StreamId) -> AppResult<()> {
    stream::Entity::find_by_id(id)
        .lock_exclusive()
        .one(tx.conn())
        .await?
        .map(|_| ())
        .ok_or_else(AppError::not_found)
}

pub async fn of_fair(db: &impl ConnectionTrait, fair: FairId) -> AppResult<Vec<stream::Model>> {
    Ok(stream::Entity::find()
        .filter(stream::Column::FairId.eq(fair))
        .order_by_asc(stream::Column::StartsAt)
        .order_by_asc(stream::Column::Id)
        .all(db)
        .await?)
}

/// View counts in the order they were noted.
pub async fn counts(
    db: &impl ConnectionTrait,
    streams: &[StreamId],
) -> AppResult<HashMap<StreamId, Vec<stream_view::Model>>> {
    let rows = stream_view::Entity::find()
        .filter(stream_view::Column::StreamId.is_in(streams.iter().copied()))
        .order_by_asc(stream_view::Column::Id)
        .all(db)
        .await?;
    let mut found: HashMap<StreamId, Vec<stream_view::Model>> = HashMap::new();
    for row in rows {
        found.entry(row.stream_id).or_default().push(row);
    }
    Ok(found)
}

/// The platform of a count; a code nobody knows any more is another one.
pub fn platform(row: &stream_view::Model) -> Platform {
    choice(&row.platform).unwrap_or(Platform::Other)
}

/// The counts as the rules know them.
pub fn view_counts(rows: &[stream_view::Model]) -> Vec<ViewCount> {
    rows.iter()
        .map(|row| ViewCount {
            platform: platform(row),
            at: row.at,
            views: row.views,
        })
        .collect()
}

pub async fn insert_count(
    tx: &WriteTx,
    stream: StreamId,
    by: AccountId,
    count: Count,
    picture: Option<FileId>,
) -> AppResult<i64> {
    let row = stream_view::ActiveModel {
        stream_id: Set(stream),
        platform: Set(count.platform.code()),
        at: Set(count.at),
        views: Set(count.views),
        evidence_url: Set(count
            .evidence_url
            .map_or_else(String::new, broadcast::WebAddress::into_string)),
        correction: Set(count.correction.map(Into::into)),
        file_id: Set(picture),
        recorded_by: Set(Some(by)),
        ..Default::default()
    };
    Ok(stream_view::Entity::insert(row)
        .exec(tx.conn())
        .await?
        .last_insert_id)
}

/// The picture behind one count.
///
/// # Errors
/// 404 when the stream has no such count, or the count no picture.
pub async fn evidence(
    db: &impl ConnectionTrait,
    stream: StreamId,
    count: i64,
) -> AppResult<FileId> {
    stream_view::Entity::find_by_id(count)
        .filter(stream_view::Column::StreamId.eq(stream))
        .one(db)
        .await?
        .and_then(|row| row.file_id)
        .ok_or_else(AppError::not_found)
}

/// The postings presented, by minute.
pub async fn presented(
    db: &impl ConnectionTrait,
    streams: &[StreamId],
) -> AppResult<Vec<(stream_posting::Model, posting::Model)>> {
    let rows = stream_posting::Entity::find()
        .filter(stream_posting::Column::StreamId.is_in(streams.iter().copied()))
        .order_by_asc(stream_posting::Column::Minute)
        .order_by_asc(stream_posting::Column::Id)
        .all(db)
        .await?;
    let postings: HashMap<PostingId, posting::Model> = posting::Entity::find()
        .filter(posting::Column::Id.is_in(rows.iter().map(|row| row.posting_id)))
        .all(db)
        .await?
        .into_iter()
        .map(|posting| (posting.id, posting))
        .collect();
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let posting = postings.get(&row.posting_id)?.clone();
            Some((row, posting))
        })
        .collect())
}

/// # Errors
/// 409 `already_presented` when the stream shows this posting already.
pub async fn insert_presented(
    tx: &WriteTx,
    stream: StreamId,
    posting: PostingId,
    minute: i32,
) -> AppResult<i64> {
    let row = stream_posting::ActiveModel {
        stream_id: Set(stream),
        posting_id: Set(posting),
        minute: Set(minute),
        ..Default::default()
    };
    match stream_posting::Entity::insert(row).exec(tx.conn()).await {
        Ok(inserted) => Ok(inserted.last_insert_id),
        Err(error) if is_duplicate(&error) => Err(AppError::conflict("already_presented")),
        Err(error) => Err(error.into()),
    }
}

pub async fn delete_presented(tx: &WriteTx, stream: StreamId, posting: PostingId) -> AppResult<()> {
    stream_posting::Entity::delete_many()
        .filter(stream_posting::Column::StreamId.eq(stream))
        .filter(stream_posting::Column::PostingId.eq(posting))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// 报名来源: registrations that stand and came through each stream.
pub async fn registrations(
    db: &impl ConnectionTrait,
    fair: FairId,
) -> AppResult<HashMap<StreamId, i64>> {
    let rows: Vec<(Option<StreamId>, i64)> = registration::Entity::find()
        .select_only()
        .column(registration::Column::StreamId)
        .column_as(Expr::col(registration::Column::Id).count(), "n")
        .filter(registration::Column::FairId.eq(fair))
        .filter(registration::Column::StreamId.is_not_null())
        .filter(registration::Column::Status.eq("active"))
        .group_by(registration::Column::StreamId)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows
        .into_iter()
        .filter_map(|(stream, n)| Some((stream?, n)))
        .collect())
}

/// The stream behind a source code, for registrations.
pub async fn by_code(
    db: &impl ConnectionTrait,
    fair: FairId,
    code: &str,
) -> AppResult<Option<stream::Model>> {
    Ok(stream::Entity::find()
        .filter(stream::Column::FairId.eq(fair))
        .filter(stream::Column::Code.eq(code))
        .one(db)
        .await?)
}

/// A stream as anybody may see it.
#[derive(Clone, Debug)]
pub struct PublicStream {
    pub id: StreamId,
    pub title: String,
    pub host: String,
    pub platforms: Vec<Platform>,
    pub url: String,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub live: bool,
    pub views: Sums,
    pub postings: Vec<PublicMark>,
}

/// A posting presented at a minute.
#[derive(Clone, Debug)]
pub struct PublicMark {
    pub posting: PostingId,
    pub title: String,
    pub minute: i32,
}

/// The streams of a fair with what the public may know: only postings that are published and
/// valid at `now` are named.
pub async fn public_streams(
    db: &impl ConnectionTrait,
    fair: FairId,
    now: DateTime<Utc>,
) -> AppResult<Vec<PublicStream>> {
    let streams = of_fair(db, fair).await?;
    let ids: Vec<StreamId> = streams.iter().map(|stream| stream.id).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let counts = counts(db, &ids).await?;
    let marks = presented(db, &ids).await?;
    let visible: HashMap<PostingId, String> =
        crate::posting::store::visible_titles(db, fair, now).await?;
    Ok(streams
        .into_iter()
        .map(|stream| {
            let views = counts.get(&stream.id).map(|rows| view_counts(rows));
            let shown = marks
                .iter()
                .filter(|(mark, _)| mark.stream_id == stream.id)
                .filter_map(|(mark, _)| {
                    Some(PublicMark {
                        posting: mark.posting_id,
                        title: visible.get(&mark.posting_id)?.clone(),
                        minute: mark.minute,
                    })
                })
                .collect();
            PublicStream {
                id: stream.id,
                live: (stream.starts_at..stream.ends_at).contains(&now),
                views: broadcast::sums(&views.unwrap_or_default()),
                platforms: platforms(&stream),
                title: stream.title,
                host: stream.host,
                url: stream.url,
                starts_at: stream.starts_at,
                ends_at: stream.ends_at,
                postings: shown,
            }
        })
        .collect())
}

/// The platforms of a stream; a code nobody knows any more is left out.
pub fn platforms(stream: &stream::Model) -> Vec<Platform> {
    let codes = stream.platforms.as_array().cloned().unwrap_or_default();
    codes
        .into_iter()
        .filter_map(|code| serde_json::from_value(code).ok())
        .collect()
}
