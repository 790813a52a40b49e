//! The rates there are, and why something counts in one or not.
use serde::{Deserialize, Serialize};

/// Declares fieldless lists with their codes.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $code)] $variant),+
        }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.code() == code)
            }
        }
    )+};
}

codes! {
    /// 指标
    RateKind {
        /// 响应率
        Response = "response",
        /// 解决率
        Solved = "solved",
        /// 满意率
        Satisfied = "satisfied",
        /// 解决率（含部分解决）
        SolvedPartly = "solved_partly",
        /// 回访覆盖率
        Callback = "callback",
        /// 签收及时率
        Signed = "signed",
        /// 结案率
        Closed = "closed",
        /// 按期结案率
        ClosedOnTime = "closed_on_time",
        /// 按期处置率
        HandledOnTime = "handled_on_time",
        /// 返工率
        Rework = "rework",
        /// 准确派遣率
        RightDispatch = "right_dispatch",
        /// 退单率
        Objected = "objected",
        /// 延期率
        Extended = "extended",
        /// 挂账率
        Suspended = "suspended",
        /// 作废率
        Voided = "voided",
        /// 重开率
        Reopened = "reopened",
        /// 重复诉求率
        Repeated = "repeated",
        /// 自办率
        SelfHandled = "self_handled",
        /// 主动发现率
        Found = "found",
        /// 督办率
        Supervised = "supervised",
        /// 雇主回应率
        EmployerAnswer = "employer_answer",
        /// 核实率
        Placed = "placed",
        /// 30 日留存率
        Retained30 = "retained_30",
        /// 90 日留存率
        Retained90 = "retained_90",
    }

    /// 计入情况
    Verdict {
        /// In k and in n.
        In = "in",
        /// In n only.
        Out = "out",
        /// In neither.
        Excluded = "excluded",
    }

    /// 缘由
    Why {
        /// 按期
        OnTime = "on_time",
        /// 逾期
        Late = "late",
        /// 未办
        Never = "never",
        /// 已解决、满意等肯定评价
        Yes = "yes",
        /// 部分解决
        Partly = "partly",
        /// 基本满意
        Basically = "basically",
        /// 否定评价
        No = "no",
        /// 已联系上
        Reached = "reached",
        /// 多次未联系上
        Exhausted = "exhausted",
        /// 有此情形
        Happened = "happened",
        /// 无此情形
        DidNot = "did_not",
        /// 作废
        Voided = "voided",
        /// 已并案，由被并入件计
        Merged = "merged",
        /// 已撤回
        Withdrawn = "withdrawn",
        /// 期末挂账
        OnHold = "on_hold",
        /// 尚未到期
        NotDue = "not_due",
        /// 已转其他单位
        Moved = "moved",
        /// 无反映人或无联系方式
        NoReporter = "no_reporter",
        /// 未联系上
        Unreached = "unreached",
        /// 未评价
        Unrated = "unrated",
        /// 当场答复
        OnSpot = "on_spot",
        /// 尚未回访
        Pending = "pending",
        /// 尚未核查留存
        Unchecked = "unchecked",
        /// 失联
        Unreachable = "unreachable",
    }
}

impl RateKind {
    /// 三率, in the order of their weights.
    pub const THREE: [Self; 3] = [Self::Response, Self::Solved, Self::Satisfied];

    /// Of matches, not of cases of the desk.
    pub const fn of_market(self) -> bool {
        matches!(
            self,
            Self::EmployerAnswer | Self::Placed | Self::Retained30 | Self::Retained90
        )
    }

    /// Whether more is better, worse, or neither.
    pub const fn tone(self) -> &'static str {
        match self {
            Self::Rework | Self::Objected | Self::Repeated | Self::Supervised => "less",
            Self::Extended
            | Self::Suspended
            | Self::Voided
            | Self::Reopened
            | Self::SelfHandled
            | Self::Found => "",
            _ => "more",
        }
    }
}
