//! Queries on check-ins, and the updates that decide who came first.
use super::{
    decide::{Direction, Verdict},
    merge::{Outcome, Seen, Stand},
};
use crate::{
    domain::id::{AccountId, CheckInId, FairId, RegistrationId},
    entity::{check_in, fair, gate_settlement, registration},
    error::AppResult,
    platform::db::WriteTx,
    seeker::store::ACTIVE,
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, TryInsertResult,
    sea_query::{Expr, ExprTrait, OnConflict},
};

pub async fn by_nonce(
    db: &impl ConnectionTrait,
    fair: FairId,
    nonce: &str,
) -> AppResult<Option<check_in::Model>> {
    Ok(check_in::Entity::find()
        .filter(check_in::Column::FairId.eq(fair))
        .filter(check_in::Column::Nonce.eq(nonce))
        .one(db)
        .await?)
}

/// A scan to be kept, with what was answered.
pub struct NewCheckIn {
    pub fair: FairId,
    pub registration: Option<RegistrationId>,
    pub direction: Direction,
    pub verdict: Verdict,
    pub gate: String,
    pub nonce: String,
    pub answer: serde_json::Value,
    pub scanned_at: DateTime<Utc>,
    pub offline: bool,
    pub shown: Option<&'static str>,
    pub device: String,
    pub account: AccountId,
}

/// Keeps a scan; false when its nonce was used in the meantime.
pub async fn insert(tx: &WriteTx, new: NewCheckIn) -> AppResult<bool> {
    let kept = check_in::Entity::insert(row(tx, new))
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .try_insert()
        .exec(tx.conn())
        .await?;
    Ok(matches!(kept, TryInsertResult::Inserted(_)))
}

/// Puts what a device reports late in the place of what was answered while it could not hear; false
/// when another report was faster.
pub async fn replace(tx: &WriteTx, id: CheckInId, new: NewCheckIn) -> AppResult<bool> {
    let done = check_in::Entity::update_many()
        .set(row(tx, new))
        .filter(check_in::Column::Id.eq(id))
        .filter(check_in::Column::Offline.eq(false))
        .exec(tx.conn())
        .await?;
    Ok(done.rows_affected > 0)
}

fn row(tx: &WriteTx, new: NewCheckIn) -> check_in::ActiveModel {
    check_in::ActiveModel {
        fair_id: Set(new.fair),
        registration_id: Set(new.registration),
        direction: Set(new.direction.code().into()),
        result: Set(new.verdict.code().into()),
        reason: Set(new.verdict.reason().map(|reason| reason.code().into())),
        gate: Set(new.gate),
        nonce: Set(new.nonce),
        answer: Set(new.answer),
        scanned_at: Set(new.scanned_at),
        recorded_at: Set(tx.now),
        offline: Set(new.offline),
        shown: Set(new.shown.map(str::to_owned)),
        device: Set(new.device),
        account_id: Set(Some(new.account)),
        ..Default::default()
    }
}

/// Lets one more onto the square, while it holds no more than it may.
pub async fn enter_square(tx: &WriteTx, fair: FairId) -> AppResult<bool> {
    use fair::Column;
    let done = fair::Entity::update_many()
        .col_expr(Column::Inside, Expr::col(Column::Inside).add(1))
        .filter(Column::Id.eq(fair))
        .filter(Expr::col(Column::Inside).lt(Expr::col(Column::Capacity)))
        .exec(tx.conn())
        .await?;
    Ok(done.rows_affected > 0)
}

