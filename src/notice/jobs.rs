//! 出站: what the outbox's jobs are about. News become drafts, what was sent is laid down outside.
//! Each may run twice: a draft belongs to its cause, a message to its name.
use super::{compose, store, store::NewDraft};
use crate::{
    case::{self, deliberation, news::News, public},
    desk,
    domain::{id::AnnouncementId, notice::Source, rota::Key},
    error::AppResult,
    platform::{
        App,
        outbox::{self, Handler, Item, Job},
        text::Lang,
    },
};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How often the outbox is looked into.
const EACH: Duration = Duration::from_secs(2);
/// News that lay so long, over a holiday weekend without the program, are none any more.
const STALE: TimeDelta = TimeDelta::days(4);

/// An announcement on its way; the words are those that were checked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Send {
    pub announcement: AnnouncementId,
    pub text: String,
}

impl Job for Send {
    const TOPIC: &'static str = "announcement.send";
}

/// Everything that this program does after commit.
pub const HANDLERS: &[Handler] = &[
    Handler {
        topic: News::TOPIC,
        run: |app, item| Box::pin(of_case(app, item)),
    },
    Handler {
        topic: desk::news::News::TOPIC,
        run: |app, item| Box::pin(of_desk(app, item)),
    },
    Handler {
        topic: Send::TOPIC,
        run: |app, item| Box::pin(lay_down(app, item)),
    },
];

/// Empties the outbox until the program stops.
pub async fn work(app: App) {
    let mut tick = tokio::time::interval(EACH);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = app.stop.cancelled() => return,
            _ = tick.tick() => {}
        }
        if let Err(error) = outbox::round(&app, HANDLERS).await {
            tracing::warn!(%error, "the outbox cannot be emptied");
        }
    }
}

async fn draft(app: &App, new: NewDraft) -> AppResult<()> {
    app.db
        .write(move |tx| async move { store::draft_once(&tx, new).await })
        .await
}

async fn of_case(app: App, item: Item) -> AppResult<()> {
    let news: News = item.job()?;
    if app.db.now() - item.created_at > STALE {
        return Ok(());
    }
    let row = case::store::find(app.db.read(), item.office, news.case).await?;
    let Some(published) = public::of_case(&app, &row).await? else {
        return Ok(());
    };
    let url = &app.settings.public_url;
    let (source, body) = if news.meeting {
        let read = deliberation::of(&app, &row).await?;
        let called = read.meetings.iter().find(|one| one.seq == news.seq);
        let Some(meeting) = called.filter(|one| one.at > app.db.now()) else {
            return Ok(());
        };
        let body = compose::meeting(Lang::Zh, &published, meeting, url);
        (Source::Meeting, body)
    } else {
        (Source::Case, compose::case(Lang::Zh, &published, url))
    };
    let new = NewDraft {
        office: item.office,
        source,
        cause: Some(format!("case-{}-{}", news.case, news.seq)),
        case: Some(news.case),
        body,
        by: None,
    };
    draft(&app, new).await
}

async fn of_desk(app: App, item: Item) -> AppResult<()> {
    let news: desk::news::News = item.job()?;
    let Ok(key) = news.session.parse::<Key>() else {
        return Ok(());
    };
    let db = app.db.read();
    let session = match desk::store::session(db, item.office, key).await {
        Ok(session) => session,
        // The pattern ended meanwhile.
        Err(error) if error.code() == Some("not_found") => return Ok(()),
        Err(error) => return Err(error),
    };
    let site = desk::store::site(db, item.office, session.site).await?;
    let url = &app.settings.public_url;
    let Some(body) = compose::change(Lang::Zh, &session, Some(&site), app.db.now(), url) else {
        return Ok(());
    };
    let new = NewDraft {
        office: item.office,
        source: Source::Change,
        cause: Some(format!("desk-{}", item.uid)),
        case: None,
        body,
        by: None,
    };
    draft(&app, new).await
}

async fn lay_down(app: App, item: Item) -> AppResult<()> {
    let send: Send = item.job()?;
    Ok(app.spool.put(&item.uid, send.text).await?)
}
