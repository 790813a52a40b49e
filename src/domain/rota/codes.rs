//! What desks, bands and duties are called; the text key is `<enum>.<code>`.
use crate::domain::calendar::Window;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// 办公桌类型
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    EnumIter,
    DeriveActiveEnum,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum DeskKind {
    /// 办公桌
    Office,
    /// 宣传桌
    Publicity,
    /// 调解桌
    Mediation,
    /// 议事桌
    Deliberation,
    /// 答复桌
    Reply,
    /// 接待日
    Reception,
}

impl DeskKind {
    pub fn code(self) -> String {
        self.to_value()
    }
}

/// 时段
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    EnumIter,
    DeriveActiveEnum,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Band {
    /// 早
    Morning,
    /// 午
    Noon,
    /// 晚
    Evening,
}

impl Band {
    pub fn code(self) -> String {
        self.to_value()
    }

    /// 通常时间: when nothing else was said.
    pub const fn usual(self) -> Window {
        match self {
            Self::Morning => Window { from: 510, to: 630 },
            Self::Noon => Window { from: 720, to: 840 },
            Self::Evening => Window {
                from: 1080,
                to: 1200,
            },
        }
    }

    /// When hours so called may begin: early before 11:30, noon 11:00–15:00, evening from 16:00.
    pub const fn begins(self) -> Window {
        match self {
            Self::Morning => Window { from: 300, to: 690 },
            Self::Noon => Window { from: 660, to: 900 },
            Self::Evening => Window {
                from: 960,
                to: 1380,
            },
        }
    }
}

/// 值守身份
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    EnumIter,
    DeriveActiveEnum,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Duty {
    /// 民警
    Police,
    /// 医生
    Doctor,
    /// 银行工作人员
    Bank,
    /// 物业
    Property,
    /// 社区工作者
    Community,
    /// 志愿者
    Volunteer,
    /// 报到党员
    PartyMember,
    /// 社工
    SocialWorker,
    /// 接待人: the secretary or deputy who receives on the reception day
    Receiver,
}

impl Duty {
    pub fn code(self) -> String {
        self.to_value()
    }

    /// Whether hours of such people are counted as service of partners and volunteers.
    pub const fn is_partner(self) -> bool {
        !matches!(self, Self::Community)
    }
}

/// 遇节假日
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    EnumIter,
    DeriveActiveEnum,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum OnHoliday {
    /// 停办
    Skip,
    /// 顺延到节后首个工作日
    Move,
    /// 照常
    Hold,
}

impl OnHoliday {
    pub fn code(self) -> String {
        self.to_value()
    }
}
