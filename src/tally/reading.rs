//! Who may read which figures, and the snapshot they are read from.
use super::{
    picture::Picture,
    query::Question,
    report::{Reader, Tally},
    rows::{self, Listing, Part},
    store,
};
use crate::{
    account::Actor,
    domain::{id::UnitId, role::Role},
    entity::fair,
    error::{AppError, AppResult},
    platform::{App, text::Lang},
};
use chrono::TimeDelta;
use std::sync::Arc;

/// Those who see figures.
pub const FIGURES: &[Role] = &[
    Role::OfficeAdmin,
    Role::PlacementOfficer,
    Role::Secretary,
    Role::Board,
    Role::CoHost,
];
/// Those who also see the rows behind them.
pub const ROWS: &[Role] = &[Role::OfficeAdmin, Role::PlacementOfficer, Role::Secretary];

/// The further pages of a list are cut from the picture that its first page was cut from, while
/// nothing is written to the fair, for so long.
const LEAFING: TimeDelta = TimeDelta::seconds(10);

/// The fair of that address, if this actor may see its figures: a co-host sees the fairs it
/// co-hosts, for others they do not exist.
pub async fn fair(app: &App, actor: &Actor, slug: &str) -> AppResult<fair::Model> {
    let fair = store::fair(app.db.read(), actor.office, slug).await?;
    let fair = fair.ok_or_else(AppError::not_found)?;
    if actor.role == Role::CoHost && !is_host(app, &fair, actor.unit).await? {
        return Err(AppError::not_found());
    }
    Ok(fair)
}

async fn is_host(app: &App, fair: &fair::Model, unit: Option<UnitId>) -> AppResult<bool> {
    match unit {
        Some(unit) => store::hosts(app.db.read(), fair.id, unit).await,
        None => Ok(false),
    }
}

/// A fair for a command of the program, which may see everything.
///
/// # Errors
/// 404 when the office has no such fair.
pub async fn by_slug(app: &App, slug: &str) -> AppResult<fair::Model> {
    let found = store::fair(app.db.read(), app.settings.office, slug).await?;
    found.ok_or_else(AppError::not_found)
}

/// Everything about a fair, as it is now.
pub async fn picture(app: &App, fair: fair::Model) -> AppResult<Picture> {
    let as_of = app.db.now();
    app.db
        .snapshot(move |db| async move { store::picture(&*db, fair, as_of).await })
        .await
}

/// All figures of a fair, for an actor who may see them.
pub async fn tally(app: &App, actor: &Actor, slug: &str) -> AppResult<Tally> {
    let fair = fair(app, actor, slug).await?;
    Ok(Tally::of(picture(app, fair).await?))
}

/// A page of the rows behind a figure, from the same snapshot as the figure.
pub async fn listing(
    app: &App,
    actor: &Actor,
    slug: &str,
    question: Question,
    part: Part,
) -> AppResult<(Arc<Picture>, Listing)> {
    let fair = fair(app, actor, slug).await?;
    let (keys, office, as_of) = (app.keys.clone(), actor.office, app.db.now());
    let key = format!("tally {}", fair.id);
    let basis = app.live.version(Some(fair.id)).to_string();
    let known = part.after.and_then(|_| app.kept.get(&key, &basis, as_of));
    let read = move |db: Arc<sea_orm::DatabaseTransaction>| async move {
        let picture = match known {
            Some(picture) => picture,
            None => Arc::new(store::picture(&*db, fair, as_of).await?),
        };
        let source = rows::Source {
            db: &*db,
            keys: &keys,
            office,
            picture: &picture,
        };
        let listing = rows::rows(&source, &question, part).await?;
        Ok((picture, listing))
    };
    let (picture, listing) = app.db.snapshot(read).await?;
    if listing.next.is_some() {
        let until = picture.as_of + LEAFING;
        app.kept.put(key, basis, Some(until), picture.clone());
    }
    Ok((picture, listing))
}

/// How figures are told to an actor: with links to their rows for those who may open them.
pub fn reader(actor: &Actor, lang: Lang, rows: String) -> Reader {
    Reader {
        lang,
        rows: actor.is(ROWS).then_some(rows),
    }
}
