//! 公告: what the office tells the residents' group.
use super::{fault::FieldFault, text::Prose};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Characters of an announcement at most: longer ones are folded by chat programs.
pub const LONGEST: usize = 1500;

/// 来源
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, EnumIter, DeriveActiveEnum,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// 自拟
    Free,
    /// 办件公示
    Case,
    /// 议事公告
    Meeting,
    /// 一周安排
    Week,
    /// 场次变动
    Change,
}

impl Source {
    /// The stored name; `announcement_source.<code>` is its text key.
    pub fn code(self) -> String {
        self.to_value()
    }
}

/// 状态
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, EnumIter, DeriveActiveEnum,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// 草稿
    Draft,
    /// 已发出: handed to the outbox; its words are fixed
    Sent,
    /// 已弃用
    Dropped,
}

impl State {
    /// The stored name; `announcement_state.<code>` is its text key.
    pub fn code(self) -> String {
        self.to_value()
    }
}

/// The words of an announcement.
///
/// # Errors
/// Nothing written, too long, or characters that do not belong into a text.
pub fn body(raw: &str) -> Result<String, FieldFault> {
    Prose::required(raw, LONGEST).map(Prose::into_string)
}
