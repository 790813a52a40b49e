//! 类别: its words are data, because an office may add its own
#![expect(
    clippy::struct_excessive_bools,
    reason = "independent traits, each a column"
)]

use crate::domain::{
    case::Urgency,
    id::{CategoryId, OfficeId},
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "categories")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: CategoryId,
    pub office_id: OfficeId,
    /// Names it for good; cases point at it.
    #[sea_orm(column_type = "Text")]
    pub code: String,
    #[sea_orm(column_type = "Text")]
    pub group_code: String,
    #[sea_orm(column_type = "Text")]
    pub name_zh: String,
    #[sea_orm(column_type = "Text")]
    pub name_en: String,
    /// Codes of the kinds of case it serves, with spaces between.
    #[sea_orm(column_type = "Text")]
    pub kinds: String,
    /// What a case of it has unless somebody says otherwise.
    pub urgency: Urgency,
    pub enabled: bool,
    /// 咨询类
    pub consult: bool,
    /// 可自办
    pub self_handle: bool,
    /// 公共险情
    pub public_hazard: bool,
    /// 有地点
    pub place: bool,
    /// 可由专班直接采纳
    pub desk_adopts: bool,
    /// Within how many metres another open case is taken for the same.
    pub radius_m: i32,
    /// Number in GB/T 30428.2, where the office uses it.
    #[sea_orm(column_type = "Text", nullable)]
    pub gb_code: Option<String>,
    pub sort: i32,
    pub version: i64,
    pub changed_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
