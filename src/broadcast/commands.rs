//! Planning streams, presenting postings, noting view counts.
use super::{
    form::{self, Plan, Session, TypedCount},
    store,
};
use crate::{
    account::Actor,
    domain::{
        broadcast::{Shrinks, ViewCount, fits},
        fault::{Faults, FieldFault},
        id::{PostingId, StreamId},
        role::Role,
        ticket::Code,
    },
    entity::{fair, stream},
    error::{AppError, AppResult, FieldError},
    platform::{
        App,
        clock::beijing,
        db::WriteTx,
        files,
        once::{Done, Once},
        secret,
    },
    posting,
};

/// Plans a stream; its code names it as a source of registrations.
///
/// # Errors
/// 404 for a fair that is not there or not the actor's.
pub async fn open(
    app: &App,
    actor: Actor,
    fair: String,
    plan: Plan,
    once: Once,
) -> AppResult<Done<StreamId>> {
    let code = Code::from_bytes(secret::random()).into_string();
    let done = app
        .db
        .write_once(once, move |tx| async move {
            let fair = posting::store::fair_for(tx.conn(), &actor, &fair).await?;
            let stream = store::insert(&tx, fair.id, code, plan).await?;
            Ok((fair.id, stream))
        })
        .await?;
    app.live.touch(done.value.0);
    Ok(done.map(|(_, stream)| stream))
}

/// A stream of a fair the actor may work with.
///
/// # Errors
/// 404 otherwise.
pub async fn find(
    app: &App,
    actor: &Actor,
    id: StreamId,
) -> AppResult<(stream::Model, fair::Model)> {
    let found = store::find(app.db.read(), actor.office, id).await?;
    if actor.role == Role::CoHost
        && !posting::store::hosts(app.db.read(), actor, found.1.id).await?
    {
        return Err(AppError::not_found());
    }
    Ok(found)
}

async fn find_in(
    tx: &WriteTx,
    actor: &Actor,
    id: StreamId,
) -> AppResult<(stream::Model, fair::Model)> {
    let found = store::find(tx.conn(), actor.office, id).await?;
    if actor.role == Role::CoHost && !posting::store::hosts(tx.conn(), actor, found.1.id).await? {
        return Err(AppError::not_found());
    }
    Ok(found)
}

/// # Errors
/// 404; 409 `stale` when somebody was faster.
pub async fn change(
    app: &App,
    actor: Actor,
    id: StreamId,
    version: i64,
    plan: Plan,
) -> AppResult<()> {
    let fair = app
        .db
        .write(move |tx| async move {
            let (stream, _) = find_in(&tx, &actor, id).await?;
            store::update(&tx, id, version, plan).await?;
            Ok(stream.fair_id)
        })
        .await?;
    app.live.touch(fair);
    Ok(())
}

/// Notes what a platform shows. A smaller count than before needs its reason.
///
/// # Errors
/// 404; 422 for every field, `views_decrease` among them.
pub async fn record(
    app: &App,
    actor: Actor,
    id: StreamId,
    typed: TypedCount,
    picture: Option<Vec<u8>>,
    once: Once,
) -> AppResult<Done<i64>> {
    let (stream, _) = find(app, &actor, id).await?;
    let session = Session {
        platforms: &store::platforms(&stream),
        starts_at: stream.starts_at,
        now: app.db.now(),
        pictured: picture.is_some(),
    };
    let count = form::count(&typed, &session)?;
    let kept = match picture {
        Some(upload) => Some(picture_fault(app.files.keep_picture(upload).await)?),
        None => None,
    };
    let done = app
        .db
        .write_once(once, move |tx| async move {
            find_in(&tx, &actor, id).await?;
            store::hold(&tx, id).await?;
            let mut known = store::counts(tx.conn(), &[id]).await?;
            let known = store::view_counts(&known.remove(&id).unwrap_or_default());
            let new = ViewCount {
                platform: count.platform,
                at: count.at,
                views: count.views,
            };
            if let (Err(shrinks), None) = (fits(&known, &new), &count.correction) {
                return Err(decrease(shrinks));
            }
            let file = match kept {
                Some(kept) => Some(
                    files::attach(
                        &tx,
                        actor.office,
                        "stream_evidence",
                        Some(actor.account),
                        kept,
                    )
                    .await?,
                ),
                None => None,
            };
            store::insert_count(&tx, id, actor.account, count, file).await
        })
        .await?;
    app.live.touch(stream.fair_id);
    Ok(done)
}

/// A picture that is none is the fault of its field.
fn picture_fault<T>(kept: AppResult<T>) -> AppResult<T> {
    kept.map_err(|error| match error.code() {
        Some("not_an_image" | "image_too_large") => {
            Faults::one("picture", FieldFault::NotAnImage).into()
        }
        _ => error,
    })
}

fn decrease(Shrinks(known): Shrinks) -> AppError {
    AppError::invalid(vec![FieldError {
        field: "views".into(),
        code: "views_decrease".into(),
        params: vec![
            ("views", known.views.to_string()),
            ("at", beijing(known.at).format("%Y-%m-%d %H:%M").to_string()),
        ],
    }])
}

/// Notes that a posting was presented at a minute of the stream.
///
/// # Errors
/// 404; 409 `already_presented`; 422 for a posting that is not public or a minute beyond the end.
pub async fn present(
    app: &App,
    actor: Actor,
    id: StreamId,
    posting: String,
    minute: String,
) -> AppResult<()> {
    let fair = app
        .db
        .write(move |tx| async move {
            let (stream, fair) = find_in(&tx, &actor, id).await?;
            let minute = form::minute(&minute, stream.starts_at, stream.ends_at)?;
            let posting = public_posting(&tx, &fair, &posting).await?;
            store::insert_presented(&tx, id, posting, minute).await?;
            Ok(fair.id)
        })
        .await?;
    app.live.touch(fair);
    Ok(())
}

async fn public_posting(tx: &WriteTx, fair: &fair::Model, raw: &str) -> AppResult<PostingId> {
    let raw = raw.trim();
    if raw.is_empty() {
        return Err(Faults::one("posting", FieldFault::Required).into());
    }
    let missing = || AppError::from(Faults::one("posting", FieldFault::NotFound));
    let id = raw.parse().map_err(|_| missing())?;
    let found = posting::store::find_visible(tx.conn(), fair, id, tx.now).await;
    found.map(|posting| posting.id).map_err(|error| {
        if error.code() == Some("not_found") {
            missing()
        } else {
            error
        }
    })
}

/// # Errors
/// 404 for a stream that is not there.
pub async fn withdraw(app: &App, actor: Actor, id: StreamId, posting: PostingId) -> AppResult<()> {
    let fair = app
        .db
        .write(move |tx| async move {
            let (_, fair) = find_in(&tx, &actor, id).await?;
            store::delete_presented(&tx, id, posting).await?;
            Ok(fair.id)
        })
        .await?;
    app.live.touch(fair);
    Ok(())
}
