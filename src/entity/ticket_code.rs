//! 入场券的其他凭证码: a further code that leads to a ticket
use crate::domain::id::{AccountId, FairId, RegistrationId, TicketCodeId};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ticket_codes")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: TicketCodeId,
    pub fair_id: FairId,
    pub registration_id: RegistrationId,
    /// Unique within the fair, as the ticket's own is.
    #[sea_orm(column_type = "Text")]
    pub code: String,
    /// Whoever gave it out.
    pub account_id: AccountId,
    pub joined_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
