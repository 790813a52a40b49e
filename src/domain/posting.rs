//! 岗位: what a posting states, and what must be stated before it may be published. Required by
//! 就业服务与就业管理规定 第十一条 (head-count, duties, conditions, pay, benefits, insurance) and
//! 五部门通知 2026-01 (base pay, place, validity, employer checked within six months).
use super::booking::is_stale;
use super::employer::{EmployerKind, EmployerStatus};
use super::fault::{Faults, FieldFault};
use super::group::TargetGroup;
use chrono::{DateTime, Duration, NaiveDate, Utc};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// 岗位类型
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
pub enum PostingKind {
    /// 常规岗位
    Regular,
    /// 就业见习
    Traineeship,
    /// 实习实训
    Internship,
    /// 社区实践
    CommunityPractice,
    /// 零工
    Gig,
}

/// 岗位状态
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
pub enum PostingStatus {
    /// 草稿
    Draft,
    /// 待审核
    InReview,
    /// 退回补正
    Returned,
    /// 不予发布
    Rejected,
    /// 已发布
    Published,
    /// 已下架
    Hidden,
    /// 已结束
    Closed,
}

/// 学历要求
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
pub enum Education {
    /// 学历不限
    Any,
    /// 初中及以下
    JuniorMiddle,
    /// 高中、中专、技校
    HighSchool,
    /// 大专
    College,
    /// 本科
    Bachelor,
    /// 硕士
    Master,
    /// 博士
    Doctor,
}

/// 经验要求
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
pub enum Experience {
    /// 经验不限
    Any,
    /// 应届毕业生可
    Graduate,
    /// 1年以下
    UpToOne,
    /// 1—3年
    OneToThree,
    /// 3—5年
    ThreeToFive,
    /// 5—10年
    FiveToTen,
    /// 10年以上
    OverTen,
}

/// 用工形式
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
pub enum EmploymentKind {
    /// 全日制
    FullTime,
    /// 非全日制
    PartTime,
    /// 劳务派遣
    Dispatch,
    /// 灵活用工
    Flexible,
}

/// 合同类型
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
pub enum ContractType {
    /// 固定期限劳动合同
    FixedTerm,
    /// 无固定期限劳动合同
    OpenEnded,
    /// 以完成一定工作任务为期限的劳动合同
    TaskBased,
    /// 非全日制用工协议
    PartTime,
    /// 劳务派遣合同
    Dispatch,
    /// 就业见习协议
    Trainee,
    /// 劳务协议
    Service,
}

/// 社会保险与公积金
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
pub enum InsuranceItem {
    /// 养老保险
    Pension,
    /// 医疗保险
    Medical,
    /// 失业保险
    Unemployment,
    /// 工伤保险
    WorkInjury,
    /// 生育保险
    Maternity,
    /// 住房公积金
    HousingFund,
    /// 意外伤害保险
    Accident,
}

/// 年龄要求的依据
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
pub enum AgeGround {
    /// 未成年工禁忌劳动
    AdultWork,
    /// 法定从业年龄
    LicensedWork,
    /// 青年就业政策限定对象
    YouthPolicy,
}

/// 职业大类 (职业分类大典 2022, without the armed forces)
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
pub enum Occupation {
    /// 负责人
    Leader,
    /// 专业技术人员
    Professional,
    /// 办事人员和有关人员
    Clerical,
    /// 社会生产服务和生活服务人员
    Service,
    /// 农、林、牧、渔业生产及辅助人员
    Agriculture,
    /// 生产制造及有关人员
    Production,
    /// 其他从业人员
    Other,
}

impl PostingKind {
    /// The stored and printed name.
    pub fn code(self) -> String {
        self.to_value()
    }
}

impl Education {
    /// The stored and printed name.
    pub fn code(self) -> String {
        self.to_value()
    }
}

impl Experience {
    /// The stored and printed name.
    pub fn code(self) -> String {
        self.to_value()
    }
}

impl InsuranceItem {
    /// The stored and printed name.
    pub fn code(self) -> String {
        self.to_value()
    }
}

impl AgeGround {
    /// The stored and printed name.
    pub fn code(self) -> String {
        self.to_value()
    }
}

impl Occupation {
    /// The stored and printed name.
    pub fn code(self) -> String {
        self.to_value()
    }
}

impl PostingStatus {
    /// The stored and printed name.
    pub fn code(self) -> String {
        self.to_value()
    }

    /// Whether the employer may change it; a published posting goes back into review.
    pub fn may_edit(self) -> bool {
        matches!(
            self,
            Self::Draft | Self::InReview | Self::Returned | Self::Published
        )
    }

    /// Whether the public may see it on a day, given its last day.
    pub fn is_public(self, expires_on: NaiveDate, today: NaiveDate) -> bool {
        self == Self::Published && today <= expires_on
    }
}

impl EmploymentKind {
    /// The stored and printed name.
    pub fn code(self) -> String {
        self.to_value()
    }

