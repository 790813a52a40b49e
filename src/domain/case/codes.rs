//! The words of the ledger as closed lists. Each is stored, sent and looked up in the catalogues
//! by its code; nothing else may be.
use super::field::{Blank, Field, Shape};
use crate::domain::fault::FieldFault;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Declares fieldless lists with their codes: a column type, a JSON string and a form field at once.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
        #[sea_orm(rs_type = "String", db_type = "Text")]
        pub enum $name {
            $($(#[$vdoc])* #[sea_orm(string_value = $code)] #[serde(rename = $code)] $variant),+
        }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            const CODES: &'static [&'static str] = &[$($code),+];

            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.code() == code)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.code())
            }
        }

        impl Blank for $name {}
        impl Field for $name {
            const SHAPE: Shape = Shape::Choice(stringify!($name), Self::CODES);
            fn parse(value: &Value) -> Result<Self, FieldFault> {
                let code = value.as_str().ok_or(FieldFault::Format)?;
                Self::from_code(code).ok_or(FieldFault::UnknownChoice)
            }
            fn sample() -> Value {
                Value::from(Self::CODES[0])
            }
        }
    )+};
}

codes! {
    /// 办件种类
    Kind {
        /// 居民诉求
        ResidentRequest = "resident_request",
        /// 巡查发现
        PatrolFinding = "patrol_finding",
        /// 矛盾调解
        Mediation = "mediation",
        /// 金点子与议事
        Suggestion = "suggestion",
        /// 书记信箱与代表接待
        Mailbox = "mailbox",
        /// 岗位对接
        EmploymentMatch = "employment_match",
    }

    /// 环节
    Stage {
        /// 已登记
        Registered = "registered",
        /// 已受理
        Accepted = "accepted",
        /// 已派单
        Dispatched = "dispatched",
        /// 处置中
        Handling = "handling",
        /// 挂账
        Suspended = "suspended",
        /// 待核查
        Verifying = "verifying",
        /// 已结案
        Closed = "closed",
        /// 不予受理
        Rejected = "rejected",
        /// 已撤回
        Withdrawn = "withdrawn",
        /// 已并案
        Merged = "merged",
        /// 作废
        Voided = "voided",
    }

    /// 四步闭环: what the resident sees of the stages
    Phase {
        /// 报事
        Reported = "reported",
        /// 分类转办
        Dispatching = "dispatching",
        /// 问题处置
        Handling = "handling",
        /// 核查结案
        Closing = "closing",
    }

    /// 处置中的步骤; each belongs to one kind and exists only while the case is being handled
    Step {
        /// 巡查：险情已隔离
        HazardTaped = "hazard_taped",
        /// 巡查：责任已核
        LiabilityChecked = "liability_checked",
        /// 巡查：修复中
        Repairing = "repairing",
        /// 调解：新收
        MediationNew = "mediation_new",
        /// 调解：待双方同意
        ConsentPending = "consent_pending",
        /// 调解：已同意
        Consented = "consented",
        /// 调解：调解中
        InSession = "in_session",
        /// 金点子：附议
        Seconding = "seconding",
        /// 金点子：已定议事
        Scheduled = "scheduled",
        /// 金点子：已议
        Deliberated = "deliberated",
        /// 金点子：落实中
        Implementing = "implementing",
        /// 信箱：待答复
        ReplyNew = "reply_new",
        /// 信箱：已拟稿
        ReplyDrafted = "reply_drafted",
        /// 信箱：已审签
        ReplyApproved = "reply_approved",
        /// 对接：已入选
        Shortlisted = "shortlisted",
        /// 对接：已约面试
        InterviewSet = "interview_set",
        /// 对接：已面试
        Interviewed = "interviewed",
        /// 对接：已发录用意向
        Offered = "offered",
        /// 对接：已接受录用
        OfferAccepted = "offer_accepted",
    }

    /// 结果
    Outcome {
        /// 已解决
        Resolved = "resolved",
        /// 部分解决
        Partly = "partly",
        /// 政策所限
        PolicyLimit = "policy_limit",
        /// 当场答复
        AnsweredOnSpot = "answered_on_spot",
        /// 现场未发现
        NotFound = "not_found",
        /// 他处已办
        DuplicateElsewhere = "duplicate_elsewhere",
        /// 达成协议并履行
        AgreedPerformed = "agreed_performed",
        /// 达成协议未履行
        AgreedNotPerformed = "agreed_not_performed",
        /// 未达成协议
        NoAgreement = "no_agreement",
        /// 拒绝调解
        Refused = "refused",
        /// 采纳并落实
        AdoptedDone = "adopted_done",
        /// 未采纳
        NotAdopted = "not_adopted",
        /// 核实到岗
        PlacedVerified = "placed_verified",
        /// 未录用
        NotSelected = "not_selected",
        /// 谢绝录用
        OfferDeclined = "offer_declined",
        /// 逾期未回应
        Expired = "expired",
    }

    /// 可见范围
    Visibility {
        /// 公开
        Public = "public",
        /// 当事人可见
        Parties = "parties",
        /// 内部
        Internal = "internal",
    }

    /// 紧急程度: which default term applies
    Urgency {
        /// 险情
        Emergency = "emergency",
        /// 水电气热
        Utility = "utility",
        /// 一般
        Ordinary = "ordinary",
        /// 复杂
        Complex = "complex",
        /// 代表建议
        Formal = "formal",
        /// 涉及面广的代表建议
        FormalBroad = "formal_broad",
    }

    /// 来源渠道
    Channel {
        /// 流动办公桌
        Desk = "desk",
        /// 二维码
        Qr = "qr",
        /// 电话
        Phone = "phone",
        /// 微信群
        WechatGroup = "wechat_group",
        /// 小程序
        MiniProgram = "mini_program",
        /// 12345 热线
        Hotline = "hotline",
        /// 网格巡查
        Patrol = "patrol",
        /// 上门走访
        Visit = "visit",
        /// 信件
        Letter = "letter",
        /// 代表、书记接待
        Reception = "reception",
        /// 网页
        Web = "web",
        /// 接口
        Api = "api",
        /// 批量导入
        Batch = "batch",
    }

    /// 告知方式
    Told {
        /// 电话
        Phone = "phone",
        /// 微信
        Wechat = "wechat",
        /// 短信
        Sms = "sms",
        /// 当面
        InPerson = "in_person",
        /// 书面
        Letter = "letter",
        /// 查询页
        TrackingPage = "tracking_page",
    }

    /// 同意的记录方式
    ConsentHow {
        /// 当面口头
        InPerson = "in_person",
        /// 电话
        Phone = "phone",
        /// 书面签字
        Signed = "signed",
        /// 文字消息
        Message = "message",
    }

    /// 不予受理理由 (北京 11 条)
    RejectReason {
        /// 应拨打 110、119、120
        EmergencyLine = "emergency_line",
        /// 应走法定途径
        StatutoryRoute = "statutory_route",
        /// 已办结且无新事实
        AlreadyHandled = "already_handled_no_new_facts",
        /// 涉密或个人隐私
        SecretOrPrivacy = "secret_or_privacy",
        /// 不属职责范围
        OutOfDuty = "out_of_duty",
        /// 违法诉求
        Unlawful = "unlawful",
    }

    /// 对接不予受理理由
    MatchRejectReason {
        /// 岗位已关闭
        PostingClosed = "posting_closed",
        /// 未满十六周岁
        BelowAge = "below_age",
        /// 不符合硬性条件
        HardRequirement = "hard_requirement",
        /// 重复登记
        DuplicatePerson = "duplicate_person",
    }

    /// 派单依据
    Basis {
        /// 按规则
        Rule = "rule",
        /// 人工
        Manual = "manual",
    }

    /// 挂账理由
    SuspendReason {
        /// 季节
        Season = "season",
        /// 工程
        Engineering = "engineering",
        /// 资金
        Funding = "funding",
        /// 第三方
        ThirdParty = "third_party",
        /// 诉讼
        Litigation = "litigation",
        /// 等待反映人
        AwaitReporter = "await_reporter",
    }

    /// 作废理由
    VoidReason {
        /// 测试
        Test = "test",
        /// 骚扰
        Spam = "spam",
        /// 重复录入
        EnteredTwice = "entered_twice",
    }

    /// 对接作废理由
    MatchVoidReason {
        /// 测试
        Test = "test",
        /// 骚扰
        Spam = "spam",
    }

    /// 是否解决
    Solved {
        /// 已解决
        Yes = "yes",
        /// 部分解决
        Partly = "partly",
        /// 未解决
        No = "no",
    }

    /// 满意度
    Satisfied {
        /// 满意
        Yes = "yes",
        /// 基本满意
        Basically = "basically",
        /// 不满意
        No = "no",
        /// 未评价
        None = "none",
    }

    /// 遮蔽理由
    RedactReason {
        /// 含个人信息
        PersonalData = "personal_data",
        /// 当事人要求删除
        ErasureRequest = "erasure_request",
        /// 误涉他人
        WrongPerson = "wrong_person",
        /// 违法内容
        Unlawful = "unlawful",
    }

    /// 关联关系
    Relation {
        /// 子办件
        Child = "child",
        /// 起因
        Cause = "cause",
        /// 相关
        Related = "related",
    }

    /// 风险通报对象
    ReportedTo {
        /// 公安
        Police = "police",
        /// 街道
        Street = "street",
        /// 医疗机构
        Hospital = "hospital",
    }

    /// 采纳决定
    Decision {
        /// 采纳
        Adopted = "adopted",
        /// 部分采纳
        InPart = "in_part",
        /// 暂缓
        Deferred = "deferred",
    }

    /// 意向渠道
    InterestChannel {
        /// 扫码
        Qr = "qr",
        /// 服务台
        Desk = "desk",
        /// 电话
        Phone = "phone",
    }

    /// 愿意共享的资料
    ShareField {
        /// 姓名
        Name = "name",
        /// 手机号
        Phone = "phone",
        /// 求职意向
        Wanted = "wanted",
        /// 学历
        Education = "education",
        /// 技能
        Skills = "skills",
        /// 工作经历
        Experience = "experience",
    }

    /// 未录用理由; no protected ground among them
    NotSelectedReason {
        /// 技能不符
        Skills = "skills",
        /// 经验不足
        Experience = "experience",
        /// 缺少必需证书
        Certificate = "certificate",
        /// 班次时间不合
        Schedule = "schedule",
        /// 薪资期望不合
        PayExpectation = "pay_expectation",
        /// 已招满
        PositionFilled = "position_filled",
        /// 未参加面试
        NoShow = "no_show",
    }

    /// 面试到场
    Attended {
        /// 已参加
        Yes = "yes",
        /// 求职者未到
        NoShowSeeker = "no_show_seeker",
        /// 用人单位未到
        NoShowEmployer = "no_show_employer",
    }

    /// 薪资单位
    PayUnit {
        /// 元/月
        Month = "month",
        /// 元/日
        Day = "day",
        /// 元/时
        Hour = "hour",
        /// 元/件
        Piece = "piece",
    }

    /// 用工形式
    Contract {
        /// 全日制劳动合同
        FullTime = "full_time",
        /// 非全日制
        PartTime = "part_time",
        /// 劳务派遣
        Agency = "agency",
        /// 灵活用工
        Flexible = "flexible",
        /// 见习
        Trainee = "trainee",
    }

    /// 谢绝录用理由
    DeclineReason {
        /// 薪资
        Pay = "pay",
        /// 距离
        Distance = "distance",
        /// 工时
        Hours = "hours",
        /// 已另就业
        PlacedElsewhere = "placed_elsewhere",
        /// 家庭原因
        Family = "family",
        /// 其他
        Other = "other",
    }

    /// 到岗凭据
    Evidence {
        /// 劳动合同
        Contract = "contract",
        /// 社会保险
        SocialInsurance = "social_insurance",
        /// 工资单
        Payslip = "payslip",
        /// 实地走访
        SiteVisit = "site_visit",
        /// 求职者确认
        SeekerConfirmed = "seeker_confirmed",
        /// 用人单位告知; never enough on its own
        EmployerStatement = "employer_statement",
    }

    /// 撤回理由
    WithdrawReason {
        /// 已另就业
        PlacedElsewhere = "placed_elsewhere",
        /// 改变主意
        ChangedMind = "changed_mind",
        /// 其他
        Other = "other",
    }

    /// 对用人单位的投诉
    Complaint {
        /// 收费、押金、扣证
        Fees = "fees",
        /// 欺诈
        Fraud = "fraud",
        /// 其他
        Other = "other",
    }

    /// 留存回访节点
    Check {
        /// 30 日
        Thirty = "30",
        /// 90 日
        Ninety = "90",
    }

    /// 留存情况
    Retained {
        /// 在岗
        Retained = "retained",
        /// 已离岗
        Left = "left",
        /// 联系不上
        Unreachable = "unreachable",
    }

    /// 后续跟踪事项
    FollowUpKind {
        /// 30 日留存
        Retention30 = "retention_30",
        /// 90 日留存
        Retention90 = "retention_90",
        /// 协议履行
        Performance = "performance",
        /// 司法确认提醒
        JudicialConfirmation = "judicial_confirmation",
    }

    /// 动作
    Action {
        /// 登记诉求
        Report = "report",
        /// 登记求职意向
        Interest = "interest",
        /// 当场答复
        AnswerOnSpot = "answer_on_spot",
        /// 受理
        Accept = "accept",
        /// 不予受理
        Reject = "reject",
        /// 申诉
        Appeal = "appeal",
        /// 自办
        SelfHandle = "self_handle",
        /// 派单
        Dispatch = "dispatch",
        /// 指定承办
        Designate = "designate",
        /// 推荐给用人单位
        Refer = "refer",
        /// 签收
        Sign = "sign",
        /// 用人单位接收
        Acknowledge = "acknowledge",
        /// 退单异议
        Object = "object",
        /// 改派
        Redispatch = "redispatch",
        /// 联系反映人
        Contact = "contact",
        /// 进展
        Update = "update",
        /// 延期
        Extend = "extend",
        /// 挂账
        Suspend = "suspend",
        /// 恢复办理
        Resume = "resume",
        /// 办结上报
        SubmitResult = "submit_result",
        /// 核查退回
        VerifyFail = "verify_fail",
        /// 核查通过
        VerifyPass = "verify_pass",
        /// 回访
        Callback = "callback",
        /// 结案
        Close = "close",
        /// 重新受理
        Reopen = "reopen",
        /// 并案
        Merge = "merge",
        /// 撤销并案
        Unmerge = "unmerge",
        /// 升级
        Escalate = "escalate",
        /// 接待
        Reception = "reception",
        /// 督办
        Supervise = "supervise",
        /// 撤回
        Withdraw = "withdraw",
        /// 作废
        Void = "void",
        /// 更正
        Correct = "correct",
        /// 公示
        Publish = "publish",
        /// 遮蔽
        Redact = "redact",
        /// 关联
        Link = "link",
        /// 认定责任方
        Attribute = "attribute",
        /// 邀请当事人
        Invite = "invite",
        /// 同意调解
        Consent = "consent",
        /// 拒绝调解
        Refuse = "refuse",
        /// 调解会
        Session = "session",
        /// 书面协议
        AgreeWritten = "agree_written",
        /// 口头协议
        AgreeOral = "agree_oral",
        /// 终止调解
        Terminate = "terminate",
        /// 风险通报
        Risk = "risk",
        /// 未履行
        NotPerformed = "not_performed",
        /// 附议
        Second = "second",
        /// 定议事会
        Schedule = "schedule",
        /// 议事
        Deliberate = "deliberate",
        /// 采纳
        Adopt = "adopt",
        /// 不采纳
        NotAdopt = "not_adopt",
        /// 并入他案
        RetireInto = "retire_into",
        /// 退回落实
        Rework = "rework",
        /// 交办
        HandOver = "hand_over",
        /// 拟答复
        DraftReply = "draft_reply",
        /// 审签答复
        ApproveReply = "approve_reply",
        /// 评价答复
        Opinion = "opinion",
        /// 未录用
        NotSelected = "not_selected",
        /// 逾期关闭
        Expire = "expire",
        /// 约面试
        InterviewSet = "interview_set",
        /// 面试结果
        Interviewed = "interviewed",
        /// 录用意向
        Offer = "offer",
        /// 接受录用
        OfferAccept = "offer_accept",
        /// 谢绝录用
        OfferDecline = "offer_decline",
        /// 留存回访
        Retention = "retention",
        /// 并入来件
        Absorb = "absorb",
        /// 来件分出
        Release = "release",
        /// 日历公布
        CalendarPublished = "calendar_published",
    }

    /// 办件中的身份: the part somebody plays in one case, not the role of an account
    Part {
        /// R 反映人、作者
        Reporter = "reporter",
        /// G 网格员
        GridWorker = "grid_worker",
        /// D 受理员（百通岗）
        Clerk = "clerk",
        /// P 派单员
        Dispatcher = "dispatcher",
        /// H 主办单位经办人
        Handler = "handler",
        /// C 协办单位经办人
        CoHandler = "co_handler",
        /// L 主办单位负责人
        UnitLeader = "unit_leader",
        /// V 核查员
        Verifier = "verifier",
        /// S 书记、值班领导
        Secretary = "secretary",
        /// M 调解员
        Mediator = "mediator",
        /// Y 议事主持人
        Moderator = "moderator",
        /// U 代表联络员
        Deputy = "deputy",
        /// E 用人单位
        Employer = "employer",
        /// J 求职者
        Seeker = "seeker",
        /// O 就业专员
        PlacementOfficer = "placement_officer",
        /// X 定时器与接口
        System = "system",
        /// N 实名居民
        Resident = "resident",
    }

    /// 计时钟
    ClockKind {
        /// 受理
        Accept = "accept",
        /// 响应
        Response = "response",
        /// 居民时钟
        Citizen = "citizen",
        /// 单位时钟
        Unit = "unit",
    }
}

