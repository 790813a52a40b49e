//! 登录尝试
use crate::domain::id::OfficeId;
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sign_in_attempts")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub office_id: OfficeId,
    #[sea_orm(column_type = "Text")]
    pub login: String,
    #[sea_orm(column_type = "Text")]
    pub ip: String,
    pub ok: bool,
    pub at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