    /// `employmentType` of a schema.org JobPosting.
    pub fn employment_type(self) -> &'static str {
        match self {
            Self::FullTime => "FULL_TIME",
            Self::PartTime => "PART_TIME",
            Self::Dispatch => "CONTRACTOR",
            Self::Flexible => "TEMPORARY",
        }
    }
}

impl ContractType {
    /// The stored and printed name.
    pub fn code(self) -> String {
        self.to_value()
    }

    /// 用工形式 that follows from the contract.
    pub fn employment(self) -> EmploymentKind {
        match self {
            Self::FixedTerm | Self::OpenEnded | Self::TaskBased => EmploymentKind::FullTime,
            Self::PartTime => EmploymentKind::PartTime,
            Self::Dispatch => EmploymentKind::Dispatch,
            Self::Trainee | Self::Service => EmploymentKind::Flexible,
        }
    }

    /// The insurances an employer owes under this contract (社会保险法; 非全日制: work injury only).
    pub fn owed_insurance(self) -> &'static [InsuranceItem] {
        match self {
            Self::FixedTerm | Self::OpenEnded | Self::TaskBased | Self::Dispatch => &[
                InsuranceItem::Pension,
                InsuranceItem::Medical,
                InsuranceItem::Unemployment,
                InsuranceItem::WorkInjury,
                InsuranceItem::Maternity,
            ],
            Self::PartTime => &[InsuranceItem::WorkInjury],
            Self::Trainee => &[InsuranceItem::Accident],
            Self::Service => &[],
        }
    }
}

/// Head-count of one posting at most.
pub const MAX_HEADCOUNT: i64 = 2000;
/// How long a posting may stay valid.
pub const MAX_VALID_DAYS: i64 = 183;

/// What of a posting is checked against other parts of it and against the day.
#[derive(Clone, Debug)]
pub struct Terms<'a> {
    pub headcount: i64,
    pub contract: ContractType,
    pub insurance: &'a [InsuranceItem],
    pub groups: &'a [TargetGroup],
    pub expires_on: NaiveDate,
    pub employer: EmployerKind,
}

impl Terms<'_> {
    /// All faults, under the field names `headcount`, `contract_type`, `insurance`, `groups` and
    /// `expires_on`.
    pub fn check(&self, today: NaiveDate) -> Faults {
        let mut faults = Faults::new();
        if !(1..=MAX_HEADCOUNT).contains(&self.headcount) {
            faults.add(
                "headcount",
                FieldFault::OutOfRange {
                    min: 1,
                    max: MAX_HEADCOUNT,
                },
            );
        }
        if self.contract == ContractType::Dispatch && !self.employer.needs_permit() {
            faults.add("contract_type", FieldFault::UnknownChoice);
        }
        if self.insurance.is_empty() && !self.contract.owed_insurance().is_empty() {
            faults.add("insurance", FieldFault::Required);
        }
        if self.groups.iter().any(|g| !g.is_offered()) {
            faults.add("groups", FieldFault::UnknownChoice);
        }
        if self.expires_on < today {
            faults.add("expires_on", FieldFault::Past);
        } else if self.expires_on - today > Duration::days(MAX_VALID_DAYS) {
            faults.add(
                "expires_on",
                FieldFault::TooFar {
                    days: MAX_VALID_DAYS,
                },
            );
        }
        faults
    }

    /// What the employer owes by law and does not name; a hint for the reviewer.
    pub fn missing_insurance(&self) -> Vec<InsuranceItem> {
        let owed = self.contract.owed_insurance().iter();
        owed.filter(|item| !self.insurance.contains(item))
            .copied()
            .collect()
    }
}

/// Why a posting may not be published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter)]
pub enum PublishRefusal {
    /// 单位未通过审核
    EmployerNotApproved,
    /// 核验已超过六个月
    VerificationStale,
    /// 不在待审核状态
    NotInReview,
    /// 已过有效期
    Expired,
    /// 仍有需要说明依据的内容
    FindingUnanswered,
}

impl PublishRefusal {
    /// The stable code of the answer; `publish_refusal.<code>` is its text key.
    pub fn code(self) -> &'static str {
        match self {
            Self::EmployerNotApproved => "employer_not_approved",
            Self::VerificationStale => "verification_stale",
            Self::NotInReview => "not_in_review",
            Self::Expired => "expired",
            Self::FindingUnanswered => "finding_unanswered",
        }
    }
}

/// What the reviewer's approval depends on.
#[derive(Clone, Copy, Debug)]
pub struct PublishFacts {
    pub now: DateTime<Utc>,
    /// The day in Beijing.
    pub today: NaiveDate,
    pub status: PostingStatus,
    pub employer: EmployerStatus,
    /// When the office last checked the employer's papers.
    pub verified_at: Option<DateTime<Utc>>,
    pub expires_on: NaiveDate,
    /// Findings of the posting check that hold and have no stated ground yet.
    pub unanswered_findings: usize,
}