/// Corrects the number of people on the square by scans that happened earlier.
pub async fn count_inside(tx: &WriteTx, fair: FairId, change: i64) -> AppResult<()> {
    use fair::Column;
    fair::Entity::update_many()
        .col_expr(Column::Inside, Expr::col(Column::Inside).add(change))
        .filter(Column::Id.eq(fair))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// The first admission of a registration: only one scan can be it. `inside` is where the holder is
/// afterwards.
pub async fn first_in(
    tx: &WriteTx,
    id: RegistrationId,
    at: DateTime<Utc>,
    gate: &str,
    inside: bool,
) -> AppResult<bool> {
    use registration::Column;
    let done = registration::Entity::update_many()
        .col_expr(Column::FirstInAt, Expr::value(at))
        .col_expr(Column::FirstGate, Expr::value(gate))
        .col_expr(Column::Inside, Expr::value(inside))
        .filter(Column::Id.eq(id))
        .filter(Column::Status.eq(ACTIVE))
        .filter(Column::FirstInAt.is_null())
        .exec(tx.conn())
        .await?;
    Ok(done.rows_affected > 0)
}

/// Writes where somebody stands after all scans of the ticket.
pub async fn set_stand(tx: &WriteTx, id: RegistrationId, stand: Stand) -> AppResult<()> {
    use registration::Column;
    let (at, gate) = stand.first.unzip();
    registration::Entity::update_many()
        .col_expr(Column::FirstInAt, Expr::value(at))
        .col_expr(Column::FirstGate, Expr::value(gate))
        .col_expr(Column::Inside, Expr::value(stand.inside))
        .filter(Column::Id.eq(id))
        .filter(Column::Status.eq(ACTIVE))
        .exec(tx.conn())
        .await?;
    Ok(())
}

pub async fn set_inside(tx: &WriteTx, id: RegistrationId, inside: bool) -> AppResult<()> {
    use registration::Column;
    registration::Entity::update_many()
        .col_expr(Column::Inside, Expr::value(inside))
        .filter(Column::Id.eq(id))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// The scans of a registration that moved its holder, in the one order of time and nonce.
pub async fn moves(
    db: &impl ConnectionTrait,
    id: RegistrationId,
) -> AppResult<Vec<check_in::Model>> {
    use check_in::Column;
    Ok(check_in::Entity::find()
        .filter(Column::RegistrationId.eq(id))
        .filter(Column::Result.ne("refused"))
        .order_by_asc(Column::ScannedAt)
        .order_by_asc(Column::Nonce)
        .all(db)
        .await?)
}

/// Scans of tickets that nobody knew, made without a network, in the one order of time and nonce.
pub async fn strays(db: &impl ConnectionTrait, fair: FairId) -> AppResult<Vec<check_in::Model>> {
    use check_in::Column;
    Ok(check_in::Entity::find()
        .filter(Column::FairId.eq(fair))
        .filter(Column::Result.eq("refused"))
        .filter(Column::RegistrationId.is_null())
        .filter(Column::Offline.eq(true))
        .order_by_asc(Column::ScannedAt)
        .order_by_asc(Column::Nonce)
        .all(db)
        .await?)
}

/// Gives such a scan to the ticket that it was of, with what it amounts to there.
pub async fn own(
    tx: &WriteTx,
    scan: CheckInId,
    id: RegistrationId,
    verdict: Option<Verdict>,
) -> AppResult<()> {
    use check_in::Column;
    let mut update = check_in::Entity::update_many()
        .col_expr(Column::RegistrationId, Expr::value(id))
        .filter(Column::Id.eq(scan));
    if let Some(verdict) = verdict {
        let reason = verdict.reason().map(|reason| reason.code().to_owned());
        update = update
            .col_expr(Column::Result, Expr::value(verdict.code()))
            .col_expr(Column::Reason, Expr::value(reason));
    }
    update.exec(tx.conn()).await?;
    Ok(())
}

/// All scans of a registration, the newest first.
pub async fn scans_of(
    db: &impl ConnectionTrait,
    id: RegistrationId,
) -> AppResult<Vec<check_in::Model>> {
    Ok(check_in::Entity::find()
        .filter(check_in::Column::RegistrationId.eq(id))
        .order_by_desc(check_in::Column::Id)
        .limit(50)
        .all(db)
        .await?)
}

/// How many persons came to a fair.
pub async fn arrived(db: &impl ConnectionTrait, fair: FairId) -> AppResult<u64> {
    Ok(registration::Entity::find()
        .filter(registration::Column::FairId.eq(fair))
        .filter(registration::Column::FirstInAt.is_not_null())
        .count(db)
        .await?)
}

/// How many persons were first admitted at a gate.
pub async fn arrived_at(db: &impl ConnectionTrait, fair: FairId, gate: &str) -> AppResult<u64> {
    Ok(registration::Entity::find()
        .filter(registration::Column::FairId.eq(fair))
        .filter(registration::Column::FirstGate.eq(gate))
        .count(db)
        .await?)
}

/// Standing registrations of a fair, for a scanner without a network.
pub async fn standing(
    db: &impl ConnectionTrait,
    fair: FairId,
) -> AppResult<Vec<registration::Model>> {
    Ok(registration::Entity::find()
        .filter(registration::Column::FairId.eq(fair))
        .filter(registration::Column::Status.eq(ACTIVE))
        .order_by_asc(registration::Column::Id)
        .all(db)
        .await?)
}

/// How many devices other than `device` reported a scan at this gate since then.
pub async fn other_devices(
    db: &impl ConnectionTrait,
    fair: FairId,
    (gate, device): (&str, &str),
    since: DateTime<Utc>,
) -> AppResult<u64> {
    use check_in::Column;
    let named = check_in::Entity::find()
        .select_only()
        .column(Column::Device)
        .distinct()
        .filter(Column::FairId.eq(fair))
        .filter(Column::RecordedAt.gt(since))
        .filter(Column::Gate.eq(gate))
        .filter(Column::Device.is_not_in(["", device]));
    Ok(named.count(db).await?)
}

/// What the merging of scans looks at. A late scan that does not say what was shown went through.
pub fn seen(row: &check_in::Model) -> Seen {
    let outcome = match (row.result.as_str(), row.shown.as_deref()) {
        ("refused", _) => Outcome::Refused,
        (_, Some("already_in")) => Outcome::There,
        ("already_in", None) if !row.offline => Outcome::There,
        _ => Outcome::Passed,
    };
    Seen {
        at: row.scanned_at,
        nonce: row.nonce.clone(),
        gate: row.gate.clone(),
        device: row.device.clone(),
        direction: Direction::from_code(&row.direction).unwrap_or_default(),
        outcome,
        offline: row.offline,
    }
}

/// All scans of a fair.
pub async fn of_fair(db: &impl ConnectionTrait, fair: FairId) -> AppResult<Vec<check_in::Model>> {
    Ok(check_in::Entity::find()
        .filter(check_in::Column::FairId.eq(fair))
        .order_by_asc(check_in::Column::Id)
        .all(db)
        .await?)
}

/// The registrations behind scans.
pub async fn registrations(
    db: &impl ConnectionTrait,
    ids: &[RegistrationId],
) -> AppResult<Vec<registration::Model>> {
    let mut found = Vec::with_capacity(ids.len());
    for ids in ids.chunks(1000) {
        found.extend(
            registration::Entity::find()
                .filter(registration::Column::Id.is_in(ids.iter().copied()))
                .all(db)
                .await?,
        );
    }
    Ok(found)
}

pub async fn settlements(
    db: &impl ConnectionTrait,
    fair: FairId,
) -> AppResult<Vec<gate_settlement::Model>> {
    Ok(gate_settlement::Entity::find()
        .filter(gate_settlement::Column::FairId.eq(fair))
        .all(db)
        .await?)
}

/// Keeps how a question was settled; false when somebody did before.
pub async fn settle(
    tx: &WriteTx,
    fair: FairId,
    question: String,
    note_sealed: Vec<u8>,
    by: AccountId,
) -> AppResult<bool> {
    let row = gate_settlement::ActiveModel {
        fair_id: Set(fair),
        question: Set(question),
        note_sealed: Set(note_sealed),
        account_id: Set(by),
        settled_at: Set(tx.now),
        ..Default::default()
    };
    let kept = gate_settlement::Entity::insert(row)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .try_insert()
        .exec(tx.conn())
        .await?;
    Ok(matches!(kept, TryInsertResult::Inserted(_)))
}
