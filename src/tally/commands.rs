//! The one thing a tally writes: that somebody took figures and rows out of the house.
use super::workbook::{Order, workbook};
use crate::{
    account::{
        Actor,
        store::{Access, record_access},
    },
    domain::id::{AccountId, FairId, OfficeId},
    entity::fair,
    error::AppResult,
    platform::{App, text::Lang},
};

/// Notes an export before it is handed over.
pub async fn record_export(app: &App, actor: &Actor, fair: FairId, ip: String) -> AppResult<()> {
    record(app, actor.office, Some(actor.account), fair, ip).await
}

/// The workbook of a fair for whoever sits at the machine itself.
pub async fn export(app: &App, fair: fair::Model, lang: Lang) -> AppResult<Vec<u8>> {
    let office = app.settings.office;
    record(app, office, None, fair.id, "command line".into()).await?;
    let order = Order {
        lang,
        taken_by: "nightfair export".into(),
        with_rows: true,
    };
    workbook(app, office, fair, order).await
}

async fn record(
    app: &App,
    office: OfficeId,
    account: Option<AccountId>,
    fair: FairId,
    ip: String,
) -> AppResult<()> {
    app.db
        .write(move |tx| async move {
            let access = Access {
                office,
                account,
                action: "export",
                subject: "fairs",
                subject_id: Some(fair.0),
                reason: "tally",
                ip: &ip,
            };
            record_access(&tx, access).await
        })
        .await
}
