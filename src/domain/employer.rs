//! 用人单位: what it is, and what it must show before it may stand at a fair.
use super::{fault::FieldFault, text::choice};
use chrono::NaiveDate;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// 单位类型
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
pub enum EmployerKind {
    /// 企业
    Company,
    /// 个体工商户
    SoleTrader,
    /// 民办非企业单位
    PrivateNonprofit,
    /// 社会组织
    SocialOrganisation,
    /// 机关事业单位
    PublicBody,
    /// 人力资源服务机构
    HrAgency,
    /// 劳务派遣单位
    LabourDispatch,
}

impl EmployerKind {
    /// Reads a code, or the Chinese name as forms spell it.
    pub fn parse(raw: &str) -> Result<Self, FieldFault> {
        match raw.trim() {
            "企业" => Ok(Self::Company),
            "个体工商户" => Ok(Self::SoleTrader),
            "民办非企业" => Ok(Self::PrivateNonprofit),
            "社会组织" => Ok(Self::SocialOrganisation),
            "机关事业" => Ok(Self::PublicBody),
            "人力资源服务机构" => Ok(Self::HrAgency),
            "劳务派遣" => Ok(Self::LabourDispatch),
            code => choice(code),
        }
    }

    /// Agencies and dispatchers need a permit (人力资源市场暂行条例 §18).
    pub fn needs_permit(self) -> bool {
        matches!(self, Self::HrAgency | Self::LabourDispatch)
    }
}

/// 简称: a name without its place in front and its legal form behind, for where there is no room.
pub fn short_name(name: &str) -> &str {
    let mut short = name.trim();
    for form in [
        "有限责任公司",
        "股份有限公司",
        "有限公司",
        "集团公司",
        "公司",
    ] {
        if let Some(rest) = short.strip_suffix(form) {
            short = rest;
            break;
        }
    }
    let place = short
        .char_indices()
        .take(5)
        .filter(|(at, c)| *at > 0 && matches!(c, '省' | '市' | '区' | '县'))
        .last();
    let rest = place.map_or(short, |(at, c)| &short[at + c.len_utf8()..]);
    if rest.chars().count() < 2 { name } else { rest }
}

/// 审核状态
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
pub enum EmployerStatus {
    /// 待审核
    Pending,
    /// 待补正
    Returned,
    /// 已核验
    Approved,
    /// 未通过
    Rejected,
}

/// 审核决定
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, EnumIter, DeriveActiveEnum,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// 通过
    Approve,
    /// 退回补正
    Return,
    /// 不予通过
    Reject,
}

impl Decision {
    pub fn status(self) -> EmployerStatus {
        match self {
            Self::Approve => EmployerStatus::Approved,
            Self::Return => EmployerStatus::Returned,
            Self::Reject => EmployerStatus::Rejected,
        }
    }

    /// Whoever is sent back or refused is told why.
    pub fn needs_reason(self) -> bool {
        self != Self::Approve
    }
}

/// 行业: the sections of GB/T 4754.
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
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum Industry {
    /// 农、林、牧、渔业
    #[sea_orm(string_value = "A")]
    A,
    /// 采矿业
    #[sea_orm(string_value = "B")]
    B,
    /// 制造业
    #[sea_orm(string_value = "C")]
    C,
    /// 电力、热力、燃气及水生产和供应业
    #[sea_orm(string_value = "D")]
    D,
    /// 建筑业
    #[sea_orm(string_value = "E")]
    E,
    /// 批发和零售业
    #[sea_orm(string_value = "F")]
    F,
    /// 交通运输、仓储和邮政业
    #[sea_orm(string_value = "G")]
    G,
    /// 住宿和餐饮业
    #[sea_orm(string_value = "H")]
    H,
    /// 信息传输、软件和信息技术服务业
    #[sea_orm(string_value = "I")]
    I,
    /// 金融业
    #[sea_orm(string_value = "J")]
    J,
    /// 房地产业
    #[sea_orm(string_value = "K")]
    K,
    /// 租赁和商务服务业
    #[sea_orm(string_value = "L")]
    L,
    /// 科学研究和技术服务业
    #[sea_orm(string_value = "M")]
    M,
    /// 水利、环境和公共设施管理业
    #[sea_orm(string_value = "N")]
    N,
    /// 居民服务、修理和其他服务业
    #[sea_orm(string_value = "O")]
    O,
    /// 教育
    #[sea_orm(string_value = "P")]
    P,
    /// 卫生和社会工作
    #[sea_orm(string_value = "Q")]
    Q,
    /// 文化、体育和娱乐业
    #[sea_orm(string_value = "R")]
    R,
    /// 公共管理、社会保障和社会组织
    #[sea_orm(string_value = "S")]
    S,
    /// 国际组织
    #[sea_orm(string_value = "T")]
    T,
}

