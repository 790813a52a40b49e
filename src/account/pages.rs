//! What the templates of this capability get.
use crate::platform::{form::Form, page::Page};
use serde::Serialize;

#[derive(Serialize)]
pub struct SignInPage {
    pub form: Form,
    /// Where to go afterwards; a path of this site.
    pub back: String,
    /// Why it did not work, in words.
    pub fault: Option<String>,
}

impl Page for SignInPage {
    const TEMPLATE: &'static str = "account/sign_in.html";

    fn samples() -> Vec<Self> {
        let page = |fault: Option<&str>| Self {
            form: Form::blank(),
            back: "/office".into(),
            fault: fault.map(str::to_owned),
        };
        vec![page(None), page(Some("账号或密码不正确。"))]
    }
}
