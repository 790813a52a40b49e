//! 岗位对接
use crate::domain::{
    funnel::Rung,
    id::{CaseId, EmployerId, FairId, OfficeId, PersonId, PostingId, RegistrationId, StreamId},
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "job_matches")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub case_id: CaseId,
    pub office_id: OfficeId,
    pub fair_id: FairId,
    pub registration_id: RegistrationId,
    pub person_id: PersonId,
    pub posting_id: PostingId,
    pub employer_id: EmployerId,
    /// Which data the seeker lets this employer see.
    #[sea_orm(column_type = "JsonBinary")]
    pub share: Json,
    pub open: bool,
    /// The furthest rung it reached.
    pub rung: Rung,
    pub stream_id: Option<StreamId>,
    pub rating: Option<i32>,
    pub employer_due_at: Option<DateTimeUtc>,
    pub start_on: Option<Date>,
    pub placed_on: Option<Date>,
    #[sea_orm(column_type = "Text", nullable)]
    pub evidence: Option<String>,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
