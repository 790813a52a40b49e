//! Writing, reviewing, publishing and closing postings.
use super::{
    check,
    form::Details,
    store::{self, Event, Place, Verdict},
};
use crate::{
    account::Actor,
    domain::{
        booking::is_stale,
        employer::EmployerStatus,
        fault::{Faults, FieldFault},
        id::{EmployerId, FairId, PostingId},
        moment,
        posting::{PostingStatus, PublishFacts, PublishRefusal, may_publish},
        posting_check::{Finding, Severity},
        text::{Line, Prose},
    },
    entity,
    error::{AppError, AppResult},
    platform::{
        App,
        db::WriteTx,
        once::{Done, Once},
    },
};
use chrono::{DateTime, Utc};

/// What the writer wants done with the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// 存为草稿
    Keep,
    /// 提交审核
    Submit,
}

impl Act {
    fn event(self) -> &'static str {
        match self {
            Self::Keep => "saved",
            Self::Submit => "submitted",
        }
    }
}

/// Where new postings belong.
#[derive(Clone, Debug)]
pub struct Target {
    /// Slug of the fair.
    pub fair: String,
    pub employer: EmployerId,
}

/// Writes new postings, all or none; their findings are kept beside them.
///
/// # Errors
/// 404 for a fair or employer that is not there; 409 `fair_over`, `employer_not_approved`,
/// `verification_stale`.
pub async fn write(
    app: &App,
    actor: Actor,
    target: Target,
    texts: Vec<Details>,
    act: Act,
    once: Once,
) -> AppResult<Done<Vec<PostingId>>> {
    let done = app
        .db
        .write_once(once, move |tx| async move {
            let fair = store::fair_for(tx.conn(), &actor, &target.fair).await?;
            let employer = store::employer(tx.conn(), actor.office, target.employer).await?;
            may_write(&fair, &employer, act, tx.now)?;
            let place = Place {
                office: actor.office,
                fair: fair.id,
                employer: employer.id,
            };
            let mut made = Vec::with_capacity(texts.len());
            for details in &texts {
                made.push(add(&tx, &actor, place, &employer.name, details, act).await?);
            }
            Ok((fair.id, made))
        })
        .await?;
    app.live.touch(done.value.0);
    Ok(done.map(|(_, made)| made))
}

async fn add(
    tx: &WriteTx,
    actor: &Actor,
    place: Place,
    employer: &str,
    details: &Details,
    act: Act,
) -> AppResult<PostingId> {
    let status = match act {
        Act::Keep => PostingStatus::Draft,
        Act::Submit => PostingStatus::InReview,
    };
    let findings = check::findings(details);
    let id = store::insert(tx, place, employer, details, status, &findings).await?;
    let event = Event {
        what: act.event(),
        reason: None,
        ground: None,
        by: actor.account,
    };
    store::record(tx, actor.office, id, event).await?;
    Ok(id)
}

/// A pending employer may write: its postings wait with it.
fn may_write(
    fair: &entity::fair::Model,
    employer: &entity::employer::Model,
    act: Act,
    now: DateTime<Utc>,
) -> AppResult<()> {
    if fair.ends_at <= now || fair.status == crate::domain::fair::FairStatus::Cancelled {
        return Err(AppError::conflict("fair_over"));
    }
    if act == Act::Keep {
        return Ok(());
    }
    match employer.status {
        EmployerStatus::Approved => match employer.verified_at {
            Some(at) if is_stale(at, now) => Err(AppError::conflict("verification_stale")),
            _ => Ok(()),
        },
        EmployerStatus::Pending | EmployerStatus::Returned => Ok(()),
        EmployerStatus::Rejected => Err(AppError::conflict("employer_not_approved")),
    }
}

/// The version of a posting that somebody looked at.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    pub id: PostingId,
    /// Left out by callers that take what is there.
    pub version: Option<i64>,
}

async fn seen(tx: &WriteTx, actor: &Actor, seen: Seen) -> AppResult<entity::posting::Model> {
    let posting = store::find_for(tx.conn(), actor, seen.id).await?;
    match seen.version {
        Some(version) if version != posting.version => {
            Err(AppError::conflict("stale").with("version", posting.version))
        }
        _ => Ok(posting),
    }
}

/// Changes a posting; what was published goes back into review.
///
/// # Errors
/// 404 for somebody else's; 409 `stale`, `posting_closed`, and as for new ones.
pub async fn change(
    app: &App,
    actor: Actor,
    at: Seen,
    details: Details,
    act: Act,
) -> AppResult<PostingId> {
    let fair = app
        .db
        .write(move |tx| async move {
            let posting = seen(&tx, &actor, at).await?;
            if !posting.status.may_edit() {
                return Err(AppError::conflict("posting_closed"));
            }
            let fair = store::fairs_by_id(tx.conn(), actor.office, std::slice::from_ref(&posting));
            let fair = fair.await?.remove(&posting.fair_id);
            let fair = fair.ok_or_else(AppError::not_found)?;
            let employer = store::employer(tx.conn(), actor.office, posting.employer_id).await?;
            may_write(&fair, &employer, act, tx.now)?;
            let status = after_change(posting.status, act);
            let findings = check::findings(&details);
            store::update(&tx, &posting, &employer.name, &details, status, &findings).await?;
            let event = Event {
                what: act.event(),
                reason: None,
                ground: None,
                by: actor.account,
            };
            store::record(&tx, actor.office, posting.id, event).await?;
            Ok(fair.id)
        })
        .await?;
    app.live.touch(fair);
    Ok(at.id)
}

