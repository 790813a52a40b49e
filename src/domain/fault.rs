//! What can be wrong with one field of a form or a call. One vocabulary for the whole program:
//! the code is stable, the words live in the catalogue under `field_fault.<code>`.
use std::borrow::Cow;
use std::fmt;

/// 字段错误
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldFault {
    /// 必填
    Required,
    /// 过长
    TooLong { max: usize },
    /// 过短
    TooShort { min: usize },
    /// 含控制字符、空字符或改变文字方向的字符
    ControlCharacters,
    /// 格式不对
    Format,
    /// 校验位不对
    Checksum,
    /// 超出范围
    OutOfRange { min: i64, max: i64 },
    /// 已经过去
    Past,
    /// 尚未到来
    Future,
    /// 太远: more than so many days ahead
    TooFar { days: i64 },
    /// 早于开始
    BeforeStart,
    /// 晚于结束
    AfterEnd,
    /// 不在选项中
    UnknownChoice,
    /// 所指的记录不存在
    NotFound,
    /// 已被使用
    Taken,
    /// 这张空白券已是别人的券
    BlankTaken,
    /// 这张空白券在另一场集市用过
    BlankOfOtherFair,
    /// 两次输入不一致
    Mismatch,
    /// 密码过于简单
    Weak,
    /// 等保：大写、小写、数字、符号至少三种
    PasswordClasses,
    /// 与用过的密码相同
    PasswordReused,
    /// 需要勾选同意
    ConsentNeeded,
    /// 条目过多
    TooMany { max: usize },
    /// 手机号或电话号码格式不对
    PhoneFormat,
    /// 身份证号码校验不通过
    IdNumberChecksum,
    /// 统一社会信用代码校验位不对
    UsccChecksum,
    /// 统一社会信用代码不会出现 I、O、S、V、Z
    UsccLetters { letter: char },
    /// 薪资只写了“面议”，缺少基本薪酬
    PayNegotiable,
    /// 薪资下限高于上限
    PayOrder,
    /// 第几行看不懂
    LineFormat { line: usize },
    /// 第几行重复
    LineDuplicate { line: usize, value: String },
    /// 第几行超出范围
    LineRange { line: usize, max: i64 },
    /// 文件不是可以识别的图片
    NotAnImage,
    /// 照片里没有找到二维码
    NoCode,
    /// 没有这个字段
    UnknownField,
    /// 公开文字中含有电话号码或身份证号码
    PersonalData,
    /// 公开文字中有可能认出人的内容: what it is
    Identifies { found: String },
    /// 合计不是一百
    NotHundred,
    /// 时刻不在允许的时间内
    OutsideHours { from: String, to: String },
}

impl FieldFault {
    /// The stable code; `field_fault.<code>` is the text key.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::TooLong { .. } => "too_long",
            Self::TooShort { .. } => "too_short",
            Self::ControlCharacters => "control_characters",
            Self::Format => "format",
            Self::Checksum => "checksum",
            Self::OutOfRange { .. } => "out_of_range",
            Self::Past => "past",
            Self::Future => "future",
            Self::TooFar { .. } => "too_far",
            Self::BeforeStart => "before_start",
            Self::AfterEnd => "after_end",
            Self::UnknownChoice => "unknown_choice",
            Self::NotFound => "not_found",
            Self::Taken => "taken",
            Self::BlankTaken => "blank_taken",
            Self::BlankOfOtherFair => "blank_of_other_fair",
            Self::Mismatch => "mismatch",
            Self::Weak => "weak",
            Self::PasswordClasses => "password_classes",
            Self::PasswordReused => "password_reused",
            Self::ConsentNeeded => "consent_needed",
            Self::TooMany { .. } => "too_many",
            Self::PhoneFormat => "phone_format",
            Self::IdNumberChecksum => "id_number_checksum",
            Self::UsccChecksum => "uscc_checksum",
            Self::UsccLetters { .. } => "uscc_letters",
            Self::PayNegotiable => "pay_negotiable",
            Self::PayOrder => "pay_order",
            Self::LineFormat { .. } => "line_format",
            Self::LineDuplicate { .. } => "line_duplicate",
            Self::LineRange { .. } => "line_range",
            Self::NotAnImage => "not_an_image",
            Self::NoCode => "no_code",
            Self::UnknownField => "unknown_field",
            Self::PersonalData => "personal_data",
            Self::Identifies { .. } => "identifies",
            Self::NotHundred => "not_hundred",
            Self::OutsideHours { .. } => "outside_hours",
        }
    }

    /// The full key of its words in the catalogue.
    pub fn text_key(&self) -> String {
        format!("field_fault.{}", self.code())
    }

    /// What fills the holes of its words.
    pub fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::TooLong { max } | Self::TooMany { max } => vec![("max", max.to_string())],
            Self::TooShort { min } => vec![("min", min.to_string())],
            Self::OutOfRange { min, max } => {
                vec![("min", min.to_string()), ("max", max.to_string())]
            }
            Self::TooFar { days } => vec![("days", days.to_string())],
            Self::UsccLetters { letter } => vec![("letter", letter.to_string())],
            Self::LineFormat { line } => vec![("line", line.to_string())],
            Self::LineDuplicate { line, value } => {
                vec![("line", line.to_string()), ("value", value.clone())]
            }
            Self::Identifies { found } => vec![("found", found.clone())],
            Self::OutsideHours { from, to } => vec![("from", from.clone()), ("to", to.clone())],
            Self::LineRange { line, max } => {
                vec![("line", line.to_string()), ("max", max.to_string())]
            }
            _ => vec![],
        }
    }
}

