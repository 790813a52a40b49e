//! 台账视图
use crate::domain::id::{AccountId, LedgerViewId, OfficeId, UnitId};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger_views")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: LedgerViewId,
    pub office_id: OfficeId,
    /// Who keeps it.
    pub account_id: AccountId,
    /// The unit whose members see it, too.
    pub unit_id: Option<UnitId>,
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// Filters and order, in the one form that the program writes.
    #[sea_orm(column_type = "Text")]
    pub query: String,
    /// The ledger opens with it.
    pub opens_first: bool,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
