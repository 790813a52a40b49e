//! 账号
use crate::domain::{
    id::{AccountId, EmployerId, OfficeId, UnitId},
    role::Role,
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "accounts")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: AccountId,
    pub office_id: OfficeId,
    pub unit_id: Option<UnitId>,
    /// Set for the role employer.
    pub employer_id: Option<EmployerId>,
    /// Lower case.
    #[sea_orm(column_type = "Text")]
    pub login: String,
    #[sea_orm(column_type = "Text")]
    pub name: String,
    pub role: Role,
    /// Leads the unit: may approve replies and act for it.
    pub leader: bool,
    #[sea_orm(column_type = "Text")]
    pub password_hash: String,
    pub password_changed_at: DateTimeUtc,
    pub must_change: bool,
    pub disabled_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
