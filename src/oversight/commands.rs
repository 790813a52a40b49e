//! What an office decides about its figures: how the three rates weigh, and that a month is sealed.
use super::{
    gather::{self, Cut},
    seal, store,
};
use crate::{
    account::{
        Actor,
        store::{Access, record_access},
    },
    domain::{
        fault::{Faults, FieldFault},
        id::OfficeId,
        rates::{FORMULA, Period, Weights},
    },
    entity::sealed_month::Model,
    error::{AppError, AppResult},
    platform::{
        App,
        form::Sent,
        once::{Done, Once},
    },
};
use chrono::{DateTime, TimeDelta, Utc};

/// A write that began before the sealing may end after it; what was recorded in the last seconds is
/// left to the time after.
const SETTLED: TimeDelta = TimeDelta::seconds(10);

/// Weights as they were typed.
pub struct Set(pub Weights);

impl Set {
    /// # Errors
    /// 422 with the weights that are no numbers, or that do not make a hundred.
    pub fn read(sent: &Sent) -> AppResult<Self> {
        let mut faults = Faults::new();
        let mut part = |name: &'static str| {
            let text = crate::domain::text::half_width(sent.get(name));
            let read = match text.trim() {
                "" => Err(FieldFault::Required),
                text => match text.parse::<u8>() {
                    Ok(weight @ 0..=100) => Ok(weight),
                    _ => Err(FieldFault::OutOfRange { min: 0, max: 100 }),
                },
            };
            faults.take(name, read)
        };
        let parts = (part("response"), part("solved"), part("satisfied"));
        let weights = match parts {
            (Some(response), Some(solved), Some(satisfied)) => {
                let weights = Weights::new(response, solved, satisfied);
                weights
                    .map_err(|_| faults.add("satisfied", FieldFault::NotHundred))
                    .ok()
            }
            _ => None,
        };
        Ok(Self(faults.into_result(weights)?))
    }
}

/// Changes the weights; months that are sealed keep theirs.
pub async fn set_weights(app: &App, actor: &Actor, set: Set, ip: String) -> AppResult<()> {
    let (office, account) = (actor.office, actor.account);
    app.db
        .write(move |tx| async move {
            store::set_weights(&tx, office, account, set.0).await?;
            let reason = format!(
                "weights {}/{}/{}",
                set.0.response, set.0.solved, set.0.satisfied
            );
            let access = Access {
                office,
                account: Some(account),
                action: "office_changed",
                subject: "offices",
                subject_id: Some(office.0),
                reason: &reason,
                ip: &ip,
            };
            record_access(&tx, access).await
        })
        .await
}

/// Whether a month can be sealed now: it is over, and the last writes of it have come to rest.
pub fn is_over(period: &Period, now: DateTime<Utc>) -> bool {
    period.to <= now - SETTLED
}

/// Seals a month with everything that is known now.
///
/// # Errors
/// 409 `month_not_over`; 409 `month_sealed` when it was sealed before.
pub async fn seal_month(app: &App, actor: &Actor, month: &str, once: Once) -> AppResult<Done<()>> {
    let (office, account) = (actor.office, actor.account);
    let (first, last) = seal::days(month).map_err(|_| AppError::not_found())?;
    let (period, now) = (Period::days(first, last), app.db.now());
    if !is_over(&period, now) {
        return Err(AppError::conflict("month_not_over"));
    }
    let as_of = now - SETTLED;
    let (weights, picture) = app
        .db
        .snapshot(move |db| async move {
            let weights = store::weights(&*db, office).await?;
            let cut = Cut::Before(as_of);
            Ok((
                weights,
                gather::read(&*db, office, period, cut, None).await?,
            ))
        })
        .await?;
    let month = first.format("%Y-%m").to_string();
    let snapshot = serde_json::to_string(&seal::snapshot(&month, &picture, weights))?;
    app.db
        .write_once(once, move |tx| async move {
            if store::sealed_month(tx.conn(), office, &month)
                .await?
                .is_some()
            {
                return Err(AppError::conflict("month_sealed"));
            }
            let mut row = Model {
                id: 0,
                office_id: office,
                month,
                formula: FORMULA.to_owned(),
                snapshot,
                as_of,
                sealed_at: tx.now,
                sealed_by: account,
                prev_hash: store::last_hash(&tx, office).await?,
                hash: String::new(),
            };
            row.hash = seal::hash(&row);
            store::insert(&tx, row).await
        })
        .await
}

/// Notes that figures were taken out of the house.
pub async fn record_export(app: &App, actor: &Actor, ip: String) -> AppResult<()> {
    let (office, account): (OfficeId, _) = (actor.office, actor.account);
    app.db
        .write(move |tx| async move {
            let access = Access {
                office,
                account: Some(account),
                action: "export",
                subject: "cases",
                subject_id: None,
                reason: "figures",
                ip: &ip,
            };
            record_access(&tx, access).await
        })
        .await
}
