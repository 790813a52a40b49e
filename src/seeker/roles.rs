//! Which doors of this capability open to whom.
use crate::{account::Audience, domain::role::Role};

/// 入口
pub const GATE_ROLES: &[Role] = &[Role::OfficeAdmin, Role::PlacementOfficer, Role::GateSteward];
pub const GATE: Audience = Audience::Roles(GATE_ROLES);

/// 服务台: registers on behalf and reads the list. A steward has no list to search.
pub const DESK: Audience = Audience::Roles(&[
    Role::OfficeAdmin,
    Role::PlacementOfficer,
    Role::CommunityClerk,
]);

/// 海报
pub const POSTERS: Audience = Audience::Roles(&[Role::OfficeAdmin, Role::PlacementOfficer]);

/// 核验差异
pub const RECONCILE: Audience = Audience::Roles(&[Role::OfficeAdmin, Role::PlacementOfficer]);
