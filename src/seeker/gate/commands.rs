//! A scan at the gate: one function, one transaction, one answer for one nonce.
use super::{
    Scan, Shown, Token,
    answer::{Answer, FirstSeen},
    decide::{self, At, Direction, Known, Reason, Verdict},
    merge,
    store::{self, NewCheckIn},
};
use crate::{
    domain::{
        fair::FairStatus,
        id::{AccountId, FairId, OfficeId, RegistrationId},
        ticket::Code,
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
            Some(kept) => return Answer::kept(&kept).named(app, gate.office).await,
            None => None,
        };
        let asked = scan.clone();
        let done = app
            .db
            .write(move |tx| async move { look(&tx, gate, asked, kept).await })
            .await;
        match done {
            // Another report with this nonce was faster, or the code was joined to a ticket just now.
            Err(error) if error.code() == Some(LOOK_AGAIN) => {}
            done => {
                app.live.touch(gate.fair);
                return done?.named(app, gate.office).await;
            }
        }
    }
    Err(AppError::unavailable())
}

const LOOK_AGAIN: &str = "look_again";
/// A nonce is reported online and late at most, and a code is joined once, so the fourth look finds it
/// settled.
const TRIES: usize = 4;

async fn look(
    tx: &WriteTx,
    gate: Gate,
    scan: Scan,
    kept: Option<check_in::Model>,
) -> AppResult<Answer> {
    let found = find(tx, gate, &scan).await?;
    let (verdict, first_seen) = match (&found, scan.offline.then_some(scan.shown).flatten()) {
        (_, Some(Shown::Refused(reason))) => (Verdict::Refused(reason), None),
        (Found::Refused(reason), _) => (Verdict::Refused(*reason), None),
        (Found::Holder(row), _) if scan.offline => {
            let at = scan.scanned_at.unwrap_or(tx.now).min(tx.now);
            late(tx, row, At(at, &scan.nonce), scan.direction).await?
        }
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
    let anothers = match &scan.given {
        Some(code) => !leads_to(tx, gate.fair, code, answer.registration).await?,
        None => false,
    };
    let kept_answer = answer.to_keep(&scan, anothers)?;
    let new = NewCheckIn {
        fair: gate.fair,
        registration: answer.registration,
        direction: scan.direction,
        verdict,
        gate: scan.gate,
        nonce: scan.nonce,
        answer: kept_answer,
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
        return Err(AppError::conflict(LOOK_AGAIN));
    }
    if let (true, Found::Holder(row)) = (offline, &found) {
        settle(tx, gate.fair, row).await?;
    }
    Ok(answer)
}

async fn leads_to(
    tx: &WriteTx,
    fair: FairId,
    code: &Code,
    id: Option<RegistrationId>,
) -> AppResult<bool> {
    let holder = registrations::by_code(tx.conn(), fair, code).await?;
    Ok(holder.map(|row| row.id) == id)
}

enum Found {
    Holder(Box<registration::Model>),
    Refused(Reason),
}

impl Found {
    fn registration(&self) -> Option<RegistrationId> {
        match self {
            Self::Holder(row) => Some(row.id),
            Self::Refused(_) => None,
        }
    }
}

/// The holder of what was scanned, locked; or why there is none for this gate.
async fn find(tx: &WriteTx, gate: Gate, scan: &Scan) -> AppResult<Found> {
    if gate.cancelled {
        return Ok(Found::Refused(Reason::FairCancelled));
    }
    let row = match &scan.token {
        Token::Secret(secret) => lock_hash(tx, gate, &token_hash(secret.in_full())).await?,
        Token::Hash(hash) => lock_hash(tx, gate, hash).await?,
        Token::Code(code) => registrations::lock_code(tx, gate.fair, code).await?,
        Token::Registration(id) => registrations::lock(tx, *id).await?,
        Token::Unreadable => None,
    };
    if let (None, Token::Code(code), true) = (&row, &scan.token, scan.offline) {
        still_unknown(tx, gate, code).await?;
    }
    Ok(match row {
        None => Found::Refused(Reason::Unknown),
        Some(row) if row.fair_id != gate.fair => Found::Refused(Reason::OtherFair),
        Some(row) if row.status != ACTIVE => Found::Refused(Reason::Withdrawn),
        Some(row) => Found::Holder(Box::new(row)),
    })
}

/// Whoever joins the code to a ticket takes up what was kept of it: so it is kept before that or looked
/// at again after it.
async fn still_unknown(tx: &WriteTx, gate: Gate, code: &Code) -> AppResult<()> {
    registrations::hold_fair(tx, gate.fair).await?;
    match registrations::by_code(tx.conn(), gate.fair, code).await? {
        Some(_) => Err(AppError::conflict(LOOK_AGAIN)),
        None => Ok(()),
    }
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
async fn late(
    tx: &WriteTx,
    row: &registration::Model,
    here: At<'_>,
    direction: Direction,
) -> AppResult<Looked> {
    let moves = store::moves(tx.conn(), row.id).await?;
    let before = moves
        .iter()
        .rfind(|m| At(m.scanned_at, &m.nonce) < here && m.nonce != here.1);
    let known = Known {
        came: row.first_in_at.is_some(),
        inside: before.map_or(row.first_in_at.is_some(), |m| m.direction == "in"),
    };
    Ok((decide::offline(known, direction), FirstSeen::of(row)))
}

/// Computes from all scans of a ticket where its holder stands, and counts the difference: so it
/// comes out the same in whatever order they arrived.
async fn settle(tx: &WriteTx, fair: FairId, row: &registration::Model) -> AppResult<()> {
    let moves = store::moves(tx.conn(), row.id).await?;
    let seen: Vec<_> = moves.iter().map(store::seen).collect();
    let stand = merge::stand(&seen);
    let change = i64::from(stand.inside) - i64::from(row.inside);
    store::set_stand(tx, row.id, stand).await?;
    match change {
        0 => Ok(()),
        1 => store::count_inside(tx, fair, 1).await,
        _ => registrations::leave(tx, fair).await,
    }
}

/// Takes up what was reported of a code before anybody knew whose it is: from here on those are scans
/// of the ticket that the code leads to, as if it had been known when they came in.
pub async fn adopt(tx: &WriteTx, fair: FairId, code: &Code, id: RegistrationId) -> AppResult<()> {
    for stray in store::strays(tx.conn(), fair).await? {
        if Answer::typed(&stray) != Some(code.grouped()) {
            continue;
        }
        let row = registrations::lock(tx, id).await?;
        let row = row.ok_or_else(AppError::not_found)?;
        // Whoever was kept back was kept back: only whose code it was is known now.
        let verdict = if stray.shown.as_deref() == Some("refused") {
            None
        } else {
            let here = At(stray.scanned_at, &stray.nonce);
            let direction = Direction::from_code(&stray.direction).unwrap_or_default();
            Some(late(tx, &row, here, direction).await?.0)
        };
        store::own(tx, stray.id, id, verdict).await?;
        settle(tx, fair, &row).await?;
    }
    Ok(())
}
