//! Groups of people that the market serves. Local lists of 就业困难人员 differ; this is the union of
//! those seen. Some of them concern a person's past or health and are for the office alone.
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// 人群标签
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
    utoipa::ToSchema,
    EnumIter,
    DeriveActiveEnum,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum TargetGroup {
    /// 高校毕业生
    Graduate,
    /// 退役军人
    Veteran,
    /// 农民工
    MigrantWorker,
    /// 妇女
    Woman,
    /// 残疾人
    Disabled,
    /// 就业困难人员
    HardToPlace,
    /// 大龄失业人员
    OlderUnemployed,
    /// 低保对象
    LowIncome,
    /// 零就业家庭成员
    ZeroEmploymentFamily,
    /// 农村零转移就业贫困家庭成员
    RuralPoorFamily,
    /// 被征地农民
    Landless,
    /// 连续失业一年以上
    LongTermUnemployed,
    /// 登记失业的退役士兵
    UnemployedVeteran,
    /// 赡养重大疾病亲属人员
    FamilyCarer,
    /// 脱贫及监测对象劳动力
    OutOfPoverty,
    /// 困难家庭或残疾的高校毕业生
    GraduateInNeed,
    /// 离校未就业高校毕业生
    UnplacedGraduate,
    /// 单亲抚养未成年人者
    SingleParent,
    /// 戒毒康复人员
    DrugRecovery,
    /// 刑满释放人员
    ReleasedPrisoner,
    /// 精神障碍康复人员
    MentalRecovery,
}

/// Who may see that a person belongs to a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exposure {
    /// Staff of the office with a reason; never employers, never a screen or public table, not
    /// even as a count of its own.
    Sealed,
    /// Staff; outside only inside the total of 就业困难人员.
    Staff,
    /// Employers too, when the seeker shares it.
    Shared,
}

impl TargetGroup {
    /// The stored and printed name; `target_group.<code>` is its text key.
    pub fn code(self) -> String {
        self.to_value()
    }

    /// Who may see it of a person.
    pub fn exposure(self) -> Exposure {
        match self {
            Self::DrugRecovery | Self::ReleasedPrisoner | Self::MentalRecovery => Exposure::Sealed,
            Self::Graduate | Self::Veteran | Self::MigrantWorker => Exposure::Shared,
            _ => Exposure::Staff,
        }
    }

    /// 戒毒、刑满、精神: must never be visible to employers or on a screen.
    pub fn is_sensitive(self) -> bool {
        self.exposure() == Exposure::Sealed
    }

    /// 就业困难人员: counts into their total.
    pub fn is_hardship(self) -> bool {
        !matches!(
            self,
            Self::Graduate | Self::Veteran | Self::MigrantWorker | Self::Woman
        )
    }

    /// The label under which it may appear in public figures: sensitive and personal categories
    /// only as 就业困难人员.
    pub fn public_label(self) -> Self {
        if self.is_hardship() {
            Self::HardToPlace
        } else {
            self
        }
    }

    /// Whether a fair or posting may name it as whom it welcomes (残疾人友好 and the like), and
    /// whether a seeker is offered it to tick.
    pub fn is_offered(self) -> bool {
        matches!(
            self,
            Self::Graduate
                | Self::Veteran
                | Self::MigrantWorker
                | Self::Woman
                | Self::Disabled
                | Self::HardToPlace
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::Iterable;

    #[test]
    fn sensitive_groups_are_never_offered_nor_shown() {
        let sensitive: Vec<String> = TargetGroup::iter()
            .filter(|g| g.is_sensitive())
            .map(TargetGroup::code)
            .collect();
        assert_eq!(
            sensitive,
            ["drug_recovery", "released_prisoner", "mental_recovery"]
        );
        for group in TargetGroup::iter() {
            assert!(!(group.is_sensitive() && group.is_offered()));
            assert!(group.public_label().is_offered(), "{group:?}");
            assert!(!(group.is_hardship() && group.exposure() == Exposure::Shared));
        }
    }
}
