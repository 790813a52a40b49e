//! A scan at the gate: one function, one transaction, one answer for one nonce.
use super::{
    Scan, Token,
    answer::{Answer, FirstSeen},
    decide::{self, At, Direction, Known, Reason, Verdict},
    store::{self, NewCheckIn},
};
use crate::{
    domain::{
        fair::FairStatus,
        id::{AccountId, FairId, OfficeId},
    },
    entity::{fair, registration},
    error::{AppError, AppResult},
    platform::{App, db::WriteTx},
    seeker::store::{self as registrations, ACTIVE},
};
use chrono::{DateTime, Utc};

/// Where and by whom is scanned.
#[derive(Clone, Copy)]
struct Gate {
    fair: FairId,
    office: OfficeId,
    cancelled: bool,
    account: AccountId,
}

/// Looks at a ticket and keeps the scan. The same nonce gets the same answer and is kept once.
pub async fn check_in(
    app: &App,
    fair: &fair::Model,
    account: AccountId,
    scan: Scan,
) -> AppResult<Answer> {
    let gate = Gate {
        fair: fair.id,
        office: fair.office_id,
        cancelled: fair.status == FairStatus::Cancelled,
        account,
    };
    let nonce = scan.nonce.clone();
    if let Some(kept) = store::by_nonce(app.db.read(), gate.fair, &nonce).await? {
        return Answer::kept(kept).named(app, gate.office).await;
    }
    let done = app
        .db
        .write(move |tx| async move { look(&tx, gate, scan).await });
    let answer = match done.await {
        // Another scan with this nonce was faster.
        Err(error) if error.code() == Some(NONCE_USED) => {
            let kept = store::by_nonce(app.db.read(), gate.fair, &nonce).await?;
            Answer::kept(kept.ok_or(error)?)
        }
        done => {
            app.live.touch(gate.fair);
            done?
        }
    };
    answer.named(app, gate.office).await
}

const NONCE_USED: &str = "nonce_used";

async fn look(tx: &WriteTx, gate: Gate, scan: Scan) -> AppResult<Answer> {
    let found = find(tx, gate, &scan.token).await?;
    let (verdict, first_seen) = match &found {
        Found::Refused(reason) => (Verdict::Refused(*reason), None),
        Found::Holder(row) if scan.offline => late(tx, gate, row, &scan).await?,
        Found::Holder(row) => now(tx, gate, row, &scan).await?,
    };
    let answer = Answer {
        verdict,
        direction: scan.direction,
        first_seen,
        registration: found.registration(),
        recorded_at: tx.now,
        person: None,
    };
    let kept = NewCheckIn {
        fair: gate.fair,
        registration: answer.registration,
        direction: scan.direction,
        verdict,
        gate: scan.gate,
        nonce: scan.nonce,
        answer: answer.to_keep()?,
        scanned_at: scan.scanned_at.unwrap_or(tx.now).min(tx.now),
        offline: scan.offline,
        account: gate.account,
    };
    if store::insert(tx, kept).await? {
        Ok(answer)
    } else {
        Err(AppError::conflict(NONCE_USED))
    }
}

enum Found {
    Holder(Box<registration::Model>),
    Refused(Reason),
}

impl Found {
    fn registration(&self) -> Option<crate::domain::id::RegistrationId> {
        match self {
            Self::Holder(row) => Some(row.id),
            Self::Refused(_) => None,
        }
    }
}

/// The holder of what was scanned, locked; or why there is none for this gate.
async fn find(tx: &WriteTx, gate: Gate, token: &Token) -> AppResult<Found> {
    if gate.cancelled {
        return Ok(Found::Refused(Reason::FairCancelled));
    }
    let row = match token {
        Token::Secret(secret) => {
            match registrations::by_secret(tx.conn(), gate.office, secret).await? {
                Some((row, _)) => registrations::lock(tx, row.id).await?,
                None => None,
            }
        }
        Token::Code(code) => registrations::lock_code(tx, gate.fair, code).await?,
        Token::Registration(id) => registrations::lock(tx, *id).await?,
        Token::Unreadable => None,
    };
    Ok(match row {
        None => Found::Refused(Reason::Unknown),
        Some(row) if row.fair_id != gate.fair => Found::Refused(Reason::OtherFair),
        Some(row) if row.status != ACTIVE => Found::Refused(Reason::Withdrawn),
        Some(row) => Found::Holder(Box::new(row)),
    })
}

type Looked = (Verdict, Option<FirstSeen>);

/// A scan that is answered while the holder stands at the gate.
async fn now(
    tx: &WriteTx,
    gate: Gate,
    row: &registration::Model,
    scan: &Scan,
) -> AppResult<Looked> {
    let known = Known {
        came: row.first_in_at.is_some(),
        inside: row.inside,
    };
    let verdict = decide::online(known, scan.direction);
    match verdict {
        Verdict::Admitted { .. } => {
            if !store::enter_square(tx, gate.fair).await? {
                return Ok((Verdict::Refused(Reason::Full), FirstSeen::of(row)));
            }
            let first = store::first_in(tx, row.id, tx.now, &scan.gate, true).await?;
            if !first {
                store::set_inside(tx, row.id, true).await?;
            }
            let seen = if first { None } else { FirstSeen::of(row) };
            Ok((verdict, seen))
        }
        Verdict::Left => {
            store::set_inside(tx, row.id, false).await?;
            registrations::leave(tx, gate.fair).await?;
            Ok((verdict, FirstSeen::of(row)))
        }
        Verdict::AlreadyIn | Verdict::Refused(_) => Ok((verdict, FirstSeen::of(row))),
    }
}

/// A scan that was made without a network. It happened, so it is kept; first admission and
/// whereabouts come out the same in whatever order scans arrive.
async fn late(
    tx: &WriteTx,
    gate: Gate,
    row: &registration::Model,
    scan: &Scan,
) -> AppResult<Looked> {
    let at = scan.scanned_at.unwrap_or(tx.now).min(tx.now);
    let moves = store::moves(tx.conn(), row.id).await?;
    let here = At(at, &scan.nonce);
    let before = moves.iter().rfind(|m| At(m.scanned_at, &m.nonce) < here);
    let known = Known {
        came: row.first_in_at.is_some(),
        inside: before.map_or(row.first_in_at.is_some(), |m| m.direction == "in"),
    };
    let verdict = decide::offline(known, scan.direction);
    let seen = FirstSeen::of(row);
    if scan.direction == Direction::In
        && !store::first_in(tx, row.id, at, &scan.gate, row.inside).await?
    {
        store::came_earlier(tx, row.id, at, &scan.gate).await?;
    }
    let latest = moves.iter().all(|m| At(m.scanned_at, &m.nonce) < here);
    if latest {
        let inside = scan.direction == Direction::In;
        stand(tx, gate, row, inside).await?;
    }
    Ok((verdict, seen))
}

/// Sets where the holder is, and counts the difference.
async fn stand(tx: &WriteTx, gate: Gate, row: &registration::Model, inside: bool) -> AppResult<()> {
    if row.inside == inside {
        return Ok(());
    }
    store::set_inside(tx, row.id, inside).await?;
    if inside {
        store::count_inside(tx, gate.fair, 1).await
    } else {
        registrations::leave(tx, gate.fair).await
    }
}

/// When a scan was made, if the device's clock can be believed: never in the future, and not
/// before the fair existed.
pub fn believable(scanned_at: Option<DateTime<Utc>>, fair: &fair::Model) -> Option<DateTime<Utc>> {
    scanned_at.filter(|at| *at >= fair.created_at)
}
