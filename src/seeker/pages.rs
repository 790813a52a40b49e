//! The page behind the poster, and what is said when its door is shut.
use super::{fairs::FairLine, holder::Choice, notices::Notices, source::Codes};
use crate::platform::{form::Form, page::Page};
use serde::Serialize;

/// 报名
#[derive(Serialize)]
pub struct RegisterPage {
    pub fair: FairLine,
    pub hosts: Vec<String>,
    pub offered: Vec<Choice>,
    pub notices: Notices,
    /// What led here; sent along.
    pub codes: Codes,
    /// Something that has nothing to do with one field.
    pub trouble: Option<String>,
    pub form: Form,
}

impl RegisterPage {
    fn sample() -> Self {
        Self {
            fair: FairLine::sample(),
            hosts: vec!["土门墩街道".into()],
            offered: vec![Choice {
                value: "graduate".into(),
                label: "高校毕业生".into(),
            }],
            notices: Notices::sample(),
            codes: Codes::default(),
            trouble: None,
            form: Form::blank(),
        }
    }
}

impl Page for RegisterPage {
    const TEMPLATE: &'static str = "seeker/register.html";

    fn samples() -> Vec<Self> {
        let mut again = Form::filled([("name", "张".into()), ("phone", "13".into())]);
        again.errors.insert("phone".into(), "手机号有误".into());
        again.faults.push(("phone".into(), "手机号有误".into()));
        vec![
            Self::sample(),
            Self {
                form: again,
                trouble: Some("系统正忙，请过几秒再试。".into()),
                codes: Codes {
                    p: "7K3M9QX2".into(),
                    ..Codes::default()
                },
                hosts: vec![],
                ..Self::sample()
            },
        ]
    }
}

/// 暂不能报名
#[derive(Serialize)]
pub struct ShutPage {
    pub fair: FairLine,
    /// Key below `seeker.shut`: not_yet, closed, full, cancelled, over or already_registered.
    pub why: &'static str,
}

impl Page for ShutPage {
    const TEMPLATE: &'static str = "seeker/shut.html";

    fn samples() -> Vec<Self> {
        [
            "not_yet",
            "closed",
            "full",
            "cancelled",
            "over",
            "already_registered",
        ]
        .map(|why| Self {
            fair: FairLine::sample(),
            why,
        })
        .into()
    }
}