impl Stage {
    /// Stages from which work still has to be done.
    pub const OPEN: &'static [Self] = &[
        Self::Registered,
        Self::Accepted,
        Self::Dispatched,
        Self::Handling,
        Self::Suspended,
        Self::Verifying,
    ];

    pub fn is_open(self) -> bool {
        Self::OPEN.contains(&self)
    }

    /// Which of the four words of the newspaper page this is; an ended case has none but the last.
    pub const fn phase(self) -> Phase {
        match self {
            Self::Registered => Phase::Reported,
            Self::Accepted | Self::Dispatched => Phase::Dispatching,
            Self::Handling | Self::Suspended => Phase::Handling,
            Self::Verifying
            | Self::Closed
            | Self::Rejected
            | Self::Withdrawn
            | Self::Merged
            | Self::Voided => Phase::Closing,
        }
    }
}

impl Kind {
    /// The five kinds of the service desk.
    pub const DESK: &'static [Self] = &[
        Self::ResidentRequest,
        Self::PatrolFinding,
        Self::Mediation,
        Self::Suggestion,
        Self::Mailbox,
    ];

    /// 计入三率: matches, mediation and suggestions are not.
    pub const fn counts_in_rates(self) -> bool {
        matches!(
            self,
            Self::ResidentRequest | Self::PatrolFinding | Self::Mailbox
        )
    }

    /// Who may ever see anything of a case of this kind.
    pub const fn widest_visibility(self) -> Visibility {
        match self {
            Self::Mediation | Self::EmploymentMatch => Visibility::Parties,
            _ => Visibility::Public,
        }
    }

    /// The steps of its handling, in order.
    pub const fn steps(self) -> &'static [Step] {
        match self {
            Self::ResidentRequest => &[],
            Self::PatrolFinding => &[Step::HazardTaped, Step::LiabilityChecked, Step::Repairing],
            Self::Mediation => &[
                Step::MediationNew,
                Step::ConsentPending,
                Step::Consented,
                Step::InSession,
            ],
            Self::Suggestion => &[
                Step::Seconding,
                Step::Scheduled,
                Step::Deliberated,
                Step::Implementing,
            ],
            Self::Mailbox => &[Step::ReplyNew, Step::ReplyDrafted, Step::ReplyApproved],
            Self::EmploymentMatch => &[
                Step::Shortlisted,
                Step::InterviewSet,
                Step::Interviewed,
                Step::Offered,
                Step::OfferAccepted,
            ],
        }
    }

    /// The step with which handling begins; a patrol finding has none until somebody reports one.
    pub fn first_step(self) -> Option<Step> {
        match self {
            Self::PatrolFinding => None,
            _ => self.steps().first().copied(),
        }
    }

    /// What a closed case of this kind can have come to.
    pub const fn outcomes(self) -> &'static [Outcome] {
        match self {
            Self::ResidentRequest | Self::Mailbox => &[
                Outcome::Resolved,
                Outcome::Partly,
                Outcome::PolicyLimit,
                Outcome::AnsweredOnSpot,
                Outcome::NotFound,
                Outcome::DuplicateElsewhere,
            ],
            Self::PatrolFinding => &[
                Outcome::Resolved,
                Outcome::Partly,
                Outcome::PolicyLimit,
                Outcome::NotFound,
                Outcome::DuplicateElsewhere,
            ],
            Self::Mediation => &[
                Outcome::AgreedPerformed,
                Outcome::AgreedNotPerformed,
                Outcome::NoAgreement,
                Outcome::Refused,
            ],
            Self::Suggestion => &[
                Outcome::AdoptedDone,
                Outcome::NotAdopted,
                Outcome::AnsweredOnSpot,
            ],
            Self::EmploymentMatch => &[
                Outcome::PlacedVerified,
                Outcome::NotSelected,
                Outcome::OfferDeclined,
                Outcome::Expired,
            ],
        }
    }
}

impl Check {
    pub const fn days(self) -> u32 {
        match self {
            Self::Thirty => 30,
            Self::Ninety => 90,
        }
    }

    pub const fn follow_up(self) -> FollowUpKind {
        match self {
            Self::Thirty => FollowUpKind::Retention30,
            Self::Ninety => FollowUpKind::Retention90,
        }
    }
}

impl Part {
    /// The letter of the specification.
    pub const fn letter(self) -> char {
        match self {
            Self::Reporter => 'R',
            Self::GridWorker => 'G',
            Self::Clerk => 'D',
            Self::Dispatcher => 'P',
            Self::Handler => 'H',
            Self::CoHandler => 'C',
            Self::UnitLeader => 'L',
            Self::Verifier => 'V',
            Self::Secretary => 'S',
            Self::Mediator => 'M',
            Self::Moderator => 'Y',
            Self::Deputy => 'U',
            Self::Employer => 'E',
            Self::Seeker => 'J',
            Self::PlacementOfficer => 'O',
            Self::System => 'X',
            Self::Resident => 'N',
        }
    }
}