const INDUSTRIES: [(&str, Industry); 20] = [
    ("农、林、牧、渔业", Industry::A),
    ("采矿业", Industry::B),
    ("制造业", Industry::C),
    ("电力、热力、燃气及水生产和供应业", Industry::D),
    ("建筑业", Industry::E),
    ("批发和零售业", Industry::F),
    ("交通运输、仓储和邮政业", Industry::G),
    ("住宿和餐饮业", Industry::H),
    ("信息传输、软件和信息技术服务业", Industry::I),
    ("金融业", Industry::J),
    ("房地产业", Industry::K),
    ("租赁和商务服务业", Industry::L),
    ("科学研究和技术服务业", Industry::M),
    ("水利、环境和公共设施管理业", Industry::N),
    ("居民服务、修理和其他服务业", Industry::O),
    ("教育", Industry::P),
    ("卫生和社会工作", Industry::Q),
    ("文化、体育和娱乐业", Industry::R),
    ("公共管理、社会保障和社会组织", Industry::S),
    ("国际组织", Industry::T),
];

impl Industry {
    /// Reads the letter of a section, or its name in the standard.
    pub fn parse(raw: &str) -> Result<Self, FieldFault> {
        let named = INDUSTRIES.iter().find(|(name, _)| *name == raw.trim());
        named.map_or_else(
            || choice(&raw.to_ascii_uppercase()),
            |(_, found)| Ok(*found),
        )
    }
}

/// 人员规模
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
pub enum Scale {
    /// 20 人以下
    Micro,
    /// 20–99 人
    Small,
    /// 100–499 人
    Medium,
    /// 500 人以上
    Large,
}

/// 材料: what the file of an employer holds (人力资源市场暂行条例 §26).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Paper {
    /// 营业执照或登记证书
    Licence,
    /// 营业执照已过有效期
    LicenceExpired,
    /// 招聘授权委托书
    Authority,
    /// 人力资源服务许可证或劳务派遣经营许可证
    Permit,
    /// 不收费、信息真实的承诺
    Promise,
}

impl Paper {
    pub fn code(self) -> &'static str {
        match self {
            Self::Licence => "licence",
            Self::LicenceExpired => "licence_expired",
            Self::Authority => "authority",
            Self::Permit => "permit",
            Self::Promise => "promise",
        }
    }
}

/// What of its papers an employer has handed in.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each paper is there or not, in any combination"
)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dossier {
    pub kind: EmployerKind,
    pub licence: bool,
    pub licence_until: Option<NaiveDate>,
    pub authority: bool,
    pub permit: bool,
    pub promised: bool,
}

impl Dossier {
    /// 缺少的材料, as of `today`.
    pub fn missing(&self, today: NaiveDate) -> Vec<Paper> {
        let expired = self.licence_until.is_some_and(|until| until < today);
        [
            (!self.licence, Paper::Licence),
            (expired, Paper::LicenceExpired),
            (!self.authority, Paper::Authority),
            (self.kind.needs_permit() && !self.permit, Paper::Permit),
            (!self.promised, Paper::Promise),
        ]
        .into_iter()
        .filter_map(|(lacks, paper)| lacks.then_some(paper))
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_short_name_leaves_out_place_and_form() {
        for (name, short) in [
            ("兰州市陇上云仓供应链有限公司", "陇上云仓供应链"),
            ("甘肃省河畔面馆有限责任公司", "河畔面馆"),
            ("七里河区老张家牛肉面", "老张家牛肉面"),
            ("星火电商", "星火电商"),
            ("西固市公司", "西固市公司"),
            ("Nightfair Ltd", "Nightfair Ltd"),
            ("", ""),
        ] {
            assert_eq!(short_name(name), short);
        }
    }

    #[test]
    fn what_is_missing_depends_on_the_kind() {
        let full = Dossier {
            kind: EmployerKind::Company,
            licence: true,
            licence_until: None,
            authority: true,
            permit: false,
            promised: true,
        };
        let today = day("2026-07-19");
        assert_eq!(full.missing(today), []);
        let agency = Dossier {
            kind: EmployerKind::HrAgency,
            ..full
        };
        assert_eq!(agency.missing(today), [Paper::Permit]);
        let expired = Dossier {
            licence_until: Some(day("2026-07-18")),
            ..full
        };
        assert_eq!(expired.missing(today), [Paper::LicenceExpired]);
        let last_day = Dossier {
            licence_until: Some(today),
            ..full
        };
        assert_eq!(last_day.missing(today), []);
        let bare = Dossier {
            licence: false,
            authority: false,
            promised: false,
            ..agency
        };
        assert_eq!(
            bare.missing(today),
            [
                Paper::Licence,
                Paper::Authority,
                Paper::Permit,
                Paper::Promise
            ]
        );
    }
}
