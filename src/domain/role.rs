//! Roles of an account. What each may do to a case is the business of `domain::case`;
//! which doors open to it is named on each route.
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// 角色
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
    EnumIter,
    DeriveActiveEnum,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 街道管理员
    OfficeAdmin,
    /// 就业专员
    PlacementOfficer,
    /// 入场核验员
    GateSteward,
    /// 社区受理员（百通岗）
    CommunityClerk,
    /// 网格员
    GridWorker,
    /// 部门经办人
    DepartmentHandler,
    /// 核查员
    Verifier,
    /// 书记
    Secretary,
    /// 调解员
    Mediator,
    /// 代表联络员
    DeputyLiaison,
    /// 用人单位
    Employer,
    /// 协办单位
    CoHost,
    /// 只读看板
    Board,
}

impl Role {
    /// Roles of people who work for the office; employers come from their registration.
    pub const STAFF: &[Self] = &[
        Self::OfficeAdmin,
        Self::PlacementOfficer,
        Self::GateSteward,
        Self::CommunityClerk,
        Self::GridWorker,
        Self::DepartmentHandler,
        Self::Verifier,
        Self::Secretary,
        Self::Mediator,
        Self::DeputyLiaison,
        Self::CoHost,
        Self::Board,
    ];

    /// The stored and printed name, such as `office_admin`.
    pub fn code(self) -> String {
        self.to_value()
    }
}
