//! 可公告的事: what happened to a case that the residents' group may be told of. It is put into the
//! outbox in the transaction of its event; whether anything is announced, somebody decides.
use crate::{
    domain::{
        case::Command,
        id::{CaseId, OfficeId},
    },
    error::AppResult,
    platform::{
        db::WriteTx,
        outbox::{self, Job},
    },
};
use serde::{Deserialize, Serialize};

/// An event that may be announced.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct News {
    pub case: CaseId,
    /// Number of the event.
    pub seq: u64,
    /// A meeting was called; otherwise the case was published.
    pub meeting: bool,
}

impl Job for News {
    const TOPIC: &'static str = "case.news";
}

/// Notes news of an event, if it is any.
pub(super) async fn note(
    tx: &WriteTx,
    office: OfficeId,
    case: CaseId,
    (seq, command): (u64, &Command),
) -> AppResult<()> {
    let meeting = match command {
        Command::Publish { .. } => false,
        Command::Schedule { .. } => true,
        _ => return Ok(()),
    };
    outbox::enqueue(tx, office, &News { case, seq, meeting }).await?;
    Ok(())
}
