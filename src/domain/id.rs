//! One id type per kind of record, so that a booth can never be looked up by a case id.

/// Declares integer ids that are their own column type and path parameter, and a string in JSON
/// (the contract: ids are strings, because JavaScript numbers end at 2^53).
macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, sea_orm::DeriveValueType)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
                text.parse().map(Self).map_err(serde::de::Error::custom)
            }
        }
    )+};
}

ids! {
    /// 街道办
    OfficeId,
    /// 区域: street, community, grid or building
    AreaId,
    /// 单位: department, community committee, co-host
    UnitId,
    /// 账号
    AccountId,
    /// 登录会话
    WebSessionId,
    /// 接口令牌
    ApiTokenId,
    /// 人员: seekers and residents are the same registry
    PersonId,
    /// 知情同意
    ConsentId,
    /// 查看与导出记录
    AccessRecordId,
    /// 附件
    FileId,
    /// 待办事件
    OutboxId,
    /// 公告
    AnnouncementId,
    /// 办件
    CaseId,
    /// 办件流转记录
    CaseEventId,
    /// 办件文字
    CaseTextId,
    /// 办件附件
    CaseFileId,
    /// 查询码
    CaseKeyId,
    /// 回访
    CallbackId,
    /// 后续跟踪
    FollowUpId,
    /// 台账视图
    LedgerViewId,
    /// 用人单位
    EmployerId,
    /// 集市
    FairId,
    /// 摊位
    BoothId,
    /// 参展
    ParticipationId,
    /// 海报张贴点
    PosterId,
    /// 岗位
    PostingId,
    /// 摊位队列
    BoothQueueId,
    /// 号
    QueuePlaceId,
    /// 集市报名
    RegistrationId,
    /// 核验记录
    CheckInId,
    /// 核验差异的处理
    GateSettlementId,
    /// 入场券的其他凭证码
    TicketCodeId,
    /// 直播场次
    StreamId,
    /// 流动办公桌点位
    DeskSiteId,
    /// 值守人员
    DeskMemberId,
    /// 排班规律
    DeskPatternId,
    /// 加场或停办的场次
    DeskSessionId,
    /// 类别
    CategoryId,
    /// 时限规则的一个版本
    SlaRuleId,
    /// 派单规则
    DispatchRuleId,
    /// 放假通知
    CalendarNoticeId,
    /// 特殊日期
    CalendarDayId,
    /// 期限重算
    CalendarRunId,
}
