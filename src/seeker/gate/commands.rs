//! A scan at the gate: one function, one transaction, one answer for one nonce.
use super::{
    Scan, Shown, Token,
    answer::{Answer, FirstSeen},
    decide::{self, At, Known, Reason, Verdict},
    merge,
    store::{self, NewCheckIn},
};
use crate::{
    domain::{
        fair::FairStatus,
        id::{AccountId, FairId, OfficeId},
    },
    entity::{check_in, fair, registration},
    error::{AppError, AppResult},
    platform::{App, db::WriteTx, secret::token_hash},
    seeker::store::{self as registrations, ACTIVE},
};

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
    for _ in 0..TRIES {
        let kept = store::by_nonce(app.db.read(), gate.fair, &nonce).await?;
        let kept = match kept {
            Some(kept) if merge::replaces(kept.offline, scan.offline) => Some(kept),
            Some(kept) => return Answer::kept(kept).named(app, gate.office).await,
            None => None,
        };
        let asked = scan.clone();
        let done = app
            .db
            .write(move |tx| async move { look(&tx, gate, asked, kept).await })
            .await;
        match done {
            // Another report with this nonce was faster.
            Err(error) if error.code() == Some(NONCE_USED) => {}
            done => {
                app.live.touch(gate.fair);
                return done?.named(app, gate.office).await;
            }
        }
    }
    Err(AppError::unavailable())
}

const NONCE_USED: &str = "nonce_used";
/// A nonce is reported online and late at most, so the third look finds it settled.
const TRIES: usize = 3;

async fn look(
    tx: &WriteTx,
    gate: Gate,
    scan: Scan,
    kept: Option<check_in::Model>,
) -> AppResult<Answer> {
    let found = find(tx, gate, &scan.token).await?;
    let (verdict, first_seen) = match (&found, scan.offline.then_some(scan.shown).flatten()) {
        (_, Some(Shown::Refused(reason))) => (Verdict::Refused(reason), None),
        (Found::Refused(reason), _) => (Verdict::Refused(*reason), None),
        (Found::Holder(row), _) if scan.offline => late(tx, row, &scan).await?,
        (Found::Holder(row), _) => now(tx, gate, row, &scan).await?,
    };
    let answer = Answer {
        verdict,
        direction: scan.direction,
        first_seen,
        registration: found.registration(),
        recorded_at: tx.now,
        person: None,
    };
    let offline = scan.offline;
    let new = NewCheckIn {
        fair: gate.fair,
        registration: answer.registration,
        direction: scan.direction,
        verdict,
        gate: scan.gate,
        nonce: scan.nonce,
        answer: answer.to_keep(&scan.token)?,
        scanned_at: scan.scanned_at.unwrap_or(tx.now).min(tx.now),
        offline,
        shown: scan.shown.filter(|_| offline).map(Shown::code),
        device: scan.device,
        account: gate.account,
    };
    let done = match kept {
        Some(kept) => store::replace(tx, kept.id, new).await?,
        None => store::insert(tx, new).await?,
    };
    if !done {
        return Err(AppError::conflict(NONCE_USED));
    }
    if let (true, Found::Holder(row)) = (offline, &found) {
        settle(tx, gate, row).await?;
    }
    Ok(answer)
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
        Token::Secret(secret) => lock_hash(tx, gate, &token_hash(secret.in_full())).await?,
        Token::Hash(hash) => lock_hash(tx, gate, hash).await?,
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

/// The registration of a secret, by what is kept of it, locked.
async fn lock_hash(tx: &WriteTx, gate: Gate, hash: &str) -> AppResult<Option<registration::Model>> {
    match registrations::by_secret_hash(tx.conn(), gate.office, hash).await? {
        Some((row, _)) => registrations::lock(tx, row.id).await,
        None => Ok(None),
    }
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

/// What a scan that was made without a network looks like from here.
async fn late(tx: &WriteTx, row: &registration::Model, scan: &Scan) -> AppResult<Looked> {
    let at = scan.scanned_at.unwrap_or(tx.now).min(tx.now);
    let moves = store::moves(tx.conn(), row.id).await?;
    let here = At(at, &scan.nonce);
    let before = moves
        .iter()
        .rfind(|m| At(m.scanned_at, &m.nonce) < here && m.nonce != scan.nonce);
    let known = Known {
        came: row.first_in_at.is_some(),
        inside: before.map_or(row.first_in_at.is_some(), |m| m.direction == "in"),
    };
    Ok((decide::offline(known, scan.direction), FirstSeen::of(row)))
}

/// Computes from all scans of a ticket where its holder stands, and counts the difference: so it
/// comes out the same in whatever order they arrived.
async fn settle(tx: &WriteTx, gate: Gate, row: &registration::Model) -> AppResult<()> {
    let moves = store::moves(tx.conn(), row.id).await?;
    let seen: Vec<_> = moves.iter().map(store::seen).collect();
    let stand = merge::stand(&seen);
    let change = i64::from(stand.inside) - i64::from(row.inside);
    store::set_stand(tx, row.id, stand).await?;
    match change {
        0 => Ok(()),
        1 => store::count_inside(tx, gate.fair, 1).await,
        _ => registrations::leave(tx, gate.fair).await,
    }
}
