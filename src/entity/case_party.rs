//! 办件当事人
use crate::domain::id::{CaseId, EmployerId, PersonId};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "case_parties")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub case_id: CaseId,
    pub person_id: Option<PersonId>,
    pub employer_id: Option<EmployerId>,
    /// reporter, named, respondent, follower, seeker, employer
    #[sea_orm(column_type = "Text")]
    pub role: String,
    pub since: DateTimeUtc,
    pub until: Option<DateTimeUtc>,
    /// The merged case whose person follows here.
    pub via_id: Option<CaseId>,
}

impl ActiveModelBehavior for ActiveModel {}