/// Whether the office may publish a posting now.
pub fn may_publish(facts: &PublishFacts) -> Result<(), PublishRefusal> {
    if facts.status != PostingStatus::InReview {
        return Err(PublishRefusal::NotInReview);
    }
    let (EmployerStatus::Approved, Some(verified)) = (facts.employer, facts.verified_at) else {
        return Err(PublishRefusal::EmployerNotApproved);
    };
    if is_stale(verified, facts.now) {
        return Err(PublishRefusal::VerificationStale);
    }
    if facts.expires_on < facts.today {
        return Err(PublishRefusal::Expired);
    }
    if facts.unanswered_findings > 0 {
        return Err(PublishRefusal::FindingUnanswered);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::Iterable;

    fn day(offset: i64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 7, 19).unwrap() + Duration::days(offset)
    }

    fn terms() -> Terms<'static> {
        Terms {
            headcount: 3,
            contract: ContractType::FixedTerm,
            insurance: &[InsuranceItem::Pension, InsuranceItem::Medical],
            groups: &[TargetGroup::Graduate],
            expires_on: day(30),
            employer: EmployerKind::Company,
        }
    }

    fn found(terms: &Terms) -> String {
        terms.check(day(0)).to_string()
    }

    #[test]
    fn terms_are_checked_together() {
        assert_eq!(found(&terms()), "");
        assert_eq!(terms().missing_insurance().len(), 3);
        let bad = Terms {
            headcount: 0,
            contract: ContractType::Dispatch,
            insurance: &[],
            groups: &[TargetGroup::ReleasedPrisoner],
            expires_on: day(-1),
            employer: EmployerKind::Company,
        };
        assert_eq!(
            found(&bad),
            "headcount: out_of_range, contract_type: unknown_choice, insurance: required, \
             groups: unknown_choice, expires_on: past"
        );
        assert_eq!(
            found(&Terms {
                expires_on: day(184),
                ..terms()
            }),
            "expires_on: too_far"
        );
        let gig = Terms {
            contract: ContractType::Service,
            insurance: &[],
            ..terms()
        };
        assert_eq!(found(&gig), "");
    }

    #[test]
    fn publication_waits_for_what_the_law_asks() {
        let now = day(0).and_hms_opt(1, 0, 0).unwrap().and_utc();
        let good = PublishFacts {
            now,
            today: day(0),
            status: PostingStatus::InReview,
            employer: EmployerStatus::Approved,
            verified_at: Some(now - Duration::days(183)),
            expires_on: day(0),
            unanswered_findings: 0,
        };
        assert_eq!(may_publish(&good), Ok(()));
        let late = Some(now - Duration::days(184));
        for (facts, refusal) in [
            (
                PublishFacts {
                    status: PostingStatus::Draft,
                    ..good
                },
                PublishRefusal::NotInReview,
            ),
            (
                PublishFacts {
                    employer: EmployerStatus::Rejected,
                    ..good
                },
                PublishRefusal::EmployerNotApproved,
            ),
            (
                PublishFacts {
                    verified_at: late,
                    ..good
                },
                PublishRefusal::VerificationStale,
            ),
            (
                PublishFacts {
                    expires_on: day(-1),
                    ..good
                },
                PublishRefusal::Expired,
            ),
            (
                PublishFacts {
                    unanswered_findings: 1,
                    ..good
                },
                PublishRefusal::FindingUnanswered,
            ),
        ] {
            assert_eq!(may_publish(&facts), Err(refusal));
        }
    }

    #[test]
    fn a_posting_is_public_until_its_last_day() {
        assert!(PostingStatus::Published.is_public(day(0), day(0)));
        assert!(!PostingStatus::Published.is_public(day(0), day(1)));
        assert!(!PostingStatus::InReview.is_public(day(9), day(0)));
    }

    #[test]
    fn every_code_has_words_in_both_languages() {
        fn keys<T: Iterable + ActiveEnum<Value = String>>(kind: &str) -> Vec<String> {
            T::iter()
                .map(|v| format!("{kind}.{}", v.to_value()))
                .collect()
        }
        let keys = [
            keys::<PostingKind>("posting_kind"),
            keys::<PostingStatus>("posting_status"),
            keys::<Education>("education"),
            keys::<Experience>("experience"),
            keys::<EmploymentKind>("employment_kind"),
            keys::<ContractType>("contract_type"),
            keys::<InsuranceItem>("insurance_item"),
            keys::<AgeGround>("age_ground"),
            keys::<Occupation>("occupation"),
            keys::<TargetGroup>("target_group"),
            keys::<crate::domain::pay::PayUnit>("pay_unit"),
            keys::<crate::domain::booking::BookingStatus>("booking_status"),
            keys::<crate::domain::funnel::Rung>("rung"),
            PublishRefusal::iter()
                .map(|r| format!("publish_refusal.{}", r.code()))
                .collect(),
            crate::domain::booking::HoldRefusal::iter()
                .map(|r| format!("booking_refusal.{}", r.code()))
                .collect(),
        ];
        for text in [
            include_str!("../../templates/text/zh-CN/values.json"),
            include_str!("../../templates/text/en/values.json"),
        ] {
            let words: serde_json::Map<String, serde_json::Value> =
                serde_json::from_str(text).unwrap();
            for key in keys.iter().flatten() {
                assert!(words.contains_key(key), "{key}");
            }
        }
    }
}