impl fmt::Display for FieldFault {
    /// The code, for logs; people read the words of the catalogue.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl std::error::Error for FieldFault {}

/// The name of a field as its form or call spells it: `phone`, `contact/phone`, `items/3/gate`.
pub type FieldName = Cow<'static, str>;

/// All faults of one form, in the order of its fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults(Vec<(FieldName, FieldFault)>);

impl Faults {
    /// No faults yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Exactly one fault.
    pub fn one(field: impl Into<FieldName>, fault: FieldFault) -> Self {
        Self(vec![(field.into(), fault)])
    }

    /// Notes a fault of a field.
    pub fn add(&mut self, field: impl Into<FieldName>, fault: FieldFault) {
        self.0.push((field.into(), fault));
    }

    /// The value, or the fault noted and nothing.
    pub fn take<T>(
        &mut self,
        field: impl Into<FieldName>,
        read: Result<T, FieldFault>,
    ) -> Option<T> {
        match read {
            Ok(value) => Some(value),
            Err(fault) => {
                self.add(field, fault);
                None
            }
        }
    }

    /// The faults of a part, each field name led by the part's name and a slash.
    pub fn nest(&mut self, part: &str, inner: Faults) {
        self.0.extend(
            inner
                .0
                .into_iter()
                .map(|(field, fault)| (format!("{part}/{field}").into(), fault)),
        );
    }

    /// The finished value when nothing was wrong. `value` is built from what [`Self::take`]
    /// returned, so it is `None` exactly when a fault was noted.
    pub fn into_result<T>(self, value: Option<T>) -> Result<T, Faults> {
        match value {
            Some(value) if self.is_empty() => Ok(value),
            _ => Err(self),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The first fault of a field, for the words beside it.
    pub fn of(&self, field: &str) -> Option<&FieldFault> {
        self.0
            .iter()
            .find(|(name, _)| name == field)
            .map(|(_, fault)| fault)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &FieldFault)> {
        self.0.iter().map(|(field, fault)| (field.as_ref(), fault))
    }
}

impl fmt::Display for Faults {
    /// Field names and codes, never values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (field, fault)) in self.0.iter().enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            write!(f, "{comma}{field}: {fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_faults_of_a_form_are_kept_in_order() {
        let mut faults = Faults::new();
        let name = faults.take("name", Ok::<_, FieldFault>("王"));
        let phone: Option<&str> = faults.take("phone", Err(FieldFault::PhoneFormat));
        let note: Option<&str> = faults.take("note", Err(FieldFault::TooLong { max: 200 }));
        let form = || Some((name?, phone?, note?));
        let faults = faults.into_result(form()).unwrap_err();
        assert_eq!(faults.to_string(), "phone: phone_format, note: too_long");
        assert_eq!(faults.of("note"), Some(&FieldFault::TooLong { max: 200 }));
        assert_eq!(faults.of("name"), None);
        assert_eq!(faults.len(), 2);
    }

    #[test]
    fn a_clean_form_gives_its_value() {
        let mut faults = Faults::new();
        let name = faults.take("name", Ok("王"));
        assert_eq!(faults.into_result(name), Ok("王"));
    }

    #[test]
    fn the_fields_of_a_part_are_led_by_its_name() {
        let mut faults = Faults::new();
        faults.nest("contact", Faults::one("phone", FieldFault::Required));
        assert_eq!(
            faults.iter().next(),
            Some(("contact/phone", &FieldFault::Required))
        );
    }

    fn one_of_each() -> Vec<FieldFault> {
        vec![
            FieldFault::Required,
            FieldFault::TooLong { max: 1 },
            FieldFault::TooShort { min: 1 },
            FieldFault::ControlCharacters,
            FieldFault::Format,
            FieldFault::Checksum,
            FieldFault::OutOfRange { min: 1, max: 2 },
            FieldFault::Past,
            FieldFault::Future,
            FieldFault::TooFar { days: 1 },
            FieldFault::BeforeStart,
            FieldFault::AfterEnd,
            FieldFault::UnknownChoice,
            FieldFault::NotFound,
            FieldFault::Taken,
            FieldFault::BlankTaken,
            FieldFault::BlankOfOtherFair,
            FieldFault::Mismatch,
            FieldFault::Weak,
            FieldFault::PasswordClasses,
            FieldFault::PasswordReused,
            FieldFault::ConsentNeeded,
            FieldFault::TooMany { max: 1 },
            FieldFault::PhoneFormat,
            FieldFault::IdNumberChecksum,
            FieldFault::UsccChecksum,
            FieldFault::UsccLetters { letter: 'O' },
            FieldFault::PayNegotiable,
            FieldFault::PayOrder,
            FieldFault::LineFormat { line: 1 },
            FieldFault::LineDuplicate {
                line: 1,
                value: "A01".into(),
            },
            FieldFault::LineRange { line: 1, max: 2 },
            FieldFault::NotAnImage,
            FieldFault::NoCode,
            FieldFault::UnknownField,
            FieldFault::PersonalData,
            FieldFault::Identifies {
                found: "3号楼".into(),
            },
            FieldFault::NotHundred,
            FieldFault::OutsideHours {
                from: "08:30".into(),
                to: "10:30".into(),
            },
        ]
    }

    #[test]
    fn every_fault_has_words_with_the_same_holes_in_both_languages() {
        let samples = one_of_each();
        for text in [
            include_str!("../../templates/text/zh-CN/field_fault.json"),
            include_str!("../../templates/text/en/field_fault.json"),
        ] {
            let words: serde_json::Map<String, serde_json::Value> =
                serde_json::from_str(text).unwrap();
            assert_eq!(words.len(), samples.len());
            for fault in &samples {
                let said = words[&fault.text_key()].as_str().unwrap();
                for (hole, _) in fault.params() {
                    assert!(said.contains(&format!("{{{hole}}}")), "{said} lacks {hole}");
                }
            }
        }
    }
}
