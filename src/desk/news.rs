//! 可公告的变动: a session that does not take place as the calendar said, or beside it. Put into the
//! outbox in the transaction of the change.
use crate::{
    domain::{id::OfficeId, rota::Key},
    error::AppResult,
    platform::{
        db::WriteTx,
        outbox::{self, Job},
    },
};
use serde::{Deserialize, Serialize};

/// A change of one session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct News {
    /// Key of the session, as in its address.
    pub session: String,
}

impl Job for News {
    const TOPIC: &'static str = "desk.news";
}

pub(super) async fn note(tx: &WriteTx, office: OfficeId, session: Key) -> AppResult<()> {
    let news = News {
        session: session.to_string(),
    };
    outbox::enqueue(tx, office, &news).await?;
    Ok(())
}
