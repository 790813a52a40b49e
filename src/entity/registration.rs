//! 集市报名
use crate::domain::id::{
    AccountId, AreaId, FairId, ParticipationId, PersonId, PosterId, RegistrationId, StreamId,
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "registrations")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: RegistrationId,
    pub fair_id: FairId,
    pub person_id: PersonId,
    #[sea_orm(unique, column_type = "Text")]
    pub uid: String,
    #[sea_orm(unique, column_type = "Text")]
    pub secret_hash: String,
    /// For reprinting a ticket at the desk.
    pub secret_sealed: Vec<u8>,
    #[sea_orm(column_type = "Text")]
    pub code: String,
    /// Running number within the fair, printed large on the ticket.
    pub number: i64,
    #[sea_orm(column_type = "Text")]
    pub wanted: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub groups: Json,
    pub area_id: Option<AreaId>,
    /// poster, booth, stream, desk, gate, api, direct
    #[sea_orm(column_type = "Text")]
    pub channel: String,
    pub poster_id: Option<PosterId>,
    pub stream_id: Option<StreamId>,
    pub participation_id: Option<ParticipationId>,
    /// active, withdrawn
    #[sea_orm(column_type = "Text")]
    pub status: String,
    pub registered_by: Option<AccountId>,
    pub registered_at: DateTimeUtc,
    pub first_in_at: Option<DateTimeUtc>,
    #[sea_orm(column_type = "Text", nullable)]
    pub first_gate: Option<String>,
    pub inside: bool,
}

impl ActiveModelBehavior for ActiveModel {}