/// A draft may stay one; everything else that changes is looked at again.
fn after_change(status: PostingStatus, act: Act) -> PostingStatus {
    match (status, act) {
        (PostingStatus::Draft | PostingStatus::Returned, Act::Keep) => status,
        _ => PostingStatus::InReview,
    }
}

/// What the office decides about a posting in review.
#[derive(Clone, Debug)]
pub enum Decision {
    /// 通过并发布. Held findings need the legal ground on which they are overruled.
    Approve {
        ground: Option<Line>,
        reason: Option<Prose>,
    },
    /// 退回补正
    Return(Prose),
    /// 不予发布
    Reject(Prose),
}

/// # Errors
/// 404; 409 `stale` and as `may_publish` says; 422 on `ground` while findings hold.
pub async fn review(app: &App, actor: Actor, at: Seen, decision: Decision) -> AppResult<PostingId> {
    let fair = app
        .db
        .write(move |tx| async move {
            let posting = seen(&tx, &actor, at).await?;
            let (status, what) = match &decision {
                Decision::Approve { ground, .. } => {
                    publishable(&tx, &posting, ground.is_some()).await?;
                    (PostingStatus::Published, "approved")
                }
                Decision::Return(_) => (PostingStatus::Returned, "returned"),
                Decision::Reject(_) => (PostingStatus::Rejected, "rejected"),
            };
            if posting.status != PostingStatus::InReview {
                return Err(refusal(PublishRefusal::NotInReview, &posting)?);
            }
            let (reason, ground) = match decision {
                Decision::Approve { reason, ground } => (reason, ground),
                Decision::Return(reason) | Decision::Reject(reason) => (Some(reason), None),
            };
            let reason = reason.map(Prose::into_string);
            let verdict = Verdict {
                status,
                reason: reason.clone(),
                by: actor.account,
            };
            store::review(&tx, &posting, verdict).await?;
            let event = Event {
                what,
                reason,
                ground: ground.map(Line::into_string),
                by: actor.account,
            };
            store::record(&tx, actor.office, posting.id, event).await?;
            Ok(posting.fair_id)
        })
        .await?;
    app.live.touch(fair);
    Ok(at.id)
}

/// Whether a posting may be published now.
async fn publishable(
    tx: &WriteTx,
    posting: &entity::posting::Model,
    overruled: bool,
) -> AppResult<()> {
    let employer = store::employer(tx.conn(), posting.office_id, posting.employer_id).await?;
    let held = held(posting)?.len();
    let facts = PublishFacts {
        now: tx.now,
        today: moment::today(tx.now),
        status: posting.status,
        employer: employer.status,
        verified_at: employer.verified_at,
        expires_on: posting.expires_on,
        unanswered_findings: if overruled { 0 } else { held },
    };
    match may_publish(&facts) {
        Ok(()) => Ok(()),
        Err(no) => Err(refusal(no, posting)?),
    }
}

/// Findings that hold a posting back.
pub fn held(posting: &entity::posting::Model) -> AppResult<Vec<Finding>> {
    let findings: Vec<Finding> = serde_json::from_value(posting.findings.clone())?;
    Ok(findings
        .into_iter()
        .filter(|f| f.severity == Severity::Hold)
        .collect())
}

fn refusal(no: PublishRefusal, posting: &entity::posting::Model) -> AppResult<AppError> {
    Ok(match no {
        PublishRefusal::FindingUnanswered => {
            AppError::from(Faults::one("ground", FieldFault::Required))
                .with("findings", serde_json::to_value(held(posting)?)?)
        }
        PublishRefusal::Expired => AppError::conflict("posting_expired"),
        no => AppError::conflict(no.code()),
    })
}

/// Who takes a posting off, and why.
#[derive(Clone, Debug)]
pub enum Closing {
    /// 招满或不再招聘: by the employer.
    Filled,
    /// 下架: by the office, with a reason; the record stays.
    Hide(Prose),
}

/// # Errors
/// 404; 409 `stale`, `posting_closed` when it is closed already.
pub async fn close(app: &App, actor: Actor, at: Seen, closing: Closing) -> AppResult<PostingId> {
    let fair = app
        .db
        .write(move |tx| async move {
            let posting = seen(&tx, &actor, at).await?;
            if !posting.status.may_edit() {
                return Err(AppError::conflict("posting_closed"));
            }
            let (status, what, reason) = match closing {
                Closing::Filled => (PostingStatus::Closed, "closed", None),
                Closing::Hide(reason) => {
                    (PostingStatus::Hidden, "hidden", Some(reason.into_string()))
                }
            };
            store::set_status(&tx, &posting, status, reason.clone()).await?;
            let event = Event {
                what,
                reason,
                ground: None,
                by: actor.account,
            };
            store::record(&tx, actor.office, posting.id, event).await?;
            Ok::<FairId, AppError>(posting.fair_id)
        })
        .await?;
    app.live.touch(fair);
    Ok(at.id)
}
